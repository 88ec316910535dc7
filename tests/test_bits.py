"""Same config, same seed: same bits, however the work is cut and whatever stands beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from rich_config import KEEPABLE, rich_config

import simcore
from simcore import dataset
from simcore.running import engine, estimating, tracing
from simcore.running.executors import on_threads
from simcore.variables import OUTCOMES

QUICKSTART = Path(__file__).parents[1] / "configs" / "quickstart.yaml"
KEPT = [
    "carbon_price",
    "cost_premium",
    "crossover_year",
    "cheapest_route",
    "npv_carbon_value",
    "inputs",
]


def run(config: dict[str, Any], **options: Any) -> xr.Dataset:
    return engine.run(simcore.build(simcore.load(config)), **options)


# ---------------------------------------------------------------- how the work is cut


# Neither a multiple of 256 nor of a range.
WHOLE = rich_config(draws=2000, keep=KEPT, regions=["XA"])


@pytest.fixture(scope="module")
def whole() -> str:
    """Digest of a run on one thread, in one tile, in memory."""
    plan = simcore.build(simcore.load(WHOLE))
    assert estimating.estimate(plan, on_threads(2))["tiles"] == 1
    return dataset.digest(engine.run(plan, threads=1))


@pytest.mark.parametrize("threads", [3, 16])
def test_threads_change_nothing(whole, threads):
    """The last has more threads than blocks of draws."""
    assert dataset.digest(run(WHOLE, threads=threads)) == whole


@pytest.mark.long
def test_memory_budget_changes_nothing(whole):
    plans = [
        simcore.build(simcore.load(WHOLE | {"memory": memory, "draws": 6000}))
        for memory in (60, 1000)
    ]
    assert [estimating.estimate(plan, on_threads(2))["tiles"] > 1 for plan in plans] == [
        True,
        False,
    ]
    first, second = (dataset.digest(engine.run(plan, threads=2)) for plan in plans)
    assert first == second != whole


@pytest.mark.long
def test_container_changes_nothing(tmp_path):
    config = WHOLE | {"outcomes": [*KEPT[:-1], "viability_by_view", "waterfall", "project_npv"]}
    here = dataset.digest(run(config, threads=1))
    for suffix in (".zarr", ".nc"):
        place = tmp_path / f"run{suffix}"
        assert dataset.digest(run(config, out=place, threads=2)) == here
        assert dataset.digest(simcore.open_run(place)) == here


def test_digest_sees_a_single_bit(whole):
    changed = run(WHOLE, threads=2)
    values = changed["cost_premium"].values.copy()
    place = tuple(np.argwhere(np.isfinite(values))[-1])
    values[place] = np.nextafter(values[place], np.float64(np.inf))
    changed["cost_premium"] = (changed["cost_premium"].dims, values)
    assert dataset.digest(changed) != whole


def test_seed_changes_every_uncertain_outcome(whole):
    assert dataset.digest(run(WHOLE | {"seed": 5})) != whole


@pytest.mark.long
@pytest.mark.parametrize("config", [QUICKSTART, rich_config()], ids=["quickstart", "rich"])
def test_resolved_config_is_the_same_run(config):
    changes = ["regions=[EU]", "routes=[bf_bof, scrap_eaf]", "years.last=2028"]
    spec = simcore.load(
        config,
        draws=300,
        overrides=changes if config is QUICKSTART else ["routes=[electric, hydrogen, captured]"],
    )
    again = simcore.load(spec.resolved())
    assert simcore.build(again).digest == simcore.build(spec).digest
    first, second = (engine.run(simcore.build(one), threads=1) for one in (spec, again))
    assert dataset.digest(first) == dataset.digest(second)


# ---------------------------------------------------------------- more draws


def test_first_draws_are_those_of_a_shorter_run():
    """1,000 is not a multiple of 256: the shorter run computes draws that it does not keep."""
    chosen = ["carbon_price", "cost_premium", "crossover_year", "cheapest_route"]
    config = rich_config(
        outcomes=chosen, keep=[*chosen, "inputs"], routes=["blast", "hydrogen"],
        regions=["XB"], destinations=["eu"],
    )  # fmt: skip
    short, long = (run(config | {"draws": draws}) for draws in (1000, 10000))
    for name in (*chosen, "input"):
        assert short[name].sizes["draw"] == 1000
        np.testing.assert_array_equal(short[name], long[name].isel(draw=slice(1000)), name)
    # What is summarised is what is kept.
    first = long["carbon_price"].isel(draw=slice(1000))
    np.testing.assert_allclose(short["carbon_price_mean"], first.mean("draw"), rtol=1e-12)
    np.testing.assert_allclose(
        short["carbon_price_quantile"].transpose("quantile", ...),
        first.quantile(short["quantile"], "draw"), rtol=1e-12,
    )  # fmt: skip


# ---------------------------------------------------------------- more of anything else


def keeping(**changes: Any) -> dict[str, Any]:
    """A config of 300 draws that keeps those of every outcome of a few routes; no budget or account,
    which would hold on to their routes and regions."""
    asked = [name for name in KEEPABLE if not {"budget", "account"} & {*OUTCOMES[name].dims}]
    base = {
        "draws": 300, "routes": ["blast", "hydrogen", "electric"],
        "outcomes": asked, "keep": [*asked, "inputs"],
    }  # fmt: skip
    config = rich_config(**(base | changes))
    del config["budgets"], config["accounts"]
    return config


AMONG_ROUTES = ("cheapest_route", "regret")
"""Beginnings of the names of what other routes of the run change."""


def assert_same_where_both_are(
    small: xr.Dataset, large: xr.Dataset, *, skip: str | tuple[str, ...] = "-"
) -> None:
    """Every number of the smaller run stands in the larger, bit for bit, at its labels.

    Variables whose names begin with `skip` may differ.
    """
    compared = 0
    # Labels are looked up once: xarray would do so for each of hundreds of variables.
    places = {
        dim: large.indexes[dim].get_indexer(small.indexes[dim]) if dim in small.indexes
        else np.arange(size)
        for dim, size in small.sizes.items()
    }  # fmt: skip
    assert all((place >= 0).all() for place in places.values())
    for name in small.data_vars:
        array, among = small.variables[name], large.variables[name]
        if str(name).startswith(skip) or array.dtype.kind not in "fi":
            continue
        assert among.dims == array.dims
        own, other = array.values, among.values[np.ix_(*(places[d] for d in array.dims))]
        np.testing.assert_array_equal(own, other, str(name))
        compared += array.size
    assert compared > 10_000


@pytest.fixture(scope="module")
def few() -> xr.Dataset:
    return run(keeping())


CAPTURED = keeping(routes=["captured", "blast", "hydrogen", "electric"])


def test_a_route_changes_nothing_else(few):
    # Which route is cheapest depends on the routes there are.
    assert_same_where_both_are(few, run(CAPTURED), skip=AMONG_ROUTES)


def test_a_region_changes_nothing_else(few):
    assert_same_where_both_are(run(keeping(regions=["XB"])), few)
    assert_same_where_both_are(run(keeping(regions=["XA"])), few)


def test_a_scenario_changes_nothing_else(few):
    alone = keeping()
    alone["scenarios"] = {"law": {}}
    assert_same_where_both_are(run(alone), few)


def test_an_outcome_changes_nothing_else(few):
    chosen = ["support_gap", "cheapest_route", "carbon_price", "npv_carbon_value", "abatement_cost"]
    assert_same_where_both_are(run(keeping(outcomes=chosen, keep=[*chosen, "inputs"])), few)


def test_a_destination_changes_nothing_else(few):
    assert_same_where_both_are(run(keeping(destinations=["eu"])), few)


def with_factor(correlated: bool) -> dict[str, Any]:
    """A factor that only one route reads, and that is tied last to two that all know."""
    config = keeping(
        routes=["captured", "blast", "hydrogen", "electric"],
        factors={"wind": {"kind": "lognormal", "mu": 4.0, "sigma": 0.3, "unit": "EUR/t"}},
        catalog={"routes": {"captured": {"other_opex": {"kind": "factor", "name": "wind"}}}},
    )
    if correlated:
        config["correlations"]["factors"] += [
            {"between": ["border_ets.anchor", "wind"], "rank": 0.3},
            {"between": ["wind", "hydrogen.capex"], "rank": -0.3},
        ]
    return config


@pytest.mark.parametrize("correlated", [False, True])
def test_a_factor_changes_nothing_else(few, correlated):
    large = run(with_factor(correlated))
    assert "wind" in large["factor"]
    if not correlated:
        assert_same_where_both_are(few, large, skip=AMONG_ROUTES)
        return
    # hydrogen.capex was independent before; now it is drawn through the normal of its address, so
    # it keeps its numbers but for the rounding of two inverse functions; all others keep each bit.
    others = [name for name in few["factor"].values if name != "hydrogen.capex"]
    labels = {"factor": others}
    np.testing.assert_array_equal(few["input"].sel(labels), large["input"].sel(labels))
    np.testing.assert_array_equal(
        few["levelised_cost"].sel(route="electric"), large["levelised_cost"].sel(route="electric")
    )


def test_an_idle_correlated_factor_changes_nothing(few):
    """A name that nothing reads, mentioned last, is no error and moves no number."""
    config = keeping(factors={"idle": {"kind": "uniform", "low": 0, "high": 1}})
    config["correlations"]["factors"] += [{"between": ["consumables", "idle"], "rank": 0.5}]
    assert_same_where_both_are(few, run(config))
    idle_market = {"title": "idle", "unit": "EUR/t", "spot": {"year": 2020, "value": 9.0},
                   "process": {"kind": "random_walk", "sigma": 0.2}}  # fmt: skip
    config = keeping(catalog={"markets": {"idle_ets": idle_market}})
    config["correlations"]["shocks"] += [{"between": ["home_ets", "idle_ets"], "rank": 0.5}]
    assert_same_where_both_are(few, run(config))
    spec = simcore.load(config)
    assert simcore.build(simcore.load(spec.resolved())).digest == simcore.build(spec).digest


def test_an_older_price_history_changes_nothing_else(few):
    """A path that starts years earlier makes all of them start earlier; shocks stay with years."""
    path = {"title": "flux", "unit": "EUR/t", "spot": {"year": 2015, "value": 100.0},
            "process": {"kind": "random_walk", "sigma": 0.1}}  # fmt: skip
    config = keeping(
        routes=["captured", "blast", "hydrogen", "electric"],
        catalog={
            "prices": {"flux": {"default": path}},
            "routes": {"captured": {"inputs": {"flux": "0.1 t/t"}}},
        },
    )
    large = run(config)
    assert_same_where_both_are(few, large, skip=AMONG_ROUTES)
    assert float(large["commodity_price"].sel(commodity="flux.default", year=2026).std()) > 10


def test_a_later_start_changes_no_year_that_stays(few):
    later = run(keeping(
        years={"first": 2028, "last": 2029}, plant={"start": 2028},
        exposures={name: {"first": 2028} for name in ("firm", "other", "growing")},
        projects={"works": {"start": 2028, "instruments": []}, "short": {"start": 2028}},
        scenarios={"reform": {"projects": {"of_the_reform": {"start": 2028}}}},
    ))  # fmt: skip
    for name, variable in OUTCOMES.items():
        # Some plants start later too.
        of_plants = {"project", "portfolio"} & set(variable.dims)
        if "year" in variable.dims and not of_plants and name in few:
            np.testing.assert_array_equal(
                few[name].sel(year=later["year"]), later[name].transpose(*few[name].dims), name
            )


def test_a_later_horizon_changes_no_earlier_year(few):
    longer = run(keeping(years={"first": 2026, "last": 2031}))
    for name, variable in OUTCOMES.items():
        if "year" in variable.dims and name in few:
            np.testing.assert_array_equal(
                few[name], longer[name].sel(year=few["year"]).transpose(*few[name].dims), name
            )


# ---------------------------------------------------------------- scenarios


def test_scenarios_share_draws_unless_told_otherwise():
    config = keeping(outcomes=["carbon_price"], keep=["carbon_price"])
    config["scenarios"] = {"one": {}, "two": {}}
    shared = run(config)["carbon_price"]
    np.testing.assert_array_equal(shared.sel(scenario="one"), shared.sel(scenario="two"))
    apart = run(config | {"independent_scenarios": True})["carbon_price"]
    # Of the market without a corridor.
    one, two, before = (
        array.sel(scenario=name, market="third_ets", year=2028).values
        for array, name in ((apart, "one"), (apart, "two"), (shared, "one"))
    )
    for first, second in ((one, two), (one, before), (two, before)):
        assert (first != second).all()
        # 5 standard errors: one false alarm in 1.7 million seeds.
        assert abs(np.corrcoef(np.log(first), np.log(second))[0, 1]) < 5 / 300**0.5


# ---------------------------------------------------------------- one draw


@pytest.mark.parametrize("changes", [{}, {"currency": "USD"}, {"dtype": "float32"}])
def test_trace_is_the_stored_draw(changes):
    plan = simcore.build(simcore.load(keeping(draws=512, **changes)))
    stored = engine.run(plan)
    kind = np.dtype(plan.experiment.dtype).type
    arrays = {name: array.transpose("draw", ...) for name, array in stored.variables.items()
              if "draw" in array.dims}  # fmt: skip
    values = {name: array.values for name, array in arrays.items()}
    place = {dim: {label: i for i, label in enumerate(stored[dim].values.tolist())}
             for dim in stored.coords if stored[dim].dims == (dim,)}  # fmt: skip
    for draw in (0, 128, 255, 256, 511) if not changes else (127, 511):
        for entry in tracing.trace(plan, draw):
            name = entry["variable"]
            if name == "term":
                continue
            if name == "input":
                column = values["input"][draw]
                assert kind(entry["value"]) == column[place["factor"][entry["name"]]]
                continue
            column = values[name][draw]
            kept = column[tuple(
                slice(None) if dim == "year" else place[dim][entry[dim]]
                for dim in arrays[name].dims[1:]
            )]  # fmt: skip
            found = np.array(list(entry.get("values", {0: entry.get("value")}).values()))
            if OUTCOMES[name].kind == "category":
                among = stored.variables[OUTCOMES[name].among].values
                assert found.tolist() == [among[int(v)] for v in np.atleast_1d(kept)]
            else:
                np.testing.assert_array_equal(found.astype(kind), np.atleast_1d(kept))
