"""A small complete config to hang one thing on: any markets, two routes, one region."""

from __future__ import annotations

from typing import Any

from minimal import region, route


def market(process: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A carbon market at 80 EUR/t in 2025."""
    path = {"title": "a market", "unit": "EUR/t", "spot": {"year": 2025, "value": 80.0}}
    return path | {"process": process} | changes


def commodity(price: float) -> dict[str, Any]:
    """A commodity whose price is known."""
    return {"default": {
        "title": "a commodity", "unit": "EUR/t", "process": {"kind": "scenario"},
        "path": {2026: price},
    }}  # fmt: skip


def small_config(
    *, markets: dict[str, Any] | None = None, routes: dict[str, Any] | None = None,
    prices: dict[str, Any] | None = None, **changes: Any,
) -> dict[str, Any]:  # fmt: skip
    """Region AA, its market `home_ets`, route `new` beside the reference `old`.

    Every further market is part of the run through an exposure to it.
    """
    given = {"home_ets": market({"kind": "fixed"})} | (markets or {})
    catalog = {
        "markets": given,
        "prices": prices or {},
        "regions": {
            "AA": region("EUR", "home_ets", benchmarks={"default": 0.0})
            | {"reference": {"steel": "old"}},
        },
        "routes": {"old": route(emission_intensity=2.0), "new": route()} | (routes or {}),
        "buyers": {"any": {"indirect_factor": 1.0}},
    }
    for entry in catalog["routes"].values():
        entry.pop("learning", None)
        entry.pop("available_from", None)
    first, last = changes.get("years", {"first": 2026, "last": 2026}).values()
    return {
        "name": "small", "seed": 11, "draws": 1000, "years": {"first": first, "last": last},
        "regions": ["AA"], "destinations": ["domestic"], "routes": ["old", "new"],
        "outcomes": ["carbon_price", "exposure_cost", "cost_premium"], "keep": [],
        "exposures": {
            name: {"market": name, "shortfall": 1.0, "first": first, "last": last}
            for name in given
        },
        "cbam": {
            "market": "home_ets", "coverage": 1.0, "free_allocation": 0.0, "cscf": 1.0,
            "mark_up": 0.0,
        },
        "value": {"buyer": "any"}, "correlations": {"factors": [], "shocks": []},
        "scenarios": {"law": {}}, "dtype": "float64", "catalog": catalog,
    } | changes  # fmt: skip
