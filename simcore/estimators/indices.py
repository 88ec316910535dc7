"""Shares of a variance that belong to groups of inputs: closed, first, total, second, Shapley.

All follow from one number per subset K of the groups, the closed index c(K): the share of the
variance that is gone once K is known (SENSITIVITY 1). It is estimated from pairs of draws that have
K in common, by sums over batches of them; the batches give the errors (SENSITIVITY 2 to 8).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simcore.numerics.student import students_t

Floats = NDArray[np.float64]
Subset = frozenset[str]
Closed = Mapping[Subset, Floats]
"""Closed index of each subset, arrays of one shape."""

SUMS: Final = 6
"""Sums over pairs (y, y'): pairs, y, y', y y, y y', y' y'."""
LEVEL: Final = 0.95
_EXACT: Final = 1e-12
"""Least variance beside the second moment about the pivot that is no rounding error."""


def pair_sums(
    base: Floats, other: Floats, batch: NDArray[np.int64], batches: int, pivot: Floats
) -> Floats:
    """Sums over pairs of draws, batch by batch; pairs of which one side is undefined are left out.

    Parameters
    ----------
    base, other : ndarray, shape (rows, draws)
        NaN where undefined.
    batch : ndarray, shape (draws,)
        Batch of each draw.
    batches : int
    pivot : ndarray, shape (rows,)
        Number near the mean of each row, about which sums are taken.

    Returns
    -------
    ndarray, shape (batches, rows, SUMS)
    """
    known = ~(np.isnan(base) | np.isnan(other))
    a = np.where(known, base - pivot[:, None], 0.0)
    b = np.where(known, other - pivot[:, None], 0.0)
    found = np.empty((batches, len(base), SUMS))
    for place, values in enumerate((known.astype(float), a, b, a * a, a * b, b * b)):
        for row, one in enumerate(values):
            found[:, row, place] = np.bincount(batch, weights=one, minlength=batches)
    return found


def closed_index(sums: Floats) -> Floats:
    """Closed index from sums over pairs with a part of the inputs in common (SENSITIVITY 3).

    Parameters
    ----------
    sums : ndarray, shape (..., SUMS)

    Returns
    -------
    ndarray, shape (...,)
        NaN where nothing varies. One minus it is the total index of what the pairs do not share:
        the estimator of Jansen with the variance of both samples.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        pairs, a, b, aa, ab, bb = np.moveaxis(sums, -1, 0) / sums[..., 0]
        mean, square = (a + b) / 2, (aa + bb) / 2
        variance = square - mean * mean
        varies = (pairs > 0) & (variance > _EXACT * square)
        found: Floats = np.where(varies, (ab - mean * mean) / variance, np.nan)
    return found


def subsets(groups: Sequence[str], sizes: Iterable[int] | None = None) -> Iterator[Subset]:
    """Subsets of groups by size, the smallest first; of all sizes, or of some."""
    every = range(len(groups) + 1)
    for size in every if sizes is None else sorted(set(sizes) & set(every)):
        yield from map(frozenset, combinations(groups, size))


def needed(groups: Sequence[str], order: str) -> list[Subset]:
    """Subsets whose closed index an order of indices needs, beside none and all of the groups."""
    count = len(groups)
    if count == 1:
        # There is nothing to find out; none of it is a subset as good as any.
        return [frozenset()]
    sizes = {
        "first_total": (1, count - 1), "second": (1, 2, count - 1), "shapley": range(1, count),
    }[order]  # fmt: skip
    return [one for one in subsets(groups, sizes) if len(one) < count]


def with_ends(closed: Closed, groups: Sequence[str]) -> dict[Subset, Floats]:
    """The same with that of no group, 0, and of all, 1: nothing else is uncertain."""
    varies = ~np.isnan(next(iter(closed.values())))
    return {
        **closed, frozenset(): np.where(varies, 0.0, np.nan),
        frozenset(groups): np.where(varies, 1.0, np.nan),
    }  # fmt: skip


def first_order(closed: Closed, groups: Sequence[str]) -> Floats:
    """Share of the variance that is gone once a group alone is known; shape (groups, ...)."""
    return np.stack([closed[frozenset({one})] for one in groups])


def total_order(closed: Closed, groups: Sequence[str]) -> Floats:
    """Share of the variance that is left once all but a group is known (SENSITIVITY 4)."""
    whole = frozenset(groups)
    return np.stack([1.0 - closed[whole - {one}] for one in groups])


def second_order(closed: Closed, groups: Sequence[str]) -> Floats:
    """What two groups do together beyond what each does alone (SENSITIVITY 5).

    Of independent groups alone. Shape (groups, groups, ...), symmetric, NaN on the diagonal.
    """
    count = len(groups)
    found = np.full((count, count, *next(iter(closed.values())).shape), np.nan)
    for i, j in combinations(range(count), 2):
        one, other = groups[i], groups[j]
        both = closed[frozenset({one, other})]
        found[i, j] = found[j, i] = both - closed[frozenset({one})] - closed[frozenset({other})]
    return found


def shapley(closed: Closed, groups: Sequence[str]) -> Floats:
    """Shapley effects: what a group adds, averaged over all orders in which groups become known
    (SENSITIVITY 6); shape (groups, ...). They sum to 1, also of dependent groups."""
    count, found = len(groups), []
    for one in groups:
        others = [name for name in groups if name != one]
        parts = []
        for known in subsets(others):
            size = len(known)
            weight = math.factorial(size) * math.factorial(count - size - 1)
            gained = closed[known | {one}] - closed[known]
            parts.append(weight / math.factorial(count) * gained)
        found.append(np.sum(parts, axis=0))
    return np.stack(found)


@dataclass(frozen=True)
class Estimate:
    """Numbers with the ends of their 95 % intervals, arrays of one shape.

    Attributes
    ----------
    value, low, high : ndarray
        Not clipped: an index may lie below 0 and an interval beyond 1.
    """

    value: Floats
    low: Floats
    high: Floats


def jackknifed(value: Floats, without: Floats) -> Estimate:
    """Interval from the same number without each of the batches (SENSITIVITY 7).

    Parameters
    ----------
    value : ndarray
    without : ndarray, shape (batches, ...)

    Returns
    -------
    Estimate
        By Student's t with one freedom less than there are batches; ends are NaN with one batch.
    """
    batches = len(without)
    if batches < 2:
        return Estimate(value, np.full(value.shape, np.nan), np.full(value.shape, np.nan))
    deviations = without - without.mean(axis=0)
    error = np.sqrt((batches - 1) / batches * (deviations**2).sum(axis=0))
    reach = students_t(LEVEL, batches - 1) * error
    return Estimate(value, value - reach, value + reach)


_MEASURES: Final = {
    "first": first_order, "total": total_order, "second": second_order, "shapley": shapley,
}  # fmt: skip
_OF_ORDER: Final = {
    "first_total": ("first", "total"), "second": ("first", "total", "second"),
    "shapley": ("first", "total", "shapley"),
}  # fmt: skip


def measures_of(order: str, count: int, *, dependent: bool) -> tuple[str, ...]:
    """Indices that an order gives of so many groups: the second is of independent groups alone."""
    names = _OF_ORDER[order]
    if order == "shapley" and count > 2:
        names = (*names[:2], "second", *names[2:])
    return tuple(one for one in names if not (one == "second" and dependent))


def indices(
    sums: Mapping[Subset, Floats], groups: Sequence[str], measures: Sequence[str]
) -> tuple[dict[str, Estimate], dict[Subset, Estimate]]:
    """Indices of groups, and closed indices of subsets, with intervals.

    Parameters
    ----------
    sums : mapping of subset to ndarray, shape (batches, rows, SUMS)
        Of all subsets that the measures need, beside none and all.
    groups : sequence of str
    measures : sequence of str
        Of first, total, second, shapley.

    Returns
    -------
    measures : dict of str to Estimate, shape (groups, rows), of second (groups, groups, rows)
    closed : dict of subset to Estimate, shape (rows,)
    """
    whole, batches = {}, {}
    for one, parts in sums.items():
        total = parts.sum(axis=0)
        whole[one] = closed_index(total)
        batches[one] = closed_index(total - parts)
    full, without = with_ends(whole, groups), with_ends(batches, groups)
    found = {}
    for name in measures:
        # The batches stand before the rows: after the groups.
        places = np.moveaxis(_MEASURES[name](without, groups), 2 if name == "second" else 1, 0)
        found[name] = jackknifed(_MEASURES[name](full, groups), places)
    return found, {one: jackknifed(whole[one], batches[one]) for one in sums if one}


def batches_of(draws: int, replicates: int, block: int, most: int = 32) -> NDArray[np.int64]:
    """Batch of each draw: the replicate of a design, else one of 32 stretches of equal length.

    Parameters
    ----------
    draws : int
    replicates : int
        Designs to which blocks of draws are dealt; 1 where draws are independent.
    block : int
        Draws of a block.
    most : int
        Stretches of independent draws.
    """
    places = np.arange(draws)
    if replicates > 1:
        return places // block % replicates
    return places * min(most, draws) // draws


class Scale:
    """What a value counts as, judged by the draws of the base: itself, its rank, or its sign.

    Parameters
    ----------
    name : str
        value, rank or covers.
    base : ndarray, shape (rows, draws)
    """

    def __init__(self, name: str, base: Floats) -> None:
        self.name = name
        self._sorted = np.sort(base, axis=1) if name == "rank" else base[:, :0]
        self._known = np.count_nonzero(~np.isnan(base), axis=1)
        with np.errstate(invalid="ignore"):
            counted = self.of(base[:, : min(base.shape[1], 4096)])
            sums = np.nansum(counted, axis=1)
            self.pivot: Floats = np.nan_to_num(sums / np.count_nonzero(~np.isnan(counted), axis=1))

    def of(self, values: Floats) -> Floats:
        """What values of all rows, shape (rows, draws), count as; NaN stays undefined.

        The rank is the share of the base draws that lie below, ties by half (SENSITIVITY 8).
        """
        if self.name == "value":
            return values
        if self.name == "covers":
            return np.where(np.isnan(values), np.nan, (values > 0).astype(float))
        found = np.full(values.shape, np.nan)
        for row, one in enumerate(values):
            known = self._sorted[row, : self._known[row]]
            if known.size:
                below = np.searchsorted(known, one, "left")
                found[row] = (below + np.searchsorted(known, one, "right")) / (2 * known.size)
        found[np.isnan(values)] = np.nan
        return found
