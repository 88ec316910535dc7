"""Quantile functions without a closed form, tabulated in the form of `kernels.marginal_form`.

The values and slopes at the edges of the segments make cubics that never decrease.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simcore.distributions.components import Component
from simcore.distributions.marginal import DistributionError
from simcore.kernels.marginal_form import COEFFICIENTS, SEGMENTS, edges

Array = NDArray[np.float64]
# Values and slopes at given distances from an end, of a quantile function.
Side = Callable[[Array], tuple[Array, Array]]

_MOST_PIECES: Final = 64
_SMALLEST_PIECE: Final = 1e-12
_BISECTIONS: Final = 90
_MOST_TERMS: Final = 40
_MOST_STEPS: Final = 60


def _half(side: Side, direction: float) -> Array:
    """One table: `direction` is 1 where the values rise with the distance p, else -1."""
    p = edges()
    width = np.diff(p)
    value, slope = side(p)
    value = direction * np.maximum.accumulate(direction * value)
    secant = direction * np.diff(value) / width
    slope = direction * slope
    # Slopes up to three times the secants on both sides keep a cubic monotone (Fritsch and
    # Carlson 1980); where a density vanishes or overflows the slope says nothing.
    limit = 3 * np.minimum(np.append(secant[:1], secant), np.append(secant, secant[-1:]))
    slope = np.where(np.isfinite(slope) & (slope >= 0), np.minimum(slope, limit), limit / 3)
    start, end = slope[:-1], slope[1:]
    table = np.zeros((SEGMENTS, COEFFICIENTS))
    table[:, 0] = np.append(value[1:], value[-1])
    table[:-1, 1] = direction * end
    table[:-1, 2] = direction * (start + 2 * end - 3 * secant) / width
    table[:-1, 3] = direction * (start + end - 2 * secant) / width**2
    return table.reshape(-1)


def _pool(breaks: Array, sides: list[tuple[Side, Side]]) -> Array:
    with np.errstate(all="ignore"):
        halves = [table for low, high in sides for table in (_half(low, 1.0), _half(high, -1.0))]
    return np.concatenate([breaks, *halves])


def beta_table(alpha: float, beta: float, low: float, high: float) -> Array:
    """Tabulate the quantile function of the beta distribution: the pool of a TABLE with one piece.

    The error is below 1e-9 of the range where both shapes are at least 1/2.
    """
    pool = _unit_beta_table(float(alpha), float(beta)).copy()
    pool[2:] *= high - low
    # The constants of the cubics, and of the extra segments at 1/2.
    pool[2::COEFFICIENTS] += low
    return pool


def beta_quantile(alpha: float, beta: float, p: Array) -> tuple[Array, Array]:
    """Quantile function of the beta distribution on [0, 1], and its slope.

    Parameters
    ----------
    alpha, beta : float
        Positive shapes.
    p : ndarray
        Probabilities above 0 and at most 1/2.

    Returns
    -------
    x, slope : ndarray, shape of p

    Notes
    -----
    Of whole shapes the probability is a sum of positive terms, those of a binomial tail, and its
    logarithm is concave in ln x, so that Newton steps from the first term rise to the root. Any
    other shapes take `scipy.special`, which takes longer to load than a small run to check.
    """
    if not (alpha.is_integer() and beta.is_integer() and alpha + beta <= _MOST_TERMS):
        return _by_library(alpha, beta, p)
    a, b = int(alpha), int(beta)
    n = a + b - 1
    x = (p / math.comb(n, a)) ** (1.0 / a)
    for _ in range(_MOST_STEPS):
        y = 1.0 - x
        tail = sum(math.comb(n, j) * x**j * y ** (n - j) for j in range(a, n + 1))
        density = a * math.comb(n, a) * x ** (a - 1) * y ** (b - 1)
        step = np.log(p / tail) * tail / (x * density)
        x = x * np.exp(step)
        if np.all(np.abs(step) < 1e-15):
            break
    return x, 1.0 / (a * math.comb(n, a) * x ** (a - 1) * (1.0 - x) ** (b - 1))


def _by_library(a: float, b: float, p: Array) -> tuple[Array, Array]:
    from scipy.special import betainc, betaincinv, betaln

    x = betaincinv(a, b, p)
    # One Newton step: the library stops at 1e-9 or so of some tails.
    density = np.exp((a - 1) * np.log(x) + (b - 1) * np.log1p(-x) - betaln(a, b))
    step = (betainc(a, b, x) - p) / density
    better = np.isfinite(step) & (abs(step) < 1e-6 * np.minimum(x, 1 - x))
    return x - np.where(better, step, 0.0), 1 / density


@lru_cache(maxsize=64)
def _unit_beta_table(alpha: float, beta: float) -> Array:
    def from_low(p: Array) -> tuple[Array, Array]:
        return beta_quantile(alpha, beta, p)

    def from_high(p: Array) -> tuple[Array, Array]:
        x, slope = beta_quantile(beta, alpha, p)
        return 1 - x, -slope

    return _pool(np.array([0.0, 1.0]), [(from_low, from_high)])


def truncated_normal_table(
    mean: float, sd: float, low: float, high: float
) -> tuple[Array, float, float]:
    """Tabulate the quantile function of a normal distribution (`mean`, `sd`) between two limits.

    Returns the pool of a TABLE with one piece, and mean and median of what lies between the limits,
    which may be infinite. DistributionError: no probability is left there.
    """
    from scipy.special import ndtr, ndtri

    a, b = (low - mean) / sd, (high - mean) / sd
    kept = ndtr(-a) - ndtr(-b) if a > 0 else ndtr(b) - ndtr(a)
    if not kept > 0:
        raise DistributionError(
            f"truncated_normal: mean {mean}, sd {sd} leave no probability between {low} and {high}"
        )

    def density(z: Array | float) -> Array:
        return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)

    def near(p: Array, end: float, far: float) -> tuple[Array, Array]:
        """Distance p of probability above `end`, counted in the tail that keeps its digits."""
        z = ndtri(ndtr(end) + p * kept) if end < 0 else -ndtri(ndtr(-end) - p * kept)
        z = np.clip(z, end, far)
        return z, kept / density(z)

    def from_low(p: Array) -> tuple[Array, Array]:
        z, slope = near(p, a, b)
        return mean + sd * z, sd * slope

    def from_high(p: Array) -> tuple[Array, Array]:
        z, slope = near(p, -b, -a)
        return mean - sd * z, -sd * slope

    average = mean + sd * float(density(np.float64(a)) - density(np.float64(b))) / kept
    half = np.array([0.5])
    median = float((from_low(half) if a > -b else from_high(half))[0][0])
    return _pool(np.array([0.0, 1.0]), [(from_low, from_high)]), average, median


def mixture_table(component: Component) -> Array:
    """Tabulate the quantile function of a mixture: the pool of a TABLE.

    It has a piece between any two probabilities where the quantile function or its slope jumps;
    more than 64 are a DistributionError.
    """
    breaks = _breaks(component)
    if breaks.size - 1 > _MOST_PIECES:
        raise DistributionError(
            f"mixture: {breaks.size - 1} pieces, of which a table holds {_MOST_PIECES}; use fewer "
            "components or values, or an `empirical` distribution of draws of the mixture"
        )
    sides = []
    for start, stop in pairwise(breaks):
        sides.append((_piece(component, start, stop, False), _piece(component, start, stop, True)))
    return _pool(breaks, sides)


def mixture_median(component: Component) -> float:
    """Median of a mixture: the least value with at least half of the probability at or below."""
    return float(_solve(component, np.array([0.5]), False)[0])


def _breaks(component: Component) -> Array:
    """Probabilities from 0 to 1 between which the quantile function of a mixture is smooth."""
    where = np.union1d(component.breaks, _thinnest(component))
    at, _, _ = component.functions(where)
    weight = np.zeros_like(where)
    for value, share in zip(component.values, component.weights, strict=True):
        weight[where == value] += share
    inner = np.unique(np.concatenate([at, at - weight]))
    inner = inner[(inner > _SMALLEST_PIECE) & (inner < 1 - _SMALLEST_PIECE)]
    inner = inner[np.diff(inner, prepend=0.0) > _SMALLEST_PIECE]
    return np.concatenate([[0.0], inner, [1.0]])


def _thinnest(component: Component) -> Array:
    """Values between humps of a mixture, at which its quantile function is steepest."""
    x = component.grid
    _, _, density = component.functions(x)
    inner = density[1:-1]
    found = np.flatnonzero((inner > 0) & (inner < density[:-2]) & (inner <= density[2:]))
    low, high = x[found], x[found + 2]
    for _ in range(_BISECTIONS):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        falling = component.functions(left)[2] > component.functions(right)[2]
        low, high = np.where(falling, left, low), np.where(falling, high, right)
    return low


def _piece(component: Component, start: float, stop: float, from_high: bool) -> Side:
    """Quantiles of a mixture in the distance from one end of a piece, relative to its length."""
    length = stop - start

    def side(p: Array) -> tuple[Array, Array]:
        target = (1 - stop if from_high else start) + p * length
        x = _solve(component, target, from_high)
        _, _, density = component.functions(x)
        return x, (-length if from_high else length) / density

    return side


def _solve(component: Component, target: Array, upper: bool) -> Array:
    """Least x whose distribution function reaches, or survival function falls to, the target."""
    low = np.full(target.shape, component.reach[0])
    high = np.full(target.shape, component.reach[1])
    for _ in range(_BISECTIONS):
        middle = low + (high - low) / 2
        if np.all((middle == low) | (middle == high)):
            break
        below, above, _ = component.functions(middle)
        reached = above <= target if upper else below >= target
        high = np.where(reached, middle, high)
        low = np.where(reached, low, middle)
    return high
