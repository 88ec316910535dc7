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

from simcore.kernels import emissions_search
from simcore.kernels.draws import draw_of
from simcore.kernels.elementary import exp, log
from simcore.kernels.emissions_search import find_prices
from simcore.kernels.emissions_year import (
    ABATED,
    ACTIVE,
    ALL_STATES,
    AT_ONCE,
    BACKSTOP,
    BANK,
    BEFORE,
    COMING,
    DEMAND_COLUMNS,
    EMISSIONS,
    GROWN,
    GROWTH,
    HEDGE,
    HIGHEST,
    INVALIDATED,
    KEPT,
    LEVEL,
    LOG,
    PLACES,
    PRICE_1,
    PRICE_2,
    PRICE_3,
    RATE,
    REFERENCE,
    REMOVED,
    RESERVE,
    RESOLVED,
    RULE_COLUMNS,
    SINCE,
    SLOPE,
    STATES,
    VARIANT,
    WIDTH,
    adjusted,
    emitted,
    gather,
    is_dear,
    place_of,
    rounded_up,
    supplied,
    terms_of,
)
from simcore.kernels.jit import inlined, kernel

TONNE: Final = 1e-6
"""A bank that exceeds the hedge by less, Mt, is at it."""
_SPACE: Final = emissions_search.PLACES * WIDTH


@kernel
def advance(d, width, baseline, grows, seen, terms, year, anew):
    """Advance draws under the same rules by a year, at the price to come or the one seen.

    Parameters
    ----------
    d : float64 (PLACES * WIDTH,)
        Numbers of the group; the states are written, and what else is.
    width : int
    baseline, grows, seen : float
        Demand of the year, as in `operations.DEMAND`.
    terms : tuple of float
        Rules of the year.
    year : int
    anew : bool
        Whether no price is carried on.
    """
    issued, ceiling = terms[0], terms[6]
    known = seen > 0.0
    log_seen = log(seen)
    for j in range(width):
        bank, before, reserve = d[BANK * WIDTH + j], d[BEFORE * WIDTH + j], d[RESERVE * WIDTH + j]
        price_1, price_2 = d[PRICE_1 * WIDTH + j], d[PRICE_2 * WIDTH + j]
        highest, backstop = d[HIGHEST * WIDTH + j], d[BACKSTOP * WIDTH + j]
        log_price = log_seen if known else d[LOG * WIDTH + j]
        resolved = d[SINCE * WIDTH + j]
        open_ = year < resolved
        capped = (log_price >= backstop) & (not known)
        price = exp(log_price)
        price = highest if capped else price
        dear = is_dear(price_1, price_2, d[PRICE_3 * WIDTH + j], terms)
        intake, released = supplied(bank, before, reserve, dear, terms)
        grown = d[GROWN * WIDTH + j] * (1.0 + grows * d[GROWTH * WIDTH + j])
        distance = (backstop if capped else log_price) - d[REFERENCE * WIDTH + j]
        abated = adjusted(
            d[ABATED * WIDTH + j], d[KEPT * WIDTH + j], d[SLOPE * WIDTH + j], distance
        )
        emissions = emitted(
            baseline * grown * d[LEVEL * WIDTH + j], d[AT_ONCE * WIDTH + j], distance, abated
        )
        supply = bank + issued - intake + released
        limited = known | (open_ & (not capped))
        emissions = min(emissions, supply if limited else np.inf)
        left, needed = supply - emissions, d[HEDGE * WIDTH + j] * emissions
        lacking = max(0.0, needed - left)
        removed = lacking if capped else 0.0
        left += removed
        held = reserve + intake - released
        invalidated = max(0.0, held - ceiling)
        ends = (left - needed <= TONNE) | capped | known | (open_ & (year + 1 >= resolved)) | anew
        d[BANK * WIDTH + j] = left
        d[BEFORE * WIDTH + j] = bank
        d[RESERVE * WIDTH + j] = held - invalidated
        d[PRICE_1 * WIDTH + j] = price
        d[PRICE_2 * WIDTH + j] = price_1
        d[PRICE_3 * WIDTH + j] = price_2
        d[LOG * WIDTH + j] = np.inf if ends else log_price + d[RATE * WIDTH + j]
        d[GROWN * WIDTH + j] = grown
        d[ABATED * WIDTH + j] = abated
        d[EMISSIONS * WIDTH + j] = emissions
        d[INVALIDATED * WIDTH + j] = invalidated
        d[REMOVED * WIDTH + j] = removed


@inlined
def listed(rows, inputs, variant, in_force, year, lanes, start):
    """List the draws that are wanted and to which a variant applies; return where they end."""
    active, resolved, own = inputs[ACTIVE], inputs[RESOLVED], inputs[VARIANT]
    end = start
    for lane in range(rows.shape[1]):
        chosen = in_force if year < rows[resolved, lane] else rows[own, lane]
        lanes[end] = lane
        end += 1 if (chosen == variant) & (rows[active, lane] != 0.0) else 0
    return end


@inlined
def gathered(rows, inputs, lanes, start, end, d):
    """Gather the draws listed, the last group filled up; return where the next group begins."""
    for first in range(start, end, WIDTH):
        width = rounded_up(min(WIDTH, end - first))
        for k in range(end, first + width):
            lanes[k] = lanes[first]
        gather(d[place_of(first) :], rows, inputs, lanes[first:], width)
    return (end + WIDTH - 1) // WIDTH * WIDTH


@inlined
def undefine(rows, out, inputs):
    """Write that draws that are not wanted have no price and no states, which stay so."""
    for lane in range(rows.shape[1]):
        if rows[inputs[ACTIVE], lane] == 0.0:
            rows[out, lane] = np.nan
            if not np.isnan(rows[inputs[COMING], lane]):
                for place in range(ALL_STATES):
                    rows[inputs[STATES + place], lane] = np.nan


@inlined
def is_searched(d, k, year, is_open):
    """Whether the price of a draw is to be found, in the round for open or for known rules."""
    at = place_of(k)
    return (d[at + LOG * WIDTH] == np.inf) & ((year < d[at + SINCE * WIDTH]) == is_open)


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
    # Those of each variant begin a group, and the last of them is filled up.
    room = (rows.shape[1] // WIDTH + 1 + variants) * WIDTH
    lanes, some = np.empty(room, np.int64), np.empty(room, np.int64)
    found, mean = np.empty(room), np.zeros(room)
    s, d = np.empty(_SPACE), np.empty(room * PLACES)
    starts, ends = np.empty(variants, np.int64), np.empty(variants, np.int64)
    start = 0
    for variant in range(variants):
        starts[variant] = start
        ends[variant] = listed(rows, inputs, variant, in_force, year, lanes, start)
        start = gathered(rows, inputs, lanes, start, ends[variant], d)
    # A known price is not looked for. First the draws whose rules are known, then the others, which
    # have those in force and read the same states under every variant.
    for round_ in range(0 if rules[demand + 2] > 0.0 else 2):
        is_open = round_ == 1
        for variant in range(variants):
            odds, searched = numbers[4 + variant], 0
            if is_open and odds == 0.0:
                continue
            own = in_force if is_open else variant
            for k in range(starts[own], ends[own]):
                some[searched] = k
                searched += 1 if is_searched(d, k, year, is_open) else 0
            if searched == 0:
                continue
            find_prices(s, d, some, searched, rules, line, last, variant, variants, found)
            for k in range(starts[own], ends[own]):
                if is_searched(d, k, year, is_open):
                    if is_open:
                        mean[k] += odds * exp(found[k])
                    else:
                        d[place_of(k) + LOG * WIDTH] = found[k]
    for variant in range(variants):
        terms = terms_of(rules, demand + DEMAND_COLUMNS + variant * RULE_COLUMNS)
        for first in range(starts[variant], ends[variant], WIDTH):
            group, here = d[place_of(first) :], min(WIDTH, ends[variant] - first)
            for j in range(here):
                if mean[first + j] > 0.0:
                    group[LOG * WIDTH + j] = log(mean[first + j])
            advance(
                group, rounded_up(here), rules[demand], rules[demand + 1], rules[demand + 2],
                terms, year, ahead > 0,
            )  # fmt: skip
            for j in range(here):
                lane = lanes[first + j]
                rows[out, lane] = group[PRICE_1 * WIDTH + j]
                for place in range(ALL_STATES):
                    rows[inputs[STATES + place], lane] = group[(BANK + place) * WIDTH + j]
    undefine(rows, out, inputs)


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
