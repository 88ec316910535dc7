"""Random sectors for random configs: what each meets in a region and at the border of the EU, and
the routes that a scenario changes the rules of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from random_configs import policy_value, quantity, steps


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
def border(draw: Any, shares_: list[str], marks: list[str]) -> dict[str, Any]:
    """Rules of the border that the config states for all sectors, or a sector for itself."""
    return {
        "coverage": draw(policy_value(0, 1, shares_)),
        "indirect": draw(policy_value(0, 1, shares_)),
        "mark_up": draw(policy_value(0, 0.3, shares_)),
        "good": draw(st.sampled_from(["default", "plate", "slab"])),
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
                "default_intensity"]  # fmt: skip
        changes = {key: here[key] for key in draw(st.lists(st.sampled_from(keys), unique=True))}
        if name in free and draw(st.booleans()):
            changes["reference"] = draw(st.sampled_from(routes))
        if changes:
            one["regions"] = {draw(st.sampled_from(regions)): changes}
        found[name] = one
    return found
