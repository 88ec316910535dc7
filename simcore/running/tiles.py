"""Divide a run into tiles: as many cells as the memory budget allows, with all their draws.

Cells that coincide are one item, computed and summarised once; neighbours in the order of the
items share most of what they need. Only draws that are kept make memory grow with their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np

from simcore.errors import ConfigError
from simcore.kernels.operations import BLOCK
from simcore.numerics.student import reach, students_t
from simcore.plan import Cell, Plan, currency_rate, has_years
from simcore.running.program import Request
from simcore.variables import INTERVAL_LEVEL, OUTCOMES, QUANTILES

OVERHEAD: Final = 330.0
"""Memory of the process without any draws, MB (interpreter, compiled code, libraries)."""
_SMALLEST: Final = 48.0
"""Smallest room for a tile, MB."""
_LOOK: Final = 512
"""Draws of the first look."""
_RECALLED: Final = 0.04
"""Share of the memory for tiles that holds prices of systems."""
_ROW_BYTES: Final = 5200
"""Bytes of a row for its sums, ranks and results."""
_TALLY_BYTES: Final = 104
"""Bytes of a row and replicate for its sums and for its counts beside nine quantiles."""
_FEWEST_BINS, _MOST_BINS = 512, 8192
_DRAWS_PER_BIN: Final = 128
"""More draws in a bin than that make it worth while to have more bins."""
_WANTED_BINS: Final = 64
"""Bins' worth of draws that are collected for nine quantiles with their intervals, at most."""


class Need(IntEnum):
    """What a row is reduced to, besides its moments."""

    MOMENTS = 0
    QUANTILES = 1
    CATEGORIES = 2


@dataclass(frozen=True)
class Item:
    """Some years of cells that coincide: one request, reduced once.

    Attributes
    ----------
    cells : tuple of Cell
        Where the result goes; empty for an input.
    request : Request
    need : Need
    rate : float
        Factor of every value, to the output currency.
    is_kept : bool
        Whether its draws are stored.
    factor : int
        Position of the input; -1 for a cell.
    """

    cells: tuple[Cell, ...]
    request: Request
    need: Need = Need.MOMENTS
    rate: float = 1.0
    is_kept: bool = False
    factor: int = -1


def look_at(draws: int) -> int:
    """Draws of the first look, over which bins are laid."""
    return min(_LOOK, draws)


def _room(plan: Plan) -> float:
    """Memory for tiles, bytes."""
    return max(plan.experiment.memory - OVERHEAD, _SMALLEST) * 1e6


def bins_for(plan: Plan, rows: int, workers: int) -> int:
    """Bins of each row: more for more draws, as far as memory and the caches have room."""
    bins = _FEWEST_BINS
    while (
        bins < _MOST_BINS
        and plan.draws > _DRAWS_PER_BIN * bins
        and rows * workers * 8.0 * bins < _room(plan) / 3
    ):
        bins *= 2
    return bins


def collected_values(plan: Plan) -> int:
    """Values that may be collected at a time; the counts are let go before."""
    return int(0.7 * _room(plan) / 8)


def recalled_values(plan: Plan) -> int:
    """Prices of systems that may be kept from pass to pass."""
    return int(_RECALLED * _room(plan) / 8)


def _collected_share(plan: Plan, bins: int) -> float:
    """Share of the values of a row that are collected, at most."""
    share = _WANTED_BINS / bins
    replicates = min(plan.experiment.replicates, -(-plan.draws // BLOCK))
    if plan.experiment.design != "random" and replicates > 1:
        width = reach(students_t(INTERVAL_LEVEL, replicates - 1), replicates - 1)
        share += sum(2.0 * width * (p * (1.0 - p) / plan.draws) ** 0.5 for p in QUANTILES)
    return min(1.0, share)


def bytes_of(plan: Plan, item: Item, workers: int) -> float:
    """Memory of an item while its tile is at work, without what is collected."""
    size = np.dtype(plan.experiment.dtype).itemsize
    fixed = 8 * look_at(plan.draws) + (4 * workers + 1) * _FEWEST_BINS + _ROW_BYTES
    if plan.experiment.design != "random":
        fixed += (_TALLY_BYTES + 8 * workers) * plan.experiment.replicates
    return item.request.rows * (fixed + (size * plan.draws if item.is_kept else 0.0))


def items_of(plan: Plan) -> list[Item]:
    """All rows of the run in an order in which neighbours share most of what they need."""
    kept, rate = set(plan.experiment.keep), currency_rate(plan)
    items = [
        Item((), Request(one.node, (), static=True), is_kept="inputs" in kept, factor=position)
        for position, one in enumerate(plan.inputs)
    ]
    groups: dict[tuple[int, int, bool, float], list[Cell]] = {}
    for cell in plan.cells:
        if cell.variable == "waterfall" and "waterfall" not in kept:
            continue
        if is_apart(cell) and cell.variable not in kept:
            continue
        money = rate if OUTCOMES[cell.variable].is_money else 1.0
        node = reduced_node(plan, cell)
        # An indicator follows from the row whose sign it gives, whatever its currency.
        own = groups.get((node, cell.first_year, has_years(cell.variable), rate))
        if node != cell.node and own is not None:
            own.append(cell)
            continue
        key = (node, cell.first_year, has_years(cell.variable), money)
        groups.setdefault(key, []).append(cell)
    years = tuple(plan.years)
    for (node, first_year, yearly, money), group in sorted(
        groups.items(), key=lambda pair: _neighbourhood(pair[1][0])
    ):
        cells = tuple(group)
        items.append(
            Item(
                cells,
                Request(node, years if yearly else (), first_year),
                max(_need(plan, cell) for cell in cells),
                money,
                any(cell.variable in kept for cell in cells),
            )
        )
    return items


def reduced_node(plan: Plan, cell: Cell) -> int:
    """Node whose draws are reduced for a cell: for the sign of a row, the row, if none is kept."""
    node = plan.graph.nodes[cell.node]
    if node.operation == "NOT_POSITIVE" and cell.variable not in plan.experiment.keep:
        return node.inputs[0]
    return cell.node


def is_apart(cell: Cell) -> bool:
    """Whether the statistics of a cell are those of the draws of a view, which are taken apart."""
    variable = OUTCOMES[cell.variable]
    return variable.kind == "number" and "view" in variable.dims


def _need(plan: Plan, cell: Cell) -> Need:
    kind = OUTCOMES[cell.variable].kind
    if kind == "category":
        return Need.CATEGORIES
    if kind == "conditional":
        return Need.CATEGORIES
    if kind in ("indicator", "known") or cell.variable == "waterfall" or is_apart(cell):
        return Need.MOMENTS
    return Need.QUANTILES


def _neighbourhood(cell: Cell) -> tuple[Any, ...]:
    dims = [dim for dim in OUTCOMES[cell.variable].dims if dim != "year"]
    place = dict(zip(dims, cell.index, strict=True))
    return tuple(place.get(dim, -1) for dim in ("region", "route", "scenario", "destination"))


def tiles_of(plan: Plan, items: Sequence[Item], workers: int) -> Iterator[list[Item]]:
    """Items in groups that fit the memory budget, half of which is for what is collected."""
    most = _room(plan) / 2
    tile: list[Item] = []
    size = 0.0
    for item in items:
        more = bytes_of(plan, item, workers)
        if tile and size + more > most:
            yield tile
            tile, size = [], 0.0
        tile.append(item)
        size += more
    if tile:
        yield tile


def rows_of(items: Sequence[Item]) -> int:
    """Number of requested rows."""
    return sum(item.request.rows for item in items)


def tile_memory(plan: Plan, tile: Sequence[Item], workers: int) -> float:
    """Memory of a tile at work, MB, an upper estimate."""
    bins = bins_for(plan, rows_of(tile), workers)
    asked = rows_of([item for item in tile if item.need == Need.QUANTILES])
    collected = 8.0 * asked * plan.draws * _collected_share(plan, bins)
    counted = 4.0 * workers * rows_of(tile) * (bins - _FEWEST_BINS)
    known = sum(bytes_of(plan, item, workers) for item in tile)
    return (known + counted + min(collected, 8.0 * collected_values(plan))) / 1e6


def check_memory(plan: Plan, workers: int = 1) -> None:
    """Refuse a run whose smallest tile exceeds the budget.

    Raises
    ------
    ConfigError
    """
    largest = max(items_of(plan), key=lambda item: bytes_of(plan, item, workers))
    numbered = 8e-6 * plan.draws if plan.experiment.keep else 0.0
    needed = max(tile_memory(plan, [largest], workers), numbered)
    if needed > _room(plan) / 1e6:
        kept = largest.is_kept
        raise ConfigError(
            [
                plan.spec.fault(
                    ("draws",),
                    found=f"{plan.draws:,} draws, which need {needed + OVERHEAD:,.0f} MB",
                    expected=f"a run within memory: {plan.experiment.memory:,.0f} MB",
                    remedy="lower draws, raise memory" + (", or keep: []" if kept else ""),
                )
            ]
        )
