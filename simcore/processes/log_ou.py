"""A log price that returns to its anchor path (Ornstein and Uhlenbeck)."""

import math
from typing import Any, Final, Literal

import numpy as np

from simcore.processes import shocks
from simcore.processes.declaration import Fitting, Floats, Reversion
from simcore.processes.estimates import Changes, Estimate, Fit, fitted, standard_errors
from simcore.processes.shocks import SIGMA, Volatile, accrued

_SLOWEST, _FASTEST = 1e-5, 200.0  # kappa per year: half-lives of 70,000 years and of a day


class LogOu(Volatile):
    """A log price that returns to its anchor path."""

    kind: Literal["log_ou"] = "log_ou"
    kappa: Reversion
    """Speed of mean reversion, per year."""


def bias(kappa: float, span: float, count: int) -> float:
    """Upward bias of the estimated kappa with an unknown level, per year.

    (5 + 2 exp(kappa d) + exp(2 kappa d)) / (2 T), near 4/T (Tang and Chen 2009, Journal of
    Econometrics 149, theorem 3.1); d is the mean of `count` steps, T the span in years.
    """
    grown = math.exp(min(kappa * span / count, 20.0))
    return (5 + 2 * grown + grown**2) / (2 * span)


def _profile(kappa: float, x: Floats, steps: Floats) -> tuple[float, float, float]:
    """Negative log likelihood, level of the log and sigma, both at their best for a kappa."""
    decay, unit = np.exp(-kappa * steps), accrued(kappa, steps)
    weight, gain = 1 / unit, -np.expm1(-kappa * steps)
    rest = x[1:] - decay * x[:-1]
    level = float(np.sum(weight * gain * rest) / np.sum(weight * gain**2))
    square = float(np.mean(weight * (rest - gain * level) ** 2))
    negative = 0.5 * float(np.sum(np.log(2 * math.pi * square * unit)) + len(steps))
    return negative, level, math.sqrt(square)


def _fit(history: Changes) -> Fit:
    from scipy.optimize import minimize_scalar

    x, steps = history.logs, history.steps
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

    def negative_of(values: Floats) -> float:
        decay, unit = np.exp(-values[0] * steps), accrued(values[0], steps)
        rest = x[1:] - values[1] - decay * (x[:-1] - values[1])
        square = values[2] ** 2 * unit
        return 0.5 * float(np.sum(np.log(2 * math.pi * square) + rest**2 / square))

    errors = [math.nan] * 3
    if not at_bound:
        errors = standard_errors(negative_of, [kappa, level, sigma])
    least = max(0.0, kappa - bias(kappa, history.span, len(steps)))
    price = math.exp(min(level, 700.0))
    found = {
        "sigma": Estimate(sigma, errors[2], "yr-1/2"),
        "kappa": Estimate(0.0 if at_bound else kappa, errors[0], "yr-1"),
        "kappa_corrected": Estimate(0.0 if at_bound else least, errors[0], "yr-1"),
        "level": Estimate(price, errors[1] * price, "price"),
    }
    return fitted("log_ou", found, -negative, 3, steps)


def _written(fit: Fit, quantity: Any, eroded: float) -> dict[str, Any]:
    return {"kind": "log_ou", "sigma": quantity("sigma"), "kappa": quantity("kappa_corrected")}


LOG_OU: Final = shocks.volatile_kind(
    LogOu,
    fits={"log_ou": Fitting(_fit, _written)},
    lacking={"sigma": SIGMA, "kappa": ("kappa, per year", "add kappa: ..., or use kind: fixed")},
    on_top=True,
)
