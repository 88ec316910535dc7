"""Rank correlations of the changes of several prices on the dates that they share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from simcore.calibration.history import History, periods, sampled
from simcore.errors import ConfigError, Fault
from simcore.numerics.copula import linear_correlation
from simcore.numerics.rank import rank_correlation

FEWEST = 10
"""Common changes below which no correlation is estimated."""


@dataclass(frozen=True)
class Correlation:
    """Spearman correlation of two histories' log changes.

    Attributes
    ----------
    between : tuple of str
    rank, error : float
        Estimate and standard error, (1 - r^2) sqrt((1 + r^2/2)/(n - 3)) (Bonett and Wright 2000,
        Psychometrika 65).
    changes : int
    first, last : str
        Common dates.
    """

    between: tuple[str, str]
    rank: float
    error: float
    changes: int
    first: str
    last: str


def correlate(histories: Mapping[str, History], *, frequency: str) -> tuple[Correlation, ...]:
    """Estimate the correlation of every pair.

    Parameters
    ----------
    histories : mapping of str to History
        By the name of the price in the config.
    frequency : str
        Changes from the last price of one period to that of the next; periods in which one of two
        has no price are left out of that pair.

    Returns
    -------
    tuple of Correlation
        In the order of the pairs.

    Raises
    ------
    ConfigError
        Fewer than `FEWEST` common changes, or a price that never changes.
    """
    every, faults = [], []
    for one, other in combinations(histories, 2):
        kept = [sampled(histories[name], frequency) for name in (one, other)]
        common, *places = np.intersect1d(
            periods(kept[0], frequency), periods(kept[1], frequency), return_indices=True
        )
        changes = [
            np.diff(np.log(history.prices[place]))
            for history, place in zip(kept, places, strict=True)
        ]
        count = len(common) - 1
        if count < FEWEST or any(np.ptp(change) == 0 for change in changes):
            faults.append(Fault(
                f"{one} and {other}", f"{max(count, 0)} common changes",
                f"{FEWEST} or more, of prices that change",
                "take files that share dates, or a finer --frequency",
            ))  # fmt: skip
            continue
        rank = rank_correlation(*changes)
        error = (1 - rank**2) * math.sqrt((1 + rank**2 / 2) / (count - 3))
        dates = kept[0].dates[places[0]]
        every.append(Correlation((one, other), rank, error, count, str(dates[0]), str(dates[-1])))
    if faults:
        raise ConfigError(faults)
    return tuple(every)


def is_possible(found: tuple[Correlation, ...]) -> bool:
    """Whether the estimates fit into one matrix; pairs on different dates may not."""
    names = sorted({name for one in found for name in one.between})
    matrix = np.eye(len(names))
    for one in found:
        i, j = (names.index(name) for name in one.between)
        # The copula needs the linear correlation of normals with that rank correlation.
        matrix[i, j] = matrix[j, i] = linear_correlation(round(one.rank, 3))
    return bool(np.linalg.eigvalsh(matrix)[0] >= 0)
