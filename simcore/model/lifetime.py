"""Values over the life of a plant, as nodes (MODEL 7)."""

from __future__ import annotations

from typing import Any

import numpy as np

from simcore.model.premium import carbon_value
from simcore.model.scene import Scene, remembered, wacc
from simcore.model.since import LIFE
from simcore.variables import CELL, outcome


@outcome(
    over=CELL[:-1],
    unit="1e6 {money}",
    title="Lifecycle carbon value",
    since=LIFE,
    sign="Above zero carbon costs pay over the life of the plant; it is no profit.",
)
def lifecycle_carbon_value(scene: Scene, region: str, destination: str, route: str) -> int:
    """Sum over the plant's life of carbon_value * output."""
    return _lifetime_sum(scene, region, destination, route, discounted=False)


@outcome(
    over=CELL[:-1],
    unit="1e6 {money}",
    title="Net present carbon value",
    since=LIFE,
    sign="Above zero carbon costs pay over the life of the plant; it is no profit.",
)
def npv_carbon_value(scene: Scene, region: str, destination: str, route: str) -> int:
    """lifecycle_carbon_value discounted at the region's WACC."""
    return _lifetime_sum(scene, region, destination, route, discounted=True)


@outcome(
    over=CELL[:-1],
    unit="{money} t-1",
    title="Annuity of the carbon value",
    since=LIFE,
    sign="Above zero carbon costs pay over the life of the plant; it is no profit.",
)
@remembered
def annuity_carbon_value(scene: Scene, region: str, destination: str, route: str) -> int:
    """npv_carbon_value / (output * annuity_factor(WACC, lifetime)).

    Value in the year before the start / (output * annuity_factor): the year that an annuity counts
    from, whatever year npv_carbon_value is discounted to.
    """
    graph, plant = scene.graph, scene.experiment.plant
    recovery = graph.node(
        "CAPITAL_RECOVERY",
        wacc=wacc(scene, region),
        risk=graph.constant(0.0),
        life=plant.lifetime,
    )
    value = _lifetime_sum(
        scene, region, destination, route, discounted=True, valued_in=plant.start - 1
    )
    yearly = graph.product(value, recovery)
    return graph.scaled(yearly, 1.0 / plant.output)


@remembered
def _lifetime_sum(
    scene: Scene, region: str, destination: str, route: str, *, discounted: bool,
    valued_in: int | None = None,
) -> int:  # fmt: skip
    """Sum over the plant's life of carbon_value * output, discounted at the WACC or not; 1e6 EUR.

    Discounted to `valued_in`, without it to the year that the plant names.
    """
    graph, plant, horizon = scene.graph, scene.experiment.plant, scene.horizon
    end, last = plant.start + plant.lifetime - 1, int(horizon[-1])
    lines = []
    for year in (int(one) for one in horizon):
        inside = plant.start <= year <= end
        held = max(end - last, 0) if year == last else 0
        since = year - (plant.valued_in if valued_in is None else valued_in)
        lines.append((plant.output if inside else 0.0, since, since + held))
    weight, first, final = scene.over_years(np.array(lines, dtype=float)).T
    stated: dict[str, Any] = {
        "amount": carbon_value(scene, region, destination, route),
        "weight": weight, "first": first, "last": final,
    }  # fmt: skip
    if not discounted:
        return graph.node("ACCUMULATED", **stated)
    log_rate = graph.node("LOG_GROWTH", rate=wacc(scene, region))
    return graph.node("DISCOUNTED", log_rate=log_rate, **stated)
