"""Tables within 100 columns."""

from __future__ import annotations

import math
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, Self, TypeVar

from simcore.analysis.notation import decimals, number, said_unit, share
from simcore.errors import printable
from simcore.numerics.student import students_t
from simcore.statistics import OF_TAILS, OF_THRESHOLDS, STATISTICS, Statistic
from simcore.variables import INPUT, INTERVAL_LEVEL

if TYPE_CHECKING:
    import pandas as pd

WIDTH: Final = 100
MAX_ROWS: Final = 200
_BEYOND: Final = re.compile(r"(?:tail_(p[0-9.e-]+)|above_([0-9.e+-]+))(_standard_error|)")
"""Columns of tail means, and of shares above thresholds."""
MANY: Final = 30
"""Degrees of freedom from which on Student's t is as good as normal."""

Key = tuple[str, str]
"""A column of numbers: its name and that of its group, or the reverse."""
Titles = Mapping[str, Mapping[str, str]]
"""Human names of labels, by dimension; what is not there is shown as it is."""


def named(titles: Titles, dim: str, label: str) -> str:
    """How a label is shown."""
    return titles.get(dim, {}).get(label, str(label))


def across() -> int:
    """Columns of a table that adapts to the terminal: 80 to 100, the latter in a pipe."""
    return min(WIDTH, max(80, shutil.get_terminal_size((WIDTH, 24)).columns))


def scale_of(values: Iterable[float], *, above: float = 99_999.5) -> int:
    """1000 where an amount is so large (more than five digits), else 1."""
    return 1000 if any(above <= abs(value) < math.inf for value in values) else 1


class Amounts(Protocol):
    """A row of amounts."""

    def numbers(self) -> Iterable[float]:
        """Every amount."""

    def over(self, scale: float) -> Self:
        """The same in multiples of an amount."""


Row = TypeVar("Row", bound=Amounts)


def scaled(rows: Sequence[Row], most: int) -> tuple[list[Row], int, int]:
    """Rows that are shown, at most so many, over the scale of all; that scale, and decimals that
    give them three figures."""
    scale = scale_of(value for one in rows for value in one.numbers())
    shown = [one.over(scale) for one in rows[:most]]
    return shown, scale, decimals([value for one in shown for value in one.numbers()], figures=3)


def grid(header: Sequence[str], rows: Sequence[Sequence[str]], *, text_columns: int) -> list[str]:
    """Align cells: the leading columns of text to the left, the others to the right.

    Text is wrapped when the table is too wide.
    """
    table = [header, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    room = WIDTH - 2 * (len(widths) - 1) - sum(widths[text_columns:])
    texts = [[row[column] for row in table] for column in range(text_columns)]
    widths[:text_columns] = _narrowed(texts, room, least=8)
    lines = []
    for row in table:
        texts = [
            _parts(cell, width) for cell, width in zip(row[:text_columns], widths, strict=False)
        ]
        for place in range(max([1, *map(len, texts)])):
            cells = [
                (own[place] if place < len(own) else "").ljust(width)
                for own, width in zip(texts, widths, strict=False)
            ]
            numbers = row[text_columns:] if place == 0 else ()
            cells += [
                cell.rjust(width)
                for cell, width in zip(numbers, widths[text_columns:], strict=False)
            ]
            lines.append("  ".join(cells).rstrip())
    return lines


def _narrowed(columns: Sequence[Sequence[str]], room: int, *, least: int) -> list[int]:
    """Widths of columns of text in a room for all.

    The widest gives way first, down to its longest word; words are broken only where every column
    is as narrow as that.
    """
    widths = [max(map(len, column)) for column in columns]
    words = [max((len(word) for cell in column for word in cell.split()), default=0)
             for column in columns]  # fmt: skip
    for floors in (words, [0] * len(words)):
        while sum(widths) > room:
            able = [i for i, floor in enumerate(floors) if widths[i] > max(least, floor)]
            if not able:
                break
            widths[max(able, key=widths.__getitem__)] -= 1
    return widths


def _parts(text: str, width: int) -> list[str]:
    """A text over several lines of a width; what fits stays as it is."""
    return [text] if len(text) <= width else textwrap.wrap(text, width)


def shortened(text: str, width: int) -> str:
    """Shorten a text to a width; `~` marks the cut."""
    return text if len(text) <= width else text[: width - 1] + "~"


def grouped(
    title: str,
    labels: Sequence[str],
    groups: Sequence[tuple[str, Sequence[Key]]],
    rows: Mapping[tuple[str, ...], Mapping[Key, str]],
    heading: Callable[[Key], str],
    *,
    cutting: bool = False,
    leading: int = 1,
) -> list[str]:
    """Align columns under the titles of their groups; of the `leading` labels one that is repeated
    after the same ones stays blank.

    With `cutting`, labels are wrapped until the lines fit.
    """
    widths = [
        [max(4, len(heading(key)), *(len(row.get(key, "-")) for row in rows.values()))
         for key in keys]
        for _, keys in groups
    ]  # fmt: skip
    # A title that is cut would not say which destination its columns are for.
    for (name, _), own in zip(groups, widths, strict=True):
        own[0] += max(0, len(name) - (sum(own) + len(own) - 1))
    taken = sum(sum(group) + len(group) + 1 for group in widths) + 2 * max(0, len(labels) - 1)
    texts = [[name, *(key[i] for key in rows)] for i, name in enumerate(labels)]
    left = _narrowed(texts, WIDTH - taken if cutting else sys.maxsize, least=6)

    def line(names: Sequence[str], cells: Sequence[Sequence[str]]) -> list[str]:
        texts = [_parts(name, width) for name, width in zip(names, left, strict=True)]
        found = []
        for place in range(max([1, *map(len, texts)])):
            text = "  ".join(
                (own[place] if place < len(own) else "").ljust(width)
                for own, width in zip(texts, left, strict=True)
            )
            for group, own in zip(cells, widths, strict=True) if place == 0 else ():
                text += " " + "".join(
                    " " + cell.rjust(width) for cell, width in zip(group, own, strict=True)
                )
            found.append(text.rstrip())
        return found

    head = " " * (sum(left) + 2 * max(0, len(left) - 1))
    for (name, _), own in zip(groups, widths, strict=True):
        span = sum(own) + len(own) - 1
        head += "  " + (f"{name} ".ljust(span, "-") if len(name) < span else name)
    lines = [title, head, *line(labels, [[heading(key) for key in keys] for _, keys in groups])]
    before: tuple[str, ...] = ()
    for names, row in rows.items():
        shown = list(names)
        for place in range(min(leading, len(names) - 1)):
            if names[: place + 1] == before[: place + 1]:
                shown[place] = ""
        before = names
        lines += line(shown, [[row.get(key, "-") for key in keys] for _, keys in groups])
    return lines


def wrapped(text: str) -> list[str]:
    """Lines of a text within the width."""
    return textwrap.wrap(text, WIDTH, subsequent_indent="    ")


def outcome_text(frame: pd.DataFrame, *, ids: bool = False) -> str:
    """Show one outcome of `analysis.summarise`; what does not fit in 100 columns is left to CSV.

    A label that is the same in every row stands above the table; labels are shown by their human
    names, but for `ids`.
    """
    attrs = frame.attrs
    frame, unit = _in_thousands(frame)
    for dim, names in {} if ids else attrs.get("titles", {}).items():
        frame = frame.assign(**{dim: frame[dim].astype(str).map(names)})
    if attrs.get("per"):
        # A tonne of product is told apart from one of CO2e.
        unit = unit.replace("/t", f"/{attrs['per']}").replace(" kg-1", f"/{attrs['per']}")
    unit = "" if unit in ("", "1") else f" [{unit}]"
    money = f", money of {attrs['price_year']}" if attrs["money"] else ""
    columns = [str(name) for name in frame]
    labels = [name for name in columns if not _is_number(name)]
    fixed = [name for name in labels if len(frame) > 1 and frame[name].nunique() == 1]
    where = "; ".join(f"{name} {frame[name].iloc[0]}" for name in fixed)
    labels = [name for name in labels if name not in fixed]
    # The share of the draws above 0 is there twice where it is a threshold.
    numbers = [
        name for name in columns
        if _is_number(name) and (name != "positive" or "above_0" not in columns)
    ]  # fmt: skip
    cells = _cells(frame.head(MAX_ROWS), attrs, figures=4)
    hidden: list[str] = []
    for turn in sorted({_statistic(name).leaves for name in numbers} - {0}):
        if _table_width(cells, [*labels, *numbers]) <= WIDTH:
            break
        hidden += [name for name in numbers if _statistic(name).leaves == turn]
        numbers = [name for name in numbers if _statistic(name).leaves != turn]
    if _table_width(cells, [*labels, *numbers]) > WIDTH:
        cells = _cells(frame.head(MAX_ROWS), attrs, figures=3)
    told = tuple(numbers)
    lines = [*wrapped(attrs["run"]), f"{attrs['draws']:,} draws"]
    lines += [f"{attrs['title']} ({attrs['variable']}){unit}{money}", *wrapped(where)]
    if attrs.get("sectors") and "/t" in unit:
        lines += wrapped("; ".join(f"{one.sector}: t of {one.product}" for one in attrs["sectors"]))
    # What is too wide continues below, rather than with names that are cut.
    while numbers:
        fits = len(numbers)
        while fits > 1 and _table_width(cells, [*labels, *numbers[:fits]]) > WIDTH:
            fits -= 1
        shown, numbers_left = [*labels, *numbers[:fits]], numbers[fits:]
        rows = list(zip(*(cells[name] for name in shown), strict=True))
        header = [*labels, *(_heading(name) for name in numbers[:fits])]
        lines += ["", *grid(header, rows, text_columns=len(labels))]
        numbers = numbers_left
    if len(frame) > MAX_ROWS:
        lines.append(
            f"... {len(frame) - MAX_ROWS:,} more rows: choose with --year, --region, --route, "
            "or take --format csv"
        )
    if hidden:
        lines += ["", "'-': undefined. --format csv also gives standard errors and intervals."]
    if any(map(_BEYOND.fullmatch, told)):
        lines += ["", "mean>P95: mean of the draws above that quantile, mean<P5: of those below."]
    if "mean" in told and any(map(_is_percentile, told)) and _is_partly_defined(frame):
        seen = "of those that cross" if attrs["unit"] == "yr" else "of those that have a value"
        lines += ["", f"mean: {seen}; quantiles: of all draws, the others above them."]
    freedom = attrs.get("degrees_of_freedom", MANY)
    if "standard_error" in told and 0 < freedom < MANY:
        reach = students_t(INTERVAL_LEVEL, freedom)
        lines += ["", f"std.error has {freedom} degrees of freedom: the 95 % interval of a mean is "
                  f"+-{reach:.1f} of them."]  # fmt: skip
    return "\n".join(map(printable, lines))


def _in_thousands(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The same with money in thousands, where it has six digits, and its unit."""
    unit = str(frame.attrs["unit"])
    amounts = [
        name for name in map(str, frame) if _is_number(name) and not _statistic(name).is_share
    ]
    values = frame[amounts].to_numpy(dtype=float).ravel().tolist()
    if not frame.attrs["money"] or "product" in frame or scale_of(values) == 1:
        return frame, said_unit(unit)
    scale = scale_of(values)
    return frame.assign(**{name: frame[name] / scale for name in amounts}), said_unit(unit, scale)


def _is_partly_defined(frame: pd.DataFrame) -> bool:
    return "defined" in frame and bool(frame["defined"].between(0, 1, inclusive="neither").any())


def _is_number(name: str) -> bool:
    return name in STATISTICS or _is_percentile(name) or _BEYOND.fullmatch(name) is not None


def _is_percentile(name: str) -> bool:
    return name[:1] == "p" and name[1:2].isdigit()


def _statistic(name: str) -> Statistic:
    """Statistic of a column; p5 is a quantile, p5_low the end of its interval, tail_p5 the mean
    below it, above_0 the share of the draws above zero."""
    beyond = _BEYOND.fullmatch(name)
    if beyond:
        return (
            OF_TAILS["tail" + beyond[3]] if beyond[1] else OF_THRESHOLDS["exceedance" + beyond[3]]
        )
    return STATISTICS.get(name) or STATISTICS["quantile" + name.lstrip("p0123456789.")]


def _heading(name: str) -> str:
    if not _is_number(name):
        return name
    beyond = _BEYOND.fullmatch(name)
    if beyond and not beyond[3]:
        side = "<" if beyond[1] and float(beyond[1][1:]) < 50 else ">"
        return f"mean{side}{beyond[1].upper()}" if beyond[1] else f"P(>{beyond[2]})"
    return name.upper() if _is_percentile(name) else _statistic(name).heading or name


def _cells(frame: pd.DataFrame, attrs: Mapping[Any, Any], *, figures: int) -> dict[str, list[str]]:
    """Write every cell; amounts share their number of decimals so that rows can be compared."""
    columns = [str(name) for name in frame]
    # What is 0 or 1 in each draw has no quantiles: its mean is the share of the draws.
    is_share = attrs["unit"] == "1" and not any(map(_is_percentile, columns))
    shares = {name for name in columns if _is_number(name) and _statistic(name).is_share}
    amounts = [name for name in columns if _is_number(name) and name not in shares]
    amounts = [name for name in amounts if not name.endswith("standard_error")]
    places = decimals(frame[amounts].to_numpy(dtype=float).ravel().tolist(), figures=figures)
    cells = {}
    for name in columns:
        values = frame[name].tolist()
        if not _is_number(name):
            cells[name] = [str(value) for value in values]
        elif name in shares or (is_share and name == "mean"):
            cells[name] = [share(value) for value in values]
        elif attrs["variable"] == INPUT.name or "product" in columns:
            # Every factor, and every product, has its own unit and size.
            cells[name] = [number(value, decimals([value], figures=4)) for value in values]
        elif name.endswith("standard_error"):
            cells[name] = [number(value, decimals(values, figures=3)) for value in values]
        elif attrs["unit"] == "yr":
            cells[name] = [number(value, 0).replace(",", "") for value in values]
        else:
            cells[name] = [
                f"{value:.0f}" if math.isinf(value) else number(value, places) for value in values
            ]
    return cells


def _table_width(cells: Mapping[str, list[str]], names: Sequence[str]) -> int:
    widths = [max(len(_heading(name)), *map(len, cells[name]), 0) for name in names]
    return sum(widths) + 2 * (len(widths) - 1)
