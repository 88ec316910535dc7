"""Where the rows that a program hands out go: kept, counted in bins, or collected from some bins.

A row of 256 draws is reduced while it is still in the first cache; only what is asked for leaves
the block. Sums run in fixed lanes and batches of draws, so that threads change no bit.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.jit import inlined, prefetch
from simcore.kernels.keys import key_of
from simcore.kernels.operations import BLOCK
from simcore.kernels.select import take_wanted

KEEP: Final = 0
COUNT: Final = 1
COLLECT: Final = 2
REFINE: Final = 3

_LANES: Final = 32
_ONE: Final = np.uint8(1)
_PARTS: Final = np.uint64(512)
_MOST_PREFETCHED: Final = 1100
SUMS: Final = 4
"""Sums of a row: defined values, deviations from the pivot, their squares, values above zero."""
RATE, PIVOT, LOW, SCALE = 0, 1, 2, 3
"""Of a row: factor of its values (an exchange rate), value near its mean, lower end of its bins and
bins per unit; the scale of a row whose bins are not counted is NaN."""
KEPT_AT, START, ROOM, FILLED, ATOMS = 0, 1, 2, 3, 4
"""Of a row: line among the kept rows (-1: none); where its part of the arena begins, what fits
there, and how many values were met (which may exceed it); its number of atoms."""
PARTS: Final = 512
"""Parts into which an interval is cut to look closer."""
MOST_SLOTS: Final = 48
"""Groups of neighbouring bins of a row from which values may be collected."""


class Sink(NamedTuple):
    """What is done with each output row; arrays that a kind does not use are empty.

    The fields of a row stand side by side, and there are few arrays, as each one costs time in
    every call.

    Attributes
    ----------
    kind : int
        KEEP, COUNT, COLLECT or REFINE. What else `atom`, `sums`, `counts` and `places` are while
        refining says `refine_row`.
    here : ndarray, shape (2,)
        First column of the block at work among the kept draws, and its draws, int64.
    numbers : ndarray, shape (rows, 4)
        RATE, PIVOT, LOW and SCALE of each row, float64.
    places : ndarray, shape (rows, 5)
        KEPT_AT, START, ROOM, FILLED and ATOMS of each row, int64; FILLED is written.
    kept32, kept64 : ndarray, shape (kept rows, draws)
        Written: the values; one of the two is empty.
    sums : ndarray, shape (rows, 4)
        Added to: defined values, deviations from the pivot, their squares, values above zero.
    counts : ndarray, shape (rows, bins + 1)
        Added to: values per bin, int32; the last bin holds what is undefined. While collecting:
        values per number of `slot`, or empty.
    slot : ndarray, shape (rows, bins + 1)
        Of each bin, uint8: twice the number of its slot plus 1, where its values are wanted; else
        twice the number of the slots below it.
    atom : ndarray, shape (rows, MOST_SLOTS)
        Frequent value of each slot, which is not collected; NaN for none.
    arena : ndarray
        Written: the collected values.
    value, found, lanes : ndarray
        Scratch.
    place : ndarray
        Scratch.
    """

    kind: int
    here: NDArray[np.int64]
    numbers: NDArray[np.float64]
    places: NDArray[np.int64]
    kept32: NDArray[np.float32]
    kept64: NDArray[np.float64]
    sums: NDArray[np.float64]
    counts: NDArray[np.int32]
    slot: NDArray[np.uint8]
    atom: NDArray[np.float64]
    arena: NDArray[np.float64]
    value: NDArray[np.float64]
    found: NDArray[np.float64]
    place: NDArray[np.uint32]
    lanes: NDArray[np.float64]


def workspace(*shape: int) -> NDArray[np.float64]:
    """Unwritten array that begins with a cache line, as a vector across two lines costs double."""
    size = int(np.prod(shape))
    room = np.empty(size + 8)
    begin = -room.ctypes.data % 64 // 8
    return room[begin : begin + size].reshape(shape)


def sink(kind: int, rows: int, **arrays: NDArray) -> Sink:
    """Sink with the given arrays; without them nothing is kept, and the rate is 1."""
    numbers, places = np.zeros((rows, 4)), np.zeros((rows, 5), np.int64)
    numbers[:, RATE], places[:, KEPT_AT] = 1.0, -1
    empty: dict[str, Any] = {
        "here": np.zeros(2, np.int64),
        "numbers": numbers,
        "places": places,
        "kept32": np.empty((0, 0), np.float32),
        "kept64": np.empty((0, 0)),
        "sums": np.empty((0, 0)),
        "counts": np.empty((0, 0), np.int32),
        "slot": np.empty((0, 0), np.uint8),
        "atom": np.empty((0, 0)),
        "arena": np.empty(0),
        "value": workspace(BLOCK),
        "found": workspace(BLOCK),
        "place": np.empty(BLOCK, np.uint32),
        "lanes": workspace(2, _LANES),
    }
    return Sink(kind=kind, **(empty | arrays))


@inlined
def _term(x, pivot):
    """Deviation of a value and its square; NaN adds nothing."""
    deviation = x - pivot if x == x else 0.0
    return deviation, deviation * deviation


@inlined
def _terms(x0, x1, x2, x3, pivot):
    d0, s0 = _term(x0, pivot)
    d1, s1 = _term(x1, pivot)
    d2, s2 = _term(x2, pivot)
    d3, s3 = _term(x3, pivot)
    return (d0 + d1) + (d2 + d3), (s0 + s1) + (s2 + s3)


@inlined
def _folded(lane):
    """Sum of 32 numbers; written to them."""
    for k in range(8):
        lane[k] = (lane[k] + lane[k + 8]) + (lane[k + 16] + lane[k + 24])
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]))


@inlined
def add_moments(value, pivot, lanes, sums, out):
    """Add the sums of a block of values (NaN: undefined) to those of row `out`.

    The order of all additions is written down, so it is the same in vectors of any width.
    """
    known, positive = np.int64(0), np.int64(0)
    for k in range(_LANES):
        d0, s0 = _terms(value[k], value[k + 32], value[k + 64], value[k + 96], pivot)
        d1, s1 = _terms(value[k + 128], value[k + 160], value[k + 192], value[k + 224], pivot)
        lanes[0, k], lanes[1, k] = d0 + d1, s0 + s1
    for j in range(BLOCK):
        # As whole numbers: the adders of floats are busy with the sums.
        known += np.int64(value[j] == value[j])
        positive += np.int64(value[j] > 0.0)
    sums[out, 0] += float(known)
    sums[out, 1] += _folded(lanes[0])
    sums[out, 2] += _folded(lanes[1])
    sums[out, 3] += float(positive)


@inlined
def place_of(x, low, scale, top):
    """Bin of a defined value, as float64; what lies outside the bins is in the outermost."""
    at = (x - low) * scale
    at = top if at > top else at
    # Also where infinity times zero is undefined.
    return at if at > 0.0 else 0.0


@inlined
def find_places(value, low, scale, last, place):
    """Write the bin of each value, NaN in one more."""
    top, undefined = np.float64(last), np.float64(last + 1)
    for j in range(BLOCK):
        x = value[j]
        at = place_of(x, low, scale, top)
        place[j] = np.uint32(np.int32(at if x == x else undefined))


@inlined
def add_counts(place, count, out):
    """Count each value of a block in its bin."""
    # The bins of the next row come next in memory and will be needed soon; of many bins, few are.
    bins = count.shape[1]
    if out + 1 < count.shape[0] and bins <= _MOST_PREFETCHED:
        following = np.uint64((out + 1) * bins)
        for k in range(0, bins, 16):
            prefetch(count, following + np.uint64(k))
    for j in range(BLOCK):
        count[out, place[j]] += 1


@inlined
def collect(value, place, slot, out, found, arena, start, room, filled):
    """Append the values of wanted bins as far as there is room; return how many were met.

    First into `found`, which is at hand: the arena is far away.
    """
    met = take_wanted(value, place, slot[out], found)
    # A slice, as an index that might count from the end would not be a plain vector store.
    tail = arena[start + filled : start + filled + max(min(met, room - filled), 0)]
    for k in range(tail.size):
        tail[k] = found[k]
    return filled + met


@inlined
def collect_with_care(value, place, slot, atom, out, arena, start, room, filled):
    """Append wanted values that are no atoms as far as there is room; return how many were met."""
    for j in range(BLOCK):
        s = slot[out, place[j]]
        if s & _ONE and value[j] != atom[out, s >> _ONE]:
            if filled < room:
                arena[start + filled] = value[j]
            filled += 1
    return filled


@inlined
def _scaled(rows, row, rate, valid, value):
    """A row times a rate, NaN beyond the valid draws; written to `value` unless it is the row."""
    if rate == 1.0 and valid == BLOCK:
        return rows[row]
    for j in range(BLOCK):
        value[j] = rows[row, j] * rate
    for j in range(valid, BLOCK):
        value[j] = np.nan
    return value


@inlined
def keep_row(rows, row, out, here, numbers, places, kept32, kept64):
    """Write a block of values into the kept rows, if the row is one of them."""
    kept, column, rate = places[out, KEPT_AT], here[0], numbers[out, RATE]
    if kept < 0:
        return
    if kept64.shape[0] > 0:
        doubles = kept64[kept, column : column + here[1]]
        for j in range(doubles.shape[0]):
            doubles[j] = rows[row, j] * rate
    else:
        singles = kept32[kept, column : column + here[1]]
        for j in range(singles.shape[0]):
            singles[j] = np.float32(rows[row, j] * rate)


@inlined
def count_row(rows, row, out, valid, numbers, sums, count, value, place, lanes):
    """Add a block of values to the sums of its row and count them in bins."""
    value = _scaled(rows, row, numbers[out, RATE], valid, value)
    add_moments(value, numbers[out, PIVOT], lanes, sums, out)
    scale, bins = numbers[out, SCALE], count.shape[1]
    if scale == scale:
        find_places(value, numbers[out, LOW], scale, bins - 2, place)
        add_counts(place, count, out)


@inlined
def add_to_slots(place, slot, out, counts):
    """Count each value of a block in its slot, or between two of them."""
    for j in range(BLOCK):
        counts[out, slot[out, place[j]]] += 1


@inlined
def collect_row(rows, row, out, valid, numbers, places, slot, atom, arena, counts, value, place,
                found):  # fmt: skip
    """Collect the values of a block that fall in wanted bins; count all of them where asked."""
    room = places[out, ROOM]
    if room == 0:
        return
    value = _scaled(rows, row, numbers[out, RATE], valid, value)
    find_places(value, numbers[out, LOW], numbers[out, SCALE], slot.shape[1] - 2, place)
    if counts.shape[0] > 0:
        add_to_slots(place, slot, out, counts)
    start, filled = places[out, START], places[out, FILLED]
    if out + 1 < places.shape[0]:
        following = np.uint64((out + 1) * slot.shape[1])
        for k in range(0, min(slot.shape[1], _MOST_PREFETCHED), 64):
            prefetch(slot, following + np.uint64(k))
        tail = np.uint64(places[out + 1, START] + places[out + 1, FILLED])
        for k in range(0, 40, 8):
            prefetch(arena, tail + np.uint64(k))
    if places[out, ATOMS] > 0:
        filled = collect_with_care(value, place, slot, atom, out, arena, start, room, filled)
    else:
        filled = collect(value, place, slot, out, found, arena, start, room, filled)
    places[out, FILLED] = filled


@inlined
def refine_row(rows, row, out, valid, numbers, places, slot, low, shift, counts, value, place,
               found):  # fmt: skip
    """Count the values of a block in the parts of its row's intervals; see `refine`.

    Intervals ascend; ATOMS is their number, `low` the least float of each and `shift` the binary
    logarithm of the floats in its parts. START is the line of the row among the counts.
    """
    many, line = places[out, ATOMS], places[out, START]
    if many == 0:
        return
    value = _scaled(rows, row, numbers[out, RATE], valid, value)
    find_places(value, numbers[out, LOW], numbers[out, SCALE], slot.shape[1] - 2, place)
    met = take_wanted(value, place, slot[out], found)
    for j in range(met):
        key, i = key_of(found[j]), many - 1
        while i >= 0 and key < key_of(low[out, i]):
            i -= 1
        if i >= 0:
            part = (key - key_of(low[out, i])) >> np.uint64(shift[out, i])
            if part < _PARTS:
                counts[line, i * PARTS + np.int64(part)] += 1


@inlined
def hand_out(rows, row, out, target):
    """Give a row to a sink, whose row `out` it is."""
    here, numbers, places = target.here, target.numbers, target.places
    if target.kept32.shape[0] + target.kept64.shape[0] > 0:
        keep_row(rows, row, out, here, numbers, places, target.kept32, target.kept64)
    if target.kind == COUNT:
        count_row(
            rows, row, out, here[1], numbers, target.sums, target.counts, target.value,
            target.place, target.lanes,
        )  # fmt: skip
    elif target.kind == COLLECT:
        collect_row(
            rows, row, out, here[1], numbers, places, target.slot, target.atom, target.arena,
            target.counts, target.value, target.place, target.found,
        )  # fmt: skip
    elif target.kind == REFINE:
        refine_row(
            rows, row, out, here[1], numbers, places, target.slot, target.atom, target.sums,
            target.counts, target.value, target.place, target.found,
        )  # fmt: skip
