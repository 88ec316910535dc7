"""What a run refers to: routes, prices, markets and policies, out of all that the catalog holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, wraps
from typing import Any, Final, TypeVar, get_args
from weakref import ref

from simcore.dated import DatedTable
from simcore.intake import packaged
from simcore.intake.entries import (
    Catalog,
    Electrolysis,
    Indexed,
    Learns,
    Policy,
    Region,
    Retrofit,
    Route,
)
from simcore.intake.hosts import host_of, hosts_and_twins, route_of
from simcore.intake.paths import Path
from simcore.intake.schema import Experiment
from simcore.intake.systems import System
from simcore.intake.views import has_views, system_of
from simcore.quantities import ByYear, FactorReference, Quantity, Uncertain
from simcore.quantities.annotations import Canonical
from simcore.quantities.records import Model
from simcore.units import UnitError, conversion, currency_of
from simcore.variables import OUTCOMES

CBAM_POLICIES: Final = (
    "coverage", "indirect", "free_allocation", "cscf", "mark_up", "default_benchmark",
    "recognised_default",
)  # fmt: skip
"""Fields of `cbam` that may name a policy."""

Result = TypeVar("Result")


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


def references(experiment: Experiment) -> dict[str, str]:
    """Reference route of each region in the sector of the experiment."""
    regions = experiment.catalog.regions
    return {
        name: regions[name].reference[experiment.sector]
        for name in experiment.regions
        if name in regions and experiment.sector in regions[name].reference
    }


def used_routes(experiment: Experiment) -> list[str]:
    """Routes of the run in the order of the config, then references and hosts of retrofits."""
    names = [*experiment.routes, *references(experiment).values()]
    names += [host for name in names if (host := host_of(experiment.catalog, name)) is not None]
    return list(dict.fromkeys(names))


def meets_cbam(experiment: Experiment) -> bool:
    """Whether any tonne of the run crosses the border of the EU."""
    regions = experiment.catalog.regions
    return "eu" in experiment.destinations and any(
        regions[name].market != experiment.cbam.market
        for name in experiment.regions if name in regions
    )  # fmt: skip


def used_markets(experiment: Experiment) -> list[str]:
    """Markets of the run: of the regions, of CBAM where goods meet it, of exposures, and what they
    are linked to."""
    regions = experiment.catalog.regions
    names = [
        *(regions[name].market for name in experiment.regions if name in regions),
        *([experiment.cbam.market] if meets_cbam(experiment) else []),
        *(exposure_market(experiment, one) for one in experiment.exposures),
    ]
    markets = experiment.catalog.markets
    known = [markets[name] for name in names if name in markets]
    names += [one.to for market in known for one in (market.link, market.relative) if one]
    return list(dict.fromkeys(names))


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
    """Market whose price decides what a tonne is worth: at home, or that of the border."""
    if destination == "eu":
        return experiment.cbam.market
    return experiment.catalog.regions[region].market


def exposure_market(experiment: Experiment, name: str) -> str:
    """Market of an exposure: its own, or that of its plant's region."""
    record = experiment.exposures[name]
    if record.plant is None:
        return record.market or ""
    regions = experiment.catalog.regions
    return regions[record.plant.region].market if record.plant.region in regions else ""


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
    names = dict.fromkeys([*_bought(experiment), *followed])
    return [name for name in names if name in experiment.catalog.prices]


@_once
def _bought(experiment: Experiment) -> tuple[str, ...]:
    """Commodities of which the run needs the price in its regions."""
    names: list[str] = []
    for route in used_routes(experiment):
        if route in experiment.catalog.routes:
            record = route_of(experiment.catalog, route)
            names += [*record.inputs, *record.byproducts]
    shown = (OUTCOMES[name].commodity for name in experiment.outcomes if name in OUTCOMES)
    names += [name for name in shown if name]
    for commodity in dict.fromkeys(names):
        for region in experiment.regions:
            price = price_of(experiment, commodity, region)
            if isinstance(price, Electrolysis):
                names.append(price.electricity)
    return tuple(dict.fromkeys(names))


@_once
def _indexes(experiment: Experiment) -> tuple[str, ...]:
    """Price paths that the index-linked prices among those that are bought follow."""
    prices = (
        price_of(experiment, name, region)
        for name in _bought(experiment)
        for region in experiment.regions
    )
    return tuple(dict.fromkeys(price.index for price in prices if isinstance(price, Indexed)))


def idle_policies(experiment: Experiment) -> set[str]:
    """Names of policies that the run refers to and never asks.

    They are those of CBAM where no goods meet it, of bought precursors where no route has any, of
    routes that are not run, and the legal limits on credits where the config sets its own.
    """
    catalog, rules, crosses = experiment.catalog, experiment.cbam, meets_cbam(experiment)
    routes = {name: catalog.routes[name] for name in used_routes(experiment)
              if name in catalog.routes}  # fmt: skip
    has_precursors = any(not _is_zero(one.precursor_intensity) for one in routes.values())
    needed: list[Any] = []
    if crosses:
        needed += [getattr(rules, key) for key in CBAM_POLICIES]
        needed += [one.cbam_benchmark for one in routes.values()]
    elif "cbam_factor" in experiment.outcomes:
        needed.append(rules.free_allocation)
    if has_precursors:
        needed += [one.precursor_benchmark for one in routes.values()]
    unasked = {
        *([] if crosses else ["recognised"]), *([] if has_precursors else ["border"]),
        *([] if experiment.value.credit_limit == "law" else ["credit_limit"]),
    }  # fmt: skip
    for name in experiment.regions:
        if name in catalog.regions:
            for key, value in policy_values(catalog.regions[name]).items():
                head, _, route = key.partition(".")
                if key not in unasked and (head != "benchmarks" or route in {"default", *routes}):
                    needed.append(value)
    for name in used_markets(experiment):
        link = catalog.markets[name].link if name in catalog.markets else None
        needed += [link.share] if link is not None else []
    needed += [catalog.systems[name].follows for name in used_systems(experiment)]
    return set(used_policies(experiment)) - {str(one) for one in needed}


def _is_zero(by_region: Mapping[str, Any]) -> bool:
    return all(getattr(one, "value", None) == 0 for one in by_region.values())


def used_policies(experiment: Experiment) -> list[str]:
    """Names of the policies that the run refers to."""
    catalog = experiment.catalog
    values: list[Any] = [getattr(experiment.cbam, key) for key in CBAM_POLICIES]
    for name in experiment.regions:
        if name in catalog.regions:
            values += policy_values(catalog.regions[name]).values()
    for name in used_markets(experiment):
        if name in catalog.markets:
            record = catalog.markets[name]
            values += [record.link.share] if record.link is not None else []
            values += _effects(record)
    for name in used_commodities(experiment):
        for place in used_places(experiment, name):
            values += _effects(catalog.prices[name][place])
    for name in used_routes(experiment):
        if name in catalog.routes:
            route = route_of(catalog, name)
            values += [route.cbam_benchmark, route.precursor_benchmark]
    values += [catalog.systems[name].follows for name in used_systems(experiment)]
    return list(dict.fromkeys(value for value in values if isinstance(value, str)))


def _effects(price: Any) -> list[str]:
    """The policy that acts on a price."""
    effect = getattr(price, "policy_effect", None)
    return [effect.of] if effect is not None else []


def policy_values(region: Region) -> dict[str, Any]:
    """The policy values of a region by dotted field."""
    fields = {
        name: getattr(region, name)
        for name in ("coverage", "free_allocation", "cscf", "recognised", "border", "credit_limit")
    }
    return {**fields, **{f"benchmarks.{name}": value for name, value in region.benchmarks.items()}}


def benchmark_of(experiment: Experiment, region: str, route: str) -> float | str:
    """Allocation of a route in a region: its own, its host's, or the region's `default`."""
    found = experiment.catalog.regions[region].benchmarks
    names = (route, host_of(experiment.catalog, route), "default")
    return next((found[name] for name in names if name in found), 0.0)


def default_value(experiment: Experiment, region: str) -> float | None:
    """CBAM default value of the good of a run from a region, before mark-up; None without one."""
    found = experiment.catalog.regions[region].default_intensity
    return found.get(experiment.cbam.good, found.get("default"))


def region_quantities(route: Route) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Every quantity that a route states and that may differ by region, with its field path."""
    for name in ("capex", "utilisation", "fixed_opex", "other_opex", "emission_intensity",
                 "precursor_intensity", "support"):  # fmt: skip
        if name in route.model_fields_set or not isinstance(route, Retrofit):
            yield (name,), getattr(route, name)
    for kind in ("inputs", "byproducts"):
        for commodity, quantity in getattr(route, kind).items():
            yield (kind, commodity), quantity
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


def lineage(experiment: Experiment, region: str) -> list[str]:
    """A region and the regions of which it is a variant, the nearest first."""
    found, regions = [region], experiment.catalog.regions
    while found[-1] in regions and (like := regions[found[-1]].like) and like not in found:
        found.append(like)
    return found


def place_of(experiment: Experiment, table: Mapping[str, Any], region: str) -> str | None:
    """The key of a table by region that holds for a region: its own, of its like, or `default`."""
    keys = [*lineage(experiment, region), "default"]
    return next((key for key in keys if key in table), None)


def price_of(
    experiment: Experiment, commodity: str, region: str
) -> Path | Electrolysis | Indexed | None:
    """The price entry of a commodity in a region: its own, of its like, else the default."""
    prices = experiment.catalog.prices.get(commodity, {})
    place = place_of(experiment, prices, region)
    return None if place is None else prices[place]


def used_places(experiment: Experiment, commodity: str) -> dict[str, list[str]]:
    """Price entries of a commodity that the run meets, and the regions that buy at each.

    An entry that is followed as an index, and nothing else, has no region.
    """
    prices = experiment.catalog.prices.get(commodity, {})
    places: dict[str, list[str]] = {}
    for region in experiment.regions:
        place = place_of(experiment, prices, region)
        if place is not None:
            places.setdefault(place, []).append(region)
    if commodity not in _bought(experiment):
        places = {}
    for index in _indexes(experiment):
        name, _, place = index.partition(".")
        if name == commodity and place in prices:
            places.setdefault(place, [])
    return places


def dated(quantity: Any) -> dict[int, Any]:
    """The quantity of each date of a table by year, with the unit and metadata of the table."""
    shared = {"unit": quantity.unit, "price_year": quantity.price_year,
              "source": quantity.source, "status": quantity.status}  # fmt: skip
    return {
        year: entry.model_copy(
            update={key: value for key, value in shared.items() if getattr(entry, key) is None}
        )
        for year, entry in sorted(quantity.years.items())
    }


def unit_of(experiment: Experiment, quantity: Any) -> str | None:
    """The unit of a quantity: its own, of the factor it names, or of its first date."""
    if isinstance(quantity, ByYear):
        return unit_of(experiment, next(iter(dated(quantity).values())))
    if isinstance(quantity, FactorReference) and quantity.name in experiment.factors:
        return quantity.unit or experiment.factors[quantity.name].unit
    unit: str | None = quantity.unit
    return unit


def target_of(experiment: Experiment, quantity: Any, canonical: Canonical) -> str:
    """The unit in which the model uses a quantity: that of its field, or the field's second one."""
    unit = unit_of(experiment, quantity)
    if canonical.also is None or unit is None:
        return canonical.unit
    try:
        conversion(unit, canonical.also, exchange=experiment.money.exchange)
    except UnitError:
        return canonical.unit
    return canonical.also


def commodity_unit(
    experiment: Experiment, commodity: str, price: Path | Electrolysis | Indexed
) -> str:
    """Canonical unit of a commodity: MWh of energy, kg of hydrogen, t of anything else."""
    if commodity == "hydrogen":
        return "kg"
    try:
        conversion(price.unit, "EUR/MWh", exchange=experiment.money.exchange)
    except UnitError:
        return "t"
    return "MWh"


def delays(policy: Policy, factors: Mapping[str, Any]) -> list[int]:
    """Possible delays of a policy, in years; policies that name one factor share its delay."""
    delay: Any = policy.delay
    if isinstance(delay, FactorReference):
        delay = factors[delay.name]
    values = getattr(delay, "values", None) or [getattr(delay, "value", 0)]
    return sorted({int(value) for value in values})


def variants(policy: Policy) -> list[str]:
    """Variants that a draw may meet."""
    return [policy.variant] if isinstance(policy.variant, str) else list(policy.variant.values)


def dated_table(policy: Policy, variant: str, delay: int = 0) -> DatedTable[Quantity]:
    """One variant of a policy, `delay` years late."""
    record = policy.variants[variant]
    table = DatedTable(record.values, record.end, -record.decline)
    return table.delayed(delay, known_until=policy.known_until)


def followed_rules(system: System, named: list[str]) -> list[str]:
    """Rules of a system under each variant of the policy that it follows."""
    return [system.rules.get(name, name) for name in named]


def entries(catalog: Catalog) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every entry of a catalog, with its path."""
    for section in Catalog.model_fields:
        for name, entry in getattr(catalog, section).items():
            if section == "prices":
                for place, price in entry.items():
                    yield ("catalog", section, name, place), price
            else:
                yield ("catalog", section, name), entry


def quantities(
    record: Any, path: tuple[Any, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], Any, Canonical | None]]:
    """Every quantity inside a record, with its path and the annotation of its field."""
    for name, canonical in _fields(type(record)):  # type: ignore[arg-type]
        written = type(record).model_fields[name].alias or name
        yield from _inside(getattr(record, name), (*path, written), canonical)


@cache
def _fields(record: Any) -> tuple[tuple[str, Canonical | None], ...]:
    """Fields of a record that may hold quantities, and the annotation of their values."""
    found = []
    for name, field in record.model_fields.items():
        notes = [*field.metadata]
        for argument in get_args(field.annotation):
            notes += getattr(argument, "__metadata__", ())
        canonical = next((one for one in notes if isinstance(one, Canonical)), None)
        if field.annotation not in (str, int, float, bool, str | None, int | None, float | None):
            found.append((name, canonical))
    return tuple(found)


def _inside(
    value: Any, path: tuple[Any, ...], canonical: Canonical | None
) -> Iterator[tuple[tuple[Any, ...], Any, Canonical | None]]:
    if isinstance(value, Uncertain):
        yield path, value, canonical
    elif isinstance(value, Model):
        yield from quantities(value, path)
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _inside(entry, (*path, key), canonical)


def packaged_names(section: str) -> frozenset[str]:
    """Names in a section of the packaged catalog; a config may mention those it does not use."""
    return _packaged()[0][section]


def packaged_places(commodity: str) -> frozenset[str]:
    """Regions with a packaged price of a commodity, `default` among them."""
    return _packaged()[1].get(commodity, frozenset())


def packaged_paths() -> frozenset[str]:
    """Names of the packaged price paths: markets, and commodities with their place."""
    sections, places = _packaged()
    prices = (f"{name}.{place}" for name, group in places.items() for place in group)
    return frozenset([*sections["markets"], *prices])


@cache
def packaged_pairs(kind: str) -> frozenset[tuple[frozenset[str], float]]:
    """Pairs of the packaged correlations of factors or shocks, with their rank correlation."""
    pairs = packaged.base()["correlations"][kind]
    return frozenset((frozenset(pair["between"]), float(pair["rank"])) for pair in pairs)


@cache
def _packaged() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Names by section, and places by commodity, of the packaged catalog."""
    catalog = packaged.catalog()
    return (
        {section: frozenset(entries) for section, entries in catalog.items()},
        {commodity: frozenset(prices) for commodity, prices in catalog["prices"].items()},
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
    known, known_places = _packaged()
    changed = [overlay.get("catalog") or {} for overlay in experiment.scenarios.values() if overlay]

    def own(section: str) -> dict[str, None]:
        mentioned = [name for one in changed for name in one.get(section) or ()]
        entries = getattr(experiment.catalog, section)
        return dict.fromkeys(
            name for name in entries if name not in known[section] or name in mentioned
        )

    def own_places(commodity: str, prices: Mapping[str, Any]) -> dict[str, None]:
        mentioned = [
            name for one in changed for name in (one.get("prices") or {}).get(commodity) or ()
        ]
        packaged = known_places.get(commodity, frozenset())
        return dict.fromkeys(name for name in prices if name not in packaged or name in mentioned)

    places = {
        commodity: own_places(commodity, prices)
        for commodity, prices in experiment.catalog.prices.items()
    }
    sections = {section: own(section) for section in Catalog.model_fields}
    return sections, {commodity: names for commodity, names in places.items() if names}
