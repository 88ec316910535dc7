"""Run a Plan: tile by tile, its statistics and kept draws into a store.

A tile holds as many cells as the memory budget allows, with all their draws; so every quantile is
exact and memory stays bounded. Random numbers are addressed by draw, so tiles and threads change
no bit of the result.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.dataset import Finished, Layout, Store, create
from simcore.plan import Plan, currency_rate, has_years, unique_values
from simcore.running.by_view import counts_by_view, fill_prices, share_in_view
from simcore.running.describe import layout_of
from simcore.running.program import Recall, Request, compile_program
from simcore.running.stopping import enough
from simcore.running.tiles import (
    Item,
    check_memory,
    is_apart,
    items_of,
    recalled_values,
    reduced_node,
    rows_of,
    tiles_of,
)
from simcore.variables import OUTCOMES

if TYPE_CHECKING:
    import xarray as xr

    from simcore.running.reduction import Reduced


Progress = Callable[[int, int], None]
Table = tuple[tuple[str, ...], np.ndarray, Mapping[str, Any]]

_CORRELATED: Final = 20_000
"""Most draws from which achieved correlations are computed."""


def run(
    plan: Plan,
    *,
    out: Path | None = None,
    overwrite: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Simulate a plan and label the result.

    Parameters
    ----------
    plan : Plan
    out : Path, optional
        A name in .zarr or .nc; without it the dataset is kept in memory.
    overwrite : bool
        Replace an existing run, once the new one is complete.
    threads : int, optional
        Worker threads; all processors without it. They change no bit of the result.
    progress : callable, optional
        Called with the work done and the total, in draws times rows.

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
    done = execute(plan, out=out, overwrite=overwrite, threads=threads, progress=progress)
    return done.open()


def execute(
    plan: Plan,
    *,
    out: Path | None = None,
    overwrite: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Finished:
    """Do as `run`, but leave it to the caller to open the result, which takes xarray."""
    workers = threads or os.cpu_count() or 1
    prepare(plan)
    plan = enough(plan, threads=threads)
    check_memory(plan, workers)
    store = None
    try:
        store = create(layout_of(plan), out, overwrite=overwrite)
        recall = Recall.of(plan, recalled_values(plan))
        statistics = _simulate(plan, store, workers, progress, recall)
        fill_prices(plan, statistics, workers, recall)
        return store.complete(statistics, tables=_achieved_correlations(plan))
    except BaseException:
        if store is not None:
            store.abort()
        raise


def is_cold() -> bool:
    """Whether the kernels must first be compiled on this machine (about a minute, once)."""
    from simcore.kernels import jit

    return jit.is_cold("simulate.run_blocks")


def prepare(plan: Plan) -> None:
    """Load or compile the kernels, in this thread, where an interrupt ends it at once."""
    from simcore.running.reduction import rehearse

    rehearse(plan, Request(plan.cells[0].node, (), plan.years[0]))


def _simulate(
    plan: Plan, store: Store, workers: int, progress: Progress | None, recall: Recall
) -> dict[str, np.ndarray]:
    from simcore.running.reduction import reduce

    statistics = _empty_statistics(plan, store.layout)
    by_view = counts_by_view(plan)
    _leave_undefined(plan, store)
    items = items_of(plan)
    total, done = rows_of(items), 0
    writing: list[Future[None]] = []
    # One thread more, so that draws are written while the next tile is computed.
    with ThreadPoolExecutor(max_workers=workers) as pool, ThreadPoolExecutor(1) as writer:
        try:
            for tile in tiles_of(plan, items, workers):
                rows = rows_of(tile)

                def tell(share: float, rows: int = rows, done: int = done) -> None:
                    if progress is not None:
                        progress(int(plan.draws * (done + share * rows)), plan.draws * total)

                into = _places(plan, tile, store)
                reduced = reduce(plan, tile, pool, workers, tell, into=into, recall=recall)
                done += rows
                # One tile's draws wait to be written at a time, or memory would fill up.
                for one in writing:
                    one.result()
                _scatter(plan, tile, reduced, statistics, by_view)
                writing = [writer.submit(_write, plan, tile, reduced, store)]
            for one in writing:
                one.result()
        except BaseException:
            for one in writing:
                one.cancel()
            raise
    _central_waterfall(plan, statistics)
    return statistics


def _places(plan: Plan, tile: list[Item], store: Store) -> tuple[np.ndarray, list[int]] | None:
    """Where the kept draws of a tile belong, if the run is in memory and each has a place."""
    if store.rows is None:
        return None
    first = []
    for item in tile:
        if item.is_kept:
            cells = [("input", (item.factor,))] if item.factor >= 0 else [
                (one.variable, one.index)
                for one in item.cells if one.variable in plan.experiment.keep
            ]  # fmt: skip
            first.append(store.row_of(*cells[0]))
    return None if -1 in first else (store.rows, first)


def _write(plan: Plan, tile: list[Item], reduced: Reduced, store: Store) -> None:
    """Hand the kept draws of a tile to the store."""
    first = iter(reduced.kept_at)
    for item in tile:
        if not item.is_kept:
            continue
        at = next(first)
        draws = reduced.kept[at : at + item.request.rows]
        if item.factor >= 0:
            store.write("input", (item.factor,), draws[0])
        for one in item.cells:
            if one.variable in plan.experiment.keep:
                part = draws if has_years(one.variable) else draws[0]
                store.write(one.variable, one.index, part)


def _scatter(
    plan: Plan, tile: list[Item], reduced: Reduced, statistics: dict[str, np.ndarray],
    by_view: dict[int, np.ndarray],
) -> None:  # fmt: skip
    """Write the statistics of each row wherever its cells stand."""
    draws = plan.draws
    with np.errstate(divide="ignore", invalid="ignore"):
        numbers = {
            "central": reduced.central,
            "mean": reduced.mean,
            "standard_error": reduced.standard_error,
            "positive": reduced.positive.sum(axis=0) / draws,
            "defined": reduced.count.sum(axis=0) / draws,
            "quantile": reduced.quantile,
            "quantile_low": reduced.low,
            "quantile_high": reduced.high,
        }
    at = 0
    for item in tile:
        rows = slice(at, at + item.request.rows)
        at += item.request.rows
        if item.factor >= 0:
            statistics["input_mean"][item.factor] = reduced.mean[rows][0]
            spread = np.sqrt(reduced.variance[rows][0])
            statistics["input_sd"][item.factor] = spread if draws > 1 else 0.0
            statistics["input_central"][item.factor] = reduced.central[rows][0]
        for cell in item.cells:
            kind = OUTCOMES[cell.variable].kind
            if kind == "category":
                routes = len(plan.coords["route"])
                found = {"probability": reduced.categories[rows, :routes] / draws}
            elif kind == "conditional":
                found = share_in_view(plan, cell, reduced.categories[rows], by_view)
            elif is_apart(cell):
                continue  # only its draws are kept here
            elif kind == "indicator":
                yes = reduced.positive[:, rows]
                if reduced_node(plan, cell) != cell.node:
                    yes = reduced.count[:, rows] - yes
                found = _share(np.where(reduced.known[rows], yes, np.nan), reduced.taken)
            else:
                found = {name: one[rows] for name, one in numbers.items()}
            for name, values in found.items():
                target = statistics.get(f"{cell.variable}_{name}")
                if target is not None:
                    target[cell.index] = values if has_years(cell.variable) else values[0]


def _share(yes: np.ndarray, taken: np.ndarray) -> dict[str, np.ndarray]:
    """Share of the draws in which an indicator is 1, and its standard error."""
    from simcore.running.reduction import spread_of_replicates

    draws = taken.sum()
    share = yes.sum(axis=0) / draws
    spread = spread_of_replicates(yes, np.broadcast_to(taken[:, None], yes.shape))
    with np.errstate(divide="ignore", invalid="ignore"):
        single = np.sqrt(share * (1.0 - share) / (draws - 1.0))
    return {"mean": share, "standard_error": np.where(np.isnan(spread), single, spread)}


def _empty_statistics(plan: Plan, layout: Layout) -> dict[str, np.ndarray]:
    from simcore.dataset import statistics_of

    return {
        name: np.full([layout.length(dim) for dim in dims], np.nan)
        for name, dims in statistics_of(layout).items()
    }


def _leave_undefined(plan: Plan, store: Store) -> None:
    """Tell the store which kept cells no one computes (the reference route has no premium)."""
    for name in plan.experiment.keep:
        if name == "inputs":
            continue
        dims = [dim for dim in OUTCOMES[name].dims if dim != "year"]
        computed = {one.index for one in plan.cells if one.variable == name}
        for index in np.ndindex(*(len(plan.coords[dim]) for dim in dims)):
            if index not in computed:
                store.leave(name, index)


def _achieved_correlations(plan: Plan) -> Mapping[str, Table]:
    """Rank correlations of the inputs asked for, as requested, as used and as drawn."""
    from simcore.analysis.correlation import correlation_tables
    from simcore.kernels.simulate import simulate

    node = {one.name: one.node for one in plan.inputs}
    names = [name for name in plan.factors.names if name in node]
    if len(names) < 2:
        return {}
    chosen = [plan.factors.names.index(name) for name in names]
    requests = [Request(node[name], (), static=True) for name in names]
    # Draws are addressed, so that the first ones are those of the run.
    drawn = np.empty((len(names), min(plan.draws, _CORRELATED)))
    simulate(*compile_program(plan, requests), 0, drawn.shape[1], False, drawn)
    square = np.ix_(chosen, chosen)
    return correlation_tables(
        names, plan.factors.requested[square], plan.factors.used[square], drawn
    )


def _central_waterfall(plan: Plan, statistics: dict[str, np.ndarray]) -> None:
    from simcore.kernels.simulate import simulate

    years = tuple(plan.years)
    groups = list(unique_values(plan.waterfall).items())
    if not groups:
        return
    requests = [Request(node, years, first) for (node, first), _ in groups]
    values = np.empty((sum(one.rows for one in requests), 1))
    simulate(*compile_program(plan, requests), 0, 1, True, values)
    target = statistics["waterfall_central"]
    for position, (_, cells) in enumerate(groups):
        part = values[position * len(years) : (position + 1) * len(years), 0] * currency_rate(plan)
        for one in cells:
            target[one.index] = part
