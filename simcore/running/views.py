"""Statistics over the draws of one view, which the passes over all draws do not give.

Those tell quantiles among all draws of a run; a view has its own number of draws. A price by view
is undefined in the draws of other views, and these sort last: so its rows are reduced with the
ranks of as many draws as the view has, in passes of their own. How often something holds in a view
is told among these draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simcore.plan import Cell, Plan, currency_rate
from simcore.running.executors import on_threads
from simcore.running.items import Item, Need, is_apart, write_statistics
from simcore.running.options import Options, Report
from simcore.running.program import Recall, Request
from simcore.running.reduction import samples
from simcore.statistics import Sample, statistics_from
from simcore.variables import OUTCOMES

Floats = NDArray[np.float64]


def counts_by_view(plan: Plan, threads: int, options: Options) -> dict[int, Floats]:
    """Draws of each view of the coordinate `view`, by the node that holds each draw's view."""
    cells = [one for one in plan.cells if OUTCOMES[one.variable].kind == "conditional"]
    nodes = {plan.graph.nodes[one.node].inputs[1] for one in cells}
    nodes |= {_view_of(plan, one)[0] for one in plan.cells if is_apart(one)}
    items = [Item((), Request(one, (), static=True), Need.CATEGORIES) for one in sorted(nodes)]
    if not items:
        return {}
    views, alone = len(plan.coords["view"]), replace(options, record=None)
    made = samples(plan, on_threads(threads), alone, items=items)
    return {item.request.node: one.categories[0, :views].astype(float) for item, one in made}


def items_by_view(plan: Plan, by_view: dict[int, Floats] | None = None) -> list[Item]:
    """The prices by view, as rows that are undefined in the draws of all other views.

    `by_view` is that of `counts_by_view`; without it, it is not known in how many draws each is
    defined.
    """
    years, items = tuple(plan.years), list[Item]()
    for cell in filter(is_apart, plan.cells):
        choice, number = _view_of(plan, cell)
        item = Item(
            (cell,), Request(cell.node, years, years[0]), Need.QUANTILES,
            currency_rate(plan) if OUTCOMES[cell.variable].is_money else 1.0,
            defined=0 if by_view is None else int(by_view[choice][number]),
        )  # fmt: skip
        items.append(item)
    return items


def _view_of(plan: Plan, cell: Cell) -> tuple[int, int]:
    """Node that holds the view of each draw, and the number of the view, of a price by view."""
    node = plan.graph.nodes[cell.node]
    return node.inputs[1], int(node.numbers[0])


def fill_prices(
    plan: Plan, statistics: dict[str, Floats], items: Sequence[Item], threads: int,
    options: Options, recall: Recall, report: Report,
) -> None:  # fmt: skip
    """Write all statistics of the prices by view.

    The arrays of `statistics` are named as `carbon_price_by_view_quantile`; `recall` holds what
    passes before have made, `items` are those of `items_by_view`. An interval is that of
    independent draws, whatever the design.
    """
    if not items:
        return
    alone, threaded = replace(options, record=None), on_threads(threads)
    made = samples(plan, threaded, alone, items=items, recall=recall, report=report)
    for item, sample in made:
        (cell,) = item.cells
        found = statistics_from(_independent(plan, cell, sample, item.defined), "number")
        write_statistics(statistics, cell, found)


def _independent(plan: Plan, cell: Cell, sample: Sample, draws: int) -> Sample:
    """A sample of so many draws of a view, with errors as if these were independent."""
    sample = replace(
        sample, taken=np.array([draws]), standard_error=np.sqrt(sample.variance / max(draws, 1)),
        positive=sample.positive if draws else np.full(sample.positive.shape, np.nan),
    )  # fmt: skip
    if plan.drawn[plan.graph.nodes[cell.node].inputs[0]]:
        return sample
    # Which view it is is drawn, but not the price in it.
    return replace(sample, low=sample.quantile, high=sample.quantile)
