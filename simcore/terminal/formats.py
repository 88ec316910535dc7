"""CSV that no spreadsheet runs, and JSON that every parser reads."""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any, Final

from simcore.errors import ConfigError, Fault, printable

if TYPE_CHECKING:
    from simcore.terminal.spreadsheets import Style

# The wide forms are those of Chinese and Japanese keyboards.
_FORMULA: Final = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")


def to_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Write CSV in which no text cell can start a formula; an undefined number is an empty cell."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([inert(name) for name in header])
    for row in rows:
        writer.writerow([inert(cell) for cell in row])
    return buffer.getvalue()


def csv_style(options: argparse.Namespace) -> Style | None:
    """How the CSV that is asked for is written; None where another format is.

    Raises
    ------
    ConfigError
        An option of CSV beside another format.
    """
    given = [name for name in ("decimal", "separator", "out") if getattr(options, name)]
    if options.format == "csv":
        from simcore.terminal.spreadsheets import Style

        return Style.of(options.decimal, options.separator)
    if given:
        raise ConfigError([
            Fault(f"--{name}", str(getattr(options, name)), f"--{name} with --format csv",
                  "add --format csv, or leave it out")
            for name in given
        ])  # fmt: skip
    return None


def inert(cell: Any) -> Any:
    """A cell that no spreadsheet runs; an undefined number is empty."""
    if isinstance(cell, str):
        # Spreadsheets read these as the start of a formula, some after what cannot be seen; an
        # apostrophe marks text.
        seen = next((one for one in cell if one.isprintable() and not one.isspace()), None)
        guard = "'" if seen in _FORMULA or cell[:1] in ("\t", "\r") else ""
        return guard + printable(cell)
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    return cell


def to_json(value: Any, *, ascii_only: bool = False) -> str:
    """Write strict JSON; undefined numbers become null, what could steer a terminal its number."""
    text = json.dumps(
        _strict(value), indent=2, allow_nan=False, ensure_ascii=ascii_only, default=str
    )
    lines = (
        line if line.isprintable() else "".join(map(_escaped, line)) for line in text.split("\n")
    )
    return "\n".join(lines)


def _escaped(character: str) -> str:
    if character == "\x7f":
        return "\\u007f"
    return character if printable(character) == character else json.dumps(character)[1:-1]


def print_json(value: Any) -> None:
    """Print `to_json` of a value, in what the terminal can write."""
    encoding = (sys.stdout.encoding or "utf-8").lower().replace("-", "").replace("_", "")
    print(to_json(value, ascii_only=encoding != "utf8"))


def print_rows(
    kind: str, header: Sequence[str], rows: Sequence[Sequence[Any]], attrs: Mapping[Any, Any]
) -> None:
    """Print rows as CSV, or as JSON with what holds for all of them."""
    if kind == "csv":
        print(to_csv(header, rows), end="")
    else:
        records = [dict(zip(header, row, strict=True)) for row in rows]
        print_json({**attrs, "rows": records})


def _strict(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if not isinstance(value, str) and hasattr(value, "tolist"):  # NumPy's own numbers and arrays
        return _strict(value.tolist())
    if is_dataclass(value) and not isinstance(value, type):
        return _strict(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): _strict(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(entry) for entry in value]
    return value
