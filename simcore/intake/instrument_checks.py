"""Instruments whose years and references do not fit the project that they pay (MODEL 12)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from simcore.intake import shipped
from simcore.intake.asked import project_instruments
from simcore.intake.findings import Address, Finding, unknown, unknown_entry
from simcore.intake.instruments import PER, CarbonContract, Instrument, Loan, OpexSupport
from simcore.intake.projects import Project
from simcore.intake.schema import Experiment
from simcore.intake.stated import unit_of
from simcore.intake.usage import replaced_by
from simcore.units import UnitError, conversion

_LAST: Final = ("years", "last")


def instrument_findings(
    experiment: Experiment, address: Address, one: Project, *, avoids: bool
) -> Iterator[Finding]:
    """Find what is wrong with the instruments of a project, whose routes are in order.

    `avoids` says whether a tonne of it may emit less than one of what it is set against.
    """
    catalog = experiment.catalog
    for position, name in enumerate(one.instruments):
        if name not in catalog.instruments or name in one.instruments[:position]:
            continue
        asked, record = (*address, "instruments", position), catalog.instruments[name]
        yield from _paid_in_time(experiment, name, asked, one)
        of_carbon = isinstance(record, CarbonContract) or getattr(record, "per", "") == "avoided"
        if of_carbon and not avoids:
            route = replaced_by(experiment, address[1])
            yield Finding(
                asked, f"{name}, which pays for avoided CO2: {one.route} avoids none over {route}",
                f"a route that emits less than {route}",
                "set it against another route, or remove the instrument",
                also=((*address, "route"), (*address, "against", "route")),
            )  # fmt: skip


def _paid_in_time(
    experiment: Experiment, name: str, asked: Address, one: Project
) -> Iterator[Finding]:
    """Payments after the horizon, of which nobody knows what they depend on, and a base after the
    start."""
    record, years = experiment.catalog.instruments[name], experiment.years
    address, last = ("catalog", "instruments", name), years.last
    blamed = (asked, ("projects", asked[1], "start"), _LAST)
    if not years.first <= one.start <= last:
        return  # said of the project
    paid_in: int | None = getattr(record, "paid_in", None)
    if paid_in is not None:
        year = one.start + paid_in
        if year > last:
            yield Finding(
                (*address, "paid_in"), f"{paid_in} years after the start, in {year}",
                f"a payment until {last}, the last year of the run",
                f"write years: {years.first}-{year}, or pay it earlier", also=blamed,
            )  # fmt: skip
        return
    end = paid_until(record, one)
    if isinstance(record, Loan) and (record.term or 0) > one.used:
        yield Finding(
            (*address, "term"), f"{record.term} years, of a plant that runs for {one.used}",
            "a loan that is repaid while the plant runs", f"write term: {one.used} or less",
            also=blamed,
        )  # fmt: skip
    if end > last and record.term is not None:
        yield Finding(
            (*address, "term"), f"{record.term} years from {one.start}, until {end}",
            f"payments until {last}, the last year of the run",
            f"write years: {years.first}-{end}, or term: {last - one.start + 1}", also=blamed,
        )  # fmt: skip
    index = getattr(record, "indexation", None)
    if index is not None and years.first <= index.base <= last and index.base > one.start:
        yield Finding(
            (*address, "indexation", "base"), f"{index.base}, after the start in {one.start}",
            f"the year of the bid, {one.start} or earlier", f"write base: {one.start}, or earlier",
            also=blamed,
        )  # fmt: skip


def paid_until(record: Instrument, one: Project) -> int:
    """Last year in which an instrument may pay a project."""
    term = one.lifetime if record.term is None else record.term
    return min(one.start + term - 1, one.end, record.last or one.end)


def contract_findings(experiment: Experiment) -> Iterator[Finding]:
    """Find what is wrong with the instruments of the run, whoever has them."""
    catalog = experiment.catalog
    for name in project_instruments(experiment):
        record, address = catalog.instruments.get(name), ("catalog", "instruments", name)
        if record is None:
            continue  # said where it is named
        first, last = record.first, record.last
        if first is not None and last is not None and first > last:
            yield Finding(
                address, f"first = {first} after last = {last}", "first <= last",
                "swap or correct the two",
            )  # fmt: skip
        if isinstance(record, CarbonContract):
            yield from _carbon(experiment, address, record)
        elif isinstance(record, OpexSupport):
            yield from _amount(experiment, address, record)


def _carbon(experiment: Experiment, address: Address, record: CarbonContract) -> Iterator[Finding]:
    years = experiment.years
    if record.market is not None:
        place = (*address, "market")
        yield from unknown_entry(place, record.market, experiment.catalog, "markets")
    index = record.indexation
    if index is None:
        return
    if not years.first <= index.base <= years.last:
        yield Finding(
            (*address, "indexation", "base"), f"{index.base}",
            f"a year in {years.first}-{years.last}, the years of the run",
            f"write {years.first}, or lengthen years", also=(_LAST, ("years", "first")),
        )  # fmt: skip
    known = shipped.mentionable(experiment.catalog, "prices")
    for commodity in index.shares:
        if commodity not in known:
            yield unknown(
                (*address, "indexation", "shares", commodity), commodity, known, "commodity"
            )


def _amount(experiment: Experiment, address: Address, record: OpexSupport) -> Iterator[Finding]:
    """Support of operation states an amount, in the unit of what it is paid for, or a gap."""
    amount, target = record.amount, PER[record.per]
    if (amount is None) == (record.covers is None):
        yield Finding(
            address, "both amount and covers" if amount else "neither amount nor covers",
            "one of amount and covers", f"write amount: <{target}>, or covers: gap",
        )  # fmt: skip
    if amount is None:
        return
    try:
        unit = unit_of(experiment, amount)
        conversion(unit or target, target, exchange=experiment.money.exchange)
    except UnitError as error:
        yield Finding(
            (*address, "amount"), f"{unit} with per: {record.per}", error.expected,
            f"write it in {target}, or change per", also=((*address, "per"),),
        )  # fmt: skip
