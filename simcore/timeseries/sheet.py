"""A CSV file as headings and rows: where its table begins, and which column has which name."""

from __future__ import annotations

import csv
import io
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from simcore.errors import ConfigError, Fault, suggest
from simcore.timeseries.cells import dates_of, is_date, is_gap, is_year

_MAX_BYTES: Final = 50_000_000
_SEARCHED: Final = 60
"""Rows among which the headings are looked for."""
_SEPARATORS: Final = (";", ",", "\t")
_SEP_LINE: Final = re.compile(r'"?sep=(.)"?;*', re.IGNORECASE)
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")

Row = tuple[int, list[str]]
"""Line in the file, from 1, and the cells."""


@dataclass(frozen=True)
class Sheet:
    """Headings and rows of a file.

    Attributes
    ----------
    name : str
        File, as the user named it.
    heading : list of str
        Name of each column, blanks and line breaks as one space.
    full : list of str
        The same with the title that stands over a group of columns.
    line : int
        Line of the headings, from 1.
    rows : list of (int, list of str)
        Line and cells of each row that is not empty.
    delimiter : str
        What separates the cells.
    notes : tuple of str
        What was left out before the headings.
    """

    name: str
    heading: list[str]
    full: list[str]
    line: int
    rows: list[Row]
    delimiter: str
    notes: tuple[str, ...] = ()

    def find(self, label: str, option: str) -> int:
        """Position of a column by its heading, or by its number from 1.

        Raises
        ------
        ConfigError
            No column, or several ones, have that name.
        """
        wanted = _plain(label)
        for names in (self.heading, self.full):
            for fold in (str, str.casefold):
                places = [p for p, one in enumerate(names) if fold(one) == fold(wanted)]
                if len(places) == 1:
                    return places[0]
                if places:
                    listed = " or ".join(self._called(place) for place in places)
                    raise ConfigError(Fault(
                        option, f"{len(places)} columns called {wanted!r}", "one column",
                        f"say which by its number: {listed}", self.name, self.line,
                    ))  # fmt: skip
        if wanted.isdecimal() and 1 <= int(wanted) <= len(self.heading):
            return int(wanted) - 1
        near = suggest(wanted, self.heading)
        raise ConfigError(Fault(
            option, f"no column {wanted!r}", f"one of the columns {', '.join(self.heading)}",
            f"did you mean {near}?" if near else f"name one with {option}", self.name, self.line,
        ))  # fmt: skip

    def _called(self, place: int) -> str:
        title = self.full[place]
        return str(place + 1) + (f" ({title})" if title != self.heading[place] else "")

    def column(self, place: int) -> list[str]:
        """All cells of a column, empty ones included."""
        return [cell_of(row, place) for _, row in self.rows]

    def label(self, place: int) -> str:
        """Heading of a column, or its number where it has none."""
        return self.heading[place] or f"column {place + 1}"

    def only_dates(self) -> int | None:
        """Position of the only column in which every cell is a date."""
        found = {}
        for place in range(len(self.heading)):
            cells = [cell for cell in self.column(place) if cell]
            if cells and all(is_date(cell) or is_year(cell) for cell in cells):
                found[place] = dates_of(cells).period
        exact = [place for place, period in found.items() if period != "year"] or list(found)
        return exact[0] if len(exact) == 1 else None


def read_sheet(
    path: Path, *, name: str | None = None, labels: Sequence[str] = (), encoding: str | None = None
) -> Sheet:
    """Read a file and find its headings.

    Parameters
    ----------
    path : Path
    name : str, optional
        How to call the file in faults.
    labels : sequence of str
        Headings asked for: the headings are the first line that has them all.
    encoding : str, optional
        As Python names it; UTF-8 by default.

    Raises
    ------
    ConfigError
        The file cannot be read, or holds no rows.
    """
    name = name or str(path)
    text = _text(path, name, encoding)
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    told = _SEP_LINE.fullmatch(first.strip())
    delimiter = told[1] if told else _delimiter(lines)
    rows: list[Row] = []
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        for row in reader:
            cells = [_plain(cell) for cell in row]
            if any(cells):
                rows.append((reader.line_num, cells))
    except csv.Error as error:
        raise _refusal(name, f"the file cannot be read: {error}", "save it as CSV") from None
    if told:
        rows = rows[1:]
    at = _heading(rows, labels)
    if len(rows) < at + 2:
        raise _refusal(name, "no rows", "a line of headings, then a line a date")
    width = max(len(row) for _, row in rows[at:])
    heading = (rows[at][1] if at >= 0 else []) + [""] * width
    notes = []
    if at > 0:
        notes.append(f"headings found in line {rows[at][0]}")
    if at < 0:
        notes.append("no headings: columns are known by their numbers")
    return Sheet(
        name, heading[:width], _full(rows, at, heading[:width]), rows[max(at, 0)][0],
        rows[at + 1 :], delimiter, tuple(notes),
    )  # fmt: skip


def cell_of(row: Sequence[str], place: int) -> str:
    """A cell of a row that may be too short."""
    return row[place] if place < len(row) else ""


def _plain(text: str) -> str:
    return " ".join(text.split())


def _refusal(name: str, found: str, remedy: str) -> ConfigError:
    return ConfigError(Fault("", found, "a CSV file of dates and prices", remedy, name))


def _text(path: Path, name: str, encoding: str | None) -> str:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise _refusal(name, "not a regular file", "give the path of a CSV file")
        if status.st_size > _MAX_BYTES:
            raise ConfigError(Fault(
                "", f"{status.st_size:,} bytes", f"a CSV file of at most {_MAX_BYTES / 1e6:g} MB",
                "keep only the rows and columns that are needed", name,
            ))  # fmt: skip
        content = path.read_bytes()
    except FileNotFoundError:
        raise _refusal(name, "no such file", "check the path") from None
    except OSError as error:
        raise _refusal(name, f"the file cannot be read: {error}", "check the file") from None
    if content.startswith(_WORKBOOKS):
        raise _refusal(name, "a workbook of a spreadsheet program", "save the sheet as CSV")
    try:
        text = content.decode(encoding or "utf-8-sig")
    except (UnicodeDecodeError, LookupError) as error:
        raise _refusal(
            name, f"the file cannot be read: {error}",
            "save it as CSV in UTF-8, or name its encoding: --encoding cp1252, cp949 ... "
            "(in a config `encoding: cp1252`)",
        ) from None  # fmt: skip
    if "\0" in text:
        raise _refusal(name, "the file cannot be read: it is no text", "save it as CSV in UTF-8")
    return text


def _delimiter(lines: Sequence[str]) -> str:
    """What separates cells: what most lines have, and then what stands most often."""
    shown = [line for line in lines if line.strip()][:_SEARCHED]
    counts = {one: [line.count(one) for line in shown] for one in _SEPARATORS}
    return max(_SEPARATORS, key=lambda one: (sum(map(bool, counts[one])), sum(counts[one])))


def _heading(rows: Sequence[Row], labels: Sequence[str]) -> int:
    """Position of the headings among the rows; -1 if the first row is one of dates already."""
    searched = rows[:_SEARCHED]
    wanted = {_plain(label).casefold() for label in labels if not label.strip().isdecimal()}
    if wanted:
        for position, (_, row) in enumerate(searched):
            if wanted <= {cell.casefold() for cell in row}:
                return position
    for position, (_, row) in enumerate(searched):
        if _is_data(row):
            return position - 1
    return 0


def _is_data(row: Sequence[str]) -> bool:
    """Whether a row holds a date, or begins with a year, and a number beside it."""
    dates = [place for place, cell in enumerate(row) if is_date(cell)]
    if not dates and row and is_year(row[0]):
        dates = [0]
    return bool(dates) and any(
        cell and (cell[0].isdigit() or cell[0] in "-.+" or is_gap(cell))
        for place, cell in enumerate(row)
        if place not in dates
    )


def _full(rows: Sequence[Row], at: int, heading: Sequence[str]) -> list[str]:
    """Headings with the titles of groups in the line above, each of which reaches to the next."""
    if at < 1 or rows[at - 1][0] + 1 < rows[at][0] or sum(map(bool, rows[at - 1][1])) < 2:
        return list(heading)
    found, title = [], ""
    for place, name in enumerate(heading):
        title = cell_of(rows[at - 1][1], place) or title
        found.append(f"{title} {name}".strip() if name else "")
    return found
