"""Decisions beside each other in each draw: their worth, their regret, the best of them."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import xarray as xr
from reference_paths import merge
from test_invalid import faults_of

import simcore
from simcore.analysis import summarise
from simcore.effects import build_and_warn
from simcore.running import engine
from simcore.running.tracing import trace
from simcore.terminal.tables import outcome_text
from simcore.terminal.traces import trace_text

OUTCOMES = ["project_npv", "project_cash", "decision_npv", "decision_regret", "best_decision"]
CONFIG: dict[str, Any] = {
    "name": "decided", "draws": 256, "years": {"first": 2026, "last": 2049}, "regions": ["EU"],
    "destinations": ["domestic"], "routes": ["h2_dri_eaf"], "outcomes": OUTCOMES, "keep": OUTCOMES,
    "dtype": "float64", "scenarios": {"law": "law", "repealed": "cbam_repealed"},
    "catalog": {"instruments": {
        "grant": {"kind": "grant", "share": 0.5, "of": "capex", "paid_in": -2},
    }},
    "projects": {
        "now": {"region": "EU", "route": "ng_dri_eaf", "start": 2030, "lifetime": 20, "output": 2.0,
                "against": "bf_bof", "instruments": ["grant"], "rate": 0.07, "valued_in": 2028},
        "later": {"like": "now", "start": 2035, "instruments": []},
    },
    "decisions": {"go": ["now"], "wait": ["later"], "both": ["now", "later"], "never": [],
                  "again": {"title": "The first once more", "projects": ["now"]}},
    "choice": {"valued_in": 2028},
}  # fmt: skip


def config(**changes: Any) -> dict[str, Any]:
    return merge(copy.deepcopy(CONFIG), changes)


def run(source: dict[str, Any]) -> xr.Dataset:
    return engine.run(simcore.build(simcore.load(source)))


@pytest.fixture(scope="module")
def decided() -> xr.Dataset:
    return run(config())


# ---------------------------------------------------------------- worth


def test_of_one_project_whose_life_ends_in_the_window_it_is_that_of_the_project(decided):
    own = decided.project_npv.sel(project="now")
    assert np.abs(own).min() > 0
    np.testing.assert_allclose(decided.decision_npv.sel(decision="go"), own, rtol=1e-9, atol=1e-6)


def test_only_years_of_the_window_count(decided):
    until, valued_in = 2040, 2031
    short = run(config(choice={"until": until, "valued_in": valued_in}))
    for decision, project in (("go", "now"), ("wait", "later")):
        cash = decided.project_cash.sel(project=project).fillna(0.0)
        cash = cash.sel(year=cash.year <= until)
        by_hand = (cash / 1.07 ** (cash.year - valued_in)).sum("year")
        found = short.decision_npv.sel(decision=decision)
        np.testing.assert_allclose(found, by_hand, rtol=1e-9, atol=1e-6)


def test_by_default_all_years_count_from_the_first(decided):
    usual = run(config(choice={"valued_in": None}))
    moved = decided.decision_npv / 1.07 ** (2028 - 2026)
    np.testing.assert_allclose(usual.decision_npv, moved, rtol=1e-9, atol=1e-6)


def test_a_plant_that_closes_early_bears_what_is_stranded():
    """Also one that changes its route: conversion, grant and stranded capital are as in its own."""
    closing = {"like": "now", "closes": 2041, "phases": {2030: "ng_dri_eaf", 2036: "h2_dri_eaf"},
               "conversion": "50 EUR/(t/yr)"}  # fmt: skip
    outcomes = ["project_npv", "decision_npv", "stranded_value"]
    found = run(config(projects={"closing": closing}, outcomes=outcomes, keep=outcomes,
                       decisions={"go": ["closing"]}))  # fmt: skip
    assert (found.stranded_value.sel(project="closing") > 0).all()
    own = found.project_npv.sel(project="closing")
    np.testing.assert_allclose(found.decision_npv.sel(decision="go"), own, rtol=1e-9, atol=1e-6)


def test_projects_of_a_decision_add_up_and_none_is_worth_nothing(decided):
    npv = decided.decision_npv
    np.testing.assert_allclose(
        npv.sel(decision="both"),
        npv.sel(decision="go") + npv.sel(decision="wait"), rtol=1e-12, atol=1e-6,
    )  # fmt: skip
    assert not npv.sel(decision="never").any()


# ---------------------------------------------------------------- regret


def test_regret_is_to_the_best_of_the_draw(decided):
    npv, lost = decided.decision_npv, decided.decision_regret
    assert (lost.min("decision") == 0).all()
    best = npv.max("decision")
    np.testing.assert_array_equal(lost, (best - npv).transpose(*lost.dims))


def test_best_is_that_without_regret_and_of_equals_the_first_named(decided):
    assert decided.best_decision.attrs["flag_meanings"] == "none go wait both never again"
    best = decided.best_decision.astype(int)
    np.testing.assert_array_equal(best, decided.decision_npv.argmax("decision"))
    # Equal in each draw, regretted in the same, and counted once.
    lost = decided.decision_regret
    np.testing.assert_array_equal(lost.sel(decision="go"), lost.sel(decision="again"))
    share = decided.best_decision_probability
    np.testing.assert_allclose(share.sum("decision"), 1.0, rtol=1e-12)
    assert (share.sel(decision="again") == 0).all()
    for at, name in enumerate(share.decision.values):
        np.testing.assert_allclose(share.sel(decision=name), (best == at).mean("draw"))
    assert len(np.unique(best)) > 2


def test_the_best_alone_needs_no_other_outcome(decided):
    alone = run(config(outcomes=["best_decision"], keep=[]))
    np.testing.assert_array_equal(
        alone.best_decision_probability, decided.best_decision_probability
    )


def test_regret_of_a_route_is_to_the_cheapest_that_is_there():
    chosen = {
        "routes": ["bf_bof", "ng_dri_eaf", "h2_dri_eaf"],
        "years": {"first": 2028, "last": 2033},
    }
    source = {
        "name": "regret", "draws": 256, "regions": ["EU"], "dtype": "float64", **chosen,
        "outcomes": ["regret", "total_cost"], "keep": ["regret", "total_cost"],
        "catalog": {"routes": {"ng_dri_eaf": {"available_from": 2031}}}, "scenarios": {"law": "law"},
    }  # fmt: skip
    found = run(source)
    cost, lost = found.total_cost, found.regret
    assert np.isnan(lost.sel(route="ng_dri_eaf", year=2030)).all()
    assert (lost.sel(route="ng_dri_eaf", year=2031) == 0).any()
    best = cost.min("route")
    np.testing.assert_array_equal(lost, (cost - best).transpose(*lost.dims))
    assert (lost.min("route") == 0).all()


# ---------------------------------------------------------------- how they are told


def test_tables_and_trace_name_the_decisions(decided):
    plan = simcore.build(simcore.load(config()))
    rows = [one for one in trace(plan, 7) if one["variable"] == "best_decision"]
    best = str(decided.decision.values[int(decided.best_decision.sel(scenario="law", draw=7))])
    assert rows[0] == {
        "variable": "best_decision", "scenario": "law", "unit": "decision", "value": best
    }  # fmt: skip
    text = trace_text(rows, title="draw 7")
    assert ["best_decision", "law", "decision", best] in [one.split() for one in text.splitlines()]
    table = outcome_text(summarise(decided, variable="decision_npv"))
    assert "The first once more" in table
    assert "M EUR" in table


def test_decisions_without_an_outcome_are_said():
    spec = simcore.load(config(outcomes=["project_npv"], keep=[]))
    _, warnings = build_and_warn(spec)
    assert [one.found for one in warnings] == ["decisions, without an outcome of theirs"]


@pytest.mark.parametrize(
    ("decisions", "said"),
    [({"go": ["now", "later"], "again": ["later", "now"], "never": []}, "the projects of go"),
     ({"go": [], "again": []}, "nothing is done, as in go")],
)  # fmt: skip
def test_a_decision_that_is_another_one_is_said(decisions, said):
    content = {**config(), "decisions": decisions, "draws": 512}
    _, warnings = build_and_warn(simcore.load(content))
    (found,) = (one for one in warnings if one.where.startswith("decisions"))
    assert found.where == "decisions.again"
    assert found.found.startswith(said)


def test_a_config_that_lists_no_outcomes_has_those_of_decisions():
    source = {key: one for key, one in config().items() if key not in ("outcomes", "keep")}
    spec = simcore.load(source)
    assert {"decision_npv", "decision_regret", "best_decision"} <= {*spec.experiment.outcomes}
    assert "decision_npv" in spec.experiment.keep


# ---------------------------------------------------------------- what is wrong

ONE = {"like": "now", "start": 2045}


@pytest.mark.parametrize(
    ("changes", "where", "found", "remedy"),
    [
        ({"decisions": {"go": ["nowhere"]}}, "decisions.go",
         "unknown project 'nowhere'", "did you mean 'now'?"),
        ({"decisions": {"go": ["now", "now"]}}, "decisions.go", "'now' twice",
         "remove one"),
        ({"scenarios": {"repealed": {"projects": {"new": ONE}}}, "decisions": {"go": ["new"]}},
         "decisions.go", "new, which law does not have", "at the top level"),
        ({"choice": {"until": 2033}}, "decisions.wait",
         "later, which starts in 2035, after 2033", "choice.until"),
        ({"choice": {"until": 2055}}, "choice.until", "2055", "lengthen years"),
        ({"choice": {"valued_in": 2090}}, "choice.valued_in", "2090", "write 2026"),
        ({"choice": {"weights": {"lew": 1.0}}}, "choice.weights.lew", "unknown scenario", "law"),
        ({"choice": {"weights": {"law": 0.5}}}, "choice.weights", "weights that sum to 0.5",
         "correct the weights"),
        ({"choice": {"rules": ["expected"]}}, "choice.rules", "expected, without weights",
         "add weights"),
        ({"choice": {"rules": ["maximin", "maximin"]}}, "choice.rules", "maximin twice",
         "remove one"),
        ({"choice": {"metric": "project_npv.mean"}}, "choice.metric", "'project_npv.mean'",
         "write decision_npv.p5"),
        ({"choice": {"rules": [{"hurwicz": 0.4, "satisfice": {}}]}}, "choice.rules",
         "two in one", "write {hurwicz: 0.4}"),
    ],
)  # fmt: skip
def test_faults(changes, where, found, remedy):
    faults = faults_of(config(**changes))
    assert any(
        one.where.startswith(where) and found in one.found and remedy in one.remedy
        for one in faults
    ), faults


def test_one_decision_alone_and_a_choice_of_none_are_faults():
    bare = {key: one for key, one in config().items() if key not in ("decisions", "outcomes")}
    bare |= {"outcomes": ["project_npv"], "keep": []}
    (fault,) = faults_of({**bare, "decisions": {"go": ["now"]}})
    assert (fault.where, fault.remedy) == ("decisions.go", "add never: []")
    (fault,) = faults_of(bare)
    assert (fault.where, fault.found) == ("choice", "a choice without decisions")
