"""Order statistics by counting alone, in whatever memory: each pass over the draws looks closer.

An interval of floats that holds wanted ranks is cut into parts of as many neighbouring floats; once
its values are counted, only the parts that hold a rank are looked at again. After seven passes at
most a part is one float. No bit depends on how the draws were counted.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from simcore.kernels.jit import kernel
from simcore.kernels.keys import key_of, value_of
from simcore.kernels.sinks import LOW, PARTS, SCALE, place_of

_ONE: Final = np.uint64(1)
_TWO: Final = np.uint64(2)
_BITS: Final = 9
assert 1 << _BITS == PARTS


@kernel
def first_intervals(slot, below, rank_slot, numbers, low, shift, under, of_rank, first, last):
    """Write the intervals of rows first..last-1: the bins that hold a wanted rank.

    Parameters
    ----------
    slot, below, rank_slot, numbers
        As `bins.choose_bins` leaves them, for ranks that are not joined.
    low : float64 (rows, ranks)
        Written: least float of each interval.
    shift : float64 (rows, ranks)
        Written: each of its parts has two to the power of this floats.
    under : int64 (rows, ranks)
        Written: values below it.
    of_rank : int64 (rows, ranks)
        Written: interval of each rank; -1 where it is undefined.
    """
    bins = slot.shape[1] - 1
    top = np.float64(bins - 1)
    least, greatest = key_of(-np.inf), key_of(np.inf)
    for row in range(first, last):
        edge, scale = numbers[row, LOW], numbers[row, SCALE]
        for r in range(rank_slot.shape[1]):
            of_rank[row, r] = rank_slot[row, r]
        s = 0
        for b in range(bins):
            if slot[row, b] != 2 * s + 1:
                continue
            # The first float of this bin, and the first beyond it.
            ends = (np.float64(b), np.float64(b + 1))
            begin, end = least, greatest
            for side in range(2):
                under_it, in_it = least, greatest + _ONE
                while under_it < in_it:
                    middle = under_it + (in_it - under_it) // _TWO
                    if place_of(value_of(middle), edge, scale, top) < ends[side]:
                        under_it = middle + _ONE
                    else:
                        in_it = middle
                if side == 0:
                    begin = in_it
                else:
                    end = in_it
            width = 0
            while (end - begin) >> np.uint64(width) >= np.uint64(PARTS):
                width += 1
            low[row, s], shift[row, s] = value_of(begin), width
            under[row, s] = below[row, s]
            s += 1


@kernel
def narrow(counts, ranks, low, shift, under, of_rank, intervals, statistic, first, last):
    """Look closer at the parts that hold a rank, of rows first..last-1.

    Parameters
    ----------
    counts : int64 (rows, ranks * PARTS)
        Values in each part of each interval.
    ranks : int64 (ranks,)
        Ascending.
    low, shift, under, of_rank
        Of `first_intervals`; written.
    intervals : int64 (rows,)
        Written: intervals that are left.
    statistic : float64 (rows, ranks)
        Written where a part is a single float; then its rank is not looked for any more.
    """
    many = ranks.size
    lows, shifts = np.empty(many), np.empty(many)
    unders, parts = np.empty(many, np.int64), np.empty(many, np.int64)
    for row in range(first, last):
        met, before, cut = 0, -1, -1
        for r in range(many):
            i = of_rank[row, r]
            if i < 0:
                continue
            seen, part = under[row, i], 0
            while part < PARTS - 1 and ranks[r] >= seen + counts[row, i * PARTS + part]:
                seen += counts[row, i * PARTS + part]
                part += 1
            width = np.int64(shift[row, i])
            begin = key_of(low[row, i]) + (np.uint64(part) << np.uint64(width))
            if width == 0:
                statistic[row, r], of_rank[row, r] = value_of(begin), -1
                continue
            if i != before or part != cut:
                lows[met], unders[met] = value_of(begin), seen
                shifts[met] = max(width - _BITS, 0)
                before, cut = i, part
                met += 1
            parts[r] = met - 1
        for r in range(many):
            if of_rank[row, r] >= 0:
                of_rank[row, r] = parts[r]
        low[row, :met], shift[row, :met], under[row, :met] = lows[:met], shifts[:met], unders[:met]
        intervals[row] = met
