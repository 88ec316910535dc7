"""Statistics over the draws of one view, which the passes over all draws do not give.

Those count among all draws of a row; a view has its own number of draws. Prices by view are few
rows, so that their draws are simulated once more and divided; how often something holds in a view
is a count by view of the draws in which it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.operations import BLOCK
from simcore.plan import Cell, Plan, currency_rate
from simcore.running.program import Recall, Request, compile_program
from simcore.running.tiles import collected_values, is_apart
from simcore.variables import INTERVAL_LEVEL, OUTCOMES, QUANTILES

Floats = NDArray[np.float64]


def counts_by_view(plan: Plan) -> dict[int, Floats]:
    """Draws of each view of the coordinate `view`, by the node that holds each draw's view."""
    nodes = {
        plan.graph.nodes[one.node].inputs[1]
        for one in plan.cells if OUTCOMES[one.variable].kind == "conditional"
    }  # fmt: skip
    if not nodes:
        return {}
    order = sorted(nodes)
    values = _simulated(plan, [Request(one, (), static=True) for one in order], 1)
    views = len(plan.coords["view"])
    return {
        node: np.bincount(line.astype(int), minlength=views).astype(float)
        for node, line in zip(order, values, strict=True)
    }


def share_in_view(
    plan: Plan, cell: Cell, categories: NDArray[np.int64], counts: dict[int, Floats]
) -> dict[str, Floats]:
    """Mean, its standard error and the share of draws of a `conditional` outcome, by year.

    Parameters
    ----------
    plan : Plan
    cell : Cell
    categories : ndarray, shape (years, categories)
        Draws in which it holds, by view.
    counts : dict
        As from `counts_by_view`.
    """
    view = dict(zip(_dims(cell), cell.index, strict=True))["view"]
    drawn = counts[plan.graph.nodes[cell.node].inputs[1]][view]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = categories[:, view] / drawn
        error = np.sqrt(mean * (1.0 - mean) / (drawn - 1.0))
    known = np.asarray(plan.years) >= cell.first_year
    share = np.full(len(mean), drawn / plan.draws)
    every = {"mean": mean, "standard_error": error, "defined": share}
    return {
        name: np.where(known, one, 0.0 if name == "defined" else np.nan)
        for name, one in every.items()
    }


def fill_prices(plan: Plan, statistics: dict[str, Floats], workers: int, recall: Recall) -> None:
    """Write all statistics of the prices by view.

    Parameters
    ----------
    plan : Plan
    statistics : dict of str to ndarray
        Arrays such as `carbon_price_by_view_quantile`, by name; written.
    workers : int
        Threads.
    recall : Recall
        What passes before have made.

    Notes
    -----
    An interval is that of independent draws, whatever the design.
    """
    cells = [one for one in plan.cells if is_apart(one)]
    if not cells:
        return
    made = _ordered(plan.graph.nodes[one.node].inputs[0] for one in cells)
    choices = _ordered(plan.graph.nodes[one.node].inputs[1] for one in cells)
    drawn = dict(zip(
        choices, _simulated(plan, [Request(one, (), static=True) for one in choices], 1),
        strict=True,
    ))  # fmt: skip
    years = list(plan.years)
    step = max(1, collected_values(plan) // (2 * len(made) * max(plan.draws, 1)))
    for first in range(0, len(years), step):
        some = tuple(years[first : first + step])
        requests = [Request(one, some, years[0]) for one in made]
        values = _simulated(plan, requests, workers, recall=recall)
        values = values.reshape(len(made), len(some), -1)
        masked = [Request(one.node, some, years[0]) for one in cells]
        central = _simulated(plan, masked, 1, central=True).reshape(len(cells), len(some))
        at = slice(first, first + len(some))

        for cell, line in zip(cells, central, strict=True):
            node = plan.graph.nodes[cell.node]
            place, inside = made.index(node.inputs[0]), drawn[node.inputs[1]] == node.numbers[0]
            rate = currency_rate(plan) if OUTCOMES[cell.variable].is_money else 1.0
            for name, one in _of_draws(values[place][:, inside] * rate, plan.draws).items():
                statistics[f"{cell.variable}_{name}"][cell.index][at] = one
            statistics[f"{cell.variable}_central"][cell.index][at] = line * rate


def _of_draws(values: Floats, draws: int) -> dict[str, Floats]:
    """Statistics of rows of draws of one view, by name."""
    from simcore.kernels.quantiles import quantiles_of_rows
    from simcore.kernels.select import quantile_ranks

    rows, count = values.shape
    found = {"defined": np.full(rows, count / draws)}
    if count == 0:
        return found
    quantiles = [np.full((rows, len(QUANTILES)), np.nan) for _ in range(3)]
    ranks = quantile_ranks(count, QUANTILES, INTERVAL_LEVEL, replicates=1)
    quantiles_of_rows(np.ascontiguousarray(values), ranks, *quantiles, np.arange(rows))
    sd = values.std(axis=1, ddof=1) if count > 1 else np.full(rows, np.nan)
    return found | {
        "mean": values.mean(axis=1),
        "standard_error": sd / count**0.5,
        "positive": (values > 0).sum(axis=1) / draws,
        **dict(zip(("quantile", "quantile_low", "quantile_high"), quantiles, strict=True)),
    }


def _simulated(
    plan: Plan, requests: Sequence[Request], workers: int, *, central: bool = False,
    recall: Recall | None = None,
) -> Floats:  # fmt: skip
    """Draws of some rows, shape (rows, draws); the central case alone."""
    from simcore.kernels.simulate import simulate

    program, outputs = compile_program(plan, requests, recall=recall)
    draws = 1 if central else plan.draws
    values = np.empty((len(outputs), draws))
    share = -(-draws // (BLOCK * workers)) * BLOCK

    def work(first: int) -> None:
        part = np.empty((len(outputs), min(share, draws - first)))
        simulate(program, outputs, first, part.shape[1], central, part)
        values[:, first : first + part.shape[1]] = part

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(0, draws, share)))
    return values


def _ordered(nodes: Iterable[int]) -> list[int]:
    return sorted(set(nodes))


def _dims(cell: Cell) -> list[str]:
    return [dim for dim in OUTCOMES[cell.variable].dims if dim != "year"]
