"""The views of a price: which of them a draw may have, and each as a price path of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from simcore.intake.paths import Anchor, PricePath, View
from simcore.processes import Process, kind_of
from simcore.processes.cap_and_bank import CapAndBank
from simcore.processes.fixed import Fixed
from simcore.processes.scenario import Scenario
from simcore.quantities import certain

ENSEMBLE: Final = "ensemble"
_FIXED: Final = Fixed.model_construct()
_NO_CARRY: Final = certain(0.0)
_SCENARIO: Final = Scenario.model_construct()


def has_views(record: PricePath) -> bool:
    """Whether a price is made by views: it has some, and no process of its own."""
    return bool(record.views) and record.process is None


def chosen_views(record: PricePath) -> dict[str, View]:
    """Views that a draw may have, in the order of the config; none of a price without views."""
    if not has_views(record):
        return {}
    if record.view != ENSEMBLE:
        return {record.view: record.views[record.view]} if record.view in record.views else {}
    return {name: view for name, view in record.views.items() if view.weight > 0}


def as_path(record: PricePath, view: View) -> PricePath:
    """A view as the price path that it is alone, before policy and response."""
    forward = {
        year: Anchor.model_construct(low=value, central=value, high=value)
        for year, value in (view.forward or {}).items()
    }
    return record.model_copy(
        update={
            "spot": view.spot or record.spot,
            "carry": view.carry or _NO_CARRY,
            "anchors": view.anchors or forward or None,
            "after": view.after,
            "centre": view.centre,
            "process": _process(view),
            "path": view.path,
            "corridor": view.corridor,
            "views": {},
            "response": None,
            "policy_effect": None,
            "tightening": record.tightening if _is_lifted(view) else None,
        }
    )


def _is_lifted(view: View) -> bool:
    """Whether policy acts on the price of a view: a system has its rules, a path is as written."""
    return view.process is not None and kind_of(view.process).made_of == "spot"


def parts(path: tuple[Any, ...], record: PricePath) -> Iterator[tuple[tuple[Any, ...], PricePath]]:
    """The price paths that make a price, with where each stands: itself, or its chosen views."""
    if not has_views(record):
        yield path, record
    for name, view in chosen_views(record).items():
        yield (*path, "views", name), as_path(record, view)


def kinds(record: PricePath) -> list[str]:
    """Kinds of process that a price may have in a draw."""
    return [one.kind for one in _processes(record)]


def system_of(record: PricePath) -> str | None:
    """Emissions trading system behind a market: its own, or that of one of its views."""
    return next((one.system for one in _processes(record) if isinstance(one, CapAndBank)), None)


def _processes(record: PricePath) -> list[Process]:
    if has_views(record):
        return [_process(view) for view in chosen_views(record).values()]
    return [] if record.process is None else [record.process]


def _process(view: View) -> Process:
    return view.process or (_FIXED if view.path is None else _SCENARIO)
