"""A small run of invented numbers with the layout of a real one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from simcore.dataset import Layout, Store, statistics_of
from simcore.variables import OUTCOMES, QUANTILES

SCENARIOS = ("law", "reform_2026")
REGIONS = ("EU", "KR")
ROUTES = ("bf_bof", "h2_dri_eaf", "scrap_eaf")
YEARS = (2026, 2027, 2028, 2029, 2030, 2040)
OUTCOME_NAMES = (
    "carbon_price", "cost_premium", "cost_premium_ex_carbon", "carbon_value", "viability",
    "green_is_cheaper", "crossover_year", "cheapest_route", "waterfall", "commodity_price",
)  # fmt: skip
KEPT = ("carbon_price", "cost_premium", "crossover_year", "cheapest_route", "inputs")


def layout(
    *,
    draws: int = 60,
    outcomes: Sequence[str] = OUTCOME_NAMES,
    kept: Sequence[str] = KEPT,
    stretch: int | None = 65_536,
) -> Layout:
    """Layout of the synthetic run."""
    return Layout(
        coords={
            "scenario": SCENARIOS,
            "region": REGIONS,
            "destination": ("domestic", "eu"),
            "sector": ("steel",),
            "route": ROUTES,
            "year": YEARS,
            "market": ("eu_ets", "k_ets"),
            "commodity": ("electricity (EU)", "scrap"),
            "component": ("capex", "electricity", "carbon"),
            "factor": ("eu_ets.anchor", "EU.wacc", "élan"),
        },
        outcomes=tuple(outcomes),
        kept=tuple(kept),
        draws=draws,
        dtype="float32",
        currency="EUR",
        price_year=2025,
        attrs={"title": "Synthetic", "seed": 7, "sampler": "random", "config": "name: x\n"},
        extra_coords={
            "commodity_unit": ("commodity", ("EUR/MWh", "EUR/t")),
            "factor_unit": ("factor", ("1", "1", "EUR/t")),
            "factor_status": ("factor", ("seen", "assumed", "assumed")),
        },
        stretch=stretch,
    )


def draws_of(plan: Layout, name: str) -> np.ndarray:
    """Invented draws of an outcome, shape (dims of the outcome, draw), the same in every call."""
    dims = OUTCOMES[name].dims
    shape = tuple(plan.length(dim) for dim in dims)
    rng = np.random.default_rng(sum(map(ord, name)))
    values = 80 + 40 * rng.normal(size=(*shape, plan.draws))
    values = values + 20 * np.arange(shape[0]).reshape((-1,) + (1,) * len(shape))
    if OUTCOMES[name].kind == "category":
        return (np.abs(values) % 3).astype(np.int8)
    if OUTCOMES[name].kind == "indicator":
        values = (values > 90).astype(float)
    if OUTCOMES[name].kind == "year":
        values = np.where(values > 100, np.nan, 2026 + np.abs(values).astype(int) % 14)
    if "route" in dims and OUTCOMES[name].relative:
        values = np.moveaxis(values, dims.index("route"), 0)
        values[0] = np.nan
        values = np.moveaxis(values, 0, dims.index("route"))
    return values.astype(np.float32)


def statistics(plan: Layout) -> dict[str, np.ndarray]:
    """Summaries of those draws."""
    found: dict[str, np.ndarray] = {}
    for name in statistics_of(plan):
        outcome = next((o for o in OUTCOMES if name.startswith(f"{o}_") and _known(name, o)), None)
        if outcome is None:
            found[name] = np.array([0.0, 0.08, 2.5])
            continue
        values = draws_of(plan, outcome).astype(np.float64)
        found[name] = _statistic(values, name[len(outcome) + 1 :], len(ROUTES))
    return found


def _known(name: str, outcome: str) -> bool:
    rest = name[len(outcome) + 1 :]
    return rest in (
        "mean", "standard_error", "quantile", "quantile_low", "quantile_high", "positive",
        "defined", "central", "probability",
    )  # fmt: skip


def _statistic(values: np.ndarray, statistic: str, routes: int) -> np.ndarray:
    count = np.isfinite(values).sum(-1)
    total = np.where(np.isfinite(values), values, 0).sum(-1)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    if statistic in ("mean", "central"):
        return mean
    if statistic == "standard_error":
        return np.where(count > 0, 1.5, np.nan)
    if statistic == "positive":
        return (values > 0).mean(-1)
    if statistic == "defined":
        return count / values.shape[-1]
    if statistic == "probability":
        return np.stack([(values == place).mean(-1) for place in range(routes)], -1)
    quantile = np.moveaxis(np.quantile(np.sort(values), QUANTILES, axis=-1), 0, -1)
    return quantile + {"quantile": 0, "quantile_low": -2, "quantile_high": 3}[statistic]


def fill(store: Store) -> None:
    """Write all kept draws."""
    plan = store.layout
    for name in plan.kept:
        if name == "inputs":
            for place in range(plan.length("factor")):
                store.write("input", (place,), np.linspace(place, place + 1, plan.draws))
            continue
        dims = OUTCOMES[name].dims
        values = draws_of(plan, name)
        lead = dims.index("year") if "year" in dims else len(dims)
        for index in np.ndindex(values.shape[:lead]):
            store.write(name, index, values[index])


def create(layout: Layout, out: Path | None = None, *, overwrite: bool = False) -> Store:
    """Begin a run in a file, or in memory."""
    store = Store(layout, out, overwrite=overwrite)
    store.begin()
    return store


def make(out: Path | None = None, *, overwrite: bool = False, **options: Any) -> Any:
    """A finished synthetic run, in memory or opened from `out`."""
    store = create(layout(**options), out, overwrite=overwrite)
    fill(store)
    return store.complete(statistics(store.layout)).open()
