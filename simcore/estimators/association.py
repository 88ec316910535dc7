"""How an answer goes with each of its inputs, from draws alone: ranks, a linear fit, bins."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simcore.numerics.rank import centred_ranks

Floats = NDArray[np.float64]

GROUPS: Final = 32
"""Parts of the draws of which one at a time is left out for a standard error."""
_ENDLESS: Final = 1e6
"""Variance inflation from which on an input is a sum of others."""


def unit_ranks(columns: Floats) -> Floats:
    """Ranks of each row about their mean, scaled to a sum of squares of 1; a row that never
    differs is zero. Shape (inputs, draws)."""
    ranks = np.array([centred_ranks(one) for one in np.atleast_2d(columns)])
    length = np.sqrt((ranks * ranks).sum(axis=1, keepdims=True))
    return np.divide(ranks, length, out=np.zeros_like(ranks), where=length > 0)


def spearman(columns: Floats, answer: Floats) -> tuple[Floats, Floats]:
    """Spearman's rank correlation of each input with an answer.

    Parameters
    ----------
    columns : float64, shape (inputs, draws)
    answer : float64, shape (draws,)

    Returns
    -------
    value, error : float64, shape (inputs,)
        The error is the standard error of a delete-one-group jackknife.
    """
    parts = _products(columns, answer)
    return _jackknife(parts, lambda sums: _scaled(sums)[:-1, -1])


def partial_ranks(columns: Floats, answer: Floats) -> tuple[Floats, Floats, Floats]:
    """Partial rank correlation of each input with an answer, all other inputs held.

    Of the inverse of the rank correlations. An input that is a sum of others has none.

    Parameters
    ----------
    columns : float64, shape (inputs, draws)
    answer : float64, shape (draws,)

    Returns
    -------
    value, error : float64, shape (inputs,)
    inflation : float64, shape (inputs,)
        By how much the other inputs inflate the variance of its coefficient, 1 / (1 - R2 of it
        by them): at 10 two inputs can hardly be told apart, at infinity not at all.
    """
    parts = _products(columns, answer)
    inflation = np.diag(_inverse(_scaled(parts.sum(axis=0))[:-1, :-1])).copy()
    inflation[inflation > _ENDLESS] = math.inf

    def partial(sums: Floats) -> Floats:
        inverse = _inverse(_scaled(sums))
        spread = np.sqrt(np.diag(inverse)[:-1] * inverse[-1, -1])
        return -inverse[:-1, -1] / spread

    value, error = _jackknife(parts, partial)
    value[np.isinf(inflation)], error[np.isinf(inflation)] = math.nan, math.nan
    return value, error, inflation


def held_out_fit(columns: Floats, answer: Floats) -> float:
    """R2 of a linear fit on the first half of the draws, over the second half.

    Parameters
    ----------
    columns : float64, shape (inputs, draws)
    answer : float64, shape (draws,)

    Returns
    -------
    float
        At most 1, below 0 where the fit is worse than the mean; NaN where the second half never
        differs.
    """
    half = answer.size // 2
    centre, spread = columns[:, :half].mean(axis=1), columns[:, :half].std(axis=1)
    moving = spread > 0
    scaled = ((columns[moving] - centre[moving, None]) / spread[moving, None]).T
    design = np.column_stack([np.ones(answer.size), scaled])
    found = np.linalg.lstsq(design[:half], answer[:half], rcond=1e-10)[0]
    left = answer[half:] - design[half:] @ found
    around = answer[half:] - answer[half:].mean()
    whole = float(around @ around)
    return 1.0 - float(left @ left) / whole if whole > 0 else math.nan


def classes_of(values: Floats, most: int) -> NDArray[np.int64]:
    """Class of each draw: bins of equally many draws, or the values where they are few.

    Parameters
    ----------
    values : float64, shape (draws,)
    most : int
        Bins; an input with no more values than that is not binned.
    """
    known, place = np.unique(values, return_inverse=True)
    if known.size <= most:
        return place.astype(np.int64)
    order = np.argsort(values, kind="stable")
    found = np.empty(values.size, np.int64)
    found[order] = np.arange(values.size) * most // values.size
    # Equal values are of one class, that of the first of them.
    first = np.full(known.size, most, np.int64)
    np.minimum.at(first, place, found)
    return first[place]


def bins_for(draws: int) -> int:
    """Bins for so many draws, as Plischke, Borgonovo and Smith (2013) lay them, at most 48."""
    power = 2 / (7 + math.tanh((1500 - draws) / 500))
    return min(48, math.ceil(draws**power))


def first_order(columns: Floats, answer: Floats) -> tuple[Floats, Floats]:
    """Share of the variance of an answer that each input alone explains, by bins.

    The variance of the means by bin, less what so many bins explain by chance (Plischke et al.
    2013, with the correction of an adjusted R2); near zero it may be below zero.

    Parameters
    ----------
    columns : float64, shape (inputs, draws)
    answer : float64, shape (draws,)

    Returns
    -------
    value, error : float64, shape (inputs,)
    """
    most, group = bins_for(answer.size), _groups(answer.size)
    centred = answer - answer.mean()
    value, error = np.empty(len(columns)), np.empty(len(columns))
    for place, column in enumerate(columns):
        kind = classes_of(column, most)
        size = int(kind.max()) + 1
        at = group * size + kind
        parts = np.stack([
            np.bincount(at, weights, GROUPS * size).reshape(GROUPS, size)
            for weights in (None, centred, centred * centred)
        ], axis=1).astype(np.float64)  # fmt: skip
        value[place] = _explained(parts.sum(axis=0))
        error[place] = _spread(_explained(parts.sum(axis=0) - parts))
    return value, error


def _explained(sums: Floats) -> Floats:
    """The index of sums by class: draws, answers, squares; shape (..., 3, classes)."""
    count, part, square = np.moveaxis(sums, -2, 0)
    draws, whole = count.sum(axis=-1), part.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = square.sum(axis=-1) - whole * whole / draws
        means = np.where(count > 0, part * part / count, 0.0)
        between = means.sum(axis=-1) - whole * whole / draws
        freedom = draws - (count > 0).sum(axis=-1)
        found: Floats = 1.0 - (1.0 - between / total) * (draws - 1.0) / freedom
    return np.where((total > 0) & (freedom > 0), found, math.nan)


def _groups(draws: int) -> NDArray[np.int64]:
    """Group of each draw: stretches that follow each other."""
    return np.arange(draws) * GROUPS // draws


def _products(columns: Floats, answer: Floats) -> Floats:
    """Products of the ranks of inputs and answer, summed by group of draws."""
    ranks = unit_ranks(np.vstack([columns, answer]))
    edges = np.searchsorted(_groups(answer.size), np.arange(GROUPS + 1))
    return np.array([ranks[:, a:b] @ ranks[:, a:b].T for a, b in pairwise(edges)])


def _scaled(sums: Floats) -> Floats:
    """Correlations of sums of products; 1 on the diagonal of what never differs."""
    length = np.sqrt(np.diag(sums))
    length = np.where(length > 0, length, 1.0)
    found: Floats = sums / np.outer(length, length)
    np.fill_diagonal(found, 1.0)
    return found


def _inverse(matrix: Floats) -> Floats:
    """Inverse of correlations, of which some may be sums of others: those become endless."""
    return np.asarray(np.linalg.inv(matrix + 1e-10 * np.eye(len(matrix))), dtype=np.float64)


def _jackknife(parts: Floats, estimate: Callable[[Floats], Floats]) -> tuple[Floats, Floats]:
    """Estimate of sums by group, and its standard error by leaving out a group at a time."""
    whole = parts.sum(axis=0)
    value = np.asarray(estimate(whole), dtype=np.float64)
    return value, np.asarray(_spread(np.array([estimate(whole - one) for one in parts])))


def _spread(without: Floats) -> Floats:
    """Standard error of estimates that each leave out a group, shape (groups, ...)."""
    off = without - without.mean(axis=0)
    return np.asarray(np.sqrt((off * off).sum(axis=0) * (GROUPS - 1) / GROUPS))
