"""What a plant that is decided on costs, earns and is worth, as nodes (MODEL 11).

Its capital is that of the year in which it starts, for all its life; prices and rules are those of
each year.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from simcore.intake.projects import Project
from simcore.intake.stated import unit_of_field
from simcore.intake.usage import replaced_by
from simcore.model.capital import built_in, capital
from simcore.model.costs import cost_of_vintage
from simcore.model.emissions import emissions
from simcore.model.phases import by_phase, conversion_charges, own_from
from simcore.model.premium import netted_value
from simcore.model.routes import route_quantity, same_everywhere
from simcore.model.scene import Scene, quantity, read, remembered, wacc
from simcore.model.since import first_year
from simcore.variables import PROJECT, Since, outcome


def project_of(scene: Scene, project: str) -> Project | None:
    """The record of a project; None where a scenario has none of that name."""
    return scene.experiment.projects.get(project)


def _first(scene: Scene, place: Mapping[str, str]) -> int:
    """First year of production; none of the run where the route or the project is not there."""
    one = project_of(scene, place["project"])
    never = scene.experiment.years.last + 1
    if one is None:
        return never
    routes = (one.route, replaced_by(scene.experiment, place["project"]))
    there = max(first_year(scene, route) for route in routes)
    return one.start if one.start >= there else never


def last_of(scene: Scene, place: Mapping[str, str]) -> int:
    """Last year of production."""
    one = project_of(scene, place["project"])
    return 0 if one is None else one.end


PRODUCING: Final = Since(_first, last=last_of)
"""While the plant produces."""
DECIDED: Final = Since(_first)
"""One value for its life."""

COMES: Final[dict[str, Any]] = {"usual": False, "comes_with": "projects"}


@remembered
def rate_of(scene: Scene, project: str) -> int:
    """Node of the discount rate of a project."""
    one = scene.experiment.projects[project]
    if one.rate is not None:
        return read(scene, one, "rate", project)
    return scene.graph.sum(
        wacc(scene, one.region), same_everywhere(scene, one.route, "risk_premium")
    )


@outcome(over=PROJECT, unit="{money} t-1", title="Cost of a project", since=PRODUCING, **COMES)
@remembered
def project_cost(scene: Scene, project: str) -> int | None:
    """Cost of a tonne before carbon, the capital that of the year in which the plant starts."""
    one = project_of(scene, project)
    if one is None:
        return None
    return by_phase(
        scene, project, lambda route, first: _cost_in_phase(scene, project, route, first)
    )


def _cost_in_phase(scene: Scene, project: str, route: str, first: int) -> int:
    """Node of the cost of a tonne while the plant runs on a route from a year on: the capital is
    that of the first route and of conversions, all else of this one."""
    one = scene.experiment.projects[project]
    charge = None if first == one.start else plant_charge(scene, project, first)
    return cost_of_vintage(
        scene, one.region, route, first, electrolyser=own_from(one, first), capital_charge=charge,
        output=one.output,
    )  # fmt: skip


@remembered
def plant_charge(scene: Scene, project: str, until: int) -> int:
    """Node of the capital that a tonne bears of what was built up to a year: the plant of the start
    and conversions, without an electrolyser."""
    one, graph = scene.experiment.projects[project], scene.graph
    built, _ = capital(scene, one.region, one.route, one.start, one.output)
    return graph.total([built, *conversion_charges(scene, project, until)])


@remembered
def alternative_cost_of(scene: Scene, project: str) -> int:
    """Node of the cost of a tonne of what a project is set against, before carbon (MODEL 11.3)."""
    one, route = scene.experiment.projects[project], replaced_by(scene.experiment, project)
    charge = None
    if one.against is not None and one.against.capital != "full":
        charge = _capital_of_what_stands(scene, project, route)
    return cost_of_vintage(
        scene, one.region, route, one.start, capital_charge=charge, output=one.output
    )


def _capital_of_what_stands(scene: Scene, project: str, route: str) -> int:
    """Node of the charge of relining what a project replaces; nothing where it is paid."""
    one, graph = scene.experiment.projects[project], scene.graph
    against = one.against
    assert against is not None
    if against.capital == "sunk":
        return graph.constant(0.0)
    spent = quantity(
        scene, f"{project}.against.reline", against.reline, unit_of_field(type(against), "reline")
    )
    recovery = graph.node(
        "CAPITAL_RECOVERY", wacc=wacc(scene, one.region),
        risk=same_everywhere(scene, route, "risk_premium"), life=one.lifetime,
    )  # fmt: skip
    charge = graph.product(spent, recovery)
    charge = graph.quotient(charge, route_quantity(scene, one.region, route, "utilisation"))
    return built_in(scene, charge, one.start)


@remembered
def avoided_by(scene: Scene, project: str) -> int:
    """Node of the emissions that a tonne of a project avoids, t CO2e/t."""
    one, route = scene.experiment.projects[project], replaced_by(scene.experiment, project)
    own = by_phase(scene, project, lambda way, _: emissions(scene, one.region, way))
    return scene.graph.difference(emissions(scene, one.region, route), own)


@remembered
def green_revenue(scene: Scene, project: str) -> int:
    """Node of what buyers pay on top for a tonne of a project, over all that it makes."""
    one, graph = scene.experiment.projects[project], scene.graph
    sold = read(scene, one, "sold", project)
    if graph.is_constant(sold, 0.0):
        return sold
    if one.willing is not None:
        paid = read(scene, one, "willing", project)
    else:
        buyer = one.buyer or scene.experiment.value.buyer
        paid = read(scene, scene.experiment.catalog.buyers[buyer], "willingness", buyer)
    return graph.product(sold, paid)


@outcome(
    over=PROJECT,
    unit="{money} t-1",
    title="Gap of a project",
    since=PRODUCING,
    sign="Above zero a tonne lacks something.",
    **COMES,
)
@remembered
def project_gap(scene: Scene, project: str) -> int | None:
    """project_cost - cost of what it is set against - the carbon cost that it saves - what buyers
    pay on top: what the project lacks before support."""
    one, graph = project_of(scene, project), scene.graph
    if one is None:
        return None
    route = replaced_by(scene.experiment, project)
    saved = by_phase(
        scene, project,
        lambda way, _: netted_value(scene, one.region, one.destination, way, route, one.buyer),
    )  # fmt: skip
    cost = project_cost(scene, project)
    assert cost is not None
    extra = graph.difference(cost, alternative_cost_of(scene, project))
    return graph.difference(graph.difference(extra, saved), green_revenue(scene, project))


@remembered
def present_value(
    scene: Scene, project: str, amount: int, rate: int | None = None,
    valued_in: int | None = None, held: bool = True,
) -> int:  # fmt: skip
    """Node of the sum over the life of a project of an amount of each year, discounted.

    At its own rate, and to the year of its valuation, unless another one is given; the amount of
    the last year of the run is `held` for the years of life after it, or nothing is.
    """
    graph = scene.graph
    weight, first, last = _over_life(scene, project, valued_in, held=held).T
    log_rate = graph.node("LOG_GROWTH", rate=rate_of(scene, project) if rate is None else rate)
    return graph.node(
        "DISCOUNTED", amount=amount, log_rate=log_rate, weight=weight, first=first, last=last
    )


def _over_life(scene: Scene, project: str, valued_in: int | None, *, held: bool) -> np.ndarray:
    """By simulated year: whether the plant produces, and the years since the valuation from which
    and up to which its amount counts; the last year of the run stands for those after it."""
    one, horizon = scene.experiment.projects[project], scene.horizon
    last, lines = int(horizon[-1]), []
    for year in (int(each) for each in horizon):
        inside = one.start <= year <= one.end
        later = max(one.end - last, 0) if year == last and held else 0
        since = year - (one.value_year if valued_in is None else valued_in)
        lines.append((float(inside), since, since + later))
    return scene.over_years(np.array(lines, dtype=float))
