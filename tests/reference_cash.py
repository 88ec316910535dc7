"""The whole cash flow of a project in plain Python (the second half of section 11): what comes in
and goes out by year, tax, the internal rate, a loan. Flows begin with the first spending, which may
lie before the run; a year of life after it has the prices and rules of its last year.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from reference_buyer import product_price
from reference_carbon import carbon_cost
from reference_costs import electrolysis_cost
from reference_dues import ONCE, built_at_the_works, instrument, investment, spent_on_equipment
from reference_instruments import Course, courses, paid_in, paid_once
from reference_paths import Case, quantity, remembered
from reference_projects import (
    conversion_spent,
    conversions,
    discounted,
    green_revenue,
    is_there,
    left_over,
    life,
    output,
    phase,
    record,
    running_cost,
    seen,
    valued_in,
)
from reference_routes import amounts as bought
from reference_routes import annuity_rate, price_entry, sector_of
from scipy.optimize import brentq

NAN = math.nan
Flows = dict[int, float]
OF_YEARS = ("project_revenue", "project_free_cash", "dscr", "dscr_below")
OF_LIFE = ("free_cash_npv", "project_irr", "irr_ambiguous", "dscr_lowest", "debt_capacity",
           "equity_irr")  # fmt: skip


def price_of_product(case: Case, project: str, year: int) -> float:
    """Of the conventional tonne of what a project makes."""
    one = record(case, project)
    return product_price(case, one["region"], sector_of(case, one["route"]), year)


def is_sold(case: Case, project: str) -> bool:
    """Whether its region says what the conventional tonne is sold for in the year of the start."""
    one = record(case, project)
    return not math.isnan(price_of_product(case, project, one["start"]))


def revenue(case: Case, project: str, year: int) -> float:
    price = price_of_product(case, project, seen(case, year))
    return output(case, project) * (price + green_revenue(case, project))


@remembered
def operation(case: Case, project: str, year: int) -> float:
    """Cost of a tonne before carbon and without any capital, that of an electrolyser included."""
    one, now = record(case, project), seen(case, year)
    region, (route, built) = one["region"], phase(case, project, year)
    own = built if one.get("hydrogen") == "own" else None
    cost = running_cost(case, project, route, now, own, built)
    for commodity, amount in bought(case, route, "inputs", region, now).items():
        if built_at_the_works(case, project, commodity):
            name, entry = price_entry(case, commodity, region)
            # What it costs to build counts when it is spent, not when it is recovered.
            cost -= amount * electrolysis_cost(case, name, entry, region, now, built, recovery=True)
    return cost


def supported(case: Case, project: str, year: int, found: Mapping[str, Course]) -> float:
    """What instruments pay in a year, grants apart; nothing after the run."""
    names = [name for name in found if instrument(case, name)["kind"] != ONCE]
    return math.fsum(found[name].payments.get(year, 0.0) for name in names)


def spent(case: Case, project: str) -> Flows:
    """What the owner spends on the plant by year, grants taken off."""
    one = record(case, project)
    whole = output(case, project) * investment(case, project)
    flows = {
        one["start"] + int(j): share * whole for j, share in (one.get("spend") or {-1: 1}).items()
    }
    for since, route in conversions(case, project).items():
        cost = spent_on_equipment(case, project, route, since)
        if one.get("conversion") is not None:
            cost += conversion_spent(case, project, since)
        flows[since - 1] = flows.get(since - 1, 0.0) + output(case, project) * cost
    for name in one.get("instruments") or ():
        if instrument(case, name)["kind"] == ONCE:
            year = paid_in(case, project, name)
            flows[year] = flows.get(year, 0.0) - paid_once(case, project, name)[0]
    return flows


def before_tax(case: Case, project: str, year: int, found: Mapping[str, Course]) -> float:
    one, now = record(case, project), seen(case, year)
    carbon = carbon_cost(
        case, phase(case, project, year)[0], one["region"],
        one.get("destination", "domestic"), now,
    )  # fmt: skip
    paid_out = output(case, project) * (operation(case, project, year) + carbon)
    return revenue(case, project, year) + supported(case, project, year, found) - paid_out


def money_of(case: Case, nominal: bool, year: int) -> float:
    """Real value of money of a year, but for a constant."""
    return (1 + case.money["inflation"]) ** -year if nominal else 1.0


def taxes(case: Case, project: str, earned: Flows, invested: Flows) -> Flows:
    """Tax on the profit after depreciation and the losses carried forward."""
    one = record(case, project)
    rules = one.get("tax") or {}
    rate = quantity(case, rules.get("rate", 0.0), f"{project}.tax.rate")
    nominal, loss, paid = bool(rules.get("nominal")), 0.0, {}
    book = math.fsum(amount / money_of(case, nominal, year) for year, amount in invested.items())
    for year in life(case, project):
        now = money_of(case, nominal, year)
        years = 1 + (left_over(case, project) if year == life(case, project)[-1] else 0)
        profit = earned[year] - now * book * years / one["lifetime"] - loss * now
        loss = -profit / now if profit < 0 else 0.0
        paid[year] = rate * profit if profit > 0 else 0.0
    return paid


def loan_of(case: Case, project: str, invested: Flows) -> tuple[float, Flows]:
    """A loan as it stands in the year before the start, and the service of one EUR of it by year."""
    one = record(case, project)
    terms = one["debt"]
    share = quantity(case, terms["share"], f"{project}.debt.share")
    i = quantity(case, terms["rate"], f"{project}.debt.rate")
    start, years, nominal = one["start"], terms["years"], bool(terms.get("nominal"))
    growth = (1 + i) * money_of(case, nominal, 1) / money_of(case, nominal, 0)
    loan = math.fsum(
        share * amount * growth ** (start - 1 - year) for year, amount in invested.items()
    )
    service = {}
    for year in range(start, start + years):
        part = annuity_rate(i, years)
        if terms.get("repayment") == "equal_principal":
            part = 1 / years + i * (1 - (year - start) / years)
        service[year] = part * money_of(case, nominal, year - start + 1)
    return loan, service


def worth(flows: Flows, rate: float) -> float:
    first = min(flows)
    return math.fsum(amount / (1 + rate) ** (year - first) for year, amount in flows.items())


def internal_rate(flows: Flows) -> float:
    """Where the worth is nothing: from 0 to 10 if the flows sum to zero or more, else below 0."""
    if any(amount != amount for amount in flows.values()):
        return NAN
    if math.fsum(flows.values()) >= 0:
        if worth(flows, 10.0) >= 0:
            return 10.0
        return float(brentq(lambda r: worth(flows, r), 0.0, 10.0, xtol=1e-15, rtol=1e-14))
    if worth(flows, -0.5) < 0:
        return -1.0
    return float(brentq(lambda r: worth(flows, r), -0.5, 0.0, xtol=1e-15, rtol=1e-14))


def is_ambiguous(flows: Flows) -> bool:
    so_far, signs = 0.0, []
    for year in sorted(flows):
        so_far += flows[year]
        if so_far != 0:
            signs.append(so_far > 0)
    return sum(a != b for a, b in zip(signs, signs[1:], strict=False)) > 1


@remembered
def all_flows(case: Case, project: str) -> dict[str, Flows]:
    """What comes in and goes out, 1e6 EUR by year."""
    found, invested = courses(case, project), spent(case, project)
    earned = {year: before_tax(case, project, year, found) for year in life(case, project)}
    tax = taxes(case, project, earned, invested)
    kept = {year: earned[year] - tax[year] for year in earned}
    # A grant may be paid after the last year of a short life.
    years = range(min([*invested, *kept]), max([*invested, *kept]) + 1)
    free = {year: kept.get(year, 0.0) - invested.get(year, 0.0) for year in years}
    flows = {"invested": invested, "kept": kept, "free": free}
    terms = record(case, project).get("debt")
    if terms:
        share = quantity(case, terms["share"], f"{project}.debt.share")
        loan, asked = loan_of(case, project, invested)
        flows["equity"] = {
            year: amount + share * invested.get(year, 0.0) - loan * asked.get(year, 0.0)
            for year, amount in free.items()
        }
    return flows


def free_cash(case: Case, project: str) -> Flows:
    return all_flows(case, project)["free"]


def after_tax(case: Case, project: str) -> Flows:
    return all_flows(case, project)["kept"]


def equity(case: Case, project: str) -> Flows:
    return all_flows(case, project)["equity"]


def service(case: Case, project: str) -> Flows:
    """What a loan asks for by year."""
    loan, asked = loan_of(case, project, all_flows(case, project)["invested"])
    return {year: loan * each for year, each in asked.items()}


def cash_outcomes(case: Case, scenario: str) -> dict[tuple[Any, ...], float]:
    """Every outcome of the cash flow of one scenario."""
    out: dict[tuple[Any, ...], float] = {}
    for project in case.config.get("projects") or ():
        if is_there(case, project) and is_sold(case, project):
            for (name, *year), x in of_a_project(case, project).items():
                out[(name, scenario, project, *year)] = x
    return out


def of_a_project(case: Case, project: str) -> dict[tuple[Any, ...], float]:
    """Outcomes of one project, by name and, where they have one, year."""
    out: dict[tuple[Any, ...], float] = {}
    flows = all_flows(case, project)
    free, kept, to = flows["free"], flows["kept"], valued_in(case, project)
    for year in case.years:
        if year in kept:
            out["project_revenue", year] = revenue(case, project, year)
        if year in free:
            out["project_free_cash", year] = free[year]
    out["free_cash_npv",] = discounted(case, project, free, to)
    out["project_irr",] = internal_rate(free)
    out["irr_ambiguous",] = float(is_ambiguous(free))
    terms = record(case, project).get("debt")
    if not terms:
        return out
    loan, asked = loan_of(case, project, flows["invested"])
    covenant = terms.get("covenant", 1.3)
    cover = {year: kept[year] / (loan * asked[year]) if loan > 0 else NAN for year in asked}
    for year in set(case.years) & set(cover):
        out["dscr", year] = cover[year]
        out["dscr_below", year] = float(kept[year] < covenant * loan * asked[year])
    out["dscr_lowest",] = min(cover.values())
    carried = min(kept[year] / asked[year] for year in asked)
    out["debt_capacity",] = max(0.0, carried / covenant)
    out["equity_irr",] = internal_rate(flows["equity"])
    return out
