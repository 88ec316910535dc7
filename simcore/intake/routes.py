"""Records of routes: what a way to make the product states, its capture, and what it learns."""

from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, Tag, model_serializer, model_validator

from simcore.intake.measures import (
    Amount,
    Benchmark,
    Biogenic,
    Capital,
    CapitalShare,
    Intensity,
    Lifetime,
    Megatonnes,
    PerCapacity,
    PerTonne,
    Risk,
    Surcharge,
    Traded,
    Utilisation,
)
from simcore.intake.paths import AnchorTable
from simcore.quantities import Quantity, RegionQuantity, YearlyQuantity, certain, ranges
from simcore.quantities.annotations import Canonical, Name, Year
from simcore.quantities.records import Described, Model, fault
from simcore.units.canonical import ONE


class Learns(Model):
    """Which technology's learning a capital cost follows, and with what share."""

    technology: Name
    share: Annotated[Quantity, Canonical(ONE, minimum=0.0, maximum=1.0)]


def _nothing() -> dict[str, YearlyQuantity]:
    return {"default": certain(0.0)}


_INHERITED: Any = None
"""Of a field that is there once the host is known."""


class Size(Model):
    """Cost of size: capex per t falls as (output / reference)^(exponent - 1)."""

    reference: Megatonnes
    """Production of the plant that `capex` is of."""
    exponent: Annotated[Quantity, Canonical(ONE, minimum=0.0, maximum=2.0, usual=ranges.EXPONENT)]
    """1: no effect; 0.6 to 0.8 in most plants."""
    output: Megatonnes | None = None
    """Production of the plant that is built; without it that of the project, else plant.output."""


class Greenfield(Described):
    """Capital of a new plant, where `capex` is that of renewing one that stands."""

    capex: Capital
    interest_during_construction: Surcharge = certain(1.0)


class Capture(Described):
    """Capture of CO2 at a plant: per tonne of CO2 captured, unless a field says otherwise.

    captured = rate * (what the plant emits without it + what the capture itself emits).
    """

    rate: Annotated[RegionQuantity, Canonical(ONE, minimum=0.0, maximum=1.0)]
    """Share that is captured of all that the site emits, the capture included."""
    inputs: dict[Name, Traded] = Field(default_factory=dict)
    """What capturing a tonne takes, such as gas for heat and power for compression."""
    emission_factors: dict[Name, Traded] = Field(default_factory=dict)
    """t CO2 per unit of those inputs that the capture burns itself."""
    parts: list[Name] = Field(default_factory=list[Name])
    """Those of the emission_parts of the route that the capture reaches; without it, all."""
    storage: Name
    """Commodity whose price is that of taking a tonne away and storing it."""
    capex: Capital
    """Per tonne of CO2 captured a year, so that it grows with what is captured."""
    fixed_opex: CapitalShare = certain(0.0)
    """Share of the capital cost per year."""
    interest_during_construction: Surcharge = certain(1.0)
    first_of_a_kind: Surcharge = certain(1.0)
    lifetime: Lifetime
    risk_premium: Risk = certain(0.0)
    learning: Learns | None = None


class MadeFrom(Described):
    """The product of another route, of which a tonne of this one holds some: clinker in cement."""

    route: Name
    amount: Amount = _INHERITED
    """Tonnes of it in a tonne; a retrofit that states none has its host's."""

    @model_serializer(mode="wrap")
    def _stated(self, handler: Any) -> Any:
        # An amount written out would no longer be the host's.
        content = handler(self)
        return {key: value for key, value in content.items() if key in self.model_fields_set}


class Route(Described):
    """A way to make the product."""

    title: str = ""
    sector: Name
    capex: Capital
    size: Size | None = None
    """How capex depends on the size of the plant; without it not at all."""
    learning: Learns | None = None
    interest_during_construction: Surcharge = certain(1.0)
    first_of_a_kind: Surcharge = certain(1.0)
    lifetime: Lifetime
    utilisation: Utilisation
    """Production as a share of the capacity."""
    risk_premium: Risk = certain(0.0)
    fixed_opex: PerCapacity = Field(default_factory=_nothing)
    """Per capacity and year, or a share of capex: 3 %/yr. Capex is that of the region, the year and
    the size, without the surcharges of first plants and of construction."""
    other_opex: PerTonne = Field(default_factory=_nothing)
    inputs: dict[Name, Traded] = Field(default_factory=dict)
    """Per tonne of product, by commodity; each one number, by region, or by year:
    {years: {2026: 3.5 MWh/t, 2035: 3.1 MWh/t}}. So are the other costs and intensities."""
    byproducts: dict[Name, Traded] = Field(default_factory=dict)
    emission_intensity: Intensity = Field(default_factory=dict)
    """Of the plant itself; without it, the sum of `emission_parts`."""
    emission_parts: dict[Name, Intensity] = Field(default_factory=dict)
    """The same by cause, such as anode, pfc and fuel; not read beside an emission_intensity."""
    biogenic_intensity: Biogenic = Field(default_factory=_nothing)
    """CO2 of biomass per tonne of product: counted zero. A capture takes it as well, and what it
    stores of it is credited as `removals` of the region say."""
    precursor_intensity: Intensity = Field(default_factory=_nothing)
    cbam_benchmark: Benchmark = 0.0
    precursor_benchmark: Benchmark = 0.0
    precursor: Name | None = None
    """Input per tonne of which the two precursor fields stand; without it, per tonne of product."""
    support: PerTonne = Field(default_factory=_nothing)
    available_from: Year | None = None
    made_from: MadeFrom | None = None
    """Cost, emissions and benchmarks of so much of that route's product come on top of this one's
    own."""
    greenfield: Greenfield | None = None
    """For `reference_capital: new`, where `capex` is that of a renewal."""
    shares: dict[Name, list[str]] = Field(default_factory=dict)
    """Route -> quantities of this route that follow its draws, as they are the same equipment:
    {scrap_eaf: [capex, inputs.electricity]}. Each keeps its own distribution."""

    @model_validator(mode="after")
    def _emits(self) -> Self:
        # What a retrofit does not state is its host's.
        if not (self.emission_intensity or self.emission_parts or isinstance(self, Retrofit)):
            raise fault(
                "no emission_intensity and no emission_parts", "one of the two, in t CO2e/t",
                "add emission_intensity: ...; 0 where the plant itself emits nothing",
            )  # fmt: skip
        return self

    @model_serializer(mode="wrap")
    def _stated(self, handler: Any) -> Any:
        # What is the sum of its parts has no number of its own.
        content = handler(self)
        return {key: one for key, one in content.items() if key != "emission_intensity" or one}


class Retrofit(Route):
    """A route that stands on the plant of another, its host, and states what differs.

    All that it does not state is its host's, in every draw.
    """

    host: Name
    buys_instead: dict[Name, Name] = Field(default_factory=dict)
    """Inputs of the host that this route buys as another commodity, the same amount in every draw:
    {smelter_power: captive_power}."""
    capture: Capture | None = None
    capex: Capital = _INHERITED
    lifetime: Lifetime = _INHERITED
    utilisation: Utilisation = _INHERITED
    emission_intensity: Intensity = _INHERITED

    @model_serializer(mode="wrap")
    def _stated(self, handler: Any) -> Any:
        # What is written out would no longer be the host's.
        content = handler(self)
        return {key: value for key, value in content.items() if key in self.model_fields_set}


def _of_route(value: Any) -> str:
    if isinstance(value, Route):
        return "retrofit" if isinstance(value, Retrofit) else "route"
    return "retrofit" if isinstance(value, dict) and {"host", "capture"} & set(value) else "route"


AnyRoute = Annotated[
    Annotated[Route, Tag("route")] | Annotated[Retrofit, Tag("retrofit")], Discriminator(_of_route)
]


class Technology(Described):
    """A technology that learns, on one global curve."""

    title: str = ""
    learning_rate: Annotated[
        Quantity, Canonical(ONE, minimum=0.0, maximum=0.99, usual=ranges.LEARNING)
    ]
    """Cost fall per doubling of cumulative capacity."""
    cumulative_capacity: AnchorTable = Field(min_length=1)
    """Ratio to the first year; low, central and high are P10, P50 and P90."""
