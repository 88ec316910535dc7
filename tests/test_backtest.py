"""Scores against closed forms and published values; a true model passes; the EU market too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from price_series import reverting, write
from scipy.integrate import quad
from scipy.stats import kstest, norm, qmc, triang
from small_config import market, small_config

import simcore
from simcore import cli
from simcore.calibration import backtest, markets, predictive, scores
from simcore.calibration.history import read
from simcore.errors import ConfigError
from simcore.processes import KINDS

pytestmark = pytest.mark.long

PRICES = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "prices_history.csv"

# ----------------------------------------------------------------------------------- scores


def test_crps_of_a_normal() -> None:
    assert scores.crps_normal(0, 1, 0) == pytest.approx((np.sqrt(2) - 1) / np.sqrt(np.pi))
    for mean, sd, observed in ((0.3, 0.5, 1.7), (-2, 3, -2.5)):
        direct = quad(
            lambda x, m=mean, s=sd, y=observed: (norm.cdf((x - m) / s) - (x >= y)) ** 2,
            mean - 12 * sd, mean + 12 * sd, points=[observed], limit=200,
        )[0]  # fmt: skip
        assert scores.crps_normal(mean, sd, observed) == pytest.approx(direct, rel=1e-6)


def crps_sample(draws: np.ndarray, observed: float) -> float:
    """CRPS of the empirical distribution of draws, in their unit.

    mean|X - y| - mean|X - X'|/2, the second by sorting (Gneiting and Raftery 2007, eq. 21).

    Parameters
    ----------
    draws : ndarray, shape (n,)
    observed : float
    """
    ordered, count = np.sort(draws), len(draws)
    weights = 2 * np.arange(1, count + 1) - count - 1
    spread = float(np.sum(weights * ordered)) / count**2
    return float(np.mean(np.abs(draws - observed))) - spread


def test_crps_of_a_sample() -> None:
    assert crps_sample(np.array([0.0, 1.0]), 0.0) == pytest.approx(0.25)
    draws = norm.ppf((np.arange(20000) + 0.5) / 20000)
    assert crps_sample(draws, 0.7) == pytest.approx(scores.crps_normal(0, 1, 0.7), abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-2, 2), st.floats(0.1, 2)), min_size=1, max_size=6),
    st.floats(-4, 4),
)
def test_a_mixture_is_scored_like_its_sample(parts: list[tuple[float, float]], y: float) -> None:
    means, sds = np.array(parts).T
    forecast = predictive.mixture(means, sds)
    nodes = norm.ppf((np.arange(800) + 0.5) / 800)
    draws = (means[:, None] + sds[:, None] * nodes).ravel()
    change = np.array([y])
    assert forecast.crps(change)[0] == pytest.approx(crps_sample(draws, y), abs=6e-3)
    assert forecast.pit(change)[0] == pytest.approx(np.mean(draws < y), abs=6e-3)
    assert forecast.crps(change)[0] >= -1e-6


def test_one_normal_is_the_normal() -> None:
    forecast = predictive.mixture(np.array([0.2]), np.array([0.4]))
    change = np.array([-1.0, 0.2, 0.9])
    np.testing.assert_allclose(
        forecast.crps(change), scores.crps_normal(0.2, 0.4, change), atol=1e-6
    )
    np.testing.assert_allclose(forecast.log_score(change), -norm.logpdf(change, 0.2, 0.4))
    np.testing.assert_allclose(forecast.pit(change), norm.cdf(change, 0.2, 0.4), atol=1e-5)


def test_kupiec_and_christoffersen_agree_with_a_published_example() -> None:
    # Jorion, Value at Risk, 3rd edition, section 6.2: J.P. Morgan in 1998, 20 misses in 252 days at
    # 5 %: LR 3.91; 14 of 232 after a day without, 6 of 20 after a miss: LR of independence 9.53.
    assert scores.kupiec(np.arange(252) < 20, 0.05)[0] == pytest.approx(3.91, abs=0.005)
    runs = [2] * 6 + [1] * 8
    misses = [False]
    for length in runs:
        misses += [True] * length + [False]
    misses = np.array(misses + [False] * (253 - len(misses)))
    both, _ = scores.christoffersen(misses, 0.05)
    assert both - scores.kupiec(misses, 0.05)[0] == pytest.approx(9.53, abs=0.005)


def test_kupiec_rejects_where_its_table_says() -> None:
    # Kupiec 1995, table 3: 255 days at 1 %, fewer than 7 misses are not rejected at 5 %; and 5 %:
    # more than 6 and fewer than 21.
    inside = {0.01: range(1, 7), 0.05: range(7, 21)}
    for rate, kept in inside.items():
        for missed in range(1, 26):
            p = scores.kupiec(np.arange(255) < missed, rate)[1]
            assert (p > 0.05) == (missed in kept), (rate, missed)


@pytest.mark.parametrize("misses", [[], [True], [False] * 5, [True] * 5])
def test_tests_of_coverage_survive_the_ends(misses: list[bool]) -> None:
    for test in (scores.kupiec, scores.christoffersen):
        statistic, p = test(np.array(misses, dtype=bool), 0.2)
        assert np.isnan(statistic) or (statistic >= 0 and 0 <= p <= 1)


def test_tests_of_coverage_reject_as_often_as_they_should() -> None:
    draws = np.random.default_rng(3)
    misses = draws.random((2000, 400)) < 0.2
    for test in (scores.kupiec, scores.christoffersen):
        rejected = np.mean([test(row, 0.2)[1] < 0.05 for row in misses])
        assert 0.035 < rejected < 0.07


# -------------------------------------------------------------------- forecasts of a market

MARKETS = {
    "walk": market({"kind": "random_walk", "sigma": 0.4}, carry=0.03),
    "drift": market({"kind": "gbm", "sigma": 0.3, "mu": {"kind": "normal", "mean": 0.05, "sd": 0.02}}),
    "anchored": market(
        {"kind": "log_ou", "sigma": {"kind": "triangular", "low": 0.2, "mode": 0.3, "high": 0.5},
         "kappa": {"kind": "uniform", "low": 0.0, "high": 0.6}},
        anchors={2030: {"low": 60, "central": 80 * np.exp(0.1), "high": 190},
                 2035: {"low": 55, "central": 80 * np.exp(0.2), "high": 250}},
        tightening={"probability": 0.4, "ramp": 2, "strength": 0.5,
                    "year": {"kind": "discrete", "values": [2026, 2029], "probabilities": [0.5, 0.5]}},
    ),
    "jumpy": market(
        {"kind": "gbm", "sigma": 0.2, "mu": 0.02, "jumps": {
            "rate": {"kind": "uniform", "low": 0.2, "high": 1.0}, "mean": -0.3,
            "sd": {"kind": "uniform", "low": 0.1, "high": 0.5}}},
    ),
    "jumpy_median": market(
        {"kind": "log_ou", "sigma": 0.2, "kappa": 0.4,
         "jumps": {"rate": 0.7, "mean": -0.3, "sd": 0.2}}, carry=0.02,
    ),
    "switching": market(
        {"kind": "regime_switching", "kappa": 0.3, "regimes": {
            "calm": {"sigma": 0.05, "next": {"calm": 0.8, "usual": 0.2}},
            "usual": {"sigma": {"kind": "uniform", "low": 0.2, "high": 0.4},
                      "next": {"calm": 0.1, "usual": 0.6, "wild": 0.3}},
            "wild": {"sigma": 1.2, "next": {"usual": 0.7, "wild": 0.3}}}}, centre="mean",
    ),
}  # fmt: skip


def test_forecasts_are_those_of_a_run() -> None:
    dense = {name for name, kind in KINDS.items() if kind.ahead is not None}
    assert dense == {one["process"]["kind"] for one in MARKETS.values()}
    config = small_config(
        markets=MARKETS, years={"first": 2026, "last": 2031}, draws=2**15,
        outcomes=["carbon_price"], keep=["carbon_price"], dtype="float64",
    )  # fmt: skip
    spec = simcore.load(config)
    run = simcore.run(config)
    probabilities = np.array([0.05, 0.1, 0.5, 0.9, 0.95])
    for name in MARKETS:
        record = spec.experiment.catalog.markets[name]
        eroded = 0.0 if record.anchors else np.log1p(spec.experiment.money.inflation)
        for years in (1, 3, 5):
            forecast = predictive.ahead(spec, record, years, growth=0.02)
            price = run.carbon_price.isel(scenario=0).sel(market=name, year=2025 + years)
            found = np.log(np.quantile(price.values, probabilities) / 80.0)
            expected = forecast.quantile(probabilities) - eroded * years
            # Five standard errors of a sample quantile of a normal of this spread.
            spread = np.std(np.log(price.values))
            error = spread * np.sqrt(probabilities * (1 - probabilities) / 2**15)
            error /= norm.pdf(norm.ppf(probabilities))
            assert np.all(np.abs(found - expected) < 5 * error + 0.003), (name, years)


def test_a_true_model_is_calibrated() -> None:
    history = reverting(6000, kappa=0, sigma=0.4, level=20, seed=4)
    spec = simcore.load(small_config(markets={"walk": MARKETS["walk"]}))
    record = spec.experiment.catalog.markets["walk"].model_copy(
        update={"carry": record_constant(-np.log1p(spec.experiment.money.inflation))}
    )
    forecasts = {1: predictive.ahead(spec, record, 1, growth=0.0)}
    found = backtest.backtest(history, forecasts, name="walk", carry=0.0).scores[0]
    apart = found.pit[::13]
    assert found.apart == len(apart)
    assert kstest(apart, "uniform").pvalue > 0.01
    assert found.coverage[0.8] == pytest.approx(0.8, abs=0.12)
    assert found.kupiec > 0.01


@pytest.fixture(scope="module")
def scored() -> backtest.Backtest:
    spec = simcore.load(small_config(markets={"walk": MARKETS["walk"]}))
    record = spec.experiment.catalog.markets["walk"]
    forecasts = {years: predictive.ahead(spec, record, years, growth=0) for years in (1, 2)}
    history = reverting(800, kappa=0, sigma=0.4, level=20, drift=0.3, seed=6)
    return backtest.backtest(history, forecasts, name="walk", carry=0.04)


@pytest.mark.parametrize("years", [1, 2])
def test_the_error_of_a_market_is_that_of_its_median(scored: backtest.Backtest, years: int) -> None:
    own = next(one for one in scored.scores if (one.model, one.horizon) == ("walk", years))
    levels = np.log(scored.history.prices)
    change = levels[scored.targets[years]] - levels[scored.origins[years]]
    median = scored.bands["walk", years][3]
    assert median == pytest.approx((0.03 + np.log(1.02)) * years, abs=1e-3)
    assert own.mean_error == pytest.approx(np.mean(change - median))


@pytest.mark.parametrize("years", [1, 2])
@pytest.mark.parametrize("growth", [0.0, 0.04])
def test_a_walk_is_scored_as_the_normal_that_it_is(
    scored: backtest.Backtest, years: int, growth: float
) -> None:
    label = "random walk +4%" if growth else "random walk"
    found = next(one for one in scored.scores if (one.model, one.horizon) == (label, years))
    levels = np.log(scored.history.prices)
    origins, targets = scored.origins[years], scored.targets[years]
    change, mean = levels[targets] - levels[origins], growth * years
    sds = [np.std(np.diff(levels)[:origin], ddof=1) * np.sqrt(52 * years) for origin in origins]
    bands = norm.ppf(np.array(backtest.LEVELS)[:, None], mean, sds)
    np.testing.assert_allclose(scored.bands[label, years], bands, atol=1e-12)
    np.testing.assert_allclose(found.pit, norm.cdf(change, mean, sds), atol=1e-12)
    assert found.log_score == pytest.approx(-norm.logpdf(change, mean, sds).mean())
    assert found.crps == pytest.approx(scores.crps_normal(mean, sds, change).mean())
    assert found.mean_error == pytest.approx(change.mean() - mean)
    assert found.below == pytest.approx(np.mean(change < bands[1]))
    assert found.above == pytest.approx(np.mean(change > bands[5]))
    mirror = 0.08 * years - change
    both = [scores.crps_normal(mean, sds, one).mean() for one in (change, mirror)]
    assert found.mirrored == pytest.approx(np.mean(both))
    for band, low, high in ((0.5, 2, 4), (0.8, 1, 5), (0.95, 0, 6)):
        inside = (bands[low] <= change) & (change <= bands[high])
        assert found.coverage[band] == pytest.approx(inside.mean())


def test_the_tests_of_a_band_are_on_what_does_not_overlap(scored: backtest.Backtest) -> None:
    for one in scored.scores:
        # Nothing lacks: an origin every four weeks, a forecast of 52 weeks a year.
        assert scored.skipped[one.horizon] == 0
        misses = (one.pit < 0.1) | (one.pit > 0.9)
        apart = misses[:: 13 * one.horizon]
        assert one.apart == len(apart)
        for test in (scores.kupiec, scores.christoffersen):
            found = getattr(one, test.__name__)
            if one.horizon == 1:
                assert one.apart >= backtest.FEWEST
                assert found == pytest.approx(test(apart, 0.2)[1])
            else:
                # Ten independent origins are the fewest that say anything.
                assert one.apart < backtest.FEWEST
                assert np.isnan(found)


def test_on_few_origins_a_test_of_a_band_cannot_reject() -> None:
    """Why there is no p-value: four forecasts keep any model that misses once or twice or never."""
    kept = [scores.kupiec(np.arange(4) < missed, 0.2)[1] for missed in range(3)]
    assert min(kept) > 0.05
    # A band that always misses 40 % of the time is kept in most such back-tests.
    assert sum(0.6 ** (4 - k) * 0.4**k * c for k, c in ((0, 1), (1, 4), (2, 6))) > 0.8


def test_a_direction_cannot_win_the_mirrored_score() -> None:
    """Two models that differ by the sign of their drift alone share it; the path prefers one."""
    history = reverting(800, kappa=0, sigma=0.3, level=20, drift=0.4, seed=6)
    spec = simcore.load(small_config(markets={"walk": MARKETS["walk"]}))
    record = spec.experiment.catalog.markets["walk"]
    found = {}
    for drift in (0.3, -0.3):
        own = record.model_copy(update={"carry": record_constant(drift - np.log(1.02))})
        ahead = {1: predictive.ahead(spec, own, 1, growth=0)}
        found[drift] = backtest.backtest(history, ahead, name="walk", carry=0.0).scores[0]
    assert found[0.3].crps < found[-0.3].crps - 0.1
    assert found[0.3].mirrored == pytest.approx(found[-0.3].mirrored, rel=1e-3)


def test_a_history_that_stands_still_at_first_has_no_random_walk_there() -> None:
    moving = reverting(300, kappa=0, sigma=0.4, level=20, seed=4)
    prices = np.concatenate([np.full(60, moving.prices[0]), moving.prices])
    days = moving.dates[0] + 7 * np.arange(-60, 300)
    history = type(moving)(days.astype("datetime64[D]"), prices, "made.csv", "price")
    spec = simcore.load(small_config(markets={"walk": MARKETS["walk"]}))
    forecasts = {1: predictive.ahead(spec, spec.experiment.catalog.markets["walk"], 1, growth=0)}
    found = backtest.backtest(history, forecasts, name="walk", minimum=0.5)
    # Origins every four weeks from week 26 on; the first change is that of week 61.
    assert found.still[1] == len(range(26, 61, 4))
    for one in found.scores:
        assert np.isfinite([one.crps, one.mirrored, one.log_score, one.mean_error]).all()
        assert np.isfinite(one.pit).all()
    still = type(moving)(days.astype("datetime64[D]"), np.full(360, 20.0), "made.csv", "price")
    with pytest.raises(ConfigError, match="no price that changed before any origin"):
        backtest.backtest(still, forecasts, name="walk")


@pytest.mark.parametrize(
    ("days", "frequency", "a_year"),
    [(1, "weekly", 52), (7, "weekly", 52), (30.4375, "monthly", 12), (91.3125, "quarterly", 4)],
)
def test_a_coarse_history_is_tested_at_its_own_frequency(
    days: float, frequency: str, a_year: int
) -> None:
    count = round(20 * 365.25 / days)
    rng = np.random.default_rng(7)
    path = np.cumsum(0.3 * np.sqrt(days / 365.25) * rng.standard_normal(count))
    dates = np.datetime64("2004-01-15") + np.round(days * np.arange(count)).astype(int)
    kind = type(reverting(2, kappa=0, sigma=1, level=1))
    history = kind(dates, 20 * np.exp(path), "made.csv", "price")
    spec = simcore.load(small_config(markets={"walk": MARKETS["walk"]}))
    forecasts = {2: predictive.ahead(spec, spec.experiment.catalog.markets["walk"], 2, growth=0)}
    found = backtest.backtest(history, forecasts, name="walk")
    assert found.frequency == frequency
    assert found.skipped[2] == 0
    passed = found.history.dates[found.targets[2]] - found.history.dates[found.origins[2]]
    assert np.all(np.abs(passed.astype(int) - 2 * 7 * a_year if a_year == 52 else
                         passed.astype(int) - 730.5) < max(8, days))  # fmt: skip
    sd = found.bands["random walk", 2][5, -1] / norm.ppf(0.9) / np.sqrt(2)
    assert sd == pytest.approx(0.3, rel=0.25)


def test_what_lies_on_the_bound_of_a_band_is_inside() -> None:
    # Bounds of 1/8 and 7/8 are exact numbers.
    pit = np.array([0.0, 0.1249, 0.125, 0.5, 0.875, 0.8751, 1.0])
    expected = [True, True, False, False, False, True, True]
    assert backtest.outside(pit, 0.75).tolist() == expected


def record_constant(value: float) -> object:
    from simcore.quantities import Constant

    return Constant(value=value)


def test_a_walk_knows_only_what_came_before() -> None:
    calm = reverting(600, kappa=0, sigma=0.2, level=20, seed=1)
    later = calm.prices.copy()
    later[-60:] *= np.exp(np.cumsum(np.random.default_rng(0).standard_normal(60)))
    wild = type(calm)(calm.dates, later, "", "")
    spec = simcore.load(small_config(markets={"walk": MARKETS["walk"]}))
    forecasts = {1: predictive.ahead(spec, spec.experiment.catalog.markets["walk"], 1, growth=0)}
    one, other = (backtest.backtest(h, forecasts, name="walk") for h in (calm, wild))
    early = slice(0, 50)
    np.testing.assert_array_equal(
        one.bands["random walk", 1][:, early], other.bands["random walk", 1][:, early]
    )


def test_a_short_history_is_refused() -> None:
    spec = simcore.load(small_config(markets={"walk": MARKETS["walk"]}))
    forecasts = {5: predictive.ahead(spec, spec.experiment.catalog.markets["walk"], 5, growth=0)}
    with pytest.raises(ConfigError, match="5 years ahead"):
        backtest.backtest(reverting(300, kappa=0, sigma=0.3, level=9), forecasts, name="walk")


# --------------------------------------------------------------------------------- commands


def test_the_picture_writes_plain_prices_between_two_powers_of_ten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    written = Figure.savefig

    def keep(figure: Figure, *places: Any, **options: Any) -> None:
        written(figure, *places, **options)
        seen.extend(one.get_text() for one in figure.axes[0].yaxis.get_ticklabels(which="both"))

    monkeypatch.setattr(Figure, "savefig", keep)
    path = write(reverting(420, kappa=0, sigma=0.05, level=40, seed=4), tmp_path / "made.csv")
    arguments = ["backtest", str(path), "--market", "k_ets", "--horizons", "1"]
    assert cli.main([*arguments, "-o", str(tmp_path / "out")]) == 0
    assert {"20", "50"} <= set(seen)
    assert not any("$" in one for one in seen)


def test_backtest_prints_scores_and_draws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(reverting(420, kappa=0, sigma=0.4, level=20, seed=4), tmp_path / "made.csv")
    arguments = ["backtest", str(path), "--market", "eu_ets", "--horizons", "1", "3"]
    assert cli.main([*arguments, "-o", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 100
    for word in ("CRPS", "ln(price)", "nats", "Thin evidence", "random walk +4%", "mirrored",
                 "<P10", ">P90", "No p-value below 10 independent origins"):  # fmt: skip
        assert word in said
    assert {file.name for file in (tmp_path / "out").iterdir()} == {
        "backtest.png", "scores.csv", "forecasts.csv",
    }  # fmt: skip
    assert cli.main([*arguments, "--json", "--window", "4"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["overlapping"] is True
    assert [row["horizon"] for row in found["scores"]] == [1] * 3 + [3] * 3
    assert found["scores"][3]["kupiec"] is None
    assert all(sum(row["pit"]) == row["origins"] for row in found["scores"])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--market", "eu_etss"], "did you mean eu_ets?"),
        (["--market", "none.yaml"], "no such file"),
        (["--market", "eu_ets", "--horizons", "9"], "9 years ahead"),
        (["--market", "eu_ets", "--minimum", "0"], "a number from 0.5 to 100"),
        (["--market", "{folder}/two.yaml"], "--name"),
        (["--market", "{folder}/fixed.yaml"], "a market with a volatility"),
        (["--market", "{folder}/two.yaml", "--name", "c"], "no market 'c'"),
        (["--market", "eu_ets", "--view", "mood"], "no view 'mood'"),
    ],
)
def test_what_cannot_be_scored_is_refused(
    options: list[str], expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(reverting(420, kappa=0, sigma=0.4, level=20, seed=4), tmp_path / "made.csv")
    one = "{unit: EUR/t, spot: {year: 2026, value: 70}, process: {kind: fixed}}"
    (tmp_path / "two.yaml").write_text(f"catalog: {{markets: {{a: {one}, b: {one}}}}}")
    (tmp_path / "fixed.yaml").write_text(f"catalog: {{markets: {{a: {one}}}}}")
    options = [option.format(folder=tmp_path) for option in options]
    assert cli.main(["backtest", str(path), *options]) == 2
    assert expected in capsys.readouterr().err


# -------------------------------------------------------------------- the European market


@pytest.mark.skipif(not PRICES.exists(), reason="no price history beside the checkout")
@pytest.mark.parametrize(
    ("window", "walk", "grows"),
    [
        # n_origins, CRPS without drift, CRPS with 4 % by horizon, from price_process_backtest.csv.
        (None, {1: (177, 0.2662), 3: (151, 0.5236), 5: (125, 0.9359)}, (0.2598, 0.4734, 0.8094)),
        (5.0, {1: (164, 0.2574), 3: (138, 0.5526), 5: (112, 1.0012)}, (0.2481, 0.4978, 0.8550)),
    ],
)
def test_the_european_market_is_as_wide_as_its_past(
    window: float | None, walk: dict[int, tuple[int, float]], grows: tuple[float, ...]
) -> None:
    history = read(PRICES, column="price", where={"instrument": "EUA"})
    spec, name, record = markets.find("eu_ets")
    forecasts = {years: predictive.ahead(spec, record, years, growth=0.04) for years in walk}
    found = backtest.backtest(history, forecasts, name=name, window=window)
    for place, (years, (origins, still)) in enumerate(walk.items()):
        own, plain, growing = found.scores[3 * place : 3 * place + 3]
        assert own.horizon == years
        # The random walks are those of the published table, to its last digit.
        assert plain.origins == origins
        assert plain.crps == pytest.approx(still, abs=6e-5)
        assert growing.crps == pytest.approx(grows[place], abs=6e-5)
        # Every miss is upward at three and five years.
        assert own.below == 0 or years == 1
        assert own.apart == {1: 14, 3: 4, 5: 2}[years] or window is not None


@pytest.mark.skipif(not PRICES.exists(), reason="no price history beside the checkout")
def test_the_market_of_before_had_the_direction_of_the_past() -> None:
    """Spread of version 0.1.0: good scores on the path, no better than a random walk mirrored."""
    history = read(PRICES, column="price", where={"instrument": "EUA"})
    forecasts = {years: spread_of_before(years) for years in (1, 3, 5)}
    found = backtest.backtest(history, forecasts, name="before").scores[::3]
    for one, above, crps, mirrored in zip(
        found, (0.14, 0.17, 0.26), (0.255, 0.437, 0.730), (0.260, 0.478, 0.821), strict=True
    ):
        assert one.above == pytest.approx(above, abs=0.01)
        assert one.crps == pytest.approx(crps, abs=0.004)
        assert one.mirrored == pytest.approx(mirrored, abs=0.004)
    assert [one.below for one in found[1:]] == [0.0, 0.0]
    assert [one.origins for one in found[1:]] == [151, 125]
    assert [one.apart for one in found] == [14, 4, 2]
    # A random walk of 45 % with the same growth does as well on both images.
    for years, expected in ((1, 0.259), (3, 0.475), (5, 0.822)):
        walk = market({"kind": "random_walk", "sigma": 0.45}, carry=0.04 - np.log(1.02))
        spec = simcore.load(small_config(markets={"walk": walk}))
        record = spec.experiment.catalog.markets["walk"]
        ahead = {years: predictive.ahead(spec, record, years, growth=0.04)}
        plain = backtest.backtest(history, ahead, name="walk").scores[0]
        assert plain.mirrored == pytest.approx(expected, abs=0.002)


def spread_of_before(years: int) -> predictive.Forecast:
    """Density of the eu_ets of version 0.1.0 around 4 % a year, from its own inputs.

    Anchors of 2030 with s+ = ln(275/115)/1.2816 and s- = ln(115/80)/1.2816, reached in a straight
    line from 2026; sigma .36/.47/.57, kappa 0/.05/.10; in one draw of ten a rise over three years.
    """
    u = qmc.Sobol(6, scramble=False).random(4096) + 0.5 / 4096
    z = norm.ppf(u[:, 0])
    way = min(years / 4, 1.0)
    beyond = (years - 4) / 5 if years > 4 else 0.0

    def side(first: float, second: float) -> float:
        return (way * first * (1 - beyond) + beyond * second) / norm.ppf(0.9)

    above, below = (side(np.log(275 / 115), np.log(360 / 150)),
                    side(np.log(115 / 80), np.log(150 / 90)))  # fmt: skip
    means = 0.04 * years + z * np.where(z > 0, above, below)
    sigma = triang.ppf(u[:, 1], (0.47 - 0.36) / 0.21, 0.36, 0.21)
    kappa = triang.ppf(u[:, 2], 0.5, 0.0, 0.10)
    start = np.select([u[:, 3] < 0.3, u[:, 3] < 0.7], [2028, 2029], 2031)
    strength = triang.ppf(u[:, 4], 0.4, 0.05, 0.25)
    ramp = np.clip((2026 + years - start) / 3, 0.0, 1.0)
    means = means + (u[:, 5] < 0.1) * strength * ramp
    return predictive.mixture(means, sigma * np.sqrt(-np.expm1(-2 * kappa * years) / (2 * kappa)))


def test_horizons_are_of_the_calendar(tmp_path: Path) -> None:
    # Prices of two weeks in three from the fourth year on: a year ahead stays a year ahead.
    full = reverting(520, kappa=0, sigma=0.4, level=20, seed=4)
    kept = np.ones(520, dtype=bool)
    kept[157::3] = False
    sparse = type(full)(full.dates[kept], full.prices[kept], "", "")
    spec = simcore.load(small_config(markets={"walk": MARKETS["walk"]}))
    forecasts = {
        years: predictive.ahead(spec, spec.experiment.catalog.markets["walk"], years, growth=0)
        for years in (1, 3)
    }
    for history in (full, sparse):
        found = backtest.backtest(history, forecasts, name="walk", minimum=2)
        for years in (1, 3):
            weekly = found.history.dates
            passed = weekly[found.targets[years]] - weekly[found.origins[years]]
            assert np.all(np.abs(passed.astype(int) - 364 * years) < 7)
            own = next(one for one in found.scores if one.horizon == years)
            assert own.origins == len(passed) == found.bands["walk", years].shape[1]
    assert sum(found.skipped.values()) > 0
    # The changes over two weeks count as one of their root: the volatility stays that of the path.
    sds = found.bands["random walk", 1][5] / norm.ppf(0.9)
    assert sds[-1] == pytest.approx(0.4, rel=0.12)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=60, unique=True), st.integers(1, 90))
def test_forecasts_apart_do_not_overlap(begins: list[int], length: int) -> None:
    weeks = np.array(sorted(begins))
    chosen = weeks[backtest.not_overlapping(weeks, length)]
    assert chosen[0] == weeks[0]
    assert np.all(np.diff(chosen) >= length)
    # None could be added: whatever is left out begins before the one before it has ended.
    for week in set(weeks.tolist()) - set(chosen.tolist()):
        assert week - chosen[chosen < week].max() < length


def test_a_window_holds_so_many_years() -> None:
    calm = reverting(600, kappa=0, sigma=0.2, level=20, seed=1)
    wild = reverting(600, kappa=0, sigma=0.8, level=20, seed=1)
    half = np.concatenate([np.diff(np.log(wild.prices))[:300], np.diff(np.log(calm.prices))[300:]])
    history = type(calm)(calm.dates, 20 * np.exp(np.append(0, np.cumsum(half))), "", "")
    spec = simcore.load(small_config(markets={"walk": MARKETS["walk"]}))
    forecasts = {1: predictive.ahead(spec, spec.experiment.catalog.markets["walk"], 1, growth=0)}
    found = backtest.backtest(history, forecasts, name="walk", window=2)
    weekly = np.log(found.history.prices)
    for place in (0, 20, -1):
        origin = found.origins[1][place]
        own = np.std(np.diff(weekly)[origin - 104 : origin], ddof=1) * np.sqrt(52)
        sd = found.bands["random walk", 1][5, place] / norm.ppf(0.9)
        assert sd == pytest.approx(own, rel=1e-9)


def test_a_market_that_follows_another_has_no_density_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "prices.csv"
    days = np.arange("2015-01-01", "2020-01-01", 7, dtype="datetime64[D]")
    file.write_text("date,price\n" + "\n".join(f"{day},{40 + place % 7}"
                                               for place, day in enumerate(days)))  # fmt: skip
    assert cli.main(["backtest", str(file), "--market", "uk_ets"]) == 2
    said = capsys.readouterr().err
    assert "times a ratio" in said
    assert "score eu_ets" in said
