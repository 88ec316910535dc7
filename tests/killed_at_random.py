"""Runs that are killed at random moments, and go on until one ends: its files are those of a whole run.

Run as a script, `killed_at_random.py FOLDER KILLS SEED EXECUTOR`, for a fork needs a process of one
thread. It prints how many runs were killed, and how many of them had something to go on from.
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
from simcore.running.executors import executor_named
from simcore.running.options import Options

CONFIG = rich_config(
    draws=20_000, regions=["XA"], routes=["blast", "hydrogen"], keep=["cost_premium"],
    outcomes=["cost_premium", "carbon_price", "crossover_year", "cheapest_route"],
)  # fmt: skip


def begun(plan: Any, out: Path, where: str) -> int:
    """A run in another process."""
    process = os.fork()
    if process == 0:
        # Whatever is done is kept at once.
        resuming.SECONDS = resuming._COST = 0.0
        with executor_named(where) as executor:
            engine.execute(plan, out=out, executor=executor, options=Options(items=60, part=2))
        os._exit(0)
    return process


def wait_for_more(lines: Path, process: int) -> None:
    """Wait until a run has kept more than was kept before it, or has ended."""

    def size() -> int:
        try:
            return lines.stat().st_size
        except OSError:
            return 0

    before = size()
    while size() <= before and not os.waitid(
        os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT
    ):
        time.sleep(0.01)


def main(folder: Path, kills: int, seed: int, where: str) -> None:
    chance, plan = random.Random(seed), simcore.build(simcore.load(CONFIG))
    whole, out = folder / "whole.zarr", folder / "run.zarr"
    # In this process, so that those that come of it need not.
    engine.prepare(plan)
    start = time.monotonic()
    assert os.waitstatus_to_exitcode(os.waitpid(begun(plan, whole, where), 0)[1]) == 0
    lasts, killed, went_on, ended = time.monotonic() - start, 0, 0, False
    right = files_of(whole)
    while killed < kills or not ended:
        went_on += (folder_of(out) / LINES).exists()
        process = begun(plan, out, where)
        if killed < kills:
            if where.startswith("threads"):
                time.sleep(chance.uniform(0.0, 0.7) * lasts)
            else:
                # Of a run of processes most passes before there is one.
                wait_for_more(folder_of(out) / LINES, process)
                time.sleep(chance.uniform(0.0, 0.3))
            os.kill(process, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        assert status in (0, -signal.SIGKILL), status
        killed += status != 0
        # The last one is not killed: one that was complete by then has left its folder.
        ended = status == 0
        if status == 0 or out.exists():
            assert files_of(out) == right
            shutil.rmtree(out)
    left = [one.name for one in folder.iterdir() if one.name not in ("whole.zarr", "run.zarr.lock")]
    assert not [name for name in left if ".kept-" not in name], left
    print(killed, went_on)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
