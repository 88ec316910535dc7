"""Processes of this machine, each with one thread; they end with the process that began them."""

from __future__ import annotations

import gc
import os
import pickle
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simcore.errors import ConfigError, Fault, is_of_memory
from simcore.running.executors.again import as_they_come
from simcore.running.executors.registry import Executor, executor
from simcore.running.jobs import Arena, Part, Perform, Result, Task
from simcore.running.mapped import can_map
from simcore.running.rooms import Places

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing.connection import Connection

_MOST: Final = 256
_AHEAD: Final = 2
"""Parts that wait for each process, so that none is ever idle."""
_MOMENT: Final = 0.2
"""Seconds that a process takes to end, once its first pipe is closed."""
_REMEDY: Final = (
    "take fewer processes or less memory in the config, if the system ended them for want of "
    "memory; a script of your own needs the line: if __name__ == '__main__':"
)


@executor("processes")
def on_processes(workers: int | None) -> Executor:
    """As many parts at a time as processes; as many of these as processors by default."""
    if workers is not None and workers > _MOST:
        raise ConfigError(Fault(
            "executor", f"processes:{workers:,}", f"at most {_MOST:,} processes",
            "a process for each processor is quickest, and the default",
        ))  # fmt: skip
    pool = Pool(workers or os.cpu_count() or 1)
    return Executor(
        pool.run, parts=pool.workers, workers=pool.name, close=pool.close, begin=pool.begin,
        expect=pool.expect, maps_memory=pool.maps_memory,
    )  # fmt: skip


class Pool:
    """Processes that begin when they are told to, or with the first task, and stay until the end.

    Attributes
    ----------
    workers : int
    name : str
    maps_memory : bool
        Whether they map memory of this process.
    """

    def __init__(self, workers: int) -> None:
        self.workers, self.maps_memory = workers, can_map()
        self.name = f"{workers} process" + ("" if workers == 1 else "es")
        self._pool: ProcessPoolExecutor | None = None
        self._alive: Connection | None = None
        self._kept: tempfile.TemporaryDirectory[str] | None = None
        self._told: tuple[Perform, Future[str]] | None = None

    def run(self, perform: Perform, tasks: Sequence[Task]) -> Iterator[Result]:
        """Do tasks; a process that dies is replaced, and what it did is done again."""
        file, most = self._telling(perform).result(), _AHEAD * self.workers
        with tempfile.NamedTemporaryFile(dir=Path(file).parent, delete=False) as given:
            pickle.dump(tasks[0], given, pickle.HIGHEST_PROTOCOL)
        counts = self.maps_memory and all(tasks[0].counters)
        places = Places(tasks[0]) if counts else None

        def submit(task: Task) -> Future[Result]:
            arena = places.of(task.part) if places else task.arena
            return self._submit(_do, file, given.name, task.part, arena)

        try:
            where = f"processes:{self.workers}"
            for result in as_they_come(submit, tasks, where, _REMEDY, lambda: most):
                yield places.seen(result) if places else result
                if places:
                    places.leave(result.part)
        finally:
            Path(given.name).unlink(missing_ok=True)

    def begin(self) -> None:
        """Begin the processes, which load what they need while their parts are made ready."""
        if self._pool is None:
            if _is_alone():
                # What is loaded here need not be loaded there.
                _load()
            for _ in range(self.workers):
                self._submit(_load)

    def close(self) -> None:
        """End the processes, also those that are at work."""
        if self._told is not None:
            wait([self._told[1]])
        # First the folder: where it is gone, no process looks who has left it.
        if self._kept is not None:
            self._kept.cleanup()
        self._end()
        self._kept = self._told = None

    @property
    def folder(self) -> Path:
        """Where processes read what they are told."""
        self._kept = self._kept or tempfile.TemporaryDirectory(
            prefix="simcore-", ignore_cleanup_errors=True
        )
        return Path(self._kept.name)

    def expect(self, perform: Perform) -> None:
        """Tell the processes of a job, while its first part is made ready."""
        self._telling(perform)

    def _telling(self, perform: Perform) -> Future[str]:
        from simcore.running.executors.meeting import pickled

        if self._told is None or self._told[0] is not perform:
            teller = ThreadPoolExecutor(1)
            self._told = perform, teller.submit(self._tell, perform, pickled(perform))
            teller.shutdown(wait=False)
        return self._told[1]

    def _tell(self, perform: Perform, content: bytes) -> str:
        """Leave a job where each process reads it once, and have them do so."""
        from simcore.running.executors.meeting import Told

        told = Told.of(perform, content)
        file = self.folder / told.digest
        file.write_bytes(pickle.dumps(told))
        for _ in range(self.workers):
            self._submit(_meet, str(file))
        return str(file)

    def _submit(self, *given: Any) -> Future[Any]:
        from concurrent.futures.process import BrokenProcessPool

        try:
            try:
                return self.begun().submit(*given)
            except BrokenProcessPool:
                self._end()
                return self.begun().submit(*given)
        except (OSError, ImportError, RuntimeError) as error:
            self._stop()
            own = isinstance(error, RuntimeError) and not isinstance(error, NotImplementedError)
            if own and not is_of_memory(error):
                raise
            raise ConfigError(self._refused(error)) from error

    def _refused(self, error: Exception) -> Fault:
        """Without a process, thread, pipe or semaphore (/dev/shm) more from the system."""
        return Fault(
            "executor",
            f"processes:{self.workers}, of which the system begins none or too few ({error})",
            "a system that allows so many processes and has shared memory (/dev/shm)",
            f"take --executor threads:{self.workers}, which gives the same bits, or fewer "
            "processes; `ulimit -u` says how many there may be",
        )  # fmt: skip

    def begun(self) -> ProcessPoolExecutor:
        """The processes, begun anew where some have died."""
        if self._pool is None:
            import multiprocessing
            from concurrent.futures import ProcessPoolExecutor

            # A fork has all that is loaded here; of a process with several threads it may hang.
            method = "fork" if _is_alone() else "spawn"
            context = multiprocessing.get_context(method)
            ended, self._alive = context.Pipe(duplex=False)
            given = ended, str(self.folder), self._alive if method == "fork" else None
            self._pool = ProcessPoolExecutor(self.workers, context, _begin, given)
        return self._pool

    def _stop(self) -> None:
        """End those that were begun, where others were not, or not the thread that ends them."""
        begun = [] if self._pool is None else [*(self._pool._processes or {}).values()]
        for one in begun:
            one.terminate()
        with suppress(RuntimeError):
            self._end()
        self._pool = self._alive = None

    def _end(self) -> None:
        if self._alive is not None:
            self._alive.close()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._pool = self._alive = None


def _is_alone() -> bool:
    """Whether this process has one thread, as the system counts them; only Linux says so."""
    try:
        return len([*Path("/proc/self/task").iterdir()]) == 1
    except OSError:
        return False


def _begin(ended: Any, folder: str, alive: Any) -> None:
    """Prepare this process: it ends when the other end of a pipe is closed, by whatever means.

    A fork holds that end too, `alive`, and lets it go. The folder goes, where the process that made
    it was killed and could not remove it.
    """
    if alive is not None:
        alive.close()
    # Ctrl-C reaches all processes of a terminal; the one that began them ends them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Nothing is collected while what it is told is read.
    gc.disable()

    def watch() -> None:
        try:
            ended.recv_bytes()
        except (EOFError, OSError):
            if Path(folder).is_dir() and _is_orphan():
                shutil.rmtree(folder, ignore_errors=True)
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _is_orphan() -> bool:
    """Whether the process that began this one has ended."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is None:
        return False
    # It may be about to: its pipes close one after the other.
    parent.join(_MOMENT)
    return not parent.is_alive()


def _load() -> None:
    """Load what any part needs."""
    import simcore.kernels.simulate
    import simcore.running.executors.meeting  # noqa: F401


@lru_cache(maxsize=2)
def _read(file: str) -> Any:
    return pickle.loads(Path(file).read_bytes())


def _meet(file: str) -> None:
    """Get to know the work in a file before its first part comes."""
    from simcore.running.executors.meeting import meet

    meet(_read(file))


def _do(file: str, given: str, part: Part, arena: Arena | None) -> Result:
    """Do a part in this process, of the work in a file, with what is given in another."""
    from simcore.running.executors.meeting import do

    work, task = _read(file), _read(given)._replace(part=part, arena=arena)
    try:
        return do(work, task)
    finally:
        gc.enable()
