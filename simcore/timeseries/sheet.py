"""A CSV file as headings and rows: where its table begins, and which column has which name."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from simcore.errors import ConfigError, Fault, suggest
from simcore.timeseries.content import refusal, text_of
from simcore.timeseries.dates import is_date, is_year
from simcore.timeseries.numerals import is_gap, is_number

_SEARCHED: Final = 200
"""Rows by which the separator, the dates and the headings are found."""
_TALLEST: Final = 12
"""Rows of headings above each other."""
_SEPARATORS: Final = (";", "\t", "|", ",")
_SEP_LINE: Final = re.compile(r'"?sep=(.)"?[;,]*', re.IGNORECASE)
_A_UNIT: Final = re.compile(
    r"[(\[].*[)\]]|[A-Z$\u20ac\u00a3\u00a5\u20a9]{1,3}|[^\s/]{1,4} ?/ ?[^/]{1,10}|%"
)
_DATES: Final = (
    "date", "datum", "fecha", "data", "time_period", "period", "month", "week", "quarter", "year",
    "time",
)  # fmt: skip
"""Headings of dates, the likelier first."""
_PRICES: Final = ("price", "obs_value")
"""Headings of prices, where other numbers stand beside them."""

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
    names : list of list of str
        Other names of the columns: with the title over a group of them, with the unit below.
    line : int
        Line of the headings, from 1.
    rows : list of (int, list of str)
        Line and cells of each row that is not empty.
    delimiter : str
        What separates the cells.
    notes : tuple of str
        What was taken for granted.
    """

    name: str
    heading: list[str]
    names: list[list[str]]
    line: int
    rows: list[Row]
    delimiter: str
    notes: tuple[str, ...] = ()

    def find(self, label: str | int, option: str) -> int:
        """Position of a column by its heading, or by its number from 1.

        Raises
        ------
        ConfigError
            No column, or several ones, have that name.
        """
        wanted = _plain(str(label))
        for names in (self.heading, *self.names):
            for fold in (str, str.casefold):
                places = [p for p, one in enumerate(names) if one and fold(one) == fold(wanted)]
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
        known = [self.label(place) for place in range(len(self.heading))]
        near = suggest(wanted, known)
        raise ConfigError(Fault(
            option, f"no column {wanted!r}", f"one of the columns {', '.join(known)}",
            f"did you mean {near}?" if near else f"name one with {option}", self.name, self.line,
        ))  # fmt: skip

    def _called(self, place: int) -> str:
        title = next((names[place] for names in self.names if names[place]), "")
        return str(place + 1) + (f" ({title})" if title not in ("", self.heading[place]) else "")

    def column(self, place: int) -> list[str]:
        """All cells of a column, empty ones included."""
        return [cell_of(row, place) for _, row in self.rows]

    def label(self, place: int) -> str:
        """Heading of a column, or its number where it has none."""
        return self.heading[place] or f"column {place + 1}"

    def called(self, place: int) -> list[str]:
        """All that stands above a column."""
        return [names[place] for names in (self.heading, *self.names)]

    def dates(self) -> list[int]:
        """Positions of the columns that hold dates: those of a usual name, or all."""
        rows = self.rows[:_SEARCHED]
        filled = {place: _filled(rows, place) for place in range(len(self.heading))}
        found: list[int] = []
        for test in (is_date, is_year):
            found = found or [place for place, cells in filled.items()
                              if 2 * sum(map(test, cells)) > len(cells)]  # fmt: skip
        # One date in every row is when the file was made.
        varied = [place for place in found if len(set(self.column(place))) > 1] or found
        for name in _DATES:
            named = [place for place in varied if self.heading[place].casefold() == name]
            if named:
                return named
        return varied

    def prices(self, aside: Sequence[int]) -> list[int]:
        """Positions of the columns that hold numbers: those of a usual name, or all."""
        rows = self.rows[:_SEARCHED]
        found = [
            place for place in range(len(self.heading)) if place not in aside
            and 2 * sum(map(is_number, _filled(rows, place))) >= len(_filled(rows, place)) > 0
        ]  # fmt: skip
        for name in _PRICES:
            named = [place for place in found if self.heading[place].casefold() == name]
            if named:
                return named
        others = [place for place in range(len(self.heading))
                  if place not in aside and _filled(rows, place)]  # fmt: skip
        return found or (others if len(others) == 1 else [])


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
        Headings asked for: the table begins where a line has them all.
    encoding : str, optional
        As Python names it; UTF-8 by default.

    Raises
    ------
    ConfigError
        The file cannot be read, or holds no rows.
    """
    name = name or str(path)
    text, told = text_of(path, name, encoding)
    notes = [told] if told else []
    first = next((line for line in text.splitlines() if line.strip()), "")
    stated = _SEP_LINE.fullmatch(first.strip())
    delimiter = stated[1] if stated else max(_SEPARATORS, key=lambda one: _fits(text, one))
    try:
        rows = _rows(text, delimiter)
    except csv.Error as error:
        raise refusal(name, f"the file cannot be read: {error}", "save it as CSV") from None
    if stated:
        rows = rows[1 + next(place for place, (_, row) in enumerate(rows) if any(row)) :]
    turned = _turned(rows)
    if turned:
        rows = turned
        notes.append("dates found side by side: the table is turned")
    at = _body(rows, labels)
    over, main = _headings(rows, at)
    if main is None:
        notes.append("no headings: columns are known by their numbers")
    elif any(any(row) for line, row in rows[:at] if line < main[0]):
        notes.append(f"headings found in line {main[0]}")
    body = [(line, row) for line, row in rows[at:] if any(row)]
    again = [row for row in body if main is not None and row[1] == main[1]]
    if again:
        body = [row for row in body if row not in again]
        notes.append(f"{len(again)} lines repeat the headings")
    if not body:
        raise refusal(name, "no rows", "a line of headings, then a line a date")
    if main is not None:
        _check_width(body, max(len(row) for _, row in over), name)
    width = max(len(row) for _, row in [*body, *over])
    heading, *names = _names(over, main, width)
    line = body[0][0] if main is None else main[0]
    return Sheet(name, heading, names, line, body, delimiter, tuple(notes))


def cell_of(row: Sequence[str], place: int) -> str:
    """A cell of a row that may be too short."""
    return row[place] if place < len(row) else ""


def _plain(text: str) -> str:
    return " ".join(text.split())


def _rows(text: str, delimiter: str, most: int | None = None) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return [(reader.line_num, [_plain(one) for one in row]) for row in islice(reader, most)]


def _filled(rows: Sequence[Row], place: int) -> list[str]:
    """Cells of a column that say something."""
    return [cell for _, row in rows if not is_gap(cell := cell_of(row, place))]


def _fits(text: str, delimiter: str) -> tuple[int, int]:
    """Rows that begin to make sense with a separator: with a date, and of one width."""
    try:
        rows = [row for _, row in _rows(text, delimiter, _SEARCHED) if any(row)]
    except csv.Error:
        return 0, 0
    widths = Counter(len(row) for row in rows if len(row) > 1)
    dated = sum(len(row) > 1 and any(map(is_date, row)) for row in rows)
    return dated, max(widths.values(), default=0)


def _turned(rows: Sequence[Row]) -> list[Row]:
    """A table whose dates stand side by side, with a row a date instead; empty if they do not."""
    searched = rows[:_SEARCHED]
    for place, (line, row) in enumerate(searched):
        dates = [at for at, cell in enumerate(row) if is_date(cell) or is_year(cell)]
        if len(dates) < 3 or len(dates) < len(row) - dates[0]:
            continue
        below = [one for _, one in rows[place + 1 :] if any(one)]
        if any(map(is_date, (cell_of(one, 0) for one in below))):
            return []
        names = [" ".join(filter(None, one[: dates[0]])) for one in below]
        return [(line, ["date", *names])] + [
            (line, [row[at], *(cell_of(one, at) for one in below)]) for at in dates
        ]
    return []


def _dated(rows: Sequence[Row]) -> int | None:
    """Position of the column with the most dates, or else years."""
    for test in (is_date, is_year):
        counts = Counter(
            place for _, row in rows for place, cell in enumerate(row) if test(cell)
        )  # fmt: skip
        if counts:
            return max(sorted(counts), key=lambda place: counts[place])
    return None


def _body(rows: Sequence[Row], labels: Sequence[str]) -> int:
    """Position of the first row that is no heading."""
    wanted = {_plain(label).casefold() for label in labels if not label.strip().isdecimal()}
    start = next(
        (place + 1 for place, (_, row) in enumerate(rows[:_SEARCHED])
         if wanted and wanted <= {cell.casefold() for cell in row}), 0,
    )  # fmt: skip
    searched = rows[start : start + _SEARCHED]
    dates = _dated(searched)
    for place, (_, row) in enumerate(searched, start):
        if dates is None:
            begins = any(map(is_number, row)) and place > 0
        else:
            both = [cell_of(one, dates) for _, one in rows[place : place + 2]]
            found = [is_date(cell) or is_year(cell) for cell in both]
            begins = found[0] and len(row) > 1 and (sum(map(bool, row)) > 1 or all(found))
        if begins:
            break
    else:
        return len(rows) if dates is not None or not start else start
    # A price beside a date that cannot be read is a fault of the file, and no heading.
    while place > max(start, 1) and any(
        is_number(cell) and not is_year(cell) for cell in rows[place - 1][1]
    ):
        place -= 1
    return place


def _headings(rows: Sequence[Row], at: int) -> tuple[list[Row], Row | None]:
    """Rows of headings above the body, and the one that has the names of the columns."""
    above = list(rows[:at])
    while above and not any(above[-1][1]):
        above.pop()
    blank = [place for place, (_, row) in enumerate(above) if not any(row)]
    over = above[blank[-1] + 1 if blank else 0 :][-_TALLEST:]
    wide = [one for one in over if sum(map(bool, one[1])) > 1 or _is_of_units(one)] or over[-1:]
    if not wide:
        return [], None
    dates = _dated(rows[at : at + _SEARCHED]) or 0
    named = [one for one in wide if not _is_of_units(one)] or wide
    dated = [one for one in named if cell_of(one[1], dates)] or named
    return wide, dated[-1]


def _is_of_units(row: Row) -> bool:
    return any(row[1]) and all(_A_UNIT.fullmatch(cell) for cell in row[1] if cell)


def _check_width(body: Sequence[Row], width: int, name: str) -> None:
    """Refuse numbers under no heading: parts of 52,1 or 1,234 in a file of commas, or a shift."""
    dates = _dated(body[:_SEARCHED])
    wrong = [
        (line, row) for line, row in body
        if len(row) > width and any(map(is_number, row[width:]))
        and (dates is None or is_date(cell_of(row, dates)) or is_year(cell_of(row, dates)))
    ]  # fmt: skip
    if wrong:
        line, row = wrong[0]
        more = f", and so in {len(wrong) - 1:,} more lines" if len(wrong) > 1 else ""
        raise ConfigError(Fault(
            "", f"{len(row)} cells under {width} headings{more}", "a heading for each number",
            "put numbers with commas in quotes, separate cells by semicolons, or add the heading",
            name, line,
        ))  # fmt: skip


def _names(over: Sequence[Row], main: Row | None, width: int) -> list[list[str]]:
    """Names of the columns: their headings, then with titles above and units below, and alone."""
    if main is None:
        return [[""] * width]
    at = over.index(main)
    names = [cell_of(main[1], place) for place in range(width)]
    titles = [""] * width
    for _, row in over[:at]:
        title = ""
        for place in range(width):
            title = cell_of(row, place) or title
            titles[place] = _plain(f"{titles[place]} {title}")
    units = [_plain(" ".join(cell_of(row, p) for _, row in over[at + 1 :])) for p in range(width)]
    with_title = [
        _plain(f"{title} {name}") if name else "" for title, name in zip(titles, names, strict=True)
    ]
    ways = [names, with_title]
    for one in (names, with_title):
        ways.append([_plain(f"{n} {unit}") for n, unit in zip(one, units, strict=True)])
    apart = [[cell_of(row, p) for p in range(width)] for _, row in over if row is not main[1]]
    return [*ways, *apart]
