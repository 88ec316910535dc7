"""What a fit says: parameters with standard errors, likelihood and criteria."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Estimate:
    """One parameter: value, standard error (NaN at a bound) and unit."""

    value: float
    error: float
    unit: str


@dataclass(frozen=True)
class Changes:
    """A history of prices as the fits take it.

    Attributes
    ----------
    logs : float64, shape (n + 1,)
        Of the prices.
    steps : float64, shape (n,)
        Years between them.
    years : int64, shape (n,)
        Calendar year in which each change ends.
    """

    logs: NDArray[np.float64]
    steps: NDArray[np.float64]
    years: NDArray[np.int64]

    @property
    def values(self) -> NDArray[np.float64]:
        """Changes of the log price, shape (n,)."""
        return np.diff(self.logs)

    @property
    def span(self) -> float:
        """Time from first to last, years."""
        return float(self.steps.sum())


class TooFewYearsError(ValueError):
    """A history too short for one fit, though not for others."""


@dataclass(frozen=True)
class Fit:
    """One process fitted to a history.

    Attributes
    ----------
    kind : str
        One of `processes.FITS`.
    estimates : dict of str to Estimate
        By name, see the function that fits the kind.
    log_likelihood, aic, bic : float
        Of the log prices; comparable between processes on the same history.
    changes : int
        Number of changes.
    span : float
        Time from first to last, years.
    unusable : str
        Why the fit says nothing of the price; empty if it does.
    initial : str
        Regime of the last year, if there are any.
    """

    kind: str
    estimates: dict[str, Estimate]
    log_likelihood: float
    aic: float
    bic: float
    changes: int
    span: float
    unusable: str = ""
    initial: str = ""


def fitted(
    kind: str, found: dict[str, Estimate], likelihood: float, free: int,
    steps: NDArray[np.float64], *, unusable: str = "", initial: str = "",
) -> Fit:  # fmt: skip
    """Complete a fit by its criteria, from the logarithm of the greatest likelihood.

    `free` is the number of parameters, `steps` are the lengths of the steps in years, shape (n,).
    """
    count = len(steps)
    return Fit(kind, found, likelihood, 2 * free - 2 * likelihood,
               free * math.log(count) - 2 * likelihood, count, float(steps.sum()), unusable,
               initial)  # fmt: skip


def standard_errors(
    negative: Callable[[NDArray[np.float64]], float],
    best: Sequence[float],
    *,
    free: Sequence[bool] | None = None,
) -> list[float]:
    """Standard errors from the observed information, by central differences.

    Parameters
    ----------
    negative : callable
        Negative log likelihood of the parameters, shape (n,).
    best : sequence of float
        Where it is least.
    free : sequence of bool, optional
        Which parameters are not at a bound; the others are held, and have no standard error.

    Returns
    -------
    list of float
        NaN where the likelihood has no curvature.
    """
    point = np.array(best, dtype=float)
    moved = np.flatnonzero(np.ones(len(point), dtype=bool) if free is None else np.array(free))
    width = 1e-4 * np.maximum(np.abs(point), 1e-3)
    shift = np.diag(width)
    information = np.array([
        [
            (negative(point + shift[i] + shift[j]) - negative(point + shift[i] - shift[j])
             - negative(point - shift[i] + shift[j]) + negative(point - shift[i] - shift[j]))
            / (4 * width[i] * width[j])
            for j in moved
        ]
        for i in moved
    ])  # fmt: skip
    errors = [math.nan] * len(point)
    if not len(moved) or not np.all(np.isfinite(information)):
        return errors
    try:
        variances = np.diag(np.linalg.inv(information))
    except np.linalg.LinAlgError:
        return errors
    for place, variance in zip(moved.tolist(), variances.tolist(), strict=True):
        errors[place] = math.sqrt(variance) if variance > 0 else math.nan
    return errors
