"""Projects in plain Python (section 11): one plant, its life year by year, what it is worth.

A year of life after the horizon has the prices and rules of the last year of the run.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Mapping
from typing import Any

from reference_carbon import carbon_cost, intensity
from reference_costs import (
    capture_capital,
    commodity_price,
    electrolysis_cost,
    equipment,
    is_share,
    plant_capital,
    support,
)
from reference_paths import Case, policy, quantity, remembered
from reference_routes import (
    amounts,
    annuity_rate,
    field,
    held,
    inside,
    is_available,
    is_electrolysis,
    price_entry,
    reference_route,
    wacc,
    with_inside,
)

NAN = math.nan


def record(case: Case, project: str) -> Mapping[str, Any]:
    return case.config["projects"][project]


def output(case: Case, project: str) -> float:
    """Mt a year."""
    return quantity(case, record(case, project)["output"], "", "Mt/yr")


def life(case: Case, project: str) -> range:
    """Years of production, those after the horizon included."""
    one = record(case, project)
    planned = one["start"] + one["lifetime"]
    return range(one["start"], min(planned, (one.get("closes") or planned) + 1))


def left_over(case: Case, project: str) -> int:
    """Years of the lifetime in which it no longer produces."""
    return record(case, project)["lifetime"] - len(life(case, project))


def conversions(case: Case, project: str) -> dict[int, str]:
    """Route that the plant is converted to, by the first year on it."""
    one = record(case, project)
    now, found = one["route"], {}
    for year in sorted(one.get("phases") or {}):
        if one["phases"][year] != now:
            found[year] = now = one["phases"][year]
    return found


def phase(case: Case, project: str, year: int) -> tuple[str, int]:
    """Route of a year, and the first year on it."""
    one, found = record(case, project), conversions(case, project)
    reached = [since for since in found if since <= year]
    return (found[max(reached)], max(reached)) if reached else (one["route"], one["start"])


def seen(case: Case, year: int) -> int:
    """Year of the run whose prices and rules a year of life has."""
    return min(year, case.years[-1])


def valued_in(case: Case, project: str) -> int:
    one = record(case, project)
    return one["start"] - 1 if one.get("valued_in") is None else one["valued_in"]


@functools.cache
def sized(case: Case, project: str) -> Case:
    """The case in which a plant that does not say how large it is has the output of a project."""
    plant = {**case.config["plant"], "output": output(case, project)}
    return dataclasses.replace(case, config={**case.config, "plant": plant})


def replaced(case: Case, project: str) -> str:
    """Route that would be built instead, or runs on."""
    one = record(case, project)
    against = one.get("against")
    if against is None:
        return reference_route(case, one["region"], one["route"])
    return against if isinstance(against, str) else against["route"]


@remembered
def rate(case: Case, project: str) -> float:
    """Real discount rate."""
    one = record(case, project)
    if one.get("rate") is not None:
        return quantity(case, one["rate"], f"{project}.rate")
    risk = field(case, one["route"], "risk_premium", one["region"], one["start"])
    return wacc(case, one["region"]) + risk


# ---------------------------------------------------------------- cost before carbon


def price_paid(case: Case, commodity: str, region: str, year: int, built: int | None) -> float:
    """Price of an input; of hydrogen from an electrolyser of a year what that makes it for."""
    name, entry = price_entry(case, commodity, region)
    if built is not None and is_electrolysis(entry):
        return electrolysis_cost(case, name, entry, region, year, built=built)
    return commodity_price(case, commodity, region, year)


def capital_of(case: Case, route: str, region: str, built: int) -> float:
    """Yearly capital per tonne of a plant that was built in a year, its capture included, with
    that of what is inside."""
    yearly = plant_capital(case, route, region, built)
    yearly += capture_capital(case, route, region, built)[0]
    own = yearly / field(case, route, "utilisation", region, built)
    return with_inside(case, route, region, built, own, capital_of)


def running_cost(
    case: Case, project: str, route: str, year: int, electrolyser: int | None = None,
    since: int | None = None,
) -> float:  # fmt: skip
    """All but capital per tonne in a year, of a plant of a project's year (or of a later one) and
    output."""
    region = record(case, project)["region"]
    cost = kept_and_other(case, project, route, year, since) - support(case, route, region, year)
    for commodity, amount in amounts(case, route, "inputs", region, year).items():
        cost += amount * price_paid(case, commodity, region, year, electrolyser)
    for commodity, amount in amounts(case, route, "byproducts", region, year).items():
        cost -= amount * price_paid(case, commodity, region, year, electrolyser)
    return cost


def kept_and_other(
    case: Case, project: str, route: str, year: int, since: int | None = None
) -> float:
    """Fixed and other cost of operation, with those of what is inside."""
    region, built = record(case, project)["region"], since or record(case, project)["start"]
    if is_share(case, route, region):
        kept = field(case, route, "fixed_opex", region, year, "1/yr")
        kept *= equipment(sized(case, project), route, region, built)
    else:
        kept = field(case, route, "fixed_opex", region, year, "EUR/(t/yr)/yr")
    kept += capture_capital(case, route, region, built)[1]
    cost = kept / field(case, route, "utilisation", region, year)
    cost += field(case, route, "other_opex", region, year, "EUR/t")
    other = inside(case, route)
    if other is not None:
        cost += held(case, route, region, year) * kept_and_other(case, project, other, year, since)
    return cost


@remembered
def own_cost(case: Case, project: str, year: int) -> float:
    one = record(case, project)
    route, since = phase(case, project, year)
    electrolyser = since if one.get("hydrogen") == "own" else None
    running = running_cost(case, project, route, year, electrolyser, since)
    return plant_capital_charge(case, project, year) + running


def conversion_spent(case: Case, project: str, since: int) -> float:
    """What a conversion costs per tonne made a year, without an electrolyser."""
    one, route = record(case, project), conversions(case, project)[since]
    spent = quantity(case, one["conversion"], f"{project}.conversion", "EUR/(t/yr)")
    return spent / field(case, route, "utilisation", one["region"], since)


def plant_capital_charge(case: Case, project: str, year: int) -> float:
    """What a tonne bears of the plant of the start and of the conversions up to a year."""
    one = record(case, project)
    charge = capital_of(sized(case, project), one["route"], one["region"], one["start"])
    for since, route in conversions(case, project).items():
        if since <= year:
            left = one["start"] + one["lifetime"] - since
            risk = field(case, route, "risk_premium", one["region"], since)
            recovery = annuity_rate(wacc(case, one["region"]) + risk, left)
            charge += conversion_spent(case, project, since) * recovery
    return charge


@remembered
def alternative_cost(case: Case, project: str, year: int) -> float:
    one, route = record(case, project), replaced(case, project)
    region, start, against = one["region"], one["start"], one.get("against")
    how = against.get("capital", "full") if isinstance(against, Mapping) else "full"
    if how == "full":
        capital = capital_of(sized(case, project), route, region, start)
    elif how == "sunk":
        capital = 0.0
    else:
        spent = quantity(
            case, against["reline"], f"{project}.against.reline", "EUR/(t/yr)"
        )  # fmt: skip
        risk = field(case, route, "risk_premium", region, start)
        capital = spent * annuity_rate(wacc(case, region) + risk, one["lifetime"])
        capital /= field(case, route, "utilisation", region, start)
    return capital + running_cost(case, project, route, year)


# ---------------------------------------------------------------- carbon, buyers, the gap


@remembered
def avoided(case: Case, project: str, year: int) -> float:
    """t CO2e that a tonne avoids."""
    one = record(case, project)
    other = intensity(case, replaced(case, project), one["region"], year)
    return other - intensity(case, phase(case, project, year)[0], one["region"], year)


@remembered
def carbon_saved(case: Case, project: str, year: int) -> float:
    """Carbon cost that a tonne saves, before what a buyer makes of it."""
    one = record(case, project)
    where = (one["region"], one.get("destination", "domestic"), year)
    other = carbon_cost(case, replaced(case, project), *where)
    return other - carbon_cost(case, phase(case, project, year)[0], *where)


def buyer_of(case: Case, project: str) -> str:
    return record(case, project).get("buyer") or case.config["value"]["buyer"]


def carbon_value(case: Case, project: str, year: int) -> float:
    """What the avoided carbon is worth to the buyer, less the credits that are given up."""
    one, buyer = record(case, project), buyer_of(case, project)
    factor = quantity(
        case, case.catalog["buyers"][buyer]["indirect_factor"], f"{buyer}.indirect_factor"
    )
    worth = factor * carbon_saved(case, project, year)
    rules, place = case.config["value"], case.catalog["regions"][one["region"]]
    if rules["double_claiming"] == "forbid":
        return worth
    lost = avoided(case, project, year)
    limit = rules.get("credit_limit")
    if limit is not None:
        share = policy(case, place["credit_limit"], year) if limit == "law" else limit
        lost = min(lost, share * intensity(case, replaced(case, project), one["region"], year))
    return worth - lost * quantity(
        case, place["credit_price"], one["region"] + ".credit_price", "EUR/t"
    )


@remembered
def green_revenue(case: Case, project: str) -> float:
    """What buyers pay on top, per tonne of all that is made."""
    one, buyer = record(case, project), buyer_of(case, project)
    sold = quantity(case, one.get("sold", 0.0), f"{project}.sold")
    if one.get("willing") is not None:
        return sold * quantity(case, one["willing"], f"{project}.willing", "EUR/t")
    willing = case.catalog["buyers"][buyer].get("willingness", 0.0)
    return sold * quantity(case, willing, f"{buyer}.willingness", "EUR/t")


@remembered
def gap(case: Case, project: str, year: int) -> float:
    """What a tonne lacks without support."""
    extra = own_cost(case, project, year) - alternative_cost(case, project, year)
    return extra - carbon_value(case, project, year) - green_revenue(case, project)


# ---------------------------------------------------------------- worth


def discounted(case: Case, project: str, amounts_: Mapping[int, float], to: int) -> float:
    """Present value of an amount of each year of life."""
    r = rate(case, project)
    return math.fsum(amount / (1 + r) ** (year - to) for year, amount in amounts_.items())


def is_there(case: Case, project: str) -> bool:
    """Whether the plant can start when it is to: both routes exist, and the run has begun."""
    start = record(case, project)["start"]
    ways = (record(case, project)["route"], replaced(case, project))
    return start >= case.years[0] and all(is_available(case, way, start) for way in ways)
