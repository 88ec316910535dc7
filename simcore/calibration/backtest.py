"""Rolling origins: what would a market have said at each past date, and what came?

The price at an origin is known, nothing later is. Weeks (months, quarters or years of a history
that has no more) are those of the calendar, whatever ones a history lacks. Random walks
re-estimate their volatility from the changes up to the origin. A market of the catalog has the
parameters it has today, around the price of the origin: see `predictive.ahead`.

One path says more of the direction that it took than of its width. The mirrored score is the mean
of those on the path and on its mirror image in logarithms about steady growth by the carry, which
took the other direction: a density that gains on the path alone was fitted to its direction.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simcore.calibration.history import DAYS, FREQUENCIES, History, frequency_of, periods, sampled
from simcore.calibration.predictive import Forecast
from simcore.calibration.scores import christoffersen, crps_normal, kupiec
from simcore.errors import ConfigError, Fault
from simcore.processes.declaration import Floats

BANDS: Final = (0.5, 0.8, 0.95)
_TENTH: Final = 0.1
FEWEST: Final = 10
"""Independent origins below which a test of a band says nothing: on four, one miss or none are all
that 80 % could ever show, and it keeps nearly every model."""
PERIODS: Final = {"weekly": 52, "monthly": 12, "quarterly": 4, "half-yearly": 2, "annual": 1}
"""Periods of a year; of 52 weeks."""
STEPS: Final = {"weekly": 4, "monthly": 1, "quarterly": 1, "half-yearly": 1, "annual": 1}
"""Periods between origins."""
_A_PERIOD: Final = {
    "weekly": "week", "monthly": "month", "quarterly": "quarter", "half-yearly": "half-year",
    "annual": "year",
}  # fmt: skip


@dataclass(frozen=True)
class Score:
    """One model at one horizon.

    Attributes
    ----------
    model : str
    horizon : int
        Years; of 52 weeks.
    origins : int
        Forecasts scored.
    apart : int
        How many of them do not overlap: independent origins.
    crps, log_score : float
        Means; CRPS in units of ln(price), log score in nats. Lower is better.
    mirrored : float
        CRPS on the path and on its mirror image in logarithms, about growth by the carry, together.
    coverage : dict of float to float
        Share of outcomes inside the central band of a probability.
    below, above : float
        Share of outcomes below the forecast's P10, and above its P90.
    kupiec, christoffersen : float
        p-values for the 80 % band on the forecasts that do not overlap; NaN below `FEWEST`.
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
    mirrored: float
    log_score: float
    coverage: dict[float, float]
    below: float
    above: float
    kupiec: float
    christoffersen: float
    mean_error: float
    pit: Floats


@dataclass(frozen=True)
class Backtest:
    """All scores, and the changes that were forecast.

    Attributes
    ----------
    history : History
        Sampled.
    frequency : str
        Of the sampled history: weekly, or coarser where the history is.
    scores : tuple of Score
        By horizon, then model.
    origins, targets : dict of int to int64 array
        Positions in the sampled history of each forecast's origin and outcome, by horizon.
    skipped : dict of int to int
        Origins without a price in their period or in that of the outcome, by horizon.
    still : dict of int to int
        Origins before which no price had changed, so that a random walk has no volatility.
    bands : dict of (str, int) to float64, shape (7, origins)
        Log changes at 2.5, 10, 25, 50, 75, 90 and 97.5 % by model and horizon.
    window : float or None
        Years of history in an estimate; None: all.
    minimum : float
        Years of history before the first origin.
    """

    history: History
    frequency: str
    scores: tuple[Score, ...]
    origins: dict[int, NDArray[np.int64]]
    targets: dict[int, NDArray[np.int64]]
    skipped: dict[int, int]
    still: dict[int, int]
    bands: dict[tuple[str, int], Floats]
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
        Prices, sampled here to the last of each week, or of each period of a coarser history.
    forecasts : mapping of int to Forecast
        Of the market, by horizon in years.
    name : str
        Of the market.
    carry : float
        Growth of the second random walk, and about which the path is mirrored, ln per year.
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
        The history is too short for a horizon, or never moves.
    """
    frequency = max(("weekly", frequency_of(history)), key=FREQUENCIES.index)
    spaced = sampled(history, frequency)
    levels, when = np.log(spaced.prices), periods(spaced, frequency)
    when = when - when[0]
    a_year = DAYS / 7 if frequency == "weekly" else PERIODS[frequency]
    first, last = round((window or minimum) * a_year), int(when[-1])
    # Position of each period in the history; one without a price has none.
    position = np.full(last + 1, -1)
    position[when] = np.arange(len(when))
    scores: list[Score] = []
    bands, every, outcomes, skipped, still = {}, {}, {}, {}, {}
    for years, forecast in forecasts.items():
        length = PERIODS[frequency] * years
        begins = np.arange(first, last + 1 - length, STEPS[frequency])
        known = (position[begins] >= 0) & (position[begins + length] >= 0)
        unit = _A_PERIOD[frequency] + "s"
        if first < 2 or not known.any():
            raise ConfigError(Fault(
                "--horizons", f"{last + 1:,} {unit} of prices, {years} years ahead",
                f"{max(first, 2) + length + 1:,} {unit} or more: {(window or minimum):g} years to "
                f"estimate and {years} to wait",
                "take a longer history, a shorter horizon, or less --minimum",
                history.file,
            ))  # fmt: skip
        skipped[years] = int(np.sum(~known))
        begins = begins[known]
        sds = _volatility(levels, when, position[begins], window, PERIODS[frequency])
        moved = sds > 0
        still[years] = int(np.sum(~moved))
        if not moved.any():
            raise ConfigError(Fault(
                history.column, f"no price that changed before any origin, {years} years ahead",
                "prices that move: a random walk has no volatility without",
                "take more --minimum, a longer --window, or prices that are traded", history.file,
            ))  # fmt: skip
        begins, sds = begins[moved], sds[moved] * math.sqrt(years)
        origins, targets = position[begins], position[begins + length]
        every[years], outcomes[years] = origins, targets
        free = not_overlapping(begins, length)
        change = levels[targets] - levels[origins]
        pit = forecast.pit(change)
        middle = forecast.quantile(np.array([0.5]))[0]
        mirror = 2 * carry * years - change
        crps = forecast.crps(change), forecast.crps(mirror)
        scores.append(
            _score(name, years, pit, crps, forecast.log_score(change), change - middle, free)
        )
        bands[name, years] = np.repeat(
            forecast.quantile(np.array(LEVELS))[:, None], len(origins), axis=1
        )
        for label, growth in (("random walk", 0.0), (f"random walk {100 * carry:+g}%", carry)):
            scores.append(_random_walk(label, years, change, mirror, growth * years, sds, free))
            bands[label, years] = growth * years + _normal_quantiles(LEVELS)[:, None] * sds
    return Backtest(
        spaced, frequency, tuple(scores), every, outcomes, skipped, still, bands, window, minimum
    )


def not_overlapping(begins: NDArray[np.int64], length: int) -> NDArray[np.bool_]:
    """Which forecasts begin after the one before them that counts has ended.

    They begin in increasing weeks, int64 of shape (n,), and last `length` weeks.
    """
    chosen = np.zeros(len(begins), dtype=bool)
    end = -1
    for place, begin in enumerate(begins.tolist()):
        if begin >= end:
            chosen[place], end = True, begin + length
    return chosen


def _volatility(
    levels: Floats, when: NDArray[np.int64], origins: NDArray[np.int64], window: float | None,
    per_year: int,
) -> Floats:  # fmt: skip
    """Standard deviation of the changes known at each origin, per square root of a year.

    Zero where fewer than two are known, or all are alike.
    """
    # The change over several periods without a price counts as one of their root.
    changes = np.diff(levels) / np.sqrt(np.diff(when))
    span = when[-1] + 1 if window is None else round(window * per_year)
    first = np.searchsorted(when[1:], when[origins] - span, side="right")
    return np.array([
        np.std(changes[begin:origin], ddof=1) * math.sqrt(per_year)
        if origin - begin > 1 and np.ptp(changes[begin:origin]) > 0 else 0.0
        for begin, origin in zip(first, origins, strict=True)
    ])  # fmt: skip


def _random_walk(
    model: str, years: int, change: Floats, mirror: Floats, growth: float, sds: Floats,
    free: NDArray[np.bool_],
) -> Score:  # fmt: skip
    from scipy.special import ndtr

    errors = change - growth
    z = errors / sds
    log_score = 0.5 * z**2 + np.log(sds * math.sqrt(2 * math.pi))
    # A mirrored path has the same volatility.
    crps = crps_normal(growth, sds, change), crps_normal(growth, sds, mirror)
    return _score(model, years, ndtr(z), crps, log_score, errors, free)


def _score(
    model: str, years: int, pit: Floats, crps: tuple[Floats, Floats], log_score: Floats,
    errors: Floats, free: NDArray[np.bool_],
) -> Score:  # fmt: skip
    apart = outside(pit, 0.8)[free]
    enough = len(apart) >= FEWEST
    return Score(
        model=model, horizon=years, origins=len(pit), apart=len(apart),
        crps=float(crps[0].mean()), mirrored=float(0.5 * (crps[0] + crps[1]).mean()),
        log_score=float(log_score.mean()),
        coverage={band: float(1 - outside(pit, band).mean()) for band in BANDS},
        below=float(np.mean(pit < _TENTH)), above=float(np.mean(pit > 1 - _TENTH)),
        kupiec=kupiec(apart, 0.2)[1] if enough else math.nan,
        christoffersen=christoffersen(apart, 0.2)[1] if enough else math.nan,
        mean_error=float(errors.mean()), pit=pit,
    )  # fmt: skip


def outside(pit: Floats, band: float) -> NDArray[np.bool_]:
    """Whether outcomes lay outside the central band of a probability."""
    tail = 0.5 * (1 - band)
    return np.asarray((pit < tail) | (pit > 1 - tail))


def _normal_quantiles(levels: Sequence[float]) -> Floats:
    from scipy.special import ndtri

    return np.asarray(ndtri(np.array(levels)))
