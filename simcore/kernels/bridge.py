"""Brownian bridge: shocks of a path as sums of numbers that each move many years at once.

Of a Sobol sequence the first dimensions are the most even. So the first number of a span of 32
years moves all of it, the second its halves against each other, the next two the quarters of a
half, and so on down to single years: terminal value first, then midpoints. The shocks of the span
are an orthogonal transform of its numbers (Haar's), so they are independent standard normals as
before, and correlations between markets, which share the transform, stay what they are.

Spans begin at fixed calendar years, the first in FIRST_YEAR. So no shock depends on the years of a
run, and a longer run begins like a shorter one.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.designs import FIRST_YEAR, fill_design
from simcore.kernels.jit import kernel, scalar
from simcore.kernels.random import normal_of_uniform

SPAN: Final = 32
"""Years that are bridged together, a power of two."""
HELD: Final = SPAN.bit_length()
"""Numbers that make up one shock: that of the span, and one for each halving."""


def _tables() -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """By year of a span (rows): position of each number in the span, and its weight."""
    year = np.arange(SPAN)
    numbers, weights = np.zeros((SPAN, HELD), np.int64), np.full((SPAN, HELD), SPAN**-0.5)
    for level in range(HELD - 1):
        size = SPAN >> level
        numbers[:, level + 1] = (1 << level) + year // size
        weights[:, level + 1] = np.where(year % size < size // 2, 1.0, -1.0) * size**-0.5
    return numbers, weights


NUMBERS, WEIGHTS = _tables()
NUMBERS.flags.writeable = False
WEIGHTS.flags.writeable = False


@scalar
def weights_of(year):
    """Weights of the numbers held in a year."""
    return WEIGHTS[(year - FIRST_YEAR) % SPAN]


@kernel
def hold_numbers(rows, held, tape, i, first_draw, year, begins):
    """Renew the standard normals that change in a year.

    Parameters
    ----------
    rows : float64 (rows, 256)
        The first is scratch.
    held : int64 (HELD,)
        Rows of the numbers, kept from year to year.
    tape : Tape
    i : int
        Operation of the shock.
    first_draw, year : int
    begins : bool
        Whether this is the first year of the run.
    """
    code, draws, replicates = tape.design
    at = (year - FIRST_YEAR) % SPAN
    before = (at - 1) % SPAN
    for k in range(HELD):
        number = NUMBERS[at, k]
        if begins or at == 0 or number != NUMBERS[before, k]:
            # The numbers bear the years of their span, as shocks do that are not bridged.
            fill_design(
                code, tape.keys[i], tape.dimensions[i], first_draw, year - at + number, draws,
                replicates, rows[0],
            )  # fmt: skip
            normal_of_uniform(rows[0], rows[held[k]])
