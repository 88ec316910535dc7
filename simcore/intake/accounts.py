"""An account: a transition fund or a bond, with what flows in, what flows out, and what serves its
issue (MODEL 13)."""

from typing import Annotated, Final, Literal, Self, get_args

from pydantic import Discriminator, Field, model_validator

from simcore.intake.instruments import Millions, MillionsPerYear, Rate, Share
from simcore.intake.measures import MOST_OUTPUT, Life
from simcore.quantities import Quantity, YearlyQuantity, certain, ranges
from simcore.quantities.annotations import Canonical, Name, Year
from simcore.quantities.records import Described, check_order
from simcore.units.canonical import EURO, MEGATONNE_PER_YEAR, ONE

Tonnes = Annotated[
    Quantity,
    Canonical(MEGATONNE_PER_YEAR, minimum=0.0, maximum=MOST_OUTPUT, usual=ranges.VOLUME),
]
Volume = Annotated[dict[Year, Tonnes], Field(min_length=1)]
"""Mt/yr: none before the first date, linear between dates, held after the last; one draw for all
dates."""
Units = Annotated[Quantity, Canonical(ONE, minimum=0.0, usual=ranges.UNITS)]


class Flow(Described):
    """What flows into an account, or out of it, in each year."""

    title: str = ""


class Auction(Flow):
    """Allowances that are sold: their price times a volume."""

    kind: Literal["auction"]
    market: Name
    volume: Volume
    """Allowances sold a year, Mt CO2e/yr."""
    share: Share = certain(1.0)
    """Part of the revenue that goes through the account."""


class Freed(Flow):
    """Free allowances that fall away: price times benchmark times tonnes times the fall of the free
    share since the first year of the account."""

    kind: Literal["freed"]
    region: Name
    route: Name
    """Whose benchmark counts: the route that gets the allowances."""
    volume: Volume
    """Tonnes of product a year that had them, Mt/yr."""
    share: Share = certain(1.0)
    """Part of the revenue that goes through the account."""


class Border(Flow):
    """Certificates that imports pay at the border of the EU: cbam_cost times tonnes."""

    kind: Literal["cbam"]
    region: Name
    """Where the tonnes come from."""
    route: Name
    volume: Volume
    """Tonnes imported a year, Mt/yr."""
    share: Share = certain(1.0)
    """Part of the revenue that goes through the account."""


class Surcharge(Flow):
    """An amount on each product, such as a car."""

    kind: Literal["surcharge"]
    product: Name
    """Of `catalog.products`."""
    amount: Annotated[YearlyQuantity, Canonical(EURO, minimum=0.0, usual=ranges.UNIT_AMOUNT)]
    """On one of them."""
    volume: Annotated[dict[Year, Units], Field(min_length=1)]
    """Millions of them a year; between and after its dates as a volume of tonnes."""


class FixedAmount(Flow):
    """An amount by year."""

    kind: Literal["fixed"]
    amount: Annotated[dict[Year, MillionsPerYear], Field(min_length=1)]
    """M EUR/yr: none before the first date, linear between dates, held after the last; one draw for
    all dates."""


class Closing(Flow):
    """What closes the gap of a budget: its budget_need."""

    kind: Literal["gap"]
    budget: Name


class Payment(Flow):
    """What an instrument pays a project; where the firm repays it comes back."""

    kind: Literal["instrument"]
    project: Name
    instrument: Name


class Building(Flow):
    """What the plant of a project costs to build, by its `spend`, before grants."""

    kind: Literal["capex"]
    project: Name


RECORDS: Final = (Auction, Freed, Border, Surcharge, FixedAmount, Closing, Payment, Building)
Flows = Annotated[
    Auction | Freed | Border | Surcharge | FixedAmount | Closing | Payment | Building,
    Discriminator("kind"),
]


def kind_of(record: type[Flow]) -> str:
    """What a config writes as `kind` for a record."""
    return str(get_args(record.model_fields["kind"].annotation)[0])


def flow_kinds() -> list[str]:
    """Kinds of flows that a config may have."""
    return [kind_of(one) for one in RECORDS]


class Repayment(Described):
    """How an issue is served, from the year after it on."""

    kind: Literal["level", "bullet"] = "level"
    """level: equal payments; bullet: interest, and all of it back in the last year."""
    years: Life
    """Years of repayment."""
    rate: Rate | None = None
    """Interest per year; without it the rate of the account."""


class Account(Described):
    """Money that comes in and goes out year by year, and what is owed of what was borrowed."""

    title: str = ""
    first: Year
    """First year; of the run, as is the last."""
    last: Year
    rate: Rate
    """Interest on the balance per year, earned above zero and owed below it; also the rate at which
    the account is valued."""
    nominal: bool = False
    """Rates, issue, and the amounts of `fixed` and `surcharge` are money of each year: inflation
    since the base year wears them off."""
    issue: dict[Year, Millions] = Field(default_factory=dict)
    """What is borrowed, M EUR by year: in these years alone; one draw for all of them."""
    proceeds: Literal["kept", "spent"] = "kept"
    """kept: what is borrowed comes into the balance and pays what flows out; spent: it is given
    away in the year of the issue, so that the account has to serve it and holds none of it."""
    repayment: Repayment | None = None
    inflow: dict[Name, Flows] = Field(default_factory=dict)
    outflow: dict[Name, Flows] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        check_order(self.first, self.last)
        return self

    def flows(self) -> list[tuple[tuple[str, str], Flow]]:
        """Every flow with its place, inflows first."""
        return [
            ((side, name), one)
            for side in ("inflow", "outflow") for name, one in getattr(self, side).items()
        ]  # fmt: skip
