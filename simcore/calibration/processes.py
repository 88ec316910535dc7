"""Maximum likelihood of the price processes on irregular dates, with standard errors."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simcore.calibration.estimates import Estimate, Fit, fitted, standard_errors
from simcore.calibration.history import History
from simcore.calibration.jumps import merton
from simcore.calibration.regimes import regime_switching
from simcore.calibration.unit_root import UnitRoot, dickey_fuller

DIFFUSIONS: Final = ("random_walk", "gbm", "log_ou")
PROCESSES: Final = (*DIFFUSIONS, "merton", "regime_switching", "regime_switching_3")
FEWEST: Final = 10
"""Changes below which no fit is made."""
_EVENTS: Final = 12.0
"""Jumps a year above which they are no events."""
_SLOWEST, _FASTEST = 1e-5, 200.0  # kappa per year: half-lives of 70,000 years and of a day


@dataclass(frozen=True)
class Calibration:
    """All fits of one history, the best BIC first and unusable ones last; what to beware of."""

    history: History
    frequency: str
    fits: tuple[Fit, ...]
    unit_root: UnitRoot
    warnings: tuple[str, ...] = field(default=())


def fit(history: History, kind: str) -> Fit:
    """Fit one process by maximum likelihood of the exact transitions.

    Parameters
    ----------
    history : History
        n + 1 prices; steps may differ in length.
    kind : str
        One of `PROCESSES`. Only `gbm` has a drift; `merton` has jumps, the other two regimes.

    Returns
    -------
    Fit
        sigma (yr-1/2); mu (gbm, growth of the mean, yr-1); kappa (yr-1), level (log_ou, unit of
        the prices); kappa_corrected is kappa less its small-sample bias, not below zero; for the
        others see `jumps` and `regimes`.

    Raises
    ------
    ValueError
        Fewer than `FEWEST` changes, a price that never changes, too few years for regimes.
    """
    x, steps = np.log(history.prices), np.diff(history.years)
    changes = np.diff(x)
    count, span = len(changes), float(steps.sum())
    if count < FEWEST or np.ptp(changes) == 0:
        raise ValueError(f"{count} changes, {len(set(history.prices.tolist()))} different prices")
    if kind == "log_ou":
        return _reverting(x, steps)
    if kind == "merton":
        return merton(changes, steps)
    if kind.startswith("regime_switching"):
        ends = history.dates[1:].astype("datetime64[Y]").astype(np.int64) + 1970
        return regime_switching(changes, steps, ends, 3 if kind.endswith("3") else 2)
    drift = float(changes.sum()) / span if kind == "gbm" else 0.0
    variance = float(np.mean((changes - drift * steps) ** 2 / steps))
    sigma = math.sqrt(variance)
    likelihood = -0.5 * (count * (math.log(2 * math.pi * variance) + 1) + np.log(steps).sum())
    found = {"sigma": Estimate(sigma, sigma / math.sqrt(2 * count), "yr-1/2")}
    if kind == "gbm":
        # mu is the growth of the mean, drift of the log plus sigma^2/2; both parts are estimated.
        error = math.sqrt(variance / span + variance**2 / (2 * count))
        found["mu"] = Estimate(drift + 0.5 * variance, error, "yr-1")
    return fitted(kind, found, float(likelihood), len(found), steps)


def calibrate(history: History, *, kinds: tuple[str, ...], frequency: str) -> Calibration:
    """Fit processes to a history that is already sampled, and say what to beware of."""
    warnings, every = [], []
    for kind in kinds:
        try:
            every.append(fit(history, kind))
        except ValueError as error:
            if not (kind.startswith("regime") and len(kinds) > 1):
                raise
            warnings.append(f"{kind} is not fitted: {error}")
    fits = tuple(sorted(every, key=lambda one: (one.unusable != "", one.bic)))
    root = dickey_fuller(np.log(history.prices))
    span = float(history.years[-1])
    if math.isnan(root.statistic):
        warnings.append("too few prices to test for a unit root")
    elif root.rejected is None or root.rejected > 0.05:
        warnings.append(
            f"a unit root is not rejected at 5 % (ADF {root.statistic:.2f}, critical "
            f"{root.critical[0.05]:.2f}): a fitted reversion may be chance, and its forecasts too "
            "narrow"
        )
    for one in fits:
        if "kappa" in one.estimates:
            kappa, corrected = (one.estimates[name].value for name in ("kappa", "kappa_corrected"))
            warnings.append(
                f"kappa {kappa:.3g} is biased upwards by about {reversion_bias(kappa, history):.2g}"
                f" on {span:.1f} years: corrected {corrected:.3g}, {_lives(kappa, corrected)}"
            )
        if one.unusable:
            warnings.append(f"{one.kind} is of no use here: {one.unusable}")
        elif one.kind == "merton" and one.estimates["rate"].value > _EVENTS:
            warnings.append(
                f"{one.estimates['rate'].value:.0f} jumps a year are fat tails of short steps "
                "rather than events: from year to year this is nearly a random walk"
            )
    if any(one.initial and not one.unusable for one in fits):
        years = len(np.unique(history.dates.astype("datetime64[Y]")))
        warnings.append(
            f"{years} calendar years, each in one regime, say little of the odds of the next"
        )
    if span < 5:
        warnings.append(f"{span:.1f} years hold few turns of a market: the spread is a lower bound")
    return Calibration(history, frequency, fits, root, tuple(warnings))


def reversion_bias(kappa: float, history: History) -> float:
    """Upward bias of the estimated kappa with an unknown level, per year.

    (5 + 2 exp(kappa d) + exp(2 kappa d)) / (2 T), near 4/T (Tang and Chen 2009, Journal of
    Econometrics 149, theorem 3.1); d is the mean step, T the span in years.
    """
    return _bias(kappa, float(history.years[-1]), len(history.prices) - 1)


def _bias(kappa: float, span: float, count: int) -> float:
    grown = math.exp(min(kappa * span / count, 20.0))
    return (5 + 2 * grown + grown**2) / (2 * span)


def _lives(kappa: float, corrected: float) -> str:
    before, after = _half_life(kappa), _half_life(corrected)
    return f"half-life {before} becomes {after}" if before != after else f"half-life {after}"


def _half_life(kappa: float) -> str:
    years = math.log(2) / kappa if kappa > 0 else math.inf
    return f"{years:.2g} years" if years < 1000 else "endless"


def _transition(
    kappa: float, steps: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Decay of a step, and its variance for sigma = 1."""
    return np.exp(-kappa * steps), -np.expm1(-2 * kappa * steps) / (2 * kappa)


def _profile(
    kappa: float, x: NDArray[np.float64], steps: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Negative log likelihood, level of the log and sigma, both at their best for a kappa."""
    decay, unit = _transition(kappa, steps)
    weight, gain = 1 / unit, -np.expm1(-kappa * steps)
    rest = x[1:] - decay * x[:-1]
    level = float(np.sum(weight * gain * rest) / np.sum(weight * gain**2))
    variance = float(np.mean(weight * (rest - gain * level) ** 2))
    negative = 0.5 * float(np.sum(np.log(2 * math.pi * variance * unit)) + len(steps))
    return negative, level, math.sqrt(variance)


def _reverting(x: NDArray[np.float64], steps: NDArray[np.float64]) -> Fit:
    from scipy.optimize import minimize_scalar

    # The likelihood may have a local maximum at either end: search from the best of a grid.
    grid = np.linspace(math.log(_SLOWEST), math.log(_FASTEST), 61)
    start = int(np.argmin([_profile(math.exp(one), x, steps)[0] for one in grid]))
    bounds = grid[max(0, start - 1)], grid[min(len(grid) - 1, start + 1)]
    best = minimize_scalar(
        lambda one: _profile(math.exp(one), x, steps)[0], bounds=bounds, method="bounded",
        options={"xatol": 1e-9},
    )  # fmt: skip
    kappa = math.exp(float(best.x))
    negative, level, sigma = _profile(kappa, x, steps)
    at_bound = start == 0

    def negative_of(values: NDArray[np.float64]) -> float:
        decay, unit = _transition(values[0], steps)
        rest = x[1:] - values[1] - decay * (x[:-1] - values[1])
        variance = values[2] ** 2 * unit
        return 0.5 * float(np.sum(np.log(2 * math.pi * variance) + rest**2 / variance))

    errors = [math.nan] * 3
    if not at_bound:
        errors = standard_errors(negative_of, [kappa, level, sigma])
    span, count = float(steps.sum()), len(steps)
    bias = _bias(kappa, span, count)
    price = math.exp(min(level, 700.0))
    found = {
        "sigma": Estimate(sigma, errors[2], "yr-1/2"),
        "kappa": Estimate(0.0 if at_bound else kappa, errors[0], "yr-1"),
        "kappa_corrected": Estimate(0.0 if at_bound else max(0.0, kappa - bias), errors[0], "yr-1"),
        "level": Estimate(price, errors[1] * price, "price"),
    }
    return fitted("log_ou", found, -negative, 3, steps)
