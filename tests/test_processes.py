"""Jumps, volatility regimes, resampled history and steps within a year, against what they are.

Comparisons allow five standard errors of their statistic, with a fixed seed.
"""

from __future__ import annotations

from math import exp, factorial, log, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import reference_processes
import xarray as xr
from agreement import central_case, disagreements, traced
from scipy.stats import norm
from small_config import market, small_config

import simcore
from simcore.running import engine

DRAWS = 2**16
YEARS = range(2026, 2032)
ERRORS = 5.0
JUMPS = {"rate": 0.8, "mean": -0.1, "sd": 0.3}
REGIMES = {
    "calm": {"sigma": 0.0, "next": {"calm": 0.8, "wild": 0.2}},
    "wild": {"sigma": 0.5, "next": {"calm": 0.5, "wild": 0.5}},
}
THREE = {
    "calm": {"sigma": 0.1, "next": {"calm": 0.7, "usual": 0.3}},
    "usual": {"sigma": 0.3, "next": {"calm": 0.2, "usual": 0.6, "wild": 0.2}},
    "wild": {"sigma": 0.8, "next": {"usual": 0.5, "wild": 0.5}},
}
APART = {
    "calm": {"sigma": 0.0, "next": {"calm": 0.7, "usual": 0.2, "wild": 0.1}},
    "usual": {"sigma": 1e-6, "next": {"calm": 0.1, "usual": 0.6, "wild": 0.3}},
    "wild": {"sigma": 1.0, "next": {"calm": 0.4, "usual": 0.1, "wild": 0.5}},
}
"""Three regimes that the size of a move tells apart."""
MARKETS = {
    "merton": market({"kind": "random_walk", "sigma": 0.2, "jumps": JUMPS}),
    "merton_mean": market({"kind": "gbm", "sigma": 0.2, "mu": 0.03, "jumps": JUMPS}),
    "counted": market({
        "kind": "random_walk", "sigma": 0.0, "jumps": {"rate": 1.3, "mean": 1.0, "sd": 0.0},
    }),
    "regimes": market({"kind": "regime_switching", "regimes": REGIMES, "initial": "calm"}),
    "regimes_mean": market({"kind": "regime_switching", "regimes": THREE}, centre="mean"),
    "three": market({"kind": "regime_switching", "regimes": APART}),
    "mixed": market({
        "kind": "random_walk",
        "sigma": {"kind": "discrete", "values": [0.1, 0.6], "probabilities": [0.7, 0.3]},
    }),
    "mixed_reversion": market({
        "kind": "log_ou", "sigma": 0.3,
        "kappa": {"kind": "discrete", "values": [0.0, 1.5], "probabilities": [0.4, 0.6]},
    }),
    "monthly": market({"kind": "random_walk", "sigma": 0.02, "steps": 12}),
    "monthly_mean": market(
        {"kind": "log_ou", "sigma": 0.4, "kappa": 0.5, "steps": 12, "jumps": JUMPS}, centre="mean"
    ),
    "plain": market({"kind": "log_ou", "sigma": 0.3, "kappa": 0.2}),
}  # fmt: skip


def config(markets: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return small_config(
        markets=markets, years={"first": YEARS[0], "last": YEARS[-1]}, draws=DRAWS,
        keep=["carbon_price"], outcomes=["carbon_price"],
    ) | changes  # fmt: skip


@pytest.fixture(scope="module")
def run() -> xr.Dataset:
    return simcore.run(config(MARKETS)).sel(scenario="law")


def logs(run: xr.Dataset, name: str) -> np.ndarray:
    """ln P less ln of the spot, shape (years, draws)."""
    return np.log(run["carbon_price"].sel(market=name).transpose("year", "draw").values / 80.0)


def near(found: Any, expected: Any, error: Any) -> bool:
    return bool(np.all(np.abs(np.asarray(found) - expected) <= ERRORS * np.asarray(error)))


# ---------------------------------------------------------------- jumps


def mixture(x: np.ndarray, t: float) -> np.ndarray:
    """P(ln P/spot <= x) after t years: Poisson weights of normals (Merton 1976)."""
    rate = JUMPS["rate"] * t
    total = np.zeros_like(x)
    for n in range(60):
        sd = sqrt(0.04 * t + n * JUMPS["sd"] ** 2)
        weight = exp(-rate) * rate**n / factorial(n)
        total += weight * norm.cdf((x - n * JUMPS["mean"]) / sd)
    return total


def test_merton_moments_and_quantiles(run):
    rate, mean, sd = JUMPS.values()
    for place, year in enumerate(YEARS):
        t, x = year - 2025, logs(run, "merton")[place]
        second = 0.04 + rate * (mean**2 + sd**2)
        third = rate * (mean**3 + 3 * mean * sd**2)
        fourth = rate * (mean**4 + 6 * mean**2 * sd**2 + 3 * sd**4)
        assert near(x.mean(), rate * mean * t, sqrt(second * t / DRAWS))
        kurtosis = 3 * (second * t) ** 2 + fourth * t
        assert near(x.var(), second * t, sqrt((kurtosis - (second * t) ** 2) / DRAWS))
        skew = np.mean((x - x.mean()) ** 3)
        assert near(skew, third * t, sqrt(np.var((x - x.mean()) ** 3) / DRAWS))
        for p in (0.01, 0.1, 0.5, 0.9, 0.99):
            value = np.quantile(x, p)
            assert near(mixture(np.array([value]), t), p, sqrt(p * (1 - p) / DRAWS))


def test_jumps_leave_the_mean_of_a_centred_path(run):
    price = run["carbon_price"].sel(market="merton_mean").transpose("year", "draw").values
    t = np.arange(1, len(YEARS) + 1)
    assert near(price.mean(axis=1), 80 * np.exp(0.03 * t), price.std(axis=1) / sqrt(DRAWS))


def test_jumps_come_as_often_as_a_poisson_process_says(run):
    counts = np.diff(logs(run, "counted"), axis=0, prepend=0.0)
    assert np.abs(counts - np.round(counts)).max() < 1e-9
    for n in range(6):
        p = exp(-1.3) * 1.3**n / factorial(n)
        share = (np.round(counts) == n).mean(axis=1)
        assert near(share, p, sqrt(p * (1 - p) / DRAWS))
    between = np.corrcoef(counts)[np.triu_indices(len(YEARS), 1)]
    assert near(between, 0.0, 1 / sqrt(DRAWS))


# ---------------------------------------------------------------- regimes


def test_regimes_follow_their_chain(run):
    """A year without a move was calm: frequencies, transitions and autocorrelation."""
    wild = np.abs(np.diff(logs(run, "regimes"), axis=0, prepend=0.0)) > 1e-12
    chain, share = np.array([[0.8, 0.2], [0.5, 0.5]]), np.array([1.0, 0.0])
    for place in range(len(YEARS)):
        share = share @ chain
        assert near(wild[place].mean(), share[1], sqrt(share[0] * share[1] / DRAWS))
    for place in range(1, len(YEARS)):
        for before, row in enumerate(chain):
            chosen = wild[place][wild[place - 1] == before]
            assert near(chosen.mean(), row[1], sqrt(row[0] * row[1] / len(chosen)))


def test_regimes_in_the_long_run_keep_their_shares_and_autocorrelation():
    """Corr(wild[t], wild[t + k]) = (p + q - 1)^k of a chain in its long run."""
    markets = {"long": market({"kind": "regime_switching", "regimes": REGIMES})}
    made = config(markets)
    wild = np.abs(np.diff(logs(simcore.run(made).sel(scenario="law"), "long"), axis=0,
                          prepend=0.0)) > 1e-12  # fmt: skip
    share = 0.2 / 0.7
    assert near(wild.mean(axis=1), share, sqrt(share * (1 - share) / DRAWS))
    for apart in (1, 2, 4):
        found = np.corrcoef(wild[0], wild[apart])[0, 1]
        assert near(found, 0.3**apart, 1 / sqrt(DRAWS))


def test_three_regimes_follow_their_chain(run):
    """The size of a move tells its regime: shares of the long run and all nine transitions."""
    size = np.abs(np.diff(logs(run, "three"), axis=0, prepend=0.0))
    state = (size > 1e-12).astype(int) + (size > 1e-4)
    chain = np.array([[one["next"].get(other, 0.0) for other in APART] for one in APART.values()])
    share = np.linalg.matrix_power(chain, 200)[0]
    for place in range(len(YEARS)):
        found = np.bincount(state[place], minlength=3) / DRAWS
        assert near(found, share, np.sqrt(share * (1 - share) / DRAWS))
    for place in range(1, len(YEARS)):
        for before, row in enumerate(chain):
            chosen = state[place][state[place - 1] == before]
            found = np.bincount(chosen, minlength=3) / len(chosen)
            assert near(found, row, np.sqrt(row * (1 - row) / len(chosen)))


def test_quantiles_with_regimes_are_those_of_a_mixture(run):
    """After two years from calm: normals of variance 0, 0.25 and 0.5 by the odds of the paths."""
    x = logs(run, "regimes")[1]
    odds = {0.0: 0.8 * 0.8, 0.25: 0.8 * 0.2 + 0.2 * 0.5, 0.5: 0.2 * 0.5}
    for value in (-0.8, -0.3, -0.05, 0.05, 0.3, 0.8):
        p = sum(
            weight * (norm.cdf(value / sqrt(variance)) if variance else float(value > 0))
            for variance, weight in odds.items()
        )
        assert near((x <= value).mean(), p, sqrt(p * (1 - p) / DRAWS))
    second = sum(variance * weight for variance, weight in odds.items())
    fourth = sum(3 * variance**2 * weight for variance, weight in odds.items())
    assert near(x.var(), second, sqrt((fourth - second**2) / DRAWS))


def test_regimes_centred_on_the_mean(run):
    price = run["carbon_price"].sel(market="regimes_mean").transpose("year", "draw").values
    assert near(price.mean(axis=1), 80.0, price.std(axis=1) / sqrt(DRAWS))
    first = logs(run, "regimes_mean")[0]
    # Long-run shares 0.3226, 0.4839, 0.1935 of variances 0.01, 0.09, 0.64.
    share = np.array([10, 15, 6]) / 31.0
    second = share @ np.array([0.01, 0.09, 0.64])
    assert near(first.mean(), -second / 2, first.std() / sqrt(DRAWS))


# ---------------------------------------------------------------- uncertain parameters


def test_a_volatility_is_drawn_once_a_draw(run):
    """Quantiles of a scale mixture; squared changes correlate across years, changes do not."""
    x = logs(run, "mixed")
    for place in range(len(YEARS)):
        t = place + 1
        for value in (-1.0, -0.2, 0.1, 0.5):
            p = 0.7 * norm.cdf(value / (0.1 * sqrt(t))) + 0.3 * norm.cdf(value / (0.6 * sqrt(t)))
            assert near((x[place] <= value).mean(), p, sqrt(p * (1 - p) / DRAWS))
    changes = np.diff(x, axis=0, prepend=0.0)
    second, fourth = 0.7 * 0.1**2 + 0.3 * 0.6**2, 0.7 * 0.1**4 + 0.3 * 0.6**4
    expected = (fourth - second**2) / (3 * fourth - second**2)
    found = np.corrcoef(changes**2)[np.triu_indices(len(YEARS), 1)]
    assert near(found, expected, 2 / sqrt(DRAWS))
    assert near(np.corrcoef(changes)[np.triu_indices(len(YEARS), 1)], 0.0, 2 / sqrt(DRAWS))


def test_a_reversion_is_drawn_once_a_draw(run):
    """Variance, and covariance of two years, are means over the values of kappa."""
    x = logs(run, "mixed_reversion")

    def reverting(t: int) -> float:
        return 0.09 * (1 - exp(-3.0 * t)) / 3.0

    for place in range(len(YEARS)):
        t = place + 1
        parts = np.array([0.09 * t, reverting(t)])
        second, fourth = np.array([0.4, 0.6]) @ parts, 3 * np.array([0.4, 0.6]) @ parts**2
        assert near(x[place].var(), second, sqrt((fourth - second**2) / DRAWS))
    expected = 0.4 * 0.09 + 0.6 * exp(-1.5) * reverting(1)
    product = x[0] * x[1]
    assert near(product.mean(), expected, product.std() / sqrt(DRAWS))


# ---------------------------------------------------------------- steps within a year


def test_mean_of_the_year_varies_less_than_its_end(run):
    """Var of the mean of 12 steps: (n + 1)(2n + 1)/(6n^2) in the first year; later years add 1."""
    x = logs(run, "monthly")
    for place in range(len(YEARS)):
        v = 0.02**2 * (13 * 25 / (6 * 144) + place)
        assert near(x[place].var(), v, v * (sqrt(2 / DRAWS) + 0.002))
    # Year means are correlated as overlapping walks are: cov = first + sum over the first year.
    cov = np.cov(x[0], x[1])[0, 1]
    expected = 0.02**2 * 13 / 24
    assert near(cov, expected, 3 * expected / sqrt(DRAWS) + 0.001 * expected)


def test_steps_leave_the_mean_of_a_centred_path(run):
    price = run["carbon_price"].sel(market="monthly_mean").transpose("year", "draw").values
    assert near(price.mean(axis=1), 80.0, price.std(axis=1) / sqrt(DRAWS))


def test_many_steps_end_where_one_step_ends():
    """The last of two steps of an Ornstein-Uhlenbeck year has the law of one whole step."""
    sigma, kappa = 0.3, 0.6
    half = sigma**2 * (1 - exp(-kappa)) / (2 * kappa)
    whole = sigma**2 * (1 - exp(-2 * kappa)) / (2 * kappa)
    assert half * exp(-kappa) + half == pytest.approx(whole)
    process = {"kind": "log_ou", "sigma": 1e-4 * sigma, "kappa": kappa, "steps": 2}
    x = 1e4 * logs(simcore.run(config({"two": market(process)})).sel(scenario="law"), "two")
    # Mean of both ends: a quarter of Var X1 + Var X2 + 2 Cov.
    expected = (half + whole + 2 * half * exp(-kappa / 2)) / 4
    assert near(x[0].var(), expected, expected * sqrt(2 / DRAWS) + 1e-3 * expected)


# ---------------------------------------------------------------- resampled history


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("history")
    rng = np.random.default_rng(4)
    noise = rng.normal(0.01, 0.1, 60)
    prices = 30 * np.exp(np.cumsum(noise + 0.5 * np.roll(noise, 1)))
    lines = ["month,price", *(f"{i},{price:.17g}" for i, price in enumerate(prices))]
    (folder / "past.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def resampling(folder: Path, **changes: Any) -> Any:
    """A loaded config whose markets draw from the history."""
    import yaml

    process = {"kind": "bootstrap", "history": {
        "csv": "past.csv", "column": "price", "per_year": 12,
    }}  # fmt: skip
    markets = {
        "single": market(process),
        "blocks": market(process | {"block": 3}),
        "centred": market(process | {"block": 3}, centre="mean", carry=0.02),
    }
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(config(markets, **changes)), "utf-8")
    return simcore.load(file)


def past_changes(folder: Path) -> np.ndarray:
    """Changes over the twelve months from each on, round in a circle, shape (59,)."""
    prices = np.loadtxt(folder / "past.csv", delimiter=",", skiprows=1)[:, 1]
    change = np.diff(np.log(prices))
    change -= change.mean()
    round_ = np.concatenate([change] * 3)
    return np.array([round_[i : i + 12].sum() for i in range(len(change))])


def test_resampled_years_are_those_of_the_history(history):
    run = engine.run(simcore.build(resampling(history))).sel(scenario="law")
    known = past_changes(history)
    moves = np.diff(logs(run, "single"), axis=0, prepend=0.0)
    for year in moves:
        nearest = np.abs(year[:, None] - known[None, :])
        assert nearest.min(axis=1).max() < 1e-9
        counts = np.bincount(nearest.argmin(axis=1), minlength=59)
        p = 1 / 59
        assert near(counts / DRAWS, p, sqrt(p * (1 - p) / DRAWS))
    assert near(np.corrcoef(moves)[np.triu_indices(6, 1)], 0.0, 1 / sqrt(DRAWS))
    assert near(moves.mean(axis=1), 0.0, known.std() / sqrt(DRAWS))
    # In blocks of three years, each is followed by the next in the history.
    moves = np.diff(logs(run, "blocks"), axis=0, prepend=0.0)
    place = np.abs(moves[0][:, None] - known[None, :]).argmin(axis=1)
    assert np.allclose(moves[1], known[(place + 12) % 59])
    assert np.allclose(moves[2], known[(place + 24) % 59])
    assert abs(np.corrcoef(moves[2], moves[3])[0, 1]) < ERRORS / sqrt(DRAWS)
    expected = np.corrcoef(known, np.roll(known, -12))[0, 1]
    assert near(np.corrcoef(moves[0], moves[1])[0, 1], expected, 1.5 / sqrt(DRAWS))


def test_resampled_path_centred_on_the_mean(history):
    run = engine.run(simcore.build(resampling(history))).sel(scenario="law")
    price = run["carbon_price"].sel(market="centred").transpose("year", "draw").values
    t = np.arange(1, 7)
    assert near(price.mean(axis=1), 80 * np.exp(0.02 * t), price.std(axis=1) / sqrt(DRAWS))


def test_resampled_paths_agree_with_the_slow_model(history, monkeypatch):
    monkeypatch.setattr(reference_processes, "FOLDER", history)
    plan = simcore.build(resampling(history, draws=300))
    resolved = plan.spec.resolved()
    for draw in (0, 128, 255, 299):
        assert list(disagreements(resolved, traced(plan, draw), draw)) == []
    assert list(disagreements(resolved, central_case(plan), None, complete=False)) == []


# ---------------------------------------------------------------- addresses


def test_same_bits_for_any_threads_and_draws(run):
    other = engine.run(simcore.build(simcore.load(config(MARKETS, draws=5000))), threads=2).sel(
        scenario="law"
    )
    for name in MARKETS:
        first = run["carbon_price"].sel(market=name).transpose("year", "draw").values
        found = other["carbon_price"].sel(market=name).transpose("year", "draw").values
        assert np.array_equal(first[:, :5000], found)


def test_jumps_and_steps_of_one_path_move_no_other(run):
    changed = {
        "plain": MARKETS["plain"],
        "regimes": market({"kind": "random_walk", "sigma": 0.2, "steps": 4, "jumps": JUMPS}),
    }
    other = simcore.run(config(changed, draws=2000)).sel(scenario="law")
    assert np.array_equal(logs(other, "plain"), logs(run, "plain")[:, :2000])


def test_a_step_a_year_is_the_path_without_steps():
    one = market({"kind": "log_ou", "sigma": 0.3, "kappa": 0.2, "steps": 1})
    with_zero = market({
        "kind": "log_ou", "sigma": 0.3, "kappa": 0.2,
        "jumps": {"rate": 0.0, "mean": 0.2, "sd": 0.1},
    })  # fmt: skip
    found = simcore.run(config({"plain": one}, draws=2000)).sel(scenario="law")
    other = simcore.run(config({"plain": with_zero}, draws=2000)).sel(scenario="law")
    assert logs(other, "plain") == pytest.approx(logs(found, "plain"), abs=1e-13)


def test_central_case_has_no_noise(run):
    for name in ("merton", "counted", "regimes", "monthly", "plain"):
        central = run["carbon_price_central"].sel(market=name).values
        assert central == pytest.approx(np.full(len(YEARS), 80.0), rel=1e-12)
    # Centred on the mean, it stands below the mean by half the variance and the jumps' growth.
    t = np.arange(1, len(YEARS) + 1)
    jumps = 0.8 * (exp(-0.1 + 0.045) - 1)
    expected = log(80.0) + (0.03 - 0.02 - jumps) * t
    central = run["carbon_price_central"].sel(market="merton_mean").values
    assert np.log(central) == pytest.approx(expected, rel=1e-12)


LEVEL = {
    # Long-run shares by symmetry or by hand: 1/2, 1/2; 2/5, 2/5, 1/5; 4/11, 4/11, 3/11; 1/3 each.
    "two": [[0.4, 0.6], [0.6, 0.4]],
    "two of three": [[0.7, 0.3, 0.0], [0.0, 0.6, 0.4], [0.6, 0.2, 0.2]],
    "others of three": [[0.1, 0.7, 0.2], [0.6, 0.3, 0.1], [0.4, 0.0, 0.6]],
    "all three": [[0.4, 0.3, 0.3], [0.3, 0.4, 0.3], [0.3, 0.3, 0.4]],
}
"""Chains whose first regime is one of several most frequent ones."""


def level_regimes(chain: list[list[float]], sigmas: list[float]) -> dict[str, Any]:
    names = ["x", "y", "z"][: len(chain)]
    return {
        name: {"sigma": sigma, "next": dict(zip(names, row, strict=True))}
        for name, sigma, row in zip(names, sigmas, chain, strict=False)
    }


@pytest.mark.parametrize("chain", LEVEL)
@pytest.mark.parametrize("steps", [1, 4, 12])
@pytest.mark.parametrize("jumps", [None, JUMPS])
@pytest.mark.parametrize("kappa", [0.0, 0.25])
def test_central_case_centred_on_the_mean(chain, steps, jumps, kappa):
    """The mean over the steps of exp(-C), with the variance of the first most frequent regime."""
    sigmas = [0.44, 0.18, 0.7]
    process = {"kappa": kappa, "steps": steps, "jumps": jumps}
    regimes = {"kind": "regime_switching", "regimes": level_regimes(LEVEL[chain], sigmas)}
    plain = {"kind": "log_ou", "sigma": sigmas[0]}
    paths = {"regimes": regimes | process, "started": regimes | process | {"initial": "y"},
             "plain": plain | process}  # fmt: skip
    markets = {name: market(one, centre="mean") for name, one in paths.items()}
    plan = simcore.build(simcore.load(config(markets, draws=2, dtype="float64")))
    found = central_case(plan)
    growth = 0.8 * (exp(-0.1 + 0.045) - 1) if jumps else 0.0
    for place, year in enumerate(YEARS):
        times = [place + (step + 1) / steps for step in range(steps)]
        spread = [(1 - exp(-2 * kappa * t)) / (2 * kappa) if kappa else t for t in times]
        below = [exp(-0.5 * 0.44**2 * v - growth * t) for v, t in zip(spread, times, strict=True)]
        expected = 80.0 * sum(below) / steps
        for name in markets:
            assert found["carbon_price", "law", name, year] == pytest.approx(expected, rel=1e-12)
    assert list(disagreements(plan.spec.resolved(), found, None, complete=False)) == []


def test_shocks_of_steps_keep_their_correlation():
    pair = {"between": ["a", "b"], "rank": 0.6}
    markets = {
        name: market({"kind": "random_walk", "sigma": 0.01, "steps": 12}) for name in ("a", "b")
    }
    made = config(markets, correlations={"factors": [], "shocks": [pair]})
    run = simcore.run(made).sel(scenario="law")
    found = np.corrcoef(logs(run, "a")[-1], logs(run, "b")[-1])[0, 1]
    expected = 2 * np.sin(np.pi * 0.6 / 6)
    assert near(found, expected, (1 - expected**2) / sqrt(DRAWS))
