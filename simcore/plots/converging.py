"""The picture of the sampling error: how it falls with the draws of a run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.converge import Convergence, of_run
from simcore.analysis.targets import Target
from simcore.plots.amounts import amounts_of
from simcore.plots.choice import MOST, grid_of, known_labels, leading_route, year_of
from simcore.plots.kinds import CELL, Asked, picture
from simcore.plots.panels import COLOURS, MARKERS
from simcore.plots.sheet import GREY, INK, Sheet, wrapped
from simcore.plots.words import also, called, left_out, product_of, standing

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAME: Final = "cost_premium"
_SHOWN: Final = ("mean", "p5", "p50", "p95")
_FEWEST: Final = 512
"""Draws of which an error can be told to fall."""


@picture("converge", shows="sampling error of the cost premium against the number of draws",
         needs=[_NAME], each=CELL, usual=False)  # fmt: skip
def converge(dataset: xr.Dataset, asked: Asked) -> Figure | None:
    """Of the first region and the leading route, or of those that are asked for."""
    year = year_of(dataset, asked)
    there = dataset[f"{_NAME}_mean"].sel(year=year).to_dataset(name=_NAME)
    regions, ways = (known_labels(there, _NAME, dim) for dim in ("region", "route"))
    if not regions or dataset.sizes["draw"] < _FEWEST:
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
    found = [
        [_course(dataset, {"region": region, "route": way, "year": year}, one) for one in _SHOWN]
        for region, way in cells[:MOST]
    ]
    reaches = [step.half_width for each in found for one in each for step in one.courses[0].steps]
    amounts = amounts_of(dataset[f"{_NAME}_mean"].attrs, reaches, product=product_of(dataset))
    rows, columns = grid_of(len(found))
    sheet = Sheet(rows, columns, (3.2 if len(found) > 1 else 5.5, 2.6 if rows > 1 else 3.4), "all")
    room = sheet.width / columns - 0.8
    for axes, (region, way), one in zip(sheet.used(len(found)), cells, found, strict=False):
        _errors(axes, one, amounts.factor)
        if len(found) > 1:
            title = f"{called(dataset, 'region', region)}, {called(dataset, 'route', way)}"
            axes.set_title(wrapped(title, room, 9.5), fontsize=9.5, loc="left", color=INK)
    for at, axes in enumerate(sheet.panels[: len(found)]):
        _axes(axes, found[0])
        if at % columns == 0:
            axes.set_ylabel(f"half of the 95 % interval, {amounts.unit}", fontsize=9, color=INK)
        axes.set_xlabel("draws" if at >= len(found) - columns else "", fontsize=9, color=INK)
    course = found[0][0].courses[0]
    reach, tail = (one.courses[0].steps[-1].half_width for one in (found[0][0], found[0][-1]))
    region, way = cells[0]
    place = f"{called(dataset, 'route', way)} in {called(dataset, 'region', region)}, {year}"
    far = f"P95 to within {amounts.text(tail)}" if math.isfinite(tail) else "too few draws for P95"
    sheet.title = (
        f"{place}: {course.steps[-1].draws:,} draws tell the mean to within "
        f"{amounts.text(reach, unit=True)}, {far}"
    )
    design = course.design.replace("_", " ")
    if course.replicates > 1:
        design += f" design, {course.replicates} replicates"
    sheet.subtitle = standing(
        dataset, [region for region, _ in cells],
        what=f"Sampling error of the cost premium, {amounts.whole}; {design}",
    )  # fmt: skip
    doubts = dict.fromkeys(step.doubt for step in course.steps if step.doubt)
    notes += [f"Not to be trusted, and not drawn: {one}." for one in doubts]
    _explain(sheet)
    sheet.notes = [*(note for note in notes if note), *also(dataset, asked)]
    return sheet.finished()


def _course(dataset: xr.Dataset, place: dict[str, Any], statistic: str) -> Convergence:
    values = dataset[_NAME].sel(place).values.astype(float)
    target = Target(_NAME, "", "", "number", place, values, (place["year"],))
    return of_run(dataset, target, statistic)


def _errors(axes: Axes, each: list[Convergence], factor: float) -> None:
    for at, one in enumerate(each):
        sure = [
            step for step in one.courses[0].steps
            if not step.doubt and 0 < step.half_width < math.inf
        ]  # fmt: skip
        draws = np.array([step.draws for step in sure])
        reach = np.array([step.half_width for step in sure]) * factor
        axes.plot(draws, reach, f"{MARKERS[at]}-", color=COLOURS[at], markersize=4.5,
                  linewidth=1.8 - 0.6 * (at > 0), zorder=3 - at)  # fmt: skip
        if at == 0 and sure:
            axes.plot(draws, reach[-1] * np.sqrt(draws[-1] / draws), color=GREY, linewidth=0.9,
                      linestyle=(0, (1, 2)))  # fmt: skip


def _axes(axes: Axes, each: list[Convergence]) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

    axes.set_xscale("log")
    axes.set_yscale("log")
    sizes = [step.draws for step in each[0].courses[0].steps]
    step = max(1, -(-len(sizes) // 6))
    shown = [*sizes[:-1][::step], sizes[-1]]
    if len(shown) > 2 and shown[-1] / shown[-2] < 1.6:
        shown.pop(-2)
    axes.xaxis.set_major_locator(FixedLocator(shown))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    low, high = axes.get_ylim()
    wide = low > 0 and high / low > 8
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)) if wide else MaxNLocator(nbins=6))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.6g}"))


def _explain(sheet: Sheet) -> None:
    from matplotlib.lines import Line2D

    sheet.legend(
        [
            *(Line2D([], [], color=COLOURS[at], marker=MARKERS[at], markersize=4.5,
                     linewidth=1.8 - 0.6 * (at > 0)) for at in range(len(_SHOWN))),
            Line2D([], [], color=GREY, linewidth=0.9, linestyle=(0, (1, 2))),
        ],
        [*(one.upper() if one[1:].isdecimal() else one for one in _SHOWN),
         "half with four times the draws"],
    )  # fmt: skip
