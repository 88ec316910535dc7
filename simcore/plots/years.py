"""Pictures over the years, a panel a region and route: cost against value, premium, crossing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from simcore.plots.amounts import Amounts, amounts_of
from simcore.plots.choice import Cells, cells_of, grid_of, known_labels, leading_route, year_of
from simcore.plots.kinds import CELL, Asked, picture
from simcore.plots.marks import (
    PALE,
    amount_axis,
    band,
    crossed,
    empty,
    fan,
    first_above,
    line,
    quantile_of,
    year_axis,
    zero,
)  # fmt: skip
from simcore.plots.panels import BLUE, COLOURS, MARKERS, VERMILLION
from simcore.plots.sheet import INK, Sheet, wrapped
from simcore.plots.words import also, called, left_out, product_of, standing, within

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COST = "cost_premium_ex_carbon"
_VALUE = "carbon_value"
_LINES = 8
"""Routes that one panel can tell apart."""


def _matrix(
    dataset: xr.Dataset, cells: Cells, amounts: Amounts, draw: Callable[[Axes, xr.Dataset], None],
    name: str,
) -> Sheet:  # fmt: skip
    """Regions in rows, routes in columns; of one region or one route a grid of the others."""
    pairs = [(region, route) for region in cells.regions for route in cells.routes]
    matrix = len(cells.regions) > 1 and len(cells.routes) > 1
    rows, columns = (len(cells.regions), len(cells.routes)) if matrix else grid_of(len(pairs))
    width = 2.55 if columns > 2 else 3.3
    sheet = Sheet(rows, columns, (width, 2.0 if rows > 1 else 2.7), "row" if matrix else "all")
    years = dataset["year"].values
    panels = sheet.used(len(pairs))
    room = sheet.width / columns - 0.8
    for place, (axes, (region, route)) in enumerate(zip(panels, pairs, strict=True)):
        cell = dataset.sel(region=region, route=route)
        year_axis(axes, years, room)
        if np.isfinite(cell[name].values).any():
            draw(axes, cell)
        else:
            empty(axes)
        zero(axes)
        amount_axis(axes, amounts)
        titles = {
            "region": called(dataset, "region", region),
            "route": called(dataset, "route", route),
        }
        if not matrix:
            shown = [titles["route"]] if len(cells.regions) == 1 else [titles["region"]]
            axes.set_title(wrapped(shown[0], room, 9.5), fontsize=9.5, loc="left", color=INK)
        elif place < columns:
            axes.set_title(wrapped(titles["route"], room, 9.5), fontsize=9.5, loc="left",
                           color=INK)  # fmt: skip
        if place % columns == 0:
            named = f"{wrapped(titles['region'], 1.7, 9.5, bold=True)}\n" if matrix else ""
            axes.set_ylabel(f"{named}{amounts.unit}", fontsize=9, color=INK)
    return sheet


def _told(dataset: xr.Dataset, cells: Cells, name: str, year: int) -> tuple[xr.Dataset, str]:
    """The cell that a title tells of, and its name: the first region, the leading route there."""
    for region in cells.regions:
        own = dataset.sel(region=region)
        known = [
            route for route in cells.routes
            if np.isfinite(own[f"{name}_mean"].sel(route=route, year=year).values).all()
        ]  # fmt: skip
        if known:
            route = leading_route(own, f"{name}_mean", year, known)
            place = f"{called(dataset, 'route', route)} in {within(dataset, region)}"
            return own.sel(route=route), place
    return dataset.sel(region=cells.regions[0], route=cells.routes[0]), ""


def _more(amounts: Amounts, value: float) -> str:
    """An amount in words: more or less than the reference."""
    side = "more" if value >= 0 else "less"
    return f"{amounts.text(abs(value), unit=True)} {side}"


@picture(
    "value", shows="what it costs more before carbon against what avoided carbon is worth, by year",
    needs=[f"{_COST}_quantile", f"{_VALUE}_quantile"], each=CELL,
)  # fmt: skip
def value(dataset: xr.Dataset, asked: Asked) -> Figure | None:
    """A deal closes where the value is above the cost."""
    cells = cells_of(dataset, f"{_COST}_mean")
    if not cells.regions:
        return None
    part = dataset.sel(region=cells.regions, route=cells.routes)
    ends = [np.ravel(quantile_of(part, one, p)) for one in (_COST, _VALUE) for p in (0.05, 0.95)]
    amounts = amounts_of(
        dataset[f"{_COST}_quantile"].attrs, np.concatenate(ends), product=product_of(dataset)
    )
    years = dataset["year"].values

    def draw(axes: Axes, cell: xr.Dataset) -> None:
        low, middle, high = (
            quantile_of(cell, _VALUE, one) * amounts.factor for one in (0.05, 0.5, 0.95)
        )
        band(axes, years, low, high, BLUE, PALE + 0.04)
        line(axes, years, middle, BLUE)
        cost = quantile_of(cell, _COST, 0.5) * amounts.factor
        for one in (0.05, 0.95):
            line(axes, years, quantile_of(cell, _COST, one) * amounts.factor, VERMILLION,
                 linewidth=0.9, linestyle=(0, (4, 2)))  # fmt: skip
        line(axes, years, cost, VERMILLION)
        if (at := first_above(years, middle - cost)) is not None:
            crossed(axes, at, float(np.interp(at[1], years, middle)))

    sheet = _matrix(part, cells, amounts, draw, f"{_COST}_mean")
    year = year_of(dataset, asked)
    cell, place = _told(part, cells, _COST, year)
    if place:
        cost, paid = (float(quantile_of(cell.sel(year=year), one, 0.5)) for one in (_COST, _VALUE))
        sheet.title = (
            f"{place} costs {_more(amounts, cost)} in {year}; carbon "
            f"{'pays' if paid >= 0 else 'costs another'} {amounts.text(abs(paid))}"
        )
    else:
        sheet.title = "What it costs more before carbon, and what the avoided carbon is worth"
    sheet.subtitle = standing(dataset, cells.regions, what=amounts.whole)
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    sheet.legend(
        [
            Line2D([], [], color=VERMILLION, linewidth=1.8),
            Line2D([], [], color=VERMILLION, linewidth=0.9, linestyle=(0, (4, 2))),
            Line2D([], [], color=BLUE, linewidth=1.8), Patch(color=BLUE, alpha=PALE + 0.04, lw=0),
            Line2D([], [], color=INK, marker="o", linestyle="none", markersize=5),
        ],
        ["costs more before carbon, median", "its P5 and P95", "carbon value, median",
         "its P5 to P95", "median value covers median cost"],
    )  # fmt: skip
    sheet.notes = [*cells.notes, *also(dataset, asked)]
    return sheet.finished()


@picture("premium", shows="cost premium, carbon included, by year, as a fan",
         needs=["cost_premium_quantile"], each=CELL,
         usual=lambda run: f"{_COST}_quantile" not in run)  # fmt: skip
def premium(dataset: xr.Dataset, asked: Asked) -> Figure | None:
    """Below zero the low-carbon tonne is cheaper."""
    cells = cells_of(dataset, "cost_premium_mean")
    if not cells.regions:
        return None
    part = dataset.sel(region=cells.regions, route=cells.routes)
    amounts = amounts_of(
        dataset["cost_premium_quantile"].attrs,
        [quantile_of(part, "cost_premium", one) for one in (0.05, 0.95)],
        product=product_of(dataset),
    )
    years = dataset["year"].values

    def draw(axes: Axes, cell: xr.Dataset) -> None:
        fan(axes, cell, "cost_premium", amounts, BLUE)
        middle = quantile_of(cell, "cost_premium", 0.5)
        if (at := first_above(years, -middle)) is not None:
            crossed(axes, at, 0.0)

    sheet = _matrix(part, cells, amounts, draw, "cost_premium_mean")
    year = year_of(dataset, asked)
    cell, place = _told(part, cells, "cost_premium", year)
    sheet.title = "Cost premium, carbon included"
    if place:
        low, middle, high = (
            float(quantile_of(cell.sel(year=year), "cost_premium", one))
            for one in (0.05, 0.5, 0.95)
        )
        sheet.title = (
            f"{place} costs {_more(amounts, middle)} in {year}, carbon included "
            f"({amounts.text(low)} to {amounts.text(high)})"
        )
    sheet.subtitle = standing(dataset, cells.regions, what=amounts.whole)
    sheet.legend(*_fan_legend(BLUE, "median falls below zero: cheaper"))
    sheet.notes = [*cells.notes, *also(dataset, asked)]
    return sheet.finished()


def _fan_legend(colour: str, crossing: str = "") -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Line2D([], [], color=colour, linewidth=1.8), Patch(color=colour, alpha=0.43, lw=0),
        Patch(color=colour, alpha=PALE, lw=0),
    ]  # fmt: skip
    labels = ["median", "P25 to P75", "P5 to P95"]
    if crossing:
        handles.append(Line2D([], [], color=INK, marker="o", linestyle="none", markersize=5))
        labels.append(crossing)
    return handles, labels


@picture("crossing", shows="probability by year that the low-carbon tonne is cheaper",
         needs=["green_is_cheaper_mean"], each=CELL)  # fmt: skip
def crossing(dataset: xr.Dataset, asked: Asked) -> Figure | None:
    """Carbon included, a line a route, a panel a region."""
    name = "green_is_cheaper_mean"
    routes = known_labels(dataset, name, "route")
    regions = known_labels(dataset, name, "region")
    if not regions:
        return None
    notes = [left_out(dataset, "route", routes[_LINES:]), left_out(dataset, "region", regions[12:])]
    routes, regions = routes[:_LINES], regions[:12]
    rows, columns = grid_of(len(regions))
    sheet = Sheet(rows, columns, (3.1, 2.3 if rows > 1 else 2.9), "all")
    years, found = dataset["year"].values, []
    room, apart = sheet.width / columns - 0.8, max(1, len(years) // 25)
    for place, (axes, region) in enumerate(zip(sheet.used(len(regions)), regions, strict=True)):
        axes.axhline(50, color=INK, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1.5)
        for at, route in enumerate(routes):
            chance = 100 * dataset[name].sel(region=region, route=route).values
            if not np.isfinite(chance).any():
                continue
            line(
                axes, years, chance, COLOURS[at], linewidth=1.5, marker=MARKERS[at], markersize=4,
                # Marks at different years, so that lines on each other stay readable.
                markevery=(at % 5 * apart, 5 * apart),
            )  # fmt: skip
            likely = years[chance > 50]
            if len(likely):
                found.append((int(likely[0]), f"{called(dataset, 'route', route)} in "
                              f"{within(dataset, region)}"))  # fmt: skip
        year_axis(axes, years, room)
        axes.set_ylim(-3, 103)
        axes.set_yticks([0, 25, 50, 75, 100])
        title = wrapped(called(dataset, "region", region), room, 9.5)
        axes.set_title(title, fontsize=9.5, loc="left", color=INK)
        if place % columns == 0:
            axes.set_ylabel("% of the draws", fontsize=9, color=INK)
    cells = int(dataset[name].sel(region=regions, route=routes).notnull().any("year").sum())
    sheet.title = f"Up to {years[-1]} no option is likelier cheaper than not"
    if found:
        first = min(found)
        sheet.title = (
            f"By {years[-1]} {len(found)} of {cells} options are likelier cheaper than not; "
            f"the first is {first[1]} ({first[0]})"
        )
    sheet.subtitle = standing(
        dataset, regions, what="Probability that the low-carbon tonne costs less, carbon included"
    )
    from matplotlib.lines import Line2D

    sheet.legend(
        [
            *(Line2D([], [], color=COLOURS[at], marker=MARKERS[at], markersize=4, linewidth=1.5)
              for at in range(len(routes))),
            Line2D([], [], color=INK, linewidth=0.9, linestyle=(0, (1, 2))),
        ],
        [*(called(dataset, "route", route) for route in routes), "as likely as not"],
    )  # fmt: skip
    sheet.notes = [*(note for note in notes if note), *also(dataset, asked)]
    return sheet.finished()
