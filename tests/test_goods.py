"""What a product costs more, and what closes a gap for a volume."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import xarray as xr
from agreement import disagreements, traced
from minimal import minimal_config, route
from reference_paths import merge
from rich_config import rich_config
from test_invalid import faults_of

import simcore
from simcore.analysis import summarise
from simcore.analysis.headline import OpenedRun, headline_of
from simcore.effects import build_and_warn
from simcore.intake import packaged
from simcore.running import engine
from simcore.running.tracing import trace
from simcore.terminal.headline import headline_text
from simcore.terminal.tables import WIDTH, outcome_text
from simcore.terminal.traces import trace_text
from simcore.variables import OUTCOMES

KEPT = ["cost_premium", "support_gap", "price_effect", "price_uplift", "budget_need", "budget_net"]
TOTALS = ["budget_total", "budget_net_total"]
PACKAGED: dict[str, Any] = {
    "name": "goods", "draws": 2048, "years": {"first": 2030, "last": 2036}, "regions": ["EU"],
    "destinations": ["domestic"], "routes": ["bf_bof", "ng_dri_eaf", "h2_dri_eaf"],
    "products": ["car"], "outcomes": [*KEPT, *TOTALS], "keep": [*KEPT, *TOTALS],
    "dtype": "float64", "scenarios": {"law": "law"},
    "budgets": {"steel": {"region": "EU", "route": "ng_dri_eaf", "volume": {2031: 5, 2035: 10}}},
}  # fmt: skip


def goods(**changes: Any) -> dict[str, Any]:
    return merge(copy.deepcopy(PACKAGED), changes)


def run(config: dict[str, Any]) -> Any:
    return engine.run(simcore.build(simcore.load(config)))


@pytest.fixture(scope="module")
def paid() -> Any:
    return run(goods()).isel(scenario=0)


# ---------------------------------------------------------------- against the plain model

GOODS = ["price_effect", "price_uplift", "buyer_price_effect", "buyer_price_uplift", "budget_need",
         "budget_net", *TOTALS]  # fmt: skip
CASES: dict[str, dict[str, Any]] = {
    "another currency, one buyer unsaid": {
        "currency": "USD", "against": ["XB.blast"],
        "budgets": {"offered": {"against": None, "region": "XA"}},
    },
    "in a region and of a route that is none of the run": {
        "regions": ["XA"], "routes": ["captured"], "destinations": ["domestic"],
    },
    "a volume that ends": {"budgets": {
        "hydrogen_steel": {"volume": {2027: 0, 2028: 3, 2029: 0}},
        "at_the_price": {"volume": {2020: 1, 2028: 0}},
    }},
    "a volume that goes on after the run": {"budgets": {"offered": {"volume": {2027: 0, 2031: 4}}}},
    "a volume by the draw of another number": {
        "factors": {"ramp": {"kind": "uniform", "low": 1.0, "high": 2.0}},
        "budgets": {"offered": {"volume": {2028: {"kind": "factor", "name": "ramp"}}}},
    },
    "another budget in a scenario": {"scenarios": {"reform": {"budgets": {
        "offered": {"volume": {2028: 5}}, "of_reform": {
            "region": "XA", "route": "electric", "volume": {2026: 1}},
    }}}},
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_plain_model_agrees(name: str) -> None:
    plan = simcore.build(simcore.load(rich_config(outcomes=GOODS, **CASES[name])))
    for draw in (3, 300):
        found = traced(plan, draw)
        assert {key[0] for key in found} == set(GOODS) | {"waterfall"}
        assert list(disagreements(plan.spec.resolved(), found, draw)) == []


# ---------------------------------------------------------------- closed forms


def flat(cost: Any, volume: Any = None, **changes: Any) -> Any:
    """A run in which the green tonne costs this, the other 300, and neither emits."""
    budget = {"region": "EU", "route": "green", "volume": volume or {2026: 5}}
    config = minimal_config(
        outcomes=[*KEPT, *TOTALS], keep=[*KEPT, *TOTALS], products=["van"], dtype="float64",
        budgets={"steel": budget}, routes=["old", "green"],
    )  # fmt: skip
    config["catalog"]["products"] = {"van": {"uses": {"steel": "900 kg"}, "price": "40000 EUR"}}
    config["catalog"]["regions"]["EU"]["reference"] = {"steel": "old"}
    config["catalog"]["routes"] = {
        "old": route(other_opex=300.0),
        "green": route(other_opex=cost),
    }
    found = run(merge(config, changes)).isel(scenario=0)
    return found.sel(region="EU", route="green", destination="domestic")


def test_two_hundred_a_tonne_are_half_a_percent_of_a_car() -> None:
    found = flat(500.0).sel(product="van")
    np.testing.assert_allclose(found.cost_premium, 200.0, rtol=1e-12)
    np.testing.assert_allclose(found.price_effect, 180.0, rtol=1e-12)
    np.testing.assert_allclose(found.price_uplift, 0.0045, rtol=1e-12)


def test_of_what_is_not_passed_on_the_buyer_pays_nothing() -> None:
    van = {"pass_through": 0.75, "price": "0.05 M USD", "per": "vehicle"}
    found = flat(500.0, catalog={"products": {"van": van}}).sel(product="van")
    np.testing.assert_allclose(found.price_effect, 135.0, rtol=1e-12)
    np.testing.assert_allclose(found.price_uplift, 135 / 40_000, rtol=1e-12)
    assert found.product_unit.item() == "vehicle"


TWO = {"kind": "discrete", "values": [200.0, 600.0], "probabilities": [0.5, 0.5]}
"""A gap of -100 or 300 EUR/t."""


def test_the_mean_gap_is_no_budget() -> None:
    """Five Mt: nothing or 1,500 M EUR, 750 in the mean; 500 if the plants pay back."""
    found = flat(TWO).sel(budget="steel", year=2026)
    assert sorted(set(found.budget_need.values.round(9))) == [0.0, 1500.0]
    assert sorted(set(found.budget_net.values.round(9))) == [-500.0, 1500.0]
    share = float((found.budget_need > 0).mean())
    assert share == pytest.approx(0.5, abs=0.07)
    assert float(found.budget_need_mean) == pytest.approx(1500 * share, rel=1e-12)
    assert float(found.budget_net_mean) == pytest.approx(2000 * share - 500, rel=1e-12)


VOLUMES: dict[str, tuple[dict[int, Any], list[float]]] = {
    "one date": ({2027: 5}, [0, 5, 5]),
    "a line between dates": ({2026: 2, 2028: 8}, [2, 5, 8]),
    "dates outside the run": ({2020: 0, 2030: 10}, [6, 7, 8]),
    "an end": ({2026: 3, 2027: 3, 2028: 0}, [3, 3, 0]),
    "in kilotonnes": ({2026: "500 kt/yr"}, [0.5, 0.5, 0.5]),
}  # fmt: skip


@pytest.mark.parametrize("name", VOLUMES)
def test_volumes_lie_on_lines_between_dates(name: str) -> None:
    volume, expected = VOLUMES[name]
    found = flat(500.0, volume).sel(budget="steel")
    mean = found.budget_need_mean.values
    np.testing.assert_allclose(mean, 200 * np.array(expected, float), rtol=1e-12)
    assert float(found.budget_total_mean) == pytest.approx(200 * sum(expected), rel=1e-12)


# ---------------------------------------------------------------- in the packaged tables


def test_effects_follow_the_premium_of_each_draw(paid: Any) -> None:
    record = packaged.catalog()["products"]["car"]
    tonnes = record["uses"]["steel"]["value"]
    effect = paid.price_effect.sel(product="car")
    np.testing.assert_allclose(effect, paid.cost_premium * tonnes, rtol=1e-12)
    assert effect.sel(route="bf_bof").isnull().all()
    share = paid.price_uplift.sel(product="car", route="h2_dri_eaf") / effect.sel(
        route="h2_dri_eaf"
    )
    assert float(share.std()) < 1e-15
    assert float(1 / share.mean()) > record["price"]["value"]  # prices have risen since 2020


def test_a_budget_is_the_part_of_the_gap_above_zero(paid: Any) -> None:
    gap = paid.support_gap.sel(route="ng_dri_eaf", region="EU", destination="domestic")
    volume = xr.DataArray([0, 5, 6.25, 7.5, 8.75, 10, 10], dims="year")
    need, net = paid.budget_need.sel(budget="steel"), paid.budget_net.sel(budget="steel")
    np.testing.assert_allclose(need, np.maximum(gap, 0) * volume, rtol=1e-12)
    np.testing.assert_allclose(net, gap * volume, rtol=1e-12)
    assert (need.mean("draw").values[1:] > 1.05 * net.mean("draw").values[1:]).all()
    for name, yearly in (("budget_total", need), ("budget_net_total", net)):
        np.testing.assert_allclose(paid[name].sel(budget="steel"), yearly.sum("year"), rtol=1e-12)


def test_a_sum_over_the_years_counts_none_before_the_run() -> None:
    """Paths leave the prices of 2026: the years before the horizon are simulated, and not paid."""
    late = goods(years={"first": 2034}, budgets={"steel": {"volume": {2026: 5}}}, draws=256)
    found = run(late).isel(scenario=0, budget=0)
    total = found.budget_need.sum("year")
    np.testing.assert_allclose(found.budget_total, total, rtol=1e-12)


def test_of_the_buyers_own_reference_both_premiums_are_one() -> None:
    names = ["price_effect", "buyer_price_effect", "price_uplift", "buyer_price_uplift"]
    config = goods(outcomes=names, keep=names, against=["EU.bf_bof"], draws=256)
    found = run(config).isel(scenario=0)
    for own, buyers in ((names[0], names[1]), (names[2], names[3])):
        bought = found[buyers].sel(against="EU.bf_bof")
        plain = found[own].sel(destination="domestic").transpose(*bought.dims)
        np.testing.assert_array_equal(bought, plain)


def test_a_config_with_them_has_their_outcomes() -> None:
    listed = simcore.load({"products": "car, ship", "regions": "EU"}).experiment
    assert listed.products == ["car", "ship"]
    assert {"price_effect", "price_uplift"} < set(listed.outcomes)
    assert "budget_need" not in listed.outcomes
    assert "buyer_price_effect" not in listed.outcomes


def test_more_products_and_budgets_change_no_number(paid: Any) -> None:
    more = goods(
        products=["ship", "car"],
        budgets={"another": {"region": "EU", "route": "h2_dri_eaf", "volume": {
            2031: {"kind": "uniform", "low": 1, "high": 2}}}},
    )  # fmt: skip
    found = run(more).isel(scenario=0)
    for name, dim, label in (
        ("price_effect", "product", "car"),
        ("budget_need", "budget", "steel"),
    ):
        old, new = paid[name].sel({dim: label}), found[name].sel({dim: label})
        np.testing.assert_array_equal(new, old)


# ---------------------------------------------------------------- what is refused or warned of

STEEL = {"region": "EU", "route": "ng_dri_eaf", "volume": {2031: 5}}
FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a product that is none": ({"products": ["cart"]}, "products.0", "did you mean 'car'"),
    "a product of another sector": ({"products": ["can"]}, "products.0", "no steel"),
    "a product twice": ({"products": ["car", "car"]}, "products.1", "twice"),
    "a product without a price": (
        {"products": ["van"], "catalog": {"products": {"van": {"uses": {"steel": 2}}}}},
        "catalog.products.van", "price"),
    "a use in another unit": (
        {"catalog": {"products": {"car": {"uses": {"steel": "3 EUR"}}}}},
        "car.uses.steel", "EUR"),
    "a price of nothing": (
        {"catalog": {"products": {"car": {"price": {"value": 0}}}}}, "car.price", "1e-06"),
    "outcomes without products": ({"products": []}, "products", "price_effect"),
    "outcomes without budgets": ({"budgets": {}}, "budgets", "budget_need"),
    "a region that is none": (
        {"budgets": {"steel": {**STEEL, "region": "EUROPE"}}}, "budgets.steel.region", "EUROPE"),
    "a route that is none": (
        {"budgets": {"steel": {**STEEL, "route": "h2_dri"}}}, "budgets.steel.route",
        "did you mean 'h2_dri_eaf'"),
    "a route of another sector": (
        {"budgets": {"steel": {**STEEL, "route": "hall_heroult_grid"}}},
        "budgets.steel.route", "makes aluminium"),
    "the gap of the reference": (
        {"budgets": {"steel": {**STEEL, "route": "bf_bof"}}}, "budgets.steel.route", "bf_bof"),
    "no volume in the run": (
        {"budgets": {"steel": {**STEEL, "volume": {2040: 5, 2031: 0}}}, "years": {"last": 2031}},
        "budgets.steel.volume", "no volume until 2031"),
    "a volume before the route": (
        {"years": {"first": 2026}, "budgets": {"steel": {
            **STEEL, "route": "h2_dri_eaf", "volume": {2026: 5, 2031: 5}}}},
        "budgets.steel.volume", "tonnes of 2026"),
    "a volume below zero": (
        {"budgets": {"steel": {**STEEL, "volume": {2031: -1}}}}, "steel.volume.2031", "-1"),
    "a volume without a year": ({"budgets": {"steel": {**STEEL, "volume": 5}}},
                                "budgets.steel.volume", "volume: {2030: 5}"),
    "a volume in tonnes": (
        {"budgets": {"steel": {**STEEL, "volume": {2031: 5e6}}}}, "steel.volume.2031", "5 Mt/yr"),
    "another gap": ({"budgets": {"steel": {**STEEL, "gap": "all"}}}, "budgets.steel.gap", "all"),
    "a buyer that is none": (
        {"budgets": {"steel": {**STEEL, "gap": "buyer"}}}, "budgets.steel", "no buyer"),
    "one of two buyers": (
        {"against": ["EU.bf_bof", "EU.h2_dri_eaf"], "budgets": {"steel": {**STEEL, "gap": "buyer"}}},
        "budgets.steel", "unsaid"),
    "another buyer": (
        {"against": ["EU.bf_bof"],
         "budgets": {"steel": {**STEEL, "gap": "buyer", "against": "KR.bf_bof"}}},
        "budgets.steel.against", "KR.bf_bof"),
    "a price that the region does not have": (
        {"regions": ["KR"], "budgets": {"steel": {**STEEL, "region": "KR", "gap": "market"}}},
        "budgets.steel.gap", "price"),
    "a scenario with a wrong budget": (
        {"scenarios": {"less": {"budgets": {"steel": {"route": "moon"}}}}},
        "scenarios.less.budgets.steel.route", "moon"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_is_refused(name: str) -> None:
    changes, where, said = FAULTS[name]
    found = faults_of(goods() | changes if changes.get("budgets") == {} else goods(**changes))
    assert [fault for fault in found if fault.where.endswith(where)], found
    assert any(said in f"{fault.found} {fault.expected} {fault.remedy}" for fault in found), found
    assert len(found) == 1, found


WARNED: dict[str, tuple[dict[str, Any], str]] = {
    "products that nothing reports": ({"outcomes": TOTALS, "keep": []}, "products"),
    "a destination of a price": (
        {"budgets": {"steel": {"gap": "market", "destination": "domestic"}}},
        "budgets.steel.destination"),
    "a buyer of another gap": (
        {"against": ["EU.bf_bof"], "budgets": {"steel": {"against": "EU.bf_bof"}}},
        "budgets.steel.against"),
    "a budget that nothing reports": (
        {"outcomes": ["price_effect"], "keep": []}, "budgets.steel"),
    "a volume of half the world": (
        {"budgets": {"steel": {"volume": {2031: 900}}}}, "budgets.steel.volume.2031"),
    "another product": (
        {"catalog": {"products": {"train": {"pass_through": 0.5}}}}, "catalog.products.train"),
}  # fmt: skip


@pytest.mark.parametrize("name", WARNED)
def test_what_changes_nothing_is_said(name: str) -> None:
    changes, where = WARNED[name]
    _, warnings = build_and_warn(simcore.load(merge(goods(draws=512), changes)))
    assert where in {one.where for one in warnings}, warnings


def test_a_plain_config_gives_no_false_alarm() -> None:
    _, warnings = build_and_warn(simcore.load(goods(draws=512)))
    assert not [one for one in warnings if one.where != "draws"]


# ---------------------------------------------------------------- the tables after a run


def tables(found: Any) -> str:
    text = headline_text(*headline_of(OpenedRun(found)))
    assert max(map(len, text.splitlines())) <= WIDTH, text
    return text


def test_tables_tell_the_budget_beside_the_mean_gap(paid: Any) -> None:
    text = tables(paid.expand_dims("scenario").sel(year=[2030, 2031, 2036]))
    assert "what closes the gap of each draw; net: mean gap times volume" in text
    line = next(one for one in text.splitlines() if one.startswith("Law") and "steel" in one)
    told = [float(one.replace(",", "")) for one in line.partition("steel")[2].split()]
    expected = [paid.budget_total_mean, paid.budget_total_quantile.sel(quantile=0.95),
                paid.budget_net_total_mean]  # fmt: skip
    assert told[:3] == [round(one.item()) for one in expected]
    assert "2030" not in text.split("Budgets in")[1].split("Products")[0]  # nothing is paid yet


def test_tables_tell_what_a_car_costs_more(paid: Any) -> None:
    text = tables(paid.expand_dims("scenario").sel(year=[2030, 2031, 2036]))
    part = text.split("Products, 2031, Law as it stands")[1]
    mean = paid.price_uplift_mean.sel(product="car", year=2031, route="h2_dri_eaf").item()
    line = next(one for one in part.splitlines() if "Hydrogen DRI, EAF" in one)
    assert line.split()[-1] == f"{100 * mean:.2f}%"


def test_a_budget_has_a_table_of_what_the_run_holds(paid: Any) -> None:
    total = tables(paid.expand_dims("scenario").sel(year=[2030, 2031, 2036])
                   .drop_vars(["budget_net_total_mean", "budget_need_mean"]))  # fmt: skip
    part = total.split("Budgets in")[1].split("Products")[0]
    assert "net" not in part
    line = next(one for one in part.splitlines() if one.startswith("Law"))
    expected = [paid.budget_total_mean, paid.budget_total_quantile.sel(quantile=0.95)]
    told = [float(one.replace(",", "")) for one in line.partition("steel")[2].split()]
    assert told == [round(one.item()) for one in expected]


@pytest.mark.parametrize("key", ["budgets", "products"])
def test_a_run_of_one_of_them_alone_has_a_table(key: str) -> None:
    names = [one for one in GOODS if OUTCOMES[one].comes_with == key]
    found = run(goods(draws=512, outcomes=names, keep=[]))
    text = tables(found)
    assert not text.endswith("\n")
    assert "steel" in text if key == "budgets" else "car" in text
    assert len(summarise(found)) > 0


def test_a_summary_names_the_unit_of_each_product() -> None:
    found = run(goods(products=["car", "ship", "building"], outcomes=["price_effect"], keep=[]))
    frame = summarise(found, variable="price_effect", years=[2030], routes=["h2_dri_eaf"])
    assert frame["unit"].tolist() == ["EUR per car", "EUR per ship", "EUR per m2"]
    lines = outcome_text(frame, ids=True).splitlines()
    small, large = (next(one for one in lines if f"per {unit} " in one) for unit in ("m2", "ship"))
    assert "." in small.split()[4]
    assert "," in large.split()[4]


def test_a_trace_says_of_which_product_and_budget() -> None:
    plan = simcore.build(simcore.load(goods(draws=64)))
    text = trace_text(trace(plan, 3), title="draw 3")
    for label in ("budget_total law steel [", "budget_need law steel [",
                  "price_effect law EU domestic h2_dri_eaf car [EUR per car]"):  # fmt: skip
        assert label.partition(" [")[0] in text, label
