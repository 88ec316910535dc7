"""Capital recovery, discounting, annuities, tax and internal rates."""

from __future__ import annotations

from typing import Final

import numpy as np

from simcore.kernels.elementary import exp, log
from simcore.kernels.jit import inlined

NAN = np.nan
HIGHEST_RATE: Final = 10.0
"""Internal rate of what earns more: 1,000 % a year."""
LOWEST_RATE: Final = -0.5
"""Lowest internal rate that is looked for."""
NEVER_BACK: Final = -1.0
"""Internal rate of what does not pay back at the lowest one: all is lost."""
BISECTIONS: Final = 64


@inlined
def capital_recovery(wacc: float, life: float) -> float:
    """Capital recovery factor w(1+w)^n/((1+w)^n - 1), 1/n as w -> 0 (MODEL 6.1).

    Parameters
    ----------
    wacc : float
        Rate per year, > -1.
    life : float
        Years.
    """
    growth = life * log(1.0 + wacc)
    plain = wacc / (1.0 - exp(-growth))
    # Series in w: the plain form loses digits as 1 - exp(-n w) cancels.
    series = (
        1.0
        + 0.5 * (life + 1.0) * wacc
        + (life * life - 1.0) * wacc * wacc / 12.0
        - (life * life - 1.0) * wacc * wacc * wacc / 24.0
    ) / life
    return series if abs(growth) < 1e-4 else plain


@inlined
def recovery_at_risk(wacc, risk, life):
    """Capital recovery factor at the WACC and a premium for risk."""
    return capital_recovery(wacc + risk, life)


@inlined
def log_growth(rate):
    return log(1.0 + rate)


@inlined
def accumulated_row(rows, out, amount, weight, first, last):
    """out += weight * amount for each of the years first..last after that of the value."""
    if weight == 0.0:
        return
    scale = weight * (last - first + 1.0)
    for j in range(rows.shape[1]):
        rows[out, j] += scale * rows[amount, j]


@inlined
def discounted_row(rows, out, amount, log_rate, weight, first, last):
    """out += weight * amount * sum of (1+rate)^-n for n in first..last."""
    if weight == 0.0:
        return
    for n in range(int(first), int(last) + 1):
        for j in range(rows.shape[1]):
            rows[out, j] += weight * rows[amount, j] * exp(-n * rows[log_rate, j])


@inlined
def taxable(profit, left, kept, active):
    """Profit less the losses carried forward; below zero the loss that is carried on.

    `left` is what a year leaves of a loss: 1, or less where it is money of its own year.
    """
    return profit + left * min(kept, 0.0) if active > 0.0 else 0.0


@inlined
def balanced(net, rate, kept, left, active):
    """What a stock was, with interest, and what the year adds, in the years that count (MODEL
    13.12).

    `left` is what a year leaves of money: 1, or less where it is that of its own year.
    """
    return kept * (1.0 + rate) * left + net if active > 0.0 else kept


@inlined
def lowest(value, kept, active):
    """Lowest of the values of the years that count; undefined as soon as one of them is."""
    return kept if active == 0.0 or value >= kept else value


@inlined
def paid_back(value, kept, active, year):
    """First of the years that count from which on no value is below zero; undefined: none."""
    if active == 0.0:
        return kept
    if not value >= 0.0:
        return NAN
    return kept if kept == kept else year


@inlined
def worth(rows, flows, j, factor):
    """Sum of the flows of a draw, each a factor less than the one before."""
    value = 0.0
    for k in range(flows.shape[0] - 1, -1, -1):
        value = value * factor + rows[flows[k], j]
    return value


@inlined
def present_value_row(rows, out, log_rate, flows, since, last, year):
    """Sum of yearly flows, the first of them `since` years after the valuation (MODEL 11.19).

    Made in the last year, when all are known.
    """
    for j in range(rows.shape[1]):
        rows[out, j] = NAN
    if year < last:
        return
    for j in range(rows.shape[1]):
        log_factor = -rows[log_rate, j]
        rows[out, j] = worth(rows, flows, j, exp(log_factor)) * exp(since * log_factor)


@inlined
def internal_rate_row(rows, out, flows, last, year):
    """Rate at which yearly flows are worth nothing (MODEL 11.20), in the last year.

    Of flows that sum to zero or more, between 0 and the highest; of others below 0. By halving the
    factor of a year, 1/(1 + rate), so that the bits are the same everywhere.
    """
    for j in range(rows.shape[1]):
        rows[out, j] = NAN
    if year < last:
        return
    for j in range(rows.shape[1]):
        total = worth(rows, flows, j, 1.0)
        if total != total:
            continue
        low = 1.0 / (1.0 + HIGHEST_RATE) if total >= 0.0 else 1.0
        high = 1.0 if total >= 0.0 else 1.0 / (1.0 + LOWEST_RATE)
        if total >= 0.0 and worth(rows, flows, j, low) >= 0.0:
            rows[out, j] = HIGHEST_RATE
        elif worth(rows, flows, j, high) < 0.0:
            rows[out, j] = NEVER_BACK
        else:
            for _ in range(BISECTIONS):
                middle = 0.5 * (low + high)
                if worth(rows, flows, j, middle) >= 0.0:
                    high = middle
                else:
                    low = middle
            rows[out, j] = 1.0 / high - 1.0


@inlined
def turns_row(rows, out, flows, last, year):
    """How often the sum of the flows so far changes its sign, in the last year (MODEL 11.21)."""
    for j in range(rows.shape[1]):
        rows[out, j] = NAN
    if year < last:
        return
    for j in range(rows.shape[1]):
        so_far, sign, turns = 0.0, 0.0, 0.0
        for k in range(flows.shape[0]):
            so_far += rows[flows[k], j]
            now = 1.0 if so_far > 0.0 else -1.0 if so_far < 0.0 else sign
            turns += 1.0 if now * sign < 0.0 else 0.0
            sign = now
        rows[out, j] = turns
