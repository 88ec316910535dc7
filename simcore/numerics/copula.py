"""Gaussian copulas: from rank correlations to the mixing weights of independent normals."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def linear_correlation(rank: ArrayLike) -> Floats:
    """Correlation of normals, any shape, by the rank correlation that they then have."""
    return np.asarray(2.0 * np.sin(np.pi * np.asarray(rank) / 6.0))


def lower_factor(matrix: Floats) -> list[list[float]]:
    """Cholesky factor by rows; row i depends on the first i names only. Singular matrices pass."""
    size = len(matrix)
    lower = [[0.0] * size for _ in range(size)]
    # Most names are independent of most others, and a sum without its zeros is the same.
    filled: list[list[int]] = [[] for _ in range(size)]
    for i, (own, row) in enumerate(zip(filled, np.asarray(matrix).tolist(), strict=True)):
        for j in range(i + 1):
            rest = row[j] - math.fsum(lower[i][k] * lower[j][k] for k in own) if own else row[j]
            if i == j:
                lower[i][i] = math.sqrt(rest) if rest > 1e-12 else 0.0
            elif rest != 0.0 and lower[j][j] > 0.0:
                lower[i][j] = rest / lower[j][j]
            if lower[i][j] != 0.0:
                own.append(j)
    return lower


def nearest_correlation(matrix: Floats, rounds: int = 500) -> Floats:
    """Nearest correlation matrix by alternating projections (Higham 2002), kept off singular."""
    correction = np.zeros_like(matrix)
    current = matrix
    for _ in range(rounds):
        shifted = current - correction
        values, vectors = np.linalg.eigh(shifted)
        projected = (vectors * np.maximum(values, 1e-9)) @ vectors.T
        correction = projected - shifted
        current = projected.copy()
        np.fill_diagonal(current, 1.0)
        if np.linalg.eigvalsh(current)[0] > -1e-12:
            break
    scale = 1.0 / np.sqrt(np.diag(projected))
    return projected * scale[:, None] * scale[None, :]
