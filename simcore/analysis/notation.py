"""How numbers and units are written, on the terminal and typeset on a page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

MINUS: Final = "\N{MINUS SIGN}"
_DASH: Final = "\N{EN DASH}"


def number(value: float, decimals: int = 0, *, sign: bool = False, typeset: bool = False) -> str:
    """Write a number with thousands separators; a dash where there is none.

    Parameters
    ----------
    value : float
    decimals : int
        Digits after the point.
    sign : bool
        With a plus too.
    typeset : bool
        With a true minus, as a page has it.
    """
    if value is None or not math.isfinite(value):
        return _DASH if typeset else "-"
    text = f"{abs(value):,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        return text
    minus = MINUS if typeset else "-"
    return f"{minus if value < 0 else '+' if sign else ''}{text}"


def share(value: float, *, typeset: bool = False) -> str:
    """Write a probability in per cent without rounding a possible event to impossible.

    >>> share(0.004), share(0.37), share(0.37, typeset=True)
    ('<1%', '37%', '37 %')
    """
    if value is None or not math.isfinite(value):
        return _DASH if typeset else "-"
    space = " " if typeset else ""
    if 0 < value < 0.005:
        return f"<1{space}%"
    if 0.995 < value < 1:
        return f">99{space}%"
    return f"{number(100 * value, typeset=typeset)}{space}%"


def decimals(values: Iterable[float], *, figures: int) -> int:
    """Digits after the point that show so many figures of the largest value."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    if largest == 0:
        return 0
    return min(6, max(0, figures - 1 - math.floor(math.log10(largest * 1.005))))


def band(written: Sequence[str]) -> str:
    """Quantiles in a sentence: three, in their order, as `P50 (P5 to P95)`.

    >>> band(["481", "583", "729"]), band(["50", "50", "50"]), band(["1", "2"])
    ('583 (481 to 729)', '50', '1 / 2')
    """
    if len(written) != 3:
        return " / ".join(written)
    low, middle, high = written
    return middle if low == high or middle in ("-", _DASH) else f"{middle} ({low} to {high})"


def said_unit(unit: str, scale: float = 1.0) -> str:
    """A unit as people write it, of an amount that was divided by 1 or 1000.

    >>> said_unit("1e6 EUR yr-1"), said_unit("1e6 KRW", 1000), said_unit("KRW t-1", 1000)
    ('M EUR/yr', 'bn KRW', 'thousand KRW/t')
    """
    for written, said in ((" t-1", "/t"), (" kg-1", "/kg"), (" yr-1", "/yr"), ("1e6 ", "M ")):
        unit = unit.replace(written, said)
    if scale == 1:
        return unit
    return f"bn {unit.removeprefix('M ')}" if unit.startswith("M ") else f"thousand {unit}"
