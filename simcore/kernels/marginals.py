"""Quantile functions of the marginals: from uniform or normal numbers to values of a factor.

Every quantile function is increasing, so rank correlations survive it. Kinds, parameters and pool
are those of `layout`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simcore.kernels import elementary, segments
from simcore.kernels.jit import inlined, kernel, load, store
from simcore.kernels.marginal_form import (
    CONSTANT,
    DISCRETE,
    EMPIRICAL,
    LOGNORMAL,
    NORMAL,
    POOL_OFFSET,
    SPLIT_LOGNORMAL,
    TABLE,
    TABLE_LENGTH,
    TRIANGULAR,
    UNIFORM,
)
from simcore.kernels.random import normal_of_uniform

_ONE: Final = np.uint64(1)
_SIGN_PLACE: Final = np.uint64(63)
_TABLE_LENGTH: Final = np.uint64(TABLE_LENGTH)
_NOTHING: Final = np.uint64(0)
# From here on, bisection of the thresholds beats counting those below.
_MANY: Final = 24


@inlined
def uses_normal(kind):
    """Whether the marginal reads z; the others read u."""
    return (kind == NORMAL) | (kind == LOGNORMAL) | (kind == SPLIT_LOGNORMAL)


@inlined
def triangular(u, low, high, split, left, right):
    """Quantile of the triangular distribution, one square root for both sides."""
    below = u < split
    distance = np.sqrt(u * left if below else (1.0 - u) * right)
    return low + distance if below else high - distance


@inlined
def tabulated(u, pool, start):
    """Quantile from the two tables at `pool[start:]`, u relative to their piece."""
    p = segments.fold(u)
    upper = (segments.sign_above_half(u) >> _SIGN_PLACE) * _TABLE_LENGTH
    place = start + segments.segment_start(p) + upper
    return segments.evaluate(pool, place, segments.from_upper_edge(p))


@kernel
def fill_marginal(kind, params, pool, u, z, out):
    """Write the values of a factor for given uniform or normal numbers.

    Parameters
    ----------
    kind : int
        Code of the marginal.
    params : ndarray, shape (8,)
        Parameters of the marginal, float64.
    pool : ndarray, shape (n,)
        Pool shared by all factors, contiguous float64; nothing may write to it meanwhile.
    u : ndarray, shape (draws,)
        Uniform numbers between 0 and 1, not read by the kinds of `uses_normal`.
    z : ndarray, shape (draws,)
        Normal numbers, read by the kinds of `uses_normal` only.
    out : ndarray, shape (draws,)
        Written; neither `u` nor `z`. An unknown kind writes NaN.
    """
    n = out.size
    offset = np.int64(params[POOL_OFFSET])
    if kind == CONSTANT:
        for i in range(n):
            out[i] = params[0]
    elif kind == UNIFORM:
        low, width = params[0], params[1]
        for i in range(n):
            out[i] = low + u[i] * width
    elif kind == TRIANGULAR:
        low, high, split, left, right = params[0], params[1], params[2], params[3], params[4]
        for i in range(n):
            out[i] = triangular(u[i], low, high, split, left, right)
    elif kind == NORMAL:
        mean, sd = params[0], params[1]
        for i in range(n):
            out[i] = mean + sd * z[i]
    elif kind == LOGNORMAL:
        mu, sigma, factor = params[0], params[1], params[2]
        for i in range(n):
            out[i] = factor * elementary.exp(mu + sigma * z[i])
    elif kind == SPLIT_LOGNORMAL:
        median, below, above = params[0], params[1], params[2]
        for i in range(n):
            out[i] = median * elementary.exp(z[i] * (above if z[i] > 0.0 else below))
    elif kind == DISCRETE:
        _fill_discrete(np.int64(params[0]), offset, pool, u, out)
    elif kind == EMPIRICAL:
        _fill_empirical(np.int64(params[0]), offset, pool, u, out)
    elif kind == TABLE:
        _fill_table(np.int64(params[0]), offset, pool, u, out)
    else:
        for i in range(n):
            out[i] = np.nan


@inlined
def _fill_discrete(count, offset, pool, u, out):
    thresholds = pool[offset : offset + count - 1]
    values = pool[offset + count - 1 : offset + 2 * count - 1]
    if count > _MANY:
        for i in range(out.size):
            # np.searchsorted would make each start load numba's linear algebra with the kernel.
            first, last = 0, count - 1
            while first < last:
                middle = (first + last) // 2
                if u[i] < thresholds[middle]:
                    last = middle
                else:
                    first = middle + 1
            out[i] = values[first]
        return
    for i in range(out.size):
        out[i] = values[0]
    for k in range(count - 1):
        threshold, value = thresholds[k], values[k + 1]
        for i in range(out.size):
            out[i] = value if u[i] >= threshold else out[i]


@inlined
def _fill_empirical(count, offset, pool, u, out):
    if count == 1:
        out[:] = pool[offset]
        return
    last = np.float64(count - 2)
    for i in range(out.size):
        position = load(u, np.uint64(i)) * np.float64(count - 1)
        whole = np.floor(position)
        whole = whole if whole < last else last
        place = np.uint64(offset + np.int64(whole))
        low = load(pool, place)
        value = low + (position - whole) * (load(pool, place + _ONE) - low)
        store(out, np.uint64(i), value)


@inlined
def _fill_table(pieces, offset, pool, u, out):
    tables = np.uint64(offset + pieces + 1)
    if pieces == 1:
        for i in range(out.size):
            value = tabulated(load(u, np.uint64(i)), pool, tables)
            store(out, np.uint64(i), value)
        return
    breaks = np.uint64(offset)
    for i in range(out.size):
        value = load(u, np.uint64(i))
        piece = np.uint64(0)
        for k in range(1, pieces):
            piece += _ONE if value >= pool[offset + k] else _NOTHING
        low = load(pool, breaks + piece)
        high = load(pool, breaks + piece + _ONE)
        within = (value - low) / (high - low)
        value = tabulated(within, pool, tables + piece * (_TABLE_LENGTH + _TABLE_LENGTH))
        store(out, np.uint64(i), value)


def quantile(
    u: NDArray[np.float64], *, kind: int, params: NDArray[np.float64], pool: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Quantile function of a marginal.

    Parameters
    ----------
    u : ndarray, shape (n,)
        Probabilities between 0 and 1.
    kind : int
        Code of the marginal.
    params : ndarray, shape (8,)
        Parameters.
    pool : ndarray
        Pool of the parameters.

    Returns
    -------
    ndarray, shape (n,)
        Values, in the unit of the marginal.
    """
    u = np.ascontiguousarray(u, dtype=np.float64)
    z = np.empty_like(u)
    normal_of_uniform(u, z)
    out = np.empty_like(u)
    fill_marginal(kind, params, pool, u, z, out)
    return out
