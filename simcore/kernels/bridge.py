"""Brownian bridge: shocks of a path as sums of numbers that each move many years at once.

Of a Sobol sequence each dimension is the more even the fewer others matter. So the first number
moves all years of a run, and with them the last price; the second the first half of the years
against the other; and so on, halving, down to single years. The shocks are an orthogonal transform
of the numbers, so they are independent standard normals as before, and correlations between
markets stay what they are. The years of the run decide on the halves: others change every draw.
Years before the first of the run, and that one, have shocks of their own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.draws import design_row
from simcore.kernels.jit import inlined
from simcore.kernels.random import normal_of_uniform


def bridge_table(start: int, first: int, last: int) -> NDArray[np.float64]:
    """Numbers of which the shocks of each year are made, and their weights.

    Parameters
    ----------
    start : int
        First year that is simulated.
    first, last : int
        Years of the run; those after the first are bridged.

    Returns
    -------
    ndarray, shape (years, 2 * held)
        By simulated year: the step that addresses each number (0: none), then the weights.
    """
    years = last - first
    held = 1 + max(years - 1, 0).bit_length()
    steps, weights = np.zeros((years, held)), np.zeros((years, held))
    steps[:, 0], weights[:, 0] = first + 1, 1.0 / np.sqrt(max(years, 1))
    following = first + 2
    parts = [(0, years, 1)]
    for begin, end, level in parts:
        if end - begin < 2:
            continue
        middle = (begin + end) // 2
        left, right = middle - begin, end - middle
        steps[begin:end, level] = following
        weights[begin:middle, level] = np.sqrt(right / (left * (left + right)))
        weights[middle:end, level] = -np.sqrt(left / (right * (left + right)))
        following += 1
        parts += [(begin, middle, level + 1), (middle, end, level + 1)]
    early = np.zeros((first - start + 1, 2 * held))
    early[:, 0], early[:, held] = np.arange(start, first + 1), 1.0
    return np.concatenate([early, np.hstack([steps, weights])])


@inlined
def bridged_row(rows, out, inputs, table, at_line, tape, i, first_draw, lanes, central):
    """Write the shock of a year.

    Parameters
    ----------
    rows : float64 (rows, 256)
        The first two are scratch.
    out : int
        Row of the shock.
    inputs : int64 (held,)
        Rows kept from year to year: sums of the first weighted numbers, of the first two, and so
        on. Each year only the last ones change.
    table : float64 (years * 2 * held,)
        As `bridge_table` returns it.
    at_line : int
        Line of the year.
    tape : Tape
    i : int
        Operation of the shock.
    first_draw : int
    lanes : tuple of int, or None
        As in `draws.draw_of`.
    central : bool
        No noise.
    """
    if central:
        rows[out, :] = 0.0
        return
    held, width = inputs.shape[0], rows.shape[1]
    now = table[2 * held * at_line : 2 * held * (at_line + 1)]
    before = table[2 * held * max(at_line - 1, 0) : 2 * held * (max(at_line - 1, 0) + 1)]
    for k in range(held):
        row, above, weight = inputs[k], inputs[max(k - 1, 0)], now[held + k]
        if at_line == 0 or now[k] != before[k]:
            design_row(tape, i, first_draw, lanes, int(now[k]), rows[0])
            normal_of_uniform(rows[0], rows[1])
            if k == 0:
                for j in range(width):
                    rows[row, j] = weight * rows[1, j]
            else:
                for j in range(width):
                    rows[row, j] = rows[above, j] + weight * rows[1, j]
        elif weight != before[held + k]:
            # The same number in the other half of its years.
            ratio = weight / before[held + k]
            for j in range(width):
                rows[row, j] = rows[above, j] + ratio * (rows[row, j] - rows[above, j])
        if k + 1 == held or now[k + 1] == 0.0:
            for j in range(width):
                rows[out, j] = rows[row, j]
            break
