"""How often the intervals of quantiles hold the truth, under each design."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from simcore.kernels import designs, quantiles, random
from simcore.kernels.designs import ANTITHETIC, LATIN_HYPERCUBE, RANDOM, SOBOL
from simcore.kernels.intervals import draws_by_replicate
from simcore.kernels.ranks import quantile_ranks
from simcore.kernels.streams import Stream

PROBABILITIES = (0.05, 0.25, 0.75, 0.95)
STREAMS = [Stream(role, "p") for role in ("anchor", "sigma", "carry")] + [Stream("a"), Stream("b")]
RUNS, DRAWS, REPLICATES = 300, 4096, 8


def sums(design: int, seed: int) -> np.ndarray:
    """Draws of a sum of five standard normals, three of them of one family."""
    total, out = np.zeros(DRAWS), np.empty(DRAWS)
    for stream in STREAMS:
        family, dimension = stream.family
        key = np.array(
            [*random.stream_key(seed, stream.name), *random.stream_key(seed, family)],
            dtype=np.uint64,
        )
        designs.fill_design(design, key, dimension, 0, 0, DRAWS, REPLICATES, out)
        total += special.ndtri(out)
    return total


def share_inside(values: np.ndarray, replicates: int) -> float:
    """Share of the intervals of all runs and quantiles that hold the truth."""
    plan = quantile_ranks(DRAWS, PROBABILITIES, 0.95, replicates=replicates)
    _, low, high = found = np.empty((3, len(values), len(PROBABILITIES)))
    quantiles.quantiles_of_rows(values, plan, *found, np.arange(len(values)))
    truth = len(STREAMS) ** 0.5 * special.ndtri(PROBABILITIES)
    return float(((low <= truth) & (truth <= high)).mean())


@pytest.mark.parametrize("design", [RANDOM, ANTITHETIC, LATIN_HYPERCUBE, SOBOL])
def test_intervals_of_replicates_hold_the_truth_as_often_as_they_say(design):
    values = np.array([sums(design, seed) for seed in range(RUNS)])
    # 1,200 intervals, of which 4 a run depend on each other: an error of 1 % at the most.
    assert 0.92 < share_inside(values, REPLICATES) < 0.985
    if design in (LATIN_HYPERCUBE, SOBOL):
        # Those of independent draws are far too wide.
        assert share_inside(values, 1) > 0.99


@pytest.mark.parametrize("draws", [1, 256, 257, 2000, 4096])
@pytest.mark.parametrize("replicates", [1, 3, 8])
def test_draws_by_replicate_count_blocks_in_turn(draws, replicates):
    right = np.bincount(np.arange(draws) // 256 % replicates, minlength=replicates)
    assert draws_by_replicate(draws, replicates).tolist() == right.tolist()
