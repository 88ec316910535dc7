"""A table of a run as CSV for a spreadsheet: a title, units, money, numbers as people type them."""

from __future__ import annotations

import csv
import io
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simcore.dataset import RunError
from simcore.errors import Fault
from simcore.files import whole
from simcore.terminal.formats import inert

if TYPE_CHECKING:
    import pandas as pd

DIGITS: Final = 7
"""Significant digits: no fewer than the draws of a run are good for."""
_MARK: Final = "\ufeff"
"""By which Excel knows UTF-8."""
_NAMED: Final = {"tab": "\t"}
_LONGEST: Final = 15
"""Digits before the point, from which on a number is written with its power of ten."""


@dataclass(frozen=True)
class Style:
    """How CSV is written.

    Attributes
    ----------
    separator : str
        Between cells.
    decimal : str
        `point` or `comma`.
    """

    separator: str = ","
    decimal: str = "point"

    @classmethod
    def of(cls, decimal: str | None, separator: str | None) -> Style:
        """The style that is asked for; a decimal comma goes with a semicolon.

        Raises
        ------
        RunError
            The separator cannot be told from what is between the separators.
        """
        decimal = decimal or "point"
        chosen = separator or (";" if decimal == "comma" else ",")
        chosen = _NAMED.get(chosen, chosen)
        taken = "." if decimal == "point" else ","
        if len(chosen) != 1 or chosen.isalnum() or chosen in f"{taken}\"'-+\r\n":
            raise RunError(Fault(
                "separator", repr(separator), "one character that no number and no quote has",
                'write --separator ";", or tab',
            ))  # fmt: skip
        return cls(chosen, decimal)


def spreadsheet(
    title: str, header: Sequence[str], rows: Sequence[Sequence[Any]], style: Style
) -> str:
    """CSV with a first line that says what it is, as `# title`.

    Numbers have at most seven digits; what is undefined is an empty cell. Text that a spreadsheet
    would run as a formula begins with an apostrophe.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n", delimiter=style.separator)
    told = inert(title)
    for one in (style.separator, '"'):
        told = told.replace(one, " ")
    buffer.write(f"# {told}\n")
    writer.writerow([inert(name) for name in header])
    writer.writerows([_cell(cell, style) for cell in row] for row in rows)
    return buffer.getvalue()


def summary_csv(frame: pd.DataFrame, style: Style) -> str:
    """A table of `analysis.summarise`, with what it is of, its unit and money in each row."""
    attrs = frame.attrs
    numbers = {name for name in map(str, frame) if frame[name].dtype.kind == "f"}
    labels = [name for name in map(str, frame) if name not in numbers and name != "unit"]
    variable = attrs.get("variable")
    unit = frame["unit"].tolist() if "unit" in frame else [attrs["unit"]] * len(frame)
    is_money = attrs.get("money", True)
    told = {
        **({"variable": variable} if variable else {}), "unit": None,
        "currency": attrs["currency"] if is_money else "",
        "price_year": attrs["price_year"] if is_money else "",
    }  # fmt: skip
    values = [name for name in map(str, frame) if name in numbers]
    columns = {name: frame[name].tolist() for name in (*labels, *values)}
    columns |= {name: unit if name == "unit" else [one] * len(frame) for name, one in told.items()}
    header = [*labels, *told, *values]
    rows = list(zip(*(columns[name] for name in header), strict=True))
    what = f"{attrs['title']} ({variable})" if variable else "Cost beside value of each route"
    money = f" | real {attrs['currency']} of {attrs['price_year']}" if is_money else ""
    title = f"{what}{money} | {attrs['draws']} draws | {attrs['run']}"
    return spreadsheet(title, header, rows, style)


def put(text: str, style: Style, out: Path | None) -> None:
    """Print CSV, or write it to a file; with a decimal comma it begins with the mark of UTF-8."""
    mark = _MARK if style.decimal == "comma" else ""
    if out is not None:
        with whole(out, expected="a place for a CSV file", remedy="choose another -o") as partial:
            partial.write_text(mark + text, encoding="utf-8", newline="")
        return
    if mark and (sys.stdout.encoding or "").lower().replace("-", "") == "utf8":
        steering = getattr(sys.stdout, "steering", None)
        (steering() if steering else sys.stdout).write(mark)
    print(text, end="")


def written(value: float, *, decimal: str = "point") -> str:
    """A number with at most seven digits, without a power of ten where that can be; `inf` too.

    >>> written(1234567.891), written(1e-9), written(0.5, decimal="comma")
    ('1234568', '0.000000001', '0,5')
    """
    if math.isinf(value):
        return f"{value:.0f}"
    text = f"{value:.{DIGITS}g}"
    if "e" in text and abs(value) < 10**_LONGEST:
        text = format(Decimal(text), "f")
    return text.replace(".", ",") if decimal == "comma" else text


def _cell(cell: Any, style: Style) -> Any:
    if isinstance(cell, float) and not math.isnan(cell):
        return written(cell, decimal=style.decimal)
    return inert(cell)
