"""Names that name nothing are refused with what was meant, or told that they have no effect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from one_year import CONFIG

import simcore
from simcore.cli import main
from simcore.effects import build_and_warn
from simcore.errors import ConfigError
from simcore.variables import OUTCOMES, meant


def wacc(**content: Any) -> dict[str, Any]:
    given = {"kind": "uniform", "low": 0.05, "high": 0.1, **content}
    return {"catalog": {"regions": {"EU": {"wacc": given}}}}


def until(**at: Any) -> dict[str, Any]:
    return {"until": {"variable": "cost_premium", "statistic": "p95", "width": 5, "at": at}}


def pair(kind: str, *between: str) -> dict[str, Any]:
    empty: dict[str, list[Any]] = {"factors": [], "shocks": []}
    return {"correlations": {**empty, kind: [{"between": [*between], "rank": 0.5}]}}


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "redraw.0": ({"redraw": ["eu_etz.*"]}, "'eu_ets.*'"),
    "scenarios.b.redraw.0": ({"scenarios": {"b": {"redraw": ["h2_dri_eaf.capex"]}}},
                             "ng_dri_eaf.capex"),
    "scenarios.a.redraw.0": ({"scenarios": {"a": {"redraw": ["eu_ets.ancor"]}}}, "'eu_ets.anchor'"),
    "until.at.region": (until(region="EUU"), "'EU'"),
    "until.at.route": (until(route="h2_dri_eff"), "'h2_dri_eaf'"),
    "until.at.year": (until(year=2031), "'2030'"),
    "keep.0": ({"keep": ["input"]}, "'inputs'"),
    "outcomes.0": ({"outcomes": ["green_premium"]}, "'cost_premium'"),
    "outcomes.1": ({"outcomes": ["cost_premium", "LCOS"]}, "'levelised_cost'"),
    "outcomes.2": ({"outcomes": ["cost_premium", "carbon_price", "xyz"]}, "choose one"),
    "catalog.regions.EU.wacc.name": (
        {"catalog": {"regions": {"EU": {"wacc": {"kind": "factor", "name": "nope"}}}}},
        "define it under factors"),
    "correlations.factors.0.between": (
        pair("factors", "eu_ets.anchor", "h2_dri_eaf.inputs.electrcity"),
        "'h2_dri_eaf.inputs.electricity'"),
    "correlations.shocks.0.between": (pair("shocks", "eu_ets", "electricty.EU"),
                                      "'electricity.EU'"),
}  # fmt: skip


@pytest.mark.parametrize("where", REFUSED)
def test_a_name_of_nothing_is_refused_with_what_was_meant(where: str) -> None:
    changes, remedy = REFUSED[where]
    with pytest.raises(ConfigError) as caught:
        simcore.build(simcore.load({**CONFIG, **changes}))
    assert remedy in {one.where: one.remedy for one in caught.value.faults}[where]


IDLE: dict[str, tuple[dict[str, Any], str]] = {
    "catalog.prices.hydrogn.default": (
        {"catalog": {"prices": {"hydrogn": "3 EUR/kg"}}}, "did you mean hydrogen?"),
    "catalog.buyers.automotve": (
        {"catalog": {"buyers": {"automotve": {"indirect_factor": 1.1}}}},
        "did you mean automotive?"),
    "catalog.regions.EU.wacc.factor": (wacc(factor="EU.capex_facto"), "EU.capex_factor?"),
    "correlations.factors.0.between": (pair("factors", "eu_ets.anchor", "KR.wacc"), "nothing in"),
}  # fmt: skip


@pytest.mark.parametrize("where", IDLE)
def test_a_name_that_nothing_uses_is_told(where: str) -> None:
    changes, remedy = IDLE[where]
    _, found = build_and_warn(simcore.load({**CONFIG, **changes}))
    assert remedy in {one.where: one.remedy for one in found}[where]


USED: dict[str, dict[str, Any]] = {
    "the factor of another quantity": wacc(factor="EU.capex_factor"),
    "a factor that two share": {"catalog": {"regions": {"EU": {
        name: {"kind": "uniform", "low": 0.9, "high": 0.95, "factor": "shared"}
        for name in ("wacc", "capex_factor")}}}},
    "a pattern": {"redraw": ["eu_ets.*"]},
    "a place": until(region="EU", year=2030),
    "a pair": pair("factors", "eu_ets.anchor", "EU.wacc"),
}  # fmt: skip


@pytest.mark.parametrize("name", USED)
def test_a_name_of_something_is_no_matter(name: str) -> None:
    changes = USED[name]
    if name == "a factor that two share":
        changes["catalog"]["regions"]["EU"]["wacc"] |= {"low": 0.05, "high": 0.1}
    _, found = build_and_warn(simcore.load({**CONFIG, **changes}))
    assert [str(one) for one in found if one.where not in ("redraw", "draws")] == []


def test_what_lists_every_outcome_is_named_where_one_is_unknown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ConfigError) as caught:
        simcore.load({**CONFIG, "outcomes": ["xyz"]})
    expected = f"one of {len(OUTCOMES)} outcomes: `simcore catalog outcomes` lists them"
    assert caught.value.faults[0].expected == expected
    assert main(["catalog", "outcomes"]) == 0
    assert set(OUTCOMES) <= set(capsys.readouterr().out.split())


def test_an_outcome_is_called_by_one_other_name_only() -> None:
    others = [alias for one in OUTCOMES.values() for alias in one.asked_as]
    assert len(set(others)) == len(others)
    assert not set(others) & set(OUTCOMES)
    assert {meant(alias) for alias in others} <= set(OUTCOMES)


UNREAD = """
name: t
regions: [EU]
routes: [bf_bof, h2_dri_eaf]
years: 2030-2030
catalog:
  markets:
    {name}: {{unit: EUR/t, process: {{kind: random_walk, sigma: {{true: 0.5}}}}}}
scenarios: {{a: {{}}, b: {{catalog: {{markets: {{{name}: {{process: {{sigma: 0.2}}}}}}}}}}}}
"""


@pytest.mark.parametrize("name", ["mine", "eu_ets"])
def test_what_could_not_be_read_is_one_fault(name: str, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(UNREAD.format(name=name))
    with pytest.raises(ConfigError) as caught:
        simcore.load(config)
    (fault,) = caught.value.faults
    assert fault.found == "the key true"


@pytest.mark.parametrize("section", ["prices", "markets", "regions"])
@pytest.mark.parametrize("content", [3, "x", [1]])
def test_a_section_that_is_no_mapping_is_one_fault(section: str, content: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        simcore.load({**CONFIG, "scenarios": {"a": {}, "b": {"catalog": {section: content}}}})
    assert [one.where for one in caught.value.faults] == [f"scenarios.b.catalog.{section}"]


def test_a_run_says_of_correlations_what_it_draws() -> None:
    """The packaged pairs are those of all regions; a run of one of them tells its own."""
    run = simcore.run({
        "extends": "base", "name": "india", "draws": 8, "years": {"first": 2026, "last": 2027},
        "regions": ["IN"], "destinations": ["domestic"], "routes": ["bf_bof", "scrap_eaf"],
        "outcomes": ["carbon_price", "cost_premium"], "keep": [], "scenarios": {"law": {}},
    })  # fmt: skip
    told = json.loads(run.attrs["correlations"])
    assert "scrap_eaf.capex" in told["factors"]["names"]
    assert set(told["factors"]["names"]) <= set(run["factor"].values)
    assert "iron_ore.IN" in told["shocks"]["names"]
    assert not {"k_ets", "electricity.EU"} & set(told["shocks"]["names"])
    for one in told.values():
        size = len(one["names"])
        assert np.shape(one["used"]) == np.shape(one["requested"]) == (size, size)
