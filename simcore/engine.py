"""Run a Plan: tiles of cells, ranges of draws on threads, summaries and kept draws.

A tile holds all draws of some cells, as many as the memory budget allows; so every quantile is
exact and memory stays bounded. Random numbers are addressed by draw, so tiles, ranges and threads
change no bit of the result.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.dataset import Layout, Store, create, stored_bytes
from simcore.errors import ConfigError, Fault
from simcore.kernels.operations import BLOCK
from simcore.plan import Cell, Plan, has_years, nominal_size, unique_values
from simcore.program import Request, cut
from simcore.variables import INTERVAL_LEVEL, OUTCOMES, QUANTILES

if TYPE_CHECKING:
    import xarray as xr

Progress = Callable[[int, int], None]

_RANGE: Final = 16 * BLOCK
"""Most draws that a thread takes at a time."""
_OVERHEAD: Final = 330.0
"""Memory of the process without any draws, MB (interpreter, compiled code, libraries)."""
_SMALLEST: Final = 48.0
"""Smallest room for a tile, MB."""
_SECONDS: Final = {"operation": 2.2e-9, "row": 5e-9, "stored": 3e-9}
"""Rough time per value, for the estimate of --dry-run only."""


@dataclass(frozen=True)
class Item:
    """Some years of cells that coincide: one request, summarised once.

    Attributes
    ----------
    cells : tuple of Cell
        Where the result goes; empty for an input.
    request : Request
    first : int
        Position of the first of its years in the horizon.
    factor : int
        Position of the input; -1 for a cell.
    """

    cells: tuple[Cell, ...]
    request: Request
    first: int = 0
    factor: int = -1


def layout_of(plan: Plan) -> Layout:
    """Describe the dataset of a run."""
    experiment = plan.experiment
    outcomes = (*[name for name in experiment.outcomes if name != "waterfall"], "waterfall")
    return Layout(
        coords=_used_coords(plan, outcomes), outcomes=outcomes, kept=tuple(experiment.keep),
        draws=experiment.draws, dtype=experiment.dtype, currency=experiment.currency,
        price_year=experiment.money.base_year, attrs=_attrs(plan),
        extra_coords={
            "commodity_unit": ("commodity", plan.commodity_units),
            "factor_unit": ("factor", tuple(one.unit for one in plan.inputs)),
            "factor_status": ("factor", tuple(one.status for one in plan.inputs)),
            "factor_source": ("factor", tuple(one.source for one in plan.inputs)),
        },
    )


def _used_coords(plan: Plan, outcomes: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    dims = {dim for name in outcomes for dim in OUTCOMES[name].dims} | {"factor", "route", "year"}
    return {name: labels for name, labels in plan.coords.items() if name in dims and labels}


def _attrs(plan: Plan) -> dict[str, str | int | float]:
    experiment = plan.experiment
    keys, assumed = _provenance(plan.spec.resolved())
    return {
        "title": experiment.title or experiment.name,
        "source": "simcore Monte Carlo simulation of the green premium",
        "history": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} simcore run",
        "config": plan.resolved_yaml,
        "config_sha256": plan.digest,
        "seed": experiment.seed,
        "sampler": "threefry2x64-20 addressed by (seed, factor, draw, step); random design",
        "sources": json.dumps(keys),
        "assumed": json.dumps(assumed),
        "correlations": json.dumps({
            kind: {"names": list(dep.names), "requested": dep.requested.round(6).tolist(),
                   "used": dep.used.round(6).tolist()}
            for kind, dep in (("factors", plan.factors), ("shocks", plan.shocks))
        }),
    }


def _provenance(config: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Sources named anywhere in a config, and the paths of the values marked assumed."""
    sources: set[str] = set()
    assumed: list[str] = []

    def visit(node: Any, path: str) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("source"), str):
                sources.add(node["source"])
            if node.get("status") == "assumed":
                assumed.append(path)
            for key, value in node.items():
                visit(value, f"{path}.{key}" if path else str(key))
        elif isinstance(node, list):
            for position, value in enumerate(node):
                visit(value, f"{path}.{position}")

    visit(config, "")
    return sorted(sources), assumed


# --- tiles ---------------------------------------------------------------------------------------


def _padded(draws: int) -> int:
    return -(-draws // BLOCK) * BLOCK


def _budget_rows(plan: Plan) -> int:
    """Output rows of float64 that fit the memory budget at a time."""
    room = max(plan.experiment.memory - _OVERHEAD, _SMALLEST) * 1e6
    return int(room // (8 * _padded(plan.draws)))


def _items(plan: Plan, budget: int) -> list[Item]:
    """All rows of the run in an order in which neighbours share most of what they need."""
    items = [
        Item((), Request(one.node, (), static=True), factor=position)
        for position, one in enumerate(plan.inputs)
    ]
    kept = set(plan.experiment.keep)
    cells = tuple(one for one in plan.cells if one.variable != "waterfall" or "waterfall" in kept)
    years = tuple(plan.years)
    groups = sorted(unique_values(cells).items(), key=lambda pair: _neighbourhood(pair[1][0]))
    for (node, first_year), group in groups:
        split = [*{has_years(one.variable): None for one in group}]
        for yearly in split:
            part = tuple(one for one in group if has_years(one.variable) == yearly)
            if not yearly:
                items.append(Item(part, Request(node, (), first_year)))
                continue
            whole = any(one.variable in kept for one in part)
            step = len(years) if whole else max(1, min(len(years), budget))
            for first in range(0, len(years), step):
                items.append(Item(part, Request(node, years[first:first + step], first_year), first))
    return items


def _neighbourhood(cell: Cell) -> tuple[Any, ...]:
    dims = [dim for dim in OUTCOMES[cell.variable].dims if dim != "year"]
    place = dict(zip(dims, cell.index, strict=True))
    return tuple(place.get(dim, -1) for dim in ("region", "route", "scenario", "destination"))


def _tiles(items: Sequence[Item], budget: int) -> Iterator[list[Item]]:
    tile: list[Item] = []
    rows = 0
    for item in items:
        if tile and rows + item.request.rows > budget:
            yield tile
            tile, rows = [], 0
        tile.append(item)
        rows += item.request.rows
    if tile:
        yield tile


def _rows(items: Sequence[Item]) -> int:
    return sum(item.request.rows for item in items)


# --- what a run needs ----------------------------------------------------------------------------


def estimate(plan: Plan, *, threads: int | None = None) -> dict[str, Any]:
    """Shapes, memory, disk and time of a run, without running it.

    Returns
    -------
    dict
        shapes (dims and sizes of the kept draws), memory_mb, disk_mb, seconds, rows, tiles.
    """
    layout, workers = layout_of(plan), threads or os.cpu_count() or 1
    items = _items(plan, _budget_rows(plan))
    tiles = list(_tiles(items, max(_budget_rows(plan), 1)))
    rows = max(_rows(tile) for tile in tiles)
    memory = _OVERHEAD + rows * 8 * _padded(plan.draws) / 1e6
    memory += workers * _kept_row_bytes(plan) / 1e6
    operations = sum(
        len(cut(plan, [item.request for item in tile]).yearly.code) * len(plan.years)
        for tile in tiles
    )
    seconds = plan.draws * (
        operations * _SECONDS["operation"] + nominal_size(plan) * _SECONDS["row"]
    ) / workers + stored_bytes(layout) / 4 * _SECONDS["stored"] + 1.5
    shapes = {"draws": (plan.draws,), "rows": (nominal_size(plan),), "inputs": (len(plan.inputs),)}
    for name in layout.kept:
        dims = ("factor",) if name == "inputs" else OUTCOMES[name].dims
        shapes[name] = (*(layout.length(dim) for dim in dims), plan.draws)
    return {
        "shapes": shapes, "memory_mb": round(memory, 1),
        "disk_mb": round(stored_bytes(layout) / 1e6, 1), "seconds": round(seconds, 1),
        "rows": nominal_size(plan), "tiles": len(tiles),
    }


def _kept_row_bytes(plan: Plan) -> float:
    return 4.0 * len(plan.years) * plan.draws if plan.experiment.keep else 0.0


def check_memory(plan: Plan) -> None:
    """Refuse a run whose smallest tile exceeds the budget.

    Raises
    ------
    ConfigError
    """
    kept = [name for name in plan.experiment.keep if name != "inputs"]
    rows = len(plan.years) if any(has_years(name) for name in kept) else 1
    needed = rows * 8 * _padded(plan.draws) / 1e6
    room = max(plan.experiment.memory - _OVERHEAD, _SMALLEST)
    if needed > room:
        raise ConfigError([plan.spec.fault(
            ("draws",),
            found=f"{plan.draws:,} draws, which need {needed + _OVERHEAD:,.0f} MB",
            expected=f"a run within memory: {plan.experiment.memory:,.0f} MB",
            remedy="lower draws, raise memory" + (", or keep: []" if kept else ""),
        )])


# --- the run -------------------------------------------------------------------------------------


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
    check_memory(plan)
    prepare(plan)
    store = None
    try:
        store = create(layout_of(plan), out, overwrite=overwrite)
        statistics = _simulate(plan, store, threads or os.cpu_count() or 1, progress)
        return store.finish(statistics)
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
    summarise_rows(values, BLOCK, ranks, np.empty((2, 4)), *(np.empty((2, len(QUANTILES))) for _ in range(3)))
    moments_of_rows(values, BLOCK, np.empty((2, 4)))
    shares_of_rows(values, BLOCK, np.empty((2, 1)))


def _simulate(
    plan: Plan, store: Store, threads: int, progress: Progress | None
) -> dict[str, np.ndarray]:
    from simcore.kernels.select import quantile_ranks

    statistics = _empty_statistics(plan, store.layout)
    _leave_undefined(plan, store)
    budget = max(_budget_rows(plan), 1)
    items = _items(plan, budget)
    total, done = _rows(items), 0
    ranks = quantile_ranks(plan.draws, probabilities=QUANTILES, level=INTERVAL_LEVEL)
    tiles = list(_tiles(items, budget))
    # One buffer for all tiles: the system hands out fresh memory slowly.
    room = np.empty((max(_rows(tile) for tile in tiles), _padded(plan.draws)))
    with ThreadPoolExecutor(max_workers=threads) as pool:
        for tile in tiles:
            rows = _rows(tile)

            def tell(share: float, rows: int = rows, done: int = done) -> None:
                if progress is not None:
                    progress(int(plan.draws * (done + share * rows)), plan.draws * total)

            _run_tile(plan, tile, room[:rows], pool, threads, store, statistics, ranks, tell)
            done += rows
            tell(0.0, 0, done)
    _central_waterfall(plan, statistics)
    return statistics


def _run_tile(
    plan: Plan, tile: list[Item], out: np.ndarray, pool: ThreadPoolExecutor, threads: int, store: Store,
    statistics: dict[str, np.ndarray], ranks: Any, tell: Callable[..., None],
) -> None:
    from simcore.kernels.simulate import simulate

    program = cut(plan, [item.request for item in tile])
    rows, padded = out.shape
    share = min(_RANGE, _padded(-(-padded // threads)))
    ranges = [(first, min(share, padded - first)) for first in range(0, padded, share)]
    work = [pool.submit(simulate, program, first, count, first, False, out)
            for first, count in ranges]
    _wait(work, lambda share: tell(0.7 * share))
    central = np.empty((rows, BLOCK))
    simulate(program, 0, BLOCK, 0, True, central)
    offsets = np.cumsum([0, *(item.request.rows for item in tile)])
    work = [
        pool.submit(_finish_item, plan, item, out[at:at + item.request.rows],
                    central[at:at + item.request.rows, 0], store, statistics, ranks)
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
    plan: Plan, item: Item, values: np.ndarray, central: np.ndarray, store: Store,
    statistics: dict[str, np.ndarray], ranks: Any,
) -> None:
    """Summarise the rows of an item and hand its draws to the store."""
    if item.factor >= 0:
        drawn = values[0, :plan.draws]
        statistics["input_mean"][item.factor] = drawn.mean()
        statistics["input_sd"][item.factor] = drawn.std(ddof=1) if plan.draws > 1 else 0.0
        statistics["input_central"][item.factor] = central[0]
        if "inputs" in plan.experiment.keep:
            store.write("input", (item.factor,), drawn)
        return
    variables = {one.variable for one in item.cells}
    rate = _rate(plan) if any(OUTCOMES[name].is_money for name in variables) else 1.0
    if rate != 1.0:
        values *= rate
        central = central * rate
    for kind in {OUTCOMES[name].kind for name in variables}:
        cells = [one for one in item.cells if OUTCOMES[one.variable].kind == kind]
        _summarise(plan, cells, item, values, central, statistics, ranks)
    kept = [one for one in item.cells if one.variable in plan.experiment.keep]
    for one in kept:
        draws = values[:, :plan.draws]
        store.write(one.variable, one.index, draws if has_years(one.variable) else draws[0])


def _rate(plan: Plan) -> float:
    currency = plan.experiment.currency
    return 1.0 if currency == "EUR" else plan.experiment.money.exchange[currency]


def _summarise(
    plan: Plan, cells: list[Cell], item: Item, values: np.ndarray, central: np.ndarray,
    statistics: dict[str, np.ndarray], ranks: Any,
) -> None:
    """Summarise each row once and write the result wherever its cells stand."""
    from simcore.kernels.reduce import shares_of_rows

    if OUTCOMES[cells[0].variable].kind == "category":
        found = {"probability": np.empty((len(values), len(plan.coords["route"])))}
        shares_of_rows(values, plan.draws, found["probability"])
    else:
        found = _row_statistics(values, plan.draws, ranks, OUTCOMES[cells[0].variable].kind == "indicator")
        found["central"] = central
    for one in cells:
        for name, numbers in found.items():
            target = statistics.get(f"{one.variable}_{name}")
            if target is None:
                continue
            if has_years(one.variable):
                target[one.index][item.first:item.first + len(numbers)] = numbers
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
    found = {"mean": mean, "standard_error": error, "positive": positive,
             "defined": defined / draws}
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
        part = values[position * len(years):(position + 1) * len(years), 0] * _rate(plan)
        for one in cells:
            target[one.index] = part


# --- one draw ------------------------------------------------------------------------------------


def trace(
    plan: Plan, draw: int, *, region: str | None = None, route: str | None = None
) -> list[dict[str, Any]]:
    """Recompute one draw in full.

    Returns
    -------
    list of dict
        One entry per input and per cell: variable, unit, labels of its place, and `values` by
        year (or `value`).

    Raises
    ------
    ConfigError
        The draw, region or route is not part of the run.
    """
    _check_trace(plan, draw, region, route)
    from simcore.kernels.simulate import simulate

    years = tuple(plan.years)
    inputs = [Request(one.node, (), static=True) for one in plan.inputs]
    cells = [one for one in plan.cells if _selected(plan, one, region, route)]
    cells += [one for one in plan.waterfall if _selected(plan, one, region, route)
              and "waterfall" not in plan.experiment.outcomes]
    requests = inputs + [
        Request(one.node, years if has_years(one.variable) else (), one.first_year) for one in cells
    ]
    values = np.empty((sum(one.rows for one in requests), BLOCK))
    simulate(cut(plan, requests), draw // BLOCK * BLOCK, BLOCK, 0, False, values)
    column = values[:, draw % BLOCK]
    found: list[dict[str, Any]] = [
        {"variable": "input", "name": one.name, "unit": one.unit, "value": float(column[position])}
        for position, one in enumerate(plan.inputs)
    ]
    at = len(inputs)
    for one in cells:
        count = len(years) if has_years(one.variable) else 1
        found.append(_traced(plan, one, column[at:at + count]))
        at += count
    return found


def _traced(plan: Plan, cell: Cell, values: np.ndarray) -> dict[str, Any]:
    variable = OUTCOMES[cell.variable]
    dims = [dim for dim in variable.dims if dim != "year"]
    place = {dim: plan.coords[dim][i] for dim, i in zip(dims, cell.index, strict=True)}
    unit = variable.unit.replace("{money}", plan.experiment.currency)
    if cell.variable == "commodity_price":
        unit = f"{plan.experiment.currency}/{plan.commodity_units[cell.index[-1]]}"
    scaled = values * _rate(plan) if variable.is_money else values
    if variable.kind == "category":
        labels = [plan.coords["route"][int(v)] if np.isfinite(v) else None for v in scaled]
        return {"variable": cell.variable, **place, "unit": "route",
                "values": dict(zip(plan.years, labels, strict=True))}
    result: dict[str, Any] = {"variable": cell.variable, **place, "unit": unit}
    if has_years(cell.variable):
        result["values"] = {int(y): float(v) for y, v in zip(plan.years, scaled, strict=True)}
    else:
        result["value"] = float(scaled[0])
    return result


def _selected(plan: Plan, cell: Cell, region: str | None, route: str | None) -> bool:
    dims = [dim for dim in OUTCOMES[cell.variable].dims if dim != "year"]
    place = {dim: plan.coords[dim][i] for dim, i in zip(dims, cell.index, strict=True)}
    return place.get("region", region) == (region or place.get("region")) and place.get(
        "route", route
    ) == (route or place.get("route"))


def _check_trace(plan: Plan, draw: int, region: str | None, route: str | None) -> None:
    faults = []
    if not 0 <= draw < plan.draws:
        faults.append(Fault(where="--draw", found=str(draw), expected=f"0 to {plan.draws - 1}",
                            remedy="draws are numbered from 0"))
    for option, name, known in (("--region", region, plan.coords["region"]),
                                ("--route", route, plan.coords["route"])):
        if name is not None and name not in known:
            faults.append(Fault(where=option, found=name, expected=", ".join(known),
                                remedy="choose one of the run"))
    if faults:
        raise ConfigError(faults)
