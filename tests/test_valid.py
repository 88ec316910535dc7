"""Configs that are odd and right: they run, and their resolved form is the same experiment."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from scipy.special import betaincinv

import simcore
from simcore.running import engine

FOLDER = Path(__file__).parent / "configs" / "valid"
FILES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
LARGE = {"only_a_name", "parent", "child"}
SMALL = ["draws=256", "years.last=2028", "outcomes=[levelised_cost, cost_premium]", "keep=[]"]


@cache
def planned(name: str) -> Any:
    overrides = SMALL if name in LARGE else ()
    return simcore.build(simcore.load(FOLDER / f"{name}.yaml", overrides=overrides))


@cache
def result(name: str) -> Any:
    return engine.run(planned(name), threads=1)


@pytest.mark.parametrize("name", FILES)
def test_resolved_config_is_the_same_experiment(name, tmp_path):
    plan = planned(name)
    file = tmp_path / "resolved.yaml"
    file.write_text(plan.resolved_yaml, encoding="utf-8")
    for source in (FOLDER / f"{name}.yaml").parent.glob("data/*.csv"):
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / "data" / source.name).write_bytes(source.read_bytes())
    again = simcore.build(simcore.load(file))
    assert again.digest == plan.digest
    assert again.resolved_yaml == plan.resolved_yaml
    assert yaml.load(plan.resolved_yaml, yaml.CSafeLoader)["name"] == name


@pytest.mark.parametrize("name", FILES)
def test_runs(name):
    run = result(name)
    assert run.attrs["complete"] == 1
    defined = run["cost_premium_defined"] > 0
    assert (np.isfinite(run["cost_premium_mean"]) == defined).all()
    assert defined.any()


def test_every_distribution_is_met():
    run = result("all_distributions")
    inputs = {
        str(name): (float(mean), float(sd), float(central))
        for name, mean, sd, central in zip(
            run.factor.values, run.input_mean.values, run.input_sd.values,
            run.input_central.values, strict=True,
        )
    }  # fmt: skip
    assert len(inputs) == 17
    assert all(sd > 0 for _, sd, _ in inputs.values())
    expected = {
        # name: (mean, central value, width of the mean's check)
        "green_plant.other_opex": (100, 100, 10),
        "green_plant.inputs.ore": (1.5, 1.5, 0.06),
        "green_plant.inputs.a": (7 / 3, 4 - np.sqrt(3), 0.63),
        "green_plant.inputs.c": (2.1, 2, 0.7),
        "green_plant.inputs.e": (1.8, None, 0.65),
        "green_plant.inputs.f": (None, np.sqrt(3), None),
        "green_plant.inputs.g": (1.175, 1.175, 0.137),
        "green_plant.risk_premium": (0.003, 0, 0.0046),
        "green_plant.capex": (None, 1000, None),
        "land.wacc": (0.03 + 0.09 * 2 / 7, 0.03 + 0.09 * betaincinv(2, 5, 0.5), 0.0145),
        "shared": (25, 25, 3.7),
    }
    for name, (mean, central, sd) in expected.items():
        if mean is not None:
            assert abs(inputs[name][0] - mean) < 4 * sd / np.sqrt(512), name
        if central is not None:
            assert inputs[name][2] == pytest.approx(central, rel=1e-9), name


def test_units_are_converted_at_the_edge():
    run = result("units_as_text")
    assert run.carbon_price_central.sel(market="k_ets", year=2026).item() == pytest.approx(12_000)
    assert "KRW" in run.carbon_price_mean.attrs["units"]
    prices = simcore.run(
        FOLDER / "units_as_text.yaml", threads=1,
        overrides=["outcomes=[commodity_price]", "keep=[]", "currency=EUR"],
    ).commodity_price_central.sel(year=2026)  # fmt: skip
    money = simcore.load(FOLDER / "units_as_text.yaml").experiment.money
    rate, index = money.exchange["USD"], money.deflator["USD"]
    # The spot states a unit and price year of its own.
    assert prices.sel(commodity="iron_ore.KR").item() == pytest.approx(1000 / rate)
    # Drift 1 % is that of the mean; the central case is the median, sigma^2/2 below it.
    gas = 12 / 0.29307107017 / rate * index[2025] / index[2024] * np.exp(0.01 - 0.2**2 / 2)
    assert prices.sel(commodity="natural_gas.KR").item() == pytest.approx(gas)


def test_child_lies_over_its_parent():
    parent, child = result("parent"), result("child")
    assert list(child.region.values) == ["KR"]
    assert (
        list(child.scenario.values) == list(parent.scenario.values) == ["low_power", "dear_steel"]
    )
    cost = (child.levelised_cost_central - parent.levelised_cost_central).sel(region="KR")
    assert (cost.sel(route="h2_dri_eaf", year=2028) < 0).all()
    assert (cost.sel(route="bf_bof") == 0).all()


def test_overlays_change_what_they_say():
    run = result("overlays")
    for name in ("carbon_cost_central", "cost_premium_central", "carbon_value_central"):
        values = run[name]
        none, empty = (values.sel(scenario=one, drop=True) for one in ("none", "empty"))
        assert none.equals(empty)
    premium = run.cost_premium_central.sel(route="scrap_eaf")
    changed = (premium != premium.sel(scenario="none")).any(["destination", "year"])
    found = {
        str(scenario): {str(region) for region in run.region.values
                        if bool(changed.sel(scenario=scenario, region=region))}
        for scenario in run.scenario.values
    }  # fmt: skip
    assert found["one_region"] == {"IN"}
    assert found["none"] == found["empty"] == found["boundary"] == set()
    # The price moves both (CBAM on the one, the home market of the other).
    for name in ("fixed_price", "random_walk"):
        assert found[name] == {"IN", "EU"}
    assert found["rules"] == {"IN"}
    value = run.carbon_value_central
    assert not value.sel(scenario="rules").equals(value.sel(scenario="none"))


def test_column_of_a_file():
    run = result("csv_column")
    place = list(run.factor.values).index("EU.wacc")
    assert run.input_central.values[place] == pytest.approx(0.08)
    assert 0.065 < run.input_mean.values[place] < 0.095


def test_text_stays_text():
    run = result("awkward_yaml")
    assert list(run.scenario.values) == ["NO"]
    assert run.attrs["title"] == ('Two lines: with a colon, a # and "quotes",\nand the word NO.\n')
    assert run.attrs["draws"] == 1000


# --- how one config lies over another ------------------------------------------------------------


def catalog_of(config: Any, **options: Any) -> Any:
    return simcore.load(config, **options).resolved()["catalog"]


def test_a_setting_changes_one_year_of_a_table():
    def anchors(*overrides: str) -> Any:
        market = catalog_of({"name": "plain"}, overrides=overrides)["markets"]["eu_ets"]
        return market["views"]["analysts"]["anchors"]

    before = anchors()
    after = anchors("catalog.markets.eu_ets.views.analysts.anchors.2030.central=120")
    assert after[2030]["central"] == 120
    for end in ("low", "high"):  # the spread is stated as a share
        ratio = after[2030][end] / before[2030][end]
        assert ratio == pytest.approx(120 / before[2030]["central"])
    assert after[2035] == before[2035]


def test_a_region_over_one_distribution_leaves_it_as_the_default():
    def capex(change: Any) -> Any:
        config = {"name": "plain", "catalog": {"routes": {"moe": {"capex": change}}}}
        return catalog_of(config)["routes"]["moe"]["capex"]

    packaged = catalog_of({"name": "plain"})["routes"]["moe"]["capex"]
    assert set(packaged) == {"default"}
    assert capex({"EU": 900}) == {**packaged, "EU": 900}
    assert capex(900) == {"default": 900}
    assert capex({"value": 900, "unit": "EUR/(t/yr)"}) == {
        "default": {"kind": "constant", "value": 900, "unit": "EUR/(t/yr)"}
    }
    assert capex({"high": 3000})["default"]["low"] == packaged["default"]["low"]


def test_a_value_takes_no_source_from_what_it_replaces():
    config = {"name": "plain", "catalog": {"regions": {"EU": {"credit_price": {"value": 3}}}}}
    assert catalog_of(config)["regions"]["EU"]["credit_price"] == 3
    spot = catalog_of(
        {"name": "plain", "catalog": {"markets": {"eu_ets": {"spot": {"value": 80}}}}}
    )
    assert spot["markets"]["eu_ets"]["spot"]["value"] == 80
    assert spot["markets"]["eu_ets"]["spot"]["year"] == 2026


def test_resolved_config_does_not_take_back_what_it_replaced():
    """A scenario may even change an entry that the run does not use."""
    config = {
        "name": "plain", "regions": ["EU"], "routes": ["bf_bof", "scrap_eaf"],
        "scenarios": {"one": {"catalog": {"markets": {"cn_ets": {"carry": 0.0}},
                                          "prices": {"electricity": {"CN": {"title": "x"}}}}}},
        "catalog": {"routes": {"scrap_eaf": {"other_opex": 50, "inputs": {"scrap": 1.1}}}},
    }  # fmt: skip
    plan = simcore.build(simcore.load(config))
    again = simcore.build(simcore.load(yaml.load(plan.resolved_yaml, yaml.CSafeLoader)))
    assert again.digest == plan.digest
    assert again.spec.resolved()["extends"] == "nothing"
