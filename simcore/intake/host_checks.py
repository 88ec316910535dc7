"""Retrofits, captures and shared draws that fit together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

from simcore.intake import shipped
from simcore.intake.compilation import compiled
from simcore.intake.entries import Catalog
from simcore.intake.findings import Address, Finding, unknown
from simcore.intake.hosts import (
    captures,
    followed,
    hosts_and_twins,
    inside_of,
    insides,
    owner_of,
    quantity_at,
    route_of,
    shared_with,
)
from simcore.intake.policies import default_value
from simcore.intake.routes import Retrofit, Route
from simcore.intake.schema import Experiment
from simcore.intake.stated import commodity_unit, dated
from simcore.intake.usage import (
    all_routes,
    border_rule,
    crosses_border,
    made_in,
    place_of,
    price_of,
    sector_regions,
)
from simcore.numerics.elementary import total
from simcore.quantities import ByYear, FactorReference
from simcore.units import UnitError, conversion

_COMPUTED = "emission_intensity"


def host_findings(experiment: Experiment) -> Iterator[Finding]:
    """Find retrofits without a plant to stand on, and blends of what is no product of a route.

    Where there is one, nothing else of these routes can be checked.
    """
    catalog = experiment.catalog
    for name, record in catalog.routes.items():
        address = ("catalog", "routes", name)
        if isinstance(record, Retrofit):
            host = catalog.routes.get(record.host)
            if host is None:
                yield unknown((*address, "host"), record.host, catalog.routes, "route")
            elif isinstance(host, Retrofit):
                yield Finding(
                    (*address, "host"), f"{record.host}, which stands on {host.host} itself",
                    "a route with a plant of its own",
                    f"write host: {host.host}, and what differs from it",
                )  # fmt: skip
            elif host.sector != record.sector:
                yield Finding(
                    (*address, "host"), f"{record.host}, which makes {host.sector}",
                    f"a route of the sector {record.sector}", "change one of the two",
                )  # fmt: skip
        if record.made_from is not None:
            yield from _inside(catalog, address, name, record)


def _inside(catalog: Catalog, address: Address, name: str, record: Route) -> Iterator[Finding]:
    """What a route is made from: the product of a route that does not hold its own."""
    made, place = record.made_from, (*address, "made_from")
    assert made is not None
    if made.route not in catalog.routes:
        yield unknown((*place, "route"), made.route, catalog.routes, "route")
        return
    chain = insides(catalog, name)
    back = inside_of(catalog, chain[-1])
    # Said once, of the first in the alphabet of those in the loop.
    if back in chain and name == min(chain[chain.index(back) :]):
        yield Finding(
            (*place, "route"), f"{made.route}, which is made from {name} in the end",
            "a route that holds nothing of this one",
            f"name another route, or take made_from out of {chain[-1]}",
        )  # fmt: skip
    host = catalog.routes.get(record.host) if isinstance(record, Retrofit) else None
    if "amount" not in made.model_fields_set and (host is None or host.made_from is None):
        yield Finding(
            place, "made_from without an amount", "tonnes of it in a tonne of product",
            "add amount: 0.75 t/t",
        )  # fmt: skip


def route_findings(experiment: Experiment, folder: Path) -> Iterator[Finding]:
    """Find what is wrong with the captures, precursors and shared draws of the run's routes.

    Their hosts are in order.
    """
    catalog = experiment.catalog
    used = [name for name in all_routes(experiment) if name in catalog.routes]
    for name in hosts_and_twins(catalog, used):
        yield from _shares(experiment, ("catalog", "routes", name), name, catalog.routes[name])
    for name in used:
        address, record = ("catalog", "routes", name), catalog.routes[name]
        yield from _precursor(experiment, address, name)
        if isinstance(record, Retrofit):
            yield from _instead(experiment, address, record)
        yield from _sized(catalog, address, name)
        if isinstance(record, Retrofit) and record.capture is not None:
            yield from _capture(experiment, address, record, folder)
    yield from _default_values(experiment)
    yield from _swapped(experiment)


def _shares(
    experiment: Experiment, address: Address, name: str, record: Route
) -> Iterator[Finding]:
    catalog = experiment.catalog
    first: dict[str, str] = {}
    for other, keys in record.shares.items():
        place = (*address, "shares", other)
        if other not in catalog.routes or other == name:
            known = [one for one in catalog.routes if one != name]
            yield unknown(place, other, known, "other route")
            continue
        for position, key in enumerate(keys):
            for one, whose in ((name, "this route"), (other, other)):
                if not _is_stated(quantity_at(catalog, one, key)):
                    yield Finding(
                        (*place, position), f"{key!r}, which {whose} does not have",
                        "a quantity of both routes, such as capex or inputs.electricity",
                        "see `simcore catalog routes`; remove it, or name one of them",
                    )  # fmt: skip
                    break
            if first.setdefault(key, other) != other:
                yield Finding(
                    (*place, position), f"{key!r}, which follows {first[key]} already",
                    "one route to follow", "remove one of the two",
                )  # fmt: skip
            circle = _circle(experiment, name, key)
            # Said once, of the first in the alphabet, wherever the user wrote his part of it.
            if circle and name == min(circle):
                yield Finding(
                    (*place, position), f"{key!r}, which follows itself in the end",
                    "a route with draws of its own",
                    f"remove it from the shares of one of {', '.join(sorted(circle))}",
                    also=tuple(
                        ("catalog", "routes", one, "shares", twin, catalog.routes[one].shares[
                            twin].index(key)) for one, twin in circle.items()
                    ),
                )  # fmt: skip


def _is_stated(value: Any) -> bool:
    return value is not None and not isinstance(value, (str, int, float, Route))


def _circle(experiment: Experiment, name: str, key: str) -> dict[str, str]:
    """Routes that follow one another back to a quantity of this one, each with whom it follows."""
    routes, passed = experiment.catalog.routes, {}
    at = owner_of(experiment.catalog, name, key)
    while at not in passed:
        other = shared_with(routes[at], key)
        if other is None or other not in routes:
            return {}
        passed[at] = other
        at = owner_of(experiment.catalog, other, key)
    return passed if at == name else {}


def _precursor(experiment: Experiment, address: Address, name: str) -> Iterator[Finding]:
    made = route_of(experiment.catalog, name)
    if made.precursor is not None and made.precursor not in made.inputs:
        yield unknown((*address, "precursor"), made.precursor, made.inputs, "input of the route")


def _instead(experiment: Experiment, address: Address, record: Retrofit) -> Iterator[Finding]:
    """Inputs of the host that are bought as something else: there, priced, and of one unit."""
    prices, bought = experiment.catalog.prices, experiment.catalog.routes[record.host].inputs
    for host, own in record.buys_instead.items():
        place = (*address, "buys_instead", host)
        if host not in bought:
            yield unknown(place, host, bought, f"input of {record.host}")
        elif own not in prices:
            yield unknown(place, own, prices, "commodity")
        elif own in bought or own in record.inputs:
            yield Finding(
                place, f"{own}, which the route buys already", "a commodity that it does not buy",
                "remove one of the two",
            )  # fmt: skip
        else:
            units = {
                commodity_unit(experiment, name, entry)
                for name in (host, own) for one in made_in(experiment, address[2])
                if (entry := price_of(experiment, name, one)) is not None
            }  # fmt: skip
            if len(units) > 1:
                yield Finding(
                    place, f"{own}, which is counted by another unit than {host}",
                    "two commodities of one unit", "state the amount under inputs",
                )  # fmt: skip


def _sized(catalog: Catalog, address: Address, name: str) -> Iterator[Finding]:
    """A plant whose product is inside another's has no output of the run to be as large as."""
    made = inside_of(catalog, name)
    size = route_of(catalog, made).size if made is not None else None
    if size is not None and size.output is None:
        yield Finding(
            ("catalog", "routes", str(made), "size"), f"a plant of no size, inside {name}",
            "the output of the plant of which so much is made",
            f"add catalog.routes.{made}.size.output: 1 Mt/yr, or take the size out",
            also=((*address, "made_from", "route"),),
        )  # fmt: skip


def _capture(
    experiment: Experiment, address: Address, record: Retrofit, folder: Path
) -> Iterator[Finding]:
    capture, place = record.capture, (*address, "capture")
    assert capture is not None
    inside = record.made_from or route_of(experiment.catalog, record.host).made_from
    if inside is not None:
        made = inside.route
        yield Finding(
            place, f"a capture at a plant that is made from {made}",
            "a capture where the CO2 comes out", f"write a retrofit of {made} with this capture, "
            "and made_from: {route: <that retrofit>} here",
        )  # fmt: skip
    if _COMPUTED in record.model_fields_set:
        yield Finding(
            (*address, _COMPUTED), f"{_COMPUTED} beside capture",
            "what the host emits, less what is captured of it",
            "remove it; say with capture.rate how much is captured",
        )  # fmt: skip
    if capture.storage in record.inputs or capture.storage in capture.inputs:
        group = "inputs" if capture.storage in record.inputs else "capture.inputs"
        yield Finding(
            (*address, *group.split("."), capture.storage), f"tonnes of {capture.storage}",
            "nothing: they are the tonnes captured",
            "remove it; say with capture.rate how much is captured",
        )  # fmt: skip
    for name in capture.emission_factors:
        if name not in capture.inputs:
            yield unknown(
                (*place, "emission_factors", name), name, capture.inputs, "input of the capture"
            )
    parts = route_of(experiment.catalog, record.host).emission_parts
    for position, part in enumerate(capture.parts):
        if part not in parts:
            yield unknown(
                (*place, "parts", position), part, parts, f"part of the emissions of {record.host}"
            )
    prices = [
        price_of(experiment, name, one)
        for name in captures(record)
        for one in made_in(experiment, address[2])
    ]
    if None not in prices:  # said elsewhere
        yield from _too_much(experiment, (*place, "rate"), record, folder)


def _too_much(
    experiment: Experiment, address: Address, record: Retrofit, folder: Path
) -> Iterator[Finding]:
    """A capture that emits as much as it takes never ends."""
    capture = record.capture
    assert capture is not None
    for region in made_in(experiment, address[2]):
        if min([0.0, *emitted_ends(experiment, record.host, region, folder)]) < 0:
            yield Finding(
                address, f"a capture at {record.host}, which emits less than nothing",
                "a host whose emissions can be captured",
                "write what is left after capture as emission_intensity of a route of its own",
                also=(("catalog", "routes", record.host, _COMPUTED),),
            )  # fmt: skip
            return
        own = 0.0
        for name, factors in capture.emission_factors.items():
            entry = price_of(experiment, name, region)
            if name not in capture.inputs or entry is None:
                return
            unit = commodity_unit(experiment, name, entry)
            amount = _highest(experiment, capture.inputs[name], region, f"{unit}/t", folder)
            own += amount * _highest(experiment, factors, region, f"t/{unit}", folder)
        most = own * _highest(experiment, capture.rate, region, "1", folder)
        if most >= 1.0:
            yield Finding(
                address, f"a capture that emits up to {own:.3g} t itself per tonne that it takes",
                "less than 1 t, times the rate", "check the units of its inputs",
            )  # fmt: skip
            return


def _highest(
    experiment: Experiment, values: Mapping[str, Any], region: str, target: str, folder: Path
) -> float:
    """Upper end of a quantity; 0 where it is faulty, which is said elsewhere."""
    return max(_ends(experiment, values, region, target, folder))


def _ends(
    experiment: Experiment, values: Mapping[str, Any], region: str, target: str, folder: Path
) -> list[float]:
    """Ends of a quantity and of its dates, and zero."""
    return [0.0, *ends_of(experiment, values, region, target, folder)]


def ends_of(
    experiment: Experiment, values: Mapping[str, Any], region: str, target: str, folder: Path
) -> list[float]:
    """Ends of a quantity of a region and of its dates, in the unit `target`; none where it is
    faulty, which is said elsewhere."""
    place = place_of(experiment, values, region)
    value = values[place] if place is not None else None
    entries = [*dated(value).values()] if isinstance(value, ByYear) else [value]
    found = list[float]()
    for one in entries:
        unit = getattr(one, "unit", None)
        if isinstance(one, FactorReference):
            one = experiment.factors.get(one.name)
            unit = unit or getattr(one, "unit", None)
        try:
            scale = conversion(unit or target, target, exchange=experiment.money.exchange)
            if one is not None:
                marginal = compiled(one, folder)
                found += [marginal.low * scale, marginal.high * scale]
        except (UnitError, ValueError):
            continue
    return found


def emitted_ends(experiment: Experiment, route: str, region: str, folder: Path) -> list[float]:
    """Ends of what a plant emits itself without capture, t/t, as `ends_of`."""
    made = route_of(experiment.catalog, route)
    if made.emission_intensity:
        return ends_of(experiment, made.emission_intensity, region, "t/t", folder)
    found = [
        ends_of(experiment, one, region, "t/t", folder) for one in made.emission_parts.values()
    ]
    if not found or not all(found):
        return []
    return [float(total([end(one) for one in found])) for end in (min, max)]


def _default_values(experiment: Experiment) -> Iterator[Finding]:
    """Default values that are declared, but that a region does not have."""
    rules = experiment.cbam
    if rules.declared == "actual":
        return
    for name, sector in product(experiment.regions, experiment.sectors):
        met = sector_regions(experiment, sector)
        if name not in met or not crosses_border(experiment, name):
            continue
        if default_value(experiment, name, sector) is None:
            said = border_rule(experiment, sector, "good")
            good = "" if said == "default" else f" of {said}"
            yield Finding(
                ("catalog", "sectors", sector, "regions", name, "default_intensity"),
                f"no default value{good} for {name}",
                f"t CO2e/t of what cbam.declared: {rules.declared} declares",
                f"add {said}: ... there, or declare actual",
                also=(("cbam", "good"), ("cbam", "declared")),
            )  # fmt: skip


def _swapped(experiment: Experiment) -> Iterator[Finding]:
    """Tonnes that are swapped at the border for clean ones of which nothing is said."""
    if experiment.cbam.resource_shuffling == 0:
        return
    for sector in experiment.sectors:
        if border_rule(experiment, sector, "clean_intensity") is None:
            yield Finding(
                ("cbam", "resource_shuffling"), f"no clean_intensity of {sector}",
                "t CO2e/t of the clean tonnes that are sold in place of others",
                "add cbam.clean_intensity: <t/t>", also=(("sectors",),),
            )  # fmt: skip


def correlation_findings(
    experiment: Experiment, scenarios: Mapping[str, Experiment]
) -> Iterator[Finding]:
    """Find correlated factors that have no draws of their own.

    The scenarios are those of the config, whose hosts are in order.
    """
    known = [(one["between"], one["rank"]) for one in shipped.base()["correlations"]["factors"]]
    for position, pair in enumerate(experiment.correlations.factors):
        if (pair.between, pair.rank) in known:
            continue  # the user did not write it
        for name in pair.between:
            route, _, key = name.partition(".")
            instead = next(
                (found for one in scenarios.values()
                 if (found := _drawn_instead(one, route, key)) is not None), None,
            )  # fmt: skip
            if instead is not None:
                yield Finding(
                    ("correlations", "factors", position, "between"),
                    f"{name!r}, which follows the draws of {instead}",
                    "factors with draws of their own",
                    f"name {instead}, or remove it from the shares of {route}",
                )  # fmt: skip


def _drawn_instead(experiment: Experiment, route: str, key: str) -> str | None:
    """The factor whose draws decide, where a factor of a route has none of its own."""
    catalog = experiment.catalog
    if route not in catalog.routes or not key:
        return None
    for end in (*(f".{region}" for region in (*catalog.regions, "default")), ""):
        bare = key.removesuffix(end) if end else key
        if (end and bare == key) or not _is_stated(quantity_at(catalog, route, bare)):
            continue
        owner = owner_of(catalog, route, bare)
        twin = followed(catalog, route, bare)
        if twin is not None:
            return f"{twin[0]}.{bare}"
        return f"{owner}.{key}" if owner != route else None
    return None
