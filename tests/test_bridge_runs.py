"""Runs with bridged shocks: the same law, other draws, and means that are more exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from test_stopping import SIGMA, START, config

import simcore
from simcore.kernels import designs, random
from simcore.kernels.bridge import bridge_table
from simcore.kernels.operations import code_of
from simcore.kernels.streams import Stream
from simcore.running import engine
from simcore.running.items import items_of
from simcore.running.program import compile_program


def logs(design: str, *, draws: int = 2048, last: int = 2050, **changes: Any) -> np.ndarray:
    """Yearly steps of the logarithm of the price, in standard deviations (years - 1, draws)."""
    made = config(
        design=design, draws=draws, outcomes=["carbon_price"], keep=["carbon_price"],
        dtype="float64", years={"first": 2026, "last": last}, **changes,
    )  # fmt: skip
    found = engine.run(simcore.build(simcore.load(made)), threads=1)
    price = found["carbon_price"].sel(market="walk").isel(scenario=0).values
    return np.diff(np.log(price / START), axis=0) / SIGMA


def numbers(year: int, draws: int) -> np.ndarray:
    """Standard normals of a year of the shocks of the market, as Sobol points give them."""
    name, (family, dimension) = "walk.shock", Stream("shock", "walk").family
    key = np.array([*random.stream_key(0, name), *random.stream_key(0, family)], dtype=np.uint64)
    u = np.empty(draws)
    designs.fill_design(designs.SOBOL, key, dimension, 0, year, draws, 8, u)
    z = np.empty(draws)
    random.normal_of_uniform(u, z)
    return z


def test_shocks_are_the_weighted_numbers_of_the_bridge():
    found, table = logs("sobol_bridge", draws=512, seed=0), bridge_table(2026, 2026, 2050)
    for year in (2027, 2035, 2050):
        steps, weights = np.split(table[year - 2026], 2)
        right = sum(w * numbers(int(s), 512) for s, w in zip(steps, weights, strict=True) if s > 0)
        np.testing.assert_allclose(found[year - 2027], right, atol=1e-9)


def test_steps_stay_independent_standard_normals():
    covariance = np.cov(np.concatenate([logs("sobol_bridge", seed=s) for s in range(6)], axis=1))
    # Of 12,288 draws a covariance has an error of 0.009; 300 of them, far beyond four of these.
    np.testing.assert_allclose(covariance, np.eye(len(covariance)), atol=0.05)


def test_a_market_known_earlier_changes_nothing():
    """Years are simulated from the earliest spot on; the bridge begins with the run."""
    made = config(design="sobol_bridge", draws=512, outcomes=["carbon_price"],
                  keep=["carbon_price"], regions=["EU", "KR"])  # fmt: skip
    spot = {"year": 2023, "value": 10.0}
    made["catalog"]["markets"]["early"] = made["catalog"]["markets"]["walk"] | {"spot": spot}
    made["catalog"]["regions"]["KR"] = {"market": "early"}
    both = engine.run(simcore.build(simcore.load(made)), threads=1)["carbon_price"]
    made["regions"] = ["EU"]
    alone = engine.run(simcore.build(simcore.load(made)), threads=1)["carbon_price"]
    assert set(both["market"].values) - set(alone["market"].values) == {"early"}
    np.testing.assert_array_equal(both.sel(market="walk"), alone.sel(market="walk"))
    # Four years of its own before the first of the run, and then it is as random as before.
    early = np.log(both.sel(market="early").isel(scenario=0).values / 10.0) / SIGMA
    assert early[0].std() == pytest.approx(3**0.5, rel=0.1)
    assert np.diff(early, axis=0).std(axis=1) == pytest.approx(1.0, rel=0.15)


def test_the_bridge_is_off_unless_asked_for():
    for design, made in (("sobol", "NORMAL"), ("random", "NORMAL"), ("sobol_bridge", "BRIDGED")):
        plan = simcore.build(simcore.load(config(design=design, outcomes=["carbon_price"])))
        tape = compile_program(plan, [item.request for item in items_of(plan)])[0].yearly
        drawn = {code_of(name) for name in ("NORMAL", "BRIDGED")} & set(tape.code.tolist())
        assert drawn == {code_of(made)}, design


def test_correlated_shocks_stay_correlated():
    other = dict(config()["catalog"]["markets"]["walk"])
    changed = config(
        design="sobol_bridge", draws=8192, outcomes=["carbon_price"], keep=["carbon_price"],
        correlations={"shocks": [{"between": ["walk", "twin"], "rank": 0.6}]},
    )  # fmt: skip
    changed["catalog"]["markets"]["twin"] = other
    changed["catalog"]["regions"]["KR"] = {"market": "twin"}
    changed["regions"] = ["EU", "KR"]
    found = engine.run(simcore.build(simcore.load(changed)), threads=1)
    price = np.log(found["carbon_price"].sel(market=["walk", "twin"]).isel(scenario=0).values)
    steps = np.diff(price[:, :10], axis=1)
    linear = 2 * np.sin(np.pi * 0.6 / 6)
    for year in range(steps.shape[1]):
        assert np.corrcoef(steps[:, year])[0, 1] == pytest.approx(linear, abs=0.04)


@pytest.mark.long
def test_a_late_price_is_far_more_exact():
    """24 years: dimensions that each move one year against one that moves them all."""
    exact = np.exp(0.5 * 24 * 0.1**2)

    def errors(design: str) -> np.ndarray:
        off = []
        for seed in range(12):
            late = logs(design, draws=8192, seed=seed, replicates=1).sum(axis=0)
            p95 = np.quantile(late, 0.95) / 24**0.5 - 1.6448536
            off.append((np.exp(0.1 * late).mean() - exact, p95))
        found: np.ndarray = np.sqrt(np.mean(np.square(off), axis=0))
        return found

    plain, bridged, chance = (errors(design) for design in ("sobol", "sobol_bridge", "random"))
    # Each error of 12 runs is known to 20 %; all bounds are half of what is found or less.
    assert plain[0] < chance[0] / 2
    assert bridged[0] < plain[0] / 2
    assert bridged[1] < plain[1] / 5
