"""A sector from outside: the recipe of docs/extend.md, from the check to the picture."""

from __future__ import annotations

from pathlib import Path

import documents
import pytest
import yaml

import simcore
from simcore import cli
from simcore.errors import ConfigError
from simcore.intake.usage import border_rule

RECIPE = documents.recipe("sector")


def toy(**changes: object) -> dict[str, object]:
    return {**yaml.safe_load(RECIPE), **changes}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The config, and its run."""
    folder = tmp_path_factory.mktemp("glass")
    config, run = folder / "glass.yaml", folder / "glass.zarr"
    config.write_text(RECIPE, "utf-8")
    assert cli.main(["check", str(config)]) == 0
    assert cli.main(["run", str(config), "--out", str(run), "--quiet"]) == 0
    return str(config), str(run)


def test_the_sector_says_what_is_run(files: tuple[str, str]) -> None:
    run = simcore.open_run(files[1])
    assert run.attrs["product"] == "float glass"
    assert run.route.values.tolist() == ["gas_furnace", "electric_furnace"]
    experiment = simcore.load(files[0]).experiment
    assert experiment.sectors == ["glass"]
    rules = [border_rule(experiment, "glass", key) for key in ("good", "coverage", "indirect")]
    assert rules == ["sheet", 0.0, 0.0]
    changed = simcore.load(files[0], overrides=["cbam.coverage=0.5"]).experiment
    assert border_rule(changed, "glass", "coverage") == 0.5
    assert list(experiment.catalog.sectors) == ["glass"]
    # By hand: 0.55 - 0.2 t in Europe, 0.75 - 0.2 t in China.
    saved = run.avoided_emissions_mean.sel(route="electric_furnace", scenario="law", year=2026)
    assert saved.values == pytest.approx([0.35, 0.55])


def test_a_region_charges_the_sector_what_its_table_says(files: tuple[str, str]) -> None:
    run = simcore.open_run(files[1]).sel(scenario="law", year=2026)
    home = run.carbon_cost_mean.sel(destination="domestic", route="gas_furnace")
    assert float(home.sel(region="CN")) == 0.0
    price = simcore.run(toy(outcomes=["carbon_price"], keep=[]), threads=1).carbon_price_mean
    share = 0.55 - 0.975 * 0.399
    expected = share * float(price.sel(scenario="law", market="eu_ets", year=2026))
    assert float(home.sel(region="EU")) == pytest.approx(expected, rel=1e-5)


def test_every_view_of_a_run_knows_it(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, run = files
    capsys.readouterr()
    assert cli.main(["summary", run]) == 0
    assert "t of float glass" in capsys.readouterr().out
    assert cli.main(["trace", config, "--draw", "1", "--region", "EU"]) == 0
    assert "electric_furnace" in capsys.readouterr().out
    assert cli.main(["plot", run, "--out", str(tmp_path / "pictures")]) == 0
    assert list((tmp_path / "pictures").glob("*.png"))


def test_the_resolved_config_gives_the_same_run(files: tuple[str, str]) -> None:
    spec = simcore.load(files[0])
    again = simcore.load(spec.resolved())
    assert again.resolved() == spec.resolved()


def test_what_a_sector_lacks_is_said() -> None:
    with pytest.raises(ConfigError) as caught:
        simcore.load(toy(regions=["EU", "KR"]))
    said = {(one.where, one.found) for one in caught.value.faults}
    assert ("regions.1", "nothing of glass in KR") in said
    with pytest.raises(ConfigError) as caught:
        simcore.load(toy(sector="galss"))
    assert {(one.where, one.remedy) for one in caught.value.faults} == {
        ("sector", "did you mean 'glass'?")
    }


@pytest.mark.parametrize(
    ("written", "where", "found"),
    [
        ({"sectors": ["galss"]}, "sectors.0", "unknown sector 'galss'"),
        ({"sectors": "glass, galss"}, "sectors.1", "unknown sector 'galss'"),
        ({"sector": 3}, "sector", "3"),
        ({"sector": None}, "sector", "nothing"),
        ({"sectors": []}, "sectors", "0 entries"),
        ({"sectors": ["glass", "glass"]}, "sectors.1", "'glass' twice"),
        ({"sector": "glass", "sectors": ["glass"]}, "sector", "both sector and sectors"),
        ({"sector": "glass", "routes": ["gas_furnace", "bf_bof"]}, "routes.1",
         "bf_bof, which makes steel"),
        ({"sector": "glass", "scenarios": {"law": {"sector": "glass"}}}, "scenarios.law.sector",
         "unknown key of a scenario 'sector'"),
    ],
)  # fmt: skip
def test_faults_point_at_what_was_written(
    written: dict[str, object], where: str, found: str
) -> None:
    config = {key: one for key, one in toy().items() if key != "sector"} | written
    with pytest.raises(ConfigError) as caught:
        simcore.load(config)
    assert [(one.where, one.found) for one in caught.value.faults] == [(where, found)]


def test_the_sector_may_be_set_and_be_a_list_of_one(files: tuple[str, str]) -> None:
    plain = simcore.load(files[0]).resolved()
    listed = {key: one for key, one in toy().items() if key != "sector"} | {"sectors": "glass"}
    assert simcore.load(listed).resolved() == plain
    assert simcore.load(toy(sector="steel"), overrides=["sector=glass"]).resolved() == plain
    with pytest.raises(ConfigError) as caught:
        simcore.load(files[0], overrides=["sector=galss"])
    assert [(one.where, one.file) for one in caught.value.faults] == [
        ("sector", "--set sector=galss")
    ]


def test_a_region_may_say_it_itself() -> None:
    """The older form: what the sector of the run meets stands in the region."""
    changes = {"coverage": 0.5, "benchmarks": {"moe": 0.1}, "reference": {"steel": "scrap_eaf"}}
    older = simcore.load({"catalog": {"regions": {"EU": changes}}})
    sector = {"steel": {"regions": {"EU": {**changes, "reference": "scrap_eaf"}}}}
    newer = simcore.load({"catalog": {"sectors": sector}})
    assert older.resolved() == newer.resolved()
    set_by_path = [f"catalog.regions.EU.{key}" for key in (
        "coverage=0.5", "benchmarks.moe=0.1", "reference.steel=scrap_eaf")]  # fmt: skip
    assert simcore.load({}, overrides=set_by_path).resolved() == newer.resolved()
    scenario = {"law": {"catalog": {"regions": {"EU": {"coverage": 0.5}}}}}
    spec = simcore.load({"scenarios": scenario})
    assert spec.scenarios["law"].catalog.sectors["steel"].regions["EU"].coverage == 0.5


def test_a_region_like_another_meets_what_that_one_does() -> None:
    spec = simcore.load({
        "regions": ["EU", "DE"],
        "catalog": {"regions": {"DE": {"like": "EU", "coverage": 0.5}}},
        "scenarios": {"law": {}, "late": {"catalog": {"regions": {"EU": {"cscf": 0.9}}}}},
    })  # fmt: skip
    met = spec.scenarios["late"].catalog.sectors["steel"].regions
    assert (met["DE"].coverage, met["DE"].cscf, met["DE"].reference) == (0.5, 0.9, "bf_bof")
    assert met["DE"].benchmarks == met["EU"].benchmarks
