"""All charts of a run, in the order of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from simcore.analysis.reading import Place, Reading, place_of
from simcore.report.board import board_charts
from simcore.report.charts import Chart
from simcore.report.decisions import decision_charts
from simcore.report.everywhere import charts_everywhere
from simcore.report.goods import goods_charts

if TYPE_CHECKING:
    import xarray as xr

_ANSWERS: Final = (
    "choices", "npv", "portfolios", "owed", "owed-in-all", "payments", "liability",
)  # fmt: skip

_OF_FIRMS: Final = ("portfolios", "owed", "owed-in-all")
"""Of them what is asked of firms, and of no tonne, which then comes after."""


def charts_of(
    dataset: xr.Dataset, at: Mapping[str, Sequence[str]] | None = None
) -> list[Chart]:  # fmt: skip
    """Every chart that the outcomes of a run allow.

    Parameters
    ----------
    dataset : xarray.Dataset
        An opened run.
    at : mapping of str to sequence of str, optional
        Labels by dimension; the first of each is where the board looks.

    Returns
    -------
    list of Chart
        Names are unique; those of the board come first. The numbers are those of the run, in its
        units.

    Raises
    ------
    RunError
        A label that the run does not have.
    """
    reading = Reading(dataset)
    return charts_at(reading, place_of(reading, at))


def charts_at(reading: Reading, place: Place, more: Sequence[Chart] = ()) -> list[Chart]:
    """Every chart of a run whose board is at a place, and those of other datasets."""
    board = list(board_charts(reading, place))
    decisions = list(decision_charts(reading))
    if not any(one.name == "cost-and-value" for one in board):
        # A run of projects or firms alone: they are the answer.
        answers = [_first(one) for one in decisions if one.name in _ANSWERS]
        of_firms = any(one.name in _OF_FIRMS for one in decisions)
        board = answers + board if of_firms else board + answers
        shown = {one.name for one in board}
        decisions = [one for one in decisions if one.name not in shown]
    board += [one for one in more if one.section == "board"]
    if any(one.kind == "bars" for one in board):
        board = [one for one in board if one.name != "routes-here"]
    goods = list(goods_charts(reading, place))
    # What a buyer may choose from is the first of his board.
    board[:0] = [one for one in goods if one.section == "board"]
    # Tables stand below the pictures.
    board.sort(key=lambda one: one.kind == "table")
    charts = [
        *board, *decisions, *(one for one in goods if one.section != "board"),
        *charts_everywhere(reading, place),
        *(one for one in more if one.section != "board"),
    ]  # fmt: skip
    taken: dict[str, int] = {}
    found = []
    for one in charts:
        # Labels that differ in what a name cannot hold would give two charts one name.
        taken[one.name] = taken.get(one.name, 0) + 1
        again = f"{one.name}-{taken[one.name]}" if taken[one.name] > 1 else one.name
        found.append(replace(one, name=again))
    return found


def _first(chart: Chart) -> Chart:
    """A chart for the board: of several panels of years the first, all of them stand further on."""
    panels = chart.panels()
    if chart.kind == "whiskers" or len(panels) < 2:
        return replace(chart, section="board")
    title, panel = panels[0]
    rows = tuple((title, *row) for row in panel.rows)
    return replace(chart, name=f"{chart.name}-first", rows=rows, section="board")
