"""What instruments make of a project: its margin, its value, at what strike it breaks even, as
nodes (MODEL 11, 12)."""

from __future__ import annotations

import numpy as np

from simcore.model.kinds import kind_of
from simcore.model.projects import (
    COMES,
    DECIDED,
    PRODUCING,
    present_value,
    project_gap,
    project_of,
    rate_of,
)
from simcore.model.scene import Scene, remembered
from simcore.model.stranding import stranded_value
from simcore.model.support import active, before, deals_of, paid, value_of
from simcore.variables import PROJECT, outcome


@outcome(over=PROJECT, unit="{money} t-1", title="Support of a project", since=PRODUCING, **COMES)
@remembered
def project_support(scene: Scene, project: str) -> int | None:
    """What all instruments pay per tonne in the year; what is paid once as an annuity over the
    life."""
    one, graph = project_of(scene, project), scene.graph
    if one is None:
        return None
    names = (deal.name for deal in deals_of(scene, project))
    return graph.scaled(graph.total(paid(scene, project, name) for name in names), 1 / one.output)


@outcome(
    over=PROJECT,
    unit="{money} t-1",
    title="Margin of a project",
    since=PRODUCING,
    asked_as=("profit", "margin"),
    sign="Above zero a tonne leaves something.",
    **COMES,
)
@remembered
def project_margin(scene: Scene, project: str) -> int | None:
    """project_support - project_gap: what a tonne leaves over what the project is set against."""
    gap, support = project_gap(scene, project), project_support(scene, project)
    if gap is None or support is None:
        return None
    return scene.graph.difference(support, gap)


@outcome(over=PROJECT, unit="1", title="Project closes", since=PRODUCING, kind="indicator", **COMES)
def deal_closes(scene: Scene, project: str) -> int | None:
    """1 where project_margin >= 0; its mean is a probability."""
    margin, graph = project_margin(scene, project), scene.graph
    if margin is None:
        return None
    return graph.node("NOT_POSITIVE", value=graph.scaled(margin, -1.0))


@outcome(
    over=PROJECT,
    unit="1e6 {money} yr-1",
    title="Cash of a project",
    since=PRODUCING,
    sign="Above zero the project earns in the year.",
    **COMES,
)
@remembered
def project_cash(scene: Scene, project: str) -> int | None:
    """project_margin times the output of the year; in the last year of a plant that closes early
    less its stranded_value."""
    margin, graph = project_margin(scene, project), scene.graph
    if margin is None:
        return None
    one, left = scene.experiment.projects[project], stranded_value(scene, project)
    cash = graph.scaled(margin, one.output)
    if left is None:
        return cash
    closing = scene.over_years(np.where(scene.horizon == one.end, 1.0, 0.0))
    return graph.difference(cash, graph.node("SCHEDULED", value=left, weight=closing))


@outcome(
    over=("scenario", "project"),
    unit="1e6 {money}",
    title="Net present value of a project",
    since=DECIDED,
    kept=True,
    asked_as=("npv", "net_present_value"),
    sign="Above zero the project is worth more than what it is set against.",
    **COMES,
)
@remembered
def project_npv(scene: Scene, project: str) -> int | None:
    """Sum over the life of project_cash / (1 + rate)^(year - year of valuation), what is paid once
    at its date."""
    one = project_of(scene, project)
    return None if one is None else project_value(scene, project, one.value_year)


@remembered
def project_value(
    scene: Scene, project: str, year: int, without: str = "", rate: int | None = None
) -> int:
    """Node of the net present value in a year, with all instruments but one of them, at the rate of
    the project or another one.

    Contracts end with the run: what the last year pays stands for no later one.
    """
    graph, rate = scene.graph, rate_of(scene, project) if rate is None else rate
    gap = project_gap(scene, project)
    assert gap is not None
    lacking = graph.scaled(gap, -scene.experiment.projects[project].output)
    found = [present_value(scene, project, lacking, rate, year)]
    for deal in deals_of(scene, project):
        if deal.name != without:
            found.append(value_of(scene, deal, rate, year, without=without))
    left = stranded_value(scene, project)
    if left is not None:
        log_rate = graph.node("LOG_GROWTH", rate=rate)
        since = scene.experiment.projects[project].end
        moved = graph.node("COMPOUNDED", log_rate=log_rate, years=year - since)
        found.append(graph.scaled(graph.product(left, moved), -1.0))
    return graph.total(found)


@outcome(
    over=("scenario", "project"),
    unit="{money} t-1",
    title="Break-even strike",
    since=DECIDED,
    asked_as=("strike", "strike_price"),
    per="as contracted",
    **COMES,
)
def break_even_strike(scene: Scene, project: str) -> int | None:
    """Strike in the year of the start at which project_npv is zero: of the first instrument with a
    strike, whatever strike it has; exact while no cap, no limit of support, no exit, no limit of
    repayment and no one-sided payment binds. None of a project without such an instrument.

    Instruments after it that deduct what it pays count as if it paid nothing.
    """
    one, graph = project_of(scene, project), scene.graph
    if one is None:
        return None
    struck = [deal for deal in deals_of(scene, project) if kind_of(deal).per_strike is not None]
    if not struck:
        return None
    deal, kind, paying = struck[0], kind_of(struck[0]), active(struck[0])
    assert kind.per_strike is not None
    due, others = kind.due(deal), before(deal)
    if deal.record.other_aid == "deduct" and others:
        due = graph.difference(due, graph.total(others))
    parts = [
        present_value(scene, project, graph.product(paying, amount), held=False)
        for amount in (due, kind.per_strike(deal))
    ]
    lacking = graph.sum(project_value(scene, project, one.value_year, deal.name), parts[0])
    return graph.node("RATIO", value=graph.scaled(lacking, -1.0), divisor=parts[1])


@outcome(
    over=("scenario", "project"),
    unit="{money} t-1",
    title="Annuity of a project",
    since=DECIDED,
    sign="Above zero the project is worth more than what it is set against.",
    **COMES,
)
@remembered
def project_annuity(scene: Scene, project: str) -> int | None:
    """Net present value in the year before the start, as an equal amount per tonne over the life.

    Also what a premium per tonne of each year would have to be for the project to break even, with
    the opposite sign: break_even_premium.
    """
    one, graph = project_of(scene, project), scene.graph
    if one is None:
        return None
    value = project_value(scene, project, one.start - 1)
    recovery = graph.node(
        "CAPITAL_RECOVERY", wacc=rate_of(scene, project), risk=graph.constant(0.0),
        life=one.used,
    )  # fmt: skip
    return graph.scaled(graph.product(value, recovery), 1.0 / one.output)


@outcome(
    over=("scenario", "project"), unit="{money} t-1", title="Break-even premium",
    since=DECIDED, sign="Below zero the project breaks even without it.", **COMES,
)  # fmt: skip
def break_even_premium(scene: Scene, project: str) -> int | None:
    """Amount per tonne, the same in each year, on top of all that it is paid, at which project_npv
    is zero."""
    annuity = project_annuity(scene, project)
    return None if annuity is None else scene.graph.scaled(annuity, -1.0)


@outcome(
    over=("scenario", "project"), unit="1e6 {money}", title="Break-even grant",
    since=DECIDED, **COMES,
)  # fmt: skip
def break_even_grant(scene: Scene, project: str) -> int | None:
    """max(0, -project_npv): grant in the year of valuation at which the project breaks even."""
    value, graph = project_npv(scene, project), scene.graph
    if value is None:
        return None
    return graph.difference(
        graph.constant(0.0), graph.node("SMALLER", a=value, b=graph.constant(0.0))
    )
