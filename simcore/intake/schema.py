"""What a config may say: the frozen, typed records of an experiment."""

import re
from functools import cache
from typing import Annotated, Any, Final, Literal, Self, get_origin

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    TypeAdapter,
    model_validator,
)
from pydantic_core.core_schema import is_instance_schema, no_info_plain_validator_function

from simcore.intake.accounts import Account
from simcore.intake.budgets import Budget
from simcore.intake.decisions import MOST, Decision, RobustChoice
from simcore.intake.entries import Catalog, CleanIntensity
from simcore.intake.hydrogen import HydrogenLaw, Rule
from simcore.intake.instruments import YearlyShare
from simcore.intake.measures import Benchmark, Life, MarkUp, Output
from simcore.intake.paths import Growth
from simcore.intake.portfolios import Portfolio
from simcore.intake.projects import Project
from simcore.intake.report import Report
from simcore.intake.risk import Risk
from simcore.intake.sensitivity import Sensitivity
from simcore.intake.waiting import Waiting
from simcore.quantities import Quantity, certain, ranges
from simcore.quantities.annotations import (
    OTHER,
    TEXT,
    TEXT_OR_OTHER,
    Canonical,
    Name,
    Plain,
    PolicyShare,
    Year,
    percent,
)
from simcore.quantities.records import Described, Model, Whole, check_order, fault, shown
from simcore.units.canonical import MEGATONNE_PER_YEAR, ONE

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Positive = Annotated[float, Field(gt=0)]

MAX_DRAWS: Final = 1_000_000_000
Megatonnes = Annotated[Quantity, Canonical(MEGATONNE_PER_YEAR, usual=ranges.SHORTFALL)]


class Years(Model):
    """The horizon, both ends included."""

    first: Year
    last: Year

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        check_order(self.first, self.last)
        if self.last - self.first > 100:
            raise fault(f"{self.last - self.first + 1} years", "at most 101 years", "shorten it")
        return self


class Money(Described):
    """How amounts in other currencies and price years become real EUR of the base year."""

    base_year: Year
    inflation: Annotated[Plain, Field(gt=-0.5, lt=1), Canonical(ONE, usual=ranges.DRIFT)]
    """Yearly inflation where no deflator covers the year."""
    exchange: dict[Currency, Positive]
    """Units of each currency per EUR in the base year."""
    deflator: dict[Currency, dict[Year, Positive]] = Field(default_factory=dict)
    """Price index by currency and year."""


class Cbam(Model):
    """The EU border adjustment."""

    market: Name
    coverage: PolicyShare | None = None
    """Share of the tonnes that the border covers; without it what each sector says, as do the
    five other fields that may be left out."""
    indirect: PolicyShare | None = None
    """Share of the emissions of power, made on site and bought, that is embedded too; no free
    allocation for them."""
    power_factor: Literal["actual", "grid_mean", "default"] = "actual"
    """Emissions of that power: its own, as by contract; the mean of the `grid` of the country for
    every MWh; or `default_power_factor` of the region."""
    free_allocation: PolicyShare
    cscf: PolicyShare
    mark_up: MarkUp | None = None
    declared: Literal["actual", "default", "cheaper"]
    """Embedded emissions that importers declare; `cheaper`: whichever costs less in the year."""
    good: Name | None = None
    """Good whose default value is declared, as named in `default_intensity` of the regions."""
    default_benchmark: Benchmark | None = None
    """Benchmark of the route code that a default value bears, for every route; without it that of
    the region's reference."""
    pre_consumer_scrap: PolicyShare | None = None
    """1 where scrap that never reached a consumer embeds the mean emissions of its metal."""
    recognised_default: PolicyShare = 0.0
    """Share of the price paid at home that counts where a default value is declared."""
    method: Literal["own", "country_average"]
    resource_shuffling: Annotated[Plain, Field(ge=0, le=1)]
    """Share of the reference tonnes that is swapped for clean ones at the border."""
    clean_intensity: CleanIntensity | None = None
    """Embedded emissions of those clean tonnes, t CO2e/t; without it what the sector says."""


def _limit(value: Any) -> Any:
    value = percent(value)
    if value != "law" and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise fault(shown(value), "a share between 0 and 1, law, or null", "write 0.05, or law")
    return value


CreditLimit = Annotated[
    Annotated[
        Annotated[float, Field(ge=0, le=1), OTHER] | Annotated[Literal["law"], TEXT], TEXT_OR_OTHER
    ],
    BeforeValidator(_limit),
]
"""A share for all regions, or `law`: the limit of each region."""


class Value(Model):
    """How the carbon-value premium is computed."""

    mode: Literal["netted", "seed"]
    buyer: Name
    double_claiming: Literal["forbid", "allow"]
    """forbid: a tonne sold as green cannot also sell its credit."""
    credit_limit: CreditLimit | None = None
    """Largest share of the reference emissions that credits may cover; `law`: each region's own."""


class Plant(Model):
    """The plant of the lifecycle, NPV and annuity forms."""

    start: Year
    lifetime: Life
    output: Output
    """Production, Mt/yr."""
    valued_in: Year
    """Year to which npv_carbon_value is discounted."""
    beyond: Literal["hold", "error"]
    """Years of life after the horizon: hold the last year's premium, or refuse."""


class Destinations(Model):
    """Shares of the tonnes of a plant by where they are sold."""

    eu: YearlyShare = certain(0.0)
    """Share that crosses the border of the EU: a number, a distribution, or a table by year."""
    domestic: Annotated[Plain, Field(ge=0, le=1)] | None = None
    """All other tonnes, at home and in the rest of the world; may be left out."""


class ExposedPlant(Model):
    """A plant whose bills follow from its emissions, its allocation, and where it sells."""

    region: Name
    route: Name
    output: Output
    """Production, Mt/yr."""
    destinations: Destinations = Destinations.model_construct(eu=certain(0.0), domestic=None)
    """Where the tonnes are sold; without it all at home."""


class Exposure(Described):
    """What a firm or plant owes for carbon: allowances for a shortfall, or those that a plant lacks
    and what the border of the EU asks of its exports."""

    title: str = ""
    market: Name | None = None
    """Where the shortfall is bought; that of a plant follows from its region."""
    shortfall: dict[Year, Megatonnes] = Field(default_factory=dict)
    """Mt CO2e/yr to be bought, negative if there is a surplus: one number or distribution, or a
    table of them by year, each held until the next date."""
    plant: ExposedPlant | None = None
    growth: Growth = 0.0
    """Yearly growth of the shortfall after its last date, or of the plant's output."""
    currency: Currency | None = None
    """Of the local outcomes; without it that of the market's price."""
    first: Year
    last: Year

    @model_validator(mode="before")
    @classmethod
    def _dated(cls, content: Any) -> Any:
        """One number holds from the first year."""
        if not isinstance(content, dict) or "shortfall" not in content:
            return content
        given = content["shortfall"]
        if isinstance(given, dict) and all(isinstance(key, int) for key in given):
            return content
        return {**content, "shortfall": {content.get("first", 2000): given}}

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.plant is None) == (not self.shortfall):
            raise fault(
                "both shortfall and plant" if self.plant else "neither shortfall nor plant",
                "one of shortfall and plant", "write shortfall: <Mt/yr>, or plant: {...}",
            )  # fmt: skip
        if (self.plant is None) == (self.market is None):
            raise fault(
                "market beside plant" if self.plant else "no market",
                "market with shortfall; a plant buys in the market of its region",
                "remove market" if self.plant else "add market: ...",
            )  # fmt: skip
        return self


class Pair(Described):
    """A rank (Spearman) correlation."""

    between: Annotated[list[str], Field(min_length=2, max_length=2)]
    rank: float = Field(ge=-1, le=1)

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.between[0] == self.between[1]:
            raise fault(f"{self.between[0]!r} with itself", "two names", "remove it")
        return self


class Correlations(Model):
    """Dependence between static factors and between yearly shocks."""

    factors: list[Pair] = Field(default_factory=list[Pair])
    shocks: list[Pair] = Field(default_factory=list[Pair])
    repair: bool = False
    """Replace a matrix that is not positive semi-definite by the nearest one that is."""


class Until(Model):
    """When a run has enough draws: the 95 % interval of a statistic is narrow enough."""

    variable: str
    statistic: Literal["mean", "p1", "p5", "p10", "p25", "p50", "p75", "p90", "p95", "p99"]
    width: float = Field(gt=0)
    """Widest interval, from end to end, in the unit of the variable."""
    unit: str | None = None
    """Unit of the width, if one wants to say it."""
    at: dict[str, str | Year] = Field(default_factory=dict)
    """Labels of the cells that count, such as {region: EU, year: 2030}; without them all do."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, content: Any) -> Any:
        """Also as on the command line: cost_premium.p95=2 EUR/t."""
        if not isinstance(content, str):
            return content
        found = _UNTIL.fullmatch(content)
        if found is None:
            raise fault(
                repr(content), "VARIABLE.STATISTIC=WIDTH", "such as cost_premium.p95=2EUR/t"
            )
        parts = {key: value for key, value in found.groupdict().items() if value}
        return parts | {"width": float(parts["width"])}


_UNTIL: Final = re.compile(
    r"(?P<variable>\w+)\.(?P<statistic>\w+)\s*=\s*(?P<width>[0-9.]+(?:[eE][-+]?[0-9]+)?)"
    r"\s*(?P<unit>\S.*)?"
)
Names = Annotated[list[Name], Field(min_length=1, max_length=100)]


def _dotted(value: str) -> str:
    if not re.fullmatch(r"\w+\.\w+", value):
        raise fault(
            repr(value), "a route in the region of the buyer, as region.route",
            f"write EU.{value}" if re.fullmatch(r"\w+", value) else "write it as EU.bf_bof",
        )  # fmt: skip
    return value


Against = Annotated[str, AfterValidator(_dotted)]


class _Checked:
    """Annotation: the catalog is checked by itself, and only what of it is not packaged.

    To make the validators of all its records takes longer than to check most configs.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return is_instance_schema(source)


class _WhereGiven:
    """Annotation: the validators of a section are made for the first config that has some of it.

    To make those of all sections takes as long as to check most configs.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        @cache
        def validator() -> TypeAdapter[Any]:
            return TypeAdapter(source, config=Model.model_config)

        def check(content: Any) -> Any:
            is_empty = content == ({} if get_origin(source) is dict else None)
            return content if is_empty else validator().validate_python(content)

        return no_info_plain_validator_function(check)


WHERE_GIVEN: Final = _WhereGiven()


class Experiment(Model):
    """A whole config: what is run, on which catalog."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
    title: str = ""
    seed: Whole = Field(ge=0, lt=2**63)
    draws: Whole = Field(ge=1, le=MAX_DRAWS)
    design: Literal["random", "latin_hypercube", "sobol", "antithetic", "sobol_bridge"]
    """How the draws cover the uncertain inputs; `sobol_bridge` makes the yearly shocks of a path of
    numbers that move many years at once, the most even ones first."""
    replicates: Whole = Field(ge=1, le=256)
    """Designs of their own, from which standard errors follow: 256 draws of one, 256 of the next,
    and so on. `random` needs none."""
    until: Annotated[Until | None, WHERE_GIVEN] = None
    """Fewer draws than `draws` where that is enough."""
    years: Years
    currency: str
    money: Money
    sectors: Names
    """What is made: `catalog.sectors` has the product of each, its routes, and what regions ask of
    it. `sector: steel` stands for a single one."""
    regions: Names
    destinations: Annotated[list[Literal["domestic", "eu"]], Field(min_length=1)]
    routes: Names
    outcomes: Annotated[list[str], Field(min_length=1)]
    keep: list[str]
    parity: list[Name] = Field(default_factory=list[Name])
    """Goods whose `parity_price` is computed, such as hydrogen or electricity."""
    against: list[Against] = Field(default_factory=list[Against])
    """What a buyer compares with, as region.route, such as EU.bf_bof: a route in his own region,
    where the tonnes of all others are delivered."""
    products: list[Name] = Field(default_factory=list[Name])
    """Of `catalog.products`, such as car or house: of which the run reports what they cost more."""
    boundary: Literal["scope1", "scope12"]
    reference_capital: Literal["reline", "new", "sunk"] = "reline"
    """Capital of the plants that stand already: their renewal, a new plant in their place, or none
    as it is paid. Those are routes with a `greenfield`, the references, and hosts of retrofits."""
    cbam: Cbam
    hydrogen_rule: Rule | None = None
    """Which hydrogen may have support: `rfnbo` renewable alone, `low_carbon` that which the law
    calls low in carbon too, `intensity` all that emits no more than the limit; none: any."""
    hydrogen: HydrogenLaw
    """Limits and dates by which hydrogen is classed."""
    value: Value
    plant: Plant
    exposures: Annotated[dict[Name, Exposure], WHERE_GIVEN] = Field(default_factory=dict)
    projects: Annotated[dict[Name, Project], WHERE_GIVEN] = Field(default_factory=dict)
    """Plants that are decided on, by name: what they cost, earn, and are paid."""
    portfolios: Annotated[dict[Name, Portfolio], WHERE_GIVEN] = Field(default_factory=dict)
    """Projects and exposures that one firm holds together, by name."""
    budgets: Annotated[dict[Name, Budget], WHERE_GIVEN] = Field(default_factory=dict)
    """What closes a gap for a volume, by name."""
    accounts: Annotated[dict[Name, Account], WHERE_GIVEN] = Field(default_factory=dict)
    """Funds and bonds, by name: what flows in and out, what is owed and what is left."""
    decisions: Annotated[dict[Name, Decision], Field(max_length=MOST)] = Field(default_factory=dict)
    """Sets of projects to choose among, by name, the same in all scenarios: now: [duisburg]."""
    choice: Annotated[RobustChoice | None, WHERE_GIVEN] = None
    """How decisions are valued beside each other, and by which rules one is chosen."""
    risk: Annotated[Risk | None, WHERE_GIVEN] = None
    """Tail means of outcomes, and how often they exceed thresholds."""
    sensitivity: Annotated[Sensitivity | None, WHERE_GIVEN] = None
    """What `simcore sensitivity` asks; a run does not read it."""
    waiting: Annotated[dict[Name, Waiting], WHERE_GIVEN] = Field(default_factory=dict)
    """Choices that may be put off, of which `simcore wait` tells what waiting is worth; a run does
    not read them."""
    report: Annotated[Report | None, WHERE_GIVEN] = None
    """What `simcore report` shows first; a run does not read it."""
    factors: Annotated[dict[Name, Quantity], WHERE_GIVEN] = Field(default_factory=dict)
    correlations: Correlations
    independent_scenarios: bool
    redraw: list[str] = Field(default_factory=list[str])
    """Patterns of factors and shocks (`eu_ets.*`, `*.shock`), or groups of them (`group:policy`),
    that each scenario draws for itself; all others are shared."""
    scenarios: dict[Name, Any] = Field(min_length=1)
    """Named overlays on catalog, cbam, hydrogen_rule, hydrogen, value, plant, projects, budgets,
    accounts, boundary, reference_capital, factors and redraw: written out, the name of a packaged
    one, a file in the folder of the config, or a list of these."""
    grid: dict[Name, list[str]] = Field(default_factory=dict)
    """Scenarios by axis: each choice along one with each one along the others, laid over each other
    in the order of the axes. A choice is that of a scenario; its name is joined to the others."""
    memory: float = Field(gt=50)
    """Memory budget of a run, MB."""
    dtype: Literal["float32", "float64"]
    """Type of the stored draws."""
    catalog: Annotated[Catalog, _Checked()]
