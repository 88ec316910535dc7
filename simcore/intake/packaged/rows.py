"""Read a long CSV of sourced values: one row a value, low, central and high in columns."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from simcore.intake.packaged.provenance import Record, TableError, check

__all__ = [
    "PRICES", "TECHNOLOGY", "Row", "lines", "number", "quantity", "read", "record", "year",
]  # fmt: skip

TECHNOLOGY: Final = (
    "region", "route", "quantity", "year", "low", "central", "high", "unit", "currency",
    "price_year", "source", "at", "status",
)  # fmt: skip
PRICES: Final = (
    "commodity", "region", "year", "low", "central", "high", "unit", "price_year", "source", "at",
    "status",
)  # fmt: skip


class Row(NamedTuple):
    """One row of a table.

    Attributes
    ----------
    where : str
        File and line, for messages.
    cells : dict of str to str
        Cells by column.
    year : int
        Year that the value describes.
    low, central, high : float or None
        The band; low and high are both there or both missing.
    price_year : int or None
        Price year of an amount of money.
    """

    where: str
    cells: dict[str, str]
    year: int
    low: float | None
    central: float
    high: float | None
    price_year: int | None

    @property
    def meta(self) -> dict[str, str]:
        """Source, place and status of the row."""
        return {key: self.cells[key] for key in ("source", "at", "status")}

    @property
    def band(self) -> dict[str, Any]:
        """Low, central and high, or the one value."""
        if self.low is None:
            return {"value": self.central}
        return {"low": self.low, "central": self.central, "high": self.high}


def read(path: Path, *, columns: tuple[str, ...], sources: Collection[str]) -> Iterator[Row]:
    """Read and check the rows of a CSV file below `data/` with a given header.

    Raises
    ------
    TableError
        The header or a row is wrong; the message names file and line.
    """
    for where, cells in lines(path, columns=columns):
        yield _checked(where, cells, sources)


def lines(path: Path, *, columns: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """Read the cells of a file by column, each line with its place for messages.

    Raises
    ------
    TableError
        The header is another, or a line is too short or too long.
    """
    name = f"data/{path.name}"
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = tuple(next(reader, ()))
        if header != columns:
            raise TableError(f"{name}:1", f"columns {header}", f"{columns}", "restore the header")
        for cells in reader:
            where = f"{name}:{reader.line_num}"
            if len(cells) != len(columns):
                raise TableError(
                    where,
                    f"{len(cells)} cells",
                    f"{len(columns)}",
                    "put text with commas in quotes",
                )
            yield where, dict(zip(columns, cells, strict=True))


def quantity(row: Row) -> dict[str, Any]:
    """Turn a row of a technology table into a quantity of the catalog, with its metadata.

    A triangular distribution from low, central (its mode) and high; a constant where there is no
    band or low equals high.
    """
    value: dict[str, Any] = {"kind": "constant", "value": row.central}
    if row.low is not None and row.low != row.high:
        value = {"kind": "triangular", "low": row.low, "mode": row.central, "high": row.high}
    value |= {"unit": row.cells["unit"], **row.meta}
    return value | ({"price_year": row.price_year} if row.price_year else {})


def record(row: Row, *, file: str, name: str) -> Record:
    """List a row as a value with its provenance, under a dotted name."""
    return Record(
        file,
        name,
        row.band,
        row.cells["unit"],
        row.cells["source"],
        row.cells["at"],
        row.cells["status"],
    )


def _checked(where: str, cells: dict[str, str], sources: Collection[str]) -> Row:
    check(where, cells, sources=sources)
    low, central, high = (number(cells, key, where) for key in ("low", "central", "high"))
    if central is None:
        raise TableError(where, "no central value", "a number", "add it")
    if (low is None) != (high is None):
        raise TableError(where, "one of low and high", "both or none", "add the other")
    if low is not None and high is not None and not low <= central <= high:
        raise TableError(where, f"{low}, {central}, {high}", "low <= central <= high", "reorder")
    described, price_year = year(cells, "year", where), year(cells, "price_year", where)
    if described is None:
        raise TableError(where, "no year", "the year that the value describes", "add it")
    if "currency" in cells:
        _check_money(where, cells)
    return Row(where, cells, described, low, central, high, price_year)


def _check_money(where: str, cells: Mapping[str, str]) -> None:
    if bool(cells["currency"]) != bool(cells["price_year"]):
        raise TableError(where, "one of currency and price year", "both or none", "add the other")
    if cells["currency"] and cells["currency"] not in cells["unit"]:
        raise TableError(where, f"unit {cells['unit']}", f"in {cells['currency']}", "correct one")


def number(cells: Mapping[str, str], column: str, where: str) -> float | None:
    """Read a cell as a finite number; None where it is empty, else a TableError."""
    text = cells[column].strip()
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = float("nan")
    if not abs(found) < float("inf"):
        raise TableError(where, f"{column} = {text!r}", "a finite number", "correct the cell")
    return found


def year(cells: Mapping[str, str], column: str, where: str) -> int | None:
    """Read a cell as a whole year; None where it is empty, else a TableError."""
    found = number(cells, column, where)
    if found is not None and found != int(found):
        raise TableError(where, f"{column} = {found}", "a whole year", "correct the cell")
    return None if found is None else int(found)
