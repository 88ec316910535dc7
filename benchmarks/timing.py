"""Interleaved repetitions and medians: machines drift, so only neighbours are compared."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any


def seconds(work: Callable[[], Any]) -> float:
    """Wall-clock seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def interleaved(works: Mapping[str, Callable[[], Any]], *, repetitions: int) -> dict[str, float]:
    """Median seconds of each work, all of them run in turn.

    Each work runs once before, unmeasured: compiled code is loaded and memory is at hand.
    """
    for work in works.values():
        work()
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repetitions):
        for name, work in works.items():
            times[name].append(seconds(work))
    return {name: statistics.median(found) for name, found in times.items()}


def fastest(works: Mapping[int, Callable[[], Any]]) -> int:
    """The key of the work that is fastest in one measured run after another."""
    found = {key: seconds(work) for key, work in works.items()}
    return min(found, key=found.__getitem__)
