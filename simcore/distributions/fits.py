"""Parameters of a distribution from two or three of its quantiles."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.distributions.marginal import DistributionError
from simcore.numerics import beta as of_beta
from simcore.numerics.beta import tails
from simcore.numerics.elementary import exp, log, total
from simcore.numerics.normal import Z90, between, quantile

Array = NDArray[np.float64]

# How far, relative to the spread of the values, a fitted quantile may lie from a given one.
_TOLERANCE: Final = 1e-6
_MOST_STEPS: Final = 200
# Step of a numerical slope in a parameter that is a logarithm, or a share of the spread.
_SLOPE: Final = 1e-7


def fit(kind: str, quantiles: Mapping[Any, float], **given: float) -> dict[str, float]:
    """Find the member of a family that has given quantiles.

    Parameters
    ----------
    kind : str
        Kind of distribution: a continuous one with parameters.
    quantiles : mapping
        Two or three probabilities (numbers, or text of numbers) and their values.
    **given : float
        Parameters that stay as they are: `shape` of pert; `low` and `high` of beta (0 and 1 by
        default) and of truncated_normal (no limit by default).

    Returns
    -------
    dict
        All parameters of the kind.

    Raises
    ------
    DistributionError
        If the quantiles are not two or three, do not increase, or no member of the family has
        them.

    Notes
    -----
    Two quantiles leave the skewness of triangular, pert and split_lognormal open; the symmetric
    member (in the logarithm for the latter) is taken.
    """
    try:
        pairs = sorted((float(p), float(x)) for p, x in quantiles.items())
    except (TypeError, ValueError):
        raise DistributionError(
            f"quantiles {quantiles!r}: each must be probability: value"
        ) from None
    p, x = np.array(pairs).reshape(-1, 2).T
    if p.size not in (2, 3) or np.unique(p).size != p.size:
        raise DistributionError(f"quantiles of {p.size} probabilities; two or three are needed")
    if p[0] <= 0 or p[-1] >= 1:
        raise DistributionError(f"probabilities {p.tolist()} must lie strictly between 0 and 1")
    if not (np.isfinite(x).all() and (np.diff(x) > 0).all()):
        raise DistributionError(f"quantiles {x.tolist()} must increase with their probabilities")
    return _FITS[kind](p, x, **given)


def _impossible(kind: str, p: Array, x: Array, remedy: str) -> DistributionError:
    wanted = ", ".join(f"{a:g}: {b:g}" for a, b in zip(p, x, strict=True))
    return DistributionError(f"no {kind} distribution has the quantiles {wanted}; {remedy}")


def _line(
    kind: str, score: Array, p: Array, x: Array, *, other: str = "a family with skewness",
    written: Array | None = None,
) -> tuple[float, float]:  # fmt: skip
    """Location and scale with x = location + scale * score, from the outer quantiles.

    `other` is the family that has all of them; `written` what the user wrote, if not x.
    """
    scale = (x[-1] - x[0]) / (score[-1] - score[0])
    location = x[0] - scale * score[0]
    if not np.all(abs(location + scale * score - x) <= _TOLERANCE * (x[-1] - x[0])):
        raise _impossible(kind, p, x if written is None else written, f"give two, or use {other}")
    return float(location), float(scale)


def _uniform(p: Array, x: Array) -> dict[str, float]:
    low, width = _line("uniform", p, p, x)
    return {"low": low, "high": low + width}


def _normal(p: Array, x: Array) -> dict[str, float]:
    mean, sd = _line("normal", quantile(p), p, x)
    return {"mean": mean, "sd": sd}


def _positive(kind: str, p: Array, x: Array) -> None:
    if x[0] <= 0:
        raise _impossible(kind, p, x, "its values are positive")


def _lognormal(p: Array, x: Array) -> dict[str, float]:
    _positive("lognormal", p, x)
    mu, sigma = _line("lognormal", quantile(p), p, log(x), other="kind: split_lognormal", written=x)
    return {"mu": mu, "sigma": sigma}


def _split_lognormal(p: Array, x: Array) -> dict[str, float]:
    kind = "split_lognormal"
    _positive(kind, p, x)
    z, y = quantile(p), log(x)
    if p.size == 2:
        center, below = _line(kind, z, p, y)
        above = below
    else:
        # Two of the three lie on one side of the median (or at it) and fix the line there.
        first, second, third = (0, 1, 2) if z[1] <= 0 else (2, 1, 0)
        slope = (y[first] - y[second]) / (z[first] - z[second])
        center = y[second] - slope * z[second]
        if z[third] * z[first] >= 0:
            raise _impossible(kind, p, x, "give probabilities on both sides of 0.5")
        other = (y[third] - center) / z[third]
        below, above = (slope, other) if first == 0 else (other, slope)
        if not (below >= 0 and above >= 0):
            raise _impossible(kind, p, x, "the median they imply lies outside them")
    tenth, median, ninetieth = exp([center - below * Z90, center, center + above * Z90])
    return {"p10": float(tenth), "p50": float(median), "p90": float(ninetieth)}


def _by_mode(kind: str, p: Array, x: Array, standard: Callable[[float], Array]) -> dict[str, float]:
    """Fit low, mode, high by the place of the mode, from 0 (at low) to 1 (at high)."""
    position = 0.5
    if p.size == 3:
        wanted = (x[1] - x[0]) / (x[2] - x[0])

        def miss(place: float) -> float:
            t = standard(place)
            return (t[1] - t[0]) / (t[2] - t[0]) - wanted

        if miss(0.0) * miss(1.0) > 0:
            raise _impossible(kind, p, x, "they are too skewed for it; lognormal has longer tails")
        position = _root(miss)
    t = standard(position)
    width = (x[-1] - x[0]) / (t[-1] - t[0])
    low = x[0] - width * t[0]
    return {
        "low": float(low),
        "mode": float(low + width * position),
        "high": float(low + width),
    }


def _root(miss: Callable[[float], float]) -> float:
    """Where a function between 0 and 1 crosses zero, by secants within a bracket (Illinois)."""
    low, high, below, above = 0.0, 1.0, miss(0.0), miss(1.0)
    at, side = 0.0, 0
    for _ in range(_MOST_STEPS):
        if below == above:
            break
        at = (low * above - high * below) / (above - below)
        value = miss(at)
        if value == 0.0 or high - low <= 1e-15:
            break
        if (value > 0.0) == (above > 0.0):
            high, above, below = at, value, 0.5 * below if side == 1 else below
            side = 1
        else:
            low, below, above = at, value, 0.5 * above if side == -1 else above
            side = -1
    return at


def _beta_quantile(a: float, b: float, p: Array) -> Array:
    """Quantiles of the beta distribution on [0, 1], each from the end that is nearer."""
    found, low = np.empty(p.size), p <= 0.5
    if low.any():
        found[low] = of_beta.quantile(a, b, p[low])[0]
    if not low.all():
        found[~low] = 1 - of_beta.quantile(b, a, 1 - p[~low])[0]
    return found


def _triangular(p: Array, x: Array) -> dict[str, float]:
    def standard(place: float) -> Array:
        return np.where(p < place, np.sqrt(p * place), 1 - np.sqrt((1 - p) * (1 - place)))

    return _by_mode("triangular", p, x, standard)


def _pert(p: Array, x: Array, shape: float = 4.0) -> dict[str, float]:
    def standard(place: float) -> Array:
        return _beta_quantile(1 + shape * place, 1 + shape * (1 - place), p)

    return {**_by_mode("pert", p, x, standard), "shape": shape}


def _search(
    kind: str,
    p: Array,
    x: Array,
    start: Array,
    distribution: Callable[[Array, Array], Array],
) -> Array:
    """Two free parameters by least squares on the normal scores of the probabilities.

    Damped steps (Levenberg and Marquardt) with slopes by differences.
    """
    wanted = quantile(p)

    def miss(free: Array) -> Array:
        with np.errstate(all="ignore"):
            score = quantile(np.clip(distribution(free, x), 1e-300, 1 - 1e-16))
        return np.nan_to_num(score - wanted, nan=1e3)

    at, found, damping = start, miss(start), 1e-3
    for _ in range(_MOST_STEPS):
        slopes = [(miss(at + side) - found) / _SLOPE for side in _SLOPE * np.eye(2)]
        while damping < 1e12:
            step = _damped(slopes, found, damping)
            tried = miss(at + step)
            if total(tried * tried) < total(found * found):
                break
            damping *= 8
        else:
            break
        at, found, damping = at + step, tried, max(damping / 32, 1e-20)
        if abs(step).max() < 1e-13:
            break
    if abs(found).max() > _TOLERANCE:
        raise _impossible(kind, p, x, "give two of them, other limits, or another family")
    return at


def _damped(slopes: list[Array], found: Array, damping: float) -> Array:
    """The step from `found` by the slopes in two directions, each made shorter by the damping."""
    sizes = [math.sqrt(damping * float(total(one * one))) for one in slopes]
    first, second = (np.append(one, side) for one, side in zip(slopes, np.diag(sizes), strict=True))
    goal = -np.append(found, [0.0, 0.0])
    # Gram and Schmidt; a direction without a slope is left alone.
    length = math.sqrt(float(total(first * first))) or 1.0
    first = first / length
    along = float(total(first * second))
    second = second - along * first
    rest = float(total(second * second)) or 1.0
    other = float(total(second * goal)) / rest
    return np.array([(float(total(first * goal)) - along * other) / length, other])


def _beta(p: Array, x: Array, low: float = 0.0, high: float = 1.0) -> dict[str, float]:
    if not (low < x[0] and x[-1] < high):
        raise _impossible("beta", p, x, f"they must lie between low {low} and high {high}")
    t, z = (x - low) / (high - low), quantile(p)
    # Start from the normal distribution with the same outer quantiles.
    sd, score = (t[-1] - t[0]) / (z[-1] - z[0]), z[0]
    mean = float(np.clip(t[0] - sd * score, 0.02, 0.98))
    whole = max(mean * (1 - mean) / (sd * sd) - 1, 0.5)
    start = log(np.array([mean * whole, (1 - mean) * whole]))

    def distribution(free: Array, values: Array) -> Array:
        alpha, beta = exp(np.clip(free, -20, 20)).tolist()
        return tails(alpha, beta, (values - low) / (high - low), (high - values) / (high - low))[0]

    alpha, beta = exp(_search("beta", p, x, start, distribution))
    return {"alpha": float(alpha), "beta": float(beta), "low": low, "high": high}


def _truncated_normal(
    p: Array, x: Array, low: float = -np.inf, high: float = np.inf
) -> dict[str, float]:
    if not (low < x[0] and x[-1] < high):
        raise _impossible("truncated_normal", p, x, f"they must lie between {low} and {high}")
    plain = _normal(p[[0, -1]], x[[0, -1]])

    def distribution(free: Array, values: Array) -> Array:
        mean, sd = x[0] + free[0] * (x[-1] - x[0]), plain["sd"] * exp(float(free[1]))
        a, b, z = (low - mean) / sd, (high - mean) / sd, (values - mean) / sd
        return between(a, z) / between(a, b)

    start = np.array([(plain["mean"] - x[0]) / (x[-1] - x[0]), 0.0])
    place, stretch = _search("truncated_normal", p, x, start, distribution)
    return {
        "mean": float(x[0] + place * (x[-1] - x[0])),
        "sd": float(plain["sd"] * exp(float(stretch))),
        "low": low,
        "high": high,
    }


_FITS: Final[dict[str, Callable[..., dict[str, float]]]] = {
    "uniform": _uniform,
    "triangular": _triangular,
    "pert": _pert,
    "normal": _normal,
    "truncated_normal": _truncated_normal,
    "lognormal": _lognormal,
    "split_lognormal": _split_lognormal,
    "beta": _beta,
}
FITTED: Final = tuple(_FITS)
