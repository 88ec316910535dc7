"""A year of a price path: anchor, deviation, tightening, corridor, response (MODEL 3)."""

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
    return sigma * np.sqrt(series if twice < 1e-3 else plain)


@inlined
def ramped(year: float, start: float, ramp: float) -> float:
    """Share of a tightening in force: min(1, max(0, (year - start)/ramp)); a step if ramp = 0."""
    if ramp <= 0.0:
        return 1.0 if year >= start else 0.0
    return min(1.0, max(0.0, (year - start) / ramp))


@inlined
def beyond(price: float, above: float, below: float) -> float:
    """The threshold beyond which a price lies; NaN between the two."""
    threshold = above if price > above else below
    return threshold if price > above or price < below else np.nan


@inlined
def log_answer(
    price: float, above: float, exponent_above: float, below: float, exponent_below: float
) -> float:
    """ln(answer/threshold) of a price beyond a threshold; NaN between the two."""
    exponent = exponent_above if price > above else exponent_below
    return exponent * log(price / beyond(price, above, below))


@inlined
def answered(price: float, log_answer: float, above: float, below: float) -> float:
    """Price after politics has answered one that is very high or very low.

    above*(price/above)**exponent_above beyond `above`, below*(price/below)**exponent_below short
    of `below`, the price itself between the two: continuous and increasing.
    """
    threshold = beyond(price, above, below)
    return threshold * exp(log_answer) if threshold == threshold else price


@inlined
def response_row(
    rows, out, price, above, exponent_above, below, exponent_below, backstop, up, down, floor,
    ceiling,
):  # fmt: skip
    """Answer prices, and keep them below their backstop and inside their corridor.

    `up` and `down` are the year's factors of the two thresholds.
    """
    # Two loops: in one, a draw would be so long a chain of steps that none fits beside it.
    for j in range(rows.shape[1]):
        rows[0, j] = log_answer(
            rows[price, j], up * rows[above, j], rows[exponent_above, j],
            down * rows[below, j], rows[exponent_below, j],
        )  # fmt: skip
    for j in range(rows.shape[1]):
        answer = answered(
            rows[price, j], rows[0, j], up * rows[above, j], down * rows[below, j]
        )  # fmt: skip
        rows[out, j] = min(max(min(answer, rows[backstop, j]), floor), ceiling)


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
def path_row(
    rows, out, z, decay, spread, first_spread, drift, occurs, start, strength, lift, inputs,
    deviation, variance, jumped, noisy, centred, ramp, first_year, lifted, steps, jumping, centre,
    above, below, correction, floor, ceiling, since, year, central,
):  # fmt: skip
    """Advance the deviation of one path by the steps of a year and write the mean of its prices.

    Parameters
    ----------
    rows : float64 (rows, 256)
        The first row is overwritten.
    out : int
        Row of the price, money per unit.
    z, decay, spread, first_spread, drift, occurs, start, strength, lift : int
        Rows: the anchor's normal; of a step, decay and spread, that of the first one; drift per
        year; of a tightening; what is added to the log price.
    inputs : int64 (n,)
        All rows: after those above the shocks of the steps, and what jumps add in each, if any.
    deviation, variance, jumped : int
        Rows carried from year to year: X, Var X and J.
    noisy, centred, lifted, jumping : float
        Whether the path has shocks, is centred on its mean, `lift` is added, it has jumps.
    ramp : float
        Years to the full strength of the tightening; below 0: none.
    first_year : float
        That moves.
    steps : float
    centre, above, below, correction, floor, ceiling, since : float
        The year's log centre, s+, s-, centring term, bounds, and years since the spot.
    year : int
    central : bool
        The central case, which is the stated centre and not the median of a skewed price.
    """
    if since <= 0.0:
        # Known years carry no uncertainty; the corridor does not rewrite history.
        rows[out, :] = exp(centre)
        return
    if central and centred <= 0.0:
        correction = 0.0
    width, count, half = rows.shape[1], int(steps), 0.5 if centred > 0.0 else 0.0
    averaged = count > 1 or jumping > 0.0
    if averaged:
        rows[0, :] = 0.0
    for step in range(count):
        moves = first_spread if step == 0 and year == first_year else spread
        if noisy > 0.0:
            e = inputs[9 + step]
            for j in range(width):
                rows[deviation, j] = (
                    rows[deviation, j] * rows[decay, j] + rows[moves, j] * rows[e, j]
                )
        if noisy > 0.0 and centred > 0.0:
            for j in range(width):
                rows[variance, j] = (
                    rows[decay, j] * rows[decay, j] * rows[variance, j]
                    + rows[moves, j] * rows[moves, j]
                )
        if jumping > 0.0:
            more = inputs[9 + count + step]
            for j in range(width):
                rows[jumped, j] += rows[more, j]
        if averaged:
            for j in range(width):
                moved = rows[deviation, j] + rows[jumped, j]
                rows[0, j] += exp(moved - half * rows[variance, j])
    # One step without jumps needs one exponential.
    alone = 0.0 if averaged else 1.0
    for j in range(width):
        anchor = rows[z, j]
        rows[out, j] = (
            centre
            - correction
            + anchor * (above if anchor >= 0.0 else below)
            + rows[drift, j] * since
            + alone * rows[deviation, j]
        )
    if noisy > 0.0 and centred > 0.0 and not averaged:
        for j in range(width):
            rows[out, j] -= half * rows[variance, j]
    if ramp >= 0.0:
        for j in range(width):
            rows[out, j] += rows[occurs, j] * rows[strength, j] * ramped(year, rows[start, j], ramp)
    if lifted > 0.0:
        for j in range(width):
            rows[out, j] += rows[lift, j]
    if averaged:
        share = 1.0 / count
        for j in range(width):
            price = share * rows[0, j] * exp(rows[out, j])
            rows[out, j] = min(max(price, floor), ceiling)
        return
    for j in range(width):
        rows[out, j] = min(max(exp(rows[out, j]), floor), ceiling)
