"""An emissions trading system solved slowly: allowances year by year, and a price by trial.

Section 9 of the model for one draw, in plain Python.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from reference_paths import Case, between, choice, dated_money, quantity
from reference_units import factor_to

Dated = Mapping[int, Any]


def latest(table: Dated, year: int) -> float:
    """Value of the last date that is not after a year."""
    return table[max(date for date in table if date <= year)]


def cap(rules: Mapping[str, Any], year: int) -> float:
    """Allowances of a year: as fixed, or last year's less the linear reduction."""
    if year in rules["cap"]:
        return rules["cap"][year]
    fall = latest(rules["reduction_factor"], year) * rules["reduction_base"]
    return max(0.0, cap(rules, year - 1) - fall + (rules.get("rebasing") or {}).get(year, 0.0))


def intake_of(bank: float, rules: Mapping[str, Any], year: int) -> float:
    """What the reserve takes in on the strength of one published bank."""
    rate = latest(rules["intake"], year)
    if bank <= rules["upper"]:
        return 0.0
    if rate < 1 and bank > rules["upper"] / (1 - rate):
        return rate * bank
    return bank - rules["upper"]


class Market:
    """One system in one draw, and how it stands at the end of each year."""

    def __init__(self, case: Case, name: str, known: tuple[int, float] | None = None) -> None:
        system = case.catalog["systems"][name]
        self.system, self.known = system, known
        chosen = system["variant"]
        if system.get("follows"):
            policy = case.catalog["policies"][system["follows"]]
            chosen = choice(case, policy["variant"], system["follows"] + ".variant")
        self.rules = system["variants"][chosen]
        self.level, self.growth, self.slope, self.rate = (
            quantity(case, system.get(key, 1.0), f"{name}.{key}")
            for key in ("level", "growth", "slope", "discount_rate")
        )
        self.backstop, self.reference = (
            quantity(case, system[key], f"{name}.{key}", "EUR/t")
            for key in ("backstop", "reference_price")
        )
        start = system["start"]
        self.first, self.last = start + 1, max(system["until"], case.years[-1])
        self.price = {
            year: price * factor_to("EUR/t", "EUR/t", case.money, year)
            for year, price in system["prices"].items()
            if start - 2 <= year <= start
        }
        self.bank = {year: system["bank"][year] for year in (start - 1, start)}
        self.reserve = {start: system["reserve"][start]}
        self.emissions: dict[int, float] = {}
        self.invalidated: dict[int, float] = {}
        self.removed: dict[int, float] = {}
        self.solve()

    def baseline(self, year: int) -> float:
        """Emissions at the reference price."""
        dates = self.system["baseline"]
        beyond = max(0, year - max(dates))
        return self.level * between(dates, year) * (1 + self.growth) ** beyond

    def at_backstop(self, price: float) -> bool:
        """Whether removals cost no more than allowances, but for rounding."""
        return price >= self.backstop * (1 - 1e-12)

    def follow(self, year: int, price: float, *, known: bool = False) -> bool:
        """Book one year at a price; False where allowances do not suffice."""
        rules, dear = self.rules, not known and self.at_backstop(price)
        if not known:
            price = min(price, self.backstop)
        abated = self.slope * math.log(price / self.reference)
        emissions = max(0.0, self.baseline(year) * (1 - abated))
        banks = (self.bank[year - 2], self.bank[year - 2], self.bank[year - 1])
        intake = sum(intake_of(bank, rules, year) / 3 for bank in banks)
        intake = min(intake, rules["auctioned"] * cap(rules, year))
        released = sum(rules["release"] / 3 for bank in banks if bank < rules["lower"])
        trigger = rules.get("price_trigger")
        usual = (self.price[year - 2] + self.price[year - 3]) / 2
        if trigger is not None and self.price[year - 1] > trigger * usual:
            released += rules["price_release"]
        released = min(released, self.reserve[year - 1])
        there = self.bank[year - 1] + cap(rules, year) - intake + released
        if known:  # whatever the price, no more is emitted than there is
            emissions = min(emissions, there)
        left = there - emissions
        held = self.reserve[year - 1] + intake - released
        ceiling, end = rules.get("ceiling"), rules.get("invalidation_end")
        counts = ceiling is not None and (end is None or year <= end)
        self.invalidated[year] = max(0.0, held - ceiling) if counts else 0.0
        self.removed[year] = -left if dear and left < 0 else 0.0
        self.price[year], self.emissions[year] = price, emissions
        self.bank[year] = left + self.removed[year]
        self.reserve[year] = held - self.invalidated[year]
        return self.bank[year] >= 0

    def lasts(self, year: int, price: float) -> bool:
        """Whether allowances suffice in all years to come if the price grows from here."""
        for later in range(year, self.last + 1):
            if not self.follow(later, price):
                return False
            price *= 1 + self.rate
        return True

    def solve(self) -> None:
        """Price of each year: the last one's growth while there is a bank, else found anew."""
        price = None
        for year in range(self.first, self.last + 1):
            if self.known and year == self.known[0]:
                self.follow(year, self.known[1], known=True)
                price = None
                continue
            if price is None or self.bank[year - 1] < 1e-6 or self.at_backstop(price):
                low, high = math.log(self.reference) - 5, math.log(self.backstop)
                for _ in range(60):
                    middle = (low + high) / 2
                    if self.lasts(year, math.exp(middle)):
                        high = middle
                    else:
                        low = middle
                price = math.exp(high)
            else:
                price *= 1 + self.rate
            self.follow(year, price)


def market(case: Case, path: Mapping[str, Any]) -> Market:
    """The system behind a market, solved once a draw; a spot of the market is a known price."""
    name, spot, known = path["process"]["system"], path.get("spot"), None
    if spot:
        known = (
            spot["year"],
            dated_money(case, path, spot["value"], spot["year"], "EUR/t", spot),
        )
    if ("system", name, known) not in case.samples:  # type: ignore[comparison-overlap]
        case.samples["system", name, known] = Market(case, name, known)  # type: ignore[index]
    return case.samples["system", name, known]  # type: ignore[index]
