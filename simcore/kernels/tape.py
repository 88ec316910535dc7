"""What the kernels run: a program, whose tapes hold the operations of a model in reading order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


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
    entries: np.ndarray
    """By code of an operation: where its machine code begins; 0: none is at hand."""
    static: Tape
    yearly: Tape
    output_at: np.ndarray
    """Where each year's rows to hand out begin; line 0 is the static stage."""
    output_after: np.ndarray
    """Operation of the tape after which each is handed out, ascending in a year; -1: at once."""
    output_rows: np.ndarray
    """The rows; the output row of each is its position here."""


class Bench(NamedTuple):
    """What an operation finds at work: the rows of the block, and the tape that it stands on."""

    rows: np.ndarray
    tape: Tape


def empty_bench() -> Bench:
    """A bench with nothing on it, which has the types of every other."""
    whole, real, flat = np.empty(0, np.int64), np.empty(0), np.empty((0, 4), np.uint64)
    tape = Tape(
        code=whole, out=whole, inputs_at=whole, inputs=whole, numbers_at=whole, numbers=real,
        table_at=whole, table=real, columns=whole, keys=flat, dimensions=whole, design=(0, 0, 0),
        recalled_at=whole, recalled=np.empty((0, 0, 0)),
    )  # fmt: skip
    return Bench(np.empty((0, 0)), tape)
