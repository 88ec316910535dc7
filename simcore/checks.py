"""What one field of a config cannot know alone: names, units, dates and files that must agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any, Final

from simcore.errors import suggest
from simcore.quantities import Constant, Empirical, FactorReference, Mixture, lowest
from simcore.schema import Canonical, Catalog, Electrolysis, Experiment, Path, Policy, Region, Route
from simcore.units import UnitError, conversion
from simcore.variables import OUTCOMES

Found = tuple[tuple[Any, ...], tuple[str, str, str, str]]
PLANT_OUTCOMES: Final = ("lifecycle_premium", "npv_premium", "annuity_premium_per_tonne")


def find_faults(
    experiment: Experiment, scenarios: Mapping[str, Experiment], folder: FilePath
) -> list[Found]:
    """Every fault of a config that its records alone cannot show.

    Returns
    -------
    list of (path, (name, found, expected, remedy))
    """
    found = list(_selection(experiment))
    for scenario in scenarios.values():
        found += _references(scenario)
        found += _quantities(scenario, folder)
        found += _prices(scenario)
        found += _policies(scenario)
        found += _plant(scenario)
    return list(dict.fromkeys(found))


def _fault(path: tuple[Any, ...], found: str, expected: str, remedy: str) -> Found:
    return path, ("", found, expected, remedy)


def _unknown(path: tuple[Any, ...], name: str, known: Any, what: str) -> Found:
    names = sorted(known)
    near = suggest(name, names)
    listed = ", ".join(names[:12]) + (" ..." if len(names) > 12 else "")
    remedy = f"did you mean {near!r}?" if near else f"choose a known {what}, or define it in the catalog"
    return _fault(path, f"unknown {what} {name!r}", f"one of {listed}" if names else f"a known {what}", remedy)


def _selection(experiment: Experiment) -> Iterator[Found]:
    for key in ("regions", "destinations", "routes", "outcomes", "keep"):
        names = getattr(experiment, key)
        for position, name in enumerate(names):
            if name in names[:position]:
                yield _fault((key, position), f"{name!r} twice", "each name once", "remove one")
    for key in ("outcomes", "keep"):
        for position, name in enumerate(getattr(experiment, key)):
            if name not in OUTCOMES and not (key == "keep" and name == "inputs"):
                yield _unknown((key, position), name, OUTCOMES, "outcome")
            elif key == "keep" and name != "inputs" and name not in experiment.outcomes:
                yield _fault((key, position), f"{name!r} is not among the outcomes",
                             "names listed under outcomes", f"add {name} to outcomes")
    if experiment.currency != "EUR" and experiment.currency not in experiment.money.exchange:
        yield _unknown(("currency",), experiment.currency, ["EUR", *experiment.money.exchange], "currency")
    if {"exposure_cost", "exposure_total"} & set(experiment.outcomes) and not experiment.exposures:
        yield _fault(("exposures",), "no exposure", "at least one exposure for exposure_cost",
                     "add an exposure, or drop exposure_cost from outcomes")


def references(experiment: Experiment) -> dict[str, str]:
    """Reference route of each region in the sector of the experiment."""
    regions = experiment.catalog.regions
    return {
        name: regions[name].reference[experiment.sector]
        for name in experiment.regions
        if name in regions and experiment.sector in regions[name].reference
    }


def used_routes(experiment: Experiment) -> list[str]:
    """Routes of the run, references included, in the order of the config."""
    names = [*experiment.routes, *references(experiment).values()]
    return list(dict.fromkeys(names))


def policy_values(region: Region) -> dict[str, Any]:
    """The policy values of a region by field."""
    fields = {name: getattr(region, name)
              for name in ("coverage", "free_allocation", "cscf", "recognised", "border")}
    return {**fields, **{f"benchmarks.{name}": value for name, value in region.benchmarks.items()}}


def _references(experiment: Experiment) -> Iterator[Found]:
    catalog = experiment.catalog

    def policy(path: tuple[Any, ...], value: Any) -> Iterator[Found]:
        if isinstance(value, str) and value not in catalog.policies:
            yield _unknown(path, value, catalog.policies, "policy")

    def market(path: tuple[Any, ...], name: str) -> Iterator[Found]:
        if name not in catalog.markets:
            yield _unknown(path, name, catalog.markets, "market")

    def technology(path: tuple[Any, ...], learning: Any) -> Iterator[Found]:
        if learning is not None and learning.technology not in catalog.technologies:
            yield _unknown((*path, "technology"), learning.technology, catalog.technologies, "technology")

    for position, name in enumerate(experiment.regions):
        if name not in catalog.regions:
            yield _unknown(("regions", position), name, catalog.regions, "region")
            continue
        region, path = catalog.regions[name], ("catalog", "regions", name)
        yield from market((*path, "market"), region.market)
        for key, value in policy_values(region).items():
            yield from policy((*path, *key.split(".")), value)
        if experiment.sector not in region.reference:
            yield _fault((*path, "reference"), f"no reference route for {experiment.sector}",
                         "a reference route for every sector that is run",
                         f"add {experiment.sector}: <route>")
        elif region.reference[experiment.sector] not in catalog.routes:
            yield _unknown((*path, "reference", experiment.sector),
                           region.reference[experiment.sector], catalog.routes, "route")
    for position, name in enumerate(experiment.routes):
        if name not in catalog.routes:
            yield _unknown(("routes", position), name, catalog.routes, "route")
        elif catalog.routes[name].sector != experiment.sector:
            yield _fault(("routes", position), f"{name} makes {catalog.routes[name].sector}",
                         f"routes of the sector {experiment.sector}", "remove it, or change sector")
    for name in used_routes(experiment):
        if name not in catalog.routes:
            continue
        route, path = catalog.routes[name], ("catalog", "routes", name)
        yield from technology((*path, "learning"), route.learning)
        yield from policy((*path, "cbam_benchmark"), route.cbam_benchmark)
        yield from policy((*path, "precursor_benchmark"), route.precursor_benchmark)
        for kind in ("inputs", "byproducts"):
            for commodity in getattr(route, kind):
                yield from _sold(experiment, (*path, kind, commodity), commodity)
        for region_name in experiment.regions:
            if region_name not in catalog.regions:
                continue
            benchmarks = catalog.regions[region_name].benchmarks
            if name not in benchmarks and "default" not in benchmarks:
                yield _fault(("catalog", "regions", region_name, "benchmarks"),
                             f"no benchmark for {name}", "one for each route, or `default`",
                             f"add {name}: <t CO2e/t> or default: 0")
            for field, quantity in region_quantities(route):
                if region_name not in quantity and "default" not in quantity:
                    yield _fault((*path, *field), f"no value for {region_name}",
                                 "a value for each region, or `default`", f"add {region_name}: ...")
    for key in ("coverage", "free_allocation", "cscf", "mark_up"):
        yield from policy(("cbam", key), getattr(experiment.cbam, key))
    yield from market(("cbam", "market"), experiment.cbam.market)
    if experiment.value.buyer not in catalog.buyers:
        yield _unknown(("value", "buyer"), experiment.value.buyer, catalog.buyers, "buyer")
    for name, exposure in experiment.exposures.items():
        yield from market(("exposures", name, "market"), exposure.market)
    for commodity, prices in catalog.prices.items():
        for region_name, price in prices.items():
            if isinstance(price, Electrolysis) and region_name in (*experiment.regions, "default"):
                path = ("catalog", "prices", commodity, region_name)
                yield from technology((*path, "learning"), price.learning)
                yield from _sold(experiment, (*path, "electricity"), price.electricity)
                fuel = price_of(experiment, price.electricity, region_name)
                if isinstance(fuel, Electrolysis):
                    yield _fault((*path, "electricity"), f"{price.electricity} is itself electrolytic",
                                 "a bought commodity", "name an electricity price")


def region_quantities(route: Route) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Every quantity of a route that may differ by region, with its field path."""
    for name in ("capex", "utilisation", "fixed_opex", "other_opex", "emission_intensity",
                 "precursor_intensity", "support"):
        yield (name,), getattr(route, name)
    for kind in ("inputs", "byproducts"):
        for commodity, quantity in getattr(route, kind).items():
            yield (kind, commodity), quantity


def price_of(experiment: Experiment, commodity: str, region: str) -> Path | Electrolysis | None:
    """The price entry of a commodity in a region: its own, else the default."""
    prices = experiment.catalog.prices.get(commodity, {})
    return prices.get(region, prices.get("default"))


def _sold(experiment: Experiment, path: tuple[Any, ...], commodity: str) -> Iterator[Found]:
    if commodity not in experiment.catalog.prices:
        yield _unknown(path, commodity, experiment.catalog.prices, "commodity")
        return
    for region in experiment.regions:
        if price_of(experiment, commodity, region) is None:
            yield _fault(("catalog", "prices", commodity), f"no price for {region}",
                         "a price for each region, or `default`", f"add {region}: ...")


def commodity_unit(experiment: Experiment, commodity: str, price: Path | Electrolysis) -> str:
    """Canonical unit of a commodity: MWh of energy, kg of hydrogen, t of anything else."""
    if commodity == "hydrogen":
        return "kg"
    try:
        conversion(price.unit, "EUR/MWh", exchange=experiment.money.exchange)
    except UnitError:
        return "t"
    return "MWh"


def walk(record: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any, Canonical | None]]:
    """Every quantity inside a record, with its path and the annotation of its field."""
    for name, field in type(record).model_fields.items():
        value = getattr(record, name)
        canonical = next((one for one in field.metadata if isinstance(one, Canonical)), None)
        yield from _inside(value, (*path, name), canonical or _nested(field.annotation))


def _nested(annotation: Any) -> Canonical | None:
    """The annotation of the values of a mapping field."""
    from typing import get_args

    for argument in get_args(annotation):
        for one in getattr(argument, "__metadata__", ()):
            if isinstance(one, Canonical):
                return one
    return None


def _inside(value: Any, path: tuple[Any, ...], canonical: Canonical | None) -> Iterator[tuple[tuple[Any, ...], Any, Canonical | None]]:
    from simcore.quantities import _Distribution

    if isinstance(value, _Distribution):
        yield path, value, canonical
    elif hasattr(type(value), "model_fields"):
        yield from walk(value, path)
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _inside(entry, (*path, key), canonical)


def _quantities(experiment: Experiment, folder: FilePath) -> Iterator[Found]:
    from simcore.spec import contained

    for path, quantity, canonical in walk(experiment):
        yield from _named(experiment, path, quantity)
        if isinstance(quantity, Empirical) and quantity.csv is not None:
            file = contained(folder, quantity.csv)
            if file is None:
                yield _fault((*path, "csv"), quantity.csv, "a file in the folder of the config",
                             "move the file beside the config")
            elif not file.is_file():
                yield _fault((*path, "csv"), f"no file {quantity.csv}", "an existing CSV file",
                             "correct the name; it is relative to the config")
        if canonical is None:
            continue
        if canonical.unit != "commodity":
            yield from _unit(experiment, path, quantity.unit, canonical.unit)
        low = lowest(quantity)
        if canonical.minimum is not None and low < canonical.minimum:
            yield _fault(path, f"values down to {low:g}", f"values >= {canonical.minimum:g}",
                         "correct the sign, or use a distribution that cannot fall below")


def _named(experiment: Experiment, path: tuple[Any, ...], quantity: Any) -> Iterator[Found]:
    if isinstance(quantity, FactorReference) and quantity.name not in experiment.factors:
        yield _unknown((*path, "name"), quantity.name, experiment.factors, "factor")
    if isinstance(quantity, FactorReference) and path[0] == "factors":
        yield _fault(path, "a factor that refers to a factor", "a distribution", "write it out")
    if isinstance(quantity, Mixture):
        for position, component in enumerate(quantity.components):
            if isinstance(component, (FactorReference, Mixture)):
                yield _fault((*path, "components", position), f"a {component.kind}",
                             "a simple distribution", "write it out")


def _unit(experiment: Experiment, path: tuple[Any, ...], unit: str | None, target: str) -> Iterator[Found]:
    if unit is None:
        return
    try:
        conversion(unit, target, exchange=experiment.money.exchange)
    except UnitError as error:
        yield _fault(path, f"unit {unit!r}", f"a unit like {target}", str(error))


def _prices(experiment: Experiment) -> Iterator[Found]:
    catalog, first = experiment.catalog, experiment.years.first
    used = [*(catalog.regions[name].market for name in experiment.regions if name in catalog.regions),
            experiment.cbam.market, *(one.market for one in experiment.exposures.values())]
    for name in dict.fromkeys(used):
        if name in catalog.markets:
            path = ("catalog", "markets", name)
            yield from _unit(experiment, (*path, "unit"), catalog.markets[name].unit, "EUR/t")
            yield from _path(experiment, path, catalog.markets[name], first)
    for commodity in used_commodities(experiment):
        for region in experiment.regions:
            price = price_of(experiment, commodity, region)
            if price is None:
                continue
            own = region if region in catalog.prices[commodity] else "default"
            path = ("catalog", "prices", commodity, own)
            if isinstance(price, Path):
                target = f"EUR/{commodity_unit(experiment, commodity, price)}"
                yield from _unit(experiment, (*path, "unit"), price.unit, target)
                yield from _path(experiment, path, price, first)
    for name in used_routes(experiment):
        if name in catalog.routes:
            yield from _input_units(experiment, name)


def used_commodities(experiment: Experiment) -> list[str]:
    """Commodities that the run needs: what its routes trade, what it reports, what makes them."""
    names: list[str] = []
    for route in used_routes(experiment):
        if route in experiment.catalog.routes:
            record = experiment.catalog.routes[route]
            names += [*record.inputs, *record.byproducts]
    if "hydrogen_cost" in experiment.outcomes:
        names.append("hydrogen")
    for commodity in list(names):
        for region in experiment.regions:
            price = price_of(experiment, commodity, region)
            if isinstance(price, Electrolysis):
                names.append(price.electricity)
    return [name for name in dict.fromkeys(names) if name in experiment.catalog.prices]


def _input_units(experiment: Experiment, name: str) -> Iterator[Found]:
    route = experiment.catalog.routes[name]
    for kind in ("inputs", "byproducts"):
        for commodity, quantities in getattr(route, kind).items():
            price = price_of(experiment, commodity, experiment.regions[0])
            if price is None:
                continue
            canonical = commodity_unit(experiment, commodity, price)
            for region, quantity in quantities.items():
                path = ("catalog", "routes", name, kind, commodity, region)
                yield from _unit(experiment, path, quantity.unit, f"{canonical}/t")
                if quantity.unit is None and price.unit.partition("/")[2] not in (canonical, f"{canonical}CO2"):
                    yield _fault(path, f"a number without unit for a price in {price.unit}",
                                 f"a quantity with its unit, such as '1.2 {canonical}/t'",
                                 f"write the unit of {commodity}")


def _path(experiment: Experiment, path: tuple[Any, ...], price: Path, first: int) -> Iterator[Found]:
    process = price.process.kind
    if process == "scenario":
        if not price.path:
            yield _fault((*path, "path"), "no prices", "a table of year: price for the process scenario",
                         "add path: {2026: 70}")
        elif min(price.path) > first:
            yield _fault((*path, "path"), f"prices from {min(price.path)}",
                         f"a price for {first}, the first year of the run", f"add {first}: ...")
        elif min(price.path.values()) <= 0 and min(price.path.values()) < 0:
            yield _fault((*path, "path"), "a negative price", "prices >= 0", "correct the sign")
        return
    if price.spot is None:
        yield _fault((*path, "spot"), "no spot", "the last known price", "add spot: {year: ..., value: ...}")
        return
    if price.spot.year > first:
        yield _fault((*path, "spot", "year"), f"{price.spot.year}",
                     f"a year not after {first}, the first year of the run",
                     "start the run later, or give an earlier spot")
    if process == "gbm" and price.anchors:
        yield _fault((*path, "anchors"), "anchors with gbm", "no anchors: gbm has a drift mu",
                     "use random_walk with anchors, or anchors: {}")
    for year in price.anchors or ():
        if year <= price.spot.year:
            yield _fault((*path, "anchors", year), f"an anchor in {year}",
                         f"anchors after the spot year {price.spot.year}", "remove it")
    if price.corridor is not None:
        floor, ceiling = price.corridor.floor, price.corridor.ceiling
        for year in set(floor) & set(ceiling):
            if floor[year] > ceiling[year]:
                yield _fault((*path, "corridor"), f"floor {floor[year]:g} above ceiling {ceiling[year]:g} in {year}",
                             "floor <= ceiling", "correct the two")


def used_policies(experiment: Experiment) -> list[str]:
    """Names of the policies that the run refers to."""
    catalog = experiment.catalog
    values: list[Any] = [getattr(experiment.cbam, key)
                         for key in ("coverage", "free_allocation", "cscf", "mark_up")]
    for name in experiment.regions:
        if name in catalog.regions:
            values += policy_values(catalog.regions[name]).values()
    for name in used_routes(experiment):
        if name in catalog.routes:
            values += [catalog.routes[name].cbam_benchmark, catalog.routes[name].precursor_benchmark]
    return list(dict.fromkeys(value for value in values if isinstance(value, str)))


def delays(policy: Policy) -> list[int]:
    """Possible delays of a policy, in years."""
    if isinstance(policy.delay, Constant):
        return [int(policy.delay.value)]
    values = getattr(policy.delay, "values", None)
    return sorted({int(value) for value in values}) if values else []


def variants(policy: Policy) -> list[str]:
    """Variants that a draw may meet."""
    return [policy.variant] if isinstance(policy.variant, str) else list(policy.variant.values)


def _policies(experiment: Experiment) -> Iterator[Found]:
    years = range(experiment.years.first, experiment.years.last + 1)
    for name in used_policies(experiment):
        if name not in experiment.catalog.policies:
            continue
        policy, path = experiment.catalog.policies[name], ("catalog", "policies", name)
        raw = getattr(policy.delay, "values", [getattr(policy.delay, "value", 0.5)])
        if policy.delay.kind not in ("constant", "discrete") or any(
            value < 0 or value != int(value) for value in raw
        ):
            yield _fault((*path, "delay"), f"a {policy.delay.kind} delay of {raw}",
                         "whole years >= 0, constant or discrete", "use kind: discrete")
            continue
        for variant in variants(policy):
            if variant not in policy.variants:
                yield _unknown((*path, "variant"), variant, policy.variants, "variant")
                continue
            dates = policy.variants[variant].values
            for delay in delays(policy):
                asked = min((year - delay if year > policy.known_until else year) for year in years)
                if asked < min(dates):
                    yield _fault((*path, "variants", variant, "values"),
                                 f"a table from {min(dates)} on, asked for {asked}",
                                 "a value for every year of the run (and its delay)",
                                 f"add {asked}: ..., or start the run later")


def _plant(experiment: Experiment) -> Iterator[Found]:
    if not set(PLANT_OUTCOMES) & set(experiment.outcomes):
        return
    plant, years = experiment.plant, experiment.years
    last = plant.start + plant.lifetime - 1
    if not years.first <= plant.start <= years.last:
        yield _fault(("plant", "start"), f"{plant.start}", f"a year in {years.first}-{years.last}",
                     "move the start into the horizon")
    elif last > years.last and plant.beyond == "error":
        yield _fault(("plant", "lifetime"), f"a life until {last}, after the horizon {years.last}",
                     "a life inside the horizon, or beyond: hold",
                     "lengthen years, shorten the lifetime, or set beyond: hold")


def prune(experiment: Experiment, scenarios: Mapping[str, Experiment]) -> Catalog:
    """The catalog of an experiment cut to what any of its scenarios refers to."""
    keep: dict[str, dict[str, None]] = {name: {} for name in Catalog.model_fields}
    commodities: dict[str, dict[str, None]] = {}
    for one in scenarios.values():
        catalog = one.catalog
        keep["regions"].update(dict.fromkeys(one.regions))
        keep["routes"].update(dict.fromkeys(used_routes(one)))
        keep["policies"].update(dict.fromkeys(used_policies(one)))
        keep["buyers"][one.value.buyer] = None
        keep["markets"].update(dict.fromkeys(
            [one.cbam.market, *(catalog.regions[name].market for name in one.regions),
             *(exposure.market for exposure in one.exposures.values())]))
        for commodity in used_commodities(one):
            prices = catalog.prices[commodity]
            names = commodities.setdefault(commodity, {})
            names.update(dict.fromkeys(r if r in prices else "default" for r in one.regions))
            for name in names:
                if isinstance(prices.get(name), Electrolysis) and prices[name].learning:
                    keep["technologies"][prices[name].learning.technology] = None
        for name in used_routes(one):
            if catalog.routes[name].learning is not None:
                keep["technologies"][catalog.routes[name].learning.technology] = None
    _keep_correlated(experiment, keep, commodities)
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
    return Catalog.model_construct(**cut)


def _keep_correlated(
    experiment: Experiment, keep: dict[str, dict[str, None]],
    commodities: dict[str, dict[str, None]],
) -> None:
    """Keep the config's own entries that only a correlation names: the resolved config names them
    too, and whether a name stands in the matrix may change how later names are mixed."""
    from simcore.tables import catalog as packaged

    known = packaged()
    for pair in (*experiment.correlations.factors, *experiment.correlations.shocks):
        for name in pair.between:
            head, place = [*name.split("."), ""][:2]
            for field, names in keep.items():
                if field != "prices" and head not in known.get(field, {}):
                    names.setdefault(head)
            entry = experiment.catalog.prices.get(head, {}).get(place)
            if isinstance(entry, Path) and place not in known["prices"].get(head, {}):
                commodities.setdefault(head, {}).setdefault(place)
