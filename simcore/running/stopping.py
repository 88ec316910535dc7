"""How many draws are enough: double them until an interval is as narrow as the config asks.

Draws are addressed, so a run of n draws is the same whether it was planned or found; only the named
outcome is computed on the way.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from statistics import NormalDist
from typing import Any, Final

import numpy as np

from simcore.errors import ConfigError
from simcore.numerics.student import students_t
from simcore.plan import Cell, Plan, has_years
from simcore.running.tiles import Item, items_of, tiles_of
from simcore.variables import INTERVAL_LEVEL, OUTCOMES, QUANTILES

_FIRST: Final = 4096
"""Draws of the first try, of all designs a multiple of their blocks."""


def enough(
    plan: Plan,
    *,
    threads: int | None = None,
    tell: Callable[[int, float], None] | None = None,
) -> Plan:
    """The plan with as many draws as its `until` takes, at most those of the config.

    Parameters
    ----------
    plan : Plan
    threads : int, optional
    tell : callable, optional
        Told the draws and the widest interval of each try.

    Returns
    -------
    Plan
        `interval` is the widest one found; without an `until` the plan as it is.

    Raises
    ------
    ConfigError
        No cell of the run is what `until` names.
    """
    until = plan.experiment.until
    if until is None or plan.interval is not None:
        return plan
    asked = _asked(plan)
    workers = threads or os.cpu_count() or 1
    draws = min(_FIRST, plan.draws)
    with ThreadPoolExecutor(workers) as pool:
        while True:
            width = _widest(replace(asked, draws=draws), pool, workers)
            if tell is not None:
                tell(draws, width)
            if width <= until.width or draws >= plan.draws:
                return replace(plan, draws=draws, interval=width)
            draws = min(2 * draws, plan.draws)


def _asked(plan: Plan) -> Plan:
    """The plan with nothing but the cells whose interval counts."""
    until = plan.experiment.until
    assert until is not None
    cells = tuple(one for one in plan.cells if _counts(plan, one))
    if not cells:
        raise ConfigError(
            [
                plan.spec.fault(
                    ("until",),
                    found=f"no {until.variable} at {until.at}",
                    expected="labels of the run",
                    remedy="see `simcore run --dry-run` for its regions, routes and years",
                )
            ]
        )
    return replace(plan, cells=cells, inputs=())


def _counts(plan: Plan, cell: Cell) -> bool:
    until = plan.experiment.until
    assert until is not None
    dims = [dim for dim in OUTCOMES[cell.variable].dims if dim != "year"]
    place = {dim: plan.coords[dim][i] for dim, i in zip(dims, cell.index, strict=True)}
    wanted = {dim: label for dim, label in until.at.items() if dim != "year"}
    return cell.variable == until.variable and all(
        str(place.get(dim)) == str(label) for dim, label in wanted.items()
    )


def _widest(plan: Plan, pool: ThreadPoolExecutor, workers: int) -> float:
    """The widest interval of the named statistic over the cells of a plan."""
    from simcore.running.reduction import reduce

    until = plan.experiment.until
    assert until is not None
    widest = 0.0
    for tile in tiles_of(plan, [replace(one, is_kept=False) for one in items_of(plan)], workers):
        found: Any = reduce(plan, tile, pool, workers, lambda _: None)
        if until.statistic == "mean":
            width = 2.0 * _errors(int((found.taken > 0).sum())) * found.standard_error
        else:
            q = QUANTILES.index(float(until.statistic[1:]) / 100.0)
            width = found.high[:, q] - found.low[:, q]
        # Until there are draws on both sides, an interval is as wide as anything.
        width = np.where(np.isnan(width) & (found.count.sum(axis=0) > 0), np.inf, width)
        mine = np.concatenate([_years(plan, item) for item in tile])
        widest = max(widest, float(np.nanmax(width, initial=0.0, where=mine)))
    return widest


def _errors(replicates: int) -> float:
    """Standard errors in half an interval of a mean."""
    if replicates > 1:
        return students_t(INTERVAL_LEVEL, replicates - 1)
    return NormalDist().inv_cdf((1.0 + INTERVAL_LEVEL) / 2.0)


def _years(plan: Plan, item: Item) -> np.ndarray:
    """Which rows of an item are of a year that counts."""
    until = plan.experiment.until
    assert until is not None
    year = until.at.get("year")
    if year is None or not has_years(item.cells[0].variable):
        return np.ones(item.request.rows, bool)
    return np.array([one == year for one in item.request.years])
