"""Fits recover what made the series; files that cannot be used say why; what is written can be."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
import yaml
from batteries import some
from hypothesis import given, settings
from hypothesis import strategies as st
from price_series import reverting, write
from scipy.stats import linregress, spearmanr

import simcore
from simcore import cli
from simcore.calibration import correlation, processes
from simcore.calibration.history import History, read, sampled
from simcore.calibration.unit_root import critical_values, dickey_fuller
from simcore.errors import ConfigError

pytestmark = pytest.mark.long

DIFFUSIONS = ("random_walk", "gbm", "log_ou")


def estimate(fit: processes.Fit, name: str) -> tuple[float, float]:
    return fit.estimates[name].value, fit.estimates[name].error


# ------------------------------------------------------------------------------------- fits


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("step", [7, 30])
def test_a_random_walk_is_recovered(seed: int, step: int) -> None:
    history = reverting(800, kappa=0, sigma=0.4, level=20, drift=0.1, seed=seed, step=step)
    fit = processes.fit(history, "gbm")
    sigma, error = estimate(fit, "sigma")
    assert abs(sigma - 0.4) < 4 * error
    assert error == pytest.approx(0.4 / np.sqrt(2 * 799), rel=0.1)
    mu, error = estimate(fit, "mu")
    assert abs(mu - (0.1 + 0.5 * 0.4**2)) < 4 * error
    assert error == pytest.approx(0.4 / np.sqrt(fit.span), rel=0.1)


def test_a_drift_is_that_of_the_mean() -> None:
    # Maximum likelihood on paper: only the ends of the history count for the drift of the log.
    history = reverting(300, kappa=0, sigma=0.8, level=20, seed=3)
    found = processes.fit(history, "gbm")
    drift = np.log(history.prices[-1] / history.prices[0]) / found.span
    sigma = estimate(found, "sigma")[0]
    assert estimate(found, "mu")[0] == pytest.approx(drift + 0.5 * sigma**2)


@pytest.mark.parametrize("seed", range(4))
def test_reversion_is_recovered(seed: int) -> None:
    history = reverting(2000, kappa=1.5, sigma=0.4, level=50, seed=seed)
    fit = processes.fit(history, "log_ou")
    for name, truth in (("sigma", 0.4), ("kappa", 1.5), ("level", 50)):
        value, error = estimate(fit, name)
        assert abs(value - truth) < 4 * error, name
    assert fit.bic < processes.fit(history, "random_walk").bic
    corrected = estimate(fit, "kappa")[0] - processes.reversion_bias(
        estimate(fit, "kappa")[0], history
    )
    assert estimate(fit, "kappa_corrected")[0] == pytest.approx(corrected)


def test_standard_errors_are_the_spread_of_estimates() -> None:
    every = [
        processes.fit(reverting(400, kappa=3, sigma=0.5, level=10, seed=seed), "log_ou")
        for seed in range(60)
    ]
    for name in ("kappa", "sigma"):
        found = np.array([estimate(fit, name) for fit in every])
        # The spread of 60 values is known to 9 %, one standard error.
        assert np.std(found[:, 0], ddof=1) == pytest.approx(found[:, 1].mean(), rel=0.35)


@pytest.mark.long
def test_the_bias_of_reversion_is_what_the_formula_says() -> None:
    every = [reverting(261, kappa=0.5, sigma=0.4, level=10, seed=seed) for seed in range(100)]
    found = [estimate(processes.fit(one, "log_ou"), "kappa")[0] for one in every]
    bias = np.mean(found) - 0.5
    error = np.std(found) / 10
    assert bias > 4 * error
    assert abs(bias - processes.reversion_bias(0.5, every[0])) < 4 * error


def test_processes_agree_where_they_are_the_same() -> None:
    history = reverting(300, kappa=0, sigma=0.3, level=10, seed=3)
    walk, drifting, back = (processes.fit(history, kind) for kind in DIFFUSIONS)
    assert walk.log_likelihood <= drifting.log_likelihood <= back.log_likelihood + 1e-4
    assert walk.aic == pytest.approx(2 - 2 * walk.log_likelihood)
    assert back.bic == pytest.approx(3 * np.log(299) - 2 * back.log_likelihood)


@settings(max_examples=20, deadline=None)
@given(st.floats(1e-3, 1e6), st.sampled_from(DIFFUSIONS))
def test_the_unit_of_prices_does_not_matter(factor: float, kind: str) -> None:
    history = reverting(120, kappa=1, sigma=0.3, level=10, seed=5)
    scaled = History(history.dates, factor * history.prices, history.file, history.column)
    one, other = processes.fit(history, kind), processes.fit(scaled, kind)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-6)
    for name in one.estimates:
        ratio = factor if name == "level" else 1.0
        assert estimate(other, name)[0] == pytest.approx(ratio * estimate(one, name)[0], rel=1e-4)


# -------------------------------------------------------------------------------- unit root


def test_critical_values_are_those_of_fullers_table() -> None:
    # Fuller 1976, Introduction to Statistical Time Series, table 8.5.2, to its two digits.
    table = {50: (-3.58, -2.93, -2.60), 100: (-3.51, -2.89, -2.58), 250: (-3.46, -2.88, -2.57)}
    for count, row in table.items():
        assert list(critical_values(count).values()) == pytest.approx(row, abs=0.022)


def test_the_statistic_is_that_of_a_regression() -> None:
    x = np.log(reverting(200, kappa=2, sigma=0.3, level=10, seed=1).prices)
    line = linregress(x[:-1], np.diff(x))
    assert dickey_fuller(x, lags=0).statistic == pytest.approx(line.slope / line.stderr)


@pytest.mark.long
def test_a_unit_root_is_rejected_as_often_as_it_should_be() -> None:
    draws = np.random.default_rng(4)
    walks = [np.cumsum(draws.standard_normal(150)) for _ in range(400)]
    rejected = [(dickey_fuller(walk).rejected or 1) <= 0.05 for walk in walks]
    assert 0.02 < np.mean(rejected) < 0.09
    back = [np.log(reverting(1000, kappa=4, sigma=0.4, level=9, seed=k).prices) for k in range(10)]
    assert all((dickey_fuller(one).rejected or 1) <= 0.05 for one in back)


# ------------------------------------------------------------------------------ correlation


def test_correlation_is_recovered_on_common_dates() -> None:
    draws = np.random.default_rng(8)
    when = np.datetime64("2010-01-01") + 7 * np.arange(600)
    shocks = draws.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 600)
    one, other = (
        History(when[keep], np.exp(0.05 * np.cumsum(shocks[:, place]))[keep], "x", "y")
        for place, keep in enumerate((slice(0, 550), slice(30, 600)))
    )
    found = correlation.correlate({"a": one, "b": other}, frequency="weekly")[0]
    assert found.changes == 519
    assert abs(found.rank - 6 / np.pi * np.arcsin(0.3)) < 4 * found.error
    common = [
        np.diff(np.log(h.prices[s])) for h, s in ((one, slice(30, None)), (other, slice(520)))
    ]
    assert found.rank == pytest.approx(spearmanr(*common).statistic)


def test_too_few_common_dates_are_a_fault() -> None:
    early = reverting(100, kappa=0, sigma=0.3, level=1)
    late = History(early.dates + 5000, early.prices, "late", "price")
    with pytest.raises(ConfigError, match="0 common changes"):
        correlation.correlate({"a": early, "b": late}, frequency="weekly")


# ------------------------------------------------------------------------------------ files

GOOD = "\n".join(f"2020-{1 + k // 28:02}-{1 + k % 28:02},{10 + k % 7}" for k in range(120))
FAULTS = {
    "zero": ("date,price\n2020-01-01,10\n2020-01-02,0\n", "a price above zero"),
    "negative": ("date,price\n2020-01-01,10\n2020-01-02,-3\n", "a price above zero"),
    "text": ("date,price\n2020-01-01,10\n2020-01-02,dear\n", "a number"),
    "absurd": ("date,price\n2020-01-01,10\n2020-01-02,1e300\n", "a price from 1e-06 to 1e+12"),
    "infinite": ("date,price\n2020-01-01,10\n2020-01-02,inf\n", "a number"),
    "date": ("date,price\n31/12/2020,10\n2020-01-02,3\n", "YYYY-MM-DD"),
    "no such day": ("date,price\n2020-02-31,10\n2020-01-02,3\n", "YYYY-MM-DD"),
    "two prices of a date": ("date,price\n2020-01-01,10\n2020-01-01,11\n", "one price a date"),
    "no column of dates": ("day,price\nfirst,10\n", "one of the columns day, price"),
    "which column": ("date,open,close\n2020-01-01,10,11\n", "the column of the prices"),
    "empty": ("", "a line of headings"),
    "only headings": ("date,price\n", "a line of headings"),
    "one price": ("date,price\n2020-01-01,10\n", "two dates or more"),
    "few prices": ("date,price\n2020-01-01,10\n2020-02-01,11\n", "10 changes or more"),
    "flat": ("date,price\n" + "\n".join(f"19{k:02}-01-01,10" for k in range(30)), "that changes"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_file_is_refused(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, expected = FAULTS[name]
    path = tmp_path / "prices.csv"
    path.write_text(text, encoding="utf-8")
    assert cli.main(["calibrate", str(path)]) == 2
    said = capsys.readouterr()
    assert expected in said.err
    assert all(word in said.err for word in ("found", "expected", "remedy", "prices.csv"))
    assert said.out == ""


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--column", "pric"], "did you mean price?"),
        (["--where", "price"], "COLUMN=VALUE"),
        (["--column", "price", "--where", "price=7.77"], "no row has price=7.77"),
        (["--from", "yesterday"], "write --from 2018-01-01"),
        (["--unit", "bananas"], "money per tonne"),
        (["--names", "a b"], "letters, digits and _"),
        (["--correlation"], "two files or more"),
        (["--column", "price", "--column", "date"], "one"),
        (["-o", "{folder}/missing/x.yaml"], "a file that can be written"),
    ],
)
def test_an_unusable_option_is_refused(
    options: list[str], expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("date,price\n" + GOOD, encoding="utf-8")
    assert cli.main(["calibrate", str(path), *(o.format(folder=tmp_path) for o in options)]) == 2
    assert expected in capsys.readouterr().err


WRITTEN = {
    "semicolons": ("date;price\n2020-01-31;1234,5\n2020-02-29;7,25\n", "commas read as decimal"),
    "tabs": ("date\tprice\n2020-01-31\t1234.5\n2020-02-29\t7.25\n", ""),
    "thousands": (
        'date,price\n2020-01-31,"1,234.5"\n2020-02-29,7.25\n',
        "commas read as thousands",
    ),
    "points": ("date;price\n2020-01-31;1.234,5\n2020-02-29;7,25\n", "commas read as decimal"),
    "day first": ("date,price\n31/01/2020,1234.5\n29/02/2020,7.25\n", "day/month/year"),
    "day first in points": ("date,price\n31.1.2020,1234.5\n29.2.2020,7.25\n", "day/month/year"),
    "month first": ("date,price\n01/31/2020,1234.5\n02/29/2020,7.25\n", "month/day/year"),
    "year first": ("date,price\n2020/01/31,1234.5\n2020/02/29,7.25\n", "year/month/day"),
    "months": ("date,price\n2020-01,1234.5\n2020-02,7.25\n", "last day"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_other_ways_to_write_are_read_and_told(name: str, tmp_path: Path) -> None:
    text, note = WRITTEN[name]
    path = tmp_path / "prices.csv"
    path.write_text(text, encoding="utf-8")
    history = read(path)
    assert [str(day) for day in history.dates] == ["2020-01-31", "2020-02-29"]
    assert list(history.prices) == [1234.5, 7.25]
    assert note in "; ".join(history.notes)


@pytest.mark.parametrize(
    "text",
    [
        "date,price\n01/02/2020,5\n03/04/2020,6\n",  # day or month first?
        "date,price\n31/01/2020,5\n01/31/2020,6\n",  # both
        "date,price\n31/01/2020,5\n2020-02-01,6\n",
        "date;price\n2020-01-31;1,234\n2020-02-29;2,345\n",  # thousands or decimals?
        "date;price\n2020-01-31;1.234,5\n2020-02-29;2,345.5\n",
        "date;price\n2020-01-31;1,2,3\n2020-02-29;7\n",
    ],
)
def test_what_may_be_read_in_two_ways_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        read(path)
    assert raised.value.faults[0].line in (2, 3)


def test_many_faults_of_a_sort_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    rows = [f"2020-01-{k:02},-1" for k in range(1, 31)] + ["x,2"]
    path.write_text("date,price\n" + "\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        read(path)
    faults = raised.value.faults
    assert [fault.line for fault in faults] == [2, 3, 4, 5, 6, 32]
    assert faults[4].found == "-1, and 25 more"


def test_every_fault_of_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("date,price\n2020-01-01,-1\nx,2\n2020-01-03,a\n", encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        read(path)
    assert [fault.line for fault in raised.value.faults] == [2, 3, 4]


def test_what_is_odd_but_usable_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(
        "Date,price,who\n2020-01-03,7,a\n2020-01-01,7,a\n2020-01-01,7,a\n2020-01-02,,a\n"
        "2020-01-04,8,a\n2020-03-01T12:00,9,a\n2020-01-05,5,b\n", encoding="utf-8",
    )  # fmt: skip
    history = read(path, where={"who": "a"})
    assert list(history.prices) == [7, 7, 8, 9]
    assert str(history.dates[0]) == "2020-01-01"
    notes = "; ".join(history.notes)
    for word in ("1 rows without a price", "seen before", "57 days", "33.3 % of the changes"):
        assert word in notes
    assert list(read(path, last="2020-01-31", duplicates="mean").prices) == [7, 7, 8, 5]


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(25)), st.sampled_from(["weekly", "monthly", "quarterly", "annual"]))
def test_the_order_of_rows_does_not_matter(order: list[int], frequency: str) -> None:
    import tempfile

    history = reverting(25, kappa=0, sigma=0.3, level=10, step=20)
    shuffled = History(history.dates[order], history.prices[order], "", "")
    with tempfile.TemporaryDirectory() as folder:
        found = read(write(shuffled, Path(folder) / "p.csv"))
    np.testing.assert_array_equal(found.dates, history.dates)
    np.testing.assert_array_equal(found.prices, history.prices)
    kept = sampled(found, frequency)
    assert set(kept.dates) <= set(found.dates)
    assert kept.dates[-1] == found.dates[-1]
    assert list(sampled(kept, frequency).prices) == list(kept.prices)


def test_weeks_end_on_friday() -> None:
    when = np.datetime64("2024-03-04") + np.arange(14)  # a Monday
    history = History(when, np.arange(1.0, 15.0), "", "")
    kept = sampled(history, "weekly").dates
    assert [str(day) for day in kept] == ["2024-03-08", "2024-03-15", "2024-03-17"]


# --------------------------------------------------------------------------------- commands


def command(*arguments: object, code: int = 0) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = cli.main([*map(str, arguments)])
    assert status == code, said.getvalue()
    return said.getvalue()


def test_calibrate_prints_and_writes_what_check_accepts(tmp_path: Path) -> None:
    path = write(reverting(300, kappa=1.2, sigma=0.4, level=60, seed=2), tmp_path / "made.csv")
    out = tmp_path / "market.yaml"
    said = command("calibrate", path, "-o", out, "--names", "made")
    assert max(len(line) for line in said.splitlines() if str(tmp_path) not in line) <= 100
    assert "std.error" in said and "ADF" in said and "biased upwards" in said
    assert "ok" in command("check", out)
    assert "add --overwrite" in command("calibrate", path, "-o", out, code=2)
    assert "no such file" in command("calibrate", tmp_path / "none.csv", code=2)


@pytest.mark.parametrize(
    ("kind", "name"),
    some([("log_ou", "eu_ets"), *((kind, "made") for kind in DIFFUSIONS),
          ("gbm", "eu_ets"), ("random_walk", "eu_ets")], each=2),
)  # fmt: skip
def test_a_written_market_runs_and_carries_its_origin(
    kind: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(reverting(300, kappa=2.5, sigma=0.4, level=60, seed=2), tmp_path / "made.csv")
    out = tmp_path / "market.yaml"
    assert cli.main(
        ["calibrate", str(path), "-o", str(out), "--names", name, "--process", kind, "--json"]
    ) == 0  # fmt: skip
    said = json.loads(capsys.readouterr().out)
    content = yaml.safe_load(out.read_text("utf-8"))
    market = content["catalog"]["markets"][name]
    assert market["process"]["kind"] == kind == said["fits"][0]["kind"]
    sigma = market["process"]["sigma"]
    assert sigma["mean"] == pytest.approx(said["fits"][0]["estimates"]["sigma"]["value"], abs=1e-6)
    for word in ("made.csv", "2000-01", "standard error", "fitted on 20"):
        assert word in out.read_text("utf-8"), word
    assert "299 weekly changes" in market["at"]
    spec = simcore.load(out)
    if name == "eu_ets":
        used = spec.experiment.catalog.markets["eu_ets"]
        assert used.tightening is None
        assert used.process.kind == kind
        if kind == "log_ou":
            # The written path is the conditional median of the fitted process.
            found = {k: v["value"] for k, v in said["fits"][0]["estimates"].items()}
            last, years = market["spot"]["value"], 3
            decay = np.exp(-found["kappa_corrected"] * years)
            median = found["level"] * (last / found["level"]) ** decay
            assert used.anchors[market["spot"]["year"] + years].central == pytest.approx(
                median, rel=1e-4
            )


def test_growth_is_written_in_real_terms(tmp_path: Path) -> None:
    path = write(reverting(300, kappa=0, sigma=0.3, level=60, drift=0.1), tmp_path / "made.csv")
    written = {}
    for label, options in (("nominal", []), ("real", ["--price-year", "2025"])):
        out = tmp_path / f"{label}.yaml"
        assert cli.main(
            ["calibrate", str(path), "-o", str(out), "--process", "gbm", "--names", "m", *options]
        ) == 0  # fmt: skip
        written[label] = yaml.safe_load(out.read_text("utf-8"))["catalog"]["markets"]["m"]
    gap = written["real"]["process"]["mu"]["mean"] - written["nominal"]["process"]["mu"]["mean"]
    assert gap == pytest.approx(np.log(1.02), abs=2e-6)
    assert written["nominal"]["nominal"] and not written["real"]["nominal"]


def test_correlations_are_written_as_a_config(tmp_path: Path) -> None:
    files = [
        write(reverting(200, kappa=0, sigma=0.3, level=9, seed=seed), tmp_path / f"p{seed}.csv")
        for seed in (0, 10)
    ]
    out = tmp_path / "shocks.yaml"
    said = command("calibrate", "--correlation", *files, "--names", "eu_ets", "uk_ets", "-o", out,
                   "--frequency", "monthly")  # fmt: skip
    assert "std.error" in said
    assert "ok" in command("check", out)
    pair = yaml.safe_load(out.read_text("utf-8"))["correlations"]["shocks"][0]
    assert pair["between"] == ["eu_ets", "uk_ets"]
    assert "p0.csv" in pair["source"] and "standard error" in pair["at"]


@settings(max_examples=8, deadline=None)
@given(
    st.one_of(
        st.lists(st.floats(1e-6, 1e12), min_size=12, max_size=25),
        st.sampled_from([[1e12, 1e-6] * 8, [5.0] * 6 + [6.0] + [5.0] * 8, [2.0**k for k in range(15)]]),
    )
)  # fmt: skip
def test_no_prices_bring_a_traceback(prices: list[float]) -> None:
    when = np.datetime64("2020-01-03") + 7 * np.arange(len(prices))
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        path = write(History(when, np.array(prices), "", ""), Path(folder) / "p.csv")
        out = Path(folder) / "m.yaml"
        status = cli.main(["calibrate", str(path), "-o", str(out), "--process", "log_ou"])
        assert status in (0, 2)
        if status == 0:
            simcore.load(out)
