"""Projects and instruments of a config: what is read, told to change nothing, or refused."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

import simcore
from simcore.analysis.summary import summarise
from simcore.cli import main
from simcore.effects import build_and_warn
from simcore.errors import ConfigError, Fault
from simcore.running import tracing
from simcore.terminal.traces import trace_table

CONTRACT: dict[str, Any] = {"kind": "ccfd", "term": 15, "strike": "140 EUR/t"}
PLANT: dict[str, Any] = {
    "region": "EU", "route": "h2_dri_eaf", "start": 2030, "lifetime": 20, "output": 2.0,
}  # fmt: skip


def config(
    project: Mapping[str, Any] | None = None, contract: Mapping[str, Any] | None = None,
    **changes: Any,
) -> dict[str, Any]:  # fmt: skip
    """A small run of one plant with one contract."""
    plant = {**PLANT, "instruments": ["contract"], **(project or {})}
    return copy.deepcopy({
        "name": "small", "draws": 256, "years": "2026-2049", "regions": ["EU"],
        "routes": ["bf_bof", "h2_dri_eaf"], "scenarios": ["law"],
        "catalog": {"instruments": {"contract": {**CONTRACT, **(contract or {})}}},
        "projects": {"plant": plant}, **changes,
    })  # fmt: skip


def told(content: Mapping[str, Any]) -> dict[str, Fault]:
    """Warnings and errors by their place."""
    try:
        _, found = build_and_warn(simcore.load(content))
    except ConfigError as error:
        found = list(error.faults)
    return {one.where: one for one in found}


# --- natural forms -------------------------------------------------------------------------------

FORMS: dict[str, tuple[Any, Any]] = {
    "lifetime": ("20 yr", 20),
    "output": ("2000 kt/yr", 2.0),
    "start": (2030.0, 2030),
    "against": ("bf_bof", {"route": "bf_bof"}),
    "instruments": ("contract, other", ["contract", "other"]),
    "tax": ("30 %", {"rate": "30 %"}),
}


@pytest.mark.parametrize("key", FORMS)
def test_a_natural_form_is_its_long_form(key):
    short, long = FORMS[key]
    other = {"other": {**CONTRACT, "strike": 200}}
    plans = []
    for form in (short, long):
        content = config({key: form})
        content["catalog"]["instruments"] |= other
        plans.append(simcore.build(simcore.load(content)))
    assert plans[0].resolved_yaml == plans[1].resolved_yaml


def test_a_number_with_its_source_is_the_number():
    stated = {"lifetime": {"value": 20, "unit": "yr", "source": "ours"},
              "output": {"value": 2000, "unit": "kt/yr", "source": "ours"}}  # fmt: skip
    plans = [simcore.build(simcore.load(config(one))) for one in (stated, {})]
    assert plans[0].resolved_yaml == plans[1].resolved_yaml


# --- like, scenarios, settings -------------------------------------------------------------------


def outputs(content: Mapping[str, Any], **options: Any) -> dict[str, dict[str, float]]:
    """Output of each project by scenario."""
    spec = simcore.load(content, **options)
    return {
        name: {project: record.output for project, record in one.projects.items()}
        for name, one in spec.scenarios.items()
    }


def test_what_a_scenario_changes_in_a_template_it_changes_in_what_is_like_it():
    content = config(scenarios={"law": {}, "large": {"projects": {"plant": {"output": 3}}}})
    content["projects"]["later"] = {"like": "plant", "start": 2032}
    assert outputs(content) == {
        "law": {"plant": 2.0, "later": 2.0}, "large": {"plant": 3.0, "later": 3.0},
    }  # fmt: skip


def test_a_scenario_adds_a_project_like_another_one():
    later = {"like": "plant", "start": 2032}
    content = config(scenarios={"law": {}, "two": {"projects": {"later": later}}},
                     outcomes=["project_npv"], keep=[])  # fmt: skip
    assert outputs(content) == {"law": {"plant": 2.0}, "two": {"plant": 2.0, "later": 2.0}}
    run = simcore.run(content, threads=1)
    defined = run.project_npv_defined.sel(project="later") > 0
    assert defined.values.tolist() == [False, True]


def test_a_project_of_one_scenario_alone_brings_its_outcomes():
    content = config(scenarios={"law": {}})
    content["scenarios"]["built"] = {"projects": content.pop("projects")}
    spec = simcore.load(content)
    assert {"project_npv", "instrument_npv"} <= set(spec.experiment.outcomes)


def test_a_project_without_instruments_asks_for_no_outcome_of_them():
    content = config({"instruments": []})
    del content["catalog"]
    outcomes = simcore.load(content).experiment.outcomes
    assert "project_npv" in outcomes and "instrument_npv" not in outcomes


def test_a_setting_changes_one_field_of_a_project():
    spec = simcore.load(config(), overrides=["projects.plant.start=2028"])
    assert (spec.experiment.projects["plant"].start, spec.experiment.projects["plant"].output) == (
        2028, 2.0,
    )  # fmt: skip
    found = told(config(scenarios={"law": {}, "early": {"projects": {"plant": {"start": 2027}}}}))
    assert "2027, before h2_dri_eaf is available" in (
        found["scenarios.early.projects.plant.start"].found
    )


RESOLVED: dict[str, dict[str, Any]] = {
    "a contract": config(),
    "a strike at break-even": config(contract={"strike": {"break_even": 0.8, "in": "law"}}),
    "short forms": config({"against": "bf_bof", "output": "2 Mt/yr", "instruments": "contract"}),
    "a market of its own": config(contract={"reference": "market", "market": "uk_ets"}),
    "packaged contracts": config({"instruments": ["kr_ccfd", "de_ccfd"]}),
    "changed by a scenario": config(
        scenarios={"law": {}, "paid": {"projects": {"plant": {
            "against": {"route": "bf_bof", "capital": "sunk"}}}}},
    ),
    "elsewhere": config({"region": "KR", "destination": "eu", "route": "ng_dri_eaf"}),
}  # fmt: skip


@pytest.mark.parametrize("name", RESOLVED)
def test_resolved_config_is_the_same_experiment(name):
    plan = simcore.build(simcore.load(RESOLVED[name]))
    again = simcore.build(simcore.load(yaml.load(plan.resolved_yaml, yaml.CSafeLoader)))
    assert again.digest == plan.digest
    assert again.resolved_yaml == plan.resolved_yaml


# --- what changes nothing, and what is unusual ---------------------------------------------------


def opex(**fields: Any) -> dict[str, Any]:
    """A run whose plant has support of its operation."""
    content = config()
    content["catalog"]["instruments"]["contract"] = {"kind": "opex", **fields}
    return content


GRANT = {"kind": "grant", "share": 0.4, "nominal": True}
SILENT: dict[str, tuple[dict[str, Any], str]] = {
    "projects.plant.destination": (config({"destination": "eu"}), "inside the border"),
    "projects.plant.hydrogen": (
        config({"route": "ng_dri_eaf", "hydrogen": "own"}), "takes no hydrogen"),
    "projects.plant.willing": (config({"willing": "40 EUR/t"}), "sold above zero"),
    "projects.plant.sold": (config({"sold": 0.5, "buyer": "general"}), "add willing"),
    "projects.plant.against.reline": (
        config({"against": {"route": "bf_bof", "capital": "sunk", "reline": 150}}),
        "capital: reline"),
    "projects.plant.cumulation": (
        config({"instruments": [], "cumulation": {"share": 0.8}}), "which has none"),
    "projects.plant.instruments.0": (config(contract={"last": 2029}), "plant starts in 2030"),
    "catalog.instruments.contract": (config({"instruments": []}), "no project"),
    "catalog.instruments.contract.market": (
        config(contract={"market": "eu_ets"}), "reference: market"),
    "catalog.instruments.contract.repay": (
        config(contract={"sided": "one", "repay": "received"}), "repays nothing"),
    "catalog.instruments.contract.green_revenue": (
        config(contract={"green_revenue": 0.6}), "add sold"),
    "catalog.instruments.contract.indexation.shares.scrap": (
        config(contract={"indexation": {"base": 2026, "shares": {"hydrogen": 1, "scrap": 1}}},
               project={"against": "ng_dri_eaf"}), "they trade"),
    "catalog.instruments.contract.per": (opex(covers="gap", per="hydrogen"), "with an amount"),
    "catalog.instruments.contract.nominal": (
        config() | {"catalog": {"instruments": {"contract": GRANT}}}, "paid once"),
}  # fmt: skip


@pytest.mark.parametrize("where", SILENT)
def test_a_setting_without_effect_is_told_with_the_reason(where):
    content, reason = SILENT[where]
    found = told(content)
    assert where in found, found
    assert "changes nothing in this run" in found[where].found
    assert reason in found[where].remedy


def test_support_of_what_the_plant_does_not_take_is_told():
    content = opex(amount="2 EUR/kg", per="hydrogen")
    content["projects"]["plant"]["route"] = "ng_dri_eaf"
    assert "of which ng_dri_eaf takes none" in told(content)["projects.plant.instruments.0"].remedy


def test_a_contract_on_the_co2_of_the_same_route_is_told():
    content = config({"route": "bf_bof", "against": {"route": "bf_bof", "capital": "sunk"}})
    assert "avoids none" in told(content)["projects.plant.instruments.0"].remedy


REAL: dict[str, dict[str, Any]] = {
    "a loan": {"kind": "loan", "share": 0.5, "spread": 0.02},
    "the carbon cost of power": {"kind": "compensation", "intensity": 0.75,
                                 "emission_factor": "0.5 t/MWh"},
    "a gap": {"kind": "opex", "covers": "gap"},
}  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_money_of_each_year_is_told_to_change_nothing_where_there_is_no_amount(name):
    contract = {**REAL[name], "nominal": True}
    # Without the compensation of the region, beside which a second one is told instead.
    content = config() | {"catalog": {"instruments": {"contract": contract},
                                      "regions": {"EU": {"compensation": None}}}}  # fmt: skip
    where = "catalog.instruments.contract.nominal"
    assert "real costs and prices" in told(content)[where].remedy
    contract["cap"] = {"total": 500}
    assert where not in told(content)


def test_a_loan_that_outlasts_the_plant_is_refused():
    loan = {**REAL["a loan"], "term": 12}
    content = config({"lifetime": 10}) | {"catalog": {"instruments": {"contract": loan}}}
    assert told(content)["catalog.instruments.contract.term"].found == (
        "12 years, of a plant that runs for 10"
    )
    content["projects"]["plant"]["lifetime"] = 12
    assert "catalog.instruments.contract.term" not in told(content)


def test_support_that_ends_with_the_run_and_not_with_the_plant_is_told():
    found = told(config({"lifetime": 30}, {"term": None}))["projects.plant.instruments.0"]
    assert "end with the run in 2049" in found.found
    assert "years: 2026-2059" in found.remedy


@pytest.mark.parametrize("delay", [
    2, "2 yr", {"kind": "discrete", "values": [0, 2], "probabilities": [0.5, 0.5]},
    {"kind": "factor", "name": "late"},
], ids=["number", "with unit", "chance", "factor"])  # fmt: skip
def test_payments_that_a_delay_moves_beyond_the_run_are_told(delay):
    contract = {"delay": delay, "term": 15}
    late = {"kind": "uniform", "low": 0, "high": 2}
    content = config(contract=contract, years="2026-2044", factors={"late": late})
    found = told(content)["projects.plant.instruments.0"]
    assert "a delay moves them until 2046" in found.found
    assert found.remedy == "write years: 2026-2046"
    content["years"] = "2026-2046"
    assert "projects.plant.instruments.0" not in told(content)


HEARD: dict[str, dict[str, Any]] = {
    "a contract": config(),
    "a life beyond the horizon": config({"lifetime": 30, "beyond": "hold"}),
    "a life that must end in time": config({"beyond": "error"}),
    "an electrolyser of its own": config({"hydrogen": "own"}),
    "a buyer who pays": config({"sold": 0.5, "buyer": "automotive"}),
    "a relining": config({"against": {"route": "bf_bof", "capital": "reline", "reline": 150}}),
    "a limit": config({"cumulation": {"share": 0.8}}),
    "an effect in one scenario": config(
        contract={"market": "eu_ets"},
        scenarios={"law": {}, "market": {"catalog": {"instruments": {"contract": {
            "reference": "market"}}}}},
    ),
    "sold in one scenario": config(
        contract={"green_revenue": 0.6},
        scenarios={"law": {}, "sold": {"projects": {"plant": {"sold": 0.5, "willing": 30}}}},
    ),
    "power of an electrolyser": opex(amount="20 EUR/MWh", per="electricity"),
    "exported": config({"region": "KR", "route": "ng_dri_eaf", "destination": "eu"}),
}  # fmt: skip


@pytest.mark.parametrize("name", HEARD)
def test_a_setting_with_an_effect_is_no_matter(name):
    assert told(HEARD[name]) == {}


UNUSUAL: dict[str, tuple[dict[str, Any], str]] = {
    "projects.plant.output": (config({"output": 500}), "500 Mt/yr"),
    "projects.plant.rate": (config({"rate": 0.65}), "0.65"),
    "projects.plant.against.reline": (
        config({"against": {"route": "bf_bof", "capital": "reline", "reline": 1e6}}), "1e+06"),
    "catalog.instruments.contract.strike": (config(contract={"strike": 14000}), "14000 EUR/t"),
    "catalog.instruments.contract.delay": (config(contract={"delay": 40}), "40 yr"),
    "catalog.instruments.contract.floor": (
        config() | {"catalog": {"instruments": {"contract": {
            "kind": "cfd", "strike": "6 EUR/kg", "floor": 2, "term": 10}}}}, "2 EUR/t"),
    "catalog.instruments.contract.escalation": (config(contract={"escalation": 0.9}), "0.9"),
}  # fmt: skip


@pytest.mark.parametrize("where", UNUSUAL)
def test_an_unusual_number_is_asked_about(where):
    content, found = UNUSUAL[where]
    said = told(content)[where]
    assert found in said.found and "usual" in said.found


# --- what is told, and what is counted -----------------------------------------------------------


def test_check_counts_projects_and_instruments(tmp_path, capsys):
    file = tmp_path / "small.yaml"
    file.write_text(yaml.safe_dump(config()), encoding="utf-8")
    assert main(["check", str(file)]) == 0
    assert capsys.readouterr().out.rstrip().endswith("1 market, 1 project, 1 instrument")
    assert main(["plan", str(file)]) == 0
    printed = yaml.safe_load(capsys.readouterr().out)
    assert printed["projects"]["plant"]["lifetime"] == 20
    assert printed["catalog"]["instruments"]["contract"]["term"] == 15


def test_a_width_in_millions_is_one_in_the_unit_of_the_outcome():
    for unit in ("M EUR", "1e6 EUR"):
        spec = simcore.load(config(), until=f"project_npv.p50=2000 {unit}")
        assert spec.experiment.until is not None
    found = told(config(until="project_npv.p50=2000 EUR/t"))
    assert "1e6 EUR" in found["until.unit"].expected


def test_labels_of_until_are_those_of_the_run():
    until = {"variable": "instrument_npv", "statistic": "mean", "width": 2000}
    assert told(config(until={**until, "at": {"project": "plant"}})) == {}
    wrong = {"project": "plat", "instrument": "contrat"}
    found = told(config(until={**until, "at": wrong}))
    assert found["until.at.project"].remedy == "did you mean 'plant'?"
    assert found["until.at.instrument"].remedy == "did you mean 'contract'?"


def test_a_trace_and_a_summary_of_one_project():
    content = config(outcomes=["project_npv", "instrument_npv", "carbon_price"], keep=[])
    content["projects"]["later"] = {"like": "plant", "start": 2032}
    plan = simcore.build(simcore.load(content))
    rows = tracing.trace(plan, 3, project="later")
    assert {row["project"] for row in rows if "project" in row} == {"later"}
    with pytest.raises(ConfigError, match="plant, later"):
        tracing.trace(plan, 3, project="earlier")
    run = simcore.run(content, threads=1)
    frame = summarise(run, variable="instrument_npv", projects=["later"], instruments=["contract"])
    assert frame["project"].tolist() == ["later"]
    header, _ = trace_table(rows)
    assert {"project", "instrument", "against"} <= set(header)


def test_a_project_has_the_size_of_its_own_output():
    """Where a route costs less the larger it is, and says no output of its own."""
    content = config({"instruments": [], "against": "ng_dri_eaf"},
                     outcomes=["project_cost", "project_gap", "levelised_cost"], keep=[])  # fmt: skip
    content["catalog"] = {"routes": {"h2_dri_eaf": {
        "size": {"reference": "2 Mt/yr", "exponent": 0.7}, "fixed_opex": "3 %/yr",
        "capex": "1000 EUR/(t/yr)", "learning": None, "utilisation": 0.9,
    }}}  # fmt: skip
    content["projects"]["small"] = {**content["projects"]["plant"], "output": 1.0}
    run = simcore.run(content, threads=1)
    large, small = (
        run.project_cost_central.sel(year=2030, project=name).item() for name in ("plant", "small")
    )
    assert small == pytest.approx(run.levelised_cost_central.sel(year=2030, route="h2_dri_eaf"))
    content["catalog"]["routes"]["h2_dri_eaf"]["size"]["output"] = "1 Mt/yr"
    stated = simcore.run(content, threads=1).project_cost_central.sel(year=2030, project="plant")
    assert stated.item() == pytest.approx(small)
    assert large < small


def test_a_resolved_config_warns_of_nothing():
    content = config(
        {"sold": {"kind": "uniform", "low": 0, "high": 1}, "willing": 30},
        outcomes=["project_npv", "instrument_npv"], keep=[],
        scenarios={"law": {}, "two": {"projects": {"later": {"like": "plant", "start": 2032}}}},
    )  # fmt: skip
    assert told(content) == {}
    assert told(simcore.build(simcore.load(content)).spec.resolved()) == {}


def test_quantities_of_projects_and_instruments_are_correlated_by_their_names():
    """Also by one that this run does not draw, which changes nothing and is no unknown name."""
    share = {"kind": "uniform", "low": 0, "high": 1}
    names = ["contract.strike", "contract.indexation.hydrogen", "plant.willing", "plant.soldd"]
    content = config(
        {"sold": share, "willing": 30},
        {"strike": {"kind": "uniform", "low": 100, "high": 300},
         "indexation": {"base": 2028, "shares": {"hydrogen": share}}},
        correlations={"factors": [
            {"between": ["plant.sold", name], "rank": 0.1} for name in names
        ]},
    )  # fmt: skip
    (found,) = told(content).values()
    assert "plant.soldd" in found.found
    content["correlations"]["factors"].pop()
    assert "plant.willing, which this run does not draw" in next(iter(told(content).values())).found


def test_what_is_paid_first_has_nothing_to_deduct():
    place = "catalog.instruments.contract.other_aid"
    alone = config(contract={"other_aid": "deduct"})
    assert "none before contract" in told(alone)[place].remedy
    beside = copy.deepcopy(alone)
    beside["catalog"]["instruments"]["grant"] = {"kind": "grant", "share": 0.1}
    beside["projects"]["plant"]["instruments"] = ["contract", "grant"]
    assert place not in told(beside)
    # In one scenario it has something before it.
    alone["catalog"]["instruments"]["grant"] = {"kind": "grant", "share": 0.1}
    granted = {"projects": {"plant": {"instruments": ["grant", "contract"]}}}
    assert place not in told({**alone, "scenarios": {"law": {}, "granted": granted}})


def test_a_grant_for_a_life_beyond_the_run_is_paid_in_it():
    content = config({"lifetime": 30})
    content["catalog"]["instruments"]["contract"] = {"kind": "grant", "share": 0.2}
    assert "projects.plant.instruments.0" not in told(content)
