"""When to take one of several options, as what is known grows: least-squares Monte Carlo.

Dates follow each other; at each of them one option is taken, once and for all, or one waits for the
next date. What an option is worth is not known when it is taken: a rule is fitted to what it turns
out to be in some draws, and priced on others, of which it knows nothing (MODEL 21).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simcore.estimators.least_squares import HIGHEST, Polynomial, polynomial

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Values = Sequence[Floats]
"""By date what each option is worth, shape (options, draws); NaN where it cannot be taken."""
Features = Sequence[Floats]
"""By date what is known then, shape (features, draws); what is known may differ by date."""

_NORMAL: Final = 1.959963984540054
"""Half of a 95 % interval, in standard errors."""
_KEPT_ASIDE: Final = 4
"""One draw of so many tells which degree is best."""
_LIMITS: Final = 100
"""Limits that a simple rule tries."""
_POINTS: Final = 400
"""Of a feature, between which a threshold is looked for."""


class Mean(NamedTuple):
    """A mean and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Step:
    """What a rule expects at a date.

    Attributes
    ----------
    options : tuple of int
        Those that may be taken.
    expected : Polynomial
        Of each of them what it is worth more than to wait; at the last date what it is worth.
    is_last : bool
    """

    options: tuple[int, ...]
    expected: Polynomial
    is_last: bool

    def chosen(self, features: Floats) -> Whole:
        """Option that each draw takes; -1 where it waits."""
        expected = self.expected(features)
        best = expected.argmax(axis=0)
        taken = np.asarray(self.options)[best]
        waits = np.take_along_axis(expected, best[None], axis=0)[0] <= 0.0
        return taken if self.is_last else np.where(waits, -1, taken)

    def margin(self, features: Floats, never: int) -> Floats:
        """What the best option is expected to be worth above waiting, or above never, by draw."""
        expected = self.expected(features)
        builds = [place for place, one in enumerate(self.options) if one != never]
        if not builds:
            return np.full(features.shape[1], -math.inf)
        others = [expected[place] for place, one in enumerate(self.options) if one == never]
        others += [] if self.is_last and others else [np.zeros(features.shape[1])]
        found: Floats = expected[builds].max(axis=0) - np.max(others, axis=0)
        return found


class Taken(NamedTuple):
    """What became of each draw: its value, the date and the option that it took."""

    value: Floats
    date: Whole
    option: Whole


def rule_of(values: Values, features: Features, degree: int) -> list[Step]:
    """Fit a rule backwards, from the last date to the first.

    What is regressed is the difference between an option and to wait, since neither is known.

    Parameters
    ----------
    values, features : sequence of ndarray
        By date. At the last one at least one option can be taken in all draws.
    degree : int

    Returns
    -------
    list of Step
        By date.
    """
    steps: list[Step] = []
    waiting = np.zeros(values[0].shape[1])
    for worth, known in zip(reversed(values), reversed(features), strict=True):
        is_last = not steps
        options = _offered(worth)
        gain = worth[list(options)] - waiting
        step = Step(options, polynomial(known, gain, degree), is_last)
        steps.append(step)
        waiting = _with(step.chosen(known), worth, waiting)
    return steps[::-1]


def best_rule(values: Values, features: Features, degrees: Sequence[int]) -> tuple[int, list[Step]]:
    """The rule of the degree that does best in draws kept aside, fitted to all, and the degree."""
    chosen = degrees[0]
    if len(degrees) > 1:
        aside = np.arange(values[0].shape[1]) % _KEPT_ASIDE == _KEPT_ASIDE - 1
        found = {}
        for degree in degrees:
            rule = rule_of(_of(values, ~aside), _of(features, ~aside), degree)
            taken = follow(rule, _of(values, aside), _of(features, aside))
            found[degree] = float(taken.value.mean())
        # Of equals the plainest.
        chosen = max(degrees, key=lambda degree: (found[degree], -degree))
    return chosen, rule_of(values, features, chosen)


def every_degree(degree: int | None) -> tuple[int, ...]:
    """Degrees to try; 0 decides all dates beforehand, so that to know nothing of use is no loss."""
    return tuple(range(HIGHEST + 1)) if degree is None else (degree,)


def follow(rule: Sequence[Step], values: Values, features: Features) -> Taken:
    """Apply a rule forward, date by date."""
    draws = values[0].shape[1]
    found = Taken(np.zeros(draws), np.full(draws, -1), np.full(draws, -1))
    for date, (step, worth, known) in enumerate(zip(rule, values, features, strict=True)):
        chosen = np.where(found.date < 0, step.chosen(known), -1)
        found.value[:] = _with(chosen, worth, found.value)
        found.date[chosen >= 0] = date
        found.option[chosen >= 0] = chosen[chosen >= 0]
    return found


def perfect(values: Values) -> Floats:
    """What a draw is worth to one who knows all of it."""
    found: Floats = np.nanmax(np.concatenate(list(values)), axis=0)
    return found


def fixed(values: Values) -> list[list[Mean]]:
    """Mean of each date and option, taken whatever happens; NaN where it cannot be taken."""
    return [[mean_of(one) for one in worth] for worth in values]


def best_fixed(values: Values) -> tuple[int, int]:
    """Date and option of the highest mean."""
    means = np.array([[float(one.mean()) for one in worth] for worth in values])
    date, option = np.unravel_index(int(np.nanargmax(means)), means.shape)
    return int(date), int(option)


def mean_of(values: Floats) -> Mean:
    """Mean of independent draws and its 95 % interval."""
    middle = float(values.mean())
    error = float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.inf
    return Mean(middle, middle - _NORMAL * error, middle + _NORMAL * error)


def probabilities(taken: Taken, dates: int, options: int) -> Floats:
    """Share of the draws that take each option at each date, shape (dates, options)."""
    place = taken.date * options + taken.option
    counts = np.bincount(place, minlength=dates * options).reshape(dates, options)
    return counts / len(taken.value)


# --- thresholds ----------------------------------------------------------------------------------


class Threshold(NamedTuple):
    """Where a rule changes its mind along one feature, the others at their medians.

    Attributes
    ----------
    kind : str
        ``above`` or ``below``: an option is taken there; ``always``, ``never``; ``several``:
        it changes its mind more than once, or says what no one threshold tells.
    value : float
        The feature there; NaN without one.
    """

    kind: str
    value: float


def threshold(step: Step, features: Floats, place: int, never: int) -> Threshold:
    """Threshold of one feature at a date, between its 1st and 99th percentile."""
    low, high = np.quantile(features[place], (0.01, 0.99))
    points = np.linspace(low, high, _POINTS)
    given = np.repeat(np.median(features, axis=1)[:, None], _POINTS, axis=1)
    given[place] = points
    margin = step.margin(given, never)
    builds = margin > 0.0
    turns = np.flatnonzero(builds[1:] != builds[:-1])
    if not len(turns):
        return Threshold("always" if builds[0] else "never", math.nan)
    if len(turns) > 1:
        return Threshold("several", math.nan)
    at = int(turns[0])
    share = margin[at] / (margin[at] - margin[at + 1])
    value = float(points[at] + share * (points[at + 1] - points[at]))
    return Threshold("above" if builds[-1] else "below", value)


@dataclass(frozen=True)
class Simple:
    """One limit for all dates: take an option at the first date with a price beyond it.

    Attributes
    ----------
    option : int
    is_above : bool
        Else below.
    limit : float
    """

    option: int
    is_above: bool
    limit: float

    def follow(self, values: Values, prices: Sequence[Floats], never: int) -> Taken:
        """Apply it; who meets it at no date takes `never` at the last one."""
        draws = values[0].shape[1]
        found = Taken(values[-1][never].copy(), np.full(draws, len(values) - 1),
                      np.full(draws, never))  # fmt: skip
        for date in reversed(range(len(values))):
            if np.isnan(values[date][self.option]).any():
                continue
            beyond = prices[date] > self.limit if self.is_above else prices[date] < self.limit
            found.value[beyond] = values[date][self.option][beyond]
            found.date[beyond] = date
            found.option[beyond] = self.option
        return found


def best_simple(values: Values, prices: Sequence[Floats], never: int) -> Simple:
    """The rule of one limit that does best, among percentiles of the price over all dates."""
    levels = np.linspace(0.0, 1.0, _LIMITS + 1)
    limits = np.unique(np.quantile(np.concatenate(list(prices)), levels))
    tried = [
        Simple(option, above, float(limit))
        for option in range(len(values[0])) if option != never
        for above in (True, False) for limit in limits
    ]  # fmt: skip
    return max(tried, key=lambda one: float(one.follow(values, prices, never).value.mean()))


def _offered(worth: Floats) -> tuple[int, ...]:
    return tuple(np.flatnonzero(~np.isnan(worth).any(axis=1)).tolist())


def _with(chosen: Whole, worth: Floats, waiting: Floats) -> Floats:
    """Value of the option of each draw; where it waits what that is worth."""
    taken = np.take_along_axis(worth, np.maximum(chosen, 0)[None], axis=0)[0]
    return np.where(chosen >= 0, taken, waiting)


def _of(arrays: Sequence[Floats], which: NDArray[np.bool_]) -> list[Floats]:
    return [one[:, which] for one in arrays]
