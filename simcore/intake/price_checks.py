"""Prices that a run meets: that each region has one, and what each is made or follows from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from simcore.intake import shipped
from simcore.intake.asked import asked_at
from simcore.intake.entries import Computed, Electrolysis, Indexed, Made
from simcore.intake.findings import Address, Finding, unknown, unknown_entry
from simcore.intake.hydrogen import Reforming
from simcore.intake.origin_checks import made_findings
from simcore.intake.paths import PricePath
from simcore.intake.places import Price, price_of
from simcore.intake.priced import used_commodities, used_places
from simcore.intake.schema import Experiment
from simcore.intake.stated import commodity_unit


def price_findings(experiment: Experiment) -> Iterator[Finding]:
    """Find what is wrong with the prices that a run meets."""
    catalog = experiment.catalog
    known = {"default", *shipped.mentionable(catalog, "regions")}
    for commodity in used_commodities(experiment):
        prices, address = catalog.prices[commodity], ("catalog", "prices", commodity)
        for place in prices:
            if place not in known:
                yield unknown((*address, place), place, known, "region")
        for place, regions in used_places(experiment, commodity).items():
            price = prices[place]
            if getattr(price, "link", None) is not None:
                yield Finding(
                    (*address, place, "link"),
                    "a link of a commodity",
                    "links between carbon markets",
                    "remove it",
                )
            if isinstance(price, Electrolysis):
                yield from _electrolysis(experiment, (*address, place), price, regions)
            elif isinstance(price, Reforming):
                yield from _reforming(experiment, (*address, place), price, regions)
            elif isinstance(price, Indexed):
                yield from _indexed(experiment, (*address, place, "index"), price.index)
            elif isinstance(price, Made):
                yield from made_findings(experiment, (*address, place), price, regions)


def bought_findings(
    experiment: Experiment, address: Address, commodity: str, regions: Iterable[str],
    refused: Callable[[Price], Finding | None] = lambda _: None,
) -> Iterator[Finding]:  # fmt: skip
    """Find what is bought at an address and has no price in some region that buys it, or one that
    is refused there."""
    yield from unknown_entry(address, commodity, experiment.catalog, "prices")
    for region in regions if commodity in experiment.catalog.prices else ():
        found = price_of(experiment, commodity, region)
        if found is not None:
            wrong = refused(found)
            yield from () if wrong is None else (wrong,)
        elif region in experiment.catalog.regions:
            yield no_price(experiment, address, commodity, region)


def no_price(experiment: Experiment, address: Address, commodity: str, region: str) -> Finding:
    """Make the finding of a region that buys what has no price there."""
    return Finding(
        ("catalog", "prices", commodity), f"no price of {commodity} for {region}",
        "a price for each region, or `default`",
        f"add catalog.prices.{commodity}.{region}: ...",
        also=(address, *asked_at(experiment, region, key="regions")),
    )  # fmt: skip


def learning_findings(experiment: Experiment, address: Address, learning: Any) -> Iterator[Finding]:
    """Find the technology that something learns with and that there is not."""
    if learning is not None:
        place = (*address, "technology")
        yield from unknown_entry(place, learning.technology, experiment.catalog, "technologies")


def _indexed(experiment: Experiment, address: Address, index: str) -> Iterator[Finding]:
    """An index is a price address; what follows an index cannot be followed in turn."""
    addresses = {
        f"{name}.{place}": price
        for name, prices in experiment.catalog.prices.items()
        for place, price in prices.items()
    }
    if index not in addresses:
        known = [name for name, price in addresses.items() if isinstance(price, PricePath)]
        yield unknown(address, index, known, "commodity path")
    elif not isinstance(addresses[index], PricePath):
        kind = "index-linked itself" if isinstance(addresses[index], Indexed) else "computed"
        yield Finding(
            address, f"{index}, which is {kind}", "a price path", "name the path that it follows"
        )


def _electrolysis(
    experiment: Experiment, address: Address, price: Electrolysis, regions: list[str]
) -> Iterator[Finding]:
    if address[2] != "hydrogen":
        yield Finding(
            (*address, "kind"), f"electrolysis of {address[2]}", "electrolysis of hydrogen",
            "call the commodity hydrogen",
        )  # fmt: skip
    yield from learning_findings(experiment, (*address, "learning"), price.learning)
    feed, place = price.electricity, (*address, "electricity")

    def refused(found: Price) -> Finding | None:
        if not isinstance(found, Electrolysis | Reforming | Made):
            return None
        return Finding(
            place, f"{feed}, which is itself computed", "a bought commodity",
            "name an electricity price",
        )  # fmt: skip

    yield from bought_findings(experiment, place, feed, regions, refused)


def _reforming(
    experiment: Experiment, address: Address, price: Reforming, regions: list[str]
) -> Iterator[Finding]:
    if address[2] != "hydrogen":
        yield Finding(
            (*address, "kind"), f"reforming to {address[2]}", "reforming to hydrogen",
            "call the commodity hydrogen",
        )  # fmt: skip
    if price.storage is None and getattr(price.capture, "value", None) != 0:
        yield Finding(
            (*address, "storage"), "capture without storage", "what storing a tonne of CO2 costs",
            "add storage: co2_transport_storage",
        )  # fmt: skip
    for key, unit, what in (("gas", "MWh", "gas, priced by energy"), ("storage", "t", "storage")):
        name = getattr(price, key)
        if name is None:
            continue
        refused = not_bought_by(
            experiment, (*address, key), name, unit, f"which is not {what}",
            f"a bought commodity per {unit}", "name another commodity",
        )  # fmt: skip
        yield from bought_findings(experiment, (*address, key), name, regions, refused)


def not_bought_by(
    experiment: Experiment, address: Address, name: str, unit: str, found: str, expected: str,
    remedy: str,
) -> Callable[[Price], Finding | None]:  # fmt: skip
    """What refuses a price that is computed, or is not one of a unit."""

    def refused(price: Price) -> Finding | None:
        if not isinstance(price, Computed) and commodity_unit(experiment, name, price) == unit:
            return None
        return Finding(address, f"{name}, {found}", expected, remedy)

    return refused
