"""Quantiles from bins against sorting, exactly, for rows that are as nasty as can be."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from row_reduction import (
    POISON,
    Reduction,
    expected,
    laid,
    nasty,
    ranks_of,
    reduced,
    scratch,
    with_fallback,
)

from simcore.kernels import bins, quantiles, sinks
from simcore.kernels.operations import BLOCK
from simcore.kernels.ranks import quantile_ranks
from simcore.kernels.sinks import ATOMS, FILLED, LOW, PIVOT, ROOM, SCALE
from simcore.variables import QUANTILES

NAMES = list(nasty(10))


def assert_exact(
    found: Reduction, values: np.ndarray, where: str = "", *, replicates: int = 1
) -> None:
    """Quantiles and intervals are those of sorting."""
    rows = found.complete
    assert rows.any() or not len(rows)
    right_ones = expected(values, replicates)
    for name, right in zip(("quantile", "low", "high"), right_ones, strict=True):
        mine = getattr(found, name)
        np.testing.assert_array_equal(mine[rows], right[rows], f"{where} {name}")
        # A row that had no room is left to others.
        assert (mine[~rows] == POISON).all()


# ---------------------------------------------------------------- exactness


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("workers", [1, 3])
def test_quantiles_are_those_of_sorting(name, workers):
    for n in (600, 5000):
        values = nasty(n)[name][None]
        for nbins in (512, 16):
            found = reduced(values, workers=workers, nbins=nbins)
            if not found.complete.all():
                found = with_fallback(found, values)
            assert_exact(found, values, f"{n} draws, {nbins} bins")


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 5000),
    st.sampled_from(NAMES),
    st.integers(0, 2**32),
    st.integers(1, 5),
    st.sampled_from([2, 31, 512, 1024]),
    st.sampled_from([1, 100, 512]),
)
def test_quantiles_of_any_row(n, name, seed, workers, nbins, look):
    values = nasty(n, seed)[name][None]
    found = with_fallback(reduced(values, workers=workers, nbins=nbins, look=look), values)
    assert_exact(found, values)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.floats(width=64) | st.sampled_from([0.0, -0.0, 1.0, np.inf, np.nan]),
        min_size=1,
        max_size=80,
    ),
    st.integers(1, 30),
    st.sampled_from([4, 64]),
    st.booleans(),
)
def test_quantiles_of_any_floats(some, times, nbins, is_sorted):
    values = np.tile(np.array(some), (1, times))
    values = np.sort(values) if is_sorted else values
    found = with_fallback(reduced(values, nbins=nbins, look=64), values)
    assert_exact(found, values)


def test_many_rows_at_once_do_not_disturb_each_other():
    """Each row has its own part of the arena, and rows that had no room lie between others."""
    values = np.array(list(nasty(3000).values()))
    found = reduced(values, workers=2)
    assert 0 < (~found.complete).sum() < 10
    assert_exact(found, values)
    assert_exact(with_fallback(found, values), values)


def test_an_exchange_rate_is_part_of_the_values():
    values = np.array(list(nasty(2000).values()))
    values = values[np.abs(np.nan_to_num(values)).max(axis=1) < 1e300]
    found = with_fallback(reduced(values, workers=2, rate=1.1), values, rate=1.1)
    assert_exact(found, values * 1.1)


def test_workers_and_bins_change_no_bit():
    values = np.array(list(nasty(3000).values()))
    base = with_fallback(reduced(values), values)
    for options in ({"workers": 2}, {"workers": 7}, {"nbins": 33}, {"workers": 3, "nbins": 2048}):
        other = with_fallback(reduced(values, **options), values)
        for name in ("quantile", "low", "high"):
            # Zeros of both signs are equal, and the dataset knows only one.
            one, two = (getattr(found, name) + 0.0 for found in (base, other))
            assert one.tobytes() == two.tobytes(), options


# ---------------------------------------------------------------- intervals from replicates


def apart(values: np.ndarray, replicates: int, shift: float) -> np.ndarray:
    """The draws of half of the replicates moved, so that intervals are wide."""
    member = np.arange(values.shape[-1]) // BLOCK % replicates
    return values + shift * (member % 2)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("n", "replicates"), [(600, 8), (5000, 8), (5000, 3), (5000, 2)])
def test_intervals_of_replicates_are_those_of_sorting(name, n, replicates):
    values = nasty(n)[name][None]
    for workers, nbins in ((1, 512), (3, 512), (2, 16)):
        found = reduced(values, workers=workers, nbins=nbins, replicates=replicates)
        found = with_fallback(found, values)
        where = f"{workers} workers, {nbins} bins"
        assert_exact(found, values, where, replicates=min(replicates, -(-n // BLOCK)))


@settings(max_examples=100, deadline=None)
@given(
    st.integers(257, 5000),
    st.sampled_from(NAMES),
    st.integers(0, 2**32),
    st.integers(1, 5),
    st.sampled_from([2, 31, 512]),
    st.integers(2, 9),
)
def test_intervals_of_replicates_of_any_row(n, name, seed, workers, nbins, replicates):
    values = nasty(n, seed)[name][None]
    found = reduced(values, workers=workers, nbins=nbins, replicates=replicates)
    assert_exact(with_fallback(found, values), values, replicates=min(replicates, -(-n // BLOCK)))


def test_an_interval_beyond_what_was_collected_is_exact_anew():
    """Replicates that differ far more than random draws would: no row can have them all at hand."""
    normal = np.random.default_rng(8).normal(size=(3, 6000))
    values = np.concatenate([normal, apart(normal, 6, 0.5)])
    found = reduced(values, workers=2, replicates=6)
    assert found.complete.tolist() == [True] * 3 + [False] * 3
    assert_exact(found, values, replicates=6)
    anew = with_fallback(found, values)
    assert_exact(anew, values, replicates=6)
    assert ((anew.high - anew.low)[3:] > 5 * (anew.high - anew.low)[:3])[:, 2:6].all()


def test_replicates_that_agree_give_the_neighbours_of_the_quantile():
    """Each replicate has the same draws, so nothing is left to chance but between two of them."""
    one = np.random.default_rng(9).permutation(1000.0 * np.arange(BLOCK * 4))
    values = np.concatenate([one.reshape(4, BLOCK) + r for r in range(8)], axis=1).reshape(1, -1)
    found = reduced(values, replicates=8)
    assert_exact(found, values, replicates=8)
    # 8 draws apart by 1, then the next: n p is no whole number of eights for most quantiles.
    assert (found.high[0] - found.low[0] < 3000).all()
    random = reduced(values)
    assert (random.high - random.low > 10 * (found.high - found.low))[0, 2:-2].all()


def test_replicates_need_no_more_than_the_order_statistics_in_reach():
    values = np.random.default_rng(5).normal(size=(1, 100_000))
    found = reduced(values, nbins=1024, replicates=8)
    assert found.complete.all()
    assert 3000 < found.places[0, 0, FILLED] < 12_000


# ---------------------------------------------------------------- the first look


@pytest.mark.parametrize("name", NAMES)
def test_bins_lie_over_the_bulk_of_the_first_look(name):
    values = nasty(512)[name][None]
    low, scale, pivot = laid(values)[0, [LOW, SCALE, PIVOT]]
    seen = values[np.isfinite(values)]
    if seen.size == np.count_nonzero(~np.isnan(values)):
        assert pivot == (seen[0] if seen.size else 0.0)
    assert 0.0 <= scale < np.inf and np.isfinite(low)
    if scale == 0.0:
        assert low == 0.0
        return
    with np.errstate(over="ignore"):
        inside = ((values - low) * scale >= 0) & ((values - low) * scale <= 512)
    assert inside[~np.isnan(values)].mean() >= 0.98


def test_rows_that_need_no_bins_have_none():
    values = np.random.default_rng(4).normal(size=(3, 512))
    numbers = np.full((3, 4), POISON)
    numbers[:, SCALE] = [0.0, np.nan, 0.0]
    bins.lay_bins(values, 64, numbers, 0, 2)
    assert np.isfinite(numbers[0]).all() and numbers[0, SCALE] > 0
    assert np.isnan(numbers[1, SCALE]) and numbers[1, PIVOT] == values[1, 0]
    assert numbers[1, LOW] == POISON
    assert (numbers[2, [PIVOT, LOW]] == POISON).all()


# ---------------------------------------------------------------- which values are collected


def test_few_values_are_collected():
    """Else the second pass would need memory for all draws: 36 ranks stand in few of 512 bins."""
    values = np.random.default_rng(5).normal(size=(1, 5000))
    found = reduced(values)
    assert found.places[0, 0, FILLED] == found.places[0, 0, ROOM] == found.arena.size < 1000


@pytest.mark.parametrize("name", ["constant", "two atoms", "integers", "an atom of 30 %"])
def test_frequent_values_are_counted_and_not_collected(name):
    values = nasty(5000)[name][None]
    found = reduced(values)
    assert found.complete.all()
    assert found.places[0, 0, ATOMS] > 0
    assert found.places[0, 0, FILLED] < (1 if name != "an atom of 30 %" else 1500)
    assert_exact(found, values)


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("name", NAMES)
def test_every_wanted_value_that_is_no_atom_is_met(name, workers):
    values = nasty(2500)[name][None]
    found = reduced(values, workers=workers, nbins=100)
    ranked = np.sort(values[0])
    slots = found.rank_slot[0].max() + 1
    assert found.rank_slot[0].min() >= -1 and slots <= sinks.MOST_SLOTS
    met = 0
    for s in range(slots):
        below, size, atom = found.below[0, s], found.size[0, s], found.atom[0, s]
        inside = ranked[below : below + size]
        assert not np.isnan(inside).any()
        met += np.count_nonzero(inside != atom)
        mine = found.ranks.ranks[found.rank_slot[0] == s]
        assert ((mine >= below) & (mine < below + size)).all()
        assert (found.slot[0] == 2 * s + 1).sum() == 1
    assert (found.slot[0] % 2 == 1).sum() == slots
    assert found.places[:, 0, FILLED].sum() == met
    defined = np.count_nonzero(~np.isnan(values))
    assert (found.rank_slot[0] < 0).tolist() == (found.ranks.ranks >= defined).tolist()


@pytest.mark.parametrize("nbins", [1, 3])
def test_a_rank_at_either_end_of_a_frequent_value(nbins):
    """The value begins at each of many ranks in turn, and ends at each of others."""
    generator, rows = np.random.default_rng(6), []
    for first in range(201):
        others = [-generator.random(first), np.zeros(400), generator.random(200 - first)]
        rows.append(generator.permutation(np.concatenate(others)))
    values = np.array(rows)
    found = reduced(values, nbins=nbins)
    assert found.complete.all() and (found.places[0, :, ATOMS] > 0).all()
    assert_exact(found, values)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.9])
def test_a_frequent_value_among_others_leaves_room_for_them(share):
    """The first look meets few or none of the values that share its bin."""
    generator = np.random.default_rng(3)
    normal = generator.normal(size=(2, 100_000)) + [[1.6], [0.0]]
    values = np.where(generator.random(normal.shape) < share, 0.0, normal)
    found = reduced(values, nbins=1024, workers=2)
    assert found.complete.all()
    assert_exact(found, values)


# ---------------------------------------------------------------- rows that run out of room


WIDENING = ["atom that widens", "an atom of 30 %", "an atom among neighbours"]


@pytest.mark.parametrize("workers", [1, 3])
def test_a_row_whose_later_draws_differ_runs_out_of_room_and_is_exact_anew(workers):
    values = np.array([nasty(5000)[name] for name in ("normal", "atom that widens", "integers")])
    found = reduced(values, workers=workers)
    assert found.complete.tolist() == [True, False, True]
    assert_exact(found, values)
    assert_exact(with_fallback(found, values), values)


@pytest.mark.parametrize("room", [1, 50])
def test_rows_of_too_little_room_are_exact_anew(room):
    values = np.array([nasty(4000)[name] for name in [*WIDENING, "normal", "constant"]])
    found = reduced(values, workers=2, most_room=room)
    assert found.complete.tolist() == [False, False, False, True, True]
    assert (found.places[:, :3, FILLED] > room).all()
    assert_exact(found, values)
    assert_exact(with_fallback(found, values), values)


def test_quantiles_of_whole_rows_go_to_their_lines():
    values = np.array(list(nasty(700).values()))
    ranks, lines = ranks_of(700), np.arange(len(values))[::-1] * 2
    found = [np.full((2 * len(values), len(QUANTILES)), POISON) for _ in range(3)]
    quantiles.quantiles_of_rows(values, ranks, *found, lines)
    for array, right in zip(found, expected(values), strict=True):
        np.testing.assert_array_equal(array[lines], right)
        assert (array[1::2] == POISON).all()


@pytest.mark.parametrize("n", [1, 2, 5, 100, 4001])
def test_quantiles_are_those_of_numpy(n):
    column = np.random.default_rng(7).normal(size=(1, n))
    probabilities = (0.0, *QUANTILES, 1.0)
    found = np.full((3, 1, len(probabilities)), POISON)
    plan = quantile_ranks(n, probabilities, 0.95)
    quantiles.quantiles_of_rows(column, plan, *found, np.zeros(1, np.int64))
    assert np.array_equal(found[0, 0], np.quantile(column, probabilities))
    assert n < 100 or ((found[1] <= found[0]) & (found[0] <= found[2])).all()


# ---------------------------------------------------------------- nothing unwritten is read


def test_every_output_is_written():
    values = np.array(list(nasty(3000).values()))
    found = with_fallback(reduced(values, workers=2), values)
    for field in fields(found):
        array = getattr(found, field.name)
        if field.name in ("quantile", "low", "high", "numbers", "sums"):
            assert not (array == POISON).any(), field.name
    assert not (found.slot == 255).any()
    assert not (found.rank_slot == -77).any()
    assert not (found.places == -77).any()
    for row in range(len(values)):
        slots = found.rank_slot[row].max() + 1
        assert (found.below[row, :slots] >= 0).all() and (found.size[row, :slots] > 0).all()
        assert not (found.atom[row, :slots] == POISON).any()
        for worker in range(2):
            room, filled = found.places[worker, row, [ROOM, FILLED]]
            start = found.places[worker, row, sinks.START]
            part = found.arena[start : start + room]
            assert not (part[:filled] == POISON).any()
            assert (part[filled:] == POISON).all()


def test_rows_that_are_not_wanted_are_left_alone():
    values = np.random.default_rng(9).normal(size=(3, 300))
    ranks, numbers, own = ranks_of(300), laid(values), scratch()
    count = np.zeros((1, 3, 513), np.int32)
    sums = np.zeros((3, 4))
    block = np.ascontiguousarray(values[:, :256])
    for row in range(3):
        sinks.count_row(
            block, row, row, 256, numbers, sums, count[0], own["value"], own["place"], own["lanes"]
        )
    wanted = np.array([False, True, False])
    slot, atom = np.zeros((3, 513), np.uint8), np.full((3, sinks.MOST_SLOTS), np.nan)
    below, size = (np.full((3, sinks.MOST_SLOTS), -77) for _ in range(2))
    rank_slot, places = np.full((3, ranks.ranks.size), -77), np.full((1, 3, 5), -77)
    bins.choose_bins(
        count, ranks, values, numbers, wanted, slot, atom, below, size, rank_slot,
        np.empty(sinks.MOST_SLOTS), places, 0, 2,
    )  # fmt: skip
    assert places[0, :, ROOM].tolist()[::2] == [0, -77] and places[0, 1, ROOM] > 0
    assert places[0, 0, [FILLED, ATOMS]].tolist() == [0, 0]
    assert (slot[[0, 2]] == 0).all() and (rank_slot[[0, 2]] == -77).all()
