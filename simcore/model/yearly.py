"""Quantities by year, as nodes: linear between their dates, held outside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from simcore.intake.stated import dated
from simcore.model.policies import series
from simcore.model.scene import Scene, quantity
from simcore.numerics.elementary import interpolated
from simcore.quantities import ByYear


def yearly_quantity(scene: Scene, name: str, value: Any, target: str) -> int:
    """Node of a quantity that may be a table by year, whose dates share the draw of `name`."""
    if not isinstance(value, ByYear):
        return quantity(scene, name, value, target)
    return between_dates(scene, value.factor or name, dated(value), target)


def between_dates(
    scene: Scene, factor: str, table: Mapping[int, Any], target: str, *,
    held_before: bool = True,
) -> int:  # fmt: skip
    """Node of a table of quantities by year, whose dates share the draw of a factor.

    value[t] = sum over dates of weight[date, t] * Q_date(u): one uniform u for all dates, so that
    the quantiles of a year between two dates are the means of theirs, with the same weights.
    Without `held_before` there is nothing before the first date.
    """
    graph, dates = scene.graph, sorted(table)
    known = np.zeros(len(scene.horizon))
    uncertain = []
    for position, date in enumerate(dates):
        weight = interpolated(scene.horizon, dates, np.eye(len(dates))[position])
        if not held_before:
            weight = np.where(scene.horizon < dates[0], 0.0, weight)
        if not weight.any():
            continue
        entry = table[date].model_copy(update={"factor": table[date].factor or factor})
        node = quantity(scene, factor, entry, target, label=f"{factor} ({date})")
        found = graph.nodes[node]
        if found.operation is None:
            known = known + weight * found.numbers[0]
        else:
            share = series(scene, weight)
            uncertain.append(node if graph.is_constant(share, 1.0) else graph.product(node, share))
    return graph.total([series(scene, known), *uncertain])
