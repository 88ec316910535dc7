"""Spec -> Plan: the graph of the whole experiment and the cells it is asked for."""

from simcore.plan.assembly import build, extended
from simcore.plan.records import (
    Cell,
    Plan,
    currency_rate,
    has_years,
    nominal_size,
    unique_values,
)

__all__ = [
    "Cell", "Plan", "build", "currency_rate", "extended", "has_years", "nominal_size",
    "unique_values",
]  # fmt: skip
