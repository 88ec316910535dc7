"""From what is wrong with a config to faults that point at a line.

A config is laid together from the packaged base, a parent, the file and single settings. A check
speaks of addresses in the result; the user wants to know which of his lines to change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

from simcore.errors import ConfigError, Fault, suggest
from simcore.intake.document import Document, fault_at

Address = tuple[Any, ...]

FIRST: Final = ("years", "first")
"""Where a config says in which year it begins."""
SINGULAR: Final = {
    "markets": "market", "systems": "system", "policies": "policy", "regions": "region",
    "sectors": "sector", "routes": "route", "technologies": "technology", "buyers": "buyer",
    "instruments": "instrument", "products": "product",
}  # fmt: skip
"""What an entry of a section of the catalog is called."""

_SECTION_OF: Final = {what: section for section, what in SINGULAR.items()}
_LISTED: Final = 12
_FEW: Final = 4
_TABLES: Final = 40
_ONE: Final = {"kind", "value", "years"}
"""Keys that tell one quantity from a mapping of regions."""


@dataclass(frozen=True)
class Finding:
    """One thing wrong with a config, before it is known where it was written.

    Attributes
    ----------
    address : tuple
        Keys and list positions of what is wrong.
    found, expected, remedy : str
        See `simcore.errors.Fault`.
    also : tuple of addresses
        Places that may be to blame where the user did not write `address` himself, the likeliest
        first: a year asked of a packaged table is blamed on the horizon, `FIRST`.
    name : str
        The unknown name that is referred to; empty if the fault is none of that kind.
    too_early : tuple of (str, int) or None
        A table or price and its first year, where the run asks for an earlier one. Such findings
        that are blamed on the horizon become one fault.
    scenario : str or None
        Scenario in whose overlay it may have been written.
    without : tuple of addresses
        Places whose absence it tells of: where one of them is faulty it is not absent.
    """

    address: Address
    found: str
    expected: str
    remedy: str
    also: tuple[Address, ...] = ()
    name: str = ""
    too_early: tuple[str, int] | None = None
    scenario: str | None = None
    without: tuple[Address, ...] = ()


def of_file(address: Address, error: ConfigError) -> list[Finding]:
    """Findings of a config from the faults of a file that it names, in the words of a config."""
    return [
        Finding(
            address,
            f"{one.file}{'' if one.line is None else f':{one.line}'}: "
            f"{_in_config(one.where) and f'{_in_config(one.where)}: '}{one.found}",
            _in_config(one.expected),
            _in_config(one.remedy),
        )
        for one in error.faults
    ]


def _in_config(text: str) -> str:
    """What a command calls --date-order is `date_order` in a config."""
    keys = {"from": "first", "to": "last"}
    return re.sub(
        r"--([a-z-]+)( (?=point|dmy|mdy|ymd|cp1252|last))?",
        lambda one: keys.get(one[1], one[1].replace("-", "_")) + (": " if one[2] else ""), text,
    )  # fmt: skip


def few_of(names: Iterable[str]) -> str:
    """A few names, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - _FEW} others" if len(every) > _FEW + 1 else ""
    return " and ".join(every[:_FEW] if more else every) + more


def unknown(
    address: Address, name: str, known: Iterable[Any], what: str, *, define: str = ""
) -> Finding:
    """Make the finding of a name that refers to nothing.

    `what` is what it should name, in the singular; `define` what else the user may do, such as to
    define it in the catalog.
    """
    names = sorted(str(one) for one in known)
    near = suggest(name, names)
    if near in names[_LISTED:]:
        names = [near, *names]
    listed = ", ".join(names[:_LISTED])
    if len(names) > _LISTED:
        section = _SECTION_OF.get(what)
        listed += f" ...{f' (`simcore catalog {section}` lists them)' if section else ''}"
    return Finding(
        address,
        f"unknown {what} {name!r}",
        f"one of {listed}" if names else f"a known {what}",
        f"did you mean {near!r}?"
        if near
        else f"choose one of these{define and f', or {define}'}"
        if names
        else define or "remove it",
        name=name,
    )


def unknown_entry(address: Address, name: str, catalog: Any, section: str) -> Iterator[Finding]:
    """Make the finding of a name that must stand in a section of the catalog, and does not."""
    known, what = getattr(catalog, section), SINGULAR.get(section, "commodity")
    if name not in known:
        yield unknown(address, name, known, what, define=f"define it under catalog.{section}")


def faults(
    findings: Iterable[Finding], documents: Sequence[Document], *, file: Document
) -> list[Fault]:
    """Say of each finding where it was written, besides what could not be read at all.

    Of the documents of the user the one that wins stands first: settings, file, parent; `file` is
    the one to name where none says anything of it. Each fault is given once, in the order of the
    lines.
    """
    early: list[tuple[str, int]] = []
    placed: list[tuple[Finding, Address, Document]] = []
    for finding in findings:
        address, document = _place(finding, documents, file)
        if finding.too_early is not None and address == FIRST:
            early.append(finding.too_early)
            if len(early) > 1:
                continue
        placed.append((finding, address, document))
    placed = list(_without_copies(placed))
    names = [*(one.name for one in documents), file.name]
    listed = dict.fromkeys(
        _fault(
            _merged(early, document) if address == FIRST and one.too_early else one,
            address,
            document,
        )
        for one, address, document in placed
    )
    unread = [fault for one in documents for fault in one.faults]
    told = [*unread, *(one for one in listed if not _concerns(one, unread))]
    return sorted(told, key=lambda one: (names.index(str(one.file)), one.line or 0))


def _without_copies(
    placed: Sequence[tuple[Finding, Address, Document]],
) -> Iterator[tuple[Finding, Address, Document]]:
    """Leave out what entries like another one have from it, where that is told of itself."""

    def sort_of(finding: Finding, address: Address) -> tuple[Any, ...] | None:
        head = 2 if address[:1] == ("scenarios",) else 0
        inside = address[head:]
        # What a region meets in a sector follows that of the region which it is like.
        deeper = {("prices",): 4, ("sectors",): 5 if inside[3:4] == ("regions",) else 3}
        size = {"projects": 2, "catalog": deeper.get(inside[1:2], 3)}.get(
            str(inside[0]) if inside else ""
        )
        if size is None or len(inside) <= size:
            return None
        return inside[: size - 1], inside[size:], finding.found

    def is_own(address: Address, data: Any) -> bool:
        if any(_depth(data, one) == len(one) for one in (address, *_older(address))):
            return True
        # A key that lacks is the fault of an entry that stands there, and of none like it.
        entry = reduce(lambda inside, part: inside[part], address[: _depth(data, address)], data)
        is_near = _depth(data, address) == len(address) - 1
        return is_near and isinstance(entry, Mapping) and "like" not in entry

    written = {
        sort_of(finding, address) for finding, address, document in placed
        if is_own(address, document.data)
    }  # fmt: skip
    for finding, address, document in placed:
        sort = sort_of(finding, address)
        if is_own(address, document.data) or sort is None or sort not in written:
            yield finding, address, document


def _concerns(fault: Fault, unread: Sequence[Fault]) -> bool:
    """Whether a fault may be there only because an entry of its file could not be read."""
    here = f"{fault.where}."
    # An entry that could not be read lacks keys, and its name stands for nothing.
    entries = {tuple(one.where.split(".")[:3]) for one in unread if one.where.count(".") > 1}
    lacks = fault.found.startswith("no '") and tuple(fault.where.split(".")[:3]) in entries
    names = any(fault.found.startswith("unknown") and f"'{one[2]}'" in fault.found
                for one in entries)  # fmt: skip
    return (
        lacks
        or names
        or any(
            one.file == fault.file and (here.startswith(there) or there.startswith(here))
            for one in unread
            for there in [f"{one.where}."]
        )
    )


def _place(
    finding: Finding, documents: Sequence[Document], file: Document
) -> tuple[Address, Document]:
    """The address to blame and the document that holds most of it."""
    addresses = [finding.address]
    if finding.scenario is not None:
        addresses.insert(0, ("scenarios", finding.scenario, *finding.address))
    most, best = 0, (finding.address, file)
    for address in addresses:
        lead = len(address) - len(finding.address)
        for document in documents:
            depth = _depth(document.data, address) - lead
            if any(_depth(document.data, one) == len(one) for one in _older(address)):
                depth = len(finding.address)
            if depth > most:
                most, best = depth, (address, document)
    if most < len(finding.address):
        for address in finding.also:
            for document in documents:
                if _depth(document.data, address) == len(address):
                    return address, document
    return best


def _depth(data: Any, address: Address) -> int:
    """How many parts of an address stand in the data."""
    for depth, part in enumerate(address):
        inside = part in data if isinstance(data, Mapping) else (
            isinstance(data, list) and isinstance(part, int) and part < len(data)
        )  # fmt: skip
        if not inside:
            return depth
        data = data[part]
    return len(address)


def _merged(early: Sequence[tuple[str, int]], document: Document) -> Finding:
    """One finding for all tables that begin too late for the horizon."""
    by_year: dict[int, list[str]] = {}
    for name, year in dict.fromkeys(early):
        by_year.setdefault(year, []).append(name)
    begins = "; ".join(
        f"{year}: {', '.join(sorted(names)[:_TABLES])}{' ...' if len(names) > _TABLES else ''}"
        for year, names in sorted(by_year.items(), reverse=True)
    )
    asked, first = document.data["years"]["first"], max(by_year)
    count = sum(map(len, by_year.values()))
    what = f"{count} tables" if count > 1 else by_year[first][0]
    return Finding(
        FIRST, f"{asked}, before the first year of {what}", f"{first} or later ({begins})",
        f"begin in {first}, or give earlier values for these",
    )  # fmt: skip


def _fault(finding: Finding, address: Address, document: Document) -> Fault:
    older = next(
        (one for one in _older(address)
         if one in document.lines or _depth(document.data, one) == len(one)), None,
    )  # fmt: skip
    return fault_at(
        document, older or _as_written(address, document.data),
        found=finding.found, expected=finding.expected, remedy=finding.remedy,
    )  # fmt: skip


def strange_sector(experiment: Any, address: Address, route: str) -> Iterator[Finding]:
    """A route of a sector that the run does not have."""
    record, sectors = experiment.catalog.routes.get(route), experiment.sectors
    known = set(sectors) & set(experiment.catalog.sectors)
    if record is not None and known and record.sector not in sectors:
        yield Finding(
            address, f"{route}, which makes {record.sector}",
            f"a route of the sector{'s' * (len(sectors) > 1)} {' or '.join(sectors)}",
            f"name another one, or write sectors: [{', '.join([*sectors, record.sector])}]",
            also=(("sectors",),),
        )  # fmt: skip


def other_sector(experiment: Any, address: Address, other: str, route: str) -> Iterator[Finding]:
    """What a route is compared with makes something else."""
    routes = experiment.catalog.routes
    if not {other, route} <= set(routes):
        return
    made = {routes[one].sector for one in (other, route)}
    if len(made) > 1 and made <= set(experiment.sectors):
        yield Finding(
            address, f"{other}, which makes {routes[other].sector}",
            f"what makes {routes[route].sector}, as {route} does",
            f"compare {route} with another one",
        )  # fmt: skip


def _older(address: Address) -> tuple[Address, ...]:
    """Where a region may say itself what a sector meets in it, and a config its only sector."""
    if address[:1] == ("sectors",):
        return (("sector",),)
    head = 2 if address[:1] == ("scenarios",) else 0
    found = address[head:]
    if found[:2] != ("catalog", "sectors") or len(found) < 6:
        return ()
    sector, region, *rest = found[2], *found[4:]
    short = (*address[:head], "catalog", "regions", region, *rest)
    return ((*short, sector), short) if rest == ["reference"] else (short,)


def _as_written(address: Address, data: Any) -> Address:
    """The address without the `default` that a single quantity for all regions stands for."""
    for position, part in enumerate(address):
        if isinstance(data, Mapping) and part in data:
            data = data[part]
        elif part == "default" and not (isinstance(data, Mapping) and not _ONE & set(data)):
            return address[:position] + address[position + 1 :]
        else:
            break
    return address
