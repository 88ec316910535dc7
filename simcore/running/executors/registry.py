"""Where the parts of a run are done: an executor is one function, registered by its name.

A part is an address and arrays, so it can go to any process of any machine; what comes back is
arrays, in any order and, where a part was done twice, more than once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from simcore.errors import ConfigError, Fault, suggest
from simcore.running.jobs import Job, Perform, Result, Task

_MOST_THREADS: Final = 1024
_MOST_NAMES: Final = 6
"""Workers that are named one by one."""


def _nothing(*_: object) -> None:
    """There is nothing to do."""


Run = Callable[[Perform, Sequence[Task]], Iterable[Result]]


@dataclass(frozen=True)
class Executor:
    """A way to do the parts of a stage.

    Attributes
    ----------
    run : callable
        Given a function and tasks, it yields what the function makes of each task, in any order.
        Function and tasks can be pickled unless the memory is shared. The tasks of a call differ by
        their parts alone.
    parts : int
        Parts that are done at a time.
    threads : int
        Threads that share the draws of one part.
    shares_memory : bool
        Whether the parts are done in this process; they then write draws where these belong, and
        remember prices from pass to pass.
    maps_memory : bool
        Whether other processes of this machine do them, which map memory of this one
        (`running.mapped`) to write and remember there.
    workers : str
        Who does the parts, in words; empty where the threads of this process do.
    close : callable
        Let go of what `run` has begun, also where it was interrupted.
    settle : callable, optional
        Told, before the first part of a run, the folder in which its work is kept, and its job;
        without it the executor needs no folder.
    begin : callable
        Told that parts will come, so that workers begin while the first ones are made ready.
    expect : callable
        Told the function of the tasks that will come next, so that workers get to know it.
    alive : callable, optional
        Says who does parts at present, by name.
    """

    run: Run
    parts: int = 1
    threads: int = 1
    shares_memory: bool = False
    maps_memory: bool = False
    workers: str = ""
    close: Callable[[], None] = _nothing
    begin: Callable[[], None] = _nothing
    expect: Callable[[Perform], None] = _nothing
    settle: Callable[[Path, Job], None] | None = None
    alive: Callable[[], Sequence[str]] | None = None

    def who(self) -> str:
        """Who does parts at present, in words; empty where the threads of this process do."""
        names = self.alive() if self.alive else [self.workers]
        return ", ".join(names) if len(names) <= _MOST_NAMES else f"{len(names)} workers"

    @property
    def crew(self) -> int:
        """Threads of this process for what is no part."""
        return self.threads if self.shares_memory else os.cpu_count() or 1

    def __enter__(self) -> Executor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


Make = Callable[..., Executor]

EXECUTORS: Final[dict[str, Make]] = {}
"""By name, what makes an executor with so many workers, or as many as it thinks best."""
_ADDRESSED: Final[set[str]] = set()
"""Those that take an address in the place of workers."""


def executor(name: str, *, takes_address: bool = False) -> Callable[[Make], Make]:
    """Register the function that makes an executor of (workers), or of (workers, address)."""

    def register(make: Make) -> Make:
        EXECUTORS[name] = make
        if takes_address:
            _ADDRESSED.add(name)
        return make

    return register


@executor("threads")
def on_threads(workers: int | None) -> Executor:
    """One part, whose draws the threads of this process share; all processors by default."""
    if workers is not None and workers > _MOST_THREADS:
        raise ConfigError(Fault(
            "threads", f"{workers:,}", f"at most {_MOST_THREADS:,}",
            "a thread for each processor is quickest, and the default",
        ))  # fmt: skip
    return Executor(map, threads=workers or os.cpu_count() or 1, shares_memory=True)


def executor_named(text: str) -> Executor:
    """Make an executor from its name and workers or address, such as `threads:2`.

    Raises
    ------
    ConfigError
        No executor has that name, its workers are no whole number of at least 1, or nobody answers
        at its address.
    """
    name, colon, which = text.partition(":")
    if name in _ADDRESSED and "://" in which:
        return EXECUTORS[name](None, which)
    count = int(which[:20]) if which.isdecimal() else 0
    if name not in EXECUTORS or (colon and count < 1):
        address = ", or NAME:ADDRESS" if name in _ADDRESSED else ""
        example = (
            f"{name}:tcp://host:8786"
            if address
            else (f"{suggest(name, list(EXECUTORS)) or 'threads'}:2")
        )
        raise ConfigError(Fault(
            "executor", repr(text), f"NAME or NAME:WORKERS, one of {', '.join(EXECUTORS)}{address}",
            f"for example {example}",
        ))  # fmt: skip
    return EXECUTORS[name](count if colon else None)
