"""Each marginal kernel against its closed form or numpy, at the ends, and across pools."""

import numpy as np
import pytest
from scipy.special import ndtri

from simcore.distributions import compile_distribution
from simcore.kernels import marginal_form, marginals
from simcore.kernels.marginals import fill_marginal, quantile

GENERATOR = np.random.default_rng(9)
U = np.concatenate([GENERATOR.random(2000), 2.0 ** -GENERATOR.uniform(1, 52, 200)])
U = np.concatenate([U, 1 - U[-200:], [2.0**-53, 0.5, 1 - 2.0**-53]])

SPECS = [
    {"kind": "constant", "value": -3.0},
    {"kind": "uniform", "low": -2.0, "high": 5.0},
    {"kind": "triangular", "low": 1.0, "mode": 2.0, "high": 4.0},
    {"kind": "triangular", "low": 1.0, "mode": 1.0, "high": 4.0},
    {"kind": "normal", "mean": 2.0, "sd": 3.0},
    {"kind": "lognormal", "mu": 1.0, "sigma": 0.5},
    {"kind": "split_lognormal", "p10": 1.0, "p50": 2.0, "p90": 8.0},
    {"kind": "discrete", "values": [5.0, 1.0, 2.0], "probabilities": [0.2, 0.3, 0.5]},
    {"kind": "bernoulli", "probability": 0.3},
    {"kind": "empirical", "values": [3.0, 1.0, 7.0, 7.5]},
    {"kind": "pert", "low": 1.0, "mode": 2.0, "high": 9.0},
    {
        "kind": "mixture",
        "components": [0.0, {"kind": "uniform", "low": 2.0, "high": 3.0}],
        "weights": [0.3, 0.7],
    },
]
NAMES = [spec["kind"] + str(i) for i, spec in enumerate(SPECS)]


def values(marginal, u):
    return quantile(u, kind=marginal.kind, params=marginal.params, pool=marginal.pool)


def test_triangular_is_its_closed_form():
    found = values(compile_distribution(SPECS[2]), U)
    true = np.where(U < 1 / 3, 1 + np.sqrt(U * 3.0), 4 - np.sqrt((1 - U) * 6.0))
    assert found == pytest.approx(true, rel=1e-15)


def test_normal_kinds_are_functions_of_the_normal_number():
    z = ndtri(U)
    for spec, true in (
        (SPECS[4], 2 + 3 * z),
        (SPECS[5], np.exp(1 + 0.5 * z)),
        (
            SPECS[6],
            2 * np.exp(z * np.log(np.where(z > 0, 4.0, 2.0)) / 1.2815515655446004),
        ),
    ):
        assert values(compile_distribution(spec), U) == pytest.approx(true, rel=2e-9, abs=1e-9)


def test_discrete_values_switch_at_their_thresholds():
    marginal = compile_distribution(SPECS[7])
    below = np.nextafter([0.3, 0.8], 0)
    assert values(marginal, np.array([2.0**-53, *below])).tolist() == [1.0, 1.0, 2.0]
    assert values(marginal, np.array([0.3, 0.8, 1 - 2.0**-53])).tolist() == [2.0, 5.0, 5.0]


def test_many_discrete_values_are_searched_alike():
    n = 100
    weights = np.random.default_rng(1).random(n)
    weights /= weights.sum()
    marginal = compile_distribution(
        {"kind": "discrete", "values": np.arange(n), "probabilities": weights}
    )
    true = np.searchsorted(np.cumsum(weights)[:-1], U, "right")
    assert np.array_equal(values(marginal, U), true)


def test_empirical_is_the_quantile_of_numpy():
    data = np.random.default_rng(2).normal(size=101)
    found = values(compile_distribution({"kind": "empirical", "values": data}), U)
    assert found == pytest.approx(np.quantile(data, U), abs=1e-14)
    assert values(compile_distribution(SPECS[9]), np.array([0.0, 1.0])).tolist() == [1.0, 7.5]


@pytest.mark.parametrize("spec", SPECS, ids=NAMES)
def test_values_never_decrease(spec):
    marginal = compile_distribution(spec)
    found = values(marginal, np.sort(U))
    noise = 4 * np.spacing(np.abs(found).max())
    assert (np.diff(found) >= -noise).all()
    assert found.min() >= marginal.low - noise
    assert found.max() <= marginal.high + noise


@pytest.mark.parametrize("spec", SPECS, ids=NAMES)
def test_a_pool_may_begin_anywhere(spec):
    marginal = compile_distribution(spec)
    params = marginal.params.copy()
    params[marginal_form.POOL_OFFSET] += 17
    pool = np.concatenate([np.full(17, np.nan), marginal.pool, np.full(5, np.nan)])
    # The ends too: a look past the stretch would meet NaN.
    u = np.concatenate([U, [0.0, 1.0]])
    moved = quantile(u, kind=marginal.kind, params=params, pool=pool)
    assert np.isfinite(moved).all()
    assert np.array_equal(moved[:-2], values(marginal, U))


@pytest.mark.parametrize("spec", SPECS, ids=NAMES)
def test_every_value_is_written_and_only_the_declared_input_is_read(spec):
    marginal = compile_distribution(spec)
    nothing = np.full(U.size, np.nan)
    out = np.full(U.size, np.nan)
    normal = marginals.uses_normal(marginal.kind)
    assert normal == (
        marginal.kind
        in (marginal_form.NORMAL, marginal_form.LOGNORMAL, marginal_form.SPLIT_LOGNORMAL)
    )
    u, z = (nothing, ndtri(U)) if normal else (U, nothing)
    fill_marginal(marginal.kind, marginal.params, marginal.pool, u, z, out)
    assert np.isfinite(out).all()


def test_an_unknown_kind_writes_nan():
    assert np.isnan(quantile(U, kind=99, params=np.zeros(8), pool=np.empty(0))).all()


def test_the_ends_of_a_table_are_finite():
    for spec in SPECS[-2:]:
        assert np.isfinite(values(compile_distribution(spec), np.array([0.0, 0.5, 1.0]))).all()
