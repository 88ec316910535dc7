"""Rows of random numbers: uniform ones of a stream, normal ones, and factors made of them."""

from __future__ import annotations

import numpy as np

from simcore.kernels.designs import fill_design
from simcore.kernels.jit import inlined
from simcore.kernels.marginals import fill_marginal, uses_normal
from simcore.kernels.random import normal_of_uniform, uniform_of_normal


@inlined
def design_row(tape, i, first_draw, step, u):
    """Uniform numbers of an operation's stream."""
    code, draws, replicates = tape.design
    fill_design(code, tape.keys[i], tape.dimensions[i], first_draw, step, draws, replicates, u)


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
    rows, out, normal, kind, central_value, parameters, values, tape, i, first_draw, central
):
    """normal: row of the factor's own standard normal, if it is correlated with others; values:
    the stretch of the pool that the marginal reads."""
    if central:
        rows[out, :] = central_value
        return
    u, z = rows[0], rows[1]
    reads_normal = uses_normal(int(kind))
    if normal.shape[0] == 0:
        design_row(tape, i, first_draw, np.int64(0), u)
        if reads_normal:
            normal_of_uniform(u, z)
    else:
        row = normal[0]
        for j in range(z.size):
            z[j] = rows[row, j]
        if not reads_normal:
            uniform_of_normal(z, u)
    fill_marginal(int(kind), parameters, values, u, z, rows[out])
