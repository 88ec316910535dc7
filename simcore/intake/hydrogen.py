"""Hydrogen from gas, and by what law hydrogen counts as renewable or low in carbon."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from simcore.intake.measures import Benchmark, CapitalShare, Lifetime, Risk
from simcore.quantities import Quantity, certain, ranges
from simcore.quantities.annotations import Canonical, Name, PolicyShare
from simcore.quantities.records import Described, Model
from simcore.units.canonical import (
    EURO_PER_KILOGRAM,
    EURO_PER_KILOWATT,
    HOUR_PER_YEAR,
    ONE,
    TONNE_PER_MWH,
)

Supply = Literal["grid", "renewable", "nuclear"]
Matching = Literal["hourly", "monthly", "annual"]
Rule = Literal["rfnbo", "low_carbon", "intensity"]
GRADES: Final = ("renewable", "low_carbon", "grey")
"""Classes of hydrogen, each of a kg in one of them."""

HEATING_VALUE: Final = 0.12
"""GJ per kg of hydrogen, lower heating value."""

_SHARE: Final = Canonical(ONE, minimum=0.0, maximum=1.0, usual=ranges.SHARE)
_FACTOR: Final = Canonical(TONNE_PER_MWH, minimum=0.0, usual=ranges.POWER_FACTOR)


class HydrogenLaw(Model):
    """Limits and dates by which hydrogen is classed, and what a nuclear contract counts."""

    limit: Benchmark
    """Emissions of a kg of low-carbon hydrogen at most, kg CO2e/kg."""
    nuclear: PolicyShare
    """Share of the mean of the grid that power under a nuclear contract counts."""
    additionality: PolicyShare
    """1 where power under a renewable contract must come from a new plant."""
    hourly: PolicyShare
    """1 where it must be made in the hour in which it is used, 0 where in the month is enough."""


class Reforming(Described):
    """Hydrogen made of gas, with or without capture, EUR/kg."""

    kind: Literal["reforming"]
    title: str = ""
    unit: Literal["EUR/kg"] = "EUR/kg"
    gas: Name
    """Commodity that is reformed, priced by energy."""
    efficiency: Annotated[Quantity, Canonical(ONE, minimum=0.1, maximum=1.0, usual=ranges.SHARE)]
    """Energy of the hydrogen over that of the gas, feed and fuel, by lower heating values."""
    capture: Annotated[Quantity, _SHARE] = certain(0.0)
    """Share of the CO2 of the gas that is captured and stored."""
    storage: Name | None = None
    """Commodity whose price is that of taking a tonne of CO2 away and storing it."""
    upstream: Annotated[Quantity, _FACTOR]
    """t CO2e per MWh of gas before it is burnt: 4.9 g/MJ in the act of the EU."""
    emission_factor: Annotated[Quantity, _FACTOR] = certain(0.20196)
    """t CO2 per MWh of gas as burnt: 56.1 g/MJ."""
    capex: Annotated[
        Quantity, Canonical(EURO_PER_KILOWATT, minimum=0.0, usual=ranges.CAPEX_PER_KILOWATT)
    ]
    """Per kW of hydrogen by the lower heating value, with the capture."""
    fixed_opex: CapitalShare
    full_load_hours: Annotated[
        Quantity, Canonical(HOUR_PER_YEAR, minimum=1.0, central=8784.0, usual=ranges.LOAD_HOURS)
    ]
    lifetime: Lifetime
    risk_premium: Risk = certain(0.0)
    other_cost: Annotated[Quantity, Canonical(EURO_PER_KILOGRAM, usual=ranges.PREMIUMS["kg"])] = (
        certain(0.0)
    )
    """Power, water and catalysts, EUR/kg."""
    carbon: Annotated[Quantity, _SHARE] = certain(1.0)
    """Share of the home carbon cost of what the reformer still emits that is in the price."""
