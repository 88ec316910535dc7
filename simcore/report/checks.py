"""What must be so in the numbers of a report, as formulas that a reader can follow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from simcore.report.charts import Chart

TOLERANCE: Final = 1e-6
"""Of the largest number of a check, below which a difference is rounding."""
RATE: Final = 0.07
"""Example of a rate, for the formulas of a net present value."""


@dataclass(frozen=True)
class Placed:
    """A chart, and where its table stands.

    Attributes
    ----------
    chart : Chart
    sheet : str
    top : int
        Row of its head, from 0.
    is_whole : bool
        Whether all its rows are on that sheet.
    """

    chart: Chart
    sheet: str
    top: int
    is_whole: bool = True

    def cells(self, column: str, first: int = 0, last: int | None = None) -> str:
        """Reference to rows of a column, counted from 0 within the chart."""
        at = [one.name for one in self.chart.columns].index(column)
        end = len(self.chart.rows) - 1 if last is None else last
        name = self.sheet.replace("'", "''")
        top, bottom = self.top + 2 + first, self.top + 2 + end
        return f"'{name}'!${letters(at)}${top}:${letters(at)}${bottom}"

    def cell(self, column: str, row: int) -> str:
        """Reference to one row of a column."""
        return self.cells(column, row, row).rpartition(":")[0]


@dataclass(frozen=True)
class Check:
    """Two formulas that give the same.

    Attributes
    ----------
    what : str
        In words.
    left, right : str
        Formulas, without the sign of equality.
    values : tuple of float
        What they give.
    """

    what: str
    left: str
    right: str
    values: tuple[float, float]

    @property
    def tolerance(self) -> float:
        """Difference up to which both are the same."""
        return TOLERANCE * max(1.0, *(abs(one) for one in self.values))

    @property
    def holds(self) -> bool:
        """Whether both give the same."""
        return abs(self.values[0] - self.values[1]) <= self.tolerance


def letters(column: int) -> str:
    """Name of a column, from 0: A, B ... AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def checks_of(placed: Sequence[Placed]) -> list[Check]:
    """Every check that the charts of a report allow."""
    return [
        check
        for one in placed
        if one.is_whole
        for check in (*_waterfall(one), *_shares(one), *_order(one))
    ]


def _waterfall(one: Placed) -> Iterator[Check]:
    """The parts sum to the premium."""
    chart = one.chart
    if chart.kind != "waterfall" or len(chart.rows) < 2:
        return
    values = [float(value) for value in chart.column("value")]
    last = len(values) - 1
    yield Check(
        f"{chart.title}: what it begins with and the parts sum to the last bar",
        f"SUM({one.cells('value', 0, last - 1)})", one.cell("value", last),
        (math.fsum(values[:-1]), values[-1]),
    )  # fmt: skip


def _shares(one: Placed) -> Iterator[Check]:
    """Shares of one place sum to 1, wherever they are defined."""
    chart = one.chart
    if chart.kind != "shares" or not chart.rows:
        return
    panels = [str(value) for value in chart.column("panel")] if chart.has("panel") else None
    xs, values = chart.column("x"), chart.column("value")
    keys = list(zip(panels or [""] * len(xs), xs, strict=True))
    sums: dict[tuple[str, Any], float] = {}
    for key, value in zip(keys, values, strict=True):
        if not math.isnan(float(value)):
            sums[key] = sums.get(key, 0.0) + float(value)
    total = math.fsum(float(value) for value in values if not math.isnan(float(value)))
    yield Check(
        f"{chart.title}: the shares of each place sum to 1, all to the number of places",
        f"SUM({one.cells('value')})", str(len(sums)), (total, float(len(sums))),
    )  # fmt: skip


def _order(one: Placed) -> Iterator[Check]:
    """Lower quantiles are not above higher ones."""
    chart = one.chart
    if not chart.rows or not (chart.has("p5") and chart.has("p50") and chart.has("p95")):
        return
    for low, high in (("p5", "p50"), ("p50", "p95")):
        pairs = zip(chart.column(low), chart.column(high), strict=True)
        wrong = sum(1 for a, b in pairs if _is_above(a, b))
        yield Check(
            f"{chart.title}: {low.upper()} is nowhere above {high.upper()}",
            f"SUMPRODUCT(--({one.cells(low)}>{one.cells(high)}))", "0", (float(wrong), 0.0),
        )  # fmt: skip


def _is_above(low: Any, high: Any) -> bool:
    # An empty cell is zero to Excel; both are empty or neither.
    return not isinstance(low, str) and not isinstance(high, str) and float(low) > float(high)


def present_value(
    flows: Sequence[float], cells: str, rate: str = "B1"
) -> list[tuple[str, str, float]]:
    """How Excel's NPV counts: the first flow one year after the date of valuation.

    Parameters
    ----------
    flows : sequence of float
        Of years in a row, the first that of the date of valuation.
    cells : str
        Where they stand.
    rate : str
        Where the rate stands.

    Returns
    -------
    list of (words, formula, value)
    """
    shifted = math.fsum(flow / (1 + RATE) ** (year + 1) for year, flow in enumerate(flows))
    right = math.fsum(flow / (1 + RATE) ** year for year, flow in enumerate(flows))
    return [
        ("NPV of Excel, as it stands: one year too late", f"NPV({rate},{cells})", shifted),
        ("Valued in the first year, as simcore does: times 1 + rate",
         f"NPV({rate},{cells})*(1+{rate})", right),
    ]  # fmt: skip
