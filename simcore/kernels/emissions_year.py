"""A year of an emissions trading system in some draws: its formulas (MODEL 9) and its numbers.

The numbers of draws lie in a workspace by groups of WIDTH: those of one kind side by side, the
kinds one after the other at places known to the compiler, so that a loop takes several draws at
once. A group that is not full is gone through up to a multiple of TOGETHER.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from simcore.kernels.elementary import log
from simcore.kernels.jit import inlined, kernel
from simcore.kernels.operations import DEMAND, OPERATIONS, RULES

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

# Places of a draw's numbers: what it has (logarithms of 1 + discount rate, backstop and reference
# price last), then the states and what else is written, in the order of the operation.
LEVEL, GROWTH, SLOPE, FACTOR, HIGHEST, AT_ONCE, KEPT, HEDGE, RATE, BACKSTOP, REFERENCE = range(11)
BANK, BEFORE, RESERVE, PRICE_1, PRICE_2, PRICE_3, LOG, GROWN, ABATED = range(11, 20)
EMISSIONS, INVALIDATED, REMOVED = range(20, 23)
CARRIED: Final = EMISSIONS - BANK
"""States that are carried from year to year."""
SINCE: Final = BANK + ALL_STATES
"""Place of the first year in which the variant is known."""
PLACES: Final = SINCE + 1

WIDTH: Final = 32
"""Draws of a group."""
TOGETHER: Final = 4
"""Numbers that a processor takes at once, at least."""


# Of no negative index does the compiler look for the end of the table.
_1, _2, _3, _4, _5, _6, _7, _8, _9 = (np.uint64(column) for column in range(1, RULE_COLUMNS))


@inlined
def terms_of(rules, entry):
    """Rules of a year under a variant, in the order of `RULES`."""
    at = np.uint64(entry)
    return (
        rules[at], rules[at + _1], rules[at + _2], rules[at + _3], rules[at + _4], rules[at + _5],
        rules[at + _6], rules[at + _7], rules[at + _8], rules[at + _9],
    )  # fmt: skip


@inlined
def anyway(value):
    """The value, of which the compiler does not know that it is the one already there.

    It would write it under a mask, which processors without 512 bits do slowly.
    """
    return value + 0.0


@inlined
def taken(bank, rate, upper):
    """Intake of a year that a bank sets, Mt."""
    return max(0.0, min(rate * bank, bank - upper))


@inlined
def returned(bank, lower, steepness):
    """Share of the full release that a bank sets; steepness: 1 / band."""
    return min(1.0, max(0.0, lower - bank) * steepness)


@inlined
def is_dear(price, price_before, price_third, terms):
    """Whether last year's price asks for a release, by the two years before it."""
    return price > terms[7] * 0.5 * (price_before + price_third)


@inlined
def supplied(bank, before, reserve, dear, terms):
    """Intake and release of a year, Mt, from banks and reserve of the years before."""
    _, auctioned, rate, upper, lower, release, _, _, price_release, steepness = terms
    third = 1.0 / 3.0
    intake = third * (2.0 * taken(before, rate, upper) + taken(bank, rate, upper))
    intake = min(auctioned, intake)
    short = 2.0 * returned(before, lower, steepness) + returned(bank, lower, steepness)
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


@inlined
def rounded_up(count):
    """Places of a group to go through for so many draws."""
    return (count + TOGETHER - 1) // TOGETHER * TOGETHER


@inlined
def place_of(k):
    """Where the first number of a draw lies; WIDTH further the next."""
    return k // WIDTH * (PLACES * WIDTH) + k % WIDTH


@kernel
def gather(d, rows, inputs, lanes, width):
    """Copy what some draws have and their states.

    Parameters
    ----------
    d : float64 (PLACES * WIDTH,)
        Numbers of a group, written.
    rows, inputs
        As in `emissions_market.cap_and_bank_row`.
    lanes : int64 (WIDTH,)
        The draws.
    width : int
    """
    for j in range(width):
        lane = lanes[j]
        d[LEVEL * WIDTH + j] = rows[inputs[1], lane]
        d[GROWTH * WIDTH + j] = rows[inputs[2], lane]
        adjustment, at_once = rows[inputs[7], lane], rows[inputs[8], lane]
        d[SLOPE * WIDTH + j] = adjustment * (rows[inputs[3], lane] - at_once)
        d[FACTOR * WIDTH + j] = 1.0 + rows[inputs[4], lane]
        d[HIGHEST * WIDTH + j] = rows[inputs[5], lane]
        d[AT_ONCE * WIDTH + j] = at_once
        d[KEPT * WIDTH + j] = 1.0 - adjustment
        d[HEDGE * WIDTH + j] = rows[inputs[9], lane]
        d[REFERENCE * WIDTH + j] = rows[inputs[6], lane]
        d[SINCE * WIDTH + j] = rows[inputs[RESOLVED], lane]
        for place in range(CARRIED):
            d[(BANK + place) * WIDTH + j] = rows[inputs[STATES + place], lane]
    for j in range(width):
        d[RATE * WIDTH + j] = log(d[FACTOR * WIDTH + j])
        d[BACKSTOP * WIDTH + j] = log(d[HIGHEST * WIDTH + j])
        d[REFERENCE * WIDTH + j] = log(d[REFERENCE * WIDTH + j])
