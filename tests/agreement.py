"""Compare the engine with the reference model: every outcome of one draw, or of the central case.

Both compute in double precision along different roads, so they agree to 1e-9 of what enters a
number: of the number itself, or, where it is a difference, of the costs that are subtracted. A
quotient inherits the error of its numerator. Nothing is compared where the answer is a matter of
rounding alone: the sign of a difference that is zero, a quotient by it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from reference_carbon import (
    cbam_coverage,
    cbam_exposure,
    compensated,
    home_exposure,
    hydrogen_grade,
    intensity,
    pays_cbam,
)
from reference_cash import all_flows, is_ambiguous, loan_of, worth
from reference_costs import cost_premium
from reference_decisions import listed, window
from reference_exposures import exposure_bills
from reference_goods import tonnes_passed_on, volume
from reference_instruments import contract_of, worth_of_strike
from reference_model import Result, evaluate
from reference_paths import Case, merge, quantity
from reference_projects import avoided, discounted, life, output, record, valued_in
from reference_routes import reference_route, sector_of

from simcore.plan import Plan, currency_rate
from simcore.running import engine, tracing
from simcore.running.items import has_years, place_of
from simcore.running.program import Request
from simcore.running.rows import central_of
from simcore.statistics import STATISTICS
from simcore.variables import OUTCOMES

RELATIVE = 1e-9
NEXT_TO_ZERO = 1e-9
TONNE = 1e-6
"""Of amounts in million t: they are sums of many years of supply less emissions."""

Key = tuple[Any, ...]

OF_A_PROJECT = {
    **dict.fromkeys(("project_cost", "project_gap", "project_support", "project_margin",
                     "project_annuity", "break_even_premium"), lambda _output, _worth: 1.0),
    **dict.fromkeys(("project_cash", "instrument_payment"), lambda output_, _worth: output_),
    **dict.fromkeys(("project_npv", "break_even_grant", "instrument_npv", "instrument_total",
                     "instrument_repaid"), lambda output_, worth: output_ * worth),
    # With what is spent at once: of a tonne a year as much as some years of cost.
    **dict.fromkeys(("project_revenue", "project_free_cash"), lambda output_, _worth: 5 * output_),
    **dict.fromkeys(("free_cash_npv", "debt_capacity"),
                    lambda output_, worth: 5 * output_ * max(1.0, worth)),
}  # fmt: skip
"""Of how many tonnes' cost an outcome of a project is made."""


def traced(plan: Plan, draw: int) -> Result:
    """Every outcome of a draw as the engine computes it, by (outcome, *labels)."""
    found: Result = {}
    for entry in tracing.trace(plan, draw):
        name = entry["variable"]
        if name in ("input", "term"):
            continue
        key = (name, *(entry[dim] for dim in OUTCOMES[name].dims if dim != "year"))
        if "value" in entry:
            found[key] = entry["value"]
        else:
            found |= {(*key, year): value for year, value in entry["values"].items()}
    return found


def central_case(plan: Plan) -> Result:
    """The central case of a run by (outcome, *labels); undefined ones are left out."""
    dataset, found = engine.run(plan, threads=1), {}
    axes = {dim: one.values.tolist() for dim, one in dataset.coords.items()}
    for name, variable in OUTCOMES.items():
        if f"{name}_central" not in dataset:
            continue
        # Not as an array with all its labels, which are looked up below.
        values = dataset.variables[f"{name}_central"]
        assert values.dims == variable.dims
        labels = [axes[dim] for dim in variable.dims]
        for index in np.ndindex(values.shape):
            value = float(values.values[index])
            if not math.isnan(value):
                found[name, *(axis[i] for axis, i in zip(labels, index, strict=True))] = value
    return found


def central_rows(plan: Plan) -> Result:
    """The same straight from the rows of the plan, without the statistics of a run."""
    years, kinds, found = tuple(plan.years), STATISTICS["central"].of, {}
    cells = [one for one in {*plan.cells, *plan.central} if OUTCOMES[one.variable].kind in kinds]
    requests = [
        Request(one.node, years if has_years(one) else (), one.first_year, one.last_year)
        for one in cells
    ]
    rows = iter(central_of(plan, requests).tolist())
    for cell in cells:
        variable, place = OUTCOMES[cell.variable], place_of(cell)
        rate = currency_rate(plan) if variable.is_money else 1.0
        key = (cell.variable, *(plan.coords[dim][at] for dim, at in place.items()))
        for last in [(year,) for year in years] if has_years(cell) else [()]:
            value = next(rows)
            if not math.isnan(value):
                found[*key, *last] = value * rate
    return found


class Scales:
    """What the differences of one draw are made of, from the reference model."""

    def __init__(self, config: dict[str, Any], draw: int | None, reference: Result) -> None:
        rate = 1.0
        if config["currency"] != "EUR":
            rate = config["money"]["exchange"][config["currency"]]
        costs = ("levelised_cost", "carbon_cost", "home_carbon_cost", "carbon_value",
                 "landed_cost", "alternative_cost", "project_cost")  # fmt: skip
        sizes = [abs(v) for key, v in reference.items() if key[0] in costs and v == v]
        self.reference = reference
        self.accounts: dict[Key, Result] = {}
        for key, value in reference.items():
            if key[0].startswith("account_"):
                self.accounts.setdefault(key[1:3], {})[key] = value
        self.rate = rate
        self.cost = max([rate, *sizes])
        plants = [one.get("plant", {}) for one in config["scenarios"].values() if one]
        plants.append(config["plant"])
        output = max(plant.get("output", 0.0) for plant in plants)
        self.life = self.cost * max(plant.get("lifetime", 0) for plant in plants) * output
        self.cases = {}
        for scenario, overlay in config["scenarios"].items():
            stream = f"{scenario}/" if config["independent_scenarios"] else ""
            self.cases[scenario] = Case(
                merge(config, overlay or {}), draw, stream, scenario=scenario
            )

    def spare_hydrogen(self, key: Key) -> tuple[float, float]:
        """Whether hydrogen is within the limit, and by how much, kg/kg."""
        return hydrogen_grade(self.cases[key[1]], key[2], key[-1])[1:]

    def avoided(self, key: Key) -> float:
        """Avoided emissions of the cell of a key."""
        scenario, region, *_, route, year = key[1:]
        return self.reference["avoided_emissions", scenario, region, route, year]

    def slopes(self, key: Key) -> list[float]:
        """What cost premiums gain per unit of the carbon price around a break-even price."""
        scenario, region, destination, route, year = key[1:]
        case = self.cases[scenario]
        base = reference_route(case, region, route)
        if not pays_cbam(case, region, destination):
            home = [
                home_exposure(case, way, region, year)[0] - compensated(case, way, region, year)
                for way in (base, route)
            ]
            return [home[0] - home[1]]
        border = [cbam_exposure(case, way, region, year) for way in (base, route)]
        covered = cbam_coverage(case, sector_of(case, route), region, year)
        return [covered * border[0], covered * (border[0] - max(0.0, border[1]))]

    def net_use(self, key: Key) -> float:
        """What the cost premium gains per unit of the price of the good of a parity price, EUR."""
        scenario, region, *_, year = key[1:]
        case, premiums = self.cases[scenario], []
        if key[0] == "scrap_parity_price":
            named = case.catalog["sectors"][key[3]]["scrap"]
            destination, route, good = "domestic", named["route"], named["commodity"]
        else:
            destination, route, good = key[3:6]
        for price in (0.0, 1000.0):
            case.given[good, region] = price
            premiums.append(cost_premium(case, route, region, destination, year))
        del case.given[good, region]
        return abs(premiums[1] - premiums[0]) / 1000.0

    def project(self, key: Key) -> tuple[float, float]:
        """Output of the project of a key, and what a yearly amount of one is worth."""
        case, name = self.cases[key[1]], key[2]
        years = dict.fromkeys(life(case, name), 1.0)
        worth = discounted(case, name, years, valued_in(case, name))
        return output(case, name), max(1.0, worth)

    def decision(self, scenario: str) -> float:
        """What the projects of the largest decision come to, in costs of a tonne."""
        case = self.cases[scenario]
        sizes = [
            math.fsum(math.prod(self.project(("", scenario, one))) for one in listed(decision))
            for decision in case.config["decisions"].values()
        ]
        # Values may be of years long before the start.
        first, last = case.years[0], case.years[-1]
        return max(1.0, *sizes) * 1.2 ** abs(last - first) * 1.2 ** abs(window(case)[0] - first)

    def portfolio(self, key: Key) -> float:
        """What the costs behind the members of a portfolio come to, in any of the years."""
        case, one = self.cases[key[1]], self.cases[key[1]].config["portfolios"][key[2]]
        projects = [self.project(("", key[1], name)) for name in one.get("projects") or ()]
        size = math.fsum(math.prod(each) for each in projects)
        bills = [
            abs(bill) for name in one.get("exposures") or () for year in case.years
            for bill in exposure_bills(case, name, year)
        ]  # fmt: skip
        far = abs((one.get("valued_in") or case.years[0]) - case.years[-1])
        return 1.2**far * (self.cost * size + self.rate * math.fsum(bills) + self.rate)

    def goods(self, key: Key) -> float:
        """What the costs behind a product or a budget come to: of its tonnes, and of its price."""
        name, scenario, which = key[:3]
        case = self.cases[scenario]
        if name.startswith("budget_"):
            return self.cost * len(case.years) * max(volume(case, which, y) for y in case.years)
        price = quantity(case, case.catalog["products"][which]["price"], which + ".price", "EUR")
        scale = self.rate * price if name.endswith("_uplift") else 1.0
        return self.cost * tonnes_passed_on(case, which, sector_of(case, key[-2])) / scale

    def account(self, key: Key) -> float:
        """Error of what an account comes to, or of a ratio; infinite where rounding decides."""
        name, scenario, account, *year = key
        own = self.accounts[scenario, account]
        money = {k: v for k, v in own.items() if "{money}" in OUTCOMES[k[0]].unit}
        years = {k[-1] for k in money if len(k) > 3}
        one = self.cases[scenario].config["accounts"][account]
        size = len(years) * max(self.cost, *map(abs, money.values()))
        for k in money:
            if k[0] == "account_owed" and (k[-1] in (one.get("issue") or {})):
                size += v if (v := money[k]) > 0 else 0.0
        error = RELATIVE * size

        def at(what: str, when: int) -> float:
            return float(money[f"account_{what}", scenario, account, when])

        if name in ("account_payback", "account_solvent"):
            near = any(abs(at("balance", y) - at("owed", y)) < 1e3 * error for y in years)
            return math.inf if near else 0.0
        if name == "account_coverage":
            due = at("outflow", year[0]) + at("service", year[0])
            return error * (1 + abs(self.reference[key])) / due if due > 1e3 * error else math.inf
        if name == "account_carried":
            worth = own["account_capacity", scenario, account]
            ratio = self.reference[key]
            costs = worth / ratio if ratio else math.inf
            return error * (1 + abs(ratio)) / costs if costs > 1e3 * error else math.inf
        return error

    def per_tco2(self, key: Key, size: float) -> float:
        """Error of what is a cost over the CO2 that a project avoids, or over what a strike pays."""
        name, scenario, project = key[:3]
        case = self.cases[scenario]
        if name == "break_even_strike":
            if contract_of(case, project) is None:
                return 0.0
            over = worth_of_strike(case, project)[1] / math.prod(self.project(key))
        else:
            over = min(abs(avoided(case, project, year)) for year in case.years)
        return RELATIVE * (size + self.cost / over) if over > NEXT_TO_ZERO else math.inf

    def of_a_rate(self, key: Key) -> float:
        """Error of an internal rate: that of the flows over how much they lose by it; infinite
        where rounding decides whether there is one, or which of several."""
        name, scenario, project = key
        case, found = self.cases[scenario], self.reference[key]
        flows = all_flows(case, project)["equity" if name == "equity_irr" else "free"]
        error = 5 * self.cost * output(case, project) * len(flows)
        so_far = [math.fsum(flows[y] for y in flows if y <= year) for year in flows]
        if any(abs(one) < 1e-6 * error for one in so_far):
            return math.inf
        if name == "irr_ambiguous":
            return 0.0
        if is_ambiguous(flows):
            return math.inf
        if found in (-1.0, 10.0):
            return math.inf if abs(worth(flows, max(found, -0.5))) < 1e-6 * error else 0.0
        first = min(flows)
        lost = sum((y - first) * flow / (1 + found) ** (y - first + 1) for y, flow in flows.items())
        return 1e-12 + RELATIVE * error * 2 ** len(flows) / abs(lost) if found < 0 else (
            1e-12 + RELATIVE * error / abs(lost))  # fmt: skip

    def cover(self, key: Key) -> float:
        """Error of a cover of debt, or none where it is next to what is asked for."""
        name, scenario, project, *year = key
        case = self.cases[scenario]
        record_ = record(case, project).get("debt")
        if not record_:
            return 0.0
        loan, asked = loan_of(case, project, all_flows(case, project)["invested"])
        least = loan * (asked.get(year[0], 1.0) if year else min(asked.values()))
        error = RELATIVE * 5 * self.cost * output(case, project) / least if least > 0 else math.inf
        if name == "dscr_below":
            near = abs(self.reference["dscr", *key[1:]] - record_.get("covenant", 1.3))
            return math.inf if near < 1e3 * error else 0.0
        return error

    def tolerance(self, key: Key) -> float:
        """Error allowed; infinite where the value is a matter of rounding."""
        name = key[0]
        value = self.reference[key]
        size = abs(value) if isinstance(value, float) and value == value else 0.0
        if name.startswith("allowance_"):
            return TONNE
        if name in ("hydrogen_class", "hydrogen_qualifies"):
            _, spare = self.spare_hydrogen(key)
            return math.inf if abs(spare) < 1e-9 else RELATIVE
        if name == "emissions_by_kind":
            return RELATIVE * max(size, 1.0)
        if name == "avoided_emissions":
            scenario, region, route, year = key[1:]
            case = self.cases[scenario]
            ways = (route, reference_route(case, region, route))
            return RELATIVE * max(1.0, *(intensity(case, way, region, year) for way in ways))
        if name in ("abatement_cost", "carbon_value_per_tco2"):
            avoided = abs(self.avoided(key))
            return RELATIVE * self.cost / avoided if avoided > NEXT_TO_ZERO else math.inf
        if name == "break_even_price":
            slope = min(map(abs, self.slopes(key)))
            if slope < NEXT_TO_ZERO:
                return math.inf
            return RELATIVE * (size + self.cost) / slope
        if name in ("parity_price", "scrap_parity_price"):
            steep = self.net_use(key)
            # What both use of it is the more exact by as much as the difference is less.
            error = RELATIVE * max(1.0, 1.0 / steep) if steep > 1e-6 else math.inf
            return error * (size + self.cost / max(steep, 1e-6))
        if name == "buyer_cost_per_tco2":
            saved = self.reference["buyer_premium", *key[1:]] / value if value else 0.0
            # Cost and emissions are each a difference.
            error = RELATIVE * (size + self.cost)
            return error / abs(saved) if abs(saved) > NEXT_TO_ZERO else math.inf
        if name in ("buyer_premium", "asking_premium", "product_price", "market_gap"):
            return RELATIVE * self.cost
        if name in OF_A_PROJECT:
            return RELATIVE * self.cost * OF_A_PROJECT[name](*self.project(key))
        if name in ("break_even_strike", "instrument_strike", "instrument_reference",
                    "public_cost_per_tco2"):  # fmt: skip
            return self.per_tco2(key, size)
        if name in ("instrument_repays", "claw_back"):
            of = "instrument_payment" if name == "instrument_repays" else "instrument_total"
            near = abs(self.reference[of, *key[1:]]) < 1e-6 * self.cost
            return math.inf if near else 0.0
        if name in ("project_irr", "equity_irr", "irr_ambiguous"):
            return self.of_a_rate(key)
        if name in ("portfolio_cash", "portfolio_npv", "member_npv"):
            return RELATIVE * self.portfolio(key)
        if name in ("decision_npv", "decision_regret"):
            return RELATIVE * self.cost * self.decision(key[1])
        if name == "regret":
            return RELATIVE * self.cost
        if name.startswith("dscr"):
            return self.cover(key)
        if name.startswith("account_"):
            return self.account(key)
        if name == "deal_closes":
            near = abs(self.reference["project_margin", *key[1:]]) < 1e-6 * self.cost
            return math.inf if near else 0.0
        if "price_effect" in name or "price_uplift" in name or name.startswith("budget_"):
            return RELATIVE * self.goods(key)
        if name in ("viability", "green_is_cheaper"):
            gap = "support_gap" if name == "viability" else "cost_premium"
            near = abs(self.reference[gap, *key[1:]]) < 1e-6 * self.cost
            return math.inf if near else 0.0
        if name == "crossover_year":
            years = self.cases[key[1]].years
            premiums = [self.reference["cost_premium", *key[1:], year] for year in years]
            return math.inf if any(abs(v) < 1e-6 * self.cost for v in premiums) else 0.0
        if name in ("lifecycle_carbon_value", "npv_carbon_value", "annuity_carbon_value"):
            return RELATIVE * (size + self.life)
        if ("{money}" in OUTCOMES[name].unit and OUTCOMES[name].relative) or "carbon_cost" in name:
            return RELATIVE * self.cost
        return RELATIVE * max(size, 1e-3 if "{money}" in OUTCOMES[name].unit else 1.0)


def disagreements(
    config: dict[str, Any], found: Result, draw: int | None, *, complete: bool = True
) -> Iterator[str]:
    """Sentences about every value in which the engine and the reference model differ.

    Parameters
    ----------
    config : dict
        The resolved config, with one outcome or more.
    found : dict
        What the engine computed.
    draw : int or None
        None for the central case.
    complete : bool
        Whether every defined value of the reference must be among those found.
    """
    reference = evaluate(config, draw)
    scales = Scales(config, draw, reference)
    for key, value in found.items():
        if key[0] == "carbon_price_by_view" and key not in reference and math.isnan(value):
            continue
        if key[0] in OUTCOMES and "project" in OUTCOMES[key[0]].dims:
            # A project that its scenario lacks, or that cannot start, has no value.
            reference.setdefault(key, math.nan)
        if key not in reference:
            yield f"{key}: the reference model has no such value"
            continue
        expected = reference[key]
        if key[0] == "best_decision":
            # Of two that are worth the same but for rounding either may be found.
            lost = reference["decision_regret", key[1], value]
            if lost > RELATIVE * scales.cost * scales.decision(key[1]):
                yield f"{key}: {value!r}, reference {expected!r}"
            continue
        if key[0] == "cheapest_route":
            yield from _dearer(scales, key, value, expected)
            continue
        if value == expected or (math.isnan(value) and math.isnan(expected)):
            continue
        allowed = scales.tolerance(key)
        if not (math.isinf(allowed) or abs(value - expected) <= allowed):
            yield f"{key}: {value!r}, reference {expected!r}, allowed error {allowed:.1e}"
    if complete:
        for key, expected in reference.items():
            undefined = expected is None or (isinstance(expected, float) and math.isnan(expected))
            asked = key[0] in config["outcomes"] and _is_used(config, key)
            # A component that no route of the run has is no label.
            undefined = undefined or (key[0] == "waterfall" and expected == 0)
            if asked and not undefined and key not in found:
                yield f"{key}: missing, reference {expected!r}"


def _dearer(scales: Scales, key: Key, value: Any, expected: Any) -> Iterator[str]:
    """A fault unless two cheapest routes cost the same but for rounding."""
    if value == expected:
        return
    scenario, region, destination, _, year = key[1:]

    def total(route: str) -> float:
        return (
            scales.reference["levelised_cost", scenario, region, route, year]
            + scales.reference["carbon_cost", scenario, region, destination, route, year]
        )

    if None in (value, expected) or total(value) - total(expected) > RELATIVE * scales.cost:
        yield f"{key}: {value!r}, reference {expected!r}"


def _is_used(config: dict[str, Any], key: Key) -> bool:
    """Whether a market or commodity is one that the run reports: the catalog may hold more."""
    if key[0] == "waterfall":
        return True
    markets = ("carbon_price", "carbon_price_by_view", "at_price_limit")
    return key[0] not in (*markets, "commodity_price") and "allowance_" not in key[0]
