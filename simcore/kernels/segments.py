"""Evaluation of the piecewise cubics of `layout`, whose segment the bits of the argument pick.

A probability u is folded to p = min(u, 1 - u); one device serves the inverse normal and any
tabulated quantile function.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from simcore.kernels.jit import bits_of, float_of, fma, inlined, load
from simcore.kernels.marginal_form import FIRST_SEGMENT, SEGMENT_SHIFT, SMALLEST

_SHIFT: Final = np.uint64(SEGMENT_SHIFT)
_FIRST: Final = np.uint64(FIRST_SEGMENT)
_WITHIN: Final = np.uint64((1 << SEGMENT_SHIFT) - 1)
_SIGN: Final = np.uint64(1 << 63)
_ONE: Final = np.uint64(1)
_TWO: Final = np.uint64(2)
_THREE: Final = np.uint64(3)


@inlined
def fold(u):
    """Distance of a probability from the nearer end, at least 2**-53 and at most 1/2."""
    return max(min(u, 1.0 - u), SMALLEST)


@inlined
def sign_above_half(u):
    """Sign bit (uint64) of 1/2 - u: set where u lies above 1/2.

    No comparison: where a processor has no masks (AVX2), one that a look-up and a number both
    depend on is made a branch, which random numbers mispredict.
    """
    return bits_of(0.5 - u) & _SIGN


@inlined
def segment_start(p):
    """Place (uint64) of the first coefficient of the segment that holds p."""
    return ((bits_of(p) >> _SHIFT) - _FIRST) << _TWO


@inlined
def from_upper_edge(p):
    """Signed distance (<= 0, exact) of p from the upper edge of its segment."""
    return p - float_of((bits_of(p) | _WITHIN) + _ONE)


@inlined
def evaluate(table, start, t):
    """Cubic in t with the four coefficients, constant first, at `table[start:start + 4]`."""
    value = fma(t, load(table, start + _THREE), load(table, start + _TWO))
    value = fma(t, value, load(table, start + _ONE))
    return fma(t, value, load(table, start))
