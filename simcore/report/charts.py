"""A chart as a plain record: what is drawn, what stands in its CSV twin and in the workbook."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["fan", "bars", "whiskers", "lines", "waterfall", "heat", "shares", "table"]
Value = str | int | float
BAND: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of a fan; whiskers show the first, the middle and the last."""


@dataclass(frozen=True)
class Column:
    """A column of a chart.

    Attributes
    ----------
    name : str
        As in a CSV file: lower case, no blank.
    title : str
        As people read it.
    unit : str
        Of its numbers; empty for labels and years.
    group : str
        Beginning of the title that it shares with its neighbours; may be empty.
    """

    name: str
    title: str
    unit: str = ""
    group: str = ""


@dataclass(frozen=True)
class Chart:
    """One picture or table, with every number that it shows.

    Attributes
    ----------
    name : str
        Its own within a report: lower case, letters, digits and hyphens.
    title : str
        What it shows, for people.
    question : str
        What it answers.
    kind : str
        One of `Kind`. The columns of each are, after `panel` where there are several panels:

        - fan: series, year, p5, p25, p50, p75, p95
        - lines: series, x, value (and low, high)
        - whiskers: label, p5, p50, p95
        - bars: label, value (and low, high)
        - waterfall: part, value; the first and the last part are levels, the others changes
        - heat: row, column, value
        - shares: series, x, value; they sum to 1 at an x
        - table: any
    unit : str
        Of what is drawn.
    columns : tuple of Column
    rows : tuple of tuple
        Labels and numbers, one for each column; NaN where there is no value.
    section : str
        Part of the page.
    note : str
        How it is read.
    source : str
        The arrays of the run that it is from.
    place : str
        Of what it tells, where the title leaves that out: that of the board.
    own_scale : bool
        Whether each panel has its own scale.
    better : str
        Which side of zero is the good one: `low`, `high`, or neither.
    choices : tuple of tuple of (kind, label)
        What a reader chooses to see it, such as a region and a scenario; any of them.
    """

    name: str
    title: str
    question: str
    kind: Kind
    unit: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    section: str = "board"
    note: str = ""
    source: str = ""
    place: str = ""
    own_scale: bool = False
    better: Literal["", "low", "high"] = ""
    choices: tuple[tuple[tuple[str, str], ...], ...] = ()

    def __post_init__(self) -> None:
        wrong = [row for row in self.rows if len(row) != len(self.columns)]
        assert not wrong, f"{self.name}: {len(self.columns)} columns, {wrong[:1]}"

    def column(self, name: str) -> list[Value]:
        """Give the values of a column."""
        place = [one.name for one in self.columns].index(name)
        return [row[place] for row in self.rows]

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        return any(one.name == name for one in self.columns)

    def panels(self) -> list[tuple[str, Chart]]:
        """The chart cut by its column `panel`, in order; itself where it has none."""
        if not self.has("panel"):
            return [("", self)]
        rows: dict[str, list[tuple[Value, ...]]] = {}
        for row in self.rows:
            rows.setdefault(str(row[0]), []).append(row[1:])
        return [
            (panel, Chart(f"{self.name}-{place}", panel, self.question, self.kind, self.unit,
                          self.columns[1:], tuple(own), self.section))
            for place, (panel, own) in enumerate(rows.items())
        ]  # fmt: skip

    def numbers(self) -> Iterable[float]:
        """Every number with a value, years aside."""
        measured = [at for at, one in enumerate(self.columns) if one.unit]
        for row in self.rows:
            for at in measured:
                value = row[at]
                if isinstance(value, float) and math.isfinite(value):
                    yield value


def labels(*pairs: str) -> tuple[Column, ...]:
    """Columns of labels or years: `name=Title`, or the name alone."""
    split = [pair.partition("=") for pair in pairs]
    return tuple(Column(name, title or name.capitalize()) for name, _, title in split)


def quantile_columns(unit: str, probabilities: Sequence[float]) -> tuple[Column, ...]:
    """Columns of quantiles: 0.05 is p5."""
    return tuple(Column(f"p{100 * one:.10g}", f"P{100 * one:.10g}", unit) for one in probabilities)


def is_share(unit: str) -> bool:
    """Whether numbers lie between 0 and 1, and are shown as per cent."""
    return unit.startswith("share of")
