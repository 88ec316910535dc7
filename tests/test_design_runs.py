"""Whole runs under each sampling design: agreement, stability and the words in the dataset."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr
from minimal import route
from replicate_intervals import intervals
from rich_config import rich_config
from small_config import commodity, market, small_config

import simcore
from simcore import dataset
from simcore.analysis import select
from simcore.errors import ConfigError
from simcore.running import engine
from simcore.running.options import Options
from simcore.variables import QUANTILES

DESIGNS = ["random", "latin_hypercube", "sobol", "antithetic", "sobol_bridge"]
KEPT = ["carbon_price", "levelised_cost", "cost_premium", "inputs"]
BLOCK = 256


def config(design: str, **changes: Any) -> dict[str, Any]:
    """A moving carbon price, correlated with another, and a route of uncertain costs."""
    moving = {
        name: market({"kind": "log_ou", "sigma": {"kind": "uniform", "low": 0.2, "high": 0.4},
                      "kappa": 0.2}, anchors={2030: {"low": 60.0, "central": 90.0, "high": 130.0}})
        for name in ("home_ets", "other_ets")
    }  # fmt: skip
    new = {
        "capex": {"kind": "triangular", "low": 500, "mode": 700, "high": 1200},
        "other_opex": {"kind": "lognormal", "mu": 4.0, "sigma": 0.3},
        "inputs": {"ore": {"kind": "normal", "mean": 1.5, "sd": 0.05}},
        "utilisation": {"kind": "uniform", "low": 0.7, "high": 0.9},
    }
    plain = small_config(
        markets=moving, routes={"new": route(**new)}, prices={"ore": commodity(100.0)},
        years={"first": 2026, "last": 2030}, draws=4096, design=design, keep=KEPT,
        outcomes=KEPT[:3],
        correlations={"factors": [{"between": ["new.capex", "new.other_opex"], "rank": 0.5}],
                      "shocks": [{"between": ["home_ets", "other_ets"], "rank": 0.6}]},
    )  # fmt: skip
    return plain | changes


def run(design: str, **changes: Any) -> xr.Dataset:
    plan = simcore.build(simcore.load(config(design, **changes)))
    return engine.run(plan, threads=1)


@pytest.fixture(scope="module")
def runs() -> dict[str, xr.Dataset]:
    return {design: run(design) for design in DESIGNS}


def means(found: xr.Dataset, name: str, replicates: int = 8) -> np.ndarray:
    """Means of the replicates: block b of 256 draws belongs to replicate b % replicates."""
    values = found[name].transpose("draw", ...).values
    values = values.reshape(-1, replicates, BLOCK, *values.shape[1:])
    return values.mean(axis=(0, 2)).reshape(replicates, -1)


@pytest.mark.parametrize("name", KEPT[:3])
@pytest.mark.parametrize("design", DESIGNS[1:])
def test_designs_estimate_the_same_means(runs, design, name):
    expected = means(runs["random"], name)
    found = means(runs[design], name)
    error = np.sqrt((expected.var(axis=0, ddof=1) + found.var(axis=0, ddof=1)) / 8)
    moving = error > 1e-9
    assert moving.any()
    # t with at least 7 degrees of freedom, of some 40 numbers: false alarm 2e-3, seed fixed.
    still = ~moving & np.isfinite(error)  # the reference route has no premium
    np.testing.assert_allclose(found[:, still], expected[:, still], rtol=1e-12)
    assert (abs(expected.mean(axis=0) - found.mean(axis=0))[moving] < 7 * error[moving]).all()


def test_quasi_random_means_are_far_more_exact(runs):
    """The spread of the replicates' means, against random draws: the variance falls by 8."""
    for name in KEPT[:2]:
        spread = {
            design: np.nanmedian(means(runs[design], name).var(axis=0, ddof=1)[-5:])
            for design in ("random", "sobol")
        }
        assert spread["sobol"] < spread["random"] / 8, name


def test_rank_correlations_survive_the_design(runs):
    for design in DESIGNS:
        inputs = runs[design]["input"]
        ranks = [
            np.argsort(np.argsort(inputs.sel(factor=one).values))
            for one in ("new.capex", "new.other_opex")
        ]
        assert np.corrcoef(ranks)[0, 1] == pytest.approx(0.5, abs=0.05), design


@pytest.mark.parametrize("design", DESIGNS)
def test_a_factor_changes_nothing_else(runs, design):
    changed = config(design)
    changed["catalog"]["routes"]["old"]["other_opex"] = {
        "kind": "uniform", "low": 30.0, "high": 60.0,
    }  # fmt: skip
    large = engine.run(simcore.build(simcore.load(changed)), threads=1)
    small = runs[design]
    assert set(large["factor"].values) - set(small["factor"].values) == {"old.other_opex"}
    labels = {"factor": small["factor"].values}
    np.testing.assert_array_equal(small["input"], large["input"].sel(labels))
    np.testing.assert_array_equal(small["carbon_price"], large["carbon_price"])
    np.testing.assert_array_equal(
        small["levelised_cost"].sel(route="new"), large["levelised_cost"].sel(route="new")
    )


@pytest.mark.parametrize("design", DESIGNS)
def test_a_scenario_that_needs_no_power_has_the_carbon_prices_of_one_that_does(design):
    moving = config(design)["catalog"]["markets"]["home_ets"]
    power = {"default": market({"kind": "fixed"}, anchors=moving["anchors"])}
    kept = ["carbon_price"]
    plain = small_config(
        markets={"home_ets": moving}, prices={"power": power}, draws=512, design=design,
        routes={"new": route(inputs={}), "bought": route(inputs={"power": 1.0})},
        outcomes=["carbon_price", "cost_premium"], keep=kept,
        correlations={"factors": [
            {"between": ["power.default.anchor", "home_ets.anchor"], "rank": 0.6},
        ]},
        scenarios={
            "power": {"catalog": {"regions": {"AA": {"reference": {"steel": "bought"}}}}},
            "none": {},
        },
    )  # fmt: skip
    found = simcore.run(plain | {"routes": ["new"]})
    prices = found["carbon_price"]
    np.testing.assert_array_equal(prices.sel(scenario="power"), prices.sel(scenario="none"))
    assert [name for name in found["factor"].values if "(" in name] == []


@pytest.mark.parametrize("design", ["random", "sobol", "antithetic", "sobol_bridge"])
def test_first_draws_are_those_of_a_shorter_run(runs, design):
    short = run(design, draws=1000)
    for name in (*KEPT[:3], "input"):
        np.testing.assert_array_equal(short[name], runs[design][name].isel(draw=slice(1000)))


def test_the_number_of_draws_is_part_of_a_latin_hypercube(runs):
    short = run("latin_hypercube", draws=2048)
    first = runs["latin_hypercube"]["input"].isel(draw=slice(2048))
    assert not np.array_equal(short["input"], first)


@pytest.mark.parametrize("design", DESIGNS)
def test_threads_and_memory_change_nothing(runs, design):
    options = Options(items=1, collected=5000)
    plan = simcore.build(simcore.load(config(design)))
    found = engine.run(plan, threads=2, options=options)
    assert dataset.digest(found) == dataset.digest(runs[design])


@pytest.mark.long
@pytest.mark.parametrize("draws", [257, 2000])
@pytest.mark.parametrize("design", DESIGNS[1:])
def test_quantile_intervals_are_those_of_the_replicates(design, draws):
    """Every outcome of a rich model: undefined and frequent values, years of no value."""
    names = ["carbon_price", "cost_premium", "carbon_value", "crossover_year"]
    found = engine.run(simcore.build(simcore.load(
        rich_config(design=design, draws=draws, outcomes=names, keep=names)
    )), threads=2)  # fmt: skip
    for name in names:
        values = found[name].values.reshape(-1, draws)
        right = intervals(values, QUANTILES, 8)
        for end, ends in zip(("low", "high"), right, strict=True):
            given = found[f"{name}_quantile_{end}"].values.reshape(-1, len(QUANTILES))
            np.testing.assert_array_equal(given, ends, f"{name} {end}")


@pytest.mark.parametrize("design", ["random", "sobol"])
def test_quantiles_of_kept_draws_have_the_intervals_of_the_run(design):
    found = run(design, dtype="float64")
    stored = select.quantiles(found, "cost_premium", [0.05, 0.5])
    made = select.quantiles(found.drop_vars("cost_premium_quantile"), "cost_premium", [0.05, 0.5])
    for part in ("value", "low", "high"):
        np.testing.assert_array_equal(made[part], stored[part])
    some = select.quantiles(found.isel(draw=slice(256, 4096)), "cost_premium", [0.07])
    assert (some["low"] <= some["value"]).where(some["value"].notnull(), True).all()


def test_latin_hypercube_covers_every_input_evenly(runs):
    u = runs["latin_hypercube"]["input"].sel(factor="new.utilisation").values
    u = (u - 0.7) / 0.2
    for replicate in range(8):
        mine = u.reshape(-1, 8, BLOCK)[:, replicate].reshape(-1)
        # To rounding: the values have been scaled since.
        place = np.sort(mine) * mine.size - np.arange(mine.size)
        assert place.min() > -1e-6
        assert place.max() < 1 + 1e-6


def test_antithetic_pairs_mirror_in_every_input(runs):
    values = runs["antithetic"]["input"].sel(factor="new.inputs.ore").values
    np.testing.assert_allclose(values[::2] + values[1::2], 3.0, rtol=1e-12)


def test_replicates_matter_to_joint_designs_only():
    for design in DESIGNS:
        two, eight = (run(design, draws=2048, replicates=count) for count in (2, 8))
        same = np.array_equal(two["input"], eight["input"])
        assert same == (design in ("random", "antithetic"))


def test_the_dataset_names_the_design(runs):
    named = {design: runs[design].attrs["sampler"] for design in DESIGNS}
    assert len(set(named.values())) == 5
    assert [runs[design].attrs["replicates"] for design in DESIGNS] == [1, 8, 8, 8, 8]
    assert named["sobol"].endswith("; sobol design in 8 replicates")
    assert named["sobol_bridge"].endswith("; sobol bridge design in 8 replicates")
    assert named["latin_hypercube"].endswith("; latin hypercube design in 8 replicates")
    assert named["random"].endswith("; random design")
    assert "threefry2x64-20" in named["antithetic"]


@pytest.mark.parametrize(
    "changes", [{"design": "halton"}, {"replicates": 0}, {"replicates": 2.5}, {"replicates": 257}]
)
def test_what_is_no_design_is_refused(changes):
    with pytest.raises(ConfigError, match=next(iter(changes))):
        simcore.load(config("sobol") | changes)
