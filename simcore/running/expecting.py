"""Numbers by year that follow from the distribution of a run: gaps that are to be expected.

They are found before the main pass, over all draws of the run, and stand in the plan as numbers
from then on (MODEL 12.6).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from simcore.model.dues import expected_place, max_gap
from simcore.plan import Plan, build, extended
from simcore.running.executors import Executor
from simcore.running.items import Item, Need
from simcore.running.options import Options
from simcore.running.program import Request
from simcore.running.reduction import samples


def with_expected_gaps(plan: Plan, executor: Executor, options: Options) -> Plan:
    """The plan with the mean gap of each year that support of operation covers.

    They are those of all its draws; a plan without such support is as it was.
    """
    asked = {name: list(asked_gaps(plan, name)) for name in plan.spec.runs}
    if not any(asked.values()):
        return plan
    wider, scenes = extended(plan)
    years = [int(year) for year in plan.years]
    items, places = [], []
    for scenario, pairs in asked.items():
        for project, instrument in pairs:
            one = plan.spec.runs[scenario].projects[project]
            wanted = tuple(year for year in years if one.start <= year <= one.end)
            if wanted:
                node = max_gap(scenes[scenario], project)
                items.append(Item((), Request(node, wanted, one.start), Need.MOMENTS))
                places.append((scenario, project, instrument, wanted))
    found: dict[str, dict[tuple[str, str], float]] = {name: {} for name in asked}
    for (_, sample), (scenario, project, instrument, wanted) in zip(
        samples(wider, executor, options, items=items), places, strict=True
    ):
        for year, mean in zip(wanted, np.asarray(sample.mean, dtype=float), strict=True):
            found[scenario][expected_place(project, instrument, year)] = float(mean)
    made = build(plan.spec, found)
    return replace(made, draws=plan.draws, tried=plan.tried)


def asked_gaps(plan: Plan, scenario: str) -> Iterator[tuple[str, str]]:
    """Projects of a scenario, and their instruments that cover the expected gap."""
    experiment = plan.spec.runs[scenario]
    for project, one in experiment.projects.items():
        for name in one.instruments:
            if getattr(experiment.catalog.instruments[name], "covers", None) == "expected_gap":
                yield project, name
