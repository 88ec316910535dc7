"""Jumps of a step: how many a uniform number stands for, and what they add to the log price."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from simcore.kernels import elementary, processes


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.8, 3.0, 12.5])
def test_jumps_are_quantiles_of_a_poisson(rate: float) -> None:
    uniform = (np.arange(997) + 0.5) / 997
    found = [processes.poisson(u, rate) for u in uniform]
    assert found == stats.poisson.ppf(uniform, rate).tolist()


def test_a_number_at_a_cumulative_probability_belongs_to_the_next_count() -> None:
    # The share of numbers below exp(-rate) is that of no jump; exp(-rate) itself is not below.
    edge = elementary.exp(-0.7)
    assert processes.poisson(np.nextafter(edge, 0), 0.7) == 0
    assert processes.poisson(edge, 0.7) == 1


@pytest.mark.parametrize("steps", [1, 4, 12])
@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("central", [False, True])
def test_what_jumps_add_in_a_step(steps: int, centred: bool, central: bool) -> None:
    u, rate, mean, sd, z, out = rows = np.zeros((6, 256))
    u[:] = (np.arange(256) + 0.5) / 256
    rate[:] = np.tile([0.0, 0.4, 3.0, 20.0], 64)
    mean[:], sd[:] = np.repeat([-0.2, 0.1], 128), np.repeat([0.0, 0.3, 0.1, 0.5], 64)
    z[:] = 0.0 if central else np.linspace(-3, 3, 256)
    numbers = np.array([steps, 0.0, centred])
    processes.jump_row(rows, 5, 0, np.arange(1, 5), numbers, central)
    expected = rate / steps
    count = np.zeros(256) if central else stats.poisson.ppf(u, expected)
    added = count * mean + np.sqrt(count) * sd * z
    if centred:
        added -= expected * np.expm1(mean + sd**2 / 2)
    np.testing.assert_allclose(out, added, rtol=1e-12, atol=1e-14)
