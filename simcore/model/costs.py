"""Cost of a tonne before carbon, as nodes (MODEL 6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from simcore.intake.entries import Made
from simcore.intake.stated import commodity_unit
from simcore.intake.usage import price_of
from simcore.model.capital import capital, fixed_charge
from simcore.model.capture import captured, taken_by_capture
from simcore.model.commodities import unit_price
from simcore.model.hydrogen import qualifies
from simcore.model.routes import capture_of, held_inside, made_by, per_tonne, stated_node
from simcore.model.scene import Scene, remembered
from simcore.model.since import AVAILABLE
from simcore.variables import PLANT, outcome


@remembered
def trades(
    scene: Scene, region: str, route: str, electrolyser: int | None = None
) -> list[tuple[str, int, int, float]]:
    """What a route buys and sells: commodity, nodes of quantity per tonne and price, sign.

    With what goes into the product that is inside.

    With the vintage of an electrolyser of its own, hydrogen costs what that makes it for.
    """
    return [
        (name, amount, unit_price(scene, name, region, electrolyser), sign)
        for name, amount, sign in amounts(scene, region, route)
    ]


def amounts(scene: Scene, region: str, route: str) -> Iterator[tuple[str, int, float]]:
    """What a tonne takes (1) and gives (-1) of commodities: name, node and sign, with what is
    inside. Without a word on prices: what emits, and so what carbon costs, follows from none."""
    record, held = made_by(scene, route), held_inside(scene, region, route)
    own = (
        (name, traded(scene, region, route, kind, name), sign)
        for kind, sign in (("inputs", 1.0), ("byproducts", -1.0)) for name in getattr(record, kind)
    )  # fmt: skip
    if held is None:
        yield from own
        return
    found = {(name, sign): amount for name, amount, sign in own}
    other, part = held
    for name, used, sign in amounts(scene, region, other):
        amount = scene.graph.product(part, used)
        before = found.get((name, sign))
        found[name, sign] = amount if before is None else scene.graph.sum(before, amount)
    yield from ((name, amount, sign) for (name, sign), amount in found.items())


@remembered
def traded(scene: Scene, region: str, route: str, kind: str, name: str) -> int:
    """Node of what a route itself buys or sells of a commodity per tonne, its capture included."""
    graph, capture = scene.graph, capture_of(scene, route)
    entry = price_of(scene.experiment, name, region)
    assert entry is not None
    unit = f"{commodity_unit(scene.experiment, name, entry)}/t"
    values = getattr(made_by(scene, route), kind)[name]
    amount = stated_node(scene, region, route, f"{kind}.{name}", values, unit)
    if capture is None or kind == "byproducts":
        return amount
    extra: list[int] = []
    taken = captured(scene, region, route)
    if name in capture.inputs:
        each = taken_by_capture(scene, region, route, "inputs", name)
        extra.append(graph.product(each, taken))
    if name == capture.storage:
        extra.append(taken)
    return graph.total([amount, *extra])


class MadeInput(NamedTuple):
    """An input that is made elsewhere: its name, node of t per tonne, where, and by which route."""

    name: str
    amount: int
    origin: str
    route: str


@remembered
def made_inputs(scene: Scene, region: str, route: str) -> list[MadeInput]:
    """Inputs of a route in a region, and of what is inside, that are made elsewhere."""
    found = []
    for name, amount, sign in amounts(scene, region, route):
        price = price_of(scene.experiment, name, region)
        if isinstance(price, Made) and sign > 0:
            found.append(MadeInput(name, amount, price.region, price.route))
    return found


@outcome(
    over=PLANT,
    unit="{money} t-1",
    title="Levelised cost",
    since=AVAILABLE,
    asked_as=("lcos", "lcop", "lcoe", "levelized_cost", "production_cost"),
)
@remembered
def levelised_cost(scene: Scene, region: str, route: str) -> int:
    """Cost of a tonne before carbon: annualised capital, operation and inputs."""
    return cost_of_vintage(scene, region, route)


@remembered
def support(scene: Scene, region: str, route: str) -> int:
    """Support of a tonne; of a route that buys hydrogen where that may have any."""
    stated = per_tonne(scene, region, route, "support")
    buys = any(name == "hydrogen" and sign > 0 for name, _, sign in amounts(scene, region, route))
    if not buys or scene.graph.is_constant(stated, 0.0):
        return stated
    return scene.graph.product(stated, qualifies(scene, region))


@remembered
def cost_of_vintage(
    scene: Scene, region: str, route: str, vintage: int | None = None,
    *, electrolyser: int | None = None, capital_charge: int | None = None,
    output: float | None = None,
) -> int:  # fmt: skip
    """Levelised cost of a plant of an output that was built in a year, and its electrolyser; or in
    each.

    `capital_charge` stands in the place of its own, where that is none of the run's.
    """
    bought = trades(scene, region, route, electrolyser)
    pairs = [node for _, amount, unit_price, _ in bought for node in (amount, unit_price)]
    net_opex = scene.graph.difference(
        per_tonne(scene, region, route, "other_opex"),
        support(scene, region, route),
    )
    other = scene.graph.sum(fixed_charge(scene, region, route, vintage, output), net_opex)
    charge, multiplier = capital(scene, region, route, vintage, output)
    if capital_charge is not None:
        charge, multiplier = capital_charge, scene.graph.constant(1.0)
    return scene.graph.node(
        "LEVELISED", capital=charge, learning=multiplier, other=other, pairs=pairs,
        signs=[sign for *_, sign in bought],
    )  # fmt: skip
