"""Statistics over the draws of one view, which the passes over all draws do not give.

Those count among all draws of a row; a view has its own number of draws. Prices by view are few
rows, so that their draws are simulated once more and divided; how often something holds in a view
is a count by view of the draws in which it does.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simcore.numerics.elementary import mean_of, total
from simcore.plan import Plan, currency_rate
from simcore.running.items import is_apart, write_statistics
from simcore.running.options import Options
from simcore.running.program import Recall, Request
from simcore.running.rows import central_of, draws_of
from simcore.running.tiles import collected_values
from simcore.statistics import Sample, statistics_from
from simcore.variables import INTERVAL_LEVEL, OUTCOMES, QUANTILES

Floats = NDArray[np.float64]


def counts_by_view(plan: Plan) -> dict[int, Floats]:
    """Draws of each view of the coordinate `view`, by the node that holds each draw's view."""
    nodes = sorted({
        plan.graph.nodes[one.node].inputs[1]
        for one in plan.cells if OUTCOMES[one.variable].kind == "conditional"
    })  # fmt: skip
    if not nodes:
        return {}
    values = draws_of(plan, [Request(one, (), static=True) for one in nodes], plan.draws)
    views = len(plan.coords["view"])
    return {
        node: np.bincount(line.astype(int), minlength=views).astype(float)
        for node, line in zip(nodes, values, strict=True)
    }


def fill_prices(
    plan: Plan, statistics: dict[str, Floats], threads: int, options: Options, recall: Recall
) -> None:
    """Write all statistics of the prices by view.

    The arrays of `statistics` are named as `carbon_price_by_view_quantile`; `recall` holds what
    passes before have made. An interval is that of independent draws, whatever the design.
    """
    cells = [one for one in plan.cells if is_apart(one)]
    if not cells:
        return
    pairs = [plan.graph.nodes[one.node].inputs for one in cells]
    made, choices = sorted({one[0] for one in pairs}), sorted({one[1] for one in pairs})
    views = draws_of(plan, [Request(one, (), static=True) for one in choices], plan.draws)
    drawn = dict(zip(choices, views, strict=True))
    years = list(plan.years)
    most = collected_values(plan, options) // (2 * len(made) * max(plan.draws, 1))
    step = max(1, most)
    for first in range(0, len(years), step):
        some = tuple(years[first : first + step])
        requests = [Request(one, some, years[0]) for one in made]
        values = draws_of(plan, requests, plan.draws, threads=threads, recall=recall)
        values = values.reshape(len(made), len(some), -1)
        masked = [Request(one.node, some, years[0]) for one in cells]
        central = central_of(plan, masked).reshape(len(cells), len(some))
        for cell, line in zip(cells, central, strict=True):
            node = plan.graph.nodes[cell.node]
            place, inside = made.index(node.inputs[0]), drawn[node.inputs[1]] == node.numbers[0]
            rate = currency_rate(plan) if OUTCOMES[cell.variable].is_money else 1.0
            sample = _sample(values[place][:, inside] * rate, line * rate, plan.draws)
            if not plan.drawn[node.inputs[0]]:
                sample = replace(sample, low=sample.quantile, high=sample.quantile)
            found = statistics_from(sample, OUTCOMES[cell.variable].kind)
            write_statistics(statistics, cell, found, slice(first, first + len(some)))


def _sample(values: Floats, central: Floats, draws: int) -> Sample:
    """What the statistics of rows of draws of one view are made of."""
    from simcore.kernels.quantiles import quantiles_of_rows
    from simcore.kernels.ranks import quantile_ranks

    # A mask leaves the rows of a matrix interleaved, and sums would follow how many there are.
    values = np.ascontiguousarray(values)
    rows, count = values.shape
    nothing = np.full(rows, np.nan)
    mean, positive = nothing, nothing
    quantiles = [np.full((rows, len(QUANTILES)), np.nan) for _ in range(3)]
    if count > 0:
        mean, positive = mean_of(values), (values > 0).sum(axis=1)
        ranks = quantile_ranks(count, QUANTILES, INTERVAL_LEVEL, replicates=1)
        quantiles_of_rows(values, ranks, *quantiles, np.arange(rows))
    square = (values - mean[:, None]) * (values - mean[:, None]) if count > 1 else None
    variance = nothing if square is None else total(square) / (count - 1)
    return Sample(
        draws, np.array([count]), np.full(rows, count > 0), central,
        count=np.full((1, rows), count), positive=positive[None], mean=mean, variance=variance,
        standard_error=np.sqrt(variance / max(count, 1)), quantile=quantiles[0], low=quantiles[1],
        high=quantiles[2], categories=np.empty((rows, 0), np.int64),
    )  # fmt: skip
