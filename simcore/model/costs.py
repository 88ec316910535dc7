"""Cost of a tonne before carbon, as nodes (MODEL 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from simcore.intake.entries import Made
from simcore.intake.hosts import followed, key_at, owner_of, route_of
from simcore.intake.measures import FIXED_OPEX
from simcore.intake.routes import Capture, Greenfield, Retrofit, Route
from simcore.intake.stated import commodity_unit, target_of, unit_of_field
from simcore.intake.usage import price_of, reference_of
from simcore.model.commodities import learning, unit_price
from simcore.model.hydrogen import qualifies
from simcore.model.scene import Scene, by_region, multiplier, quantity, read, remembered, wacc
from simcore.model.since import AVAILABLE
from simcore.model.yearly import yearly_quantity
from simcore.numerics.elementary import log, power
from simcore.quantities import ByYear, FactorReference
from simcore.quantities.records import Model
from simcore.variables import PLANT, outcome


@remembered
def made_by(scene: Scene, route: str) -> Route:
    """A route with all that it inherits from its host."""
    return route_of(scene.experiment.catalog, route)


@remembered
def capture_of(scene: Scene, route: str) -> Capture | None:
    """The capture plant of a route, if it has one."""
    record = scene.experiment.catalog.routes[route]
    return record.capture if isinstance(record, Retrofit) else None


@remembered
def route_quantity(scene: Scene, region: str, route: str, name: str, unit: str = "") -> int:
    """Node of a quantity of a route that may differ by region."""
    return _field(scene, region, route, made_by(scene, route), name, unit=unit)


def _field(
    scene: Scene, region: str, route: str, record: Model, field: str, part: str = "",
    *, unit: str = "",
) -> int:  # fmt: skip
    """Node of a field of a route or of a part of it, in the field's unit or in its second one."""
    unit, values = unit or unit_of_field(type(record), field), getattr(record, field)
    return _stated(scene, region, route, f"{part}{field}", values, unit)


def _stated(scene: Scene, region: str, route: str, key: str, values: Any, unit: str) -> int:
    """Node of what a route, or its host, states under a dotted name."""
    value, suffix = by_region(scene, values, region)
    key = key_at(scene.experiment.catalog, route, key)
    owner = owner_of(scene.experiment.catalog, route, key)
    twin = followed(scene.experiment.catalog, route, key)
    if twin is None:
        return yearly_quantity(scene, f"{owner}.{key}{suffix}", value, unit)
    other, its_own = twin
    its_value, its_suffix = by_region(scene, its_own, region)
    # One name for all regions would have to follow several.
    name = f"{owner}.{key}{suffix or its_suffix}"
    return _following(scene, name, value, unit, f"{other}.{key}{its_suffix}", its_value)


def same_everywhere(scene: Scene, route: str, key: str) -> int:
    """Node of a plain number of a route that is the same in all regions."""
    record = made_by(scene, route)
    value, unit = getattr(record, key), unit_of_field(type(record), key)
    name = f"{owner_of(scene.experiment.catalog, route, key)}.{key}"
    twin = followed(scene.experiment.catalog, route, key)
    if twin is None:
        return quantity(scene, name, value, unit)
    return _following(scene, name, value, unit, f"{twin[0]}.{key}", twin[1])


def _following(scene: Scene, name: str, value: Any, unit: str, other: str, its_value: Any) -> int:
    """Node of a quantity that follows the draws of another, unless it states a factor itself."""
    if isinstance(value, FactorReference) or value.factor is not None:
        return yearly_quantity(scene, name, value, unit)
    is_reference = isinstance(its_value, FactorReference)
    factor = its_value.name if is_reference else its_value.factor or other
    value = value.model_copy(update={"factor": factor})
    if isinstance(value, ByYear):
        return yearly_quantity(scene, name, value, unit)
    return quantity(scene, name, value, unit, label=name)


# --- what is inside ------------------------------------------------------------------------------


@remembered
def held_inside(scene: Scene, region: str, route: str) -> tuple[str, int] | None:
    """The route whose product a tonne of a route holds, and node of the tonnes of it; or None."""
    held = made_by(scene, route).made_from
    if held is None:
        return None
    return held.route, _field(scene, region, route, held, "amount", "made_from.")


def with_inside(
    scene: Scene, region: str, route: str, own: int, of: Callable[[str], int]
) -> int:  # fmt: skip
    """Node of what a route has of its own per tonne, and of what it holds of another's product has
    (MODEL 16.1)."""
    held = held_inside(scene, region, route)
    if held is None:
        return own
    other, amount = held
    return scene.graph.total([own, scene.graph.product(amount, of(other))])


@remembered
def per_tonne(scene: Scene, region: str, route: str, name: str) -> int:
    """Node of a quantity of a route per tonne of product, with what is inside."""
    own = route_quantity(scene, region, route, name)
    return with_inside(
        scene, region, route, own, lambda other: per_tonne(scene, region, other, name)
    )


# --- capital -------------------------------------------------------------------------------------


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
        else _field(scene, region, owner, _new(scene, owner), "capex", "greenfield.")
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
    capex = _field(scene, region, route, capture, "capex", "capture.")
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


# --- capture -------------------------------------------------------------------------------------


@remembered
def _taken(scene: Scene, region: str, route: str, group: str, name: str) -> int:
    """What capturing a tonne takes of a commodity, or what burning a unit of it emits."""
    capture = capture_of(scene, route)
    assert capture is not None
    entry = price_of(scene.experiment, name, region)
    assert entry is not None
    unit = commodity_unit(scene.experiment, name, entry)
    target = f"{unit}/t" if group == "inputs" else f"t/{unit}"
    key = f"capture.{group}.{name}"
    return _stated(scene, region, route, key, getattr(capture, group)[name], target)


@remembered
def emitted_by_capture(scene: Scene, region: str, route: str) -> int:
    """Emissions of capturing a tonne of CO2, t/t."""
    capture = capture_of(scene, route)
    assert capture is not None
    return scene.graph.total(
        scene.graph.product(
            _taken(scene, region, route, "inputs", name),
            _taken(scene, region, route, "emission_factors", name),
        )
        for name in capture.emission_factors
    )


@remembered
def unabated(scene: Scene, region: str, route: str, parts: tuple[str, ...] = ()) -> int:
    """Emissions of the plant without capture, t CO2e/t: as stated, or the sum of their parts; of
    the parts that are named, where nothing is stated of the whole."""
    made = made_by(scene, route)
    if made.emission_intensity:
        return route_quantity(scene, region, route, "emission_intensity")
    return scene.graph.total(
        _stated(scene, region, route, f"emission_parts.{name}", one, "t/t")
        for name, one in made.emission_parts.items() if name in (parts or made.emission_parts)
    )  # fmt: skip


@remembered
def captured(scene: Scene, region: str, route: str) -> int:
    """rate * reached / (1 - rate * own emissions a tonne captured), t CO2/t.

    Which is rate * (reached + own), as own is itself proportional to what is captured; reached is
    all that the plant emits, or those parts of it that the capture names, and the CO2 of biomass.
    """
    graph, capture = scene.graph, capture_of(scene, route)
    assert capture is not None
    rate = _field(scene, region, route, capture, "rate", "capture.")
    biogenic = route_quantity(scene, region, route, "biogenic_intensity")
    reached = graph.total([biogenic, unabated(scene, region, route, tuple(capture.parts))])
    again = graph.product(rate, emitted_by_capture(scene, region, route))
    left = graph.difference(graph.constant(1.0), again)
    first = graph.product(rate, reached)
    return graph.quotient(first, left)


@remembered
def stored_biomass(scene: Scene, region: str, route: str) -> int:
    """CO2 of biomass that the capture of a route stores, t/t (MODEL 6.8)."""
    capture = capture_of(scene, route)
    if capture is None:
        return scene.graph.constant(0.0)
    biogenic = route_quantity(scene, region, route, "biogenic_intensity")
    if scene.graph.is_constant(biogenic, 0.0):
        return biogenic
    return scene.graph.product(_field(scene, region, route, capture, "rate", "capture."), biogenic)


# --- what is bought and sold ---------------------------------------------------------------------


@remembered
def trades(
    scene: Scene, region: str, route: str, electrolyser: int | None = None
) -> list[tuple[str, int, int, float]]:
    """What a route buys and sells: commodity, nodes of quantity per tonne and price, sign.

    With what goes into the product that is inside.

    With the vintage of an electrolyser of its own, hydrogen costs what that makes it for.
    """
    return [
        (name, amount, unit_price(scene, name, region, electrolyser), sign)
        for name, amount, sign in amounts(scene, region, route)
    ]


def amounts(scene: Scene, region: str, route: str) -> Iterator[tuple[str, int, float]]:
    """What a tonne takes (1) and gives (-1) of commodities: name, node and sign, with what is
    inside. Without a word on prices: what emits, and so what carbon costs, follows from none."""
    record, held = made_by(scene, route), held_inside(scene, region, route)
    own = (
        (name, traded(scene, region, route, kind, name), sign)
        for kind, sign in (("inputs", 1.0), ("byproducts", -1.0)) for name in getattr(record, kind)
    )  # fmt: skip
    if held is None:
        yield from own
        return
    found = {(name, sign): amount for name, amount, sign in own}
    other, part = held
    for name, used, sign in amounts(scene, region, other):
        amount = scene.graph.product(part, used)
        before = found.get((name, sign))
        found[name, sign] = amount if before is None else scene.graph.sum(before, amount)
    yield from ((name, amount, sign) for (name, sign), amount in found.items())


@remembered
def traded(scene: Scene, region: str, route: str, kind: str, name: str) -> int:
    """Node of what a route itself buys or sells of a commodity per tonne, its capture included."""
    graph, capture = scene.graph, capture_of(scene, route)
    entry = price_of(scene.experiment, name, region)
    assert entry is not None
    unit = f"{commodity_unit(scene.experiment, name, entry)}/t"
    values = getattr(made_by(scene, route), kind)[name]
    amount = _stated(scene, region, route, f"{kind}.{name}", values, unit)
    if capture is None or kind == "byproducts":
        return amount
    extra: list[int] = []
    taken = captured(scene, region, route)
    if name in capture.inputs:
        each = _taken(scene, region, route, "inputs", name)
        extra.append(graph.product(each, taken))
    if name == capture.storage:
        extra.append(taken)
    return graph.total([amount, *extra])


class MadeInput(NamedTuple):
    """An input that is made elsewhere: its name, node of t per tonne, where, and by which route."""

    name: str
    amount: int
    origin: str
    route: str


@remembered
def made_inputs(scene: Scene, region: str, route: str) -> list[MadeInput]:
    """Inputs of a route in a region, and of what is inside, that are made elsewhere."""
    found = []
    for name, amount, sign in amounts(scene, region, route):
        price = price_of(scene.experiment, name, region)
        if isinstance(price, Made) and sign > 0:
            found.append(MadeInput(name, amount, price.region, price.route))
    return found


@outcome(
    over=PLANT,
    unit="{money} t-1",
    title="Levelised cost",
    since=AVAILABLE,
    asked_as=("lcos", "lcop", "lcoe", "levelized_cost", "production_cost"),
)
@remembered
def levelised_cost(scene: Scene, region: str, route: str) -> int:
    """Cost of a tonne before carbon: annualised capital, operation and inputs."""
    return cost_of_vintage(scene, region, route)


@remembered
def support(scene: Scene, region: str, route: str) -> int:
    """Support of a tonne; of a route that buys hydrogen where that may have any."""
    stated = per_tonne(scene, region, route, "support")
    buys = any(name == "hydrogen" and sign > 0 for name, _, sign in amounts(scene, region, route))
    if not buys or scene.graph.is_constant(stated, 0.0):
        return stated
    return scene.graph.product(stated, qualifies(scene, region))


@remembered
def cost_of_vintage(
    scene: Scene, region: str, route: str, vintage: int | None = None,
    *, electrolyser: int | None = None, capital_charge: int | None = None,
    output: float | None = None,
) -> int:  # fmt: skip
    """Levelised cost of a plant of an output that was built in a year, and its electrolyser; or in
    each.

    `capital_charge` stands in the place of its own, where that is none of the run's.
    """
    bought = trades(scene, region, route, electrolyser)
    pairs = [node for _, amount, unit_price, _ in bought for node in (amount, unit_price)]
    net_opex = scene.graph.difference(
        per_tonne(scene, region, route, "other_opex"),
        support(scene, region, route),
    )
    other = scene.graph.sum(fixed_charge(scene, region, route, vintage, output), net_opex)
    charge, multiplier = capital(scene, region, route, vintage, output)
    if capital_charge is not None:
        charge, multiplier = capital_charge, scene.graph.constant(1.0)
    return scene.graph.node(
        "LEVELISED", capital=charge, learning=multiplier, other=other, pairs=pairs,
        signs=[sign for *_, sign in bought],
    )  # fmt: skip
