"""How a column writes its dates: told from all of it together, never from a single cell."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, NamedTuple

import numpy as np

from simcore.timeseries.numerals import Refusal, is_gap

Day = np.datetime64

ORDERS: Final = ("dmy", "mdy", "ymd")
MONTHS: Final = ("month", "monat", "mois", "mes", "mese", "maand")
QUARTERS: Final = ("quarter", "quartal", "trimestre", "kwartaal")
WEEKS: Final = ("week", "woche", "semaine", "semana", "settimana")
"""Headings of what stands beside a column of years."""
DAYS_OF_MONTH: Final = ("day", "tag", "jour", "dia", "d\u00eda", "giorno", "dag")
"""Headings of what stands beside a column of months."""
_IN_WORDS: Final = {"d": "day", "m": "month", "y": "year"}
_IN_ORDER: Final = 5
"""Dates from which their order in the file says how they are written."""
_MONTHS: Final = tuple(set(names.split()) for names in (
    "january januar janvier enero gennaio janeiro januari",
    "february februar fevrier febrero febbraio fevereiro februari",
    "march marz mars marzo marco maart mrz mrt",
    "april avril abril aprile",
    "may mai mayo maggio maio mei",
    "june juni juin junio giugno junho",
    "july juli juillet julio luglio julho",
    "august aout agosto augustus",
    "september septembre septiembre settembre setembro",
    "october oktober octobre octubre ottobre outubro",
    "november novembre noviembre novembro",
    "december dezember decembre diciembre dicembre dezembro",
))  # fmt: skip
"""In English, German, French, Spanish, Italian, Portuguese and Dutch, without accents."""
_WEEKDAY: Final = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? ", re.IGNORECASE)
_EAST: Final = str.maketrans({"\u5e74": "-", "\ub144": "-", "\u6708": "-", "\uc6d4": "-",
                              "\u65e5": " ", "\uc77c": " "})  # fmt: skip


class Form(NamedTuple):
    """One way to write a date: what it is called, its pattern, and what a cell stands for."""

    called: str
    written: str
    period: str = "day"

    @property
    def pattern(self) -> re.Pattern[str]:
        """Made at the first file: a config without one need not wait for it."""
        return _compiled(self.written)


def _form(called: str, pattern: str, period: str = "day") -> Form:
    long = {"Y": r"(?P<y>(?:1[89]|2[01])\d\d)", "YY": r"'?(?P<y>(?:1[89]|2[01])\d\d|\d\d)",
            "ANY": r"(?P<y>\d{4})", "M": r"(?P<m>\d{1,2})", "D": r"(?P<d>\d{1,2})",
            "N": r"(?P<n>[^\W\d_]{3,10})\.?", "TH": "(?:st|nd|rd|th)?",
            "TIME": r"(?:[T ]+\d.*)?"}  # fmt: skip
    written = re.sub(r"<([A-Z]+)>", lambda one: long[one[1]], pattern)
    return Form(called, written, period)


@cache
def _compiled(written: str) -> re.Pattern[str]:
    return re.compile(written, re.IGNORECASE)


_ISO: Final = _form("YYYY-MM-DD", "<ANY>-<M>-<D><TIME>")
_NUMERIC: Final = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2((?:\d\d){1,2})(?:[T ]+\d.*)?")
"""Day, month and year in an order that is to be found out; the year at the end if it is whole."""
_FORMS: Final = (
    _ISO,
    _form("year/month/day", "<ANY>([/.])<M>\\2<D><TIME>"),
    _form("YYYYMMDD", r"(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>[0-3]\d)(?:\.0)?"),
    _form("day, month in words, year",
          r"<D>(?:<TH>|\.)[ ./-]?(?:de |of )?<N>(?: de)?,?[ ./-]?<YY><TIME>"),
    _form("month in words, day, year", "<N> <D><TH>,? <YY><TIME>"),
    _form("year, month in words, day", "<Y>[ ./-]<N>[ ./-]<D><TIME>"),
    _form("months", "<Y>[ /.-]?M<M>", "month"),
    _form("months", "<Y>[/-]<M>", "month"),
    _form("months", r"<Y>\.(?P<m>\d\d)", "month"),
    _form("months", r"<Y>(?P<m>0[1-9]|1[0-2])(?:\.0)?", "month"),
    _form("months", "<M>[/.-]<Y>", "month"),
    _form("months", "<N>[ ./-]?<YY>", "month"),
    _form("months", "<Y>[ ./-]?<N>", "month"),
    _form("quarters", "<Y>[ /-]?Q0?(?P<q>[1-4])", "quarter"),
    _form("quarters", "Q(?P<q>[1-4])[ /-]?<YY>", "quarter"),
    _form("quarters", r"(?P<q>[1-4])(?:\. ?)?Q(?:uarter|uartal|tr)?\.?[ /-]?<YY>", "quarter"),
    _form("half-years", "<Y>[ /-]?[HS]0?(?P<h>[12])", "half-year"),
    _form("half-years", "[HS](?P<h>[12])[ /-]?<YY>", "half-year"),
    _form("weeks", r"<Y>[ /-]?W(?P<w>\d{1,2})", "week"),
    _form("weeks and days", r"<Y>-?W(?P<w>\d\d)-?(?P<k>[1-7])"),
    _form("years", r"<Y>(?:\.0)?", "year"),
    _form("years", "(?:cal|cy)[ -]?<YY>", "year"),
)  # fmt: skip
_YEARS: Final = _FORMS[-2]
_MONTHS_OF: Final = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}


def _workbook(cell: str) -> str:
    first = np.datetime64("1899-12-30") + int(float(cell))
    return f"{cell}, the number of a day in a workbook ({first}?)"


_NO_DATES: Final = (
    (re.compile(r"[2-7]\d{4}(?:\.\d+)?"), _workbook,
     "format the column as a date in the workbook, then save it as CSV again"),
    (re.compile(r"1\d{9}(?:\d{3})?(?:\.0)?"), lambda cell: f"{cell}, seconds or more since 1970",
     "write dates instead of times of a computer"),
    (re.compile(r"\d{1,2}[ .-][^\W\d_]{3,10}\.?|[^\W\d_]{3,10}\.? \d{1,2}(?:st|nd|rd|th)?"),
     lambda cell: f"{cell}, a day without its year", "write the year too"),
)  # fmt: skip
"""What is often taken for a date, what it is, and what to do."""


@dataclass(frozen=True)
class Dates:
    """How a column writes its dates.

    Attributes
    ----------
    read : callable
        Date of a cell, or None where it is none; a month, quarter, half-year or year is its last
        day, a week its Friday.
    note : str
        What was taken for granted; empty for YYYY-MM-DD.
    period : str
        What one cell stands for: day, week, month, quarter, half-year or year.
    expected : str
        What a date of this column looks like.
    refusal : tuple of str
        Why no cell can be read, where that is one reason for all; else empty.
    order : str or None
        One of `ORDERS`, of dates in numbers whose order had to be found out.
    """

    read: Callable[[str], Day | None]
    note: str = ""
    period: str = "day"
    expected: str = "a date as YYYY-MM-DD"
    refusal: Refusal | tuple[()] = ()
    order: str | None = None


def dates_of(cells: Sequence[str], *, order: str | None = None, latest: int = 2079) -> Dates:
    """Tell how a column writes its dates.

    Parameters
    ----------
    cells : sequence of str
        All of the column.
    order : str, optional
        One of `ORDERS`, where day, month and year could be taken for each other.
    latest : int
        Last year that two digits may mean.

    Returns
    -------
    Dates

    Notes
    -----
    The way is that in which most cells are written; others are no dates then. Day, month and year
    in numbers are read in the one order that all cells allow or, where several are possible, in the
    one that makes the dates evenly spaced, or that puts the rows in the order of time.
    """
    filled = [_plain(cell) for cell in cells if not is_gap(cell)]
    best, most = _ISO, 0
    for form in _FORMS:
        count = sum(_day(form, cell, latest) is not None for cell in filled)
        if count > most:
            best, most = form, count
        if most == len(filled):
            break
    numeric = [match for cell in filled if (match := _NUMERIC.fullmatch(cell))]
    if len(numeric) > most:
        return _ordered(numeric, order, latest)
    if not most:
        for pattern, found, remedy in _NO_DATES:
            odd = [cell for cell in filled if pattern.fullmatch(cell)]
            if len(odd) > len(filled) / 2:
                return Dates(
                    lambda cell: None, refusal=(found(odd[0]), "a date as YYYY-MM-DD", remedy)
                )
    if best.period == "month" and not _is_monthly(filled, best, latest):
        return Dates(lambda cell: None, refusal=(
            f"{filled[0]}, which may be a month or a day without its year",
            "dates that can be read in one way", "write years of four digits",
        ))  # fmt: skip
    if best.period == "month" and all(map(_is_season, filled)) and len(set(filled)) > 1:
        return Dates(lambda cell: None, refusal=(
            f"{filled[0]}, which may be a month or a year that begins in one and ends in the next",
            "dates that can be read in one way",
            "write the year in which it ends, or months as 2001-02",
        ))  # fmt: skip
    note = "" if best is _ISO else f"dates read as {best.called}"
    if best.period in _MONTHS_OF:
        note = f"{best.called} are dated on their last day"
    if best.period == "week":
        note = "weeks are dated on their Friday"
    return Dates(
        lambda cell: _day(best, _plain(cell), latest), note, best.period,
        f"a date as {best.called}" if best.period == "day" else f"{best.called} as the others",
    )  # fmt: skip


@lru_cache(maxsize=4096)
def is_date(cell: str) -> bool:
    """Whether a cell looks like a date, be there such a day or not; no bare year."""
    plain = _plain(cell)
    if _NUMERIC.fullmatch(plain) or any(
        form.pattern.fullmatch(plain) for form in _FORMS if form.period == "day" and "n" not in
        form.pattern.groupindex
    ):  # fmt: skip
        return True
    return any(_day(form, plain, 2079) is not None for form in _FORMS if form is not _YEARS)


def is_year(cell: str) -> bool:
    """Whether a cell may be a bare year."""
    return _YEARS.pattern.fullmatch(cell) is not None


def has_points(cells: Sequence[str]) -> bool:
    """Whether dates are written as in 31.12.2024, as where the decimal sign is a comma."""
    found = [match for cell in cells if (match := _NUMERIC.fullmatch(cell))]
    return bool(found) and all(one[2] == "." and len(one[4]) == 4 for one in found)


def _is_season(cell: str) -> bool:
    """Whether a cell may be a year from one to the next, such as 2001/02."""
    found = re.fullmatch(r"(\d{4})[/-](\d\d)", cell)
    return found is not None and int(found[2]) == (int(found[1]) + 1) % 100


def is_part(cell: str) -> bool:
    """Whether a cell is a month or a quarter without its year."""
    return _month(cell.removesuffix(".")) > 0 or re.fullmatch(r"[Qq][1-4]", cell) is not None


def joined(year: str, part: str, heading: str, day: str = "") -> str:
    """A year and its month, quarter or week, perhaps with a day, out of columns of their own."""
    if not part or not year:
        return ""
    year, part, day = (one.removesuffix(".0") for one in (year, part, day))
    if day:
        month = int(part) if part.isdecimal() else _month(part.removesuffix("."))
        return f"{year}-{month:02}-{day.zfill(2)}"
    if part.isdecimal():
        sign = next(
            (s for s, names in (("Q", QUARTERS), ("W", WEEKS)) if heading.casefold() in names), "M"
        )
        part = f"{sign}{part}"
    return f"{year} {part}"


def _plain(cell: str) -> str:
    """A date without the name of its day, and with dashes for the words of Korea, China, Japan."""
    cell = _WEEKDAY.sub("", cell, count=1)
    east = cell.translate(_EAST)
    return cell if east == cell else re.sub(r"(?<=-) +| +(?=-)", "", east).strip(" -")


def _ordered(found: Sequence[re.Match[str]], order: str | None, latest: int) -> Dates:
    """Dates as in 31/12/2024, 12/31/2024 or 24/12/31, whose order is to be found out."""
    short = any(len(one[4]) == 2 for one in found)
    # Points are written between day and month, never between month and day.
    points = all(one[2] == "." for one in found)
    possible = [one for one in ORDERS if (one != "mdy" or not points) and (one != "ymd" or short)]
    if order is not None:
        possible = [order]
    ways = {one: [_parts(match, one, latest) for match in found] for one in possible}
    counts = {one: sum(day is not None for day in days) for one, days in ways.items()}
    left = [one for one in possible if counts[one] == max(counts.values())]
    why = ""
    for test, reason in ((_is_even, "which makes them evenly spaced"),
                         (_is_on_one_day, "which puts them on one day of the month"),
                         (_is_in_order, "which puts them in order")):  # fmt: skip
        narrower = [one for one in left if test(ways[one])]
        if len(left) > 1 and len(narrower) == 1:
            left, why = narrower, f", {reason}"
    if len(left) != 1:
        apart = [
            place for place in range(len(found)) if len({ways[one][place] for one in left}) > 1
        ]
        at = apart[0] if apart else 0
        read = " or ".join(str(ways[one][at]) for one in left)
        return Dates(lambda cell: None, refusal=(
            f"{found[at][0]}, ambiguous: {read}", "dates that can be read in one way",
            f"say the order: --date-order {' or '.join(left)}",
        ))  # fmt: skip
    called = "/".join(_IN_WORDS[one] for one in left[0])
    note = "" if order is not None else f"dates read as {called}{why}"
    if short:
        note += f"{'; ' if note else ''}{found[0][0]} is {ways[left[0]][0]}"

    def read_one(cell: str) -> Day | None:
        match = _NUMERIC.fullmatch(_plain(cell))
        return None if match is None else _parts(match, left[0], latest)

    return Dates(read_one, note, expected=f"a date as {called}", order=left[0])


def _parts(match: re.Match[str], order: str, latest: int) -> Day | None:
    part = dict(zip(order, (match[1], match[3], match[4]), strict=True))
    if len(part["y"]) not in (2, 4) or (order == "ymd" and len(match[4]) == 4):
        return None
    return _date(_year(part["y"], latest), int(part["m"]), int(part["d"]))


def _is_even(days: Sequence[Day | None]) -> bool:
    """Whether dates are always as many days, whole weeks, a month, quarter or year apart."""
    whole = [day for day in days if day is not None]
    if len(whole) < 3:
        return False
    steps = np.abs(np.diff(np.array(whole, dtype="datetime64[D]")).astype(int))
    if len(whole) >= _IN_ORDER and steps.min() and not np.any(steps % 7):
        return True
    spans = ((28, 31), (89, 92), (365, 366), (steps.min(), steps.min()))
    return any(low <= steps.min() and steps.max() <= high for low, high in spans if low)


def _is_on_one_day(days: Sequence[Day | None]) -> bool:
    """Whether dates of several years are all on one day of several months."""
    parts = [str(day).split("-") for day in days if day is not None]
    years, months, on = ({part[place] for part in parts} for place in range(3))
    return len(years) > 1 and len(months) > 1 and len(on) == 1


def _is_in_order(days: Sequence[Day | None]) -> bool:
    whole = [day for day in days if day is not None]
    steps = np.diff(np.array(whole, dtype="datetime64[D]")).astype(int)
    return len(whole) >= _IN_ORDER and bool(np.all(steps >= 0) or np.all(steps <= 0))


def _is_monthly(cells: Sequence[str], form: Form, latest: int) -> bool:
    """Whether months with years of two digits follow each other, as days of a month do not."""
    years = [match["y"] for cell in cells if (match := form.pattern.fullmatch(cell))]
    if any(len(year) == 4 for year in years):
        return True
    days = {day for cell in cells if (day := _day(form, cell, latest)) is not None}
    return len(days) < 3 or float(np.median(np.diff(sorted(days)).astype(int))) < 400


def _year(text: str, latest: int) -> int:
    """A year of two digits is the last such one until `latest`."""
    if len(text) == 4:
        return int(text)
    return latest - (latest - int(text)) % 100


def _month(name: str) -> int:
    """Number of a month by its name or the beginning of it; 0 where it is none."""
    bare = "".join(one for one in unicodedata.normalize("NFKD", name.casefold()) if one.isalpha())
    found = [place for place, names in enumerate(_MONTHS, 1)
             if any(one.startswith(bare) for one in names)]  # fmt: skip
    return found[0] if len(found) == 1 else 0


def _day(form: Form, cell: str, latest: int) -> Day | None:
    """Date of a cell: the last day of what it stands for."""
    match = form.pattern.fullmatch(cell)
    if match is None:
        return None
    part = match.groupdict()
    year = _year(part["y"], latest)
    if "w" in part:
        try:
            day = datetime.date.fromisocalendar(year, int(part["w"]), int(part.get("k") or 5))
        except ValueError:
            return None
        return np.datetime64(day, "D")
    month = _month(part["n"]) if "n" in part else int(
        part.get("m") or 3 * int(part.get("q") or 0) or 6 * int(part.get("h") or 0) or 12
    )  # fmt: skip
    if "d" in part:
        return _date(year, month, int(part["d"]))
    first = _date(year, month, 1)
    if first is None:
        return None
    return month_end(first)


def month_end(day: Day) -> Day:
    """Last day of the month of a day."""
    return np.datetime64((day.astype("datetime64[M]") + 1).astype("datetime64[D]") - 1)


def _date(year: int, month: int, day: int) -> Day | None:
    try:
        return np.datetime64(f"{year:04}-{month:02}-{day:02}", "D")
    except ValueError:
        return None
