"""The market of an emissions trading system with a cap, a bank and a stability reserve (MODEL 9).

Allowances are in million t CO2e (Mt) and prices in EUR of the base year per t. In year t

    d            = ln P[t] - ln reference
    abated[t]    = abated[t-1] + adjustment*((slope - immediate)*d - abated[t-1])
    emissions[t] = max(0, baseline[t]*(1 - immediate*d - abated[t]))
    f(B)         = max(0, min(rate*B, B - upper))          intake, as the bank B sets it
    g(B)         = release*min(1, max(0, lower - B)/band)  release, as the bank B sets it
    intake[t]    = min(auctioned[t], (2 f(B[t-2]) + f(B[t-1]))/3)
    released[t]  = min(reserve[t-1], (2 g(B[t-2]) + g(B[t-1]))/3
                       + price_release*(P[t-1] > trigger*(P[t-2] + P[t-3])/2))
    bank[t]      = bank[t-1] + issued[t] - intake[t] + released[t] - emissions[t] + removed[t]
    reserve[t]   = reserve[t-1] + intake[t] - released[t] - invalidated[t]
    invalidated[t] = max(0, reserve[t-1] + intake[t] - released[t] - ceiling)

A part of abatement answers the price at once, the rest a share of the way in a year. The number of
allowances published in May of a year sets the auctions from its September to the next August:
hence two thirds of the year before last and one third of last year. The two branches of f meet
where the law puts its second threshold (1,096 Mt at 24 %). A band of zero makes the release a step.

The price is that of foresight without borrowing: in every year in which the bank is more than the
hedge, a share of emissions, it grows at the discount rate (Hotelling), and P[t] is the lowest price
on whose growth the bank never falls below the hedge, before the last year of the table or of the
horizon. It is found by halving, between exp(-5) times the reference price and the backstop, at
which removals meet any shortfall. When the bank is at the hedge the next price is found anew. It
can then grow by less than the discount rate, or fall, but never jump by more: allowances would have
been kept for that year. With a horizon it is found anew in every year.

Before the year of resolution nobody knows the variant of the rules. The rules in force apply, and
the price is the mean, weighted by the odds, of those that would clear the market if each variant
were certain from now on. It grows at the discount rate until the year of resolution, whose price
is found anew under the variant of the draw, from the bank that is then held.

In a year whose price is known (the spot of the market) emissions are those at that price, or all
that is left of the allowances, and the price of the next year is found anew: what is learnt about
the rules moves it then.

A step in the release or the price trigger may move the bottom of the bank across the hedge. There
is then no price at which it just reaches it, and that of the halving leaves a few Mt.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from simcore.kernels.draws import draw_of
from simcore.kernels.elementary import exp, log
from simcore.kernels.jit import inlined, kernel
from simcore.kernels.operations import DEMAND, OPERATIONS, RULES

WIDTH: Final = 32
"""Draws solved side by side."""
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
TONNE: Final = 1e-6
"""A bank that exceeds the hedge by less, Mt, is at it."""

# Places in the workspace, WIDTH numbers each: the search, what is known of each draw, its states,
# and the copy of the states that tries a price.
_LOW, _HIGH, _TRIED, _SLACK, _PRICE, _LOW_SLACK, _HIGH_SLACK = 0, 1, 2, 3, 4, 5, 6
_LEVEL, _GROWTH, _SLOPE, _RATE, _FACTOR, _BACKSTOP, _HIGHEST = 7, 8, 9, 10, 11, 12, 13
_REFERENCE, _AT_ONCE, _KEPT, _HEDGE = 14, 15, 16, 17
_BANK, _BEFORE, _RESERVE, _PRICE_1, _PRICE_2, _PRICE_3, _LOG, _GROWN, _ABATED = (
    18, 19, 20, 21, 22, 23, 24, 25, 26
)  # fmt: skip
_STATES: Final = 9
_SHIFT: Final = _STATES
_COPY: Final = _BANK + _SHIFT
_PLACES: Final = _COPY + _STATES

_OPERATION: Final = OPERATIONS["CAP_AND_BANK"]
DEMAND_COLUMNS, RULE_COLUMNS = len(DEMAND), len(RULES)
# Inputs of the operation: what a draw has, then the states and what else is written.
VARIANT, RESOLVED, ACTIVE = (
    _OPERATION.inputs.index(name) for name in ("variant", "resolved", "active")
)
STATES: Final = len(_OPERATION.inputs)
ALL_STATES: Final = len(_OPERATION.carried)
COMING: Final = STATES + _OPERATION.carried.index("log_price")
"""The state that holds the log price to come."""


@inlined
def taken(bank, rate, upper):
    """Intake of a year that a bank sets, Mt."""
    return max(0.0, min(rate * bank, bank - upper))


@inlined
def returned(bank, lower, steepness):
    """Share of the full release that a bank sets; steepness: 1 / band."""
    return min(1.0, max(0.0, lower - bank) * steepness)


@inlined
def supplied(bank, before, reserve, price, price_before, price_third, rules, entry):
    """Intake and release of a year, Mt, from banks, reserve and prices of the years before."""
    auctioned, rate, upper = rules[entry + 1], rules[entry + 2], rules[entry + 3]
    lower, release = rules[entry + 4], rules[entry + 5]
    trigger, price_release, steepness = rules[entry + 7], rules[entry + 8], rules[entry + 9]
    third = 1.0 / 3.0
    intake = third * (2.0 * taken(before, rate, upper) + taken(bank, rate, upper))
    intake = min(auctioned, intake)
    short = 2.0 * returned(before, lower, steepness) + returned(bank, lower, steepness)
    dear = price > trigger * 0.5 * (price_before + price_third)
    released = third * short * release + (price_release if dear else 0.0)
    return intake, min(reserve, released)


@inlined
def adjusted(abated, kept, slope, distance):
    """Abatement that takes its time, a share of the baseline; kept: 1 - adjustment; slope: per
    year; distance: ln(price / reference price)."""
    return kept * abated + slope * distance


@inlined
def emitted(baseline, at_once, distance, abated):
    """Emissions of a year, Mt; distance: ln(price / reference price)."""
    return max(0.0, baseline * (1.0 - at_once * distance - abated))


@kernel
def try_prices(s, rules, first, last, variant, variants):
    """Write by how much the bank exceeds the hedge at worst on the growth of the price tried.

    All years are gone through in any case, so that what is written depends on no draw beside it.

    Parameters
    ----------
    s : float64 (_PLACES * WIDTH,)
        Workspace; its slack and the copy of the states are written.
    rules : float64 (years * (DEMAND_COLUMNS + variants * RULE_COLUMNS),)
    first, last : int
        Lines of the rules: the year whose price is tried, and the one after the last.
    variant, variants : int
    """
    for j in range(_STATES * WIDTH):
        s[_COPY * WIDTH + j] = s[_BANK * WIDTH + j]
    for j in range(WIDTH):
        s[_SLACK * WIDTH + j] = np.inf
        s[(_LOG + _SHIFT) * WIDTH + j] = s[_TRIED * WIDTH + j]
        s[_PRICE * WIDTH + j] = exp(s[_TRIED * WIDTH + j])
    length = DEMAND_COLUMNS + variants * RULE_COLUMNS
    for t in range(first, last):
        baseline, grows = rules[t * length], rules[t * length + 1]
        entry = t * length + DEMAND_COLUMNS + variant * RULE_COLUMNS
        issued = rules[entry]
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
            distance = (backstop if capped else log_price) - s[_REFERENCE * WIDTH + j]
            abated = adjusted(
                s[(_ABATED + _SHIFT) * WIDTH + j], s[_KEPT * WIDTH + j], s[_SLOPE * WIDTH + j],
                distance,
            )  # fmt: skip
            emissions = emitted(
                baseline * grown * s[_LEVEL * WIDTH + j], s[_AT_ONCE * WIDTH + j], distance, abated
            )
            left = bank + issued - intake + released - emissions
            needed = s[_HEDGE * WIDTH + j] * emissions
            slack = s[_SLACK * WIDTH + j]
            s[_SLACK * WIDTH + j] = slack if capped else min(slack, left - needed)
            s[(_BANK + _SHIFT) * WIDTH + j] = max(left, needed) if capped else left
            s[(_BEFORE + _SHIFT) * WIDTH + j] = bank
            s[(_RESERVE + _SHIFT) * WIDTH + j] = min(ceiling, reserve + intake - released)
            s[(_PRICE_1 + _SHIFT) * WIDTH + j] = min(price, s[_HIGHEST * WIDTH + j])
            s[(_PRICE_2 + _SHIFT) * WIDTH + j] = price_1
            s[(_PRICE_3 + _SHIFT) * WIDTH + j] = price_2
            s[(_LOG + _SHIFT) * WIDTH + j] = log_price + s[_RATE * WIDTH + j]
            s[_PRICE * WIDTH + j] = price * s[_FACTOR * WIDTH + j]
            s[(_GROWN + _SHIFT) * WIDTH + j] = grown
            s[(_ABATED + _SHIFT) * WIDTH + j] = abated


@kernel
def gather(s, rows, inputs, lanes, first, count):
    """Copy some draws into the workspace; what is left of it repeats the first of them."""
    for j in range(WIDTH):
        lane = lanes[first + (j if j < count else 0)]
        s[_LEVEL * WIDTH + j] = rows[inputs[1], lane]
        s[_GROWTH * WIDTH + j] = rows[inputs[2], lane]
        s[_FACTOR * WIDTH + j] = 1.0 + rows[inputs[4], lane]
        s[_HIGHEST * WIDTH + j] = rows[inputs[5], lane]
        s[_REFERENCE * WIDTH + j] = rows[inputs[6], lane]
        adjustment, at_once = rows[inputs[7], lane], rows[inputs[8], lane]
        s[_KEPT * WIDTH + j] = 1.0 - adjustment
        s[_SLOPE * WIDTH + j] = adjustment * (rows[inputs[3], lane] - at_once)
        s[_AT_ONCE * WIDTH + j] = at_once
        s[_HEDGE * WIDTH + j] = rows[inputs[9], lane]
        for place in range(_STATES):
            s[(_BANK + place) * WIDTH + j] = rows[inputs[STATES + place], lane]
    for j in range(WIDTH):
        s[_RATE * WIDTH + j] = log(s[_FACTOR * WIDTH + j])
        s[_BACKSTOP * WIDTH + j] = log(s[_HIGHEST * WIDTH + j])
        s[_REFERENCE * WIDTH + j] = log(s[_REFERENCE * WIDTH + j])


@kernel
def alone(s, rules, demand, entry):
    """Write the log price at which a year leaves only the hedge; none below will do.

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
        full = baseline * grown * s[_LEVEL * WIDTH + j] * (1.0 + s[_HEDGE * WIDTH + j])
        reference = s[_REFERENCE * WIDTH + j]
        inherited = s[_KEPT * WIDTH + j] * s[_ABATED * WIDTH + j]
        slope = s[_AT_ONCE * WIDTH + j] + s[_SLOPE * WIDTH + j]
        price = reference + (1.0 - inherited - supply / full) / slope + ALONE
        s[_TRIED * WIDTH + j] = min(max(price, reference - LOWEST), s[_BACKSTOP * WIDTH + j])


@inlined
def sharpen(s):
    """Replace one end of each bracket by the price tried.

    Narrow ones stay as they are, so that no draw depends on those beside it.
    """
    for j in range(WIDTH):
        low, high = s[_LOW * WIDTH + j], s[_HIGH * WIDTH + j]
        tried, slack = s[_TRIED * WIDTH + j], s[_SLACK * WIDTH + j]
        wide = high - low > NARROW
        below, above = wide and slack < 0.0, wide and slack >= 0.0
        s[_LOW * WIDTH + j] = tried if below else low
        s[_LOW_SLACK * WIDTH + j] = slack if below else s[_LOW_SLACK * WIDTH + j]
        s[_HIGH * WIDTH + j] = tried if above else high
        s[_HIGH_SLACK * WIDTH + j] = slack if above else s[_HIGH_SLACK * WIDTH + j]


@kernel
def halve(s, rules, first, last, variant, variants, times):
    """Halve brackets, at most so many times, until all are narrow.

    Parameters are those of `try_prices`.
    """
    for _ in range(times):
        widest = 0.0
        for j in range(WIDTH):
            s[_TRIED * WIDTH + j] = 0.5 * (s[_LOW * WIDTH + j] + s[_HIGH * WIDTH + j])
            widest = max(widest, s[_HIGH * WIDTH + j] - s[_LOW * WIDTH + j])
        if widest <= NARROW:
            break
        try_prices(s, rules, first, last, variant, variants)
        sharpen(s)


@kernel
def interpolate(s, rules, first, last, variant, variants):
    """Narrow brackets by the slack at their ends (Oliveira and Takahashi 2020, with kappa 2).

    The straight line between the ends meets zero at a price that is moved towards the middle by
    about the width squared, so that the root soon lies between two prices close together.
    Parameters are those of `try_prices`.
    """
    for _ in range(STEPS):
        widest = 0.0
        for j in range(WIDTH):
            low, high = s[_LOW * WIDTH + j], s[_HIGH * WIDTH + j]
            below, above = s[_LOW_SLACK * WIDTH + j], s[_HIGH_SLACK * WIDTH + j]
            width = high - low
            widest = max(widest, width)
            middle = low + 0.5 * width
            met = low + width * (below / (below - above))
            # An end that was not tried has no slack, and the line no sense.
            met = met if low <= met <= high and above < np.inf else middle
            moved = max(SHIFT * width * width, 0.4 * NARROW)
            nearer = min(middle, met + moved) if met < middle else max(middle, met - moved)
            s[_TRIED * WIDTH + j] = nearer
        if widest <= NARROW:
            break
        try_prices(s, rules, first, last, variant, variants)
        sharpen(s)


@kernel
def find_prices(
    s, rows, inputs, lanes, count, rules, first, last, variant, variants, ends, found
):  # fmt: skip
    """Find this year's price of some draws.

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
    ends : float64 (2, 256)
        Workspace.
    found : float64 (256,)
        Log prices by draw, written.
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
            found[lane] = s[_TRIED * WIDTH + j]
            if s[_SLACK * WIDTH + j] < 0.0:
                lanes[dry] = lane
                dry += 1
    wide = 0
    for start in range(0, dry, WIDTH):
        here = min(WIDTH, dry - start)
        gather(s, rows, inputs, lanes, start, here)
        for j in range(WIDTH):
            s[_LOW * WIDTH + j] = s[_REFERENCE * WIDTH + j] - LOWEST
            s[_HIGH * WIDTH + j] = s[_BACKSTOP * WIDTH + j]
            s[_LOW_SLACK * WIDTH + j], s[_HIGH_SLACK * WIDTH + j] = -np.inf, np.inf
        halve(s, rules, first, last, variant, variants, HALVINGS)
        interpolate(s, rules, first, last, variant, variants)
        for j in range(here):
            lane = lanes[start + j]
            found[lane] = s[_HIGH * WIDTH + j]
            if s[_HIGH * WIDTH + j] - s[_LOW * WIDTH + j] > NARROW:
                ends[0, wide], ends[1, wide] = s[_LOW * WIDTH + j], s[_HIGH * WIDTH + j]
                lanes[wide] = lane
                wide += 1
    for start in range(0, wide, WIDTH):
        here = min(WIDTH, wide - start)
        gather(s, rows, inputs, lanes, start, here)
        for j in range(WIDTH):
            place = start + (j if j < here else 0)
            s[_LOW * WIDTH + j], s[_HIGH * WIDTH + j] = ends[0, place], ends[1, place]
        halve(s, rules, first, last, variant, variants, MOST)
        for j in range(here):
            found[lanes[start + j]] = s[_HIGH * WIDTH + j]


@inlined
def advance(rows, out, inputs, lane, rules, demand, entry, year, anew):
    """Advance one draw by a year at its price, and write that; anew: none is carried on."""
    at = inputs[STATES:]
    bank, before, reserve = rows[at[0], lane], rows[at[1], lane], rows[at[2], lane]
    price_1, price_2 = rows[at[3], lane], rows[at[4], lane]
    log_price, highest = rows[at[6], lane], rows[inputs[5], lane]
    resolved = rows[inputs[RESOLVED], lane]
    backstop, seen = log(highest), rules[demand + 2]
    known, open_ = seen > 0.0, year < resolved
    if known:
        log_price = log(seen)
    capped = log_price >= backstop and not known
    price = highest if capped else exp(log_price)
    intake, released = supplied(
        bank, before, reserve, price_1, price_2, rows[at[5], lane], rules, entry
    )
    grown = rows[at[7], lane] * (1.0 + rules[demand + 1] * rows[inputs[2], lane])
    distance = (backstop if capped else log_price) - log(rows[inputs[6], lane])
    adjustment, at_once = rows[inputs[7], lane], rows[inputs[8], lane]
    abated = adjusted(
        rows[at[8], lane], 1.0 - adjustment, adjustment * (rows[inputs[3], lane] - at_once),
        distance,
    )  # fmt: skip
    emissions = emitted(rules[demand] * grown * rows[inputs[1], lane], at_once, distance, abated)
    supply = bank + rules[entry] - intake + released
    if known or (open_ and not capped):
        emissions = min(emissions, supply)
    left, needed = supply - emissions, rows[inputs[9], lane] * emissions
    removed = max(0.0, needed - left) if capped else 0.0
    left += removed
    held = reserve + intake - released
    invalidated = max(0.0, held - rules[entry + 6])
    ends = left - needed <= TONNE or capped or known or (open_ and year + 1 >= resolved)
    rows[at[0], lane] = left
    rows[at[1], lane] = bank
    rows[at[2], lane] = held - invalidated
    rows[at[3], lane] = price
    rows[at[4], lane] = price_1
    rows[at[5], lane] = price_2
    rows[at[6], lane] = np.inf if ends or anew else log_price + log(1.0 + rows[inputs[4], lane])
    rows[at[7], lane] = grown
    rows[at[8], lane] = abated
    rows[at[9], lane] = emissions
    rows[at[10], lane] = invalidated
    rows[at[11], lane] = removed
    rows[out, lane] = price


@kernel
def cap_and_bank_row(rows, out, inputs, numbers, rules, year):
    """Advance an emissions trading system by a year and write its price, EUR per t.

    Parameters
    ----------
    rows : float64 (rows, 256)
    out : int
    inputs : int64 (24,)
        Rows of the variant, of the level and growth of the baseline, of the slope of abatement, of
        the discount rate, of backstop and reference price, of the adjustment and the immediate
        slope of abatement, of the hedge, of the first year in which the variant is known, and of
        whether the draw is wanted (0: its rows are undefined). Then of the twelve states: banks of
        last year and the year before, reserve, prices of the last three years, log price to come
        (infinity: to be found), growth of the baseline so far, abatement that takes its time; and
        what others read: emissions, invalidated and removed of the year.
    numbers : float64 (4 + variants,)
        Number of variants, first year of the rules, years of foresight (0: all), position of the
        rules in force, odds of each variant.
    rules : float64 (years * (DEMAND_COLUMNS + variants * RULE_COLUMNS),)
    year : int
    """
    variants, line, ahead = int(numbers[0]), year - int(numbers[1]), int(numbers[2])
    in_force = int(numbers[3])
    length = DEMAND_COLUMNS + variants * RULE_COLUMNS
    last = rules.shape[0] // length
    if line < 0:
        return
    last = min(last, line + ahead) if ahead > 0 else last
    demand = line * length
    s = np.empty(_PLACES * WIDTH)
    lanes = np.empty(rows.shape[1], np.int64)
    ends = np.empty((2, rows.shape[1]))
    found = np.empty(rows.shape[1])
    mean = np.zeros(rows.shape[1])
    coming, resolved, active = inputs[COMING], inputs[RESOLVED], inputs[ACTIVE]
    # A known price is not looked for. First the draws whose rules are known, then the others, which
    # read the same states under every variant.
    for round_ in range(0 if rules[demand + 2] > 0.0 else 2):
        for variant in range(variants):
            odds, count = numbers[4 + variant], 0
            if round_ == 1 and odds == 0.0:
                continue
            for lane in range(rows.shape[1]):
                searched = rows[coming, lane] == np.inf and rows[active, lane] != 0.0
                if round_ == 0:
                    own = year >= rows[resolved, lane] and rows[inputs[VARIANT], lane] == variant
                else:
                    own = year < rows[resolved, lane]
                if searched and own:
                    lanes[count] = lane
                    count += 1
            if count == 0:
                continue
            find_prices(
                s, rows, inputs, lanes, count, rules, line, last, variant, variants, ends, found
            )
            for lane in range(rows.shape[1]):
                if rows[coming, lane] != np.inf or rows[active, lane] == 0.0:
                    continue
                if round_ == 1 and year < rows[resolved, lane]:
                    mean[lane] += odds * exp(found[lane])
                elif (
                    round_ == 0 and year >= rows[resolved, lane]
                    and rows[inputs[VARIANT], lane] == variant
                ):  # fmt: skip
                    rows[coming, lane] = found[lane]
    for lane in range(rows.shape[1]):
        if rows[active, lane] == 0.0:
            rows[out, lane] = np.nan
            for place in range(ALL_STATES):
                rows[inputs[STATES + place], lane] = np.nan
            continue
        if mean[lane] > 0.0:
            rows[coming, lane] = log(mean[lane])
        chosen = int(rows[inputs[VARIANT], lane])
        if year < rows[resolved, lane]:
            chosen = in_force
        entry = demand + DEMAND_COLUMNS + chosen * RULE_COLUMNS
        advance(rows, out, inputs, lane, rules, demand, entry, year, ahead > 0)


@inlined
def recalled_row(
    rows, out, inputs, numbers, rules, year, central, tape, i, at_line, first_draw, lanes
):  # fmt: skip
    """`cap_and_bank_row`, or the prices of an earlier pass where the tape recalls them.

    They are recalled where the last year of all its lanes is made: what a process that was killed
    has left half made lacks the bank of its last year.
    """
    kept = np.int64(-1) if central else tape.recalled_at[i]
    is_made = kept >= 0
    if is_made:
        last = tape.recalled.shape[1] - 1
        for j in range(rows.shape[1]):
            if tape.recalled[kept, last, draw_of(j, first_draw, lanes)] == -1.0:
                is_made = False
                break
    if not is_made:
        cap_and_bank_row(rows, out, inputs, numbers, rules, year)
        if kept >= 0:
            for j in range(rows.shape[1]):
                tape.recalled[kept, at_line, draw_of(j, first_draw, lanes)] = rows[out, j]
    else:
        for j in range(rows.shape[1]):
            rows[out, j] = tape.recalled[kept, at_line, draw_of(j, first_draw, lanes)]
