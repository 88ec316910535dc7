"""The packaged base and catalog, as data and as records: read and checked once for all configs.

A test checks them with every check. Of a config only those entries are checked that are not these
very objects: what a file, a scenario, a template or a setting changes is a new object by `merge`.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from simcore.intake import packaged
from simcore.intake.entries import Catalog
from simcore.intake.overlay import merge


class Entry(NamedTuple):
    """An entry of the catalog, as it is written and as its record."""

    data: Any
    """Kept, for the identity of what is gone may be given again."""
    record: Any


Known = dict[int, Entry]
"""Entries that fit their records, by the identity of their data."""


def base() -> dict[str, Any]:
    """The packaged base with its catalog; shared by all configs, so to be read only."""
    # An outcome may be declared after a config was read.
    return {**_content(), **packaged.usual_outcomes()}


@cache
def _content() -> dict[str, Any]:
    return merge({"catalog": packaged.catalog()}, packaged.base())


def known() -> Known:
    """The packaged entries, to which those of a config may be added."""
    return dict(_known())


@cache
def _known() -> Known:
    entries: Known = {}
    catalog_of(base()["catalog"], entries)
    return entries


@cache
def records() -> frozenset[int]:
    """Identities of the records of the packaged entries, which live as long as the process."""
    return frozenset(id(entry.record) for entry in _known().values())


def catalog_of(content: Any, known: Known) -> Catalog:
    """Make the records of a catalog; entries that are known are not checked again.

    Parameters
    ----------
    content : mapping
        A complete catalog.
    known : dict
        What is known already; the other entries are added.

    Raises
    ------
    ValidationError
        An entry does not fit its record.
    """
    if not isinstance(content, dict):
        return Catalog.model_validate(content)
    made = Catalog.model_validate(
        {section: _unknown(entries, known, _LEVELS.get(section, 1))
         for section, entries in content.items()}
    )  # fmt: skip
    whole: dict[str, Any] = {
        section: _records(entries, getattr(made, section), known, _LEVELS.get(section, 1))
        for section, entries in content.items()
    }
    return Catalog.model_construct(**whole)


_LEVELS = {"prices": 2}
"""Levels of names above an entry, where they are not one."""


def _unknown(entries: Any, known: Known, levels: int) -> Any:
    if not isinstance(entries, dict):
        return entries
    if levels > 1:
        return {name: _unknown(inner, known, levels - 1) for name, inner in entries.items()}
    return {name: entry for name, entry in entries.items() if id(entry) not in known}


def _records(entries: Any, made: Any, known: Known, levels: int) -> dict[str, Any]:
    if levels > 1:
        return {name: _records(inner, made[name], known, levels - 1)
                for name, inner in entries.items()}  # fmt: skip
    for name, record in made.items():
        known[id(entries[name])] = Entry(entries[name], record)
    return {name: known[id(entry)].record for name, entry in entries.items()}
