"""What an amount is expected to be, given what is known: polynomials by least squares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DRAWS_A_TERM: Final = 50
"""Draws that each coefficient needs at least."""
HIGHEST: Final = 3
"""Highest degree of a polynomial."""
_DEPENDENT: Final = 1e-9
"""Part of a column, beside itself, below which it is a sum of those before it."""


@dataclass(frozen=True)
class Polynomial:
    """Polynomials in the same features, one for each target.

    Attributes
    ----------
    terms : tuple of tuple of int
        Features that each term multiplies; () is the constant.
    centre, scale, low, high : ndarray, shape (features,)
        Mean and standard deviation of each feature, and its ends in these units, beyond which no
        draw of the fit lies: nothing is told there, so what lies beyond counts as the end.
    coefficients : ndarray, shape (terms, targets)
    """

    terms: tuple[tuple[int, ...], ...]
    centre: Floats
    scale: Floats
    low: Floats
    high: Floats
    coefficients: Floats

    def __call__(self, features: Floats) -> Floats:
        """What is expected, shape (targets, draws), of features of shape (features, draws)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            plain = (features - self.centre[:, None]) / self.scale[:, None]
        plain = np.clip(plain, self.low[:, None], self.high[:, None])
        found: Floats = (_columns(plain, self.terms) @ self.coefficients).T
        return found


def terms_of(features: Sequence[int], degree: int) -> tuple[tuple[int, ...], ...]:
    """All products of at most `degree` of the features, the constant first.

    >>> terms_of([0, 1], 2)
    ((), (0,), (1,), (0, 0), (0, 1), (1, 1))
    """
    return tuple(
        one for many in range(degree + 1) for one in combinations_with_replacement(features, many)
    )


def affordable(features: int, draws: int, degree: int) -> int:
    """The degree, or the highest one below for whose coefficients there are draws enough."""
    while degree and len(terms_of(range(features), degree)) * DRAWS_A_TERM > draws:
        degree -= 1
    return degree


def polynomial(features: Floats, targets: Floats, degree: int) -> Polynomial:
    """Fit targets by polynomials in features.

    Parameters
    ----------
    features : ndarray, shape (features, draws)
        Finite. One that is the same in all draws tells nothing and is left out.
    targets : ndarray, shape (targets, draws)
    degree : int
        Of all features together; 0 is the mean. Lower where draws are few (`affordable`).

    Returns
    -------
    Polynomial
    """
    centre, scale = features.mean(axis=1), features.std(axis=1)
    size = np.abs(features).max(axis=1, initial=0.0)
    moving = np.flatnonzero(scale > 1e-12 * size).tolist()
    scale = np.where(np.isin(np.arange(len(scale)), moving), scale, 1.0)
    plain = (features - centre[:, None]) / scale[:, None]
    degree = affordable(len(moving), features.shape[1], degree)
    terms = terms_of(moving, degree)
    while True:
        columns = _columns(plain, terms)
        orthogonal, triangle = np.linalg.qr(columns)
        left = np.abs(np.diag(triangle)) > _DEPENDENT * np.linalg.norm(columns, axis=0)
        if left.all():
            break
        # The square of what is 0 or 1 is itself: without the first that repeats others, again.
        first = int(np.flatnonzero(~left)[0])
        terms = terms[:first] + terms[first + 1 :]
    coefficients = np.linalg.solve(triangle, orthogonal.T @ targets.T)
    return Polynomial(terms, centre, scale, plain.min(axis=1), plain.max(axis=1), coefficients)


def _columns(plain: Floats, terms: Sequence[tuple[int, ...]]) -> Floats:
    """Matrix of the terms, shape (draws, terms)."""
    found = np.empty((len(terms), plain.shape[1]))
    known: dict[tuple[int, ...], int] = {}
    for place, one in enumerate(terms):
        known[one] = place
        if not one:
            found[place] = 1.0
        elif one[:-1] in known:
            found[place] = found[known[one[:-1]]] * plain[one[-1]]
        else:
            found[place] = np.prod(plain[list(one)], axis=0)
    return found.T
