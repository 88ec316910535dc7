"""What a config may say about how a price leaves its anchor path (MODEL 3)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from simcore.quantities import Constant, Quantity, check_probabilities
from simcore.quantities.annotations import Canonical, Name, Plain
from simcore.quantities.records import Described, Model, Whole, fault

Volatility = Annotated[Quantity, Canonical("1", minimum=0.0)]
Number = Annotated[Quantity, Canonical("1")]
Probability = Annotated[Plain, Field(ge=0, le=1)]


class Jumps(Described):
    """Jumps of the log price, which stay (Merton 1976)."""

    rate: Annotated[Quantity, Canonical("1", minimum=0.0, maximum=50.0)]
    """Expected number per year."""
    mean: Number
    """Mean of the log size of a jump."""
    sd: Volatility
    """Standard deviation of the log size of a jump."""


class Regime(Described):
    """A state of the market with a volatility of its own."""

    sigma: Volatility
    """Volatility, per square root of a year."""
    next: dict[Name, Probability] = Field(min_length=1)
    """Probability of each regime in the following year."""


class PriceHistory(Described):
    """Past prices in a CSV file beside the config, at even distances in time.

    They are sorted by their dates; a file without dates must hold them oldest first.
    """

    csv: str
    """A file in the folder of the config."""
    column: str
    """Heading of the prices, or the number of the column."""
    date: str | None = None
    """Heading of the dates; by default `date`, or the only column of dates."""
    where: dict[str, str] = Field(default_factory=dict)
    """Only rows with these cells."""
    encoding: str | None = None
    """Of the file; UTF-8 by default."""
    decimal: Literal["point", "comma"] | None = None
    """Decimal sign, where 1,234 may be two numbers."""
    date_order: Literal["dmy", "mdy"] | None = None
    """Order of 01/02/2024, where it may be two dates."""
    per_year: Whole = Field(ge=1, le=366)
    """Observations a year."""


class Process(Model):
    """How a price leaves its anchor path."""

    kind: Literal[
        "fixed", "scenario", "gbm", "random_walk", "log_ou", "regime_switching", "bootstrap",
        "cap_and_bank",
    ]  # fmt: skip
    sigma: Volatility = Constant(value=0.0)
    """Volatility, per square root of a year."""
    kappa: Volatility = Constant(value=0.0)
    """Speed of mean reversion, per year (log_ou, regime_switching)."""
    mu: Number = Constant(value=0.0)
    """Drift, per year (gbm)."""
    jumps: Jumps | None = None
    """Jumps on top (gbm, random_walk, log_ou, regime_switching)."""
    steps: Whole = Field(default=1, ge=1, le=366)
    """Steps a year, of whose prices the year's is the mean; 1: one step from year to year."""
    regimes: dict[Name, Regime] | None = Field(default=None, min_length=2, max_length=3)
    """Two or three regimes by name (regime_switching)."""
    initial: Name | None = None
    """Regime in the year of the spot; null: as likely as in the long run."""
    history: PriceHistory | None = None
    """Past prices whose changes are drawn again (bootstrap)."""
    block: Whole = Field(default=1, ge=1, le=50)
    """Years drawn in one piece (bootstrap)."""
    system: Name | None = None
    """Emissions trading system under `catalog.systems` (cap_and_bank)."""

    @model_validator(mode="after")
    def _chain(self) -> Process:
        for name, regime in (self.regimes or {}).items():
            for other in regime.next:
                if other not in (self.regimes or {}):
                    raise fault(
                        f"regime {name} followed by {other!r}, which does not exist",
                        f"names among {', '.join(self.regimes or {})}", "correct the name",
                    )  # fmt: skip
            check_probabilities(list(regime.next.values()), len(regime.next))
        if self.initial is not None and self.initial not in (self.regimes or {}):
            raise fault(
                f"initial regime {self.initial!r}, which does not exist",
                f"one of {', '.join(self.regimes or {}) or 'the regimes'}", "correct the name",
            )  # fmt: skip
        return self
