"""Every experiment runs and draws its pictures from the saved run alone."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import re
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
import xarray as xr
from batteries import some
from matplotlib.figure import Figure

import simcore
from simcore.running import engine
from simcore.studies.waiting import waiting

ROOT = Path(__file__).parents[1]
EXPERIMENTS = sorted(path.parent for path in ROOT.glob("experiments/*/experiment.yaml"))
LARGEST_PICTURE = 150_000  # bytes: pictures are kept with the code


def script(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"figures_{folder.name}", folder / "figures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", params=some(EXPERIMENTS, each=2), ids=lambda folder: folder.name)
def experiment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """Folder of an experiment, and a small run of it."""
    folder: Path = request.param
    run = tmp_path_factory.mktemp(folder.name) / "run.zarr"
    spec = simcore.load(folder / "experiment.yaml", draws=256)
    engine.run(simcore.build(spec), out=run).close()
    if spec.experiment.sensitivity is not None:
        simcore.sensitivity(
            folder / "experiment.yaml", draws=512, out=run.with_name("run_indices.zarr")
        )
    if spec.experiment.waiting:
        waiting(spec, draws=1024, out=run.with_name("run_wait.zarr"))
    return folder, run


class Drawn(NamedTuple):
    """What the script of an experiment made of its run."""

    pictures: set[str]
    printed: str
    rows: list[tuple[str, ...]]


@pytest.fixture(scope="module")
def drawn(experiment: tuple[Path, Path]) -> Drawn:
    """The script is run once, and the rows of its first table are kept."""
    folder, run = experiment
    figures, rows, said = script(folder), [], io.StringIO()
    plain, save = figures.comparison, Figure.savefig
    figures.comparison = lambda *runs: rows.extend(plain(*runs)) or rows
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
        patch.setattr(Figure, "savefig", lambda one, file, **_: save(one, file, dpi=20))
        figures.main([str(run), "-o", str(run.with_name("figures"))])
    names = {path.name for path in run.with_name("figures").glob("*.png")}
    return Drawn(names, said.getvalue(), rows)


def opened(run: Path) -> list[xr.Dataset]:
    """The run, and its indices or what it says of waiting if there are any."""
    files = (run, *(run.with_name(f"run_{one}.zarr") for one in ("indices", "wait")))
    return [simcore.open_run(one) for one in files if one.exists()]


def test_there_are_experiments_and_the_index_names_each() -> None:
    index = (ROOT / "experiments" / "README.md").read_text("utf-8")
    assert EXPERIMENTS
    assert {folder.name for folder in EXPERIMENTS} == set(re.findall(r"\]\((\d\d_\w+)/", index))


@pytest.mark.long
def test_figures_and_table_come_from_the_run(experiment: tuple[Path, Path], drawn: Drawn) -> None:
    folder, _ = experiment
    assert drawn.pictures == {path.name for path in (folder / "figures").glob("*.png")}
    assert "256 draws" in drawn.printed
    assert not re.search(r"\bnan\b", drawn.printed)


@pytest.mark.long
def test_readme_shows_the_pictures_and_the_table(
    experiment: tuple[Path, Path], drawn: Drawn
) -> None:
    folder, _ = experiment
    readme = (folder / "README.md").read_text("utf-8")
    for path in (folder / "figures").glob("*.png"):
        assert f"(figures/{path.name})" in readme
        assert path.stat().st_size < LARGEST_PICTURE
    assert drawn.rows
    # The numbers follow the tables; the questions of the rows do not.
    for row in drawn.rows:
        assert "| " + " | ".join(row[:-1]) + " |" in readme


def test_readme_commands_name_files_that_exist(experiment: tuple[Path, Path]) -> None:
    folder, run = experiment
    readme = (folder / "README.md").read_text("utf-8")
    named = re.findall(r"experiments/\w+/\w+\.(?:yaml|py)", readme)
    assert {Path(name).name for name in named} == {"experiment.yaml", "figures.py"}
    assert all((ROOT / name).is_file() for name in named)
    with simcore.open_run(run) as made:
        assert str(made.attrs["seed"]) in readme


def test_green_steel_run_agrees_with_the_market(experiment: tuple[Path, Path]) -> None:
    folder, path = experiment
    if folder.name != "01_green_steel_2030":
        pytest.skip("another question")
    run = simcore.open_run(path).sel(year=2026).squeeze("destination")
    median = run.sel(quantile=0.5)

    def cbam(scenario: str, region: str) -> float:
        cell = {"scenario": scenario, "region": region, "route": "bf_bof"}
        return float(median["cbam_cost_quantile"].sel(cell))

    # Published sums use no correction factor of the benchmark and one quarter's price.
    assert cbam("published_sums", "IN") == pytest.approx(250, rel=0.05)
    assert cbam("published_sums", "KR") == pytest.approx(75, rel=0.05)
    # The shares of 2026 are the same in law and proposal, and no view of the price has begun.
    cost = median["cost_premium_quantile"].sel(region="EU")
    assert bool(
        (cost.sel(scenario="undecided") == cost.sel(scenario="law"))
        .sel(route=["scrap_eaf", "h2_dri_eaf"])
        .all()
    )
    # Where a default value is declared nothing of the price at home is deducted.
    for region in ("UK", "KR", "JP", "CN", "IN"):
        assert cbam("default_values", region) > cbam("undecided", region)
    europe = median.sel(region="EU", scenario="undecided")
    assert 40 < float(europe["cost_premium_ex_carbon_quantile"].sel(route="scrap_eaf")) < 170
    assert 400 < float(europe["cost_premium_ex_carbon_quantile"].sel(route="h2_dri_eaf")) < 900
    paid = median.sel(region="EU", scenario="operating_cost", route="h2_dri_eaf")
    assert 950 < float(paid["levelised_cost_quantile"]) < 1200


def test_policy_risk_groups_part_the_inputs_and_the_spread(experiment: tuple[Path, Path]) -> None:
    folder, path = experiment
    if folder.name != "02_policy_risk":
        pytest.skip("another question")
    (_, indices), figures = opened(path), script(folder)
    groups = {name: set(names) for name, names in json.loads(indices.attrs["groups"]).items()}
    assert set(groups) == set(figures.GROUPS)
    assert sum(map(len, groups.values())) > 100
    # A tightening is decided in one scenario and drawn in no other.
    assert not any(".tightening." in name for names in groups.values() for name in names)
    # When a law is decided, and what it recognises, is of policy; what answers a price, of prices.
    assert groups["view"] == {"eu_ets.view", "k_ets.view"}
    assert {"eu_free_allocation.variant", "eu_ets.resolution.year",
            "eu_recognition_kr.variant"} < groups["policy"]  # fmt: skip
    assert {"eu_ets.shock", "electricity.KR.shock", "eu_ets.response.above.from",
            "eu_ets.slope"} < groups["prices"]  # fmt: skip
    assert {"h2_dri_eaf.capex", "EU.wacc"} < groups["technology"] | {"h2_dri_eaf.capex"}
    assert indices.attrs["dependent"] == "no"
    for route in figures.ROUTES:
        shares = {group: figures.index(indices, "shapley", group, "EU", route, 2030).value
                  for group in figures.GROUPS}  # fmt: skip
        # 512 draws: errors of some 0.05.
        assert shares["prices"] > 0.6
        assert shares["policy"] < 0.1
        assert sum(shares.values()) == pytest.approx(1, abs=1e-12)
        assert figures.index(indices, "total", "policy", "EU", route, 2030).value < 0.08


def test_a_contract_takes_the_price_of_carbon_from_the_firm(
    experiment: tuple[Path, Path],
) -> None:
    folder, path = experiment
    if folder.name != "03_contract":
        pytest.skip("another question")
    figures, run = script(folder), simcore.open_run(path)
    for plant in figures.PLANTS:
        alone, _ = figures.swing(run, "carbon", plant)
        firm, paid = figures.swing(run, "carbon", plant, "two_sided")
        assert abs(firm) < 0.35 * alone
        assert -paid > 0.8 * alone
        # A strike that follows the bills leaves the firm less of the risk of energy.
        fixed, _ = figures.swing(run, "energy", plant, "two_sided")
        indexed, more = figures.swing(run, "energy", plant, "indexed")
        assert abs(indexed) < 0.7 * abs(fixed)
        assert more > 0
        for contract in figures.CONTRACTS:
            project = f"{plant}_{contract}"
            share = run["project_npv_positive"].sel(scenario="law", project=project)
            assert float(share) == pytest.approx(0.8, abs=1.5 / 256)
    # One side alone keeps the good years, so that the strike may be lower and the cost is not.
    two, one = (figures.strike(run, "gas", name) for name in ("two_sided", "one_sided"))
    assert one < two


def test_a_euro_pays_first_for_what_is_left_out_and_not_for_the_power_of_smelters(
    experiment: tuple[Path, Path],
) -> None:
    folder, path = experiment
    if folder.name != "06_four_sectors":
        pytest.skip("another question")
    figures, run = script(folder), simcore.open_run(path)
    cell, arrives, per_tco2 = figures.cell, figures.arrives, figures.per_tco2

    def pays(region: str, route: str) -> float:
        place = cell(region, route, figures.MIDDLE)
        return float(figures.band(run, "break_even_price", place)[1])

    # In the EU less clinker and scrap come before what has to be built.
    assert pays("EU", "lc3") < 0 < pays("EU", "scrap_eaf") < 80
    assert pays("EU", "secondary_aluminium") < 40
    built = ["ng_dri_eaf", "ammonia_smr_ccs_process", "cement_ccs_oxyfuel", "h2_dri_eaf",
             "ammonia_electrolytic"]  # fmt: skip
    prices = [pays("EU", route) for route in built]
    assert prices == sorted(prices)
    assert 110 < prices[0] < 170
    assert 240 < prices[3] < 310
    remelted = run["green_is_cheaper_mean"].sel(
        scenario="law", region="EU", destination="domestic", route="secondary_aluminium"
    )
    assert float(remelted.sel(year=2030)) < 0.3
    assert float(remelted.sel(year=2031)) > 0.5
    # At the border each of them pays earlier than at home.
    for region in ("CN", "IN"):
        assert all(pays(region, route) < home for route, home in zip(built, prices, strict=True))
        assert all(
            figures.likely_from(run, cell(region, route, home=True)) == "-" for route in built
        )
    # Power of smelters: the cheapest CO2 of what is built, and nothing of the euro reaches it.
    for region, tonnes in (("CN", 13.8), ("IN", 15.0)):
        clean = cell(region, "hall_heroult_hydro", 2040)
        costs = figures.band(run, "abatement_cost", {**clean, "year": figures.MIDDLE})
        assert -25 < costs[0] < costs[1] < 15
        assert arrives(run, clean) == pytest.approx(0, abs=1e-9)
        assert arrives(run, clean, power=True) == pytest.approx(tonnes, abs=0.3)
        assert per_tco2(run, clean, power=True) == pytest.approx(1, abs=0.01)
    assert arrives(run, cell("EU", "hall_heroult_hydro", 2040)) == pytest.approx(0, abs=1e-9)
    # What keeps the benchmark of what it replaces gets the whole euro, what loses it a part.
    whole = {
        route: per_tco2(run, cell("EU", route, 2040)) for route in [*built, "lc3", "scrap_eaf"]
    }
    assert all(one == pytest.approx(1, abs=0.04) for one in whole.values()), whole
    part = {route: per_tco2(run, cell("EU", route, 2030))
            for route in ("scrap_eaf", "lc3", "secondary_aluminium")}  # fmt: skip
    assert part == pytest.approx(
        {"scrap_eaf": 0.70, "lc3": 0.42, "secondary_aluminium": 0.24}, abs=0.04
    )
    # By what the product costs cement feels it most, and aluminium least.
    by_cost = {route: figures.per_cost(run, cell("EU", route, 2040)) for route in figures.ROUTES}
    assert max(by_cost, key=by_cost.__getitem__) == "cement_ccs_oxyfuel"
    assert all(by_cost[route] < 0.1 for route in figures.SECTORS["aluminium"])


def test_a_contract_ends_the_waiting_and_a_threshold_is_above_what_now_or_never_asks(
    experiment: tuple[Path, Path],
) -> None:
    folder, path = experiment
    if folder.name != "04_wait_or_build":
        pytest.skip("another question")
    figures, (_, waits) = script(folder), opened(path)
    found = figures.told(waits)
    gas, contract = found["gas", "undecided"], found["gas_contract", "undecided"]
    # Alone it is put off: nearly nobody starts in 2030, some later, and many never.
    assert gas.built(2030) < 0.2
    assert 0.2 < gas.never < 0.8
    assert gas.is_worth
    assert contract.built(2030) > 0.6
    assert contract.means["wait_option"].value < 0.5 * gas.means["wait_option"].value
    assert found["hydrogen", "undecided"].never > 0.9
    assert found["scrap", "undecided"].built(2030) > 0.4
    for one in found.values():
        means = one.means
        assert means["wait_best"].value <= means["wait_value"].value + 2 * means["wait_option"].half
        assert means["wait_value"].value <= means["wait_perfect"].value
