"""One year's step of a price path: anchor, deviation, tightening, corridor (MODEL 3)."""

from __future__ import annotations

from simcore.kernels.elementary import exp
from simcore.kernels.jit import inlined


@inlined
def step_spread(sigma: float, kappa: float) -> float:
    """Standard deviation of one year's exact step: sigma*sqrt((1 - exp(-2 kappa))/(2 kappa))."""
    twice = 2.0 * kappa
    # The series keeps all digits where 1 - exp(-x) cancels, and holds at kappa = 0.
    series = 1.0 - twice * (0.5 - twice * (1.0 / 6.0 - twice * (1.0 / 24.0 - twice / 120.0)))
    plain = (1.0 - exp(-twice)) / (twice if twice > 0.0 else 1.0)
    return sigma * (series if twice < 1e-3 else plain) ** 0.5


@inlined
def ramped(year: float, start: float, ramp: float) -> float:
    """Share of a tightening in force: min(1, max(0, (year - start)/ramp)); a step if ramp = 0."""
    if ramp <= 0.0:
        return 1.0 if year >= start else 0.0
    return min(1.0, max(0.0, (year - start) / ramp))


@inlined
def decay_row(rows, out, kappa):
    for j in range(rows.shape[1]):
        rows[out, j] = exp(-rows[kappa, j])


@inlined
def step_spread_row(rows, out, sigma, kappa):
    for j in range(rows.shape[1]):
        rows[out, j] = step_spread(rows[sigma, j], rows[kappa, j])


@inlined
def path_row(rows, out, inputs, numbers, line, year):
    """Advance the deviation of one path by a year and write the price.

    Parameters
    ----------
    rows : float64 (rows, 256)
    out : int
        Row of the price, money per unit.
    inputs : int64 (10,)
        Rows of z, e, decay, spread, carry, occurs, start, strength, and the states X and Var X.
    numbers : float64 (3,)
        Whether the path has noise, whether it is centred on the mean, the ramp (years; < 0: none).
    line : float64 (7,)
        The year's line of the table (see `SPOT_COLUMNS`).
    year : float
        Calendar year.
    """
    z, e, decay, spread, carry = inputs[0], inputs[1], inputs[2], inputs[3], inputs[4]
    occurs, start, strength = inputs[5], inputs[6], inputs[7]
    deviation, variance = inputs[8], inputs[9]
    centre, above, below, correction = line[0], line[1], line[2], line[3]
    floor, ceiling, since = line[4], line[5], line[6]
    noisy, centred, ramp = numbers[0] > 0.0, numbers[1] > 0.0, numbers[2]
    width = rows.shape[1]
    if since <= 0.0:
        # Known years carry no uncertainty; the corridor does not rewrite history.
        price = exp(centre)
        for j in range(width):
            rows[out, j] = price
        return
    if noisy:
        for j in range(width):
            rows[deviation, j] = rows[deviation, j] * rows[decay, j] + rows[spread, j] * rows[e, j]
    for j in range(width):
        anchor = rows[z, j]
        spread_of_anchor = above if anchor >= 0.0 else below
        rows[out, j] = (
            centre
            - correction
            + anchor * spread_of_anchor
            + rows[carry, j] * since
            + rows[deviation, j]
        )
    if noisy and centred:
        for j in range(width):
            rows[variance, j] = (
                rows[decay, j] * rows[decay, j] * rows[variance, j]
                + rows[spread, j] * rows[spread, j]
            )
            rows[out, j] -= 0.5 * rows[variance, j]
    if ramp >= 0.0:
        for j in range(width):
            rows[out, j] += rows[occurs, j] * rows[strength, j] * ramped(year, rows[start, j], ramp)
    for j in range(width):
        rows[out, j] = min(max(exp(rows[out, j]), floor), ceiling)
