"""The base of every record: frozen, strict, with metadata; and how it refuses what does not fit."""

import contextlib
import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError


class Model(BaseModel):
    """A frozen record that refuses unknown keys, numbers in quotes and non-finite numbers."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, defer_build=True, strict=True, allow_inf_nan=False
    )


@contextlib.contextmanager
def noted_reads(kinds: Iterable[type[Model]]) -> Iterator[set[tuple[int, str]]]:
    """Note which fields of records of some kinds are read: identity of the record, and field.

    What is read of a copy is read of its original. The set is filled at the end. Not for threads:
    while it lasts, every record of these kinds notes its reads, whoever reads it.
    """
    reads: set[tuple[int, str]] = set()
    raw: set[tuple[int, str]] = set()
    origin: dict[int, int] = {}
    copies: list[BaseModel] = []  # kept, for the identity of what is gone may be given again
    # Called a hundred thousand times for a plan, so that it does no more than it must.
    note, read, noted = raw.add, object.__getattribute__, list(kinds)

    def noting(self: Model, name: str) -> Any:
        note((id(self), name))
        return read(self, name)

    def copying(self: Model, **options: Any) -> Any:
        made = BaseModel.model_copy(self, **options)
        origin[id(made)] = origin.get(id(self), id(self))
        copies.append(made)
        return made

    for kind in noted:
        kind.__getattribute__ = noting  # type: ignore[assignment]
    Model.model_copy = copying  # type: ignore[method-assign, assignment]
    try:
        yield reads
    finally:
        for kind in noted:
            del kind.__getattribute__
        del Model.model_copy
        reads.update((origin.get(record, record), name) for record, name in raw)


def fault(message: str, expected: str, remedy: str = "correct the value") -> PydanticCustomError:
    """A validation error that carries what was expected and what to do, for the fault report."""
    return PydanticCustomError(
        "simcore", "{message}", {"message": message, "expected": expected, "remedy": remedy}
    )


def check_order(first: int, last: int) -> None:
    """Refuse years that end before they begin."""
    if first > last:
        raise fault(
            f"first = {first} after last = {last}", "first <= last", "swap or correct the two"
        )


def shown(value: Any) -> str:
    """A value as a user would write it, cut to what fits a line."""
    if value is None:
        return "nothing"
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def _whole(value: Any) -> Any:
    """1e6 is a whole number too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]


class Described(Model):
    """Where a value comes from."""

    source: str | None = None
    """Key of the source in `simcore catalog sources`, its address (https://...), or free text."""
    at: str | None = None
    """Place in the source: article, page, row."""
    status: str | None = None
    """in_force, adopted, proposed, seen, assumed ..."""
    note: str | None = None


class Column(Model):
    """How to read a CSV file, where it does not tell by itself."""

    where: dict[str, str] = Field(default_factory=dict)
    """Only rows with these cells."""
    missing: str | None = None
    """A cell that says that there is no number, beside the usual marks."""
    encoding: str | None = None
    """Of the file; UTF-8 by default."""
    decimal: Literal["point", "comma"] | None = None
    """Decimal sign, where 1,234 may be two numbers."""


class Sourced(Described):
    """Metadata that a value with a unit may carry."""

    unit: str | None = None
    """Unit of the numbers; without it they are in the canonical unit of the field."""
    price_year: Whole | None = Field(default=None, ge=1950, le=2100)
    """Price year of an amount of money; without it the base year."""
