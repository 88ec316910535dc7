"""Spec -> Plan: the graph of the whole experiment and the cells it is asked for."""

from simcore.plan.assembly import build, extended, labels, told_apart
from simcore.plan.records import (
    LAST_YEAR,
    Cell,
    Plan,
    Resolution,
    currency_rate,
    has_years,
    nominal_size,
    unique_values,
)

__all__ = [
    "LAST_YEAR", "Cell", "Plan", "Resolution", "build", "currency_rate", "extended", "has_years",
    "labels", "nominal_size", "told_apart", "unique_values",
]  # fmt: skip
