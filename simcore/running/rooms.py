"""Room for the values that are collected: of each row and thread, and of all parts together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from simcore.running.jobs import Arena, Job, Task
from simcore.running.mapped import Memory

_WIDTHS: Final = 8.0
"""Standard deviations by which a part may collect more than its share of all values, and"""
_SPARE: Final = 64
"""so many more where these are few."""
_MOST_ROOM: Final = 2
"""Room for each value that is collected, at most; what is sent is there twice, too."""


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
