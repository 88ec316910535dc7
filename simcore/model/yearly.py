"""Quantities of a route by year, as nodes: linear between their dates, held outside them."""

from __future__ import annotations

from typing import Any

import numpy as np

from simcore.intake.stated import dated
from simcore.model.policies import series
from simcore.model.setting import Setting, quantity
from simcore.quantities import ByYear


def yearly_quantity(setting: Setting, name: str, value: Any, target: str) -> int:
    """Node of a quantity that may be a table by year, whose dates share the draw of `name`.

    value[t] = sum over dates of weight[date, t] * Q_date(u): one uniform u for all dates, so that
    the quantiles of a year between two dates are the means of theirs, with the same weights.
    """
    if not isinstance(value, ByYear):
        return quantity(setting, name, value, target)
    graph, entries = setting.graph, dated(value)
    dates, factor = list(entries), value.factor or name
    known = np.zeros(len(setting.horizon))
    uncertain = []
    for position, (date, entry) in enumerate(entries.items()):
        weight = np.interp(setting.horizon, dates, np.eye(len(dates))[position])
        if not weight.any():
            continue
        entry = entry.model_copy(update={"factor": factor})
        node = quantity(setting, factor, entry, target, label=f"{factor} ({date})")
        found = graph.nodes[node]
        if found.operation is None:
            known = known + weight * found.numbers[0]
        else:
            share = series(setting, weight)
            uncertain.append(node if graph.is_constant(share, 1.0) else graph.product(node, share))
    return graph.total([series(setting, known), *uncertain])
