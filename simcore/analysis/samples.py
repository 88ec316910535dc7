"""Quantiles and means of draws, with intervals by the rules of the stored ones."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.select import quantiles_of_draws
from simcore.kernels.operations import BLOCK
from simcore.numerics.student import students_t
from simcore.statistics import spread_of_replicates
from simcore.variables import INTERVAL_LEVEL

if TYPE_CHECKING:
    import xarray as xr

MANY: Final = 200
"""Degrees of freedom from which on Student's t is taken at this number."""


def of_draws(
    values: xr.DataArray, replicates: int, probabilities: Sequence[float], name: str = "difference"
) -> dict[str, Any]:
    """Quantiles and mean of draws, `draw` last, of those that are defined.

    Returns
    -------
    dict of str to xarray.DataArray
        `NAME_mean`, and with probabilities `NAME_quantile`, each with the ends `_low` and `_high`
        of its 95 % interval.
    """
    import xarray as xr

    dims, draws = values.dims[:-1], values.values
    found: dict[str, Any] = {}
    shape = draws.shape[:-1]
    means = {end: np.full(shape, np.nan) for end in ("", "_low", "_high")}
    for index in np.ndindex(*shape):
        mean, reach = mean_and_reach(draws[index], replicates)
        for end, sign in (("", 0.0), ("_low", -1.0), ("_high", 1.0)):
            means[end][index] = mean + sign * reach if sign else mean
    where = {dim: values.coords[dim] for dim in dims if dim in values.coords}
    for end, array in means.items():
        found[f"{name}_mean{end}"] = xr.DataArray(array, dims=dims, coords=where)
    if probabilities:
        told = _defined_quantiles(values, replicates, probabilities)
        for part, end in (("value", ""), ("low", "_low"), ("high", "_high")):
            found[f"{name}_quantile{end}"] = told[part]
    return found


def _defined_quantiles(
    values: xr.DataArray, replicates: int, probabilities: Sequence[float]
) -> xr.Dataset:
    """Quantiles of the defined draws of each cell."""
    import xarray as xr

    found = quantiles_of_draws(values, probabilities, replicates)
    draws = values.values
    partly = np.isnan(draws).any(-1)
    for index in zip(*np.nonzero(partly), strict=True):
        defined = draws[index][~np.isnan(draws[index])]
        if not len(defined):
            continue
        # What is left of the replicates is no design any more.
        cell = xr.DataArray(defined[None], dims=("cell", "draw"))
        one = quantiles_of_draws(cell, probabilities, 1)
        for part in ("value", "low", "high"):
            found[part].values[index] = one[part].values[0]
    return found


def mean_and_reach(draws: np.ndarray, replicates: int) -> tuple[float, float]:
    """Mean of draws and half of its 95 % interval, which is of the replicates where there are any.

    Parameters
    ----------
    draws : ndarray, shape (draw,)
        NaN where undefined.
    replicates : int
        Designs among them, block by block.

    Returns
    -------
    tuple of float
        NaN where no draw is defined; the half-width is NaN of a single one.
    """
    mean, error, freedom = mean_and_error(draws, replicates)
    return mean, reach_of_mean(freedom) * error


def mean_and_error(draws: np.ndarray, replicates: int) -> tuple[float, float, int]:
    """Mean of draws as in `mean_and_reach`, its standard error, and its degrees of freedom."""
    defined = ~np.isnan(draws)
    n = int(defined.sum())
    if n == 0:
        return np.nan, np.nan, 1
    mean = float(draws[defined].mean())
    whose = np.arange(len(draws)) // BLOCK % max(replicates, 1)
    count = np.bincount(whose[defined], np.ones(n), minlength=replicates)
    if replicates > 1 and (count > 0).sum() > 1:
        sums = np.bincount(whose[defined], draws[defined], minlength=replicates)
        table = np.array([sums, count], dtype=np.float64)[:, :, None]
        error = float(spread_of_replicates(table[0], table[1])[0])
        return mean, error, int((count > 0).sum()) - 1
    if n == 1:
        return mean, np.nan, 1
    return mean, float(draws[defined].std(ddof=1) / np.sqrt(n)), n - 1


@cache
def reach_of_mean(freedom: int) -> float:
    """Half the 95 % interval of a mean, in its standard errors, with so many degrees of freedom."""
    return students_t(INTERVAL_LEVEL, min(max(freedom, 1), MANY))
