"""Settings of a config that each of its scenarios replaces, so that no run has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from simcore.intake.findings import Address, few_of


def overwritten(
    scenarios: Mapping[str, Any], where: Address, value: Any, *, packaged: bool
) -> tuple[str, str] | None:
    """Found and remedy of a setting that every scenario overwrites; None if one leaves it.

    Parameters
    ----------
    scenarios : mapping of str to mapping or list of mappings
        What each of them changes.
    where : tuple
        Address of the setting in the config, outside of its scenarios.
    value : object
        What is written there.
    packaged : bool
        Whether the scenarios are those of the packaged base, as the config names none.
    """
    if not scenarios or not all(
        any(_replaces(part, where, value) for part in _parts(overlay))
        for overlay in scenarios.values()
    ):
        return None
    names = few_of(scenarios)
    many = len(scenarios) > 1
    if packaged:
        return (
            f"which {names}, the packaged scenario{'s' * many}, overwrite{'s' * (not many)}",
            "name scenarios of your own: scenarios: {mine: {}} leaves all as it is written",
        )
    return (
        f"which {names} overwrite{'s' * (not many)}",
        "write it in a scenario, or add one that leaves it: scenarios: {mine: {}}",
    )


def _parts(overlay: Any) -> Iterator[Mapping[Any, Any]]:
    for part in overlay if isinstance(overlay, list) else [overlay]:
        if isinstance(part, Mapping):
            yield part


def _replaces(overlay: Any, where: Address, value: Any) -> bool:
    """Whether an overlay has another value in place of that at an address."""
    for part in where:
        if not isinstance(overlay, Mapping):
            # One value stands for what the config wrote in several keys.
            return overlay is not None
        if part not in overlay:
            return False
        overlay = overlay[part]
    return not isinstance(overlay, Mapping) and overlay != value
