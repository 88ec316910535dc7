"""Instruments whose years and references do not fit the project that they pay (MODEL 12)."""

from __future__ import annotations

from collections.abc import Iterator

from simcore.intake import shipped
from simcore.intake.findings import Address, Finding, unknown, unknown_entry
from simcore.intake.hosts import captures, route_of
from simcore.intake.instruments import CarbonContract
from simcore.intake.projects import Project
from simcore.intake.schema import Experiment
from simcore.intake.usage import price_of, project_instruments, replaced_by

_LAST = ("years", "last")


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
        yield from _term(experiment, name, asked, one, record.term)
        of_carbon = isinstance(record, CarbonContract) or getattr(record, "per", "") == "avoided"
        if of_carbon and not avoids:
            route = replaced_by(experiment, address[1])
            yield Finding(
                asked, f"{name}, which pays for avoided CO2: {one.route} avoids none over {route}",
                f"a route that emits less than {route}",
                "set it against another route, or remove the instrument",
                also=((*address, "route"), (*address, "against", "route")),
            )  # fmt: skip


def _term(
    experiment: Experiment, name: str, asked: Address, one: Project, term: int | None
) -> Iterator[Finding]:
    """A contract whose last payments lie after the horizon: nobody knows their reference."""
    last = experiment.years.last
    if term is None or one.start + term - 1 <= last or one.beyond == "hold":
        return
    end = one.start + term - 1
    yield Finding(
        ("catalog", "instruments", name, "term"), f"{term} years from {one.start}, until {end}",
        f"payments until {last}, the last year of the run",
        f"write years: {experiment.years.first}-{end}, or shorten the term",
        also=(asked, ("projects", asked[1], "start"), _LAST),
    )  # fmt: skip


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
    known = {*experiment.catalog.prices, *shipped.names("prices")}
    for commodity in index.shares:
        if commodity not in known:
            yield unknown(
                (*address, "indexation", "shares", commodity), commodity, known, "commodity"
            )


def traded_by(experiment: Experiment, project: str) -> set[str]:
    """Commodities that a project or what it is set against buys or sells."""
    one, found = experiment.projects[project], set[str]()
    for route in (one.route, replaced_by(experiment, project)):
        record = route_of(experiment.catalog, route)
        found.update((*record.inputs, *record.byproducts))
        found.update(captures(experiment.catalog.routes[route]))
    for name in tuple(found):
        feed = getattr(price_of(experiment, name, one.region), "electricity", None)
        found.update([feed] if feed else [])
    return found
