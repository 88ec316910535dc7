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
def capital_recovery_row(rows, out, wacc, risk, life):
    for j in range(rows.shape[1]):
        rows[out, j] = capital_recovery(rows[wacc, j] + rows[risk, j], life)


@inlined
def log_growth_row(rows, out, rate):
    for j in range(rows.shape[1]):
        rows[out, j] = log(1.0 + rows[rate, j])


@inlined
def accumulate(rows, out, value, log_rate, weight, first, last):
    """out += weight * value * sum of (1+rate)^-n for n in first..last; no rate: log_rate < 0."""
    if weight == 0.0:
        return
    if log_rate < 0:
        scale = weight * (last - first + 1)
        for j in range(rows.shape[1]):
            rows[out, j] += scale * rows[value, j]
        return
    for n in range(first, last + 1):
        for j in range(rows.shape[1]):
            rows[out, j] += weight * rows[value, j] * exp(-n * rows[log_rate, j])
