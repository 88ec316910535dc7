"""Cost of a tonne before carbon, as nodes (MODEL 6)."""

from __future__ import annotations

from simcore.kernels.operations import Operation
from simcore.model.commodities import commodity, learning
from simcore.model.setting import Setting, by_region, quantity, remembered, wacc
from simcore.spec.usage import commodity_unit, price_of


@remembered
def route_quantity(setting: Setting, region: str, route: str, name: str, unit: str) -> int:
    record = setting.experiment.catalog.routes[route]
    value, suffix = by_region(getattr(record, name), region)
    return quantity(setting, f"{route}.{name}{suffix}", value, unit)


@remembered
def capital_charge(setting: Setting, region: str, route: str) -> int:
    """capex * region factor * first of a kind * idc * CRF / utilisation, before learning."""
    graph, record = setting.graph, setting.experiment.catalog.routes[route]
    risk = quantity(setting, f"{route}.risk_premium", record.risk_premium, "1")
    recovery = graph.add(
        Operation.CAPITAL_RECOVERY, (wacc(setting, region), risk), numbers=(record.lifetime,)
    )
    factor = setting.experiment.catalog.regions[region].capex_factor
    charge = route_quantity(setting, region, route, "capex", "EUR/(t/yr)")
    for node in (
        quantity(setting, f"{region}.capex_factor", factor, "1"),
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
    """fixed_opex / utilisation."""
    fixed = route_quantity(setting, region, route, "fixed_opex", "EUR/(t/yr)/yr")
    used = route_quantity(setting, region, route, "utilisation", "1")
    return setting.graph.add(Operation.QUOTIENT, (fixed, used))


@remembered
def trades(setting: Setting, region: str, route: str) -> list[tuple[str, int, int, float]]:
    """What a route buys and sells: commodity, nodes of quantity per tonne and price, sign."""

    found = []
    record = setting.experiment.catalog.routes[route]
    for kind, sign in (("inputs", 1.0), ("byproducts", -1.0)):
        for name, values in getattr(record, kind).items():
            value, suffix = by_region(values, region)
            entry = price_of(setting.experiment, name, region)
            assert entry is not None
            unit = commodity_unit(setting.experiment, name, entry)
            amount = quantity(setting, f"{route}.{kind}.{name}{suffix}", value, f"{unit}/t")
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
