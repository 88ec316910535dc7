"""A grid of scenarios: each choice along one axis with each one along the others.

A cell is the scenario of all its choices, laid over each other in the order of the axes, and named
after them. A resolved config writes the cells out under `scenarios`; its grid then only says how
they are arranged.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from simcore.intake.document import Document
from simcore.intake.findings import Finding
from simcore.intake.forms import scenario_name
from simcore.intake.scenarios import changes_of

MOST: Final = 100
"""Scenarios of a grid."""
_EXPECTED: Final = "axes, each a list of packaged scenarios and files, or changes by name"
_REMEDY: Final = "write grid: {policy: [law, reform_2026], price: {high: high.yaml, central: {}}}"

Axes = dict[str, dict[str, Any]]


def cross(
    data: Mapping[str, Any], folder: Path, documents: Sequence[Document]
) -> tuple[dict[str, Any], list[Document], list[Finding]]:
    """Write the cells of a grid among the scenarios of a config.

    Parameters
    ----------
    data : mapping
        A complete config.
    folder : Path
        Where files lie that it names.
    documents : sequence of Document
        What the user wrote.

    Returns
    -------
    data : dict
        With the cells under `scenarios`, and of the grid the labels by axis.
    documents : list of Document
        What the cells say, at its place among the scenarios, with the lines in which it stands.
    findings : list of Finding
        What of the grid stands for nothing, is too much, or clashes.
    """
    if not data.get("grid"):
        return dict(data), [], []
    written = data.get("scenarios")
    named: dict[str, Any] = dict(written) if isinstance(written, Mapping) else {}
    axes, findings = _axes(data["grid"])
    found = {**data, "grid": {axis: list(labels) for axis, labels in axes.items()}}
    findings += _too_many(axes)
    cells = [] if findings else list(itertools.product(*axes.values()))
    names = ["_".join(cell) for cell in cells]
    if cells and set(names) <= set(named) and _is_of_names(data["grid"]):
        return found, [], []  # they are written out: this is the resolved config
    findings += _clashes(names, named)
    if findings:
        # Without any scenario that would be one more fault.
        return {**found, "scenarios": named or {"law": {}}}, [], findings
    choices: dict[tuple[str, str], Any] = {}
    files: dict[tuple[str, str], list[Document]] = {}
    for axis, labels in axes.items():
        for label, part in labels.items():
            read: list[Document] = []
            changes = changes_of(part, ("grid", axis, label), folder, read)
            if isinstance(changes, Finding):
                findings.append(replace(changes, address=_address(data["grid"], axis, label)))
                changes = {}
            choices[axis, label], files[axis, label] = changes, read
    more: list[Document] = []
    for cell, name in zip(cells, names, strict=True):
        chosen = list(zip(axes, cell, strict=True))
        title = ", ".join(str(choices[one].get("title") or one[1]) for one in chosen)
        named[name] = [*(choices[one] for one in chosen), {"title": title}]
        for one in chosen:
            more += _placed(one, name, documents, files[one])
    return {**found, "scenarios": named}, more, findings


def _axes(grid: Any) -> tuple[Axes, list[Finding]]:
    """Choices of each axis by label, and what is no axis."""
    if not isinstance(grid, Mapping):
        return {}, [Finding(("grid",), repr(grid), _EXPECTED, _REMEDY)]
    axes: Axes = {}
    findings = []
    for axis, choices in grid.items():
        pairs = list(_choices(choices))
        labels = [label for label, _ in pairs]
        if not pairs or None in labels:
            findings.append(Finding(("grid", axis), repr(choices), _EXPECTED, _REMEDY))
        elif twice := next((one for one in labels if labels.count(one) > 1), None):
            findings.append(Finding(
                ("grid", axis), f"{twice} twice", "each choice once", "remove one of them",
            ))  # fmt: skip
        else:
            axes[str(axis)] = {str(label): part for label, part in pairs}
    return axes, findings


def _is_of_names(grid: Mapping[str, Any]) -> bool:
    """Whether choices are only named, so that nothing of theirs is left unread."""
    return all(
        isinstance(choices, list) and all(isinstance(one, str) for one in choices)
        for choices in grid.values()
    )


def _choices(choices: Any) -> Iterator[tuple[Any, Any]]:
    """Label and changes of each choice along an axis; None as the label of what is none."""
    if isinstance(choices, Mapping):
        yield from choices.items()
        return
    if isinstance(choices, str):
        choices = [part.strip() for part in choices.split(",")]
    for one in choices if isinstance(choices, list) else [None]:
        if isinstance(one, Mapping) and len(one) == 1:
            yield from one.items()
        else:
            yield (scenario_name(one), one) if isinstance(one, str) and one else (None, one)


def _too_many(axes: Axes) -> list[Finding]:
    """Whether there are more cells than may be, before they are written out."""
    count = math.prod(map(len, axes.values()))
    if count <= MOST:
        return []
    sizes = " x ".join(str(len(labels)) for labels in axes.values())
    return [Finding(
        ("grid",), f"{sizes} = {count:,} scenarios", f"at most {MOST}",
        "leave some choices out, or run several configs",
    )]  # fmt: skip


def _clashes(names: Sequence[str], named: Mapping[str, Any]) -> list[Finding]:
    """What is wrong with the names of the cells."""
    found = [
        Finding(("scenarios", name), f"{name}, which is a cell of the grid too",
                "scenarios with names of their own", "rename the scenario, or leave it out")
        for name in names if name in named
    ]  # fmt: skip
    twice = sorted({name for name in names if names.count(name) > 1})
    return found + [
        Finding(("grid",), f"two cells named {name}", "choices whose names joined by _ differ",
                "rename one of the choices")
        for name in twice
    ]  # fmt: skip


def _address(grid: Mapping[str, Any], axis: str, label: str) -> tuple[Any, ...]:
    """Where a choice stands in the config."""
    choices = grid[axis]
    if isinstance(choices, list):
        return ("grid", axis, [str(one) for one, _ in _choices(choices)].index(label))
    return ("grid", axis, label) if isinstance(choices, Mapping) else ("grid", axis)


def _placed(
    choice: tuple[str, str], cell: str, documents: Sequence[Document], files: Sequence[Document]
) -> Iterator[Document]:
    """What a choice says, as if its cell said it, so that faults point to where it is written."""
    axis, label = choice
    for one in documents:
        inside = one.data.get("grid")
        inside = inside.get(axis) if isinstance(inside, Mapping) else None
        if not isinstance(inside, Mapping | list):
            continue
        where: tuple[Any, ...] = ("grid", axis)
        if isinstance(inside, list):
            places = [str(name) for name, _ in _choices(inside)]
            where = (*where, places.index(label)) if label in places else where
        inside = dict(_choices(inside)).get(label)
        if not isinstance(inside, Mapping):
            continue
        if (*where, label) in one.lines:
            where = (*where, label)
        yield _moved(one, where, cell, inside)
    for one in files:
        yield _moved(one, ("grid", axis), cell, one.data["grid"][axis])


def _moved(one: Document, where: tuple[Any, ...], cell: str, data: Any) -> Document:
    lines = {
        ("scenarios", cell, *key[len(where) :]): line
        for key, line in one.lines.items()
        if key[: len(where)] == where
    }
    return Document(data={"scenarios": {cell: data}}, lines=lines, name=one.name)
