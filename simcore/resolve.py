"""Quantities, prices and policies of a config as nodes in canonical units.

Money of any currency and price year becomes real EUR of the base year here, once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path as FilePath
from typing import Any, Final, TypeVar

import numpy as np

from simcore import distributions
from simcore.compilation import compiled
from simcore.dependence import Dependence
from simcore.entries import Anchor, Electrolysis, Path, Policy
from simcore.graph import Graph
from simcore.kernels.layout import CONSTANT
from simcore.kernels.operations import SPOT_COLUMNS, Operation
from simcore.quantities import FactorReference
from simcore.records import Sourced
from simcore.schema import Experiment, Money
from simcore.units import conversion, currency_of, deflate
from simcore.usage import commodity_unit, delays, price_of, variants

T = TypeVar("T")
P90: Final = 1.2815515655446004
"""Standard normal quantile at 90 %."""


@dataclass
class Setting:
    """What every node of one scenario is built from.

    Attributes
    ----------
    graph : Graph
    experiment : Experiment
        With the scenario's overlay applied.
    stem : str
        Put before the names of random streams; empty unless scenarios are independent.
    start : int
        First simulated year: where the earliest price path starts to move.
    factors, shocks : Dependence
    folder : Path
        Folder of the config, for CSV files.
    inputs : dict of str to dict
        Every uncertain input met so far: node, unit, source, status.
    """

    graph: Graph
    experiment: Experiment
    stem: str
    start: int
    factors: Dependence
    shocks: Dependence
    folder: FilePath
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    built: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    """Results of the `remembered` functions."""

    @property
    def years(self) -> np.ndarray:
        """Simulated years, those before the horizon included."""
        return np.arange(self.start, self.experiment.years.last + 1)

    @property
    def horizon(self) -> np.ndarray:
        """Years of the run."""
        return np.arange(self.experiment.years.first, self.experiment.years.last + 1)

    def over_years(self, values: np.ndarray) -> np.ndarray:
        """Lines of a table by horizon year, padded to the simulated years before it."""
        lead = len(self.years) - len(self.horizon)
        return np.concatenate([np.repeat(values[:1], lead, axis=0), values])


def remembered(function: Callable[..., T]) -> Callable[..., T]:
    """Let a function of a setting and names do its work once per setting."""

    @wraps(function)
    def once(setting: Setting, *names: Any, **options: Any) -> T:
        key = (function.__name__, names, tuple(options.items()))
        if key not in setting.built:
            setting.built[key] = function(setting, *names, **options)
        found: T = setting.built[key]
        return found

    return once


def multiplier(quantity: Any, target: str, money: Money) -> float:
    """Factor that turns a quantity's numbers into the canonical unit `target`."""
    unit = quantity.unit or target
    factor = conversion(unit, target, exchange=money.exchange)
    currency = currency_of(unit)
    if currency is not None and quantity.price_year is not None:
        factor *= deflate(quantity.price_year, money.base_year,
                          index=money.deflator.get(currency), inflation=money.inflation)
    return factor


def quantity(setting: Setting, name: str, value: Any, target: str) -> int:
    """Node of a quantity, sampled under the factor name `name`."""
    if isinstance(value, FactorReference):
        name, reference = value.name, value
        value = setting.experiment.factors[name]
        # What the factor leaves open, the place that refers to it may state.
        value = value.model_copy(update={
            "unit": value.unit or reference.unit,
            "price_year": value.price_year or reference.price_year,
        })
    scale = multiplier(value, target, setting.experiment.money)
    marginal = distributions.scaled(compiled(value, setting.folder), scale)
    if marginal.kind == CONSTANT:
        return setting.graph.constant(marginal.central)
    node = _factor(setting, name, marginal)
    setting.inputs.setdefault(name, {
        "node": node, "unit": target, "source": value.source or "", "status": value.status or "",
    })
    return node


def _factor(setting: Setting, name: str, marginal: distributions.Marginal) -> int:
    return setting.graph.add(
        Operation.FACTOR,
        normal_inputs(setting, name, setting.factors, yearly=False),
        numbers=(marginal.kind, marginal.central, *marginal.params),
        table=np.asarray(marginal.pool, dtype=float),
        stream=setting.stem + name,
        yearly=False,
    )


def normal_inputs(
    setting: Setting, name: str, dependence: Dependence, *, yearly: bool, suffix: str = ""
) -> tuple[int, ...]:
    """The node of a correlated name's standard normal, or nothing if it is independent."""
    if name not in dependence.weights:
        return ()
    mixed = dependence.weights[name]
    normals = [
        setting.graph.add(Operation.NORMAL, stream=setting.stem + other + suffix, yearly=yearly)
        for other, _ in mixed
    ]
    if len(mixed) == 1 and mixed[0][1] == 1.0:
        return (normals[0],)
    return (setting.graph.add(Operation.LINEAR, normals, numbers=[weight for _, weight in mixed],
                              yearly=yearly),)


def by_region(values: Mapping[str, Any], region: str) -> tuple[Any, str]:
    """The quantity of a region and the suffix of its factor name."""
    return (values[region], f".{region}") if region in values else (values["default"], "")


@remembered
def policy_value(setting: Setting, value: float | str) -> int:
    """Node of a policy value: a constant, or the timeline of a named policy."""
    if isinstance(value, str):
        return _timeline(setting, value, setting.experiment.catalog.policies[value])
    return setting.graph.constant(value)


def _timeline(setting: Setting, name: str, policy: Policy) -> int:
    graph = setting.graph
    inputs = [graph.constant(0.0), graph.constant(0.0)]
    named = variants(policy)
    if not isinstance(policy.variant, str):
        choice = {"kind": "discrete", "values": list(range(len(named))),
                  "probabilities": policy.variant.probabilities}
        inputs[0] = _choice(setting, f"{name}.variant", choice, policy.variant)
    possible = delays(policy)
    if len(possible) > 1:
        inputs[1] = quantity(setting, f"{name}.delay", policy.delay, "yr")
    uncertain: dict[int, int] = {}
    numbers: list[float] = []
    coefficients, positions = [], []
    for v, variant_name in enumerate(named):
        for delay in possible:
            numbers += [v, delay if len(possible) > 1 else 0.0]
            line, place = [], []
            for year in setting.horizon:
                factor, node = _dated(setting, name, policy, variant_name, int(year), delay)
                line.append(factor)
                if node is None:
                    place.append(-1)
                else:
                    place.append(uncertain.setdefault(node, 2 + len(uncertain)))
            coefficients.append(line)
            positions.append(place)
    table = np.concatenate([np.array(coefficients), np.array(positions, dtype=float)]).T
    return graph.add(
        Operation.TIMELINE, (*inputs, *uncertain), numbers=numbers,
        table=setting.over_years(np.ascontiguousarray(table)), yearly=True,
    )


def _choice(setting: Setting, name: str, spec: Mapping[str, Any], sourced: Any) -> int:
    node = _factor(setting, name, distributions.compile_distribution(spec))
    setting.inputs.setdefault(name, {
        "node": node, "unit": "1", "source": sourced.source or "", "status": sourced.status or "",
    })
    return node


def _dated(
    setting: Setting, name: str, policy: Policy, variant: str, year: int, delay: int
) -> tuple[float, int | None]:
    """Coefficient of a year, and the node that multiplies it if the dated value is uncertain."""
    record = policy.variants[variant]
    asked = year - delay if year > policy.known_until else year
    if record.end is not None and asked > record.end:
        return 0.0, None
    date = max(one for one in record.values if one <= asked)
    factor = 1.0
    if date == max(record.values):
        factor = (1.0 - record.decline) ** (asked - date)
    value = record.values[date]
    # Shares, switches and benchmarks (t CO2e per t): all are pure numbers.
    written = value.unit or record.unit or policy.unit or "1"
    value = value.model_copy(update={"unit": written})
    node = quantity(setting, f"{name}.{variant}.{date}", value, "1")
    found = setting.graph.nodes[node]
    if found.operation is None:
        return factor * found.numbers[0], None
    return factor, node


def series(setting: Setting, values: np.ndarray) -> int:
    """Node of a known number for each year of the horizon."""
    if np.all(values == values[0]):
        return setting.graph.constant(float(values[0]))
    zero = setting.graph.constant(0.0)
    table = np.stack([values, np.full(len(values), -1.0)], axis=1)
    return setting.graph.add(Operation.TIMELINE, (zero, zero), numbers=(0.0, 0.0),
                             table=setting.over_years(table), yearly=True)


def anchor_lines(anchors: Mapping[int, Anchor], years: np.ndarray, *, known: tuple[int, float] | None
                 ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log centre, s+ and s- of an anchor table by year, held outside it (MODEL 3)."""
    dates, centre, above, below = [], [], [], []
    if known is not None:
        dates, centre, above, below = [known[0]], [math.log(known[1])], [0.0], [0.0]
    for date in sorted(anchors):
        anchor = anchors[date]
        dates.append(date)
        centre.append(math.log(anchor.central))
        above.append(math.log(anchor.high / anchor.central) / P90)
        below.append(math.log(anchor.central / anchor.low) / P90)
    return (np.interp(years, dates, centre), np.interp(years, dates, above),
            np.interp(years, dates, below))


def price(setting: Setting, name: str, record: Path, target: str) -> int:
    """Node of a price path in EUR of the base year per canonical unit."""
    factor = _price_factor(setting, record, target)
    if record.process.kind == "scenario":
        assert record.path is not None
        dates = sorted(record.path)
        values = [record.path[date] * factor(date) for date in dates]
        return series(setting, np.interp(setting.horizon, dates, values))
    assert record.spot is not None
    graph, process = setting.graph, record.process
    spot_year = record.spot.year
    spot = record.spot.value * factor(spot_year, record.spot)
    anchors = {}
    for year, band in (record.anchors or {}).items():
        by = factor(year, band)
        anchors[year] = Anchor(low=band.low * by, central=band.central * by, high=band.high * by)
    centre, above, below = anchor_lines(anchors, setting.years, known=(spot_year, spot))
    if anchors and record.after != "hold":
        beyond = np.maximum(0, setting.years - max(anchors))
        centre = centre + beyond * math.log1p(record.after.grow)
    mean = record.centre == "mean" or process.kind == "gbm"
    correction = _log_mean(above, below) if mean else np.zeros(len(centre))
    floor, ceiling = _corridor(setting, record, factor)
    table = np.stack([centre, above, below, correction, floor, ceiling,
                      (setting.years - spot_year).astype(float)], axis=1)
    assert table.shape[1] == SPOT_COLUMNS
    one, zero = graph.constant(1.0), graph.constant(0.0)
    noisy = process.kind in ("gbm", "random_walk", "log_ou")
    z = _anchor_normal(setting, name) if anchors else zero
    shock, decay, spread, carry = zero, one, zero, zero
    if noisy:
        sigma = quantity(setting, f"{name}.sigma", process.sigma, "1")
        kappa = (quantity(setting, f"{name}.kappa", process.kappa, "1")
                 if process.kind == "log_ou" else zero)
        shock = (normal_inputs(setting, name, setting.shocks, yearly=True, suffix=".shock")
                 or (graph.add(Operation.NORMAL, stream=f"{setting.stem}{name}.shock", yearly=True),))[0]
        decay = graph.add(Operation.DECAY, (kappa,))
        spread = graph.add(Operation.STEP_SPREAD, (sigma, kappa))
    if process.kind == "gbm":
        carry = quantity(setting, f"{name}.mu", process.mu, "1")
    elif not anchors:
        carry = quantity(setting, f"{name}.carry", record.carry, "1")
    occurs = start = strength = zero
    ramp = -1.0
    if record.tightening is not None and record.tightening.probability > 0:
        event, ramp = record.tightening, record.tightening.ramp
        occurs = _choice(setting, f"{name}.tightening.occurs",
                         {"kind": "bernoulli", "probability": event.probability}, event)
        start = quantity(setting, f"{name}.tightening.year", event.year, "yr")
        strength = quantity(setting, f"{name}.tightening.strength", event.strength, "1")
    return graph.add(
        Operation.PATH, (z, shock, decay, spread, carry, occurs, start, strength),
        numbers=(float(noisy), float(mean), ramp), table=np.ascontiguousarray(table),
        yearly=True, state=(0.0, 0.0),
    )


def _anchor_normal(setting: Setting, name: str) -> int:
    normal = distributions.compile_distribution({"kind": "normal", "mean": 0.0, "sd": 1.0})
    node = _factor(setting, f"{name}.anchor", normal)
    setting.inputs.setdefault(f"{name}.anchor", {
        "node": node, "unit": "1", "source": "standard normal", "status": "",
    })
    return node


def _price_factor(setting: Setting, record: Path, target: str) -> Callable[..., float]:
    """Factor of a dated price; a spot or anchor may state its own unit and price year."""
    money = setting.experiment.money

    def factor(year: int, own: Sourced | None = None) -> float:
        unit = (own.unit if own else None) or record.unit
        of = (own.price_year if own else None) or (year if record.nominal else record.price_year)
        converted = conversion(unit, target, exchange=money.exchange)
        if of is None:
            return converted
        index = money.deflator.get(currency_of(unit) or "EUR")
        return converted * deflate(of, money.base_year, index=index, inflation=money.inflation)

    return factor


def _log_mean(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """ln E[exp(z s)] of an anchor whose halves differ."""
    def cdf(x: np.ndarray) -> np.ndarray:
        return np.array([0.5 * math.erfc(-value / math.sqrt(2.0)) for value in x])

    return np.log(np.exp(0.5 * above**2) * cdf(above) + np.exp(0.5 * below**2) * cdf(-below))


def _corridor(setting: Setting, record: Path, factor: Any) -> tuple[np.ndarray, np.ndarray]:
    def bound(dates: Mapping[int, float], none: float) -> np.ndarray:
        line = []
        for year in setting.years:
            past = [date for date in dates if date <= year]
            if not past:
                line.append(none)
                continue
            date = max(past)
            growth = (1.0 + corridor.growth) ** (year - date) if date == max(dates) else 1.0
            line.append(dates[date] * factor(date) * growth)
        return np.array(line)

    corridor = record.corridor
    if corridor is None:
        shape = len(setting.years)
        return np.zeros(shape), np.full(shape, np.inf)
    return bound(corridor.floor, 0.0), bound(corridor.ceiling, np.inf)


@remembered
def commodity(setting: Setting, name: str, region: str) -> int:
    """Node of the price of a commodity in a region."""
    experiment = setting.experiment
    record = price_of(experiment, name, region)
    assert record is not None
    if isinstance(record, Path):
        return price(setting, price_name(experiment, name, region), record,
                     f"EUR/{commodity_unit(experiment, name, record)}")
    return _electrolysis(setting, name, region, record)


def price_name(experiment: Experiment, name: str, region: str) -> str:
    """Name of a commodity's price entry: its own region or `default`."""
    return f"{name}.{region if region in experiment.catalog.prices[name] else 'default'}"


@remembered
def emission_factor(setting: Setting, name: str, region: str) -> int:
    """Node of the emissions per unit of a bought commodity, t CO2e (scope 2)."""
    record = price_of(setting.experiment, name, region)
    if isinstance(record, Electrolysis):
        own = price_name(setting.experiment, name, region)
        demand = quantity(setting, f"{own}.electricity_demand", record.electricity_demand, "kWh/kg")
        supply = emission_factor(setting, record.electricity, region)
        product = setting.graph.add(Operation.PRODUCT, (demand, supply))
        return setting.graph.add(Operation.SCALED, (product,), numbers=(1e-3,))
    if record is None or not record.emission_intensity:
        return setting.graph.constant(0.0)
    dates = sorted(record.emission_intensity)
    own = record.unit.replace(currency_of(record.unit) or "EUR", "EUR")
    target = f"EUR/{commodity_unit(setting.experiment, name, record)}"
    per_unit = conversion(own, target, exchange=setting.experiment.money.exchange)
    return series(setting, per_unit * np.interp(
        setting.horizon, dates, [record.emission_intensity[date] for date in dates]))


def learning(setting: Setting, learns: Any, owner: str) -> int:
    """Node of the cost multiplier of a technology that learns; 1 without learning."""
    graph = setting.graph
    if learns is None:
        return graph.constant(1.0)
    record = setting.experiment.catalog.technologies[learns.technology]
    share = quantity(setting, f"{owner}.learning_share", learns.share, "1")
    rate = quantity(setting, f"{learns.technology}.learning_rate", record.learning_rate, "1")
    exponent = graph.add(Operation.LEARNING_EXPONENT, (rate,))
    name = f"{learns.technology}.capacity"
    normal = _factor(setting, name, distributions.compile_distribution({"kind": "normal", "mean": 0.0, "sd": 1.0}))
    setting.inputs.setdefault(name, {"node": normal, "unit": "1", "source": "standard normal", "status": ""})
    centre, above, below = anchor_lines(record.cumulative_capacity, setting.horizon, known=None)
    # The ratio to the first year is 1 in every draw, also where the first year is itself uncertain.
    first = anchor_lines(
        record.cumulative_capacity, np.array([min(record.cumulative_capacity)]), known=None
    )
    table = np.stack(
        [line - start for line, start in zip((centre, above, below), first, strict=True)], axis=1
    )
    return graph.add(Operation.LEARNING, (exponent, normal, share),
                     table=setting.over_years(table), yearly=True)


def _electrolysis(setting: Setting, name: str, region: str, record: Electrolysis) -> int:
    graph, own = setting.graph, price_name(setting.experiment, name, region)

    def part(key: str, unit: str) -> int:
        return quantity(setting, f"{own}.{key}", getattr(record, key), unit)

    recovery = graph.add(
        Operation.CAPITAL_RECOVERY, (wacc(setting, region), part("risk_premium", "1")),
        numbers=(record.lifetime,),
    )
    return graph.add(
        Operation.HYDROGEN,
        (part("capex", "EUR/kW"), learning(setting, record.learning, own), recovery,
         part("fixed_opex", "1"), part("stack_share", "1"), part("stack_lifetime", "yr"),
         part("full_load_hours", "h/yr"), part("electricity_demand", "kWh/kg"),
         commodity(setting, record.electricity, region), part("storage", "EUR/kg")),
        numbers=(record.lifetime,),
    )


@remembered
def wacc(setting: Setting, region: str) -> int:
    """Node of a region's weighted average cost of capital."""
    return quantity(setting, f"{region}.wacc", setting.experiment.catalog.regions[region].wacc, "1")
