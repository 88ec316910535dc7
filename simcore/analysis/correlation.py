"""Rank correlations that a run achieved, beside those that were asked for (MODEL 2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

Table = tuple[tuple[str, ...], np.ndarray, dict[str, Any]]


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's correlation of the draws of two inputs.

    Parameters
    ----------
    first, second : ndarray, shape (draw,)
        Draws in the same order. Equal values share the mean of their ranks.

    Returns
    -------
    float
        NaN where one of them is the same in every draw.
    """
    return _correlation(_ranks(first), _ranks(second))


def correlation_tables(
    names: Sequence[str], requested: np.ndarray, used: np.ndarray, draws: np.ndarray
) -> dict[str, Table]:
    """Describe the correlated pairs of a run, as `dataset.Store.complete` takes it.

    Parameters
    ----------
    names : sequence of str, length (factor,)
        Correlated inputs.
    requested : ndarray, shape (factor, factor)
        Rank correlations of the config; a pair is told where it is not zero.
    used : ndarray, shape (factor, factor)
        Those that were aimed at; they differ where the matrix was repaired.
    draws : ndarray, shape (factor, draw)
        Draws of each input.

    Returns
    -------
    dict of str to (dims, values, attrs)
        `correlation_requested`, `correlation_used` and `correlation_achieved` over `pair`, whose
        labels are `first ~ second`; empty without a pair.
    """
    pairs = list(_pairs(requested))
    if not pairs:
        return {}
    ranks = [_ranks(row) for row in draws]
    achieved = [_correlation(ranks[i], ranks[j]) for i, j in pairs]
    labels = np.array([f"{names[i]} ~ {names[j]}" for i, j in pairs], dtype=object)
    columns = {
        "requested": ([requested[pair] for pair in pairs], "of the config"),
        "used": ([used[pair] for pair in pairs], "aimed at, after a repair of the matrix if any"),
        "achieved": (achieved, f"of {draws.shape[1]:,} draws"),
    }
    tables: dict[str, Table] = {"pair": (("pair",), labels, {"long_name": "Correlated inputs"})}
    for name, (values, what) in columns.items():
        tables[f"correlation_{name}"] = (
            ("pair",),
            np.array(values, dtype=np.float64),
            {
                "units": "1",
                "long_name": f"Rank correlation, {name}",
                "description": f"Spearman's rank correlation {what}.",
            },
        )
    return tables


def _pairs(requested: np.ndarray) -> Iterator[tuple[int, int]]:
    for i in range(len(requested)):
        for j in range(i + 1, len(requested)):
            if requested[i, j] != 0:
                yield i, j


def _ranks(values: np.ndarray) -> np.ndarray:
    """Mean ranks about their centre."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    ranks: np.ndarray = middle[place] - (len(values) + 1) / 2
    return ranks


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    spread = np.sqrt(np.dot(first, first) * np.dot(second, second))
    return float(np.dot(first, second) / spread) if spread > 0 else float("nan")
