"""What closing a gap costs for a volume, as nodes (MODEL 13).

Where a draw has no gap nothing is paid, so that the mean of what is needed is more than the mean
gap times the volume.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from simcore.intake.budgets import Budget
from simcore.intake.stated import unit_of_field
from simcore.intake.usage import budget_against
from simcore.model.buyer import buyer_premium
from simcore.model.premium import support_gap
from simcore.model.sale import market_gap
from simcore.model.scene import Scene, remembered
from simcore.model.yearly import between_dates
from simcore.variables import BUDGET, outcome

_COMES: Final[dict[str, Any]] = {"usual": False, "comes_with": "budgets"}
_YEARLY: Final[dict[str, Any]] = {"over": BUDGET, "unit": "1e6 {money} yr-1", **_COMES}
_WHOLE: Final[dict[str, Any]] = {"over": BUDGET[:-1], "unit": "1e6 {money}", **_COMES}


def _budget_of(scene: Scene, budget: str) -> Budget | None:
    """The record of a budget; None where a scenario has none of that name."""
    return scene.experiment.budgets.get(budget)


def _gap(scene: Scene, budget: str) -> int:
    """Node of the gap that a budget closes, per tonne."""
    one = scene.experiment.budgets[budget]
    if one.gap == "support":
        return support_gap(scene, one.region, one.destination, one.route)
    if one.gap == "market":
        gap = market_gap(scene, one.region, one.route)
    else:
        gap = buyer_premium(scene, budget_against(scene.experiment, one), one.region, one.route)
    assert gap is not None
    return gap


@remembered
def _volume(scene: Scene, budget: str) -> int:
    """Node of the tonnes of each year, Mt/yr."""
    one = scene.experiment.budgets[budget]
    unit = unit_of_field(type(one), "volume")
    return between_dates(scene, f"{budget}.volume", one.volume, unit, held_before=False)


@outcome(title="Budget", asked_as=("subsidy_budget", "expected_gap"), **_YEARLY)
@remembered
def budget_need(scene: Scene, budget: str) -> int | None:
    """max(0, gap) * volume: what closes the gap of each draw, without a payment back where there
    is none. Its mean is the budget, its P95 the reserve."""
    if _budget_of(scene, budget) is None:
        return None
    gap, graph = _gap(scene, budget), scene.graph
    below = graph.node("SMALLER", a=gap, b=graph.constant(0.0))
    return graph.product(graph.difference(gap, below), _volume(scene, budget))


@outcome(
    title="Budget with payments back",
    sign="Below zero more comes back than is paid.",
    **_YEARLY,
)
@remembered
def budget_net(scene: Scene, budget: str) -> int | None:
    """gap * volume: the same if what a draw leaves over is paid back; its mean is the mean gap
    times the volume."""
    if _budget_of(scene, budget) is None:
        return None
    return scene.graph.product(_gap(scene, budget), _volume(scene, budget))


@outcome(title="Budget over the years", **_WHOLE)
def budget_total(scene: Scene, budget: str) -> int | None:
    """Sum of budget_need over the years."""
    return _sum(scene, budget_need(scene, budget))


@outcome(
    title="Budget with payments back over the years",
    sign="Below zero more comes back than is paid.",
    **_WHOLE,
)
def budget_net_total(scene: Scene, budget: str) -> int | None:
    """Sum of budget_net over the years."""
    return _sum(scene, budget_net(scene, budget))


def _sum(scene: Scene, amount: int | None) -> int | None:
    if amount is None:
        return None
    return scene.graph.node(
        "ACCUMULATED", amount=amount, weight=np.ones(len(scene.years)), first=0.0, last=0.0
    )
