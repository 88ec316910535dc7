"""Addressed randomness: every random word is a function of seed, factor name, draw and step.

There is no state, so any draw of any factor is computed anywhere, in any order, with the same
bits. Words come from Threefry-2x64 with 20 rounds (Salmon et al. 2011, Random123).

The address. A draw belongs to block `draw >> 8`, lane `draw & 127` and half `(draw >> 7) & 1`; its
word is that half of the Threefry output at the counter (block * 128 + lane, step).
"""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np

from simcore.kernels import elementary, segments
from simcore.kernels.jit import bits_of, float_of, fma, inlined, kernel, load
from simcore.kernels.normal_tables import INVERSE_NORMAL, NORMAL_TAIL, TAIL_STRIDE
from simcore.kernels.operations import BLOCK

LANES: Final = 128

_PARITY: Final = np.uint64(0x1BD11BDAA9FC1A22)
_WORD_BITS: Final = np.uint64(64)
_ROTATIONS: Final = tuple(np.uint64(r) for r in (16, 42, 12, 31, 16, 32, 24, 21))
_R0, _R1, _R2, _R3, _R4, _R5, _R6, _R7 = _ROTATIONS
_1, _2, _3, _4, _5 = (np.uint64(i) for i in range(1, 6))

_UNUSED_BITS: Final = np.uint64(12)
_ONE_BITS: Final = np.uint64(0x3FF0000000000000)
_ONE_LESS_HALF_STEP: Final = 1.0 - 2.0**-53

_INVERSE_NORMAL: Final = np.load(INVERSE_NORMAL, allow_pickle=False)
_INVERSE_NORMAL.flags.writeable = False
_NORMAL_TAIL: Final = np.load(NORMAL_TAIL, allow_pickle=False)
_NORMAL_TAIL.flags.writeable = False
_TAIL_SHIFT: Final = np.uint64(47)
_TAIL_FIRST: Final = np.uint64(1023 << 5)
_TAIL_STRIDE: Final = np.uint64(TAIL_STRIDE.bit_length() - 1)
_TAIL_WITHIN: Final = np.uint64((1 << 47) - 1)
_TAIL_HALF: Final = np.uint64(1 << 46)
_TAIL_NONE: Final = np.uint64(0)
_FARTHEST: Final = 40.0


def stream_key(seed: int, name: str) -> tuple[np.uint64, np.uint64]:
    """Key of the stream of one factor.

    Parameters
    ----------
    seed : int
        Seed of the run, of any size.
    name : str
        Full name of the factor.

    Returns
    -------
    tuple of two uint64
        Key words of Threefry.
    """
    digest = hashlib.blake2b(f"{int(seed)}/{name}".encode(), digest_size=16).digest()
    first, second = np.frombuffer(digest, dtype="<u8")
    return np.uint64(first), np.uint64(second)


@inlined
def _mix(x0, x1, rotation):
    x0 = x0 + x1
    x1 = (x1 << rotation) | (x1 >> (_WORD_BITS - rotation))
    return x0, x1 ^ x0


@inlined
def threefry2x64(k0, k1, c0, c1):
    """Threefry-2x64 with 20 rounds.

    Parameters
    ----------
    k0, k1 : uint64
        Key.
    c0, c1 : uint64
        Counter.

    Returns
    -------
    tuple of two uint64
        Random words.
    """
    k2 = k0 ^ k1 ^ _PARITY
    x0 = c0 + k0
    x1 = c1 + k1
    x0, x1 = _mix(x0, x1, _R0)
    x0, x1 = _mix(x0, x1, _R1)
    x0, x1 = _mix(x0, x1, _R2)
    x0, x1 = _mix(x0, x1, _R3)
    x0 = x0 + k1
    x1 = x1 + k2 + _1
    x0, x1 = _mix(x0, x1, _R4)
    x0, x1 = _mix(x0, x1, _R5)
    x0, x1 = _mix(x0, x1, _R6)
    x0, x1 = _mix(x0, x1, _R7)
    x0 = x0 + k2
    x1 = x1 + k0 + _2
    x0, x1 = _mix(x0, x1, _R0)
    x0, x1 = _mix(x0, x1, _R1)
    x0, x1 = _mix(x0, x1, _R2)
    x0, x1 = _mix(x0, x1, _R3)
    x0 = x0 + k0
    x1 = x1 + k1 + _3
    x0, x1 = _mix(x0, x1, _R4)
    x0, x1 = _mix(x0, x1, _R5)
    x0, x1 = _mix(x0, x1, _R6)
    x0, x1 = _mix(x0, x1, _R7)
    x0 = x0 + k1
    x1 = x1 + k2 + _4
    x0, x1 = _mix(x0, x1, _R0)
    x0, x1 = _mix(x0, x1, _R1)
    x0, x1 = _mix(x0, x1, _R2)
    x0, x1 = _mix(x0, x1, _R3)
    return x0 + k2, x1 + k0 + _5


@inlined
def uniform_of_word(word):
    """Uniform number of a random word: ((word >> 12) + 1/2) / 2**52, exact, never 0, 1/2 or 1."""
    return float_of((word >> _UNUSED_BITS) | _ONE_BITS) - _ONE_LESS_HALF_STEP


@inlined
def word_of(k0, k1, draw, step):
    """Random word of one draw, by its address; `fill_uniform` makes the two halves at once."""
    block, lane = draw // BLOCK, draw % BLOCK
    counter = np.uint64(block * LANES + lane % LANES)
    first, last = threefry2x64(k0, k1, counter, np.uint64(step))
    return last if lane >= LANES else first


@inlined
def inverse_normal(u):
    """Quantile of the standard normal distribution.

    Parameters
    ----------
    u : float
        Probability; values within 2**-53 of 0 or 1, or outside, count as that far from it.

    Returns
    -------
    float
        z with P(Z <= z) = u; relative error below 1e-10, increasing in u, odd about 1/2.
    """
    p = segments.fold(u)
    start = segments.segment_start(p)
    z = segments.evaluate(_INVERSE_NORMAL, start, segments.from_upper_edge(p))
    return float_of(bits_of(z) ^ segments.sign_above_half(u))


@inlined
def normal_cdf(z):
    """Probability that a standard normal number is at most z.

    Parameters
    ----------
    z : float
        Any float; NaN gives NaN.

    Returns
    -------
    float
        P(Z <= z), relative error below 1e-12 wherever the result is a normal number; 0 below
        -38.6.

    Notes
    -----
    P(Z > x) = exp(-x**2 / 2) r(x), with r from a table of quintics in 1 + x. The rounding of the
    square costs at most 1e-13 of the result, at x = 38.
    """
    x = -z if z < 0.0 else z
    x = _FARTHEST if x > _FARTHEST else x
    y = 1.0 + x
    segment = bits_of(y) >> _TAIL_SHIFT
    middle = float_of((bits_of(y) & ~_TAIL_WITHIN) | _TAIL_HALF)
    # Not y - middle: x is exact, 1 + x is rounded.
    t = x - (middle - 1.0)
    # NaN has a segment beyond the table.
    start = (segment - _TAIL_FIRST if y < 64.0 else _TAIL_NONE) << _TAIL_STRIDE
    r = fma(t, load(_NORMAL_TAIL, start + _5), load(_NORMAL_TAIL, start + _4))
    r = fma(t, r, load(_NORMAL_TAIL, start + _3))
    r = fma(t, r, load(_NORMAL_TAIL, start + _2))
    r = fma(t, r, load(_NORMAL_TAIL, start + _1))
    r = fma(t, r, load(_NORMAL_TAIL, start))
    tail = r * elementary.exp(-0.5 * x * x)
    return 1.0 - tail if z > 0.0 else tail


@kernel
def fill_uniform(k0, k1, first_draw, step, out):
    """Write the uniform numbers of consecutive draws.

    Parameters
    ----------
    k0, k1 : uint64
        Key of the stream, of `stream_key`.
    first_draw : int
        First draw; a multiple of 256.
    step : int
        Second word of the counter: 0 for a factor, the calendar year for a shock.
    out : ndarray, shape (draws,)
        Contiguous float64; a multiple of 256 long.
    """
    first_counter = np.uint64(first_draw) >> _1
    second = np.uint64(step)
    for block in range(out.size // BLOCK):
        here = out[block * BLOCK : (block + 1) * BLOCK]
        counter = first_counter + np.uint64(block * LANES)
        for lane in range(LANES):
            first, last = threefry2x64(k0, k1, counter + np.uint64(lane), second)
            here[lane] = uniform_of_word(first)
            here[lane + LANES] = uniform_of_word(last)


@kernel
def normal_of_uniform(u, z):
    """Write `inverse_normal` of each probability.

    Parameters
    ----------
    u : ndarray, shape (draws,)
        Probabilities.
    z : ndarray, shape (draws,)
        Written; may be `u` itself.
    """
    for i in range(u.size):
        z[i] = inverse_normal(u[i])


@kernel
def uniform_of_normal(z, u):
    """Write `normal_cdf` of each normal number.

    Parameters
    ----------
    z : ndarray, shape (draws,)
        Normal numbers.
    u : ndarray, shape (draws,)
        Written; may be `z` itself.
    """
    for i in range(z.size):
        u[i] = normal_cdf(z[i])
