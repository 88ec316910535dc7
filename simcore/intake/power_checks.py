"""Checks of power: what is burnt on site, whose emissions stand for it, what is paid back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simcore.intake.findings import Address, Finding, unknown, unknown_entry
from simcore.intake.power import Generation
from simcore.intake.price_checks import bought_findings, not_bought_by
from simcore.intake.priced import used_entries, used_places
from simcore.intake.schema import Experiment
from simcore.intake.usage import (
    border_rule,
    crosses_border,
    met_regions,
    origins,
    sector_of,
    sector_regions,
    used_sectors,
)


def power_findings(experiment: Experiment) -> Iterator[Finding]:
    """Find what is wrong with power made on site, at the border, and with compensation."""
    for address, price in used_entries(experiment):
        if isinstance(price, Generation):
            regions = used_places(experiment, address[2])[address[3]]
            yield from _generation(experiment, address, price, regions)
    yield from _at_the_border(experiment)
    for region in met_regions(experiment):
        for sector in used_sectors(experiment):
            yield from _compensation(experiment, region, sector)
    yield from _paid_twice(experiment)


def _generation(
    experiment: Experiment, address: Address, price: Generation, regions: list[str]
) -> Iterator[Finding]:
    place = (*address, "fuel")
    refused = not_bought_by(
        experiment, place, price.fuel, "MWh", "which is not a fuel bought by energy",
        "a commodity with a price per MWh or GJ", "name the price of coal or gas by energy",
    )  # fmt: skip
    yield from bought_findings(experiment, place, price.fuel, regions, refused)


def _at_the_border(experiment: Experiment) -> Iterator[Finding]:
    """What stands for power at a border, in the regions from which tonnes cross it."""
    rule, catalog = experiment.cbam.power_factor, experiment.catalog
    counts = any(border_rule(experiment, one, "indirect") != 0 for one in used_sectors(experiment))
    if rule == "actual" or not counts:
        return
    place = ("cbam", "power_factor")
    # What is made elsewhere declares its own emissions at the border of who buys it.
    crossing = dict.fromkeys(region for region, _ in origins(experiment))
    if experiment.cbam.declared != "default":
        crossing |= {one: None for one in met_regions(experiment)
                     if crosses_border(experiment, one)}  # fmt: skip
    for region in crossing:
        if rule == "default" and catalog.regions[region].default_power_factor is None:
            address = ("catalog", "regions", region, "default_power_factor")
            yield Finding(
                address, f"no default value of power for {region}", "t CO2e per MWh",
                f"add catalog.regions.{region}.default_power_factor: 0.5 t/MWh", also=(place,),
            )  # fmt: skip
    for address, price in used_entries(experiment) if rule == "grid_mean" else ():
        grid: Any = getattr(price, "grid", None)
        if grid is None or address[1] != "prices":
            continue
        buyers = used_places(experiment, address[2])[address[3]]
        yield from bought_findings(
            experiment, (*address, "grid"), grid, [one for one in buyers if one in crossing]
        )


def _compensation(experiment: Experiment, region: str, sector: str) -> Iterator[Finding]:
    """Names of routes and of power in what is paid back."""
    rules = sector_regions(experiment, sector).get(region)
    if rules is None or rules.compensation is None:
        return
    place = ("catalog", "sectors", sector, "regions", region, "compensation")
    known = experiment.catalog.routes
    for name in rules.compensation.benchmark:
        if name != "default" and name not in known:
            yield unknown((*place, "benchmark", name), name, known, "route")
    for position, name in enumerate(rules.compensation.power):
        yield from unknown_entry((*place, "power", position), name, experiment.catalog, "prices")


def _paid_twice(experiment: Experiment) -> Iterator[Finding]:
    """Instruments that pay a project what its carbon cost is net of."""
    catalog = experiment.catalog
    for project, one in experiment.projects.items():
        sector = sector_of(experiment, one.route)
        rules = sector_regions(experiment, sector).get(one.region)
        if rules is None or rules.compensation is None or rules.compensation.share == 0:
            continue
        for position, name in enumerate(one.instruments):
            record = catalog.instruments.get(name)
            if record is not None and record.kind == "compensation":
                yield Finding(
                    ("projects", project, "instruments", position),
                    f"{name}, beside the compensation that {sector} has in {one.region}",
                    "the carbon cost of power paid back once",
                    f"remove it, or write catalog.regions.{one.region}.compensation: null",
                )  # fmt: skip
