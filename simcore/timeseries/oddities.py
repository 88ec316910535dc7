"""What is odd in a history but may be so: gaps, prices that stand still, misprints, other units."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

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
    levels = np.log(prices)
    change = np.diff(levels)
    moved = np.abs(change[change != 0])
    least = max(_RARE * 1.4826 * float(np.median(moved)), _SMALL) if len(moved) else _SMALL
    least = min(least, _LARGE)
    size = np.minimum(np.abs(change[:-1]), np.abs(change[1:]))
    back = (change[:-1] * change[1:] < 0) & (np.abs(change[:-1] + change[1:]) < _BACK * size)
    alone = 1 + np.flatnonzero(back & (size > least))
    # The first and the last price have one neighbour only.
    last = len(prices) - 1
    ends = [one for one, step, other in ((0, change[0], 1), (last, change[-1], last - 1))
            if abs(step) > _LARGE and other not in alone]  # fmt: skip
    found = sorted({*alone.tolist(), *ends})
    if len(found) > max(_SHOWN, _OFTEN * len(prices)):
        largest = max(found, key=lambda one: abs(change[max(one - 1, 0)]))
        what = f"spikes, or misprints? {len(found)} prices do so"
        return [_jump(dates, prices, largest, largest - 1 if largest else 1, what)]
    notes = [_jump(dates, prices, one, one - 1 if one else 1, "a misprint?") for one in found]
    near = {place for one in found for place in (one - 1, one)}
    units = [place for place in np.flatnonzero(np.abs(change) > least).tolist()
             if place not in near and _is_unit(change[place])]  # fmt: skip
    notes += [_jump(dates, prices, one + 1, one, "another unit from there on?")
              for one in units[:_SHOWN]]  # fmt: skip
    return notes


def _jump(dates: Days, prices: Floats, one: int, other: int, question: str) -> str:
    return (
        f"warning: {prices[one]:g} on {dates[one]} is {prices[one] / prices[other]:.3g} "
        f"times the {prices[other]:g} of {dates[other]}: {question}"
    )


def _is_unit(change: float) -> bool:
    return any(abs(abs(change) - np.log(factor)) < _NEAR for factor in _UNITS)
