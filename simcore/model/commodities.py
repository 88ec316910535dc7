"""What a plant buys, as nodes: commodities, computed hydrogen and learning (MODEL 6)."""

from __future__ import annotations

from typing import Any

import numpy as np

from simcore.intake.entries import Electrolysis, Indexed
from simcore.intake.paths import Path
from simcore.intake.schema import Experiment
from simcore.intake.stated import commodity_unit
from simcore.intake.usage import place_of, price_of, used_prices
from simcore.model.paths import anchor_lines
from simcore.model.policies import series
from simcore.model.prices import price
from simcore.model.setting import Setting, normal_node, quantity, read, remembered, wacc
from simcore.units import conversion, currency_of
from simcore.variables import Needs, outcome


@remembered
def unit_price(setting: Setting, name: str, region: str) -> int:
    """Node of the price of a commodity in a region."""
    experiment = setting.experiment
    record = price_of(experiment, name, region)
    assert record is not None
    if isinstance(record, Path):
        return price(
            setting,
            price_name(experiment, name, region),
            record,
            f"EUR/{commodity_unit(experiment, name, record)}",
        )
    if isinstance(record, Indexed):
        return _indexed(setting, name, region, record)
    return _electrolysis(setting, name, region, record)


def _indexed(setting: Setting, name: str, region: str, record: Indexed) -> int:
    """coefficient * index + premium."""
    graph, own = setting.graph, price_name(setting.experiment, name, region)
    index, _, place = record.index.partition(".")
    coefficient = read(setting, record, "coefficient", own)
    premium = record.premium
    if premium.unit is None:
        premium = premium.model_copy(
            update={
                "unit": record.unit,
                "price_year": premium.price_year or record.price_year,
            }
        )
    target = f"EUR/{commodity_unit(setting.experiment, name, record)}"
    return graph.sum(
        graph.product(coefficient, unit_price(setting, index, place)),
        quantity(setting, f"{own}.premium", premium, target),
    )


def price_name(experiment: Experiment, name: str, region: str) -> str:
    """Name of a commodity's price entry in a region."""
    place = place_of(experiment, experiment.catalog.prices[name], region)
    return f"{name}.{place or 'default'}"


@remembered
def emission_factor(setting: Setting, name: str, region: str) -> int:
    """Node of the emissions per unit of a bought commodity, t CO2e (scope 2)."""
    record = price_of(setting.experiment, name, region)
    if isinstance(record, Electrolysis):
        own = price_name(setting.experiment, name, region)
        demand = read(setting, record, "electricity_demand", own)
        supply = emission_factor(setting, record.electricity, region)
        product = setting.graph.product(demand, supply)
        return setting.graph.scaled(product, 1e-3)
    if record is None or not record.emission_intensity:
        return setting.graph.constant(0.0)
    dates = sorted(record.emission_intensity)
    # The currency cancels: emissions are those of what one of it buys.
    at_par = {currency_of(record.unit) or "EUR": 1.0}
    target = f"EUR/{commodity_unit(setting.experiment, name, record)}"
    per_unit = conversion(record.unit, target, exchange=at_par)
    return series(
        setting,
        per_unit
        * np.interp(setting.horizon, dates, [record.emission_intensity[date] for date in dates]),
    )


def learning(setting: Setting, learns: Any, owner: str) -> int:
    """Node of the cost multiplier of a technology that learns; 1 without learning."""
    graph = setting.graph
    if learns is None:
        return graph.constant(1.0)
    record = setting.experiment.catalog.technologies[learns.technology]
    share = read(setting, learns, "share", owner, "learning_share")
    rate = read(setting, record, "learning_rate", learns.technology)
    exponent = graph.node("LEARNING_EXPONENT", rate=rate)
    normal = normal_node(setting, f"{learns.technology}.capacity")
    centre, above, below = anchor_lines(record.cumulative_capacity, setting.horizon, known=None)
    # The ratio to the first year is 1 in every draw, also where the first year is itself uncertain.
    first = anchor_lines(
        record.cumulative_capacity, np.array([min(record.cumulative_capacity)]), known=None
    )
    centre, above, below = (
        setting.over_years(line - start)
        for line, start in zip((centre, above, below), first, strict=True)
    )
    return graph.node(
        "LEARNING", exponent=exponent, z=normal, share=share,
        centre=centre, above=above, below=below,
    )  # fmt: skip


def _electrolysis(setting: Setting, name: str, region: str, record: Electrolysis) -> int:
    graph, own = setting.graph, price_name(setting.experiment, name, region)

    def part(key: str) -> int:
        return read(setting, record, key, own)

    recovery = graph.node(
        "CAPITAL_RECOVERY",
        wacc=wacc(setting, region),
        risk=part("risk_premium"),
        life=record.lifetime,
    )
    demand = part("electricity_demand")
    charge = graph.node(
        "ELECTROLYSER",
        capex=part("capex"),
        recovery=recovery,
        fixed=part("fixed_opex"),
        stack_share=part("stack_share"),
        stack_life=part("stack_lifetime"),
        hours=part("full_load_hours"),
        demand=demand,
        life=record.lifetime,
    )
    return graph.node(
        "HYDROGEN",
        charge=charge,
        learning=learning(setting, record.learning, own),
        electricity=unit_price(setting, record.electricity, region),
        demand=demand,
        storage=part("storage"),
    )


@outcome(
    over=("scenario", "commodity", "year"),
    unit="{money} per unit",
    title="Commodity and energy price",
    unit_here="{money}/{commodity_unit}",
    description=(
        "Price of each commodity path; the unit of each is in the commodity_unit coordinate."
    ),
)
def commodity_price(setting: Setting, commodity: str) -> int | None:
    """Price of a commodity at a place, by its label; None where the run does not meet it."""
    found = used_prices(setting.experiment).get(commodity)
    return None if found is None else unit_price(setting, *found)


@outcome(
    over=("scenario", "region", "year"),
    unit="{money} kg-1",
    title="Hydrogen cost",
    needs=Needs(commodities=("hydrogen",)),
    description="Cost of hydrogen at the plant, computed from electricity or bought.",
)
def hydrogen_cost(setting: Setting, region: str) -> int | None:
    """Cost of hydrogen at the plant; None where it has no price."""
    known = price_of(setting.experiment, "hydrogen", region) is not None
    return unit_price(setting, "hydrogen", region) if known else None
