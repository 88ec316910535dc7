"""All charts of a run, in the order of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from simcore.report.board import board_charts
from simcore.report.charts import Chart
from simcore.report.decisions import decision_charts
from simcore.report.everywhere import charts_everywhere
from simcore.report.reading import Place, Reading, place_of

if TYPE_CHECKING:
    import xarray as xr


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


def charts_at(reading: Reading, place: Place) -> list[Chart]:
    """Every chart of a run whose board is at a place."""
    charts = [
        *board_charts(reading, place), *decision_charts(reading),
        *charts_everywhere(reading, place),
    ]  # fmt: skip
    taken: dict[str, int] = {}
    found = []
    for one in charts:
        # Labels that differ in what a name cannot hold would give two charts one name.
        taken[one.name] = taken.get(one.name, 0) + 1
        again = f"{one.name}-{taken[one.name]}" if taken[one.name] > 1 else one.name
        found.append(Chart(**{**one.__dict__, "name": again}))
    return found
