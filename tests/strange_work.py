"""Work that dies or rounds otherwise where it is done, for tests of executors."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rich_config import rich_config

from simcore.kernels import sinks
from simcore.running.compiled import Tile
from simcore.running.jobs import Job, Part, Result, Stage, Task
from simcore.running.options import Options
from simcore.running.stages import Work

CONFIG = rich_config(
    draws=2000, regions=["XA"], routes=["blast", "hydrogen"], keep=["cost_premium"],
    outcomes=["cost_premium", "carbon_price"],
)  # fmt: skip


def counting(plan: Any) -> tuple[Work, list[Task]]:
    """Work of a plan, and its first tile to count in two parts."""
    work = Work(Job.of(plan, True, 1, Options()))
    tile = work.tile(0)
    numbers, nobody = np.zeros((tile.rows, 4)), np.full(tile.rows, -1)
    numbers[:, sinks.SCALE] = 1.0
    counters = tile.rows, tile.bins + 1
    parts = [Part(0, Stage.COUNT, 0, 1), Part(0, Stage.COUNT, 1, work.job.batches.numbers)]
    return work, [Task(part, numbers, nobody, counters=counters) for part in parts]


class Dying(Work):
    """Ends its process in the middle of a part, until a file says that it did."""

    def __init__(self, job: Job, mark: Path) -> None:
        super().__init__(job)
        self.mark = mark

    def __reduce__(self) -> Any:
        return Dying, (self.job, self.mark)

    def __call__(self, task: Task) -> Result:
        if not self.mark.exists():
            if self.mark.parent.exists():
                self.mark.touch()
            os._exit(9)
        return super().__call__(task)


class Rounding(Work):
    """Makes the last bit of a rate another in any process but the first."""

    def __init__(self, job: Job, home: int) -> None:
        super().__init__(job)
        self.home = home

    def __reduce__(self) -> Any:
        return Rounding, (self.job, self.home)

    def tile(self, number: int) -> Tile:
        tile = super().tile(number)
        away = os.getpid() != self.home
        return replace(tile, rate=np.nextafter(tile.rate, 2.0)) if away else tile


def made(results: Iterable[Result]) -> list[tuple[Part, bytes, bytes]]:
    """Sums and counts by part, as they were when each result came."""
    return sorted(
        (one.part, one.sums.tobytes(), one.counts.astype(np.int32).tobytes()) for one in results
    )
