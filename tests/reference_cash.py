"""The whole cash flow of a project in plain Python (section 11): one draw, one year after the other.

Without instruments, which `reference_contracts` has. Amounts are in 1e6 EUR.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from reference_buyer import product_price
from reference_costs import (
    amounts,
    annuity_rate,
    capture_capital,
    carbon_cost,
    electricity_demand,
    equipment,
    field,
    is_electrolysis,
    learning,
    number,
    plant_capital,
    price_entry,
    wacc,
)
from reference_paths import Case, quantity
from reference_projects import (
    green_revenue,
    is_there,
    life,
    output,
    rate,
    record,
    running_cost,
    seen,
    sized,
    valued_in,
)

Flows = dict[int, float]
NAN = math.nan
OF_YEARS = ("project_revenue", "project_free_cash", "dscr", "dscr_below")
OF_LIFE = ("free_cash_npv", "project_irr", "irr_ambiguous", "dscr_lowest", "debt_capacity",
           "equity_irr")  # fmt: skip


# ---------------------------------------------------------------- what is spent


def electrolyser(case: Case, commodity: str, region: str, built: int) -> float:
    """What the electrolyser for a kg a year costs to build."""
    name, entry = price_entry(case, commodity, region)
    capex = quantity(case, entry["capex"], name + ".capex", "EUR/kW")
    capex *= learning(case, entry.get("learning"), name, built)
    hours = quantity(case, entry["full_load_hours"], name + ".full_load_hours", "h/yr")
    return capex * electricity_demand(case, name, entry) / hours


def own_electrolysis(case: Case, project: str) -> list[str]:
    """What the project makes itself."""
    one = record(case, project)
    if one.get("hydrogen") != "own":
        return []
    bought = amounts(case, one["route"], "inputs", one["region"], one["start"])
    return [name for name in bought if is_electrolysis(price_entry(case, name, one["region"])[1])]


def invested(case: Case, project: str) -> float:
    one = record(case, project)
    route, region, built = one["route"], one["region"], one["start"]
    plant = 0.0
    if plant_capital(case, route, region, built):
        plant = equipment(sized(case, project), route, region, built)
        plant *= field(case, route, "first_of_a_kind", region, built)
    capture = case.catalog["routes"][route].get("capture")
    if capture:
        yearly = capture_capital(case, route, region, built)[0]
        interest, risk = (
            number(case, route, region, "capture", name, year=built)
            for name in ("interest_during_construction", "risk_premium")
        )
        recovery = annuity_rate(wacc(case, region) + risk, capture["lifetime"])
        plant += yearly / interest / recovery
    whole = plant / field(case, route, "utilisation", region, built)
    for name in own_electrolysis(case, project):
        amount = amounts(case, route, "inputs", region, built)[name]
        whole += amount * electrolyser(case, name, region, built)
    return output(case, project) * whole


def spent(case: Case, project: str) -> Flows:
    one, whole = record(case, project), invested(case, project)
    shares = one.get("spend") or {-1: 1.0}
    return {one["start"] + year: share * whole for year, share in shares.items()}


# ---------------------------------------------------------------- what is earned


def operation(case: Case, project: str, year: int) -> float:
    """Cost of a tonne in a year of the run without capital, that of an electrolyser included."""
    one = record(case, project)
    route, region, built = one["route"], one["region"], one["start"]
    own = own_electrolysis(case, project)
    cost = running_cost(case, project, route, year, built if own else None)
    for name in own:
        label, entry = price_entry(case, name, region)
        risk = quantity(case, entry["risk_premium"], label + ".risk_premium")
        charge = electrolyser(case, name, region, built)
        charge *= annuity_rate(wacc(case, region) + risk, entry["lifetime"])
        amount = amounts(case, route, "inputs", region, year)[name]
        cost -= amount * charge
    return cost


def revenue(case: Case, project: str) -> Flows:
    region = record(case, project)["region"]
    return {
        year: output(case, project)
        * (product_price(case, region, seen(case, year)) + green_revenue(case, project))
        for year in life(case, project)
    }  # fmt: skip


def before_tax(case: Case, project: str) -> Flows:
    one, sold = record(case, project), revenue(case, project)
    place = (one["route"], one["region"], one.get("destination", "domestic"))
    found = {}
    for year in life(case, project):
        now = seen(case, year)
        cost = operation(case, project, now) + carbon_cost(case, *place, now)
        found[year] = sold[year] - output(case, project) * cost
    return found


def after_tax(case: Case, project: str) -> Flows:
    earned, one = before_tax(case, project), record(case, project)
    tax = one.get("tax")
    if not tax:
        return earned
    share, paid = quantity(case, tax["rate"], f"{project}.tax.rate"), spent(case, project)
    worn = worn_by(case, tax)
    left, loss = {}, 0.0
    for year, cash in earned.items():
        loss /= worn
        written_off = sum(amount / worn ** (year - then) for then, amount in paid.items())
        profit = cash - written_off / one["lifetime"] - loss
        loss = max(0.0, -profit)
        left[year] = cash - share * max(0.0, profit)
    return left


def free_cash(case: Case, project: str) -> Flows:
    left, paid = after_tax(case, project), spent(case, project)
    years = range(min([*left, *paid]), max([*left, *paid]) + 1)
    return {year: left.get(year, 0.0) - paid.get(year, 0.0) for year in years}


def worth(flows: Mapping[int, float], at: float, year: int) -> float:
    return math.fsum(flow / (1 + at) ** (then - year) for then, flow in flows.items())


def internal_rate(flows: Mapping[int, float]) -> float:
    """By halving the rate itself."""
    start, total = min(flows), math.fsum(flows.values())
    low, high = (0.0, 10.0) if total >= 0 else (-0.5, 0.0)
    if total >= 0 and worth(flows, high, start) >= 0:
        return 10.0
    if total < 0 and worth(flows, low, start) < 0:
        return -1.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if worth(flows, middle, start) >= 0 else (low, middle)
    return low


def turns(flows: Mapping[int, float]) -> int:
    """How often the sum so far changes its sign."""
    total, sign, count = 0.0, 0.0, 0
    for flow in flows.values():
        total += flow
        now = math.copysign(1.0, total) if total else sign
        count += now * sign < 0
        sign = now
    return count


# ---------------------------------------------------------------- the loan


def drawn(case: Case, project: str) -> Flows:
    debt = record(case, project)["debt"]
    share = quantity(case, debt["share"], f"{project}.debt.share")
    return {year: share * amount for year, amount in spent(case, project).items()}


def loan(case: Case, project: str) -> float:
    """What is owed in the year before the start."""
    one = record(case, project)
    i = quantity(case, one["debt"]["rate"], f"{project}.debt.rate")
    growth = (1 + i) / worn_by(case, one["debt"])
    return worth(drawn(case, project), growth - 1, one["start"] - 1)


def worn_by(case: Case, stated: Mapping[str, Any]) -> float:
    return 1.0 + case.money["inflation"] if stated.get("nominal") else 1.0


def asked(case: Case, project: str) -> Flows:
    """Interest and repayment by year of a loan of 1, in real money."""
    one = record(case, project)
    debt, start = one["debt"], one["start"]
    i, n = quantity(case, debt["rate"], f"{project}.debt.rate"), debt["years"]
    owed, paid = 1.0, {}
    for year in range(start, start + n):
        back = annuity_rate(i, n) - owed * i
        if debt.get("repayment") == "equal_principal":
            back = 1.0 / n
        paid[year] = (back + owed * i) / worn_by(case, debt) ** (year - start + 1)
        owed -= back
    return paid


def service(case: Case, project: str) -> Flows:
    lent = loan(case, project)
    return {year: lent * each for year, each in asked(case, project).items()}


def equity(case: Case, project: str) -> Flows:
    free, taken, paid = free_cash(case, project), drawn(case, project), service(case, project)
    return {year: free[year] + taken.get(year, 0.0) - paid.get(year, 0.0) for year in free}


# ---------------------------------------------------------------- every outcome


def cash_outcomes(case: Case, scenario: str) -> dict[tuple[Any, ...], float]:
    """Every outcome of the cash flow of the projects of one scenario that has a value."""
    out: dict[tuple[Any, ...], float] = {}
    for project, one in (case.config.get("projects") or {}).items():
        if not is_there(case, project) or math.isnan(revenue(case, project)[one["start"]]):
            continue
        free = free_cash(case, project)
        yearly: dict[str, Flows] = {
            "project_revenue": revenue(case, project), "project_free_cash": free,
        }  # fmt: skip
        found = {
            "free_cash_npv": worth(free, rate(case, project), valued_in(case, project)),
            "project_irr": internal_rate(free), "irr_ambiguous": float(turns(free) > 1),
        }  # fmt: skip
        if one.get("debt"):
            left, paid = after_tax(case, project), service(case, project)
            each, covenant = asked(case, project), one["debt"].get("covenant", 1.3)
            cover = {year: left[year] / paid[year] if paid[year] > 0 else NAN for year in paid}
            yearly["dscr"] = cover
            yearly["dscr_below"] = {
                year: float(left[year] < covenant * paid[year]) for year in paid
            }  # fmt: skip
            carried = min(left[year] / each[year] for year in each)
            found |= {
                "dscr_lowest": min(cover.values()), "debt_capacity": max(0.0, carried / covenant),
                "equity_irr": internal_rate(equity(case, project)),
            }  # fmt: skip
        out |= {(name, scenario, project): value for name, value in found.items()}
        out |= {(name, scenario, project, year): value for name, flows in yearly.items()
                for year, value in flows.items() if year in case.years}  # fmt: skip
    return out
