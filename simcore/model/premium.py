"""Premiums, break-even, crossover, carbon value and viability, as nodes (MODEL 6 to 8)."""

from __future__ import annotations

from typing import Any

import numpy as np

from simcore.intake.priced import deciding_market
from simcore.intake.usage import reference_of, sector_of
from simcore.model.carbon import (
    carbon_cost,
    cbam_terms,
    charged_in_all,
    compensation_rate,
    pays_cbam,
)
from simcore.model.costs import levelised_cost
from simcore.model.emissions import avoided_emissions, emissions
from simcore.model.markets import carbon_price, home_price, label_where, view_nodes, view_row
from simcore.model.policies import policy_value, series
from simcore.model.scene import Scene, read, remembered
from simcore.model.since import AVAILABLE, COMPARED, first_compared, first_year
from simcore.variables import CELL, PLANT, outcome


@outcome(
    over=PLANT,
    unit="{money} t-1",
    title="Cost premium before carbon",
    since=COMPARED,
    sign="Above zero the route costs more than its reference.",
)
@remembered
def cost_premium_ex_carbon(scene: Scene, region: str, route: str) -> int:
    """Levelised cost minus the levelised cost of the reference route."""
    reference = reference_of(scene.experiment, region, route)
    return scene.graph.difference(
        levelised_cost(scene, region, route), levelised_cost(scene, region, reference)
    )


@outcome(
    over=CELL,
    unit="{money} t-1",
    title="Cost premium",
    since=COMPARED,
    kept=True,
    asked_as=("green_premium", "premium", "extra_cost"),
    sign="Above zero the route costs more than its reference, below zero less.",
)
@remembered
def cost_premium(scene: Scene, region: str, destination: str, route: str) -> int:
    """What the low-carbon tonne costs more than the reference tonne, carbon cost included."""
    reference = reference_of(scene.experiment, region, route)
    own = total_cost(scene, region, destination, route)
    return scene.graph.difference(own, total_cost(scene, region, destination, reference))


@outcome(
    over=CELL,
    unit="{money} t-1",
    title="Total cost",
    since=AVAILABLE,
    asked_as=("full_cost",),
)
@remembered
def total_cost(scene: Scene, region: str, destination: str, route: str) -> int:
    """levelised_cost + carbon_cost: what a tonne costs, carbon included."""
    return scene.graph.sum(
        levelised_cost(scene, region, route), carbon_cost(scene, region, destination, route)
    )


@outcome(
    over=PLANT,
    unit="{money} t-1",
    title="Abatement cost",
    since=COMPARED,
    asked_as=("mac", "avoidance_cost", "cost_of_avoidance", "abatement", "mitigation_cost"),
    per="CO2e",
    sign="Below zero the route saves money and CO2.",
)
@remembered
def abatement_cost(scene: Scene, region: str, route: str) -> int:
    """cost_premium_ex_carbon / avoided_emissions, per t CO2e."""
    return scene.graph.node(
        "RATIO",
        value=cost_premium_ex_carbon(scene, region, route),
        divisor=avoided_emissions(scene, region, route),
    )


@outcome(
    over=CELL,
    unit="{money} t-1",
    title="Break-even carbon price",
    since=COMPARED,
    asked_as=("breakeven_price", "break_even", "breakeven", "switching_price"),
    per="CO2e",
)
@remembered
def break_even_price(scene: Scene, region: str, destination: str, route: str) -> int:
    """Carbon price at which cost_premium = 0 under the year's allocation rules: the home price, or
    for EU-bound tonnes from outside the EU price given the home price. Undefined: none."""
    graph, reference = scene.graph, reference_of(scene.experiment, region, route)
    excess = cost_premium_ex_carbon(scene, region, route)
    if not pays_cbam(scene, region, destination):
        charged, deducted = charged_in_all(scene, region, route)
        charged_reference, deducted_reference = charged_in_all(scene, region, reference)
        paid = graph.difference(deducted, deducted_reference)
        return graph.node(
            "BREAK_EVEN_HOME",
            excess=excess if graph.is_constant(paid, 0.0) else graph.difference(excess, paid),
            charged_reference=graph.less(
                charged_reference, compensation_rate(scene, region, reference)
            ),
            charged=graph.less(charged, compensation_rate(scene, region, route)),
        )
    at_home = graph.difference(
        carbon_cost(scene, region, "domestic", route),
        carbon_cost(scene, region, "domestic", reference),
    )
    covered, gap_reference, paid_reference = cbam_terms(scene, region, reference)
    _, gap, paid = cbam_terms(scene, region, route)
    return graph.node(
        "BREAK_EVEN_BORDER",
        excess=graph.sum(excess, at_home),
        covered=covered,
        gap_reference=gap_reference,
        paid_reference=paid_reference,
        gap=gap,
        paid=paid,
    )


@remembered
def _indirect_factor(scene: Scene, buyer: str | None = None) -> int:
    buyer = buyer or scene.experiment.value.buyer
    return read(scene, scene.experiment.catalog.buyers[buyer], "indirect_factor", buyer)


@remembered
def _credit_price(scene: Scene, region: str) -> int:
    return read(scene, scene.experiment.catalog.regions[region], "credit_price", region)


@outcome(
    over=CELL,
    unit="{money} t-1",
    title="Carbon value per t CO2e",
    since=COMPARED,
    per="CO2e",
    sign="Above zero carbon costs pay for the route.",
)
@remembered
def carbon_value_per_tco2(scene: Scene, region: str, destination: str, route: str) -> int:
    """carbon_value per tonne of CO2e avoided."""
    graph, experiment = scene.graph, scene.experiment
    if experiment.value.mode == "netted":
        return graph.node(
            "RATIO",
            value=carbon_value(scene, region, destination, route),
            divisor=avoided_emissions(scene, region, route),
        )
    factor, credit = _indirect_factor(scene), _credit_price(scene, region)
    border = (
        carbon_price(scene, experiment.cbam.market)
        if pays_cbam(scene, region, destination)
        else graph.constant(0.0)
    )
    home = home_price(scene, region)
    return graph.node(
        "GROSS_VALUE", factor=factor, price_home=home, price_cbam=border, credit=credit
    )


@outcome(
    over=CELL,
    unit="{money} t-1",
    title="Carbon value",
    since=COMPARED,
    asked_as=("value_of_carbon", "co2_value"),
    sign="Above zero carbon costs pay for the route, below zero they punish it.",
)
@remembered
def carbon_value(scene: Scene, region: str, destination: str, route: str) -> int:
    """What the CO2 that a tonne avoids is worth, by the carbon cost that it saves (mode netted or
    seed)."""
    if scene.experiment.value.mode == "seed":
        saved = avoided_emissions(scene, region, route)
        return scene.graph.product(saved, carbon_value_per_tco2(scene, region, destination, route))
    reference = reference_of(scene.experiment, region, route)
    return netted_value(scene, region, destination, route, reference)


@remembered
def netted_value(
    scene: Scene, region: str, destination: str, route: str, reference: str,
    buyer: str | None = None,
) -> int:  # fmt: skip
    """Node of the carbon cost that a route saves against another one of its region, per tonne, as
    a buyer counts it; without one that of `value`."""
    graph, value = scene.graph, scene.experiment.value
    factor = _indirect_factor(scene, buyer)
    costs: dict[str, Any] = {
        "carbon_reference": carbon_cost(scene, region, destination, reference),
        "carbon": carbon_cost(scene, region, destination, route),
    }
    if value.double_claiming == "forbid":
        return graph.node("NETTED", factor=factor, **costs)
    credit = _credit_price(scene, region)
    if graph.is_constant(credit, 0.0):
        return graph.node("NETTED", factor=factor, **costs)
    amount = saved = graph.difference(
        emissions(scene, region, reference), emissions(scene, region, route)
    )
    if value.credit_limit is not None:
        share: float | str = value.credit_limit
        if share == "law":
            share = scene.experiment.catalog.regions[region].credit_limit
        limit = graph.product(emissions(scene, region, reference), policy_value(scene, share))
        amount = graph.node("SMALLER", a=saved, b=limit)
    return graph.node("NETTED_WITH_CREDIT", factor=factor, **costs, credit=credit, amount=amount)


@outcome(over=CELL, unit="{money} t-1 yr-1", title="Annualised carbon value", since=COMPARED)
@remembered
def annualised_carbon_value(scene: Scene, region: str, destination: str, route: str) -> int:
    """carbon_value / plant lifetime (straight line)."""
    return scene.graph.scaled(
        carbon_value(scene, region, destination, route),
        1.0 / scene.experiment.plant.lifetime,
    )


@outcome(
    over=CELL,
    unit="{money} t-1",
    title="Support gap",
    since=COMPARED,
    asked_as=("subsidy", "ccfd", "gap", "funding_gap", "support", "missing"),
    sign="Above zero something is missing, below zero carbon pays more than the route costs.",
)
@remembered
def support_gap(scene: Scene, region: str, destination: str, route: str) -> int:
    """cost_premium_ex_carbon - carbon_value: what a subsidy or a buyer must still pay."""
    return scene.graph.difference(
        cost_premium_ex_carbon(scene, region, route),
        carbon_value(scene, region, destination, route),
    )


@outcome(
    over=CELL,
    unit="1",
    title="Carbon value covers the cost",
    since=COMPARED,
    kind="indicator",
    asked_as=("covers", "covered", "probability"),
)
def viability(scene: Scene, region: str, destination: str, route: str) -> int:
    """1 where support_gap <= 0; its mean is a probability."""
    return _not_positive(scene, support_gap(scene, region, destination, route))


@outcome(
    over=(*CELL[:-1], "view", "year"),
    unit="1",
    title="Carbon value covers the cost, by view",
    since=COMPARED,
    kind="conditional",
)
def viability_by_view(
    scene: Scene, region: str, destination: str, route: str, view: str
) -> int | None:
    """viability in the draws of one view of the market that decides: that of CBAM for tonnes sold
    into the EU, else the home market; `defined` is the share of these draws.

    None of a view that does not decide.
    """
    market = deciding_market(scene.experiment, region, destination)
    if view not in view_nodes(scene, market):
        return None
    gap = support_gap(scene, region, destination, route)
    return label_where(scene, gap, view_row(scene, market, scene.views))


@outcome(over=CELL, unit="1", title="Green is cheaper", since=COMPARED, kind="indicator")
def green_is_cheaper(scene: Scene, region: str, destination: str, route: str) -> int:
    """1 where cost_premium <= 0; its mean is a probability."""
    return _not_positive(scene, cost_premium(scene, region, destination, route))


def _not_positive(scene: Scene, node: int) -> int:
    """1 where a row is zero or below."""
    return scene.graph.node("NOT_POSITIVE", value=node)


@outcome(
    over=CELL[:-1],
    unit="yr",
    title="Crossover year",
    since=COMPARED,
    kind="year",
    asked_as=("parity_year", "breakeven_year", "switch_year"),
)
@remembered
def crossover_year(scene: Scene, region: str, destination: str, route: str) -> int:
    """First year with cost_premium <= 0; undefined: never in the horizon."""
    node = cost_premium(scene, region, destination, route)
    return scene.graph.node("CROSSOVER", value=node, first=first_compared(scene, region, route))


@outcome(
    over=("scenario", "region", "destination", "sector", "year"),
    unit="1",
    title="Cheapest route",
    kind="category",
)
@remembered
def cheapest_route(scene: Scene, region: str, destination: str, sector: str) -> int | None:
    """Route of a sector with the lowest levelised_cost + carbon_cost.

    As its position among the routes of the run. None of a sector of which the run has no route.
    """
    routes = scene.experiment.routes
    own = [one for one in routes if sector_of(scene.experiment, one) == sector]
    if not own:
        return None
    never = scene.experiment.years.last + 1
    return scene.graph.node(
        "CHEAPEST",
        # A route of another sector holds its place among those of the run, and is never there.
        totals=[
            total_cost(scene, region, destination, one if one in own else own[0]) for one in routes
        ],
        first_years=[first_year(scene, one) if one in own else never for one in routes],
    )


@outcome(over=CELL, unit="{money} t-1", title="Regret of a route", since=AVAILABLE, usual=False)
def regret(scene: Scene, region: str, destination: str, route: str) -> int:
    """total_cost less that of the cheapest route of its sector in the draw, of those of the run
    that are available in the year: never below zero."""
    experiment, graph = scene.experiment, scene.graph
    sector = sector_of(experiment, route)
    own = least = total_cost(scene, region, destination, route)
    for one in experiment.routes:
        if one != route and sector_of(experiment, one) == sector:
            there = np.where(scene.horizon >= first_year(scene, one), 0.0, np.inf)
            other = total_cost(scene, region, destination, one)
            least = graph.node("SMALLER", a=least, b=graph.sum(other, series(scene, there)))
    return graph.difference(own, least)
