"""How marginals and their tables lie in memory: what their compiler and the kernels agree on.

Plain numbers, free of numba, so that a config is checked without loading it.

A marginal is an integer kind, eight parameters and a stretch of a pool of float64 that all factors
share.

=================  =================================================================  ============
kind               parameters 0, 1, ...                                               pool
=================  =================================================================  ============
CONSTANT           value
UNIFORM            low, high - low
TRIANGULAR         low, high, split, (high - low)(mode - low), (high - low)(high - mode)
NORMAL             mean, sd
LOGNORMAL          mu, sigma, factor
SPLIT_LOGNORMAL    median, sigma below it, sigma above it
DISCRETE           count                                                              thresholds
                                                                                      (count - 1),
                                                                                      values
EMPIRICAL          count                                                              sorted values
TABLE              pieces                                                             breaks
                                                                                      (pieces + 1),
                                                                                      tables
=================  =================================================================  ============

Parameter POOL_OFFSET is where the stretch begins in the pool. Thresholds and breaks are cumulative
probabilities. A piece of TABLE has two tables, one after the other: the quantile function below
and above the median of the piece, both in the distance p from the nearer end of the piece.

A table is a piecewise cubic over p from 2**-53 to 1/2 with 64 segments an octave, which follow the
tails as closely as the middle, and one more for p = 1/2 itself. A segment has four coefficients,
constant first, in powers of the distance from its upper edge.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

CONSTANT: Final = 0
UNIFORM: Final = 1
TRIANGULAR: Final = 2
NORMAL: Final = 3
LOGNORMAL: Final = 4
SPLIT_LOGNORMAL: Final = 5
DISCRETE: Final = 6
EMPIRICAL: Final = 7
TABLE: Final = 8

PARAMETERS: Final = 8
POOL_OFFSET: Final = 7

OCTAVES: Final = 52
SEGMENTS: Final = OCTAVES * 64 + 1
COEFFICIENTS: Final = 4
TABLE_LENGTH: Final = SEGMENTS * COEFFICIENTS
SMALLEST: Final = 2.0**-53

# The leading bits of p that number a segment, and that number for 2**-53.
SEGMENT_SHIFT: Final = 46
FIRST_SEGMENT: Final = (1023 - 53) << 6


def edges() -> NDArray[np.float64]:
    """Edges of the segments of a table.

    Returns
    -------
    ndarray, shape (SEGMENTS,)
        Probabilities, ascending from 2**-53 to 1/2.
    """
    number = np.arange(SEGMENTS, dtype=np.uint64) + np.uint64(FIRST_SEGMENT)
    return (number << np.uint64(SEGMENT_SHIFT)).view(np.float64)
