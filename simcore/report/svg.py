"""SVG as text: a canvas of plain shapes, linear scales, round ticks."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

INK: Final = "#1b2430"
SOFT: Final = "#55606e"
LINE: Final = "#d5dae0"
SERIES: Final = (
    "#0b5c94", "#a8450f", "#11734f", "#87397a", "#7a5900", "#0e6f78", "#4a5561", "#1b2430"
)  # fmt: skip
"""After Okabe and Ito, darkened until text in them is readable on white."""
COST: Final = SERIES[1]
GAIN: Final = SERIES[0]
DASHES: Final = ("", "6 3", "2 3", "9 3 2 3", "1 4", "12 4", "4 2 1 2", "3 6")
LETTER: Final = 0.56
"""Width of a letter, in heights of the font."""
SIZE: Final = 12.5


@dataclass
class Canvas:
    """Shapes of one picture.

    Attributes
    ----------
    width, height : float
        In its own units; a page gives it any width.
    """

    width: float
    height: float
    _parts: list[str] = field(default_factory=list)

    def line(
        self, x1: float, y1: float, x2: float, y2: float, colour: str = LINE, *,
        width: float = 1.0, dash: str = "",
    ) -> None:  # fmt: skip
        """Draw a straight line."""
        self._parts.append(
            f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" stroke="{colour}"'
            f' stroke-width="{_n(width)}"{_dashed(dash)}/>'
        )

    def path(
        self, points: Sequence[tuple[float, float]], colour: str, *, width: float = 1.5,
        dash: str = "",
    ) -> None:  # fmt: skip
        """Draw a line through points."""
        self._parts.append(
            f'<path d="{_through(points)}" fill="none" stroke="{colour}"'
            f' stroke-width="{_n(width)}" stroke-linejoin="round"{_dashed(dash)}/>'
        )

    def area(self, points: Sequence[tuple[float, float]], colour: str, opacity: float) -> None:
        """Fill what points go round."""
        self._parts.append(
            f'<path d="{_through(points)}Z" fill="{colour}" fill-opacity="{_n(opacity)}"/>'
        )

    def box(
        self, x: float, y: float, width: float, height: float, colour: str, *, opacity: float = 1.0
    ) -> None:  # fmt: skip
        """Fill a rectangle."""
        seen = "" if opacity == 1 else f' fill-opacity="{_n(opacity)}"'
        self._parts.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(max(0.0, width))}"'
            f' height="{_n(max(0.0, height))}" fill="{colour}"{seen}/>'
        )

    def dot(self, x: float, y: float, colour: str, *, shape: int = 0, size: float = 3.0) -> None:
        """Draw a mark: disc, square, diamond or triangle."""
        if shape % 4 == 0:
            self._parts.append(
                f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(size)}" fill="{colour}"/>'
            )
            return
        s = size
        outline = (
            ((-s, -s), (s, -s), (s, s), (-s, s)),
            ((0, -s * 1.3), (s * 1.3, 0), (0, s * 1.3), (-s * 1.3, 0)),
            ((0, -s * 1.2), (s * 1.2, s), (-s * 1.2, s)),
        )[shape % 4 - 1]
        self.area([(x + dx, y + dy) for dx, dy in outline], colour, 1.0)

    def text(
        self, x: float, y: float, text: str, *, size: float = 11, colour: str = SOFT,
        anchor: str = "start", bold: bool = False, halo: bool = False,
    ) -> None:  # fmt: skip
        """Write a line of text; y is its base line."""
        more = ' font-weight="600"' if bold else ""
        more += ' stroke="#fff" stroke-width="3" paint-order="stroke"' if halo else ""
        self._parts.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{colour}"'
            f' text-anchor="{anchor}"{more}>{escape(text)}</text>'
        )

    def svg(self, name: str, title: str, description: str) -> str:
        """Give the picture as text; `name` makes its ids unique on a page."""
        name = escape(name)
        size = f"0 0 {_n(self.width)} {_n(self.height)}"
        # A picture of few parts does not grow with the page.
        return (
            f'<svg viewBox="{size}" preserveAspectRatio="xMinYMin" role="img"'
            f' style="max-width:{_n(1.3 * self.width)}px" aria-labelledby="{name}-t {name}-d"'
            ' xmlns="http://www.w3.org/2000/svg">'
            f'<title id="{name}-t">{escape(title)}</title>'
            f'<desc id="{name}-d">{escape(description)}</desc>{"".join(self._parts)}</svg>'
        )

    def ornament(self) -> str:
        """Give the picture as text, for those who see it beside the words that say the same."""
        return (
            f'<svg viewBox="0 0 {_n(self.width)} {_n(self.height)}" width="{_n(self.width)}"'
            f' height="{_n(self.height)}" aria-hidden="true">{"".join(self._parts)}</svg>'
        )


@dataclass(frozen=True)
class Scale:
    """Where a number lies on a canvas.

    Attributes
    ----------
    low, high : float
        Numbers at its two ends.
    start, end : float
        Where the ends lie.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Give the place of a number."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int = 5) -> list[float]:
        """Round numbers between the ends."""
        step = step_of(self.high - self.low, most)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [place * step for place in range(first, last + 1)]


def step_of(span: float, most: int) -> float:
    """The least of 1, 2, 2.5, 5 times a power of ten that cuts a span into so many parts."""
    raw = max(abs(span), 1e-12) / most
    power = 10.0 ** math.floor(math.log10(raw))
    return next(one * power for one in (1, 2, 2.5, 5, 10) if one * power >= raw * (1 - 1e-9))


def range_of(values: Iterable[float], *, zero: bool = True) -> tuple[float, float]:
    """Ends of a scale that shows some numbers, and zero, with room around them."""
    known = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(known), max(known)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        low, high = low - 1.0, high + 1.0
    room = 0.04 * (high - low)
    return (low - room if low < 0 or not zero else low), (high + room if high > 0 else high)


def year_ticks(first: int, last: int, most: int = 5) -> list[int]:
    """The first and the last year, and round years that are not too near to them."""
    span = last - first
    step = next((one for one in (1, 2, 5, 10, 20, 25, 50) if span / one <= most), 100)
    between = [year for year in range(first, last + 1) if year % step == 0]
    room = 0.6 * max(step, span / most)
    inner = [year for year in between if year - first >= room and last - year >= room]
    return sorted({first, last, *inner})


def of_sign(value: float, better: str) -> str:
    """Colour of a number where one side of zero is the good one."""
    return GAIN if not better or (value > 0) == (better == "high") else COST


def scaled_unit(unit: str, scale: float) -> str:
    """A unit of amounts that were divided by 1 or 1000."""
    if scale == 1:
        return unit
    return f"bn {unit.removeprefix('M ')}" if unit.startswith("M ") else f"thousand {unit}"


def wrapped(text: str, width: float, size: float, most: int = 3) -> list[str]:
    """Lines of a text that fit a width; a word too long for it is broken, never cut.

    More lines than `most` are made only where nothing else fits.
    """
    room = max(4, int(width / (LETTER * size)))
    lines = [""]
    for word in text.split():
        while len(word) > room:
            if lines[-1]:
                lines.append("")
            lines[-1], word = word[:room], word[room:]
            lines.append("")
        joined = f"{lines[-1]} {word}".strip()
        if len(joined) <= room:
            lines[-1] = joined
        else:
            lines.append(word)
    return [line for line in lines if line] or [""]


def apart(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places near some others, in the same order, no two closer than a gap, within two ends."""
    order = sorted(range(len(places)), key=lambda one: places[one])
    found = list(places)
    for before, after in itertools.pairwise(order):
        found[after] = max(found[after], found[before] + gap)
    limit = high
    for one in reversed(order):
        found[one] = max(low, min(found[one], limit))
        limit = found[one] - gap
    return found


def _n(value: float) -> str:
    """A coordinate: a tenth of a unit is finer than any screen."""
    text = f"{value:.1f}" if abs(value) >= 1 or value == 0 else f"{value:.2f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _through(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points)


def _dashed(dash: str) -> str:
    return f' stroke-dasharray="{dash}"' if dash else ""
