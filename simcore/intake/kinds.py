"""A kind of instrument from outside: configs may name it once it is registered."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Annotated, Any, get_args

from pydantic import Field

from simcore.intake import shipped, sourced
from simcore.intake.entries import Catalog
from simcore.intake.instruments import RECORDS, Instrument, name_of
from simcore.intake.schema import Experiment


def register(record: type[Instrument]) -> None:
    """Add a kind of instrument by its record, before the configs that name it are read.

    Raises
    ------
    ValueError
        One of that name is there already.
    """
    name = name_of(record)
    if name in RECORDS:
        raise ValueError(f"instruments: a second {name}; give it another name")
    RECORDS[name] = record
    _renew()


def withdraw(name: str) -> None:
    """Take a kind of instrument out again."""
    del RECORDS[name]
    _renew()


def _renew() -> None:
    """Let entries of the catalog be of the kinds that there are, and forget earlier validators."""
    field = Catalog.model_fields["instruments"]
    name, _ = get_args(field.annotation)
    union: Any = reduce(or_, RECORDS.values())
    entry: Any = Annotated[union, Field(discriminator="kind")]
    field.annotation = dict[name, entry]  # type: ignore[valid-type]
    for record in (Catalog, Experiment):
        record.model_rebuild(force=True)
    shipped.forget_validators()
    sourced.places.cache_clear()
