"""Gaussian copulas: from rank correlations to the mixing weights of independent normals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simcore.numerics.elementary import arcsin, sin

Floats = NDArray[np.float64]


def linear_correlation(rank: ArrayLike) -> Floats:
    """Correlation of normals, any shape, by the rank correlation that they then have."""
    return np.asarray(2.0 * sin(math.pi * np.asarray(rank, dtype=float) / 6.0))


def rank_correlation_of(linear: ArrayLike) -> Floats:
    """Rank correlation, any shape, by the correlation of normals: what undoes the above."""
    return np.asarray(6.0 / math.pi * arcsin(np.asarray(linear, dtype=float) / 2.0))


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


def conditional_factor(matrix: Floats, given: int) -> tuple[list[list[float]], list[list[float]]]:
    """How normals follow from the first `given` ones: A and M of z = A z_given + M e, by rows.

    With e independent of z_given, z and z_given have the correlations of the matrix. Singular
    matrices pass: what the given ones decide has no weights in M.
    """
    lower = lower_factor(matrix)
    mixed = []
    for row in lower[given:]:
        found = [0.0] * given
        for m in reversed(range(given)):
            if lower[m][m] > 0.0:
                later = (-found[j] * lower[j][m] for j in range(m + 1, given) if found[j])
                found[m] = math.fsum([row[m], *later]) / lower[m][m]
        mixed.append(found)
    return mixed, [row[given:] for row in lower[given:]]


def is_positive(matrix: Floats, slack: float) -> bool:
    """Whether no eigenvalue of a symmetric matrix lies below -`slack`, which is above zero."""
    rest = (matrix + slack * np.eye(len(matrix))).copy()
    for k in range(len(rest)):
        if rest[k, k] <= 0.0:
            return False
        rest[k:, k:] -= rest[k:, k, None] * (rest[k, k:] / rest[k, k])
    return True


def nearest_correlation(matrix: Floats, rounds: int = 500) -> Floats:
    """Nearest correlation matrix by alternating projections (Higham 2002), kept off singular."""
    correction = np.zeros_like(matrix)
    current, vectors = matrix, np.eye(len(matrix))
    for _ in range(rounds):
        shifted = current - correction
        values, vectors = eigen(shifted, vectors)
        projected = _product(vectors * np.maximum(values, 1e-9), vectors.T)
        correction = projected - shifted
        current = projected.copy()
        np.fill_diagonal(current, 1.0)
        if is_positive(current, 1e-12):
            break
    scale = 1.0 / np.sqrt(np.diag(projected))
    return projected * scale[:, None] * scale[None, :]


def _product(left: Floats, right: Floats) -> Floats:
    """Product of matrices, whose sums are made in the order of their terms."""
    found = left[:, :1] * right[:1]
    for k in range(1, len(right)):
        found = found + left[:, k : k + 1] * right[k : k + 1]
    return found


def eigen(matrix: Floats, near: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues, in no order, and eigenvectors (columns) of a symmetric matrix.

    Parameters
    ----------
    matrix : float64, shape (n, n)
    near : float64, shape (n, n)
        Orthogonal; the nearer its columns are to the eigenvectors, the quicker it goes.

    Notes
    -----
    Rotations of Jacobi. Those of disjoint pairs are made at once, all pairs in n - 1 rounds.
    """
    size = len(matrix)
    turned, vectors = _product(near.T, _product(matrix, near)), near
    order = np.arange(size + size % 2)  # a player without a partner waits
    for _ in range(60):
        off = turned - np.diag(np.diag(turned))
        if abs(off).max(initial=0.0) <= 1e-15 * abs(turned).max():
            break
        for _ in range(len(order) - 1):
            half = len(order) // 2
            p, q = order[:half], order[half:][::-1]
            real = (p < size) & (q < size)
            turned, vectors = _rotated(turned, vectors, p[real], q[real])
            order = np.concatenate([order[:1], order[-1:], order[1:-1]])
    return np.diag(turned).copy(), vectors


def _rotated(matrix: Floats, vectors: Floats, p: Any, q: Any) -> tuple[Floats, Floats]:
    """The matrix with zeros at the pairs (p, q), and the vectors turned with it."""
    off = matrix[p, q]
    still = off == 0.0
    middle = (matrix[q, q] - matrix[p, p]) / (2.0 * np.where(still, 1.0, off))
    sign = np.where(middle >= 0.0, 1.0, -1.0)
    with np.errstate(over="ignore"):
        tangent = np.where(still, 0.0, sign / (abs(middle) + np.sqrt(middle * middle + 1.0)))
    cosine = 1.0 / np.sqrt(tangent * tangent + 1.0)
    sine = tangent * cosine
    matrix, vectors = matrix.copy(), vectors.copy()
    for one in (matrix, vectors):
        left, right = one[:, p], one[:, q]
        one[:, p], one[:, q] = cosine * left - sine * right, sine * left + cosine * right
    left, right = matrix[p], matrix[q]
    matrix[p] = cosine[:, None] * left - sine[:, None] * right
    matrix[q] = sine[:, None] * left + cosine[:, None] * right
    return matrix, vectors
