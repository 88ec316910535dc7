"""Random projects, and instruments of any kind that pay them, for random configs."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from random_configs import bounded, by_year, quantity, steps


@st.composite
def project(draw: Any, regions: list[str], there: dict[str, int], first: int, last: int) -> Any:
    """A plant that may live beyond the horizon; `there` says from when on its routes exist."""
    route, replaced = draw(st.sampled_from(sorted(there))), draw(st.sampled_from(sorted(there)))
    capital = draw(st.sampled_from(["full", "sunk", "reline"]))
    against: Any = {"route": replaced, "capital": capital}
    if capital == "reline":
        against["reline"] = draw(quantity(50, 300, "EUR/(t/yr)", form="positive"))
    if replaced.endswith("old") and route != replaced and draw(st.booleans()):
        against = None
    elif capital == "full":
        replaced = draw(st.sampled_from(sorted(set(there) - {route})))
        against = draw(st.sampled_from([replaced, {"route": replaced}]))
    start = draw(st.integers(max(first, there[route], there[replaced]), last))
    lifetime, willing = draw(st.integers(1, 8)), quantity(0, 60, "EUR/t", form="any")
    optional = {
        "hydrogen": draw(st.sampled_from(["own", "bought"])), "buyer": "maker",
        "destination": draw(st.sampled_from(["domestic", "eu"])),
        "sold": draw(quantity(0.0, 1.0)), "willing": draw(willing),
        "rate": draw(quantity(0.01, 0.12)),
        "valued_in": start + draw(st.integers(-3, min(3, lifetime - 1))),
    }  # fmt: skip
    optional["tax"] = {"rate": draw(quantity(0.0, 0.4)), "nominal": draw(st.booleans())}
    optional["spend"] = draw(st.sampled_from([{-2: 0.4, -1: 0.6}, {0: 1.0}, {-3: 0.5, 0: 0.5}]))
    optional["debt"] = {
        "share": draw(quantity(0.1, 0.9)), "rate": draw(quantity(0.01, 0.12)),
        "years": draw(st.integers(1, lifetime)), "nominal": draw(st.booleans()),
        "repayment": draw(st.sampled_from(["level", "equal_principal"])),
    }  # fmt: skip
    later = [name for name, since in there.items() if name != route and since <= last]
    ends = min(start + lifetime - 1, last)
    closes = draw(st.integers(start, ends)) if draw(st.booleans()) else None
    converted: dict[str, Any] = {}
    if later and start < (closes or ends) and draw(st.booleans()):
        name = draw(st.sampled_from(later))
        first = max(start + 1, there[name])
        if first <= (closes or ends):
            # A second investment is neither lent nor written off, and an electrolyser only once.
            for key in ("tax", "debt", "hydrogen"):
                del optional[key]
            converted = {
                "phases": {start: route, draw(st.integers(first, closes or ends)): name},
                "conversion": draw(quantity(20, 300, "EUR/(t/yr)", form="positive")),
            }
    if closes is not None:
        converted["closes"] = closes
        optional["valued_in"] = min(optional["valued_in"], closes)
        if "debt" in optional:
            optional["debt"]["years"] = min(optional["debt"]["years"], closes - start + 1)
    kept = draw(st.lists(st.sampled_from(sorted(optional)), unique=True))
    return {
        "region": draw(st.sampled_from(regions)), "route": route, **converted,
        "start": start, "lifetime": lifetime, "output": draw(steps(0.5, 3)),
        **({"against": against} if against is not None else {}),
        **{name: optional[name] for name in kept},
    }  # fmt: skip


@st.composite
def instrument(draw: Any, longest: int, first: int, markets: list[str], *, cleaner: bool) -> Any:
    """An instrument of any kind that pays at most so many years; `cleaner`: CO2 is avoided."""
    kinds = ["opex", "grant", "cfd", "loan", "procurement", "product", "compensation"]
    kind = draw(st.sampled_from([*kinds, *(["ccfd", "ccfd", "premium"] if cleaner else [])]))
    million, level = st.one_of(steps(0, 200), bounded(0, 200)), quantity(20, 300, "EUR/t")
    yearly = level | by_year(level)
    share, part = quantity(0.0, 1.0), quantity(0.0, 1.0) | by_year(quantity(0.0, 1.0))
    if kind == "grant":
        return {
            "kind": kind, "share": draw(share), "of": draw(st.sampled_from(["capex", "difference"])),
            "paid_in": draw(st.integers(-3, longest - 1)),
            **draw(st.sampled_from([{}, {"cap": {"total": draw(million)}}])),
        }  # fmt: skip
    optional = {
        "delay": draw(st.sampled_from([0, 1, 0.5, draw(bounded(0.0, 2.0))])),
        "first": first + draw(st.integers(0, 2)), "last": first + draw(st.integers(2, 5)),
        "cap": draw(st.fixed_dictionaries({}, optional={"total": million, "yearly": million})),
        "sided": draw(st.sampled_from(["one", "two"])),
        "repay": draw(st.sampled_from(["all", "received"])), "exit_after": draw(st.integers(0, 2)),
        "other_aid": draw(st.sampled_from(["add", "deduct"])), "nominal": draw(st.booleans()),
        "rate": draw(quantity(0.0, 0.06)),
        "eligible": draw(st.fixed_dictionaries({}, optional={
            "avoided": part, "emission_intensity": quantity(0.2, 2.0, "t/t"),
        })),
    }  # fmt: skip
    kept = draw(st.lists(st.sampled_from(sorted(optional)), unique=True, max_size=5))
    found = {"kind": kind, "term": draw(st.integers(1, longest)),
             **{name: optional[name] for name in kept}}  # fmt: skip
    if kind in ("ccfd", "cfd", "premium"):
        # Of hydrogen it must have its unit.
        level = quantity(20, 300, "EUR/t", bare=False)
        found["strike"] = draw(level)
    if kind == "ccfd":
        fields = {
            "escalation": quantity(0.0, 0.05, form="any"), "cover": share, "green_revenue": share,
            "reference": st.sampled_from(["effective", "market"]),
            "market": st.sampled_from(markets),
            "indexation": st.fixed_dictionaries({
                "base": st.just(first), "shares": st.fixed_dictionaries(
                    {"power": share}, optional={"hydrogen": share, "ore": share}),
            }),
        }  # fmt: skip
        chosen = draw(st.lists(st.sampled_from(sorted(fields)), unique=True))
        if draw(st.booleans()) and "reference" in chosen and "market" in chosen:
            chosen.remove("market")
        return found | {name: draw(fields[name]) for name in sorted(chosen)}
    if kind in ("cfd", "premium"):
        of = "avoided" if kind == "premium" else draw(st.sampled_from(["hydrogen", "tonne"]))
        heat = {"power": draw(quantity(0.5, 3.0, "MWh/t", bare=False))}
        needs = {"per": of} if of == "avoided" else {"per": of, "replaces": heat}
        if of == "hydrogen":
            # A bare price of hydrogen is refused: it may be meant by the kilogram.
            level = quantity(20, 300, "EUR/t", bare=False)
            found["strike"] = draw(level)
        return found | needs | ({"floor": draw(level)} if draw(st.booleans()) else {})
    if kind == "opex" and draw(st.booleans()):
        return found | {"covers": "gap", "share": draw(share)}
    if kind == "opex":
        of = draw(st.sampled_from(["tonne", "hydrogen", *(["avoided"] if cleaner else [])]))
        unit = "kg" if of == "hydrogen" else "EUR/t"
        amount = quantity(0.1, 3.0, unit) if of == "hydrogen" else level
        steps_ = {"steps": {1: 1, 2: draw(steps(0, 1))}} if draw(st.booleans()) else {}
        return found | steps_ | {
            "per": of, "share": draw(share), "amount": draw(amount | by_year(amount)),
        }  # fmt: skip
    if kind == "loan":
        return found | {"share": draw(share), "spread": draw(quantity(0.0, 0.04))}
    if kind == "procurement":
        paid = {"uplift": draw(yearly)} if draw(st.booleans()) else {"covers": "gap"}
        return found | paid | {"share": draw(part)}
    if kind == "product":
        return found | {
            "amount": draw(steps(0, 900)), "content": draw(steps(0.5, 2)), "share": draw(share),
            "passed_on": draw(share),
        }  # fmt: skip
    return found | {
        "intensity": draw(part), "emission_factor": draw(quantity(0.1, 0.9, "t/MWh")),
        "efficiency": draw(share), "market": draw(st.sampled_from(markets)),
    }  # fmt: skip


ORDER = ["old", "green", "third"]
"""Routes, each of which emits less than the one before."""


@st.composite
def supported(
    draw: Any, projects: dict[str, Any], markets: list[str], first: int, last: int
) -> Any:
    """Instruments for projects, which name them, and limits of all together."""
    found: dict[str, Any] = {}
    for name, one in projects.items():
        against = one.get("against") or "old"  # as the conventional route of each sector is
        against = against["route"] if isinstance(against, dict) else against
        places = [name.rpartition("_")[2] for name in (one["route"], against)]
        known = {*places} <= {*ORDER}
        cleaner = known and ORDER.index(places[0]) > ORDER.index(places[1])
        names = [f"{name}_{n}" for n in range(draw(st.integers(0, 3)))]
        longest = last - one["start"] + 1
        found |= {
            each: draw(instrument(longest, first, markets, cleaner=cleaner)) for each in names
        }
        for each in names:  # a loan is repaid while the plant runs
            if found[each]["kind"] == "loan":
                used = one.get("closes", last + 99) - one["start"] + 1
                found[each]["term"] = min(found[each]["term"], one["lifetime"], used)
        one["instruments"] = draw(st.permutations(names))
        if names and draw(st.booleans()):
            one["cumulation"] = {
                "of": draw(st.sampled_from(["gap", "cost"])), "share": draw(quantity(0.0, 1.0)),
            }  # fmt: skip
    return found


def existing(routes: dict[str, Any], last: int) -> dict[str, int]:
    """From when on there is each route that there is within the run, and what it buys of others."""

    def since(name: str) -> int:
        route = routes[name]
        below = routes.get(route.get("host", ""), {})
        own = route.get("available_from") or below.get("available_from") or 0
        held = route.get("made_from") or below.get("made_from")
        behind = [held["route"]] if held else []
        if "pig" in {*route.get("inputs", {}), *below.get("inputs", {})}:
            behind.append("maker")
        return max(own, *map(since, behind), 0)

    return {name: since(name) for name in routes if since(name) <= last}


@st.composite
def decided(draw: Any, projects: dict[str, Any], first: int, last: int) -> Any:
    """Decisions among projects, valued in any year and up to a year in which all have begun."""
    sets = st.lists(st.sampled_from(sorted(projects)), unique=True)
    names = ("one", "two", "three")[: draw(st.integers(2, 3))]
    latest = max(one["start"] for one in projects.values())
    choice = {
        "valued_in": min(last, first + draw(st.integers(-3, 3))), "until": draw(st.integers(latest, last)),
    }  # fmt: skip
    kept = draw(st.lists(st.sampled_from(sorted(choice)), unique=True))
    return {
        "decisions": {name: draw(sets) for name in names},
        **({"choice": {name: choice[name] for name in kept}} if kept else {}),
    }


@st.composite
def portfolios(draw: Any, projects: list[str], exposures: list[str], first: int, last: int) -> Any:
    """A portfolio of some of each, or none."""
    of = [draw(st.lists(st.sampled_from(one), unique=True)) if one else []
          for one in (projects, exposures)]  # fmt: skip
    if not any(of):
        return {}
    found: dict[str, Any] = {"projects": of[0], "exposures": of[1]}
    if "firm" in of[1] or draw(st.booleans()):
        found["rate"] = draw(steps(0.01, 0.12))
    if draw(st.booleans()):
        found["valued_in"] = min(last, first + draw(st.integers(-3, 2)))
    return {"group": found}
