"""Markov chains of a few states."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


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
    step = np.linalg.matrix_power(0.5 * (chain + np.eye(len(chain))), 2**20)
    shares = np.full(len(chain), 1.0 / len(chain)) @ step
    return np.asarray(shares / shares.sum())
