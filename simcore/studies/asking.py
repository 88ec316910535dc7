"""What a sensitivity study asks for, beside what the run has: outcomes, places, scenarios."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from simcore.errors import ConfigError, Fault, suggest
from simcore.intake import Spec
from simcore.intake.sensitivity import Sensitivity
from simcore.plan import Plan
from simcore.variables import OUTCOMES

_KINDS: Final = ("number", "indicator", "conditional", "year")
"""Of outcomes that have a number in each draw."""


def narrowed(spec: Spec, asked: Sensitivity) -> Spec:
    """The config with the outcomes and scenarios asked for alone, all of them on the same draws.

    A scenario that draws names again has the same joint law as if it did not.
    """
    faults = list(_names(spec, asked))
    scenarios = [str(one) for one in asked.at.get("scenario", ())] or list(spec.scenarios)[:1]
    for position, name in enumerate(scenarios):
        if name not in spec.scenarios:
            faults.append(_unknown_label(spec, "scenario", position, name, list(spec.scenarios)))
    if faults:
        raise ConfigError(faults)
    changes = {"outcomes": list(asked.of), "keep": [], "redraw": [], "independent_scenarios": False,
               "risk": None, "until": None}  # fmt: skip
    return replace(
        spec, experiment=spec.experiment.model_copy(update=changes),
        scenarios={one: spec.scenarios[one].model_copy(update=changes) for one in scenarios},
        runs={one: spec.runs[one].model_copy(update=changes) for one in scenarios},
    )  # fmt: skip


def _names(spec: Spec, asked: Sensitivity) -> Iterator[Fault]:
    """Faults of the outcomes and dimensions that are asked for."""
    listed = [name for name in spec.experiment.outcomes if OUTCOMES[name].kind in _KINDS]
    for position, name in enumerate(asked.of):
        if name in listed:
            continue
        if "of" not in asked.model_fields_set and listed:
            # Nobody wrote the name.
            one = next((one for one in listed if one in spec.experiment.keep), listed[0])
            yield spec.fault(
                ("outcomes",), found=f"no {name}, which a sensitivity is of unless it says another",
                expected=f"one of {', '.join(listed)}",
                remedy=f"say of what: --of {one}, or sensitivity: {{of: {one}}}",
            )  # fmt: skip
            continue
        near = suggest(name, listed)
        known = name in OUTCOMES and name not in spec.experiment.outcomes
        yield spec.fault(
            ("sensitivity", "of", position), found=f"{name!r}, which "
            + ("is not among the outcomes" if name not in spec.experiment.outcomes
               else "is no number in each draw"),
            expected=f"one of {', '.join(listed)}",
            remedy=f"add {name} to outcomes" if known
            else f"did you mean {near!r}?" if near else "choose one of those",
        )  # fmt: skip
    dims = {dim for name in asked.of if name in listed for dim in OUTCOMES[name].dims}
    for dim in asked.at:
        if dims and dim not in dims:
            near = suggest(dim, dims)
            yield spec.fault(
                ("sensitivity", "at", dim), found=f"{dim!r}, along which no asked outcome differs",
                expected=f"one of {', '.join(sorted(dims))}",
                remedy=f"did you mean {near!r}?" if near else "leave it out",
            )  # fmt: skip


def _unknown_label(spec: Spec, dim: str, position: int, name: Any, known: Sequence[Any]) -> Fault:
    near = suggest(str(name), map(str, known))
    listed = ", ".join(map(str, known))
    return spec.fault(
        ("sensitivity", "at", dim, position), found=f"{dim} {name}, which this run does not have",
        expected=f"one of {listed}" if known else f"a {dim} of the run",
        remedy=f"did you mean {near}?" if near else "choose one of those, or leave it out",
    )  # fmt: skip


def chosen_labels(plan: Plan, asked: Sensitivity) -> dict[str, tuple[Any, ...]]:
    """Labels of each dimension, cut to those asked for."""
    found, faults = dict(plan.coords), []
    for dim, wanted in asked.at.items():
        known = found[dim]
        for position, name in enumerate(wanted):
            if name not in known:
                faults.append(_unknown_label(plan.spec, dim, position, name, known))
        found[dim] = tuple(one for one in known if one in wanted)
    if faults:
        raise ConfigError(faults)
    return found
