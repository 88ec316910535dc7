"""One year's step of jumps, volatility regimes and resampled history (MODEL 3)."""

from __future__ import annotations

from typing import Final

import numpy as np

from simcore.kernels.elementary import exp
from simcore.kernels.jit import inlined

MOST: Final = 200
"""Most jumps in a step."""


@inlined
def poisson(u: float, rate: float) -> float:
    """Number of jumps: the smallest n whose cumulative Poisson probability is above u."""
    term = exp(-rate)
    total = term
    n = 0.0
    while u >= total and n < MOST:
        n += 1.0
        term *= rate / n
        total += term
    return n


@inlined
def jump_row(rows, out, u, inputs, numbers, central):
    """Write what the jumps of a step add to the log price (Merton 1976).

    Parameters
    ----------
    rows : float64 (rows, 256)
    out : int
    u : int
        Row of uniform numbers, one a draw, that decide how many jumps there are.
    inputs : int64 (4,)
        Rows of the rate (per year), mean and standard deviation of a jump's log size, and of a
        standard normal.
    numbers : float64 (3,)
        Steps a year, number of the step in it, whether the path is centred on its mean.
    central : bool
        No jumps.

    Notes
    -----
    N jumps add N*mean + sqrt(N)*sd*z. Centred on the mean, the step subtracts
    rate*(exp(mean + sd**2/2) - 1), the log of the expected growth by jumps.
    """
    rate, mean, sd, z = inputs[0], inputs[1], inputs[2], inputs[3]
    share = 1.0 / numbers[0]
    for j in range(rows.shape[1]):
        expected = rows[rate, j] * share
        jumps = 0.0 if central else poisson(rows[u, j], expected)
        # The normal number of a central case is zero.
        added = jumps * rows[mean, j] + np.sqrt(jumps) * rows[sd, j] * rows[z, j]
        if numbers[2] > 0.0:
            added -= expected * (exp(rows[mean, j] + 0.5 * rows[sd, j] * rows[sd, j]) - 1.0)
        rows[out, j] = added


@inlined
def regime_row(rows, out, u, state, numbers, year, central):
    """Move each draw to its regime of the year.

    Parameters
    ----------
    rows : float64 (rows, 256)
    out, u, state : int
        Rows of the regime written, of uniform numbers, and of last year's regime (-1: none yet).
    numbers : float64 (3 + (1 + n) * n,)
        First year that moves, number n of regimes, regime of the central case; then cumulative
        probabilities: of the first year's regime, and of the next one by that of last year.
    year : int
    central : bool
    """
    count = int(numbers[1])
    if year < numbers[0] or central:
        rows[out, :] = numbers[2]
        return
    for j in range(rows.shape[1]):
        line = 3 + count * (1 + int(rows[state, j]))
        regime = 0.0
        for k in range(count - 1):
            regime += 1.0 if rows[u, j] >= numbers[line + k] else 0.0
        rows[state, j] = regime
        rows[out, j] = regime


@inlined
def chosen_row(rows, out, inputs):
    """Write one of several rows: that whose position the first one holds."""
    for j in range(rows.shape[1]):
        rows[out, j] = rows[inputs[1 + int(rows[inputs[0], j])], j]


@inlined
def resampled_row(rows, out, u, state, numbers, changes, year, central):
    """Write a year's change of the log price out of a history, in blocks of years.

    Parameters
    ----------
    rows : float64 (rows, 256)
    out, u, state : int
        Rows of the change, of uniform numbers, and of the place in the history.
    numbers : float64 (3,)
        First year that moves, years in a block, observations a year.
    changes : float64 (n,)
        Change over the year that begins at each observation; the last one is followed by the
        first.
    year : int
    central : bool
    """
    if year < numbers[0] or central:
        rows[out, :] = 0.0
        return
    count = changes.shape[0]
    fresh = (year - int(numbers[0])) % int(numbers[1]) == 0
    stride = int(numbers[2])
    for j in range(rows.shape[1]):
        place = int(rows[u, j] * count) if fresh else (int(rows[state, j]) + stride) % count
        rows[state, j] = place
        rows[out, j] = changes[place]
