"""Order statistics against sorting, ranks and coverage of intervals against the binomial."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from simcore.kernels import quantiles, random, ranks, select

PROBABILITIES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


def chosen(column, ranks):
    out = np.full(len(ranks), -1.5)
    select.order_statistics(column, np.asarray(ranks, dtype=np.int64), out)
    return out


def columns(n):
    generator = np.random.default_rng(6)
    normal = generator.normal(size=n)
    heavy = generator.standard_cauchy(n)
    return {
        "normal": normal,
        "float32": normal.astype(np.float32),
        "constant": np.full(n, 3.7),
        "zero inflated": np.where(generator.random(n) < 0.4, 0.0, normal),
        "two values": np.where(generator.random(n) < 0.4, 0.0, 1.0),
        "years": generator.integers(2026, 2051, n).astype(float),
        "outlier": np.append(normal[1:], 1e300),
        "outliers on both sides": np.concatenate([[-1e300, 1e308], normal[2:]]),
        "widest range": np.concatenate([[-1.7e308, 1.7e308], normal[2:]]),
        "heavy tails": heavy,
        "heavier tails": np.exp(3 * heavy.clip(-200, 200)),
        "infinities": np.where(abs(normal) > 1, np.inf * normal, normal),
        "undefined": np.where(normal > 0.3, np.nan, normal),
        "all undefined": np.full(n, np.nan),
        "neighbours": 1 + np.arange(n) % 7 * 2.0**-52,
        "subnormal": generator.integers(0, 100, n) * 5e-324,
        "sorted": np.sort(normal),
        "reversed": np.sort(normal)[::-1].copy(),
        "nested scales": normal * 10.0 ** generator.integers(-300, 300, n),
    }


@pytest.mark.parametrize("n", [1, 2, 63, 64, 65, 1000, 20000])
def test_order_statistics_are_those_of_sorting(n):
    if n < 3:
        cases = {"one": np.arange(n)[::-1].astype(float), "none": np.full(n, np.nan)}
    else:
        cases = columns(n)
    ranks = np.unique(np.concatenate([[0, n // 2, n - 1], np.arange(0, n, max(n // 30, 1))]))
    for name, column in cases.items():
        before = column.copy()
        found = chosen(column, ranks)
        assert np.array_equal(found, np.sort(column)[ranks].astype(float), equal_nan=True), name
        assert np.array_equal(column, before, equal_nan=True)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.floats(width=64) | st.sampled_from([0.0, 1.0, -1.0]), min_size=1, max_size=300),
    st.data(),
)
def test_order_statistics_of_any_floats(values, data):
    column = np.tile(np.array(values), 3)
    ranks = data.draw(st.lists(st.integers(0, column.size - 1), min_size=1, max_size=12))
    ranks = np.sort(np.array(ranks))
    assert np.array_equal(chosen(column, ranks), np.sort(column)[ranks], equal_nan=True)


def test_order_statistics_refuse_a_short_output():
    with pytest.raises(ValueError, match="as long as ranks"):
        select.order_statistics(np.ones(5), np.arange(3), np.empty(2))


def test_an_undefined_share_moves_quantiles_up():
    column = np.array([[3.0, np.nan, 1.0, 2.0, np.nan]])
    found = np.full((3, 1, 3), -1.5)
    plan = ranks.quantile_ranks(5, (0.25, 0.5, 0.75), 0.5)
    quantiles.quantiles_of_rows(column, plan, *found, np.zeros(1, np.int64))
    assert found[0, 0, :2].tolist() == [2.0, 3.0]
    assert np.isnan(found[0, 0, 2])


def test_interval_ranks_leave_out_at_most_half_the_rest_on_each_side():
    for n in (59, 400, 20000):
        for level in (0.9, 0.95):
            plan = ranks.quantile_ranks(n, PROBABILITIES, level)
            outside = (1 - level) / 2
            for q, p in enumerate(PROBABILITIES):
                below, above = plan.ranks[plan.low[q]], plan.ranks[plan.high[q]]
                # Order statistic `rank` (from 0) exceeds the quantile when B <= rank, and lies
                # below it when B > rank.
                assert below == 0 or binom.cdf(below, n, p) <= outside * (1 + 1e-9)
                assert binom.cdf(below + 1, n, p) > outside * (1 - 1e-9)
                assert above == n - 1 or binom.sf(above, n, p) <= outside * (1 + 1e-9)
                assert above == 0 or binom.sf(above - 1, n, p) > outside * (1 - 1e-9)


def test_fifty_nine_draws_are_the_fewest_that_bound_the_95th_percentile():
    # NIST: the largest of 59 draws exceeds the 0.95 quantile with 95 % confidence; of 58 not.
    for n, enough in ((58, False), (59, True)):
        plan = ranks.quantile_ranks(n, (0.95,), 0.9)
        assert plan.ranks[plan.high[0]] == n - 1
        assert (0.95**n <= 0.05) == enough
    # And 93 are the fewest of which the second largest does.
    for n, back in ((92, 1), (93, 2)):
        plan = ranks.quantile_ranks(n, (0.95,), 0.9)
        assert plan.ranks[plan.high[0]] == n - back


def test_intervals_cover_the_true_quantiles():
    n, repeats = 500, 2000
    plan = ranks.quantile_ranks(n, (0.1, 0.5, 0.95), 0.95)
    u = np.empty(512 * repeats)
    random.fill_uniform(*random.stream_key(1, "coverage"), 0, 0, u)
    _, low, high = found = np.empty((3, repeats, 3))
    column = np.ascontiguousarray(u.reshape(repeats, 512)[:, :n])
    quantiles.quantiles_of_rows(column, plan, *found, np.arange(repeats))
    covered = ((low <= plan_p) & (plan_p <= high)).sum(axis=0)
    # At least the level, less five standard errors of 2000 repeats.
    assert (covered / repeats > 0.95 - 5 * np.sqrt(0.95 * 0.05 / repeats)).all()
    assert (covered / repeats < 0.985).all()


plan_p = np.array([0.1, 0.5, 0.95])


@pytest.mark.parametrize(
    ("n", "probabilities", "level"),
    [(0, (0.5,), 0.95), (10, (1.5,), 0.95), (10, (0.5,), 1.0), (10, (np.nan,), 0.9)],
)
def test_impossible_requests_are_refused(n, probabilities, level):
    with pytest.raises(ValueError, match=r"draw|probabilities|level"):
        ranks.quantile_ranks(n, probabilities, level)


@pytest.mark.parametrize("n", [0, 1, 3, 4, 5, 8, 41])
@pytest.mark.parametrize("often", [1, 2, 7])
def test_wanted_values_are_taken_in_their_order(n, often):
    """Odd marks are wanted, others, larger ones too, are not; nothing is missed at either end."""
    values, place = np.arange(float(n)), np.arange(n, dtype=np.uint32) % 50
    marks = np.where(np.arange(50) % often == 0, 5, 4).astype(np.uint8)
    found = np.full(n + 1, -1.0)
    expected = values[marks[place] == 5]
    assert select.take_wanted(values, place, marks, found) == expected.size
    np.testing.assert_array_equal(found[: expected.size], expected)
