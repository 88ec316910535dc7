"""Student's t, and how far an error estimated from a few replicates may reach."""

from __future__ import annotations

import math
from typing import Final

from simcore.numerics.elementary import sin
from simcore.numerics.normal import quantile

_FAR: Final = float(quantile(0.999))
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
        sine, cosine = sin(angle), sin(math.pi / 2 - angle)
        term, total = (cosine if odd else 1.0), 0.0
        for k in range(2 + odd, freedom + 1, 2):
            total += term
            term *= cosine * cosine * (k - 1) / k
        inside = total * sine
        if odd:
            inside = (inside + angle) * 2 / math.pi
        low, high = (angle, high) if inside < level else (low, angle)
    return math.sqrt(freedom) * sin(low) / sin(math.pi / 2 - low)


def reach(student: float, freedom: int) -> float:
    """Half the width that an interval hardly ever exceeds, in errors of independent draws.

    A design that is of no use has their error; the replicates' estimate of it has chi-squared's
    spread, here by the approximation of Wilson and Hilferty.
    """
    part = 2 / (9 * freedom)
    ratio = 1 - part + _FAR * math.sqrt(part)
    return student * ratio * math.sqrt(ratio)
