"""Money and unit that a file of prices names, beside what its user says of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from simcore.units import UnitError, conversion, currency_of

_SIGNS: Final = {
    "€": ("EUR",), "£": ("GBP",), "¥": ("JPY", "CNY"), "₩": ("KRW",), "₹": ("INR",),
    "$": ("USD", "AUD", "CAD", "NZD", "SGD", "MXN", "CLP", "COP", "ARS", "TWD"),
    "EURO": ("EUR",), "EUROS": ("EUR",), "RMB": ("CNY",),
    "US$": ("USD",),
}  # fmt: skip
"""Money by its sign or word; a sign that several countries use is any of theirs."""
_CODES: Final = frozenset(
    re.findall(
        "[A-Z]{3}",
        "AUD BRL CAD CHF CNY CZK DKK EUR GBP HUF IDR INR JPY KRW MXN NOK NZD PLN RUB SEK SGD THB"
        " TRY TWD UAH USD ZAR",
    )
)
"""Codes that are no other word in a heading."""
_MONEY: Final = re.compile(r"US\$|[€£¥₩₹$]|(?<![A-Za-z])[A-Za-z]{3,5}(?![A-Za-z])")
_UNIT: Final = re.compile(r"(US\$|[€£¥₩₹$]|[A-Z]{3}|[Ee]uros?) ?(?:/|per) ?([A-Za-z][A-Za-z0-9]*)")


def doubts(texts: Sequence[str], unit: str) -> list[str]:
    """Warnings where headings, or marks beside the prices, name another money or unit.

    Parameters
    ----------
    texts : sequence of str
        What stands above and beside the prices.
    unit : str
        What they are taken as.
    """
    try:
        taken = currency_of(unit)
    except UnitError:
        return []
    for text in dict.fromkeys(texts):
        named = [(one, codes) for one in _MONEY.findall(text) if (codes := _codes(one))]
        if named and all(taken not in codes for _, codes in named):
            return [_warning(named[0][0], text, unit)]
        for sign, below in _UNIT.findall(text):
            if taken in _codes(sign) and not _is_same(f"{taken}/{below}", unit):
                return [_warning(f"{sign}/{below}", text, unit)]
    return []


def _codes(word: str) -> tuple[str, ...]:
    return _SIGNS.get(word.upper(), (word,) if word in _CODES else ())


def _is_same(found: str, unit: str) -> bool:
    """Whether two units are the same size; what cannot be read says nothing."""
    try:
        currency_of(found)
    except UnitError:
        return True
    try:
        return conversion(found, unit, exchange={}) == 1.0
    except UnitError:
        return False


def _warning(named: str, text: str, unit: str) -> str:
    where = "" if text == named else f" ({text[:60]})"
    return f"warning: the file says {named}{where}, the prices are taken as {unit}: which is right?"
