"""Difference of two scenarios under the same draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simcore.analysis.select import choose, require_outcome
from simcore.dataset import RunError
from simcore.errors import Fault

if TYPE_CHECKING:
    import xarray as xr


def difference(
    dataset: xr.Dataset, variable: str, scenario_a: str, scenario_b: str
) -> xr.DataArray:
    """Subtract scenario b from scenario a, draw by draw.

    Both scenarios share their draws, so the difference is policy and not noise.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run that kept the draws of the variable.
    variable : str
        Outcome.
    scenario_a, scenario_b : str
        Names of scenarios of the run.

    Returns
    -------
    xarray.DataArray
        `variable[a] - variable[b]` over (region, ..., draw), in float64.

    Raises
    ------
    RunError
        When a name is unknown or the draws were not kept.
    """
    variable = require_outcome(dataset, variable)
    choose(dataset, {"scenario": [scenario_a, scenario_b]})
    if variable not in dataset:
        raise RunError(Fault(
            variable, "summaries only", "its draws",
            f"add {variable} to keep: in the config and run again",
        ))  # fmt: skip
    kept = dataset[variable]
    first = kept.sel(scenario=scenario_a, drop=True).astype("float64")
    second = kept.sel(scenario=scenario_b, drop=True).astype("float64")
    result = (first - second).rename(variable)
    result.attrs = {
        **kept.attrs,
        "long_name": f"{kept.attrs['long_name']}, {scenario_a} minus {scenario_b}",
    }
    return result
