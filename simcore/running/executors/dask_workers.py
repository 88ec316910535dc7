"""Workers of a dask cluster: one that runs already, or one that is begun on this machine."""

from __future__ import annotations

import logging
import os
import pickle
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import Any, Final

from simcore._version import __version__
from simcore.errors import ConfigError, Fault, WorkerError
from simcore.running.executors.again import as_they_come
from simcore.running.executors.registry import Executor, executor
from simcore.running.jobs import Part, Perform, Result, Task

_SECONDS: Final = 10
"""Time in which a scheduler answers and has a worker."""
_AHEAD: Final = 2
"""Parts that wait for each thread of a worker, so that none is ever idle."""
_REMEDY: Final = "see what its workers have logged; more memory for each, or less in the config"


@executor("dask", takes_address=True)
def on_dask(workers: int | None, address: str | None = None) -> Executor:
    """As many parts at a time as the workers at an address have threads, or so many begun here."""
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise ConfigError(Fault(
            "executor", f"dask, which is not installed ({error})", "dask and distributed",
            "pip install 'simcore[cluster]', or take processes",
        )) from None  # fmt: skip
    local = None
    if address is None:
        count = workers or os.cpu_count() or 1
        local = LocalCluster(
            n_workers=count, threads_per_worker=1, dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        )  # fmt: skip
    try:
        client = Client(local or address, timeout=_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(Fault(
            "executor", f"nobody answers at {address} ({type(error).__name__})",
            "the address of a dask scheduler that runs, such as tcp://host:8786",
            "start one with `dask scheduler` and its workers with `dask worker ADDRESS`; or dask:2",
        )) from None  # fmt: skip
    cluster = _Cluster(client, local, f"dask:{address or workers}")
    cluster.wait()
    if local is not None:
        client.run(_ignore_interrupts)
    threads = client.nthreads()
    many = f"{len(threads)} dask worker" + ("" if len(threads) == 1 else "s")
    return Executor(
        cluster.run,
        parts=sum(threads.values()),
        workers=many,
        close=cluster.close,
        alive=cluster.alive,
    )


class _Cluster:
    """A client of a scheduler, and the cluster behind it where that was begun here."""

    def __init__(self, client: Any, local: Any, where: str) -> None:
        self._client, self._local, self._where = client, local, where
        self._pool = client.get_executor(pure=False)
        self._told: tuple[Perform, bytes, Any] | None = None
        self._given: tuple[bytes, Any] = b"", None

    def wait(self) -> None:
        """Wait for the first worker; a ConfigError where none comes."""
        try:
            self._client.wait_for_workers(1, timeout=_SECONDS)
        except TimeoutError:
            self.close()
            raise ConfigError(Fault(
                "executor", f"{self._where} has no workers", "a scheduler with workers",
                "start some with `dask worker ADDRESS`",
            )) from None  # fmt: skip

    def run(self, perform: Perform, tasks: Sequence[Task]) -> Iterator[Result]:
        """Do tasks, once all workers have shown that they make the bits of this process."""
        self._tell(perform)
        self._given = pickle.dumps(tasks[0], pickle.HIGHEST_PROTOCOL), None
        return as_they_come(self._submit, tasks, self._where, _REMEDY, self._most)

    def _most(self) -> int:
        """Parts that wait, also for workers that have come by now."""
        return _AHEAD * max(1, sum(self._client.nthreads().values()))

    def alive(self) -> list[str]:
        """Workers that the scheduler knows at present."""
        try:
            return sorted(self._client.nthreads())
        except (OSError, TimeoutError, RuntimeError):
            return []

    def close(self) -> None:
        """Leave the cluster; end it where it was begun here."""
        self._told = None
        self._given = b"", None
        self._client.close()
        if self._local is not None:
            self._local.close()

    def _tell(self, perform: Perform) -> None:
        from simcore.running.executors.meeting import Told

        if self._told is not None and self._told[0] is perform:
            return
        told = pickle.dumps(Told.of(perform))
        # One that comes later shows it before its first part.
        for worker, error in self._client.run(_show, told, on_error="return").items():
            if isinstance(error, WorkerError):
                raise error
            if isinstance(error, BaseException):
                raise WorkerError(Fault(
                    f"worker {worker}", f"{type(error).__name__}: {error}",
                    f"simcore {__version__}, as here", "install the same simcore there",
                ))  # fmt: skip
        self._told = perform, told, self._client.scatter(told, broadcast=True, hash=False)

    def _submit(self, task: Task) -> Future[Result]:
        assert self._told is not None
        perform, told, there = self._told
        content, given = self._given
        try:
            if there.status != "finished":
                # Its workers are lost.
                there = self._client.scatter(told, broadcast=True, hash=False)
                self._told = perform, told, there
            if given is None or given.status != "finished":
                given = self._client.scatter(content, hash=False)
                self._given = content, given
            found: Future[Result] = self._pool.submit(_do, there, given, task.part)
        except (OSError, TimeoutError, RuntimeError) as error:
            raise WorkerError(Fault(
                self._where, f"the cluster is gone ({type(error).__name__})",
                "a scheduler and workers that run", "start them again",
            )) from error  # fmt: skip
        return found


def _ignore_interrupts() -> None:
    """Ctrl-C reaches all processes of a terminal; the one that began a worker ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _show(told: bytes) -> None:
    """Show what a process shows before its first part."""
    from simcore.running.executors.meeting import meet

    meet(pickle.loads(told))


def _do(told: bytes, given: bytes, part: Part) -> Result:
    """Do a part in a worker."""
    from simcore.running.executors.meeting import do

    return do(pickle.loads(told), pickle.loads(given)._replace(part=part))
