"""The package's kernels with every value added to its total: what the peers are timed against."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from simcore.kernels.jit import kernel
from simcore.kernels.operations import BLOCK
from simcore.kernels.simulate import Program, simulate

_LANES = 16


@kernel
def add_up(values, totals):
    """Add each row to its total and its square to that of squares; undefined counts as nothing.

    Parameters
    ----------
    values : float64 (row, 256)
    totals : float64 (row, 2)
    """
    lanes = np.empty((2, _LANES))
    for row in range(values.shape[0]):
        here = values[row]
        lanes[:] = 0.0
        for start in range(0, here.size, _LANES):
            for lane in range(_LANES):
                x = here[start + lane]
                x = x if x == x else 0.0
                lanes[0, lane] += x
                lanes[1, lane] += x * x
        for kind in range(2):
            for lane in range(_LANES):
                totals[row, kind] += lanes[kind, lane]


def totals(programs: Sequence[Program], outputs: Sequence[int], draws: int,
           threads: int) -> np.ndarray:
    """Sum and sum of squares of every output of all programs, (output, 2).

    The one place where the package's reduction is called for a comparison with the peers.

    Parameters
    ----------
    programs : sequence of Program
    outputs : sequence of int
        Rows that each of them hands out.
    draws : int
        A multiple of 256.
    threads : int
    """
    def part(first: int, last: int) -> np.ndarray:
        found = []
        for program, rows in zip(programs, outputs, strict=True):
            values, total = np.empty((rows, BLOCK)), np.zeros((rows, 2))
            for block in range(first, last):
                simulate(program, block * BLOCK, BLOCK, 0, False, values)
                add_up(values, total)
            found.append(total)
        return np.vstack(found)

    edges = np.linspace(0, draws // BLOCK, threads + 1).astype(int)
    with ThreadPoolExecutor(max_workers=threads) as pool:
        return sum(pool.map(lambda pair: part(*pair), pairwise(edges)))
