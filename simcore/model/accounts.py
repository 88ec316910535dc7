"""A fund or a bond year by year: what it takes in, pays out, owes and holds, as nodes (MODEL 13).

All in real money. Flows come at the end of their year; an issue is served from the year after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from simcore.intake.accounts import Account
from simcore.intake.stated import unit_of_field
from simcore.model.financing import kept_of_money
from simcore.model.flows import FLOWS, column_of, worth_in
from simcore.model.scene import Scene, quantity, read, remembered
from simcore.variables import ACCOUNT, Since, outcome

_COMES: Final[dict[str, Any]] = {"usual": False, "comes_with": "accounts"}


def _account_of(scene: Scene, account: str) -> Account | None:
    """The record of an account; None where a scenario has none of that name."""
    return scene.experiment.accounts.get(account)


def _first(scene: Scene, place: Mapping[str, str]) -> int:
    one = _account_of(scene, place["account"])
    return scene.experiment.years.last + 1 if one is None else one.first


def _last(scene: Scene, place: Mapping[str, str]) -> int:
    one = _account_of(scene, place["account"])
    return 0 if one is None else one.last


def _first_cover(scene: Scene, place: Mapping[str, str]) -> int:
    """First year in which anything can be due."""
    one = _account_of(scene, place["account"])
    if one is None or one.outflow:
        return _first(scene, place)
    return min(one.issue, default=scene.experiment.years.last) + 1


_OPEN: Final = Since(_first, last=_last)
"""While the account runs."""
_DUE: Final = Since(_first_cover, last=_last)
"""While something can be due."""
_WHOLE: Final = Since(_first)
"""One value for all its years."""
_YEARLY: Final[dict[str, Any]] = {
    "over": ACCOUNT, "unit": "1e6 {money} yr-1", "since": _OPEN, **_COMES,
}  # fmt: skip
_STOCK: Final[dict[str, Any]] = {"over": ACCOUNT, "unit": "1e6 {money}", "since": _OPEN, **_COMES}
_ONCE: Final[dict[str, Any]] = {"over": ACCOUNT[:-1], "since": _WHOLE, **_COMES}


def _active(scene: Scene, account: str) -> np.ndarray:
    """1 in the years of an account, else 0."""
    one = scene.experiment.accounts[account]
    return column_of(scene, dict.fromkeys(range(one.first, one.last + 1), 1.0))


def _side(scene: Scene, account: str, side: str) -> int:
    """Node of all that flows in, or out, in the years of the account."""
    one, graph = scene.experiment.accounts[account], scene.graph
    nodes = [
        FLOWS[record.kind](scene, one, f"{account}.{side}.{name}", record)
        for name, record in getattr(one, side).items()
    ]
    if not nodes:
        return graph.constant(0.0)
    return graph.node("SCHEDULED", value=graph.total(nodes), weight=_active(scene, account))


@outcome(title="Inflow of an account", asked_as=("carbon_revenue",), **_YEARLY)
@remembered
def account_inflow(scene: Scene, account: str) -> int | None:
    """Sum of all inflows in the year, without what is borrowed."""
    if _account_of(scene, account) is None:
        return None
    return _side(scene, account, "inflow")


@outcome(
    title="Outflow of an account",
    sign="Below zero more comes back than is paid.",
    **_YEARLY,
)
@remembered
def account_outflow(scene: Scene, account: str) -> int | None:
    """Sum of all outflows in the year, without what serves the issue."""
    if _account_of(scene, account) is None:
        return None
    return _side(scene, account, "outflow")


# --- the issue -----------------------------------------------------------------------------------


@remembered
def _issued(scene: Scene, account: str) -> dict[int, int]:
    """Nodes of what is borrowed, real 1e6 EUR, by year."""
    one, factor = scene.experiment.accounts[account], f"{account}.issue"
    unit, found = unit_of_field(Account, "issue"), {}
    for year, amount in sorted(one.issue.items()):
        drawn = amount.model_copy(update={"factor": amount.factor or factor})
        node = quantity(scene, factor, drawn, unit, label=f"{factor} ({year})")
        found[year] = scene.graph.scaled(node, worth_in(scene, one, year)) if one.nominal else node
    return found


@remembered
def _interest(scene: Scene, account: str) -> int:
    """Node of the interest on what is owed."""
    one = scene.experiment.accounts[account]
    if one.repayment is None or one.repayment.rate is None:
        return read(scene, one, "rate", account)
    return read(scene, one.repayment, "rate", f"{account}.repayment")


@outcome(title="Debt service of an account", **_YEARLY)
@remembered
def account_service(scene: Scene, account: str) -> int | None:
    """Interest and repayment of all that was borrowed before the year."""
    one, graph = _account_of(scene, account), scene.graph
    if one is None:
        return None
    repayment, nodes = one.repayment, []
    for year, issued in _issued(scene, account).items():
        assert repayment is not None
        count, rate = repayment.years, _interest(scene, account)
        left = {year + k: kept_of_money(scene, k, one.nominal) for k in range(1, count + 1)}
        if repayment.kind == "level":
            recovery = graph.node(
                "CAPITAL_RECOVERY", wacc=rate, risk=graph.constant(0.0), life=float(count)
            )
            parts = [(recovery, left)]
        else:
            end = year + count
            parts = [(rate, left), (graph.constant(1.0), {end: left[end]})]
        for each, weights in parts:
            due = {at: weight for at, weight in weights.items() if at <= one.last}
            nodes.append(graph.node(
                "SCHEDULED", value=graph.product(issued, each), weight=column_of(scene, due)
            ))  # fmt: skip
    return graph.total(nodes) if nodes else graph.constant(0.0)


@remembered
def _borrowed(scene: Scene, account: str) -> int:
    """Node of what is borrowed in the year."""
    nodes = [
        scene.graph.node("SCHEDULED", value=node, weight=column_of(scene, {year: 1.0}))
        for year, node in _issued(scene, account).items()
    ]
    return scene.graph.total(nodes) if nodes else scene.graph.constant(0.0)


def _carried_forward(scene: Scene, account: str, net: int, rate: int) -> int:
    """Node of a stock that bears interest: what it was, with that, and what the year adds."""
    nominal = scene.experiment.accounts[account].nominal
    return scene.graph.node(
        "BALANCE", net=net, rate=rate, left=kept_of_money(scene, 1.0, nominal),
        active=_active(scene, account),
    )  # fmt: skip


@outcome(title="Owed by an account", asked_as=("debt", "outstanding_debt"), **_STOCK)
@remembered
def account_owed(scene: Scene, account: str) -> int | None:
    """What is left at the end of the year of all that was borrowed, real."""
    service, graph = account_service(scene, account), scene.graph
    if service is None:
        return None
    if not scene.experiment.accounts[account].issue:
        return graph.constant(0.0)
    net = graph.difference(_borrowed(scene, account), service)
    return _carried_forward(scene, account, net, _interest(scene, account))


# --- the balance ---------------------------------------------------------------------------------


@remembered
def _surplus(scene: Scene, account: str) -> int:
    """Node of what flows in less what flows out, without issue and service."""
    paid_in, paid_out = account_inflow(scene, account), account_outflow(scene, account)
    assert paid_in is not None
    assert paid_out is not None
    return scene.graph.less(paid_in, paid_out)


@outcome(
    title="Balance of an account",
    sign="Below zero the account has to borrow more.",
    asked_as=("fund_balance", "balance"),
    **_STOCK,
)
@remembered
def account_balance(scene: Scene, account: str) -> int | None:
    """balance of the year before * (1 + rate) + inflow - outflow - service, and the issue where its
    proceeds are kept: what the account holds at the end of the year, real."""
    one, service, graph = _account_of(scene, account), account_service(scene, account), scene.graph
    if one is None or service is None:
        return None
    net = graph.less(_surplus(scene, account), service)
    if one.issue and one.proceeds == "kept":
        net = graph.sum(net, _borrowed(scene, account))
    return _carried_forward(scene, account, net, read(scene, one, "rate", account))


@outcome(
    over=ACCOUNT, unit="1", title="Coverage of an account", since=_DUE,
    asked_as=("coverage",), **_COMES,
)  # fmt: skip
def account_coverage(scene: Scene, account: str) -> int | None:
    """inflow / (outflow + service) of the year; undefined where nothing is due."""
    service, graph = account_service(scene, account), scene.graph
    if service is None:
        return None
    paid_in, paid_out = account_inflow(scene, account), account_outflow(scene, account)
    assert paid_in is not None
    assert paid_out is not None
    return graph.node("RATIO", value=paid_in, divisor=graph.plus(paid_out, service))


@remembered
def _beyond_debt(scene: Scene, account: str) -> int | None:
    """Node of the balance less what is owed."""
    balance, owed = account_balance(scene, account), account_owed(scene, account)
    return None if balance is None or owed is None else scene.graph.less(balance, owed)


@outcome(unit="1e6 {money}", title="Lowest balance of an account", **_ONCE)
def account_lowest(scene: Scene, account: str) -> int | None:
    """Lowest account_balance of its years: what the account must be able to borrow on top, where it
    is below zero."""
    balance = account_balance(scene, account)
    if balance is None:
        return None
    return scene.graph.node("LOWEST", value=balance, active=_active(scene, account))


@outcome(
    unit="yr", title="Year in which an account has paid back", kind="year",
    asked_as=("payback_year", "payback"), **_ONCE,
)  # fmt: skip
def account_payback(scene: Scene, account: str) -> int | None:
    """First year from which on account_balance covers account_owed until the last one; undefined:
    never. Of a fund without an issue the year from which on it is out of the red."""
    left = _beyond_debt(scene, account)
    if left is None:
        return None
    return scene.graph.node("PAID_BACK", value=left, active=_active(scene, account))


@outcome(unit="1", title="An account is solvent", kind="indicator", **_ONCE)
def account_solvent(scene: Scene, account: str) -> int | None:
    """1 where account_balance covers account_owed in its last year; its mean is a probability."""
    left, graph = _beyond_debt(scene, account), scene.graph
    if left is None:
        return None
    return graph.node("NOT_POSITIVE", value=graph.scaled(left, -1.0))


# --- what it carries -----------------------------------------------------------------------------


def _worth_at_first(scene: Scene, account: str, amount: int) -> int:
    """Node of yearly amounts as they are worth in the first year of the account."""
    one = scene.experiment.accounts[account]
    years = {year: year - one.first for year in range(one.first, one.last + 1)}
    weights = {year: 1.0 / kept_of_money(scene, n, one.nominal) for year, n in years.items()}
    after = column_of(scene, {year: float(n) for year, n in years.items()})
    return scene.graph.node(
        "DISCOUNTED", amount=amount, log_rate=_log_rate(scene, account),
        weight=column_of(scene, weights), first=after, last=after,
    )  # fmt: skip


def _log_rate(scene: Scene, account: str) -> int:
    rate = read(scene, scene.experiment.accounts[account], "rate", account)
    return scene.graph.node("LOG_GROWTH", rate=rate)


@outcome(
    unit="1e6 {money}", title="Bond that an account carries", kept=True,
    asked_as=("bond_capacity", "borrowing_capacity"),
    sign="Below zero the account cannot even pay what flows out.", **_ONCE,
)  # fmt: skip
@remembered
def account_capacity(scene: Scene, account: str) -> int | None:
    """Sum of (inflow - outflow) / (1 + rate)^(year - first), without issue and service: the bond of
    the first year that what is left carries. Its P5 is carried in 95 % of the draws."""
    if _account_of(scene, account) is None:
        return None
    return _worth_at_first(scene, account, _surplus(scene, account))


@outcome(
    unit="1", title="Multiple of its issue that an account carries",
    sign="Below one the issue is too large.", **_ONCE,
)  # fmt: skip
def account_carried(scene: Scene, account: str) -> int | None:
    """account_capacity over what serving the issue costs, that after the last year included: its P5
    times the issue of each year is carried in 95 % of the draws. None of an account without an
    issue."""
    one, graph = _account_of(scene, account), scene.graph
    if one is None or not one.issue:
        return None
    service, owed = account_service(scene, account), account_owed(scene, account)
    capacity = account_capacity(scene, account)
    assert service is not None
    assert owed is not None
    years = one.first - one.last
    back = graph.node("COMPOUNDED", log_rate=_log_rate(scene, account), years=float(years))
    later = graph.scaled(graph.product(owed, back), kept_of_money(scene, years, one.nominal))
    divisor = graph.sum(_worth_at_first(scene, account, service), later)
    return graph.node("RATIO", value=capacity, divisor=divisor)
