"""One year's step of jumps, volatility regimes, resampled history, and steps within a year."""

from __future__ import annotations

from typing import Final

from simcore.kernels.elementary import exp
from simcore.kernels.jit import inlined
from simcore.kernels.prices import ramped

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
        added = jumps * rows[mean, j] + jumps**0.5 * rows[sd, j] * rows[z, j]
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


@inlined
def steps_row(rows, out, inputs, numbers, line, year, central):
    """Advance a path by the steps of a year and write the mean of its prices.

    Parameters
    ----------
    rows : float64 (rows, 256)
    out : int
        Row of the price, money per unit.
    inputs : int64 (9 + n*(noisy + jumps) + 3,)
        Rows of z, decay, spread, spread of the first step, carry, occurs, start, strength, what is
        added to the log price; of the shocks of the n steps if the path is noisy; of what jumps
        add to them if it has any; and the states X, Var X, J.
    numbers : float64 (7,)
        Whether the path is noisy, whether it is centred on the mean, the ramp (years; < 0: no
        tightening), the first year that moves, whether anything is added to the log price, the
        steps, whether it has jumps.
    line : float64 (7,)
        The year's line of the table (columns of STEPS).
    year : float
    central : bool
        The central case, which is the stated centre and not the median of a skewed price.

    Notes
    -----
    The anchor, its drift and tightening are those of the year; X, its variance and J move in each
    step. Decay and spread are those of a step.
    """
    z, decay, carry = inputs[0], inputs[1], inputs[4]
    occurs, start, strength, lift = inputs[5], inputs[6], inputs[7], inputs[8]
    noisy, centred, ramp = numbers[0] > 0.0, numbers[1] > 0.0, numbers[2]
    steps, jumps = int(numbers[5]), numbers[6] > 0.0
    shocks = 9
    added = shocks + (steps if noisy else 0)
    states = added + (steps if jumps else 0)
    deviation, variance, jumped = inputs[states], inputs[states + 1], inputs[states + 2]
    centre, above, below, correction = line[0], line[1], line[2], line[3]
    floor, ceiling, since = line[4], line[5], line[6]
    if central and not centred:
        correction = 0.0
    width = rows.shape[1]
    if since <= 0.0:
        rows[out, :] = exp(centre)
        return
    rows[out, :] = 0.0
    for step in range(steps):
        spread = inputs[3] if step == 0 and year == numbers[3] else inputs[2]
        if noisy:
            e = inputs[shocks + step]
            for j in range(width):
                rows[deviation, j] = (
                    rows[deviation, j] * rows[decay, j] + rows[spread, j] * rows[e, j]
                )
            for j in range(width):
                rows[variance, j] = (
                    rows[decay, j] * rows[decay, j] * rows[variance, j]
                    + rows[spread, j] * rows[spread, j]
                )
        if jumps:
            more = inputs[added + step]
            for j in range(width):
                rows[jumped, j] += rows[more, j]
        half = 0.5 if centred else 0.0
        for j in range(width):
            rows[out, j] += exp(rows[deviation, j] + rows[jumped, j] - half * rows[variance, j])
    share = 1.0 / steps
    for j in range(width):
        anchor = rows[z, j]
        level = centre - correction + anchor * (above if anchor >= 0.0 else below)
        level += rows[carry, j] * since
        if ramp >= 0.0:
            level += rows[occurs, j] * rows[strength, j] * ramped(year, rows[start, j], ramp)
        if numbers[4] > 0.0:
            level += rows[lift, j]
        rows[out, j] = min(max(share * rows[out, j] * exp(level), floor), ceiling)
