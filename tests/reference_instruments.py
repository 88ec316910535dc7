"""Instruments in plain Python (section 12): what is paid of what is due, and what that is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reference_costs import electrolysis_cost
from reference_dues import (
    NAN,
    ONCE,
    STRUCK,
    alternative_investment,
    built_at_the_works,
    due_without_strike,
    in_order,
    instrument,
    investment,
    is_active,
    number,
    per_strike,
    reference_price,
    strike,
    worth,
)
from reference_paths import (
    Case,
    quantity,
    remembered,
)
from reference_projects import (
    alternative_cost,
    avoided,
    gap,
    left_over,
    life,
    output,
    own_cost,
    phase,
    plant_capital_charge,
    rate,
    record,
    seen,
    valued_in,
)
from reference_routes import amounts, annuity_rate, price_entry

# ---------------------------------------------------------------- settlement


@dataclass(frozen=True)
class State:
    """What a contract remembers, in its own money."""

    paid: float = 0.0
    net: float = 0.0
    owing: int = 0
    ended: bool = False
    cut: bool = False


def settle(
    state: State, due: float, *, active: bool, yearly: float = math.inf, total: float = math.inf,
    one_sided: bool = False, limited: bool = False, patience: int = 0,
) -> tuple[float, State]:  # fmt: skip
    """What is paid of what is due in a year, and what is remembered after it."""
    if not active or state.ended:
        return 0.0, replace(state, owing=0)
    paid, net, cut, payment = state.paid, state.net, state.cut, due
    owing = state.owing + 1 if due < 0 else 0
    if due < 0:
        if one_sided:
            payment = 0.0
        elif limited and payment < -net:
            payment = -net if net > 0 else 0.0
    else:
        left = total - paid
        if payment > yearly:
            payment, cut = yearly, True
        if payment > left:
            payment, cut = left, True
        paid += payment
    net += payment
    ended = patience > 0 and owing >= patience
    return payment, State(paid, net, owing, ended, cut)


def limit(case: Case, name: str, key: str, target: str) -> float:
    stated = (instrument(case, name).get("cap") or {}).get(key)
    return math.inf if stated is None else quantity(case, stated, f"{name}.cap.{key}", target)


def paid_once(case: Case, project: str, name: str) -> tuple[float, float]:
    """Amount of a grant, and what it would be without a cap."""
    spent = investment(case, project)
    if instrument(case, name).get("of") == "difference":
        spent = max(0.0, spent - alternative_investment(case, project))
    due = output(case, project) * number(case, name, "share") * spent
    return min(due, limit(case, name, "total", "M EUR")), due


def paid_in(case: Case, project: str, name: str) -> int:
    return record(case, project)["start"] + instrument(case, name).get("paid_in", -1)


def at(case: Case, project: str, name: str, to: int, r: float) -> float:
    """What is paid once, moved to another year."""
    amount, _ = paid_once(case, project, name)
    return amount * (1 + r) ** (to - paid_in(case, project, name))


def as_annuity(case: Case, project: str, name: str) -> float:
    one, w = record(case, project), rate(case, project)
    return at(case, project, name, one["start"] - 1, w) * annuity_rate(w, len(life(case, project)))


@dataclass
class Course:
    """How an instrument goes: payments by year, real, and what was remembered after each."""

    payments: dict[int, float]
    states: dict[int, State]


@remembered
def courses(case: Case, project: str, without: str = "") -> dict[str, Course]:
    """Of every instrument of a project, but for one."""
    names = [name for name in in_order(case, project) if name != without]
    found = {name: Course({}, {}) for name in names}
    for year in case.years:
        before: list[float] = []
        for name in names:
            one, course = instrument(case, name), found[name]
            if one["kind"] == ONCE:
                before.append(as_annuity(case, project, name))
                continue
            state = course.states.get(year - 1, State())
            payment = 0.0
            active = is_active(case, project, name, year)
            if active:
                value = worth(case, project, name, year)
                due = due_without_strike(case, project, name, year)
                if one["kind"] in STRUCK:
                    first = number(case, name, "strike", "EUR/t")
                    due += first * per_strike(case, project, name, year)
                if one.get("other_aid") == "deduct":
                    due -= math.fsum(before)
                room = left_for(case, project, year, before)
                payment, state = settle(
                    state, due / value, active=True,
                    yearly=min(limit(case, name, "yearly", "M EUR/yr"), room / value),
                    total=limit(case, name, "total", "M EUR"),
                    one_sided=one.get("sided", two_sided(one)) == "one",
                    limited=one.get("repay") == "received", patience=one.get("exit_after", 0),
                )  # fmt: skip
                payment *= value
            else:
                _, state = settle(state, 0.0, active=False)
            course.payments[year], course.states[year] = payment, state
            before.append(payment)
    return found


def two_sided(one: Mapping[str, Any]) -> str:
    """Sides of a kind that says nothing of them."""
    return "two" if one["kind"] in ("ccfd", "cfd") else "one"


def left_for(case: Case, project: str, year: int, before: list[float]) -> float:
    """What all support together may still come to in a year."""
    stated = record(case, project).get("cumulation")
    if not stated:
        return math.inf
    if stated.get("of") == "cost":
        whole = own_cost(case, project, year) - alternative_cost(case, project, year)
    else:
        whole = gap(case, project, year)
    share = quantity(case, stated.get("share", 1.0), f"{project}.cumulation.share")
    return max(0.0, output(case, project) * share * whole - math.fsum(before))


# ---------------------------------------------------------------- what that is worth


def value(case: Case, project: str, name: str, course: Course, r: float, to: int) -> float:
    """Present value of all that an instrument pays."""
    if instrument(case, name)["kind"] == ONCE:
        return at(case, project, name, to, r)
    return math.fsum(paid / (1 + r) ** (year - to) for year, paid in course.payments.items())


def support(case: Case, project: str, year: int, found: dict[str, Course]) -> float:
    """What all instruments pay per tonne in a year of life, a grant as an annuity."""
    total = 0.0
    for name, course in found.items():
        if instrument(case, name)["kind"] == ONCE:
            total += as_annuity(case, project, name)
        else:
            total += course.payments.get(year, 0.0)
    return total / output(case, project)


def supported_value(
    case: Case, project: str, to: int, without: str = "", at: float | None = None
) -> float:
    """Value of a project with all its instruments, or all but one, at its own rate or another."""
    w, y = rate(case, project) if at is None else at, output(case, project)
    found = courses(case, project, without)
    lacking = [
        -y * gap(case, project, seen(case, year)) / (1 + w) ** (year - to)
        for year in life(case, project)
    ]
    paid = [value(case, project, name, course, w, to) for name, course in found.items()]
    closed = life(case, project)[-1]
    lost = stranded(case, project) / (1 + w) ** (closed - to)
    return math.fsum([*lacking, *paid, -lost])


def stranded(case: Case, project: str) -> float:
    """Charges of capital of the years that are left when a plant closes, in its last year."""
    left, closed = left_over(case, project), life(case, project)[-1]
    if not left:
        return 0.0
    charge = plant_capital_charge(case, project, closed)
    route, built = phase(case, project, closed)
    region, now = record(case, project)["region"], seen(case, closed)
    for commodity, amount in amounts(case, route, "inputs", region, now).items():
        if built_at_the_works(case, project, commodity):
            name, entry = price_entry(case, commodity, region)
            # The charge of the electrolyser is what its recovery adds to the price of hydrogen.
            cost = electrolysis_cost(case, name, entry, region, now, built, recovery=True)
            charge += amount * cost
    w = rate(case, project)
    return output(case, project) * math.fsum(charge / (1 + w) ** n for n in range(1, left + 1))


def contract_of(case: Case, project: str) -> str | None:
    """The first instrument with a strike."""
    names = in_order(case, project)
    return next((n for n in names if instrument(case, n)["kind"] in STRUCK), None)


def worth_of_strike(case: Case, project: str) -> tuple[float, float]:
    """Present value of what is due without the strike and for each EUR of it."""
    name, w, to = contract_of(case, project), rate(case, project), valued_in(case, project)
    assert name is not None
    earlier = in_order(case, project)[: in_order(case, project).index(name)]
    found, plain, each = courses(case, project, name), [], []
    for year in case.years:
        if is_active(case, project, name, year):
            due = due_without_strike(case, project, name, year)
            if instrument(case, name).get("other_aid") == "deduct":
                due -= math.fsum(
                    as_annuity(case, project, other)
                    if instrument(case, other)["kind"] == ONCE
                    else found[other].payments[year]
                    for other in earlier
                )
            plain.append(due / (1 + w) ** (year - to))
            each.append(per_strike(case, project, name, year) / (1 + w) ** (year - to))
    return math.fsum(plain), math.fsum(each)


def break_even_strike(case: Case, project: str) -> float:
    """Strike at which the project is worth nothing while no limit binds."""
    name = contract_of(case, project)
    if name is None:
        return NAN
    plain, each = worth_of_strike(case, project)
    rest = supported_value(case, project, valued_in(case, project), name) + plain
    return -rest / each if each > 0 else NAN


def last_payment(case: Case, project: str, name: str) -> int:
    """Last year in which there may be a payment; a delay that is drawn may move it to the end."""
    one, years = instrument(case, name), life(case, project)
    end = min(years[-1], one.get("last") or years[-1])
    delay = one.get("delay", 0.0)
    if one.get("term") is None or (isinstance(delay, Mapping) and "value" not in delay):
        return end
    return min(end, years[0] + one["term"] - 1 + math.ceil(number(case, name, "delay", "yr")))


def instrument_outcomes(case: Case, scenario: str) -> dict[tuple[Any, ...], float]:
    """Every outcome of the instruments of one scenario."""
    out: dict[tuple[Any, ...], float] = {}
    for project in case.config.get("projects") or ():
        found = courses(case, project)
        for name, course in found.items():
            for key, x in of_an_instrument(case, project, name, course).items():
                out[(key[0], scenario, project, name, *key[1:])] = x
    return out


def of_an_instrument(
    case: Case, project: str, name: str, course: Course
) -> dict[tuple[Any, ...], float]:
    """Outcomes of one instrument of one project, by name and, where they have one, year."""
    one, years = instrument(case, name), [y for y in life(case, project) if y in case.years]
    once, out = one["kind"] == ONCE, dict[tuple[Any, ...], float]()
    public, to = number(case, name, "rate", usual=0.03), valued_in(case, project)
    if once:
        amount, due = paid_once(case, project, name)
        then = paid_in(case, project, name)
        shown = range(min(years[0], then), max(years[-1], then) + 1)
        for year in set(shown) & set(case.years):
            out["instrument_payment", year] = amount if year == then else 0.0
        out["cap_binds",] = float(due > amount)
        total = amount
    else:
        for year in years:
            payment = course.payments[year]
            out["instrument_payment", year] = payment
            out["instrument_repays", year] = float(payment < 0)
            if year <= last_payment(case, project, name):
                out["instrument_strike", year] = strike(case, project, name, year)
                out["instrument_reference", year] = reference_price(case, project, name, year)
        last = course.states[case.years[-1]]
        total = math.fsum(course.payments.values())
        out["instrument_repaid",] = math.fsum(max(0.0, -p) for p in course.payments.values())
        out["cap_binds",] = float(last.cut)
        most = limit(case, name, "total", "M EUR")
        full = [y for y in years if course.states[y].paid >= most * (1 - 1e-12)]
        out["instrument_exhausted",] = float(full[0]) if full and most < math.inf else NAN
        over = [y for y in years if course.states[y].ended]
        out["instrument_ended",] = float(over[0]) if over else NAN
    out["instrument_total",] = total
    out["claw_back",] = float(total < 0)
    npv = out["instrument_npv",] = value(case, project, name, course, public, to)
    tonnes = math.fsum(
        output(case, project) * avoided(case, project, seen(case, year)) / (1 + public) ** (year - to)
        for year in life(case, project)
    )  # fmt: skip
    out["public_cost_per_tco2",] = npv / tonnes if tonnes > 0 else NAN
    return out
