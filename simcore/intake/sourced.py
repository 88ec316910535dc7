"""Numbers with their source where a config holds the number alone.

`{value: 20, unit: yr, source: ...}` stands for the number and `{values: {2026: 0.5}, source: ...}`
for the table, wherever there is no uncertainty to state: quantities have fields of their own for
these. The schema says which places are such, so that a new field needs nothing here.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from pydantic import BaseModel

from simcore.intake.schema import Experiment
from simcore.quantities import Uncertain
from simcore.quantities.annotations import COMMODITY, PER_COMMODITY, Canonical
from simcore.quantities.records import Described
from simcore.units import UnitError, conversion, parse_quantity

META: Final = frozenset({*Described.model_fields, "unit"})
"""What may stand beside a value or a table of values; none of them is deflated."""


@dataclass(frozen=True)
class Place:
    """What the schema wants at a place of a config.

    Attributes
    ----------
    number : bool
        Whether a plain number.
    unit : str
        Canonical unit of plain numbers here; empty where the schema states none.
    item : Place or None
        What a table holds by name or by year.
    records : tuple of types
        Records that may stand here.
    """

    number: bool = False
    unit: str = ""
    item: Place | None = None
    records: tuple[type[BaseModel], ...] = ()

    @property
    def last(self) -> Place:
        """What stands at the end of a table, or of tables of tables."""
        return self if self.item is None else self.item.last


@cache
def places(record: type[BaseModel]) -> dict[str, Place]:
    """The fields of a record that hold plain numbers, at any depth."""
    found = {name: _place(field.annotation, tuple(field.metadata))
             for name, field in record.model_fields.items()}  # fmt: skip
    return {name: place for name, place in found.items() if place != Place()}


def _place(annotation: Any, notes: tuple[Any, ...] = ()) -> Place:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _place(arguments[0], (*notes, *arguments[1:]))
    if annotation in (float, int):
        unit = next((one.unit for one in notes if isinstance(one, Canonical)), "")
        return Place(number=True, unit=unit)
    if origin is dict:
        units = tuple(one for one in notes if isinstance(one, Canonical))
        item = _place(arguments[1], units)
        return Place(item=item) if item != Place() else Place()
    if origin in (typing.Union, types.UnionType):
        members = [_place(one, notes) for one in arguments]
        number = next((one for one in members if one.number), None)
        records = tuple(record for one in members for record in one.records)
        table = next((one for one in members if one.item is not None), None)
        return number or table or Place(records=records)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Place() if issubclass(annotation, Uncertain) else Place(records=(annotation,))
    return Place()


def bare(
    node: Any, under: Any = None, place: Place = Place(records=(Experiment,)), money: str = ""
) -> Any:
    """Leave the number of what states a number with its source, and so of tables.

    Parameters
    ----------
    node : object
        A config, or a part of one; never changed.
    under : object
        What it is laid over: a price that is only changed has its unit there.
    place : Place
        What the schema wants there.
    money : str
        Unit of the price around it.

    Returns
    -------
    object
        The same object where nothing was stated so; what is not understood stays as it is.
    """
    if not isinstance(node, Mapping):
        return node
    if place.number:
        return _number(node, place.unit, money)
    if place.item is not None and place.last.number:
        if _is_stated(node, "value"):
            return _number(node, place.last.unit, money)
        if _is_stated(node, "values"):
            node = _table(node, place.last.unit, money)
    below = under if isinstance(under, Mapping) else {}
    own = node.get("unit") or below.get("unit")
    money = own if isinstance(own, str) else money
    changed = {}
    for key, child in node.items():
        inner = place.item or next(
            (found[key] for record in place.records if key in (found := places(record))), None
        )
        if inner is not None and isinstance(child, Mapping):
            done = bare(child, below.get(key), inner, money)
            if done is not child:
                changed[key] = done
    return {**node, **changed} if changed else node


def _is_stated(node: Mapping[Any, Any], key: str) -> bool:
    """Whether a mapping is a value, or a table, and where it comes from."""
    kind = Mapping if key == "values" else (int, float, str)
    return isinstance(node.get(key), kind) and set(node) <= META | {key}


def _number(node: Mapping[Any, Any], unit: str, money: str) -> Any:
    if not _is_stated(node, "value") or (isinstance(node["value"], str) and "unit" in node):
        return node
    factor = _factor(node, unit, money)
    return node if factor is None else _scaled(node["value"], factor)


def _table(node: Mapping[Any, Any], unit: str, money: str) -> Mapping[Any, Any]:
    factor = _factor(node, unit, money)
    if factor is None:
        return node
    return {key: _scaled(value, factor) for key, value in node["values"].items()}


def _scaled(value: Any, factor: float) -> Any:
    if factor == 1.0 or isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return value * factor


def _factor(node: Mapping[Any, Any], unit: str, money: str) -> float | None:
    """Canonical numbers in one as it is written; None where its unit does not fit."""
    written = node.get("unit")
    if written is None:
        return 1.0
    if unit == COMMODITY:
        unit = money
    elif unit == PER_COMMODITY:
        unit = f"t/{money.partition('/')[2]}"
    try:
        return conversion(str(written), unit or "1", exchange={})
    except UnitError:
        return None


def misfit(address: Sequence[Any], value: Any) -> tuple[str, str] | None:
    """What is expected of a plain number in a unit that does not fit there, and what to do."""
    unit = value.get("unit") if isinstance(value, Mapping) and "value" in value else None
    if isinstance(value, str):
        with suppress(UnitError):
            unit = parse_quantity(value)[1]
    place = Place(records=(Experiment,))
    for key in address:
        found = (places(record) for record in place.records)
        place = place.item or next((one[key] for one in found if key in one), Place())
    wanted = place.unit or "1"
    if unit in (None, "1") or not place.number or wanted in (COMMODITY, PER_COMMODITY):
        return None
    try:
        conversion(str(unit), wanted, exchange={})
    except UnitError:
        if wanted == "1":
            return "a number without a unit", "leave the unit out"
        return f"a number in {wanted}", f"write it in {wanted}"
    return None
