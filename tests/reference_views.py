"""Views, policy effects and responses of the reference model: what makes a price besides its path.

Section 3 of the model, one draw and one year at a time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from reference_draws import central
from reference_paths import (
    Case,
    bound,
    choice,
    dated_money,
    moved_path,
    path_target,
    quantity,
    scenario_price,
    system_price,
)

LIFTED = ("fixed", "gbm", "random_walk", "log_ou", "regime_switching", "bootstrap")


def has_views(path: Mapping[str, Any]) -> bool:
    return bool(path.get("views")) and not path.get("process")


def possible_views(path: Mapping[str, Any]) -> list[str]:
    """Names of the views that a draw may have."""
    if not has_views(path):
        return []
    chosen = path.get("view") or "ensemble"
    if chosen != "ensemble":
        return [chosen]
    return [name for name, view in path["views"].items() if view.get("weight", 0) > 0]


def drawn_view(case: Case, name: str, path: Mapping[str, Any]) -> str:
    """Name of the view of this draw."""
    names = possible_views(path)
    if len(names) == 1:
        return names[0]
    weights = [path["views"][one]["weight"] for one in names]
    total = sum(weights)
    chances = [weight / total for weight in weights]
    return choice(case, {"kind": "discrete", "values": names, "probabilities": chances},
                  name + ".view")  # fmt: skip


def views_from(case: Case, market: str) -> str | None:
    """Market whose views decide the price of a market."""
    path = case.catalog["markets"][market]
    names = [market]
    for key in ("relative", "link"):
        if path.get(key):
            names.append(path[key]["to"])
    return next((one for one in names if has_views(case.catalog["markets"][one])), None)


def view_label(case: Case, market: str) -> str | None:
    """Label `market.view` of a draw, as the outcomes by view have it."""
    name = views_from(case, market)
    if name is None:
        return None
    return f"{name}.{drawn_view(case, name, case.catalog['markets'][name])}"


def policy_lift(case: Case, name: str, path: Mapping[str, Any], year: int) -> float:
    """What the variant of a policy adds to the log price of a year."""
    effect = path.get("policy_effect")
    if not effect:
        return 0.0
    policy = case.catalog["policies"][effect["of"]]
    variant = choice(case, policy["variant"], effect["of"] + ".variant")
    stated = {**(effect.get("variants") or {}), **{
        key: value for key, value in effect.items()
        if key not in ("of", "ramp", "variants", "source", "at", "status", "note")
    }}  # fmt: skip
    if variant not in stated:
        return 0.0
    strength = quantity(case, stated[variant], f"{name}.policy_effect.{variant}")
    first, last = effect["ramp"]
    if year >= last:
        return strength
    return strength * max(0.0, (year - first) / (last - first)) if year > first else 0.0


def view_price(
    case: Case, name: str, path: Mapping[str, Any], label: str, target: str
) -> dict[int, float]:
    """Price of every year in one view, before response and corridor of the market."""
    view, own = path["views"][label], f"{name}.{label}"
    years, known = case.years, path.get("spot")
    kind = (view.get("process") or {}).get("kind")
    if kind in LIFTED:
        inner = {
            **{key: path.get(key) for key in ("unit", "nominal", "price_year", "tightening")},
            **{key: view.get(key) for key in ("process", "anchors", "after", "centre", "corridor")},
            "carry": view.get("carry"), "spot": view.get("spot") or known, "of_view": True,
        }  # fmt: skip
        if view.get("forward"):
            inner["anchors"] = dict(view["forward"])
        return moved_path(
            case, name, inner, target, own=own, known=known,
            premium=quantity(case, view.get("premium") or 0.0, own + ".premium"),
            lift=lambda year: policy_lift(case, name, path, year),
        )  # fmt: skip
    if view.get("position") is not None:
        place = quantity(case, view["position"], own + ".position")
        prices = {}
        for year in years:
            low, high = (bound(case, path, side, year, target) for side in ("floor", "ceiling"))
            prices[year] = low + place * (high - low)
    elif view.get("path"):
        inner = {**path, "path": view["path"]}
        first = min(view["path"])
        prices = {year: scenario_price(case, inner, max(year, first), target) for year in years}
    else:
        prices = system_price(case, {**path, "process": view["process"]})
    factor = deviation(case, name, own, view.get("deviation"), view.get("spot") or known)
    prices = {year: price * factor[year] for year, price in prices.items()}
    return after_known(case, path, prices, target)


def deviation(
    case: Case, name: str, own: str, process: Any, spot: Mapping[str, Any] | None
) -> dict[int, float]:
    """Factor by which a process leaves a price, by year."""
    if not process or process["kind"] == "fixed":
        return dict.fromkeys(case.years, 1.0)
    from reference_processes import multiplier

    moved = multiplier(case, name, {"process": process, "spot": spot}, False, own=own)
    return {year: moved.get(year, 1.0) for year in case.years}


def after_known(
    case: Case, path: Mapping[str, Any], prices: dict[int, float], target: str
) -> dict[int, float]:
    """The known price in the years up to it."""
    spot = path.get("spot")
    if not spot:
        return prices
    year = spot_year(spot)
    start = dated_money(case, path, spot["value"], year, target, spot)
    return {one: start if one <= year else price for one, price in prices.items()}


def spot_year(spot: Mapping[str, Any]) -> int:
    return int(str(spot["date"])[:4]) if spot.get("date") else spot["year"]


def relative_price(case: Case, name: str, path: Mapping[str, Any], target: str) -> dict[int, float]:
    """Price of a market that is another one's times a ratio."""
    from reference_paths import price_path

    other = path["relative"]["to"]
    base = price_path(case, other, case.catalog["markets"][other])
    ratio = quantity(case, path["relative"]["ratio"], name + ".relative.ratio")
    factor = deviation(case, name, name, path["process"], path["spot"])
    prices = {year: base[year] * ratio * factor[year] for year in case.years}
    return after_known(case, path, prices, target)


def level(case: Case, path: Mapping[str, Any], value: Any, name: str, target: str) -> float:
    """A price level of a response, without unit in that of the path."""
    return quantity(case, value, name, target, path["unit"])


def grown(threshold: Mapping[str, Any], year: int) -> float:
    after = threshold.get("after")
    if after is None:
        return 1.0
    return (1 + threshold["growth"]) ** max(0, year - after)


def answered(
    case: Case, name: str, path: Mapping[str, Any], price: float, year: int, target: str
) -> float:
    """A price after the response, at most the backstop."""
    response = path.get("response") or {}
    above, below = response.get("above"), response.get("below")
    new = price
    if above:
        limit = level(case, path, above["from"], name + ".response.above.from", target)
        limit *= grown(above, year)
        exponent = quantity(case, above["exponent"], name + ".response.above.exponent")
        if price > limit:
            new = limit * (price / limit) ** exponent
    if below:
        limit = level(case, path, below["from"], name + ".response.below.from", target)
        limit *= grown(below, year)
        exponent = quantity(case, below["exponent"], name + ".response.below.exponent")
        if price < limit:
            new = limit * (price / limit) ** exponent
    return min(new, backstop(case, name, path, target))


def backstop(case: Case, name: str, path: Mapping[str, Any], target: str) -> float:
    value = (path.get("response") or {}).get("backstop")
    if value is None:
        return math.inf
    return level(case, path, value, name + ".response.backstop", target)


def limited(
    case: Case, name: str, path: Mapping[str, Any], prices: dict[int, float], target: str
) -> dict[int, float]:
    """Prices after response and corridor."""
    from reference_paths import clipped

    known = spot_year(path["spot"]) if path.get("spot") else -math.inf
    return {
        year: price
        if year <= known
        else clipped(case, path, answered(case, name, path, price, year, target), year, target)
        for year, price in prices.items()
    }


def at_price_limit(case: Case, market: str, year: int) -> float:
    """1 where the price of a market is at its backstop, floor or ceiling."""
    path = case.catalog["markets"][market]
    target, process = path_target(path, None), path.get("process") or {}
    link = path.get("link")
    bare = not path.get("response") and not path.get("corridor")
    if process.get("kind") in ("scenario", "cap_and_bank") or bare:
        if not link or case.catalog["markets"][link["to"]].get("link"):
            return 0.0
        from reference_paths import policy

        return policy(case, link["share"], year) * at_price_limit(case, link["to"], year)
    if path.get("spot") and year <= spot_year(path["spot"]):
        return 0.0
    from reference_paths import price_path

    price = price_path(case, market, path)[year]
    low, high = (bound(case, path, side, year, target) for side in ("floor", "ceiling"))
    ends = [price >= backstop(case, market, path, target)]
    ends += [] if high is None else [price >= high]
    ends.append(price <= (0.0 if low is None else low))
    return float(any(ends))


def central_value(case: Case, value: Any) -> float:
    """Central value of a pure number."""
    if isinstance(value, Mapping) and value.get("kind") == "factor":
        return central_value(case, case.config["factors"][value["name"]])
    if isinstance(value, Mapping) and value.get("kind", "constant") != "constant":
        unit = value.get("unit")
        return quantity(case, float(central(value)), "", "1", unit)
    return quantity(case, value, "")
