"""Quantile functions without a closed form, tabulated in the form of `kernels.marginal_form`.

The values and slopes at the edges of the segments make cubics that never decrease.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simcore.distributions.components import Component
from simcore.distributions.marginal import DistributionError
from simcore.kernels.marginal_form import COEFFICIENTS, SEGMENTS, edges
from simcore.numerics import beta
from simcore.numerics.elementary import log
from simcore.numerics.normal import between, cdf, density, quantile

Array = NDArray[np.float64]
# Values and slopes at given distances from an end, of a quantile function.
Side = Callable[[Array], tuple[Array, Array]]

_MOST_PIECES: Final = 64
_SMALLEST_PIECE: Final = 1e-12
_BISECTIONS: Final = 90
_MOST_STEPS: Final = 200
# Newton steps in a row that a quantile of a mixture may take, and how near they must come.
_CHANCES: Final = 10
_ROUNDING: Final = 4e-16
_FLAT: Final = 1e-12


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
    table[:-1, 3] = direction * (start + end - 2 * secant) / (width * width)
    return table.reshape(-1)


def _pool(breaks: Array, sides: list[tuple[Side, Side]]) -> Array:
    with np.errstate(all="ignore"):
        halves = [table for low, high in sides for table in (_half(low, 1.0), _half(high, -1.0))]
    return np.concatenate([breaks, *halves])


def beta_table(a: float, b: float, low: float, high: float) -> Array:
    """Tabulate the quantile function of a beta distribution: the pool of a TABLE with one piece.

    Its shapes are `a` and `b`. Of shapes of at least 1/2 the error is below 1e-9 of the range.
    """
    pool = _unit_beta_table(float(a), float(b)).copy()
    pool[2:] *= high - low
    # The constants of the cubics, and of the extra segments at 1/2.
    pool[2::COEFFICIENTS] += low
    return pool


@lru_cache(maxsize=64)
def _unit_beta_table(a: float, b: float) -> Array:
    def from_low(p: Array) -> tuple[Array, Array]:
        return beta.quantile(a, b, p)

    def from_high(p: Array) -> tuple[Array, Array]:
        x, slope = beta.quantile(b, a, p)
        return 1 - x, -slope

    return _pool(np.array([0.0, 1.0]), [(from_low, from_high)])


def truncated_normal_table(
    mean: float, sd: float, low: float, high: float
) -> tuple[Array, float, float]:
    """Tabulate the quantile function of a normal distribution (`mean`, `sd`) between two limits.

    Returns the pool of a TABLE with one piece, and mean and median of what lies between the limits,
    which may be infinite. DistributionError: no probability is left there.
    """
    a, b = (low - mean) / sd, (high - mean) / sd
    kept = float(between(a, b))
    if not kept > 0:
        raise DistributionError(
            f"truncated_normal: mean {mean}, sd {sd} leave no probability between {low} and {high}"
        )

    def near(p: Array, end: float, far: float) -> tuple[Array, Array]:
        """Distance p of probability above `end`, counted in the tail that keeps its digits."""
        z = quantile(cdf(end) + p * kept) if end < 0 else -quantile(cdf(-end) - p * kept)
        z = np.clip(z, end, far)
        return z, kept / density(z)

    def from_low(p: Array) -> tuple[Array, Array]:
        z, slope = near(p, a, b)
        return mean + sd * z, sd * slope

    def from_high(p: Array) -> tuple[Array, Array]:
        z, slope = near(p, -b, -a)
        return mean - sd * z, -sd * slope

    average = mean + sd * float(density(a) - density(b)) / kept
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
    # Where it is flat, rounding makes no humps.
    least = density[:-2] * (1 - _FLAT)
    found = np.flatnonzero((inner > 0) & (inner < least) & (inner <= density[2:]))
    low, high = x[found], x[found + 2]
    for _ in range(_BISECTIONS):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        _, _, density = component.functions(np.concatenate([left, right]))
        falling = density[: left.size] > density[left.size :]
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
    """Least x whose distribution function reaches, or survival function falls to, the target.

    Newton steps of the logarithm within a bracket, which every other step halves once they have
    had their chance. Each point stops by itself.
    """
    low, high = (np.full(target.size, one, dtype=float) for one in component.reach)
    found, active = high.copy(), np.arange(target.size)
    at = low + (high - low) / 2
    for step in range(_MOST_STEPS):
        below, above, slope = component.functions(at)
        wanted = target[active]
        share = above if upper else below
        missed = wanted - share if upper else share - wanted
        reached = missed >= 0
        low, high = np.where(reached, low, at), np.where(reached, at, high)
        middle = low + (high - low) / 2
        with np.errstate(all="ignore"):
            moved = at + (log(share / wanted) if upper else log(wanted / share)) * share / slope
        newton = (moved > low) & (moved < high) & (step < _CHANCES or step % 2 == 0)
        # Within the rounding of x, or of its own, a distribution function says no more.
        level = (slope > 0) & (abs(missed) <= _ROUNDING * np.maximum(wanted, slope * abs(at)))
        found[active] = np.where(level, at, high)
        more = ~(level | (middle == low) | (middle == high))
        active, low, high = active[more], low[more], high[more]
        at = np.where(newton, moved, middle)[more]
        if not active.size:
            break
    return found
