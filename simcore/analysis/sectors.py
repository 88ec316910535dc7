"""What the routes of a run make: tonnes of different products are told apart in every view."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simcore.analysis.headline import Run

References = dict[str, dict[str, dict[str, str]]]


@dataclass(frozen=True)
class Made:
    """A sector of a run.

    Attributes
    ----------
    sector, product : str
        Its name, and what a tonne of it is a tonne of.
    routes : tuple of str
        Routes of the run that make it.
    """

    sector: str
    product: str
    routes: tuple[str, ...]


def sectors_of(run: Run) -> list[Made]:
    """Sectors of the routes of a run in its order; none of a run that does not say them."""
    if "route_sector" not in run or "sector_product" not in run:
        return []
    routes = list(zip(run.labels("route"), run.labels("route_sector"), strict=True))
    products = zip(run.labels("sector"), run.labels("sector_product"), strict=True)
    made = [
        Made(str(name), str(what), tuple(str(route) for route, one in routes if one == name))
        for name, what in products
    ]
    return [one for one in made if one.routes]


def with_sectors(columns: Mapping[str, list[Any]], made: list[Made]) -> dict[str, list[Any]]:
    """Columns of labels and numbers with that of the sector before that of the route."""
    sector = {route: one.sector for one in made for route in one.routes}
    own = [sector.get(route, "") for route in columns["route"]]
    found: dict[str, list[Any]] = {}
    for name, column in columns.items():
        found |= {"sector": own, name: column} if name == "route" else {name: column}
    return found


def product_told(run: Run, made: list[Made]) -> str:
    """What the tonnes of a run are tonnes of; nothing where it makes several things."""
    if len(made) > 1:
        return ""
    return made[0].product if made else str(run.attrs.get("product", ""))


def references_of(attrs: Mapping[Any, Any]) -> References:
    """Reference routes of a run by scenario, sector and region.

    An older run has one a region, without its sector: it stands under "".
    """
    found: References = {}
    for scenario, regions in json.loads(attrs.get("references", "{}")).items():
        own = found.setdefault(scenario, {})
        for region, routes in regions.items():
            table = {"": routes} if isinstance(routes, str) else routes
            for sector, route in table.items():
                own.setdefault(sector, {})[region] = route
    return found
