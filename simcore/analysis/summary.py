"""Tables of a run, read from its stored summaries."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from simcore.analysis.headline import (
    HEADLINE_QUANTILES,
    OpenedRun,
    headline_of,
    percentile,
    telling_years,
)
from simcore.analysis.names import titles
from simcore.analysis.sectors import Made, sectors_of
from simcore.analysis.select import choose, quantiles, require_outcome
from simcore.dataset import threshold_of
from simcore.statistics import STATISTICS
from simcore.variables import OUTCOMES, QUANTILES

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def summarise(
    dataset: xr.Dataset,
    *,
    variable: str | None = None,
    years: Sequence[int] | None = None,
    regions: Sequence[str] | None = None,
    routes: Sequence[str] | None = None,
    destinations: Sequence[str] | None = None,
    scenarios: Sequence[str] | None = None,
    projects: Sequence[str] | None = None,
    instruments: Sequence[str] | None = None,
    quantiles: Sequence[float] | None = None,
) -> pd.DataFrame:
    """Summarise one outcome, or put cost and value of every route side by side.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run.
    variable : str, optional
        Outcome; without it the headline: extra cost, carbon value and the probability that the
        value covers the cost, in three years unless `years` are given.
    years, regions, routes, destinations, scenarios, projects, instruments : sequences, optional
        Labels to keep; all by default.
    quantiles : sequence of float, optional
        Probabilities; 0.05, 0.5 and 0.95 by default.

    Returns
    -------
    pandas.DataFrame
        One row a cell: its labels, then numbers. `attrs` holds units, currency and price year.

    Raises
    ------
    RunError
        For a name that the run does not hold, or a quantile that was neither stored nor kept.
    """
    if variable is not None:
        variable = require_outcome(dataset, variable)
    else:
        years = years or headline_years(dataset)
    labels = {
        "year": years, "region": regions, "route": routes,
        "destination": destinations, "scenario": scenarios, "project": projects,
        "instrument": instruments,
    }  # fmt: skip
    chosen = choose(dataset, labels, strict=variable is not None)
    probabilities = tuple(quantiles or HEADLINE_QUANTILES)
    if variable is not None:
        return one_outcome(chosen, variable, probabilities)
    return headline(chosen, probabilities)


def one_outcome(
    dataset: xr.Dataset, name: str, probabilities: Sequence[float] = QUANTILES
) -> pd.DataFrame:
    """Every summary of one outcome, one row a cell."""
    columns: dict[str, Any] = {}
    for statistic in STATISTICS.values():
        held = f"{name}_{statistic.name}"
        if held in dataset and statistic.name == "quantile":
            found = quantiles(dataset, name, probabilities)
            for place, probability in enumerate(probabilities):
                label = percentile(probability)
                for part, suffix in (("value", ""), ("low", "_low"), ("high", "_high")):
                    columns[label + suffix] = found[part].isel(quantile=place)
        elif statistic.name == "positive" and OUTCOMES.get(name) and OUTCOMES[name].kind == "year":
            continue  # a year above zero says no more than `defined`
        elif held in dataset and "quantile" not in statistic.dims:
            columns[statistic.name] = dataset[held]
    columns |= _beyond(dataset, name, columns)
    frame = _frame(columns)
    if "project" in frame:
        seen = _of_projects(dataset, frame)
        frame = frame[seen].reset_index(drop=True) if any(seen) else frame
    for dim in ("factor", "commodity", "good"):
        if dim in frame and f"{dim}_unit" in dataset.coords:
            frame.insert(list(frame).index(dim) + 1, "unit", _units(dataset, dim, frame))
    attrs = next(iter(columns.values())).attrs
    if "product" in frame and "currency" in attrs:
        money, each = dataset.attrs["currency"], _units(dataset, "product", frame)
        units = [f"{money} per {one}" for one in each]
        frame.insert(list(frame).index("product") + 1, "unit", units)
    if "exposure" in frame and not attrs.get("units"):
        frame.insert(list(frame).index("exposure") + 1, "unit", _local_units(dataset, name, frame))
    made = sectors_of(OpenedRun(dataset))
    if len(made) > 1:
        frame = _by_sector(frame, made)
    told = {str(dim): titles(dataset, str(dim)) for dim in frame if dim in dataset.dims}
    frame.attrs |= _attrs(dataset) | {
        "titles": {dim: names for dim, names in told.items() if f"{dim}_title" in dataset.coords},
        "variable": name,
        "sectors": made if "sector" in frame else [],
        "title": str(attrs["long_name"]).split(",")[0],
        "unit": str(attrs.get("units", "")),
        "per": str(attrs.get("per", "")),
        "money": "currency" in attrs,
    }
    return frame


def _by_sector(frame: pd.DataFrame, made: Sequence[Made]) -> pd.DataFrame:
    """Sectors one below the other, without the pairs of labels that nothing of a sector meets,
    such as its routes and what buyers of another one compare with."""
    labels = [name for name in ("against", "good", "product", "component", "view") if name in frame]
    if "route" in frame and "sector" not in frame:
        whose = {route: one.sector for one in made for route in one.routes}
        frame.insert(list(frame).index("route"), "sector", frame["route"].map(whose))
    elif "route" in frame:
        routes = {(one.sector, route) for one in made for route in one.routes}
        pairs = zip(frame["sector"], frame["route"], strict=True)
        frame = frame[[pair in routes for pair in pairs]]
    if "sector" not in frame:
        return frame
    held = next(name for name in ("mean", "central", "probability") if name in frame)
    for name in labels:
        # Inputs of other sectors are zero in a waterfall.
        met = frame[held].notna() & ((frame[held] != 0.0) | (name != "component"))
        met = met.groupby([frame["sector"], frame[name]]).transform("any")
        frame = frame[met] if met.any() else frame
    order = {one.sector: place for place, one in enumerate(made)}
    return frame.sort_values("sector", key=lambda names: names.map(order), kind="stable",
                             ignore_index=True)  # fmt: skip


def _of_projects(dataset: xr.Dataset, frame: pd.DataFrame) -> list[bool]:
    """Which rows are of an instrument that the project has, and of a year in which it produces."""
    told = json.loads(dataset.attrs.get("projects", "{}"))
    known = frame["mean"].notna() if "year" in frame and "mean" in frame else None
    found = []
    for place, row in enumerate(frame.itertuples()):
        has = True
        if "instrument" in frame and told:
            project = told.get(row.scenario, {}).get(row.project, {"instruments": {}})
            has = row.instrument in project["instruments"]
        found.append(has and (known is None or bool(known.iloc[place])))
    return found


def _beyond(dataset: xr.Dataset, name: str, others: Collection[str]) -> dict[str, Any]:
    """Columns of tails and of shares above thresholds, such as `tail_p5` and `above_100`; of a
    tail that is none of the quantiles shown, those of its quantile too."""
    found: dict[str, Any] = {}
    tails = dataset["tail"].values.tolist() if f"{name}_tail" in dataset else []
    for place, tail in enumerate(tails):
        label = percentile(tail)
        parts = {f"tail_{label}": "", f"tail_{label}_standard_error": "_standard_error"}
        if label not in others:
            ends = {"": "_quantile", "_low": "_quantile_low", "_high": "_quantile_high"}
            parts = {f"{label}{end}": part for end, part in ends.items()} | parts
        for column, part in parts.items():
            found[column] = dataset[f"{name}_tail{part}"].isel(tail=place, drop=True)
    dim = threshold_of(name)
    for place, value in enumerate(dataset[dim].values.tolist() if dim in dataset else ()):
        for ending in ("", "_standard_error"):
            held = dataset[f"{name}_exceedance{ending}"]
            found[f"above_{value:.10g}{ending}"] = held.isel({dim: place}, drop=True)
    return found


def headline(
    dataset: xr.Dataset, probabilities: Sequence[float] = HEADLINE_QUANTILES
) -> pd.DataFrame:
    """Put cost premium, carbon value and viability side by side; see `headline.headline_of`."""
    import pandas as pd

    columns, attrs = headline_of(OpenedRun(dataset), probabilities)
    frame = pd.DataFrame(columns)
    frame.attrs |= attrs
    return frame


def headline_years(dataset: xr.Dataset) -> list[int]:
    """Three telling years: the first, then the next two decades, or the middle and the last."""
    if "year" not in dataset.coords:
        return []
    return telling_years(dataset["year"].values.tolist())


def _frame(columns: dict[str, Any]) -> pd.DataFrame:
    """One row a cell, in the order of the run, with the labels as ordinary columns."""
    import pandas as pd
    import xarray as xr

    arrays = [array.drop_vars("quantile", errors="ignore") for array in columns.values()]
    broadcast = xr.broadcast(*arrays)
    dims = max((array.dims for array in arrays), key=len)
    data = {
        name: array.transpose(*dims).values.ravel()
        for name, array in zip(columns, broadcast, strict=True)
    }
    labels = [broadcast[0][dim].values.tolist() for dim in dims]
    index = pd.MultiIndex.from_product(labels, names=dims)
    return pd.DataFrame(data, index=index).reset_index()


def _units(dataset: xr.Dataset, dim: str, frame: pd.DataFrame) -> list[str]:
    names, units = dataset[dim].values.tolist(), dataset[f"{dim}_unit"].values.tolist()
    unit = dict(zip(names, units, strict=True))
    return [str(unit[name]) for name in frame[dim]]


def _local_units(dataset: xr.Dataset, name: str, frame: pd.DataFrame) -> list[str]:
    """Each exposure's own currency, millions of it, a year where the outcome is by year."""
    labels, own = dataset["exposure"].values.tolist(), dataset["exposure_currency"].values.tolist()
    currency = dict(zip(labels, own, strict=True))
    ending = " yr-1" if "year" in dataset[f"{name}_mean"].dims else ""
    return [f"1e6 {currency[label]}{ending}" for label in frame["exposure"]]


def _attrs(dataset: xr.Dataset) -> dict[str, Any]:
    # Runs before version 0.3 do not say it.
    freedom = dataset.attrs.get("degrees_of_freedom")
    return {
        "currency": str(dataset.attrs["currency"]),
        "price_year": int(dataset.attrs["price_year"]),
        "draws": int(dataset.attrs["draws"]),
        **({"degrees_of_freedom": int(freedom)} if freedom is not None else {}),
        "run": str(dataset.attrs.get("title", "")),
    }
