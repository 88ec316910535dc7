"""What an instrument pays a project and costs the public, as nodes (MODEL 12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from simcore.model.kinds import kind_of
from simcore.model.policies import series
from simcore.model.projects import COMES, DECIDED, PRODUCING, avoided_by, last_of, present_value
from simcore.model.scene import Scene, remembered
from simcore.model.support import (
    cap_in_all,
    deal_of,
    granted,
    last_payment,
    settled,
    value_of,
)
from simcore.variables import INSTRUMENT, Since, outcome

_WHOLE: Final = INSTRUMENT[:-1]


def _paid_in(scene: Scene, place: Mapping[str, str], otherwise: int) -> int:
    """Year in which an instrument pays all at once."""
    deal = deal_of(scene, place["project"], place["instrument"])
    if deal is None or not kind_of(deal).once:
        return otherwise
    return deal.one.start + int(deal.record.paid_in)


def _first(scene: Scene, place: Mapping[str, str]) -> int:
    first = PRODUCING.first(scene, place)
    return min(first, _paid_in(scene, place, first))


def _end(scene: Scene, place: Mapping[str, str]) -> int:
    end = last_of(scene, place)
    return max(end, _paid_in(scene, place, end))


def _last(scene: Scene, place: Mapping[str, str]) -> int:
    """Last year of payment, however late the first one is."""
    deal = deal_of(scene, place["project"], place["instrument"])
    return 0 if deal is None else last_payment(deal)


_PAYING: Final = Since(_first, last=_end)
"""While the plant produces, and when it is paid all at once."""
_STRUCK: Final = Since(PRODUCING.first, last=_last)
"""While there may be a payment."""


@outcome(
    over=INSTRUMENT,
    unit="{money} t-1",
    title="Strike",
    since=_STRUCK,
    per="as contracted",
    **COMES,
)
@remembered
def instrument_strike(scene: Scene, project: str, instrument: str) -> int | None:
    """Strike of the year with escalation and indexation, real; of a carbon contract per t CO2e.
    None of an instrument without one."""
    deal = deal_of(scene, project, instrument)
    shown = None if deal is None else kind_of(deal).strike
    return None if deal is None or shown is None else shown(deal)


@outcome(
    over=INSTRUMENT,
    unit="{money} t-1",
    title="Reference price",
    since=_STRUCK,
    per="as contracted",
    **COMES,
)
@remembered
def instrument_reference(scene: Scene, project: str, instrument: str) -> int | None:
    """Price that the strike is set against: that of an allowance, or the carbon cost that the plant
    saves per t CO2e avoided. None of an instrument without one."""
    deal = deal_of(scene, project, instrument)
    shown = None if deal is None else kind_of(deal).reference
    return None if deal is None or shown is None else shown(deal)


@outcome(
    over=INSTRUMENT,
    unit="1e6 {money} yr-1",
    title="Payment of an instrument",
    since=_PAYING,
    sign="Below zero the firm pays.",
    **COMES,
)
@remembered
def instrument_payment(scene: Scene, project: str, instrument: str) -> int | None:
    """What the public pays in the year, real; below zero what the firm repays."""
    deal = deal_of(scene, project, instrument)
    if deal is None:
        return None
    if not kind_of(deal).once:
        return settled(scene, project, instrument)
    year = deal.one.start + deal.record.paid_in
    amount, then = granted(scene, project, instrument), np.where(scene.horizon == year, 1.0, 0.0)
    return scene.graph.product(amount, series(scene, then))


@outcome(
    over=INSTRUMENT, unit="1", title="The firm repays", since=PRODUCING, kind="indicator", **COMES
)
def instrument_repays(scene: Scene, project: str, instrument: str) -> int | None:
    """1 where instrument_payment < 0; its mean is a probability. None of what is paid once."""
    deal = deal_of(scene, project, instrument)
    if deal is None or kind_of(deal).once:
        return None
    return _below_zero(scene, settled(scene, project, instrument))


@outcome(
    over=_WHOLE, unit="1e6 {money}", title="Cost of an instrument to the public", since=DECIDED,
    kept=True, sign="Above zero the public pays, below zero it earns.", **COMES,
)  # fmt: skip
@remembered
def instrument_npv(scene: Scene, project: str, instrument: str) -> int | None:
    """Sum of instrument_payment / (1 + rate)^(year - year of valuation) at the rate of the
    instrument, what is paid once at its date."""
    deal = deal_of(scene, project, instrument)
    return None if deal is None else value_of(scene, deal, deal.read("rate"), deal.one.value_year)


@outcome(
    over=_WHOLE,
    unit="1e6 {money}",
    title="Paid in all",
    since=DECIDED,
    sign="Above zero the public pays, below zero it earns.",
    **COMES,
)
@remembered
def instrument_total(scene: Scene, project: str, instrument: str) -> int | None:
    """Sum of instrument_payment over the years: paid less repaid, real, not discounted."""
    deal = deal_of(scene, project, instrument)
    if deal is None:
        return None
    if kind_of(deal).once:
        return granted(scene, project, instrument)
    return _in_all(scene, settled(scene, project, instrument))


@outcome(over=_WHOLE, unit="1e6 {money}", title="Repaid in all", since=DECIDED, **COMES)
def instrument_repaid(scene: Scene, project: str, instrument: str) -> int | None:
    """Sum of max(0, -instrument_payment): what the firm repays, real, not discounted. None of what
    is paid once."""
    deal, graph = deal_of(scene, project, instrument), scene.graph
    if deal is None or kind_of(deal).once:
        return None
    repaid = graph.scaled(settled(scene, project, instrument), -1.0)
    return _in_all(scene, graph.node("LARGER", a=repaid, b=graph.constant(0.0)))


@outcome(
    over=_WHOLE, unit="1", title="The firm repays in all", since=DECIDED, kind="indicator", **COMES
)
def claw_back(scene: Scene, project: str, instrument: str) -> int | None:
    """1 where instrument_total < 0: the firm repays more than it receives."""
    total = instrument_total(scene, project, instrument)
    return None if total is None else _below_zero(scene, total)


@outcome(over=_WHOLE, unit="1", title="A cap binds", since=DECIDED, kind="indicator", **COMES)
def cap_binds(scene: Scene, project: str, instrument: str) -> int | None:
    """1 where a cap, or the limit of all support, ever cuts what is due."""
    deal, graph = deal_of(scene, project, instrument), scene.graph
    if deal is None:
        return None
    if not kind_of(deal).once:
        return graph.output(settled(scene, project, instrument), "cut")
    wanted, cap = kind_of(deal).due(deal), cap_in_all(deal)
    if cap is None:
        return graph.constant(0.0)
    return _below_zero(scene, graph.difference(cap, wanted))


@outcome(
    over=_WHOLE, unit="yr", title="Year in which the cap is reached", since=DECIDED, kind="year",
    **COMES,
)  # fmt: skip
def instrument_exhausted(scene: Scene, project: str, instrument: str) -> int | None:
    """First year after which nothing is left of the total cap; undefined: never. None without a
    cap, and of what is paid once."""
    deal, graph = deal_of(scene, project, instrument), scene.graph
    cap = None if deal is None else cap_in_all(deal)
    if deal is None or cap is None or kind_of(deal).once:
        return None
    given = graph.output(settled(scene, project, instrument), "paid")
    left = graph.difference(cap, given)
    return graph.node("CROSSOVER", value=left, first=deal.one.start)


@outcome(
    over=_WHOLE, unit="yr", title="Year in which the contract ends early", since=DECIDED,
    kind="year", **COMES,
)  # fmt: skip
def instrument_ended(scene: Scene, project: str, instrument: str) -> int | None:
    """Last year before the firm leaves the contract (`exit_after`); undefined: never. None where it
    may not."""
    deal, graph = deal_of(scene, project, instrument), scene.graph
    if deal is None or kind_of(deal).once or not deal.record.exit_after:
        return None
    ended = graph.output(settled(scene, project, instrument), "ended")
    going = graph.difference(graph.constant(0.5), ended)
    return graph.node("CROSSOVER", value=going, first=deal.one.start)


@outcome(
    over=_WHOLE,
    unit="{money} t-1",
    title="Public cost per t CO2e",
    since=DECIDED,
    per="CO2e",
    **COMES,
)
def public_cost_per_tco2(scene: Scene, project: str, instrument: str) -> int | None:
    """instrument_npv / the CO2 that the plant avoids over its life, discounted at the same rate: of
    several instruments the sum is what the public pays."""
    deal, value = deal_of(scene, project, instrument), instrument_npv(scene, project, instrument)
    if deal is None or value is None:
        return None
    avoided = deal.in_all(avoided_by(scene, project))
    return scene.graph.node(
        "RATIO", value=value,
        divisor=present_value(scene, project, avoided, deal.read("rate"), deal.one.value_year),
    )  # fmt: skip


def _below_zero(scene: Scene, node: int) -> int:
    """Node of 1 where a row is below zero, else 0."""
    graph = scene.graph
    above = graph.node("NOT_POSITIVE", value=graph.scaled(node, -1.0))
    return graph.difference(graph.constant(1.0), above)


def _in_all(scene: Scene, node: int) -> int:
    """Node of the sum of a payment over the years of the run."""
    every = np.ones(len(scene.years))
    return scene.graph.node("ACCUMULATED", amount=node, weight=every, first=0.0, last=0.0)
