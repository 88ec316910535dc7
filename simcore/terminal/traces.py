"""One draw in full, as text and as rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from simcore.analysis.notation import decimals, number
from simcore.terminal.tables import WIDTH, grid, shortened

_PLACE: Final = (
    "scenario", "region", "destination", "against", "sector", "route", "component", "emission",
    "grade", "market", "commodity", "exposure", "good", "project", "instrument", "product",
    "budget", "account", "decision", "portfolio", "member",
)  # fmt: skip
_YEARS: Final = 8


def trace_text(rows: Sequence[Mapping[str, Any]], *, title: str) -> str:
    """Show every input, then every variable with its years in columns.

    `rows` come from `tracing.trace`: variable, unit, labels, and `values` by year or one `value`.
    """
    lines = [title, ""]
    if len({row["sector"] for row in rows if "sector" in row}) == 1:
        rows = [{key: one for key, one in row.items() if key != "sector"} for row in rows]
    single = [row for row in rows if "values" not in row]
    yearly = [row for row in rows if "values" in row]
    if single:
        cells = [(_label(row), row["unit"], _one(row["value"])) for row in single]
        lines += [*grid(("", "unit", "value"), cells, text_columns=2), ""]
    years = sorted({year for row in yearly for year in row["values"]})
    for start in range(0, len(years), _YEARS):
        shown = years[start : start + _YEARS]
        cells = [
            (shortened(_label(row), 80), row["unit"], *_years(row["values"], shown))
            for row in yearly
        ]
        lines += [*_stacked(shown, cells), ""]
    return "\n".join(lines[:-1])


def trace_table(rows: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    """One row a number: variable, its labels, year (empty where there is none), value, unit."""
    header = ["variable", "name", *_PLACE, "year", "value", "unit"]
    table: list[list[Any]] = []
    for row in rows:
        head = [row["variable"], row.get("name"), *(row.get(dim) for dim in _PLACE)]
        for year, value in row.get("values", {None: row.get("value")}).items():
            table.append([*head, year, value, row["unit"]])
    return header, table


def _label(row: Mapping[str, Any]) -> str:
    place = " ".join(str(row[dim]) for dim in _PLACE if dim in row)
    return f"{row.get('name') or row['variable']} {place}".rstrip()


def _stacked(years: Sequence[int], cells: Sequence[Sequence[str]]) -> list[str]:
    """A line with the name and unit, a line with the numbers: names of cells are long."""
    widths = [
        max(len(str(year)), *(len(row[2 + place]) for row in cells))
        for place, year in enumerate(years)
    ]
    margin = max(0, WIDTH - sum(widths) - 2 * len(widths))
    lines = [
        " " * margin + "".join("  " + str(y).rjust(w) for y, w in zip(years, widths, strict=True))
    ]
    for label, unit, *values in cells:
        numbers = "".join("  " + v.rjust(w) for v, w in zip(values, widths, strict=True))
        name = f"{label} [{unit}]"
        if len(name) > margin:
            lines.append(name)
            name = ""
        lines.append(name.ljust(margin) + numbers)
    return lines


def _years(values: Mapping[int, Any], years: Sequence[int]) -> list[str]:
    known = [value for value in values.values() if isinstance(value, int | float)]
    places = decimals(known, figures=5)
    return [
        value if isinstance(value, str) else number(math.nan if value is None else value, places)
        for value in (values.get(year) for year in years)
    ]


def _one(value: Any) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.6g}" if isinstance(value, int | float) and math.isfinite(value) else "-"
