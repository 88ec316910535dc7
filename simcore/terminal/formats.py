"""CSV that no spreadsheet runs, and JSON that every parser reads."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any


def to_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Write CSV in which no text cell can start a formula; an undefined number is an empty cell."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([_inert(name) for name in header])
    for row in rows:
        writer.writerow([_inert(cell) for cell in row])
    return buffer.getvalue()


def _inert(cell: Any) -> Any:
    if isinstance(cell, str):
        # Spreadsheets read these as the start of a formula; an apostrophe marks text.
        return "'" + cell if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    return cell


def to_json(value: Any) -> str:
    """Write strict JSON; undefined numbers become null."""
    return json.dumps(_strict(value), indent=2, allow_nan=False, ensure_ascii=False, default=str)


def print_json(value: Any) -> None:
    """Print `to_json` of a value."""
    print(to_json(value))


def _strict(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if is_dataclass(value) and not isinstance(value, type):
        return _strict(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): _strict(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(entry) for entry in value]
    return value
