"""YAML events to nodes: limits hold before anything is expanded, faults are gathered.

Reading event by event keeps a hostile file from costing more than its own length: an alias is a
reference until its written-out size is known to be small.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from simcore.errors import ConfigError, Fault, dotted
from simcore.intake.document.scalars import Key, Scalar, resolve, resolve_tagged

Path = tuple[Key, ...]

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
class Node:
    """A scalar, list or mapping before its aliases are written out.

    Attributes
    ----------
    line : int
        From 1.
    value : str, int, float, bool or None
        Of a scalar.
    pairs : list of (key, line of the key, Node), or None
        Of a mapping.
    items : list of Node, or None
        Of a list.
    size : int
        Nodes in it, itself and keys included, with aliases written out.
    height : int
        Levels of lists and mappings in it, aliases included.
    closed : bool
        False while its content is still being read.
    merged : list of Node
        What stands under the merge key of a mapping, until the mapping is closed.
    """

    line: int
    value: Scalar = None
    pairs: list[tuple[Key, int, Node]] | None = None
    items: list[Node] | None = None
    size: int = 1
    height: int = 0
    closed: bool = False
    merged: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class _Open:
    """A list or mapping being read, and the key that waits for its value."""

    node: Node
    path: Path
    first_lines: dict[Key, int] = field(default_factory=dict)
    key: Key | None = None
    key_line: int = 0
    waiting: bool = False
    merging: bool = False


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    name: str
    top: Node | None = None
    faults: list[Fault] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    documents: int = 0
    nodes: int = 0
    aliases: int = 0


def compose(events: Iterable[Any], name: str) -> tuple[Node | None, list[Fault]]:
    """Build the nodes of one document.

    Parameters
    ----------
    events : iterable of yaml.Event
        As PyYAML's `parse` gives them.
    name : str
        File, as faults name it.

    Returns
    -------
    top : Node or None
        None for a file without a document.
    faults : list of Fault
        Unusable or duplicate keys, tags, and numbers; nodes with a fault hold None.

    Raises
    ------
    ConfigError
        A limit is passed, an alias has no anchor or holds itself, or there is a second document.
    """
    reading = _Reading(name)
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            reading.documents += 1
            if reading.documents > 1:
                raise refusal(
                    name,
                    line,
                    found="a second document",
                    expected="one YAML document a file",
                    remedy="remove the line `---`, or split the file",
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            closing = reading.stack.pop()
            _merge(reading, closing)
            closing.node.closed = True
            if reading.stack:
                _attach(reading.stack[-1], closing.node)
        elif isinstance(event, yaml.NodeEvent):
            reading.nodes += 1
            _check_limit(reading.nodes, MAX_NODES, "keys and values", name, line)
            _take_node(reading, event, line)
    return reading.top, sorted(reading.faults, key=lambda one: one.line or 0)


def refusal(
    name: str, line: int | None, *, found: str, expected: str, remedy: str, path: Path = ()
) -> ConfigError:
    """Make the error of a single fault.

    Parameters
    ----------
    name : str
        File, as the user named it.
    line : int or None
        From 1.
    found, expected, remedy : str
        See `Fault`.
    path : tuple
        Keys and list positions from the top.

    Returns
    -------
    ConfigError
        For the caller to raise.
    """
    return ConfigError(Fault(dotted(path), found, expected, remedy, name, line))


def _take_node(reading: _Reading, event: Any, line: int) -> None:
    """Read a key, a value, or the start of a list or mapping."""
    stack, name = reading.stack, reading.name
    parent = stack[-1] if stack else None
    if parent is not None and parent.node.pairs is not None and not parent.waiting:
        _take_key(reading, parent, event, line)
        return
    path = _path_of_next(parent)
    if isinstance(event, yaml.AliasEvent):
        _take_alias(reading, event, line, path)
        return
    if isinstance(event, yaml.ScalarEvent):
        node = Node(line, _scalar(reading, event, line, path), closed=True)
    else:
        _check_limit(len(stack) + 1, MAX_DEPTH, "levels", name, line)
        node = _opened(reading, event, line, path)
        stack.append(_Open(node, path))
    if event.anchor is not None:
        reading.anchors[event.anchor] = node
    if parent is None:
        reading.top = node
    elif node.closed:
        _attach(parent, node)


def _path_of_next(parent: _Open | None) -> Path:
    if parent is None:
        return ()
    if parent.node.items is not None:
        return (*parent.path, len(parent.node.items))
    # A faulty key has no place of its own: its value is named by the mapping it stands in.
    return parent.path if parent.key is None else (*parent.path, parent.key)


def _attach(parent: _Open, node: Node) -> None:
    parent.node.size += node.size
    parent.node.height = max(parent.node.height, node.height + 1)
    if parent.node.items is not None:
        parent.node.items.append(node)
    elif parent.node.pairs is not None:
        if parent.merging:
            parent.node.merged.append(node)
        elif parent.key is not None:
            parent.node.size += 1
            parent.node.pairs.append((parent.key, parent.key_line, node))
        parent.key, parent.waiting, parent.merging = None, False, False


def _merge(reading: _Reading, closing: _Open) -> None:
    """Add what a merge key brings to a mapping: keys written out win, then the first mapping."""
    node = closing.node
    for value in node.merged:
        for part in [value] if value.items is None else value.items:
            if part.pairs is None:
                reading.faults.append(
                    Fault(
                        dotted((*closing.path, "<<")),
                        "a merge key << with something else than a mapping",
                        "<<: *name, or a list of such aliases",
                        "name the anchor of a mapping written above",
                        reading.name,
                        value.line,
                    )
                )
            elif node.pairs is not None:
                known = {key for key, _, _ in node.pairs}
                node.pairs += [pair for pair in part.pairs if pair[0] not in known]
    node.merged = []


def _take_alias(reading: _Reading, event: Any, line: int, path: Path) -> None:
    name = reading.name
    reading.aliases += 1
    _check_limit(reading.aliases, MAX_ALIASES, "aliases", name, line)
    node = reading.anchors.get(event.anchor)
    if node is None or not node.closed:
        where = "without an anchor above it" if node is None else "inside its own anchor"
        raise refusal(
            name,
            line,
            found=f"the alias *{event.anchor} {where}",
            expected="an alias of a complete value written above",
            remedy="write the value out",
            path=path,
        )
    _check_limit(len(reading.stack) + node.height, MAX_DEPTH, "levels", name, line)
    _attach(reading.stack[-1], node)
    total = sum(opened.node.size for opened in reading.stack)
    _check_limit(total, MAX_NODES, "keys and values, aliases written out,", name, line)


def _opened(reading: _Reading, event: Any, line: int, path: Path) -> Node:
    is_map = isinstance(event, yaml.MappingStartEvent)
    if event.tag not in (None, "!", _CORE + ("map" if is_map else "seq")):
        reading.faults.append(_tag_fault(event.tag, line, path, reading.name))
    return Node(line, pairs=[], height=1) if is_map else Node(line, items=[], height=1)


def _take_key(reading: _Reading, parent: _Open, event: Any, line: int) -> None:
    """Read a key, or say why it cannot be one; the value after it is read either way."""
    path, name = parent.path, reading.name
    if not isinstance(event, yaml.ScalarEvent):
        raise refusal(
            name,
            line,
            found="a key that is a list, a mapping or an alias",
            expected="a name or a number",
            remedy="write the key out as one word; quote a text that holds brackets",
            path=path,
        )
    is_merge = event.value == "<<" and event.implicit[0] and event.anchor is None
    if is_merge and "<<" not in parent.first_lines:
        parent.first_lines["<<"] = line
        parent.waiting, parent.merging, parent.key, parent.key_line = True, True, None, line
        return
    known_faults = len(reading.faults)
    key = _scalar(reading, event, line, path)
    parent.waiting, parent.key, parent.key_line = True, None, line
    if len(reading.faults) > known_faults:
        return
    problem = _key_problem(key, event)
    if problem is None and key is not None and key in parent.first_lines:
        path = (*path, key)
        problem = (
            f"the key {key} on line {parent.first_lines[key]} and again on line {line}",
            "each key once",
            "remove or rename one of them",
        )
    if problem is not None:
        reading.faults.append(Fault(dotted(path), *problem, name, line))
    elif key is not None:
        parent.first_lines[key] = line
        parent.key = key


def _key_problem(key: Scalar, event: Any) -> tuple[str, str, str] | None:
    """Say what is found, expected and to do where a scalar cannot be a key."""
    if event.anchor is not None:
        return (f"an anchor on the key {key!r}", "anchors on values only", "remove the anchor")
    if key is None or isinstance(key, bool):
        return (
            f"the key {event.value or 'null'}",
            "a name or a number",
            f'write "{event.value}" if it is a name',
        )
    if isinstance(key, str) and len(key) > MAX_KEY_LENGTH:
        return (
            f"a key of {len(key):,} characters",
            f"at most {MAX_KEY_LENGTH} characters",
            "shorten the key",
        )
    return None


def _scalar(reading: _Reading, event: Any, line: int, path: Path) -> Scalar:
    """Turn one scalar into a value; a fault is noted and None returned."""
    text: str = event.value
    control = CONTROL.search(text)
    if control:
        reading.faults.append(
            Fault(
                dotted(path),
                f"the character {control.group()!r}",
                "text that prints",
                "remove the escape sequence",
                reading.name,
                line,
            )
        )
        return None
    value: Scalar
    if event.tag == "!":
        value, problem = text, None
    elif event.tag is None:
        value, problem = resolve(text) if event.implicit[0] else (text, None)
    elif event.tag in _TAGS:
        value, problem = resolve_tagged(text, _TAGS[event.tag])
    else:
        reading.faults.append(_tag_fault(event.tag, line, path, reading.name))
        return None
    if problem is not None:
        reading.faults.append(Fault(dotted(path), text, *problem, reading.name, line))
    return value


def _check_limit(count: int, limit: int, what: str, name: str, line: int) -> None:
    if count > limit:
        raise refusal(
            name,
            line,
            found=f"more than {limit:,} {what}".rstrip(","),
            expected=f"at most {limit:,}",
            remedy="write a smaller, flatter file",
        )


def _tag_fault(tag: str, line: int, path: Path, name: str) -> Fault:
    short = "!!" + tag.removeprefix(_CORE) if tag.startswith(_CORE) else tag
    return Fault(
        dotted(path),
        f"the tag {short}",
        "plain text, numbers, lists and mappings",
        "remove the tag",
        name,
        line,
    )
