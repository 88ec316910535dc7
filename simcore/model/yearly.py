"""Quantities of a route by year, as nodes: linear between their dates, held outside them."""

from __future__ import annotations

from typing import Any

import numpy as np

from simcore.intake.stated import dated
from simcore.model.policies import series
from simcore.model.scene import Scene, quantity
from simcore.numerics.elementary import interpolated
from simcore.quantities import ByYear


def yearly_quantity(scene: Scene, name: str, value: Any, target: str) -> int:
    """Node of a quantity that may be a table by year, whose dates share the draw of `name`.

    value[t] = sum over dates of weight[date, t] * Q_date(u): one uniform u for all dates, so that
    the quantiles of a year between two dates are the means of theirs, with the same weights.
    """
    if not isinstance(value, ByYear):
        return quantity(scene, name, value, target)
    graph, entries = scene.graph, dated(value)
    dates, factor = list(entries), value.factor or name
    known = np.zeros(len(scene.horizon))
    uncertain = []
    for position, (date, entry) in enumerate(entries.items()):
        weight = interpolated(scene.horizon, dates, np.eye(len(dates))[position])
        if not weight.any():
            continue
        entry = entry.model_copy(update={"factor": factor})
        node = quantity(scene, factor, entry, target, label=f"{factor} ({date})")
        found = graph.nodes[node]
        if found.operation is None:
            known = known + weight * found.numbers[0]
        else:
            share = series(scene, weight)
            uncertain.append(node if graph.is_constant(share, 1.0) else graph.product(node, share))
    return graph.total([series(scene, known), *uncertain])
