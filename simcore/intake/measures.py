"""Kinds of fields of the catalog: unit, bounds, and what is usual."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, Field

from simcore.quantities import Certain, Quantity, RegionQuantity, ranges
from simcore.quantities.annotations import (
    COMMODITY,
    AlsoText,
    Canonical,
    PolicyValue,
    in_unit,
)
from simcore.quantities.records import Whole, fault
from simcore.units.canonical import (
    EURO_PER_CAPACITY,
    EURO_PER_CAPACITY_YEAR,
    EURO_PER_TONNE,
    MEGATONNE_PER_YEAR,
    ONE,
    PER_YEAR,
    TONNE_PER_TONNE,
    YEAR,
)

Lifetime = Annotated[float, Canonical(YEAR, usual=ranges.LIFETIME), Field(gt=0, le=200)]
Multiplier = Annotated[Quantity, Canonical(ONE, minimum=0.0, central=20.0, usual=ranges.FACTOR)]
Surcharge = Annotated[Quantity, Canonical(ONE, minimum=0.0, central=20.0, usual=ranges.SURCHARGE)]
"""What a cost is multiplied by, 1 for none."""
Risk = Annotated[Quantity, Canonical(ONE, minimum=-0.9, central=1.0, usual=ranges.RISK)]
CapitalShare = Annotated[
    Quantity, Canonical(ONE, minimum=0.0, central=1.0, usual=ranges.SMALL_SHARE)
]
"""Share of the capital cost per year."""
PerTonne = Annotated[RegionQuantity, Canonical(EURO_PER_TONNE, usual=ranges.COST)]
FIXED_OPEX: Final = Canonical(
    EURO_PER_CAPACITY_YEAR, usual=ranges.FIXED_OPEX, also=PER_YEAR, usual_also=ranges.SMALL_SHARE
)
PerCapacity = Annotated[RegionQuantity, FIXED_OPEX]
Intensity = Annotated[
    RegionQuantity, Canonical(TONNE_PER_TONNE, minimum=-20.0, usual=ranges.INTENSITY)
]
"""Below zero where more is taken out of the air than comes into it."""
Biogenic = Annotated[
    RegionQuantity, Canonical(TONNE_PER_TONNE, minimum=0.0, usual=ranges.INTENSITY)
]
Capital = Annotated[RegionQuantity, Canonical(EURO_PER_CAPACITY, minimum=0.0, usual=ranges.CAPEX)]
Utilisation = Annotated[
    RegionQuantity, Canonical(ONE, minimum=0.01, central=1.5, usual=ranges.UTILISATION)
]
Traded = Annotated[RegionQuantity, Canonical(COMMODITY, minimum=0.0, usual=ranges.AMOUNTS)]
Amount = Annotated[RegionQuantity, Canonical(TONNE_PER_TONNE, minimum=0.0, usual=ranges.CONTAINED)]
"""Tonnes of one product in a tonne of another."""
Benchmark = Annotated[PolicyValue, Canonical(ONE, minimum=0.0, usual=ranges.BENCHMARK)]
MarkUp = Annotated[PolicyValue, Canonical(ONE, minimum=-1.0, usual=ranges.SHARE)]
Megatonnes = Annotated[Certain, Canonical(MEGATONNE_PER_YEAR, minimum=1e-6, usual=ranges.OUTPUT)]


def _possible(value: float) -> float:
    if value > MOST_OUTPUT:
        raise fault(
            f"{value:g} Mt/yr", f"at most {MOST_OUTPUT:,g} Mt/yr, more than the world makes",
            f"did you mean {value / 1e6:g} Mt/yr?",
        )  # fmt: skip
    return value


MOST_OUTPUT: Final = 10_000.0
"""Mt/yr; of no material does the world make as much."""
Output = Annotated[
    float, Field(gt=0), AfterValidator(_possible), in_unit(MEGATONNE_PER_YEAR), AlsoText(),
    Canonical(MEGATONNE_PER_YEAR, usual=ranges.OUTPUT),
]  # fmt: skip
Life = Annotated[
    Whole, Field(ge=1, le=100), in_unit(YEAR), AlsoText(), Canonical(YEAR, usual=ranges.LIFETIME)
]
"""Whole years of a plant, a loan or a contract."""
