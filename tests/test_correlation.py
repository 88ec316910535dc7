"""Achieved rank correlations: how they are stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import synthetic_run
from scipy.stats import spearmanr
from synthetic_run import create

from simcore.analysis.correlation import correlation_tables


@pytest.mark.parametrize("suffix", ["", ".zarr", ".nc"])
def test_they_are_stored_with_the_run(tmp_path: Path, suffix: str) -> None:
    requested = np.array([[1, 0.5, 0], [0.5, 1, -0.3], [0, -0.3, 1]])
    draws = np.random.default_rng(2).normal(size=(3, 60))
    tables = correlation_tables(("a", "b", "c"), requested, requested, draws)
    store = create(synthetic_run.layout(), tmp_path / f"run{suffix}" if suffix else None)
    synthetic_run.fill(store)
    with store.complete(synthetic_run.statistics(store.layout), extra=tables).open() as run:
        assert run["pair"].values.tolist() == ["a ~ b", "b ~ c"]
        assert run["correlation_requested"].values.tolist() == [0.5, -0.3]
        found = float(run["correlation_achieved"].sel(pair="b ~ c"))
        assert found == pytest.approx(spearmanr(draws[1], draws[2]).statistic)
        assert "60 draws" in run["correlation_achieved"].attrs["description"]


def test_without_a_pair_nothing_is_stored() -> None:
    assert correlation_tables(("a", "b"), np.eye(2), np.eye(2), np.zeros((2, 5))) == {}
