"""What is timed: the same work by the package and by NumPy, ready to be called."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.peers import numpy_run
from benchmarks.peers.numpy_inputs import generated
from simcore import engine, plan, program
from simcore.kernels.operations import BLOCK
from simcore.kernels.select import quantile_ranks
from simcore.kernels.simulate import simulate
from simcore.spec import Spec
from simcore.variables import INTERVAL_LEVEL, OUTCOMES, QUANTILES

Work = Callable[[], Any]


def simcore_reduced(spec: Spec, threads: int) -> Work:
    """A whole run without draws kept: every statistic of every outcome, as a dataset."""
    planned = plan.build(spec)
    return lambda: engine.run(planned, threads=threads)


def simcore_simulated(spec: Spec, threads: int) -> Work:
    """The kernels alone, region by region; each block's values are handed over and let go."""
    planned = plan.build(spec)
    programs = [(program.cut(planned, some), sum(one.rows for one in some))
                for some in requests(planned)]
    blocks = -(-spec.experiment.draws // BLOCK)

    def part(first: int, last: int) -> None:
        for one, rows in programs:
            out = np.empty((rows, BLOCK))
            for block in range(first, last):
                simulate(one, block * BLOCK, BLOCK, 0, False, out)

    def whole() -> None:
        edges = np.linspace(0, blocks, threads + 1).astype(int)
        with ThreadPoolExecutor(max_workers=threads) as pool:
            for done in [pool.submit(part, *pair) for pair in pairwise(edges)]:
                done.result()

    return whole


def requests(planned: plan.Plan) -> list[list[program.Request]]:
    """Every distinct row of a plan, in one list a region."""
    years = tuple(planned.years)
    found: dict[int, list[program.Request]] = {}
    for (node, first), group in plan.unique_values(planned.cells).items():
        name = group[0].variable
        dims = [dim for dim in OUTCOMES[name].dims if dim != "year"]
        region = dict(zip(dims, group[0].index, strict=True)).get("region", -1)
        asked = years if plan.has_years(name) else ()
        found.setdefault(region, []).append(program.Request(node, asked, first))
    return list(found.values())


def numpy_reduced(spec: Spec, chunk: int) -> Work:
    """The NumPy model with the same statistics, order statistics from np.sort."""
    draws = spec.experiment.draws
    ranks = quantile_ranks(draws, probabilities=QUANTILES, level=INTERVAL_LEVEL)
    return lambda: numpy_run.run(
        spec, generated(spec.experiment.seed, draws),
        lambda values: numpy_run.summarise(values, ranks), chunk=chunk,
    )


def numpy_quantile(spec: Spec, chunk: int) -> Work:
    """The NumPy model with moments and np.quantile, without the intervals."""
    return lambda: numpy_run.run(
        spec, generated(spec.experiment.seed, spec.experiment.draws),
        lambda values: numpy_run.summarise_by_quantile(values, QUANTILES), chunk=chunk,
    )


def numpy_simulated(spec: Spec, chunk: int) -> Work:
    """The NumPy model alone; each array is let go."""
    return lambda: numpy_run.simulate(
        spec, generated(spec.experiment.seed, spec.experiment.draws), chunk=chunk
    )


def numpy_totals(spec: Spec, chunk: int) -> Work:
    """The NumPy model with the sum and the sum of squares of each row."""
    def add_up(values: np.ndarray) -> np.ndarray:
        defined = np.where(np.isnan(values), 0.0, values)
        return np.stack([defined.sum(axis=-1), np.einsum("ij,ij->i", defined, defined)])

    def whole() -> None:
        randomness = generated(spec.experiment.seed, spec.experiment.draws)
        for _, values in numpy_run.results(spec, randomness, chunk=chunk):
            add_up(values)

    return whole


def values_per_draw(spec: Spec) -> int:
    """Distinct values that one draw has."""
    return plan.nominal_size(plan.build(spec))
