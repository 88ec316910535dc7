"""The one table that is printed: a line a quantity, the package beside its peers."""

from __future__ import annotations

from typing import NamedTuple

WIDTH = 100
_COLUMNS = ("simcore", "2 threads", "peer", "peer/simcore", "1/2 threads")
_WIDTHS = (11, 11, 11, 14, 12)
_FIRST = WIDTH - sum(_WIDTHS)


class Line(NamedTuple):
    """One quantity: what it is, with its unit, and who needs how much."""

    what: str
    one: float | None = None
    two: float | None = None
    peer: float | None = None
    larger_is_better: bool = False


def heading(text: str) -> str:
    """A line that opens a group."""
    return f"\n{text[:WIDTH]}"


def header() -> str:
    """Names of the columns."""
    names = "".join(f"{name:>{width}}" for name, width in zip(_COLUMNS, _WIDTHS, strict=True))
    return f"{'':{_FIRST}}{names}\n{'-' * WIDTH}"


def formatted(line: Line) -> str:
    """One line of the table; ratios above 1 are in favour of the package, or of two threads."""
    ratio = _ratio(line.peer, line.one, line.larger_is_better)
    speedup = _ratio(line.one, line.two, line.larger_is_better)
    cells = [
        _number(line.one),
        _number(line.two),
        _number(line.peer),
        "" if ratio is None else f"{ratio:.2f}x",
        "" if speedup is None else f"{speedup:.2f}x",
    ]
    numbers = "".join(f"{cell:>{width}}" for cell, width in zip(cells, _WIDTHS, strict=True))
    return f"{'  ' + line.what:<{_FIRST}.{_FIRST}}{numbers}".rstrip()


def _ratio(one: float | None, other: float | None, inverse: bool) -> float | None:
    if one is None or other is None:
        return None
    return other / one if inverse else one / other


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"
