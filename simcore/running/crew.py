"""Threads that share segments of the draws, and rows, each taking what is next.

The parts of the draws whose sums are added up depend on their number only, so no sum depends on the
threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import pairwise
from threading import Event
from typing import Final

import numpy as np

from simcore.kernels.operations import BLOCK
from simcore.running.options import Report

Segment = tuple[int, int]
Shares = Sequence[Sequence[int]]

_SEGMENTS: Final = 64
"""Most parts of a run whose sums are added up one after the other."""


class StoppedError(Exception):
    """Another thread failed, or the user asked to stop."""


def segments_of(draws: int, replicates: int) -> list[Segment]:
    """First draw and end of each part of the draws whose sums are added up by itself."""
    blocks = -(-draws // BLOCK)
    each = -(-blocks // max(1, _SEGMENTS // replicates))
    return list(pairwise(min(k * each * BLOCK, draws) for k in range(-(-blocks // each) + 1)))


class Crew:
    """Threads of this process; leaving the context lets them go."""

    def __init__(self, threads: int) -> None:
        self.threads, self._stop = threads, Event()
        self._pool = ThreadPoolExecutor(threads)

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def over_draws(
        self,
        work: Callable[[int, int, int, int], None],
        segments: Sequence[Segment],
        report: Report,
        *,
        stretch: int,
        replicates: int = 1,
        replicate: int | None = None,
        shares: Shares | None = None,
    ) -> Shares:
        """Call work(thread, segment, first draw, draws) for stretches of the draws.

        Of each stretch every k-th block is meant, k the number of replicates: those of one
        replicate. They follow each other in order; all replicates, or only the given one.

        Returns
        -------
        sequence of sequences of int
            Segments of each thread; given as `shares`, each thread takes them again. Without, they
            are dealt one after the other to whoever is free.
        """
        threads = min(self.threads, len(segments)) if shares is None else len(shares)
        done, dealt = np.zeros(threads), [list[int]() for _ in range(threads)]
        chosen = range(replicates) if replicate is None else (replicate,)
        free = iter(range(len(segments)))

        def taken(thread: int) -> Iterator[int]:
            for segment in free if shares is None else shares[thread]:
                dealt[thread].append(segment)
                yield segment

        def part(thread: int) -> None:
            for segment, one in ((s, one) for s in taken(thread) for one in chosen):
                first, last = segments[segment]
                first += (one - first // BLOCK) % replicates * BLOCK
                for begin in range(first, last, stretch * replicates):
                    if self._stop.is_set():
                        raise StoppedError
                    draws = min(stretch * replicates, last - begin)
                    work(thread, segment, begin, draws)
                    done[thread] += draws

        total = (segments[-1][1] - segments[0][0]) * len(chosen)
        self._run(part, threads, lambda: report(float(done.sum()) / total))
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
