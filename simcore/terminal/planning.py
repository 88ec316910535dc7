"""The command `plan`: a config in full, or what differs from the packaged one."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from simcore.terminal.loading import build_plan, read_config

if TYPE_CHECKING:
    from simcore.changes import Change

_PROVENANCE: Final = frozenset({"source", "at", "status", "note"})
_WIDTHS: Final = (38, 29, 29)
_ABSENT: Final = "-"
_LONG: Final = 14
"""Entries of two lists from which on only their difference is shown."""


def plan(options: argparse.Namespace) -> None:
    """Print the resolved config, or its differences."""
    if options.diff is None:
        _whole(options)
        return
    from simcore.changes import WHOLE, settings, whole
    from simcore.intake import load

    other = options.diff or None
    options.set = [*options.set, WHOLE]
    new = whole(read_config(options))
    source: Any = other or {"name": "base"}
    old = whole(load(source, overrides=[WHOLE], allow_outside=options.allow_outside))
    found = [one for one in settings(old, new) if other or one.path != "name"]
    if options.json:
        from simcore.terminal.formats import print_json

        print_json([{"path": one.path, "old": one.old, "new": one.new} for one in found])
        return
    against = other or "the packaged base"
    if not found:
        print(f"{options.file}: nothing differs from {against}")
        return
    heads = ("setting", "default" if other is None else _name(other), "yours")
    print("\n".join(_table(heads, found)))
    print(f"\n{_counted(len(found))} from {against}; `simcore plan FILE` prints all.")


def _whole(options: argparse.Namespace) -> None:
    built = build_plan(options)
    if options.json:
        from simcore.terminal.formats import print_json

        print_json(built.spec.resolved())
    else:
        print(built.resolved_yaml, end="")


def _counted(number: int) -> str:
    return "1 setting differs" if number == 1 else f"{number} settings differ"


def _name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _table(heads: Sequence[str], found: Sequence[Change]) -> Iterator[str]:
    """Lines of three columns; a cell takes as many as it needs, and is never cut."""
    for path, old, new in (heads, *((one.path, *_pair(one.old, one.new)) for one in found)):
        columns = [
            _parted(path, _WIDTHS[0]),
            *(textwrap.wrap(cell, width) or [""]
              for cell, width in zip((old, new), _WIDTHS[1:], strict=True)),
        ]  # fmt: skip
        for at in range(max(map(len, columns))):
            parts = (column[at] if at < len(column) else "" for column in columns)
            lines = (part.ljust(width) for part, width in zip(parts, _WIDTHS, strict=True))
            yield "  ".join(lines).rstrip()


def _parted(path: str, width: int) -> list[str]:
    """An address in lines that end with a dot."""
    lines = [""]
    for part in path.replace(".", ".\n").split("\n"):
        if len(lines[-1]) + len(part) > width and lines[-1]:
            lines.append("  ")
        lines[-1] += part
    return [piece for line in lines for piece in textwrap.wrap(line, width) or [""]]


def _pair(old: Any, new: Any) -> tuple[str, str]:
    """Both values; of two long lists how they differ."""
    if not (isinstance(old, list) and isinstance(new, list)) or len(old) + len(new) < _LONG:
        return short(old), short(new)
    gone, come = ([short(one) for one in a if one not in b] for a, b in ((old, new), (new, old)))
    told = [f"without {', '.join(gone)}"] * bool(gone) + [f"with {', '.join(come)}"] * bool(come)
    return f"{len(old)} of them", f"{len(new)}: {'; '.join(told) or 'in another order'}"


def short(value: Any) -> str:
    """A value of a config in a line: a quantity by its numbers, without where they are from."""
    if value is None:
        return _ABSENT
    if isinstance(value, Mapping):
        kept = {key: one for key, one in value.items() if key not in _PROVENANCE}
        if kept.get("kind") == "constant" and "value" in kept:
            rest = {key: one for key, one in kept.items() if key not in ("kind", "value")}
            return f"{short(kept['value'])}{f' ({_pairs(rest)})' if rest else ''}"
        kind = kept.pop("kind", None)
        text = _pairs(kept)
        return f"{kind} {text}".rstrip() if kind else f"{{{text}}}"
    if isinstance(value, list | tuple):
        return ", ".join(map(short, value)) or "none"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _pairs(values: Mapping[Any, Any]) -> str:
    return ", ".join(f"{key} {short(one)}" for key, one in values.items())
