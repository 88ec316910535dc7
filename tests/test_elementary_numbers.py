"""Our own elementary and special functions against decimal numbers of many digits and scipy."""

from __future__ import annotations

import decimal
import math

import numpy as np
import pytest
from scipy import special

from simcore.numerics import beta, copula, elementary, normal

DIGITS = decimal.Context(prec=50)
RANDOM = np.random.default_rng(20261129)
SPREAD = np.concatenate([
    RANDOM.uniform(-40, 40, 400), RANDOM.uniform(-700, 700, 200), RANDOM.normal(0, 1e-3, 200),
    RANDOM.normal(0, 1e-12, 100), [0.0, 1.0, -1.0, 0.5, -0.5, 708.0],
])  # fmt: skip
POSITIVE = np.concatenate([
    RANDOM.uniform(0, 4, 400), 10 ** RANDOM.uniform(-300, 300, 400), 1 + RANDOM.normal(0, 1e-3, 200),
    [5e-324, 2.2e-308, 1.0, 0.5, 2.0, 1.7e308],
])  # fmt: skip
ABOVE_MINUS_ONE = np.concatenate([
    RANDOM.uniform(-0.99, 9, 300), RANDOM.normal(0, 1e-3, 200), RANDOM.normal(0, 1e-15, 100),
    [0.25],
])  # fmt: skip
EXACT = {
    elementary.exp: (SPREAD, lambda x: x.exp(DIGITS), 1.0),
    elementary.log: (POSITIVE, lambda x: x.ln(DIGITS), 1.0),
    elementary.log1p: (ABOVE_MINUS_ONE, lambda x: DIGITS.add(1, x).ln(DIGITS), 3.0),
    elementary.expm1: (ABOVE_MINUS_ONE, lambda x: DIGITS.subtract(x.exp(DIGITS), 1), 3.0),
}


@pytest.mark.parametrize("function", EXACT, ids=lambda one: one.__name__)
def test_the_last_digits_are_right(function):
    values, exactly, ulps = EXACT[function]
    for x, found in zip(values.tolist(), function(values).tolist(), strict=True):
        assert float(function(x)) == found, "of a number as of an array"
        right = exactly(decimal.Decimal(x))
        assert abs(DIGITS.subtract(decimal.Decimal(found), right)) <= ulps * math.ulp(float(right))


def test_the_ends_of_the_range():
    assert elementary.log1p(1e-300) == 1e-300 == elementary.expm1(1e-300)
    assert elementary.exp(np.array([np.inf, -np.inf, 800.0, -800.0])).tolist() == [
        np.inf,
        0,
        np.inf,
        0,
    ]
    assert [elementary.exp(x) for x in (math.inf, -math.inf, 800, -800)] == [np.inf, 0, np.inf, 0]
    assert elementary.log(np.array([0.0, np.inf])).tolist() == [-np.inf, np.inf]
    assert [elementary.log(x) for x in (0, math.inf)] == [-np.inf, np.inf]
    for function in (elementary.exp, elementary.log):
        assert np.isnan(function(np.array([np.nan]))).all()
        assert math.isnan(function(math.nan))
    assert math.isnan(elementary.log(-1.0)) and np.isnan(elementary.log(np.array([-1.0]))).all()


@pytest.mark.parametrize("base", [1.02, 0.93, 1.0, 3.7, -1.5])
@pytest.mark.parametrize("exponent", [0, 1, 2, 7, 31, -24, 300])
def test_a_whole_power_is_rounded_once(base, exponent):
    right = DIGITS.power(decimal.Decimal(base), exponent)
    # Fifty digits leave no doubt about the nearest of sixteen.
    assert elementary.power(base, exponent) == float(right)
    assert elementary.powers(base, [exponent]).tolist() == [float(right)]


def test_other_powers():
    for base, exponent in ((1.3, 0.4), (90.0, -0.3), (0.02, 0.6)):
        assert elementary.power(base, exponent) == pytest.approx(base**exponent, rel=2e-15)
    with pytest.raises(ZeroDivisionError):
        elementary.power(0.0, -1)
    with pytest.raises(OverflowError):
        elementary.power(10.0, 400)


def test_angles():
    x = np.linspace(-math.pi / 2, math.pi / 2, 1001)
    assert elementary.sin(x) == pytest.approx(np.sin(x), rel=1e-15, abs=1e-16)
    y = np.linspace(-0.5, 0.5, 1001)
    assert elementary.arcsin(y) == pytest.approx(np.arcsin(y), rel=1e-15, abs=1e-16)
    assert copula.rank_correlation_of(copula.linear_correlation(y)) == pytest.approx(y, rel=1e-14)


def test_straight_lines_are_those_of_numpy():
    x = np.array([1.0, 2.0, 2.5, 3.0, 7.0, 9.5, 10.0, 11.0])
    for points, values in (([2, 3, 10], [1.5, -0.3, 8.1]), ([2.5], [4.0]), ([0, 20], [1.0, 2.0])):
        found = elementary.interpolated(x, points, values)
        assert found == pytest.approx(np.interp(x, points, values), rel=1e-15)
    grid = elementary.evenly(0.3, 7.7, 513)
    assert grid == pytest.approx(np.linspace(0.3, 7.7, 513), rel=1e-15)
    assert (grid[0], grid[-1]) == (0.3, 7.7)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 64, 1001])
def test_sums_of_any_number_of_terms(count):
    values = RANDOM.normal(size=(3, count))
    assert elementary.total(values) == pytest.approx(values.sum(axis=1), rel=1e-12, abs=1e-12)
    assert elementary.total(values.T, axis=0) == pytest.approx(elementary.total(values), rel=0)
    if count:
        assert elementary.mean_of(values) == pytest.approx(values.mean(axis=1), abs=1e-12)


def test_the_normal_distribution_is_scipys():
    z = np.concatenate([np.linspace(-37.5, 37.5, 3001), RANDOM.normal(size=1000)])
    assert normal.cdf(z) == pytest.approx(special.ndtr(z), rel=2e-14)
    p = np.concatenate([RANDOM.uniform(size=1000), 10 ** RANDOM.uniform(-300, -1, 1000)])
    assert normal.quantile(p) == pytest.approx(special.ndtri(p), rel=1e-14, abs=1e-15)
    assert normal.quantile([0.0, 1.0, 0.5]).tolist() == [-np.inf, np.inf, 0]
    assert normal.cdf([-np.inf, np.inf, 0.0, -40.0]).tolist() == [0, 1, 0.5, 0]
    assert np.isnan(normal.cdf([np.nan])).all() and np.isnan(normal.quantile([np.nan])).all()
    points, weights = normal._gauss_legendre(48)
    right = np.polynomial.legendre.leggauss(48)
    assert points == pytest.approx(right[0], abs=1e-15)
    assert weights == pytest.approx(right[1], abs=1e-14)


SHAPES = [
    (1.0, 1.0), (3.0, 3.0), (1.7, 4.3), (0.5, 0.5), (2.0, 0.5), (0.5, 50.0), (50.0, 0.5),
    (310.5, 92.25), (1e4, 2.0), (2.0, 1e4), (1.0, 5.0), (0.2, 0.3),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b"), SHAPES)
def test_the_beta_distribution_is_scipys(a, b):
    assert beta.log_beta(a, b) == pytest.approx(special.betaln(a, b), rel=1e-12, abs=1e-14)
    x = RANDOM.uniform(size=500)
    below, above = beta.tails(a, b, x, 1 - x)
    assert below == pytest.approx(special.betainc(a, b, x), rel=1e-10, abs=1e-290)
    assert above == pytest.approx(special.betaincc(a, b, x), rel=1e-10, abs=1e-290)
    p = 10 ** RANDOM.uniform(-15, math.log10(0.5), 200)
    found, slope = beta.quantile(a, b, p)
    assert found == pytest.approx(special.betaincinv(a, b, p), rel=1e-7, abs=1e-13)
    assert special.betainc(a, b, found) == pytest.approx(p, rel=1e-10)
    step = 1e-6 * p
    numerical = (beta.quantile(a, b, p)[0] - beta.quantile(a, b, p - step)[0]) / step
    assert slope == pytest.approx(numerical, rel=1e-3)


@pytest.mark.parametrize("size", [1, 2, 3, 6, 13])
def test_eigenvalues_are_those_of_lapack(size):
    matrix = RANDOM.uniform(-1, 1, (size, size))
    matrix = matrix + matrix.T
    values, vectors = copula.eigen(matrix, np.eye(size))
    assert np.sort(values) == pytest.approx(np.linalg.eigvalsh(matrix), abs=1e-13)
    assert vectors @ np.diag(values) @ vectors.T == pytest.approx(matrix, abs=1e-13)
    assert vectors.T @ vectors == pytest.approx(np.eye(size), abs=1e-14)
    least = float(values.min())
    for slack in (1e-10, 1.01 * abs(least), 0.99 * abs(least)):
        assert copula.is_positive(matrix, slack) == (least >= -slack)
