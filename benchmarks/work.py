"""What is timed: the same work by the package and by NumPy, ready to be called."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from benchmarks import totals
from benchmarks.peers import numpy_run
from benchmarks.peers.numpy_inputs import generated
from simcore import plan
from simcore.intake import Spec
from simcore.kernels.ranks import quantile_ranks
from simcore.running import engine, program
from simcore.running.options import Options
from simcore.running.tiles import recalled_values
from simcore.variables import INTERVAL_LEVEL, OUTCOMES, QUANTILES

Work = Callable[[], Any]


def simcore_reduced(spec: Spec, threads: int) -> Work:
    """A whole run without draws kept: every statistic of every outcome, as a dataset."""
    planned = plan.build(spec)
    return lambda: engine.run(planned, threads=threads)


def simcore_simulated(spec: Spec, threads: int) -> Work:
    """The kernels alone, region by region; a block's values are handed over and let go."""
    return _over_regions(totals.handed_over, spec, threads)


def simcore_totals(spec: Spec, threads: int) -> Work:
    """The kernels, region by region; every value is made and added to its row's sums."""
    return _over_regions(totals.totals, spec, threads)


def _over_regions(work: Callable[..., Any], spec: Spec, threads: int) -> Work:
    planned = plan.build(spec)
    # As in a run, prices that systems make are made once and read by the next region.
    recall = program.Recall.of(planned, recalled_values(planned, Options()))
    cuts = [program.compile_program(planned, some, recall=recall) for some in requests(planned)]

    def once() -> None:
        recall.values[:] = -1.0
        work(cuts, spec.experiment.draws, threads)

    return once


def requests(planned: plan.Plan) -> list[list[program.Request]]:
    """Every distinct row of a plan, in one list a region."""
    years = tuple(planned.years)
    found: dict[int, list[program.Request]] = {}
    for (node, first, last), group in plan.unique_values(planned.cells).items():
        name = group[0].variable
        dims = [dim for dim in OUTCOMES[name].dims if dim != "year"]
        region = dict(zip(dims, group[0].index, strict=True)).get("region", -1)
        asked = years if plan.has_years(name) else ()
        found.setdefault(region, []).append(program.Request(node, asked, first, last))
    return list(found.values())


def numpy_reduced(spec: Spec, chunk: int) -> Work:
    """The NumPy model with the same statistics, order statistics from np.sort."""
    draws = spec.experiment.draws
    ranks_of = cache(partial(quantile_ranks, probabilities=QUANTILES, level=INTERVAL_LEVEL))
    return lambda: numpy_run.run(
        spec,
        generated(spec.experiment.seed, draws),
        lambda values: numpy_run.summarise(values, ranks_of),
        chunk=chunk,
    )


def numpy_quantile(spec: Spec, chunk: int) -> Work:
    """The NumPy model with moments and np.quantile, without the intervals."""
    return lambda: numpy_run.run(
        spec,
        generated(spec.experiment.seed, spec.experiment.draws),
        lambda values: numpy_run.summarise_by_quantile(values, QUANTILES),
        chunk=chunk,
    )


def numpy_simulated(spec: Spec, chunk: int) -> Work:
    """The NumPy model alone; each array is let go."""
    return lambda: numpy_run.simulate(
        spec, generated(spec.experiment.seed, spec.experiment.draws), chunk=chunk
    )


def numpy_totals(spec: Spec, chunk: int) -> Work:
    """The NumPy model with the same sums of each row, made while a chunk's array is at hand."""
    return lambda: numpy_run.totals(
        spec, generated(spec.experiment.seed, spec.experiment.draws), chunk=chunk
    )


def values_per_draw(spec: Spec) -> int:
    """Distinct values that one draw has."""
    return plan.nominal_size(plan.build(spec))
