"""Rank correlations that a run achieved, beside those that were asked for (MODEL 2)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from simcore.numerics.rank import centred_ranks, correlation

Table = tuple[tuple[str, ...], np.ndarray, dict[str, Any]]


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
    pairs = [pair for pair in combinations(range(len(names)), 2) if requested[pair] != 0]
    if not pairs:
        return {}
    ranks = [centred_ranks(row) for row in draws]
    achieved = [correlation(ranks[i], ranks[j]) for i, j in pairs]
    labels = np.array([f"{names[i]} ~ {names[j]}" for i, j in pairs], dtype=object)
    columns = {
        "requested": ([requested[pair] for pair in pairs], "of the config"),
        "used": ([used[pair] for pair in pairs], "aimed at, after a repair of the matrix if any"),
        "achieved": (achieved, f"of {draws.shape[1]:,} draws"),
    }
    tables: dict[str, Table] = {"pair": (("pair",), labels, {"long_name": "Correlated inputs"})}
    for name, (values, what) in columns.items():
        attrs = {
            "units": "1", "long_name": f"Rank correlation, {name}",
            "description": f"Spearman's rank correlation {what}.",
        }  # fmt: skip
        tables[f"correlation_{name}"] = (("pair",), np.array(values, dtype=np.float64), attrs)
    return tables
