"""An independent model: plain Python, one draw, one number at a time.

It is written from the equations, shares no code with the package, and exists to be read beside
them: a kernel that disagrees with it is wrong, or it is. `evaluate` is the only entry point most
tests need. Money inside is EUR of the base year; `evaluate` returns the output currency.

`reference_units`, `reference_draws`, `reference_paths`, `reference_routes`, `reference_carbon`,
`reference_costs`, `reference_buyer`, `reference_goods`, `reference_projects`, `reference_dues`, `reference_instruments`, `reference_deals`
and `reference_cash` are its parts, in the order of the model's sections; this one holds the rest of
sections 7 and 8, and every outcome of a draw.
"""

from __future__ import annotations

import math
from itertools import product
from typing import Any

from reference_accounts import account_outcomes
from reference_buyer import buyer_outcomes, sale_outcomes
from reference_carbon import (
    avoided_emissions,
    by_kind,
    carbon_cost,
    cbam_cost,
    compensation,
    factor,
    home_cost,
    home_price,
    hydrogen_grade,
    intensity,
    marginal_cost,
    pays_cbam,
    qualifies,
)
from reference_cash import cash_outcomes
from reference_costs import (
    break_even_price,
    commodity_price,
    cost_premium,
    levelised_cost,
    parity_price,
    premium_ex_carbon,
    scrap_carbon_value,
    waterfall,
)
from reference_deals import project_outcomes
from reference_decisions import decision_outcomes, regrets
from reference_exposures import exposure_outcomes
from reference_goods import budget_outcomes, product_outcomes
from reference_paths import (
    Case,
    carbon_price,
    market_stocks,
    merge,
    policy,
    quantity,
)
from reference_portfolios import portfolio_outcomes
from reference_routes import (
    annuity_rate,
    is_available,
    is_electrolysis,
    is_generation,
    is_made,
    is_reforming,
    price_entry,
    reference_in,
    reference_route,
    sector_of,
    sectors_of,
    wacc,
)
from reference_views import at_price_limit, view_label

NAN = math.nan

# Outcomes that are not an amount of money.
PURE = {
    "account_coverage", "account_carried", "account_payback", "account_solvent",
    "cbam_factor", "avoided_emissions", "viability", "green_is_cheaper", "crossover_year",
    "cheapest_route", "exposure_cost_local", "exposure_total_local", "at_price_limit",
    "deal_closes", "instrument_repays", "claw_back", "cap_binds", "instrument_exhausted",
    "instrument_ended", "project_irr", "equity_irr", "irr_ambiguous", "dscr", "dscr_below",
    "dscr_lowest",
    "price_uplift", "buyer_price_uplift", "emissions_by_kind", "hydrogen_class",
    "hydrogen_qualifies", "hydrogen_intensity", "best_decision",
}  # fmt: skip


# ---------------------------------------------------------------- section 7: carbon value


def indirect_factor(case: Case) -> float:
    buyer = case.config["value"]["buyer"]
    factor = case.catalog["buyers"][buyer]["indirect_factor"]
    return quantity(case, factor, f"{buyer}.indirect_factor")


def credit_price(case: Case, region: str) -> float:
    value = case.catalog["regions"][region]["credit_price"]
    return quantity(case, value, region + ".credit_price", "EUR/t")


def credit_quantity(case: Case, route: str, region: str, year: int) -> float:
    """Credits given up per tonne; none where a green tonne cannot sell its credit as well."""
    if case.config["value"]["double_claiming"] == "forbid":
        return 0.0
    avoided = avoided_emissions(case, route, region, year)
    limit = case.config["value"].get("credit_limit")
    if limit is None:
        return avoided
    if limit == "law":
        limit = policy(case, case.catalog["regions"][region]["credit_limit"], year)
    return min(avoided, limit * intensity(case, reference_route(case, region, route), region, year))


def carbon_value(
    case: Case, route: str, region: str, destination: str, year: int
) -> tuple[float, float]:
    """Carbon-value premium per t CO2e and per tonne."""
    f, credit = indirect_factor(case), credit_price(case, region)
    avoided = avoided_emissions(case, route, region, year)
    if case.config["value"]["mode"] == "seed":
        price = home_price(case, region, year)
        if pays_cbam(case, region, destination):
            price += carbon_price(case, case.config["cbam"]["market"], year)
        per_tco2 = price * f - credit
        return per_tco2, avoided * per_tco2
    reference = reference_route(case, region, route)
    saved = carbon_cost(case, reference, region, destination, year)
    saved -= carbon_cost(case, route, region, destination, year)
    per_tonne = f * saved - credit * credit_quantity(case, route, region, year)
    return per_tonne / avoided if avoided > 0 else NAN, per_tonne


def plant_output(case: Case) -> float:
    """Mt per year."""
    return quantity(case, case.config["plant"]["output"], "plant.output", "Mt/yr")


def plant_premiums(case: Case, route: str, region: str, destination: str) -> dict[int, float]:
    """Carbon value per tonne in each year of the plant's life."""
    plant, result = case.config["plant"], {}
    for year in range(plant["start"], plant["start"] + plant["lifetime"]):
        asked = year
        if year > case.years[-1] and plant["beyond"] == "hold":
            asked = case.years[-1]
        if asked not in case.years:
            raise ValueError(f"the plant's year {year} lies outside the horizon")
        known = is_available(case, route, asked) and is_available(
            case, reference_route(case, region, route), asked
        )
        result[year] = carbon_value(case, route, region, destination, asked)[1] if known else NAN
    return result


def lifecycle(case: Case, route: str, region: str, destination: str) -> dict[str, float]:
    """Sum, present value and annuity of the carbon value over the plant's life."""
    plant, output, w = case.config["plant"], plant_output(case), wacc(case, region)
    premiums = plant_premiums(case, route, region, destination)
    total = math.fsum(value * output for value in premiums.values())
    npv = math.fsum(
        value * output / (1 + w) ** (year - plant["valued_in"]) for year, value in premiums.items()
    )
    # An annuity is paid from the first year on: it counts from the year before.
    begun = npv * (1 + w) ** (plant["start"] - 1 - plant["valued_in"])
    annuity = begun / (output * (1 / annuity_rate(w, plant["lifetime"])))
    return {
        "lifecycle_carbon_value": total, "npv_carbon_value": npv, "annuity_carbon_value": annuity,
    }  # fmt: skip


# ---------------------------------------------------------------- every outcome of one draw

Result = dict[tuple[Any, ...], Any]


def plant_outcomes(case: Case, region: str, route: str, year: int) -> dict[str, float]:
    """Outcomes of a route in a region and year, whatever the destination."""
    avoided = avoided_emissions(case, route, region, year)
    extra = premium_ex_carbon(case, route, region, year)
    return {
        "levelised_cost": levelised_cost(case, route, region, year),
        "home_carbon_cost": home_cost(case, route, region, year),
        "marginal_carbon_cost": marginal_cost(case, route, region, year),
        "indirect_cost_compensation": compensation(case, route, region, year),
        "avoided_emissions": avoided,
        "cost_premium_ex_carbon": extra,
        "abatement_cost": extra / avoided if avoided > 0 else NAN,
    }


def cell_outcomes(
    case: Case, region: str, destination: str, route: str, year: int
) -> dict[str, float]:
    """Outcomes of a route in a region, destination and year."""
    where = (case, route, region, destination, year)
    premium = cost_premium(*where)
    per_tco2, per_tonne = carbon_value(*where)
    gap = premium_ex_carbon(case, route, region, year) - per_tonne
    return {
        "cbam_cost": cbam_cost(*where),
        "carbon_cost": carbon_cost(*where),
        "total_cost": levelised_cost(case, route, region, year) + carbon_cost(*where),
        "cost_premium": premium,
        "break_even_price": break_even_price(*where),
        "carbon_value_per_tco2": per_tco2,
        "carbon_value": per_tonne,
        "annualised_carbon_value": per_tonne / case.config["plant"]["lifetime"],
        "support_gap": gap,
        "viability": float(gap <= 0),
        "green_is_cheaper": float(premium <= 0),
    }


RELATIVE = {
    "avoided_emissions", "cost_premium_ex_carbon", "abatement_cost", "cost_premium",
    "break_even_price", "carbon_value_per_tco2", "carbon_value", "annualised_carbon_value",
    "support_gap", "viability", "green_is_cheaper", "waterfall", "parity_price",
}  # fmt: skip


def masked(case: Case, region: str, route: str, year: int, values: dict[str, float]) -> Result:
    """Undefined: all before the route exists; what compares, for or without the reference."""
    reference = reference_route(case, region, route)
    here = is_available(case, route, year)
    compares = here and route != reference and is_available(case, reference, year)
    return {
        name: value if (compares if name in RELATIVE else here) else NAN
        for name, value in values.items()
    }


def route_outcomes(case: Case, scenario: str, region: str, route: str) -> Result:
    """Every outcome of one route in one region."""
    config, out = case.config, {}
    for year in case.years:
        values = masked(case, region, route, year, plant_outcomes(case, region, route, year))
        out |= {(name, scenario, region, route, year): v for name, v in values.items()}
        for kind, emitted in by_kind(case, route, region, year).items():
            shown = masked(case, region, route, year, {"emissions_by_kind": emitted})
            key = ("emissions_by_kind", scenario, region, route, kind, year)
            out[key] = shown["emissions_by_kind"]
        for d in config["destinations"]:
            cell = cell_outcomes(case, region, d, route, year)
            values = masked(case, region, route, year, cell)
            out |= {(name, scenario, region, d, route, year): v for name, v in values.items()}
            for good in config.get("parity", ()):
                if "parity_price" in config["outcomes"]:
                    found = {"parity_price": parity_price(case, route, region, d, good, year)}
                    shown = masked(case, region, route, year, found)["parity_price"]
                    out["parity_price", scenario, region, d, route, good, year] = shown
            for part, value in waterfall(case, route, region, d, year).items():
                shown = masked(case, region, route, year, {"waterfall": value})["waterfall"]
                out["waterfall", scenario, region, d, route, part, year] = shown
    for d in config["destinations"]:
        green = (("cost_premium", scenario, region, d, route, year) for year in case.years)
        crossed = [key[-1] for key in green if out[key] <= 0]
        out["crossover_year", scenario, region, d, route] = float(crossed[0]) if crossed else NAN
        for name, value in life_outcomes(case, region, d, route).items():
            out[name, scenario, region, d, route] = value
    return out


def life_outcomes(case: Case, region: str, destination: str, route: str) -> dict[str, float]:
    """Outcomes over the plant's life; left out if nobody asks and the horizon is too short."""
    names = ("lifecycle_carbon_value", "npv_carbon_value", "annuity_carbon_value")
    if route == reference_route(case, region, route):
        return dict.fromkeys(names, NAN)
    try:
        return lifecycle(case, route, region, destination)
    except ValueError:
        if set(names) & set(case.config["outcomes"]):
            raise
        return {}


def cheapest_route(
    case: Case, out: Result, scenario: str, region: str, d: str, sector: str, year: int
) -> Any:
    """Label of the cheapest route of a sector in a year; the first listed wins a tie."""
    best, least = None, math.inf
    for route in case.config["routes"]:
        if sector_of(case, route) != sector:
            continue
        cost = out["levelised_cost", scenario, region, route, year]
        cost += out["carbon_cost", scenario, region, d, route, year]
        if cost < least:
            best, least = route, cost
    return best


def scenario_outcomes(case: Case, scenario: str) -> Result:
    """Every outcome of one scenario, in EUR."""
    config, out = case.config, {}
    for year in case.years:
        for market in case.catalog["markets"]:
            out["carbon_price", scenario, market, year] = carbon_price(case, market, year)
            out["at_price_limit", scenario, market, year] = at_price_limit(case, market, year)
            label = view_label(case, market)
            if label is not None:
                price = out["carbon_price", scenario, market, year]
                out["carbon_price_by_view", scenario, market, label, year] = price
            for name, value in market_stocks(case, market, year).items():
                out["allowance_" + name, scenario, market, year] = value
        for commodity, entries in case.catalog["prices"].items():
            for key, entry in entries.items():
                if is_electrolysis(entry) or is_generation(entry) or is_reforming(entry):
                    continue
                # What is made elsewhere has a price for each region that buys it.
                for place in case.catalog["regions"] if is_made(entry) else [key]:
                    if (
                        place != entry.get("region")
                        and price_entry(case, commodity, place)[1] is entry
                    ):
                        price = commodity_price(case, commodity, place, year)
                        out["commodity_price", scenario, f"{commodity}.{place}", year] = price
        for region in config["regions"]:
            entries = case.catalog["prices"].get("hydrogen", {})
            if region in entries or "default" in entries:
                price = commodity_price(case, "hydrogen", region, year)
                out["hydrogen_cost", scenario, region, year] = price
                renewable, within, _ = hydrogen_grade(case, region, year)
                either = 1 - (1 - renewable) * (1 - within)
                grades = {"renewable": renewable, "low_carbon": either - renewable,
                          "grey": 1 - either}  # fmt: skip
                out |= {("hydrogen_class", scenario, region, grade, year): one
                        for grade, one in grades.items()}  # fmt: skip
                out["hydrogen_qualifies", scenario, region, year] = qualifies(case, region, year)
                emitted = 1000 * factor(case, "hydrogen", region, year)
                out["hydrogen_intensity", scenario, region, year] = emitted
        share = policy(case, config["cbam"]["free_allocation"], year)
        out["cbam_factor", scenario, year] = 1 - share
    out |= exposure_outcomes(case, scenario)
    for region in config["regions"]:
        for route in config["routes"]:
            out |= route_outcomes(case, scenario, region, route)
        for d in config["destinations"]:
            for sector, year in product(sectors_of(case), case.years):
                best = cheapest_route(case, out, scenario, region, d, sector, year)
                out["cheapest_route", scenario, region, d, sector, year] = best
    for region, sector in product(config["regions"], sectors_of(case)):
        named = case.catalog.get("sectors", {}).get(sector, {}).get("scrap")
        ways = (reference_in(case, region, sector), named["route"]) if named else ()
        for year in case.years if named else ():
            there = all(is_available(case, way, year) for way in ways)
            value = scrap_carbon_value(case, region, sector, year) if there else NAN
            out["scrap_carbon_value", scenario, region, sector, year] = value
            parity = NAN
            if there and named["route"] != ways[0]:
                parity = parity_price(
                    case, named["route"], region, "domestic", named["commodity"], year
                )
            out["scrap_parity_price", scenario, region, sector, year] = parity
    out |= buyer_outcomes(case, scenario) | sale_outcomes(case, scenario)
    out |= product_outcomes(case, scenario, out) | budget_outcomes(case, scenario, carbon_value)
    out |= account_outcomes(case, scenario, carbon_value)
    out |= portfolio_outcomes(case, scenario)
    out |= regrets(case, scenario, out) | decision_outcomes(case, scenario)
    return out | project_outcomes(case, scenario) | cash_outcomes(case, scenario)


def evaluate(config: dict[str, Any], draw: int | None = None) -> Result:
    """Every outcome of one draw.

    Parameters
    ----------
    config : dict
        A complete config: every default written out.
    draw : int or None
        Number of the draw; None for the central case.

    Returns
    -------
    dict
        (outcome, *labels in the order of the variable's dimensions) -> value, money in the
        output currency; `cheapest_route` gives the route's name.
    """
    currency = config["currency"]
    exchange = 1.0 if currency == "EUR" else config["money"]["exchange"][currency]
    out: Result = {}
    for scenario, overlay in (config.get("scenarios") or {"base": {}}).items():
        stream = f"{scenario}/" if config.get("independent_scenarios") else ""
        case = Case(merge(config, overlay or {}), draw, stream, scenario=scenario)
        for key, value in scenario_outcomes(case, scenario).items():
            pure = key[0] in PURE or key[0].startswith("allowance_")
            out[key] = value if pure else value * exchange
    return out
