"""Parameters of a distribution from two or three of its quantiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.distributions.marginal import DistributionError
from simcore.numerics.normal import Z90

Array = NDArray[np.float64]

# How far, relative to the spread of the values, a fitted quantile may lie from a given one.
_TOLERANCE: Final = 1e-6


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
    from scipy.special import ndtri

    mean, sd = _line("normal", ndtri(p), p, x)
    return {"mean": mean, "sd": sd}


def _positive(kind: str, p: Array, x: Array) -> None:
    if x[0] <= 0:
        raise _impossible(kind, p, x, "its values are positive")


def _lognormal(p: Array, x: Array) -> dict[str, float]:
    from scipy.special import ndtri

    _positive("lognormal", p, x)
    mu, sigma = _line("lognormal", ndtri(p), p, np.log(x), other="kind: split_lognormal", written=x)
    return {"mu": mu, "sigma": sigma}


def _split_lognormal(p: Array, x: Array) -> dict[str, float]:
    from scipy.special import ndtri

    kind = "split_lognormal"
    _positive(kind, p, x)
    z, y = ndtri(p), np.log(x)
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
    tenth, median, ninetieth = np.exp([center - below * Z90, center, center + above * Z90])
    return {"p10": float(tenth), "p50": float(median), "p90": float(ninetieth)}


def _by_mode(kind: str, p: Array, x: Array, standard: Callable[[float], Array]) -> dict[str, float]:
    """Fit low, mode, high by the place of the mode, from 0 (at low) to 1 (at high)."""
    position = 0.5
    if p.size == 3:
        from scipy.optimize import brentq

        wanted = (x[1] - x[0]) / (x[2] - x[0])

        def miss(place: float) -> float:
            t = standard(place)
            return (t[1] - t[0]) / (t[2] - t[0]) - wanted

        if miss(0.0) * miss(1.0) > 0:
            raise _impossible(kind, p, x, "they are too skewed for it; lognormal has longer tails")
        position = brentq(miss, 0.0, 1.0, xtol=1e-15)
    t = standard(position)
    width = (x[-1] - x[0]) / (t[-1] - t[0])
    low = x[0] - width * t[0]
    return {
        "low": float(low),
        "mode": float(low + width * position),
        "high": float(low + width),
    }


def _triangular(p: Array, x: Array) -> dict[str, float]:
    def standard(place: float) -> Array:
        return np.where(p < place, np.sqrt(p * place), 1 - np.sqrt((1 - p) * (1 - place)))

    return _by_mode("triangular", p, x, standard)


def _pert(p: Array, x: Array, shape: float = 4.0) -> dict[str, float]:
    from scipy.special import betaincinv

    def standard(place: float) -> Array:
        return betaincinv(1 + shape * place, 1 + shape * (1 - place), p)

    return {**_by_mode("pert", p, x, standard), "shape": shape}


def _search(
    kind: str,
    p: Array,
    x: Array,
    start: Array,
    distribution: Callable[[Array, Array], Array],
) -> Array:
    """Two free parameters by least squares on the normal scores of the probabilities."""
    from scipy.optimize import least_squares
    from scipy.special import ndtri

    def miss(free: Array) -> Array:
        with np.errstate(all="ignore"):
            score = ndtri(np.clip(distribution(free, x), 1e-300, 1 - 1e-16))
        return np.nan_to_num(score - ndtri(p), nan=1e3)

    found = least_squares(miss, start, xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=2000)
    if np.abs(found.fun).max() > _TOLERANCE:
        raise _impossible(kind, p, x, "give two of them, other limits, or another family")
    return found.x


def _beta(p: Array, x: Array, low: float = 0.0, high: float = 1.0) -> dict[str, float]:
    from scipy.special import betainc, ndtri

    if not (low < x[0] and x[-1] < high):
        raise _impossible("beta", p, x, f"they must lie between low {low} and high {high}")
    t = (x - low) / (high - low)
    # Start from the normal distribution with the same outer quantiles.
    sd = (t[-1] - t[0]) / (ndtri(p[-1]) - ndtri(p[0]))
    mean = np.clip(t[0] - sd * ndtri(p[0]), 0.02, 0.98)
    total = max(mean * (1 - mean) / sd**2 - 1, 0.5)
    start = np.log([mean * total, (1 - mean) * total])

    def distribution(free: Array, values: Array) -> Array:
        alpha, beta = np.exp(np.clip(free, -20, 20))
        return betainc(alpha, beta, (values - low) / (high - low))

    alpha, beta = np.exp(_search("beta", p, x, start, distribution))
    return {"alpha": float(alpha), "beta": float(beta), "low": low, "high": high}


def _truncated_normal(
    p: Array, x: Array, low: float = -np.inf, high: float = np.inf
) -> dict[str, float]:
    from scipy.special import ndtr

    if not (low < x[0] and x[-1] < high):
        raise _impossible("truncated_normal", p, x, f"they must lie between {low} and {high}")
    plain = _normal(p[[0, -1]], x[[0, -1]])

    def distribution(free: Array, values: Array) -> Array:
        mean, sd = x[0] + free[0] * (x[-1] - x[0]), plain["sd"] * np.exp(free[1])
        a, b, z = (low - mean) / sd, (high - mean) / sd, (values - mean) / sd
        if a > 0:
            return (ndtr(-a) - ndtr(-z)) / (ndtr(-a) - ndtr(-b))
        return (ndtr(z) - ndtr(a)) / (ndtr(b) - ndtr(a))

    start = np.array([(plain["mean"] - x[0]) / (x[-1] - x[0]), 0.0])
    place, stretch = _search("truncated_normal", p, x, start, distribution)
    return {
        "mean": float(x[0] + place * (x[-1] - x[0])),
        "sd": float(plain["sd"] * np.exp(stretch)),
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
