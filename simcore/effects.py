"""Settings that change nothing in a run, and why: what was written and is not read.

A plan is built while the records that hold what a user wrote note which of their fields are read.
What he wrote, and no row of the plan read in any scenario, has no effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from simcore.errors import Fault, suggest
from simcore.intake import Spec, shipped
from simcore.intake.idle_settings import idle_settings
from simcore.intake.instruments import BreakEven
from simcore.intake.overlay import at
from simcore.intake.overwritten import overwritten
from simcore.intake.projects import Project
from simcore.intake.schema import Experiment
from simcore.intake.stated import entries, quantities
from simcore.intake.templates import with_routes
from simcore.intake.unread import entry_length, reason
from simcore.intake.unusual import unusual
from simcore.plan import Plan, build, told_apart
from simcore.plan.correlated import is_factor
from simcore.plan.idle import few_replicates, idle_correlations, idle_goods, twins
from simcore.plan.unasked import emptied, unasked
from simcore.quantities import Uncertain
from simcore.quantities.records import Model, Sourced, noted_reads, shown
from simcore.variables import OUTCOMES

_PART: Final = 3
"""Keys that lead to a part of a project, such as its debt."""
_LEDGERS: Final = ("accounts", "budgets")
"""Sections whose entries are told of as a whole where nothing reads them,"""
_OWN: Final = 2
"""and the keys that lead to one."""
_PLACES: Final = 3
"""Keys that lead to the places of a price."""

Address = tuple[Any, ...]
Reads = set[tuple[int, str]]

_SECTIONS: Final = (
    "catalog", "cbam", "hydrogen_rule", "hydrogen", "value", "plant", "projects", "budgets",
    "accounts", "factors",
)  # fmt: skip
"""Parts of a config of which every setting should be read."""
_CHOICES: Final = {
    "extends", "name", "title", "seed", "draws", "years", "regions", "destinations", "routes",
    "outcomes", "keep", "scenarios", "grid",
}  # fmt: skip
"""Keys that choose among what is packaged: no plan refuses their values or leaves them unread."""
_UNASKED: Final = {
    (key,) for key in (
        *Sourced.model_fields, "title", "kind", "product", "beyond", "break_even", "revealed"
    )
}  # fmt: skip
"""Last keys of what is no number of a plan, or is asked before it is built, or after."""


def build_and_warn(spec: Spec) -> tuple[Plan, list[Fault]]:
    """Build a plan, and find what of its config changes nothing in it.

    Returns
    -------
    plan : Plan
    warnings : list of Fault
        Each with file and line; `remedy` says when the setting would count.

    Raises
    ------
    ConfigError
        See `plan.build`.
    """
    written = list(_written(spec))
    with noted_reads(_asked(written)) as reads:
        plan = build(spec)
    # A plan is built of the pruned copy of an experiment.
    whole = {id(spec.runs[name]): id(one) for name, one in spec.scenarios.items()}
    reads = {(whole.get(record, record), field) for record, field in reads}
    if not any("project" in OUTCOMES[name].dims for name in plan.experiment.outcomes):
        # Said once of all of them.
        written = [one for one in written if not _is_of_projects(one.where)]
    found = [
        *unusual(spec), *_overwritten(spec, written),
        *_unread(spec, written, reads), *idle_correlations(plan), *twins(plan), *idle_goods(plan),
        *unasked(plan), *emptied(plan), *_idle_settings(plan, written), *few_replicates(plan),
        *_lone_factors(plan, written),
    ]  # fmt: skip
    return plan, list(dict.fromkeys(found))


def warnings_of(spec: Spec) -> list[Fault]:
    """The same warnings and errors, without a plan where the config leaves no room for any."""
    chooses = not spec.stands_alone and all(_only_chooses(one.data) for one in spec.documents)
    return unusual(spec) if chooses and told_apart(spec) else build_and_warn(spec)[1]


def _only_chooses(content: Mapping[Any, Any]) -> bool:
    """Whether a document only chooses among what is packaged, in its scenarios too."""
    scenarios = content.get("scenarios")
    overlays = scenarios.values() if isinstance(scenarios, Mapping) else ()
    named = all(isinstance(one, str) or not one for one in overlays)
    return named and content.keys() <= _CHOICES


class _Written(NamedTuple):
    """A setting of the user: its address in the document and in the experiments that have it."""

    address: Address
    where: Address
    value: Any
    experiments: list[Experiment]


def _written(spec: Spec) -> Iterator[_Written]:
    """What the user wrote and this run might read."""
    scenarios = list(spec.scenarios.values())
    packaged = with_routes(shipped.base())
    for document in spec.documents:
        for address, value in _leaves(document.data, ()):
            where, experiments, own = address, scenarios, ""
            if address[0] == "scenarios" and len(address) > 2 and address[1] in spec.scenarios:
                own, where = str(address[1]), address[2:]
                where = where[1:] if isinstance(where[0], int) else where
                experiments = [spec.scenarios[own]]
            # Which market is that of the border also says which regions lie inside.
            is_unasked = where == ("cbam", "market") or where[-1:] in _UNASKED
            if not where or where[0] not in _SECTIONS or is_unasked:
                continue
            # A config that repeats what the package says asks for no effect.
            if (not own and at(packaged, address) == value) or (
                spec.stands_alone
                and (_is_default(where, value) or (own and _repeats(where, value)))
            ):
                continue
            yield _Written(address, where, value, experiments)


def _repeats(where: Address, value: Any) -> bool:
    """Whether a scenario, written out in a config that holds all, says what a packaged one does."""
    return any(at(one, where) == value for one in shipped.scenarios().values())


def _is_default(where: Address, value: Any) -> bool:
    """Whether a key of a project, written out in a config that holds all, says nothing new."""
    field = Project.model_fields.get(where[-1]) if where[0] == "projects" else None
    return field is not None and field.get_default(call_default_factory=True) == value


def _asked(written: list[_Written]) -> set[type[Model]]:
    """Kinds of the records whose reads decide whether these settings are read."""
    found: set[Any] = set()
    for one in written:
        for experiment in one.experiments:
            last, node, _ = _follow(experiment, one.where)
            length = entry_length(one.where)
            entry = _follow(experiment, one.where[:length])[1] if length else None
            inside = node.values() if isinstance(node, dict) else ()
            records = (last[0] if last else None, node, entry, *inside)
            found.update(type(record) for record in records if isinstance(record, Model))
    return found


def _unread(spec: Spec, written: list[_Written], reads: Reads) -> Iterator[Fault]:
    """What the user wrote and no row read."""
    told: set[Address] = set()
    # What a config mentions it must define, read or not.
    mentioned, changed = set(_texts([one.data for one in spec.documents])), set(_changed(spec))
    lines = set().union(*(one.lines for one in spec.documents))
    read, unread = set[Address](), dict[Address, Fault]()
    for one in written:
        where = one.where
        silent = _silent(one.experiments, where, reads, spec.stands_alone)
        named = mentioned if one.address[0] == "scenarios" else mentioned | changed
        head = one.address[: len(one.address) - len(where)]
        if silent is None or (silent == entry_length(where) and where[2] in named):
            read.add((*head, *where[:_PLACES]))
            continue
        place = (*head, *where[:silent])
        if place not in told:
            told.add(place)
            what = shown(one.value) if silent == len(where) else "an entry"
            fault = spec.fault(
                place,
                found=f"{what}, which changes nothing in this run",
                expected="a setting that this run reads",
                remedy=reason(where[:silent], one.experiments),
            )
            of_all = where[:2] == ("catalog", "prices") and silent > _PLACES
            if of_all and (*head, *where[:_PLACES]) in lines and place not in lines:
                # One price was written for all places.
                unread.setdefault((*head, *where[:_PLACES]), fault)
            else:
                yield fault
    yield from (fault for place, fault in unread.items() if place not in read)


def _overwritten(spec: Spec, written: list[_Written]) -> Iterator[Fault]:
    """What the user wrote and every scenario replaces."""
    if spec.stands_alone:
        return
    packaged = not any("scenarios" in one.data for one in spec.documents)
    for one in written:
        if one.address[0] != "scenarios":
            told = overwritten(spec.experiment.scenarios, one.where, one.value, packaged=packaged)
            if told is not None:
                yield spec.fault(
                    one.address, found=f"{shown(one.value)}, {told[0]}",
                    expected="a setting that this run reads", remedy=told[1],
                )  # fmt: skip


def _changed(spec: Spec) -> Iterator[str]:
    """Names of the entries of the catalog that scenarios change."""
    for overlay in spec.experiment.scenarios.values():
        for part in overlay if isinstance(overlay, list) else [overlay]:
            for named in part.get("catalog", {}).values() if isinstance(part, Mapping) else ():
                yield from map(str, named)


def _texts(node: Any) -> Iterator[str]:
    """Every text among the values of a document."""
    for value in node.values() if isinstance(node, Mapping) else node:
        if isinstance(value, str):
            yield value
        elif isinstance(value, (Mapping, list)):
            yield from _texts(value)


def _leaves(node: Any, address: Address) -> Iterator[tuple[Address, Any]]:
    """Every number, text and list of a document, with its address; a dated table is one."""
    if isinstance(node, Mapping) and node and not all(isinstance(key, int) for key in node):
        for key, value in node.items():
            yield from _leaves(value, (*address, key))
    elif address and node not in ({}, None):
        yield address, node


def _silent(
    experiments: list[Experiment], address: Address, reads: Reads, complete: bool
) -> int | None:
    """Length of the part of an address that no row reads in any scenario; None if it is read."""
    entry = entry_length(address)
    if entry:
        records = [_follow(one, address[:entry])[1] for one in experiments]
        if all(isinstance(one, Model) and not _touched(one, reads) for one in records):
            return entry
        # A new entry must be complete, whatever of it a run reads; most of an instrument need not.
        if complete or not (_is_packaged(address) or address[1] == "instruments"):
            return None
    if address[0] in _LEDGERS:
        records = [_follow(one, address[:_OWN])[1] for one in experiments]
        if all(isinstance(one, Model) and not _touched(one, reads) for one in records):
            return _OWN
    if address[0] == "projects" and len(address) > _PART:
        built = [one for one in experiments if address[1] in one.projects]
        records = [_follow(one, address[:_PART])[1] for one in built]
        if all(isinstance(one, Model) and not _touched(one, reads) for one in records):
            return _PART
    found = [_is_read(one, address, reads) for one in experiments]
    if any(one is not False for one in found):
        return None
    # The numbers of a distribution are one setting.
    return min(_follow(one, address)[2] for one in experiments) or len(address)


def _is_of_projects(address: Address) -> bool:
    return address[0] == "projects" or address[:2] == ("catalog", "instruments")


def _is_packaged(address: Address) -> bool:
    if address[1] == "prices":
        return f"{address[2]}.{address[3]}" in shipped.paths()
    if address[1] == "sectors" and len(address) > 4:
        return address[4] in shipped.names("regions") and address[2] in shipped.names("sectors")
    return address[2] in shipped.names(address[1])


def _follow(experiment: Experiment, address: Address) -> tuple[tuple[Any, str] | None, Any, int]:
    """Last record on an address, its field, what stands there, how many parts that took."""
    node: Any = experiment
    last: tuple[Any, str] | None = None
    for position, part in enumerate(address):
        if isinstance(node, Uncertain):
            return last, node, position
        if isinstance(node, Model):
            if part not in type(node).model_fields:
                return last, node, position
            last, node = (node, part), getattr(node, part)
        elif isinstance(node, dict) and part in node:
            node = node[part]
        elif isinstance(node, dict) and isinstance(node.get("default"), Uncertain):
            # One quantity for all regions.
            return last, node["default"], position
        else:
            return last, node, position
    return last, node, len(address)


def _is_read(experiment: Experiment, address: Address, reads: Reads) -> bool | None:
    """Whether a setting is read; None where it has no counterpart in the checked config."""
    last, node, used = _follow(experiment, address)
    if last is not None and isinstance(last[0], BreakEven):
        return True  # by the run, which finds the strike
    if isinstance(node, Model) and not isinstance(node, Uncertain) and used < len(address):
        return None
    if isinstance(node, Model):
        return _touched(node, reads)
    values = list(node.values()) if isinstance(node, dict) else []
    if any(isinstance(one, Model) for one in values):
        return any(_touched(one, reads) for one in values if isinstance(one, Model))
    return last is None or (id(last[0]), last[1]) in reads


def _touched(record: Model, reads: Reads) -> bool:
    return any((id(record), name) in reads for name in type(record).model_fields)


def _lone_factors(plan: Plan, written: list[_Written]) -> Iterator[Fault]:
    """Quantities that share the draws of a factor which nothing else is drawn by."""
    for one in written:
        if one.where[-1] != "factor" or not isinstance(one.value, str):
            continue
        name = one.value
        sharing = max(
            sum(other.factor == name for _, other, _ in _all_quantities(experiment))
            for experiment in one.experiments
        )
        # None: a setting called so that is no share in draws, as of a compensation.
        if sharing == 1 and not any(is_factor(each, name) for each in one.experiments):
            near = suggest(name, [other.name for other in plan.inputs if other.name != name])
            yield plan.spec.fault(
                one.address,
                found=f"{name}, by which nothing else is drawn",
                expected="a factor of the run, or a name that several quantities share",
                remedy=f"did you mean {near}?" if near else "remove it: a quantity has its own",
            )


def _all_quantities(experiment: Experiment) -> Iterator[tuple[Any, Any, Any]]:
    built = ((("projects", name), one) for name, one in experiment.projects.items())
    for address, entry in (*entries(experiment.catalog), *built):
        yield from quantities(entry, address)


def _idle_settings(plan: Plan, written: list[_Written]) -> Iterator[Fault]:
    """Settings of projects and instruments that the user wrote and that others undo."""
    addresses = {one.where: one.address for one in written}
    # No exposure is packaged, nor a choice, and no scenario changes one.
    firms, asked = plan.experiment.exposures, plan.experiment.outcomes
    own = [("choice", "weights"), *(("exposures", name, "plant") for name in firms)]
    if any("decision" in OUTCOMES[name].dims for name in asked):
        own += [("decisions", name) for name in plan.experiment.decisions]
    addresses |= {one: one for one in own}
    for finding in idle_settings(plan.spec.scenarios.values()):
        where = next(
            (finding.address[:size] for size in range(len(finding.address), 1, -1)
             if finding.address[:size] in addresses), None,
        )  # fmt: skip
        if where is not None:
            place = (*addresses[where], *finding.address[len(where) :])
            yield plan.spec.fault(
                place, found=finding.found, expected=finding.expected, remedy=finding.remedy
            )
