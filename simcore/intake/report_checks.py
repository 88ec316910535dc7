"""Faults in what a config says of its report: labels that its run will not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simcore.intake.findings import Finding, unknown
from simcore.intake.schema import Experiment


def report_findings(
    experiment: Experiment, scenarios: Mapping[str, Experiment]
) -> Iterator[Finding]:  # fmt: skip
    """Find labels of the report that are not among those of the run."""
    report = experiment.report
    if report is None:
        return
    years = range(experiment.years.first, experiment.years.last + 1)
    known: dict[str, Sequence[Any]] = {
        "scenario": list(scenarios), "sector": experiment.sectors, "region": experiment.regions,
        "destination": experiment.destinations, "route": experiment.routes, "year": years,
    }  # fmt: skip
    asked = [
        *((("report", "at", dim, place), dim, label)
          for dim, names in report.at.items() for place, label in enumerate(names)),
        *((("report", "years", place), "year", label) for place, label in enumerate(report.years)),
        *((("report", "routes", place), "route", label)
          for place, label in enumerate(report.routes)),
    ]  # fmt: skip
    for dim, names in report.at.items():
        if len(names) > 1:
            yield Finding(
                ("report", "at", dim), ", ".join(map(str, names)),
                f"one {dim}: the first page is about one tonne", "remove the others",
            )  # fmt: skip
    for address, dim, label in asked:
        if label not in known[dim]:
            yield unknown(address, str(label), known[dim], f"{dim} of the run")
