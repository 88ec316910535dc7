"""Policies in NumPy: dated tables, their variants and delays (MODEL 4)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmarks.peers.numpy_inputs import Config, Sample, Values, quantity
from simcore.units import conversion, currency_of


def policy(sample: Sample, value: float | str) -> Values:
    """A policy value: a float, or its timeline (year, 1) or (year, draw)."""
    if not isinstance(value, str):
        return float(value)
    record = sample.catalog["policies"][value]
    return sample.once(("policy", value), record, lambda: _timeline(sample, value, record))


def variant_of(sample: Sample, name: str) -> tuple[list[str], Values]:
    """Variants of a policy that a draw may meet, and the position of each draw's."""
    variant = sample.catalog["policies"][name]["variant"]
    if isinstance(variant, str):
        return [variant], 0.0
    numbered = {**variant, "values": list(range(len(variant["values"])))}
    return list(variant["values"]), quantity(sample, numbered, f"{name}.variant")


def _timeline(sample: Sample, name: str, record: Config) -> np.ndarray:
    years = sample.years
    names, chosen = variant_of(sample, name)
    delay = quantity(sample, record["delay"], f"{name}.delay", "yr")
    value: Values = None
    for number, one in enumerate(names):
        for late in np.unique(delay):
            asked = np.where(years > record["known_until"], years - late, years)
            line = _dated(sample, f"{name}.{one}", record, record["variants"][one], asked)
            here = (chosen == number) & (delay == late)
            value = line if value is None else np.where(here, line, value)
    return value


def _dated(
    sample: Sample, name: str, record: Config, table: Config, years: np.ndarray
) -> np.ndarray:
    """Values (year, 1) or (year, draw) of a dated table in some years."""
    dates = sorted(table["values"])
    lines = []
    for year in years:
        date = max(one for one in dates if one <= year)
        written = table["values"][date]
        unit = (
            (written.get("unit") if isinstance(written, Mapping) else None)
            or table.get("unit")
            or record.get("unit")
            or "1"
        )
        plain = {**written, "unit": None} if isinstance(written, Mapping) else written
        value = quantity(sample, plain, f"{name}.{date}") * _policy_factor(sample, unit)
        if date == dates[-1]:
            value = value * (1.0 - table["decline"]) ** (year - date)
        lines.append(0.0 if table.get("end") is not None and year > table["end"] else value)
    width = max(np.size(line) for line in lines)
    return np.stack([np.broadcast_to(line, (width,)) for line in lines])


def _policy_factor(sample: Sample, unit: str) -> float:
    currency = currency_of(unit)
    target = "1" if unit == "%" else unit.replace(currency, "EUR") if currency else unit
    return conversion(unit, target, exchange=sample.config["money"]["exchange"])
