"""Markov chains of a few states."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

_EQUAL: Final = 1e-9
"""Relative difference below which two shares are the same but for rounding."""


def stationary(chain: NDArray[np.float64]) -> NDArray[np.float64]:
    """Long-run shares of a chain; from equal shares where it has several.

    Parameters
    ----------
    chain : float64, shape (n, n)
        Probability of the next state (columns) by the present one (rows).

    Returns
    -------
    float64, shape (n,)
    """
    # The mean of chain and identity has the same limit and no cycles.
    step, size = chain.tolist(), range(len(chain))
    step = [[0.5 * (step[i][j] + (i == j)) for j in size] for i in size]
    for _ in range(20):
        step = [[math.fsum(one[k] * step[k][j] for k in size) for j in size] for one in step]
    shares = [math.fsum(one[j] for one in step) for j in size]
    whole = math.fsum(shares)
    return np.array([one / whole for one in shares])


def most_frequent(shares: NDArray[np.float64]) -> int:
    """Position of the largest share; of those equal but for rounding, the first.

    Parameters
    ----------
    shares : float64, shape (n,)

    Returns
    -------
    int
    """
    return int(np.argmax(shares >= (1.0 - _EQUAL) * shares.max()))
