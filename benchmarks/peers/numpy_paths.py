"""What moves from year to year in NumPy besides prices of carbon: learning, inputs (MODEL 3, 6)."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.peers.numpy_inputs import Config, Sample, Values, normal, quantity
from benchmarks.peers.numpy_moves import anchor_lines
from benchmarks.peers.numpy_prices import price
from simcore.units import UnitError, conversion, currency_of

# --- learning ------------------------------------------------------------------------------------


def learning(sample: Sample, learns: Config | None, owner: str) -> Values:
    """Multiplier (year, draw) of a capital cost."""
    if learns is None:
        return 1.0
    share = quantity(sample, learns["share"], f"{owner}.learning_share")
    fall = progress(sample, learns["technology"])
    return sample.once(("learning", owner), learns, lambda: 1.0 - share + share * fall)


def progress(sample: Sample, technology: str) -> np.ndarray:
    """(Q[t]/Q[0])^log2(1 - LR) (year, draw) of a technology, on one global curve."""
    record = sample.catalog["technologies"][technology]

    def compute() -> np.ndarray:
        rate = quantity(sample, record["learning_rate"], f"{technology}.learning_rate")
        z = normal(sample, f"{technology}.capacity")
        table = record["cumulative_capacity"]
        centre, above, below = anchor_lines(table, sample.years)
        log_ratio = (centre - math.log(table[min(table)]["central"]))[:, None]
        log_ratio = log_ratio + np.where(z >= 0, z * above[:, None], z * below[:, None])
        return np.exp(np.log2(1.0 - rate) * log_ratio)

    return sample.once(("progress", technology), record, compute)


# --- prices of commodities -----------------------------------------------------------------------


def entry_of(sample: Sample, commodity: str, region: str) -> tuple[str, Config]:
    """Name and record of a commodity's price in a region: its own, else the default."""
    entries = sample.catalog["prices"][commodity]
    place = region if region in entries else "default"
    return f"{commodity}.{place}", entries[place]


def unit_of(sample: Sample, commodity: str, region: str) -> str:
    """The model's unit of a commodity: kg of hydrogen, MWh of energy, t of anything else."""
    if commodity == "hydrogen":
        return "kg"
    try:
        conversion(
            entry_of(sample, commodity, region)[1]["unit"],
            "EUR/MWh",
            exchange=sample.config["money"]["exchange"],
        )
    except UnitError:
        return "t"
    return "MWh"


def commodity_price(sample: Sample, commodity: str, region: str) -> Values:
    """Price (year, draw) of a commodity at a plant in a region."""
    name, entry = entry_of(sample, commodity, region)
    if entry["kind"] == "path":
        return price(sample, name, entry, f"EUR/{unit_of(sample, commodity, region)}")
    if entry["kind"] == "indexed":
        return _indexed(sample, name, entry, f"EUR/{unit_of(sample, commodity, region)}")
    return sample.once(
        ("electrolysis", name, region),
        (entry, sample.catalog["regions"][region]),
        lambda: _electrolysis(sample, name, entry, region),
    )


def _indexed(sample: Sample, name: str, entry: Config, target: str) -> Values:
    """A coefficient times the path that is followed, and a premium."""
    followed, place = entry["index"].split(".")
    premium = entry["premium"]
    if not isinstance(premium, dict):
        premium = {"kind": "constant", "value": premium}
    if premium.get("unit") is None:
        premium = {
            **premium,
            "unit": entry["unit"],
            "price_year": premium.get("price_year") or entry.get("price_year"),
        }
    return quantity(sample, entry["coefficient"], f"{name}.coefficient", "1") * commodity_price(
        sample, followed, place
    ) + quantity(sample, premium, f"{name}.premium", target)


def _electrolysis(sample: Sample, name: str, entry: Config, region: str) -> np.ndarray:
    """EUR per kg of hydrogen made from power at the plant."""

    def part(key: str, unit: str = "1") -> Values:
        return quantity(sample, entry[key], f"{name}.{key}", unit)

    rate = wacc(sample, region) + part("risk_premium")
    stacks = part("stack_share") * np.maximum(
        0.0, 1.0 / part("stack_lifetime", "yr") - 1.0 / entry["lifetime"]
    )
    share = capital_recovery(rate, entry["lifetime"]) + part("fixed_opex") + stacks
    demand = part("electricity_demand", "kWh/kg")
    capital = part("capex", "EUR/kW") * share / part("full_load_hours", "h/yr") * demand
    power = commodity_price(sample, entry["electricity"], region)
    return (
        capital * learning(sample, entry.get("learning"), name)
        + power * (demand / 1000.0)
        + part("storage", "EUR/kg")
    )


def emission_factor(sample: Sample, commodity: str, region: str) -> Values:
    """t CO2e per unit of a commodity bought (scope 2): a float, (year, 1) or (year, draw)."""
    name, entry = entry_of(sample, commodity, region)
    if entry["kind"] == "electrolysis":
        demand = quantity(
            sample, entry["electricity_demand"], f"{name}.electricity_demand", "kWh/kg"
        )
        return demand / 1000.0 * emission_factor(sample, entry["electricity"], region)
    table = entry["emission_intensity"]
    if not table:
        return 0.0
    own = entry["unit"].replace(currency_of(entry["unit"]) or "EUR", "EUR")
    scale = conversion(
        own,
        f"EUR/{unit_of(sample, commodity, region)}",
        exchange=sample.config["money"]["exchange"],
    )
    return (
        scale * np.interp(sample.years, sorted(table), [table[y] for y in sorted(table)])[:, None]
    )


def wacc(sample: Sample, region: str) -> Values:
    """Weighted average cost of capital of a region."""
    return quantity(sample, sample.catalog["regions"][region]["wacc"], f"{region}.wacc")


def capital_recovery(rate: Values, life: float) -> Values:
    """w(1+w)^n/((1+w)^n - 1), and 1/n at w = 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        plain = rate / -np.expm1(-life * np.log1p(rate))
    return np.where(np.abs(rate) < 1e-12, 1.0 / life, plain)
