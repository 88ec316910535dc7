"""Columns beside the numbers of a chart, as formulas, from which Excel draws its picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from simcore.report import checks
from simcore.report.charts import Chart
from simcore.report.workbook import Book


def _ends(book: Book, sheet: Any, chart: Chart, top: int) -> dict[str, int]:
    """Where each bar of a waterfall begins and ends, and what of it is drawn, as formulas."""
    values = [float(value) for value in chart.column("value")]
    at, added = _columns_beside(book, sheet, chart, top, {
        "begins": "Begins", "ends": "Ends", "hidden": "Not drawn", "over": "Above zero",
        "under": "Below zero",
    })  # fmt: skip
    style, reached = book.number("#,##0.0"), 0.0
    for row, value in enumerate(values):
        line = top + 1 + row
        is_level = row in (0, len(values) - 1)
        start = 0.0 if is_level else reached
        reached = value if is_level else reached + value
        low, high = min(start, reached), max(start, reached)
        begins, ends = (f"{checks.letters(added[name])}{line + 1}" for name in ("begins", "ends"))
        above = f"{checks.letters(added['ends'])}{line}"
        own = f"{checks.letters(at['value'])}{line + 1}"
        least, most = f"MIN({begins},{ends})", f"MAX({begins},{ends})"
        for name, formula, number in (
            ("begins", "0" if is_level else above, start),
            ("ends", f"{begins}+{own}", reached),
            ("hidden", f"MAX({least},0)+MIN({most},0)", max(low, 0.0) + min(high, 0.0)),
            ("over", f"MAX({most},0)-MAX({least},0)", max(high, 0.0) - max(low, 0.0)),
            ("under", f"MIN({least},0)-MIN({most},0)", min(low, 0.0) - min(high, 0.0)),
        ):  # fmt: skip
            sheet.write_formula(line, added[name], f"={formula}", style, number)
    return added


def _lengths(book: Book, sheet: Any, chart: Chart, top: int) -> dict[str, int]:
    """How far whiskers reach from the median, as formulas."""
    at, added = _columns_beside(
        book, sheet, chart, top, {"above": "P95 less P50", "below": "P50 less P5"}
    )
    style = book.number("#,##0.0")
    for row, values in enumerate(chart.rows):
        line = top + 1 + row
        for name, high, low in (("above", "p95", "p50"), ("below", "p50", "p5")):
            length = float(values[at[high]]) - float(values[at[low]])
            if math.isfinite(length):
                told = "-".join(f"{checks.letters(at[one])}{line + 1}" for one in (high, low))
                sheet.write_formula(line, added[name], f"={told}", style, length)
    return added


def _columns_beside(
    book: Book, sheet: Any, chart: Chart, top: int, heads: Mapping[str, str]
) -> tuple[dict[str, int], dict[str, int]]:
    """Places of the columns of a chart, and of more beside them, under their heads."""
    at = {one.name: place for place, one in enumerate(chart.columns)}
    added = {name: place for place, name in enumerate(heads, len(chart.columns))}
    for name, head in heads.items():
        sheet.write_string(top, added[name], head, book.style("head of numbers"))
        sheet.set_column(added[name], added[name], 11)
    return at, added


BESIDE: Final = {"waterfall": _ends, "whiskers": _lengths}
"""Columns that the chart of Excel needs and the picture does not."""
