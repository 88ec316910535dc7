"""Emissions trading systems as nodes: rules of each variant by year, and demand (MODEL 9)."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from simcore.dated import DatedTable
from simcore.intake.policies import followed_rules, variants
from simcore.intake.systems import Rules, System
from simcore.intake.views import system_of
from simcore.kernels.operations import RULES
from simcore.model.scene import Scene, choice_node, read
from simcore.numerics.elementary import interpolated
from simcore.units import deflate

_STEP: Final = 1e-9
"""Width of a band, Mt, that is a step: no bank is so near a threshold but by rounding."""


def system_node(
    scene: Scene,
    market: str,
    wanted: str,
    known: tuple[int, float] | None,
    active: int | None = None,
) -> int:
    """Node of one quantity of the system behind a market.

    Parameters
    ----------
    scene : Scene
    market : str
        A market whose process is cap_and_bank.
    wanted : str
        price, EUR/t of the base year, or another output of CAP_AND_BANK, million t CO2e: one node
        solves the market once.
    known : tuple of int and float, or None
        Year whose price is known, and that price, EUR/t.
    active : int, optional
        Node that is 0 in draws that do not need the system: they are not solved, and undefined.

    Returns
    -------
    int
    """
    name = system_of(scene.experiment.catalog.markets[market])
    assert name is not None
    system = scene.experiment.catalog.systems[name]
    years = np.arange(system.start + 1, max(system.until, scene.experiment.years.last) + 1)
    named, variant = _variant(scene, system)
    odds, resolved, in_force = _resolution(scene, name, system, named)
    rules = np.concatenate(
        [_demand(system, years, known), *(rules_table(system.variants[v], years) for v in named)],
        axis=1,
    )
    drawn: dict[str, Any] = {
        field: read(scene, system, field, name)
        for field in (
            "level", "growth", "slope", "discount_rate", "backstop", "reference_price",
            "adjustment", "immediate", "hedge",
        )
    }  # fmt: skip
    start = system.start
    price_1, price_2, price_3 = (
        _real(scene, system.prices[start - back], start - back) for back in range(3)
    )
    node = scene.graph.node(
        "CAP_AND_BANK", variant=variant, **drawn, resolved=resolved,
        active=scene.graph.constant(1.0) if active is None else active,
        variants=len(named), first_year=start + 1, horizon=system.horizon or 0, in_force=in_force,
        odds=odds, rules=rules, bank=system.bank[start], bank_before=system.bank[start - 1],
        reserve=system.reserve[start], price_1=price_1, price_2=price_2, price_3=price_3,
        log_price=math.inf, grown=1.0, abated=0.0,
    )  # fmt: skip
    return scene.graph.output(node, wanted)


def _resolution(
    scene: Scene, name: str, system: System, named: list[str]
) -> tuple[list[float], int, int]:
    """Odds by variant, the node of the year of resolution, and the position of the rules in force.

    Rules that only the odds or the years before name are added to `named`.
    """
    record = system.resolution
    if record is None:
        return [0.0] * len(named), scene.graph.constant(0.0), 0
    for one in (system.variant, *record.odds):
        if one not in named:
            named.append(one)
    odds = [record.odds.get(one, 0.0) if one not in named[:place] else 0.0
            for place, one in enumerate(named)]  # fmt: skip
    resolved = read(scene, record, "year", f"{name}.resolution")
    return odds, resolved, named.index(system.variant)


def _variant(scene: Scene, system: System) -> tuple[list[str], int]:
    """Variants of the rules that a draw may meet, and the node of their position."""
    certain = scene.graph.constant(0.0)
    if system.follows is None:
        return [system.variant], certain
    policy = scene.experiment.catalog.policies[system.follows]
    named = followed_rules(system, variants(policy))
    if isinstance(policy.variant, str):
        return named, certain
    choice = {
        "kind": "discrete",
        "values": list(range(len(named))),
        "probabilities": policy.variant.probabilities,
    }
    name = f"{system.follows}.variant"
    return named, choice_node(scene, name, choice, policy.variant, variants(policy))


def _real(scene: Scene, price: float, year: int) -> float:
    """A past price in EUR of the base year."""
    money = scene.experiment.money
    index = money.deflator.get("EUR")
    return price * deflate(year, money.base_year, index=index, inflation=money.inflation)


def _demand(system: System, years: np.ndarray, known: tuple[int, float] | None) -> np.ndarray:
    """Baseline emissions, whether they grow, and the price if it is known (0: no), by year."""
    dates = sorted(system.baseline)
    baseline = interpolated(years, dates, [system.baseline[date] for date in dates])
    seen, price = known or (0, 0.0)
    return np.stack([baseline, years > dates[-1], np.where(years == seen, price, 0.0)], axis=1)


def rules_table(rules: Rules, years: np.ndarray) -> np.ndarray:
    """Lines of one variant of the rules.

    Parameters
    ----------
    rules : Rules
    years : ndarray of int

    Returns
    -------
    ndarray of float64, shape (years, rules)
        Columns as in `kernels.operations.RULES`.
    """
    every = years.tolist()
    cap, intake = caps(rules, every[-1]), DatedTable(rules.intake).over(every)
    scale = thresholds(rules, every[-1])
    lines = []
    for year, share in zip(every, intake, strict=True):
        ends = rules.invalidation_end is not None and year > rules.invalidation_end
        ceiling = math.inf if rules.ceiling is None or ends else rules.ceiling
        moved = rules.moved.get(year, 0.0)
        band = max(rules.band * scale[year], _STEP)
        lines.append({
            "issued": cap[year] + moved + rules.removals.get(year, 0.0),
            "auctioned": max(0.0, rules.auctioned * cap[year] + moved),
            "intake": share,
            "upper": rules.upper * scale[year],
            "lower": rules.lower * scale[year],
            "release": rules.release,
            "ceiling": ceiling,
            "trigger": math.inf if rules.price_trigger is None else rules.price_trigger,
            "price_release": rules.price_release,
            "steepness": 1.0 / band,
        })  # fmt: skip
    return np.array([[line[column] for column in RULES] for line in lines], dtype=float)


def thresholds(rules: Rules, last: int) -> dict[int, float]:
    """Thresholds of the reserve by year, as a share of those stated."""
    scale, found = 1.0, {}
    years = range(min([*rules.decline, *rules.intake, *rules.cap]), last + 1)
    for year, fall in zip(years, DatedTable(rules.decline).over(years, before=0.0), strict=True):
        scale *= 1.0 - fall
        found[year] = scale
    return found


def caps(rules: Rules, last: int) -> dict[int, float]:
    """Cap by year, million t: fixed in some years, then falling by the linear reduction factor."""
    found: dict[int, float] = {}
    years = range(min(rules.cap), last + 1)
    factors = DatedTable(rules.reduction_factor).over(years)
    for year, factor in zip(years, factors, strict=True):
        if year in rules.cap:
            found[year] = rules.cap[year]
            continue
        fall = factor * rules.reduction_base
        found[year] = max(0.0, found[year - 1] - fall + rules.rebasing.get(year, 0.0))
    return found
