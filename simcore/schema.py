"""What a config may say: the frozen, typed records of an experiment and of the catalog."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from simcore.quantities import Constant, Model, Quantity, RegionQuantity, Sourced, fault

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
PolicyValue = float | Name
"""A number that holds in all years, or the name of a policy."""
Year = Annotated[int, Field(ge=1990, le=2200)]
Dated = dict[Year, float]

MAX_DRAWS: Final = 1_000_000_000


class Canonical:
    """Annotation: the unit in which a field is used inside the model."""

    def __init__(self, unit: str, *, minimum: float | None = None) -> None:
        self.unit = unit
        self.minimum = minimum


class Years(Model):
    """The horizon, both ends included."""

    first: Year
    last: Year

    @model_validator(mode="after")
    def _ordered(self) -> Years:
        if self.first > self.last:
            raise fault(f"first = {self.first} after last = {self.last}", "first <= last")
        if self.last - self.first > 100:
            raise fault(f"{self.last - self.first + 1} years", "at most 101 years")
        return self


class Money(Model):
    """How amounts in other currencies and price years become real EUR of the base year."""

    base_year: Year
    inflation: float = Field(gt=-0.5, lt=1)
    """Yearly inflation where no deflator covers the year."""
    exchange: dict[Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")], Annotated[float, Field(gt=0)]]
    """Units of each currency per EUR in the base year."""
    deflator: dict[str, dict[Year, Annotated[float, Field(gt=0)]]] = {}
    """Price index by currency and year."""
    source: str | None = None
    at: str | None = None
    status: str | None = None
    note: str | None = None


class Cbam(Model):
    """The EU border adjustment."""

    market: Name
    coverage: PolicyValue
    free_allocation: PolicyValue
    cscf: PolicyValue
    mark_up: PolicyValue
    declared: Literal["actual", "default", "cheaper"]
    """Embedded emissions that importers declare."""
    method: Literal["own", "country_average"]
    resource_shuffling: float = Field(ge=0, le=1)
    """Share of the reference tonnes that is swapped for clean ones at the border."""
    clean_intensity: float = Field(ge=0)
    """Embedded emissions of those clean tonnes, t CO2e/t."""


class Value(Model):
    """How the carbon-value premium is computed."""

    mode: Literal["netted", "seed"]
    buyer: Name
    double_claiming: Literal["forbid", "allow"]
    """forbid: a tonne sold as green cannot also sell its credit."""
    credit_limit: Annotated[float, Field(ge=0, le=1)] | None = None
    """Largest share of the reference emissions that credits may cover."""


class Plant(Model):
    """The plant of the lifecycle, NPV and annuity forms."""

    start: Year
    lifetime: int = Field(ge=1, le=100)
    output: float = Field(gt=0)
    """Production, Mt/yr."""
    valued_in: Year
    """Year to which npv_premium is discounted."""
    beyond: Literal["hold", "error"]
    """Years of life after the horizon: hold the last year's premium, or refuse."""


class Exposure(Model):
    """A firm's obligation shortfall in one market."""

    market: Name
    shortfall: float
    """Mt CO2e/yr to be bought."""
    first: Year
    last: Year


class Pair(Model):
    """A rank (Spearman) correlation."""

    between: Annotated[list[str], Field(min_length=2, max_length=2)]
    rank: float = Field(ge=-1, le=1)
    source: str | None = None
    at: str | None = None
    status: str | None = None
    note: str | None = None


class Correlations(Model):
    """Dependence between static factors and between yearly shocks."""

    factors: list[Pair] = []
    shocks: list[Pair] = []
    repair: bool = False
    """Replace a matrix that is not positive semi-definite by the nearest one that is."""


class Spot(Sourced):
    """The last known price."""

    year: Year
    value: float = Field(gt=0)


class Anchor(Sourced):
    """P10, P50 and P90 of a price in one year."""

    low: float = Field(gt=0)
    central: float = Field(gt=0)
    high: float = Field(gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> Anchor:
        if not self.low <= self.central <= self.high:
            raise fault(
                f"low {self.low:g}, central {self.central:g}, high {self.high:g}",
                "low <= central <= high (read as P10, P50, P90)",
            )
        return self


def _certain(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return {"low": value, "central": value, "high": value}
    return value


AnchorTable = dict[Year, Annotated[Anchor, BeforeValidator(_certain)]]
Volatility = Annotated[Quantity, Canonical("1", minimum=0.0)]
Share = Annotated[Quantity, Canonical("1")]


class Process(Model):
    """How a price leaves its anchor path."""

    kind: Literal["fixed", "scenario", "gbm", "random_walk", "log_ou"]
    sigma: Volatility = Constant(value=0.0)
    """Volatility, per square root of a year."""
    kappa: Volatility = Constant(value=0.0)
    """Speed of mean reversion, per year (log_ou)."""
    mu: Share = Constant(value=0.0)
    """Drift, per year (gbm)."""


class Corridor(Model):
    """Price floor and ceiling by year, in the unit of the price."""

    floor: Dated = {}
    ceiling: Dated = {}
    growth: float = 0.0
    """Real growth per year after the last date."""


class Tightening(Sourced):
    """An event that lifts the anchor path by exp(strength)."""

    probability: float = Field(ge=0, le=1)
    year: Quantity
    strength: Share
    ramp: float = Field(ge=0)
    """Years until the full strength."""


class Grow(Model):
    """Growth of the anchor path after its last year."""

    grow: float = Field(gt=-1)
    """Real growth per year."""


class Path(Sourced):
    """A price path: anchor path, deviation, corridor and tightening."""

    kind: Literal["path"] = "path"
    title: str = ""
    unit: str
    nominal: bool = False
    """True: each dated value is money of its own year."""
    spot: Spot | None = None
    carry: Share = Constant(value=0.0)
    """Drift of the anchor path where there are no anchors, per year."""
    anchors: AnchorTable | None = None
    after: Literal["hold"] | Grow = "hold"
    centre: Literal["median", "mean"] = "median"
    process: Process
    path: Dated | None = None
    """Prices by year for the process `scenario`, linear in between."""
    corridor: Corridor | None = None
    tightening: Tightening | None = None
    emission_intensity: Dated = {}
    """t CO2e per unit bought, linear between years."""
    history: Dated = {}
    """Past annual means, in the unit of the price; facts, not used by the run."""


class Learns(Model):
    """Which technology's learning a capital cost follows, and with what share."""

    technology: Name
    share: Share


class Electrolysis(Sourced):
    """Hydrogen computed from electricity, EUR/kg."""

    kind: Literal["electrolysis"]
    title: str = ""
    unit: str = "EUR/kg"
    electricity: Name
    """Commodity that feeds the electrolyser."""
    electricity_demand: Annotated[Quantity, Canonical("kWh/kg", minimum=0.0)]
    capex: Annotated[Quantity, Canonical("EUR/kW", minimum=0.0)]
    fixed_opex: Annotated[Quantity, Canonical("1", minimum=0.0)]
    full_load_hours: Annotated[Quantity, Canonical("h/yr", minimum=1.0)]
    lifetime: float = Field(gt=0)
    stack_lifetime: Annotated[Quantity, Canonical("yr", minimum=0.1)]
    stack_share: Annotated[Quantity, Canonical("1", minimum=0.0)]
    storage: Annotated[Quantity, Canonical("EUR/kg")]
    risk_premium: Share = Constant(value=0.0)
    learning: Learns | None = None


def _path_by_default(value: Any) -> Any:
    if isinstance(value, dict) and "kind" not in value:
        return {"kind": "path", **value}
    return value


Price = Annotated[
    Annotated[Path | Electrolysis, Field(discriminator="kind")], BeforeValidator(_path_by_default)
]


class Choice(Model):
    """A variant drawn by probability."""

    kind: Literal["discrete"]
    values: list[Name] = Field(min_length=1)
    probabilities: list[float]
    status: str | None = None
    source: str | None = None
    at: str | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _valid(self) -> Choice:
        total = sum(self.probabilities)
        if len(self.values) != len(self.probabilities) or abs(total - 1) > 1e-9 or min(self.probabilities) < 0:
            raise fault(
                f"probabilities {self.probabilities} for {self.values}",
                "one probability >= 0 for each variant, with sum 1",
            )
        return self


class Variant(Sourced):
    """One reading of a policy: a dated table."""

    values: dict[Year, Quantity] = Field(min_length=1)
    end: Year | None = None
    """Last year in force; zero afterwards."""
    decline: float = Field(default=0.0, lt=1)
    """Yearly decline after the last date."""


class Policy(Sourced):
    """A dated table with named variants, an adoption probability and a delay."""

    title: str = ""
    region: str | None = None
    variant: Name | Choice
    delay: Quantity = Constant(value=0.0)
    known_until: Year
    variants: dict[Name, Variant] = Field(min_length=1)


class Region(Sourced):
    """A place where plants stand."""

    title: str = ""
    currency: str
    market: Name
    wacc: Annotated[Quantity, Canonical("1", minimum=0.0)]
    capex_factor: Annotated[Quantity, Canonical("1", minimum=0.0)] = Constant(value=1.0)
    coverage: PolicyValue
    free_allocation: PolicyValue
    cscf: PolicyValue
    benchmarks: dict[Name, PolicyValue]
    """By route, or `default`: t CO2e of allowances per tonne."""
    recognised: PolicyValue
    """1 where the EU recognises the carbon price paid at home."""
    border: PolicyValue = 0.0
    """1 where imported precursors pay the home price at the border."""
    credit_price: Annotated[Quantity, Canonical("EUR/t")] = Constant(value=0.0)
    default_intensity: float = Field(default=0.0, ge=0)
    """CBAM default value before mark-up, t CO2e/t."""
    average_intensity: float = Field(default=0.0, ge=0)
    """Sector average of the country, t CO2e/t."""
    reference: dict[Name, Name]
    """Reference route by sector."""


class Route(Sourced):
    """A way to make the product."""

    title: str = ""
    sector: Name
    capex: Annotated[RegionQuantity, Canonical("EUR/(t/yr)", minimum=0.0)]
    learning: Learns | None = None
    interest_during_construction: Annotated[Quantity, Canonical("1", minimum=0.0)] = Constant(value=1.0)
    first_of_a_kind: Annotated[Quantity, Canonical("1", minimum=0.0)] = Constant(value=1.0)
    lifetime: float = Field(gt=0, le=200)
    utilisation: Annotated[RegionQuantity, Canonical("1", minimum=0.01)]
    risk_premium: Share = Constant(value=0.0)
    fixed_opex: Annotated[RegionQuantity, Canonical("EUR/(t/yr)/yr")] = {"default": Constant(value=0.0)}
    other_opex: Annotated[RegionQuantity, Canonical("EUR/t")] = {"default": Constant(value=0.0)}
    inputs: dict[Name, Annotated[RegionQuantity, Canonical("commodity")]] = {}
    byproducts: dict[Name, Annotated[RegionQuantity, Canonical("commodity")]] = {}
    emission_intensity: Annotated[RegionQuantity, Canonical("t/t", minimum=0.0)]
    precursor_intensity: Annotated[RegionQuantity, Canonical("t/t", minimum=0.0)] = {"default": Constant(value=0.0)}
    cbam_benchmark: PolicyValue = 0.0
    precursor_benchmark: PolicyValue = 0.0
    support: Annotated[RegionQuantity, Canonical("EUR/t")] = {"default": Constant(value=0.0)}
    available_from: Year | None = None


class Technology(Sourced):
    """A technology that learns, on one global curve."""

    title: str = ""
    learning_rate: Annotated[Quantity, Canonical("1", minimum=0.0)]
    """Cost fall per doubling of cumulative capacity."""
    cumulative_capacity: AnchorTable = Field(min_length=1)
    """Ratio to the first year; low, central and high are P10, P50 and P90."""


class Buyer(Sourced):
    """An industry that buys the low-carbon tonne."""

    title: str = ""
    indirect_factor: Annotated[Quantity, Canonical("1", minimum=0.0)]


class Catalog(Model):
    """Everything the run refers to by name."""

    markets: dict[Name, Path] = {}
    prices: dict[Name, dict[Name, Price]] = {}
    policies: dict[Name, Policy] = {}
    regions: dict[Name, Region] = {}
    routes: dict[Name, Route] = {}
    technologies: dict[Name, Technology] = {}
    buyers: dict[Name, Buyer] = {}


Names = Annotated[list[Name], Field(min_length=1, max_length=100)]


class Experiment(Model):
    """A whole config: what is run, on which catalog."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
    title: str = ""
    seed: int = Field(ge=0, lt=2**63)
    draws: int = Field(ge=1, le=MAX_DRAWS)
    years: Years
    currency: str
    money: Money
    sector: Name
    regions: Names
    destinations: Annotated[list[Literal["domestic", "eu"]], Field(min_length=1)]
    routes: Names
    outcomes: Annotated[list[str], Field(min_length=1)]
    keep: list[str]
    boundary: Literal["scope1", "scope12"]
    cbam: Cbam
    value: Value
    plant: Plant
    exposures: dict[Name, Exposure] = {}
    factors: dict[Name, Quantity] = {}
    correlations: Correlations
    independent_scenarios: bool
    scenarios: dict[Name, Any] = Field(min_length=1)
    """Named overlays on catalog, cbam, value, plant, boundary and factors."""
    memory: float = Field(gt=50)
    """Memory budget of a run, MB."""
    dtype: Literal["float32", "float64"]
    """Type of the stored draws."""
    catalog: Catalog
