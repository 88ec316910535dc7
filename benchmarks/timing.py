"""Interleaved repetitions and medians: machines drift, so only neighbours are compared."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

CLOCKS: Final = {"wall": time.perf_counter, "cpu": time.process_time}


class Settings(NamedTuple):
    """How carefully to measure."""

    repetitions: int
    tiny: bool
    clock: str
    """wall, or cpu for a machine that others use at the same time."""


def seconds(work: Callable[[], Any], clock: str = "wall") -> float:
    """Seconds of one call."""
    now = CLOCKS[clock]
    start = now()
    work()
    return now() - start


def interleaved(
    works: Mapping[str, Callable[[], Any]], settings: Settings, *, times: int = 1
) -> dict[str, float]:
    """Median seconds of each work, all of them run in turn.

    Each work runs once before, unmeasured: compiled code is loaded and memory is at hand. `times`
    multiplies the repetitions of short works.
    """
    for work in works.values():
        work()
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(times * settings.repetitions):
        for name, work in works.items():
            found[name].append(seconds(work, settings.clock))
    return {name: statistics.median(measured) for name, measured in found.items()}


def fastest(works: Mapping[int, Callable[[], Any]], settings: Settings) -> int:
    """The key of the work that is fastest, each measured once."""
    found = {key: seconds(work, settings.clock) for key, work in works.items()}
    return min(found, key=found.__getitem__)
