"""Inputs of the reference model for one draw: quantities, price paths, policies, learning.

Sections 2, 3 and 4 of the model, one short function for each sentence.
"""

from __future__ import annotations

import calendar
import datetime
import functools
import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from reference_draws import (
    Z90,
    central,
    correlated_normal,
    correlation_factor,
    given_the_kept,
    quantile,
    uniform,
)
from reference_units import factor_to, is_energy, parse
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

Dated = Mapping[int, Any]


remembered = functools.lru_cache(1 << 17)
"""Asked again of a case, a function that reads no price put in by hand answers from memory."""


def remembered_at_prices(compute: Callable[..., Any]) -> Callable[..., Any]:
    """The same of a function that reads prices: those put in by hand decide its answer too."""

    @remembered
    def known(given: tuple[Any, ...], *arguments: Any) -> Any:
        return compute(*arguments)

    @functools.wraps(compute)
    def asked(case: Case, *arguments: Any) -> Any:
        return known(tuple(sorted(case.given.items())), case, *arguments)

    return asked


@dataclass(eq=False)
class Case:
    """One scenario's config and one draw (None: the central case)."""

    config: dict[str, Any]
    draw: int | None
    stream: str = ""  # prefix of every stream name, when scenarios do not share draws
    paths: dict[str, dict[int, float]] = field(default_factory=dict)
    samples: dict[tuple[str, int], Any] = field(default_factory=dict)
    given: dict[tuple[str, str], float] = field(default_factory=dict)  # prices put in by hand
    scenario: str = ""  # names the numbers that it draws again

    def __post_init__(self) -> None:
        chosen = self.config.get("correlations") or {}
        self.factor_group = correlation_factor(chosen.get("factors") or [])
        self.shock_group = correlation_factor(chosen.get("shocks") or [])

    @property
    def catalog(self) -> dict[str, Any]:
        return self.config["catalog"]

    @property
    def money(self) -> dict[str, Any]:
        return self.config["money"]

    @property
    def years(self) -> range:
        return range(self.config["years"]["first"], self.config["years"]["last"] + 1)


def is_dated(value: Any) -> bool:
    """Whether a mapping is a dated table: all keys integers."""
    return isinstance(value, Mapping) and len(value) > 0 and all(type(k) is int for k in value)


def merge(base: Any, overlay: Any) -> Any:
    """Mappings merge key by key; an overlay that is a quantity, a dated table, a list or a leaf
    replaces what lies under it; nothing at all empties a dated table."""
    if not isinstance(base, Mapping) or not isinstance(overlay, Mapping):
        return overlay
    if "kind" in overlay or is_dated(overlay) or (is_dated(base) and not overlay):
        return overlay
    one_number = "value" in overlay and not isinstance(overlay["value"], Mapping)
    dated = {"year", "date"}
    if one_number and not dated & set(overlay) and not dated & set(base):
        return overlay  # but the spot of a path has a year or a date beside its value
    merged = dict(base)
    if "value" in base and dated & set(overlay):
        merged = {key: value for key, value in base.items() if key not in dated}
    for name, value in overlay.items():
        merged[name] = merge(base[name], value) if name in base else value
    return merged


# ---------------------------------------------------------------- section 2: uncertain inputs


def is_drawn_again(case: Case, name: str) -> bool:
    """Whether the scenario draws a name for itself; where all do, nothing is drawn again."""
    return not case.stream and any(fnmatchcase(name, p) for p in case.config.get("redraw") or ())


def own_uniform(case: Case, name: str, step: int = 0) -> float:
    prefix = f"{case.scenario}/" if is_drawn_again(case, name) else case.stream
    return uniform(case.config["seed"], prefix + name, case.draw, step)


def mixed_normal(
    case: Case, name: str, group: tuple[list[str], list[list[float]]], ending: str, step: int
) -> float:
    """Standard normal of a name; one that is drawn again follows from those that are kept."""
    seed, draw = case.config["seed"], case.draw

    def first(one: str) -> float:
        return float(ndtri(uniform(seed, case.stream + one + ending, draw, step)))

    def again(one: str) -> bool:
        return is_drawn_again(case, one + ending)

    if not again(name):
        return correlated_normal(name, group, first)
    own = float(ndtri(own_uniform(case, name + ending, step)))
    if name not in group[0]:
        return own
    fresh = [one for one in group[0] if again(one)]
    kept = [one for one in group[0] if not again(one)]
    mean, spread = given_the_kept(group, kept, fresh)
    numbers = [float(ndtri(own_uniform(case, one + ending, step))) for one in fresh]
    known = [correlated_normal(one, group, first) for one in kept]
    i = fresh.index(name)
    return float(mean[i] @ known + spread[i] @ numbers)


def normal(case: Case, name: str) -> float:
    """Standard normal of a static factor; zero in the central case."""
    return 0.0 if case.draw is None else mixed_normal(case, name, case.factor_group, "", 0)


def shock(case: Case, path: str, year: int) -> float:
    """Standard normal of a path in a calendar year; zero in the central case."""
    if case.draw is None:
        return 0.0
    return mixed_normal(case, path, case.shock_group, ".shock", year)


def sampled(case: Case, q: Mapping[str, Any], name: str) -> Any:
    """Value of a distribution in this draw; remembered, as one draw asks for it many times."""
    if (name, id(q)) not in case.samples:
        case.samples[name, id(q)] = sample(case, q, name)
    return case.samples[name, id(q)]


def sample(case: Case, q: Mapping[str, Any], name: str) -> Any:
    """Value of a distribution at its address."""
    if case.draw is None:
        return central(q)
    if name in case.factor_group[0]:
        z = normal(case, name)
        return quantile(q, float(ndtr(z)), z)
    return quantile(q, own_uniform(case, name))


@remembered
def conversion(case: Case, target: str, unit: str | None, price_year: int | None) -> float:
    """Factor from a unit to another, in the money of a case."""
    return factor_to(target, unit, case.money, price_year)


def quantity(
    case: Case,
    q: Any,
    name: str,
    target: str = "1",
    unit: str | None = None,
    price_year: int | None = None,
) -> float:
    """A quantity in unit `target`; plain numbers are in `unit`, or else already in `target`."""
    if isinstance(q, str):
        number, unit = parse(q)
        return number * conversion(case, target, unit, price_year)
    if not isinstance(q, Mapping):
        return float(q) * conversion(case, target, unit, price_year)
    unit = q.get("unit") or unit
    price_year = q.get("price_year") or price_year
    kind = q.get("kind", "constant")
    name = q.get("factor") or name
    if kind == "factor":
        other = case.config["factors"][q["name"]]
        return quantity(case, other, q["name"], target, unit, price_year)
    if kind == "constant":
        return quantity(case, q["value"], name, target, unit, price_year)
    return sampled(case, q, name) * conversion(case, target, unit, price_year)


def lineage(case: Case, region: str) -> list[str]:
    """A region, the one that it is like, and so on; then the default."""
    found = [region]
    while True:
        like = (case.catalog["regions"].get(found[-1]) or {}).get("like")
        if like is None or like in found:
            return [*found, "default"]
        found.append(like)


def regional(case: Case, q: Any, name: str, region: str, target: str, year: int) -> float:
    """A region quantity: the region's own entry, that of its like, else `default`, one for all.

    Only an entry of a region has a stream of its own.
    """
    if isinstance(q, Mapping) and not {"kind", "value", "years"} & set(q):
        place = next(one for one in lineage(case, region) if one in q)
        q, name = q[place], name if place == "default" else f"{name}.{place}"
    if not (isinstance(q, Mapping) and "years" in q):
        return quantity(case, q, name, target)
    # One draw for all dates of a table, and a straight line between what it makes of them.
    name = q.get("factor") or name
    dates = {
        date: quantity(case, entry, name, target, q.get("unit"), q.get("price_year"))
        for date, entry in q["years"].items()
    }
    return between(dates, year)


def choice(case: Case, q: Any, name: str) -> str:
    """A name, or one of several names with probabilities, in the order listed."""
    if isinstance(q, str):
        return q
    if case.draw is None:
        return central(q)
    u = float(ndtr(normal(case, name))) if name in case.factor_group[0] else own_uniform(case, name)
    total = 0.0
    for value, probability in zip(q["values"], q["probabilities"], strict=True):
        total += probability / sum(q["probabilities"])
        if u <= total:
            return value
    return q["values"][-1]


# ---------------------------------------------------------------- section 3: price paths


def path_target(path: Mapping[str, Any], commodity: str | None) -> str:
    """The model's own unit of a path: EUR per MWh, per kg of hydrogen, or per t."""
    if is_energy(path["unit"]):
        return "EUR/MWh"
    return "EUR/kg" if commodity == "hydrogen" else "EUR/t"


def between(table: Dated, year: int) -> float:
    """Linear between the years of a table, held outside."""
    years = sorted(table)
    if year <= years[0]:
        return table[years[0]]
    if year >= years[-1]:
        return table[years[-1]]
    before = max(y for y in years if y <= year)
    after = min(y for y in years if y > year)
    weight = (year - before) / (after - before)
    return (1 - weight) * table[before] + weight * table[after]


def dated_money(
    case: Case, path: Mapping[str, Any], value: Any, year: int, target: str, own: Any = None
) -> float:
    """One dated value of a path in the model's money; `own` may hold a unit of its own."""
    own = own if isinstance(own, Mapping) else {}
    price_year = year if path.get("nominal") else path.get("price_year")
    unit, price_year = own.get("unit") or path["unit"], own.get("price_year") or price_year
    return quantity(case, value, "", target, unit, price_year)


def spreads(low: float, middle: float, high: float) -> tuple[float, float]:
    """Lower and upper log standard deviations from P10, P50 and P90."""
    return math.log(middle / low) / Z90, math.log(high / middle) / Z90


def three(value: Any) -> tuple[Any, Any, Any]:
    """Low, central and high of an anchor; a plain number has no spread."""
    if isinstance(value, Mapping) and "central" in value:
        middle = value["central"]
        if "sd" in value:
            wide = math.exp(Z90 * value["sd"])
            return middle / wide, middle, middle * wide
        low, high = value.get("low"), value.get("high")
        return middle if low is None else low, middle, middle if high is None else high
    return value, value, value


def mean_of_split(down: float, up: float) -> float:
    """E exp(z s) with s = down below zero and up above: the mean of a split lognormal."""
    return math.exp(0.5 * down**2) * float(ndtr(-down)) + math.exp(0.5 * up**2) * float(ndtr(up))


def moment(spot: Mapping[str, Any]) -> float | None:
    """The date of a spot in years; None without one."""
    if not spot.get("date"):
        return None
    day = datetime.date.fromisoformat(str(spot["date"]))
    length = 366 if calendar.isleap(day.year) else 365
    return day.year + (day.timetuple().tm_yday - 1) / length


def known_year(spot: Mapping[str, Any]) -> int:
    """Last year whose price is known."""
    return int(str(spot["date"])[:4]) if spot.get("date") else spot["year"]


def stands_at(spot: Mapping[str, Any], year: int) -> float:
    """Where a year stands in time: its middle, seen from a day, else the year itself."""
    return year + 0.5 if spot.get("date") else float(year)


@functools.cache
def skew(up: float, down: float, variance: float) -> float:
    """Median of z*s + X: z*up above zero, z*down below, X normal with a variance."""
    if variance <= 0 or up == down:
        return 0.0
    sd = math.sqrt(variance)

    points, weights = np.polynomial.legendre.leggauss(60)

    def excess(m: float) -> float:
        # With a small variance all that changes does so in a few places: between them it is smooth.
        turns = [(m + n * sd) / slope for n in (-9, -3, 0, 3, 9) for slope in (up, down) if slope]
        ends = sorted({-9.0, -3.0, 0.0, 3.0, 9.0, *(z for z in turns if -9 < z < 9)})
        found = 0.0
        for low, high in itertools.pairwise(ends):
            z = (low + high) / 2 + (high - low) / 2 * points
            chance = ndtr((m - z * np.where(z >= 0, up, down)) / sd)
            density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
            found += (high - low) / 2 * float(weights @ (density * chance))
        return found - 0.5

    return brentq(excess, -9 * (up + down + sd), 9 * (up + down + sd), xtol=1e-14)


def usual_variance(case: Case, path: Mapping[str, Any], year: int) -> float:
    """Variance of the deviation in a year, every parameter at its central value."""
    from reference_views import central_value

    process, spot = path["process"], path["spot"]
    kind, t0 = process["kind"], known_year(spot)
    found = 0.0
    if kind in ("gbm", "random_walk", "log_ou", "regime_switching"):
        if kind == "regime_switching":
            from reference_processes import long_run

            sigmas = [central_value(case, one["sigma"]) for one in process["regimes"].values()]
            shares = long_run(process["regimes"])
            square = sum(a * b**2 for a, b in zip(shares, sigmas, strict=True))
        else:
            square = central_value(case, process["sigma"]) ** 2
        kappa = 0.0
        if kind in ("log_ou", "regime_switching"):
            kappa = central_value(case, process.get("kappa") or 0.0)
        step = square * (-math.expm1(-2 * kappa) / (2 * kappa) if kappa > 0 else 1.0)
        seen = moment(spot)
        found = step if seen is None else square * (t0 + 1 - seen + 1 / 3)
        for _ in range(year - t0 - 1):
            found = found * math.exp(-2 * kappa) + step
    if kind == "bootstrap":
        from reference_processes import changes

        past, each = changes(process["history"]), process["history"]["per_year"]
        yearly = [sum(past[(i + k) % len(past)] for k in range(each)) for i in range(len(past))]
        middle = sum(yearly) / len(yearly)
        found = (year - t0) * sum((one - middle) ** 2 for one in yearly) / len(yearly)
    jumps = process.get("jumps")
    if jumps:
        rate, size, sd = (central_value(case, jumps[key]) for key in ("rate", "mean", "sd"))
        found += (year - t0) * rate * (size**2 + sd**2)
    return found


def anchor_path(
    case: Case, name: str, path: Mapping[str, Any], target: str, start: float, z: float,
    premium: float = 0.0,
) -> dict[int, float]:  # fmt: skip
    """ln A[t] of the years after the spot, mean-centred if the path says so."""
    spot, anchors = path["spot"], path.get("anchors") or {}
    seen = moment(spot)
    t0 = known_year(spot) if seen is None else seen
    mean = path.get("centre") == "mean"
    logs, down, up = {t0: math.log(start)}, {t0: 0.0}, {t0: 0.0}
    for date, anchor in anchors.items():
        year = stands_at(spot, date)
        low, middle, high = (
            dated_money(case, path, v, date, target, anchor) for v in three(anchor)
        )
        logs[year] = math.log(middle)
        down[year], up[year] = spreads(low, middle, high)
    after = path.get("after") or "hold"
    growth = math.log1p(*after.values()) if isinstance(after, Mapping) else 0.0
    carry = 0.0 if anchors else quantity(case, path.get("carry") or 0.0, name + ".carry")
    result = {}
    for date in range(known_year(spot) + 1, case.years[-1] + 1):
        year = stands_at(spot, date)
        level = between(logs, year)
        level += (growth if anchors else carry) * max(0, year - max(logs))
        if path.get("of_view") and path.get("nominal") and carry_is_stated(path):
            # The drift of a view is one of nominal prices.
            level += math.log(
                dated_money(
                    case,
                    path,
                    path["spot"]["value"],
                    date,
                    target,
                    {"unit": path["spot"].get("unit")},
                )
                / start
            )
        level += premium * (year - t0)
        level += z * (between(up, year) if z >= 0 else between(down, year))
        if mean:
            level -= math.log(mean_of_split(between(down, year), between(up, year)))
        elif case.draw is not None:
            variance = usual_variance(case, path, date)
            level -= skew(between(up, year), between(down, year), variance)
        result[date] = level
    return result


def carry_is_stated(path: Mapping[str, Any]) -> bool:
    """Whether a path has a carry other than the number zero."""
    carry = path.get("carry")
    if isinstance(carry, Mapping) and carry.get("kind", "constant") == "constant":
        carry = carry["value"]
    return carry not in (None, 0, 0.0)


def tightening(case: Case, name: str, path: Mapping[str, Any], year: int) -> float:
    """J[t]: what a tightening event adds to the log price."""
    event = path.get("tightening")
    if not event:
        return 0.0
    occurs = {"kind": "bernoulli", "probability": event["probability"]}
    if not sample(case, occurs, name + ".tightening.occurs"):
        return 0.0
    start = quantity(case, event["year"], name + ".tightening.year")
    strength = quantity(case, event["strength"], name + ".tightening.strength")
    ramp = event["ramp"]
    if ramp <= 0:
        return strength if year >= start else 0.0
    return strength * min(1.0, max(0.0, (year - start) / ramp))


def bound(case: Case, path: Mapping[str, Any], side: str, year: int, target: str) -> float | None:
    """Floor or ceiling of a year; None where there is none."""
    corridor = path.get("corridor") or {}
    table = corridor.get(side)
    if not table or year < min(table):
        return None
    date = max(y for y in table if y <= year)
    value = dated_money(case, path, table[date], date, target)
    if date == max(table):
        value *= (1 + (corridor.get("growth") or 0.0)) ** (year - date)
    return value


def clipped(case: Case, path: Mapping[str, Any], price: float, year: int, target: str) -> float:
    """A price within its corridor."""
    floor = bound(case, path, "floor", year, target)
    ceiling = bound(case, path, "ceiling", year, target)
    if floor is not None:
        price = max(price, floor)
    return price if ceiling is None else min(price, ceiling)


def scenario_price(case: Case, path: Mapping[str, Any], year: int, target: str) -> float:
    """A fixed path: linear between its years, held after the last, an error before the first.

    It is taken as written: no corridor, no tightening, no draw moves it.
    """
    if year < min(path["path"]):
        raise ValueError(f"path asked for {year}, before its first year {min(path['path'])}")
    return between(
        {y: dated_money(case, path, value, y, target) for y, value in path["path"].items()}, year
    )


def price_path(
    case: Case, name: str, path: Mapping[str, Any], commodity: str | None = None
) -> dict[int, float]:
    """Price of every year of the horizon in EUR."""
    import reference_views as views  # which read paths from here

    target = path_target(path, commodity)
    if views.has_views(path):
        label = views.drawn_view(case, name, path)
        prices = views.view_price(case, name, path, label, target)
        return views.limited(case, name, path, prices, target)
    if path.get("relative"):
        prices = views.relative_price(case, name, path, target)
        return views.limited(case, name, path, prices, target)
    kind = path["process"]["kind"]
    if kind == "scenario":
        return {year: scenario_price(case, path, year, target) for year in case.years}
    if kind == "cap_and_bank":
        return system_price(case, path)
    if not path.get("response"):
        return moved_path(
            case, name, path, target, lift=lambda y: views.policy_lift(case, name, path, y)
        )
    prices = moved_path(
        case, name, {**path, "corridor": None}, target,
        lift=lambda y: views.policy_lift(case, name, path, y),
    )  # fmt: skip
    return views.limited(case, name, path, prices, target)


def moved_path(
    case: Case, name: str, path: Mapping[str, Any], target: str, *, own: str = "",
    known: Mapping[str, Any] | None = None, premium: float = 0.0,
    lift: Callable[[int], float] = lambda year: 0.0,
) -> dict[int, float]:  # fmt: skip
    """Price of every year that starts from a known one and moves; factors are named after `own`.

    Shocks, anchor normal and tightening are those of `name`; `known` is the price of known years.
    """
    from reference_processes import multiplier  # which reads draws from here

    own, spot = own or name, path["spot"]
    t0 = known_year(spot)
    start = dated_money(case, path, spot["value"], t0, target, spot)
    seen = moment(spot)
    if path["process"]["kind"] == "gbm":  # anchor-free, drift mu, and the mean follows the drift
        mu = quantity(case, path["process"]["mu"], own + ".mu") + premium
        begins = t0 if seen is None else seen
        levels = {
            y: math.log(start) + mu * (stands_at(spot, y) - begins)
            for y in range(t0 + 1, case.years[-1] + 1)
        }
        mean = True
    else:
        z = normal(case, name + ".anchor") if path.get("anchors") else 0.0
        levels = anchor_path(case, own, path, target, start, z, premium)
        mean = path.get("centre") == "mean"
    moved = multiplier(case, name, path, mean, own=own)
    known = known or spot
    result = {}
    for year in case.years:
        if year <= t0:
            result[year] = dated_money(case, path, known["value"], known_year(known), target, known)
        else:
            log_price = levels[year] + tightening(case, name, path, year) + lift(year)
            result[year] = clipped(case, path, moved[year] * math.exp(log_price), year, target)
    return result


def system_price(case: Case, path: Mapping[str, Any]) -> dict[int, float]:
    """Price of an emissions trading system."""
    from reference_market import market  # which reads draws from here

    prices = market(case, path).price
    return {year: prices[year] for year in case.years}


def market_stocks(case: Case, market: str, year: int) -> dict[str, float]:
    """What an emissions trading system holds and does in a year; nothing of any other market.

    Undefined in draws of another view: there the rules do not make the price.
    """
    from reference_market import market as system_of
    from reference_views import drawn_view, possible_views

    path = case.catalog["markets"][market]
    names = ("bank", "reserve", "emissions", "invalidated", "removed")
    kinds = [path["process"]["kind"]] if path.get("process") else [
        (path["views"][one].get("process") or {}).get("kind") for one in possible_views(path)
    ]  # fmt: skip
    if "cap_and_bank" not in kinds:
        return {}
    if not path.get("process"):
        made = possible_views(path)[kinds.index("cap_and_bank")]
        if drawn_view(case, market, path) != made:
            return dict.fromkeys(names, math.nan)
        path = {**path, "process": path["views"][made]["process"]}
    system = system_of(case, path)
    return {name: getattr(system, name)[year] for name in names}


def carbon_price(case: Case, market: str | None, year: int) -> float:
    """EUR per t CO2e; zero where there is no market."""
    if market is None:
        return 0.0
    if market not in case.paths:
        case.paths[market] = price_path(case, market, case.catalog["markets"][market])
    own = case.paths[market][year]
    link = case.catalog["markets"][market].get("link")
    if not link:
        return own
    joined = policy(case, link["share"], year)
    return (1 - joined) * own + joined * carbon_price(case, link["to"], year)


# ---------------------------------------------------------------- section 4: policies


def variant_value(case: Case, name: str, variant: str, year: int) -> float:
    """The dated table of one variant, undelayed."""
    timeline = case.catalog["policies"][name]
    table = timeline["variants"][variant]
    if table.get("end") is not None and year > table["end"]:
        return 0.0
    dates = [y for y in table["values"] if y <= year]
    if not dates:
        raise ValueError(f"policy {name}.{variant} asked for {year}, before its first date")
    date = max(dates)
    unit = table.get("unit") or timeline.get("unit")
    value = quantity(case, table["values"][date], f"{name}.{variant}.{date}", unit=unit)
    if date == max(table["values"]):
        value *= (1 - (table.get("decline") or 0.0)) ** (year - date)
    return value


@remembered
def policy(case: Case, value: Any, year: int) -> float:
    """A policy value: a number, or the named timeline in force in this draw."""
    if not isinstance(value, str):
        return float(value)
    timeline = case.catalog["policies"][value]
    variant = choice(case, timeline["variant"], value + ".variant")
    known = timeline.get("known_until")
    if known is not None and year <= known:
        return variant_value(case, value, variant, year)
    delay = round(quantity(case, timeline.get("delay") or 0, value + ".delay"))
    asked = year - delay
    if known is not None:
        asked = max(asked, known)  # a delay holds what is known; it never undoes it
    return variant_value(case, value, variant, asked)


# ---------------------------------------------------------------- learning


def learning(case: Case, chosen: Mapping[str, Any] | None, name: str, year: int) -> float:
    """Multiplier of capex: 1 - share + share * (Q[t]/Q[0])^log2(1 - LR)."""
    if not chosen:
        return 1.0
    technology = chosen["technology"]
    share = quantity(case, chosen["share"], name + ".learning_share")
    entry = case.catalog["technologies"][technology]
    rate = quantity(case, entry["learning_rate"], technology + ".learning_rate")
    z = normal(case, technology + ".capacity")
    logs = {}
    for date, value in entry["cumulative_capacity"].items():
        low, middle, high = three(value)
        down, up = spreads(low, middle, high)
        logs[date] = math.log(middle) + z * (up if z >= 0 else down)
    ratio = between(logs, year) - logs[min(logs)]
    return 1 - share + share * math.exp(math.log2(1 - rate) * ratio)
