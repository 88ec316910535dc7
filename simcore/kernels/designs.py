"""Sampling designs: where in (0, 1) the draws of a factor lie, as functions of their address.

Like `random`, everything here is a function of the key of a factor's stream, the step and the
draw; so any block of any factor is computed anywhere, in any order, with the same bits, and a
factor never moves another's numbers.

`random`
    Independent draws, those of `random.fill_uniform`.
`antithetic`
    Draw 2i is draw i of `random`, and draw 2i + 1 its mirror image.
`latin_hypercube`
    The n draws of a replicate fall one into each n-th of (0, 1), in an order of their own and
    anywhere within it. The only design in which the number of draws changes every draw.
`sobol`
    Each factor and step runs through a dimension of a Sobol sequence whose digits Owen's nested
    permutations scramble: 2**m draws from a multiple of 2**m fall one into each 2**m-th.
`sobol_bridge`
    The same points, of which the shocks of a path are made as `bridge` says.

Replicates. Block b of 256 draws belongs to replicate b % replicates, of which it is the block
b // replicates; each replicate is a design of its own. So the spread of their means measures the
error of the whole, and, as no block ever changes its replicate, the first draws of a longer run
are those of a shorter one (but for `latin_hypercube`). Draws that are independent, or independent
in pairs, are their own replicates: there the number changes nothing.

Dimensions of `sobol`. Two factors on one dimension would move together however each is scrambled:
a scramble keeps the tree of halves, so their first digits would be equal in every draw, or
opposite in every draw. Yet names cannot be dealt the dimensions of a finite table without
collisions. So there are as many Sobol sequences as families, and each family takes the points of
its sequence block by block, those of each block in an order of its own. A price path is a family:
its anchor, its parameters and its shock of each year have dimensions of their own, so the points
are even jointly in all that moves one price. Any other factor is a family of one. Between families
the draws are matched at random, as in a Latin hypercube, so what each family alone contributes is
integrated as a Sobol sequence does it, and their interaction as random draws do it.
"""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.jit import inlined, kernel, load, reversed_bits
from simcore.kernels.random import (
    BLOCK,
    LANES,
    fill_uniform,
    threefry2x64,
    uniform_of_word,
    word_of,
)
from simcore.kernels.sobol_tables import DIGITS, DIMENSIONS, DIRECTIONS
from simcore.kernels.streams import SHOCKS

RANDOM: Final = 0
LATIN_HYPERCUBE: Final = 1
SOBOL: Final = 2
ANTITHETIC: Final = 3
SOBOL_BRIDGE: Final = 4
DESIGNS: Final = {
    "random": RANDOM,
    "latin_hypercube": LATIN_HYPERCUBE,
    "sobol": SOBOL,
    "antithetic": ANTITHETIC,
    "sobol_bridge": SOBOL_BRIDGE,
}

FIRST_YEAR: Final = 2020
"""Calendar year of the first dimension of shocks; earlier years have the last dimensions."""

_BLOCK_DIGITS: Final = 8
_ORDER_COUNT: Final = 64
_YEARS: Final = DIMENSIONS - SHOCKS


def _patterns(directions: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Points of the first block of each dimension: only their first eight digits change."""
    lanes = np.arange(BLOCK, dtype=np.uint64)
    found = np.zeros((DIMENSIONS, BLOCK), dtype=np.uint64)
    for digit in range(_BLOCK_DIGITS):
        present = lanes >> np.uint64(digit) & np.uint64(1)
        found ^= directions.reshape(DIMENSIONS, DIGITS)[:, digit, None] * present
    return found.reshape(-1)


def _orders() -> NDArray[np.uint8]:
    """Orders of the draws of a block, each twice on end so that it may begin anywhere."""
    raw = hashlib.shake_128(b"orders of a block").digest(_ORDER_COUNT * BLOCK * 8)
    words = np.frombuffer(raw, dtype="<u8").reshape(_ORDER_COUNT, BLOCK)
    order = np.argsort(words, axis=1, kind="stable")
    return np.tile(order, 2).astype(np.uint8).reshape(-1)


_DIRECTIONS: Final = np.load(DIRECTIONS, allow_pickle=False)
_DIRECTIONS.flags.writeable = False
_PATTERNS: Final = _patterns(_DIRECTIONS)
_PATTERNS.flags.writeable = False
_ORDERS: Final = _orders()
_ORDERS.flags.writeable = False

_0, _1, _4, _8, _9, _16, _32 = (np.uint64(i) for i in (0, 1, 4, 8, 9, 16, 32))
_DIGITS: Final = np.uint64(DIGITS)
_IN_BLOCK: Final = np.uint64(BLOCK - 1)
_ORDER_LAST: Final = np.uint64(_ORDER_COUNT - 1)
_HALF_WORD: Final = np.uint64((1 << 32) - 1)

# First words of counters, beyond those of any draw: one for each purpose.
_SCRAMBLE: Final = np.uint64(4 << 61)
_ORDER: Final = np.uint64(5 << 61)
_LANES: Final = np.uint64(6 << 61)

_EVEN_1: Final = np.uint64(0x9E6C63D0876A9A62)
_EVEN_2: Final = np.uint64(0xC2B2AE3D27D4EB4E)
_EVEN_3: Final = np.uint64(0x6A5D39EAE12657AA)
_ODD_1: Final = np.uint64(0x9E3779B1)
_ODD_2: Final = np.uint64(0xC2B2AE3D)


@inlined
def nested(y, key_1, key_2):
    """Owen's nested permutation of binary digits, by hashing (Laine and Karras 2011).

    Parameters
    ----------
    y : uint64
        Digits, the first in the lowest bit.
    key_1, key_2 : uint64

    Returns
    -------
    uint64
        Digits, each flipped or not as the key and the digits before it say: sums and products
        carry upwards only.
    """
    # Four sums and products, each with 32 bits of the key to itself: with fewer, the flips at the
    # nodes of one level depend on each other.
    y ^= y * _EVEN_1
    y += key_1
    y *= key_2 | _1
    y ^= y * _EVEN_2
    y += key_1 >> _32
    y *= (key_2 >> _32) | _1
    return y ^ (y * _EVEN_3)


@inlined
def sobol_point(dimension, index):
    """Digits of a point of the Sobol sequence, in natural order, before it is scrambled.

    Parameters
    ----------
    dimension, index : uint64
        Below DIMENSIONS and 2**DIGITS.

    Returns
    -------
    uint64
        The first binary digit in the lowest bit.
    """
    place = dimension * _DIGITS
    found = _0
    while index != _0:
        if index & _1:
            found ^= load(_DIRECTIONS, place)
        index >>= _1
        place += _1
    return found


@inlined
def _sobol_block(key, dimension, replicate, block, step):
    """What the points of a block share; parameters as in `fill_sobol`."""
    which, number = np.uint64(replicate), np.uint64(block)
    if step != 0:
        dimension += (step - FIRST_YEAR) % _YEARS
    scramble_1, scramble_2 = threefry2x64(key[0], key[1], _SCRAMBLE | which, np.uint64(step))
    a, b = threefry2x64(key[2], key[3], _LANES | which, number)
    point = sobol_point(np.uint64(dimension), number << _8)
    first = np.uint64(dimension) << _8
    # One of the orders, from any of its places on; stirred, so that two families hardly ever
    # share the order of a block.
    order = ((a & _ORDER_LAST) << _9) + (b & _IN_BLOCK)
    times, flip = (b >> _8 | _1) & _IN_BLOCK, (b >> _16) & _IN_BLOCK
    return scramble_1, scramble_2, point, first, order, times, flip


@inlined
def _sobol_lane(lane, scramble_1, scramble_2, point, first, order, times, flip):
    """One point of a block, by what they share."""
    i = (np.uint64(load(_ORDERS, order + np.uint64(lane))) * times) & _IN_BLOCK
    i ^= (i >> _4) ^ flip
    y = point ^ load(_PATTERNS, first + i)
    return uniform_of_word(reversed_bits(nested(y, scramble_1, scramble_2)))


@kernel
def fill_sobol(key, dimension, replicate, block, step, out):
    """Write a block of a scrambled Sobol sequence.

    Parameters
    ----------
    key : ndarray, shape (4,)
        As in `fill_design`.
    dimension, replicate, step : int
    block : int
        Number of the block within its replicate.
    out : ndarray, shape (256,)
    """
    shared = _sobol_block(key, dimension, replicate, block, step)
    for lane in range(BLOCK):
        out[lane] = _sobol_lane(lane, *shared)


@inlined
def _turned(x, other, size, key):
    """x in 0..size - 1, turned by a hash of `other`."""
    # Products of two numbers below 2**32 only: those are fast in vectors.
    h = ((other ^ key) & _HALF_WORD) * _ODD_1
    h = ((h ^ (h >> _32)) & _HALF_WORD) * _ODD_2
    x += (((h ^ (h >> _32)) & _HALF_WORD) * size) >> _32
    return x - size if x >= size else x


@inlined
def permuted(i, width, height, inverse, key_1, key_2, key_3):
    """Pseudo-random permutation of 0..width * height - 1, by a Feistel network of six rounds.

    Parameters
    ----------
    i, width, height : uint64
        Below 2**32.
    inverse : float
        1 / height.
    key_1, key_2, key_3 : uint64

    Returns
    -------
    uint64
    """
    width &= _HALF_WORD
    height &= _HALF_WORD
    # The half keeps the quotient of a multiple of the height on the right side.
    x = np.uint64(np.int64((np.float64(np.int64(i)) + 0.5) * inverse))
    y = i - x * height
    x = _turned(x, y, width, key_1 & _HALF_WORD)
    y = _turned(y, x, height, key_1 >> _32)
    x = _turned(x, y, width, key_2 & _HALF_WORD)
    y = _turned(y, x, height, key_2 >> _32)
    x = _turned(x, y, width, key_3 & _HALF_WORD)
    y = _turned(y, x, height, key_3 >> _32)
    return x * height + y


@inlined
def draws_of_replicate(replicate, replicates, total_draws):
    """Number of draws in a replicate."""
    blocks = (total_draws + BLOCK - 1) // BLOCK
    found = (blocks - replicate + replicates - 1) // replicates * BLOCK
    return found - (blocks * BLOCK - total_draws if (blocks - 1) % replicates == replicate else 0)


@inlined
def _latin_replicate(k0, k1, replicate, step, total_draws, replicates):
    """What the draws of a replicate share: the number of strata, and their permutation."""
    strata = draws_of_replicate(replicate, replicates, total_draws)
    key_1, key_2 = threefry2x64(k0, k1, _SCRAMBLE | np.uint64(replicate), np.uint64(step))
    key_3, _ = threefry2x64(k0, k1, _ORDER | np.uint64(replicate), np.uint64(step))
    # A rectangle hardly larger than the sample: cycles rarely need walking.
    width = np.uint64(np.ceil(np.sqrt(float(strata))))
    height = np.uint64((strata + np.int64(width) - 1) // np.int64(width))
    return strata, width, height, 1.0 / np.float64(height), key_1, key_2, key_3


@inlined
def _latin_draw(i, within, strata, width, height, inverse, key_1, key_2, key_3):
    """Draw i of a replicate, in a stratum that may lie beyond the last."""
    # Rounding must carry no draw into the next stratum.
    edge = strata * 2.0**-48
    i = np.uint64(i if i < strata else strata - 1)
    place = permuted(i, width, height, inverse, key_1, key_2, key_3)
    within = within if within > edge else edge
    within = within if within < 1.0 - edge else 1.0 - edge
    return (np.float64(np.int64(place)) + within) * (1.0 / strata)


@inlined
def _latin_walk(u, strata, width, height, inverse, key_1, key_2, key_3):
    """A draw that lies beyond the last stratum, moved on until it does not."""
    while u > 1.0:
        here = u * strata
        place = np.uint64(np.int64(here))
        within = here - np.float64(np.int64(place))
        place = permuted(place, width, height, inverse, key_1, key_2, key_3)
        u = (np.float64(np.int64(place)) + within) * (1.0 / strata)
    return u


@kernel
def fill_latin_hypercube(k0, k1, first_draw, step, total_draws, replicates, out):
    """Write a block of a Latin hypercube sample; parameters as in `fill_design`.

    Notes
    -----
    What fills up the last block beyond the last draw means nothing.
    """
    number = first_draw // BLOCK
    replicate, first = number % replicates, number // replicates * BLOCK
    shared = _latin_replicate(k0, k1, replicate, step, total_draws, replicates)
    fill_uniform(k0, k1, first_draw, step, out)
    for lane in range(BLOCK):
        out[lane] = _latin_draw(first + lane, out[lane], *shared)
    beyond = 0
    for lane in range(BLOCK):
        beyond += out[lane] > 1.0
    if beyond > 0:
        for lane in range(BLOCK):
            out[lane] = _latin_walk(out[lane], *shared)


@kernel
def fill_antithetic(k0, k1, first_draw, step, out):
    """Write a block of mirrored pairs; parameters as in `fill_design`."""
    second = np.uint64(step)
    number = first_draw // BLOCK
    counter = np.uint64(number // 2 * LANES)
    last_half = number % 2 == 1
    for lane in range(LANES):
        first, last = threefry2x64(k0, k1, counter + np.uint64(lane), second)
        u = uniform_of_word(last if last_half else first)
        out[2 * lane] = u
        out[2 * lane + 1] = 1.0 - u


@kernel
def fill_design(design, key, dimension, first_draw, step, total_draws, replicates, out):
    """Write the uniform numbers of consecutive draws in a sampling design.

    Parameters
    ----------
    design : int
        One of `DESIGNS`; an unknown one writes NaN.
    key : ndarray, shape (4,)
        uint64: keys of the stream and of its family (`random.stream_key`).
    dimension : int
        Dimension in the family.
    first_draw : int
        First draw; a multiple of 256.
    step : int
        0 for a factor, the calendar year for a shock.
    total_draws : int
        Draws of the whole run, which only `latin_hypercube` reads.
    replicates : int
        Number of designs to which the blocks are dealt.
    out : ndarray, shape (draws,)
        Contiguous float64; a multiple of 256 long. Strictly between 0 and 1 afterwards.
    """
    for begin in range(0, out.size, BLOCK):
        draw = first_draw + begin
        here = out[begin : begin + BLOCK]
        if design == RANDOM:
            fill_uniform(key[0], key[1], draw, step, here)
        elif design == ANTITHETIC:
            fill_antithetic(key[0], key[1], draw, step, here)
        elif design == LATIN_HYPERCUBE:
            fill_latin_hypercube(key[0], key[1], draw, step, total_draws, replicates, here)
        elif design in (SOBOL, SOBOL_BRIDGE):
            block = draw // BLOCK
            fill_sobol(key, dimension, block % replicates, block // replicates, step, here)
        else:
            here[:] = np.nan


@inlined
def uniform_of_draw(design, key, dimension, draw, step, total_draws, replicates):
    """Uniform number of one draw, as `fill_design` writes it; parameters as there.

    What the draws of a block share is made for this one alone.
    """
    block, lane = draw // BLOCK, draw % BLOCK
    replicate, number = block % replicates, block // replicates
    if design == RANDOM:
        return uniform_of_word(word_of(key[0], key[1], draw, step))
    if design == ANTITHETIC:
        u = uniform_of_word(word_of(key[0], key[1], draw // 2, step))
        return u if draw % 2 == 0 else 1.0 - u
    if design == LATIN_HYPERCUBE:
        shared = _latin_replicate(key[0], key[1], replicate, step, total_draws, replicates)
        within = uniform_of_word(word_of(key[0], key[1], draw, step))
        return _latin_walk(_latin_draw(number * BLOCK + lane, within, *shared), *shared)
    if design in (SOBOL, SOBOL_BRIDGE):
        return _sobol_lane(lane, *_sobol_block(key, dimension, replicate, number, step))
    return np.nan
