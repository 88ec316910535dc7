"""Decisions, waiting, accounts, phases written wrongly: one fault for each, and none that follows from
another; what has no effect is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import simcore
from simcore import cli
from simcore.effects import warnings_of
from simcore.errors import ConfigError

PLANT: dict[str, Any] = {"region": "EU", "route": "ng_dri_eaf", "start": 2028, "lifetime": 8,
                         "output": 2}  # fmt: skip
PHASED: dict[str, Any] = {"region": "EU", "lifetime": 8, "output": 2,
                          "conversion": "50 EUR/(t/yr)"}  # fmt: skip
TWO: dict[str, Any] = {"now": ["plant"], "never": []}


def config(**changes: Any) -> dict[str, Any]:
    return {
        "draws": 256, "years": {"first": 2026, "last": 2035}, "regions": ["EU"],
        "destinations": ["domestic"], "routes": ["bf_bof", "ng_dri_eaf"], "scenarios": {"law": {}},
        "outcomes": ["carbon_price"], "keep": [], "projects": {"plant": PLANT}, **changes,
    }  # fmt: skip


def choice(**keys: Any) -> dict[str, Any]:
    return {"decisions": TWO, "choice": keys}


def account(**keys: Any) -> dict[str, Any]:
    whole = {"first": 2028, "last": 2034, "rate": "3 %", **keys}
    return {"accounts": {"fund": whole}}


def phased(**keys: Any) -> dict[str, Any]:
    return {"projects": {"plant": {**PHASED, **keys}}}


WAITS: dict[str, Any] = {"dates": [2028, 2030], "knows": ["carbon_price"]}
FAULTS: dict[str, tuple[dict[str, Any], list[tuple[str, str, str]]]] = {
    "no such rule": (choice(rules=["maximin", "best"]), [
        ("choice.rules.1", '"best"', "write its name, or {hurwicz: 0.4}")]),
    "no such rule with a number": (choice(rules=[{"best": 1}]), [
        ("choice.rules.0", '{"best": 1}', "write its name, or {hurwicz: 0.4}")]),
    "weight above one": (choice(rules=[{"hurwicz": 2}]), [
        ("choice.rules.0.hurwicz", "2", "did you mean 0.02 or 2 %?")]),
    "amount with a unit": (choice(rules=[{"satisfice": {"above": "100 bn EUR"}}]), [
        ("choice.rules.0.satisfice.above", "100 bn EUR", "write above: 100 for a hundred million")]),
    "weights that do not sum": (choice(rules=["expected"], weights={"law": 0.5}), [
        ("choice.weights", "weights that sum to 0.5", "correct the weights")]),
    "a year of another time": (choice(valued_in=1900), [("choice.valued_in", "1900", "raise it")]),
    "an issue without years": (account(issue="5 M EUR", repayment={"years": 5}), [
        ("accounts.fund.issue", '"5 M EUR"', "write issue: {2030: 5000 M EUR}")]),
    "an amount without years": (account(inflow={"dues": {"kind": "fixed", "amount": 5}}), [
        ("accounts.fund.inflow.dues.amount", "5", "write amount: {2030: 500}")]),
    "phases by text": (phased(phases={"2028": "ng_dri_eaf", 2031: "h2_dri_eaf"}), [
        ("projects.plant.phases.2028", '"2028"', "write a whole number")]),
    "phases of no years": (phased(phases=["ng_dri_eaf"]), [
        ("projects.plant.phases", '["ng_dri_eaf"]', "write lines")]),
    "a phase of no route": (phased(phases={2028: "strange", 2031: "ng_dri_eaf"}), [
        ("projects.plant.phases.2028", "unknown route 'strange'", "choose one of these")]),
    "conversion by year": (
        phased(phases={2028: "ng_dri_eaf", 2031: "scrap_eaf"}, conversion={2031: 50}), [
            ("projects.plant.conversion", '{"2031": 50}', "write one number")]),
    "closed before it starts": ({"projects": {"plant": {**PLANT, "closes": 2020}}}, [
        ("projects.plant.closes", "2020", "write 2035 or less, or leave it out")]),
    "a plant of one scenario": (
        {"projects": {}, "scenarios": {"law": {"projects": {"own": PLANT}}, "other": {}},
         "waiting": {"own": WAITS}},
        [("waiting.own", "own, which other does not have", "define it under projects")]),
    "a plant that closes may not wait": (
        {"projects": {"plant": {**PLANT, "closes": 2031}}, "waiting": {"plant": WAITS}}, [
            ("waiting.plant", "plant, which has closes", "without closes")]),
    "more draws than memory": ({"waiting": {"plant": {**WAITS, "draws": 10**9}}}, [
        ("waiting.plant.draws", "1000000000", "lower it")]),
    "no such outcome in the run": ({"outcomes": ["stranded_value"]}, [
        ("outcomes", "stranded_value: outcomes of which", "closes: to a project")]),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_for_each_mistake(name: str) -> None:
    changes, expected = FAULTS[name]
    with pytest.raises(ConfigError) as caught:
        simcore.build(simcore.load(config(**changes)))
    found = caught.value.faults
    assert [one.where for one in found] == [where for where, _, _ in expected]
    for one, (_, said, remedy) in zip(found, expected, strict=True):
        assert said in one.found and remedy in one.remedy
        assert "1,990" not in one.expected


EXPOSED: dict[str, Any] = {"short": {"market": "eu_ets", "shortfall": 2.0, "first": 2026,
                                     "last": 2030}}  # fmt: skip
SAID: dict[str, tuple[dict[str, Any], str | None]] = {
    "weights that no rule reads": (
        {**choice(rules=["maximin"], weights={"law": 1}), "outcomes": ["decision_npv"]},
        "choice.weights"),
    "weights that a rule reads": (
        {**choice(rules=["expected"], weights={"law": 1}), "outcomes": ["decision_npv"]}, None),
    "closed when its life is over": (
        {"projects": {"plant": {**PLANT, "closes": 2035}}, "outcomes": ["project_npv"]},
        "projects.plant.closes"),
    "exposures that nobody asks for": (
        {"exposures": EXPOSED, "projects": {}}, "exposures"),
    "projects that decisions are made of": (
        {"decisions": TWO, "outcomes": ["decision_npv"]}, None),
    "members of a portfolio": (
        {"exposures": EXPOSED, "outcomes": ["portfolio_npv"],
         "portfolios": {"group": {"projects": ["plant"], "exposures": ["short"], "rate": "6 %"}}},
        None),
    "projects that may wait": ({"waiting": {"plant": WAITS}}, None),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_what_has_no_effect_is_said_and_nothing_else(name: str) -> None:
    changes, where = SAID[name]
    told = warnings_of(simcore.load(config(routes=["bf_bof"], **changes)))
    assert [one.where for one in told] == ([] if where is None else [where])


def test_an_empty_section_over_a_full_one_is_said(tmp_path: Path) -> None:
    """It is laid over what stands there, and so leaves it."""
    file = tmp_path / "config.yaml"
    whole = config(routes=["bf_bof"], decisions=TWO, outcomes=["decision_npv"])
    file.write_text(yaml.safe_dump(whole, sort_keys=False), encoding="utf-8")
    assert not warnings_of(simcore.load(file))
    told = warnings_of(simcore.load(file, overrides=["decisions={}"]))
    assert ["leaves now, never as they are" in one.found for one in told] == [True]


def test_a_share_that_is_none_is_one_fault() -> None:
    works = {"region": "EU", "route": "bf_bof", "output": 1,
             "destinations": {"domestic": 0.9, "eu": 1.5}}  # fmt: skip
    firms = {"works": {"plant": works, "first": 2026, "last": 2030}}
    with pytest.raises(ConfigError) as caught:
        simcore.build(simcore.load(config(exposures=firms, outcomes=["exposure_total"])))
    assert [one.where for one in caught.value.faults] == ["exposures.works.plant.destinations.eu"]


@pytest.mark.parametrize("folder", [".", "/", ""])
def test_a_folder_without_a_name_is_no_run_in_progress(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["work", folder]) == 2
    assert "no folder of a run in progress" in capsys.readouterr().err


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of decisions alone, in two scenarios."""
    out = tmp_path_factory.mktemp("firms") / "run.zarr"
    outcomes = ["decision_npv", "best_decision"]
    scenarios = {"law": {}, "again": {"projects": {"plant": {"output": 1}}}}
    simcore.run(config(decisions=TWO, scenarios=scenarios, outcomes=outcomes), out=out, threads=1)
    return out


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["compare"], "name one: --variable decision_npv"),
        (["tornado", "--of", "best_decision"], "its kind is category"),
        (["discover", "--where", "best_decision == 1"], "its kind is category"),
    ],
)
def test_a_run_of_decisions_says_what_may_be_asked(
    saved: Path, command: list[str], words: str, capsys: Any
) -> None:
    assert cli.main([command[0], str(saved), *command[1:]]) == 2
    assert words in capsys.readouterr().err
