"""Faults in decisions and in how one of them is chosen (MODEL 20)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from simcore.intake.decisions import window_of
from simcore.intake.findings import FIRST, Address, Finding, unknown
from simcore.intake.naming_projects import lacking_findings, valued_findings
from simcore.intake.schema import Experiment

_LAST: Final = ("years", "last")


def decision_findings(
    experiment: Experiment, scenarios: Mapping[str, Experiment]
) -> Iterator[Finding]:
    """Find decisions that name no project, a window outside the run, and rules without what they
    need."""
    yield from _alternatives(experiment)
    yield from _choice(experiment, scenarios)
    for decision, one in experiment.decisions.items():
        for position, project in enumerate(one.projects):
            yield from _project(
                experiment, scenarios, ("decisions", decision), project,
                again=project in one.projects[:position],
            )  # fmt: skip


def _alternatives(experiment: Experiment) -> Iterator[Finding]:
    names = list(experiment.decisions)
    if len(names) == 1:
        yield Finding(
            ("decisions", names[0]), f"{names[0]} alone, which is always the best",
            "at least two decisions to choose among", "add never: []",
        )  # fmt: skip


def _choice(experiment: Experiment, scenarios: Mapping[str, Experiment]) -> Iterator[Finding]:
    choice, years = experiment.choice, experiment.years
    if choice is None:
        return
    if not experiment.decisions:
        yield Finding(
            ("choice",), "a choice without decisions", "decisions to choose among",
            "write decisions: {now: [PROJECT], never: []}, or drop choice",
        )  # fmt: skip
    if choice.until is not None and not years.first <= choice.until <= years.last:
        yield Finding(
            ("choice", "until"), f"{choice.until}",
            f"a year in {years.first}-{years.last}, the years of the run",
            "change it, lengthen years, or leave it out", also=(_LAST, FIRST),
        )  # fmt: skip
    yield from valued_findings(experiment, ("choice",), choice.valued_in)
    for name in choice.weights:
        if name not in scenarios:
            yield unknown(("choice", "weights", name), name, scenarios, "scenario of the run")
    if "expected" in choice.rules and not choice.weights:
        yield Finding(
            ("choice", "rules"), "expected, without weights", "weights of the scenarios",
            f"add weights: {{{next(iter(scenarios))}: 1}}, or leave expected out",
            also=(("choice",),), without=(("choice", "weights"),),
        )  # fmt: skip


def _project(
    experiment: Experiment, scenarios: Mapping[str, Experiment], address: Address, name: str, *,
    again: bool,
) -> Iterator[Finding]:  # fmt: skip
    lacking = list(lacking_findings(scenarios, address, name))
    if again:
        yield Finding(
            address, f"{name!r} twice", "each project once",
            f"remove one, or write a second project with like: {name}",
        )  # fmt: skip
    elif lacking:
        yield from lacking
    else:
        _, until = window_of(experiment.choice, experiment.years.first, experiment.years.last)
        start = min(scenario.projects[name].start for scenario in scenarios.values())
        if start > until:
            yield Finding(
                address, f"{name}, which starts in {start}, after {until}",
                "a project that produces in the years that count",
                f"start it earlier, or let the years reach {start}: choice.until",
                also=(("choice", "until"), ("projects", name, "start")),
            )  # fmt: skip
