"""Premiums, break-even, crossover, viability and life-time values, as nodes (MODEL 6 and 7)."""

from __future__ import annotations

from typing import Any

import numpy as np

from simcore.intake.usage import references
from simcore.model.carbon import (
    avoided,
    carbon_cost,
    cbam_cost,
    cbam_terms,
    emissions,
    exposure,
    home_carbon_cost,
    market,
    pays_cbam,
)
from simcore.model.costs import (
    capital,
    fixed_charge,
    levelised_cost,
    made_by,
    route_quantity,
    trades,
)
from simcore.model.policies import policy_value
from simcore.model.setting import Setting, quantity, remembered, wacc


@remembered
def cost_premium_ex_carbon(setting: Setting, region: str, route: str) -> int:
    """Levelised cost above the reference route's, EUR/t."""
    reference = references(setting.experiment)[region]
    return setting.graph.difference(
        levelised_cost(setting, region, route), levelised_cost(setting, region, reference)
    )


@remembered
def cost_premium(setting: Setting, region: str, destination: str, route: str) -> int:
    """Levelised and carbon cost above the reference route's, EUR/t."""
    reference = references(setting.experiment)[region]
    own = total_cost(setting, region, destination, route)
    return setting.graph.difference(own, total_cost(setting, region, destination, reference))


@remembered
def total_cost(setting: Setting, region: str, destination: str, route: str) -> int:
    """Levelised plus carbon cost, EUR/t."""
    return setting.graph.sum(
        levelised_cost(setting, region, route), carbon_cost(setting, region, destination, route)
    )


@remembered
def abatement_cost(setting: Setting, region: str, route: str) -> int:
    """cost_premium_ex_carbon / avoided, EUR per t CO2e."""
    return setting.graph.node(
        "RATIO",
        value=cost_premium_ex_carbon(setting, region, route),
        divisor=avoided(setting, region, route),
    )


@remembered
def break_even_price(setting: Setting, region: str, destination: str, route: str) -> int:
    """Carbon price at which the cost premium is zero, EUR/t."""
    graph, reference = setting.graph, references(setting.experiment)[region]
    excess = cost_premium_ex_carbon(setting, region, route)
    if not pays_cbam(setting, region, destination):
        return graph.node(
            "BREAK_EVEN_HOME",
            excess=excess,
            exposure_reference=exposure(setting, region, reference),
            exposure=exposure(setting, region, route),
        )
    at_home = graph.difference(
        home_carbon_cost(setting, region, route), home_carbon_cost(setting, region, reference)
    )
    covered, gap_reference, paid_reference = cbam_terms(setting, region, reference)
    _, gap, paid = cbam_terms(setting, region, route)
    return graph.node(
        "BREAK_EVEN_BORDER",
        excess=graph.sum(excess, at_home),
        covered=covered,
        gap_reference=gap_reference,
        paid_reference=paid_reference,
        gap=gap,
        paid=paid,
    )


@remembered
def _indirect_factor(setting: Setting) -> int:
    buyer = setting.experiment.value.buyer
    factor = setting.experiment.catalog.buyers[buyer].indirect_factor
    return quantity(setting, f"{buyer}.indirect_factor", factor, "1")


@remembered
def _credit_price(setting: Setting, region: str) -> int:
    price = setting.experiment.catalog.regions[region].credit_price
    return quantity(setting, f"{region}.credit_price", price, "EUR/t")


@remembered
def premium_per_tco2(setting: Setting, region: str, destination: str, route: str) -> int:
    """Carbon-value premium per t CO2e avoided, EUR."""
    graph, experiment = setting.graph, setting.experiment
    if experiment.value.mode == "netted":
        return graph.node(
            "RATIO",
            value=premium_per_tonne(setting, region, destination, route),
            divisor=avoided(setting, region, route),
        )
    factor, credit = _indirect_factor(setting), _credit_price(setting, region)
    border = (
        market(setting, experiment.cbam.market)
        if pays_cbam(setting, region, destination)
        else graph.constant(0.0)
    )
    home = market(setting, experiment.catalog.regions[region].market)
    return graph.node("SEED", factor=factor, price_home=home, price_cbam=border, credit=credit)


@remembered
def premium_per_tonne(setting: Setting, region: str, destination: str, route: str) -> int:
    """Carbon-value premium per tonne, EUR."""
    graph, value = setting.graph, setting.experiment.value
    saved = avoided(setting, region, route)
    if value.mode == "seed":
        return graph.product(saved, premium_per_tco2(setting, region, destination, route))
    reference = references(setting.experiment)[region]
    factor = _indirect_factor(setting)
    costs: dict[str, Any] = {
        "carbon_reference": carbon_cost(setting, region, destination, reference),
        "carbon": carbon_cost(setting, region, destination, route),
    }
    if value.double_claiming == "forbid":
        return graph.node("NETTED", factor=factor, **costs)
    credit = _credit_price(setting, region)
    if graph.is_constant(credit, 0.0):
        return graph.node("NETTED", factor=factor, **costs)
    amount = saved
    if value.credit_limit is not None:
        share: float | str = value.credit_limit
        if share == "law":
            share = setting.experiment.catalog.regions[region].credit_limit
        limit = graph.product(emissions(setting, region, reference), policy_value(setting, share))
        amount = graph.node("SMALLER", a=saved, b=limit)
    return graph.node("NETTED_WITH_CREDIT", factor=factor, **costs, credit=credit, amount=amount)


@remembered
def annualised_premium(setting: Setting, region: str, destination: str, route: str) -> int:
    """premium_per_tonne / lifetime."""
    return setting.graph.scaled(
        premium_per_tonne(setting, region, destination, route),
        1.0 / setting.experiment.plant.lifetime,
    )


@remembered
def support_gap(setting: Setting, region: str, destination: str, route: str) -> int:
    """cost_premium_ex_carbon - premium_per_tonne, EUR/t."""
    return setting.graph.difference(
        cost_premium_ex_carbon(setting, region, route),
        premium_per_tonne(setting, region, destination, route),
    )


def not_positive(setting: Setting, node: int) -> int:
    """1 where a row is zero or below."""
    return setting.graph.node("NOT_POSITIVE", value=node)


@remembered
def crossover_year(setting: Setting, region: str, destination: str, route: str) -> int:
    """First year in which the route exists and its cost premium is zero or below."""
    node = cost_premium(setting, region, destination, route)
    return setting.graph.node("CROSSOVER", value=node, first=first_compared(setting, region, route))


@remembered
def first_year(setting: Setting, route: str) -> int:
    """First year of the run in which a route is available."""
    available = made_by(setting, route).available_from
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
    return setting.graph.node(
        "CHEAPEST",
        totals=[total_cost(setting, region, destination, route) for route in routes],
        first_years=[first_year(setting, route) for route in routes],
    )


@remembered
def lifetime_sum(
    setting: Setting, region: str, destination: str, route: str, *, discounted: bool,
    valued_in: int | None = None,
) -> int:  # fmt: skip
    """Sum over the plant's life of premium * output, discounted at the WACC or not; 1e6 EUR.

    Discounted to `valued_in`, without it to the year that the plant names.
    """
    graph, plant, horizon = setting.graph, setting.experiment.plant, setting.horizon
    end, last = plant.start + plant.lifetime - 1, int(horizon[-1])
    lines = []
    for year in (int(one) for one in horizon):
        inside = plant.start <= year <= end
        held = max(end - last, 0) if year == last else 0
        since = year - (plant.valued_in if valued_in is None else valued_in)
        lines.append((plant.output if inside else 0.0, since, since + held))
    weight, first, final = setting.over_years(np.array(lines, dtype=float)).T
    stated: dict[str, Any] = {
        "amount": premium_per_tonne(setting, region, destination, route),
        "weight": weight, "first": first, "last": final,
    }  # fmt: skip
    if not discounted:
        return graph.node("ACCUMULATED", **stated)
    log_rate = graph.node("LOG_GROWTH", rate=wacc(setting, region))
    return graph.node("DISCOUNTED", log_rate=log_rate, **stated)


@remembered
def annuity_premium(setting: Setting, region: str, destination: str, route: str) -> int:
    """Level premium over the plant's life with the same present value, EUR/t.

    Value in the year before the start / (output * annuity_factor): the year that an annuity counts
    from, whatever year npv_premium is discounted to.
    """
    graph, plant = setting.graph, setting.experiment.plant
    recovery = graph.node(
        "CAPITAL_RECOVERY",
        wacc=wacc(setting, region),
        risk=graph.constant(0.0),
        life=plant.lifetime,
    )
    value = lifetime_sum(
        setting, region, destination, route, discounted=True, valued_in=plant.start - 1
    )
    yearly = graph.product(value, recovery)
    return graph.scaled(yearly, 1.0 / plant.output)


@remembered
def components(setting: Setting, region: str, destination: str, route: str) -> dict[str, int]:
    """Parts of the cost premium by name; they sum to it."""
    reference = references(setting.experiment)[region]
    own, other = (_parts(setting, region, destination, one) for one in (route, reference))
    zero = setting.graph.constant(0.0)
    return {
        name: setting.graph.difference(own.get(name, zero), other.get(name, zero))
        for name in {**other, **own}
    }


@remembered
def _parts(setting: Setting, region: str, destination: str, route: str) -> dict[str, int]:
    graph = setting.graph
    support = route_quantity(setting, region, route, "support", "EUR/t")
    parts = {
        "capex": graph.product(*capital(setting, region, route)),
        "fixed_opex": fixed_charge(setting, region, route),
        "other_opex": route_quantity(setting, region, route, "other_opex", "EUR/t"),
        "support": graph.scaled(support, -1.0),
        "home_carbon": home_carbon_cost(setting, region, route),
        "cbam": cbam_cost(setting, region, destination, route),
    }
    for name, amount, unit_price, sign in trades(setting, region, route):
        value = graph.product(amount, unit_price)
        if sign < 0:
            value = graph.scaled(value, -1.0)
        parts[name] = graph.sum(parts[name], value) if name in parts else value
    return parts
