"""Random complete configs, small and wild: every field of a config takes every form it may have.

All names are the test's own, so that nothing of the packaged catalog comes in.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from rich_config import ASKED

from simcore.variables import OUTCOMES

COMMODITIES = {
    "ore": "t", "power": "MWh", "hydrogen": "kg", "storage": "t", "fuel": "MWh", "mix": "MWh",
    "chips": "t",
}  # fmt: skip
# Unit, and how many of it make one of the first unit of the line; all rates are those of MONEY.
UNITS = {
    "t": (("EUR/t", 1.0), ("USD/t", 1.25), ("KRW/kg", 1.5)),
    "MWh": (("EUR/MWh", 1.0), ("USD/MWh", 1.25), ("EUR/GJ", 1 / 3.6), ("KRW/kWh", 1.5)),
    "kg": (("EUR/kg", 1.0), ("USD/kg", 1.25), ("EUR/t", 1000.0)),
    "t/t": (("t/t", 1.0), ("kg/t", 1000.0), ("%", 100.0)),
    "MWh/t": (("MWh/t", 1.0), ("kWh/t", 1000.0), ("GJ/t", 3.6)),
    "kg/t": (("kg/t", 1.0), ("t/t", 1e-3)),
    "t/MWh": (("t/MWh", 1.0), ("kg/MWh", 1000.0), ("t/GJ", 1 / 3.6)),
    "GJ/MWh": (("GJ/MWh", 1.0), ("MWh/MWh", 1 / 3.6), ("MJ/MWh", 1000.0)),
    "kWh/kg": (("kWh/kg", 1.0), ("MWh/t", 1.0), ("MJ/kg", 3.6)),
    "EUR/kW": (("EUR/kW", 1.0), ("USD/kW", 1.25), ("EUR/MW", 1000.0)),
    "EUR/(t/yr)": (("EUR/(t/yr)", 1.0), ("USD/(t/yr)", 1.25)),
    "EUR/(t/yr)/yr": (("EUR/(t/yr)/yr", 1.0), ("KRW/(t/yr)/yr", 1500.0)),
    "EUR/t": (("EUR/t", 1.0), ("USD/t", 1.25), ("KRW/t", 1500.0)),
    "h/yr": (("h/yr", 1.0),),
    "yr": (("yr", 1.0),),
    "1": (("1", 1.0), ("%", 100.0)),
    "used": (("t", 1.0), ("kg", 1000.0)),
    "Mt/yr": (("Mt/yr", 1.0), ("kt/yr", 1000.0)),
    "M EUR": (("M EUR", 1.0), ("M USD", 1.25)),
    "1/yr": (("1/yr", 1.0), ("%/yr", 100.0)),
}  # fmt: skip
# t, or MWh, in the units of which prices are given.
SIZES = {"t": 1.0, "kg": 1e-3, "MWh": 1.0, "GJ": 0.3, "kWh": 1e-3}
MONEY = {
    "base_year": 2025,
    "inflation": 0.03,
    "exchange": {"USD": 1.25, "KRW": 1500.0},
    "deflator": {"USD": {2015: 0.8, 2020: 0.87, 2026: 1.05}, "EUR": {2018: 80.0, 2024: 97.0}},
}
SECTORS = ["ware", "glass", "paper"]


def steps(low: float, high: float, count: int = 40) -> st.SearchStrategy[float]:
    """A number of a coarse grid, so that a failing config is short to read."""
    return st.integers(0, count).map(lambda n: round(low + (high - low) * n / count, 6))


@st.composite
def ordered(draw: Any, low: float, high: float, count: int) -> list[float]:
    """Strictly rising numbers within bounds."""
    places = draw(
        st.lists(st.integers(0, 40), min_size=count, max_size=count, unique=True).map(sorted)
    )
    return [round(low + (high - low) * n / 40, 6) for n in places]


@st.composite
def bounded(draw: Any, low: float, high: float) -> dict[str, Any]:
    """A distribution that stays within bounds."""
    kind = draw(st.sampled_from([
        "uniform", "triangular", "pert", "beta", "truncated_normal", "discrete", "empirical",
        "mixture", "fitted",
    ]))  # fmt: skip
    if kind == "mixture" and draw(st.integers(0, 3)):
        kind = "triangular"  # the table of a mixture takes long to make
    if kind == "uniform":
        a, b = draw(ordered(low, high, 2))
        return {"kind": kind, "low": a, "high": b}
    if kind in ("triangular", "pert"):
        a, b, c = draw(ordered(low, high, 3))
        mode = draw(st.sampled_from([a, b, c]))
        shape = {"shape": draw(st.sampled_from([2.0, 4.0]))} if kind == "pert" else {}
        return {"kind": kind, "low": a, "mode": mode, "high": c, **shape}
    if kind == "beta":
        a, b = draw(ordered(low, high, 2))
        # Few shapes, as each has a table.
        shapes = {"alpha": draw(steps(0.8, 5, 3)), "beta": draw(steps(0.8, 5, 3))}
        return {"kind": kind, **shapes, "low": a, "high": b}
    if kind == "truncated_normal":
        a, b, c = draw(ordered(low, high, 3))
        return {"kind": kind, "mean": b, "sd": draw(steps(0.2, 1)) * (c - a), "low": a, "high": c}
    if kind == "discrete":
        values = draw(st.permutations(draw(ordered(low, high, 3))))
        return {"kind": kind, "values": values, "probabilities": draw(shares(3))}
    if kind == "empirical":
        return {"kind": kind, "values": draw(st.permutations(draw(ordered(low, high, 4))))}
    if kind == "mixture":
        # Without a uniform part, whose table takes longest: the rich config mixes one.
        a, b, c, d = draw(ordered(low, high, 4))
        parts: list[Any] = [
            {"kind": "triangular", "low": a, "mode": a, "high": c},
            {"kind": "triangular", "low": b, "mode": b, "high": d},
        ]
        if draw(st.booleans()):
            parts[1] = {"kind": "constant", "value": b}
        return {"kind": kind, "components": parts, "weights": draw(shares(2))}
    a, b = draw(ordered(low + 0.3 * (high - low), high - 0.3 * (high - low), 2))
    chosen = draw(st.sampled_from(["uniform", "triangular", "pert"]))
    # Symmetric ones, whose ends stay within a third of the distance of the two quantiles.
    return {"kind": chosen, "quantiles": {0.1: a, 0.9: b}}


@st.composite
def shares(draw: Any, count: int) -> list[float]:
    """Probabilities that sum to one, none of them zero."""
    parts = [draw(st.integers(1, 8)) for _ in range(count)]
    return [part / sum(parts) for part in parts]


@st.composite
def distribution(draw: Any, low: float, high: float, *, positive: bool = True) -> dict[str, Any]:
    """A distribution mostly within bounds; its tail may leave them, above zero if `positive`."""
    if draw(st.booleans()):
        return draw(bounded(low, high))
    a, b, c = draw(ordered(max(low, 0.05 * high), high, 3))
    if not positive and draw(st.booleans()):
        choices = [
            {"kind": "normal", "mean": b, "sd": 0.3 * (c - a)},
            {"kind": "normal", "quantiles": {0.2: a, 0.7: c}},
        ]
    else:
        choices = [
            {"kind": "lognormal", "mu": round(-1 + b / high, 4), "sigma": 0.2},
            {"kind": "lognormal", "quantiles": {0.1: a, 0.9: c}},
            {"kind": "split_lognormal", "p10": a, "p50": b, "p90": c},
            {"kind": "split_lognormal", "quantiles": {0.05: a, 0.5: b, 0.9: c}},
        ]
    return draw(st.sampled_from(choices))


def rescaled(q: dict[str, Any], factor: float) -> dict[str, Any]:
    """The same distribution in a unit of which `factor` make one of the first."""
    if q["kind"] == "mixture":
        return q | {"components": [rescaled(part, factor) for part in q["components"]]}
    result = dict(q)
    if q["kind"] == "lognormal" and "mu" in q:
        return result
    for name in ("value", "low", "mode", "high", "mean", "sd", "p10", "p50", "p90"):
        if name in q:
            result[name] = q[name] * factor
    if "values" in q:
        result["values"] = [value * factor for value in q["values"]]
    if "quantiles" in q:
        result["quantiles"] = {p: value * factor for p, value in q["quantiles"].items()}
    return result


@st.composite
def quantity(
    draw: Any, low: float, high: float, unit: str = "1", *, form: str = "bounded",
    bare: bool = True,
) -> Any:  # fmt: skip
    """A number, a text, a constant or a distribution, in any unit that fits.

    `form`: `bounded`, or with tails that are `positive` or `any`; `bare`: units may be left out.
    """
    name, factor = draw(st.sampled_from(UNITS[unit]))
    dated = {} if draw(st.booleans()) else {"price_year": draw(st.integers(2014, 2028))}
    forms = ["number"] * bare + ["text", "constant", "uncertain", "uncertain"]
    chosen = draw(st.sampled_from(forms))
    if chosen == "constant":
        return {"kind": "constant", "value": draw(steps(low, high)) * factor, "unit": name, **dated}
    if chosen == "number":
        return draw(steps(low, high))
    if chosen == "text":
        return f"{draw(steps(low, high)) * factor:.9g} {name}"
    if form == "bounded":
        q = draw(bounded(low, high))
    else:
        q = draw(distribution(low, high, positive=form == "positive"))
    return rescaled(q, factor) | {"unit": name, **dated}


@st.composite
def by_region(draw: Any, regions: list[str], q: st.SearchStrategy[Any]) -> Any:
    """One quantity for all, one for each, or a default and one for the first; each also by year."""
    q = st.one_of(q, q, q, by_year(q))
    form = draw(st.sampled_from(["one", "each", "default"]))
    if form == "one":
        return draw(q)
    names = regions if form == "each" else ["default", regions[0]]
    return {name: draw(q) for name in names}


@st.composite
def by_year(draw: Any, q: st.SearchStrategy[Any]) -> Any:
    """A table by year, some of whose dates are certain and some not."""
    dates = draw(st.lists(st.integers(2024, 2031), min_size=1, max_size=3, unique=True))
    return {"years": {date: draw(q) for date in dates}}


@st.composite
def size(draw: Any) -> dict[str, Any]:
    """A cost of size, of this plant or of one of its own size."""
    found = {
        "reference": draw(st.sampled_from([2.5, "2.5 Mt/yr", "800 kt/yr"])),
        "exponent": draw(quantity(0.5, 1.1)),
    }
    return found | ({"output": draw(steps(0.5, 5))} if draw(st.booleans()) else {})


@st.composite
def price(draw: Any, unit: str, level: float, first: int) -> dict[str, Any]:
    """A price path of any process."""
    name, factor = draw(st.sampled_from(UNITS[unit]))
    dated = {"price_year": draw(st.integers(2014, 2028))} if draw(st.booleans()) else {}
    path: dict[str, Any] = {
        "title": "a price", "unit": name, **dated, "nominal": draw(st.booleans()),
    }  # fmt: skip
    if unit != "t" or draw(st.booleans()):
        most = SIZES[name.split("/")[1]] * (10.0 if unit == "kg" else 1.0)
        path["emission_intensity"] = {2024: draw(steps(0, most)), 2028: draw(steps(0, most))}
    kind = draw(st.sampled_from([
        "fixed", "scenario", "gbm", "random_walk", "log_ou", "log_ou", "regime_switching",
    ]))  # fmt: skip
    amount = steps(0.4 * level * factor, 2 * level * factor)
    if kind == "scenario":
        years = draw(st.lists(st.integers(first, first + 4), max_size=2, unique=True))
        table = {year: draw(amount) for year in sorted({first - 1, *years})}
        return path | {"process": {"kind": kind}, "path": table}
    path["spot"] = {"year": first - draw(st.integers(0, 3)), "value": draw(amount)}
    sigma = draw(quantity(0.05, 0.5, form="positive"))
    path["process"] = {"kind": kind} if kind == "fixed" else {"kind": kind, "sigma": sigma}
    if kind == "regime_switching":
        path["process"] = {"kind": kind, **draw(regimes())}
    if kind == "log_ou" or (kind == "regime_switching" and draw(st.booleans())):
        path["process"]["kappa"] = draw(quantity(0.0, 1.0, form="positive"))
    if kind != "fixed":
        path["process"] |= draw(extras())
    if kind == "gbm":
        path["process"]["mu"] = draw(quantity(0.0, 0.1, form="any"))
        return path | draw(limits(level * factor, first))
    path["centre"] = draw(st.sampled_from(["median", "mean"]))
    if draw(st.booleans()):
        anchors: dict[int, Any] = {}
        since = path["spot"]["year"]
        for year in draw(st.lists(st.integers(1, 6), min_size=1, max_size=2, unique=True)):
            low, middle, high = draw(ordered(0.4 * level * factor, 2 * level * factor, 3))
            certain = draw(st.booleans()) and draw(st.booleans())
            band = {"low": low, "central": middle, "high": high}
            anchors[since + year] = middle if certain else band
        path["anchors"] = anchors
        path["after"] = draw(st.sampled_from(["hold", {"grow": 0.03}, {"grow": -0.02}]))
    else:
        path["carry"] = draw(quantity(0.0, 0.1, form="any"))
    return path | draw(limits(level * factor, first))


@st.composite
def viewed(draw: Any, level: float, first: int, policies: dict[str, Any]) -> dict[str, Any]:
    """A carbon price of several views, with response, policy effect and corridor or not."""
    name, factor = draw(st.sampled_from(UNITS["t"]))
    since, size = first - draw(st.integers(0, 2)), level * factor
    amount = steps(0.4 * size, 2 * size)
    dated = {"price_year": draw(st.integers(2014, 2028))} if draw(st.booleans()) else {}
    path: dict[str, Any] = {
        "title": "a price", "unit": name, **dated, "nominal": draw(st.booleans()),
        "spot": {"year": since, "value": draw(amount)},
        "corridor": {
            "floor": {since - 1: 0.3 * size}, "ceiling": {since - 1: 2.5 * size}, "growth": 0.01,
        },
        **draw(limits(size, first)),
    }  # fmt: skip
    path["corridor"]["floor"].setdefault(since - 1, 0.3 * size)
    path["corridor"]["ceiling"].setdefault(since - 1, 2.5 * size)
    makers = [
        draw(st.sampled_from(["moving", "anchored", "forward", "path", "position"]))
        for _ in range(draw(st.integers(1, 4)))
    ]
    weights = draw(shares(len(makers)))
    path["views"] = {
        f"view_{n}": {"weight": weight, **draw(view(kind, size, since))}
        for n, (kind, weight) in enumerate(zip(makers, weights, strict=True))
    }
    if draw(st.integers(0, 3)) == 0:
        path["view"] = "view_0"
    if draw(st.booleans()):
        path["response"] = {
            "above": {
                "from": draw(bounded(1.05 * size, 1.3 * size)),
                "exponent": draw(quantity(0.2, 0.9)),
                **draw(st.sampled_from([{}, {"growth": 0.02, "after": first}])),
            },
            "below": {"from": draw(steps(0.6, 0.95)) * size, "exponent": draw(bounded(0.2, 0.9))},
            "backstop": {**draw(bounded(1.3 * size, 2.0 * size)), "unit": name},
        }  # fmt: skip
        for side in draw(st.sampled_from([[], ["above"], ["below"], ["backstop"]])):
            del path["response"][side]
    if policies and draw(st.booleans()):
        of = draw(st.sampled_from(sorted(policies)))
        named = sorted(policies[of]["variants"])
        path["policy_effect"] = {
            "of": of, **{one: draw(quantity(-0.2, 0.3, form="any")) for one in named},
            "ramp": sorted([first + draw(st.integers(-1, 2)), first + draw(st.integers(-1, 2))]),
        }  # fmt: skip
    return path


@st.composite
def view(draw: Any, kind: str, size: float, since: int) -> dict[str, Any]:
    """One view of a price around `size` in the unit of its market."""
    amount = steps(0.4 * size, 2 * size)
    deviation = {
        "kind": "log_ou", "sigma": draw(quantity(0.05, 0.4, form="positive")),
        "kappa": draw(quantity(0.0, 1.0, form="positive")),
    }  # fmt: skip
    spot = {"date": f"{since}-{draw(st.integers(1, 12)):02d}-08", "value": draw(amount)}
    if kind in ("path", "position"):
        made: dict[str, Any] = {"position": draw(quantity(0.0, 1.0))}
        if kind == "path":
            made = {"path": {since + 1: draw(amount), since + 3: draw(amount)}}
        if draw(st.booleans()):
            made["deviation"] = deviation
            made |= {"spot": spot} if draw(st.booleans()) else {}
        return made
    found: dict[str, Any] = {
        "process": draw(st.sampled_from([
            deviation, {"kind": "random_walk", "sigma": 0.3}, {"kind": "fixed"},
            {**deviation, "steps": 4},
        ])),
        "centre": draw(st.sampled_from(["median", "mean"])),
    }  # fmt: skip
    if draw(st.booleans()):
        found["spot"] = spot
    if draw(st.booleans()):
        found["premium"] = draw(quantity(0.0, 0.1, form="any"))
    if kind == "moving" and draw(st.booleans()):
        found["carry"] = draw(quantity(0.01, 0.1, form="positive"))
    if kind == "anchored":
        low, middle, high = draw(ordered(0.4 * size, 2 * size, 3))
        band = {"low": low, "central": middle, "high": high}
        second = {"central": middle, "sd": draw(steps(0, 0.4))}
        found["anchors"] = {since + 1: band, since + 3: draw(st.sampled_from([second, middle]))}
        found["after"] = draw(st.sampled_from(["hold", {"grow": 0.03}]))
    if kind == "forward":
        found["forward"] = {since + 1: draw(amount), since + 4: draw(amount)}
    return found


@st.composite
def related(draw: Any, level: float, first: int) -> dict[str, Any]:
    """A carbon price that is another one's times a ratio."""
    name, factor = draw(st.sampled_from(UNITS["t"]))
    return {
        "title": "a price", "unit": name, "nominal": draw(st.booleans()),
        "spot": {"year": first - draw(st.integers(0, 2)), "value": level * factor},
        "relative": {"to": "border_ets", "ratio": draw(quantity(0.5, 1.5, form="positive"))},
        "process": draw(st.sampled_from([
            {"kind": "log_ou", "sigma": draw(quantity(0.05, 0.4, form="positive")), "kappa": 0.5},
            {"kind": "fixed"},
        ])),
        **draw(limits(level * factor, first)), "tightening": None,
    }  # fmt: skip


@st.composite
def regimes(draw: Any) -> dict[str, Any]:
    """Two or three regimes, each of which may follow any."""
    names = ["calm", "usual", "wild"][: draw(st.integers(2, 3))]
    found: dict[str, Any] = {"regimes": {
        name: {
            "sigma": draw(quantity(0.05, 0.7, form="positive")),
            "next": dict(zip(draw(st.permutations(names)), draw(shares(len(names))), strict=True)),
        }
        for name in names
    }}  # fmt: skip
    if draw(st.booleans()):
        found["initial"] = draw(st.sampled_from(names))
    return found


@st.composite
def extras(draw: Any) -> dict[str, Any]:
    """Jumps and steps within a year, or not."""
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        found["jumps"] = {
            "rate": draw(bounded(0.0, 3.0)), "mean": draw(quantity(0.0, 0.3, form="any")),
            "sd": draw(quantity(0.02, 0.3, form="positive")),
        }  # fmt: skip
    if draw(st.booleans()):
        found["steps"] = draw(st.sampled_from([2, 4, 12]))
    return found


@st.composite
def limits(draw: Any, level: float, first: int) -> dict[str, Any]:
    """A corridor and a tightening event, or not."""
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        dates = draw(st.lists(st.integers(first - 1, first + 3), max_size=2, unique=True))
        found["corridor"] = {
            "floor": {year: draw(steps(0.5, 0.9)) * level for year in sorted(dates)},
            "ceiling": {first: draw(steps(0.95, 1.8)) * level},
            "growth": draw(steps(0, 0.05)),
        }
    if draw(st.booleans()):
        year = {"kind": "discrete", "values": [first, first + 2], "probabilities": [0.4, 0.6]}
        found["tightening"] = {
            "probability": draw(st.sampled_from([0.3, 0.5, 0.7, 1.0])),
            "year": draw(st.sampled_from([first, first + 1, year])),
            "strength": draw(quantity(0.0, 0.5, form="any")),
            "ramp": draw(st.sampled_from([0, 1, 3, 2.5])),
        }
    return found


@st.composite
def timeline(draw: Any, low: float, high: float, first: int) -> dict[str, Any]:
    """A policy: variants, adoption by chance, delay."""
    unit = draw(st.sampled_from([{}, {"unit": "%"}]))
    factor = 100.0 if unit else 1.0
    names = ["law", "reform", "other"][: draw(st.integers(1, 3))]
    variants = {}
    for name in names:
        dates = sorted(draw(st.lists(st.integers(first - 2, first + 3), max_size=3, unique=True)))
        values = {}
        for year in (first - 6, *dates):
            value = draw(st.one_of(steps(low, high), bounded(low, high)))
            certain = not isinstance(value, dict)
            values[year] = value * factor if certain else rescaled(value, factor)
        ends = draw(st.sampled_from([None, None, first + 1]))
        variants[name] = {
            "values": values, "decline": draw(st.sampled_from([0.0, 0.02])),
            **({} if ends is None else {"end": ends}),
        }  # fmt: skip
    choice: Any = draw(st.sampled_from(names))
    if draw(st.booleans()):
        order = draw(st.permutations(names))
        choice = {"kind": "discrete", "values": order, "probabilities": draw(shares(len(order)))}
    delay = draw(st.sampled_from([
        0, 1, {"kind": "discrete", "values": [2, 0, 1], "probabilities": [0.2, 0.5, 0.3]},
    ]))  # fmt: skip
    known = first + draw(st.integers(-2, 2))
    return {"variant": choice, "delay": delay, "known_until": known, "variants": variants, **unit}


def policy_value(low: float, high: float, names: list[str]) -> st.SearchStrategy[Any]:
    """A number or the name of a policy."""
    return st.one_of(steps(low, high), st.sampled_from(names)) if names else steps(low, high)


@st.composite
def region(draw: Any, market: str, shares_: list[str]) -> Any:
    """A region."""
    return {
        "title": "a region",
        "currency": "EUR",
        "market": market,
        "wacc": draw(quantity(0.0, 0.12)),
        "capex_factor": draw(quantity(0.7, 1.2, form="positive")),
        "recognised": draw(policy_value(0, 1, shares_)),
        "credit_price": draw(quantity(0, 20, "EUR/t")),
        "default_power_factor": draw(steps(0.1, 1)),
    }


@st.composite
def route(
    draw: Any, sector: str, place: int, regions: list[str], marks: list[str], first: int, *,
    buys_iron: bool = False,
) -> Any:  # fmt: skip
    """A route."""
    inputs = {
        "ore": draw(by_region(regions, quantity(0.5, 1.8, "t/t", form="positive", bare=False))),
        "power": draw(by_region(regions, quantity(0.1, 3.5, "MWh/t", form="positive", bare=False))),
    }
    if place and draw(st.booleans()):
        inputs["hydrogen"] = draw(by_region(regions, quantity(20, 60, "kg/t", bare=False)))
    if draw(st.integers(0, 2)) == 0:
        inputs["captive"] = draw(by_region(regions, quantity(0.1, 3.5, "MWh/t", bare=False)))
    if buys_iron and draw(st.booleans()):
        inputs["pig"] = draw(by_region(regions, quantity(0.2, 1.3, "t/t", bare=False)))
    learning = {"technology": "plant", "share": draw(quantity(0.0, 0.6))}
    # The ranges of the intensities do not meet, so that no difference is zero but for rounding.
    middle = 2.0 - 0.7 * place
    return {
        "title": "a route", "sector": sector,
        "capex": draw(by_region(regions, quantity(300, 1200, "EUR/(t/yr)", form="positive"))),
        **({"learning": learning} if draw(st.booleans()) else {}),
        **({"size": draw(size())} if draw(st.integers(0, 2)) == 0 else {}),
        "interest_during_construction": draw(quantity(1.0, 1.2)),
        "first_of_a_kind": draw(quantity(1.0, 1.5)),
        "lifetime": draw(st.sampled_from([15, 20, 25])),
        "utilisation": draw(by_region(regions, quantity(0.6, 1.0))),
        "risk_premium": draw(quantity(0.0, 0.03, form="any")),
        "fixed_opex": draw(by_region(
            regions, quantity(10, 50, "EUR/(t/yr)/yr", form="any") if draw(st.booleans())
            else quantity(0.01, 0.05, "1/yr", bare=False),
        )),
        "other_opex": draw(by_region(regions, quantity(20, 150, "EUR/t", form="any"))),
        "inputs": inputs,
        "byproducts": {"power": draw(quantity(0.0, 0.3, "MWh/t", bare=False))} if draw(st.booleans()) else {},
        **draw(emissions(regions, middle - 0.3)),
        "precursor_intensity": draw(by_region(regions, quantity(0.0, 0.25, "t/t"))),
        "cbam_benchmark": draw(policy_value(0, 1.5, marks)),
        "precursor_benchmark": draw(policy_value(0, 0.3, marks)),
        "support": draw(by_region(regions, quantity(0, 50, "EUR/t", form="any"))),
        **({"available_from": first + draw(st.integers(0, 3))} if draw(st.booleans()) else {}),
        **({"precursor": "ore"} if draw(st.booleans()) else {}),
        **({"greenfield": {
            "capex": draw(by_region(regions, quantity(900, 1500, "EUR/(t/yr)", form="positive"))),
            "interest_during_construction": draw(quantity(1.0, 1.2)),
        }} if draw(st.booleans()) else {}),
        **({"shares": {route_name(sector, "old"): draw(
            st.lists(st.sampled_from(SHARED), unique=True)
        )}} if place and draw(st.booleans()) else {}),
    }  # fmt: skip


@st.composite
def emissions(draw: Any, regions: list[str], low: float) -> dict[str, Any]:
    """What a plant emits, as one number or by parts, up to 0.3 above `low`; biomass on top."""
    names = ["anode", "fuel", "gas"][: draw(st.sampled_from([0, 0, 2, 3]))]
    found: dict[str, Any] = {"emission_parts": {
        # Above zero is all that the first one may be; the others are small.
        name: draw(by_region(regions, quantity(
            low if name == "anode" else 0.0, low + 0.1 if name == "anode" else 0.1, "t/t"
        )))
        for name in names
    }}  # fmt: skip
    if not names:
        found = {"emission_intensity": draw(by_region(regions, quantity(low, low + 0.3, "t/t")))}
    if draw(st.booleans()):
        found["biogenic_intensity"] = draw(by_region(regions, quantity(0.0, 0.4, "t/t")))
    return found


def follow_alike(routes: dict[str, Any]) -> None:
    """Let routes follow the draws only of what both state: of the whole, or of a part."""
    for one in routes.values():
        for other, names in one.get("shares", {}).items():
            if "emission_intensity" in names:
                names.remove("emission_intensity")
                of = [set(way.get("emission_parts", {"": 0})) for way in (one, routes[other])]
                both = sorted(of[0] & of[1])
                names += [f"emission_parts.{part}" if part else "emission_intensity"
                          for part in both[:1]]  # fmt: skip


def route_name(sector: str, name: str) -> str:
    """Those of the first sector go without it."""
    return name if sector == SECTORS[0] else f"{sector}_{name}"


@st.composite
def retrofit(
    draw: Any, sector: str, host: str, below: dict[str, Any], regions: list[str], first: int
) -> Any:
    """A route that stands on another one, `below`, mostly with a capture plant."""
    own = {
        "other_opex": by_region(regions, quantity(20, 150, "EUR/t", form="any")),
        "utilisation": by_region(regions, quantity(0.6, 1.0)),
        "learning": st.just({"technology": "plant", "share": 0.3}),
        "inputs": st.just({"ore": "1.1 t/t"}),
        "capex": by_region(regions, quantity(300, 1200, "EUR/(t/yr)", form="positive")),
        "risk_premium": quantity(0.0, 0.03, form="any"),
        "available_from": st.integers(first, first + 3),
        "biogenic_intensity": by_region(regions, quantity(0.0, 0.4, "t/t")),
    }  # fmt: skip
    chosen = draw(st.lists(st.sampled_from(sorted(own)), unique=True, max_size=3))
    found = {
        "title": "a retrofit", "sector": sector, "host": host,
        **{name: draw(own[name]) for name in sorted(chosen)},
    }  # fmt: skip
    if draw(st.booleans()):
        others = [one for one in ("mix", "fuel", "captive") if one not in below["inputs"]]
        instead = draw(st.sampled_from([*others, None]))
        if draw(st.booleans()):
            found |= draw(emissions(regions, 0.9))
        return found | ({"buys_instead": {"power": instead}} if instead else {})
    parts = sorted(below.get("emission_parts", {}))
    reached = draw(st.lists(st.sampled_from(parts), unique=True)) if parts else []
    learning = {"technology": "stack", "share": draw(quantity(0.2, 1.0))}
    power = by_region(regions, quantity(0.1, 1.2, "MWh/t", bare=False))
    return found | {"capture": {
        "rate": draw(by_region(regions, quantity(0.3, 0.9))),
        **({"parts": reached} if reached else {}),
        "inputs": {"power": draw(power)},
        **({"emission_factors": {"power": draw(quantity(0.0, 0.4, "t/MWh", bare=False))}}
           if draw(st.booleans()) else {}),
        "storage": "storage",
        "capex": draw(by_region(regions, quantity(100, 600, "EUR/(t/yr)", form="positive"))),
        "fixed_opex": draw(quantity(0.0, 0.05)),
        "interest_during_construction": draw(quantity(1.0, 1.2)),
        "first_of_a_kind": draw(quantity(1.0, 1.5)),
        "lifetime": draw(st.sampled_from([15, 20])),
        "risk_premium": draw(quantity(0.0, 0.03, form="any")),
        **({"learning": learning} if draw(st.booleans()) else {}),
    }}  # fmt: skip


SHARED = ["capex", "utilisation", "first_of_a_kind", "inputs.ore", "emission_intensity", "support"]


@st.composite
def indexed(draw: Any, unit: str, level: float, followed: str) -> dict[str, Any]:
    """A price that follows another path of the same commodity, perhaps in another currency."""
    name, factor = draw(st.sampled_from(UNITS[unit]))
    dated = {"price_year": draw(st.integers(2014, 2028))} if draw(st.booleans()) else {}
    found: dict[str, Any] = {"kind": "indexed", "unit": name, **dated, "index": followed}
    if draw(st.booleans()):
        found["coefficient"] = draw(quantity(0.5, 1.5, form="positive"))
    premium = draw(st.sampled_from(["none", "bare", "dated", "own"]))
    amount = steps(0.0, 0.4 * level * factor)
    if premium == "bare":
        found["premium"] = draw(amount)
    elif premium == "dated":
        low, middle, high = draw(ordered(0.01 * level * factor, 0.4 * level * factor, 3))
        found["premium"] = {
            "kind": "triangular", "low": low, "mode": middle, "high": high, "price_year": 2024,
        }  # fmt: skip
    elif premium == "own":
        found["premium"] = f"{draw(steps(0.0, 0.4 * level)):.6g} EUR/{unit}"
    if unit == "MWh":
        most = SIZES[name.split("/")[1]]
        found["emission_intensity"] = {2024: draw(steps(0, most)), 2028: draw(steps(0, most))}
    return found


@st.composite
def contract(draw: Any) -> dict[str, Any]:
    """By what contract an electrolyser has its power."""
    supply = draw(st.sampled_from(["grid", "renewable", "nuclear"]))
    if supply != "renewable":
        return {"supply": supply}
    return {
        "supply": supply, "additional": draw(st.booleans()),
        "matching": draw(st.sampled_from(["hourly", "monthly", "annual"])),
    }  # fmt: skip


@st.composite
def electrolysis(draw: Any) -> dict[str, Any]:
    """Hydrogen computed from power, bought or made on site."""
    learning = {"technology": "stack", "share": draw(quantity(0.2, 1.0))}
    return {
        "kind": "electrolysis", "electricity": draw(st.sampled_from(["power", "power", "captive"])),
        "electricity_demand": draw(quantity(48, 56, "kWh/kg")),
        **draw(contract()),
        "capex": draw(quantity(800, 2000, "EUR/kW", form="positive")),
        "fixed_opex": draw(quantity(0.01, 0.04)),
        "full_load_hours": draw(quantity(3000, 8000, "h/yr")),
        "lifetime": draw(st.sampled_from([15, 20])),
        "stack_lifetime": draw(quantity(7, 25, "yr")),
        "stack_share": draw(quantity(0.2, 0.5)),
        "storage": draw(quantity(0.0, 0.6, "kg")),
        "risk_premium": draw(quantity(0.0, 0.03, form="any")),
        **({"learning": learning} if draw(st.booleans()) else {}),
    }  # fmt: skip


@st.composite
def technology(draw: Any) -> dict[str, Any]:
    """A learning curve."""
    capacity: dict[int, Any] = {2025: draw(st.sampled_from([1, {
        "low": 0.8, "central": 1.0, "high": 1.3,
    }]))}  # fmt: skip
    low, middle, high = draw(ordered(1.5, 12, 3))
    capacity[2029] = {"low": low, "central": middle, "high": high}
    return {"learning_rate": draw(quantity(0.05, 0.25)), "cumulative_capacity": capacity}


@st.composite
def correlations(draw: Any, factors: list[str], paths: list[str]) -> dict[str, Any]:
    """Chains of pairs, which are always a valid matrix when they are weak."""
    found: dict[str, Any] = {"repair": draw(st.booleans())}
    for kind, names in (("factors", factors), ("shocks", paths)):
        order = draw(st.permutations(names))[: draw(st.integers(0, 4))]
        found[kind] = [
            {"between": [a, b], "rank": draw(steps(-0.5, 0.5, 10))}
            for a, b in zip(order, order[1:], strict=False)
        ]
    return found


@st.composite
def overlay(
    draw: Any, policies: list[str], variants: dict[str, list[str]], *, moving: bool,
    sectors: st.SearchStrategy[dict[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    """What one scenario changes; `moving`: the border market has a known price to start from."""
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        found["cbam"] = {"declared": draw(st.sampled_from(["actual", "default", "cheaper"]))}
    if draw(st.booleans()):
        found["value"] = {"mode": draw(st.sampled_from(["netted", "seed"]))}
    if draw(st.booleans()):
        found["boundary"] = "scope12"
    if draw(st.booleans()):
        found["reference_capital"] = draw(st.sampled_from(["reline", "new", "sunk"]))
    if draw(st.booleans()):
        found["plant"] = {"output": 2.0, "lifetime": draw(st.integers(1, 6))}
    if draw(st.booleans()):
        found["factors"] = {"spread": {"kind": "uniform", "low": 1.0, "high": 3.0}}
    catalog: dict[str, Any] = {}
    if policies and draw(st.booleans()):
        name = draw(st.sampled_from(policies))
        catalog["policies"] = {name: {"variant": draw(st.sampled_from(variants[name]))}}
    if moving and draw(st.booleans()):
        catalog["markets"] = {"border_ets": {"process": {"kind": "random_walk", "sigma": 0.2}}}
    if draw(st.booleans()):
        catalog["sectors"] = draw(sectors)
    return found | ({"catalog": catalog} if catalog else {})


@st.composite
def budget(
    draw: Any, catalog: dict[str, Any], made: dict[str, list[str]], against: list[str], first: int,
    last: int,
) -> dict[str, Any]:  # fmt: skip
    """A budget of a route, from when on it and what it is compared with exist; or none."""
    from simcore.intake.templates import resolve

    known = resolve({"catalog": catalog})[0]["catalog"]["routes"]
    gap = draw(st.sampled_from(["support", "market", "buyer"]))
    usual, *others = made[draw(st.sampled_from(sorted(made)))]
    route, buyer = draw(st.sampled_from(others)), against[0]
    if gap == "buyer":
        there = [one for one in against if one.partition(".")[2] in (usual, *others)]
        if not there or there[0] == f"AA.{route}":
            return {}
        buyer = there[0]
    host = known[route].get("host")
    other = buyer.partition(".")[2] if gap == "buyer" else usual
    from random_projects import existing  # which draws numbers from here

    there = existing(known, 9999)
    begins = max(first, *(there[one] for one in (route, other, host or other)))
    if begins > last:
        return {}
    dates = draw(st.sampled_from([[begins], [begins, last + 2], [begins, begins + 1, begins + 2]]))
    return {"green_steel": {
        "region": "AA", "route": route, "gap": gap, "against": buyer,
        "destination": draw(st.sampled_from(["domestic", "eu"])),
        "volume": {date: draw(quantity(0.5, 6.0, "Mt/yr")) for date in dates},
    }}  # fmt: skip


@st.composite
def accounts(
    draw: Any, catalog: dict[str, Any], budgets: dict[str, Any], projects: dict[str, Any],
    first: int, last: int,
) -> dict[str, Any]:  # fmt: skip
    """A fund that takes what there is, or none."""
    if draw(st.integers(0, 2)) == 0:
        return {}
    begins = draw(st.integers(first, last))
    dates = draw(st.sampled_from([[first], [begins], [begins, last + 2]]))
    volume = {date: draw(quantity(0.5, 6.0, "Mt/yr")) for date in dates}
    inflow: dict[str, Any] = {
        "sold": {"kind": "auction", "market": draw(st.sampled_from(sorted(catalog["markets"]))),
                 "volume": volume, "share": draw(quantity(0.2, 1.0))},
        "cars": {"kind": "surcharge", "product": "car", "amount": draw(steps(0, 200)),
                 "volume": {begins: draw(quantity(0.1, 2.0))}},
    }  # fmt: skip
    outflow: dict[str, Any] = {
        "given": {"kind": "fixed", "amount": {begins: draw(steps(0, 300))}},
    }
    if budgets:
        outflow["gap"] = {"kind": "gap", "budget": "green_steel"}
    for name, one in projects.items():
        outflow[f"plant_{name}"] = {"kind": "capex", "project": name}
        for paid in one.get("instruments", ())[:1]:
            outflow[f"paid_{name}"] = {"kind": "instrument", "project": name, "instrument": paid}
    kept = draw(st.lists(st.sampled_from(sorted(outflow)), unique=True))
    fund = {
        "first": begins, "last": last, "rate": draw(quantity(0.0, 0.1)),
        "nominal": draw(st.booleans()), "inflow": inflow,
        "outflow": {name: outflow[name] for name in kept},
    }  # fmt: skip
    if draw(st.booleans()):
        # Without a price year, which nominal money has not.
        borrowed: dict[str, Any] = {"kind": "uniform", "low": draw(steps(50, 200)), "high": 300.0}
        fund |= {
            "issue": {draw(st.integers(begins, last)): borrowed},
            "proceeds": draw(st.sampled_from(["kept", "spent"])),
            "repayment": {
                "kind": draw(st.sampled_from(["level", "bullet"])),
                "years": draw(st.integers(1, 5)),
                **draw(st.sampled_from([{}, {"rate": 0.0}, {"rate": 0.05}])),
            },
        }
    return {"fund": fund}


@st.composite
def configs(draw: Any) -> dict[str, Any]:
    """A whole config."""
    first = draw(st.integers(2025, 2028))
    last = first + draw(st.integers(1, 3))
    from random_sectors import (  # which draws numbers from here
        blended,
        border,
        changed,
        generation,
        hydrogen_law,
        origin,
        reforming,
        rules,
        scrap_rules,
        sectors,
    )
    from random_sectors import (
        made as made_at,
    )

    regions = ["AA", "BB"][: draw(st.integers(1, 2))]
    made = {SECTORS[0]: ["old", "green", "third"][: draw(st.integers(2, 3))]}
    for name in SECTORS[1 : draw(st.sampled_from([1, 2, 2, 3]))]:
        made[name] = [route_name(name, "old"), route_name(name, "green")]
    markets = {"border_ets": draw(price("t", 80.0, first))}
    if draw(st.booleans()):
        markets["home_ets"] = draw(st.one_of(price("t", 40.0, first), related(40.0, first)))
    share_names = ["share_a", "share_b"][: draw(st.integers(0, 2))]
    mark_names = ["mark_a"][: draw(st.integers(0, 1))]
    policies = {name: draw(timeline(0, 1, first)) for name in share_names}
    policies |= {name: draw(timeline(0, 1.5, first)) for name in mark_names}
    if draw(st.integers(0, 1)):
        markets["border_ets"] = draw(viewed(80.0, first, policies))
    elsewhere = draw(st.booleans())
    everywhere = [*regions, *(["CC"] if elsewhere else [])]
    prices: dict[str, Any] = {}
    for commodity, unit in COMMODITIES.items():
        level = {"t": 120.0, "MWh": 60.0, "kg": 4.0}[unit]
        one = price(unit, level, first)
        if commodity == "hydrogen":
            one = draw(st.sampled_from([one, electrolysis(), electrolysis(), reforming()]))
        names = draw(st.sampled_from([["default"], everywhere, ["default", regions[0]]]))
        prices[commodity] = {name: draw(one) for name in names}
        if "unit" in prices[commodity][names[-1]] and draw(st.booleans()):
            followed = f"{commodity}.{names[0]}"
            if len(names) > 1 and "process" in prices[commodity][names[0]]:
                prices[commodity][names[-1]] = draw(indexed(unit, level, followed))
    for entry in prices["hydrogen"].values():
        if entry.get("electricity") == "captive":
            entry["supply"] = "grid"
    for entries in (prices["power"], prices["mix"]):
        for entry in entries.values():
            entry |= draw(st.sampled_from([{}, {"grid": "mix"}]))
    prices["captive"] = {
        name: draw(generation())
        for name in draw(st.sampled_from([["default"], everywhere, ["default", regions[0]]]))
    }
    systems = {}
    if draw(st.integers(0, 2)) == 0:
        from random_systems import system, system_market  # which draws numbers from here

        markets["home_ets"] = draw(system_market(first))
        systems["scheme"] = draw(system(first, policies))
    places = {name: place for one in made.values() for place, name in enumerate(one)}
    catalog = {
        "markets": markets,
        "systems": systems,
        "prices": prices,
        "policies": policies,
        "regions": {
            name: draw(region(draw(st.sampled_from(sorted(markets))), share_names))
            for name in regions
        },
        "routes": {
            name: draw(
                route(sector, places[name], everywhere, mark_names, first, buys_iron=elsewhere)
            )
            for sector, names in made.items() for name in names
        },
        "technologies": {"plant": draw(technology()), "stack": draw(technology())},
        "buyers": {"maker": {
            "indirect_factor": draw(quantity(1.0, 1.3)),
            "willingness": draw(quantity(0, 60, "EUR/t", form="any")),
        }},
        "products": {"car": {
            "uses": {
                name: draw(quantity(0.5, 1.5, "used"))
                for name in draw(st.lists(st.sampled_from(sorted(made)), min_size=1, unique=True))
            },
            "price": "0.03 M USD",
            "pass_through": draw(quantity(0.0, 1.0)),
        }},
    }  # fmt: skip
    follow_alike(catalog["routes"])
    if draw(st.booleans()):
        host = draw(st.sampled_from(["old", "green"]))
        catalog["routes"]["fitted"] = draw(
            retrofit(SECTORS[0], host, catalog["routes"][host], everywhere, first)
        )
        made[SECTORS[0]] += ["fitted"]
    for name in [name for sector in SECTORS[1:] for name in made.get(sector, ())]:
        # The first sector has no size of its own where others hold its products.
        if draw(st.integers(0, 2)) == 0:
            held = draw(st.sampled_from(made[SECTORS[0]]))
            for one in (held, catalog["routes"][held].get("host")):
                catalog["routes"].get(one, {}).get("size", {}).setdefault("output", 1.5)
            catalog["routes"][name] = draw(blended(catalog["routes"][name], held, everywhere))
    catalog["sectors"] = draw(sectors(made, regions, share_names, mark_names))
    if elsewhere:
        market = draw(st.sampled_from([None, None, *sorted(markets)]))
        catalog["regions"]["CC"] = draw(origin(market))
        maker = draw(route("pig", 2, ["CC"], mark_names, first))
        maker["available_from"] = first
        maker.pop("shares", None)
        if "size" in maker:
            maker["size"].setdefault("output", 1.5)
        if draw(st.integers(0, 2)) == 0:
            held = draw(st.sampled_from(made[SECTORS[0]]))
            for one in (held, catalog["routes"][held].get("host")):
                catalog["routes"].get(one, {}).get("size", {}).setdefault("output", 1.5)
            behind = [catalog["routes"].get(one, {}) for one in (
                held, catalog["routes"][held].get("host"))]  # fmt: skip
            if not any("pig" in one.get("inputs", {}) for one in behind):
                maker = draw(blended(maker, held, ["CC"]))
                if market:
                    there = draw(rules("CC", regions, share_names, mark_names, made[SECTORS[0]]))
                    there.pop("imports"), there.pop("product_price")
                    of_ware = catalog["sectors"].setdefault(SECTORS[0], {"regions": {}})
                    of_ware["regions"]["CC"] = there
        catalog["routes"]["maker"] = maker
        met = draw(rules("CC", regions, share_names, mark_names, ["maker"]))
        met.pop("imports"), met.pop("product_price")
        catalog["sectors"]["pig"] = {
            "routes": ["maker"], "regions": {"CC": met} if market or draw(st.booleans()) else {},
        }  # fmt: skip
        prices["pig"] = {"default": draw(made_at("maker", regions))}
    routes = [name for one in made.values() for name in one]
    for name, one in catalog["sectors"].items():
        if name in made and draw(st.integers(0, 1)):
            way = made[name][1]
            amount = by_region(everywhere, quantity(0.3, 1.2, "t/t", form="positive", bare=False))
            catalog["routes"][way]["inputs"]["chips"] = draw(amount)
            one["scrap"] = {"commodity": "chips", "route": way}
            for met in one["regions"].values():
                met["scrap"] = draw(scrap_rules(share_names))
            break  # of a good only one sector says how its price moves
    if len(made) == 1 and "scrap" not in catalog["sectors"][SECTORS[0]] and draw(st.booleans()):
        # Of a single sector, a region may say itself what it meets.
        for name, met in catalog["sectors"].pop(SECTORS[0])["regions"].items():
            catalog["regions"][name] |= met | {"reference": {SECTORS[0]: "old"}}
    if len(regions) == 2 and draw(st.booleans()):
        full = catalog["regions"]["BB"]
        kept = draw(st.lists(st.sampled_from(sorted(full)), unique=True))
        catalog["regions"]["BB"] = {"like": "AA", **{key: full[key] for key in kept}}
        for one in catalog["sectors"].values():
            met = one["regions"].pop("BB", {"": None})
            kept = draw(st.lists(st.sampled_from(sorted(met)), unique=True))
            if kept and "" not in met:
                one["regions"]["BB"] = {key: met[key] for key in kept}
    # A number of the catalog that refers to a named factor, whose unit may stand on either side.
    factor = draw(quantity(1.0, 3.0, "EUR/t", form="positive"))
    catalog["routes"]["green"]["other_opex"] = {"kind": "factor", "name": "spread"}
    from random_projects import (
        decided,
        existing,
        portfolios,
        project,
        supported,
    )  # which draw numbers from here

    there = existing(catalog["routes"], last)
    of = [
        choice for one in made.values()
        if len(choice := {name: there[name] for name in one if name in there}) > 1
    ]  # fmt: skip
    projects = {
        name: draw(project(regions, draw(st.sampled_from(of)), first, last))
        for name in ("works", "mill")[: draw(st.integers(1, 2)) if of else 0]
    }
    catalog["instruments"] = draw(supported(projects, sorted(markets), first, last))
    if any(one["kind"] == "compensation" for one in catalog["instruments"].values()):
        # To pay the same twice is refused.
        for one in catalog["sectors"].values():
            for met in one["regions"].values():
                met.pop("compensation", None)
        for one in catalog["regions"].values():
            one.pop("compensation", None)
    against = draw(st.lists(
        st.sampled_from([f"{region}.{route}" for region in regions for route in routes]),
        min_size=1, max_size=2, unique=True,
    ))  # fmt: skip
    budgets = draw(budget(catalog, made, against, first, last))
    held = draw(accounts(catalog, budgets, projects, first, last))
    # Of other sectors a scenario may change what is compared with.
    compared = {one["route"] for one in (*projects.values(), *budgets.values())}
    free = [name for name, one in made.items() if not compared & {*one}]
    sold = {name: one for name, one in catalog["sectors"].items() if name in made}
    overlaid = changed(sold, regions, share_names, mark_names, free=free)
    said = draw(border(share_names, mark_names))
    if len(made) > 1 or catalog["sectors"]:
        left = draw(st.lists(st.sampled_from(sorted(said)), unique=True))
        said = {key: one for key, one in said.items() if key not in left}
    known_paths = [
        # A price that a system makes has no shocks.
        *(name for name in markets if not systems or name != "home_ets"),
        *(f"{c}.{p}" for c, places in prices.items() for p in places if "process" in places[p]),
    ]
    known_factors = [
        "spread",
        "border_ets.anchor",
        "old.capex",
        "AA.wacc",
        "plant.capacity",
        *(f"{name}.variant" for name in share_names),
    ]
    sold_abroad = quantity(0.0, 1.0)
    owed: dict[str, Any] = {
        "firm": {"market": "border_ets", "shortfall": 12.5, "first": first, "last": last - 1},
        **{f"mill_{region}": {
            "first": first, "last": last, "growth": 0.02,
            "plant": {"region": region, "route": routes[0], "output": 2.0,
                      "destinations": {"eu": draw(sold_abroad | by_year(sold_abroad))}},
        } for region in regions if catalog["regions"][region].get("market")},
    }  # fmt: skip
    portfolio = draw(portfolios(sorted(projects), sorted(owed), first, last))
    return {
        "name": "random", "seed": draw(st.integers(0, 2**40)), "draws": 512,
        "years": {"first": first, "last": last},
        "currency": draw(st.sampled_from(["EUR", "USD"])), "money": MONEY,
        "sectors": draw(st.permutations(list(made))), "regions": regions,
        "destinations": draw(st.sampled_from([["domestic", "eu"], ["eu"], ["domestic"]])),
        "routes": draw(st.permutations(routes)),
        "outcomes": [
            name for name in ASKED
            if (budgets or "budget" not in OUTCOMES[name].dims)
            and (held or "account" not in OUTCOMES[name].dims)
            and (projects or "project" not in OUTCOMES[name].dims)
            and (projects or OUTCOMES[name].comes_with != "decisions")
            and (portfolio or OUTCOMES[name].comes_with != "portfolios")
            and (catalog["instruments"] or "instrument" not in OUTCOMES[name].dims)
        ],
        "keep": [], "portfolios": portfolio, "products": ["car"], "budgets": budgets,
        "accounts": held,
        "parity": draw(st.permutations(list(COMMODITIES))),
        "against": against,
        "boundary": draw(st.sampled_from(["scope1", "scope12"])),
        "reference_capital": draw(st.sampled_from(["reline", "new", "sunk"])),
        "hydrogen_rule": draw(st.sampled_from([None, "rfnbo", "low_carbon", "intensity"])),
        "hydrogen": draw(hydrogen_law(share_names)),
        "cbam": {
            "market": "border_ets",
            **said,
            "free_allocation": draw(policy_value(0, 1, share_names)),
            "cscf": draw(policy_value(0.8, 1, share_names)),
            "declared": draw(st.sampled_from(["actual", "default", "cheaper"])),
            "power_factor": draw(st.sampled_from(["actual", "grid_mean", "default"])),
            "recognised_default": draw(policy_value(0, 1, share_names)),
            "method": draw(st.sampled_from(["own", "country_average"])),
            "resource_shuffling": draw(st.sampled_from([0.0, 0.3, 1.0])),
            "clean_intensity": draw(steps(0, 1)),
        },
        "value": {
            "mode": draw(st.sampled_from(["netted", "netted", "seed"])), "buyer": "maker",
            "double_claiming": draw(st.sampled_from(["forbid", "allow"])),
            "credit_limit": draw(st.sampled_from([None, 0.05, 0.5])),
        },
        "plant": {
            "start": draw(st.integers(first, last)), "lifetime": draw(st.integers(1, 8)),
            "output": draw(steps(0.5, 3)), "valued_in": first - draw(st.integers(0, 2)),
            "beyond": "hold",
        },
        "projects": projects, **(draw(decided(projects, first, last)) if projects else {}),
        "exposures": owed,
        "factors": {"spread": factor},
        "correlations": draw(correlations(known_factors, known_paths)),
        "independent_scenarios": draw(st.sampled_from([False, False, True])),
        "scenarios": {
            "base": {},
            **({"other": draw(overlay(
                sorted(policies), {name: sorted(p["variants"]) for name, p in policies.items()},
                moving="spot" in markets["border_ets"] and "view" not in markets["border_ets"],
                sectors=overlaid if "routes" in sold.get(SECTORS[0], {}) else st.just({}),
            ))} if draw(st.booleans()) else {}),
        },
        "dtype": "float64",
        "catalog": catalog,
    }  # fmt: skip
