"""One draw in full, recomputed from its address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from simcore.errors import ConfigError, Fault
from simcore.intake.usage import reference_of, sector_of
from simcore.kernels.operations import BLOCK
from simcore.model.settlement import settlement_terms
from simcore.model.terms import Term, terms
from simcore.plan import Cell, Plan, currency_rate, extended
from simcore.running.executors import on_threads
from simcore.running.items import has_years, place_of
from simcore.running.options import Options
from simcore.running.program import Request
from simcore.running.resolving import asks_for_numbers, resolved
from simcore.running.rows import draws_of
from simcore.running.stopping import run_until_narrow
from simcore.variables import OUTCOMES


def trace(
    plan: Plan, draw: int, *, region: str | None = None, route: str | None = None,
    project: str | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Recompute one draw in full.

    Of all regions and routes, or of those named alone; of a project that is named nothing else.

    Returns
    -------
    list of dict
        One entry per input, per strike that follows from the distribution (`resolved`), per cell
        and per term of the carbon costs (policy values, prices and intensities, from which a carbon
        line can be rebuilt), or of the settlements of the project: variable, unit, labels of its
        place, and `values` by year (or `value`).

    Raises
    ------
    ConfigError
        The draw, region, route or project is not part of the run.
    """
    wanted = {"region": region, "route": route, "project": project}
    _check_trace(plan, draw, wanted)
    executor, options = on_threads(None), Options()
    if asks_for_numbers(plan):
        # They are those of the draws that a run takes.
        plan = run_until_narrow(plan, executor, options=options)
    plan = resolved(plan, executor, options)
    years = tuple(plan.years)
    if project is None:
        plan, behind = _terms(plan, region, route)
    else:
        plan, behind = _settlements(plan, project)
    factors = plan.inputs if project is None else ()
    inputs = [Request(one.node, (), static=True) for one in factors]
    outcomes = plan.experiment.outcomes
    # What holds in the draws of a view is no value of one draw.
    drawn = [one for one in plan.cells if OUTCOMES[one.variable].kind != "conditional"]
    central = [one for one in plan.central if one.variable not in outcomes]
    cells = [one for one in (*drawn, *central) if _selected(plan, one, wanted)]
    requests = inputs + [
        Request(one.node, years if has_years(one) else (), one.first_year, one.last_year)
        for one in cells
    ]
    requests += [Request(one.node, years, years[0]) for _, one in behind]
    first = draw // BLOCK * BLOCK
    column = draws_of(plan, requests, draw - first + 1, first=first)[:, -1]
    found: list[dict[str, Any]] = [
        {"variable": "input", "name": one.name, "unit": one.unit, "value": float(column[position])}
        for position, one in enumerate(factors)
    ]
    found += [
        {"variable": "resolved", "name": f"{one.project}.{one.instrument}.strike",
         "unit": f"{plan.experiment.currency} t-1", "value": one.value * currency_rate(plan),
         **({} if one.is_shared else {"scenario": one.scenario})}
        for one in plan.resolutions if project in (None, one.project)
    ]  # fmt: skip
    at = len(inputs)
    for one in cells:
        count = len(years) if has_years(one) else 1
        values = column[at : at + count]
        at += count
        if "view" not in OUTCOMES[one.variable].dims or np.isfinite(values).any():
            found.append(_traced(plan, one, values))
    for scenario, term in behind:
        money = currency_rate(plan) if "EUR" in term.unit else 1.0
        numbers = column[at : at + len(years)] * money
        found.append({
            "variable": "term", "name": term.name, "scenario": scenario, **term.place,
            "unit": term.unit.replace("EUR", plan.experiment.currency),
            "values": {
                year: float(one) for year, one in zip(years, numbers, strict=True)
                if term.first_year <= year <= term.last_year
            },
        })  # fmt: skip
        at += len(years)
    return found


def _terms(
    plan: Plan, region: str | None, route: str | None
) -> tuple[Plan, list[tuple[str, Term]]]:
    """Terms of the carbon costs, those of the reference route included, and a plan with them."""
    plan, settings = extended(plan)
    found = []
    for scenario, setting in settings.items():
        for place in plan.coords["region"]:
            if region not in (None, place):
                continue
            reference = route and reference_of(setting.experiment, place, route)
            made = route and sector_of(setting.experiment, route)
            found += [
                (scenario, one)
                for one in terms(setting, place)
                if route is None
                or (one.place.get("route", route) in (route, reference)
                    and one.place.get("sector", made) == made)
            ]  # fmt: skip
    return plan, found


def _settlements(plan: Plan, project: str) -> tuple[Plan, list[tuple[str, Term]]]:
    """Terms of what the instruments of a project pay, and a plan with them."""
    plan, settings = extended(plan)
    found = [
        (scenario, one) for scenario, setting in settings.items()
        if project in setting.experiment.projects for one in settlement_terms(setting, project)
    ]  # fmt: skip
    return plan, found


def _traced(plan: Plan, cell: Cell, values: np.ndarray) -> dict[str, Any]:
    variable = OUTCOMES[cell.variable]
    place = {dim: plan.coords[dim][at] for dim, at in place_of(cell).items()}
    held = {
        name: labels[place_of(cell)[dim]]
        for name, (dim, labels) in plan.units.items() if dim in place
    }  # fmt: skip
    unit = variable.unit_at(plan.experiment.currency, held)
    scaled = values * currency_rate(plan) if variable.is_money else values
    if variable.kind == "category":
        among = plan.coords[variable.among]
        labels = [among[int(v)] if np.isfinite(v) else None for v in scaled]
        told: dict[str, Any] = {"value": labels[0]}
        if has_years(cell):
            told = {"values": dict(zip(plan.years, labels, strict=True))}
        unit = variable.among
    elif has_years(cell):
        told = {"values": dict(zip(plan.years, scaled.tolist(), strict=True))}
    else:
        told = {"value": float(scaled[0])}
    return {"variable": cell.variable, **place, "unit": unit, **told}


def _selected(plan: Plan, cell: Cell, wanted: Mapping[str, str | None]) -> bool:
    place = {dim: plan.coords[dim][at] for dim, at in place_of(cell).items()}
    if wanted["project"] is not None and "project" not in place:
        return False
    route = wanted["route"]
    if route is not None:
        wanted = {**wanted, "sector": sector_of(plan.experiment, route)}
    return all(label in (None, place.get(dim, label)) for dim, label in wanted.items())


def _check_trace(plan: Plan, draw: int, wanted: Mapping[str, str | None]) -> None:
    faults = []
    if not 0 <= draw < plan.draws:
        expected = f"0 to {plan.draws - 1}"
        faults.append(Fault("--draw", str(draw), expected, "draws are numbered from 0"))
    for dim, name in wanted.items():
        if name is not None and name not in plan.coords[dim]:
            known = ", ".join(plan.coords[dim]) or f"a run with {dim}s"
            faults.append(Fault(f"--{dim}", name, known, "choose one of the run"))
    if faults:
        raise ConfigError(faults)
