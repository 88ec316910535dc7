"""Decisions of a run in short: what each is worth, and how often it is the best."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from simcore.analysis.headline import Run

VALUE: Final = "decision_npv"
REGRET: Final = "decision_regret"
BEST: Final = "best_decision_probability"


@dataclass(frozen=True)
class DecidedRow:
    """A decision of a scenario, in 1e6 of the money of the run; what the run has not is NaN.

    Attributes
    ----------
    scenario, decision : str
    mean : float
    value : tuple of float
        Quantiles of the net present value.
    best : float
        Share of the draws in which it is worth most.
    regret : float
        Mean of what it is worth less than the best.
    """

    scenario: str
    decision: str
    mean: float
    value: tuple[float, ...]
    best: float
    regret: float

    def numbers(self) -> Iterator[float]:
        """Every amount."""
        yield from (self.mean, *self.value, self.regret)

    def over(self, scale: float) -> DecidedRow:
        """The same in multiples of an amount."""
        value = tuple(one / scale for one in self.value)
        return replace(self, mean=self.mean / scale, value=value, regret=self.regret / scale)


def decided_of(run: Run, probabilities: Sequence[float]) -> list[DecidedRow]:
    """The decisions of every scenario; none where the run tells nothing of them."""
    scenarios = run.labels("scenario")
    held = [name for name in (f"{VALUE}_mean", f"{REGRET}_mean", BEST) if name in run]
    if not held:
        return []
    decisions = run.labels("decision")
    shape = len(scenarios), len(decisions)

    def numbers(name: str) -> np.ndarray:
        return run.cells(name).values if name in run else np.full(shape, math.nan)

    mean, regret, best = numbers(f"{VALUE}_mean"), numbers(f"{REGRET}_mean"), numbers(BEST)
    value = np.full((*shape, len(probabilities)), math.nan)
    if f"{VALUE}_quantile" in run:
        value = run.quantiles(VALUE, probabilities)["value"].values
    return [
        DecidedRow(
            str(scenario), str(decision), float(mean[s, d]), tuple(value[s, d].tolist()),
            float(best[s, d]), float(regret[s, d]),
        )
        for s, scenario in enumerate(scenarios) for d, decision in enumerate(decisions)
    ]  # fmt: skip


def as_columns(rows: Sequence[DecidedRow], names: Sequence[str]) -> dict[str, list[object]]:
    """The same as columns of labels and numbers; `names` are those of the quantiles."""
    columns: dict[str, list[object]] = {}
    for one in rows:
        cells: dict[str, object] = {
            "scenario": one.scenario, "decision": one.decision, f"{VALUE}_mean": one.mean,
            **{f"{VALUE}_{name}": each for name, each in zip(names, one.value, strict=True)},
            BEST: one.best, f"{REGRET}_mean": one.regret,
        }  # fmt: skip
        for key, value in cells.items():
            columns.setdefault(key, []).append(value)
    return columns
