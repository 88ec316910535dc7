"""Ranks of the order statistics that give quantiles and their intervals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simcore.kernels.intervals import draws_by_replicate
from simcore.numerics.binomial import tail_ranks
from simcore.numerics.student import reach, students_t


class QuantileRanks(NamedTuple):
    """Ranks that give quantiles of n draws and their distribution-free intervals.

    Attributes
    ----------
    ranks : ndarray, shape (ranks,)
        Wanted ranks, int64, counted from 0, ascending and unique.
    lower, upper : ndarray, shape (quantile,)
        Places in `ranks` of the order statistics on both sides of each quantile, int64.
    weight : ndarray, shape (quantile,)
        Share of the way from the lower to the upper one, float64.
    low, high : ndarray, shape (quantile,)
        Places in `ranks` of the ends of the interval of each quantile, int64; with replicates, of
        the ends of what it may reach to.
    joined : ndarray, shape (ranks,)
        Whether any order statistic from this rank to the next may be wanted, bool: only with
        replicates.
    middle : ndarray, shape (quantile,)
        Draws expected below each quantile, float64.
    taken : ndarray, shape (replicates,)
        Draws of each replicate, float64; empty where draws are independent.
    student : float
        Standard errors in half an interval; 0 where draws are independent.
    open_low, open_high : ndarray, shape (quantile,)
        Whether independent draws are too few for that end of an interval, bool.
    """

    ranks: NDArray[np.int64]
    lower: NDArray[np.int64]
    upper: NDArray[np.int64]
    weight: NDArray[np.float64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    joined: NDArray[np.bool_]
    middle: NDArray[np.float64]
    taken: NDArray[np.float64]
    student: float
    open_low: NDArray[np.bool_]
    open_high: NDArray[np.bool_]


def quantile_ranks(
    n: int, probabilities: ArrayLike, level: float, *, replicates: int = 1
) -> QuantileRanks:
    """Ranks for quantiles as `numpy.quantile` defines them, and for their intervals.

    Parameters
    ----------
    n : int
        Draws in a column, defined or not; at least 1.
    probabilities : array_like, shape (quantile,)
        Probabilities between 0 and 1.
    level : float
        Probability that an interval covers the true quantile, between 0 and 1. Each end leaves
        out at most (1 - level) / 2; where n is too small for that, it is open.
    replicates : int
        Designs of their own among the draws, of which the intervals are made if at least two have
        draws. 1: the draws are independent.

    Returns
    -------
    QuantileRanks
        Plan for `quantiles.select_ranks` and `quantiles.quantiles_of_rows`.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Notes
    -----
    The number B of draws below the p-quantile is binomial. The low end is the greatest order
    statistic l (from 1) with P(B < l) <= (1 - level) / 2, the high end the least h with
    P(B >= h) <= (1 - level) / 2. Where l is 0 or h is n + 1 no draw is far enough out. With
    replicates see `intervals`.
    """
    p = np.atleast_1d(np.asarray(probabilities, dtype=np.float64))
    if n < 1:
        raise ValueError(f"quantiles of {n} draws: at least 1 draw is needed")
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError(f"probabilities {p.tolist()} must lie between 0 and 1")
    if not 0 < level < 1:
        raise ValueError(f"level {level} of an interval must lie between 0 and 1")
    outside = (1 - level) / 2
    virtual = (n - 1) * p
    lower = np.clip(np.floor(virtual), 0, max(n - 2, 0)).astype(np.int64)
    upper = np.minimum(lower + 1, n - 1)
    taken, student = draws_by_replicate(n, replicates), 0.0
    taken = taken[taken > 0]
    if taken.size > 1:
        student = students_t(level, taken.size - 1)
        width = reach(student, taken.size - 1) * np.sqrt(n * p * (1 - p)) + 2
        low, high = np.floor(n * p - width).astype(np.int64), np.ceil(n * p + width).astype(int)
    else:
        taken = taken[:0]
        # Order statistic l counted from 1 is rank l - 1, so P(B < l) = P(B <= rank); likewise
        # P(B >= h) = P(B > rank).
        tails = np.array([tail_ranks(n, q, outside) for q in p], dtype=np.int64)
        low, high = tails.reshape(-1, 2).T
        low = low - 1
    alone = taken.size == 0
    open_low, open_high = alone & (low < 0) & (p > 0), alone & (high >= n) & (p < 1)
    low, high = np.clip(low, 0, n - 1), np.clip(high, 0, n - 1)
    ranks, place = np.unique(np.stack([lower, upper, low, high]), return_inverse=True)
    at = place.reshape(4, -1).astype(np.int64)
    joined = np.zeros(ranks.size, bool)
    if taken.size:
        for first, last in zip(at[2], at[3], strict=True):
            joined[first:last] = True
    return QuantileRanks(ranks, at[0], at[1], virtual - lower, at[2], at[3], joined, n * p, taken,
                         student, open_low, open_high)  # fmt: skip
