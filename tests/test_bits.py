"""The same bits for any threads, tiles, ranges and containers; what is added changes no number."""

from __future__ import annotations

import numpy as np
import pytest

import simcore
from simcore import engine, tracing
from simcore.dataset import digest

CONFIG = {
    "name": "bits",
    "seed": 11,
    "draws": 3000,
    "years": {"first": 2026, "last": 2029},
    "regions": ["EU", "IN"],
    "routes": ["bf_bof", "h2_dri_eaf", "scrap_eaf"],
    "outcomes": [
        "carbon_price", "commodity_price", "levelised_cost", "carbon_cost", "cost_premium",
        "premium_per_tonne", "break_even_price", "crossover_year", "cheapest_route", "viability",
        "npv_premium",
    ],
    "keep": ["carbon_price", "commodity_price", "cost_premium", "crossover_year", "inputs"],
    "plant": {"start": 2028, "lifetime": 5, "beyond": "hold"},
    "dtype": "float64",
    "scenarios": {
        "law": {},
        "reform": {"catalog": {"policies": {"eu_free_allocation": {"variant": "reform_2026"}}}},
    },
}  # fmt: skip


def run(**changes):
    options = {key: changes.pop(key) for key in ("out", "threads") if key in changes}
    return simcore.run({**CONFIG, **changes}, **options)


@pytest.fixture(scope="module")
def base():
    return run()


def assert_same(one, other, names=("carbon_price", "commodity_price", "cost_premium", "input")):
    """Equal bits wherever both runs hold a value."""
    for name in names:
        a, b = one[name], other[name]
        shared = {
            dim: [label for label in a[dim].values if label in set(b[dim].values)]
            for dim in a.dims
            if dim != "draw"
        }
        count = min(one.sizes["draw"], other.sizes["draw"])
        a = a.sel(shared).isel(draw=slice(count))
        b = b.sel(shared).isel(draw=slice(count))
        assert a.size
        np.testing.assert_array_equal(a.values, b.values, err_msg=name)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads(base, threads):
    assert digest(run(threads=threads)) == digest(base)


def test_tiles(base, monkeypatch):
    # Room for a few rows at a time: every outcome is split over tiles and years.
    monkeypatch.setattr(engine, "budget_rows", lambda plan: 5)
    assert digest(run()) == digest(base)


def test_ranges(base, monkeypatch):
    monkeypatch.setattr(engine, "_RANGE", 256)
    assert digest(run()) == digest(base)


@pytest.mark.parametrize("name", ["run.zarr", "run.nc"])
def test_containers(base, tmp_path, name):
    assert digest(run(out=tmp_path / name)) == digest(base)
    assert digest(simcore.open_run(tmp_path / name)) == digest(base)


def test_digest_sees_a_changed_value(base):
    changed = base.copy(deep=True)
    changed["cost_premium"].values[0, 0, 0, 1, -1, 0] += 1e-9
    assert digest(changed) != digest(base)


def test_another_seed_changes_every_draw(base):
    other = run(seed=12)
    market = base.carbon_price.sel(market="eu_ets", year=2029)
    assert (market.values != other.carbon_price.sel(market="eu_ets", year=2029).values).mean() > 0.99


def test_first_draws_of_a_longer_run(base):
    short = run(draws=1000)
    assert short.sizes["draw"] == 1000
    assert_same(short, base)


def test_fewer_regions(base):
    assert_same(run(regions=["IN"]), base)


def test_fewer_routes(base):
    assert_same(run(routes=["bf_bof", "h2_dri_eaf"]), base)


def test_fewer_scenarios(base):
    assert_same(run(scenarios={"law": {}}), base)


def test_longer_horizon(base):
    longer = run(years={"first": 2026, "last": 2031})
    assert_same(longer, base)


def test_later_start(base):
    assert_same(run(years={"first": 2028, "last": 2029}), base)


def test_more_outcomes(base):
    assert_same(run(outcomes=[*CONFIG["outcomes"], "support_gap", "abatement_cost"]), base)


ADDED = {"kind": "factor", "name": "extra"}


def test_an_added_factor(base):
    added = run(
        factors={"extra": {"kind": "normal", "mean": 0.15, "sd": 0.01}},
        catalog={"routes": {"scrap_eaf": {"support": ADDED}}},
    )
    assert "extra" in added.factor.values
    kept = {"route": ["h2_dri_eaf"]}
    assert_same(added.sel(kept), base.sel(kept))
    differs = added.cost_premium.sel(route="scrap_eaf", region="EU", year=2028)
    assert (differs.values != base.cost_premium.sel(route="scrap_eaf", region="EU", year=2028)).all()


def test_an_added_correlated_factor(base):
    from simcore.tables import base as packaged

    pairs = packaged()["correlations"]["factors"]
    added = run(
        factors={"extra": {"kind": "normal", "mean": 0.15, "sd": 0.01}},
        catalog={"routes": {"scrap_eaf": {"support": ADDED}}},
        correlations={"factors": [*pairs, {"between": ["eu_ets.anchor", "extra"], "rank": 0.5}]},
    )
    kept = {"route": ["h2_dri_eaf"]}
    assert_same(added.sel(kept), base.sel(kept))
    extra = added.input.sel(factor="extra").values
    anchor = added.input.sel(factor="eu_ets.anchor").values
    ranks = [np.argsort(np.argsort(values)) for values in (extra, anchor)]
    assert np.corrcoef(*ranks)[0, 1] == pytest.approx(0.5, abs=0.06)


def test_scenarios_share_their_draws_unless_told_otherwise(base):
    law, reform = (base.carbon_price.sel(scenario=name).values for name in ("law", "reform"))
    np.testing.assert_array_equal(law, reform)
    apart = run(independent_scenarios=True)
    law, reform = (
        apart.carbon_price.sel(scenario=name, market="eu_ets", year=2029).values
        for name in ("law", "reform")
    )
    assert (law != reform).mean() > 0.99


def test_trace_is_the_stored_draw(base):
    plan = simcore.build(simcore.load(CONFIG))
    for draw in (0, 127, 128, 255, 256, 2999):
        for entry in tracing.trace(plan, draw):
            if entry["variable"] != "cost_premium":
                continue
            place = {dim: entry[dim] for dim in ("scenario", "region", "destination", "route")}
            stored = base.cost_premium.sel(place).isel(draw=draw).values
            np.testing.assert_array_equal(np.array(list(entry["values"].values())), stored)


def test_every_output_element_is_written(monkeypatch):
    """Poison what the kernels write to: nothing may show through."""
    poison = 1.2345e300
    empty = np.empty

    def poisoned(shape, *arguments, **options):
        array = empty(shape, *arguments, **options)
        if array.dtype == np.float64:
            array.fill(poison)
        return array

    monkeypatch.setattr(engine.np, "empty", poisoned)
    run_ = run(draws=700)
    monkeypatch.undo()
    for name, variable in run_.data_vars.items():
        if variable.dtype.kind == "f":
            assert not (np.abs(variable.values) > 1e290).any(), name


def test_no_row_is_read_before_it_is_written(base):
    """The scratch of a block starts as NaN, which would show in values that are always defined."""
    for name in ("carbon_price", "commodity_price", "levelised_cost", "carbon_cost"):
        defined = base[f"{name}_defined"]
        if "route" in defined.dims:
            defined = defined.sel(route=["bf_bof", "scrap_eaf"])
        assert (defined == 1).all(), name
