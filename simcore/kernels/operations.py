"""The operations of the model's tape: one code each, shared by the plan and the kernels.

An operation reads rows of 256 draws and writes one row. Its inputs are row numbers, its numbers
are constants, its table holds one line per simulated year. This module imports nothing, so that
a plan can be built without the compiler.
"""

from __future__ import annotations

from enum import IntEnum

BLOCK = 256
"""Draws in one block; part of the address of a random number, so never changed."""


class Operation(IntEnum):
    """Codes of the tape, grouped by the module whose formula they apply."""

    NOTHING = -1
    # random numbers
    NORMAL = 0
    FACTOR = 1
    LINEAR = 2
    # arithmetic
    PRODUCT = 10
    SUM = 11
    DIFFERENCE = 12
    QUOTIENT = 13
    SCALED = 14
    SMALLER = 15
    # finance
    CAPITAL_RECOVERY = 20
    LOG_GROWTH = 21
    ACCUMULATED = 22
    # prices
    DECAY = 30
    STEP_SPREAD = 31
    PATH = 32
    CAP_AND_BANK = 33
    STEPS = 34
    JUMP = 35
    REGIME = 36
    CHOSEN = 37
    RESAMPLED = 38
    CARRIED = 39
    RESPONSE = 44
    AT_BOUND = 45
    WHERE = 46
    LABELLED = 47
    # policy
    TIMELINE = 40
    # costs
    LEARNING_EXPONENT = 50
    LEARNING = 51
    HYDROGEN = 52
    LEVELISED = 53
    ELECTROLYSER = 54
    # carbon
    EXPOSURE = 60
    BORDER_EXPOSURE = 61
    SHUFFLED = 63
    CBAM_EXPOSURE = 64
    PAID = 65
    CBAM = 66
    # premium
    NETTED = 70
    NETTED_WITH_CREDIT = 71
    SEED = 72
    RATIO = 73
    BREAK_EVEN_HOME = 74
    BREAK_EVEN_BORDER = 75
    NOT_POSITIVE = 76
    CROSSOVER = 77
    CHEAPEST = 78


SPOT_COLUMNS = 7
"""Columns of a PATH table: log centre, s+, s-, centring term, floor, ceiling, years since spot."""

RESPONSE_COLUMNS = 4
"""Columns of a RESPONSE table: factors of the upper and the lower threshold, floor, ceiling."""

DEMAND_COLUMNS = 3
"""First columns of a CAP_AND_BANK line: baseline, whether it grows, known price or 0."""
RULE_COLUMNS = 10
"""Then, for each variant: allowances issued, auctioned, intake rate, upper and lower threshold,
release, ceiling of the reserve, price trigger, release upon it, 1 / band of the release."""
