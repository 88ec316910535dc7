"""Products and budgets in plain Python (section 13): from a premium per tonne to what a car costs
more, and from a gap per tonne to what closes it for a volume."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from reference_buyer import delivered, product_price
from reference_carbon import carbon_cost
from reference_costs import levelised_cost, premium_ex_carbon
from reference_paths import Case, quantity
from reference_routes import sector_of

Result = dict[tuple[Any, ...], Any]
CarbonValue = Callable[[Case, str, str, str, int], tuple[float, float]]


def tonnes_passed_on(case: Case, product: str, sector: str) -> float:
    """Tonnes of what a sector makes in a product, whose extra cost its buyer pays."""
    record = case.catalog["products"][product]
    used = quantity(case, record["uses"][sector], f"{product}.uses.{sector}", "t")
    return used * quantity(case, record.get("pass_through", 1.0), product + ".pass_through")


def product_outcomes(case: Case, scenario: str, out: Mapping[tuple[Any, ...], Any]) -> Result:
    """Outcomes of the products of a scenario, from the premiums in `out`."""
    found: Result = {}
    names = {"cost_premium": "price", "buyer_premium": "buyer_price"}
    for product in case.config.get("products") or ():
        record = case.catalog["products"][product]
        price = quantity(case, record["price"], product + ".price", "EUR")
        for (name, where, *place), premium in out.items():
            if where != scenario or name not in names:
                continue
            sector = sector_of(case, place[-2])
            if sector in record["uses"]:
                effect = premium * tonnes_passed_on(case, product, sector)
                found[names[name] + "_effect", scenario, product, *place] = effect
                found[names[name] + "_uplift", scenario, product, *place] = effect / price
    return found


def volume(case: Case, budget: str, year: int) -> float:
    """Mt/yr of a budget."""
    return ramped(case, case.config["budgets"][budget]["volume"], budget + ".volume", "Mt/yr", year)


def ramped(case: Case, table: Mapping[int, Any], name: str, unit: str, year: int) -> float:
    """A line between the dates, nothing before them, the last one held."""
    dates = sorted(table)
    amounts = [quantity(case, table[date], name, unit) for date in dates]
    if year < dates[0]:
        return 0.0
    if year >= dates[-1]:
        return amounts[-1]
    k = max(i for i, date in enumerate(dates) if date <= year)
    passed = (year - dates[k]) / (dates[k + 1] - dates[k])
    return amounts[k] * (1 - passed) + amounts[k + 1] * passed


def gap(case: Case, budget: str, year: int, value: CarbonValue) -> float:
    """Of a tonne; `value` is section 7's worth of its carbon."""
    one = case.config["budgets"][budget]
    region, route = one["region"], one["route"]
    if one.get("gap", "support") == "support":
        destination = one.get("destination", "domestic")
        worth = value(case, route, region, destination, year)[1]
        return premium_ex_carbon(case, route, region, year) - worth
    if one["gap"] == "market":
        own = levelised_cost(case, route, region, year)
        own += carbon_cost(case, route, region, "domestic", year)
        return own - product_price(case, region, sector_of(case, route), year)
    against = one.get("against") or case.config["against"][0]
    return delivered(case, against, region, route, year)["buyer_premium"]


def budget_outcomes(case: Case, scenario: str, value: CarbonValue) -> Result:
    """Outcomes of the budgets of a scenario."""
    found: Result = {}
    if not any(name.startswith("budget_") for name in case.config["outcomes"]):
        return found
    for budget in case.config.get("budgets") or ():
        need, net = [], []
        for year in case.years:
            tonnes = volume(case, budget, year)
            lacking = gap(case, budget, year, value) if tonnes else 0.0
            need.append(lacking * tonnes if lacking > 0 else 0.0)
            net.append(lacking * tonnes)
            found["budget_need", scenario, budget, year] = need[-1]
            found["budget_net", scenario, budget, year] = net[-1]
        found["budget_total", scenario, budget] = math.fsum(need)
        found["budget_net_total", scenario, budget] = math.fsum(net)
    return found
