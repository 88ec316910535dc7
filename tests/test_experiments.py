"""Every experiment runs and draws its pictures from the saved run alone."""

from __future__ import annotations

import importlib.util
import re
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType

import pytest

import simcore

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


@pytest.fixture(scope="module", params=EXPERIMENTS, ids=lambda folder: folder.name)
def experiment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """Folder of an experiment, and a small run of it."""
    folder: Path = request.param
    run = tmp_path_factory.mktemp(folder.name) / "run.zarr"
    simcore.run(folder / "experiment.yaml", draws=256, out=run)
    return folder, run


def test_there_are_experiments_and_the_index_names_each() -> None:
    index = (ROOT / "experiments" / "README.md").read_text("utf-8")
    assert EXPERIMENTS
    assert {folder.name for folder in EXPERIMENTS} == set(re.findall(r"\]\((\d\d_\w+)/", index))


def test_figures_and_table_come_from_the_run(
    experiment: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, run = experiment
    figures = script(folder)
    figures.main([str(run), "-o", str(tmp_path)])
    drawn = {path.name for path in tmp_path.glob("*.png")}
    assert drawn == {path.name for path in (folder / "figures").glob("*.png")}
    printed = capsys.readouterr().out
    assert "256 draws" in printed
    assert not re.search(r"\bnan\b", printed)


def test_readme_shows_the_pictures_and_the_table(experiment: tuple[Path, Path]) -> None:
    folder, run = experiment
    readme = (folder / "README.md").read_text("utf-8")
    for path in (folder / "figures").glob("*.png"):
        assert f"(figures/{path.name})" in readme
        assert path.stat().st_size < LARGEST_PICTURE
    # The numbers follow the tables; the questions of the rows do not.
    for row in script(folder).comparison(simcore.open_run(run)):
        assert "| " + " | ".join(row[:-1]) + " |" in readme


def test_readme_commands_name_files_that_exist(experiment: tuple[Path, Path]) -> None:
    folder, _ = experiment
    readme = (folder / "README.md").read_text("utf-8")
    named = re.findall(r"experiments/\w+/\w+\.(?:yaml|py)", readme)
    assert {Path(name).name for name in named} == {"experiment.yaml", "figures.py"}
    assert all((ROOT / name).is_file() for name in named)
    assert str(simcore.load(folder / "experiment.yaml").experiment.seed) in readme


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


def _matched(names: list[str], patterns: list[str]) -> set[str]:
    return {name for name in names if any(fnmatchcase(name, one) for one in patterns)}


def test_policy_risk_groups_part_the_inputs_and_the_spread(experiment: tuple[Path, Path]) -> None:
    folder, path = experiment
    if folder.name != "02_policy_risk":
        pytest.skip("another question")
    run, figures = simcore.open_run(path), script(folder)
    scenarios = simcore.load(folder / "experiment.yaml").scenarios
    patterns = {group: scenarios[f"redraw_{group}"].redraw for group in figures.GROUPS}
    # A tightening is decided in one scenario and drawn in no other.
    shared = [str(name) for name in run.factor.values
              if " (" not in str(name) and ".tightening." not in str(name)]  # fmt: skip
    assert len(shared) > 100
    for name in [*shared, "eu_ets.shock", "electricity.KR.shock", "h2_dri_eaf.capex"]:
        matching = [group for group, found in patterns.items()
                    if any(fnmatchcase(name, one) for one in found)]  # fmt: skip
        assert len(matching) == 1, (name, matching)
    # Opinions of a price are of the market; when a law is decided, and what it recognises, of policy.
    assert {"eu_ets.view", "eu_ets.response.above.from", "eu_ets.slope"} < _matched(
        shared, patterns["market"]
    )
    assert {"eu_free_allocation.variant", "eu_ets.resolution.year", "eu_recognition_kr.variant"} < (
        _matched(shared, patterns["policy"])
    )
    assert _matched(shared, scenarios["redraw_view"].redraw) == {"eu_ets.view", "k_ets.view"}
    everything = [one for found in patterns.values() for one in found]
    assert sorted([*scenarios["keep_view"].redraw, *scenarios["redraw_view"].redraw]) == sorted(
        everything
    )
    for group in figures.GROUPS:
        others = [one for key, found in patterns.items() if key != group for one in found]
        assert sorted(scenarios[f"keep_{group}"].redraw) == sorted(others)
        # What a group does not touch stays bit for bit.
        price, factor = ((run[f"{name}_mean"] - run[f"{name}_mean"].sel(scenario="shared"))
                         .sel(scenario=f"redraw_{group}")
                         for name in ("carbon_price", "cbam_factor"))  # fmt: skip
        assert bool((price == 0).all()) == (group == "technology")
        assert bool((factor == 0).all()) == (group != "policy")
    for route in figures.ROUTES:
        found = {group: figures.split(run, group, "EU", route, 2030, ranked=True)
                 for group in figures.GROUPS}  # fmt: skip
        # 256 draws: errors of some 0.1.
        assert found["market"].first > 0.6
        assert found["policy"].total < 0.1
        assert 0.75 < sum(one.first for one in found.values()) < 1.3


def test_split_of_a_sum_is_its_variances() -> None:
    import numpy as np
    import xarray as xr

    figures = script(ROOT / "experiments" / "02_policy_risk")
    rng = np.random.default_rng(1)
    sizes = {"policy": 1.0, "market": 3.0, "technology": 2.0}
    shared, anew = (
        {group: size * rng.standard_normal((2, 40_000))[0] for group, size in sizes.items()}
        for _ in range(2)
    )
    drawn = {"shared": sum(shared.values())}
    for group in sizes:
        drawn[f"redraw_{group}"] = drawn["shared"] - shared[group] + anew[group]
        drawn[f"keep_{group}"] = sum(anew.values()) - anew[group] + shared[group]
    run = xr.Dataset(
        {"cost_premium": (("scenario", "region", "route", "year", "draw"),
                          np.stack(list(drawn.values()))[:, None, None, None, :])},
        {"scenario": list(drawn), "region": ["EU"], "route": ["one"], "year": [2030]},
    )  # fmt: skip
    for group, size in sizes.items():
        found = figures.split(run, group, "EU", "one", 2030)
        for index, error in ((found.first, found.first_error), (found.total, found.total_error)):
            assert index == pytest.approx(size**2 / 14, abs=4 * error)
            assert error < 0.02


def test_split_of_a_product_is_interaction_alone() -> None:
    import numpy as np
    import xarray as xr

    figures = script(ROOT / "experiments" / "02_policy_risk")
    rng = np.random.default_rng(2)
    own, anew = rng.standard_normal((2, 3, 40_000))
    place = {"policy": 0, "market": 1, "technology": 2}
    drawn = {"shared": own[0] * own[1]}
    for group, k in place.items():
        redrawn, kept = own.copy(), anew.copy()
        redrawn[k], kept[k] = anew[k], own[k]
        drawn[f"redraw_{group}"] = redrawn[0] * redrawn[1]
        drawn[f"keep_{group}"] = kept[0] * kept[1]
    run = xr.Dataset(
        {"cost_premium": (("scenario", "region", "route", "year", "draw"),
                          np.stack(list(drawn.values()))[:, None, None, None, :])},
        {"scenario": list(drawn), "region": ["EU"], "route": ["one"], "year": [2030]},
    )  # fmt: skip
    for group, total in (("policy", 1.0), ("market", 1.0), ("technology", 0.0)):
        found = figures.split(run, group, "EU", "one", 2030)
        assert found.first == pytest.approx(0.0, abs=4 * found.first_error + 1e-12)
        assert found.total == pytest.approx(total, abs=4 * found.total_error + 1e-12)


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
