"""What moves by normal shocks: X = exp(-kappa)*X + sigma*e in exact steps, with jumps (MODEL 3)."""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from simcore.numerics.elementary import exp, expm1
from simcore.processes.declaration import Floats, Kind, Maker, Motion, Points, Process, Volatility
from simcore.processes.estimates import Changes, Estimate, Fit, fitted
from simcore.processes.jumps import Jumps, jump_nodes, jump_variance, jumps_ahead
from simcore.quantities import certain
from simcore.quantities.records import Whole

_NONE: Final = certain(0.0)
SIGMA: Final = ("sigma, per square root of a year", "add sigma: ..., or use kind: fixed")


class Shocked(Process):
    """A process that normal shocks move."""

    jumps: Jumps | None = None
    """Jumps on top."""
    steps: Whole = Field(default=1, ge=1, le=366)
    """Steps a year, of whose prices the year's is the mean; 1: one step from year to year."""


class Volatile(Shocked):
    """A process with one volatility."""

    sigma: Volatility
    """Volatility, per square root of a year."""


def accrued(kappa: Any, years: Any) -> Any:
    """Variance of X after some years where sigma = 1: (1 - exp(-2 kappa years))/(2 kappa)."""
    safe = np.where(kappa > 0, kappa, 1.0)
    with np.errstate(over="ignore"):
        return np.where(kappa > 0, -expm1(-2 * safe * years) / (2 * safe), years)


def moved(make: Maker, process: Shocked, centred: bool, *, sigma: int, kappa: int) -> Motion:
    """Nodes of the steps of a year, from those of its volatility and of the speed of reversion."""
    steps, of_step = process.steps, sigma
    # The exact step of 1/n year is that of a year with kappa/n and sigma/sqrt(n).
    if steps > 1:
        kappa = make.node("SCALED", a=kappa, scale=1.0 / steps)
        of_step = make.node("SCALED", a=sigma, scale=1.0 / math.sqrt(steps))
    spread = first = make.node("STEP_SPREAD", sigma=of_step, kappa=kappa)
    share = first_share(make.wait, steps)
    if share is not None:
        first = make.node("SCALED", a=sigma, scale=math.sqrt(share))
    jumps = process.jumps
    added = () if jumps is None else jump_nodes(make, jumps, steps, centred)
    return Motion(make.shocks(steps), make.node("DECAY", kappa=kappa), spread, first, added)


def first_share(wait: float | None, steps: int) -> float | None:
    """Variance of the first step after a dated spot, in years; None without a date.

    The mean of a random walk over the year that begins T after the spot has the variance of T
    years and a third; the end of its first step that of T years and the step.
    """
    return None if wait is None else wait + (1.0 / 3.0 if steps == 1 else 1.0 / steps)


def variance(
    make: Maker, process: Shocked, square: float, kappa: float, ages: NDArray[np.int64]
) -> Floats:
    """Variance of X by years after the spot, both of shape (n,).

    From the central values of sigma**2, the `square`, and of the speed of reversion.
    """
    step = square * float(accrued(kappa, 1))
    share = first_share(make.wait, 1)
    by_age = [0.0, step if share is None else square * share]
    for _ in range(int(ages.max(initial=0))):
        by_age.append(by_age[-1] * exp(-2 * kappa) + step)
    found = np.array(by_age)[ages]
    return found if process.jumps is None else found + ages * jump_variance(make, process.jumps)


def ahead(
    process: Shocked, points: Points, years: int, centred: bool, variance: Floats
) -> tuple[Floats, Floats]:
    """Means and variances of X after some years, from the variance that shocks give it."""
    mean = -0.5 * variance if centred else np.zeros(len(variance))
    if process.jumps is None:
        return mean, variance
    more, wider = jumps_ahead(process.jumps, points, years, centred)
    return mean + more, variance + wider


def volatile_motion(make: Maker, process: Volatile, centred: bool) -> Motion:
    """Nodes of a process with one volatility, and with `kappa` if it reverts."""
    kappa = make.quantity("kappa", getattr(process, "kappa", _NONE))
    sigma = make.quantity("sigma", process.sigma)
    return moved(make, process, centred, sigma=sigma, kappa=kappa)


def volatile_variance(make: Maker, process: Volatile, ages: NDArray[np.int64]) -> Floats:
    """Variance of X of such a process by years after the spot."""
    sigma, kappa = make.central(process.sigma), make.central(getattr(process, "kappa", _NONE))
    # A power of Python numbers would raise where a product is infinite.
    return variance(make, process, sigma * sigma, kappa, ages)


def volatile_ahead(
    process: Volatile, points: Points, years: int, centred: bool
) -> tuple[Floats, Floats]:
    """Means and variances of X of such a process after some years."""
    kappa = points.value("kappa", getattr(process, "kappa", _NONE))
    spread = points.value("sigma", process.sigma) ** 2 * accrued(kappa, years)
    return ahead(process, points, years, centred, spread)


def volatile_kind(record: type[Volatile], **own: Any) -> Kind:
    """A kind of process with one volatility, and what is its own."""
    return Kind(
        record, motion=volatile_motion, variance=volatile_variance, ahead=volatile_ahead,
        shocked=True, **own,
    )  # fmt: skip


def wandering(kind: str, history: Changes, drift: float = 0.0) -> Fit:
    """Fit sigma of a random walk about a drift of the log price, by maximum likelihood."""
    count, steps = len(history.steps), history.steps
    square = float(np.mean((history.values - drift * steps) ** 2 / steps))
    sigma = math.sqrt(square)
    likelihood = -0.5 * (count * (math.log(2 * math.pi * square) + 1) + np.log(steps).sum())
    found = {"sigma": Estimate(sigma, sigma / math.sqrt(2 * count), "yr-1/2")}
    return fitted(kind, found, float(likelihood), 1, steps)
