"""Total cost, and the price of an input at which the premium is zero."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from reference_paths import merge

import simcore
from simcore.running import tracing

BASE: dict[str, Any] = {
    "name": "parity", "draws": 512, "years": {"first": 2028, "last": 2030},
    "regions": ["EU", "IN"], "destinations": ["domestic", "eu"],
    "routes": ["bf_bof", "h2_dri_eaf", "scrap_eaf"],
    "parity": ["hydrogen", "renewable_electricity", "scrap", "coking_coal"],
    "outcomes": ["levelised_cost", "carbon_cost", "total_cost", "cost_premium", "parity_price"],
    "keep": ["levelised_cost", "carbon_cost", "total_cost", "cost_premium", "parity_price"],
    "dtype": "float64", "scenarios": {"law": {}},
}  # fmt: skip
UNITS = {"hydrogen": "EUR/kg", "renewable_electricity": "EUR/MWh"}
ROUNDING = 1e-9


def by_place(config: dict[str, Any], draw: int) -> dict[tuple[str, ...], Any]:
    """Values by year in one draw, by the variable and the labels of its place."""
    plan, dims = simcore.build(simcore.load(config)), ("region", "destination", "route", "good")
    return {
        (row["variable"], *(str(row[dim]) for dim in dims if dim in row)): row["values"]
        for row in tracing.trace(plan, draw)
        if row["variable"] in BASE["outcomes"]
    }


@pytest.mark.parametrize("draw", [0, 128, 511])
@pytest.mark.parametrize(
    ("good", "route"),
    [("hydrogen", "h2_dri_eaf"), ("renewable_electricity", "h2_dri_eaf"), ("scrap", "scrap_eaf"),
     ("coking_coal", "h2_dri_eaf")],
)  # fmt: skip
def test_at_the_parity_price_the_premium_is_zero(good: str, route: str, draw: int) -> None:
    # What makes a plant of hydrogen competitive at a price above zero.
    given = merge(copy.deepcopy(BASE), {"catalog": {"routes": {"h2_dri_eaf": {
        "support": 0 if good == "coking_coal" else 800,
    }}}})  # fmt: skip
    found = by_place(given, draw)
    for region, destination in (("EU", "domestic"), ("IN", "eu")):
        prices = found["parity_price", region, destination, route, good]
        assert all(np.isfinite(list(prices.values())))
        positive = {year: price for year, price in prices.items() if price > 0}
        assert positive
        path = {
            "kind": "path", "unit": UNITS.get(good, "EUR/t"), "price_year": 2025,
            "process": {"kind": "scenario"}, "path": positive,
        }  # fmt: skip
        put_in = merge(
            copy.deepcopy(given),
            {"catalog": {"prices": {good: {region: path}}}, "regions": [region]},
        )
        there = by_place(put_in, draw)
        premium, total = (
            there[name, region, destination, route] for name in ("cost_premium", "total_cost")
        )
        for year in positive:
            assert abs(premium[year]) <= ROUNDING, (region, year, premium[year], total[year])


def test_a_total_is_its_parts_and_a_premium_the_difference_of_totals() -> None:
    run = simcore.run(BASE, threads=1)
    total = run["levelised_cost"] + run["carbon_cost"]
    assert float(abs(run["total_cost"] - total).max()) < ROUNDING
    other = run["total_cost"].sel(route="bf_bof")
    assert float(abs(run["total_cost"] - other - run["cost_premium"]).max()) < ROUNDING


def test_it_is_undefined_where_both_routes_use_none_of_it() -> None:
    run = simcore.run(BASE, threads=1)
    defined = run["parity_price_defined"].isel(scenario=0, destination=0, year=0)
    for region in BASE["regions"]:
        assert float(defined.sel(region=region, route="h2_dri_eaf", good="hydrogen")) == 1
        for route in ("bf_bof", "scrap_eaf"):
            assert not float(defined.sel(region=region, route=route, good="hydrogen")) > 0
    assert run["good_unit"].values.tolist() == ["kg", "MWh", "t", "t"]


def test_power_counts_with_what_makes_hydrogen_of_it() -> None:
    # 60 kg of hydrogen at 50 kWh/kg: three MWh, and the premium falls by three EUR for each EUR.
    flat: dict[str, Any] = {"process": {"kind": "scenario"}, "price_year": 2025}
    config = merge(copy.deepcopy(BASE), {
        "regions": ["EU"], "destinations": ["domestic"],
        "parity": ["renewable_electricity", "hydrogen"],
        "catalog": {
            "prices": {
                "hydrogen": {"EU": {"electricity_demand": 50}},
                "renewable_electricity": {
                    "EU": {"kind": "path", "unit": "EUR/MWh", "path": {2028: 40.0}, **flat}
                },
            },
            "routes": {"h2_dri_eaf": {"inputs": {"hydrogen": 60}}},
        },
    })  # fmt: skip
    found = by_place(config, 7)
    premium = found["cost_premium", "EU", "domestic", "h2_dri_eaf"]
    power = found["parity_price", "EU", "domestic", "h2_dri_eaf", "renewable_electricity"]
    for year, value in premium.items():
        assert power[year] == pytest.approx(40.0 - value / 3.0, rel=1e-12)
