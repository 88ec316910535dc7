"""Maximum likelihood of the price processes on irregular dates, with standard errors."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simcore.calibration.history import History
from simcore.calibration.unit_root import UnitRoot, dickey_fuller

PROCESSES: Final = ("random_walk", "gbm", "log_ou")
FEWEST: Final = 10
"""Changes below which no fit is made."""
_SLOWEST, _FASTEST = 1e-5, 200.0  # kappa per year: half-lives of 70,000 years and of a day


@dataclass(frozen=True)
class Estimate:
    """One parameter: value, standard error (NaN at a bound) and unit."""

    value: float
    error: float
    unit: str


@dataclass(frozen=True)
class Fit:
    """One process fitted to a history.

    Attributes
    ----------
    kind : str
        Process of simcore: random_walk, gbm or log_ou.
    estimates : dict of str to Estimate
        sigma (yr-1/2); mu (gbm, growth of the mean, yr-1); kappa (yr-1), level (log_ou, unit of
        the prices); kappa_corrected is kappa less its small-sample bias, not below zero.
    log_likelihood, aic, bic : float
        Of the log prices; comparable between processes on the same history.
    changes : int
        Number of changes.
    span : float
        Time from first to last, years.
    """

    kind: str
    estimates: dict[str, Estimate]
    log_likelihood: float
    aic: float
    bic: float
    changes: int
    span: float


@dataclass(frozen=True)
class Calibration:
    """All fits of one history, the best BIC first, and what to beware of."""

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
        One of `PROCESSES`. `random_walk` has no drift, `gbm` has one.

    Returns
    -------
    Fit

    Raises
    ------
    ValueError
        Fewer than `FEWEST` changes, or a price that never changes.
    """
    x, steps = np.log(history.prices), np.diff(history.years)
    changes = np.diff(x)
    count, span = len(changes), float(steps.sum())
    if count < FEWEST or np.ptp(changes) == 0:
        raise ValueError(f"{count} changes, {len(set(history.prices.tolist()))} different prices")
    if kind == "log_ou":
        return _reverting(x, steps)
    drift = float(changes.sum()) / span if kind == "gbm" else 0.0
    variance = float(np.mean((changes - drift * steps) ** 2 / steps))
    sigma = math.sqrt(variance)
    likelihood = -0.5 * (count * (math.log(2 * math.pi * variance) + 1) + np.log(steps).sum())
    found = {"sigma": Estimate(sigma, sigma / math.sqrt(2 * count), "yr-1/2")}
    if kind == "gbm":
        # mu is the growth of the mean, drift of the log plus sigma^2/2; both parts are estimated.
        error = math.sqrt(variance / span + variance**2 / (2 * count))
        found["mu"] = Estimate(drift + 0.5 * variance, error, "yr-1")
    return _fit(kind, found, float(likelihood), len(found), steps)


def calibrate(history: History, *, kinds: tuple[str, ...], frequency: str) -> Calibration:
    """Fit processes to a history that is already sampled, and say what to beware of."""
    fits = tuple(sorted((fit(history, kind) for kind in kinds), key=lambda one: one.bic))
    root = dickey_fuller(np.log(history.prices))
    span = float(history.years[-1])
    warnings = []
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
                f" on {span:.1f} years: corrected {corrected:.3g}, half-life "
                f"{_half_life(kappa)} becomes {_half_life(corrected)}"
            )
    if span < 5:
        warnings.append(f"{span:.1f} years hold few turns of a market: the spread is a lower bound")
    return Calibration(history, frequency, fits, root, tuple(warnings))


def reversion_bias(kappa: float, history: History) -> float:
    """Upward bias of the estimated kappa with an unknown level, per year.

    (5 + 2 exp(kappa d) + exp(2 kappa d)) / (2 T), near 4/T (Tang and Chen 2009, Journal of
    Econometrics 149, theorem 3.1); d is the mean step, T the span in years.
    """
    span = float(history.years[-1])
    grown = math.exp(min(kappa * span / (len(history.prices) - 1), 20.0))
    return (5 + 2 * grown + grown**2) / (2 * span)


def _half_life(kappa: float) -> str:
    years = math.log(2) / kappa if kappa > 0 else math.inf
    return f"{years:.2g} years" if years < 1000 else "endless"


def _fit(
    kind: str, found: dict[str, Estimate], likelihood: float, free: int, steps: NDArray[np.float64]
) -> Fit:
    count = len(steps)
    return Fit(kind, found, likelihood, 2 * free - 2 * likelihood,
               free * math.log(count) - 2 * likelihood, count, float(steps.sum()))  # fmt: skip


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
    errors = [math.nan] * 3 if at_bound else _errors(kappa, level, sigma, x, steps)
    span, count = float(steps.sum()), len(steps)
    grown = math.exp(min(kappa * span / count, 20.0))
    bias = (5 + 2 * grown + grown**2) / (2 * span)
    price = math.exp(min(level, 700.0))
    found = {
        "sigma": Estimate(sigma, errors[2], "yr-1/2"),
        "kappa": Estimate(0.0 if at_bound else kappa, errors[0], "yr-1"),
        "kappa_corrected": Estimate(
            0.0 if at_bound else max(0.0, kappa - bias), errors[0], "yr-1"
        ),
        "level": Estimate(price, errors[1] * price, "price"),
    }
    return _fit("log_ou", found, -negative, 3, steps)


def _errors(
    kappa: float, level: float, sigma: float, x: NDArray[np.float64], steps: NDArray[np.float64]
) -> list[float]:
    """Standard errors from the observed information, by central differences."""
    best = np.array([kappa, level, sigma])

    def negative(values: NDArray[np.float64]) -> float:
        decay, unit = _transition(values[0], steps)
        rest = x[1:] - values[1] - decay * (x[:-1] - values[1])
        variance = values[2] ** 2 * unit
        return 0.5 * float(np.sum(np.log(2 * math.pi * variance) + rest**2 / variance))

    width = 1e-4 * np.maximum(np.abs(best), 1e-3)
    shift = np.diag(width)
    information = np.array([
        [
            (negative(best + a + b) - negative(best + a - b) - negative(best - a + b)
             + negative(best - a - b)) / (4 * width[i] * width[j])
            for j, b in enumerate(shift)
        ]
        for i, a in enumerate(shift)
    ])  # fmt: skip
    try:
        variances = np.diag(np.linalg.inv(information))
    except np.linalg.LinAlgError:
        return [math.nan] * 3
    return [math.sqrt(one) if one > 0 else math.nan for one in variances.tolist()]
