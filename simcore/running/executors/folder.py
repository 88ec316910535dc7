"""Parts of a run done here and by whoever joins in its folder (`simcore work`); no scheduler.

The process of the run does parts like a worker, so that it needs none, and puts all together.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from threading import Event
from typing import Any, Final

from simcore.dataset.chunks import ChunkFolder
from simcore.errors import Fault, OutputError
from simcore.files import token
from simcore.running.crew import StoppedError
from simcore.running.executors.registry import Executor, executor
from simcore.running.executors.workplace import BEAT, FORMAT, Now, Workplace
from simcore.running.jobs import Job, Part, Perform, Result, Task

_LOG: Final = logging.getLogger(__name__)

_HERE: Final = "here"
_LOOK: Final = 0.2
"""Seconds between two looks at what others have made."""


@executor("folder")
def in_folder(workers: int | None) -> Executor:
    """So many parts at a time here, by default one a processor, and those of who joins."""
    here = Here(workers or os.cpu_count() or 1)
    return Executor(
        here.run, parts=here.workers, workers=f"{here.workers} here and who joins",
        close=here.close, settle=here.settle, alive=here.alive,
    )  # fmt: skip


class Here:
    """The process of a run, which does parts and takes in what others have made.

    Attributes
    ----------
    workers : int
        Parts that are done here at a time.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._place: Workplace | None = None
        self._job: Job | None = None
        self._token, self._stages = token(), 0
        self._stop = Event()

    def settle(self, folder: Path, job: Job) -> None:
        """Let others join: say in a folder what is run."""
        from simcore.running.executors.meeting import proof_of
        from simcore.running.stages import Work

        self._place, self._job = Workplace(folder), job
        spec, options = job.plan.spec, asdict(job.options.elsewhere)
        told = {
            "format": FORMAT, "token": self._token, "config": job.plan.resolved_yaml,
            "folder": str(Path(spec.folder).resolve()),
            "outside": sorted({str(Path(name).resolve().parent) for name in spec.read}),
            "draws": job.plan.draws, "options": options, "kept": _said_of(job.folder),
            "proof": proof_of(Work(job))._asdict(),
        }  # fmt: skip
        with _writable(self._place):
            self._place.open(told)

    def run(self, perform: Perform, tasks: Sequence[Task]) -> Iterator[Result]:
        """Do tasks; those of another job than all were told of, such as a try of it, here alone."""
        if not self._is_known(getattr(perform, "job", None)):
            with ThreadPoolExecutor(self.workers) as pool:
                yield from pool.map(perform, tasks)
            return
        assert self._place is not None
        self._stages += 1
        name = f"{self._token}-{self._stages}"
        with _writable(self._place):
            self._place.begin(name, list(tasks))
        try:
            now = self._place.now()
            assert now is not None
            yield from self._together(now, perform, tasks)
        finally:
            self._place.end(name)

    def close(self) -> None:
        """Send all home."""
        self._stop.set()
        if self._place is not None:
            self._place.close()

    def alive(self) -> list[str]:
        """Who does parts."""
        own = [f"{self.workers} here"]
        return own if self._place is None else own + self._place.alive()

    def _is_known(self, job: Job | None) -> bool:
        """Whether a job is that which all were told of."""
        known = self._job
        return (
            known is not None and job is not None
            and job.plan is known.plan and job.tiles is known.tiles
        )  # fmt: skip

    def _together(self, now: Now, perform: Perform, tasks: Sequence[Task]) -> Iterator[Result]:
        assert self._place is not None
        place, todo = self._place, {task.part: task for task in tasks}
        done: queue.Queue[Result | BaseException] = queue.Queue()
        ended = Event()

        def heard(share: float, note: str = "") -> None:
            if ended.is_set():
                raise StoppedError

        def help_out() -> None:
            try:
                while not ended.is_set() and not self._stop.is_set():
                    free = (part for part in tuple(todo) if place.claim(now, part, _HERE))
                    # What waits to be taken in fills the memory.
                    part = next(free, None) if done.qsize() <= self.workers else None
                    if part is None:
                        ended.wait(_LOOK)
                    elif (task := todo.get(part)) is not None:
                        done.put(perform(task, heard))  # type: ignore[call-arg]
            except BaseException as error:
                done.put(error)

        with ThreadPoolExecutor(self.workers) as pool:
            for _ in range(self.workers):
                pool.submit(help_out)
            try:
                yield from self._taken_in(now, todo, done)
            finally:
                ended.set()

    def _taken_in(
        self, now: Now, todo: dict[Part, Task], done: queue.Queue[Any]
    ) -> Iterator[Result]:
        """Results from here and from elsewhere, each once, until nothing is left to do."""
        assert self._place is not None
        looked = time.monotonic()
        while todo:
            try:
                found = done.get(timeout=_LOOK)
            except queue.Empty:
                found = None
            if isinstance(found, BaseException):
                raise found
            if found is not None and todo.pop(found.part, None) is not None:
                yield found
            for result in self._place.results(now):
                if todo.pop(result.part, None) is not None:
                    yield result
            if time.monotonic() - looked > BEAT:
                looked = time.monotonic()
                theirs = {one for one in todo if self._place.claimer(now, one) != _HERE}
                for part in self._place.lost(now, theirs):
                    _LOG.warning("a part is done again: its worker gives no sign of life, %s", part)


def _said_of(folder: ChunkFolder | None) -> dict[str, Any] | None:
    """What another process needs to write chunks of kept draws; see `joining`."""
    if folder is None:
        return None
    arrays = {
        name: {"dims": one.dims, "shape": one.shape, "dtype": str(one.dtype), "lead": one.lead,
               "stretch": one.stretch}
        for name, one in folder.arrays.items()
    }  # fmt: skip
    return {"folder": folder.path.name, "nonce": folder.nonce, "arrays": arrays}


@contextlib.contextmanager
def _writable(place: Workplace) -> Iterator[None]:
    """Name a folder that cannot be written, as an OutputError."""
    try:
        yield
    except OSError as error:
        raise OutputError(Fault(
            str(place.folder), f"{type(error).__name__}: {error}", "a place that can be written",
            "check free space and permissions",
        )) from error  # fmt: skip
