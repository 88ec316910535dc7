"""What every node is built from: the graph, the experiment, and quantities in canonical units.

Money of any currency and price year becomes real EUR of the base year here, once.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from simcore import distributions
from simcore.intake.compilation import compiled
from simcore.intake.dependence import Dependence, Weights
from simcore.intake.entries import Catalog
from simcore.intake.paths import PricePath
from simcore.intake.schema import Experiment, Money
from simcore.intake.stated import unit_of_field
from simcore.intake.usage import place_of
from simcore.kernels.marginal_form import CONSTANT
from simcore.kernels.streams import Stream
from simcore.model.graph import Graph
from simcore.quantities import FactorReference
from simcore.quantities.records import Model
from simcore.units import conversion, currency_of, deflate

T = TypeVar("T")


class Input(NamedTuple):
    """One uncertain input: its name, the node that draws it, and what is said of it; `place` is
    what it is drawn for first, `group` what part of the catalog that is, `choices` what its values
    0, 1, ... are called, where it is a choice."""

    name: str
    node: int
    unit: str
    source: str
    status: str
    place: str = ""
    group: str = ""
    choices: tuple[str, ...] = ()


@dataclass
class Scene:
    """What every node of one scenario is built from.

    Attributes
    ----------
    graph : Graph
    experiment : Experiment
        With the scenario's overlay applied.
    stem : str
        Put before the names of random streams; empty unless scenarios are independent.
    redraw : tuple of str
        Patterns of the streams that this scenario draws again.
    members : mapping of str to container of str
        Names of the streams that a pattern stands for which is that of a group.
    anew : str
        Put before the names of these.
    start : int
        First simulated year: where the earliest price path starts to move.
    factors, shocks : Dependence
    folder : Path
        Folder of the config, for CSV files.
    paths : mapping of str to list of str
        Regimes, if any, of the price paths that random numbers may move, by name of the path, over
        all scenarios: what one of them does not use has the same normals in it as in the others.
    views : tuple of str
        Labels of all views of the run, as `market.view`.
    strikes : mapping of (str, str) to float
        Strikes that were found for contracts whose strike breaks even, by project and instrument,
        EUR; 0 for what is not there.
    inputs : dict of str to Input
        Every uncertain input met so far, by name.
    """

    graph: Graph
    experiment: Experiment
    stem: str
    start: int
    factors: Dependence
    shocks: Dependence
    folder: Path
    paths: Mapping[str, list[str]]
    views: tuple[str, ...] = ()
    strikes: Mapping[tuple[str, str], float] = field(default_factory=dict)
    inputs: dict[str, Input] = field(default_factory=dict)
    built: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    """Results of the `remembered` functions."""
    shared: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    """What scenarios with the same random streams have in common, and the records it is of."""
    redraw: tuple[str, ...] = ()
    anew: str = ""
    members: Mapping[str, Container[str]] = field(default_factory=dict)
    matched: set[str] = field(default_factory=set)
    """Patterns of `redraw` that some stream has matched."""
    shocked: set[str] = field(default_factory=set)
    """Names of the price paths with yearly normal shocks."""

    @property
    def years(self) -> np.ndarray:
        """Simulated years, those before the horizon included."""
        return np.arange(self.start, self.experiment.years.last + 1)

    @property
    def horizon(self) -> np.ndarray:
        """Years of the run."""
        return np.arange(self.experiment.years.first, self.experiment.years.last + 1)

    def stream(self, name: str, role: str = "") -> Stream:
        """Stream of a factor, or of a role of a price path: its own where it is drawn again."""
        found = self.shared_stream(name, role)
        if not self.redraw:
            return found
        self.matched.update(self._patterns(found))
        return found._replace(stem=self.anew) if self.draws_anew(name, role) else found

    def draws_anew(self, name: str, role: str = "") -> bool:
        """Whether a stream is drawn again; one of independent scenarios is its own already."""
        if self.stem or not self.redraw:
            return False
        return bool(self._patterns(self.shared_stream(name, role)))

    def _patterns(self, stream: Stream) -> list[str]:
        name = stream.name.removeprefix(self.stem)
        return [one for one in self.redraw
                if name in self.members.get(one, ()) or fnmatchcase(name, one)]  # fmt: skip

    def shared_stream(self, name: str, role: str = "") -> Stream:
        """The same as it is where nothing is drawn again."""
        if role:
            return Stream(role, name, self.stem)
        path = name
        while path and path not in self.paths:
            path = path.rpartition(".")[0]
        role, place = name[len(path) :].removeprefix("."), 0
        if path and role.startswith("regimes."):
            # Without a place: a name of no regime, which `plan.correlated` then reports.
            label, labels = role.split(".")[1], self.paths[path]
            place = labels.index(label) if label in labels else 0
        return Stream(role, path, self.stem, place)

    def note(
        self, name: str, node: int, unit: str, source: str | None, status: str | None,
        place: str = "", choices: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        """Note an uncertain input that was met, at the place of its name if at no other."""
        found = Input(name, node, unit, source or "", status or "", place or name, choices=choices)
        self.inputs.setdefault(name, found)

    def over_years(self, values: np.ndarray) -> np.ndarray:
        """Lines of a table by horizon year, padded to the simulated years before it."""
        lead = len(self.years) - len(self.horizon)
        return np.concatenate([np.repeat(values[:1], lead, axis=0), values])


def regimes_of(catalogs: Iterable[Catalog]) -> dict[str, list[str]]:
    """Regimes of the price paths and views of several catalogs, each once, by name of the path."""
    found: dict[str, list[str]] = {}
    for catalog in catalogs:
        named = {f"{name}.{place}": record for name, entry in catalog.prices.items()
                 for place, record in entry.items()}  # fmt: skip
        for name, record in {**catalog.markets, **named}.items():
            if not isinstance(record, PricePath):
                continue
            # Not by their attributes: to list a path is not to read it (see `effects`).
            fields = vars(record)
            moved = {name: fields["process"]}
            for label, view in fields["views"].items():
                moved[f"{name}.{label}"] = vars(view)["deviation"] or vars(view)["process"]
            for path, process in moved.items():
                labels = found.setdefault(path, [])
                own = vars(process).get("regimes", ()) if process is not None else ()
                labels += [one for one in own if one not in labels]
    return found


def remembered(function: Callable[..., T]) -> Callable[..., T]:
    """Let a function of a scene and names do its work once per scene."""

    @wraps(function)
    def once(scene: Scene, *names: Any, **options: Any) -> T:
        key = (function, *names, *options.items())
        try:
            found: T = scene.built[key]
        except KeyError:
            found = scene.built[key] = function(scene, *names, **options)
        return found

    return once


def multiplier(quantity: Any, target: str, money: Money) -> float:
    """Factor that turns a quantity's numbers into the canonical unit `target`."""
    unit = quantity.unit or target
    factor = conversion(unit, target, exchange=money.exchange)
    currency = currency_of(unit)
    if currency is not None and quantity.price_year is not None:
        factor *= deflate(
            quantity.price_year,
            money.base_year,
            index=money.deflator.get(currency),
            inflation=money.inflation,
        )
    return factor


def quantity(scene: Scene, name: str, value: Any, target: str, *, label: str = "") -> int:
    """Node of a quantity, sampled under the factor name `name`, or under the one it states.

    `label` is what the list of inputs calls it, if not that name.
    """
    place = name
    if isinstance(value, FactorReference):
        name, reference = value.name, value
        value = scene.experiment.factors[name]
        # What the factor leaves open, the place that refers to it may state.
        value = value.model_copy(
            update={
                "unit": value.unit or reference.unit,
                "price_year": value.price_year or reference.price_year,
            }
        )
    # Of a record that scenarios leave alone there is one; kept, so that its identity stays its own.
    key = (id(value), target)
    if key not in scene.shared:
        scale = multiplier(value, target, scene.experiment.money)
        scene.shared[key] = distributions.scaled(compiled(value, scene.folder), scale), value
    marginal, factor = scene.shared[key][0], value.factor or name
    if marginal.kind == CONSTANT:
        return scene.graph.constant(marginal.central)
    node = factor_node(scene, factor, marginal)
    label = label or factor
    others = 0
    while label in scene.inputs and scene.inputs[label].node != node:
        # The same draw through another distribution: of another place, or in another sector.
        others += 1
        label = f"{factor} ({name if others == 1 and name != factor else others + 1})"
    scene.note(label, node, target, value.source, value.status, place)
    return node


def factor_node(scene: Scene, name: str, marginal: distributions.Marginal) -> int:
    """Node of a marginal at the draws of the factor name."""
    stream, normal = scene.stream(name), normal_inputs(scene, name, scene.factors)
    key = (id(marginal), stream, normal)
    if key not in scene.shared:
        node = scene.graph.node(
            "FACTOR",
            stream=stream,
            normal=normal,
            kind=marginal.kind,
            central_value=marginal.central,
            parameters=marginal.params,
            values=marginal.pool,
        )
        scene.shared[key] = node, marginal
    found: int = scene.shared[key][0]
    return found


def choice_node(
    scene: Scene, name: str, spec: Mapping[str, Any], sourced: Any, choices: Iterable[str] = ()
) -> int:
    """Node of a distribution that the model makes itself, such as the choice of a variant, of
    which `choices` are the names."""
    node = factor_node(scene, name, distributions.compile_distribution(spec))
    scene.note(name, node, "1", sourced.source, sourced.status, choices=tuple(choices))
    return node


def normal_node(scene: Scene, name: str) -> int:
    """Node of the standard normal of a name, one for all years."""
    normal = distributions.compile_distribution({"kind": "normal", "mean": 0.0, "sd": 1.0})
    node = factor_node(scene, name, normal)
    scene.note(name, node, "1", "standard normal", None)
    return node


def normal_inputs(
    scene: Scene, name: str, dependence: Dependence, *, yearly: bool = False,
    role: str = "", steps: int = 1, step: int = 0,
) -> tuple[int, ...]:  # fmt: skip
    """The node of a correlated name's standard normal, or nothing if it is independent.

    With `role` the names are those of price paths, of which it is the one that is correlated.
    """
    if name not in dependence.weights:
        return ()
    stated: dict[str, Any] = {"steps": steps, "step": step, "yearly": yearly}

    def normal(stream: Stream) -> int:
        return scene.graph.node("NORMAL", stream=stream, **stated)

    if scene.draws_anew(name, role):
        # Drawn again given what is kept, whose normals stay bit for bit.
        kept, fresh = _drawn_again(scene, dependence, role)[name]
        mixed = [
            (node, weight) for other, weight in kept
            for node in normal_inputs(scene, other, dependence, role=role, **stated)
        ]  # fmt: skip
        mixed += [(normal(scene.stream(other, role)), weight) for other, weight in fresh]
    else:
        mixed = [(normal(scene.shared_stream(other, role)), weight)
                 for other, weight in dependence.weights[name]]  # fmt: skip
    if len(mixed) == 1 and mixed[0][1] == 1.0:
        return (mixed[0][0],)
    nodes, weights = zip(*mixed, strict=True)
    return (scene.graph.node("LINEAR", terms=nodes, weights=weights),)


def _drawn_again(
    scene: Scene, dependence: Dependence, role: str
) -> dict[str, tuple[Weights, Weights]]:
    """How each name that is drawn again is made up given those that are kept."""
    key = "drawn again", role
    if key not in scene.built:
        scene.built[key] = dependence.anew(lambda name: scene.draws_anew(name, role))
    found: dict[str, tuple[Weights, Weights]] = scene.built[key]
    return found


def by_region(scene: Scene, values: Mapping[str, Any], region: str) -> tuple[Any, str]:
    """The quantity of a region and the suffix of its factor name."""
    place = place_of(scene.experiment, values, region)
    assert place is not None
    return values[place], "" if place == "default" else f".{place}"


def read(scene: Scene, record: Model, field: str, owner: str, name: str = "") -> int:
    """Node of a quantity that a record states, in the unit of its field.

    Its factor is `owner.field`, or `owner.name`.
    """
    unit = unit_of_field(type(record), field)
    return quantity(scene, f"{owner}.{name or field}", getattr(record, field), unit)


@remembered
def wacc(scene: Scene, region: str) -> int:
    """Node of a region's weighted average cost of capital."""
    return read(scene, scene.experiment.catalog.regions[region], "wacc", region)
