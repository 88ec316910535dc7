"""Ranks of the binomial distribution against those of scipy."""

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.special import bdtr, bdtrc

from simcore.kernels.binomial import tail_ranks


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
