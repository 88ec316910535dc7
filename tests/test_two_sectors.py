"""A run of two sectors: each is compared with its own, at home, at the border, and by its buyers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from minimal import constant_path, outside_config, region
from reference_paths import merge
from test_invalid import faults_of

import simcore

PANE: dict[str, Any] = {
    "sector": "glass", "capex": 200.0, "lifetime": 20, "utilisation": 1.0, "other_opex": 300.0,
    "emission_intensity": 0.6,
}  # fmt: skip
MET: dict[str, Any] = {
    "coverage": 0.5, "free_allocation": 0.5, "cscf": 1.0, "benchmarks": {"default": 0.4},
    "reference": "furnace", "default_intensity": {"default": 0.9, "sheet": 0.8},
}  # fmt: skip


def config(**changes: Any) -> dict[str, Any]:
    """The smallest config outside the EU with glass beside steel; border rules are its own."""
    made = merge(outside_config(), {
        "regions": ["IN", "EU"], "routes": ["bf_bof", "h2_dri_eaf", "furnace", "melter"],
        "draws": 256, "dtype": "float64",
        "against": ["EU.bf_bof", "EU.furnace"], "products": ["car", "window"],
        "catalog": {
            "sectors": {"glass": {
                "product": "float glass", "routes": ["furnace", "melter"],
                "cbam": {"coverage": 0.5, "mark_up": 0.1, "good": "sheet"},
                "regions": {"EU": {**MET, "imports": {"IN": {"freight": "33 EUR/t"}}}, "IN": MET},
            }},
            "regions": {"EU": region("EUR", "eu_ets"), "IN": {"recognised": 0.0}},
            "prices": {"cullet": {"default": constant_path("EUR/t", 60.0)}},
            "markets": {"in_ccts": constant_path("EUR/t", 20.0)},
            "routes": {
                "furnace": PANE,
                "melter": {**PANE, "emission_intensity": 0.1, "inputs": {"cullet": "1 t/t"}},
            },
            "products": {
                "window": {"uses": {"glass": "40 kg"}, "price": "300 EUR"},
                "car": {"uses": {"steel": "900 kg", "glass": "50 kg"}, "price": "30000 EUR"},
            },
        },
    })  # fmt: skip
    del made["sector"], made["cbam"]["coverage"], made["cbam"]["mark_up"]
    made["sectors"] = ["steel", "glass"]
    made["catalog"]["sectors"]["steel"] = {"cbam": {"coverage": 1.0, "mark_up": 0.2, "indirect": 0,
                                                    "good": "default"}}  # fmt: skip
    return merge(made, changes)


def run(*kept: str, **changes: Any) -> Any:
    made = config(outcomes=[*kept], keep=[*kept], **changes)
    return simcore.run(made, threads=1).squeeze("scenario").isel(draw=0, year=0)


@pytest.mark.parametrize(
    ("declared", "glass", "steel"),
    [
        ("actual", 0.5 * 80 * 0.6, 80 * 2.0),
        ("default", 0.5 * 80 * 0.8 * 1.1, 80 * 2.0 * 1.2),
    ],
)  # fmt: skip
def test_each_pays_at_the_border_by_the_rules_of_its_sector(declared, glass, steel):
    found = run("cbam_cost", "home_carbon_cost", cbam={"declared": declared})
    border = found.cbam_cost.sel(region="IN", destination="eu")
    assert float(border.sel(route="furnace")) == pytest.approx(glass, rel=1e-12)
    assert float(border.sel(route="bf_bof")) == pytest.approx(steel, rel=1e-12)
    home = found.home_carbon_cost.sel(route="furnace")
    assert float(home.sel(region="IN")) == pytest.approx(20 * 0.5 * (0.6 - 0.2), rel=1e-12)
    assert float(home.sel(region="EU")) == pytest.approx(80 * 0.5 * (0.6 - 0.2), rel=1e-12)


def test_each_is_compared_with_its_own() -> None:
    found = run("cost_premium_ex_carbon", "cheapest_route", "avoided_emissions")
    # A tonne of cullet at 60 EUR is all that the melter has more.
    assert np.allclose(found.cost_premium_ex_carbon.sel(route="melter"), 60.0)
    assert found.cost_premium_ex_carbon.sel(route=["bf_bof", "furnace"]).isnull().all()
    assert np.allclose(found.avoided_emissions.sel(route="melter"), 0.5)
    assert np.allclose(found.avoided_emissions.sel(route="h2_dri_eaf"), 1.9)
    best = found.cheapest_route.astype(int)
    for sector, routes in (("steel", {"bf_bof", "h2_dri_eaf"}), ("glass", {"furnace"})):
        assert set(found.route.values[best.sel(sector=sector)].ravel()) <= routes


def test_a_buyer_compares_what_he_buys() -> None:
    found = run("landed_cost", "buyer_premium", "total_cost", "price_effect", "cost_premium",
                "buyer_price_effect")  # fmt: skip
    for name in ("landed_cost", "buyer_premium", "buyer_price_effect"):
        assert found[name].sel(against="EU.furnace", route=["bf_bof", "h2_dri_eaf"]).isnull().all()
        assert found[name].sel(against="EU.bf_bof", route=["furnace", "melter"]).isnull().all()
    landed = found.landed_cost.sel(against="EU.furnace", region="IN", route="melter")
    sold = found.total_cost.sel(region="IN", route="melter", destination="eu")
    assert float(landed) == pytest.approx(float(sold) + 33.0, rel=1e-12)
    # A car uses both, a window only glass.
    cars, windows = (found.price_effect.sel(product=name) for name in ("car", "window"))
    premium = found.cost_premium
    assert np.allclose(cars.sel(route="melter"), 0.05 * premium.sel(route="melter"))
    assert np.allclose(cars.sel(route="h2_dri_eaf"), 0.9 * premium.sel(route="h2_dri_eaf"))
    assert np.allclose(windows.sel(route="melter"), 0.04 * premium.sel(route="melter"))
    assert windows.sel(route="h2_dri_eaf").isnull().all()


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        (
            {"projects": {"kiln": {"region": "EU", "route": "melter", "start": 2027, "lifetime": 9,
                                   "output": 0.3, "against": "bf_bof"}}},
            "projects.kiln.against.route",
        ),
        (
            {"budgets": {"panes": {"region": "EU", "route": "melter", "gap": "buyer",
                                   "against": "EU.bf_bof", "volume": {2026: 1.0}}},
             "outcomes": ["budget_need"], "keep": []},
            "budgets.panes.against",
        ),
    ],
)  # fmt: skip
def test_what_makes_something_else_is_nothing_to_compare_with(changes, where):
    fault = faults_of(config(**changes))[0]
    assert fault.where == where
    assert fault.found.endswith("bf_bof, which makes steel")
    assert fault.expected == "what makes glass, as melter does"
