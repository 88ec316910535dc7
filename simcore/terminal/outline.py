"""A catalog entry as lines: every value with its unit, status and source."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from simcore.errors import ConfigError, Fault, suggest
from simcore.glossary import meaning
from simcore.intake.packaged.provenance import UNITS
from simcore.terminal.tables import WIDTH, across, grid
from simcore.variables import OUTCOMES, meant, present_name

# Keys whose numbers say how an entry is read; they have neither unit nor source of their own.
_SETTINGS: Final = ("known_until", "delay", "end", "probability", "ramp", "rate", "growth")
_META: Final = ("title", "unit", "price_year", "source", "at", "status", "note")
_COLUMNS: Final = {
    "sources": ("name", "kind", "date", "title"), "outcomes": ("name", "unit", "title"),
}  # fmt: skip
"""Columns of the sections whose entries are plain lines of text."""
_LISTED: Final = {
    "regions": ("name", "currency", "market", "title"), "buyers": ("name", "title"),
    "technologies": ("name", "title"),
    "instruments": ("name", "kind", "status", "title"), "sectors": ("name", "product", "title"),
    "routes": ("name", "sector", "status", "title"),
}  # fmt: skip
"""Columns of lists of entries with values, where they are not the usual ones."""
_FEW: Final = 12
"""Names that fit a message; more are for a list."""


def outline(name: str, entry: Any, records: Iterable[Any] = ()) -> str:
    """Show one entry of the catalog.

    Of nested mappings `unit`, `source`, `at` and `status` describe what stands beside them;
    `records` are what the packaged tables state of numbers that stand bare in the catalog.
    """
    top = entry if isinstance(entry, Mapping) else {}
    lines = [f"{name}: {top['title']}" if top.get("title") else name]
    if top.get("note"):
        lines += textwrap.wrap(str(top["note"]), WIDTH - 2)
    lines.append("")
    values = list(_values("", entry, {}, _stated(name, records)))
    margin = min(36, max((len(path) for path, _, _ in values), default=0)) + 4
    before = ""
    for path, value, meta in values:
        first = f"  {path}".ljust(margin - 1)
        lines += _wrapped(first, value, margin)
        said = _provenance(meta)
        if said and said != before:
            lines += _wrapped("", said, margin + 2)
        before = said
    return "\n".join(lines)


def catalog_text(
    catalog: Mapping[str, Mapping[str, Any]],
    sections: Sequence[str],
    *,
    section: str | None,
    name: str | None,
    records: Iterable[Any] = (),
    whole: bool = False,
) -> str:
    """Show the sections of the catalog in their order, the entries of one, or one entry in full.

    A name that the section does not have is a ConfigError; `records` are those of `outline`.
    `whole` shows outcomes and sources in full.
    """
    if section is None:
        sizes = [(one, str(len(catalog[one])), ", ".join(catalog[one])) for one in sections]
        return _listing(("section", "entries", "names"), sizes)
    entries = catalog[section]
    if name is None:
        usual = _LISTED.get(section, ("name", "unit", "status", "title"))
        columns = _COLUMNS.get(section, usual)
        rows = [
            (key, *(_field(entry, column) for column in columns[1:]))
            for key, entry in entries.items()
        ]
        if section in _COLUMNS and whole:
            return "\n\n".join(_plain(key, entry) for key, entry in entries.items())
        return _listing(columns, rows, across())
    name = present_name(name) if section == "outcomes" else name
    entry = entry_of(entries, section, name)
    if section in _COLUMNS:
        return _plain(name, entry)
    return outline(name, entry, records)


def _plain(name: str, entry: Mapping[str, Any]) -> str:
    """An entry of plain lines in full."""
    lines = [name]
    for key, value in entry.items():
        lines += _wrapped(f"  {key}", str(value), 14)
    return "\n".join(lines)


def outcome_entries() -> dict[str, dict[str, str]]:
    """Every outcome as an entry of plain lines: what it is, how it is read, where it stands."""
    found = {}
    for name in OUTCOMES:
        one = meaning(name)
        lines = {
            "title": one.title, "unit": one.unit, "what": one.what, "sign": one.sign,
            "over": ", ".join(one.over), "equation": one.equation and f"({one.equation})",
            "formerly": ", ".join(one.aliases), "also": ", ".join(one.words),
            "listed": "by default" if one.usual else "where a config names it",
        }  # fmt: skip
        found[name] = {key: text for key, text in lines.items() if text}
    return found


def entry_of(entries: Mapping[str, Any], section: str, name: str) -> Any:
    """The entry of a section; a name that it does not have is a ConfigError."""
    if name not in entries:
        # An outcome is found by what others call it too.
        near = meant(name) if section == "outcomes" else suggest(name, entries)
        few = len(entries) <= _FEW
        raise ConfigError(Fault(
            f"catalog {section}", name,
            f"one of {', '.join(entries)}" if few else f"one of {len(entries)} names",
            f"did you mean {near}?" if near else f"simcore catalog {section} lists them",
        ))  # fmt: skip
    return entries[name]


def _field(entry: Mapping[str, Any], column: str) -> str:
    """A field of an entry; prices and policies keep some of theirs one level down."""
    if column in entry:
        return str(entry[column])
    inner = next((one for one in entry.values() if isinstance(one, Mapping) and column in one), {})
    variants = entry.get("variants")
    if column == "status" and isinstance(variants, Mapping):
        return ", ".join(dict.fromkeys(str(one.get("status", "")) for one in variants.values()))
    return str(inner.get(column, ""))


def _listing(header: tuple[str, ...], rows: Sequence[tuple[str, ...]], width: int = WIDTH) -> str:
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header) - 1)]
    room = max(12, width - sum(widths) - 2 * len(widths))
    cells = [
        (*(row[:-1] if place == 0 else [""] * len(widths)), line)
        for row in rows
        for place, line in enumerate(textwrap.wrap(row[-1], room) or [""])
    ]
    return "\n".join(grid(header, cells, text_columns=len(header)))


def _wrapped(first: str, text: str, margin: int) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=f"{first} ".ljust(margin), subsequent_indent=" " * margin
    )


def _provenance(meta: Mapping[str, Any]) -> str:
    status, source, at = (str(meta.get(key) or "") for key in ("status", "source", "at"))
    return ", ".join(part for part in (status, source) if part) + (f": {at}" if at else "")


def _stated(name: str, records: Iterable[Any]) -> dict[str, dict[str, str]]:
    """Unit and provenance of the values of an entry, by their path in it."""
    found = {}
    for one in records:
        entry, _, path = one.name.partition(".")
        if entry == name:
            path = path.removesuffix(".values").removesuffix(".value")
            found[path] = {key: getattr(one, key) for key in ("unit", "source", "at", "status")}
    return found


def _values(
    path: str, node: Any, meta: dict[str, Any], stated: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Walk to what is a value: a number, a name, a distribution, a dated table."""
    if path in stated and not (isinstance(node, Mapping) and "source" in node):
        own = stated[path]
        meta = {**(meta if own["unit"] == meta.get("unit") else {}), **own}
    if not isinstance(node, Mapping):
        plain = isinstance(node, str | bool | None) or path.rsplit(".", 1)[-1] in _SETTINGS
        yield path, _short(node) + ("" if plain else _unit(meta)), {} if plain else meta
        return
    meta = {**meta, **{key: node[key] for key in _META if key in node}}
    rest = {key: value for key, value in node.items() if key not in _META}
    if set(rest) == {"kind", "quantiles"}:
        points = ", ".join(f"P{100 * p:g} {_short(x)}" for p, x in rest["quantiles"].items())
        rest = {"kind": rest["kind"], "of": points}
    flat = not any(isinstance(value, Mapping) for value in rest.values())
    if not rest or not flat:
        text = None
    elif "kind" in rest and set(rest) != {"kind"} and path.rsplit(".", 1)[-1] != "process":
        kind = rest.pop("kind")
        text = " ".join([str(kind), *(f"{key} {_short(value)}" for key, value in rest.items())])
        text = _short(rest["value"]) if set(rest) == {"value"} else text
    elif all(isinstance(key, int) for key in rest):
        text = ", ".join(f"{key}: {_short(value)}" for key, value in rest.items())
    elif set(rest) == {"value"}:
        text = _short(rest["value"])
    elif set(rest) == {"low", "central", "high"}:
        text = "central {central:g}, low {low:g}, high {high:g}".format(**rest)
    elif set(rest) == {"year", "value"}:
        text = f"{_short(rest['value'])} in {rest['year']}"
    else:
        text = None
    if text is not None:
        yield path, text + _unit(meta), meta
        return
    for key, value in rest.items():
        own = {**meta, "unit": UNITS[key], "price_year": ""} if key in UNITS else meta
        yield from _values(f"{path}.{key}" if path else str(key), value, own, stated)


def _unit(meta: Mapping[str, Any]) -> str:
    unit = str(meta.get("unit") or "1")
    year = f", money of {meta['price_year']}" if meta.get("price_year") else ""
    return "" if unit == "1" else f" [{unit}{year}]"


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return " ".join(_short(item) for item in value)
    return "none" if value is None else str(value)
