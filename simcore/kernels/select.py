"""Exact order statistics of a column of draws.

An order statistic is found by counting the values in equal bins between the least and the greatest
and looking only into the bins that hold a wanted rank. Undefined values (NaN) sort last.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from simcore.kernels.jit import inlined, kernel, prefetch

_SMALL: Final = 64
_MOST_BINS: Final = 16384
_PER_BIN: Final = 16
"""Values to a bin, where there is no reason for more; the counts then stay in the first cache."""
_TOGETHER: Final = 16
"""Bins that are looked at together for whether they hold a wanted rank."""
_STRETCH: Final = 64
_AHEAD: Final = 1024
"""Values whose bins are found at a time, and how far ahead memory is asked for."""
_SAMPLE: Final = 64
_FEW: Final = 4
_NOT, _ONE = np.uint8(0), np.uint8(1)
_NONE: Final = np.int64(0)
# A value that often in the sample is set apart from the others.
_OFTEN: Final = 8


@inlined
def _look(values):
    """Least, greatest and most frequent of a sample at equal steps, and its frequency in it."""
    step = values.size // _SAMPLE
    least = np.inf
    greatest = -np.inf
    for i in range(_SAMPLE):
        x = values[i * step]
        finite = abs(x) < np.inf
        least = x if finite and x < least else least
        greatest = x if finite and x > greatest else greatest
    frequent = np.nan
    most = 0
    for candidate in range(_SAMPLE // 8, _SAMPLE, _SAMPLE // 4):
        x = values[candidate * step]
        often = 0
        for i in range(_SAMPLE):
            often += values[i * step] == x
        if often > most:
            most = often
            frequent = x
    return least, greatest, frequent, most


@inlined
def _by_counting(values, ranks, base, out, few):
    """Answer the ranks of few values: the greatest of those that no more others are less than.

    `few` is scratch for them, up to a multiple of 32: vectors leave no rest then.
    """
    n = values.size
    room = (n + 31) // 32 * 32
    defined = base
    for i in range(n):
        few[i] = values[i]
        defined += few[i] == few[i]
    for i in range(n, room):
        few[i] = np.inf
    for r in range(ranks.size):
        out[r] = -np.inf if ranks[r] < defined else np.nan
    for i in range(n):
        x = few[i]
        less = base
        for k in range(room):
            less += few[k] < x
        for r in range(ranks.size):
            out[r] = x if less <= ranks[r] and x > out[r] else out[r]


@kernel
def _by_sorting(values, ranks, base, out):
    """Answer the ranks of values that are equal, or too close to be counted in bins."""
    n = values.size
    ordered = np.empty(n)
    different = False
    for i in range(n):
        ordered[i] = values[i]
        different |= values[i] != values[0]
    if different:
        _heap_sort(ordered, n)
    for r in range(ranks.size):
        out[r] = ordered[ranks[r] - base]


@inlined
def _heap_sort(x, n):
    start = n // 2
    stop = n
    while stop > 1:
        if start > 0:
            start -= 1
        else:
            stop -= 1
            x[stop], x[0] = x[0], x[stop]
        root = start
        while 2 * root + 1 < stop:
            child = 2 * root + 1
            if child + 1 < stop and x[child] < x[child + 1]:
                child += 1
            if x[root] >= x[child]:
                break
            x[root], x[child] = x[child], x[root]
            root = child


@inlined
def _divide(values, center, ranks, base, out, arena, room, tasks, task):
    """Answer the ranks of values of which many are `center`; leave both sides as tasks."""
    n = values.size
    below = 0
    equal = 0
    for i in range(n):
        below += values[i] < center
        equal += values[i] == center
    first = 0
    while first < ranks.size and ranks[first] - base < below:
        first += 1
    last = first
    while last < ranks.size and ranks[last] - base < below + equal:
        out[last] = center
        last += 1
    # Without branches, so one place past the end is written.
    if first > 0:
        filled = room
        for i in range(n):
            arena[filled] = values[i]
            filled += values[i] < center
        task = _leave(tasks, task, room, filled, 0, first, base)
        room = filled + 1
    if ranks.size > last:
        filled = room
        for i in range(n):
            arena[filled] = values[i]
            filled += values[i] > center
        task = _leave(tasks, task, room, filled, last, ranks.size, base + below + equal)
        room = filled + 1
    return room, task


@inlined
def _leave(tasks, task, start, stop, first, last, base):
    tasks[task, 0] = start
    tasks[task, 1] = stop
    tasks[task, 2] = first
    tasks[task, 3] = last
    tasks[task, 4] = base
    return task + 1


@inlined
def _bin_of(x, least, scale, last):
    """Bin of a value; what lies outside, infinities too, is in the outermost, NaN in one more."""
    at = (x - least) * scale
    at = last if at > last else at
    at = 0.0 if at < 0.0 else at
    at = at if x == x else last + 1.0
    return np.uint16(np.int32(at))


@inlined
def take_wanted(values, place, wanted, found):
    """Write the values whose place is wanted (odd), in their order; return how many.

    Few are, as a rule: four places are looked at together, and only where one is wanted is each
    written, without branches, so one value behind the last may be written.
    """
    whole, met = values.size // _FEW * _FEW, np.int64(0)
    for begin in range(0, whole, _FEW):
        some = _NOT
        for i in range(begin, begin + _FEW):
            some |= wanted[place[i]]
        if some & _ONE:
            for i in range(begin, begin + _FEW):
                found[met] = values[i]
                met += np.int64(wanted[place[i]] & _ONE)
    for i in range(whole, values.size):
        found[met] = values[i]
        met += np.int64(wanted[place[i]] & _ONE)
    return met


@inlined
def _has_bins(least, greatest):
    """Whether there is a positive number of bins per unit, for any number of bins."""
    width = greatest - least
    return 64 / width > 0.0 and _MOST_BINS / width < np.inf


@kernel
def _in_bins(values, ranks, base, least, greatest, out, arena, room, tasks, task):
    """Narrow each rank of values to those of a bin; as `_narrow`, but NaN may be among them.

    What is undefined has a bin of its own, above the others, which no rank is looked for in.
    """
    n = values.size
    bins = 64
    while bins < _MOST_BINS and bins * _PER_BIN < n:
        bins *= 2
    scale, last = bins / (greatest - least), np.float64(bins - 1)
    place = np.empty(n, np.uint16)
    whole = n // _STRETCH * _STRETCH
    for begin in range(0, whole, _STRETCH):
        # Columns that are read for the first time come from far away.
        for k in range(begin + _AHEAD, begin + _AHEAD + _STRETCH, 8):
            prefetch(values, np.uint64(min(k, n - 1)))
        for i in range(begin, begin + _STRETCH):
            place[i] = _bin_of(values[i], least, scale, last)
    for i in range(whole, n):
        place[i] = _bin_of(values[i], least, scale, last)
    count = np.zeros(bins + 1, np.int32)
    for i in range(n):
        count[place[i]] += 1
    # The bins that hold a wanted rank, and where in the arena their values go.
    wanted = np.zeros(bins + 1, np.uint8)
    filled = np.empty(bins, np.int32)
    start = room
    seen = _NONE
    rank = 0
    before = task
    for begin in range(0, bins, _TOGETHER):
        several = _NONE
        for b in range(begin, begin + _TOGETHER):
            several += count[b]
        if rank == ranks.size or ranks[rank] - base >= seen + several:
            seen += several
            continue
        for b in range(begin, begin + _TOGETHER):
            first = rank
            while rank < ranks.size and ranks[rank] - base < seen + count[b]:
                rank += 1
            if rank > first:
                wanted[b], filled[b] = 1, room - start
                task = _leave(tasks, task, room, room + count[b], first, rank, base + seen)
                room += count[b]
            seen += count[b]
    # First the wanted values, then each to its bin.
    found = np.empty(room - start + 1)
    met = take_wanted(values, place, wanted, found)
    for k in range(met):
        b = _bin_of(found[k], least, scale, last)
        arena[start + filled[b]] = found[k]
        filled[b] += 1
    if task == before + 1 and tasks[before, 1] - tasks[before, 0] == n:
        # All in one bin, as with infinities or neighbouring floats: no progress is left to make.
        _by_sorting(values, ranks, base, out)
        return tasks[before, 0], before
    return room, task


@kernel
def _narrow(values, ranks, base, is_top, out, arena, room, tasks, task):
    """Answer order statistics `ranks - base` of values, or narrow each to fewer values.

    A task is a line (start and stop in the arena, first and last rank, base): the ranks from first
    to last are to be found among these values, of which `base` in the column lie below. Returns
    the new ends of the arena and of the tasks.
    """
    n = values.size
    if n <= _SMALL:
        _by_counting(values, ranks, base, out, arena[arena.size - _SMALL :])
        return room, task
    least, greatest, frequent, most = _look(values)
    if most >= _OFTEN:
        return _divide(values, frequent, ranks, base, out, arena, room, tasks, task)
    if not (is_top and least < greatest):
        # The sample misses the tails; with the full range each step is narrower than the last.
        least = np.inf
        greatest = -np.inf
        for i in range(n):
            x = values[i]
            finite = abs(x) < np.inf
            least = x if finite and x < least else least
            greatest = x if finite and x > greatest else greatest
    if not _has_bins(least, greatest):
        _by_sorting(values, ranks, base, out)
        return room, task
    return _in_bins(values, ranks, base, least, greatest, out, arena, room, tasks, task)


@kernel
def order_statistics(column, ranks, out):
    """Exact order statistics of a column.

    Parameters
    ----------
    column : ndarray, shape (draws,)
        Contiguous floats, not changed; NaN sorts last.
    ranks : ndarray, shape (ranks,)
        Ranks from 0 to `draws - 1`, ascending, int64.
    out : ndarray, shape (ranks,)
        Written: float64, the value at each rank.
    """
    if out.size != ranks.size:
        raise ValueError("order_statistics: out must be as long as ranks")
    n = column.size
    for r in range(ranks.size):
        out[r] = np.nan
    if n <= _SMALL:
        _by_counting(column, ranks, _NONE, out, np.empty(_SMALL))
        return
    # The column, what one step leaves of it, a place that each division leaves unused, and scratch.
    arena = np.empty(2 * n + 4 * ranks.size + 4 + _SMALL)
    tasks = np.empty((2 * ranks.size + 2, 5), np.int64)
    least, greatest, _, most = _look(column)
    is_top = most >= _OFTEN or not _has_bins(least, greatest)
    if is_top:
        room = _NONE
        for i in range(n):
            x = np.float64(column[i])
            arena[room] = x
            room += x == x
        defined = ranks.size
        while defined > 0 and ranks[defined - 1] >= room:
            defined -= 1
        task = _leave(tasks, _NONE, _NONE, room, _NONE, defined, _NONE)
    else:
        room, task = _in_bins(
            column, ranks, _NONE, least, greatest, out, arena, _NONE, tasks, _NONE
        )
    while task > 0:
        task -= 1
        start, first = tasks[task, 0], tasks[task, 2]
        # The children are written behind the last values and then moved into their place.
        end, children = _narrow(
            arena[start : tasks[task, 1]],
            ranks[first : tasks[task, 3]],
            tasks[task, 4],
            is_top,
            out[first : tasks[task, 3]],
            arena,
            room,
            tasks,
            task,
        )
        for child in range(task, children):
            tasks[child, 0] -= room - start
            tasks[child, 1] -= room - start
            tasks[child, 2] += first
            tasks[child, 3] += first
        for i in range(end - room):
            arena[start + i] = arena[room + i]
        room = start + end - room
        task = children
        is_top = False


@inlined
def between(low, high, weight):
    """Interpolation that is exact at both ends, increasing, and safe for equal infinities."""
    if weight == 0.0 or low == high:
        return low
    step = high - low
    return high - step * (1.0 - weight) if weight >= 0.5 else low + step * weight
