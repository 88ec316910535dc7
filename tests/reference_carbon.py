"""Emissions of a tonne in plain Python: sections 5, 15 and 17. All in t CO2e per tonne.

The four kinds are those of the plant, of power made on site, of what is bought, and of precursors.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from reference_paths import Case, between, carbon_price, policy, quantity, regional, remembered
from reference_routes import (
    amounts,
    border_rule,
    captured,
    electricity_demand,
    emitted_per_captured,
    field,
    host,
    is_electrolysis,
    is_generation,
    is_made,
    is_reforming,
    own_amounts,
    price_entry,
    reference_route,
    rules_in,
    rules_of_sector,
    sector_of,
    stated,
    stated_by,
    stored_biomass,
    unabated,
    unit_of,
    with_inside,
)
from reference_units import factor_to

# ---------------------------------------------------------------- the plant itself


def own_direct(case: Case, route: str, region: str, year: int) -> float:
    """Of the plant; of a capture, what is left of the plant's emissions and its own. CO2 of biomass
    counts neither where it goes into the air nor where it is taken out of the gas."""
    before = unabated(case, route, region, year)
    if not case.catalog["routes"][route].get("capture"):
        return before
    taken = captured(case, route, region, year)
    fossil = taken - stored_biomass(case, route, region, year)
    return before + taken * emitted_per_captured(case, route, region, year) - fossil


@remembered
def direct(case: Case, route: str, region: str, year: int) -> float:
    """e1, what is inside included."""
    return with_inside(case, route, region, year, own_direct(case, route, region, year), direct)


@remembered
def counted(case: Case, route: str, region: str, year: int, sold: str = "") -> float:
    """e1 as the carbon market counts it: of what is below zero, and of biomass that is stored, the
    share that is credited by the rules for what is sold."""
    own = own_direct(case, route, region, year)
    share = float(rules_in(case, region, sold or route).get("removals", 0.0))
    if own < 0:
        own *= share
    own -= share * stored_biomass(case, route, region, year)

    def within(case: Case, other: str, region: str, year: int) -> float:
        return counted(case, other, region, year, sold or route)

    return with_inside(case, route, region, year, own, within)


# ---------------------------------------------------------------- power


@remembered
def factor(case: Case, commodity: str, region: str, year: int) -> float:
    """Emissions per unit of an input; of hydrogen made on site those of its power."""
    name, entry = price_entry(case, commodity, region)
    if is_electrolysis(entry):
        return electricity_demand(case, name, entry) / 1000 * supplied(case, entry, region, year)
    if is_reforming(entry):
        burnt = quantity(
            case, entry.get("emission_factor", 0.20196), name + ".emission_factor", "t/MWh"
        )
        left = 1 - quantity(case, entry.get("capture", 0.0), name + ".capture")
        before = quantity(case, entry["upstream"], name + ".upstream", "t/MWh")
        return gas_use(case, name, entry) * (before + left * burnt)
    if is_generation(entry):
        return quantity(case, entry["emission_factor"], name + ".emission_factor", "t/MWh")
    table = entry.get("emission_intensity")
    if not table:
        return 0.0
    size = factor_to(unit_of(commodity, entry["unit"]), entry["unit"].split("/")[1], case.money)
    return between(table, year) / size


def supplied(case: Case, entry: Mapping[str, Any], region: str, year: int) -> float:
    """F_h: emissions of the power of an electrolyser, as its contract counts, t/MWh."""
    supply = entry.get("supply", "grid")
    if supply == "grid":
        return factor(case, entry["electricity"], region, year)
    mean = factor(
        case, grid_of(case, entry["electricity"], region) or entry["electricity"], region, year
    )
    if supply == "nuclear":
        return policy(case, case.config["hydrogen"]["nuclear"], year) * mean
    if case.config.get("hydrogen_rule") in (None, "intensity"):
        return 0.0
    return (1 - contract_passes(case, entry, year)) * mean


def contract_passes(case: Case, entry: Mapping[str, Any], year: int) -> float:
    """Whether a renewable contract meets additionality and matching."""
    law, found = case.config["hydrogen"], 1.0
    if not entry.get("additional", True):
        found *= 1 - policy(case, law["additionality"], year)
    matching = entry.get("matching", "hourly")
    if matching == "monthly":
        found *= 1 - policy(case, law["hourly"], year)
    return 0.0 if matching == "annual" else found


def gas_use(case: Case, name: str, entry: Mapping[str, Any]) -> float:
    """MWh of gas that a kg of hydrogen made of it takes."""
    return 0.12 / 3.6 / quantity(case, entry["efficiency"], name + ".efficiency")


def hydrogen_grade(case: Case, region: str, year: int) -> tuple[float, float, float]:
    """Whether hydrogen is renewable, whether it emits no more than the limit, and by how much less
    than that, kg/kg."""
    _, entry = price_entry(case, "hydrogen", region)
    renewable = 0.0
    if is_electrolysis(entry) and entry.get("supply") == "renewable":
        renewable = contract_passes(case, entry, year)
    emitted = 1000 * factor(case, "hydrogen", region, year)
    spare = policy(case, case.config.get("hydrogen", {"limit": 3.38})["limit"], year) - emitted
    return renewable, float(spare >= 0), spare


def qualifies(case: Case, region: str, year: int) -> float:
    """Whether the hydrogen of a region may have support."""
    rule = case.config.get("hydrogen_rule")
    if rule is None:
        return 1.0
    renewable, within, _ = hydrogen_grade(case, region, year)
    if rule == "intensity":
        return within
    return renewable if rule == "rfnbo" else 1 - (1 - renewable) * (1 - within)


def carriers(case: Case, route: str, region: str, year: int) -> list[tuple[str, str, float]]:
    """Inputs, what carries their energy and what a tonne takes of that: of hydrogen made on site
    its power."""
    found = []
    for commodity, amount in amounts(case, route, "inputs", region, year).items():
        name, entry = price_entry(case, commodity, region)
        if is_electrolysis(entry):
            demand = electricity_demand(case, name, entry) / 1000
            found.append((commodity, entry["electricity"], amount * demand))
        else:
            found.append((commodity, commodity, amount))
    return found


def is_captive(case: Case, commodity: str, region: str) -> bool:
    """Whether it is power made on site."""
    return is_generation(price_entry(case, commodity, region)[1])


def grid_of(case: Case, commodity: str, region: str) -> str | None:
    """Commodity whose mean emissions stand for power; None of what is no power, or states none."""
    return price_entry(case, commodity, region)[1].get("grid")


def is_power(case: Case, commodity: str, region: str) -> bool:
    return is_captive(case, commodity, region) or grid_of(case, commodity, region) is not None


@remembered
def of_power(case: Case, route: str, region: str, year: int, captive: bool) -> float:
    """eg, of power made on site, or e2, of all other inputs; not of hydrogen made of gas."""
    bought_ = amounts(case, route, "inputs", region, year)
    return math.fsum(
        bought_[commodity] * factor(case, commodity, region, year)
        for commodity, carrier, _ in carriers(case, route, region, year)
        if is_captive(case, carrier, region) == captive
        and not is_reforming(price_entry(case, commodity, region)[1])
    )


def on_site(case: Case, route: str, region: str, year: int) -> float:
    """eg."""
    return of_power(case, route, region, year, True)


def bought(case: Case, route: str, region: str, year: int) -> float:
    """e2."""
    return of_power(case, route, region, year, False)


@remembered
def free_power(case: Case, route: str, region: str, year: int, side: str) -> float:
    """Allowances for power, `captive` or bought (`power`); what does not emit has none."""
    used = math.fsum(
        amount
        for commodity, carrier, amount in carriers(case, route, region, year)
        if is_power(case, carrier, region)
        and is_captive(case, carrier, region) == (side == "captive")
        and factor(case, commodity, region, year) > 0
    )
    each = rules_in(case, region, route).get(f"{side}_allowance", 0.0)
    return used * regional(case, each, f"{region}.{side}_allowance", region, "t/MWh", year)


@remembered
def charged_power(case: Case, route: str, region: str, year: int) -> float:
    """x_p: allowances to buy for power."""
    rules = rules_in(case, region, route)
    made = policy(case, rules.get("captive_coverage", 1.0), year)
    made *= on_site(case, route, region, year) - free_power(case, route, region, year, "captive")
    taken = policy(case, rules.get("power_coverage", 0.0), year)
    taken *= bought(case, route, region, year) - free_power(case, route, region, year, "power")
    return made + taken


@remembered
def power_at_border(case: Case, route: str, region: str, year: int) -> float:
    """Emissions of power and other inputs as the border counts them, before the share I of them."""
    rule = case.config["cbam"].get("power_factor", "actual")
    if rule == "actual":
        return on_site(case, route, region, year) + bought(case, route, region, year)
    total = 0.0
    for commodity, carrier, amount in carriers(case, route, region, year):
        grid = grid_of(case, carrier, region)
        if is_reforming(price_entry(case, commodity, region)[1]):
            continue
        if rule == "default" and is_power(case, carrier, region):
            total += amount * (case.catalog["regions"][region].get("default_power_factor") or 0.0)
        elif rule == "grid_mean" and grid is not None:
            total += amount * factor(case, grid, region, year)
        else:
            own = amounts(case, route, "inputs", region, year)[commodity]
            total += own * factor(case, commodity, region, year)
    return total


def share_of_power(case: Case, route: str, year: int) -> float:
    """I: share of the emissions of power that the border of the EU counts."""
    return policy(case, border_rule(case, sector_of(case, route), "indirect"), year)


@remembered
def compensated(case: Case, route: str, region: str, year: int) -> float:
    """What is paid back per EUR of carbon price, t/t."""
    stated_ = rules_in(case, region, route).get("compensation")
    if not stated_:
        return 0.0
    used = math.fsum(
        amount
        for _, carrier, amount in carriers(case, route, region, year)
        if carrier in stated_["power"]
    )
    limits = stated_.get("benchmark") or {}
    names = [one for one in (route, host(case, route), "default") if one in limits]
    if names:
        used = min(used, quantity(case, limits[names[0]], "", "MWh/t"))
    else:
        used *= stated_.get("efficiency", 0.8)
    name = f"{stated_by(case, region, sector_of(case, route), 'compensation')}.compensation.factor"
    zonal = regional(case, stated_["factor"], name, region, "t/MWh", year)
    return policy(case, stated_["share"], year) * zonal * used


# ---------------------------------------------------------------- precursors


def stated_precursors(case: Case, route: str, region: str, year: int) -> float:
    """Those whose emissions a route states, per tonne of the input or of the product."""
    own = field(case, route, "precursor_intensity", region, year, "t/t")
    own *= precursor_tonnes(case, route, region, year)
    return with_inside(case, route, region, year, own, stated_precursors)


def precursor_tonnes(case: Case, route: str, region: str, year: int) -> float:
    """Tonnes of the bought iron in a tonne; 1 where all stands per tonne of product."""
    name = stated(case, route, "precursor")
    return own_amounts(case, route, "inputs", region, year)[name] if name else 1.0


def precursor_benchmark(case: Case, route: str, region: str, year: int) -> float:
    own = policy(case, stated(case, route, "precursor_benchmark") or 0.0, year)
    own *= precursor_tonnes(case, route, region, year)
    return with_inside(case, route, region, year, own, precursor_benchmark)


def made_elsewhere(
    case: Case, route: str, region: str, year: int
) -> list[tuple[str, float, str, str]]:
    """Inputs that are made elsewhere: name, tonnes, origin, and the route that makes them."""
    found = []
    for commodity, amount in amounts(case, route, "inputs", region, year).items():
        entry = price_entry(case, commodity, region)[1]
        if is_made(entry):
            found.append((commodity, amount, entry["region"], entry["route"]))
    return found


def gas_hydrogen(case: Case, route: str, region: str, year: int) -> float:
    """Emissions of hydrogen made of gas."""
    return math.fsum(
        amount * factor(case, commodity, region, year)
        for commodity, amount in amounts(case, route, "inputs", region, year).items()
        if is_reforming(price_entry(case, commodity, region)[1])
    )


@remembered
def precursor(case: Case, route: str, region: str, year: int) -> float:
    """ep on the boundary of the run."""
    total = stated_precursors(case, route, region, year)
    total += gas_hydrogen(case, route, region, year)
    for _, tonnes, origin, maker in made_elsewhere(case, route, region, year):
        total += tonnes * intensity(case, maker, origin, year)
    return total


@remembered
def embedded_precursors(case: Case, route: str, region: str, year: int) -> float:
    """ep as a border counts it."""
    total = stated_precursors(case, route, region, year)
    total += gas_hydrogen(case, route, region, year)
    for _, tonnes, origin, maker in made_elsewhere(case, route, region, year):
        total += tonnes * at_origin(case, maker, origin, year)
    return total


@remembered
def at_origin(case: Case, route: str, origin: str, year: int) -> float:
    """Emissions of a tonne that a border counts where it is made."""
    power = share_of_power(case, route, year) * power_at_border(case, route, origin, year)
    found = direct(case, route, origin, year) + power
    return found + embedded_precursors(case, route, origin, year)


# ---------------------------------------------------------------- together


def by_kind(case: Case, route: str, region: str, year: int) -> dict[str, float]:
    """The kinds exclude each other and are all that a tonne emits."""
    return {
        "own": direct(case, route, region, year),
        "captive_power": on_site(case, route, region, year),
        "bought_power": bought(case, route, region, year),
        "precursors": precursor(case, route, region, year),
    }


@remembered
def intensity(case: Case, route: str, region: str, year: int) -> float:
    """Emissions per tonne on the chosen boundary."""
    kinds = by_kind(case, route, region, year)
    if case.config["boundary"] == "scope1":
        del kinds["bought_power"]
    return math.fsum(kinds.values())


def avoided_emissions(case: Case, route: str, region: str, year: int) -> float:
    reference = reference_route(case, region, route)
    return intensity(case, reference, region, year) - intensity(case, route, region, year)


# ---------------------------------------------------------------- at home


def home_price(case: Case, region: str, year: int) -> float:
    """Of the region's market, or what it says itself."""
    place = case.catalog["regions"][region]
    if place.get("market") is not None:
        return carbon_price(case, place["market"], year)
    said = place.get("carbon_price", 0.0)
    return regional(case, said, region + ".carbon_price", region, "EUR/t", year)


def free_at_home(case: Case, route: str, region: str, year: int) -> float:
    """phi CSCF."""
    rules = rules_in(case, region, route)
    return policy(case, rules["free_allocation"], year) * policy(case, rules["cscf"], year)


def benchmark(case: Case, route: str, region: str, year: int) -> float:
    """Of a tonne; one that the region states by name is that of the whole."""
    marks = rules_in(case, region, route)["benchmarks"]
    for name in (route, host(case, route)):
        if name in marks:
            return policy(case, marks[name], year)
    own = policy(case, marks.get("default", 0.0), year)
    return with_inside(case, route, region, year, own, benchmark)


@remembered
def own_exposure(case: Case, route: str, region: str, year: int) -> float:
    """Allowances to buy per tonne: for the plant, stated precursors, and power."""
    rules, free = rules_in(case, region, route), free_at_home(case, route, region, year)
    own = counted(case, route, region, year) - free * benchmark(case, route, region, year)
    above = stated_precursors(case, route, region, year)
    above -= free * precursor_benchmark(case, route, region, year)
    total = policy(case, rules["coverage"], year) * own
    total += policy(case, rules["border"], year) * max(0.0, above)
    return total + charged_power(case, route, region, year)


@remembered
def at_own_border(
    case: Case, route: str, region: str, year: int
) -> list[tuple[float, float, float]]:
    """Of each input that is made outside the market: share that the border covers, tonnes due, and
    what was paid at the origin and counts, EUR; per tonne of product."""
    found, places = [], case.catalog["regions"]
    for _, tonnes, origin, maker in made_elsewhere(case, route, region, year):
        home, there = places[region].get("market"), places[origin].get("market")
        if origin == region or (home is not None and home == there):
            continue
        covered = policy(case, rules_in(case, region, route)["border"], year)
        mark = cbam_benchmark(case, maker, origin, year)
        due = at_origin(case, maker, origin, year) - free_at_home(case, route, region, year) * mark
        paid = paid_there(case, maker, origin, year)
        found.append((covered, tonnes * due, tonnes * paid))
    return found


def border_cost(case: Case, route: str, region: str, year: int) -> float:
    """What the border of the region asks of inputs that are made elsewhere."""
    price = home_price(case, region, year)
    return math.fsum(
        covered * max(0.0, price * due - paid)
        for covered, due, paid in at_own_border(case, route, region, year)
    )


@remembered
def home_exposure(case: Case, route: str, region: str, year: int) -> tuple[float, float]:
    """Tonnes to pay for at home, the border of the region where it asks for something included,
    and what is deducted of that, EUR."""
    tonnes, less = own_exposure(case, route, region, year), 0.0
    price = home_price(case, region, year)
    for covered, due, paid in at_own_border(case, route, region, year):
        if covered * (price * due - paid) > 0:
            tonnes += covered * due
            less += covered * paid
    return tonnes, less


@remembered
def home_cost(case: Case, route: str, region: str, year: int) -> float:
    own = home_price(case, region, year) * own_exposure(case, route, region, year)
    return own + border_cost(case, route, region, year)


def marginal_cost(case: Case, route: str, region: str, year: int) -> float:
    rules = rules_in(case, region, route)
    total = policy(case, rules["coverage"], year) * counted(case, route, region, year)
    total += policy(case, rules.get("captive_coverage", 1.0), year) * on_site(
        case, route, region, year
    )
    total += policy(case, rules.get("power_coverage", 0.0), year) * bought(
        case, route, region, year
    )
    return home_price(case, region, year) * total


def compensation(case: Case, route: str, region: str, year: int) -> float:
    """Of the carbon cost inside the price of power, EUR/t."""
    return home_price(case, region, year) * compensated(case, route, region, year)


# ---------------------------------------------------------------- at the border of the EU


def pays_cbam(case: Case, region: str, destination: str) -> bool:
    home = case.catalog["regions"][region].get("market")
    return destination == "eu" and home != case.config["cbam"]["market"]


def cbam_benchmark(case: Case, route: str, region: str, year: int) -> float:
    own = policy(case, stated(case, route, "cbam_benchmark") or 0.0, year)
    return with_inside(case, route, region, year, own, cbam_benchmark)


def embedded(case: Case, route: str, region: str, year: int) -> float:
    """Embedded emissions of a tonne that declares its own, power apart, t/t."""
    rules, place = case.config["cbam"], rules_in(case, region, route)
    if rules["method"] == "country_average":
        emissions = float(place["average_intensity"])
    else:
        emissions = direct(case, route, region, year)
        emissions += embedded_precursors(case, route, region, year)
        emissions += works_scrap(case, route, region, year)
    if route == reference_route(case, region, route):
        share = rules["resource_shuffling"]
        clean = border_rule(case, sector_of(case, route), "clean_intensity")
        if share > 0:
            emissions = (1 - share) * emissions + share * min(emissions, clean)
    return emissions


def works_scrap(case: Case, route: str, region: str, year: int) -> float:
    """What scrap that never reached a consumer embeds at the border, t/t."""
    sector = sector_of(case, route)
    named = case.catalog.get("sectors", {}).get(sector, {}).get("scrap")
    own = 0.0
    if named:
        stated_ = rules_of_sector(case, region, sector).get("scrap") or {}
        name = f"{region}.{sector}.scrap"
        metal = stated_.get("metal_intensity")
        if metal is None:
            metal = rules_of_sector(case, region, sector)["average_intensity"]
        own = own_amounts(case, route, "inputs", region, year).get(named["commodity"], 0.0)
        own *= quantity(case, stated_.get("pre_consumer_share", 0.0), name + ".pre_consumer_share")
        own *= quantity(case, metal, name + ".metal_intensity", "t/t")
        own *= policy(case, border_rule(case, sector, "pre_consumer_scrap") or 0.0, year)
    return with_inside(case, route, region, year, own, works_scrap)


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
    home = case.catalog["regions"][region].get("market")
    link = case.catalog["markets"][home].get("link") if home else None
    if link and link["to"] == case.config["cbam"]["market"]:
        covered *= 1 - policy(case, link["share"], year)
    return covered


def free_of_cbam(case: Case, year: int) -> float:
    rules = case.config["cbam"]
    return policy(case, rules["free_allocation"], year) * policy(case, rules["cscf"], year)


def paid_there(case: Case, route: str, region: str, year: int) -> float:
    """What was paid where a tonne is made and counts at a border: for power as far as that does."""
    aside = (1 - share_of_power(case, route, year)) * charged_power(case, route, region, year)
    paid = home_cost(case, route, region, year) - home_price(case, region, year) * aside
    recognised = case.catalog["regions"][region].get("recognised", 0.0)
    return max(0.0, paid) * policy(case, recognised, year)


@remembered
def with_actual(case: Case, route: str, region: str, year: int) -> tuple[float, float]:
    """Tonnes due and price paid of a tonne that declares its own emissions."""
    free = free_of_cbam(case, year) * cbam_benchmark(case, route, region, year)
    power = share_of_power(case, route, year) * power_at_border(case, route, region, year)
    tonnes = embedded(case, route, region, year) - free + power
    paid = paid_there(case, route, region, year)
    if case.config["cbam"]["method"] == "own":
        for _, amount, origin, maker in made_elsewhere(case, route, region, year):
            paid += amount * paid_there(case, maker, origin, year)
    return tonnes, paid


@remembered
def with_default(case: Case, route: str, region: str, year: int) -> tuple[float, float]:
    """Tonnes due and price paid of a tonne that declares the default value."""
    rules, sector = case.config["cbam"], sector_of(case, route)
    own = border_rule(case, sector, "default_benchmark")
    if own is None:
        mark = cbam_benchmark(case, reference_route(case, region, route), region, year)
    else:
        mark = policy(case, own, year)
    tonnes = default_value(case, region, sector, year) - free_of_cbam(case, year) * mark
    counts = policy(case, rules.get("recognised_default", 0.0), year)
    return tonnes, paid_there(case, route, region, year) * counts


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
    """Net of what is paid back of the carbon cost of power."""
    border = cbam_cost(case, route, region, destination, year)
    paid_back = compensation(case, route, region, year)
    return home_cost(case, route, region, year) + border - paid_back
