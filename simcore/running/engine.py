"""Run a Plan: tile by tile, its statistics and kept draws into a store.

A tile holds as many cells as the memory budget allows, with all their draws; so every quantile is
exact and memory stays bounded. Random numbers are addressed by draw, so tiles and threads change
no bit of the result.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.dataset import Finished, Layout, Store, check_output, statistics_of
from simcore.errors import ConfigError, Fault
from simcore.plan import Plan, currency_rate, unique_values
from simcore.running.crew import Crew
from simcore.running.describe import layout_of
from simcore.running.executors import Executor, on_threads
from simcore.running.finite import check_finite, check_statistics
from simcore.running.items import Item, has_years, rows_of, write_tile
from simcore.running.jobs import Job
from simcore.running.options import Options, Report, between, shared, silent
from simcore.running.program import Recall, Request, operations_of
from simcore.running.reduction import Team, reduce_tile, rehearse
from simcore.running.resolving import resolved
from simcore.running.resuming import Record
from simcore.running.rows import central_of, draws_of
from simcore.running.stopping import run_until_narrow, unreached
from simcore.running.tails import check_defined, fill_tails, rows_of_tails
from simcore.running.tiles import check_memory, kept_at_once, recalled_values
from simcore.running.views import counts_by_view, fill_prices, items_by_view
from simcore.variables import OUTCOMES

if TYPE_CHECKING:
    import xarray as xr

Table = tuple[tuple[str, ...], np.ndarray, Mapping[str, Any]]

_CORRELATED: Final = 20_000
"""Most draws from which achieved correlations are computed."""


@dataclass(frozen=True)
class _Kept:
    """Kept draws of a tile: all lines, the first of each item, and whether they lie in the run."""

    draws: NDArray[Any]
    first: Sequence[int]
    is_in_place: bool


def run(plan: Plan, **options: Any) -> xr.Dataset:
    """Simulate a plan and label the result.

    Parameters
    ----------
    plan : Plan
    **options : Any
        Those of `execute`: out, overwrite, threads, executor, options, report, fresh.

    Returns
    -------
    xarray.Dataset

    Raises
    ------
    ConfigError
        The run does not fit its memory budget.
    OutputError
        The output exists or cannot be written.
    """
    return execute(plan, **options).open()


def execute(
    plan: Plan,
    *,
    out: Path | None = None,
    overwrite: bool = False,
    threads: int | None = None,
    executor: Executor | None = None,
    options: Options | None = None,
    report: Report = silent,
    fresh: bool = False,
) -> Finished:
    """Simulate a plan, but leave it to the caller to open the result, which takes xarray.

    Parameters
    ----------
    plan : Plan
    out : Path, optional
        A name in .zarr or .nc; without it the dataset is kept in memory.
    overwrite : bool
        Replace an existing run, once the new one is complete.
    threads : int, optional
        Worker threads; all processors without it.
    executor : Executor, optional
        Where the parts of the run are done, instead of threads. It changes no bit of the result.
    options : Options, optional
        How the work is divided.
    report : callable
        Told the share of the work that is done.
    fresh : bool
        Discard what a run to `out` that was stopped has kept, instead of going on from there.

    Notes
    -----
    A run to a file that ends before it is complete keeps its work (`running.resuming`); the error
    or interrupt then has a note that says how much and where.
    """
    executor, options = executor or on_threads(threads), options or Options()
    if executor.settle is not None and out is None:
        raise ConfigError(Fault(
            "executor", "no output", "a run to a file, in whose folder others join it",
            "name one: -o OUT.zarr (out=...)",
        ))  # fmt: skip
    if out is not None:
        # Before anything is compiled or drawn.
        check_output(out, overwrite=overwrite)
    executor.begin()
    prepare(plan)
    if not plan.tried:
        plan = run_until_narrow(plan, executor, options=options)
        if missed := unreached(plan):
            warnings.warn(missed, stacklevel=2)
    plan = resolved(plan, executor, options)
    check_defined(plan)
    if options.kept is None:
        held = kept_at_once(plan, out, is_cut=not executor.shares_memory)
        options = replace(options, kept=held)
    job = Job.of(plan, not executor.shares_memory, executor.threads, options)
    items = [item for tile in job.tiles for item in tile]
    check_memory(plan, items, job.counters, options)
    store = Store(layout_of(plan), out, overwrite=overwrite)
    record = None if out is None else Record(plan, out, store)
    try:
        store.begin()
        if record is not None:
            record.begin(fresh=fresh)
            options, report = replace(options, record=record), record.hearing(report)
            job = replace(job, options=options, folder=record.write_apart())
            if executor.settle is not None:
                executor.settle(record.journal.folder, job)
        remembers = executor.shares_memory or executor.maps_memory
        most = recalled_values(plan, options) if remembers else 0
        recall = Recall.of(plan, most, is_mapped=executor.maps_memory)
        statistics = _empty_statistics(store.layout)
        by_view = counts_by_view(plan, executor.crew, options)
        _mark_undefined(plan, store)
        apart = items_by_view(plan, by_view)
        of_all, of_views, of_tails = shared(
            report, [rows_of(items), rows_of(apart), rows_of_tails(plan)]
        )
        with Crew(executor.crew) as crew:
            _simulate(Team(job, executor, crew, recall), store, statistics, by_view, of_all)
        _central_values(plan, statistics)
        fill_prices(plan, statistics, apart, executor.crew, options, recall, of_views)
        fill_tails(plan, statistics, executor, options, recall, of_tails)
        check_statistics(plan, statistics)
        finished = store.complete(statistics, extra=_achieved_correlations(plan))
        if record is not None:
            record.end()
        return finished
    except BaseException as error:
        if record is not None and (kept := record.stop()):
            error.add_note(kept)
        store.abort()
        raise


def is_cold() -> bool:
    """Whether the kernels must first be compiled on this machine (half a minute, once)."""
    from simcore.kernels import jit
    from simcore.kernels.simulate import run_blocks

    return jit.is_cold(run_blocks)


def prepare(plan: Plan) -> None:
    """Load or compile the kernels, in this thread, where an interrupt ends it at once."""
    from simcore.kernels import dispatch, jit
    from simcore.kernels.compiling import compile_all

    if jit.IS_INTERPRETED:
        return
    cold, operations = is_cold(), operations_of(plan)
    compile_all(operations, [partial(rehearse, plan)] if cold else [])
    if not cold:
        rehearse(plan)
    dispatch.entries(operations)


def _simulate(
    team: Team, store: Store, statistics: dict[str, np.ndarray], by_view: dict[int, np.ndarray],
    report: Report,
) -> None:  # fmt: skip
    """Simulate tile by tile: statistics into their arrays, kept draws into the store."""
    plan, record = team.job.plan, team.job.options.record
    total, done = sum(map(rows_of, team.job.tiles)), 0
    writing: Future[None] | None = None
    # One thread more, so that draws are written while the next tile is computed.
    with ThreadPoolExecutor(1) as writer:
        for number, tile in enumerate(team.job.tiles):
            before = done
            done += rows_of(tile)
            step, keeper = between(report, before / total, done / total), team.keeper(number)
            is_kept = any(item.kept for item in tile)
            # Draws that no chunks were written of are made again.
            is_known = record is not None and (keeper is not None or not is_kept)
            known = record.sample(team.job, number) if record and is_known else None
            if known is not None and (keeper is None or keeper.find_done()):
                write_tile(plan, tile, known, by_view, statistics)
                report(done / total, "going on")
                continue
            kept = _room_to_keep(plan, tile, store) if is_kept and keeper is None else None
            sample = reduce_tile(team, number, step, (kept.draws, kept.first) if kept else None)
            check_finite(plan, tile, sample)
            # One tile's draws wait to be written at a time, or memory would fill up.
            if writing is not None:
                writing.result()
            write_tile(plan, tile, sample, by_view, statistics)
            if record is not None and is_known:
                record.finish(team.job, number, sample)
            writing = writer.submit(_write, tile, kept, store) if kept else None
        if writing is not None:
            writing.result()


def _room_to_keep(plan: Plan, tile: Sequence[Item], store: Store) -> _Kept:
    """Where the kept draws of a tile belong, if the run is in memory and each has a place."""
    items = [item for item in tile if item.kept]
    first = [store.row_of(item.kept[0].variable, item.kept[0].index) for item in items]
    places = [one for one in first if one is not None]
    if store.rows is not None and len(places) == len(items):
        return _Kept(store.rows, places, is_in_place=True)
    lines = np.cumsum([0, *map(rows_of, ([item] for item in items))]).tolist()
    room = np.empty((lines[-1], plan.draws), plan.experiment.dtype)
    return _Kept(room, lines[:-1], is_in_place=False)


def _write(tile: Sequence[Item], kept: _Kept, store: Store) -> None:
    """Hand the kept draws of a tile to the store."""
    first = iter(kept.first)
    for item in tile:
        if not item.kept:
            continue
        at = next(first)
        draws = kept.draws[at : at + item.request.rows]
        made, others = item.kept[: kept.is_in_place], item.kept[kept.is_in_place :]
        for cell in made:
            store.mark_made(cell.variable, cell.index)
        for cell in others:
            store.write(cell.variable, cell.index, draws if has_years(cell) else draws[0])


def _empty_statistics(layout: Layout) -> dict[str, np.ndarray]:
    return {
        name: np.full([layout.length(dim) for dim in dims], np.nan)
        for name, dims in statistics_of(layout).items()
    }


def _mark_undefined(plan: Plan, store: Store) -> None:
    """Tell the store which kept cells no one computes (the reference route has no premium)."""
    for name in set(plan.experiment.keep) & set(OUTCOMES):
        computed = {one.index for one in plan.cells if one.variable == name}
        dims = [dim for dim in OUTCOMES[name].dims if dim != "year"]
        for index in np.ndindex(*(len(plan.coords[dim]) for dim in dims)):
            if index not in computed:
                store.mark_undefined(name, index)


def _achieved_correlations(plan: Plan) -> Mapping[str, Table]:
    """Rank correlations of the inputs asked for, as requested, as used and as drawn."""
    from simcore.analysis.correlation import correlation_tables

    node = {one.name: one.node for one in plan.inputs}
    names = [name for name in plan.factors.names if name in node]
    if len(names) < 2:
        return {}
    chosen = [plan.factors.names.index(name) for name in names]
    requests = [Request(node[name], (), static=True) for name in names]
    # Draws are addressed, so that the first ones are those of the run.
    drawn = draws_of(plan, requests, min(plan.draws, _CORRELATED))
    square = np.ix_(chosen, chosen)
    return correlation_tables(
        names, plan.factors.requested[square], plan.factors.used[square], drawn
    )


def _central_values(plan: Plan, statistics: dict[str, np.ndarray]) -> None:
    """Write the outcomes of which every run takes the central case."""
    years = tuple(plan.years)
    groups = unique_values(plan.central)
    if not groups:
        return
    values = central_of(plan, [Request(node, years, first, last) for node, first, last in groups])
    for cells, part in zip(groups.values(), values.reshape(len(groups), -1), strict=True):
        for one in cells:
            rate = currency_rate(plan) if OUTCOMES[one.variable].is_money else 1.0
            statistics[f"{one.variable}_central"][one.index] = part * rate
