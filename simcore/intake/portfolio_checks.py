"""Faults in portfolios: members that are not there, or twice, and values without a rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simcore.intake.findings import Address, Finding, unknown
from simcore.intake.naming_projects import lacking_findings, valued_findings
from simcore.intake.portfolios import Portfolio
from simcore.intake.schema import Experiment


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
            yield from lacking_findings(scenarios, (*address, "projects", position), project)
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
        yield from valued_findings(experiment, address, one.valued_in)


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
