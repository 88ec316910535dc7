"""The parts of the cost premium, as nodes (MODEL 6)."""

from __future__ import annotations

from simcore.intake.usage import references
from simcore.model.carbon import cbam_cost, home_carbon_cost
from simcore.model.costs import capital, fixed_charge, route_quantity, trades
from simcore.model.setting import Setting, remembered
from simcore.model.since import COMPARED
from simcore.variables import outcome


@outcome(
    over=("scenario", "region", "destination", "route", "component", "year"),
    unit="{money} t-1",
    title="Cost premium by component",
    since=COMPARED,
    kind="component",
    description="Parts of cost_premium; they sum to the whole.",
)
def waterfall(setting: Setting, region: str, destination: str, route: str, component: str) -> int:
    """A part of the cost premium; zero where neither route has it."""
    parts = _components(setting, region, destination, route)
    return parts.get(component, setting.graph.constant(0.0))


@remembered
def _components(setting: Setting, region: str, destination: str, route: str) -> dict[str, int]:
    """Parts of the cost premium by name; they sum to it."""
    reference = references(setting.experiment)[region]
    own, other = (_parts(setting, region, destination, one) for one in (route, reference))
    zero = setting.graph.constant(0.0)
    return {
        name: setting.graph.difference(own.get(name, zero), other.get(name, zero))
        for name in {**other, **own}
    }


@remembered
def _parts(setting: Setting, region: str, destination: str, route: str) -> dict[str, int]:
    graph = setting.graph
    support = route_quantity(setting, region, route, "support")
    parts = {
        "capex": graph.product(*capital(setting, region, route)),
        "fixed_opex": fixed_charge(setting, region, route),
        "other_opex": route_quantity(setting, region, route, "other_opex"),
        "support": graph.scaled(support, -1.0),
        "home_carbon": home_carbon_cost(setting, region, route),
        "cbam": cbam_cost(setting, region, destination, route),
    }
    for name, amount, unit_price, sign in trades(setting, region, route):
        value = graph.product(amount, unit_price)
        if sign < 0:
            value = graph.scaled(value, -1.0)
        parts[name] = graph.sum(parts[name], value) if name in parts else value
    return parts
