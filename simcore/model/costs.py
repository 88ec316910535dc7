"""Cost of a tonne before carbon, as nodes (MODEL 6)."""

from __future__ import annotations

from typing import Any

from simcore.kernels.operations import Operation
from simcore.model.commodities import commodity, learning
from simcore.model.setting import Setting, by_region, quantity, remembered, wacc
from simcore.spec.entries import Capture, Retrofit, Route
from simcore.spec.hosts import followed, owner_of, route_of
from simcore.spec.quantities import FactorReference
from simcore.spec.usage import commodity_unit, price_of, references


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
def route_quantity(setting: Setting, region: str, route: str, name: str, unit: str) -> int:
    """Node of a quantity of a route that may differ by region."""
    return _stated(setting, region, route, name, getattr(made_by(setting, route), name), unit)


def _stated(setting: Setting, region: str, route: str, key: str, values: Any, unit: str) -> int:
    """Node of what a route, or its host, states under a dotted name."""
    value, suffix = by_region(values, region)
    owner = owner_of(setting.experiment.catalog, route, key)
    twin = followed(setting.experiment.catalog, route, key)
    follows = None
    if twin is not None:
        other, its_own = twin
        its_value, its_suffix = by_region(its_own, region)
        follows = f"{other}.{key}{its_suffix}"
        if isinstance(its_value, FactorReference):
            follows = its_value.name
        # One name for all regions would have to follow several.
        suffix = suffix or its_suffix
    return quantity(setting, f"{owner}.{key}{suffix}", value, unit, follows=follows)


def _same_everywhere(setting: Setting, route: str, key: str) -> int:
    """Node of a plain number of a route that is the same in all regions."""
    value = getattr(made_by(setting, route), key)
    owner = owner_of(setting.experiment.catalog, route, key)
    twin = followed(setting.experiment.catalog, route, key)
    follows = None
    if twin is not None:
        other, its_own = twin
        is_factor = isinstance(its_own, FactorReference)
        follows = its_own.name if is_factor else f"{other}.{key}"
    return quantity(setting, f"{owner}.{key}", value, "1", follows=follows)


def _product(setting: Setting, *nodes: int) -> int:
    first, *others = nodes
    for node in others:
        first = setting.graph.add(Operation.PRODUCT, (first, node))
    return first


# --- capital -------------------------------------------------------------------------------------


@remembered
def capital_charge(setting: Setting, region: str, route: str) -> int:
    """capex * region factor * first of a kind * idc * CRF / utilisation, before learning.

    Without the capture plant of a retrofit, which learns apart.
    """
    graph, record = setting.graph, made_by(setting, route)
    capital = setting.experiment.reference_capital
    if capital == "sunk" and _stands_already(setting, region, route):
        return graph.constant(0.0)
    risk = _same_everywhere(setting, route, "risk_premium")
    recovery = graph.add(
        Operation.CAPITAL_RECOVERY, (wacc(setting, region), risk), numbers=(record.lifetime,)
    )
    capex = route_quantity(setting, region, route, "capex", "EUR/(t/yr)")
    first, built = (
        _same_everywhere(setting, route, key)
        for key in ("first_of_a_kind", "interest_during_construction")
    )
    if capital == "new" and record.greenfield is not None:
        owner = owner_of(setting.experiment.catalog, route, "greenfield")
        new = record.greenfield
        capex = _stated(setting, region, owner, "greenfield.capex", new.capex, "EUR/(t/yr)")
        built = quantity(
            setting, f"{owner}.greenfield.interest_during_construction",
            new.interest_during_construction, "1",
        )  # fmt: skip
    charge = _product(setting, capex, _capex_factor(setting, region), first, built, recovery)
    used = route_quantity(setting, region, route, "utilisation", "1")
    return graph.add(Operation.QUOTIENT, (charge, used))


def _stands_already(setting: Setting, region: str, route: str) -> bool:
    """Whether a plant is there before the decision, so that its capital may be sunk."""
    owner = owner_of(setting.experiment.catalog, route, "capex")
    reference = references(setting.experiment).get(region)
    return made_by(setting, route).greenfield is not None or owner == reference


def _capex_factor(setting: Setting, region: str) -> int:
    factor = setting.experiment.catalog.regions[region].capex_factor
    return quantity(setting, f"{region}.capex_factor", factor, "1")


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
    risk = quantity(setting, f"{route}.capture.risk_premium", capture.risk_premium, "1")
    recovery = graph.add(
        Operation.CAPITAL_RECOVERY, (wacc(setting, region), risk), numbers=(capture.lifetime,)
    )
    first, built = (
        quantity(setting, f"{route}.capture.{key}", getattr(capture, key), "1")
        for key in ("first_of_a_kind", "interest_during_construction")
    )
    annual = _product(setting, _capture_capex(setting, region, route), first, built, recovery)
    used = route_quantity(setting, region, route, "utilisation", "1")
    annual = graph.add(Operation.QUOTIENT, (annual, used))
    learnt = learning(setting, capture.learning, f"{route}.capture")
    both = graph.add(
        Operation.SUM,
        (_product(setting, plant, multiplier), _product(setting, annual, learnt)),
    )
    return both, graph.constant(1.0)


@remembered
def _capture_capex(setting: Setting, region: str, route: str) -> int:
    """Cost of equipping a capture plant before learning, EUR per tonne of product a year."""
    capture = capture_of(setting, route)
    assert capture is not None
    capex = _stated(setting, region, route, "capture.capex", capture.capex, "EUR/(t/yr)")
    taken = captured(setting, region, route)
    return _product(setting, capex, taken, _capex_factor(setting, region))


@remembered
def fixed_charge(setting: Setting, region: str, route: str) -> int:
    """fixed_opex / utilisation; that of a capture plant is a share of its capital cost."""
    graph = setting.graph
    fixed = route_quantity(setting, region, route, "fixed_opex", "EUR/(t/yr)/yr")
    used = route_quantity(setting, region, route, "utilisation", "1")
    capture = capture_of(setting, route)
    if capture is not None:
        share = quantity(setting, f"{route}.capture.fixed_opex", capture.fixed_opex, "1")
        kept = _product(setting, _capture_capex(setting, region, route), share)
        fixed = graph.add(Operation.SUM, (fixed, kept))
    return graph.add(Operation.QUOTIENT, (fixed, used))


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
    total = setting.graph.constant(0.0)
    for name in capture.emission_factors:
        burnt = _taken(setting, region, route, "inputs", name)
        factor = _taken(setting, region, route, "emission_factors", name)
        one = setting.graph.add(Operation.PRODUCT, (burnt, factor))
        if setting.graph.is_constant(total, 0.0):
            total = one
        else:
            total = setting.graph.add(Operation.SUM, (total, one))
    return total


@remembered
def captured(setting: Setting, region: str, route: str) -> int:
    """rate * unabated / (1 - rate * own emissions a tonne captured), t CO2/t.

    Which is rate * (unabated + own), as own is itself proportional to what is captured.
    """
    graph, capture = setting.graph, capture_of(setting, route)
    assert capture is not None
    rate = _stated(setting, region, route, "capture.rate", capture.rate, "1")
    unabated = route_quantity(setting, region, route, "emission_intensity", "t/t")
    again = graph.add(
        Operation.PRODUCT, (rate, _emitted_by_capture(setting, region, route))
    )
    left = graph.add(Operation.DIFFERENCE, (graph.constant(1.0), again))
    first = graph.add(Operation.PRODUCT, (rate, unabated))
    return graph.add(Operation.QUOTIENT, (first, left))


@remembered
def direct_emissions(setting: Setting, region: str, route: str) -> int:
    """Emissions of the plant itself, t CO2e/t: after capture, what is unabated and own less it."""
    graph = setting.graph
    unabated = route_quantity(setting, region, route, "emission_intensity", "t/t")
    if capture_of(setting, route) is None:
        return unabated
    taken = captured(setting, region, route)
    own = graph.add(
        Operation.PRODUCT, (taken, _emitted_by_capture(setting, region, route))
    )
    emitted = graph.add(Operation.SUM, (unabated, own))
    return graph.add(Operation.DIFFERENCE, (emitted, taken))


# --- what is bought and sold ---------------------------------------------------------------------


@remembered
def trades(setting: Setting, region: str, route: str) -> list[tuple[str, int, int, float]]:
    """What a route buys and sells: commodity, nodes of quantity per tonne and price, sign."""

    found = []
    record = made_by(setting, route)
    for kind, sign in (("inputs", 1.0), ("byproducts", -1.0)):
        for name in getattr(record, kind):
            amount = traded(setting, region, route, kind, name)
            found.append((name, amount, commodity(setting, name, region), sign))
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
        extra.append(graph.add(Operation.PRODUCT, (each, taken)))
    if name == capture.storage:
        extra.append(taken)
    for one in extra:
        bought = graph.is_constant(amount, 0.0)
        amount = one if bought else graph.add(Operation.SUM, (amount, one))
    return amount


@remembered
def levelised_cost(setting: Setting, region: str, route: str) -> int:
    """Levelised cost of a tonne, EUR/t."""
    bought = trades(setting, region, route)
    pairs = [node for _, amount, unit_price, _ in bought for node in (amount, unit_price)]
    net_opex = setting.graph.add(
        Operation.DIFFERENCE,
        (
            route_quantity(setting, region, route, "other_opex", "EUR/t"),
            route_quantity(setting, region, route, "support", "EUR/t"),
        ),
    )
    other = setting.graph.add(Operation.SUM, (fixed_charge(setting, region, route), net_opex))
    return setting.graph.add(
        Operation.LEVELISED,
        (*capital(setting, region, route), other, *pairs),
        numbers=[sign for *_, sign in bought],
        yearly=True,
    )
