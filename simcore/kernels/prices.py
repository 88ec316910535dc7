"""One year's step of a price path: anchor, deviation, tightening, corridor, response (MODEL 3)."""

from __future__ import annotations

import numpy as np

from simcore.kernels.elementary import exp, log
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
def answered(
    price: float, above: float, exponent_above: float, below: float, exponent_below: float
) -> float:
    """Price after politics has answered one that is very high or very low.

    above*(price/above)**exponent_above beyond `above`, below*(price/below)**exponent_below short
    of `below`, the price itself between the two: continuous and increasing.
    """
    outside = price > above or price < below
    threshold = above if price > above else below
    exponent = exponent_above if price > above else exponent_below
    reference = threshold if outside else 1.0
    ratio = price / reference if outside else 1.0
    answer = reference * exp(exponent * log(ratio))
    return answer if outside else price


@inlined
def response(
    price, above, exponent_above, below, exponent_below, backstop, up, down, floor, ceiling
):  # fmt: skip
    """Answer a price, and keep it below its backstop and inside its corridor.

    `up` and `down` are the year's factors of the two thresholds.
    """
    answer = answered(price, up * above, exponent_above, down * below, exponent_below)
    return min(max(min(answer, backstop), floor), ceiling)


@inlined
def at_bound(price, backstop, floor, ceiling):
    """1 where a price is at its backstop, floor or ceiling."""
    return 1.0 if price >= backstop or price >= ceiling or price <= floor else 0.0


@inlined
def where(value, label, wanted):
    """A value in the draws whose label is the one wanted, undefined in the others."""
    return value if label == wanted else np.nan


@inlined
def labelled(value, label):
    """The label of each draw in which a value is zero or below, undefined in the others."""
    return label if value <= 0.0 else np.nan


@inlined
def decay(kappa):
    return exp(-kappa)


@inlined
def path_row(rows, out, inputs, numbers, line, year, central):
    """Advance the deviation of one path by a year and write the price.

    Parameters
    ----------
    rows : float64 (rows, 256)
    out : int
        Row of the price, money per unit.
    inputs : int64 (12,)
        Rows of z, e, decay, spread, spread of the first year, carry, occurs, start, strength, what
        is added to the log price, and the states X and Var X.
    numbers : float64 (5,)
        Whether the path has noise, whether it is centred on the mean, the ramp (years; < 0: none),
        the first year that moves, whether anything is added to the log price.
    line : float64 (7,)
        The year's line of the table (columns of PATH).
    year : float
        Calendar year.
    central : bool
        The central case, which is the stated centre and not the median of a skewed price.
    """
    z, e, decay, carry = inputs[0], inputs[1], inputs[2], inputs[5]
    spread = inputs[4] if year == numbers[3] else inputs[3]
    occurs, start, strength, lift = inputs[6], inputs[7], inputs[8], inputs[9]
    deviation, variance = inputs[10], inputs[11]
    centre, above, below, correction = line[0], line[1], line[2], line[3]
    floor, ceiling, since = line[4], line[5], line[6]
    noisy, centred, ramp = numbers[0] > 0.0, numbers[1] > 0.0, numbers[2]
    if central and not centred:
        correction = 0.0
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
    if numbers[4] > 0.0:
        for j in range(width):
            rows[out, j] += rows[lift, j]
    for j in range(width):
        rows[out, j] = min(max(exp(rows[out, j]), floor), ceiling)
