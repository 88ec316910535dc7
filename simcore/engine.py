"""Run a Plan: tiles of cells, ranges of draws on threads, summaries and kept draws.

A tile holds all draws of some cells, as many as the memory budget allows; so every quantile is
exact and memory stays bounded. Random numbers are addressed by draw, so tiles, ranges and threads
change no bit of the result.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.dataset import Finished, Layout, Store, create
from simcore.describe import layout_of
from simcore.kernels.operations import BLOCK
from simcore.plan import Cell, Plan, currency_rate, has_years, unique_values
from simcore.program import Request, cut
from simcore.tiles import Item, budget_rows, check_memory, items_of, padded, rows_of, tiles_of
from simcore.variables import INTERVAL_LEVEL, OUTCOMES, QUANTILES

if TYPE_CHECKING:
    import xarray as xr


Progress = Callable[[int, int], None]


_RANGE: Final = 16 * BLOCK
"""Most draws that a thread takes at a time."""


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
    check_memory(plan)
    prepare(plan)
    store = None
    try:
        store = create(layout_of(plan), out, overwrite=overwrite)
        statistics = _simulate(plan, store, threads or os.cpu_count() or 1, progress)
        return store.complete(statistics)
    except BaseException:
        if store is not None:
            store.abort()
        raise


def is_cold() -> bool:
    """Whether the kernels must first be compiled on this machine (half a minute, once)."""
    from simcore.kernels.jit import cache_directory

    folder = cache_directory()
    return folder is None or not any(folder.rglob("simulate.simulate-*.nbi"))


def prepare(plan: Plan) -> None:
    """Load or compile the kernels, in this thread, where an interrupt ends it at once."""
    from simcore.kernels.reduce import moments_of_rows, shares_of_rows, summarise_rows
    from simcore.kernels.select import quantile_ranks
    from simcore.kernels.simulate import simulate

    out = np.empty((1, BLOCK))
    first = Request(plan.cells[0].node, (), plan.years[0])
    simulate(cut(plan, [first]), 0, BLOCK, 0, True, out)
    ranks = quantile_ranks(BLOCK, probabilities=QUANTILES, level=INTERVAL_LEVEL)
    values = np.zeros((2, BLOCK))
    summarise_rows(
        values, BLOCK, ranks, np.empty((2, 4)), *(np.empty((2, len(QUANTILES))) for _ in range(3))
    )
    moments_of_rows(values, BLOCK, np.empty((2, 4)))
    shares_of_rows(values, BLOCK, np.empty((2, 1)))


def _simulate(
    plan: Plan, store: Store, threads: int, progress: Progress | None
) -> dict[str, np.ndarray]:
    from simcore.kernels.select import quantile_ranks

    statistics = _empty_statistics(plan, store.layout)
    _leave_undefined(plan, store)
    budget = max(budget_rows(plan), 1)
    items = items_of(plan, budget)
    total, done = rows_of(items), 0
    ranks = quantile_ranks(plan.draws, probabilities=QUANTILES, level=INTERVAL_LEVEL)
    tiles = list(tiles_of(items, budget))
    # One buffer for all tiles: the system hands out fresh memory slowly.
    room = np.empty((max(rows_of(tile) for tile in tiles), padded(plan.draws)))
    with ThreadPoolExecutor(max_workers=threads) as pool:
        for tile in tiles:
            rows = rows_of(tile)

            def tell(share: float, rows: int = rows, done: int = done) -> None:
                if progress is not None:
                    progress(int(plan.draws * (done + share * rows)), plan.draws * total)

            _run_tile(plan, tile, room[:rows], pool, threads, store, statistics, ranks, tell)
            done += rows
            tell(0.0, 0, done)
    _central_waterfall(plan, statistics)
    return statistics


def _run_tile(
    plan: Plan,
    tile: list[Item],
    out: np.ndarray,
    pool: ThreadPoolExecutor,
    threads: int,
    store: Store,
    statistics: dict[str, np.ndarray],
    ranks: Any,
    tell: Callable[..., None],
) -> None:
    from simcore.kernels.simulate import simulate

    program = cut(plan, [item.request for item in tile])
    rows, columns = out.shape
    share = min(_RANGE, padded(-(-columns // threads)))
    ranges = [(first, min(share, columns - first)) for first in range(0, columns, share)]
    work = [
        pool.submit(simulate, program, first, count, first, False, out) for first, count in ranges
    ]
    _wait(work, lambda share: tell(0.7 * share))
    central = np.empty((rows, BLOCK))
    simulate(program, 0, BLOCK, 0, True, central)
    offsets = np.cumsum([0, *(item.request.rows for item in tile)])
    work = [
        pool.submit(
            _finish_item,
            plan,
            item,
            out[at : at + item.request.rows],
            central[at : at + item.request.rows, 0],
            store,
            statistics,
            ranks,
        )
        for item, at in zip(tile, offsets[:-1], strict=True)
    ]
    _wait(work, lambda share: tell(0.7 + 0.3 * share))


def _wait(work: list[Any], tell: Callable[[float], None]) -> None:
    """Wait for all work; the first failure cancels what has not begun."""
    try:
        for position, one in enumerate(work):
            one.result()
            tell((position + 1) / len(work))
    except BaseException:
        for one in work:
            one.cancel()
        raise


def _finish_item(
    plan: Plan,
    item: Item,
    values: np.ndarray,
    central: np.ndarray,
    store: Store,
    statistics: dict[str, np.ndarray],
    ranks: Any,
) -> None:
    """Summarise the rows of an item and hand its draws to the store."""
    if item.factor >= 0:
        drawn = values[0, : plan.draws]
        statistics["input_mean"][item.factor] = drawn.mean()
        statistics["input_sd"][item.factor] = drawn.std(ddof=1) if plan.draws > 1 else 0.0
        statistics["input_central"][item.factor] = central[0]
        if "inputs" in plan.experiment.keep:
            store.write("input", (item.factor,), drawn)
        return
    variables = {one.variable for one in item.cells}
    rate = currency_rate(plan) if any(OUTCOMES[name].is_money for name in variables) else 1.0
    if rate != 1.0:
        values *= rate
        central = central * rate
    for kind in {OUTCOMES[name].kind for name in variables}:
        cells = [one for one in item.cells if OUTCOMES[one.variable].kind == kind]
        _summarise(plan, cells, item, values, central, statistics, ranks)
    kept = [one for one in item.cells if one.variable in plan.experiment.keep]
    for one in kept:
        draws = values[:, : plan.draws]
        store.write(one.variable, one.index, draws if has_years(one.variable) else draws[0])


def _summarise(
    plan: Plan,
    cells: list[Cell],
    item: Item,
    values: np.ndarray,
    central: np.ndarray,
    statistics: dict[str, np.ndarray],
    ranks: Any,
) -> None:
    """Summarise each row once and write the result wherever its cells stand."""
    from simcore.kernels.reduce import shares_of_rows

    if OUTCOMES[cells[0].variable].kind == "category":
        found = {"probability": np.empty((len(values), len(plan.coords["route"])))}
        shares_of_rows(values, plan.draws, found["probability"])
    else:
        found = _row_statistics(
            values, plan.draws, ranks, OUTCOMES[cells[0].variable].kind == "indicator"
        )
        found["central"] = central
    for one in cells:
        for name, numbers in found.items():
            target = statistics.get(f"{one.variable}_{name}")
            if target is None:
                continue
            if has_years(one.variable):
                target[one.index][item.first : item.first + len(numbers)] = numbers
            else:
                target[one.index] = numbers[0]


def _row_statistics(
    values: np.ndarray, draws: int, ranks: Any, indicator: bool
) -> dict[str, np.ndarray]:
    """Statistics of each row by name; quantiles only where the values are not just 0 and 1."""
    from simcore.kernels.reduce import moments_of_rows, summarise_rows

    rows = len(values)
    moment = np.empty((rows, 4))
    quantile, low, high = (np.empty((rows, len(QUANTILES))) for _ in range(3))
    if indicator:
        moments_of_rows(values, draws, moment)
    else:
        summarise_rows(values, draws, ranks, moment, quantile, low, high)
    defined, mean, variance, positive = moment.T
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(variance / defined)
    found = {
        "mean": mean,
        "standard_error": error,
        "positive": positive,
        "defined": defined / draws,
    }
    if not indicator:
        found |= {"quantile": quantile, "quantile_low": low, "quantile_high": high}
    return found


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


def _central_waterfall(plan: Plan, statistics: dict[str, np.ndarray]) -> None:
    from simcore.kernels.simulate import simulate

    years = tuple(plan.years)
    groups = list(unique_values(plan.waterfall).items())
    if not groups:
        return
    requests = [Request(node, years, first) for (node, first), _ in groups]
    values = np.empty((sum(one.rows for one in requests), BLOCK))
    simulate(cut(plan, requests), 0, BLOCK, 0, True, values)
    target = statistics["waterfall_central"]
    for position, (_, cells) in enumerate(groups):
        part = values[position * len(years) : (position + 1) * len(years), 0] * currency_rate(plan)
        for one in cells:
            target[one.index] = part
