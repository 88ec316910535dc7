"""Scrap of a sector: the route that remelts it, and its commodity, which no other sector values."""

from __future__ import annotations

from collections.abc import Iterator

from simcore.intake.findings import Finding, unknown_entry
from simcore.intake.hosts import route_of
from simcore.intake.schema import Experiment
from simcore.intake.usage import used_sectors


def scrap_findings(experiment: Experiment) -> Iterator[Finding]:
    """Find scrap that no route of its sector remelts, or of which two sectors make the price."""
    catalog, owners = experiment.catalog, dict[str, str]()
    for sector in used_sectors(experiment):
        made = catalog.sectors.get(sector)
        if made is None or made.scrap is None:
            continue
        scrap, address = made.scrap, ("catalog", "sectors", sector, "scrap")
        wrong = [*unknown_entry((*address, "route"), scrap.route, catalog, "routes")]
        yield from wrong
        if wrong:
            continue
        route = route_of(catalog, scrap.route)
        if route.sector != sector:
            yield Finding(
                (*address, "route"), f"{scrap.route}, which makes {route.sector}",
                f"a route that makes {sector}", "name another one",
            )  # fmt: skip
        elif scrap.commodity not in route.inputs:
            yield Finding(
                (*address, "commodity"), f"{scrap.commodity}, which {scrap.route} does not buy",
                f"one of its inputs: {', '.join(route.inputs)}",
                "name one of them, or another route", also=((*address, "route"),),
            )  # fmt: skip
        other = owners.setdefault(scrap.commodity, sector)
        if other != sector:
            yield Finding(
                (*address, "commodity"), f"{scrap.commodity}, the scrap of {other} too",
                "a commodity of each sector, as one price cannot follow two values",
                "price the scrap of each under a name of its own",
            )  # fmt: skip
