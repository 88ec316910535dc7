"""Student's t, and how far an error estimated from a few replicates may reach."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

_FAR: Final = NormalDist().inv_cdf(0.999)
"""Normal quantile behind `reach`: one error in a thousand is larger."""


def students_t(level: float, freedom: int) -> float:
    """Half the width of the interval that holds Student's t with a given probability.

    Parameters
    ----------
    level : float
        Between 0 and 1.
    freedom : int
        Degrees of freedom, at least 1.

    Notes
    -----
    By the finite sums of Abramowitz and Stegun, 26.7.3 and 26.7.4; scipy takes too long to load.
    """
    odd = freedom % 2
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        angle = (low + high) / 2
        term, total = (math.cos(angle) if odd else 1.0), 0.0
        for k in range(2 + odd, freedom + 1, 2):
            total += term
            term *= math.cos(angle) ** 2 * (k - 1) / k
        inside = total * math.sin(angle)
        if odd:
            inside = (inside + angle) * 2 / math.pi
        low, high = (angle, high) if inside < level else (low, angle)
    return math.sqrt(freedom) * math.tan(low)


def reach(student: float, freedom: int) -> float:
    """Half the width that an interval hardly ever exceeds, in errors of independent draws.

    A design that is of no use has their error; the replicates' estimate of it has chi-squared's
    spread, here by the approximation of Wilson and Hilferty.
    """
    part = 2 / (9 * freedom)
    return student * (1 - part + _FAR * part**0.5) ** 1.5
