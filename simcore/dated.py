"""The dated table: a value holds until the next date, changes after the last, and may end."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, NamedTuple, TypeVar

from simcore.numerics.elementary import power

Value = TypeVar("Value")


class Held(NamedTuple, Generic[Value]):
    """What a dated table says of a year.

    Attributes
    ----------
    date : int
        Year from which the value holds.
    value : object
        As the table has it, in the unit of the table.
    factor : float
        What is left of it: 1 up to the last date, then grown or declined; 0 after the end.
    """

    date: int
    value: Value
    factor: float


@dataclass(frozen=True)
class DatedTable(Generic[Value]):
    """Values by date, each of which holds until the next (MODEL 4).

    Attributes
    ----------
    values : mapping of int to object
        Date (a calendar year) -> number, distribution, or whatever the value is.
    end : int or None
        Last year in force; nothing afterwards. None: no end.
    growth : float
        Yearly growth after the last date, a share; a decline is below zero.
    delay : int
        Years by which everything after `known_until` comes late.
    known_until : int
        Last year that a delay cannot move.
    """

    values: Mapping[int, Value]
    end: int | None = None
    growth: float = 0.0
    delay: int = 0
    known_until: int = 0

    @classmethod
    def written(cls, table: Mapping[str, Any]) -> DatedTable[Any]:
        """The variant of a policy as a config writes it: `values`, `end`, `decline`."""
        decline = float(table.get("decline") or 0.0)
        return DatedTable(table["values"], table.get("end"), -decline)

    def delayed(self, years: int, *, known_until: int) -> DatedTable[Value]:
        """The same table, `years` later; what is known up to `known_until` stays."""
        return replace(self, delay=years, known_until=known_until)

    @property
    def first(self) -> int:
        """First date: nothing is said of the years before."""
        return min(self.values)

    @property
    def last(self) -> int:
        """Last date."""
        return max(self.values)

    def asked(self, year: int) -> int:
        """The year whose entry holds in a year: an earlier one, by the delay."""
        if year <= self.known_until:
            return year
        return max(year - self.delay, self.known_until)

    def at(self, year: int) -> Held[Value] | None:
        """What the table says of a year; None before its first date."""
        asked = self.asked(year)
        past = [date for date in self.values if date <= asked]
        if not past:
            return None
        date, factor = max(past), 1.0
        if self.end is not None and asked > self.end:
            factor = 0.0
        elif date == self.last:
            factor = power(1.0 + self.growth, asked - date)
        return Held(date, self.values[date], factor)

    def over(
        self: DatedTable[float], years: Iterable[int], *, before: float = math.nan
    ) -> list[float]:
        """Numbers by year, in the unit of the table; `before` ahead of its first date."""
        held = [self.at(year) for year in years]
        return [before if one is None else one.value * one.factor for one in held]
