"""A packaged plant that instruments pay, run with few draws."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from reference_paths import merge

import simcore
from simcore.plan import build
from simcore.running import engine

START, LIFE, OUTPUT, LAST = 2030, 14, 1.5, 2046
YEARS = range(START, START + LIFE)
KEPT = [
    "avoided_emissions", "carbon_cost", "carbon_price", "project_gap", "project_cost",
    "project_support", "project_margin", "project_npv", "project_annuity", "break_even_strike",
    "break_even_grant", "break_even_premium", "instrument_strike", "instrument_reference",
    "instrument_payment", "instrument_repays", "instrument_npv", "instrument_total",
    "instrument_repaid", "claw_back", "cap_binds", "instrument_exhausted", "instrument_ended",
    "public_cost_per_tco2",
]  # fmt: skip
TWO_WAY: dict[str, Any] = {"kind": "ccfd", "strike": 250.0}
SOLD = {"sold": 0.3, "willing": {"kind": "uniform", "low": -20, "high": 100}}
PROJECT: dict[str, Any] = {
    "region": "EU", "route": "h2_dri_eaf", "start": START, "lifetime": LIFE, "output": OUTPUT,
    "rate": 0.07,
}  # fmt: skip


def config(instruments: dict[str, Any], projects: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A packaged plant; each project states what differs."""
    found = {
        "name": "instruments", "draws": 512, "years": {"first": 2028, "last": LAST},
        "regions": ["EU"], "destinations": ["domestic"], "routes": ["h2_dri_eaf"],
        "outcomes": KEPT, "keep": KEPT, "dtype": "float64", "scenarios": {"law": "law"},
        "catalog": {"instruments": instruments},
        "projects": {name: merge(copy.deepcopy(PROJECT), one) for name, one in projects.items()},
    }  # fmt: skip
    return merge(found, changes)


def run(given: dict[str, Any]) -> Any:
    return engine.run(build(simcore.load(given))).isel(scenario=0)


def by_clause(clauses: dict[str, dict[str, Any]]) -> Any:
    """A run with a project for each instrument, of its name."""
    instruments = {name: TWO_WAY | one for name, one in clauses.items()}
    return run(config(instruments, {f"{name}_plant": {"instruments": [name]} for name in clauses}))


def of(found: Any, outcome: str, project: str, instrument: str = "") -> np.ndarray:
    """Draws of an outcome, by year of life where it has years."""
    array = found[outcome].sel(project=project)
    array = array.sel(instrument=instrument) if instrument else array
    if "year" in array.dims:
        return np.asarray(array.sel(year=list(YEARS)).transpose("year", "draw"))
    return np.asarray(array)
