"""Products and budgets: what they name must be of the run, and there in time."""

from __future__ import annotations

from collections.abc import Iterator

from simcore.intake.asked import alternatives, asked_budgets
from simcore.intake.budgets import Budget
from simcore.intake.findings import (
    FIRST,
    Address,
    Finding,
    other_sector,
    strange_sector,
    unknown,
    unknown_entry,
)
from simcore.intake.schema import Experiment
from simcore.intake.usage import (
    beside,
    budget_against,
    reference_of,
    sector_of,
    sector_regions,
    there_from,
)


def goods_findings(experiment: Experiment) -> Iterator[Finding]:
    """Find products that do not use what the run makes, and budgets of what it does not have."""
    for position, name in enumerate(experiment.products):
        yield from _product(experiment, ("products", position), name)
    for name, budget in asked_budgets(experiment).items():
        yield from _budget(experiment, ("budgets", name), budget)


def _product(experiment: Experiment, address: Address, name: str) -> Iterator[Finding]:
    yield from unknown_entry(address, name, experiment.catalog, "products")
    record, sectors = experiment.catalog.products.get(name), experiment.sectors
    if record is not None and not set(sectors) & set(record.uses):
        known, made = experiment.catalog.products.items(), " or ".join(sectors)
        fitting = [one for one, other in known if set(sectors) & set(other.uses)]
        yield Finding(
            address, f"{name}, which uses {', '.join(record.uses)} and no {made}",
            f"a product that uses {made}" + (f", such as {', '.join(fitting)}" if fitting else ""),
            f"remove it, change sectors, or state catalog.products.{name}.uses.{sectors[0]}",
            also=(("sectors",),),
        )  # fmt: skip


def _budget(experiment: Experiment, address: Address, one: Budget) -> Iterator[Finding]:
    catalog = experiment.catalog
    wrong = [
        *unknown_entry((*address, "region"), one.region, catalog, "regions"),
        *unknown_entry((*address, "route"), one.route, catalog, "routes"),
    ]
    wrong += strange_sector(experiment, (*address, "route"), one.route)
    yield from wrong
    against = budget_against(experiment, one)
    if one.gap == "buyer":
        yield from _buyer(experiment, (*address, "against"), one, against)
    sector = sector_of(experiment, one.route)
    rules = sector_regions(experiment, sector).get(one.region)
    if (
        wrong
        or rules is None
        or (one.gap == "buyer" and against not in beside(experiment, one.route))
    ):
        return
    if one.gap == "market" and rules.product_price is None:
        yield Finding(
            (*address, "gap"), f"the gap to a price that {one.region} does not have",
            f"product_price of {one.region}",
            f"add catalog.regions.{one.region}.product_price: "
            "{theta_border: ..., theta_open: ...}, or take another gap",
        )  # fmt: skip
    itself = (one.region, one.route) == alternatives(experiment).get(against)
    if (one.gap == "support" and one.route == rules.reference) or (one.gap == "buyer" and itself):
        yield Finding(
            (*address, "route"), f"{one.route}, which is what it is compared with",
            "a route with a gap", "name another route",
        )  # fmt: skip
        return
    yield from _dates(experiment, address, one)


def _buyer(
    experiment: Experiment, address: Address, one: Budget, against: str
) -> Iterator[Finding]:
    if not experiment.against:
        yield Finding(
            address, "no buyer in this run", "at least one under against",
            f"write against: [{one.region}.bf_bof] at the top level, or take another gap",
            also=(address[:-1],),
        )  # fmt: skip
        return
    known, made = beside(experiment, one.route), sector_of(experiment, one.route)
    if one.against is None and len(known) > 1:
        yield Finding(
            address, f"one of {len(known)} buyers, unsaid", f"one of {', '.join(known)}",
            "add against: ...", also=(address[:-1],),
        )  # fmt: skip
    elif one.against is not None and against not in experiment.against:
        yield unknown(address, against, experiment.against, "buyer of the run")
    elif not against:
        yield Finding(
            address, f"no buyer of {made}", f"a buyer who compares with a route of {made}",
            f"add one to against, such as {one.region}.{one.route}", also=(address[:-1],),
        )  # fmt: skip
    else:
        _, route = alternatives(experiment)[against]
        yield from other_sector(experiment, address, route, one.route)


def _dates(experiment: Experiment, address: Address, one: Budget) -> Iterator[Finding]:
    """A volume is paid from a year on in which there is something to compare."""
    years = experiment.years
    if one.first > years.last:
        yield Finding(
            (*address, "volume"), f"no volume until {one.first - 1}",
            f"some volume in {years.first}-{years.last}, the years of the run",
            "begin it earlier, or lengthen years",
        )  # fmt: skip
        return
    other = reference_of(experiment, one.region, one.route)
    if one.gap == "buyer":
        other = alternatives(experiment)[budget_against(experiment, one)][1]
    for name in (one.route, other):
        there = there_from(experiment, name)
        if max(one.first, years.first) < there:
            yield Finding(
                (*address, "volume"), f"tonnes of {max(one.first, years.first)}",
                f"{there} or later, when {name} is available",
                f"begin the volume in {there}", also=(FIRST,),
            )  # fmt: skip
