"""Projects of a run beside each other: value, break-even and what support costs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from simcore.analysis.headline import Run

VALUE: Final = "project_npv"
_BREAK_EVEN: Final = ("break_even_strike", "break_even_premium")
"""The first that the run holds."""


@dataclass(frozen=True)
class ProjectRow:
    """One project in one scenario, in the money of the run.

    Attributes
    ----------
    scenario, project : str
    value : tuple of float
        Quantiles of the net present value.
    positive : float
        Share of the draws in which it is above zero.
    break_even : tuple of float
        Quantiles of the strike (or else premium) at which it breaks even; empty without one.
    support : float
        Mean of what its instruments cost the public, at present value; NaN without one.
    """

    scenario: str
    project: str
    value: tuple[float, ...]
    positive: float
    break_even: tuple[float, ...]
    support: float


@dataclass(frozen=True)
class Projects:
    """The table of projects.

    Attributes
    ----------
    unit, break_even_unit, break_even : str
        Units, and the outcome of the break-even.
    rows : tuple of ProjectRow
    struck : tuple of str
        What the strikes are paid per, as their instruments say it, each once.
    """

    unit: str
    break_even: str
    break_even_unit: str
    rows: tuple[ProjectRow, ...]
    struck: tuple[str, ...] = ()

    def thousands(self) -> Projects:
        """The same with values in thousands of `unit`."""
        rows = tuple(
            replace(one, value=tuple(value / 1000 for value in one.value),
                    support=one.support / 1000)
            for one in self.rows
        )  # fmt: skip
        return replace(self, rows=rows)


def projects_beside(run: Run, probabilities: Sequence[float]) -> Projects | None:
    """The projects of every scenario that has them; None where the run values none."""
    if f"{VALUE}_quantile" not in run:
        return None
    values = run.quantiles(VALUE, probabilities)["value"].values
    positive = run.cells(f"{VALUE}_positive").values
    held = next((name for name in _BREAK_EVEN if f"{name}_quantile" in run), "")
    strikes = run.quantiles(held, probabilities)["value"].values if held else None
    told = json.loads(run.attrs.get("projects", "{}"))
    support = _support(run)
    rows = []
    for s, scenario in enumerate(run.labels("scenario")):
        for p, project in enumerate(run.labels("project")):
            if project in told.get(scenario, {project: {}}):
                rows.append(ProjectRow(
                    str(scenario), str(project), tuple(values[s, p].tolist()),
                    float(positive[s, p]), () if strikes is None else tuple(strikes[s, p].tolist()),
                    support.get((s, p), math.nan),
                ))  # fmt: skip
    struck = [next(_struck_per(one["instruments"]), None)
              for known in told.values() for one in known.values()]  # fmt: skip
    return Projects(
        run.unit(f"{VALUE}_mean"), held, run.unit(f"{held}_mean") if held else "", tuple(rows),
        tuple(dict.fromkeys(per for per in struck if per is not None)),
    )  # fmt: skip


def _struck_per(instruments: Mapping[str, Any]) -> Iterator[str]:
    return (one["terms"].get("per", "") for one in instruments.values() if is_struck(one["terms"]))


def is_struck(terms: Mapping[str, str]) -> bool:
    """Whether an instrument of such terms has a strike."""
    return any(key.partition(".")[0] == "strike" for key in terms)


def _support(run: Run) -> Mapping[tuple[int, int], float]:
    """Mean present value of the payments of all instruments, by place of scenario and project."""
    if "instrument_npv_mean" not in run:
        return {}
    means = run.cells("instrument_npv_mean").values
    return {
        (int(s), int(p)): float(np.nansum(means[s, p]))
        for s, p in np.argwhere(np.isfinite(means).any(axis=-1))
    }


def as_columns(table: Projects, names: Sequence[str]) -> dict[str, list[Any]]:
    """The same as columns of labels and numbers; `names` are those of the quantiles."""
    columns: dict[str, list[Any]] = {}
    for one in table.rows:
        for key, value in _numbers(one, table, names):
            columns.setdefault(key, []).append(value)
    return columns


def _numbers(one: ProjectRow, table: Projects, names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    yield from (("scenario", one.scenario), ("project", one.project))
    for name, value in zip(names, one.value, strict=True):
        yield f"{VALUE}_{name}", value
    yield f"{VALUE}_positive", one.positive
    for name, value in zip(names, one.break_even, strict=False):
        yield f"{table.break_even}_{name}", value
    yield "support_mean", one.support
