"""Lay one config over another: the base, a parent, the file, a scenario, single settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from simcore.errors import ConfigError, Fault, dotted
from simcore.intake import document
from simcore.intake.document.scalars import Key
from simcore.quantities import KINDS, PARAMETERS, SHAPES

_DIGITS: Final = 18
_DATES: Final = frozenset({"year", "date"})
"""Either makes a mapping with a value the dated spot of a price."""

_STANDS: Final = frozenset({"kind", "break_even"})
"""Either makes a mapping stand for one number, or for an entry of another kind."""


def merge(under: Any, over: Any) -> Any:
    """Lay one value over another.

    Mappings merge key by key. What stands for one number or one table replaces what lies under it:
    a mapping with `kind`, `break_even` or a `value` (but for the dated spot of a price), a dated
    table (all keys are years), a list, a scalar. An empty mapping changes nothing but empties a
    dated table. A mapping of regions over a single distribution leaves that as the `default`.
    """
    if not isinstance(under, Mapping) or not isinstance(over, Mapping):
        return over
    if _STANDS & set(over) or _is_dated(over) or (not over and _is_dated(under)):
        return over
    if _has_value(over) and not _DATES & set(under):
        return over
    if "default" in under and SHAPES & set(over):
        return over  # a distribution, its kind forgotten, over a mapping of regions
    kind = under.get("kind")
    is_quantity = (isinstance(kind, str) and kind in KINDS) or _has_value(under)
    if is_quantity and "years" in over:
        return over
    if over and is_quantity and not PARAMETERS & set(over):
        return {"default": under, **over}
    # A spot has a year or a date: the new one is not that of the old one.
    stale = _DATES if "value" in under and _DATES & set(over) else frozenset()
    merged = {key: value for key, value in under.items() if key not in stale}
    for key, value in over.items():
        merged[key] = merge(under[key], value) if key in under else value
    return merged


def at(data: Any, address: Sequence[Any]) -> Any:
    """What stands at an address; None where nothing does."""
    for part in address:
        data = data.get(part) if isinstance(data, Mapping) else None
    return data


def _is_dated(value: Mapping[Any, Any]) -> bool:
    return bool(value) and all(isinstance(key, int) for key in value)


def _has_value(content: Mapping[Any, Any]) -> bool:
    """Whether a mapping is one number with its metadata; a config has a mapping `value` too."""
    value = content.get("value")
    return value is not None and not isinstance(value, Mapping) and not _DATES & set(content)


def setting(text: str) -> tuple[tuple[Key, ...], document.Document]:
    """Read a single setting, ``path.to.key=value``: its path, and the nested mapping it stands for.

    The value is read as YAML; a part of digits is a year. What cannot be read is among the faults
    of the document; one that says nothing has no path.
    """
    name = f"--set {text}"
    key, equals, value = text.partition("=")
    parts = [part.strip() for part in key.split(".")]
    if not equals or not all(parts):
        fault = Fault("", text, "path.to.key=value", "write for example --set draws=1000", "--set")
        return (), document.Document(data={}, lines={}, name="--set", faults=(fault,))
    path = tuple(_key(part) for part in parts)
    try:
        read = document.parse(f"value: {value}", name, go_on=True)
    except ConfigError as error:
        faults = tuple(replace(one, line=None) for one in error.faults)
        return (), document.Document(data={}, lines={}, name=name, faults=faults)
    nested: Any = read.data.get("value")
    for part in reversed(path):
        nested = {part: nested}
    faults = tuple(
        replace(one, where=dotted(path) + one.where.removeprefix("value"), line=None)
        for one in read.faults
    )
    return path, document.Document(data=nested, lines={}, name=name, faults=faults)


def _key(part: str) -> Key:
    """A part of a path: a year, the position in a list, or a name."""
    is_number = part.isascii() and part.isdigit() and len(part) <= _DIGITS
    return int(part) if is_number else part


def put(under: Any, over: Any, path: Sequence[Key]) -> Any:
    """Lay a single setting over a config: its value by `merge`, at exactly its path.

    Unlike with `merge`, one year of a table or one entry of a list may be set.
    """
    if not path:
        return merge(under, over)
    key, rest = path[0], path[1:]
    if isinstance(under, list) and isinstance(key, int) and key < len(under):
        return [*under[:key], put(under[key], over[key], rest), *under[key + 1 :]]
    if not isinstance(under, Mapping):
        return over
    return {**under, key: put(under.get(key), over[key], rest)}
