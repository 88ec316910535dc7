"""Summaries made without holding the draws against those made from the draws."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_configs import configs
from rich_config import KEEPABLE, rich_config
from summaries import faults

import simcore
from simcore.dataset.layout import kept_arrays
from simcore.running import describe, engine
from simcore.running.options import Options
from simcore.variables import OUTCOMES

ALL = [*KEEPABLE, "inputs"]
CHANGES: dict[str, Any] = {
    "draws": 700, "keep": ALL, "routes": ["blast", "hydrogen", "electric"],
    "destinations": ["domestic", "eu"],
}  # fmt: skip


def run(*, threads: int = 2, **changes: Any) -> xr.Dataset:
    config = rich_config(**(CHANGES | changes))
    return engine.run(simcore.build(simcore.load(config)), threads=threads)


def assert_same_summaries(first: xr.Dataset, second: xr.Dataset) -> None:
    compared = 0
    for name in set(first.data_vars) & set(second.data_vars):
        one, other = first.variables[name], second.variables[name]
        if "draw" not in one.dims and one.dtype.kind == "f":
            np.testing.assert_array_equal(one.values, other.values, str(name))
            compared += 1
    assert compared > 100


@pytest.fixture(scope="module")
def kept() -> xr.Dataset:
    return run()


# ---------------------------------------------------------------- as NumPy has them


def test_summaries_are_those_of_the_kept_draws(kept):
    assert list(faults(kept)) == []


def test_a_fault_would_be_found(kept):
    """A value that is wrong in its last bits, a count that is one off."""
    for name, change in (("cost_premium_quantile", 1e-15), ("carbon_price_defined", 1 / 700)):
        broken = kept.assign({name: kept[name] * (1 + change)})
        assert next(faults(broken), None), name
    for draw in (0, 699):
        broken = kept.assign(futures_price=kept["futures_price"].copy(deep=True))
        broken["futures_price"][{"draw": draw}] = 1.0
        assert next(faults(broken), None), draw


@pytest.mark.parametrize("draws", [1, 2, 3, 59, 255, 256, 257, 511, 512, 513, 1025])
def test_any_number_of_draws(draws):
    """Of an outcome of each kind."""
    some = ["carbon_price", "futures_price", "cost_premium", "crossover_year", "cheapest_route",
            "viability", "project_npv", "dscr_lowest", "waterfall"]  # fmt: skip
    kinds = {OUTCOMES[name].kind for name in KEEPABLE}
    assert {OUTCOMES[name].kind for name in some} == kinds
    assert list(faults(run(draws=draws, threads=3, outcomes=some, keep=[*some, "inputs"]))) == []


def test_one_draw_has_no_spread(kept):
    one = run(draws=1)
    assert one["cost_premium_standard_error"].isnull().all()
    assert one["input_sd"].isnull().all()
    only, many = one["commodity_price"].isel(draw=0), kept["commodity_price"]
    moves = many.max("draw") > many.min("draw")
    assert 0 < moves.sum() < moves.size
    for end, is_open in (("", only), ("_low", -np.inf), ("_high", np.inf)):
        median = one[f"commodity_price_quantile{end}"].sel(quantile=0.5)
        # A price that is certain has no error, even of one draw.
        np.testing.assert_array_equal(median, xr.where(moves, is_open, only))


def test_more_draws_than_the_first_look_knows():
    """Bins laid over 512 draws, sums of many batches, more bins than the fewest."""
    some = ["carbon_price", "cost_premium", "crossover_year", "cheapest_route", "viability"]
    changes = {"outcomes": some, "keep": some, "regions": ["XA"], "routes": ["blast", "hydrogen"]}
    assert list(faults(run(draws=70_001, threads=3, **changes))) == []


@pytest.mark.parametrize("currency", ["USD", "KRW"])
def test_another_currency(kept, currency):
    """Money is converted draw by draw, signs and shares stay."""
    other = run(currency=currency)
    assert list(faults(other)) == []
    rate = {"USD": 1.2, "KRW": 1550.0}[currency]
    np.testing.assert_allclose(other["carbon_price"], rate * kept["carbon_price"], rtol=1e-13)
    for name in ("viability_mean", "green_is_cheaper_mean", "cost_premium_positive"):
        np.testing.assert_array_equal(other[name], kept[name])
    np.testing.assert_array_equal(other["crossover_year"], kept["crossover_year"])


# ---------------------------------------------------------------- whatever is kept


def test_keeping_draws_changes_no_summary(kept):
    none = run(keep=[])
    assert not any("draw" in array.dims for array in none.data_vars.values())
    assert_same_summaries(none, kept)


@pytest.mark.long
def test_keeping_some_draws_changes_no_summary(kept):
    """The row of a kept indicator is reduced itself; else that of the value whose sign it is."""
    for some in (["viability"], ["support_gap", "crossover_year"], ["inputs", "green_is_cheaper"]):
        found = run(keep=some)
        assert_same_summaries(found, kept)
        for name in (one.replace("inputs", "input") for one in some):
            np.testing.assert_array_equal(found[name], kept[name])


@pytest.mark.parametrize("name", ["viability", "green_is_cheaper"])
@pytest.mark.parametrize("currency", ["EUR", "KRW"])
def test_an_indicator_alone_has_the_statistics_of_its_draws(name, currency):
    alone, both = (run(outcomes=[name], keep=keep, currency=currency) for keep in ([], [name]))
    assert list(faults(alone, kept=both)) == []
    for statistic in ("mean", "standard_error"):
        np.testing.assert_array_equal(alone[f"{name}_{statistic}"], both[f"{name}_{statistic}"])


def test_where_nothing_is_uncertain_there_are_no_inputs_to_keep():
    """Random configs, below, are now and then such; here one is made of a plan that is not."""
    plan = simcore.build(simcore.load(rich_config(keep=["inputs", "cost_premium"])))
    certain = replace(plan, inputs=(), coords={**plan.coords, "factor": ()})
    layout = describe.layout_of(certain)
    assert layout.kept == ("cost_premium",)
    assert "input" not in kept_arrays(layout)
    assert "input" in kept_arrays(describe.layout_of(plan))


def test_single_precision_is_that_of_the_kept_draws_only(kept):
    single = run(dtype="float32")
    assert_same_summaries(single, kept)
    for name in ("cost_premium", "input", "crossover_year"):
        assert single[name].dtype == np.float32
        np.testing.assert_array_equal(single[name], kept[name].astype(np.float32))


# ---------------------------------------------------------------- whatever the config


LOOSE = {
    "deadline": None, "database": None, "derandomize": True,
    "suppress_health_check": list(HealthCheck), "phases": [Phase.generate],
}  # fmt: skip


def check_random(config: dict[str, Any], data: st.DataObject) -> None:
    """Odd draws, threads, tiles, room and kept outcomes, against a run that keeps every draw."""
    draws = data.draw(st.sampled_from([1, 5, 255, 257, 600, 1100]) | st.integers(1, 1500))
    held = [name for name in ALL if name in ("inputs", *config["outcomes"])]
    config |= {"draws": draws, "dtype": "float64", "keep": held}
    whole = engine.run(simcore.build(simcore.load(config)), threads=1)
    assert list(faults(whole)) == []
    some = data.draw(st.lists(st.sampled_from(held), unique=True, max_size=4))
    config |= {"keep": some, "dtype": data.draw(st.sampled_from(["float32", "float64"]))}
    config |= {"memory": 60}
    size, room = (data.draw(st.sampled_from(some)) for some in ([0.5, 3, 48], [1, 3000, 10**6]))
    plan = simcore.build(simcore.load(config))
    options = Options(smallest=size, collected=room)
    other = engine.run(plan, threads=data.draw(st.integers(1, 5)), options=options)
    assert_same_summaries(other, whole)
    for name in some:
        name = name.replace("inputs", "input")
        assert (name in other) == (name in whole)
        if name in other:
            right = whole[name].astype(other[name].dtype)
            np.testing.assert_array_equal(other[name], right, name)


@pytest.mark.long
@settings(max_examples=3, **LOOSE)
@given(configs(), st.data())
def test_random_configs_are_reduced_rightly(config, data):
    check_random(config, data)


@pytest.mark.long
@settings(max_examples=7, **LOOSE)
@given(configs(), st.data())
def test_more_random_configs_are_reduced_rightly(config, data):
    check_random(config, data)


@pytest.mark.slow
@settings(max_examples=300, **(LOOSE | {"derandomize": False}))
@given(configs(), st.data())
def test_many_random_configs_are_reduced_rightly(config, data):
    check_random(config, data)
