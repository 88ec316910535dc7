"""Moments, quantiles and correlations of a run against what they are on paper.

Every comparison allows five standard errors of its statistic, which for a fresh seed is passed by
all but one in 1.7 million; the whole file makes about four thousand, so that a change of seed
raises a false alarm about once in four hundred. (E4 and E6 promise three standard errors, with a
seed that is fixed.)
"""

from __future__ import annotations

from math import exp, log, pi, sin, sqrt
from typing import Any

import numpy as np
import pytest
import xarray as xr
from minimal import route
from reference_draws import central
from reference_model import evaluate
from rich_config import rich_config
from scipy.stats import binom, norm, spearmanr
from small_config import commodity, market, small_config

import simcore
from simcore.quantities import KINDS
from simcore.running import engine
from simcore.variables import OUTCOMES, QUANTILES

ERRORS = 5.0
DRAWS = 2**17
YEARS = range(2026, 2036)
START = 2025
Z90 = 1.2815515655446004


def run(config: dict[str, Any], **options: Any) -> xr.Dataset:
    return engine.run(simcore.build(simcore.load(config)), **options)


def assert_within(found: Any, expected: Any, error: Any, what: str, errors: float = ERRORS) -> None:
    """Found and expected differ by a few standard errors at most."""
    miss = np.abs(np.asarray(found) - expected) / error
    assert np.all(miss <= errors), f"{what}: {found}, on paper {expected}, {miss} standard errors"


# ---------------------------------------------------------------- lognormal paths
# Each market with mean and variance of ln P as functions of the years since the known price.


def reverting(sigma: float, kappa: float, span: float) -> float:
    """Variance of an Ornstein-Uhlenbeck deviation that starts at zero."""
    return sigma**2 * (1 - exp(-2 * kappa * span)) / (2 * kappa)


def anchored(span: float) -> float:
    """Log anchor path through 80 in 2025, 120 in 2030 and 150 in 2035."""
    return float(np.interp(span, [0, 5, 10], np.log([80.0, 120.0, 150.0])))


S = log(80.0)
CERTAIN = {2030: 120.0, 2035: 150.0}
# P90/P50 and P50/P10 are 1.5 in 2030 and 2 in 2035, so that ln A is normal.
BAND = {
    2030: {"low": 80.0, "central": 120.0, "high": 180.0},
    2035: {"low": 75.0, "central": 150.0, "high": 300.0},
}


def spread(span: float) -> float:
    """Standard deviation of ln A between these anchors."""
    return float(np.interp(span, [0, 5, 10], np.log([1.0, 1.5, 2.0]) / Z90))


LOGNORMAL: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "gbm": (
        market({"kind": "gbm", "sigma": 0.35, "mu": 0.03}),
        lambda t: S + (0.03 - 0.35**2 / 2) * t,
        lambda t: 0.35**2 * t,
    ),
    "gbm_uncertain_drift": (
        market({"kind": "gbm", "sigma": 0.2, "mu": {"kind": "normal", "mean": 0.02, "sd": 0.03}}),
        lambda t: S + (0.02 - 0.2**2 / 2) * t,
        lambda t: 0.2**2 * t + (0.03 * t) ** 2,
    ),
    "ou_median": (
        market({"kind": "log_ou", "sigma": 0.3, "kappa": 0.25}, anchors=CERTAIN),
        anchored,
        lambda t: reverting(0.3, 0.25, t),
    ),
    "ou_mean": (
        market({"kind": "log_ou", "sigma": 0.4, "kappa": 0.7}, anchors=CERTAIN, centre="mean"),
        lambda t: anchored(t) - reverting(0.4, 0.7, t) / 2,
        lambda t: reverting(0.4, 0.7, t),
    ),
    "ou_fast": (
        market({"kind": "log_ou", "sigma": 0.5, "kappa": 4.0}),
        lambda t: S,
        lambda t: reverting(0.5, 4.0, t),
    ),
    "ou_not_reverting": (
        market({"kind": "log_ou", "sigma": 0.2, "kappa": 0.0}),
        lambda t: S,
        lambda t: 0.2**2 * t,
    ),
    "ou_hardly_reverting": (
        market({"kind": "log_ou", "sigma": 0.3, "kappa": 1e-9}),
        lambda t: S,
        lambda t: 0.3**2 * t,
    ),
    "walk_with_carry": (
        market({"kind": "random_walk", "sigma": 0.3}, carry=0.04),
        lambda t: S + 0.04 * t,
        lambda t: 0.3**2 * t,
    ),
    "walk_with_uncertain_carry": (
        market(
            {"kind": "random_walk", "sigma": 0.1},
            carry={"kind": "normal", "mean": 4.0, "sd": 2.0, "unit": "%"},
        ),
        lambda t: S + 0.04 * t,
        lambda t: 0.1**2 * t + (0.02 * t) ** 2,
    ),
    "walk_mean": (
        market({"kind": "random_walk", "sigma": 0.25}, centre="mean", carry=-0.01),
        lambda t: S - 0.01 * t - 0.25**2 * t / 2,
        lambda t: 0.25**2 * t,
    ),
    "anchors_alone": (market({"kind": "fixed"}, anchors=BAND), anchored, lambda t: spread(t) ** 2),
    "anchors_and_noise": (
        market({"kind": "log_ou", "sigma": 0.3, "kappa": 0.3}, anchors=BAND),
        anchored,
        lambda t: spread(t) ** 2 + reverting(0.3, 0.3, t),
    ),
    "anchors_and_noise_mean": (
        market({"kind": "random_walk", "sigma": 0.15}, anchors=BAND, centre="mean"),
        lambda t: anchored(t) - (spread(t) ** 2 + 0.15**2 * t) / 2,
        lambda t: spread(t) ** 2 + 0.15**2 * t,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def paths() -> xr.Dataset:
    config = small_config(
        markets={name: entry[0] for name, entry in LOGNORMAL.items()},
        years={"first": YEARS[0], "last": YEARS[-1]}, draws=DRAWS, keep=["carbon_price"],
    )  # fmt: skip
    return run(config)


@pytest.mark.parametrize("name", LOGNORMAL)
def test_moments_and_quantiles_of_a_path(paths, name):
    _, middle, variance = LOGNORMAL[name]
    for year in YEARS:
        m, v = middle(year - START), variance(year - START)
        one = paths.sel(market=name, year=year, scenario="law")
        logs, what = np.log(one["carbon_price"].values), f"{name} in {year}"
        assert_within(logs.mean(), m, sqrt(v / DRAWS), f"mean of ln P, {what}")
        assert_within(logs.var(ddof=1), v, v * sqrt(2 / DRAWS), f"variance of ln P, {what}")
        mean = exp(m + v / 2)
        error = mean * sqrt((exp(v) - 1) / DRAWS)
        assert_within(one["carbon_price_mean"], mean, error, f"mean, {what}")
        assert_within(one["carbon_price_standard_error"], error, 0.1 * error, f"error, {what}")
        for p in QUANTILES:
            z = norm.ppf(p)
            error = sqrt(v * p * (1 - p) / DRAWS) / norm.pdf(z)
            found = np.log(one["carbon_price_quantile"].sel(quantile=p).item())
            assert_within(found, m + z * sqrt(v), error, f"quantile {p}, {what}")


@pytest.mark.parametrize(("name", "keeps"), [
    ("gbm", 1.0), ("ou_median", exp(-0.25)), ("ou_mean", exp(-0.7)), ("ou_fast", exp(-4.0)),
    ("walk_with_carry", 1.0),
])  # fmt: skip
def test_years_of_a_path_hang_together(paths, name, keeps):
    """Cov(X[s], X[t]) = exp(-kappa (t - s)) Var X[s], one and four years apart."""
    variance = LOGNORMAL[name][2]
    logs = np.log(paths["carbon_price"].sel(market=name, scenario="law"))
    for apart in (1, 4):
        for year in (2026, 2028, 2031):
            first, last = logs.sel(year=year).values, logs.sel(year=year + apart).values
            before, after = variance(year - START), variance(year + apart - START)
            expected = keeps**apart * sqrt(before / after)
            found = np.corrcoef(first, last)[0, 1]
            error = (1 - expected**2) / sqrt(DRAWS)
            assert_within(found, expected, error, f"{name}, {year} and {year + apart}")


def test_paths_that_nobody_ties_are_independent(paths):
    logs = np.log(paths["carbon_price"].sel(year=2035, scenario="law"))
    rows = logs.transpose("market", "draw").sel(market=list(LOGNORMAL)).values
    others = np.corrcoef(rows)[np.triu_indices(len(rows), 1)]
    assert_within(others, 0.0, 1 / sqrt(DRAWS), "correlations of markets")


# ---------------------------------------------------------------- skewed anchors


SKEWED = {
    2028: {"low": 60.0, "central": 90.0, "high": 150.0},
    2032: {"low": 100.0, "central": 120.0, "high": 300.0},
}


@pytest.fixture(scope="module")
def skewed() -> xr.Dataset:
    markets = {
        "median": market({"kind": "fixed"}, anchors=SKEWED),
        "mean": market({"kind": "fixed"}, anchors=SKEWED, centre="mean"),
        "noisy_mean": market(
            {"kind": "log_ou", "sigma": 0.3, "kappa": 0.4}, anchors=SKEWED, centre="mean",
            after={"grow": 0.02},
        ),
    }  # fmt: skip
    config = small_config(
        markets=markets, years={"first": 2026, "last": 2034}, draws=DRAWS, keep=["carbon_price"]
    )
    return run(config)["carbon_price"].sel(scenario="law")


@pytest.mark.parametrize("year", SKEWED)
def test_anchors_are_p10_p50_and_p90(skewed, year):
    for p, name in ((0.1, "low"), (0.5, "central"), (0.9, "high")):
        below = float((skewed.sel(market="median", year=year) <= SKEWED[year][name]).mean())
        assert_within(below, p, sqrt(p * (1 - p) / DRAWS), f"share below the {name} of {year}")


def test_one_world_moves_all_anchors(skewed):
    """A draw keeps its probability from anchor to anchor; after the last they are held."""
    values = skewed.sel(market="median")
    np.testing.assert_array_equal(values.sel(year=2032), values.sel(year=2034))
    first, last = (values.sel(year=year).values.argsort() for year in (2028, 2032))
    np.testing.assert_array_equal(first, last)
    # Half way between two anchors in the logarithm, at the median.
    middle = float(values.sel(year=2030).median())
    low = abs(values.sel(year=2030) - sqrt(90.0 * 120.0)).min().item()
    assert abs(middle - sqrt(90.0 * 120.0)) < 0.5
    assert low < 0.01


@pytest.mark.parametrize("name", ["mean", "noisy_mean"])
def test_centre_mean_makes_the_anchors_the_means(skewed, name):
    for year, expected in ((2028, 90.0), (2030, sqrt(90 * 120)), (2032, 120.0), (2034, None)):
        grown = 120.0 * (1.02**2 if name == "noisy_mean" else 1.0)
        values = skewed.sel(market=name, year=year).values
        error = values.std() / sqrt(DRAWS)
        assert_within(values.mean(), expected or grown, error, f"mean of {name} in {year}")


# ---------------------------------------------------------------- corridor and tightening


def test_a_corridor_holds_the_mass_beyond_it():
    corridor = {"floor": {2026: 60.0}, "ceiling": {2026: 110.0, 2028: 130.0}, "growth": 0.03}
    path = market({"kind": "random_walk", "sigma": 0.3}, corridor=corridor)
    config = small_config(
        markets={"bounded": path}, years={"first": 2026, "last": 2030}, draws=DRAWS,
        keep=["carbon_price"],
    )  # fmt: skip
    values = run(config)["carbon_price"].sel(market="bounded", scenario="law")
    for year in range(2026, 2031):
        floor = 60.0 * 1.03 ** (year - 2026)
        ceiling = 110.0 if year < 2028 else 130.0 * 1.03 ** (year - 2028)
        sd = 0.3 * sqrt(year - START)
        one = values.sel(year=year)
        for bound, share, side in (
            (floor, norm.cdf((log(floor) - S) / sd), one <= floor * (1 + 1e-12)),
            (ceiling, norm.sf((log(ceiling) - S) / sd), one >= ceiling * (1 - 1e-12)),
        ):
            error = sqrt(share * (1 - share) / DRAWS)
            assert_within(side.mean().item(), share, error, f"mass at {bound:.1f} in {year}")
        assert one.min().item() == pytest.approx(floor, rel=1e-12)
        assert one.max().item() == pytest.approx(ceiling, rel=1e-12)


def test_a_tightening_comes_with_its_probability_and_grows_over_its_ramp():
    event = {
        "probability": 0.3, "strength": 0.4, "ramp": 4,
        "year": {"kind": "discrete", "values": [2027, 2029], "probabilities": [0.25, 0.75]},
    }  # fmt: skip
    path = market({"kind": "fixed"}, tightening=event)
    config = small_config(
        markets={"tightened": path}, years={"first": 2026, "last": 2034}, draws=DRAWS,
        keep=["carbon_price"],
    )  # fmt: skip
    values = run(config)["carbon_price"].sel(market="tightened", scenario="law")
    for year in range(2026, 2035):
        shares: dict[float, float] = {0.0: 0.7}
        for start, probability in ((2027, 0.25), (2029, 0.75)):
            lift = 0.4 * min(1.0, max(0.0, (year - start) / 4))
            shares[lift] = shares.get(lift, 0.0) + 0.3 * probability
        lifts = np.log(values.sel(year=year).values / 80.0)
        for lift, share in shares.items():
            found = np.mean(np.abs(lifts - lift) < 1e-9)
            error = max(sqrt(share * (1 - share) / DRAWS), 1e-12)
            assert_within(found, share, error, f"share lifted by {lift} in {year}")


# ---------------------------------------------------------------- correlations


def pearson(rank: float) -> float:
    """Correlation of the normals of a Gaussian copula."""
    return 2 * sin(pi * rank / 6)


def rank_error() -> float:
    """Standard error of a rank correlation at most: that of independent numbers."""
    return 1 / sqrt(DRAWS - 1)


def test_rank_correlation_of_factors_is_what_was_asked_for():
    """Whatever the marginals: lognormal, triangular, beta, uniform and an anchor."""
    asked = {
        ("new.capex", "new.fixed_opex"): 0.8, ("new.fixed_opex", "new.other_opex"): -0.4,
        ("new.capex", "AA.wacc"): 0.3, ("home_ets.anchor", "new.other_opex"): 0.5,
    }  # fmt: skip
    uncertain = route(
        capex={"kind": "lognormal", "mu": 6.0, "sigma": 0.5},
        fixed_opex={"kind": "triangular", "low": 10, "mode": 10, "high": 40},
        other_opex={"kind": "beta", "alpha": 0.8, "beta": 2.0, "low": 50, "high": 90},
    )
    config = small_config(
        markets={"home_ets": market({"kind": "fixed"}, anchors=BAND)}, routes={"new": uncertain},
        draws=DRAWS, keep=["inputs"],
    )  # fmt: skip
    config["catalog"]["regions"]["AA"]["wacc"] = {"kind": "uniform", "low": 0.05, "high": 0.1}
    config["correlations"] = {
        "factors": [{"between": list(pair), "rank": rank} for pair, rank in asked.items()]
    }
    inputs = run(config)["input"].transpose("factor", "draw")
    names = [str(name) for name in inputs["factor"].values]
    assert len(names) == 5
    found = spearmanr(inputs.values, axis=1).statistic
    for i, first in enumerate(names):
        for j in range(i):
            rank = asked.get((first, names[j]), asked.get((names[j], first), 0.0))
            assert_within(found[i, j], rank, rank_error(), f"{first} and {names[j]}")


def test_rank_correlation_of_shocks_is_what_was_asked_for_in_every_year():
    names = ["home_ets", "first", "second", "third"]
    walks = {name: market({"kind": "random_walk", "sigma": 0.3}) for name in names}
    asked = {("home_ets", "first"): 0.7, ("first", "second"): -0.5, ("second", "third"): 0.2}
    config = small_config(
        markets=walks, years={"first": 2026, "last": 2029}, draws=DRAWS, keep=["carbon_price"]
    )
    config["correlations"] = {
        "shocks": [{"between": list(pair), "rank": rank} for pair, rank in asked.items()]
    }
    logs = np.log(run(config)["carbon_price"].sel(scenario="law", market=names))
    steps = np.diff(logs.transpose("market", "year", "draw").values, axis=1, prepend=S)
    for year in range(4):
        found = spearmanr(steps[:, year], axis=1).statistic
        for i, first in enumerate(names):
            for j in range(i):
                rank = asked.get((names[j], first), 0.0)
                what = f"{first} and {names[j]}, year {year}"
                assert_within(found[i, j], rank, rank_error(), what)
    # The shock of one year says nothing about any of the next.
    later = spearmanr(steps[:, 1], steps[:, 2], axis=1).statistic[:4, 4:]
    assert_within(later, 0.0, rank_error(), "shocks of two years")


# ---------------------------------------------------------------- reference cases E4, E5, E6


def test_e4_a_sum_of_correlated_normals():
    """premium = sum of price * amount + other opex, all normal: mean, sd, P10, P50, P90."""
    prices = np.array([100.0, 40.0, 250.0, 1.0])
    means, sds = np.array([1.5, 3.0, 0.2, 60.0]), np.array([0.1, 0.3, 0.02, 12.0])
    amounts = [
        {"kind": "normal", "mean": m, "sd": s, "unit": "t/t"}
        for m, s in zip(means[:3], sds[:3], strict=True)
    ]
    names = ["new.inputs.a", "new.inputs.b", "new.inputs.c", "new.other_opex"]
    ranks = {(0, 1): 0.6, (1, 2): -0.3, (0, 3): 0.4}
    config = small_config(
        routes={"new": route(
            inputs=dict(zip("abc", amounts, strict=True)),
            other_opex={"kind": "normal", "mean": 60.0, "sd": 12.0},
        )},
        prices={name: commodity(price) for name, price in zip("abc", prices, strict=False)},
        outcomes=["cost_premium_ex_carbon"], draws=DRAWS,
        correlations={"factors": [
            {"between": [names[i], names[j]], "rank": rank} for (i, j), rank in ranks.items()
        ]},
    )  # fmt: skip
    matrix = np.eye(4)
    for (i, j), rank in ranks.items():
        matrix[i, j] = matrix[j, i] = pearson(rank)
    weights = prices * sds
    mean, sd = float(prices @ means), float(sqrt(weights @ matrix @ weights))
    found = run(config).sel(region="AA", route="new", year=2026, scenario="law")
    error = sd / sqrt(DRAWS)
    name = "cost_premium_ex_carbon"
    assert_within(found[f"{name}_mean"], mean, error, "mean", 3)
    deviation = found[f"{name}_standard_error"].item() * sqrt(DRAWS)
    assert_within(deviation, sd, sd / sqrt(2 * DRAWS), "standard deviation", 3)
    for p in (0.1, 0.5, 0.9):
        z = norm.ppf(p)
        wide = sd * sqrt(p * (1 - p) / DRAWS) / norm.pdf(z)
        quantile = found[f"{name}_quantile"].sel(quantile=p)
        assert_within(quantile, mean + z * sd, wide, f"P{100 * p:.0f}", 3)


def collapsed_forms(value: float) -> list[dict[str, Any]]:
    """Distributions of every kind with all their mass in one value."""
    forms: list[dict[str, Any]] = [
        {"kind": "constant", "value": value},
        {"kind": "uniform", "low": value, "high": value},
        {"kind": "triangular", "low": value, "mode": value, "high": value},
        {"kind": "pert", "low": value, "mode": value, "high": value},
        {"kind": "beta", "alpha": 2.0, "beta": 3.0, "low": value, "high": value},
        {"kind": "discrete", "values": [value, value + 1], "probabilities": [1.0, 0.0]},
        {"kind": "empirical", "values": [value, value, value]},
        {"kind": "mixture", "weights": [0.4, 0.6], "components": [
            {"kind": "constant", "value": value}, {"kind": "constant", "value": value},
        ]},
    ]  # fmt: skip
    if value > 0:
        forms.append({"kind": "split_lognormal", "p10": value, "p50": value, "p90": value})
        forms.append({"kind": "lognormal", "mu": log(value), "sigma": 0.0})
    return forms


class Collapse:
    """Replace every distribution of a config by its central value, in one form after the other."""

    def __init__(self) -> None:
        self.count = 0

    def next_form(self, value: float) -> dict[str, Any]:
        forms = collapsed_forms(value)
        self.count += 1
        return forms[self.count % len(forms)]

    def __call__(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self(entry) for entry in node]
        if not isinstance(node, dict):
            return node
        kind = node.get("kind")
        if kind == "discrete" and isinstance(node["values"][0], str):
            return node | {"probabilities": [1.0, *(0.0 for _ in node["values"][1:])]}
        if kind in KINDS and kind != "factor":
            kept = {key: node[key] for key in ("unit", "price_year") if key in node}
            return self.next_form(float(central(node))) | kept
        changed = {key: self(value) for key, value in node.items()}
        if {"low", "central", "high"} <= set(node):
            changed |= {"low": node["central"], "high": node["central"]}
        if kind in ("gbm", "random_walk", "log_ou"):
            changed["sigma"] = self.next_form(0.0)
        if "ramp" in node:
            changed["probability"] = float(node["probability"] > 0.5)
        if "known_until" in node and isinstance(changed.get("delay"), dict):
            delay = {"kind": "discrete", "values": [1, 3], "probabilities": [1.0, 0.0]}
            changed["delay"] = delay
        return changed


def test_e5_collapsed_distributions_leave_the_deterministic_result():
    collapse = Collapse()
    config = collapse(rich_config(
        draws=400, value={"double_claiming": "allow", "credit_limit": 0.2}, boundary="scope12",
    ))  # fmt: skip
    assert collapse.count > 30
    plan = simcore.build(simcore.load(config))
    found, reference = engine.run(plan), evaluate(plan.spec.resolved(), None)
    checked = 0
    for name in OUTCOMES:
        if f"{name}_quantile" not in found:
            continue
        fixed = found[f"{name}_central"]
        for statistic in ("quantile", "quantile_low", "quantile_high"):
            values = found[f"{name}_{statistic}"].transpose("quantile", ...).values
            wanted = np.broadcast_to(fixed.values, values.shape)
            np.testing.assert_allclose(values, wanted, rtol=1e-12, atol=0, err_msg=name)
        np.testing.assert_allclose(found[f"{name}_mean"], fixed, rtol=1e-12, err_msg=name)
        error = found[f"{name}_standard_error"].values
        assert np.nanmax(error / np.maximum(abs(fixed.values), 1.0), initial=0) < 1e-12
        for index in np.argwhere(np.isfinite(fixed.values)):
            axes = zip(fixed.dims, index, strict=True)
            expected = reference[name, *(fixed[dim].values.tolist()[i] for dim, i in axes)]
            assert fixed.values[tuple(index)] == pytest.approx(expected, rel=1e-9, abs=1e-6), name
            checked += 1
    assert checked > 1000


def test_e6_the_mean_of_triangular_inputs_is_not_the_mode():
    first, second = (20.0, 30.0, 100.0), (0.5, 0.6, 1.5)
    config = small_config(
        routes={"new": route(
            other_opex=dict(zip(("low", "mode", "high"), first, strict=True))
            | {"kind": "triangular"},
            inputs={"a": dict(zip(("low", "mode", "high"), second, strict=True))
                    | {"kind": "triangular", "unit": "t/t"}},
        )},
        prices={"a": commodity(50.0)}, outcomes=["cost_premium_ex_carbon"], draws=DRAWS,
    )  # fmt: skip
    found = run(config).sel(region="AA", route="new", year=2026, scenario="law")
    mean = sum(first) / 3 + 50.0 * sum(second) / 3

    def variance(a: float, c: float, b: float) -> float:
        return (a * a + b * b + c * c - a * b - a * c - b * c) / 18

    error = sqrt((variance(*first) + 50.0**2 * variance(*second)) / DRAWS)
    assert_within(found["cost_premium_ex_carbon_mean"], mean, error, "mean", 3)
    # Half of a triangle lies above high - sqrt((high - low)*(high - mode)/2), the mode being low.
    medians = [high - sqrt((high - low) * (high - mode) / 2) for low, mode, high in (first, second)]
    assert found["cost_premium_ex_carbon_central"].item() == pytest.approx(
        medians[0] + 50.0 * medians[1]
    )


# ---------------------------------------------------------------- intervals of quantiles


def coverage(draws: int, p: float) -> float:
    """How often order statistics that leave at most 2.5 % on either side hold the p-quantile.

    B draws of n lie below it; the interval from the l-th to the h-th holds it when l <= B < h.
    Where no l or h leaves so little, the interval is open.
    """
    places = range(1, draws + 1)
    low = max([one for one in places if binom.cdf(one - 1, draws, p) <= 0.025], default=0)
    high = min([one for one in places if binom.sf(one - 1, draws, p) <= 0.025], default=draws + 1)
    return float(binom.cdf(high - 1, draws, p) - binom.cdf(low - 1, draws, p))


@pytest.mark.parametrize("draws", [59, 300])
@pytest.mark.long
def test_intervals_of_quantiles_cover_the_truth_as_often_as_they_say(draws):
    """25 independent markets in 40 small runs: 1,000 intervals for each quantile."""
    names = [f"market_{i}" for i in range(25)]
    config = small_config(
        markets={name: market({"kind": "gbm", "sigma": 0.3}) for name in names},
        draws=draws,
    )
    plan_of = [simcore.build(simcore.load(config | {"seed": seed})) for seed in range(40)]
    inside = np.zeros(len(QUANTILES))
    for plan in plan_of:
        found = engine.run(plan, threads=1).sel(market=names, year=2026, scenario="law")
        for k, p in enumerate(QUANTILES):
            truth = exp(S - 0.3**2 / 2 + 0.3 * norm.ppf(p))
            low, high = (
                found[f"carbon_price_quantile_{side}"].sel(quantile=p).values
                for side in ("low", "high")
            )
            inside[k] += np.sum((low <= truth) & (truth <= high))
    total = len(names) * len(plan_of)
    for k, p in enumerate(QUANTILES):
        exact = coverage(draws, p)
        assert exact >= 0.95  # the promise
        error = sqrt(exact * (1 - exact) / total)
        assert_within(inside[k] / total, exact, error, f"coverage of P{100 * p:.0f}")
