"""A CSV of dates and prices as two arrays, with every fault of the file at once."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.errors import ConfigError, Fault
from simcore.numerics.elementary import mean_of
from simcore.timeseries.columns import check_apart, date_cells, deliveries, no_rows, price_at
from simcore.timeseries.dates import Dates, Day, dates_of, has_points
from simcore.timeseries.numerals import Numbers, is_gap, numbers_of
from simcore.timeseries.oddities import oddities
from simcore.timeseries.options import Options, labels_of
from simcore.timeseries.rolling import Quote, front
from simcore.timeseries.sheet import Sheet, cell_of, read_sheet
from simcore.timeseries.stated import doubts

DAYS: Final = 365.25
"""Days of a year."""
_EMPTY: Final = "leave the cell empty where there is no price, or name its mark with --missing"
_SHOWN: Final = 5
"""Faults of one sort that are told line by line."""
_SMALLEST, _LARGEST = 1e-6, 1e12  # in any money per tonne: what lies outside is a mistake
_FIRST_YEAR, _LAST_YEAR = 1800, 2200
_AHEAD: Final = {"day": 2, "week": 8, "month": 31, "quarter": 92, "half-year": 184, "year": 366}
"""Days by which the last day of a period may lie ahead when its price is already known."""
_PERIODS: Final = {"day": 1, "week": 1, "month": 1, "quarter": 3, "half-year": 6, "year": 12}
"""Months for which one price of a column stands."""


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
        What one price stands for, as far as its date tells; see `dates.Dates`.
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
        CSV with commas, semicolons, tabs or bars; rows in any order. Empty prices, and marks such
        as `n/a` or a single point, are gaps. How the headings are found: see `sheet`; how dates
        and numbers are written: see `dates` and `numerals`.
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
    labels = labels_of(column, told)
    sheet = read_sheet(Path(path), name=name, labels=labels, encoding=told.encoding)
    return of_sheet(sheet, column, told)


def values_of(
    sheet: Sheet, column: str, told: Options
) -> tuple[list[tuple[int, float | None]], tuple[str, ...]]:
    """Line and number of each row of a column, None where it has none; and what was assumed.

    Raises
    ------
    ConfigError
        No such column, cells that are no numbers, or no number at all.
    """
    place = sheet.find(column, "--column")
    rows, _ = _rows_of(sheet, told)
    missing = told.marks
    cells = [cell_of(sheet.rows[one][1], place) for one in rows]
    numbers = numbers_of(cells, decimal=told.decimal, missing=missing, delimiter=sheet.delimiter)
    lines = [sheet.rows[one][0] for one in rows]
    if numbers.refusal:
        raise ConfigError(Fault(sheet.label(place), *numbers.refusal, sheet.name, lines[0]))
    found = [(line, None if is_gap(cell, missing) else numbers.read(cell))
             for line, cell in zip(lines, cells, strict=True)]  # fmt: skip
    faults = [
        Fault(sheet.label(place), cell, numbers.expected, _EMPTY, sheet.name, line)
        for (line, one), cell in zip(found, cells, strict=True)
        if one is None and not is_gap(cell, missing)
    ]
    if not faults and all(one is None for _, one in found):
        faults = [Fault(sheet.label(place), "no number", "numbers", "check column", sheet.name)]
    if faults:
        raise ConfigError(_shortened(faults))
    empty = sum(one is None for _, one in found)
    return found, (
        *sheet.notes,
        *numbers.notes,
        *([f"{empty:,} rows without a number"] if empty else []),
    )


def _rows_of(sheet: Sheet, told: Options) -> tuple[list[int], list[int]]:
    """Positions of the rows that meet all conditions, and of the columns of these."""
    conditions = [(sheet.find(key, "--where"), " ".join(str(value).split()))
                  for key, value in told.where.items()]  # fmt: skip
    rows = [
        place for place, (_, row) in enumerate(sheet.rows)
        if all(cell_of(row, at) == value for at, value in conditions)
    ]  # fmt: skip
    if not rows:
        raise no_rows(sheet, conditions)
    return rows, [place for place, _ in conditions]


def of_sheet(sheet: Sheet, column: str | None, told: Options) -> History:
    """Read one history from a file whose headings are known; see `read`."""
    notes = list(sheet.notes)
    chosen, aside = _rows_of(sheet, told)
    at_front = None if told.front is None else sheet.find(told.front, "--front")
    at_price = None if column is None else sheet.find(column, "--column")
    aside += [] if at_front is None else [at_front]
    priced = [] if at_price is None else [at_price]
    dates, at_date = date_cells(sheet, told.date, [*aside, *priced], notes)
    check_apart(sheet, at_date, {"--front": at_front, "--column": at_price})
    if at_price is None:
        at_price = price_at(sheet, [*at_date, *aside])
    dates = [dates[place] for place in chosen]
    rows = [sheet.rows[place] for place in chosen]
    prices = [cell_of(row, at_price) for _, row in rows]
    days = dates_of(dates, order=told.date_order, latest=told.latest)
    numbers = numbers_of(
        prices, decimal=told.decimal, missing=told.marks, delimiter=sheet.delimiter,
        points=has_points(dates),
    )  # fmt: skip
    label = sheet.label(at_price)
    refusals = [
        Fault(name, *one.refusal, sheet.name, rows[0][0])
        for name, one in ((sheet.label(at_date[0]), days), (label, numbers)) if one.refusal
    ]  # fmt: skip
    if refusals:
        raise ConfigError(refusals)
    cells = list(zip([line for line, _ in rows], dates, prices, strict=True))
    cells = cells[: _end(cells, days, numbers, notes)]
    quotes, empty, faults = _quotes(cells, days, numbers, told)
    faults = [
        replace(one, where=sheet.label(at_date[0]) if one.where == "date" else label,
                file=sheet.name) for one in faults
    ]  # fmt: skip
    if at_front is not None:
        held = deliveries(sheet, rows, at_front, told.date_order or days.order)
        quotes = [one._replace(delivery=held[one.line]) for one in quotes]
    quotes.sort(key=lambda one: (one.day, one.delivery or one.day, one.line))
    if told.duplicates == "error":
        faults += _twice(quotes, sheet)
    if faults:
        raise ConfigError(_shortened(faults))
    single = _merged(quotes, told.duplicates)
    notes += [one for one in (days.note, *numbers.notes) if one]
    if told.unit is not None:
        notes += doubts([*sheet.called(at_price), numbers.money], told.unit)
    if told.date_order is not None and days.order is None:
        notes.append(f"the order {told.date_order} changes nothing: no date is like 01/02/2024")
    if told.missing is not None and str(told.missing) not in prices:
        notes.append(f"no cell is {told.missing}")
    shown = " ".join(sorted(repr(mark) for mark in empty if mark))
    notes += [f"{empty.total():,} rows without a price{shown and f' ({shown})'}"] if empty else []
    merged = len(quotes) - len(single)
    notes += [f"{merged:,} rows on a date seen before"] if merged else []
    if at_front is not None:
        single, rolled = front(single, as_quoted=told.as_quoted)
        notes += rolled
    if len(single) < told.fewest:
        raise ConfigError(Fault(
            label, f"{len(single)} prices",
            "prices on two dates or more" if told.fewest > 1 else "a price",
            "check --column, --where, --front, --from and --to", sheet.name,
        ))  # fmt: skip
    when = np.array([one.day for one in single], dtype="datetime64[D]")
    values = np.array([one.price for one in single])
    return History(
        when, values, Path(sheet.name).name, _label(label, told.where),
        (*notes, *oddities(when, values)), days.period,
    )  # fmt: skip


def _quotes(
    cells: Sequence[tuple[int, str, str]], days: Dates, numbers: Numbers, told: Options
) -> tuple[list[Quote], Counter[str], list[Fault]]:
    """Prices of all lines, marks of those without, and faults of a `date` or a `price`."""
    start, end = _bound(told.first, "--from"), _bound(told.last, "--to", last=True)
    quotes: list[Quote] = []
    empty: Counter[str] = Counter()
    faults: list[Fault] = []
    for line, date, text in cells:
        gap = is_gap(text, told.marks)
        if not date and gap:
            continue
        day = days.read(date)
        wrong_day = _wrong_day(day, date, days, told)
        if day is None or wrong_day is not None:
            faults.append(Fault("date", *(wrong_day or ("", "", "")), "", line))
        elif (start is not None and day < start) or (end is not None and day > end):
            continue
        elif gap:
            empty[text] += 1
        else:
            price = numbers.read(text)
            wrong = _wrong(price, numbers, signed=told.signed)
            if price is None or wrong is not None:
                faults.append(Fault("price", text, *(wrong or ("", "")), "", line))
            else:
                quotes.append(Quote(day, price, line))
    return quotes, empty, faults


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
        by_month = [mean_of(history.prices[months == month]) for month in found]
        calendar = int(year) + 1970
        means[calendar] = float(mean_of(by_month))
        count = 12 // _PERIODS[history.period]
        if len(found) < count and not _is_yearly(history):
            part = history.period if count < 12 else "month"
            what = f"{len(found)} of {count} {part}s"
            notes.append(f"{history.file}: {calendar} is the mean of {what}")
    return means, notes


def _is_yearly(history: History) -> bool:
    """Whether no two prices are of one year: each stands for its year."""
    years = history.dates.astype("datetime64[Y]")
    return bool(len(np.unique(years)) == len(years))


def _end(
    cells: Sequence[tuple[int, str, str]], days: Dates, numbers: Numbers, notes: list[str]
) -> int:
    """Number of rows up to the last one that is no remark below the table."""
    end = len(cells)
    while end and days.read(cells[end - 1][1]) is None and numbers.read(cells[end - 1][2]) is None:
        end -= 1
    below = [date or text for _, date, text in cells[end:] if date or text]
    # A table of nothing but remarks is one whose dates cannot be read.
    if not end or not below:
        return len(cells)
    notes.append(f"{len(below)} lines below the table left out: {below[0][:40]}")
    return end


def _bound(text: str | int | None, option: str, *, last: bool = False) -> Day | None:
    """First or last day of a day, month, quarter or year."""
    if text is None:
        return None
    days = dates_of([str(text)])
    day = days.read(str(text))
    if day is None:
        raise ConfigError(
            Fault(option, str(text), "a date as YYYY-MM-DD", f"write {option} 2018-01-01")
        )
    if last or days.period not in ("month", "quarter", "half-year", "year"):
        return day
    months = day.astype("datetime64[M]") + 1 - _PERIODS[days.period]
    return np.datetime64(months, "D")


def _wrong_day(
    day: Day | None, text: str, days: Dates, told: Options
) -> tuple[str, str, str] | None:
    """What is wrong with a date, what was expected, and what to do."""
    if day is None:
        return (
            text or "nothing", days.expected,
            "write all dates in one way that is clear, or name their column with --date",
        )  # fmt: skip
    year = int(str(day)[:5].rstrip("-"))
    if year < _FIRST_YEAR or year > _LAST_YEAR:
        return (f"{text}, the year {year}", f"a date of {_FIRST_YEAR} to {_LAST_YEAR}",
                "correct the year")  # fmt: skip
    today = np.datetime64(datetime.date.today())
    if not told.future and day > today + _AHEAD[days.period]:
        return (
            f"{text}, in the future", f"a date until {today}",
            "a history holds past prices: correct the date, or give forward prices as a view",
        )  # fmt: skip
    return None


def _wrong(price: float | None, numbers: Numbers, *, signed: bool) -> tuple[str, str] | None:
    """What was expected of a price that cannot be used, and what to do."""
    if price is None:
        return numbers.expected, _EMPTY
    if price <= 0 and not signed:
        return "a price above zero", f"logarithms need it: {_EMPTY}, or choose --from"
    if price != 0 and not _SMALLEST <= abs(price) <= _LARGEST:
        return f"a price from {_SMALLEST:g} to {_LARGEST:g}", f"take another unit; {_EMPTY}"
    return None


def _twice(found: Sequence[Quote], sheet: Sheet) -> list[Fault]:
    """Two different prices of one date; the same price twice says nothing new."""
    rows = dict(sheet.rows)
    faults = []
    for one, other in pairwise(found):
        if one[0::3] != other[0::3] or one.price == other.price:
            continue
        apart = [sheet.label(place) for place, cell in enumerate(rows[one.line])
                 if cell != cell_of(rows[other.line], place)]  # fmt: skip
        faults.append(Fault(
            str(other.day), f"{one.price:g} and {other.price:g}", "one price a date",
            f"rows differ in {', '.join(apart)}: choose them with --where, take the nearest "
            "delivery with --front, or take --duplicates last or mean", sheet.name, other.line,
        ))  # fmt: skip
    return faults


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


def _merged(quotes: Sequence[Quote], duplicates: str) -> list[Quote]:
    """One price for each date and delivery."""
    groups: dict[Any, list[Quote]] = {}
    for one in quotes:
        groups.setdefault((one.day, one.delivery), []).append(one)
    if duplicates == "mean":
        return [
            group[0]._replace(price=float(mean_of([one.price for one in group])))
            for group in groups.values()
        ]
    return [group[-1] for group in groups.values()]


def _label(column: str, where: Mapping[str, str]) -> str:
    return f"{column}, {', '.join(f'{k}={v}' for k, v in where.items())}" if where else column
