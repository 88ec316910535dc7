"""What a config may say about an emissions trading system: cap, reserve, demand (MODEL 9)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simcore.spec.annotations import Canonical, Dated, Name, Year
from simcore.spec.quantities import Constant, Quantity
from simcore.spec.records import Described

Amount = Annotated[float, Field(ge=0)]
Amounts = dict[Year, Amount]
Ratio = Annotated[float, Field(ge=0, le=1)]


class Rules(Described):
    """One reading of the rules: cap and stability reserve. Amounts in million t CO2e."""

    cap: Amounts = Field(min_length=1)
    """Allowances of a year where they are fixed; after the last such year they fall."""
    reduction_base: Amount
    """What the linear reduction factor is a share of."""
    reduction_factor: dict[Year, Ratio] = Field(min_length=1)
    """Linear reduction factor: fall of the cap per year, from each date until the next."""
    rebasing: Dated = Field(default_factory=dict)
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
    ceiling: Amount | None = None
    """Allowances in the reserve above this become invalid; null: none do."""
    invalidation_end: Year | None = None
    """Last year in which they do; null: no end."""
    price_trigger: Annotated[float, Field(gt=1)] | None = None
    """Price over the mean of the two years before that triggers a release; null: none does."""
    price_release: Amount = 0.0
    """What the reserve then releases."""


class System(Described):
    """An emissions trading system whose price clears a market with banking."""

    title: str = ""
    start: Year
    """Last year whose bank, reserve and price are taken as known; solved from the next on."""
    bank: Amounts
    """Allowances in circulation at the end of a year, million t; of `start` and the year before."""
    reserve: Amounts
    """Allowances in the reserve at the end of `start`, after invalidation, million t."""
    prices: Amounts
    """Mean prices of `start` and the two years before, EUR/t of each year: the price trigger."""
    baseline: Amounts = Field(min_length=1)
    """Emissions at the reference price, million t: linear between years, then with `growth`."""
    level: Annotated[Quantity, Canonical("1", minimum=0.01)] = Constant(value=1.0)
    """Multiplier of the whole baseline."""
    growth: Annotated[Quantity, Canonical("1", minimum=-0.99)]
    """Growth of the baseline per year after its last date."""
    reference_price: Annotated[Quantity, Canonical("EUR/t", minimum=0.01)]
    """Price at which emissions are those of the baseline."""
    slope: Annotated[Quantity, Canonical("1", minimum=0.001)]
    """Share of the baseline that is abated when the price rises by the factor e."""
    backstop: Annotated[Quantity, Canonical("EUR/t", minimum=0.01)]
    """Price at which emissions of any amount can be removed."""
    discount_rate: Annotated[Quantity, Canonical("1", minimum=0.0, maximum=1.0)]
    """Real return that holders of allowances ask for, per year."""
    until: Year
    """Last year that the market looks at; a bank beyond is worth nothing."""
    variant: Name
    """Rules in force."""
    follows: Name | None = None
    """A policy whose variant, in each draw, is that of the rules."""
    variants: dict[Name, Rules] = Field(min_length=1)
