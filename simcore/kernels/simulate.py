"""The stages over blocks of 256 draws: factors, then year by year prices, costs and premiums.

The tape is in reading order, so one loop over it is the model. Each operation is a small
compiled loop over the draws of its rows; the formulas are the scalar functions of the modules
named after their subject.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simcore.kernels import carbon, costs, finance, policy, premium, prices
from simcore.kernels.designs import fill_design
from simcore.kernels.jit import kernel
from simcore.kernels.marginals import fill_marginal, uses_normal
from simcore.kernels.operations import BLOCK, SPOT_COLUMNS, Operation
from simcore.kernels.random import normal_of_uniform, uniform_of_normal

NORMAL, FACTOR, LINEAR = int(Operation.NORMAL), int(Operation.FACTOR), int(Operation.LINEAR)
PRODUCT, SUM, DIFFERENCE = int(Operation.PRODUCT), int(Operation.SUM), int(Operation.DIFFERENCE)
QUOTIENT, SCALED, SMALLER = int(Operation.QUOTIENT), int(Operation.SCALED), int(Operation.SMALLER)
CAPITAL_RECOVERY = int(Operation.CAPITAL_RECOVERY)
LOG_GROWTH, ACCUMULATED = int(Operation.LOG_GROWTH), int(Operation.ACCUMULATED)
DECAY, STEP_SPREAD = int(Operation.DECAY), int(Operation.STEP_SPREAD)
PATH, TIMELINE = int(Operation.PATH), int(Operation.TIMELINE)
LEARNING_EXPONENT, LEARNING = int(Operation.LEARNING_EXPONENT), int(Operation.LEARNING)
HYDROGEN, LEVELISED = int(Operation.HYDROGEN), int(Operation.LEVELISED)
EXPOSURE, BORDER_EXPOSURE = int(Operation.EXPOSURE), int(Operation.BORDER_EXPOSURE)
EMBEDDED, SHUFFLED = int(Operation.EMBEDDED), int(Operation.SHUFFLED)
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
    emit_rows: np.ndarray
    emit_out: np.ndarray


@kernel
def product_row(rows, out, a, b):
    for j in range(rows.shape[1]):
        rows[out, j] = rows[a, j] * rows[b, j]


@kernel
def sum_row(rows, out, a, b):
    for j in range(rows.shape[1]):
        rows[out, j] = rows[a, j] + rows[b, j]


@kernel
def difference_row(rows, out, a, b):
    for j in range(rows.shape[1]):
        rows[out, j] = rows[a, j] - rows[b, j]


@kernel
def quotient_row(rows, out, a, b):
    for j in range(rows.shape[1]):
        rows[out, j] = rows[a, j] / rows[b, j]


@kernel
def scaled_row(rows, out, a, scale):
    for j in range(rows.shape[1]):
        rows[out, j] = scale * rows[a, j]


@kernel
def smaller_row(rows, out, a, b):
    for j in range(rows.shape[1]):
        rows[out, j] = min(rows[a, j], rows[b, j])


@kernel
def linear_row(rows, out, inputs, weights):
    for j in range(rows.shape[1]):
        rows[out, j] = weights[0] * rows[inputs[0], j]
    for k in range(1, inputs.shape[0]):
        row, weight = inputs[k], weights[k]
        for j in range(rows.shape[1]):
            rows[out, j] += weight * rows[row, j]


@kernel
def design_row(tape, i, first_draw, step, u):
    """Uniform numbers of an operation's stream."""
    code, draws, replicates = tape.design
    fill_design(code, tape.keys[i], tape.dimensions[i], first_draw, step, draws, replicates, u)


@kernel
def factor_row(rows, out, inputs, numbers, pool, tape, i, first_draw, central):
    """numbers: kind, central value, then the parameters of the marginal; inputs: the factor's
    own standard normal when it is correlated with others."""
    if central:
        rows[out, :] = numbers[1]
        return
    u, z = rows[0], rows[1]
    normal = uses_normal(int(numbers[0]))
    if inputs.shape[0] == 0:
        design_row(tape, i, first_draw, 0, u)
        if normal:
            normal_of_uniform(u, z)
    else:
        z[:] = rows[inputs[0]]
        if not normal:
            uniform_of_normal(z, u)
    fill_marginal(int(numbers[0]), numbers[2:], pool, u, z, rows[out])


@kernel
def run_tape(tape, first, last, rows, line, year, first_draw, central):
    """Run operations first..last-1 of a tape in one year (line of the tables)."""
    for i in range(first, last):
        code, out = tape.code[i], tape.out[i]
        x = tape.inputs[tape.inputs_at[i] : tape.inputs_at[i + 1]]
        numbers = tape.numbers[tape.numbers_at[i] : tape.numbers_at[i + 1]]
        if code == PRODUCT:
            product_row(rows, out, x[0], x[1])
        elif code == SUM:
            sum_row(rows, out, x[0], x[1])
        elif code == DIFFERENCE:
            difference_row(rows, out, x[0], x[1])
        elif code == QUOTIENT:
            quotient_row(rows, out, x[0], x[1])
        elif code == SCALED:
            scaled_row(rows, out, x[0], numbers[0])
        elif code == SMALLER:
            smaller_row(rows, out, x[0], x[1])
        elif code == LINEAR:
            linear_row(rows, out, x, numbers)
        elif code == NORMAL:
            if central:
                rows[out, :] = 0.0
            else:
                design_row(tape, i, first_draw, year, rows[out])
                normal_of_uniform(rows[out], rows[out])
        elif code == FACTOR:
            pool = tape.table[tape.table_at[i] : tape.table_at[i + 1]]
            factor_row(rows, out, x, numbers, pool, tape, i, first_draw, central)
        elif code == CAPITAL_RECOVERY:
            finance.capital_recovery_row(rows, out, x[0], x[1], numbers[0])
        elif code == LOG_GROWTH:
            finance.log_growth_row(rows, out, x[0])
        elif code == ACCUMULATED:
            at = tape.table_at[i] + 3 * line
            finance.accumulate(
                rows,
                out,
                x[0],
                x[1] if x.shape[0] > 1 else -1,
                tape.table[at],
                int(tape.table[at + 1]),
                int(tape.table[at + 2]),
            )
        elif code == DECAY:
            prices.decay_row(rows, out, x[0])
        elif code == STEP_SPREAD:
            prices.step_spread_row(rows, out, x[0], x[1])
        elif code == PATH:
            at = tape.table_at[i] + SPOT_COLUMNS * line
            prices.path_row(rows, out, x, numbers, tape.table[at : at + SPOT_COLUMNS], float(year))
        elif code == TIMELINE:
            width = numbers.shape[0]
            at = tape.table_at[i] + width * line
            policy.timeline_row(rows, out, x, numbers, tape.table[at : at + width])
        elif code == LEARNING_EXPONENT:
            costs.learning_exponent_row(rows, out, x[0])
        elif code == LEARNING:
            at = tape.table_at[i] + 3 * line
            costs.learning_row(rows, out, x[0], x[1], x[2], tape.table[at : at + 3])
        elif code == HYDROGEN:
            costs.hydrogen_row(rows, out, x, numbers)
        elif code == LEVELISED:
            costs.levelised_row(rows, out, x, numbers)
        elif code == EXPOSURE:
            carbon.exposure_row(rows, out, x[0], x[1], x[2], x[3])
        elif code == BORDER_EXPOSURE:
            carbon.border_exposure_row(rows, out, x[0], x[1], x[2], x[3], x[4])
        elif code == EMBEDDED:
            carbon.embedded_row(rows, out, x[0], x[1], numbers[0], numbers[1])
        elif code == SHUFFLED:
            carbon.shuffled_row(rows, out, x[0], numbers[0], numbers[1])
        elif code == CBAM_EXPOSURE:
            carbon.cbam_exposure_row(rows, out, x[0], x[1], x[2])
        elif code == PAID:
            carbon.paid_row(rows, out, x[0], x[1])
        elif code == CBAM:
            carbon.cbam_row(rows, out, x[0], x[1], x[2], x[3])
        elif code == NETTED:
            premium.netted_row(rows, out, x[0], x[1], x[2])
        elif code == NETTED_WITH_CREDIT:
            premium.netted_with_credit_row(rows, out, x[0], x[1], x[2], x[3], x[4])
        elif code == SEED:
            premium.seed_row(rows, out, x[0], x[1], x[2], x[3])
        elif code == RATIO:
            premium.ratio_row(rows, out, x[0], x[1])
        elif code == BREAK_EVEN_HOME:
            premium.break_even_home_row(rows, out, x[0], x[1], x[2])
        elif code == BREAK_EVEN_BORDER:
            premium.break_even_border_row(rows, out, x[0], x[1], x[2], x[3], x[4], x[5])
        elif code == NOT_POSITIVE:
            premium.not_positive_row(rows, out, x[0])
        elif code == CROSSOVER:
            if year >= numbers[0]:
                premium.crossover_row(rows, out, x[0], float(year))
        elif code == CHEAPEST:
            premium.cheapest_row(rows, out, x, numbers, year)


@kernel
def emit(program, line, rows, out, column):
    """Copy the rows asked for in one year into the output; row -1 is undefined."""
    for i in range(program.emit_at[line], program.emit_at[line + 1]):
        row, target = program.emit_rows[i], program.emit_out[i]
        if row < 0:
            out[target, column : column + BLOCK] = np.nan
        else:
            for j in range(BLOCK):
                out[target, column + j] = rows[row, j]


@kernel
def simulate(program, first_draw, draws, column, central, out):
    """Simulate draws and write the rows asked for.

    Parameters
    ----------
    program : Program
    first_draw, draws : int
        Multiples of 256.
    column : int
        First column of `out` that is written.
    central : bool
        Every factor at its central value and no noise, instead of random numbers.
    out : float64 (asked rows, columns)
    """
    # A row that is read before it is written shows: it is undefined.
    rows = np.full((program.rows, BLOCK), np.nan)
    for i in range(program.constant_rows.shape[0]):
        rows[program.constant_rows[i], :] = program.constants[i]
    for block in range(draws // BLOCK):
        draw, at = first_draw + block * BLOCK, column + block * BLOCK
        for i in range(program.state_rows.shape[0]):
            rows[program.state_rows[i], :] = program.states[i]
        run_tape(program.static, 0, program.static.code.shape[0], rows, 0, 0, draw, central)
        emit(program, 0, rows, out, at)
        for line in range(program.years):
            last = program.price_operations if line < program.lead else program.yearly.code.shape[0]
            year = program.first_year + line
            run_tape(program.yearly, 0, last, rows, line, year, draw, central)
            emit(program, line + 1, rows, out, at)
