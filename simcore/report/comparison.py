"""Charts of two runs beside each other, at the place of the board."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from simcore.analysis.compare import compare
from simcore.analysis.headline import telling_years
from simcore.analysis.names import title
from simcore.analysis.reading import Place, Reading
from simcore.report.board import AMOUNTS, where
from simcore.report.charts import Chart, Value, labels, quantile_columns

if TYPE_CHECKING:
    import xarray as xr

SECTION: Final = "comparison"
_ENDS: Final = (0.05, 0.5, 0.95)
_TONNE: Final = ("cost_premium_ex_carbon", "carbon_value", "support_gap", "cost_premium")


def comparison_charts(old: xr.Dataset, new: xr.Dataset, place: Place) -> list[Chart]:
    """Quantiles of each run and of the difference, by year, of what both hold.

    Raises
    ------
    RunError
        The runs are not of the same money or schema, or have no place in common.
    """
    readings = Reading(old), Reading(new)
    found = []
    for name in _TONNE:
        if all(one.held(name) for one in readings):
            at = place.at(("region", "destination", "route"))
            found.append(_tonne(old, new, readings[0], place, name, at))
    if all(one.held("project_npv") for one in readings):
        found.append(_projects(old, new, readings[0], place))
    return found


def _tonne(
    old: xr.Dataset, new: xr.Dataset, reading: Reading, place: Place, name: str, at: dict[str, Any]
) -> Chart:  # fmt: skip
    held = {dim: [label] for dim, label in at.items() if dim in old[f"{name}_mean"].dims}
    shared = sorted(set(reading.labels("year")) & set(new["year"].values.tolist()))
    years = sorted({*telling_years(shared or reading.labels("year")), place.year} & set(shared))
    told = compare(old, new, variable=name, old_scenario=place.scenario,
                   labels={**held, "year": years})  # fmt: skip
    rows: list[tuple[Value, ...]] = []
    for year in told["year"].values.tolist():
        rows += _rows(told.sel({**at_of(told, at), "year": year}), str(year))
    unit = reading.unit(name)
    return Chart(
        f"compared-{name.replace('_', '-')}", f"{AMOUNTS[name]}: {where(reading, place)}",
        "What does the other run change?", "whiskers", unit,
        (*labels("panel=Year", "label=Run"), *quantile_columns(unit, _ENDS)), tuple(rows),
        section=SECTION, note=_note(told, old, new), source=_source(old, new, name),
    )  # fmt: skip


def _projects(old: xr.Dataset, new: xr.Dataset, reading: Reading, place: Place) -> Chart:
    told = compare(old, new, variable="project_npv", old_scenario=place.scenario)
    rows: list[tuple[Value, ...]] = []
    for project in told["project"].values.tolist():
        rows += _rows(told.sel(project=project), reading.title("project", project))
    unit = reading.unit("project_npv")
    return Chart(
        "compared-npv", "Net present value of each project", "What does the other run change?",
        "whiskers", unit, (*labels("panel=Project", "label=Run"), *quantile_columns(unit, _ENDS)),
        tuple(rows), section=SECTION, note=_note(told, old, new),
        source=_source(old, new, "project_npv"),
    )  # fmt: skip


def at_of(told: xr.Dataset, at: dict[str, Any]) -> dict[str, Any]:
    """Labels along the dimensions that a comparison has."""
    return {dim: label for dim, label in at.items() if dim in told.dims}


def _rows(cell: xr.Dataset, panel: str) -> list[tuple[Value, ...]]:
    rows: list[tuple[Value, ...]] = []
    change = "Change" if cell.attrs["paired"] else "Shift of each"
    for side, label in (("old", "This run"), ("new", "The other run"), ("difference", change)):
        quantiles = [float(one) for one in cell[f"{side}_quantile"].values.tolist()]
        if all(map(math.isfinite, quantiles)):
            rows.append((panel, label, *quantiles))
    return rows


def _note(told: xr.Dataset, old: xr.Dataset, new: xr.Dataset) -> str:
    first = title(old, "scenario", told.attrs["old_scenario"])
    scenarios = f"{first} beside {title(new, 'scenario', told.attrs['new_scenario'])}. "
    if told.attrs["paired"]:
        return f"{scenarios}Change: quantiles of the difference, draw by draw."
    why = told.attrs["why_unpaired"]
    return (
        f"{scenarios}Shift of each: a quantile of the other run less that of this one, as of "
        f"independent samples; {why}."
    )


def _source(old: xr.Dataset, new: xr.Dataset, name: str) -> str:
    digests = " and ".join(str(one.attrs.get("digest", ""))[:12] for one in (old, new))
    return f"simcore compare, digests {digests}; {name}"
