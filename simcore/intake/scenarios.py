"""Scenarios of a config: overlays written out, named after a packaged one, or read from a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from simcore.intake import document, shipped
from simcore.intake.compilation import file_fault
from simcore.intake.findings import Finding, unknown
from simcore.intake.overlay import merge

OVERLAY_KEYS: Final = (
    "title", "catalog", "cbam", "value", "plant", "projects", "budgets", "accounts",
    "boundary", "reference_capital", "factors", "redraw", "hydrogen_rule", "hydrogen",
)  # fmt: skip
"""What a scenario may change."""

_SUFFIXES: Final = (".yaml", ".yml")
_EXPECTED: Final = "changes, the name of a packaged scenario, a file beside the config, or a list"


def expand(
    data: Mapping[str, Any], folder: Path
) -> tuple[dict[str, Any], list[document.Document], list[Finding]]:
    """Replace the names in the scenarios of a complete config by what they stand for.

    Returns
    -------
    data : dict
        The config with each scenario as a mapping of changes.
    documents : list of Document
        The files read, in the folder of the config, at their place in it.
    findings : list of Finding
        Names that stand for nothing; their scenarios change nothing.
    """
    overlays = data.get("scenarios")
    if not isinstance(overlays, Mapping):
        return dict(data), [], []
    documents: list[document.Document] = []
    findings: list[Finding] = []
    written = {}
    for name, value in overlays.items():
        changes: Any = {}
        titles: list[str] = []
        # A list of one is the same as its entry; of several, the later ones lie over the earlier.
        for position, part in enumerate(value if isinstance(value, list) else [value]):
            path = ("scenarios", name, *((position,) if isinstance(value, list) else ()))
            found = changes_of(part, path, folder, documents)
            if isinstance(found, Finding):
                findings.append(found)
            else:
                changes = merge(changes, found)
                titles += [found["title"]] if isinstance(found.get("title"), str) else []
        # What is written in the config itself has the last word.
        named = isinstance(value, list) and isinstance(value[-1], Mapping) and "title" in value[-1]
        if len(titles) > 1 and not named:
            changes = {**changes, "title": "; ".join(titles)}
        written[name] = changes
    return {**data, "scenarios": written}, documents, findings


def changes_of(
    part: Any, path: tuple[Any, ...], folder: Path, documents: list[document.Document]
) -> Any:
    """What a scenario, or one of its list, changes; a finding where it stands for nothing."""
    if part is None or isinstance(part, Mapping):
        return part or {}
    if not isinstance(part, str):
        return Finding(path, repr(part), _EXPECTED, "write {} for no change")
    if not part.endswith(_SUFFIXES):
        known, define = shipped.scenarios(), "name a file that ends in .yaml"
        if part in known:
            return known[part]
        return unknown(path, part, known, "packaged scenario", define=define)
    wrong = file_fault(path, folder, part, expected=_EXPECTED)
    if wrong is not None:
        return wrong
    read = document.read(folder / part)
    documents.append(_placed(read, path[:2]))
    return read.data


def _placed(read: document.Document, path: Sequence[Any]) -> document.Document:
    """A file as if it stood at a path of the config, so that faults point into it."""
    data: Any = read.data
    for part in reversed(path):
        data = {part: data}
    lines = {(*path, *key): line for key, line in read.lines.items()}
    return document.Document(data=data, lines=lines, name=read.name)


def usable(name: Any, overlay: Any) -> tuple[dict[str, Any], list[Finding]]:
    """The usable changes of a scenario that `expand` gave, and what is wrong with the others."""
    changed = {key for key in OVERLAY_KEYS if key != "title"}
    return {key: value for key, value in overlay.items() if key in changed}, [
        unknown(("scenarios", name, key), str(key), OVERLAY_KEYS, "key of a scenario")
        for key in overlay
        if key not in OVERLAY_KEYS
    ]
