"""Rank correlations, a held-out fit and binned indices against scipy, by hand and in closed form."""

import math

import numpy as np
import pytest
from scipy import stats

from simcore.estimators.association import (
    classes_of,
    first_order,
    held_out_fit,
    partial_ranks,
    spearman,
)


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(4, 3000))
    x[1] = 0.8 * x[0] + 0.6 * x[1]
    x[3] = rng.integers(0, 3, 3000)
    y = 2 * x[0] - x[1] + np.exp(0.3 * x[2]) + 0.5 * x[3] + 0.2 * rng.normal(size=3000)
    return x, y


def test_spearman_is_that_of_scipy(drawn):
    x, y = drawn
    value, error = spearman(x, y)
    assert value == pytest.approx([stats.spearmanr(one, y).statistic for one in x], abs=1e-12)
    # A Fisher interval has nearly the error of the jackknife.
    assert error == pytest.approx((1 - value**2) / math.sqrt(3000), rel=0.5)


def test_partial_rank_correlation_is_that_of_residuals(drawn):
    x, y = drawn
    value, _, inflation = partial_ranks(x, y)
    ranks = np.array([stats.rankdata(one) for one in (*x, y)])
    for place in range(4):
        others = np.column_stack([np.ones(3000), *np.delete(ranks[:-1], place, axis=0)])

        def left(row, others=others):
            return row - others @ np.linalg.lstsq(others, row, rcond=None)[0]

        mine, rest = left(ranks[place]), left(ranks[-1])
        assert value[place] == pytest.approx(np.corrcoef(mine, rest)[0, 1], abs=1e-6)
        assert inflation[place] == pytest.approx(ranks[place].var() / mine.var(), rel=1e-6)


def test_what_is_a_sum_of_others_has_no_partial_correlation(drawn):
    x, y = drawn
    value, _, inflation = partial_ranks(np.vstack([x, x[2]]), y)
    assert np.isinf(inflation[[2, 4]]).all() and np.isnan(value[[2, 4]]).all()
    alone, _, _ = partial_ranks(x, y)
    assert value[[0, 1, 3]] == pytest.approx(alone[[0, 1, 3]], abs=1e-5)


def test_held_out_fit_of_a_line_and_of_noise(drawn):
    x, _ = drawn
    assert held_out_fit(x, 3 + x[0] - 2 * x[3]) == pytest.approx(1.0, abs=1e-12)
    noise = np.random.default_rng(1).normal(size=3000)
    assert -0.02 < held_out_fit(x, noise) < 0.02
    assert held_out_fit(x, x[0] + 2 * noise) == pytest.approx(0.2, abs=0.05)
    assert math.isnan(held_out_fit(x, np.ones(3000)))


def test_ishigami():
    u = np.random.default_rng(2).uniform(-math.pi, math.pi, (4, 20000))
    y = np.sin(u[0]) + 7 * np.sin(u[1]) ** 2 + 0.1 * u[2] ** 4 * np.sin(u[0])
    value, error = first_order(u, y)
    for found, sd, known in zip(value, error, (0.3139, 0.4424, 0.0, 0.0), strict=True):
        assert abs(found - known) < 3 * sd + 0.01
    assert error.min() > 0.0002 and error.max() < 0.02


def test_classes_are_values_where_these_are_few():
    found = classes_of(np.array([7.0, 1.0, 7.0, 3.0]), 5)
    assert found.tolist() == [2, 0, 2, 1]
    # A heap of equal values stays together, however many bins it fills.
    heap = classes_of(np.array([0.0] * 50 + list(range(1, 51))), 10)
    assert set(heap[:50]) == {0} and set(heap[50:]) == {5, 6, 7, 8, 9}


def test_chance_explains_nothing():
    rng = np.random.default_rng(3)
    found = [first_order(rng.random((1, 600)), rng.random(600))[0][0] for _ in range(200)]
    assert abs(np.mean(found)) < 3 * np.std(found) / math.sqrt(200)


def test_a_class_explains_what_its_means_do():
    kind = np.repeat([0.0, 1.0, 2.0], 400)
    noise = np.tile([-1.0, 1.0], 600)
    # Means 0, 1, 2: variance 2/3, beside 1 within.
    value, _ = first_order(kind[None], kind + noise)
    assert value[0] == pytest.approx(0.4, abs=0.002)
