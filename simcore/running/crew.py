"""Threads that share batches of the draws, and rows, each taking what is next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Event

import numpy as np

from simcore.running.options import Report

Shares = Sequence[Sequence[int]]


class StoppedError(Exception):
    """Another thread failed, or the user asked to stop."""


class Crew:
    """Threads of this process; leaving the context lets them go."""

    def __init__(self, threads: int) -> None:
        self.threads, self._stop = threads, Event()
        self._pool = ThreadPoolExecutor(threads)

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def over_batches(
        self, work: Callable[[int, int], None], batches: int, report: Report,
        shares: Shares | None = None,
    ) -> Shares:  # fmt: skip
        """Call work(thread, batch) for as many batches, counted from 0.

        Returns
        -------
        sequence of sequences of int
            Batches of each thread; given as `shares`, each thread takes them again. Without, they
            are dealt one after the other to whoever is free.
        """
        threads = min(self.threads, batches) if shares is None else len(shares)
        total = batches if shares is None else sum(map(len, shares))
        dealt = [list[int]() for _ in range(threads)]
        free = iter(range(batches))

        def part(thread: int) -> None:
            for batch in free if shares is None else shares[thread]:
                if self._stop.is_set():
                    raise StoppedError
                dealt[thread].append(batch)
                work(thread, batch)

        self._run(part, threads, lambda: report(sum(map(len, dealt)) / max(total, 1)))
        return dealt

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
                for one in done:
                    one.result()
                look()
        except BaseException:
            self._stop.set()
            for one in pending:
                one.cancel()
            wait(pending)
            raise
