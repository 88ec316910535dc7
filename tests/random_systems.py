"""Random emissions trading systems for random configs: any rules, any demand, any known price."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from random_configs import quantity, steps


@st.composite
def rules(draw: Any, first: int) -> dict[str, Any]:
    """Cap and reserve; thresholds off the grid of the banks, so that none is hit exactly."""
    found: dict[str, Any] = {
        "cap": {first - 3: draw(steps(500, 1500))}, "reduction_base": 2000.0,
        "reduction_factor": {first - 3: draw(steps(0, 0.06)), first + 2: draw(steps(0, 0.06))},
        "auctioned": draw(steps(0.1, 0.9)),
        "intake": {first - 3: draw(steps(0, 0.4)), first + 1: draw(steps(0, 0.4))},
        "upper": draw(steps(400, 1000)) + 0.37, "lower": draw(steps(100, 400)) + 0.41,
        "release": draw(steps(0, 150)),
    }  # fmt: skip
    if draw(st.booleans()):
        found["band"] = draw(steps(20, 150)) + 0.29
        found["decline"] = {first + draw(st.integers(-1, 2)): draw(steps(0, 0.1))}
    if draw(st.booleans()):
        brought = draw(steps(-60, 60))
        found["moved"] = {first + 1: brought, first + 3: -brought}
        found["removals"] = {first + 2: draw(steps(0, 40))}
    if draw(st.booleans()):
        found["rebasing"] = {first + draw(st.integers(-1, 2)): draw(steps(-150, 100))}
    if draw(st.booleans()):
        found["ceiling"] = draw(steps(0, 800))
        found["invalidation_end"] = draw(st.sampled_from([None, first, first + 1]))
    if draw(st.booleans()):
        found |= {"price_trigger": draw(steps(1.01, 2.5)), "price_release": draw(steps(0, 100))}
    return found


@st.composite
def system(draw: Any, first: int, policies: dict[str, Any]) -> dict[str, Any]:
    """A system under fixed rules, or under those that a policy of the config decides."""
    start = first - draw(st.integers(1, 2))
    followed = draw(st.sampled_from([None, *sorted(policies)]))
    names = ["law", "reform"] if followed is None else sorted(policies[followed]["variants"])
    more: dict[str, Any] = {}
    if draw(st.booleans()):
        more = {"immediate": draw(quantity(0.0, 0.3)), "adjustment": draw(quantity(0.1, 1.0)),
                "hedge": draw(quantity(0.0, 0.4))}  # fmt: skip
    if draw(st.booleans()):
        share = draw(steps(0.1, 0.9))
        odds = {names[0]: 1.0} if len(names) == 1 else {names[0]: share, names[1]: 1.0 - share}
        years = [first, first + draw(st.integers(1, 3))]
        more["resolution"] = {"odds": odds, "year": draw(st.sampled_from([
            years[1],
            {"kind": "discrete", "values": years, "probabilities": [0.4, 0.6]},
        ]))}  # fmt: skip
    if followed is not None and draw(st.booleans()):
        more["rules"] = {names[0]: names[-1]}
    if draw(st.integers(0, 3)) == 0:
        more["horizon"] = draw(st.integers(1, 9))
    return more | {
        "start": start,
        "bank": {year: draw(steps(0, 1800)) for year in (start - 1, start)},
        "reserve": {start: draw(steps(0, 900))},
        "prices": {year: draw(steps(5, 120)) for year in range(start - 2, start + 1)},
        "baseline": {first - 2: draw(steps(600, 1500)), first + 1: draw(steps(500, 1500))},
        "level": draw(quantity(0.8, 1.2)), "growth": draw(quantity(-0.06, 0.03)),
        "reference_price": draw(quantity(30, 90, "EUR/t")),
        "slope": draw(quantity(0.1, 0.9)), "backstop": draw(quantity(200, 900, "EUR/t")),
        "discount_rate": draw(quantity(0.0, 0.15)),
        "until": first + draw(st.integers(4, 14)),
        "variant": draw(st.sampled_from(names)), "follows": followed,
        "variants": {name: draw(rules(first)) for name in names},
    }  # fmt: skip


@st.composite
def system_market(draw: Any, first: int) -> dict[str, Any]:
    """A market whose price a system finds, with a known price or none."""
    found: dict[str, Any] = {
        "title": "a price", "unit": "EUR/t", "nominal": draw(st.booleans()),
        "process": {"kind": "cap_and_bank", "system": "scheme"},
    }  # fmt: skip
    if draw(st.booleans()):
        found["spot"] = {"year": first - draw(st.integers(0, 1)), "value": draw(steps(10, 150))}
    return found
