"""Price paths as nodes: anchors, process, corridor and tightening (MODEL 3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from simcore import distributions
from simcore.kernels.operations import SPOT_COLUMNS, Operation
from simcore.model.emissions_market import system_node
from simcore.model.policies import series
from simcore.model.processes import (
    NOISY,
    jump_nodes,
    resampled_log_mean,
    resampled_node,
    shock_nodes,
    step_nodes,
)
from simcore.model.setting import Setting, choice_node, factor_node, quantity
from simcore.spec.entries import Anchor, Path
from simcore.spec.records import Sourced
from simcore.units import conversion, currency_of, deflate

P90: Final = 1.2815515655446004
"""Standard normal quantile at 90 %."""


def anchor_lines(
    anchors: Mapping[int, Anchor], years: np.ndarray, *, known: tuple[int, float] | None
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
    return (
        np.interp(years, dates, centre),
        np.interp(years, dates, above),
        np.interp(years, dates, below),
    )


def price(setting: Setting, name: str, record: Path, target: str) -> int:
    """Node of a price path in EUR of the base year per canonical unit."""
    factor = _price_factor(setting, record, target)
    if record.process.kind == "scenario":
        assert record.path is not None
        dates = sorted(record.path)
        values = [record.path[date] * factor(date) for date in dates]
        return series(setting, np.interp(setting.horizon, dates, values))
    if record.process.kind == "cap_and_bank":
        return system_quantity(setting, name, "price")
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
    if mean and process.kind == "bootstrap":
        correction = correction + resampled_log_mean(setting, record, setting.years - spot_year)
    floor, ceiling = _corridor(setting, record, factor)
    table = np.stack(
        [
            centre,
            above,
            below,
            correction,
            floor,
            ceiling,
            (setting.years - spot_year).astype(float),
        ],
        axis=1,
    )
    assert table.shape[1] == SPOT_COLUMNS
    one, zero = graph.constant(1.0), graph.constant(0.0)
    noisy = process.kind in NOISY
    z = anchor_normal(setting, name) if anchors else zero
    shocks, decay, spread, carry = [zero], one, zero, zero
    if noisy:
        shocks = shock_nodes(setting, name, process.steps)
        decay, spread = step_nodes(setting, name, process, spot_year + 1)
    more = jump_nodes(setting, name, process, centred=mean)
    if process.kind == "bootstrap":
        more = [resampled_node(setting, name, process, spot_year + 1)]
    if process.kind == "gbm":
        carry = quantity(setting, f"{name}.mu", process.mu, "1")
    elif not anchors:
        carry = quantity(setting, f"{name}.carry", record.carry, "1")
    occurs = start = strength = zero
    ramp = -1.0
    if record.tightening is not None and record.tightening.probability > 0:
        event, ramp = record.tightening, record.tightening.ramp
        occurs = choice_node(
            setting,
            f"{name}.tightening.occurs",
            {"kind": "bernoulli", "probability": event.probability},
            event,
        )
        start = quantity(setting, f"{name}.tightening.year", event.year, "yr")
        strength = quantity(setting, f"{name}.tightening.strength", event.strength, "1")
    if more or process.steps > 1:
        return graph.add(
            Operation.STEPS,
            (z, decay, spread, carry, occurs, start, strength, *(shocks if noisy else ()), *more),
            numbers=(float(noisy), float(mean), ramp, process.steps, float(bool(more))),
            table=np.ascontiguousarray(table),
            yearly=True,
            state=(0.0, 0.0, 0.0),
        )
    return graph.add(
        Operation.PATH,
        (z, shocks[0], decay, spread, carry, occurs, start, strength),
        numbers=(float(noisy), float(mean), ramp),
        table=np.ascontiguousarray(table),
        yearly=True,
        state=(0.0, 0.0),
    )


def system_quantity(setting: Setting, market: str, wanted: str) -> int:
    """Node of the price or a stock of the system behind a market, whose spot is a known price."""
    record = setting.experiment.catalog.markets[market]
    known = None
    if record.spot is not None:
        factor = _price_factor(setting, record, "EUR/t")(record.spot.year, record.spot)
        known = record.spot.year, record.spot.value * factor
    return system_node(setting, market, wanted, known)


def anchor_normal(setting: Setting, name: str) -> int:
    normal = distributions.compile_distribution({"kind": "normal", "mean": 0.0, "sd": 1.0})
    node = factor_node(setting, f"{name}.anchor", normal)
    setting.inputs.setdefault(
        f"{name}.anchor",
        {
            "node": node,
            "unit": "1",
            "source": "standard normal",
            "status": "",
        },
    )
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
    corridor = record.corridor
    if corridor is None:
        shape = len(setting.years)
        return np.zeros(shape), np.full(shape, np.inf)

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

    return bound(corridor.floor, 0.0), bound(corridor.ceiling, np.inf)
