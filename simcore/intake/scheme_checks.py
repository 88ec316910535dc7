"""What instruments are paid against: fuels and markets that there are (MODEL 12)."""

from __future__ import annotations

from collections.abc import Iterator

from simcore.intake import shipped
from simcore.intake.asked import project_instruments
from simcore.intake.findings import Address, Finding, unknown, unknown_entry
from simcore.intake.instruments import CarbonContract, OnPrice
from simcore.intake.schema import Experiment
from simcore.intake.stated import commodity_unit
from simcore.intake.usage import price_of


def scheme_findings(experiment: Experiment) -> Iterator[Finding]:
    """Find what the instruments of the run name that is not there."""
    catalog = experiment.catalog
    for name in project_instruments(experiment):
        record, address = catalog.instruments.get(name), ("catalog", "instruments", name)
        market = getattr(record, "market", None)
        if market is not None and not isinstance(record, CarbonContract):
            yield from unknown_entry((*address, "market"), market, catalog, "markets")
        if isinstance(record, OnPrice):
            yield from _fuels(experiment, name, record, (*address, "replaces"))


def _fuels(
    experiment: Experiment, instrument: str, record: OnPrice, address: Address
) -> Iterator[Finding]:
    known = shipped.mentionable(experiment.catalog, "prices")
    supported = [one for one in experiment.projects.values() if instrument in one.instruments]
    for fuel in record.replaces:
        place = (*address, fuel)
        if fuel not in known:
            yield unknown(place, fuel, known, "commodity")
            continue
        for region in dict.fromkeys(one.region for one in supported):
            price = price_of(experiment, fuel, region)
            if price is None:
                yield Finding(
                    place, f"{fuel}, which has no price in {region}", "a fuel with a price there",
                    f"add catalog.prices.{fuel}.{region}, or name another fuel",
                )  # fmt: skip
            elif commodity_unit(experiment, fuel, price) != "MWh":
                yield Finding(
                    place, f"{fuel}, which has no price per MWh", "a fuel or power",
                    "name one that is bought by its energy, such as natural_gas",
                )  # fmt: skip
