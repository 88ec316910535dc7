"""A CSV of dates and prices as two arrays, with every fault of the file at once."""

from __future__ import annotations

import csv
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.calibration.cells import date_reader, delimiter, number_reader
from simcore.errors import ConfigError, Fault, suggest

FREQUENCIES: Final = ("daily", "weekly", "monthly", "quarterly", "annual")
_SPANS: Final = {"daily": 4, "weekly": 15, "monthly": 45, "quarterly": 180}
"""Longest usual distance of two prices of each frequency, days; a month may miss a week or two."""
DUPLICATES: Final = ("error", "last", "mean")
DAYS: Final = 365.25
"""Days of a year."""
_MAX_BYTES: Final = 50_000_000
_SHOWN: Final = 5
"""Faults of one sort that are told line by line."""
_SMALLEST, _LARGEST = 1e-6, 1e12  # in any money per tonne: what lies outside is a mistake
_GAP: Final = 5
"""A gap is noted from this many times the usual distance of two dates."""


@dataclass(frozen=True)
class History:
    """Prices of one thing on increasing dates.

    Attributes
    ----------
    dates : datetime64[D], shape (n,)
        Strictly increasing.
    prices : float64, shape (n,)
        Positive, in the unit of the file.
    file, column : str
        Where they were read.
    notes : tuple of str
        What a reader should know: gaps, days without a change, rows left out.
    """

    dates: NDArray[np.datetime64]
    prices: NDArray[np.float64]
    file: str
    column: str
    notes: tuple[str, ...] = ()

    @property
    def years(self) -> NDArray[np.float64]:
        """Time since the first date, years."""
        return (self.dates - self.dates[0]).astype(float) / DAYS


def read(
    path: str | Path,
    *,
    column: str | None = None,
    date: str | None = None,
    where: Mapping[str, str] | None = None,
    first: str | None = None,
    last: str | None = None,
    duplicates: str = "error",
) -> History:
    """Read one history.

    Parameters
    ----------
    path : str or Path
        CSV in UTF-8 with a heading, with commas, semicolons or tabs; rows in any order, empty
        prices are gaps. How dates and numbers are written: see `cells`.
    column : str, optional
        Heading of the prices; needed unless there is only one column beside the dates, or one
        called price.
    date : str, optional
        Heading of the dates; `date` by default, whatever its case.
    where : mapping of str to str, optional
        Keep only rows with these cells: {"instrument": "EUA"}.
    first, last : str, optional
        Keep only dates from and to these, YYYY-MM-DD.
    duplicates : str
        `error` refuses two prices of one date; `last` or `mean` choose.

    Returns
    -------
    History

    Raises
    ------
    ConfigError
        Every fault of the file at once: unreadable dates or prices, prices of zero or less, two
        prices on one date, no such column, fewer than two prices.
    """
    name = str(path)
    heading, rows = _rows(Path(path), name)
    where = dict(where or {})
    at_date = _find(heading, date or "date", name, "--date")
    for key in where:
        _find(heading, key, name, "--where")
    chosen = column or _only_price(heading, at_date, where, name)
    at_price = _find(heading, chosen, name, "--column")
    start, end = (_bound(text, option) for text, option in ((first, "--from"), (last, "--to")))
    conditions = [(heading.index(key), value) for key, value in where.items()]
    rows = [
        (line, row) for line, row in rows
        if all(_cell(row, index) == value for index, value in conditions)
    ]  # fmt: skip
    as_day, *said = date_reader([_cell(row, at_date) for _, row in rows])
    as_number, more = number_reader([_cell(row, at_price) for _, row in rows])
    found: list[tuple[np.datetime64, float, int]] = []
    faults: list[Fault] = []
    empty = 0
    for line, row in rows:
        day = as_day(_cell(row, at_date))
        if day is None:
            faults.append(Fault(
                heading[at_date], _cell(row, at_date) or "nothing",
                "a date as YYYY-MM-DD, or all dates in one other order that is clear",
                "write dates as 2024-12-31, or name their column with --date", name, line,
            ))  # fmt: skip
            continue
        if (start is not None and day < start) or (end is not None and day > end):
            continue
        text = _cell(row, at_price)
        if not text:
            empty += 1
            continue
        price = as_number(text)
        wrong = _wrong(price)
        if price is None or wrong is not None:
            expected, remedy = wrong or ("a number", "write a number")
            faults.append(Fault(heading[at_price], text, expected, remedy, name, line))
            continue
        found.append((day, price, line))
    found.sort(key=lambda one: (one[0], one[2]))
    if duplicates == "error":
        faults += _twice(found, name)
    if not faults and len({day for day, _, _ in found}) < 2:
        what = f"{len(found)} prices"
        if where and not rows:
            what += f"; no row has {', '.join(f'{k}={v}' for k, v in where.items())}"
        faults.append(Fault(
            chosen, what, "prices on two dates or more", "check --where, --from and --to", name,
        ))  # fmt: skip
    if faults:
        raise ConfigError(_shortened(faults))
    dates, prices, merged = _merged(found, duplicates)
    notes = [one for one in (*said, more) if one]
    notes += [f"{empty:,} rows without a price"] if empty else []
    notes += [f"{merged:,} rows on a date seen before"] if merged else []
    history = History(dates, prices, Path(path).name, _label(chosen, where))
    return replace(history, notes=(*notes, *_observed(history)))


def frequency_of(history: History) -> str:
    """Frequency of a history, from the usual distance of its dates."""
    usual = float(np.median(np.diff(history.dates).astype(int)))
    return next((name for name, days in _SPANS.items() if usual <= days), "annual")


def sampled(history: History, frequency: str) -> History:
    """Keep the last price of each week (to Friday), month, quarter or year.

    Parameters
    ----------
    history : History
    frequency : str
        One of `FREQUENCIES`; `daily` keeps every date.

    Returns
    -------
    History
        A period without prices stays a gap; dates are those of the prices kept.
    """
    if frequency == "daily":
        return history
    period = periods(history, frequency)
    final = np.append(np.diff(period) > 0, True)
    return replace(history, dates=history.dates[final], prices=history.prices[final])


def periods(history: History, frequency: str) -> NDArray[np.int64]:
    """Number of the day, week, month, quarter or year of each date."""
    days = history.dates.astype("datetime64[D]").astype(np.int64)
    months = history.dates.astype("datetime64[M]").astype(np.int64)
    # Day 0 of the epoch is a Thursday: Saturday opens a week.
    return {"daily": days, "weekly": (days + 5) // 7, "monthly": months,
            "quarterly": months // 3, "annual": months // 12}[frequency]  # fmt: skip


def _rows(path: Path, name: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    def refusal(found: str, remedy: str) -> ConfigError:
        return ConfigError(Fault("", found, "a CSV file of dates and prices", remedy, name))

    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise refusal("not a regular file", "give the path of a CSV file")
        if status.st_size > _MAX_BYTES:
            raise refusal(f"{status.st_size:,} bytes", f"keep it below {_MAX_BYTES:,} bytes")
        with path.open(newline="", encoding="utf-8-sig") as stream:
            separator = delimiter(stream.readline())
            stream.seek(0)
            reader = csv.reader(stream, delimiter=separator)
            heading = [cell.strip() for cell in next(reader, [])]
            rows = [(reader.line_num, row) for row in reader if any(row)]
    except FileNotFoundError:
        raise refusal("no such file", "check the path") from None
    except (OSError, UnicodeDecodeError, ValueError, csv.Error) as error:
        raise refusal(f"the file cannot be read: {error}", "save it as CSV in UTF-8") from None
    if not heading or not rows:
        raise refusal("no rows", "a line of headings, then a line a date")
    return heading, rows


def _find(heading: Sequence[str], wanted: str, name: str, option: str) -> int:
    if wanted in heading:
        return list(heading).index(wanted)
    folded = [one.casefold() for one in heading]
    if folded.count(wanted.casefold()) == 1:
        return folded.index(wanted.casefold())
    near = suggest(wanted, heading)
    raise ConfigError(Fault(
        option, f"no column {wanted!r}", f"one of the columns {', '.join(heading)}",
        f"did you mean {near}?" if near else f"name one with {option}", name, 1,
    ))  # fmt: skip


def _only_price(heading: list[str], at_date: int, where: Mapping[str, str], name: str) -> str:
    others = [one for place, one in enumerate(heading) if place != at_date and one not in where]
    named = [one for one in others if one.casefold() == "price"]
    if len(named or others) == 1:
        return (named or others)[0]
    raise ConfigError(Fault(
        "--column", f"{len(others)} columns beside the dates: {', '.join(others) or 'none'}",
        "the column of the prices", "add --column NAME", name, 1,
    ))  # fmt: skip


def _bound(text: str | None, option: str) -> np.datetime64 | None:
    if text is None:
        return None
    day = date_reader(())[0](text)
    if day is None:
        raise ConfigError(
            Fault(option, text, "a date as YYYY-MM-DD", f"write {option} 2018-01-01")
        )
    return day


def _cell(row: Sequence[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def _wrong(price: float | None) -> tuple[str, str] | None:
    """What was expected of a price that cannot be used, and what to do."""
    empty = "leave the cell empty where there is no price"
    if price is None:
        return "a number", f"write 1234.5; {empty}"
    if price <= 0:
        return "a price above zero", "logarithms need it: leave the cell empty, or choose --from"
    if not _SMALLEST <= price <= _LARGEST:
        return f"a price from {_SMALLEST:g} to {_LARGEST:g}", f"take another unit; {empty}"
    return None


def _twice(found: Sequence[tuple[Any, float, int]], name: str) -> list[Fault]:
    """Two different prices of one date; the same price twice says nothing new."""
    return [
        Fault(
            str(day), f"{price:g} and {other:g}", "one price a date",
            "choose the rows with --where, or take --duplicates last or mean", name, line,
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
    """Gaps and days without a change."""
    notes = []
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
    return notes


def _label(column: str, where: Mapping[str, str]) -> str:
    return f"{column}, {', '.join(f'{k}={v}' for k, v in where.items())}" if where else column
