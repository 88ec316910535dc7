"""How the instrument of a project pays, by its kind (MODEL 12)."""

from __future__ import annotations

from typing import Final

from simcore.model.dues import DUES, Deal, Kind, first_strike
from simcore.model.schemes import SCHEMES

KINDS: Final[dict[str, Kind]] = {**DUES, **SCHEMES}
"""By the `kind` of their records."""


def kind_of(deal: Deal) -> Kind:
    """How the instrument of a deal pays."""
    return KINDS[deal.record.kind]


def due(deal: Deal) -> int:
    """Node of what is due in a year, its strike included."""
    kind = kind_of(deal)
    if kind.per_strike is None:
        return kind.due(deal)
    brought = deal.graph.product(first_strike(deal), kind.per_strike(deal))
    return deal.graph.sum(brought, kind.due(deal))
