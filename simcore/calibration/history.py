"""Price histories at even distances: the last price of each week, month, ... year."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simcore.timeseries import DAYS, History, read

__all__ = ["DAYS", "FREQUENCIES", "History", "frequency_of", "periods", "read", "sampled"]

FREQUENCIES: Final = ("daily", "weekly", "monthly", "quarterly", "half-yearly", "annual")
_SPANS: Final = {"daily": 4, "weekly": 15, "monthly": 45, "quarterly": 135, "half-yearly": 270}
"""Longest usual distance of two prices of each frequency, days; a month may miss a week or two."""


def frequency_of(history: History) -> str:
    """Frequency of a history, from the usual distance of its dates."""
    usual = float(np.median(np.diff(history.dates).astype(int)))
    return next((name for name, days in _SPANS.items() if usual <= days), "annual")


def sampled(history: History, frequency: str) -> History:
    """Keep the last price of each period, a week to Friday; `daily` keeps all.

    A period without prices stays a gap; dates are those of the prices kept.
    """
    if frequency == "daily":
        return history
    period = periods(history, frequency)
    final = np.append(np.diff(period) > 0, True)
    return replace(history, dates=history.dates[final], prices=history.prices[final])


def periods(history: History, frequency: str) -> NDArray[np.int64]:
    """Number of the day, week, month, quarter, half-year or year of each date."""
    days = history.dates.astype("datetime64[D]").astype(np.int64)
    months = history.dates.astype("datetime64[M]").astype(np.int64)
    # Day 0 of the epoch is a Thursday: Saturday opens a week.
    if frequency in ("daily", "weekly"):
        return days if frequency == "daily" else (days + 5) // 7
    return months // {"monthly": 1, "quarterly": 3, "half-yearly": 6, "annual": 12}[frequency]
