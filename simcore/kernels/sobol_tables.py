"""Maker of the frozen table of direction numbers behind `designs.fill_sobol`.

Run `python -m simcore.kernels.sobol_tables` to write it anew; a test compares them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

DIRECTIONS: Final = Path(__file__).with_name("sobol_directions.npy")

DIMENSIONS: Final = 128
"""Dimensions of the table."""
DIGITS: Final = 32
"""Binary digits of an index, so also of a point before it is scrambled."""


def build_directions() -> NDArray[np.uint64]:
    """Compute the direction numbers from the parameters of new-joe-kuo-6, as scipy carries them.

    Returns
    -------
    ndarray, shape (DIMENSIONS * DIGITS,)
        Direction number of each dimension and index digit, lowest index digit first; bit k of it
        is the point's binary digit k + 1, so it is the usual number with its bits reversed.

    Source
    ------
    Joe and Kuo (2008), Constructing Sobol sequences with better two-dimensional projections,
    SIAM J. Sci. Comput. 30, 2635-2654, with their recurrence (section 2).
    """
    from scipy import stats

    with np.load(Path(stats.__file__).with_name("_sobol_direction_numbers.npz")) as parameters:
        polynomials = [int(number) for number in parameters["poly"][:DIMENSIONS]]
        initial = parameters["vinit"][:DIMENSIONS].tolist()
    table = np.zeros((DIMENSIONS, DIGITS), dtype=np.uint64)
    table[0] = [1 << digit for digit in range(DIGITS)]
    for dimension in range(1, DIMENSIONS):
        table[dimension] = _directions(polynomials[dimension], initial[dimension])
    return table.reshape(-1)


def _directions(polynomial: int, initial: list[int]) -> list[int]:
    """Direction numbers, bits reversed, of one primitive polynomial and its first numbers."""
    degree = polynomial.bit_length() - 1
    # m[j] < 2**(j + 1) is odd: the point's digits 1..j + 1, the last one always 1.
    m = initial[:degree]
    for j in range(degree, DIGITS):
        new = m[j - degree] ^ (m[j - degree] << degree)
        for k in range(1, degree):
            if polynomial >> (degree - k) & 1:
                new ^= m[j - k] << k
        m.append(new)
    return [int(f"{number:0{j + 1}b}"[::-1], 2) for j, number in enumerate(m)]


if __name__ == "__main__":
    np.save(DIRECTIONS, build_directions(), allow_pickle=False)
