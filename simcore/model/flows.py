"""What flows into an account or out of it, by kind, as nodes (MODEL 13). In real money."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from simcore.intake.accounts import Account, Flow
from simcore.intake.stated import unit_of_field
from simcore.intake.usage import rules_of
from simcore.model.allowances import allocation, benchmark
from simcore.model.budgets import budget_need
from simcore.model.carbon import cbam_cost
from simcore.model.financing import kept_of_money
from simcore.model.instruments import instrument_payment
from simcore.model.investments import project_investment
from simcore.model.markets import carbon_price, home_price
from simcore.model.policies import series
from simcore.model.scene import Scene, read
from simcore.model.yearly import between_dates, yearly_quantity

Made = Callable[[Scene, Account, str, Any], int]

FLOWS: Final[dict[str, Made]] = {}
"""Node of a flow, 1e6 EUR/yr, by its kind: of a scene, the account, the name under which the
quantities of the flow are drawn, and its record."""


def flow(kind: str) -> Callable[[Made], Made]:
    """Declare what a kind of flow comes to."""

    def declare(function: Made) -> Made:
        FLOWS[kind] = function
        return function

    return declare


def _unit(record: Flow, field: str) -> str:
    return unit_of_field(type(record), field)


def _volume(scene: Scene, name: str, record: Any, field: str = "volume") -> int:
    """Node of an amount of each year: none before its first date."""
    unit = _unit(record, field)
    return between_dates(
        scene, f"{name}.{field}", getattr(record, field), unit, held_before=False
    )  # fmt: skip


def _shared(scene: Scene, name: str, record: Any, *factors: int) -> int:
    """Node of the part of a revenue that goes through the account."""
    share, graph = read(scene, record, "share", name), scene.graph
    whole = graph.product(*factors, _volume(scene, name, record))
    return whole if graph.is_constant(share, 1.0) else graph.product(whole, share)


@flow("auction")
def _auction(scene: Scene, account: Account, name: str, record: Any) -> int:
    return _shared(scene, name, record, carbon_price(scene, record.market))


@flow("freed")
def _freed(scene: Scene, account: Account, name: str, record: Any) -> int:
    """P * benchmark * fall of the free share since the first year of the account (MODEL 13.9)."""
    graph, region, route = scene.graph, record.region, record.route
    rules = rules_of(scene.experiment, region, route)
    free = allocation(scene, rules.free_allocation, rules.cscf)
    then = graph.node("LATCHED", value=free, since=float(account.first))
    fallen = graph.difference(then, free)
    price = home_price(scene, region)
    return _shared(scene, name, record, price, benchmark(scene, region, route), fallen)


@flow("cbam")
def _cbam(scene: Scene, account: Account, name: str, record: Any) -> int:
    return _shared(scene, name, record, cbam_cost(scene, record.region, "eu", record.route))


@flow("surcharge")
def _surcharge(scene: Scene, account: Account, name: str, record: Any) -> int:
    unit = _unit(record, "amount")
    amount = yearly_quantity(scene, f"{name}.amount", record.amount, unit)
    return _real(scene, account, scene.graph.product(amount, _volume(scene, name, record)))


@flow("fixed")
def _fixed(scene: Scene, account: Account, name: str, record: Any) -> int:
    return _real(scene, account, _volume(scene, name, record, "amount"))


@flow("gap")
def _gap(scene: Scene, account: Account, name: str, record: Any) -> int:
    need = budget_need(scene, record.budget)
    assert need is not None
    return need


@flow("instrument")
def _instrument(scene: Scene, account: Account, name: str, record: Any) -> int:
    payment = instrument_payment(scene, record.project, record.instrument)
    assert payment is not None
    return payment


@flow("capex")
def _capex(scene: Scene, account: Account, name: str, record: Any) -> int:
    one, graph = scene.experiment.projects[record.project], scene.graph
    whole = graph.scaled(project_investment(scene, record.project), one.output)
    shares = {one.start + year: share for year, share in one.spend.items()}
    return graph.node("SCHEDULED", value=whole, weight=column_of(scene, shares))


def _real(scene: Scene, account: Account, node: int) -> int:
    """Node of an amount of the money of the account in real money."""
    if not account.nominal:
        return node
    worth = np.array([worth_in(scene, account, int(year)) for year in scene.horizon])
    return scene.graph.product(node, series(scene, worth))


def worth_in(scene: Scene, account: Account, year: int) -> float:
    """Real money of a unit of the account's money of a year."""
    return kept_of_money(scene, year - scene.experiment.money.base_year, account.nominal)


def column_of(scene: Scene, values: Mapping[int, float]) -> np.ndarray:
    """A column by simulated year: zero where nothing is said."""
    return scene.over_years(np.array([values.get(int(year), 0.0) for year in scene.horizon]))
