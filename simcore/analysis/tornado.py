"""What each input does to an answer when it is low and when it is high: the bars of a tornado.

Two readings that differ where inputs go together. *Given* is the mean answer of the draws in which
an input lies in its lowest or highest tenth, which moves all that goes with it. *Central* is the
central case with that input alone at its P10 and P90; a price then follows its own P10 or P90 by
year. Central cases take a config (`studies.tornado`), the other a run alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from simcore.analysis.drivers import Driver, Drivers, drivers_of
from simcore.analysis.given import require_draws
from simcore.analysis.targets import Target
from simcore.estimators.association import unit_ranks

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

TENTH: Final = 0.1
MOST_BARS: Final = 12
TOGETHER: Final = 0.8
"""Rank correlation from which on two inputs are hardly told apart by the draws."""
LEAST_DRAWS: Final = 300
"""Draws of which a tenth still tells a mean."""
_FEWEST: Final = 10
"""Draws of a class that tell a mean."""


@dataclass(frozen=True)
class Reading:
    """The answer with an input low and with it high.

    Attributes
    ----------
    low, high : float
        In the unit of the answer.
    error : float
        Standard error of their difference; 0 of a central case.
    """

    low: float
    high: float
    error: float = 0.0

    @property
    def spread(self) -> float:
        """How far apart they are; 0 where one is unknown."""
        found = abs(self.high - self.low)
        return found if math.isfinite(found) else 0.0

    @property
    def is_told_from_zero(self) -> bool:
        """Whether the difference is more than twice its error."""
        return self.spread > 2.0 * self.error


@dataclass(frozen=True)
class Bar:
    """One input of a tornado.

    Attributes
    ----------
    name, title, unit, group, when : str
        See `Driver`.
    low, high : float
        P10 and P90 of the input; of classes those with the lowest and the highest answer.
    low_said, high_said : str
        The same in words, with the unit.
    given : Reading
    central : Reading, optional
    """

    name: str
    title: str
    unit: str
    group: str
    when: str
    low: float
    high: float
    low_said: str
    high_said: str
    given: Reading
    central: Reading | None = None

    @property
    def spread(self) -> float:
        """The longer of its readings, of the given one what chance does not explain."""
        sure = max(0.0, self.given.spread - 2.0 * self.given.error)
        return max(sure, self.central.spread if self.central else 0.0)


@dataclass(frozen=True)
class Tornado:
    """The bars of an answer.

    Attributes
    ----------
    target : Target
    mean : float
        Of all draws, about which the given readings lie.
    base : float
        Of the central case; NaN without it.
    bars : tuple of Bar
        The longest first.
    others : Bar, optional
        All that is left out, as if it were independent: half its length is the root of the sum of
        the squared halves.
    left_out : int
        Inputs behind `others`.
    together : tuple of (str, str, float)
        Pairs of shown inputs that go together, the weaker first, and their rank correlation.
    missing : tuple of str
        What the run did not keep.
    draws : int
    borrowed : tuple of (str, str, float)
        Inputs that would have had a bar of the draws alone: by themselves they move nothing, but
        they go with one that does, which stands behind them, and their rank correlation.
    """

    target: Target
    mean: float
    base: float
    bars: tuple[Bar, ...]
    others: Bar | None
    left_out: int
    together: tuple[tuple[str, str, float], ...]
    missing: tuple[str, ...]
    draws: int
    borrowed: tuple[tuple[str, str, float], ...] = ()


CentralRuns = Callable[[Target, Sequence[Driver], Sequence[Bar]], tuple[float, list[Reading]]]
"""Answer of the central case, and of it with each input low and high."""


def tornado(
    run: xr.Dataset, target: Target, *, central: CentralRuns | None = None, most: int = MOST_BARS
) -> Tornado:
    """Bars of an answer of a run.

    Parameters
    ----------
    run : xarray.Dataset
        With kept inputs, prices and the outcome.
    target : Target
    central : callable, optional
        What computes the central runs; without it no bar has that reading.
    most : int
        Bars; the others are summed up.

    Raises
    ------
    RunError
        Nothing that could move the answer is kept, or the draws are too few.
    """
    drivers = drivers_of(run, target)
    answer = target.values[drivers.draws]
    require_draws(answer.size, LEAST_DRAWS)
    pairs = [(one, bar) for one in drivers.moving
             if (bar := _bar(one, drivers, answer)) is not None]  # fmt: skip
    base = math.nan
    bars = [bar for _, bar in pairs]
    if central is not None:
        base, readings = central(target, [one for one, _ in pairs], bars)
        bars = [replace(bar, central=one) for bar, one in zip(bars, readings, strict=True)]
    borrowing = _borrowing(bars, drivers)
    own = sorted((bar for bar in bars if bar.name not in borrowing), key=lambda bar: -bar.spread)
    shown, rest = own[:most], own[most:]
    mean = float(answer.mean())
    others = _others(rest, mean, base) if rest else None
    return Tornado(
        target, mean, base, tuple(shown), others, len(rest), _together(shown, drivers),
        drivers.missing, answer.size,
        tuple(borrowing[bar.name] for bar in bars
              if bar.name in borrowing and shown and bar.spread > shown[-1].spread),
    )  # fmt: skip


def _borrowing(bars: Sequence[Bar], drivers: Drivers) -> dict[str, tuple[str, str, float]]:
    """By name, inputs whose given reading is that of another: alone they move nothing."""
    movers = [bar for bar in bars if bar.central is None or bar.central.spread > 0]
    idle = [bar for bar in bars if bar.central is not None and bar.central.spread == 0]
    if not movers or not idle:
        return {}
    at = {one.name: place for place, one in enumerate(drivers.moving)}
    columns = drivers.columns
    ranks = [unit_ranks(columns[[at[bar.name] for bar in some]]) for some in (idle, movers)]
    found = {}
    for bar, row in zip(idle, ranks[0] @ ranks[1].T, strict=True):
        strong = int(np.argmax(np.abs(row)))
        if abs(row[strong]) >= TOGETHER:
            found[bar.name] = bar.title, movers[strong].title, float(row[strong])
    return found


def _together(shown: Sequence[Bar], drivers: Drivers) -> tuple[tuple[str, str, float], ...]:
    """Shown inputs of which one may lend the other its bar."""
    at = {one.name: place for place, one in enumerate(drivers.moving)}
    ranks = unit_ranks(drivers.columns[[at[bar.name] for bar in shown]])
    found = ranks @ ranks.T
    return tuple(
        (shown[weak].title, shown[strong].title, float(found[strong, weak]))
        for weak in range(len(shown)) for strong in range(weak)
        if abs(found[strong, weak]) >= TOGETHER
    )  # fmt: skip


def _bar(driver: Driver, drivers: Drivers, answer: Floats) -> Bar | None:
    """The given reading of an input; None where too few draws tell it."""
    values = driver.values[drivers.draws]
    if driver.classes is None:
        low, high = (float(np.quantile(values, one)) for one in (TENTH, 1.0 - TENTH))
        given = _between(answer[values <= low], answer[values >= high])
    else:
        parts = {one: answer[values == one] for one in driver.classes}
        parts = {one: part for one, part in parts.items() if part.size >= _FEWEST}
        if len(parts) < 2:
            return None
        # Variants have no order of their own: the one with the lowest answer comes first.
        order = sorted(parts, key=lambda one: float(parts[one].mean()))
        low, high = float(order[0]), float(order[-1])
        given = _between(parts[order[0]], parts[order[-1]])
    return Bar(
        driver.name, driver.title, driver.unit, driver.group, driver.when, low, high,
        driver.said(low), driver.said(high), given,
    )  # fmt: skip


def _between(low: Floats, high: Floats) -> Reading:
    error = math.sqrt(sum(float(one.var(ddof=1)) / one.size if one.size > 1 else math.inf
                          for one in (low, high)))  # fmt: skip
    return Reading(float(low.mean()), float(high.mean()), error)


def _others(rest: Sequence[Bar], mean: float, base: float) -> Bar:
    """All that is left out in one bar about the middle."""

    def summed(middle: float, readings: Sequence[Reading], *, less: float = 0.0) -> Reading:
        squares = sum(one.spread**2 - less * one.error**2 for one in readings)
        half = math.sqrt(max(0.0, squares)) / 2
        return Reading(middle - half, middle + half)

    # Noise has a length too: what chance makes of it is taken off.
    given = summed(mean, [one.given for one in rest], less=1.0)
    central = [one.central for one in rest if one.central is not None]
    return Bar(
        "others", "all others", "", "", "", math.nan, math.nan, "", "", given,
        summed(base, central) if central else None,
    )  # fmt: skip
