"""Statistics of many rows in one call, so that threads meet the interpreter seldom.

Rows are whole lines of a tile; only their first `draws` columns count, the rest fills a block.
"""

from __future__ import annotations

import numpy as np

from simcore.kernels.jit import kernel
from simcore.kernels.select import moments, summarise_into


@kernel
def moments_of_rows(values, draws, moment):
    """Write count, mean, variance and share above zero of each row; see `select.moments`."""
    for row in range(values.shape[0]):
        moment[row, 0], moment[row, 1], moment[row, 2], moment[row, 3] = moments(
            values[row][:draws]
        )


@kernel
def summarise_rows(values, draws, plan, moment, quantile, low, high):
    """Write moments, quantiles and their intervals of each row; see `select.summarise_into`."""
    for row in range(values.shape[0]):
        column = values[row][:draws]
        summarise_into(column, plan, moment[row], quantile[row], low[row], high[row])


@kernel
def shares_of_rows(values, draws, share):
    """Write the share of each row's draws that equal 0, 1, 2, ... (positions of categories)."""
    for row in range(values.shape[0]):
        for k in range(share.shape[1]):
            share[row, k] = 0.0
        for j in range(draws):
            value = values[row, j]
            if value == value:
                share[row, int(value)] += 1.0
        for k in range(share.shape[1]):
            share[row, k] /= np.float64(draws)
