"""The picture of one year: what every route costs more, median and whiskers, a panel a region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simcore.plots.amounts import Amounts, amounts_of
from simcore.plots.choice import BOUGHT, MOST, beside_buyer, grid_of, known_labels, year_of
from simcore.plots.kinds import Asked, picture
from simcore.plots.marks import amount_axis, empty, quantile_of, zero
from simcore.plots.panels import COLOURS, different_scenarios
from simcore.plots.sheet import GREY, INK, Sheet, names_room, wrapped
from simcore.plots.words import also, called, left_out, listed, product_of, standing, within

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAME: Final = "cost_premium"
_BEFORE: Final = "cost_premium_ex_carbon"
_SCENARIOS: Final = 4
"""Scenarios that stand beside each other in one panel."""
_ROUTES: Final = 24


@picture("routes", shows="cost premium of every route and region in a year, or a buyer's: "
         "median and whiskers",
         needs=[(f"{_NAME}_quantile", f"{_BEFORE}_quantile", f"{BOUGHT}_quantile")],
         each=("sector", "destination"))  # fmt: skip
def routes(dataset: xr.Dataset, asked: Asked) -> Figure | None:
    """One panel a region and year; scenarios that differ stand beside each other."""
    dataset, buyers = beside_buyer(dataset)
    name = _NAME if f"{_NAME}_quantile" in dataset else _BEFORE
    if buyers:
        name = BOUGHT
    if f"{name}_quantile" not in dataset:
        return None
    years = asked.years or (year_of(dataset, asked),)
    whole = dataset.sel(year=list(years))
    regions = known_labels(whole, f"{name}_mean", "region")
    ways = known_labels(whole, f"{name}_mean", "route")
    if not regions:
        return None
    most = max(1, MOST // len(years))
    notes = [
        left_out(dataset, "region", regions[most:]),
        left_out(dataset, "route", ways[_ROUTES:]),
    ]
    regions, years = regions[:most], years[:MOST]
    scenarios = different_scenarios(whole, f"{name}_quantile") if "scenario" in whole.dims else {}
    names = list(scenarios)[:_SCENARIOS] or [""]
    if len(scenarios) > len(names):
        notes.append(left_out(dataset, "scenario", list(scenarios)[len(names) :]))
    part = whole.sel(region=regions, route=ways[:_ROUTES])
    amounts = amounts_of(
        dataset[f"{name}_quantile"].attrs,
        [quantile_of(part, name, one) for one in (0.05, 0.95)],
        product=product_of(dataset),
    )
    ways = _sorted(part, name, ways[:_ROUTES])
    panels = [(region, year) for region in regions for year in years]
    rows, columns = grid_of(len(panels), most=3) if len(years) == 1 else (len(regions), len(years))
    texts = [called(dataset, "route", one) for one in ways]
    beside = names_room(texts, 8.5)
    texts = [wrapped(one, beside, 8.5) for one in texts]
    lines = max(text.count("\n") + 1 for text in texts)
    row = max(0.21 + 0.1 * (len(names) - 1), 0.07 + 0.145 * lines)
    sheet = Sheet(rows, columns, (2.6, 0.62 + row * max(2, len(ways))), "all")
    sheet.width += beside - 0.4
    for place, (axes, (region, year)) in enumerate(
        zip(sheet.used(len(panels)), panels, strict=True)
    ):
        cell = part.sel(region=region, year=year)
        for at, scenario in enumerate(names):
            one = cell.sel(scenario=scenario) if scenario else cell
            shift = (at - (len(names) - 1) / 2) * 0.72 / max(1, len(names))
            _whiskers(axes, one, name, ways, amounts, COLOURS[at], shift)
        zero(axes, along="x")
        axes.set_yticks(range(len(ways)), texts, fontsize=8.5)
        axes.set_ylim(len(ways) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        amount_axis(axes, amounts, along="x", bins=4)
        if place >= len(panels) - columns:
            axes.set_xlabel(amounts.unit, fontsize=9, color=INK)
        title = called(dataset, "region", region) + (f", {year}" if len(years) > 1 else "")
        axes.set_title(wrapped(title, 2.3, 9.5), fontsize=9.5, loc="left", color=INK)
    first = part.sel(scenario=names[0]) if names[0] else part
    sheet.title = _finding(dataset, first, name, years[0], amounts)
    carbon = f"Costs more, {'carbon included' if name == _NAME else 'before carbon'},"
    if buyers:
        carbon = f"Costs the buyer more, delivered, than {called(dataset, 'against', buyers)},"
    sheet.subtitle = standing(
        first,
        () if buyers else regions,
        what=f"{carbon} {', '.join(map(str, years))}, {amounts.whole}",
        several=len(names) > 1,
        is_sold=not buyers,
    )
    late = [one for one in known_labels(dataset, f"{name}_mean", "route") if one not in ways]
    if late and len(ways) < _ROUTES:
        told = listed(dataset, "route", late)
        notes.append(f"No value in {', '.join(map(str, years))}: {told} (later, or no longer).")
    if len(names) > 1:
        notes.append(f"The title is of scenario {called(dataset, 'scenario', names[0])}.")
    _explain(sheet, dataset, {one: scenarios.get(one, one) for one in names},
             name == _NAME and f"{_BEFORE}_quantile" in dataset)  # fmt: skip
    sheet.notes += [*(note for note in notes if note), *also(dataset, asked)]
    return sheet.finished()


def _sorted(part: xr.Dataset, name: str, ways: list[str]) -> list[str]:
    """The cheapest on top, by the median region."""
    middle = part[f"{name}_quantile"].sel(quantile=0.5)
    others = [dim for dim in middle.dims if dim != "route"]
    order = np.argsort(middle.median(others, skipna=True).values, kind="stable")
    return [ways[place] for place in order]


def _whiskers(
    axes: Axes, cell: xr.Dataset, name: str, ways: list[str], amounts: Amounts, colour: str,
    shift: float,
) -> None:  # fmt: skip
    own = cell.sel(route=ways)
    low, early, middle, late, high = (
        quantile_of(own, name, one) * amounts.factor for one in (0.05, 0.25, 0.5, 0.75, 0.95)
    )
    if not np.isfinite(middle).any():
        empty(axes)
        return
    heights = np.arange(len(ways)) + shift
    axes.hlines(heights, low, high, color=colour, linewidth=1.1)
    axes.hlines(heights, early, late, color=colour, linewidth=3.6, alpha=0.55)
    if name == _NAME and f"{_BEFORE}_quantile" in own:
        before = quantile_of(own, _BEFORE, 0.5) * amounts.factor
        axes.plot(before, heights, "D", color="white", markeredgecolor=GREY, markersize=3.6,
                  markeredgewidth=0.9)  # fmt: skip
    axes.plot(middle, heights, "o", color=colour, markersize=5, markeredgecolor="white",
              markeredgewidth=0.7, zorder=4)  # fmt: skip


def _finding(dataset: xr.Dataset, part: xr.Dataset, name: str, year: int, amounts: Amounts) -> str:
    """The cheapest cell, and how many cost less than their reference."""
    own = part.sel(year=year)
    middle = own[f"{name}_quantile"].sel(quantile=0.5).transpose("region", "route")
    values = middle.values
    if not np.isfinite(values).any():
        return f"No route has a value in {year}"
    row, column = np.unravel_index(np.nanargmin(values), values.shape)
    region, route = (
        str(middle[dim].values[at]) for dim, at in (("region", row), ("route", column))
    )
    cell = own.sel(region=region, route=route)
    low, best, high = (float(quantile_of(cell, name, one)) for one in (0.05, 0.5, 0.95))
    place = f"{called(dataset, 'route', route)} in {within(dataset, region)}"
    side = "more" if best >= 0 else "less"
    span = (
        f"{amounts.text(abs(best), unit=True)} {side} ({amounts.text(low)} to {amounts.text(high)})"
    )
    count = int(np.isfinite(values).sum())
    if count == 1:
        return f"{place} costs {span} in {year}"
    cheaper = int((values < 0).sum())
    number = "none" if not cheaper else str(cheaper)
    verb = "costs" if cheaper <= 1 else "cost"
    return f"In {year} {number} of {count} options {verb} less; cheapest is {place}: {span}"


def _explain(sheet: Sheet, dataset: xr.Dataset, scenarios: dict[str, str], before: bool) -> None:
    from matplotlib.lines import Line2D

    several = len(scenarios) > 1
    handles = [
        Line2D([], [], color=COLOURS[at], marker="o", markersize=5, linewidth=1.1)
        for at in range(len(scenarios))
    ]
    labels = ["median, P25 to P75 (thick), P5 to P95 (thin)"]
    if several:
        labels = [
            " = ".join(called(dataset, "scenario", part) for part in label.split(" = "))
            for label in scenarios.values()
        ]
        sheet.notes = ["Dot: median. Thick: P25 to P75. Thin: P5 to P95."]
    if before:
        handles.append(Line2D([], [], color="white", marker="D", markeredgecolor=GREY,
                              markersize=4, linestyle="none"))  # fmt: skip
        labels.append("median before carbon")
    sheet.legend(handles, labels)
