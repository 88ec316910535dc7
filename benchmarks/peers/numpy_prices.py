"""Prices in NumPy: paths, views, what politics does to them, and their bounds (MODEL 3)."""

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
from benchmarks.peers.numpy_market import solved
from benchmarks.peers.numpy_policies import policy, variant_of
from simcore.units import conversion, currency_of, deflate

ALONE = ("scenario", "cap_and_bank")
"""Processes whose price is what it is."""


def price(sample: Sample, name: str, path: Config, target: str) -> Values:
    """Price (year, draw) of a path over the horizon in EUR of the base year."""
    return sample.once(("price", name), _read(sample, path),
                       lambda: _price(sample, name, path, target))


def market_price(sample: Sample, name: str) -> Values:
    """Price of a carbon market, EUR/t; what it is linked to takes over with the link."""
    markets = sample.catalog["markets"]
    own, link = price(sample, name, markets[name], "EUR/t"), markets[name].get("link")
    if not link:
        return own
    share, other = policy(sample, link["share"]), market_price(sample, link["to"])
    return sample.once(("linked", id(own), id(share), id(other)), "",
                       lambda: (1.0 - share) * own + share * other)


def _read(sample: Sample, path: Config) -> list[Any]:
    """All that is written of a price: two scenarios that write the same have the same one."""
    catalog, found = sample.catalog, [path]
    if path.get("relative"):
        found += _read(sample, catalog["markets"][path["relative"]["to"]])
    if path.get("policy_effect"):
        found.append(catalog["policies"][path["policy_effect"]["of"]]["variant"])
    for view in chosen_views(path).values():
        if view.get("process", {}).get("kind") == "cap_and_bank":
            found += _system(sample, view["process"]["system"])
    if path.get("process", {}).get("kind") == "cap_and_bank":
        found += _system(sample, path["process"]["system"])
    return found


def _system(sample: Sample, name: str) -> list[Any]:
    system = sample.catalog["systems"][name]
    follows = system.get("follows")
    return [system, sample.catalog["policies"][follows]["variant"] if follows else None]


def _price(sample: Sample, name: str, path: Config, target: str) -> Values:
    if path.get("relative"):
        made = _relative(sample, name, path, target)
    elif has_views(path):
        made = _of_views(sample, name, path, target)
    elif path["process"]["kind"] == "scenario":
        return _as_written(sample, path, path["path"], target)
    elif path["process"]["kind"] == "cap_and_bank":
        return solved(sample, path["process"]["system"], _known_price(sample, path), None)
    else:
        lift = policy_lift(sample, name, path)
        return _moving(sample, name, path, target, lift=lift,
                       corridor=None if _is_answered(path) else path.get("corridor"),
                       answer=path if _is_answered(path) else None)
    return answered(sample, name, path, made, target) if _is_answered(path) else made


def _is_answered(path: Config) -> bool:
    if has_views(path) or path.get("relative"):
        return bool(path.get("response") or path.get("corridor"))
    return bool(path.get("response")) and path["process"]["kind"] not in ALONE


# --- views ---------------------------------------------------------------------------------------


def has_views(path: Config) -> bool:
    """Whether views make a price, and no process of its own."""
    return bool(path.get("views")) and not path.get("process")


def chosen_views(path: Config) -> dict[str, Config]:
    """Views that a draw may have."""
    if not has_views(path):
        return {}
    if path["view"] != "ensemble":
        return {path["view"]: path["views"][path["view"]]}
    return {name: view for name, view in path["views"].items() if view["weight"] > 0.0}


def drawn_view(sample: Sample, name: str, path: Config) -> Values:
    """Position of each draw's view among those that it may have."""
    weights = np.array([view["weight"] for view in chosen_views(path).values()])
    if len(weights) == 1:
        return 0.0
    spec = {"kind": "discrete", "values": list(range(len(weights))),
            "probabilities": (weights / weights.sum()).tolist()}
    return quantity(sample, spec, f"{name}.view")


def views_of(sample: Sample, market: str) -> tuple[list[str], Values]:
    """Labels `market.view` of the views that decide a market's price, and each draw's position."""
    markets, path = sample.catalog["markets"], sample.catalog["markets"][market]
    names = [market, *(path[key]["to"] for key in ("relative", "link") if path.get(key))]
    for name in names:
        if has_views(markets[name]):
            labels = [f"{name}.{view}" for view in chosen_views(markets[name])]
            return labels, drawn_view(sample, name, markets[name])
    return [], 0.0


def _of_views(sample: Sample, name: str, path: Config, target: str) -> Values:
    drawn, made = drawn_view(sample, name, path), None
    for place, (label, view) in enumerate(chosen_views(path).items()):
        here = drawn == place
        own = _view(sample, name, path, label, view, target, here)
        made = own if made is None else np.where(here, own, made)
    return made


def _view(
    sample: Sample, name: str, path: Config, label: str, view: Config, target: str, here: Any
) -> Values:
    """Price in one view, before response and corridor; `here`: the draws that have it."""
    kind, own = view.get("process", {}).get("kind"), f"{name}.{label}"
    spot = view.get("spot") or path.get("spot")
    if kind not in (None, *ALONE):
        forward = {year: {"low": value, "central": value, "high": value}
                   for year, value in view.get("forward", {}).items()}
        alone = {"unit": path["unit"], "nominal": path["nominal"],
                 "price_year": path.get("price_year"), "tightening": path.get("tightening"),
                 "spot": spot, "process": view["process"], "after": view["after"],
                 "centre": view["centre"], "anchors": view.get("anchors") or forward,
                 "carry": view.get("carry", 0.0)}
        return _moving(
            sample, name, alone, target, own=own, known=path.get("spot"),
            lift=policy_lift(sample, name, path), corridor=view.get("corridor"),
            premium=quantity(sample, view["premium"], f"{own}.premium"),
        )
    if view.get("position") is not None:
        floor, ceiling = (_side(sample, path, side, target) for side in ("floor", "ceiling"))
        made = floor + quantity(sample, view["position"], f"{own}.position") * (ceiling - floor)
    elif kind == "cap_and_bank":
        made = solved(sample, view["process"]["system"], _known_price(sample, path), here)
    else:
        made = _as_written(sample, path, view["path"], target)
    process = view.get("deviation")
    if process and process["kind"] != "fixed":
        made = made * _leaving(sample, name, own, process, spot)
    return _after_known(sample, path, made, target)


def _leaving(sample: Sample, name: str, own: str, process: Config, spot: Config) -> np.ndarray:
    """Factor (year, draw) by which a process leaves a price that something else makes."""
    years = np.arange(spot["year"] + 1, sample.years[-1] + 1)
    moved = np.exp(deviation(sample, name, own, process, spot, years, mean=False))
    return _over_horizon(sample, years, moved, 1.0)


def _over_horizon(sample: Sample, years: np.ndarray, values: np.ndarray, known: float) -> Any:
    """Values of the years after the known ones, and what stands in those of the horizon before."""
    inside = values[years >= sample.years[0]]
    past = np.full((len(sample.years) - len(inside), inside.shape[1]), known)
    return np.concatenate([past, inside]) if len(past) else inside


def _after_known(sample: Sample, path: Config, made: Values, target: str) -> Values:
    known = path.get("spot")
    if not known:
        return made
    value = known["value"] * money_factor(sample, path, target)(known["year"], known)
    return np.where((sample.years <= known["year"])[:, None], value, made)


def _relative(sample: Sample, name: str, path: Config, target: str) -> Values:
    rule = path["relative"]
    base = price(sample, rule["to"], sample.catalog["markets"][rule["to"]], target)
    made = base * quantity(sample, rule["ratio"], f"{name}.relative.ratio")
    if path["process"]["kind"] != "fixed":
        made = made * _leaving(sample, name, name, path["process"], path["spot"])
    return _after_known(sample, path, made, target)


def _known_price(sample: Sample, path: Config) -> tuple[int, float] | None:
    spot = path.get("spot")
    if not spot:
        return None
    return spot["year"], spot["value"] * money_factor(sample, path, "EUR/t")(spot["year"], spot)


def _as_written(sample: Sample, path: Config, table: Config, target: str) -> np.ndarray:
    dates, factor = sorted(table), money_factor(sample, path, target)
    values = [table[date] * factor(date) for date in dates]
    return np.interp(sample.years, dates, values)[:, None]


# --- a price that moves --------------------------------------------------------------------------


def _moving(
    sample: Sample, name: str, path: Config, target: str, *, own: str = "",
    known: Config | None = None, premium: Values = 0.0, lift: Values = 0.0,
    corridor: Config | None = None, answer: Config | None = None,
) -> np.ndarray:
    """Price that moves from a known one; factors are named after `own`, shocks after `name`."""
    own, spot, process = own or name, path["spot"], path["process"]
    factor, is_view = money_factor(sample, path, target), own != name
    years = np.arange(spot["year"] + 1, sample.years[-1] + 1)
    start = spot["year"] if moment(spot) is None else moment(spot) - 0.5
    value, anchors = spot["value"] * factor(spot["year"], spot), path.get("anchors") or {}
    if process["kind"] == "gbm":
        anchors = {}
    bands = {year: {key: one[key] * factor(year, one) for key in ("low", "central", "high")}
             for year, one in anchors.items()}
    centre, above, below = anchor_lines(bands, years, start=(start, value))
    carry = path["carry"] if process["kind"] != "gbm" and not anchors else 0.0
    if is_view and path["nominal"] and carry != 0.0:
        centre = np.array([math.log(spot["value"] * factor(int(year), {"unit": spot.get("unit")}))
                           for year in years])
    if anchors and path["after"] != "hold":
        centre = centre + np.maximum(0, years - max(anchors)) * math.log1p(path["after"]["grow"])
    mean = process["kind"] == "gbm" or path["centre"] == "mean"
    log_price: Values = centre[:, None] - _correction(
        sample, process, spot, years, above, below, mean=mean)[:, None]
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
        floor, ceiling = (bound(corridor, side, years, factor, none)
                          for side, none in (("floor", 0.0), ("ceiling", np.inf)))
        values = np.clip(values, floor[:, None], ceiling[:, None])
    seen = known or spot
    before = seen["value"] * factor(seen["year"], seen)
    found = _over_horizon(sample, years, values, before)
    return answered(sample, name, answer, found, target) if answer else found


def moment(spot: Config) -> float | None:
    """Date of a known price in years; None of the mean of a year."""
    if not spot.get("date"):
        return None
    day = datetime.date.fromisoformat(spot["date"])
    return day.year + (day.timetuple().tm_yday - 1) / (366 if _is_leap(day.year) else 365)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _correction(
    sample: Sample, process: Config, spot: Config, years: np.ndarray, above: np.ndarray,
    below: np.ndarray, *, mean: bool,
) -> np.ndarray:
    """What is taken off the log price, so that its mean or its median is the stated centre."""
    if mean:
        return np.log(np.exp(above**2 / 2) * ndtr(above) + np.exp(below**2 / 2) * ndtr(-below))
    if process["kind"] == "fixed":
        return np.zeros(len(years))
    sigma, kappa = (_central(sample, process[key]) for key in ("sigma", "kappa"))
    if process["kind"] != "log_ou":
        kappa = 0.0
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
    anchors: Config, years: np.ndarray, *, start: tuple[float, float] | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log centre, s+ and s- of an anchor table by year, linear between its dates."""
    points = {} if start is None else {start[0]: (math.log(start[1]), 0.0, 0.0)}
    for date, one in sorted(anchors.items()):
        points[date] = (math.log(one["central"]),
                        math.log(one["high"] / one["central"]) / Z90,
                        math.log(one["central"] / one["low"]) / Z90)
    lines = np.array(list(points.values()))
    centre, above, below = (np.interp(years, list(points), lines[:, i]) for i in range(3))
    return centre, above, below


def deviation(
    sample: Sample, name: str, own: str, process: Config, spot: Config, years: np.ndarray, *,
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


# --- policy, response, bounds --------------------------------------------------------------------


def policy_lift(sample: Sample, name: str, path: Config) -> Values:
    """What the variant of a policy adds to the log price (year, draw); 0.0 if nothing."""
    effect = path.get("policy_effect")
    if not effect:
        return 0.0
    named, drawn = variant_of(sample, effect["of"])
    total: Values = 0.0
    for place, variant in enumerate(named):
        strength = quantity(sample, effect["variants"].get(variant, 0.0),
                            f"{name}.policy_effect.{variant}")
        total = total + np.where(drawn == place, strength, 0.0)
    first, last = effect["ramp"]
    share = (sample.years >= last) * 1.0
    if first < last:
        share = np.clip((sample.years - first) / (last - first), 0.0, 1.0)
    return share[:, None] * total


def answered(sample: Sample, name: str, path: Config, made: Values, target: str) -> np.ndarray:
    """A price after politics has answered it, below its backstop and inside its corridor."""
    response = path.get("response") or {}
    found = made
    for side, beyond in (("above", np.greater), ("below", np.less)):
        rule = response.get(side)
        if rule:
            threshold = _level(sample, path, rule["from"], f"{name}.response.{side}.from", target)
            exponent = quantity(sample, rule["exponent"], f"{name}.response.{side}.exponent")
            since = np.maximum(0, sample.years - rule.get("after", np.inf))
            threshold = (1.0 + rule["growth"]) ** since[:, None] * threshold
            pulled = threshold * (made / threshold) ** exponent
            found = np.where(beyond(made, threshold), pulled, found)
    found = np.minimum(found, backstop(sample, name, path, target))
    floor, ceiling = (_side(sample, path, side, target) for side in ("floor", "ceiling"))
    return np.clip(found, floor, ceiling)


def backstop(sample: Sample, name: str, path: Config, target: str) -> Values:
    """What no price stays above."""
    written = (path.get("response") or {}).get("backstop")
    if written is None:
        return np.inf
    return _level(sample, path, written, f"{name}.response.backstop", target)


def _level(sample: Sample, path: Config, written: Any, label: str, target: str) -> Values:
    if not isinstance(written, Mapping):
        written = {"kind": "constant", "value": written}
    if written["kind"] != "factor" and not written.get("unit"):
        written = {**written, "unit": path["unit"]}
    return quantity(sample, written, label, target)


def _side(sample: Sample, path: Config, side: str, target: str) -> np.ndarray:
    """Floor or ceiling (year, 1); 0 and infinity where there is none."""
    none = 0.0 if side == "floor" else np.inf
    if not path.get("corridor"):
        return np.full((len(sample.years), 1), none)
    factor = money_factor(sample, path, target)
    return bound(path["corridor"], side, sample.years, factor, none)[:, None]


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


def at_limit(sample: Sample, name: str) -> Values:
    """1 where the price of a market is at its backstop, its floor or its ceiling."""
    markets = sample.catalog["markets"]
    path, link = markets[name], markets[name].get("link")
    alone = path.get("process", {}).get("kind") in ALONE
    if alone or not (path.get("response") or path.get("corridor")):
        if not link or markets[link["to"]].get("link"):
            return 0.0
        return policy(sample, link["share"]) * at_limit(sample, link["to"])
    made = price(sample, name, path, "EUR/t")
    floor, ceiling = (_side(sample, path, side, "EUR/t") for side in ("floor", "ceiling"))
    held = (made >= backstop(sample, name, path, "EUR/t")) | (made >= ceiling) | (made <= floor)
    known = path.get("spot", {}).get("year", -math.inf)
    return held * 1.0 * (sample.years > known)[:, None]


def futures(sample: Sample, name: str) -> np.ndarray:
    """Futures of a market by year of delivery (year, 1), EUR/t; undefined where none is known."""
    path = sample.catalog["markets"][name]
    table, factor = path["futures"], money_factor(sample, path, "EUR/t")
    values = [table[year] * factor(year) if year in table else np.nan
              for year in sample.years.tolist()]
    return np.array(values)[:, None]
