"""Ammonia: the reference cases of the sector and cases by hand, through the public door."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import simcore
from simcore.intake import packaged

POLICIES = packaged.catalog()["policies"]
ROUTES = packaged.catalog()["routes"]


def run(
    region: str, outcomes: list[str], *routes: str, carbon: str = "100 EUR/t", year: int = 2030,
    catalog: dict[str, Any] | None = None, **more: Any,
) -> Any:  # fmt: skip
    """The central case of ammonia in one region, under the law, at a carbon price of the EU."""
    markets = {"eu_ets": carbon}
    found = simcore.run(
        {
            "name": "case", "sector": "ammonia", "draws": 64, "years": f"{year}-{year}",
            "regions": [region], "destinations": ["domestic", "eu"], "routes": list(routes),
            "outcomes": outcomes, "keep": [], "scenarios": {"law": "law"},
            "catalog": {"markets": markets, **(catalog or {})}, **more,
        },
        threads=1,
    )  # fmt: skip
    return found.sel(scenario="law", region=region, year=year)


def certain(region: str, **rules: Any) -> dict[str, Any]:
    """Plants of the case: no correction factor, 1.83 t of a gas plant, none of an electrolytic."""
    return {
        "sectors": {"ammonia": {"regions": {region: {"cscf": 1, **rules}}}},
        "routes": {
            "ammonia_smr": {"emission_intensity": {region: 1.83}},
            "ammonia_electrolytic": {"emission_intensity": 0},
        },
    }


def test_s1_the_benchmark_is_the_base_less_the_least_fall() -> None:
    values = POLICIES["eu_benchmark_ammonia"]["variants"]["law"]["values"]
    assert values[2026] == pytest.approx(1.619 * (1 - 20 * 0.003), abs=5e-4)


def test_s4_hydrogen_of_a_tonne() -> None:
    used = ROUTES["ammonia_electrolytic"]["inputs"]["hydrogen"]
    assert used["mode"] == pytest.approx(1e3 * 1.1484 * 5.166 / 33.33, abs=0.05)
    # Not less than stoichiometry: three hydrogen atoms in seventeen.
    assert used["low"] == pytest.approx(1e3 * 3 * 1.008 / 17.031, abs=0.1)


@pytest.mark.parametrize(("region", "total"), [("CN", 4.36), ("IN", 3.28), ("KR", 3.13)])
def test_s10_default_values_at_the_border(region: str, total: float) -> None:
    catalog = {"policies": {"eu_cscf": {2021: 1.0}}}
    found = run(region, ["cbam_cost"], "ammonia_smr", "ammonia_electrolytic", carbon="75.36 EUR/t",
                year=2026, catalog=catalog, cbam={"declared": "default"})  # fmt: skip
    cost = found.cbam_cost_central.sel(destination="eu")
    # 1 % on the default, 97.5 % of 1.522 free, nothing paid at home; every route pays the same.
    expected = (total * 1.01 - 0.975 * 1.522) * 75.36
    np.testing.assert_allclose(cost, expected, rtol=1e-9)
    if region == "CN":
        np.testing.assert_allclose(cost, 220.02, atol=0.01)


def test_s11_an_electrolytic_plant_in_the_eu_keeps_the_benchmark() -> None:
    found = run("EU", ["home_carbon_cost", "avoided_emissions"], "ammonia_smr",
                "ammonia_electrolytic", catalog=certain("EU"))  # fmt: skip
    cost = found.home_carbon_cost_central
    assert float(cost.sel(route="ammonia_electrolytic")) == pytest.approx(-78.38, abs=0.01)
    assert float(cost.sel(route="ammonia_smr")) == pytest.approx(104.62, abs=0.01)
    gap = float(cost.sel(route="ammonia_smr") - cost.sel(route="ammonia_electrolytic"))
    avoided = found.avoided_emissions_central.sel(route="ammonia_electrolytic")
    assert gap == pytest.approx(183.0, abs=0.01) == 100 * float(avoided)


def test_s19_what_hydrogen_the_indian_auctions_need() -> None:
    """At 534 EUR/t (604 USD) delivered the electrolytic tonne breaks even with hydrogen at
    2.0 to 2.5 EUR/kg: against an imported tonne at that price, carbon aside."""
    catalog = {
        "prices": {"ammonia": {"IN": "534 EUR/t"}},
        "routes": {"ammonia_import": {"other_opex": 0, "precursor_intensity": 0}},
        "sectors": {"ammonia": {"regions": {"IN": {"reference": "ammonia_import", "coverage": 0}}}},
    }
    found = run("IN", ["parity_price"], "ammonia_electrolytic", "ammonia_import", year=2028,
                catalog=catalog, parity=["hydrogen"])  # fmt: skip
    price = float(
        found.parity_price_central.sel(
            destination="domestic", route="ammonia_electrolytic", good="hydrogen"
        )
    )
    assert 2.0 < price < 2.5


def test_a_chinese_tonne_bears_its_power_at_the_border() -> None:
    """Fertilisers count power: 3.9 t of the plant and a MWh of the grid of 2030, 1.522 free at 51.5 %."""
    catalog = {
        "policies": {"eu_cscf": {2021: 1.0}},
        "routes": {"ammonia_coal": {"emission_intensity": 3.9,
                                    "inputs": {"electricity": "1.03 MWh/t"}}},
        "regions": {"CN": {"recognised": 0}},
    }  # fmt: skip
    found = run("CN", ["cbam_cost"], "ammonia_coal", catalog=catalog)
    expected = 100 * (3.9 + 1.03 * 0.435 - 0.515 * 1.522)
    assert float(found.cbam_cost_central.sel(destination="eu").squeeze()) == pytest.approx(expected)


def test_an_imported_tonne_pays_the_border_of_the_eu_and_has_no_allowances() -> None:
    catalog = certain("EU")
    catalog["routes"]["ammonia_import"] = {"precursor_intensity": 2.2}
    found = run("EU", ["home_carbon_cost", "levelised_cost", "commodity_price"], "ammonia_import",
                catalog=catalog)  # fmt: skip
    expected = 100 * (2.2 - 0.515 * 1.522)
    assert float(found.home_carbon_cost_central.squeeze()) == pytest.approx(expected)
    price = float(found.commodity_price_central.sel(commodity="ammonia.EU"))
    assert float(found.levelised_cost_central.squeeze()) > price


def test_every_region_compares_with_what_its_tonne_is() -> None:
    met = packaged.catalog()["sectors"]["ammonia"]["regions"]
    assert {name: rules["reference"] for name, rules in met.items()} == {
        "EU": "ammonia_smr", "UK": "ammonia_import", "KR": "ammonia_import", "JP": "ammonia_smr",
        "CN": "ammonia_coal", "IN": "ammonia_smr",
        "SE": "ammonia_smr", "IS": "ammonia_smr",  # as the EU
    }  # fmt: skip


def test_capture_leaves_what_plants_report() -> None:
    """Of 1.83 t about 1.2 is pure; capture of flue gas too leaves some 0.2."""
    catalog = {"routes": {"ammonia_smr": {"emission_intensity": {"EU": 1.83}}}}
    found = run("EU", ["avoided_emissions"], "ammonia_smr", "ammonia_smr_ccs",
                "ammonia_smr_ccs_process", catalog=catalog)  # fmt: skip
    avoided = found.avoided_emissions_central
    assert float(avoided.sel(route="ammonia_smr_ccs_process")) == pytest.approx(1.19, abs=0.01)
    assert 1.5 < float(avoided.sel(route="ammonia_smr_ccs")) < 1.68
