"""What a run needs, resolved: cells, inputs, labels, and the nodes that compute them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np

from simcore.intake import Spec, dependence, document
from simcore.intake.schema import Experiment
from simcore.kernels.operations import BLOCK
from simcore.model.graph import Graph
from simcore.model.scene import Input
from simcore.variables import OUTCOMES

LAST_YEAR: Final = 9999
"""After every year of a run."""
Idle = tuple[str, int, str]
"""A correlation of which one side is not drawn: kind, position among the pairs, name."""

Strikes = Mapping[str, Mapping[tuple[str, str], float]]
"""By scenario, then by project and instrument, EUR."""


class Resolution(NamedTuple):
    """A strike that was found from the distribution of a run.

    Attributes
    ----------
    project, instrument : str
    scenario : str
        Under which the project breaks even.
    is_shared : bool
        Whether the contract is paid by this strike in other scenarios too.
    probability : float
        Share of the draws in which it breaks even.
    value, low, high : float
        The strike and its 95 % interval, EUR.
    draws : int
        Over which it was found.
    """

    project: str
    instrument: str
    scenario: str
    is_shared: bool
    probability: float
    value: float
    low: float
    high: float
    draws: int


@dataclass(frozen=True)
class Cell:
    """One outcome at one place: all its years, or its single value.

    Attributes
    ----------
    variable : str
        Name of the outcome.
    index : tuple of int
        Position along each dimension of the outcome except `year`.
    node : int
        Node of the graph that computes it.
    first_year, last_year : int
        First and last year in which it is defined.
    """

    variable: str
    index: tuple[int, ...]
    node: int
    first_year: int
    last_year: int = LAST_YEAR


@dataclass(frozen=True)
class Plan:
    """Everything a run needs, with nothing left implicit.

    Attributes
    ----------
    spec : Spec
    graph : Graph
    cells : tuple of Cell
        Every outcome asked for.
    central : tuple of Cell
        Outcomes of which every run takes the central case, asked for or not.
    inputs : tuple of Input
        Uncertain inputs that some outcome asked for reads.
    coords : dict of str to tuple
        Labels of each dimension.
    units : dict of str to (str, tuple of str)
        Units and currencies that differ along a dimension, by the coordinate that holds them.
    start : int
        First simulated year.
    draws : int
        Number of draws; fewer than the config allows where `until` is met before.
    factors, shocks : Dependence
    idle : tuple of Idle
    strikes : mapping of str to mapping of (str, str) to float
        Strikes that were found for contracts that break even: by scenario, project and instrument;
        and gaps that a project is expected to have in a year (`expected_place`).
    tried : tuple of (int, float)
        Draws that were tried for `until`, and the widest interval of what it names with so many.
    resolutions : tuple of Resolution
        How the strikes were found.
    """

    spec: Spec
    graph: Graph
    cells: tuple[Cell, ...]
    central: tuple[Cell, ...]
    inputs: tuple[Input, ...]
    coords: dict[str, tuple[Any, ...]]
    units: dict[str, tuple[str, tuple[str, ...]]]
    start: int
    draws: int
    factors: dependence.Dependence
    shocks: dependence.Dependence
    idle: tuple[Idle, ...] = ()
    strikes: Strikes = field(default_factory=dict)
    tried: tuple[tuple[int, float], ...] = ()
    resolutions: tuple[Resolution, ...] = ()

    @property
    def experiment(self) -> Experiment:
        """The resolved config."""
        return self.spec.experiment

    @property
    def interval(self) -> float | None:
        """Widest interval of what `until` names, once it has been looked for."""
        return self.tried[-1][1] if self.tried else None

    @property
    def name(self) -> str:
        """Name of the experiment."""
        return self.experiment.name

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the resolved config."""
        text = json.dumps(self.spec.resolved(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def resolved_yaml(self) -> str:
        """The resolved config as YAML; running it gives the same digest."""
        return document.dump(self.spec.resolved())

    @cached_property
    def drawn(self) -> np.ndarray:
        """Whether each node of the graph follows from random numbers."""
        return self.graph.drawn()

    @property
    def replicates(self) -> int:
        """Designs of their own that have draws; 1 where draws are independent."""
        if self.experiment.design == "random":
            return 1
        return min(self.experiment.replicates, -(-self.draws // BLOCK))

    @property
    def freedom(self) -> int:
        """Degrees of freedom of a standard error."""
        return self.replicates - 1 if self.replicates > 1 else self.draws - 1

    @property
    def years(self) -> range:
        """Years of the run."""
        return range(self.experiment.years.first, self.experiment.years.last + 1)


def unique_values(cells: tuple[Cell, ...]) -> dict[tuple[int, int, int], list[Cell]]:
    """Cells by what computes them: those that coincide are computed once."""
    groups: dict[tuple[int, int, int], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.node, cell.first_year, cell.last_year), []).append(cell)
    return groups


def has_years(variable: str) -> bool:
    """Whether an outcome has the dimension year."""
    return "year" in OUTCOMES[variable].dims


def nominal_size(plan: Plan) -> int:
    """Number of rows that a run reduces: values per draw."""
    groups = unique_values(plan.cells).values()
    return sum(len(plan.years) if has_years(group[0].variable) else 1 for group in groups)


def currency_rate(plan: Plan) -> float:
    """Units of the output currency per EUR."""
    currency = plan.experiment.currency
    return 1.0 if currency == "EUR" else plan.experiment.money.exchange[currency]
