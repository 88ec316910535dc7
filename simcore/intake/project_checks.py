"""Projects whose names, years and parts do not fit together, or not the run (MODEL 11)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from simcore.intake.asked import project_instruments
from simcore.intake.findings import (
    FIRST,
    Address,
    Finding,
    other_sector,
    strange_sector,
    unknown_entry,
)
from simcore.intake.host_checks import emitted_ends
from simcore.intake.hosts import captures, inside_of, route_of
from simcore.intake.instrument_checks import contract_findings, instrument_findings
from simcore.intake.phase_checks import phase_findings
from simcore.intake.projects import Project
from simcore.intake.schema import Experiment
from simcore.intake.scheme_checks import scheme_findings
from simcore.intake.usage import replaced_by, sector_of, sector_regions, there_from
from simcore.numerics.elementary import total
from simcore.quantities import Constant

_LAST: Final = ("years", "last")
_TOLERANCE: Final = 1e-9
_LONGEST: Final = 50
"""Years before the start to which a value may be discounted."""
_BUILDING: Final = 20
"""Years before the start in which a plant may be paid."""


def project_findings(experiment: Experiment, folder: Path) -> Iterator[Finding]:
    """Find what is wrong with the projects of a config, and with the instruments that pay them."""
    for name, one in experiment.projects.items():
        address = ("projects", name)
        twin = experiment.catalog.instruments.get(name)
        if twin is not None and name in project_instruments(experiment):
            yield from _one_draw(address, one.rate, twin.rate)
        yield from _names(experiment, address, one)
        yield from _years(experiment, address, one)
        yield from _money(address, one)
        yield from phase_findings(experiment, address, one)
        known = one.route in experiment.catalog.routes and _is_compared(experiment, one)
        if known and replaced_by(experiment, name) in experiment.catalog.routes:
            yield from _compared(experiment, address, name, one)
            yield from instrument_findings(
                experiment, address, one, avoids=_avoids(experiment, name, one, folder)
            )
    yield from contract_findings(experiment)
    yield from scheme_findings(experiment)


def _is_compared(experiment: Experiment, one: Project) -> bool:
    """Whether the sector of a project has a reference where it stands."""
    return one.region in sector_regions(experiment, sector_of(experiment, one.route))


def _one_draw(address: Address, own: Any, other: Any) -> Iterator[Finding]:
    """Rates of a project and an instrument of one name, by which both would be drawn."""
    if own is not None and not any(isinstance(one, Constant) for one in (own, other)):
        yield Finding(
            address, f"{address[1]}, which is an instrument too, and both have an uncertain rate",
            "a name of its own", "rename one of the two: they are drawn by their names",
        )  # fmt: skip


def _names(experiment: Experiment, address: Address, one: Project) -> Iterator[Finding]:
    catalog = experiment.catalog
    yield from unknown_entry((*address, "region"), one.region, catalog, "regions")
    # The route of a plant with phases is that of its first.
    own = () if one.route in one.phases.values() else (((*address, "route"), one.route),)
    places: list[tuple[Address, str]] = [*own]
    if one.against is not None:
        place = (*address, "against", "route")
        places.append((place, one.against.route))
        yield from other_sector(experiment, place, one.against.route, one.route)
    for year, route in one.phases.items():
        places.append(((*address, "phases", year), route))
        yield from other_sector(experiment, places[-1][0], route, one.route)
    for place, route in places:
        yield from unknown_entry(place, route, catalog, "routes")
        yield from strange_sector(experiment, place, route)
    if one.buyer is not None:
        yield from unknown_entry((*address, "buyer"), one.buyer, catalog, "buyers")
    for position, name in enumerate(one.instruments):
        place = (*address, "instruments", position)
        yield from unknown_entry(place, name, catalog, "instruments")
        if name in one.instruments[:position]:
            yield Finding(
                place, f"{name!r} twice", "each instrument once",
                "remove one, or define a second one with like: " + name,
            )  # fmt: skip


def _years(experiment: Experiment, address: Address, one: Project) -> Iterator[Finding]:
    years, place = experiment.years, (*address, "start")
    if not years.first <= one.start <= years.last:
        early = one.start < years.first
        yield Finding(
            place, f"{one.start}", f"a year in {years.first}-{years.last}, the years of the run",
            f"start later, or write years: {one.start}-{years.last}" if early
            else f"start earlier, or write years: {years.first}-{one.end}",
            also=(FIRST if early else _LAST,),
        )  # fmt: skip
    elif one.end > years.last and one.beyond == "error":
        yield Finding(
            (*address, "lifetime"), f"a life until {one.end}, after the horizon {years.last}",
            "a life inside the horizon, or beyond: hold",
            f"write years: {years.first}-{one.end}, shorten the lifetime, or set beyond: hold",
            also=(place, (*address, "beyond"), _LAST),
        )  # fmt: skip
    instead = replaced_by(experiment, address[1]) if _is_compared(experiment, one) else ""
    key = ("against", "route") if one.against else ("region",)
    later = [(year, (*address, "phases", year), route) for year, route in one.phases.items()]
    for begins, where, route in (
        (one.start, (*address, "route"), one.route), (one.start, (*address, *key), instead), *later,
    ):  # fmt: skip
        there = there_from(experiment, route)
        if begins < there <= years.last:
            yield Finding(
                place, f"{begins}, before {route} is available ({there})",
                f"{there} or later", f"start in {there}, or set available_from of {route}",
                also=(where,),
            )  # fmt: skip
        elif there > years.last:
            yield Finding(
                where, f"{route}, which is available from {there}",
                f"a route that is there by {years.last}", "name another one, or lengthen years",
                also=(_LAST,),
            )  # fmt: skip
    # What closes before its start has no last year: see `phase_findings`.
    if not one.start - _LONGEST <= one.value_year <= one.end and one.start <= one.end:
        yield Finding(
            (*address, "valued_in"), f"{one.value_year}",
            f"a year in {one.start - _LONGEST}-{one.end}",
            f"write {one.start - 1}, the year before the start, or leave it out", also=(place,),
        )  # fmt: skip


def _money(address: Address, one: Project) -> Iterator[Finding]:
    yield from _spend(address, one)
    debt = one.debt
    if debt is not None and debt.years > one.used:
        yield Finding(
            (*address, "debt", "years"), f"a loan of {debt.years} years for a life of "
            f"{one.used}", f"at most {one.used} years",
            "shorten the loan, or lengthen the lifetime", also=((*address, "lifetime"),),
        )  # fmt: skip


def _spend(address: Address, one: Project) -> Iterator[Finding]:
    place, spent = (*address, "spend"), float(total([*one.spend.values()]))
    for year in one.spend:
        if not -_BUILDING <= year <= 0:
            remedy = f"count from the start: {year - one.start} is {year}" if year > 1000 else (
                "count from the start: -1 is the year before it")  # fmt: skip
            yield Finding(
                (*place, year), f"{year}, {'after the start' if year > 0 else 'long before it'}",
                f"years before the start, {-_BUILDING} to 0", remedy,
            )  # fmt: skip
            return
    if abs(spent - 1.0) > _TOLERANCE:
        per_cent = abs(spent - 100.0) < _TOLERANCE
        yield Finding(
            place, f"shares that sum to {spent:g}", "shares of the investment that sum to 1",
            "write 0.4, or 40 %" if per_cent else "correct the shares",
        )  # fmt: skip


def _compared(
    experiment: Experiment, address: Address, name: str, one: Project
) -> Iterator[Finding]:
    """What it is set against: another plant, or the same at another capital."""
    against, route = one.against, replaced_by(experiment, name)
    if one.routes == [route] and (against is None or against.capital == "full"):
        yield Finding(
            (*address, *(("against", "route") if against else ("route",))),
            f"{route}, set against itself", "another route, or the same with capital: reline",
            "write against: {route: ..., capital: full}, or "
            f"{{route: {route}, capital: reline, reline: <EUR/(t/yr)>}}",
            also=((*address, "route"),),
        )  # fmt: skip
    if against is None:
        return
    place = (*address, "against")
    if against.capital == "reline" and against.reline is None:
        yield Finding(
            place, "capital: reline without a price", "reline: what relining costs",
            "add reline: 150 EUR/(t/yr), or write capital: full (or sunk)",
        )  # fmt: skip
    # A scenario may take back the capital of a reline that the config states.
    if against.reline is not None and "capital" not in against.model_fields_set:
        yield Finding(
            (*place, "reline"), "reline without capital: reline", "capital: reline beside it",
            "add capital: reline, or remove it",
        )  # fmt: skip


def _avoids(experiment: Experiment, name: str, one: Project, folder: Path) -> bool:
    """False where a tonne of a project emits no less than what it replaces, in any draw.

    What is computed rather than stated, as with captures and what is inside, is taken to avoid.
    """
    catalog, other = experiment.catalog, replaced_by(experiment, name)
    if len(one.routes) > 1:
        return True  # of its phases one may
    if other == one.route:
        return True  # set against itself at another capital; that it avoids nothing is a warning
    computed = any(
        list(captures(catalog.routes[route])) or inside_of(catalog, route)
        for route in (one.route, other)
    )
    if computed or route_of(catalog, other).precursor or experiment.boundary != "scope1":
        return True
    own, instead = (
        emitted_ends(experiment, route, one.region, folder) for route in (one.route, other)
    )
    return not own or not instead or min(own) < max(instead)
