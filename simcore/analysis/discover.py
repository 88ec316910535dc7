"""Where a condition is met: limits on a few inputs within which most of such draws lie."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.analysis.drivers import Driver, drivers_of
from simcore.analysis.targets import Target, target_of
from simcore.dataset import RunError
from simcore.errors import Fault
from simcore.estimators.association import first_order
from simcore.estimators.box import (
    CHANCE,
    Box,
    Limit,
    Score,
    discovered,
    quasi_p,
    restricted_share,
    score,
)
from simcore.estimators.tree import best_leaf

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]

LEAST_DRAWS: Final = 512
LEAST_MET: Final = 50
"""Draws that must meet the condition, and as many that must not."""
REPEATS: Final = 50
_CANDIDATES: Final = 20
"""Inputs that are peeled: those that alone explain most of the condition."""
_MOST_DRAWN: Final = 2000
"""Draws of one repeat."""
_COMPARE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
    "<": operator.lt, ">": operator.gt,
}  # fmt: skip
_CONDITION: Final = re.compile(
    r"\s*([A-Za-z_]\w*)\s*(<=|>=|==|!=|<|>|=)\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*"
)


@dataclass(frozen=True)
class Condition:
    """`outcome < number`.

    Attributes
    ----------
    outcome, sign : str
    number : float
    """

    outcome: str
    sign: str
    number: float

    def __str__(self) -> str:
        return f"{self.outcome} {self.sign} {self.number:g}"

    def met(self, values: Floats) -> Marks:
        """In which draws it holds."""
        return np.asarray(_COMPARE[self.sign](values, self.number))


@dataclass(frozen=True)
class Side:
    """A limit in words.

    Attributes
    ----------
    name, title, unit, when : str
        See `Driver`.
    low, high : float
        NaN where open.
    classes : tuple of str
        Instead, the values within.
    said : str
        `below 92 EUR/t in 2030`.
    quasi_p : float
        How probable chance makes it, on the second half.
    restricted : float
        Share of the bootstrap repeats in which the input is limited; NaN for a tree.
    """

    name: str
    title: str
    unit: str
    when: str
    low: float
    high: float
    classes: tuple[str, ...]
    said: str
    quasi_p: float
    restricted: float


@dataclass(frozen=True)
class Region:
    """Limits, and what they hold of the draws that did not find them.

    Attributes
    ----------
    sides : tuple of Side
        The surest first.
    held : Score
    """

    sides: tuple[Side, ...]
    held: Score

    def sentence(self, share: float) -> str:
        """The limits and what they hold, of a condition that so many draws meet."""
        if not self.sides:
            return f"No limit tells the failures apart ({_percent(share)} of the draws fail)."
        limits = " and ".join(f"{one.title} {one.said}" for one in self.sides)
        return (
            f"{limits}: {_percent(self.held.coverage)} of the failures "
            f"lie here; {_percent(self.held.density)} of the draws here fail "
            f"({_percent(share)} overall)."
        )


@dataclass(frozen=True)
class Discovery:
    """Where a condition is met.

    Attributes
    ----------
    condition : Condition
    target : Target
    share : float
        Share of the draws of the second half that meet it.
    region : Region
    tree : Region, optional
        The best leaf of a decision tree; None without scikit-learn.
    path : tuple of (int, Score)
        Number of limits and score of each box, from everything on.
    others : tuple of (str, float)
        Further inputs that repeats limit, and how often.
    missing : tuple of str
    draws, repeats : int
    """

    condition: Condition
    target: Target
    share: float
    region: Region
    tree: Region | None
    path: tuple[tuple[int, Score], ...]
    others: tuple[tuple[str, float], ...]
    missing: tuple[str, ...]
    draws: int
    repeats: int


def condition_of(text: str) -> Condition:
    """Read `deal_closes == 0`.

    Raises
    ------
    RunError
        It is no comparison of an outcome with a number.
    """
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise RunError(Fault(
            "--where", repr(text), "OUTCOME SIGN NUMBER, such as 'deal_closes == 0'",
            f"signs are {', '.join(_COMPARE)}; quote the whole, as a shell reads < and >",
        ))  # fmt: skip
    name, sign, number = found.groups()
    try:
        return Condition(name, "==" if sign == "=" else sign, float(number))
    except ValueError:
        raise RunError(Fault("--where", number, "a number", "such as 0 or 12.5")) from None


def discover(
    run: xr.Dataset, condition: Condition, *, at: dict[str, str], repeats: int = REPEATS
) -> Discovery:
    """Find limits on inputs within which a condition is met.

    The first half of the draws finds them, the second half tells what they hold.

    Raises
    ------
    RunError
        Something is not kept, the draws are too few, or too few of them meet the condition or do
        not meet it.
    """
    target = target_of(run, condition.outcome, at)
    drivers = drivers_of(run, target)
    met = condition.met(target.values[drivers.draws])
    _require(condition, target, met)
    half = met.size // 2
    columns, numbers = drivers.columns, drivers.numbers
    strength = first_order(columns[:, :half], met[:half].astype(float))[0]
    some = np.sort(np.argsort(-np.nan_to_num(strength), kind="stable")[:_CANDIDATES])
    moving = [drivers.moving[place] for place in some]
    columns, numbers = columns[some], [numbers[place] for place in some]
    first, second = columns[:, :half], columns[:, half:]
    box, path = discovered(first, met[:half], numbers=numbers)
    box = tuple(_rounded(limit) for limit in box)
    drawn = slice(0, min(half, _MOST_DRAWN))
    often = restricted_share(
        first[:, drawn], met[:half][drawn], numbers=numbers, repeats=repeats, seed=0
    )
    leaf = best_leaf(first, met[:half], numbers=numbers)
    named = {one.column for one in box}
    others = [(moving[place].title, float(often[place])) for place in np.argsort(-often)
              if place not in named and often[place] >= 0.2]  # fmt: skip
    return Discovery(
        condition, target, float(met[half:].mean()),
        _region(box, moving, second, met[half:], often),
        None if leaf is None else _region(
            tuple(map(_rounded, leaf)), moving, second, met[half:], np.full(len(moving), math.nan)
        ),
        tuple((len(one), score(one, second, met[half:])) for one in path),
        tuple(others[:5]), drivers.missing, met.size, repeats,
    )  # fmt: skip


def _require(condition: Condition, target: Target, met: Marks) -> None:
    """Raise RunError where the draws cannot tell."""
    if met.size < LEAST_DRAWS:
        raise RunError(Fault(
            "draws", f"{met.size:,}", f"at least {LEAST_DRAWS:,}: half find, half are scored",
            "run the config again with more --draws",
        ))  # fmt: skip
    count = int(met.sum())
    for found, what in ((count, "meet"), (met.size - count, "do not meet")):
        if found >= LEAST_MET:
            continue
        values = target.values[target.defined]
        middle = float(np.median(values))
        hint = f"the median of {condition.outcome} here is {middle:,.4g}; choose a number near it"
        if target.kind in ("indicator", "conditional"):
            hint = "choose another place, or a condition on a number, such as project_npv < 0"
        raise RunError(Fault(
            "--where", f"{found:,} of {met.size:,} draws {what} {condition}",
            f"at least {LEAST_MET} that meet it and {LEAST_MET} that do not",
            f"{hint}; or run with more --draws" if found else hint,
        ))  # fmt: skip


def _rounded(limit: Limit) -> Limit:
    """A limit as it is told, so that who counts the draws within finds the same."""

    def figures(value: float) -> float:
        # A year has four.
        return (
            float(f"{value:.{4 if abs(value) >= 1000 else 3}g}") if math.isfinite(value) else value
        )

    return Limit(limit.column, figures(limit.low), figures(limit.high), limit.classes)


def _region(
    box: Box, moving: Sequence[Driver], columns: Floats, met: Marks, often: Floats
) -> Region:
    chances = quasi_p(box, columns, met)
    sides = [
        _side(limit, moving[limit.column], chance, float(often[limit.column]))
        for limit, chance in zip(box, chances, strict=True)
    ]
    sides.sort(key=lambda one: one.quasi_p)
    return Region(tuple(sides), score(box, columns, met))


def _side(limit: Limit, driver: Driver, chance: float, often: float) -> Side:
    low, high, classes = limit.low, limit.high, tuple[str, ...]()
    if limit.classes is not None:
        names = driver.classes or {}
        classes = tuple(names.get(one, str(one)) for one in limit.classes)
        said = f"is {' or '.join(classes)}"
    elif math.isfinite(low) and math.isfinite(high):
        said = f"between {driver.said(low)} and {driver.said(high)}"
    else:
        said = f"above {driver.said(low)}" if math.isfinite(low) else f"below {driver.said(high)}"
    if driver.when:
        said += f" in {driver.when}"
    return Side(
        driver.name, driver.title, driver.unit, driver.when,
        low if math.isfinite(low) else math.nan, high if math.isfinite(high) else math.nan,
        classes, said, chance, often,
    )  # fmt: skip


def doubted(found: Discovery) -> list[str]:
    """What weakens a discovery, in sentences."""
    said = []
    for one in found.region.sides:
        if one.quasi_p >= CHANCE:
            said.append(f"{one.title}: chance may explain this limit (quasi-p {one.quasi_p:.2f}).")
        elif one.restricted < 0.5:
            said.append(f"{one.title}: only {_percent(one.restricted)} of {found.repeats} repeats "
                        "limit it.")  # fmt: skip
    if found.missing:
        said.append(
            f"warning: not kept, so not among the inputs: {', '.join(found.missing)}. Add them to "
            "keep in the config and run again."
        )
    return said


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %" if math.isfinite(value) else "-"
