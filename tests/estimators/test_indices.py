"""Indices from pairs of draws, against functions whose indices are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from SALib.analyze import sobol as salib

from simcore.estimators.indices import (
    Estimate,
    Scale,
    Subset,
    batches_of,
    closed_index,
    indices,
    jackknifed,
    measures_of,
    needed,
    pair_sums,
)

DRAWS = 16_384
Function = Callable[[Any], Any]


def pairs(
    function: Function, correlation: Any, groups: Sequence[str], order: str, *, seed: int = 1,
    draws: int = DRAWS, scale: str = "value",
) -> dict[Subset, Any]:  # fmt: skip
    """Sums over pairs of a function of normals, each of which is a group, redrawn given the kept."""
    numbers, count = np.random.default_rng(seed), len(groups)
    r = np.asarray(correlation, dtype=float)
    root = np.linalg.cholesky(r + 1e-15 * np.eye(count))
    own = numbers.standard_normal((draws, count)) @ root.T
    fresh, base = numbers.standard_normal((draws, count)), function(own)[None]
    judged, batch = Scale(scale, base), batches_of(draws, 1, 256)
    found = {}
    for one in needed(groups, order):
        k = [i for i in range(count) if groups[i] in one]
        again = [i for i in range(count) if i not in k]
        mixed = r[np.ix_(again, k)] @ np.linalg.pinv(r[np.ix_(k, k)])
        left = r[np.ix_(again, again)] - mixed @ r[np.ix_(k, again)]
        values, vectors = np.linalg.eigh(left)
        root = vectors * np.sqrt(np.maximum(values, 0))
        z = own.copy()
        z[:, again] = own[:, k] @ mixed.T + fresh[:, again] @ root.T
        other = function(z)[None]
        found[one] = pair_sums(
            judged.of(base), judged.of(other), batch, int(batch.max()) + 1, judged.pivot
        )
    return found


def found_by(
    function: Function, correlation: Any, order: str = "shapley", **options: Any
) -> dict[str, Estimate]:
    groups = [f"x{i}" for i in range(len(correlation))]
    sums = pairs(function, correlation, groups, order, **options)
    measures = measures_of(order, len(groups), dependent=False)
    return indices(sums, groups, measures)[0]


def close(one: Estimate, expected: Any, *, errors: float = 2.0) -> None:
    """Within so many half widths of the interval: with two, four standard errors."""
    value, low, high = (part[..., 0] for part in (one.value, one.low, one.high))
    off = np.abs(value - expected) / np.maximum((high - low) / 2, 1e-12)
    assert np.all(np.nan_to_num(off) < errors), (value, expected, off)


def uniform(z: Any) -> Any:
    from scipy.special import ndtr

    return ndtr(z)


def ishigami(z: Any) -> Any:
    x = np.pi * (2 * uniform(z) - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_ishigami() -> None:
    found = found_by(ishigami, np.eye(3))
    close(found["first"], [0.3139, 0.4424, 0.0])
    close(found["total"], [0.5576, 0.4424, 0.2437])
    second = np.full((3, 3), np.nan)
    second[[0, 1, 0, 2, 1, 2], [1, 0, 2, 0, 2, 1]] = [0, 0, 0.2437, 0.2437, 0, 0]
    close(found["second"], second)
    # Independent groups share what they do together equally.
    close(found["shapley"], [0.3139 + 0.2437 / 2, 0.4424, 0.2437 / 2])


def test_sobol_g() -> None:
    a = np.array([0.0, 1.0, 4.5, 9.0])
    parts = 1 / (3 * (1 + a) ** 2)
    whole = np.prod(1 + parts) - 1
    others = np.array([np.prod(np.delete(1 + parts, i)) for i in range(4)])

    def g(z: Any) -> Any:
        return np.prod((np.abs(4 * uniform(z) - 2) + a) / (1 + a), axis=1)

    found = found_by(g, np.eye(4), "first_total")
    close(found["first"], parts / whole)
    close(found["total"], parts * others / whole)


def test_linear_gaussian() -> None:
    b = np.array([3.0, 2.0, 1.0])
    found = found_by(lambda z: z @ b, np.eye(3))
    for measure in ("first", "total", "shapley"):
        close(found[measure], b**2 / (b @ b))


@pytest.mark.parametrize(("a", "b", "r"), [(1.0, 1.0, 0.5), (2.0, -1.0, 0.8), (1.0, 3.0, -0.4)])
def test_two_correlated_gaussians(a: float, b: float, r: float) -> None:
    """Owen and Prieur 2017, section 3."""
    found = found_by(lambda z: z @ [a, b], [[1, r], [r, 1]])
    variance = a * a + b * b + 2 * r * a * b
    one = (a * a * (1 - r * r / 2) + b * b * r * r / 2 + r * a * b) / variance
    close(found["shapley"], [one, 1 - one])
    close(found["first"], [(a + r * b) ** 2 / variance, (b + r * a) ** 2 / variance])
    close(found["total"], [a * a * (1 - r * r) / variance, b * b * (1 - r * r) / variance])


FOUR = np.eye(4)
for i, j, rho in ((0, 1, 0.6), (0, 2, 0.3), (1, 2, 0.5)):
    FOUR[i, j] = FOUR[j, i] = rho


def test_four_correlated_gaussians() -> None:
    found = found_by(lambda z: z @ [2, 2, -1, 1.05], FOUR)
    close(found["shapley"], [0.4647, 0.3976, 0.0434, 0.0942])
    assert found["first"].value[0, 0] == pytest.approx(0.719, abs=0.01)
    assert found["total"].value[0, 0] == pytest.approx(0.219, abs=0.01)
    assert found["shapley"].value.sum() == pytest.approx(1.0, abs=1e-12)


def test_an_input_that_is_not_read_has_no_share() -> None:
    found = found_by(lambda z: z[:, 0] + z[:, 1] ** 2, np.eye(3))
    assert found["total"].value[2, 0] == 0.0
    for measure in ("first", "shapley"):
        close(Estimate(*(part[2:] for part in vars(found[measure]).values())), [0.0])


def test_an_input_that_repeats_another_shares_with_it() -> None:
    found = found_by(lambda z: z[:, 0] + z[:, 1], np.ones((2, 2)))
    np.testing.assert_allclose(found["first"].value[:, 0], 1.0, atol=1e-6)
    np.testing.assert_allclose(found["total"].value[:, 0], 0.0, atol=1e-6)
    np.testing.assert_allclose(found["shapley"].value[:, 0], 0.5, atol=1e-6)


def test_a_product_of_two_is_interaction_alone() -> None:
    found = found_by(lambda z: z[:, 0] * z[:, 1], np.eye(2), "second")
    close(found["first"], [0, 0])
    close(found["total"], [1, 1])
    close(found["second"], [[np.nan, 1], [1, np.nan]])


@pytest.mark.parametrize("scale", ["rank", "covers"])
def test_ranks_and_signs(scale: str) -> None:
    """Both of x + y: by the correlation of the copula of pairs (Kruskal 1958)."""
    found = found_by(lambda z: np.exp(z.sum(axis=1)) - 1, np.eye(2), "first_total", scale=scale)
    # Y and Y' correlate by one half: Spearman 6/pi asin(rho/2), and of signs 2/pi asin(rho).
    first = 6 / np.pi * np.arcsin(0.25) if scale == "rank" else 2 / np.pi * np.arcsin(0.5)
    close(found["first"], [first, first])
    close(found["total"], [1 - first, 1 - first])


def test_ties_count_by_half_and_zero_is_not_above_zero() -> None:
    base = np.array([[0.0, 0.0, 1.0, np.nan, 0.25, -1.0]])
    ranks = Scale("rank", base).of(np.array([[-2.0, 0.0, 0.5, 1.0, 7.0, np.nan]]))
    np.testing.assert_array_equal(ranks, [[0.0, 0.4, 0.8, 0.9, 1.0, np.nan]])
    signs = Scale("covers", base).of(base)
    np.testing.assert_array_equal(signs, [[0.0, 0.0, 1.0, np.nan, 1.0, 0.0]])
    assert Scale("value", base).of(base) is base


def test_undefined_values_leave_their_pair_out() -> None:
    numbers = np.random.default_rng(3)
    a, b = numbers.standard_normal((2, 1, 1024))
    a[0, :40], b[0, 30:100] = np.nan, np.nan
    batch = batches_of(1024, 1, 256)
    sums = pair_sums(a, b, batch, 32, np.zeros(1))
    left = pair_sums(a[:, 100:], b[:, 100:], batch[100:], 32, np.zeros(1))
    np.testing.assert_array_equal(sums, left)
    assert sums[..., 0].sum() == 924


def test_the_pivot_changes_nothing() -> None:
    numbers = np.random.default_rng(4)
    a = numbers.standard_normal((1, 2048)) + 1e6
    b = 0.5 * a + numbers.standard_normal((1, 2048))
    batch = batches_of(2048, 1, 256)
    one, other = (
        closed_index(pair_sums(a, b, batch, 32, np.array([p])).sum(axis=0)) for p in (7e5, 8e5)
    )
    np.testing.assert_allclose(one, other, rtol=1e-6)


def test_what_never_varies_has_no_index() -> None:
    same = np.full((1, 512), 0.1)
    batch = batches_of(512, 1, 256)
    assert np.isnan(closed_index(pair_sums(same, same, batch, 32, np.zeros(1)).sum(axis=0))).all()


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    from scipy.stats import t

    values = np.random.default_rng(8).standard_normal((12, 3))
    without = (values.sum(axis=0) - values) / 11
    found = jackknifed(values.mean(axis=0), without)
    reach = t.ppf(0.975, 11) * values.std(axis=0, ddof=1) / np.sqrt(12)
    np.testing.assert_allclose(found.high - found.value, reach, rtol=1e-9)
    np.testing.assert_allclose(found.value - found.low, reach, rtol=1e-9)
    assert np.isnan(jackknifed(values[0], values[:1]).low).all()


def test_subsets_are_as_few_as_an_order_needs() -> None:
    many = [f"x{i}" for i in range(120)]
    assert len(needed(many, "first_total")) == 240
    assert len(needed(many[:4], "second")) == 4 + 6 + 4
    assert len(needed(many[:3], "second")) == len(needed(many[:3], "shapley")) == 6
    assert len(needed(many[:6], "shapley")) == 62
    assert len(set(needed(many[:6], "shapley"))) == 62


def test_batches_are_those_of_the_design() -> None:
    assert (np.bincount(batches_of(8192, 1, 256)) == 256).all()
    blocks = batches_of(8192, 4, 256)
    assert blocks[[0, 255, 256, 1023, 1024]].tolist() == [0, 0, 1, 3, 0]


def test_of_a_single_group_all_belongs_to_it() -> None:
    found = found_by(lambda z: z[:, 0] ** 3, np.eye(1), draws=512)
    for measure in ("first", "total", "shapley"):
        assert found[measure].value.tolist() == [[1.0]]


def test_salib_finds_the_same_on_the_same_values() -> None:
    """Its formulas, of Saltelli 2010 and of Jansen, from the sums over pairs."""
    numbers = np.random.default_rng(5)
    a, b, ab = (ishigami(numbers.standard_normal((4096, 3)))[None] for _ in range(3))
    ab = 0.7 * a + 0.3 * ab
    batch = np.zeros(4096, np.int64)
    none = np.zeros(1)
    with_a, with_b, both = (
        pair_sums(one, other, batch, 1, none)[0, 0] for one, other in ((a, ab), (b, ab), (b, a))
    )
    variance = np.var(np.r_[a[0], b[0]])
    first = (with_b[4] - both[4]) / both[0] / variance
    assert first == pytest.approx(salib.first_order(a[0], ab[0], b[0]), rel=1e-12)
    n, s, t, ss, _, tt = with_a
    pooled = (ss + tt) / (2 * n) - ((s + t) / (2 * n)) ** 2
    total = (1 - closed_index(with_a)) * pooled / variance
    assert total == pytest.approx(salib.total_order(a[0], ab[0], b[0]), rel=1e-12)


def coverage(seeds: int, draws: int) -> dict[str, float]:
    """Share of the intervals that hold the truth, of the four correlated Gaussians."""
    truth = {
        "shapley": [0.4647, 0.3976, 0.0434, 0.0942],
        "first": [0.7192, 0.6183, 0.0329, 0.0942], "total": [0.2192, 0.1776, 0.0641, 0.0942],
    }  # fmt: skip
    b, v = np.array([2, 2, -1, 1.05]), 0.0
    v = b @ FOUR @ b
    truth["first"] = ((FOUR @ b) ** 2 / v).tolist()
    inverse = np.linalg.inv(FOUR)
    truth["total"] = (b**2 / np.diag(inverse) / v).tolist()
    inside = {name: [] for name in truth}
    for seed in range(seeds):
        found = found_by(lambda z: z @ b, FOUR, seed=1000 + seed, draws=draws)
        for name, values in truth.items():
            one = found[name]
            inside[name].append((one.low[:, 0] <= values) & (values <= one.high[:, 0]))
    return {name: float(np.mean(one)) for name, one in inside.items()}


def test_intervals_hold_the_truth_often_enough() -> None:
    """A few seeds: 160 intervals of each kind; `slow` has 300 seeds."""
    for name, share in coverage(40, 1024).items():
        assert 0.88 <= share <= 0.995, name


@pytest.mark.slow
def test_intervals_of_many_seeds_hold_the_truth() -> None:
    for name, share in coverage(300, 4096).items():
        assert 0.90 <= share <= 0.98, name
