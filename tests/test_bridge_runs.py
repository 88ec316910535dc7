"""Runs with bridged shocks: the same law, other draws, and means that are more exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from test_stopping import SIGMA, START, config

import simcore
from simcore import engine
from simcore.kernels import designs, random
from simcore.kernels.bridge import HELD, NUMBERS, SPAN, WEIGHTS
from simcore.kernels.operations import Operation
from simcore.program import cut
from simcore.tiles import items_of

LAST = 2060
"""Beyond the end of the first span."""


def logs(design: str, *, draws: int = 2048, last: int = LAST, **changes: Any) -> np.ndarray:
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
    name = "walk.shock"
    family, dimension = designs.family(name)
    key = np.array([*random.stream_key(0, name), *random.stream_key(0, family)], dtype=np.uint64)
    u = np.empty(draws)
    designs.fill_design(designs.SOBOL, key, dimension, 0, year, draws, 8, u)
    z = np.empty(draws)
    random.normal_of_uniform(u, z)
    return z


def test_shocks_are_the_weighted_numbers_of_their_span():
    found = logs("sobol_bridge", draws=512, seed=0)
    for year in (2027, 2035, 2051, 2052, 2060):
        at, first = (year - 2020) % SPAN, year - (year - 2020) % SPAN
        held = np.array([numbers(first + k, 512) for k in NUMBERS[at]])
        right = WEIGHTS[at] @ held
        np.testing.assert_allclose(found[year - 2027], right, atol=1e-9)


def test_steps_stay_independent_standard_normals():
    covariance = np.cov(np.concatenate([logs("sobol_bridge", seed=s) for s in range(6)], axis=1))
    # Of 12,288 draws a covariance has an error of 0.009; 561 of them, far beyond four of these.
    np.testing.assert_allclose(covariance, np.eye(len(covariance)), atol=0.05)


def test_a_longer_run_begins_like_a_shorter_one():
    np.testing.assert_array_equal(
        logs("sobol_bridge", last=2040), logs("sobol_bridge")[: 2040 - 2026]
    )


def test_the_bridge_is_off_unless_asked_for():
    for design, held in (("sobol", 0), ("random", 0), ("sobol_bridge", HELD)):
        plan = simcore.build(simcore.load(config(design=design, outcomes=["carbon_price"])))
        tape = cut(plan, [item.request for item in items_of(plan)])[0].yearly
        inputs = np.diff(tape.inputs_at)[tape.code == Operation.NORMAL]
        assert len(inputs) and set(inputs) == {held}, design


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


def test_the_mean_of_a_late_price_is_more_exact():
    """24 years: dimensions that each move one year against few that move them all."""
    exact = np.exp(0.5 * 24 * 0.1**2)

    def error(design: str) -> float:
        off = []
        for seed in range(24):
            steps = logs(design, draws=512, last=2050, seed=seed, replicates=1)
            off.append(np.exp(0.1 * steps.sum(axis=0)).mean() - exact)
        return float(np.sqrt(np.mean(np.square(off))))

    plain, bridged, chance = error("sobol"), error("sobol_bridge"), error("random")
    # Each error of 24 runs is known to 15 %.
    assert plain < chance / 2
    assert bridged < plain / 1.5
