"""What changes nothing in a run is said, with the reason; and only that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from batteries import some
from one_year import CONFIG
from small_config import market, small_config

import simcore
from simcore import effects
from simcore.cli import main
from simcore.effects import build_and_warn
from simcore.errors import ConfigError
from simcore.intake import packaged
from simcore.quantities.records import Model, noted_reads

ROOT = Path(__file__).parents[1]


def warnings(**changes: Any) -> dict[str, str]:
    """Remedy of each warning by its place."""
    _, found = build_and_warn(simcore.load({**CONFIG, **changes}))
    return {one.where: one.remedy for one in found}


SILENT: dict[str, tuple[dict[str, Any], str]] = {
    "catalog.policies.eu_ets_cap": (
        {"catalog": {"policies": {"eu_ets_cap": {"variant": "reform_2026"}}}}, "eu_ets_cap"),
    "catalog.policies.cn_largest_deficit": (
        {"catalog": {"policies": {"cn_largest_deficit": {"known_until": 2027}}}}, "refers to"),
    "catalog.policies.uk_eu_link": (
        {"catalog": {"policies": {"uk_eu_link": {"known_until": 2027}}}}, "refers to"),
    "catalog.systems.eu_ets": (
        {"catalog": {"systems": {"eu_ets": {"slope": 3.0}}, "markets": {"eu_ets": {
            "process": {"kind": "random_walk", "sigma": 0.3}}}}}, "cap_and_bank"),
    "catalog.regions.EU.average_intensity": (
        {"catalog": {"regions": {"EU": {"average_intensity": 3.0}}}}, "country_average"),
    "catalog.regions.UK": ({"catalog": {"regions": {"UK": {"wacc": 0.09}}}}, "not among"),
    "catalog.routes.h2_dri_eaf.capex.KR": (
        {"catalog": {"routes": {"h2_dri_eaf": {"capex": {"EU": 1000, "KR": 900}}}}}, "no region"),
    "catalog.routes.moe": (
        {"catalog": {"routes": {"moe": {"lifetime": 30}}}}, "moe is not among the routes"),
    # Others follow its draws, and take nothing else of it.
    "catalog.routes.scrap_eaf.lifetime": (
        {"catalog": {"routes": {"scrap_eaf": {"lifetime": 30}}}},
        "scrap_eaf is not among the routes"),
    "catalog.markets.uk_ets": (
        {"catalog": {"markets": {"uk_ets": {"after": {"grow": 0.1}}}}}, "no region, CBAM"),
    "catalog.prices.scrap.KR": (
        {"catalog": {"prices": {"scrap": {"KR": {
            "kind": "path", "unit": "EUR/t", "process": {"kind": "scenario"}, "path": {2030: 300.0},
        }}}}}, "trades scrap.KR"),
    "cbam.declared": ({"cbam": {"declared": "default"}}, "border of the EU"),
    "cbam.mark_up": (
        {"regions": ["KR"], "destinations": ["eu"], "cbam": {"mark_up": 0.2}},
        "declared: default or cheaper"),
    "cbam.method": (
        {"regions": ["KR"], "destinations": ["eu"],
         "cbam": {"declared": "default", "method": "country_average"}},
        "declared: actual or cheaper"),
    "plant.output": (
        {"plant": {"start": 2030, "lifetime": 1, "output": 3.0}, "outcomes": ["carbon_price"]},
        "life of the plant"),
    "factors.lonely": (
        {"factors": {"lonely": {"kind": "uniform", "low": 1, "high": 2}}}, "name: lonely"),
    "scenarios.other": (
        {"scenarios": {"first": {}, "other": {"catalog": {"markets": {"uk_ets": {"carry": 0.1}}}}}},
        "that of first"),
    "scenarios.other.catalog.markets.uk_ets": (
        {"scenarios": {"first": {}, "other": {"catalog": {"markets": {"uk_ets": {"carry": 0.1}}}}}},
        "uk_ets"),
    "parity.1": (
        {"parity": ["hydrogen", "hbi"], "outcomes": ["parity_price"]}, "remove it"),
    "correlations.factors.0.between": (
        {"correlations": {"shocks": [], "factors": [
            {"between": ["eu_ets.anchor", "h2_dri_eaf.emission_intensity"], "rank": 0.5}]},
         "catalog": {"routes": {"h2_dri_eaf": {"emission_intensity": 0.1}}}}, "does not vary"),
    "correlations.shocks.0.between": (
        {"correlations": {"factors": [], "shocks": [{"between": ["eu_ets", "uk_ets"],
                                                     "rank": 0.5}]}}, "nothing in this run"),
}  # fmt: skip


@pytest.mark.parametrize("where", some(SILENT, each=2))
def test_a_setting_without_effect_is_told_with_the_reason(where: str) -> None:
    changes, reason = SILENT[where]
    found = warnings(**changes)
    assert where in found, found
    assert reason in found[where]


HEARD: dict[str, dict[str, Any]] = {
    "a region's capital": {"catalog": {"regions": {"EU": {"wacc": 0.09}}}},
    "a system that a market follows": {"catalog": {
        "systems": {"eu_ets": {"slope": 3.0}},
        "markets": {"eu_ets": {"process": {"kind": "cap_and_bank", "system": "eu_ets"},
                               "anchors": {}, "corridor": None, "tightening": None}},
    }},
    "one number for all regions": {"catalog": {"routes": {"h2_dri_eaf": {"utilisation": 0.9}}}},
    "an average at the border": {
        "regions": ["KR"], "destinations": ["eu"], "cbam": {"method": "country_average"},
        "catalog": {"regions": {"KR": {"average_intensity": 3.0}}},
    },
    "a default at the border": {
        "regions": ["KR"], "destinations": ["eu"], "cbam": {"declared": "default"},
    },
    "a factor": {
        "factors": {"shared": {"kind": "uniform", "low": 1, "high": 2}},
        "catalog": {"routes": {"h2_dri_eaf": {"first_of_a_kind": {"kind": "factor",
                                                                  "name": "shared"}}}},
    },
    "a dated table that goes on after the horizon": {"catalog": {"policies": {
        "eu_cscf": {"variant": "mine", "variants": {"mine": {"values": {2020: 0.9, 2060: 0.1}}}},
    }}},
    "a number called factor": {"catalog": {"sectors": {"steel": {"regions": {"EU": {"compensation": {
        "factor": "0.4 t/MWh"}}}}}}},
    "a scenario": {"scenarios": {"law": "law", "dear": {"catalog": {"regions": {"EU": {"wacc": 0.2}}}}}},
    "what the package says already": {"catalog": {"regions": {"IN": {"default_intensity":
        packaged.catalog()["sectors"]["steel"]["regions"]["IN"]["default_intensity"]}}}},
}  # fmt: skip


PRICE_FOR_ALL = """
name: t
years: 2030
regions: [EU]
routes: [bf_bof, {route}]
destinations: [domestic]
outcomes: [levelised_cost]
scenarios: {{law: {{}}}}
catalog: {{prices: {{{commodity}: {price}}}}}
"""


@pytest.mark.parametrize(
    ("route", "commodity", "price", "told"),
    [
        ("h2_dri_eaf", "hydrogen", "3 EUR/kg", []),
        ("h2_dri_eaf", "hydrogen", "{EU: 3, KR: 4}", ["catalog.prices.hydrogen.KR"]),
        ("scrap_eaf", "alumina", "500 EUR/t", ["catalog.prices.alumina.default"]),
    ],
)
def test_one_price_for_all_places_is_one_setting(
    route: str, commodity: str, price: str, told: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "price.yaml"
    file.write_text(PRICE_FOR_ALL.format(route=route, commodity=commodity, price=price), "utf-8")
    assert [one.where for one in build_and_warn(simcore.load(file))[1]] == told


VARIANT = "catalog.policies.eu_free_allocation.variant"


@pytest.mark.parametrize(
    ("scenarios", "said"),
    [
        (None, "which law and reform_2026, the packaged scenarios, overwrite"),
        ({"law": "law"}, "which law overwrites"),
        ({"law": "law", "mine": {}}, None),
        (
            {"same": {"catalog": {"policies": {"eu_free_allocation": {"variant": "repealed"}}}}},
            None,
        ),
    ],
)
def test_what_every_scenario_overwrites_is_told(
    scenarios: dict[str, Any] | None, said: str | None
) -> None:
    config = {**CONFIG, "outcomes": ["cost_premium"]}
    config["catalog"] = {"policies": {"eu_free_allocation": {"variant": "repealed"}}}
    del config["scenarios"], config["plant"]
    config |= {} if scenarios is None else {"scenarios": scenarios}
    found = {one.where: one for one in build_and_warn(simcore.load(config))[1]}
    assert (VARIANT in found) == (said is not None)
    if said is not None:
        assert found[VARIANT].found == f'"repealed", {said}'
        assert "scenarios: {mine: {}}" in found[VARIANT].remedy


@pytest.mark.parametrize("name", some(HEARD, each=2))
def test_a_setting_with_an_effect_is_no_matter(name: str) -> None:
    assert warnings(**HEARD[name]) == {}


def test_a_market_that_nothing_uses_is_told() -> None:
    idle = market({"kind": "gbm", "sigma": 0.2})
    config = small_config(markets={"home_ets": idle, "idle": idle})
    del config["exposures"]["idle"]
    _, found = build_and_warn(simcore.load(config))
    assert "catalog.markets.idle" in {one.where for one in found}


@pytest.mark.parametrize("first", some(range(6), each=6))
def test_no_packaged_scenario_does_in_the_base(first: int) -> None:
    """A few regions and routes: what they read, the base reads too."""
    scenarios = {name: name for name in [*packaged.scenarios()][first::6]}
    few = {"regions": ["EU", "UK", "CN", "IN"], "sectors": ["steel", "cement", "aluminium"],
           "routes": ["bf_bof", "h2_dri_eaf", "lc3", "secondary_aluminium"],
           "outcomes": ["cost_premium"], "keep": []}  # fmt: skip
    _, found = build_and_warn(simcore.load({**few, "scenarios": {"undecided": {}, **scenarios}}))
    assert [str(one) for one in found] == []


def test_a_resolved_config_raises_none(tmp_path: Path) -> None:
    few = ["regions=[EU, UK, KR]", "routes=[bf_bof, bf_bof_ccs, h2_dri_eaf]", "keep=[]",
           "outcomes=[carbon_price, cost_premium, viability_by_view]"]  # fmt: skip
    plan = simcore.build(simcore.load(ROOT / "configs" / "quickstart.yaml", overrides=few))
    file = tmp_path / "resolved.yaml"
    file.write_text(plan.resolved_yaml, encoding="utf-8")
    again, found = build_and_warn(simcore.load(file))
    assert again.digest == plan.digest
    assert [str(one) for one in found] == []


def test_what_is_read_of_a_copy_is_read_of_its_original() -> None:
    record = simcore.load(CONFIG).experiment.years
    with noted_reads([Model]) as reads:
        assert record.model_copy(update={"last": 2031}).model_copy().first == 2030
    assert (id(record), "first") in reads
    assert (id(record), "last") not in reads
    assert "__getattribute__" not in vars(Model)
    assert "model_copy" not in vars(Model)


def test_noting_reads_changes_no_plan() -> None:
    noted, _ = build_and_warn(simcore.load(CONFIG))
    plain = simcore.build(simcore.load(CONFIG))
    assert noted.digest == plain.digest
    assert len(noted.graph.nodes) == len(plain.graph.nodes)


class BuiltError(Exception):
    """A plan was asked for."""


def _refuse(_: Any) -> None:
    raise BuiltError


CHOICES = {key: value for key, value in CONFIG.items() if key != "plant"}
CHOOSES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "two scenarios": {"scenarios": {"law": "law", "other": {}}},
    "other outcomes and years": {"outcomes": ["cbam_cost"], "years": {"first": 2026, "last": 2050}},
    "a title, a seed and regions": {"title": "t", "seed": 1, "regions": ["EU", "UK", "CN"]},
}  # fmt: skip
WRITES: dict[str, dict[str, Any]] = {
    "a number": {"catalog": {"regions": {"EU": {"wacc": 0.09}}}},
    "a number of one scenario": {"scenarios": {"law": {"cbam": {"resource_shuffling": 0.1}}}},
    "one in a list of overlays": {"scenarios": {"law": ["law", {"value": {"mode": "seed"}}]}},
    "money": {"money": {"inflation": 0.03}},
    "a correlation": {"correlations": {"shocks": [{"between": ["eu_ets", "uk_ets"], "rank": 0.1}]}},
    "what is drawn anew": {"redraw": ["eu_ets.*"]},
    "goods": {"parity": ["hydrogen"]},
    "twins": {"scenarios": {"law": "law", "again": "law"}},
}


@pytest.mark.parametrize("name", CHOOSES)
def test_a_config_that_only_chooses_is_checked_without_a_plan(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effects, "build", _refuse)
    assert effects.warnings_of(simcore.load({**CHOICES, **CHOOSES[name]})) == []
    monkeypatch.undo()
    assert build_and_warn(simcore.load({**CHOICES, **CHOOSES[name]}))[1] == []


@pytest.mark.parametrize("name", WRITES)
def test_a_config_that_writes_more_is_checked_with_its_plan(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effects, "build", _refuse)
    with pytest.raises(BuiltError):
        effects.warnings_of(simcore.load({**CHOICES, **WRITES[name]}))


def test_twins_that_only_choose_are_told() -> None:
    found = effects.warnings_of(simcore.load({**CHOICES, **WRITES["twins"]}))
    assert [one.where for one in found] == ["scenarios.again"]


def written(folder: Path, **changes: Any) -> str:
    file = folder / "c.yaml"
    file.write_text(yaml.safe_dump({**CONFIG, **changes}, sort_keys=False), encoding="utf-8")
    return str(file)


def test_warnings_are_told_on_stderr_and_are_faults_when_strict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, catalog={"regions": {"UK": {"wacc": 0.09}}})
    assert main(["check", file]) == 0
    said = capsys.readouterr()
    line = yaml.compose(Path(file).read_text("utf-8"))
    assert line is not None
    assert said.err.startswith(f"warning: {file}:")
    assert "catalog.regions.UK" in said.err
    assert "not among the regions" in said.err
    assert "ok" in said.out
    assert main(["check", file, "--strict"]) == 2
    said = capsys.readouterr()
    assert "1 fault" in said.err
    assert said.out == ""
    assert main(["check", file, "--set", "catalog.policies.jp_fossil_levy.known_until=2027"]) == 0
    assert "--set catalog.policies.jp_fossil_levy" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "near"),
    [("h2_dri_eaf.emission_intensty", "h2_dri_eaf.emission_intensity"),
     ("uk_ets.ancor", None), ("h2_dri_eaf.inputs.hydrogn", "h2_dri_eaf.inputs.hydrogen")],
)  # fmt: skip
def test_a_correlation_with_a_misspelt_name_is_a_fault(name: str, near: str | None) -> None:
    pair = {"between": ["eu_ets.anchor", name], "rank": 0.5}
    with pytest.raises(ConfigError) as raised:
        simcore.build(simcore.load({**CONFIG, "correlations": {"factors": [pair], "shocks": []}}))
    fault = raised.value.faults[0]
    assert name in fault.found
    assert near is None or f"did you mean {near!r}" in fault.remedy


def test_a_strike_that_a_run_finds_changes_something() -> None:
    config = {
        "draws": 64, "years": "2028-2032", "regions": ["EU"], "routes": ["h2_dri_eaf"],
        "scenarios": {"law": "law"},
        "catalog": {"instruments": {"bid": {
            "kind": "ccfd", "strike": {"break_even": 0.8, "in": "law"}, "term": 3,
        }}},
        "projects": {"one": {
            "region": "EU", "route": "h2_dri_eaf", "start": 2029, "lifetime": 4, "output": 1,
            "instruments": ["bid"],
        }},
    }  # fmt: skip
    told = [one.where for one in effects.warnings_of(simcore.load(config))]
    assert not [where for where in told if "strike" in where]
