"""Floats as whole numbers in the same order, so that a range of them can be halved to its end."""

from __future__ import annotations

from typing import Final

import numpy as np

from simcore.kernels.jit import bits_of, float_of, inlined

_SIGN: Final = np.uint64(1 << 63)
_SHIFT: Final = np.uint64(63)
_NONE: Final = np.uint64(0)


@inlined
def key_of(x):
    """The place (uint64) of a defined value among all floats; that of -0.0 is below that of 0.0."""
    bits = bits_of(x)
    return bits ^ _SIGN if bits >> _SHIFT == _NONE else ~bits


@inlined
def value_of(key):
    """Undo `key_of`."""
    return float_of(key ^ _SIGN if key >> _SHIFT != _NONE else ~key)
