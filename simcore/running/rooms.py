"""Room for what parts count and collect: of each row and thread, and of all parts together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simcore.running.jobs import Arena, Job, Part, Result, Task
from simcore.running.mapped import Memory, mapped

_WIDTHS: Final = 8.0
"""Standard deviations by which a part may collect more than its share of all values, and"""
_SPARE: Final = 64
"""so many more where these are few."""
_MOST_ROOM: Final = 2
"""Room for each value that is collected, at most; what is sent is there twice, too."""


class Places:
    """Room for the counts of some parts at a time, in memory that other processes map.

    A part has its place until what it has counted is added to that of the others.
    """

    def __init__(self, task: Task) -> None:
        self._counters = task.counters
        self._free: list[Memory] = []
        self._taken: dict[Part, Memory] = {}

    def of(self, part: Part) -> Arena:
        """Where a part writes, also where it is done again."""
        if part not in self._taken:
            self._taken[part] = self._free.pop() if self._free else Memory(_room_of(self._counters))
        return Arena(self._taken[part].address, {part.first: 0})

    def seen(self, result: Result) -> Result:
        """A result with its counts as they lie in its place, unless they were sent."""
        if result.counts.size:
            return result
        values = self._taken[result.part].values
        return result._replace(counts=_as_counts(values, self._counters))

    def leave(self, part: Part) -> None:
        """Give the place of a part to others."""
        self._free.append(self._taken.pop(part))


def counts_of(task: Task) -> NDArray[np.int32] | None:
    """Room of a part for its counts, all zero, in the arena of a task; None where it has none."""
    if task.arena is None:
        return None
    values = mapped(task.arena.address, 0, _room_of(task.counters))
    if values is None:
        return None
    counts = _as_counts(values, task.counters)
    counts.fill(0)
    return counts


def _room_of(counters: tuple[int, int]) -> int:
    """Values in whose room there are so many counters."""
    return -(-counters[0] * counters[1] // 2)


def _as_counts(values: NDArray[np.float64], counters: tuple[int, int]) -> NDArray[np.int32]:
    return values.view(np.int32)[: counters[0] * counters[1]].reshape(1, *counters)


def arena_of(job: Job, tasks: Sequence[Task]) -> tuple[Memory, Arena] | None:
    """Room for what the parts of a stage collect, one after the other; None where it is sent.

    So is it of small parts, whose spare room would take more memory than their values.
    """
    from simcore.kernels import sinks

    begin, end = tasks[0].rows
    rooms = [with_room(job, one).places[:, begin:end, sinks.ROOM].sum() for one in tasks]
    at = np.cumsum([0, *rooms]).tolist()
    if at[-1] > _MOST_ROOM * tasks[0].places[:, begin:end, sinks.ROOM].sum():
        return None
    memory = Memory(at[-1])
    begins = dict(zip((one.part.first for one in tasks), at, strict=False))
    return memory, Arena(memory.address, begins)


def with_room(job: Job, task: Task) -> Task:
    """A task of one of many parts, with batches and room for each thread.

    Of values that lie anywhere among the draws a thread meets its share, give or take; should there
    be no room for one, its row is made anew.
    """
    from simcore.kernels import sinks

    batches = job.batches.within(task.part.first, task.part.last)
    threads = min(job.threads, len(batches))
    shares = [list(range(thread, len(batches), threads)) for thread in range(threads)]
    places = np.repeat(task.places, threads, axis=0)
    draws = job.batches.begin(task.part.last) - job.batches.begin(task.part.first)
    for own, share in zip(places, shares, strict=True):
        # One more, as batches in which the run ends have fewer draws than others.
        met = draws / job.plan.draws * min(1.0, (len(share) + 1) / len(batches))
        asked = own[:, sinks.ROOM]
        mean = met * asked
        likely = np.ceil(mean + _WIDTHS * np.sqrt(mean)).astype(np.int64) + _SPARE
        own[:, sinks.ROOM] = np.minimum(asked, likely)
    return task._replace(places=places, shares=shares)
