"""Prices in NumPy: views, what politics does to them, and their bounds (MODEL 3)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.peers.numpy_inputs import Config, Sample, Values, quantity
from benchmarks.peers.numpy_market import solved
from benchmarks.peers.numpy_moves import bound, deviation, money_factor, moving, over_horizon
from benchmarks.peers.numpy_policies import policy, variant_of

ALONE = ("scenario", "cap_and_bank")
"""Processes whose price is what it is."""


def price(sample: Sample, name: str, path: Config, target: str) -> Values:
    """Price (year, draw) of a path over the horizon in EUR of the base year."""
    return sample.once(
        ("price", name), _read(sample, path), lambda: _price(sample, name, path, target)
    )


def market_price(sample: Sample, name: str) -> Values:
    """Price of a carbon market, EUR/t; what it is linked to takes over with the link."""
    markets = sample.catalog["markets"]
    own, link = price(sample, name, markets[name], "EUR/t"), markets[name].get("link")
    if not link:
        return own
    share, other = policy(sample, link["share"]), market_price(sample, link["to"])
    return sample.once(
        ("linked", id(own), id(share), id(other)), "", lambda: (1.0 - share) * own + share * other
    )


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
        made = moving(
            sample,
            name,
            path,
            target,
            lift=policy_lift(sample, name, path),
            corridor=None if _is_answered(path) else path.get("corridor"),
        )
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
    spec = {
        "kind": "discrete",
        "values": list(range(len(weights))),
        "probabilities": (weights / weights.sum()).tolist(),
    }
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
        forward = {
            year: {"low": value, "central": value, "high": value}
            for year, value in view.get("forward", {}).items()
        }
        alone = {
            "unit": path["unit"],
            "nominal": path["nominal"],
            "price_year": path.get("price_year"),
            "tightening": path.get("tightening"),
            "spot": spot,
            "process": view["process"],
            "after": view["after"],
            "centre": view["centre"],
            "anchors": view.get("anchors") or forward,
            "carry": view.get("carry", 0.0),
        }
        return moving(
            sample,
            name,
            alone,
            target,
            own=own,
            known=path.get("spot"),
            lift=policy_lift(sample, name, path),
            corridor=view.get("corridor"),
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
    return over_horizon(sample, years, moved, 1.0)


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


# --- policy, response, bounds --------------------------------------------------------------------


def policy_lift(sample: Sample, name: str, path: Config) -> Values:
    """What the variant of a policy adds to the log price (year, draw); 0.0 if nothing."""
    effect = path.get("policy_effect")
    if not effect:
        return 0.0
    named, drawn = variant_of(sample, effect["of"])
    total: Values = 0.0
    for place, variant in enumerate(named):
        strength = quantity(
            sample, effect["variants"].get(variant, 0.0), f"{name}.policy_effect.{variant}"
        )
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
    # A price that is known was not made by its bounds, nor is it answered.
    known = path.get("spot", {}).get("year", -math.inf)
    return np.where((sample.years <= known)[:, None], made, np.clip(found, floor, ceiling))


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
    values = [
        table[year] * factor(year) if year in table else np.nan for year in sample.years.tolist()
    ]
    return np.array(values)[:, None]
