"""A project: a plant with its start, its life, what it is set against, who pays (MODEL 11)."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from simcore.intake.instruments import PricePerTonne, Rate, Share
from simcore.intake.measures import Life, Output
from simcore.quantities import Quantity, certain, ranges
from simcore.quantities.annotations import Canonical, Name, Plain, Year
from simcore.quantities.records import Described, Model
from simcore.units.canonical import EURO_PER_CAPACITY, ONE


def spelt_out(entry: Any) -> Any:
    """A project as it is written, its alternative, instruments and tax in full where each is one
    word or number."""
    if not isinstance(entry, Mapping):
        return entry
    data = dict(entry)
    if isinstance(data.get("against"), str):
        data["against"] = {"route": data["against"]}
    if isinstance(data.get("instruments"), str):
        data["instruments"] = [part.strip() for part in data["instruments"].split(",")]
    phases = data.get("phases")
    if isinstance(phases, Mapping) and phases and all(type(year) is int for year in phases):
        # It begins with the first of them.
        data = {"route": phases[min(phases)], "start": min(phases), **data}
    tax = data.get("tax")
    if isinstance(tax, str | int | float) or (
        isinstance(tax, Mapping) and {"kind", "value"} & set(tax)
    ):
        data["tax"] = {"rate": tax}
    return data


class Alternative(Described):
    """What would be done instead in the same region."""

    route: Name
    """Of the same region."""
    capital: Literal["full", "reline", "sunk"] = "full"
    """full: its capital as the run counts it (`reference_capital`); reline: `reline` instead;
    sunk: none, as the plant stands and is paid."""
    reline: (
        Annotated[Quantity, Canonical(EURO_PER_CAPACITY, minimum=0.0, usual=ranges.CAPEX)] | None
    ) = None
    """Capital of relining it, which is charged over the life of the project."""


class Cumulation(Model):
    """The most that all instruments of a project pay together in a year."""

    of: Literal["gap", "cost"] = "gap"
    """gap: what the project lacks without support; cost: what it costs more before carbon."""
    share: Share = certain(1.0)
    """Part of that."""


class Debt(Described):
    """A loan on the investment, repaid from the first year of production on."""

    share: Share
    """Of what is spent, net of grants; the interest until the start is added to the loan."""
    rate: Rate
    """Interest per year: real, or nominal with `nominal`."""
    years: Annotated[Life, Field(le=50)]
    """Years of repayment from the start on."""
    repayment: Literal["level", "equal_principal"] = "level"
    """level: equal payments; equal_principal: equal parts of the loan, and interest on the rest."""
    nominal: bool = False
    """Payments in money of each year."""
    covenant: Annotated[Plain, Field(gt=0, le=10)] = 1.3
    """Least cover of the debt service by the cash flow that the bank asks for."""


class Tax(Described):
    """Tax on the profit: straight-line depreciation over the life, losses carried forward."""

    rate: Annotated[Quantity, Canonical(ONE, minimum=0.0, maximum=1.0, usual=ranges.TAX)]
    """Of the profit after depreciation and losses."""
    nominal: bool = False
    """Depreciation and losses are money of the year of the investment: inflation wears them off."""


class Project(Described):
    """A plant that is decided on."""

    title: str = ""
    region: Name
    """Where it stands; that need not be a region of the run."""
    route: Name
    """What is built; that need not be a route of the run."""
    destination: Literal["domestic", "eu"] = "domestic"
    """Where its tonnes are sold, which decides the carbon cost that counts."""
    start: Year
    """First year of production; capital costs what it costs then."""
    lifetime: Life
    """Years of production."""
    phases: dict[Year, Name] = Field(default_factory=dict)
    """Route by the year from which the plant runs on it, the first that of the start: gas now,
    hydrogen later. The capital of the first goes on to be paid."""
    conversion: (
        Annotated[Quantity, Canonical(EURO_PER_CAPACITY, minimum=0.0, usual=ranges.CAPEX)] | None
    ) = None
    """Cost of each conversion from one phase to the next, paid in the year before; electrolysers
    with `hydrogen: own` come on top."""
    closes: Year | None = None
    """Last year of production of a plant that is closed before its lifetime is over."""
    output: Output
    """Production, Mt/yr."""
    hydrogen: Literal["bought", "own"] = "bought"
    """own: the electrolyser is built with the plant, at the cost of the start year."""
    against: Alternative | None = None
    """What it is set against; without it the reference of the region."""
    buyer: Name | None = None
    """Who buys; without it that of `value`."""
    sold: Share = certain(0.0)
    """Part of the output that is sold as green, at what the buyer is willing to pay."""
    willing: PricePerTonne | None = None
    """What he pays on top per tonne; without it the willingness of the buyer."""
    instruments: list[Name] = Field(default_factory=list[Name])
    """Of `catalog.instruments`, in the order in which they are paid."""
    cumulation: Cumulation | None = None
    """Limit of all instruments together, by year."""
    spend: dict[int, Annotated[Plain, Field(ge=0, le=1)]] = Field(default_factory=lambda: {-1: 1.0})
    """Share of the investment by year after the start (-1: the year before)."""
    debt: Debt | None = None
    """Loan on the investment, for dscr, debt_capacity and equity_irr."""
    tax: Tax | None = None
    """Tax on the profit; without it none."""
    rate: Rate | None = None
    """Real discount rate; without it the cost of capital of the region and risk of the route."""
    valued_in: Year | None = None
    """Year to which values are discounted; without it the year before the start."""
    beyond: Literal["hold", "error"] = "hold"
    """Years of life after the horizon: hold the last year's values, or refuse."""

    @property
    def planned_end(self) -> int:
        """Last year of its lifetime."""
        return self.start + self.lifetime - 1

    @property
    def end(self) -> int:
        """Last year of production."""
        return self.planned_end if self.closes is None else min(self.closes, self.planned_end)

    @property
    def used(self) -> int:
        """Years of production."""
        return self.end - self.start + 1

    @property
    def routes(self) -> list[str]:
        """Routes that it runs on, each once."""
        return list(dict.fromkeys([self.route, *self.phases.values()]))

    @property
    def spans(self) -> list[tuple[str, int]]:
        """Routes one after the other, each with the first year in which it runs on it."""
        found = [(self.route, self.start)]
        for year, route in sorted(self.phases.items()):
            if route != found[-1][0]:
                found.append((route, year))
        return found

    @property
    def value_year(self) -> int:
        """Year to which values are discounted."""
        return self.start - 1 if self.valued_in is None else self.valued_in
