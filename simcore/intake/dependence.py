"""Rank correlations as a Gaussian copula: from pairs to the mixing weights of normals (MODEL 2)."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from simcore.intake.schema import Pair
from simcore.numerics.copula import (
    conditional_factor,
    is_positive,
    linear_correlation,
    lower_factor,
    nearest_correlation,
    rank_correlation_of,
)

MOST: Final = 1000
"""Names that may be correlated: the work grows as the cube of their number."""


Weights = tuple[tuple[str, float], ...]
"""Normals by name, and how much of each."""


@dataclass(frozen=True)
class Dependence:
    """Correlated names and how each one's normal is mixed from independent ones.

    Attributes
    ----------
    names : tuple of str
        In order of first mention, so that a name added later changes no earlier one.
    requested, used : ndarray (n, n)
        Rank correlations as asked for, and as used after a repair.
    linear : ndarray (n, n)
        Correlations of the normals.
    weights : dict of str to tuple of (str, float)
        Independent normals and weights that make up each name's standard normal.
    """

    names: tuple[str, ...]
    requested: np.ndarray
    used: np.ndarray
    linear: np.ndarray
    weights: dict[str, Weights]

    def of(self, names: Container[str]) -> Dependence:
        """The same of some of its names: those that a run draws."""
        kept = [place for place, name in enumerate(self.names) if name in names]
        square = np.ix_(kept, kept)
        return replace(
            self, names=tuple(self.names[place] for place in kept),
            requested=self.requested[square], used=self.used[square], linear=self.linear[square],
        )  # fmt: skip

    def anew(self, redrawn: Callable[[str], bool]) -> dict[str, tuple[Weights, Weights]]:
        """How names that are drawn again are made up given those that are kept.

        Of each of them the weights of the normals of kept names, and those of independent normals
        of names that are drawn again (MODEL 2.4).
        """
        again = [place for place, name in enumerate(self.names) if redrawn(name)]
        kept = [place for place in range(len(self.names)) if place not in set(again)]
        order = [*kept, *again]
        mixed, fresh = conditional_factor(self.linear[np.ix_(order, order)], len(kept))
        return {
            self.names[place]: (self._named(kept, own), self._named(again, new))
            for place, own, new in zip(again, mixed, fresh, strict=True)
        }

    def _named(self, places: Sequence[int], weights: Sequence[float]) -> Weights:
        pairs = zip(places, weights, strict=True)
        return tuple((self.names[place], weight) for place, weight in pairs if weight != 0.0)


class NotPositiveSemiDefiniteError(ValueError):
    """The pairs contradict each other; `nearest` is the closest matrix that does not."""

    def __init__(self, names: tuple[str, ...], requested: np.ndarray, nearest: np.ndarray) -> None:
        super().__init__("correlation matrix is not positive semi-definite")
        self.names, self.requested, self.nearest = names, requested, nearest

    def changes(self) -> str:
        """The pairs that the nearest valid matrix changes, for a message."""
        size = len(self.names)
        pairs = [
            f"{self.names[i]}-{self.names[j]} {self.requested[i, j]:g} -> {self.nearest[i, j]:.3f}"
            for i in range(size)
            for j in range(i)
            if abs(self.requested[i, j] - self.nearest[i, j]) > 5e-4
        ]
        return "; ".join(pairs[:6]) + (" ..." if len(pairs) > 6 else "")


def build(pairs: Sequence[Pair], *, repair: bool) -> Dependence:
    """Turn rank correlations into mixing weights.

    Raises
    ------
    NotPositiveSemiDefiniteError
        When the implied matrix is not positive semi-definite and `repair` is off.
    """
    names = tuple(dict.fromkeys(name for pair in pairs for name in pair.between))
    position = {name: i for i, name in enumerate(names)}
    requested = np.eye(len(names))
    for pair in pairs:
        i, j = (position[name] for name in pair.between)
        requested[i, j] = requested[j, i] = pair.rank
    pearson = linear_correlation(requested)
    np.fill_diagonal(pearson, 1.0)
    used = requested
    if not is_positive(pearson, 1e-10):
        pearson = nearest_correlation(pearson)
        used = rank_correlation_of(pearson)
        np.fill_diagonal(used, 1.0)
        if not repair:
            raise NotPositiveSemiDefiniteError(names, requested, used)
    factor = lower_factor(pearson)
    weights = {
        name: tuple((names[j], factor[i][j]) for j in range(i + 1) if factor[i][j] != 0.0)
        for i, name in enumerate(names)
    }
    return Dependence(names=names, requested=requested, used=used, linear=pearson, weights=weights)
