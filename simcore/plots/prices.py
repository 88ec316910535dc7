"""The picture of carbon prices: a fan a market, with its views, futures and price limits."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from simcore.analysis.headline import OpenedRun
from simcore.analysis.views import deciding_markets
from simcore.plots.amounts import Amounts, amounts_of
from simcore.plots.choice import MOST, grid_of, year_of
from simcore.plots.kinds import Asked, picture
from simcore.plots.marks import amount_axis, fan, line, quantile_of, year_axis
from simcore.plots.panels import BLUE, COLOURS, labels_of
from simcore.plots.sheet import INK, Sheet, wrapped
from simcore.plots.words import also, called, left_out, standing

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAME = "carbon_price"
_SEEN = 0.05
"""Share of the draws at a limit from which on P95 or P5 may be that limit."""


@picture("prices", shows="carbon price of each market over the years, as a fan",
         needs=[f"{_NAME}_quantile"], each=("scenario",))  # fmt: skip
def prices(dataset: xr.Dataset, asked: Asked) -> Figure | None:
    """A panel a market; those whose views decide most come first."""
    found = deciding_markets(OpenedRun(dataset)) if "view" in dataset.dims else {}
    every = sorted(labels_of(dataset, "market"), key=lambda one: -found.get(one, 0))
    markets = every[:MOST]
    if not markets:
        return None
    rows, columns = grid_of(len(markets))
    sheet = Sheet(rows, columns, (3.2, 2.2 if rows > 1 else 2.9), "none")
    amounts = amounts_of(
        dataset[f"{_NAME}_quantile"].attrs, quantile_of(dataset.sel(market=markets), _NAME, 0.95),
        product="CO2",
    )  # fmt: skip
    viewed = f"{_NAME}_by_view_quantile" in dataset
    years, room = dataset["year"].values, sheet.width / columns - (1.7 if viewed else 0.8)
    notes = [left_out(dataset, "market", every[MOST:])]
    known = False
    for place, (axes, market) in enumerate(zip(sheet.used(len(markets)), markets, strict=True)):
        cell = dataset.sel(market=market)
        fan(axes, cell, _NAME, amounts, BLUE)
        if "futures_price_central" in cell and cell["futures_price_central"].notnull().any():
            axes.plot(years, cell["futures_price_central"].values * amounts.factor, "o",
                      color=INK, markersize=3.5, zorder=3)  # fmt: skip
            known = True
        year_axis(axes, years, room)
        if float(np.nanmin(cell[f"{_NAME}_quantile"].values, initial=0.0)) >= 0:
            axes.set_ylim(bottom=0)
        amount_axis(axes, amounts)
        _views(axes, cell, amounts)
        title = called(dataset, "market", market)
        axes.set_title(wrapped(title, room, 9.5), fontsize=9.5, loc="left", color=INK)
        if place % columns == 0:
            axes.set_ylabel(amounts.unit, fontsize=9, color=INK)
        notes += _at_limit(cell, years, title, amounts)
    first = dataset.sel(market=markets[0])
    year = asked.years[0] if asked.years else year_of(dataset, asked)
    low, middle, high = (
        float(quantile_of(first.sel(year=year), _NAME, one)) for one in (0.05, 0.5, 0.95)
    )
    sheet.title = (
        f"{called(dataset, 'market', markets[0])}: {amounts.text(middle, unit=True)} in {year} "
        f"(P5 {amounts.text(low)}, P95 {amounts.text(high)})"
    )
    sheet.subtitle = standing(dataset, what=f"Carbon price, {amounts.whole}")
    _explain(sheet, known)
    read = ["Dashed: median of each view of the market, with its share of the draws."] * viewed
    read += ["Each panel has its own scale."] * (len(markets) > 1)
    sheet.notes = [" ".join(read), *(one for one in notes if one), *also(dataset, asked)]
    return sheet.finished()


def _views(axes: Axes, cell: xr.Dataset, amounts: Amounts) -> None:
    """Median of each view of a market, named where its line ends."""
    name = f"{_NAME}_by_view"
    if f"{name}_quantile" not in cell or f"{name}_defined" not in cell:
        return
    shares = cell[f"{name}_defined"].max("year")
    labels = [one for one in labels_of(cell, "view") if float(shares.sel(view=one)) > 0]
    ends = quantile_of(cell, _NAME, 0.05), quantile_of(cell, _NAME, 0.95)
    if len(labels) < 2 or np.array_equal(*ends):
        return
    years = cell["year"].values
    lines = {one: quantile_of(cell.sel(view=one), name, 0.5) * amounts.factor for one in labels[:6]}
    low, high = axes.get_ylim()
    heights = spread([float(one[-1]) for one in lines.values()], 0.085 * (high - low))
    for at, ((label, middle), height) in enumerate(zip(lines.items(), heights, strict=True)):
        colour = COLOURS[1 + at % (len(COLOURS) - 1)]
        line(axes, years, middle, colour, linewidth=1.0, linestyle=(0, (4, 1.5)))
        axes.annotate(
            f"{label.rpartition('.')[2]} {100 * float(shares.sel(view=label)):.0f} %",
            (1.0, height), xycoords=("axes fraction", "data"), xytext=(3, 0),
            textcoords="offset points", color=colour, fontsize=7, va="center",
            annotation_clip=False,
        )  # fmt: skip


def spread(values: list[float], gap: float) -> list[float]:
    """Heights of labels near their values, in the same order, no two closer than a gap."""
    order = sorted(range(len(values)), key=lambda place: values[place])
    found = list(values)
    for low, high in pairwise(order):
        found[high] = max(found[high], found[low] + gap)
    return found


def _at_limit(cell: xr.Dataset, years: np.ndarray, market: str, amounts: Amounts) -> list[str]:
    """From which year on the band ends at a limit of the price."""
    if "at_price_limit_mean" not in cell:
        return []
    shares = cell["at_price_limit_mean"].values
    high = quantile_of(cell, _NAME, 0.95)
    seen = np.flatnonzero(shares >= _SEEN)
    if not len(seen):
        return []
    last = seen[-1]
    return [
        f"{market}: {100 * shares[last]:.0f} % of the draws stand at a limit of the price in "
        f"{years[last]}, so its band may end there ({amounts.text(high[last], unit=True)}); "
        f"since {years[seen[0]]}."
    ]


def _explain(sheet: Sheet, known: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Line2D([], [], color=BLUE, linewidth=1.8), Patch(color=BLUE, alpha=0.43, lw=0),
        Patch(color=BLUE, alpha=0.16, lw=0),
    ]  # fmt: skip
    labels = ["median", "P25 to P75", "P5 to P95"]
    if known:
        handles.append(Line2D([], [], color=INK, marker="o", linestyle="none", markersize=3.5))
        labels.append("futures")
    sheet.legend(handles, labels)
