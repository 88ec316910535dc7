"""What firms and plants owe, in plain Python (section 8)."""

from __future__ import annotations

import math
from typing import Any

from reference_carbon import cbam_cost, home_price, own_exposure
from reference_paths import Case, carbon_price, is_dated, quantity, regional


def exposure_bills(case: Case, name: str, year: int) -> tuple[float, float]:
    """Million EUR a year for allowances, and at the EU border; zero outside its years."""
    entry = case.config["exposures"][name]
    if not entry["first"] <= year <= entry["last"]:
        return 0.0, 0.0
    grown = 1 + (entry.get("growth") or 0.0)
    plant = entry.get("plant")
    if plant:
        made = plant["output"] * grown ** (year - entry["first"])
        short = made * own_exposure(case, plant["route"], plant["region"], year)
        abroad = (plant.get("destinations") or {}).get("eu", 0.0)
        share = regional(case, abroad, f"{name}.destinations.eu", plant["region"], "1", year)
        due = cbam_cost(case, plant["route"], plant["region"], "eu", year)
        return short * home_price(case, plant["region"], year), share * made * due
    table, label = entry["shortfall"], name + ".shortfall"
    if not is_dated(table):
        table = {entry["first"]: table}
    date = max(one for one in table if one <= year)
    if len(table) > 1:
        label += f".{date}"
    short = quantity(case, table[date], label, "Mt/yr")
    if date == max(table):
        short *= grown ** (year - max(date, entry["first"]))
    return short * carbon_price(case, entry["market"], year), 0.0


def exposure_outcomes(case: Case, scenario: str) -> dict[tuple[Any, ...], float]:
    """Every outcome of the exposures of one scenario."""
    out: dict[tuple[Any, ...], float] = {}
    for name in case.config["exposures"] or {}:
        costs, rate = [], local_rate(case, name)
        for year in case.years:
            allowances, border = exposure_bills(case, name, year)
            costs.append(allowances + border)
            out["exposure_allowances", scenario, name, year] = allowances
            out["exposure_border", scenario, name, year] = border
            out["exposure_cost", scenario, name, year] = costs[-1]
            out["exposure_cost_local", scenario, name, year] = costs[-1] * rate
        out["exposure_total", scenario, name] = math.fsum(costs)
        out["exposure_total_local", scenario, name] = math.fsum(costs) * rate
    return out


def local_rate(case: Case, name: str) -> float:
    """Units of an exposure's own currency per EUR."""
    entry = case.config["exposures"][name]
    currency = entry.get("currency")
    if not currency and entry.get("plant"):
        currency = case.catalog["regions"][entry["plant"]["region"]]["currency"]
    if not currency:
        currency = case.catalog["markets"][entry["market"]]["unit"].split("/")[0]
    return 1.0 if currency == "EUR" else case.money["exchange"][currency.split()[-1]]
