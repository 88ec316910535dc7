"""The search for the price that clears an emissions trading system, in some draws side by side.

First the price is tried at which the year alone leaves only the hedge: where the bank lasts on its
growth, it is the price. Elsewhere a bracket is halved, then narrowed by the slack at its ends, and
what is still wide, for a step in the rules, is halved again. A draw whose price is found gives its
place to the next, and the last take the first places, so that no place is tried in vain. What is
found for a draw depends on no draw beside it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from simcore.kernels.elementary import exp
from simcore.kernels.emissions_year import (
    ABATED,
    AT_ONCE,
    BACKSTOP,
    BANK,
    BEFORE,
    CARRIED,
    DEMAND_COLUMNS,
    FACTOR,
    GROWN,
    GROWTH,
    HEDGE,
    HIGHEST,
    KEPT,
    LEVEL,
    LOG,
    PRICE_1,
    PRICE_2,
    PRICE_3,
    RATE,
    REFERENCE,
    RESERVE,
    RULE_COLUMNS,
    SLOPE,
    WIDTH,
    adjusted,
    anyway,
    emitted,
    is_dear,
    place_of,
    rounded_up,
    supplied,
    terms_of,
)
from simcore.kernels.jit import inlined, kernel

HALVINGS: Final = 16
"""Halvings of the first bracket. With a step in the rules several prices may do: these pick one."""
STEPS: Final = 12
"""Steps by the slack at both ends; what is still wider is halved, without the rest."""
MOST: Final = 50
LOWEST: Final = 5.0
"""ln(reference price / lowest price)."""
NARROW: Final = 2e-12
"""Width of ln(price) that is left."""
SHIFT: Final = 10.0
"""Share of the width squared by which a price that is interpolated moves to the middle."""
ALONE: Final = 1e-11
"""What is added to the log price of a year on its own, so that rounding does not drain it."""
SURELY: Final = 1e-9
"""By so much below that price the year is drained whatever rounding does."""
SKIPPED: Final = 2
"""Halvings between two trials that need none, at most."""
_FOUND: Final = np.inf
"""Trials of a draw whose price is found, or of a free place."""

# Places in the workspace, WIDTH numbers each: a draw's numbers as in `emissions_year`, the copy of
# its states that tries a price, the search.
_SHIFT: Final = CARRIED
_COPIED: Final = BANK + CARRIED
_SEARCH: Final = _COPIED + CARRIED
PLACES: Final = _SEARCH + 10
_PRICE, _TRIED, _SLACK, _LOW, _HIGH, _LOW_SLACK, _HIGH_SLACK, _TRIES, _SURE, _DRAW = range(
    _SEARCH, PLACES
)


@inlined
def try_year(s, width, baseline, grows, terms, watched):
    """Try one year; count the places whose price is below the backstop.

    Prices of past years are read and written if they are watched for a release.
    """
    issued, ceiling = terms[0], terms[6]
    below = 0
    for j in range(width):
        bank, before = s[(BANK + _SHIFT) * WIDTH + j], s[(BEFORE + _SHIFT) * WIDTH + j]
        reserve = s[(RESERVE + _SHIFT) * WIDTH + j]
        dear = False
        if watched:
            price, price_1 = s[_PRICE * WIDTH + j], s[(PRICE_1 + _SHIFT) * WIDTH + j]
            price_2, price_3 = s[(PRICE_2 + _SHIFT) * WIDTH + j], s[(PRICE_3 + _SHIFT) * WIDTH + j]
            dear = is_dear(price_1, price_2, price_3, terms)
            s[(PRICE_1 + _SHIFT) * WIDTH + j] = min(price, s[HIGHEST * WIDTH + j])
            s[(PRICE_2 + _SHIFT) * WIDTH + j] = price_1
            s[(PRICE_3 + _SHIFT) * WIDTH + j] = price_2
            s[_PRICE * WIDTH + j] = price * s[FACTOR * WIDTH + j]
        intake, released = supplied(bank, before, reserve, dear, terms)
        log_price = s[(LOG + _SHIFT) * WIDTH + j]
        capped = log_price >= s[BACKSTOP * WIDTH + j]
        below += 0 if capped else 1
        distance = log_price - s[REFERENCE * WIDTH + j]
        grown = s[(GROWN + _SHIFT) * WIDTH + j] * (1.0 + grows * s[GROWTH * WIDTH + j])
        abated = adjusted(
            s[(ABATED + _SHIFT) * WIDTH + j], s[KEPT * WIDTH + j], s[SLOPE * WIDTH + j], distance
        )
        emissions = emitted(
            baseline * grown * s[LEVEL * WIDTH + j], s[AT_ONCE * WIDTH + j], distance, abated
        )
        left = bank + issued - intake + released - emissions
        slack, exceeds = s[_SLACK * WIDTH + j], left - s[HEDGE * WIDTH + j] * emissions
        s[_SLACK * WIDTH + j] = anyway(slack if capped else min(slack, exceeds))
        s[(BANK + _SHIFT) * WIDTH + j] = left
        s[(BEFORE + _SHIFT) * WIDTH + j] = bank
        s[(RESERVE + _SHIFT) * WIDTH + j] = min(ceiling, reserve + intake - released)
        s[(LOG + _SHIFT) * WIDTH + j] = log_price + s[RATE * WIDTH + j]
        s[(GROWN + _SHIFT) * WIDTH + j] = grown
        s[(ABATED + _SHIFT) * WIDTH + j] = abated
    return below


@kernel
def try_prices(s, width, rules, first, calm, last, variant, variants):
    """Write by how much the bank exceeds the hedge at worst on the growth of the price tried.

    A price at the backstop stays there, as no discount rate is negative, and what then is lacking
    is removed. So no more years are tried once all prices are there, and what is written depends on
    no draw beside it.

    Parameters
    ----------
    s : float64 (PLACES * WIDTH,)
        Workspace; its slack and the copy of the states are written.
    width : int
        Places that are tried.
    rules : float64 (years * (DEMAND_COLUMNS + variants * RULE_COLUMNS),)
    first, calm, last : int
        Lines of the rules: the year whose price is tried, the one from which on no growing price
        asks for a release, and the one after the last.
    variant, variants : int
    """
    for j in range(width):
        # One by one: a loop within a loop is not compiled to take several draws at once.
        s[(BANK + _SHIFT) * WIDTH + j] = s[BANK * WIDTH + j]
        s[(BEFORE + _SHIFT) * WIDTH + j] = s[BEFORE * WIDTH + j]
        s[(RESERVE + _SHIFT) * WIDTH + j] = s[RESERVE * WIDTH + j]
        s[(PRICE_1 + _SHIFT) * WIDTH + j] = s[PRICE_1 * WIDTH + j]
        s[(PRICE_2 + _SHIFT) * WIDTH + j] = s[PRICE_2 * WIDTH + j]
        s[(PRICE_3 + _SHIFT) * WIDTH + j] = s[PRICE_3 * WIDTH + j]
        s[(GROWN + _SHIFT) * WIDTH + j] = s[GROWN * WIDTH + j]
        s[(ABATED + _SHIFT) * WIDTH + j] = s[ABATED * WIDTH + j]
        s[_SLACK * WIDTH + j] = np.inf
        s[(LOG + _SHIFT) * WIDTH + j] = s[_TRIED * WIDTH + j]
        s[_PRICE * WIDTH + j] = exp(s[_TRIED * WIDTH + j])
    length = DEMAND_COLUMNS + variants * RULE_COLUMNS
    entry = DEMAND_COLUMNS + variant * RULE_COLUMNS
    for t in range(first, last):
        line = t * length
        terms = terms_of(rules, line + entry)
        if t < calm:
            below = try_year(s, width, rules[line], rules[line + 1], terms, True)
        else:
            below = try_year(s, width, rules[line], rules[line + 1], terms, False)
        if below == 0:
            break


@kernel
def alone(s, width, rules, demand, entry):
    """Write the log price at which a year leaves only the hedge; none below will do.

    Parameters
    ----------
    s : float64 (PLACES * WIDTH,)
        Workspace; the price is to be tried.
    width : int
        Places that are tried.
    rules : float64 (years * (DEMAND_COLUMNS + variants * RULE_COLUMNS),)
    demand, entry : int
        Where the year's baseline and its rules begin.
    """
    baseline, grows = rules[demand], rules[demand + 1]
    terms = terms_of(rules, entry)
    issued = terms[0]
    for j in range(width):
        bank, before, reserve = s[BANK * WIDTH + j], s[BEFORE * WIDTH + j], s[RESERVE * WIDTH + j]
        dear = is_dear(
            s[PRICE_1 * WIDTH + j], s[PRICE_2 * WIDTH + j], s[PRICE_3 * WIDTH + j], terms
        )
        intake, released = supplied(bank, before, reserve, dear, terms)
        supply = bank + issued - intake + released
        grown = s[GROWN * WIDTH + j] * (1.0 + grows * s[GROWTH * WIDTH + j])
        full = baseline * grown * s[LEVEL * WIDTH + j] * (1.0 + s[HEDGE * WIDTH + j])
        reference = s[REFERENCE * WIDTH + j]
        inherited = s[KEPT * WIDTH + j] * s[ABATED * WIDTH + j]
        slope = s[AT_ONCE * WIDTH + j] + s[SLOPE * WIDTH + j]
        price = reference + (1.0 - inherited - supply / full) / slope + ALONE
        s[_TRIED * WIDTH + j] = min(max(price, reference - LOWEST), s[BACKSTOP * WIDTH + j])


@inlined
def sharpen(s, width):
    """Replace one end of each bracket by the price tried; count the places that need no trial."""
    found = 0
    for j in range(width):
        tried, slack = s[_TRIED * WIDTH + j], s[_SLACK * WIDTH + j]
        dry = slack < 0.0
        low = tried if dry else s[_LOW * WIDTH + j]
        high = s[_HIGH * WIDTH + j] if dry else tried
        below = slack if dry else s[_LOW_SLACK * WIDTH + j]
        above = s[_HIGH_SLACK * WIDTH + j] if dry else slack
        s[_LOW * WIDTH + j], s[_HIGH * WIDTH + j] = anyway(low), anyway(high)
        s[_LOW_SLACK * WIDTH + j], s[_HIGH_SLACK * WIDTH + j] = anyway(below), anyway(above)
        tries = s[_TRIES * WIDTH + j]
        tries = tries if high - low > NARROW else _FOUND
        tries = tries if tries < HALVINGS + STEPS + MOST else _FOUND
        s[_TRIES * WIDTH + j] = anyway(tries)
        found += 1 if tries == _FOUND else 0
    return found


@inlined
def between(low, high, below, above):
    """A price in a bracket by the slack at its ends (Oliveira and Takahashi 2020, with kappa 2).

    The straight line between the ends meets zero at a price that is moved towards the middle by
    about the width squared, so that the root soon lies between two prices close together.
    """
    width = high - low
    middle = low + 0.5 * width
    met = low + width * (below / (below - above))
    # An end that was not tried has no slack, and the line no sense.
    met = met if (low <= met) & (met <= high) & (above < np.inf) else middle
    moved = max(SHIFT * width * width, 0.4 * NARROW)
    return min(middle, met + moved) if met < middle else max(middle, met - moved)


@inlined
def propose(s, width):
    """Write the next price to be tried in each bracket.

    A halving whose middle lies below the price of the year alone needs no trial. If the last of
    them is one, its slack is what the next step starts from, and is tried.
    """
    for j in range(width):
        low, high, tries = s[_LOW * WIDTH + j], s[_HIGH * WIDTH + j], s[_TRIES * WIDTH + j]
        below = s[_LOW_SLACK * WIDTH + j]
        middle = 0.5 * (low + high)
        for _ in range(SKIPPED):
            skips = (middle < s[_SURE * WIDTH + j]) & (tries < HALVINGS)
            low, below = middle if skips else low, -np.inf if skips else below
            tries = tries + 1.0 if skips else tries
            middle = 0.5 * (low + high)
        nearer = between(low, high, below, s[_HIGH_SLACK * WIDTH + j])
        halves = (tries < HALVINGS) | (tries >= HALVINGS + STEPS)
        lowest = s[REFERENCE * WIDTH + j] - LOWEST
        again = (tries == HALVINGS) & (below == -np.inf) & (low > lowest)
        s[_TRIED * WIDTH + j] = low if again else middle if halves else nearer
        s[_TRIES * WIDTH + j] = tries + (0.0 if again else 1.0)
        s[_LOW * WIDTH + j], s[_LOW_SLACK * WIDTH + j] = anyway(low), anyway(below)


@inlined
def put(s, j, d, k):
    """Give a place to a draw."""
    at = place_of(k)
    for place in range(_COPIED):
        s[place * WIDTH + j] = d[at + place * WIDTH]


@inlined
def begin(s, j, k, sure):
    """Begin the search in a place."""
    s[_LOW * WIDTH + j] = s[REFERENCE * WIDTH + j] - LOWEST
    s[_HIGH * WIDTH + j] = s[BACKSTOP * WIDTH + j]
    s[_LOW_SLACK * WIDTH + j], s[_HIGH_SLACK * WIDTH + j] = -np.inf, np.inf
    s[_SURE * WIDTH + j] = sure - SURELY
    s[_TRIES * WIDTH + j], s[_DRAW * WIDTH + j] = 0.0, k


@inlined
def calm_from(d, some, count, rules, first, last, variant, variants):
    """The year from which on prices that grow at their discount rates ask for no release."""
    fastest = 1.0
    for i in range(count):
        fastest = max(fastest, d[place_of(some[i]) + FACTOR * WIDTH])
    # Last year's price over the mean of the two before it; a little more, for it is rounded.
    most = 2.0 * fastest * fastest / (1.0 + fastest) * (1.0 + SURELY)
    length = DEMAND_COLUMNS + variants * RULE_COLUMNS
    calm = first + 3
    for t in range(first + 3, last):
        terms = terms_of(rules, t * length + DEMAND_COLUMNS + variant * RULE_COLUMNS)
        calm = calm if terms[7] > most else t + 1
    return calm


@kernel
def lasting(s, d, some, count, rules, first, calm, last, variant, variants, found):
    """Write the price of the year alone, and which draws need a higher one; how many they are.

    Parameters are those of `find_prices`.
    """
    demand = first * (DEMAND_COLUMNS + variants * RULE_COLUMNS)
    entry = demand + DEMAND_COLUMNS + variant * RULE_COLUMNS
    dry = 0
    for start in range(0, count, WIDTH):
        here = min(WIDTH, count - start)
        width = rounded_up(here)
        for j in range(width):
            put(s, j, d, some[start + (j if j < here else 0)])
        alone(s, width, rules, demand, entry)
        try_prices(s, width, rules, first, calm, last, variant, variants)
        for j in range(here):
            k = some[start + j]
            found[k] = s[_TRIED * WIDTH + j]
            if s[_SLACK * WIDTH + j] < 0.0:
                some[dry] = k
                dry += 1
    return dry


@kernel
def find_prices(s, d, some, count, rules, first, last, variant, variants, found):
    """Find this year's price of some draws.

    Parameters
    ----------
    s : float64 (PLACES * WIDTH,)
        Workspace.
    d : float64 (groups * emissions_year.PLACES * WIDTH,)
        Numbers of draws.
    some : int64 (count,)
        The draws that are searched, by `place_of`; written.
    count : int
    rules, first, last, variant, variants
        As in `try_prices`.
    found : float64 (draws,)
        Log prices by draw, written.
    """
    calm = calm_from(d, some, count, rules, first, last, variant, variants)
    count = lasting(s, d, some, count, rules, first, calm, last, variant, variants, found)
    at_work = min(count, WIDTH)
    for j in range(rounded_up(at_work)):
        k = some[j if j < at_work else 0]
        put(s, j, d, k)
        begin(s, j, k, found[k])
        if j >= at_work:
            s[_TRIES * WIDTH + j] = _FOUND
    coming = at_work
    while at_work > 0:
        width = rounded_up(at_work)
        free = width - at_work
        done = free
        while done == free:
            propose(s, width)
            try_prices(s, width, rules, first, calm, last, variant, variants)
            done = sharpen(s, width)
        j = 0
        while j < at_work:
            if s[_TRIES * WIDTH + j] < _FOUND:
                j += 1
                continue
            found[int(s[_DRAW * WIDTH + j])] = s[_HIGH * WIDTH + j]
            if coming < count:
                put(s, j, d, some[coming])
                begin(s, j, some[coming], found[some[coming]])
                coming += 1
                continue
            at_work -= 1
            for place in range(PLACES):
                s[place * WIDTH + j] = s[place * WIDTH + at_work]
            s[_TRIES * WIDTH + at_work] = _FOUND
