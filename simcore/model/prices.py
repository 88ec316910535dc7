"""Prices as nodes: a path or an ensemble of views, then policy, response and bounds (MODEL 3)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simcore.intake.paths import PricePath, Threshold, View
from simcore.intake.policies import variants
from simcore.intake.stated import unit_of_field
from simcore.intake.views import as_path, chosen_views, has_views
from simcore.model.emissions_market import system_node
from simcore.model.paths import bounds, deviation_node, path_node, price_factor
from simcore.model.policies import series, variant_node
from simcore.model.scene import Scene, choice_node, quantity, read
from simcore.numerics.elementary import interpolated, powers
from simcore.processes import kind_of
from simcore.quantities import FactorReference


def price(scene: Scene, name: str, record: PricePath, target: str) -> int:
    """Node of a price path in EUR of the base year per canonical unit."""
    if record.relative is not None:
        made = _relative(scene, name, record, target)
    elif has_views(record):
        made = _of_views(scene, name, record, target)
    else:
        made = _own(scene, name, record, target)
    if not _is_answered(record):
        return made
    return scene.graph.node(
        "RESPONSE", price=made, **_response(scene, name, record, target),
        **limits(scene, name, record, target),
    )  # fmt: skip


def _own(scene: Scene, name: str, record: PricePath, target: str) -> int:
    """Node of the price of a process of its own."""
    made_of = kind_of(record.process).made_of
    if made_of == "path":
        return _as_written(scene, record, target)
    if made_of == "system":
        return system_quantity(scene, name, "price")
    lift = _lift(scene, name, record)
    return path_node(
        scene, name, record, target, lift=lift, bounded=not _is_answered(record)
    )  # fmt: skip


def _as_written(scene: Scene, record: PricePath, target: str) -> int:
    """Node of prices by year, linear in between."""
    assert record.path is not None
    factor = price_factor(scene, record, target)
    dates = sorted(record.path)
    values = [record.path[date] * factor(date) for date in dates]
    return series(scene, interpolated(scene.horizon, dates, values))


# --- views ---------------------------------------------------------------------------------------


def _of_views(scene: Scene, name: str, record: PricePath, target: str) -> int:
    """Node of the price of the view that each draw has."""
    nodes = [
        _view(scene, name, record, label, view, target)
        for label, view in chosen_views(record).items()
    ]
    if len(nodes) == 1:
        return nodes[0]
    return scene.graph.node("CHOSEN", which=view_choice(scene, name, record), among=nodes)


def view_choice(scene: Scene, name: str, record: PricePath) -> int:
    """Node of the position of a draw's view among those that it may have."""
    weights = [view.weight for view in chosen_views(record).values()]
    if len(weights) == 1:
        return scene.graph.constant(0.0)
    # The weights of a few views need not sum to 1 in the last digit.
    chances = [weight / math.fsum(weights) for weight in weights]
    spec = {"kind": "discrete", "values": list(range(len(chances))), "probabilities": chances}
    return choice_node(scene, f"{name}.view", spec, record, chosen_views(record))


def _view(scene: Scene, name: str, record: PricePath, label: str, view: View, target: str) -> int:
    """Node of the price in one view, before response and corridor of the market."""
    path = as_path(record, view)
    if view.position is not None or kind_of(path.process).made_of != "spot":
        made = _made(scene, name, record, label, view, path, target)
    else:
        premium = read(scene, view, "premium", f"{name}.{label}")
        return path_node(
            scene, name, path, target, view=label, known=record.spot, premium=premium,
            lift=_lift(scene, name, record),
        )  # fmt: skip
    if view.deviation is None:
        return made
    moved = deviation_node(scene, name, path, view.deviation, view=label)
    return scene.graph.product(made, moved)


def _made(
    scene: Scene, name: str, record: PricePath, label: str, view: View, path: PricePath, target: str
) -> int:
    """Node of a price that a system, a table or a place in the corridor makes."""
    if view.position is None and kind_of(path.process).made_of == "system":
        return system_quantity(scene, name, "price")
    if view.position is None:
        made = _as_written(scene, path, target)
    else:
        floor, ceiling = bounds(scene, record, price_factor(scene, record, target))
        lead = len(scene.years) - len(scene.horizon)
        place = read(scene, view, "position", f"{name}.{label}")
        within = series(scene, (ceiling - floor)[lead:])
        within = scene.graph.product(place, within)
        made = scene.graph.sum(series(scene, floor[lead:]), within)
    return _after_known(scene, made, record, target)


def _after_known(scene: Scene, node: int, record: PricePath, target: str) -> int:
    """A price in the years after the last known one, which stands in those before."""
    spot, horizon, graph = record.spot, scene.horizon, scene.graph
    if spot is None or spot.year < horizon[0]:
        return node
    known = spot.value * price_factor(scene, record, target)(spot.year, spot)
    past = series(scene, np.where(horizon <= spot.year, known, 0.0))
    later = series(scene, np.where(horizon <= spot.year, 0.0, 1.0))
    return graph.sum(past, graph.product(node, later))


def _relative(scene: Scene, name: str, record: PricePath, target: str) -> int:
    """Node of a price that is another one's times a ratio, from which it moves."""
    assert record.relative is not None
    assert record.process is not None
    other = record.relative.to
    base = price(scene, other, scene.experiment.catalog.markets[other], target)
    ratio = read(scene, record.relative, "ratio", f"{name}.relative")
    made = scene.graph.product(base, ratio)
    moved = deviation_node(scene, name, record, record.process)
    made = scene.graph.product(made, moved)
    return _after_known(scene, made, record, target)


# --- policy, response, bounds --------------------------------------------------------------------


def _lift(scene: Scene, name: str, record: PricePath) -> int | None:
    """Node of what the variant of a policy adds to the log price; None if nothing."""
    effect, graph = record.policy_effect, scene.graph
    if effect is None:
        return None
    named = variants(scene.experiment.catalog.policies[effect.of])
    unit = unit_of_field(type(effect), "variants")
    strengths = [
        quantity(scene, f"{name}.policy_effect.{one}", effect.variants[one], unit)
        if one in effect.variants else graph.constant(0.0)
        for one in named
    ]  # fmt: skip
    if all(graph.is_constant(one, 0.0) for one in strengths):
        return None
    strength = strengths[0]
    if len(strengths) > 1:
        strength = graph.node("CHOSEN", which=variant_node(scene, effect.of), among=strengths)
    first, last = effect.ramp
    if first == last:
        share = (scene.horizon >= last).astype(float)
    else:
        share = np.clip((scene.horizon - first) / (last - first), 0.0, 1.0)
    return graph.product(strength, series(scene, share))


def _is_answered(record: PricePath) -> bool:
    """Whether response and bounds come after the process: not if there is none of both."""
    if has_views(record) or record.relative is not None:
        return record.response is not None or record.corridor is not None
    return record.response is not None and kind_of(record.process).made_of == "spot"


def _response(scene: Scene, name: str, record: PricePath, target: str) -> dict[str, Any]:
    """Thresholds of a RESPONSE, by node and growth, with their exponents."""
    graph, found = scene.graph, dict[str, Any]()
    for side, grown, none in (("above", "up", math.inf), ("below", "down", 0.0)):
        threshold: Threshold | None = getattr(record.response, side, None)
        label = f"{name}.response.{side}"
        level, exponent = graph.constant(none), graph.constant(1.0)
        if threshold is not None:
            level = _level(scene, f"{label}.from", record, threshold.price, target)
            exponent = read(scene, threshold, "exponent", label)
        found |= {side: level, f"exponent_{side}": exponent, grown: _growth(scene, threshold)}
    return found


def limits(scene: Scene, name: str, record: PricePath, target: str) -> dict[str, Any]:
    """Backstop, floor and ceiling of a price."""
    response, backstop = record.response, scene.graph.constant(math.inf)
    if response is not None and response.backstop is not None:
        label = f"{name}.response.backstop"
        backstop = _level(scene, label, record, response.backstop, target)
    factor = price_factor(scene, record, target)
    floor, ceiling = bounds(scene, record, factor)
    if record.spot is not None:
        # A price that is known was not made by its bounds, nor is it answered.
        known = record.spot.value * factor(record.spot.year, record.spot)
        floor, ceiling = (
            np.where(scene.years <= record.spot.year, known, one) for one in (floor, ceiling)
        )
    return {"backstop": backstop, "floor": floor, "ceiling": ceiling}


def _level(scene: Scene, label: str, record: PricePath, value: Any, target: str) -> int:
    """Node of a price level, which without unit is in that of the path and of the base year."""
    if not isinstance(value, FactorReference):
        money = {"unit": value.unit or record.unit, "price_year": value.price_year}
        value = value.model_copy(update=money)
    return quantity(scene, label, value, target)


def _growth(scene: Scene, threshold: Threshold | None) -> np.ndarray:
    if threshold is None or threshold.after is None:
        return np.ones(len(scene.years))
    beyond = np.maximum(scene.years - threshold.after, 0)
    return powers(1.0 + threshold.growth, beyond)


def system_quantity(scene: Scene, market: str, wanted: str) -> int:
    """Node of the price or a stock of the system behind a market, whose spot is a known price."""
    record = scene.experiment.catalog.markets[market]
    known = None
    if record.spot is not None:
        factor = price_factor(scene, record, "EUR/t")(record.spot.year, record.spot)
        known = record.spot.year, record.spot.value * factor
    return system_node(scene, market, wanted, known, _active(scene, market, record))


def _active(scene: Scene, market: str, record: PricePath) -> int | None:
    """Node that is 1 in the draws whose view a system makes; None if all need it."""
    chosen = chosen_views(record)
    made = [kind_of(view.process).made_of == "system" for view in chosen.values()]
    if all(made):
        return None
    graph = scene.graph
    ends = [graph.constant(float(one)) for one in made]
    return graph.node("CHOSEN", which=view_choice(scene, market, record), among=ends)
