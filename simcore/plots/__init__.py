"""Pictures of a saved run, drawn from its stored summaries alone: see `plot_run`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.headline import OpenedRun
from simcore.analysis.sectors import sectors_of
from simcore.analysis.select import choose
from simcore.errors import printable
from simcore.files import whole
from simcore.plots.deals import gaps, payments
from simcore.plots.figures import (
    carbon_price,
    cost_and_value,
    cost_premium,
    green_is_cheaper,
    waterfall,
)
from simcore.plots.panels import destinations_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["plot_run"]

STYLE: Final[Any] = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "figure.titlesize": 13,
    # A name or title from a config is text, never a formula.
    "text.parse_math": False,
}


_NEEDS: Final = {
    "carbon_price": ("quantile", "carbon_price"),
    "cost_and_value": ("quantile", "cost_premium_ex_carbon", "carbon_value"),
    "cost_premium": ("quantile", "cost_premium"),
    "green_is_cheaper": ("mean", "green_is_cheaper"),
}
"""Statistic and outcomes of each picture that not every run can show."""


def plot_run(
    dataset: xr.Dataset, out_dir: Path, *, scenario: str | None = None,
    routes: Sequence[str] | None = None,
) -> list[Path]:  # fmt: skip
    """Draw every picture that the outcomes of a run allow.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run.
    out_dir : Path
        Folder for the PNG files; made when missing.
    scenario : str, optional
        Scenario of the pictures that show only one; the first by default.
    routes : sequence of str, optional
        Routes of the pictures that show routes; all by default.

    Returns
    -------
    list of Path
        Files written: carbon_price, cost_and_value_<destination>, cost_premium, waterfall,
        green_is_cheaper, project_gap and payments, as far as the run holds them; those of routes
        once for each sector where there are several, with its name at the end.

    Raises
    ------
    RunError
        For an unknown scenario or route.
    OutputError
        When the folder cannot be written.
    """
    name = scenario or str(dataset["scenario"].values[0])
    chosen = inert(choose(dataset, {"scenario": [name], "route": routes}).isel(scenario=0))
    dataset = inert(dataset)
    pictures: list[tuple[str, Callable[[], Figure | None]]] = [
        ("carbon_price", lambda: carbon_price(dataset)),
        *_of_routes(chosen),
        ("project_gap", lambda: gaps(dataset)),
        ("payments", lambda: payments(dataset)),
    ]
    expected = "a folder to write pictures into"
    files = [save(draw, out_dir / f"{stem}.png", expected=expected) for stem, draw in pictures]
    return [file for file in files if file is not None]


def _of_routes(dataset: xr.Dataset) -> Iterator[tuple[str, Callable[[], Figure | None]]]:
    """Pictures of the routes of one scenario; of several sectors each has its own."""
    made = sectors_of(OpenedRun(dataset))
    if len(made) < 2 and dataset.sizes.get("sector", 1) < 2:
        yield from _of_sector(dataset, "")
        return
    for one in made:
        title = f"{dataset.attrs['title']}\n{one.sector}: t of {one.product}"
        part = dataset.sel(route=list(one.routes)).assign_attrs(title=title)
        yield from _of_sector(part, f"_{one.sector}")


def _of_sector(
    dataset: xr.Dataset, ending: str
) -> Iterator[tuple[str, Callable[[], Figure | None]]]:
    for one in destinations_of(dataset):
        yield f"cost_and_value_{one}{ending}", partial(cost_and_value, dataset, one)
    for draw in (cost_premium, waterfall, green_is_cheaper):
        yield f"{draw.__name__}{ending}", partial(draw, dataset)


def inert(dataset: xr.Dataset) -> xr.Dataset:
    """A run whose title and labels fonts can write: what has no picture is shown as its number."""
    labels = {
        name: (coord.dims, np.vectorize(lambda one: printable(str(one)), otypes=[object])(coord))
        for name, coord in dataset.coords.items() if coord.dtype.kind in "UO" and coord.size
    }  # fmt: skip
    title = printable(str(dataset.attrs.get("title", "")))
    return dataset.assign_coords(labels).assign_attrs(title=title)


def not_drawn(dataset: xr.Dataset) -> dict[str, list[str]]:
    """Pictures for which outcomes are lacking, and which they are."""
    lacking = {
        picture: [name for name in needed if f"{name}_{ending}" not in dataset]
        for picture, (ending, *needed) in _NEEDS.items()
    }
    return {picture: names for picture, names in lacking.items() if names}


def save(
    draw: Callable[[], Figure | None], path: Path, *, expected: str,
    remedy: str = "choose another -o",
) -> Path | None:  # fmt: skip
    """Draw a picture in the style of the house and write it whole or not at all.

    Parameters
    ----------
    draw : callable
        Makes the figure; None where there is nothing to show, and no file then.
    path : Path
        SVG by its name, else PNG.
    expected, remedy : str
        See `simcore.errors.Fault`, for a file that cannot be written.
    """
    from matplotlib import rc_context

    kind = "svg" if path.suffix.lower() == ".svg" else "png"
    # The salt makes an SVG the same in each run.
    with rc_context({**STYLE, "svg.hashsalt": "simcore"}):
        figure = draw()
        if figure is None:
            return None
        with whole(path, expected=expected, remedy=remedy, folders=True) as unfinished:
            figure.savefig(unfinished, dpi=110, format=kind)
    return path
