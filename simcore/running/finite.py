"""Numbers that are not finite though they should be: where, in which draws, from which input.

Undefined by design are the years before a route exists, and what has no value in a draw: a
break-even price, a year of crossover, a ratio to nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from simcore.errors import ConfigError
from simcore.kernels.operations import is_packaged
from simcore.plan import Plan
from simcore.running.items import Item, Need, place_of
from simcore.running.program import Request
from simcore.running.rows import central_of, draws_of
from simcore.statistics import Sample
from simcore.variables import INPUT

LARGEST: Final = 1e37
"""Beyond it no number is stored as float32, nor means anything."""
UNDEFINED: Final = frozenset({
    "CAP_AND_BANK", "RATIO", "BREAK_EVEN_HOME", "BREAK_EVEN_BORDER", "CROSSOVER", "PAID_BACK",
    "CHEAPEST", "WHERE", "LABELLED",
})  # fmt: skip
"""Operations that may have no value in a draw: a system has none in the draws of other views."""
_AT_ONCE: Final = 65_536
_MOST: Final = 1_000_000
_LISTED: Final = 3


def check_finite(plan: Plan, tile: Sequence[Item], sample: Sample) -> None:
    """Refuse the rows of a tile that are not finite.

    Raises
    ------
    ConfigError
        Which outcome, where, in which draws, and the inputs that are behind it.
    """
    count = sample.count.sum(axis=0)
    with np.errstate(all="ignore"):
        spread = np.where(count > 1, np.sqrt(sample.variance * count), 0.0)
        far = (count > 0) & ~((np.abs(sample.mean) < LARGEST) & (spread < LARGEST))
    far |= np.isinf(sample.central)
    partial = count < sample.taken.sum()
    if not (sample.known & (far | partial)).any():
        return
    free, at = None, 0
    for item in tile:
        first, at = at, at + item.request.rows
        rows = [one for one in range(first, at) if sample.known[one] and (far[one] or partial[one])]
        if item.need == Need.CATEGORIES or not rows:
            continue
        if not far[rows].any():
            free = may_be_undefined(plan) if free is None else free
            if free[item.request.node]:
                continue
        raise ConfigError(_fault(plan, item, [one - first for one in rows]))


def check_statistics(plan: Plan, statistics: Mapping[str, np.ndarray]) -> None:
    """Refuse statistics that are infinite, of what is not reduced tile by tile.

    Raises
    ------
    ConfigError
        Which one.
    """
    for name, values in statistics.items():
        # The ends of an interval that the draws cannot support are open.
        if not name.endswith(("_low", "_high")) and np.isinf(values).any():
            raise ConfigError(plan.spec.fault(
                ("outcomes",), found=f"{name}: infinite", expected="finite numbers",
                remedy="narrow or bound the inputs behind it",
            ))  # fmt: skip


def may_be_undefined(plan: Plan) -> np.ndarray:
    """Whether each node of a graph may have no value in a draw."""
    nodes = plan.graph.nodes
    found = np.full(len(nodes), not is_packaged())
    for number, node in enumerate(nodes):
        stated = node.numbers if node.table is None else node.table
        if node.operation != "CHOSEN":
            found[number] |= (
                node.operation in UNDEFINED
                or bool(np.isnan(stated).any())  # years of which nothing is known
                or any(found[one] for one in node.inputs)
            )
    return found


def _fault(plan: Plan, item: Item, rows: Sequence[int]) -> Any:
    cell, request = item.cells[0], item.request
    draws = _draws(plan, request, rows)
    place = " ".join(str(plan.coords[dim][at]) for dim, at in place_of(cell).items())
    name = plan.inputs[cell.index[0]].name if cell.variable == INPUT.name else cell.variable
    year = f" in {request.years[rows[0]]}" if request.years else ""
    many = f" and {len(rows) - 1} more years" if len(rows) > 1 else ""
    where = f"{name} {place}{year}{many}" if name == cell.variable else name
    if draws:
        some = ", ".join(map(str, draws[:_LISTED])) + (" ..." if len(draws) > _LISTED else "")
        how = f"in {len(draws):,} of {min(plan.draws, _MOST):,} draws ({some})"
        cause = _causes(plan, request, draws[0])
    else:
        how, cause = "in the central case", ""
    outcomes = plan.experiment.outcomes
    position = outcomes.index(cell.variable) if cell.variable in outcomes else None
    return plan.spec.fault(
        ("outcomes",) if position is None else ("outcomes", position),
        found=f"{where}: no finite number {how}{cause}",
        expected="finite numbers",
        remedy="narrow or bound what is behind it"
        + (f", or look at `simcore trace {plan.spec.file} --draw {draws[0]}`" if draws else ""),
    )


def _draws(plan: Plan, request: Request, rows: Sequence[int]) -> list[int]:
    """Draws in which some of the rows are not finite, among the first million."""
    found: list[int] = []
    for first in range(0, min(plan.draws, _MOST), _AT_ONCE):
        values = draws_of(plan, [request], min(_AT_ONCE, plan.draws - first), first=first)
        with np.errstate(all="ignore"):
            wrong = ~(np.abs(values[list(rows)]) < LARGEST).all(axis=0)
        found += (np.flatnonzero(wrong) + first).tolist()
    return found


def _causes(plan: Plan, request: Request, draw: int) -> str:
    """The inputs of a draw that are furthest from their central value, before the first number
    that is not finite."""
    from simcore.kernels.operations import BLOCK

    graph, last = plan.graph, (request.years or tuple(plan.years))[-1]
    years = tuple(year for year in plan.years if year <= last)
    nodes = sorted(graph.closure([request.node]))
    requests = [
        Request(one, years) if graph.nodes[one].yearly else Request(one, (), static=True)
        for one in nodes
    ]
    first = draw // BLOCK * BLOCK
    column = draws_of(plan, requests, draw - first + 1, first=first)[:, -1]
    ends = np.cumsum([one.rows for one in requests])
    values = {one: column[end - rows : end] for one, end, rows in zip(
        nodes, ends, [one.rows for one in requests], strict=True)}  # fmt: skip
    with np.errstate(all="ignore"):
        wrong = {one: ~(np.abs(row) < LARGEST) for one, row in values.items()
                 if graph.nodes[one].operation not in UNDEFINED}  # fmt: skip
    culprit = min(
        ((int(row.argmax()), one) for one, row in wrong.items() if row.any()),
        default=(0, request.node),
    )[1]
    behind = graph.closure([culprit])
    inputs = [one for one in plan.inputs if one.node in behind]
    if not inputs:
        return ""
    central = central_of(plan, [Request(one.node, (), static=True) for one in inputs])
    told = [
        (_distance(float(values[one.node][0]), usual), one.name, float(values[one.node][0]), usual)
        for one, usual in zip(inputs, central.tolist(), strict=True)
    ]
    listed = ", ".join(
        f"{name} = {value:.4g} (central {usual:.4g})"
        for _, name, value, usual in sorted(told, reverse=True)[:_LISTED]
    )
    return f"; behind it, in draw {draw}: {listed}"


def _distance(value: float, usual: float) -> float:
    """How far a value lies from the central one, by the ratio of the two."""
    if not math.isfinite(value):
        return math.inf
    return abs(math.log10(max(abs(value), 1e-12) / max(abs(usual), 1e-12)))
