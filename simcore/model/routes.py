"""What a route states, its host and what is inside it, as nodes (MODEL 6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simcore.intake.hosts import followed, key_at, owner_of, route_of
from simcore.intake.routes import Capture, Retrofit, Route
from simcore.intake.stated import unit_of_field
from simcore.model.scene import Scene, by_region, quantity, remembered
from simcore.model.yearly import yearly_quantity
from simcore.quantities import ByYear, FactorReference
from simcore.quantities.records import Model


@remembered
def made_by(scene: Scene, route: str) -> Route:
    """A route with all that it inherits from its host."""
    return route_of(scene.experiment.catalog, route)


@remembered
def capture_of(scene: Scene, route: str) -> Capture | None:
    """The capture plant of a route, if it has one."""
    record = scene.experiment.catalog.routes[route]
    return record.capture if isinstance(record, Retrofit) else None


@remembered
def route_quantity(scene: Scene, region: str, route: str, name: str, unit: str = "") -> int:
    """Node of a quantity of a route that may differ by region."""
    return field_of(scene, region, route, made_by(scene, route), name, unit=unit)


def field_of(
    scene: Scene, region: str, route: str, record: Model, field: str, part: str = "",
    *, unit: str = "",
) -> int:  # fmt: skip
    """Node of a field of a route or of a part of it, in the field's unit or in its second one."""
    unit, values = unit or unit_of_field(type(record), field), getattr(record, field)
    return stated_node(scene, region, route, f"{part}{field}", values, unit)


def stated_node(scene: Scene, region: str, route: str, key: str, values: Any, unit: str) -> int:
    """Node of what a route, or its host, states under a dotted name."""
    value, suffix = by_region(scene, values, region)
    key = key_at(scene.experiment.catalog, route, key)
    owner = owner_of(scene.experiment.catalog, route, key)
    twin = followed(scene.experiment.catalog, route, key)
    if twin is None:
        return yearly_quantity(scene, f"{owner}.{key}{suffix}", value, unit)
    other, its_own = twin
    its_value, its_suffix = by_region(scene, its_own, region)
    # One name for all regions would have to follow several.
    name = f"{owner}.{key}{suffix or its_suffix}"
    return _following(scene, name, value, unit, f"{other}.{key}{its_suffix}", its_value)


def same_everywhere(scene: Scene, route: str, key: str) -> int:
    """Node of a plain number of a route that is the same in all regions."""
    record = made_by(scene, route)
    value, unit = getattr(record, key), unit_of_field(type(record), key)
    name = f"{owner_of(scene.experiment.catalog, route, key)}.{key}"
    twin = followed(scene.experiment.catalog, route, key)
    if twin is None:
        return quantity(scene, name, value, unit)
    return _following(scene, name, value, unit, f"{twin[0]}.{key}", twin[1])


def _following(scene: Scene, name: str, value: Any, unit: str, other: str, its_value: Any) -> int:
    """Node of a quantity that follows the draws of another, unless it states a factor itself."""
    if isinstance(value, FactorReference) or value.factor is not None:
        return yearly_quantity(scene, name, value, unit)
    is_reference = isinstance(its_value, FactorReference)
    factor = its_value.name if is_reference else its_value.factor or other
    value = value.model_copy(update={"factor": factor})
    if isinstance(value, ByYear):
        return yearly_quantity(scene, name, value, unit)
    return quantity(scene, name, value, unit, label=name)


@remembered
def held_inside(scene: Scene, region: str, route: str) -> tuple[str, int] | None:
    """The route whose product a tonne of a route holds, and node of the tonnes of it; or None."""
    held = made_by(scene, route).made_from
    if held is None:
        return None
    return held.route, field_of(scene, region, route, held, "amount", "made_from.")


def with_inside(
    scene: Scene, region: str, route: str, own: int, of: Callable[[str], int]
) -> int:  # fmt: skip
    """Node of what a route has of its own per tonne, and of what it holds of another's product has
    (MODEL 16.1)."""
    held = held_inside(scene, region, route)
    if held is None:
        return own
    other, amount = held
    return scene.graph.total([own, scene.graph.product(amount, of(other))])


@remembered
def per_tonne(scene: Scene, region: str, route: str, name: str) -> int:
    """Node of a quantity of a route per tonne of product, with what is inside."""
    own = route_quantity(scene, region, route, name)
    return with_inside(
        scene, region, route, own, lambda other: per_tonne(scene, region, other, name)
    )
