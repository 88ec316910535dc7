"""Rules that choose among decisions without probabilities of the scenarios, and the page of them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from test_decisions import config, run

import simcore
from simcore import cli
from simcore.analysis.choice import among, decide, regret_by_scenario
from simcore.analysis.rules import rule_of, scores_of
from simcore.dataset import RunError, open_run
from simcore.numerics.student import students_t
from simcore.plots.decisions import regret, worth
from simcore.report.content import charts_of
from simcore.running import engine
from simcore.terminal.decision_page import Page

# By hand: rows are scenarios, columns decisions.
WORTH = np.array([[10.0, 6.0, 2.0], [-4.0, 5.0, 2.5], [0.0, 1.0, 3.0]])
RULES = ["expected", "maximin", "minimax_regret", {"hurwicz": 0.5}, "hurwicz=1", "hurwicz=0"]
KEPT = [f"decision_npv{one}" for one in ("", "_mean", "_standard_error", "_positive")]


def made(draws: Any, *, keep: bool = True, **told: Any) -> xr.Dataset:
    """A run whose decisions have these draws, shape (scenarios, decisions, draws)."""
    draws = np.asarray(draws, dtype=float)
    scenarios, decisions, n = draws.shape
    place = ("scenario", "decision")
    levels = [0.01, 0.05, 0.5, 0.95, 0.99]
    at = [draws if keep else None, draws.mean(-1), draws.std(-1, ddof=1) / np.sqrt(n),
          (draws > 0).mean(-1)]  # fmt: skip
    held: dict[str, Any] = {
        name: ((*place, "draw") if name == "decision_npv" else place, one)
        for name, one in zip(KEPT, at, strict=True) if one is not None
    }  # fmt: skip
    for part, shift in (("", 0.0), ("_low", -0.02), ("_high", 0.02)):
        asked = np.clip(np.array(levels) + shift, 0, 1)
        values = np.moveaxis(np.quantile(draws, asked, axis=-1), 0, -1)
        held[f"decision_npv_quantile{part}"] = ((*place, "quantile"), values)
    found = xr.Dataset(held, coords={
        "scenario": list("ABC")[:scenarios], "decision": ["one", "two", "three"][:decisions],
        "quantile": levels,
    })  # fmt: skip
    said = {"metric": "decision_npv.mean", "weights": {}, "rules": ["maximin"], "valued_in": 2026,
            "until": 2040, "projects": {one: [] for one in found.decision.values.tolist()}}  # fmt: skip
    found.attrs = {"decisions": json.dumps(said | told), "draws": n, "currency": "EUR",
                   "price_year": 2025, "title": "By hand"}  # fmt: skip
    return found


def spread(worth_: Any, noise: float = 1.0, n: int = 400) -> np.ndarray:
    """Draws around what decisions are worth; the mean is exact."""
    random = np.random.default_rng(1).normal(0, noise, (*np.shape(worth_), n))
    random -= random.mean(-1, keepdims=True)
    return np.asarray(worth_)[..., None] + random


# ---------------------------------------------------------------- rules by hand


def test_each_rule_by_hand():
    weights = {"A": 0.7, "B": 0.2, "C": 0.1}
    found = decide(made(spread(WORTH)), rules=RULES, weights=weights)
    by_hand = {
        "expected": [6.2, 5.3, 2.2], "maximin": [-4, 1, 2], "minimax_regret": [-9, -4, -8],
        "hurwicz=0.5": [3, 3.5, 2.5], "hurwicz=1": [10, 6, 3], "hurwicz=0": [-4, 1, 2],
    }  # fmt: skip
    picks = dict(zip(by_hand, ["one", "three", "two", "two", "one", "three"], strict=True))
    for name, score in by_hand.items():
        one = found.sel(rule=name)
        np.testing.assert_allclose(one["score"], score, atol=1e-9)
        assert one["pick"].item() == picks[name]
        np.testing.assert_allclose(one["behind"], np.max(score) - np.array(score), atol=1e-9)
    assert found["deciding"].sel(rule="maximin").values.tolist() == ["B", "C", "A"]
    assert found["deciding"].sel(rule="minimax_regret").values.tolist() == ["B", "A", "A"]
    np.testing.assert_allclose(found["metric_regret"], WORTH.max(1)[:, None] - WORTH, atol=1e-9)


def test_enough_is_in_the_worst_scenario():
    # Of ten draws: nine and six above zero; eight and eight; never.
    draws = np.full((2, 3, 10), -1.0)
    draws[0, 0, :9], draws[1, 0, :6], draws[:, 1, :8], draws[:, 2] = 1.0, 1.0, 1.0, 0.0
    found = decide(made(draws), rules=["satisfice=0,0.8", {"satisfice": {"above": -2}}])
    np.testing.assert_allclose(found["score"], [[0.6, 0.8, 0.0], [1, 1, 1]])
    assert found["enough"].values.tolist() == [[False, True, False], [True, True, True]]
    assert found["pick"].values.tolist() == ["two", "one"]


def test_slopes_are_those_of_the_scores():
    """What a score gains where one number is a little more."""
    weights, step = np.array([0.5, 0.3, 0.2]), 1e-6
    for written in RULES:
        rule = rule_of(written)
        found = scores_of(rule, WORTH, weights)
        for s, e in np.ndindex(*WORTH.shape):
            more = WORTH.copy()
            more[s, e] += step
            gained = (scores_of(rule, more, weights).score - found.score) / step
            np.testing.assert_allclose(gained, found.slopes[:, s, e], atol=1e-6)


# ---------------------------------------------------------------- how surely it is known


def test_error_is_that_of_the_paired_draws():
    draws = spread(WORTH[:2, :2], noise=3.0)
    found = decide(made(draws), rules=["expected"], weights={"A": 1, "B": 3})
    apart = 0.25 * draws[0] + 0.75 * draws[1]
    apart = apart[1] - apart[0]
    by_hand = apart.std(ddof=1) / np.sqrt(apart.size)
    assert found["pick"].item() == "two"
    np.testing.assert_allclose(found["behind_error"].sel(decision="one"), by_hand, rtol=1e-9)
    own = draws[0, 0] - draws[0, 1]
    error = found["difference_error"].sel(scenario="A", decision="one", other="two")
    np.testing.assert_allclose(error, own.std(ddof=1) / np.sqrt(own.size), rtol=1e-9)
    # What all decisions have in common in a draw moves no difference.
    shared = draws + 100 * np.random.default_rng(2).normal(size=(2, 1, draws.shape[-1]))
    again = decide(made(shared), rules=["expected"], weights={"A": 1, "B": 3})
    np.testing.assert_allclose(again["behind_error"], found["behind_error"], rtol=1e-9)


def test_pick_is_told_apart_only_beyond_bonferroni():
    n, decisions = 400, 3
    draws = spread(np.zeros((1, decisions)), n=n)
    # The second is behind by more than 1.96 standard errors, and by less than those of three.
    error = (draws[0, 0] - draws[0, 1]).std(ddof=1) / np.sqrt(n)
    single, both = students_t(0.95, 200), students_t(1 - 0.05 / (decisions - 1), 200)
    draws[0, 1] -= 0.5 * (single + both) * error
    draws[0, 2] -= 1000.0
    found = decide(made(draws))
    assert found["pick"].item() == "one"
    assert found["told_apart"].values.tolist() == [[False, False, True]]
    draws[0, 1] -= both * error
    assert decide(made(draws))["told_apart"].values.tolist() == [[False, True, True]]


def test_error_of_a_quantile_is_that_of_the_bootstrap():
    random = np.random.default_rng(3)
    draws = random.normal(0, 1, (1, 2, 4000))
    draws[0, 1] = 0.8 * draws[0, 0] + 0.6 * draws[0, 1] - 0.5
    found = decide(made(draws), metric="p5")
    assert found.attrs["metric"] == "decision_npv.p5"
    drawn = [
        np.quantile(draws[0][:, random.integers(0, 4000, 4000)], 0.05, axis=-1) for _ in range(400)
    ]
    spread_of = np.std([one - two for one, two in drawn])
    np.testing.assert_allclose(found["behind_error"].max(), spread_of, rtol=0.15)


def test_without_draws_errors_are_the_most_they_may_be():
    draws = spread(WORTH)
    paired, bare = (decide(made(draws, keep=keep), rules=["maximin", "satisfice=0,0.5"])
                    for keep in (True, False))  # fmt: skip
    assert (paired.attrs["paired"], bare.attrs["paired"]) == (1, 0)
    np.testing.assert_allclose(bare["score"], paired["score"], atol=1e-9)
    assert (bare["behind_error"] >= paired["behind_error"] - 1e-12).all()
    with pytest.raises(RunError, match="add decision_npv to keep"):
        decide(made(draws, keep=False), rules=["satisfice=5,0.5"])


def test_equal_decisions_tie_and_the_first_is_taken():
    draws = spread(WORTH[:, :2])
    draws[:, 1] = draws[:, 0]
    found = decide(made(draws))
    assert (found["pick"].item(), found["next"].item()) == ("one", "two")
    assert not found["behind"].any()
    assert not found["behind_error"].any()
    assert not found["told_apart"].any()
    np.testing.assert_array_equal(found["best"], [[1, 0]] * 3)
    np.testing.assert_array_equal(found["tied"], [[0, 1]] * 3)
    text = Page(found, made(draws)).text()
    assert "two scores exactly the same; the first named is taken." in text
    assert "that which the config names first is counted" in " ".join(text.split())


# ---------------------------------------------------------------- a run


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved run with five decisions, of which two are the same."""
    path = tmp_path_factory.mktemp("choice") / "run.zarr"
    rules = ["maximin", "minimax_regret", {"hurwicz": 0.4}, "satisfice"]
    source = config(choice={"rules": rules, "valued_in": None}, currency="USD",
                    outcomes=["decision_npv", "decision_regret", "best_decision"],
                    keep=["decision_npv"])  # fmt: skip
    engine.run(simcore.build(simcore.load(source)), out=path).close()
    return path


def test_draws_and_summaries_say_the_same(saved):
    with open_run(saved) as whole:
        found, bare = decide(whole), decide(whole.drop_vars("decision_npv"))
        names = ["mean", "npv", "regret", "best", "tied", "metric_regret", "score"]
        for name in names:
            np.testing.assert_allclose(found[name], bare[name], rtol=1e-6, atol=1e-3)
        np.testing.assert_allclose(found["best"].sum("decision"), 1.0)
        metric, lost = regret_by_scenario(whole)
        assert metric == "decision_npv.mean"
        np.testing.assert_allclose(lost, found["metric_regret"], rtol=1e-9)
        # Of some of them, what is best and regretted is of these.
        few = decide(among(whole, ["law"], ["wait", "never"]))
        np.testing.assert_allclose(few["best"].sum("decision"), 1.0)
        draws = whole.decision_npv.sel(scenario="law", decision=["wait", "never"]).values
        lost = (draws.max(0) - draws).mean(-1)
        np.testing.assert_allclose(few["regret"].values[0], lost, rtol=1e-5)


def test_page_is_80_wide_and_in_words(saved, capsys):
    assert cli.main(["decide", str(saved), "--weights", "law=3,repealed=1", "--rule", "expected",
                     "--rule", "minimax_regret"]) == 0  # fmt: skip
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    assert ["never", "nothing", "is", "built"] in [one.split() for one in text.splitlines()]
    for words in ( "of 2026, of the years to 2049", "M USD",
                  "Weighed by 75 % Law as it stands, 25 % CBAM repealed", "minimax regret",
                  "All 2 rules take"):  # fmt: skip
        assert words in text
    assert cli.main(["decide", str(saved), "--ids", "--metric", "decision_npv.p95"]) == 0
    text = capsys.readouterr().out
    assert "BEHIND THE BEST P95" in text
    assert "Law as it stands" not in text


def test_projects_set_against_something_else_are_noted():
    source = config(projects={"later": {"against": {"route": "bf_bof", "capital": "sunk"},
                                        "output": 1.0}}, draws=64)  # fmt: skip
    whole = run(source)
    text = " ".join(Page(decide(whole), whole).text().split())
    assert "set against different capital (now full, later sunk): their values do not" in text
    assert "The plants differ in output" in text


def test_json_and_csv_hold_every_number(saved, capsys):
    assert cli.main(["decide", str(saved), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["picks"]) == {"maximin", "minimax_regret", "hurwicz=0.4", "satisfice=0,0.8"}
    assert cli.main(["decide", str(saved), "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == len(found["rows"])
    best = [row for row in rows if row["quantity"] == "best" and row["scenario"] == "law"]
    assert sum(float(row["value"]) for row in best) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rule", "minmax"], "did you mean minimax_regret?"),
        (["--rule", "hurwicz=2"], "write hurwicz=0.4"),
        (["--rule", "satisfice=0,1.5"], "write satisfice=0,0.8"),
        (["--rule", "expected"], "expected, without weights"),
        (["--metric", "project_npv.p5"], "write decision_npv.p5"),
        (["--scenario", "lew"], "did you mean law?"),
        (["--decision", "never"], "never alone"),
        (["--draws", "5"], "no --draws with a saved run"),
    ],
)
def test_faults_of_the_command(saved, arguments, words, capsys):
    assert cli.main(["decide", str(saved), *arguments]) == 2
    assert words in capsys.readouterr().err


def test_config_and_run_without_decisions_are_refused(tmp_path, capsys):
    file = tmp_path / "none.yaml"
    file.write_text("draws: 16\nyears: 2030\nregions: EU\nroutes: [h2_dri_eaf]\nscenarios: law\n")
    assert cli.main(["decide", str(file)]) == 2
    assert "write decisions: {now: [PROJECT], never: []}" in capsys.readouterr().err
    with pytest.raises(RunError, match="no decisions in this run"):
        decide(xr.Dataset())


def test_pictures_show_the_pick_and_zero(saved):
    with open_run(saved) as whole:
        figure = worth(whole)
        assert len(figure.axes) == 2
        assert "worth most on average" in figure.texts[0].get_text()
        figure = regret(whole, "decision_npv.p5")
        assert "the P5 of each decision" in figure.texts[1].get_text()
        figure = regret(whole)
        cells = {one.get_text() for one in figure.axes[0].texts}
        assert "0" in cells
        metric = decide(whole)["metric_regret"].values
        assert f"{metric.max():,.0f}" in cells


def test_charts_of_the_report_are_the_dataset(saved):
    with open_run(saved) as whole:
        charts = {one.name: one for one in charts_of(whole)}
        told = decide(whole)
        quantiles = told["npv"].values.reshape(-1, 3)
        np.testing.assert_allclose([row[2:] for row in charts["choices"].rows], quantiles)
        behind = [row[2] for row in charts["regrets"].rows]
        np.testing.assert_allclose(behind, told["metric_regret"].values.ravel(), rtol=1e-9)
        table = charts["best-decision"]
        np.testing.assert_allclose(table.column("best"), told["best"].values.ravel())
        np.testing.assert_allclose(table.column("regret"), told["regret"].values.ravel())
        assert charts["choices"].section == "board"
        assert "of the years to 2049" in charts["regrets"].note


def test_one_draw_decides_nothing():
    """Nothing is known of its error: a fault, and no division by zero."""
    whole = made(spread(WORTH, n=2))
    alone = whole.isel(draw=[0]).assign_attrs(whole.attrs | {"draws": 1, "degrees_of_freedom": 0})
    with pytest.raises(RunError, match="one draw"):
        decide(alone)
