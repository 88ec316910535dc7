"""Results of tasks as they come; what failed or was lost is done again."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from itertools import islice
from typing import Final

from simcore.errors import Fault, SimcoreError, WorkerError, is_of_memory
from simcore.running.jobs import Part, Result, Task

_LOG: Final = logging.getLogger(__name__)

_RETRIES: Final = 3

Submit = Callable[[Task], Future[Result]]


def as_they_come(
    submit: Submit, tasks: Sequence[Task], where: str, remedy: str, most: Callable[[], int]
) -> Iterator[Result]:
    """Results in any order; a task that fails is submitted again, three times at most.

    At most so many tasks as `most` says wait at a time, or results would fill the memory.

    Raises
    ------
    WorkerError
        A task has failed four times, `where` being the executor.
    SimcoreError, MemoryError
        As a task raised it; doing it again would not help.
    """
    failed: Counter[Part] = Counter()
    waiting: dict[Future[Result], Task] = {}
    todo = iter(tasks)
    try:
        while True:
            for task in islice(todo, max(0, most() - len(waiting))):
                waiting[submit(task)] = task
            if not waiting:
                return
            for one in wait(waiting, return_when=FIRST_COMPLETED).done:
                task = waiting.pop(one)
                error = CancelledError("lost") if one.cancelled() else one.exception()
                if error is None:
                    yield one.result()
                    continue
                if isinstance(error, SimcoreError) or is_of_memory(error):
                    raise error
                failed[task.part] += 1
                said = f"{type(error).__name__}: {error}"
                if failed[task.part] > _RETRIES:
                    raise WorkerError(Fault(
                        where, f"a part failed {_RETRIES + 1} times; the last time {said}",
                        "workers that stay alive and do their parts", remedy,
                    )) from error  # fmt: skip
                _LOG.warning("a part is done again: %s", said)
                waiting[submit(task)] = task
    finally:
        for one in waiting:
            one.cancel()
