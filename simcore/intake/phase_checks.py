"""Plants that are converted or close early: dates and parts that do not fit together (MODEL 11)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from simcore.intake.findings import Address, Finding
from simcore.intake.hosts import traded_by
from simcore.intake.projects import Project
from simcore.intake.schema import Experiment

_LAST: Final = ("years", "last")


def phase_findings(experiment: Experiment, address: Address, one: Project) -> Iterator[Finding]:
    """Find what is wrong with the phases and the closure of a project."""
    yield from _closes(experiment, address, one)
    converted = len(one.spans) > 1
    if one.phases:
        yield from _dates(experiment, address, one)
    if converted and one.conversion is None:
        yield Finding(
            (*address, "phases"), "phases without what converting costs", "conversion",
            "add conversion: 200 EUR/(t/yr), or 0 EUR/(t/yr)",
            without=((*address, "conversion"),),
        )  # fmt: skip
    elif one.conversion is not None and not converted:
        yield Finding(
            (*address, "conversion"), "conversion of a plant with one route",
            "two routes in phases",
            f"add phases: {{{one.start}: {one.route}, <year>: <route>}}, or remove it",
            without=((*address, "phases"),),
        )  # fmt: skip
    if not converted:
        return
    for key in ("debt", "tax"):
        if getattr(one, key) is not None:
            yield Finding(
                (*address, key), f"{key} of a plant that is converted",
                f"a plant of one phase, or no {key}: a second investment is neither lent nor "
                "written off here",
                f"remove {key}, or phases", also=((*address, "phases"),),
            )  # fmt: skip
    known = [route for route, _ in one.spans if route in experiment.catalog.routes]
    makes = [route for route in known if "hydrogen" in traded_by(experiment.catalog, route)]
    if one.hydrogen == "own" and len(makes) > 1:
        yield Finding(
            (*address, "hydrogen"), f"own, in {len(makes)} phases: {', '.join(makes)}",
            "own hydrogen in one phase, whose electrolyser is built with it",
            "write hydrogen: bought", also=((*address, "phases"),),
        )  # fmt: skip


def _dates(experiment: Experiment, address: Address, one: Project) -> Iterator[Finding]:
    first, place, last = min(one.phases), (*address, "phases"), experiment.years.last
    for key, stated, said in (("start", one.start, first), ("route", one.route, one.phases[first])):
        if stated != said:
            yield Finding(
                place, f"a first phase of {first}: {one.phases[first]}, and {key}: {stated}",
                "the same in both", f"write {key}: {said}, or leave {key} out",
                also=((*address, key),),
            )  # fmt: skip
    for year in one.phases:
        if year > min(one.end, last):
            yield Finding(
                (*place, year), f"{year}, after the plant's last year {one.end}"
                if year > one.end else f"{year}, after {last}, the last year of the run",
                f"a year in {one.start}-{min(one.end, last)}", "convert earlier, or leave it out",
                also=((*address, "lifetime"), (*address, "closes"), _LAST),
            )  # fmt: skip


def _closes(experiment: Experiment, address: Address, one: Project) -> Iterator[Finding]:
    last = min(one.planned_end, experiment.years.last)
    if one.closes is not None and not one.start <= one.closes <= last:
        yield Finding(
            (*address, "closes"), f"{one.closes}",
            f"a year in {one.start}-{last}, of its lifetime and of the run",
            f"write {last} or less, or leave it out",
            also=((*address, "lifetime"), (*address, "start"), _LAST),
        )  # fmt: skip
