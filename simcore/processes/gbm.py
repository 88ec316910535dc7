"""Geometric Brownian motion: a random walk of the log price whose mean grows by a drift."""

import math
from typing import Any, Final, Literal

from simcore.processes import shocks
from simcore.processes.declaration import Drift, Fitting
from simcore.processes.estimates import Changes, Estimate, Fit, fitted
from simcore.processes.jumps import MOST, growth, merton
from simcore.processes.shocks import SIGMA, Volatile
from simcore.quantities import certain


class Gbm(Volatile):
    """Geometric Brownian motion: a random walk whose mean grows by a drift."""

    kind: Literal["gbm"] = "gbm"
    mu: Drift = certain(0.0)
    """Drift of the mean, per year."""


def _fit(history: Changes) -> Fit:
    span, count = history.span, len(history.steps)
    drift = float(history.values.sum()) / span
    walk = shocks.wandering("gbm", history, drift)
    square = walk.estimates["sigma"].value ** 2
    # mu is the growth of the mean, drift of the log plus sigma^2/2; both parts are estimated.
    error = math.sqrt(square / span + square**2 / (2 * count))
    mu = Estimate(drift + 0.5 * square, error, "yr-1")
    return fitted("gbm", {**walk.estimates, "mu": mu}, walk.log_likelihood, 2, history.steps)


def _written(fit: Fit, quantity: Any, eroded: float) -> dict[str, Any]:
    mu = quantity("mu", shift=eroded, signed=True)
    return {"kind": "gbm", "sigma": quantity("sigma"), "mu": mu}


def _with_jumps(fit: Fit, quantity: Any, eroded: float) -> dict[str, Any]:
    jumps = {
        "rate": quantity("rate", most=MOST),
        "mean": quantity("jump_mean", signed=True),
        "sd": quantity("jump_sd"),
    }
    mu = quantity(growth(fit) - eroded)  # follows from the others: no error of its own
    return {"kind": "gbm", "sigma": quantity("sigma"), "mu": mu, "jumps": jumps}


GBM: Final = shocks.volatile_kind(
    Gbm,
    fits={"gbm": Fitting(_fit, _written), "merton": Fitting(merton, _with_jumps)},
    lacking={"sigma": SIGMA},
    drift="mu",
)
