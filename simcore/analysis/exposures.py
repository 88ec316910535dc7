"""Exposures of a run: what firms owe for carbon, in some years and in all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from simcore.analysis.headline import Run

ALL_YEARS: Final = "exposure_total"
YEARLY: Final = ("exposure_allowances", "exposure_border", "exposure_cost")
"""By year: two parts, and their sum."""
LOCAL: Final = ("exposure_total_local", "exposure_cost_local")


@dataclass(frozen=True)
class OwedRow:
    """What an exposure of a scenario owes in a year, or in all, in 1e6 of the money of the run.

    Attributes
    ----------
    scenario, exposure : str
    year : int or None
        None: the sum of its years.
    amounts : dict of str to tuple of float
        Quantiles by outcome; what the run has not is left out.
    local : tuple of str
        Outcomes that tell the same in the currency of the exposure.
    """

    scenario: str
    exposure: str
    year: int | None
    amounts: dict[str, tuple[float, ...]]
    local: tuple[str, ...] = ()

    def numbers(self) -> Iterator[float]:
        """Every amount."""
        for one in self.amounts.values():
            yield from one

    def over(self, scale: float) -> OwedRow:
        """The same in multiples of an amount."""
        amounts = {
            name: tuple(value / scale for value in one) for name, one in self.amounts.items()
        }
        return replace(self, amounts=amounts)


def exposures_of(run: Run, probabilities: Sequence[float]) -> list[OwedRow]:
    """What each exposure of each scenario owes in those years of the run in which that is not
    zero, then in all, years that are not shown included."""
    held = {
        name: run.quantiles(name, probabilities)["value"].values
        for name in (*YEARLY, ALL_YEARS) if f"{name}_quantile" in run
    }  # fmt: skip
    if not held:
        return []
    local = tuple(name for name in LOCAL if f"{name}_quantile" in run)
    years = run.labels("year") if any(name in held for name in YEARLY) else []
    rows = list[OwedRow]()
    for s, scenario in enumerate(run.labels("scenario")):
        for x, exposure in enumerate(run.labels("exposure")):
            found: dict[int | None, dict[str, tuple[float, ...]]] = {
                int(year): {
                    name: tuple(held[name][s, x, y].tolist())
                    for name in YEARLY if name in held
                }
                for y, year in enumerate(years)
            }  # fmt: skip
            if ALL_YEARS in held:
                # The sum stands in the column of the sum of both parts.
                found[None] = {YEARLY[-1]: tuple(held[ALL_YEARS][s, x].tolist())}
            rows += [
                OwedRow(str(scenario), str(exposure), year, amounts, local)
                for year, amounts in found.items()
                if any(
                    np.isfinite(value) and (year is None or value != 0.0)
                    for one in amounts.values() for value in one
                )
            ]  # fmt: skip
    return rows


def as_columns(rows: Sequence[OwedRow], names: Sequence[str]) -> dict[str, list[object]]:
    """The same as columns of labels and numbers; the year of the sum is empty; `names` are those of
    the quantiles."""
    shown = [name for name in YEARLY if any(name in one.amounts for one in rows)]
    columns: dict[str, list[object]] = {}
    for one in rows:
        cells: dict[str, object] = {
            "scenario": one.scenario, "exposure": one.exposure,
            "year": "" if one.year is None else one.year,
        }  # fmt: skip
        for outcome in shown:
            values = one.amounts.get(outcome, (float("nan"),) * len(names))
            cells |= {f"{outcome}_{name}": v for name, v in zip(names, values, strict=True)}
        for key, value in cells.items():
            columns.setdefault(key, []).append(value)
    return columns
