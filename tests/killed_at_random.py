"""Runs that are killed at random moments, and go on until one ends: its files are those of a whole run.

Run as a script, `killed_at_random.py FOLDER KILLS SEED`, for a fork needs a process of one thread. It
prints how many runs were killed, and how many of them had something to go on from.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

from killed_runs import files_of
from rich_config import rich_config

import simcore
from simcore.dataset.journal import LINES, folder_of
from simcore.running import engine, resuming
from simcore.running.options import Options

CONFIG = rich_config(
    draws=20_000, regions=["XA"], routes=["blast", "hydrogen"], keep=["cost_premium"],
    outcomes=["cost_premium", "carbon_price", "crossover_year", "cheapest_route"],
)  # fmt: skip


def begun(plan: Any, out: Path) -> int:
    """A run in another process."""
    process = os.fork()
    if process == 0:
        # Whatever is done is kept at once.
        resuming.SECONDS = resuming._COST = 0.0
        engine.execute(plan, out=out, threads=2, options=Options(items=60))
        os._exit(0)
    return process


def main(folder: Path, kills: int, seed: int) -> None:
    chance, plan = random.Random(seed), simcore.build(simcore.load(CONFIG))
    whole, out = folder / "whole.zarr", folder / "run.zarr"
    # In this process, so that those that come of it need not.
    engine.prepare(plan)
    start = time.monotonic()
    assert os.waitstatus_to_exitcode(os.waitpid(begun(plan, whole), 0)[1]) == 0
    lasts, killed, went_on, ended = time.monotonic() - start, 0, 0, 0
    right = files_of(whole)
    while killed < kills or not ended:
        went_on += (folder_of(out) / LINES).exists()
        process = begun(plan, out)
        if killed < kills:
            time.sleep(chance.uniform(0.0, 0.7) * lasts)
            os.kill(process, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        assert status in (0, -signal.SIGKILL), status
        killed += status != 0
        if status == 0 or out.exists():
            assert files_of(out) == right
            ended += 1
            shutil.rmtree(out)
    left = [one.name for one in folder.iterdir() if one.name not in ("whole.zarr", "run.zarr.lock")]
    assert not [name for name in left if ".kept-" not in name], left
    print(killed, went_on)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
