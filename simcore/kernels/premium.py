"""The carbon-value premium, break-even prices, crossover and the cheapest route (MODEL 6, 7)."""

from __future__ import annotations

import numpy as np

from simcore.kernels.jit import inlined

NAN = np.nan


@inlined
def netted(factor: float, carbon_reference: float, carbon: float) -> float:
    """f_ind * (carbon cost of the reference - own carbon cost) (MODEL 7.1)."""
    return factor * (carbon_reference - carbon)


@inlined
def gross_value(factor: float, price_home: float, price_cbam: float, credit: float) -> float:
    """(P_region + P_cbam) * f_ind - P_credit, per t CO2e: gross, not clipped (MODEL 7.3)."""
    return (price_home + price_cbam) * factor - credit


@inlined
def ratio(value: float, divisor: float) -> float:
    """value/divisor, undefined where the divisor is not positive."""
    return value / divisor if divisor > 0.0 else NAN


@inlined
def break_even_border(
    excess: float,
    covered: float,
    gap_reference: float,
    paid_reference: float,
    gap: float,
    paid: float,
) -> float:
    """EU price at which the CBAM of the reference makes up for `excess` (MODEL 6.18).

    Solves excess + c*max(0, P*gap - paid) = c*max(0, P*gap_reference - paid_reference) for the
    smallest P >= 0: 0 if there is no excess, undefined if there is no such price.
    """
    if excess <= 0.0:
        return 0.0
    if covered <= 0.0 or gap_reference <= 0.0:
        return NAN
    alone = (excess / covered + paid_reference) / gap_reference
    if alone * gap <= paid:
        return alone  # the green tonne pays no CBAM at that price
    slope = gap_reference - gap
    if slope <= 0.0:
        return NAN
    both = (excess / covered + paid_reference - paid) / slope
    return both if both >= 0.0 else NAN


@inlined
def netted_with_credit(factor, carbon_reference, carbon, credit, amount):
    """`netted`, less what the credits of an amount would have brought."""
    return netted(factor, carbon_reference, carbon) - credit * amount


@inlined
def break_even_home(excess, charged_reference, charged):
    """Home price at which the charged emissions differ by `excess`."""
    return ratio(excess, charged_reference - charged)


@inlined
def not_positive(value):
    """1 where a value is zero or below."""
    return 1.0 if value <= 0.0 else 0.0


@inlined
def crossover(value, kept, first, year):
    """First year, not before `first`, with value <= 0; the row starts undefined."""
    now = year if value <= 0.0 and year >= first else NAN
    return kept if kept == kept else now


@inlined
def cheapest_row(rows, out, totals, first_years, year):
    """Position of the lowest total among the routes that exist; the first wins a tie."""
    best = rows[0]
    best[:] = np.inf
    rows[out, :] = NAN
    for k in range(totals.shape[0]):
        if first_years[k] > year:
            continue
        total, position = totals[k], float(k)
        for j in range(rows.shape[1]):
            # Both are read whether needed or not, as vectors have no branches.
            value, lowest, known = rows[total, j], best[j], rows[out, j]
            best[j] = value if value < lowest else lowest
            rows[out, j] = position if value < lowest else known
