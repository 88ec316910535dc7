"""Intervals of quantiles from replicates, for draws that are not independent of each other.

Each replicate is a design of its own, and block b of 256 draws belongs to replicate
b % replicates. Of n draws about n p lie below the p-quantile found. How many of them each replicate
has there tells the standard error of their number, as the means of the replicates tell that of the
mean; the interval reaches from the order statistic Student's t times that error below n p to the
one as far above (Woodruff 1952, with replicates for the variance). Unlike the spread of the
replicates' own quantiles this needs no more than counts, and is not biased where a replicate has
few draws in a tail.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.jit import inlined, kernel
from simcore.kernels.operations import BLOCK


class Tally(NamedTuple):
    """Where the draws of each replicate lie; empty for independent draws.

    Attributes
    ----------
    filled : ndarray, shape (replicates, workers, rows)
        Values that a worker had collected by the end of a replicate, int64.
    under, inside : ndarray, shape (replicates, rows, quantile)
        Draws of a replicate below each slot of a row, and in it, int32.
    """

    filled: NDArray[np.int64]
    under: NDArray[np.int32]
    inside: NDArray[np.int32]

    @classmethod
    def of(cls, replicates: int, workers: int, rows: int, quantiles: int) -> Tally:
        """A tally that is yet to be filled in."""
        return cls(
            np.zeros((replicates, workers, rows), np.int64),
            *(np.zeros((replicates, rows, quantiles), np.int32) for _ in range(2)),
        )


def draws_by_replicate(draws: int, replicates: int) -> NDArray[np.float64]:
    """Draws of each replicate, shape (replicates,); only the last may have none."""
    blocks = np.arange(-(-draws // BLOCK))
    sizes = np.minimum(draws - blocks * BLOCK, BLOCK)
    return np.bincount(blocks % replicates, sizes, replicates).astype(np.float64)


@inlined
def _error(counts, taken):
    """Standard error of the sum of the replicates' counts."""
    replicates = taken.size
    count, draws = np.int64(0), np.int64(0)
    for r in range(replicates):
        count += counts[r]
        draws += np.int64(taken[r])
    square = 0.0
    for r in range(replicates):
        # Whole numbers, as the counts of a very even design do not differ at all.
        off = (counts[r] * draws - count * np.int64(taken[r])) / np.float64(draws)
        square += off * off
    return np.sqrt(square * (replicates / (replicates - 1.0)))


@kernel
def interval_ranks(plan, q, up_to, before):
    """Ranks of the ends of the interval of a quantile; -1 and n: the draws do not reach so far.

    Parameters
    ----------
    plan : QuantileRanks
        With replicates.
    q : int
        Which quantile.
    up_to, before : ndarray, shape (replicates,)
        Draws up to the order statistic below the quantile, and before that above it. They differ
        where the quantile is a frequent value.
    """
    taken = plan.taken
    width = plan.student * max(_error(up_to, taken), _error(before, taken))
    n = np.int64(taken.sum())
    # One draw further on either side, as counts of a very even design hardly vary.
    low = np.int64(np.floor(plan.middle[q] - width)) - 1
    high = np.int64(np.ceil(plan.middle[q] + width))
    low = max(min(low, plan.ranks[plan.lower[q]]), -1)
    high = min(max(high, plan.ranks[plan.upper[q]]), n)
    return low, high


@kernel
def count_column(column, replicates, under, over, up_to, before):
    """Count the draws of a column up to `under` and before `over`, by replicate."""
    up_to[:], before[:] = 0, 0
    for start in range(0, column.size, BLOCK):
        r = start // BLOCK % replicates
        for j in range(start, min(start + BLOCK, column.size)):
            up_to[r] += column[j] <= under
            before[r] += column[j] < over
