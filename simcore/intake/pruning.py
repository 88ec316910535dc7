"""The catalog of a run: the packaged entries that it refers to, and all that are its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from simcore.intake import shipped
from simcore.intake.accounts import Surcharge
from simcore.intake.asked import asked_flows, project_instruments
from simcore.intake.entries import Catalog, Electrolysis, SectorRegion
from simcore.intake.hosts import hosts_and_twins, learnings
from simcore.intake.policies import used_policies
from simcore.intake.priced import used_entries, used_markets, used_systems
from simcore.intake.schema import Experiment
from simcore.intake.stated import entries
from simcore.intake.usage import all_regions, all_routes, lineage, met_imports, used_sectors

Where = tuple[str, ...]
"""Path of an entry of the catalog."""


class NotOfTheRunError(LookupError):
    """Something that a run does not refer to was read: an outcome lacks it among its needs."""


class _Part(dict[str, Any]):
    """Entries of a catalog that a run refers to."""

    def __missing__(self, name: str) -> Any:
        raise NotOfTheRunError(f"{name} is not of this run; the outcome that reads it must need it")


def catalog_of_run(experiment: Experiment) -> Catalog:
    """The catalog of one scenario without anything that its run does not refer to.

    Reading what is left out is an error: no year, no draw and no check has counted it.
    """
    return _cut(experiment.catalog, _with_followed(experiment, _referred(experiment)), _Part)


def prune(experiment: Experiment, scenarios: Mapping[str, Experiment]) -> Catalog:
    """The catalog of an experiment without the packaged entries that no scenario refers to.

    Entries of the config itself, and those that an overlay changes, stay: its correlations,
    scenarios and benchmarks may name them although this run does not use them.
    """
    mentioned = _mentioned(experiment)
    own = {
        path for path, _ in entries(experiment.catalog)
        if path in mentioned or path[-1] not in (
            shipped.places(path[2]) if path[1] == "prices" else shipped.names(path[1])
        )
    }  # fmt: skip
    kept = [_with_followed(one, own | _referred(one)) for one in scenarios.values()]
    cut = _cut(experiment.catalog, own.union(*kept), dict)
    met = {(sector, buyer, place) for one in scenarios.values()
           for (buyer, sector, _), place in met_imports(one).items()}  # fmt: skip
    for name, sector in cut.sectors.items():
        path = ("catalog", "sectors", name, "regions")
        rules = {region: _cut_imports(one, met, (*path, region), mentioned)
                 for region, one in sector.regions.items()
                 if region in cut.regions or (*path, region) in mentioned}  # fmt: skip
        scrap = vars(sector)["scrap"]
        if scrap is not None and scrap.route not in cut.routes:
            scrap = None  # no outcome of the run values it
        cut.sectors[name] = sector.model_copy(update={"regions": rules, "scrap": scrap})
    return cut


def _cut_imports(
    record: SectorRegion, met: set[tuple[str, str, str | None]], path: Where, mentioned: set[Where]
) -> SectorRegion:  # fmt: skip
    """What a region says of imports, of those alone that a buyer meets or an overlay changes."""
    _, _, made, _, region = path
    kept = {place: one for place, one in record.imports.items()
            if (made, region, place) in met or (*path, "imports", place) in mentioned}  # fmt: skip
    if len(kept) == len(record.imports):
        return record
    return record.model_copy(update={"imports": kept})


def _referred(experiment: Experiment) -> set[Where]:
    """Entries that the run of one scenario refers to."""
    catalog, routes = experiment.catalog, all_routes(experiment)
    link = catalog.markets[experiment.cbam.market].link
    named: dict[str, Iterable[str]] = {
        "regions": all_regions(experiment),
        "routes": hosts_and_twins(catalog, routes),
        "policies": used_policies(experiment),
        "markets": [
            *used_markets(experiment), experiment.cbam.market, *([link.to] if link else []),
        ],
        "systems": used_systems(experiment),
        "buyers": [
            experiment.value.buyer,
            *(one.buyer for one in experiment.projects.values() if one.buyer),
        ],
        "instruments": project_instruments(experiment),
        "products": [
            *experiment.products,
            *(one.product for _, one in asked_flows(experiment) if isinstance(one, Surcharge)),
        ],
        "sectors": used_sectors(experiment),
        "technologies": [
            one.technology for name in routes for one in learnings(catalog.routes[name])
        ],
    }  # fmt: skip
    prices = {address for address, _ in used_entries(experiment) if address[1] == "prices"}
    return prices | {
        ("catalog", section, name) for section, names in named.items() for name in names
    }


def _with_followed(experiment: Experiment, kept: set[Where]) -> set[Where]:
    """Entries, and those that they follow: a region those of which it is a variant."""
    found = set(kept)
    for key, entry in entries(experiment.catalog):
        if key in kept and key[1] == "regions":
            found.update(("catalog", "regions", name) for name in lineage(experiment, key[2]))
        elif key in kept and isinstance(entry, Electrolysis) and entry.learning:
            found.add(("catalog", "technologies", entry.learning.technology))
    return found


def _cut(catalog: Catalog, kept: set[Where], part: type[dict[str, Any]]) -> Catalog:
    """Some of the entries of a catalog, in its order."""
    parts: dict[str, Any] = {section: part() for section in Catalog.model_fields}
    for path, entry in entries(catalog):
        if path in kept:
            table = parts
            for group in path[1:-1]:
                table = table.setdefault(group, part())
            table[path[-1]] = entry
    return Catalog.model_construct(**parts)


def _mentioned(experiment: Experiment) -> set[Where]:
    """Paths of the catalog that overlays change."""
    found: set[Where] = set()

    def visit(node: Any, path: Where) -> None:
        for key, inner in node.items() if isinstance(node, Mapping) else ():
            found.add((*path, key))
            visit(inner, (*path, key))

    for overlay in experiment.scenarios.values():
        visit((overlay or {}).get("catalog"), ("catalog",))
    return found
