"""The buyer's view in plain Python: the part of section 8 on what a delivered tonne costs beside
what a buyer can have in his own region, and on the price of the conventional tonne."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import product
from typing import Any

from reference_carbon import carbon_cost, compensation, home_cost, intensity, marginal_cost
from reference_costs import levelised_cost
from reference_paths import Case, lineage, policy, quantity
from reference_routes import (
    is_available,
    reference_in,
    rules_in,
    rules_of_sector,
    sector_of,
    sectors_of,
    stated_by,
)

NAN = math.nan


def pair(against: str) -> tuple[str, str]:
    region, route = against.split(".")
    return region, route


def destination(case: Case, buyer: str) -> str:
    """Only the border of the EU is modelled: elsewhere a tonne pays the carbon of its home alone."""
    market = case.catalog["regions"][buyer]["market"]
    return "eu" if market == case.config["cbam"]["market"] else "domestic"


def entry(case: Case, buyer: str, route: str, origin: str) -> tuple[str, Mapping[str, Any]] | None:
    """What bringing a tonne in costs, and under which name; nothing between a region and its kin."""
    if origin == buyer:
        return None
    table = rules_in(case, buyer, route).get("imports") or {}
    kin = [one for one in lineage(case, origin) if one != "default"]
    for name in kin:
        if name in table:
            return name, table[name]
    if set(kin) & set(lineage(case, buyer)) - {"default"} or "default" not in table:
        return None
    return "default", table["default"]


def freight_and_duty(
    case: Case, buyer: str, route: str, origin: str, year: int
) -> tuple[float, float]:
    found = entry(case, buyer, route, origin)
    if found is None:
        return 0.0, 0.0
    place, record = found
    name = f"{buyer}.imports.{place}"
    freight = quantity(case, record.get("freight", 0.0), name + ".freight", "EUR/t")
    paying = quantity(case, record.get("out_of_quota", 0.0), name + ".out_of_quota")
    if paying == 0.0:
        return freight, 0.0
    value = levelised_cost(case, route, origin, year) + home_cost(case, route, origin, year)
    return freight, policy(case, record.get("duty", 0.0), year) * paying * (value + freight)


def landed_cost(case: Case, buyer: str, route: str, region: str, year: int) -> float:
    carbon = carbon_cost(case, route, region, destination(case, buyer), year)
    freight, duty = freight_and_duty(case, buyer, route, region, year)
    return levelised_cost(case, route, region, year) + carbon + freight + duty


def alternative_cost(case: Case, against: str, year: int) -> float:
    buyer, route = pair(against)
    if not is_available(case, route, year):
        return NAN
    return landed_cost(case, buyer, route, buyer, year)


def delivered(case: Case, against: str, region: str, route: str, year: int) -> dict[str, float]:
    """Outcomes of one route of one region for one buyer and year."""
    buyer, other = pair(against)
    there = is_available(case, route, year)
    landed = landed_cost(case, buyer, route, region, year) if there else NAN
    found = {"landed_cost": landed}
    if (region, route) != (buyer, other):
        premium = landed - alternative_cost(case, against, year)
        saved = intensity(case, other, buyer, year) - intensity(case, route, region, year)
        found["buyer_premium"] = premium
        found["asking_premium"] = premium if not premium < 0 else 0.0
        found["buyer_cost_per_tco2"] = premium / saved if saved > 0 else NAN
    return found


def product_price(case: Case, region: str, sector: str, year: int) -> float:
    """What the conventional tonne is sold for; NaN where nothing is said of it."""
    rules = rules_of_sector(case, region, sector)
    stated, reference = rules.get("product_price"), reference_in(case, region, sector)
    if not stated or not is_available(case, reference, year):
        return NAN
    name = f"{stated_by(case, region, sector, 'product_price')}.product_price"
    border = policy(case, rules["border"], year)
    behind, without = (
        quantity(case, stated[key], f"{name}.{key}") for key in ("theta_border", "theta_open")
    )
    carbon = marginal_cost if stated.get("carbon") == "marginal" else home_cost
    theta = border * behind + (1.0 - border) * without
    price = levelised_cost(case, reference, region, year)
    price -= compensation(case, reference, region, year)
    price += quantity(case, stated.get("margin", 0.0), name + ".margin", "EUR/t")
    return price + theta * carbon(case, reference, region, year)


def sale_outcomes(case: Case, scenario: str) -> dict[tuple[Any, ...], float]:
    """Outcomes of the price of the conventional tonne."""
    out: dict[tuple[Any, ...], float] = {}
    for region, sector in product(case.config["regions"], sectors_of(case)):
        if not rules_of_sector(case, region, sector).get("product_price"):
            continue
        for year in case.years:
            price = product_price(case, region, sector, year)
            out["product_price", scenario, region, sector, year] = price
            for route in case.config["routes"]:
                if sector_of(case, route) != sector:
                    continue
                own = NAN
                if is_available(case, route, year):
                    own = levelised_cost(case, route, region, year)
                    own += carbon_cost(case, route, region, "domestic", year)
                out["market_gap", scenario, region, route, year] = own - price
    return out


def buyer_outcomes(case: Case, scenario: str) -> dict[tuple[Any, ...], float]:
    """Every outcome of the buyer's view in one scenario."""
    out: dict[tuple[Any, ...], float] = {}
    config = case.config
    for against in config.get("against") or ():
        for year in case.years:
            out["alternative_cost", scenario, against, year] = alternative_cost(case, against, year)
            for region in config["regions"]:
                for route in config["routes"]:
                    if sector_of(case, route) != sector_of(case, pair(against)[1]):
                        continue
                    values = delivered(case, against, region, route, year)
                    out |= {
                        (name, scenario, against, region, route, year): value
                        for name, value in values.items()
                    }
    return out
