"""Support beside carbon contracts, operation and grants: price contracts, premiums, loans, public
buyers, products, the carbon cost of power, as nodes (MODEL 12)."""

from __future__ import annotations

from typing import Final

from simcore.intake.instruments import OnPrice
from simcore.intake.stated import unit_of_field
from simcore.model.commodities import unit_price
from simcore.model.dues import (
    Deal,
    Kind,
    first_strike,
    in_real_money,
    lacking,
    market_price,
    quantity_of,
)
from simcore.model.investments import project_investment
from simcore.model.projects import rate_of
from simcore.model.scene import quantity

_KILOGRAM: Final = 1e-3
"""Tonnes in one, as hydrogen is counted in."""


# --- against a price ---------------------------------------------------------------------------


def _paid_for(deal: Deal) -> int:
    """Node of what a price is paid for, Mt a year: hydrogen, product or CO2 avoided."""
    per = deal.record.per
    found, _ = quantity_of(deal, per)
    return deal.in_all(deal.graph.scaled(found, _KILOGRAM if per == "hydrogen" else 1.0))


def reference_price(deal: Deal) -> int:
    """Node of the price that a strike or a base amount is set against, real EUR/t: the dearest of
    the fuels replaced, or that of an allowance, and not below the floor (MODEL 12.12)."""
    graph, record = deal.graph, deal.record
    found = [market_price(deal)] if record.per == "avoided" else []
    for fuel, amount in record.replaces.items():
        unit = unit_of_field(OnPrice, "replaces")
        heat = quantity(deal.scene, f"{deal.name}.replaces.{fuel}", amount, unit)
        found.append(graph.product(heat, unit_price(deal.scene, fuel, deal.one.region)))
    if record.floor is not None:
        found.append(in_real_money(deal, deal.read("floor")))
    highest = found[0] if found else graph.constant(0.0)
    for other in found[1:]:
        highest = graph.node("LARGER", a=highest, b=other)
    return highest


def _reference_bill(deal: Deal) -> int:
    bill = deal.graph.product(reference_price(deal), _paid_for(deal))
    return deal.graph.scaled(bill, -1.0)


def _quantity_in_real_money(deal: Deal) -> int:
    return in_real_money(deal, _paid_for(deal))


def _strike(deal: Deal) -> int:
    return in_real_money(deal, first_strike(deal))


ON_PRICE: Final = Kind(_reference_bill, _quantity_in_real_money, _strike, reference_price)
"""(strike - reference price) * quantity, of two sides or of one (MODEL 12.13)."""


# --- other money -------------------------------------------------------------------------------


def _loan(deal: Deal) -> int:
    """share * investment * (CRF(w, n) - CRF(w - spread, n)) (MODEL 12.14)."""
    graph, record = deal.graph, deal.record
    years = deal.one.lifetime if record.term is None else record.term
    rate = rate_of(deal.scene, deal.project)
    below = graph.scaled(deal.read("spread"), -1.0)
    usual, cheaper = (
        graph.node("CAPITAL_RECOVERY", wacc=rate, risk=risk, life=years)
        for risk in (graph.constant(0.0), below)
    )
    lent = graph.product(deal.read("share"), project_investment(deal.scene, deal.project))
    return deal.in_all(graph.product(lent, graph.difference(usual, cheaper)))


def _procurement(deal: Deal) -> int:
    """share * uplift, or share * max(0, gap), over the output (MODEL 12.15)."""
    share = deal.amount("share", "1")
    if deal.record.covers is not None:
        return deal.in_all(deal.graph.product(share, lacking(deal)))
    uplift = in_real_money(deal, deal.amount("uplift", "EUR/t"))
    return deal.in_all(deal.graph.product(share, uplift))


def _product(deal: Deal) -> int:
    """amount / content * share * passed_on, over the output (MODEL 12.16)."""
    graph = deal.graph
    amount = in_real_money(deal, deal.amount("amount", "EUR"))
    per_tonne = graph.quotient(amount, deal.read("content"))
    return deal.in_all(graph.product(per_tonne, deal.read("share"), deal.read("passed_on")))


def _compensation(deal: Deal) -> int:
    """intensity * factor * carbon price * efficiency * power, over the output (MODEL 12.17)."""
    power, _ = quantity_of(deal, "electricity")
    terms = [
        deal.amount("intensity", "1"), deal.amount("emission_factor", "t/MWh"), market_price(deal),
        deal.read("efficiency"), power,
    ]  # fmt: skip
    return deal.in_all(deal.graph.product(*terms))


SCHEMES: Final[dict[str, Kind]] = {
    "cfd": ON_PRICE,
    "premium": ON_PRICE,
    "loan": Kind(_loan),
    "procurement": Kind(_procurement),
    "product": Kind(_product),
    "compensation": Kind(_compensation),
}
"""By the `kind` of their records."""
