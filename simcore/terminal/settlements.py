"""A project in one draw: the settlement of each instrument, a line a year."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, Final

from simcore.analysis.notation import decimals, number, said_unit
from simcore.terminal.tables import WIDTH, grid

_HEADING: Final = 9
_OF_PROJECT: Final = (
    "project_cost", "project_gap", "project_support", "project_margin", "project_cash",
    "project_revenue", "project_free_cash", "output", "avoided CO2", "green revenue",
)  # fmt: skip

Row = Mapping[str, Any]


def settlement_text(rows: Sequence[Row], *, title: str) -> str:
    """Show what `tracing.trace` finds of a project: by scenario its years and single numbers, then
    the settlement of each instrument."""
    lines, named = [title], next(row["project"] for row in rows if "project" in row)
    # What holds in every scenario, such as a strike that was found, is told in each.
    for scenario in dict.fromkeys(row["scenario"] for row in rows if "scenario" in row):
        own = [row for row in rows if row.get("scenario", scenario) == scenario]
        project = [row for row in own if _name(row) in _OF_PROJECT and "values" in row]
        lines += ["", *_by_year(f"{named}, scenario {scenario}", project)]
        instruments = dict.fromkeys(row["instrument"] for row in own if "instrument" in row)
        for instrument in instruments:
            terms = [
                row for row in own
                if row.get("instrument") == instrument and row["variable"] == "term"
            ]  # fmt: skip
            lines += ["", *_by_year(f"{instrument}, scenario {scenario}", terms)]
        single = [
            (f"{_name(row)} {row.get('instrument', '')}".rstrip(), _unit(row), _one(row))
            for row in own if "values" not in row
        ]  # fmt: skip
        if single:
            lines += ["", *grid(("", "unit", "value"), single, text_columns=2)]
    return "\n".join(lines)


def _by_year(title: str, rows: Sequence[Row]) -> list[str]:
    """Years down, terms across; those that are zero in every year are named below."""
    never = [row for row in rows if not any(row["values"].values())]
    shown = [row for row in rows if row not in never]
    if not shown:
        return [f"{title}: nothing"]
    years = [
        year for year in sorted({year for row in shown for year in row["values"]})
        if any(math.isfinite(row["values"].get(year, math.nan)) for row in shown)
    ]  # fmt: skip
    heads = [[*textwrap.wrap(_name(row).replace("_", " "), _HEADING), _unit(row)] for row in shown]
    depth = max(map(len, heads))
    heads = [[""] * (depth - len(head)) + head for head in heads]
    columns = []
    for row, head in zip(shown, heads, strict=True):
        values = [row["values"].get(year, math.nan) for year in years]
        places = 0 if row["unit"] == "yr" or set(values) <= {0.0, 1.0} else decimals(
            values, figures=5
        )  # fmt: skip
        columns.append([*head, *(number(value, places) for value in values)])
    lines, labels = [title], [*[""] * (depth - 1), "year", *map(str, years)]
    while columns:
        fits = len(columns)
        while fits > 1 and 4 + sum(2 + max(map(len, one)) for one in columns[:fits]) > WIDTH:
            fits -= 1
        part, columns = columns[:fits], columns[fits:]
        for at, label in enumerate(labels):
            cells = (column[at].rjust(max(map(len, column))) for column in part)
            lines.append(f"{label:<4}  {'  '.join(cells)}".rstrip())
    if never:
        lines.append(f"Zero in every year: {', '.join(map(_name, never))}")
    return lines


def _name(row: Row) -> str:
    return str(row.get("name") or row["variable"])


def _unit(row: Row) -> str:
    unit = said_unit(str(row["unit"]))
    # A year is a line: what it has in it needs no "per year".
    return unit.removesuffix("/yr") if unit != "1" else ""


def _one(row: Row) -> str:
    value = row["value"]
    if not math.isfinite(value):
        return "-"
    return f"{value:.0f}" if row["unit"] == "yr" else f"{value:,.6g}"
