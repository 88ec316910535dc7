"""What differs between the configs of two scenarios, of one run or of two: address, old, new."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from simcore.errors import ConfigError, dotted
from simcore.intake import Spec, document, load
from simcore.intake.overlay import at, merge

_WRITTEN: Final = "as_written"
WHOLE: Final = f"scenarios.{_WRITTEN}={{}}"
"""An override by which the catalog of a config stays whole."""
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
    first, second = ({key: one[key] for key in one if key not in _NAMES} for one in pair)
    return list(_walk((), first, second))


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


def _walk(
    path: tuple[Any, ...], old: Any, new: Any,
    is_whole: Callable[[tuple[Any, ...], Any, Any], bool] = lambda *_: False,
) -> Iterator[Change]:  # fmt: skip
    both = isinstance(old, Mapping) and isinstance(new, Mapping)
    if both and not is_whole(path, old, new):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _walk((*path, key), old.get(key), new.get(key), is_whole)
    elif old != new:
        yield Change(dotted(path), old, new)


def settings(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Compare two resolved configs, each with the whole catalog.

    Parameters
    ----------
    old, new : mapping
        Of `whole`.

    Returns
    -------
    list of Change
        Of a quantity, a scenario and what only one of them has, the whole.
    """
    return list(_walk((), old, new, is_whole=_is_one_thing))


def whole(spec: Spec) -> dict[str, Any]:
    """A config read with `WHOLE` among its overrides, in full: its settings and every entry."""
    found = spec.scenarios[_WRITTEN].model_dump(exclude_none=True)
    overlays = {name: one for name, one in found["scenarios"].items() if name != _WRITTEN}
    return {**found, "scenarios": overlays}


def _is_one_thing(path: tuple[Any, ...], old: Any, new: Any) -> bool:
    if len(path) == 2 and path[0] == "scenarios":
        return True
    return any(isinstance(one, Mapping) and "kind" in one for one in (old, new))
