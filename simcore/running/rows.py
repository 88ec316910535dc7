"""Draws of a few rows, all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.operations import BLOCK
from simcore.plan import Plan
from simcore.running.program import Recall, Request, compile_program


def draws_of(
    plan: Plan, requests: Sequence[Request], draws: int, *, first: int = 0, threads: int = 1,
    recall: Recall | None = None,
) -> NDArray[np.float64]:  # fmt: skip
    """Draws of the requested rows, shape (rows, draws); NaN where undefined.

    `first`, the first draw, is a multiple of 256; threads change no bit; `recall` holds what passes
    before have made.
    """
    from simcore.kernels.simulate import simulate

    program, outputs = compile_program(plan, requests, recall=recall)
    values = np.empty((len(outputs), draws))
    share = -(-draws // (BLOCK * threads)) * BLOCK

    def work(begin: int) -> None:
        part = np.empty((len(outputs), min(share, draws - begin)))
        simulate(program, outputs, first + begin, part.shape[1], False, part)
        values[:, begin : begin + part.shape[1]] = part

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(0, draws, share)))
    return values


def central_of(plan: Plan, requests: Sequence[Request]) -> NDArray[np.float64]:
    """The central case of the requested rows, shape (rows,)."""
    from simcore.kernels.simulate import simulate

    program, outputs = compile_program(plan, requests)
    values = np.empty((len(outputs), 1))
    simulate(program, outputs, 0, 1, True, values)
    return values[:, 0]
