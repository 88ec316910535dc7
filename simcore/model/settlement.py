"""The terms of a settlement by name: what a payment of a trace is made of (MODEL 12)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from simcore.model.dues import Deal, worth
from simcore.model.kinds import kind_of
from simcore.model.policies import series
from simcore.model.projects import avoided_by, green_revenue
from simcore.model.scene import Scene
from simcore.model.support import before, deals_of, granted, settled
from simcore.model.terms import Term

_YEARLY = "1e6 EUR yr-1"
_TOTAL = "1e6 EUR"


def settlement_terms(scene: Scene, project: str) -> Iterator[Term]:
    """What the payments of a project are computed from, in the years in which it produces."""
    one, graph = scene.experiment.projects[project], scene.graph
    span = one.start, one.end
    here = {"project": project}
    yield Term("output", here, "Mt yr-1", graph.constant(one.output), *span)
    yield Term("avoided CO2", here, "t/t", avoided_by(scene, project), *span)
    green = green_revenue(scene, project)
    if not graph.is_constant(green, 0.0):
        yield Term("green revenue", here, "EUR t-1", green, *span)
    for deal in deals_of(scene, project):
        there, kind = {**here, "instrument": deal.name}, kind_of(deal)
        if kind.once:
            amount, year = granted(scene, project, deal.name), one.start
            # As far as the run has that year, in which the payment stands too.
            year = max(year + deal.record.paid_in, int(scene.horizon[0]))
            yield Term("paid once", there, _TOTAL, amount, year, year)
            continue
        for name, shown in (("strike", kind.strike), ("reference price", kind.reference)):
            if shown is not None:
                yield Term(name, there, "EUR t-1", shown(deal), *span)
        payment = settled(scene, project, deal.name)
        due, active, cap_year, cap_total, room = graph.nodes[payment].inputs
        yield Term("in force", there, "1", active, *span)
        for name, node in _clauses(deal):
            yield Term(name, there, "1", node, *span)
        others = before(deal)
        if deal.record.other_aid == "deduct" and others:
            yield Term("other aid", there, _YEARLY, graph.total(others), *span)
        yield Term("due", there, _YEARLY, due, *span)
        limits = (("cap of the year", cap_year), ("room of all support", room))
        for name, limit in limits:
            if not graph.is_constant(limit, math.inf):
                yield Term(name, there, _YEARLY, limit, *span)
        yield Term("payment", there, _YEARLY, payment, *span)
        paid = graph.output(payment, "paid")
        yield Term("paid so far", there, _TOTAL, paid, *span)
        if not graph.is_constant(cap_total, math.inf):
            left = graph.difference(cap_total, paid)
            yield Term("left of the cap", there, _TOTAL, left, *span)
        yield Term("net so far", there, _TOTAL, graph.output(payment, "received"), *span)
        yield Term("years owing", there, "yr", graph.output(payment, "run"), *span)
        yield Term("ended", there, "1", graph.output(payment, "ended"), *span)
        if deal.record.nominal:
            value = series(scene, worth(deal))
            yield Term("value of money", there, "1", value, *span)


def _clauses(deal: Deal) -> Iterator[tuple[str, int]]:
    """Shares of a contract that are not 1, or not 0: of what is covered, and set off."""
    for name, field, usual in (
        ("share covered", "cover", 1.0), ("green share set off", "green_revenue", 0.0),
    ):  # fmt: skip
        if hasattr(deal.record, field):
            node = deal.read(field)
            if not deal.graph.is_constant(node, usual):
                yield name, node
