"""Read a config into a Spec: base, file and settings merged and checked, all faults at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from simcore.errors import ConfigError, Fault, dotted, few_suggestions
from simcore.files import reading
from simcore.intake import document, forms, layers, shipped, templates
from simcore.intake.bare_prices import bare_prices
from simcore.intake.checks import find_faults
from simcore.intake.file_notes import file_notes
from simcore.intake.findings import Address, Finding, faults
from simcore.intake.grid import cross
from simcore.intake.overlay import at, merge, put, setting
from simcore.intake.price_tables import Filled, fill
from simcore.intake.pruning import catalog_of_run, prune
from simcore.intake.renamed import renamed
from simcore.intake.scenarios import expand, usable
from simcore.intake.schema import Experiment
from simcore.intake.validation import mended, validate
from simcore.variables import OUTCOMES

__all__ = ["Spec", "load"]


@dataclass(frozen=True)
class Spec:
    """A validated experiment.

    Attributes
    ----------
    experiment : Experiment
        The config with every default written out and the catalog cut to what is used.
    scenarios : dict of str to Experiment
        The same with each scenario's overlay applied, and the whole catalog.
    runs : dict of str to Experiment
        The scenarios with no more of the catalog than they refer to.
    file : str
        Where it was read from.
    folder : Address
        Folder in which files named by the config must lie.
    documents : tuple of Document
        What the user wrote, the one that wins first.
    notes : tuple of str
        What was taken for granted in the price files of the config.
    stands_alone : bool
        Whether the config takes nothing from the packaged tables.
    read : mapping of str to str
        SHA-256 of each file that was read, by its path.
    """

    experiment: Experiment
    scenarios: dict[str, Experiment]
    runs: dict[str, Experiment]
    file: str
    folder: Path
    documents: tuple[document.Document, ...]
    notes: tuple[str, ...] = ()
    stands_alone: bool = False
    read: Mapping[str, str] = field(default_factory=dict)

    def resolved(self) -> dict[str, Any]:
        """The complete config as plain data; reading it again gives the same Spec.

        It extends nothing: what it replaced in the packaged tables must not come back.
        """
        return {"extends": layers.NOTHING, **self.experiment.model_dump(exclude_none=True)}

    def fault(
        self,
        address: Address,
        *,
        found: str,
        expected: str,
        remedy: str,
        scenario: str | None = None,
    ) -> Fault:
        """Make the fault of an address, with the file and line in which it was written."""
        file = document.Document(data={}, lines={}, name=self.file)
        finding = Finding(address, found, expected, remedy, scenario=scenario)
        return faults([finding], self.documents, file=file)[0]


@few_suggestions()
def load(
    source: str | Path | Mapping[str, Any],
    *,
    overrides: Sequence[str] = (),
    draws: int | None = None,
    seed: int | None = None,
    until: str | None = None,
    allow_outside: Sequence[str | Path] = (),
) -> Spec:
    """Read and validate a config.

    Parameters
    ----------
    source : address or mapping
        A YAML file, or the same content as a mapping.
    overrides : sequence of str
        ``address.to.key=value`` settings, applied last; the value is read as YAML.
    draws, seed : int, optional
        Replace those of the config.
    until : str, optional
        The same, such as ``cost_premium.p95=2EUR/t``.
    allow_outside : sequence of paths
        Folders besides that of the config from which it may read files.

    Returns
    -------
    Spec

    Raises
    ------
    ConfigError
        With every fault found, each with file, line, address, found, expected and remedy.
    """
    with reading() as found:
        spec = _loaded(
            source, overrides, {"draws": draws, "seed": seed, "until": until}, allow_outside
        )
    return replace(spec, read=found)


def _loaded(
    source: str | Path | Mapping[str, Any], overrides: Sequence[str],
    options: Mapping[str, int | str | None], allow_outside: Sequence[str | Path],
) -> Spec:  # fmt: skip
    settings = [setting(text) for text in overrides]
    try:
        read = layers.read(source, allowed=allow_outside)
    except ConfigError as error:
        raise ConfigError(
            [*error.faults, *(fault for _, one in settings for fault in one.faults)]
        ) from None
    settings += [
        ((key,), document.Document(data={key: value}, lines={}, name=f"--{key} {value}"))
        for key, value in options.items()
        if value is not None
    ]
    data: dict[str, Any] = shipped.base() if read.on_base else {}
    documents: list[document.Document] = []
    tables_read: list[Filled] = []
    units_noted: list[str] = []
    for layer in reversed(read.files):
        plain = forms.plain(layer, data)
        units_noted += bare_prices(layer.data, plain.data)
        documents.insert(0, plain)
        own = _own(plain)
        # Scenarios are named sets of choices: who names his own means only those.
        if isinstance(own.get("scenarios"), Mapping) or "grid" in own:
            data = {**data, "scenarios": {}, "grid": {}}
        tables_read.append(fill(own, data, read.folder))
        data = merge(data, tables_read[-1].data)
    file = documents[0]
    for address, one in settings:
        if not address:
            documents.insert(0, one)
            continue
        tables_read.append(fill(one.data, data, read.folder))
        data, plain = _set(data, replace(one, data=tables_read[-1].data), address)
        documents.insert(0, plain)
    if data.get("grid") and not any("scenarios" in one.data for one in documents):
        data = {**data, "scenarios": {}}
    data, cells, findings = cross(data, read.folder, documents)
    data, files, wrong = expand(data, read.folder)
    findings += wrong
    data, names_noted = renamed(data)
    if read.on_base:
        data = _following(data, documents)
    if isinstance(data.get("scenarios"), Mapping):
        overlays = dict(data["scenarios"])
        for name, overlay in overlays.items():
            tables_read.append(fill(overlay, data, read.folder, ("scenarios", name)))
            overlays[name] = tables_read[-1].data
        data = {**data, "scenarios": overlays}
    data = _written_out(data, findings)
    findings += [one for filled in tables_read for one in filled.findings]
    notes = [
        *names_noted,
        *units_noted,
        *dict.fromkeys(one for each in tables_read for one in each.notes),
    ]
    spec = _checked(data, [*documents, *files, *cells], file, read.folder, findings)
    told = file_notes(spec.scenarios, spec.folder, shipped.records())
    return replace(spec, notes=(*notes, *told), stands_alone=not read.on_base)


def _following(data: dict[str, Any], documents: Sequence[document.Document]) -> dict[str, Any]:
    """Let packaged keys that nobody wrote follow what was written: the outcomes what comes with
    a key such as `projects`, `keep` the outcomes, the plant the years; a life that goes beyond them
    keeps the premium of the last one."""
    written = {key for one in documents for key in one.data}
    if "outcomes" not in written and isinstance(data.get("outcomes"), list):
        layers_of = [data, *_mappings(data.get("scenarios"))]
        there = {key for one in layers_of for key, content in one.items() if content}
        paid = any(
            project.get("instruments") for one in layers_of
            for project in _mappings(one.get("projects"))
        )  # fmt: skip
        more = [
            one.name for one in OUTCOMES.values()
            if one.comes_with in there and (paid or "instrument" not in one.dims)
        ]  # fmt: skip
        data = {**data, "outcomes": [*data["outcomes"], *more]}
    keep, outcomes = data.get("keep"), data.get("outcomes")
    if "keep" not in written and isinstance(keep, list) and isinstance(outcomes, list):
        keep = [*keep, *(one.name for one in OUTCOMES.values() if one.kept and one.comes_with)]
        data = {**data, "keep": [one for one in keep if one == "inputs" or one in outcomes]}
    plant, years = data.get("plant"), data.get("years")
    if "plant" in written or not isinstance(plant, Mapping) or not isinstance(years, Mapping):
        return data
    first, last = years.get("first"), years.get("last")
    if type(first) is not int or type(last) is not int:
        return data
    if not first <= plant["start"] <= last:
        plant = {**plant, "start": first, "valued_in": first - 1}
    if plant["start"] + plant["lifetime"] - 1 > last:
        plant = {**plant, "beyond": "hold"}
    return {**data, "plant": plant}


def _mappings(node: Any) -> list[Mapping[Any, Any]]:
    """Mappings among the values of a mapping."""
    values = node.values() if isinstance(node, Mapping) else ()
    return [one for one in values if isinstance(one, Mapping)]


def _own(layer: document.Document) -> dict[str, Any]:
    return {str(key): value for key, value in layer.data.items() if key != "extends"}


def _set(
    data: Mapping[str, Any], one: document.Document, address: Address
) -> tuple[dict[str, Any], document.Document]:
    """Lay a single setting over a config, at its address or where its natural form belongs."""
    plain = forms.plain(one, data)
    if address == ("scenarios",) and not isinstance(one.data["scenarios"], Mapping):
        return {**data, **_own(plain)}, plain
    inside, missing = plain.data, False
    for part in address:
        missing = missing or not isinstance(inside, Mapping) or part not in inside
        inside = inside[part] if not missing else {}
    if missing or _sections(plain) != _sections(one):
        return merge(data, plain.data), plain
    return put(data, plain.data, address), plain


def _sections(one: document.Document) -> list[Any]:
    catalog = one.data.get("catalog")
    return list(catalog) if isinstance(catalog, Mapping) else []


def _written_out(data: Mapping[str, Any], findings: list[Finding]) -> dict[str, Any]:
    """The config with its templates written out, and so the changes of each scenario."""
    resolved, wrong = templates.resolve(data)
    findings += wrong
    overlays = data.get("scenarios")
    if not isinstance(overlays, Mapping):
        return resolved
    known, written = set(wrong), {}
    for name, overlay in overlays.items():
        written[name] = overlay
        if isinstance(overlay, Mapping):
            changes = forms.plain_overlay(overlay, data)
            changed, wrong = templates.resolve(merge(data, changes))
            findings += [replace(one, scenario=str(name)) for one in wrong if one not in known]
            written[name] = templates.follow(changes, changed, resolved)
    return {**resolved, "scenarios": written}


def _checked(
    data: Mapping[str, Any],
    documents: Sequence[document.Document],
    read: document.Document,
    folder: Path,
    earlier: Sequence[Finding],
) -> Spec:
    known = shipped.known()
    whole = templates.with_routes(data)
    experiment, findings = validate(whole, known)
    lost = _without_template(documents, earlier)
    # What has no template lacks what that would have said.
    silent = [
        one for one in findings
        if (one.address[:-1] in lost and one.found.startswith("no "))
        or (one.address in lost and ", which lacks " in one.found)
    ]  # fmt: skip
    findings = [*(one for one in findings if one not in silent), *earlier]
    kept, content = (experiment, data) if experiment else mended(whole, findings, known)
    scenarios: dict[str, Experiment] = {}
    overlays = data.get("scenarios")
    for name, overlay in overlays.items() if isinstance(overlays, Mapping) else ():
        changes, wrong = usable(name, overlay)
        findings += wrong
        if kept is None:
            continue
        changed = templates.with_routes(merge(content, changes))
        scenario, wrong = validate(changed, known)
        findings += [replace(one, scenario=str(name)) for one in wrong]
        if scenario is None:
            scenario, _ = mended(changed, wrong, known)
        if scenario is not None:
            scenarios[str(name)] = scenario
    if kept is not None:
        unread = {fault.where for one in documents for fault in one.faults}
        follow = [
            one for one in find_faults(kept, scenarios, folder, shipped.records())
            if not any(dotted(place) in unread for place in one.without)
        ]  # fmt: skip
        findings += (
            [one for one in follow if not _follows(one, findings + silent)] if findings else follow
        )
    if findings or any(one.faults for one in documents) or experiment is None:
        raise ConfigError(faults(findings, documents, file=read))
    return Spec(
        experiment=experiment.model_copy(update={"catalog": prune(experiment, scenarios)}),
        scenarios=scenarios,
        runs={
            name: one.model_copy(update={"catalog": catalog_of_run(one)})
            for name, one in scenarios.items()
        },
        file=read.name,
        folder=folder,
        documents=tuple(documents),
    )


def _without_template(
    documents: Sequence[document.Document], findings: Sequence[Finding]
) -> set[Address]:
    """Entries that are like none, or like themselves, and those that may be like one of them."""
    lost = {one.address[:-1] for one in findings if one.address[-1:] == ("like",)}
    for section in {address[:-1] for address in lost}:
        for one in documents:
            entries = at(one.data, section)
            if isinstance(entries, Mapping):
                lost.update(
                    (*section, name) for name, entry in entries.items()
                    if isinstance(entry, Mapping) and "like" in entry
                )  # fmt: skip
    return lost


def _follows(finding: Finding, earlier: Sequence[Finding]) -> bool:
    """Whether a finding may be there only because a faulty part was left out."""
    for one in earlier:
        shared = min(len(one.address), len(finding.address))
        if one.address[:shared] == finding.address[:shared]:
            return True
        if any(one.address[: len(place)] == place for place in finding.without):
            return True
        if finding.name and finding.name in map(str, one.address):
            return True
    return False
