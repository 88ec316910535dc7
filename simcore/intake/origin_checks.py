"""What is made elsewhere for a run (`kind: made`): its route, its region, freight, and loops."""

from __future__ import annotations

from collections.abc import Iterator

from simcore.intake.entries import Made
from simcore.intake.findings import Address, Finding, unknown_entry
from simcore.intake.hosts import traded_by
from simcore.intake.places import place_of, price_of
from simcore.intake.schema import Experiment


def made_findings(
    experiment: Experiment, address: Address, price: Made, buyers: list[str]
) -> Iterator[Finding]:
    """Find what is wrong with a price of a good that is made elsewhere, which regions buy."""
    catalog = experiment.catalog
    if address[2] == "hydrogen":
        yield Finding(
            (*address, "kind"), "hydrogen made elsewhere", "a good by the tonne",
            "give hydrogen a price by year, or bring what is made of it",
        )  # fmt: skip
    wrong = [
        *unknown_entry((*address, "route"), price.route, catalog, "routes"),
        *unknown_entry((*address, "region"), price.region, catalog, "regions"),
    ]
    yield from wrong
    for buyer in buyers:
        if place_of(experiment, price.freight, buyer) is None:
            yield Finding(
                (*address, "freight"), f"no freight from {price.region} to {buyer}",
                "one for each region that buys, or `default`", f"add {buyer}: <EUR/t>",
            )  # fmt: skip
    if not wrong:
        loop = _loop(experiment, price, [])
        if loop:
            yield Finding(
                (*address, "route"), f"{' of '.join(loop)}: it is made of itself",
                "a route that buys, in the end, what has a price of its own",
                "give one of them another route, or a price by year",
            )  # fmt: skip


def _loop(experiment: Experiment, price: Made, way: list[str]) -> list[str]:
    """Plants from one back to itself, by what each is made of; none without a loop."""
    here = f"{price.route} in {price.region}"
    if here in way:
        return [*way[way.index(here) :], here]
    for name in traded_by(experiment.catalog, price.route):
        found = price_of(experiment, name, price.region)
        known = isinstance(found, Made) and (
            found.route in experiment.catalog.routes and found.region in experiment.catalog.regions
        )
        if isinstance(found, Made) and known:
            loop = _loop(experiment, found, [*way, here])
            if loop:
                return loop
    return []
