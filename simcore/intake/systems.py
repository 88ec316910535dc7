"""What a config may say about an emissions trading system: cap, reserve, demand (MODEL 9)."""

from typing import Annotated

from pydantic import Field

from simcore.quantities import Quantity, certain, ranges
from simcore.quantities.annotations import Canonical, Dated, Name, Year
from simcore.quantities.records import Described
from simcore.units.canonical import EURO_PER_TONNE, MEGATONNE, ONE, YEAR

Amount = Annotated[float, Canonical(MEGATONNE, usual=ranges.AMOUNT), Field(ge=0)]
Amounts = dict[Year, Amount]
Changes = Annotated[Dated, Canonical(MEGATONNE)]
Ratio = Annotated[float, Canonical(ONE), Field(ge=0, le=1)]
Fall = Annotated[float, Canonical(ONE, usual=ranges.CAP_FALL), Field(ge=0, le=1)]
"""Fall per year."""
PricePerTonne = Annotated[
    Quantity, Canonical(EURO_PER_TONNE, minimum=0.01, usual=ranges.CARBON_PRICE)
]


class Rules(Described):
    """One reading of the rules: cap and stability reserve. Amounts in million t CO2e."""

    cap: Amounts = Field(min_length=1)
    """Allowances of a year where they are fixed; after the last such year they fall."""
    reduction_base: Amount
    """What the linear reduction factor is a share of."""
    reduction_factor: dict[Year, Fall] = Field(min_length=1)
    """Linear reduction factor: fall of the cap per year, from each date until the next."""
    rebasing: Changes = Field(default_factory=dict)
    """What is added to the cap in a year and stays."""
    auctioned: Ratio
    """Share of the cap that is auctioned: the reserve takes in no more."""
    intake: dict[Year, Ratio] = Field(min_length=1)
    """Share of the allowances in circulation that the reserve takes in, from each date."""
    upper: Amount
    """Allowances in circulation above which the reserve takes in, never more than the excess."""
    lower: Amount
    """Allowances in circulation below which the reserve releases."""
    release: Amount
    """What it then releases in a year."""
    band: Amount = 0.0
    """Allowances below `lower` over which the release rises to its full amount; 0: at once."""
    decline: dict[Year, Fall] = Field(default_factory=dict)
    """Fall per year of `upper`, `lower` and `band`, from each date until the next."""
    moved: Changes = Field(default_factory=dict)
    """Auctions brought forward into a year, or taken from it (below zero); they add up to zero."""
    removals: Changes = Field(default_factory=dict)
    """Allowances issued in a year on top of the cap, for removals."""
    ceiling: Amount | None = None
    """Allowances in the reserve above this become invalid; null: none do."""
    invalidation_end: Year | None = None
    """Last year in which they do; null: no end."""
    price_trigger: Annotated[float, Canonical(ONE), Field(gt=1)] | None = None
    """Price over the mean of the two years before that triggers a release; null: none does."""
    price_release: Amount = 0.0
    """What the reserve then releases."""


class Resolution(Described):
    """When it becomes known which rules will hold, and what is expected until then."""

    year: Annotated[Quantity, Canonical(YEAR, minimum=1900, maximum=2200)]
    """First year in which the market knows the variant of the draw."""
    odds: dict[Name, Ratio] = Field(min_length=1)
    """Weight of the price under each variant of the rules in the price before; they add up to 1."""


class System(Described):
    """An emissions trading system whose price clears a market with banking."""

    title: str = ""
    start: Year
    """Last year whose bank, reserve and price are taken as known; solved from the next on."""
    bank: Amounts
    """Allowances in circulation at the end of a year, million t; of `start` and the year before."""
    reserve: Amounts
    """Allowances in the reserve at the end of `start`, after invalidation, million t."""
    prices: dict[
        Year, Annotated[float, Canonical(EURO_PER_TONNE, usual=ranges.CARBON_PRICE), Field(ge=0)]
    ]
    """Mean prices of `start` and the two years before, EUR/t of each year: the price trigger."""
    baseline: Amounts = Field(min_length=1)
    """Emissions at the reference price, million t: linear between years, then with `growth`."""
    level: Annotated[Quantity, Canonical(ONE, minimum=0.01, central=20.0, usual=ranges.FACTOR)] = (
        certain(1.0)
    )
    """Multiplier of the whole baseline."""
    growth: Annotated[Quantity, Canonical(ONE, minimum=-0.99, central=1.0, usual=ranges.DRIFT)]
    """Growth of the baseline per year after its last date."""
    reference_price: PricePerTonne
    """Price at which emissions are those of the baseline."""
    slope: Annotated[Quantity, Canonical(ONE, minimum=0.001, central=20.0, usual=ranges.RATIO)]
    """Share of the baseline that is abated, in the end, when the price rises by the factor e."""
    immediate: Annotated[
        Quantity, Canonical(ONE, minimum=0.0, central=20.0, usual=ranges.RATIO)
    ] = certain(0.0)
    """The part of `slope` that is abated in the year of the price."""
    adjustment: Annotated[Quantity, Canonical(ONE, minimum=0.001, maximum=1.0)] = certain(1.0)
    """Share of the way to the rest of `slope` that abatement goes in a year."""
    hedge: Annotated[Quantity, Canonical(ONE, minimum=0.0, central=20.0, usual=ranges.RATIO)] = (
        certain(0.0)
    )
    """Bank that the market keeps at least, as a share of the year's emissions."""
    backstop: PricePerTonne
    """Price at which emissions of any amount can be removed."""
    discount_rate: Annotated[Quantity, Canonical(ONE, minimum=0.0, maximum=1.0, usual=ranges.WACC)]
    """Real return that holders of allowances ask for, per year."""
    until: Year
    """Last year that the market looks at; a bank beyond is worth nothing."""
    horizon: Annotated[int, Field(ge=1, le=200)] | None = None
    """Years that the market looks ahead, this one included, anew each year; null: all."""
    variant: Name
    """Rules in force."""
    follows: Name | None = None
    """A policy whose variant, in each draw, is that of the rules."""
    rules: dict[Name, Name] = Field(default_factory=dict)
    """Rules under a variant of the policy that is followed, where their name is another."""
    resolution: Resolution | None = None
    """Until when the variant is unknown; null: it is known from the beginning."""
    variants: dict[Name, Rules] = Field(min_length=1)
