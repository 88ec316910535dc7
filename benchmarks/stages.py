"""Where the time of a draw goes: what `simulate.run_blocks` does, with the clock read in between.

Reading it takes some 10 ns an operation of 256 draws, which the sum of the stages includes.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from time import thread_time_ns

import numpy as np
from llvmlite import ir
from numba.core import types

from benchmarks import work
from benchmarks.table import heading
from simcore import plan
from simcore.intake import Spec
from simcore.kernels.calls import borrowed, call, reference
from simcore.kernels.jit import kernel, primitive
from simcore.kernels.operations import BLOCK, NOTHING, OPERATIONS
from simcore.kernels.sinks import COUNT, SCALE, SUMS, hand_out, sink, workspace
from simcore.kernels.tape import Bench
from simcore.running import program
from simcore.running.options import Options
from simcore.running.tiles import recalled_values

HAS_CLOCK = platform.machine().lower() in ("x86_64", "amd64")
"""Elsewhere a program may not read the processor's counter."""
_SHOWN = 9
"""Operations that are named; the rest is told as one."""


@primitive
def ticks(_typing):
    """Return the processor's counter of time."""

    def generate(_context, builder, _signature, _arguments):
        kind = ir.FunctionType(ir.IntType(64), ())
        return builder.call(builder.module.declare_intrinsic("llvm.readcyclecounter", (), kind), ())

    return types.int64(), generate


@kernel
def _timed(program, first_draw, draws, rows, target, spent):
    """`run_blocks`, adding up ticks and calls by code of the operation, last those of the sums."""
    program, rows, target = borrowed(program), borrowed(rows), borrowed(target)
    rows[:, :] = np.nan
    for i in range(program.constant_rows.shape[0]):
        rows[program.constant_rows[i], :] = program.constants[i]
    for start in range(0, draws, BLOCK):
        target.here[0], target.here[1] = start, min(BLOCK, draws - start)
        for i in range(program.state_rows.shape[0]):
            rows[program.state_rows[i], :] = program.states[i]
        for stage in range(program.years + 1):
            line, year = max(stage - 1, 0), program.first_year + stage - 1
            tape, last, emitted = program.yearly, program.yearly.code.shape[0], stage
            if stage == 0:
                tape, last, year = program.static, program.static.code.shape[0], 0
            elif line < program.lead:
                last, emitted = program.price_operations, -1
            handed, ready = 0, 0
            if emitted >= 0:
                handed, ready = program.output_at[emitted], program.output_at[emitted + 1]
            bench, now = reference(Bench(rows, tape)), ticks()
            for i in range(-1, last):
                code = tape.code[i] if i >= 0 else NOTHING
                if code != NOTHING:
                    call(program.entries[code], bench, i, line, year, first_draw + start, False)
                    before, now = now, ticks()
                    spent[0, code] += now - before
                    spent[1, code] += 1
                while handed < ready and program.output_after[handed] <= i:
                    hand_out(rows, program.output_rows[handed], handed, target)
                    handed += 1
                    before, now = now, ticks()
                    spent[0, -1] += now - before
                    spent[1, -1] += 1


def stages(name: str, spec: Spec) -> Iterator[str]:
    """Lines that say what the operations of a run take, the dear ones by name."""
    yield heading(f"{name}: stages of a draw, one thread, the clock read between operations")
    if not HAS_CLOCK:
        yield "  stages are not timed: this processor does not let programs read its counter"
        return
    spent, calls = _spent_on(spec)
    whole = sum(spent.values())
    yield f"  {'operation':<22}{'ns a draw':>11}{'share':>8}{'rows':>9}{'ns a value':>12}"
    named = sorted(spent, key=spent.__getitem__, reverse=True)[:_SHOWN]
    rest = [name for name in spent if name not in named]
    groups = {name: [name] for name in named} | ({f"{len(rest)} others": rest} if rest else {})
    for title, members in groups.items():
        time, rows = (sum(of[name] for name in members) for of in (spent, calls))
        yield f"  {title:<22}{time:>11,.0f}{time / whole:>8.1%}{rows:>9,}{time / rows:>12.2f}"
    yield f"  {'together':<22}{whole:>11,.0f}"


def _spent_on(spec: Spec) -> tuple[dict[str, float], dict[str, int]]:
    """Nanoseconds a draw by operation and how many rows it makes; `sums` adds the values up."""
    planned = plan.build(spec)
    recall = program.Recall.of(planned, recalled_values(planned, Options()))
    spent = np.zeros((2, len(OPERATIONS) + 1), np.int64)
    nanoseconds = 0
    for some in work.requests(planned):
        cut, _ = program.compile_program(planned, some, recall=recall)
        target = sink(COUNT, cut.output_rows.size, sums=np.zeros((cut.output_rows.size, SUMS)))
        target.numbers[:, SCALE] = np.nan
        rows = workspace(cut.rows, BLOCK)
        if not nanoseconds:
            # Compiles, and recalls no price for what follows.
            _timed(cut, 0, BLOCK, rows, target, spent.copy())
            recall.values[:] = -1.0
        start = thread_time_ns()
        _timed(cut, 0, planned.draws, rows, target, spent)
        nanoseconds += thread_time_ns() - start
    names = [*OPERATIONS, "sums"]
    times = spent[0] * (nanoseconds / spent[0].sum()) / planned.draws
    made = spent[1] // -(-planned.draws // BLOCK)
    return (
        {name: time for name, time in zip(names, times.tolist(), strict=True) if time},
        {name: count for name, count in zip(names, made.tolist(), strict=True) if count},
    )
