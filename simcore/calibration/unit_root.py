"""The augmented Dickey-Fuller test with a constant: is there any reversion to speak of?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

# MacKinnon, J. G. (2010), Critical values for cointegration tests, Queen's Economics Department
# Working Paper 1227, table 2, N = 1, constant: b0 + b1/n + b2/n^2 + b3/n^3.
_SURFACE: Final = {
    0.01: (-3.43035, -6.5393, -16.786, -79.433),
    0.05: (-2.86154, -2.8903, -4.234, -40.040),
    0.10: (-2.56677, -1.5384, -2.809, 0.0),
}
_FEWEST: Final = 12


@dataclass(frozen=True)
class UnitRoot:
    """Outcome of the test.

    Attributes
    ----------
    statistic : float
        t value of the level; NaN for fewer than twelve observations.
    critical : dict of float to float
        Value below which a unit root is rejected, by level.
    lags : int
        Lagged changes in the regression.
    rejected : float or None
        Smallest tabulated level at which a unit root is rejected.
    """

    statistic: float
    critical: dict[float, float]
    lags: int
    rejected: float | None


def critical_values(observations: int) -> dict[float, float]:
    """Critical values of the t statistic with a constant, by level (MacKinnon 2010)."""
    return {
        level: sum(b / observations**power for power, b in enumerate(surface))
        for level, surface in _SURFACE.items()
    }


def dickey_fuller(levels: NDArray[np.float64], *, lags: int | None = None) -> UnitRoot:
    """Test whether a series wanders without a level.

    Parameters
    ----------
    levels : ndarray, shape (n,)
        Logarithms of prices at regular steps.
    lags : int, optional
        Lagged changes; by default those of the lowest AIC up to 12 (n/100)^(1/4) (Schwert 1989,
        Journal of Business and Economic Statistics 7), compared on the same observations.
    """
    changes = np.diff(levels)
    if len(levels) < _FEWEST or np.ptp(changes) == 0:
        return UnitRoot(float("nan"), critical_values(max(len(changes), 2)), 0, None)
    if lags is None:
        most = min(int(12 * (len(levels) / 100) ** 0.25), len(levels) // 4)
        lags = min(range(most + 1), key=lambda count: _regress(levels, count, start=most)[1])
    statistic, _ = _regress(levels, lags, start=lags)
    critical = critical_values(len(changes) - lags)
    rejected = [level for level, value in critical.items() if statistic < value]
    return UnitRoot(statistic, critical, lags, min(rejected, default=None))


def _regress(levels: NDArray[np.float64], lags: int, *, start: int) -> tuple[float, float]:
    """t value of the level, and the AIC, of a regression on observations from `start`."""
    changes = np.diff(levels)
    y = changes[start:]
    columns = [levels[start:-1], np.ones(len(y))]
    columns += [changes[start - lag : len(changes) - lag] for lag in range(1, lags + 1)]
    x = np.stack(columns, axis=1)
    found, *_ = np.linalg.lstsq(x, y, rcond=None)
    rest = float(np.sum((y - x @ found) ** 2))
    spread = rest / (len(y) - x.shape[1]) * np.linalg.pinv(x.T @ x)[0, 0]
    # A regression without any error (a price that moved once) has no t value.
    if rest <= 1e-24 * float(np.sum(y**2)) or spread <= 0:
        return float("nan"), 2.0 * x.shape[1] - 1e9
    aic = len(y) * np.log(rest / len(y)) + 2 * x.shape[1]
    return float(found[0] / np.sqrt(spread)), float(aic)
