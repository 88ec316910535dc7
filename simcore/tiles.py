"""Divide a run into tiles: all draws of as many cells as the memory budget allows.

Cells that coincide are one item, computed and summarised once; neighbours in the order of the
items share most of what they need.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from simcore.errors import ConfigError
from simcore.kernels.operations import BLOCK
from simcore.plan import Cell, Plan, has_years, unique_values
from simcore.program import Request
from simcore.variables import OUTCOMES

OVERHEAD: Final = 330.0
"""Memory of the process without any draws, MB (interpreter, compiled code, libraries)."""
_SMALLEST: Final = 48.0
"""Smallest room for a tile, MB."""
_ENOUGH: Final = 270.0
"""Room beyond which a tile no longer gains, MB, if it holds `_ENOUGH_ROWS`."""
_ENOUGH_ROWS: Final = 150


@dataclass(frozen=True)
class Item:
    """Some years of cells that coincide: one request, summarised once.

    Attributes
    ----------
    cells : tuple of Cell
        Where the result goes; empty for an input.
    request : Request
    first : int
        Position of the first of its years in the horizon.
    factor : int
        Position of the input; -1 for a cell.
    """

    cells: tuple[Cell, ...]
    request: Request
    first: int = 0
    factor: int = -1


def padded(draws: int) -> int:
    return -(-draws // BLOCK) * BLOCK


def budget_rows(plan: Plan) -> int:
    """Output rows of float64 that fit the memory budget at a time."""
    room = max(plan.experiment.memory - OVERHEAD, _SMALLEST) * 1e6
    rows = int(room // (8 * padded(plan.draws)))
    # The system hands out fresh memory slowly: beyond this a larger tile costs more than it saves.
    return min(rows, max(_ENOUGH_ROWS, int(_ENOUGH * 1e6 // (8 * padded(plan.draws)))))


def items_of(plan: Plan, budget: int) -> list[Item]:
    """All rows of the run in an order in which neighbours share most of what they need."""
    items = [
        Item((), Request(one.node, (), static=True), factor=position)
        for position, one in enumerate(plan.inputs)
    ]
    kept = set(plan.experiment.keep)
    cells = tuple(one for one in plan.cells if one.variable != "waterfall" or "waterfall" in kept)
    years = tuple(plan.years)
    groups = sorted(unique_values(cells).items(), key=lambda pair: _neighbourhood(pair[1][0]))
    for (node, first_year), group in groups:
        split = [*{has_years(one.variable): None for one in group}]
        for yearly in split:
            part = tuple(one for one in group if has_years(one.variable) == yearly)
            if not yearly:
                items.append(Item(part, Request(node, (), first_year)))
                continue
            whole = any(one.variable in kept for one in part)
            step = len(years) if whole else max(1, min(len(years), budget))
            for first in range(0, len(years), step):
                items.append(
                    Item(part, Request(node, years[first : first + step], first_year), first)
                )
    return items


def _neighbourhood(cell: Cell) -> tuple[Any, ...]:
    dims = [dim for dim in OUTCOMES[cell.variable].dims if dim != "year"]
    place = dict(zip(dims, cell.index, strict=True))
    return tuple(place.get(dim, -1) for dim in ("region", "route", "scenario", "destination"))


def tiles_of(items: Sequence[Item], budget: int) -> Iterator[list[Item]]:
    tile: list[Item] = []
    rows = 0
    for item in items:
        if tile and rows + item.request.rows > budget:
            yield tile
            tile, rows = [], 0
        tile.append(item)
        rows += item.request.rows
    if tile:
        yield tile


def rows_of(items: Sequence[Item]) -> int:
    return sum(item.request.rows for item in items)


def check_memory(plan: Plan) -> None:
    """Refuse a run whose smallest tile exceeds the budget.

    Raises
    ------
    ConfigError
    """
    kept = [name for name in plan.experiment.keep if name != "inputs"]
    rows = len(plan.years) if any(has_years(name) for name in kept) else 1
    needed = rows * 8 * padded(plan.draws) / 1e6
    room = max(plan.experiment.memory - OVERHEAD, _SMALLEST)
    if needed > room:
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
