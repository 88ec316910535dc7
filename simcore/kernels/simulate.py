"""The stages over blocks of 256 draws: factors, then year by year prices, costs and premiums.

The tape is in reading order, so one loop over it is the model. Each operation is a small
compiled loop over the draws of its rows; the formulas are the scalar functions of the modules
named after their subject.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simcore.kernels.dispatch import run_operation
from simcore.kernels.jit import borrowed, kernel, part
from simcore.kernels.operations import BLOCK, is_packaged
from simcore.kernels.sinks import KEEP, KEPT_AT, hand_out, sink, workspace


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
    columns: np.ndarray
    """Numbers in a line of each operation's table."""
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
    output_at: np.ndarray
    """Where each year's rows to hand out begin; line 0 is the static stage."""
    output_after: np.ndarray
    """Operation of the tape after which each is handed out, ascending in a year; -1: at once."""
    output_rows: np.ndarray
    """The rows; the output row of each is its position here."""


@part
def run_tape(tape, last, rows, line, year, first_draw, central, program, output_line, target):
    """Run the first `last` operations of a tape in one year (line of the tables).

    Rows asked for are handed out as soon as they are made, while they are at hand; a later
    operation may write over them. No rows are handed out where output_line < 0.
    """
    handed, ready = 0, 0
    if output_line >= 0:
        handed, ready = program.output_at[output_line], program.output_at[output_line + 1]
    # Some rows are there before the first operation.
    for i in range(-1, last):
        if i >= 0:
            run_operation(tape, i, rows, line, year, first_draw, central)
        while handed < ready and program.output_after[handed] <= i:
            hand_out(rows, program.output_rows[handed], handed, target)
            handed += 1


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


# What a formula from outside says is not in the digest of the code.
run_blocks = kernel(run_blocks, cached=is_packaged())


def simulate(program, outputs, first_draw, draws, central, out):
    """Simulate draws and keep every row asked for.

    Parameters
    ----------
    program : Program
    outputs : int64 (asked rows,)
        Output row of each row asked for, -1 where undefined; see `program.compile_program`.
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
    asked = np.empty(program.output_rows.size, np.int64)
    asked[outputs[outputs >= 0]] = np.flatnonzero(outputs >= 0)
    rows = workspace(program.rows, BLOCK)
    target = sink(KEEP, asked.size, kept64=out)
    target.places[:, KEPT_AT] = asked
    run_blocks(program, first_draw, draws, 1, 0, central, rows, target)
