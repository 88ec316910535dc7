"""What it costs to build the plant of a project, as nodes (MODEL 11).

Money that is spent, without interest during construction and the recovery of capital.
"""

from __future__ import annotations

from simcore.intake.entries import Electrolysis
from simcore.intake.hosts import owner_of
from simcore.intake.stated import unit_of_field
from simcore.intake.usage import price_of, replaced_by
from simcore.model.capital import built_in, capture_capex, investment, stands_already
from simcore.model.commodities import electrolyser_capital, learning
from simcore.model.costs import trades
from simcore.model.phases import conversion_spent
from simcore.model.routes import capture_of, made_by, route_quantity, same_everywhere, with_inside
from simcore.model.scene import Scene, quantity, read, remembered


@remembered
def investment_of_vintage(
    scene: Scene, region: str, route: str, vintage: int, output: float | None
) -> int:
    """Node of the money spent on a plant of a year and an output, per tonne of capacity: capital
    after learning, with the surcharge of a first plant, and a capture plant; of what stands already
    nothing where that is sunk."""
    graph, owner = scene.graph, owner_of(scene.experiment.catalog, route, "learning")
    learnt = learning(scene, made_by(scene, route).learning, owner)
    first = same_everywhere(scene, route, "first_of_a_kind")
    sunk = scene.experiment.reference_capital == "sunk" and stands_already(scene, region, route)
    built = graph.constant(0.0) if sunk else investment(scene, region, route, output)
    spent = graph.product(built, first, learnt)
    capture = capture_of(scene, route)
    if capture is not None:
        surcharge = read(scene, capture, "first_of_a_kind", f"{route}.capture")
        falls = learning(scene, capture.learning, f"{route}.capture")
        equipment = graph.product(capture_capex(scene, region, route), surcharge, falls)
        spent = graph.sum(spent, equipment)
    return built_in(scene, spent, vintage)


def _spent_per_tonne(
    scene: Scene, region: str, route: str, vintage: int, output: float | None
) -> int:
    """Node of the money spent on a plant, and on that whose product is inside, per tonne that it
    makes a year."""
    own = scene.graph.quotient(
        investment_of_vintage(scene, region, route, vintage, output),
        route_quantity(scene, region, route, "utilisation"),
    )
    return with_inside(
        scene, region, route, own,
        lambda other: _spent_per_tonne(scene, region, other, vintage, None),
    )  # fmt: skip


@remembered
def project_investment(scene: Scene, project: str) -> int:
    """Node of the money spent on a project for its start per tonne that it makes a year, its own
    electrolyser included; times the output, in 1e6 EUR (MODEL 11.12)."""
    one, graph = scene.experiment.projects[project], scene.graph
    spent = _spent_per_tonne(scene, one.region, one.route, one.start, one.output)
    equipped = own_equipment(scene, project, one.route, one.start)
    parts = [spent, *(graph.product(need, cost) for need, cost, _ in equipped)]
    return built_in(scene, graph.total(parts), one.start)


@remembered
def conversion_investments(scene: Scene, project: str) -> dict[int, int]:
    """Nodes of what each conversion costs, with the electrolyser that comes with it, by its year;
    per tonne that the plant makes a year."""
    one, graph, found = scene.experiment.projects[project], scene.graph, dict[int, int]()
    for route, first in one.spans[1:]:
        spent = graph.total([
            *([] if one.conversion is None else [conversion_spent(scene, project, route, first)]),
            *(graph.product(need, cost)
              for need, cost, _ in own_equipment(scene, project, route, first)),
        ])  # fmt: skip
        found[first] = built_in(scene, spent, first)
    return found


@remembered
def own_equipment(scene: Scene, project: str, route: str, first: int) -> list[tuple[int, int, int]]:
    """Of each good that a project makes itself on a route from a year on: nodes of what a tonne
    takes of it, of what the capacity for a unit a year costs to build, and of its capital recovery.
    """
    one = scene.experiment.projects[project]
    if one.hydrogen != "own":
        return []
    found = []
    for name, need, _, sign in trades(scene, one.region, route):
        if sign > 0 and isinstance(price_of(scene.experiment, name, one.region), Electrolysis):
            cost, recovery = electrolyser_capital(scene, name, one.region)
            found.append((need, built_in(scene, cost, first), recovery))
    return found


@remembered
def alternative_investment(scene: Scene, project: str) -> int:
    """Node of what building or relining what a project is set against would cost, per tonne that
    it makes a year."""
    one, graph = scene.experiment.projects[project], scene.graph
    route, against = replaced_by(scene.experiment, project), one.against
    if against is not None and against.capital == "reline":
        spent = quantity(
            scene, f"{project}.against.reline", against.reline,
            unit_of_field(type(against), "reline"),
        )  # fmt: skip
    elif against is not None and against.capital == "sunk":
        return graph.constant(0.0)
    else:
        spent = _spent_per_tonne(scene, one.region, route, one.start, one.output)
        return built_in(scene, spent, one.start)
    used = route_quantity(scene, one.region, route, "utilisation")
    return built_in(scene, graph.quotient(spent, used), one.start)
