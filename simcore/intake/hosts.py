"""Retrofits and twins: the quantities of a route, whose they are, and whose draws they follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simcore.intake.entries import Catalog
from simcore.intake.routes import Learns, MadeFrom, Retrofit, Route
from simcore.quantities import certain

_NOTHING = certain(0.0)
_TRADES = ("inputs", "byproducts")


def route_of(catalog: Catalog, name: str) -> Route:
    """A route with all that it inherits from its host.

    What only a capture plant buys stands among the inputs with an amount of zero: the plant itself
    buys none of it.
    """
    record = catalog.routes[name]
    if not isinstance(record, Retrofit):
        return record
    host = catalog.routes[record.host]
    stated: dict[str, Any] = {key: getattr(record, key) for key in record.model_fields_set}
    if "capex" in stated:
        stated.setdefault("greenfield", None)
    instead = stated.pop("buys_instead", {})
    for kind in _TRADES:
        stated[kind] = {**getattr(host, kind), **stated.get(kind, {})}
    stated["inputs"] = {instead.get(key, key): one for key, one in stated["inputs"].items()}
    if "emission_parts" in stated:
        stated.setdefault("emission_intensity", {})
    for commodity in captures(record):
        stated["inputs"].setdefault(commodity, {"default": _NOTHING})
    if record.made_from is not None and host.made_from is not None:
        stated["made_from"] = _blend(record.made_from, host.made_from)
    del stated["host"]
    stated.pop("capture", None)
    # A route that does not say to follow another still follows what its host follows.
    shares = stated.pop("shares", {})
    return host.model_copy(update={**stated, "shares": shares})


def _blend(own: MadeFrom, host: MadeFrom) -> MadeFrom:
    """What a retrofit is made from, as much of it as its host if it does not say."""
    if "amount" in own.model_fields_set:
        return own
    return own.model_copy(update={"amount": host.amount})


def captures(record: Route) -> Iterator[str]:
    """Commodities that the capture plant of a route buys."""
    capture = getattr(record, "capture", None)
    if capture is not None:
        yield from capture.inputs
        yield capture.storage


def owner_of(catalog: Catalog, name: str, key: str) -> str:
    """The route that states a quantity, such as inputs.iron_ore: a retrofit itself, or its host."""
    record = catalog.routes[name]
    if not isinstance(record, Retrofit):
        return name
    field, _, item = key.partition(".")
    own = field in record.model_fields_set
    if own and field in _TRADES:
        own = item in getattr(record, field)
    if own and record.made_from is not None and key == "made_from.amount":
        own = item in record.made_from.model_fields_set
    if field == "greenfield" and "capex" in record.model_fields_set:
        own = True
    return name if own else record.host


def key_at(catalog: Catalog, name: str, key: str) -> str:
    """What a quantity of a route is called where it is stated: an input that is bought instead of
    one of the host has that one's name."""
    record = catalog.routes[name]
    field, _, item = key.partition(".")
    if field != "inputs" or not isinstance(record, Retrofit) or item in record.inputs:
        return key
    found = (host for host, own in record.buys_instead.items() if own == item)
    return f"inputs.{next(found, item)}"


def shared_with(record: Route, key: str) -> str | None:
    """The route whose draws a quantity of this one follows, as it says itself."""
    return next((other for other, keys in record.shares.items() if key in keys), None)


def quantity_at(catalog: Catalog, name: str, key: str) -> Any:
    """What a route states under a dotted name, its host's included; None if it states nothing."""
    record: Any = route_of(catalog, name)
    own = catalog.routes[name]
    if key.startswith("capture."):
        record = own
    for part in key.split("."):
        is_table = isinstance(record, Mapping)
        record = record.get(part) if is_table else getattr(record, part, None)
    return record


def followed(catalog: Catalog, name: str, key: str) -> tuple[str, Any] | None:
    """The route whose draws a quantity follows, through any others, and what it states.

    None where the quantity has its own.
    """
    at = owner_of(catalog, name, key)
    other = shared_with(catalog.routes[at], key)
    found: str | None = None
    passed = {at}
    while other is not None and other in catalog.routes:
        found = owner_of(catalog, other, key)
        if found in passed:
            break
        passed.add(found)
        other = shared_with(catalog.routes[found], key)
    return None if found is None else (found, quantity_at(catalog, found, key))


def hosts_and_twins(catalog: Catalog, names: list[str]) -> list[str]:
    """Routes on which others stand or whose draws they follow, in the order of first mention."""
    found = dict.fromkeys(names)
    waiting = list(names)
    while waiting:
        record = catalog.routes.get(waiting.pop(0))
        if record is None:
            continue
        others = [*record.shares, *behind(record)]
        waiting += [one for one in others if one not in found]
        found.update(dict.fromkeys(others))
    return [one for one in found if one in catalog.routes]


def behind(record: Route) -> Iterator[str]:
    """Routes that a route names and without which it is none: its host, what it is made from."""
    if isinstance(record, Retrofit):
        yield record.host
    if record.made_from is not None:
        yield record.made_from.route


def inside_of(catalog: Catalog, name: str) -> str | None:
    """The route whose product a tonne of a route holds, as it says or its host does; or None."""
    record = catalog.routes.get(name)
    if record is None:
        return None
    if record.made_from is None and isinstance(record, Retrofit):
        record = catalog.routes.get(record.host, record)
    return None if record.made_from is None else record.made_from.route


def insides(catalog: Catalog, name: str) -> list[str]:
    """A route, what it is made from, what that is made from, and so on; of a loop each once."""
    found = [name]
    while (other := inside_of(catalog, found[-1])) is not None and other not in found:
        found.append(other)
    return found


def available_from(catalog: Catalog, name: str) -> int | None:
    """Year from which a route is there, with all that it is made from; None: always."""
    known = [one for one in insides(catalog, name) if one in catalog.routes]
    years = (route_of(catalog, one).available_from for one in known)
    return max((year for year in years if year is not None), default=None)


def traded_by(catalog: Catalog, *names: str) -> list[str]:
    """Commodities that routes, their captures and what they are made from buy or sell."""
    records = [route_of(catalog, one) for name in names for one in insides(catalog, name)]
    return list(dict.fromkeys(one for each in records for one in (*each.inputs, *each.byproducts)))


def host_of(catalog: Catalog, name: str) -> str | None:
    """The host of a route, or None."""
    record = catalog.routes.get(name)
    return record.host if isinstance(record, Retrofit) else None


def region_quantities(route: Route) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Every quantity that a route states and that may differ by region, with its field path."""
    for name in ("capex", "utilisation", "fixed_opex", "other_opex", "emission_intensity",
                 "biogenic_intensity", "precursor_intensity", "support"):  # fmt: skip
        stated = name in route.model_fields_set or not isinstance(route, Retrofit)
        if stated and (name != "emission_intensity" or route.emission_intensity):
            yield (name,), getattr(route, name)
    for part, quantity in route.emission_parts.items():
        yield ("emission_parts", part), quantity
    for kind in ("inputs", "byproducts"):
        for commodity, quantity in getattr(route, kind).items():
            yield (kind, commodity), quantity
    if route.made_from is not None and "amount" in route.made_from.model_fields_set:
        yield ("made_from", "amount"), route.made_from.amount
    if route.greenfield is not None:
        yield ("greenfield", "capex"), route.greenfield.capex
    capture = route.capture if isinstance(route, Retrofit) else None
    if capture is not None:
        yield ("capture", "rate"), capture.rate
        yield ("capture", "capex"), capture.capex
        for group in ("inputs", "emission_factors"):
            for commodity, quantity in getattr(capture, group).items():
                yield ("capture", group, commodity), quantity


def learnings(route: Route) -> list[Learns]:
    """What the capital that a route states learns with."""
    capture = route.capture if isinstance(route, Retrofit) else None
    found = [route.learning, capture.learning if capture is not None else None]
    return [one for one in found if one is not None]
