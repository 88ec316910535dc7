"""However the work is cut, and whatever was in memory before: the same bits."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import xarray as xr
from rich_config import rich_config

import simcore
from simcore import dataset
from simcore.kernels import bins, simulate, sinks
from simcore.running import engine, jobs, reduction, stages, tiles
from simcore.running.items import items_of
from simcore.running.options import Options
from simcore.running.program import Recall, compile_program
from simcore.running.tiles import recalled_values, tiles_of

pytestmark = pytest.mark.long

KEPT = ["carbon_price", "cost_premium", "crossover_year", "cheapest_route", "viability", "inputs"]
# Neither a multiple of 256 nor of 512; outcomes of each shape, kind of number and pass.
WHOLE = rich_config(draws=2000, keep=KEPT, regions=["XA"], outcomes=[
    *KEPT[:-1], "carbon_price_by_view", "viability_by_view", "waterfall", "break_even_price",
    "landed_cost", "project_npv", "instrument_payment", "budget_net", "price_effect",
])  # fmt: skip


def run(config: dict[str, Any], **options: Any) -> xr.Dataset:
    return engine.run(simcore.build(simcore.load(config)), **options)


@pytest.fixture(scope="module")
def whole() -> str:
    """Digest of a run on one thread, in one tile and one part."""
    return dataset.digest(run(WHOLE, threads=1))


@pytest.mark.parametrize("items", [1, 7, 150])
def test_tile_of_any_size_changes_nothing(whole, items):
    small = WHOLE | {"routes": ["blast", "hydrogen"], "scenarios": {"law": {}}, "regions": ["XA"]}
    config = small if items == 1 else WHOLE
    found = dataset.digest(run(config, threads=2, options=Options(items=items)))
    assert found == (dataset.digest(run(small, threads=1)) if items == 1 else whole)


def test_prices_kept_from_pass_to_pass_change_nothing(monkeypatch):
    """Those of a system are solved once a draw, also where another tile or view asks again."""
    config = {
        "name": "recalled", "draws": 1500, "regions": ["EU"], "routes": ["bf_bof", "h2_dri_eaf"],
        "years": {"first": 2026, "last": 2032}, "keep": ["carbon_price"],
        "outcomes": ["carbon_price", "carbon_price_by_view", "cost_premium"],
    }  # fmt: skip
    plan = simcore.build(simcore.load(config))
    kept = Recall.of(plan, recalled_values(plan, Options()))
    assert kept.places
    assert not Recall.of(plan, kept.values.size - 1).places
    once = dataset.digest(run(config, threads=2))
    for options in (Options(items=7), Options(items=7, recalled=0)):
        assert dataset.digest(run(config, threads=2, options=options)) == once
    # What is kept is what is read.
    kept.values[:] = 50.0
    monkeypatch.setattr(engine.Recall, "of", lambda plan, most, **_: kept)
    assert dataset.digest(run(config, threads=2, options=Options(items=7))) != once


def test_order_of_tiles_changes_nothing(whole, monkeypatch):
    """What one tile leaves in memory that is used again does not show in the next."""
    backwards = lambda *given: list(tiles_of(*given))[::-1]  # noqa: E731
    monkeypatch.setattr(jobs, "tiles_of", backwards)
    assert dataset.digest(run(WHOLE, threads=2, options=Options(items=40))) == whole


def test_batches_of_another_size_change_the_last_digits(whole, monkeypatch):
    """So that what is the same above is able to differ."""
    monkeypatch.setattr("simcore.running.batches.BATCH", 3)
    assert dataset.digest(run(WHOLE, threads=2)) != whole


@pytest.mark.parametrize("number", [17, 512, 4096])
def test_number_of_bins_changes_nothing(whole, number):
    assert dataset.digest(run(WHOLE, threads=2, options=Options(bins=number))) == whole


@pytest.mark.parametrize("room", [1, 10_000])
def test_room_for_collected_values_changes_nothing(whole, monkeypatch, room):
    """The draws are made again for each group of rows that fits."""
    most = []
    plain = reduction.groups_of_rows

    def groups_of_rows(needed: np.ndarray, given: int) -> list[tuple[int, int]]:
        groups = plain(needed, given)
        assert [row for group in groups for row in range(*group)] == list(range(len(needed)))
        # A single row may need more than there is room for.
        rooms = [needed[slice(*group)] for group in groups]
        assert all(one.sum() <= given or (one > 0).sum() == 1 for one in rooms)
        most.append(len(groups))
        return groups

    monkeypatch.setattr(reduction, "groups_of_rows", groups_of_rows)
    monkeypatch.setattr(reduction, "passes_of", lambda job, rows: None)
    assert dataset.digest(run(WHOLE, threads=2, options=Options(collected=room))) == whole
    assert max(most) > 3


@pytest.mark.parametrize("room", [1, 10**6])
def test_rows_computed_anew_change_nothing(whole, monkeypatch, room):
    """Rows of frequent values get no room at all, so that all of them overflow."""
    plain, begin, anew = bins.choose_bins, reduction.quantiles_anew, []
    names = inspect.signature(plain.py_func)
    monkeypatch.setattr(reduction, "passes_of", lambda job, rows: None)

    def choose(*arguments: Any) -> None:
        plain(*arguments)
        given = names.bind(*arguments).arguments
        some = given["places"][:, given["first"] : given["last"]]
        many = some[..., sinks.ATOMS] > 0
        some[..., sinks.ROOM][many] = np.minimum(some[..., sinks.ROOM][many], 1)

    def quantiles_anew(*arguments: Any) -> None:
        anew.extend(inspect.signature(begin).bind(*arguments).arguments["rows"])
        begin(*arguments)

    monkeypatch.setattr(reduction, "quantiles_anew", quantiles_anew)
    monkeypatch.setattr(bins, "choose_bins", choose)
    assert dataset.digest(run(WHOLE, threads=2, options=Options(collected=room))) == whole
    assert len(anew) > 5


@pytest.mark.parametrize("room", [10**7, 10**9])
def test_looking_closer_changes_nothing(whole, monkeypatch, room):
    """Where values would be collected in too many groups of rows: those of single floats, of years,
    of rows that are nowhere defined. No value is held."""
    met, plain = list[str](), stages.perform

    def perform(job: Any, task: Any, site: Any) -> Any:
        met.append(task.part.stage)
        return plain(job, task, site)

    monkeypatch.setattr(reduction, "perform", perform)
    monkeypatch.setattr(tiles, "ANEW", room)
    assert dataset.digest(run(WHOLE, threads=2, options=Options(collected=1))) == whole
    assert met.count("refine") > (0 if room == 10**9 else 8)


def test_rows_without_room_are_looked_at_closer(whole, monkeypatch):
    """If that takes fewer passes than to hold some of them at a time."""
    plain, begin, refined = bins.choose_bins, reduction.refine, []
    names = inspect.signature(plain.py_func)

    def choose(*arguments: Any) -> None:
        plain(*arguments)
        given = names.bind(*arguments).arguments
        some = given["places"][:, given["first"] : given["last"]]
        some[..., sinks.ROOM] = np.minimum(some[..., sinks.ROOM], 1)

    def refine(*arguments: Any) -> None:
        refined.extend(inspect.signature(begin).bind(*arguments).arguments["rows"])
        begin(*arguments)

    monkeypatch.setattr(reduction, "refine", refine)
    monkeypatch.setattr(reduction, "ANEW", 8 * 2000)
    monkeypatch.setattr(bins, "choose_bins", choose)
    assert dataset.digest(run(WHOLE, threads=2)) == whole
    assert len(refined) > 8


def test_intervals_of_replicates_are_not_looked_at_closer():
    """They need draws by replicate, so rows are collected in groups as before."""
    sobol = {**WHOLE, "design": "sobol", "replicates": 2, "regions": ["XA"], "keep": []}
    one = dataset.digest(run(sobol, threads=2))
    assert dataset.digest(run(sobol, threads=2, options=Options(collected=20_000))) == one


# ---------------------------------------------------------------- nothing unwritten is read


class Poisoned:
    """numpy, but memory that is only reserved holds a chosen number."""

    def __init__(self, poison: float) -> None:
        self.poison = poison

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def empty(self, shape: Any, dtype: Any = float) -> np.ndarray:
        is_float = np.issubdtype(dtype, np.floating)
        return np.full(shape, self.poison if is_float else 99, dtype)


@pytest.mark.parametrize("poison", [np.nan, -7e37])
def test_memory_is_written_before_it_is_read(whole, monkeypatch, poison):
    """Rows of a block, collected and kept values, scratch and statistics all start as garbage."""
    for module in (engine, reduction, stages, simulate, sinks):
        monkeypatch.setattr(module, "np", Poisoned(poison))
    assert dataset.digest(run(WHOLE, threads=2)) == whole


@pytest.mark.long
def test_rows_of_a_block_are_written_before_they_are_read(monkeypatch):
    """The compiled loop fills the rows of a block with NaN; interpreted, with another number."""
    few = {"draws": 300, "regions": ["XA"], "routes": ["blast", "hydrogen"], "projects": {}}
    few["outcomes"] = ["carbon_price", "cost_premium", "break_even_price", "crossover_year"]
    few |= {"keep": few["outcomes"], "scenarios": {"law": {}}, "budgets": {}, "against": []}
    few |= {"years": {"first": 2026, "last": 2027}, "exposures": {}, "decisions": {}}
    few |= {"portfolios": {}, "accounts": {}}
    config = {key: value for key, value in (WHOLE | few).items() if key != "choice"}
    plan = simcore.build(simcore.load(config))
    program, outputs = compile_program(plan, [item.request for item in items_of(plan)])
    right, plain, found = (np.full((len(outputs), 300), -7e37) for _ in range(3))
    simulate.simulate(program, outputs, 0, 300, False, right)
    monkeypatch.setattr(simulate, "run_blocks", simulate.run_blocks.py_func)
    monkeypatch.setattr(simulate, "borrowed", lambda value: value)
    simulate.simulate(program, outputs, 0, 300, False, plain)
    poisoned = Poisoned(-7e37)
    poisoned.nan = -7e37
    monkeypatch.setattr(simulate, "np", poisoned)
    # Only outputs are filled with what is undefined before; rows of years that do not exist.
    simulate.simulate(program, outputs, 0, 300, False, found)
    np.testing.assert_array_equal(plain, right)
    assert np.isnan(right[outputs < 0]).all() and (found[outputs < 0] == -7e37).all()
    np.testing.assert_array_equal(found[outputs >= 0], right[outputs >= 0])
