"""Outcomes by the names they had before: a config that says them means what they are called now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simcore.variables import present_name


def renamed(data: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Give the outcomes that a config names their present names, wherever it may name one.

    Parameters
    ----------
    data : mapping
        A config in its plain form, all layers laid together.

    Returns
    -------
    data : dict
        The same with present names.
    notes : list of str
        One for each name that was changed.
    """
    met: dict[str, str] = {}

    def now(name: Any) -> Any:
        if not isinstance(name, str) or present_name(name) == name:
            return name
        met[name] = present_name(name)
        return met[name]

    found = {**data}
    for key in ("outcomes", "keep"):
        found = _at(found, key, lambda names: _each(names, now))
    found = _at(found, "until", lambda until: _until(until, now))
    found = _at(found, "risk", lambda risk: _risk(risk, now))
    found = _at(found, "sensitivity", lambda one: _at(one, "of", lambda names: _each(names, now)))
    return found, [f"{old} is called {new} now" for old, new in met.items()]


def _at(data: Any, key: str, change: Callable[[Any], Any]) -> Any:
    if not isinstance(data, Mapping) or key not in data:
        return data
    return {**data, key: change(data[key])}


def _each(names: Any, now: Callable[[Any], Any]) -> Any:
    return [now(name) for name in names] if isinstance(names, list) else now(names)


def _until(until: Any, now: Callable[[Any], Any]) -> Any:
    """A mapping, or the short form `NAME.STATISTIC=WIDTH`."""
    if not isinstance(until, str):
        return _at(until, "variable", now)
    name, dot, rest = until.partition(".")
    return f"{now(name.strip())}{dot}{rest}"


def _risk(risk: Any, now: Callable[[Any], Any]) -> Any:
    asked = _at(risk, "of", lambda names: _each(names, now))
    return _at(
        asked, "exceed",
        lambda limits: {now(name): one for name, one in limits.items()}
        if isinstance(limits, Mapping) else limits,
    )  # fmt: skip
