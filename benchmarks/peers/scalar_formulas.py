"""Formulas of the model for one draw, in scalar numba, as one writes them first (MODEL 2-7)."""

from __future__ import annotations

from math import erfc, exp, floor, frexp, inf, ldexp, log, nan, sqrt

from numba import njit

formula = njit(error_model="numpy")


@formula
def uniform(generator, given, slot, draw):
    """The next uniform number, or the one that is given."""
    return given[slot, draw] if given.size else generator.random()


@formula
def normal(generator, given, slot, draw):
    """The next standard normal number, or the one that is given."""
    return given[slot, draw] if given.size else generator.standard_normal()


@formula
def normal_cdf(z):
    """P(Z <= z)."""
    return 0.5 * erfc(-z * sqrt(0.5))


@formula
def triangular(u, low, high, split, left, right):
    """Quantile of the triangular distribution."""
    if u < split:
        return low + sqrt(u * left)
    return high - sqrt((1.0 - u) * right)


@formula
def capital_recovery(wacc, life):
    """w / (1 - (1+w)^-n), and 1/n where w vanishes."""
    growth = life * log(1.0 + wacc)
    if abs(growth) < 1e-4:
        return (1.0 + wacc * (life + 1.0) / 2.0 + wacc**2 * (life**2 - 1.0) / 12.0) / life
    return wacc / (1.0 - exp(-growth))


@formula
def step_spread(sigma, kappa):
    """sigma * sqrt((1 - exp(-2 kappa)) / (2 kappa))."""
    x = 2.0 * kappa
    if x < 1e-3:
        return sigma * sqrt(1.0 - x / 2.0 + x * x / 6.0 - x**3 / 24.0)
    return sigma * sqrt((1.0 - exp(-x)) / x)


@formula
def split(z, above, below):
    """z times the spread of its side."""
    return z * above if z >= 0.0 else z * below


@formula
def ramped(year, start, ramp):
    """Share of a tightening in force."""
    if ramp <= 0.0:
        return 1.0 if year >= start else 0.0
    return min(1.0, max(0.0, (year - start) / ramp))


@formula
def electrolyser(capex, recovery, fixed, stack_share, stack_life, hours, demand, lifetime):
    """Fixed cost of a kg of hydrogen before learning."""
    stacks = stack_share * max(0.0, 1.0 / stack_life - 1.0 / lifetime)
    return capex * (recovery + fixed + stacks) / hours * demand


@formula
def ratio(value, divisor):
    """A quotient, undefined where the divisor is not positive."""
    return value / divisor if divisor > 0.0 else nan


@formula
def break_even_border(excess, covered, gap_reference, paid_reference, gap, paid):
    """Lowest EU price at which the reference's CBAM makes up for the excess."""
    if excess <= 0.0:
        return 0.0
    if covered <= 0.0 or gap_reference <= 0.0:
        return nan
    price = (excess / covered + paid_reference) / gap_reference
    if price * gap <= paid:
        return price
    if gap_reference <= gap:
        return nan
    price = (excess / covered + paid_reference - paid) / (gap_reference - gap)
    return price if price >= 0.0 else nan


@formula
def not_positive(value):
    """1 where a value is not positive, else 0."""
    return 1.0 if value <= 0.0 else 0.0


@formula
def crossover(known, value, year, first):
    """First year in which the value is not positive."""
    return year if known != known and value <= 0.0 and year >= first else known


@formula
def cheapest(totals, first_years, year):
    """Position of the lowest total among the routes that exist."""
    best, position = inf, nan
    for k in range(len(totals)):
        if year >= first_years[k] and totals[k] < best:
            best, position = totals[k], float(k)
    return position


@formula
def discrete(u, thresholds, values):
    """Quantile of a distribution over a few values."""
    k = 0
    while k < len(thresholds) and u >= thresholds[k]:
        k += 1
    return values[k]


@formula
def advanced(deviation, decay, spread, noise, since):
    """Deviation of a path after one more year; none while prices are known."""
    return deviation * decay + spread * noise if since > 0.0 else deviation


@formula
def spread_out(variance, decay, spread, since):
    """Variance of that deviation."""
    return decay * decay * variance + spread * spread if since > 0.0 else variance


@formula
def path_price(known, log_price, floor, ceiling, since):
    """Price inside its corridor, or the known one."""
    return min(max(exp(log_price), floor), ceiling) if since > 0.0 else exp(known)


@formula
def answered(price, above, exponent_above, below, exponent_below):
    """Price after politics has answered one that is very high or very low."""
    if price > above:
        return above * exp(exponent_above * log(price / above))
    if price < below:
        return below * exp(exponent_below * log(price / below))
    return price


@formula
def tabulated(u, table, other):
    """Quantile from a piecewise cubic in p = min(u, 1 - u), 64 pieces an octave."""
    p = max(min(u, 1.0 - u), 2.0**-53)
    fraction, exponent = frexp(p)
    piece = floor((2.0 * fraction - 1.0) * 64.0)
    edge = ldexp((1.0 + (piece + 1.0) / 64.0) / 2.0, exponent)
    at = 4 * (64 * (exponent + 52) + int(piece)) + (other if u > 0.5 else 0)
    t = p - edge
    return table[at] + t * (table[at + 1] + t * (table[at + 2] + t * table[at + 3]))


@formula
def either(first, second, condition):
    """The first where the condition holds."""
    return first if condition else second


@formula
def flat(weight, value, first, last):
    """Weighted sum over some years of what is the same in each."""
    return weight * value * (last - first + 1.0) if weight != 0.0 else 0.0


@formula
def discounted(weight, value, first, last, log_rate):
    """Weighted sum of value * (1+r)^-n for n from first to last."""
    total = 0.0
    if weight != 0.0:
        for n in range(int(first), int(last) + 1):
            total += exp(-n * log_rate)
    return weight * value * total


NAMES = {
    one.__name__: one
    for one in (
        uniform,
        normal,
        normal_cdf,
        triangular,
        discrete,
        capital_recovery,
        step_spread,
        split,
        ramped,
        advanced,
        spread_out,
        path_price,
        answered,
        tabulated,
        either,
        flat,
        discounted,
        electrolyser,
        ratio,
        break_even_border,
        not_positive,
        crossover,
        cheapest,
    )
} | {"exp": exp, "log": log, "nan": nan, "inf": inf}
"""What the generated program may call."""
