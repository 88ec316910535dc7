"""Accounts of a run: how often they are solvent, when they have paid back, what bond they carry."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from simcore.analysis.headline import Run

CAPACITY: Final = "account_capacity"
AT: Final = (0.05, 0.5, 0.95)
"""Quantiles of the rows."""


@dataclass(frozen=True)
class AccountRow:
    """An account of a scenario, in 1e6 of the money of the run; what the run has not is NaN.

    Attributes
    ----------
    scenario, account : str
    solvent : float
        Share of the draws.
    payback : float
        Median year from which on the balance covers what is owed; NaN: never.
    lowest, capacity, carried : tuple of float
        P5, P50 and P95; `carried` is a multiple of the issue.
    """

    scenario: str
    account: str
    solvent: float
    payback: float
    lowest: tuple[float, ...]
    capacity: tuple[float, ...]
    carried: tuple[float, ...]

    def numbers(self) -> Iterator[float]:
        """Every amount."""
        yield from self.lowest
        yield from self.capacity

    def over(self, scale: float) -> AccountRow:
        """The same in multiples of an amount."""
        lowest, capacity = (tuple(x / scale for x in one) for one in (self.lowest, self.capacity))
        return replace(self, lowest=lowest, capacity=capacity)


def accounts_of(run: Run) -> list[AccountRow]:
    """The accounts of every scenario; none where the run does not tell what they carry."""
    if f"{CAPACITY}_quantile" not in run:
        return []
    held = {name: _quantiles(run, name) for name in (
        CAPACITY, "account_lowest", "account_carried", "account_payback")}  # fmt: skip
    shape = held[CAPACITY].shape[:2]
    known = "account_solvent_mean" in run
    solvent = run.cells("account_solvent_mean").values if known else np.full(shape, math.nan)
    rows = list[AccountRow]()
    for s, scenario in enumerate(run.labels("scenario")):
        for a, account in enumerate(run.labels("account")):
            lowest, capacity, carried = (
                tuple(held[name][s, a].tolist())
                for name in ("account_lowest", CAPACITY, "account_carried")
            )
            if np.isfinite(capacity[1]):
                rows.append(AccountRow(
                    str(scenario), str(account), float(solvent[s, a]),
                    float(held["account_payback"][s, a, 1]), lowest, capacity, carried,
                ))  # fmt: skip
    return rows


def _quantiles(run: Run, name: str) -> np.ndarray:
    """P5, P50 and P95 by scenario and account; NaN where the run has none."""
    if f"{name}_quantile" not in run:
        return np.full((len(run.labels("scenario")), len(run.labels("account")), 3), math.nan)
    found: np.ndarray = run.quantiles(name, AT)["value"].values
    return found


def as_columns(rows: Sequence[AccountRow]) -> dict[str, list[object]]:
    """The same as columns of labels and numbers."""
    columns: dict[str, list[object]] = {}
    for one in rows:
        cells: dict[str, object] = {
            "scenario": one.scenario, "account": one.account,
            "account_solvent_mean": one.solvent, "account_payback_p50": one.payback,
        }  # fmt: skip
        for name in ("lowest", "capacity", "carried"):
            for ending, value in zip(("p5", "p50", "p95"), getattr(one, name), strict=True):
                cells[f"account_{name}_{ending}"] = value
        for key, value in cells.items():
            columns.setdefault(key, []).append(value)
    return columns
