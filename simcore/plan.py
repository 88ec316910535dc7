"""Spec -> Plan: the graph of the whole experiment and the cells it is asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Final

import numpy as np

from simcore.errors import ConfigError, Fault, suggest
from simcore.intake import Spec, dependence, document, shipped
from simcore.intake.entries import Electrolysis
from simcore.intake.hosts import route_of
from simcore.intake.paths import Path
from simcore.intake.schema import Experiment
from simcore.intake.stated import commodity_unit
from simcore.intake.usage import (
    exposure_currency,
    references,
    used_commodities,
    used_markets,
    used_places,
    used_systems,
)
from simcore.intake.views import chosen_views
from simcore.kernels.streams import Stream
from simcore.model.graph import Graph
from simcore.model.outcomes import places
from simcore.model.setting import Setting
from simcore.quantities import Uncertain
from simcore.quantities.records import Model
from simcore.variables import OUTCOMES, Variable

Idle = tuple[str, int, str]
_DRAWN: Final = ("anchor", "variant", "delay", "capacity", "occurs", "learning_share", "view")
"""Last parts of the names of factors that are drawn beside the quantities of a record."""


@dataclass(frozen=True)
class Cell:
    """One outcome at one place: all its years, or its single value.

    Attributes
    ----------
    variable : str
        Name of the outcome.
    index : tuple of int
        Position along each dimension of the outcome except `year`.
    node : int
        Node of the graph that computes it.
    first_year : int
        First year in which it is defined.
    """

    variable: str
    index: tuple[int, ...]
    node: int
    first_year: int


@dataclass(frozen=True)
class Input:
    """One uncertain input of the run."""

    name: str
    node: int
    unit: str
    source: str
    status: str


@dataclass(frozen=True)
class Plan:
    """Everything a run needs, with nothing left implicit.

    Attributes
    ----------
    spec : Spec
    graph : Graph
    cells : tuple of Cell
        Every outcome asked for.
    waterfall : tuple of Cell
        Components of the cost premium, computed for the central case in every run.
    inputs : tuple of Input
    coords : dict of str to tuple
        Labels of each dimension.
    commodity_units, good_units : tuple of str
        Unit of each commodity, and of each good with a parity price, per which its price is given.
    start : int
        First simulated year.
    draws : int
        Number of draws; fewer than the config allows where `until` is met before.
    factors, shocks : Dependence
    idle : tuple of (str, int, str)
        Correlations of which one side is not drawn: kind, position among the pairs, name.
    interval : float or None
        Widest interval of what `until` names, once it has been looked for.
    """

    spec: Spec
    graph: Graph
    cells: tuple[Cell, ...]
    waterfall: tuple[Cell, ...]
    inputs: tuple[Input, ...]
    coords: dict[str, tuple[Any, ...]]
    commodity_units: tuple[str, ...]
    good_units: tuple[str, ...]
    start: int
    draws: int
    factors: dependence.Dependence
    shocks: dependence.Dependence
    idle: tuple[Idle, ...] = ()
    interval: float | None = None

    @property
    def experiment(self) -> Experiment:
        """The resolved config."""
        return self.spec.experiment

    @property
    def name(self) -> str:
        """Name of the experiment."""
        return self.experiment.name

    @property
    def exposure_currencies(self) -> tuple[str, ...]:
        """Local currency of each exposure."""
        return tuple(exposure_currency(self.experiment, one) for one in self.experiment.exposures)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the resolved config."""
        text = json.dumps(self.spec.resolved(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def resolved_yaml(self) -> str:
        """The resolved config as YAML; running it gives the same digest."""
        return document.dump(self.spec.resolved())

    @property
    def years(self) -> range:
        """Years of the run."""
        return range(self.experiment.years.first, self.experiment.years.last + 1)


def build(spec: Spec) -> Plan:
    """Resolve a Spec into a Plan.

    Raises
    ------
    ConfigError
        Correlations that name nothing or contradict each other; distributions that cannot be
        fitted to their quantiles.
    """
    experiment, graph = spec.experiment, Graph()
    factors = _dependence(spec, "factors")
    shocks = _dependence(spec, "shocks")
    start = min(_start(one) for one in spec.scenarios.values())
    redrawn: set[tuple[str, str]] = set()
    settings = _settings(spec, graph, start, factors, shocks, redrawn)
    coords = _coords(spec)
    faults: list[Fault] = []
    cells: list[Cell] = []
    for name in experiment.outcomes:
        try:
            cells += _cells(OUTCOMES[name], settings, coords)
        except ValueError as error:
            faults.append(_fault(spec, str(error)))
    waterfall: list[Cell] = []
    if not faults:
        parts = OUTCOMES["waterfall"]
        names = _component_names(settings)
        coords["component"] = names
        waterfall = list(_cells(parts, settings, coords))
        if "waterfall" in experiment.outcomes:
            cells = [one for one in cells if one.variable != "waterfall"] + waterfall
    sampled = {name for setting in settings.values() for name in setting.inputs}
    wrong, idle = _correlated(spec, settings, sampled)
    faults += wrong
    faults += _unmatched(spec, redrawn)
    if faults:
        raise ConfigError(list(dict.fromkeys(faults)))
    inputs = _inputs(settings, graph.closure(one.node for one in cells))
    coords["factor"] = tuple(one.name for one in inputs)
    units = _commodity_units(experiment, coords["commodity"])
    return Plan(
        spec=spec,
        graph=graph,
        cells=tuple(cells),
        waterfall=tuple(waterfall),
        inputs=inputs,
        coords=coords,
        commodity_units=units,
        good_units=_good_units(experiment),
        start=start,
        draws=experiment.draws,
        factors=factors,
        shocks=shocks,
        idle=tuple(idle),
    )


def _settings(
    spec: Spec, graph: Graph, start: int, factors: dependence.Dependence,
    shocks: dependence.Dependence, redrawn: set[tuple[str, str]],
) -> dict[str, Setting]:  # fmt: skip
    """What the nodes of each scenario are built from."""
    return {
        name: Setting(
            graph=_own_draws(graph, name, one, redrawn),
            experiment=one,
            start=start,
            factors=factors,
            shocks=shocks,
            folder=spec.folder,
            stem=f"{name}/" if spec.experiment.independent_scenarios else "",
        )
        for name, one in spec.scenarios.items()
    }


def extended(plan: Plan) -> tuple[Plan, dict[str, Setting]]:
    """The plan with a graph of its own, to which the settings by scenario may add nodes."""
    graph = Graph(list(plan.graph.nodes), dict(plan.graph.known))
    settings = _settings(plan.spec, graph, plan.start, plan.factors, plan.shocks, set())
    return replace(plan, graph=graph), settings


def _own_draws(
    graph: Graph, scenario: str, experiment: Experiment, redrawn: set[tuple[str, str]]
) -> Graph:
    """The graph as a scenario sees it: streams that it redraws bear its name."""
    if not experiment.redraw:
        return graph
    stem = f"{scenario}/"

    def rename(stream: Stream) -> Stream:
        name = stream.name.removeprefix(stem)
        matched = [one for one in experiment.redraw if fnmatchcase(name, one)]
        redrawn.update((scenario, one) for one in matched)
        return replace(stream, stem=stem) if matched else stream

    return replace(graph, rename=rename)


def _unmatched(spec: Spec, redrawn: set[tuple[str, str]]) -> Iterator[Fault]:
    """Patterns of `redraw` that no random stream of their scenario matches."""
    for scenario, one in spec.scenarios.items():
        for position, pattern in enumerate(one.redraw):
            if (scenario, pattern) not in redrawn:
                yield spec.fault(
                    ("redraw", position),
                    scenario=scenario,
                    found=f"{pattern!r}, which matches nothing that this run draws",
                    expected="a pattern of factors and shocks, such as eu_ets.* or *.shock",
                    remedy="see the uncertain inputs with simcore summary RUN --variable input",
                )


def _fault(spec: Spec, message: str) -> Fault:
    return Fault(
        where="catalog",
        found=message,
        expected="a distribution that can be built",
        remedy="change its parameters or quantiles",
        file=spec.file,
    )


def _dependence(spec: Spec, kind: str) -> dependence.Dependence:
    correlations = spec.experiment.correlations
    return dependence.build(getattr(correlations, kind), repair=correlations.repair)


def _moving(experiment: Experiment) -> Iterator[Path]:
    """Price paths of the run that start from a known price."""
    for name in used_markets(experiment):
        yield experiment.catalog.markets[name]
    for name in used_commodities(experiment):
        for place in used_places(experiment, name):
            entry = experiment.catalog.prices[name][place]
            if isinstance(entry, Path):
                yield entry


def _start(experiment: Experiment) -> int:
    """First simulated year: the year after the earliest known price, or the horizon's first."""
    known = [one.spot.year + 1 for one in _moving(experiment) if one.spot is not None]
    known += [experiment.catalog.systems[one].start + 1 for one in used_systems(experiment)]
    return min([experiment.years.first, *known])


def _coords(spec: Spec) -> dict[str, tuple[Any, ...]]:
    experiment = spec.experiment
    markets: dict[str, None] = {}
    commodities: dict[str, None] = {}
    for one in spec.scenarios.values():
        markets.update(dict.fromkeys(used_markets(one)))
        for name in used_commodities(one):
            commodities.update(
                dict.fromkeys(
                    f"{name}.{place}"
                    for place in used_places(one, name)
                    if not isinstance(one.catalog.prices[name][place], Electrolysis)
                )
            )
    return {
        "scenario": tuple(spec.scenarios),
        "region": tuple(experiment.regions),
        "destination": tuple(experiment.destinations),
        "route": tuple(experiment.routes),
        "component": (),
        "market": tuple(markets),
        "commodity": tuple(sorted(commodities)),
        "exposure": tuple(experiment.exposures),
        "good": tuple(experiment.parity),
        "view": tuple(
            dict.fromkeys(
                f"{name}.{view}"
                for one in spec.scenarios.values()
                for name in used_markets(one)
                for view in chosen_views(one.catalog.markets[name])
            )
        ),
        "year": tuple(range(experiment.years.first, experiment.years.last + 1)),
    }


def _component_names(settings: dict[str, Setting]) -> tuple[str, ...]:
    head = ("capex", "fixed_opex", "other_opex")
    tail = ("support", "home_carbon", "cbam")
    middle: dict[str, None] = {}
    for setting in settings.values():
        catalog = setting.experiment.catalog
        for name in (*setting.experiment.routes, *references(setting.experiment).values()):
            route = route_of(catalog, name)
            middle.update(dict.fromkeys([*route.inputs, *route.byproducts]))
    return (*head, *sorted(middle), *tail)


def _cells(
    variable: Variable, settings: dict[str, Setting], coords: dict[str, tuple[Any, ...]]
) -> Iterator[Cell]:
    """Cells of one outcome over all scenarios."""
    for s, setting in enumerate(settings.values()):
        for index, node, first in places(variable, setting, coords):
            yield Cell(variable.name, (s, *index), node, first)


def _inputs(settings: dict[str, Setting], reached: set[int]) -> tuple[Input, ...]:
    """Uncertain inputs of all scenarios; one that differs between scenarios is named after both.

    Only those that some outcome of the run reads, `reached`: the central waterfall, which every run
    computes, has no draws.
    """
    found: dict[int, Input] = {}
    names: set[str] = set()
    for scenario, setting in settings.items():
        for name, entry in setting.inputs.items():
            if entry["node"] in reached and entry["node"] not in found:
                label = name if name not in names else f"{name} ({scenario})"
                names.add(name)
                found[entry["node"]] = Input(label, **entry)
    return tuple(found.values())


def _correlated(
    spec: Spec, settings: dict[str, Setting], factors: set[str]
) -> tuple[list[Fault], list[Idle]]:
    """Names of correlations that stand for nothing, and those that this run does not draw.

    The packaged pairs are complete for all runs, so that they may name what this one does not use.
    """
    faults: list[Fault] = []
    idle: list[Idle] = []
    shocked = {name for one in settings.values() for name in one.shocked}
    drawn = {"factors": factors, "shocks": shocked}
    for kind, names in drawn.items():
        packaged = shipped.pairs(kind)
        for position, pair in enumerate(getattr(spec.experiment.correlations, kind)):
            if (frozenset(pair.between), pair.rank) in packaged:
                continue
            for name in pair.between:
                if name in names:
                    continue
                if any(_exists(one, kind, name) for one in spec.scenarios.values()):
                    idle.append((kind, position, name))
                    continue
                near = suggest(name, sorted(names))
                what = "factor of the run" if kind == "factors" else "market or commodity path"
                faults.append(spec.fault(
                    ("correlations", kind, position, "between"),
                    found=f"unknown name {name!r}",
                    expected=f"a {what}",
                    remedy=f"did you mean {near!r}?" if near else "see `simcore plan`",
                ))  # fmt: skip
    return faults, idle


def _exists(experiment: Experiment, kind: str, name: str) -> bool:
    """Whether a name is that of a factor, or of a price path, that some run may draw."""
    head, *rest = name.split(".")
    catalog = experiment.catalog
    if kind == "shocks":
        return head in catalog.markets if not rest else rest[0] in catalog.prices.get(head, {})
    if head in experiment.factors:
        return not rest
    groups: list[Any] = [group for _, group in catalog] + [experiment.exposures]
    return any(_holds(group[head], rest) for group in groups if head in group)


def _holds(record: Any, parts: list[str]) -> bool:
    """Whether the parts of a factor's name lead to something in a record."""
    if parts[-1:] in [[one] for one in _DRAWN]:
        return True
    if not parts:
        inner = list(record.values()) if isinstance(record, dict) else [record]
        return any(isinstance(one, Uncertain) for one in inner)
    if isinstance(record, Model):
        inner = [getattr(record, one, None) for one in ("process", "variants", "values", "views")]
        if parts[0] in type(record).model_fields:
            inner = [getattr(record, parts[0])]
            parts = parts[1:]
        return any(_holds(one, parts) for one in inner if one is not None)
    if isinstance(record, dict):
        by_year = {str(key): value for key, value in record.items()}
        if parts[0] in by_year:
            return _holds(by_year[parts[0]], parts[1:])
    return isinstance(record, dict) and isinstance(record.get("default"), Uncertain)


def _commodity_units(experiment: Experiment, names: tuple[str, ...]) -> tuple[str, ...]:
    units = []
    for label in names:
        name, _, place = label.partition(".")
        entry = experiment.catalog.prices[name][place]
        units.append(commodity_unit(experiment, name, entry))
    return tuple(units)


def _good_units(experiment: Experiment) -> tuple[str, ...]:
    """Unit of each good with a parity price; a dash where no route of the run can buy it."""
    prices = experiment.catalog.prices
    entries = [next(iter(prices.get(name, {}).values()), None) for name in experiment.parity]
    return tuple(
        "-" if entry is None else commodity_unit(experiment, name, entry)
        for name, entry in zip(experiment.parity, entries, strict=True)
    )


def unique_values(cells: tuple[Cell, ...]) -> dict[tuple[int, int], list[Cell]]:
    """Cells by what computes them: those that coincide are computed once."""
    groups: dict[tuple[int, int], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.node, cell.first_year), []).append(cell)
    return groups


def has_years(variable: str) -> bool:
    """Whether an outcome has the dimension year."""
    return "year" in OUTCOMES[variable].dims


def nominal_size(plan: Plan) -> int:
    """Number of rows that a run reduces: values per draw."""
    years = len(plan.years)
    return int(
        np.sum(
            [
                years if has_years(group[0].variable) else 1
                for group in unique_values(plan.cells).values()
            ]
        )
    )


def currency_rate(plan: Plan) -> float:
    """Units of the output currency per EUR."""
    currency = plan.experiment.currency
    return 1.0 if currency == "EUR" else plan.experiment.money.exchange[currency]
