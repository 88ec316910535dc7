"""Divide a run into tiles: as many items as the memory budget allows, with all their draws.

Only draws that are kept make memory grow with their number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from simcore.errors import ConfigError
from simcore.kernels.operations import BLOCK
from simcore.numerics.student import reach, students_t
from simcore.plan import Plan
from simcore.running.batches import Batches
from simcore.running.items import Item, Need, rows_of
from simcore.running.options import Options
from simcore.variables import INTERVAL_LEVEL, QUANTILES

OVERHEAD: Final = 330.0
"""Memory of the process without any draws, MB (interpreter, compiled code, libraries)."""
_RECALLED: Final = 0.04
"""Share of the memory for tiles that holds prices of systems."""
_ROW_BYTES: Final = 5200
"""Bytes of a row for its sums, ranks and results."""
_TALLY_BYTES: Final = 104
"""Bytes of a row and replicate for its sums and for its counts beside nine quantiles."""
_NODE_BYTES: Final = 64
"""Bytes of a row for a sum over some batches of a replicate, and its copy on the way."""
_FEWEST_BINS, _MOST_BINS = 512, 8192
_DOUBLINGS: Final = (_MOST_BINS // _FEWEST_BINS).bit_length() - 1
_DRAWS_PER_BIN: Final = 128
"""More draws in a bin than that make it worth while to have more bins."""
_WANTED_BINS: Final = 64
"""Bins' worth of draws that are collected for nine quantiles with their intervals, at most."""
_USUAL_BINS: Final = 32
"""The same as it is usually, of the outcomes of the quickstart."""
_PARTS: Final = 128
"""Parts into which a stage is cut at least, if they are worth while."""
_PART_SECONDS: Final = 30.0
"""Time that a part may take, and"""
_ROW_SECONDS: Final = 1e-8
"""that of a row for each draw, roughly."""
_DRAWS_PER_COUNT: Final = 16
"""Draws of a part for each of its bins, so that to send its counts takes little beside it."""
ROOMS: Final = 2
"""Chunks of kept draws that threads fill at a time: one while the one before is written."""
MANY: Final = 16
"""More chunks of kept draws than that are each made by one worker, and written by it."""
ANEW: Final = 100_000_000
"""Bytes for rows that are made anew, or looked at more closely, at a time."""
LOOKS: Final = 8
"""Closer looks that a quantile takes at most: 64 bits of a float, nine at a time."""
_LOOK_BYTES: Final = 4 * 36 * 512
"""Bytes of the counts of a row while it is looked at: 36 ranks, 512 parts around each."""
_PLAIN: Final = Options()


def replicates_of(plan: Plan) -> int:
    """Parts of the draws whose spread measures the error; 1 where single draws do."""
    return 1 if plan.experiment.design == "random" else plan.experiment.replicates


def bins_for(plan: Plan, options: Options, rows: int, workers: int) -> int:
    """Bins of each row: more for more draws, as far as memory and the caches have room."""
    bins = options.bins or _FEWEST_BINS
    while (
        options.bins is None
        and bins < _MOST_BINS
        and plan.draws > _DRAWS_PER_BIN * bins
        and rows * workers * 8.0 * bins < _room(plan, options) / 3
    ):
        bins *= 2
    return bins


def batches_of_part(batches: Batches, rows: int, bins: int) -> int:
    """Batches of a part of a tile with so many rows and bins: a power of two.

    Enough of them that counts by bin are soon sent, few enough that many can share the draws, and
    that not much is lost with who does one. It knows nothing of who is there.
    """
    most = _PART_SECONDS / (rows * _ROW_SECONDS)
    draws = max(_DRAWS_PER_COUNT * bins, min(most, batches.draws / _PARTS))
    return 1 << max(0, int(draws / batches.size).bit_length() - 1)


def collected_values(plan: Plan, options: Options) -> int:
    """Values that may be collected at a time; the counts are let go before."""
    if options.collected is not None:
        return options.collected
    return int(0.7 * _room(plan, options) / 8)


def recalled_values(plan: Plan, options: Options) -> int:
    """Prices of systems that may be kept from pass to pass."""
    if options.recalled is not None:
        return options.recalled
    return int(_RECALLED * _room(plan, options) / 8)


def kept_at_once(plan: Plan, out: Path | None, *, is_cut: bool) -> int | None:
    """Draws of a kept row that lie in memory at a time, in a run to a file; None: all of them.

    Those of a store are written chunk by chunk; the few chunks that parts elsewhere make together
    come together in memory.
    """
    if out is None or out.suffix != ".zarr":
        return None
    stretch = Batches(plan.draws, replicates_of(plan)).stretch
    return (MANY if is_cut else ROOMS) * stretch


def bytes_of(plan: Plan, options: Options, item: Item, workers: int) -> float:
    """Memory of an item while its tile is at work, without what is collected."""
    size = np.dtype(plan.experiment.dtype).itemsize
    fixed = 8 * min(options.look, plan.draws) + (4 * workers + 1) * _FEWEST_BINS + _ROW_BYTES
    if plan.experiment.design != "random":
        batches = Batches(plan.draws, plan.experiment.replicates)
        nodes = _NODE_BYTES * batches.numbers.bit_length()
        fixed += (_TALLY_BYTES + nodes + 8 * workers) * batches.replicates
    kept = plan.draws if options.kept is None else min(options.kept, plan.draws)
    return item.request.rows * (fixed + (size * kept if item.kept else 0.0))


def tiles_of(
    plan: Plan, items: Sequence[Item], workers: int, options: Options = _PLAIN
) -> Iterator[list[Item]]:
    """Items in groups that fit the memory budget, half of which is for what is collected."""
    most = _room(plan, options) / 2
    most_rows = rows_of_tile(plan, items, workers, options)
    tile: list[Item] = []
    size, rows = 0.0, 0
    for item in items:
        more = bytes_of(plan, options, item, workers)
        is_full = size + more > most or rows + item.request.rows > most_rows
        if tile and (is_full or len(tile) == options.items):
            yield tile
            tile, size, rows = [], 0.0, 0
        tile.append(item)
        size += more
        rows += item.request.rows
    if tile:
        yield tile


def rows_of_tile(
    plan: Plan, items: Sequence[Item], workers: int, options: Options = _PLAIN
) -> int:  # fmt: skip
    """Most rows of a tile: as many as have room, or fewer where that takes fewer passes.

    Fewer rows have room for more bins, so that less is collected of each, and in fewer groups; but
    each tile is gone through by itself.
    """
    rows, room = rows_of(items), _room(plan, options)
    size = sum(bytes_of(plan, options, item, workers) for item in items)
    most = max(1, min(rows, int(room / 2 * rows / size)))
    finer = (int(room / (24 * workers * (_FEWEST_BINS << k))) for k in range(_DOUBLINGS + 1))
    # Tiles of about equal size, each with the last of its items.
    last = max(item.request.rows for item in items)
    equal = (min(few, -(-rows // -(-rows // few)) + last) for few in finer if few > 0)
    choices = [most, *(few for few in equal if few < most)]
    return min(choices, key=lambda few: passes_of(plan, rows, few, workers, options))


def passes_of(
    plan: Plan, rows: int, most: int, workers: int, options: Options = _PLAIN
) -> int:  # fmt: skip
    """How often the draws are gone through, for so many rows in tiles of at most so many.

    Each tile is gone through once to count, and once for each group of rows that is collected.
    """
    bins = bins_for(plan, options, min(rows, most), workers)
    values = usual_values(plan, min(rows, most), bins)
    groups = math.ceil(values / collected_values(plan, options))
    looks = looks_of(plan, min(rows, most), workers)
    return math.ceil(rows / most) * (1 + (groups if looks is None else min(groups, looks)))


def looks_of(plan: Plan, rows: int, workers: int) -> int | None:
    """Passes over the draws in which the quantiles of so many rows are found by closer looks.

    None where that cannot be done, as intervals from replicates need the draws of each.
    """
    if min(replicates_of(plan), -(-plan.draws // BLOCK)) > 1:
        return None
    return LOOKS * -(-rows // rows_looked_at(workers))


def rows_looked_at(workers: int) -> int:
    """Rows whose counts of a closer look fit in memory together."""
    return max(1, ANEW // (_LOOK_BYTES * (workers + 2)))


def usual_values(plan: Plan, rows: int, bins: int) -> float:
    """Values that are collected of so many rows with so many bins, as it is usually."""
    return min(1.0, _USUAL_BINS / bins) * plan.draws * rows


def tile_memory(plan: Plan, tile: Sequence[Item], workers: int, options: Options = _PLAIN) -> float:
    """Memory of a tile at work, MB, an upper estimate."""
    bins = bins_for(plan, options, rows_of(tile), workers)
    asked = rows_of([item for item in tile if item.need == Need.QUANTILES])
    collected = 8.0 * asked * plan.draws * _collected_share(plan, bins)
    counted = 4.0 * workers * rows_of(tile) * (bins - _FEWEST_BINS)
    known = sum(bytes_of(plan, options, item, workers) for item in tile)
    # A row of which values did not fit is made anew; with replicates, all of it at once.
    alone = 8.0 * plan.draws if plan.experiment.design != "random" else 0.0
    anew = max(alone, min(ANEW, 8.0 * asked * plan.draws)) if asked else 0.0
    held = max(min(collected, 8.0 * collected_values(plan, options)), anew)
    return (known + counted + held) / 1e6


def check_memory(
    plan: Plan, items: Sequence[Item], workers: int = 1, options: Options = _PLAIN
) -> None:
    """Refuse, as a ConfigError, a run whose smallest tile exceeds the budget."""
    largest = max(items, key=lambda item: bytes_of(plan, options, item, workers))
    numbered = 8e-6 * plan.draws if plan.experiment.keep else 0.0
    needed = max(tile_memory(plan, [largest], workers, options), numbered)
    if needed > _room(plan, options) / 1e6:
        raise ConfigError(plan.spec.fault(
            ("draws",), found=f"{plan.draws:,} draws, which need {needed + OVERHEAD:,.0f} MB",
            expected=f"a run within memory: {plan.experiment.memory:,.0f} MB",
            remedy="lower draws, raise memory" + (", or keep: []" if largest.kept else ""),
        ))  # fmt: skip


def _room(plan: Plan, options: Options) -> float:
    """Memory for tiles, bytes."""
    return max(plan.experiment.memory - OVERHEAD, options.smallest) * 1e6


def _collected_share(plan: Plan, bins: int) -> float:
    """Share of the values of a row that are collected, at most."""
    share = _WANTED_BINS / bins
    replicates = min(plan.experiment.replicates, -(-plan.draws // BLOCK))
    if plan.experiment.design != "random" and replicates > 1:
        width = reach(students_t(INTERVAL_LEVEL, replicates - 1), replicates - 1)
        share += sum(2.0 * width * math.sqrt(p * (1.0 - p) / plan.draws) for p in QUANTILES)
    return min(1.0, share)
