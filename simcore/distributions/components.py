"""Distribution, survival and density functions of the kinds that a mixture may combine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simcore.numerics.beta import log_beta, tails
from simcore.numerics.elementary import evenly, exp, interpolated, log, total
from simcore.numerics.normal import Z90, between, cdf, density

Array = NDArray[np.float64]
Functions = Callable[[Array], tuple[Array, Array, Array]]

_NONE: Final = np.empty(0)
# A normal number beyond this has a probability below 2**-54.
_FAR: Final = 8.5
# An empirical distribution bends at each value; beyond this many the bends are too small to matter.
_MOST_BENDS: Final = 16
_GRID: Final = 513


@dataclass(frozen=True, eq=False)
class Component:
    """One distribution as functions of its value.

    Attributes
    ----------
    functions : callable
        From x, shape (n,), to P(X <= x), P(X > x) and the density of the continuous part.
    reach : tuple of two float
        Finite ends of all but 2**-54 of the probability on each side.
    breaks : ndarray
        Values at which the distribution function or the density jumps, ascending.
    values, weights : ndarray
        Values of positive probability, and those probabilities.
    grid : ndarray
        Values close enough to each other to see every hump of the density, ascending.
    """

    functions: Functions
    reach: tuple[float, float]
    breaks: Array
    values: Array = field(default_factory=lambda: _NONE)
    weights: Array = field(default_factory=lambda: _NONE)
    grid: Array = field(default_factory=lambda: _NONE)

    @property
    def is_discrete(self) -> bool:
        """Whether single values hold all the probability."""
        return bool(total(self.weights) > 1 - 1e-12)


def component_of(kind: str, parameters: dict[str, Any]) -> Component:
    """Functions of a distribution that is no mixture, of parameters that were checked."""
    p = parameters
    if kind == "constant":
        return _atoms([p["value"]], [1.0])
    if kind == "discrete":
        return _atoms(p["values"], p["probabilities"])
    if kind == "bernoulli":
        return _atoms([0.0, 1.0], [1 - p["probability"], p["probability"]])
    if kind == "empirical":
        return _empirical(np.sort(np.asarray(p["values"], dtype=np.float64)))
    if kind in ("normal", "truncated_normal"):
        if p["sd"] == 0:
            return _atoms([p["mean"]], [1.0])
        return _normal(p["mean"], p["sd"], p.get("low", -np.inf), p.get("high", np.inf))
    if kind == "lognormal":
        return _split_lognormal(exp(p["mu"]), p["sigma"], p["sigma"])
    if kind == "split_lognormal":
        below, above = log(p["p50"] / p["p10"]) / Z90, log(p["p90"] / p["p50"]) / Z90
        return _split_lognormal(p["p50"], below, above)
    low, high = p.get("low", 0.0), p.get("high", 1.0)
    if low == high:
        return _atoms([low], [1.0])
    if kind == "triangular":
        return _triangular(low, p["mode"], high)
    if kind == "uniform":
        return _beta(1.0, 1.0, low, high)
    if kind == "pert":
        shape, position = p.get("shape", 4.0), (p["mode"] - low) / (high - low)
        return _beta(1 + shape * position, 1 + shape * (1 - position), low, high)
    return _beta(p["alpha"], p["beta"], low, high)


def mixture_of(components: Sequence[Component], weights: Sequence[float]) -> Component:
    """Functions of a mixture of parts, which may be mixtures; the weights add up to 1."""

    def functions(x: Array) -> tuple[Array, Array, Array]:
        below, above, slope = (np.zeros_like(x) for _ in range(3))
        for weight, component in zip(weights, components, strict=True):
            part = component.functions(x)
            below += weight * part[0]
            above += weight * part[1]
            slope += weight * part[2]
        return below, above, slope

    return Component(
        functions,
        (min(c.reach[0] for c in components), max(c.reach[1] for c in components)),
        np.unique(np.concatenate([c.breaks for c in components])),
        np.concatenate([c.values for c in components]),
        np.concatenate([w * c.weights for w, c in zip(weights, components, strict=True)]),
        np.unique(np.concatenate([_grid(c) for c in components])),
    )


def _grid(component: Component) -> Array:
    if component.grid.size:
        return component.grid
    low, high = component.reach
    even = evenly(low, high, _GRID)
    if not 0 < low < high:
        return even
    return np.concatenate([even, np.clip(exp(evenly(log(low), log(high), _GRID)), low, high)])


def _atoms(values: ArrayLike, weights: ArrayLike) -> Component:
    values, weights = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    values, weights = values[order], weights[order]
    below = np.concatenate([[0.0], np.cumsum(weights)])
    above = np.concatenate([np.cumsum(weights[::-1])[::-1], [0.0]])

    def functions(x: Array) -> tuple[Array, Array, Array]:
        place = np.searchsorted(values, x, "right")
        return below[place], above[place], np.zeros_like(x)

    return Component(functions, (values[0], values[-1]), np.unique(values), values, weights)


def _empirical(values: Array) -> Component:
    if values[0] == values[-1]:
        return _atoms(values[:1], [1.0])
    n = values.size
    share = np.arange(n) / (n - 1)

    def functions(x: Array) -> tuple[Array, Array, Array]:
        below = interpolated(x, values, share)
        gap = np.clip(np.searchsorted(values, x, "right"), 1, n - 1)
        inside = (x >= values[0]) & (x <= values[-1])
        with np.errstate(divide="ignore"):
            density = inside / ((n - 1) * (values[gap] - values[gap - 1]))
        return below, interpolated(-x, -values[::-1], share), density

    bends = np.unique(values) if n <= _MOST_BENDS else values[[0, -1]]
    return Component(functions, (values[0], values[-1]), bends)


def _normal(mean: float, sd: float, low: float, high: float) -> Component:
    a, b = (low - mean) / sd, (high - mean) / sd
    kept = float(between(a, b))

    def functions(x: Array) -> tuple[Array, Array, Array]:
        z = np.clip((x - mean) / sd, a, b)
        inside = (x >= low) & (x <= high)
        return between(a, z) / kept, between(z, b) / kept, density(z) / (sd * kept) * inside

    reach = (max(low, mean - _FAR * sd), min(high, mean + _FAR * sd))
    if reach[0] >= reach[1]:
        reach = (low if np.isfinite(low) else high - sd, high if np.isfinite(high) else low + sd)
    return Component(functions, reach, np.array([x for x in (low, high) if np.isfinite(x)]))


def _split_lognormal(median: float, below: float, above: float) -> Component:
    def sigma(x: Array) -> Array:
        return np.where(x < median, below, above)

    def functions(x: Array) -> tuple[Array, Array, Array]:
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = log(np.maximum(x, 0) / median)
            # A side without spread is a jump: half of the probability lies at the median.
            z = np.where(distance == 0, 0.0, distance / sigma(x))
            slope = density(z) / (sigma(x) * x)
        down, up = cdf(z), cdf(-z)
        if above == 0:
            down, up = np.where(x >= median, 1.0, down), np.where(x >= median, 0.0, up)
        if below == 0:
            down, up = np.where(x < median, 0.0, down), np.where(x < median, 1.0, up)
        return down, up, np.where(np.isfinite(slope) & (x > 0), slope, 0.0)

    breaks = _NONE if below == above else np.array([median])
    values = np.full(int(below == 0) + int(above == 0), median)
    reach = (median * exp(-_FAR * below), median * exp(_FAR * above))
    breaks = np.array([median]) if values.size else breaks
    return Component(functions, reach, breaks, values, np.full(values.size, 0.5))


def _triangular(low: float, mode: float, high: float) -> Component:
    width = high - low

    def functions(x: Array) -> tuple[Array, Array, Array]:
        # At an end that is the mode the density is not zero.
        inside = (x >= low) & (x <= high)
        x = np.clip(x, low, high)
        with np.errstate(divide="ignore", invalid="ignore"):
            left = (x - low) * (x - low) / (width * (mode - low))
            right = (high - x) * (high - x) / (width * (high - mode))
            rising = (x < mode) | (mode == high)
            density = np.where(
                rising,
                2 * (x - low) / (width * (mode - low)),
                2 * (high - x) / (width * (high - mode)),
            )
        below = np.where(rising, left, 1 - np.where(high > mode, right, 0.0))
        above = np.where(rising, 1 - left, np.where(high > mode, right, 0.0))
        return below, above, np.where(inside, density, 0.0)

    return Component(functions, (low, high), np.unique([low, mode, high]).astype(float))


def _beta(alpha: float, beta: float, low: float, high: float) -> Component:
    width, whole = high - low, log_beta(alpha, beta)

    def functions(x: Array) -> tuple[Array, Array, Array]:
        t = np.clip((x - low) / width, 0.0, 1.0)
        rest = np.clip((high - x) / width, 0.0, 1.0)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            # At an end zero to the power of zero is 1.
            parts = [(s - 1) * log(y) if s != 1 else 0.0 for s, y in ((alpha, t), (beta, rest))]
            slope = exp(parts[0] + parts[1] - whole) / width
        inside = (x >= low) & (x <= high)
        return *tails(alpha, beta, t, rest), np.where(inside, slope, 0.0)

    return Component(functions, (float(low), float(high)), np.array([low, high], dtype=float))
