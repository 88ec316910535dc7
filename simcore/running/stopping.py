"""How many draws are enough: double them until an interval is as narrow as the config asks.

Draws are addressed, so a run of n draws is the same whether it was planned or found; only the named
outcome is computed on the way.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from simcore.errors import ConfigError
from simcore.intake.risk import has_enough
from simcore.intake.schema import Until
from simcore.numerics.normal import quantile
from simcore.numerics.student import students_t
from simcore.plan import Cell, Plan
from simcore.running.executors import Executor, on_threads
from simcore.running.items import Item, has_years, place_of
from simcore.running.options import Options, Report, silent
from simcore.running.reduction import samples
from simcore.running.resolving import resolved
from simcore.statistics import Sample
from simcore.variables import INTERVAL_LEVEL, QUANTILES, variable_of

_FIRST: Final = 4096
"""Draws of the first try, of all designs a multiple of their blocks."""


def run_until_narrow(
    plan: Plan,
    executor: Executor | None = None,
    *,
    options: Options | None = None,
    report: Report = silent,
) -> Plan:
    """The plan with as many draws as its `until` takes, at most those of the config.

    Its `tried` holds them and the widest interval of each; without an `until` the plan is as it
    was. `report` hears
    the share of the most draws, and in words the widest interval, of each try. A ConfigError says
    that no cell of the run is what `until` names.
    """
    until = plan.experiment.until
    if until is None or plan.tried:
        return plan
    _asked(plan, until)
    executor, options = executor or on_threads(None), options or Options()
    draws, found = min(_first(plan), plan.draws), list[tuple[int, float]]()
    while True:
        tried = resolved(replace(plan, draws=draws), executor, options)
        width = _widest(_asked(tried, until), until, executor, options)
        report(
            draws / plan.draws,
            f"{draws:,} draws: interval of {until.variable}.{until.statistic}, {_width(width)}, "
            f"{until.width:g} wanted",
        )
        found.append((draws, width))
        if width <= until.width or draws >= plan.draws:
            return replace(tried, tried=tuple(found))
        draws = min(2 * draws, plan.draws)


def _first(plan: Plan) -> int:
    """Draws of the first try: as many as the tails of the run need."""
    risk, draws = plan.experiment.risk, _FIRST
    for tail in risk.tails if risk and risk.of else ():
        while not has_enough(tail, draws):
            draws *= 2
    return draws


def unreached(plan: Plan) -> str:
    """What `until` wanted and what all draws reached; empty where they reached it."""
    until, width = plan.experiment.until, plan.interval
    if until is None or width is None or width <= until.width:
        return ""
    unit = variable_of(until.variable).unit_in(plan.experiment.currency).replace(" t-1", "/t")
    times = width / until.width
    more = plan.draws * (times * times)
    remedy = f"some {float(f'{more:.1g}'):,.0f} may do" if math.isfinite(more) else "take more"
    return (
        f"until {until.variable}.{until.statistic}: wanted {until.width:g} {unit}, reached "
        f"{_width(width)} with {plan.draws:,} draws; {remedy}"
    )


def _width(width: float) -> str:
    return f"{width:,.4g} wide" if math.isfinite(width) else "without a bound"


def _asked(plan: Plan, until: Until) -> Plan:
    """The plan with nothing but the cells whose interval counts."""
    cells = tuple(one for one in plan.cells if _counts(plan, until, one))
    if not cells:
        raise ConfigError(plan.spec.fault(
            ("until",), found=f"no {until.variable} at {until.at}", expected="labels of the run",
            remedy="see `simcore run --dry-run` for its regions, routes and years",
        ))  # fmt: skip
    return replace(plan, cells=cells, inputs=())


def _counts(plan: Plan, until: Until, cell: Cell) -> bool:
    place = {dim: plan.coords[dim][at] for dim, at in place_of(cell).items()}
    wanted = {dim: label for dim, label in until.at.items() if dim != "year"}
    return cell.variable == until.variable and all(
        str(place.get(dim)) == str(label) for dim, label in wanted.items()
    )


def _widest(plan: Plan, until: Until, executor: Executor, options: Options) -> float:
    """The widest interval of the named statistic over the cells of a plan."""
    widths = [
        float(np.nanmax(_widths(until, sample), initial=0.0, where=_counting(until, item)))
        for item, sample in samples(plan, executor, options)
    ]
    return max(widths, default=0.0)


def _widths(until: Until, found: Sample) -> np.ndarray:
    """Width of the interval of each row of an item; infinite where it is not known yet."""
    if until.statistic == "mean":
        width = 2.0 * _errors(int((found.taken > 0).sum())) * found.standard_error
    else:
        q = QUANTILES.index(float(until.statistic[1:]) / 100.0)
        width = found.high[:, q] - found.low[:, q]
    # Until there are draws on both sides, an interval is as wide as anything.
    return np.where(np.isnan(width) & (found.count.sum(axis=0) > 0), np.inf, width)


def _errors(replicates: int) -> float:
    """Standard errors in half an interval of a mean."""
    if replicates > 1:
        return students_t(INTERVAL_LEVEL, replicates - 1)
    return float(quantile((1.0 + INTERVAL_LEVEL) / 2.0))


def _counting(until: Until, item: Item) -> np.ndarray:
    """Which rows of an item are of a year that counts."""
    year = until.at.get("year")
    if year is None or not has_years(item.cells[0]):
        return np.ones(item.request.rows, bool)
    return np.array([one == year for one in item.request.years])
