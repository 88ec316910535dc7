"""What a run refers to: routes, prices, markets and policies, out of all that the catalog holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any, Final, TypeVar
from weakref import ref

from simcore.intake.accounts import Account, Auction, Border, Closing, Flow
from simcore.intake.budgets import Budget
from simcore.intake.entries import (
    Electrolysis,
    Indexed,
    Learns,
    Made,
    Retrofit,
    Route,
    SectorRegion,
)
from simcore.intake.findings import Address
from simcore.intake.hosts import available_from, behind, route_of, traded_by
from simcore.intake.paths import PricePath
from simcore.intake.places import Reached, feeds, reached

# Asked of this module, as all else that a run refers to.
from simcore.intake.places import counted_grid as counted_grid  # noqa: PLC0414
from simcore.intake.places import lineage as lineage  # noqa: PLC0414
from simcore.intake.places import place_of as place_of  # noqa: PLC0414
from simcore.intake.places import price_of as price_of  # noqa: PLC0414
from simcore.intake.schema import Experiment
from simcore.intake.views import has_views, system_of
from simcore.quantities import Constant
from simcore.units import currency_of
from simcore.variables import OUTCOMES, Outcome

Result = TypeVar("Result")

BORDER_DEFAULTS: Final = {
    "coverage": 1.0, "indirect": 0.0, "mark_up": 0.0, "good": "default", "pre_consumer_scrap": 0.0,
}  # fmt: skip
"""Rules of the EU border of which neither the config nor the sector says anything."""
_NO_MARKET: Final = SectorRegion.model_construct(
    coverage=1.0, free_allocation=0.0, cscf=1.0, benchmarks={"default": 0.0}, reference=""
)
"""What a sector meets in an origin without a carbon market of which nothing is said: a price of
carbon, if there is one, holds for all that its plants emit."""


def _once(function: Callable[[Experiment], Result]) -> Callable[[Experiment], Result]:
    """Answer once for each experiment, which never changes: it is asked hundreds of times.

    By identity, as an experiment takes longer to compare than to ask.
    """
    known: dict[int, tuple[ref[Experiment], Result]] = {}

    @wraps(function)
    def remembered(experiment: Experiment) -> Result:
        key = id(experiment)
        if key not in known:
            answer = function(experiment)
            known[key] = ref(experiment, lambda _: known.pop(key, None)), answer
        return known[key][1]

    return remembered


@_once
def asked_outcomes(experiment: Experiment) -> list[Outcome]:
    """Outcomes that a config lists and that exist."""
    return [OUTCOMES[name] for name in experiment.outcomes if name in OUTCOMES]


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


def project_instruments(experiment: Experiment) -> list[str]:
    """Instruments of the projects, each once."""
    named = (name for one in experiment.projects.values() for name in one.instruments)
    return list(dict.fromkeys(named))


def paying(experiment: Experiment) -> list[Any]:
    """Records of the instruments of the projects, of those that there are."""
    known = experiment.catalog.instruments
    return [known[name] for name in project_instruments(experiment) if name in known]


def alternatives(experiment: Experiment) -> dict[str, tuple[str, str]]:
    """Region and route of what buyers compare with, by its name."""
    split = ((name, name.partition(".")) for name in experiment.against)
    return {name: (region, route) for name, (region, _, route) in split}


def budget_against(experiment: Experiment, budget: Budget) -> str:
    """What the gap of a budget is counted over: its own choice, or the only one of its sector."""
    return budget.against or next(iter(beside(experiment, budget.route)), "")


def beside(experiment: Experiment, route: str) -> list[str]:
    """What buyers compare a route with: those of its sector."""
    made = sector_of(experiment, route)
    found = alternatives(experiment).items()
    return [name for name, (_, other) in found if sector_of(experiment, other) == made]


def read_rules(experiment: Experiment) -> set[str]:
    """Fields of what a sector meets in a region that the run reads beside those of a carbon
    cost."""
    found = {rule for one in asked_outcomes(experiment) for rule in one.needs.rules}
    if any(one.gap == "market" for one in asked_budgets(experiment).values()):
        found |= {"product_price", "border"}
    return found


def asked_budgets(experiment: Experiment) -> Mapping[str, Budget]:
    """Budgets, where the run reports any; else those that accounts pay for."""
    if any("budget" in one.dims for one in asked_outcomes(experiment)):
        return experiment.budgets
    paid = {one.budget for _, one in asked_flows(experiment) if isinstance(one, Closing)}
    return {name: one for name, one in experiment.budgets.items() if name in paid}


def asked_accounts(experiment: Experiment) -> Mapping[str, Account]:
    """Accounts, where the run reports any."""
    asked = any("account" in one.dims for one in asked_outcomes(experiment))
    return experiment.accounts if asked else {}


def asked_flows(experiment: Experiment) -> Iterator[tuple[Address, Flow]]:
    """Flows of the accounts that the run reports, and where each stands."""
    for name, account in asked_accounts(experiment).items():
        for place, one in account.flows():
            yield ("accounts", name, *place), one


def flows_of_routes(experiment: Experiment) -> list[tuple[Address, Any]]:
    """Those that are counted by tonnes of a route in a region."""
    return [(place, one) for place, one in asked_flows(experiment) if hasattr(one, "route")]


@_once
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


@_once
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


@_once
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


@_once
def _reached(experiment: Experiment) -> Reached:
    """What the run buys, and what is made elsewhere for it."""
    first = ((name, one) for name in _traded(experiment) for one in met_regions(experiment))
    return reached(experiment, first)


def origins(experiment: Experiment) -> list[tuple[str, str]]:
    """Region and route of what is made elsewhere for the run, each once."""
    return _reached(experiment).origins


@_once
def all_regions(experiment: Experiment) -> list[str]:
    """Regions that the run needs (`met_regions`), then those where something is made for it."""
    return list(dict.fromkeys([*met_regions(experiment), *(one for one, _ in origins(experiment))]))


@_once
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


@_once
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


@_once
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


def used_markets(experiment: Experiment) -> list[str]:
    """Markets of the run: of the regions, of CBAM where goods meet it, of exposures, of support, of
    accounts, of outcomes, and what they are linked to."""
    regions = experiment.catalog.regions
    names = [
        *(regions[name].market or "" for name in all_regions(experiment) if name in regions),
        *([experiment.cbam.market] if meets_cbam(experiment) else []),
        *(exposure_market(experiment, one) for one in experiment.exposures),
        *(name for one in asked_outcomes(experiment) for name in one.needs.markets),
        *_reference_markets(experiment),
        *(one.market for _, one in asked_flows(experiment) if isinstance(one, Auction)),
    ]
    markets = experiment.catalog.markets
    known = [markets[name] for name in names if name in markets]
    names += [one.to for market in known for one in (market.link, market.relative) if one]
    return [name for name in dict.fromkeys(names) if name]


def _reference_markets(experiment: Experiment) -> list[str]:
    """Markets whose allowances the instruments of projects refer to, where they name one."""
    # By what the records hold: to list a market is not to read it (see `effects`).
    held = [vars(one) for one in paying(experiment)]
    return [
        one["market"] for one in held
        if one.get("market") and one.get("reference", "market") == "market"
    ]  # fmt: skip


def views_from(experiment: Experiment, market: str) -> str | None:
    """Market whose views decide a market's price: itself, or what it is relative or linked to."""
    markets = experiment.catalog.markets
    record = markets.get(market)
    if record is None:
        return None
    others = [one.to for one in (record.relative, record.link) if one is not None]
    return next(
        (name for name in (market, *others) if name in markets and has_views(markets[name])), None
    )


def deciding_market(experiment: Experiment, region: str, destination: str) -> str:
    """Market whose price decides what a tonne is worth: at home, or that of the border; none (an
    empty name) at home in a region without one."""
    if destination == "eu":
        return experiment.cbam.market
    return experiment.catalog.regions[region].market or ""


def exposure_market(experiment: Experiment, name: str) -> str:
    """Market of an exposure: its own, or that of its plant's region."""
    record = experiment.exposures[name]
    if record.plant is None:
        return record.market or ""
    regions = experiment.catalog.regions
    return regions[record.plant.region].market or "" if record.plant.region in regions else ""


def exports(experiment: Experiment, exposure: str) -> bool:
    """Whether an exposure is that of a plant of which some tonnes are sold into the EU."""
    plant = experiment.exposures[exposure].plant
    if plant is None:
        return False
    eu = plant.destinations.eu
    return not (isinstance(eu, Constant) and eu.value == 0.0)


def exposure_currency(experiment: Experiment, name: str) -> str:
    """Currency in which an exposure is reported beside the run's.

    Its own; else that of the region of its plant, or of the price of its market.
    """
    record, regions = experiment.exposures[name], experiment.catalog.regions
    if record.currency is not None:
        return record.currency
    if record.plant is not None:
        return regions[record.plant.region].currency
    return currency_of(experiment.catalog.markets[exposure_market(experiment, name)].unit) or "EUR"


def used_systems(experiment: Experiment) -> list[str]:
    """Emissions trading systems behind the markets of the run."""
    markets = experiment.catalog.markets
    names = [system_of(markets[name]) for name in used_markets(experiment) if name in markets]
    return [name for name in dict.fromkeys(names) if name and name in experiment.catalog.systems]


def used_commodities(experiment: Experiment) -> list[str]:
    """Commodities that the run needs: what its routes trade, what it reports, what makes them."""
    followed = (index.partition(".")[0] for index in _indexes(experiment))
    names = dict.fromkeys([*_reached(experiment).buyers, *followed])
    return [name for name in names if name in experiment.catalog.prices]


@_once
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


def read_law(experiment: Experiment) -> list[str]:
    """Fields of `hydrogen` that the run may read: the limit and the dates of contracts."""
    regions = _reached(experiment).buyers.get("hydrogen", [])
    found = [price_of(experiment, "hydrogen", one) for one in regions]
    made = [one for one in found if isinstance(one, Electrolysis)]
    dated = [one for one in made if one.supply == "renewable"]
    return [
        *(["limit"] if regions else []),
        *(["nuclear"] if any(one.supply == "nuclear" for one in made) else []),
        *(["additionality"] if any(not one.additional for one in dated) else []),
        *(["hourly"] if any(one.matching == "monthly" for one in dated) else []),
    ]


@_once
def _indexes(experiment: Experiment) -> tuple[str, ...]:
    """Price paths that the index-linked prices among those that are bought follow."""
    prices = (
        price_of(experiment, name, region)
        for name, regions in _reached(experiment).buyers.items()
        for region in regions
    )
    return tuple(dict.fromkeys(price.index for price in prices if isinstance(price, Indexed)))


def region_quantities(route: Route) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Every quantity that a route states and that may differ by region, with its field path."""
    for name in ("capex", "utilisation", "fixed_opex", "other_opex", "emission_intensity",
                 "biogenic_intensity", "precursor_intensity", "support"):  # fmt: skip
        stated = name in route.model_fields_set or not isinstance(route, Retrofit)
        if stated and (name != "emission_intensity" or route.emission_intensity):
            yield (name,), getattr(route, name)
    for part, quantity in route.emission_parts.items():
        yield ("emission_parts", part), quantity
    for kind in ("inputs", "byproducts"):
        for commodity, quantity in getattr(route, kind).items():
            yield (kind, commodity), quantity
    if route.made_from is not None and "amount" in route.made_from.model_fields_set:
        yield ("made_from", "amount"), route.made_from.amount
    if route.greenfield is not None:
        yield ("greenfield", "capex"), route.greenfield.capex
    capture = route.capture if isinstance(route, Retrofit) else None
    if capture is not None:
        yield ("capture", "rate"), capture.rate
        yield ("capture", "capex"), capture.capex
        for group in ("inputs", "emission_factors"):
            for commodity, quantity in getattr(capture, group).items():
                yield ("capture", group, commodity), quantity


def learnings(route: Route) -> list[Learns]:
    """What the capital that a route states learns with."""
    capture = route.capture if isinstance(route, Retrofit) else None
    found = [route.learning, capture.learning if capture is not None else None]
    return [one for one in found if one is not None]


def used_places(experiment: Experiment, commodity: str) -> dict[str, list[str]]:
    """Price entries of a commodity that the run meets, and the regions that buy at each.

    An entry that is followed as an index, and nothing else, has no region.
    """
    prices = experiment.catalog.prices.get(commodity, {})
    places: dict[str, list[str]] = {}
    for region in _reached(experiment).buyers.get(commodity, ()):
        place = place_of(experiment, prices, region)
        if place is not None:
            places.setdefault(place, []).append(region)
    for index in _indexes(experiment):
        name, _, place = index.partition(".")
        if name == commodity and place in prices:
            places.setdefault(place, [])
    return places


@_once
def used_entries(experiment: Experiment) -> tuple[tuple[Address, Any], ...]:
    """Markets and prices that the run meets, and where each stands."""
    markets, prices = experiment.catalog.markets, experiment.catalog.prices
    return (
        *((("catalog", "markets", name), markets[name])
          for name in used_markets(experiment) if name in markets),
        *((("catalog", "prices", name, place), prices[name][place])
          for name in used_commodities(experiment) for place in used_places(experiment, name)),
    )  # fmt: skip


def used_paths(experiment: Experiment) -> Iterator[tuple[Address, PricePath]]:
    """Those of them that are price paths."""
    for address, price in used_entries(experiment):
        if isinstance(price, PricePath):
            yield address, price


def used_prices(experiment: Experiment) -> dict[str, tuple[str, str]]:
    """Commodity and place of each price that the run meets, by its label.

    What is made elsewhere is told by region of the buyer, to whom it is carried.
    """
    found: dict[str, tuple[str, str]] = {}
    for (_, _, name, *rest), price in used_entries(experiment):
        for place in rest:
            own = used_places(experiment, name)[place] if isinstance(price, Made) else [place]
            found |= {f"{name}.{one}": (name, one) for one in own}
    return found
