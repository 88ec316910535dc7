"""Ranks, and how they correlate (Spearman)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simcore.numerics.elementary import total

Floats = NDArray[np.float64]


def centred_ranks(values: Floats) -> Floats:
    """Ranks about their mean, shape (n,); equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    return np.asarray(middle[place] - (len(values) + 1) / 2)


def correlation(first: Floats, second: Floats) -> float:
    """Correlation of two rows of `centred_ranks`; NaN where one of them is all zero."""
    spread = math.sqrt(float(total(first * first)) * float(total(second * second)))
    return float(total(first * second)) / spread if spread > 0 else math.nan


def rank_correlation(first: Floats, second: Floats) -> float:
    """Spearman's correlation.

    Parameters
    ----------
    first, second : float64, shape (n,)
        In the same order. Equal values share the mean of their ranks.

    Returns
    -------
    float
        NaN where one of them never differs.
    """
    return correlation(centred_ranks(first), centred_ranks(second))
