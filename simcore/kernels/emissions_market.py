"""The market of an emissions trading system with a cap, a bank and a stability reserve (MODEL 9).

Allowances are in million t CO2e (Mt) and prices in EUR of the base year per t. In year t

    emissions[t] = max(0, baseline[t]*(1 - slope*(ln P[t] - ln reference)))
    f(B)         = max(0, min(rate*B, B - upper))          intake, as the bank B sets it
    intake[t]    = min(auctioned[t], (2 f(B[t-2]) + f(B[t-1]))/3)
    released[t]  = min(reserve[t-1], release*(2 (B[t-2] < lower) + (B[t-1] < lower))/3
                       + price_release*(P[t-1] > trigger*(P[t-2] + P[t-3])/2))
    bank[t]      = bank[t-1] + cap[t] - intake[t] + released[t] - emissions[t] + removed[t]
    reserve[t]   = reserve[t-1] + intake[t] - released[t] - invalidated[t]
    invalidated[t] = max(0, reserve[t-1] + intake[t] - released[t] - ceiling)

The number of allowances published in May of a year sets the auctions from its September to the
next August: hence two thirds of the year before last and one third of last year. The two branches
of f meet where the law puts its second threshold (1,096 Mt at 24 %).

The price is that of perfect foresight without borrowing: in every year in which allowances are
left over it grows at the discount rate (Hotelling), and P[t] is the lowest price on whose growth
the bank never runs dry before the last year of the table. It is found by halving, between
exp(-5) times the reference price and the backstop, at which removals meet any shortfall. When the
bank is empty the next price is found anew. It can then grow by less than the discount rate, or
fall, but never jump by more: allowances would have been kept for that year.

In a year whose price is known (the spot of the market) emissions are those at that price, or all
that is left of the allowances, and the price of the next year is found anew: what is learnt about
the rules moves it then.

Two rules are steps: release below the lower threshold and on the price trigger. Where a step
moves the bottom of the bank across zero there is no price at which it just empties, and that of
the halving leaves a few Mt.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from simcore.kernels.elementary import exp, log
from simcore.kernels.jit import inlined, kernel
from simcore.kernels.operations import DEMAND_COLUMNS, RULE_COLUMNS

WIDTH: Final = 64
"""Draws solved side by side."""
HALVINGS: Final = 42
LOWEST: Final = 5.0
"""ln(reference price / lowest price)."""
ALONE: Final = 1e-11
"""What is added to the log price of a year on its own, so that rounding does not drain it."""
TONNE: Final = 1e-6
"""A bank of less, Mt, is empty."""

# Places in the workspace, WIDTH numbers each: the search, what is known of each draw, its states,
# and the copy of the states that tries a price.
_LOW, _HIGH, _TRIED, _DRY, _PRICE = 0, 1, 2, 3, 4
_LEVEL, _GROWTH, _SLOPE, _RATE = 5, 6, 7, 8
_FACTOR, _BACKSTOP, _HIGHEST, _REFERENCE = 9, 10, 11, 12
_BANK, _BEFORE, _RESERVE, _PRICE_1, _PRICE_2, _PRICE_3, _LOG, _GROWN = (
    13, 14, 15, 16, 17, 18, 19, 20
)  # fmt: skip
_STATES: Final = 8
_SHIFT: Final = _STATES
_COPY: Final = _BANK + _SHIFT
_PLACES: Final = _COPY + _STATES

PRICE, BANK, RESERVE, EMISSIONS, INVALIDATED, REMOVED = 0, 1, 2, 3, 4, 5
"""Codes of the quantities that the operation writes."""


@inlined
def taken(bank, rate, upper):
    """Intake of a year that a bank sets, Mt."""
    return max(0.0, min(rate * bank, bank - upper))


@inlined
def supplied(bank, before, reserve, price, price_before, price_third, rules, entry):
    """Intake and release of a year, Mt, from banks, reserve and prices of the years before."""
    auctioned, rate, upper = rules[entry + 1], rules[entry + 2], rules[entry + 3]
    lower, release = rules[entry + 4], rules[entry + 5]
    trigger, price_release = rules[entry + 7], rules[entry + 8]
    third = 1.0 / 3.0
    intake = third * (2.0 * taken(before, rate, upper) + taken(bank, rate, upper))
    intake = min(auctioned, intake)
    short = (2.0 if before < lower else 0.0) + (1.0 if bank < lower else 0.0)
    dear = price > trigger * 0.5 * (price_before + price_third)
    released = third * short * release + (price_release if dear else 0.0)
    return intake, min(reserve, released)


@inlined
def emitted(baseline, slope, distance):
    """Emissions of a year, Mt; distance: ln(price / reference price)."""
    return max(0.0, baseline * (1.0 - slope * distance))


@kernel
def try_prices(s, rules, first, last, variant, variants):
    """Mark the draws whose bank runs dry on the growth of the price tried.

    Parameters
    ----------
    s : float64 (_PLACES * WIDTH,)
        Workspace; its marks and the copy of the states are written.
    rules : float64 (years * (DEMAND_COLUMNS + variants * RULE_COLUMNS),)
    first, last : int
        Lines of the rules: the year whose price is tried, and the one after the last.
    variant, variants : int
    """
    for j in range(_STATES * WIDTH):
        s[_COPY * WIDTH + j] = s[_BANK * WIDTH + j]
    for j in range(WIDTH):
        s[_DRY * WIDTH + j] = 0.0
        s[(_LOG + _SHIFT) * WIDTH + j] = s[_TRIED * WIDTH + j]
        s[_PRICE * WIDTH + j] = exp(s[_TRIED * WIDTH + j])
    length = DEMAND_COLUMNS + variants * RULE_COLUMNS
    for t in range(first, last):
        baseline, grows = rules[t * length], rules[t * length + 1]
        entry = t * length + DEMAND_COLUMNS + variant * RULE_COLUMNS
        cap = rules[entry]
        for j in range(WIDTH):
            bank, before = s[(_BANK + _SHIFT) * WIDTH + j], s[(_BEFORE + _SHIFT) * WIDTH + j]
            reserve = s[(_RESERVE + _SHIFT) * WIDTH + j]
            price_1 = s[(_PRICE_1 + _SHIFT) * WIDTH + j]
            price_2 = s[(_PRICE_2 + _SHIFT) * WIDTH + j]
            price_3 = s[(_PRICE_3 + _SHIFT) * WIDTH + j]
            intake, released = supplied(
                bank, before, reserve, price_1, price_2, price_3, rules, entry
            )
            ceiling = rules[entry + 6]
            log_price = s[(_LOG + _SHIFT) * WIDTH + j]
            price = s[_PRICE * WIDTH + j]
            backstop = s[_BACKSTOP * WIDTH + j]
            grown = s[(_GROWN + _SHIFT) * WIDTH + j] * (1.0 + grows * s[_GROWTH * WIDTH + j])
            capped = log_price >= backstop
            known = backstop if capped else log_price
            emissions = emitted(
                baseline * grown * s[_LEVEL * WIDTH + j],
                s[_SLOPE * WIDTH + j],
                known - s[_REFERENCE * WIDTH + j],
            )
            left = bank + cap - intake + released - emissions
            short = left < 0.0
            s[_DRY * WIDTH + j] = 1.0 if short and not capped else s[_DRY * WIDTH + j]
            s[(_BANK + _SHIFT) * WIDTH + j] = 0.0 if short and capped else left
            s[(_BEFORE + _SHIFT) * WIDTH + j] = bank
            s[(_RESERVE + _SHIFT) * WIDTH + j] = min(ceiling, reserve + intake - released)
            s[(_PRICE_1 + _SHIFT) * WIDTH + j] = min(price, s[_HIGHEST * WIDTH + j])
            s[(_PRICE_2 + _SHIFT) * WIDTH + j] = price_1
            s[(_PRICE_3 + _SHIFT) * WIDTH + j] = price_2
            s[(_LOG + _SHIFT) * WIDTH + j] = log_price + s[_RATE * WIDTH + j]
            s[_PRICE * WIDTH + j] = price * s[_FACTOR * WIDTH + j]
            s[(_GROWN + _SHIFT) * WIDTH + j] = grown


@kernel
def gather(s, rows, inputs, lanes, first, count):
    """Copy some draws into the workspace; what is left of it repeats the first of them."""
    for j in range(WIDTH):
        lane = lanes[first + (j if j < count else 0)]
        s[_LEVEL * WIDTH + j] = rows[inputs[1], lane]
        s[_GROWTH * WIDTH + j] = rows[inputs[2], lane]
        s[_SLOPE * WIDTH + j] = rows[inputs[3], lane]
        s[_FACTOR * WIDTH + j] = 1.0 + rows[inputs[4], lane]
        s[_HIGHEST * WIDTH + j] = rows[inputs[5], lane]
        s[_REFERENCE * WIDTH + j] = rows[inputs[6], lane]
        for place in range(_STATES):
            s[(_BANK + place) * WIDTH + j] = rows[inputs[7 + place], lane]
    for j in range(WIDTH):
        s[_RATE * WIDTH + j] = log(s[_FACTOR * WIDTH + j])
        s[_BACKSTOP * WIDTH + j] = log(s[_HIGHEST * WIDTH + j])
        s[_REFERENCE * WIDTH + j] = log(s[_REFERENCE * WIDTH + j])


@kernel
def alone(s, rules, demand, entry):
    """Write the log price at which a year's emissions use up all that there is; none below will do.

    Parameters
    ----------
    s : float64 (_PLACES * WIDTH,)
        Workspace; the price is to be tried.
    rules : float64 (years * (DEMAND_COLUMNS + variants * RULE_COLUMNS),)
    demand, entry : int
        Where the year's baseline and its rules begin.
    """
    baseline, grows = rules[demand], rules[demand + 1]
    for j in range(WIDTH):
        bank, before, reserve = (
            s[_BANK * WIDTH + j], s[_BEFORE * WIDTH + j], s[_RESERVE * WIDTH + j]
        )  # fmt: skip
        intake, released = supplied(
            bank, before, reserve, s[_PRICE_1 * WIDTH + j], s[_PRICE_2 * WIDTH + j],
            s[_PRICE_3 * WIDTH + j], rules, entry,
        )  # fmt: skip
        supply = bank + rules[entry] - intake + released
        grown = s[_GROWN * WIDTH + j] * (1.0 + grows * s[_GROWTH * WIDTH + j])
        full = baseline * grown * s[_LEVEL * WIDTH + j]
        reference = s[_REFERENCE * WIDTH + j]
        price = reference + (1.0 - supply / full) / s[_SLOPE * WIDTH + j] + ALONE
        s[_TRIED * WIDTH + j] = min(max(price, reference - LOWEST), s[_BACKSTOP * WIDTH + j])


@kernel
def halve(s, rules, first, last, variant, variants):
    """Write the lowest log price on which the bank never runs dry, as the upper end of a bracket.

    Parameters are those of `try_prices`.
    """
    for j in range(WIDTH):
        s[_LOW * WIDTH + j] = s[_REFERENCE * WIDTH + j] - LOWEST
        s[_HIGH * WIDTH + j] = s[_BACKSTOP * WIDTH + j]
    for _ in range(HALVINGS):
        for j in range(WIDTH):
            s[_TRIED * WIDTH + j] = 0.5 * (s[_LOW * WIDTH + j] + s[_HIGH * WIDTH + j])
        try_prices(s, rules, first, last, variant, variants)
        for j in range(WIDTH):
            dry, tried = s[_DRY * WIDTH + j] > 0.0, s[_TRIED * WIDTH + j]
            s[_LOW * WIDTH + j] = tried if dry else s[_LOW * WIDTH + j]
            s[_HIGH * WIDTH + j] = s[_HIGH * WIDTH + j] if dry else tried


@kernel
def find_prices(s, rows, inputs, lanes, count, rules, first, last, variant, variants):
    """Find this year's price of some draws, and write its log to their states.

    Parameters
    ----------
    s : float64 (_PLACES * WIDTH,)
        Workspace.
    rows, inputs
        As in `cap_and_bank_row`.
    lanes : int64 (256,)
        The draws, `count` of them; written.
    rules, first, last, variant, variants
        As in `try_prices`.
    """
    length = DEMAND_COLUMNS + variants * RULE_COLUMNS
    demand = first * length
    entry = demand + DEMAND_COLUMNS + variant * RULE_COLUMNS
    dry = 0
    for start in range(0, count, WIDTH):
        here = min(WIDTH, count - start)
        gather(s, rows, inputs, lanes, start, here)
        alone(s, rules, demand, entry)
        try_prices(s, rules, first, last, variant, variants)
        for j in range(here):
            lane = lanes[start + j]
            rows[inputs[13], lane] = s[_TRIED * WIDTH + j]
            if s[_DRY * WIDTH + j] > 0.0:
                lanes[dry] = lane
                dry += 1
    for start in range(0, dry, WIDTH):
        here = min(WIDTH, dry - start)
        gather(s, rows, inputs, lanes, start, here)
        halve(s, rules, first, last, variant, variants)
        for j in range(here):
            rows[inputs[13], lanes[start + j]] = s[_HIGH * WIDTH + j]


@inlined
def advance(rows, out, inputs, lane, rules, demand, entry, wanted):
    """Advance one draw by a year at its price, and write the quantity wanted."""
    bank, before, reserve = rows[inputs[7], lane], rows[inputs[8], lane], rows[inputs[9], lane]
    price_1, price_2 = rows[inputs[10], lane], rows[inputs[11], lane]
    log_price, highest = rows[inputs[13], lane], rows[inputs[5], lane]
    backstop, seen = log(highest), rules[demand + 2]
    known = seen > 0.0
    if known:
        log_price = log(seen)
    capped = log_price >= backstop and not known
    price = highest if capped else exp(log_price)
    intake, released = supplied(
        bank, before, reserve, price_1, price_2, rows[inputs[12], lane], rules, entry
    )
    grown = rows[inputs[14], lane] * (1.0 + rules[demand + 1] * rows[inputs[2], lane])
    emissions = emitted(
        rules[demand] * grown * rows[inputs[1], lane],
        rows[inputs[3], lane],
        (backstop if capped else log_price) - log(rows[inputs[6], lane]),
    )
    supply = bank + rules[entry] - intake + released
    if known:
        emissions = min(emissions, supply)
    left = supply - emissions
    removed = -left if capped and left < 0.0 else 0.0
    left += removed
    held = reserve + intake - released
    invalidated = max(0.0, held - rules[entry + 6])
    anew = left <= TONNE or capped or known
    rows[inputs[7], lane] = left
    rows[inputs[8], lane] = bank
    rows[inputs[9], lane] = held - invalidated
    rows[inputs[10], lane] = price
    rows[inputs[11], lane] = price_1
    rows[inputs[12], lane] = price_2
    rows[inputs[13], lane] = np.inf if anew else log_price + log(1.0 + rows[inputs[4], lane])
    rows[inputs[14], lane] = grown
    if wanted == BANK:
        rows[out, lane] = left
    elif wanted == RESERVE:
        rows[out, lane] = held - invalidated
    elif wanted == EMISSIONS:
        rows[out, lane] = emissions
    elif wanted == INVALIDATED:
        rows[out, lane] = invalidated
    elif wanted == REMOVED:
        rows[out, lane] = removed
    else:
        rows[out, lane] = price


@kernel
def cap_and_bank_row(rows, out, inputs, numbers, rules, year):
    """Advance an emissions trading system by a year and write one of its quantities.

    Parameters
    ----------
    rows : float64 (rows, 256)
    out : int
        Row of the quantity: EUR per t, or Mt.
    inputs : int64 (15,)
        Rows of the variant, of the level and growth of the baseline, of the slope of abatement, of
        the discount rate, of backstop and reference price, and of the eight states: banks of last
        year and the year before, reserve, prices of the last three years, log price to come
        (infinity: to be found), growth of the baseline so far.
    numbers : float64 (3,)
        Number of variants, first year of the rules, code of the quantity.
    rules : float64 (years * (DEMAND_COLUMNS + variants * RULE_COLUMNS),)
    year : int
    """
    variants, line, wanted = int(numbers[0]), year - int(numbers[1]), int(numbers[2])
    length = DEMAND_COLUMNS + variants * RULE_COLUMNS
    last = rules.shape[0] // length
    if line < 0:
        return
    demand = line * length
    s = np.empty(_PLACES * WIDTH)
    lanes = np.empty(rows.shape[1], np.int64)
    # A known price is not looked for.
    for variant in range(0 if rules[demand + 2] > 0.0 else variants):
        count = 0
        for lane in range(rows.shape[1]):
            if rows[inputs[0], lane] == variant and rows[inputs[13], lane] == np.inf:
                lanes[count] = lane
                count += 1
        if count > 0:
            find_prices(s, rows, inputs, lanes, count, rules, line, last, variant, variants)
    for lane in range(rows.shape[1]):
        entry = demand + DEMAND_COLUMNS + int(rows[inputs[0], lane]) * RULE_COLUMNS
        advance(rows, out, inputs, lane, rules, demand, entry, wanted)
