"""Accounts in plain Python (section 13): money that comes in and goes out, what is owed of what was
borrowed, one year after the other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from reference_carbon import benchmark, cbam_cost, free_at_home, home_price
from reference_dues import investment
from reference_goods import CarbonValue, gap, ramped, volume
from reference_instruments import courses, instrument, paid_in, paid_once
from reference_paths import Case, carbon_price, quantity
from reference_projects import output, record

Result = dict[tuple[Any, ...], Any]


def kept(case: Case, one: Mapping[str, Any], years: int) -> float:
    """What money of the account is worth some years later."""
    return (1 + case.money["inflation"]) ** -years if one.get("nominal") else 1.0


def paid_by(case: Case, project: str, name: str, year: int) -> float:
    if instrument(case, name)["kind"] == "grant":
        return paid_once(case, project, name)[0] if year == paid_in(case, project, name) else 0.0
    return courses(case, project)[name].payments.get(year, 0.0)


def built(case: Case, project: str, year: int) -> float:
    one = record(case, project)
    share = (one.get("spend") or {-1: 1.0}).get(year - one["start"], 0.0)
    return share * output(case, project) * investment(case, project)


def amount_on_one(case: Case, one: Mapping[str, Any], name: str, year: int) -> float:
    """Of a surcharge, whose dates hold outside of them."""
    stated = one["amount"]
    if not (isinstance(stated, Mapping) and "years" in stated):
        return quantity(case, stated, name + ".amount", "EUR")
    dates = stated["years"]
    return ramped(case, dates, name + ".amount", "EUR", max(year, min(dates)))


def flowing(
    case: Case, account: Mapping[str, Any], one: Mapping[str, Any], name: str, year: int,
    value: CarbonValue,
) -> float:  # fmt: skip
    """M EUR of a flow in a year, real."""
    kind = one["kind"]
    nominal = kept(case, account, year - case.money["base_year"])
    if kind == "gap":
        tonnes = volume(case, one["budget"], year)
        return max(0.0, gap(case, one["budget"], year, value)) * tonnes if tonnes else 0.0
    if kind == "instrument":
        return paid_by(case, one["project"], one["instrument"], year)
    if kind == "capex":
        return built(case, one["project"], year)
    if kind == "fixed":
        return ramped(case, one["amount"], name + ".amount", "M EUR/yr", year) * nominal
    if kind == "surcharge":
        units = ramped(case, one["volume"], name + ".volume", "1", year)
        return amount_on_one(case, one, name, year) * units * nominal
    tonnes = ramped(case, one["volume"], name + ".volume", "Mt/yr", year)
    tonnes *= quantity(case, one.get("share", 1.0), name + ".share")
    if kind == "auction":
        return carbon_price(case, one["market"], year) * tonnes
    region, route = one["region"], one["route"]
    if kind == "cbam":
        return cbam_cost(case, route, region, "eu", year) * tonnes if tonnes else 0.0
    assert kind == "freed"
    before, now = (free_at_home(case, route, region, y) for y in (account["first"], year))
    mark = benchmark(case, route, region, year)
    return home_price(case, region, year) * mark * (before - now) * tonnes


def served(case: Case, one: Mapping[str, Any], name: str, rate: float) -> dict[int, list[float]]:
    """By year of the account: borrowed, interest and repayment, owed at its end."""
    repayment = one.get("repayment") or {}
    loans: list[list[float]] = []  # what is left of each, in money of its year, and years to go
    out = {}
    for year in range(one["first"], one["last"] + 1):
        due = 0.0
        for loan in loans:
            owed, left = loan
            if left == 0:
                continue
            interest = owed * rate
            if repayment.get("kind", "level") == "bullet":
                back = owed if left == 1 else 0.0
            else:
                payment = owed / left if rate == 0 else owed * rate / (1 - (1 + rate) ** -left)
                back = payment - interest
            due += interest + back
            loan[0], loan[1] = owed - back, left - 1
        fresh = 0.0
        if year in (one.get("issue") or {}):
            fresh = quantity(case, one["issue"][year], name + ".issue", "M EUR")
            loans.append([fresh, repayment["years"]])
        real = kept(case, one, year - case.money["base_year"])
        out[year] = [x * real for x in (fresh, due, math.fsum(owed for owed, _ in loans))]
    return out


def account_outcomes(case: Case, scenario: str, value: CarbonValue) -> Result:
    """Outcomes of the accounts of a scenario."""
    found: Result = {}
    if not any(name.startswith("account_") for name in case.config["outcomes"]):
        return found
    for account, one in (case.config.get("accounts") or {}).items():
        for key, x in of_an_account(case, account, one, value).items():
            found[(key[0], scenario, account, *key[1:])] = x
    return found


def of_an_account(
    case: Case, account: str, one: Mapping[str, Any], value: CarbonValue
) -> dict[tuple[Any, ...], float]:
    """Outcomes of one account, by name and, where they have one, year."""
    out: dict[tuple[Any, ...], float] = {}
    rate = quantity(case, one["rate"], account + ".rate")
    asked = (one.get("repayment") or {}).get("rate")
    interest = rate if asked is None else quantity(case, asked, account + ".repayment.rate")
    course, issue = served(case, one, account, interest), one.get("issue") or {}
    balance, lowest, back, worth, costs = 0.0, math.inf, math.nan, 0.0, 0.0
    for year in range(one["first"], one["last"] + 1):
        sides = [
            math.fsum(
                flowing(case, one, flow, f"{account}.{side}.{name}", year, value)
                for name, flow in (one.get(side) or {}).items()
            )
            for side in ("inflow", "outflow")
        ]
        fresh, due, owed = course[year]
        balance = balance * (1 + rate) * kept(case, one, 1) + sides[0] - sides[1] - due
        if one.get("proceeds", "kept") == "kept":
            balance += fresh
        passed = year - one["first"]
        factor = (1 + rate) ** -passed / kept(case, one, passed)
        worth, costs = worth + (sides[0] - sides[1]) * factor, costs + due * factor
        lowest = min(lowest, balance)
        if balance - owed < 0:
            back = math.nan
        elif math.isnan(back):
            back = float(year)
        yearly = {
            "inflow": sides[0], "outflow": sides[1], "service": due, "owed": owed,
            "balance": balance,
        }  # fmt: skip
        out |= {(f"account_{name}", year): x for name, x in yearly.items()}
        both, due_yet = sides[1] + due, one.get("outflow") or (issue and year > min(issue))
        out["account_coverage", year] = sides[0] / both if due_yet and both > 0 else math.nan
    for year in case.years:
        for name in ("inflow", "outflow", "service", "owed", "balance", "coverage"):
            out.setdefault((f"account_{name}", year), math.nan)
    out["account_lowest",], out["account_payback",], out["account_capacity",] = lowest, back, worth
    out["account_solvent",] = float(balance - owed >= 0)
    if issue:
        costs += owed * factor
        out["account_carried",] = worth / costs if costs > 0 else math.nan
    return out
