"""The packaged base and catalog, as data and as records: read and checked once for all configs.

A test checks them with every check. Of a config only those entries are checked that are not these
very objects: what a file, a scenario, a template or a setting changes is a new object by `merge`.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
import pickle
import sys
import threading
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import pydantic
from pydantic import TypeAdapter, ValidationError

from simcore.cache import private_folder
from simcore.errors import OutputError
from simcore.files import whole
from simcore.intake import packaged
from simcore.intake.entries import Catalog
from simcore.intake.overlay import merge

_PACKAGE: Final = Path(__file__).parents[1]
_READERS: Final = frozenset({
    "__pycache__", "analysis", "calibration", "estimators", "plots", "report", "running", "studies",
    "terminal",
})  # fmt: skip
"""Folders of what decides nothing of the records, though it may read them."""
_ALONE: Final = threading.Lock()
_LEVELS: Final = {"prices": 2}
"""Levels of names above an entry, where they are not one."""


class Entry(NamedTuple):
    """An entry of the catalog, as it is written and as its record."""

    data: Any
    """Kept, for the identity of what is gone may be given again."""
    record: Any


Known = dict[int, Entry]
"""Entries that fit their records, by the identity of their data."""


class _Shipped(NamedTuple):
    base: dict[str, Any]
    scenarios: dict[str, Any]
    entries: list[Entry]


def base() -> dict[str, Any]:
    """The packaged base with its catalog; shared by all configs, to be read only."""
    # An outcome may be declared after the base was read.
    return {**_shipped().base, **packaged.usual_outcomes()}


def scenarios() -> dict[str, Any]:
    """The packaged scenarios by name; to be read only."""
    return _shipped().scenarios


def known() -> Known:
    """The packaged entries, to which those of a config may be added."""
    return {id(entry.data): entry for entry in _shipped().entries}


@cache
def records() -> frozenset[int]:
    """Identities of the records of the packaged entries, which live as long as the process."""
    return frozenset(id(entry.record) for entry in _shipped().entries)


def names(section: str) -> Collection[str]:
    """Names in a section of the packaged catalog; a config may mention those it does not use."""
    found: Collection[str] = _shipped().base["catalog"][section].keys()
    return found


def mentionable(catalog: Catalog, section: str) -> set[str]:
    """Names in a section of a catalog or of the packaged one, whether or not the run uses them."""
    return {*getattr(catalog, section), *names(section)}


def places(commodity: str) -> Collection[str]:
    """Regions with a packaged price of a commodity, `default` among them."""
    found: Collection[str] = _shipped().base["catalog"]["prices"].get(commodity, {}).keys()
    return found


def paths() -> frozenset[str]:
    """Names of the packaged price paths: markets, and commodities with their place."""
    prices = _shipped().base["catalog"]["prices"]
    traded = (f"{name}.{place}" for name, entries in prices.items() for place in entries)
    return frozenset([*names("markets"), *traded])


@cache
def pairs(kind: str) -> frozenset[tuple[frozenset[str], float]]:
    """Pairs of the packaged correlations of factors or shocks, with their rank correlation."""
    written = _shipped().base["correlations"][kind]
    return frozenset((frozenset(pair["between"]), float(pair["rank"])) for pair in written)


def _shipped() -> _Shipped:
    """What is packaged, the same objects for all threads: a second reading would be other ones."""
    with _ALONE:
        return _read()


@cache
def _read() -> _Shipped:
    """What is packaged, from the user's cache where the same code has made them of the same data.

    To read the tables and to check them takes twenty times longer than to fetch the result.
    """
    digest = _digest()
    folder = private_folder("packaged")
    file = folder and folder / "catalog.pickle"
    if file:
        # Whatever is wrong with the file, it can be made again.
        with contextlib.suppress(Exception):
            content = file.read_bytes()
            if content.startswith(digest):
                return _unpickled(content[len(digest) :])
    made = _made()
    if file:
        with contextlib.suppress(OutputError), whole(file, expected="", remedy="") as partial:
            partial.write_bytes(digest + pickle.dumps(made))
    return made


def _unpickled(content: bytes) -> _Shipped:
    """The kept records; collecting garbage among so many new objects takes as long again."""
    collects = gc.isenabled()
    gc.disable()
    try:
        kept: _Shipped = pickle.loads(content)
    finally:
        if collects:
            gc.enable()
    return kept


def _made() -> _Shipped:
    content: dict[str, Any] = merge({"catalog": packaged.catalog()}, packaged.base())
    entries: Known = {}
    _, errors = catalog_of(content["catalog"], entries)
    if errors:
        where = ".".join(map(str, errors[0]["loc"]))
        raise packaged.TableError(f"data: {where}", str(errors[0]["msg"]), "an entry of the schema",
                                  "correct the file")  # fmt: skip
    return _Shipped(content, packaged.scenarios(), list(entries.values()))


def _digest() -> bytes:
    """Digest of all that decides the packaged records: data, code, and what runs it."""
    digest = hashlib.blake2b(f"{sys.version} {pydantic.VERSION}".encode())
    for file in deciding():
        content = Path(file).read_bytes()
        digest.update(f"{file[len(str(_PACKAGE)) :]} {len(content)}".encode() + content)
    return digest.digest()


def deciding() -> list[str]:
    """Files that decide the packaged records: all but what only reads them."""
    files: list[str] = []
    for folder, below, names in os.walk(_PACKAGE):
        below[:] = [one for one in below if one not in _READERS]
        files += [os.path.join(folder, name) for name in names]  # noqa: PTH118 - of so many
    return sorted(files)


def catalog_of(content: Any, known: Known) -> tuple[Catalog, list[Any]]:
    """Make the records of a complete catalog; entries that are known are not checked again.

    The others are added to what is known.

    Returns
    -------
    catalog : Catalog
        Without the sections in which anything is wrong.
    errors : list of dict
        What is wrong, as pydantic says it.
    """
    made: dict[str, Any] = {}
    errors: list[Any] = []
    sections = content.items() if isinstance(content, dict) else [("", content)]
    for section, entries in sections:
        levels = _LEVELS.get(section, 1)
        own = _unknown(entries, known, levels)
        try:
            # To ask makes the validator, so only where there is something to ask.
            new = _fitting(section, own) if own or not entries else {}
            made[section] = _records(entries, new, known, levels)
        except ValidationError as error:
            place = (section,) if section in Catalog.model_fields else ()
            errors += [{**one, "loc": (*place, *one["loc"])} for one in details(error)]
    return Catalog.model_construct(**made), errors


def details(error: ValidationError) -> list[Any]:
    """Each error with its place and kind."""
    return list(error.errors(include_url=False))


def _fitting(section: str, entries: Any) -> Any:
    """Records of a section's entries; pydantic's error where they do not fit."""
    if section in Catalog.model_fields:
        return _validator(section).validate_python(entries)
    return Catalog.model_validate({section: entries} if section else entries)


@cache
def _validator(section: str) -> TypeAdapter[Any]:
    kind: Any = Catalog.model_fields[section].annotation
    return TypeAdapter(kind, config=Catalog.model_config)


def forget_validators() -> None:
    """Make the validators of sections anew, as after a kind of entry was added."""
    _validator.cache_clear()


def _unknown(entries: Any, known: Known, levels: int) -> Any:
    """Entries that are not known; what is no mapping stays, to be refused."""
    if not isinstance(entries, dict):
        return entries
    if levels == 1:
        return {name: entry for name, entry in entries.items() if id(entry) not in known}
    below = {name: _unknown(inner, known, levels - 1) for name, inner in entries.items()}
    return {name: inner for name, inner in below.items() if inner != {} or not entries[name]}


def _records(entries: Any, made: Any, known: Known, levels: int) -> dict[str, Any]:
    if levels > 1:
        return {name: _records(inner, made.get(name, {}), known, levels - 1)
                for name, inner in entries.items()}  # fmt: skip
    for name, record in made.items():
        known[id(entries[name])] = Entry(entries[name], record)
    return {name: known[id(entry)].record for name, entry in entries.items()}
