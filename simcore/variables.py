"""Every outcome of a run by name: dimensions, unit, meaning, and the function that computes it.

An outcome is declared where it is computed: `@outcome(...)` on the function that it is named after.
Checks, datasets, tables, traces and documents read these records. `{money}` in a unit is the output
currency of the run in real terms of its base year.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from typing import Any, Final, Literal, NamedTuple, TypeVar, get_args

from simcore.errors import suggest
from simcore.statistics import split_name

QUANTILES: Final = (0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)
INTERVAL_LEVEL: Final = 0.95

CELL: Final = ("scenario", "region", "destination", "route", "year")
PLANT: Final = ("scenario", "region", "route", "year")
MARKET: Final = ("scenario", "market", "year")
PROJECT: Final = ("scenario", "project", "year")
INSTRUMENT: Final = ("scenario", "project", "instrument", "year")
EXPOSURE: Final = ("scenario", "exposure", "year")
BUDGET: Final = ("scenario", "budget", "year")
ACCOUNT: Final = ("scenario", "account", "year")
DECISION: Final = ("scenario", "decision")
PORTFOLIO: Final = ("scenario", "portfolio", "year")

DECLARED_IN: Final = (
    "markets", "policies", "commodities", "hydrogen", "costs", "emissions", "carbon", "premium",
    "buyer", "sale", "parity", "scrap", "lifetime", "waterfall", "exposures", "projects",
    "deals", "instruments", "financing", "lending", "products", "budgets", "accounts",
    "decisions", "portfolios", "stranding",
)  # fmt: skip
"""Modules of `model/` with outcomes, in the order in which outcomes are listed."""

Kind = Literal[
    "number", "indicator", "conditional", "category", "year", "known", "component", "input"
]
"""Of the values: any number; 0 or 1; 0 or 1 in some draws, else undefined; the place of a label; a
year; the same in all draws; a part of a sum, of which every run tells the central case alone; an
uncertain number."""

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Variable:
    """One declared array.

    Attributes
    ----------
    name : str
        Name in configs, datasets and commands.
    dims : tuple of str
        Dimensions without `draw`.
    unit : str
        UDUNITS-like unit; `{money}` is replaced by the output currency. Empty where it differs
        along a dimension; a coordinate then holds it.
    long_name : str
        Short human name, used on axes and in tables.
    description : str
        What it means, with the equation of the model.
    kind : str
        One of `Kind`.
    among : str
        Of a category the dimension whose labels it chooses among.
    """

    name: str
    dims: tuple[str, ...]
    unit: str
    long_name: str
    description: str
    kind: Kind = "number"
    among: str = "route"

    @property
    def is_money(self) -> bool:
        """Whether the value is an amount of money, converted at the edge."""
        return "{money}" in self.unit

    def unit_in(self, currency: str) -> str:
        """Unit in a currency."""
        return self.unit.replace("{money}", currency)


@dataclass(frozen=True)
class Needs:
    """What a run must hold for an outcome, beside what its regions, routes and exposures name.

    Attributes
    ----------
    markets, commodities : tuple of str
        Whose price it reads.
    cbam : tuple of str
        Fields of `cbam` that it reads, also where no tonne meets the border.
    rules : tuple of str
        Fields of what a sector meets in a region that it reads beside those of a carbon cost.
    scrap : bool
        Whether it reads the route that makes the product of scrap.
    """

    markets: tuple[str, ...] = ()
    commodities: tuple[str, ...] = ()
    cbam: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    scrap: bool = False


class Since(NamedTuple):
    """From which year on an outcome has a value.

    Attributes
    ----------
    first : callable
        That year, of a scene and the labels of a place by dimension.
    relative : bool
        True where the reference route has no such value (it would be zero or undefined).
    life : bool
        True where it covers the whole life of the plant, which must then begin within the run.
    last : callable
        The last year in which it has one, where that is not the last of the run.
    """

    first: Callable[[Any, Mapping[str, str]], int]
    relative: bool = False
    life: bool = False
    last: Callable[[Any, Mapping[str, str]], int] | None = None


RUN: Final = Since(lambda scene, _: int(scene.experiment.years.first))
"""The whole run."""


@dataclass(frozen=True, kw_only=True)
class Outcome(Variable):
    """What a config may list under `outcomes`.

    Attributes
    ----------
    node : callable
        Its node, of a scene and the labels of a place in the order of `dims`; None where the
        place has no such value.
    since : Since
    needs : Needs
    usual : bool
        Whether a config that lists no outcomes has it.
    comes_with : str
        Key of a config that has it too, if it lists no outcomes.
    kept : bool
        Whether a config that does not say what to keep keeps its draws.
    unit_here : str
        Unit at one place where it differs along a dimension, with the coordinate that holds it.
    asked_as : tuple of str
        What others call it: words by which it is found.
    per : str
        What a tonne or kg is of, where the unit is per tonne or kg and it is not the product.
    sign : str
        A sentence on what it says above and below zero.
    """

    node: Callable[..., int | None]
    since: Since = RUN
    needs: Needs = Needs()
    usual: bool = True
    comes_with: str = ""
    kept: bool = False
    unit_here: str = ""
    asked_as: tuple[str, ...] = ()
    per: str = ""
    sign: str = ""

    @property
    def per_what(self) -> str:
        """What the tonne or kg of the unit is of; empty where the unit has none."""
        unit = self.unit or self.unit_here
        return (self.per or "of product") if re.search(r"\b(t|kg)-1", unit) else ""

    def unit_at(self, currency: str, held: Mapping[str, str]) -> str:
        """Unit at a place, where the coordinates that hold units have these labels."""
        return (self.unit_here or self.unit).format(money=currency, **held)

    @property
    def relative(self) -> bool:
        """Whether the reference route has no such value."""
        return self.since.relative

    @property
    def life(self) -> bool:
        """Whether it covers the whole life of the plant."""
        return self.since.life


class Registry(Mapping[str, Outcome]):
    """Outcomes by name, in the order of `DECLARED_IN` and of the lines of its modules.

    Those of the model are there as soon as one asks: what needs no name does not load the model.
    """

    def __init__(self) -> None:
        self._known: dict[str, Outcome] = {}
        self._is_complete = self._is_sorted = False

    def __getitem__(self, name: str) -> Outcome:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def declare(self, one: Outcome) -> None:
        """Add an outcome.

        Raises
        ------
        ValueError
            Another function computes an outcome of this name.
        """
        before = self._known.get(one.name)
        if before is not None and _origin(before.node) != _origin(one.node):
            raise ValueError(f"{one.name} is an outcome of {before.node.__module__} already")
        self._known[one.name] = one
        self._is_sorted = False

    def withdraw(self, name: str) -> None:
        """Forget an outcome that was declared outside the model."""
        del self._known[name]

    def _all(self) -> dict[str, Outcome]:
        if not self._is_complete:
            for name in DECLARED_IN:
                import_module(f"simcore.model.{name}")
            self._is_complete = True
        if not self._is_sorted:
            self._known = dict(sorted(self._known.items(), key=lambda pair: _place(pair[1])))
            self._is_sorted = True
        return self._known


OUTCOMES: Final = Registry()

ALIASES: Final[dict[str, str]] = {
    "premium_per_tonne": "carbon_value",
    "premium_per_tco2": "carbon_value_per_tco2",
    "annualised_premium_per_tonne": "annualised_carbon_value",
    "lifecycle_premium": "lifecycle_carbon_value",
    "npv_premium": "npv_carbon_value",
    "annuity_premium_per_tonne": "annuity_carbon_value",
}
"""Present names of outcomes by those that they had before, which users may still say."""


def present_name(name: str) -> str:
    """Name of an outcome now, of what may be the one that it had before."""
    return ALIASES.get(name, name)


def meant(name: str) -> str | None:
    """The outcome that is probably meant: by what others call it, else by its spelling."""
    aliases = (alias for one in OUTCOMES.values() for alias in one.asked_as)
    near = suggest(name, chain(aliases, OUTCOMES))
    return next((one.name for one in OUTCOMES.values() if near in one.asked_as), near)


INPUT: Final = Variable(
    "input", ("factor",), "", "Uncertain input",
    "Sampled value of each factor; the unit of each is in the factor_unit coordinate.",
    kind="input",
)  # fmt: skip


def variable_of(name: str) -> Variable:
    """What an outcome, or `input`, is declared to be."""
    return INPUT if name == INPUT.name else OUTCOMES[name]


def outcome(
    *, over: tuple[str, ...], unit: str, title: str, **more: Any
) -> Callable[[Function], Function]:
    """Declare the outcome that a function computes, is named after and describes: the first
    paragraph of its docstring is what users read.

    Parameters
    ----------
    over : tuple of str
        Its dimensions, `scenario` first and `year` last; the function takes a scene and a label
        of each other one, under its name.
    unit, title : str
        As in `Variable`; the title is its long name.
    **more
        `kind` and the further fields of `Outcome`.

    Raises
    ------
    ValueError
        The declaration does not fit the function, or names a dimension or kind that does not exist.
    """

    def declare(function: Function) -> Function:
        name, taken = function.__name__, list(inspect.signature(function).parameters)[1:]
        wrong = [dim for dim in over if dim not in DIMENSIONS]
        if wrong or over[:1] != ("scenario",) or "year" in over[:-1]:
            raise ValueError(f"{name}: dimensions {over}; scenario first, year last, of DIMENSIONS")
        if taken != labelled(over):
            raise ValueError(f"{name} takes {taken}, its dimensions are {labelled(over)}")
        if more.get("kind", "number") not in get_args(Kind):
            raise ValueError(f"{name}: no kind {more['kind']!r}")
        if split_name(name) is not None:
            raise ValueError(f"{name} ends like a statistic of another outcome")
        OUTCOMES.declare(
            Outcome(
                name=name, dims=over, unit=unit, long_name=title, node=function, **more,
                description=" ".join((inspect.getdoc(function) or "").split("\n\n")[0].split()),
            )
        )  # fmt: skip
        return function

    return declare


def labelled(dims: tuple[str, ...]) -> list[str]:
    """Dimensions along which the places of one scenario differ."""
    return [dim for dim in dims if dim not in ("scenario", "year")]


def _origin(function: Callable[..., Any]) -> tuple[str, str]:
    return function.__module__, function.__qualname__


def _place(one: Outcome) -> tuple[int, str, int]:
    """Where an outcome is listed: those of the model first."""
    room, _, module = one.node.__module__.rpartition(".")
    own = room == "simcore.model" and module in DECLARED_IN
    order = DECLARED_IN.index(module) if own else len(DECLARED_IN)
    return order, one.node.__module__, inspect.unwrap(one.node).__code__.co_firstlineno


DIMENSIONS: Final[dict[str, str]] = {
    "scenario": "Named set of choices; all scenarios share the same draws",
    "region": "Where the plant stands",
    "destination": "Where the tonne is sold",
    "against": "What a buyer compares with, as region.route",
    "sector": "What is made, such as steel",
    "route": "Production route",
    "component": "Part of the cost premium",
    "emission": "Kind of emissions: own, captive power, bought power, precursors",
    "grade": "Class of hydrogen: renewable, low_carbon, grey",
    "market": "Carbon market",
    "view": "View of a carbon market, after its name",
    "commodity": "Commodity or energy carrier, with its region",
    "good": "Commodity or energy carrier whose parity price is asked for",
    "exposure": "Named firm exposure",
    "project": "Plant that is decided on",
    "instrument": "Contract, grant or premium that pays a project",
    "product": "What is made of what the run makes, such as a car",
    "budget": "Gap per tonne that is closed for a volume",
    "account": "Fund or bond with what flows in and out",
    "decision": "Projects that are done together, or none",
    "portfolio": "Projects and exposures of one firm",
    "member": "Project or exposure of a portfolio",
    "factor": "Uncertain input",
    "year": "Calendar year",
    "quantile": "Probability of the quantile",
    "tail": "Probability of the quantile beyond which draws count: below it under 0.5, else above",
    "draw": "Monte Carlo draw",
}
