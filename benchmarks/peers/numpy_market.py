"""An emissions trading system in NumPy: cap, bank and reserve, all draws side by side (MODEL 9).

The price of a year is found by plain halving, only in the draws that need it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.peers.numpy_inputs import Config, Sample, Values, quantity
from benchmarks.peers.numpy_policies import variant_of
from simcore.units import deflate

HALVINGS = 60
TINY = 1e-11
"""Added to the log price that clears a year alone, so that rounding does not decide."""


@dataclass(frozen=True)
class _Draws:
    """Some draws: what they are and how they stand, arrays (draw,)."""

    level: np.ndarray
    growth: np.ndarray
    slope: np.ndarray
    rate: np.ndarray
    backstop: np.ndarray
    reference: np.ndarray
    adjustment: np.ndarray
    immediate: np.ndarray
    hedge: np.ndarray
    bank: np.ndarray
    before: np.ndarray
    reserve: np.ndarray
    price_1: np.ndarray
    price_2: np.ndarray
    price_3: np.ndarray
    abated: np.ndarray
    emissions: np.ndarray

    def some(self, chosen: np.ndarray) -> _Draws:
        """Those of some draws."""
        return _Draws(**{key: value[chosen] for key, value in vars(self).items()})


def solved(sample: Sample, name: str, known: tuple[int, float] | None, here: Any) -> np.ndarray:
    """Price (year, draw) of a system, EUR/t.

    Parameters
    ----------
    sample : Sample
    name : str
        Of the system.
    known : tuple of int and float, or None
        Year whose price is known, and that price.
    here : ndarray of bool, shape (draw,), or None
        Draws that need it; undefined in the others. None: all.
    """
    system, draws = sample.catalog["systems"][name], sample.randomness.draws
    wanted = np.broadcast_to(True if here is None else here, (draws,))
    if not wanted.any():
        return np.full((len(sample.years), draws), np.nan)
    found = np.full((len(sample.years), draws), np.nan)
    found[:, wanted] = _Market(sample, name, system, known, wanted).prices()
    return found


class _Market:
    """One system in some draws."""

    def __init__(
        self,
        sample: Sample,
        name: str,
        system: Config,
        known: tuple[int, float] | None,
        wanted: np.ndarray,
    ) -> None:
        self.system, self.known, self.sample = system, known, sample
        self.terms: dict[tuple[str, int], _Terms] = {}
        count = int(wanted.sum())

        def drawn(value: Values) -> np.ndarray:
            return np.broadcast_to(value, wanted.shape)[wanted].astype(float)

        def part(key: str, unit: str = "1") -> np.ndarray:
            return drawn(quantity(sample, system[key], f"{name}.{key}", unit))

        start, self.last = system["start"], int(max(system["until"], sample.years[-1]))
        money = sample.config["money"]

        def past(year: int) -> np.ndarray:
            factor = deflate(
                year,
                money["base_year"],
                index=money["deflator"].get("EUR"),
                inflation=money["inflation"],
            )
            return np.full(count, system["prices"][year] * factor)

        self.start = _Draws(
            level=part("level"),
            growth=part("growth"),
            slope=part("slope"),
            rate=part("discount_rate"),
            backstop=part("backstop", "EUR/t"),
            reference=part("reference_price", "EUR/t"),
            adjustment=part("adjustment"),
            immediate=part("immediate"),
            hedge=part("hedge"),
            bank=np.full(count, system["bank"][start]),
            before=np.full(count, system["bank"][start - 1]),
            reserve=np.full(count, system["reserve"][start]),
            price_1=past(start),
            price_2=past(start - 1),
            price_3=past(start - 2),
            abated=np.zeros(count),
            emissions=np.zeros(count),
        )
        names, chosen = [system["variant"]], np.zeros(count)
        if system.get("follows"):
            named, position = variant_of(sample, system["follows"])
            names = [system.get("rules", {}).get(one, one) for one in named]
            chosen = drawn(position)
        self.names, self.chosen = names, chosen.astype(int)
        self.resolved, self.odds = np.full(count, -np.inf), {}
        if system.get("resolution"):
            self.odds = system["resolution"]["odds"]
            self.resolved = drawn(
                quantity(sample, system["resolution"]["year"], f"{name}.resolution.year", "yr")
            )

    def prices(self) -> np.ndarray:
        """Year by year: last year's growth while there is a bank, else found anew."""
        now, ahead = self.start, self.system.get("horizon")
        count, horizon = len(now.bank), self.sample.years
        price = np.full(count, np.nan)
        found = np.empty((len(horizon), count))
        for year in range(self.system["start"] + 1, int(horizon[-1]) + 1):
            open_, is_known = year < self.resolved, self.known and year == self.known[0]
            if is_known:
                paid, price = np.full(count, self.known[1]), np.full(count, np.nan)
            else:
                just_known = (year - 1 < self.resolved) & ~open_ & (self.resolved > 0)
                at_hedge = now.bank - now.hedge * now.emissions < 1e-6
                anew = (
                    np.isnan(price)
                    | just_known
                    | at_hedge
                    | (ahead is not None)
                    | (price >= now.backstop * (1 - 1e-12))
                )
                price = price * (1.0 + now.rate)
                price = self._found_anew(now, year, price, anew, open_)
                paid = price
            parts = []
            for rule, some in self._groups(open_):
                own = self._book(
                    now.some(some),
                    year,
                    paid[some],
                    rule,
                    known=bool(is_known),
                    any_price=bool(open_[some].any()),
                )[0]
                parts.append((some, own))
            now = _joined(now, parts)
            if year >= horizon[0]:
                found[year - horizon[0]] = now.price_1
        return found

    def _groups(self, open_: np.ndarray) -> list[tuple[str, np.ndarray]]:
        """Rules in force, and the draws under them, those that wait for a decision apart."""
        found = [(self.system["variant"], np.flatnonzero(open_))]
        for place, name in enumerate(self.names):
            found.append((name, np.flatnonzero(~open_ & (self.chosen == place))))
        return [(rule, some) for rule, some in found if some.size]

    def _found_anew(
        self, now: _Draws, year: int, price: np.ndarray, anew: np.ndarray, open_: np.ndarray
    ) -> np.ndarray:
        price = price.copy()
        waiting = np.flatnonzero(anew & open_)
        if waiting.size:
            price[waiting] = sum(
                share * self._clearing(now.some(waiting), year, rule)
                for rule, share in self.odds.items()
            )
        for place, rule in enumerate(self.names):
            some = np.flatnonzero(anew & ~open_ & (self.chosen == place))
            if some.size:
                price[some] = self._clearing(now.some(some), year, rule)
        return price

    def _clearing(self, now: _Draws, year: int, rule: str) -> np.ndarray:
        """Lowest price that clears this year if it clears the others too, else that of them all."""
        last = self.last
        if self.system.get("horizon") is not None:
            last = min(last, year + self.system["horizon"] - 1)
        top = np.log(now.backstop)
        price = np.exp(np.minimum(self._halved(now, year, year, rule) + TINY, top))
        short = np.flatnonzero(~self._lasts(now, year, last, price, rule))
        if short.size:
            price[short] = np.exp(self._halved(now.some(short), year, last, rule))
        return price

    def _halved(self, now: _Draws, year: int, last: int, rule: str) -> np.ndarray:
        low, high = np.log(now.reference) - 5.0, np.log(now.backstop)
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            enough = self._lasts(now, year, last, np.exp(middle), rule)
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        return high

    def _lasts(self, now: _Draws, year: int, last: int, price: np.ndarray, rule: str) -> np.ndarray:
        """Whether allowances suffice in all years if the price grows from here."""
        lasting = np.ones(len(price), bool)
        for later in range(year, last + 1):
            now, enough = self._book(now, later, price, rule)
            lasting &= enough
            if not lasting.any():
                break
            price = price * (1.0 + now.rate)
        return lasting

    def _book(
        self,
        s: _Draws,
        year: int,
        price: np.ndarray,
        rule: str,
        *,
        known: bool = False,
        any_price: bool = False,
    ) -> tuple[_Draws, np.ndarray]:
        """Draws after a year at a price, and whether their allowances suffice."""
        rules = self.system["variants"][rule]
        dear = np.zeros(len(price), bool) if known else price >= s.backstop * (1.0 - 1e-12)
        price = price if known else np.minimum(price, s.backstop)
        distance = np.log(price / s.reference)
        abated = s.abated + s.adjustment * ((s.slope - s.immediate) * distance - s.abated)
        dates = sorted(self.system["baseline"])
        usual = np.interp(year, dates, [self.system["baseline"][one] for one in dates])
        usual = s.level * usual * (1.0 + s.growth) ** max(0, year - dates[-1])
        emissions = np.maximum(0.0, usual * (1.0 - s.immediate * distance - abated))
        if (rule, year) not in self.terms:
            self.terms[rule, year] = _terms(rules, year)
        terms = self.terms[rule, year]
        intake = (2.0 * _taken(s.before, terms) + _taken(s.bank, terms)) / 3.0
        intake = np.minimum(intake, terms.auctioned)
        released = (2.0 * _returned(s.before, terms) + _returned(s.bank, terms)) / 3.0
        if rules.get("price_trigger") is not None:
            jumped = s.price_1 > rules["price_trigger"] * (s.price_2 + s.price_3) / 2.0
            released = released + np.where(jumped, rules["price_release"], 0.0)
        released = np.minimum(released, s.reserve)
        there = s.bank + terms.issued - intake + released
        if known:
            emissions = np.minimum(emissions, there)
        elif any_price:
            emissions = np.where(dear, emissions, np.minimum(emissions, there))
        left, kept = there - emissions, s.hedge * emissions
        held, ends = s.reserve + intake - released, rules.get("invalidation_end")
        if rules.get("ceiling") is not None and (ends is None or year <= ends):
            held = np.minimum(held, rules["ceiling"])
        bank = np.where(dear, np.maximum(left, kept), left)
        after = replace(
            s,
            bank=bank,
            before=s.bank,
            reserve=held,
            price_1=price,
            price_2=s.price_1,
            price_3=s.price_2,
            abated=abated,
            emissions=emissions,
        )
        return after, (bank >= kept) | dear


def _joined(now: _Draws, parts: list[tuple[np.ndarray, _Draws]]) -> _Draws:
    whole = {key: np.empty_like(value) for key, value in vars(now).items()}
    for some, own in parts:
        for key, value in vars(own).items():
            whole[key][some] = value
    return _Draws(**whole)


def _at(rules: Config, key: str, year: int) -> float:
    return (rules.get(key) or {}).get(year, 0.0)


def _latest(table: Mapping[int, Any], year: int) -> Any:
    return table[max(date for date in table if date <= year)]


def _cap(rules: Config, year: int) -> float:
    """Allowances of a year: as fixed, or last year's less the linear reduction."""
    value = None
    for one in range(min(rules["cap"]), year + 1):
        if one in rules["cap"]:
            value = rules["cap"][one]
        else:
            fall = _latest(rules["reduction_factor"], one) * rules["reduction_base"]
            value = max(0.0, value - fall + _at(rules, "rebasing", one))
    return value


def _threshold(rules: Config, key: str, year: int) -> float:
    value, falls = rules.get(key) or 0.0, rules.get("decline") or {}
    for one in range(min(falls, default=year + 1), year + 1):
        value *= 1.0 - _latest(falls, one)
    return value


@dataclass(frozen=True)
class _Terms:
    """What rules say of a year, whatever the price."""

    issued: float
    auctioned: float
    rate: float
    upper: float
    lower: float
    band: float
    release: float


def _terms(rules: Config, year: int) -> _Terms:
    cap, moved = _cap(rules, year), _at(rules, "moved", year)
    upper, lower, band = (_threshold(rules, key, year) for key in ("upper", "lower", "band"))
    return _Terms(
        cap + moved + _at(rules, "removals", year), max(0.0, rules["auctioned"] * cap + moved),
        _latest(rules["intake"], year), upper, lower, band, rules["release"],
    )  # fmt: skip


def _taken(bank: np.ndarray, terms: _Terms) -> np.ndarray:
    """Intake of the reserve on the strength of one published bank."""
    return np.clip(bank - terms.upper, 0.0, np.maximum(0.0, terms.rate * bank))


def _returned(bank: np.ndarray, terms: _Terms) -> np.ndarray:
    """What it gives back: all at once, or more the less there is."""
    if terms.band == 0.0:
        return np.where(bank < terms.lower, terms.release, 0.0)
    return terms.release * np.clip((terms.lower - bank) / terms.band, 0.0, 1.0)
