"""Exact quantiles of rows whose draws are never all in memory: count in bins, collect, select.

A first look at some draws lays equal bins over the bulk of a row. Once all draws are counted, the
bins that hold a wanted rank are known; only their values are collected when the draws are made
again, and the rank is selected among them. What lies outside the bins is in the outermost ones.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from simcore.kernels.intervals import count_column, interval_ranks
from simcore.kernels.jit import inlined, kernel
from simcore.kernels.select import between, order_statistics
from simcore.kernels.sinks import ATOMS, FILLED, LOW, PIVOT, ROOM, SCALE, START

_TAIL: Final = 0.004
"""Share of the first look left out on either side before the bins are laid."""
_MARGIN: Final = 0.1
"""Share of their width added to the bins on either side."""
_HALF: Final = np.uint8(1)
_OFTEN: Final = 8
"""Times that a value must be met in the first look to count as an atom."""
_UNSEEN: Final = 5.0
"""Values beside an atom of which the first look may well have met none: exp(-5) is under 1 %."""
_SPARE: Final = 64
"""Room beyond what is expected beside an atom, for workers that meet few values."""


@kernel
def lay_bins(look, bins, numbers, first, last):
    """Choose pivot, lower end and bins per unit of rows first..last-1 from a first look.

    Parameters
    ----------
    look : float64 (rows, draws)
        The first draws of each row.
    bins : int
    numbers : float64 (rows, 4)
        PIVOT is written; LOW and SCALE where SCALE is not NaN.
    """
    draws = look.shape[1]
    ends, found = np.empty(2, np.int64), np.empty(2)
    for row in range(first, last):
        defined = 0
        pivot = 0.0
        for j in range(draws):
            x = look[row, j]
            if x == x:
                if defined == 0 and abs(x) < np.inf:
                    pivot = x
                defined += 1
        numbers[row, PIVOT] = pivot
        if numbers[row, SCALE] != numbers[row, SCALE]:
            continue
        numbers[row, LOW], numbers[row, SCALE] = 0.0, 0.0
        if defined == 0:
            continue
        out = np.int64(_TAIL * defined)
        ends[0], ends[1] = out, defined - 1 - out
        order_statistics(look[row], ends, found)
        width = found[1] - found[0]
        low = found[0] - _MARGIN * width
        scale = bins / ((1.0 + 2.0 * _MARGIN) * width)
        # Else (a constant, or values without end) all values share the first bin.
        if width > 0.0 and abs(low) < np.inf and 0.0 < scale < np.inf:
            numbers[row, LOW], numbers[row, SCALE] = low, scale


@inlined
def _place(x, low, scale, top):
    """Bin of a defined value, as in `sinks.find_places`."""
    at = (x - low) * scale
    at = top if at > top else at
    at = at if at > 0.0 else 0.0
    return np.int64(np.int32(at))


@kernel
def choose_bins(count, plan, look, numbers, wanted, slot, atom, below, size, rank_slot, share,
                places, first, last):  # fmt: skip
    """Find the bins that hold a wanted rank, and a frequent value in each.

    Each is a slot of its own; with replicates, all bins between joined ranks are one.

    Parameters
    ----------
    count : int32 (workers, rows, bins + 1)
        Values per bin met by each worker.
    plan : QuantileRanks
    look : float64 (rows, draws)
        The first draws of each row.
    numbers : float64 (rows, 4)
    wanted : bool (rows,)
        Rows whose ranks are asked for.
    slot, atom : uint8 (rows, bins + 1), float64 (rows, MOST_SLOTS)
        Written; see `sinks.Sink`.
    below, size : int64 (rows, MOST_SLOTS)
        Written: values below each slot, and in it.
    rank_slot : int64 (rows, ranks)
        Written: number of the slot of each rank; -1 where the rank is undefined.
    share : float64 (MOST_SLOTS,)
        Scratch.
    places : int64 (workers, rows, 5)
        ROOM and ATOMS are written, FILLED set to zero.
    first, last : int
        Rows to work on.
    """
    workers, bins = count.shape[0], count.shape[2] - 1
    ranks = plan.ranks
    # A worker without room would not count its draws by replicate.
    least = 1 if plan.taken.size > 0 else 0
    tallies = np.empty((3, atom.shape[1]), np.int64)
    votes, hits, met = tallies[0], tallies[1], tallies[2]
    top = np.float64(bins - 1)
    for row in range(first, last):
        for w in range(workers):
            places[w, row, ROOM], places[w, row, FILLED], places[w, row, ATOMS] = 0, 0, 0
        if not wanted[row]:
            continue
        rank, slots, seen = 0, 0, np.int64(0)
        goes_on = False
        for b in range(bins):
            here = np.int64(0)
            for w in range(workers):
                here += count[w, row, b]
            slot[row, b] = np.uint8(2 * slots)
            holds = rank < ranks.size and ranks[rank] < seen + here
            if holds and not goes_on:
                below[row, slots], size[row, slots] = seen, 0
                slots += 1
            if holds or goes_on:
                slot[row, b] = np.uint8(2 * slots - 1)
                size[row, slots - 1] += here
            while rank < ranks.size and ranks[rank] < seen + here:
                rank_slot[row, rank] = slots - 1
                goes_on = plan.joined[rank]
                rank += 1
            seen += here
        slot[row, bins] = np.uint8(2 * slots)
        while rank < ranks.size:
            rank_slot[row, rank] = -1
            rank += 1
        # The most frequent value of each slot, by the vote of a majority.
        low, scale = numbers[row, LOW], numbers[row, SCALE]
        for s in range(slots):
            votes[s], hits[s], met[s], atom[row, s] = 0, 0, 0, np.nan
        for j in range(look.shape[1]):
            x = look[row, j]
            if x == x:
                s = np.int64(slot[row, _place(x, low, scale, top)])
                if s % 2 == 1:
                    s = s // 2
                    if votes[s] == 0:
                        atom[row, s] = x
                    votes[s] += 1 if atom[row, s] == x else -1
                    met[s] += 1
        for j in range(look.shape[1]):
            x = look[row, j]
            if x == x:
                s = np.int64(slot[row, _place(x, low, scale, top)])
                if s % 2 == 1 and atom[row, s // 2] == x:
                    hits[s // 2] += 1
        atoms = 0
        for s in range(slots):
            share[s] = 1.0
            if hits[s] >= _OFTEN:
                others = met[s] - hits[s]
                share[s] = min(1.0, (others + 3.0 * np.sqrt(others) + _UNSEEN) / met[s])
                atoms += 1
            else:
                atom[row, s] = np.nan
        for b in range(bins):
            if slot[row, b] % 2 == 1:
                rest = share[np.int64(slot[row, b]) // 2]
                for w in range(workers):
                    full = np.int64(count[w, row, b])
                    # What is left beside an atom is an estimate; a row without room starts anew.
                    places[w, row, ROOM] += min(full, np.int64(rest * full) + _SPARE)
        for w in range(workers):
            places[w, row, ATOMS] = atoms
            places[w, row, ROOM] = max(places[w, row, ROOM], least)


@inlined
def _select(x, first, last, k):
    """Value of rank k (from `first`) in x[first:last], which is put into another order."""
    left, right = first, last - 1
    while left < right:
        middle = x[(left + right) // 2]
        i, j = left, right
        while i <= j:
            while x[i] < middle:
                i += 1
            while x[j] > middle:
                j -= 1
            if i <= j:
                x[i], x[j] = x[j], x[i]
                i += 1
                j -= 1
        if k <= j:
            right = j
        elif k >= i:
            left = i
        else:
            break
    return x[k]


@inlined
def _value(values, begin, end, k, common, times):
    """Value of rank k among values[begin:end] and a common one that stands for many more."""
    if times > 0:
        less = 0
        for i in range(begin, end):
            less += values[i] < common
        if less <= k < less + times:
            return common
        if k >= less + times:
            k -= times
    return _select(values, begin, end, begin + k)


@kernel
def select_ranks(arena, places, slot, atom, below, size, rank_slot, numbers, plan, tally, wanted,
                 quantile, low, high, complete, first, last):  # fmt: skip
    """Write the quantiles of rows first..last-1 from their collected values.

    Parameters
    ----------
    arena, places, slot, atom, below, size, rank_slot, numbers, wanted
        As `choose_bins` and the collecting left them.
    plan : QuantileRanks
    tally : Tally
    quantile, low, high : float64 (rows, quantiles)
        Written where wanted.
    complete : bool (rows,)
        Written where wanted: False where values had no room, or an interval reaches beyond what
        was collected; its quantiles are then not written.
    """
    ranks, replicates = plan.ranks, plan.taken.size
    statistic = np.empty(ranks.size)
    up_to = np.empty((plan.weight.size, replicates), np.int64)
    before, ends = np.empty_like(up_to), np.empty((plan.weight.size, 2), np.int64)
    begin, end = np.empty(atom.shape[1], np.int64), np.empty(atom.shape[1], np.int64)
    bins = slot.shape[1] - 1
    top = np.float64(bins - 1)
    longest = 0
    for row in range(first, last):
        total = 0
        for w in range(places.shape[0]):
            total += places[w, row, FILLED]
        longest = max(longest, total)
    values, groups = np.empty(longest), np.empty(longest, np.uint8)
    for row in range(first, last):
        if not wanted[row]:
            continue
        complete[row] = True
        begin[:], end[:] = 0, 0
        for w in range(places.shape[0]):
            complete[row] &= places[w, row, FILLED] <= places[w, row, ROOM]
        if not complete[row]:
            continue
        bin_low, scale = numbers[row, LOW], numbers[row, SCALE]
        met = 0
        for w in range(places.shape[0]):
            start = places[w, row, START]
            for k in range(start, start + places[w, row, FILLED]):
                group = slot[row, _place(arena[k], bin_low, scale, top)] >> _HALF
                groups[met] = group
                end[group] += 1
                met += 1
        at = 0
        for s in range(end.size):
            begin[s] = at
            at += end[s]
            end[s] = begin[s]
        met = 0
        for w in range(places.shape[0]):
            start = places[w, row, START]
            for k in range(start, start + places[w, row, FILLED]):
                group = groups[met]
                values[end[group]] = arena[k]
                end[group] += 1
                met += 1
        for r in range(ranks.size):
            s = rank_slot[row, r]
            if s < 0:
                statistic[r] = np.nan
                continue
            times = size[row, s] - (end[s] - begin[s])
            k = ranks[r] - below[row, s]
            statistic[r] = _value(values, begin[s], end[s], k, atom[row, s], times)
        if replicates > 0:
            _count_replicates(
                arena, places, atom, rank_slot, plan, tally, statistic, groups, up_to, before, row
            )
            for q in range(plan.weight.size):
                s = rank_slot[row, plan.upper[q]]
                if s >= 0:
                    ends[q, 0], ends[q, 1] = interval_ranks(plan, q, up_to[q], before[q])
                    above = below[row, s] + size[row, s]
                    # Beyond what is collected, unless nothing defined is left there.
                    complete[row] &= ends[q, 0] >= below[row, s] and (
                        ends[q, 1] < above or rank_slot[row, plan.high[q]] < 0
                    )
        if not complete[row]:
            continue
        write_quantiles(statistic, plan, quantile, low, high, row)
        for q in range(plan.weight.size if replicates > 0 else 0):
            s = rank_slot[row, plan.upper[q]]
            low[row, q], high[row, q] = np.nan, np.nan
            if s >= 0:
                times, common = size[row, s] - (end[s] - begin[s]), atom[row, s]
                k = ends[q, 0] - below[row, s]
                low[row, q] = _value(values, begin[s], end[s], k, common, times)
                k = ends[q, 1] - below[row, s]
                if k < size[row, s]:
                    high[row, q] = _value(values, begin[s], end[s], k, common, times)


@kernel
def _count_replicates(arena, places, atom, rank_slot, plan, tally, statistic, groups, up_to, before,
                      row):  # fmt: skip
    """Count the draws of a row beside each quantile, by replicate, for `interval_ranks`."""
    quantiles = plan.weight.size
    found = np.empty(quantiles, np.int64)
    for r in range(plan.taken.size):
        found[:] = 0
        for q in range(quantiles):
            s = rank_slot[row, plan.upper[q]]
            up_to[q, r] = tally.under[r, row, s] if s >= 0 else 0
            before[q, r] = up_to[q, r]
        offset = 0
        for w in range(places.shape[0]):
            start = places[w, row, START]
            begin = tally.filled[r - 1, w, row] if r > 0 else 0
            for k in range(begin, tally.filled[r, w, row]):
                x, s = arena[start + k], np.int64(groups[offset + k])
                found[s] += 1
                for q in range(quantiles):
                    if rank_slot[row, plan.upper[q]] == s:
                        up_to[q, r] += x <= statistic[plan.lower[q]]
                        before[q, r] += x < statistic[plan.upper[q]]
            offset += places[w, row, FILLED]
        for q in range(quantiles):
            s = rank_slot[row, plan.upper[q]]
            if s >= 0:
                frequent = tally.inside[r, row, s] - found[s]
                up_to[q, r] += frequent * (atom[row, s] <= statistic[plan.lower[q]])
                before[q, r] += frequent * (atom[row, s] < statistic[plan.upper[q]])


@kernel
def write_quantiles(statistic, plan, quantile, low, high, row):
    """Write quantiles and the ends of their intervals from the order statistics of `plan`."""
    for q in range(plan.weight.size):
        under, over = statistic[plan.lower[q]], statistic[plan.upper[q]]
        quantile[row, q] = between(under, over, plan.weight[q])
        low[row, q] = statistic[plan.low[q]]
        high[row, q] = statistic[plan.high[q]]


@kernel
def quantiles_of_rows(values, plan, quantile, low, high, target):
    """Write the quantiles of whole rows (rows, draws) into the lines `target` of the results."""
    statistic = np.empty(plan.ranks.size)
    replicates = plan.taken.size
    up_to, before = np.empty(replicates, np.int64), np.empty(replicates, np.int64)
    ranks, ends = np.empty(2, np.int64), np.empty(2)
    for row in range(values.shape[0]):
        order_statistics(values[row], plan.ranks, statistic)
        line = target[row]
        write_quantiles(statistic, plan, quantile, low, high, line)
        for q in range(plan.weight.size if replicates > 0 else 0):
            under, over = statistic[plan.lower[q]], statistic[plan.upper[q]]
            low[line, q], high[line, q] = np.nan, np.nan
            if over == over:
                count_column(values[row], replicates, under, over, up_to, before)
                ranks[0], ranks[1] = interval_ranks(plan, q, up_to, before)
                order_statistics(values[row], ranks, ends)
                low[line, q], high[line, q] = ends[0], ends[1]
