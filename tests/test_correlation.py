"""Achieved rank correlations: the numbers of scipy, and how they are stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import synthetic_run
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from simcore.analysis.correlation import correlation_tables, rank_correlation
from simcore.dataset import create

NUMBERS = st.lists(st.integers(-4, 4) | st.floats(-1e3, 1e3), min_size=12, max_size=12)


@given(NUMBERS, NUMBERS)
def test_it_is_spearmans(first: list[float], second: list[float]) -> None:
    found = rank_correlation(np.array(first, dtype=float), np.array(second, dtype=float))
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(spearmanr(first, second).statistic, abs=1e-12)


def test_only_the_order_counts() -> None:
    values = np.random.default_rng(1).normal(size=999)
    assert rank_correlation(values, np.exp(values)) == pytest.approx(1)
    assert rank_correlation(values, -(values**3)) == pytest.approx(-1)


@pytest.mark.parametrize("suffix", ["", ".zarr", ".nc"])
def test_they_are_stored_with_the_run(tmp_path: Path, suffix: str) -> None:
    requested = np.array([[1, 0.5, 0], [0.5, 1, -0.3], [0, -0.3, 1]])
    draws = np.random.default_rng(2).normal(size=(3, 60))
    tables = correlation_tables(("a", "b", "c"), requested, requested, draws)
    store = create(synthetic_run.layout(), tmp_path / f"run{suffix}" if suffix else None)
    synthetic_run.fill(store)
    with store.complete(synthetic_run.statistics(store.layout), tables=tables).open() as run:
        assert run["pair"].values.tolist() == ["a ~ b", "b ~ c"]
        assert run["correlation_requested"].values.tolist() == [0.5, -0.3]
        found = float(run["correlation_achieved"].sel(pair="b ~ c"))
        assert found == pytest.approx(spearmanr(draws[1], draws[2]).statistic)
        assert "60 draws" in run["correlation_achieved"].attrs["description"]


def test_without_a_pair_nothing_is_stored() -> None:
    assert correlation_tables(("a", "b"), np.eye(2), np.eye(2), np.zeros((2, 5))) == {}
