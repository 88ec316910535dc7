"""Entries of the catalog that are like another one: `DE: {like: EU, wacc: 6 %}`, written out."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from simcore.intake import shipped
from simcore.intake.findings import SINGULAR, Address, Finding, unknown
from simcore.intake.forms import FIRST_YEAR
from simcore.intake.overlay import at, merge
from simcore.quantities import KINDS
from simcore.quantities.records import Described

_OF_ITSELF: Final = {"title", *Described.model_fields}
"""What an entry does not take over from the one that it is like."""
_SHARED: Final = ("regions", "routes", "projects")
"""Sections whose inherited numbers are drawn together with those of the template."""
_LIKENED: Final = ("catalog", "projects")
"""Keys of a config that hold such entries."""
_FOLLOWING: Final = (("catalog", "sectors"), ("catalog", "systems"))
"""Sections of which something inside an entry may be like another."""
_NAMES: Final = {
    ("learning", "share"): "learning_share",
    ("size", "exponent"): "size_exponent",
    ("capture", "learning", "share"): "capture.learning_share",
}


def resolve(data: Mapping[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
    """Write out the entries that are like another one, and tables that begin with the run.

    Returns
    -------
    data : dict
        A copy of the config in which every entry stands alone; a region still says what it is like,
        for the prices and rows of routes that it has none of its own of.
    findings : list of Finding
        Entries that are like nothing known, or like themselves.
    """
    catalog = data.get("catalog")
    if not isinstance(catalog, Mapping):
        return dict(data), []
    found, findings = dict(catalog), list[Finding]()
    for section in SINGULAR:
        if isinstance(catalog.get(section), Mapping):
            found[section] = _section(
                catalog[section], ("catalog", section), SINGULAR[section], findings
            )
    if isinstance(catalog.get("prices"), Mapping):
        found["prices"] = {
            name: _section(places, ("catalog", "prices", name), "region", findings)
            if isinstance(places, Mapping) else places
            for name, places in catalog["prices"].items()
        }  # fmt: skip
    for name, system in _mapping(found.get("systems")).items():
        if any(
            "like" in _mapping(one) for one in _mapping(_mapping(system).get("variants")).values()
        ):
            rules = _section(
                system["variants"], ("catalog", "systems", name, "variants"), "variant", findings
            )
            found["systems"] = {**found["systems"], name: {**system, "variants": rules}}
    built = data.get("projects")
    if isinstance(built, Mapping):
        data = {**data, "projects": _section(built, ("projects",), "project", findings)}
    _share_rules(found)
    _share_benchmarks(catalog, found)
    _date(found, _first(data))
    return {**data, "catalog": found}, findings


def follow(
    overlay: Mapping[str, Any], changed: Mapping[str, Any], base: Mapping[str, Any]
) -> dict[str, Any]:
    """Changes of a scenario with all that they change in entries like others.

    `changed` and `base` are the config with and without these changes, resolved.
    """
    written = copy.deepcopy({key: overlay[key] for key in _LIKENED if key in overlay})
    sections = [key for key, one in written.items() if isinstance(one, Mapping)]
    for address, entry in _entries(changed, sections):
        *_, name = address
        if entry == at(base, address):
            continue
        holder = written
        for part in address[:-1]:
            holder = holder.setdefault(part, {})
            if not isinstance(holder, dict):
                break
        else:
            given = holder.get(name)
            is_template = isinstance(given, Mapping) and "like" in given
            # What may be like another inside an entry follows with the entry.
            follows = "like" in _mapping(entry) or address[:2] in _FOLLOWING
            if name not in holder or is_template or follows:
                holder[name] = _changes(entry, at(base, address))
    if "catalog" in sections:
        _date(written["catalog"], _first(base))
    return {**overlay, **written}


def with_routes(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """A config with the routes of its sectors, where it names none itself.

    For sectors that do not exist those of the packaged base will do, or any other: that they do not
    is said once.
    """
    catalog, named = data.get("catalog"), data.get("sectors")
    known = catalog.get("sectors") if isinstance(catalog, Mapping) else None
    if "routes" in data or not isinstance(known, Mapping) or not known:
        return data
    listed = named if isinstance(named, list) else []
    names = [one for one in dict.fromkeys(map(str, listed)) if one in known]
    usual = [one for one in shipped.base()["sectors"] if one in known] or [next(iter(known))]
    lists = [_mapping(known[one]).get("routes") for one in names or usual]
    routes = [name for one in lists if isinstance(one, list) for name in one]
    return {"routes": routes, **data} if routes else data


def _changes(entry: Any, before: Any) -> Any:
    """What differs from an entry as it was; all of it where it is new."""
    if not isinstance(entry, Mapping) or not isinstance(before, Mapping):
        return entry
    return {key: value for key, value in entry.items() if value != before.get(key)}


def _entries(data: Mapping[str, Any], keys: Iterable[str]) -> Iterator[tuple[Address, Any]]:
    """Entries of the parts of a config that may be like others, with their addresses."""
    if "projects" in keys:
        yield from ((("projects", name), one) for name, one in _mapping(data["projects"]).items())
    for section, entries in _mapping(data.get("catalog")).items() if "catalog" in keys else ():
        for name, entry in _mapping(entries).items():
            address: Address = ("catalog", section, name)
            if section == "sectors":
                address, entry = (*address, "regions"), _mapping(entry).get("regions")
            elif section != "prices":
                yield address, entry
                continue
            for place, one in _mapping(entry).items():
                yield (*address, place), one


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def _section(
    entries: Mapping[Any, Any], address: Address, what: str, findings: list[Finding]
) -> dict[Any, Any]:
    done: dict[Any, Any] = {}
    section = address[0] if len(address) == 1 else address[1]

    def written(name: Any, way: tuple[Any, ...]) -> Any:
        entry = entries[name]
        if name in done:
            return done[name]
        if not isinstance(entry, Mapping) or "like" not in entry:
            return entry
        like = entry["like"]
        others = (one for one in entries if one != name)
        if like in (*way, name):
            loop = " like ".join(str(one) for one in (*way, name, like))
            findings.append(Finding(
                (*address, name, "like"), loop, f"a {what} that stands alone in the end",
                "write one of them out",
            ))  # fmt: skip
            like = None
        elif not isinstance(like, str) or like not in entries:
            findings.append(unknown((*address, name, "like"), str(like), [*others], what))
            like = None
        if like is None:
            # Any complete entry in its place, so that its other faults can be told as well.
            like = next((one for one in entries if "like" not in _mapping(entries[one])), None)
            if like is None:
                return {key: value for key, value in entry.items() if key != "like"}
        template = _copied(written(like, (*way, name)), section, like)
        own = {key: value for key, value in entry.items() if key != "like"}
        result = merge(template, own)
        if section == "regions" and isinstance(result, Mapping):
            result = {**result, "like": like}
        # What is written out already stays the object it is: packaged entries are known by that.
        done[name] = entry if result == entry else result
        return done[name]

    return {name: written(name, ()) for name in entries}


def _copied(template: Any, section: Any, name: str) -> Any:
    """What an entry takes over from its template, drawn with it where that is the same thing."""
    if not isinstance(template, Mapping):
        return template
    taken = {key: value for key, value in template.items() if key not in _OF_ITSELF | {"like"}}
    if section not in _SHARED:
        return taken
    # What the template draws with another route, the copy does by its own `shares`.
    lists = [keys for keys in _mapping(template.get("shares")).values() if isinstance(keys, list)]
    shared = {tuple(str(key).split(".")) for keys in lists for key in keys}
    return _driven(taken, name, (), shared)


def _driven(value: Any, name: str, address: Address, shared: set[Address]) -> Any:
    """A copy whose uncertain numbers state the factor of the template by which they are drawn."""
    if not isinstance(value, Mapping) or address in shared:
        return value
    dated = isinstance(value.get("years"), Mapping)
    kind = value.get("kind", "by_year" if dated else None)
    if isinstance(kind, str) and kind in KINDS:
        if kind in ("constant", "factor") or value.get("factor") is not None:
            return value
        words = [str(part) for part in address if part != "default"]
        return {
            **value,
            "factor": ".".join([name, *([_NAMES[address]] if address in _NAMES else words)]),
        }
    return {key: _driven(child, name, (*address, key), shared) for key, child in value.items()}


def _share_rules(found: dict[str, Any]) -> None:
    """A region like another one meets in each sector what that one does, but for what it states."""
    regions = _mapping(found.get("regions"))
    likes = {name: one["like"] for name, one in regions.items() if "like" in _mapping(one)}
    for sector, record in _mapping(found.get("sectors")).items() if likes else ():
        rules = dict(_mapping(_mapping(record).get("regions")))

        def written(name: Any, way: tuple[Any, ...] = (), rules: dict[Any, Any] = rules) -> Any:
            own = rules.get(name)
            if name not in likes or name in way:
                return own
            template = written(likes[name], (*way, name))
            if template is None:
                return own
            taken = {key: one for key, one in template.items() if key not in _OF_ITSELF}
            return merge(taken, own or {})

        changed = {name: one for name in likes if (one := written(name)) != rules.get(name)}
        if changed:
            changed = {**record, "regions": {**rules, **changed}}
            found["sectors"] = {**found["sectors"], sector: changed}


def _share_benchmarks(catalog: Mapping[str, Any], found: dict[str, Any]) -> None:
    """A route like another one gets its benchmarks in every region that states none for it."""
    routes = {
        name: entry["like"] for name, entry in _mapping(catalog.get("routes")).items()
        if isinstance(entry, Mapping) and isinstance(entry.get("like"), str)
    }  # fmt: skip
    for sector, record in _mapping(found.get("sectors")).items() if routes else ():
        regions = _mapping(_mapping(record).get("regions"))
        changed = {}
        for name, rules in regions.items():
            marks = dict(_mapping(_mapping(rules).get("benchmarks")))
            for route in routes:
                like, met = route, set[str]()
                while like not in marks and like in routes and like not in met:
                    met.add(like)
                    like = routes[like]
                if like in marks:
                    marks[route] = marks[like]
            if marks != _mapping(_mapping(rules).get("benchmarks")):
                changed[name] = {**rules, "benchmarks": marks}
        if changed:
            changed = {**record, "regions": {**regions, **changed}}
            found["sectors"] = {**found["sectors"], sector: changed}


def _first(data: Mapping[str, Any]) -> int:
    first = at(data, ("years", "first"))
    return first if type(first) is int else 2000


def _date(catalog: dict[str, Any], first: int) -> None:
    """Let the constant prices begin with the run."""

    def begun(entry: Any) -> Any:
        table = _mapping(entry).get("path")
        if not isinstance(table, Mapping) or FIRST_YEAR not in table:
            return entry
        dates = {first if key == FIRST_YEAR else key: value for key, value in table.items()}
        return {**entry, "path": dates}

    for section, entries in catalog.items():
        if section == "markets" and isinstance(entries, Mapping):
            catalog[section] = {name: begun(entry) for name, entry in entries.items()}
        elif section == "prices" and isinstance(entries, Mapping):
            catalog[section] = {
                name: {place: begun(entry) for place, entry in places.items()}
                if isinstance(places, Mapping) else places
                for name, places in entries.items()
            }  # fmt: skip
