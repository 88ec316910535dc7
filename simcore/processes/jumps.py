"""Jumps of the log price, which stay (Merton 1976): nodes, density and fit."""

import math
from typing import Annotated, Final

import numpy as np

from simcore.processes.declaration import Floats, LogChange, Maker, Points, Volatility
from simcore.processes.estimates import Changes, Estimate, Fit, fitted, standard_errors
from simcore.quantities import Quantity
from simcore.quantities.annotations import Canonical
from simcore.quantities.records import Described
from simcore.units.canonical import ONE

MOST: Final = 50.0
"""Most jumps a year."""
_LEAST_SHARE: Final = 0.02
"""Least share of the variance that moves without jumps: the likelihood has no maximum at zero."""
_RATES: Final = (0.5, 5.0, 25.0)
_PARTS: Final = ("rate", "mean", "sd")
_UNITS: Final = {"sigma": "yr-1/2", "rate": "yr-1", "jump_mean": "1", "jump_sd": "1"}


class Jumps(Described):
    """Jumps of the log price, which stay (Merton 1976)."""

    rate: Annotated[Quantity, Canonical(ONE, minimum=0.0, maximum=MOST)]
    """Expected number per year."""
    mean: LogChange
    """Mean of the log size of a jump."""
    sd: Volatility
    """Standard deviation of the log size of a jump."""


def jump_nodes(make: Maker, jumps: Jumps, steps: int, centred: bool) -> tuple[int, ...]:
    """Nodes of what jumps add to the log price in each step of a year."""
    parts = {name: make.quantity(f"jumps.{name}", getattr(jumps, name)) for name in _PARTS}
    found = []
    for step in range(steps):
        size = make.node("NORMAL", role="jump_size", steps=steps, step=step)
        placed = {"size": size, "steps": steps, "step": step, "centred": centred}
        found.append(make.node("JUMP", role="jump", **parts, **placed))
    return tuple(found)


def jump_variance(make: Maker, jumps: Jumps) -> float:
    """Variance per year that jumps add to the log price, every parameter at its central value."""
    rate, size, sd = (make.central(getattr(jumps, name)) for name in _PARTS)
    return rate * (size * size + sd * sd)


def jumps_ahead(jumps: Jumps, points: Points, years: int, centred: bool) -> tuple[Floats, Floats]:
    """Mean and variance that jumps add to the log price within some years, at each point."""
    from scipy.stats import poisson

    rate, size, sd = (points.value(f"jumps.{name}", getattr(jumps, name)) for name in _PARTS)
    count = np.asarray(poisson.ppf(points.uniform("jumps.count"), rate * years), dtype=float)
    grown = years * rate * np.expm1(size + 0.5 * sd**2) if centred else 0.0
    return count * size - grown, count * sd**2


def negative_log_likelihood(values: Floats, changes: Floats, steps: Floats) -> float:
    """Negative log likelihood of changes of the log price.

    Parameters
    ----------
    values : float64, shape (4,)
        sigma (yr-1/2), rate (yr-1), mean and standard deviation of a jump's log size.
    changes : float64, shape (n,)
    steps : float64, shape (n,)
        Years.

    Notes
    -----
    A change over d years is a mixture of normals: n jumps with the Poisson probability of rate*d,
    each of mean (n - rate*d)*mean and variance sigma^2*d + n*sd^2: jumps have no drift on average.
    Sums stop where the rest is below 1e-12.
    """
    from scipy.special import gammaln, logsumexp

    sigma, rate, mean, sd = values
    if sigma <= 0 or rate < 0 or sd < 0:
        return math.inf
    expected = rate * steps
    top = float(expected.max())
    counts = np.arange(int(top + 8 * math.sqrt(top) + 12))
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = counts * np.log(expected[:, None]) - expected[:, None] - gammaln(counts + 1)
    weights[:, 0] = -expected
    centre = (counts - expected[:, None]) * mean
    variance = sigma**2 * steps[:, None] + counts * sd**2
    density = -0.5 * (np.log(2 * math.pi * variance) + (changes[:, None] - centre) ** 2 / variance)
    return -float(np.sum(logsumexp(weights + density, axis=1)))


def merton(history: Changes) -> Fit:
    """Fit sigma, rate, jump_mean and jump_sd of a random walk with jumps, by maximum likelihood.

    Returns
    -------
    Fit
        `unusable` where jumps explain nearly all of the variance, as they seem to where a price
        stands still for weeks, or where there are none.
    """
    from scipy.optimize import minimize

    changes, steps = history.values, history.steps
    total = float(np.mean(changes**2 / steps))
    spread, fewest = float(np.std(changes)), 0.5 / float(steps.sum())
    # Logarithms, but of the mean.
    bounds = [
        (0.5 * math.log(_LEAST_SHARE * total), 0.5 * math.log(4 * total)),
        (math.log(fewest), math.log(MOST)),
        (-10 * spread, 10 * spread),
        (math.log(1e-3 * spread), math.log(20 * spread)),
    ]

    def natural(values: Floats) -> Floats:
        return np.array([math.exp(values[0]), math.exp(values[1]), values[2], math.exp(values[3])])

    found = []
    for rate in _RATES:
        start = [0.5 * math.log(0.6 * total), math.log(max(rate, 2 * fewest)), 0.0,
                 0.5 * math.log(0.4 * total / rate)]  # fmt: skip
        clipped = [min(max(one, low), high) for one, (low, high) in zip(start, bounds, strict=True)]
        found.append(minimize(
            lambda values: negative_log_likelihood(natural(values), changes, steps), clipped,
            bounds=bounds, method="L-BFGS-B", options={"maxiter": 500, "ftol": 1e-13},
        ))  # fmt: skip
    best = min(found, key=lambda one: float(one.fun))
    values = natural(best.x)
    near = [
        min(abs(one - low), abs(one - high)) < 1e-3 * (high - low)
        for one, (low, high) in zip(best.x, bounds, strict=True)
    ]
    unusable = ""
    if near[0] and best.x[0] < bounds[0][1] - 1:
        unusable = "jumps take nearly all of the variance, as where a price often stands still"
    elif near[1]:
        few = best.x[1] < 0.5 * sum(bounds[1])
        many = f"more than {MOST:g} jumps a year: noise rather than events"
        unusable = "no jumps are seen" if few else many
    errors = standard_errors(
        lambda at: negative_log_likelihood(at, changes, steps), values.tolist(),
        free=[not one for one in near],
    )  # fmt: skip
    estimates = {
        name: Estimate(float(value), error, unit)
        for (name, unit), value, error in zip(_UNITS.items(), values, errors, strict=True)
    }
    return fitted("merton", estimates, -float(best.fun), 4, steps, unusable=unusable)


def growth(fit: Fit) -> float:
    """Growth of the mean price per year that leaves the log price without drift on average."""
    sigma, rate, mean, sd = (fit.estimates[name].value for name in _UNITS)
    return 0.5 * sigma**2 + rate * (math.expm1(mean + 0.5 * sd**2) - mean)
