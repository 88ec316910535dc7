"""The price of the conventional tonne, and what it leaves to pay of another."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from agreement import disagreements, traced
from reference_paths import merge
from rich_config import rich_config
from test_invalid import faults_of

import simcore
from simcore.effects import build_and_warn
from simcore.running import engine

KEPT = ["levelised_cost", "carbon_cost", "marginal_carbon_cost", "cost_premium", "product_price",
        "market_gap"]  # fmt: skip
PACKAGED: dict[str, Any] = {
    "name": "sale", "draws": 512, "years": {"first": 2030, "last": 2035}, "regions": ["EU"],
    "destinations": ["domestic"], "routes": ["bf_bof", "h2_dri_eaf"], "outcomes": KEPT,
    "keep": KEPT, "dtype": "float64", "scenarios": {"law": "law"},
}  # fmt: skip


def packaged(price: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    config = merge(copy.deepcopy(PACKAGED), changes)
    own = {"catalog": {"regions": {"EU": {"product_price": price}}}} if price else {}
    return merge(config, own)


def run(config: dict[str, Any]) -> Any:
    return engine.run(simcore.build(simcore.load(config)))


@pytest.mark.parametrize("changes", [
    {}, {"routes": ["hydrogen"]}, {"regions": ["XB"], "boundary": "scope12"},
    {"catalog": {"routes": {"blast": {"available_from": 2028}}}},
])  # fmt: skip
def test_the_plain_model_agrees(changes: dict[str, Any]) -> None:
    outcomes = ["levelised_cost", "carbon_cost", "home_carbon_cost", "product_price", "market_gap"]
    config = rich_config(outcomes=outcomes, against=[], **changes)
    # The plants of its projects start before a reference that comes late.
    del config["projects"], config["scenarios"]["reform"]["projects"]
    for of_projects in ("decisions", "choice", "portfolios", "accounts"):
        config.pop(of_projects, None)
    plan = simcore.build(simcore.load(config))
    for draw in (5, 300):
        found = traced(plan, draw)
        assert any(key[0] == "market_gap" for key in found)
        assert list(disagreements(plan.spec.resolved(), found, draw)) == []


def of(found: Any, name: str, route: str) -> Any:
    array = found[name].isel(scenario=0).sel(region="EU", route=route)
    return array.sel(destination="domestic") if "destination" in array.dims else array


def test_with_all_of_it_in_the_price_the_gap_is_the_cost_premium() -> None:
    found = run(packaged({"margin": 0, "theta_border": 1, "theta_open": 1}))
    gap, premium = (of(found, name, "h2_dri_eaf") for name in ("market_gap", "cost_premium"))
    np.testing.assert_allclose(gap.transpose(*premium.dims), premium, rtol=0, atol=1e-9)
    np.testing.assert_allclose(of(found, "market_gap", "bf_bof"), 0.0, atol=1e-9)


def test_what_is_paid_back_of_the_carbon_in_power_is_in_no_price() -> None:
    """The conventional tonne is sold for what it costs its maker, compensation taken off."""
    buys = {"catalog": {
        "routes": {"bf_bof": {"inputs": {"electricity": 2.0}}},
        "regions": {"EU": {"compensation": {
            "share": 0.8, "factor": 0.5, "power": ["electricity"]}}},
    }}  # fmt: skip
    found = run(packaged({"margin": 0, "theta_border": 1, "theta_open": 1}, **buys))
    np.testing.assert_allclose(of(found, "market_gap", "bf_bof"), 0.0, atol=1e-9)
    gap, premium = (of(found, name, "h2_dri_eaf") for name in ("market_gap", "cost_premium"))
    np.testing.assert_allclose(gap.transpose(*premium.dims), premium, rtol=0, atol=1e-9)


def test_with_none_of_it_the_gap_holds_the_carbon_of_the_reference() -> None:
    found = run(packaged({"margin": 25, "theta_border": 0, "theta_open": 0}))
    expected = of(found, "cost_premium", "h2_dri_eaf") + of(found, "carbon_cost", "bf_bof") - 25
    np.testing.assert_allclose(
        of(found, "market_gap", "h2_dri_eaf").transpose(*expected.dims), expected, atol=1e-9
    )


def test_the_marginal_cost_knows_no_free_allocation() -> None:
    found = run(packaged({"margin": 0, "carbon": "marginal", "theta_border": 0.5, "theta_open": 0}))
    expected = of(found, "levelised_cost", "bf_bof")
    expected = expected + 0.5 * of(found, "marginal_carbon_cost", "bf_bof")
    price = found["product_price"].isel(scenario=0, sector=0).sel(region="EU")
    np.testing.assert_allclose(price.transpose(*expected.dims), expected, rtol=1e-12)


# What repeal does to the mean gap of European hydrogen steel depends on what the price holds now.
SHARES = [({}, 1), ({"theta_border": 0.7}, 1), ({"theta_border": 0.3}, -1),
          ({"theta_border": 0.4, "theta_open": 0.4}, -1)]  # fmt: skip


@pytest.mark.parametrize(("price", "sign"), SHARES)
def test_repeal_widens_the_gap_where_the_border_carries_the_price(
    price: dict[str, Any], sign: int
) -> None:
    config = packaged(price, scenarios={"law": "law", "cbam_repealed": "cbam_repealed"})
    gap = run(config)["market_gap"].sel(region="EU", route="h2_dri_eaf").mean("draw")
    change = gap.sel(scenario="cbam_repealed") - gap.sel(scenario="law")
    for year in (2030, 2035):
        assert np.sign(change.sel(year=year)) == sign, change.values


def test_regions_without_a_price_have_no_gap() -> None:
    found = run(packaged(regions=["EU", "KR"]))["market_gap"].isel(scenario=0)
    assert np.isfinite(found.sel(region="EU", route="bf_bof")).all()
    assert found.sel(region="KR").isnull().all()


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "a run of which no region has a price": ({"regions": ["KR"]}, "outcomes.4"),
    "a share above two": (packaged({"theta_border": 3}), "EU.product_price.theta_border"),
    "a share below zero": (packaged({"theta_open": -0.1}), "EU.product_price.theta_open"),
    "a margin in another unit": (packaged({"margin": "3 EUR/MWh"}), "EU.product_price.margin"),
    "another carbon cost": (packaged({"carbon": "all"}), "EU.product_price.carbon"),
    "a price without its shares": (
        {"regions": ["KR"], "catalog": {"regions": {"KR": {"product_price": {"margin": 5}}}}},
        "KR.product_price.theta_border"),
    "a key that is none": (packaged({"theta": 0.5}), "EU.product_price.theta"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_is_refused(name: str) -> None:
    changes, where = FAULTS[name]
    assert any(fault.where.endswith(where) for fault in faults_of(packaged(**changes)))


@pytest.mark.parametrize("price", [
    {"theta_border": "90 %"}, {"margin": "-10 USD/t"}, {"theta_open": 1.2, "theta_border": 1.3},
    {"theta_border": {"kind": "uniform", "low": 0.5, "high": 1.0}, "carbon": "marginal"},
])  # fmt: skip
def test_what_can_be_is_read(price: dict[str, Any]) -> None:
    assert all(one.where.endswith(("theta_open", "theta_border"))
               for one in build_and_warn(simcore.load(packaged(price)))[1])  # fmt: skip


def test_a_price_that_nobody_asks_for_changes_nothing_and_that_is_told() -> None:
    config = packaged({"margin": 30}, outcomes=["cost_premium"], keep=[])
    told = build_and_warn(simcore.load(config))[1]
    assert [one.remedy for one in told if "product_price" in one.where] == [
        "read by product_price, market_gap and the cash flow of a project"
    ]
