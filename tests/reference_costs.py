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
    remembered,
)
from reference_units import factor_to, is_energy

NAN = math.nan

# ---------------------------------------------------------------- prices of inputs


@remembered
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


def electricity_demand(case: Case, name: str, entry: Mapping[str, Any]) -> float:
    """kWh per kg of hydrogen."""
    return quantity(case, entry["electricity_demand"], name + ".electricity_demand", "kWh/kg")


@remembered
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


def sector_of(case: Case, route: str) -> str:
    """What a route makes."""
    return str(case.catalog["routes"][route]["sector"])


def reference_route(case: Case, region: str, route: str) -> str:
    """What a route is compared with: the conventional way to make the same."""
    return reference_in(case, region, sector_of(case, route))


def sectors_of(case: Case) -> list[str]:
    """What the run is of; `sector` is a single one."""
    return list(case.config.get("sectors") or [case.config["sector"]])


def reference_in(case: Case, region: str, sector: str) -> str:
    reference = rules_of_sector(case, region, sector)["reference"]
    return reference if isinstance(reference, str) else reference[sector]


def rules_in(case: Case, region: str, route: str) -> Mapping[str, Any]:
    """What a route meets in a region: what its sector does."""
    return rules_of_sector(case, region, sector_of(case, route))


def rules_of_sector(case: Case, region: str, sector: str) -> Mapping[str, Any]:
    """What a sector meets in a region; a config may also write it in the region itself."""
    record = case.catalog.get("sectors", {}).get(sector, {})
    return {**case.catalog["regions"][region], **record.get("regions", {}).get(region, {})}


def border_rule(case: Case, sector: str, key: str) -> Any:
    """A rule of the border of the EU: what the config says, else the sector, else the usual."""
    said = case.config["cbam"].get(key)
    if said is None:
        said = (case.catalog.get("sectors", {}).get(sector, {}).get("cbam") or {}).get(key)
    usual = {"coverage": 1.0, "indirect": 0.0, "mark_up": 0.0, "good": "default"}
    return usual.get(key) if said is None else said


def host(case: Case, route: str) -> str | None:
    """The route on whose plant a retrofit stands."""
    return case.catalog["routes"][route].get("host")


@remembered
def says(case: Case, route: str, *keys: str) -> str:
    """Which route states something: the route itself, or else its host."""
    found: Any = case.catalog["routes"][route]
    for key in keys:
        if key not in found:
            return host(case, route) or route
        found = found[key]
    return route


def stated(case: Case, route: str, *keys: str) -> Any:
    """What a route states, or its host; None where neither says anything."""
    found: Any = case.catalog["routes"][says(case, route, *keys)]
    for key in keys:
        found = (found or {}).get(key)
    return found


def entry_of(case: Case, q: Any, label: str, region: str) -> tuple[Any, str]:
    """What a table by region holds for a region, and the name of its draw."""
    if isinstance(q, Mapping) and not {"kind", "value", "years"} & set(q):
        place = next(one for one in lineage(case, region) if one in q)
        q, label = q[place], label if place == "default" else f"{label}.{place}"
    return q, label


def draw_of(case: Case, route: str, region: str, *keys: str) -> str:
    """Name of the draw that decides a quantity: its own, or of the route that it follows."""
    owner = says(case, route, *keys)
    for other, names in (case.catalog["routes"][owner].get("shares") or {}).items():
        if ".".join(keys) in names:
            return draw_of(case, other, region, *keys)
    q, label = entry_of(case, stated(case, owner, *keys), ".".join((owner, *keys)), region)
    if isinstance(q, Mapping):
        return str(q["name"] if q.get("kind") == "factor" else q.get("factor") or label)
    return label


@remembered
def number(case: Case, route: str, region: str, *keys: str, year: int, target: str = "1") -> float:
    """A quantity of a route in a region and year."""
    q, _ = entry_of(case, stated(case, route, *keys), "", region)
    return regional(case, q, draw_of(case, route, region, *keys), region, target, year)


def field(case: Case, route: str, name: str, region: str, year: int, target: str = "1") -> float:
    """A number of a route in a region and year."""
    return number(case, route, region, name, year=year, target=target)


def traded(case: Case, route: str, side: str) -> list[str]:
    """Commodities that a route buys or sells."""
    way = case.catalog["routes"][route]
    below = case.catalog["routes"][host(case, route)] if host(case, route) else {}
    names = [*(below.get(side) or {}), *(way.get(side) or {})]
    capture = way.get("capture")
    if capture and side == "inputs":
        names += [*capture["inputs"], capture["storage"]]
    return list(dict.fromkeys(names))


@remembered
def amounts(case: Case, route: str, side: str, region: str, year: int) -> dict[str, float]:
    """Inputs or byproducts per tonne: t, MWh or kg of hydrogen."""
    result = {}
    capture = case.catalog["routes"][route].get("capture")
    for commodity in traded(case, route, side):
        unit = unit_in(case, commodity, region)
        amount = 0.0
        if stated(case, route, side, commodity) is not None:
            amount = number(case, route, region, side, commodity, year=year, target=f"{unit}/t")
        if capture and side == "inputs":
            taken = captured(case, route, region, year)
            if commodity in capture["inputs"]:
                amount += taken * per_captured(case, route, region, commodity, year)
            if commodity == capture["storage"]:
                amount += taken
        result[commodity] = amount
    return result


def unit_in(case: Case, commodity: str, region: str) -> str:
    _, entry = price_entry(case, commodity, region)
    return unit_of(commodity, entry["unit"])


def is_available(case: Case, route: str, year: int) -> bool:
    first = stated(case, route, "available_from")
    return first is None or year >= first


# ---------------------------------------------------------------- capture of CO2


def per_captured(case: Case, route: str, region: str, commodity: str, year: int) -> float:
    """What capturing a tonne takes of a commodity."""
    target = unit_in(case, commodity, region) + "/t"
    return number(case, route, region, "capture", "inputs", commodity, year=year, target=target)


def emitted_per_captured(case: Case, route: str, region: str, year: int) -> float:
    """What capturing a tonne emits itself, t/t."""
    total = 0.0
    for commodity in case.catalog["routes"][route]["capture"].get("emission_factors") or {}:
        target = "t/" + unit_in(case, commodity, region)
        burnt = number(
            case, route, region, "capture", "emission_factors", commodity, year=year, target=target
        )
        total += burnt * per_captured(case, route, region, commodity, year)
    return total


@remembered
def captured(case: Case, route: str, region: str, year: int) -> float:
    """The share of all that the site emits, its own capture included; found by going round."""
    unabated = field(case, route, "emission_intensity", region, year, "t/t")
    rate = number(case, route, region, "capture", "rate", year=year)
    own = emitted_per_captured(case, route, region, year)
    taken, before = rate * unabated, -1.0
    while abs(taken - before) > 1e-15 * (1 + taken):
        taken, before = rate * (unabated + own * taken), taken
    return taken


# ---------------------------------------------------------------- section 5: carbon cost


@remembered
def direct(case: Case, route: str, region: str, year: int) -> float:
    """e1: scope 1 intensity, t/t; of a capture, what is left of the plant's emissions and its own."""
    unabated = field(case, route, "emission_intensity", region, year, "t/t")
    if not case.catalog["routes"][route].get("capture"):
        return unabated
    taken = captured(case, route, region, year)
    return unabated + taken * emitted_per_captured(case, route, region, year) - taken


def counted(case: Case, route: str, region: str, year: int) -> float:
    """e1 as the carbon market counts it: of what is below zero, the share that is credited."""
    emitted = direct(case, route, region, year)
    return (
        emitted
        if emitted > 0
        else emitted * float(rules_in(case, region, route).get("removals", 0.0))
    )


@remembered
def precursor(case: Case, route: str, region: str, year: int) -> float:
    """Emissions that travel with bought iron, t/t."""
    each = field(case, route, "precursor_intensity", region, year, "t/t")
    return each * precursor_tonnes(case, route, region, year)


def precursor_tonnes(case: Case, route: str, region: str, year: int) -> float:
    """Tonnes of the bought iron in a tonne; 1 where all stands per tonne of product."""
    name = stated(case, route, "precursor")
    return amounts(case, route, "inputs", region, year)[name] if name else 1.0


@remembered
def home_exposure(case: Case, route: str, region: str, year: int) -> float:
    """Home carbon cost per EUR of the home price: net tonnes paid for."""
    place = rules_in(case, region, route)
    free = policy(case, place["free_allocation"], year) * policy(case, place["cscf"], year)
    benchmarks = place["benchmarks"]
    own = next(
        benchmarks[one] for one in (route, host(case, route), "default") if one in benchmarks
    )
    allocation = free * policy(case, own, year)
    covered = policy(case, place["coverage"], year)
    border = policy(case, place["border"], year)
    granted = policy(case, stated(case, route, "precursor_benchmark"), year)
    granted *= precursor_tonnes(case, route, region, year)
    bought = precursor(case, route, region, year) - free * granted
    own = counted(case, route, region, year)
    return covered * (own - allocation) + border * max(0.0, bought)


def home_cost(case: Case, route: str, region: str, year: int) -> float:
    market = case.catalog["regions"][region]["market"]
    return carbon_price(case, market, year) * home_exposure(case, route, region, year)


def marginal_cost(case: Case, route: str, region: str, year: int) -> float:
    place = rules_in(case, region, route)
    price = carbon_price(case, place["market"], year)
    return price * policy(case, place["coverage"], year) * counted(case, route, region, year)


def pays_cbam(case: Case, region: str, destination: str) -> bool:
    home = case.catalog["regions"][region]["market"]
    return destination == "eu" and home != case.config["cbam"]["market"]


def embedded(case: Case, route: str, region: str, year: int) -> float:
    """Embedded emissions of a tonne that declares its own, t/t."""
    rules, place = case.config["cbam"], rules_in(case, region, route)
    if rules["method"] == "country_average":
        emissions = float(place["average_intensity"])
    else:
        emissions = direct(case, route, region, year) + precursor(case, route, region, year)
    if route == reference_route(case, region, route):
        share = rules["resource_shuffling"]
        clean = min(emissions, rules["clean_intensity"])
        emissions = (1 - share) * emissions + share * clean
    return emissions


def default_value(case: Case, region: str, sector: str, year: int) -> float:
    """The default value of the good with its mark-up, t/t: the same for every route of a sector."""
    table = rules_of_sector(case, region, sector)["default_intensity"]
    if isinstance(table, Mapping):
        good = border_rule(case, sector, "good")
        table = table[good] if good in table else table["default"]
    return table * (1 + policy(case, border_rule(case, sector, "mark_up"), year))


@remembered
def cbam_coverage(case: Case, sector: str, region: str, year: int) -> float:
    """Nothing is due from a market linked to the one that sets the certificate price."""
    covered = policy(case, border_rule(case, sector, "coverage"), year)
    link = case.catalog["markets"][case.catalog["regions"][region]["market"]].get("link")
    if link and link["to"] == case.config["cbam"]["market"]:
        covered *= 1 - policy(case, link["share"], year)
    return covered


def free_of_cbam(case: Case, year: int) -> float:
    rules = case.config["cbam"]
    return policy(case, rules["free_allocation"], year) * policy(case, rules["cscf"], year)


@remembered
def with_actual(case: Case, route: str, region: str, year: int) -> tuple[float, float]:
    """Tonnes due and price paid of a tonne that declares its own emissions."""
    mark = policy(case, stated(case, route, "cbam_benchmark"), year)
    power = policy(case, border_rule(case, sector_of(case, route), "indirect"), year)
    power *= bought(case, route, region, year)
    tonnes = embedded(case, route, region, year) - free_of_cbam(case, year) * mark + power
    recognised = policy(case, case.catalog["regions"][region]["recognised"], year)
    return tonnes, max(0.0, home_cost(case, route, region, year)) * recognised


@remembered
def with_default(case: Case, route: str, region: str, year: int) -> tuple[float, float]:
    """Tonnes due and price paid of a tonne that declares the default value."""
    rules, sector = case.config["cbam"], sector_of(case, route)
    own = border_rule(case, sector, "default_benchmark")
    if own is None:
        own = stated(case, reference_route(case, region, route), "cbam_benchmark")
    free = free_of_cbam(case, year) * policy(case, own, year)
    tonnes = default_value(case, region, sector, year) - free
    counts = policy(case, rules.get("recognised_default", 0.0), year)
    return tonnes, with_actual(case, route, region, year)[1] * counts


@remembered
def declaration(case: Case, route: str, region: str, year: int) -> tuple[float, float]:
    """Tonnes due and price paid of what is declared; the cheaper of two at the year's price."""
    declared = case.config["cbam"]["declared"]
    if declared == "actual":
        return with_actual(case, route, region, year)
    if declared == "default":
        return with_default(case, route, region, year)
    price = carbon_price(case, case.config["cbam"]["market"], year)
    both = (with_actual(case, route, region, year), with_default(case, route, region, year))
    return min(both, key=lambda one: max(0.0, price * one[0] - one[1]))


def cbam_exposure(case: Case, route: str, region: str, year: int) -> float:
    """Tonnes for which certificates are due, before the price paid at home."""
    return declaration(case, route, region, year)[0]


def paid_at_home(case: Case, route: str, region: str, year: int) -> float:
    return declaration(case, route, region, year)[1]


def cbam_at(case: Case, route: str, region: str, year: int, price: float) -> float:
    """CBAM per tonne at an EU price."""
    due = price * cbam_exposure(case, route, region, year)
    covered = cbam_coverage(case, sector_of(case, route), region, year)
    return covered * max(0.0, due - paid_at_home(case, route, region, year))


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
    size = stated(case, route, "size")
    output = case.config["plant"]["output"]
    if size.get("output") is not None:
        output = quantity(case, size["output"], "", "Mt/yr")
    ratio = output / quantity(case, size["reference"], "", "Mt/yr")
    exponent = quantity(case, size["exponent"], says(case, route, "size") + ".size_exponent")
    return ratio**exponent / ratio


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


def capex_factor(case: Case, region: str) -> float:
    return quantity(case, case.catalog["regions"][region]["capex_factor"], region + ".capex_factor")


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


def cost_parts(case: Case, route: str, region: str, year: int) -> dict[str, float]:
    """Parts of the levelised cost, EUR/t; inputs by commodity, byproducts negative."""
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
        "support": -field(case, route, "support", region, year, "EUR/t"),
    }
    for side, sign in (("inputs", 1), ("byproducts", -1)):
        for commodity, amount in amounts(case, route, side, region, year).items():
            price = commodity_price(case, commodity, region, year)
            parts[commodity] = parts.get(commodity, 0.0) + sign * amount * price
    return parts


def levelised_cost(case: Case, route: str, region: str, year: int) -> float:
    return math.fsum(cost_parts(case, route, region, year).values())


@remembered
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
    reference = reference_route(case, region, route)
    return intensity(case, reference, region, year) - intensity(case, route, region, year)


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
            for commodity in traded(case, route, side):
                if commodity not in commodities:
                    commodities.append(commodity)
    return [
        "capex", "fixed_opex", "other_opex", *commodities, "support", "home_carbon", "cbam",
    ]  # fmt: skip


def waterfall(case: Case, route: str, region: str, destination: str, year: int) -> dict[str, float]:
    """Parts of cost_premium by component."""
    reference = reference_route(case, region, route)
    sides = []
    for way in (route, reference):
        parts = cost_parts(case, way, region, year)
        parts["home_carbon"] = home_cost(case, way, region, year)
        parts["cbam"] = cbam_cost(case, way, region, destination, year)
        sides.append(parts)
    return {name: sides[0].get(name, 0.0) - sides[1].get(name, 0.0) for name in components(case)}


def break_even_price(case: Case, route: str, region: str, destination: str, year: int) -> float:
    """Carbon price at which cost_premium is zero."""
    reference = reference_route(case, region, route)
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
    slope = cbam_coverage(case, sector_of(case, route), region, year) * (
        max(0.0, cbam_exposure(case, route, region, year))
        - max(0.0, cbam_exposure(case, reference, region, year))
    )
    return last - premium(last) / slope if slope < 0 else NAN
