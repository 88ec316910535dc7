"""Order statistics by counting alone against sorting, for rows that are as nasty as can be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from row_reduction import POISON, blocks_of, counted, laid, nasty, ranks_of, scratch

from simcore.kernels import bins, refine, sinks
from simcore.kernels.quantiles import quantiles_of_rows, quantiles_of_statistics


def refined(values: np.ndarray, nbins: int, workers: int = 1) -> tuple[np.ndarray, int]:
    """Order statistics of rows, (rows, ranks), and the passes that they took."""
    rows, draws = values.shape
    ranks = ranks_of(draws)
    many = ranks.ranks.size
    numbers = laid(values, nbins=nbins)
    _, count = counted(values, numbers, nbins=nbins)
    slot, rank_slot = np.full((rows, nbins + 1), 255, np.uint8), np.full((rows, many), -77)
    below, size = (np.full((rows, sinks.MOST_SLOTS), -77) for _ in range(2))
    bins.choose_bins(
        count, ranks, np.ascontiguousarray(values[:, :512]), numbers, np.ones(rows, bool), slot,
        np.full((rows, sinks.MOST_SLOTS), POISON), below, size, rank_slot,
        np.empty(sinks.MOST_SLOTS), np.zeros((1, rows, 5), np.int64), 0, rows,
    )  # fmt: skip
    low, shift = (np.full((rows, many), POISON) for _ in range(2))
    under, of_rank = (np.full((rows, many), -77) for _ in range(2))
    refine.first_intervals(slot, below, rank_slot, numbers, low, shift, under, of_rank, 0, rows)
    found, own, passes = np.full((rows, many), np.nan), scratch(), 0
    intervals = of_rank.max(axis=1) + 1
    while intervals.any():
        passes += 1
        counts = np.zeros((rows, many * sinks.PARTS), np.int32)
        places = np.zeros((rows, 5), np.int64)
        # Lines in another order than rows.
        places[:, sinks.ATOMS], places[:, sinks.START] = intervals, np.arange(rows)[::-1]
        for blocks in blocks_of(values, workers):
            for block, valid in blocks:
                for row in range(rows):
                    sinks.refine_row(
                        block, row, row, valid, numbers, places, slot, low, shift, counts,
                        own["value"], own["place"], own["found"],
                    )  # fmt: skip
        refine.narrow(
            counts[::-1].copy(), ranks.ranks, low, shift, under, of_rank, intervals, found, 0, rows
        )
    return found, passes


def assert_exact(values: np.ndarray, found: np.ndarray) -> None:
    """Order statistics, and the quantiles and intervals that are made of them."""
    ranks = ranks_of(values.shape[1])
    np.testing.assert_array_equal(found, np.sort(values, axis=1)[:, ranks.ranks])
    rows = np.arange(len(values))
    mine, right = ([np.full((len(values), ranks.weight.size), POISON) for _ in range(3)]
                   for _ in range(2))  # fmt: skip
    quantiles_of_statistics(found, ranks, *mine, rows)
    quantiles_of_rows(values, ranks, *right, rows)
    for one, two in zip(mine, right, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(("draws", "nbins"), [(1, 512), (600, 2), (3000, 16), (5000, 512)])
def test_order_statistics_are_those_of_sorting(draws, nbins):
    values = np.array(list(nasty(max(draws, 10)).values()))[:, :draws]
    found, passes = refined(values, nbins)
    assert_exact(values, found)
    assert passes <= 8


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.floats(width=64) | st.sampled_from([0.0, -0.0, 1.0, np.inf, -np.inf, np.nan]),
        min_size=1, max_size=80,
    ),
    st.integers(1, 30), st.sampled_from([1, 4, 64]), st.integers(1, 3),
)  # fmt: skip
def test_order_statistics_of_any_floats(some, times, nbins, workers):
    values = np.tile(np.array(some), (1, times))
    assert_exact(values, refined(values, nbins, workers)[0])


def test_smooth_rows_take_few_looks():
    """Bins have halved the range some ten times before the first."""
    values = 80 + 20 * np.random.default_rng(3).normal(size=(3, 4000))
    found, passes = refined(values, 512)
    assert_exact(values, found)
    assert passes <= 6
