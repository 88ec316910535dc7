"""Capital and fixed cost of a plant and of its capture, as nodes (MODEL 6)."""

from __future__ import annotations

import numpy as np

from simcore.intake.hosts import owner_of
from simcore.intake.measures import FIXED_OPEX
from simcore.intake.routes import Greenfield
from simcore.intake.stated import target_of, unit_of_field
from simcore.intake.usage import reference_of
from simcore.model.capture import captured
from simcore.model.commodities import learning
from simcore.model.routes import (
    capture_of,
    field_of,
    held_inside,
    made_by,
    route_quantity,
    same_everywhere,
    with_inside,
)
from simcore.model.scene import Scene, by_region, multiplier, read, remembered, wacc
from simcore.numerics.elementary import log, power


@remembered
def investment(scene: Scene, region: str, route: str, output: float | None = None) -> int:
    """capex * region factor * size effect, before learning and the surcharges of first plants.

    Without the capture plant of a retrofit, which learns apart; of a plant of an output, or of that
    of `plant`.
    """
    graph, owner = scene.graph, _builder(scene, route)
    capex = (
        route_quantity(scene, region, route, "capex")
        if owner is None
        else field_of(scene, region, owner, _new(scene, owner), "capex", "greenfield.")
    )
    size = size_effect(scene, route, output)
    capex = graph.product(capex, _capex_factor(scene, region))
    return capex if graph.is_constant(size, 1.0) else graph.product(capex, size)


def _builder(scene: Scene, route: str) -> str | None:
    """Who states the new plant that a route is charged for, or None where it is renewed."""
    new = made_by(scene, route).greenfield
    if new is None or scene.experiment.reference_capital != "new":
        return None
    return owner_of(scene.experiment.catalog, route, "greenfield")


def _new(scene: Scene, owner: str) -> Greenfield:
    found = made_by(scene, owner).greenfield
    assert found is not None
    return found


@remembered
def size_effect(scene: Scene, route: str, output: float | None = None) -> int:
    """(output / reference)^(exponent - 1); 1 without a size. The output is that which the size
    states, else that which is given, else that of `plant`."""
    graph, size = scene.graph, made_by(scene, route).size
    one = graph.constant(1.0)
    if size is None:
        return one
    money = scene.experiment.money
    if output is None:
        output = scene.experiment.plant.output
    unit = unit_of_field(type(size), "reference")
    if size.output is not None:
        output = size.output.value * multiplier(size.output, unit, money)
    ratio = output / (size.reference.value * multiplier(size.reference, unit, money))
    owner = owner_of(scene.experiment.catalog, route, "size")
    exponent = read(scene, size, "exponent", owner, "size_exponent")
    found = graph.nodes[exponent]
    if found.operation is None:
        return graph.constant(power(ratio, found.numbers[0] - 1.0))
    # A technology of which all learns along a capacity that never changes.
    return graph.node(
        "LEARNING", exponent=graph.difference(exponent, one), z=graph.constant(0.0), share=one,
        centre=np.full(len(scene.years), log(ratio)), above=0.0, below=0.0,
    )  # fmt: skip


@remembered
def capital_charge(scene: Scene, region: str, route: str, output: float | None = None) -> int:
    """investment * first of a kind * idc * CRF / utilisation, before learning."""
    graph, record = scene.graph, made_by(scene, route)
    if scene.experiment.reference_capital == "sunk" and stands_already(scene, region, route):
        return graph.constant(0.0)
    risk = same_everywhere(scene, route, "risk_premium")
    recovery = graph.node(
        "CAPITAL_RECOVERY", wacc=wacc(scene, region), risk=risk, life=record.lifetime
    )
    first = same_everywhere(scene, route, "first_of_a_kind")
    owner = _builder(scene, route)
    if owner is None:
        built = same_everywhere(scene, route, "interest_during_construction")
    else:
        new = _new(scene, owner)
        built = read(scene, new, "interest_during_construction", f"{owner}.greenfield")
    charge = scene.graph.product(investment(scene, region, route, output), first, built, recovery)
    used = route_quantity(scene, region, route, "utilisation")
    return graph.quotient(charge, used)


def stands_already(scene: Scene, region: str, route: str) -> bool:
    """Whether a plant is there before the decision, so that its capital may be sunk."""
    owner = owner_of(scene.experiment.catalog, route, "capex")
    reference = reference_of(scene.experiment, region, route)
    return made_by(scene, route).greenfield is not None or owner == reference


def _capex_factor(scene: Scene, region: str) -> int:
    return read(scene, scene.experiment.catalog.regions[region], "capex_factor", region)


def built_in(scene: Scene, node: int, vintage: int | None) -> int:
    """Node of a cost of capital as it is in the year in which the plant is built; in each year
    without a vintage. No price goes into it, so that it is known before that year."""
    return node if vintage is None else scene.graph.in_year(node, vintage - scene.start)


@remembered
def capital(
    scene: Scene, region: str, route: str, vintage: int | None = None, output: float | None = None
) -> tuple[int, int]:
    """Capital charge and the multiplier of learning that it still has to meet, with that of the
    plant whose product is inside.

    Of a plant of a vintage the charge of that year, for all years.
    """
    graph = scene.graph
    if vintage is not None:
        charge = graph.product(*capital(scene, region, route, output=output))
        return built_in(scene, charge, vintage), graph.constant(1.0)
    charge, multiplier = _own_capital(scene, region, route, output)
    if held_inside(scene, region, route) is None:
        return charge, multiplier
    both = with_inside(
        scene, region, route, graph.product(charge, multiplier),
        lambda other: graph.product(*capital(scene, region, other)),
    )  # fmt: skip
    return both, graph.constant(1.0)


def _own_capital(scene: Scene, region: str, route: str, output: float | None) -> tuple[int, int]:
    graph = scene.graph
    plant = capital_charge(scene, region, route, output)
    owner = owner_of(scene.experiment.catalog, route, "learning")
    multiplier = learning(scene, made_by(scene, route).learning, owner)
    capture = capture_of(scene, route)
    if capture is None:
        return plant, multiplier
    risk = read(scene, capture, "risk_premium", f"{route}.capture")
    recovery = graph.node(
        "CAPITAL_RECOVERY", wacc=wacc(scene, region), risk=risk, life=capture.lifetime
    )
    first, built = (
        read(scene, capture, key, f"{route}.capture")
        for key in ("first_of_a_kind", "interest_during_construction")
    )
    annual = scene.graph.product(capture_capex(scene, region, route), first, built, recovery)
    used = route_quantity(scene, region, route, "utilisation")
    annual = graph.quotient(annual, used)
    learnt = learning(scene, capture.learning, f"{route}.capture")
    both = graph.sum(scene.graph.product(plant, multiplier), scene.graph.product(annual, learnt))
    return both, graph.constant(1.0)


@remembered
def capture_capex(scene: Scene, region: str, route: str) -> int:
    """Cost of equipping a capture plant before learning, EUR per tonne of product a year."""
    capture = capture_of(scene, route)
    assert capture is not None
    capex = field_of(scene, region, route, capture, "capex", "capture.")
    taken = captured(scene, region, route)
    return scene.graph.product(capex, taken, _capex_factor(scene, region))


@remembered
def fixed_charge(
    scene: Scene, region: str, route: str, vintage: int | None = None, output: float | None = None
) -> int:
    """fixed_opex / utilisation; a share per year is one of the investment after learning.

    With a vintage, of the investment of that year. That of a capture plant is a share of what its
    equipment costs before learning. With that of the plant whose product is inside.
    """
    own = _own_fixed_charge(scene, region, route, vintage, output)
    return with_inside(
        scene, region, route, own, lambda other: fixed_charge(scene, region, other, vintage)
    )


def _own_fixed_charge(
    scene: Scene, region: str, route: str, vintage: int | None, output: float | None
) -> int:
    graph, record = scene.graph, made_by(scene, route)
    value, _ = by_region(scene, record.fixed_opex, region)
    target = target_of(scene.experiment, value, FIXED_OPEX)
    fixed = route_quantity(scene, region, route, "fixed_opex", target)
    if target != FIXED_OPEX.unit:
        owner = owner_of(scene.experiment.catalog, route, "learning")
        learnt = learning(scene, record.learning, owner)
        invested = graph.product(investment(scene, region, route, output), learnt)
        fixed = graph.product(fixed, built_in(scene, invested, vintage))
    capture = capture_of(scene, route)
    if capture is not None:
        share = read(scene, capture, "fixed_opex", f"{route}.capture")
        equipped = built_in(scene, capture_capex(scene, region, route), vintage)
        kept = scene.graph.product(equipped, share)
        fixed = graph.sum(fixed, kept)
    used = route_quantity(scene, region, route, "utilisation")
    return graph.quotient(fixed, used)
