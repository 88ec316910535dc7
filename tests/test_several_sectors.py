"""Steel and a toy sector in one run: nothing of one sector meets the other, in numbers or views."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import documents
import numpy as np
import pytest
import xarray as xr
import yaml

import simcore
from simcore import cli
from simcore.analysis.headline import OpenedRun, headline_of
from simcore.analysis.reading import Reading, place_of
from simcore.analysis.sectors import Made, sectors_of
from simcore.analysis.summary import summarise
from simcore.dataset import RunError
from simcore.errors import ConfigError
from simcore.terminal.headline import headline_text

STEEL = ["bf_bof", "h2_dri_eaf", "scrap_eaf"]
GLASS = ["gas_furnace", "electric_furnace"]
OUTCOMES = [
    "carbon_price", "levelised_cost", "carbon_cost", "total_cost", "cost_premium",
    "cost_premium_ex_carbon", "carbon_value", "viability", "green_is_cheaper",
    "cheapest_route", "product_price", "waterfall", "buyer_premium", "parity_price",
    "price_effect", "price_uplift", "commodity_price",
]  # fmt: skip


def config(**changes: Any) -> dict[str, Any]:
    """Both sectors, a buyer of steel, and a product made of steel alone."""
    both = yaml.safe_load(documents.recipe("sector"))
    del both["sector"]
    return both | {
        "sectors": ["steel", "glass"], "draws": 512, "years": "2026-2030",
        "routes": STEEL + GLASS, "against": ["EU.bf_bof"], "products": ["car"],
        "outcomes": OUTCOMES, "keep": ["cost_premium", "cheapest_route"],
    } | changes  # fmt: skip


@pytest.fixture(scope="module")
def run() -> xr.Dataset:
    return simcore.run(config(), threads=1)


@pytest.fixture(scope="module")
def alone() -> xr.Dataset:
    return simcore.run(config(sectors=["steel"], routes=STEEL), threads=1)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The config and its run."""
    folder = tmp_path_factory.mktemp("both")
    written, saved = folder / "both.yaml", folder / "both.zarr"
    written.write_text(yaml.safe_dump(config(scenarios={"law": "law"})), "utf-8")
    assert cli.main(["run", str(written), "--out", str(saved), "--quiet"]) == 0
    return str(written), str(saved)


def test_a_sector_has_the_numbers_of_a_run_of_its_own(run: xr.Dataset, alone: xr.Dataset) -> None:
    compared = 0
    for name, array in alone.data_vars.items():
        if name == "inputs" or "factor" in array.dims:
            continue
        labels = {dim: array[dim].values for dim in array.dims if dim in run.coords}
        own = run[name].sel(labels)
        if name == "cheapest_route":
            # By their position, which is the same here: those of steel stand first.
            assert set(np.unique(own)) <= {0, 1, 2}
        assert np.array_equal(own.values, array.values, equal_nan=True), name
        compared += 1
    assert compared > 50


def test_the_order_of_sectors_and_routes_changes_nothing(run: xr.Dataset) -> None:
    turned = simcore.run(
        config(sectors=["glass", "steel"], routes=[*GLASS[::-1], *STEEL[::-1]]), threads=1
    )
    assert turned.sector.values.tolist() == ["glass", "steel"]
    for name, array in run.data_vars.items():
        if name != "cheapest_route" and "factor" not in array.dims:
            labels = {dim: array[dim].values for dim in array.dims if dim != "draw"}
            other = turned[name].sel({dim: one for dim, one in labels.items() if dim in turned})
            assert np.array_equal(other.values, array.values, equal_nan=True), name


def test_routes_say_their_sector(run: xr.Dataset, alone: xr.Dataset) -> None:
    assert run.route_sector.values.tolist() == ["steel"] * 3 + ["glass"] * 2
    assert run.sector_product.values.tolist() == ["crude steel", "float glass"]
    chosen = run.sel(route=run.route_sector == "glass")
    assert chosen.route.values.tolist() == GLASS
    assert sectors_of(OpenedRun(run)) == [
        Made("steel", "crude steel", tuple(STEEL)), Made("glass", "float glass", tuple(GLASS)),
    ]  # fmt: skip
    assert [one.product for one in sectors_of(OpenedRun(chosen))] == ["float glass"]
    assert alone.route_sector.values.tolist() == ["steel"] * 3


def test_a_page_is_of_no_route_of_another_sector(run: xr.Dataset) -> None:
    reading = Reading(run)
    assert place_of(reading, {"route": [GLASS[0]]}).sector == "glass"
    assert place_of(reading, {"sector": ["glass"], "route": [GLASS[0]]}).route == GLASS[0]
    with pytest.raises(RunError, match="write sector=glass"):
        place_of(reading, {"sector": ["steel"], "route": [GLASS[0]]})


def test_each_sector_is_compared_with_its_own(run: xr.Dataset) -> None:
    table = json.loads(run.attrs["references"])["law"]
    assert table["EU"] == {"steel": "bf_bof", "glass": "gas_furnace"}
    assert run.cost_premium_mean.sel(route="gas_furnace").isnull().all()
    saved = run.sel(year=2030, scenario="law", region="EU", destination="domestic")
    glass = saved.levelised_cost_mean.sel(route=GLASS) + saved.carbon_cost_mean.sel(route=GLASS)
    expected = float(glass.sel(route="electric_furnace") - glass.sel(route="gas_furnace"))
    premium = float(saved.cost_premium_mean.sel(route="electric_furnace"))
    assert premium == pytest.approx(expected, rel=1e-6)
    best = run.cheapest_route_probability
    for sector, routes in (("steel", STEEL), ("glass", GLASS)):
        own = best.sel(sector=sector, route=routes).sum("route")
        assert own.values == pytest.approx(np.ones(own.shape))


def test_what_does_not_fit_a_sector_is_left_out(run: xr.Dataset) -> None:
    for name in ("buyer_premium", "price_effect", "parity_price"):
        assert run[f"{name}_mean"].sel(route=GLASS).isnull().all(), name
        frame = summarise(run, variable=name)
        assert set(frame["route"]) <= set(STEEL), name
        assert set(frame["sector"]) == {"steel"}
    frame = summarise(run, variable="waterfall")
    glass = frame[frame["sector"] == "glass"]
    assert set(glass["route"]) == set(GLASS)
    assert {"electricity", "natural_gas", "capex", "home_carbon"} == set(glass["component"])
    frame = summarise(run, variable="cheapest_route")
    assert set(frame[frame["sector"] == "glass"]["route"]) == set(GLASS)


def test_tables_stand_sector_by_sector(run: xr.Dataset) -> None:
    frame = summarise(run, variable="levelised_cost")
    changes = frame["sector"] != frame["sector"].shift()
    assert frame["sector"][changes].tolist() == ["steel", "glass"]
    columns, attrs = headline_of(OpenedRun(run))
    text = headline_text(columns, attrs)
    assert max(map(len, text.splitlines())) <= 100
    blocks = text.split("\n\n")
    steel, glass = (
        next(one for one in blocks if one.startswith(f"2030, Law as it stands, {what}"))
        for what in ("Steel: EUR/t of crude steel", "Flat glass: EUR/t of float glass")
    )
    assert "Hydrogen DRI, EAF" in steel and "electric_furnace" not in steel
    assert "electric_furnace" in glass and "EAF" not in glass
    assert "against Blast furnace, BOF\n" in steel and "against gas_furnace\n" in glass


def test_what_a_buyer_pays_no_duty_on_is_said_of_his_sector() -> None:
    found = simcore.run(
        config(against=["EU.bf_bof", "EU.gas_furnace"], outcomes=["landed_cost"], keep=[],
               products=[], draws=64), threads=1,
    )  # fmt: skip
    assert json.loads(found.attrs["without_duty"])["law"] == {"EU.bf_bof": ["CN"]}
    assert json.loads(found.attrs["without_freight"])["law"] == {"EU.gas_furnace": ["CN"]}
    text = headline_text(*headline_of(OpenedRun(found)))
    steel, glass = text.partition("against gas_furnace")[::2]
    assert "Without duty into European Union" in steel
    assert "Without freight" not in steel
    assert "Without freight or duty into European Union (no entry in imports): China" in glass


def test_one_sector_reads_as_ever(alone: xr.Dataset) -> None:
    columns, attrs = headline_of(OpenedRun(alone))
    assert "sector" not in columns
    text = headline_text(columns, attrs)
    assert "EUR of 2025 per t of crude steel;" in text
    assert "\n2030, Law as it stands, sold at home\n" in text
    assert "steel:" not in text


def test_a_run_of_an_older_version_is_shown(alone: xr.Dataset) -> None:
    """It has no sector, and one reference a region."""
    before = json.loads(alone.attrs["references"])
    older = alone.isel(sector=0).drop_vars(["sector", "sector_product", "route_sector"])
    table = {scenario: {region: routes["steel"] for region, routes in regions.items()}
             for scenario, regions in before.items()}  # fmt: skip
    table["law"]["CN"] = "scrap_eaf"
    older = older.assign_attrs(references=json.dumps(table))
    columns, attrs = headline_of(OpenedRun(older))
    text = headline_text(columns, attrs)
    assert "EUR of 2025 per t of crude steel;" in text
    assert "\nEuropean Union, against Blast furnace, BOF\n" in text
    assert not summarise(older, variable="cheapest_route").empty


@pytest.mark.long
def test_every_command_knows_both(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written, saved = files
    capsys.readouterr()

    def said(*words: str) -> str:
        assert cli.main(list(words)) == 0
        return capsys.readouterr().out

    assert ", 2 sectors, " in said("check", written)
    assert "sectors: [steel, glass]" in said("plan", written)
    text = said("summary", saved, "--variable", "levelised_cost", "--year", "2030")
    assert "steel: t of crude steel; glass: t of float glass" in text
    rows = list(csv.DictReader(said("summary", saved, "--format", "csv").splitlines()[1:]))
    assert {(row["sector"], row["route"]) for row in rows} == {
        ("steel", "h2_dri_eaf"), ("steel", "scrap_eaf"), ("glass", "electric_furnace"),
    }  # fmt: skip
    traced = said("trace", written, "--draw", "1", "--region", "CN", "--route", "gas_furnace")
    assert "cheapest_route law CN domestic [route]" in traced
    assert "steel" not in traced
    traced = said("trace", written, "--draw", "1", "--region", "CN")
    assert "cheapest_route law CN domestic glass [route]" in traced
    assert "CBAM coverage law CN steel [1]" in traced
    said("plot", saved, "--out", str(tmp_path))
    names = {one.stem for one in tmp_path.glob("*.png")}
    for stem in ("value", "routes", "waterfall", "crossing"):
        assert {f"{stem}_steel", f"{stem}_glass"} <= names
        assert stem not in names


def test_a_scenario_may_change_the_border_of_one_sector() -> None:
    overlay = {"catalog": {"sectors": {"glass": {"cbam": {"coverage": 1}}}}}
    found = simcore.run(
        config(scenarios={"law": {}, "wider": overlay}, outcomes=["cbam_cost"], keep=[],
               against=[], products=[], draws=64), threads=1,
    )  # fmt: skip
    cost = found.cbam_cost_mean.sel(region="CN", destination="eu", year=2030)
    assert (cost.sel(route=STEEL, scenario="wider") == cost.sel(route=STEEL, scenario="law")).all()
    assert (cost.sel(route=GLASS, scenario="law") == 0).all()
    assert float(cost.sel(route="gas_furnace", scenario="wider")) > 10.0


def test_a_project_is_told_in_the_tonnes_of_its_route(tmp_path: Path) -> None:
    project = {"region": "EU", "start": 2028, "lifetime": 2, "output": 0.1}
    found = simcore.run(
        config(
            projects={"furnace": {**project, "route": "electric_furnace"},
                      "mill": {**project, "route": "scrap_eaf"}},
            outcomes=["project_gap", "project_npv"], keep=[], against=[], products=[], draws=64,
        ), threads=1,
    )  # fmt: skip
    told = json.loads(found.attrs["projects"])["law"]
    assert (told["furnace"]["product"], told["mill"]["product"]) == ("float glass", "crude steel")
    assert (told["furnace"]["against"], told["mill"]["against"]) == ("gas_furnace", "bf_bof")


BUDGET = {"region": "EU", "route": "electric_furnace", "gap": "buyer", "volume": {2028: 1}}
PLANT = {
    "region": "EU", "route": "electric_furnace", "start": 2028, "lifetime": 2, "output": 0.1,
    "against": "bf_bof",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "where", "found"),
    [
        ({"budgets": {"more": BUDGET}}, "budgets.more", "no buyer of glass"),
        ({"budgets": {"more": BUDGET | {"against": "EU.bf_bof"}}}, "budgets.more.against",
         "bf_bof, which makes steel"),
        ({"projects": {"mill": PLANT}}, "projects.mill.against.route",
         "bf_bof, which makes steel"),
        ({"against": ["EU.bf_bof", "CN.foo"]}, "against.1", "unknown route 'foo'"),
    ],
)  # fmt: skip
def test_nothing_is_compared_across_sectors(
    changes: dict[str, Any], where: str, found: str
) -> None:
    more = ["budget_need"] if "budgets" in changes else []
    with pytest.raises(ConfigError) as caught:
        simcore.load(config(outcomes=[*OUTCOMES, *more]) | changes)
    assert [(one.where, one.found) for one in caught.value.faults] == [(where, found)]


def test_a_budget_takes_the_buyer_of_its_sector() -> None:
    found = simcore.run(
        config(budgets={"more": BUDGET}, against=["EU.bf_bof", "EU.gas_furnace"], draws=64,
               outcomes=["budget_net", "buyer_premium"], keep=[], products=[]), threads=1,
    )  # fmt: skip
    premium = found.buyer_premium_mean.sel(
        against="EU.gas_furnace", region="EU", route="electric_furnace", year=2029
    )
    net = found.budget_net_mean.sel(budget="more", year=2029)
    assert net.values == pytest.approx(premium.values, rel=1e-9)


def test_numbers_of_three_sectors_by_one_draw_are_all_listed() -> None:
    """What sectors state of one thing, such as freight, has one draw; each has its own numbers."""
    routes = ["bf_bof", "hall_heroult_grid", "ammonia_smr"]
    own = {"freight": {"kind": "uniform", "low": 60, "high": 90}, "duty": 0.0, "out_of_quota": 0}
    listed = simcore.build(simcore.load({
        "name": "three", "draws": 64, "years": "2030", "regions": ["EU", "CN"],
        "sectors": ["steel", "aluminium", "ammonia"], "routes": routes, "scenarios": ["law"],
        "against": [f"EU.{one}" for one in routes], "outcomes": ["landed_cost"], "keep": [],
        "catalog": {"sectors": {"ammonia": {"regions": {"EU": {"imports": {"CN": own}}}}}},
    })).inputs  # fmt: skip
    found = {one.name: one.node for one in listed if "imports.CN.freight" in one.name}
    assert set(found) == {f"EU.imports.CN.freight{which}" for which in ("", " (2)", " (3)")}
    assert len(set(found.values())) == 3


@pytest.mark.parametrize("changes", [
    {"sector": "cement", "outcomes": ["scrap_carbon_value"]},
    {"sector": "steel", "routes": ["bf_bof"], "outcomes": ["cost_premium"]},
])  # fmt: skip
def test_a_run_of_nothing_is_refused(changes: dict[str, Any]) -> None:
    nothing = {"name": "none", "draws": 64, "years": "2030", "regions": ["EU"], "keep": [],
               "scenarios": ["law"]} | changes  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        simcore.run(nothing, threads=1)
    assert [one.where for one in caught.value.faults] == ["outcomes"]


def test_clean_tonnes_of_the_border_are_those_of_the_sector() -> None:
    """All reference tonnes swapped: each sector declares what its own clean tonne embeds."""
    mills = ["bf_bof", "hall_heroult_coal"]
    swapped: dict[str, Any] = {
        "name": "swapped", "draws": 64, "years": "2040", "regions": ["CN"],
        "destinations": ["eu"], "sectors": ["steel", "aluminium"],
        "routes": [*mills, "scrap_eaf", "hall_heroult_hydro"],
        "scenarios": ["law"], "keep": [], "outcomes": ["cbam_cost"],
        "cbam": {"resource_shuffling": 1.0, "free_allocation": 0.0, "recognised_default": 0.0},
        "catalog": {
            "markets": {"eu_ets": {"unit": "EUR/t", "kind": "path", "process": {"kind": "scenario"},
                                   "path": {2040: 100}}},
            "regions": {"CN": {"recognised": 0.0}},
        },
    }  # fmt: skip
    found = simcore.run(swapped, threads=1).cbam_cost_mean.sel(scenario="law", year=2040)
    assert found.sel(route=mills).values.ravel().tolist() == pytest.approx([40.0, 150.0])
    with pytest.raises(ConfigError) as caught:
        simcore.load(swapped | {"sectors": ["clinker"], "routes": ["clinker_conventional"]})
    said = [(one.where, one.found) for one in caught.value.faults]
    assert said == [("cbam.resource_shuffling", "no clean_intensity of clinker")]


def test_a_benchmark_stands_in_the_sector_of_its_route() -> None:
    with pytest.raises(ConfigError) as caught:
        simcore.load({
            "sector": "cement", "regions": ["EU"],
            "catalog": {"regions": {"EU": {"benchmarks": {"clinker_conventional": 0.5}}}},
        })  # fmt: skip
    (fault,) = caught.value.faults
    assert fault.found == "clinker_conventional, which makes clinker"
    assert "catalog.sectors.clinker.regions.EU" in fault.remedy
