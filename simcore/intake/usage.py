"""Sectors, routes and regions that a run refers to, out of all that the catalog holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from simcore.intake.accounts import Border
from simcore.intake.asked import (
    alternatives,
    asked_budgets,
    asked_outcomes,
    exports,
    flows_of_routes,
    once,
    paying,
)
from simcore.intake.budgets import Budget
from simcore.intake.entries import Made, SectorRegion
from simcore.intake.hosts import available_from, behind, route_of, traded_by
from simcore.intake.places import Reached, feeds, reached

# Asked of this module, as the regions are that they start from.
from simcore.intake.places import counted_grid as counted_grid  # noqa: PLC0414
from simcore.intake.places import lineage as lineage  # noqa: PLC0414
from simcore.intake.places import place_of as place_of  # noqa: PLC0414
from simcore.intake.places import price_of as price_of  # noqa: PLC0414
from simcore.intake.schema import Experiment

BORDER_DEFAULTS: Final = {
    "coverage": 1.0, "indirect": 0.0, "mark_up": 0.0, "good": "default", "pre_consumer_scrap": 0.0,
}  # fmt: skip
"""Rules of the EU border of which neither the config nor the sector says anything."""
_NO_MARKET: Final = SectorRegion.model_construct(
    coverage=1.0, free_allocation=0.0, cscf=1.0, benchmarks={"default": 0.0}, reference=""
)
"""What a sector meets in an origin without a carbon market of which nothing is said: a price of
carbon, if there is one, holds for all that its plants emit."""


def sector_of(experiment: Experiment, route: str) -> str:
    """The sector that a route is of; the first of the run for one that is not there."""
    record = experiment.catalog.routes.get(route)
    return experiment.sectors[0] if record is None else record.sector


def sector_regions(experiment: Experiment, sector: str) -> Mapping[str, SectorRegion]:
    """What a sector meets, by region; nothing where the catalog has no such sector."""
    found = experiment.catalog.sectors.get(sector)
    return {} if found is None else found.regions


def rules_of(experiment: Experiment, region: str, route: str) -> SectorRegion:
    """What a route meets in a region: what its sector does."""
    met = sector_regions(experiment, sector_of(experiment, route))
    if region not in met and experiment.catalog.regions[region].market is None:
        return _NO_MARKET
    return met[region]


def stated_by(experiment: Experiment, region: str, sector: str, field: str) -> str:
    """Whose word a field of what a sector meets in a region is: that of the farthest region that
    it is like and that says the same, so that both draw the same; else its own."""
    found, table = region, sector_regions(experiment, sector)
    # By what the records hold: to compare is not to read (see `effects`).
    own = vars(table[region])[field]
    for name in lineage(experiment, region)[1:]:
        if name in table and vars(table[name])[field] == own:
            found = name
    return found


def product_of(experiment: Experiment, sector: str) -> str:
    """What a tonne of a sector is a tonne of."""
    return experiment.catalog.sectors[sector].product or sector


def products_of(experiment: Experiment) -> str:
    """What the tonnes of a run are tonnes of."""
    return ", ".join(product_of(experiment, one) for one in experiment.sectors)


def border_rule(experiment: Experiment, sector: str, key: str) -> Any:
    """A rule of the EU border for a sector: that of the config, else its own."""
    # Not by their attributes: a rule that is passed over is not read (see `effects`).
    if vars(experiment.cbam)[key] is not None:
        return getattr(experiment.cbam, key)
    made = experiment.catalog.sectors.get(sector)
    own = None if made is None else getattr(made.cbam, key)
    return BORDER_DEFAULTS.get(key) if own is None else own


def references(experiment: Experiment) -> dict[tuple[str, str], str]:
    """Reference route of each region in each sector of the run, regions of projects, budgets and
    accounts among them."""
    names = dict.fromkeys([*experiment.regions, *built_in(experiment)])
    met = {one: sector_regions(experiment, one) for one in experiment.sectors}
    return {
        (name, sector): found[name].reference
        for name in names for sector, found in met.items() if name in found
    }  # fmt: skip


def reference_of(experiment: Experiment, region: str, route: str) -> str:
    """The route that another one is compared with in a region: that of its sector."""
    return rules_of(experiment, region, route).reference


def built_in(experiment: Experiment) -> list[str]:
    """Regions of projects, and of the budgets and accounts that the run reports."""
    projects, budgets = experiment.projects.values(), asked_budgets(experiment).values()
    made = (*projects, *budgets, *(one for _, one in flows_of_routes(experiment)))
    return [one.region for one in made]


def replaced_by(experiment: Experiment, project: str) -> str:
    """The route that a project is set against: its own choice, or the reference of its region."""
    one = experiment.projects[project]
    if one.against is not None:
        return one.against.route
    return reference_of(experiment, one.region, one.route)


def budget_against(experiment: Experiment, budget: Budget) -> str:
    """What the gap of a budget is counted over: its own choice, or the only one of its sector."""
    return budget.against or next(iter(beside(experiment, budget.route)), "")


def beside(experiment: Experiment, route: str) -> list[str]:
    """What buyers compare a route with: those of its sector."""
    made = sector_of(experiment, route)
    found = alternatives(experiment).items()
    return [name for name, (_, other) in found if sector_of(experiment, other) == made]


@once
def met_regions(experiment: Experiment) -> list[str]:
    """Regions whose prices and rules the run needs: its own, those of buyers, of projects, budgets
    and accounts."""
    buyers = (region for region, _ in alternatives(experiment).values())
    return list(dict.fromkeys([*experiment.regions, *buyers, *built_in(experiment)]))


def met_imports(experiment: Experiment) -> dict[tuple[str, str, str], str | None]:
    """Where `imports` of a buyer's region holds what a tonne from another one costs to bring in.

    By region of the buyer, sector and region of origin; None where nothing is said. A region and
    its variants (`like`) are at home in each other, and left out, unless they state an entry.
    """
    found: dict[tuple[str, str, str], str | None] = {}
    gaps = asked_budgets(experiment).values()
    origins = [*experiment.regions, *(one.region for one in gaps if one.gap == "buyer")]
    for buyer, route in alternatives(experiment).values():
        sector = sector_of(experiment, route)
        known = sector_regions(experiment, sector)
        table = known[buyer].imports if buyer in known else {}
        for origin in dict.fromkeys(origins):
            own = lineage(experiment, origin)
            place = place_of(experiment, table, origin)
            at_home = origin == buyer or set(own) & set(lineage(experiment, buyer))
            if not at_home or (place in own and origin != buyer):
                found[buyer, sector, origin] = place
    return found


@once
def used_routes(experiment: Experiment) -> list[str]:
    """Routes of the run: those that it computes, then their hosts and what they are made from."""
    return _with_behind(experiment, sold_routes(experiment))


def _with_behind(experiment: Experiment, names: list[str]) -> list[str]:
    """Routes, their hosts and what they are made from."""
    found = [*names]
    for name in found:
        if name in experiment.catalog.routes:
            others = dict.fromkeys(behind(experiment.catalog.routes[name]))
            found += [one for one in others if one not in found]
    return found


@once
def sold_routes(experiment: Experiment) -> list[str]:
    """Routes whose tonnes a run computes, in the order of the config, then references, what buyers
    compare with, those of projects and what they are set against, of budgets and of accounts."""
    names = [*experiment.routes, *references(experiment).values()]
    names += [route for _, route in alternatives(experiment).values()]
    for one in experiment.projects.values():
        names += [*one.routes, *([one.against.route] if one.against else [])]
    names += [one.route for one in asked_budgets(experiment).values()]
    names += [one.route for _, one in flows_of_routes(experiment)]
    names += _remelting(experiment, names)
    return list(dict.fromkeys(names))


def _remelting(experiment: Experiment, names: list[str]) -> list[str]:
    """Routes that scrap is valued with: of sectors of which an outcome reports that, or in which
    its owners take some of the value in any region."""
    asked = any(one.needs.scrap for one in asked_outcomes(experiment))
    found = []
    for sector in dict.fromkeys([*experiment.sectors, *(sector_of(experiment, n) for n in names)]):
        made = experiment.catalog.sectors.get(sector)
        if made is None or made.scrap is None:
            continue
        rules = sector_regions(experiment, sector)
        held = [rules[name].scrap for name in met_regions(experiment) if name in rules]
        # By what the records hold: to list a route is not to read why (see `effects`).
        taken = (vars(one)["owners_share"] for one in held if one is not None)
        if asked or any(getattr(one, "value", None) != 0 for one in taken):
            found.append(made.scrap.route)
    return found


def scrap_sector(experiment: Experiment, commodity: str, region: str) -> str | None:
    """The sector whose scrap a commodity is, with a word on its price in a region of the run."""
    if region not in met_regions(experiment):
        return None
    for name in used_sectors(experiment):
        made = experiment.catalog.sectors.get(name)
        if made is not None and made.scrap is not None and made.scrap.commodity == commodity:
            rules = made.regions.get(region)
            return None if rules is None or rules.scrap is None else name
    return None


@once
def trade(experiment: Experiment) -> Reached:
    """What the run buys, and what is made elsewhere for it."""
    first = ((name, one) for name in _traded(experiment) for one in met_regions(experiment))
    return reached(experiment, first)


def origins(experiment: Experiment) -> list[tuple[str, str]]:
    """Region and route of what is made elsewhere for the run, each once."""
    return trade(experiment).origins


@once
def all_regions(experiment: Experiment) -> list[str]:
    """Regions that the run needs (`met_regions`), then those where something is made for it."""
    return list(dict.fromkeys([*met_regions(experiment), *(one for one, _ in origins(experiment))]))


@once
def all_routes(experiment: Experiment) -> list[str]:
    """Routes that the run needs (`used_routes`), then those that make something elsewhere for it,
    their hosts and what they are made from."""
    elsewhere = _with_behind(experiment, [name for _, name in origins(experiment)])
    return list(dict.fromkeys([*used_routes(experiment), *elsewhere]))


def made_in(experiment: Experiment, route: str) -> list[str]:
    """Regions in which the run needs the numbers of a route."""
    regions = met_regions(experiment) if route in used_routes(experiment) else []
    there = [
        region for region, name in origins(experiment)
        if route in _with_behind(experiment, [name])
    ]  # fmt: skip
    return list(dict.fromkeys([*regions, *there]))


def there_from(experiment: Experiment, route: str) -> int:
    """First year of a route, and of all that makes its inputs elsewhere for any region of the run;
    0 without one, and of a route that is none."""
    catalog, found = experiment.catalog, [route]
    for name in found:  # a route may be among its own makers, in another region
        prices = (
            price_of(experiment, bought, one)
            for bought in (traded_by(catalog, name) if name in catalog.routes else ())
            for one in made_in(experiment, name)
        )
        makers = {one.route: None for one in prices if isinstance(one, Made)}
        found += [one for one in makers if one not in found]
    return max(available_from(catalog, name) or 0 for name in found)


@once
def used_sectors(experiment: Experiment) -> list[str]:
    """Sectors of the run, then those of the other routes that it needs."""
    others = (sector_of(experiment, name) for name in all_routes(experiment))
    return list(dict.fromkeys([*experiment.sectors, *others]))


def met_sectors(experiment: Experiment, region: str) -> list[str]:
    """Sectors whose rules in a region the run needs: all but those of what is only made elsewhere,
    and those of what is made there and what is inside of that."""
    names: list[str] = []
    if region in met_regions(experiment):
        names += experiment.sectors
        names += [sector_of(experiment, name) for name in used_routes(experiment)]
    there = [name for one, name in origins(experiment) if one == region]
    names += [sector_of(experiment, name) for name in _with_behind(experiment, there)]
    return list(dict.fromkeys(names))


@once
def sold_sectors(experiment: Experiment) -> list[str]:
    """Sectors whose tonnes a run computes, and not only what is inside of others."""
    others = (sector_of(experiment, name) for name in sold_routes(experiment))
    return list(dict.fromkeys([*experiment.sectors, *others]))


def meets_cbam(experiment: Experiment) -> bool:
    """Whether any tonne of the run crosses the border of the EU."""
    regions = (*experiment.regions, *built_in(experiment))
    return any(crosses_border(experiment, name) for name in regions)


def crosses_border(experiment: Experiment, region: str) -> bool:
    """Whether tonnes of a region are sold into the EU from outside."""
    regions, inside = experiment.catalog.regions, experiment.cbam.market
    buyers = (name for name, _ in alternatives(experiment).values() if name in regions)
    built = experiment.projects.values()
    gaps = (one for one in asked_budgets(experiment).values() if one.gap == "support")
    imports = (one for _, one in flows_of_routes(experiment) if isinstance(one, Border))
    plants = {name: one.plant for name, one in experiment.exposures.items() if one.plant}
    sold = (
        "eu" in experiment.destinations
        or any(regions[one].market == inside for one in buyers)
        or any(one.destination == "eu" for one in built if one.region == region)
        or any(exports(experiment, one) for one, plant in plants.items() if plant.region == region)
        or any(one.destination == "eu" for one in gaps if one.region == region)
        or any(one.region == region for one in imports)
    )
    return sold and region in regions and regions[region].market != inside


@once
def _traded(experiment: Experiment) -> tuple[str, ...]:
    """Commodities of which the run needs the price in its own regions."""
    names: list[str] = []
    for route in used_routes(experiment):
        if route in experiment.catalog.routes:
            record = route_of(experiment.catalog, route)
            names += [*record.inputs, *record.byproducts]
    names += [name for one in asked_outcomes(experiment) for name in one.needs.commodities]
    names += [fuel for one in paying(experiment) for fuel in getattr(one, "replaces", ())]
    found = dict.fromkeys(names)
    while names:
        fed = (feeds(experiment, names[0], one) for one in met_regions(experiment))
        names = [*names[1:], *(one for some in fed for one in some if one not in found)]
        found.update(dict.fromkeys(names))
    return tuple(found)
