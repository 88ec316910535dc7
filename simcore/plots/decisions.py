"""Pictures of decisions: what each is worth, and how far each is behind the best by scenario."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from simcore.analysis.choice import regret_by_scenario, told_of
from simcore.analysis.notation import share
from simcore.plots.amounts import Amounts, amounts_of
from simcore.plots.choice import MOST, grid_of
from simcore.plots.kinds import Asked, picture
from simcore.plots.marks import FULL, PALE, amount_axis, quantile_of, zero
from simcore.plots.panels import BLUE, COLOURS, different_scenarios, labels_of
from simcore.plots.sheet import GREY, INK, Sheet, names_room, wrapped
from simcore.plots.words import called, standing

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAME: Final = "decision_npv"
_BEST: Final = "best_decision_probability"


def draw_decisions(
    dataset: xr.Dataset, folder: Path, metric: str | None = None
) -> list[Path]:  # fmt: skip
    """Draw what decisions are worth, and what is regretted by a metric (else that of the run).

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    from simcore.plots import inert, save

    chosen = inert(dataset)
    pictures: list[tuple[str, Callable[[], Figure | None]]] = [
        ("decisions", lambda: worth(chosen)), ("decision_regret", lambda: regret(chosen, metric)),
    ]  # fmt: skip
    files = [
        save(draw, folder / f"{stem}.png", expected="a folder to write pictures into",
             remedy="choose another --plots")
        for stem, draw in pictures
    ]  # fmt: skip
    return [file for file in files if file is not None]


@picture("decisions", shows="what each decision is worth, by scenario",
         needs=[f"{_NAME}_quantile"],
         usual=lambda run: f"{_NAME}_quantile" in run)  # fmt: skip
def _worth(dataset: xr.Dataset, _: Asked) -> Figure | None:
    return worth(dataset)


@picture("decision_regret", shows="how far each decision is behind the best one, by scenario",
         needs=[f"{_NAME}_quantile"],
         usual=lambda run: f"{_NAME}_quantile" in run)  # fmt: skip
def _regret(dataset: xr.Dataset, _: Asked) -> Figure | None:
    return regret(dataset)


def worth(dataset: xr.Dataset) -> Figure | None:
    """Median, quartiles and P5 to P95 of each decision, a panel a scenario, with the zero line and
    the share of the draws in which each is the best."""
    names = labels_of(dataset, "decision")
    if not names:
        return None
    dataset = _by_scenario(dataset)
    scenarios = different_scenarios(dataset, f"{_NAME}_quantile")
    shown = list(scenarios)[:MOST]
    ends = [quantile_of(dataset, _NAME, one) for one in (0.05, 0.95)]
    amounts = amounts_of(dataset[f"{_NAME}_quantile"].attrs, ends)
    texts, beside, row = _named(dataset, names)
    rows, columns = grid_of(len(shown), most=3)
    sheet = Sheet(rows, columns, (2.7, 0.66 + row * max(2, len(names))), "all")
    sheet.width += beside - 0.4
    for place, (axes, scenario) in enumerate(zip(sheet.used(len(shown)), shown, strict=True)):
        cell = dataset.sel(scenario=scenario)
        _whiskers(axes, cell, names, amounts)
        zero(axes, along="x")
        axes.set_yticks(range(len(names)), texts, fontsize=8.5)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        amount_axis(axes, amounts, along="x", bins=4)
        if place >= len(shown) - columns:
            axes.set_xlabel(amounts.unit, fontsize=9, color=INK)
        title = " = ".join(called(dataset, "scenario", one)
                           for one in scenarios[scenario].split(" = "))  # fmt: skip
        axes.set_title(wrapped(title, 2.3, 9.5), fontsize=9.5, loc="left", color=INK)
    first = dataset.sel(scenario=shown[0])
    mean = first[f"{_NAME}_mean"]
    top = str(dataset["decision"].values[int(mean.argmax("decision"))])
    scenario = f", {called(dataset, 'scenario', shown[0])}" if len(scenarios) > 1 else ""
    sheet.title = (f"{called(dataset, 'decision', top)} is worth most on average: "
                   f"{amounts.text(float(mean.max()), unit=True)}{scenario}")  # fmt: skip
    told = told_of(dataset)
    what = (f"Net present value in {told['valued_in']} of the years to {told['until']}, "
            f"{amounts.whole}")  # fmt: skip
    sheet.subtitle = standing(first, what=what, several=len(scenarios) > 1, is_sold=False)
    _explain(sheet, dataset)
    if len(scenarios) > len(shown):
        rest = ", ".join(called(dataset, "scenario", one) for one in list(scenarios)[MOST:])
        sheet.notes.append(f"No panel was left for {rest}.")
    return sheet.finished()


def _by_scenario(dataset: xr.Dataset) -> xr.Dataset:
    return dataset if "scenario" in dataset.dims else dataset.expand_dims("scenario")


def _named(dataset: xr.Dataset, names: list[str]) -> tuple[list[str], float, float]:
    """Names of decisions in lines, the room beside the axis, and the height of a row."""
    texts = [called(dataset, "decision", one) for one in names]
    beside = names_room(texts, 8.5)
    texts = [wrapped(one, beside, 8.5) for one in texts]
    lines = max(text.count("\n") + 1 for text in texts)
    return texts, beside, max(0.26, 0.09 + 0.145 * lines)


def _whiskers(axes: Axes, cell: xr.Dataset, names: list[str], amounts: Amounts) -> None:
    low, early, middle, late, high = (
        quantile_of(cell, _NAME, one) * amounts.factor for one in (0.05, 0.25, 0.5, 0.75, 0.95)
    )
    mean, places = cell[f"{_NAME}_mean"].values * amounts.factor, np.arange(len(names))
    axes.hlines(places, low, high, color=BLUE, linewidth=1.4)
    axes.hlines(places, early, late, color=BLUE, linewidth=6, alpha=FULL)
    axes.plot(middle, places, "o", color=BLUE, markersize=4.5)
    axes.plot(mean, places, "|", color=INK, markersize=9)
    if _BEST in cell:
        shares = cell[_BEST].values
        for place in places:
            axes.annotate(
                share(float(shares[place]), typeset=True), (1.0, place),
                xycoords=("axes fraction", "data"), xytext=(4, 0), textcoords="offset points",
                ha="left", va="center", fontsize=8, annotation_clip=False,
                color=INK if shares[place] == shares.max() else GREY,
                weight="bold" if shares[place] == shares.max() else "normal",
            )  # fmt: skip


def _explain(sheet: Sheet, dataset: xr.Dataset) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    sheet.legend(
        [Line2D([], [], color=BLUE, marker="o", markersize=4.5, linestyle=""),
         Line2D([], [], color=INK, marker="|", markersize=9, linestyle=""),
         Patch(color=BLUE, alpha=FULL, lw=0), Line2D([], [], color=BLUE, linewidth=1.4)],
        ["median", "mean", "P25 to P75", "P5 to P95"],
    )  # fmt: skip
    if _BEST in dataset:
        sheet.notes.append("Beside the panel: share of the draws in which the decision is the best "
                           "one; of equals that which is named first.")  # fmt: skip


def regret(dataset: xr.Dataset, metric: str | None = None) -> Figure | None:
    """Decisions in rows, scenarios in columns: how far each is behind the best of the scenario by
    the metric of the choice, and by how much at most."""
    names = labels_of(dataset, "decision")
    if not names:
        return None
    dataset = _by_scenario(dataset)
    scenarios = labels_of(dataset, "scenario")[:MOST]
    metric, lost = regret_by_scenario(dataset, metric)
    lost = lost.sel(scenario=scenarios)
    amounts = amounts_of(lost.attrs, lost.values)
    table = lost.transpose("decision", "scenario").values * amounts.factor
    several = len(scenarios) > 1
    if several:
        # A column of its own, that no scenario is: the most of each decision.
        table = np.column_stack([table, table.max(axis=1)])
    texts, beside, row = _named(dataset, names)
    heads = [called(dataset, "scenario", one) for one in scenarios] + ["at most"] * several
    width = 1.05
    sheet = Sheet(1, 1, (max(3.4, width * len(heads)), 0.95 + (row + 0.06) * len(names)), "none")
    sheet.width += beside - 0.4
    axes = sheet.panels[0]
    _heat(axes, table, amounts, several=several)
    axes.set_xticks(range(len(heads)), [wrapped(one, width - 0.1, 8.5) for one in heads],
                    fontsize=8.5)  # fmt: skip
    axes.set_yticks(range(len(names)), texts, fontsize=8.5)
    axes.tick_params(length=0, labelbottom=False, labeltop=True)
    best = int(table[:, -1].argmin())
    least = amounts.text(float(table[best, -1]) / amounts.factor, unit=True)
    name = called(dataset, "decision", names[best])
    sheet.title = f"{name} is the best in every scenario shown" if table[best, -1] == 0 else (
        f"{name} is behind by {least} at most, least of all")  # fmt: skip
    said = metric.partition(".")[2]
    said = "mean" if said == "mean" else said.upper()
    told = told_of(dataset)
    what = (f"How far the {said} of each decision is behind the best one of the same scenario, "
            f"{amounts.whole}; values of {told['valued_in']}")  # fmt: skip
    first = dataset.sel(scenario=scenarios[0])
    sheet.subtitle = standing(first, what=what, several=several, is_sold=False)
    sheet.notes.append(
        "Framed: the best decision of the scenario"
        + (", and the least of what is regretted at most." if several else ".")
    )
    rest = labels_of(dataset, "scenario")[MOST:]
    if rest:
        sheet.notes.append(f"No column was left for {', '.join(rest)}.")
    return sheet.finished()


def _heat(axes: Axes, table: np.ndarray, amounts: Amounts, *, several: bool) -> None:
    """Cells of a colour, from nothing lost to the most, with their numbers."""
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    pale = LinearSegmentedColormap.from_list("regret", ["#FFFFFF", COLOURS[1]])
    most = max(float(np.nanmax(table)), 1e-12)
    axes.imshow(table, cmap=pale, vmin=0.0, vmax=most, aspect="auto", alpha=1.0 - PALE)
    best = table.argmin(axis=0)
    for row, column in np.ndindex(*table.shape):
        value = table[row, column]
        axes.text(
            column, row, amounts.text(float(value) / amounts.factor), ha="center", va="center",
            fontsize=8.5, color="white" if value > 0.9 * most else INK,
            weight="bold" if best[column] == row else "normal",
        )  # fmt: skip
        if best[column] == row:
            axes.add_patch(Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, fill=False,
                                     edgecolor=INK, linewidth=1.3))  # fmt: skip
    if several:
        axes.axvline(table.shape[1] - 1.5, color=INK, linewidth=1.2)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
