"""A packaged value and where it comes from: unit, source, place in the source, status."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

from simcore.errors import SimcoreError

__all__ = [
    "SOURCE_KINDS", "STATUSES", "UNITS", "Record", "TableError", "check", "check_sources", "walk",
]  # fmt: skip

STATUSES: Final = frozenset({"in_force", "adopted", "proposed", "seen", "assumed"})
SOURCE_KINDS: Final = frozenset({"regulation", "exchange", "study", "model", "press", "judgement"})

_SOURCE: Final = ("title", "publisher", "date", "kind", "note")
_WHERE: Final = ("url", "identifier")
# No brackets or quotes: an address stands in Markdown and in an attribute of HTML.
_ADDRESS: Final = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(/[A-Za-z0-9/._~%?=&#:,;@+-]*)?")

_META: Final = frozenset({"unit", "price_year", "source", "at", "status", "note"})
# Numbers that say how a table is read; they are not values from a source.
_STRUCTURE: Final = frozenset(
    {"known_until", "delay", "end", "title", "kind", "start", "until", "invalidation_end"}
)
UNITS: Final = {
    "probability": "1", "ramp": "yr", "growth": "1", "grow": "1", "decline": "1", "lifetime": "yr",
    "cumulative_capacity": "1", "weight": "1", "exponent": "1", "after": "yr",
}  # fmt: skip
"""Of the numbers whose unit the catalog fixes, whatever that of the entry around them."""


class TableError(SimcoreError):
    """A packaged table that does not say what it must: file, and row or path in it; see `Fault`."""

    def __init__(self, where: str, found: str, expected: str, remedy: str) -> None:
        super().__init__(f"{where}: found {found}; expected {expected}; {remedy}")


class Record(NamedTuple):
    """One packaged value with its provenance.

    Attributes
    ----------
    file : str
        File below `data/`.
    name : str
        Dotted path of the value in its file.
    value : object
        Number, distribution or dated table, as written.
    unit, source, at, status : str
        Its own, or those of the nearest enclosing entry.
    """

    file: str
    name: str
    value: object
    unit: str
    source: str
    at: str
    status: str


def check(where: str, found: Mapping[str, Any], *, sources: Collection[str]) -> None:
    """Refuse a value without unit, source, place or status.

    Raises
    ------
    TableError
        A field is missing or empty, the source is unknown, or the status is not one of `STATUSES`.
    """
    for field in ("unit", "source", "at", "status"):
        if not str(found.get(field) or "").strip():
            raise TableError(where, f"no {field}", "unit, source, at and status", f"add {field}")
    if found["source"] not in sources:
        raise TableError(
            where, f"source {found['source']!r}", "a key of sources.yaml", "add the source there"
        )
    if found["status"] not in STATUSES:
        raise TableError(
            where, f"status {found['status']!r}", f"one of {sorted(STATUSES)}", "choose one"
        )


def check_sources(where: str, found: Mapping[str, Any]) -> None:
    """Refuse a list of sources with an entry that is incomplete, or has no address as one.

    Raises
    ------
    TableError
        A field is missing, empty or unknown, the kind is not one of `SOURCE_KINDS`, or `url` is
        not the https address of a page.
    """
    for key, entry in found.items():
        at = f"{where}: {key}"
        for field in _SOURCE:
            if not isinstance(entry, dict) or not entry.get(field):
                raise TableError(at, f"no {field}", "one", "add it")
        for field in entry:
            if field not in (*_SOURCE, *_WHERE):
                known = ", ".join((*_SOURCE, *_WHERE))
                raise TableError(at, f"field {field!r}", f"one of {known}", "rename it")
        if entry["kind"] not in SOURCE_KINDS:
            known = f"one of {sorted(SOURCE_KINDS)}"
            raise TableError(at, f"kind {entry['kind']!r}", known, "choose one")
        for field in _WHERE:
            if field in entry and not (isinstance(entry[field], str) and entry[field].strip()):
                raise TableError(
                    at, f"{field} {entry[field]!r}", "a text", "leave it out or quote it"
                )
        if "url" in entry and not _ADDRESS.fullmatch(entry["url"]):
            told = "an address https://... without spaces, brackets or quotes"
            raise TableError(at, f"url {entry['url']!r}", told, "correct it, or leave it out")


def walk(
    node: object, *, file: str, path: str, sources: Collection[str], meta: Mapping[str, Any]
) -> Iterator[Record]:
    """List the values below an entry of a table; they inherit what the entries around them state.

    Raises
    ------
    TableError
        A value ends up without unit, source, place or status.
    """
    if isinstance(node, dict):
        meta = {**meta, **{key: node[key] for key in _META if key in node}}
    if _is_value(node):
        check(f"data/{file}: {path}", meta, sources=sources)
        bare = {k: v for k, v in node.items() if k not in _META} if isinstance(node, dict) else node
        yield Record(
            file, path, bare, str(meta["unit"]), meta["source"], str(meta["at"]), meta["status"]
        )
    if isinstance(node, dict):
        whole = _is_value(node)
        for key, child in node.items():
            if key in _META or key in _STRUCTURE or (whole and not isinstance(child, dict)):
                continue
            unit = {"unit": UNITS[key]} if key in UNITS else {}
            yield from walk(
                child, file=file, path=f"{path}.{key}", sources=sources, meta={**meta, **unit}
            )


def _is_value(node: object) -> bool:
    """Whether a node is a number, a distribution, a band, or a table by year."""
    if isinstance(node, bool) or node is None:
        return False
    if isinstance(node, (int, float)):
        return True
    return isinstance(node, dict) and (
        "value" in node
        or ("values" in node and "probabilities" in node)
        or {"low", "high"} <= node.keys()
        or {"central", "sd"} <= node.keys()
        or (bool(node) and all(isinstance(key, int) for key in node))
    )
