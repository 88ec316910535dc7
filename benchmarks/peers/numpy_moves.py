"""A price that moves from a known one, in NumPy: anchors, process, bounds (MODEL 3)."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import ndtr

from benchmarks.peers.numpy_inputs import (
    Z90,
    Config,
    Sample,
    Values,
    normal,
    quantile,
    quantity,
    shocks,
)
from simcore.units import conversion, currency_of, deflate


def moving(
    sample: Sample,
    name: str,
    path: Config,
    target: str,
    *,
    own: str = "",
    known: Config | None = None,
    premium: Values = 0.0,
    lift: Values = 0.0,
    corridor: Config | None = None,
) -> np.ndarray:
    """Price that moves from a known one; factors are named after `own`, shocks after `name`."""
    own, spot, process = own or name, path["spot"], path["process"]
    factor, is_view = money_factor(sample, path, target), own != name
    years = np.arange(spot["year"] + 1, sample.years[-1] + 1)
    start = spot["year"] if moment(spot) is None else moment(spot) - 0.5
    value, anchors = spot["value"] * factor(spot["year"], spot), path.get("anchors") or {}
    if process["kind"] == "gbm":
        anchors = {}
    bands = {
        year: {key: one[key] * factor(year, one) for key in ("low", "central", "high")}
        for year, one in anchors.items()
    }
    centre, above, below = anchor_lines(bands, years, start=(start, value))
    carry = path["carry"] if process["kind"] != "gbm" and not anchors else 0.0
    if is_view and path["nominal"] and carry != 0.0:
        centre = np.array(
            [
                math.log(spot["value"] * factor(int(year), {"unit": spot.get("unit")}))
                for year in years
            ]
        )
    if anchors and path["after"] != "hold":
        centre = centre + np.maximum(0, years - max(anchors)) * math.log1p(path["after"]["grow"])
    mean = process["kind"] == "gbm" or path["centre"] == "mean"
    log_price: Values = (
        centre[:, None]
        - _correction(sample, process, spot, years, above, below, mean=mean)[:, None]
    )
    if np.any(above) or np.any(below):
        z = normal(sample, f"{name}.anchor")
        log_price = log_price + np.where(z >= 0, z * above[:, None], z * below[:, None])
    rate = premium
    if process["kind"] == "gbm":
        rate = rate + quantity(sample, process["mu"], f"{own}.mu")
    elif not anchors:
        rate = rate + quantity(sample, path["carry"], f"{own}.carry")
    log_price = log_price + rate * (years - start)[:, None]
    if process["kind"] != "fixed":
        log_price = log_price + deviation(sample, name, own, process, spot, years, mean=mean)
    event = path.get("tightening")
    if event and event["probability"] > 0:
        log_price = log_price + tightening(sample, name, event, years[:, None])
    if np.ndim(lift):
        log_price = log_price + lift[np.maximum(years - sample.years[0], 0)]
    values = np.exp(log_price)
    if corridor:
        floor, ceiling = (
            bound(corridor, side, years, factor, none)
            for side, none in (("floor", 0.0), ("ceiling", np.inf))
        )
        values = np.clip(values, floor[:, None], ceiling[:, None])
    seen = known or spot
    before = seen["value"] * factor(seen["year"], seen)
    return over_horizon(sample, years, values, before)


def moment(spot: Config) -> float | None:
    """Date of a known price in years; None of the mean of a year."""
    if not spot.get("date"):
        return None
    day = datetime.date.fromisoformat(spot["date"])
    return day.year + (day.timetuple().tm_yday - 1) / (366 if _is_leap(day.year) else 365)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _correction(
    sample: Sample,
    process: Config,
    spot: Config,
    years: np.ndarray,
    above: np.ndarray,
    below: np.ndarray,
    *,
    mean: bool,
) -> np.ndarray:
    """What is taken off the log price, so that its mean or its median is the stated centre."""
    if mean:
        return np.log(np.exp(above**2 / 2) * ndtr(above) + np.exp(below**2 / 2) * ndtr(-below))
    if process["kind"] == "fixed":
        return np.zeros(len(years))
    sigma = _central(sample, process["sigma"])
    kappa = _central(sample, process["kappa"]) if process["kind"] == "log_ou" else 0.0
    step = sigma**2 * (-math.expm1(-2.0 * kappa) / (2.0 * kappa) if kappa else 1.0)
    seen = moment(spot)
    variance = step if seen is None else sigma**2 * (spot["year"] + 1 - seen + 1.0 / 3.0)
    shifts = []
    for up, down in zip(above.tolist(), below.tolist(), strict=True):
        shifts.append(_median(up, down, math.sqrt(variance)))
        variance = variance * math.exp(-2.0 * kappa) + step
    return np.array(shifts)


def _central(sample: Sample, written: Any) -> float:
    """Central value of a pure number."""
    if not isinstance(written, Mapping):
        return float(written)
    if written["kind"] == "factor":
        return _central(sample, sample.config["factors"][written["name"]])
    if written["kind"] == "constant":
        return float(written["value"])
    return float(quantile(written, np.array([0.5]), np.array([0.0]))[0])


@cache
def _median(above: float, below: float, sd: float) -> float:
    """Median of z*s + X, where s differs by the sign of z and X is normal."""
    if above == below or sd == 0.0:
        return 0.0

    def excess(m: float) -> float:
        def weighted(z: float) -> float:
            density = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
            return density * (ndtr((m - z * above) / sd) + ndtr((m + z * below) / sd))

        return quad(weighted, 0.0, 9.0, epsabs=1e-13, epsrel=1e-12, limit=200)[0] - 0.5

    wide = max(above, below)
    return brentq(excess, -wide, wide, xtol=1e-14, rtol=1e-14)


def money_factor(sample: Sample, path: Config, target: str) -> Callable[..., float]:
    """Factor from a price's unit, and its money of a year, to the model's.

    A dated value may state a unit and a price year of its own.
    """
    money = sample.config["money"]

    def factor(year: int, dated: Config | None = None) -> float:
        dated = dated or {}
        unit = dated.get("unit") or path["unit"]
        found = conversion(unit, target, exchange=money["exchange"])
        of = dated.get("price_year") or (year if path["nominal"] else path.get("price_year"))
        if of is None:
            return found
        index = money["deflator"].get(currency_of(unit) or "EUR")
        return found * deflate(of, money["base_year"], index=index, inflation=money["inflation"])

    return factor


def anchor_lines(
    anchors: Config,
    years: np.ndarray,
    *,
    start: tuple[float, float] | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log centre, s+ and s- of an anchor table by year, linear between its dates."""
    points = {} if start is None else {start[0]: (math.log(start[1]), 0.0, 0.0)}
    for date, one in sorted(anchors.items()):
        points[date] = (
            math.log(one["central"]),
            math.log(one["high"] / one["central"]) / Z90,
            math.log(one["central"] / one["low"]) / Z90,
        )
    lines = np.array(list(points.values()))
    centre, above, below = (np.interp(years, list(points), lines[:, i]) for i in range(3))
    return centre, above, below


def deviation(
    sample: Sample,
    name: str,
    own: str,
    process: Config,
    spot: Config,
    years: np.ndarray,
    *,
    mean: bool,
) -> np.ndarray:
    """X (year, draw): exact yearly steps; less half its variance where means are centred."""
    kappa: Values = 0.0
    if process["kind"] == "log_ou":
        kappa = quantity(sample, process["kappa"], f"{own}.kappa")
    sigma = quantity(sample, process["sigma"], f"{own}.sigma")
    seen = moment(spot)

    def compute() -> np.ndarray:
        with np.errstate(invalid="ignore", divide="ignore"):
            square = -np.expm1(-2.0 * kappa) / (2.0 * np.asarray(kappa))
        step = sigma * np.sqrt(np.where(np.asarray(kappa) == 0.0, 1.0, square))
        # From a day of the year before, the mean of a year is its beginning and a third.
        first = step if seen is None else sigma * math.sqrt(spot["year"] + 1 - seen + 1.0 / 3.0)
        decay, noise = np.exp(-kappa), shocks(sample, name, years)
        x = np.empty_like(noise)
        last, variance = first * noise[0], np.square(first)
        x[0] = last - (0.5 * variance if mean else 0.0)
        for t in range(1, len(years)):
            last = last * decay + step * noise[t]
            variance = variance * decay**2 + step**2
            x[t] = last - (0.5 * variance if mean else 0.0)
        return x

    return sample.once(("deviation", own, mean), (process, spot, int(years[-1])), compute)


def tightening(sample: Sample, name: str, event: Config, years: np.ndarray) -> np.ndarray:
    """J (year, draw): what the event adds to the log price."""
    happens = {"kind": "bernoulli", "probability": event["probability"]}
    occurs = quantity(sample, happens, f"{name}.tightening.occurs")
    start = quantity(sample, event["year"], f"{name}.tightening.year", "yr")
    strength = quantity(sample, event["strength"], f"{name}.tightening.strength")
    if event["ramp"] <= 0:
        return occurs * strength * (years >= start)
    return occurs * strength * np.clip((years - start) / event["ramp"], 0.0, 1.0)


def over_horizon(sample: Sample, years: np.ndarray, values: np.ndarray, known: float) -> Any:
    """Values of the years after the known ones, and what stands in those of the horizon before."""
    inside = values[years >= sample.years[0]]
    past = np.full((len(sample.years) - len(inside), inside.shape[1]), known)
    return np.concatenate([past, inside]) if len(past) else inside


def bound(
    corridor: Config, side: str, years: np.ndarray, factor: Callable[[int], float], none: float
) -> np.ndarray:
    """Floor or ceiling (year,): values hold until the next date, the last one grows."""
    table = corridor[side]
    values = np.full(len(years), none)
    for date in sorted(table):
        values[years >= date] = table[date] * factor(date)
    if table:
        values *= (1.0 + corridor["growth"]) ** np.maximum(0, years - max(table))
    return values
