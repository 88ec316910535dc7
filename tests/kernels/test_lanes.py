"""Each operation on some lanes of a block makes what it makes of the whole block."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import lanes
import machines
import numpy as np
import pytest
import yaml
from lanes import Case
from reference_paths import merge
from rich_config import SYSTEM

import simcore
from simcore import intake
from simcore.kernels import dispatch
from simcore.kernels.calls import call, reference
from simcore.kernels.designs import DESIGNS
from simcore.kernels.emissions_market import ACTIVE
from simcore.kernels.jit import kernel
from simcore.kernels.operations import BLOCK, OPERATIONS, SCRATCH, Operation
from simcore.kernels.sinks import workspace
from simcore.kernels.tape import Bench, Tape
from simcore.running.program import Request, compile_program

FIRST_DRAW = 2 * BLOCK
"""Of the last block, which 700 draws leave half empty."""
NAMES = list(OPERATIONS)
ANSWERED: dict[str, Any] = {
    "catalog": {"markets": {"border_ets": {"response": {
        "above": {"from": "60 EUR/t", "exponent": 0.5}, "below": {"from": "50 EUR/t", "exponent": 0.6},
        "backstop": "90 EUR/t",
    }}}},
}  # fmt: skip


@kernel
def work(entry, rows, tape, i, line, year, first_draw, central):
    """Run one operation on the whole block, as a run does."""
    call(entry, reference(Bench(rows, tape)), i, line, year, first_draw, central)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """By design, the program of a config with every process and an emissions trading system."""
    folder = tmp_path_factory.mktemp("lanes")
    path = folder / "lanes.yaml"
    config = merge(merge(machines.config(folder), SYSTEM), ANSWERED)
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    plan = simcore.build(intake.load(path))
    asked = [Request(cell.node, tuple(plan.years)) for cell in plan.cells]

    def made(design: str) -> Any:
        experiment = plan.experiment.model_copy(update={"design": design})
        spec = replace(plan.spec, experiment=experiment)
        return compile_program(replace(plan, spec=spec), asked)[0]

    return made


def alone(tape: Tape, i: int) -> tuple[list[int], Tape]:
    """The rows that an operation of a tape finds, and a tape of it alone on these rows."""
    inputs = tape.inputs[tape.inputs_at[i] : tape.inputs_at[i + 1]]
    rows = [*range(SCRATCH), *dict.fromkeys([int(tape.out[i]), *inputs.tolist()])]
    numbers = tape.numbers[tape.numbers_at[i] : tape.numbers_at[i + 1]]
    table = tape.table[tape.table_at[i] : tape.table_at[i + 1]]
    whole, here = np.int64, slice(i, i + 1)
    return rows, tape._replace(
        code=tape.code[here], out=np.array([SCRATCH], whole), columns=tape.columns[here],
        inputs_at=np.array([0, inputs.size], whole), keys=tape.keys[here],
        inputs=np.array([rows.index(one) for one in inputs], whole),
        numbers_at=np.array([0, numbers.size], whole), numbers=numbers,
        table_at=np.array([0, table.size], whole), table=table,
        dimensions=tape.dimensions[here], recalled_at=tape.recalled_at[here],
    )  # fmt: skip


def stages(program: Any) -> Iterator[tuple[Tape, int, int]]:
    """The tape, the line and the year of the static stage and of each simulated year."""
    yield program.static, 0, 0
    for line in range(program.years):
        yield program.yearly, line, program.first_year + line


def chosen(program: Any, names: set[str], most: int) -> set[tuple[int, int]]:
    """Stage and place of some operations: of each name so many with unlike numbers or years."""
    kinds: dict[str, dict[Any, tuple[int, int]]] = {}
    for stage, (tape, line, _) in enumerate(stages(program)):
        for i, code in enumerate(tape.code):
            numbers = tape.numbers[tape.numbers_at[i] : tape.numbers_at[i + 1]]
            kind = numbers[:1].tobytes(), np.sign(numbers).tobytes(), line
            kinds.setdefault(NAMES[code], {}).setdefault(kind, (stage, i))
    found: set[tuple[int, int]] = set()
    for name in names & kinds.keys():
        places = list(kinds[name].values())
        found.update(places[k] for k in np.linspace(0, len(places) - 1, most, dtype=int))
    return found


def tried(name: str, tape: Tape, place: tuple[int, int, int, bool], before: np.ndarray) -> Case:
    """An operation by itself, and what it makes of a block."""
    after, made = before.copy(), tape._replace(recalled=tape.recalled.copy())
    work(dispatch.entries([name])[NAMES.index(name)], after, made, 0, *place)
    return Case(name, tape, *place, before, after, made.recalled)


def cases(
    program: Any, names: set[str], most: int, *, central: bool = False, draw: int = FIRST_DRAW
) -> Iterator[Case]:
    """What operations find in a block, as `chosen`, and make of it."""
    rows = workspace(program.rows, BLOCK)
    rows[:] = np.nan
    rows[program.constant_rows] = program.constants[:, None]
    rows[program.state_rows] = program.states[:, None]
    wanted = chosen(program, names, most)
    for stage, (tape, line, year) in enumerate(stages(program)):
        place = line, year, draw, central
        for i, code in enumerate(tape.code):
            if (stage, i) in wanted:
                found, one = alone(tape, i)
                yield tried(NAMES[code], one, place, rows[found])
            work(program.entries[code], rows, tape, i, *place)


def recalling(case: Case) -> Iterator[Case]:
    """The same system where prices are kept for a later pass, and in that pass."""
    recalled = np.full((1, case.at_line + 1, FIRST_DRAW + BLOCK), -1.0)
    tape = case.tape._replace(recalled_at=np.zeros(1, np.int64), recalled=recalled)
    place = case.at_line, case.year, case.first_draw, case.central
    first = tried(case.name, tape, place, case.before)
    assert not np.array_equal(first.kept, recalled)
    yield first
    yield tried(case.name, tape._replace(recalled=first.kept), place, case.before * np.nan)


def invented(tape: Tape, one: Operation) -> Case:
    """An operation by a formula of numbers on numbers at random."""
    generator = np.random.default_rng(1)
    read, told, columns = len(one.inputs), len(one.numbers), len(one.columns)
    tape = tape._replace(
        code=tape.code[:1], out=np.array([SCRATCH]), columns=np.array([columns]),
        inputs_at=np.array([0, read]), inputs=SCRATCH + 1 + np.arange(read),
        numbers_at=np.array([0, told]), numbers=generator.uniform(size=told),
        table_at=np.array([0, columns]), table=generator.uniform(size=columns),
        keys=tape.keys[:1], dimensions=tape.dimensions[:1], recalled_at=tape.recalled_at[:1],
    )  # fmt: skip
    rows = generator.uniform(size=(SCRATCH + 1 + read, BLOCK))
    return tried(one.name, tape, (0, 2030, 0, False), rows)


def of_design(program: Any, design: str, most: int) -> list[Case]:
    """Cases of a design: of one all operations, of the others what reads random numbers."""
    written = {one.name: one for one in OPERATIONS.values() if one.formula}
    if design != "random":
        drawn = {name for name, one in written.items() if one.random}
        return list(cases(program(design), drawn, most))
    made = program(design)
    found = list(cases(made, {*written}, most))
    found += [two for one in found if one.name == "CAP_AND_BANK" for two in recalling(one)]
    found += cases(made, {*written}, 2, central=True)
    # The config needs no other by whole rows; the bridge is that of another design.
    for name in written.keys() - {one.name for one in found} - {"BRIDGED"}:
        assert "rows" not in dispatch.parameters_of(written[name]), name
        found.append(invented(made.static, written[name]))
    return found


def apart(found: list[Case]) -> list[str]:
    """Where lanes differ from the block if Python runs the formulas."""
    done = subprocess.run(
        [sys.executable, lanes.__file__], input=pickle.dumps([tuple(one) for one in found]),
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().splitlines()


@pytest.mark.long
def test_an_operation_that_ignores_its_lanes_is_found(program):
    """Their begin, their step, or that the draws beside them are none of their business."""
    case = invented(program("random").static, OPERATIONS["SUM"])
    out, a, b = case.tape.out[0], *case.tape.inputs

    def is_right(taken, beside=0):
        def operation(rows, _tape, _i, _line, _year, _draw, _central, *told):
            one = slice(*taken(*told))
            rows[out, one] = rows[a, one] + np.roll(rows[b], beside)[one]

        return all(lanes.is_as_the_block(case, operation, one) for one in lanes.few_lanes())

    assert is_right(lambda *told: told)
    assert not is_right(lambda _, end, step: (0, end, step))
    assert not is_right(lambda begin, end, _: (begin, end, 1))
    assert not is_right(lambda *told: told, beside=1)


@pytest.mark.long
def test_a_lane_alone_has_the_bits_of_its_block(program):
    """Without a compiler, which writes other machine code for lanes and no other bits."""
    assert apart([case for design in DESIGNS for case in of_design(program, design, most=6)]) == []


def test_a_price_that_is_searched_for_depends_on_no_draw_beside_it():
    """A search of one draw stops in an earlier year than that of 32, and last digits hung on it."""
    plan = simcore.build(simcore.load(Path(__file__).parents[2] / "configs" / "cap_and_bank.yaml"))
    asked = [Request(cell.node, tuple(plan.years)) for cell in plan.cells
             if cell.variable == "carbon_price"]  # fmt: skip
    found = list(cases(compile_program(plan, asked)[0], {"CAP_AND_BANK"}, 99, draw=4 * BLOCK))
    assert len(found) > 20
    for case in found:
        inputs = case.tape.inputs.copy()
        inputs[ACTIVE] = len(case.before)
        wanted = np.arange(BLOCK) == 184
        before = np.vstack([case.before, wanted])
        place = case.at_line, case.year, case.first_draw, case.central
        after = tried(case.name, case.tape._replace(inputs=inputs), place, before).after
        np.testing.assert_array_equal(after[SCRATCH:-1, wanted], case.after[SCRATCH:, wanted])


@pytest.mark.slow
@pytest.mark.parametrize("design", DESIGNS)
def test_each_lane_compiled_has_the_bits_of_its_block(program, design):
    found = of_design(program, design, most=12)
    assert list(lanes.differing(found, lanes.every_lane())) == []
