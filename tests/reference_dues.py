"""What is due of an instrument in plain Python (section 12): investment, kinds, years of payment.

Years of payment lie inside the run. All money is real EUR.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from reference_carbon import intensity, qualifies
from reference_costs import capture_capital, commodity_price, electrolysis_cost, equipment
from reference_costs import stands_already as stands
from reference_paths import Case, carbon_price, learning, quantity, regional, remembered
from reference_projects import (
    avoided,
    carbon_saved,
    gap,
    green_revenue,
    life,
    output,
    phase,
    rate,
    record,
    replaced,
    sized,
)
from reference_routes import (
    amounts,
    annuity_rate,
    electricity_demand,
    field,
    is_electrolysis,
    price_entry,
    with_inside,
)

NAN = math.nan
ONCE = "grant"
STRUCK = ("ccfd", "cfd", "premium")


def instrument(case: Case, name: str) -> Mapping[str, Any]:
    return case.catalog["instruments"][name]


def in_order(case: Case, project: str) -> list[str]:
    """What is paid once first."""
    names = record(case, project).get("instruments") or []
    first = [name for name in names if instrument(case, name)["kind"] == ONCE]
    return first + [name for name in names if name not in first]


def number(case: Case, name: str, key: str, target: str = "1", usual: Any = 0.0) -> float:
    return quantity(case, instrument(case, name).get(key, usual), f"{name}.{key}", target)


def dated(case: Case, name: str, key: str, target: str, year: int, place: str) -> float:
    """A number that may have dates."""
    value = instrument(case, name)[key]
    return regional(case, value, f"{name}.{key}", place, target, year)


def worth(case: Case, project: str, name: str, year: int) -> float:
    """Real value of the contract's money."""
    if not instrument(case, name).get("nominal"):
        return 1.0
    return (1 + case.money["inflation"]) ** -(year - record(case, project)["start"])


# ---------------------------------------------------------------- investment


def built_at_the_works(case: Case, project: str, commodity: str) -> bool:
    """Whether a good is hydrogen that an electrolyser of the project makes."""
    one = record(case, project)
    _, entry = price_entry(case, commodity, one["region"])
    return one.get("hydrogen") == "own" and is_electrolysis(entry)


def spent_on(case: Case, route: str, region: str, built: int) -> float:
    """EUR per tonne of capacity of a plant of a year, without interest while it is built; nothing
    but a capture where the plant stands already and that is sunk."""
    if stands(case, route, region):
        return capture_capital(case, route, region, built)[2]
    spent = 0.0
    if not stands(case, route, region):
        spent = equipment(case, route, region, built)
        spent *= field(case, route, "first_of_a_kind", region, built)
    return spent + capture_capital(case, route, region, built)[2]


def spent_per_tonne(case: Case, route: str, region: str, built: int) -> float:
    """The same per tonne of product, with what is spent on plants of what is inside."""
    own = spent_on(case, route, region, built) / field(case, route, "utilisation", region, built)
    return with_inside(case, route, region, built, own, spent_per_tonne)


@remembered
def investment(case: Case, project: str) -> float:
    """EUR per tonne that the project makes a year, an electrolyser of its own included."""
    one = record(case, project)
    route, region, built = one["route"], one["region"], one["start"]
    spent = spent_per_tonne(sized(case, project), route, region, built)
    return spent + spent_on_equipment(case, project, route, built)


def spent_on_equipment(case: Case, project: str, route: str, built: int) -> float:
    """What an electrolyser of the project's own costs, per tonne made a year."""
    region, spent = record(case, project)["region"], 0.0
    for commodity, amount in amounts(case, route, "inputs", region, built).items():
        if built_at_the_works(case, project, commodity):
            name, entry = price_entry(case, commodity, region)
            capex = quantity(case, entry["capex"], name + ".capex", "EUR/kW")
            capex *= learning(case, entry.get("learning"), name, built)
            hours = quantity(case, entry["full_load_hours"], name + ".full_load_hours", "h/yr")
            spent += amount * capex * electricity_demand(case, name, entry) / hours
    return spent


@remembered
def alternative_investment(case: Case, project: str) -> float:
    """The same of what the project is set against."""
    one, route = record(case, project), replaced(case, project)
    region, built, against = one["region"], one["start"], one.get("against")
    how = against.get("capital", "full") if isinstance(against, Mapping) else "full"
    if how == "sunk":
        return 0.0
    if how == "reline":
        spent = quantity(case, against["reline"], f"{project}.against.reline", "EUR/(t/yr)")
        return spent / field(case, route, "utilisation", region, built)
    return spent_per_tonne(sized(case, project), route, region, built)


# ---------------------------------------------------------------- what is due


def allowance(case: Case, project: str, name: str, year: int) -> float:
    """Price of the market that an instrument names, or of the region's."""
    market = instrument(case, name).get("market")
    home = case.catalog["regions"][record(case, project)["region"]]["market"]
    return carbon_price(case, market or home, year)


def bill(
    case: Case, project: str, commodity: str, year: int, base: int, side: str, now: int
) -> float:
    """What a tonne of the plant on its route of the year `now`, or of what it replaces, pays for a
    good in a year."""
    one = record(case, project)
    region, own = one["region"], side == "own"
    route = phase(case, project, now)[0] if own else replaced(case, project)
    total = 0.0
    for kind, sign in (("inputs", 1.0), ("byproducts", -1.0)):
        amount = amounts(case, route, kind, region, year).get(commodity)
        if amount is None:
            continue
        price = commodity_price(case, commodity, region, year)
        if own and built_at_the_works(case, project, commodity):
            named, entry = price_entry(case, commodity, region)
            price = electrolysis_cost(case, named, entry, region, year, built=base)
        total += sign * amount * price
    return total


@remembered
def indexation(case: Case, project: str, name: str, year: int) -> float:
    """How far the bills of energy move the strike, per tonne of product."""
    stated = instrument(case, name).get("indexation")
    if not stated:
        return 0.0
    base, moved = stated["base"], 0.0
    for commodity, share in stated["shares"].items():
        change = sum(
            sign * bill(case, project, commodity, at, base, side, year)
            for side, sign_side in (("own", 1.0), ("other", -1.0))
            for at, sign in ((year, sign_side), (base, -sign_side))
        )
        moved += quantity(case, share, f"{name}.indexation.{commodity}") * change
    return moved


def bought(case: Case, project: str, what: str, year: int) -> float:
    """Units of something per tonne of product: kg of hydrogen, MWh of power."""
    one = record(case, project)
    region = one["region"]
    if what == "tonne":
        return 1.0
    if what == "avoided":
        return avoided(case, project, year)
    inputs = amounts(case, phase(case, project, year)[0], "inputs", region, year)
    found = inputs.get(what, 0.0)
    if what == "hydrogen":
        found *= qualifies(case, region, year)
    if what == "electricity" and "hydrogen" in inputs:
        named, entry = price_entry(case, "hydrogen", region)
        if built_at_the_works(case, project, "hydrogen"):
            found += inputs["hydrogen"] * electricity_demand(case, named, entry) / 1000
    return found


PER = {"tonne": "EUR/t", "avoided": "EUR/t", "hydrogen": "EUR/kg", "electricity": "EUR/MWh"}


def price_set_against(case: Case, project: str, name: str, year: int) -> float:
    """Reference price of a price contract or a premium, EUR/t."""
    one, here = instrument(case, name), record(case, project)["region"]
    prices = []
    if one.get("per", "avoided" if one["kind"] == "premium" else "hydrogen") == "avoided":
        prices.append(allowance(case, project, name, year))
    for fuel, heat in (one.get("replaces") or {}).items():
        each = quantity(case, heat, f"{name}.replaces.{fuel}", "MWh/t")
        prices.append(each * commodity_price(case, fuel, here, year))
    if one.get("floor") is not None:
        floor = quantity(case, one["floor"], f"{name}.floor", "EUR/t")
        prices.append(floor * worth(case, project, name, year))
    return max(prices)


def reference_price(case: Case, project: str, name: str, year: int) -> float:
    """What the strike is set against; NaN of an instrument without a strike."""
    one = instrument(case, name)
    if one["kind"] in ("cfd", "premium"):
        return price_set_against(case, project, name, year)
    if one["kind"] != "ccfd":
        return NAN
    if one.get("reference") == "market":
        return allowance(case, project, name, year)
    saved = avoided(case, project, year)
    return carbon_saved(case, project, year) / saved if saved > 0 else NAN


def per_strike(case: Case, project: str, name: str, year: int) -> float:
    """What is due for each EUR of the strike, 1e6 EUR."""
    one, y = instrument(case, name), output(case, project)
    value = worth(case, project, name, year)
    if one["kind"] == "ccfd":
        grown = (1 + number(case, name, "escalation")) ** (year - record(case, project)["start"])
        return (
            y * avoided(case, project, year) * number(case, name, "cover", usual=1) * grown * value
        )
    per = one.get("per", "avoided" if one["kind"] == "premium" else "hydrogen")
    return y * bought(case, project, per, year) / (1000 if per == "hydrogen" else 1) * value


def strike(case: Case, project: str, name: str, year: int) -> float:
    """Strike of a year, real."""
    one = instrument(case, name)
    if one["kind"] not in STRUCK:
        return NAN
    first = number(case, name, "strike", "EUR/t") * worth(case, project, name, year)
    if one["kind"] != "ccfd":
        return first
    first *= (1 + number(case, name, "escalation")) ** (year - record(case, project)["start"])
    saved = avoided(case, project, year)
    return first + indexation(case, project, name, year) / saved if saved > 0 else NAN


def due_without_strike(case: Case, project: str, name: str, year: int) -> float:
    """What is due but for the strike, 1e6 EUR; of what is paid once the whole."""
    one, y = instrument(case, name), output(case, project)
    here, value = record(case, project)["region"], worth(case, project, name, year)
    kind = one["kind"]
    if kind == "ccfd":
        if one.get("reference") == "market":
            saved = allowance(case, project, name, year) * avoided(case, project, year)
        else:
            saved = carbon_saved(case, project, year)
        tonne = number(case, name, "cover", usual=1) * (
            indexation(case, project, name, year) - saved
        )
        green = number(case, name, "green_revenue") * max(0.0, green_revenue(case, project))
        return y * (tonne - green)
    if kind in ("cfd", "premium"):
        paid_for = per_strike(case, project, name, year) / value
        return -paid_for * price_set_against(case, project, name, year)
    lacking = max(0.0, gap(case, project, year))
    if kind == "opex":
        share = number(case, name, "share", usual=1)
        age = year - record(case, project)["start"] + 1
        steps = {int(one): part for one, part in (one.get("steps") or {}).items()}
        reached = [one for one in steps if one <= age]
        share *= steps[max(reached)] if reached else 1.0
        if one.get("covers") == "gap":
            return y * share * lacking
        per = one.get("per", "tonne")
        amount = dated(case, name, "amount", PER[per], year, here)
        return y * share * amount * value * bought(case, project, per, year)
    if kind == "procurement":
        share = dated(case, name, "share", "1", year, here)
        if one.get("covers") == "gap":
            return y * share * lacking
        return y * share * dated(case, name, "uplift", "EUR/t", year, here) * value
    if kind == "product":
        part = number(case, name, "share", usual=1) * number(case, name, "passed_on", usual=1)
        each = dated(case, name, "amount", "EUR", year, here) * value
        return y * part * each / number(case, name, "content", "t")
    if kind == "compensation":
        cost = allowance(case, project, name, year)
        cost *= dated(case, name, "emission_factor", "t/MWh", year, here)
        cost *= bought(case, project, "electricity", year)
        part = number(case, name, "efficiency", usual=1)
        return y * part * dated(case, name, "intensity", "1", year, here) * cost
    if kind == "loan":
        lent = y * number(case, name, "share") * investment(case, project)
        years = one.get("term") or record(case, project)["lifetime"]
        w = rate(case, project)
        below = w - number(case, name, "spread")
        return lent * (annuity_rate(w, years) - annuity_rate(below, years))
    raise ValueError(f"no kind {kind}")


def is_active(case: Case, project: str, name: str, year: int) -> bool:
    """Whether a year is one of payment."""
    one, plant = instrument(case, name), record(case, project)
    if year not in life(case, project):
        return False
    if not (one.get("first") or -9999) <= year <= (one.get("last") or 9999):
        return False
    since = year - plant["start"] - number(case, name, "delay", "yr")
    if since < 0 or since >= (one.get("term") or plant["lifetime"]):
        return False
    wanted, here = one.get("eligible") or {}, plant["region"]
    owner = f"{name}.eligible"
    if wanted.get("emission_intensity") is not None:
        most = regional(case, wanted["emission_intensity"], f"{owner}.emission_intensity", here,
                        "t/t", year)  # fmt: skip
        if intensity(case, phase(case, project, year)[0], here, year) > most:
            return False
    if wanted.get("avoided") is not None:
        least = regional(case, wanted["avoided"], f"{owner}.avoided", here, "1", year)
        if avoided(case, project, year) < least * intensity(
            case, replaced(case, project), here, year
        ):
            return False
    return True
