"""Moments, quantiles and dependence against closed forms.

Every comparison allows 5 standard errors of the estimate: a false alarm once in 1.7 million
comparisons of normal estimates, and the seeds are fixed.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from minimal import minimal_config
from scipy import stats

import simcore

DRAWS = 20_000
ERRORS = 5.0
YEARS = (2026, 2028, 2033)
REFERENCE = Path(__file__).parents[1] / "configs" / "reference"


def market(**changes):
    """A config with one market path and nothing else uncertain."""
    path = {
        "title": "test", "unit": "EUR/t", "spot": {"year": 2025, "value": 80.0}, "anchors": {},
        "process": {"kind": "fixed"}, **changes,
    }  # fmt: skip
    config = minimal_config()
    name = config["catalog"]["regions"]["EU"]["market"]
    config["catalog"]["markets"][name] = {"kind": "path", **path}
    return {
        **config, "draws": DRAWS, "years": {"first": 2026, "last": 2033}, "dtype": "float64",
        "outcomes": ["carbon_price"], "keep": ["carbon_price"],
    }  # fmt: skip


def prices(config):
    run = simcore.run(config)
    return run.carbon_price.isel(scenario=0, market=0), run


def check_lognormal(values, mean_log, sd_log):
    """Mean and spread of the logarithm, and the P5, P50 and P95 of the price."""
    logs = np.log(values)
    n = len(logs)
    assert abs(logs.mean() - mean_log) < ERRORS * sd_log / math.sqrt(n)
    assert abs(logs.std(ddof=1) - sd_log) < ERRORS * sd_log / math.sqrt(2 * n)
    for p in (0.05, 0.5, 0.95):
        z = stats.norm.ppf(p)
        error = sd_log * math.sqrt(p * (1 - p) / n) / stats.norm.pdf(z)
        assert abs(np.quantile(logs, p) - (mean_log + sd_log * z)) < ERRORS * error


@pytest.mark.parametrize("year", YEARS)
def test_gbm(year):
    mu, sigma, t = 0.04, 0.35, year - 2025
    path, _ = prices(market(process={"kind": "gbm", "mu": mu, "sigma": sigma}))
    values = path.sel(year=year).values
    check_lognormal(values, math.log(80) + (mu - sigma**2 / 2) * t, sigma * math.sqrt(t))
    expected = 80 * math.exp(mu * t)
    error = expected * math.sqrt(math.expm1(sigma**2 * t) / DRAWS)
    assert abs(values.mean() - expected) < ERRORS * error


@pytest.mark.parametrize("year", YEARS)
def test_random_walk_with_carry(year):
    t = year - 2025
    path, _ = prices(market(carry=0.02, process={"kind": "random_walk", "sigma": 0.3}))
    check_lognormal(path.sel(year=year).values, math.log(80) + 0.02 * t, 0.3 * math.sqrt(t))


@pytest.mark.parametrize("kappa", [0.0, 1e-6, 0.2, 3.0])
def test_log_ou(kappa):
    path, _ = prices(market(process={"kind": "log_ou", "sigma": 0.3, "kappa": kappa}))
    for year in YEARS:
        t = year - 2025
        variance = t if kappa == 0 else -math.expm1(-2 * kappa * t) / (2 * kappa)
        check_lognormal(path.sel(year=year).values, math.log(80), 0.3 * math.sqrt(variance))
    logs = np.log(path.sel(year=[2032, 2033]).values / 80)
    spread = [math.sqrt(t if kappa == 0 else -math.expm1(-2 * kappa * t) / (2 * kappa))
              for t in (7, 8)]  # fmt: skip
    expected = math.exp(-kappa) * spread[0] / spread[1]
    error = (1 - expected**2) / math.sqrt(DRAWS)
    assert abs(np.corrcoef(logs)[0, 1] - expected) < ERRORS * error + 1e-12


ANCHORS = {2030: {"low": 60, "central": 110, "high": 150}}


def test_anchors_are_the_p10_p50_p90():
    path, run = prices(market(anchors=ANCHORS))
    values = path.sel(year=2030).values
    below, above = math.log(110 / 60) / 1.2815515655446004, math.log(150 / 110) / 1.2815515655446004
    for p, expected, spread in ((0.1, 60, below), (0.5, 110, (below + above) / 2), (0.9, 150, above)):
        z = stats.norm.ppf(p)
        error = expected * spread * math.sqrt(p * (1 - p) / DRAWS) / stats.norm.pdf(z)
        assert abs(np.quantile(values, p) - expected) < ERRORS * error
    # Log-linear on the way from the spot, and held afterwards.
    assert float(run.carbon_price_central.sel(year=2027).squeeze()) == pytest.approx(
        80 * (110 / 80) ** (2 / 5), rel=1e-12
    )
    np.testing.assert_array_equal(values, path.sel(year=2033).values)


def test_centre_mean_makes_the_anchor_a_mean():
    path, _ = prices(
        market(anchors=ANCHORS, centre="mean",
               process={"kind": "log_ou", "sigma": {"kind": "uniform", "low": 0.2, "high": 0.4},
                        "kappa": 0.2})
    )  # fmt: skip
    values = path.sel(year=2030).values
    assert abs(values.mean() - 110) < ERRORS * values.std(ddof=1) / math.sqrt(DRAWS)


def test_corridor_holds_its_share_at_the_bounds():
    path, _ = prices(
        market(process={"kind": "random_walk", "sigma": 0.3},
               corridor={"floor": {2026: 70}, "ceiling": {2026: 90}, "growth": 0.0})
    )  # fmt: skip
    values = path.sel(year=2026).values
    assert values.min() == pytest.approx(70, rel=1e-14)
    assert values.max() == pytest.approx(90, rel=1e-14)
    for bound, p in ((70, stats.norm.cdf(math.log(70 / 80) / 0.3)),
                     (90, stats.norm.sf(math.log(90 / 80) / 0.3))):  # fmt: skip
        share = np.isclose(values, bound, rtol=1e-12).mean()
        assert abs(share - p) < ERRORS * math.sqrt(p * (1 - p) / DRAWS)


def test_tightening_lifts_the_path_in_its_share_of_the_draws():
    event = {"probability": 0.3, "strength": 0.5, "ramp": 2,
             "year": {"kind": "discrete", "values": [2027, 2029], "probabilities": [0.25, 0.75]}}  # fmt: skip
    path, _ = prices(market(tightening=event))
    for year, early, late in ((2027, 0.0, 0.0), (2028, 0.25, 0.0), (2030, 0.5, 0.25), (2031, 0.5, 0.5)):
        lift = np.log(path.sel(year=year).values / 80)
        found = np.round(lift, 9)
        shares = {0.0: 0.7}
        for height, p in ((early, 0.075), (late, 0.225)):
            shares[height] = shares.get(height, 0.0) + p
        for height, p in shares.items():
            error = math.sqrt(p * (1 - p) / DRAWS)
            assert abs((found == height).mean() - p) <= ERRORS * error + 1e-15


def test_correlation_of_shocks_and_factors_is_achieved():
    config = market(process={"kind": "random_walk", "sigma": 0.3})
    name = config["catalog"]["regions"]["EU"]["market"]
    config["catalog"]["markets"]["second"] = config["catalog"]["markets"][name]
    config["exposures"] = {"firm": {"market": "second", "shortfall": 1, "first": 2026, "last": 2026}}
    config["factors"] = {
        "a": {"kind": "triangular", "low": 0, "mode": 1, "high": 4},
        "b": {"kind": "lognormal", "mu": 0, "sigma": 1},
    }
    route = next(iter(config["catalog"]["routes"]))
    config["catalog"]["routes"][route]["other_opex"] = {"kind": "factor", "name": "a"}
    config["catalog"]["routes"][route]["support"] = {"kind": "factor", "name": "b"}
    config["outcomes"] = ["carbon_price", "levelised_cost"]
    config["keep"] = ["carbon_price", "inputs"]
    config["correlations"] = {
        "factors": [{"between": ["a", "b"], "rank": -0.6}],
        "shocks": [{"between": [name, "second"], "rank": 0.7}],
        "repair": False,
    }
    run = simcore.run(config)
    changes = np.log(run.carbon_price.isel(scenario=0)).diff("year")
    for year in changes.year.values:
        pair = changes.sel(year=year)
        found = stats.spearmanr(pair.isel(market=0), pair.isel(market=1)).statistic
        assert abs(found - 0.7) < ERRORS / math.sqrt(DRAWS)
    found = stats.spearmanr(run.input.sel(factor="a"), run.input.sel(factor="b")).statistic
    assert abs(found + 0.6) < ERRORS / math.sqrt(DRAWS)


def linear(factors, correlations=()):
    """A config whose levelised cost is x + 2 y - z of three factors."""
    config = minimal_config()
    route = "linear"  # a name of its own, so that nothing of a packaged route shows through
    record = dict(next(iter(config["catalog"]["routes"].values())))
    config["catalog"]["routes"][route] = record
    config["catalog"]["regions"]["EU"]["benchmarks"][route] = 0.0
    config["routes"] = [*config["routes"], route]
    record.update(capex=0.0, fixed_opex=0.0, inputs={}, byproducts={}, utilisation=0.5)
    record["other_opex"] = {"kind": "factor", "name": "x"}
    record["fixed_opex"] = {"kind": "factor", "name": "y"}  # divided by a utilisation of 1/2
    record["support"] = {"kind": "factor", "name": "z"}
    return {
        **config, "draws": DRAWS, "factors": factors, "dtype": "float64",
        "outcomes": ["levelised_cost"], "keep": ["levelised_cost"],
        "correlations": {"factors": list(correlations), "shocks": [], "repair": False},
    }, route  # fmt: skip


def test_sum_of_correlated_normals():
    """E4: mean, spread and quantiles of a linear model of normals."""
    rank = 0.5
    config, route = linear(
        {name: {"kind": "normal", "mean": mean, "sd": sd}
         for name, mean, sd in (("x", 10, 3), ("y", 20, 2), ("z", 5, 1))},
        [{"between": ["x", "y"], "rank": rank}],
    )  # fmt: skip
    run = simcore.run(config)
    values = run.levelised_cost.sel(route=route).isel(scenario=0, region=0, year=0).values
    rho = 2 * math.sin(math.pi * rank / 6)
    mean, sd = 10 + 2 * 20 - 5, math.sqrt(9 + 16 + 1 + 2 * rho * 3 * 2 * 2)
    assert abs(values.mean() - mean) < ERRORS * sd / math.sqrt(DRAWS)
    assert abs(values.std(ddof=1) - sd) < ERRORS * sd / math.sqrt(2 * DRAWS)
    stored = run.levelised_cost_quantile.sel(route=route).isel(scenario=0, region=0, year=0)
    for p in (0.1, 0.5, 0.9):
        z = stats.norm.ppf(p)
        error = sd * math.sqrt(p * (1 - p) / DRAWS) / stats.norm.pdf(z)
        assert abs(float(stored.sel(quantile=p)) - (mean + sd * z)) < ERRORS * error


def test_triangular_mean_is_not_the_mode():
    """E6."""
    config, route = linear({
        "x": {"kind": "triangular", "low": 0, "mode": 1, "high": 11},
        "y": {"kind": "constant", "value": 3}, "z": {"kind": "constant", "value": 2},
    })  # fmt: skip
    run = simcore.run(config)
    mean = run.levelised_cost_mean.sel(route=route).isel(scenario=0, region=0, year=0)
    error = run.levelised_cost_standard_error.sel(route=route).isel(scenario=0, region=0, year=0)
    assert abs(float(mean) - (4 + 6 - 2)) < ERRORS * float(error)
    central = run.levelised_cost_central.sel(route=route).isel(scenario=0, region=0, year=0)
    assert float(central) == pytest.approx(1 + 6 - 2, rel=1e-12)


def test_collapsed_distributions_give_the_deterministic_result():
    """E5: every quantile equals the central case."""
    run = simcore.run(REFERENCE / "e5_collapsed.yaml", draws=700)
    checked = 0
    for name in run.data_vars:
        if not name.endswith("_quantile"):
            continue
        central = run[name.removesuffix("quantile") + "central"].expand_dims(
            {"quantile": run.sizes["quantile"]}, axis=-1
        )
        np.testing.assert_allclose(run[name], central, rtol=1e-12, atol=1e-12)
        checked += int(central.notnull().sum())
    assert checked > 100


def test_quantile_intervals_cover():
    """The 95 % order-statistic interval of a known quantile over 200 seeds of 300 draws."""
    config = market(process={"kind": "random_walk", "sigma": 0.3})
    config.update(draws=300, years={"first": 2026, "last": 2026}, keep=[])
    truth = 80 * np.exp(0.3 * stats.norm.ppf([0.05, 0.5, 0.95]))
    hits = np.zeros(3)
    for seed in range(200):
        run = simcore.run({**config, "seed": seed}, threads=1)
        place = {"quantile": [0.05, 0.5, 0.95]}
        low = run.carbon_price_quantile_low.sel(place).values.ravel()
        high = run.carbon_price_quantile_high.sel(place).values.ravel()
        hits += (low <= truth) & (truth <= high)
    # At 95 % or a little more; 200 trials have a standard error of 1.5 points.
    assert (hits / 200 > 0.95 - 3 * 0.0155).all()
    assert (hits / 200 < 1.0).any()
