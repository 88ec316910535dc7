"""One price path as nodes: anchors, process, corridor and tightening (MODEL 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.dated import DatedTable
from simcore.intake.paths import Anchor, PricePath, Spot
from simcore.model.processes import PathMaker
from simcore.model.scene import Scene, choice_node, normal_node, read
from simcore.numerics.elementary import interpolated, log, log1p
from simcore.numerics.normal import Z90, log_mean, median_shift
from simcore.processes import Process, kind_of
from simcore.processes.declaration import Motion
from simcore.quantities.records import Sourced
from simcore.units import conversion, currency_of, deflate

Floats = NDArray[np.float64]


def anchor_lines(
    anchors: Mapping[int, Anchor], years: np.ndarray, *, known: tuple[float, float] | None
) -> tuple[Floats, Floats, Floats]:
    """Log centre, s+ and s- of an anchor table by year, held outside it (MODEL 3)."""
    dates: list[float] = []
    centre, above, below = [], [], []
    if known is not None:
        dates, centre, above, below = [known[0]], [log(known[1])], [0.0], [0.0]
    for date in sorted(anchors):
        anchor = anchors[date]
        dates.append(date)
        centre.append(log(anchor.central))
        above.append(log(anchor.high / anchor.central) / Z90)
        below.append(log(anchor.central / anchor.low) / Z90)
    return (
        interpolated(years, dates, centre),
        interpolated(years, dates, above),
        interpolated(years, dates, below),
    )


def path_node(
    scene: Scene,
    name: str,
    record: PricePath,
    target: str,
    *,
    view: str = "",
    known: Spot | None = None,
    premium: int | None = None,
    lift: int | None = None,
    bounded: bool = True,
) -> int:
    """Node of a price that moves from a known one, EUR of the base year per canonical unit.

    Parameters
    ----------
    scene : Scene
    name : str
        Of the price; its shocks and its anchor normal are those of all its views.
    record : PricePath
    target : str
        Unit of the result.
    view : str
        Whose factors these are; empty for a price without views.
    known : Spot, optional
        Price of the known years, where it is not that from which the path starts.
    premium : int, optional
        Node of a drift on top of carry or anchors, per year.
    lift : int, optional
        Node of what is added to the log price.
    bounded : bool
        Whether the corridor is applied here.
    """
    factor = price_factor(scene, record, target)
    assert record.spot is not None
    assert record.process is not None
    kind, own = kind_of(record.process), f"{name}.{view}" if view else name
    make = PathMaker(scene, name, own, record.spot)
    start, since = _since(scene, record.spot)
    value = record.spot.value * factor(record.spot.year, record.spot)
    if kind.drift or not record.anchors:
        bands: dict[int, Anchor] = {}
        centre = np.full(len(since), log(value))
        above = below = np.zeros(len(since))
        if view and record.nominal and not _is_zero(record.carry):
            # A drift of nominal prices: what money loses until each year comes off.
            centre = np.array([
                log(record.spot.value * factor(max(int(year), record.spot.year), record.spot,
                                               moves=True))
                for year in scene.years
            ])  # fmt: skip
    else:
        bands = {}
        for year, band in record.anchors.items():
            by = factor(year, band)
            bands[year] = Anchor.model_construct(
                low=band.low * by, central=band.central * by, high=band.high * by
            )
        centre, above, below = anchor_lines(bands, scene.years, known=(start, value))
        if record.after != "hold":
            beyond = np.maximum(0, scene.years - max(bands))
            centre = centre + beyond * log1p(record.after.grow)
    mean = record.centre == "mean" or bool(kind.drift)
    ages = np.maximum(scene.years - record.spot.year, 0)
    if mean:
        correction = log_mean(above, below)
        if kind.log_mean is not None:
            correction = correction + kind.log_mean(make, record.process, ages)
    else:
        variance = kind.variance(make, record.process, ages)
        correction = median_shift(above, below, variance)
    if known is not None:
        price = known.value * factor(known.year, known)
        centre = np.where(since > 0, centre, log(price))
    floor, ceiling = bounds(scene, record if bounded else None, factor)
    lines = {
        "centre": centre, "above": above, "below": below, "correction": correction,
        "floor": floor, "ceiling": ceiling, "since": since,
    }  # fmt: skip
    graph = scene.graph
    # Certain anchors, such as a forward curve, have nothing that a normal could move.
    spread = bool(above.any() or below.any())
    z = normal_node(scene, f"{name}.anchor") if spread else graph.constant(0.0)
    return _advance(
        make, record.process, record, lines, z,
        drift=_drift(scene, own, record, premium), mean=mean, lift=lift,
    )  # fmt: skip


def deviation_node(
    scene: Scene, name: str, record: PricePath, process: Process, *, view: str = ""
) -> int:
    """Node of the factor by which a process leaves a price that something else makes."""
    if not kind_of(process).moves:
        return scene.graph.constant(1.0)
    assert record.spot is not None
    _, since = _since(scene, record.spot)
    lines: dict[str, Any] = {
        "centre": 0.0, "above": 0.0, "below": 0.0, "correction": 0.0, "floor": 0.0,
        "ceiling": np.inf, "since": since,
    }  # fmt: skip
    plain = record.model_copy(update={"tightening": None})
    zero = scene.graph.constant(0.0)
    make = PathMaker(scene, name, f"{name}.{view}" if view else name, record.spot)
    return _advance(make, process, plain, lines, zero, drift=zero, mean=False, lift=None)


def _since(scene: Scene, spot: Spot) -> tuple[float, Floats]:
    """Where a spot stands among the years, and the years from it to each of them (0: known).

    A year stands for its middle: a spot of a date lies half a year less than its date, so that
    what is left to the middle of a year is the difference of the two.
    """
    start = float(spot.year) if spot.moment is None else spot.moment - 0.5
    since = np.where(scene.years > spot.year, scene.years - start, 0.0)
    return start, since


def _advance(
    make: PathMaker,
    process: Process,
    record: PricePath,
    lines: dict[str, Any],
    z: int,
    *,
    drift: int,
    mean: bool,
    lift: int | None,
) -> int:
    """Node of a path whose lines are known: the columns of PATH."""
    scene, graph, move = make.scene, make.scene.graph, kind_of(process).motion
    zero = graph.constant(0.0)
    motion = Motion() if move is None else move(make, process, mean)
    occurs = start = strength = zero
    ramp = -1.0
    if record.tightening is not None and record.tightening.probability > 0:
        event, ramp = record.tightening, record.tightening.ramp
        occurs = choice_node(
            scene,
            f"{make.shared}.tightening.occurs",
            {"kind": "bernoulli", "probability": event.probability},
            event,
            ("no", "yes"),
        )
        start = read(scene, event, "year", f"{make.shared}.tightening")
        strength = read(scene, event, "strength", f"{make.shared}.tightening")
    steps = max(len(motion.shocks), len(motion.added), 1)
    return graph.node(
        "PATH", z=z, decay=graph.constant(1.0) if motion.decay is None else motion.decay,
        spread=zero if motion.spread is None else motion.spread,
        first_spread=zero if motion.first is None else motion.first, drift=drift, occurs=occurs,
        start=start, strength=strength, lift=zero if lift is None else lift,
        shocks=motion.shocks or (zero,) * steps, jumps=motion.added, noisy=bool(motion.shocks),
        centred=mean, ramp=ramp, first_year=make.first, lifted=lift is not None, steps=steps,
        jumping=bool(motion.added), **lines,
    )  # fmt: skip


def _drift(scene: Scene, own: str, record: PricePath, premium: int | None) -> int:
    """Node of the drift per year: mu or carry, and the premium."""
    graph, process = scene.graph, record.process
    drift = kind_of(process).drift
    found = graph.constant(0.0)
    if process is not None and drift:
        found = read(scene, process, drift, own)
    elif not record.anchors:
        found = read(scene, record, "carry", own)
    if premium is None or graph.is_constant(premium, 0.0):
        return found
    if graph.is_constant(found, 0.0):
        return premium
    return graph.sum(found, premium)


def price_factor(scene: Scene, record: PricePath, target: str) -> Callable[..., float]:
    """Factor of a dated price; a spot or anchor may state its own unit and price year.

    With `moves` the price year is that of the date, even where the spot states another one.
    """
    money = scene.experiment.money

    def factor(year: int, own: Sourced | None = None, *, moves: bool = False) -> float:
        unit = (own.unit if own else None) or record.unit
        stated = None if moves else (own.price_year if own else None)
        of = stated or (year if record.nominal else record.price_year)
        converted = conversion(unit, target, exchange=money.exchange)
        if of is None:
            return converted
        index = money.deflator.get(currency_of(unit) or "EUR")
        return converted * deflate(of, money.base_year, index=index, inflation=money.inflation)

    return factor


def bounds(
    scene: Scene, record: PricePath | None, factor: Callable[..., float]
) -> tuple[Floats, Floats]:
    """Floor and ceiling by year; 0 and infinity where there is none."""
    corridor = record.corridor if record is not None else None
    if corridor is None:
        shape = len(scene.years)
        return np.zeros(shape), np.full(shape, np.inf)

    def bound(dates: Mapping[int, float], none: float) -> Floats:
        real = {date: value * factor(date) for date, value in dates.items()}
        table = DatedTable(real, growth=corridor.growth)
        return np.array(table.over(scene.years, before=none))

    return bound(corridor.floor, 0.0), bound(corridor.ceiling, np.inf)


def _is_zero(value: Any) -> bool:
    return getattr(value, "value", None) == 0
