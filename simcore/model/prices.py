"""Prices as nodes: a path or an ensemble of views, then policy, response and bounds (MODEL 3)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simcore.intake.paths import Path, Threshold, View
from simcore.intake.policies import variants
from simcore.intake.stated import unit_of_field
from simcore.intake.views import as_path, chosen_views, has_views
from simcore.model.emissions_market import system_node
from simcore.model.paths import bounds, deviation_node, path_node, price_factor
from simcore.model.policies import series, variant_node
from simcore.model.setting import Setting, choice_node, quantity, read
from simcore.processes import kind_of
from simcore.quantities import FactorReference


def price(setting: Setting, name: str, record: Path, target: str) -> int:
    """Node of a price path in EUR of the base year per canonical unit."""
    if record.relative is not None:
        made = _relative(setting, name, record, target)
    elif has_views(record):
        made = _of_views(setting, name, record, target)
    else:
        made = _own(setting, name, record, target)
    if not _is_answered(record):
        return made
    return setting.graph.node(
        "RESPONSE", price=made, **_response(setting, name, record, target),
        **limits(setting, name, record, target),
    )  # fmt: skip


def _own(setting: Setting, name: str, record: Path, target: str) -> int:
    """Node of the price of a process of its own."""
    made_of = kind_of(record.process).made_of
    if made_of == "path":
        return _as_written(setting, record, target)
    if made_of == "system":
        return system_quantity(setting, name, "price")
    lift = _lift(setting, name, record)
    return path_node(
        setting, name, record, target, lift=lift, bounded=not _is_answered(record)
    )  # fmt: skip


def _as_written(setting: Setting, record: Path, target: str) -> int:
    """Node of prices by year, linear in between."""
    assert record.path is not None
    factor = price_factor(setting, record, target)
    dates = sorted(record.path)
    values = [record.path[date] * factor(date) for date in dates]
    return series(setting, np.interp(setting.horizon, dates, values))


# --- views ---------------------------------------------------------------------------------------


def _of_views(setting: Setting, name: str, record: Path, target: str) -> int:
    """Node of the price of the view that each draw has."""
    nodes = [
        _view(setting, name, record, label, view, target)
        for label, view in chosen_views(record).items()
    ]
    if len(nodes) == 1:
        return nodes[0]
    return setting.graph.node("CHOSEN", which=view_choice(setting, name, record), among=nodes)


def view_choice(setting: Setting, name: str, record: Path) -> int:
    """Node of the position of a draw's view among those that it may have."""
    weights = [view.weight for view in chosen_views(record).values()]
    if len(weights) == 1:
        return setting.graph.constant(0.0)
    # The weights of a few views need not sum to 1 in the last digit.
    chances = [weight / math.fsum(weights) for weight in weights]
    spec = {"kind": "discrete", "values": list(range(len(chances))), "probabilities": chances}
    return choice_node(setting, f"{name}.view", spec, record)


def _view(setting: Setting, name: str, record: Path, label: str, view: View, target: str) -> int:
    """Node of the price in one view, before response and corridor of the market."""
    path = as_path(record, view)
    if view.position is not None or kind_of(path.process).made_of != "spot":
        made = _made(setting, name, record, label, view, path, target)
    else:
        premium = read(setting, view, "premium", f"{name}.{label}")
        return path_node(
            setting, name, path, target, view=label, known=record.spot, premium=premium,
            lift=_lift(setting, name, record),
        )  # fmt: skip
    if view.deviation is None:
        return made
    moved = deviation_node(setting, name, path, view.deviation, view=label)
    return setting.graph.product(made, moved)


def _made(
    setting: Setting, name: str, record: Path, label: str, view: View, path: Path, target: str
) -> int:
    """Node of a price that a system, a table or a place in the corridor makes."""
    if view.position is None and kind_of(path.process).made_of == "system":
        return system_quantity(setting, name, "price")
    if view.position is None:
        made = _as_written(setting, path, target)
    else:
        floor, ceiling = bounds(setting, record, price_factor(setting, record, target))
        lead = len(setting.years) - len(setting.horizon)
        place = read(setting, view, "position", f"{name}.{label}")
        within = series(setting, (ceiling - floor)[lead:])
        within = setting.graph.product(place, within)
        made = setting.graph.sum(series(setting, floor[lead:]), within)
    return _after_known(setting, made, record, target)


def _after_known(setting: Setting, node: int, record: Path, target: str) -> int:
    """A price in the years after the last known one, which stands in those before."""
    spot, horizon, graph = record.spot, setting.horizon, setting.graph
    if spot is None or spot.year < horizon[0]:
        return node
    known = spot.value * price_factor(setting, record, target)(spot.year, spot)
    past = series(setting, np.where(horizon <= spot.year, known, 0.0))
    later = series(setting, np.where(horizon <= spot.year, 0.0, 1.0))
    return graph.sum(past, graph.product(node, later))


def _relative(setting: Setting, name: str, record: Path, target: str) -> int:
    """Node of a price that is another one's times a ratio, from which it moves."""
    assert record.relative is not None
    assert record.process is not None
    other = record.relative.to
    base = price(setting, other, setting.experiment.catalog.markets[other], target)
    ratio = read(setting, record.relative, "ratio", f"{name}.relative")
    made = setting.graph.product(base, ratio)
    moved = deviation_node(setting, name, record, record.process)
    made = setting.graph.product(made, moved)
    return _after_known(setting, made, record, target)


# --- policy, response, bounds --------------------------------------------------------------------


def _lift(setting: Setting, name: str, record: Path) -> int | None:
    """Node of what the variant of a policy adds to the log price; None if nothing."""
    effect, graph = record.policy_effect, setting.graph
    if effect is None:
        return None
    named = variants(setting.experiment.catalog.policies[effect.of])
    unit = unit_of_field(type(effect), "variants")
    strengths = [
        quantity(setting, f"{name}.policy_effect.{one}", effect.variants[one], unit)
        if one in effect.variants else graph.constant(0.0)
        for one in named
    ]  # fmt: skip
    if all(graph.is_constant(one, 0.0) for one in strengths):
        return None
    strength = strengths[0]
    if len(strengths) > 1:
        strength = graph.node("CHOSEN", which=variant_node(setting, effect.of), among=strengths)
    first, last = effect.ramp
    if first == last:
        share = (setting.horizon >= last).astype(float)
    else:
        share = np.clip((setting.horizon - first) / (last - first), 0.0, 1.0)
    return graph.product(strength, series(setting, share))


def _is_answered(record: Path) -> bool:
    """Whether response and bounds come after the process: not if there is none of both."""
    if has_views(record) or record.relative is not None:
        return record.response is not None or record.corridor is not None
    return record.response is not None and kind_of(record.process).made_of == "spot"


def _response(setting: Setting, name: str, record: Path, target: str) -> dict[str, Any]:
    """Thresholds of a RESPONSE, by node and growth, with their exponents."""
    graph, found = setting.graph, dict[str, Any]()
    for side, grown, none in (("above", "up", math.inf), ("below", "down", 0.0)):
        threshold: Threshold | None = getattr(record.response, side, None)
        label = f"{name}.response.{side}"
        level, exponent = graph.constant(none), graph.constant(1.0)
        if threshold is not None:
            level = _level(setting, f"{label}.from", record, threshold.price, target)
            exponent = read(setting, threshold, "exponent", label)
        found |= {side: level, f"exponent_{side}": exponent, grown: _growth(setting, threshold)}
    return found


def limits(setting: Setting, name: str, record: Path, target: str) -> dict[str, Any]:
    """Backstop, floor and ceiling of a price."""
    response, backstop = record.response, setting.graph.constant(math.inf)
    if response is not None and response.backstop is not None:
        label = f"{name}.response.backstop"
        backstop = _level(setting, label, record, response.backstop, target)
    factor = price_factor(setting, record, target)
    floor, ceiling = bounds(setting, record, factor)
    if record.spot is not None:
        # A price that is known was not made by its bounds, nor is it answered.
        known = record.spot.value * factor(record.spot.year, record.spot)
        floor, ceiling = (
            np.where(setting.years <= record.spot.year, known, one) for one in (floor, ceiling)
        )
    return {"backstop": backstop, "floor": floor, "ceiling": ceiling}


def _level(setting: Setting, label: str, record: Path, value: Any, target: str) -> int:
    """Node of a price level, which without unit is in that of the path and of the base year."""
    if not isinstance(value, FactorReference):
        money = {"unit": value.unit or record.unit, "price_year": value.price_year}
        value = value.model_copy(update=money)
    return quantity(setting, label, value, target)


def _growth(setting: Setting, threshold: Threshold | None) -> np.ndarray:
    if threshold is None or threshold.after is None:
        return np.ones(len(setting.years))
    beyond = np.maximum(setting.years - threshold.after, 0)
    return np.asarray((1.0 + threshold.growth) ** beyond)


def system_quantity(setting: Setting, market: str, wanted: str) -> int:
    """Node of the price or a stock of the system behind a market, whose spot is a known price."""
    record = setting.experiment.catalog.markets[market]
    known = None
    if record.spot is not None:
        factor = price_factor(setting, record, "EUR/t")(record.spot.year, record.spot)
        known = record.spot.year, record.spot.value * factor
    return system_node(setting, market, wanted, known, _active(setting, market, record))


def _active(setting: Setting, market: str, record: Path) -> int | None:
    """Node that is 1 in the draws whose view a system makes; None if all need it."""
    chosen = chosen_views(record)
    made = [kind_of(view.process).made_of == "system" for view in chosen.values()]
    if all(made):
        return None
    graph = setting.graph
    ends = [graph.constant(float(one)) for one in made]
    return graph.node("CHOSEN", which=view_choice(setting, market, record), among=ends)
