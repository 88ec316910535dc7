"""What differs between the configs of two scenarios, of one run or of two: address, old, new."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from simcore.errors import ConfigError, dotted
from simcore.intake import document, load
from simcore.intake.overlay import at, merge

_NAMES: Final = frozenset({"extends", "name", "title", "scenarios", "memory", "report"})
"""Keys that are no part of the experiment of a scenario."""


@dataclass(frozen=True)
class Change:
    """One difference.

    Attributes
    ----------
    path : str
        Dotted address in the resolved config.
    old, new : object
        What stands there; None where nothing does.
    """

    path: str
    old: Any
    new: Any


def changes(old: str, old_scenario: str, new: str, new_scenario: str) -> list[Change]:
    """Compare two scenarios of resolved configs.

    Parameters
    ----------
    old, new : str
        Resolved configs, as YAML: attribute `config` of a run.
    old_scenario, new_scenario : str
        Scenario of each.

    Returns
    -------
    list of Change
        In the order of the old config; of a mapping that only one of them has, the whole.
    """
    before, after = _resolved(old), (_resolved(new) if new != old else None)
    after = before if after is None else after
    if old_scenario in before and new_scenario in after:
        pair = before[old_scenario], after[new_scenario]
    else:
        # One of an older version may not be read any more: both are compared as written.
        pair = _merged(old, old_scenario), _merged(new, new_scenario)
    return list(_walk((), *({key: one[key] for key in one if key not in _NAMES} for one in pair)))


def _written(config: str) -> dict[str, Any]:
    return {str(key): value for key, value in document.parse(config, "config").data.items()}


def _resolved(config: str) -> dict[str, dict[str, Any]]:
    """Each scenario of a config in full; none of a config that cannot be read."""
    try:
        runs = load(_written(config)).runs
    except ConfigError:
        return {}
    return {name: one.model_dump(exclude_none=True) for name, one in runs.items()}


def _merged(config: str, scenario: str) -> dict[str, Any]:
    """A config as written, with the overlay of one scenario over it."""
    written = _written(config)
    overlay = at(written, ("scenarios", scenario))
    found: dict[str, Any] = merge(written, overlay) if isinstance(overlay, Mapping) else written
    return found


def _walk(path: tuple[Any, ...], old: Any, new: Any) -> Iterator[Change]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _walk((*path, key), old.get(key), new.get(key))
    elif old != new:
        yield Change(dotted(path), old, new)
