"""Maximum likelihood of the price processes on irregular dates, with standard errors."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from simcore.calibration.history import History
from simcore.calibration.unit_root import UnitRoot, dickey_fuller
from simcore.processes import FITS
from simcore.processes.estimates import Changes, Fit, TooFewYearsError
from simcore.processes.log_ou import bias

FEWEST: Final = 10
"""Changes below which no fit is made."""
_EVENTS: Final = 12.0
"""Jumps a year above which they are no events."""


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
        One of `processes.FITS`. Only `gbm` has a drift.

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
    ends = history.dates[1:].astype("datetime64[Y]").astype(np.int64) + 1970
    changes = Changes(np.log(history.prices), np.diff(history.years), ends)
    if len(ends) < FEWEST or np.ptp(changes.values) == 0:
        raise ValueError(
            f"{len(ends)} changes, {len(set(history.prices.tolist()))} different prices"
        )
    return FITS[kind].fit(changes)


def calibrate(history: History, *, kinds: tuple[str, ...], frequency: str) -> Calibration:
    """Fit processes to a history that is already sampled, and say what to beware of.

    Parameters
    ----------
    history : History
        Prices in one currency, at one frequency.
    kinds : tuple of str
        Processes to fit; one that needs more years is left out of several, with a warning.
    frequency : str
        Of the history, for the record.

    Returns
    -------
    Calibration
        The best fit first.

    Raises
    ------
    ValueError
        Too few changes, or a price that never changes.
    TooFewYearsError
        Too few years for the only kind asked for.
    """
    warnings, every = [], []
    for kind in kinds:
        try:
            every.append(fit(history, kind))
        except TooFewYearsError as error:
            if len(kinds) == 1:
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
                if math.isfinite(_half_life(kappa)) else
                f"{one.kind} found no reversion: it is a random walk here"
            )  # fmt: skip
        if one.unusable:
            warnings.append(f"{one.kind} is of no use here: {one.unusable}")
        elif "rate" in one.estimates and one.estimates["rate"].value > _EVENTS:
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
    """Upward bias of the estimated kappa with an unknown level, per year; see `log_ou.bias`."""
    return bias(kappa, float(history.years[-1]), len(history.prices) - 1)


def _lives(kappa: float, corrected: float) -> str:
    before, after = f"{_half_life(kappa):.2g} years", f"{_half_life(corrected):.2g} years"
    if math.isinf(_half_life(corrected)):
        return f"so that the half-life of {before} may be endless"
    return f"half-life {before} becomes {after}" if before != after else f"half-life {after}"


def _half_life(kappa: float) -> float:
    """In years; what is longer than anybody waits is endless."""
    years = math.log(2) / kappa if kappa > 0 else math.inf
    return years if years < 1000 else math.inf
