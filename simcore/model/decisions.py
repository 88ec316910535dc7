"""What decisions are worth beside each other, in each draw, as nodes (MODEL 20).

All are valued in one year and over the same years, capital as an annuity in each year of use: so
lives of different length compare, and an early start with a late one.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from simcore.intake.decisions import window_of
from simcore.model.deals import project_cash
from simcore.model.projects import rate_of
from simcore.model.scene import Scene, remembered
from simcore.variables import DECISION, outcome

_COMES: Final[dict[str, Any]] = {"usual": False, "comes_with": "decisions"}


@outcome(
    over=DECISION, unit="1e6 {money}", title="Net present value of a decision", kept=True,
    sign="Above zero the decision is worth more than to go on as before.", **_COMES,
)  # fmt: skip
@remembered
def decision_npv(scene: Scene, decision: str) -> int | None:
    """Sum over its projects and the years of the window of project_cash / (1 + rate)^(year - year
    of valuation), both the same for all decisions; without a project 0."""
    projects = scene.experiment.decisions[decision].projects
    return scene.graph.total(_within_window(scene, one) for one in projects)


def _within_window(scene: Scene, project: str) -> int:
    """Node of what a project is worth in the years that count, at its own rate."""
    one, graph = scene.experiment.projects[project], scene.graph
    years = scene.experiment.years
    valued_in, until = window_of(scene.experiment.choice, years.first, years.last)
    cash = project_cash(scene, project)
    assert cash is not None
    counts = (scene.horizon >= one.start) & (scene.horizon <= min(one.end, until))
    since = scene.over_years(scene.horizon - float(valued_in))
    log_rate = graph.node("LOG_GROWTH", rate=rate_of(scene, project))
    return graph.node(
        "DISCOUNTED", amount=cash, log_rate=log_rate,
        weight=scene.over_years(np.where(counts, 1.0, 0.0)), first=since, last=since,
    )  # fmt: skip


@remembered
def _best(scene: Scene) -> int:
    """Node of the place of the best decision; of equals that which is named first."""
    graph = scene.graph
    losses = [graph.scaled(one, -1.0) for one in _values(scene)]
    return graph.node("CHEAPEST", totals=losses, first_years=[0.0] * len(losses))


def _values(scene: Scene) -> list[int]:
    found = [decision_npv(scene, name) for name in scene.experiment.decisions]
    return [one for one in found if one is not None]


@outcome(
    over=DECISION, unit="1e6 {money}", title="Regret of a decision",
    asked_as=("regret_of_decision",), **_COMES,
)  # fmt: skip
def decision_regret(scene: Scene, decision: str) -> int | None:
    """decision_npv of the decision that is best in the draw, less its own: never below zero."""
    graph, values = scene.graph, _values(scene)
    most = values[0]
    for one in values[1:]:
        most = graph.node("LARGER", a=most, b=one)
    own = decision_npv(scene, decision)
    return None if own is None else graph.difference(most, own)


@outcome(
    over=("scenario",), unit="1", title="Best decision", kind="category", among="decision",
    **_COMES,
)  # fmt: skip
def best_decision(scene: Scene) -> int | None:
    """Decision with the highest decision_npv, of equals that which the config names first; as its
    position among the decisions."""
    return _best(scene) if scene.experiment.decisions else None
