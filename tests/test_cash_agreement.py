"""The cash flow of projects in rich and random configs is that of the plain model, draw by draw."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from agreement import traced
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from random_configs import configs, quantity, steps
from reference_cash import OF_LIFE, OF_YEARS, after_tax, cash_outcomes, equity, free_cash, service
from reference_paths import Case, merge
from reference_projects import is_there
from rich_config import rich_config

import simcore
from simcore.errors import ConfigError
from simcore.variables import OUTCOMES

ASKED = [*OF_YEARS, *OF_LIFE]
RELATIVE = 1e-8


def is_root(rate: float, flows: Mapping[int, float], near: float) -> bool:
    """Whether a rate is one of these flows, but for rounding."""

    def worth(at: float) -> float:
        return math.fsum(flow / (1 + at) ** (year - min(flows)) for year, flow in flows.items())

    def size(at: float) -> float:
        parts = (abs(flow) / (1 + at) ** (year - min(flows)) for year, flow in flows.items())
        return RELATIVE * math.fsum(parts) + near * (1 + at) ** -len(flows)

    total = math.fsum(flows.values())
    if rate == 10.0:
        return total >= -size(0.0) and worth(10.0) >= -size(10.0)
    if rate == -1.0:
        return total < size(0.0) and worth(-0.5) < size(-0.5)
    right = total >= -size(0.0) if rate >= 0 else total < size(0.0)
    return -0.5 <= rate <= 10.0 and right and abs(worth(rate)) <= size(rate)


def disagreements(resolved: dict[str, Any], found: dict[Any, Any], draw: int) -> Iterator[str]:
    """What the engine and the plain model make differently."""
    rates = {"EUR": 1.0} | resolved["money"]["exchange"]
    for scenario, overlay in resolved["scenarios"].items():
        stream = f"{scenario}/" if resolved.get("independent_scenarios") else ""
        case = Case(merge(resolved, overlay or {}), draw, stream)
        expected = cash_outcomes(case, scenario)
        flows = {
            name: free_cash(case, name) for name in case.config.get("projects") or {}
            if is_there(case, name)
        }  # fmt: skip
        for key, value in found.items():
            if key[0] not in ASKED or key[1] != scenario:
                continue
            name, project, known = key[0], key[2], expected.pop(key, math.nan)
            if math.isnan(known) or math.isnan(value):
                if not (math.isnan(known) and math.isnan(value)):
                    yield f"{key}: {value!r}, plain model {known!r}"
                continue
            own = flows[project]
            size = 1.0 + max(
                abs(one) for (what, where, which, *_), one in found.items()
                if (what, where, which) == ("project_revenue", scenario, project) and one == one
            ) / rates[resolved["currency"]] + sum(map(abs, own.values()))  # fmt: skip
            near = RELATIVE * size
            if name == "project_irr":
                right = is_root(value, own, near)
            elif name == "equity_irr":
                right = is_root(value, equity(case, project), near)
            elif name in ("irr_ambiguous", "dscr_below"):
                right = value == known or at_the_edge(case, name, key, own, near)
            elif name in ("dscr", "dscr_lowest"):
                paid = min(service(case, project).values())
                right = abs(value - known) * paid <= near + RELATIVE * abs(known) * paid
            else:
                rate = rates[resolved["currency"]]
                right = abs(value / rate - known) <= near
            if not right:
                yield f"{key}: {value!r}, plain model {known!r}"
        for key, value in expected.items():
            if not math.isnan(value):
                yield f"{key}: missing, plain model {value!r}"


def at_the_edge(
    case: Case, name: str, key: tuple[Any, ...], flows: Mapping[int, float], near: float
) -> bool:
    """Whether rounding may turn an indicator."""
    if name == "irr_ambiguous":
        total, least = 0.0, math.inf
        for flow in flows.values():
            total += flow
            least = min(least, abs(total))
        return least <= near
    covenant = case.config["projects"][key[2]]["debt"].get("covenant", 1.3)
    left = after_tax(case, key[2])[key[3]] - covenant * service(case, key[2])[key[3]]
    return abs(left) <= near


def differences(config: dict[str, Any], draws: tuple[int, ...]) -> list[str]:
    plan = simcore.build(simcore.load(config))
    resolved, told = plan.spec.resolved(), []
    for draw in draws:
        faults = disagreements(resolved, traced(plan, draw), draw)
        told += [f"draw {draw}: {one}" for one in faults]
    return told[:10]


TAX = {"rate": {"kind": "uniform", "low": 20, "high": 35, "unit": "%"}, "nominal": True}
DEBT = {
    "share": {"kind": "uniform", "low": 0.3, "high": 0.8}, "rate": "5 %", "years": 3,
    "nominal": True, "covenant": 1.1,
}  # fmt: skip
CASH: dict[str, Any] = {
    "works": {"spend": {-2: 0.5, -1: 0.3, 0: 0.2}, "tax": TAX, "debt": DEBT},
    "later_works": {"debt": {**DEBT, "repayment": "equal_principal"}},
    "abroad": {"spend": {-5: 0.1, -1: 0.9}, "tax": {"rate": 0.25}, "debt": {**DEBT, "years": 20}},
    "short": {"tax": TAX, "debt": {**DEBT, "years": 2, "nominal": False}},
}
VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {}, "in dollars": {"currency": "USD"},
    "nothing for what stands": {"reference_capital": "sunk"},
    "each scenario with its own draws": {"independent_scenarios": True},
}  # fmt: skip


@pytest.mark.parametrize("name", VARIANTS)
def test_the_rich_config_agrees(name: str) -> None:
    changes = VARIANTS[name]
    config = rich_config(outcomes=ASKED, projects=CASH, against=[], parity=[], **changes)
    assert differences(config, (5, 300) if not changes else (300,)) == []


@st.composite
def with_cash(draw: Any) -> dict[str, Any]:
    """A random config whose projects are paid over years, taxed and lent to."""
    config = draw(configs())
    for one in config["projects"].values():
        early = draw(steps(0.1, 0.6))
        one["spend"] = {-draw(st.integers(1, 4)) - 1: early, 0: 0.2, -1: 0.8 - early}
        if draw(st.booleans()):
            one["tax"] = {"rate": draw(quantity(0.1, 0.4)), "nominal": draw(st.booleans())}
        if draw(st.booleans()):
            one["debt"] = {
                "share": draw(quantity(0.2, 0.8)), "rate": draw(quantity(0.01, 0.1)),
                "years": draw(st.integers(1, one["lifetime"])), "nominal": draw(st.booleans()),
                "repayment": draw(st.sampled_from(["level", "equal_principal"])),
            }  # fmt: skip
    return config | {"outcomes": ASKED, "keep": [], "against": [], "parity": []}


def agrees(config: dict[str, Any]) -> None:
    try:
        told = differences(config, (0, 255))
    except ConfigError as error:
        # A project against itself and the like: what random configs may say.
        assume(False)
        raise error
    assert told == []


QUIET: dict[str, Any] = {
    "deadline": None, "database": None, "derandomize": True, "suppress_health_check": list(HealthCheck), "phases": [Phase.generate],
}  # fmt: skip


@pytest.mark.long
@settings(max_examples=3, **QUIET)
@given(with_cash())
def test_random_configs_agree(config: dict[str, Any]) -> None:
    agrees(config)


@pytest.mark.long
@settings(max_examples=6, **QUIET)
@given(with_cash())
def test_more_random_configs_agree(config: dict[str, Any]) -> None:
    agrees(config)


@pytest.mark.slow
@settings(max_examples=150, **(QUIET | {"derandomize": False}))
@given(with_cash())
def test_many_random_configs_agree(config: dict[str, Any]) -> None:
    agrees(config)


def test_every_outcome_of_the_cash_flow_is_compared() -> None:
    declared = {name for name, one in OUTCOMES.items()
                if one.node.__module__.rpartition(".")[2] in ("financing", "lending")}  # fmt: skip
    assert declared == set(ASKED)
