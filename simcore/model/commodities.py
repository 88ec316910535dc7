"""What a plant buys, as nodes: commodities, computed hydrogen and learning (MODEL 6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from simcore.intake.entries import Electrolysis, Indexed, Made
from simcore.intake.hydrogen import HEATING_VALUE, Reforming
from simcore.intake.paths import PricePath
from simcore.intake.power import Generation
from simcore.intake.priced import used_prices
from simcore.intake.schema import Experiment
from simcore.intake.stated import commodity_unit
from simcore.intake.usage import counted_grid, place_of, price_of
from simcore.model.markets import home_price
from simcore.model.paths import anchor_lines
from simcore.model.policies import policy_value, series
from simcore.model.prices import price
from simcore.model.scene import Scene, normal_node, quantity, read, remembered, wacc
from simcore.numerics.elementary import interpolated
from simcore.units import conversion, currency_of
from simcore.variables import Needs, outcome

Shift = Callable[[Scene, str, str, int], int]
"""The price of a commodity in a region, of a scene, both names and the price without it."""
_SHIFTS: Final[list[Shift]] = []


def shifts_price(function: Shift) -> Shift:
    """Let a function move prices: for what follows from carbon costs, which are built on this
    module."""
    _SHIFTS.append(function)
    return function


MADE_FOR: Final = dict[type[Made], Callable[[Scene, str, str, Made], int]]()
"""How what is made elsewhere is priced: `model.origin` enters it, as it stands above the costs."""


@remembered
def unit_price(scene: Scene, name: str, region: str, electrolyser: int | None = None) -> int:
    """Node of the price of a commodity in a region.

    Where it is made by electrolysis, with an electrolyser of a vintage if that is given.
    """
    found = _unmoved(scene, name, region, electrolyser)
    for shift in _SHIFTS:
        found = shift(scene, name, region, found)
    return found


def _unmoved(scene: Scene, name: str, region: str, electrolyser: int | None) -> int:
    """What the entry of a price says alone."""
    experiment = scene.experiment
    record = price_of(experiment, name, region)
    assert record is not None
    if isinstance(record, PricePath):
        place = place_of(experiment, experiment.catalog.prices[name], region)
        return _path_price(scene, name, place)
    if isinstance(record, Indexed):
        return _indexed(scene, name, region, record)
    if isinstance(record, Made):
        return MADE_FOR[Made](scene, name, region, record)
    if isinstance(record, Generation):
        return _generated(scene, name, region, record)
    if isinstance(record, Reforming):
        return _reformed(scene, name, region, record)
    return _electrolysis(scene, name, region, record, electrolyser)


@remembered
def _path_price(scene: Scene, name: str, place: str) -> int:
    """Node of a price path, which several regions may buy at."""
    record = scene.experiment.catalog.prices[name][place]
    assert isinstance(record, PricePath)
    unit = commodity_unit(scene.experiment, name, record)
    return price(scene, f"{name}.{place}", record, f"EUR/{unit}")


def _indexed(scene: Scene, name: str, region: str, record: Indexed) -> int:
    """coefficient * index + premium."""
    graph, own = scene.graph, price_name(scene.experiment, name, region)
    index, _, place = record.index.partition(".")
    coefficient = read(scene, record, "coefficient", own)
    premium = record.premium
    if premium.unit is None:
        premium = premium.model_copy(
            update={
                "unit": record.unit,
                "price_year": premium.price_year or record.price_year,
            }
        )
    target = f"EUR/{commodity_unit(scene.experiment, name, record)}"
    return graph.sum(
        graph.product(coefficient, unit_price(scene, index, place)),
        quantity(scene, f"{own}.premium", premium, target),
    )


def _generated(scene: Scene, name: str, region: str, record: Generation) -> int:
    """heat_rate * fuel + other_cost, without a carbon cost."""
    graph, own = scene.graph, price_name(scene.experiment, name, region)
    fuel = graph.product(fuel_use(scene, name, region), unit_price(scene, record.fuel, region))
    return graph.sum(fuel, read(scene, record, "other_cost", own))


def _reformed(scene: Scene, name: str, region: str, record: Reforming) -> int:
    """capital and operation + gas + storage of what is captured + carbon of the rest + other."""
    graph, own = scene.graph, price_name(scene.experiment, name, region)
    charge = graph.node(
        "ELECTROLYSER", demand=graph.constant(HEATING_VALUE / 3.6 * 1e3),
        capex=read(scene, record, "capex", own), recovery=_recovery(scene, own, region, record),
        fixed=read(scene, record, "fixed_opex", own), stack_share=graph.constant(0.0),
        stack_life=graph.constant(1.0), hours=read(scene, record, "full_load_hours", own),
        life=record.lifetime,
    )  # fmt: skip
    used = gas_use(scene, name, region)
    parts = [charge, graph.product(used, unit_price(scene, record.gas, region)),
             read(scene, record, "other_cost", own)]  # fmt: skip
    burnt = graph.product(used, read(scene, record, "emission_factor", own))
    taken = graph.product(burnt, read(scene, record, "capture", own))
    if record.storage is not None:
        parts.append(graph.product(taken, unit_price(scene, record.storage, region)))
    passed_on = read(scene, record, "carbon", own)
    if not graph.is_constant(passed_on, 0.0):
        left = graph.difference(burnt, taken)
        parts.append(graph.product(left, passed_on, home_price(scene, region)))
    return graph.total(parts)


@remembered
def gas_use(scene: Scene, name: str, region: str) -> int:
    """Node of the gas that a kg of hydrogen made of it takes, MWh."""
    record = price_of(scene.experiment, name, region)
    assert isinstance(record, Reforming)
    share = read(scene, record, "efficiency", price_name(scene.experiment, name, region))
    return scene.graph.quotient(scene.graph.constant(HEATING_VALUE / 3.6), share)


@remembered
def fuel_use(scene: Scene, name: str, region: str) -> int:
    """Node of the fuel that a MWh of power made on site takes, MWh."""
    record = price_of(scene.experiment, name, region)
    assert isinstance(record, Generation)
    own = price_name(scene.experiment, name, region)
    return scene.graph.scaled(read(scene, record, "heat_rate", own), 1.0 / 3.6)


@remembered
def power_use(scene: Scene, name: str, region: str) -> int:
    """Node of the power that a kg of hydrogen made by electrolysis takes, MWh."""
    record = price_of(scene.experiment, name, region)
    assert isinstance(record, Electrolysis)
    own = price_name(scene.experiment, name, region)
    return scene.graph.scaled(read(scene, record, "electricity_demand", own), 1e-3)


def price_name(experiment: Experiment, name: str, region: str) -> str:
    """Name of a commodity's price entry in a region."""
    place = place_of(experiment, experiment.catalog.prices[name], region)
    return f"{name}.{place or 'default'}"


@remembered
def emission_factor(scene: Scene, name: str, region: str) -> int:
    """Node of the emissions per unit of a bought commodity, or of power made on site, t CO2e."""
    record = price_of(scene.experiment, name, region)
    if isinstance(record, Generation):
        return read(scene, record, "emission_factor", price_name(scene.experiment, name, region))
    if isinstance(record, Electrolysis):
        own = price_name(scene.experiment, name, region)
        demand = read(scene, record, "electricity_demand", own)
        product = scene.graph.product(demand, _supplied(scene, record, region))
        return scene.graph.scaled(product, 1e-3)
    if isinstance(record, Reforming):
        return _of_gas(scene, record, name, region)
    # What is made elsewhere brings the emissions of its plant, as a precursor.
    if record is None or isinstance(record, Made) or not record.emission_intensity:
        return scene.graph.constant(0.0)
    dates = sorted(record.emission_intensity)
    # The currency cancels: emissions are those of what one of it buys.
    at_par = {currency_of(record.unit) or "EUR": 1.0}
    target = f"EUR/{commodity_unit(scene.experiment, name, record)}"
    per_unit = conversion(record.unit, target, exchange=at_par)
    return series(
        scene,
        per_unit
        * interpolated(scene.horizon, dates, [record.emission_intensity[date] for date in dates]),
    )


def _of_gas(scene: Scene, record: Reforming, name: str, region: str) -> int:
    """Emissions of a kg of hydrogen made of gas, t: before the gas, and what is not captured."""
    graph, own = scene.graph, price_name(scene.experiment, name, region)
    left = graph.difference(graph.constant(1.0), read(scene, record, "capture", own))
    burnt = graph.product(left, read(scene, record, "emission_factor", own))
    each = graph.sum(read(scene, record, "upstream", own), burnt)
    return graph.product(gas_use(scene, name, region), each)


def _supplied(scene: Scene, record: Electrolysis, region: str) -> int:
    """Emissions of the power of an electrolyser, t CO2e/MWh: of what it buys, or as far as its
    contract does not count those of the mean of the grid (MODEL 19.1)."""
    graph = scene.graph
    if record.supply == "grid":
        return emission_factor(scene, record.electricity, region)
    grid = counted_grid(scene.experiment, record, region)
    if grid is None:
        return graph.constant(0.0)
    mean = emission_factor(scene, grid, region)
    if record.supply == "nuclear":
        return graph.product(policy_value(scene, scene.experiment.hydrogen.nuclear), mean)
    failed = graph.difference(graph.constant(1.0), contract_passes(scene, record))
    return graph.product(failed, mean)


def contract_passes(scene: Scene, record: Electrolysis) -> int:
    """Node of whether a renewable contract meets additionality and matching, 0 or 1."""
    graph, law, one = scene.graph, scene.experiment.hydrogen, scene.graph.constant(1.0)
    parts = [one]
    if not record.additional:
        parts.append(graph.difference(one, policy_value(scene, law.additionality)))
    if record.matching == "monthly":
        parts.append(graph.difference(one, policy_value(scene, law.hourly)))
    elif record.matching == "annual":
        parts.append(graph.constant(0.0))
    return graph.product(*parts)


def learning(scene: Scene, learns: Any, owner: str) -> int:
    """Node of the cost multiplier of a technology that learns; 1 without learning."""
    graph = scene.graph
    if learns is None:
        return graph.constant(1.0)
    record = scene.experiment.catalog.technologies[learns.technology]
    share = read(scene, learns, "share", owner, "learning_share")
    rate = read(scene, record, "learning_rate", learns.technology)
    exponent = graph.node("LEARNING_EXPONENT", rate=rate)
    normal = normal_node(scene, f"{learns.technology}.capacity")
    centre, above, below = _growth_of_capacity(scene, learns.technology)
    return graph.node(
        "LEARNING", exponent=exponent, z=normal, share=share,
        centre=centre, above=above, below=below,
    )  # fmt: skip


@remembered
def _growth_of_capacity(scene: Scene, technology: str) -> tuple[np.ndarray, ...]:
    """Lines of the log capacity of a technology, less those of its first year.

    The ratio to the first year is 1 in every draw, also where the first year is itself uncertain.
    """
    capacity = scene.experiment.catalog.technologies[technology].cumulative_capacity
    lines = anchor_lines(capacity, scene.horizon, known=None)
    first = anchor_lines(capacity, np.array([min(capacity)]), known=None)
    return tuple(
        scene.over_years(line - start) for line, start in zip(lines, first, strict=True)
    )  # fmt: skip


@remembered
def electrolyser_capital(scene: Scene, name: str, region: str) -> tuple[int, int]:
    """Nodes of what an electrolyser costs to build for a kg a year, and of its capital recovery."""
    graph, record = scene.graph, price_of(scene.experiment, name, region)
    assert isinstance(record, Electrolysis)
    own = price_name(scene.experiment, name, region)
    whole = _charge(scene, own, record, graph.constant(1.0), is_capital=True)
    learnt = learning(scene, record.learning, own)
    return graph.product(whole, learnt), _recovery(scene, own, region, record)


def _recovery(scene: Scene, own: str, region: str, record: Electrolysis | Reforming) -> int:
    return scene.graph.node(
        "CAPITAL_RECOVERY",
        wacc=wacc(scene, region),
        risk=read(scene, record, "risk_premium", own),
        life=record.lifetime,
    )


def _charge(
    scene: Scene, own: str, record: Electrolysis, recovery: int, *, is_capital: bool = False
) -> int:
    """Node of the fixed cost of a kg a year before learning; of its capital without operation."""

    def part(key: str) -> int:
        return read(scene, record, key, own)

    nothing = scene.graph.constant(0.0)
    return scene.graph.node(
        "ELECTROLYSER",
        demand=part("electricity_demand"),
        capex=part("capex"),
        recovery=recovery,
        fixed=nothing if is_capital else part("fixed_opex"),
        stack_share=nothing if is_capital else part("stack_share"),
        stack_life=part("stack_lifetime"),
        hours=part("full_load_hours"),
        life=record.lifetime,
    )


def _electrolysis(
    scene: Scene, name: str, region: str, record: Electrolysis, vintage: int | None
) -> int:
    graph, own = scene.graph, price_name(scene.experiment, name, region)
    recovery = _recovery(scene, own, region, record)
    charge = _charge(scene, own, record, recovery)
    multiplier = learning(scene, record.learning, own)
    if vintage is not None:
        multiplier = graph.in_year(multiplier, vintage - scene.start)
    return graph.node(
        "HYDROGEN",
        charge=charge,
        learning=multiplier,
        electricity=unit_price(scene, record.electricity, region),
        demand=read(scene, record, "electricity_demand", own),
        storage=read(scene, record, "storage", own),
    )


@outcome(
    over=("scenario", "commodity", "year"),
    unit="{money} per unit",
    title="Commodity and energy price",
    unit_here="{money}/{commodity_unit}",
)
def commodity_price(scene: Scene, commodity: str) -> int | None:
    """Price of each commodity path; the unit of each is in the commodity_unit coordinate.

    By its label; None where the run does not meet it.
    """
    found = used_prices(scene.experiment).get(commodity)
    return None if found is None else unit_price(scene, *found)


@outcome(
    over=("scenario", "region", "year"),
    unit="{money} kg-1",
    title="Hydrogen cost",
    needs=Needs(commodities=("hydrogen",)),
    asked_as=("lcoh", "hydrogen_price"),
    per="of hydrogen",
)
def hydrogen_cost(scene: Scene, region: str) -> int | None:
    """Cost of hydrogen at the plant, computed from electricity or bought.

    None where it has no price.
    """
    known = price_of(scene.experiment, "hydrogen", region) is not None
    return unit_price(scene, "hydrogen", region) if known else None
