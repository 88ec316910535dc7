"""Names of correlations: those that stand for nothing, and those that a run does not draw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from simcore.errors import Fault, suggest
from simcore.intake import Spec, shipped
from simcore.intake.schema import Experiment
from simcore.model.scene import Scene
from simcore.plan.records import Idle
from simcore.quantities import Uncertain
from simcore.quantities.records import Model

_DRAWN: Final = ("anchor", "variant", "delay", "capacity", "occurs", "learning_share", "view")
"""Last parts of the names of factors that are drawn beside the quantities of a record."""


def correlated(spec: Spec, scenes: Mapping[str, Scene]) -> tuple[list[Fault], list[Idle]]:
    """Find names of correlations that stand for nothing, and those that this run does not draw.

    The packaged pairs are complete for all runs, so that they may name what this one does not use.
    """
    faults: list[Fault] = []
    idle: list[Idle] = []
    drawn = {
        "factors": {name for one in scenes.values() for name in one.inputs},
        "shocks": {name for one in scenes.values() for name in one.shocked},
    }
    for kind, names in drawn.items():
        packaged = shipped.pairs(kind)
        for position, pair in enumerate(getattr(spec.experiment.correlations, kind)):
            if (frozenset(pair.between), pair.rank) in packaged:
                continue
            for name in pair.between:
                if name in names:
                    continue
                if any(_exists(one, kind, name) for one in spec.scenarios.values()):
                    idle.append((kind, position, name))
                    continue
                near = suggest(name, sorted(names))
                what = "factor of the run" if kind == "factors" else "market or commodity path"
                faults.append(spec.fault(
                    ("correlations", kind, position, "between"),
                    found=f"unknown name {name!r}",
                    expected=f"a {what}",
                    remedy=f"did you mean {near!r}?" if near else "see `simcore plan`",
                ))  # fmt: skip
    return faults, idle


_WITHIN: Final = ("process", "variants", "values", "views", "shares")
"""Fields that the name of a factor leaves out."""


def is_factor(experiment: Experiment, name: str) -> bool:
    """Whether a name is that of a factor that some run of an experiment may draw."""
    return _exists(experiment, "factors", name)


def _exists(experiment: Experiment, kind: str, name: str) -> bool:
    """Whether a name is that of a factor, or of a price path, that some run may draw."""
    head, *rest = name.split(".")
    catalog = experiment.catalog
    if kind == "shocks":
        return head in catalog.markets if not rest else rest[0] in catalog.prices.get(head, {})
    if head in experiment.factors:
        return not rest
    firms = (
        experiment.exposures, experiment.projects, experiment.budgets, experiment.accounts,
    )  # fmt: skip
    groups: list[Any] = [*(group for _, group in catalog), *firms]
    return any(holds(group[head], rest) for group in groups if head in group)


def holds(record: Any, parts: list[str]) -> bool:
    """Whether the parts of a factor's name lead to something uncertain in a record."""
    if parts[-1:] in [[one] for one in _DRAWN]:
        return True
    if not parts:
        inner = list(record.values()) if isinstance(record, dict) else [record]
        return any(isinstance(one, Uncertain) for one in inner)
    if isinstance(record, Model):
        inner = [getattr(record, one, None) for one in _WITHIN]
        if parts[0] in type(record).model_fields:
            inner = [getattr(record, parts[0])]
            parts = parts[1:]
        return any(holds(one, parts) for one in inner if one is not None)
    if isinstance(record, dict):
        by_year = {str(key): value for key, value in record.items()}
        if parts[0] in by_year:
            return holds(by_year[parts[0]], parts[1:])
    return isinstance(record, dict) and isinstance(record.get("default"), Uncertain)
