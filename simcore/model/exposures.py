"""What a firm or plant pays for the allowances it lacks, as nodes (MODEL 8)."""

from __future__ import annotations

import numpy as np

from simcore.dated import DatedTable
from simcore.intake.stated import unit_of_field
from simcore.intake.usage import exposure_currency, exposure_market
from simcore.model.carbon import charged_emissions
from simcore.model.markets import carbon_price
from simcore.model.policies import series
from simcore.model.scene import Scene, quantity, remembered
from simcore.numerics.elementary import powers
from simcore.variables import EXPOSURE, outcome


@outcome(
    over=EXPOSURE,
    unit="1e6 {money} yr-1",
    title="Firm exposure",
    usual=False,
    asked_as=("liability", "exposure"),
    sign="Above zero the firm buys, below zero it sells.",
)
@remembered
def exposure_cost(scene: Scene, exposure: str) -> int:
    """Obligation shortfall times the carbon price."""
    bought_in = exposure_market(scene.experiment, exposure)
    return scene.graph.product(carbon_price(scene, bought_in), _shortfall(scene, exposure))


@outcome(
    over=("scenario", "exposure"),
    unit="1e6 {money}",
    title="Cumulative firm exposure",
    usual=False,
    sign="Above zero the firm buys, below zero it sells.",
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
def _shortfall(scene: Scene, name: str) -> int:
    """Allowances to buy, Mt CO2e/yr; negative: a surplus that is sold."""
    graph, horizon = scene.graph, scene.horizon
    record = scene.experiment.exposures[name]
    inside = (horizon >= record.first) & (horizon <= record.last)
    if record.plant is not None:
        plant = record.plant
        grown = powers(1.0 + record.growth, horizon - record.first)
        output = series(scene, np.where(inside, plant.output * grown, 0.0))
        return graph.product(charged_emissions(scene, plant.region, plant.route), output)
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
