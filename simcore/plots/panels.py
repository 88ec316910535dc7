"""Parts of pictures: panels, fans, bars, legends and labels."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from itertools import pairwise
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
_BANDS: Final = (((0.05, 0.95), 0.18), ((0.25, 0.75), 0.35))
_MAX_PANELS: Final = 60
_LETTERS: Final = 8.5
"""Letters of a title to the inch."""
_FANS: Final = {
    f"{name}_{statistic}"
    for name in ("cost_premium", "cost_premium_ex_carbon", "carbon_value")
    for statistic in ("quantile", "central", "mean")
}


def by_region_and_route(
    dataset: xr.Dataset, name: str, title: str, draw: Callable[[Axes, xr.Dataset], None]
) -> Figure:
    """Regions in rows, routes in columns; a column shares its scale, so that regions compare."""
    from matplotlib.figure import Figure

    regions = labels_of(dataset, "region")
    routes = defined_routes(dataset, f"{name}_mean")
    if len(regions) * len(routes) > _MAX_PANELS:
        routes = routes[: max(1, _MAX_PANELS // len(regions))]
        title += f" (first {len(routes)} routes)"
    rows, columns = max(1, len(regions)), max(1, len(routes))
    width = max(9.0, 1.2 + 2.0 * columns)
    title = _run(dataset, width, title)
    top = 0.95 + 0.22 * max(0, title.count("\n") - 1)
    height = 1.15 + top + 1.6 * rows
    # Margins in inches: a layout engine would lay out 42 panels twice.
    figure = Figure(figsize=(width, height))
    figure.subplots_adjust(
        left=1.0 / width, right=1 - 0.15 / width, bottom=0.95 / height, top=1 - top / height,
        wspace=0.36, hspace=0.13,
    )  # fmt: skip
    figure.suptitle(title, y=1 - 0.1 / height, va="top")
    # Limits are set once at the end: shared axes would renew all panels at every line.
    grid = figure.subplots(rows, columns, squeeze=False)
    dataset = dataset[sorted(_FANS & set(dataset.data_vars))].load()
    years = dataset["year"].values
    shown: dict[int, list[Axes]] = {column: [] for column in range(columns)}
    for row, region in enumerate(regions):
        for column, route in enumerate(routes):
            axes = grid[row, column]
            cell = dataset.sel(region=region, route=route)
            if bool(np.isfinite(cell[f"{name}_mean"]).any()):
                draw(axes, cell)
                axes.axhline(0, color="black", linewidth=0.7)
                shown[column].append(axes)
            else:
                # The region's reference, or a route that it has not in these years.
                axes.set_axis_off()
                axes.text(0.5, 0.5, "-", ha="center", va="center", transform=axes.transAxes)
            margin = 0.04 * max(1, years[-1] - years[0])
            axes.set_xlim(years[0] - margin, years[-1] + margin)
            if row == 0:
                axes.set_title(route)
            if column == 0:
                axes.annotate(
                    region, (0, 0.5), xytext=(-40, 0), xycoords="axes fraction",
                    textcoords="offset points", ha="right", va="center", weight="bold", size=11,
                )  # fmt: skip
    panels = list(grid.ravel())
    _share(panels, "x")
    for column in range(columns):
        if shown[column]:
            _share(shown[column], "y")
    finish(figure, panels, "", f"{unit_of(dataset, f'{name}_mean')}; a column shares its scale")
    return figure


def _share(panels: list[Axes], axis: str) -> None:
    """Give panels the same limits; only those at the edge keep their labels of the x axis."""
    limits = np.array([getattr(axes, f"get_{axis}lim")() for axes in panels])
    for axes in panels:
        axes.set(**{f"{axis}lim": (limits[:, 0].min(), limits[:, 1].max())})
        spec = axes.get_subplotspec()
        if axis == "x" and spec is not None:
            axes.tick_params(labelbottom=spec.is_last_row())


def fan(axes: Axes, cell: xr.Dataset, name: str, colour: str, label: str) -> None:
    """P5-P95 and P25-P75 as bands, the median as a line, the central case dotted."""
    years = cell["year"].values
    stored = cell["quantile"].values
    values = cell[f"{name}_quantile"].transpose("quantile", "year").values

    def quantile(probability: float) -> np.ndarray:
        return values[int(np.abs(stored - probability).argmin())]

    for (low, high), alpha in _BANDS:
        axes.fill_between(
            years, quantile(low), quantile(high), color=colour, alpha=alpha, linewidth=0
        )
    axes.plot(years, quantile(0.5), color=colour, linewidth=1.6, label=label or "median")
    if f"{name}_central" in cell:
        axes.plot(years, cell[f"{name}_central"].values, ":", color=colour, linewidth=1.3)


def views(axes: Axes, cell: xr.Dataset) -> None:
    """Median of each view of a market, futures as points, and the share of draws at a hard limit.

    `cell` has one market and scenario.
    """
    years = cell["year"].values
    stored = cell["quantile"].values
    medians = cell["carbon_price_by_view_quantile"].isel(
        quantile=int(np.abs(stored - 0.5).argmin())
    )
    shares = cell["carbon_price_by_view_defined"].max("year")
    labels = [name for name in labels_of(cell, "view") if float(shares.sel(view=name)) > 0]
    if len(labels) > 1:
        lines = {name: medians.sel(view=name).values for name in labels}
        top = float(np.nanmax(cell["carbon_price_quantile"].isel(quantile=-2)))
        heights = _apart([float(line[-1]) for line in lines.values()], 0.06 * top)
        for place, ((name, line), height) in enumerate(zip(lines.items(), heights, strict=True)):
            colour = COLOURS[(place + 1) % len(COLOURS)]
            axes.plot(years, line, color=colour, linewidth=1.0, dashes=(4, 1.5))
            axes.annotate(
                f" {name.partition('.')[2]} {100 * float(shares.sel(view=name)):.0f}%",
                (years[-1], height), color=colour, fontsize=7, va="center", annotation_clip=False,
            )  # fmt: skip
    if "futures_price_central" in cell:
        known = cell["futures_price_central"].values
        axes.plot(years, known, "o", color="black", markersize=4, label="futures")
    if "at_price_limit_mean" in cell:
        limited = cell["at_price_limit_mean"].values
        if limited[-1] >= 0.005:
            axes.annotate(
                f"{100 * limited[-1]:.0f}% of draws at a hard limit in {years[-1]}", (0.02, 0.97),
                xycoords="axes fraction", fontsize=7, va="top",
            )  # fmt: skip


def _apart(values: list[float], gap: float) -> list[float]:
    """Heights of labels near their values, in the same order, no two closer than a gap."""
    order = sorted(range(len(values)), key=lambda place: values[place])
    found = list(values)
    for low, high in pairwise(order):
        found[high] = max(found[high], found[low] + gap)
    return found


def bars(axes: Axes, names: list[str], values: list[float]) -> None:
    """Floating bars from zero to the total, read from top to bottom."""
    ends = np.cumsum(values)
    starts = np.concatenate([[0.0], ends[:-1]])
    places = np.arange(len(values) + 1)
    colours = [VERMILLION if value > 0 else BLUE for value in values]
    axes.barh(places[:-1], values, left=starts, color=colours, height=0.7)
    axes.barh(places[-1], ends[-1], color="#444444", height=0.7)
    for place, (low, value) in enumerate(zip([*starts, 0.0], [*values, ends[-1]], strict=True)):
        text = f"{value:+,.0f}"
        if text not in ("+0", "-0"):
            axes.annotate(
                text, (max(low, low + value), place), xytext=(3, 0), textcoords="offset points",
                va="center", fontsize=8,
            )  # fmt: skip
    axes.set_yticks(places, [*(name.replace("_", " ") for name in names), "cost premium"])
    axes.axvline(0, color="black", linewidth=0.7)
    axes.grid(visible=False, axis="y")


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


def defined_routes(dataset: xr.Dataset, name: str) -> list[str]:
    """Routes with a value somewhere: the reference route has no premium over itself."""
    values = dataset[name].load()
    others = [dim for dim in values.dims if dim != "route"]
    defined = values.notnull().any(others).values
    return [route for route, keep in zip(labels_of(dataset, "route"), defined, strict=True) if keep]


def labels_of(dataset: xr.Dataset, dim: str) -> list[str]:
    """Labels along a dimension; none where the run has no such dimension."""
    if dim not in dataset.coords:
        return []
    return [str(name) for name in np.atleast_1d(dataset[dim].values).tolist()]


def destinations_of(dataset: xr.Dataset) -> list[str]:
    """Where the tonne is sold in a run."""
    return labels_of(dataset, "destination")


def scenario_text(dataset: xr.Dataset) -> str:
    """End of a title that names the one scenario shown."""
    return f", scenario {dataset['scenario'].item()}"


def _run(dataset: xr.Dataset, width: float, title: str) -> str:
    """Titles of the run and of the picture, in lines that fit a figure so many inches wide."""
    room = max(20, int(width * _LETTERS))
    both = (*str(dataset.attrs.get("title", "")).split("\n"), title)
    return "\n".join(line for one in both for line in textwrap.wrap(one, room))


def unit_of(dataset: xr.Dataset, name: str) -> str:
    """Unit of an array as an axis shows it, with the year of its money."""
    attrs = dataset[name].attrs
    unit = str(attrs["units"]).replace(" t-1", "/t")
    return f"{unit} (real, {attrs['price_year']})" if "price_year" in attrs else unit
