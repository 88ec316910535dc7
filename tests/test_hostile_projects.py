"""Projects and instruments as hostile as a config can make them: refused with a place, or right."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import numpy as np
import pytest
from batteries import some
from test_project_settings import PLANT, config, opex, told

import simcore
from simcore.effects import build_and_warn
from simcore.errors import ConfigError
from simcore.variables import OUTCOMES

DEBT = {"share": 0.6, "rate": 0.06, "years": 12}
PROJECT, CONTRACT = "projects.plant", "catalog.instruments.contract"
EVERY = [
    name for name, one in OUTCOMES.items() if "project" in one.dims or "instrument" in one.dims
]
"""All that a run computes of projects."""


def named(name: Any) -> dict[str, Any]:
    """A run whose project has another name."""
    content = config()
    content["projects"] = {name: content["projects"]["plant"]}
    return content


def instrument(entry: Any, **project: Any) -> dict[str, Any]:
    """A run with another instrument in place of the contract."""
    content = config(project)
    content["catalog"]["instruments"]["contract"] = entry
    return content


def later_reference() -> dict[str, Any]:
    """A run whose reference comes after the start of the project."""
    content = config()
    content["catalog"]["routes"] = {"bf_bof": {"available_from": 2035}}
    return content


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a life of 101 years": (config({"lifetime": 101}), f"{PROJECT}.lifetime"),
    "no life": (config({"lifetime": 0}), f"{PROJECT}.lifetime"),
    "a life below zero": (config({"lifetime": -1}), f"{PROJECT}.lifetime"),
    "half a year": (config({"lifetime": 1.5}), f"{PROJECT}.lifetime"),
    "no output": (config({"output": 0}), f"{PROJECT}.output"),
    "output below zero": (config({"output": -1}), f"{PROJECT}.output"),
    "output in tonnes": (config({"output": 2e6}), f"{PROJECT}.output"),
    "no number": (config({"output": math.nan}), f"{PROJECT}.output"),
    "a list for a number": (config({"output": [1]}), f"{PROJECT}.output"),
    "no alternative in it": (config({"against": {}}), f"{PROJECT}.against.route"),
    "an empty loan": (config({"debt": {}}), f"{PROJECT}.debt.share"),
    "an empty tax": (config({"tax": {}}), f"{PROJECT}.tax.rate"),
    "nothing spent": (config({"spend": {}}), f"{PROJECT}.spend"),
    "spending is null": (config({"spend": None}), f"{PROJECT}.spend"),
    "spending before time": (config({"spend": {-21: 1.0}}), f"{PROJECT}.spend.-21"),
    "spending in quotes": (config({"spend": {"-1": 1.0}}), f"{PROJECT}.spend.-1"),
    "a loan of more than all": (config({"debt": {**DEBT, "share": 1.2}}), f"{PROJECT}.debt.share"),
    "a loan longer than life": (config({"debt": {**DEBT, "years": 21}}), f"{PROJECT}.debt.years"),
    "interest of 600 %": (config({"debt": {**DEBT, "rate": 6}}), f"{PROJECT}.debt.rate"),
    "a covenant of nothing": (config({"debt": {**DEBT, "covenant": 0}}), f"{PROJECT}.debt.covenant"),
    "a rate of -100 %": (config({"rate": -1}), f"{PROJECT}.rate"),
    "more sold than made": (config({"sold": 60}), f"{PROJECT}.sold"),
    "a share that may fall below zero": (
        config({"sold": {"kind": "normal", "mean": 0.5, "sd": 1}, "willing": 3}),
        f"{PROJECT}.sold"),
    "valued in another century": (config({"valued_in": 2150}), f"{PROJECT}.valued_in"),
    "a name with an umlaut": (named("dürre"), "projects.dürre"),
    "a name with a dot": (named("a.b"), "projects.a.b"),
    "a number for a name": (named(5), "projects.5"),
    "a list of projects": (config() | {"projects": [PLANT]}, "projects"),
    "projects are null": (config() | {"projects": None}, "projects"),
    "an empty project": (config() | {"projects": {"plant": {}}}, PROJECT),
    "the same route at full capital": (config({"against": "h2_dri_eaf"}), f"{PROJECT}.against.route"),
    "a retrofit that is not there yet": (config({"against": "bf_bof_ccs"}), f"{PROJECT}.start"),
    "an instrument of another scenario": (
        config({"instruments": ["other"]}, scenarios={"law": {}, "more": {
            "catalog": {"instruments": {"other": {"like": "contract"}}}}}),
        f"{PROJECT}.instruments.0"),
    "an unknown scenario of the bid": (
        config(contract={"strike": {"break_even": 0.5, "in": "lwa"}}), f"{CONTRACT}.strike.in"),
    "odds of a bid above one": (
        config(contract={"strike": {"break_even": 80}}), f"{CONTRACT}.strike.break_even"),
    "a strike that is infinite": (config(contract={"strike": math.inf}), f"{CONTRACT}.strike"),
    "a strike beyond counting": (config(contract={"strike": 1e40}), f"{CONTRACT}.strike"),
    "a list of strikes": (config(contract={"strike": [1]}), f"{CONTRACT}.strike"),
    "true for a strike": (config(contract={"strike": True}), f"{CONTRACT}.strike"),
    "a cap below zero": (config(contract={"cap": {"total": -1}}), f"{CONTRACT}.cap.total"),
    "a list of caps": (config(contract={"cap": [1]}), f"{CONTRACT}.cap"),
    "a term of nothing": (config(contract={"term": 0}), f"{CONTRACT}.term"),
    "a delay below zero": (config(contract={"delay": -1}), f"{CONTRACT}.delay"),
    "a public rate of 650 %": (config(contract={"rate": 6.5}), f"{CONTRACT}.rate"),
    "no index": (
        config(contract={"indexation": {"base": 2026, "shares": {}}}),
        f"{CONTRACT}.indexation.shares"),
    "an index after the start": (
        config(contract={"indexation": {"base": 2040, "shares": {"hydrogen": 1}}}),
        f"{CONTRACT}.indexation.base"),
    "no instrument in it": (instrument({}), CONTRACT),
    "a number for an instrument": (instrument(5), CONTRACT),
    "an instrument of no kind": (instrument({"kind": "subsidy"}), CONTRACT),
    "support of nothing": (opex(term=10), CONTRACT),
    "support in another unit": (opex(amount="20 EUR/t", per="electricity"), f"{CONTRACT}.amount"),
    "a grant after the horizon": (
        instrument({"kind": "grant", "share": 0.4, "paid_in": 20}), f"{CONTRACT}.paid_in"),
    "a contract after the horizon": (
        config({"start": 2040, "lifetime": 30}), f"{CONTRACT}.term"),
    "before the reference of its region": (later_reference(), f"{PROJECT}.start"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_at_its_place(name):
    content, where = REFUSED[name]
    found = told(content)
    assert where in found, found
    assert found[where].found and found[where].expected and found[where].remedy


def hundred() -> dict[str, Any]:
    """A run of a hundred projects."""
    content = config()
    plant = content["projects"]["plant"]
    content["projects"] = {
        f"plant_{one}": {**plant, "start": 2028 + one % 5, "lifetime": 15} for one in range(100)
    }
    return content


ALLOWED: dict[str, dict[str, Any]] = {
    "a start in the last year": config({"start": 2049, "lifetime": 1}),
    "a life of a hundred years": config({"lifetime": 100}),
    "a life of one year": config({"lifetime": 1, "debt": {**DEBT, "years": 1}, "tax": 1.0}),
    "no discounting": config({"rate": 0, "debt": {**DEBT, "rate": 0}}),
    "a rate far below zero": config({"rate": -0.4, "debt": {**DEBT, "rate": -0.4}}),
    "no inflation": config({"debt": {**DEBT, "nominal": True}}, money={"inflation": 0}),
    "prices that halve": config({"debt": {**DEBT, "nominal": True}}, {"nominal": True},
                                money={"inflation": -0.49}),
    "hardly any output": config({"output": 1e-12}),
    "no loan": config({"debt": {**DEBT, "share": 0}}),
    "all of it lent": config({"debt": {**DEBT, "share": 1}}),
    "spent as it starts": config({"spend": {0: 1.0}, "debt": DEBT}),
    "valued as it ends": config({"valued_in": 2049}),
    "all of it sold": config({"sold": 1, "willing": 50}),
    "a buyer who wants to be paid": config({"sold": 1, "willing": -50}, {"green_revenue": 1}),
    "named as a dimension": named("year"),
    "named as a region": named("EU"),
    "named as its instrument": named("contract"),
    "named as a route": named("h2_dri_eaf"),
    "an instrument in two projects": config() | {"projects": {
        one: {**PLANT, "instruments": ["contract"]} for one in ("first", "second")}},
    "no cap left": config(contract={"cap": {"total": 0, "yearly": 0}}),
    "left after a year": config(contract={"exit_after": 1, "repay": "received"}),
    "a term beyond the life": config(contract={"term": 100}),
    "a delay beyond the life": config(contract={"delay": 1000}),
    "nothing covered": config(contract={"cover": 0}),
    "never eligible": config(contract={"eligible": {"avoided": 1.0, "emission_intensity": -4}}),
    "no limit in a cap": config(contract={"cap": {}, "eligible": {}}),
    "an index of both its fuels": config(
        contract={"indexation": {"base": 2030, "shares": {"hydrogen": 0, "coking_coal": 1}}}),
    "limited to nothing": config({"cumulation": {"share": 0}}),
    "an electrolyser without hydrogen": config({"route": "scrap_eaf", "hydrogen": "own"}),
    "a contract on what avoids nothing": config({
        "route": "bf_bof", "against": {"route": "bf_bof", "capital": "sunk"}}),
    "support of a life beyond the run": config({"lifetime": 30}, {"term": None}),
    "what replaces itself, relined": config({
        "route": "bf_bof", "against": {"route": "bf_bof", "capital": "sunk"}, "instruments": []}),
    "abroad, for the EU": config({
        "region": "KR", "route": "ng_dri_eaf", "destination": "eu", "debt": DEBT}),
}  # fmt: skip
ODD = ("abroad, for the EU",)
"""Where the conventional tonne has no price."""


@pytest.mark.parametrize("name", some(ALLOWED, each=3))
def test_what_is_odd_but_can_be_runs_without_a_hole(name):
    asked = [
        one for one in EVERY if name not in ODD or "product_price" not in OUTCOMES[one].needs.rules
    ]
    if not ALLOWED[name]["projects"].get("plant", {"instruments": [1]})["instruments"]:
        asked = [one for one in asked if "instrument" not in OUTCOMES[one].dims]
    run = simcore.run({**ALLOWED[name], "outcomes": asked, "keep": []}, threads=1)
    for one in asked:
        mean = run[f"{one}_mean"].values if f"{one}_mean" in run else np.zeros(0)
        if f"{one}_defined" in run:
            assert (np.isfinite(mean) == (run[f"{one}_defined"].values > 0)).all(), one
        assert (np.abs(mean[np.isfinite(mean)]) < 1e14).all(), one


def test_a_hundred_projects_are_planned():
    plan, found = build_and_warn(simcore.load(hundred()))
    assert len(plan.coords["project"]) == 100
    assert found == []


def test_a_project_of_one_scenario_alone_has_no_cash_in_the_others():
    """Nothing of a project may be asked of a scenario without it."""
    content = config(outcomes=EVERY, keep=[], scenarios={"law": {}, "built": {"projects": {
        "late": {"like": "plant", "start": 2032, "lifetime": 15, "debt": DEBT, "tax": 0.3}}}})  # fmt: skip
    run = simcore.run(content, threads=1)
    for name in ("project_cash", "project_free_cash", "free_cash_npv", "instrument_payment"):
        defined = run[f"{name}_defined"].sel(project="late").max(
            [dim for dim in run[f"{name}_defined"].dims if dim not in ("scenario", "project")]
        )  # fmt: skip
        assert (defined.values > 0).tolist() == [False, True], name


# --- anything at all -----------------------------------------------------------------------------

WORDS = ["EU", "KR", "eu", "moe", "scrap_eaf", "one", "two", "market", "uk_ets", "law", "gap",
         "avoided", "hydrogen", "electricity", "sunk", "full", "reline", "own", "received"]  # fmt: skip
NUMBERS = [0, 1, 2, 0.5, 0.05, -1, -0.4, 1e-300, 1e300, 100, 2030, 2049, 2050, True, None, [], {}]
KINDS: dict[str, dict[str, Any]] = {
    "grant": {"kind": "grant", "share": 0.3, "of": "difference", "cap": {"total": 500}},
    "opex": {"kind": "opex", "amount": "20 EUR/MWh", "per": "electricity", "term": 10},
    "ccfd": {"kind": "ccfd", "strike": 140, "term": 10, "cap": {"total": 100, "yearly": 20},
             "eligible": {"avoided": 0.3}, "exit_after": 3, "green_revenue": 0.5,
             "indexation": {"base": 2028, "shares": {"hydrogen": 1}}},
}  # fmt: skip


def leaves(node: Any) -> list[tuple[Any, Any]]:
    """Every holder of a value inside data, with its key."""
    found: list[tuple[Any, Any]] = []
    for key in list(node) if isinstance(node, dict) else range(len(node)):
        found.append((node, key))
        if isinstance(node[key], (dict, list)):
            found += leaves(node[key])
    return found


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 11))]
)
def test_no_project_brings_a_traceback(seed):
    """Whatever stands in a project or an instrument, it is refused with a message, or built."""
    random = Random(seed)
    refused = 0
    for _ in range(30):
        content = config({
            "instruments": list(KINDS), "debt": dict(DEBT), "tax": 0.3, "sold": 0.5,
            "spend": {-2: 0.4, -1: 0.6}, "cumulation": {"share": 0.9}, "hydrogen": "own",
            "against": {"route": "bf_bof", "capital": "reline", "reline": 150},
        }, outcomes=EVERY, keep=[])  # fmt: skip
        for name, one in KINDS.items():
            content["catalog"]["instruments"][name] = {
                key: dict(value) if isinstance(value, dict) else value for key, value in one.items()
            }
        spots = leaves(content["projects"]) + leaves(content["catalog"]["instruments"])
        for _ in range(random.choice([1, 1, 2])):
            holder, key = random.choice(spots)
            holder[key] = random.choice(
                WORDS if isinstance(holder[key], str) and random.random() < 0.7 else NUMBERS
            )
        try:
            build_and_warn(simcore.load(content))
        except ConfigError as error:
            assert all(one.where and one.remedy for one in error.faults)
            refused += 1
    assert 5 < refused < 30
