"""Which streams of random numbers belong to which group of a sensitivity study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from simcore.errors import ConfigError, Fault, suggest
from simcore.intake import Spec
from simcore.intake.dependence import Dependence
from simcore.intake.findings import few_of
from simcore.intake.sensitivity import MOST_GROUPS, REST, Sensitivity
from simcore.kernels.streams import SHOCK, Stream
from simcore.plan import Plan
from simcore.plan.groups import DEFAULTS, TITLES, family, matched, named_group
from simcore.plan.titles import titles_of

Streams = Mapping[str, tuple[str, Stream]]
"""Streams that are drawn, by name, each with its default group."""
_AT: Final = ("sensitivity", "groups")


@dataclass(frozen=True)
class Grouping:
    """Groups of the streams of a study.

    Attributes
    ----------
    members : dict of str to tuple of str
        Names of streams by group, those that the asked rows draw; no group is empty.
    empty : tuple of str
        Groups of which the asked rows draw nothing.
    """

    members: dict[str, tuple[str, ...]]
    empty: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the groups."""
        return tuple(self.members)


def grouped(spec: Spec, asked: Sensitivity, drawn: Streams, whole: Streams) -> Grouping:
    """Deal the streams that are drawn to groups.

    Parameters
    ----------
    spec : Spec
    asked : Sensitivity
    drawn : mapping
        Streams that the asked rows draw.
    whole : mapping
        Those of the whole run, which patterns may name as well.

    Raises
    ------
    ConfigError
        A stream in two groups or in none, a pattern that matches nothing, too many groups.
    """
    experiment = next(iter(spec.runs.values()))
    if not drawn:
        raise ConfigError(spec.fault(
            ("sensitivity", "of"), found="nothing uncertain: every draw is the same",
            expected="outcomes that some uncertain input moves",
            remedy="ask for other outcomes or places, or make an input uncertain",
        ))  # fmt: skip
    if asked.groups == "default":
        found: dict[str, list[str]] = {one: [] for one in DEFAULTS}
        for name, (group, _) in drawn.items():
            found[group].append(name)
        found = {name: one for name, one in found.items() if one}
    elif asked.groups == "single":
        found = {}
        for name, (_, stream) in sorted(drawn.items()):
            found.setdefault(family(experiment, stream), []).append(name)
    else:
        found = _by_patterns(spec, asked.groups, drawn, whole)
    members = {name: tuple(sorted(one)) for name, one in found.items() if one}
    faults = list(_too_many(spec, asked, len(members)))
    if faults:
        raise ConfigError(faults)
    return Grouping(members, tuple(name for name, one in found.items() if not one))


def _by_patterns(
    spec: Spec, groups: Mapping[str, Sequence[str]], drawn: Streams, whole: Streams
) -> dict[str, list[str]]:
    factors, faults = spec.experiment.factors, list[Fault]()
    known = {**whole, **drawn}
    found: dict[str, list[str]] = {}
    owners: dict[str, list[str]] = {}
    for group, patterns in groups.items():
        names: set[str] = set()
        for position, pattern in enumerate(patterns):
            if patterns == [REST]:
                continue
            own = matched(pattern, known, factors)
            if not own:
                faults.append(_unmatched(spec, (*_AT, group, position), pattern, known, factors))
            names |= own
        found[group] = [name for name in drawn if name in names]
        for name in found[group]:
            owners.setdefault(name, []).append(group)
    twice: dict[tuple[str, ...], list[str]] = {}
    for name, several in owners.items():
        if len(several) > 1:
            twice.setdefault(tuple(several), []).append(name)
    for both, names_of in twice.items():
        faults.append(spec.fault(
            (*_AT, both[1]), found=f"{few_of(names_of)} in {' and in '.join(both)}",
            expected="each input in one group",
            remedy=f"take {'it' if len(names_of) == 1 else 'them'} out of all but one",
        ))  # fmt: skip
    left = [name for name in drawn if name not in owners]
    rest = next((group for group, one in groups.items() if one == [REST]), None)
    if rest is not None:
        found[rest] = left
    elif left:
        faults.append(spec.fault(
            _AT, found=f"{few_of(left)} in no group", expected="each input in one group",
            remedy="add a group of all others: others: rest",
        ))  # fmt: skip
    if faults:
        raise ConfigError(faults)
    return found


def _unmatched(
    spec: Spec, address: tuple[Any, ...], pattern: str, known: Streams, factors: Mapping[str, Any]
) -> Fault:
    names = [f"group:{one}" for one in DEFAULTS] if named_group(pattern, factors) else list(known)
    near = suggest(pattern, [*names, *(f"{one.rpartition('.')[0]}.*" for one in names)])
    return spec.fault(
        address, found=f"{pattern!r}, which matches nothing that this run draws",
        expected="a pattern of factors and shocks, such as eu_ets.* or *.shock, or a group of "
        "them, such as group:policy",
        remedy=f"did you mean {near!r}?" if near else "see the uncertain inputs with "
        "simcore summary RUN --variable input",
    )  # fmt: skip


def _too_many(spec: Spec, asked: Sensitivity, count: int) -> Iterator[Fault]:
    if asked.order == "shapley" and count > MOST_GROUPS:
        yield spec.fault(
            ("sensitivity", "order") if asked.groups == "single" else _AT,
            found=f"Shapley effects of {count} groups, which take {2**count - 2:,} runs",
            expected=f"at most {MOST_GROUPS} groups",
            remedy="merge groups, or write order: first_total",
        )  # fmt: skip


def group_titles(plan: Plan, asked: Sensitivity, names: Sequence[str]) -> list[str]:
    """What people call the groups: default ones, markets, prices and inputs, or as users named
    them."""
    if asked.groups == "default":
        return [TITLES[name] for name in names]
    if asked.groups != "single":
        return [name.replace("_", " ") for name in names]
    catalog = next(iter(plan.spec.runs.values())).catalog
    priced = {name for name in names if name.partition(".")[2] in catalog.prices.get(
        name.partition(".")[0], ())}  # fmt: skip
    coords = {"market": tuple(set(names) & set(catalog.markets)), "commodity": tuple(priced)}
    held = titles_of(replace(plan, coords=coords), ["market", "commodity", "factor"])
    known = dict(zip((one.name for one in plan.inputs), held["factor_title"][1], strict=True))
    for dim, what in (("commodity", "price"), ("market", "carbon price")):
        told = held[f"{dim}_title"][1]
        known |= {name: f"{title}: {what}" for name, title in zip(coords[dim], told, strict=True)}
    return [known.get(name, name) for name in names]


def dependent(grouping: Grouping, factors: Dependence, shocks: Dependence) -> bool:
    """Whether inputs of different groups are correlated."""
    owner = {name: group for group, names in grouping.members.items() for name in names}
    for found, ending in ((factors, ""), (shocks, f".{SHOCK}")):
        owners = [owner.get(f"{name}{ending}") for name in found.names]
        for i, j in np.argwhere(np.triu(found.linear != 0.0, 1)).tolist():
            if owners[i] and owners[j] and owners[i] != owners[j]:
                return True
    return False
