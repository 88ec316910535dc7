"""How the instrument of a project pays, by its kind (MODEL 12)."""

from __future__ import annotations

from typing import Final

from simcore.intake import kinds
from simcore.intake.instruments import Instrument, name_of
from simcore.model.dues import DUES, Deal, Kind, first_strike
from simcore.model.schemes import SCHEMES

KINDS: Final[dict[str, Kind]] = {**DUES, **SCHEMES}
"""By the `kind` of their records."""


def register(record: type[Instrument], kind: Kind) -> None:
    """Add a kind of instrument, which configs may then name: its fields, and how it pays.

    Raises
    ------
    ValueError
        One of that name is there already.
    """
    kinds.register(record)
    KINDS[name_of(record)] = kind


def withdraw(name: str) -> None:
    """Take a kind of instrument out again."""
    kinds.withdraw(name)
    del KINDS[name]


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
