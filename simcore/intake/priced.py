"""Markets, commodities and prices that a run refers to, out of all that the catalog holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simcore.intake.accounts import Auction
from simcore.intake.asked import asked_flows, asked_outcomes, exposure_market, once, paying
from simcore.intake.entries import Electrolysis, Indexed, Made
from simcore.intake.findings import Address
from simcore.intake.paths import PricePath
from simcore.intake.places import place_of, price_of
from simcore.intake.schema import Experiment
from simcore.intake.usage import all_regions, meets_cbam, trade
from simcore.intake.views import has_views, system_of


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


def used_systems(experiment: Experiment) -> list[str]:
    """Emissions trading systems behind the markets of the run."""
    markets = experiment.catalog.markets
    names = [system_of(markets[name]) for name in used_markets(experiment) if name in markets]
    return [name for name in dict.fromkeys(names) if name and name in experiment.catalog.systems]


def used_commodities(experiment: Experiment) -> list[str]:
    """Commodities that the run needs: what its routes trade, what it reports, what makes them."""
    followed = (index.partition(".")[0] for index in _indexes(experiment))
    names = dict.fromkeys([*trade(experiment).buyers, *followed])
    return [name for name in names if name in experiment.catalog.prices]


def read_law(experiment: Experiment) -> list[str]:
    """Fields of `hydrogen` that the run may read: the limit and the dates of contracts."""
    regions = trade(experiment).buyers.get("hydrogen", [])
    found = [price_of(experiment, "hydrogen", one) for one in regions]
    made = [one for one in found if isinstance(one, Electrolysis)]
    dated = [one for one in made if one.supply == "renewable"]
    return [
        *(["limit"] if regions else []),
        *(["nuclear"] if any(one.supply == "nuclear" for one in made) else []),
        *(["additionality"] if any(not one.additional for one in dated) else []),
        *(["hourly"] if any(one.matching == "monthly" for one in dated) else []),
    ]


@once
def _indexes(experiment: Experiment) -> tuple[str, ...]:
    """Price paths that the index-linked prices among those that are bought follow."""
    prices = (
        price_of(experiment, name, region)
        for name, regions in trade(experiment).buyers.items()
        for region in regions
    )
    return tuple(dict.fromkeys(price.index for price in prices if isinstance(price, Indexed)))


def used_places(experiment: Experiment, commodity: str) -> dict[str, list[str]]:
    """Price entries of a commodity that the run meets, and the regions that buy at each.

    An entry that is followed as an index, and nothing else, has no region.
    """
    return _places(experiment).get(commodity, {})


@once
def _places(experiment: Experiment) -> dict[str, dict[str, list[str]]]:
    """The same by commodity."""
    prices, places = experiment.catalog.prices, dict[str, dict[str, list[str]]]()
    for commodity, regions in trade(experiment).buyers.items():
        own, table = places.setdefault(commodity, {}), prices.get(commodity, {})
        for region in regions:
            place = place_of(experiment, table, region)
            if place is not None:
                own.setdefault(place, []).append(region)
    for index in _indexes(experiment):
        commodity, _, place = index.partition(".")
        if place in prices.get(commodity, {}):
            places.setdefault(commodity, {}).setdefault(place, [])
    return places


@once
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


@once
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
