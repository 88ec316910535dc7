"""What the primitives of `jit` mean, for kernels that Python runs line by line.

`NUMBA_DISABLE_JIT=1` asks for that: to look into a kernel with a debugger, or to measure which of
its lines are tested. The bits are those of compiled kernels; it takes a thousand times as long.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np


def quiet(function: Callable) -> Callable:
    """Let a kernel overflow and divide by zero without a word, as compiled code does."""

    @functools.wraps(function)
    def called(*arguments):
        with np.errstate(all="ignore"):
            return function(*arguments)

    return called


def fma(a, b, c):
    """Return a * b + c rounded once."""
    (a_top, a_bottom), (b_top, b_bottom), (c_top, c_bottom) = ratios = [
        float(one).as_integer_ratio() if math.isfinite(one) else (0, 0) for one in (a, b, c)
    ]
    top = a_top * b_top * c_bottom + c_top * a_bottom * b_bottom
    if top == 0 or (0, 0) in ratios:  # the sign of zero, infinity and NaN as of two roundings
        return np.float64(a) * np.float64(b) + np.float64(c)
    try:
        return np.float64(top / (a_bottom * b_bottom * c_bottom))
    except OverflowError:
        return np.float64(-math.inf if top < 0 else math.inf)


def bits_of(value):
    """Return the 64 bits of a float64 as uint64."""
    return np.float64(value).view(np.uint64)


def float_of(bits):
    """Return the float64 with the given 64 bits (uint64)."""
    return np.uint64(bits).view(np.float64)


def reversed_bits(word):
    """Return the bits of a uint64 in reverse order."""
    return np.uint64(int(f"{int(word):064b}"[::-1], 2))


def load(array, index):
    """Return `array[index]`."""
    return array[int(index)]


def store(array, index, value):
    """Do `array[index] = value`."""
    array[int(index)] = value


def prefetch(_array, _index):
    """Return at once: there is no cache to warm."""
    return


def borrowed(value):
    """Return the value: Python counts its references in any case."""
    return value


_LENT: list[Callable] = []


def lend(function: Callable) -> int:
    """Return a number for a function, by which `call` knows it."""
    _LENT.append(quiet(function))
    return len(_LENT)


def call(entry, *arguments):
    """Call a function by its number."""
    _LENT[int(entry) - 1](*arguments)


def reference(bench):
    """Return the bench: Python passes references in any case."""
    return bench


def contents(bench):
    """Return the bench."""
    return bench
