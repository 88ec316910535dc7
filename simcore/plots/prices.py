"""The picture of carbon prices: a fan a market, with its views, futures and price limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simcore.analysis.headline import OpenedRun
from simcore.analysis.views import deciding_markets
from simcore.plots.amounts import Amounts, amounts_of
from simcore.plots.choice import MOST, grid_of
from simcore.plots.kinds import Asked, picture
from simcore.plots.marks import amount_axis, fan, line, quantile_of, year_axis
from simcore.plots.panels import BLUE, COLOURS, different_scenarios, labels_of
from simcore.plots.sheet import INK, Sheet, wrapped
from simcore.plots.words import called, left_out, standing

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAME = "carbon_price"
_SEEN = 0.005
"""Share of the draws at a limit from which on it is worth a note."""


@picture("prices", shows="carbon price of each market over the years, as a fan",
         needs=["carbon_price_quantile"])  # fmt: skip
def prices(dataset: xr.Dataset, asked: Asked) -> Figure | None:
    """The markets that decide most come first; scenarios whose prices differ have panels each."""
    found = deciding_markets(OpenedRun(dataset))
    markets = sorted(labels_of(dataset, "market"), key=lambda one: -found.get(one, 0))
    if not markets:
        return None
    scenarios = different_scenarios(dataset, f"{_NAME}_quantile")
    cases = [(market, one) for market in markets for one in scenarios]
    shown = cases[:MOST]
    notes = [left_out(dataset, "market", list(dict.fromkeys(m for m, _ in cases[MOST:])))]
    several = len(scenarios) > 1
    matrix = several and len(markets) > 1
    rows, columns = grid_of(len(shown), most=3)
    if matrix:
        columns = min(4, len(scenarios))
        rows = -(-len(shown) // columns)
    sheet = Sheet(rows, columns, (3.1, 2.2 if rows > 1 else 2.9), "row" if matrix else "none")
    top = quantile_of(dataset.sel(market=markets), _NAME, 0.95)
    amounts = amounts_of(dataset[f"{_NAME}_quantile"].attrs, top, product="CO2")
    years, room = dataset["year"].values, sheet.width / columns - 0.8
    limits, viewed, known = list[str](), False, False
    for place, (axes, (market, scenario)) in enumerate(zip(sheet.used(len(shown)), shown, strict=True)):
        cell = dataset.sel(market=market, scenario=scenario)
        viewed |= _views(axes, cell, amounts)
        fan(axes, cell, _NAME, amounts, BLUE)
        if "futures_price_central" in cell and np.isfinite(cell["futures_price_central"]).any():
            axes.plot(years, cell["futures_price_central"].values * amounts.factor, "o",
                      color=INK, markersize=3.5, zorder=3)  # fmt: skip
            known = True
        year_axis(axes, years, room)
        if float(np.nanmin(cell[f"{_NAME}_quantile"].values, initial=0.0)) >= 0:
            axes.set_ylim(bottom=0)
        amount_axis(axes, amounts)
        axes.tick_params(labelbottom=True)
        title = called(dataset, "market", market)
        if several:
            named = (called(dataset, "scenario", part) for part in scenarios[scenario].split(" = "))
            title += f", {' = '.join(named)}"
        axes.set_title(wrapped(title, room, 9.5), fontsize=9.5, loc="left", color=INK)
        if place % columns == 0:
            axes.set_ylabel(amounts.unit, fontsize=9, color=INK)
        limits += _at_limit(cell, years, title, amounts)
    first = dataset.sel(market=shown[0][0], scenario=shown[0][1])
    year = asked.years[0] if asked.years else int(years[-1])
    low, middle, high = (
        float(quantile_of(first.sel(year=year), _NAME, one)) for one in (0.05, 0.5, 0.95)
    )
    sheet.title = (
        f"{called(dataset, 'market', shown[0][0])}: {amounts.text(middle, unit=True)} of CO2 in {year} "
        f"(P5 {amounts.text(low)}, P95 {amounts.text(high)})"
    )
    whole = f"Carbon price, {amounts.whole.replace(' per t of', ' per t of')}"
    sheet.subtitle = standing(first if not several else dataset, what=whole)
    _explain(sheet, viewed, known)
    own = "" if matrix else "Each panel has its own scale."
    sheet.notes = [note for note in (*notes, *limits[:4], own) if note]
    return sheet.finished()


def _views(axes: Axes, cell: xr.Dataset, amounts: Amounts) -> bool:
    """Median of each view of a market, named where its line ends."""
    name = f"{_NAME}_by_view"
    if f"{name}_quantile" not in cell or f"{name}_defined" not in cell:
        return False
    shares = cell[f"{name}_defined"].max("year")
    labels = [one for one in labels_of(cell, "view") if float(shares.sel(view=one)) > 0]
    ends = quantile_of(cell, _NAME, 0.05), quantile_of(cell, _NAME, 0.95)
    if len(labels) < 2 or np.array_equal(*ends):
        return False
    for at, label in enumerate(labels[:6]):
        middle = quantile_of(cell.sel(view=label), name, 0.5) * amounts.factor
        line(axes, cell["year"].values, middle, COLOURS[1 + at % (len(COLOURS) - 1)],
             linewidth=1.0, linestyle=(0, (4, 1.5)),
             label=f"view {label.rpartition('.')[2]}, median")  # fmt: skip
    return True


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
    text = f"{market}: {100 * shares[last]:.0f} % of the draws stand at a price limit in {years[last]}"
    # P95 is the limit where a twentieth of the draws is there.
    flat = [at for at in seen if shares[at] >= 0.05]
    if flat:
        text += (
            f"; from {years[flat[0]]} on that may be where the band ends "
            f"({amounts.text(high[flat[-1]], unit=True)} in {years[flat[-1]]})"
        )
    return [f"{text}."]


def _explain(sheet: Sheet, viewed: bool, known: bool) -> None:
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
    if viewed:
        lines = {
            str(one.get_label()): one for axes in sheet.panels for one in axes.get_lines()
            if str(one.get_label()).startswith("view ")
        }  # fmt: skip
        handles += lines.values()
        labels += lines
    sheet.legend(handles, labels)
