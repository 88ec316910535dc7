"""The four kinds of emissions of a tonne, each in one place and none twice, as nodes (MODEL 15)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from simcore.intake.compilation import compiled
from simcore.intake.entries import Electrolysis
from simcore.intake.hydrogen import Reforming
from simcore.intake.power import Generation
from simcore.intake.stated import dated
from simcore.intake.usage import border_rule, price_of, reference_of, rules_of, sector_of
from simcore.model.capture import captured, emitted_by_capture, stored_biomass, unabated
from simcore.model.commodities import emission_factor, power_use
from simcore.model.costs import amounts, made_inputs, traded
from simcore.model.policies import policy_value
from simcore.model.routes import capture_of, made_by, route_quantity, with_inside
from simcore.model.scene import Scene, by_region, remembered
from simcore.model.since import AVAILABLE, COMPARED
from simcore.quantities import ByYear, FactorReference
from simcore.variables import PLANT, outcome


@remembered
def direct_emissions(scene: Scene, region: str, route: str) -> int:
    """Emissions of the plant itself, t CO2e/t: after capture, what is unabated and own less it;
    with those of what is inside."""
    own = _own_direct_emissions(scene, region, route)
    return with_inside(
        scene, region, route, own, lambda other: direct_emissions(scene, region, other)
    )


def _own_direct_emissions(scene: Scene, region: str, route: str) -> int:
    graph = scene.graph
    emitted = unabated(scene, region, route)
    if capture_of(scene, route) is None:
        return emitted
    taken = captured(scene, region, route)
    own = graph.product(taken, emitted_by_capture(scene, region, route))
    emitted, stored = graph.sum(emitted, own), stored_biomass(scene, region, route)
    if not graph.is_constant(stored, 0.0):
        taken = graph.difference(taken, stored)
    return graph.difference(emitted, taken)


@remembered
def captive_power_emissions(scene: Scene, region: str, route: str) -> int:
    """Emissions of power made on site, t CO2e/t, that of hydrogen made of such power included."""
    return _of_inputs(scene, region, route, captive=True)


@remembered
def bought_power_emissions(scene: Scene, region: str, route: str) -> int:
    """Emissions of what a route buys, above all of power and of hydrogen made of it, t CO2e/t."""
    return _of_inputs(scene, region, route, captive=False)


@remembered
def precursor_emissions(scene: Scene, region: str, route: str) -> int:
    """Emissions of the precursors that a route buys, and of what is inside, t CO2e/t: stated ones,
    hydrogen of gas (MODEL 19), and what is made elsewhere on the boundary of the experiment
    (MODEL 17)."""
    made = [
        scene.graph.product(one.amount, emissions(scene, one.origin, one.route))
        for one in made_inputs(scene, region, route)
    ]
    made += gas_hydrogen(scene, region, route)
    stated = stated_precursors(scene, region, route)
    return scene.graph.total([stated, *made]) if made else stated


def gas_hydrogen(scene: Scene, region: str, route: str) -> list[int]:
    """Emissions of each hydrogen made of gas that a tonne takes, t CO2e/t."""
    return [
        scene.graph.product(amount, emission_factor(scene, name, region))
        for name, amount in _bought(scene, region, route)
        if isinstance(price_of(scene.experiment, name, region), Reforming)
    ]


@remembered
def stated_precursors(scene: Scene, region: str, route: str) -> int:
    """Emissions of the precursors of which routes state them, t CO2e/t."""
    each = route_quantity(scene, region, route, "precursor_intensity")
    own = per_product(scene, region, route, each)
    return with_inside(
        scene, region, route, own, lambda other: stated_precursors(scene, region, other)
    )


@remembered
def embedded_precursors(scene: Scene, region: str, route: str) -> int:
    """Emissions of precursors that a border counts, t CO2e/t (MODEL 17, 19)."""
    made = [
        scene.graph.product(one.amount, embedded(scene, one.origin, one.route))
        for one in made_inputs(scene, region, route)
    ]
    made += gas_hydrogen(scene, region, route)
    stated = stated_precursors(scene, region, route)
    return scene.graph.total([stated, *made]) if made else stated


@remembered
def embedded(scene: Scene, origin: str, route: str) -> int:
    """Emissions of what is made at its origin that a border counts, t CO2e/t: e1 + I*(eg + e2) and
    its precursors, with I of CBAM in the sector of the route."""
    graph, experiment = scene.graph, scene.experiment
    own = direct_emissions(scene, origin, route)
    found = graph.sum(own, embedded_precursors(scene, origin, route))
    rule = border_rule(experiment, sector_of(experiment, route), "indirect")
    indirect = policy_value(scene, rule)
    if graph.is_constant(indirect, 0.0):
        return found
    power = indirect_emissions(scene, origin, route)
    return graph.sum(found, graph.product(indirect, power))


def per_product(scene: Scene, region: str, route: str, each: int) -> int:
    """What stands per tonne of the precursor, per tonne of the product."""
    name = made_by(scene, route).precursor
    if name is None or scene.graph.is_constant(each, 0.0):
        return each
    amount = traded(scene, region, route, "inputs", name)
    return scene.graph.product(amount, each)


KINDS: Final[dict[str, Callable[[Scene, str, str], int]]] = {
    "own": direct_emissions,
    "captive_power": captive_power_emissions,
    "bought_power": bought_power_emissions,
    "precursors": precursor_emissions,
}
"""Exclusive, and all that a tonne emits together."""


@outcome(
    over=("scenario", "region", "route", "emission", "year"),
    unit="t t-1",
    title="Emissions by kind",
    since=AVAILABLE,
    usual=False,
    asked_as=("emissions", "emission_intensity", "footprint"),
)
def emissions_by_kind(scene: Scene, region: str, route: str, emission: str) -> int:
    """Emissions of a tonne of each kind: of the plant itself, of power made on site, of power and
    other inputs bought, of precursors. They are exclusive and sum to all that it emits."""
    return KINDS[emission](scene, region, route)


@remembered
def emissions(scene: Scene, region: str, route: str) -> int:
    """Emissions on the boundary of the experiment, t CO2e/t: scope1 without what is bought."""
    direct = scene.graph.plus(
        scene.graph.sum(
            direct_emissions(scene, region, route), precursor_emissions(scene, region, route)
        ),
        captive_power_emissions(scene, region, route),
    )
    if scene.experiment.boundary == "scope1":
        return direct
    return scene.graph.sum(direct, bought_power_emissions(scene, region, route))


@outcome(
    over=PLANT,
    unit="t t-1",
    title="Avoided emissions",
    since=COMPARED,
    asked_as=("savings", "abated", "emission_savings"),
    sign="Above zero the route emits less than its reference.",
)
@remembered
def avoided_emissions(scene: Scene, region: str, route: str) -> int:
    """Emission intensity of the reference route minus that of this one on the chosen boundary."""
    reference = reference_of(scene.experiment, region, route)
    return scene.graph.difference(
        emissions(scene, region, reference), emissions(scene, region, route)
    )


@remembered
def charged_intensity(scene: Scene, region: str, route: str, sold: str = "") -> int:
    """Emissions of the plant that a carbon market counts, t CO2e/t: below zero what it credits by
    the rules for the route that is `sold`; with those of what is inside."""
    sold = sold or route
    own = _own_charged_intensity(scene, region, route, sold)
    return with_inside(
        scene, region, route, own, lambda other: charged_intensity(scene, region, other, sold)
    )


def _own_charged_intensity(scene: Scene, region: str, route: str, sold: str) -> int:
    direct = _own_direct_emissions(scene, region, route)
    made = made_by(scene, route)
    stated = [made.emission_intensity] if made.emission_intensity else made.emission_parts.values()
    values = [by_region(scene, one, region)[0] for one in stated]
    entries = [
        one for value in values
        for one in (dated(value).values() if isinstance(value, ByYear) else [value])
    ]  # fmt: skip
    factors = scene.experiment.factors
    named = [factors[one.name] if isinstance(one, FactorReference) else one for one in entries]
    # Where nothing is credited the share is not read, so that a setting of it says that it is idle.
    rules = rules_of(scene.experiment, region, sold)
    if any(compiled(one, scene.folder).low < 0 for one in named):
        direct = scene.graph.node("CREDITED", intensity=direct, share=rules.removals)
    stored = stored_biomass(scene, region, route)
    if scene.graph.is_constant(stored, 0.0):
        return direct
    return scene.graph.difference(direct, scene.graph.scaled(stored, rules.removals))


# --- what is bought ------------------------------------------------------------------------------


class Power(NamedTuple):
    """Power that a tonne takes, as such or through hydrogen.

    Attributes
    ----------
    name : str
        The commodity.
    amount : int
        Node of MWh/t.
    is_captive : bool
        Whether it is made on site.
    bought_as : str
        The input that it comes as, hydrogen where it makes some.
    grid : str or None
        Commodity whose emissions stand for it where the mean of a grid counts.
    """

    name: str
    amount: int
    is_captive: bool
    bought_as: str
    grid: str | None


def power_of(scene: Scene, region: str, route: str) -> Iterator[Power]:
    """The power that a tonne takes: inputs made on site or that state a `grid`, and what makes
    hydrogen of such power on site."""
    for name, amount, bought_as, _ in carriers(scene, region, route):
        record = price_of(scene.experiment, name, region)
        is_made_here, grid = isinstance(record, Generation), getattr(record, "grid", None)
        if is_made_here or grid is not None:
            yield Power(name, amount, is_made_here, bought_as, grid)


def carriers(scene: Scene, region: str, route: str) -> Iterator[tuple[str, int, str, int]]:
    """Inputs of a route and what a tonne takes of them, in the place of hydrogen made on site the
    power that makes it; then the input and its amount as bought."""
    for bought_as, bought in _bought(scene, region, route):
        name, amount, record = bought_as, bought, price_of(scene.experiment, bought_as, region)
        if isinstance(record, Electrolysis):
            name, amount = (
                record.electricity,
                scene.graph.product(bought, power_use(scene, bought_as, region)),
            )
        yield name, amount, bought_as, bought


@remembered
def indirect_emissions(scene: Scene, region: str, route: str) -> int:
    """Emissions of power and other inputs as the border counts them, t CO2e/t (MODEL 15.6)."""
    graph, rule = scene.graph, scene.experiment.cbam.power_factor
    captive = captive_power_emissions(scene, region, route)
    if rule == "actual":
        return scene.graph.plus(bought_power_emissions(scene, region, route), captive)
    grids = {one.name: one.grid for one in power_of(scene, region, route)}
    stated = scene.experiment.catalog.regions[region].default_power_factor
    found = []
    for name, amount, bought_as, bought in carriers(scene, region, route):
        if isinstance(price_of(scene.experiment, bought_as, region), Reforming):
            continue
        grid = grids.get(name)
        if name in grids and rule == "default":
            found.append(graph.product(amount, graph.constant(stated or 0.0)))
        elif grid is not None:
            found.append(graph.product(amount, emission_factor(scene, grid, region)))
        else:
            found.append(graph.product(bought, emission_factor(scene, bought_as, region)))
    return graph.total(found)


def is_captive(scene: Scene, name: str, region: str) -> bool:
    """Whether the emissions of an input are those of power made on site."""
    record = price_of(scene.experiment, name, region)
    if isinstance(record, Electrolysis):
        return is_captive(scene, record.electricity, region)
    return isinstance(record, Generation)


def _bought(scene: Scene, region: str, route: str) -> Iterator[tuple[str, int]]:
    """Inputs of a route and of what is inside, and what a tonne takes of them."""
    for name, amount, sign in amounts(scene, region, route):
        if sign > 0:
            yield name, amount


def _of_inputs(scene: Scene, region: str, route: str, *, captive: bool) -> int:
    """Emissions of the inputs whose power is made on site, or of all others."""
    zero, graph = scene.graph.constant(0.0), scene.graph
    pairs = [
        node
        for name, amount in _bought(scene, region, route)
        if is_captive(scene, name, region) == captive
        and not isinstance(price_of(scene.experiment, name, region), Reforming)
        for node in (amount, emission_factor(scene, name, region))
    ]
    if not pairs and captive:
        return zero
    return graph.node(
        "LEVELISED", capital=zero, learning=zero, other=zero, pairs=pairs,
        signs=[1.0] * (len(pairs) // 2),
    )  # fmt: skip
