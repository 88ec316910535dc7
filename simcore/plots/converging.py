"""The picture of the sampling error: how it falls with the draws of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simcore.analysis.convergence import PROBABILITIES, convergence
from simcore.plots.amounts import amounts_of
from simcore.plots.choice import MOST, grid_of, known_labels, leading_route, year_of
from simcore.plots.kinds import CELL, Asked, picture
from simcore.plots.panels import BLUE, COLOURS
from simcore.plots.sheet import GREY, INK, Sheet, wrapped
from simcore.plots.words import also, called, left_out, product_of, standing

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAME: Final = "cost_premium"


@picture("converge", shows="sampling error of the cost premium against the number of draws",
         needs=[_NAME], each=CELL, usual=False)  # fmt: skip
def converge(dataset: xr.Dataset, asked: Asked) -> Figure | None:
    """Of the first region and the leading route, or of those that are asked for."""
    year = year_of(dataset, asked)
    there = dataset[f"{_NAME}_mean"].sel(year=year).to_dataset(name=_NAME)
    regions, ways = (known_labels(there, _NAME, dim) for dim in ("region", "route"))
    if not regions:
        return None
    if "region" not in asked.named:
        regions = regions[:1]
    if "route" not in asked.named:
        ways = [leading_route(dataset.sel(region=regions), f"{_NAME}_mean", year, ways)]
    cells = [(region, way) for region in regions for way in ways
             if np.isfinite(there[_NAME].sel(region=region, route=way))]  # fmt: skip
    if not cells:
        return None
    notes = [left_out(dataset, "route", list(dict.fromkeys(way for _, way in cells[MOST:])))]
    # Of some of the draws it is not known to which replicates they belong.
    whole = dataset.attrs.get("draws") == dataset.sizes["draw"]
    replicates = int(dataset.attrs.get("replicates", 1)) if whole else 1
    found = [
        convergence(dataset[_NAME].sel(region=region, route=way, year=year), replicates)
        for region, way in cells[:MOST]
    ]
    reaches = [one[name].values for one in found for name in ("mean_reach", "value_reach")]
    amounts = amounts_of(
        dataset[f"{_NAME}_mean"].attrs, np.concatenate([np.ravel(one) for one in reaches]),
        product=product_of(dataset),
    )  # fmt: skip
    rows, columns = grid_of(len(found))
    sheet = Sheet(rows, columns, (3.2 if len(found) > 1 else 5.5, 2.6 if rows > 1 else 3.4), "all")
    room = sheet.width / columns - 0.8
    for axes, (region, way), one in zip(sheet.used(len(found)), cells, found, strict=False):
        _errors(axes, one, amounts.factor)
        if len(found) > 1:
            title = f"{called(dataset, 'region', region)}, {called(dataset, 'route', way)}"
            axes.set_title(wrapped(title, room, 9.5), fontsize=9.5, loc="left", color=INK)
    for at, axes in enumerate(sheet.panels[: len(found)]):
        _axes(axes, found)
        if at % columns == 0:
            axes.set_ylabel(f"half of the 95 % interval, {amounts.unit}", fontsize=9, color=INK)
        axes.set_xlabel("draws" if at >= len(found) - columns else "", fontsize=9, color=INK)
    first = found[0]
    region, way = cells[0]
    reach = float(first["mean_reach"][-1])
    p95 = float(first["value_reach"].sel(quantile=PROBABILITIES[-1])[-1])
    place = f"{called(dataset, 'route', way)} in {called(dataset, 'region', region)}, {year}"
    tail = f"P95 to within {amounts.text(p95)}" if np.isfinite(p95) else "too few draws for P95"
    sheet.title = (
        f"{place}: {int(first['draws'][-1]):,} draws tell the mean to within "
        f"{amounts.text(reach, unit=True)}, {tail}"
    )
    design = f"{replicates} designs side by side" if replicates > 1 else "draws one by one"
    sheet.subtitle = standing(
        dataset, regions, what=f"Sampling error of the cost premium, {amounts.whole}; {design}"
    )
    _explain(sheet)
    sheet.notes = [*(note for note in notes if note), *also(dataset, asked)]
    return sheet.finished()


def _errors(axes: Axes, one: xr.Dataset, factor: float) -> None:
    draws = one["draws"].values
    for at, quantile in enumerate(PROBABILITIES):
        reach = one["value_reach"].sel(quantile=quantile).values * factor
        reach = np.where(np.isfinite(reach) & (reach > 0), reach, np.nan)
        axes.plot(draws, reach, "s^D"[at] + "-", color=COLOURS[1 + at], linewidth=1.2, markersize=4)
    mean = one["mean_reach"].values * factor
    mean = np.where(np.isfinite(mean) & (mean > 0), mean, np.nan)
    axes.plot(draws, mean, "o-", color=BLUE, linewidth=1.8, markersize=4.5)
    if np.isfinite(mean).any():
        start = int(np.flatnonzero(np.isfinite(mean))[-1])
        axes.plot(draws, mean[start] * np.sqrt(draws[start] / draws), color=GREY, linewidth=0.9,
                  linestyle=(0, (1, 2)))  # fmt: skip


def _axes(axes: Axes, found: list[xr.Dataset]) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

    axes.set_xscale("log")
    axes.set_yscale("log")
    sizes = found[0]["draws"].values.tolist()
    step = max(1, -(-len(sizes) // 6))
    shown = [*sizes[:-1][::step], sizes[-1]]
    if len(shown) > 2 and shown[-1] / shown[-2] < 1.6:
        shown.pop(-2)
    axes.xaxis.set_major_locator(FixedLocator(shown))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.4g}"))


def _explain(sheet: Sheet) -> None:
    from matplotlib.lines import Line2D

    sheet.legend(
        [
            Line2D([], [], color=BLUE, marker="o", markersize=4.5, linewidth=1.8),
            *(Line2D([], [], color=COLOURS[1 + at], marker="s^D"[at], markersize=4, linewidth=1.2)
              for at in range(len(PROBABILITIES))),
            Line2D([], [], color=GREY, linewidth=0.9, linestyle=(0, (1, 2))),
        ],
        ["mean", *(f"P{100 * one:g}" for one in PROBABILITIES),
         "half with four times the draws"],
    )  # fmt: skip
