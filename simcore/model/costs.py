"""Cost of a tonne before carbon, as nodes (MODEL 6)."""

from __future__ import annotations

import math

import numpy as np

from simcore.kernels.operations import Operation
from simcore.model.commodities import commodity, learning
from simcore.model.setting import Setting, by_region, multiplier, quantity, remembered, wacc
from simcore.model.yearly import yearly_quantity
from simcore.spec.entries import FIXED_OPEX
from simcore.spec.usage import commodity_unit, price_of, target_of


@remembered
def route_quantity(setting: Setting, region: str, route: str, name: str, unit: str) -> int:
    record = setting.experiment.catalog.routes[route]
    value, suffix = by_region(setting, getattr(record, name), region)
    return yearly_quantity(setting, f"{route}.{name}{suffix}", value, unit)


@remembered
def investment(setting: Setting, region: str, route: str) -> int:
    """capex * region factor * size effect, before learning and the surcharges of first plants."""
    graph, record = setting.graph, setting.experiment.catalog.regions[region]
    factor = quantity(setting, f"{region}.capex_factor", record.capex_factor, "1")
    capex = route_quantity(setting, region, route, "capex", "EUR/(t/yr)")
    size = size_effect(setting, route)
    capex = graph.add(Operation.PRODUCT, (capex, factor))
    return capex if graph.is_constant(size, 1.0) else graph.add(Operation.PRODUCT, (capex, size))


@remembered
def size_effect(setting: Setting, route: str) -> int:
    """(output / reference)^(exponent - 1); 1 without a size."""
    graph, size = setting.graph, setting.experiment.catalog.routes[route].size
    one = graph.constant(1.0)
    if size is None:
        return one
    money, output = setting.experiment.money, setting.experiment.plant.output
    if size.output is not None:
        output = size.output.value * multiplier(size.output, "Mt/yr", money)
    ratio = output / (size.reference.value * multiplier(size.reference, "Mt/yr", money))
    exponent = quantity(setting, f"{route}.size_exponent", size.exponent, "1")
    found = graph.nodes[exponent]
    if found.operation is None:
        return graph.constant(ratio ** (found.numbers[0] - 1.0))
    # A technology of which all learns along a capacity that never changes.
    line = np.tile([math.log(ratio), 0.0, 0.0], (len(setting.years), 1))
    return graph.add(
        Operation.LEARNING,
        (graph.add(Operation.DIFFERENCE, (exponent, one)), graph.constant(0.0), one),
        table=line,
        yearly=True,
    )


@remembered
def capital_charge(setting: Setting, region: str, route: str) -> int:
    """investment * first of a kind * idc * CRF / utilisation, before learning."""
    graph, record = setting.graph, setting.experiment.catalog.routes[route]
    risk = quantity(setting, f"{route}.risk_premium", record.risk_premium, "1")
    recovery = graph.add(
        Operation.CAPITAL_RECOVERY, (wacc(setting, region), risk), numbers=(record.lifetime,)
    )
    charge = investment(setting, region, route)
    for node in (
        quantity(setting, f"{route}.first_of_a_kind", record.first_of_a_kind, "1"),
        quantity(
            setting,
            f"{route}.interest_during_construction",
            record.interest_during_construction,
            "1",
        ),
        recovery,
    ):
        charge = graph.add(Operation.PRODUCT, (charge, node))
    used = route_quantity(setting, region, route, "utilisation", "1")
    return graph.add(Operation.QUOTIENT, (charge, used))


@remembered
def fixed_charge(setting: Setting, region: str, route: str) -> int:
    """fixed_opex / utilisation; a share per year is one of the investment after learning."""
    graph, record = setting.graph, setting.experiment.catalog.routes[route]
    value, _ = by_region(setting, record.fixed_opex, region)
    target = target_of(setting.experiment, value, FIXED_OPEX)
    fixed = route_quantity(setting, region, route, "fixed_opex", target)
    if target != FIXED_OPEX.unit:
        for node in (
            investment(setting, region, route),
            learning(setting, record.learning, route),
        ):
            fixed = graph.add(Operation.PRODUCT, (fixed, node))
    used = route_quantity(setting, region, route, "utilisation", "1")
    return graph.add(Operation.QUOTIENT, (fixed, used))


@remembered
def trades(setting: Setting, region: str, route: str) -> list[tuple[str, int, int, float]]:
    """What a route buys and sells: commodity, nodes of quantity per tonne and price, sign."""

    found = []
    record = setting.experiment.catalog.routes[route]
    for kind, sign in (("inputs", 1.0), ("byproducts", -1.0)):
        for name, values in getattr(record, kind).items():
            value, suffix = by_region(setting, values, region)
            entry = price_of(setting.experiment, name, region)
            assert entry is not None
            unit = commodity_unit(setting.experiment, name, entry)
            label = f"{route}.{kind}.{name}{suffix}"
            amount = yearly_quantity(setting, label, value, f"{unit}/t")
            found.append((name, amount, commodity(setting, name, region), sign))
    return found


@remembered
def levelised_cost(setting: Setting, region: str, route: str) -> int:
    """Levelised cost of a tonne, EUR/t."""
    record = setting.experiment.catalog.routes[route]
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
        (
            capital_charge(setting, region, route),
            learning(setting, record.learning, route),
            other,
            *pairs,
        ),
        numbers=[sign for *_, sign in bought],
        yearly=True,
    )
