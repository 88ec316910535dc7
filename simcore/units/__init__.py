"""Units and money at the edge: factors from what the user writes to what the model counts in.

Inside, money is EUR of one year, energy MWh, mass t, emissions t CO2e, hydrogen kg. Energy
carriers are not converted into mass: a price per kg of hydrogen and a price per MWh need a heating
value, which the user states.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Final

from simcore.errors import suggest
from simcore.units.names import MAX_LENGTH, Unit, UnitError, declare, describe, parse_unit

__all__ = [
    "Unit",
    "UnitError",
    "conversion",
    "currency_of",
    "declare",
    "deflate",
    "describe",
    "parse_quantity",
    "parse_unit",
]

_QUANTITY: Final = re.compile(
    r"\s*(?P<number>[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)"
    r"(?P<unit>(?:\s+\S.*|\s*%.*)?)",
    re.DOTALL,
)
_MAX_YEARS: Final = 500


def conversion(unit: str | Unit, target: str | Unit, *, exchange: Mapping[str, float]) -> float:
    """Find the factor that turns a number in one unit into a number in another.

    Parameters
    ----------
    unit : str or Unit
        Unit of the number at hand.
    target : str or Unit
        Unit wanted.
    exchange : mapping of str to float
        Units of each currency per EUR, > 0; EUR itself may be left out.

    Returns
    -------
    float
        Multiply by it. Exact rational arithmetic, rounded once.

    Raises
    ------
    UnitError
        The dimensions differ, a unit is unknown, or an exchange rate is missing or unusable.
    """
    misfit = _misfit(str(unit), str(target))
    if misfit is not None:
        raise UnitError(*misfit)
    return _factor(str(unit), str(target), tuple(exchange.items()))


@lru_cache(maxsize=4096)
def _misfit(unit: str, target: str) -> tuple[str, str, str] | None:
    """What is wrong where the dimensions of two units differ."""
    start, end = parse_unit(unit), parse_unit(target)
    if start.dimension == end.dimension:
        return None
    expected = f"{describe(end)}, such as {target}"
    return f"{unit} is {describe(start)}", expected, _dimension_remedy(start, end, target)


@lru_cache(maxsize=4096)
def _factor(unit: str, target: str, rates: tuple[tuple[str, float], ...]) -> float:
    exchange = dict(rates)
    start, end = parse_unit(unit), parse_unit(target)
    factor = start.scale / end.scale
    exponents: dict[str, int] = {}
    for currencies, sign in ((start.currencies, 1), (end.currencies, -1)):
        for currency, exponent in currencies:
            exponents[currency] = exponents.get(currency, 0) + sign * exponent
    for currency, exponent in exponents.items():
        if exponent:
            factor /= _rate(currency, exchange) ** exponent
    try:
        return float(factor)
    except OverflowError:
        raise UnitError(
            f"a factor from {unit} to {target} beyond 1.8e308", "a finite one", "correct the rates"
        ) from None


def parse_quantity(text: str) -> tuple[float, str]:
    """Split a number from its unit.

    Parameters
    ----------
    text : str
        Such as `8 USD/MMBtu`, `41 %` or `1e3 KRW/t`.

    Returns
    -------
    value : float
        Finite.
    unit : str
        A known unit; `1` where none is written.

    Raises
    ------
    UnitError
        There is no plain finite number in front, or the unit is unknown.
    """
    match = _QUANTITY.fullmatch(text) if len(text) <= 2 * MAX_LENGTH else None
    if match is None:
        grouped = re.match(r"\s*[-+]?[0-9]{1,3}([,_][0-9]{3})+", text)
        raise UnitError(
            repr(text[:60]),
            "a number and a unit, such as 8 USD/MMBtu",
            "write the number without separators" if grouped
            else "write the number first, then a space and the unit",
        )  # fmt: skip
    value = float(match["number"])
    if not math.isfinite(value):
        raise UnitError(repr(text[:60]), "a finite number", "write a number below 1.8e308")
    unit = match["unit"].strip() or "1"
    parse_unit(unit)
    return value, unit


def currency_of(unit: str) -> str | None:
    """Find the currency of a unit.

    Parameters
    ----------
    unit : str
        Any unit.

    Returns
    -------
    str or None
        None for a unit without money.

    Raises
    ------
    UnitError
        The unit is unknown or holds two currencies.
    """
    codes = [code for code, exponent in parse_unit(unit).currencies if exponent]
    if len(codes) > 1:
        raise UnitError(
            f"{unit} holds {' and '.join(codes)}", "one currency", "state exchange rates as numbers"
        )
    return codes[0] if codes else None


def deflate(
    year_from: int, year_to: int, *, index: Mapping[int, float] | None, inflation: float
) -> float:
    """Find the factor that turns money of one year into money of another.

    Parameters
    ----------
    year_from, year_to : int
        Price years.
    index : mapping of int to float, or None
        Price level by year, > 0, in any base. Between its years it is interpolated in logarithms;
        before and after them it is extended by `inflation`.
    inflation : float
        Per year, > -1.

    Returns
    -------
    float
        level[year_to] / level[year_from].

    Raises
    ------
    UnitError
        The index or the inflation is not usable.
    """
    if not (math.isfinite(inflation) and inflation > -1):
        raise UnitError(f"inflation {inflation}", "a finite number above -1", "write 0.02 for 2 %")
    for year, level in (index or {}).items():
        if not (math.isfinite(level) and level > 0):
            raise UnitError(
                f"price index {level} in {year}", "a finite number above 0", "correct the deflator"
            )
    if abs(year_to - year_from) > _MAX_YEARS:
        raise UnitError(
            f"price years {year_from} and {year_to}",
            f"years less than {_MAX_YEARS} apart",
            "correct the price year",
        )
    if year_from == year_to:
        return 1.0
    if not index:
        return _power(1 + inflation, year_to - year_from)
    return _level(year_to, index, inflation) / _level(year_from, index, inflation)


def _rate(currency: str, exchange: Mapping[str, float]) -> Fraction:
    if currency not in exchange:
        if currency == "EUR":
            return Fraction(1)
        near = suggest(currency, exchange)
        raise UnitError(
            f"no exchange rate for {currency}",
            f"one of EUR, {', '.join(sorted(exchange))}",
            f"give the rate: money: {{exchange: {{{currency}: <{currency} per EUR>}}}}"
            + (f"; or did you mean {near}?" if near else ""),
        )
    rate = exchange[currency]
    if not (math.isfinite(rate) and rate > 0) or (currency == "EUR" and rate != 1):
        raise UnitError(
            f"exchange rate {rate} for {currency}",
            "1 for EUR" if currency == "EUR" else "a finite number above 0",
            f"write money.exchange.{currency} in units of {currency} per EUR",
        )
    return Fraction(rate)


def _power(base: float, exponent: float) -> float:
    # NumPy is loaded with it, and units are read where nothing is computed.
    from simcore.numerics.elementary import power

    return power(base, exponent)


def _level(year: int, index: Mapping[int, float], inflation: float) -> float:
    if year in index:
        return index[year]
    before = max((known for known in index if known < year), default=None)
    after = min((known for known in index if known > year), default=None)
    if before is None or after is None:
        nearest = before if before is not None else after
        assert nearest is not None
        return index[nearest] * _power(1 + inflation, year - nearest)
    share = (year - before) / (after - before)
    return _power(index[before], 1 - share) * _power(index[after], share)


def _dimension_remedy(start: Unit, end: Unit, target: str) -> str:
    if {start.dimension, end.dimension} == {(1, -1, 0, 0, 0), (1, 0, -1, 0, 0)}:
        return f"convert with a heating value (hydrogen: 33.33 kWh/kg) and write it in {target}"
    return f"write it in {target}"
