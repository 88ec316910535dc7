"""The equations of cost, carbon and premium as nodes of the graph (MODEL 5 to 7)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from simcore.graph import Graph
from simcore.kernels.operations import Operation
from simcore.resolve import (
    Setting,
    by_region,
    commodity,
    emission_factor,
    learning,
    policy_value,
    price,
    quantity,
    remembered,
    series,
    wacc,
)
from simcore.usage import references

DECLARED: Final = {"actual": 0.0, "default": 1.0, "cheaper": 2.0}


@remembered
def _route_quantity(setting: Setting, region: str, route: str, name: str, unit: str) -> int:
    record = setting.experiment.catalog.routes[route]
    value, suffix = by_region(getattr(record, name), region)
    return quantity(setting, f"{route}.{name}{suffix}", value, unit)


@remembered
def market(setting: Setting, name: str) -> int:
    """Carbon price of a market, EUR/t."""
    return price(setting, name, setting.experiment.catalog.markets[name], "EUR/t")


def pays_cbam(setting: Setting, region: str, destination: str) -> bool:
    """Whether a tonne made in a region and sold there crosses the EU border."""
    home = setting.experiment.catalog.regions[region].market
    return destination == "eu" and home != setting.experiment.cbam.market


# --- cost of a tonne before carbon ---------------------------------------------------------------


@remembered
def capital_charge(setting: Setting, region: str, route: str) -> int:
    """capex * region factor * first of a kind * idc * CRF / utilisation, before learning."""
    graph, record = setting.graph, setting.experiment.catalog.routes[route]
    risk = quantity(setting, f"{route}.risk_premium", record.risk_premium, "1")
    recovery = graph.add(Operation.CAPITAL_RECOVERY, (wacc(setting, region), risk),
                         numbers=(record.lifetime,))
    factor = setting.experiment.catalog.regions[region].capex_factor
    charge = _route_quantity(setting, region, route, "capex", "EUR/(t/yr)")
    for node in (
        quantity(setting, f"{region}.capex_factor", factor, "1"),
        quantity(setting, f"{route}.first_of_a_kind", record.first_of_a_kind, "1"),
        quantity(setting, f"{route}.interest_during_construction",
                 record.interest_during_construction, "1"),
        recovery,
    ):
        charge = graph.add(Operation.PRODUCT, (charge, node))
    used = _route_quantity(setting, region, route, "utilisation", "1")
    return graph.add(Operation.QUOTIENT, (charge, used))


@remembered
def fixed_charge(setting: Setting, region: str, route: str) -> int:
    """fixed_opex / utilisation."""
    fixed = _route_quantity(setting, region, route, "fixed_opex", "EUR/(t/yr)/yr")
    used = _route_quantity(setting, region, route, "utilisation", "1")
    return setting.graph.add(Operation.QUOTIENT, (fixed, used))


@remembered
def trades(setting: Setting, region: str, route: str) -> list[tuple[str, int, int, float]]:
    """What a route buys and sells: commodity, nodes of quantity per tonne and price, sign."""
    from simcore.usage import commodity_unit, price_of

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
    return setting.graph.add(
        Operation.LEVELISED,
        (capital_charge(setting, region, route), learning(setting, record.learning, route),
         fixed_charge(setting, region, route),
         _route_quantity(setting, region, route, "other_opex", "EUR/t"),
         _route_quantity(setting, region, route, "support", "EUR/t"), *pairs),
        numbers=[sign for *_, sign in bought], yearly=True,
    )


# --- emissions and carbon cost -------------------------------------------------------------------


@remembered
def scope1(setting: Setting, region: str, route: str) -> int:
    """Emissions of the plant and of the precursors it buys, t CO2e/t."""
    own = _route_quantity(setting, region, route, "emission_intensity", "t/t")
    bought = _route_quantity(setting, region, route, "precursor_intensity", "t/t")
    return setting.graph.add(Operation.SUM, (own, bought))


@remembered
def emissions(setting: Setting, region: str, route: str) -> int:
    """Emissions on the boundary of the experiment, t CO2e/t."""
    direct = scope1(setting, region, route)
    if setting.experiment.boundary == "scope1":
        return direct
    zero, graph = setting.graph.constant(0.0), setting.graph
    names = setting.experiment.catalog.routes[route].inputs
    pairs = [
        node
        for name, amount, _, sign in trades(setting, region, route)
        if sign > 0 and name in names
        for node in (amount, emission_factor(setting, name, region))
    ]
    bought = graph.add(Operation.LEVELISED, (zero, zero, zero, zero, zero, *pairs),
                       numbers=[1.0] * (len(pairs) // 2), yearly=True)
    return graph.add(Operation.SUM, (direct, bought))


@remembered
def avoided(setting: Setting, region: str, route: str) -> int:
    """Emissions of the reference minus those of the route, t CO2e/t."""
    reference = references(setting.experiment)[region]
    return setting.graph.add(
        Operation.DIFFERENCE,
        (emissions(setting, region, reference), emissions(setting, region, route)),
    )


@remembered
def allocation(setting: Setting, share: float | str, cscf: float | str) -> int:
    """phi * CSCF."""
    return setting.graph.add(
        Operation.PRODUCT, (policy_value(setting, share), policy_value(setting, cscf))
    )


@remembered
def exposure(setting: Setting, region: str, route: str) -> int:
    """Home carbon cost per EUR of carbon price: allowances to buy per tonne."""
    graph, record = setting.graph, setting.experiment.catalog.regions[region]
    made = setting.experiment.catalog.routes[route]
    share = allocation(setting, record.free_allocation, record.cscf)
    benchmark = record.benchmarks.get(route, record.benchmarks.get("default", 0.0))
    plant = graph.add(
        Operation.EXPOSURE,
        (policy_value(setting, record.coverage),
         _route_quantity(setting, region, route, "emission_intensity", "t/t"),
         share, policy_value(setting, benchmark)),
    )
    precursor = _route_quantity(setting, region, route, "precursor_intensity", "t/t")
    border = policy_value(setting, record.border)
    if graph.is_constant(precursor, 0.0) or graph.is_constant(border, 0.0):
        return plant
    return graph.add(
        Operation.BORDER_EXPOSURE,
        (plant, border, precursor, share, policy_value(setting, made.precursor_benchmark)),
    )


@remembered
def home_carbon_cost(setting: Setting, region: str, route: str) -> int:
    """Carbon cost in the producer's home market, EUR/t."""
    record = setting.experiment.catalog.regions[region]
    return setting.graph.add(
        Operation.PRODUCT,
        (market(setting, record.market), exposure(setting, region, route)),
    )


@remembered
def marginal_carbon_cost(setting: Setting, region: str, route: str) -> int:
    """Carbon price times covered emissions, EUR/t."""
    record, graph = setting.experiment.catalog.regions[region], setting.graph
    covered = graph.add(
        Operation.PRODUCT,
        (policy_value(setting, record.coverage),
         _route_quantity(setting, region, route, "emission_intensity", "t/t")),
    )
    return graph.add(Operation.PRODUCT, (market(setting, record.market), covered))


@remembered
def cbam_terms(setting: Setting, region: str, route: str) -> tuple[int, int, int]:
    """Coverage, embedded emissions above the allowance, and what was paid at home (EUR/t)."""
    graph, experiment = setting.graph, setting.experiment
    record, rules = experiment.catalog.regions[region], experiment.cbam
    own = scope1(setting, region, route)
    if rules.method == "country_average":
        own = graph.constant(record.average_intensity)
    emitted = graph.add(
        Operation.EMBEDDED, (own, policy_value(setting, rules.mark_up)),
        numbers=(record.default_intensity, DECLARED[rules.declared]),
    )
    if rules.resource_shuffling > 0 and route == references(experiment)[region]:
        emitted = graph.add(Operation.SHUFFLED, (emitted,),
                            numbers=(rules.resource_shuffling, rules.clean_intensity))
    gap = graph.add(
        Operation.CBAM_EXPOSURE,
        (emitted, allocation(setting, rules.free_allocation, rules.cscf),
         policy_value(setting, experiment.catalog.routes[route].cbam_benchmark)),
    )
    paid = graph.add(Operation.PAID, (home_carbon_cost(setting, region, route),
                                      policy_value(setting, record.recognised)))
    return policy_value(setting, rules.coverage), gap, paid


@remembered
def cbam_cost(setting: Setting, region: str, destination: str, route: str) -> int:
    """CBAM certificates per tonne, EUR/t; nothing inside the EU and on domestic sales."""
    if not pays_cbam(setting, region, destination):
        return setting.graph.constant(0.0)
    covered, gap, paid = cbam_terms(setting, region, route)
    return setting.graph.add(
        Operation.CBAM, (market(setting, setting.experiment.cbam.market), covered, gap, paid)
    )


@remembered
def carbon_cost(setting: Setting, region: str, destination: str, route: str) -> int:
    """home + cbam, EUR/t."""
    return _plus(setting.graph, home_carbon_cost(setting, region, route),
                 cbam_cost(setting, region, destination, route))


def _plus(graph: Graph, node: int, other: int) -> int:
    return node if graph.is_constant(other, 0.0) else graph.add(Operation.SUM, (node, other))


# --- premiums ------------------------------------------------------------------------------------


@remembered
def cost_premium_ex_carbon(setting: Setting, region: str, route: str) -> int:
    """Levelised cost above the reference route's, EUR/t."""
    reference = references(setting.experiment)[region]
    return setting.graph.add(
        Operation.DIFFERENCE,
        (levelised_cost(setting, region, route), levelised_cost(setting, region, reference)),
    )


@remembered
def cost_premium(setting: Setting, region: str, destination: str, route: str) -> int:
    """Levelised and carbon cost above the reference route's, EUR/t."""
    reference = references(setting.experiment)[region]
    own = total_cost(setting, region, destination, route)
    return setting.graph.add(
        Operation.DIFFERENCE, (own, total_cost(setting, region, destination, reference))
    )


@remembered
def total_cost(setting: Setting, region: str, destination: str, route: str) -> int:
    """Levelised plus carbon cost, EUR/t."""
    return setting.graph.add(
        Operation.SUM,
        (levelised_cost(setting, region, route), carbon_cost(setting, region, destination, route)),
    )


@remembered
def abatement_cost(setting: Setting, region: str, route: str) -> int:
    """cost_premium_ex_carbon / avoided, EUR per t CO2e."""
    return setting.graph.add(
        Operation.RATIO,
        (cost_premium_ex_carbon(setting, region, route), avoided(setting, region, route)),
    )


@remembered
def break_even_price(setting: Setting, region: str, destination: str, route: str) -> int:
    """Carbon price at which the cost premium is zero, EUR/t."""
    graph, reference = setting.graph, references(setting.experiment)[region]
    excess = cost_premium_ex_carbon(setting, region, route)
    if not pays_cbam(setting, region, destination):
        return graph.add(
            Operation.BREAK_EVEN_HOME,
            (excess, exposure(setting, region, reference), exposure(setting, region, route)),
        )
    at_home = graph.add(
        Operation.DIFFERENCE,
        (home_carbon_cost(setting, region, route), home_carbon_cost(setting, region, reference)),
    )
    covered, gap_reference, paid_reference = cbam_terms(setting, region, reference)
    _, gap, paid = cbam_terms(setting, region, route)
    return graph.add(
        Operation.BREAK_EVEN_BORDER,
        (graph.add(Operation.SUM, (excess, at_home)), covered, gap_reference, paid_reference,
         gap, paid),
    )


@remembered
def _factor_and_credit(setting: Setting, region: str) -> tuple[int, int]:
    experiment = setting.experiment
    buyer = experiment.value.buyer
    factor = quantity(setting, f"{buyer}.indirect_factor",
                      experiment.catalog.buyers[buyer].indirect_factor, "1")
    credit = quantity(setting, f"{region}.credit_price",
                      experiment.catalog.regions[region].credit_price, "EUR/t")
    return factor, credit


@remembered
def premium_per_tco2(setting: Setting, region: str, destination: str, route: str) -> int:
    """Carbon-value premium per t CO2e avoided, EUR."""
    graph, experiment = setting.graph, setting.experiment
    if experiment.value.mode == "netted":
        return graph.add(
            Operation.RATIO,
            (premium_per_tonne(setting, region, destination, route),
             avoided(setting, region, route)),
        )
    factor, credit = _factor_and_credit(setting, region)
    border = (market(setting, experiment.cbam.market)
              if pays_cbam(setting, region, destination) else graph.constant(0.0))
    home = market(setting, experiment.catalog.regions[region].market)
    return graph.add(Operation.SEED, (factor, home, border, credit))


@remembered
def premium_per_tonne(setting: Setting, region: str, destination: str, route: str) -> int:
    """Carbon-value premium per tonne, EUR."""
    graph, value = setting.graph, setting.experiment.value
    saved = avoided(setting, region, route)
    if value.mode == "seed":
        return graph.add(
            Operation.PRODUCT, (saved, premium_per_tco2(setting, region, destination, route))
        )
    reference = references(setting.experiment)[region]
    factor, credit = _factor_and_credit(setting, region)
    costs = (carbon_cost(setting, region, destination, reference),
             carbon_cost(setting, region, destination, route))
    if value.double_claiming == "forbid" or graph.is_constant(credit, 0.0):
        return graph.add(Operation.NETTED, (factor, *costs))
    amount = saved
    if value.credit_limit is not None:
        limit = graph.add(Operation.SCALED, (emissions(setting, region, reference),),
                          numbers=(value.credit_limit,))
        amount = graph.add(Operation.SMALLER, (saved, limit))
    return graph.add(Operation.NETTED_WITH_CREDIT, (factor, *costs, credit, amount))


@remembered
def annualised_premium(setting: Setting, region: str, destination: str, route: str) -> int:
    """premium_per_tonne / lifetime."""
    return setting.graph.add(
        Operation.SCALED, (premium_per_tonne(setting, region, destination, route),),
        numbers=(1.0 / setting.experiment.plant.lifetime,),
    )


@remembered
def support_gap(setting: Setting, region: str, destination: str, route: str) -> int:
    """cost_premium_ex_carbon - premium_per_tonne, EUR/t."""
    return setting.graph.add(
        Operation.DIFFERENCE,
        (cost_premium_ex_carbon(setting, region, route),
         premium_per_tonne(setting, region, destination, route)),
    )


def not_positive(setting: Setting, node: int) -> int:
    """1 where a row is zero or below."""
    return setting.graph.add(Operation.NOT_POSITIVE, (node,))


@remembered
def crossover_year(setting: Setting, region: str, destination: str, route: str) -> int:
    """First year in which the route exists and its cost premium is zero or below."""
    node = cost_premium(setting, region, destination, route)
    return setting.graph.add(
        Operation.CROSSOVER, (node,), numbers=(first_compared(setting, region, route),),
        yearly=True, state=(float("nan"),), keeps=True,
    )


@remembered
def first_year(setting: Setting, route: str) -> int:
    """First year of the run in which a route is available."""
    available = setting.experiment.catalog.routes[route].available_from
    return max(available or 0, setting.experiment.years.first)


@remembered
def first_compared(setting: Setting, region: str, route: str) -> int:
    """First year of the run in which a route and the region's reference are available."""
    reference = references(setting.experiment)[region]
    return max(first_year(setting, route), first_year(setting, reference))


@remembered
def first_of_life(setting: Setting, region: str, route: str) -> int:
    """First year of the run, or none of them if the plant starts before its route exists."""
    first, last = setting.experiment.years.first, setting.experiment.years.last
    start = setting.experiment.plant.start
    return first if start >= first_compared(setting, region, route) else last + 1


@remembered
def cheapest_route(setting: Setting, region: str, destination: str) -> int:
    """Position among the routes of the run of the one with the lowest total cost."""
    routes = setting.experiment.routes
    return setting.graph.add(
        Operation.CHEAPEST,
        [total_cost(setting, region, destination, route) for route in routes],
        numbers=[first_year(setting, route) for route in routes], yearly=True,
    )


@remembered
def lifetime_sum(setting: Setting, region: str, destination: str, route: str, *,
                 discounted: bool) -> int:
    """Sum over the plant's life of premium * output, discounted at the WACC or not; 1e6 EUR."""
    graph, plant, horizon = setting.graph, setting.experiment.plant, setting.horizon
    end, last = plant.start + plant.lifetime - 1, int(horizon[-1])
    lines = []
    for year in (int(one) for one in horizon):
        inside = plant.start <= year <= end
        held = max(end - last, 0) if year == last else 0
        since = year - plant.valued_in
        lines.append((plant.output if inside else 0.0, since, since + held))
    inputs = [premium_per_tonne(setting, region, destination, route)]
    if discounted:
        inputs.append(graph.add(Operation.LOG_GROWTH, (wacc(setting, region),)))
    return graph.add(
        Operation.ACCUMULATED, inputs, table=setting.over_years(np.array(lines, dtype=float)),
        yearly=True, state=(0.0,), keeps=True,
    )


@remembered
def annuity_premium(setting: Setting, region: str, destination: str, route: str) -> int:
    """npv_premium / (output * annuity_factor), EUR/t."""
    graph, plant = setting.graph, setting.experiment.plant
    recovery = graph.add(
        Operation.CAPITAL_RECOVERY, (wacc(setting, region), graph.constant(0.0)),
        numbers=(plant.lifetime,),
    )
    value = lifetime_sum(setting, region, destination, route, discounted=True)
    yearly = graph.add(Operation.PRODUCT, (value, recovery))
    return graph.add(Operation.SCALED, (yearly,), numbers=(1.0 / plant.output,))


@remembered
def components(setting: Setting, region: str, destination: str, route: str) -> dict[str, int]:
    """Parts of the cost premium by name; they sum to it."""
    reference = references(setting.experiment)[region]
    own, other = (_parts(setting, region, destination, one) for one in (route, reference))
    zero = setting.graph.constant(0.0)
    return {
        name: setting.graph.add(
            Operation.DIFFERENCE, (own.get(name, zero), other.get(name, zero)), yearly=True
        )
        for name in {**other, **own}
    }


@remembered
def _parts(setting: Setting, region: str, destination: str, route: str) -> dict[str, int]:
    graph, record = setting.graph, setting.experiment.catalog.routes[route]
    support = _route_quantity(setting, region, route, "support", "EUR/t")
    parts = {
        "capex": graph.add(
            Operation.PRODUCT,
            (capital_charge(setting, region, route), learning(setting, record.learning, route)),
        ),
        "fixed_opex": fixed_charge(setting, region, route),
        "other_opex": _route_quantity(setting, region, route, "other_opex", "EUR/t"),
        "support": graph.add(Operation.SCALED, (support,), numbers=(-1.0,)),
        "home_carbon": home_carbon_cost(setting, region, route),
        "cbam": cbam_cost(setting, region, destination, route),
    }
    for name, amount, unit_price, sign in trades(setting, region, route):
        value = graph.add(Operation.PRODUCT, (amount, unit_price), yearly=True)
        if sign < 0:
            value = graph.add(Operation.SCALED, (value,), numbers=(-1.0,), yearly=True)
        parts[name] = (graph.add(Operation.SUM, (parts[name], value), yearly=True)
                       if name in parts else value)
    return parts


@remembered
def exposure_cost(setting: Setting, name: str) -> int:
    """Shortfall times the price of its market, 1e6 EUR/yr; nothing outside its years."""
    record, horizon = setting.experiment.exposures[name], setting.horizon
    inside = (horizon >= record.first) & (horizon <= record.last)
    short = series(setting, np.where(inside, record.shortfall, 0.0))
    return setting.graph.add(Operation.PRODUCT, (market(setting, record.market), short))


@remembered
def exposure_total(setting: Setting, name: str) -> int:
    """Sum of exposure_cost over the horizon, 1e6 EUR."""
    lines = np.tile([1.0, 0.0, 0.0], (len(setting.horizon), 1))
    return setting.graph.add(
        Operation.ACCUMULATED, (exposure_cost(setting, name),), table=setting.over_years(lines),
        yearly=True, state=(0.0,), keeps=True,
    )


@remembered
def cbam_factor(setting: Setting) -> int:
    """1 - free-allocation share used by CBAM."""
    share: Any = policy_value(setting, setting.experiment.cbam.free_allocation)
    return setting.graph.add(Operation.DIFFERENCE, (setting.graph.constant(1.0), share))
