"""Scenarios: packaged overlays and what they do, files, lists, and groups that are drawn anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import yaml

import simcore
from simcore.cli import main
from simcore.intake import packaged

if TYPE_CHECKING:
    import xarray as xr

ROOT = Path(__file__).parents[1]
NAMES = sorted(packaged.scenarios())
CONFIG = {
    # As the law has it, so that a scenario differs by what it says.
    "catalog": {"policies": {"eu_free_allocation": {"variant": "law"}}},
    "draws": 512,
    "years": {"first": 2026, "last": 2036},
    "regions": ["EU", "UK", "KR"],
    "destinations": ["domestic", "eu"],
    "routes": ["bf_bof", "h2_dri_eaf", "scrap_eaf"],
    "outcomes": ["carbon_price", "cbam_factor", "home_carbon_cost", "cbam_cost", "cost_premium"],
    "keep": ["carbon_price", "cbam_factor", "home_carbon_cost", "cbam_cost", "cost_premium"],
    "dtype": "float64",
}  # fmt: skip


@pytest.fixture(scope="module")
def run() -> xr.Dataset:
    """The packaged scenarios by name, beside a scenario that changes nothing."""
    scenarios = {"nothing": {}, **{name: name for name in NAMES}}
    return simcore.run({**CONFIG, "scenarios": scenarios}, threads=2)


def change(run: xr.Dataset, name: str, scenario: str, **where: object) -> np.ndarray:
    """Difference to the law in each draw."""
    values = run[name].sel(where)
    return (values.sel(scenario=scenario) - values.sel(scenario="law")).values


def test_copies_equal_the_packaged_files() -> None:
    folder = ROOT / "configs" / "scenarios"
    packaged = ROOT / "simcore" / "data" / "scenarios"
    assert {"law", "reform_2026", "cbam_delayed", "cbam_repealed", "ets_tightened",
            "linking_eu_uk"} <= set(NAMES)  # fmt: skip
    assert sorted(path.stem for path in folder.glob("*.yaml")) == NAMES
    for name in NAMES:
        copy, own = (place / f"{name}.yaml" for place in (folder, packaged))
        assert copy.read_bytes() == own.read_bytes()


def test_law_is_the_packaged_base(run: xr.Dataset) -> None:
    for name in CONFIG["outcomes"]:
        nothing, law = (run[name].sel(scenario=one, drop=True) for one in ("nothing", "law"))
        assert nothing.equals(law)


def test_no_scenario_changes_what_has_passed(run: xr.Dataset) -> None:
    for scenario in set(NAMES) - {
        "cbam_downstream",
        "country_average",
        "climate_club",
    }:  # other rules
        for name in ("carbon_price", "cbam_factor", "cbam_cost"):
            moved = change(run, name, scenario, year=2026)
            assert (np.nan_to_num(moved) == 0).all(), (scenario, name)


@pytest.mark.parametrize("scenario", ["reform_2026", "cbam_delayed"])
def test_a_slower_phase_in_costs_importers_and_furnaces_less(
    run: xr.Dataset, scenario: str
) -> None:
    for year in (2029, 2031, 2033):
        where = {"year": year, "route": "bf_bof"}
        assert (change(run, "cbam_factor", scenario, year=year) < 0).all()
        assert (
            change(run, "cbam_cost", scenario, region="KR", destination="eu", **where) <= 0
        ).all()
        assert (
            change(run, "cbam_cost", scenario, region="KR", destination="eu", **where).mean() < -1
        )
        assert (change(run, "home_carbon_cost", scenario, region="EU", **where) < 0).all()
        # Low-carbon steel loses what the furnace is spared, less its own surplus.
        gain = change(run, "cost_premium", scenario, region="EU", destination="domestic",
                      route="scrap_eaf", year=year)  # fmt: skip
        assert (gain > 0).all()
    end = {"reform_2026": 0.15, "cbam_delayed": 0.0}[scenario]
    left = run.cbam_factor.sel(scenario=scenario)
    assert float(left.sel(year=2034).max()) <= (1 - end) + 1e-12
    if scenario == "cbam_delayed":
        # One to three years, in their proportions; the factor of 2026 holds meanwhile.
        factor = left.sel(year=2029).values
        shares = [float(np.isclose(factor, one).mean()) for one in (0.10, 0.05, 0.025)]
        assert sum(shares) == 1
        assert shares == pytest.approx([0.5, 0.35, 0.15], abs=0.06)
        assert left.sel(year=2027).values == pytest.approx(0.025)
        assert set(left.sel(year=2036).values.tolist()) == {0.86, 1.0}  # three years late, others


def test_repeal_ends_cbam_and_brings_free_allocation_back_in_the_same_year(run: xr.Dataset) -> None:
    cost = run.cbam_cost.sel(
        scenario="cbam_repealed", region="KR", destination="eu", route="bf_bof"
    )
    factor = run.cbam_factor.sel(scenario="cbam_repealed")
    gone = (cost == 0).values
    free = (factor == 0).values
    order = [cost.get_axis_num("year"), cost.get_axis_num("draw")]
    other = [factor.get_axis_num("year"), factor.get_axis_num("draw")]
    gone, free = np.transpose(gone, order), np.transpose(free, other)
    years = list(run.year.values)
    assert gone[years.index(2030) :].all()
    assert not gone[: years.index(2028)].all(axis=1).any()
    assert (gone >= free).all()  # no CBAM wherever allocation is free again
    first = np.array(years)[free.argmax(axis=0)]
    assert [float((first == year).mean()) for year in (2028, 2029, 2030)] == pytest.approx(
        [0.4, 0.35, 0.25], abs=0.06
    )
    where = {"year": 2032, "region": "EU", "route": "bf_bof"}
    assert (change(run, "home_carbon_cost", "cbam_repealed", **where) < 0).all()


def test_a_tighter_cap_raises_price_and_border_cost(run: xr.Dataset) -> None:
    later = change(run, "carbon_price", "ets_tightened", market="eu_ets", year=2034)
    assert (later >= 0).all()
    # Where the law's price is at the ceiling, nothing is left to raise.
    price = run.carbon_price.sel(scenario="law", market="eu_ets", year=2034)
    below = np.asarray(price < 0.99 * float(price.max()))
    assert np.asarray(later > 0)[below].mean() > 0.9
    where = {"year": 2034, "region": "KR", "destination": "eu", "route": "bf_bof"}
    assert (change(run, "cbam_cost", "ets_tightened", **where) >= 0).all()
    assert change(run, "cbam_cost", "ets_tightened", **where).mean() > 5
    premium = change(run, "cost_premium", "ets_tightened", year=2034, region="EU",
                     destination="domestic", route="h2_dri_eaf")  # fmt: skip
    assert premium.mean() < -1


def test_a_link_makes_one_price_and_ends_cbam_between_the_two(run: xr.Dataset) -> None:
    linked = run.sel(scenario="linking_eu_uk")
    uk, eu = (linked.carbon_price.sel(market=one) for one in ("uk_ets", "eu_ets"))
    assert (uk.sel(year=slice(2028, None)) == eu.sel(year=slice(2028, None))).all()
    assert (change(run, "carbon_price", "linking_eu_uk", market="uk_ets", year=2027) == 0).all()
    drawn = run.carbon_price.sel(scenario="law", market="uk_ets", year=[2028, 2031])
    joined = drawn == run.carbon_price.sel(scenario="law", market="eu_ets", year=[2028, 2031])
    np.testing.assert_allclose(joined.mean("draw"), [0.15, 0.8], atol=0.07)
    assert (change(run, "carbon_price", "linking_eu_uk", market="eu_ets") == 0).all()
    cost = linked.cbam_cost.sel(region="UK", destination="eu", route="bf_bof")
    assert (cost.sel(year=slice(2028, None)) == 0).all()
    assert (cost.sel(year=2027) > 0).any()
    korea = {"region": "KR", "route": "bf_bof"}
    assert (change(run, "cbam_cost", "linking_eu_uk", **korea) == 0).all()


def test_indirect_emissions_cost_importers_more(run: xr.Dataset) -> None:
    where = {"region": "KR", "destination": "eu", "year": 2034}
    for route in ("bf_bof", "scrap_eaf"):
        assert (change(run, "cbam_cost", "cbam_indirect", route=route, **where) >= 0).all()
    # A furnace that melts with power has more of them than a blast furnace.
    more = {route: change(run, "cbam_cost", "cbam_indirect", route=route, **where).mean()
            for route in ("bf_bof", "scrap_eaf")}  # fmt: skip
    assert more["scrap_eaf"] > more["bf_bof"] + 5


def test_goods_made_of_steel_pay_later_than_steel(run: xr.Dataset) -> None:
    where = {"region": "KR", "destination": "eu", "route": "bf_bof"}
    cost = run.cbam_cost.sel(scenario="cbam_downstream", **where)
    assert (cost.sel(year=2027) == 0).all()
    assert (change(run, "cbam_cost", "cbam_downstream", year=2031, **where) == 0).all()


def test_country_average_takes_the_reward_of_a_clean_plant(run: xr.Dataset) -> None:
    where = {"region": "KR", "destination": "eu", "year": 2034}
    assert change(run, "cbam_cost", "country_average", route="h2_dri_eaf", **where).mean() > 20
    assert change(run, "cbam_cost", "country_average", route="bf_bof", **where).mean() < -20


def test_the_uk_is_measured_against_imported_slab_or_a_furnace_of_its_own() -> None:
    made = simcore.run({
        "draws": 512, "years": {"first": 2026, "last": 2031}, "regions": ["EU", "UK"],
        "destinations": ["domestic"], "routes": ["bf_bof", "h2_dri_eaf", "scrap_eaf"],
        "outcomes": ["avoided_emissions", "cost_premium_ex_carbon", "carbon_cost"], "keep": [],
        "scenarios": {"law": {}, "uk_blast_furnace": "uk_blast_furnace"},
    }, threads=2)  # fmt: skip
    avoided = made.avoided_emissions_quantile.sel(quantile=0.5, year=2030)
    slab, own = (avoided.sel(scenario=name) for name in ("law", "uk_blast_furnace"))
    # A furnace of one's own avoids next to nothing of slab, what is green avoids about two tonnes.
    assert abs(float(slab.sel(region="UK", route="bf_bof"))) < 0.2
    assert np.isnan(own.sel(region="UK", route="bf_bof"))
    assert (slab.sel(region="UK", route=["h2_dri_eaf", "scrap_eaf"]) > 1.7).all()
    np.testing.assert_array_equal(slab.sel(region="EU"), own.sel(region="EU"))
    # Slab costs less than a furnace; its carbon is paid at the border from 2027 on.
    extra = made.cost_premium_ex_carbon_quantile.sel(quantile=0.5, year=2030, region="UK")
    assert 0 < float(extra.sel(scenario="law", route="bf_bof")) < 100
    difference = extra.sel(scenario="law") - extra.sel(scenario="uk_blast_furnace")
    assert (difference.sel(route=["h2_dri_eaf", "scrap_eaf"]) > 0).all()


def test_border_measure_of_the_uk_falls_on_slab() -> None:
    cost = simcore.run({
        "draws": 256, "years": {"first": 2026, "last": 2028}, "regions": ["UK"],
        "destinations": ["domestic"], "routes": ["slab_import"], "outcomes": ["carbon_cost"],
        "keep": [], "scenarios": {"law": {}},
    }).carbon_cost_mean.squeeze()  # fmt: skip
    assert float(cost.sel(year=2026)) == 0.0
    assert float(cost.sel(year=2027)) > 0.0


def test_shuffling_swaps_tonnes_of_the_reference_route_alone() -> None:
    """A share of the furnace's tonnes is declared clean; other routes have nothing to swap."""
    shares = {"none": 0.0, "half": 0.5, "all": 1.0}
    run = simcore.run({**CONFIG, "regions": ["KR"], "years": {"first": 2030, "last": 2034},
                       "routes": ["bf_bof", "ng_dri_eaf", "scrap_eaf"], "scenarios": {name: {"cbam": {"resource_shuffling": share}}
                                     for name, share in shares.items()}})  # fmt: skip
    cost = run.cbam_cost.sel(region="KR", destination="eu")
    for route in ("ng_dri_eaf", "scrap_eaf"):  # the first is dirtier than the clean tonne
        none = cost.sel(route=route, scenario="none")
        assert (cost.sel(route=route).values == none.values).all()
    none, half, full = (cost.sel(route="bf_bof", scenario=name).values for name in shares)
    assert (half <= none).all()
    assert (half[none > 0] < none[none > 0]).all()
    due = full > 0
    assert due.any()
    assert half[due] == pytest.approx((none + full)[due] / 2, rel=1e-9)


def test_limits_of_the_law_are_those_of_each_region() -> None:
    def value(limit: object) -> np.ndarray:
        run = simcore.run({
            "draws": 256, "years": {"first": 2026, "last": 2027}, "regions": ["KR", "JP", "CN", "IN"],
            "routes": ["scrap_eaf"], "outcomes": ["carbon_value"], "keep": ["carbon_value"],
            "value": {"double_claiming": "allow", "credit_limit": limit}, "scenarios": {"law": {}},
        })  # fmt: skip
        return run.carbon_value.isel(year=0, destination=0).squeeze().values

    law, none, five, ten = (value(limit) for limit in ("law", None, 0.05, 0.10))
    assert (law[0] == five[0]).all()  # KOC
    assert (law[1] == ten[1]).all()  # J-Credits
    assert (law[2] == five[2]).all()  # CCER
    assert (law[3] == none[3]).all()  # certificates are the instrument itself
    assert (law[:3] > none[:3]).all()  # a limit leaves less to give up


# --- files, lists and parents --------------------------------------------------------------------

SMALL = {
    "draws": 256, "years": {"first": 2026, "last": 2030}, "regions": ["EU"], "routes": ["scrap_eaf"],
    "outcomes": ["cbam_factor", "carbon_price"], "keep": ["cbam_factor", "carbon_price"],
}  # fmt: skip


def written(folder: Path, **changes: object) -> Path:
    """A config in a folder that holds the scenario files."""
    (folder / "scenarios").symlink_to(ROOT / "configs" / "scenarios")
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump({**SMALL, **changes}), encoding="utf-8")
    return path


def copied(folder: Path, *names: str) -> None:
    (folder / "scenarios").mkdir()
    for name in names:
        source = ROOT / "configs" / "scenarios" / f"{name}.yaml"
        (folder / "scenarios" / source.name).write_bytes(source.read_bytes())


def test_a_file_a_name_and_its_content_are_the_same(tmp_path: Path) -> None:
    copied(tmp_path, "reform_2026")
    content = yaml.safe_load((tmp_path / "scenarios" / "reform_2026.yaml").read_text("utf-8"))
    path = tmp_path / "config.yaml"
    digests = set()
    for value in ("scenarios/reform_2026.yaml", "reform_2026", content, ["law", content][1:]):
        path.write_text(yaml.safe_dump({**SMALL, "scenarios": {"reform": value}}), "utf-8")
        digests.add(simcore.build(simcore.load(path)).digest)
    assert len(digests) == 1


def test_a_link_out_of_the_folder_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, scenarios={"law": "scenarios/law.yaml"})
    assert main(["check", str(path)]) == 2
    assert "a file in the folder of the config" in capsys.readouterr().err


def test_a_list_lays_one_over_the_other() -> None:
    both = simcore.run(
        {**SMALL, "scenarios": {"law": "law", "both": ["reform_2026", "ets_tightened"],
                                "reform": "reform_2026", "tight": "ets_tightened"}}
    )  # fmt: skip
    factor, price = both.cbam_factor, both.carbon_price
    assert (factor.sel(scenario="both") == factor.sel(scenario="reform").values).all()
    # The reform lowers the price of the views, the tightening raises it.
    assert (price.sel(scenario="both") >= price.sel(scenario="reform").values - 1e-9).all()
    assert (factor.sel(scenario="reform", year=2030) != factor.sel(scenario="law", year=2030)).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_config_may_extend_a_scenario_file(tmp_path: Path, name: str) -> None:
    copied(tmp_path, name)
    path = tmp_path / "config.yaml"
    path.write_text(
        yaml.safe_dump({**SMALL, "extends": f"scenarios/{name}.yaml", "scenarios": {"own": {}}}),
        encoding="utf-8",
    )
    own = simcore.load(path).scenarios["own"]
    named = simcore.load({**SMALL, "scenarios": {"own": name}}).scenarios["own"]
    # The title of a file that a config extends is that of the config.
    apart = {"scenarios", "title"}
    assert own.model_dump(exclude=apart) == named.model_dump(exclude=apart)


@pytest.mark.parametrize("name", NAMES)
def test_judged_dates_have_reasons(name: str) -> None:
    def distributions(node: object) -> list[dict[str, object]]:
        if not isinstance(node, dict):
            return []
        own = [node] if node.get("kind") not in (None, "factor") else []
        return own + [one for child in node.values() for one in distributions(child)]

    for one in distributions(packaged.scenarios()[name]):
        assert one["kind"] in ("discrete", "triangular")
        assert one["status"] == "assumed"
        assert one["source"] in packaged.sources()
        assert len(str(one["at"])) > 20


# --- groups that a scenario draws for itself -----------------------------------------------------


def test_redrawn_groups_change_and_the_others_do_not() -> None:
    names = ("eu_ets.anchor", "eu_cscf.law.2026", "EU.wacc")
    run = simcore.run({
        **SMALL, "outcomes": ["carbon_price", "cbam_factor", "levelised_cost", "home_carbon_cost"],
        "keep": ["carbon_price", "levelised_cost", "home_carbon_cost"],
        "scenarios": {"same": {}, "price": {"redraw": ["eu_ets.*"]},
                      "rule": {"redraw": ["eu_cscf.*"]}, "all": {"redraw": ["*"]}},
    })  # fmt: skip
    price, cost = (
        run.carbon_price.sel(year=2030, market="eu_ets"),
        run.levelised_cost.sel(year=2030),
    )
    carbon = run.home_carbon_cost.sel(year=2030)
    # The price of power is correlated with that of carbon, and stays all the same.
    for values, moved in ((price, {"price", "all"}), (cost, {"all"}),
                          (carbon, {"price", "rule", "all"})):  # fmt: skip
        for scenario in ("price", "rule", "all"):
            same = (values.sel(scenario=scenario) == values.sel(scenario="same")).all()
            assert bool(same) == (scenario not in moved), (values.name, scenario)
    for name in names:
        assert name in run.factor.values


def test_redrawing_everything_is_independence() -> None:
    config = {**SMALL, "scenarios": {"one": {}, "two": {}}}
    alone = simcore.run({**config, "independent_scenarios": True})
    drawn = simcore.run({**config, "redraw": ["*"]})
    assert (alone.carbon_price == drawn.carbon_price).all()
    assert (drawn.carbon_price.sel(scenario="one") != drawn.carbon_price.sel(scenario="two")).any()
