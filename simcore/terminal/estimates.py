"""What `run --dry-run` says: how much a run takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simcore.terminal.formats import print_json

if TYPE_CHECKING:
    from simcore.plan import Plan
    from simcore.running.executors import Executor

_WIDTH = 28


def show_estimate(plan: Plan, out: Path, executor: Executor, *, as_json: bool) -> None:
    """Print what a run takes."""
    from simcore.running.estimating import estimate

    needed = estimate(plan, executor, out=out)
    if as_json:
        print_json({"out": str(out), "draws": plan.draws, **needed})
        return
    print(f"{plan.name}: {plan.draws:,} draws; nothing was kept or written")
    workers = executor.workers or f"{executor.threads} threads"
    for name, said in (*_lines(needed, workers), ("output", str(out))):
        print(f"  {name:<{_WIDTH}} {said}")


def _lines(needed: Mapping[str, Any], workers: str) -> Iterator[tuple[str, str]]:
    for name, shape in needed["shapes"].items():
        yield name, " x ".join(f"{length:,}" for length in shape)
    holds = ", as all kept draws of a cell lie in it; those of a .zarr do not"
    more = holds if needed["holds_kept_draws"] else ""
    yield "memory, at most", f"{needed['memory_mb']:,.0f} MB{more}"
    if needed["worker_mb"]:
        yield "memory of each worker", f"{needed['worker_mb']:,.0f} MB"
    several = "" if needed["tiles"] == 1 else f", in {needed['tiles']:,} tiles"
    yield "passes over the draws", f"{needed['passes']:,}{several}"
    if enough := needed["enough"]:
        yield "", f"{enough['passes']:,} with memory: {enough['memory']} in the config"
    yield "parts", f"{needed['parts']:,}"
    yield (
        "disk, before compression",
        f"{needed['disk_mb']:,.0f} MB in some {needed['files']:,} files",
    )
    yield "beside it on the way", f"up to {needed['partial_mb']:,.0f} MB"
    how = "a few draws timed here" if needed["is_timed"] else "a rule, as kernels are not compiled"
    yield "processor time", f"{_hours(3600 * needed['core_hours'])} of a core, from {how}"
    yield "time, roughly", f"{_hours(needed['seconds'])} with {workers}"


def _hours(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:,.1f} s"
    return f"{seconds / 60:,.0f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"
