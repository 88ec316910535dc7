"""Made-up price histories with known parameters, and CSV files of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simcore.calibration.history import DAYS, History


def dates(count: int, *, seed: int = 0, step: int = 7) -> np.ndarray:
    """Increasing dates, irregular by a few days, from 2000."""
    jitter = np.random.default_rng(seed).integers(0, max(1, step - 2), count)
    return np.datetime64("2000-01-01") + np.arange(count) * step + jitter


def reverting(
    count: int, *, kappa: float, sigma: float, level: float, drift: float = 0.0, seed: int = 0,
    step: int = 7,
) -> History:  # fmt: skip
    """A log-OU history by exact transitions; kappa of 0 is a random walk with drift of the log."""
    when = dates(count, seed=seed, step=step)
    noise = np.random.default_rng(seed + 1).standard_normal(count - 1)
    x = np.empty(count)
    x[0] = np.log(level)
    for place, days in enumerate(np.diff(when).astype(float)):
        time = days / DAYS
        decay = np.exp(-kappa * time)
        spread = (1 - decay**2) / (2 * kappa) if kappa > 0 else time
        x[place + 1] = (
            np.log(level) + (x[place] - np.log(level)) * decay + drift * time
            + sigma * np.sqrt(spread) * noise[place]
        )  # fmt: skip
    return History(when, np.exp(x), "made.csv", "price")


def write(history: History, path: Path) -> Path:
    rows = [f"{day},{price:.17g}" for day, price in zip(history.dates, history.prices, strict=True)]
    path.write_text("date,price\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path
