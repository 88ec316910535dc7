"""Spec -> Plan: the graph of the whole experiment and the cells it is asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from simcore import document
from simcore.errors import ConfigError, Fault, suggest
from simcore.model.graph import Graph
from simcore.model.outcomes import places
from simcore.model.setting import Setting
from simcore.spec import Spec, dependence
from simcore.spec.entries import Catalog, Electrolysis, Path
from simcore.spec.hosts import route_of
from simcore.spec.schema import Experiment
from simcore.spec.usage import (
    commodity_unit,
    exposure_currency,
    packaged_names,
    packaged_paths,
    references,
    used_commodities,
    used_markets,
    used_places,
    used_systems,
)
from simcore.variables import OUTCOMES, Variable


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
    digest : str
        SHA-256 of the resolved config.
    graph : Graph
    cells : tuple of Cell
        Every outcome asked for.
    waterfall : tuple of Cell
        Components of the cost premium, computed for the central case in every run.
    inputs : tuple of Input
    coords : dict of str to tuple
        Labels of each dimension.
    commodity_units : tuple of str
        Unit of each commodity, per which its price is given.
    start : int
        First simulated year.
    draws : int
        Number of draws; fewer than the config allows where `until` is met before.
    factors, shocks : Dependence
    interval : float or None
        Widest interval of what `until` names, once it has been looked for.
    """

    spec: Spec
    digest: str
    graph: Graph
    cells: tuple[Cell, ...]
    waterfall: tuple[Cell, ...]
    inputs: tuple[Input, ...]
    coords: dict[str, tuple[Any, ...]]
    commodity_units: tuple[str, ...]
    start: int
    draws: int
    factors: dependence.Dependence
    shocks: dependence.Dependence
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
    settings = {
        name: Setting(
            graph=_own_draws(graph, name, one, redrawn),
            experiment=one,
            start=start,
            factors=factors,
            shocks=shocks,
            folder=spec.folder,
            stem=f"{name}/" if experiment.independent_scenarios else "",
        )
        for name, one in spec.scenarios.items()
    }
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
    faults += _unknown_names(spec, settings, sampled)
    faults += _unmatched(spec, redrawn)
    if faults:
        raise ConfigError(list(dict.fromkeys(faults)))
    inputs = _inputs(settings, set(graph.closure(one.node for one in cells)))
    coords["factor"] = tuple(one.name for one in inputs)
    units = _commodity_units(experiment, coords["commodity"])
    digest = hashlib.sha256(
        json.dumps(spec.resolved(), sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()
    return Plan(
        spec=spec,
        digest=digest,
        graph=graph,
        cells=tuple(cells),
        waterfall=tuple(waterfall),
        inputs=inputs,
        coords=coords,
        commodity_units=units,
        start=start,
        draws=experiment.draws,
        factors=factors,
        shocks=shocks,
    )


def _own_draws(
    graph: Graph, scenario: str, experiment: Experiment, redrawn: set[tuple[str, str]]
) -> Graph:
    """The graph as a scenario sees it: streams that it redraws bear its name."""
    if not experiment.redraw:
        return graph
    stem = f"{scenario}/"

    def rename(stream: str) -> str:
        name = stream.removeprefix(stem)
        matched = [one for one in experiment.redraw if fnmatchcase(name, one)]
        redrawn.update((scenario, one) for one in matched)
        return stem + name if matched else stream

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
            middle.update(
                dict.fromkeys([*route.inputs, *route.byproducts])
            )
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


def _unknown_names(spec: Spec, settings: dict[str, Setting], factors: set[str]) -> Iterator[Fault]:
    """Correlated names that exist nowhere in the catalog."""
    # A name may belong to an entry that this run does not use: then it changes nothing.
    known_paths = set(packaged_paths())
    heads = {name for section in Catalog.model_fields for name in packaged_names(section)}
    for one in spec.scenarios.values():
        known_paths.update(one.catalog.markets)
        known_paths.update(
            f"{name}.{place}" for name, places in one.catalog.prices.items() for place in places
        )
        heads.update(one.factors)
        for _, group in one.catalog:
            heads.update(group)
    known = {"factors": factors, "shocks": known_paths}
    for kind, names in known.items():
        for position, pair in enumerate(getattr(spec.experiment.correlations, kind)):
            for name in pair.between:
                unused = kind == "factors" and name.split(".")[0] in heads
                if name not in names and not unused:
                    near = suggest(name, sorted(names))
                    what = "factor of the run" if kind == "factors" else "market or commodity path"
                    yield spec.fault(
                        ("correlations", kind, position, "between"),
                        found=f"unknown name {name!r}",
                        expected=f"a {what}",
                        remedy=f"did you mean {near!r}?" if near else "see `simcore plan`",
                    )


def _commodity_units(experiment: Experiment, names: tuple[str, ...]) -> tuple[str, ...]:
    units = []
    for label in names:
        name, _, place = label.partition(".")
        entry = experiment.catalog.prices[name][place]
        units.append(commodity_unit(experiment, name, entry))
    return tuple(units)


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
