"""What a firm or plant pays for the allowances it lacks, and at the border of the EU for what it
sells there, as nodes (MODEL 8)."""

from __future__ import annotations

import numpy as np

from simcore.dated import DatedTable
from simcore.intake.asked import exposure_currency, exposure_market
from simcore.intake.schema import Destinations
from simcore.intake.stated import unit_of_field
from simcore.model.allowances import charged_emissions
from simcore.model.carbon import cbam_cost, pays_cbam
from simcore.model.markets import carbon_price
from simcore.model.policies import series
from simcore.model.scene import Scene, quantity, remembered
from simcore.model.yearly import yearly_quantity
from simcore.numerics.elementary import powers
from simcore.variables import EXPOSURE, outcome

_SIGN = "Above zero the firm pays, below zero it earns."


@outcome(
    over=EXPOSURE,
    unit="1e6 {money} yr-1",
    title="Firm exposure",
    usual=False,
    asked_as=("liability", "exposure"),
    sign=_SIGN,
)
@remembered
def exposure_cost(scene: Scene, exposure: str) -> int:
    """exposure_allowances + exposure_border: what a firm owes for carbon."""
    return scene.graph.plus(exposure_allowances(scene, exposure), exposure_border(scene, exposure))


@outcome(
    over=EXPOSURE,
    unit="1e6 {money} yr-1",
    title="Allowances of a firm",
    usual=False,
    asked_as=("allowance_bill",),
    sign="Above zero the firm buys, below zero it sells.",
)
@remembered
def exposure_allowances(scene: Scene, exposure: str) -> int:
    """Obligation shortfall times the carbon price: of a plant its emissions less its allocation."""
    bought_in = exposure_market(scene.experiment, exposure)
    return scene.graph.product(carbon_price(scene, bought_in), _shortfall(scene, exposure))


@outcome(
    over=EXPOSURE,
    unit="1e6 {money} yr-1",
    title="Border bill of a firm",
    usual=False,
    asked_as=("border_bill", "cbam_bill"),
)
@remembered
def exposure_border(scene: Scene, exposure: str) -> int:
    """cbam_cost of the tonnes that a plant sells into the EU, net of what it paid at home; zero of
    a shortfall."""
    graph, plant = scene.graph, scene.experiment.exposures[exposure].plant
    if plant is None or not pays_cbam(scene, plant.region, "eu"):
        return graph.constant(0.0)
    stated, unit = plant.destinations, unit_of_field(Destinations, "eu")
    share = yearly_quantity(scene, f"{exposure}.destinations.eu", stated.eu, unit)
    if graph.is_constant(share, 0.0):
        return share
    sold = graph.product(share, _output(scene, exposure))
    return graph.product(cbam_cost(scene, plant.region, "eu", plant.route), sold)


@outcome(
    over=("scenario", "exposure"),
    unit="1e6 {money}",
    title="Cumulative firm exposure",
    usual=False,
    sign=_SIGN,
)
@remembered
def exposure_total(scene: Scene, exposure: str) -> int:
    """Sum of exposure_cost over its years."""
    return scene.graph.node(
        "ACCUMULATED", amount=exposure_cost(scene, exposure),
        weight=np.ones(len(scene.years)), first=0.0, last=0.0,
    )  # fmt: skip


@outcome(
    over=EXPOSURE,
    unit="",
    title="Firm exposure in local currency",
    unit_here="1e6 {exposure_currency} yr-1",
    usual=False,
)
def exposure_cost_local(scene: Scene, exposure: str) -> int:
    """exposure_cost in 1e6 of the currency in the exposure_currency coordinate a year, real."""
    return _local(scene, exposure, exposure_cost(scene, exposure))


@outcome(
    over=("scenario", "exposure"),
    unit="",
    title="Cumulative firm exposure in local currency",
    unit_here="1e6 {exposure_currency}",
    usual=False,
)
def exposure_total_local(scene: Scene, exposure: str) -> int:
    """exposure_total in 1e6 of the currency in the exposure_currency coordinate, real."""
    return _local(scene, exposure, exposure_total(scene, exposure))


def _local(scene: Scene, name: str, node: int) -> int:
    currency = exposure_currency(scene.experiment, name)
    rate = 1.0 if currency == "EUR" else scene.experiment.money.exchange[currency]
    return scene.graph.scaled(node, rate)


@remembered
def _output(scene: Scene, name: str) -> int:
    """Node of what the plant of an exposure makes in a year, Mt/yr; nothing outside its years."""
    horizon, record = scene.horizon, scene.experiment.exposures[name]
    assert record.plant is not None
    inside = (horizon >= record.first) & (horizon <= record.last)
    grown = powers(1.0 + record.growth, horizon - record.first)
    return series(scene, np.where(inside, record.plant.output * grown, 0.0))


@remembered
def _shortfall(scene: Scene, name: str) -> int:
    """Allowances to buy, Mt CO2e/yr; negative: a surplus that is sold."""
    graph, horizon = scene.graph, scene.horizon
    record = scene.experiment.exposures[name]
    inside = (horizon >= record.first) & (horizon <= record.last)
    if record.plant is not None:
        plant = record.plant
        charged = charged_emissions(scene, plant.region, plant.route)
        return graph.product(charged, _output(scene, name))
    known = np.zeros(len(horizon))
    uncertain = []
    unit = unit_of_field(type(record), "shortfall")
    table = DatedTable(record.shortfall)
    held = [table.at(year) for year in horizon.tolist()]
    in_force = np.array([one.date if one is not None else 0 for one in held])
    for date in sorted(table.values):
        # Grown from the first year of the exposure, or from the last date of a table.
        since = horizon - max(date, record.first) if date == table.last else np.zeros(len(horizon))
        weight = np.where(inside & (in_force == date), powers(1.0 + record.growth, since), 0.0)
        label = f"{name}.shortfall" if len(table.values) == 1 else f"{name}.shortfall.{date}"
        node = quantity(scene, label, record.shortfall[date], unit)
        found = graph.nodes[node]
        if found.operation is None:
            known = known + weight * found.numbers[0]
        else:
            uncertain.append(graph.product(node, series(scene, weight)))
    return graph.total([series(scene, known), *uncertain])
