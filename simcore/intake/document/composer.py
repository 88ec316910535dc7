"""YAML events to plain data with its lines: limits hold before an alias is written out.

Reading event by event keeps a hostile file from costing more than its own length: an alias is
copied once its written-out size is known to be small. Faults are gathered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from simcore.errors import ConfigError, Fault, dotted
from simcore.intake.document.scalars import Key, Scalar, resolve, resolve_tagged

Address = tuple[Key, ...]
Lines = dict[Address, int]

MAX_DEPTH: Final = 40
MAX_NODES: Final = 100_000
MAX_ALIASES: Final = 50
MAX_KEY_LENGTH: Final = 100

CONTROL: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"
)
_CORE: Final = "tag:yaml.org,2002:"
_TAGS: Final = {_CORE + name: name for name in ("str", "int", "float", "bool", "null")}


@dataclass(slots=True)
class _Anchor:
    """A value that an alias may repeat: where it stands, and what it takes to write it out."""

    address: Address
    lines: Lines
    data: Any = None
    size: int = 0
    closed: bool = False


@dataclass(slots=True)
class _Reading:
    """What has been read so far; `size` counts what aliases bring as well."""

    name: str
    events: Iterator[Any]
    lines: Lines = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    anchors: dict[str, _Anchor] = field(default_factory=dict)
    nodes: int = 0
    size: int = 0
    aliases: int = 0


def compose(events: Iterable[Any], name: str) -> tuple[Any, Lines, list[Fault]]:
    """Read one document from the events that PyYAML's `parse` gives.

    Returns
    -------
    data : dict, list or scalar
        None for a file without a document; what has a fault is None, or left out where its key
        is no key.
    lines : dict
        Line, from 1, of each address; that of an entry is the line of its key.
    faults : list of Fault
        Unusable or duplicate keys, tags, and numbers, in the order of their lines.

    Raises
    ------
    ConfigError
        A limit is passed, an alias has no anchor or holds itself, or there is a second document.
    """
    reading, data, documents = _Reading(name, iter(events)), None, 0
    for event in reading.events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise refusal(
                    name, _line(event), "a second document",
                    "one YAML document a file",
                    "remove the line `---`, or split the file",
                )  # fmt: skip
        elif isinstance(event, yaml.NodeEvent):
            data = _value(reading, event, (), 1)
    return data, reading.lines, sorted(reading.faults, key=lambda one: one.line or 0)


def refusal(
    name: str, line: int | None, found: str, expected: str, remedy: str, address: Address = ()
) -> ConfigError:
    """Make the error of a single fault, for the caller to raise; see `Fault`."""
    return ConfigError(Fault(dotted(address), found, expected, remedy, name, line))


def _line(event: Any) -> int:
    line: int = event.start_mark.line + 1
    return line


def _value(reading: _Reading, event: Any, address: Address, depth: int) -> Any:
    """Read what begins with an event, and note its lines; `depth` is that of a collection here."""
    line = _counted(reading, event)
    if isinstance(event, yaml.AliasEvent):
        return _alias(reading, event, address, depth)
    anchor = _Anchor(address, reading.lines)
    if event.anchor is not None:
        reading.anchors[event.anchor] = anchor
    size = reading.size
    reading.lines[address] = line
    data: Any
    if isinstance(event, yaml.ScalarEvent):
        data = _scalar(reading, event, address)
    else:
        _check_limit(depth, MAX_DEPTH, "levels", reading.name, line)
        is_map = isinstance(event, yaml.MappingStartEvent)
        if event.tag not in (None, "!", _CORE + ("map" if is_map else "seq")):
            _note_tag(reading, event, address)
        data = (_mapping if is_map else _list)(reading, address, depth)
    anchor.data, anchor.size, anchor.closed = data, reading.size - size + 1, True
    return data


def _counted(reading: _Reading, event: Any) -> int:
    line = _line(event)
    reading.nodes += 1
    reading.size += 1
    _check_limit(reading.nodes, MAX_NODES, "keys and values", reading.name, line)
    return line


def _list(reading: _Reading, address: Address, depth: int) -> list[Any]:
    data: list[Any] = []
    for event in reading.events:
        if isinstance(event, yaml.SequenceEndEvent):
            break
        data.append(_value(reading, event, (*address, len(data)), depth + 1))
    return data


def _mapping(reading: _Reading, address: Address, depth: int) -> dict[Key, Any]:
    data: dict[Key, Any] = {}
    first: dict[Any, int] = {}
    merged: list[tuple[Any, Lines]] = []
    for event in reading.events:
        if isinstance(event, yaml.MappingEndEvent):
            break
        line = _counted(reading, event)
        is_merge = _is_merge(event) and "<<" not in first
        if is_merge:
            first["<<"], key = line, None
        else:
            key = _key(reading, event, line, address, first)
        if key is not None:
            data[key] = _value(reading, next(reading.events), (*address, key), depth + 1)
            reading.lines[(*address, key)] = line
            continue
        # What has no place of its own is named by the mapping that it stands in.
        kept, reading.lines = reading.lines, {}
        value = _value(reading, next(reading.events), address, depth + 1)
        if is_merge:
            merged.append((value, reading.lines))
        reading.lines = kept
    for value, lines in merged:
        _merge(reading, data, address, value, lines)
    return data


def _merge(
    reading: _Reading, data: dict[Key, Any], address: Address, value: Any, lines: Lines
) -> None:
    """Add what a merge key brings to a mapping: keys written out win, then the first mapping."""
    several = isinstance(value, list)
    for position, part in enumerate(value if several else [value]):
        if not isinstance(part, dict):
            _note(
                reading, (*address, "<<"), "a merge key << with something else than a mapping",
                "<<: *name, or a list of such aliases",
                "name the anchor of a mapping written above", line=lines[address],
            )  # fmt: skip
            continue
        source = (*address, position) if several else address
        for key, one in part.items():
            if key not in data:
                data[key] = _copied(one, (*source, key), lines, (*address, key), reading.lines)


def _alias(reading: _Reading, event: Any, address: Address, depth: int) -> Any:
    """Write a value out again, once its size is known to be small."""
    name, line, anchor = reading.name, _line(event), reading.anchors.get(event.anchor)
    reading.aliases += 1
    _check_limit(reading.aliases, MAX_ALIASES, "aliases", name, line)
    if anchor is None or not anchor.closed:
        where = "without an anchor above it" if anchor is None else "inside its own anchor"
        raise refusal(
            name, line, f"the alias *{event.anchor} {where}",
            "an alias of a complete value written above",
            "write the value out", address,
        )  # fmt: skip
    reading.size += anchor.size - 1
    _check_limit(reading.size, MAX_NODES, "keys and values, aliases written out,", name, line)
    _check_limit(depth - 1 + _height(anchor.data), MAX_DEPTH, "levels", name, line)
    return _copied(anchor.data, anchor.address, anchor.lines, address, reading.lines)


def _copied(data: Any, source: Address, lines: Lines, target: Address, to: Lines) -> Any:
    """Copy data from one address to another, with its lines."""
    to[target] = lines[source]
    if isinstance(data, dict):
        return {key: _copied(one, (*source, key), lines, (*target, key), to)
                for key, one in data.items()}  # fmt: skip
    if isinstance(data, list):
        return [_copied(one, (*source, place), lines, (*target, place), to)
                for place, one in enumerate(data)]  # fmt: skip
    return data


def _height(data: Any) -> int:
    inside = data.values() if isinstance(data, dict) else data if isinstance(data, list) else None
    return 0 if inside is None else 1 + max(map(_height, inside), default=0)


def _is_merge(event: Any) -> bool:
    return (
        isinstance(event, yaml.ScalarEvent)
        and event.value == "<<"
        and event.implicit[0]
        and event.anchor is None
    )


def _key(
    reading: _Reading, event: Any, line: int, address: Address, first: dict[Any, int]
) -> Key | None:
    """Read a key; None, and a fault, where it cannot be one."""
    if not isinstance(event, yaml.ScalarEvent):
        raise refusal(
            reading.name,
            line,
            "a key that is a list, a mapping or an alias",
            "a name or a number",
            "write the key out as one word; quote a text that holds brackets",
            address,
        )
    known = len(reading.faults)
    key = _scalar(reading, event, address)
    if len(reading.faults) > known:
        return None
    if event.anchor is not None:
        problem = f"an anchor on the key {key!r}", "anchors on values only", "remove the anchor"
    elif key is None or isinstance(key, bool):
        problem = (f"the key {event.value or 'null'}", "a name or a number",
                   f'write "{event.value}" if it is a name')  # fmt: skip
    elif isinstance(key, str) and len(key) > MAX_KEY_LENGTH:
        problem = (f"a key of {len(key):,} characters", f"at most {MAX_KEY_LENGTH} characters",
                   "shorten the key")  # fmt: skip
    elif key in first:
        address = (*address, key)
        problem = (f"the key {key} on line {first[key]} and again on line {line}",
                   "each key once", "remove or rename one of them")  # fmt: skip
    else:
        first[key] = line
        return key
    _note(reading, address, *problem, line=line)
    return None


def _scalar(reading: _Reading, event: Any, address: Address) -> Scalar:
    """Turn one scalar into a value; a fault is noted and None returned."""
    text: str = event.value
    # Other control characters were found in the text of the file.
    control = CONTROL.search(text) if event.style == '"' else None
    problem: tuple[str, str] | None
    if control:
        text, value = f"the character {control.group()!r}", None
        problem = "text that prints", "remove the escape sequence"
    elif event.tag in _TAGS:
        value, problem = resolve_tagged(text, _TAGS[event.tag])
    elif event.tag not in (None, "!"):
        _note_tag(reading, event, address)
        return None
    else:
        value, problem = resolve(text) if event.implicit[0] and not event.tag else (text, None)
    if problem is not None:
        _note(reading, address, text, *problem, line=_line(event))
    return value


def _check_limit(count: int, limit: int, what: str, name: str, line: int) -> None:
    if count > limit:
        raise refusal(
            name, line, f"more than {limit:,} {what}".rstrip(","),
            f"at most {limit:,}", "write a smaller, flatter file",
        )  # fmt: skip


def _note_tag(reading: _Reading, event: Any, address: Address) -> None:
    tag = event.tag
    short = "!!" + tag.removeprefix(_CORE) if tag.startswith(_CORE) else tag
    _note(reading, address, f"the tag {short}", "plain text, numbers, lists and mappings",
          "remove the tag", line=_line(event))  # fmt: skip


def _note(
    reading: _Reading, address: Address, found: str, expected: str, remedy: str, *, line: int
) -> None:
    reading.faults.append(Fault(dotted(address), found, expected, remedy, reading.name, line))
