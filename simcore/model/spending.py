"""What a project spends to be built, and when, as nodes (MODEL 11).

Its capital is that of the year in which it starts. That is known in every year, as no price goes
into it, so that what is spent before the start stands in the year in which it is spent.
"""

from __future__ import annotations

from simcore.intake.entries import Electrolysis
from simcore.intake.hosts import owner_of
from simcore.intake.usage import price_of
from simcore.model.commodities import electrolyser_capital, learning
from simcore.model.costs import (
    capture_capex,
    capture_of,
    cost_of_vintage,
    investment,
    made_by,
    route_quantity,
    same_everywhere,
    stands_already,
    traded,
)
from simcore.model.scene import Scene, read, remembered


@remembered
def overnight_cost(scene: Scene, region: str, route: str) -> int:
    """Node of what the capacity for a tonne a year costs to build, without interest until then.

    EUR/(t/yr) of product, after learning and with the surcharge of a first plant.
    """
    graph = scene.graph
    if scene.experiment.reference_capital == "sunk" and stands_already(scene, region, route):
        return graph.constant(0.0)
    owner = owner_of(scene.experiment.catalog, route, "learning")
    built = graph.product(
        investment(scene, region, route),
        same_everywhere(scene, route, "first_of_a_kind"),
        learning(scene, made_by(scene, route).learning, owner),
    )
    capture = capture_of(scene, route)
    if capture is not None:
        added = graph.product(
            capture_capex(scene, region, route),
            read(scene, capture, "first_of_a_kind", f"{route}.capture"),
            learning(scene, capture.learning, f"{route}.capture"),
        )
        built = graph.sum(built, added)
    return graph.quotient(built, route_quantity(scene, region, route, "utilisation"))


@remembered
def _own_electrolysers(scene: Scene, project: str) -> list[tuple[int, int, int]]:
    """Of each good that a project makes itself: nodes of what a tonne takes of it, of what the
    capacity for a unit a year costs to build, and of its capital recovery."""
    one = scene.experiment.projects[project]
    if one.hydrogen != "own":
        return []
    found = []
    for name in made_by(scene, one.route).inputs:
        if isinstance(price_of(scene.experiment, name, one.region), Electrolysis):
            cost, recovery = electrolyser_capital(scene, name, one.region)
            amount = traded(scene, one.region, one.route, "inputs", name)
            found.append((amount, _at_start(scene, project, cost), recovery))
    return found


def _at_start(scene: Scene, project: str, node: int) -> int:
    line = scene.experiment.projects[project].start - scene.start
    return scene.graph.in_year(node, line)


@remembered
def invested(scene: Scene, project: str) -> int:
    """Node of the whole investment, 1e6 EUR, its own electrolyser included (MODEL 11.12)."""
    one, graph = scene.experiment.projects[project], scene.graph
    parts = [_at_start(scene, project, overnight_cost(scene, one.region, one.route))]
    for amount, cost, _ in _own_electrolysers(scene, project):
        parts.append(graph.product(_at_start(scene, project, amount), cost))
    return graph.scaled(graph.total(parts), one.output)


@remembered
def spending(scene: Scene, project: str) -> dict[int, int]:
    """Nodes of what is spent less grants by year after the start, 1e6 EUR (MODEL 11.13)."""
    whole, graph = invested(scene, project), scene.graph
    shares = scene.experiment.projects[project].spend
    return {year: graph.scaled(whole, shares[year]) for year in sorted(shares)}


@remembered
def operating_cost(scene: Scene, project: str) -> int:
    """Node of what a tonne costs without the capital of the plant and its electrolyser, and before
    carbon."""
    one, graph = scene.experiment.projects[project], scene.graph
    own = one.start if one.hydrogen == "own" else None
    cost = cost_of_vintage(
        scene, one.region, one.route, one.start, electrolyser=own,
        capital_charge=graph.constant(0.0),
    )  # fmt: skip
    for amount, built, recovery in _own_electrolysers(scene, project):
        cost = graph.difference(cost, graph.product(amount, built, recovery))
    return cost
