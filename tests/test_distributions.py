"""Compiled distributions against scipy.stats: quantiles, means, central values, fits, errors."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import ndtr, ndtri

import simcore
from simcore.distributions import compile_distribution, scaled
from simcore.kernels.marginals import quantile

GENERATOR = np.random.default_rng(10)
U = np.concatenate([GENERATOR.random(5000), 2.0 ** -GENERATOR.uniform(1, 50, 1000)])
U = np.concatenate([U, 1 - U[-1000:]])

Z90 = stats.norm.ppf(0.9)


def values(marginal, u=U):
    return quantile(u, kind=marginal.kind, params=marginal.params, pool=marginal.pool)


def spec(kind, **parameters):
    return {"kind": kind, **parameters}


class Truncated:
    """Truncated normal: the quantiles of scipy.stats.truncnorm lose their digits in the tails."""

    def __init__(self, low, high, mean=0.0, sd=1.0):
        self.low, self.high, self.center, self.scale = low, high, mean, sd
        self.kept = ndtr(-low) - ndtr(-high) if low > 0 else ndtr(high) - ndtr(low)
        scipy = stats.truncnorm(low, high, mean, sd)
        self.mean, self.std, self.support = scipy.mean, scipy.std, scipy.support

    def ppf(self, u):
        below, above = ndtr(self.low) + u * self.kept, ndtr(-self.low) - u * self.kept
        return self.center + self.scale * (ndtri(below) if self.low < 0 else -ndtri(above))

    def isf(self, u):
        above, below = ndtr(-self.high) + u * self.kept, ndtr(self.high) - u * self.kept
        return self.center + self.scale * (-ndtri(above) if self.high > 0 else ndtri(below))


# Distribution, and the same in scipy.
SCIPY = [
    (spec("uniform", low=-1, high=3), stats.uniform(-1, 4)),
    (spec("triangular", low=1, mode=2, high=4), stats.triang(1 / 3, 1, 3)),
    (spec("pert", low=1, mode=3, high=10), stats.beta(17 / 9, 37 / 9, 1, 9)),
    (spec("pert", low=1, mode=1, high=10), stats.beta(1, 5, 1, 9)),
    (spec("pert", low=0, mode=1, high=4, shape=20), stats.beta(6, 16, 0, 4)),
    (spec("normal", mean=2, sd=3), stats.norm(2, 3)),
    (spec("truncated_normal", mean=0, sd=1, low=-1, high=2), Truncated(-1, 2)),
    (spec("truncated_normal", mean=1, sd=2, low=0), Truncated(-0.5, np.inf, 1, 2)),
    (spec("truncated_normal", mean=0, sd=1, low=7), Truncated(7, np.inf)),
    (spec("truncated_normal", mean=0, sd=1, high=-7), Truncated(-np.inf, -7)),
    (spec("truncated_normal", mean=0, sd=1, low=-30, high=31), stats.norm()),
    (spec("lognormal", mu=1, sigma=0.5), stats.lognorm(0.5, scale=np.e)),
    (spec("beta", alpha=2, beta=5), stats.beta(2, 5)),
    (spec("beta", alpha=0.5, beta=0.5, low=2, high=4), stats.beta(0.5, 0.5, 2, 2)),
    (spec("beta", alpha=80, beta=300), stats.beta(80, 300)),
]


@pytest.mark.parametrize(("given_spec", "reference"), SCIPY)
def test_quantiles_mean_and_support_are_those_of_scipy(given_spec, reference):
    marginal = compile_distribution(given_spec)
    # Above the median the survival function keeps the digits.
    true = np.where(U < 0.5, reference.ppf(U), reference.isf(1 - U))
    error = abs(values(marginal) - true) / np.maximum(abs(true), reference.std())
    assert error.max() < 1e-9
    assert marginal.mean == pytest.approx(reference.mean(), rel=1e-10, abs=1e-12)
    assert marginal.central == pytest.approx(reference.ppf(0.5), rel=1e-10, abs=1e-12)
    if given_spec.get("low") != -30:
        assert (marginal.low, marginal.high) == reference.support()


def test_split_lognormal_has_its_quantiles_and_mean():
    marginal = compile_distribution(spec("split_lognormal", p10=1.0, p50=2.0, p90=8.0))
    assert values(marginal, np.array([0.1, 0.5, 0.9])) == pytest.approx([1, 2, 8], rel=1e-9)
    u = (np.arange(1_000_000) + 0.5) / 1_000_000
    assert marginal.mean == pytest.approx(values(marginal, u).mean(), rel=1e-4)
    assert marginal.central == 2.0


def test_discrete_kinds():
    marginal = compile_distribution(
        spec("discrete", values=[2028, 2026, 2030], probabilities=[0.4, 0.4, 0.2])
    )
    assert marginal.central == 2028
    assert (marginal.low, marginal.high) == (2026, 2030)
    assert marginal.mean == pytest.approx(0.4 * 2028 + 0.4 * 2026 + 0.2 * 2030)
    coin = compile_distribution(spec("bernoulli", probability=0.7))
    assert (coin.central, coin.mean) == (1.0, pytest.approx(0.7))
    assert values(coin, np.array([0.29, 0.31])).tolist() == [0.0, 1.0]
    sure = compile_distribution(spec("bernoulli", probability=1))
    assert values(sure).tolist() == [1.0] * U.size


def test_a_number_is_a_constant():
    for marginal in (compile_distribution(4), compile_distribution(spec("constant", value=4))):
        assert (marginal.central, marginal.mean, marginal.low, marginal.high) == (4, 4, 4, 4)
        assert set(values(marginal)) == {4.0}


@pytest.mark.parametrize(
    "no_spread",
    [
        spec("uniform", low=2, high=2),
        spec("triangular", low=2, mode=2, high=2),
        spec("pert", low=2, mode=2, high=2),
        spec("normal", mean=2, sd=0),
        spec("lognormal", mu=np.log(2), sigma=0),
        spec("split_lognormal", p10=2, p50=2, p90=2),
        spec("beta", alpha=1, beta=1, low=2, high=2),
        spec("empirical", values=[2]),
        spec("discrete", values=[2], probabilities=[1]),
        spec("mixture", components=[2], weights=[1]),
    ],
)
def test_a_distribution_without_spread_is_its_value(no_spread):
    marginal = compile_distribution(no_spread)
    np.testing.assert_allclose(values(marginal), 2.0, rtol=1e-15)
    assert marginal.mean == pytest.approx(2.0)


def test_empirical_is_the_quantile_of_numpy():
    data = GENERATOR.normal(size=40)
    marginal = compile_distribution(spec("empirical", values=data))
    np.testing.assert_allclose(values(marginal), np.quantile(data, U), rtol=0, atol=1e-14)
    assert marginal.central == np.median(data)
    u = (np.arange(100_000) + 0.5) / 100_000
    assert marginal.mean == pytest.approx(np.quantile(data, u).mean(), abs=1e-6)


MIXTURES = [
    ([(0.3, spec("normal", mean=0, sd=1)), (0.7, spec("normal", mean=5, sd=0.5))],
     [stats.norm(0, 1), stats.norm(5, 0.5)]),
    ([(0.5, spec("triangular", low=0, mode=1, high=2)), (0.5, spec("lognormal", mu=0, sigma=1))],
     [stats.triang(0.5, 0, 2), stats.lognorm(1)]),
    ([(0.4, spec("uniform", low=0, high=1)), (0.6, spec("uniform", low=2, high=3))],
     [stats.uniform(0, 1), stats.uniform(2, 1)]),
    ([(0.2, spec("pert", low=0, mode=1, high=5)), (0.8, spec("truncated_normal", mean=2, sd=1,
                                                             low=0))],
     [stats.beta(1.8, 4.2, 0, 5), stats.truncnorm(-2, np.inf, 2, 1)]),
    # Densities that begin and end with a jump.
    ([(0.2, spec("triangular", low=1, mode=1, high=6)), (0.8, spec("triangular", low=2, mode=2,
                                                                   high=9))],
     [stats.triang(0, 1, 5), stats.triang(0, 2, 7)]),
    ([(0.3, spec("triangular", low=1, mode=6, high=6)), (0.7, spec("normal", mean=6, sd=2))],
     [stats.triang(1, 1, 5), stats.norm(6, 2)]),
    # One falls by as much as the other rises: what they make together is flat but for rounding.
    ([(0.5, spec("triangular", low=0.1, mode=0.1, high=0.3)),
      (0.5, spec("triangular", low=0.15, mode=0.3, high=0.4166666666666667))],
     [stats.triang(0, 0.1, 0.2), stats.triang(0.5625, 0.15, 0.2666666666666667)]),
]  # fmt: skip


@pytest.mark.parametrize(("parts", "references"), MIXTURES)
def test_the_quantile_of_a_mixture_inverts_its_distribution_function(parts, references):
    weights = [weight for weight, _ in parts]
    marginal = compile_distribution(
        spec("mixture", components=[part for _, part in parts], weights=weights)
    )
    x = values(marginal)

    def below(x):
        return sum(w * r.cdf(x) for w, r in zip(weights, references, strict=True))

    step = 1e-8 * np.maximum(1, abs(x))
    assert (below(x - step) <= U + 1e-10).all()
    assert (below(x + step) >= U - 1e-10).all()
    true_mean = sum(w * r.mean() for w, r in zip(weights, references, strict=True))
    assert marginal.mean == pytest.approx(true_mean, rel=1e-9)
    assert below(marginal.central) == pytest.approx(0.5, abs=1e-9)


def test_mixtures_with_sure_values():
    marginal = compile_distribution(
        spec("mixture", components=[0.0, spec("uniform", low=2, high=3)], weights=[3, 7])
    )
    expected = np.where(U < 0.3, 0, 2 + (U - 0.3) / 0.7)
    np.testing.assert_allclose(values(marginal), expected, rtol=0, atol=1e-12)
    inside = compile_distribution(
        spec("mixture", components=[spec("uniform", low=0, high=1), 0.5], weights=[1, 1])
    )
    true = np.select([U < 0.25, U < 0.75], [2 * U, 0.5], 2 * U - 1)
    np.testing.assert_allclose(values(inside), true, rtol=0, atol=1e-12)
    nested = spec("mixture", components=[1, 2], weights=[1, 1])
    sure = compile_distribution(
        spec("mixture", components=[nested, spec("bernoulli", probability=0.5)], weights=[1, 1])
    )
    u = np.array([0.2, 0.3, 0.7, 0.8])
    assert values(sure, u).tolist() == [0.0, 1.0, 1.0, 2.0]
    assert sure.mean == pytest.approx(1.0)


FITS = [
    spec("uniform", low=1.0, high=5.0),
    spec("triangular", low=1.0, mode=2.0, high=6.0),
    spec("pert", low=1.0, mode=2.0, high=6.0),
    spec("normal", mean=3.0, sd=2.0),
    spec("lognormal", mu=0.5, sigma=0.7),
    spec("split_lognormal", p10=1.0, p50=2.0, p90=8.0),
    spec("beta", alpha=2.0, beta=5.0, low=0.0, high=1.0),
    spec("beta", alpha=0.7, beta=0.6, low=-2.0, high=3.0),
    spec("truncated_normal", mean=1.0, sd=2.0, low=0.0, high=4.0),
]


@pytest.mark.parametrize("original", FITS, ids=lambda s: s["kind"])
def test_a_fit_to_three_quantiles_finds_the_distribution(original):
    probabilities = np.array([0.1, 0.4, 0.95])
    wanted = values(compile_distribution(original), probabilities)
    fixed = {k: original[k] for k in ("low", "high") if original["kind"] in ("beta",
             "truncated_normal")}  # fmt: skip
    fitted = compile_distribution(
        {"kind": original["kind"], **fixed,
         "quantiles": dict(zip(map(str, probabilities), wanted, strict=True))}
    )  # fmt: skip
    assert values(fitted) == pytest.approx(values(compile_distribution(original)), rel=1e-5)


@pytest.mark.parametrize("kind", sorted({s["kind"] for s in FITS}))
def test_a_fit_to_two_quantiles_has_them(kind):
    fixed = {"low": 0.0, "high": 10.0} if kind in ("beta", "truncated_normal") else {}
    marginal = compile_distribution({"kind": kind, **fixed, "quantiles": {0.1: 4.5, 0.8: 7}})
    assert values(marginal, np.array([0.1, 0.8])) == pytest.approx([4.5, 7], rel=1e-7)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["normal", "lognormal", "uniform", "triangular", "pert"]),
    st.floats(0.01, 0.45),
    st.floats(0.55, 0.99),
    st.floats(0.1, 100),
    st.floats(1.01, 50),
)
def test_a_fit_to_any_two_quantiles_has_them(kind, below, above, value, ratio):
    wanted = {below: value, above: value * ratio}
    marginal = compile_distribution({"kind": kind, "quantiles": wanted})
    found = values(marginal, np.array(list(wanted)))
    assert found == pytest.approx(list(wanted.values()), rel=1e-7)


@pytest.mark.parametrize("factor", [1e-3, 0.86, 1000.0])
@pytest.mark.parametrize(
    "original", [s for s, _ in SCIPY] + FITS + [
        spec("discrete", values=[1, 2], probabilities=[0.5, 0.5]),
        spec("empirical", values=[1, 2, 5]),
        spec("mixture", components=[0.0, spec("uniform", low=2, high=3)], weights=[3, 7]),
        5.0,
    ], ids=str,
)  # fmt: skip
def test_a_scaled_marginal_is_the_product(original, factor):
    marginal = compile_distribution(original)
    product = scaled(marginal, factor)
    np.testing.assert_allclose(
        values(product), values(marginal) * factor, rtol=5e-14, atol=5e-14 * factor
    )
    for name in ("central", "mean", "low", "high"):
        assert getattr(product, name) == pytest.approx(getattr(marginal, name) * factor)


@pytest.mark.parametrize("factor", [0.0, -1.0, np.inf, np.nan])
def test_an_impossible_factor_is_refused(factor):
    with pytest.raises(ValueError, match="factor"):
        scaled(compile_distribution(1), factor)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (spec("gamma", shape=1), "known: constant"),
        (spec("uniform", low=1), "needs high"),
        (spec("uniform", low=2, high=1), "above high"),
        (spec("triangular", low=1, mode=5, high=4), "must not decrease"),
        (spec("pert", low=1, mode=0, high=4), "must not decrease"),
        (spec("pert", low=1, mode=2, high=4, shape=-1), "negative"),
        (spec("normal", mean=0, sd=-1), "negative"),
        (spec("lognormal", mu=0, sigma=-1), "negative"),
        (spec("truncated_normal", mean=0, sd=1, low=50, high=51), "no probability"),
        (spec("truncated_normal", mean=0, sd=1, low=2, high=1), "must be below"),
        (spec("split_lognormal", p10=0, p50=1, p90=2), "must hold"),
        (spec("beta", alpha=0, beta=1), "must be positive"),
        (spec("discrete", values=[1, 2], probabilities=[0.5, 0.6]), "add up"),
        (spec("discrete", values=[1, 2], probabilities=[1.0]), "2 values but 1"),
        (spec("discrete", values=[1, 2], probabilities=[1.5, -0.5]), "negative"),
        (spec("bernoulli", probability=1.1), "not within"),
        (spec("empirical", values=[]), "at least one"),
        (spec("empirical", values=[1, np.nan]), "finite"),
        (spec("constant", value=np.inf), "finite"),
        (spec("mixture", components=[1, 2], weights=[1]), "2 components but 1"),
        (spec("mixture", components=[1, 2], weights=[0, 0]), "all zero"),
        (spec("discrete", quantiles={0.1: 1, 0.9: 2}), "cannot be fitted"),
        (spec("normal", mean=1, quantiles={0.1: 1, 0.9: 2}), "as well as"),
        (spec("normal", quantiles={0.1: 1}), "two or three"),
        (spec("normal", quantiles={0.1: 1, "x": 2}), "probability: value"),
        (spec("normal", quantiles={0.0: 1, 0.9: 2}), "strictly between"),
        (spec("normal", quantiles={0.1: 3, 0.9: 2}), "must increase"),
        (spec("normal", quantiles={0.1: 1, 0.5: 1.1, 0.9: 2}), "no normal"),
        (spec("uniform", quantiles={0.1: 1, 0.5: 1.1, 0.9: 2}), "no uniform"),
        (spec("lognormal", quantiles={0.1: -1, 0.9: 2}), "positive"),
        (spec("triangular", quantiles={0.1: 1, 0.5: 1.01, 0.9: 9}), "no triangular"),
        (spec("pert", quantiles={0.1: 1, 0.5: 1.01, 0.9: 9}), "no pert"),
        (spec("split_lognormal", quantiles={0.1: 1, 0.2: 2, 0.3: 3}), "both sides"),
        (spec("beta", quantiles={0.1: 0.5, 0.9: 2}), "between low"),
        (spec("beta", quantiles={0.1: 0.2, 0.5: 0.21, 0.9: 0.9}), "no beta"),
    ],
    ids=lambda x: x if isinstance(x, str) else x["kind"],
)
def test_impossible_distributions_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        compile_distribution(wrong)


def test_compiling_loads_neither_numba_nor_scipy_stats():
    program = (
        "import sys\n"
        "from simcore.distributions import compile_distribution as c\n"
        "c({'kind': 'pert', 'low': 1, 'mode': 2, 'high': 3})\n"
        "assert not {'numba', 'scipy.stats'} & set(sys.modules)"
    )
    root = Path(simcore.__file__).parents[1]
    subprocess.run([sys.executable, "-c", program], check=True, cwd=root)
