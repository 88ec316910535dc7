"""Instruments that pay a project or its buyer: contracts, grants, premiums, loans (MODEL 12)."""

from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator

from simcore.intake.measures import Life
from simcore.quantities import Quantity, YearlyQuantity, certain, ranges
from simcore.quantities.annotations import OTHER, AlsoText, Canonical, Name, Plain, Year, in_unit
from simcore.quantities.records import Described, Model, Whole, fault
from simcore.units.canonical import (
    EURO,
    EURO_PER_MWH,
    EURO_PER_TONNE,
    MILLION_EURO,
    MILLION_EURO_PER_YEAR,
    MWH_PER_TONNE,
    ONE,
    TONNE,
    TONNE_PER_MWH,
    TONNE_PER_TONNE,
    YEAR,
)

Share = Annotated[Quantity, Canonical(ONE, minimum=0.0, maximum=1.0, usual=ranges.SHARE)]
YearlyShare = Annotated[
    YearlyQuantity, Canonical(ONE, minimum=0.0, maximum=1.0, usual=ranges.SHARE)
]
Rate = Annotated[Quantity, Canonical(ONE, minimum=-0.5, central=1.0, usual=ranges.RISK)]
PricePerTonne = Annotated[Quantity, Canonical(EURO_PER_TONNE, usual=ranges.COST)]
Amount = Annotated[
    YearlyQuantity, Canonical(EURO_PER_TONNE, also=EURO_PER_MWH, usual=ranges.AMOUNTS_PAID,
                              usual_also=ranges.PREMIUMS["MWh"]),
]  # fmt: skip
"""Money per tonne of product, CO2 or hydrogen, or per MWh of electricity."""
Millions = Annotated[Quantity, Canonical(MILLION_EURO, minimum=0.0, usual=ranges.MILLIONS)]
MillionsPerYear = Annotated[
    Quantity, Canonical(MILLION_EURO_PER_YEAR, minimum=0.0, usual=ranges.MILLIONS)
]
Span = Annotated[Whole, in_unit(YEAR), AlsoText(), Canonical(YEAR, usual=ranges.LIFETIME)]
Date = Annotated[Year, Canonical(YEAR)]
Per = Literal["hydrogen", "tonne", "avoided"]
Fuels = dict[Name, Annotated[Quantity, Canonical(MWH_PER_TONNE, minimum=0.0, usual=ranges.HEAT)]]
Steps = dict[Annotated[int, Field(ge=1, le=100)], Annotated[Plain, Field(ge=0, le=1)]]


class Limit(Model):
    """Most that an instrument pays."""

    total: Millions | None = None
    """In all."""
    yearly: MillionsPerYear | None = None
    """In a year."""


class Eligible(Model):
    """What a tonne must be like; in a year in which it is not, nothing is paid."""

    emission_intensity: (
        Annotated[YearlyQuantity, Canonical(TONNE_PER_TONNE, usual=ranges.INTENSITY)] | None
    ) = None
    """Highest emissions of the plant, t CO2e/t."""
    avoided: YearlyShare | None = None
    """Least cut of emissions, as a share of those of the alternative."""


class Instrument(Described):
    """What all instruments share."""

    title: str = ""
    term: Life | None = None
    """Years of payment; without it the life of the project."""
    delay: Annotated[Quantity, Canonical(YEAR, minimum=0.0, usual=ranges.DELAY)] = certain(0.0)
    """Years from the start of the project to the first payment."""
    first: Date | None = None
    """First year in which the programme pays; without it any."""
    last: Date | None = None
    """Last year in which it pays; without it any."""
    cap: Limit = Limit.model_construct(total=None, yearly=None)
    """Most that it pays to a project; without it no limit."""
    sided: Literal["one", "two"] = "one"
    """two: the firm pays where what is due is below zero."""
    repay: Literal["all", "received"] = "all"
    """received: the firm repays at most what it has got so far, net."""
    exit_after: Span = Field(default=0, ge=0, le=100)
    """Consecutive years in which the firm owes, after which the contract ends; 0: never."""
    other_aid: Literal["deduct", "add"] = "add"
    """deduct: what the instruments before it pay in the year is taken off."""
    eligible: Eligible = Eligible.model_construct(emission_intensity=None, avoided=None)
    """What a tonne must be like; in a year in which it is not, nothing is paid."""
    nominal: bool = False
    """Amounts are money of each year: they lose value with inflation from the start on."""
    rate: Rate = certain(0.03)
    """Real discount rate of the public, per year."""


class BreakEven(Model):
    """A strike at which the project breaks even in a share of the draws."""

    model_config = ConfigDict(serialize_by_alias=True)

    break_even: Annotated[Plain, Field(gt=0, lt=1)]
    within: Name | None = Field(default=None, alias="in")
    """Scenario under which it is bid; each is paid under its own. Without it each has its own."""


def _of_strike(value: Any) -> str:
    if isinstance(value, BreakEven):
        return "break_even"
    return "break_even" if isinstance(value, dict) and "break_even" in value else "other"


Strike = Annotated[
    Annotated[BreakEven, Tag("break_even")]
    | Annotated[Annotated[Quantity, Canonical(EURO_PER_TONNE, usual=ranges.STRIKE)], OTHER],
    Discriminator(_of_strike),
]


Level = Annotated[Quantity, Canonical(EURO_PER_TONNE, usual=ranges.AMOUNTS_PAID)]
"""Of hydrogen, product or CO2."""
LevelStruck = Annotated[
    Annotated[BreakEven, Tag("break_even")] | Annotated[Level, OTHER], Discriminator(_of_strike)
]


class Indexation(Model):
    """How a strike follows the bills of energy: those of the plant less those of what it replaces,
    since the base year."""

    base: Date
    """Year of the bid: the start of the project or before it."""
    shares: dict[Name, Share] = Field(min_length=1)
    """By commodity: the part of the change of its bill that moves the strike."""


class CarbonContract(Instrument):
    """Carbon contract for difference: (strike - reference price) for each tonne of CO2 avoided."""

    kind: Literal["ccfd"]
    sided: Literal["one", "two"] = "two"
    strike: Strike
    """Per tonne of CO2: a price, or {break_even: 80 %, in: SCENARIO}."""
    escalation: Annotated[Quantity, Canonical(ONE, minimum=-0.5, usual=ranges.DRIFT)] = certain(0.0)
    """Yearly growth of the strike from the start of the project."""
    reference: Literal["effective", "market"] = "effective"
    """effective: the carbon cost that the plant saves per tonne of CO2 avoided; market: the price
    of an allowance."""
    market: Name | None = None
    """Of `reference: market`; without it that of the region."""
    cover: Share = certain(1.0)
    """Part of the avoided CO2 that is paid for."""
    indexation: Indexation | None = None
    """Moves the strike with the bills of energy; without it it stays."""
    green_revenue: Share = certain(0.0)
    """Part of the green revenue of the project that is set off."""


PER: Final = {
    "tonne": "EUR/t", "avoided": "EUR/t", "hydrogen": "EUR/kg", "electricity": "EUR/MWh",
}  # fmt: skip
"""Unit of an amount by what it is paid for."""


class OpexSupport(Instrument):
    """An amount for each tonne, tonne of CO2 avoided or unit bought; or the gap itself."""

    kind: Literal["opex"]
    amount: Amount | None = None
    """Per unit of `per`, EUR/kg of hydrogen and EUR/MWh of power; with dates it may fade."""
    per: Literal["tonne", "avoided", "hydrogen", "electricity"] = "tonne"
    """What it is paid for: a tonne of product, of CO2 avoided, a kg of hydrogen, a MWh bought."""
    covers: Literal["gap", "expected_gap"] | None = None
    """gap: instead of an amount, what the project lacks without support, where it lacks any.
    expected_gap: the mean of that over all draws, a number for each year."""
    share: Share = certain(1.0)
    """Part of the gap, or of the quantity, that is paid for."""
    steps: Steps = Field(default_factory=dict)
    """Part of all that which is paid from a year of operation on, 1 the first: {1: 1, 8: 0.75}.
    Without them all of it in all years."""


class Grant(Instrument):
    """Part of the investment, paid once."""

    kind: Literal["grant"]
    share: Share
    """Part of the investment, or of its difference."""
    of: Literal["capex", "difference"] = "capex"
    """capex: what the plant costs to build; difference: that less what it would cost to build what
    it is set against."""
    paid_in: Annotated[Whole, Field(ge=-20, le=20)] = -1
    """Year of payment after the start of the project (-1: the year before)."""


class OnPrice(Instrument):
    """What is paid against a price: for each tonne of hydrogen, of product or of CO2 avoided."""

    per: Per
    """What it is paid for: hydrogen, a tonne of product, or of CO2 avoided."""
    strike: LevelStruck
    """Per tonne of that, hydrogen too without a unit, or {break_even: 80 %, in: SCENARIO}."""
    replaces: Fuels = Field(default_factory=dict)
    """By fuel: its energy that a tonne of hydrogen, or of product, stands for. The dearest of them
    is the reference price."""
    market: Name | None = None
    """Of `per: avoided`, whose reference price is that of an allowance; without it that of the
    region."""
    floor: Level | None = None
    """Least reference price."""

    @model_validator(mode="after")
    def _against_something(self) -> Self:
        of_carbon = self.per == "avoided"
        if of_carbon and self.replaces:
            raise fault(
                "replaces with per: avoided", "per: hydrogen or tonne, or no replaces",
                "remove replaces: the reference price is that of an allowance",
            )  # fmt: skip
        if not of_carbon and self.market is not None:
            raise fault(
                f"market with per: {self.per}", "per: avoided, or no market", "remove market"
            )
        if not of_carbon and not self.replaces and self.floor is None:
            raise fault(
                f"neither replaces nor floor with per: {self.per}", "a reference price",
                "write replaces: {natural_gas: 39.4 MWh/t}, or floor: ...",
            )  # fmt: skip
        return self


class PriceContract(OnPrice):
    """Contract for difference on a price: (strike - reference price) * quantity."""

    kind: Literal["cfd"]
    sided: Literal["one", "two"] = "two"
    per: Per = "hydrogen"


class Premium(OnPrice):
    """What a base amount, the strike, exceeds a reference price by, never below zero, as in the
    Dutch SDE++."""

    kind: Literal["premium"]
    per: Per = "avoided"


class Loan(Instrument):
    """A loan on the investment below the cost of capital, repaid in equal amounts over the term."""

    kind: Literal["loan"]
    share: Share
    """Part of the investment that is lent."""
    spread: Annotated[Quantity, Canonical(ONE, minimum=0.0, maximum=0.5, usual=ranges.RISK)]
    """How far its real rate lies below the discount rate of the project."""


class Procurement(Instrument):
    """What public buyers pay on top for the part of the output that they buy."""

    kind: Literal["procurement"]
    share: YearlyShare
    """Part of the output that they buy."""
    uplift: Annotated[YearlyQuantity, Canonical(EURO_PER_TONNE, usual=ranges.COST)] | None = None
    """What they pay on top per tonne."""
    covers: Literal["gap"] | None = None
    """gap: instead of an uplift, what the project lacks without support, where it lacks any."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.uplift is None) == (self.covers is None):
            raise fault(
                "neither uplift nor covers" if self.covers is None else "both uplift and covers",
                "one of uplift and covers", "write uplift: 50 EUR/t, or covers: gap",
            )  # fmt: skip
        return self


class ProductSupport(Instrument):
    """An amount for each product that is made of the tonnes, such as a car."""

    kind: Literal["product"]
    amount: Annotated[YearlyQuantity, Canonical(EURO, minimum=0.0, usual=ranges.UNIT_AMOUNT)]
    """For one of them."""
    content: Annotated[Quantity, Canonical(TONNE, minimum=1e-9, usual=ranges.CONTENT)]
    """Tonnes in one of them."""
    share: Share = certain(1.0)
    """Part of the output that goes into such products."""
    passed_on: Share = certain(1.0)
    """Part of the amount that reaches the plant in the price of its tonnes."""


class Compensation(Instrument):
    """Aid for what the carbon price adds to the price of power."""

    kind: Literal["compensation"]
    intensity: YearlyShare
    """Part of the cost that is paid back."""
    emission_factor: Annotated[
        YearlyQuantity, Canonical(TONNE_PER_MWH, minimum=0.0, usual=ranges.POWER_FACTOR)
    ]
    """Emissions that the price of power is taken to hold, t CO2/MWh."""
    efficiency: Share = certain(1.0)
    """Part of the power of the plant that counts: that of the benchmark over its own."""
    market: Name | None = None
    """Whose price counts; without it that of the region."""


Instruments = Annotated[
    CarbonContract
    | OpexSupport
    | Grant
    | PriceContract
    | Premium
    | Loan
    | Procurement
    | ProductSupport
    | Compensation,
    Field(discriminator="kind"),
]


def name_of(record: type[Instrument]) -> str:
    """What a config writes as `kind` for a record: the text of its Literal."""
    return str(get_args(record.model_fields["kind"].annotation)[0])


RECORDS: Final[dict[str, type[Instrument]]] = {
    name_of(one): one for one in get_args(get_args(Instruments)[0])
}
"""By the kind that a config writes; `intake.kinds` adds more."""


def kinds() -> list[str]:
    """Kinds of instruments that a config may have."""
    return list(RECORDS)
