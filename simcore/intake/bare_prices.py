"""Prices written as bare numbers, and the unit in which each of them is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simcore.errors import dotted
from simcore.intake.findings import Address


def bare_prices(written: Mapping[Any, Any], plain: Mapping[Any, Any]) -> Iterator[str]:
    """Say how the prices of a config without a unit are read.

    Parameters
    ----------
    written : mapping
        A config as its user wrote it.
    plain : mapping
        The same in its plain form, in which each price has a unit.

    Yields
    ------
    str
        One note for each number, or table of numbers by year.
    """
    for section in ("prices", "markets"):
        yield from _bare(_inside(written, section), _inside(plain, section), ("catalog", section))


def _inside(data: Mapping[Any, Any], section: str) -> Any:
    catalog = data.get("catalog")
    return catalog.get(section) if isinstance(catalog, Mapping) else None


def _bare(written: Any, plain: Any, address: Address) -> Iterator[str]:
    if not isinstance(plain, Mapping):
        return
    shown = _shown(written)
    unit = plain.get("unit") or next(
        (one["unit"] for one in plain.values() if isinstance(one, Mapping) and "unit" in one), None
    )
    if shown and isinstance(unit, str):
        yield f"{dotted(address)}: {shown} is read in {unit}"
    elif not shown and isinstance(written, Mapping) and "kind" not in written and len(address) < 4:
        for place, entry in written.items():
            yield from _bare(entry, plain.get(place), (*address, place))


def _shown(value: Any) -> str:
    """A number, or the first of a table of numbers by year; empty for anything else."""
    if isinstance(value, Mapping) and value and all(type(year) is int for year in value):
        first = _shown(next(iter(value.values())))
        return f"{first} ..." if first and all(map(_shown, value.values())) else ""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:.12g}" if is_number else ""
