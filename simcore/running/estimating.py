"""What a run will take: memory, parts, files, disk and time, known before its first draw."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from simcore.dataset import statistics_of, stored_bytes
from simcore.dataset.containers import CHUNK_BYTES, ROOM
from simcore.dataset.layout import Layout, kept_arrays
from simcore.plan import Plan, nominal_size
from simcore.running.compiled import Tile
from simcore.running.crew import Crew
from simcore.running.describe import shapes_of
from simcore.running.executors import Executor
from simcore.running.items import Need, items_of, rows_of
from simcore.running.jobs import Job, Stage
from simcore.running.options import Options
from simcore.running.program import Recall
from simcore.running.reduction import Team
from simcore.running.stages import count_first, first_draws
from simcore.running.tiles import (
    OVERHEAD,
    collected_values,
    kept_at_once,
    looks_of,
    passes_of,
    recalled_values,
    rows_of_tile,
    tile_memory,
    usual_values,
)
from simcore.running.views import items_by_view
from simcore.variables import OUTCOMES

_OPERATION: Final = 0.9e-9
_ROW: Final = 1.7e-9
"""Rough seconds of a core for an operation and for a row, of each year and draw, where nothing can
be timed."""
_STORED: Final = 0.75e-9
"""Rough seconds for a byte of the run that is stored."""
_BEGINNING: Final = 1.5
"""Seconds before the first draw."""
_COLLECTED: Final = 0.9
"""Time of collecting all rows at once, by that of counting them."""
_SHARED: Final = 0.2
"""Share of it that each group of rows takes anew: the prices that all depend on."""
_TIMED: Final = 8
"""Tiles that are timed, at most,"""
_DRAWS: Final = 1024
"""draws of each, and"""
_LOOK: Final = 64
"""draws over which bins are laid for it."""
_COPIES: Final = 3.5
"""Copies of the years of a cell, while they are put in order: the one before, the next one and that
without undefined values."""
_LARGEST: Final = 64_000
"""Memory that is looked for at most, MB."""
_FEW: Final = 4
"""Passes that need no more memory."""


def estimate(plan: Plan, executor: Executor, *, out: Path | None = None) -> dict[str, Any]:
    """What a run to a file or, without one, in memory takes; a few draws are timed, none are kept.

    Parameters
    ----------
    plan : Plan
    executor : Executor
        Where it is to be done.
    out : Path, optional

    Returns
    -------
    dict
        `shapes`: dims and sizes of the kept draws; `memory_mb` of the process that is asked, and
        `worker_mb` of each other one (0: there is none); `disk_mb` and `files` of the run, and
        `partial_mb` of what it keeps on the way; `rows`, `tiles`, `passes` over the draws and
        `parts`; `core_hours`, `seconds`; `is_timed`, whether these are from draws that were timed;
        `enough`, memory with which fewer `passes` do, if that is so; `holds_kept_draws`, whether
        memory grows with them.
    """
    is_cut, layout = not executor.shares_memory, shapes_of(plan)
    options = Options(kept=kept_at_once(plan, out, is_cut=is_cut))
    job = Job.of(plan, is_cut, executor.threads, options)
    tiles, groups = _tiles_and_groups(job)
    values = [_values(plan, tile) for tile in tiles]
    parts = 0
    with Crew(1) as crew:
        team = Team(job, executor, crew)
        for number, (tile, many) in enumerate(zip(tiles, groups, strict=True)):
            parts += len(team.parts(number, Stage.COUNT, tile))
            parts += many * len(team.parts(number, Stage.COLLECT, tile))
    core, is_timed = _core_seconds(plan, tiles, groups)
    # Prices by view are reduced afterwards, by threads of the process that is asked.
    held, apart = list(job.tiles), items_by_view(plan)
    if apart:
        after = Job.of(plan, False, executor.crew, options, apart)
        held += after.tiles
        remembers = executor.shares_memory or executor.maps_memory
        if not (remembers and Recall.fits(plan, recalled_values(plan, options))):
            core += _core_seconds(plan, *_tiles_and_groups(after))[0]
    cores = executor.parts * executor.threads
    if executor.shares_memory:
        cores = min(cores, os.cpu_count() or 1)
    stored = stored_bytes(layout)
    counted = max(4e-6 * job.counters * tile.rows * (tile.bins + 1) for tile in tiles)
    collected = 8e-6 * min(collected_values(plan, options), max(values))
    of_tiles = max(tile_memory(plan, one, job.counters, options) for one in held)
    return {
        "shapes": _shapes(plan, layout),
        "memory_mb": round(OVERHEAD + max(of_tiles, _read_back(layout) if out else 0.0), 1),
        "worker_mb": round(OVERHEAD + counted + 2 * collected / max(1, parts), 1) if is_cut else 0,
        "disk_mb": round(stored / 1e6, 1),
        "files": 1 if out is not None and out.suffix == ".nc" else _files(layout),
        "partial_mb": round(counted + collected + stored / 1e6 * bool(layout.kept), 1),
        "core_hours": round(core / 3600, 4),
        "seconds": round(core / cores + stored * _STORED + _BEGINNING, 1),
        "is_timed": is_timed,
        "rows": nominal_size(plan),
        "tiles": len(tiles),
        "passes": len(tiles) + sum(groups),
        "parts": parts,
        "enough": _enough(plan, job, len(tiles) + sum(groups)),
        "holds_kept_draws": bool(layout.kept) and options.kept is None,
    }


def _shapes(plan: Plan, layout: Layout) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {
        "draws": (plan.draws,), "rows": (nominal_size(plan),), "inputs": (len(plan.inputs),),
    }  # fmt: skip
    for name in layout.kept:
        dims = ("factor",) if name == "inputs" else OUTCOMES[name].dims
        found[name] = (*(layout.length(dim) for dim in dims), plan.draws)
    return found


def _read_back(layout: Layout) -> float:
    """Memory in which kept draws are read again for the checksum of a finished run, MB."""
    cells = [
        one.dtype.itemsize * math.prod(one.shape[one.lead :])
        for one in kept_arrays(layout).values() if one.dtype is not None
    ]  # fmt: skip
    most = max(cells, default=0)
    return (_COPIES * min(ROOM, most) + 4 * min(CHUNK_BYTES, most)) / 1e6


def _values(plan: Plan, tile: Tile) -> float:
    """Values that are collected of a tile."""
    return usual_values(plan, int((tile.need == Need.QUANTILES).sum()), tile.bins)


def _tiles_and_groups(job: Job) -> tuple[list[Tile], list[int]]:
    """Tiles of a job, and passes beside the first that each takes."""
    tiles = [Tile.of(job, number) for number in range(len(job.tiles))]
    groups = []
    for one in tiles:
        many = math.ceil(_values(job.plan, one) / collected_values(job.plan, job.options))
        looks = looks_of(job.plan, one.rows, job.counters)
        groups.append(many if looks is None else min(many, looks))
    return tiles, groups


def _core_seconds(plan: Plan, tiles: Sequence[Tile], groups: Sequence[int]) -> tuple[float, bool]:
    """Seconds of a core for all passes, and whether draws were timed for it."""
    each, is_timed = _seconds_of_draws(plan, tiles)
    return plan.draws * sum(
        one * (1.0 + (_COLLECTED * (1.0 - _SHARED + _SHARED * many) if many else 0.0))
        for one, many in zip(each, groups, strict=True)
    ), is_timed


def _seconds_of_draws(plan: Plan, tiles: Sequence[Tile]) -> tuple[list[float], bool]:
    """Seconds of a core for a draw of each tile, and whether draws were timed for it."""
    from simcore.kernels import jit
    from simcore.kernels.simulate import run_blocks

    if jit.IS_INTERPRETED or jit.is_cold(run_blocks):
        years = len(plan.years)
        return [
            len(one.program.yearly.code) * years * _OPERATION + one.rows * _ROW for one in tiles
        ], False
    chosen = tiles[:: -(-len(tiles) // _TIMED)]
    timed = [_timed(one, min(_DRAWS, plan.draws)) for one in chosen]
    rate = sum(timed) / sum(one.rows for one in chosen)
    return [rate * one.rows for one in tiles], True


def _timed(tile: Tile, draws: int) -> float:
    """Seconds of this thread, without those it waits, for each of some draws; the least of two.

    The first one also makes the system hand over the memory of the counts.
    """
    from simcore.kernels import sinks
    from simcore.kernels.bins import lay_bins

    numbers, found = np.zeros((tile.rows, 4)), []
    numbers[:, sinks.RATE] = tile.rate
    lay_bins(first_draws(tile, numbers, min(_LOOK, draws)), tile.bins, numbers, 0, tile.rows)
    counts = np.zeros((tile.rows, tile.bins + 1), np.int32)
    for _ in range(2):
        start = time.thread_time()
        count_first(tile, numbers, draws, counts)
        found.append((time.thread_time() - start) / draws)
    return min(found)


def _files(layout: Layout) -> int:
    """Files of a store: of each array its chunks and what describes it."""
    kept = sum(
        1 + math.prod(-(-n // step) for n, step in zip(one.shape, one.chunks, strict=True))
        for one in kept_arrays(layout).values()
    )
    labels = len(layout.coords) + len(layout.extra_coords)
    return 1 + kept + 2 * (len(statistics_of(layout)) + labels)


def _enough(plan: Plan, job: Job, passes: int) -> dict[str, int]:
    """Memory in MB with which there are few passes, or fewest, and how many; nothing where there
    are few anyway."""
    items, memory, found = items_of(plan), plan.experiment.memory, dict[str, int]()
    while passes > _FEW and 2 * memory <= _LARGEST:
        memory *= 2
        wider = replace(job.options, smallest=memory - OVERHEAD)
        most = rows_of_tile(plan, items, job.counters, wider)
        now = passes_of(plan, rows_of(items), most, job.counters, wider)
        if now < passes:
            passes, found = now, {"memory": int(memory), "passes": now}
    return found
