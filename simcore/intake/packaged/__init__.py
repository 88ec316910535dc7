"""Read the packaged tables in `data/` into the catalog, and refuse any value without its source.

Metadata (`unit`, `source`, `at`, `status`) stays beside each value where the catalog has room for
it, and every value stands with it in `records()`. Nothing is converted here. Dictionaries are
fresh copies, free to change. A `TableError` says that a table is not well formed, or that a value
has no unit, source, place or status.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from simcore.intake import sourced, templates
from simcore.intake.packaged import rows
from simcore.intake.packaged.provenance import Record, TableError, check, check_sources, walk
from simcore.variables import OUTCOMES

if TYPE_CHECKING:
    from simcore.intake.packaged.observations import Reality

__all__ = [
    "Record", "TableError", "base", "catalog", "reality", "records", "scenarios",
    "sources", "usual_outcomes", "written",
]  # fmt: skip

_DATA: Final = Path(__file__).parents[2] / "data"
# libyaml reads ten times faster; both loaders build plain data only.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Quantities of a route that may differ by region, besides inputs and byproducts.
_REGIONAL: Final = frozenset(
    {
        "capex", "utilisation", "fixed_opex", "other_opex", "emission_intensity",
        "biogenic_intensity", "precursor_intensity", "support", "capture.rate", "capture.capex",
        "greenfield.capex", "made_from.amount",
    }
)  # fmt: skip
# What the first part of a dotted quantity of a technology table is called in the catalog.
_GROUPS: Final = {
    "input": "inputs", "byproduct": "byproducts", "emission_factor": "emission_factors",
    "emission": "emission_parts",
}  # fmt: skip
_PARTS: Final = frozenset({"capture", "greenfield", "made_from"})
_WHOLE_YEARS: Final = frozenset({"lifetime", "available_from"})

_Part = tuple[dict[str, Any], list[Record]]


def catalog() -> dict[str, Any]:
    """The packaged catalog: `markets`, `systems`, `prices`, `policies`, `regions`, `sectors`,
    `routes`, `technologies`, `buyers`, `instruments` and `products`."""
    content: dict[str, Any] = _fresh(_load()[0])
    return content


def sources() -> dict[str, dict[str, Any]]:
    """The sources that the tables refer to, by key.

    Each has title, publisher, date, kind and note; most have `url`, the address of what was read,
    and some `identifier`, what finds it where addresses change.
    """
    content: dict[str, dict[str, Any]] = _fresh(_sources())
    return content


def base() -> dict[str, Any]:
    """The packaged defaults: every top-level key of a config but the catalog.

    `base.yaml` with the exchange rates and deflators of `exchange.yaml` in `money`, and the usual
    outcomes.
    """
    return {**_fresh(_base()[0]), **usual_outcomes()}


def usual_outcomes() -> dict[str, list[str]]:
    """`outcomes` and `keep` of a config that states neither, in the order of their declaration."""
    usual = [one for one in OUTCOMES.values() if one.usual]
    kept = [one.name for one in usual if one.kept]
    return {"outcomes": [one.name for one in usual], "keep": kept}


def scenarios() -> dict[str, dict[str, Any]]:
    """The packaged scenarios: overlays by name that a config may name."""
    return {Path(file).stem: _yaml(file) for file in _files("scenarios")}


def written(section: str) -> dict[str, Any]:
    """The entries of a folder (market, policy, sector or system) by name, as they are written.

    `catalog` holds the same with numbers bare and likenesses written out.
    """
    return _folder(section)[0]


@functools.cache
def reality() -> Reality:
    """What was observed, and the runs that it is set beside."""
    from simcore.intake.packaged import observations

    runs = _yaml("reality.yaml")
    observations.check_runs("data/reality.yaml", runs)
    return observations.Reality(
        observations.read(_DATA / "reality.csv", sources=_sources(), runs=runs), runs
    )


def records() -> tuple[Record, ...]:
    """Every packaged value with its unit, source, place and status, in the order of the files."""
    from simcore.intake.packaged import observations

    seen = tuple(observations.record(one) for one in reality().observations)
    return _load()[1] + _base()[1] + seen


@functools.cache
def _load() -> tuple[dict[str, Any], tuple[Record, ...]]:
    parts: dict[str, Callable[[], _Part]] = {
        "markets": lambda: _folder("market"),
        "systems": lambda: _folder("system"),
        "prices": _prices,
        "policies": _policies,
        "regions": lambda: _entries("regions.yaml"),
        "sectors": lambda: _folder("sector"),
        "routes": _routes,
        "technologies": lambda: _entries("learning.yaml"),
        "buyers": lambda: _entries("buyers.yaml"),
        "instruments": lambda: _folder("instrument"),
        "products": lambda: _entries("products.yaml"),
    }
    content: dict[str, Any] = {}
    listed: list[Record] = []
    for key, part in parts.items():
        content[key], found = part()
        listed += found
    written, _ = templates.resolve(sourced.bare({"catalog": content}))
    return written["catalog"], tuple(listed)


@functools.cache
def _sources() -> dict[str, dict[str, Any]]:
    content = _yaml("sources.yaml")
    check_sources("data/sources.yaml", content)
    return {key: {**entry, "date": str(entry["date"])} for key, entry in content.items()}


def _folder(name: str) -> _Part:
    """The files of a folder: entries by name, whose values state their own source."""
    found: dict[str, Any] = {}
    listed: list[Record] = []
    for file in _files(name):
        content, part = _entries(file)
        found |= content
        listed += part
    return found, listed


def _policies() -> _Part:
    found: dict[str, Any] = {}
    listed: list[Record] = []
    for file in _files("policy"):
        for name, entry in _yaml(file).items():
            where = f"data/{file}: {name}"
            if name in found:
                raise TableError(where, "a second policy", "one", "rename it")
            if "known_until" not in entry:
                raise TableError(where, "no known_until", "a year", "say what is known already")
            unit = {"unit": entry.get("unit")}
            for variant, table in entry["variants"].items():
                if "end" not in table:
                    raise TableError(f"{where}.{variant}", "no end", "a year or null", "add it")
                table_meta = {**unit, **{key: table.get(key) for key in ("source", "at", "status")}}
                path = f"{name}.{variant}"
                listed += _walk(table["values"], file, path, table_meta)
                if "decline" in table:
                    listed += _walk(
                        table["decline"], file, f"{path}.decline", {**table_meta, "unit": "1"}
                    )
            if isinstance(entry["delay"], dict):
                listed += _walk(entry["delay"], file, f"{name}.delay", {})
            found[name] = entry
    return found, listed


def _routes() -> _Part:
    found: dict[str, Any] = {}
    listed: list[Record] = []
    for file in _files("technology"):
        for name, entry in _yaml(file).items():
            found[name] = entry
            for owner, part in ((name, entry), (f"{name}.capture", entry.get("capture", {}))):
                for key in sorted({"learning", "emission_parts", "inputs"} & part.keys()):
                    listed += _walk(part[key], file, f"{owner}.{key}", {})
    for path in sorted((_DATA / "technology").glob("*.csv")):
        for row in rows.read(path, columns=rows.TECHNOLOGY, sources=_sources()):
            if row.cells["route"] not in found:
                raise TableError(
                    row.where,
                    f"route {row.cells['route']!r}",
                    f"one in {path.stem}.yaml beside it",
                    "add it there",
                )
            _place(found[row.cells["route"]], row)
            name = f"{row.cells['route']}.{row.cells['quantity']}.{row.cells['region']}"
            listed.append(rows.record(row, file=f"technology/{path.name}", name=name))
    for entry in found.values():
        _unfold(entry)
    return found, listed


def _unfold(group: dict[str, Any]) -> None:
    """Give what is the same in all regions without a table by region, at any depth."""
    for key, value in group.items():
        if isinstance(value, dict) and value.keys() == {"default"}:
            only = value["default"]
            group[key] = int(only["value"]) if key in _WHOLE_YEARS else only
        elif isinstance(value, dict) and key in {*_GROUPS.values(), *_PARTS}:
            _unfold(value)


def _place(route: dict[str, Any], row: rows.Row) -> None:
    """Put a row into its route, as a table by region."""
    *groups, item = row.cells["quantity"].split(".")
    table = route
    for group in groups:
        table = table.setdefault(_GROUPS.get(group, group), {})
    is_regional = row.cells["quantity"] in _REGIONAL or (groups and groups[-1] in _GROUPS)
    if not (is_regional or row.cells["region"] == "default"):
        raise TableError(
            row.where, f"{item} of {row.cells['region']}", "one for all regions", "use default"
        )
    regions = table.setdefault(item, {})
    if row.cells["region"] in regions:
        raise TableError(
            row.where, f"a second {item} of {row.cells['region']}", "one", "remove one"
        )
    regions[row.cells["region"]] = rows.quantity(row)


def _prices() -> _Part:
    """Commodity paths: spot and anchors of the CSV files on the processes of the YAML beside them.

    There stand the prices that follow an index, and those that are computed, too.
    """
    shared = {file: _yaml(file) for file in _files("price")}
    moved = {
        name: entry for content in shared.values()
        for name, entry in content.get("commodities", {}).items()
    }  # fmt: skip
    found: dict[str, dict[str, Any]] = {}
    listed: list[Record] = []
    for file, content in shared.items():
        listed += _walk(content.get("commodities", {}), file, "commodities", {})
    for table in sorted((_DATA / "price").glob("*.csv")):
        for row in rows.read(table, columns=rows.PRICES, sources=_sources()):
            commodity, region = row.cells["commodity"], row.cells["region"]
            if commodity not in moved:
                raise TableError(
                    row.where, f"commodity {commodity!r}",
                    f"one of the commodities of {table.stem}.yaml beside it", "add it there",
                )  # fmt: skip
            regions = found.setdefault(commodity, {})
            if region in regions:
                _anchor(regions[region], row)
            else:
                regions[region] = {**_fresh(moved[commodity]), **_spot(row)}
            name = f"{commodity}.{region}.{row.year}"
            listed.append(rows.record(row, file=f"price/{table.name}", name=name))
    for (file, content), kind in product(shared.items(), ("indexed", "computed")):
        for commodity, regions in content.get(kind, {}).items():
            for region, entry in regions.items():
                listed += _walk(entry, file, f"{kind}.{commodity}.{region}", {})
                found.setdefault(commodity, {})[region] = entry
    return found, listed + _factors(shared, found)


def _factors(
    shared: Mapping[str, dict[str, Any]], found: dict[str, dict[str, Any]]
) -> list[Record]:
    """Give the prices of power their emissions; a grid's stand in one place for all on it."""
    listed: list[Record] = []
    for file, content in shared.items():
        for commodity, regions in content.get("emission_intensity", {}).items():
            for region, entry in regions.items():
                path = f"{commodity}.{region}.emission_intensity"
                listed += _walk(entry["values"], file, path, entry)
                found[commodity][region]["emission_intensity"] = entry
    return listed


def _spot(row: rows.Row) -> dict[str, Any]:
    if row.price_year is None:
        raise TableError(row.where, "no price year", "one", "add it")
    return {
        "unit": row.cells["unit"],
        "price_year": row.price_year,
        "spot": {"year": row.year, "value": row.central, **row.meta},
        "anchors": {},
        **row.meta,
    }


def _anchor(path: dict[str, Any], row: rows.Row) -> None:
    if (row.cells["unit"], row.price_year) != (path["unit"], path["price_year"]):
        raise TableError(
            row.where, "another unit or price year", "one in a path", "convert the row"
        )
    if row.low is None or row.year <= max(path["spot"]["year"], *path["anchors"], 0):
        raise TableError(row.where, f"anchor of {row.year}", "a band, years rising", "correct it")
    path["anchors"][row.year] = {**row.band, **row.meta}


@functools.cache
def _base() -> tuple[dict[str, Any], tuple[Record, ...]]:
    content, table = _yaml("base.yaml"), _yaml("exchange.yaml")["money"]
    if content["money"]["base_year"] != table["base_year"]:
        raise TableError(
            "data/exchange.yaml: base_year", str(table["base_year"]),
            f"{content['money']['base_year']} as in base.yaml", "restate the rates",
        )  # fmt: skip
    listed = []
    for key in ("exchange", "deflator"):
        for name, value in table[key]["values"].items():
            listed += _walk(value, "exchange.yaml", f"{key}.{name}", table[key])
    content["money"] |= sourced.bare({"money": table})["money"]
    for group in ("factors", "shocks"):
        for pair in content["correlations"][group]:
            name = f"correlations.{group}.{'/'.join(pair['between'])}"
            check(f"data/base.yaml: {name}", {"unit": "1", **pair}, sources=_sources())
            meta = (pair["source"], pair["at"], pair["status"])
            listed.append(Record("base.yaml", name, pair["rank"], "1", *meta))
    return content, tuple(listed)


def _files(folder: str) -> list[str]:
    return [f"{folder}/{path.name}" for path in sorted((_DATA / folder).glob("*.yaml"))]


def _entries(file: str) -> _Part:
    """A file of named entries whose values state their own source."""
    content = _yaml(file)
    return content, [r for name, entry in content.items() for r in _walk(entry, file, name, {})]


def _yaml(file: str) -> dict[str, Any]:
    content = yaml.load((_DATA / file).read_text(encoding="utf-8"), Loader=_LOADER)
    if not isinstance(content, dict):
        raise TableError(f"data/{file}", type(content).__name__, "a mapping", "correct the file")
    return content


def _walk(node: object, file: str, path: str, meta: Mapping[str, Any]) -> list[Record]:
    return list(walk(node, file=file, path=path, sources=_sources(), meta=meta))


def _fresh(node: Any) -> Any:
    """Copy plain data; several times faster than copy.deepcopy, which minds cycles."""
    if isinstance(node, dict):
        return {key: _fresh(child) for key, child in node.items()}
    return [_fresh(child) for child in node] if isinstance(node, list) else node
