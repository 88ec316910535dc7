"""Natural forms, entries like others, tables by year: each is its long form, and means it."""

from __future__ import annotations

import copy
import itertools
import json
import re
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import yaml
from batteries import some
from minimal import minimal_config

import simcore
from simcore import cli
from simcore.errors import ConfigError, Fault

ROOT = Path(__file__).parents[1]
SCHEMA = json.loads((ROOT / "configs" / "schema.json").read_text("utf-8"))

SMALL: dict[str, Any] = {
    "name": "language", "regions": ["EU"], "routes": ["bf_bof", "h2_dri_eaf"],
    "destinations": ["domestic"], "years": {"first": 2028, "last": 2030}, "draws": 256,
    "plant": {"start": 2028, "lifetime": 2}, "outcomes": ["levelised_cost", "cost_premium"],
    "keep": ["levelised_cost", "cost_premium"], "scenarios": {"law": "law"},
}  # fmt: skip


def laid(under: Any, over: Any) -> Any:
    if not isinstance(under, dict) or not isinstance(over, dict):
        return over
    return {**under, **{key: laid(under.get(key), value) for key, value in over.items()}}


def small(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy({**SMALL, **changes})


def route(**fields: Any) -> dict[str, Any]:
    return {"catalog": {"routes": {"h2_dri_eaf": fields}}}


def prices(**commodities: Any) -> dict[str, Any]:
    return {"catalog": {"prices": commodities}}


def fixed(unit: str, path: dict[int, float], **more: Any) -> dict[str, Any]:
    return {"kind": "path", "unit": unit, "process": {"kind": "scenario"}, "path": path, **more}


PACKAGED = simcore.load({"name": "all"}).experiment.catalog
GRID = "Grid electricity, large industrial consumer, delivered"


def all_places(commodity: str, path: Any) -> dict[str, Any]:
    from simcore.intake import packaged

    return dict.fromkeys((*packaged.catalog()["prices"][commodity], "default"), path)


PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "years as text": ({"years": "2028-2030"}, {"years": {"first": 2028, "last": 2030}}),
    "years with a dash": ({"years": "2028 \u2013 2030"}, {"years": {"first": 2028, "last": 2030}}),
    "first and last year": ({"years": [2028, 2030]}, {"years": {"first": 2028, "last": 2030}}),
    "every year": ({"years": [2028, 2029, 2030]}, {"years": {"first": 2028, "last": 2030}}),
    "one year": (
        {"years": 2028, "plant": {"start": 2028, "lifetime": 1}},
        {"years": {"first": 2028, "last": 2028}, "plant": {"start": 2028, "lifetime": 1}},
    ),
    "one region": ({"regions": "EU"}, {"regions": ["EU"]}),
    "names with commas": ({"routes": "bf_bof, h2_dri_eaf"}, {"routes": ["bf_bof", "h2_dri_eaf"]}),
    "a list of scenarios": (
        {"scenarios": ["law", "reform_2026"]},
        {"scenarios": {"law": "law", "reform_2026": "reform_2026"}},
    ),
    "a list of scenarios with changes": (
        {"scenarios": ["law", {"own": {"value": {"mode": "seed"}}}]},
        {"scenarios": {"law": "law", "own": {"value": {"mode": "seed"}}}},
    ),
    "one scenario": ({"scenarios": "law"}, {"scenarios": {"law": "law"}}),
    "one price for all": (
        prices(hydrogen="3 EUR/kg"),
        prices(hydrogen=all_places("hydrogen", fixed("EUR/kg", {2028: 3.0}))),
    ),
    "a price in its canonical unit": (
        prices(hydrogen={"EU": 3}), prices(hydrogen={"EU": fixed("EUR/kg", {2028: 3.0})}),
    ),
    "a price of power keeps its emissions": (
        prices(electricity={"EU": "20 EUR/GJ"}),
        prices(electricity={"EU": fixed("EUR/GJ", {2028: 20.0}, title=GRID, grid="electricity", emission_intensity={
            year: value / 3.6
            for year, value in PACKAGED.prices["electricity"]["EU"].emission_intensity.items()
        })}),
    ),
    "a price by year": (
        prices(hydrogen={"EU": {2026: "5 EUR/kg", 2035: "3 EUR/kg"}}),
        prices(hydrogen={"EU": fixed("EUR/kg", {2026: 5.0, 2035: 3.0})}),
    ),
    "a price with its source": (
        prices(hydrogen={"EU": {"value": 3, "unit": "USD/kg", "price_year": 2023, "source": "me"}}),
        prices(hydrogen={
            "EU": fixed("USD/kg", {2028: 3.0}, price_year=2023, source="me")
        }),
    ),
    "a carbon price": (
        {"catalog": {"markets": {"eu_ets": {2026: 80, 2035: 120}}}},
        {"catalog": {"markets": {"eu_ets": fixed(
            "EUR/t", {2026: 80.0, 2035: 120.0}, title=PACKAGED.markets["eu_ets"].title,
        )}}},
    ),
    "a policy by year": (
        {"catalog": {"policies": {"mine": {2020: 1, 2030: 0.5}},
                     "regions": {"EU": {"coverage": "mine"}}}},
        {"catalog": {
            "policies": {"mine": {
                "variant": "given", "known_until": 2020,
                "variants": {"given": {"values": {2020: 1, 2030: 0.5}}},
            }},
            "regions": {"EU": {"coverage": "mine"}},
        }},
    ),
    "a variant by year": (
        {"catalog": {"policies": {"eu_cscf": {"variants": {"law": {2020: 1.0, 2029: 0.9}}}}}},
        {"catalog": {"policies": {"eu_cscf": {
            "variants": {"law": {"values": {2020: 1.0, 2029: 0.9}}},
        }}}},
    ),
    "percent of a share": (
        {"catalog": {"regions": {"EU": {"coverage": "97.5 %"}}}, "money": {"inflation": "2 %"}},
        {"catalog": {"regions": {"EU": {"coverage": 0.975}}}, "money": {"inflation": 0.02}},
    ),
    "a benchmark with its unit": (
        {"catalog": {"regions": {"EU": {"benchmarks": {"bf_bof": "1370 kg/t"}}}}},
        {"catalog": {"regions": {"EU": {"benchmarks": {"bf_bof": 1.37}}}}},
    ),
    "an input by year": (
        route(inputs={"electricity": {"years": {2026: "3.5 MWh/t", 2035: "3.1 MWh/t"}}}),
        route(inputs={"electricity": {"default": {"kind": "by_year", "years": {
            2026: {"kind": "constant", "value": 3.5, "unit": "MWh/t"},
            2035: {"kind": "constant", "value": 3.1, "unit": "MWh/t"},
        }}}}),
    ),
    "fixed opex as a share": (
        route(fixed_opex={"share_of_capex": 0.03}),
        route(fixed_opex={"default": {"kind": "constant", "value": 0.03, "unit": "1/yr"}}),
    ),
    "fixed opex as a share in percent": (
        route(fixed_opex={"default": {"share_of_capex": "3 %"}}), route(fixed_opex="3 %/yr"),
    ),
    "an uncertain share": (
        route(fixed_opex={"share_of_capex": {"kind": "uniform", "low": 2, "high": 4, "unit": "%"}}),
        route(fixed_opex={"kind": "uniform", "low": 2, "high": 4, "unit": "%/yr"}),
    ),
    "a region like another": (
        {"regions": ["DE"], "catalog": {"regions": {
            "DE": {"like": "EU", "wacc": "6 %", "prices": {"hydrogen": "4 EUR/kg"}},
        }}},
        {"regions": ["DE"], "catalog": {
            "regions": {"DE": {"like": "EU", "wacc": {"kind": "constant", "value": 6, "unit": "%"}}},
            "prices": {"hydrogen": {"DE": fixed("EUR/kg", {2028: 4.0})}},
        }},
    ),
    "extends of an entry": (
        {"regions": ["DE"], "catalog": {"regions": {"DE": {"extends": "EU"}}}},
        {"regions": ["DE"], "catalog": {"regions": {"DE": {"like": "EU"}}}},
    ),
    "a part of a price": (
        {"regions": ["DE"], "catalog": {"regions": {
            "DE": {"like": "EU", "prices": {"natural_gas": {"spot": {"value": 40}}}},
        }}},
        {"regions": ["DE"], "catalog": {
            "regions": {"DE": {"like": "EU"}},
            "prices": {"natural_gas": {"DE": {"like": "EU", "spot": {"value": 40}}}},
        }},
    ),
}  # fmt: skip


def digest(config: dict[str, Any]) -> str:
    return simcore.build(simcore.load(config)).digest


@pytest.mark.parametrize("name", some(PAIRS, each=3))
def test_a_natural_form_is_its_long_form(name):
    natural, long = (small(**one) for one in PAIRS[name])
    plan = simcore.build(simcore.load(natural))
    assert plan.digest == digest(long)
    # The resolved config is plain, and running it is the same.
    again = simcore.build(simcore.load(yaml.load(plan.resolved_yaml, yaml.CSafeLoader)))
    assert again.digest == plan.digest
    assert again.resolved_yaml == plan.resolved_yaml


# A synonym, understood but not offered.
@pytest.mark.parametrize("name", [name for name in PAIRS if name != "extends of an entry"])
def test_natural_forms_stand_in_the_schema(name):
    for form in PAIRS[name]:
        assert accepts(SCHEMA, json.loads(json.dumps(small(**form))))


def test_the_schema_refuses_what_no_form_is():
    for wrong in ({"years": True}, {"regions": 3}, prices(hydrogen={"EU": [1]}), {"rutes": []},
                  route(inputs={"electricity": {"yeers": {2026: {"a": 1}}}})):  # fmt: skip
        assert not accepts(SCHEMA, json.loads(json.dumps(small(**wrong))))


def accepts(schema: Any, data: Any) -> bool:
    """Whether a JSON Schema, as far as ours goes, accepts data."""
    if schema is True:
        return True
    if "$ref" in schema and not accepts(SCHEMA["$defs"][schema["$ref"].split("/")[-1]], data):
        return False
    for word in ("anyOf", "oneOf"):
        if word in schema and not any(accepts(one, data) for one in schema[word]):
            return False
    if "const" in schema and data != schema["const"]:
        return False
    if "enum" in schema and data not in schema["enum"]:
        return False
    types = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool,
             "number": (int, float), "null": type(None)}  # fmt: skip
    if "type" in schema:
        named = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        fits = [one for one in named if isinstance(data, types[one])]
        if not fits or (isinstance(data, bool) and "boolean" not in fits):
            return False
    if isinstance(data, list) and "items" in schema:
        return all(accepts(schema["items"], one) for one in data)
    if isinstance(data, dict):
        known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
        for key, value in data.items():
            own = [known[key]] if key in known else []
            own += [one for pattern, one in patterns.items() if re.search(pattern, key)]
            rest = schema.get("additionalProperties", True)
            if not own and rest is False:
                return False
            if not all(accepts(one, value) for one in own or [rest]):
                return False
    return True


# --- what they mean ------------------------------------------------------------------------------


def run(config: dict[str, Any]) -> Any:
    return simcore.run(config, threads=1)


def test_a_region_like_another_is_that_region():
    """Same prices, same rows of routes, same draws: the same numbers to the bit."""
    ds = run(small(regions=["EU", "DE"], catalog={"regions": {"DE": {"like": "EU"}}}))
    eu, de = (ds["cost_premium"].sel(region=one).values for one in ("EU", "DE"))
    assert np.array_equal(eu, de, equal_nan=True)
    assert np.isfinite(eu).any()
    assert "DE.wacc" not in ds.factor.values


def test_a_region_like_another_differs_by_what_it_states():
    """Dearer power raises the cost by what is bought of it, and nothing else."""
    config = small(
        regions=["EU", "DE"], currency="EUR",
        catalog={
            "prices": {"electricity": {"EU": "100 EUR/MWh"}},
            "regions": {"DE": {"like": "EU", "prices": {"electricity": "130 EUR/MWh"}}},
            "routes": {"h2_dri_eaf": {"inputs": {"electricity": "0.8 MWh/t"}}},
        },
    )  # fmt: skip
    cost = run(config)["levelised_cost"].sel(route="h2_dri_eaf")
    assert np.allclose(cost.sel(region="DE") - cost.sel(region="EU"), 30 * 0.8, atol=1e-3)


@pytest.mark.parametrize("like", ["h2_dri_eaf", "scrap_eaf", "bf_bof_ccs"])
def test_a_route_like_another_shares_its_draws(like):
    """Those that the other shares with a third one and those of its host too."""
    config = small(
        routes=["bf_bof", like, "dearer"],
        years={"first": 2036, "last": 2037},
        catalog={"routes": {"dearer": {"like": like, "support": "-25 EUR/t"}}},
    )
    cost = run(config)["levelised_cost"]
    assert float(cost.sel(route=like).std("draw").min()) > 1
    assert np.allclose(cost.sel(route="dearer") - cost.sel(route=like), 25, atol=1e-3)


def test_a_scenario_that_changes_a_template_changes_what_is_like_it():
    config = small(
        regions=["EU", "DE", "FR"],
        scenarios={"law": {}, "dear": {"catalog": {"regions": {"EU": {"wacc": 0.15}}}}},
        catalog={"regions": {"DE": {"like": "EU"}, "FR": {"like": "DE", "wacc": 0.06}}},
    )
    spec = simcore.load(config)
    found = {
        (scenario, region): one.catalog.regions[region].wacc
        for scenario, one in spec.scenarios.items() for region in ("EU", "DE", "FR")
    }  # fmt: skip
    assert found["dear", "DE"].value == found["dear", "EU"].value == 0.15
    assert found["law", "DE"].kind == "triangular"
    assert found["law", "FR"].value == found["dear", "FR"].value == 0.06
    plan = simcore.build(spec)
    assert digest(yaml.load(plan.resolved_yaml, yaml.CSafeLoader)) == plan.digest


def test_five_exporters_in_ten_lines():
    text = (
        "name: exporters\nregions: [TR, BR, UA, VN, EG]\ncatalog:\n  regions:\n"
        "    TR: {like: EU, market: in_ccts, coverage: 0, wacc: 9 %}\n"
        "    BR: {like: IN, coverage: 0, wacc: 10 %}\n    UA: {like: TR, wacc: 14 %}\n"
        "    VN: {like: CN, wacc: 9 %, prices: {electricity: 75 EUR/MWh}}\n"
        "    EG: {like: TR, prices: {natural_gas: 18 EUR/MWh}}\n"
    )
    assert text.count("\n") <= 10
    plan = simcore.build(simcore.load({**yaml.safe_load(text), "draws": 256}))
    assert plan.coords["region"] == ("TR", "BR", "UA", "VN", "EG")
    # Outside the EU's market: their exports meet CBAM.
    assert "eu_ets" in plan.coords["market"]


def by_year(years: dict[int, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "by_year", "years": years, **more}


def costs(**fields: Any) -> Any:
    """Levelised cost by year and draw of the green route of the smallest config."""
    ds = run(minimal_config(
        years={"first": 2026, "last": 2034}, draws=256, outcomes=["levelised_cost"],
        keep=["levelised_cost"], catalog={"routes": {"h2_dri_eaf": fields}},
        plant={"start": 2026, "lifetime": 1}, dtype="float64",
    ))  # fmt: skip
    return ds["levelised_cost"].sel(route="h2_dri_eaf").squeeze().transpose("year", "draw").values


def test_a_table_by_year_is_linear_between_its_dates_and_held_outside():
    flat = costs(other_opex=0.0)
    found = costs(other_opex=by_year({2028: 10.0, 2032: 30.0})) - flat
    expected = np.interp(np.arange(2026, 2035), [2028, 2032], [10.0, 30.0])
    assert np.allclose(found, expected[:, None])


def test_the_dates_of_a_table_share_one_draw():
    """Quantiles of the dates go together: U(0, 10) and U(100, 140) are 10 u and 100 + 40 u."""
    first = {"kind": "uniform", "low": 0, "high": 10}
    last = {"kind": "uniform", "low": 100, "high": 140}
    flat = costs(other_opex=0.0)
    found = costs(other_opex=by_year({2028: first, 2032: last})) - flat
    u = found[0] / 10
    assert 0 < u.min() < 0.05 and 0.95 < u.max() < 1
    assert np.allclose(found[-1], 100 + 40 * u)
    assert np.allclose(found[4], 0.5 * found[0] + 0.5 * found[-1])  # 2030


def test_a_table_of_intensity_moves_the_emissions_of_its_year():
    config = minimal_config(
        years={"first": 2026, "last": 2028},
        outcomes=["avoided_emissions"],
        keep=[],
        plant={"start": 2026, "lifetime": 1},
        catalog={"routes": {"h2_dri_eaf": {"emission_intensity": by_year({2026: 1.0, 2028: 0.5})}}},
    )
    avoided = run(config)["avoided_emissions_mean"].sel(route="h2_dri_eaf").squeeze().values
    assert np.allclose(np.diff(avoided), 0.25, atol=1e-6)


def test_cost_of_size():
    """Twice the plant at an exponent of 0.7 costs 2^-0.3 a tonne; the reference size nothing."""
    base = costs(capex=1000.0, fixed_opex=0.0)
    none = costs(capex=0.0, fixed_opex=0.0)
    capital = base - none
    same = costs(
        capex=1000.0, fixed_opex=0.0, size={"reference": "2 Mt/yr", "exponent": 0.7, "output": 2}
    )
    assert np.allclose(same, base)
    for exponent in (0.7, {"kind": "uniform", "low": 0.69999999, "high": 0.70000001}):
        size = {"reference": "2 Mt/yr", "exponent": exponent, "output": "4000 kt/yr"}
        found = costs(capex=1000.0, fixed_opex=0.0, size=size)
        assert np.allclose(found - none, capital * 2**-0.3)
    # Without an output of its own, that of the plant.
    assert np.allclose(
        costs(capex=1000.0, fixed_opex=0.0, size={"reference": 4.0, "exponent": 0.5}) - none,
        capital * (minimal_config()["plant"]["output"] / 4.0) ** -0.5,
    )  # fmt: skip


def test_fixed_opex_as_a_share_of_capex():
    """3 % of capex a year, over utilisation; not of the surcharge on first plants."""
    none = costs(capex=800.0, fixed_opex=0.0, first_of_a_kind=1.0, utilisation=0.8)
    found = costs(capex=800.0, fixed_opex="3 %/yr", first_of_a_kind=1.0, utilisation=0.8)
    assert np.allclose(found - none, 0.03 * 800 / 0.8)
    dear = costs(capex=800.0, fixed_opex="3 %/yr", first_of_a_kind=1.4, utilisation=0.8)
    alone = costs(capex=800.0, fixed_opex=0.0, first_of_a_kind=1.4, utilisation=0.8)
    assert np.allclose(dear - alone, 0.03 * 800 / 0.8)


# --- layers --------------------------------------------------------------------------------------


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder / f"{next(iter(files))}.yaml"


def test_extends_over_several_levels(tmp_path):
    file = written(
        tmp_path, c="extends: b.yaml\nname: c\nyears: 2028-2031\n",
        b="extends: a.yaml\nname: b\nyears: 2028-2035\nregions: KR\n",
        a="name: a\nregions: [JP]\nroutes: [bf_bof, scrap_eaf]\n"
        "plant: {start: 2028, lifetime: 4}\n",
    )  # fmt: skip
    experiment = simcore.load(file).experiment
    assert (experiment.name, experiment.regions, experiment.routes) == (
        "c", ["KR"], ["bf_bof", "scrap_eaf"],
    )  # fmt: skip
    assert experiment.years.last == 2031


def faults(source: Any, **options: Any) -> tuple[Fault, ...]:
    with pytest.raises(ConfigError) as caught:
        simcore.build(simcore.load(source, **options))
    return caught.value.faults


def test_a_fault_names_the_level_in_which_it_stands(tmp_path):
    file = written(
        tmp_path, c="extends: b.yaml\nname: c\n", b="name: b\nextends: a.yaml\n",
        a="name: a\nregions: [EU]\n\nvalue: {buyer: nobody}\n",
    )  # fmt: skip
    (fault,) = faults(file)
    assert (fault.where, fault.file, fault.line) == (
        "value.buyer", str(tmp_path / "a.yaml"), 4,
    )  # fmt: skip


def test_files_from_outside_where_the_command_line_allows_it(tmp_path, capsys):
    (tmp_path / "common").mkdir()
    (tmp_path / "mine").mkdir()
    common = (
        "name: common\nregions: [EU]\nroutes: [bf_bof, scrap_eaf]\nscenarios: {dear: dear.yaml}\n"
        "catalog: {regions: {EU: {wacc: {kind: empirical, csv: wacc.csv, column: rate}}}}\n"
    )
    written(tmp_path / "common", common=common, dear="catalog: {regions: {EU: {wacc: 0.2}}}\n")
    (tmp_path / "common" / "wacc.csv").write_text("rate\n0.05\n0.07\n")
    file = written(tmp_path / "mine", own="extends: ../common/common.yaml\nname: own\n")
    (fault,) = faults(file)
    assert (fault.where, fault.line) == ("extends", 1)
    assert "--allow-outside" in fault.remedy
    assert cli.main(["check", str(file), "--allow-outside", str(tmp_path / "elsewhere")]) == 2
    assert cli.main(["check", str(file), "--allow-outside", str(tmp_path / "common")]) == 0
    spec = simcore.load(file, allow_outside=[tmp_path / "common"])
    assert spec.experiment.catalog.regions["EU"].wacc.csv == "../common/wacc.csv"
    assert spec.scenarios["dear"].catalog.regions["EU"].wacc.value == 0.2
    simcore.build(spec)


@pytest.mark.parametrize(
    ("setting", "change"),
    some([
        ("years=2028-2029", {"years": {"first": 2028, "last": 2029}}),
        ("regions=EU, KR", {"regions": ["EU", "KR"]}),
        ("scenarios=[law, reform_2026]", {"scenarios": {"law": "law", "reform_2026": "reform_2026"}}),
        ("catalog.prices.hydrogen.EU=3 EUR/kg", prices(hydrogen={"EU": "3 EUR/kg"})),
        ("catalog.prices.hydrogen=3 EUR/kg", prices(hydrogen="3 EUR/kg")),
        ("catalog.regions.EU.prices.hydrogen=3 EUR/kg", prices(hydrogen={"EU": "3 EUR/kg"})),
        ("catalog.routes.h2_dri_eaf.fixed_opex=3 %/yr", route(fixed_opex="3 %/yr")),
        ("catalog.routes.h2_dri_eaf.capex={years: {2026: 900, 2030: 700}}",
         route(capex={"years": {2026: 900, 2030: 700}})),
    ], each=3),
)  # fmt: skip
def test_a_setting_takes_natural_forms_too(setting, change):
    plan = simcore.build(simcore.load(small(), overrides=[setting]))
    assert plan.digest == digest(small(**change))


# --- years before CBAM ---------------------------------------------------------------------------


PAST = {
    "name": "past", "regions": "EU", "destinations": "domestic", "routes": "bf_bof, scrap_eaf",
    "years": "2020-2030", "draws": 256, "plant": {"start": 2020, "lifetime": 5},
    "outcomes": ["cost_premium"], "keep": [], "scenarios": {"own": {}},
}  # fmt: skip


def test_years_before_2026_name_the_tables_that_begin_later():
    (fault,) = faults(PAST)
    assert fault.where == "years.first"
    for part in ("2026: eu_ets", "2025: ", "iron_ore.default"):
        assert part in fault.expected
    # What only the border asks for is not asked.
    for part in ("eu_cbam", "eu_recognition", "mark_up", "uk_ets", "_dri_eaf"):
        assert part not in fault.expected


def test_years_before_2026_where_everything_is_given():
    given = {
        "markets": {"eu_ets": {2020: "25 EUR/t", 2025: "75 EUR/t"}},
        "policies": {name: {2020: value} for name, value in (
            ("eu_free_allocation", 1), ("eu_cscf", 1), ("eu_benchmark_bf_bof", 1.3),
            ("eu_benchmark_eaf", 0.3), ("eu_indirect_compensation", 0.85),
        )},
        "prices": {
            "iron_ore": "100 USD/t", "coking_coal": "200 USD/t", "thermal_coal": "4 USD/GJ",
            "scrap": "330 EUR/t", "natural_gas": "40 EUR/MWh", "electricity": "90 EUR/MWh",
            "slag": "15 EUR/t", "lime": "100 EUR/t", "electrodes": "4000 EUR/t",
            "ferroalloys": "1200 EUR/t",
        },
    }  # fmt: skip
    ds = run({**PAST, "catalog": given})
    assert np.isfinite(ds["cost_premium_mean"].sel(route="scrap_eaf")).all()
    assert ds.year.values[0] == 2020
    # At the border the run needs the tables of CBAM.
    (fault,) = faults({**PAST, "regions": "IN", "destinations": "eu", "catalog": given})
    assert "eu_cbam_mark_up" in fault.expected


def test_packaged_keys_follow_what_is_written():
    found = simcore.load({"name": "a", "years": "2028-2035", "outcomes": ["viability"]}).experiment
    assert found.keep == []
    assert (found.plant.start, found.plant.beyond) == (2030, "hold")
    found = simcore.load({"name": "a", "years": 2040}).experiment
    assert (found.plant.start, found.plant.valued_in) == (2040, 2039)
    assert found.keep == ["carbon_price", "cost_premium"]
    # What is written is meant.
    assert faults(small(outcomes=["viability"]))[0].where == "keep.0"
    assert faults({"name": "a", "years": 2040, "plant": {"lifetime": 20}})[0].where == "years.last"


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "where", "said"),
    [
        ({"years": [2028, 2030, 2035]}, "years", "write years: 2028-2035"),
        ({"years": "2028 bis 2035"}, "years", "write years: 2028-2035"),
        ({"years": "2035-2028"}, "years", "swap or correct the two"),
        ({"scenarios": ["law", "law"]}, "scenarios", "each once"),
        ({"scenarios": [3]}, "scenarios", "a list of packaged names and files"),
        ({"scenarios": ["lwa"]}, "scenarios.lwa", "did you mean 'law'?"),
        (prices(hydrogen={"EU": "4 to 7 EUR/kg"}), "catalog.prices.hydrogen.EU", "60 EUR/t"),
        (prices(unobtainium=60), "catalog.prices.unobtainium", "with its unit"),
        (prices(hydrogen={"EU": {2026: "3 EUR/kg", 2030: "3 USD/kg"}}),
         "catalog.prices.hydrogen.EU", "in one unit"),
        (prices(hydrogen={2026: "3 EUR/kg", 2030: None}), "catalog.prices.hydrogen", "in one unit"),
        ({"catalog": {"markets": {"eu_ets": {2026: "3 EUR/t", 2030: "x"}}}},
         "catalog.markets.eu_ets", "in one unit"),
        (prices(hydrogen={"EU": {2031: 3}}), "catalog.prices.hydrogen.EU.path", "begin the run"),
        (prices(hydrogen="3 EUR/MWh"), "catalog.prices.hydrogen.EU.unit", "heating value"),
        (route(capex="800 to 1600 EUR/(t/yr)"), "catalog.routes.h2_dri_eaf.capex",
         "{kind: uniform, low: 800, high: 1600, unit: EUR/(t/yr)}"),
        (route(inputs={"electricity": [0.6, 0.8, 1.2]}),
         "catalog.routes.h2_dri_eaf.inputs.electricity",
         "{kind: triangular, low: 0.6, mode: 0.8, high: 1.2, unit: ...}"),
        (route(inputs={"electricity": None}), "catalog.routes.h2_dri_eaf.inputs.electricity",
         "a number with a unit"),
        (route(inputs={"electricity": {"years": {}}}),
         "catalog.routes.h2_dri_eaf.inputs.electricity.years", "add one"),
        (route(inputs={"electricity": {"years": {2026: "3 kg/t"}}}),
         "catalog.routes.h2_dri_eaf.inputs.electricity.years.2026", "MWh/t"),
        (route(utilisation={"years": {2026: -0.5}}),
         "catalog.routes.h2_dri_eaf.utilisation.years.2026", "values >= 0.01"),
        (route(capex={"years": {2026: {"kind": "factor", "name": "f"}}}),
         "catalog.routes.h2_dri_eaf.capex.years.2026", "write it out"),
        (route(fixed_opex={"years": {2026: "3 %/yr", 2030: "5 EUR/(t/yr)/yr"}}),
         "catalog.routes.h2_dri_eaf.fixed_opex.years.2030", "write it in 1/yr"),
        (route(lifetime={"years": {2026: 20}}), "catalog.routes.h2_dri_eaf.lifetime", "a number"),
        (route(size={"reference": {"kind": "uniform", "low": 1, "high": 2}, "exponent": 0.7}),
         "catalog.routes.h2_dri_eaf.size.reference", "one number"),
        (route(size={"exponent": 0.7}), "catalog.routes.h2_dri_eaf.size.reference", "add reference"),
        (route(size={"reference": "2 kg", "exponent": 0.7}),
         "catalog.routes.h2_dri_eaf.size.reference", "Mt/yr"),
        ({"catalog": {"regions": {"DE": {"like": "EV"}}}}, "catalog.regions.DE.like", "EU"),
        ({"catalog": {"regions": {"DE": {"like": 3}}}}, "catalog.regions.DE.like", "EU"),
        ({"catalog": {"regions": {"DE": {"capex_factor": 1.1}}}}, "catalog.regions.DE", "like: NAME"),
        ({"catalog": {"regions": {"DE": {"like": "FR"}, "FR": {"like": "DE"}}}},
         "catalog.regions.FR.like", "write one of them out"),
        ({"catalog": {"policies": {"eu_csf": {"variant": "law"}}}}, "catalog.policies.eu_csf",
         "did you mean 'eu_cscf'?"),
        ({"catalog": {"regions": {"DE": {"like": "EU", "prices": {"unobtanium": 3}}}}},
         "catalog.prices.unobtanium.DE", "with its unit"),
        ({"catalog": {"regions": {"DE": {"like": "EU", "prices": 3}}}},
         "catalog.regions.DE.prices", "unknown key"),
        ({"catalog": {"regions": {"EU": {"coverage": "95 tonnes"}}}},
         "catalog.regions.EU.coverage", "did you mean t?"),
        ({"cbam": {"resource_shuffling": "110 %"}}, "cbam.resource_shuffling", "<= 1"),
        ({"currency": "CHF"}, "currency", "money: {exchange: {CHF: <CHF per EUR>}}"),
        (route(capex="800 KES/(t/yr)"), "catalog.routes.h2_dri_eaf.capex",
         "money: {exchange: {KES: <KES per EUR>}}"),
    ],
)  # fmt: skip
def test_what_is_no_form_is_refused_with_the_form(change, where, said):
    found = faults(small(**change))
    assert found[0].where == where
    assert len(found) == 1
    assert said in " ".join((found[0].found, found[0].expected, found[0].remedy))


JUNK: list[Any] = [
    None, True, 0, -3, 2030, 2.5, "", "x", "EU", "law", "5 EUR/t", "8 %", "2028-2030", "1 to 2 t",
    [], [1], ["EU"], [2028, 2030], {}, {"like": "EU"}, {"like": 3}, {"extends": "bf_bof"},
    {2030: 1}, {2030: "x"}, {"years": {2030: 1}}, {"years": 3}, {"years": {2030: "1 EUR/t"}},
    {"value": 3, "unit": "EUR/t"}, {"share_of_capex": 1}, {"share_of_capex": None},
    {"prices": {"hydrogen": 3}}, {"prices": {"hydrogen": [None]}}, {"DE": {"like": "DE"}},
]  # fmt: skip


@pytest.mark.parametrize(
    ("seed", "configs"),
    [
        (0, 15),
        (1, 15),
        (2, 15),
        *(pytest.param(one, 60, marks=pytest.mark.slow) for one in range(10)),
    ],
)
def test_no_mixture_of_forms_brings_a_traceback(seed, configs):
    random = Random(seed)
    whole: dict[str, Any] = {}
    for natural, long in PAIRS.values():
        whole = laid(laid(whole, long), natural)
    built = 0
    for _ in range(configs):
        config = laid(
            small(), copy.deepcopy(random.choice([whole, *itertools.chain(*PAIRS.values())]))
        )
        for _ in range(random.choice([1, 2])):
            holder, key = random.choice(list(places(config)))
            holder[key] = copy.deepcopy(random.choice(JUNK))
        try:
            simcore.build(simcore.load(config))
            built += 1
        except ConfigError as error:
            assert str(error)
    assert built < configs


def places(node: Any) -> Any:
    for key in node if isinstance(node, dict) else range(len(node)):
        yield node, key
        if isinstance(node[key], (dict, list)):
            yield from places(node[key])


@pytest.mark.parametrize(
    ("catalog", "notes"),
    [
        ({"prices": {"hydrogen": 3}}, ["catalog.prices.hydrogen: 3 is read in EUR/kg"]),
        ({"prices": {"electricity": {"EU": 60, "KR": "70 EUR/MWh"}}},
         ["catalog.prices.electricity.EU: 60 is read in EUR/MWh"]),
        ({"prices": {"hydrogen": {"EU": {2026: 4, 2035: 3}}}},
         ["catalog.prices.hydrogen.EU: 4 ... is read in EUR/kg"]),
        ({"markets": {"eu_ets": 80}}, ["catalog.markets.eu_ets: 80 is read in EUR/t"]),
        ({"prices": {"hydrogen": {"EU": {"value": 3, "unit": "USD/kg"}}}}, []),
        ({"prices": {"hydrogen": "3 USD/kg"}}, []),
    ],
)  # fmt: skip
def test_a_price_without_a_unit_says_in_which_it_is_read(catalog, notes):
    assert list(simcore.load({"catalog": catalog}).notes) == notes
