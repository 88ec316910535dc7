"""Which group each uncertain input is of, without patterns: what part of the catalog it is from."""

from __future__ import annotations

from typing import Any

import pytest
from rich_config import rich_config

import simcore
from simcore import dataset
from simcore.plan import build
from simcore.plan.groups import OTHER

EVERYTHING: dict[str, Any] = {
    "name": "groups", "against": "EU.bf_bof", "products": ["car"], "keep": [],
    "outcomes": ["cost_premium", "carbon_value", "market_gap", "buyer_premium",
                 "price_uplift", "exposure_cost", "budget_need", "project_npv"],
    "value": {"double_claiming": "allow", "buyer": "automotive"},
    "exposures": {"mill": {"market": "k_ets", "first": 2026, "last": 2030,
                           "shortfall": {"kind": "uniform", "low": 1, "high": 2}}},
    "budgets": {"gas": {"region": "EU", "route": "ng_dri_eaf", "volume": {
        2030: {"kind": "uniform", "low": 1, "high": 2}}}},
    "projects": {"works": {"region": "EU", "route": "ng_dri_eaf", "start": 2030, "lifetime": 10,
                           "output": 1, "sold": {"kind": "uniform", "low": 0.1, "high": 0.2}}},
    "catalog": {"products": {"car": {"uses": {"steel": {
        "kind": "uniform", "low": 0.7, "high": 1.1, "unit": "t"}}}}},
    "factors": {"common": {"kind": "uniform", "low": 1.0, "high": 1.2}},
    "scenarios": {"law": {}, "again": {"redraw": ["EU.wacc"]}},
}  # fmt: skip
EVERYTHING["catalog"]["routes"] = {
    "h2_dri_eaf": {"first_of_a_kind": {"kind": "factor", "name": "common"}}
}
OF = {
    "eu_ets.anchor": "carbon_market", "eu_ets.view": "carbon_market", "k_ets.view": "carbon_market",
    "KR.credit_price": "carbon_market", "eu_ets.history.sigma": "carbon_market",
    "eu_ets.resolution.year": "policy", "eu_cscf.law.2026": "policy",
    "uk_eu_link.variant": "policy", "in_steel_coverage.delay": "policy",
    "electricity.EU.anchor": "energy_and_materials", "iron_ore.EU.premium": "energy_and_materials",
    "h2_dri_eaf.capex": "technology", "bf_bof_ccs.capture.rate": "technology",
    "EU.wacc": "finance", "EU.imports.IN.freight": "trade", "EU.product_price.theta_open": "trade",
    "automotive.indirect_factor": "buyer", "car.uses.steel": "product",
    "mill.shortfall": "volume", "gas.volume (2030)": "volume", "works.sold": "project",
    "common": "technology", "EU.wacc (again)": "finance",
}  # fmt: skip


@pytest.fixture(scope="module")
def groups() -> dict[str, str]:
    return {one.name: one.group for one in build(simcore.load(EVERYTHING)).inputs}


@pytest.mark.parametrize("name", OF)
def test_each_kind_of_input_has_its_group(groups: dict[str, str], name: str) -> None:
    """A named factor is of the group of the place that takes it first."""
    assert groups[name] == OF[name]


def test_no_packaged_input_is_left_out(groups: dict[str, str]) -> None:
    assert [name for name, group in groups.items() if group == OTHER] == []
    assert len(groups) > 300


def test_an_electrolyser_is_technology_and_what_it_buys_is_not(groups: dict[str, str]) -> None:
    plants = {name for name in groups if name.startswith(("hydrogen.", "electrolyser."))}
    assert plants
    assert {groups[name] for name in plants} == {"technology"}
    assert groups["renewable_electricity.EU.anchor"] == "energy_and_materials"


def test_names_in_two_sections_are_told_apart_by_what_they_hold() -> None:
    """`hydrogen` is a route and a price, `share` a policy, here."""
    found = {one.name: one.group for one in build(simcore.load(rich_config())).inputs}
    assert found["hydrogen.capex"] == "technology"
    assert found["hydrogen.default.sigma" if "hydrogen.default.sigma" in found
                 else "border_ets.sigma"] != "technology"  # fmt: skip
    assert found["share.variant"] == found["border_ets.tightening.occurs"] == "policy"
    assert found["border_ets.sigma"] == "carbon_market"
    assert found["power.XA.anchor"] == "energy_and_materials"
    assert OTHER not in found.values()


def test_every_run_carries_the_groups_and_no_digest_counts_them() -> None:
    run = simcore.run({
        "name": "carried", "draws": 256, "regions": "EU", "years": "2026-2027",
        "outcomes": ["cost_premium"], "keep": ["inputs"], "scenarios": "law",
    })  # fmt: skip
    assert run["factor_group"].dims == ("factor",)
    assert "finance" in run["factor_group"].values
    other = run.assign_coords(factor_group=("factor", ["x"] * run.sizes["factor"]))
    assert dataset.digest(run) == dataset.digest(other)
    finance = run["input"].where(run["factor_group"] == "finance", drop=True)
    assert finance["factor"].values.tolist() == ["EU.wacc"]
