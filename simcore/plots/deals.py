"""Pictures of projects: gaps and payments by year, and how often an amount is exceeded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.deal_records import Deal
from simcore.analysis.select import choose
from simcore.plots.amounts import Amounts, amounts_of
from simcore.plots.choice import MOST, grid_of
from simcore.plots.kinds import Asked, picture
from simcore.plots.marks import amount_axis, fan, line, quantile_of, year_axis, zero
from simcore.plots.panels import COLOURS, different_scenarios, labels_of
from simcore.plots.sheet import GREY, INK, Sheet, wrapped
from simcore.plots.words import called, standing

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIDES: Final = {
    "instrument_payment": ("public pays", "firm repays"),
    "project_gap": ("lacks support", "needs none"),
}
_EVERY: Final = "every draw"
_NINE: Final = "the nine stored quantiles (their draws are not kept)"

Place = dict[str, str]


def draw_deal(dataset: xr.Dataset, deal: Deal, folder: Path) -> list[Path]:
    """Draw payments by year (without an instrument: the gap) and what is exceeded how often.

    Parameters
    ----------
    dataset : xarray.Dataset
        The run.
    deal : Deal
        Which project, and which scenarios.
    folder : Path
        For the PNG files; made when missing.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    from simcore.plots import inert, save

    chosen = inert(choose(dataset, {"scenario": deal.scenarios, "project": [deal.project]}))
    pictures: list[tuple[str, Callable[[], Figure | None]]] = [
        ("payments", lambda: payments(chosen, apart=True) or gaps(chosen, apart=True)),
        ("exceedance", lambda: exceedance(chosen)),
    ]
    # A run may come from anyone: its names lead to no other folder.
    named = "".join(one if one.isalnum() or one in "-_" else "_" for one in deal.project)
    files = [
        save(draw, folder / f"{named}_{stem}.png",
             expected="a folder to write pictures into", remedy="choose another --plots")
        for stem, draw in pictures
    ]  # fmt: skip
    return [file for file in files if file is not None]


@picture("gaps", shows="what each project lacks before support, by year",
         needs=["project_gap_quantile"],
         usual=lambda run: "project_gap_quantile" in run)  # fmt: skip
def _gaps(dataset: xr.Dataset, _: Asked) -> Figure | None:
    return gaps(dataset)


@picture("payments", shows="what each instrument pays each project, by year",
         needs=["instrument_payment_quantile"],
         usual=lambda run: "instrument_payment_quantile" in run)  # fmt: skip
def _payments(dataset: xr.Dataset, _: Asked) -> Figure | None:
    return payments(dataset)


@picture("exceedance", shows="how often the value of a project, or what is paid, exceeds an amount",
         needs=[("project_npv_quantile", "instrument_npv_quantile")],
         usual=lambda run: "project_npv_quantile" in run)  # fmt: skip
def _exceedance(dataset: xr.Dataset, _: Asked) -> Figure | None:
    return exceedance(dataset)


def gaps(dataset: xr.Dataset, *, apart: bool = False) -> Figure | None:
    """Fan of what each project lacks before support, by year; scenarios `apart` or over each
    other."""
    places: list[tuple[Place, str]] = [
        ({"project": name}, called(dataset, "project", name))
        for name in labels_of(dataset, "project")
    ]
    return _fans(dataset, "project_gap", places, apart=apart)


def payments(dataset: xr.Dataset, *, apart: bool = False) -> Figure | None:
    """Fan of what each instrument of each project pays, by year; scenarios as in `gaps`."""
    places = _pairs(dataset, "instrument_payment_mean")
    return _fans(dataset, "instrument_payment", places, apart=apart)


def _pairs(dataset: xr.Dataset, name: str) -> list[tuple[Place, str]]:
    """Projects and instruments that belong to each other, with a title."""
    found = []
    for project in labels_of(dataset, "project"):
        for instrument in labels_of(dataset, "instrument"):
            place = {"project": project, "instrument": instrument}
            if name in dataset and bool(np.isfinite(dataset[name].sel(place)).any()):
                title = f"{called(dataset, 'instrument', instrument)} of "
                found.append((place, title + called(dataset, "project", project)))
    return found


def _fans(
    dataset: xr.Dataset, name: str, places: Sequence[tuple[Place, str]], *, apart: bool
) -> Figure | None:
    """A panel a place, with what each side of zero means.

    Scenarios that differ stand over each other, or `apart` in panels of one scale.
    """
    if f"{name}_quantile" not in dataset or not places:
        return None
    scenarios = {
        one: " = ".join(called(dataset, "scenario", part) for part in label.split(" = "))
        for one, label in different_scenarios(dataset, f"{name}_quantile").items()
    }
    groups = [[one] for one in scenarios] if apart else [list(scenarios)]
    idle = [title for place, title in places if not _years_of(dataset.sel(place), name).size]
    places = [one for one in places if one[1] not in idle] or places[:1]
    every = [(place, title, group) for place, title in places for group in groups]
    cases = every[:MOST]
    amounts = amounts_of(
        dataset[f"{name}_mean"].attrs,
        [
            quantile_of(dataset.sel(place), name, one)
            for place, _, _ in cases
            for one in (0.05, 0.95)
        ],
    )
    rows, columns = grid_of(len(cases), most=3)
    sheet = Sheet(rows, columns, (3.4 if columns > 1 else 6.0, 2.5), "all" if apart else "none")
    room = sheet.width / columns - 1.1
    for place, (axes, (where, title, group)) in enumerate(
        zip(sheet.used(len(cases)), cases, strict=True)
    ):
        part = dataset.sel(where).isel(year=_years_of(dataset.sel(where), name))
        for at, scenario in enumerate(group):
            colour = COLOURS[list(scenarios).index(scenario) % len(COLOURS)]
            aside = 0.6 * (at - (len(group) - 1) / 2) / len(group)
            _drawn(axes, part.sel(scenario=scenario), name, amounts, colour, banded=at == 0,
                   aside=aside)  # fmt: skip
        alone = apart and len(groups) > 1
        text = f"{title}, {scenarios[group[0]]}" if alone else title
        axes.set_title(wrapped(text, room, 9.5), fontsize=9.5, loc="left", color=INK)
        years = dataset["year"].values if apart else part["year"].values
        year_axis(axes, years if len(years) else dataset["year"].values, room)
        amount_axis(axes, amounts)
        if place % columns == 0:
            axes.set_ylabel(amounts.unit, fontsize=9, color=INK)
    for axes in sheet.panels[: len(cases)]:
        _signed(axes, *_SIDES[name])
    sheet.title = _finding(dataset, name, cases[0], scenarios, amounts)
    several = len(scenarios) > 1
    what = "Gap before support" if name == "project_gap" else "Payments"
    first = dataset.isel(scenario=0) if "scenario" in dataset.dims else dataset
    sheet.subtitle = standing(
        first, what=f"{what}, {amounts.whole}", several=several, is_sold=False
    )
    _explain(sheet, scenarios, over=several and not apart)
    if several and not apart:
        sheet.notes.append(f"Bands of {next(iter(scenarios.values()))} alone.")
    if not apart and len(cases) > 1:
        sheet.notes.append("Each panel has its own scale.")
    if idle:
        sheet.notes.append(f"Zero in every year: {', '.join(idle)}.")
    if len(every) > len(cases):
        rest = ", ".join(title for _, title, _ in every[MOST:])
        sheet.notes.append(f"No panel was left for {rest}.")
    return sheet.finished()


def _years_of(part: xr.Dataset, name: str) -> np.ndarray:
    """Places of the years in which there is something, in some draw of some scenario."""
    values = part[f"{name}_quantile"]
    others = [dim for dim in values.dims if dim != "year"]
    seen = ((values != 0.0) & values.notnull()).any(others).values
    return np.flatnonzero(seen)


def _drawn(
    axes: Axes, one: xr.Dataset, name: str, amounts: Amounts, colour: str, *, banded: bool,
    aside: float,
) -> None:  # fmt: skip
    """A scenario: a fan, or median and mean alone; what is paid in one year as a bar."""
    years, mean = one["year"].values, one[f"{name}_mean"].values * amounts.factor
    if len(years) == 1:
        low, high = (float(quantile_of(one, name, at)[0]) * amounts.factor for at in (0.05, 0.95))
        years = years + aside
        axes.bar(years, mean, width=0.26, color=colour, alpha=0.6)
        axes.plot([years[0], years[0]], [low, high], color=colour, linewidth=2)
        axes.annotate(amounts.text(mean[0] / amounts.factor), (years[0], max(high, 0.0)),
                      xytext=(0, 3), ha="center", textcoords="offset points",
                      fontsize=8)  # fmt: skip
        return
    if banded:
        fan(axes, one, name, amounts, colour)
    else:
        line(axes, years, quantile_of(one, name, 0.5) * amounts.factor, colour)
    line(axes, years, mean, colour, linewidth=1.1, linestyle=(0, (4, 2)))


def _signed(axes: Axes, above: str, below: str) -> None:
    """Draw zero, and say what lies above it and what below."""
    low, high = axes.get_ylim()
    reach = 0.5 * (high - low)
    axes.set_ylim(min(low, -reach), max(high + 0.05 * (high - low), reach))
    zero(axes)
    for text, y, side in ((above, 4, "bottom"), (below, -4, "top")):
        # Beside the panel, where it hides no line.
        axes.annotate(
            text, (1.0, 0), xycoords=("axes fraction", "data"), xytext=(7, y), rotation=90,
            textcoords="offset points", ha="center", va=side, fontsize=7.5, color=GREY,
            annotation_clip=False,
        )  # fmt: skip


def _finding(
    dataset: xr.Dataset, name: str, case: tuple[Place, str, list[str]], scenarios: dict[str, str],
    amounts: Amounts,
) -> str:  # fmt: skip
    """The first year with something of the first panel."""
    place, title, group = case
    part = dataset.sel(place)
    years = _years_of(part, name)
    if not len(years):
        return f"{title}: nothing in any year"
    cell = part.isel(year=years[0]).sel(scenario=group[0])
    low, middle, high = (float(quantile_of(cell, name, one)) for one in (0.05, 0.5, 0.95))
    verb = "lacks" if name == "project_gap" else "pays"
    if middle < 0:
        verb = "needs no support, by" if name == "project_gap" else "is repaid"
    scenario = f", {scenarios[group[0]]}" if len(scenarios) > 1 else ""
    return (
        f"{title} {verb} {amounts.text(abs(middle), unit=True)} in {int(cell['year'])}{scenario} "
        f"(P5 {amounts.text(low)}, P95 {amounts.text(high)})"
    )


def _explain(sheet: Sheet, scenarios: dict[str, str], *, over: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    colour = INK if len(scenarios) > 1 else COLOURS[0]
    handles: list[Line2D | Patch] = []
    labels: list[str] = []
    if over:
        handles += [Line2D([], [], color=COLOURS[at % len(COLOURS)], linewidth=1.8)
                    for at in range(len(scenarios))]  # fmt: skip
        labels += scenarios.values()
    handles += [
        Line2D([], [], color=colour, linewidth=1.8),
        Line2D([], [], color=colour, linewidth=1.1, linestyle=(0, (4, 2))),
        Patch(color=colour, alpha=0.43, lw=0), Patch(color=colour, alpha=0.16, lw=0),
    ]  # fmt: skip
    labels += ["median", "mean", "P25 to P75", "P5 to P95"]
    sheet.legend(handles, labels)


def exceedance(dataset: xr.Dataset) -> Figure | None:
    """Share of the draws in which the project's value, and what the public pays, exceed an
    amount."""
    shown = [
        *(({"project": one}, "project_npv",
           f"Net present value, {called(dataset, 'project', one)}")
          for one in labels_of(dataset, "project")),
        *((place, "instrument_npv", f"What the public pays, {label}")
          for place, label in _pairs(dataset, "instrument_npv_mean")),
    ]  # fmt: skip
    shown = [one for one in shown if f"{one[1]}_quantile" in dataset][:MOST]
    if not shown:
        return None
    scenarios, sources = labels_of(dataset, "scenario"), set[str]()
    curves = [
        [_curve(dataset, name, place | {"scenario": one}) for one in scenarios]
        for place, name, _ in shown
    ]
    amounts = amounts_of(
        dataset[f"{shown[0][1]}_quantile"].attrs,
        np.concatenate([values for each in curves for values, _, _ in each]),
    )
    rows, columns = grid_of(len(shown), most=3)
    sheet = Sheet(rows, columns, (3.4 if columns > 1 else 6.0, 2.7), "none")
    room = sheet.width / columns - 1.0
    for at, (axes, (_, _, title)) in enumerate(zip(sheet.used(len(shown)), shown, strict=True)):
        for place, (values, shares, drawn) in enumerate(curves[at]):
            axes.plot(
                values * amounts.factor, 100 * shares, "-" if drawn else "o-",
                color=COLOURS[place % len(COLOURS)], linewidth=1.6, markersize=4,
            )  # fmt: skip
            sources.add(_EVERY if drawn else _NINE)
        axes.axvline(0, color=INK, linewidth=0.9)
        axes.axhline(5, color=GREY, linewidth=0.8, linestyle=(0, (1, 3)))
        axes.set_ylim(-2, 102)
        axes.set_title(wrapped(title, room, 9.5), fontsize=9.5, loc="left", color=INK)
        axes.set_xlabel(amounts.unit, fontsize=9, color=INK)
        amount_axis(axes, amounts, along="x", bins=5)
        if at % columns == 0:
            axes.set_ylabel("% of the draws above", fontsize=9, color=INK)
    values, shares, _ = curves[0][0]
    above = 100 * float(np.interp(0.0, values, shares)) if len(values) else float("nan")
    scenario = f", {called(dataset, 'scenario', scenarios[0])}" if len(scenarios) > 1 else ""
    sheet.title = f"{shown[0][2]}: above zero in {above:.0f} % of the draws{scenario}"
    first = dataset.isel(scenario=0) if "scenario" in dataset.dims else dataset
    sheet.subtitle = standing(first, what=f"How often an amount is exceeded, {amounts.whole}",
                              several=len(scenarios) > 1, is_sold=False)  # fmt: skip
    from matplotlib.lines import Line2D

    sheet.legend(
        [Line2D([], [], color=COLOURS[at % len(COLOURS)], linewidth=1.6)
         for at in range(len(scenarios))],
        [called(dataset, "scenario", one) for one in scenarios],
    )  # fmt: skip
    sheet.notes = [f"Dotted: one draw in twenty exceeds it. From {' and '.join(sorted(sources))}."]
    return sheet.finished()


def _curve(
    dataset: xr.Dataset, name: str, place: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Amounts, the share of the draws above each, and whether they are those of every draw."""
    if name in dataset:
        values = np.sort(dataset[name].sel(place).values)
        values = values[np.isfinite(values)]
        return values, 1.0 - np.arange(1, len(values) + 1) / max(1, len(values)), True
    quantiles = dataset[f"{name}_quantile"].sel(place)
    return quantiles.values, 1.0 - dataset["quantile"].values, False
