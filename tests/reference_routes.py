"""Routes and the rules that they meet, in plain Python: what a config says of each, per tonne of product."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from reference_paths import (
    Case,
    lineage,
    quantity,
    regional,
    remembered,
)
from reference_units import is_energy


@remembered
def price_entry(case: Case, commodity: str, region: str) -> tuple[str, Mapping[str, Any]]:
    """Name and entry of a commodity in a region: its own, that of its like, else the default."""
    entries = case.catalog["prices"][commodity]
    key = next(one for one in lineage(case, region) if one in entries)
    return f"{commodity}.{key}", entries[key]


def is_electrolysis(entry: Mapping[str, Any]) -> bool:
    return entry.get("kind") == "electrolysis"


def is_generation(entry: Mapping[str, Any]) -> bool:
    return entry.get("kind") == "generation"


def is_reforming(entry: Mapping[str, Any]) -> bool:
    """Whether hydrogen is made of gas."""
    return entry.get("kind") == "reforming"


def is_made(entry: Mapping[str, Any]) -> bool:
    """Whether a price is that of what a route makes elsewhere."""
    return entry.get("kind") == "made"


def electricity_demand(case: Case, name: str, entry: Mapping[str, Any]) -> float:
    """kWh per kg of hydrogen."""
    return quantity(case, entry["electricity_demand"], name + ".electricity_demand", "kWh/kg")


def unit_of(commodity: str, unit: str) -> str:
    """The model's own unit of a commodity."""
    if is_energy(unit):
        return "MWh"
    return "kg" if commodity == "hydrogen" else "t"


@remembered
def wacc(case: Case, region: str) -> float:
    return quantity(case, case.catalog["regions"][region]["wacc"], region + ".wacc")


@remembered
def sector_of(case: Case, route: str) -> str:
    """What a route makes."""
    return str(case.catalog["routes"][route]["sector"])


def reference_route(case: Case, region: str, route: str) -> str:
    """What a route is compared with: the conventional way to make the same."""
    return reference_in(case, region, sector_of(case, route))


def sectors_of(case: Case) -> list[str]:
    """What the run is of; `sector` is a single one."""
    return list(case.config.get("sectors") or [case.config["sector"]])


def reference_in(case: Case, region: str, sector: str) -> str:
    # Of an origin without rules there is none.
    reference = rules_of_sector(case, region, sector).get("reference", "")
    return reference if isinstance(reference, str) else reference[sector]


def rules_in(case: Case, region: str, route: str) -> Mapping[str, Any]:
    """What a route meets in a region: what its sector does."""
    return rules_of_sector(case, region, sector_of(case, route))


@remembered
def rules_of_sector(case: Case, region: str, sector: str) -> Mapping[str, Any]:
    """What a sector meets in a region; a config may also write it in the region itself."""
    record = case.catalog.get("sectors", {}).get(sector, {})
    usual: dict[str, Any] = {"border": 0.0, "removals": 0.0}
    if case.catalog["regions"][region].get("market") is None:
        # Without a market all that is emitted costs what the region says.
        usual |= {"coverage": 1.0, "free_allocation": 0.0, "cscf": 1.0, "benchmarks": {}}
    return {**usual, **case.catalog["regions"][region], **record.get("regions", {}).get(region, {})}


@remembered
def stated_by(case: Case, region: str, sector: str, field: str) -> str:
    """The farthest region that a region is like and that says the same of a field: both draw it."""
    said = (rules_of_sector(case, region, sector) or {}).get(field)
    names = [one for one in lineage(case, region) if one != "default"]
    return [
        one for one in names
        if one == region or (rules_of_sector(case, one, sector) or {}).get(field) == said
    ][-1]  # fmt: skip


def border_rule(case: Case, sector: str, key: str) -> Any:
    """A rule of the border of the EU: what the config says, else the sector, else the usual."""
    said = case.config["cbam"].get(key)
    if said is None:
        said = (case.catalog.get("sectors", {}).get(sector, {}).get("cbam") or {}).get(key)
    usual = {"coverage": 1.0, "indirect": 0.0, "mark_up": 0.0, "good": "default"}
    return usual.get(key) if said is None else said


def host(case: Case, route: str) -> str | None:
    """The route on whose plant a retrofit stands."""
    return case.catalog["routes"][route].get("host")


@remembered
def stated_at(case: Case, route: str, *keys: str) -> tuple[str, tuple[str, ...]]:
    """Which route states something, and under what name: the route itself, or else its host. What
    is bought instead of an input of the host has that one's name there."""
    found: Any = case.catalog["routes"][route]
    for key in keys:
        if key not in found:
            swapped = {own: old for old, own in instead_of(case, route).items()}
            below = (keys[0], swapped.get(keys[1], keys[1])) if keys[0] == "inputs" else keys
            return (host(case, route) or route), below
        found = found[key]
    return route, keys


def instead_of(case: Case, route: str) -> Mapping[str, str]:
    """Inputs of the host -> what is bought in their place."""
    return case.catalog["routes"][route].get("buys_instead") or {}


def says(case: Case, route: str, *keys: str) -> str:
    """Which route states something: the route itself, or else its host."""
    return stated_at(case, route, *keys)[0]


def stated(case: Case, route: str, *keys: str) -> Any:
    """What a route states, or its host; None where neither says anything."""
    owner, below = stated_at(case, route, *keys)
    found: Any = case.catalog["routes"][owner]
    for key in below:
        found = (found or {}).get(key)
    return found


def entry_of(case: Case, q: Any, label: str, region: str) -> tuple[Any, str]:
    """What a table by region holds for a region, and the name of its draw."""
    if isinstance(q, Mapping) and not {"kind", "value", "years"} & set(q):
        place = next(one for one in lineage(case, region) if one in q)
        q, label = q[place], label if place == "default" else f"{label}.{place}"
    return q, label


def draw_of(case: Case, route: str, region: str, *keys: str) -> str:
    """Name of the draw that decides a quantity: its own, or of the route that it follows."""
    owner, below = stated_at(case, route, *keys)
    for other, names in (case.catalog["routes"][owner].get("shares") or {}).items():
        if ".".join(below) in names:
            return draw_of(case, other, region, *below)
    q, label = entry_of(case, stated(case, owner, *below), ".".join((owner, *below)), region)
    if isinstance(q, Mapping):
        return str(q["name"] if q.get("kind") == "factor" else q.get("factor") or label)
    return label


@remembered
def number(case: Case, route: str, region: str, *keys: str, year: int, target: str = "1") -> float:
    """A quantity of a route in a region and year."""
    q, _ = entry_of(case, stated(case, route, *keys), "", region)
    return regional(case, q, draw_of(case, route, region, *keys), region, target, year)


def field(case: Case, route: str, name: str, region: str, year: int, target: str = "1") -> float:
    """A number of a route in a region and year."""
    return number(case, route, region, name, year=year, target=target)


@remembered
def traded(case: Case, route: str, side: str) -> list[str]:
    """Commodities that a route buys or sells."""
    way = case.catalog["routes"][route]
    below = case.catalog["routes"][host(case, route)] if host(case, route) else {}
    instead = instead_of(case, route) if side == "inputs" else {}
    names = [*(instead.get(name, name) for name in below.get(side) or {}), *(way.get(side) or {})]
    capture = way.get("capture")
    if capture and side == "inputs":
        names += [*capture["inputs"], capture["storage"]]
    return list(dict.fromkeys(names))


def inside(case: Case, route: str) -> str | None:
    """The route whose product a tonne holds; None where it is made from nothing else."""
    return stated(case, route, "made_from", "route") if stated(case, route, "made_from") else None


@remembered
def held(case: Case, route: str, region: str, year: int) -> float:
    """Tonnes of it in a tonne."""
    return number(case, route, region, "made_from", "amount", year=year, target="t/t")


def with_inside(
    case: Case, route: str, region: str, year: int, own: float,
    of: Callable[[Case, str, str, int], float],
) -> float:  # fmt: skip
    """What a route has itself, and what comes with the tonnes inside."""
    other = inside(case, route)
    if other is None:
        return own
    return own + held(case, route, region, year) * of(case, other, region, year)


@remembered
def amounts(case: Case, route: str, side: str, region: str, year: int) -> dict[str, float]:
    """Inputs or byproducts per tonne, those of what is inside included: t, MWh or kg of hydrogen."""
    result, other = dict(own_amounts(case, route, side, region, year)), inside(case, route)
    if other is not None:
        share = held(case, route, region, year)
        for commodity, amount in amounts(case, other, side, region, year).items():
            result[commodity] = result.get(commodity, 0.0) + share * amount
    return result


@remembered
def own_amounts(case: Case, route: str, side: str, region: str, year: int) -> dict[str, float]:
    """Inputs or byproducts per tonne: t, MWh or kg of hydrogen."""
    result = {}
    capture = case.catalog["routes"][route].get("capture")
    for commodity in traded(case, route, side):
        unit = unit_in(case, commodity, region)
        amount = 0.0
        if stated(case, route, side, commodity) is not None:
            amount = number(case, route, region, side, commodity, year=year, target=f"{unit}/t")
        if capture and side == "inputs":
            taken = captured(case, route, region, year)
            if commodity in capture["inputs"]:
                amount += taken * per_captured(case, route, region, commodity, year)
            if commodity == capture["storage"]:
                amount += taken
        result[commodity] = amount
    return result


def unit_in(case: Case, commodity: str, region: str) -> str:
    _, entry = price_entry(case, commodity, region)
    return unit_of(commodity, entry["unit"])


@remembered
def is_available(case: Case, route: str, year: int) -> bool:
    """Whether there is the route, what its tonnes hold, and whoever makes its inputs elsewhere."""
    first, other = stated(case, route, "available_from"), inside(case, route)
    if first is not None and year < first:
        return False
    if other is not None and not is_available(case, other, year):
        return False
    makers = {
        entry["route"]
        for commodity in [*traded(case, route, "inputs"), *traded(case, route, "byproducts")]
        for entry in case.catalog["prices"][commodity].values()
        if is_made(entry)
    }  # fmt: skip
    return all(is_available(case, one, year) for one in makers)


def per_captured(case: Case, route: str, region: str, commodity: str, year: int) -> float:
    """What capturing a tonne takes of a commodity."""
    target = unit_in(case, commodity, region) + "/t"
    return number(case, route, region, "capture", "inputs", commodity, year=year, target=target)


def emitted_per_captured(case: Case, route: str, region: str, year: int) -> float:
    """What capturing a tonne emits itself, t/t."""
    total = 0.0
    for commodity in case.catalog["routes"][route]["capture"].get("emission_factors") or {}:
        target = "t/" + unit_in(case, commodity, region)
        burnt = number(
            case, route, region, "capture", "emission_factors", commodity, year=year, target=target
        )
        total += burnt * per_captured(case, route, region, commodity, year)
    return total


def emission_parts(case: Case, route: str) -> list[str]:
    """Names of the parts that a plant's emissions are the sum of; none where it states the whole."""
    for way in (route, host(case, route)):
        record = case.catalog["routes"].get(way, {})
        if record.get("emission_intensity") not in (None, {}):
            return []
        if record.get("emission_parts"):
            return list(record["emission_parts"])
    raise ValueError(f"{route} states no emissions")


def unabated(case: Case, route: str, region: str, year: int, only: Iterable[str] = ()) -> float:
    """Emissions of a plant before any capture, t/t: the whole, or the sum of its parts; of some
    parts alone where `only` names them."""
    parts = emission_parts(case, route)
    if not parts:
        return field(case, route, "emission_intensity", region, year, "t/t")
    return math.fsum(
        number(case, route, region, "emission_parts", part, year=year, target="t/t")
        for part in parts if part in (list(only) or parts)
    )  # fmt: skip


def biogenic(case: Case, route: str, region: str, year: int) -> float:
    """CO2 of biomass of a plant, t/t."""
    if stated(case, route, "biogenic_intensity") is None:
        return 0.0
    return field(case, route, "biogenic_intensity", region, year, "t/t")


def capture_rate(case: Case, route: str, region: str, year: int) -> float:
    return number(case, route, region, "capture", "rate", year=year)


def stored_biomass(case: Case, route: str, region: str, year: int) -> float:
    """CO2 of biomass that a capture stores, t/t: the share of what there is."""
    if not case.catalog["routes"][route].get("capture"):
        return 0.0
    return capture_rate(case, route, region, year) * biogenic(case, route, region, year)


@remembered
def captured(case: Case, route: str, region: str, year: int) -> float:
    """The share of all that it reaches, biomass and its own emissions included; found by going
    round."""
    reached = unabated(
        case, route, region, year, case.catalog["routes"][route]["capture"].get("parts") or ()
    )
    reached += biogenic(case, route, region, year)
    rate = capture_rate(case, route, region, year)
    own = emitted_per_captured(case, route, region, year)
    taken, before = rate * reached, -1.0
    while abs(taken - before) > 1e-15 * (1 + taken):
        taken, before = rate * (reached + own * taken), taken
    return taken


def annuity_rate(w: float, n: float) -> float:
    """CRF(w, n)."""
    if abs(w) < 1e-12:
        return 1 / n
    return w / -math.expm1(-n * math.log1p(w))


@remembered
def capex_factor(case: Case, region: str) -> float:
    return quantity(case, case.catalog["regions"][region]["capex_factor"], region + ".capex_factor")
