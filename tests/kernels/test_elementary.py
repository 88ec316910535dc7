"""exp and log against 40-digit decimals, at the edges, and in shape."""

from decimal import Context, Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.kernels import elementary
from simcore.kernels.jit import kernel

DIGITS = Context(prec=40)


@kernel
def each_exp(x):
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = elementary.exp(x[i])
    return out


@kernel
def each_log(x):
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = elementary.log(x[i])
    return out


def ulps(found: float, true: Decimal) -> float:
    return float(abs(Decimal(found) - true) / Decimal(float(np.spacing(abs(float(true))))))


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (-50, 50), (-708, 709), (-745, -708)])
def test_exp_is_within_one_ulp(low, high):
    x = np.random.default_rng(1).uniform(low, high, 1500)
    errors = [ulps(y, DIGITS.exp(Decimal(a))) for a, y in zip(x, each_exp(x), strict=True)]
    assert max(errors) < 1.0


@pytest.mark.parametrize(("low", "high"), [(-0.02, 0.02), (-3, 3), (-740, 709)])
def test_log_is_within_one_ulp(low, high):
    x = np.exp(np.random.default_rng(2).uniform(low, high, 1500))
    errors = [ulps(y, DIGITS.ln(Decimal(a))) for a, y in zip(x, each_log(x), strict=True)]
    assert max(errors) < 1.0


def test_exp_at_its_edges():
    x = np.array([0.0, -0.0, np.inf, -np.inf, 710.0, 1e300, -746.0, -1e300])
    assert each_exp(x).tolist() == [1.0, 1.0, np.inf, 0.0, np.inf, np.inf, 0.0, 0.0]
    assert each_exp(np.array([709.78]))[0] < np.inf
    assert each_exp(np.array([-745.0]))[0] > 0.0
    assert np.isnan(each_exp(np.array([np.nan]))[0])


def test_log_at_its_edges():
    x = np.array([0.0, -0.0, 1.0, np.inf])
    assert each_log(x).tolist() == [-np.inf, -np.inf, 0.0, np.inf]
    assert np.isnan(each_log(np.array([-1.0, -np.inf, np.nan]))).all()
    smallest = np.array([5e-324])
    assert each_log(smallest)[0] == pytest.approx(np.log(5e-324), rel=1e-15)


@settings(max_examples=200, deadline=None)
@given(st.floats(-700, 700))
def test_log_undoes_exp(x):
    assert each_log(each_exp(np.array([x])))[0] == pytest.approx(x, rel=1e-15, abs=2e-16)


def test_exp_and_log_increase():
    x = np.linspace(-700, 700, 200_001)
    assert (np.diff(each_exp(x)) > 0).all()
    assert (np.diff(each_log(np.exp(x))) > 0).all()


def test_a_value_does_not_depend_on_its_place_in_a_vector():
    x = np.random.default_rng(3).uniform(0.1, 30, 67)
    assert each_exp(x).tolist() == [each_exp(x[i : i + 1])[0] for i in range(x.size)]
    assert each_log(x).tolist() == [each_log(x[i : i + 1])[0] for i in range(x.size)]
