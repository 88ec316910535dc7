"""A policy as a dated table: one row a year, one column a variant, the sources below."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

from simcore.dated import DatedTable, Held
from simcore.terminal.tables import WIDTH, grid

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_DISTRIBUTION: Final = ("low", "high")


def timeline_text(
    name: str, policy: Mapping[str, Any], *, readers: list[str], sources: Mapping[str, Any]
) -> str:
    """Show a policy of the catalog within 100 columns.

    `policy` is its entry of the catalog, `readers` come from `readers_of`, and `sources` give
    title, publisher and date by key.
    """
    unit = str(policy.get("unit") or "1")
    lines = [
        *textwrap.wrap(f"{name}: {policy.get('title', '')}", WIDTH),
        "",
        *textwrap.wrap(
            f"  region {policy.get('region', '-')}, unit {unit}, known until "
            f"{policy['known_until']}, packaged variant {_chosen(policy['variant'])}",
            WIDTH,
            subsequent_indent="    ",
        ),
        *_wrapped("  delay    ", _delay(policy["delay"])),
        *_wrapped("  read by  ", "; ".join(readers) or "nothing in the packaged configs"),
        "",
    ]
    notes: dict[str, str] = {}
    lines += _table(policy, notes)
    own = "; a mark in brackets: a source of its own, below" if notes else ""
    lines += ["", f"  A value holds until the next date{own}."]
    for variant, table in policy["variants"].items():
        lines += ["", *_wrapped(f"  {variant}  ", _said(table))]
        if table.get("end") is not None:
            lines += _wrapped("    ", f"ends with {table['end']}, zero afterwards")
        if table.get("decline"):
            rate = f"{100 * table['decline']:g} %"
            lines += _wrapped("    ", f"falls by {rate} a year after the last date")
        if table.get("note"):
            lines += _wrapped("    ", str(table["note"]))
    lines += ["", *(one for text, mark in notes.items() for one in _wrapped(f"  [{mark}]  ", text))]
    lines += ["", "Sources"]
    for key in _keys(policy):
        entry = sources.get(key)
        if entry is not None:
            said = f"{entry['title']}. {entry['publisher']}, {entry['date']} ({entry['kind']})"
            lines += _wrapped(f"  {key}  ", said)
    return "\n".join(one for i, one in enumerate(lines) if one or (i and lines[i - 1]))


def readers_of(
    name: str,
    catalog: Mapping[str, Any],
    base: Mapping[str, Any],
    scenarios: Mapping[str, Any],
) -> list[str]:
    """What in the packaged catalog, defaults and scenarios refers to a policy."""
    places: dict[str, list[str]] = {}
    for what, node in (
        *((f"cbam.{key}", value) for key, value in base["cbam"].items()),
        *((f"hydrogen.{key}", value) for key, value in base["hydrogen"].items()),
        *((f"region {key}", value) for key, value in catalog["regions"].items()),
        *((f"sector {key}", value) for key, value in catalog["sectors"].items()),
        *((f"route {key}", value) for key, value in catalog["routes"].items()),
        *((f"market {key}", value) for key, value in catalog["markets"].items()),
        *((f"system {key}", value) for key, value in catalog["systems"].items()),
        *((f"scenario {key}", value) for key, value in scenarios.items()),
    ):
        for path in _mentions(node, name, ""):
            places.setdefault(what, []).append(path)
    return [f"{what} ({', '.join(filter(None, paths))})" if any(paths) else what
            for what, paths in places.items()]  # fmt: skip


def _mentions(node: Any, name: str, path: str) -> Iterator[str]:
    if node == name:
        yield path
    elif isinstance(node, Mapping):
        for key, value in node.items():
            inner = f"{path}.{key}" if path else str(key)
            if key == name:
                yield ""
            elif key not in ("source", "at", "note", "title"):
                yield from _mentions(value, name, inner)


def _chosen(variant: Any) -> str:
    if isinstance(variant, str):
        return variant
    pairs = zip(variant["values"], variant["probabilities"], strict=True)
    return ", ".join(f"{name} with {100 * share:.3g} %" for name, share in pairs)


def _delay(delay: Any) -> str:
    if not isinstance(delay, Mapping):
        return "none" if not delay else f"{delay:g} years"
    if "probabilities" not in delay:
        return f"factor {delay['name']}" if "name" in delay else f"{delay['value']:g} years"
    pairs = zip(delay["values"], delay["probabilities"], strict=True)
    said = ", ".join(f"{years:g} years with {100 * share:g} %" for years, share in pairs)
    return f"{said}. {_said(delay)}"


def _table(policy: Mapping[str, Any], notes: dict[str, str]) -> list[str]:
    tables = [DatedTable.written(variant) for variant in policy["variants"].values()]
    years = {year for table in tables for year in table.values}
    years |= {table.end + 1 for table in tables if table.end is not None}
    rows = [
        (f"  {year}", *(_cell(table.at(year), notes) for table in tables)) for year in sorted(years)
    ]
    return grid(("  year", *policy["variants"]), rows, text_columns=0)


def _cell(held: Held[Any] | None, notes: dict[str, str]) -> str:
    """The value in force in a year; brackets where it is uncertain."""
    if held is None:
        return "-"
    value, falls = held.value, held.factor
    if not isinstance(value, Mapping) or falls == 0.0:
        return f"{falls * value:,.6g}" if falls else "0"
    middle = value.get("mode", value.get("value"))
    text = f"{falls * middle:,.6g}" if middle is not None else ""
    if set(_DISTRIBUTION) <= value.keys():
        span = f"{falls * value['low']:,.6g} to {falls * value['high']:,.6g}"
        text = f"{text} ({span})" if text else span
    if value.get("source"):
        mark = notes.setdefault(_said(value), _LETTERS[len(notes) % len(_LETTERS)])
        text += f" [{mark}]"
    return text.strip()


def _said(meta: Mapping[str, Any]) -> str:
    head = ", ".join(str(meta[key]) for key in ("status", "source") if meta.get(key))
    return f"{head}: {meta['at']}" if meta.get("at") else head


def _keys(node: Any) -> list[str]:
    """Keys of the sources below a policy, in order."""
    found: dict[str, None] = {}

    def visit(one: Any) -> None:
        if isinstance(one, Mapping):
            if isinstance(one.get("source"), str):
                found[one["source"]] = None
            for child in one.values():
                visit(child)

    visit({"delay": node["delay"], "variants": node["variants"]})
    return list(found)


def _wrapped(first: str, text: str) -> list[str]:
    margin = min(len(first), 13)
    return textwrap.wrap(
        text, WIDTH, initial_indent=first.ljust(margin), subsequent_indent=" " * margin
    )
