"""The files of a config, from the one that is run to the last that it extends."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from simcore.errors import ConfigError
from simcore.files import Folder, contained
from simcore.intake import document

BASE: Final = "base"
NOTHING: Final = "nothing"
_MOST: Final = 20


class Layers(NamedTuple):
    """What a config is laid together from.

    Attributes
    ----------
    files : tuple of Document
        The config, the file that it extends, and so on.
    folder : Folder
        Folder of the config, in which files that it names must lie.
    on_base : bool
        Whether the last of them lies on the packaged defaults.
    """

    files: tuple[document.Document, ...]
    folder: Folder
    on_base: bool


def read(source: str | Path | Mapping[str, Any], *, allowed: Sequence[str | Path]) -> Layers:
    """Read a config, of a YAML file or given as a mapping, and the files that it extends.

    Files may be read from the folder of the config and from those `allowed`.

    Raises
    ------
    ConfigError
        A file cannot be read or lies elsewhere, or the files extend each other in a circle.
    """
    if isinstance(source, Mapping):
        first = document.Document(data=plain_data(source), lines={}, name="<config>")
        file = Path("<config>")
    else:
        file = Path(source)
        first = document.read(file, go_on=True)
    root = Folder.of(file.parent, allowed)
    files, paths = [first], [file]
    while (name := files[-1].data.get("extends", BASE)) not in (BASE, NOTHING):
        if name is None and files[-1].faults:
            raise ConfigError(files[-1].faults)
        path = _checked(files[-1], name, paths, root)
        parent = document.read(path, go_on=True)
        files.append(_seen_from(parent, path.parent, root))
        paths.append(path)
    return Layers(tuple(files), root, name == BASE)


def plain_data(value: Any) -> Any:
    """Copy a config given in Python, as YAML would give it."""
    if isinstance(value, Mapping):
        return {key: plain_data(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_data(child) for child in value]
    return value.item() if hasattr(value, "item") and not hasattr(value, "__len__") else value


def _checked(file: document.Document, name: Any, paths: Sequence[Path], root: Folder) -> Path:
    """The path of the file that the last one extends."""

    def refusal(found: str, expected: str, remedy: str) -> ConfigError:
        return ConfigError(
            document.fault_at(file, ("extends",), found=found, expected=expected, remedy=remedy)
        )

    if not isinstance(name, str):
        raise refusal(repr(name), "`base`, `nothing` or the name of a file", "write extends: base")
    path = paths[-1].parent / name
    if contained(root, os.path.relpath(path, root)) is None:
        raise refusal(
            name, "a file in the folder of the config",
            "move the file beside the config, or allow its folder: --allow-outside DIR",
        )  # fmt: skip
    if not path.is_file():
        raise refusal(
            f"no file {name}", "`base`, `nothing` or a file beside the config",
            "correct the name; it is relative to the file that it stands in",
        )  # fmt: skip
    way = [one.resolve() for one in paths]
    if path.resolve() in way:
        circle = [*(one.name for one in paths[way.index(path.resolve()) :]), path.name]
        raise refusal(
            " extends ".join(circle), "files that end with `base` or `nothing`",
            "remove extends from one of them",
        )  # fmt: skip
    if len(paths) == _MOST:
        raise refusal(f"more than {_MOST} files", "a shorter way to the base", "merge some of them")
    return path


def _seen_from(file: document.Document, folder: Path, root: Folder) -> document.Document:
    """A file of another folder, with the names of its own files as the config would write them."""
    if folder.resolve() == root.resolve():
        return file

    def moved(value: Any) -> Any:
        # A name that stands for nothing there stays, for the fault to quote it as written.
        if not isinstance(value, str) or not (folder / value).is_file():
            return value
        return os.path.relpath(folder / value, root)

    def walk(node: Any) -> Any:
        if isinstance(node, Mapping):
            return {key: moved(child) if key == "csv" else walk(child)
                    for key, child in node.items()}  # fmt: skip
        return [walk(child) for child in node] if isinstance(node, list) else node

    def everywhere(node: Any) -> Any:
        if isinstance(node, Mapping):
            return {key: everywhere(child) for key, child in node.items()}
        return [everywhere(one) for one in node] if isinstance(node, list) else moved(node)

    data = walk(file.data)
    scenarios = data.get("scenarios")
    if isinstance(scenarios, Mapping):
        data["scenarios"] = {
            name: [moved(one) for one in value] if isinstance(value, list) else moved(value)
            for name, value in scenarios.items()
        }
    elif isinstance(scenarios, list):
        data["scenarios"] = [moved(one) for one in scenarios]
    if "grid" in data:
        data["grid"] = everywhere(data["grid"])
    return document.Document(data=data, lines=file.lines, name=file.name, faults=file.faults)
