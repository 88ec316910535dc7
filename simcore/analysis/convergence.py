"""How the error of an outcome falls with the draws: the first of a run, ever more of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simcore.analysis.samples import mean_and_reach
from simcore.analysis.select import quantiles_of_draws
from simcore.kernels.operations import BLOCK

if TYPE_CHECKING:
    import xarray as xr

PROBABILITIES: Final = (0.05, 0.5, 0.95)
_FEWEST: Final = 64


def counts(draws: int, replicates: int) -> list[int]:
    """Numbers of draws of which each is a whole design, doubled up to all of them.

    Parameters
    ----------
    draws, replicates : int
        Of the run.
    """
    first = BLOCK * replicates if replicates > 1 else _FEWEST
    found = []
    while first < draws:
        found.append(first)
        first *= 2
    return [*found, draws]


def convergence(values: xr.DataArray, replicates: int) -> xr.Dataset:
    """Half-widths of 95 % intervals from the first draws of a cell.

    Parameters
    ----------
    values : xarray.DataArray, shape (draw,)
        Draws of an outcome at one place.
    replicates : int
        Designs among them; a number of draws is then a multiple of whole rounds.

    Returns
    -------
    xarray.Dataset
        `mean` and its half-width `mean_reach` over `draws`; of quantiles `value` and `value_reach`,
        half of an interval that need not be even, over (draws, quantile). NaN or infinite where
        there are too few draws. In the unit of the outcome.
    """
    import xarray as xr

    numbers = values.values.astype(np.float64)
    sizes = counts(len(numbers), replicates)
    told = {name: np.full(len(sizes), np.nan) for name in ("mean", "mean_reach")}
    shape = (len(sizes), len(PROBABILITIES))
    by_quantile = {name: np.full(shape, np.nan) for name in ("value", "value_reach")}
    for at, size in enumerate(sizes):
        first = numbers[:size]
        defined = first[~np.isnan(first)]
        if not len(defined):
            continue
        own = replicates if len(defined) == size else 1
        told["mean"][at], told["mean_reach"][at] = mean_and_reach(first, replicates)
        cell = xr.DataArray(defined[None], dims=("cell", "draw"))
        found = quantiles_of_draws(cell, PROBABILITIES, own)
        by_quantile["value"][at] = found["value"].values[0]
        by_quantile["value_reach"][at] = (found["high"] - found["low"]).values[0] / 2
    return xr.Dataset(
        {name: ("draws", array) for name, array in told.items()}
        | {name: (("draws", "quantile"), array) for name, array in by_quantile.items()},
        coords={"draws": sizes, "quantile": list(PROBABILITIES)},
    )
