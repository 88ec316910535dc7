"""Bins of rows whose draws are never all in memory: where they lie, and which are wanted.

A first look at some draws lays equal bins over the bulk of a row. Once all draws are counted, the
bins that hold a wanted rank are known; only their values are collected when the draws are made
again, and `quantiles` selects among them. What lies outside the bins is in the outermost ones.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from simcore.kernels.jit import kernel
from simcore.kernels.select import order_statistics
from simcore.kernels.sinks import ATOMS, FILLED, LOW, PIVOT, ROOM, SCALE, START, place_of

_TAIL: Final = 0.004
"""Share of the first look left out on either side before the bins are laid."""
_MARGIN: Final = 0.1
"""Share of their width added to the bins on either side."""
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
                s = np.int64(slot[row, np.int32(place_of(x, low, scale, top))])
                if s % 2 == 1:
                    s = s // 2
                    if votes[s] == 0:
                        atom[row, s] = x
                    votes[s] += 1 if atom[row, s] == x else -1
                    met[s] += 1
        for j in range(look.shape[1]):
            x = look[row, j]
            if x == x:
                s = np.int64(slot[row, np.int32(place_of(x, low, scale, top))])
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


@kernel
def close_up(arena, places):
    """Move what was collected to the front of its arena, row after row; return how much it is.

    Parameters
    ----------
    arena : float64
        Written.
    places : int64 (workers, rows, 5)
        START and ROOM are written; rows lie in the arena in this order.
    """
    at = 0
    for w in range(places.shape[0]):
        for row in range(places.shape[1]):
            start, room = places[w, row, START], places[w, row, ROOM]
            here = min(places[w, row, FILLED], room)
            for k in range(here):
                arena[at + k] = arena[start + k]
            places[w, row, START], places[w, row, ROOM] = at, here
            at += here
    return at
