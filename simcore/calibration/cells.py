"""How a CSV writes dates and numbers: told from a whole column, never from a single cell."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

_ISO: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?")
_MONTH: Final = re.compile(r"(\d{4})-(\d{2})")
_SLASHED: Final = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})")
_DAY_LAST: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_COMMA_THOUSANDS: Final = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?")
_POINT_THOUSANDS: Final = re.compile(r"-?\d{1,3}(?:\.\d{3})+(?:,\d+)?|-?\d+(?:,\d+)?")

Day = np.datetime64


def delimiter(heading: str) -> str:
    """The separator of cells: what stands most often in the first line, a comma in doubt."""
    return max((",", ";", "\t"), key=heading.count)


def date_reader(cells: Sequence[str]) -> tuple[Callable[[str], Day | None], str]:
    """Tell how a column writes its dates.

    Parameters
    ----------
    cells : sequence of str
        All of the column.

    Returns
    -------
    read : callable
        Date of a cell, or None where it is none.
    note : str
        What was taken for granted; empty for YYYY-MM-DD.

    Notes
    -----
    Other ways than YYYY-MM-DD are read only where every cell is written so: YYYY-MM (the last day),
    YYYY/MM/DD, and day and month before the year in the one order that all cells allow.
    """
    filled = [cell for cell in cells if cell]
    if filled and all(_MONTH.fullmatch(cell) for cell in filled):
        return _end_of_month, "months are dated on their last day"
    if filled and all(_SLASHED.fullmatch(cell) for cell in filled):
        return lambda cell: _parts(_SLASHED, cell, (1, 2, 3)), "dates read as year/month/day"
    found = [_DAY_LAST.fullmatch(cell) for cell in filled]
    if found and all(found):
        parts = [(int(one[1]), int(one[2])) for one in found if one]
        # Points are written between day and month, never between month and day.
        first = any(one > 12 for one, _ in parts) or all("." in cell for cell in filled)
        second = any(one > 12 for _, one in parts)
        if first and not second:
            return lambda cell: _parts(_DAY_LAST, cell, (3, 2, 1)), "dates read as day/month/year"
        if second and not first:
            return lambda cell: _parts(_DAY_LAST, cell, (3, 1, 2)), "dates read as month/day/year"
    return lambda cell: _parts(_ISO, cell, (1, 2, 3)), ""


def number_reader(cells: Sequence[str]) -> tuple[Callable[[str], float | None], str]:
    """Tell how a column writes its numbers.

    Parameters
    ----------
    cells : sequence of str
        All of the column, empty ones included.

    Returns
    -------
    read : callable
        Finite number of a cell, or None where it is none.
    note : str
        What was taken for granted; empty for 1234.5.

    Notes
    -----
    1,234.50 and 1.234,50 are read where every cell may be written so in one of the two ways only:
    a column of 1,234 alone is refused.
    """
    filled = [cell for cell in cells if cell]
    if any(_number(cell) is None for cell in filled):
        grouped = all(_COMMA_THOUSANDS.fullmatch(cell) for cell in filled)
        decimal = all(_POINT_THOUSANDS.fullmatch(cell) for cell in filled)
        if grouped and not decimal:
            return lambda cell: _number(cell.replace(",", "")), "commas read as thousands"
        if decimal and not grouped:
            return (
                lambda cell: _number(cell.replace(".", "").replace(",", ".")),
                "commas read as decimal",
            )
    return _number, ""


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _parts(pattern: re.Pattern[str], cell: str, order: tuple[int, int, int]) -> Day | None:
    match = pattern.fullmatch(cell)
    if match is None:
        return None
    year, month, day = (int(match[place]) for place in order)
    try:
        return np.datetime64(f"{year:04}-{month:02}-{day:02}", "D")
    except ValueError:
        return None


def _end_of_month(cell: str) -> Day | None:
    try:
        month = np.datetime64(cell, "M")
    except ValueError:
        return None
    return np.datetime64((month + 1).astype("datetime64[D]") - 1)
