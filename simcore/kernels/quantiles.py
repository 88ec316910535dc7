"""Exact quantiles of rows and their intervals: from what was collected, or from all draws."""

from __future__ import annotations

from typing import Final

import numpy as np

from simcore.kernels.intervals import count_column, interval_ranks
from simcore.kernels.jit import inlined, kernel
from simcore.kernels.select import between, order_statistics
from simcore.kernels.sinks import ATOMS, FILLED, LOW, ROOM, SCALE, START, place_of

_HALF: Final = np.uint8(1)


@inlined
def opened(extreme, side, is_open):
    """End of an interval, infinite where the extreme draw, if defined, is not far enough out."""
    return side * np.inf if is_open and extreme == extreme else extreme


@kernel
def _select(values, common, times, ranks, out):
    """Order statistics of values and of a common one that stands for many more.

    `ranks`, ascending, is scratch: those above the common value are changed.
    """
    first, last = ranks.size, ranks.size
    if times > 0:
        less = 0
        for i in range(values.size):
            less += values[i] < common
        first = 0
        while first < ranks.size and ranks[first] < less:
            first += 1
        last = first
        while last < ranks.size and ranks[last] < less + times:
            out[last] = common
            last += 1
        for r in range(last, ranks.size):
            ranks[r] -= times
    if first > 0:
        order_statistics(values, ranks[:first], out[:first])
    if last < ranks.size:
        order_statistics(values, ranks[last:], out[last:])


@inlined
def _part_by_slot(arena, places, slot, numbers, row, values, groups, begin, end):
    """Copy the collected values of a row to `values`, slot after slot.

    Parameters
    ----------
    groups : uint8
        Written: the slot of each value, in the order of collecting.
    begin, end : int64 (slots,)
        Written: where the values of each slot lie.
    """
    low, scale, top = numbers[row, LOW], numbers[row, SCALE], np.float64(slot.shape[1] - 2)
    end[:] = 0
    met = 0
    for w in range(places.shape[0]):
        start = places[w, row, START]
        for k in range(start, start + places[w, row, FILLED]):
            group = slot[row, np.int32(place_of(arena[k], low, scale, top))] >> _HALF
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


@kernel
def select_ranks(arena, places, slot, atom, below, size, rank_slot, numbers, plan, tally, wanted,
                 quantile, low, high, complete, first, last):  # fmt: skip
    """Write the quantiles of rows first..last-1 from their collected values.

    Parameters
    ----------
    arena, places, slot, atom, below, size, rank_slot, numbers, wanted
        As `bins.choose_bins` and the collecting left them.
    plan : QuantileRanks
    tally : Tally
    quantile, low, high : float64 (rows, quantiles)
        Written where wanted.
    complete : bool (rows,)
        Written where wanted: False where values had no room, or an interval reaches beyond what
        was collected; its quantiles are then not written.
    """
    ranks, replicates, quantiles = plan.ranks, plan.taken.size, plan.weight.size
    top = np.int64(plan.taken.sum()) - 1
    # With replicates, the other ranks are only those between which an interval may end.
    is_asked = np.full(ranks.size, replicates == 0)
    is_asked[plan.lower], is_asked[plan.upper] = True, True
    asked = np.flatnonzero(is_asked)
    room = max(ranks.size, 2 * quantiles)
    statistic, found, within = np.empty(room), np.empty(room), np.empty(room, np.int64)
    up_to = np.empty((quantiles, replicates), np.int64)
    before, ends = np.empty_like(up_to), np.empty((quantiles, 2), np.int64)
    begin, end = np.empty(atom.shape[1], np.int64), np.empty(atom.shape[1], np.int64)
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
        for w in range(places.shape[0]):
            complete[row] &= places[w, row, FILLED] <= places[w, row, ROOM]
        if not complete[row]:
            continue
        _part_by_slot(arena, places, slot, numbers, row, values, groups, begin, end)
        at = 0
        while at < asked.size:
            s, start = rank_slot[row, asked[at]], at
            while at < asked.size and rank_slot[row, asked[at]] == s:
                within[at] = ranks[asked[at]] - below[row, s] if s >= 0 else 0
                at += 1
            if s < 0:
                found[start:at] = np.nan
                continue
            times = size[row, s] - (end[s] - begin[s])
            here = values[begin[s] : end[s]]
            _select(here, atom[row, s], times, within[start:at], found[start:at])
        for at in range(asked.size):
            statistic[asked[at]] = found[at]
        if replicates > 0:
            _count_replicates(
                arena, places, atom, rank_slot, plan, tally, statistic, groups, up_to, before, row
            )
            for q in range(quantiles):
                s = rank_slot[row, plan.upper[q]]
                if s >= 0:
                    ends[q, 0], ends[q, 1] = interval_ranks(plan, q, up_to[q], before[q])
                    above = below[row, s] + size[row, s]
                    # Beyond what is collected, unless nothing defined is left there.
                    complete[row] &= max(ends[q, 0], 0) >= below[row, s] and (
                        min(ends[q, 1], top) < above or rank_slot[row, plan.high[q]] < 0
                    )
        if not complete[row]:
            continue
        _write_quantiles(statistic, plan, quantile, row)
        if replicates == 0:
            _write_ends(statistic, plan, low, high, row)
        else:
            _select_ends(
                values, begin, end, atom, below, size, rank_slot, plan, ends, within, found, low,
                high, row,
            )  # fmt: skip


@inlined
def _select_ends(values, begin, end, atom, below, size, rank_slot, plan, ends, ranks, found, low,
                 high, row):  # fmt: skip
    """Write the order statistics at the ends of the intervals, slot by slot.

    `ranks` and `found` are scratch, for twice as many as there are quantiles.
    """
    quantiles, top = plan.weight.size, np.int64(plan.taken.sum()) - 1
    whose = np.empty(2 * quantiles, np.int64)
    for q in range(quantiles):
        low[row, q], high[row, q] = np.nan, np.nan
    q = 0
    while q < quantiles:
        s, many = rank_slot[row, plan.upper[q]], 0
        if s < 0:
            break
        while q < quantiles and rank_slot[row, plan.upper[q]] == s:
            for side in range(2):
                k = min(max(ends[q, side], 0), top) - below[row, s]
                if k < size[row, s]:
                    place = many
                    while place > 0 and ranks[place - 1] > k:
                        ranks[place], whose[place] = ranks[place - 1], whose[place - 1]
                        place -= 1
                    ranks[place], whose[place] = k, 2 * q + side
                    many += 1
            q += 1
        times = size[row, s] - (end[s] - begin[s])
        _select(values[begin[s] : end[s]], atom[row, s], times, ranks[:many], found[:many])
        for k in range(many):
            one, side = whose[k] // 2, whose[k] % 2
            if side == 0:
                low[row, one] = opened(found[k], -1, ends[one, 0] < 0)
            else:
                high[row, one] = opened(found[k], 1, ends[one, 1] > top)


@kernel
def _count_replicates(arena, places, atom, rank_slot, plan, tally, statistic, groups, up_to, before,
                      row):  # fmt: skip
    """Count the draws of a row beside each quantile, by replicate, for `interval_ranks`."""
    collected = np.empty(atom.shape[1], np.int64)
    up_to[:], before[:] = 0, 0
    for r in range(plan.taken.size):
        # Values of this replicate in each slot, without its atom.
        if places[0, row, ATOMS] == 0:
            for s in range(tally.inside.shape[2]):
                collected[s] = tally.inside[r, row, s]
        else:
            collected[:] = 0
            offset = 0
            for w in range(places.shape[0]):
                start = tally.filled[r - 1, w, row] if r > 0 else 0
                for k in range(start, tally.filled[r, w, row]):
                    collected[groups[offset + k]] += 1
                offset += places[w, row, FILLED]
        passed, lower_slots = 0, 0
        for q in range(plan.weight.size):
            s = rank_slot[row, plan.upper[q]]
            if s < 0:
                continue
            while passed < s:
                lower_slots += collected[passed]
                passed += 1
            under, over = statistic[plan.lower[q]], statistic[plan.upper[q]]
            less, no_more = 0, 0
            for w in range(places.shape[0]):
                start = tally.filled[r - 1, w, row] if r > 0 else 0
                begin, end = places[w, row, START] + start, tally.filled[r, w, row]
                part = arena[begin : places[w, row, START] + end]
                for k in range(part.size):
                    no_more += part[k] <= under
                # Between two neighbours there is nothing.
                if under == over:
                    for k in range(part.size):
                        less += part[k] < over
            beside = tally.under[r, row, s] - lower_slots
            frequent = tally.inside[r, row, s] - collected[s]
            up_to[q, r] = beside + no_more + frequent * (atom[row, s] <= under)
            before[q, r] = up_to[q, r]
            if under == over:
                before[q, r] = beside + less + frequent * (atom[row, s] < over)


@inlined
def _write_quantiles(statistic, plan, quantile, row):
    """Write quantiles from the order statistics of `plan`."""
    for q in range(plan.weight.size):
        under, over = statistic[plan.lower[q]], statistic[plan.upper[q]]
        quantile[row, q] = between(under, over, plan.weight[q])


@inlined
def _write_ends(statistic, plan, low, high, row):
    """Write the ends of the intervals of independent draws from the order statistics of `plan`."""
    for q in range(plan.weight.size):
        low[row, q] = opened(statistic[plan.low[q]], -1, plan.open_low[q])
        high[row, q] = opened(statistic[plan.high[q]], 1, plan.open_high[q])


@kernel
def quantiles_of_rows(values, plan, quantile, low, high, target):
    """Write the quantiles of whole rows (rows, draws) into the lines `target` of the results."""
    statistic = np.empty(plan.ranks.size)
    replicates = plan.taken.size
    up_to, before = np.empty(replicates, np.int64), np.empty(replicates, np.int64)
    ranks, ends = np.empty(2, np.int64), np.empty(2)
    top = np.int64(plan.taken.sum()) - 1
    for row in range(values.shape[0]):
        order_statistics(values[row], plan.ranks, statistic)
        line = target[row]
        _write_quantiles(statistic, plan, quantile, line)
        _write_ends(statistic, plan, low, high, line)
        for q in range(plan.weight.size if replicates > 0 else 0):
            under, over = statistic[plan.lower[q]], statistic[plan.upper[q]]
            low[line, q], high[line, q] = np.nan, np.nan
            if over == over:
                count_column(values[row], replicates, under, over, up_to, before)
                first, last = interval_ranks(plan, q, up_to, before)
                ranks[0], ranks[1] = max(first, 0), min(last, top)
                order_statistics(values[row], ranks, ends)
                low[line, q] = opened(ends[0], -1, first < 0)
                high[line, q] = opened(ends[1], 1, last > top)


@kernel
def quantiles_of_statistics(statistic, plan, quantile, low, high, target):
    """Write the quantiles of independent draws from the order statistics (rows, ranks) of `plan`
    into the lines `target` of the results."""
    for row in range(statistic.shape[0]):
        _write_quantiles(statistic[row], plan, quantile, target[row])
        _write_ends(statistic[row], plan, low, high, target[row])
