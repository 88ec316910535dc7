"""Prices of inputs, cost and cost premium in plain Python (sections 6, 15, 16 and 17).

Money is EUR of the base year; a cost per tonne of product unless said otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from reference_carbon import (
    border_cost,
    carbon_cost,
    cbam_at,
    cbam_cost,
    cbam_coverage,
    cbam_exposure,
    compensated,
    compensation,
    gas_use,
    home_cost,
    home_exposure,
    home_price,
    made_elsewhere,
    paid_at_home,
    pays_cbam,
    qualifies,
)
from reference_paths import (
    Case,
    learning,
    lineage,
    policy,
    price_path,
    quantity,
    regional,
    remembered,
    remembered_at_prices,
)
from reference_routes import (
    amounts,
    annuity_rate,
    capex_factor,
    captured,
    electricity_demand,
    field,
    held,
    inside,
    is_electrolysis,
    is_generation,
    is_made,
    is_reforming,
    number,
    own_amounts,
    price_entry,
    reference_in,
    reference_route,
    rules_of_sector,
    says,
    sector_of,
    sectors_of,
    stated,
    traded,
    unit_of,
    wacc,
    with_inside,
)

NAN = math.nan


@remembered_at_prices
def commodity_price(case: Case, commodity: str, region: str, year: int) -> float:
    """EUR per t, per MWh or, of hydrogen, per kg; of scrap as its owners and a duty move it."""
    if (commodity, region) in case.given:
        return case.given[commodity, region]
    price = price_of_entry(case, commodity, region, year)
    sector = scrap_sector(case, commodity, region)
    if sector is None:
        return price
    rules, name = rules_of_sector(case, region, sector)["scrap"], f"{region}.{sector}.scrap"
    falls = quantity(case, rules.get("incidence", 0.0), name + ".incidence")
    price *= 1 - falls * policy(case, rules.get("export_duty", 0.0), year)
    gained = scrap_carbon_value(case, region, sector, year)
    gained -= scrap_carbon_value(case, region, sector, case.years[0])
    return price + quantity(case, rules.get("owners_share", 0.0), name + ".owners_share") * gained


@remembered
def scrap_sector(case: Case, commodity: str, region: str) -> str | None:
    """The sector whose scrap a commodity is, where a region of the run says how its price moves."""
    if region not in case.config["regions"]:
        return None
    for sector in sectors_of(case):
        named = case.catalog.get("sectors", {}).get(sector, {}).get("scrap")
        moved = rules_of_sector(case, region, sector).get("scrap")
        if named and moved and named["commodity"] == commodity:
            return sector
    return None


@remembered
def scrap_carbon_value(case: Case, region: str, sector: str, year: int) -> float:
    """Carbon cost at home that a tonne of scrap saves, EUR/t of it."""
    named = case.catalog["sectors"][sector]["scrap"]
    saved = home_cost(case, reference_in(case, region, sector), region, year)
    saved -= home_cost(case, named["route"], region, year)
    charged = amounts(case, named["route"], "inputs", region, year)[named["commodity"]]
    return saved / charged


def price_of_entry(case: Case, commodity: str, region: str, year: int) -> float:
    """What the entry of a price says."""
    name, entry = price_entry(case, commodity, region)
    if is_electrolysis(entry):
        return electrolysis_cost(case, name, entry, region, year)
    if entry.get("kind") == "indexed":
        return indexed_price(case, name, entry, commodity, year)
    if is_generation(entry):
        fuel = commodity_price(case, entry["fuel"], region, year)
        rate = quantity(case, entry["heat_rate"], name + ".heat_rate", "GJ/MWh")
        other = quantity(case, entry.get("other_cost", 0.0), name + ".other_cost", "EUR/MWh")
        return rate / 3.6 * fuel + other
    if is_reforming(entry):
        return reforming_cost(case, name, entry, region, year)
    if is_made(entry):
        return delivered_from_origin(case, name, entry, region, year)["whole"]
    if name not in case.paths:
        case.paths[name] = price_path(case, name, entry, commodity)
    return case.paths[name][year]


def reforming_cost(
    case: Case, name: str, entry: Mapping[str, Any], region: str, year: int
) -> float:
    """EUR per kg of hydrogen made of gas."""

    def part(key: str, target: str = "1", usual: Any = 0.0) -> float:
        return quantity(case, entry.get(key, usual), f"{name}.{key}", target)

    rate = wacc(case, region) + part("risk_premium")
    yearly = part("capex", "EUR/kW") * (annuity_rate(rate, entry["lifetime"]) + part("fixed_opex"))
    cost = yearly / part("full_load_hours", "h/yr") * 120 / 3.6
    used = gas_use(case, name, entry)
    burnt = used * part("emission_factor", "t/MWh", 0.20196)
    cost += used * commodity_price(case, entry["gas"], region, year) + part("other_cost", "EUR/kg")
    if entry.get("storage"):
        stored = part("capture") * burnt
        cost += stored * commodity_price(case, entry["storage"], region, year)
    left = (1 - part("capture")) * burnt
    return cost + left * home_price(case, region, year) * part("carbon", usual=1.0)


def delivered_from_origin(
    case: Case, name: str, entry: Mapping[str, Any], region: str, year: int
) -> dict[str, float]:
    """EUR per tonne of what is made elsewhere: all of it, its carbon cost there, and freight."""
    route, origin = entry["route"], entry["region"]
    carbon = carbon_cost(case, route, origin, "domestic", year)
    carried = regional(case, entry["freight"], name + ".freight", region, "EUR/t", year)
    margin = quantity(case, entry.get("margin", 0.0), name + ".margin")
    made = levelised_cost(case, route, origin, year)
    return {
        "whole": (made + carbon + carried) * (1 + margin), "origin_carbon": carbon,
        "freight": carried,
    }  # fmt: skip


def indexed_price(
    case: Case, name: str, entry: Mapping[str, Any], commodity: str, year: int
) -> float:
    """What an index costs, times a coefficient, and a premium in the price's own money."""
    followed, place = entry["index"].split(".")
    # A price put in by hand is that of the region alone.
    given = case.given.pop((followed, place), None)
    level = commodity_price(case, followed, place, year)
    if given is not None:
        case.given[followed, place] = given
    share = quantity(case, entry.get("coefficient", 1.0), name + ".coefficient")
    premium, unit = entry.get("premium", 0.0), f"EUR/{unit_of(commodity, entry['unit'])}"
    if isinstance(premium, str) or (isinstance(premium, Mapping) and premium.get("unit")):
        return share * level + quantity(case, premium, name + ".premium", unit)
    money = (entry["unit"], entry.get("price_year"))
    return share * level + quantity(case, premium, name + ".premium", unit, *money)


def electrolysis_cost(
    case: Case, name: str, entry: Mapping[str, Any], region: str, year: int,
    built: int | None = None, *, recovery: bool = False,
) -> float:  # fmt: skip
    """EUR per kg of hydrogen made from electricity at the plant, whose electrolyser is of the year
    or of the one in which it was built; or of that the recovery of its capital alone."""
    capex = quantity(case, entry["capex"], name + ".capex", "EUR/kW")
    capex *= learning(case, entry.get("learning"), name, year if built is None else built)
    life = entry["lifetime"]
    stack_life = quantity(case, entry["stack_lifetime"], name + ".stack_lifetime")
    stack_share = quantity(case, entry["stack_share"], name + ".stack_share")
    stack = max(0.0, stack_share * (1 / stack_life - 1 / life))
    risk = quantity(case, entry["risk_premium"], name + ".risk_premium")
    fixed_opex = quantity(case, entry["fixed_opex"], name + ".fixed_opex")
    hours = quantity(case, entry["full_load_hours"], name + ".full_load_hours", "h/yr")
    demand = electricity_demand(case, name, entry)
    storage = quantity(case, entry["storage"], name + ".storage", "EUR/kg")
    recovered = capex * annuity_rate(wacc(case, region) + risk, life)
    if recovery:
        return recovered / hours * demand
    annual = recovered + capex * (fixed_opex + stack)
    electricity = commodity_price(case, entry["electricity"], region, year)
    return annual / hours * demand + electricity / 1000 * demand + storage


def size_effect(case: Case, route: str) -> float:
    """Capex per tonne of a plant of this size, over that of a plant of the reference's size."""
    size = stated(case, route, "size")
    output = case.config["plant"]["output"]
    if size.get("output") is not None:
        output = quantity(case, size["output"], "", "Mt/yr")
    ratio = output / quantity(case, size["reference"], "", "Mt/yr")
    exponent = quantity(case, size["exponent"], says(case, route, "size") + ".size_exponent")
    return ratio**exponent / ratio


@remembered
def is_share(case: Case, route: str, region: str) -> bool:
    """Whether fixed opex is a share of capex per year: its unit holds no money."""
    q = stated(case, route, "fixed_opex")
    if isinstance(q, Mapping) and not {"kind", "value", "years"} & set(q):
        q = q[next(one for one in lineage(case, region) if one in q)]
    if isinstance(q, Mapping) and "years" in q and not q.get("unit"):
        q = next(iter(q["years"].values()))
    if isinstance(q, Mapping):
        return str(q.get("unit")) in ("%/yr", "1/yr")
    return isinstance(q, str) and q.endswith(("%/yr", "1/yr"))


def new_plant(case: Case, route: str) -> str | None:
    """Which route states the new plant that is charged for; None where it is renewed."""
    owner = says(case, route, "capex")
    builder = says(case, route, "greenfield") if owner != route else owner
    if case.config.get("reference_capital") != "new":
        return None
    return builder if case.catalog["routes"][builder].get("greenfield") else None


@remembered
def equipment(case: Case, route: str, region: str, year: int) -> float:
    """What the plant costs, EUR per tonne of capacity, but for first plants and construction."""
    new = new_plant(case, route)
    if new:
        built = number(case, new, region, "greenfield", "capex", year=year, target="EUR/(t/yr)")
    else:
        built = field(case, route, "capex", region, year, "EUR/(t/yr)")
    built *= capex_factor(case, region)
    if stated(case, route, "size"):
        built *= size_effect(case, route)
    return built * learning(
        case, stated(case, route, "learning"), says(case, route, "learning"), year
    )


def stands_already(case: Case, route: str, region: str) -> bool:
    """Whether the capital of a route counts as sunk."""
    owner = says(case, route, "capex")
    builder = says(case, route, "greenfield") if owner != route else owner
    stands = case.catalog["routes"][builder].get("greenfield")
    return case.config.get("reference_capital") == "sunk" and bool(
        stands or owner == reference_route(case, region, route)
    )


@remembered
def plant_capital(case: Case, route: str, region: str, year: int) -> float:
    """Yearly capital per tonne of capacity of a plant without its capture, EUR."""
    new = new_plant(case, route)
    if stands_already(case, route, region):
        return 0.0
    capex = equipment(case, route, region, year)
    if new:
        capex *= number(case, new, region, "greenfield", "interest_during_construction", year=year)
    else:
        capex *= field(case, route, "interest_during_construction", region, year)
    capex *= field(case, route, "first_of_a_kind", region, year)
    rate = wacc(case, region) + field(case, route, "risk_premium", region, year)
    return capex * annuity_rate(rate, stated(case, route, "lifetime"))


@remembered
def capture_capital(case: Case, route: str, region: str, year: int) -> tuple[float, float, float]:
    """Yearly capital and fixed cost of a capture, and what it costs to build, without interest
    until then; EUR per tonne of the plant's capacity."""
    capture = case.catalog["routes"][route].get("capture")
    if not capture:
        return 0.0, 0.0, 0.0

    def part(name: str, target: str = "1") -> float:
        return number(case, route, region, "capture", name, year=year, target=target)

    plain = part("capex", "EUR/(t/yr)") * capex_factor(case, region)
    plain *= captured(case, route, region, year)
    spent = plain * part("first_of_a_kind")
    spent *= learning(case, capture.get("learning"), route + ".capture", year)
    rate = wacc(case, region) + part("risk_premium")
    yearly = spent * part("interest_during_construction") * annuity_rate(rate, capture["lifetime"])
    return yearly, plain * part("fixed_opex"), spent


@remembered_at_prices
def cost_parts(case: Case, route: str, region: str, year: int) -> dict[str, float]:
    """Parts of the levelised cost, EUR/t; inputs by commodity, byproducts negative."""
    parts, other = own_cost_parts(case, route, region, year), inside(case, route)
    if other is not None:
        share = held(case, route, region, year)
        for part, cost in cost_parts(case, other, region, year).items():
            parts[part] = parts.get(part, 0.0) + share * cost
    parts["support"] = -support(case, route, region, year)
    return parts


def stated_support(case: Case, route: str, region: str, year: int) -> float:
    own = field(case, route, "support", region, year, "EUR/t")
    return with_inside(case, route, region, year, own, stated_support)


def support(case: Case, route: str, region: str, year: int) -> float:
    """Of a tonne that takes hydrogen only where that may have any."""
    found = stated_support(case, route, region, year)
    if "hydrogen" in amounts(case, route, "inputs", region, year):
        found *= qualifies(case, region, year)
    return found


def own_cost_parts(case: Case, route: str, region: str, year: int) -> dict[str, float]:
    """The same without what is inside."""
    capture, kept, _ = capture_capital(case, route, region, year)
    utilisation = field(case, route, "utilisation", region, year)
    if is_share(case, route, region):
        fixed_opex = field(case, route, "fixed_opex", region, year, "1/yr")
        fixed_opex *= equipment(case, route, region, year)
    else:
        fixed_opex = field(case, route, "fixed_opex", region, year, "EUR/(t/yr)/yr")
    parts = {
        "capex": (plant_capital(case, route, region, year) + capture) / utilisation,
        "fixed_opex": (fixed_opex + kept) / utilisation,
        "other_opex": field(case, route, "other_opex", region, year, "EUR/t"),
    }
    for side, sign in (("inputs", 1), ("byproducts", -1)):
        for commodity, amount in own_amounts(case, route, side, region, year).items():
            price = commodity_price(case, commodity, region, year)
            parts[commodity] = parts.get(commodity, 0.0) + sign * amount * price
    return parts


@remembered_at_prices
def levelised_cost(case: Case, route: str, region: str, year: int) -> float:
    return math.fsum(cost_parts(case, route, region, year).values())


def premium_ex_carbon(case: Case, route: str, region: str, year: int) -> float:
    reference = reference_route(case, region, route)
    return levelised_cost(case, route, region, year) - levelised_cost(case, reference, region, year)


def cost_premium(case: Case, route: str, region: str, destination: str, year: int) -> float:
    reference = reference_route(case, region, route)
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
    references = [
        reference_in(case, region, sector)
        for region in case.config["regions"] for sector in sectors_of(case)
    ]  # fmt: skip
    for route in (*case.config["routes"], *references):
        for side in ("inputs", "byproducts"):
            way: str | None = route
            while way is not None:
                for commodity in traded(case, way, side):
                    if commodity not in commodities:
                        commodities.append(commodity)
                way = inside(case, way)
    return [
        "capex", "fixed_opex", "other_opex", *commodities, "support", *OF_AN_ORIGIN, "home_carbon",
        "cbam", "compensation",
    ]  # fmt: skip


OF_AN_ORIGIN = ("origin", "origin_carbon", "freight", "border")


def parts_by_component(
    case: Case, route: str, region: str, destination: str, year: int
) -> dict[str, float]:
    """Parts of the total cost of a tonne."""
    parts = cost_parts(case, route, region, year) | dict.fromkeys(OF_AN_ORIGIN, 0.0)
    for commodity, tonnes, _, _ in made_elsewhere(case, route, region, year):
        name, entry = price_entry(case, commodity, region)
        each = delivered_from_origin(case, name, entry, region, year)
        whole = commodity_price(case, commodity, region, year)
        parts[commodity] = 0.0
        parts["origin"] += tonnes * (whole - each["origin_carbon"] - each["freight"])
        parts["origin_carbon"] += tonnes * each["origin_carbon"]
        parts["freight"] += tonnes * each["freight"]
    parts["border"] = border_cost(case, route, region, year)
    parts["home_carbon"] = home_cost(case, route, region, year) - parts["border"]
    parts["cbam"] = cbam_cost(case, route, region, destination, year)
    parts["compensation"] = -compensation(case, route, region, year)
    return parts


def waterfall(case: Case, route: str, region: str, destination: str, year: int) -> dict[str, float]:
    """Parts of cost_premium by component."""
    reference = reference_route(case, region, route)
    sides = [parts_by_component(case, way, region, destination, year) for way in (route, reference)]
    return {name: sides[0].get(name, 0.0) - sides[1].get(name, 0.0) for name in components(case)}


def break_even_price(case: Case, route: str, region: str, destination: str, year: int) -> float:
    """Carbon price at which cost_premium is zero."""
    reference = reference_route(case, region, route)
    extra = premium_ex_carbon(case, route, region, year)
    if pays_cbam(case, region, destination):
        return break_even_at_border(case, route, reference, region, year, extra)
    tonnes, less = [], []
    for way in (reference, route):
        due, deducted = home_exposure(case, way, region, year)
        tonnes.append(due - compensated(case, way, region, year))
        less.append(deducted)
    saved = tonnes[0] - tonnes[1]
    return (extra + less[0] - less[1]) / saved if saved > 0 else NAN


def break_even_at_border(
    case: Case, route: str, reference: str, region: str, year: int, extra: float
) -> float:
    """Lowest EU price at which the premium is zero: walk the kinks of a piecewise line."""
    home = carbon_cost(case, route, region, "domestic", year)
    home -= carbon_cost(case, reference, region, "domestic", year)

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
    slope = cbam_coverage(case, sector_of(case, route), region, year) * (
        max(0.0, cbam_exposure(case, route, region, year))
        - max(0.0, cbam_exposure(case, reference, region, year))
    )
    return last - premium(last) / slope if slope < 0 else NAN
