"""Work that dies or rounds otherwise where it is done, for tests of executors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rich_config import rich_config

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
    numbers = np.zeros((work.tile(0).rows, 4))
    nobody = np.full(len(numbers), -1)
    parts = [Part(0, Stage.COUNT, 0, 1), Part(0, Stage.COUNT, 1, work.job.batches.numbers)]
    return work, [Task(part, numbers, nobody) for part in parts]


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


def sums(results: Sequence[Result]) -> list[bytes]:
    return [one.sums.tobytes() for one in sorted(results, key=lambda one: one.part)]
