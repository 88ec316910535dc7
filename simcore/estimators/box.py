"""Where in their inputs draws of interest lie: a box, found by patient peeling.

PRIM (Friedman and Fisher 1999) as it is used to discover scenarios (Bryant and Lempert 2010): from
all draws a small share is cut off along one input, the one whose loss raises the share of interest
most for each draw that is lost, again and again; then the box may grow where that helps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]

PEEL: Final = 0.05
"""Share of a box that one cut takes along a number."""
LEAST: Final = 0.05
"""Share of all draws below which no box is cut further."""
MOST_LIMITS: Final = 4
CHANCE: Final = 0.05
"""Quasi-p from which on chance explains a limit."""


@dataclass(frozen=True)
class Limit:
    """One side of a box, along one input.

    Attributes
    ----------
    column : int
    low, high : float
        Values within, both included; infinite where open.
    classes : tuple of int, optional
        Instead, the values that are within, of an input that has only classes.
    """

    column: int
    low: float = -np.inf
    high: float = np.inf
    classes: tuple[int, ...] | None = None

    def holds(self, columns: Floats) -> Marks:
        """Which draws lie within; columns of shape (inputs, draws)."""
        values = columns[self.column]
        if self.classes is not None:
            return np.isin(values, self.classes)
        return (values >= self.low) & (values <= self.high)


Box = tuple[Limit, ...]
"""Limits along different inputs; without one, everything."""


@dataclass(frozen=True)
class Score:
    """What a box holds of some draws.

    Attributes
    ----------
    coverage : float
        Share of the draws of interest that lie within.
    density : float
        Share of the draws within that are of interest; NaN without a draw.
    mass : float
        Share of all draws that lie within.
    """

    coverage: float
    density: float
    mass: float


def within(box: Box, columns: Floats) -> Marks:
    """Which draws lie within all limits."""
    found = np.ones(columns.shape[1], bool)
    for limit in box:
        found &= limit.holds(columns)
    return found


def score(box: Box, columns: Floats, wanted: Marks) -> Score:
    """Coverage, density and mass of a box."""
    inside = within(box, columns)
    hits, held = int((inside & wanted).sum()), int(inside.sum())
    return Score(
        hits / max(1, int(wanted.sum())), hits / held if held else float("nan"),
        held / max(1, wanted.size),
    )  # fmt: skip


def peeled(
    columns: Floats, wanted: Marks, *, numbers: Sequence[bool], among: Sequence[int] | None = None,
    least: float = LEAST,
) -> list[Box]:  # fmt: skip
    """Boxes from everything to the smallest, each cut out of the one before.

    Parameters
    ----------
    columns : float64, shape (inputs, draws)
    wanted : bool, shape (draws,)
        Draws of interest.
    numbers : sequence of bool, length (inputs,)
        Whether an input is a number, of which ends are cut off; else single values are.
    among : sequence of int, optional
        Inputs that may be limited; all without it.
    least : float
        Share of the draws at which peeling ends.
    """
    among = range(len(columns)) if among is None else among
    box: dict[int, Limit] = {}
    found: list[Box] = [()]
    left = np.arange(wanted.size)
    while left.size > least * wanted.size and not wanted[left].all():
        best: tuple[float, Limit, Marks] | None = None
        inside, hits = columns[:, left], wanted[left]
        share = hits.mean()
        for column in among:
            for limit, stays in _cuts(inside[column], box.get(column, Limit(column)),
                                      is_number=numbers[column]):  # fmt: skip
                kept = int(stays.sum())
                if kept < least * wanted.size:
                    continue
                gain = (hits[stays].mean() - share) / (left.size - kept)
                if best is None or gain > best[0]:
                    best = gain, limit, stays
        if best is None or best[0] <= 0:
            break
        _, limit, stays = best
        box[limit.column], left = limit, left[stays]
        found.append(tuple(box.values()))
    return found


def _cuts(values: Floats, limit: Limit, *, is_number: bool) -> list[tuple[Limit, Marks]]:
    """What one cut may leave of the draws of a box along an input."""
    if not is_number:
        known = np.unique(values).astype(int).tolist()
        return [
            (Limit(limit.column, classes=tuple(one for one in known if one != gone)),
             values != gone)
            for gone in (known if len(known) > 1 else ())
        ]  # fmt: skip
    count = max(1, int(PEEL * values.size))
    parted = np.partition(values, (count, values.size - count - 1))
    low, high = float(parted[count]), float(parted[values.size - count - 1])
    # Of equal values at an end all go, or none are left to cut.
    above = values >= low if low > parted[:count].max() else values > low
    below = values <= high if high < parted[-count:].min() else values < high
    return [
        (Limit(limit.column, float(values[stays].min()) if at == "low" else limit.low,
               float(values[stays].max()) if at == "high" else limit.high), stays)
        for at, stays in (("low", above), ("high", below)) if 0 < stays.sum() < values.size
    ]  # fmt: skip


def pasted(box: Box, columns: Floats, wanted: Marks) -> Box:
    """The box grown along its limits as long as it then tells more apart."""
    limits = list(box)
    improved = True
    while improved:
        improved = False
        for place, limit in enumerate(limits):
            if limit.classes is not None:
                continue
            others = within(tuple(one for one in limits if one is not limit), columns)
            values = columns[limit.column]
            for wider in _wider(limit, values[others]):
                tried = [*limits[:place], wider, *limits[place + 1 :]]
                if apart(tuple(tried), columns, wanted) > apart(tuple(limits), columns, wanted):
                    limits, limit, improved = tried, wider, True
    return tuple(one for one in limits if not one.holds(columns).all())


def _wider(limit: Limit, values: Floats) -> list[Limit]:
    """The limit with its bounds moved over the draws that lie next outside."""
    inside = int(((values >= limit.low) & (values <= limit.high)).sum())
    count = max(1, int(PEEL * inside))
    found = []
    below, above = np.sort(values[values < limit.low]), np.sort(values[values > limit.high])
    if below.size:
        low = float(below[below.size - count]) if below.size > count else -np.inf
        found.append(Limit(limit.column, low, limit.high))
    if above.size:
        high = float(above[count - 1]) if above.size > count else np.inf
        found.append(Limit(limit.column, limit.low, high))
    return found


def apart(box: Box, columns: Floats, wanted: Marks) -> float:
    """How well a box tells the draws of interest apart: mass times what its density exceeds the
    share of all by (weighted relative accuracy)."""
    inside = within(box, columns)
    return float((inside & wanted).mean() - inside.mean() * wanted.mean())


def quasi_p(box: Box, columns: Floats, wanted: Marks) -> list[float]:
    """How probable chance makes each limit: that of as many draws of interest, or more, among
    those within, if they had the share of the box without the limit (Bryant and Lempert 2010)."""
    from scipy.special import bdtrc

    inside = within(box, columns)
    held, hits = int(inside.sum()), int((inside & wanted).sum())
    found = []
    for limit in box:
        wider = within(tuple(one for one in box if one is not limit), columns)
        share = float(wanted[wider].mean()) if wider.any() else 0.0
        found.append(float(bdtrc(hits - 1, held, share)) if hits else 1.0)
    return found


def discovered(
    columns: Floats, wanted: Marks, *, numbers: Sequence[bool], limits: int = MOST_LIMITS
) -> tuple[Box, list[Box]]:
    """The box that tells draws of interest best apart with a few limits, and the way to it.

    Peels along all inputs first; limits that chance explains, then those that matter least, are
    given up, and it peels along the inputs that are left.

    Returns
    -------
    box : Box
    path : list of Box
        Boxes of the last peeling, from everything on.
    """
    among: Sequence[int] = range(len(columns))
    while True:
        path = peeled(columns, wanted, numbers=numbers, among=among)
        best = max(path, key=lambda box: apart(box, columns, wanted))
        named = {one.column for one in best}
        chances = dict(zip((one.column for one in best), quasi_p(best, columns, wanted),
                           strict=True))  # fmt: skip
        weight = {
            one.column: apart(tuple(other for other in best if other is not one), columns, wanted)
            for one in best
        }
        keeps = [one for one in named if chances[one] < CHANCE]
        # What is lost least is what the box does as well without.
        keeps.sort(key=lambda one: weight[one])
        keeps = keeps[:limits]
        if set(keeps) == set(among) or not keeps:
            return (pasted(best, columns, wanted) if keeps else ()), path
        among = sorted(keeps)


def restricted_share(
    columns: Floats, wanted: Marks, *, numbers: Sequence[bool], repeats: int, seed: int,
    limits: int = MOST_LIMITS,
) -> Floats:  # fmt: skip
    """Share of the repeats, of draws taken anew with replacement, in which an input is limited.

    Returns
    -------
    float64, shape (inputs,)
    """
    rng, found = np.random.default_rng(seed), np.zeros(len(columns))
    for _ in range(repeats):
        some = rng.integers(0, wanted.size, wanted.size)
        box, _ = discovered(columns[:, some], wanted[some], numbers=numbers, limits=limits)
        found[[one.column for one in box]] += 1
    return found / repeats
