"""What one field of a config cannot know alone: names, units and dates that must agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from simcore import dependence
from simcore.date_checks import date_findings
from simcore.entries import Electrolysis, Route
from simcore.findings import Finding, Path, unknown
from simcore.schema import Experiment
from simcore.unit_checks import unit_findings
from simcore.usage import (
    policy_values,
    price_of,
    region_quantities,
    used_commodities,
    used_places,
    used_routes,
)
from simcore.variables import OUTCOMES


def find_faults(
    experiment: Experiment, scenarios: Mapping[str, Experiment], folder: FilePath
) -> list[Finding]:
    """Find every fault of a config that its records alone cannot show.

    Parameters
    ----------
    experiment : Experiment
        The config without overlays.
    scenarios : mapping of str to Experiment
        With the overlay of each scenario.
    folder : Path
        Folder in which files named by the config must lie.

    Returns
    -------
    list of Finding
    """
    found = [*_selection(experiment), *_correlations(experiment)]
    seen: set[Finding] = set()
    for name, scenario in scenarios.items():
        for finding in (
            *_references(scenario),
            *unit_findings(scenario, folder),
            *date_findings(scenario),
        ):
            # What is wrong without overlays is wrong in every scenario: say it once.
            if finding not in seen:
                seen.add(finding)
                found.append(replace(finding, scenario=name))
    return found


def _selection(experiment: Experiment) -> Iterator[Finding]:
    for key in ("regions", "destinations", "routes", "outcomes", "keep"):
        names = getattr(experiment, key)
        for position, name in enumerate(names):
            if name in names[:position]:
                yield Finding((key, position), f"{name!r} twice", "each name once", "remove one")
    for key in ("outcomes", "keep"):
        for position, name in enumerate(getattr(experiment, key)):
            if name not in OUTCOMES and not (key == "keep" and name == "inputs"):
                yield unknown((key, position), name, OUTCOMES, "outcome")
            elif key == "keep" and name != "inputs" and name not in experiment.outcomes:
                yield Finding(
                    (key, position), f"{name!r}, which is not among the outcomes",
                    "names listed under outcomes, or `inputs`", f"add {name} to outcomes",
                )  # fmt: skip
    known = ["EUR", *experiment.money.exchange]
    if experiment.currency not in known:
        yield unknown(("currency",), experiment.currency, known, "currency")
    if {"exposure_cost", "exposure_total"} & set(experiment.outcomes) and not experiment.exposures:
        yield Finding(
            ("exposures",), "no exposure", "at least one exposure for exposure_cost",
            "add an exposure, or drop exposure_cost and exposure_total from outcomes",
            also=(("outcomes",),),
        )  # fmt: skip


def _correlations(experiment: Experiment) -> Iterator[Finding]:
    for kind in ("factors", "shocks"):
        pairs, path = getattr(experiment.correlations, kind), ("correlations", kind)
        first: dict[frozenset[str], int] = {}
        for position, pair in enumerate(pairs):
            before = first.setdefault(frozenset(pair.between), position)
            if before != position:
                yield Finding(
                    (*path, position, "between"), f"{' and '.join(pair.between)} a second time",
                    "each pair once", f"remove one of the entries {before} and {position}",
                )  # fmt: skip
        try:
            dependence.build(pairs, repair=experiment.correlations.repair)
        except dependence.NotPositiveSemiDefiniteError as error:
            yield Finding(
                path,
                "correlations that are not positive semi-definite: "
                + ", ".join(error.names[:8]) + (" ..." if len(error.names) > 8 else ""),
                f"a valid matrix; the nearest one changes {error.changes()}",
                "use these values, or set correlations.repair: true",
            )  # fmt: skip


def _references(experiment: Experiment) -> Iterator[Finding]:
    catalog = experiment.catalog
    for position, name in enumerate(experiment.regions):
        if name not in catalog.regions:
            yield unknown(("regions", position), name, catalog.regions, "region")
        else:
            yield from _region(experiment, name)
    for position, name in enumerate(experiment.routes):
        if name not in catalog.routes:
            yield unknown(("routes", position), name, catalog.routes, "route")
        elif catalog.routes[name].sector != experiment.sector:
            yield Finding(
                ("routes", position), f"{name}, which makes {catalog.routes[name].sector}",
                f"routes of the sector {experiment.sector}", "remove it, or change sector",
                also=(("sector",),),
            )  # fmt: skip
    for name in used_routes(experiment):
        if name in catalog.routes:
            yield from _route(experiment, name)
    for key in ("coverage", "free_allocation", "cscf", "mark_up"):
        yield from _policy(experiment, ("cbam", key), getattr(experiment.cbam, key))
    yield from _market(experiment, ("cbam", "market"), experiment.cbam.market)
    if experiment.value.buyer not in catalog.buyers:
        yield unknown(("value", "buyer"), experiment.value.buyer, catalog.buyers, "buyer")
    for name, exposure in experiment.exposures.items():
        yield from _market(experiment, ("exposures", name, "market"), exposure.market)
    yield from _prices(experiment)


def _policy(experiment: Experiment, path: Path, value: Any) -> Iterator[Finding]:
    if isinstance(value, str) and value not in experiment.catalog.policies:
        yield unknown(path, value, experiment.catalog.policies, "policy")


def _market(experiment: Experiment, path: Path, name: str) -> Iterator[Finding]:
    if name not in experiment.catalog.markets:
        yield unknown(path, name, experiment.catalog.markets, "market")


def _technology(experiment: Experiment, path: Path, learning: Any) -> Iterator[Finding]:
    known = experiment.catalog.technologies
    if learning is not None and learning.technology not in known:
        yield unknown((*path, "technology"), learning.technology, known, "technology")


def _region(experiment: Experiment, name: str) -> Iterator[Finding]:
    region, path = experiment.catalog.regions[name], ("catalog", "regions", name)
    yield from _market(experiment, (*path, "market"), region.market)
    known = ["EUR", *experiment.money.exchange]
    if region.currency not in known:
        yield unknown((*path, "currency"), region.currency, known, "currency")
    for key, value in policy_values(region).items():
        yield from _policy(experiment, (*path, *key.split(".")), value)
    routes = experiment.catalog.routes
    for route in region.benchmarks:
        if route not in (*routes, "default"):
            yield unknown((*path, "benchmarks", route), route, [*routes, "default"], "route")
    if experiment.sector not in region.reference:
        yield Finding(
            (*path, "reference"), f"no reference route for {experiment.sector}",
            "a reference route for the sector that is run",
            f"add {experiment.sector}: <route>",
            also=(("sector",), ("regions",)),
        )  # fmt: skip
    elif region.reference[experiment.sector] not in routes:
        yield unknown(
            (*path, "reference", experiment.sector), region.reference[experiment.sector], routes,
            "route",
        )  # fmt: skip


def _route(experiment: Experiment, name: str) -> Iterator[Finding]:
    catalog = experiment.catalog
    route, path = catalog.routes[name], ("catalog", "routes", name)
    asked = _asked(experiment, name)
    yield from _technology(experiment, (*path, "learning"), route.learning)
    yield from _policy(experiment, (*path, "cbam_benchmark"), route.cbam_benchmark)
    yield from _policy(experiment, (*path, "precursor_benchmark"), route.precursor_benchmark)
    for kind in ("inputs", "byproducts"):
        for commodity in getattr(route, kind):
            yield from _bought(experiment, (*path, kind, commodity), commodity)
    for region in experiment.regions:
        if region not in catalog.regions:
            continue
        benchmarks = catalog.regions[region].benchmarks
        if name not in benchmarks and "default" not in benchmarks:
            yield Finding(
                ("catalog", "regions", region, "benchmarks"), f"no benchmark for {name}",
                "one for each route, or `default`", f"add {name}: <t CO2e/t>, or default: 0",
                also=asked,
            )  # fmt: skip
        for field, quantity in region_quantities(route):
            if region not in quantity and "default" not in quantity:
                yield Finding(
                    (*path, *field), f"no value for {region}",
                    "a value for each region, or `default`", f"add {region}: ...",
                    also=_asked(experiment, region, key="regions"),
                )  # fmt: skip
    yield from _misspelt_regions(experiment, path, route)


def _asked(experiment: Experiment, name: str, key: str = "routes") -> tuple[Path, ...]:
    """Where a config asks for a route or region."""
    names = getattr(experiment, key)
    return ((key, names.index(name)),) if name in names else ()


def _misspelt_regions(experiment: Experiment, path: Path, route: Route) -> Iterator[Finding]:
    known = [*experiment.catalog.regions, "default"]
    for field, quantity in region_quantities(route):
        for region in quantity:
            if region not in known:
                yield unknown((*path, *field, region), region, known, "region")


def _bought(experiment: Experiment, path: Path, commodity: str) -> Iterator[Finding]:
    if commodity not in experiment.catalog.prices:
        yield unknown(path, commodity, experiment.catalog.prices, "commodity")
        return
    for region in experiment.regions:
        if price_of(experiment, commodity, region) is None:
            yield _no_price(experiment, path, commodity, region)


def _no_price(experiment: Experiment, path: Path, commodity: str, region: str) -> Finding:
    return Finding(
        ("catalog", "prices", commodity), f"no price of {commodity} for {region}",
        "a price for each region, or `default`",
        f"add catalog.prices.{commodity}.{region}: ...",
        also=(path, *_asked(experiment, region, key="regions")),
    )  # fmt: skip


def _prices(experiment: Experiment) -> Iterator[Finding]:
    catalog = experiment.catalog
    for commodity in used_commodities(experiment):
        prices, path = catalog.prices[commodity], ("catalog", "prices", commodity)
        for place in prices:
            if place not in (*catalog.regions, "default"):
                yield unknown((*path, place), place, [*catalog.regions, "default"], "region")
        for place, regions in used_places(experiment, commodity).items():
            price = prices[place]
            if isinstance(price, Electrolysis):
                yield from _electrolysis(experiment, (*path, place), price, regions)


def _electrolysis(
    experiment: Experiment, path: Path, price: Electrolysis, regions: list[str]
) -> Iterator[Finding]:
    if path[2] != "hydrogen":
        yield Finding(
            (*path, "kind"), f"electrolysis of {path[2]}", "electrolysis of hydrogen",
            "call the commodity hydrogen",
        )  # fmt: skip
    yield from _technology(experiment, (*path, "learning"), price.learning)
    feed, place = price.electricity, (*path, "electricity")
    if feed not in experiment.catalog.prices:
        yield unknown(place, feed, experiment.catalog.prices, "commodity")
        return
    for region in regions:
        found = price_of(experiment, feed, region)
        if found is None:
            yield _no_price(experiment, place, feed, region)
        elif isinstance(found, Electrolysis):
            yield Finding(
                place, f"{feed}, which is itself electrolytic", "a bought commodity",
                "name an electricity price",
            )  # fmt: skip
