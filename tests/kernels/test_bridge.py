"""The bridge changes what moves a path first, and nothing of its law."""

from __future__ import annotations

import numpy as np

from simcore.kernels import bridge
from simcore.kernels.bridge import HELD, NUMBERS, SPAN, WEIGHTS


def transform() -> np.ndarray:
    """Shocks of a span (rows) by its numbers (columns)."""
    found = np.zeros((SPAN, SPAN))
    for year in range(SPAN):
        found[year, NUMBERS[year]] = WEIGHTS[year]
    return found


def test_shocks_are_an_orthogonal_transform_of_the_numbers():
    np.testing.assert_allclose(transform() @ transform().T, np.eye(SPAN), atol=1e-14)
    assert all(len(set(row)) == HELD for row in NUMBERS.tolist())


def test_the_first_number_alone_moves_the_end_and_the_second_the_middle():
    walk = np.cumsum(transform(), axis=0)
    assert walk[-1, 0] == np.sqrt(SPAN)
    np.testing.assert_allclose(walk[-1, 1:], 0, atol=1e-14)
    np.testing.assert_allclose(walk[SPAN // 2 - 1, 2:], 0, atol=1e-14)
    # Of all that moves the years of the span, most lies in the first numbers.
    share = (walk**2).sum(axis=0) / (walk**2).sum()
    assert (np.diff(share[: SPAN // 2]) < 1e-12).all()
    assert share[0] > 0.6 and share[:4].sum() > 0.85


def test_weights_repeat_with_each_span():
    np.testing.assert_array_equal(bridge.weights_of(2020), WEIGHTS[0])
    np.testing.assert_array_equal(bridge.weights_of(2019), WEIGHTS[-1])
    np.testing.assert_array_equal(bridge.weights_of(2052), WEIGHTS[0])
