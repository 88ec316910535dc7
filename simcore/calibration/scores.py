"""How good forecasts were: CRPS, calibration, and tests of the coverage of bands."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


def crps_normal(mean: ArrayLike, sd: ArrayLike, observed: ArrayLike) -> NDArray[np.float64]:
    """Continuous ranked probability score of a normal forecast, in the unit of the observed.

    sd (z (2 Phi(z) - 1) + 2 phi(z) - 1/sqrt(pi)), z = (observed - mean)/sd (Gneiting and Raftery
    2007, Journal of the American Statistical Association 102, section 4.2).

    Parameters
    ----------
    mean, sd, observed : array_like
        Of shapes that broadcast; sd > 0.
    """
    scale = np.asarray(sd, dtype=float)
    z = (np.asarray(observed, dtype=float) - np.asarray(mean, dtype=float)) / scale
    return np.asarray(scale * (mean_distance(z) - 1 / math.sqrt(math.pi)))


def mean_distance(z: ArrayLike) -> NDArray[np.float64]:
    """E|Z - z| of a standard normal Z."""
    from scipy.special import ndtr

    z = np.asarray(z, dtype=float)
    density = np.exp(-0.5 * z**2) / math.sqrt(2 * math.pi)
    return np.asarray(z * (2 * ndtr(z) - 1) + 2 * density)


def kupiec(misses: NDArray[np.bool_], rate: float) -> tuple[float, float]:
    """Test that misses come at a given rate.

    Parameters
    ----------
    misses : bool, shape (n,)
        True where the observed lay outside the band.
    rate : float
        Expected share of misses.

    Returns
    -------
    statistic, p_value : float
        Likelihood ratio, chi-square with one degree of freedom (Kupiec 1995, Journal of
        Derivatives 3); NaN without observations.
    """
    count, missed = len(misses), int(np.sum(misses))
    if count == 0:
        return math.nan, math.nan
    free = _bernoulli(missed, count, missed / count)
    statistic = max(0.0, 2 * (free - _bernoulli(missed, count, rate)))
    return statistic, _tail(statistic, 1)


def christoffersen(misses: NDArray[np.bool_], rate: float) -> tuple[float, float]:
    """Test that misses come at a given rate and independently of each other.

    Parameters
    ----------
    misses : bool, shape (n,)
        In the order of time.
    rate : float
        Expected share of misses.

    Returns
    -------
    statistic, p_value : float
        Likelihood ratio of conditional coverage, chi-square with two degrees of freedom
        (Christoffersen 1998, International Economic Review 39); NaN for fewer than two.
    """
    if len(misses) < 2:
        return math.nan, math.nan
    before, after = np.asarray(misses[:-1], dtype=bool), np.asarray(misses[1:], dtype=bool)
    steps = [(int(np.sum(after[before == state])), int(np.sum(before == state)))
             for state in (False, True)]  # fmt: skip
    missed = sum(one for one, _ in steps)
    pooled = _bernoulli(missed, len(after), missed / len(after))
    each = sum(_bernoulli(one, count, one / count) for one, count in steps if count)
    statistic = kupiec(misses, rate)[0] + max(0.0, 2 * (each - pooled))
    return statistic, _tail(statistic, 2)


def _bernoulli(hits: int, count: int, rate: float) -> float:
    """Log likelihood of hits at a rate; 0 log 0 is 0."""
    total = 0.0
    for number, share in ((hits, rate), (count - hits, 1 - rate)):
        if number:
            total += number * math.log(share) if share > 0 else -math.inf
    return total


def _tail(statistic: float, freedom: int) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(freedom, statistic))
