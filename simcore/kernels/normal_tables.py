"""Makers of the frozen tables behind `random.inverse_normal` and `random.normal_cdf`.

Run `python -m simcore.kernels.normal_tables` to write both anew; a test compares them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.marginal_form import COEFFICIENTS, SEGMENTS, edges

INVERSE_NORMAL: Final = Path(__file__).with_name("inverse_normal.npy")
NORMAL_TAIL: Final = Path(__file__).with_name("normal_tail.npy")

# 1 + x for x = |z| up to 63, though the probability is zero already at 38.6.
TAIL_OCTAVES: Final = 6
TAIL_PER_OCTAVE: Final = 32
TAIL_COEFFICIENTS: Final = 6
# Padded with zeros, so that a shift finds the place.
TAIL_STRIDE: Final = 8


def _next_to_one_half(width: float) -> NDArray[np.float64]:
    """Cubic of the segment that ends at 1/2, where the function vanishes.

    The ratio f / t is interpolated, so that the relative error stays even down to t = 0; the edge
    shared with the next segment is one of the zeros of the Chebyshev polynomial.
    """
    from scipy.special import ndtri

    node = np.sqrt(0.75) * np.array([-1.0, 0.0, 1.0])
    t = -width * (1 - node) / (1 + np.sqrt(0.75))
    ratio = ndtri(0.5 + t) / (0.5 + t - 0.5)
    return np.concatenate([[0.0], np.linalg.solve(np.vander(t, increasing=True), ratio)])


def build_inverse_normal() -> NDArray[np.float64]:
    """Compute the table.

    Returns
    -------
    ndarray
        float64 of length TABLE_LENGTH: for each segment the coefficients of the inverse normal
        (lower half, so negative) in powers of the distance from the upper edge.

    Notes
    -----
    Each cubic meets the function at both edges, so that the whole is continuous and increasing,
    and at the two inner zeros of the stretched Chebyshev polynomial, which makes the error even.
    """
    from scipy.special import ndtri

    edge = edges()
    width = np.diff(edge)
    inner = (1 - np.tan(np.pi / 8)) / 2
    # Newton's divided differences from the upper edge down; t <= 0.
    t = np.stack([0 * width, -width * inner, -width * (1 - inner), -width])
    f = ndtri(edge[1:] + t).astype(np.longdouble)
    t = t.astype(np.longdouble)
    first = (f[1:] - f[:-1]) / (t[1:] - t[:-1])
    second = (first[1:] - first[:-1]) / (t[2:] - t[:-2])
    third = (second[1] - second[0]) / (t[3] - t[0])
    table = np.zeros((SEGMENTS, COEFFICIENTS))
    table[:-1, 0] = f[0]
    table[:-1, 1] = first[0] - second[0] * t[1] + third * t[1] * t[2]
    table[:-1, 2] = second[0] - third * (t[1] + t[2])
    table[:-1, 3] = third
    table[-2] = _next_to_one_half(width[-1])
    return table.reshape(-1)


def build_normal_tail() -> NDArray[np.float64]:
    """Compute the table of P(Z > x) exp(x**2 / 2), x >= 0, which falls from 1/2 like 0.4 / x.

    Returns
    -------
    ndarray
        float64: for each segment of 1 + x, 32 an octave, six coefficients in powers of the
        distance from the middle of the segment.
    """
    from scipy.special import erfcx

    step = np.arange(TAIL_PER_OCTAVE) / TAIL_PER_OCTAVE
    scale = 2.0 ** np.arange(TAIL_OCTAVES)
    width = np.repeat(scale / TAIL_PER_OCTAVE, TAIL_PER_OCTAVE)
    middle = np.outer(scale, 1 + step).reshape(-1) + width / 2 - 1
    # Stretched to both edges, so that the segments meet, and P(Z > 0) is 1/2.
    node = np.cos((2 * np.arange(TAIL_COEFFICIENTS) + 1) * np.pi / (2 * TAIL_COEFFICIENTS))
    node /= node[0]
    x = middle[:, None] + width[:, None] / 2 * node
    value = erfcx(x * np.sqrt(0.5)) / 2
    scaled = np.linalg.solve(np.vander(node, increasing=True), value.T).T
    table = np.zeros((middle.size, TAIL_STRIDE))
    table[:, :TAIL_COEFFICIENTS] = scaled / (width[:, None] / 2) ** np.arange(TAIL_COEFFICIENTS)
    return table.reshape(-1)


if __name__ == "__main__":
    np.save(INVERSE_NORMAL, build_inverse_normal(), allow_pickle=False)
    np.save(NORMAL_TAIL, build_normal_tail(), allow_pickle=False)
