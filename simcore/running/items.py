"""The rows that a run asks for: cells that coincide are one item, computed and reduced once.

Neighbours in the order of the items share most of what they need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.plan import Cell, Plan, currency_rate
from simcore.running.program import Request
from simcore.statistics import Sample, statistics_from
from simcore.variables import INPUT, variable_of

Floats = NDArray[np.float64]


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
        Where the result goes; an uncertain input is a cell of the variable `input`.
    request : Request
    need : Need
    rate : float
        Factor of every value, to the output currency.
    kept : tuple of Cell
        Cells whose draws are stored.
    defined : int
        Draws in which each row is defined, if quantiles are told among these, as if they were
        independent; 0: among all draws. No other items are reduced with such ones.
    """

    cells: tuple[Cell, ...]
    request: Request
    need: Need = Need.MOMENTS
    rate: float = 1.0
    kept: tuple[Cell, ...] = ()
    defined: int = 0


def items_of(plan: Plan) -> list[Item]:
    """All rows of the run in an order in which neighbours share most of what they need."""
    items = []
    for position, one in enumerate(plan.inputs):
        cell = Cell(INPUT.name, (position,), one.node, 0)
        request = Request(one.node, (), static=True)
        items.append(Item((cell,), request, kept=(cell,) * is_kept(plan, cell)))
    groups: dict[tuple[int, int, int, bool, float], list[Cell]] = {}
    rate = currency_rate(plan)
    for cell in plan.cells:
        variable = variable_of(cell.variable)
        needs_draws = variable.kind != "component" and not is_apart(cell)
        if not (needs_draws or is_kept(plan, cell)):
            continue
        node = _reduced_node(plan, cell)
        key = node, cell.first_year, cell.last_year, has_years(cell)
        # An indicator follows from the row whose sign it gives, whatever its currency.
        in_money = variable.is_money or (node != cell.node and (*key, rate) in groups)
        groups.setdefault((*key, rate if in_money else 1.0), []).append(cell)
    years = tuple(plan.years)
    for (node, first_year, last_year, yearly, money), group in sorted(
        groups.items(), key=lambda pair: _neighbourhood(pair[1][0])
    ):
        request = Request(node, years if yearly else (), first_year, last_year)
        kept = tuple(one for one in group if is_kept(plan, one))
        items.append(Item(tuple(group), request, max(map(_need, group)), money, kept))
    return items


def has_years(cell: Cell) -> bool:
    """Whether a cell has a value for each year."""
    return "year" in variable_of(cell.variable).dims


def is_kept(plan: Plan, cell: Cell) -> bool:
    """Whether the draws of a cell are stored."""
    name = "inputs" if cell.variable == INPUT.name else cell.variable
    return name in plan.experiment.keep


def is_apart(cell: Cell) -> bool:
    """Whether the statistics of a cell are those of the draws of a view, which are taken apart."""
    variable = variable_of(cell.variable)
    return variable.kind == "number" and "view" in variable.dims


def place_of(cell: Cell) -> dict[str, int]:
    """Position of a cell along each of its dimensions but the year."""
    dims = [dim for dim in variable_of(cell.variable).dims if dim != "year"]
    return dict(zip(dims, cell.index, strict=True))


def rows_of(items: Sequence[Item]) -> int:
    """Number of requested rows."""
    return sum(item.request.rows for item in items)


def write_tile(
    plan: Plan, tile: Sequence[Item], sample: Sample, by_view: dict[int, Floats],
    statistics: dict[str, Floats],
) -> None:  # fmt: skip
    """Write the statistics of each row of a tile wherever its cells stand.

    The arrays of `statistics` are named as `cost_premium_mean`; `by_view` is that of
    `views.counts_by_view`.
    """
    mirrored = replace(sample, positive=sample.count - sample.positive)
    whole: dict[tuple[str, bool], dict[str, NDArray[Any]]] = {}
    at = 0
    for item in tile:
        first, at = at, at + item.request.rows
        for cell in item.cells:
            variable = variable_of(cell.variable)
            kind = variable.kind
            if kind == "conditional":
                own = _in_view(plan, cell, sample.rows(first, at), by_view)
                write_statistics(statistics, cell, statistics_from(own, kind))
            elif not is_apart(cell):
                key = kind, _reduced_node(plan, cell) != cell.node
                if key not in whole:
                    whole[key] = statistics_from(mirrored if key[1] else sample, kind)
                rows = {name: values[first:at] for name, values in whole[key].items()}
                if kind == "category":
                    among = len(plan.coords[variable.among])
                    rows = {name: values[:, :among] for name, values in rows.items()}
                write_statistics(statistics, cell, rows)


def write_statistics(
    statistics: dict[str, Floats], cell: Cell, found: dict[str, NDArray[Any]],
    years: slice = slice(None),
) -> None:  # fmt: skip
    """Write all statistics of a cell, or of some of its years, into the arrays by name."""
    yearly = has_years(cell)
    for name, values in found.items():
        target = statistics[f"{cell.variable}_{name}"]
        if yearly:
            target[cell.index][years] = values
        else:
            target[cell.index] = values[0]


def _in_view(plan: Plan, cell: Cell, rows: Sample, by_view: dict[int, Floats]) -> Sample:
    """Rows of what holds by view, among the draws of the view of a cell."""
    view = place_of(cell)["view"]
    drawn = by_view[plan.graph.nodes[cell.node].inputs[1]][view]
    return replace(
        rows, taken=np.array([drawn]), positive=rows.categories[None, :, view],
        count=np.where(rows.known, drawn, 0.0)[None],
    )  # fmt: skip


def _reduced_node(plan: Plan, cell: Cell) -> int:
    """Node whose draws are reduced for a cell: for the sign of a row, the row, if none is kept."""
    node = plan.graph.nodes[cell.node]
    if node.operation == "NOT_POSITIVE" and not is_kept(plan, cell):
        return node.inputs[0]
    return cell.node


def _need(cell: Cell) -> Need:
    kind = variable_of(cell.variable).kind
    if kind in ("category", "conditional"):
        return Need.CATEGORIES
    return Need.QUANTILES if kind in ("number", "year") and not is_apart(cell) else Need.MOMENTS


def _neighbourhood(cell: Cell) -> tuple[Any, ...]:
    place = place_of(cell)
    return tuple(place.get(dim, -1) for dim in ("region", "route", "scenario", "destination"))
