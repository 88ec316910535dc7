"""A log price whose volatility is that of the year's regime, drawn from a Markov chain."""

import math
from functools import partial
from typing import Annotated, Any, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from simcore.numerics.chain import most_frequent, stationary
from simcore.processes import regimes, shocks
from simcore.processes.declaration import (
    Fitting,
    Floats,
    Kind,
    Maker,
    Motion,
    Points,
    Reversion,
    Volatility,
)
from simcore.processes.estimates import Fit
from simcore.processes.regimes import NAMES
from simcore.processes.shocks import Shocked, accrued
from simcore.quantities import certain, check_probabilities
from simcore.quantities.annotations import Name, Plain
from simcore.quantities.records import Described, fault

Probability = Annotated[Plain, Field(ge=0, le=1)]


class Regime(Described):
    """A state of the market with a volatility of its own."""

    sigma: Volatility
    """Volatility, per square root of a year."""
    next: dict[Name, Probability] = Field(min_length=1)
    """Probability of each regime in the following year."""


class RegimeSwitching(Shocked):
    """A log price whose volatility is that of the year's regime; it may return to its anchors."""

    kind: Literal["regime_switching"] = "regime_switching"
    kappa: Reversion = certain(0.0)
    """Speed of mean reversion, per year."""
    regimes: dict[Name, Regime] = Field(min_length=2, max_length=3)
    """Two or three regimes by name."""
    initial: Name | None = None
    """Regime in the year of the spot; null: as likely as in the long run."""

    @model_validator(mode="after")
    def _chain(self) -> Self:
        named = ", ".join(self.regimes)
        for name, regime in self.regimes.items():
            for other in regime.next:
                if other not in self.regimes:
                    raise fault(
                        f"regime {name} followed by {other!r}, which does not exist",
                        f"names among {named}", "correct the name",
                    )  # fmt: skip
            check_probabilities(list(regime.next.values()), len(regime.next))
        if self.initial is not None and self.initial not in self.regimes:
            raise fault(
                f"initial regime {self.initial!r}, which does not exist", f"one of {named}",
                "correct the name",
            )  # fmt: skip
        return self


def transition_matrix(process: RegimeSwitching) -> Floats:
    """Probabilities of next year's regime (columns) by this year's (rows)."""
    named = process.regimes
    return np.array([[one.next.get(other, 0.0) for other in named] for one in named.values()])


def _motion(make: Maker, process: RegimeSwitching, centred: bool) -> Motion:
    kappa = make.quantity("kappa", process.kappa)
    sigmas = [
        make.quantity(f"regimes.{label}.sigma", regime.sigma)
        for label, regime in process.regimes.items()
    ]
    sigma = make.node("CHOSEN", which=_regime(make, process), among=sigmas)
    return shocks.moved(make, process, centred, sigma=sigma, kappa=kappa)


def _regime(make: Maker, process: RegimeSwitching) -> int:
    """Node of the regime of a year, by its position."""
    chain = transition_matrix(process)
    share = stationary(chain)
    start = (
        share if process.initial is None else chain[list(process.regimes).index(process.initial)]
    )
    # The probabilities of one year end in 1, whatever rounding makes of their sum.
    table = np.cumsum(np.vstack([start, chain]), axis=1)
    table[:, -1] = 1.0
    return make.node(
        "REGIME", role="regime", first_year=make.first, count=len(chain),
        usual=most_frequent(share), probabilities=table.ravel(),
    )  # fmt: skip


def _variance(make: Maker, process: RegimeSwitching, ages: NDArray[np.int64]) -> Floats:
    sigmas = [make.central(one.sigma) for one in process.regimes.values()]
    shares = stationary(transition_matrix(process)).tolist()
    square = math.fsum(share * (one * one) for share, one in zip(shares, sigmas, strict=True))
    return shocks.variance(make, process, square, make.central(process.kappa), ages)


def _ahead(
    process: RegimeSwitching, points: Points, years: int, centred: bool
) -> tuple[Floats, Floats]:
    """The regime of an origin is as likely as in the long run: `initial` is a fact of today."""
    sigmas = np.array([points.value("sigma", one.sigma) for one in process.regimes.values()])
    kappa, chain = points.value("kappa", process.kappa), transition_matrix(process)
    odds = np.broadcast_to(np.cumsum(stationary(chain)), (len(kappa), len(chain)))
    variance = np.zeros(len(kappa))
    for year in range(years):
        chance = points.uniform(f"regime.{year}")
        regime = np.minimum((chance[:, None] >= odds).sum(axis=1), len(chain) - 1)
        sigma = sigmas[regime, np.arange(len(kappa))]
        variance = variance * np.exp(-2 * kappa) + sigma**2 * accrued(kappa, 1)
        odds = np.cumsum(chain, axis=1)[regime]
    return shocks.ahead(process, points, years, centred, variance)


def _written(count: int, fit: Fit, quantity: Any, eroded: float) -> dict[str, Any]:
    labels = NAMES[count]
    found = {
        label: {"sigma": quantity(f"{label}.sigma"), "next": _odds(fit, label, labels)}
        for label in labels
    }
    return {"kind": "regime_switching", "initial": fit.initial, "regimes": found}


def _odds(fit: Fit, label: str, labels: tuple[str, ...]) -> dict[str, float]:
    """Probabilities of next year's regime, which add up to one as written."""
    odds = {
        other: round(fit.estimates[f"{label}.to.{other}"].value, 3)
        for other in labels
        if other != label
    }
    left = round(1.0 - sum(odds.values()), 3)
    return {other: left if other == label else odds[other] for other in labels}


REGIME_SWITCHING: Final = Kind(
    RegimeSwitching,
    motion=_motion,
    variance=_variance,
    ahead=_ahead,
    fits={
        "regime_switching" + ("" if count == 2 else f"_{count}"): Fitting(
            partial(regimes.regime_switching, count=count), partial(_written, count)
        )
        for count in NAMES
    },
    lacking={"regimes": ("two or three regimes, each with sigma and next", "add regimes: ...")},
    shocked=True,
    on_top=True,
)
