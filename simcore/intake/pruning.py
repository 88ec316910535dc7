"""The catalog of a run: the packaged entries that it refers to, and all that are its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simcore.intake import shipped
from simcore.intake.entries import Catalog, Electrolysis
from simcore.intake.hosts import hosts_and_twins
from simcore.intake.policies import used_policies
from simcore.intake.schema import Experiment
from simcore.intake.usage import (
    learnings,
    lineage,
    used_commodities,
    used_markets,
    used_places,
    used_routes,
    used_systems,
)


def prune(experiment: Experiment, scenarios: Mapping[str, Experiment]) -> Catalog:
    """The catalog of an experiment without the packaged entries that no scenario refers to.

    Entries of the config itself, and those that an overlay changes, stay: its correlations,
    scenarios and benchmarks may name them although this run does not use them.
    """
    keep, commodities = _own_entries(experiment)
    for one in scenarios.values():
        catalog = one.catalog
        keep["regions"].update(dict.fromkeys(one.regions))
        keep["routes"].update(dict.fromkeys(hosts_and_twins(catalog, used_routes(one))))
        keep["policies"].update(dict.fromkeys(used_policies(one)))
        keep["markets"].update(dict.fromkeys([*used_markets(one), *_border_markets(one)]))
        keep["systems"].update(dict.fromkeys(used_systems(one)))
        keep["buyers"][one.value.buyer] = None
        keep["sectors"][one.sector] = None
        for commodity in used_commodities(one):
            prices = catalog.prices[commodity]
            names = commodities.setdefault(commodity, {})
            names.update(dict.fromkeys(used_places(one, commodity)))
            for name in names:
                price = prices.get(name)
                if isinstance(price, Electrolysis) and price.learning:
                    keep["technologies"][price.learning.technology] = None
        for name in used_routes(one):
            for learning in learnings(catalog.routes[name]):
                keep["technologies"][learning.technology] = None
    for one in scenarios.values():
        for name in list(keep["regions"]):
            keep["regions"].update(dict.fromkeys(lineage(one, name)))
    catalog = experiment.catalog
    cut: dict[str, Any] = {
        field: {name: entry for name, entry in getattr(catalog, field).items() if name in names}
        for field, names in keep.items()
        if field != "prices"
    }
    cut["prices"] = {
        commodity: {name: price for name, price in prices.items() if name in commodities[commodity]}
        for commodity, prices in catalog.prices.items()
        if commodity in commodities
    }
    # Overlays may change what a sector meets in a region that this run leaves out.
    changed = [overlay.get("catalog") or {} for overlay in experiment.scenarios.values() if overlay]
    for sector, record in cut["sectors"].items():
        mentioned = [(one.get("sectors") or {}).get(sector) or {} for one in changed]
        named = {name for one in mentioned for name in one.get("regions") or ()}
        rules = {name: one for name, one in record.regions.items()
                 if name in cut["regions"] or name in named}  # fmt: skip
        cut["sectors"][sector] = record.model_copy(update={"regions": rules})
    return Catalog.model_construct(**cut)


def _border_markets(experiment: Experiment) -> list[str]:
    """The market that CBAM names, and the one that it is linked to."""
    name, markets = experiment.cbam.market, experiment.catalog.markets
    link = markets[name].link if name in markets else None
    return [name] if link is None else [name, link.to]


def _own_entries(
    experiment: Experiment,
) -> tuple[dict[str, dict[str, None]], dict[str, dict[str, None]]]:
    """Names by section, and places by commodity, that are not packaged or that overlays change."""
    changed = [overlay.get("catalog") or {} for overlay in experiment.scenarios.values() if overlay]

    def own(section: str) -> dict[str, None]:
        mentioned = [name for one in changed for name in one.get(section) or ()]
        entries, known = getattr(experiment.catalog, section), shipped.names(section)
        return dict.fromkeys(name for name in entries if name not in known or name in mentioned)

    def own_places(commodity: str, prices: Mapping[str, Any]) -> dict[str, None]:
        mentioned = [
            name for one in changed for name in (one.get("prices") or {}).get(commodity) or ()
        ]
        known = shipped.places(commodity)
        return dict.fromkeys(name for name in prices if name not in known or name in mentioned)

    places = {
        commodity: own_places(commodity, prices)
        for commodity, prices in experiment.catalog.prices.items()
    }
    sections = {section: own(section) for section in Catalog.model_fields}
    return sections, {commodity: names for commodity, names in places.items() if names}
