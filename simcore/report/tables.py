"""A chart as a table that people read: aligned numbers, columns in groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from simcore.analysis.sentences import figures, per_cent, written
from simcore.report.charts import Chart, Column, Value, is_share


@dataclass(frozen=True)
class Cell:
    """A number as it is written; a label is no number."""

    text: str
    is_number: bool


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes
    ----------
    groups : tuple of (title, width)
        Over the columns; empty where no columns belong together.
    heads : tuple of (title, is_number)
    rows : tuple of tuple of Cell
    """

    groups: tuple[tuple[str, int], ...]
    heads: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[Cell, ...], ...]


def grid_of(chart: Chart) -> Grid:
    """A chart as a table; amounts of a unit have the same digits."""
    groups = [(title, len(list(own))) for title, own in groupby(chart.columns, _group)]
    named = any(title for title, _ in groups)
    digits = {
        unit: figures(
            float(value) for one in chart.columns if one.unit == unit
            for value in chart.column(one.name) if not isinstance(value, str)
        )
        for unit in {one.unit for one in chart.columns}
    }  # fmt: skip
    columns = [_written(one, chart.column(one.name), digits[one.unit]) for one in chart.columns]
    heads = [
        (one.title.removeprefix(one.group).strip() if one.group else one.title, bool(one.unit))
        for one in chart.columns
    ]
    return Grid(tuple(groups) if named else (), tuple(heads), tuple(zip(*columns, strict=True)))


def _group(column: Column) -> str:
    return column.group


def _written(column: Column, values: Sequence[Value], digits: int) -> list[Cell]:

    def cell(value: Value) -> Cell:
        if isinstance(value, str):
            return Cell(value, bool(column.unit))
        if not column.unit:
            return Cell(f"{value:.10g}", False)
        share = is_share(column.unit)
        return Cell(per_cent(value) if share else written(value, digits), True)

    return [cell(one) for one in values]
