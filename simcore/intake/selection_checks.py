"""What a config asks for: outcomes, what is kept, until when, which currency, what correlates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from simcore.errors import suggest
from simcore.intake import dependence
from simcore.intake.asked import asked_outcomes, project_instruments
from simcore.intake.findings import Address, Finding, few_of, unknown
from simcore.intake.priced import used_markets
from simcore.intake.schema import Experiment, Until
from simcore.variables import OUTCOMES, meant

_Labels = Callable[[Experiment], Iterable[str]]
_LISTED: Final[dict[str, tuple[str, _Labels, str]]] = {
    "against": ("against", lambda one: one.against, "write against: [EU.bf_bof]"),
    "exposure": ("exposures", lambda one: one.exposures, "add an exposure"),
    "project": (
        "projects", lambda one: one.projects,
        "write projects: {NAME: {region: ..., route: ..., start: ..., lifetime: ..., output: ...}}",
    ),
    "instrument": (
        "projects", project_instruments,
        "write instruments: [NAME] in a project, one of catalog.instruments",
    ),
    "good": ("parity", lambda one: one.parity, "write parity: [hydrogen]"),
    "product": ("products", lambda one: one.products, "write products: [car]"),
    "budget": (
        "budgets", lambda one: one.budgets,
        "write budgets: {NAME: {region: ..., route: ..., volume: {2030: 5}}}",
    ),
    "account": (
        "accounts", lambda one: one.accounts,
        "write accounts: {NAME: {first: 2028, last: 2040, rate: 0.03, inflow: {...}}}",
    ),
    "portfolio": (
        "portfolios", lambda one: one.portfolios,
        "write portfolios: {NAME: {projects: [...], exposures: [...]}}",
    ),
    "decision": (
        "decisions", lambda one: one.decisions, "write decisions: {now: [PROJECT], never: []}",
    ),
}  # fmt: skip
"""Dimensions whose labels only the config gives: its key, the labels, and what to write there."""


def selection_findings(
    experiment: Experiment, scenarios: Mapping[str, Experiment]
) -> Iterator[Finding]:
    """Find names of outcomes and labels that stand for nothing, and pairs that clash.

    The experiment is that without overlays; the scenarios may add labels to it.
    """
    every = (experiment, *scenarios.values())
    yield from _correlations(experiment)
    for key in (
        "sectors", "regions", "destinations", "routes", "outcomes", "keep", "parity", "against",
        "products",
    ):  # fmt: skip
        seen: set[str] = set()
        for position, name in enumerate(getattr(experiment, key)):
            if name in seen:
                yield Finding((key, position), f"{name!r} twice", "each name once", "remove one")
            seen.add(name)
    asked = set(experiment.outcomes)
    for key, others in (("outcomes", []), ("keep", ["inputs"])):
        for position, name in enumerate(getattr(experiment, key)):
            if name not in OUTCOMES and not (key == "keep" and name == "inputs"):
                yield _no_outcome((key, position), name, others)
            elif key == "keep" and name != "inputs" and OUTCOMES[name].kind == "conditional":
                yield Finding(
                    (key, position), f"{name!r}, which has no value in each draw",
                    "outcomes with draws", "keep viability and inputs instead",
                )  # fmt: skip
            elif key == "keep" and name != "inputs" and name not in asked:
                yield Finding(
                    (key, position), f"{name!r}, which is not among the outcomes",
                    "names listed under outcomes, or `inputs`", f"add {name} to outcomes",
                )  # fmt: skip
    yield from currency_findings(experiment, ("currency",), experiment.currency)
    if experiment.until is not None:
        yield from _until(experiment, experiment.until, every)
    told: set[str] = set()
    for dim, (key, labels, remedy) in _LISTED.items():
        holding = [
            one.name for one in asked_outcomes(experiment)
            if dim in (*one.dims, one.among) and one.name not in told
        ]  # fmt: skip
        if holding and not any(list(labels(one)) for one in every):
            told.update(holding)
            yield Finding(
                (key,), f"no {dim}", f"at least one {dim} for {holding[0]}",
                f"{remedy}, or drop {few_of(holding)} from outcomes",
                also=(("outcomes",),),
            )  # fmt: skip


def _no_outcome(address: Address, name: str, others: list[str]) -> Finding:
    near = meant(name) or suggest(name, others)
    one = f"{near}, or another" if near else "one"
    known = ", or ".join([f"{one} of {len(OUTCOMES)} outcomes", *others])
    return Finding(
        address, f"unknown outcome {name!r}", f"{known}: `simcore catalog outcomes` lists them",
        f"did you mean {near!r}?" if near else "choose one of these",
        name=name,
    )  # fmt: skip


def _until(
    experiment: Experiment, until: Until, every: tuple[Experiment, ...]
) -> Iterator[Finding]:
    variable = OUTCOMES.get(until.variable)
    if variable is None or until.variable not in experiment.outcomes:
        yield unknown(("until", "variable"), until.variable, experiment.outcomes, "outcome")
        return
    if variable.kind not in ("number", "year"):
        yield Finding(
            ("until", "variable"), f"{until.variable}, which is no amount", "an outcome in numbers",
            "name the outcome whose sign it gives",
        )  # fmt: skip
    for dim in until.at:
        if dim not in variable.dims:
            yield unknown(("until", "at", dim), dim, variable.dims, f"dimension of {variable.name}")
    known: dict[str, list[Any]] = {
        "region": experiment.regions, "route": experiment.routes, "good": experiment.parity,
        "destination": [*experiment.destinations], "scenario": list(experiment.scenarios),
        "exposure": list(experiment.exposures), "market": used_markets(experiment),
        "against": experiment.against, "product": experiment.products,
        "budget": list(dict.fromkeys(name for one in every for name in one.budgets)),
        "account": list(dict.fromkeys(name for one in every for name in one.accounts)),
        "decision": list(experiment.decisions), "portfolio": list(experiment.portfolios),
        "project": list(dict.fromkeys(name for one in every for name in one.projects)),
        "instrument": list(dict.fromkeys(
            name for one in every for name in project_instruments(one)
        )),
        "year": [*range(experiment.years.first, experiment.years.last + 1)],
    }  # fmt: skip
    for dim, label in until.at.items():
        if dim in variable.dims and str(label) not in map(str, known.get(dim, [label])):
            yield unknown(("until", "at", dim), str(label), known[dim], f"{dim} of the run")
    unit = variable.unit_in(experiment.currency)
    if until.unit is not None and not _is_same(until.unit, unit):
        yield Finding(
            ("until", "unit"), repr(until.unit), f"the unit of {variable.name}: {unit}",
            "give the width in that unit",
        )  # fmt: skip


def _is_same(unit: str, other: str) -> bool:
    """Whether EUR/t is EUR t-1."""
    head, *rest = unit.replace(" ", "").split("/")
    written = " ".join([head, *(f"{one}-1" for one in rest)])
    return unit == other or written in (other, other.replace("1e6 ", "M"))


def _correlations(experiment: Experiment) -> Iterator[Finding]:
    for kind in ("factors", "shocks"):
        pairs, address = getattr(experiment.correlations, kind), ("correlations", kind)
        first: dict[frozenset[str], int] = {}
        for position, pair in enumerate(pairs):
            before = first.setdefault(frozenset(pair.between), position)
            if before != position:
                yield Finding(
                    (*address, position, "between"), f"{' and '.join(pair.between)} a second time",
                    "each pair once", f"remove one of the entries {before} and {position}",
                )  # fmt: skip
        names = len({name for pair in pairs for name in pair.between})
        if names > dependence.MOST:
            yield Finding(
                address, f"{names:,} correlated names", f"at most {dependence.MOST:,}",
                "leave out pairs, or set one name for what moves together",
            )  # fmt: skip
            continue
        try:
            dependence.build(pairs, repair=experiment.correlations.repair)
        except dependence.NotPositiveSemiDefiniteError as error:
            yield Finding(
                address,
                "correlations that are not positive semi-definite: "
                + ", ".join(error.names[:8]) + (" ..." if len(error.names) > 8 else ""),
                f"a valid matrix; the nearest one changes {error.changes()}",
                "use these values, or set correlations.repair: true",
            )  # fmt: skip


def currency_findings(experiment: Experiment, address: Address, name: str) -> Iterator[Finding]:
    """Find a currency without a rate."""
    known = ["EUR", *experiment.money.exchange]
    if name not in known:
        given = unknown(address, name, known, "currency")
        near = "" if given.remedy.startswith("choose") else f"; or {given.remedy}"
        yield replace(
            given, expected=f"{given.expected}, or one with a rate",
            remedy=f"give the rate: money: {{exchange: {{{name}: <{name} per EUR>}}}}{near}"
            if re.fullmatch("[A-Z]{3}", name) else given.remedy,
        )  # fmt: skip
