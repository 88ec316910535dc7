"""The package's kernels with every value added to its sums: what the peers are timed against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from simcore.kernels.operations import BLOCK
from simcore.kernels.simulate import run_blocks
from simcore.kernels.sinks import COUNT, KEEP, KEPT_AT, SCALE, SUMS, sink, workspace
from simcore.kernels.tape import Program

Cut = tuple[Program, np.ndarray]
"""A program and the output row of each row asked for, from `program.compile_program`."""


def totals(cuts: Sequence[Cut], draws: int, threads: int) -> np.ndarray:
    """Defined values, sum, sum of squares and positive values of every row asked for.

    The sums of `benchmarks.peers.tape`, made in the kernel while a row is at hand.

    Returns
    -------
    ndarray, shape (rows asked for, SUMS)
        Zero where a row is undefined.
    """

    def part(first: int, last: int) -> np.ndarray:
        found = []
        for program, outputs in cuts:
            sums = np.zeros((program.output_rows.size, SUMS))
            target = sink(COUNT, program.output_rows.size, sums=sums)
            # No bins; the pivot is zero.
            target.numbers[:, SCALE] = np.nan
            rows = workspace(program.rows, BLOCK)
            run_blocks(program, first, last - first, 1, 0, False, rows, target)
            total = np.zeros((outputs.size, SUMS))
            total[outputs >= 0] = sums[outputs[outputs >= 0]]
            found.append(total)
        return np.vstack(found)

    return sum(_over_draws(part, draws, threads))


def handed_over(cuts: Sequence[Cut], draws: int, threads: int) -> None:
    """Make every value; those of a block are handed over as an array, and let go."""

    def part(first: int, last: int) -> None:
        for program, _ in cuts:
            count = program.output_rows.size
            target = sink(KEEP, count, kept64=np.empty((count, BLOCK)))
            target.places[:, KEPT_AT] = np.arange(count)
            rows = workspace(program.rows, BLOCK)
            for start in range(first, last, BLOCK):
                run_blocks(program, start, min(BLOCK, last - start), 1, 0, False, rows, target)

    _over_draws(part, draws, threads)


def _over_draws(work: Callable[[int, int], object], draws: int, threads: int) -> list:
    """What work(first draw, last draw) returns for equal parts of the draws, each in a thread."""
    edges = np.linspace(0, -(-draws // BLOCK), threads + 1).astype(int) * BLOCK
    parts = [(first, min(last, draws)) for first, last in pairwise(edges.tolist()) if first < last]
    with ThreadPoolExecutor(max_workers=threads) as pool:
        return list(pool.map(lambda pair: work(*pair), parts))
