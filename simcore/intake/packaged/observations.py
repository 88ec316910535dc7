"""Read what the world was seen to cost and pay (reality.csv), to be set beside a run."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from simcore.errors import TextError
from simcore.intake.packaged import formulas, rows
from simcore.intake.packaged.provenance import Record, TableError, check
from simcore.units import currency_of, parse_unit

COLUMNS: Final = (
    "id", "what", "region", "year", "low", "high", "unit", "price_year", "source", "at", "status",
    "quantity", "run", "statistic", "role", "note",
)  # fmt: skip
ROLES: Final[dict[str, str]] = {
    "must": "must lie inside",
    "explain": "may lie outside, with a reason",
    "show": "shown for comparison",
}
"""What is asked of a row, and how a table says so."""
STATISTICS: Final[dict[str, str]] = {
    "distribution": "P5, P50 and P95 over the draws",
    "mean": "mean over the draws",
    "central": "deterministic case",
}
SINGLE: Final = 0.05
"""Half-width given to a single figure, as a share of it."""
LONGEST_NAME: Final = 34
"""Letters of a name, so that a table fits 100 columns."""

_ID: Final = re.compile(r"[a-z][a-z0-9_]{2,39}")


@dataclass(frozen=True)
class Observation:
    """An observed quantity, and the formula of the same quantity in a run.

    The columns of the file, and `quantity` as it is read.

    Attributes
    ----------
    id, what : str
        Name in tables and tests, and for people.
    low, high : float or None
        Range as published; equal for a single figure, None where it is open to that side.
    price_year : int or None
        Year of the money of `unit`; None without money.
    run : str
        Run of reality.yaml with the inputs of the observation; empty: the default run.
    statistic, role : str
        One of `STATISTICS`, and of `ROLES`.
    note : str
        How far the two are comparable, and why a run may lie outside.
    """

    id: str
    what: str
    region: str
    year: int
    low: float | None
    high: float | None
    unit: str
    price_year: int | None
    source: str
    at: str
    status: str
    quantity: str
    formula: formulas.Formula
    run: str
    statistic: str
    role: str
    note: str

    @property
    def bounds(self) -> tuple[float, float]:
        """The range, a single figure widened by `SINGLE` to both sides; infinite where open."""
        low = float("-inf") if self.low is None else self.low
        high = float("inf") if self.high is None else self.high
        spread = SINGLE * abs(low) if low == high else 0.0
        return low - spread, high + spread

    @property
    def leading(self) -> str:
        """Name of the first quantity of the run in the formula."""
        return next(formulas.terms(self.formula)).name

    @property
    def written(self) -> str:
        """The figure as it was published."""
        low, high = (None if v is None else f"{v:,.10g}" for v in (self.low, self.high))
        if low is None or high is None:
            return f"<= {high}" if low is None else f">= {low}"
        if low == high:
            return low
        return f"{low} to {high}" if "-" in low + high else f"{low}-{high}"


def read(path: Path, *, sources: Collection[str], runs: Collection[str]) -> tuple[Observation, ...]:
    """Read and check a table of observations: a CSV file with the header `COLUMNS`.

    Raises
    ------
    TableError
        The first row that does not say what it must, by file and line.
    """
    found: dict[str, Observation] = {}
    for where, cells in rows.lines(path, columns=COLUMNS):
        one = _observation(where, {key: cell.strip() for key, cell in cells.items()}, sources, runs)
        if one.id in found:
            raise TableError(where, f"a second row {one.id!r}", "one", "rename it")
        found[one.id] = one
    return tuple(found.values())


def record(one: Observation) -> Record:
    """List an observation as a value with its provenance."""
    value = {"low": one.low, "high": one.high}
    return Record("reality.csv", one.id, value, one.unit, one.source, one.at, one.status)


def _observation(
    where: str, cells: Mapping[str, str], sources: Collection[str], runs: Collection[str]
) -> Observation:
    check(where, cells, sources=sources)
    _check_words(where, cells, runs)
    low, high = rows.number(cells, "low", where), rows.number(cells, "high", where)
    if low is None and high is None:
        raise TableError(where, "neither low nor high", "one of them or both", "add the figure")
    if low is not None and high is not None and low > high:
        raise TableError(where, f"{low} to {high}", "low <= high", "reorder")
    year, price_year = rows.year(cells, "year", where), rows.year(cells, "price_year", where)
    if year is None:
        raise TableError(where, "no year", "the year of the observation", "add it")
    try:
        formula = formulas.parse(cells["quantity"])
        units = [cells["unit"], *(number.unit for number in formulas.numbers(formula))]
        parse_unit(cells["unit"])
        money = [unit for unit in units if currency_of(unit)]
    except TextError as error:
        raise TableError(where, error.found, error.expected, error.remedy) from None
    if not any(formulas.terms(formula)):
        raise TableError(where, f"quantity {cells['quantity']!r}", "a term", "name an outcome")
    if bool(money) != (price_year is not None):
        raise TableError(
            where, f"unit {cells['unit']} and price year {price_year}",
            "a price year with money, and none without", "correct one",
        )  # fmt: skip
    columns: dict[str, Any] = {**cells, "year": year, "low": low, "high": high}
    columns["price_year"] = price_year
    return Observation(**columns, formula=formula)


def _check_words(where: str, cells: Mapping[str, str], runs: Collection[str]) -> None:
    if not _ID.fullmatch(cells["id"]):
        raise TableError(where, f"id {cells['id']!r}", "small letters, digits and _", "rename it")
    for field in ("what", "region", "quantity"):
        if not cells[field]:
            raise TableError(where, f"no {field}", "one", "add it")
    if len(cells["what"]) > LONGEST_NAME:
        raise TableError(
            where, f"{len(cells['what'])} letters in what", f"at most {LONGEST_NAME}", "shorten it"
        )
    choices: dict[str, Collection[str]] = {"role": ROLES, "statistic": STATISTICS}
    for field, known in choices.items():
        if cells[field] not in known:
            raise TableError(where, f"{field} {cells[field]!r}", f"one of {list(known)}", "choose")
    if cells["run"] and cells["run"] not in runs:
        raise TableError(
            where, f"run {cells['run']!r}", "none, or one of reality.yaml", "add the run there"
        )
    if cells["role"] != "must" and not cells["note"]:
        raise TableError(
            where, f"no note of a row to {cells['role']}", "how far the two compare", "add it"
        )


@dataclass(frozen=True)
class Reality:
    """The packaged observations.

    Attributes
    ----------
    observations : tuple of Observation
    runs : mapping
        Name -> `title`, and `config`: what a run with inputs of its own changes of the defaults.
    """

    observations: tuple[Observation, ...]
    runs: Mapping[str, Mapping[str, Any]]


def check_runs(where: str, runs: Mapping[str, Any]) -> None:
    """Refuse, by a TableError, runs that are not a title and a config."""
    for name, entry in runs.items():
        if not isinstance(entry, dict) or entry.keys() != {"title", "config"}:
            raise TableError(f"{where}: {name}", "other keys", "title and config", "correct it")
        if not entry["title"] or not isinstance(entry["config"], dict):
            raise TableError(f"{where}: {name}", "no title or config", "both", "add it")
