"""Fits of jumps and regimes: likelihoods against direct sums, recovery, and what is written."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from price_series import dates, write
from scipy.integrate import quad
from scipy.stats import norm, poisson

import simcore
from simcore import cli
from simcore.calibration import blocks, correlation, processes
from simcore.calibration.history import DAYS, History
from simcore.processes import FITS, Fitting, jumps, regimes
from simcore.processes.estimates import standard_errors

CHAIN = np.array([[0.75, 0.25], [0.4, 0.6]])


def history(when: np.ndarray, changes: np.ndarray) -> History:
    return History(when, 50 * np.exp(np.append(0, np.cumsum(changes))), "made.csv", "price")


def jumping(count: int, *, rate: float, mean: float, sd: float, sigma: float, seed: int) -> History:
    draws, when = np.random.default_rng(seed), dates(count + 1, seed=seed)
    steps = np.diff(when).astype(float) / DAYS
    number = draws.poisson(rate * steps)
    added = number * mean + np.sqrt(number) * sd * draws.standard_normal(count)
    noise = sigma * np.sqrt(steps) * draws.standard_normal(count)
    return history(when, noise + added - rate * steps * mean)


def switching(years: int, sigmas: tuple[float, ...], chain: np.ndarray, seed: int) -> History:
    draws = np.random.default_rng(seed)
    when = np.datetime64("1960-01-01") + 7 * np.arange(int(years * DAYS / 7))
    regime, states = 0, []
    for _ in range(years + 1):
        regime = draws.choice(len(sigmas), p=chain[regime])
        states.append(regime)
    year = when[1:].astype("datetime64[Y]").astype(int) + 10
    sigma = np.array(sigmas)[np.array(states)[year]]
    steps = np.diff(when).astype(float) / DAYS
    return history(when, sigma * np.sqrt(steps) * draws.standard_normal(len(steps)))


def value(fit: processes.Fit, name: str) -> tuple[float, float]:
    return fit.estimates[name].value, fit.estimates[name].error


# ------------------------------------------------------------------------------- reversion


def test_the_bias_of_reversion_where_a_step_is_long() -> None:
    # exp(kappa d) = 2 on four steps: (5 + 2*2 + 2^2)/(2 T) = 6.5/T.
    made = history(np.datetime64("2000-01-01") + 90 * np.arange(5), np.zeros(4))
    span = 360 / DAYS
    assert processes.reversion_bias(np.log(2) / (span / 4), made) == pytest.approx(6.5 / span)


def test_the_growth_of_the_mean_is_known_no_better_than_both_of_its_parts() -> None:
    # Var of the drift of the log is v/T, of half the variance v^2/(2n) where v is sigma^2.
    made = jumping(40, rate=0, mean=0, sd=0, sigma=2.0, seed=1)
    fit = processes.fit(made, "gbm")
    v = value(fit, "sigma")[0] ** 2
    assert value(fit, "mu")[1] == pytest.approx(np.sqrt(v / fit.span + v**2 / 80))


# ------------------------------------------------------------------------------------ jumps


def test_the_likelihood_of_jumps_is_a_sum_over_their_number() -> None:
    sigma, rate, mean, sd = 0.3, 6.0, -0.08, 0.12
    changes, steps = np.array([0.01, -0.3, 0.2]), np.array([7.0, 21.0, 400.0]) / DAYS
    total = 0.0
    for x, d in zip(changes, steps, strict=True):
        density = sum(
            poisson.pmf(n, rate * d)
            * norm.pdf(x, n * mean - rate * d * mean, np.sqrt(sigma**2 * d + n * sd**2))
            for n in range(80)
        )
        total -= np.log(density)
    values = np.array([sigma, rate, mean, sd])
    assert jumps.negative_log_likelihood(values, changes, steps) == pytest.approx(total, rel=1e-10)
    for d in (0.02, 1.5):  # a density, without drift

        def density(x: float, d: float = d) -> float:
            one = jumps.negative_log_likelihood(values, np.array([x]), np.array([d]))
            return float(np.exp(-one))

        assert quad(density, -4, 4, limit=400, points=[0])[0] == pytest.approx(1, abs=1e-6)
        drift = quad(lambda x: x * density(x), -4, 4, limit=400, points=[0])[0]
        assert drift == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_jumps_are_recovered(seed: int) -> None:
    truth = {"rate": 3.0, "mean": -0.1, "sd": 0.15, "sigma": 0.25}
    made = jumping(1500, seed=seed, **truth)
    fit = processes.fit(made, "merton")
    assert fit.unusable == ""
    for name, label in (
        ("rate", "rate"),
        ("jump_mean", "mean"),
        ("jump_sd", "sd"),
        ("sigma", "sigma"),
    ):
        found, error = value(fit, name)
        assert abs(found - truth[label]) < 4 * error, name
        assert error < 0.5 * abs(truth[label])
    assert fit.bic < processes.fit(made, "random_walk").bic
    assert fit.bic == pytest.approx(4 * np.log(1500) - 2 * fit.log_likelihood)


def test_growth_leaves_the_log_price_without_drift() -> None:
    fit = processes.fit(jumping(800, rate=3, mean=-0.1, sd=0.15, sigma=0.25, seed=1), "merton")
    sigma, rate, mean, sd = (
        value(fit, one)[0] for one in ("sigma", "rate", "jump_mean", "jump_sd")
    )
    # Drift of the log of a gbm with jumps: mu - sigma^2/2 - rate k, and the jumps add rate*mean.
    drift = jumps.growth(fit) - sigma**2 / 2 - rate * np.expm1(mean + sd**2 / 2) + rate * mean
    assert drift == pytest.approx(0, abs=1e-14)


def test_a_price_that_stands_still_is_no_jump_process() -> None:
    made = jumping(600, rate=0, mean=0, sd=0, sigma=0.4, seed=2)
    changes = np.diff(np.log(made.prices))
    changes[np.random.default_rng(0).random(600) < 0.6] = 0.0
    found = processes.calibrate(
        history(made.dates, changes), kinds=("merton", "random_walk"), frequency="weekly"
    )
    assert [one.kind for one in found.fits] == ["random_walk", "merton"]
    assert found.fits[1].bic < found.fits[0].bic
    assert "stands still" in found.fits[1].unusable
    assert any("of no use" in one for one in found.warnings)


# ---------------------------------------------------------------------------------- regimes


@pytest.mark.parametrize("count", [2, 3])
def test_the_likelihood_of_regimes_is_a_sum_over_their_paths(count: int) -> None:
    sigmas = np.array([0.15, 0.4, 0.8])[:count]
    chain = np.array([[0.7, 0.2, 0.1], [0.3, 0.5, 0.2], [0.1, 0.4, 0.5]])[:count, :count]
    chain = chain / chain.sum(axis=1, keepdims=True)
    years = np.array([2000, 2000, 2001, 2003, 2003, 2004])  # none in 2002
    steps = np.array([10.0, 200.0, 365.0, 700.0, 60.0, 300.0]) / DAYS
    changes = np.array([0.02, 0.5, -0.1, -0.9, 0.01, 0.3])
    start = np.linalg.matrix_power(chain, 400)[0]
    total = 0.0
    for path in product(range(count), repeat=5):
        weight = start[path[0]] * np.prod(
            [chain[a, b] for a, b in zip(path, path[1:], strict=False)]
        )
        for year, d, x in zip(years, steps, changes, strict=True):
            weight *= norm.pdf(x, 0, sigmas[path[year - 2000]] * np.sqrt(d))
        total += weight
    past = regimes.by_year(changes, steps, years)
    found, share = regimes.filtered(chain, past.likelihoods(sigmas), past.years)
    assert found == pytest.approx(np.log(total), rel=1e-12)
    assert share.sum() == pytest.approx(1)


def test_a_change_belongs_to_the_year_in_which_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    listed: Any = Fitting(lambda changes: changes.years.tolist(), FITS["gbm"].written)
    monkeypatch.setitem(FITS, "regime_switching", listed)
    first = np.arange("2001-02", "2002-02", dtype="datetime64[M]").astype("datetime64[D]")
    changes = np.linspace(-0.1, 0.2, 11)
    for day, expected in ((-1, [2001] * 11), (0, [2001] * 10 + [2002])):
        made: Any = processes.fit(history(first + day, changes), "regime_switching")
        assert made == expected


@pytest.mark.long
def test_regimes_are_recovered() -> None:
    made = switching(120, (0.2, 0.5), CHAIN, 3)
    fit = processes.fit(made, "regime_switching")
    for name, truth in (("calm.sigma", 0.2), ("rough.sigma", 0.5), ("calm.to.rough", 0.25),
                        ("rough.to.calm", 0.4)):  # fmt: skip
        found, error = value(fit, name)
        assert abs(found - truth) < 4 * error, name
        assert error < 0.3 * truth, name
    assert fit.unusable == ""
    others = [processes.fit(made, kind).bic for kind in ("random_walk", "regime_switching_3")]
    assert fit.bic < min(others)


@pytest.mark.long
def test_three_regimes_are_recovered() -> None:
    chain = np.array([[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.5, 0.4]])
    made = switching(200, (0.1, 0.3, 0.9), chain, 5)
    fit = processes.fit(made, "regime_switching_3")
    labels = regimes.NAMES[3]
    for i, one in enumerate(labels):
        assert (
            abs(value(fit, f"{one}.sigma")[0] - (0.1, 0.3, 0.9)[i])
            < 4 * value(fit, f"{one}.sigma")[1]
        )
        for j, other in enumerate(labels):
            if i != j:
                found, error = value(fit, f"{one}.to.{other}")
                assert abs(found - chain[i, j]) < 4 * error, (one, other)
    assert fit.bic < processes.fit(made, "regime_switching").bic


def test_the_regime_of_the_last_year_is_found() -> None:
    calm = switching(30, (0.2, 0.9), CHAIN, 3)
    for sigma, label in ((0.2, "calm"), (0.9, "rough")):
        changes = np.diff(np.log(calm.prices))
        last = calm.dates[1:].astype("datetime64[Y]") == calm.dates[-1].astype("datetime64[Y]")
        changes[last] = sigma * np.sqrt(7 / DAYS) * np.where(np.arange(last.sum()) % 2, 1, -1)
        fit = processes.fit(history(calm.dates, changes), "regime_switching")
        assert fit.initial == label


def test_too_few_years_for_regimes() -> None:
    made = switching(5, (0.2, 0.5), CHAIN, 1)
    with pytest.raises(ValueError, match="calendar years for 2 regimes"):
        processes.fit(made, "regime_switching")
    found = processes.calibrate(made, kinds=tuple(FITS), frequency="weekly")
    assert {one.kind for one in found.fits} == {"random_walk", "gbm", "log_ou", "merton"}
    assert sum("is not fitted" in one for one in found.warnings) == 2


def test_standard_errors_are_those_of_a_quadratic() -> None:
    matrix = np.array([[4.0, 1.0], [1.0, 2.0]])
    best = [0.3, -2.0]
    negative = lambda x: float(0.5 * (x - best) @ matrix @ (x - best))  # noqa: E731
    found = standard_errors(negative, best)
    assert found == pytest.approx(np.sqrt(np.diag(np.linalg.inv(matrix))).tolist(), rel=1e-5)
    held = standard_errors(negative, best, free=[True, False])
    assert held[0] == pytest.approx(0.5, rel=1e-5)
    assert np.isnan(held[1])


# ------------------------------------------------------------------------------ correlation


def test_the_error_of_a_rank_correlation_is_that_of_bonett_and_wright() -> None:
    when = np.datetime64("2010-01-01") + 7 * np.arange(13)
    draws = np.random.default_rng(8).standard_normal((2, 12))
    pair = {name: history(when, one) for name, one in zip("ab", draws, strict=True)}
    found = correlation.correlate(pair, frequency="weekly")[0]
    r = found.rank
    assert found.changes == 12
    assert found.error == pytest.approx((1 - r**2) * np.sqrt((1 + r**2 / 2) / 9))


@pytest.mark.parametrize(("rank", "possible"), [(-0.48, True), (-0.49, False)])
def test_correlations_that_fit_into_no_matrix_are_to_be_repaired(
    rank: float, possible: bool
) -> None:
    # Three pairs of normals share at least -1/2, which is a rank correlation of -0.4826.
    found = [
        correlation.Correlation(pair, rank, 0.1, 50, "2020-01-01", "2021-01-01")
        for pair in (("a", "b"), ("a", "c"), ("b", "c"))
    ]
    assert correlation.is_possible(tuple(found)) == possible
    text = blocks.correlation_block(found, [], frequency="weekly", today="2024-01-01")
    assert yaml.safe_load(text)["correlations"].get("repair", False) == (not possible)


# ---------------------------------------------------------------------------------- written


def written_market(kind: str, *, price_year: int | None) -> tuple[processes.Fit, dict[str, Any]]:
    made = jumping(300, rate=0, mean=0, sd=0, sigma=0.4, seed=4)
    found = processes.calibrate(made, kinds=(kind,), frequency="weekly")
    text = blocks.market_block(
        found, found.fits[0], name="made", unit="EUR/t", inflation=0.02, price_year=price_year,
        today="2024-01-01",
    )  # fmt: skip
    return found.fits[0], yaml.safe_load(text)["catalog"]["markets"]["made"]


def test_a_price_that_wanders_in_money_of_its_own_year_loses_inflation() -> None:
    nominal = written_market("random_walk", price_year=None)[1]
    assert nominal["nominal"] and nominal["carry"] == pytest.approx(-np.log(1.02), abs=1e-6)
    real = written_market("random_walk", price_year=2020)[1]
    assert not real["nominal"] and real["carry"] == 0
    fit, nominal = written_market("gbm", price_year=None)
    expected = value(fit, "mu")[0] - np.log(1.02)
    assert nominal["process"]["mu"]["mean"] == pytest.approx(expected, abs=1e-6)


def test_the_written_reversion_is_the_corrected_one() -> None:
    fit, market = written_market("log_ou", price_year=2020)
    kappa, error = value(fit, "kappa_corrected")
    assert market["process"]["kappa"]["mean"] == pytest.approx(kappa, abs=1e-6)
    assert market["process"]["kappa"]["sd"] == pytest.approx(error, rel=1e-2)
    assert kappa < 0.9 * value(fit, "kappa")[0]


@pytest.mark.parametrize(
    "kind",
    ["merton", "regime_switching", pytest.param("regime_switching_3", marks=pytest.mark.long)],
)
def test_a_written_process_is_the_fitted_one(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = jumping(1200, rate=3, mean=-0.1, sd=0.15, sigma=0.25, seed=1)
    if kind != "merton":
        made = switching(40, (0.1, 0.3, 0.9), np.full((3, 3), 1 / 3), 5)
    path, out = write(made, tmp_path / "made.csv"), tmp_path / "market.yaml"
    assert cli.main(["calibrate", str(path), "-o", str(out), "--names", "eu_ets", "--process", kind,
                     "--json"]) == 0  # fmt: skip
    fit: dict[str, Any] = json.loads(capsys.readouterr().out)["fits"][0]
    found = {name: one["value"] for name, one in fit["estimates"].items()}
    process = yaml.safe_load(out.read_text("utf-8"))["catalog"]["markets"]["eu_ets"]["process"]

    def written(quantity: dict[str, Any]) -> float:
        return float(quantity.get("mean", quantity.get("value")))

    if kind == "merton":
        assert process["kind"] == "gbm"
        assert written(process["sigma"]) == pytest.approx(found["sigma"], abs=1e-6)
        for key, name in (("rate", "rate"), ("mean", "jump_mean"), ("sd", "jump_sd")):
            assert written(process["jumps"][key]) == pytest.approx(found[name], abs=1e-6)
        k = np.expm1(found["jump_mean"] + found["jump_sd"] ** 2 / 2)
        real = found["sigma"] ** 2 / 2 + found["rate"] * (k - found["jump_mean"]) - np.log(1.02)
        assert written(process["mu"]) == pytest.approx(real, abs=2e-6)
    else:
        assert process["kind"] == "regime_switching"
        assert process["initial"] == fit["initial"]
        for label, regime in process["regimes"].items():
            assert written(regime["sigma"]) == pytest.approx(found[f"{label}.sigma"], abs=1e-6)
            assert sum(regime["next"].values()) == pytest.approx(1, abs=1e-12)
            for other, odds in regime["next"].items():
                if other != label:
                    assert odds == pytest.approx(found[f"{label}.to.{other}"], abs=6e-4)
    # It merges with the packaged market, and can be back-tested.
    assert simcore.load(out).experiment.catalog.markets["eu_ets"].process.kind == process["kind"]
    assert cli.main(["backtest", str(path), "--market", str(out), "--horizons", "1"]) == 0
