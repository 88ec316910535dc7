"""What a config may say about a price path: known price, anchors, process, response, views."""

import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from simcore.numerics.elementary import exp
from simcore.numerics.normal import Z90
from simcore.processes import KINDS, AnyProcess, kind_of
from simcore.quantities import Quantity, certain, ranges
from simcore.quantities.annotations import (
    COMMODITY,
    OTHER,
    PER_COMMODITY,
    TEXT,
    TEXT_OR_OTHER,
    Canonical,
    Dated,
    Name,
    Plain,
    PolicyShare,
    Year,
)
from simcore.quantities.records import Described, Model, Sourced, fault, shown
from simcore.units.canonical import ONE, YEAR

Strength = Annotated[Quantity, Canonical(ONE, central=5.0, usual=ranges.LOG_CHANGE)]
"""Of a change of the logarithm of a price."""
Growth = Annotated[Plain, Field(gt=-1, lt=1), Canonical(ONE, usual=ranges.DRIFT)]
Rate = Annotated[Quantity, Canonical(ONE, minimum=-0.99, central=1.0, usual=ranges.DRIFT)]
Fraction = Annotated[Quantity, Canonical(ONE, minimum=0.0, maximum=1.0)]
Level = Annotated[Quantity, Canonical(COMMODITY, minimum=0.0, usual=ranges.PRICES)]
Prices = Annotated[Dated, Canonical(COMMODITY, usual=ranges.PRICES)]
Price = Annotated[float, Field(gt=0), Canonical(COMMODITY, usual=ranges.PRICES)]
Ratio = Annotated[Quantity, Canonical(ONE, minimum=0.0, central=20.0, usual=ranges.RATIO)]

EmissionFactors = Annotated[Dated, Canonical(PER_COMMODITY, usual=ranges.EMISSION_FACTORS)]


def _day(value: Any) -> Any:
    if isinstance(value, datetime.date):
        return value.isoformat()
    try:
        return datetime.date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise fault(shown(value), "a day such as 2026-10-08", "write year-month-day") from None


Day = Annotated[str, BeforeValidator(_day)]


class Spot(Sourced):
    """The last known price: a mean of its year, or a price of one day."""

    year: Year
    """Last year whose price is known; that of the date, if there is one."""
    date: Day | None = None
    """Day of the price. The following years are then means over the year, seen from that day;
    without a date the year after the spot is one whole step away."""
    value: Price

    @model_validator(mode="before")
    @classmethod
    def _dated(cls, content: Any) -> Any:
        """The year of a date goes without saying."""
        if not isinstance(content, dict) or content.get("date") is None:
            return content
        year = int(_day(content["date"])[:4])
        if content.get("year", year) != year:
            raise fault(
                f"year {content['year']} and date {content['date']}", "the year of the date",
                "write one of the two",
            )  # fmt: skip
        return {**content, "year": year}

    @property
    def moment(self) -> float | None:
        """The date in years, such as 2026.77; None without one."""
        if self.date is None:
            return None
        day = datetime.date.fromisoformat(self.date)
        first, following = datetime.date(day.year, 1, 1), datetime.date(day.year + 1, 1, 1)
        return day.year + (day - first).days / (following - first).days


class Anchor(Sourced):
    """P10, P50 and P90 of a price in one year."""

    low: Price
    central: Price
    high: Price

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.central <= self.high:
            raise fault(
                f"low {self.low:g}, central {self.central:g}, high {self.high:g}",
                "low <= central <= high (read as P10, P50, P90)",
                "put them in order",
            )
        return self


def _band(value: Any) -> Any:
    """One number is certain; a central value with the standard deviation `sd` of its log."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return {"low": value, "central": value, "high": value}
    if not isinstance(value, dict) or "sd" not in value:
        return value
    given = {key: entry for key, entry in value.items() if key != "sd"}
    if {"low", "high"} & set(given):
        raise fault("sd beside low and high", "sd, or low and high", "remove one of the two")
    sd, central = value["sd"], value.get("central")
    for key, number in (("sd", sd), ("central", central)):
        if isinstance(number, bool) or not isinstance(number, (int, float)) or number < 0:
            raise fault(
                f"{key}: {shown(number)}", "a number >= 0", "such as {central: 110, sd: 0.2}"
            )
    assert central is not None
    wide = exp(Z90 * sd)
    return {**given, "low": central / wide, "high": central * wide}


AnchorTable = dict[Year, Annotated[Anchor, BeforeValidator(_band)]]
"""By year: `{low, central, high}`, `{central, sd}`, or one number."""


class Corridor(Model):
    """Price floor and ceiling by year, in the unit of the price."""

    floor: Prices = Field(default_factory=dict)
    ceiling: Prices = Field(default_factory=dict)
    growth: Growth = 0.0
    """Real growth per year after the last date."""


class Tightening(Described):
    """An event that lifts the anchor path by exp(strength)."""

    probability: Annotated[Plain, Field(ge=0, le=1)]
    year: Annotated[Quantity, Canonical(YEAR)]
    strength: Strength
    ramp: float = Field(ge=0)
    """Years until the full strength."""


class Grow(Model):
    """Growth of the anchor path after its last year."""

    grow: Growth
    """Real growth per year."""


def _after(value: Any) -> Any:
    if value != "hold" and not isinstance(value, (dict, Grow)):
        raise fault(shown(value), "hold, or {grow: <rate per year>}", "write after: {grow: 0.02}")
    return value


After = Annotated[
    Annotated[Annotated[Literal["hold"], TEXT] | Annotated[Grow, OTHER], TEXT_OR_OTHER],
    BeforeValidator(_after),
]


class Link(Described):
    """A carbon market joined to another: its allowances become those of the other one."""

    to: Name
    share: PolicyShare
    """Share of the price that is the other market's: 0 before the link, 1 after it."""


class Relative(Described):
    """A carbon price that is another one's times a ratio, from which the process leaves."""

    to: Name
    ratio: Ratio
    """Median of this price over the other one, in the same money."""


class Threshold(Described):
    """Where a response sets in, and how much of a further change it lets through."""

    model_config = ConfigDict(serialize_by_alias=True)

    price: Level = Field(alias="from")
    """Price from which on it works, in the unit of the path and money of the base year."""
    exponent: Fraction
    """Beyond the threshold T the price P becomes T*(P/T)**exponent."""
    growth: Growth = 0.0
    """Real growth of the threshold per year."""
    after: Year | None = None
    """Last year before it grows."""

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if (self.growth != 0) != (self.after is not None):
            raise fault(
                "growth without after" if self.after is None else "after without growth",
                "both: the rate, and the last year before it", "add after: 2030, or remove both",
            )  # fmt: skip
        return self


class Response(Described):
    """What politics does to a price that is very high or very low."""

    above: Threshold | None = None
    """A price above is pulled down."""
    below: Threshold | None = None
    """A price below is lifted."""
    backstop: Level | None = None
    """No price stays above: what it costs to take the CO2 out of the air again."""

    @property
    def limits(self) -> dict[tuple[str, ...], Quantity]:
        """The prices that are stated, by their address in it, the lowest first."""
        found: dict[tuple[str, ...], Any] = {
            ("below", "from"): self.below and self.below.price,
            ("above", "from"): self.above and self.above.price,
            ("backstop",): self.backstop,
        }
        return {address: value for address, value in found.items() if value is not None}


class PolicyEffect(Described):
    """What the variants of a policy do to the log price; written `{of, VARIANT: effect, ramp}`."""

    of: Name
    """A policy whose variant, in each draw, decides."""
    variants: dict[Name, Strength] = Field(min_length=1)
    """Added to the log price by variant; nothing under one that is not named."""
    ramp: Annotated[list[Year], Field(min_length=2, max_length=2)]
    """First year of the effect (still zero), and year of the whole; linear in between."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, content: Any) -> Any:
        """Variants may stand beside `of`."""
        if not isinstance(content, dict):
            return content
        known = set(cls.model_fields)
        beside = {key: value for key, value in content.items() if key not in known}
        if not beside:
            return content
        kept = {key: value for key, value in content.items() if key in known}
        return {**kept, "variants": {**(content.get("variants") or {}), **beside}}

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if not self.ramp[0] <= self.ramp[1]:
            raise fault(f"ramp {self.ramp}", "first <= last", "put the two years in order")
        return self


class View(Described):
    """One opinion of a price: what it does not say is as in the market."""

    title: str = ""
    weight: Annotated[Plain, Field(ge=0, le=1)] = 0.0
    """Share of the draws; the weights of all views sum to 1."""
    spot: Spot | None = None
    """The price from which the view starts, seen on its date; without it that of the market."""
    carry: Rate | None = None
    """Drift per year of a view without anchors, in the money of the price (nominal where the path
    is nominal), such as the slope of the futures curve; without it the price keeps its real
    value."""
    premium: Rate = certain(0.0)
    """Drift per year on top of carry, anchors or forward: what holders earn above the futures."""
    anchors: AnchorTable | None = None
    forward: Annotated[dict[Year, Price], Canonical(COMMODITY, usual=ranges.PRICES)] | None = None
    """Prices by year in place of anchors, such as futures: certain, and what the process leaves."""
    after: After = "hold"
    centre: Literal["median", "mean"] = "median"
    process: AnyProcess | None = None
    deviation: AnyProcess | None = None
    """A process on top of a price that has none: of cap_and_bank, of `path` and of `position`."""
    path: Prices | None = None
    """Prices by year, taken as they are."""
    position: Fraction | None = None
    """Place in the corridor of the market, 0 at the floor and 1 at the ceiling, in all years."""
    corridor: Corridor | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        ways = {
            "path": self.path is not None,
            "position": self.position is not None,
            "process": self.process is not None and kind_of(self.process).made_of != "path",
        }
        given = [key for key, one in ways.items() if one]
        if len(given) != 1:
            raise fault(
                f"{' and '.join(given) or 'none'} of process, path and position",
                "exactly one: what makes the price", "add process: {kind: ...}"
                if not given else f"remove {given[0]}",
            )  # fmt: skip
        if self.anchors and self.forward:
            raise fault("anchors and forward", "one of the two", "remove one")
        if self.carry is not None and (self.anchors or self.forward):
            raise fault(
                "carry with anchors or forward", "carry only without them",
                "remove carry; premium is allowed",
            )  # fmt: skip
        moves = self.process is not None and kind_of(self.process).made_of == "spot"
        if self.deviation is not None and moves:
            raise fault(
                "process and deviation", "deviation on cap_and_bank, path or position",
                "remove deviation: process is one already",
            )  # fmt: skip
        if self.deviation is not None and not kind_of(self.deviation).on_top:
            *some, last = [name for name, kind in KINDS.items() if kind.on_top]
            raise fault(
                f"a deviation of kind {self.deviation.kind}", f"{', '.join(some)} or {last}",
                "choose one of these",
            )  # fmt: skip
        return self


def _none_at_all(value: Any) -> Any:
    return {} if value is None else value


class PricePath(Sourced):
    """A price path: anchor path, deviation, corridor and tightening, or views of all that."""

    kind: Literal["path"] = "path"
    title: str = ""
    unit: str
    nominal: bool = False
    """True: each dated value is money of its own year."""
    spot: Spot | None = None
    carry: Rate = certain(0.0)
    """Drift of the anchor path where there are no anchors, per year; real."""
    anchors: AnchorTable | None = None
    after: After = "hold"
    centre: Literal["median", "mean"] = "median"
    process: AnyProcess | None = None
    """How the price moves; needless where there are views, which have their own."""
    path: Prices | None = None
    """Prices by year for the process `scenario`, linear in between."""
    corridor: Corridor | None = None
    tightening: Tightening | None = None
    link: Link | None = None
    """Carbon markets only; a linked market is outside the CBAM of what it is linked to."""
    relative: Relative | None = None
    """Carbon markets only: the centre is that of another market times a ratio."""
    view: Name = "ensemble"
    """`ensemble`: each draw has one of the views, by their weights; or the name of one for all."""
    views: Annotated[dict[Name, View], BeforeValidator(_none_at_all)] = Field(default_factory=dict)
    """Opinions of the price by name, null for none; a process beside them takes their place. All
    of a draw share the shocks and the anchor normal."""
    response: Response | None = None
    policy_effect: PolicyEffect | None = None
    """Of all views but those that a system, `path` or `position` makes."""
    emission_intensity: EmissionFactors = Field(default_factory=dict)
    """t CO2e per unit bought, linear between years."""
    grid: Name | None = None
    """Of power: commodity whose emissions stand for it under `cbam.power_factor: grid_mean`."""
    history: Prices = Field(default_factory=dict)
    """Past annual means, in the unit of the price; facts, not used by the run."""
    futures: Prices = Field(default_factory=dict)
    """Futures prices by year of delivery, in the unit of the price; facts to set beside the run."""

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if self.process is None and not self.views:
            raise fault(
                "no process", "process, or views", "add process: {kind: log_ou, ...}, or fixed"
            )
        return self
