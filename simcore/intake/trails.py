"""From a location of pydantic to an address in what the user wrote.

A location also names the members of unions and what short forms were turned into.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import Tag

from simcore.intake.findings import Address
from simcore.intake.schema import Experiment
from simcore.processes import Process, record_of


def trail(loc: Sequence[Any], data: Any, kind: str) -> tuple[Address, Any]:
    """Address in the data of a location, and the record that holds its last part."""
    address: list[Any] = []
    node, type_, holder = data, typing.cast(Any, Experiment), None
    for position, part in enumerate(loc):
        if part == "[key]":
            break
        member = _member(type_, part)
        if member is not None:
            type_ = member
            continue
        holder, type_ = type_, _inside(type_, part)
        actual = _key(node, part)
        if actual is not None:
            address.append(actual)
            node = node[actual]
            if is_process(bare(type_)):
                type_ = record_of(node)
        elif position == len(loc) - 1 and kind in ("missing", "extra_forbidden"):
            address.append(part)
        elif isinstance(node, (Mapping, list)) and part != "default":
            node = None
    return tuple(address), holder


def is_process(type_: Any) -> bool:
    """Whether a type is the record of a process, whose fields are those of its kind."""
    return isinstance(type_, type) and issubclass(type_, Process)


def _key(node: Any, part: Any) -> Any:
    """The key or position of a node that a part of a location names."""
    if isinstance(node, Mapping):
        if part in node:
            return part
        return next((key for key in node if str(key) == str(part)), None)
    if isinstance(node, list) and isinstance(part, int) and part < len(node):
        return part
    return None


def bare(type_: Any) -> Any:
    """A type without annotations and without `| None`."""
    while not isinstance(type_, type):
        origin = typing.get_origin(type_)
        members = [one for one in typing.get_args(type_) if one is not type(None)]
        if origin is not typing.Annotated and (
            len(members) != 1 or origin in (dict, list, typing.Literal)
        ):
            break
        type_ = members[0]
    return type_


def _member(type_: Any, tag: Any) -> Any:
    """The member of a tagged union, or None for other types."""
    type_ = bare(type_)
    if isinstance(type_, type):
        fields = getattr(type_, "model_fields", {})
        alone = "kind" in fields and tag in typing.get_args(fields["kind"].annotation)
        return type_ if alone and tag not in fields else None
    if typing.get_origin(type_) in (dict, list, typing.Literal):
        return None
    for member in typing.get_args(type_):
        for note in getattr(member, "__metadata__", ()):
            if isinstance(note, Tag) and note.tag == tag:
                return member
        kind = getattr(bare(member), "model_fields", {}).get("kind")
        if kind is not None and tag in typing.get_args(kind.annotation):
            return member
    return None


def _inside(type_: Any, part: Any) -> Any:
    """The type of what a record, mapping or list holds."""
    type_ = bare(type_)
    if hasattr(type_, "model_fields"):
        _complete(type_)
        return type_.model_fields[part].annotation if part in type_.model_fields else None
    arguments = typing.get_args(type_)
    return arguments[-1] if typing.get_origin(type_) in (dict, list) else None


@cache
def _complete(record: Any) -> None:
    if not record.__pydantic_fields_complete__:
        # A field of quantities holds quantities, which are defined after it.
        record.model_rebuild()
