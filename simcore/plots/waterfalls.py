"""The waterfall: from what a tonne of the reference costs to what one of a route costs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Final

import numpy as np

from simcore.plots.amounts import Amounts, amounts_of
from simcore.plots.choice import MOST, grid_of, known_labels, leading_route, year_of
from simcore.plots.kinds import CELL, Asked, picture
from simcore.plots.marks import amount_axis, empty
from simcore.plots.panels import BLUE, VERMILLION, labels_of
from simcore.plots.sheet import GREY, INK, Sheet, names_room, wrapped
from simcore.plots.words import (
    also,
    called,
    left_out,
    product_of,
    reference_in,
    standing,
    within,
    word_of,
)

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAME: Final = "waterfall_central"
_TOTAL: Final = "total_of_parts"
_FIRST: Final = ("capex", "fixed_opex", "other_opex")
_LAST: Final = ("home_carbon", "cbam", "compensation", "support")


_SMALL: Final = 0.03
"""Share of the longest bar below which a part is shown with the others of its group."""
_REST: Final = "other"
_UNKNOWN: Final = (
    "It starts at the reference, whose cost needs levelised_cost and carbon_cost among outcomes, "
    "and its route among routes."
)
_ROW: Final = 0.2


@dataclass(frozen=True)
class _Fall:
    """A waterfall: where it starts and ends, and its parts in the order of the picture."""

    start: float
    end: float
    parts: dict[str, float]


@picture("waterfall", shows="from the reference's cost to the route's, part by part, central case",
         needs=[_NAME], each=CELL)  # fmt: skip
def waterfall(dataset: xr.Dataset, asked: Asked) -> Figure | None:
    """A panel a region, of the leading route or those asked for, in one year."""
    year = year_of(dataset, asked)
    # The parts of a route that is not there yet are zero, and its premium has no value.
    total = dataset[_NAME].sum("component", skipna=False)
    dataset = dataset.assign({_TOTAL: dataset.get("cost_premium_central", total)})
    there = dataset.sel(year=year)
    regions, ways = (known_labels(there, _TOTAL, dim) for dim in ("region", "route"))
    if not regions or not ways:
        return None
    if "route" not in asked.named:
        ways = [leading_route(dataset, _TOTAL, year, ways)]
    cells = [(region, way) for region in regions for way in ways
             if np.isfinite(there[_TOTAL].sel(region=region, route=way).values)]  # fmt: skip
    falls = [_fall(dataset, asked.whole, region, way, year) for region, way in cells]
    full = any(fall.start for fall in falls)
    notes = [] if full else [_UNKNOWN]
    if full:
        known = [bool(fall.start) for fall in falls]
        notes += [_lost(dataset, [one for one, is_known in zip(cells, known, strict=True)
                                  if not is_known])]  # fmt: skip
        cells, falls = list(compress(cells, known)), list(compress(falls, known))
    notes.append(left_out(dataset, "region", list(dict.fromkeys(r for r, _ in cells[MOST:]))))
    cells, falls = cells[:MOST], falls[:MOST]
    names, merged = _rows(falls)
    ends = [abs(end) for fall in falls for end in (fall.start, fall.end, *fall.parts.values())]
    amounts = amounts_of(dataset[_NAME].attrs, ends, product=product_of(dataset))
    rows, columns = grid_of(len(cells), most=4)
    labels, beside = _labels(dataset, cells, names, ways, full)
    lines = max(label.count("\n") + 1 for label in labels)
    row = max(_ROW, 0.06 + 0.14 * lines)
    sheet = Sheet(rows, columns, (2.5 if columns > 1 else 4.6, 0.75 + row * len(labels)), "all")
    sheet.width += beside - 0.4
    room = (sheet.width - beside - 0.4) / columns - 0.2
    for place, (axes, (region, way), fall) in enumerate(
        zip(sheet.used(len(cells)), cells, falls, strict=True)
    ):
        _bars(axes, fall, names, merged[place], amounts, full)
        several = {"region": len(regions) > 1 or len(ways) == 1, "route": len(ways) > 1}
        title = ", ".join(
            called(dataset, dim, label)
            for dim, label in (("region", region), ("route", way)) if several[dim]
        )  # fmt: skip
        axes.set_title(wrapped(title, room, 9.5), fontsize=9.5, loc="left", color=INK)
        amount_axis(axes, amounts, along="x", bins=4)
        if place >= len(cells) - columns:
            axes.set_xlabel(amounts.unit, fontsize=9, color=INK)
    sheet.panels[0].set_yticks(range(len(labels)), labels)
    sheet.panels[0].set_ylim(len(labels) - 0.4, -0.6 if full else 0.4)
    for axes in sheet.panels:
        axes.tick_params(axis="y", labelsize=8.5, length=0)
    _widen(sheet, falls, names, merged, amounts)
    sheet.title = _finding(dataset, cells[0], falls[0], year, amounts)
    sheet.subtitle = standing(
        dataset, [region for region, _ in cells], what=f"Central case, {amounts.whole}"
    )
    sheet.notes = [*(note for note in notes if note), *also(dataset, asked)]
    return sheet.finished()


def _labels(
    dataset: xr.Dataset, cells: list[tuple[str, str]], names: list[str], ways: list[str],
    full: bool,
) -> tuple[list[str], float]:  # fmt: skip
    """Names of the bars from top to bottom, and the room that they take."""
    route = called(dataset, "route", ways[0]) if len(ways) == 1 else "the route"
    reference = {called(dataset, "route", reference_in(dataset, region)) for region, _ in cells}
    first = reference.pop() if len(reference) == 1 and "" not in reference else "reference"
    every = [
        first if full else "",
        *(one if one == _REST else word_of(dataset, "component", one) for one in names),
        route if full else "cost premium",
    ]
    beside = names_room(every, 8.5)
    return [wrapped(one, beside, 8.5) for one in every], beside


def _fall(dataset: xr.Dataset, whole: xr.Dataset, region: str, way: str, year: int) -> _Fall:
    cell = dataset.sel(region=region, year=year)
    values = cell[_NAME].sel(route=way)
    parts = dict(zip(labels_of(dataset, "component"), values.values.tolist(), strict=True))
    middle = sorted(
        (one for one in parts if one not in (*_FIRST, *_LAST)), key=lambda one: -abs(parts[one])
    )
    order = [one for one in (*_FIRST, *middle, *_LAST) if one in parts]
    start, reference = 0.0, reference_in(whole, region)
    costs = [f"{one}_central" for one in ("levelised_cost", "carbon_cost")]
    if all(one in whole for one in costs) and reference in labels_of(whole, "route"):
        own = whole.sel(region=region, year=year, route=reference)
        start = sum(float(own[one]) for one in costs)
    start = start if np.isfinite(start) else 0.0
    return _Fall(start, start + sum(parts.values()), {one: parts[one] for one in order})


def _rows(falls: list[_Fall]) -> tuple[list[str], list[dict[str, float]]]:
    """Parts that are large in some panel, in the order of the first, and the values of each."""
    longest = max((abs(value) for fall in falls for value in fall.parts.values()), default=0.0)
    large = {
        one: max(abs(fall.parts.get(one, 0.0)) for fall in falls)
        for fall in falls for one in fall.parts
    }  # fmt: skip
    kept = [one for one, value in large.items() if value > _SMALL * longest]
    middle = sorted(
        (one for one in kept if one not in (*_FIRST, *_LAST)), key=lambda one: -large[one]
    )
    values = [{one: fall.parts.get(one, 0.0) for one in kept} for fall in falls]
    rest = [
        sum(fall.parts.values()) - sum(own.values())
        for fall, own in zip(falls, values, strict=True)
    ]
    if any(abs(one) > 0.1 * _SMALL * longest for one in rest):
        middle.append(_REST)
        for own, one in zip(values, rest, strict=True):
            own[_REST] = one
    names = [
        *(one for one in _FIRST if one in kept),
        *middle,
        *(one for one in _LAST if one in kept),
    ]
    return names, values


def _bars(
    axes: Axes, fall: _Fall, names: list[str], values: dict[str, float], amounts: Amounts,
    full: bool,
) -> None:  # fmt: skip
    """Totals from zero, parts from where the one before ended."""
    factor, at = amounts.factor, fall.start
    if not np.isfinite(fall.end):
        empty(axes)
        return
    last = len(names) + 1
    if full:
        axes.barh(0, at * factor, color="#6B6B6B", height=0.68)
        _number(axes, at * factor, 0, amounts.text(at), bold=True)
    for place, name in enumerate(names, start=1):
        value = values[name]
        after = at + value
        colour = VERMILLION if value > 0 else BLUE
        axes.barh(place, value * factor, left=at * factor, color=colour, height=0.68)
        axes.plot([after * factor] * 2, [place - 0.34, place + 1.34], color="#9A9A9A",
                  linewidth=0.6, zorder=0.9)  # fmt: skip
        text = amounts.text(value, sign=True)
        if float(text.replace(",", "")) != 0.0:
            _number(axes, max(at, after) * factor, place, text)
        at = after
    axes.barh(last, at * factor, color="#303030", height=0.68)
    _number(axes, max(at, 0.0) * factor, last, amounts.text(at, sign=not full), bold=True)
    axes.axvline(0, color=INK, linewidth=0.9)
    axes.grid(visible=False, axis="y")
    ends = (
        0, sum(one in _FIRST for one in names), sum(one not in _LAST for one in names),
        len(names) - ("support" in names), len(names),
    )  # fmt: skip
    for edge in set(ends):
        axes.axhline(edge + 0.5, color="#D0D0D0", linewidth=0.6, zorder=0.5)


def _number(axes: Axes, x: float, place: int, text: str, *, bold: bool = False) -> None:
    axes.annotate(text, (x, place), xytext=(3, 0), textcoords="offset points", va="center",
                  fontsize=8, color=INK if bold else GREY,
                  weight="bold" if bold else "normal", annotation_clip=False)  # fmt: skip


def _widen(
    sheet: Sheet, falls: list[_Fall], names: list[str], values: list[dict[str, float]],
    amounts: Amounts,
) -> None:  # fmt: skip
    """One scale, with room for the number behind the longest bar."""
    reached = [0.0]
    for fall, own in zip(falls, values, strict=True):
        reached += (fall.start + np.cumsum([0.0, *(own[one] for one in names)])).tolist()
    low, high = min(reached) * amounts.factor, max(reached) * amounts.factor
    span = (high - low) or 1.0
    sheet.panels[0].set_xlim(low - (0.03 * span if low < 0 else 0.0), high + 0.2 * span)


def _lost(dataset: xr.Dataset, cells: list[tuple[str, str]]) -> str:
    """Regions of whose reference the run does not hold the cost."""
    regions = list(dict.fromkeys(region for region, _ in cells))
    if not regions:
        return ""
    names = ", ".join(
        f"{called(dataset, 'region', one)} "
        f"({called(dataset, 'route', reference_in(dataset, one)) or 'unknown'})"
        for one in regions
    )
    return f"Not drawn, as the run lacks the cost of the reference: {names}; --region ID alone is."


def _finding(
    dataset: xr.Dataset, cell: tuple[str, str], fall: _Fall, year: int, amounts: Amounts
) -> str:
    region, way = cell
    total = fall.end - fall.start
    place = f"{called(dataset, 'route', way)} in {within(dataset, region)}"
    side = "more" if total >= 0 else "less"
    text = f"{place} costs {amounts.text(abs(total), unit=True)} {side} in {year}"
    up = max(fall.parts, key=lambda one: fall.parts[one])
    down = min(fall.parts, key=lambda one: fall.parts[one])
    told = []
    for one, verb in ((up, "adds"), (down, "saves")):
        if (fall.parts[one] > 0) is (verb == "adds") and fall.parts[one] != 0:
            amount = amounts.text(fall.parts[one], sign=True)
            told.append(f"{word_of(dataset, 'component', one)} {verb} most ({amount})")
    return f"{text}: {', '.join(told)}" if told else text
