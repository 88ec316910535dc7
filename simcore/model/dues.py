"""What each kind of instrument owes a project, before any limit, as nodes (MODEL 12).

A kind is one record in `intake/instruments.py` and one entry of a table, here or in `schemes.py`.
Amounts are in 1e6 EUR a year, real; positive is paid to the project.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from simcore.intake.entries import Electrolysis
from simcore.intake.instruments import PER, BreakEven, Indexation
from simcore.intake.projects import Project
from simcore.intake.stated import unit_of_field
from simcore.intake.usage import price_of, replaced_by
from simcore.model.carbon import carbon_cost
from simcore.model.commodities import price_name
from simcore.model.costs import trades
from simcore.model.graph import Graph
from simcore.model.hydrogen import qualifies
from simcore.model.investments import alternative_investment, project_investment
from simcore.model.markets import carbon_price, home_price
from simcore.model.phases import by_phase
from simcore.model.policies import series
from simcore.model.projects import avoided_by, green_revenue, project_gap
from simcore.model.scene import Scene, quantity, read
from simcore.model.yearly import yearly_quantity
from simcore.numerics.elementary import power


class Deal(NamedTuple):
    """A project and one of its instruments, as a kind is asked about them."""

    scene: Scene
    project: str
    name: str

    @property
    def one(self) -> Project:
        """Record of the project."""
        return self.scene.experiment.projects[self.project]

    @property
    def record(self) -> Any:
        """Record of the instrument."""
        return self.scene.experiment.catalog.instruments[self.name]

    @property
    def graph(self) -> Graph:
        """Where the nodes go."""
        return self.scene.graph

    def read(self, field: str) -> int:
        """Node of a quantity of the instrument."""
        return read(self.scene, self.record, field, self.name)

    def amount(self, field: str, target: str) -> int:
        """Node of a quantity of the instrument that may have dates, in a unit."""
        value = getattr(self.record, field)
        return yearly_quantity(self.scene, f"{self.name}.{field}", value, target)

    def in_all(self, per_tonne: int) -> int:
        """Node of an amount per tonne over the output of a year."""
        return self.graph.scaled(per_tonne, self.one.output)


Amounts = Callable[[Deal], int]


class Kind(NamedTuple):
    """How a kind of instrument pays.

    Attributes
    ----------
    due : callable
        Node of what is due in a year without what a strike brings; of a kind that pays `once`,
        of the whole amount.
    per_strike : callable, optional
        Node of what is due in a year for each EUR of the strike in the money of the contract.
    strike, reference : callable, optional
        Nodes of the strike and of the reference price of a year, as they are shown.
    once : bool
        Whether it is paid in one amount, in the year `paid_in` after the start.
    """

    due: Amounts
    per_strike: Amounts | None = None
    strike: Amounts | None = None
    reference: Amounts | None = None
    once: bool = False


def first_strike(deal: Deal) -> int:
    """Node of the strike in the year of the start: a number, or what a run found for it."""
    if isinstance(deal.record.strike, BreakEven):
        return deal.graph.constant(deal.scene.strikes.get((deal.project, deal.name), 0.0))
    return deal.read("strike")


def worth(deal: Deal) -> np.ndarray:
    """By year of the run: real value of one EUR of the contract, whose money is that of each year
    with `nominal` (MODEL 12.3)."""
    growth = 1.0 + deal.scene.experiment.money.inflation
    years = deal.scene.horizon - deal.one.start
    fallen = [power(growth, -float(year)) if deal.record.nominal else 1.0 for year in years]
    return np.array(fallen)


def in_real_money(deal: Deal, node: int) -> int:
    """Node of an amount of the money of the contract in real money."""
    if not deal.record.nominal:
        return node
    return deal.graph.product(node, series(deal.scene, worth(deal)))


# --- carbon contracts ----------------------------------------------------------------------------


def _avoided(deal: Deal) -> int:
    """Node of the avoided CO2 of a year that is paid for, Mt."""
    covered = deal.graph.product(avoided_by(deal.scene, deal.project), deal.read("cover"))
    return deal.in_all(covered)


def _grown(deal: Deal) -> int:
    """Node of the strike of a year over that of the start, without indexation, in real money."""
    rate, graph = deal.read("escalation"), deal.graph
    if graph.is_constant(rate, 0.0):
        return in_real_money(deal, graph.constant(1.0))
    grown = graph.node(
        "ESCALATED", log_rate=graph.node("LOG_GROWTH", rate=rate), since=deal.one.start
    )
    return in_real_money(deal, grown)


def _saved(deal: Deal) -> int:
    """Node of the reference price times the avoided CO2, per tonne of product."""
    scene, one, graph = deal.scene, deal.one, deal.graph
    if deal.record.reference == "market":
        return graph.product(market_price(deal), avoided_by(scene, deal.project))
    route = replaced_by(scene.experiment, deal.project)
    own = by_phase(
        scene, deal.project, lambda way, _: carbon_cost(scene, one.region, one.destination, way)
    )
    return graph.difference(carbon_cost(scene, one.region, one.destination, route), own)


def market_price(deal: Deal) -> int:
    """Node of the price of an allowance: of the market that is named, or that of the region."""
    if deal.record.market is not None:
        return carbon_price(deal.scene, deal.record.market)
    return home_price(deal.scene, deal.one.region)


def _indexed(deal: Deal) -> int:
    """Node of the change of the energy bills since the base year, those of the plant less those of
    what it replaces, as far as it moves the strike; per tonne of product (MODEL 12.5)."""
    if deal.record.indexation is None:
        return deal.graph.constant(0.0)
    return by_phase(deal.scene, deal.project, lambda route, _: _indexed_on(deal, route))


def _indexed_on(deal: Deal, route: str) -> int:
    """The same of a plant that runs on a route in both years."""
    scene, graph, one = deal.scene, deal.graph, deal.one
    indexation = deal.record.indexation
    # An electrolyser of its own costs the same in both years, whatever its own year.
    own = indexation.base if one.hydrogen == "own" else None
    plant = trades(scene, one.region, route, own)
    replaced = trades(scene, one.region, replaced_by(scene.experiment, deal.project))
    moved = []
    unit = unit_of_field(Indexation, "shares")
    for commodity, part in indexation.shares.items():
        share = quantity(scene, f"{deal.name}.indexation.{commodity}", part, unit)
        terms = [
            graph.scaled(graph.product(amount, price), sign * side)
            for side, bought in ((1.0, plant), (-1.0, replaced))
            for name, amount, price, sign in bought if name == commodity
        ]  # fmt: skip
        bill = graph.total(terms)
        if not graph.nodes[bill].yearly:
            continue
        before = graph.node("LATCHED", value=bill, since=indexation.base)
        moved.append(graph.product(share, graph.difference(bill, before)))
    return graph.total(moved)


def _carbon_due(deal: Deal) -> int:
    """cover * (indexation - reference price * avoided) * output - the part of the green revenue
    that is set off (MODEL 12.4)."""
    graph = deal.graph
    per_tonne = graph.difference(_indexed(deal), _saved(deal))
    found = deal.in_all(graph.product(per_tonne, deal.read("cover")))
    part = deal.read("green_revenue")
    if graph.is_constant(part, 0.0):
        return found
    green = graph.node("LARGER", a=green_revenue(deal.scene, deal.project), b=graph.constant(0.0))
    return graph.difference(found, deal.in_all(graph.product(part, green)))


def _carbon_per_strike(deal: Deal) -> int:
    return deal.graph.product(_avoided(deal), _grown(deal))


def _carbon_strike(deal: Deal) -> int:
    graph = deal.graph
    grown = graph.product(first_strike(deal), _grown(deal))
    moved = graph.node("RATIO", value=_indexed(deal), divisor=avoided_by(deal.scene, deal.project))
    return graph.sum(grown, moved)


def _carbon_reference(deal: Deal) -> int:
    if deal.record.reference == "market":
        return market_price(deal)
    avoided = avoided_by(deal.scene, deal.project)
    return deal.graph.node("RATIO", value=_saved(deal), divisor=avoided)


# --- support of operation ------------------------------------------------------------------------


def quantity_of(deal: Deal, per: str) -> tuple[int, str]:
    """Node of what an amount is paid for per tonne of product, and the unit of such an amount.

    Of power that too with which an electrolyser of the plant's own makes its hydrogen.
    """
    scene = deal.scene
    if per == "tonne":
        return deal.graph.constant(1.0), PER[per]
    if per == "avoided":
        return avoided_by(scene, deal.project), PER[per]
    found = by_phase(scene, deal.project, lambda route, _: _taken_on(deal, per, route))
    return found, PER[per]


def _taken_on(deal: Deal, per: str, route: str) -> int:
    """Node of what a tonne of a route takes of hydrogen or power."""
    scene, one, graph = deal.scene, deal.one, deal.graph
    bought = trades(scene, one.region, route)
    inputs = {name: amount for name, amount, _, sign in bought if sign > 0}
    found = [inputs[per]] if per in inputs else list[int]()
    if per == "hydrogen" and found:
        found = [graph.product(found[0], qualifies(scene, one.region))]
    record = price_of(scene.experiment, "hydrogen", one.region)
    made = one.hydrogen == "own" and "hydrogen" in inputs
    if per == "electricity" and made and isinstance(record, Electrolysis):
        name = price_name(scene.experiment, "hydrogen", one.region)
        demand = read(scene, record, "electricity_demand", name)
        found.append(graph.scaled(graph.product(demand, inputs["hydrogen"]), 1e-3))
    return graph.total(found)


def max_gap(scene: Scene, project: str) -> int:
    """Node of max(0, gap) of a tonne: what the project lacks without support, if it lacks any."""
    gap = project_gap(scene, project)
    assert gap is not None
    return scene.graph.node("LARGER", a=gap, b=scene.graph.constant(0.0))


def lacking(deal: Deal) -> int:
    """Node of the gap that an instrument covers: that of the draw, or that expected of the year, a
    number that a run found before."""
    scene = deal.scene
    if deal.record.covers == "gap":
        return max_gap(scene, deal.project)
    places = [expected_place(deal.project, deal.name, int(year)) for year in scene.horizon]
    return series(scene, np.array([scene.strikes.get(place, 0.0) for place in places]))


def expected_place(project: str, instrument: str, year: int) -> tuple[str, str]:
    """Where the expected gap of a year stands among the numbers that a run finds before."""
    return project, f"{instrument}@{year}"


def _paid_part(deal: Deal) -> int:
    """Node of the share that is paid in a year of operation."""
    share, steps = deal.read("share"), deal.record.steps
    if not steps:
        return share
    ages = deal.scene.horizon - deal.one.start + 1
    parts = [steps[max(reached)] if (reached := [one for one in steps if one <= age]) else 1.0
             for age in ages]  # fmt: skip
    return deal.graph.product(share, series(deal.scene, np.array(parts)))


def _opex_due(deal: Deal) -> int:
    """share * amount * quantity, or share * max(0, gap) or its mean, over output (MODEL 12.6)."""
    graph, share = deal.graph, _paid_part(deal)
    if deal.record.covers is not None:
        return deal.in_all(graph.product(share, lacking(deal)))
    bought, unit = quantity_of(deal, deal.record.per)
    amount = in_real_money(deal, deal.amount("amount", unit))
    return deal.in_all(graph.product(share, amount, bought))


# --- support of investment -----------------------------------------------------------------------


def _grant(deal: Deal) -> int:
    """share * investment, or of what it is above that of the alternative (MODEL 12.7)."""
    graph, spent = deal.graph, project_investment(deal.scene, deal.project)
    if deal.record.of == "difference":
        extra = graph.difference(spent, alternative_investment(deal.scene, deal.project))
        spent = graph.node("LARGER", a=extra, b=graph.constant(0.0))
    return deal.in_all(graph.product(deal.read("share"), spent))


DUES: Final[dict[str, Kind]] = {
    "ccfd": Kind(_carbon_due, _carbon_per_strike, _carbon_strike, _carbon_reference),
    "opex": Kind(_opex_due),
    "grant": Kind(_grant, once=True),
}
"""By the `kind` of their records."""
