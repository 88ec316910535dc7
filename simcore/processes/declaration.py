"""What a kind of process declares: its record, how a price moves by it, its density, its fits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from simcore.processes.estimates import Changes, Fit
from simcore.quantities import Quantity, ranges
from simcore.quantities.annotations import Canonical
from simcore.quantities.records import Model
from simcore.units.canonical import ONE

Floats = NDArray[np.float64]
Volatility = Annotated[Quantity, Canonical(ONE, minimum=0.0, central=3.0, usual=ranges.VOLATILITY)]
Reversion = Annotated[Quantity, Canonical(ONE, minimum=0.0, usual=ranges.REVERSION)]
"""How fast a deviation fades, per year."""
Drift = Annotated[Quantity, Canonical(ONE, central=1.0, usual=ranges.DRIFT)]
LogChange = Annotated[Quantity, Canonical(ONE, central=5.0, usual=ranges.LOG_CHANGE)]
"""A change of the logarithm of a price."""


class Process(Model):
    """How a price leaves its anchor path."""

    kind: str


class Maker(Protocol):
    """What a process may ask of the model while the nodes of a path are built.

    Attributes
    ----------
    first : int
        First year that moves.
    wait : float or None
        Years from a dated spot to the beginning of that year; None without a date.
    folder : Path
        Of the config, for files.
    """

    @property
    def first(self) -> int: ...
    @property
    def wait(self) -> float | None: ...
    @property
    def folder(self) -> Path: ...

    def quantity(self, name: str, value: Any) -> int:
        """Node of a pure number, drawn under its name in the process, such as `jumps.rate`."""

    def central(self, value: Any) -> float:
        """Central value of a pure number."""

    def constant(self, value: float) -> int:
        """Node of a number that is the same in every draw and year."""

    def node(self, operation: str, *, role: str = "", **stated: Any) -> int:
        """Node of an operation; `role` names its stream of random numbers among the path's."""

    def shocks(self, steps: int) -> tuple[int, ...]:
        """Nodes of the steps of a year: standard normals, correlated as the config says."""


class Points(Protocol):
    """Points that fill the space of what is uncertain evenly, for a density.

    Names are those of the process, as of `Maker`; of two equal ones the numbers are the same.
    """

    def uniform(self, name: str) -> Floats:
        """Numbers in (0, 1), shape (n,)."""

    def value(self, name: str, quantity: Any) -> Floats:
        """Values of a pure number, shape (n,)."""


class Motion(NamedTuple):
    """Nodes by which X, the deviation of the log price, moves from step to step (MODEL 3).

    Attributes
    ----------
    shocks : tuple of int
        Standard normals of the steps of a year; none of a process without. With them
        X = decay*X + spread*shock, in the first step after the spot with its own spread.
    decay, spread, first : int or None
    added : tuple of int
        What is added to the log price for good, in each step.
    """

    shocks: tuple[int, ...] = ()
    decay: int | None = None
    spread: int | None = None
    first: int | None = None
    added: tuple[int, ...] = ()


class Fitting(NamedTuple):
    """A process that `calibrate` fits.

    Attributes
    ----------
    fit : callable
        From changes to a Fit; ValueError where they say too little.
    written : callable
        The fit as the record of a config. Beside it: how an estimate is written, by its label, and
        what money loses per year, to be taken off a growth.
    """

    fit: Callable[[Changes], Fit]
    written: Callable[[Fit, Callable[..., Any], float], dict[str, Any]]


def _no_variance(make: Maker, process: Any, ages: NDArray[np.int64]) -> Floats:
    return np.zeros(len(ages))


@dataclass(frozen=True)
class Kind:
    """A kind of process.

    Attributes
    ----------
    record : type
        Its fields.
    made_of : str
        `spot`: the price leaves a known one. `path`, `system`: it is that of the table, or of the
        emissions trading system, and nothing acts on it.
    motion : callable or None
        From a maker, a record, and whether the path is centred on its mean, to nodes; None: the
        price stays on its anchor path.
    variance : callable
        From a maker, a record and years after the spot (int64, shape (n,)) to the variance of X
        then, every parameter at its central value.
    log_mean : callable or None
        The same for ln E[exp(X)] of what does not subtract it as it moves.
    ahead : callable or None
        From a record, points, years, and whether the path is centred, to means and variances of X
        then, normal at each point. None: it has no density to score.
    fits : mapping of str to Fitting
        By name.
    lacking : mapping of str to (str, str)
        Fields without which there is no such process: what is expected, and a remedy.
    drift : str
        Field of a drift of its own, which leaves no place for anchors or carry.
    shocked : bool
        Whether normal shocks move it, which may be correlated.
    on_top : bool
        Whether it may move a price that something else makes.
    """

    record: type[Process]
    made_of: Literal["spot", "path", "system"] = "spot"
    motion: Callable[[Maker, Any, bool], Motion] | None = None
    variance: Callable[[Maker, Any, NDArray[np.int64]], Floats] = _no_variance
    log_mean: Callable[[Maker, Any, NDArray[np.int64]], Floats] | None = None
    ahead: Callable[[Any, Points, int, bool], tuple[Floats, Floats]] | None = None
    fits: Mapping[str, Fitting] = field(default_factory=dict)
    lacking: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    drift: str = ""
    shocked: bool = False
    on_top: bool = False

    @property
    def name(self) -> str:
        """As written in a config."""
        return str(self.record.model_fields["kind"].default)

    @property
    def moves(self) -> bool:
        """Whether a price of this kind is uncertain by itself."""
        return self.motion is not None or self.made_of == "system"
