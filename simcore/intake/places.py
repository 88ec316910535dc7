"""Where a price is bought, and what is made elsewhere for it: a price entry by region, origins."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from simcore.intake.entries import Computed, Electrolysis, Indexed, Made
from simcore.intake.hosts import traded_by
from simcore.intake.hydrogen import Reforming
from simcore.intake.paths import PricePath
from simcore.intake.power import Generation
from simcore.intake.schema import Experiment

Price = PricePath | Computed | Indexed | Made


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


def price_of(experiment: Experiment, commodity: str, region: str) -> Price | None:
    """The price entry of a commodity in a region: its own, of its like, else the default."""
    prices = experiment.catalog.prices.get(commodity, {})
    place = place_of(experiment, prices, region)
    return None if place is None else prices[place]


def feeds(experiment: Experiment, commodity: str, region: str) -> list[str]:
    """What a computed price, or its emissions, follow from: power and the grid that stands for it,
    the fuel of a power plant, gas and storage."""
    price = price_of(experiment, commodity, region)
    found: list[str | None] = []
    if isinstance(price, Electrolysis):
        found = [price.electricity, counted_grid(experiment, price, region)]
    elif isinstance(price, Generation):
        found = [price.fuel]
    elif isinstance(price, Reforming):
        found = [price.gas, price.storage]
    return [one for one in found if one is not None]


def counted_grid(experiment: Experiment, price: Electrolysis, region: str) -> str | None:
    """Power whose emissions stand for that of a contract which may not count; None for one that
    always does."""
    # By what the record holds: to look at the rule is not to read it (see `effects`).
    rule = vars(experiment)["hydrogen_rule"]
    sure = price.additional and price.matching == "hourly"
    if price.supply == "grid" or (
        price.supply == "renewable" and (sure or rule in (None, "intensity"))
    ):
        return None
    bought = price_of(experiment, price.electricity, region)
    return getattr(bought, "grid", None) or price.electricity


class Reached(NamedTuple):
    """What a run buys.

    Attributes
    ----------
    buyers : dict of str to list of str
        Commodities, and the regions that each is bought in.
    origins : list of (str, str)
        Region and route of what is made elsewhere (`kind: made`), each once.
    """

    buyers: dict[str, list[str]]
    origins: list[tuple[str, str]]


def reached(experiment: Experiment, first: Iterable[tuple[str, str]]) -> Reached:
    """Follow what is bought to what makes it, and to what that buys in turn.

    `first` are the commodities that the run itself buys, with their regions. What refers to nothing
    known is not followed; a loop ends where it began.
    """
    catalog, found = experiment.catalog, Reached({}, [])
    waiting, met = deque(first), set[tuple[str, str]]()
    # By what the record holds: to find what stands for power is not to read it (see `effects`).
    by_grid = vars(experiment.cbam)["power_factor"] == "grid_mean"
    while waiting:
        one = waiting.popleft()
        if one in met:
            continue
        met.add(one)
        name, region = one
        found.buyers.setdefault(name, []).append(region)
        price = price_of(experiment, name, region)
        if by_grid and price is not None and (grid := vars(price).get("grid")):
            waiting.append((grid, region))
        waiting += [(feed, region) for feed in feeds(experiment, name, region)]
        if isinstance(price, Made) and (there := (price.region, price.route)):
            known = price.route in catalog.routes and price.region in catalog.regions
            if known and there not in found.origins:
                found.origins.append(there)
                traded = traded_by(catalog, price.route)
                waiting += [(bought, price.region) for bought in traded]
    return found
