"""What a firm's projects and bills are worth together, as nodes (MODEL 11).

Each draw has one price of carbon for all members: what one loses by it another may gain.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from simcore.intake.stated import unit_of_field
from simcore.model.deals import project_cash, project_value
from simcore.model.exposures import exposure_cost
from simcore.model.projects import rate_of
from simcore.model.scene import Scene, quantity, remembered, wacc
from simcore.variables import PORTFOLIO, outcome

_COMES: Final[dict[str, Any]] = {"usual": False, "comes_with": "portfolios"}
_SIGN: Final = "Above zero the firm earns."


@outcome(
    over=PORTFOLIO, unit="1e6 {money} yr-1", title="Cash of a portfolio", sign=_SIGN, **_COMES
)  # fmt: skip
def portfolio_cash(scene: Scene, portfolio: str) -> int:
    """Sum of project_cash of its projects while they produce, less exposure_cost of its
    exposures."""
    record, graph = scene.experiment.portfolios[portfolio], scene.graph
    parts = [_cash_while_producing(scene, one) for one in record.projects]
    parts += [graph.scaled(exposure_cost(scene, one), -1.0) for one in record.exposures]
    return graph.total(parts)


@remembered
def _cash_while_producing(scene: Scene, project: str) -> int:
    one, cash = scene.experiment.projects[project], project_cash(scene, project)
    assert cash is not None
    produces = (scene.horizon >= one.start) & (scene.horizon <= one.end)
    return scene.graph.node(
        "SCHEDULED", value=cash, weight=scene.over_years(np.where(produces, 1.0, 0.0))
    )


@outcome(
    over=("scenario", "portfolio", "member"), unit="1e6 {money}",
    title="Net present value of a member", kept=True, sign=_SIGN, **_COMES,
)  # fmt: skip
@remembered
def member_npv(scene: Scene, portfolio: str, member: str) -> int | None:
    """Of a project what project_npv is at the rate and in the year of the portfolio; of an exposure
    minus its exposure_cost, discounted over its years. None of what the portfolio does not hold."""
    record = scene.experiment.portfolios[portfolio]
    if member in record.projects:
        rate = _rate(scene, portfolio)
        own = rate_of(scene, member) if rate is None else rate
        return project_value(scene, member, _valued_in(scene, portfolio), rate=own)
    return _bills(scene, portfolio, member) if member in record.exposures else None


def _bills(scene: Scene, portfolio: str, exposure: str) -> int:
    """Node of minus what an exposure costs over its years, discounted."""
    graph, rate = scene.graph, _rate(scene, portfolio)
    plant = scene.experiment.exposures[exposure].plant
    if rate is None:
        assert plant is not None
        rate = wacc(scene, plant.region)
    since = scene.over_years(scene.horizon - float(_valued_in(scene, portfolio)))
    paid = graph.node(
        "DISCOUNTED", amount=exposure_cost(scene, exposure),
        log_rate=graph.node("LOG_GROWTH", rate=rate), weight=np.ones(len(scene.years)),
        first=since, last=since,
    )  # fmt: skip
    return graph.scaled(paid, -1.0)


def _rate(scene: Scene, portfolio: str) -> int | None:
    """Node of the rate of all members; None where each has its own."""
    record = scene.experiment.portfolios[portfolio]
    if record.rate is None:
        return None
    return quantity(
        scene, f"{portfolio}.rate", record.rate, unit_of_field(type(record), "rate")
    )  # fmt: skip


def _valued_in(scene: Scene, portfolio: str) -> int:
    year = scene.experiment.portfolios[portfolio].valued_in
    return scene.experiment.years.first if year is None else year


@outcome(
    over=PORTFOLIO[:-1], unit="1e6 {money}", title="Net present value of a portfolio", kept=True,
    sign=_SIGN, **_COMES,
)  # fmt: skip
def portfolio_npv(scene: Scene, portfolio: str) -> int:
    """Sum of member_npv over its members, draw by draw."""
    members = scene.experiment.portfolios[portfolio].members
    values = [member_npv(scene, portfolio, one) for one in members]
    return scene.graph.total(one for one in values if one is not None)
