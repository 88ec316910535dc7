"""A program of the package as plain steps, from which each other language is written.

The graph of an experiment (which rows there are, in which order) is the package's own; what a
step computes is written afresh by each peer, in a table from the name of the operation to a line
of its language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from simcore.kernels import marginal_form
from simcore.kernels.operations import OPERATIONS
from simcore.kernels.tape import Program, Tape

DEVIATES = ("NORMAL", "FACTOR")
"""Operations that read random numbers; a correlated factor reads a row of them instead."""
UNWRITTEN = {
    "CAP_AND_BANK", "JUMP", "REGIME", "RESAMPLED", "CREDITED", "BRIDGED", "NOTHING",
    "LATCHED", "SCHEDULED", "TAXABLE", "PRESENT_VALUE", "INTERNAL_RATE", "TURNS",
    "LARGER", "EXCESS", "IN_FORCE", "SETTLED", "COMPOUNDED", "ESCALATED",
    "BALANCE", "LOWEST", "PAID_BACK",
}  # fmt: skip
"""What no peer but NumPy repeats: a search in every draw, processes and emissions below zero that
no shipped config has, another order of random numbers, projects, accounts and tails."""
SUMS = 4
"""Sums of an output: defined values, the values, their squares, values above zero."""


class Step(NamedTuple):
    """One row of the model.

    Attributes
    ----------
    name : str
        Name of the operation.
    out : int
        Row written.
    inputs : tuple of int
        Rows read.
    numbers : tuple of float
        Constants.
    table : ndarray
        A line a simulated year, (years, n); for a factor the values of its marginal, (n,).
    slot : int
        Place of its random number among those of its stage; -1: none.
    key, dimension : tuple of int, int
        Address of its random numbers in the package.
    """

    name: str
    out: int
    inputs: tuple[int, ...]
    numbers: tuple[float, ...]
    table: np.ndarray
    slot: int
    key: tuple[int, int, int, int]
    dimension: int

    @property
    def kind(self) -> int:
        """Kind of a factor's marginal."""
        return int(self.numbers[0])

    @property
    def parameters(self) -> tuple[float, ...]:
        """Parameters of a factor's marginal."""
        return self.numbers[2:]

    @property
    def is_normal(self) -> bool:
        """Whether the random numbers it reads are standard normal ones."""
        kinds = (marginal_form.NORMAL, marginal_form.LOGNORMAL, marginal_form.SPLIT_LOGNORMAL)
        return self.name == "NORMAL" or self.kind in kinds


class Shown(NamedTuple):
    """Rows that a stage hands out, each at once, as a later step may write over it.

    Attributes
    ----------
    after : tuple of int
        Step of the stage after which each is handed out, ascending; -1: before the first.
    rows : tuple of int
    out : ndarray
        Where each goes in each line of the stage, (lines, rows); -1: nowhere.
    """

    after: tuple[int, ...]
    rows: tuple[int, ...]
    out: np.ndarray

    def at(self, step: int) -> list[tuple[int, int]]:
        """Place among those handed out, and row, of what is handed out after a step."""
        return [
            (k, row)
            for k, (after, row) in enumerate(zip(self.after, self.rows, strict=True))
            if after == step
        ]


class Steps(NamedTuple):
    """A program: constants, starting values, steps once a draw and once a year, rows handed out.

    Attributes
    ----------
    rows : int
    constants, states : dict of int to float
        Values of rows that never change, and of rows carried from year to year at the start.
    first_year, years, lead : int
        In the first `lead` years only the first `prices` of the yearly steps are done.
    prices : int
    static, yearly : tuple of Step
        Steps share rows: a row is written again once nothing needs it any more.
    shown, shown_yearly : Shown
        What is handed out by the static steps, in one line, and by the yearly ones.
    outputs : int
        Values a draw; those that nothing hands out are undefined.
    design : tuple of int
        Code of the sampling design, draws of the run, replicates.
    """

    rows: int
    constants: dict[int, float]
    states: dict[int, float]
    first_year: int
    years: int
    lead: int
    prices: int
    static: tuple[Step, ...]
    yearly: tuple[Step, ...]
    shown: Shown
    shown_yearly: Shown
    outputs: int
    design: tuple[int, int, int]

    @property
    def slots(self) -> tuple[int, int]:
        """Random numbers a draw: of the static stage, and of each year."""
        return _slots(self.static), _slots(self.yearly)


def table_columns(steps: Steps) -> list[int]:
    """First column of each yearly step's table, all tables side by side."""
    return np.cumsum([0, *(step.table.shape[1] for step in steps.yearly)])[:-1].tolist()


class UnknownOperationError(LookupError):
    """A peer does not know an operation of the tape."""


def steps_of(program: Program, outputs: np.ndarray) -> Steps:
    """Take apart what `simcore.running.program.compile_program` returns."""
    # Inverted: the place in the request of each row in the order in which they are made.
    asked = np.empty(program.output_rows.size, np.int64)
    asked[outputs[outputs >= 0]] = np.flatnonzero(outputs >= 0)
    lines = [
        [
            (int(program.output_after[k]), int(program.output_rows[k]), int(asked[k]))
            for k in range(*pair)
        ]
        for pair in pairwise(program.output_at)
    ]
    years = int(program.years)
    return Steps(
        rows=int(program.rows),
        constants=_values(program.constant_rows, program.constants),
        states=_values(program.state_rows, program.states),
        first_year=int(program.first_year),
        years=years,
        lead=int(program.lead),
        prices=int(program.price_operations),
        static=tuple(_steps(program.static, 1)),
        yearly=tuple(_steps(program.yearly, years)),
        shown=_shown(lines[:1]),
        shown_yearly=_shown(lines[1:]),
        outputs=outputs.size,
        design=tuple(map(int, program.static.design)),
    )


def _shown(lines: Sequence[Sequence[tuple[int, int, int]]]) -> Shown:
    found: dict[tuple[int, int, int], dict[int, int]] = {}
    for number, line in enumerate(lines):
        # A row may be asked for several times in a line.
        times: Counter[tuple[int, int]] = Counter()
        for after, row, out in line:
            key = (after, row, times[after, row])
            found.setdefault(key, {})[number] = out
            times[after, row] += 1
    keys = sorted(found)
    out = np.full((len(lines), len(keys)), -1)
    for k, key in enumerate(keys):
        for number, where in found[key].items():
            out[number, k] = where
    return Shown(tuple(key[0] for key in keys), tuple(key[1] for key in keys), out)


def _values(rows: np.ndarray, values: np.ndarray) -> dict[int, float]:
    return dict(zip(rows.tolist(), values.tolist(), strict=True))


def _steps(tape: Tape, years: int) -> Iterable[Step]:
    slot, names = 0, list(OPERATIONS)
    for i, code in enumerate(tape.code):
        name = names[code]
        if name in UNWRITTEN:
            raise UnknownOperationError(
                f"benchmarks: no peer but NumPy knows {name}; leave out "
                "what needs it (`cases.for_languages`)"
            )
        inputs = tape.inputs[tape.inputs_at[i] : tape.inputs_at[i + 1]]
        numbers = tape.numbers[tape.numbers_at[i] : tape.numbers_at[i + 1]]
        table = tape.table[tape.table_at[i] : tape.table_at[i + 1]]
        drawn = name in DEVIATES and not len(inputs)
        yield Step(
            name=name,
            out=int(tape.out[i]),
            inputs=tuple(inputs.tolist()),
            numbers=tuple(numbers.tolist()),
            table=table if name == "FACTOR" else table.reshape(years, -1),
            slot=slot if drawn else -1,
            key=tuple(tape.keys[i].tolist()),
            dimension=int(tape.dimensions[i]),
        )
        slot += drawn


def _slots(steps: Iterable[Step]) -> int:
    return sum(step.slot >= 0 for step in steps)


def look_up(table: dict, step: Step, peer: str) -> object:
    """What a peer's table says of a step.

    Raises
    ------
    UnknownOperationError
        The table lacks the operation.
    """
    try:
        # Of PATH a peer knows one step a year, without jumps: its last two numbers.
        return table[step.name if step.name != "PATH" or step.numbers[-2:] == (1.0, 0.0) else ""]
    except KeyError:
        raise UnknownOperationError(
            f"benchmarks: the {peer} model lacks the operation {step.name}; "
            f"write its formula in benchmarks/peers"
        ) from None


def unknown_marginal(step: Step, peer: str) -> UnknownOperationError:
    """The error for a marginal that a peer does not know."""
    return UnknownOperationError(f"benchmarks: the {peer} model lacks the marginal {step.kind}")


def given_numbers(steps: Steps, draws: int) -> np.ndarray:
    """The package's own random numbers, so that draw i of a peer is draw i of the package.

    Returns
    -------
    ndarray, shape (slots, draws)
        Those of the static stage, then of each year; normal or uniform as each step reads them.
        Draws are a multiple of 256.
    """
    from simcore.kernels.designs import fill_design
    from simcore.kernels.random import normal_of_uniform

    static, yearly = steps.slots
    found = np.empty((static + steps.years * yearly, draws))
    code, total, replicates = steps.design

    def fill(step: Step, when: int, out: np.ndarray) -> None:
        key = np.array(step.key, dtype=np.uint64)
        fill_design(code, key, step.dimension, 0, when, total, replicates, out)
        if step.is_normal:
            normal_of_uniform(out, out)

    for step in steps.static:
        if step.slot >= 0:
            fill(step, 0, found[step.slot])
    for line in range(steps.years):
        for step in steps.yearly:
            if step.slot >= 0:
                year = steps.first_year + line
                fill(step, year, found[static + line * yearly + step.slot])
    return found
