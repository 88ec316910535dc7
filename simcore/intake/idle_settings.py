"""Settings of projects, instruments and exposures that others leave without effect, though a run
reads them.

What no row reads at all, `effects` finds by itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from simcore.intake.asked import exports, project_instruments
from simcore.intake.compilation import compiled
from simcore.intake.entries import Electrolysis
from simcore.intake.findings import Finding
from simcore.intake.hosts import traded_by
from simcore.intake.instrument_checks import paid_until
from simcore.intake.instruments import CarbonContract, Compensation, Instrument, Loan
from simcore.intake.projects import Project
from simcore.intake.schema import Experiment
from simcore.intake.usage import price_of, replaced_by
from simcore.quantities import Constant, FactorReference
from simcore.units import conversion


def idle_settings(experiments: Iterable[Experiment]) -> list[Finding]:
    """Find the settings that have no effect in any of the scenarios that have them.

    `remedy` says when a setting would count.
    """
    every = list(experiments)
    found = [dict.fromkeys(_findings(one)) for one in every]
    return [
        finding
        for finding in dict.fromkeys(one for table in found for one in table)
        if all(
            finding in table or not _has(one, finding)
            for one, table in zip(every, found, strict=True)
        )
    ]


def _has(experiment: Experiment, finding: Finding) -> bool:
    """Whether a scenario has the project or instrument of a finding."""
    section, name = finding.address[0], finding.address[1]
    if section in ("choice", "decisions"):
        return True
    if section == "exposures":
        return name in experiment.exposures
    if section == "projects":
        return name in experiment.projects
    return finding.address[2] in project_instruments(experiment)


def _findings(experiment: Experiment) -> Iterator[Finding]:
    for name, one in experiment.projects.items():
        yield from _of_project(experiment, name, one)
        for position, instrument in enumerate(one.instruments):
            yield from _of_payment(experiment, name, position, instrument)
    for instrument in project_instruments(experiment):
        yield from _of_instrument(experiment, instrument)
    choice = experiment.choice
    if choice is not None and choice.weights and "expected" not in choice.rules:
        yield _idle(
            ("choice", "weights"), "weights of scenarios", "the rule expected, which reads them",
            "add expected to rules, or ask with --rule expected",
        )  # fmt: skip
    taken = dict[frozenset[str], str]()
    for name, decision in experiment.decisions.items():
        first = taken.setdefault(frozenset(decision.projects), name)
        if first != name:
            yield _idle(
                ("decisions", name), f"the projects of {first}" if decision.projects
                else f"nothing is done, as in {first}", "a decision that differs from all others",
                "both are worth the same in every draw: remove one, or name other projects",
            )  # fmt: skip
    for name, exposure in experiment.exposures.items():
        plant = exposure.plant
        if plant is not None and exports(experiment, name) and _inside(experiment, plant.region):
            yield _idle(
                ("exposures", name, "plant", "destinations", "eu"), "a share sold into the EU",
                "a plant outside of it", f"{plant.region} lies inside its border: leave it out",
            )  # fmt: skip


def _inside(experiment: Experiment, region: str) -> bool:
    """Whether a region lies inside the border of the EU."""
    return experiment.catalog.regions[region].market == experiment.cbam.market


def _of_project(experiment: Experiment, name: str, one: Project) -> Iterator[Finding]:
    address, catalog = ("projects", name), experiment.catalog
    if one.destination == "eu" and _inside(experiment, one.region):
        yield _idle(
            (*address, "destination"), "eu", "a destination that differs from home",
            f"{one.region} lies inside the border of the EU: leave it out",
        )  # fmt: skip
    if one.closes == one.planned_end:
        yield _idle(
            (*address, "closes"), f"{one.closes}", "a year before the last one of its lifetime",
            f"it runs until {one.planned_end} anyway: leave it out, or close earlier",
        )  # fmt: skip
    if one.hydrogen == "own":
        inputs = traded_by(catalog, *one.routes)
        price = price_of(experiment, "hydrogen", one.region)
        why = f"{one.route} takes no hydrogen" if "hydrogen" not in inputs else (
            f"hydrogen of {one.region} is bought at a price of its own, not made of electricity"
        )  # fmt: skip
        if "hydrogen" not in inputs or not isinstance(price, Electrolysis):
            yield _idle((*address, "hydrogen"), "own", "a plant with an electrolyser", why)
    buyer = catalog.buyers[one.buyer or experiment.value.buyer]
    paid = buyer.willingness if one.willing is None else one.willing
    if not _is_zero(one.sold) and _is_zero(paid):
        yield _idle(
            (*address, "sold"), "a share sold as green", "a buyer who pays more for it",
            f"add willing: 40 EUR/t, or a buyer who does: {_paying(experiment)}",
        )  # fmt: skip


def _paying(experiment: Experiment) -> str:
    buyers = experiment.catalog.buyers.items()
    return ", ".join(name for name, one in buyers if not _is_zero(one.willingness)) or "none"


def _of_payment(
    experiment: Experiment, project: str, position: int, name: str
) -> Iterator[Finding]:
    """An instrument that pays a project nothing in any year."""
    one, record = experiment.projects[project], experiment.catalog.instruments[name]
    address = ("projects", project, "instruments", position)
    if record.first is not None and record.first > one.end:
        why = f"the programme begins in {record.first}, and the plant ends in {one.end}"
        yield _idle(address, name, "an instrument that pays", why)
    elif record.last is not None and record.last < one.start:
        why = f"the programme ends in {record.last}, and the plant starts in {one.start}"
        yield _idle(address, name, "an instrument that pays", why)
    elif _of_carbon(record) and one.routes == [replaced_by(experiment, project)]:
        why = f"it pays for avoided CO2, of which {one.route} avoids none over itself"
        yield _idle(address, name, "an instrument that pays", why)
    else:
        last, end = experiment.years.last, paid_until(record, one)
        if end > last and record.term is None and not hasattr(record, "paid_in"):
            yield Finding(
                address, f"{name}, whose payments end with the run in {last}, not with the plant",
                f"years until {end}", f"write years: {experiment.years.first}-{end}, or its term",
            )  # fmt: skip
        elif (late := _delayed_until(experiment, record, one)) > last:
            yield Finding(
                address, f"{name}, whose payments end with the run in {last}, though a delay moves "
                f"them until {late}",
                f"years until {late}", f"write years: {experiment.years.first}-{late}",
            )  # fmt: skip
        wanted, taken = _paid_for(record), traded_by(experiment.catalog, *one.routes)
        own = wanted == "electricity" and one.hydrogen == "own" and "hydrogen" in taken
        if wanted and wanted not in taken and not own:
            why = f"it pays for {wanted}, of which {one.route} takes none"
            yield _idle(address, name, "an instrument that pays", why)


def _delayed_until(experiment: Experiment, record: Instrument, one: Project) -> int:
    """Last year in which an instrument pays after its longest delay, or after the central one where
    that has no bound."""
    delay: Any = record.delay
    if isinstance(delay, FactorReference):
        delay = experiment.factors[delay.name]
    if hasattr(record, "paid_in"):
        return one.start  # its year is asked for by itself
    if getattr(delay, "csv", None):
        return paid_until(record, one)
    found = compiled(delay, Path())
    years = found.high if math.isfinite(found.high) else found.central
    years *= conversion(delay.unit or "yr", "yr", exchange={})
    term = one.lifetime if record.term is None else record.term
    return min(one.start + term - 1 + math.ceil(years), one.end, record.last or one.end)


def _of_carbon(record: Instrument) -> bool:
    """Whether an instrument pays for tonnes of CO2 avoided."""
    return isinstance(record, CarbonContract) or getattr(record, "per", "") == "avoided"


def _paid_for(record: Instrument) -> str:
    """The commodity whose quantity an instrument pays for; empty where it is none."""
    if isinstance(record, Compensation):
        return "electricity"
    per = getattr(record, "per", "") if getattr(record, "covers", None) is None else ""
    return per if per in ("hydrogen", "electricity") else ""


def _of_instrument(experiment: Experiment, name: str) -> Iterator[Finding]:
    record, address = experiment.catalog.instruments[name], ("catalog", "instruments", name)
    paid = [project for project, one in experiment.projects.items() if name in one.instruments]
    if record.repay == "received" and record.sided == "one":
        yield _idle(
            (*address, "repay"), "received", "a limit of what the firm repays",
            "with sided: one it repays nothing",
        )  # fmt: skip
    if record.other_aid == "deduct" and not any(_before(experiment, one, name) for one in paid):
        yield _idle(
            (*address, "other_aid"), "deduct", "an instrument that is paid before it",
            f"{' and '.join(paid)} has none before {name}: list another one first, or leave it out",
        )  # fmt: skip
    follows = isinstance(record, Loan | Compensation) or getattr(record, "covers", None) is not None
    if record.nominal and follows and record.cap.total is None and record.cap.yearly is None:
        yield _idle(
            (*address, "nominal"), "true", "an amount or a cap in money of each year",
            "what it pays follows from real costs and prices: leave it out, or add a cap",
        )  # fmt: skip
    if not isinstance(record, CarbonContract):
        return
    projects = [experiment.projects[project] for project in paid]
    if not _is_zero(record.green_revenue) and all(_is_zero(one.sold) for one in projects):
        yield _idle(
            (*address, "green_revenue"), "a share of the green revenue", "a project that has some",
            f"add sold: 50 % to {' and '.join(paid)}",
        )  # fmt: skip
    routes = {replaced_by(experiment, project) for project in paid}
    traded = traded_by(
        experiment.catalog, *routes, *(route for one in projects for route in one.routes)
    )
    for commodity in record.indexation.shares if record.indexation else ():
        if commodity not in traded:
            yield _idle(
                (*address, "indexation", "shares", commodity), commodity,
                "a commodity that the plant or what it replaces buys or sells",
                f"they trade {', '.join(sorted(traded))}",
            )  # fmt: skip


def _before(experiment: Experiment, project: str, name: str) -> bool:
    """Whether a project is paid something before an instrument that is paid by year."""
    named, known = experiment.projects[project].instruments, experiment.catalog.instruments
    return named[0] != name or any(hasattr(known[one], "paid_in") for one in named)


def _idle(address: tuple[object, ...], what: str, expected: str, why: str) -> Finding:
    return Finding(address, f"{what}, which changes nothing in this run", expected, why)


def _is_zero(value: object) -> bool:
    return isinstance(value, Constant) and value.value == 0.0
