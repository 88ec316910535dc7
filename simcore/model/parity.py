"""Parity price of an input: what it must cost for the premium to be zero, as nodes (MODEL 6).

The premium of a draw is linear in the price of a good that both routes buy or sell, so

    parity price = price - cost_premium / (net use of the route - net use of the reference)

A good that makes another one on site (power that makes hydrogen, coal that makes power) is used
through it as well: otherwise the premium at the parity price would not be zero.
"""

from __future__ import annotations

from simcore.intake.entries import Electrolysis
from simcore.intake.hydrogen import Reforming
from simcore.intake.power import Generation
from simcore.intake.usage import price_of, reference_of
from simcore.model.commodities import fuel_use, gas_use, price_name, unit_price
from simcore.model.costs import amounts
from simcore.model.premium import cost_premium
from simcore.model.scene import Scene, read, remembered
from simcore.model.since import COMPARED
from simcore.variables import outcome


@outcome(
    over=("scenario", "region", "destination", "route", "good", "year"),
    unit="{money} per unit",
    title="Parity price of an input",
    since=COMPARED,
    unit_here="{money}/{good_unit}",
)
@remembered
def parity_price(scene: Scene, region: str, destination: str, route: str, good: str) -> int | None:
    """Price of the good at which cost_premium = 0, all else as drawn: its price minus cost_premium
    / (net use of the route - net use of the reference). Power counts with what makes hydrogen of
    it. Below zero: dearer even if the good cost nothing. Undefined: both use as much of it. The
    unit of each good is in the good_unit coordinate.

    None where no route uses it.
    """
    graph, reference = scene.graph, reference_of(scene.experiment, region, route)
    own, other = (net_use(scene, region, one, good) for one in (route, reference))
    if graph.is_constant(own, 0.0) and graph.is_constant(other, 0.0):
        return None
    more = graph.difference(own, other)
    excess = cost_premium(scene, region, destination, route)
    # excess / more for any sign of more, undefined where it is zero.
    per_unit = graph.node(
        "RATIO", value=graph.product(excess, more), divisor=graph.product(more, more)
    )
    return graph.difference(unit_price(scene, good, region), per_unit)


@remembered
def net_use(scene: Scene, region: str, route: str, good: str) -> int:
    """What a tonne buys of a good, less what it sells of it, in the good's unit."""
    graph = scene.graph
    total = graph.constant(0.0)
    for name, amount, sign in amounts(scene, region, route):
        used = amount if name == good else _through(scene, region, name, amount, good)
        if used is None:
            continue
        if graph.is_constant(total, 0.0):
            total = used if sign > 0 else graph.scaled(used, -1.0)
        else:
            total = graph.sum(total, used) if sign > 0 else graph.difference(total, used)
    return total


def _through(scene: Scene, region: str, name: str, amount: int, good: str) -> int | None:
    """What an amount takes of a good that it is made of: power of hydrogen, fuel of power made on
    site, gas and storage of hydrogen of gas."""
    found: list[int] = []
    for feed, taken in _takes(scene, region, name, amount):
        used = taken if feed == good else _through(scene, region, feed, taken, good)
        if used is not None:
            found.append(used)
    return scene.graph.total(found) if found else None


def _takes(scene: Scene, region: str, name: str, amount: int) -> list[tuple[str, int]]:
    """What an amount of a computed commodity is made of, and how much of it."""
    record, graph = price_of(scene.experiment, name, region), scene.graph
    own = price_name(scene.experiment, name, region)
    if isinstance(record, Electrolysis):
        demand = read(scene, record, "electricity_demand", own)
        return [(record.electricity, graph.scaled(graph.product(amount, demand), 1e-3))]
    if isinstance(record, Generation):
        return [(record.fuel, graph.product(amount, fuel_use(scene, name, region)))]
    if not isinstance(record, Reforming):
        return []
    gas = graph.product(amount, gas_use(scene, name, region))
    if record.storage is None:
        return [(record.gas, gas)]
    burnt = graph.product(gas, read(scene, record, "emission_factor", own))
    return [
        (record.gas, gas),
        (record.storage, graph.product(burnt, read(scene, record, "capture", own))),
    ]
