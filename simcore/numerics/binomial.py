"""Ranks of the binomial distribution, by which order statistics bound a quantile.

`scipy.special` has its tails, but takes longer to load than a small run to compute.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from simcore.numerics.elementary import exp, log

# Beyond so many standard deviations a tail is below 1e-22 of any probability asked for; the
# constant serves the skewed case of few expected draws, whose tail is that of Poisson's.
_REACH: Final = 10.0
_LEAST_REACH: Final = 60


def tail_ranks(n: int, p: float, outside: float) -> tuple[int, int]:
    """Ranks that leave out at most a given probability below and above.

    Parameters
    ----------
    n : int
        Number of trials, at least 1.
    p : float
        Probability of success, between 0 and 1.
    outside : float
        Probability that each tail may hold, between 0 and 1/2.

    Returns
    -------
    low : int
        First k with P(B <= k) > outside.
    high : int
        First k with P(B > k) <= outside.
    """
    if p <= 0 or p >= 1:
        # All the probability stands at one end.
        end = n if p >= 1 else 0
        return end, end
    mode = min(n, math.floor((n + 1) * p))
    reach = math.ceil(_REACH * math.sqrt(n * p * (1 - p))) + _LEAST_REACH
    first, last = max(0, mode - reach), min(n, mode + reach)
    # Logarithms of P(B = k) / P(B = k - 1), k = first + 1 ... last.
    k = np.arange(first + 1, last + 1, dtype=np.float64)
    step = log((n - k + 1) / k) + log(p / (1 - p))
    weight = np.concatenate([[0.0], np.cumsum(step)])
    weight = exp(weight - weight[mode - first])
    # Each tail is summed from its own end, so that small numbers are not lost in large ones.
    total = math.fsum(weight)
    below = np.cumsum(weight) / total
    above = np.cumsum(weight[::-1])[::-1] / total
    low = first + int(np.argmax(below > outside))
    # P(B > k) is the weight from k + 1 on; past the last there is none.
    high = first + int(np.argmax(np.append(above[1:], 0.0) <= outside))
    return low, high
