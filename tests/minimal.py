"""The smallest complete config: one region, one market, two routes, two commodities, no doubt.

Every field is written out, every number is certain and round, so that a test changes one thing
and the answer can be worked out on paper.
"""

from __future__ import annotations

import copy
from typing import Any

from reference_paths import merge


def constant_path(unit: str, value: float, **changes: Any) -> dict[str, Any]:
    """A complete price path that stays at one value."""
    path = {
        "title": "a price",
        "unit": unit,
        "price_year": 2025,
        "nominal": False,
        "spot": {"year": 2025, "value": value},
        "carry": 0.0,
        "anchors": {},
        "after": "hold",
        "centre": "median",
        "process": {"kind": "fixed"},
        "emission_intensity": {2025: 0.0},
        "source": "test",
        "at": "test",
        "status": "assumed",
        "note": "",
    }
    return merge(path, changes)


def region(currency: str, market: str | None, **changes: Any) -> dict[str, Any]:
    """A complete region that charges nothing special."""
    entry = {
        "title": "a region",
        "currency": currency,
        "market": market,
        "wacc": 0.07,
        "capex_factor": 1.0,
        "coverage": 1.0,
        "free_allocation": 0.0,
        "cscf": 1.0,
        "benchmarks": {"default": 0.0},
        "recognised": 1.0,
        "border": 0.0,
        "credit_price": 0.0,
        "default_intensity": 2.0,
        "average_intensity": 2.0,
        "reference": {"steel": "bf_bof"},
    }
    return merge(entry, changes)


def route(**changes: Any) -> dict[str, Any]:
    """A complete route that costs nothing and emits nothing."""
    entry = {
        "title": "a route",
        "sector": "steel",
        "capex": 0.0,
        "learning": None,
        "interest_during_construction": 1.0,
        "first_of_a_kind": 1.0,
        "lifetime": 20,
        "utilisation": 1.0,
        "risk_premium": 0.0,
        "fixed_opex": 0.0,
        "other_opex": 0.0,
        "inputs": {},
        "byproducts": {},
        "emission_intensity": 0.0,
        "precursor_intensity": 0.0,
        "cbam_benchmark": 0.0,
        "precursor_benchmark": 0.0,
        "support": 0.0,
        "available_from": None,
    }
    return merge(entry, changes)


MINIMAL: dict[str, Any] = {
    "name": "minimal",
    "title": "The smallest complete config",
    "seed": 1,
    "draws": 512,
    "years": {"first": 2026, "last": 2028},
    "currency": "EUR",
    "money": {"base_year": 2025, "inflation": 0.02, "exchange": {"USD": 1.25}, "deflator": {}},
    "sector": "steel",
    "regions": ["EU"],
    "destinations": ["domestic", "eu"],
    "routes": ["bf_bof", "h2_dri_eaf"],
    "outcomes": ["cost_premium", "carbon_value"],
    "keep": ["cost_premium"],
    "boundary": "scope1",
    "cbam": {
        "market": "eu_ets",
        "coverage": 1.0,
        "free_allocation": 0.0,
        "cscf": 1.0,
        "mark_up": 0.1,
        "declared": "actual",
        "method": "own",
        "resource_shuffling": 0.0,
        "clean_intensity": 0.4,
    },
    "value": {
        "mode": "netted",
        "buyer": "general",
        "double_claiming": "forbid",
        "credit_limit": None,
    },
    "plant": {"start": 2026, "lifetime": 20, "output": 1.0, "valued_in": 2025, "beyond": "hold"},
    "exposures": {},
    "factors": {},
    "correlations": {"factors": [], "shocks": [], "repair": False},
    "independent_scenarios": False,
    "scenarios": {"law": {}},
    "memory": 1000,
    "dtype": "float32",
    "catalog": {
        "markets": {"eu_ets": constant_path("EUR/t", 80.0)},
        "prices": {
            "electricity": {"default": constant_path("EUR/MWh", 60.0)},
            "iron_ore": {"default": constant_path("EUR/t", 100.0)},
        },
        "policies": {},
        "regions": {"EU": region("EUR", "eu_ets")},
        "routes": {
            "bf_bof": route(
                capex=800.0,
                fixed_opex=20.0,
                other_opex=150.0,
                inputs={"iron_ore": 1.5},
                byproducts={"electricity": 0.1},
                emission_intensity=2.0,
            ),
            "h2_dri_eaf": route(
                capex=1000.0,
                fixed_opex=30.0,
                other_opex=100.0,
                inputs={"iron_ore": 1.5, "electricity": 3.48},
                emission_intensity=0.1,
            ),
        },
        "technologies": {},
        "buyers": {"general": {"title": "any buyer", "indirect_factor": 1.0}},
    },
}


def minimal_config(**changes: Any) -> dict[str, Any]:
    """A fresh copy of the smallest config with `changes` laid over it, key by key."""
    return copy.deepcopy(merge(MINIMAL, changes))


def outside_config(**changes: Any) -> dict[str, Any]:
    """The smallest config seen from outside the EU: region IN with its own market."""
    outside = {
        "regions": ["IN"],
        "catalog": {
            "markets": {"in_ccts": constant_path("EUR/t", 0.0001)},
            "regions": {"IN": region("INR", "in_ccts", coverage=0.0)},
        },
    }
    return copy.deepcopy(merge(merge(MINIMAL, outside), changes))
