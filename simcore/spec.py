"""Read a config into a Spec: base, catalog, file and overrides merged, validated, all faults at once."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Final

from pydantic import ValidationError

from simcore import document, tables
from simcore.checks import find_faults, prune
from simcore.errors import ConfigError, Fault, suggest
from simcore.schema import Experiment

_OVERLAY_KEYS: Final = ("catalog", "cbam", "value", "plant", "boundary", "factors")
_EXTENDS: Final = "base"


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
    """

    experiment: Experiment
    scenarios: dict[str, Experiment]
    file: str
    folder: FilePath

    def resolved(self) -> dict[str, Any]:
        """The complete config as plain data; reading it again gives the same Spec."""
        return self.experiment.model_dump(exclude_none=True)


def load(
    source: str | FilePath | Mapping[str, Any],
    *,
    overrides: Sequence[str] = (),
    draws: int | None = None,
    seed: int | None = None,
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

    Returns
    -------
    Spec

    Raises
    ------
    ConfigError
        With every fault found, each with file, line, path, found, expected and remedy.
    """
    if isinstance(source, Mapping):
        read, folder = document.Document(data=copy.deepcopy(dict(source)), lines={}, name="<config>"), FilePath()
    else:
        path = FilePath(source)
        read, folder = document.read(path), path.parent
    base = merge({"catalog": tables.catalog()}, tables.base())
    data = merge(base, _parent(read, folder))
    own = {key: value for key, value in read.data.items() if key != "extends"}
    for setting in overrides:
        own = _set(own, setting)
    if draws is not None:
        own["draws"] = draws
    if seed is not None:
        own["seed"] = seed
    # Scenarios are named sets of choices: a config that names its own means only those.
    if isinstance(own.get("scenarios"), Mapping):
        data["scenarios"] = {}
    return _validate(merge(data, own), read, folder)


def merge(under: Any, over: Any) -> Any:
    """Lay one value over another.

    Mappings merge key by key. A mapping with ``kind``, a dated table (all keys are years), a
    list and a scalar replace what lies under them; an empty mapping changes nothing but empties
    a dated table.
    """
    if not isinstance(under, Mapping) or not isinstance(over, Mapping):
        return over
    if "kind" in over or _is_dated(over) or (not over and _is_dated(under)):
        return over
    merged = dict(under)
    for key, value in over.items():
        merged[key] = merge(under[key], value) if key in under else value
    return merged


def _is_dated(value: Mapping[Any, Any]) -> bool:
    return bool(value) and all(isinstance(key, int) for key in value)


def json_schema() -> dict[str, Any]:
    """JSON Schema of a config file, for editors; no key is required, for the base supplies it."""
    schema = Experiment.model_json_schema()
    schema["title"] = "simcore experiment"
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema.pop("required", None)
    schema["properties"]["extends"] = {
        "type": "string",
        "description": "`base` (the packaged defaults) or a file beside this one.",
    }
    for definition in schema["$defs"].values():
        definition.pop("required", None)
    _forget_titles(schema)
    return schema


def _forget_titles(node: Any) -> None:
    """Drop the titles that pydantic derives from field names; they only repeat the key."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "properties":
                for sub in value.values():
                    if isinstance(sub, dict):
                        sub.pop("title", None)
            _forget_titles(value)
    elif isinstance(node, list):
        for value in node:
            _forget_titles(value)


def _parent(read: document.Document, folder: FilePath) -> dict[str, Any]:
    name = read.data.get("extends", _EXTENDS)
    if name == _EXTENDS:
        return {}
    where = {"where": "extends", "file": read.name, "line": document.line_of(read, ("extends",))}
    if not isinstance(name, str):
        raise ConfigError([Fault(found=repr(name), expected="`base` or the name of a file",
                                 remedy="write extends: base", **where)])
    path = contained(folder, name)
    if path is None:
        raise ConfigError([Fault(found=name, expected="a file in the folder of the config",
                                 remedy="move the file beside the config", **where)])
    parent = document.read(path)
    if parent.data.get("extends", _EXTENDS) != _EXTENDS:
        raise ConfigError([Fault(found=f"{name} extends {parent.data['extends']}",
                                 expected="one level of extends",
                                 remedy="merge the two files", **where)])
    return {key: value for key, value in parent.data.items() if key != "extends"}


def contained(folder: FilePath, name: str) -> FilePath | None:
    """The path of a file named in a config, or None where it leaves the config's folder."""
    path = (folder / name).resolve()
    return path if path.is_relative_to(folder.resolve()) else None


def _set(data: dict[str, Any], setting: str) -> dict[str, Any]:
    key, equals, text = setting.partition("=")
    if not equals or not key.strip():
        raise ConfigError([Fault(where="--set", found=setting, expected="path.to.key=value",
                                 remedy="for example --set draws=1000")])
    value = document.parse(f"value: {text}", "--set").data["value"]
    nested: Any = value
    for part in reversed(key.strip().split(".")):
        nested = {int(part) if part.isascii() and part.isdigit() else part: nested}
    return _lay(data, nested)


def _lay(under: Any, over: Any) -> Any:
    """Merge for single settings: unlike `merge`, one year of a dated table may be set."""
    if not isinstance(under, Mapping) or not isinstance(over, Mapping):
        return over
    return {**under, **{k: _lay(under[k], v) if k in under else v for k, v in over.items()}}


def _validate(data: dict[str, Any], read: document.Document, folder: FilePath) -> Spec:
    experiment, faults = _model(data, (), read)
    overlays = data.get("scenarios")
    scenarios: dict[str, Experiment] = {}
    if isinstance(overlays, Mapping):
        for name, overlay in overlays.items():
            prefix = ("scenarios", name)
            bad = _overlay_faults(overlay, prefix, read)
            faults += bad
            if bad or experiment is None:
                continue
            scenario, more = _model(merge(data, overlay or {}), prefix, read)
            faults += [one for one in more if one not in faults]
            if scenario is not None:
                scenarios[str(name)] = scenario
    if faults or experiment is None:
        raise ConfigError(faults)
    found = find_faults(experiment, scenarios, folder)
    if found:
        raise ConfigError([_locate(path, one, read) for path, one in found])
    used = prune(experiment, scenarios)
    return Spec(
        experiment=experiment.model_copy(update={"catalog": used}),
        scenarios=scenarios,
        file=read.name,
        folder=folder,
    )


def _overlay_faults(overlay: Any, prefix: tuple[Any, ...], read: document.Document) -> list[Fault]:
    if overlay is None:
        return []
    if not isinstance(overlay, Mapping):
        return [_locate(prefix, ("", repr(overlay), "a mapping of changes", "write {} for none"), read)]
    return [
        _locate((*prefix, key), ("", f"unknown key {key!r}", f"one of {', '.join(_OVERLAY_KEYS)}",
                                 _did_you_mean(str(key), _OVERLAY_KEYS)), read)
        for key in overlay
        if key not in _OVERLAY_KEYS
    ]


def _did_you_mean(name: str, known: Sequence[str]) -> str:
    near = suggest(name, known)
    return f"did you mean {near!r}?" if near else "remove it, or see `simcore schema`"


def _locate(path: tuple[Any, ...], text: tuple[str, str, str, str], read: document.Document) -> Fault:
    _, found, expected, remedy = text
    return Fault(
        where=".".join(str(part) for part in path), found=found, expected=expected, remedy=remedy,
        file=read.name, line=document.line_of(read, path),
    )


def _model(
    data: Mapping[str, Any], prefix: tuple[Any, ...], read: document.Document
) -> tuple[Experiment | None, list[Fault]]:
    try:
        return Experiment.model_validate(data), []
    except ValidationError as error:
        faults = []
        for one in error.errors(include_url=False):
            path = _data_path(data, one["loc"])
            line_path = (*prefix, *path)
            if prefix and document.line_of(read, line_path) == document.line_of(read, prefix):
                line_path = path  # the fault lies in the config itself, not in the overlay
            faults.append(_locate(line_path, ("", *_describe(one, path)), read))
        return None, list(dict.fromkeys(faults))


def _data_path(data: Any, loc: Sequence[Any]) -> tuple[Any, ...]:
    """The path in the data of a pydantic location, which also names unions and key checks."""
    path: list[Any] = []
    node = data
    for position, part in enumerate(loc):
        last = position == len(loc) - 1
        if part == "[key]":
            continue
        if isinstance(node, Mapping):
            actual = next((key for key in node if key == part or str(key) == str(part)), None)
            if actual is not None:
                path.append(actual)
                node = node[actual]
                continue
            if last:
                path.append(part)
        elif isinstance(node, (list, tuple)) and isinstance(part, int) and part < len(node):
            path.append(part)
            node = node[part]
    return tuple(path)


def _describe(error: Mapping[str, Any], path: tuple[Any, ...]) -> tuple[str, str, str]:
    """Found, expected and remedy of one pydantic error."""
    kind, value, context = error["type"], error.get("input"), error.get("ctx", {})
    name = str(path[-1]) if path else ""
    if kind == "extra_forbidden":
        known = _known_keys(error["loc"])
        near = suggest(name, known)
        return (
            f"unknown key {name!r}",
            f"one of {', '.join(known)}" if known else "a known key",
            f"did you mean {near!r}?" if near else "remove it, or see `simcore schema`",
        )
    if kind == "missing":
        return f"no {name!r}", f"the key {name!r}", f"add {name}: ..."
    if kind == "simcore":
        return context["message"], context["expected"], "correct the value"
    if kind in ("union_tag_invalid", "literal_error"):
        expected = str(context.get("expected_tags", context.get("expected", "")))
        found = str(context.get("tag", value))
        choices = [one.strip(" '") for one in expected.replace(" or ", ",").split(",")]
        near = suggest(found, choices)
        return repr(found), f"one of {', '.join(choices)}", (
            f"did you mean {near!r}?" if near else "choose one of these"
        )
    if kind == "union_tag_not_found":
        return _short(value), "a number or a mapping with `kind`", "add kind: ..."
    message = error["msg"]
    return _short(value), message[0].lower() + message[1:], "correct the value"


def _short(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def _known_keys(loc: Sequence[Any]) -> list[str]:
    """Field names of the record in which an unknown key was found."""
    import typing

    node: Any = Experiment
    for part in loc[:-1]:
        node = _step(node, part, typing)
        if node is None:
            return []
    fields = getattr(node, "model_fields", None)
    return sorted(fields) if fields else []


def _step(node: Any, part: Any, typing: Any) -> Any:
    """The type found at one step of a location."""
    fields = getattr(node, "model_fields", None)
    if fields is not None:
        return _unwrap(fields[part].annotation, typing) if part in fields else None
    origin = typing.get_origin(node)
    if origin is dict:
        return _unwrap(typing.get_args(node)[1], typing)
    if origin is list:
        return _unwrap(typing.get_args(node)[0], typing)
    for option in typing.get_args(node):
        option = _unwrap(option, typing)
        tag = getattr(option, "model_fields", {}).get("kind")
        if tag is not None and part in typing.get_args(tag.annotation):
            return option
    return None


def _unwrap(annotation: Any, typing: Any) -> Any:
    """The record inside Annotated and Optional."""
    while typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    options = [option for option in typing.get_args(annotation) if option is not type(None)]
    if typing.get_origin(annotation) is not dict and len(options) == 1 and typing.get_origin(annotation) is not list:
        return _unwrap(options[0], typing)
    return annotation
