"""What a tonne costs a buyer, delivered, beside what he can have in his own region."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import numpy as np
import pytest
from agreement import disagreements, traced
from minimal import region
from reference_paths import merge
from rich_config import rich_config
from test_invalid import faults_of

import simcore
from simcore.analysis import summarise
from simcore.effects import build_and_warn
from simcore.running import engine
from simcore.terminal.headline import headline_text
from simcore.terminal.tables import WIDTH

VIEW = ["alternative_cost", "landed_cost", "buyer_premium", "asking_premium", "buyer_cost_per_tco2"]
PACKAGED: dict[str, Any] = {
    "name": "buyer", "draws": 512, "years": {"first": 2030, "last": 2031},
    "regions": ["EU", "IN"], "destinations": ["domestic", "eu"],
    "routes": ["bf_bof", "ng_dri_eaf", "h2_dri_eaf"], "against": ["EU.bf_bof"],
    "outcomes": ["levelised_cost", "home_carbon_cost", "cbam_cost", "total_cost", "cost_premium",
                 "avoided_emissions", *VIEW],
    "keep": ["levelised_cost", "home_carbon_cost", "cbam_cost", "total_cost", "cost_premium",
             "avoided_emissions", *VIEW],
    "dtype": "float64", "scenarios": {"law": "law"},
}  # fmt: skip
FREIGHT = {"imports": {"IN": {"freight": "55 EUR/t", "duty": 0.5, "out_of_quota": 0.2}}}


def packaged(**changes: Any) -> dict[str, Any]:
    return merge(copy.deepcopy(PACKAGED), changes)


def run(config: dict[str, Any]) -> Any:
    return engine.run(simcore.build(simcore.load(config))).isel(scenario=0)


@pytest.fixture(scope="module")
def sold() -> Any:
    """A run in which freight and duty are known."""
    return run(packaged(catalog={"regions": {"EU": FREIGHT}}))


# ---------------------------------------------------------------- against the plain model

PLACES: dict[str, dict[str, Any]] = {
    "the buyer's region is not among those of the run": {
        "regions": ["XB"], "against": ["XA.blast"], "destinations": ["domestic"],
    },
    "his route is none of the run": {"against": ["XA.captured"], "routes": ["blast", "hydrogen"]},
    "he has a region outside the border": {"regions": ["XA"], "against": ["XB.electric"]},
    "what comes from anywhere": {
        "regions": ["XB"], "against": ["XA.blast"],
        "catalog": {"regions": {"XA": {"imports": {
            "default": {"freight": 10, "duty": 0.25, "out_of_quota": 1}}}}},
    },
    "two buyers, sunk capital, default values": {
        "against": ["XB.blast", "XA.hydrogen"], "reference_capital": "sunk", "regions": ["XB"],
        "cbam": {"declared": "default"}, "destinations": ["domestic"],
    },
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("draw", [3, 200])
def test_the_plain_model_agrees(name: str, draw: int) -> None:
    outcomes = ["levelised_cost", "carbon_cost", *VIEW]
    plan = simcore.build(simcore.load(rich_config(outcomes=outcomes, **PLACES[name])))
    found = traced(plan, draw)
    assert sum(key[0] == "buyer_premium" for key in found) > 4
    assert list(disagreements(plan.spec.resolved(), found, draw)) == []


# ---------------------------------------------------------------- closed forms


def test_a_plant_at_home_has_the_bits_of_the_cost_premium(sold: Any) -> None:
    home = sold["buyer_premium"].sel(against="EU.bf_bof", region="EU", route="h2_dri_eaf")
    own = sold["cost_premium"].sel(region="EU", destination="domestic", route="h2_dri_eaf")
    np.testing.assert_array_equal(home.transpose(*own.dims), own)


@pytest.mark.parametrize("route", ["bf_bof", "ng_dri_eaf", "h2_dri_eaf"])
def test_what_is_brought_in_pays_freight_duty_and_the_border(sold: Any, route: str) -> None:
    at = {"region": "IN", "route": route}
    made = sold["levelised_cost"].sel(at) + sold["home_carbon_cost"].sel(at)
    border = sold["cbam_cost"].sel(**at, destination="eu")
    # 0.5 * 0.2 of the value with freight; CBAM is no part of it.
    expected = made + border + 55.0 + 0.1 * (made + 55.0)
    landed = sold["landed_cost"].sel(**at, against="EU.bf_bof")
    np.testing.assert_allclose(landed.transpose(*expected.dims), expected, rtol=1e-12)


def test_nobody_sells_below_what_the_alternative_costs(sold: Any) -> None:
    premium, asked = sold["buyer_premium"], sold["asking_premium"]
    known = np.isfinite(premium.values)
    assert (premium.values[known] < 0).any()
    expected = np.maximum(premium.values[known], 0.0)
    np.testing.assert_array_equal(asked.values[known], expected)
    assert not np.signbit(asked.values[known]).any()


def test_per_tonne_of_co2_is_undefined_where_none_is_saved(sold: Any) -> None:
    at = {"against": "EU.bf_bof", "region": "EU", "route": "ng_dri_eaf"}
    saved = sold["avoided_emissions"].sel(region="EU", route="ng_dri_eaf")
    found = sold["buyer_cost_per_tco2"].sel(at) * saved
    np.testing.assert_allclose(found, sold["buyer_premium"].sel(at), rtol=1e-9)
    furnace = sold["buyer_cost_per_tco2"].sel(against="EU.bf_bof", region="IN", route="bf_bof")
    assert np.isnan(furnace).any()


def test_the_alternative_itself_has_a_cost_and_no_premium(sold: Any) -> None:
    at = {"against": "EU.bf_bof", "region": "EU", "route": "bf_bof"}
    assert sold["buyer_premium"].sel(at).isnull().all()
    own = sold["landed_cost"].sel(at)
    np.testing.assert_array_equal(own, sold["alternative_cost"].sel(against="EU.bf_bof"))


# ---------------------------------------------------------------- who is at home


@pytest.mark.parametrize("buyer", ["EU", "south"])
def test_a_region_and_its_variants_are_at_home_in_each_other(buyer: str) -> None:
    found = run(packaged(
        regions=["EU", "south", "IN"], against=[f"{buyer}.bf_bof"], destinations=["eu"],
        catalog={"regions": {"south": {"like": "EU", "wacc": 0.1}}},
    ))  # fmt: skip
    for origin in ("EU", "south"):
        made = found["total_cost"].sel(region=origin, destination="eu", route="h2_dri_eaf")
        landed = found["landed_cost"].sel(region=origin, route="h2_dri_eaf").isel(against=0)
        np.testing.assert_array_equal(landed.transpose(*made.dims), made)
    far = found["landed_cost"].sel(region="IN", route="h2_dri_eaf").isel(against=0)
    assert (far > found["total_cost"].sel(region="IN", destination="eu", route="h2_dri_eaf")).all()


def test_a_buyer_outside_the_border_pays_no_cbam() -> None:
    found = run(packaged(regions=["IN", "EU"], against=["KR.bf_bof"]))
    for origin in ("IN", "EU"):
        made = found["total_cost"].sel(region=origin, destination="domestic", route="ng_dri_eaf")
        landed = found["landed_cost"].sel(region=origin, route="ng_dri_eaf", against="KR.bf_bof")
        np.testing.assert_array_equal(landed.transpose(*made.dims), made)


def test_a_buyer_changes_no_other_number() -> None:
    few = ["levelised_cost", "carbon_cost", "cost_premium"]
    alone = run(packaged(regions=["IN"], outcomes=few, keep=few, against=[]))
    beside = run(packaged(regions=["IN"], outcomes=[*few, *VIEW], keep=few))
    for name in few:
        np.testing.assert_array_equal(alone[name], beside[name])


def test_the_resolved_config_holds_what_the_buyer_meets_and_is_the_same_run() -> None:
    spec = simcore.load(packaged(regions=["IN"]))
    resolved = spec.resolved()
    met = resolved["catalog"]["sectors"]["steel"]["regions"]["EU"]["imports"]
    assert list(met) == ["IN"]
    assert "eu_steel_duty" in resolved["catalog"]["policies"]
    alone = simcore.load(packaged(against=[], outcomes=["cost_premium"], keep=[])).resolved()
    assert alone["catalog"]["sectors"]["steel"]["regions"]["EU"]["imports"] == {}
    assert "eu_steel_duty" not in alone["catalog"]["policies"]
    first, second = run(packaged(regions=["IN"])), run(resolved)
    np.testing.assert_array_equal(first["landed_cost"], second["landed_cost"])


@pytest.mark.parametrize(("changes", "met"), [
    ({"against": [], "outcomes": ["cost_premium"], "keep": []}, set()),
    ({}, {"imports.IN.freight", "imports.IN.out_of_quota"}),
    ({"against": [], "outcomes": ["market_gap"], "keep": []},
     {f"product_price.{key}" for key in ("margin", "theta_border", "theta_open")}),
])  # fmt: skip
def test_a_run_names_the_sources_of_what_its_buyers_meet(
    changes: dict[str, Any], met: set[str]
) -> None:
    attrs = run(packaged(draws=256, **changes)).attrs
    place = "catalog.sectors.steel.regions.EU."
    told = {one.removeprefix(place) for one in json.loads(attrs["assumed"])}
    assert {one for one in told if one.startswith(("imports", "product_price"))} == met
    known = json.loads(attrs["sources"])
    assert ("kallanish_freight" in known) == ("imports.IN.freight" in met)
    assert ("cost_pass_through" in known) == ("product_price.margin" in met)


# ---------------------------------------------------------------- forms, faults and idle settings


@pytest.mark.parametrize("written", ["EU.bf_bof, KR.h2_dri_eaf", ["EU.bf_bof", "KR.h2_dri_eaf"]])
def test_a_list_or_a_text_names_them(written: Any) -> None:
    spec = simcore.load(packaged(against=written))
    assert spec.experiment.against == ["EU.bf_bof", "KR.h2_dri_eaf"]


@pytest.mark.parametrize("name", ["EU.", ".bf_bof", "EU.bf.bof", "EU/bf_bof", "EU bf_bof", ""])
def test_what_is_no_route_in_a_region_is_refused(name: str) -> None:
    (fault,) = faults_of(packaged(against=[name]))
    assert fault.where == "against.0"
    assert "region.route" in fault.expected


def test_every_fault_of_a_buyer_is_told_at_once() -> None:
    faults = faults_of(packaged(
        against=["EUU.bf_bof", "EU.bf_bofe"],
        catalog={"regions": {"EU": {"imports": {"IND": {"duty": "none_such"}}}}},
    ))  # fmt: skip
    places = {fault.where for fault in faults}
    assert {"against.0", "against.1", "catalog.regions.EU.imports.IND",
            "catalog.regions.EU.imports.IND.duty"} <= places  # fmt: skip


def test_a_region_without_rules_of_the_sector_is_told_of_its_buyer() -> None:
    bare = {key: value for key, value in region("EUR", "eu_ets").items()
            if key in ("title", "currency", "market", "wacc", "recognised")}  # fmt: skip
    faults = faults_of(packaged(against=["XX.bf_bof"], catalog={"regions": {"XX": bare}}))
    assert any("nothing of steel in XX" in fault.found for fault in faults)


IDLE: dict[str, tuple[dict[str, Any], str, str]] = {
    "a duty that nobody pays": (
        {"catalog": {"regions": {"EU": {"imports": {"IN": {"duty": 0.3}}}}}},
        "imports.IN.duty", "out_of_quota"),
    "imports from a region that is not run": (
        {"catalog": {"regions": {"EU": {"imports": {"KR": {"freight": 70}}}}}},
        "imports.KR", "against: [EU.bf_bof]"),
    "imports without a buyer": (
        {"against": [], "outcomes": ["cost_premium"], "keep": [],
         "catalog": {"regions": {"EU": {"imports": {"IN": {"freight": 70}}}}}},
        "imports.IN", "against: [EU.bf_bof]"),
    "a buyer of whom nothing is asked": (
        {"outcomes": ["cost_premium"], "keep": []}, "against", "add buyer_premium to outcomes"),
}  # fmt: skip


@pytest.mark.parametrize("name", IDLE)
def test_a_setting_without_effect_is_told(name: str) -> None:
    changes, where, remedy = IDLE[name]
    told = build_and_warn(simcore.load(packaged(**changes)))[1]
    assert any(where in one.where and remedy in one.remedy for one in told), told


@pytest.mark.parametrize("changes", [
    {"catalog": {"regions": {"EU": FREIGHT}}},
    {"catalog": {"regions": {"EU": {"imports": {"IN": {"out_of_quota": "20 %"}}}}}},
    {"regions": ["IN"], "destinations": ["domestic"], "cbam": {"resource_shuffling": 0.2}},
])  # fmt: skip
def test_a_setting_that_a_buyer_meets_is_not(changes: dict[str, Any]) -> None:
    assert build_and_warn(simcore.load(packaged(**changes)))[1] == []


# ---------------------------------------------------------------- the table


def text_of(config: dict[str, Any]) -> str:
    frame = summarise(engine.run(simcore.build(simcore.load(config))))
    return headline_text(frame.to_dict("list"), frame.attrs)


def test_the_table_names_what_it_compares_with() -> None:
    text = text_of(packaged(draws=256))
    against = "2030, Law as it stands, against Blast furnace, BOF, European Union, delivered"
    assert f"{against}; that costs " in " ".join(text.split())
    assert "Without duty into European Union (all is within the quota): India" in text
    assert max(map(len, text.splitlines())) <= WIDTH
    block = text.split(against)[1].split("\n\n")[0]
    # What he compares with is in the title, not a row of its own table.
    rows = [line for line in block.splitlines() if "Blast furnace, BOF" in line]
    assert rows and not [line for line in rows if line.startswith("European Union")]


def test_the_table_says_where_no_freight_is_stated() -> None:
    text = " ".join(text_of(packaged(draws=256, against=["KR.bf_bof"])).split())
    said = "Without freight or duty into Korea (no entry in imports): European Union, India"
    assert said in text


def test_a_run_of_buyers_alone_has_a_table() -> None:
    config = packaged(draws=256, outcomes=["landed_cost", "buyer_premium"], keep=[])
    text = text_of(config)
    assert "against Blast furnace, BOF, European Union" in text
    assert "carbon included" not in text
    frame = summarise(engine.run(simcore.build(simcore.load(config))))
    assert {"against", "landed_cost_p50", "buyer_premium_p95"} <= set(frame)


def test_large_amounts_are_in_thousands_in_every_table() -> None:
    text = text_of(packaged(draws=256, currency="KRW"))
    assert "thousand KRW of 2025 per t" in text
    found = re.search(r"that costs ([\d,.]+) \(([\d,.]+) to ([\d,.]+)\)", " ".join(text.split()))
    # In won itself it would be some millions.
    assert found and all(float(part.replace(",", "")) < 1e5 for part in found.groups())
