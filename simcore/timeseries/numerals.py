"""How a column writes its numbers, and its missing ones: told from all of it together."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

Refusal = tuple[str, str, str]
"""What was found, what was expected, and what to do."""

DECIMALS: Final = ("point", "comma")

_GAPS: Final = frozenset({
    ".", "..", "...", "\u2026", "-", "--", "---", "\u2013", "\u2014", ":", "*", "?", "n/a", "na",
    "n.a.", "n.a", "n/d", "n.d.", "nd", "n/p", "nan", "nat", "null", "none", "nil", "missing",
    "not available", "no data", "no trade", "#n/a", "#n/a n/a", "#na", "#value!", "#ref!",
    "#div/0!", "#num!", "#name?", "#null!", "\\n", "<na>",
})  # fmt: skip
_SPACED: Final = re.compile(r"(?<=\d)[ '\u2019](?=\d{3}(?!\d))")
_POINT: Final = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{2,3})*,\d{3}|\d+)?(?:\.\d*)?(?:[eE][+-]?\d+)?")
_COMMA: Final = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)?(?:,\d*)?(?:[eE][+-]?\d+)?")
_SIGN: Final = "[$\u20ac\u00a3\u00a5\u20a9\u20b9]|[A-Z]{3}"
_AROUND: Final = re.compile(
    rf"(?P<before>{_SIGN})? ?(?P<number>[+-]?[.,]?\d.*?)"
    rf"(?: ?(?P<after>(?:{_SIGN})(?: ?/ ?[A-Za-z0-9]+)?)"
    r"| ?(?P<flag>\(?[abdefnprsz]{1,2}\)?|\*+))?"
)
"""A number, the money before or after it, or the mark of a statistician behind it."""


@dataclass(frozen=True)
class Numbers:
    """How a column writes its numbers.

    Attributes
    ----------
    read : callable
        Finite number of a cell, or None where it is none.
    notes : tuple of str
        What was taken for granted; none for 1234.5.
    expected : str
        What a number of this column looks like.
    refusal : tuple of str
        Why no cell can be read, where that is one reason for all; else empty.
    money : str
        What stands beside every number; empty for none.
    """

    read: Callable[[str], float | None]
    notes: tuple[str, ...] = ()
    expected: str = "a number"
    refusal: Refusal | tuple[()] = ()
    money: str = ""


def is_gap(cell: str, missing: Sequence[str] = ()) -> bool:
    """Whether a cell says that there is no number, by a usual mark or by one of `missing`."""
    return not cell or cell.casefold() in _GAPS or cell in missing


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, whichever sign is the decimal one."""
    bare = _bare(cell)
    return any(_value(bare, decimal) is not None for decimal in DECIMALS)


def numbers_of(
    cells: Sequence[str],
    *,
    decimal: str | None = None,
    missing: Sequence[str] = (),
    delimiter: str = ",",
    points: bool = False,
) -> Numbers:
    """Tell how a column writes its numbers.

    Parameters
    ----------
    cells : sequence of str
        All of the column, empty ones included.
    decimal : str, optional
        One of `DECIMALS`, where 1,234 or 1.234 could be taken for another number.
    missing : sequence of str
        Cells that say that there is no number, beside the usual ones.
    delimiter : str
        What separates the cells: where it is a comma, no number has a decimal comma.
    points : bool
        Whether the dates of the file are written as in 31.12.2024.

    Returns
    -------
    Numbers

    Notes
    -----
    A cell such as 52.1, 1,234.5 or 0,123 can be read in one way only, and settles all others. A
    column of nothing but 1,234 or 1.234 is read by what separates the cells and by how the dates
    are written, and refused where these say nothing. Money beside every number is left out, and so
    are the marks of statisticians (52.1 p); two kinds of money are refused.
    """
    filled = [cell for cell in cells if not is_gap(cell, missing)]
    values = [tuple(_value(_bare(cell), sign) for sign in DECIMALS) for cell in filled]
    votes = Counter((one is not None, other is not None) for one, other in values if one != other)
    unclear = next((cell for cell, (one, other) in zip(filled, values, strict=True)
                    if one != other and one is not None and other is not None), None)  # fmt: skip
    note = ""
    if decimal is None:
        clear = votes[True, False] - votes[False, True]
        if not unclear or clear:
            decimal = "comma" if clear < 0 else "point"
        else:
            decimal, note = _unsettled(unclear, delimiter, points=points)
        if decimal is None:
            assert unclear is not None
            one, other = (_value(_bare(unclear), sign) for sign in DECIMALS)
            return Numbers(lambda cell: None, refusal=(
                f"{unclear}, which may be {one:g} or {other:g}",
                "numbers that can be read in one way", "say which sign is the decimal one: "
                "--decimal point or comma",
            ))  # fmt: skip
        if not note and any("," in cell for cell in filled):
            note = f"commas read as {'decimal' if decimal == 'comma' else 'thousands'}"
        elif not note and decimal == "comma":
            note = "points read as thousands"
    money, flags = _beside(filled)
    if len(money) > 1:
        return Numbers(lambda cell: None, refusal=(
            f"prices in {' and in '.join(sorted(money))}", "prices in one money",
            "choose the rows of one with --where, or convert them",
        ))  # fmt: skip
    notes = [note] if note else []
    notes += [f"{one} beside the numbers left out" for one in money]
    notes += [f"marks behind numbers left out: {' '.join(sorted(flags))}"] if flags else []
    sign = decimal
    expected = "a number such as 1234.5" if sign == "point" else "a number such as 1.234,5"
    return Numbers(
        lambda cell: _value(_bare(cell), sign), tuple(notes), expected, money="".join(money)
    )


def _unsettled(cell: str, delimiter: str, *, points: bool) -> tuple[str | None, str]:
    """Decimal sign of numbers none of which settles it, by the rest of the file."""
    comma = "," in cell
    if delimiter == ",":
        # Who separates cells by commas writes no decimal commas, unless his dates say otherwise.
        return (None, "") if points else ("point", "commas read as thousands" if comma else "")
    if points:
        return "comma", "commas read as decimal" if comma else (
            "points read as thousands, as in the dates 31.12.2024")  # fmt: skip
    return ("point", "") if delimiter == "\t" and not comma else (None, "")


def _bare(cell: str) -> str:
    """A number without money, marks and spaces of thousands."""
    found = _AROUND.fullmatch(cell.replace("\u2212", "-"))
    return _SPACED.sub("", found["number"] if found else cell)


def _beside(cells: Sequence[str]) -> tuple[set[str], set[str]]:
    """Money and marks that stand beside numbers."""
    found = [one for cell in cells if (one := _AROUND.fullmatch(cell))]
    money = {one["before"] or one["after"] for one in found} - {None}
    return money, {one["flag"] for one in found} - {None}


def _value(text: str, decimal: str) -> float | None:
    if decimal == "comma":
        # A group of thousands never begins with 0.
        if not _COMMA.fullmatch(text) or re.match(r"[+-]?0\.", text):
            return None
        text = text.replace(".", "").replace(",", ".")
    else:
        if not _POINT.fullmatch(text) or re.match(r"[+-]?0,", text):
            return None
        text = text.replace(",", "")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
