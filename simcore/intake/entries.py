"""What the catalog may hold: the frozen, typed records of prices, policies, regions and sectors."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from simcore.intake.hydrogen import Matching, Reforming, Supply
from simcore.intake.instruments import Instruments
from simcore.intake.measures import Benchmark, CapitalShare, Lifetime, MarkUp, Multiplier, Risk
from simcore.intake.paths import EmissionFactors, PricePath
from simcore.intake.power import Generation, IndirectCosts, PowerFactor
from simcore.intake.products import Product
from simcore.intake.routes import AnyRoute, Learns, Technology
from simcore.intake.systems import System
from simcore.quantities import (
    Quantity,
    RegionQuantity,
    YearlyQuantity,
    certain,
    check_probabilities,
    ranges,
)
from simcore.quantities.annotations import (
    COMMODITY,
    OTHER,
    TEXT,
    TEXT_OR_OTHER,
    Canonical,
    Name,
    Plain,
    PolicyShare,
    Year,
)
from simcore.quantities.records import Described, Model, Sourced, fault, shown
from simcore.units.canonical import (
    EURO_PER_KILOGRAM,
    EURO_PER_KILOWATT,
    EURO_PER_TONNE,
    HOUR_PER_YEAR,
    KWH_PER_KILOGRAM,
    ONE,
    TONNE_PER_MWH,
    TONNE_PER_TONNE,
    YEAR,
)


class Electrolysis(Described):
    """Hydrogen computed from electricity, EUR/kg."""

    kind: Literal["electrolysis"]
    title: str = ""
    unit: Literal["EUR/kg"] = "EUR/kg"
    electricity: Name
    """Commodity that feeds the electrolyser."""
    supply: Supply = "grid"
    """`grid`: the emissions of the power are those of `electricity`; `renewable`, `nuclear`: it is
    bought under a contract, and emits nothing as far as the contract counts."""
    additional: bool = True
    """Of a renewable contract: whether its plant is new, at most three years older."""
    matching: Matching = "hourly"
    """Of a renewable contract: the time in which its plant makes what the electrolyser uses."""
    electricity_demand: Annotated[
        Quantity, Canonical(KWH_PER_KILOGRAM, minimum=0.0, usual=ranges.DEMAND)
    ]
    capex: Annotated[
        Quantity, Canonical(EURO_PER_KILOWATT, minimum=0.0, usual=ranges.CAPEX_PER_KILOWATT)
    ]
    fixed_opex: CapitalShare
    full_load_hours: Annotated[
        Quantity, Canonical(HOUR_PER_YEAR, minimum=1.0, central=8784.0, usual=ranges.LOAD_HOURS)
    ]
    lifetime: Lifetime
    stack_lifetime: Annotated[Quantity, Canonical(YEAR, minimum=0.1, usual=ranges.STACK_LIFETIME)]
    stack_share: Annotated[Quantity, Canonical(ONE, minimum=0.0, central=1.0, usual=ranges.SHARE)]
    storage: Annotated[Quantity, Canonical(EURO_PER_KILOGRAM, usual=ranges.STORAGE)]
    risk_premium: Risk = certain(0.0)
    learning: Learns | None = None


class Indexed(Sourced):
    """A price agreed as an index and what is paid on top: coefficient * index + premium."""

    kind: Literal["indexed"]
    title: str = ""
    unit: str
    index: str
    """Price path that is followed, as `commodity.region` or `commodity.default`."""
    coefficient: Multiplier = certain(1.0)
    """Share of the index, as in delivered scrap at 0.8 of a benchmark."""
    premium: Annotated[Quantity, Canonical(COMMODITY, usual=ranges.PREMIUMS)] = certain(0.0)
    """Freight, quality and delivery on top, in the unit and money of the price."""
    emission_intensity: EmissionFactors = Field(default_factory=dict)
    """t CO2e per unit bought, linear between years."""
    grid: Name | None = None
    """Of power: as in a price path."""


Computed = Electrolysis | Generation | Reforming
"""Prices that follow from those of other commodities, in the region of who buys."""


class Made(Sourced):
    """What a route costs in another region, carried to the buyer: the levelised cost there, the
    carbon cost there and freight, and a margin on all of it."""

    kind: Literal["made"]
    title: str = ""
    unit: Literal["EUR/t"] = "EUR/t"
    route: Name
    """Route that makes it."""
    region: Name
    """Where: a region of the catalog, which need not be one of the run."""
    freight: Annotated[RegionQuantity, Canonical(EURO_PER_TONNE, minimum=0.0, usual=ranges.FREIGHT)]
    """From gate to gate, by region of the buyer or `default`."""
    margin: Annotated[Quantity, Canonical(ONE, minimum=-0.9, central=5.0, usual=ranges.SHARE)] = (
        certain(0.0)
    )
    """Share of cost, carbon cost and freight that is asked on top."""


def _path_by_default(value: Any) -> Any:
    if isinstance(value, dict) and "kind" not in value:
        return {"kind": "path", **value}
    return value


Price = Annotated[
    Annotated[PricePath | Computed | Indexed | Made, Field(discriminator="kind")],
    BeforeValidator(_path_by_default),
]


class Choice(Described):
    """A variant drawn by probability."""

    kind: Literal["discrete"]
    values: list[Name] = Field(min_length=1)
    probabilities: list[float]

    @model_validator(mode="after")
    def _valid(self) -> Self:
        check_probabilities(self.probabilities, len(self.values))
        return self


def _variant(value: Any) -> Any:
    if not isinstance(value, (str, dict, Choice)):
        raise fault(
            shown(value), "the name of a variant, or {kind: discrete, values, probabilities}",
            "name one of the variants",
        )  # fmt: skip
    return value


VariantChoice = Annotated[
    Annotated[Annotated[Name, TEXT] | Annotated[Choice, OTHER], TEXT_OR_OTHER],
    BeforeValidator(_variant),
]


class Variant(Described):
    """One reading of a policy: a dated table."""

    unit: str | None = None
    """Unit of the values, where they do not state their own."""
    values: dict[Year, Quantity] = Field(min_length=1)
    end: Year | None = None
    """Last year in force; zero afterwards."""
    decline: Annotated[Plain, Field(gt=-1, lt=1), Canonical(ONE, usual=ranges.DRIFT)] = 0.0
    """Yearly decline after the last date."""


class Policy(Described):
    """A dated table with named variants, an adoption probability and a delay."""

    title: str = ""
    unit: str | None = None
    """Unit of the values, where neither they nor their variant state one."""
    region: str | None = None
    variant: VariantChoice
    delay: Annotated[Quantity, Canonical(YEAR, minimum=0.0, usual=ranges.DELAY)] = certain(0.0)
    known_until: Year
    revealed: Year | None = None
    """Year from which on those who decide know its variant (`simcore wait`); a run does not read
    it."""
    variants: dict[Name, Variant] = Field(min_length=1)


def _by_good(value: Any) -> Any:
    """One number stands for all goods."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return {"default": value}
    return value


Embedded = Annotated[float, Canonical(TONNE_PER_TONNE, usual=ranges.INTENSITY), Field(ge=0)]
DefaultValues = Annotated[dict[Name, Embedded], BeforeValidator(_by_good)]


class Region(Described):
    """A place where plants stand."""

    title: str = ""
    like: Name | None = None
    """Region of which this one is a variant: it gave what is not written here, and the prices and
    the rows of routes that this region has none of its own of are those of that one."""
    currency: str
    market: Name | None = None
    """Carbon market; without one the region has a `carbon_price`, or none."""
    carbon_price: Annotated[
        YearlyQuantity, Canonical(EURO_PER_TONNE, minimum=0.0, usual=ranges.CARBON_PRICE)
    ] = certain(0.0)
    """What a tonne of CO2e costs where there is no market, such as a tax; by year if one likes."""
    wacc: Annotated[Quantity, Canonical(ONE, minimum=0.0, central=1.0, usual=ranges.WACC)]
    """Cost of capital per year, real as all money of the run: without inflation."""
    capex_factor: Multiplier = certain(1.0)
    recognised: PolicyShare = 0.0
    """1 where the EU, or the border of a buyer, recognises the carbon price paid at home."""
    default_power_factor: (
        Annotated[float, Canonical(TONNE_PER_MWH, usual=ranges.POWER_FACTOR), Field(ge=0)] | None
    ) = None
    """CBAM default value of power, t CO2e/MWh, for `cbam.power_factor: default`."""
    credit_price: Annotated[Quantity, Canonical(EURO_PER_TONNE, usual=ranges.CARBON_PRICE)] = (
        certain(0.0)
    )
    credit_limit: PolicyShare = 1.0
    """Largest share of an obligation that credits may cover under the law of the region."""


class Import(Described):
    """What it costs to bring a tonne of the product in from another region."""

    freight: Annotated[Quantity, Canonical(EURO_PER_TONNE, minimum=0.0, usual=ranges.FREIGHT)] = (
        certain(0.0)
    )
    """From gate to gate; insurance and handling included."""
    duty: PolicyShare = 0.0
    """Rate of the duty, on cost, home carbon cost and freight."""
    out_of_quota: Annotated[
        Quantity, Canonical(ONE, minimum=0.0, maximum=1.0, usual=ranges.SHARE)
    ] = certain(0.0)
    """Share of the tonnes that pay the duty; the rest is within a quota, or free of it."""


PassThrough = Annotated[Quantity, Canonical(ONE, minimum=0.0, maximum=2.0, usual=ranges.SHARE)]


class ProductPrice(Described):
    """Price of the conventional tonne: what it costs to make, and some of its carbon."""

    margin: Annotated[Quantity, Canonical(EURO_PER_TONNE, usual=ranges.COST)] = certain(0.0)
    """On top of the levelised cost of the reference; below zero where it is sold at a loss."""
    carbon: Literal["average", "marginal"] = "average"
    """Carbon cost of the reference that is passed on: net of its free allocation, or without."""
    theta_border: PassThrough
    """Share of it in the price while imports pay for their carbon (`border`)."""
    theta_open: PassThrough
    """The same while they do not."""


def _own_route(value: Any) -> Any:
    if isinstance(value, str) and "." in value:
        raise fault(
            f"{value!r}, a route in a region", "a route that the region itself has",
            f"write {value.rpartition('.')[2]}; what a buyer elsewhere compares with stands at the "
            f"top level: against: [{value}]",
        )  # fmt: skip
    return value


ShareQuantity = Annotated[Quantity, Canonical(ONE, minimum=0.0, maximum=1.0, usual=ranges.SHARE)]


class ScrapMarket(Described):
    """What moves the price of scrap in a region: who owns its carbon value, how it may leave."""

    owners_share: ShareQuantity = certain(0.0)
    """Share of the change of the carbon value of scrap that its owners take in its price."""
    export_duty: PolicyShare = 0.0
    """Duty on scrap that leaves the region, as a share of its price, or what a ban is worth."""
    incidence: ShareQuantity = certain(0.0)
    """Fall of the price at home per point of the duty: 1 where exports set it, 0 where imports
    do."""
    pre_consumer_share: ShareQuantity = certain(0.0)
    """Share of the charge that is scrap of works and never reached a consumer."""
    metal_intensity: Embedded | None = None
    """What a tonne of that scrap embeds where the border counts it: mean direct emissions of its
    metal, t CO2e/t; without it the average_intensity of the sector here."""


class SectorRegion(Described):
    """What a sector meets in a region."""

    coverage: PolicyShare
    """Share of the emissions that the carbon market of the region covers."""
    free_allocation: PolicyShare
    cscf: PolicyShare
    benchmarks: dict[Name, Benchmark]
    """By route, or `default`: t CO2e of allowances per tonne."""
    captive_coverage: PolicyShare = 1.0
    """Share of the emissions of power made on site that the carbon market of the region covers."""
    captive_allowance: PowerFactor = certain(0.0)
    """Allowances per MWh of power made on site, t CO2e/MWh."""
    power_coverage: PolicyShare = 0.0
    """Share of the emissions of what is bought, above all of power, that the carbon market of the
    region covers, beside what its price holds: 1 in Korea."""
    power_allowance: PowerFactor = certain(0.0)
    """Allowances per MWh of power bought that emits, t CO2e/MWh."""
    compensation: IndirectCosts | None = None
    """What is paid back of the carbon cost inside the price of power."""
    border: PolicyShare = 0.0
    """1 where imported precursors pay the home price at the border."""
    default_intensity: DefaultValues = Field(default_factory=dict)
    """CBAM default values before mark-up by good, or `default`, t CO2e/t."""
    average_intensity: Embedded = 0.0
    """Sector average of the country, t CO2e/t."""
    removals: Annotated[Plain, Field(ge=0, le=1)] = 0.0
    """Share of emissions below zero, of biomass with capture, that the carbon market credits at its
    price; 0: none, as in the EU until a law says otherwise."""
    reference: Annotated[Name, BeforeValidator(_own_route)]
    """Route of the conventional tonne, which the others are compared with."""
    imports: dict[Name, Import] = Field(default_factory=dict[str, Import])
    """By region of origin, or `default`: what bringing a tonne in costs a buyer."""
    product_price: ProductPrice | None = None
    """For `product_price` and `market_gap`, which other regions do not have."""
    scrap: ScrapMarket | None = None
    """What moves the price of scrap here beside its own path; without it nothing does."""


CleanIntensity = Annotated[float, Canonical(TONNE_PER_TONNE, usual=ranges.INTENSITY), Field(ge=0)]


class SectorBorder(Described):
    """What `cbam` says of the goods of a sector, where the config does not."""

    coverage: PolicyShare | None = None
    indirect: PolicyShare | None = None
    mark_up: MarkUp | None = None
    good: Name | None = None
    default_benchmark: Benchmark | None = None
    pre_consumer_scrap: PolicyShare | None = None
    clean_intensity: CleanIntensity | None = None


class Remelted(Model):
    """Scrap of which a sector makes its product again."""

    commodity: Name
    """What the scrap is bought as."""
    route: Name
    """Route that makes the product of it; a tonne from ore is that of the region's reference."""


class Sector(Described):
    """What is made: its product, the routes that are compared, and what each region asks of it."""

    title: str = ""
    product: str = ""
    """What a tonne is a tonne of, such as crude steel; without it the name of the sector."""
    routes: list[Name] = Field(default_factory=list[Name])
    """Routes of a run that does not say which."""
    cbam: SectorBorder = SectorBorder.model_construct()
    scrap: Remelted | None = None
    regions: dict[Name, SectorRegion] = Field(default_factory=dict)


class Buyer(Described):
    """An industry that buys the low-carbon tonne."""

    title: str = ""
    indirect_factor: Multiplier
    willingness: Annotated[Quantity, Canonical(EURO_PER_TONNE, usual=ranges.COST)] = certain(0.0)
    """What he pays on top for a green tonne, per tonne of product."""


class Catalog(Model):
    """Everything the run refers to by name."""

    markets: dict[Name, PricePath] = Field(default_factory=dict)
    systems: dict[Name, System] = Field(default_factory=dict)
    prices: dict[Name, dict[Name, Price]] = Field(default_factory=dict)
    policies: dict[Name, Policy] = Field(default_factory=dict)
    regions: dict[Name, Region] = Field(default_factory=dict)
    sectors: dict[Name, Sector] = Field(default_factory=dict)
    routes: dict[Name, AnyRoute] = Field(default_factory=dict)
    technologies: dict[Name, Technology] = Field(default_factory=dict)
    buyers: dict[Name, Buyer] = Field(default_factory=dict)
    instruments: dict[Name, Instruments] = Field(default_factory=dict)
    products: dict[Name, Product] = Field(default_factory=dict)
