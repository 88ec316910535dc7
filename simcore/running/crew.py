"""Threads that share batches of the draws, and rows, each taking what is next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Event

import numpy as np

Shares = Sequence[Sequence[int]]


class StoppedError(Exception):
    """Another thread failed, or the user asked to stop."""


class Crew:
    """Threads of this process; leaving the context lets them go."""

    def __init__(self, threads: int) -> None:
        self.threads, self._stop = threads, Event()
        self._pool = ThreadPoolExecutor(threads)

    def is_stopped(self) -> bool:
        """Whether a thread failed, or the user asked to stop."""
        return self._stop.is_set()

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def over_batches(
        self, work: Callable[[int, int], None], queues: Sequence[Iterator[int]],
        report: Callable[[int], None], is_due: Callable[[], bool],
    ) -> Shares:  # fmt: skip
        """Call work(thread, batch) for what each thread takes from its queue, until a pause is due.

        Threads may share a queue: each batch is then dealt to whoever is free. `report` hears how
        many batches are done.

        Returns
        -------
        sequence of sequences of int
            Batches that each thread has done.
        """
        dealt = [list[int]() for _ in queues]

        def part(thread: int) -> None:
            for batch in queues[thread]:
                if self._stop.is_set():
                    raise StoppedError
                work(thread, batch)
                dealt[thread].append(batch)
                if is_due():
                    return

        self._run(part, len(queues), lambda: report(sum(map(len, dealt))))
        return dealt

    def together(self, work: Callable[[], None]) -> None:
        """Call work() in each thread."""
        self._run(lambda _: work(), self.threads, lambda: None)

    def over_rows(self, work: Callable[[int, int], None], rows: int) -> None:
        """Call work(first row, last row) for parts of the rows."""
        edges = np.linspace(0, rows, 4 * self.threads + 1).astype(int)
        self._run(lambda k: work(int(edges[k]), int(edges[k + 1])), len(edges) - 1, lambda: None)

    def _run(self, work: Callable[[int], None], count: int, look: Callable[[], None]) -> None:
        pending: set[Future[None]] = set()
        try:
            for k in range(count):
                pending.add(self._pool.submit(work, k))
            while pending:
                done, pending = wait(pending, timeout=0.1, return_when="FIRST_COMPLETED")
                errors = [error for one in done if (error := one.exception()) is not None]
                for error in errors:
                    # Who was waiting for another stops because that one failed.
                    if not isinstance(error, StoppedError):
                        raise error
                look()
        except BaseException:
            self._stop.set()
            for one in pending:
                one.cancel()
            wait(pending)
            raise
