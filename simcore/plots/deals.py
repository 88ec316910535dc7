"""Pictures of projects: gaps and payments by year, and how often an amount is exceeded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.analysis.deal_records import Deal
from simcore.analysis.select import choose
from simcore.plots.kinds import Asked, picture
from simcore.plots.panels import (
    COLOURS,
    different_scenarios,
    fan,
    finish,
    labels_of,
    panel_grid,
    unit_of,
)

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST: Final = 12
"""Panels of a picture."""
_SIDES: Final = {
    "instrument_payment": ("public pays", "firm repays"),
    "project_gap": ("lacks support", "needs none"),
}

_AMOUNT: Final = "{x:,.0f}"
_EVERY: Final = "every draw"
_NINE: Final = "the nine stored quantiles (their draws are not kept)"


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


def gaps(dataset: xr.Dataset, *, apart: bool = False) -> Figure | None:
    """Fan of what each project lacks before support, by year; scenarios `apart` or over each
    other."""
    places = [({"project": name}, name) for name in labels_of(dataset, "project")]
    return _fans(dataset, "project_gap", "Gap before support by year", places, apart=apart)


def payments(dataset: xr.Dataset, *, apart: bool = False) -> Figure | None:
    """Fan of what each instrument of each project pays, by year; scenarios as in `gaps`."""
    places = _pairs(dataset, "instrument_payment_mean")
    return _fans(dataset, "instrument_payment", "Payments by year", places, apart=apart)


def _pairs(dataset: xr.Dataset, name: str) -> list[tuple[dict[str, str], str]]:
    """Projects and instruments that belong to each other, with a title."""
    found = []
    for project in labels_of(dataset, "project"):
        for instrument in labels_of(dataset, "instrument"):
            place = {"project": project, "instrument": instrument}
            if name in dataset and bool(np.isfinite(dataset[name].sel(place)).any()):
                found.append((place, f"{instrument} of {project}"))
    return found


def _fans(
    dataset: xr.Dataset, name: str, title: str, places: Sequence[tuple[dict[str, str], str]],
    *, apart: bool,
) -> Figure | None:  # fmt: skip
    """A panel a place, with what each side of zero means.

    Scenarios that differ stand over each other, or `apart` in panels of one scale.
    """
    if f"{name}_quantile" not in dataset or not places:
        return None
    scenarios = list(different_scenarios(dataset, f"{name}_quantile").items())
    groups = [[one] for one in scenarios] if apart else [scenarios]
    idle = [label for place, label in places if not _years_of(dataset.sel(place), name).size]
    places = [one for one in places if one[1] not in idle] or places[:1]
    cases = [(place, label, group) for place, label in places for group in groups]
    if len(cases) > _MOST:
        title += f" (first {_MOST} of {len(cases)})"
    cases = cases[:_MOST]
    figure, panels = panel_grid(
        dataset, len(cases), title, name, share="both" if apart else "x"
    )  # fmt: skip
    for axes, (place, label, group) in zip(panels, cases, strict=True):
        part = _of_years(dataset.sel(place), name)
        for scenario, named in group:
            colour = COLOURS[[one for one, _ in scenarios].index(scenario) % len(COLOURS)]
            _drawn(axes, part.sel(scenario=scenario), name, colour, named,
                   banded=(scenario, named) == group[0])  # fmt: skip
        axes.set_title(f"{label}, {group[0][1]}" if apart and len(groups) > 1 else label)
    for axes in panels:
        _signed(axes, *_SIDES[name])
        axes.yaxis.set_major_formatter(_AMOUNT)
        low, high = axes.get_xlim()
        # What is paid in one year alone would fill the panel.
        if high - low < 2:
            axes.set_xlim(low - 1.5, high + 1.5)
    note = "dashed: mean"
    if not apart and len(scenarios) > 1:
        note += f"; bands of {scenarios[0][1]} alone"
    if not apart and len(cases) > 1:
        note += "; each panel has its own scale"
    if idle:
        note += f"; zero in every year: {', '.join(idle)}"
    finish(figure, panels, _unit(dataset, name), note)
    return figure


def _of_years(part: xr.Dataset, name: str) -> xr.Dataset:
    return part.isel(year=_years_of(part, name))


def _years_of(part: xr.Dataset, name: str) -> np.ndarray:
    """Places of the years in which there is something, in some draw of some scenario."""
    values = part[f"{name}_quantile"]
    seen = ((values != 0.0) & values.notnull()).any(["scenario", "quantile"]).values
    return np.flatnonzero(seen)


def _drawn(
    axes: Axes, one: xr.Dataset, name: str, colour: str, label: str, *, banded: bool
) -> None:
    """A scenario: a fan, or median and mean alone; what is paid in one year as a bar."""
    years, mean = one["year"].values, one[f"{name}_mean"].values
    if len(years) == 1:
        low, high = (float(one[f"{name}_quantile"].sel(quantile=q)[0]) for q in (0.05, 0.95))
        axes.bar(years, mean, width=0.5, color=colour, alpha=0.6, label=label)
        axes.plot([years[0], years[0]], [low, high], color=colour, linewidth=2)
        axes.annotate(f"{mean[0]:,.0f}", (years[0], max(high, 0.0)), xytext=(0, 3), ha="center",
                      textcoords="offset points", fontsize=8)  # fmt: skip
        return
    if banded:
        fan(axes, one, name, colour, label)
    else:
        median = one[f"{name}_quantile"].sel(quantile=0.5)
        axes.plot(years, median, color=colour, linewidth=1.6, label=label)
    axes.plot(years, mean, "--", color=colour, linewidth=1.1)


def _unit(dataset: xr.Dataset, name: str) -> str:
    return unit_of(dataset, f"{name}_mean").replace("1e6 ", "M ").replace(" yr-1", "/yr")


def _signed(axes: Axes, above: str, below: str) -> None:
    """Draw zero, and say what lies above it and what below."""
    low, high = axes.get_ylim()
    reach = 0.3 * (high - low)
    axes.set_ylim(min(low, -reach), max(high + 0.05 * (high - low), reach))
    axes.axhline(0, color="black", linewidth=0.8)
    for text, y, side in ((above, 4, "bottom"), (below, -4, "top")):
        # Beside the panel, where it hides no line.
        axes.annotate(
            text, (1.0, 0), xycoords=("axes fraction", "data"), xytext=(7, y), rotation=90,
            textcoords="offset points", ha="center", va=side, fontsize=8, color="#444444",
            annotation_clip=False,
        )  # fmt: skip


def exceedance(dataset: xr.Dataset) -> Figure | None:
    """Share of the draws in which the project's value, and what the public pays, exceed an
    amount."""
    shown = [
        *(({"project": name}, "project_npv", f"net present value of {name}")
          for name in labels_of(dataset, "project")),
        *((place, "instrument_npv", f"what the public pays, {label}")
          for place, label in _pairs(dataset, "instrument_npv_mean")),
    ]  # fmt: skip
    shown = [one for one in shown if f"{one[1]}_quantile" in dataset][:_MOST]
    if not shown:
        return None
    from matplotlib.ticker import MaxNLocator

    figure, panels = panel_grid(
        dataset, len(shown), "How often a present value is exceeded", "project_npv", height=3.0,
        share="none",
    )  # fmt: skip
    scenarios, sources = labels_of(dataset, "scenario"), set[str]()
    for axes, (place, name, title) in zip(panels, shown, strict=True):
        for at, scenario in enumerate(scenarios):
            colour = COLOURS[at % len(COLOURS)]
            values, shares, drawn = _curve(dataset, name, place | {"scenario": scenario})
            axes.plot(
                values, 100 * shares, "-" if drawn else "o-", color=colour, linewidth=1.6,
                markersize=4, label=scenario,
            )  # fmt: skip
            sources.add(_EVERY if drawn else _NINE)
        axes.axvline(0, color="black", linewidth=0.8)
        axes.axhline(5, color="#444444", linewidth=0.8, linestyle=(0, (1, 3)))
        axes.set_ylim(-2, 102)
        axes.set_title(title)
        axes.set_xlabel(_unit(dataset, name))
        axes.xaxis.set_major_formatter(_AMOUNT)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
    note = f"dotted: one draw in twenty exceeds it; from {' and '.join(sorted(sources))}"
    finish(figure, panels, "% of the draws above", note, years=False)
    return figure


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
