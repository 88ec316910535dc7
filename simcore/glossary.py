"""What every outcome means, in words: unit, sign, equation, and what else it is called.

One record for the terminal, the JSON Schema and the page docs/outcomes.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from simcore.variables import ALIASES, OUTCOMES, Outcome

_UNITS: Final = {
    "1e6 {money} yr-1": "million {money} a year",
    "1e6 {money}": "million {money}",
    "1e6 {exposure_currency} yr-1": "million, local, a year",
    "1e6 {exposure_currency}": "million, local currency",
    "{money} t-1": "{money} per t {per}",
    "{money} t-1 yr-1": "{money} per t {per}, a year",
    "{money} kg-1": "{money} per kg {per}",
    "{money} per unit": "{money} per unit of the good",
    "{money}": "{money} per unit of the product",
    "t t-1": "t CO2e per t {per}",
    "kg kg-1": "kg CO2e per kg {per}",
    "Mt": "million t CO2e",
    "yr": "calendar year",
    "1": "number",
}
"""Units in words; what is not here is said as it is written."""
_OF_KIND: Final = {
    "indicator": "probability",
    "conditional": "probability",
}


@dataclass(frozen=True)
class Meaning:
    """An outcome in words.

    Attributes
    ----------
    name, title, unit, what : str
        `unit` in words, `what` how it is read.
    sign : str
        What it says above and below zero; empty where that needs no word.
    equation : str
        Number of its equation in docs/model.md; empty where it has none there.
    over : tuple of str
        What it differs by.
    aliases, words : tuple of str
        Names that it had before, and words by which it is found.
    usual : bool
        Whether a config that lists no outcomes has it.
    """

    name: str
    title: str
    unit: str
    what: str
    sign: str
    equation: str
    over: tuple[str, ...]
    aliases: tuple[str, ...]
    words: tuple[str, ...]
    usual: bool

    def text(self) -> str:
        """All of it in a few sentences."""
        sign = f" {self.sign}" if self.sign else ""
        equation = f" Equation ({self.equation})." if self.equation else ""
        return f"{self.title}, {self.unit}. {self.what}{sign}{equation}"


def meaning(name: str, currency: str = "EUR") -> Meaning:
    """What an outcome means, its money in a currency."""
    one = OUTCOMES[name]
    return Meaning(
        name, one.long_name, unit_in_words(one, currency), one.description, one.sign,
        _equations().get(name, ""), one.dims[1:],
        tuple(old for old, new in ALIASES.items() if new == name), one.asked_as, one.usual,
    )  # fmt: skip


def unit_in_words(one: Outcome, currency: str) -> str:
    """Unit of an outcome as one says it: `EUR per t of product`, `EUR per t CO2e`."""
    if one.kind == "category":
        return one.among
    if one.kind in _OF_KIND:
        return _OF_KIND[one.kind]
    unit = one.unit or one.unit_here
    return _UNITS.get(unit, unit).format(money=currency, per=one.per_what)


@cache
def _equations() -> dict[str, str]:
    """Numbers of the equations of docs/model.md by outcome, as docs/refresh.py found them."""
    text = resources.files("simcore").joinpath("data", "equations.json").read_text("utf-8")
    return dict(json.loads(text))
