"""What is odd in a history but may be so: gaps, prices that stand still, misprints, other units."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_WARNING: Final = "warning: "
_GAP: Final = 5
"""A gap is noted from this many times the usual distance of two dates."""
_STALE: Final = 0.1
_USUAL: Final = ((1, 3), (7, 7), (28, 31), (90, 92), (181, 184), (365, 366))
"""Distances of dates that have a name, days."""
_RARE: Final = 10.0
"""Changes this many times the usual one are odd; a normal change is so never, a wild market's at
times, but then it seldom turns back at once."""
_SMALL: Final = 0.2
"""Changes of ln(price) below this are never told."""
_LARGE: Final = 2.0
"""A change of ln(price) that is told however wild the price, if it turns back at once."""
_BACK: Final = 0.35
"""How much of a change may be left after a misprint."""
_RUN: Final = 5
"""Prices in a row that may be misprinted."""
_UNITS: Final = (100.0, 1000.0, 1e6)
_NEAR: Final = 0.35
"""A change of unit is a factor of these within this, of ln(price): the price moves meanwhile."""
_SHOWN: Final = 5
_OFTEN: Final = 0.005
"""Share of the prices from which jumps that turn back are how the price is."""

Days = NDArray[np.datetime64]
Floats = NDArray[np.float64]


def oddities(dates: Days, prices: Floats) -> list[str]:
    """Notes of gaps and still prices; warnings of misprints and changes of unit."""
    if len(dates) < 2:
        return []
    notes = _spacing(dates)
    still = float(np.mean(np.diff(prices) == 0))
    if still > 0:
        stale = ": a price that is not traded looks calmer, and more reverting, than it is"
        notes.append(
            f"{100 * still:.1f} % of the changes are zero{stale if still > _STALE else ''}"
        )
    return notes + (_jumps(dates, prices) if len(prices) > 2 and prices.min() > 0 else [])


def named(note: str, name: str) -> str:
    """A note or a warning with the name of what it is about."""
    bare = note.removeprefix(_WARNING)
    return f"{_WARNING if is_warning(note) else ''}{name}: {bare}"


def is_warning(note: str) -> bool:
    """Whether a note tells of what is probably wrong."""
    return note.startswith(_WARNING)


def _spacing(dates: Days) -> list[str]:
    steps = np.diff(dates).astype(int)
    usual = float(np.median(steps))
    notes = []
    if len(steps) > 2 and not any(low <= usual <= high for low, high in _USUAL):
        notes.append(f"prices are usually {usual:g} days apart")
    gaps = np.flatnonzero(steps > _GAP * usual)
    if len(gaps):
        longest = gaps[np.argmax(steps[gaps])]
        notes.append(
            f"{len(gaps)} gaps of more than {_GAP * usual:.0f} days; the longest, {steps[longest]} "
            f"days, ends {dates[longest + 1]}"
        )
    return notes


def _jumps(dates: Days, prices: Floats) -> list[str]:
    """Prices that leave their neighbours on both sides, and changes by the factor of a unit."""
    change = np.diff(np.log(prices))
    moved = np.abs(change[change != 0])
    usual = 1.4826 * float(np.median(moved)) if len(moved) else 0.0
    least = min(max(_RARE * usual, _SMALL), _LARGE)
    odd = dict.fromkeys(np.flatnonzero(np.abs(change) > least).tolist())
    found: dict[int, int] = {}
    end = -1
    for place in odd:
        later = range(place + 1, place + 1 + _RUN)
        back = [one for one in later if one in odd and _returns(change, place, one)]
        if back and place > end:
            found[place + 1] = end = back[0]
    # The first and the last price have one neighbour only.
    last = len(prices) - 1
    taken = {place for first, end in found.items() for place in (first - 1, end)}
    found |= {one: one for one, step in ((0, 0), (last, last - 1))
              if abs(change[step]) > _LARGE and step not in taken}  # fmt: skip
    taken |= {step for one, step in ((0, 0), (last, last - 1)) if one in found}
    if len(found) > max(_SHOWN, _OFTEN * len(prices)):
        largest = max(found, key=lambda one: abs(change[max(one - 1, 0)]))
        what = f"spikes, or misprints? {len(found)} prices do so"
        return [_jump(dates, prices, largest, what)]
    notes = []
    for one, end in sorted(found.items()):
        run = f" (until {dates[end]})" if end > one else ""
        notes.append(_jump(dates, prices, one, f"a misprint{run}?"))
    units = [place for place in odd if place not in taken and _is_unit(change[place])]
    notes += [_jump(dates, prices, one + 1, "another unit from there on?")
              for one in units[:_SHOWN]]  # fmt: skip
    return notes


def _returns(change: Floats, place: int, back: int) -> bool:
    """Whether a change is taken back by a later one."""
    size = min(abs(change[place]), abs(change[back]))
    apart = change[place] * change[back] < 0
    return bool(apart and abs(change[place : back + 1].sum()) < _BACK * size)


def _jump(dates: Days, prices: Floats, one: int, question: str) -> str:
    """Say how far a price is from the one before it, or the first from the second."""
    other = one - 1 if one else 1
    times = _figures(prices[one] / prices[other], 3)
    return (
        f"{_WARNING}{_figures(prices[one], 6)} on {dates[one]} is {times} times the "
        f"{_figures(prices[other], 6)} of {dates[other]}: {question}"
    )


def _figures(value: float, digits: int) -> str:
    return f"{float(f'{value:.{digits}g}'):,.10g}"


def _is_unit(change: float) -> bool:
    return any(abs(abs(change) - np.log(factor)) < _NEAR for factor in _UNITS)
