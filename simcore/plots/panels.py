"""What all pictures share: colours, marks, labels of a run, scenarios that coincide."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.dataset import RunError
from simcore.errors import Fault

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito: distinguishable with any colour vision. Yellow is too pale on white.
BLUE: Final = "#0072B2"
VERMILLION: Final = "#D55E00"
COLOURS: Final = (
    BLUE, VERMILLION, "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F"
)  # fmt: skip
MARKERS: Final = "os^DvPX*"

_LETTERS: Final = 8.5
"""Letters of a title to the inch."""


def panel_grid(
    dataset: xr.Dataset,
    panels: int,
    title: str,
    name: str,
    *,
    height: float = 2.7,
    share: str = "x",
) -> tuple[Figure, list[Axes]]:
    """Up to three panels in a row, of four two, which share the axis x, both, or none."""
    from matplotlib.figure import Figure

    if panels == 0:
        raise RunError(Fault(name, "no label along a dimension", "at least one", "run it again"))
    columns = 2 if panels == 4 else min(3, panels)
    rows = -(-panels // columns)
    size = (max(7.5, 4.2 * columns), 1.5 + height * rows)
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(_run(dataset, size[0], title))
    grid = figure.subplots(
        rows, columns, sharex=share != "none", sharey=share == "both", squeeze=False
    )
    axes = list(grid.ravel())
    for spare in axes[panels:]:
        spare.set_visible(False)
    return figure, axes[:panels]


def finish(
    figure: Figure, panels: list[Axes], ylabel: str, note: str, *, years: bool = True
) -> None:
    """Whole years on the axis, one legend and one line of explanation for all panels."""
    from matplotlib.ticker import MaxNLocator, MultipleLocator

    for axes in panels:
        if years:
            first, last = axes.get_xlim()
            step = 10 if last - first > 18 else 5 if last - first > 8 else 1
            axes.xaxis.set_major_locator(MultipleLocator(step))
            axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
        spec = axes.get_subplotspec()
        if ylabel and spec is not None and spec.is_first_col():
            axes.set_ylabel(ylabel)
    handles, labels = _legend(panels)
    fans = years and any(axes.collections for axes in panels)
    reading = "bands: P5-P95 and P25-P75, line: median, dotted: central case" if fans else ""
    text = "; ".join(part for part in (reading, note) if part)
    # The type stubs of matplotlib do not know the places outside the panels.
    place: Any = "lower center" if figure.get_layout_engine() is None else "outside lower center"
    if handles:
        figure.legend(
            handles, labels, loc=place, ncols=min(8, len(handles)), frameon=False,
            title=text or "",
        )  # fmt: skip
    elif text:
        figure.supxlabel(text, fontsize=9)


def _legend(panels: list[Axes]) -> tuple[list[Any], list[str]]:
    found: dict[str, Any] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    return list(found.values()), list(found)


def _run(dataset: xr.Dataset, width: float, title: str) -> str:
    """Titles of the run and of the picture, in lines that fit a figure so many inches wide."""
    room = max(20, int(width * _LETTERS))
    both = (*str(dataset.attrs.get("title", "")).split("\n"), title)
    return "\n".join(line for one in both for line in textwrap.wrap(one, room))


def different_scenarios(dataset: xr.Dataset, name: str) -> dict[str, str]:
    """Scenarios whose values differ, and a label that names those that coincide."""
    labels: dict[str, list[str]] = {}
    for scenario in labels_of(dataset, "scenario"):
        values = dataset[name].sel(scenario=scenario).values
        for first in labels:
            if np.array_equal(dataset[name].sel(scenario=first).values, values, equal_nan=True):
                labels[first].append(scenario)
                break
        else:
            labels[scenario] = [scenario]
    return {first: " = ".join(names) for first, names in labels.items()}


def labels_of(dataset: xr.Dataset, dim: str) -> list[str]:
    """Labels along a dimension; none where the run has no such dimension."""
    if dim not in dataset.coords:
        return []
    return [str(name) for name in np.atleast_1d(dataset[dim].values).tolist()]
