"""The nodes and cells of a plan, out of a checked config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from simcore.distributions import DistributionError
from simcore.errors import ConfigError, Fault, suggest
from simcore.intake import Spec, dependence
from simcore.intake.asked import exposure_currency, project_instruments
from simcore.intake.entries import Computed, Made
from simcore.intake.hosts import traded_by
from simcore.intake.hydrogen import GRADES
from simcore.intake.paths import PricePath
from simcore.intake.priced import used_markets, used_prices, used_systems
from simcore.intake.schema import Experiment
from simcore.intake.stated import commodity_unit
from simcore.intake.usage import price_of, references, sector_regions
from simcore.intake.views import chosen_views
from simcore.model.emissions import KINDS
from simcore.model.graph import Graph
from simcore.model.origin import ORIGIN_COMPONENTS
from simcore.model.outcomes import cells_of
from simcore.model.scene import Input, Scene, regimes_of
from simcore.plan.correlated import correlated
from simcore.plan.groups import DEFAULTS, factor_group, matched, named_group, origins
from simcore.plan.records import Cell, Plan, Strikes
from simcore.variables import OUTCOMES, Outcome


def build(spec: Spec, strikes: Strikes | None = None) -> Plan:
    """Resolve a Spec into a Plan.

    Parameters
    ----------
    spec : Spec
    strikes : mapping, optional
        Strikes that were found for contracts that break even: by scenario, then by project and
        instrument, EUR. What is not there is 0.

    Raises
    ------
    ConfigError
        Correlations that name nothing or contradict each other; distributions that cannot be
        fitted to their quantiles.
    """
    experiment, graph = spec.experiment, Graph()
    coords = labels(spec)
    strikes = strikes or {}
    scenes = _scenes(spec, graph, coords["view"], strikes)
    first = next(iter(scenes.values()))
    faults: list[Fault] = []
    cells: list[Cell] = []
    central: list[Cell] = []
    for name in experiment.outcomes:
        if OUTCOMES[name].kind != "component":
            try:
                cells += _cells(OUTCOMES[name], scenes, coords)
            except DistributionError as error:
                faults.append(_fault(spec, str(error)))
    if not faults:
        for one in OUTCOMES.values():
            central += _cells(one, scenes, coords) if one.kind == "component" else ()
        cells += [one for one in central if one.variable in experiment.outcomes]
    wrong, idle = correlated(spec, scenes)
    faults += wrong
    faults += _unmatched(spec, scenes)
    if cells and not faults:
        faults += _absent(spec, {one.variable for one in cells})
    if not cells and not faults:
        faults.append(spec.fault(
            ("outcomes",),
            found=f"{', '.join(experiment.outcomes)}: outcomes of which this run has none",
            expected="a route beside the reference, or an outcome that its sectors have; for "
            "stranded_value a project that closes early",
            remedy="add a route to routes, levelised_cost to outcomes, or closes: to a project",
        ))  # fmt: skip
    if faults:
        raise ConfigError(list(dict.fromkeys(faults)))
    inputs = _inputs(scenes, graph.closure(one.node for one in cells))
    coords["factor"] = tuple(one.name for one in inputs)
    return Plan(
        spec=spec,
        graph=graph,
        cells=tuple(cells),
        central=tuple(central),
        inputs=inputs,
        coords=coords,
        units=_units(spec, coords),
        start=first.start,
        draws=experiment.draws,
        factors=first.factors.of({one.name for one in inputs}),
        shocks=first.shocks.of({name for one in scenes.values() for name in one.shocked}),
        idle=tuple(idle),
        strikes=strikes,
    )


def told_apart(spec: Spec) -> bool:
    """Whether each scenario has rows of its own; of the outcomes only those are built that tell."""
    coords = labels(spec)
    scenes = _scenes(spec, Graph(), coords["view"], {})
    alike, groups = [0] * len(scenes), dict[Any, int]()
    for name in spec.experiment.outcomes:
        if len(set(alike)) == len(alike):
            return True
        every = (cells_of(OUTCOMES[name], one, coords) for one in scenes.values())
        for cells in zip_longest(*every):
            pairs = zip(alike, cells, strict=True)
            alike = [groups.setdefault(pair, len(groups) + 1) for pair in pairs]
            if len(set(alike)) == len(alike):
                return True
    return False


def _scenes(
    spec: Spec, graph: Graph, views: tuple[str, ...],
    strikes: Strikes,
) -> dict[str, Scene]:  # fmt: skip
    """What the nodes of each scenario are built from."""
    start = min(_start(one) for one in spec.scenarios.values())
    factors, shocks = _dependence(spec, "factors"), _dependence(spec, "shocks")
    paths = regimes_of(one.catalog for one in spec.scenarios.values())
    shared: dict[tuple[Any, ...], Any] = {}
    members = _members(spec)
    return {
        name: Scene(
            members=members,
            graph=graph,
            experiment=one,
            start=start,
            factors=factors,
            shocks=shocks,
            folder=spec.folder,
            paths=paths,
            views=views,
            strikes=strikes.get(name, {}),
            stem=f"{name}/" if spec.experiment.independent_scenarios else "",
            redraw=tuple(one.redraw),
            anew=f"{name}/",
            shared=shared,
        )
        for name, one in spec.runs.items()
    }


def _members(spec: Spec) -> dict[str, set[str]]:
    """Names of the streams of each group that some scenario draws again.

    They follow from the graph, so that it is built once without them.
    """
    factors = spec.experiment.factors
    named = {pattern for one in spec.runs.values() for pattern in one.redraw
             if named_group(pattern, factors) is not None}  # fmt: skip
    if not named:
        return {}
    apart = {name: one.model_copy(update={"redraw": []}) for name, one in spec.runs.items()}
    graph, coords = Graph(), labels(spec)
    scenes = _scenes(replace(spec, runs=apart), graph, coords["view"], {})
    try:
        cells = [
            cell for name in spec.experiment.outcomes if OUTCOMES[name].kind != "component"
            for cell in _cells(OUTCOMES[name], scenes, coords)
        ]  # fmt: skip
    except DistributionError:
        return {}  # which the plan itself reports
    reached = graph.closure(one.node for one in cells)
    streams = origins(scenes.values(), graph, reached)
    return {one: matched(one, streams, factors) for one in named}


def extended(plan: Plan) -> tuple[Plan, dict[str, Scene]]:
    """The plan with a graph of its own, to which the scenes by scenario may add nodes."""
    graph = Graph(list(plan.graph.nodes), dict(plan.graph.known))
    return replace(plan, graph=graph), _scenes(plan.spec, graph, plan.coords["view"], plan.strikes)


def _absent(spec: Spec, met: set[str]) -> Iterator[Fault]:
    """Outcomes whose tails and thresholds are asked for, and of which the run has none."""
    risk = spec.experiment.risk
    asked = [] if risk is None else [
        *((("risk", "of", place), name) for place, name in enumerate(risk.of)),
        *((("risk", "exceed", name), name) for name in risk.exceed),
    ]  # fmt: skip
    for place, name in asked:
        if name not in met:
            yield spec.fault(
                place, found=f"{name}, of which this run has none",
                expected="an outcome that the run has",
                remedy="add what it is of, such as a route beside the reference, or remove it",
            )  # fmt: skip


def _unmatched(spec: Spec, scenes: Mapping[str, Scene]) -> Iterator[Fault]:
    """Patterns of `redraw` that no random stream of their scenario matches."""
    for scenario, one in spec.scenarios.items():
        for position, pattern in enumerate(one.redraw):
            if pattern not in scenes[scenario].matched:
                scene = scenes[scenario]
                streams = {name: scene.graph.nodes[one.node].stream
                           for name, one in scene.inputs.items()}  # fmt: skip
                names = {name: one.name.removeprefix(one.stem)
                         for name, one in streams.items() if one is not None}  # fmt: skip
                drawn = [*names.values(), *scene.shocked]
                # What shares the draws of another input is named as that.
                near = names.get(pattern) or suggest(pattern, [
                    *drawn, *(f"{one.rpartition('.')[0]}.*" for one in drawn),
                    *(f"group:{one}" for one in DEFAULTS),
                ])  # fmt: skip
                yield spec.fault(
                    ("redraw", position),
                    scenario=scenario,
                    found=f"{pattern!r}, which matches nothing that this run draws",
                    expected="a pattern of factors and shocks, such as eu_ets.* or *.shock, or a "
                    "group of them, such as group:policy",
                    remedy=f"did you mean {near!r}?"
                    if near
                    else "see the uncertain inputs with simcore summary RUN --variable input",
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


def _moving(experiment: Experiment) -> Iterator[PricePath]:
    """Price paths of the run that start from a known price."""
    for name in used_markets(experiment):
        yield experiment.catalog.markets[name]
    for name, place in used_prices(experiment).values():
        entry = price_of(experiment, name, place)
        if isinstance(entry, PricePath):
            yield entry


def _start(experiment: Experiment) -> int:
    """First simulated year: the year after the earliest known price, or the horizon's first."""
    known = [one.spot.year + 1 for one in _moving(experiment) if one.spot is not None]
    known += [experiment.catalog.systems[one].start + 1 for one in used_systems(experiment)]
    return min([experiment.years.first, *known])


def labels(spec: Spec) -> dict[str, tuple[Any, ...]]:
    """Labels of each dimension but that of the uncertain inputs."""
    experiment, scenarios = spec.experiment, spec.scenarios.values()
    markets = dict.fromkeys(name for one in scenarios for name in used_markets(one))
    commodities = {
        label for one in scenarios for label, (name, place) in used_prices(one).items()
        if not isinstance(price_of(one, name, place), Computed)
    }  # fmt: skip
    return {
        "scenario": tuple(spec.scenarios),
        "region": tuple(experiment.regions),
        "destination": tuple(experiment.destinations),
        "against": tuple(experiment.against),
        "route": tuple(experiment.routes),
        "component": _component_names(spec),
        "emission": tuple(KINDS),
        "grade": GRADES,
        "market": tuple(markets),
        "commodity": tuple(sorted(commodities)),
        "exposure": tuple(experiment.exposures),
        "good": tuple(experiment.parity),
        "project": tuple(dict.fromkeys(name for one in scenarios for name in one.projects)),
        "instrument": tuple(
            dict.fromkeys(name for one in scenarios for name in project_instruments(one))
        ),
        "sector": tuple(experiment.sectors),
        "product": tuple(experiment.products),
        "budget": tuple(dict.fromkeys(name for one in scenarios for name in one.budgets)),
        "account": tuple(dict.fromkeys(name for one in scenarios for name in one.accounts)),
        "decision": tuple(experiment.decisions),
        "portfolio": tuple(experiment.portfolios),
        "member": tuple(
            dict.fromkeys(name for one in experiment.portfolios.values() for name in one.members)
        ),
        "view": tuple(
            dict.fromkeys(
                f"{name}.{view}"
                for one in scenarios
                for name in used_markets(one)
                for view in chosen_views(one.catalog.markets[name])
            )
        ),
        "year": tuple(range(experiment.years.first, experiment.years.last + 1)),
    }


def _component_names(spec: Spec) -> tuple[str, ...]:
    head = ("capex", "fixed_opex", "other_opex")
    tail: tuple[str, ...] = ("support", "home_carbon", "cbam")
    if any(_compensates(one) for one in spec.scenarios.values()):
        tail = (*tail, "compensation")
    middle: dict[str, None] = {}
    is_made = False
    for one in spec.scenarios.values():
        routes = dict.fromkeys([*one.routes, *references(one).values()])
        goods = (bought for name in routes for bought in traded_by(one.catalog, name))
        for bought in dict.fromkeys(goods):
            kinds = {type(price_of(one, bought, region)) for region in one.regions}
            is_made = is_made or Made in kinds
            if kinds != {Made}:
                middle[bought] = None
    if is_made:
        tail = (*ORIGIN_COMPONENTS, *tail)
    return (*head, *sorted(middle), *tail)


def _compensates(experiment: Experiment) -> bool:
    """Whether a state pays back some of the carbon cost of power."""
    met = (sector_regions(experiment, one) for one in experiment.sectors)
    regions = experiment.regions
    return any(found[one].compensation is not None for found in met for one in regions
               if one in found)  # fmt: skip


def _cells(
    one: Outcome, scenes: dict[str, Scene], coords: dict[str, tuple[Any, ...]]
) -> Iterator[Cell]:
    """Cells of one outcome over all scenarios."""
    for s, scene in enumerate(scenes.values()):
        for index, *found in cells_of(one, scene, coords):
            yield Cell(one.name, (s, *index), *found)


def _inputs(scenes: dict[str, Scene], reached: set[int]) -> tuple[Input, ...]:
    """Uncertain inputs of all scenarios; one that differs between scenarios is named after both.

    Only those that some outcome of the run reads, `reached`: what every run takes the central case
    of has no draws.
    """
    found: dict[int, Input] = {}
    names: set[str] = set()
    for scenario, scene in scenes.items():
        for name, one in scene.inputs.items():
            if one.node in reached and one.node not in found:
                label = name if name not in names else f"{name} ({scenario})"
                names.add(name)
                group = factor_group(scene.experiment, one.place)
                found[one.node] = one._replace(name=label, group=group)
    return tuple(found.values())


def _units(spec: Spec, coords: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
    """Units and currencies that differ along a dimension, by the coordinate that holds them."""
    experiment = spec.experiment
    units: dict[str, str] = {}
    for one in spec.scenarios.values():
        for label, (name, place) in used_prices(one).items():
            entry = price_of(one, name, place)
            assert entry is not None
            units.setdefault(label, commodity_unit(one, name, entry))
    goods = []
    for name in experiment.parity:
        entry = next(iter(experiment.catalog.prices.get(name, {}).values()), None)
        # No route of the run can buy what has no price.
        goods.append("-" if entry is None else commodity_unit(experiment, name, entry))
    currencies = tuple(exposure_currency(experiment, one) for one in experiment.exposures)
    return {
        "commodity_unit": ("commodity", tuple(units[label] for label in coords["commodity"])),
        "exposure_currency": ("exposure", currencies),
        "good_unit": ("good", tuple(goods)),
        "product_unit": (
            "product",
            tuple(experiment.catalog.products[name].per or name for name in experiment.products),
        ),
    }
