"""Units and money of the reference model: one factor from a written unit to the model's unit."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

# Size of each unit in t, MWh, kW, year, hour or one.
SIZE = {
    "t": 1.0, "kg": 1e-3, "g": 1e-6, "kt": 1e3, "Mt": 1e6,
    "MWh": 1.0, "kWh": 1e-3, "GWh": 1e3, "TWh": 1e6,
    "GJ": 1 / 3.6, "MJ": 1 / 3600, "PJ": 1e6 / 3.6, "MMBtu": 1.05505585262 / 3.6,
    "kW": 1.0, "MW": 1e3, "GW": 1e6,
    "yr": 1.0, "year": 1.0, "years": 1.0, "a": 1.0, "h": 1.0, "hours": 1.0,
    "1": 1.0, "%": 0.01, "share": 1.0,
}  # fmt: skip

MANY = {"M": 1e6, "bn": 1e9}


def price_index(table: Mapping[int, float], year: int, inflation: float) -> float:
    """Deflator of one year: log-linear between the years given, inflation outside them."""
    years = sorted(table)
    if year <= years[0]:
        return table[years[0]] * (1 + inflation) ** (year - years[0])
    if year >= years[-1]:
        return table[years[-1]] * (1 + inflation) ** (year - years[-1])
    before = max(y for y in years if y <= year)
    after = min(y for y in years if y >= year)
    weight = 0.0 if after == before else (year - before) / (after - before)
    return math.exp((1 - weight) * math.log(table[before]) + weight * math.log(table[after]))


def euro(money: Mapping[str, Any], currency: str, price_year: int) -> float:
    """EUR of the base year in one unit of `currency` of `price_year`."""
    base_year, inflation = money["base_year"], money["inflation"]
    table = (money.get("deflator") or {}).get(currency)
    if table:
        real = price_index(table, base_year, inflation) / price_index(table, price_year, inflation)
    else:
        real = (1 + inflation) ** (base_year - price_year)
    per_euro = 1.0 if currency == "EUR" else money["exchange"][currency]
    return real / per_euro


def unit_size(unit: str, money: Mapping[str, Any], price_year: int | None) -> float:
    """Size of a compound unit such as `USD/(t/yr)/yr` in the model's units."""
    words = re.sub(r"[ _]?CO2(eq|e)?", "", unit)
    tokens = re.findall(r"[A-Za-z0-9%]+|[/()*]", words)
    year = money["base_year"] if price_year is None else price_year

    def atom() -> float:
        token = tokens.pop(0)
        if token == "(":
            value = product()
            tokens.pop(0)  # the closing bracket
            return value
        if token in MANY and tokens:  # M EUR
            return MANY[token] * atom()
        if token == "EUR" or token in money["exchange"]:
            return euro(money, token, year)
        return SIZE[token]

    def product() -> float:
        value = atom()
        while tokens and tokens[0] in "/*":
            value = value / atom() if tokens.pop(0) == "/" else value * atom()
        return value

    return product()


def factor_to(
    target: str, unit: str | None, money: Mapping[str, Any], price_year: int | None = None
) -> float:
    """Factor that turns a number in `unit` (money of `price_year`) into `target`."""
    if unit is None:
        unit = target
    if unit == target and price_year is None:
        return 1.0
    return unit_size(unit, money, price_year) / unit_size(target, money, None)


def is_energy(unit: str) -> bool:
    """Whether the unit counts energy."""
    return bool(re.search(r"[kMGT]Wh|[MGP]J|MMBtu", unit))


def parse(text: str) -> tuple[float, str]:
    """Split `8 USD/MMBtu` into its number and its unit."""
    found = re.fullmatch(r"\s*([-+]?[\d.,_]+(?:[eE][-+]?\d+)?)\s*(.*?)\s*", text)
    if not found:
        raise ValueError(f"not a number with a unit: {text!r}")
    return float(found[1].replace(",", "").replace("_", "")), found[2] or "1"
