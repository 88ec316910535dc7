"""Read a config into a Spec: base, file and settings merged and checked, all faults at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any, Final

from simcore import document, tables
from simcore.errors import ConfigError, Fault
from simcore.spec.checks import find_faults
from simcore.spec.compilation import contained
from simcore.spec.editor_schema import json_schema
from simcore.spec.findings import Finding, Path, faults
from simcore.spec.overlay import merge, put, setting
from simcore.spec.price_tables import Filled, fill
from simcore.spec.scenarios import expand, usable
from simcore.spec.schema import Experiment
from simcore.spec.usage import prune
from simcore.spec.validation import mended, validate

__all__ = ["Spec", "json_schema", "load"]

_BASE: Final = "base"
_NOTHING: Final = "nothing"


@dataclass(frozen=True)
class Spec:
    """A validated experiment.

    Attributes
    ----------
    experiment : Experiment
        The config with every default written out and the catalog cut to what is used.
    scenarios : dict of str to Experiment
        The same with each scenario's overlay applied.
    file : str
        Where it was read from.
    folder : Path
        Folder in which files named by the config must lie.
    documents : tuple of Document
        What the user wrote, the one that wins first.
    notes : tuple of str
        What was taken for granted in the price files of the config.
    """

    experiment: Experiment
    scenarios: dict[str, Experiment]
    file: str
    folder: FilePath
    documents: tuple[document.Document, ...]
    notes: tuple[str, ...] = ()

    def resolved(self) -> dict[str, Any]:
        """The complete config as plain data; reading it again gives the same Spec.

        It extends nothing: what it replaced in the packaged tables must not come back.
        """
        return {"extends": _NOTHING, **self.experiment.model_dump(exclude_none=True)}

    @property
    def stands_alone(self) -> bool:
        """Whether the config takes nothing from the packaged tables."""
        return any(_extended(one) == _NOTHING for one in self.documents)

    def fault(
        self, path: Path, *, found: str, expected: str, remedy: str, scenario: str | None = None
    ) -> Fault:
        """Make the fault of a path, with the file and line in which it was written."""
        file = document.Document(data={}, lines={}, name=self.file)
        finding = Finding(path, found, expected, remedy, scenario=scenario)
        return faults([finding], self.documents, file=file)[0]


def load(
    source: str | FilePath | Mapping[str, Any],
    *,
    overrides: Sequence[str] = (),
    draws: int | None = None,
    seed: int | None = None,
    until: str | None = None,
) -> Spec:
    """Read and validate a config.

    Parameters
    ----------
    source : path or mapping
        A YAML file, or the same content as a mapping.
    overrides : sequence of str
        ``path.to.key=value`` settings, applied last; the value is read as YAML.
    draws, seed : int, optional
        Replace those of the config.
    until : str, optional
        The same, such as ``cost_premium.p95=2EUR/t``.

    Returns
    -------
    Spec

    Raises
    ------
    ConfigError
        With every fault found, each with file, line, path, found, expected and remedy.
    """
    if isinstance(source, Mapping):
        read = document.Document(data=_plain(source), lines={}, name="<config>")
        folder = FilePath()
    else:
        file = FilePath(source)
        read, folder = document.read(file, go_on=True), file.parent
    parent = _parent(read, folder)
    settings = [setting(text) for text in overrides]
    settings += [
        ((key,), document.Document(data={key: value}, lines={}, name=f"--{key} {value}"))
        for key, value in (("draws", draws), ("seed", seed), ("until", until))
        if value is not None
    ]
    packaged = merge({"catalog": tables.catalog()}, tables.base())
    data = {} if _NOTHING in (_extended(read), parent and _extended(parent)) else packaged
    tables_read: list[Filled] = []
    for layer in (parent, read):
        if layer is not None:
            own = {key: value for key, value in layer.data.items() if key != "extends"}
            # Scenarios are named sets of choices: who names his own means only those.
            if isinstance(own.get("scenarios"), Mapping):
                data = {**data, "scenarios": {}}
            tables_read.append(fill(own, data, folder))
            data = merge(data, tables_read[-1].data)
    for path, one in settings:
        tables_read.append(fill(one.data, data, folder))
        data = put(data, tables_read[-1].data, path)
    documents = [one for _, one in reversed(settings)]
    documents += [read, *([parent] if parent is not None else [])]
    data, files, findings = expand(data, folder)
    if isinstance(data.get("scenarios"), Mapping):
        overlays = dict(data["scenarios"])
        for name, overlay in overlays.items():
            tables_read.append(fill(overlay, data, folder, ("scenarios", name)))
            overlays[name] = tables_read[-1].data
        data = {**data, "scenarios": overlays}
    findings += [one for filled in tables_read for one in filled.findings]
    notes = dict.fromkeys(one for filled in tables_read for one in filled.notes)
    spec = _checked(data, packaged, [*documents, *files], read, folder, findings)
    return replace(spec, notes=tuple(notes))


def _extended(read: document.Document) -> Any:
    return read.data.get("extends", _BASE)


def _plain(value: Any) -> Any:
    """Copy a config given in Python, as YAML would give it."""
    if isinstance(value, Mapping):
        return {key: _plain(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(child) for child in value]
    return value.item() if hasattr(value, "item") and not hasattr(value, "__len__") else value


def _checked(
    data: Mapping[str, Any],
    packaged: Mapping[str, Any],
    documents: Sequence[document.Document],
    read: document.Document,
    folder: FilePath,
    earlier: Sequence[Finding],
) -> Spec:
    experiment, findings = validate(data)
    findings += earlier
    kept, content = (experiment, data) if experiment else mended(data, findings, packaged)
    scenarios: dict[str, Experiment] = {}
    overlays = data.get("scenarios")
    for name, overlay in overlays.items() if isinstance(overlays, Mapping) else ():
        changes, wrong = usable(name, overlay)
        findings += wrong
        if kept is None:
            continue
        changed = merge(content, changes)
        scenario, wrong = validate(changed)
        findings += [replace(one, scenario=str(name)) for one in wrong]
        if scenario is None:
            scenario, _ = mended(changed, wrong, packaged)
        if scenario is not None:
            scenarios[str(name)] = scenario
    if kept is not None:
        follow = find_faults(kept, scenarios, folder)
        findings += [one for one in follow if not _follows(one, findings)] if findings else follow
    if findings or any(one.faults for one in documents) or experiment is None:
        raise ConfigError(faults(findings, documents, file=read))
    used = prune(experiment, scenarios)
    return Spec(
        experiment=experiment.model_copy(update={"catalog": used}),
        scenarios=scenarios,
        file=read.name,
        folder=folder,
        documents=tuple(documents),
    )


def _follows(finding: Finding, earlier: Sequence[Finding]) -> bool:
    """Whether a finding may be there only because a faulty part was left out."""
    for one in earlier:
        shared = min(len(one.path), len(finding.path))
        if one.path[:shared] == finding.path[:shared]:
            return True
        if finding.name and finding.name in map(str, one.path):
            return True
    return False


def _parent(read: document.Document, folder: FilePath) -> document.Document | None:
    """The file that a config extends, or None for the packaged base and for nothing."""
    name = _extended(read)

    def refusal(found: str, expected: str, remedy: str) -> ConfigError:
        return ConfigError(
            document.fault_at(read, ("extends",), found=found, expected=expected, remedy=remedy)
        )

    if name in (_BASE, _NOTHING):
        return None
    if name is None and read.faults:
        raise ConfigError(read.faults)
    if not isinstance(name, str):
        raise refusal(repr(name), "`base`, `nothing` or the name of a file", "write extends: base")
    path = contained(folder, name)
    if path is None:
        raise refusal(name, "a file in the folder of the config", "move the file beside the config")
    if not path.is_file():
        raise refusal(
            f"no file {name}", "`base`, `nothing` or a file beside the config",
            "correct the name; it is relative to the config",
        )  # fmt: skip
    parent = document.read(folder / name, go_on=True)
    if _extended(parent) not in (_BASE, _NOTHING):
        raise refusal(
            f"{name}, which extends {parent.data['extends']}", "one level of extends",
            "merge the two files",
        )  # fmt: skip
    return parent
