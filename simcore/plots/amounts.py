"""Numbers on pictures: one unit and one number of digits for all amounts of a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

_MOST: Final = 1e5
"""From here on an amount is counted in thousands more."""
_WORDS: Final = {0: "", 3: "thousand ", 6: "million ", 9: "billion ", 12: "trillion "}


@dataclass(frozen=True)
class Amounts:
    """How the amounts of a picture are counted and written.

    Attributes
    ----------
    factor : float
        What a number of the run is multiplied with.
    unit : str
        Short, as at an axis: ``EUR/t``.
    whole : str
        In full, as under a title: ``EUR of 2025 per t of crude steel``.
    digits : int
        After the point.
    """

    factor: float
    unit: str
    whole: str
    digits: int

    def text(self, value: float, *, sign: bool = False, unit: bool = False) -> str:
        """Write a number of the run."""
        counted = round(float(value) * self.factor, self.digits) + 0.0
        written = f"{counted:{'+' if sign and counted else ''},.{self.digits}f}"
        return f"{written} {self.unit}" if unit else written

    def tick(self, value: float, _: Any = None) -> str:
        """Write what stands at an axis, which is counted already."""
        text = f"{value:,.{self.digits + 2}f}".rstrip("0").rstrip(".")
        return "0" if text in ("-0", "") else text


def amounts_of(attrs: Mapping[Any, Any], values: Any, *, product: str = "") -> Amounts:
    """Count the values of an array by the largest of them.

    Parameters
    ----------
    attrs : mapping
        Of the array: `units`, and `price_year` where it is money.
    values : array_like
        What is shown of it; undefined ones count nothing.
    product : str
        What a tonne is a tonne of.
    """
    largest = _largest(values)
    head, _, rest = str(attrs.get("units", "1")).partition(" ")
    power = 0
    if head.startswith("1e"):
        power, (head, _, rest) = int(head[2:]), rest.partition(" ")
    per = " ".join(part.removesuffix("-1") for part in rest.split())
    if head in ("1", "yr") and not power:
        return Amounts(1.0, head.replace("1", "share"), head, _digits(largest))
    counted = power
    while counted < max(_WORDS) and largest * 10.0 ** (power - counted) >= _MOST:
        counted += 3
    factor = 10.0 ** (power - counted)
    money = f" of {attrs['price_year']}" if "price_year" in attrs else ""
    of = f" of {product}" if product and per == "t" else ""
    unit = f"{_WORDS[counted]}{head}"
    over = f" {'a year' if per == 'yr' else f'per {per}'}{of}" if per else ""
    return Amounts(
        factor, f"{unit}/{per}" if per else unit,
        f"{unit}{money}{over}", _digits(largest * factor),
    )  # fmt: skip


def _largest(values: Any) -> float:
    numbers = np.abs(np.asarray(values, dtype=float))
    return float(numbers[np.isfinite(numbers)].max(initial=0.0))


def _digits(largest: float) -> int:
    """Three digits of the largest amount, and no more than three after the point."""
    if largest <= 0.0 or largest >= 50.0:
        return 0
    return min(3, max(0, 2 - math.floor(math.log10(largest))))
