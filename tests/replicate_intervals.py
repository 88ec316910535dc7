"""Intervals of quantiles from replicates, written again with NumPy and scipy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

BLOCK = 256


def intervals(
    values: np.ndarray, probabilities: Sequence[float], replicates: int, *, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the intervals of the quantiles of rows (rows, draws), undefined values last."""
    rows, n = values.shape
    member = np.arange(n) // BLOCK % replicates
    ordered = np.sort(values, axis=1)
    taken = np.array([(member == r).sum() for r in range(replicates)])
    used = int((taken > 0).sum())
    student = stats.t.ppf((1 + level) / 2, used - 1)
    low, high = (np.full((rows, len(probabilities)), np.nan) for _ in range(2))
    for row in range(rows):
        for q, p in enumerate(probabilities):
            k = min(int(np.floor((n - 1) * p)), n - 2)
            under, over = ordered[row, k], ordered[row, k + 1]
            if np.isnan(over):
                continue
            errors = []
            for below in (values[row] <= under, values[row] < over):
                counts = np.array([below[member == r].sum() for r in range(used)])
                off = (counts * n - below.sum() * taken[:used]) / n
                errors.append(np.sqrt((off**2).sum() * used / (used - 1)))
            first = min(int(np.floor(n * p - student * max(errors))) - 1, k)
            last = max(int(np.ceil(n * p + student * max(errors))), k + 1)
            low[row, q] = ordered[row, first] if first >= 0 else -np.inf
            high[row, q] = ordered[row, min(last, n - 1)]
            if last >= n and not np.isnan(ordered[row, -1]):
                high[row, q] = np.inf
    return low, high
