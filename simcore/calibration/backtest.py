"""Rolling origins: what would a market have said at each past date, and what came?

The price at an origin is known, nothing later is. Weeks are those of the calendar, whatever weeks a
history lacks. Random walks re-estimate their volatility from
the changes up to the origin. A market of the catalog has the parameters it has today, around the
price of the origin: see `predictive.ahead`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simcore.calibration.history import DAYS, History, periods, sampled
from simcore.calibration.predictive import Forecast
from simcore.calibration.scores import christoffersen, crps_normal, kupiec
from simcore.errors import ConfigError, Fault

BANDS: Final = (0.5, 0.8, 0.95)
_WEEKS: Final = 52
_STEP: Final = 4
"""Weeks between origins."""


@dataclass(frozen=True)
class Score:
    """One model at one horizon.

    Attributes
    ----------
    model : str
    horizon : int
        Years; of 52 weeks.
    origins : int
        Forecasts scored, four weeks apart.
    apart : int
        How many of them do not overlap.
    crps, log_score : float
        Means; CRPS in units of ln(price), log score in nats. Lower is better.
    coverage : dict of float to float
        Share of outcomes inside the central band of a probability.
    kupiec, christoffersen : float
        p-values for the 80 % band on the forecasts that do not overlap.
    kupiec_all, christoffersen_all : float
        The same on all, as if they were independent, which they are not.
    mean_error : float
        Mean of ln(outcome / median).
    pit : float64, shape (origins,)
        Probability that the model gave to less than what came.
    """

    model: str
    horizon: int
    origins: int
    apart: int
    crps: float
    log_score: float
    coverage: dict[float, float]
    kupiec: float
    christoffersen: float
    kupiec_all: float
    christoffersen_all: float
    mean_error: float
    pit: NDArray[np.float64]


@dataclass(frozen=True)
class Backtest:
    """All scores, and the changes that were forecast.

    Attributes
    ----------
    history : History
        Weekly.
    scores : tuple of Score
        By horizon, then model.
    origins, targets : dict of int to int64 array
        Positions in the weekly history of each forecast's origin and outcome, by horizon.
    skipped : dict of int to int
        Origins without a price in their week or in that of the outcome, by horizon.
    bands : dict of (str, int) to float64, shape (7, origins)
        Log changes at 2.5, 10, 25, 50, 75, 90 and 97.5 % by model and horizon.
    window : float or None
        Years of history in an estimate; None: all.
    minimum : float
        Years of history before the first origin.
    """

    history: History
    scores: tuple[Score, ...]
    origins: dict[int, NDArray[np.int64]]
    targets: dict[int, NDArray[np.int64]]
    skipped: dict[int, int]
    bands: dict[tuple[str, int], NDArray[np.float64]]
    window: float | None
    minimum: float


LEVELS: Final = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)


def backtest(
    history: History,
    forecasts: Mapping[int, Forecast],
    *,
    name: str,
    carry: float = 0.04,
    minimum: float = 4.0,
    window: float | None = None,
) -> Backtest:
    """Score a market and two random walks on a history.

    Parameters
    ----------
    history : History
        Prices, sampled here to the last of each week.
    forecasts : mapping of int to Forecast
        Of the market, by horizon in years.
    name : str
        Of the market.
    carry : float
        Growth of the second random walk, ln per year.
    minimum : float
        Years of history before the first origin.
    window : float, optional
        Years of history from which random walks are estimated; it then also sets the first origin.

    Returns
    -------
    Backtest

    Raises
    ------
    ConfigError
        The history is too short for a horizon.
    """
    weekly = sampled(history, "weekly")
    levels, weeks = np.log(weekly.prices), periods(weekly, "weekly")
    weeks = weeks - weeks[0]
    first, last = round((window or minimum) * DAYS / 7), int(weeks[-1])
    # Position of each week in the history; a week without a price has none.
    position = np.full(last + 1, -1)
    position[weeks] = np.arange(len(weeks))
    scores: list[Score] = []
    bands, every, outcomes, skipped = {}, {}, {}, {}
    for years, forecast in forecasts.items():
        length = _WEEKS * years
        begins = np.arange(first, last + 1 - length, _STEP)
        known = (position[begins] >= 0) & (position[begins + length] >= 0)
        if first < 2 or not known.any():
            raise ConfigError(Fault(
                "--horizons", f"{last + 1:,} weeks of prices, {years} years ahead",
                f"{first + length + 1:,} weeks or more: {(window or minimum):g} years to estimate "
                f"and {years} to wait",
                "take a longer history, a shorter horizon, or less --minimum",
                history.file,
            ))  # fmt: skip
        origins, targets = position[begins[known]], position[begins[known] + length]
        every[years], outcomes[years] = origins, targets
        skipped[years] = int(np.sum(~known))
        free = not_overlapping(begins[known], length)
        change = levels[targets] - levels[origins]
        pit = forecast.pit(change)
        middle = forecast.quantile(np.array([0.5]))[0]
        scores.append(_score(
            name, years, pit, forecast.crps(change), forecast.log_score(change), change - middle,
            free,
        ))  # fmt: skip
        bands[name, years] = np.repeat(
            forecast.quantile(np.array(LEVELS))[:, None], len(origins), axis=1
        )
        sds = _volatility(levels, weeks, origins, window) * math.sqrt(years)
        for label, growth in (("random walk", 0.0), (f"random walk {100 * carry:+g}%", carry)):
            scores.append(_random_walk(label, years, change - growth * years, sds, free))
            bands[label, years] = growth * years + _normal_quantiles(LEVELS)[:, None] * sds
    return Backtest(weekly, tuple(scores), every, outcomes, skipped, bands, window, minimum)


def not_overlapping(begins: NDArray[np.int64], length: int) -> NDArray[np.bool_]:
    """Which forecasts begin after the one before them that counts has ended.

    Parameters
    ----------
    begins : int64, shape (n,)
        Increasing, weeks.
    length : int
        Of a forecast, weeks.
    """
    chosen = np.zeros(len(begins), dtype=bool)
    end = -1
    for place, begin in enumerate(begins.tolist()):
        if begin >= end:
            chosen[place], end = True, begin + length
    return chosen


def _volatility(
    levels: NDArray[np.float64], weeks: NDArray[np.int64], origins: NDArray[np.int64],
    window: float | None,
) -> NDArray[np.float64]:  # fmt: skip
    """Standard deviation of weekly changes known at each origin, per square root of a year."""
    # The change over several weeks without a price counts as one of their root.
    changes = np.diff(levels) / np.sqrt(np.diff(weeks))
    span = weeks[-1] + 1 if window is None else round(window * _WEEKS)
    first = np.searchsorted(weeks[1:], weeks[origins] - span, side="right")
    return np.array([
        np.std(changes[begin:origin], ddof=1) * math.sqrt(_WEEKS)
        for begin, origin in zip(first, origins, strict=True)
    ])  # fmt: skip


def _random_walk(
    model: str, years: int, errors: NDArray[np.float64], sds: NDArray[np.float64],
    free: NDArray[np.bool_],
) -> Score:  # fmt: skip
    from scipy.special import ndtr

    z = errors / sds
    log_score = 0.5 * z**2 + np.log(sds * math.sqrt(2 * math.pi))
    return _score(model, years, ndtr(z), crps_normal(0.0, sds, errors), log_score, errors, free)


def _score(
    model: str,
    years: int,
    pit: NDArray[np.float64],
    crps: NDArray[np.float64],
    log_score: NDArray[np.float64],
    errors: NDArray[np.float64],
    free: NDArray[np.bool_],
) -> Score:
    misses = outside(pit, 0.8)
    apart = misses[free]
    return Score(
        model=model, horizon=years, origins=len(pit), apart=len(apart), crps=float(crps.mean()),
        log_score=float(log_score.mean()),
        coverage={band: float(1 - outside(pit, band).mean()) for band in BANDS},
        kupiec=kupiec(apart, 0.2)[1], christoffersen=christoffersen(apart, 0.2)[1],
        kupiec_all=kupiec(misses, 0.2)[1], christoffersen_all=christoffersen(misses, 0.2)[1],
        mean_error=float(errors.mean()), pit=pit,
    )  # fmt: skip


def outside(pit: NDArray[np.float64], band: float) -> NDArray[np.bool_]:
    """Whether outcomes lay outside the central band of a probability."""
    tail = 0.5 * (1 - band)
    return np.asarray((pit < tail) | (pit > 1 - tail))


def _normal_quantiles(levels: Sequence[float]) -> NDArray[np.float64]:
    from scipy.special import ndtri

    return np.asarray(ndtri(np.array(levels)))
