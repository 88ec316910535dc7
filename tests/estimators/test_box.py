"""Boxes by patient peeling: known ones are found, counts are those by hand."""

import numpy as np
import pytest
from scipy import stats

from simcore.estimators.box import (
    Limit,
    discovered,
    pasted,
    peeled,
    quasi_p,
    restricted_share,
    score,
    within,
)


@pytest.fixture(scope="module")
def cube():
    x = np.random.default_rng(4).random((6, 2000))
    return x, (x[1] < 0.3) & (x[2] > 0.6)


def test_a_corner_is_found(cube):
    x, wanted = cube
    box, path = discovered(x, wanted, numbers=[True] * 6)
    sides = {one.column: one for one in box}
    assert set(sides) == {1, 2}
    assert sides[1].low == -np.inf and sides[1].high == pytest.approx(0.3, abs=0.02)
    assert sides[2].high == np.inf and sides[2].low == pytest.approx(0.6, abs=0.02)
    held = score(box, x, wanted)
    assert held.coverage > 0.93 and held.density > 0.93
    masses = [score(one, x, wanted).mass for one in path]
    assert masses[0] == 1.0 and masses == sorted(set(masses), reverse=True)


def test_a_noisy_corner_is_found_among_many_inputs():
    rng = np.random.default_rng(8)
    x = rng.random((30, 1500))
    chance = np.where((x[7] < 0.4) & (x[11] > 0.5), 0.9, 0.25)
    box, _ = discovered(x, rng.random(1500) < chance, numbers=[True] * 30)
    assert {one.column for one in box} >= {7, 11} and len(box) <= 4


def test_a_class_is_peeled():
    rng = np.random.default_rng(6)
    kind = rng.integers(0, 4, 1500).astype(float)
    x = np.vstack([rng.random(1500), kind])
    wanted = np.isin(kind, (1, 3)) & (x[0] > 0.5)
    box, _ = discovered(x, wanted, numbers=[True, False])
    sides = {one.column: one for one in box}
    assert sides[1].classes == (1, 3)
    assert sides[0].low == pytest.approx(0.5, abs=0.03)


def test_no_more_limits_than_asked_for():
    x = np.random.default_rng(2).random((6, 3000))
    wanted = (x > np.array([0.15, 0.15, 0.15, 0.5, 0.15, 0.5])[:, None]).all(axis=0)
    for limits in (2, 4):
        box, path = discovered(x, wanted, numbers=[True] * 6, limits=limits)
        assert len(box) == limits and max(map(len, path)) <= limits
        # Those that matter most stay.
        assert {one.column for one in box} >= {3, 5}


def test_nothing_but_noise_has_no_box():
    rng = np.random.default_rng(9)
    box, _ = discovered(rng.random((3, 4000)), rng.random(4000) < 0.0, numbers=[True] * 3)
    assert box == ()


def test_score_is_the_count_by_hand():
    x = np.array([[1.0, 2, 3, 4, 5, 6, 7, 8]])
    wanted = np.array([1, 1, 0, 1, 0, 0, 0, 1], bool)
    held = score((Limit(0, high=4.0),), x, wanted)
    assert (held.coverage, held.density, held.mass) == (0.75, 0.75, 0.5)
    assert within((Limit(0, 3.0, 5.0),), x).tolist() == [0, 0, 1, 1, 1, 0, 0, 0]
    nothing = score((Limit(0, low=9.0),), x, wanted)
    assert nothing.coverage == 0 and np.isnan(nothing.density)


def test_quasi_p_is_the_binomial_tail(cube):
    x, wanted = cube
    box = (Limit(1, high=0.4), Limit(3, low=0.5))
    inside = (x[1] <= 0.4) & (x[3] >= 0.5)
    for found, wider in zip(quasi_p(box, x, wanted), (x[3] >= 0.5, x[1] <= 0.4), strict=True):
        tail = stats.binomtest(
            int(wanted[inside].sum()), int(inside.sum()), wanted[wider].mean(), "greater"
        ).pvalue
        assert found == pytest.approx(tail, rel=1e-9)


def test_pasting_takes_back_what_was_cut_too_much(cube):
    x, wanted = cube
    tight = (Limit(1, high=0.2), Limit(2, low=0.75), Limit(4, low=0.1))
    grown = {one.column: one for one in pasted(tight, x, wanted)}
    assert grown[1].high == pytest.approx(0.3, abs=0.02)
    assert grown[2].low == pytest.approx(0.6, abs=0.02)
    assert 4 not in grown


def test_equal_values_go_together():
    x = np.array([[0.0] * 60 + list(np.linspace(1, 2, 40))])
    wanted = np.arange(100) >= 60
    box = peeled(x, wanted, numbers=[True])[1][0]
    assert box.low == 1.0


def test_repeats_name_what_is_limited(cube):
    x, wanted = cube
    share = restricted_share(x[:, :600], wanted[:600], numbers=[True] * 6, repeats=5, seed=1)
    assert share[[1, 2]].min() == 1.0 and share[[0, 3, 4, 5]].max() < 0.5
