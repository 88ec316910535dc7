"""The whole cash flow of a project: what it earns at the price of its product, spends and is taxed,
and what that is worth, as nodes (MODEL 11).

Yearly rows stop at the end of the run. Flows, one node a year, hold the years before it and the
years of life after it as well; they are complete in the last year.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from simcore.intake.usage import reference_of, sector_of
from simcore.model.carbon import carbon_cost
from simcore.model.phases import by_phase
from simcore.model.projects import PRODUCING, green_revenue, last_of, project_of, rate_of
from simcore.model.sale import product_price
from simcore.model.scene import Scene, read, remembered
from simcore.model.since import first_year
from simcore.model.spending import operating_cost, spending, yearly_support
from simcore.numerics.elementary import power
from simcore.variables import PROJECT, Needs, Since, outcome

SOLD_AT: Final = Needs(rules=("product_price", "border"))
"""What the cash flow reads beside what the project names: the price of its product."""
MILLIONS: Final = "1e6 {money}"
_DECLARED: Final[dict[str, Any]] = {"usual": False, "needs": SOLD_AT}


def _first_earning(scene: Scene, place: Mapping[str, str]) -> int:
    """First year of production; none of the run where the product has no price in it yet."""
    one, first = project_of(scene, place["project"]), PRODUCING.first(scene, place)
    if one is None:
        return first
    priced = first_year(scene, reference_of(scene.experiment, one.region, one.route))
    return first if one.start >= priced else scene.experiment.years.last + 1


def _first_spending(scene: Scene, place: Mapping[str, str]) -> int:
    """First year of the run in which money is spent or earned."""
    one, first = project_of(scene, place["project"]), _first_earning(scene, place)
    if one is None or first > scene.experiment.years.last:
        return first
    earliest = min(0, *spending(scene, place["project"]))
    return max(one.start + earliest, scene.experiment.years.first)


def _last_flowing(scene: Scene, place: Mapping[str, str]) -> int:
    """Last year of production, or of what is spent or paid once: a grant may come after a short
    life."""
    one, last = project_of(scene, place["project"]), last_of(scene, place)
    return last if one is None else max(last, one.start + max(spending(scene, place["project"])))


EARNING: Final = Since(_first_earning, last=PRODUCING.last)
"""While the plant produces what has a price."""
FLOWING: Final = Since(_first_spending, last=_last_flowing)
"""From the first year in which money is spent or earned to the last."""
PRICED: Final = Since(_first_earning)
"""One value for its life."""


@outcome(
    over=PROJECT,
    unit=f"{MILLIONS} yr-1",
    title="Revenue of a project",
    since=EARNING,
    asked_as=("revenue", "turnover"),
    **_DECLARED,
)
@remembered
def project_revenue(scene: Scene, project: str) -> int | None:
    """Output times the price of the conventional tonne and what buyers pay on top for what is sold
    as green.

    None of a project in a region that states no product_price.
    """
    one, graph = project_of(scene, project), scene.graph
    price = (
        None
        if one is None
        else product_price(scene, one.region, sector_of(scene.experiment, one.route))
    )
    if one is None or price is None:
        return None
    return graph.scaled(graph.sum(price, green_revenue(scene, project)), one.output)


@remembered
def cash_before_tax(scene: Scene, project: str) -> int | None:
    """Node of revenue and support less operation and carbon, 1e6 EUR/yr (MODEL 11.15)."""
    earned = _unsupported(scene, project)
    if earned is None:
        return None
    supported = yearly_support(scene, project)
    if scene.graph.is_constant(supported, 0.0):
        return earned
    return scene.graph.sum(earned, supported)


@remembered
def _unsupported(scene: Scene, project: str) -> int | None:
    revenue, graph = project_revenue(scene, project), scene.graph
    if revenue is None:
        return None
    one = scene.experiment.projects[project]
    carbon = by_phase(
        scene, project, lambda route, _: carbon_cost(scene, one.region, one.destination, route)
    )
    cost = graph.sum(operating_cost(scene, project), carbon)
    return graph.difference(revenue, graph.scaled(cost, one.output))


def kept_of_money(scene: Scene, years: float, nominal: bool) -> float:
    """What a sum in money of a year is worth some years later: all of it where it is real."""
    return power(1.0 + scene.experiment.money.inflation, -years) if nominal else 1.0


# --- tax -----------------------------------------------------------------------------------------


def _written_off(scene: Scene, project: str) -> tuple[int, dict[int, float]]:
    """Node of the investment that is written off, in money of the year before the start, and the
    share of it in each year of production."""
    one, graph = scene.experiment.projects[project], scene.graph
    nominal = one.tax is not None and one.tax.nominal
    base = graph.total(
        graph.scaled(node, kept_of_money(scene, -1.0 - year, nominal))
        for year, node in spending(scene, project).items()
    )
    shares = {
        year: kept_of_money(scene, year - one.start + 1.0, nominal) / one.lifetime
        for year in range(one.start, one.end + 1)
    }
    # What is left is written off when the plant closes.
    shares[one.end] *= 1 + one.planned_end - one.end
    return base, shares


def _tax_on(scene: Scene, project: str, taxable: int) -> int:
    """Node of the tax on profit after losses, none where that is below zero (MODEL 11.17)."""
    one, graph = scene.experiment.projects[project], scene.graph
    assert one.tax is not None
    profit = graph.node("LARGER", a=taxable, b=graph.constant(0.0))
    return graph.product(profit, read(scene, one.tax, "rate", f"{project}.tax"))


@remembered
def _taxable(scene: Scene, project: str) -> int:
    """Node of the profit after depreciation and the losses of years before (MODEL 11.16)."""
    before, graph = cash_before_tax(scene, project), scene.graph
    assert before is not None
    base, shares = _written_off(scene, project)
    one = scene.experiment.projects[project]
    profit = graph.difference(before, scheduled(scene, base, shares))
    return graph.node(
        "TAXABLE", profit=profit, left=_left_of_losses(scene, project),
        active=_by_year(scene, dict.fromkeys(range(one.start, one.end + 1), 1.0)),
    )  # fmt: skip


def _left_of_losses(scene: Scene, project: str) -> float:
    tax = scene.experiment.projects[project].tax
    return kept_of_money(scene, 1.0, tax is not None and tax.nominal)


def _by_year(scene: Scene, values: Mapping[int, float]) -> np.ndarray:
    """A column by simulated year: zero where nothing is said."""
    column = np.array([values.get(int(year), 0.0) for year in scene.horizon])
    return scene.over_years(column)


def scheduled(scene: Scene, amount: int, weights: Mapping[int, float]) -> int:
    """Node of a part of an amount in each year."""
    return scene.graph.node("SCHEDULED", value=amount, weight=_by_year(scene, weights))


@remembered
def cash_available(scene: Scene, project: str) -> int | None:
    """Node of the cash after operation, carbon and tax, 1e6 EUR/yr: what serves a loan."""
    before, graph = cash_before_tax(scene, project), scene.graph
    if before is None or scene.experiment.projects[project].tax is None:
        return before
    return graph.difference(before, _tax_on(scene, project, _taxable(scene, project)))


@remembered
def cash_by_year(scene: Scene, project: str) -> dict[int, int]:
    """Nodes of `cash_available` in each year of production, complete in the last year of the run.

    After the run, price and cost stay those of its last year, and contracts pay nothing;
    depreciation and losses go on.
    """
    one, graph = scene.experiment.projects[project], scene.graph
    row, held = cash_available(scene, project), _unsupported(scene, project)
    assert row is not None
    assert held is not None
    last = int(scene.horizon[-1])
    found = {
        year: graph.node("LATCHED", value=row, since=year)
        for year in range(one.start, min(one.end, last) + 1)
    }
    if one.tax is None:
        return found | dict.fromkeys(range(last + 1, one.end + 1), held)
    base, shares = _written_off(scene, project)
    taxable, left = _taxable(scene, project), _left_of_losses(scene, project)
    for year in range(last + 1, one.end + 1):
        loss = graph.node("SMALLER", a=taxable, b=graph.constant(0.0))
        taxable = graph.node("LINEAR", terms=(held, base, loss), weights=(1.0, -shares[year], left))
        found[year] = graph.difference(held, _tax_on(scene, project, taxable))
    return found


# --- the flows -----------------------------------------------------------------------------------


@outcome(
    over=PROJECT,
    unit=f"{MILLIONS} yr-1",
    title="Free cash of a project",
    since=FLOWING,
    asked_as=("cash_flow", "free_cash_flow"),
    **_DECLARED,
)
@remembered
def project_free_cash(scene: Scene, project: str) -> int | None:
    """project_revenue + support - operation - carbon cost - tax - what is spent on the plant in the
    year: what is left for all who pay for it."""
    available, graph = cash_available(scene, project), scene.graph
    if available is None:
        return None
    one = scene.experiment.projects[project]
    found = scheduled(scene, available, dict.fromkeys(range(one.start, one.end + 1), 1.0))
    for year, node in spending(scene, project).items():
        found = graph.difference(found, scheduled(scene, node, {one.start + year: 1.0}))
    return found


@remembered
def free_flows(scene: Scene, project: str) -> dict[int, int] | None:
    """Nodes of the free cash by year, from the first spending to the end of life, without a gap."""
    if cash_available(scene, project) is None:
        return None
    one, graph = scene.experiment.projects[project], scene.graph
    earned, spent = cash_by_year(scene, project), spending(scene, project)
    first, last = min(one.start, one.start + min(spent)), max(one.end, one.start + max(spent))
    found = {}
    for year in range(first, last + 1):
        node = earned.get(year, graph.constant(0.0))
        if year - one.start in spent:
            node = graph.difference(node, spent[year - one.start])
        found[year] = node
    return found


def internal_rate(scene: Scene, flows: Mapping[int, int]) -> int:
    """Node of the internal rate of flows by year."""
    last = float(scene.horizon[-1])
    return scene.graph.node("INTERNAL_RATE", flows=tuple(flows.values()), last=last)


@outcome(
    over=("scenario", "project"), unit=MILLIONS, title="Net present value of the free cash",
    since=PRICED, sign="Above zero the plant is worth more than what is spent on it.", **_DECLARED,
)  # fmt: skip
def free_cash_npv(scene: Scene, project: str) -> int | None:
    """Sum of project_free_cash / (1 + rate)^(year - year of valuation), from the first year of
    spending to the end of life."""
    flows, graph = free_flows(scene, project), scene.graph
    if flows is None:
        return None
    one = scene.experiment.projects[project]
    return graph.node(
        "PRESENT_VALUE", flows=tuple(flows.values()), since=min(flows) - one.value_year,
        log_rate=graph.node("LOG_GROWTH", rate=rate_of(scene, project)),
        last=float(scene.horizon[-1]),
    )  # fmt: skip


@outcome(
    over=("scenario", "project"), unit="1", title="Internal rate of return of a project",
    since=PRICED, asked_as=("irr", "internal_rate_of_return"), **_DECLARED,
)  # fmt: skip
def project_irr(scene: Scene, project: str) -> int | None:
    """Real rate at which project_free_cash is worth nothing: at most 10 (1,000 % a year), and -1
    where it does not come back even at -0.5.

    Between 0 and 10 where the flows sum to zero or more, else below 0.
    """
    flows = free_flows(scene, project)
    return None if flows is None else internal_rate(scene, flows)


@outcome(
    over=("scenario", "project"), unit="1", title="Internal rate is ambiguous", since=PRICED,
    kind="indicator", **_DECLARED,
)  # fmt: skip
def irr_ambiguous(scene: Scene, project: str) -> int | None:
    """1 where the sum of the free cash so far changes its sign more than once: project_irr may be
    one of several."""
    flows, graph = free_flows(scene, project), scene.graph
    if flows is None:
        return None
    turns = graph.node("TURNS", flows=tuple(flows.values()), last=float(scene.horizon[-1]))
    few = graph.node("NOT_POSITIVE", value=graph.difference(turns, graph.constant(1.0)))
    return graph.difference(graph.constant(1.0), few)
