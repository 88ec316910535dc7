"""The CSV twin of a chart: every number that the picture shows."""

from __future__ import annotations

import base64
import csv
import io
import math
from typing import Final

from simcore.report.charts import Chart, Column, Value

_STEERS: Final = ("=", "+", "-", "@", "\t", "\r")


def as_csv(chart: Chart) -> str:
    """A chart as CSV: a line of titles with units, then its rows, numbers with seven digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_head(one) for one in chart.columns])
    writer.writerows([_cell(value) for value in row] for row in chart.rows)
    return text.getvalue()


def as_link(chart: Chart) -> str:
    """The CSV as an address that needs no file and no network."""
    encoded = base64.b64encode(as_csv(chart).encode("utf-8")).decode("ascii")
    return f"data:text/csv;charset=utf-8;base64,{encoded}"


def _head(column: Column) -> str:
    return _text(f"{column.title} [{column.unit}]" if column.unit else column.title)


def _cell(value: Value) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return str(value)
    return f"{value:.7g}" if math.isfinite(value) else ""


def _text(text: str) -> str:
    """A label that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_STEERS) else text
