"""The numerics against scipy and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reference_paths import skew
from scipy import stats
from scipy.special import bdtr, bdtrc
from scipy.stats import norm, spearmanr

from simcore.numerics.binomial import tail_ranks
from simcore.numerics.chain import most_frequent, stationary
from simcore.numerics.copula import linear_correlation, lower_factor, nearest_correlation
from simcore.numerics.normal import Z90, log_mean, median_shift
from simcore.numerics.rank import rank_correlation
from simcore.numerics.student import reach, students_t


def first(n, condition):
    start, stop = 0, n
    while start < stop:
        middle = (start + stop) // 2
        start, stop = (start, middle) if condition(middle) else (middle + 1, stop)
    return start


@settings(max_examples=300, deadline=None)
@given(
    st.integers(1, 3000) | st.integers(1, 10_000_000),
    st.floats(0.0005, 0.9995),
    st.sampled_from([0.25, 0.05, 0.025, 0.005, 0.0005]),
)
@example(59, 0.95, 0.05)
@example(1, 0.5, 0.025)
@example(1, 0.999, 0.0005)
def test_ranks_are_those_of_the_incomplete_beta_function(n, p, outside):
    low, high = tail_ranks(n, p, outside)
    expected = (
        first(n, lambda k: bdtr(k, n, p) > outside),
        first(n, lambda k: bdtrc(k, n, p) <= outside),
    )
    # Both round: a rank may differ only where its tail is the bound but for rounding.
    if low != expected[0]:
        assert math.isclose(bdtr(min(low, expected[0]), n, p), outside, rel_tol=1e-8)
    if high != expected[1]:
        assert math.isclose(bdtrc(min(high, expected[1]), n, p), outside, rel_tol=1e-8)


@pytest.mark.parametrize("n", [1, 2, 10, 256, 1000, 20_000, 1_000_000, 1_000_000_000])
@pytest.mark.parametrize("p", [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99])
def test_the_stored_quantiles_have_scipys_ranks(n, p):
    assert tail_ranks(n, p, 0.025) == (
        first(n, lambda k: bdtr(k, n, p) > 0.025),
        first(n, lambda k: bdtrc(k, n, p) <= 0.025),
    )


def test_certain_events():
    assert tail_ranks(10, 0.0, 0.025) == (0, 0)
    assert tail_ranks(10, 1.0, 0.025) == (10, 10)


def test_students_t_and_its_reach_are_those_of_scipy():
    for freedom in (*range(1, 40), 127, 255):
        for level in (0.5, 0.95, 0.999):
            right = stats.t.ppf((1 + level) / 2, freedom)
            assert students_t(level, freedom) == pytest.approx(right, rel=1e-9)
        right = (stats.chi2.isf(0.001, freedom) / freedom) ** 0.5
        assert reach(1.0, freedom) == pytest.approx(right, rel=0.02)


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


def test_long_run_shares_stay_as_they_are_and_follow_from_equal_ones():
    chain = np.array([[0.9, 0.1, 0.0], [0.0, 0.5, 0.5], [0.3, 0.0, 0.7]])
    shares = stationary(chain)
    assert shares.sum() == pytest.approx(1)
    assert shares @ chain == pytest.approx(shares, rel=1e-12)
    # States that take turns, and states that are never left.
    assert stationary(np.array([[0.0, 1.0], [1.0, 0.0]])).tolist() == [0.5, 0.5]
    assert stationary(np.eye(4)).tolist() == [0.25] * 4


@pytest.mark.parametrize(
    ("shares", "first"),
    [([0.2, 0.5, 0.3], 1), ([0.5, 0.5], 0), ([0.5 - 1e-16, 0.5 + 1e-16], 0), ([0.499, 0.501], 1),
     ([0.2, 0.4 - 1e-15, 0.4 + 1e-15], 1), ([0.5 - 1e-7, 0.5 + 1e-7], 1)],
)  # fmt: skip
def test_of_shares_equal_but_for_rounding_the_first_is_the_most_frequent(shares, first):
    assert most_frequent(np.array(shares)) == first


def test_a_rank_correlation_is_that_of_normals_with_the_linear_one():
    assert linear_correlation(0.0) == 0 and linear_correlation(1.0) == pytest.approx(1)
    z = np.random.default_rng(3).multivariate_normal([0, 0], [[1, 0.618], [0.618, 1]], 200_000)
    assert linear_correlation(rank_correlation(*z.T)) == pytest.approx(0.618, abs=0.01)


def test_the_lower_factor_is_that_of_cholesky_and_takes_singular_matrices():
    matrix = np.array([[1, 0.5, -0.2], [0.5, 1, 0.1], [-0.2, 0.1, 1]])
    assert np.array(lower_factor(matrix)) == pytest.approx(np.linalg.cholesky(matrix))
    assert lower_factor(np.ones((2, 2))) == [[1.0, 0.0], [1.0, 0.0]]


def test_the_nearest_correlation_is_one_and_keeps_what_is_possible():
    impossible = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    found = nearest_correlation(impossible)
    assert np.linalg.eigvalsh(found)[0] > -1e-9
    assert np.diag(found) == pytest.approx(1)
    # Higham's answer for equal contradictions spreads the change evenly.
    assert np.abs(found[np.triu_indices(3, 1)]) == pytest.approx([0.5] * 3, abs=1e-6)


def test_halves_of_a_normal_shift_its_median_and_mean():
    above, below, sd = 0.4, 0.1, 0.3
    z, x = np.random.default_rng(5).normal(size=(2, 1_000_000))
    halves = z * np.where(z >= 0, above, below)

    def shift_of(above, below, variance):
        return float(median_shift(*np.array([[above], [below], [variance]]))[0])

    shift = shift_of(above, below, sd**2)
    assert shift == pytest.approx(float(np.median(halves + sd * x)), abs=2e-3)
    mean = log_mean(np.array([above]), np.array([below]))[0]
    assert mean == pytest.approx(math.log(np.exp(halves).mean()), abs=2e-3)
    assert shift_of(0.2, 0.2, 1.0) == 0
    limit = shift_of(above, below, math.inf)
    assert limit == pytest.approx(shift_of(above, below, 1e12), rel=1e-6)
    assert norm.ppf(0.9) == Z90


@pytest.mark.parametrize("ratio", [0.5, 0.14, 0.05, 0.004])
def test_a_small_deviation_shifts_the_median_of_halves_as_exactly(ratio):
    """Where z*s rises by much within a deviation of X, few points would step over it."""
    for above, below in ((0.3, 0.1), (0.01, 0.5), (0.4, 0.0)):
        variance = (ratio * max(above, below)) ** 2
        found = median_shift(*np.array([[above], [below], [variance]]))[0]
        assert found == pytest.approx(skew(above, below, variance), rel=1e-10, abs=1e-12)
