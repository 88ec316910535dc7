"""Strikes at break-even of which no scenario has the project or the contract (MODEL 14.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simcore.intake.findings import Address, Finding, unknown
from simcore.intake.instruments import BreakEven
from simcore.intake.schema import Experiment


def bidding_findings(scenarios: Mapping[str, Experiment]) -> Iterator[Finding]:
    """Find strikes at break-even that no run could solve."""
    for experiment in scenarios.values():
        for project, one in experiment.projects.items():
            struck = _struck(experiment, one.instruments)
            bids = [name for name in struck if _bid(experiment, name) is not None]
            for name in bids:
                asked: Address = ("projects", project, "instruments", one.instruments.index(name))
                if name != struck[0]:
                    yield Finding(
                        asked, f"{name}, whose strike is to break even beside that of {struck[0]}",
                        "no contract with a strike before the one that breaks even",
                        f"list {name} first" if struck[0] not in bids
                        else "write a number for one of the strikes",
                        also=(("catalog", "instruments", name, "strike"),),
                    )  # fmt: skip
                    continue
                yield from _under(scenarios, experiment, project, name)


def _under(
    scenarios: Mapping[str, Experiment], experiment: Experiment, project: str, name: str
) -> Iterator[Finding]:
    """What is wrong with the scenario under which a contract is bid."""
    bid = _bid(experiment, name)
    within = None if bid is None else bid.within
    if within is None:
        return
    place = ("catalog", "instruments", name, "strike", "in")
    if within not in scenarios:
        yield unknown(place, within, scenarios, "scenario")
        return
    other = scenarios[within]
    there = other.projects.get(project)
    if there is None or name not in there.instruments:
        what = "project" if there is None else "contract of the project"
        yield Finding(
            place, f"{within}, which has no such {what}: {project}.{name}",
            "a scenario with the project and its contract", "name another scenario",
            also=(("projects", project, "instruments"),),
        )  # fmt: skip
        return
    its = _bid(other, name)
    if its is None or its.within not in (None, within):
        found = "which has another strike" if its is None else f"which is bid under {its.within}"
        yield Finding(
            place, f"{within}, {found} for {name}",
            "a scenario in which the strike breaks even too", "name another scenario",
        )  # fmt: skip


def _struck(experiment: Experiment, names: list[str]) -> list[str]:
    """Instruments with a strike, each once."""
    known = experiment.catalog.instruments
    return [
        name for name in dict.fromkeys(names)
        if name in known and "strike" in type(known[name]).model_fields
    ]  # fmt: skip


def _bid(experiment: Experiment, name: str) -> BreakEven | None:
    """The strike of a contract, where it is to break even."""
    strike = getattr(experiment.catalog.instruments.get(name), "strike", None)
    return strike if isinstance(strike, BreakEven) else None
