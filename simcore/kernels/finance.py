"""Capital recovery, discounting and annuities."""

from __future__ import annotations

from simcore.kernels.elementary import exp, log
from simcore.kernels.jit import inlined


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
