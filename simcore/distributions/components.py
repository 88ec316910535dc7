"""Distribution, survival and density functions of the kinds that a mixture may combine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simcore.numerics.normal import Z90

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
        return bool(self.weights.sum() > 1 - 1e-12)


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
        return _split_lognormal(np.exp(p["mu"]), p["sigma"], p["sigma"])
    if kind == "split_lognormal":
        below, above = np.log(p["p50"] / p["p10"]) / Z90, np.log(p["p90"] / p["p50"]) / Z90
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
        below, above, density = (np.zeros_like(x) for _ in range(3))
        for weight, component in zip(weights, components, strict=True):
            part = component.functions(x)
            below += weight * part[0]
            above += weight * part[1]
            density += weight * part[2]
        return below, above, density

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
    even = np.linspace(low, high, _GRID)
    return np.concatenate([even, np.geomspace(low, high, _GRID)]) if 0 < low < high else even


def _atoms(values: ArrayLike, weights: ArrayLike) -> Component:
    values, weights = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    order = np.argsort(values)
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
        below = np.interp(x, values, share)
        gap = np.clip(np.searchsorted(values, x, "right"), 1, n - 1)
        inside = (x >= values[0]) & (x <= values[-1])
        with np.errstate(divide="ignore"):
            density = inside / ((n - 1) * (values[gap] - values[gap - 1]))
        return below, np.interp(-x, -values[::-1], share), density

    bends = np.unique(values) if n <= _MOST_BENDS else values[[0, -1]]
    return Component(functions, (values[0], values[-1]), bends)


def _normal(mean: float, sd: float, low: float, high: float) -> Component:
    from scipy.special import ndtr

    a, b = (low - mean) / sd, (high - mean) / sd
    kept = ndtr(-a) - ndtr(-b) if a > 0 else ndtr(b) - ndtr(a)

    def functions(x: Array) -> tuple[Array, Array, Array]:
        z = np.clip((x - mean) / sd, a, b)
        # Differences of tails on the side where they are small.
        below = np.where(z > 0, ndtr(-a) - ndtr(-z), ndtr(z) - ndtr(a)) / kept
        above = np.where(z < 0, ndtr(b) - ndtr(z), ndtr(-z) - ndtr(-b)) / kept
        density = np.exp(-(z**2) / 2) / (np.sqrt(2 * np.pi) * sd * kept)
        return below, above, density * ((x >= low) & (x <= high))

    reach = (max(low, mean - _FAR * sd), min(high, mean + _FAR * sd))
    if reach[0] >= reach[1]:
        reach = (low if np.isfinite(low) else high - sd, high if np.isfinite(high) else low + sd)
    return Component(functions, reach, np.array([x for x in (low, high) if np.isfinite(x)]))


def _split_lognormal(median: float, below: float, above: float) -> Component:
    from scipy.special import ndtr

    def sigma(x: Array) -> Array:
        return np.where(x < median, below, above)

    def functions(x: Array) -> tuple[Array, Array, Array]:
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = np.log(np.maximum(x, 0) / median)
            # A side without spread is a jump: half of the probability lies at the median.
            z = np.where(distance == 0, 0.0, distance / sigma(x))
            density = np.exp(-(z**2) / 2) / (np.sqrt(2 * np.pi) * sigma(x) * x)
        down, up = ndtr(z), ndtr(-z)
        if above == 0:
            down, up = np.where(x >= median, 1.0, down), np.where(x >= median, 0.0, up)
        if below == 0:
            down, up = np.where(x < median, 0.0, down), np.where(x < median, 1.0, up)
        return down, up, np.where(np.isfinite(density) & (x > 0), density, 0.0)

    breaks = _NONE if below == above else np.array([median])
    values = np.full(int(below == 0) + int(above == 0), median)
    reach = (median * np.exp(-_FAR * below), median * np.exp(_FAR * above))
    breaks = np.array([median]) if values.size else breaks
    return Component(functions, reach, breaks, values, np.full(values.size, 0.5))


def _triangular(low: float, mode: float, high: float) -> Component:
    width = high - low

    def functions(x: Array) -> tuple[Array, Array, Array]:
        x = np.clip(x, low, high)
        with np.errstate(divide="ignore", invalid="ignore"):
            left = (x - low) ** 2 / (width * (mode - low))
            right = (high - x) ** 2 / (width * (high - mode))
            rising = x < mode
            density = np.where(
                rising,
                2 * (x - low) / (width * (mode - low)),
                2 * (high - x) / (width * (high - mode)),
            )
        below = np.where(rising, left, 1 - np.where(high > mode, right, 0.0))
        above = np.where(rising, 1 - left, np.where(high > mode, right, 0.0))
        return below, above, density

    return Component(functions, (low, high), np.unique([low, mode, high]).astype(float))


def _beta(alpha: float, beta: float, low: float, high: float) -> Component:
    from scipy.special import betainc, betaln

    width = high - low

    def functions(x: Array) -> tuple[Array, Array, Array]:
        t = np.clip((x - low) / width, 0.0, 1.0)
        rest = np.clip((high - x) / width, 0.0, 1.0)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            density = t ** (alpha - 1) * rest ** (beta - 1) / (np.exp(betaln(alpha, beta)) * width)
        inside = (x >= low) & (x <= high)
        return betainc(alpha, beta, t), betainc(beta, alpha, rest), np.where(inside, density, 0.0)

    return Component(functions, (float(low), float(high)), np.array([low, high], dtype=float))
