"""The parts of the cost premium, as nodes (MODEL 6)."""

from __future__ import annotations

from simcore.intake.usage import reference_of
from simcore.model.capital import capital, fixed_charge
from simcore.model.carbon import cbam_cost, indirect_cost_compensation, own_carbon_cost
from simcore.model.costs import made_inputs, support, trades
from simcore.model.origin import origin_parts
from simcore.model.routes import per_tonne
from simcore.model.scene import Scene, remembered
from simcore.model.since import COMPARED
from simcore.variables import outcome


@outcome(
    over=("scenario", "region", "destination", "route", "component", "year"),
    unit="{money} t-1",
    title="Cost premium by component",
    since=COMPARED,
    kind="component",
)
def waterfall(scene: Scene, region: str, destination: str, route: str, component: str) -> int:
    """Parts of cost_premium; they sum to the whole.

    Zero where neither route has it.
    """
    parts = _components(scene, region, destination, route)
    return parts.get(component, scene.graph.constant(0.0))


@remembered
def _components(scene: Scene, region: str, destination: str, route: str) -> dict[str, int]:
    """Parts of the cost premium by name; they sum to it."""
    reference = reference_of(scene.experiment, region, route)
    own, other = (_parts(scene, region, destination, one) for one in (route, reference))
    zero = scene.graph.constant(0.0)
    return {
        name: scene.graph.difference(own.get(name, zero), other.get(name, zero))
        for name in {**other, **own}
    }


@remembered
def _parts(scene: Scene, region: str, destination: str, route: str) -> dict[str, int]:
    graph = scene.graph
    parts = {
        "capex": graph.product(*capital(scene, region, route)),
        "fixed_opex": fixed_charge(scene, region, route),
        "other_opex": per_tonne(scene, region, route, "other_opex"),
        "support": graph.scaled(support(scene, region, route), -1.0),
        "home_carbon": own_carbon_cost(scene, region, route),
        "cbam": cbam_cost(scene, region, destination, route),
        "compensation": graph.scaled(indirect_cost_compensation(scene, region, route), -1.0),
    }
    elsewhere = {one.name for one in made_inputs(scene, region, route)}
    parts |= origin_parts(scene, region, route)
    for name, amount, unit_price, sign in trades(scene, region, route):
        if name in elsewhere and sign > 0:
            continue
        value = graph.product(amount, unit_price)
        if sign < 0:
            value = graph.scaled(value, -1.0)
        parts[name] = graph.sum(parts[name], value) if name in parts else value
    return parts
