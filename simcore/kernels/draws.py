"""Rows of random numbers: uniform ones of a stream, normal ones, and factors made of them."""

from __future__ import annotations

import numpy as np

from simcore.kernels.designs import fill_design, uniform_of_draw
from simcore.kernels.jit import inlined
from simcore.kernels.marginals import fill_marginal, uses_normal
from simcore.kernels.random import normal_of_uniform, uniform_of_normal


@inlined
def draw_of(j, first_draw, lanes):
    """Draw of a column of the rows; lanes: begin, end and step; None: all of the block."""
    if lanes is None:
        return first_draw + j
    return first_draw + lanes[0] + j * lanes[2]


@inlined
def design_row(tape, i, first_draw, lanes, step, u):
    """Uniform numbers of an operation's stream."""
    code, draws, replicates = tape.design
    key, dimension = tape.keys[i], tape.dimensions[i]
    if lanes is None:
        fill_design(code, key, dimension, first_draw, step, draws, replicates, u)
    else:
        for j in range(u.size):
            draw = draw_of(j, first_draw, lanes)
            u[j] = uniform_of_draw(code, key, dimension, draw, step, draws, replicates)


@inlined
def normal_row(rows, out, u, central):
    """Standard normal numbers; u: row of uniform ones."""
    if central:
        rows[out, :] = 0.0
    else:
        # Through another row: in place, the loop would not be made of vectors.
        normal_of_uniform(rows[u], rows[out])


@inlined
def factor_row(
    rows, out, normal, kind, central_value, parameters, values, tape, i, first_draw, lanes, central
):
    """normal: row of the factor's own standard normal, if it is correlated with others; values:
    the stretch of the pool that the marginal reads."""
    if central:
        rows[out, :] = central_value
        return
    u, z = rows[0], rows[1]
    reads_normal = uses_normal(int(kind))
    if normal.shape[0] == 0:
        design_row(tape, i, first_draw, lanes, np.int64(0), u)
        if reads_normal:
            normal_of_uniform(u, z)
    else:
        row = normal[0]
        for j in range(z.size):
            z[j] = rows[row, j]
        if not reads_normal:
            uniform_of_normal(z, u)
    fill_marginal(int(kind), parameters, values, u, z, rows[out])
