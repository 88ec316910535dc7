"""Sums against exact arithmetic, counts and collected values against NumPy, kept rows as they are."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from row_reduction import POISON, counted, laid, nasty, scratch

from simcore.kernels import sinks
from simcore.kernels.operations import BLOCK
from simcore.kernels.sinks import ATOMS, FILLED, KEPT_AT, LOW, PIVOT, RATE, ROOM, SCALE, START
from simcore.running.reduction import moments_of


def moments(column, *, workers=1, rate=1.0):
    """Count, mean, variance and draws above zero of a column, through the kernels."""
    values = np.array([column], dtype=float)
    numbers = laid(values, rate=rate)
    sums, _ = counted(values, numbers, workers=workers)
    mean, variance = moments_of(sums, numbers[:, PIVOT])
    return int(sums[0, 0]), float(mean[0]), float(variance[0]), int(sums[0, 3])


# ---------------------------------------------------------------- moments


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=600),
    st.integers(1, 3),
)
def test_moments_are_those_of_exact_arithmetic(values, workers):
    count, mean, variance, positive = moments(values, workers=workers)
    exact = [Fraction(x) for x in values if x == x]
    assert count == len(exact)
    assert positive == sum(x > 0 for x in values)
    if exact:
        true = sum(exact) / len(exact)
        spread = float(max(exact) - min(exact))
        assert mean == pytest.approx(float(true), rel=1e-15, abs=1e-14 * spread)
    if len(exact) > 1:
        true_variance = sum((x - true) ** 2 for x in exact) / (len(exact) - 1)
        assert variance == pytest.approx(float(true_variance), rel=1e-12, abs=1e-30 * spread**2)
    else:
        assert np.isnan(variance)


@pytest.mark.parametrize("value", [0.1, -0.0, 1e300, -7.3e-310, 1e15 + 0.3])
@pytest.mark.parametrize("n", [2, 255, 256, 257, 5001])
def test_moments_of_a_constant_are_exact(value, n):
    assert moments(np.full(n, value)) == (n, value, 0.0, n * (value > 0))
    column = np.where(np.arange(n) % 3 == 1, np.nan, value)
    defined = int(np.isfinite(column).sum())
    assert moments(column)[:2] == (defined, value)
    assert defined < 2 or moments(column)[2] == 0.0


def test_moments_of_hard_columns():
    # NIST StRD, NumAcc4: mean 10000000.2, standard deviation 0.1.
    _, mean, variance, _ = moments([10000000.2] + [10000000.1, 10000000.3] * 500)
    assert mean == pytest.approx(10000000.2, rel=1e-15)
    assert np.sqrt(variance) == pytest.approx(0.1, rel=1e-8)
    # An outlier at first, from which all others are far.
    column = nasty(5000)["outlier at first"]
    assert moments(column)[2] == pytest.approx(column.var(ddof=1), rel=1e-11)


def test_moments_of_infinities_are_those_of_numpy():
    one, both = [1.0, np.inf, np.nan, 2.0], [np.inf, -np.inf, 1.0]
    assert moments(one)[:2] == (3, np.inf)
    assert moments([-np.inf] * 300)[:2] == (300, -np.inf)
    assert moments(both)[0] == 3 and moments(both)[3] == 2
    assert np.isnan([moments(both)[1], moments(one)[2], moments(both)[2]]).all()


@pytest.mark.parametrize("column", [[np.nan] * 300, [np.nan]])
def test_moments_of_nothing_are_undefined(column):
    count, mean, variance, positive = moments(column)
    assert (count, positive) == (0, 0)
    assert np.isnan([mean, variance]).all()


@pytest.mark.parametrize("name", ["normal", "half undefined", "rising", "undefined at first"])
@pytest.mark.parametrize("rate", [1.0, 1.17])
def test_moments_are_those_of_numpy(name, rate):
    column = nasty(4999)[name]
    count, mean, variance, positive = moments(column, rate=rate)
    assert count == np.isfinite(column).sum()
    assert positive == (column > 0).sum()
    assert mean == pytest.approx(np.nanmean(column * rate), rel=1e-13)
    assert variance == pytest.approx(np.nanvar(column * rate, ddof=1), rel=1e-13)


def test_sums_are_added_to_those_of_their_row_only():
    sums, own = np.full((3, 4), 10.0), scratch()
    value = np.arange(256.0)
    value[200:] = np.nan
    sinks.add_moments(value, 1.0, own["lanes"], sums, 1)
    assert (sums[[0, 2]] == 10.0).all()
    known = value[:200] - 1.0
    assert sums[1].tolist() == [210.0, 10 + known.sum(), 10 + (known**2).sum(), 209.0]


def test_one_value_at_any_place_of_a_block_is_summed_once():
    own = scratch()
    for place in range(BLOCK):
        value, sums = np.full(BLOCK, np.nan), np.zeros((1, 4))
        value[place] = 3.0
        sinks.add_moments(value, 1.0, own["lanes"], sums, 0)
        assert sums.tolist() == [[1.0, 2.0, 4.0, 1.0]]


# ---------------------------------------------------------------- counts


def places_by_numpy(values, low, scale, bins):
    with np.errstate(all="ignore"):
        at = np.trunc(np.nan_to_num(((values - low) * scale).clip(0, bins - 1), nan=0.0))
    return np.where(np.isnan(values), bins, at).astype(int)


@pytest.mark.parametrize("name", nasty(10))
@pytest.mark.parametrize("workers", [1, 3])
def test_every_value_is_counted_once_in_its_bin(name, workers):
    values = nasty(1999)[name][None]
    numbers = laid(values, nbins=40)
    _, count = counted(values, numbers, nbins=40, workers=workers)
    place = places_by_numpy(values[0], numbers[0, LOW], numbers[0, SCALE], 40)
    found, right = count.sum(axis=0)[0], np.bincount(place, minlength=41)
    assert found[:40].tolist() == right[:40].tolist()
    # What stands beyond the last draw counts as undefined.
    assert found[40] == right[40] + 2048 - 1999


def test_infinities_and_what_lies_outside_are_in_the_outermost_bins():
    own = scratch()
    value = np.zeros(BLOCK)
    value[:8] = [-np.inf, np.inf, np.nan, -1e300, 1e300, 2.0, 2.9999, 12.0]
    sinks.find_places(value, 2.0, 1.0, 9, own["place"])
    assert own["place"][:8].tolist() == [0, 9, 10, 0, 9, 0, 0, 9]
    # Bins of no width hold everything, infinity times zero too.
    sinks.find_places(value, 0.0, 0.0, 9, own["place"])
    assert own["place"][:8].tolist() == [0, 0, 10, 0, 0, 0, 0, 0]


def test_a_row_without_bins_is_not_counted():
    values = np.random.default_rng(1).normal(size=(2, 300))
    numbers = laid(values)
    numbers[0, SCALE] = np.nan
    sums, count = counted(values, numbers)
    assert (sums[:, 0] == 300).all()
    assert count[0, :, :-1].sum(axis=1).tolist() == [0, 300]


# ---------------------------------------------------------------- collected values


def collected(values, slot, atom, *, room, atoms, start=5, filled=0):
    """Collect a block from bins of width one that begin at zero; the arena starts as poison."""
    numbers, places = np.array([[1.0, 0.0, 0.0, 1.0]]), np.zeros((1, 5), np.int64)
    places[0, [START, ROOM, FILLED, ATOMS]] = start, room, filled, atoms
    arena, own = np.full(1000, POISON), scratch()
    sinks.collect_row(
        values[None], 0, 0, len(values), numbers, places, slot, atom, arena, NO_COUNTS,
        own["value"], own["place"], own["found"],
    )  # fmt: skip
    assert places[0, [START, ROOM, ATOMS]].tolist() == [start, room, atoms]
    return arena, places[0, FILLED]


def wanting(*wanted, bins=12):
    slot, atom = np.zeros((1, bins + 1), np.uint8), np.full((1, sinks.MOST_SLOTS), np.nan)
    for number, b in enumerate(wanted):
        slot[0, b] = 2 * number + 1
    return slot, atom


NO_COUNTS = np.empty((0, 5), np.int32)
VALUES = np.random.default_rng(2).integers(0, 30, BLOCK) / 2
VALUES[::17] = np.nan


@pytest.mark.parametrize("filled", [0, 3])
def test_values_of_wanted_bins_are_collected_in_order(filled):
    slot, atom = wanting(0, 4, 11)
    arena, now = collected(VALUES, slot, atom, room=300, atoms=0, filled=filled)
    wanted = VALUES[(VALUES < 1) | ((VALUES >= 4) & (VALUES < 5)) | (VALUES >= 11)]
    assert now == filled + len(wanted)
    assert arena[5 + filled : 5 + now].tolist() == wanted.tolist()
    assert (np.delete(arena, range(5 + filled, 5 + now)) == POISON).all()


def test_frequent_values_are_left_out_of_their_own_bin_only():
    slot, atom = wanting(0, 4, 11)
    # The atom of a bin that stands in another bin is a value like any other there.
    atom[0, 1], atom[0, 2] = 4.5, 4.0
    arena, filled = collected(VALUES, slot, atom, room=300, atoms=2)
    wanted = VALUES[(VALUES < 1) | (VALUES == 4) | (VALUES >= 11)]
    assert arena[5 : 5 + filled].tolist() == wanted.tolist()
    assert (np.delete(arena, range(5, 5 + filled)) == POISON).all()


@pytest.mark.parametrize("room", [1, 7])
def test_a_row_that_runs_out_of_room_writes_nothing_beyond_it(room):
    slot, atom = wanting(0, 4, 11)
    atom[0, 1] = 4.5
    arena, filled = collected(VALUES, slot, atom, room=room, atoms=1)
    wanted = VALUES[(VALUES < 1) | (VALUES == 4) | (VALUES >= 11)]
    assert filled == len(wanted) > room
    assert arena[5 : 5 + room].tolist() == wanted[:room].tolist()
    assert (np.delete(arena, range(5, 5 + room)) == POISON).all()


def test_a_row_without_room_is_left_alone():
    arena, filled = collected(VALUES, *wanting(0, 4), room=0, atoms=0)
    assert filled == 0
    assert (arena == POISON).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 256), st.sets(st.integers(0, 11), max_size=8), st.booleans())
def test_both_ways_of_collecting_agree(valid, wanted, careful):
    """No values beyond the valid draws are collected, though they stand in the block."""
    numbers, places = np.array([[2.0, 0.0, 0.0, 1.0]]), np.zeros((1, 5), np.int64)
    places[0, [START, ROOM, ATOMS]] = 1, 256, int(careful)
    arena, own = np.full(300, POISON), scratch()
    sinks.collect_row(
        VALUES[None] / 2, 0, 0, valid, numbers, places, *wanting(*sorted(wanted)), arena,
        NO_COUNTS, own["value"], own["place"], own["found"],
    )  # fmt: skip
    place = places_by_numpy(VALUES[:valid], 0.0, 1.0, 12)
    right = VALUES[:valid][np.isin(place, list(wanted))]
    assert arena[1 : 1 + places[0, FILLED]].tolist() == right.tolist()


@pytest.mark.parametrize("atoms", [0, 1])
def test_values_are_counted_in_slots_and_between(atoms):
    """Frequent values too, which are not collected; what is undefined counts above all slots."""
    numbers, places = np.array([[1.0, 0.0, 0.0, 1.0]]), np.zeros((1, 5), np.int64)
    places[0, [ROOM, ATOMS]] = 256, atoms
    # Bin 0 is below, 1 to 3 are a slot, 4 lies between, 5 is a slot, the others are above.
    slot = np.array([[0, 1, 1, 1, 2, 3, *[4] * 7]], np.uint8)
    atom, own = np.full((1, sinks.MOST_SLOTS), np.nan), scratch()
    atom[0, 0] = 2.5 if atoms else np.nan
    counts = np.zeros((1, 5), np.int32)
    for _ in range(2):
        sinks.collect_row(
            VALUES[None], 0, 0, 200, numbers, places, slot, atom, np.empty(600), counts,
            own["value"], own["place"], own["found"],
        )  # fmt: skip
    place = places_by_numpy(np.append(VALUES[:200], np.full(56, np.nan)), 0.0, 1.0, 12)
    assert counts[0].tolist() == (2 * np.bincount(slot[0, place], minlength=5)).tolist()
    assert counts[0, [1, 3]].sum() == places[0, FILLED] + 2 * atoms * (VALUES[:200] == 2.5).sum()


# ---------------------------------------------------------------- kept rows


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("valid", [1, 255, 256])
def test_kept_rows_are_written_at_their_place_only(dtype, valid):
    rows = np.random.default_rng(3).normal(size=(4, BLOCK))
    kept = np.full((3, 700), POISON if dtype == np.float64 else 7e37, dtype)
    before = kept.copy()
    empty = np.empty((0, 0), np.float64 if dtype == np.float32 else np.float32)
    pair = (kept, empty) if dtype == np.float32 else (empty, kept)
    numbers, places = np.zeros((2, 4)), np.zeros((2, 5), np.int64)
    numbers[:, RATE], places[:, KEPT_AT] = 1.5, [2, -1]
    here = np.array([300, valid])
    for out in (0, 1):
        sinks.keep_row(rows, 3, out, here, numbers, places, *pair)
    assert np.array_equal(kept[2, 300 : 300 + valid], (1.5 * rows[3, :valid]).astype(dtype))
    kept[2, 300 : 300 + valid] = before[2, 300 : 300 + valid]
    assert np.array_equal(kept, before)
