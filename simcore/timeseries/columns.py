"""Which columns of a sheet hold the dates, the prices and the deliveries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from simcore.errors import ConfigError, Fault
from simcore.timeseries.dates import (
    DAYS_OF_MONTH,
    MONTHS,
    QUARTERS,
    WEEKS,
    Day,
    dates_of,
    is_part,
    joined,
    month_end,
)
from simcore.timeseries.sheet import Row, Sheet, cell_of

_SHOWN: Final = 5
"""Cells of a column that are told."""


def date_cells(
    sheet: Sheet, date: str | None, aside: Sequence[int], notes: list[str]
) -> tuple[list[str], list[int]]:
    """Cells of the dates, and their columns; what may look so but is none is aside."""
    if date is not None:
        place = sheet.find(date, "--date")
    else:
        found = [one for one in sheet.dates() if one not in aside]
        if len(found) > 1:
            raise ConfigError(Fault(
                "--date", f"{len(found)} columns of dates: "
                + ", ".join(f"{sheet.label(one)} ({one + 1})" for one in found),
                "one column", "name it, or its number, with --date", sheet.name, sheet.line,
            ))  # fmt: skip
        place = found[0] if found else sheet.find("date", "--date")
    years = sheet.column(place)
    others = [one for one in range(len(sheet.heading)) if one not in (place, *aside)]
    beside = [
        one for one in others
        if sheet.heading[one].casefold() in (*MONTHS, *QUARTERS, *WEEKS)
    ]  # fmt: skip
    for one in others if not beside else []:
        cells = [cell for cell in sheet.column(one) if cell]
        beside += [one] if cells and all(map(is_part, cells)) else []
    if len(beside) == 1 and dates_of(years).period == "year":
        name = sheet.heading[beside[0]]
        used = [place, *beside]
        if name.casefold() not in (*QUARTERS, *WEEKS):
            used += [one for one in others if sheet.heading[one].casefold() in DAYS_OF_MONTH][:1]
        notes.append(f"dates in {' and '.join(map(sheet.label, used))}")
        parts = zip(*map(sheet.column, used), strict=True)
        return [joined(one[0], one[1], name, *one[2:]) for one in parts], used
    if date is None and sheet.heading[place].casefold() != "date":
        notes.append(f"dates in {sheet.label(place)}")
    return years, [place]


def check_apart(sheet: Sheet, dates: Sequence[int], others: Mapping[str, int | None]) -> None:
    """Refuse an option that names a column of the dates as another one."""
    for option, place in others.items():
        if place is not None and place in dates:
            raise ConfigError(Fault(
                option, f"{sheet.label(place)}, the column of the dates", "another column",
                f"name another one with {option}", sheet.name, sheet.line,
            ))  # fmt: skip


def price_at(sheet: Sheet, aside: Sequence[int]) -> int:
    """Position of the only column of numbers that is not aside, or of the one called price."""
    found = sheet.prices(aside)
    if len(found) == 1:
        return found[0]
    names = ", ".join(sheet.label(place) for place in found)
    raise ConfigError(Fault(
        "--column", f"{len(found)} columns of numbers beside the dates: {names or 'none'}",
        "the column of the prices", "add --column NAME", sheet.name, sheet.line,
    ))  # fmt: skip


def no_rows(sheet: Sheet, conditions: Sequence[tuple[int, str]]) -> ConfigError:
    """Conditions that no row meets, and what the columns hold instead."""
    held = [
        f"{sheet.label(at)}: {', '.join(list(dict.fromkeys(sheet.column(at)))[:_SHOWN])}"
        for at, value in conditions if value not in sheet.column(at)
    ]  # fmt: skip
    wanted = ", ".join(f"{sheet.label(at)}={value}" for at, value in conditions)
    return ConfigError(Fault(
        "--where", f"no row has {wanted}",
        "; ".join(held) or "cells that one row has", "check --where", sheet.name,
    ))  # fmt: skip


def deliveries(
    sheet: Sheet, rows: Sequence[Row], place: int, order: str | None
) -> dict[int, Day | None]:
    """Delivery in each line: the last day of the month, quarter or year, or the day itself.

    Where all are the first of a month they stand for that month. Days and months are in the order
    of the dates of the file.
    """
    cells = {line: cell_of(row, place) for line, row in rows}
    written = dates_of(list(cells.values()), order=order)
    if written.refusal:
        raise ConfigError(Fault("--front", *written.refusal, sheet.name, rows[0][0]))
    found = {line: written.read(cell) for line, cell in cells.items()}
    wrong = [line for line, cell in cells.items() if cell and found[line] is None]
    if wrong or not any(found.values()):
        line = wrong[0] if wrong else sheet.line
        raise ConfigError(Fault(
            "--front", cells.get(line, "nothing"),
            "a column of dates or months of delivery, such as 2025-12",
            "name that column with --front", sheet.name, line,
        ))  # fmt: skip
    if all(day is None or str(day).endswith("-01") for day in found.values()):
        return {line: day and month_end(day) for line, day in found.items()}
    return found
