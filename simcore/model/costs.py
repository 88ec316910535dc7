"""Cost of a tonne before carbon, as nodes (MODEL 6)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simcore.intake.entries import FIXED_OPEX, Capture, Greenfield, Retrofit, Route
from simcore.intake.hosts import followed, owner_of, route_of
from simcore.intake.stated import commodity_unit, target_of, unit_of_field
from simcore.intake.usage import price_of, references
from simcore.model.commodities import learning, unit_price
from simcore.model.setting import Setting, by_region, multiplier, quantity, read, remembered, wacc
from simcore.model.since import AVAILABLE
from simcore.model.yearly import yearly_quantity
from simcore.quantities import ByYear, FactorReference
from simcore.quantities.records import Model
from simcore.variables import PLANT, outcome


@remembered
def made_by(setting: Setting, route: str) -> Route:
    """A route with all that it inherits from its host."""
    return route_of(setting.experiment.catalog, route)


@remembered
def capture_of(setting: Setting, route: str) -> Capture | None:
    """The capture plant of a route, if it has one."""
    record = setting.experiment.catalog.routes[route]
    return record.capture if isinstance(record, Retrofit) else None


@remembered
def route_quantity(setting: Setting, region: str, route: str, name: str, unit: str = "") -> int:
    """Node of a quantity of a route that may differ by region."""
    return _field(setting, region, route, made_by(setting, route), name, unit=unit)


def _field(
    setting: Setting, region: str, route: str, record: Model, field: str, part: str = "",
    *, unit: str = "",
) -> int:  # fmt: skip
    """Node of a field of a route or of a part of it, in the field's unit or in its second one."""
    unit, values = unit or unit_of_field(type(record), field), getattr(record, field)
    return _stated(setting, region, route, f"{part}{field}", values, unit)


def _stated(setting: Setting, region: str, route: str, key: str, values: Any, unit: str) -> int:
    """Node of what a route, or its host, states under a dotted name."""
    value, suffix = by_region(setting, values, region)
    owner = owner_of(setting.experiment.catalog, route, key)
    twin = followed(setting.experiment.catalog, route, key)
    if twin is None:
        return yearly_quantity(setting, f"{owner}.{key}{suffix}", value, unit)
    other, its_own = twin
    its_value, its_suffix = by_region(setting, its_own, region)
    # One name for all regions would have to follow several.
    name = f"{owner}.{key}{suffix or its_suffix}"
    return _following(setting, name, value, unit, f"{other}.{key}{its_suffix}", its_value)


def _same_everywhere(setting: Setting, route: str, key: str) -> int:
    """Node of a plain number of a route that is the same in all regions."""
    record = made_by(setting, route)
    value, unit = getattr(record, key), unit_of_field(type(record), key)
    name = f"{owner_of(setting.experiment.catalog, route, key)}.{key}"
    twin = followed(setting.experiment.catalog, route, key)
    if twin is None:
        return quantity(setting, name, value, unit)
    return _following(setting, name, value, unit, f"{twin[0]}.{key}", twin[1])


def _following(
    setting: Setting, name: str, value: Any, unit: str, other: str, its_value: Any
) -> int:
    """Node of a quantity that follows the draws of another, unless it states a factor itself."""
    if isinstance(value, FactorReference) or value.factor is not None:
        return yearly_quantity(setting, name, value, unit)
    is_reference = isinstance(its_value, FactorReference)
    factor = its_value.name if is_reference else its_value.factor or other
    value = value.model_copy(update={"factor": factor})
    if isinstance(value, ByYear):
        return yearly_quantity(setting, name, value, unit)
    return quantity(setting, name, value, unit, label=name)


# --- capital -------------------------------------------------------------------------------------


@remembered
def investment(setting: Setting, region: str, route: str) -> int:
    """capex * region factor * size effect, before learning and the surcharges of first plants.

    Without the capture plant of a retrofit, which learns apart.
    """
    graph, owner = setting.graph, _builder(setting, route)
    capex = (
        route_quantity(setting, region, route, "capex")
        if owner is None
        else _field(setting, region, owner, _new(setting, owner), "capex", "greenfield.")
    )
    size = size_effect(setting, route)
    capex = graph.product(capex, _capex_factor(setting, region))
    return capex if graph.is_constant(size, 1.0) else graph.product(capex, size)


def _builder(setting: Setting, route: str) -> str | None:
    """Who states the new plant that a route is charged for, or None where it is renewed."""
    new = made_by(setting, route).greenfield
    if new is None or setting.experiment.reference_capital != "new":
        return None
    return owner_of(setting.experiment.catalog, route, "greenfield")


def _new(setting: Setting, owner: str) -> Greenfield:
    found = made_by(setting, owner).greenfield
    assert found is not None
    return found


@remembered
def size_effect(setting: Setting, route: str) -> int:
    """(output / reference)^(exponent - 1); 1 without a size."""
    graph, size = setting.graph, made_by(setting, route).size
    one = graph.constant(1.0)
    if size is None:
        return one
    money, output = setting.experiment.money, setting.experiment.plant.output
    unit = unit_of_field(type(size), "reference")
    if size.output is not None:
        output = size.output.value * multiplier(size.output, unit, money)
    ratio = output / (size.reference.value * multiplier(size.reference, unit, money))
    owner = owner_of(setting.experiment.catalog, route, "size")
    exponent = read(setting, size, "exponent", owner, "size_exponent")
    found = graph.nodes[exponent]
    if found.operation is None:
        return graph.constant(ratio ** (found.numbers[0] - 1.0))
    # A technology of which all learns along a capacity that never changes.
    return graph.node(
        "LEARNING", exponent=graph.difference(exponent, one), z=graph.constant(0.0), share=one,
        centre=np.full(len(setting.years), math.log(ratio)), above=0.0, below=0.0,
    )  # fmt: skip


@remembered
def capital_charge(setting: Setting, region: str, route: str) -> int:
    """investment * first of a kind * idc * CRF / utilisation, before learning."""
    graph, record = setting.graph, made_by(setting, route)
    if setting.experiment.reference_capital == "sunk" and _stands_already(setting, region, route):
        return graph.constant(0.0)
    risk = _same_everywhere(setting, route, "risk_premium")
    recovery = graph.node(
        "CAPITAL_RECOVERY", wacc=wacc(setting, region), risk=risk, life=record.lifetime
    )
    first = _same_everywhere(setting, route, "first_of_a_kind")
    owner = _builder(setting, route)
    if owner is None:
        built = _same_everywhere(setting, route, "interest_during_construction")
    else:
        new = _new(setting, owner)
        built = read(setting, new, "interest_during_construction", f"{owner}.greenfield")
    charge = setting.graph.product(investment(setting, region, route), first, built, recovery)
    used = route_quantity(setting, region, route, "utilisation")
    return graph.quotient(charge, used)


def _stands_already(setting: Setting, region: str, route: str) -> bool:
    """Whether a plant is there before the decision, so that its capital may be sunk."""
    owner = owner_of(setting.experiment.catalog, route, "capex")
    reference = references(setting.experiment).get(region)
    return made_by(setting, route).greenfield is not None or owner == reference


def _capex_factor(setting: Setting, region: str) -> int:
    return read(setting, setting.experiment.catalog.regions[region], "capex_factor", region)


@remembered
def capital(setting: Setting, region: str, route: str) -> tuple[int, int]:
    """Capital charge and the multiplier of learning that it still has to meet."""
    graph = setting.graph
    plant = capital_charge(setting, region, route)
    owner = owner_of(setting.experiment.catalog, route, "learning")
    multiplier = learning(setting, made_by(setting, route).learning, owner)
    capture = capture_of(setting, route)
    if capture is None:
        return plant, multiplier
    risk = read(setting, capture, "risk_premium", f"{route}.capture")
    recovery = graph.node(
        "CAPITAL_RECOVERY", wacc=wacc(setting, region), risk=risk, life=capture.lifetime
    )
    first, built = (
        read(setting, capture, key, f"{route}.capture")
        for key in ("first_of_a_kind", "interest_during_construction")
    )
    annual = setting.graph.product(_capture_capex(setting, region, route), first, built, recovery)
    used = route_quantity(setting, region, route, "utilisation")
    annual = graph.quotient(annual, used)
    learnt = learning(setting, capture.learning, f"{route}.capture")
    both = graph.sum(
        setting.graph.product(plant, multiplier), setting.graph.product(annual, learnt)
    )
    return both, graph.constant(1.0)


@remembered
def _capture_capex(setting: Setting, region: str, route: str) -> int:
    """Cost of equipping a capture plant before learning, EUR per tonne of product a year."""
    capture = capture_of(setting, route)
    assert capture is not None
    capex = _field(setting, region, route, capture, "capex", "capture.")
    taken = captured(setting, region, route)
    return setting.graph.product(capex, taken, _capex_factor(setting, region))


@remembered
def fixed_charge(setting: Setting, region: str, route: str) -> int:
    """fixed_opex / utilisation; a share per year is one of the investment after learning.

    That of a capture plant is a share of what its equipment costs before learning.
    """
    graph, record = setting.graph, made_by(setting, route)
    value, _ = by_region(setting, record.fixed_opex, region)
    target = target_of(setting.experiment, value, FIXED_OPEX)
    fixed = route_quantity(setting, region, route, "fixed_opex", target)
    if target != FIXED_OPEX.unit:
        owner = owner_of(setting.experiment.catalog, route, "learning")
        learnt = learning(setting, record.learning, owner)
        fixed = setting.graph.product(fixed, investment(setting, region, route), learnt)
    capture = capture_of(setting, route)
    if capture is not None:
        share = read(setting, capture, "fixed_opex", f"{route}.capture")
        kept = setting.graph.product(_capture_capex(setting, region, route), share)
        fixed = graph.sum(fixed, kept)
    used = route_quantity(setting, region, route, "utilisation")
    return graph.quotient(fixed, used)


# --- capture -------------------------------------------------------------------------------------


@remembered
def _taken(setting: Setting, region: str, route: str, group: str, name: str) -> int:
    """What capturing a tonne takes of a commodity, or what burning a unit of it emits."""
    capture = capture_of(setting, route)
    assert capture is not None
    entry = price_of(setting.experiment, name, region)
    assert entry is not None
    unit = commodity_unit(setting.experiment, name, entry)
    target = f"{unit}/t" if group == "inputs" else f"t/{unit}"
    key = f"capture.{group}.{name}"
    return _stated(setting, region, route, key, getattr(capture, group)[name], target)


@remembered
def _emitted_by_capture(setting: Setting, region: str, route: str) -> int:
    """Emissions of capturing a tonne of CO2, t/t."""
    capture = capture_of(setting, route)
    assert capture is not None
    return setting.graph.total(
        setting.graph.product(
            _taken(setting, region, route, "inputs", name),
            _taken(setting, region, route, "emission_factors", name),
        )
        for name in capture.emission_factors
    )


@remembered
def captured(setting: Setting, region: str, route: str) -> int:
    """rate * unabated / (1 - rate * own emissions a tonne captured), t CO2/t.

    Which is rate * (unabated + own), as own is itself proportional to what is captured.
    """
    graph, capture = setting.graph, capture_of(setting, route)
    assert capture is not None
    rate = _field(setting, region, route, capture, "rate", "capture.")
    unabated = route_quantity(setting, region, route, "emission_intensity")
    again = graph.product(rate, _emitted_by_capture(setting, region, route))
    left = graph.difference(graph.constant(1.0), again)
    first = graph.product(rate, unabated)
    return graph.quotient(first, left)


@remembered
def direct_emissions(setting: Setting, region: str, route: str) -> int:
    """Emissions of the plant itself, t CO2e/t: after capture, what is unabated and own less it."""
    graph = setting.graph
    unabated = route_quantity(setting, region, route, "emission_intensity")
    if capture_of(setting, route) is None:
        return unabated
    taken = captured(setting, region, route)
    own = graph.product(taken, _emitted_by_capture(setting, region, route))
    emitted = graph.sum(unabated, own)
    return graph.difference(emitted, taken)


# --- what is bought and sold ---------------------------------------------------------------------


@remembered
def trades(setting: Setting, region: str, route: str) -> list[tuple[str, int, int, float]]:
    """What a route buys and sells: commodity, nodes of quantity per tonne and price, sign."""
    found = []
    record = made_by(setting, route)
    for kind, sign in (("inputs", 1.0), ("byproducts", -1.0)):
        for name in getattr(record, kind):
            amount = traded(setting, region, route, kind, name)
            found.append((name, amount, unit_price(setting, name, region), sign))
    return found


@remembered
def traded(setting: Setting, region: str, route: str, kind: str, name: str) -> int:
    """Node of what a route buys or sells of a commodity per tonne, its capture included."""
    graph, capture = setting.graph, capture_of(setting, route)
    entry = price_of(setting.experiment, name, region)
    assert entry is not None
    unit = f"{commodity_unit(setting.experiment, name, entry)}/t"
    values = getattr(made_by(setting, route), kind)[name]
    amount = _stated(setting, region, route, f"{kind}.{name}", values, unit)
    if capture is None or kind == "byproducts":
        return amount
    extra: list[int] = []
    taken = captured(setting, region, route)
    if name in capture.inputs:
        each = _taken(setting, region, route, "inputs", name)
        extra.append(graph.product(each, taken))
    if name == capture.storage:
        extra.append(taken)
    return graph.total([amount, *extra])


@outcome(
    over=PLANT,
    unit="{money} t-1",
    title="Levelised cost",
    since=AVAILABLE,
    description="Cost of a tonne before carbon: annualised capital, operation and inputs.",
)
@remembered
def levelised_cost(setting: Setting, region: str, route: str) -> int:
    """Levelised cost of a tonne, EUR/t."""
    bought = trades(setting, region, route)
    pairs = [node for _, amount, unit_price, _ in bought for node in (amount, unit_price)]
    net_opex = setting.graph.difference(
        route_quantity(setting, region, route, "other_opex"),
        route_quantity(setting, region, route, "support"),
    )
    other = setting.graph.sum(fixed_charge(setting, region, route), net_opex)
    charge, multiplier = capital(setting, region, route)
    return setting.graph.node(
        "LEVELISED", capital=charge, learning=multiplier, other=other, pairs=pairs,
        signs=[sign for *_, sign in bought],
    )  # fmt: skip
