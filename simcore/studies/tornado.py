"""Central runs of a tornado: each input at its P10 and its P90, all others at their centre.

A price moves whole: in each year it takes its own P10, or P90, of that year. All cases stand in
one program, in which the rows that no input moves are computed once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.drivers import PRICES, Driver
from simcore.analysis.targets import Target
from simcore.analysis.tornado import TENTH, Bar, CentralRuns, Reading
from simcore.intake import Spec
from simcore.model.policies import series
from simcore.plan import Cell, Plan, currency_rate, extended, has_years
from simcore.running.executors import on_threads
from simcore.running.options import Options
from simcore.running.program import Request
from simcore.running.resolving import resolved
from simcore.running.rows import central_of
from simcore.variables import OUTCOMES

if TYPE_CHECKING:
    import xarray as xr

KEEPS: Final = ("inputs", *PRICES)
"""What a run must keep besides the answer."""


def settings_for(spec: Spec, name: str) -> list[str]:
    """Settings, as `--set` takes them, with which a config keeps what a tornado reads."""
    experiment = spec.experiment
    outcomes = dict.fromkeys([*experiment.outcomes, name, *PRICES])
    keep = dict.fromkeys([*experiment.keep, name, *KEEPS])
    return [f"outcomes=[{', '.join(outcomes)}]", f"keep=[{', '.join(keep)}]", "until=null"]


def with_strikes(plan: Plan) -> Plan:
    """The plan with the strikes that its contracts ask for, by which central cases are paid too."""
    return resolved(plan, on_threads(None), Options())


def central_runs(plan: Plan, run: xr.Dataset) -> CentralRuns:
    """What computes the central cases of a plan, whose prices by year are those of its run."""

    def answers(
        target: Target, drivers: Sequence[Driver], bars: Sequence[Bar]
    ) -> tuple[float, list[Reading]]:
        wide, scenes = extended(plan)
        graph, scene = wide.graph, scenes[target.place["scenario"]]
        inputs = {one.name: one.node for one in plan.inputs}
        cell = _cell(plan, target)
        nodes = [cell.node]
        for driver, bar in zip(drivers, bars, strict=True):
            if driver.years:
                name = next(one for one, dim in PRICES.items()
                            if driver.name in map(str, run[dim].values)
                            and (dim == "market") == (driver.group == "carbon_market"))  # fmt: skip
                old = OUTCOMES[name].node(scene, driver.name)
                assert old is not None
                curves = _curves(run, name, driver.name, target) / currency_rate(plan)
                ends = [series(scene, curve) for curve in curves]
            else:
                old = inputs[driver.name]
                ends = [graph.constant(bar.low), graph.constant(bar.high)]
            nodes += [graph.with_other(cell.node, old, new) for new in ends]
        years = (target.place["year"],) if has_years(cell.variable) else ()
        requests = [Request(node, years, cell.first_year, cell.last_year) for node in nodes]
        rate = currency_rate(plan) if OUTCOMES[target.name].is_money else 1.0
        base, *found = (central_of(replace(wide), requests) * rate).tolist()
        pairs = zip(found[::2], found[1::2], strict=True)
        return base, [Reading(low, high) for low, high in pairs]

    return answers


def _cell(plan: Plan, target: Target) -> Cell:
    """The cell of the plan at the place of an answer."""
    index = tuple(
        list(plan.coords[dim]).index(label)
        for dim, label in target.place.items() if dim != "year"
    )  # fmt: skip
    return next(one for one in plan.cells
                if one.variable == target.name and one.index == index)  # fmt: skip


def _curves(run: xr.Dataset, name: str, label: str, target: Target) -> np.ndarray:
    """P10 and P90 of a price by year of the run, shape (2, years)."""
    place: dict[str, Any] = {"scenario": target.place["scenario"], PRICES[name]: label}
    draws = np.asarray(run[name].sel(place).values, dtype=np.float64)
    return np.quantile(draws, [TENTH, 1.0 - TENTH], axis=-1)
