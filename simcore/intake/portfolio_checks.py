"""Faults in portfolios: members that are not there, or twice, and values without a rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from simcore.intake.findings import FIRST, Address, Finding, unknown
from simcore.intake.portfolios import Portfolio
from simcore.intake.schema import Experiment

_LONGEST: Final = 50
"""Years before the run to which a value may be discounted."""


def portfolio_findings(
    experiment: Experiment, scenarios: Mapping[str, Experiment]
) -> Iterator[Finding]:
    """Find what is wrong with the portfolios of a config, whose projects every scenario must
    have."""
    for name, one in experiment.portfolios.items():
        address = ("portfolios", name)
        if not one.members:
            yield Finding(
                address, "neither projects nor exposures", "at least one member",
                "write projects: [NAME], or exposures: [NAME]",
            )  # fmt: skip
        for position, project in enumerate(one.projects):
            yield from _project(scenarios, (*address, "projects", position), project)
        for position, exposure in enumerate(one.exposures):
            place = (*address, "exposures", position)
            if exposure not in experiment.exposures:
                yield unknown(
                    place, exposure, experiment.exposures, "exposure",
                    define="define it under exposures",
                )  # fmt: skip
            elif one.rate is None and experiment.exposures[exposure].plant is None:
                yield Finding(
                    place, f"{exposure}, a shortfall of no region, and no rate", "a rate",
                    "add rate: 6 % to the portfolio", also=(address,),
                )  # fmt: skip
        yield from _twice(address, one)
        years = experiment.years
        earliest = years.first - _LONGEST
        if one.valued_in is not None and not earliest <= one.valued_in <= years.last:
            yield Finding(
                (*address, "valued_in"), f"{one.valued_in}", f"a year in {earliest}-{years.last}",
                f"write {years.first}, the first year of the run, or leave it out", also=(FIRST,),
            )  # fmt: skip


def _project(
    scenarios: Mapping[str, Experiment], address: Address, name: str
) -> Iterator[Finding]:  # fmt: skip
    lacking = [one for one, scenario in scenarios.items() if name not in scenario.projects]
    if len(lacking) == len(scenarios):
        known = {one for scenario in scenarios.values() for one in scenario.projects}
        yield unknown(address, name, known, "project", define="define it under projects")
    elif lacking:
        yield Finding(
            address, f"{name}, which {lacking[0]} does not have", "a project of every scenario",
            "define it under projects at the top level",
        )  # fmt: skip


def _twice(address: Address, one: Portfolio) -> Iterator[Finding]:
    """Members whose label is not their own."""
    for key, names in (("projects", one.projects), ("exposures", one.exposures)):
        for position, name in enumerate(names):
            if name in names[:position]:
                yield Finding(
                    (*address, key, position), f"{name!r} twice", "each member once", "remove one",
                )  # fmt: skip
    for name in sorted({*one.projects} & {*one.exposures}):
        yield Finding(
            address, f"{name}, which is a project and an exposure", "a name for each member",
            "rename the exposure",
        )  # fmt: skip
