"""What other parts of a config say of projects: their names, and the year they are valued in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from simcore.intake.findings import FIRST, Address, Finding, unknown
from simcore.intake.schema import Experiment

_LONGEST: Final = 50
"""Years before the run to which a value may be discounted."""


def lacking_findings(
    scenarios: Mapping[str, Experiment], address: Address, name: str, *,
    define: str = "define it under projects",
) -> Iterator[Finding]:  # fmt: skip
    """Find a project that is named and that no scenario has, or that one has not."""
    without = [one for one, scenario in scenarios.items() if name not in scenario.projects]
    if len(without) == len(scenarios):
        known = {one for scenario in scenarios.values() for one in scenario.projects}
        yield unknown(address, name, known, "project", define=define)
    elif without:
        yield Finding(
            address, f"{name}, which {without[0]} does not have", "a project of every scenario",
            "define it under projects at the top level",
        )  # fmt: skip


def valued_findings(
    experiment: Experiment, address: Address, valued_in: int | None
) -> Iterator[Finding]:
    """Find a year of valuation after the run, or too long before it."""
    years = experiment.years
    earliest = years.first - _LONGEST
    if valued_in is not None and not earliest <= valued_in <= years.last:
        yield Finding(
            (*address, "valued_in"), f"{valued_in}", f"a year in {earliest}-{years.last}",
            f"write {years.first}, the first year of the run, or leave it out", also=(FIRST,),
        )  # fmt: skip
