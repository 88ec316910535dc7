"""A workbook whose bytes follow from its content, in which no text becomes a formula."""

from __future__ import annotations

import contextlib
import datetime
import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from simcore.errors import printable
from simcore.report.charts import Column, is_share

ROW_LIMIT: Final = 1_048_576
NAME_LIMIT: Final = 31
OPTIONS: Final = {
    "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}  # fmt: skip
SHARE: Final = "share of draws"
MIXED: Final = "1"
"""In place of a unit: each number of the column has its own."""
_TEXT_LIMIT: Final = 32_767
_WRITTEN: Final = datetime.datetime(2000, 1, 1)
"""Date that each workbook has: the same run gives the same bytes."""
_NARROW, _WIDE = 9, 60
"""Fewest and most letters across a column."""
_LOOKED_AT: Final = 500
"""Rows by which the width of a column is chosen."""
_STYLES: Final[dict[str, dict[str, Any]]] = {
    "title": {"bold": True, "font_size": 14},
    "soft": {"font_color": "#55606E", "text_wrap": False},
    "wrapped": {"text_wrap": True, "valign": "top"},
    "head": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom",
             "bg_color": "#EEF2F6"},
    "head of numbers": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom",
                        "align": "right", "bg_color": "#EEF2F6"},
    "bold": {"bold": True},
    "code": {"font_name": "Consolas", "font_size": 9},
    "ok": {"bold": True, "align": "center"},
}  # fmt: skip


@contextlib.contextmanager
def opened_workbook(path: Path, **properties: str) -> Iterator[Any]:
    """Give a workbook to be filled; it is written when the block ends without an error."""
    import xlsxwriter

    # Of a file that cannot be written the library has an error of its own.
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {**OPTIONS, "in_memory": True})
    book.set_properties({"created": _WRITTEN, "author": "simcore", **properties})
    yield book
    book.close()
    path.write_bytes(content.getbuffer())


class Book:
    """A workbook with the styles, names and tables of this house.

    Parameters
    ----------
    book : xlsxwriter.Workbook
    row_limit : int
        Rows of a sheet; a longer table goes on in the next one.
    """

    def __init__(self, book: Any, *, row_limit: int = ROW_LIMIT) -> None:
        self.book = book
        self._limit = row_limit
        self._styles: dict[str, Any] = {}
        self._numbers: dict[str, Any] = {}
        self._taken: set[str] = set()

    def style(self, name: str) -> Any:
        """A style by its name."""
        if name not in self._styles:
            self._styles[name] = self.book.add_format(_STYLES[name])
        return self._styles[name]

    def number(self, form: str) -> Any:
        """The style of a number by its format code."""
        if form not in self._numbers:
            self._numbers[form] = self.book.add_format({"num_format": form})
        return self._numbers[form]

    def sheet(self, name: str, *, landscape: bool = True) -> Any:
        """A new sheet, with a name of its own that Excel takes, ready to be printed."""
        sheet = self.book.add_worksheet(self._own_name(name))
        if landscape:
            sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
        sheet.set_footer("&L&8&F, &A&R&8&P of &N")
        sheet.hide_gridlines(2)
        return sheet

    def _own_name(self, name: str) -> str:
        plain = re.sub(r"[\[\]:*?/\\]", " ", printable(name))
        plain = re.sub(r"\s+", " ", plain).strip(" '") or "Sheet"
        # Excel keeps this name for itself.
        plain = f"{plain} of the run" if plain.lower() == "history" else plain
        own, again = plain[:NAME_LIMIT].rstrip(" '"), 1
        while own.lower() in self._taken:
            again += 1
            own = f"{plain[: NAME_LIMIT - len(str(again)) - 1].rstrip()} {again}"
        self._taken.add(own.lower())
        return own

    def table(
        self, sheet: Any, columns: Sequence[Column], rows: Sequence[Sequence[Any]], *,
        top: int = 0, name: str = "", filtered: bool = True, widest: int = _WIDE,
    ) -> list[Any]:  # fmt: skip
        """Write a table from a row on, its head frozen and repeated on each page.

        Parameters
        ----------
        sheet : Worksheet
        columns : sequence of Column
            A column with a unit is one of numbers.
        rows : sequence of rows
        top : int
            Row of the head, from 0.
        name : str
            Of the sheets on which it goes on where one has no room.
        filtered : bool
            Whether the head has buttons that filter.
        widest : int
            Letters across a column, at most.

        Returns
        -------
        list of Worksheet
            All the sheets that it takes.
        """
        forms = [
            self.number(_format(one, [row[at] for row in rows])) if one.unit else None
            for at, one in enumerate(columns)
        ]
        mixed = [one.unit == MIXED for one in columns]
        room = self._limit - top - 1
        parts = [rows[at : at + room] for at in range(0, len(rows), room)] or [rows]
        sheets = []
        for place, part in enumerate(parts):
            own = sheet if place == 0 else self.sheet(name or "continued")
            first = top if place == 0 else 0
            for at, one in enumerate(columns):
                style = "head of numbers" if one.unit else "head"
                own.write_string(first, at, _heading(one), self.style(style))
                own.set_column(at, at, _width(one, part, at, widest))
            for line, row in enumerate(part, first + 1):
                for at, value in enumerate(row):
                    form = forms[at]
                    if mixed[at] and not isinstance(value, str):
                        form = self.number(_format(columns[at], [value]))
                    write(own, line, at, value, form)
            own.freeze_panes(first + 1, 0)
            own.repeat_rows(first)
            if filtered and part:
                own.autofilter(first, 0, first + len(part), len(columns) - 1)
            sheets.append(own)
        return sheets


def write(sheet: Any, row: int, column: int, value: Any, style: Any = None) -> None:
    """A value as what it is: text never as a formula, what is undefined not at all."""
    if isinstance(value, str):
        if value:
            sheet.write_string(row, column, printable(value)[:_TEXT_LIMIT], style)
    elif value is None or math.isnan(value):
        return
    elif math.isinf(value):
        sheet.write_string(row, column, "unbounded", style)
    else:
        sheet.write_number(row, column, value, style)


def _heading(column: Column) -> str:
    unit = "" if column.unit in (MIXED, SHARE) else column.unit
    return printable(f"{column.title} [{unit}]" if unit else column.title)


def _format(column: Column, values: Iterable[Any]) -> str:
    """Three or more figures of the largest value; per cent of a share."""
    if is_share(column.unit):
        return "0.0%"
    sizes = [abs(one) for one in values if not isinstance(one, str) and one is not None
             and math.isfinite(one)]  # fmt: skip
    largest = max(sizes, default=0.0)
    if largest >= 1e9 or (0 < largest < 1e-4):
        return "0.00E+00"
    decimals = next((d for d, edge in enumerate((1000, 100, 10, 1, 0.1)) if largest >= edge), 6)
    if column.unit == MIXED and 1900 <= largest <= 2300 and largest == round(largest):
        return "0"  # a year
    return "#,##0" + (f".{'0' * decimals}" if decimals else "")


def _width(column: Column, rows: Sequence[Sequence[Any]], at: int, widest: int) -> int:
    # A heading may take three lines.
    words = max(map(len, _heading(column).split()), default=0)
    lengths = [max(words, math.ceil(len(_heading(column)) / 2))]
    for row in rows[:_LOOKED_AT]:
        value = row[at]
        lengths.append(len(value) if isinstance(value, str) else 11 if column.unit else 6)
    return min(widest, max(_NARROW, *lengths) + 2)
