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


def moved(rules: Mapping[str, Any], year: int) -> float:
    """Auctions that are held in another year than their allowances belong to."""
    return (rules.get("moved") or {}).get(year, 0.0)


def issued(rules: Mapping[str, Any], year: int) -> float:
    """All allowances that are new in a year."""
    return cap(rules, year) + moved(rules, year) + (rules.get("removals") or {}).get(year, 0.0)


def threshold(rules: Mapping[str, Any], key: str, year: int) -> float:
    """A threshold of the reserve, lower each year from the first date of the decline on."""
    value, falls = rules.get(key) or 0.0, rules.get("decline") or {}
    for passed in range(min(falls, default=year + 1), year + 1):
        value *= 1 - latest(falls, passed)
    return value


def intake_of(bank: float, rate: float, upper: float) -> float:
    """What the reserve takes in on the strength of one published bank."""
    if bank <= upper:
        return 0.0
    if rate < 1 and bank > upper / (1 - rate):
        return rate * bank
    return bank - upper


def release_of(bank: float, most: float, lower: float, band: float) -> float:
    """What it gives back on the strength of one: all at once, or more the less there is."""
    if bank >= lower:
        return 0.0
    if bank <= lower - band:
        return most
    return most * (lower - bank) / band


class Terms:
    """What rules say of a year, whatever the price."""

    def __init__(self, rules: Mapping[str, Any], year: int) -> None:
        self.issued = issued(rules, year)
        self.auctioned = max(0.0, rules["auctioned"] * cap(rules, year) + moved(rules, year))
        self.intake = latest(rules["intake"], year), threshold(rules, "upper", year)
        below = threshold(rules, "lower", year), threshold(rules, "band", year)
        self.release = rules["release"], *below


class Market:
    """One system in one draw, and how it stands at the end of each year."""

    def __init__(self, case: Case, name: str, known: tuple[int, float] | None = None) -> None:
        system = case.catalog["systems"][name]
        self.system, self.known = system, known
        chosen = system["variant"]
        if system.get("follows"):
            policy = case.catalog["policies"][system["follows"]]
            chosen = choice(case, policy["variant"], system["follows"] + ".variant")
            chosen = (system.get("rules") or {}).get(chosen, chosen)
        self.chosen = chosen
        self.level, self.growth, self.slope, self.rate = (
            quantity(case, system.get(key, 1.0), f"{name}.{key}")
            for key in ("level", "growth", "slope", "discount_rate")
        )
        self.at_once, self.adjustment, self.hedge = (
            quantity(case, system.get(key, usual), f"{name}.{key}")
            for key, usual in (("immediate", 0.0), ("adjustment", 1.0), ("hedge", 0.0))
        )
        self.backstop, self.reference = (
            quantity(case, system[key], f"{name}.{key}", "EUR/t")
            for key in ("backstop", "reference_price")
        )
        self.odds, self.resolved = {}, None
        if system.get("resolution"):
            self.odds = system["resolution"]["odds"]
            self.resolved = quantity(
                case, system["resolution"]["year"], f"{name}.resolution.year", "yr"
            )
        self.ahead = system.get("horizon")
        start = system["start"]
        self.first, self.last = start + 1, max(system["until"], case.years[-1])
        self.price = {
            year: price * factor_to("EUR/t", "EUR/t", case.money, year)
            for year, price in system["prices"].items()
            if start - 2 <= year <= start
        }
        self.bank = {year: system["bank"][year] for year in (start - 1, start)}
        self.reserve = {start: system["reserve"][start]}
        self.abated = {start: 0.0}
        self.emissions: dict[int, float] = {}
        self.invalidated: dict[int, float] = {}
        self.removed: dict[int, float] = {}
        self.terms: dict[tuple[int, int], Terms] = {}
        self.solve()

    def baseline(self, year: int) -> float:
        """Emissions at the reference price."""
        dates = self.system["baseline"]
        beyond = max(0, year - max(dates))
        return self.level * between(dates, year) * (1 + self.growth) ** beyond

    def at_backstop(self, price: float) -> bool:
        """Whether removals cost no more than allowances, but for rounding."""
        return price >= self.backstop * (1 - 1e-12)

    def follow(
        self, year: int, price: float, rules: Mapping[str, Any], *, known: bool = False,
        any_price: bool = False,
    ) -> bool:  # fmt: skip
        """Book one year at a price; False where allowances do not suffice.

        any_price: the price was not found for these rules, so emissions may meet their limit.
        """
        dear = not known and self.at_backstop(price)
        if not known:
            price = min(price, self.backstop)
        distance = math.log(price / self.reference)
        wanted = (self.slope - self.at_once) * distance
        so_far = self.abated[year - 1]
        self.abated[year] = so_far + self.adjustment * (wanted - so_far)
        share = self.at_once * distance + self.abated[year]
        emissions = max(0.0, self.baseline(year) * (1 - share))
        banks = (self.bank[year - 2], self.bank[year - 2], self.bank[year - 1])
        if (id(rules), year) not in self.terms:
            self.terms[id(rules), year] = Terms(rules, year)
        terms = self.terms[id(rules), year]
        intake = min(sum(intake_of(bank, *terms.intake) / 3 for bank in banks), terms.auctioned)
        released = sum(release_of(bank, *terms.release) / 3 for bank in banks)
        trigger = rules.get("price_trigger")
        usual = (self.price[year - 2] + self.price[year - 3]) / 2
        if trigger is not None and self.price[year - 1] > trigger * usual:
            released += rules["price_release"]
        released = min(released, self.reserve[year - 1])
        there = self.bank[year - 1] + terms.issued - intake + released
        if known or (any_price and not dear):  # no more is emitted than there is
            emissions = min(emissions, there)
        left, kept = there - emissions, self.hedge * emissions
        held = self.reserve[year - 1] + intake - released
        ceiling, end = rules.get("ceiling"), rules.get("invalidation_end")
        counts = ceiling is not None and (end is None or year <= end)
        self.invalidated[year] = max(0.0, held - ceiling) if counts else 0.0
        self.removed[year] = max(0.0, kept - left) if dear else 0.0
        self.price[year], self.emissions[year] = price, emissions
        self.bank[year] = left + self.removed[year]
        self.reserve[year] = held - self.invalidated[year]
        return self.bank[year] >= kept or dear

    def lasts(
        self, year: int, price: float, rules: Mapping[str, Any], last: int | None = None
    ) -> bool:
        """Whether allowances suffice in all years looked at if the price grows from here."""
        if last is None:
            last = self.last if self.ahead is None else min(self.last, year + self.ahead - 1)
        for later in range(year, last + 1):
            if not self.follow(later, price, rules):
                return False
            price *= 1 + self.rate
        return True

    def clearing(self, year: int, rules: Mapping[str, Any]) -> float:
        """The price of a year from which on the market clears under some rules.

        The lowest that clears this year, if it clears the others too: where rules are steps, there
        may be others that do, with some in between that do not.
        """
        lowest = self.halved(year, rules, year)
        if self.lasts(year, lowest, rules):
            return lowest
        return self.halved(year, rules, None)

    def halved(self, year: int, rules: Mapping[str, Any], last: int | None) -> float:
        low, high = math.log(self.reference) - 5, math.log(self.backstop)
        for _ in range(60):
            middle = (low + high) / 2
            if self.lasts(year, math.exp(middle), rules, last):
                high = middle
            else:
                low = middle
        # A little more, so that rounding does not decide whether the bank is at its lowest.
        return math.exp(high if last is None else min(high + 1e-11, math.log(self.backstop)))

    def solve(self) -> None:
        """Price of each year: the last one's growth while there is a bank, else found anew."""
        price, variants = None, self.system["variants"]
        for year in range(self.first, self.last + 1):
            uncertain = self.resolved is not None and year < self.resolved
            rules = variants[self.system["variant"] if uncertain else self.chosen]
            if self.known and year == self.known[0]:
                self.follow(year, self.known[1], rules, known=True)
                price = None
                continue
            just_known = self.resolved is not None and year - 1 < self.resolved <= year
            if (
                price is None or just_known or self.ahead is not None
                or self.bank[year - 1] - self.hedge * self.emissions[year - 1] < 1e-6
                or self.at_backstop(price)
            ):  # fmt: skip
                if uncertain:
                    price = sum(
                        share * self.clearing(year, variants[name])
                        for name, share in self.odds.items()
                    )
                else:
                    price = self.clearing(year, rules)
            else:
                price *= 1 + self.rate
            self.follow(year, price, rules, any_price=uncertain)


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
