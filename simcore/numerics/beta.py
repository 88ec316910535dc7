"""The beta distribution on [0, 1]: both tails, density and quantiles."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simcore.numerics.elementary import exp, log, log1p, polynomial

Floats = NDArray[np.float64]

_LARGE: Final = 12.0
"""From here on Stirling's series has all digits."""
# Bernoulli's numbers over 2k(2k - 1), the highest power first.
_STIRLING: Final = (
    1 / 156, -691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12,
)  # fmt: skip
_HALF_LOG_2PI: Final = 0.9189385332046727
_TINY: Final = 1e-300
_MOST_TERMS: Final = 20_000
_MOST_STEPS: Final = 100


def _correction(a: float) -> float:
    """What Stirling's formula lacks of ln Gamma(a), of large a."""
    return float(polynomial(1.0 / (a * a), _STIRLING)) / a


def log_beta(a: float, b: float) -> float:
    """ln B(a, b) of positive shapes."""
    a, b, found = min(a, b), max(a, b), 0.0
    # B(a, b) = B(a + 1, b) (a + b)/a, until the series holds.
    while a < _LARGE:
        found += log1p(b / a)
        a += 1.0
    while b < _LARGE:
        found += log1p(a / b)
        b += 1.0
    small, large = log(a / (a + b)), log1p(-a / (a + b))
    found += _correction(a) + _correction(b) - _correction(a + b)
    return float(found + _HALF_LOG_2PI - 0.5 * log(b) + (a - 0.5) * small + b * large)


def tails(a: float, b: float, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """P(X <= x) and P(X > x) of the shapes a and b, where y = 1 - x; each small one has its digits.

    The shape is that of x and y, one axis.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        front = exp(a * log(x) + b * log(y) - log_beta(a, b))
    left = x * (a + b + 2.0) < a + 1.0
    below = np.empty(x.size)
    below[left] = _fraction(a, b, x[left]) * front[left] / a
    above = 1.0 - below
    above[~left] = _fraction(b, a, y[~left]) * front[~left] / b
    below[~left] = 1.0 - above[~left]
    return below, above


def _fraction(a: float, b: float, x: Floats) -> Floats:
    """The continued fraction of the incomplete beta function (Lentz), quick below the mean."""
    found, active = np.ones(x.size), np.arange(x.size)
    c = np.ones(x.size)
    d = 1.0 - (a + b) / (a + 1.0) * x
    d = 1.0 / np.where(abs(d) < _TINY, _TINY, d)
    value, left = d, x
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) / ((a + 2 * m - 1.0) * (a + 2 * m)) * left
        odd = -(a + m) * (a + b + m) / ((a + 2 * m) * (a + 2 * m + 1.0)) * left
        for term in (even, odd):
            d, c = 1.0 + term * d, 1.0 + term / c
            d = 1.0 / np.where(abs(d) < _TINY, _TINY, d)
            c = np.where(abs(c) < _TINY, _TINY, c)
            change = c * d
            value = value * change
        if m % 4 == 0:
            # What has come to rest is not carried on; every fourth time, whatever the others do.
            more = abs(change - 1.0) > 2e-16
            found[active[~more]] = value[~more]
            active = active[more]
            value, c, d, left = value[more], c[more], d[more], left[more]
        if not active.size:
            return found
    found[active] = value
    return found


def quantile(a: float, b: float, p: Floats) -> tuple[Floats, Floats]:
    """Quantiles of the beta distribution, and their slopes.

    Parameters
    ----------
    a, b : float
        Positive shapes.
    p : ndarray
        Probabilities above 0 and at most 1/2.

    Returns
    -------
    x, slope : ndarray, shape of p

    Notes
    -----
    Newton steps in ln x on ln p, within a bracket. Where b >= 1 the logarithm of the probability
    is concave in ln x, so that steps from the first term of its series rise to the root.
    """
    whole = log_beta(a, b)
    wanted = log(p)
    at = np.minimum((wanted + log(a) + whole) / a, -1e-3 if b >= 1.0 else -0.5)
    low, high = np.full(p.size, -np.inf), np.zeros(p.size)
    active = np.arange(p.size)
    for _ in range(_MOST_STEPS):
        t = at[active]
        x = exp(t)
        y = 1.0 - x
        below, _ = tails(a, b, x, y)
        with np.errstate(all="ignore"):
            # d ln P / d ln x
            slope = exp(a * t + (b - 1.0) * log(y) - whole) / below
            missed = wanted[active] - log(below)
            step = missed / slope
        rising = missed > 0.0
        low[active] = np.where(rising, t, low[active])
        high[active] = np.where(rising, high[active], t)
        moved = t + step
        inside = (moved > low[active]) & (moved < high[active]) & np.isfinite(step)
        middle = np.where(np.isfinite(low[active]), 0.5 * (low[active] + high[active]), 2.0 * t)
        done = abs(step) <= 1e-15 * np.maximum(abs(t), 1.0)
        at[active] = np.where(done, t, np.where(inside, moved, middle))
        active = active[~done & (at[active] != t)]
        if not active.size:
            break
    x = exp(at)
    with np.errstate(all="ignore"):
        return x, exp(whole - (a - 1.0) * at - (b - 1.0) * log(1.0 - x))
