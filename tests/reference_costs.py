"""Costs of the reference model: prices of inputs, carbon cost and cost premium (sections 5, 6).

Money is EUR of the base year; a cost per tonne of product unless said otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from reference_paths import (
    Case,
    between,
    carbon_price,
    learning,
    lineage,
    policy,
    price_path,
    quantity,
    regional,
)
from reference_units import factor_to, is_energy

NAN = math.nan

# ---------------------------------------------------------------- prices of inputs


def price_entry(case: Case, commodity: str, region: str) -> tuple[str, Mapping[str, Any]]:
    """Name and entry of a commodity in a region: its own, that of its like, else the default."""
    entries = case.catalog["prices"][commodity]
    key = next(one for one in lineage(case, region) if one in entries)
    return f"{commodity}.{key}", entries[key]


def is_electrolysis(entry: Mapping[str, Any]) -> bool:
    return entry.get("kind") == "electrolysis"


def commodity_price(case: Case, commodity: str, region: str, year: int) -> float:
    """EUR per t, per MWh or, of hydrogen, per kg."""
    if (commodity, region) in case.given:
        return case.given[commodity, region]
    name, entry = price_entry(case, commodity, region)
    if is_electrolysis(entry):
        return electrolysis_cost(case, name, entry, region, year)
    if entry.get("kind") == "indexed":
        return indexed_price(case, name, entry, commodity, year)
    if name not in case.paths:
        case.paths[name] = price_path(case, name, entry, commodity)
    return case.paths[name][year]


def indexed_price(
    case: Case, name: str, entry: Mapping[str, Any], commodity: str, year: int
) -> float:
    """What an index costs, times a coefficient, and a premium in the price's own money."""
    followed, place = entry["index"].split(".")
    level = commodity_price(case, followed, place, year)
    share = quantity(case, entry.get("coefficient", 1.0), name + ".coefficient")
    premium, unit = entry.get("premium", 0.0), f"EUR/{unit_of(commodity, entry['unit'])}"
    if isinstance(premium, str) or (isinstance(premium, Mapping) and premium.get("unit")):
        return share * level + quantity(case, premium, name + ".premium", unit)
    money = (entry["unit"], entry.get("price_year"))
    return share * level + quantity(case, premium, name + ".premium", unit, *money)


def electrolysis_cost(
    case: Case, name: str, entry: Mapping[str, Any], region: str, year: int
) -> float:
    """EUR per kg of hydrogen made from electricity at the plant."""
    capex = quantity(case, entry["capex"], name + ".capex", "EUR/kW")
    capex *= learning(case, entry.get("learning"), name, year)
    life = entry["lifetime"]
    stack_life = quantity(case, entry["stack_lifetime"], name + ".stack_lifetime")
    stack_share = quantity(case, entry["stack_share"], name + ".stack_share")
    stack = max(0.0, stack_share * (1 / stack_life - 1 / life))
    risk = quantity(case, entry["risk_premium"], name + ".risk_premium")
    fixed_opex = quantity(case, entry["fixed_opex"], name + ".fixed_opex")
    hours = quantity(case, entry["full_load_hours"], name + ".full_load_hours", "h/yr")
    demand = electricity_demand(case, name, entry)
    storage = quantity(case, entry["storage"], name + ".storage", "EUR/kg")
    annual = capex * (annuity_rate(wacc(case, region) + risk, life) + fixed_opex + stack)
    electricity = commodity_price(case, entry["electricity"], region, year)
    return annual / hours * demand + electricity / 1000 * demand + storage


def electricity_demand(case: Case, name: str, entry: Mapping[str, Any]) -> float:
    """kWh per kg of hydrogen."""
    return quantity(case, entry["electricity_demand"], name + ".electricity_demand", "kWh/kg")


def scope2_intensity(case: Case, commodity: str, region: str, year: int) -> float:
    """t CO2e per unit of an input; hydrogen made on site carries its electricity's."""
    name, entry = price_entry(case, commodity, region)
    if is_electrolysis(entry):
        demand = electricity_demand(case, name, entry) / 1000
        return demand * scope2_intensity(case, entry["electricity"], region, year)
    table = entry.get("emission_intensity")
    if not table:
        return 0.0
    size = factor_to(unit_of(commodity, entry["unit"]), entry["unit"].split("/")[1], case.money)
    return between(table, year) / size


def unit_of(commodity: str, unit: str) -> str:
    """The model's own unit of a commodity."""
    if is_energy(unit):
        return "MWh"
    return "kg" if commodity == "hydrogen" else "t"


# ---------------------------------------------------------------- regions and routes


def wacc(case: Case, region: str) -> float:
    return quantity(case, case.catalog["regions"][region]["wacc"], region + ".wacc")


def reference_route(case: Case, region: str) -> str:
    return case.catalog["regions"][region]["reference"][case.config["sector"]]


def field(case: Case, route: str, name: str, region: str, year: int, target: str = "1") -> float:
    """A number of a route in a region and year."""
    q = case.catalog["routes"][route][name]
    return regional(case, q, f"{route}.{name}", region, target, year)


def amounts(case: Case, route: str, side: str, region: str, year: int) -> dict[str, float]:
    """Inputs or byproducts per tonne: t, MWh or kg of hydrogen."""
    result = {}
    for commodity, q in (case.catalog["routes"][route].get(side) or {}).items():
        _, entry = price_entry(case, commodity, region)
        target = unit_of(commodity, entry["unit"]) + "/t"
        result[commodity] = regional(case, q, f"{route}.{side}.{commodity}", region, target, year)
    return result


def is_available(case: Case, route: str, year: int) -> bool:
    first = case.catalog["routes"][route].get("available_from")
    return first is None or year >= first


# ---------------------------------------------------------------- section 5: carbon cost


def direct(case: Case, route: str, region: str, year: int) -> float:
    """e1: scope 1 intensity, t/t."""
    return field(case, route, "emission_intensity", region, year, "t/t")


def precursor(case: Case, route: str, region: str, year: int) -> float:
    """Emissions that travel with bought iron, t/t."""
    return field(case, route, "precursor_intensity", region, year, "t/t")


def home_exposure(case: Case, route: str, region: str, year: int) -> float:
    """Home carbon cost per EUR of the home price: net tonnes paid for."""
    place, way = case.catalog["regions"][region], case.catalog["routes"][route]
    free = policy(case, place["free_allocation"], year) * policy(case, place["cscf"], year)
    benchmarks = place["benchmarks"]
    own = benchmarks[route] if route in benchmarks else benchmarks["default"]
    allocation = free * policy(case, own, year)
    covered = policy(case, place["coverage"], year)
    border = policy(case, place["border"], year)
    bought = precursor(case, route, region, year) - free * policy(case, way["precursor_benchmark"], year)
    return covered * (direct(case, route, region, year) - allocation) + border * max(0.0, bought)


def home_cost(case: Case, route: str, region: str, year: int) -> float:
    market = case.catalog["regions"][region]["market"]
    return carbon_price(case, market, year) * home_exposure(case, route, region, year)


def marginal_cost(case: Case, route: str, region: str, year: int) -> float:
    place = case.catalog["regions"][region]
    price = carbon_price(case, place["market"], year)
    return price * policy(case, place["coverage"], year) * direct(case, route, region, year)


def pays_cbam(case: Case, region: str, destination: str) -> bool:
    home = case.catalog["regions"][region]["market"]
    return destination == "eu" and home != case.config["cbam"]["market"]


def embedded(case: Case, route: str, region: str, year: int) -> float:
    """Embedded emissions declared at the border, t/t."""
    rules, place = case.config["cbam"], case.catalog["regions"][region]
    if rules["method"] == "country_average":
        actual = float(place["average_intensity"])
    else:
        actual = direct(case, route, region, year) + precursor(case, route, region, year)
    if rules["declared"] == "actual":
        emissions = actual
    else:
        default = place["default_intensity"] * (1 + policy(case, rules["mark_up"], year))
        emissions = default if rules["declared"] == "default" else min(actual, default)
    if route == reference_route(case, region):
        share = rules["resource_shuffling"]
        clean = min(emissions, rules["clean_intensity"])
        emissions = (1 - share) * emissions + share * clean
    return emissions


def cbam_coverage(case: Case, region: str, year: int) -> float:
    """Nothing is due from a market linked to the one that sets the certificate price."""
    covered = policy(case, case.config["cbam"]["coverage"], year)
    link = case.catalog["markets"][case.catalog["regions"][region]["market"]].get("link")
    if link and link["to"] == case.config["cbam"]["market"]:
        covered *= 1 - policy(case, link["share"], year)
    return covered


def cbam_exposure(case: Case, route: str, region: str, year: int) -> float:
    """Tonnes for which certificates are due, before the price paid at home."""
    rules = case.config["cbam"]
    free = policy(case, rules["free_allocation"], year) * policy(case, rules["cscf"], year)
    mark = policy(case, case.catalog["routes"][route]["cbam_benchmark"], year)
    power = policy(case, rules.get("indirect", 0.0), year) * bought(case, route, region, year)
    return embedded(case, route, region, year) - free * mark + power


def paid_at_home(case: Case, route: str, region: str, year: int) -> float:
    recognised = policy(case, case.catalog["regions"][region]["recognised"], year)
    return max(0.0, home_cost(case, route, region, year)) * recognised


def cbam_at(case: Case, route: str, region: str, year: int, price: float) -> float:
    """CBAM per tonne at an EU price."""
    due = price * cbam_exposure(case, route, region, year)
    return cbam_coverage(case, region, year) * max(0.0, due - paid_at_home(case, route, region, year))


def cbam_cost(case: Case, route: str, region: str, destination: str, year: int) -> float:
    if not pays_cbam(case, region, destination):
        return 0.0
    price = carbon_price(case, case.config["cbam"]["market"], year)
    return cbam_at(case, route, region, year, price)


def carbon_cost(case: Case, route: str, region: str, destination: str, year: int) -> float:
    border = cbam_cost(case, route, region, destination, year)
    return home_cost(case, route, region, year) + border


# ---------------------------------------------------------------- section 6: cost premium


def annuity_rate(w: float, n: float) -> float:
    """CRF(w, n)."""
    if abs(w) < 1e-12:
        return 1 / n
    return w / -math.expm1(-n * math.log1p(w))


def size_effect(case: Case, route: str) -> float:
    """Capex per tonne of a plant of this size, over that of a plant of the reference's size."""
    size = case.catalog["routes"][route]["size"]
    output = case.config["plant"]["output"]
    if size.get("output") is not None:
        output = quantity(case, size["output"], "", "Mt/yr")
    ratio = output / quantity(case, size["reference"], "", "Mt/yr")
    exponent = quantity(case, size["exponent"], route + ".size_exponent")
    return ratio**exponent / ratio


def is_share(case: Case, route: str, region: str) -> bool:
    """Whether fixed opex is a share of capex per year: its unit holds no money."""
    q = case.catalog["routes"][route]["fixed_opex"]
    if isinstance(q, Mapping) and not {"kind", "value", "years"} & set(q):
        q = q[next(one for one in lineage(case, region) if one in q)]
    if isinstance(q, Mapping) and "years" in q and not q.get("unit"):
        q = next(iter(q["years"].values()))
    if isinstance(q, Mapping):
        return str(q.get("unit")) in ("%/yr", "1/yr")
    return isinstance(q, str) and q.endswith(("%/yr", "1/yr"))


def cost_parts(case: Case, route: str, region: str, year: int) -> dict[str, float]:
    """Parts of the levelised cost, EUR/t; inputs by commodity, byproducts negative."""
    way, place = case.catalog["routes"][route], case.catalog["regions"][region]
    built = field(case, route, "capex", region, year, "EUR/(t/yr)")
    built *= quantity(case, place["capex_factor"], region + ".capex_factor")
    if way.get("size"):
        built *= size_effect(case, route)
    built *= learning(case, way.get("learning"), route, year)
    capex = built * quantity(case, way["first_of_a_kind"], route + ".first_of_a_kind")
    construction = way["interest_during_construction"]
    capex *= quantity(case, construction, route + ".interest_during_construction")
    rate = wacc(case, region) + quantity(case, way["risk_premium"], route + ".risk_premium")
    utilisation = field(case, route, "utilisation", region, year)
    if is_share(case, route, region):
        fixed_opex = built * field(case, route, "fixed_opex", region, year, "1/yr")
    else:
        fixed_opex = field(case, route, "fixed_opex", region, year, "EUR/(t/yr)/yr")
    parts = {
        "capex": capex * annuity_rate(rate, way["lifetime"]) / utilisation,
        "fixed_opex": fixed_opex / utilisation,
        "other_opex": field(case, route, "other_opex", region, year, "EUR/t"),
        "support": -field(case, route, "support", region, year, "EUR/t"),
    }
    for side, sign in (("inputs", 1), ("byproducts", -1)):
        for commodity, amount in amounts(case, route, side, region, year).items():
            price = commodity_price(case, commodity, region, year)
            parts[commodity] = parts.get(commodity, 0.0) + sign * amount * price
    return parts


def levelised_cost(case: Case, route: str, region: str, year: int) -> float:
    return math.fsum(cost_parts(case, route, region, year).values())


def bought(case: Case, route: str, region: str, year: int) -> float:
    """Scope 2: emissions of what the route buys, t/t."""
    return math.fsum(
        amount * scope2_intensity(case, commodity, region, year)
        for commodity, amount in amounts(case, route, "inputs", region, year).items()
    )


def intensity(case: Case, route: str, region: str, year: int) -> float:
    """Emissions per tonne on the chosen boundary."""
    total = direct(case, route, region, year) + precursor(case, route, region, year)
    if case.config["boundary"] == "scope12":
        total += bought(case, route, region, year)
    return total


def avoided_emissions(case: Case, route: str, region: str, year: int) -> float:
    reference = reference_route(case, region)
    return intensity(case, reference, region, year) - intensity(case, route, region, year)


def premium_ex_carbon(case: Case, route: str, region: str, year: int) -> float:
    reference = reference_route(case, region)
    return levelised_cost(case, route, region, year) - levelised_cost(case, reference, region, year)


def cost_premium(case: Case, route: str, region: str, destination: str, year: int) -> float:
    reference = reference_route(case, region)
    carbon = carbon_cost(case, route, region, destination, year)
    carbon -= carbon_cost(case, reference, region, destination, year)
    return premium_ex_carbon(case, route, region, year) + carbon


def parity_price(
    case: Case, route: str, region: str, destination: str, good: str, year: int
) -> float:
    """Price of a good at which cost_premium is zero: where the line through two prices meets it."""
    premiums = []
    for price in (0.0, 1000.0):
        case.given[good, region] = price
        premiums.append(cost_premium(case, route, region, destination, year))
    del case.given[good, region]
    if abs(premiums[1] - premiums[0]) <= 1e-9 * max(map(abs, premiums)):
        return NAN
    return -premiums[0] * 1000.0 / (premiums[1] - premiums[0])


def components(case: Case) -> list[str]:
    """Labels of the waterfall, the commodities of every route in order of first mention."""
    commodities: list[str] = []
    references = [reference_route(case, region) for region in case.config["regions"]]
    for route in (*case.config["routes"], *references):
        for side in ("inputs", "byproducts"):
            for commodity in case.catalog["routes"][route].get(side) or {}:
                if commodity not in commodities:
                    commodities.append(commodity)
    return [
        "capex", "fixed_opex", "other_opex", *commodities, "support", "home_carbon", "cbam",
    ]  # fmt: skip


def waterfall(case: Case, route: str, region: str, destination: str, year: int) -> dict[str, float]:
    """Parts of cost_premium by component."""
    reference = reference_route(case, region)
    sides = []
    for way in (route, reference):
        parts = cost_parts(case, way, region, year)
        parts["home_carbon"] = home_cost(case, way, region, year)
        parts["cbam"] = cbam_cost(case, way, region, destination, year)
        sides.append(parts)
    return {name: sides[0].get(name, 0.0) - sides[1].get(name, 0.0) for name in components(case)}


def break_even_price(case: Case, route: str, region: str, destination: str, year: int) -> float:
    """Carbon price at which cost_premium is zero."""
    reference = reference_route(case, region)
    extra = premium_ex_carbon(case, route, region, year)
    if pays_cbam(case, region, destination):
        return break_even_at_border(case, route, reference, region, year, extra)
    saved = home_exposure(case, reference, region, year) - home_exposure(case, route, region, year)
    if case.catalog["regions"][region]["market"] is None or saved <= 0:
        return NAN
    return extra / saved


def break_even_at_border(
    case: Case, route: str, reference: str, region: str, year: int, extra: float
) -> float:
    """Lowest EU price at which the premium is zero: walk the kinks of a piecewise line."""
    home = home_cost(case, route, region, year) - home_cost(case, reference, region, year)

    def premium(price: float) -> float:
        green = cbam_at(case, route, region, year, price)
        return extra + home + green - cbam_at(case, reference, region, year, price)

    if premium(0.0) <= 0:
        return 0.0
    kinks = [0.0]
    for way in (route, reference):
        tonnes = cbam_exposure(case, way, region, year)
        if tonnes > 0:
            kinks.append(paid_at_home(case, way, region, year) / tonnes)
    kinks.sort()
    for low, high in zip(kinks, kinks[1:], strict=False):
        if premium(high) <= 0:
            return low + (high - low) * premium(low) / (premium(low) - premium(high))
    last = kinks[-1]
    slope = cbam_coverage(case, region, year) * (
        max(0.0, cbam_exposure(case, route, region, year))
        - max(0.0, cbam_exposure(case, reference, region, year))
    )
    return last - premium(last) / slope if slope < 0 else NAN
