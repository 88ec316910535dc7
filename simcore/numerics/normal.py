"""Normal distributions whose halves may differ, as anchors of a price have them."""

from __future__ import annotations

import math
import operator
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Z90: Final = 1.2815515655446004
"""The 90 % quantile of the standard normal."""


def log_mean(above: Floats, below: Floats) -> Floats:
    """ln E[exp(z s)] of a standard normal z.

    Parameters
    ----------
    above, below : float64, shape (n,)
        Standard deviations s where z >= 0 and where z < 0.
    """

    def cdf(x: Floats) -> Floats:
        return np.array([0.5 * math.erfc(-value / math.sqrt(2.0)) for value in x])

    return np.asarray(
        np.log(np.exp(0.5 * above**2) * cdf(above) + np.exp(0.5 * below**2) * cdf(-below))
    )


@cache
def median_shift(above: float, below: float, variance: float) -> float:
    """Median of z*s + X: what a deviation adds to the median of an anchor whose halves differ.

    Parameters
    ----------
    above, below : float
        Standard deviations s of the log anchor for z >= 0 and z < 0.
    variance : float
        Of the deviation X, normal with mean zero.

    Notes
    -----
    A two-piece normal has its median at zero, but not with a symmetric X on top. The root of
    P(z*s + X <= m) = 1/2 by Newton steps; the integral over z by a quadrature of 48 points.
    """
    if above == below or variance <= 0.0 or max(above, below) <= 0.0:
        return 0.0
    if math.isinf(variance):
        return (above - below) / math.sqrt(2.0 * math.pi)  # the limit: the mean of z*s
    sd = math.sqrt(variance)
    nodes, weights = _half_normal()
    halves, half = (0.5 * weights).tolist(), len(nodes)
    sides = np.concatenate([-nodes * above, nodes * below])
    shift = 0.0
    for _ in range(30):
        points = (shift + sides) / sd
        tails = list(map(math.erfc, (points / -math.sqrt(2.0)).tolist()))
        cdf = sum(map(operator.mul, halves, map(operator.add, tails[:half], tails[half:])))
        density = np.exp(-0.5 * points**2)
        slope = float(weights @ (density[:half] + density[half:]))
        slope /= sd * math.sqrt(2.0 * math.pi)
        step = (cdf - 0.5) / slope
        shift -= step
        if abs(step) < 1e-12:
            break
    return shift


@cache
def _half_normal() -> tuple[Floats, Floats]:
    """Points z > 0 and weights for integrals over the upper half of a standard normal."""
    points, weights = np.polynomial.legendre.leggauss(48)
    z = 4.25 * (points + 1.0)
    density = np.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi) * 4.25 * weights
    return z, density * (0.5 / density.sum())
