"""Random sectors for random configs: what each meets in a region and at the border of the EU, and
the routes that a scenario changes the rules of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from random_configs import by_region, by_year, policy_value, quantity, steps


@st.composite
def imports(draw: Any, name: str, regions: list[str], shares_: list[str]) -> Any:
    """What bringing tonnes into a region costs, by origin."""
    places = [one for one in (*regions, "default") if one != name]
    return {
        place: {
            "freight": draw(quantity(5, 80, "EUR/t", form="positive")),
            "duty": draw(policy_value(0, 1, shares_)),
            "out_of_quota": draw(quantity(0.0, 1.0)),
        }
        for place in draw(st.lists(st.sampled_from(places), unique=True))
    }


@st.composite
def rules(
    draw: Any,
    name: str,
    regions: list[str],
    shares_: list[str],
    marks: list[str],
    routes: list[str],
) -> Any:
    """What a sector, the first of whose routes is the conventional one, meets in a region."""
    named = draw(st.lists(st.sampled_from(routes), unique=True))
    return {
        "coverage": draw(policy_value(0, 1, shares_)),
        "free_allocation": draw(policy_value(0, 1, shares_)),
        "cscf": draw(policy_value(0.8, 1, shares_)),
        "benchmarks": {
            name: draw(policy_value(0, 1.5, marks)) for name in ("default", *sorted(named))
        },
        "border": draw(policy_value(0, 1, shares_)),
        **draw(st.fixed_dictionaries({}, optional={"removals": steps(0, 1)})),
        **draw(power_rules(shares_)),
        **({"compensation": draw(compensation(shares_, routes))} if draw(st.booleans()) else {}),
        "default_intensity": draw(st.sampled_from([2.5, {"plate": 3.1, "default": 2.2}, {"slab": 1.5, "default": 2}])),
        "average_intensity": draw(steps(0.5, 3)),
        "reference": routes[0], "imports": draw(imports(name, regions, shares_)),
        "product_price": {
            "margin": draw(quantity(-20, 50, "EUR/t")),
            "carbon": draw(st.sampled_from(["average", "marginal"])),
            "theta_border": draw(quantity(0.5, 1.0)), "theta_open": draw(quantity(0.0, 0.6)),
        },
    }  # fmt: skip


@st.composite
def power_rules(draw: Any, shares_: list[str]) -> dict[str, Any]:
    """What a market asks and gives for power, made on site and bought."""
    allowance = quantity(0.0, 0.8, "t/MWh") | by_year(quantity(0.0, 0.8, "t/MWh"))
    found = {
        "captive_coverage": draw(policy_value(0, 1, shares_)),
        "captive_allowance": draw(allowance),
        "power_coverage": draw(policy_value(0, 1, shares_)),
        "power_allowance": draw(allowance),
    }
    kept = draw(st.lists(st.sampled_from(sorted(found)), unique=True))
    return {name: found[name] for name in kept}


@st.composite
def scrap_rules(draw: Any, shares_: list[str]) -> dict[str, Any]:
    """What moves the price of scrap in a region."""
    found = {
        "owners_share": draw(quantity(0.0, 1.0)), "export_duty": draw(policy_value(0, 0.5, shares_)),
        "incidence": draw(quantity(0.0, 1.0)), "pre_consumer_share": draw(quantity(0.0, 1.0)),
        "metal_intensity": draw(steps(0.5, 2)),
    }  # fmt: skip
    kept = draw(st.lists(st.sampled_from(sorted(found)), unique=True))
    return {name: found[name] for name in kept}


@st.composite
def compensation(draw: Any, shares_: list[str], routes: list[str]) -> dict[str, Any]:
    """What is paid back of the carbon cost inside the price of power."""
    factor = quantity(0.2, 0.9, "t/MWh")
    limited = draw(st.lists(st.sampled_from([*routes, "default"]), unique=True))
    return {
        "share": draw(policy_value(0, 1, shares_)), "factor": draw(factor | by_year(factor)),
        "power": draw(st.sampled_from([["power"], ["mix", "power"], ["captive", "power"]])),
        **({"benchmark": {one: draw(steps(0.5, 3)) for one in limited}} if limited else {}),
        **({"efficiency": draw(steps(0.5, 1))} if draw(st.booleans()) else {}),
    }  # fmt: skip


@st.composite
def generation(draw: Any) -> dict[str, Any]:
    """Power made on site of a fuel."""
    return {
        "kind": "generation", "fuel": "fuel", "heat_rate": draw(quantity(8.0, 12.0, "GJ/MWh")),
        "emission_factor": draw(quantity(0.0, 1.0, "t/MWh")),
        **draw(st.sampled_from([{}, {"grid": "power"}, {"grid": "mix"}])),
        **({"other_cost": draw(quantity(0, 20, "MWh"))} if draw(st.booleans()) else {}),
    }  # fmt: skip


@st.composite
def reforming(draw: Any) -> dict[str, Any]:
    """Hydrogen made of gas."""
    found = {
        "kind": "reforming", "gas": "fuel", "efficiency": draw(quantity(0.6, 0.8)),
        "upstream": draw(quantity(0.0, 0.05, "t/MWh")),
        "capex": draw(quantity(500, 2000, "EUR/kW", form="positive")),
        "fixed_opex": draw(quantity(0.01, 0.04)),
        "full_load_hours": draw(quantity(3000, 8000, "h/yr")),
        "lifetime": draw(st.sampled_from([15, 20])),
    }  # fmt: skip
    more = {
        "capture": quantity(0.2, 0.9), "storage": st.just("storage"),
        "emission_factor": quantity(0.15, 0.25, "t/MWh"),
        "risk_premium": quantity(0.0, 0.03, form="any"),
        "other_cost": quantity(0.0, 0.5, "kg"), "carbon": quantity(0.0, 1.0),
    }  # fmt: skip
    kept = draw(st.lists(st.sampled_from(sorted(more)), unique=True))
    if "capture" in kept and "storage" not in kept:
        kept.append("storage")
    return found | {name: draw(more[name]) for name in sorted(kept)}


@st.composite
def hydrogen_law(draw: Any, shares_: list[str]) -> dict[str, Any]:
    """Limits and dates by which hydrogen is classed; a law of each date holds or does not."""
    dates = {name: draw(st.sampled_from([0.0, 1.0])) for name in ("additionality", "hourly")}
    return dates | {
        "limit": draw(steps(0.5, 12)), "nuclear": draw(policy_value(0, 1, shares_)),
    }  # fmt: skip


@st.composite
def origin(draw: Any, market: str | None) -> dict[str, Any]:
    """A region where something is made for others, with a market or without."""
    found = {
        "title": "an origin", "currency": "EUR", "wacc": draw(quantity(0.02, 0.15)),
        "capex_factor": draw(quantity(0.7, 1.2, form="positive")),
        "recognised": draw(steps(0, 1)), "default_power_factor": draw(steps(0.1, 1)),
    }  # fmt: skip
    if market is not None:
        return found | {"market": market}
    price = quantity(0, 60, "EUR/t")
    return found | ({"carbon_price": draw(price | by_year(price))} if draw(st.booleans()) else {})


@st.composite
def made(draw: Any, route: str, regions: list[str]) -> dict[str, Any]:
    """What a route makes at the origin, carried to regions."""
    freight = quantity(5, 80, "EUR/t", form="positive")
    return {
        "kind": "made", "route": route, "region": "CC", "freight": draw(by_region(regions, freight)),
        **({"margin": draw(quantity(0.0, 0.3))} if draw(st.booleans()) else {}),
    }  # fmt: skip


@st.composite
def blended(draw: Any, route: dict[str, Any], other: str, regions: list[str]) -> dict[str, Any]:
    """A route whose tonne holds some of another's product."""
    amount = by_region(regions, quantity(0.2, 1.1, "t/t", form="positive"))
    return {**route, "made_from": {"route": other, "amount": draw(amount)}}


@st.composite
def border(draw: Any, shares_: list[str], marks: list[str]) -> dict[str, Any]:
    """Rules of the border that the config states for all sectors, or a sector for itself."""
    return {
        "coverage": draw(policy_value(0, 1, shares_)),
        "indirect": draw(policy_value(0, 1, shares_)),
        "mark_up": draw(policy_value(0, 0.3, shares_)),
        "good": draw(st.sampled_from(["default", "plate", "slab"])),
        "pre_consumer_scrap": draw(policy_value(0, 1, shares_)),
        "default_benchmark": draw(st.one_of(st.none(), policy_value(0, 1.5, marks))),
    }


@st.composite
def sectors(
    draw: Any, made: Mapping[str, list[str]], regions: list[str], shares_: list[str],
    marks: list[str],
) -> dict[str, Any]:  # fmt: skip
    """Records of sectors by name, with their routes, of which the first is the conventional one."""
    found = {}
    for name, routes in made.items():
        said = draw(border(shares_, marks))
        kept = draw(st.lists(st.sampled_from(sorted(said)), unique=True))
        found[name] = {
            "product": draw(st.sampled_from(["", f"a {name}"])), "routes": routes,
            "cbam": {key: said[key] for key in kept if said[key] is not None},
            "regions": {
                region: draw(rules(region, regions, shares_, marks, routes)) for region in regions
            },
        }  # fmt: skip
    return found


@st.composite
def changed(
    draw: Any, records: Mapping[str, Any], regions: list[str], shares_: list[str], marks: list[str],
    *, free: list[str],
) -> dict[str, Any]:  # fmt: skip
    """What a scenario changes of some sectors; `free` are those whose reference may be another."""
    found: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(sorted(records)), unique=True)):
        routes = records[name]["routes"]
        said = draw(border(shares_, marks))
        kept = draw(st.lists(st.sampled_from(sorted(said)), unique=True))
        one: dict[str, Any] = {"cbam": {key: said[key] for key in kept if said[key] is not None}}
        here = draw(rules("", regions, shares_, marks, routes))
        keys = ["coverage", "free_allocation", "cscf", "benchmarks", "border", "average_intensity",
                "default_intensity", "removals"]  # fmt: skip
        kept = draw(st.lists(st.sampled_from(keys), unique=True))
        changes = {key: here[key] for key in kept if key in here}
        if name in free and draw(st.booleans()):
            changes["reference"] = draw(st.sampled_from(routes))
        if changes:
            one["regions"] = {draw(st.sampled_from(regions)): changes}
        found[name] = one
    return found
