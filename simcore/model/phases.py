"""A plant that is converted: which route it runs on in each year, and what converting costs, as
nodes (MODEL 11)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simcore.intake.projects import Project
from simcore.intake.stated import unit_of_field
from simcore.model.capital import built_in
from simcore.model.routes import route_quantity, same_everywhere
from simcore.model.scene import Scene, quantity, remembered, wacc


def by_phase(scene: Scene, project: str, make: Callable[[str, int], int]) -> int:
    """Node of a row that is in each year that of the route of the year; `make` gives that of a
    route and the first year of its phase. Of a plant that is never converted the row of its route.
    """
    spans, graph = scene.experiment.projects[project].spans, scene.graph
    if len(spans) == 1:
        return make(*spans[0])
    parts, horizon = [], scene.horizon
    for place, (route, first) in enumerate(spans):
        # The first phase stands for the years before it, the last for those after it.
        inside = np.ones(len(horizon), bool) if place == 0 else horizon >= first
        if place + 1 < len(spans):
            inside &= horizon < spans[place + 1][1]
        weight = scene.over_years(np.where(inside, 1.0, 0.0))
        parts.append(graph.node("SCHEDULED", value=make(route, first), weight=weight))
    return graph.total(parts)


def own_from(one: Project, first: int) -> int | None:
    """Year of the electrolyser that a plant has in a phase; None where hydrogen is bought."""
    return first if one.hydrogen == "own" else None


@remembered
def conversion_spent(scene: Scene, project: str, route: str, first: int) -> int:
    """Node of what converting to a route in a year costs per tonne that the plant makes a year."""
    one = scene.experiment.projects[project]
    assert one.conversion is not None
    spent = quantity(
        scene, f"{project}.conversion", one.conversion, unit_of_field(type(one), "conversion")
    )
    used = route_quantity(scene, one.region, route, "utilisation")
    return built_in(scene, scene.graph.quotient(spent, used), first)


def conversion_charges(scene: Scene, project: str, until: int) -> list[int]:
    """Nodes of what a tonne bears of each conversion up to a year, over the years of the plan that
    are left then."""
    one, graph = scene.experiment.projects[project], scene.graph
    if one.conversion is None:
        return []
    found = []
    for route, first in one.spans[1:]:
        if first <= until:
            recovery = graph.node(
                "CAPITAL_RECOVERY", wacc=wacc(scene, one.region),
                risk=same_everywhere(scene, route, "risk_premium"),
                life=one.planned_end - first + 1,
            )  # fmt: skip
            found.append(graph.product(conversion_spent(scene, project, route, first), recovery))
    return found
