"""The bridge changes what moves a path first, and nothing of its law."""

from __future__ import annotations

import numpy as np
import pytest

from simcore.kernels.bridge import bridge_table


def transform(start: int, first: int, last: int) -> np.ndarray:
    """Shocks of the years from `start` on (rows) by the step of their numbers (columns)."""
    table = bridge_table(start, first, last)
    held, years = table.shape[1] // 2, last - start + 1
    assert len(table) == years
    found = np.zeros((years, years))
    for year, (steps, weights) in enumerate(zip(table[:, :held], table[:, held:], strict=True)):
        known = steps > 0
        assert (weights[~known] == 0).all()
        np.add.at(found[year], steps[known].astype(int) - start, weights[known])
    return found


@pytest.mark.parametrize(
    ("start", "first", "last"),
    [(2026, 2026, 2050), (2020, 2026, 2050), (2026, 2026, 2026), (2024, 2026, 2027),
     (2026, 2026, 2028), (2026, 2026, 2029), (2025, 2030, 2100)],
)  # fmt: skip
def test_shocks_are_an_orthogonal_transform_of_the_numbers(start, first, last):
    found = transform(start, first, last)
    np.testing.assert_allclose(found @ found.T, np.eye(len(found)), atol=1e-14)
    early = first - start + 1
    np.testing.assert_array_equal(found[:early, :early], np.eye(early))


def test_the_first_number_alone_moves_the_end_and_the_second_the_middle():
    walk = np.cumsum(transform(2026, 2026, 2050)[1:, 1:], axis=0)
    assert walk[-1, 0] == pytest.approx(24**0.5)
    np.testing.assert_allclose(walk[-1, 1:], 0, atol=1e-13)
    np.testing.assert_allclose(walk[11, 2:], 0, atol=1e-13)
    # Half-way the bridge of 24 years has a variance of 12 * 12 / 24.
    assert walk[11, 1] == pytest.approx(6**0.5)
    # Of all that moves the years, most lies in the first numbers.
    share = (walk**2).sum(axis=0) / (walk**2).sum()
    assert share[0] > 0.6 and share[:4].sum() > 0.85
