"""PAWN and delta: SALib's own on numbers, by hand on classes, and a clear word without SALib."""

import sys

import numpy as np
import pytest
from scipy import stats

from simcore.errors import ConfigError
from simcore.estimators.association import bins_for
from simcore.estimators.distances import delta, pawn

SALib = pytest.importorskip("SALib")


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(3)
    x = np.vstack([rng.random((2, 800)), rng.integers(0, 3, 800)])
    return x, 3 * x[0] + 0.5 * x[1] + (x[2] == 2)


def test_pawn_is_that_of_salib(drawn):
    from SALib.analyze import pawn as theirs

    x, y = drawn
    problem = {"num_vars": 2, "names": ["a", "b"], "bounds": [[0, 1]] * 2}
    known = theirs.analyze(problem, x[:2].T, y, S=10)["median"]
    assert pawn(x[:2], y, [True, True])[0] == pytest.approx(known, abs=1e-12)


def test_a_class_is_a_part(drawn):
    x, y = drawn
    known = np.median([stats.ks_2samp(y[x[2] == one], y).statistic for one in (0, 1, 2)])
    assert pawn(x[2:], y, [False])[0][0] == pytest.approx(known, abs=1e-12)


def test_delta_has_the_parts_of_salib(drawn):
    from SALib.analyze.delta import calc_delta

    x, y = drawn
    value, error = delta(x, y, [True, True, False])
    grid, edges = np.linspace(y.min(), y.max(), 100), np.linspace(0, 800, bins_for(800) + 1)
    raw = [calc_delta(y, grid, one, edges) for one in x[:2]]
    # What is taken off is the mean of the bootstrap less the whole: little, and never more.
    assert (value[:2] < raw).all() and value[:2] == pytest.approx(raw, abs=0.1)
    assert value[0] > 0.4 > value[1] and (error < 0.05).all()
    # Two thirds of the draws lie one below the rest: by hand on the kernels' densities.
    whole, area = stats.gaussian_kde(y, "silverman")(grid), 0.0
    for one in (0, 1, 2):
        part = stats.gaussian_kde(y[x[2] == one], "silverman")(grid)
        area += (x[2] == one).mean() / 2 * np.trapezoid(abs(part - whole), grid)
    assert value[2] == pytest.approx(area, abs=0.04)


def test_without_salib_it_says_what_to_install(drawn, monkeypatch):
    monkeypatch.setitem(sys.modules, "SALib.analyze.pawn", None)
    with pytest.raises(ConfigError, match=r"simcore\[sensitivity\]"):
        pawn(drawn[0], drawn[1], [True, True, False])
