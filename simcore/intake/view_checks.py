"""Views of prices, and what acts on a price: weights, names, and settings that would do nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from simcore.intake.compilation import compiled
from simcore.intake.findings import Address, Finding, unknown, unknown_entry
from simcore.intake.paths import PricePath, View
from simcore.intake.priced import used_paths
from simcore.intake.schema import Experiment
from simcore.intake.views import ENSEMBLE, chosen_views, has_views
from simcore.processes import KINDS, kind_of
from simcore.quantities import FactorReference


def view_findings(experiment: Experiment, folder: Path) -> Iterator[Finding]:
    """Find views that cannot be drawn, and settings of a price that would change nothing."""
    for address, price in used_paths(experiment):
        if price.view != ENSEMBLE:
            yield from _named(address, price)
        if has_views(price):
            yield from _weights(address, price)
            yield from _beside(address, price)
            yield from _spots(address, price)
            for name, view in chosen_views(price).items():
                yield from _view(experiment, (*address, "views", name), address, price, view)
        if price.policy_effect is not None:
            yield from _effect(experiment, address, price)
        if price.response is not None:
            yield from _response(experiment, address, price, folder)
        if price.relative is not None:
            yield from _relative(experiment, address, price)


def _named(address: Address, price: PricePath) -> Iterator[Finding]:
    if price.process is not None:
        yield Finding(
            (*address, "view"), f"view: {price.view} beside a process of its own",
            "views alone", "remove view, or write process: null",
            also=((*address, "process"),),
        )  # fmt: skip
    elif price.view not in price.views:
        yield unknown(
            (*address, "view"), price.view, [ENSEMBLE, *price.views], "view",
            define="define it under views",
        )  # fmt: skip


def _weights(address: Address, price: PricePath) -> Iterator[Finding]:
    total = math.fsum(view.weight for view in price.views.values())
    if price.view == ENSEMBLE and not math.isclose(total, 1.0, abs_tol=1e-9):
        stated = ", ".join(f"{name} {view.weight:g}" for name, view in price.views.items())
        yield Finding(
            (*address, "views"),
            f"weights that sum to {total:g}: {stated}",
            "weights that sum to 1",
            "correct them, or choose one view with view: NAME",
        )


def _beside(address: Address, price: PricePath) -> Iterator[Finding]:
    """What a price with views cannot use itself."""
    for key in ("anchors", "path"):
        if getattr(price, key):
            yield Finding(
                (*address, key), f"{key} beside views, which have their own",
                f"{key} in a view, or a process beside them",
                f"write views: {{NAME: {{{key}: ...}}}}, or add process: ... for a single price",
            )  # fmt: skip
    if getattr(price.carry, "value", None) != 0:
        yield Finding(
            (*address, "carry"), "carry beside views, which have their own", "carry in a view",
            "move it into a view",
        )  # fmt: skip


def _spots(address: Address, price: PricePath) -> Iterator[Finding]:
    chosen = chosen_views(price)
    if price.spot is None:
        if any(view.path is None for view in chosen.values()):
            yield Finding(
                (*address, "spot"), "no spot beside views", "the last known price of the market",
                "add spot: {year: ..., value: ...}",
            )  # fmt: skip
        return
    for name, view in chosen.items():
        if view.spot is not None and view.spot.year != price.spot.year:
            yield Finding(
                (*address, "views", name, "spot"), f"a spot of {view.spot.year}",
                f"one of {price.spot.year}, the last known year of the market",
                "correct the date, or the spot of the market", also=((*address, "spot"),),
            )  # fmt: skip


def _view(
    experiment: Experiment, address: Address, market: Address, price: PricePath, view: View
) -> Iterator[Finding]:
    made_otherwise = view.process is None or kind_of(view.process).made_of != "spot"
    if made_otherwise:
        for key in ("anchors", "forward", "carry", "corridor", "spot"):
            moves = key == "spot" and view.deviation is not None
            if getattr(view, key) and not moves:
                yield Finding(
                    (*address, key), f"{key} of a price that "
                    + ("a path" if view.path else "a system" if view.process else "a position")
                    + " makes", "nothing that it would not use", f"remove {key}",
                )  # fmt: skip
        if getattr(view.premium, "value", None) != 0:
            yield Finding(
                (*address, "premium"), "premium without anchors, forward or carry",
                "premium with a process", "remove premium",
            )  # fmt: skip
    if view.position is not None:
        corridor, first = price.corridor, experiment.years.first
        if price.spot is not None:
            first = max(first, price.spot.year)  # an earlier run is a fault of its own
        bounds = (corridor.floor, corridor.ceiling) if corridor is not None else ({}, {})
        if not all(dates and min(dates) <= first for dates in bounds):
            yield Finding(
                (*address, "position"),
                "a place in a corridor that the market has not in all years",
                f"floor and ceiling from {first} or earlier on",
                "add corridor: {floor: ..., ceiling: ...} to the market",
                also=((*market, "corridor"),),
            )


def _effect(experiment: Experiment, address: Address, price: PricePath) -> Iterator[Finding]:
    effect, place = price.policy_effect, (*address, "policy_effect")
    assert effect is not None
    policies = experiment.catalog.policies
    if effect.of not in policies:
        yield from unknown_entry((*place, "of"), effect.of, experiment.catalog, "policies")
        return
    policy = policies[effect.of]
    for name in effect.variants:
        if name not in policy.variants:
            yield unknown(
                (*place, "variants", name), name, policy.variants, f"variant of {effect.of}"
            )


def _response(
    experiment: Experiment, address: Address, price: PricePath, folder: Path
) -> Iterator[Finding]:
    response, place = price.response, (*address, "response")
    assert response is not None
    ends: list[tuple[str, float, float]] = []
    for part, value in response.limits.items():
        least, most = _reach(experiment, value, folder)
        listed = getattr(value, "kind", "") in ("discrete", "bernoulli")
        if most <= 0 or (listed and least <= 0):
            yield Finding((*place, *part), f"{least:g}", "a price above 0", "raise it")
        ends.append((".".join(part), least, most))
    for (key, _, most), (other, least, _) in pairwise(ends):
        if other == "above.from" and most > least:
            yield Finding(
                (*place, "below", "from"), f"{key} up to {most:g}, above {other} from {least:g} on",
                "below.from <= above.from in every draw", "correct the two",
            )  # fmt: skip


def _reach(experiment: Experiment, value: Any, folder: Path) -> tuple[float, float]:
    """Lowest and highest value of a quantity."""
    if isinstance(value, FactorReference):
        value = experiment.factors.get(value.name, value)
    try:
        marginal = compiled(value, folder)
    except (ValueError, KeyError):
        return math.nan, math.nan  # said where quantities are checked
    return marginal.low, marginal.high


def _relative(experiment: Experiment, address: Address, price: PricePath) -> Iterator[Finding]:
    relative, place = price.relative, (*address, "relative")
    assert relative is not None
    if address[1] == "prices":
        yield Finding(
            place, "relative of a commodity", "relative between carbon markets", "remove it"
        )
        return
    markets = experiment.catalog.markets
    if relative.to not in markets:
        yield from unknown_entry((*place, "to"), relative.to, experiment.catalog, "markets")
    elif relative.to == address[2] or markets[relative.to].relative or markets[relative.to].link:
        yield Finding(
            (*place, "to"), f"{relative.to}, which depends on another market itself",
            "a market with a price of its own", "name the third market",
        )  # fmt: skip
    if price.views:
        yield Finding(
            (*address, "views"), "views beside relative", "views of the other market",
            "remove views, or relative",
        )  # fmt: skip
    elif price.process is not None and not kind_of(price.process).on_top:
        moving = ", ".join(name for name, kind in KINDS.items() if kind.on_top)
        yield Finding(
            (*address, "process", "kind"), f"{price.process.kind} with relative",
            f"one of {moving}", "choose one of these, or remove relative",
        )  # fmt: skip
    for key in ("anchors", "tightening", "policy_effect", "path"):
        if getattr(price, key):
            yield Finding(
                (*address, key),
                f"{key} beside relative",
                "a price that follows the other market's",
                f"write {key}: null, or remove relative",
            )
