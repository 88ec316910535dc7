"""A loan on a project: what serves it, how well cash covers that, what is left (MODEL 11).

The loan of the start is worth, at its own rate, what was drawn until then, and so are its payments:
a lender who asks that rate gains and loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any, Final

from simcore.model.financing import (
    EARNING,
    MILLIONS,
    PRICED,
    SOLD_AT,
    cash_available,
    cash_by_year,
    free_flows,
    internal_rate,
    kept_of_money,
    scheduled,
)
from simcore.model.projects import project_of
from simcore.model.scene import Scene, read, remembered
from simcore.model.spending import spending
from simcore.variables import PROJECT, Since, outcome

_DECLARED: Final[dict[str, Any]] = {"usual": False, "needs": SOLD_AT}


def _last_served(scene: Scene, place: Mapping[str, str]) -> int:
    one = project_of(scene, place["project"])
    return 0 if one is None or one.debt is None else min(one.start + one.debt.years - 1, one.end)


SERVED: Final = Since(EARNING.first, last=_last_served)
"""While debt is served."""


@remembered
def _rate(scene: Scene, project: str) -> int:
    debt = scene.experiment.projects[project].debt
    assert debt is not None
    return read(scene, debt, "rate", f"{project}.debt")


@remembered
def drawn(scene: Scene, project: str) -> dict[int, int]:
    """Nodes of what is drawn, 1e6 EUR, by year after the start."""
    debt, graph = scene.experiment.projects[project].debt, scene.graph
    assert debt is not None
    share = read(scene, debt, "share", f"{project}.debt")
    return {year: graph.product(node, share) for year, node in spending(scene, project).items()}


@remembered
def loan(scene: Scene, project: str) -> int:
    """Node of the loan in the year before the start, with interest until then (MODEL 11.22)."""
    debt, graph = scene.experiment.projects[project].debt, scene.graph
    assert debt is not None
    grown = graph.scaled(
        graph.sum(graph.constant(1.0), _rate(scene, project)),
        kept_of_money(scene, 1.0, debt.nominal),
    )
    owed = []
    for year, node in drawn(scene, project).items():
        for _ in range(abs(year + 1)):
            node = graph.product(node, grown) if year < -1 else graph.quotient(node, grown)
        owed.append(node)
    return graph.total(owed)


@remembered
def _service(scene: Scene, project: str) -> list[tuple[int, dict[int, float]]]:
    """What a loan of 1 asks for by year: nodes, each with its weight in every year."""
    one, graph = scene.experiment.projects[project], scene.graph
    debt = one.debt
    assert debt is not None
    count, years = debt.years, range(one.start, one.start + debt.years)
    left = {year: kept_of_money(scene, year - one.start + 1.0, debt.nominal) for year in years}
    rate = _rate(scene, project)
    if debt.repayment == "level":
        recovery = graph.node(
            "CAPITAL_RECOVERY", wacc=rate, risk=graph.constant(0.0), life=float(count)
        )
        return [(recovery, left)]
    owed = {year: left[year] * (count - (year - one.start)) / count for year in years}
    return [(graph.constant(1.0 / count), left), (rate, owed)]


@remembered
def debt_service(scene: Scene, project: str) -> int:
    """Node of interest and repayment of the year, 1e6 EUR/yr (MODEL 11.23)."""
    graph, owed = scene.graph, loan(scene, project)
    return graph.total(
        scheduled(scene, graph.product(owed, node), weights)
        for node, weights in _service(scene, project)
    )


def _asked_in(scene: Scene, project: str, year: int) -> int:
    """Node of what a loan of 1 asks for in a year, after the run too."""
    nodes, weights = zip(*_service(scene, project), strict=True)
    return scene.graph.node(
        "LINEAR", terms=nodes, weights=tuple(one.get(year, 0.0) for one in weights)
    )


def _has_debt(scene: Scene, project: str) -> bool:
    one = project_of(scene, project)
    known = one is not None and one.debt is not None
    return known and cash_available(scene, project) is not None


@outcome(
    over=PROJECT,
    unit="1",
    title="Debt service cover",
    since=SERVED,
    asked_as=("debt_service_cover",),
    **_DECLARED,
)
@remembered
def dscr(scene: Scene, project: str) -> int | None:
    """Cash after operation, carbon cost and tax over interest and repayment of the year.

    None of a project without debt.
    """
    if not _has_debt(scene, project):
        return None
    return scene.graph.node(
        "RATIO", value=cash_available(scene, project), divisor=debt_service(scene, project)
    )


@outcome(
    over=PROJECT, unit="1", title="Covenant is broken", since=SERVED, kind="indicator", **_DECLARED
)
def dscr_below(scene: Scene, project: str) -> int | None:
    """1 where dscr is below the covenant; its mean is a probability.

    None of a project without debt.
    """
    if not _has_debt(scene, project):
        return None
    debt, graph = scene.experiment.projects[project].debt, scene.graph
    available = cash_available(scene, project)
    assert debt is not None
    assert available is not None
    asked = graph.scaled(debt_service(scene, project), debt.covenant)
    met = graph.node("NOT_POSITIVE", value=graph.difference(asked, available))
    return graph.difference(graph.constant(1.0), met)


@remembered
def _carried(scene: Scene, project: str) -> int:
    """Node of the largest loan whose service the cash of every year covers just once, 1e6 EUR."""
    one, graph = scene.experiment.projects[project], scene.graph
    debt, cash = one.debt, cash_by_year(scene, project)
    assert debt is not None
    served = range(one.start, min(one.start + debt.years - 1, one.end) + 1)
    loans = (graph.quotient(cash[year], _asked_in(scene, project, year)) for year in served)
    return reduce(lambda a, b: graph.node("SMALLER", a=a, b=b), loans)


@outcome(
    over=("scenario", "project"), unit="1", title="Lowest debt service cover", since=PRICED,
    **_DECLARED,
)  # fmt: skip
def dscr_lowest(scene: Scene, project: str) -> int | None:
    """Lowest dscr of the years in which debt is served, those after the run included.

    None of a project without debt.
    """
    if not _has_debt(scene, project):
        return None
    return scene.graph.node("RATIO", value=_carried(scene, project), divisor=loan(scene, project))


@outcome(
    over=("scenario", "project"), unit=MILLIONS, title="Debt capacity", since=PRICED, **_DECLARED
)
def debt_capacity(scene: Scene, project: str) -> int | None:
    """Largest loan, on the same terms, at which dscr keeps to the covenant in every year; its 10 %
    quantile keeps to it in 90 % of draws.

    None of a project without debt.
    """
    if not _has_debt(scene, project):
        return None
    debt, graph = scene.experiment.projects[project].debt, scene.graph
    assert debt is not None
    most = graph.scaled(_carried(scene, project), 1.0 / debt.covenant)
    return graph.node("LARGER", a=most, b=graph.constant(0.0))


@remembered
def equity_flows(scene: Scene, project: str) -> dict[int, int]:
    """Nodes by year of the free cash with what is drawn, less what serves the debt."""
    one, graph, owed = scene.experiment.projects[project], scene.graph, loan(scene, project)
    flows, taken = free_flows(scene, project), drawn(scene, project)
    assert flows is not None
    assert one.debt is not None
    found = {}
    for year in range(min(flows), max(*flows, one.start + one.debt.years - 1) + 1):
        node = flows.get(year, graph.constant(0.0))
        if year - one.start in taken:
            node = graph.sum(node, taken[year - one.start])
        if 0 <= year - one.start < one.debt.years:
            service = graph.product(owed, _asked_in(scene, project, year))
            node = graph.difference(node, service)
        found[year] = node
    return found


@outcome(
    over=("scenario", "project"), unit="1", title="Internal rate of return of the equity",
    since=PRICED, asked_as=("return_on_equity",), **_DECLARED,
)  # fmt: skip
def equity_irr(scene: Scene, project: str) -> int | None:
    """project_irr of the free cash with what is drawn of the loan, less what serves it.

    None of a project without debt.
    """
    if not _has_debt(scene, project):
        return None
    return internal_rate(scene, equity_flows(scene, project))
