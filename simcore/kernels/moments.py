"""Moments of one column of draws, summed in a fixed order, so that none depends on threads."""

from __future__ import annotations

from typing import Final

import numpy as np

from simcore.kernels.jit import kernel, scalar

_LANES: Final = 32


@scalar
def _add_up(lanes):
    """Sum of the lanes, added pairwise."""
    width = _LANES // 2
    while width > 0:
        for lane in range(width):
            lanes[lane] += lanes[lane + width]
        width //= 2
    return lanes[0]


@kernel
def moments(column):
    """Count, mean, variance and share above zero of a column.

    Parameters
    ----------
    column : ndarray, shape (draws,)
        Contiguous floats; NaN is undefined and left out.

    Returns
    -------
    defined : int
        Number of defined values.
    mean : float
        Mean of the defined values; NaN when there are none.
    variance : float
        Their sample variance (divisor `defined - 1`); NaN when there are fewer than two.
    positive : float
        Number of values above zero over the number of all draws, defined or not.

    Notes
    -----
    Sums run in 32 lanes of fixed positions that are added pairwise, on differences from the first
    defined value, so that a constant column has exactly its value as mean and variance zero.
    """
    n = column.size
    pivot = 0.0
    for i in range(n):
        if np.isfinite(column[i]):
            pivot = np.float64(column[i])
            break
    total = np.zeros(_LANES)
    defined = np.zeros(_LANES)
    positive = np.zeros(_LANES)
    whole = n - n % _LANES
    for start in range(0, whole, _LANES):
        here = column[start : start + _LANES]
        for lane in range(_LANES):
            x = np.float64(here[lane])
            total[lane] += 0.0 if x != x else x - pivot
            defined[lane] += 0.0 if x != x else 1.0
            positive[lane] += 1.0 if x > 0.0 else 0.0
    for i in range(whole, n):
        x = np.float64(column[i])
        total[i - whole] += 0.0 if x != x else x - pivot
        defined[i - whole] += 0.0 if x != x else 1.0
        positive[i - whole] += 1.0 if x > 0.0 else 0.0
    count = _add_up(defined)
    offset = _add_up(total) / count
    square = np.zeros(_LANES)
    for start in range(0, whole, _LANES):
        here = column[start : start + _LANES]
        for lane in range(_LANES):
            x = np.float64(here[lane])
            deviation = 0.0 if x != x else x - pivot - offset
            square[lane] += deviation * deviation
    for i in range(whole, n):
        x = np.float64(column[i])
        deviation = 0.0 if x != x else x - pivot - offset
        square[i - whole] += deviation * deviation
    variance = _add_up(square) / (count - 1.0) if count > 1.0 else np.nan
    return np.int64(count), pivot + offset, variance, _add_up(positive) / n
