"""What the instruments of a project pay, one after the other, within their limits, as nodes.

What is paid once counts first, then the others in the order in which the project names them: the
payment of one may be deducted from the next, and takes the room that all have together (MODEL 12).
"""

from __future__ import annotations

import math
from typing import Any

from simcore.intake.usage import replaced_by
from simcore.model.dues import Deal, worth
from simcore.model.emissions import emissions
from simcore.model.kinds import due, kind_of
from simcore.model.phases import by_phase
from simcore.model.projects import (
    alternative_cost_of,
    avoided_by,
    present_value,
    project_cost,
    project_gap,
    rate_of,
)
from simcore.model.scene import Scene, read, remembered
from simcore.model.yearly import yearly_quantity


def deal_of(scene: Scene, project: str, instrument: str) -> Deal | None:
    """A project and one of its instruments; None where the scenario has no such pair."""
    one = scene.experiment.projects.get(project)
    if one is None or instrument not in one.instruments:
        return None
    return Deal(scene, project, instrument)


def deals_of(scene: Scene, project: str) -> list[Deal]:
    """A project with each of its instruments: what is paid once, then the others in order."""
    found = [Deal(scene, project, name) for name in scene.experiment.projects[project].instruments]
    return sorted(found, key=lambda deal: not kind_of(deal).once)


# --- what is paid once ---------------------------------------------------------------------------


@remembered
def granted(scene: Scene, project: str, instrument: str) -> int:
    """Node of the amount that is paid once, 1e6 EUR: what is due, up to the cap (MODEL 12.7)."""
    deal = Deal(scene, project, instrument)
    wanted, cap = kind_of(deal).due(deal), cap_in_all(deal)
    return wanted if cap is None else scene.graph.node("SMALLER", a=wanted, b=cap)


def cap_in_all(deal: Deal) -> int | None:
    """Node of the most that an instrument pays in all; None without a cap."""
    limit = deal.record.cap
    return None if limit.total is None else read(deal.scene, limit, "total", f"{deal.name}.cap")


def at_date(deal: Deal, rate: int, year: int) -> int:
    """Node of what is paid once, moved from the year of its payment to another one."""
    graph, amount = deal.graph, granted(deal.scene, deal.project, deal.name)
    years = year - deal.one.start - deal.record.paid_in
    if years == 0:
        return amount
    log_rate = graph.node("LOG_GROWTH", rate=rate)
    return graph.product(amount, graph.node("COMPOUNDED", log_rate=log_rate, years=years))


def _as_annuity(deal: Deal) -> int:
    """Node of what is paid once as an equal amount in each year of the life."""
    graph, rate = deal.graph, rate_of(deal.scene, deal.project)
    recovery = graph.node(
        "CAPITAL_RECOVERY", wacc=rate, risk=graph.constant(0.0), life=deal.one.used
    )
    return graph.product(at_date(deal, rate, deal.one.start - 1), recovery)


# --- what is paid by year ------------------------------------------------------------------------


def last_payment(deal: Deal) -> int:
    """Last year in which an instrument may pay: of the programme, of the plant, and of the term
    where no delay moves it."""
    record, end, delay = deal.record, deal.one.end, deal.graph.nodes[deal.read("delay")]
    if record.last is not None:
        end = min(end, record.last)
    if record.term is None or delay.operation is not None:
        return end
    return min(end, deal.one.start + record.term - 1 + math.ceil(delay.numbers[0]))


def active(deal: Deal) -> int:
    """Node of 1 in the years in which an instrument pays, else 0 (MODEL 12.1)."""
    record, one, graph = deal.record, deal.one, deal.graph
    found = graph.node(
        "IN_FORCE", delay=deal.read("delay"), start=one.start,
        term=one.lifetime if record.term is None else record.term,
        first=record.first or one.start, last=last_payment(deal),
    )  # fmt: skip
    for short in _shortfalls(deal):
        found = graph.product(found, graph.node("NOT_POSITIVE", value=short))
    return found


def _shortfalls(deal: Deal) -> list[int]:
    """Nodes of what a tonne lacks to be eligible, above zero where it is not."""
    scene, one, graph, wanted = deal.scene, deal.one, deal.graph, deal.record.eligible
    found, owner = [], f"{deal.name}.eligible"
    if wanted.emission_intensity is not None:
        most = yearly_quantity(
            scene, f"{owner}.emission_intensity", wanted.emission_intensity, "t/t"
        )
        own = by_phase(scene, deal.project, lambda way, _: emissions(scene, one.region, way))
        found.append(graph.difference(own, most))
    if wanted.avoided is not None:
        share = yearly_quantity(scene, f"{owner}.avoided", wanted.avoided, "1")
        replaced = emissions(scene, one.region, replaced_by(scene.experiment, deal.project))
        least = graph.product(share, replaced)
        found.append(graph.difference(least, avoided_by(scene, deal.project)))
    return found


def before(deal: Deal, without: str = "") -> list[int]:
    """Nodes of what the instruments before one pay in the year, but for one of them."""
    found: list[int] = []
    for other in deals_of(deal.scene, deal.project):
        if other.name == deal.name:
            return found
        if other.name != without:
            found.append(paid(deal.scene, deal.project, other.name, without))
    return found


@remembered
def settled(scene: Scene, project: str, instrument: str, without: str = "") -> int:
    """Node of the settlement of a year, whose outputs are the payment in 1e6 EUR and the state.

    `without` one of the instruments, as if the project did not have it.
    """
    deal, graph = Deal(scene, project, instrument), scene.graph
    record, never = deal.record, graph.constant(math.inf)
    wanted, others = due(deal), before(deal, without)
    if record.other_aid == "deduct" and others:
        wanted = graph.difference(wanted, graph.total(others))
    limit, in_all = record.cap, cap_in_all(deal)
    yearly = never if limit.yearly is None else read(scene, limit, "yearly", f"{instrument}.cap")
    return graph.node(
        "SETTLED", due=wanted, active=active(deal), cap_year=yearly,
        cap_total=never if in_all is None else in_all, room=_room(deal, others),
        one_sided=record.sided == "one", limited=record.repay == "received",
        patience=record.exit_after, worth=scene.over_years(worth(deal)),
    )  # fmt: skip


def _room(deal: Deal, others: list[int]) -> int:
    """Node of what all instruments together may still pay in the year (MODEL 12.8)."""
    scene, graph, limit = deal.scene, deal.graph, deal.one.cumulation
    if limit is None:
        return graph.constant(math.inf)
    whole = project_gap(scene, deal.project)
    if limit.of == "cost":
        cost = project_cost(scene, deal.project)
        assert cost is not None
        whole = graph.difference(cost, alternative_cost_of(scene, deal.project))
    assert whole is not None
    share = read(scene, limit, "share", f"{deal.project}.cumulation")
    most = deal.in_all(graph.product(share, whole))
    left = graph.difference(most, graph.total(others))
    return graph.node("LARGER", a=left, b=graph.constant(0.0))


@remembered
def paid(scene: Scene, project: str, instrument: str, without: str = "") -> int:
    """Node of what an instrument pays in a year, 1e6 EUR; what is paid once as an annuity."""
    deal = Deal(scene, project, instrument)
    return _as_annuity(deal) if kind_of(deal).once else settled(
        scene, project, instrument, without
    )  # fmt: skip


def value_of(scene: Scene, deal: Deal, rate: int, year: int, **without: Any) -> int:
    """Node of all that an instrument pays up to the end of the run, discounted to a year."""
    if kind_of(deal).once:
        return at_date(deal, rate, year)
    payment = settled(scene, deal.project, deal.name, **without)
    return present_value(scene, deal.project, payment, rate, year, held=False)
