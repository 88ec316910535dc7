"""Which part of the catalog an uncertain input comes from, in words of who asks what matters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from simcore.intake.entries import Computed
from simcore.intake.schema import Experiment
from simcore.plan.correlated import holds

_OF_SECTION: Final = {
    "markets": "carbon_market", "systems": "carbon_market", "prices": "energy_and_materials",
    "policies": "policy", "regions": "technology", "sectors": "trade", "routes": "technology",
    "technologies": "technology", "buyers": "buyer", "instruments": "project",
    "products": "product", "exposures": "volume", "projects": "project", "budgets": "volume",
}  # fmt: skip
_OF_FIELD: Final = {
    ("markets", "tightening"): "policy", ("systems", "resolution"): "policy",
    ("regions", "wacc"): "finance", ("regions", "credit_price"): "carbon_market",
}  # fmt: skip
"""Where a field of a section belongs elsewhere."""
OTHER: Final = "other"


def factor_group(experiment: Experiment, place: str) -> str:
    """Group of an input by the name of the place that it is drawn for: `eu_ets.anchor` is of a
    carbon market, `h2_dri_eaf.capex` of technology."""
    head, *rest = place.split(".")
    section, record = record_of(experiment, head, rest)
    if not section:
        return OTHER
    # An electrolyser and a power plant are plants, although they stand among the prices.
    inner = record.get(rest[0]) if section == "prices" and rest else None
    if isinstance(inner, Computed):
        return "technology"
    field = rest[0] if rest else ""
    return _OF_FIELD.get((section, field), _OF_SECTION[section])


def record_of(experiment: Experiment, head: str, rest: list[str]) -> tuple[str, Any]:
    """Section and entry that a name begins with; empty and None where there is none.

    Where two sections have an entry of that name, the one that has what the rest leads to.
    """
    found = list(_records(experiment, head))
    found.sort(key=lambda one: not (one[0] == "sectors" or holds(one[1], rest)))
    return found[0] if found else ("", None)


def _records(experiment: Experiment, head: str) -> Iterator[tuple[str, Any]]:
    """Entries of that name, by section; what a region says of a sector under the region's."""
    for section, entries in experiment.catalog:
        if section != "sectors" and head in entries:
            yield section, entries[head]
    for section in ("exposures", "projects", "budgets"):
        if head in getattr(experiment, section):
            yield section, getattr(experiment, section)[head]
    for made in experiment.catalog.sectors.values():
        if head in made.regions:
            yield "sectors", made.regions[head]
