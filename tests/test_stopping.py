"""Stopping by `until`, and standard errors of designs that are no independent draws."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import xarray as xr

import simcore
from simcore import dataset
from simcore.errors import ConfigError
from simcore.plan import Plan
from simcore.running import engine
from simcore.running.executors import on_threads
from simcore.running.stopping import run_until_narrow

SIGMA = 0.4
START, YEAR = 80.0, 2030


def config(**changes: Any) -> dict[str, Any]:
    """One market as a random walk in the logarithm, whose every quantile is known."""
    market = {
        "title": "a price", "unit": "EUR/t", "price_year": 2025, "nominal": False,
        "spot": {"year": 2026, "value": START}, "carry": 0.0, "anchors": {}, "after": "hold",
        "centre": "median", "process": {"kind": "random_walk", "sigma": SIGMA},
        "corridor": {}, "source": "test", "at": "test", "status": "assumed",
    }  # fmt: skip
    base = {
        "name": "stopping", "draws": 200_000, "regions": ["EU"], "routes": ["bf_bof", "scrap_eaf"],
        "destinations": ["domestic"], "outcomes": ["carbon_price", "cost_premium"], "keep": [],
        "scenarios": {"law": {}},
        "catalog": {"markets": {"walk": market}, "regions": {"EU": {"market": "walk"}}},
    }  # fmt: skip
    return base | changes


def load(**changes: Any) -> Plan:
    return simcore.build(simcore.load(config(**changes)))


UNTIL = {"variable": "carbon_price", "statistic": "p50", "width": 4.0,
         "at": {"market": "walk", "year": YEAR}}  # fmt: skip


def interval(run: xr.Dataset) -> tuple[float, float]:
    cell = run.sel(market="walk", year=YEAR, quantile=0.5).isel(scenario=0)
    low, high = cell["carbon_price_quantile_low"], cell["carbon_price_quantile_high"]
    return float(low), float(high)


def test_a_run_stops_when_the_interval_is_narrow_enough():
    found = engine.run(load(until=UNTIL), threads=2)
    low, high = interval(found)
    assert high - low <= 4.0
    assert found.attrs["until_interval"] == pytest.approx(high - low, rel=1e-12)
    assert found.attrs["until_reached"] == "yes"
    assert found.attrs["until"] == f"carbon_price.p50=4 at market walk, year {YEAR}"
    assert 4096 < found.attrs["draws"] < 200_000
    # Half as many were not enough.
    low, high = interval(engine.run(load(draws=found.attrs["draws"] // 2), threads=2))
    assert high - low > 4.0


def test_a_stopped_run_is_the_run_of_that_many_draws():
    stopped = engine.run(load(until=UNTIL), threads=2)
    plain = engine.run(load(draws=stopped.attrs["draws"]), threads=1)
    assert dataset.digest(stopped) == dataset.digest(plain)


def test_without_enough_draws_all_are_taken_and_the_run_says_so():
    with pytest.warns(UserWarning, match=r"wanted 0.01 EUR/t, reached 3\S+ wide with 9,000 draws"):
        found = engine.run(load(until=UNTIL | {"width": 0.01}, draws=9000), threads=2)
    assert (found.attrs["draws"], found.attrs["until_reached"]) == (9000, "no")
    path = json.loads(found.attrs["until_path"])
    assert [draws for draws, _ in path] == [4096, 8192, 9000]
    assert path[0][1] > path[-1][1] == found.attrs["until_interval"] > 0.01


def test_the_short_form_is_the_long_one():
    short, long = (
        simcore.load(config(until=until)).resolved()["until"]
        for until in (
            "carbon_price.mean = 2.5 EUR/t",
            {"variable": "carbon_price", "statistic": "mean", "width": 2.5, "unit": "EUR/t"},
        )
    )
    assert short == long


def test_only_cells_that_count_are_looked_at():
    one = run_until_narrow(load(until=UNTIL), on_threads(2))
    every = run_until_narrow(load(until=UNTIL | {"at": {}}), on_threads(2))
    assert one.draws < every.draws


@pytest.mark.parametrize(
    ("until", "found", "expected"),
    [
        ("cost_premium", "'cost_premium'", "VARIABLE.STATISTIC=WIDTH"),
        ("cost_premium.p33=2", '"p33"', "one of mean, p1"),
        ("cost_premum.p50=2", "'cost_premum'", "cost_premium"),
        ("cost_premium.p50=2 USD/t", "'USD/t'", "EUR t-1"),
        ({"variable": "carbon_price", "statistic": "mean", "width": 0}, "0", "a number > 0"),
        (UNTIL | {"at": {"route": "bf_bof"}}, "'route'", "market"),
        (UNTIL | {"at": {"market": "nowhere"}}, "nowhere", "one of walk"),
    ],
)  # fmt: skip
def test_until_that_means_nothing_is_refused(until, found, expected):
    with pytest.raises(ConfigError) as caught:
        run_until_narrow(load(until=until))
    assert found in str(caught.value)
    assert expected in str(caught.value)


@pytest.mark.parametrize(("design", "errors"), [("random", 1.959964), ("sobol", 2.364624)])
def test_the_interval_of_a_mean_is_students_where_replicates_give_its_error(design, errors):
    mean = UNTIL | {"statistic": "mean", "width": 0.5}
    plan = run_until_narrow(load(until=mean, design=design, draws=8192), on_threads(1))
    found = engine.run(plan, threads=1).sel(market="walk", year=YEAR).isel(scenario=0)
    error = float(found["carbon_price_standard_error"])
    assert plan.interval == pytest.approx(2 * errors * error, rel=1e-6)


@pytest.mark.parametrize("design", ["latin_hypercube", "sobol"])
def test_an_even_design_is_enough_with_fewer_draws(design):
    until = UNTIL | {"width": 3.0}
    even, random = (
        run_until_narrow(load(until=until, design=one), on_threads(2)) for one in (design, "random")
    )
    assert even.draws <= random.draws / 2
    low, high = interval(engine.run(even, threads=2))
    assert even.interval == pytest.approx(high - low, rel=1e-12)
    assert high - low <= 3.0


@pytest.mark.slow
def test_stopping_keeps_the_coverage_of_intervals():
    """Looking several times costs little: the widest interval decides, and draws only double."""
    inside = 0
    seeds = range(120)
    for seed in seeds:
        plan = run_until_narrow(load(until=UNTIL | {"width": 6.0}, seed=seed), on_threads(1))
        assert plan.interval is not None
        assert plan.interval <= 6.0
        cut = simcore.build(
            simcore.load(
                config(draws=plan.draws, seed=seed, outcomes=["carbon_price"], years={"last": YEAR})
            )
        )
        low, high = interval(engine.run(cut, threads=1))
        inside += low <= START <= high
    # 95 % of 120 are 114; five standard deviations below are 102.
    assert 102 <= inside < 120


# --- errors of designs ---------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("design", ["random", "antithetic", "latin_hypercube", "sobol"])
def test_the_standard_error_is_the_spread_over_seeds(design):
    means, errors = [], []
    for seed in range(40):
        found = engine.run(load(design=design, draws=4096, seed=seed, outcomes=["carbon_price"],
                                years={"last": YEAR}), threads=1)  # fmt: skip
        cell = found.sel(market="walk", year=YEAR).isel(scenario=0)
        means.append(float(cell["carbon_price_mean"]))
        errors.append(float(cell["carbon_price_standard_error"]) ** 2)
    spread = np.std(means, ddof=1)
    # Of 40 seeds the spread has a relative error of 0.11, each error of 8 replicates one of 0.27.
    assert 0.6 < np.sqrt(np.mean(errors)) / spread < 1.6
    exact = START * np.exp(0.5 * SIGMA**2 * (YEAR - 2026))
    assert abs(np.mean(means) - exact) < 4.5 * spread / np.sqrt(len(means))


def test_a_single_replicate_falls_back_to_the_error_of_single_draws():
    found = engine.run(load(design="sobol", draws=200, outcomes=["carbon_price"]), threads=1)
    random = engine.run(load(design="random", draws=200, outcomes=["carbon_price"]), threads=1)
    cell = [one["carbon_price_standard_error"].sel(market="walk", year=YEAR).item()
            for one in (found, random)]  # fmt: skip
    assert cell[0] == pytest.approx(cell[1], rel=0.3)
