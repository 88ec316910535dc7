"""How a CSV writes dates and numbers: told from a whole column, never from a single cell."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

Day = np.datetime64
Refusal = tuple[str, str, str]
"""What was found, what was expected, and what to do."""

ORDERS: Final = ("dmy", "mdy")
DECIMALS: Final = ("point", "comma")

_ISO: Final = re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?:[T ].*)?")
_YEAR_FIRST: Final = re.compile(r"(?P<y>\d{4})[/.](?P<m>\d{1,2})[/.](?P<d>\d{1,2})(?:[T ].*)?")
_COMPACT: Final = re.compile(r"(?P<y>(?:19|20)\d{2})(?P<m>0[1-9]|1[0-2])(?P<d>[0-3]\d)")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:[T ].*)?")
_NAMED: Final = (
    re.compile(r"(?P<n>[A-Za-z]{3,9})\.? (?P<d>\d{1,2})(?:st|nd|rd|th)?,? (?P<y>\d{4})"),
    re.compile(r"(?P<d>\d{1,2})(?:st|nd|rd|th)?[ -](?P<n>[A-Za-z]{3,9})\.?,?[ -](?P<y>\d{4})"),
)
_MONTHS: Final = (
    re.compile(r"(?P<y>\d{4})[-/]?[Mm](?P<m>\d{1,2})"),
    re.compile(r"(?P<y>\d{4})[-/](?P<m>\d{1,2})"),
    re.compile(r"(?P<n>[A-Za-z]{3,9})\.?[ -](?P<y>\d{4})"),
    re.compile(r"(?P<y>\d{4})[ -](?P<n>[A-Za-z]{3,9})"),
)
_QUARTERS: Final = (
    re.compile(r"(?P<y>\d{4})[ -]?[Qq](?P<q>[1-4])"),
    re.compile(r"[Qq](?P<q>[1-4])[ -/]?(?P<y>\d{4})"),
)
_YEAR: Final = re.compile(r"(?P<y>(?:1[89]|20|21)\d{2})")
_SERIAL: Final = re.compile(r"[2-7]\d{4}(?:\.0+)?")
_NAMES: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_COMMA_THOUSANDS: Final = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?")
_POINT_THOUSANDS: Final = re.compile(r"-?\d{1,3}(?:\.\d{3})+(?:,\d+)?|-?\d+(?:,\d+)?")
_EITHER: Final = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")
_SPACED: Final = re.compile(r"(?<=\d)[ \u00a0\u202f'\u2019](?=\d{3}(?!\d))")
_GAPS: Final = frozenset({
    ".", "..", "...", "-", "--", "---", "\u2013", "\u2014", ":", "*", "n/a", "na", "n.a.", "nan",
    "null", "none", "nil", "#n/a", "#n/a n/a", "#na", "#value!", "#ref!",
})  # fmt: skip


@dataclass(frozen=True)
class Dates:
    """How a column writes its dates.

    Attributes
    ----------
    read : callable
        Date of a cell, or None where it is none; a month, quarter or year is its last day.
    note : str
        What was taken for granted; empty for YYYY-MM-DD.
    period : str
        What one cell stands for: day, month, quarter or year.
    refusal : tuple of str
        Why no cell can be read, where that is one reason for all; else empty.
    """

    read: Callable[[str], Day | None]
    note: str = ""
    period: str = "day"
    refusal: Refusal | tuple[()] = ()


@dataclass(frozen=True)
class Numbers:
    """How a column writes its numbers.

    Attributes
    ----------
    read : callable
        Finite number of a cell, or None where it is none.
    note : str
        What was taken for granted; empty for 1234.5.
    refusal : tuple of str
        Why no cell can be read, where that is one reason for all; else empty.
    """

    read: Callable[[str], float | None]
    note: str = ""
    refusal: Refusal | tuple[()] = ()


def is_gap(cell: str) -> bool:
    """Whether a cell says that there is no price."""
    return not cell or cell.casefold() in _GAPS


def dates_of(cells: Sequence[str], *, order: str | None = None) -> Dates:
    """Tell how a column writes its dates.

    Parameters
    ----------
    cells : sequence of str
        All of the column.
    order : str, optional
        One of `ORDERS`, where day and month could be taken for each other.

    Returns
    -------
    Dates

    Notes
    -----
    Other ways than YYYY-MM-DD are read only where every cell is written so. Day and month before
    the year are read in the one order that all cells allow or, where both are possible, in the one
    that makes the dates evenly spaced.
    """
    filled = [cell for cell in cells if cell]
    if not filled:
        return Dates(lambda cell: _day(_ISO.fullmatch(cell)))
    for patterns, period in ((_MONTHS, "month"), (_QUARTERS, "quarter"), ((_YEAR,), "year")):
        for pattern in patterns:
            if all(_day(pattern.fullmatch(cell)) is not None for cell in filled):
                return Dates(
                    lambda cell, pattern=pattern: _day(pattern.fullmatch(cell)),  # type: ignore[misc]
                    f"{period}s are dated on their last day", period,
                )  # fmt: skip
    for pattern, note in (
        (_YEAR_FIRST, "dates read as year/month/day"), (_COMPACT, "dates read as YYYYMMDD"),
        *((one, "dates with the month in words") for one in _NAMED),
    ):  # fmt: skip
        if all(pattern.fullmatch(cell) for cell in filled):
            return Dates(lambda cell, pattern=pattern: _day(pattern.fullmatch(cell)), note)  # type: ignore[misc]
    if all(_YEAR_LAST.fullmatch(cell) for cell in filled):
        return _year_last(filled, order)
    if all(_SERIAL.fullmatch(cell) for cell in filled):
        first = np.datetime64("1899-12-30") + int(float(filled[0]))
        return Dates(lambda cell: None, refusal=(
            f"{filled[0]}, the number of a day in a workbook ({first}?)", "a date as YYYY-MM-DD",
            "format the column as a date in the workbook, then save it as CSV again",
        ))  # fmt: skip
    return Dates(lambda cell: _day(_ISO.fullmatch(cell)))


def is_date(cell: str) -> bool:
    """Whether a cell looks like a date, be there such a day or not; no bare year."""
    if any(one.fullmatch(cell) for one in (_YEAR_LAST, _ISO, _YEAR_FIRST, _COMPACT)):
        return True
    worded = (*_NAMED, *_MONTHS, *_QUARTERS)
    return any(_day(pattern.fullmatch(cell)) is not None for pattern in worded)


def is_year(cell: str) -> bool:
    """Whether a cell may be a bare year."""
    return _YEAR.fullmatch(cell) is not None


def has_points(cells: Sequence[str]) -> bool:
    """Whether dates are written as in 31.12.2024, as where the decimal sign is a comma."""
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(
        (found := _YEAR_LAST.fullmatch(cell)) is not None and found[2] == "." for cell in filled
    )


def numbers_of(
    cells: Sequence[str], *, decimal: str | None = None, delimiter: str = ",", points: bool = False
) -> Numbers:
    """Tell how a column writes its numbers.

    Parameters
    ----------
    cells : sequence of str
        All of the column, empty ones included.
    decimal : str, optional
        One of `DECIMALS`, where 1,234 or 1.234 could be taken for another number.
    delimiter : str
        What separates the cells: where it is a comma, no number has a decimal comma.
    points : bool
        Whether the dates of the file are written as in 31.12.2024.

    Returns
    -------
    Numbers

    Notes
    -----
    1,234.50 and 1.234,50 are read where every cell may be written so in one of the two ways only. A
    column of nothing but 1,234 or 1.234 is read by what separates the cells and by how the dates
    are written, and refused where these say nothing.
    """
    filled = [_SPACED.sub("", cell) for cell in cells if not is_gap(cell)]

    def with_point(cell: str) -> float | None:
        cell = _SPACED.sub("", cell)
        return _number(cell.replace(",", "") if _COMMA_THOUSANDS.fullmatch(cell) else cell)

    def with_comma(cell: str) -> float | None:
        cell = _SPACED.sub("", cell)
        if not _POINT_THOUSANDS.fullmatch(cell):
            return None
        return _number(cell.replace(".", "").replace(",", "."))

    def plain(cell: str) -> float | None:
        return _number(_SPACED.sub("", cell))

    def refused(cell: str) -> Numbers:
        return Numbers(plain, refusal=(
            f"{cell}, which may be {with_point(cell):g} or {with_comma(cell):g}",
            "numbers that can be read in one way", "say which sign is the decimal one: "
            "--decimal point or comma (in a config `decimal: point`)",
        ))  # fmt: skip

    if decimal is not None:
        return Numbers(with_point if decimal == "point" else with_comma)
    if all(_number(cell) is not None for cell in filled):
        if delimiter != "," and filled and all(_EITHER.fullmatch(cell) for cell in filled):
            if points:
                return Numbers(with_comma, "points read as thousands, as in the dates 31.12.2024")
            if delimiter == ";":
                return refused(filled[0])
        return Numbers(plain)
    grouped = all(_COMMA_THOUSANDS.fullmatch(cell) for cell in filled)
    other = all(_POINT_THOUSANDS.fullmatch(cell) for cell in filled)
    if grouped and (not other or delimiter == ","):
        return Numbers(with_point, "commas read as thousands")
    if other and (not grouped or points):
        return Numbers(with_comma, "commas read as decimal")
    return refused(next(one for one in filled if "," in one)) if grouped else Numbers(plain)


def _year_last(filled: Sequence[str], order: str | None) -> Dates:
    """Dates as in 31/12/2024 or 12/31/2024, whose order is to be found out."""
    found = [match for cell in filled if (match := _YEAR_LAST.fullmatch(cell))]
    parts = [(int(one[1]), int(one[3])) for one in found]
    # Points are written between day and month, never between month and day.
    first = any(one > 12 for one, _ in parts) or all(one[2] == "." for one in found)
    second = any(one > 12 for _, one in parts)
    day_first = Dates(lambda cell: _ordered(cell, "dmy"), "dates read as day/month/year")
    month_first = Dates(lambda cell: _ordered(cell, "mdy"), "dates read as month/day/year")
    if order in ("dmy", "mdy"):
        return Dates((day_first if order == "dmy" else month_first).read)
    if first != second:
        return day_first if first else month_first
    if first:
        return Dates(lambda cell: _day(_ISO.fullmatch(cell)))
    even = [_is_even([one.read(cell) for cell in filled]) for one in (day_first, month_first)]
    if even[0] != even[1]:
        one = day_first if even[0] else month_first
        return Dates(one.read, f"{one.note}, which makes them evenly spaced")
    return Dates(lambda cell: None, refusal=(
        f"{filled[0]}, ambiguous: {day_first.read(filled[0])} or {month_first.read(filled[0])}",
        "dates that can be read in one way",
        "say the order: --date-order dmy or mdy (in a config `date_order: dmy`)",
    ))  # fmt: skip


def _ordered(cell: str, order: str) -> Day | None:
    match = _YEAR_LAST.fullmatch(cell)
    if match is None:
        return None
    day, month = (1, 3) if order == "dmy" else (3, 1)
    return _date(int(match[4]), int(match[month]), int(match[day]))


def _is_even(days: Sequence[Day | None]) -> bool:
    """Whether dates are a month, or always as many days, apart."""
    if len(days) < 3 or any(day is None for day in days):
        return False
    steps = np.abs(np.diff(np.array(days, dtype="datetime64[D]")).astype(int))
    return bool(steps.min() == steps.max() or (steps.min() >= 28 and steps.max() <= 31))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _day(match: re.Match[str] | None) -> Day | None:
    """Date of the named parts of a match: the last day where day, month or both are missing."""
    if match is None:
        return None
    part = match.groupdict()
    month = int(part.get("m") or 0) or 3 * int(part.get("q") or 0) or 12
    if "n" in part:
        name = part["n"].casefold()
        named = [place for place, one in enumerate(_NAMES, 1) if name in (one, one[:3])]
        named += [9] if name == "sept" else []
        if not named:
            return None
        month = named[0]
    if "d" in part:
        return _date(int(part["y"]), month, int(part["d"]))
    first = _date(int(part["y"]), month, 1)
    if first is None:
        return None
    return np.datetime64((first.astype("datetime64[M]") + 1).astype("datetime64[D]") - 1)


def _date(year: int, month: int, day: int) -> Day | None:
    try:
        return np.datetime64(f"{year:04}-{month:02}-{day:02}", "D")
    except ValueError:
        return None
