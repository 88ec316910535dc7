"""The stages over blocks of 256 draws: factors, then year by year prices, costs and premiums.

The tape is in reading order, so one loop over it is the model. Each operation is a small
compiled loop over the draws of its rows; the formulas are the scalar functions of the modules
named after their subject.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simcore.kernels import (
    arithmetic,
    bridge,
    carbon,
    costs,
    emissions_market,
    finance,
    policy,
    premium,
    prices,
    processes,
)
from simcore.kernels.designs import fill_design
from simcore.kernels.jit import borrowed, inlined, kernel, part
from simcore.kernels.marginals import fill_marginal, uses_normal
from simcore.kernels.operations import BLOCK, RESPONSE_COLUMNS, SPOT_COLUMNS, Operation
from simcore.kernels.random import normal_of_uniform, uniform_of_normal
from simcore.kernels.sinks import KEEP, KEPT_AT, hand_out, sink, workspace

NORMAL, FACTOR, LINEAR = int(Operation.NORMAL), int(Operation.FACTOR), int(Operation.LINEAR)
PRODUCT, SUM, DIFFERENCE = int(Operation.PRODUCT), int(Operation.SUM), int(Operation.DIFFERENCE)
QUOTIENT, SCALED, SMALLER = int(Operation.QUOTIENT), int(Operation.SCALED), int(Operation.SMALLER)
CAPITAL_RECOVERY = int(Operation.CAPITAL_RECOVERY)
LOG_GROWTH, ACCUMULATED = int(Operation.LOG_GROWTH), int(Operation.ACCUMULATED)
DECAY, STEP_SPREAD = int(Operation.DECAY), int(Operation.STEP_SPREAD)
PATH, TIMELINE = int(Operation.PATH), int(Operation.TIMELINE)
CAP_AND_BANK, STEPS = int(Operation.CAP_AND_BANK), int(Operation.STEPS)
JUMP, REGIME = int(Operation.JUMP), int(Operation.REGIME)
CHOSEN, RESAMPLED = int(Operation.CHOSEN), int(Operation.RESAMPLED)
RESPONSE, AT_BOUND = int(Operation.RESPONSE), int(Operation.AT_BOUND)
WHERE, LABELLED = int(Operation.WHERE), int(Operation.LABELLED)
CARRIED = int(Operation.CARRIED)
LEARNING_EXPONENT, LEARNING = int(Operation.LEARNING_EXPONENT), int(Operation.LEARNING)
ELECTROLYSER, HYDROGEN = int(Operation.ELECTROLYSER), int(Operation.HYDROGEN)
LEVELISED = int(Operation.LEVELISED)
EXPOSURE, BORDER_EXPOSURE = int(Operation.EXPOSURE), int(Operation.BORDER_EXPOSURE)
SHUFFLED = int(Operation.SHUFFLED)
CBAM_EXPOSURE, PAID, CBAM = int(Operation.CBAM_EXPOSURE), int(Operation.PAID), int(Operation.CBAM)
NETTED, NETTED_WITH_CREDIT = int(Operation.NETTED), int(Operation.NETTED_WITH_CREDIT)
SEED, RATIO = int(Operation.SEED), int(Operation.RATIO)
BREAK_EVEN_HOME = int(Operation.BREAK_EVEN_HOME)
BREAK_EVEN_BORDER = int(Operation.BREAK_EVEN_BORDER)
NOT_POSITIVE, CROSSOVER = int(Operation.NOT_POSITIVE), int(Operation.CROSSOVER)
CHEAPEST = int(Operation.CHEAPEST)


class Tape(NamedTuple):
    """Operations in reading order; `*_at` hold where each one's share of the flat arrays begins."""

    code: np.ndarray
    out: np.ndarray
    inputs_at: np.ndarray
    inputs: np.ndarray
    numbers_at: np.ndarray
    numbers: np.ndarray
    table_at: np.ndarray
    table: np.ndarray
    keys: np.ndarray
    """Four words an operation: keys of its stream and of the stream's family."""
    dimensions: np.ndarray
    """Dimension of each operation's stream in its family."""
    design: tuple[int, int, int]
    """Code of the sampling design, draws of the run, replicates."""
    recalled_at: np.ndarray
    """Place among `recalled` of each operation; -1: none."""
    recalled: np.ndarray
    """Rows of earlier passes by place, year and draw; -1: not made yet."""


class Program(NamedTuple):
    """What the kernel runs: constants, tapes and the rows to hand out."""

    rows: int
    constant_rows: np.ndarray
    constants: np.ndarray
    state_rows: np.ndarray
    states: np.ndarray
    first_year: int
    years: int
    lead: int
    """Years before the horizon, in which only prices move."""
    price_operations: int
    """Operations at the head of the yearly tape that make the prices."""
    static: Tape
    yearly: Tape
    emit_at: np.ndarray
    """Where each year's rows to hand out begin; line 0 is the static stage."""
    emit_after: np.ndarray
    """Operation of the tape after which each is handed out, ascending in a year; -1: at once."""
    emit_rows: np.ndarray
    """The rows; the output row of each is its position here."""


@inlined
def design_row(tape, i, first_draw, step, u):
    """Uniform numbers of an operation's stream."""
    code, draws, replicates = tape.design
    fill_design(code, tape.keys[i], tape.dimensions[i], first_draw, step, draws, replicates, u)


@inlined
def factor_row(rows, out, inputs, numbers, pool, tape, i, first_draw, central):
    """numbers: kind, central value, then the parameters of the marginal; inputs: the factor's
    own standard normal when it is correlated with others."""
    if central:
        rows[out, :] = numbers[1]
        return
    u, z = rows[0], rows[1]
    normal = uses_normal(int(numbers[0]))
    if inputs.shape[0] == 0:
        design_row(tape, i, first_draw, np.int64(0), u)
        if normal:
            normal_of_uniform(u, z)
    else:
        row = inputs[0]
        for j in range(z.size):
            z[j] = rows[row, j]
        if not normal:
            uniform_of_normal(z, u)
    fill_marginal(int(numbers[0]), numbers[2:], pool, u, z, rows[out])


@part
def run_operation(tape, i, rows, line, year, first_draw, central):
    """Run operation i of a tape in one year (line of the tables)."""
    table, inputs, numbers = tape.table, tape.inputs, tape.numbers
    inputs_at, numbers_at, table_at = tape.inputs_at, tape.numbers_at, tape.table_at
    code, out = tape.code[i], tape.out[i]
    at, number, entry = inputs_at[i], numbers_at[i], table_at[i]
    # The tape ends with inputs to spare, so that reading six is safe.
    a, b, c, d = inputs[at], inputs[at + 1], inputs[at + 2], inputs[at + 3]
    if code == PRODUCT:
        arithmetic.product_row(rows, out, a, b)
    elif code == SUM:
        arithmetic.sum_row(rows, out, a, b)
    elif code == DIFFERENCE:
        arithmetic.difference_row(rows, out, a, b)
    elif code == QUOTIENT:
        arithmetic.quotient_row(rows, out, a, b)
    elif code == SCALED:
        arithmetic.scaled_row(rows, out, a, numbers[number])
    elif code == SMALLER:
        arithmetic.smaller_row(rows, out, a, b)
    elif code == CARRIED:
        arithmetic.scaled_row(rows, out, a, 1.0)
    elif code == NORMAL:
        if central:
            rows[out, :] = 0.0
        elif inputs_at[i + 1] > at:
            sums = inputs[at : inputs_at[i + 1]]
            bridge.bridged_row(rows, out, sums, table[entry:], line, tape, i, first_draw)
        else:
            # Through another row: in place, the loop would not be made of vectors.
            each = int(numbers[number]) if numbers_at[i + 1] > number else 0
            step = year * each + int(numbers[number + 1]) if each > 0 else year
            design_row(tape, i, first_draw, step, rows[0])
            normal_of_uniform(rows[0], rows[out])
    elif code == CAPITAL_RECOVERY:
        finance.capital_recovery_row(rows, out, a, b, numbers[number])
    elif code == LOG_GROWTH:
        finance.log_growth_row(rows, out, a)
    elif code == ACCUMULATED:
        entry += 3 * line
        log_rate = b if inputs_at[i + 1] - at > 1 else -1
        begin, end = int(table[entry + 1]), int(table[entry + 2])
        finance.accumulate(rows, out, a, log_rate, table[entry], begin, end)
    elif code == DECAY:
        prices.decay_row(rows, out, a)
    elif code == STEP_SPREAD:
        prices.step_spread_row(rows, out, a, b)
    elif code == LEARNING_EXPONENT:
        costs.learning_exponent_row(rows, out, a)
    elif code == LEARNING:
        entry += 3 * line
        costs.learning_row(rows, out, a, b, c, table[entry : entry + 3])
    elif code == HYDROGEN:
        costs.hydrogen_row(rows, out, a, b, c, d, inputs[at + 4])
    elif code == EXPOSURE:
        carbon.exposure_row(rows, out, a, b, c, d)
    elif code == BORDER_EXPOSURE:
        carbon.border_exposure_row(rows, out, a, b, c, d, inputs[at + 4])
    elif code == SHUFFLED:
        carbon.shuffled_row(rows, out, a, numbers[number], numbers[number + 1])
    elif code == CBAM_EXPOSURE:
        carbon.cbam_exposure_row(rows, out, a, b, c)
    elif code == PAID:
        carbon.paid_row(rows, out, a, b)
    elif code == CBAM:
        carbon.cbam_row(rows, out, a, b, c, d)
    elif code == NETTED:
        premium.netted_row(rows, out, a, b, c)
    elif code == NETTED_WITH_CREDIT:
        premium.netted_with_credit_row(rows, out, a, b, c, d, inputs[at + 4])
    elif code == SEED:
        premium.seed_row(rows, out, a, b, c, d)
    elif code == RATIO:
        premium.ratio_row(rows, out, a, b)
    elif code == BREAK_EVEN_HOME:
        premium.break_even_home_row(rows, out, a, b, c)
    elif code == BREAK_EVEN_BORDER:
        paid = inputs[at + 5]
        premium.break_even_border_row(rows, out, a, b, c, d, inputs[at + 4], paid)
    elif code == NOT_POSITIVE:
        premium.not_positive_row(rows, out, a)
    elif code == WHERE:
        prices.where_row(rows, out, a, b, numbers[number])
    elif code == LABELLED:
        prices.labelled_row(rows, out, a, b)
    elif code == RESPONSE:
        entry += RESPONSE_COLUMNS * line
        of_year = table[entry : entry + RESPONSE_COLUMNS]
        backstop = inputs[at + 5]
        prices.response_row(rows, out, a, b, c, d, inputs[at + 4], backstop, of_year)
    elif code == AT_BOUND:
        entry += RESPONSE_COLUMNS * line
        prices.at_bound_row(rows, out, a, b, table[entry : entry + RESPONSE_COLUMNS])
    elif code == CROSSOVER:
        if year >= numbers[number]:
            premium.crossover_row(rows, out, a, float(year))
    else:
        x, n = inputs[at : inputs_at[i + 1]], numbers[number : numbers_at[i + 1]]
        pool = table[entry : table_at[i + 1]]
        if code == LINEAR:
            arithmetic.linear_row(rows, out, x, n)
        elif code == LEVELISED:
            costs.levelised_row(rows, out, x, n)
        elif code == ELECTROLYSER:
            costs.electrolyser_row(rows, out, x, n)
        elif code == CHEAPEST:
            premium.cheapest_row(rows, out, x, n, year)
        elif code == FACTOR:
            factor_row(rows, out, x, n, pool, tape, i, first_draw, central)
        elif code in (PATH, STEPS):
            entry += SPOT_COLUMNS * line
            of_year = table[entry : entry + SPOT_COLUMNS]
            if code == PATH:
                prices.path_row(rows, out, x, n, of_year, float(year), central)
            else:
                processes.steps_row(rows, out, x, n, of_year, float(year), central)
        elif code == CHOSEN:
            processes.chosen_row(rows, out, x)
        elif code == JUMP:
            design_row(tape, i, first_draw, year * int(n[0]) + int(n[1]), rows[0])
            processes.jump_row(rows, out, 0, x, n, central)
        elif code == REGIME:
            design_row(tape, i, first_draw, year, rows[0])
            processes.regime_row(rows, out, 0, a, n, year, central)
        elif code == RESAMPLED:
            design_row(tape, i, first_draw, year, rows[0])
            processes.resampled_row(rows, out, 0, a, n, pool, year, central)
        elif code == CAP_AND_BANK:
            kept = np.int64(-1) if central else tape.recalled_at[i]
            if kept < 0 or tape.recalled[kept, line, first_draw] == -1.0:
                emissions_market.cap_and_bank_row(rows, out, x, n, pool, year)
                if kept >= 0:
                    for j in range(BLOCK):
                        tape.recalled[kept, line, first_draw + j] = rows[out, j]
            else:
                for j in range(BLOCK):
                    rows[out, j] = tape.recalled[kept, line, first_draw + j]
        elif code == TIMELINE:
            entry += n.shape[0] * line
            policy.timeline_row(rows, out, x, n, table[entry : entry + n.shape[0]])


@part
def run_tape(tape, last, rows, line, year, first_draw, central, program, emit_line, target):
    """Run the first `last` operations of a tape in one year (line of the tables).

    Rows asked for are handed out as soon as they are made, while they are at hand; a later
    operation may write over them. No rows are handed out where emit_line < 0.
    """
    handed, ready = 0, 0
    if emit_line >= 0:
        handed, ready = program.emit_at[emit_line], program.emit_at[emit_line + 1]
    # Some rows are there before the first operation.
    for i in range(-1, last):
        if i >= 0:
            run_operation(tape, i, rows, line, year, first_draw, central)
        while handed < ready and program.emit_after[handed] <= i:
            hand_out(rows, program.emit_rows[handed], handed, target)
            handed += 1


@kernel
def run_blocks(program, first_draw, draws, every, column, central, rows, target):
    """Simulate draws, block by block, and hand every row asked for to a sink.

    Parameters
    ----------
    program : Program
    first_draw : int
        A multiple of 256.
    draws : int
        At least 1; what is left of the last block is not handed out.
    every : int
        1 for all blocks of these draws, k for the first and each k-th after it.
    column : int
        Column of the kept rows for the first draw.
    central : bool
        Every factor at its central value and no noise, instead of random numbers.
    rows : float64 (program.rows, 256)
        Workspace, written.
    target : Sink
    """
    program, rows, target = borrowed(program), borrowed(rows), borrowed(target)
    # A row that is read before it is written shows: it is undefined.
    rows[:, :] = np.nan
    for i in range(program.constant_rows.shape[0]):
        rows[program.constant_rows[i], :] = program.constants[i]
    for start in range(0, draws, BLOCK * every):
        draw = first_draw + start
        target.here[0], target.here[1] = column + start, min(BLOCK, draws - start)
        for i in range(program.state_rows.shape[0]):
            rows[program.state_rows[i], :] = program.states[i]
        # The static stage comes before the years. One call for both, as a second one would be
        # compiled anew.
        for stage in range(program.years + 1):
            line, year = max(stage - 1, 0), program.first_year + stage - 1
            tape, last, emitted = program.yearly, program.yearly.code.shape[0], stage
            if stage == 0:
                tape, last, year = program.static, program.static.code.shape[0], 0
            elif line < program.lead:
                last, emitted = program.price_operations, -1
            run_tape(tape, last, rows, line, year, draw, central, program, emitted, target)


def simulate(program, outputs, first_draw, draws, central, out):
    """Simulate draws and keep every row asked for.

    Parameters
    ----------
    program : Program
    outputs : int64 (asked rows,)
        Output row of each row asked for, -1 where undefined; see `simcore.running.program.cut`.
    first_draw : int
        A multiple of 256.
    draws : int
        At least 1.
    central : bool
        Every factor at its central value and no noise, instead of random numbers.
    out : float64 (asked rows, draws)
        Written; NaN where a row is not defined.
    """
    out[:] = np.nan
    asked = np.empty(program.emit_rows.size, np.int64)
    asked[outputs[outputs >= 0]] = np.flatnonzero(outputs >= 0)
    rows = workspace(program.rows, BLOCK)
    target = sink(KEEP, asked.size, kept64=out)
    target.places[:, KEPT_AT] = asked
    run_blocks(program, first_draw, draws, 1, 0, central, rows, target)
