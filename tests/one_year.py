"""A run of the base in one year, to hang one thing on: what is said of it is found at once."""

from __future__ import annotations

from typing import Any

CONFIG: dict[str, Any] = {
    "name": "small", "draws": 256, "years": {"first": 2030, "last": 2030},
    "plant": {"start": 2030, "lifetime": 1},
    "regions": ["EU"], "routes": ["bf_bof", "h2_dri_eaf"], "destinations": ["domestic"],
    "outcomes": ["carbon_price", "levelised_cost", "cost_premium", "npv_carbon_value"], "keep": [],
    "scenarios": {"law": "law"},
}  # fmt: skip
