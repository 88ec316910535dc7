"""The stages over blocks of 256 draws: factors, then year by year prices, costs and premiums.

The tape is in reading order, so one loop over it is the model. Each operation is a small
compiled loop over the draws of its rows; the formulas are the scalar functions of the modules
named after their subject.
"""

from __future__ import annotations

import numpy as np

from simcore.kernels.calls import borrowed, call, reference
from simcore.kernels.jit import kernel, part
from simcore.kernels.operations import BLOCK, NOTHING
from simcore.kernels.sinks import KEEP, KEPT_AT, hand_out, sink, workspace
from simcore.kernels.tape import Bench


@part
def run_tape(tape, last, rows, line, year, first_draw, central, program, output_line, target):
    """Run the first `last` operations of a tape in one year (line of the tables).

    Rows asked for are handed out as soon as they are made, while they are at hand; a later
    operation may write over them. No rows are handed out where output_line < 0.
    """
    handed, ready = 0, 0
    if output_line >= 0:
        handed, ready = program.output_at[output_line], program.output_at[output_line + 1]
    bench = reference(Bench(rows, tape))
    # Some rows are there before the first operation.
    for i in range(-1, last):
        code = tape.code[i] if i >= 0 else NOTHING
        if code != NOTHING:
            entry = program.entries[code] if code < program.entries.shape[0] else np.uint64(0)
            if entry == 0:
                raise ValueError("a tape holds an operation that the kernel does not know")
            call(entry, bench, i, line, year, first_draw, central)
        while handed < ready and program.output_after[handed] <= i:
            hand_out(rows, program.output_rows[handed], handed, target)
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
