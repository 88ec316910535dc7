"""Operations on some lanes of a block: what each finds at work, and what lanes alone make of it.

Run as `python tests/lanes.py` with a pickled list of cases at its input, it prints those in which
lanes alone differ from the block; without a compiler if NUMBA_DISABLE_JIT is set.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from simcore.kernels import dispatch
from simcore.kernels.jit import kernel
from simcore.kernels.operations import BLOCK, SCRATCH
from simcore.kernels.tape import Tape

Lanes = tuple[int, int, int]
"""Begin, end and step."""
THREADS = 32


class Case(NamedTuple):
    """One operation in one year: its rows before and after, and what else it is told."""

    name: str
    tape: Tape
    at_line: int
    year: int
    first_draw: int
    central: bool
    before: np.ndarray
    after: np.ndarray
    kept: np.ndarray
    """What the tape then recalls."""


def every_lane() -> list[Lanes]:
    """Each lane by itself, and each as a thread that goes through every 32nd."""
    return [*((j, j + 1, 1) for j in range(BLOCK)), *((k, BLOCK, THREADS) for k in range(THREADS))]


def few_lanes() -> list[Lanes]:
    """The corners of what lanes share, and one thread."""
    return [*((j, j + 1, 1) for j in (0, 77, 128, BLOCK - 1)), (5, BLOCK, THREADS)]


def is_as_the_block(case: Case, operation: Callable[..., object], lanes: Lanes) -> bool:
    """Whether these lanes have the bits of the block, where nothing is known of any other lane."""
    begin, end, step = lanes
    own = np.zeros(BLOCK, bool)
    own[begin:end:step] = True
    # Undefined, in each row by other bits: what is made of undefined lanes shows as well.
    unknown = np.full(case.before.shape, np.nan)
    unknown.view(np.uint64)[:] += np.arange(1, len(unknown) + 1, dtype=np.uint64)[:, None]
    rows = np.where(own, case.before, unknown)
    rows[:SCRATCH] = unknown[:SCRATCH]
    recalled = case.tape.recalled.copy()
    here = recalled[..., case.first_draw : case.first_draw + BLOCK]
    if here.size:
        here[..., ~own] = -1.0
    tape = case.tape._replace(recalled=recalled)
    operation(rows, tape, 0, case.at_line, case.year, case.first_draw, case.central, *lanes)
    if here.size:
        kept = case.kept[..., case.first_draw : case.first_draw + BLOCK]
        if (here[..., ~own] != -1.0).any() or (here[..., own] != kept[..., own]).any():
            return False
    found, wanted = rows[SCRATCH:, own], case.after[SCRATCH:, own]
    same = found.view(np.uint64) == wanted.view(np.uint64)
    same |= np.isnan(found) & np.isnan(wanted)
    untouched = rows.view(np.uint64)[:, ~own] == unknown.view(np.uint64)[:, ~own]
    return bool(same.all() and untouched.all())


def differing(cases: Sequence[Case], tried: Sequence[Lanes]) -> Iterator[str]:
    """Where lanes alone differ from the block."""
    made = {
        name: kernel(dispatch.on_lanes(name), cached=False) for name in {*(c.name for c in cases)}
    }
    for case in cases:
        for lanes in tried:
            if not is_as_the_block(case, made[case.name], lanes):
                yield f"{case.name} of design {case.tape.design[0]}, {case.year}, lanes {lanes}"


def main() -> None:
    """Print what differs."""
    cases = [Case(*one) for one in pickle.load(sys.stdin.buffer)]
    for one in differing(cases, few_lanes()):
        print(one)


if __name__ == "__main__":
    main()
