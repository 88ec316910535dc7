"""What one field of a config cannot know alone: names, units and dates that must agree.

Each `*_findings` takes the experiment with the overlay of a scenario, and the folder of the config
where its files matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from simcore.errors import dotted
from simcore.intake import shipped
from simcore.intake.account_checks import account_findings
from simcore.intake.asked import alternatives, asked_at
from simcore.intake.bidding import bidding_findings
from simcore.intake.buying import import_findings
from simcore.intake.date_checks import date_findings
from simcore.intake.decision_checks import decision_findings
from simcore.intake.exposure_checks import exposure_findings
from simcore.intake.findings import Address, Finding, few_of, strange_sector, unknown, unknown_entry
from simcore.intake.goods_checks import goods_findings
from simcore.intake.host_checks import correlation_findings, host_findings, route_findings
from simcore.intake.hosts import captures, host_of, inside_of, region_quantities
from simcore.intake.policies import BORDER_POLICIES, CBAM_POLICIES, policy_values
from simcore.intake.portfolio_checks import portfolio_findings
from simcore.intake.power_checks import power_findings
from simcore.intake.price_checks import bought_findings, learning_findings, price_findings
from simcore.intake.priced import read_law, used_markets
from simcore.intake.process_checks import process_findings, shock_findings
from simcore.intake.project_checks import project_findings
from simcore.intake.report_checks import report_findings
from simcore.intake.risk_checks import risk_findings
from simcore.intake.routes import Route
from simcore.intake.schema import Experiment
from simcore.intake.scrap_checks import scrap_findings
from simcore.intake.selection_checks import currency_findings, selection_findings
from simcore.intake.system_checks import system_findings
from simcore.intake.unit_checks import unit_findings
from simcore.intake.usage import (
    all_regions,
    all_routes,
    made_in,
    met_regions,
    met_sectors,
    place_of,
    sector_of,
    sector_regions,
    used_routes,
    used_sectors,
)
from simcore.intake.view_checks import view_findings
from simcore.intake.waiting_checks import revealed_findings, waiting_findings
from simcore.quantities import certain
from simcore.variables import OUTCOMES, Outcome


def find_faults(
    experiment: Experiment,
    scenarios: Mapping[str, Experiment],
    folder: Path,
    sound: Iterable[int] = (),
) -> list[Finding]:
    """Find every fault of a config that its records alone cannot show.

    The experiment is that without overlays, the scenarios have one each. The numbers of entries of
    the catalog whose identity is in `sound` need no check.
    """
    sound = set(sound)
    found = [
        *selection_findings(experiment, scenarios), *risk_findings(experiment),
        *report_findings(experiment, scenarios), *decision_findings(experiment, scenarios),
        *portfolio_findings(experiment, scenarios),
    ]  # fmt: skip
    seen: set[Finding] = set()
    baseless = {name: list(host_findings(scenario)) for name, scenario in scenarios.items()}
    if not any(baseless.values()):
        found += shock_findings(experiment, scenarios)
        found += correlation_findings(experiment, scenarios)
        found += bidding_findings(scenarios)
        found += revealed_findings(experiment, scenarios)
    for name, scenario in scenarios.items():
        # What stands on nothing cannot be looked at any further.
        for finding in baseless[name] or (
            *_references(scenario),
            *route_findings(scenario, folder),
            *unit_findings(scenario, folder, sound),
            *date_findings(scenario),
            *system_findings(scenario),
            *goods_findings(scenario),
            *account_findings(scenario),
            *power_findings(scenario),
            *process_findings(scenario, folder),
            *view_findings(scenario, folder),
            *project_findings(scenario, folder),
            *waiting_findings(scenario, scenarios),
        ):
            # What is wrong without overlays is wrong in every scenario: say it once.
            if finding not in seen:
                seen.add(finding)
                found.append(replace(finding, scenario=name))
    return found


def _references(experiment: Experiment) -> Iterator[Finding]:
    catalog = experiment.catalog
    for position, name in enumerate(experiment.regions):
        yield from unknown_entry(("regions", position), name, experiment.catalog, "regions")
    for name in all_regions(experiment):
        if name in catalog.regions:
            yield from _region(experiment, name)
    yield from import_findings(experiment)
    yield from _priced(experiment)
    for position, name in enumerate(experiment.outcomes):
        if name in OUTCOMES:
            yield from _needed(experiment, ("outcomes", position), OUTCOMES[name])
    for position, name in enumerate(experiment.sectors):
        yield from unknown_entry(("sectors", position), name, experiment.catalog, "sectors")
    yield from scrap_findings(experiment)
    yield from _compared(experiment)
    for name in all_routes(experiment):
        if name in catalog.routes:
            yield from _route(experiment, name)
    known = shipped.mentionable(catalog, "prices")
    for position, name in enumerate(experiment.parity):
        if name not in known:
            yield unknown(("parity", position), name, known, "commodity")
    yield from _border(experiment)
    for name in used_markets(experiment):
        if name in catalog.markets:
            yield from _link(experiment, name)
    yield from unknown_entry(
        ("value", "buyer"), experiment.value.buyer, experiment.catalog, "buyers"
    )
    yield from exposure_findings(experiment)
    yield from price_findings(experiment)


def _border(experiment: Experiment) -> Iterator[Finding]:
    """The market of the border, and policies of it as the config or its sectors name them."""
    catalog = experiment.catalog
    for key in CBAM_POLICIES:
        yield from _policy(experiment, ("cbam", key), getattr(experiment.cbam, key))
    for name, key in product(used_sectors(experiment), BORDER_POLICIES):
        if name in catalog.sectors and vars(experiment.cbam)[key] is None:
            place = ("catalog", "sectors", name, "cbam", key)
            yield from _policy(experiment, place, getattr(catalog.sectors[name].cbam, key))
    for key in read_law(experiment):
        yield from _policy(experiment, ("hydrogen", key), getattr(experiment.hydrogen, key))
    yield from unknown_entry(("cbam", "market"), experiment.cbam.market, catalog, "markets")


def _compared(experiment: Experiment) -> Iterator[Finding]:
    """Routes of the run, and what buyers compare with, that the sector of the run does not have."""
    catalog = experiment.catalog
    places: list[tuple[Address, str]] = [
        (("routes", position), name) for position, name in enumerate(experiment.routes)
    ]
    for position, (region, name) in enumerate(alternatives(experiment).values()):
        yield from unknown_entry(("against", position), region, catalog, "regions")
        places.append((("against", position), name))
    for place, name in places:
        yield from unknown_entry(place, name, catalog, "routes")
        yield from strange_sector(experiment, place, name)


def _needed(experiment: Experiment, address: Address, one: Outcome) -> Iterator[Finding]:
    """What an outcome needs, whether or not a region, a route or an exposure names it."""
    for name in one.needs.markets:
        yield from unknown_entry(address, name, experiment.catalog, "markets")
    for name in one.needs.commodities:
        yield from unknown_entry(address, name, experiment.catalog, "prices")


def _priced(experiment: Experiment) -> Iterator[Finding]:
    """Outcomes of the price of the conventional tonne in a run of which no region has one."""
    made = {
        (region, sector): rules for sector in used_sectors(experiment)
        for region, rules in sector_regions(experiment, sector).items()
    }  # fmt: skip
    built = experiment.projects.values()
    built_in = [(one.region, sector_of(experiment, one.route)) for one in built]
    run = list(product(experiment.regions, experiment.sectors))
    asked = [
        (position, name) for position, name in enumerate(experiment.outcomes)
        if name in OUTCOMES and "product_price" in OUTCOMES[name].needs.rules
    ]  # fmt: skip
    for whose, key, regions in (
        ("run", "regions", run), ("project", "projects", built_in),
    ):  # fmt: skip
        names = {
            name: position for position, name in asked
            if ("project" in OUTCOMES[name].dims) == (key == "projects")
        }  # fmt: skip
        has_one = any(made[one].product_price is not None for one in regions if one in made)
        if names and regions and not has_one:
            yield Finding(
                ("outcomes", next(iter(names.values()))),
                f"{few_of(names)}, of which no region of the {whose} has the price",
                f"product_price of a region of the {whose}",
                "add product_price: {theta_border: ..., theta_open: ...} to one, or drop it",
                also=((key,),),
            )  # fmt: skip


def _policy(experiment: Experiment, address: Address, value: Any) -> Iterator[Finding]:
    if isinstance(value, str):
        yield from unknown_entry(address, value, experiment.catalog, "policies")


def _link(experiment: Experiment, name: str) -> Iterator[Finding]:
    """A market may be linked to another one that is not linked itself."""
    link, address = experiment.catalog.markets[name].link, ("catalog", "markets", name, "link")
    if link is None:
        return
    yield from unknown_entry((*address, "to"), link.to, experiment.catalog, "markets")
    yield from _policy(experiment, (*address, "share"), link.share)
    target = experiment.catalog.markets.get(link.to)
    if target is not None and (target.link is not None or link.to == name):
        yield Finding(
            (*address, "to"), f"{link.to}, which is linked itself", "a market without a link",
            "link both to the same third market",
        )  # fmt: skip


def _region(experiment: Experiment, name: str) -> Iterator[Finding]:
    region, address = experiment.catalog.regions[name], ("catalog", "regions", name)
    if region.market is not None:
        yield from unknown_entry((*address, "market"), region.market, experiment.catalog, "markets")
        if region.carbon_price != certain(0.0):
            yield Finding(
                (*address, "carbon_price"), f"carbon_price beside the market {region.market}",
                "one of the two", "remove carbon_price, or write market: null",
                also=((*address, "market"),),
            )  # fmt: skip
    yield from currency_findings(experiment, (*address, "currency"), region.currency)
    for place, value in policy_values(experiment, name).items():
        yield from _policy(experiment, place, value)
    for sector in met_sectors(experiment, name):
        if sector in experiment.sectors or sector not in _strange(experiment):
            yield from _met(experiment, name, sector)


def _strange(experiment: Experiment) -> set[str]:
    """Sectors of routes that the run compares without having their sector."""
    named = [*experiment.routes, *(route for _, route in alternatives(experiment).values())]
    return {sector_of(experiment, name) for name in named} - set(experiment.sectors)


def _met(experiment: Experiment, name: str, sector: str) -> Iterator[Finding]:
    """What a sector meets in a region."""
    address, rules = _rules(sector, name), sector_regions(experiment, sector).get(name)
    if rules is None:
        # Where something is only made for the run, and no market asks for anything, nothing is met.
        is_bare = experiment.catalog.regions[name].market is None
        if is_bare and name not in met_regions(experiment):
            return
        if sector in experiment.catalog.sectors:
            yield Finding(
                address, f"nothing of {sector} in {name}",
                "coverage, allocation, benchmarks and reference of each region that is run",
                f"add catalog.sectors.{sector}.regions.{name}: ...",
                also=(*asked_at(experiment, name, key="regions"), ("sectors",)),
            )  # fmt: skip
        return
    own = (one for one in used_routes(experiment) if sector_of(experiment, one) == sector)
    inside = {inside_of(experiment.catalog, one) for one in own}
    known = {"default", *shipped.mentionable(experiment.catalog, "routes")}
    for route in rules.benchmarks:
        if route not in known:
            yield unknown((*address, "benchmarks", route), route, known, "route")
        elif route in inside and sector_of(experiment, route) not in (sector, *experiment.sectors):
            maker = sector_of(experiment, route)
            yield Finding(
                (*address, "benchmarks", route), f"{route}, which makes {maker}",
                f"a route that makes {sector}",
                f"write it as catalog.sectors.{maker}.regions.{name}.benchmarks.{route}",
            )  # fmt: skip
    yield from unknown_entry((*address, "reference"), rules.reference, experiment.catalog, "routes")
    made = experiment.catalog.routes.get(rules.reference)
    if made is not None and made.sector != sector:
        yield Finding(
            (*address, "reference"), f"{rules.reference}, which makes {made.sector}",
            f"a route that makes {sector}",
            f"write reference: {{{made.sector}: {rules.reference}}} for that sector alone"
            if made.sector in experiment.sectors
            else "name another one",
        )  # fmt: skip


def _rules(sector: str, region: str) -> Address:
    """Where the catalog says what a sector meets in a region."""
    return ("catalog", "sectors", sector, "regions", region)


def _route(experiment: Experiment, name: str) -> Iterator[Finding]:
    catalog = experiment.catalog
    route, address = catalog.routes[name], ("catalog", "routes", name)
    asked, regions = asked_at(experiment, name), made_in(experiment, name)
    yield from learning_findings(experiment, (*address, "learning"), route.learning)
    yield from _policy(experiment, (*address, "cbam_benchmark"), route.cbam_benchmark)
    yield from _policy(experiment, (*address, "precursor_benchmark"), route.precursor_benchmark)
    for kind in ("inputs", "byproducts"):
        for commodity in getattr(route, kind):
            yield from bought_findings(experiment, (*address, kind, commodity), commodity, regions)
    capture = getattr(route, "capture", None)
    if capture is not None:
        yield from learning_findings(
            experiment, (*address, "capture", "learning"), capture.learning
        )
        for commodity in captures(route):
            place = ("storage",) if commodity == capture.storage else ("inputs", commodity)
            yield from bought_findings(
                experiment, (*address, "capture", *place), commodity, regions
            )
    for region in regions:
        if region not in catalog.regions:
            continue
        rules, place = (
            sector_regions(experiment, route.sector).get(region),
            _rules(route.sector, region),
        )
        named = {name, host_of(catalog, name), "default"}
        if rules and inside_of(catalog, name) is None and not named & set(rules.benchmarks):
            yield Finding(
                (*place, "benchmarks"), f"no benchmark for {name} in {region}",
                "one for each route, or `default`",
                f"add {dotted((*place, 'benchmarks', name))}: <t CO2e/t>", also=asked,
            )  # fmt: skip
        for field, quantity in region_quantities(route):
            if place_of(experiment, quantity, region) is None:
                yield Finding(
                    (*address, *field), f"no value for {region}",
                    "a value for each region, or `default`", f"add {region}: ...",
                    also=asked_at(experiment, region, key="regions"),
                )  # fmt: skip
    yield from _misspelt_regions(experiment, address, route)


def _misspelt_regions(experiment: Experiment, address: Address, route: Route) -> Iterator[Finding]:
    known = {"default", *shipped.mentionable(experiment.catalog, "regions")}
    for field, quantity in region_quantities(route):
        for region in quantity:
            if region not in known:
                yield unknown((*address, *field, region), region, known, "region")
