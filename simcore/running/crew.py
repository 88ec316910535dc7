"""Threads that share the draws of a run, and the rows of a tile, each taking what is next.

The parts of the draws whose sums are added up depend on their number only, so no sum depends on the
threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import pairwise
from threading import Event
from typing import Final

import numpy as np

from simcore.kernels.operations import BLOCK

Tell = Callable[[float], None]

_SEGMENTS: Final = 64
"""Most parts of a run whose sums are added up one after the other."""
_STRETCH: Final = 16 * BLOCK
"""Most draws of a replicate between two looks at whether to stop."""


class StoppedError(Exception):
    """Another thread failed, or the user asked to stop."""


class Crew:
    """Threads that share segments of the draws; who took one in the first pass keeps it."""

    def __init__(
        self, pool: ThreadPoolExecutor, workers: int, draws: int, replicates: int = 1
    ) -> None:
        blocks = -(-draws // BLOCK)
        per_segment = -(-blocks // max(1, _SEGMENTS // replicates))
        segments = -(-blocks // per_segment)
        edges = [min(at * per_segment * BLOCK, draws) for at in range(segments + 1)]
        self.segments = list(pairwise(edges))
        self.workers = min(workers, len(self.segments))
        self._pool, self._stop, self.replicates = pool, Event(), replicates
        self._parts: list[list[int]] = []

    def over_draws(
        self,
        work: Callable[[int, int, int, int, int], None],
        tell: Tell,
        *,
        replicate: int | None = None,
    ) -> None:
        """Call work(worker, segment, first draw, draws, every) for stretches of the draws.

        Of each stretch every k-th block is meant, those of one replicate. They follow each other in
        order; all replicates, or only the given one. The first call deals the segments, one after
        the other to whoever is free; room for what a worker will collect is what it met then.
        """
        done, every = np.zeros(self.workers), self.replicates
        chosen = range(every) if replicate is None else (replicate,)
        dealt, free = bool(self._parts), iter(range(len(self.segments)))
        parts = self._parts or [[] for _ in range(self.workers)]

        def share(worker: int) -> Iterator[int]:
            if dealt:
                yield from parts[worker]
            else:
                for segment in free:
                    parts[worker].append(segment)
                    yield segment

        def part(worker: int) -> None:
            for segment, one in ((s, one) for s in share(worker) for one in chosen):
                first, last = self.segments[segment]
                first += (one - first // BLOCK) % every * BLOCK
                for begin in range(first, last, _STRETCH * every):
                    if self._stop.is_set():
                        raise StoppedError
                    draws = min(_STRETCH * every, last - begin)
                    work(worker, segment, begin, draws, every)
                    done[worker] += draws

        total = self.segments[-1][1] * len(chosen)
        self._run(part, self.workers, lambda: tell(float(done.sum()) / total))
        self._parts = parts

    def over_rows(self, work: Callable[[int, int], None], rows: int) -> None:
        """Call work(first row, last row) for parts of the rows."""
        edges = np.linspace(0, rows, 4 * self.workers + 1).astype(int)
        self._run(lambda k: work(int(edges[k]), int(edges[k + 1])), len(edges) - 1, lambda: None)

    def _run(self, work: Callable[[int], None], count: int, look: Callable[[], None]) -> None:
        pending: set[Future[None]] = {self._pool.submit(work, k) for k in range(count)}
        try:
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
