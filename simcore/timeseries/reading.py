"""A CSV of dates and prices as two arrays, with every fault of the file at once."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.errors import ConfigError, Fault
from simcore.timeseries.cells import Day, dates_of, has_points, is_gap, numbers_of
from simcore.timeseries.sheet import Sheet, cell_of, read_sheet

DAYS: Final = 365.25
"""Days of a year."""
_SHOWN: Final = 5
"""Faults of one sort that are told line by line."""
_SMALLEST, _LARGEST = 1e-6, 1e12  # in any money per tonne: what lies outside is a mistake
_GAP: Final = 5
"""A gap is noted from this many times the usual distance of two dates."""
_FIRST_YEAR, _LAST_YEAR = 1800, 2200
_MISPRINT: Final = 8.0
"""A price this many times its neighbours, or a part of them, is told as a possible misprint."""
_PERIODS: Final = {"day": 1, "month": 1, "quarter": 3, "year": 12}
"""Months for which one price of a column stands."""


@dataclass(frozen=True)
class Options:
    """How to read a file, where it does not tell by itself.

    Attributes
    ----------
    date : str, optional
        Heading of the dates; by default `date`, or the only column of dates.
    where : mapping of str to str
        Keep only rows with these cells: {"instrument": "EUA"}.
    front : str, optional
        Column of the delivery of a future: keep on each date the price of the nearest delivery.
    first, last : str, optional
        Keep only dates from and to these, YYYY-MM-DD.
    duplicates : str
        `error` refuses two prices of one date; `last` or `mean` choose.
    encoding : str, optional
        Of the file; UTF-8 by default.
    decimal : str, optional
        `point` or `comma`.
    date_order : str, optional
        `dmy` or `mdy`.
    future : bool
        Whether dates may lie ahead, as those of a forward curve or a forecast do.
    signed : bool
        Whether prices may be zero or negative.
    fewest : int
        Dates with a price that a file must have.
    """

    date: str | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    front: str | None = None
    first: str | None = None
    last: str | None = None
    duplicates: str = "error"
    encoding: str | None = None
    decimal: str | None = None
    date_order: str | None = None
    future: bool = False
    signed: bool = False
    fewest: int = 2


@dataclass(frozen=True)
class History:
    """Prices of one thing on increasing dates.

    Attributes
    ----------
    dates : datetime64[D], shape (n,)
        Strictly increasing.
    prices : float64, shape (n,)
        In the unit of the file.
    file, column : str
        Where they were read.
    notes : tuple of str
        What a reader should know: gaps, days without a change, rows left out.
    period : str
        What one price stands for, as far as its date tells: day, month, quarter or year.
    """

    dates: NDArray[np.datetime64]
    prices: NDArray[np.float64]
    file: str
    column: str
    notes: tuple[str, ...] = ()
    period: str = "day"

    @property
    def years(self) -> NDArray[np.float64]:
        """Time since the first date, years."""
        return (self.dates - self.dates[0]).astype(float) / DAYS


def read(
    path: str | Path,
    *,
    column: str | None = None,
    options: Options | None = None,
    name: str | None = None,
    **changes: Any,
) -> History:
    """Read one history.

    Parameters
    ----------
    path : str or Path
        CSV with a heading, with commas, semicolons or tabs; rows in any order. Empty prices, and
        marks such as `n/a` or a single point, are gaps. How dates and numbers are written: see
        `cells`; how the headings are found: see `sheet`.
    column : str, optional
        Heading of the prices, or its number; needed unless there is only one column of numbers
        beside the dates, or one called price.
    options : Options, optional
        How to read it; `changes` are fields of it.
    name : str, optional
        How to call the file in faults; its path by default.

    Returns
    -------
    History

    Raises
    ------
    ConfigError
        Every fault of the file at once: unreadable dates or prices, prices of zero or less, two
        prices on one date, no such column, fewer than two prices.
    """
    told = replace(options or Options(), **changes)
    labels = [one for one in (column, told.date, told.front, *told.where) if one]
    sheet = read_sheet(Path(path), name=name, labels=labels, encoding=told.encoding)
    return of_sheet(sheet, column, told)


def of_sheet(sheet: Sheet, column: str | None, told: Options) -> History:
    """Read one history from a file whose headings are known; see `read`."""
    notes = list(sheet.notes)
    at_date = _dates_at(sheet, told.date, notes)
    conditions = [(sheet.find(key, "--where"), value) for key, value in told.where.items()]
    at_front = None if told.front is None else sheet.find(told.front, "--front")
    aside = [at_date, *(place for place, _ in conditions), *([at_front] if at_front else [])]
    at_price = _price_at(sheet, aside) if column is None else sheet.find(column, "--column")
    start, end = (
        _bound(text, option) for text, option in ((told.first, "--from"), (told.last, "--to"))
    )
    every = [cell_of(row, at_date) for _, row in sheet.rows]
    rows = [
        (line, row) for line, row in sheet.rows
        if all(cell_of(row, place) == value for place, value in conditions)
    ]  # fmt: skip
    days = dates_of(every, order=told.date_order)
    numbers = numbers_of(
        [cell_of(row, at_price) for _, row in rows], decimal=told.decimal,
        delimiter=sheet.delimiter, points=has_points(every),
    )  # fmt: skip
    refusals = [
        Fault(sheet.label(place), *one.refusal, sheet.name, rows[0][0])
        for place, one in ((at_date, days), (at_price, numbers))
        if one.refusal and rows
    ]
    if refusals:
        raise ConfigError(refusals)
    deliveries = None if at_front is None else _deliveries(sheet, rows, at_front, told)
    found: list[tuple[Day, float, int]] = []
    nearest: dict[Day, Day] = {}
    faults: list[Fault] = []
    empty, marks = 0, set()
    for position, (line, row) in enumerate(rows):
        day = days.read(cell_of(row, at_date))
        wrong_day = _wrong_day(day, cell_of(row, at_date), told)
        if day is None or wrong_day is not None:
            found_there, expected, remedy = wrong_day or ("", "", "")
            faults.append(
                Fault(sheet.label(at_date), found_there, expected, remedy, sheet.name, line)
            )
            continue
        if (start is not None and day < start) or (end is not None and day > end):
            continue
        text = cell_of(row, at_price)
        if is_gap(text):
            empty += 1
            marks.add(text)
            continue
        price = numbers.read(text)
        wrong = _wrong(price, signed=told.signed)
        if price is None or wrong is not None:
            expected, remedy = wrong or ("a number", "write a number")
            faults.append(Fault(sheet.label(at_price), text, expected, remedy, sheet.name, line))
            continue
        if deliveries is not None:
            delivery = deliveries[position]
            if delivery is None or delivery < day:
                continue
            if day in nearest and nearest[day] <= delivery:
                if nearest[day] < delivery:
                    continue
            else:
                nearest[day] = delivery
                found = [one for one in found if one[0] != day]
        found.append((day, price, line))
    found.sort(key=lambda one: (one[0], one[2]))
    if told.duplicates == "error":
        faults += _twice(found, sheet.name)
    if not faults and len({day for day, _, _ in found}) < told.fewest:
        what = f"{len(found)} prices"
        if told.where and not rows:
            what += f"; no row has {', '.join(f'{k}={v}' for k, v in told.where.items())}"
        faults.append(Fault(
            sheet.label(at_price), what,
            "prices on two dates or more" if told.fewest > 1 else "a price",
            "check --where, --from and --to", sheet.name,
        ))  # fmt: skip
    if faults:
        raise ConfigError(_shortened(faults))
    dates, prices, merged = _merged(found, told.duplicates)
    notes += [one for one in (days.note, numbers.note) if one]
    shown = " ".join(sorted(repr(mark) for mark in marks if mark))
    notes += [f"{empty:,} rows without a price{shown and f' ({shown})'}"] if empty else []
    notes += [f"{merged:,} rows on a date seen before"] if merged else []
    if nearest:
        rolled = sum(nearest[one] != nearest[other] for one, other in pairwise(sorted(nearest)))
        notes.append(f"the nearest delivery of each date; it changes {rolled} times")
    label = _label(sheet.label(at_price), told.where)
    history = History(dates, prices, Path(sheet.name).name, label, (), days.period)
    return replace(history, notes=(*notes, *_observed(history)))


def annual_means(history: History) -> tuple[dict[int, float], list[str]]:
    """Mean price of each calendar year, every month of it counting alike.

    Also notes of the years of which some months have no price.
    """
    months = history.dates.astype("datetime64[M]").astype(int)
    means: dict[int, float] = {}
    notes = []
    for year in np.unique(months // 12):
        inside = months // 12 == year
        found = np.unique(months[inside])
        by_month = [history.prices[months == month].mean() for month in found]
        calendar = int(year) + 1970
        means[calendar] = float(np.mean(by_month))
        if _PERIODS[history.period] * len(found) < 12 and not _is_yearly(history):
            what = f"{len(found)} of 12 months"
            if history.period == "quarter":
                what = f"{len(found)} of 4 quarters"
            notes.append(f"{history.file}: {calendar} is the mean of {what}")
    return means, notes


def _is_yearly(history: History) -> bool:
    """Whether no two prices are of one year: each stands for its year."""
    years = history.dates.astype("datetime64[Y]")
    return bool(len(np.unique(years)) == len(years))


def _dates_at(sheet: Sheet, date: str | None, notes: list[str]) -> int:
    if date is not None:
        return sheet.find(date, "--date")
    named = [place for place, one in enumerate(sheet.heading) if one.casefold() == "date"]
    if len(named) == 1:
        return named[0]
    only = sheet.only_dates()
    if only is None:
        return sheet.find("date", "--date")
    notes.append(f"dates in {sheet.label(only)}")
    return only


def _price_at(sheet: Sheet, aside: Sequence[int]) -> int:
    others = [
        place for place in range(len(sheet.heading))
        if place not in aside and any(not is_gap(cell) for cell in sheet.column(place))
    ]  # fmt: skip
    named = [place for place in others if sheet.heading[place].casefold() == "price"]
    if len(named or others) == 1:
        return (named or others)[0]
    names = ", ".join(sheet.label(place) for place in others)
    raise ConfigError(Fault(
        "--column", f"{len(others)} columns beside the dates: {names or 'none'}",
        "the column of the prices", "add --column NAME", sheet.name, sheet.line,
    ))  # fmt: skip


def _deliveries(
    sheet: Sheet, rows: Sequence[tuple[int, list[str]]], place: int, told: Options
) -> list[Day | None]:
    """Delivery of each row: the last day of the month, quarter or year, or the day itself."""
    cells = [cell_of(row, place) for _, row in rows]
    written = dates_of(cells, order=told.date_order)
    found = [written.read(cell) for cell in cells]
    if written.refusal or not any(found):
        raise ConfigError(Fault(
            "--front", next((cell for cell in cells if cell), "nothing"),
            "a column of dates or months of delivery, such as 2025-12",
            "name that column with --front", sheet.name, sheet.line,
        ))  # fmt: skip
    return found


def _bound(text: str | None, option: str) -> Day | None:
    if text is None:
        return None
    day = dates_of(()).read(text)
    if day is None:
        raise ConfigError(Fault(option, text, "a date as YYYY-MM-DD", f"write {option} 2018-01-01"))
    return day


def _wrong_day(day: Day | None, text: str, told: Options) -> tuple[str, str, str] | None:
    """What is wrong with a date, what was expected, and what to do."""
    if day is None:
        return (
            text or "nothing", "a date as YYYY-MM-DD, or all dates in one other way that is clear",
            "write dates as 2024-12-31, or name their column with --date",
        )  # fmt: skip
    year = int(str(day)[:4])
    last = _LAST_YEAR if told.future else datetime.date.today().year + 1
    if not _FIRST_YEAR <= year <= last:
        return (
            f"{text}, the year {year}", f"a date of {_FIRST_YEAR} to {last}",
            "correct the year" if year < _FIRST_YEAR or told.future else
            "a history holds past prices: correct the year, or give forward prices as a view",
        )  # fmt: skip
    return None


def _wrong(price: float | None, *, signed: bool) -> tuple[str, str] | None:
    """What was expected of a price that cannot be used, and what to do."""
    empty = "leave the cell empty where there is no price"
    if price is None:
        return "a number", f"write 1234.5; {empty}"
    if price <= 0 and not signed:
        return "a price above zero", "logarithms need it: leave the cell empty, or choose --from"
    if price != 0 and not _SMALLEST <= abs(price) <= _LARGEST:
        return f"a price from {_SMALLEST:g} to {_LARGEST:g}", f"take another unit; {empty}"
    return None


def _twice(found: Sequence[tuple[Any, float, int]], name: str) -> list[Fault]:
    """Two different prices of one date; the same price twice says nothing new."""
    return [
        Fault(
            str(day), f"{price:g} and {other:g}", "one price a date",
            "choose the rows with --where, take the nearest delivery with --front, or take "
            "--duplicates last or mean", name, line,
        )
        for (before, price, _), (day, other, line) in pairwise(found)
        if before == day and price != other
    ]  # fmt: skip


def _shortened(faults: Sequence[Fault]) -> list[Fault]:
    """The first faults of each sort; the last of these says how many follow."""
    sorts: dict[tuple[str, str], list[Fault]] = {}
    for fault in faults:
        sorts.setdefault((fault.expected, fault.remedy), []).append(fault)
    shown = []
    for same in sorts.values():
        kept = same[:_SHOWN]
        if len(same) > _SHOWN:
            kept[-1] = replace(kept[-1], found=f"{kept[-1].found}, and {len(same) - _SHOWN:,} more")
        shown += kept
    return sorted(shown, key=lambda one: one.line or 0)


def _merged(
    found: Sequence[tuple[Any, float, int]], duplicates: str
) -> tuple[NDArray[np.datetime64], NDArray[np.float64], int]:
    groups: dict[Any, list[float]] = {}
    for day, price, _ in found:
        groups.setdefault(day, []).append(price)
    mean = duplicates == "mean"
    prices = [float(np.mean(group)) if mean else group[-1] for group in groups.values()]
    dates = np.array(list(groups), dtype="datetime64[D]")
    return dates, np.array(prices), len(found) - len(groups)


def _observed(history: History) -> list[str]:
    """Gaps, days without a change, and prices that look like misprints."""
    notes: list[str] = []
    if len(history.dates) < 2:
        return notes
    steps = np.diff(history.dates).astype(int)
    usual = float(np.median(steps))
    gaps = np.flatnonzero(steps > _GAP * usual)
    if len(gaps):
        longest = gaps[np.argmax(steps[gaps])]
        notes.append(
            f"{len(gaps)} gaps of more than {_GAP * usual:.0f} days; the longest, {steps[longest]} "
            f"days, ends {history.dates[longest + 1]}"
        )
    still = float(np.mean(np.diff(history.prices) == 0))
    if still > 0:
        stale = ": a price that is not traded looks calmer, and more reverting, than it is"
        notes.append(f"{100 * still:.1f} % of the changes are zero{stale if still > 0.1 else ''}")
    return notes + _misprints(history)


def _misprints(history: History) -> list[str]:
    """Prices many times their neighbours on both sides, or a small part of them."""
    prices = history.prices
    if len(prices) < 3 or np.any(prices <= 0):
        return []
    change = np.diff(np.log(prices))
    before, after = np.append(np.nan, change), np.append(change, np.nan)
    size = np.fmin(np.abs(before), np.abs(after))
    # A price that jumps and stays is none, but the first and the last have one neighbour only.
    odd = np.flatnonzero((size > np.log(_MISPRINT)) & ~(before * after > 0))
    return [
        f"warning: {prices[one]:g} on {history.dates[one]} is {prices[one] / prices[other]:.3g} "
        f"times the {prices[other]:g} of {history.dates[other]}: a misprint?"
        for one, other in ((int(one), int(one) - 1 if one else 1) for one in odd[:_SHOWN])
    ]


def _label(column: str, where: Mapping[str, str]) -> str:
    return f"{column}, {', '.join(f'{k}={v}' for k, v in where.items())}" if where else column
