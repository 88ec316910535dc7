"""Which panels a picture has: at most twelve, the first of each list, and what that leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simcore.analysis.summary import headline_years
from simcore.plots.kinds import Asked
from simcore.plots.panels import labels_of
from simcore.plots.words import left_out

if TYPE_CHECKING:
    import xarray as xr

MOST: Final = 12
"""Panels of a picture."""


@dataclass(frozen=True)
class Cells:
    """Regions and routes of the panels of a picture.

    Attributes
    ----------
    regions, routes : list of str
        With a number in some panel.
    notes : list of str
        What no panel was left for.
    """

    regions: list[str]
    routes: list[str]
    notes: list[str]


def cells_of(dataset: xr.Dataset, name: str) -> Cells:
    """Regions and routes that have a value; the longer list loses its last until they fit.

    The reference route has no premium over itself, and no panel.
    """
    regions, routes = (known_labels(dataset, name, dim) for dim in ("region", "route"))
    every = list(regions), list(routes)
    while len(regions) * len(routes) > MOST:
        longer = regions if len(regions) >= len(routes) else routes
        longer.pop()
    if len(routes) < len(every[1]):
        # What is the reference in some region leaves empty panels: it comes last.
        values = dataset[name].sel(region=regions)
        whole = values.notnull().any("year").all([d for d in values.dims if d in ("region",)])
        complete = [one for one in every[1] if bool(whole.sel(route=one).all())]
        ordered = [*complete, *(one for one in every[1] if one not in complete)]
        routes = [one for one in every[1] if one in ordered[: len(routes)]]
    notes = [
        left_out(dataset, dim, [one for one in whole if one not in shown])
        for dim, whole, shown in zip(("region", "route"), every, (regions, routes), strict=True)
    ]
    return Cells(regions, routes, [note for note in notes if note])


def known_labels(dataset: xr.Dataset, name: str, dim: str) -> list[str]:
    """Labels of a dimension with a number somewhere in an array."""
    values = dataset[name].load()
    others = [one for one in values.dims if one != dim]
    kept = values.notnull().any(others).values
    return [one for one, keep in zip(labels_of(dataset, dim), kept, strict=True) if keep]


def grid_of(count: int, *, most: int = 4) -> tuple[int, int]:
    """Rows and columns of so many panels."""
    columns = {1: 1, 2: 2, 3: 3, 4: 2, 5: 3, 6: 3, 9: 3}.get(count, most)
    return -(-count // columns), columns


BOUGHT: Final = "buyer_premium"


def beside_buyer(dataset: xr.Dataset) -> tuple[xr.Dataset, str]:
    """The run cut to the first alternative of a buyer with a premium over it, and that.

    The run itself and nothing where it tells of no buyer, or of none of these routes.
    """
    if f"{BOUGHT}_quantile" in dataset and "against" in dataset.dims:
        for place, label in enumerate(labels_of(dataset, "against")):
            if bool(dataset[f"{BOUGHT}_mean"].isel(against=place).notnull().any()):
                return dataset.isel(against=place), label
    return dataset, ""


def year_of(dataset: xr.Dataset, asked: Asked) -> int:
    """The year of a picture of one: the first asked, or the second telling one."""
    if asked.years:
        return asked.years[0]
    years = headline_years(dataset)
    return int(years[min(1, len(years) - 1)])


def leading_route(dataset: xr.Dataset, name: str, year: int, routes: list[str]) -> str:
    """The route that a picture tells of: the costliest that no more carbon is paid for.

    Of the routes that pay less for carbon than the reference the one with the largest value of
    `name` in the median region; where the parts are not known, of all.
    """
    values = dataset[name].sel(year=year, route=routes)
    other = [dim for dim in values.dims if dim != "route"]
    totals = values.median(other, skipna=True).values
    if "waterfall_central" in dataset and "component" in dataset.coords:
        kept = [one for one in ("home_carbon", "cbam") if one in labels_of(dataset, "component")]
        parts = dataset["waterfall_central"].sel(year=year, route=routes, component=kept)
        paid = parts.sum("component", skipna=False)
        paid = paid.median([dim for dim in paid.dims if dim != "route"], skipna=True)
        saving = np.isfinite(totals) & (paid.values <= 1e-9)
        totals = np.where(saving, totals, np.nan) if saving.any() else totals
    if not np.isfinite(totals).any():
        return routes[0]
    return routes[int(np.nanargmax(totals))]
