"""What is made in one region and carried to another, as nodes: its price, its parts (MODEL 17)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from simcore.intake.entries import Made
from simcore.intake.stated import unit_of_field
from simcore.intake.usage import price_of
from simcore.model.carbon import border_cost, carbon_cost
from simcore.model.commodities import MADE_FOR, price_name, unit_price
from simcore.model.costs import levelised_cost, made_inputs
from simcore.model.emissions import emissions
from simcore.model.scene import Scene, by_region, read, remembered
from simcore.model.yearly import yearly_quantity

ORIGIN_COMPONENTS: Final = ("origin", "origin_carbon", "freight", "border")
"""Parts of a cost premium that inputs made elsewhere have, in the order of a waterfall."""


@remembered
def freight(scene: Scene, name: str, region: str) -> int:
    """Node of what bringing a tonne from its origin to a region costs, EUR/t."""
    record = price_of(scene.experiment, name, region)
    assert isinstance(record, Made)
    value, suffix = by_region(scene, record.freight, region)
    own = f"{price_name(scene.experiment, name, region)}.freight{suffix}"
    return yearly_quantity(scene, own, value, unit_of_field(Made, "freight"))


def _price(scene: Scene, name: str, region: str, record: Made) -> int:
    """(levelised cost + carbon cost at the origin, net of what is paid back of it + freight)*(1 +
    margin), EUR/t."""
    graph = scene.graph
    margin = read(scene, record, "margin", price_name(scene.experiment, name, region))
    cost = graph.total([
        levelised_cost(scene, record.region, record.route),
        carbon_cost(scene, record.region, "domestic", record.route),
        freight(scene, name, region),
    ])  # fmt: skip
    return graph.product(cost, graph.sum(graph.constant(1.0), margin))


MADE_FOR[Made] = _price


@remembered
def origin_parts(scene: Scene, region: str, route: str) -> dict[str, int]:
    """What inputs that are made elsewhere cost a tonne, by component; nothing without any.

    `origin` is all of the price but the carbon cost there and freight: with the margin.
    """
    graph, inputs = scene.graph, made_inputs(scene, region, route)
    if not inputs:
        return {}
    parts: dict[str, list[int]] = {"origin": [], "origin_carbon": [], "freight": []}
    for one in inputs:
        carbon = carbon_cost(scene, one.origin, "domestic", one.route)
        carried = freight(scene, one.name, region)
        whole = unit_price(scene, one.name, region)
        gate = graph.difference(graph.difference(whole, carbon), carried)
        for part, node in (("origin", gate), ("origin_carbon", carbon), ("freight", carried)):
            parts[part].append(graph.product(one.amount, node))
    found = {part: graph.total(nodes) for part, nodes in parts.items()}
    return {**found, "border": border_cost(scene, region, route)}


def origin_terms(scene: Scene, region: str, route: str) -> Iterator[tuple[str, str, int]]:
    """Name, unit and node of what stands behind each input that is made elsewhere."""
    for one in made_inputs(scene, region, route):
        where = f"{one.name}, made in {one.origin} by {one.route}"
        yield f"{where}: cost there", "EUR/t", levelised_cost(scene, one.origin, one.route)
        carbon = carbon_cost(scene, one.origin, "domestic", one.route)
        yield f"{where}: carbon cost there", "EUR/t", carbon
        yield f"{where}: freight", "EUR/t", freight(scene, one.name, region)
        yield f"{where}: emissions there", "t/t", emissions(scene, one.origin, one.route)
