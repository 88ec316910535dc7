"""What is told of one project of a run: its numbers by scenario, and what they are made of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Spread:
    """How a number is spread over the draws.

    Attributes
    ----------
    mean : float
        Of what is 0 or 1, the share of the draws in which it is 1.
    standard_error : float
        Of the mean.
    p5, p50, p95 : float
        NaN of what is 0 or 1.
    positive, defined : float
        Share of the draws in which it is above zero, and in which it has a value.
    """

    mean: float
    standard_error: float = math.nan
    p5: float = math.nan
    p50: float = math.nan
    p95: float = math.nan
    positive: float = math.nan
    defined: float = math.nan


@dataclass(frozen=True)
class Line:
    """One number of a project, or of one of its instruments, in every scenario.

    Attributes
    ----------
    section : str
        A key of `deal.SECTIONS`.
    outcome, unit, kind : str
        As declared.
    instrument : str
        Empty where it is a number of the project.
    year : int or None
    spreads : mapping of str to Spread
        By scenario.
    """

    section: str
    outcome: str
    unit: str
    kind: str
    instrument: str
    year: int | None
    spreads: Mapping[str, Spread]


@dataclass(frozen=True)
class Tail:
    """Mean of the draws beyond a quantile.

    Attributes
    ----------
    outcome, instrument : str
        The instrument is empty where it is a number of the project.
    unit : str
    probability : float
        Below one half the mean of the lowest, else of the highest draws.
    means, errors : mapping of str to float
        By scenario, with the standard error.
    """

    outcome: str
    instrument: str
    unit: str
    probability: float
    means: Mapping[str, float]
    errors: Mapping[str, float]


@dataclass(frozen=True)
class Exceeded:
    """How often a number lies above a threshold.

    Attributes
    ----------
    outcome, instrument, unit : str
        As in `Tail`.
    threshold : float
    shares, errors : mapping of str to float
        Share of the draws by scenario, with the standard error.
    """

    outcome: str
    instrument: str
    unit: str
    threshold: float
    shares: Mapping[str, float]
    errors: Mapping[str, float]


@dataclass(frozen=True)
class Seen:
    """A price in the bad draws of a project, beside all draws.

    Attributes
    ----------
    name, title, unit, scenario : str
    year : int
    bad, every : float
        Medians.
    """

    name: str
    title: str
    unit: str
    scenario: str
    year: int
    bad: float
    every: float


@dataclass(frozen=True)
class Deal:
    """What a run says of one project.

    Attributes
    ----------
    project, run : str
        Name of the project, title of the run.
    draws : int
    currency, product : str
    price_year : int
    scenarios : tuple of str
        Those that have the project, in the order of the run.
    facts : mapping of str to mapping
        By scenario: what the config says of the project (`running.projects`).
    years : tuple of int
        The first year of production, five and ten years later, and the last one within the run.
    lines : tuple of Line
    tails : tuple of Tail
    exceeded : tuple of Exceeded
    bad : tuple of Seen
        What prices are in the draws with the lowest net present values; empty where the draws
        were not kept.
    resolved : mapping
        Numbers that the run found for itself, such as a strike, by their address.
    lacking : tuple of str
        What the page would show and the run does not hold.
    titles : mapping of str to mapping
        Human names of labels, by dimension.
    """

    project: str
    run: str
    draws: int
    currency: str
    product: str
    price_year: int
    scenarios: tuple[str, ...]
    facts: Mapping[str, Mapping[str, Any]]
    years: tuple[int, ...]
    lines: tuple[Line, ...]
    tails: tuple[Tail, ...] = ()
    exceeded: tuple[Exceeded, ...] = ()
    bad: tuple[Seen, ...] = ()
    resolved: Mapping[str, Any] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()
    titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def line(self, outcome: str, *, instrument: str = "", year: int | None = None) -> Line | None:
        """The line of an outcome; None where there is none."""
        return next(
            (one for one in self.lines
             if (one.outcome, one.instrument, one.year) == (outcome, instrument, year)), None,
        )  # fmt: skip
