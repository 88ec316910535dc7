"""Natural forms of a config as the plain ones: `years: 2028-2035`, `hydrogen: 3 EUR/kg`.

Each layer of a config is rewritten before it is laid over those below it, so that what is checked,
run and printed by `simcore plan` has one form. What is not understood stays as it is, for the
checks to say so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any, Final

from simcore.intake import sourced
from simcore.intake.document import Document
from simcore.intake.findings import Address
from simcore.intake.projects import spelt_out
from simcore.quantities.records import Described, Sourced
from simcore.units import UnitError, conversion, parse_quantity

FIRST_YEAR: Final = "first"
"""Stands for the first year of the run in a table by year, until all layers are known."""

LISTS: Final = (
    "sectors",
    "regions", "routes", "destinations", "against", "products", "outcomes", "keep", "redraw",
)  # fmt: skip
"""Keys that hold a list of names; one text may name them, with commas."""

_HORIZON: Final = re.compile(r"\s*([0-9]{4})(?:\s*(?:-|\u2013|to)\s*([0-9]{4}))?\s*")
_META: Final = frozenset({*Described.model_fields, *Sourced.model_fields})
SECTORAL: Final = (
    "coverage", "free_allocation", "cscf", "benchmarks", "captive_coverage", "captive_allowance",
    "power_coverage", "power_allowance", "compensation", "border", "default_intensity",
    "average_intensity", "removals", "reference", "imports",
    "product_price",
)  # fmt: skip
"""What a region may say of the sector of the run, in place of `sectors.NAME.regions`."""

_KEPT: Final = ("title", "link", "grid")
"""What a price keeps when its level is replaced, besides the emissions of a unit bought."""

Lines = dict[tuple[Any, ...], int]


def plain(layer: Document, under: Mapping[str, Any]) -> Document:
    """Rewrite the natural forms of what a file or setting says, and the lines of what was moved.

    `under` are the layers below it, laid together.
    """
    # Without lines of its own, as a setting is: 0 says where something was written all the same.
    lines = dict(layer.lines) or dict.fromkeys(_addresses(layer.data, ()), 0)
    named = _sectors(layer.data)
    data = _plain(layer.data, under, named or _sectors(under), lines)
    if "sector" in data and "sectors" not in data:
        data = {key: one for key, one in data.items() if key != "sector"} | {"sectors": named}
        _move(lines, ("sector",), ("sectors",))
    if "years" in data:
        data["years"] = _horizon(data["years"])
    if isinstance(data.get("scenarios"), (str, list)):
        data["scenarios"] = _scenarios(data["scenarios"], lines)
    return replace(layer, data=data, lines=lines)


def _addresses(node: Any, address: Address) -> Iterator[Address]:
    yield address
    for key, value in node.items() if isinstance(node, Mapping) else ():
        yield from _addresses(value, (*address, key))


def plain_overlay(overlay: Mapping[str, Any], under: Mapping[str, Any]) -> dict[str, Any]:
    """Rewrite the natural forms of a scenario's changes of a config."""
    return _plain(overlay, under, _sectors(under), {})


def _sectors(data: Mapping[Any, Any]) -> list[Any]:
    """Names of the sectors that a config says it is of."""
    if "sectors" not in data and "sector" not in data:
        return []
    said = data["sectors"] if "sectors" in data else data["sector"]
    said = [one.strip() for one in said.split(",")] if isinstance(said, str) else said
    return said if isinstance(said, list) else [said]


def _plain(
    written: Mapping[Any, Any], under: Mapping[str, Any], sectors: list[str], lines: Lines
) -> dict[Any, Any]:
    data = dict(sourced.bare(written, under))
    for key in LISTS:
        if isinstance(data.get(key), str):
            data[key] = [part.strip() for part in data[key].split(",")]
    if isinstance(data.get("catalog"), Mapping):
        data["catalog"] = _catalog(data["catalog"], _mapping(under, "catalog"), sectors, lines)
    if isinstance(data.get("projects"), Mapping):
        data["projects"] = _each(data["projects"], lambda _, entry: spelt_out(_template(entry)))
    return data


def _mapping(data: Any, *keys: Any) -> dict[Any, Any]:
    """The mapping at a path, empty where there is none."""
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return dict(data) if isinstance(data, Mapping) else {}


# --- top level -----------------------------------------------------------------------------------


def _horizon(value: Any) -> Any:
    """`2028-2035`, 2030, [2028, 2035] or every year in a list."""
    if isinstance(value, str) and (found := _HORIZON.fullmatch(value)):
        value = [int(found[1]), int(found[2] or found[1])]
    if isinstance(value, int) and not isinstance(value, bool):
        value = [value, value]
    if not isinstance(value, list) or not all(type(year) is int for year in value):
        return value
    if len(value) == 2 or (value and value == list(range(value[0], value[0] + len(value)))):
        return {"first": value[0], "last": value[-1]}
    return value


def _scenarios(value: str | list[Any], lines: Lines) -> Any:
    """Names of packaged scenarios or files, each a scenario of that name."""
    parts = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    found: dict[Any, Any] = {}
    for position, part in enumerate(parts):
        if isinstance(part, Mapping) and len(part) == 1:
            ((name, changes),) = part.items()
        elif isinstance(part, str) and part:
            name, changes = scenario_name(part), part
        else:
            return value
        if name in found:
            return value
        found[name] = changes
        line = lines.get(("scenarios", position), lines.get(("scenarios",)))
        if line is not None:
            lines["scenarios", name] = line
    return found


def scenario_name(text: str) -> str:
    """Name of the scenario that is read from a file, or is packaged under this name."""
    if not text.endswith((".yaml", ".yml")):
        return text
    name = re.sub(r"\W", "_", PurePath(text).stem, flags=re.ASCII)
    return name if name[:1].isalpha() else f"scenario_{name}"


# --- catalog -------------------------------------------------------------------------------------


def _catalog(
    catalog: Mapping[str, Any], under: Mapping[str, Any], sectors: list[str], lines: Lines
) -> dict[str, Any]:
    found: dict[str, Any] = {
        section: _each(entries, lambda _, entry: _template(entry)) if section != "prices"
        else _each(entries, lambda _, places: _each(places, lambda _, entry: _template(entry)))
        for section, entries in catalog.items()
    }  # fmt: skip
    _take_out_prices(found, under, lines)
    _take_out_sectors(found, sectors, lines)
    rewritten: dict[str, Callable[[Any, Any, Any], Any]] = {
        "policies": lambda name, entry, known: _policy(entry, _mapping(known, name)),
        "routes": lambda _, entry, __: _route(entry),
        "markets": lambda name, entry, known: price(entry, known.get(name), "EUR/t"),
        "prices": lambda name, places, known: _commodity(name, places, _mapping(known, name)),
    }
    for section, rewrite in rewritten.items():
        if section in found:
            found[section] = _each(found[section], rewrite, _mapping(under, section))
    return found


def _each(entries: Any, rewrite: Callable[..., Any], *known: Any) -> Any:
    if not isinstance(entries, Mapping):
        return entries
    return {name: rewrite(name, entry, *known) for name, entry in entries.items()}


def _template(entry: Any) -> Any:
    """`extends` of an entry is its `like`."""
    if isinstance(entry, Mapping) and "extends" in entry and "like" not in entry:
        return {("like" if key == "extends" else key): value for key, value in entry.items()}
    return entry


def _take_out_prices(found: dict[str, Any], under: Mapping[str, Any], lines: Lines) -> None:
    """Prices written inside a region, as those of the region in `prices`."""
    regions = _mapping(found, "regions")
    for name, entry in regions.items():
        if not isinstance(entry, Mapping) or not isinstance(entry.get("prices"), Mapping):
            continue
        found["regions"] = regions
        regions[name] = {key: value for key, value in entry.items() if key != "prices"}
        for commodity, value in entry["prices"].items():
            prices = _mapping(found, "prices")
            places = _mapping(prices, commodity)
            known = {**_mapping(under, "prices", commodity), **places}
            places[name] = _own_price(
                value, known, [name, *_likes(name, regions, _mapping(under, "regions"))]
            )
            found["prices"] = {**prices, commodity: places}
            _move(lines, ("catalog", "regions", name, "prices", commodity),
                  ("catalog", "prices", commodity, name))  # fmt: skip


def _take_out_sectors(found: dict[str, Any], sectors: list[str], lines: Lines) -> None:
    """What a region says of the sectors of the run, as that of each of them in the region."""
    regions = _mapping(found, "regions")
    for name, entry in list(regions.items()):
        own = {key: entry[key] for key in SECTORAL if isinstance(entry, Mapping) and key in entry}
        if not own:
            continue
        found["regions"] = {**_mapping(found, "regions"), name: {
            key: value for key, value in entry.items() if key not in own
        }}  # fmt: skip
        reference, here = own.get("reference"), ("catalog", "regions", name)
        by_sector = reference if isinstance(reference, Mapping) else {}
        for made in dict.fromkeys((*sectors, *by_sector)):
            said = {**own, "reference": by_sector.get(made)} if by_sector else own
            said = {key: value for key, value in said.items() if value or key != "reference"}
            known = _mapping(found, "sectors")
            record = _mapping(known, made)
            there = _mapping(record, "regions")
            there[name] = {**said, **_mapping(there, name)}
            found["sectors"] = {**known, made: {**record, "regions": there}}
            place = ("catalog", "sectors", made, "regions", name)
            if here in lines:
                lines.setdefault(place, lines[here])
            for key in said:
                inner = ("reference", made) if by_sector and key == "reference" else (key,)
                _move(lines, (*here, *inner), (*place, key))


def _own_price(value: Any, known: Mapping[Any, Any], lineage: Iterable[Any]) -> Any:
    """A region's own price: in full, or changes on the price that it has otherwise."""
    name, *others = lineage
    place = next((one for one in (*others, "default") if one in known), None)
    if place is None or name in known or not isinstance(value, Mapping):
        return value
    if {"kind", "like", "value", "years"} & set(value) or {"unit", "process"} <= set(value):
        return value
    return value if all(isinstance(key, int) for key in value) else {"like": place, **value}


def _likes(name: Any, *layers: Mapping[Any, Any]) -> list[Any]:
    """The regions of which one is a variant, the nearest first."""
    found: list[Any] = []
    while True:
        entries = [layer[name] for layer in layers if isinstance(layer.get(name), Mapping)]
        name = next((entry["like"] for entry in entries if "like" in entry), None)
        if not isinstance(name, str) or name in found:
            return found
        found.append(name)


def _move(lines: Lines, source: Address, target: Address) -> None:
    for path in [path for path in lines if path[: len(source)] == source]:
        lines[(*target, *path[len(source) :])] = lines[path]


# --- prices --------------------------------------------------------------------------------------


def _commodity(name: str, places: Any, known: Mapping[str, Any]) -> Any:
    """Prices of a commodity: by region, or one for all."""
    unit = _commodity_unit(name, known)
    if isinstance(places, Mapping) and not _is_level(places):
        found = {}
        for place, entry in places.items():
            under = known.get(place, known.get("default"))
            found[place] = price(entry, under, unit or _commodity_unit(name, places))
        return found
    if price(places, None, unit) is places:
        return places
    # The places have no lines of their own: what is said of one is said of what was written.
    return {place: price(places, known.get(place), unit) for place in (*known, "default")}


def _commodity_unit(name: str, known: Mapping[str, Any]) -> str | None:
    """Canonical unit of a commodity's price, where one of its prices tells it."""
    if name == "hydrogen":
        return "EUR/kg"
    for entry in known.values():
        unit = entry.get("unit") if isinstance(entry, Mapping) else None
        for target in ("EUR/MWh", "EUR/t"):
            if isinstance(unit, str) and _per_unit(unit, target) is not None:
                return target
    return None


def _per_unit(unit: str, target: str) -> float | None:
    """How many of `target` one of `unit` is, currencies aside; None where they do not fit."""
    try:
        rates = dict.fromkeys(re.findall("[A-Z]{3}", unit + target), 1.0)
        return conversion(unit, target, exchange=rates)
    except UnitError:
        return None


def _is_level(value: Mapping[Any, Any]) -> bool:
    """Whether a mapping is a constant price or one by year."""
    if "kind" in value or "process" in value or "spot" in value:
        return False
    if value and all(type(key) is int for key in value):
        return True
    return bool({"value", "years"} & set(value)) and not set(value) - _META - {"value", "years"}


def price(value: Any, under: Any, unit: str | None) -> Any:
    """A constant real price, or one by year, as a path of prices.

    `3 EUR/kg`; 60, in the canonical unit; {2026: 60, 2035: 50}; or {value or years: ..., unit: ...,
    source: ...}. Anything else is given back. Title, link and emissions per unit remain of the
    price that is under it. The canonical unit is None where it is not known.
    """
    meta: dict[str, Any] = {}
    if isinstance(value, Mapping):
        if not _is_level(value):
            return value
        meta = {key: one for key, one in value.items() if key in _META}
        table = value.get("years", value) if "value" not in value else {FIRST_YEAR: value["value"]}
    else:
        table = {FIRST_YEAR: value}
    unit = meta.pop("unit", None) or unit
    found = _numbers(table, unit)
    if found is None:
        return value
    unit, path = found
    result: dict[str, Any] = {"kind": "path", "unit": unit, **meta,
                              "process": {"kind": "scenario"}, "path": path}  # fmt: skip
    if isinstance(under, Mapping) and under.get("kind", "path") in ("path", "indexed"):
        result |= {key: under[key] for key in _KEPT if key in under}
        emissions, old = under.get("emission_intensity"), under.get("unit")
        if isinstance(emissions, Mapping) and isinstance(old, str):
            size = _per_unit(old, unit)
            if size is not None:
                result["emission_intensity"] = {
                    year: number if size == 1.0 else number * size
                    for year, number in emissions.items()
                }
    return result


def _numbers(table: Any, unit: str | None) -> tuple[str, dict[Any, float]] | None:
    """The one unit of a table and its numbers; None where it is no table of prices."""
    if not isinstance(table, Mapping) or not table:
        return None
    path, units = {}, set()
    for year, entry in table.items():
        number, own = entry, unit
        if isinstance(entry, str):
            try:
                number, own = parse_quantity(entry)
            except UnitError:
                return None
        if isinstance(number, bool) or not isinstance(number, (int, float)) or own is None:
            return None
        path[year] = number
        units.add(own)
    return (units.pop(), path) if len(units) == 1 else None


# --- policies and routes -------------------------------------------------------------------------


def _policy(entry: Any, under: Mapping[str, Any]) -> Any:
    """A dated table as the variant in force of a policy; a variant of years as one with values."""
    if not isinstance(entry, Mapping):
        return entry
    dates = [key for key in entry if type(key) is int]
    if dates and len(dates) == len(entry):
        variant = under.get("variant")
        table = dict.fromkeys(Described.model_fields) | {
            "values": dict(entry), "end": None, "decline": 0.0,
        }  # fmt: skip
        if isinstance(variant, str):
            return {"variants": {variant: table}}
        known = {} if under else {"known_until": min(dates)}
        return {"variant": "given", **known, "variants": {"given": table}}
    if isinstance(entry.get("variants"), Mapping):
        variants = _each(entry["variants"], lambda _, variant: _variant(variant))
        return {**entry, "variants": variants}
    return entry


def _variant(variant: Any) -> Any:
    if not isinstance(variant, Mapping) or "values" in variant:
        return variant
    values = {key: value for key, value in variant.items() if type(key) is int}
    rest = {key: value for key, value in variant.items() if type(key) is not int}
    return {**rest, "values": values} if values else variant


def _route(entry: Any) -> Any:
    """Fixed opex as a share of capex has a unit of its own."""
    if not isinstance(entry, Mapping) or "fixed_opex" not in entry:
        return entry
    fixed = entry["fixed_opex"]
    if isinstance(fixed, Mapping) and "share_of_capex" not in fixed:
        fixed = _each(fixed, lambda _, one: _share(one))
    return {**entry, "fixed_opex": _share(fixed)}


def _share(value: Any) -> Any:
    if not isinstance(value, Mapping) or set(value) != {"share_of_capex"}:
        return value
    share = value["share_of_capex"]
    if isinstance(share, Mapping) and ("kind" in share or "value" in share or "years" in share):
        return {**share, "unit": f"{share.get('unit') or '1'}/yr"}
    if isinstance(share, str):
        return share if share.rstrip().endswith("/yr") else f"{share.rstrip()}/yr"
    if isinstance(share, (int, float)) and not isinstance(share, bool):
        return {"kind": "constant", "value": share, "unit": "1/yr"}
    return value
