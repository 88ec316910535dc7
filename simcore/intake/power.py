"""Power made on site, and what is paid back of the carbon cost inside the price of power."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simcore.quantities import Quantity, YearlyQuantity, certain, ranges
from simcore.quantities.annotations import AlsoText, Canonical, Name, Plain, PolicyShare, in_unit
from simcore.quantities.records import Described
from simcore.units.canonical import EURO_PER_MWH, GIGAJOULE_PER_MWH, MWH_PER_TONNE, TONNE_PER_MWH

PowerFactor = Annotated[
    YearlyQuantity, Canonical(TONNE_PER_MWH, minimum=0.0, usual=ranges.POWER_FACTOR)
]
"""t CO2e per MWh, one number or by year."""


class Generation(Described):
    """Power made on site out of a fuel, EUR/MWh: heat_rate * fuel + other_cost."""

    kind: Literal["generation"]
    title: str = ""
    unit: Literal["EUR/MWh"] = "EUR/MWh"
    grid: Name | None = None
    """Commodity whose emissions stand for it under `cbam.power_factor: grid_mean`."""
    fuel: Name
    """Commodity that is burnt, priced by energy."""
    heat_rate: Annotated[
        Quantity, Canonical(GIGAJOULE_PER_MWH, minimum=0.0, usual=ranges.HEAT_RATE)
    ]
    """Fuel that a MWh of power takes."""
    emission_factor: Annotated[
        Quantity, Canonical(TONNE_PER_MWH, minimum=0.0, usual=ranges.POWER_FACTOR)
    ]
    """t CO2e per MWh of power."""
    other_cost: Annotated[Quantity, Canonical(EURO_PER_MWH, usual=ranges.PREMIUMS["MWh"])] = (
        certain(0.0)
    )
    """Capital, operation and grid fees per MWh; its carbon cost is that of the route."""


Efficient = Annotated[
    float, Field(gt=0), in_unit(MWH_PER_TONNE), AlsoText(),
    Canonical(MWH_PER_TONNE, usual=ranges.AMOUNTS["MWh"]),
]  # fmt: skip


class IndirectCosts(Described):
    """What a state pays back of the carbon cost inside the price of bought power, per tonne:
    share * carbon price * factor * power that counts."""

    share: PolicyShare
    """Aid intensity; 0 where and when nothing is paid."""
    factor: PowerFactor
    """CO2 of the plants that set the price of power, t CO2/MWh."""
    benchmark: dict[Name, Efficient] = Field(default_factory=dict)
    """MWh per tonne at most that count, by route, or `default`; without one `efficiency` counts."""
    efficiency: Annotated[Plain, Field(ge=0, le=1)] = 0.8
    """Share of the power used that counts where there is no benchmark."""
    power: list[Name]
    """Commodities in whose price the carbon cost is, bought or used by an electrolyser on site."""
