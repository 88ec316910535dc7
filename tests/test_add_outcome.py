"""An outcome from outside: the recipe of docs/extend.md in a run, tables, pictures and a trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import documents
import numpy as np
import pytest
import small_config

import simcore
from simcore import cli, plots
from simcore.analysis import summarise
from simcore.errors import ConfigError
from simcore.intake.packaged import base
from simcore.intake.pruning import NotOfTheRunError
from simcore.model.costs import levelised_cost
from simcore.model.markets import carbon_price
from simcore.model.since import AVAILABLE, COMPARED
from simcore.variables import DECLARED_IN, MARKET, OUTCOMES, PLANT, RUN, Needs, outcome

CONFIG = """name: new_outcome
draws: 512
years: 2026-2028
regions: [EU]
routes: [scrap_eaf]
outcomes: [cost_in_allowances, levelised_cost, carbon_price]
keep: [cost_in_allowances, levelised_cost, carbon_price]
scenarios: {law: {}}
"""
SAID = {"unit": "1", "title": "Toy"}


@pytest.fixture(autouse=True)
def toys() -> Iterator[None]:
    """What a test declares is forgotten after it."""
    before = set(OUTCOMES)
    yield
    for name in set(OUTCOMES) - before:
        OUTCOMES.withdraw(name)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    exec(documents.recipe("outcome", "python"), {"__name__": "toys"})
    file = tmp_path / "toy.yaml"
    file.write_text(CONFIG, "utf-8")
    return file


@pytest.fixture
def run(config: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    out = config.parent / "toy.zarr"
    assert cli.main(["run", str(config), "--out", str(out), "--quiet", "--threads", "1"]) == 0
    return out


def test_a_run_holds_it(run: Path) -> None:
    with simcore.open_run(run) as found:
        cost, price = found.levelised_cost, found.carbon_price.sel(market="uk_ets")
        np.testing.assert_allclose(
            found.cost_in_allowances, (cost / price).transpose(*cost.dims), rtol=1e-6
        )
        assert found.cost_in_allowances_mean.attrs["long_name"].startswith("Cost in British")
        assert found.cost_in_allowances_mean.attrs["units"] == "1"
        said = found.cost_in_allowances_mean.attrs["description"]
        assert said.startswith("levelised_cost / carbon_price of uk_ets")
        frame = summarise(found, variable="cost_in_allowances")
    assert len(frame) == 3
    assert (frame["p5"] < frame["p95"]).all()
    # The config of the run makes it again: what only the outcome needs is in its catalog.
    again = simcore.load(found_config(run))
    assert "uk_ets" in again.experiment.catalog.markets


def found_config(run: Path) -> Path:
    with simcore.open_run(run) as found:
        file = run.with_suffix(".yaml")
        file.write_text(found.attrs["config"], "utf-8")
    return file


def test_every_command_knows_it(
    run: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["summary", str(run), "--variable", "cost_in_allowances"]) == 0
    assert "Cost in British allowances (cost_in_allowances)" in capsys.readouterr().out
    assert cli.main(["trace", str(config), "--draw", "3", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert sum(row["variable"] == "cost_in_allowances" for row in rows) == 3
    assert cli.main(["catalog", "outcomes"]) == 0
    assert "cost_in_allowances" in capsys.readouterr().out
    assert cli.main(["catalog", "outcomes", "cost_in_allowances"]) == 0
    assert "allowances that a tonne costs" in capsys.readouterr().out
    assert cli.main(["schema"]) == 0
    listed = json.loads(capsys.readouterr().out)["properties"]["outcomes"]
    assert "cost_in_allowances" in json.dumps(listed)
    assert cli.main(["check", str(config)]) == 0


def test_a_dataset_is_read_without_its_declaration(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    OUTCOMES.withdraw("cost_in_allowances")
    assert cli.main(["summary", str(run), "--variable", "cost_in_allowances"]) == 0
    assert "Cost in British allowances" in capsys.readouterr().out
    with simcore.open_run(run) as found:
        assert plots.plot_run(found, run.parent / "pictures")


def test_the_usual_outcomes_are_those_that_say_so() -> None:
    usual = [name for name, one in OUTCOMES.items() if one.usual]
    assert base()["outcomes"] == usual
    assert base()["keep"] == ["carbon_price", "cost_premium"]
    assert simcore.load({"name": "toy"}).experiment.outcomes == usual
    assert "allowance_bank" not in usual
    assert len(usual) == 32


# ---------------------------------------------------------------- what is forgotten is an error


def _cost(scene, region, route):
    return levelised_cost(scene, region, route)


def test_a_name_without_a_declared_function_is_a_fault() -> None:
    outcome(over=PLANT, **SAID)  # no function below it
    with pytest.raises(ConfigError, match="did you mean 'levelised_cost'"):
        simcore.load(small_config.small_config(outcomes=["levelised_costs"]))


def test_a_function_without_a_declaration_is_no_outcome() -> None:
    with pytest.raises(ConfigError, match="unknown outcome '_cost'"):
        simcore.load(small_config.small_config(outcomes=["_cost"]))


@pytest.mark.parametrize(
    ("name", "said", "wrong"),
    [
        ("toy", {"over": MARKET}, "its dimensions are"),
        ("toy", {"over": ("scenario", "regio", "route", "year")}, "of DIMENSIONS"),
        ("toy", {"over": ("region", "route", "year")}, "scenario first"),
        ("toy", {"over": PLANT, "kind": "percent"}, "no kind 'percent'"),
        ("toy_mean", {"over": PLANT}, "ends like a statistic"),
        ("support_gap", {"over": PLANT}, "is an outcome of simcore.model.premium already"),
    ],
)
def test_a_declaration_that_does_not_fit_is_an_error(name, said, wrong) -> None:
    def function(scene, region, route):
        return _cost(scene, region, route)

    function.__name__ = name
    with pytest.raises(ValueError, match=wrong):
        outcome(**said, **SAID)(function)
    assert "toy" not in OUTCOMES


def _uk(**said):
    @outcome(over=PLANT, **SAID, usual=False, **said)
    def toy(scene, region, route):
        return scene.graph.quotient(_cost(scene, region, route), carbon_price(scene, "uk_ets"))


def test_what_an_outcome_does_not_need_it_cannot_read() -> None:
    _uk(since=AVAILABLE)
    loaded = simcore.load({"name": "toy", "regions": ["EU"], "outcomes": ["toy"]})
    assert "uk_ets" not in loaded.experiment.catalog.markets
    with pytest.raises(NotOfTheRunError, match="uk_ets is not of this run"):
        simcore.build(loaded)


def test_what_it_needs_must_be_there() -> None:
    _uk(since=AVAILABLE, needs=Needs(markets=("mars_ets",), commodities=("lava",)))
    with pytest.raises(ConfigError) as caught:
        simcore.load(small_config.small_config(outcomes=["carbon_price", "toy"]))
    assert [(one.where, one.found) for one in caught.value.faults] == [
        ("outcomes.1", "unknown market 'mars_ets'"), ("outcomes.1", "unknown commodity 'lava'"),
    ]  # fmt: skip


def test_its_first_year_is_that_of_its_declaration() -> None:
    routes = {"late": small_config.route(available_from=2027)}
    for since, first in ((RUN, 2026), (AVAILABLE, 2027), (COMPARED, 2027)):
        OUTCOMES.withdraw("toy") if "toy" in OUTCOMES else None
        outcome(over=PLANT, **SAID, since=since)(_toy())
        made = small_config.small_config(
            routes=routes, years={"first": 2026, "last": 2028}, outcomes=["toy"]
        )  # fmt: skip
        made["routes"] = ["old", "late"]
        made["catalog"]["routes"]["late"]["available_from"] = 2027
        cells = {one.index[2]: one.first_year for one in simcore.build(simcore.load(made)).cells}
        assert cells[1] == first
        assert (0 in cells) is not since.relative


def _toy():
    def toy(scene, region, route):
        return levelised_cost(scene, region, route)

    return toy


def test_every_module_with_an_outcome_is_in_the_list() -> None:
    folder = Path(simcore.__file__).parent / "model"
    found = {one.stem for one in folder.glob("*.py") if "\n@outcome(" in one.read_text("utf-8")}
    assert found == set(DECLARED_IN)
