"""Maximum likelihood of volatility regimes that hold for a calendar year, as they do in a run."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simcore.numerics.chain import stationary
from simcore.processes.declaration import Floats
from simcore.processes.estimates import (
    Changes,
    Estimate,
    Fit,
    TooFewYearsError,
    fitted,
    standard_errors,
)

NAMES: Final = {2: ("calm", "rough"), 3: ("calm", "usual", "rough")}
_YEARS: Final = 3
"""Least number of calendar years for each regime."""
_LEAST: Final = 1e-300
"""What an impossible year counts for."""
_FAR: Final = 9.0
"""Largest log odds: probabilities below 1e-4 count as zero."""


class Yearly(NamedTuple):
    """What the likelihood of changes without drift needs of each calendar year.

    Attributes
    ----------
    years : int64, shape (m,)
        Those with a change, increasing.
    counts : float64, shape (m,)
        Number of changes.
    squares : float64, shape (m,)
        Sum of squared changes over their steps, yr-1.
    logs : float64, shape (m,)
        Sum of the logarithms of the steps in years.
    """

    years: NDArray[np.int64]
    counts: Floats
    squares: Floats
    logs: Floats

    def likelihoods(self, sigmas: Floats) -> Floats:
        """Log likelihood of the changes of each year (rows) in each regime (columns)."""
        variances = sigmas**2
        own = np.log(2 * math.pi * variances) * self.counts[:, None] + self.logs[:, None]
        return np.asarray(-0.5 * (own + self.squares[:, None] / variances))


def by_year(changes: Floats, steps: Floats, years: NDArray[np.int64]) -> Yearly:
    """Sum up changes of the log price by the calendar year in which they end."""
    known, places = np.unique(years, return_inverse=True)
    sums = np.zeros((3, len(known)))
    for total, each in zip(sums, (np.ones(len(changes)), changes**2 / steps, np.log(steps)),
                           strict=True):  # fmt: skip
        np.add.at(total, places, each)
    return Yearly(known, *sums)


def filtered(chain: Floats, likelihoods: Floats, years: NDArray[np.int64]) -> tuple[float, Floats]:
    """Log likelihood of all years, and probabilities of the last one's regimes (Hamilton 1989).

    Parameters
    ----------
    chain : float64, shape (n, n)
        Probability of next year's regime (columns) by this year's (rows).
    likelihoods : float64, shape (m, n)
        Of `Yearly.likelihoods`.
    years : int64, shape (m,)
        Increasing; a year without a change is a step of the chain that nothing is known of.
    """
    tops = likelihoods.max(axis=1, keepdims=True)
    weights, total = np.exp(likelihoods - tops), float(tops.sum())
    gaps, places = np.unique(np.diff(years), return_inverse=True)
    powers = [np.eye(len(chain)), *(np.linalg.matrix_power(chain, gap) for gap in gaps.tolist())]
    steps = np.array(powers)[np.append(0, places + 1)] * weights[:, None]
    # Neighbours are multiplied in pairs: a few products of many matrices take all years.
    while len(steps) > 1:
        odd = steps[len(steps) // 2 * 2 :]
        steps = steps[: len(steps) - len(odd) : 2] @ steps[1::2]
        scale = np.maximum(steps.max(axis=(1, 2), keepdims=True), _LEAST)
        total += float(np.log(scale).sum())
        steps = np.concatenate([steps / scale, odd])
    joint = np.maximum(stationary(chain) @ steps[0], _LEAST)
    return total + math.log(float(joint.sum())), joint / joint.sum()


def regime_switching(history: Changes, count: int) -> Fit:
    """Fit the volatility of two or three regimes and the odds of the next year's.

    Parameters
    ----------
    history : Changes
        Taken as without drift, like a random walk.
    count : int
        Two or three regimes.

    Returns
    -------
    Fit
        calm.sigma and so on, and calm.to.rough: probability that the next year is rough.

    Raises
    ------
    TooFewYearsError
    """
    from scipy.optimize import minimize

    past = by_year(history.values, history.steps, history.years)
    known = past.years
    if len(known) < _YEARS * count:
        raise TooFewYearsError(f"{len(known)} calendar years for {count} regimes")
    yearly = np.sqrt(past.squares / past.counts)
    low = math.log(max(0.1 * float(yearly[yearly > 0].min(initial=1.0)), 1e-6))
    high = math.log(10 * float(yearly.max()))
    off = [(i, j) for i in range(count) for j in range(count) if i != j]

    def natural(values: Floats) -> Floats:
        """Volatilities, then probabilities of leaving, from logarithms and log odds of staying."""
        odds = np.ones((count, count))
        for (i, j), one in zip(off, values[count:], strict=True):
            odds[i, j] = math.exp(one)
        chain = odds / odds.sum(axis=1, keepdims=True)
        return np.concatenate([np.exp(values[:count]), [chain[pair] for pair in off]])

    def negative(values: Floats) -> float:
        sigmas, chain = values[:count], _chain(values[count:], off, count)
        if np.any(sigmas <= 0) or np.any(chain < 0):
            return math.inf
        return -filtered(chain, past.likelihoods(sigmas), known)[0]

    bounds = [(low, high)] * count + [(-_FAR, _FAR)] * len(off)
    found = []
    for first, last in ((5, 95), (20, 80), (35, 65)):
        sigmas = np.percentile(np.maximum(yearly, math.exp(low)), np.linspace(first, last, count))
        for leaving in (-2.0, 0.0):
            start = [*np.log(sigmas).tolist(), *[leaving] * len(off)]
            found.append(minimize(
                lambda values: negative(natural(values)), start, bounds=bounds, method="L-BFGS-B"
            ))  # fmt: skip
    best = min(found, key=lambda one: float(one.fun))
    values = natural(best.x)
    order = np.argsort(values[:count])
    sigmas = values[:count][order]
    chain = _chain(values[count:], off, count)[np.ix_(order, order)]
    # What the optimiser left at the end of its range is a probability of zero or one.
    chain[chain < 1e-3] = 0.0
    chain /= chain.sum(axis=1, keepdims=True)
    flat = [*sigmas.tolist(), *(float(chain[pair]) for pair in off)]
    inside = [True] * count + [0 < chain[pair] < 1 and chain[pair[0], pair[0]] > 0 for pair in off]
    errors = standard_errors(negative, flat, free=inside)
    labels = NAMES[count]
    names = [f"{label}.sigma" for label in labels]
    names += [f"{labels[i]}.to.{labels[j]}" for i, j in off]
    units = ["yr-1/2"] * count + ["1"] * len(off)
    likelihood, share = filtered(chain, past.likelihoods(sigmas), known)
    kind = "regime_switching" if count == 2 else f"regime_switching_{count}"
    unusable = ""
    if np.any(sigmas[1:] < 1.05 * sigmas[:-1]):
        unusable = "two regimes have the same volatility"
    elif np.any(stationary(chain) < 1e-3):
        unusable = "a regime was left for good, or never entered"
    return fitted(
        kind,
        {name: Estimate(value, error, unit)
         for name, value, error, unit in zip(names, flat, errors, units, strict=True)},
        likelihood, len(flat), history.steps, unusable=unusable,
        initial=labels[int(np.argmax(share))],
    )  # fmt: skip


def _chain(leaving: Floats, off: list[tuple[int, int]], count: int) -> Floats:
    chain = np.zeros((count, count))
    for pair, one in zip(off, leaving, strict=True):
        chain[pair] = one
    np.fill_diagonal(chain, 1.0 - chain.sum(axis=1))
    return chain
