"""YAML in and out: plain data that knows its lines, from files that cannot hurt.

`read` and `parse` refuse what is ambiguous, endless or not plain data; `dump` writes what they
read back to equal data.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from simcore.errors import ConfigError, Fault, dotted, suggest
from simcore.files import note_read
from simcore.intake.document.composer import CONTROL, compose, refusal
from simcore.intake.document.scalars import Key, spell

MAX_BYTES: Final = 1_000_000

# libyaml is ten times faster; its events are the same.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WIDTH: Final = 100


@dataclass(frozen=True)
class Document:
    """A YAML file as plain data.

    Attributes
    ----------
    data : dict
        Mappings (keys are text, whole numbers, or finite numbers), lists, and scalars. Nothing
        is shared: an alias is a copy.
    lines : dict
        Line, from 1, of each path; a path is a tuple of keys and list positions. The line of an
        entry is that of its key.
    name : str
        File, as faults name it.
    faults : tuple of Fault
        Entries that `parse` was told to go on without; a value reads as None, a key is not there.
    """

    data: dict[Key, Any]
    lines: dict[tuple[Key, ...], int]
    name: str
    faults: tuple[Fault, ...] = ()


def read(path: Path | str, *, go_on: bool = False) -> Document:
    """Read a YAML file: a regular one of at most `MAX_BYTES` bytes, in UTF-8.

    Raises
    ------
    ConfigError
        The file cannot be read, is too large, or is not what `parse` accepts.
    """
    path = Path(path)
    name = str(path)
    try:
        status = path.stat()
        # A pipe or a device would block or never end.
        if not stat.S_ISREG(status.st_mode):
            raise refusal(
                name,
                None,
                "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file",
                "a YAML file",
                "give the path of a YAML file",
            )
        _check_size(status.st_size, name)
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        note_read(path, content)
    except FileNotFoundError:
        raise refusal(name, None, "no such file", "a YAML file", _missing_remedy(path)) from None
    except (OSError, ValueError) as error:
        raise refusal(
            name,
            None,
            f"the file cannot be read: {getattr(error, 'strerror', None) or error}",
            "a readable YAML file",
            "check the path and its permissions",
        ) from None
    _check_size(len(content), name)
    return parse(_decoded(content, name), name, go_on=go_on)


def parse(text: str, name: str, *, go_on: bool = False) -> Document:
    """Read YAML text: one document with a mapping at the top; `name` is the file, for faults.

    To `go_on` hands unusable entries back as `Document.faults`, for a caller that looks for more.

    Raises
    ------
    ConfigError
        Every duplicate or unusable key, number that is not finite, and tag found, at once; or the
        first syntax error or limit (size, depth, nodes, aliases), where reading stops.
    """
    text = text.removeprefix("\ufeff")
    _check_size(len(text.encode("utf-8", "surrogatepass")), name)
    control = CONTROL.search(text)
    if control:
        raise refusal(
            name,
            text.count("\n", 0, control.start()) + 1,
            f"the character {control.group()!r}",
            "a text file",
            "give a YAML file in UTF-8, or remove the character",
        )
    try:
        data, lines, faults = compose(yaml.parse(text, Loader=_LOADER), name)
    except yaml.YAMLError as error:
        raise _syntax_error(error, text, name) from None
    is_map = isinstance(data, dict)
    if faults and not (go_on and is_map):
        raise ConfigError(faults)
    if not is_map:
        raise refusal(
            name,
            lines.get((), 1),
            _kind(data),
            "a mapping of keys to values",
            "write lines `key: value`",
        )
    return Document(data=data, lines=lines, name=name, faults=tuple(faults))


def line_of(document: Document, address: Sequence[Key]) -> int | None:
    """Find the line of an address, or of the nearest part of it that stands in the file.

    None when the file says nothing about any part of the address, or has no lines (line 0).
    """
    for length in range(len(address), 0, -1):
        line = document.lines.get(tuple(address[:length]))
        if line is not None:
            return line or None
    return None if address else document.lines.get(())


def fault_at(
    document: Document, address: Sequence[Key], *, found: str, expected: str, remedy: str
) -> Fault:
    """Make the fault of an address in a document, with its file and line."""
    return Fault(
        dotted(address), found, expected, remedy, document.name, line_of(document, address)
    )


def dump(data: Mapping[Any, Any]) -> str:
    """Write plain data as YAML, in its own order; keys are text or finite numbers.

    `parse` reads it back to equal data, floats to the bit; other YAML readers too. Short
    collections of scalars stand on one line, texts of several lines as blocks, and nothing is an
    alias.

    Raises
    ------
    ValueError
        A number is not finite.
    TypeError
        Something is not plain data.
    """
    return "\n".join(_written(data)) + "\n"


def _written(value: Any) -> Iterator[str]:
    """Give the lines of a value at no indentation."""
    if isinstance(value, Mapping) and value:
        for key, child in value.items():
            yield from _entry(f"{_spell_key(key)}:", child, same_line=False)
    elif _is_list(value) and value:
        for child in value:
            yield from _entry("-", child, same_line=True)
    else:
        yield _one_line(value, _WIDTH) or spell(value)


def _entry(head: str, child: Any, *, same_line: bool) -> Iterator[str]:
    """Give the lines of a mapping's or list's entry, its value indented by two."""
    if isinstance(child, str) and _is_block(child):
        yield f"{head} |" if child.endswith("\n") else f"{head} |-"
        yield from (f"  {line}" if line else "" for line in child.removesuffix("\n").split("\n"))
        return
    short = _one_line(child, _WIDTH - len(head) - 1)
    if short is not None:
        yield f"{head} {short}"
        return
    if not same_line:
        yield head
    for position, line in enumerate(_written(child)):
        indent = f"{head} " if same_line and position == 0 else "  "
        yield indent + line if line else ""


def _one_line(value: Any, width: int) -> str | None:
    """Write a scalar, or a collection of scalars that fits the width; None for anything else."""
    if isinstance(value, Mapping):
        if any(isinstance(child, Mapping) or _is_list(child) for child in value.values()):
            return None
        pairs = (f"{_spell_key(key)}: {spell(child)}" for key, child in value.items())
        text = "{" + ", ".join(pairs) + "}"
    elif _is_list(value):
        if any(isinstance(child, Mapping) or _is_list(child) for child in value):
            return None
        text = "[" + ", ".join(spell(child) for child in value) + "]"
    else:
        return spell(value)
    return text if len(text) <= width else None


def _is_list(value: Any) -> bool:
    if value is None or isinstance(value, str | float | int):
        # Most values are these, and to ask them whether they are a Sequence takes long.
        return False
    return isinstance(value, Sequence) and not isinstance(value, bytes)


def _is_block(text: str) -> bool:
    """Whether a text of several lines reads the same from a literal block."""
    rows = text.removesuffix("\n").split("\n")
    return (
        len(rows) > 1
        and bool(rows[-1])
        and not rows[0].startswith(" ")
        and all(row.isprintable() and (row.strip() or not row) for row in rows)
        and bool(rows[0])
    )


def _spell_key(key: Any) -> str:
    if key is None or isinstance(key, bool):
        raise TypeError(f"{key!r} cannot be a key; give a name or a number")
    return spell(key)


def _kind(data: Any) -> str:
    if data is None:
        return "an empty file"
    return "a list" if isinstance(data, list) else f"the single value {data!r}"


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refusal(
            name,
            content.count(b"\n", 0, error.start) + 1,
            f"the byte 0x{error.object[error.start]:02x}, which is not UTF-8",
            "a text file in UTF-8",
            "save the file as UTF-8",
        ) from None


def _check_size(size: int, name: str) -> None:
    if size > MAX_BYTES:
        raise refusal(
            name,
            None,
            f"more than {MAX_BYTES / 1e6:g} MB",
            f"at most {MAX_BYTES / 1e6:g} MB",
            "keep long lists in a CSV file and name its column",
        )


def _missing_remedy(path: Path) -> str:
    try:
        siblings = sorted(p.name for p in path.parent.iterdir() if p.suffix in (".yaml", ".yml"))
    except OSError:
        return f"check the folder {path.parent}"
    near = suggest(path.name, siblings)
    return f"did you mean {path.with_name(near)}?" if near else "check the path"


_SAID: Final = {
    # What the reader of YAML says, in the words of who writes it.
    "did not find expected ',' or ']'": "neither , nor ] of a list that begins with [",
    "did not find expected ',' or '}'": "neither , nor } of a mapping that begins with {",
    "did not find expected key": "no key of the mapping above: its keys begin in one column",
    "did not find expected '-' indicator": "no entry of the list above: each begins with - in one "
    "column",
    "mapping values are not allowed in this context": "a second colon: mapping values are not "
    "allowed here",
    "found character that cannot start any token": "a character that begins nothing",
    "found unexpected end of stream": "a quote that is not closed",
}


def _syntax_error(error: yaml.YAMLError, text: str, name: str) -> ConfigError:
    found = getattr(error, "problem", None) or "a syntax error"
    found = _SAID.get(found, found)
    remedy = "check the indentation, quotes and brackets here and on the lines before"
    line = None
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        line = mark.line + 1
        # YAML's marks also count NEL, LS and PS as line breaks.
        rows = re.split("\r\n|[\n\r\x85\u2028\u2029]", text)
        row = rows[mark.line] if mark.line < len(rows) else ""
        place = f"at column {mark.column + 1} of: {row.strip()[:80]}"
        found = f"{found}, {place if row.strip() else 'here or above'}"
        if "\t" in row[: mark.column + 1]:
            remedy = "indent with spaces, not tabs"
        elif "mapping values are not allowed" in found:
            remedy = "quote a text that holds a colon, or check the indentation"
    return refusal(name, line, found, "valid YAML", remedy)
