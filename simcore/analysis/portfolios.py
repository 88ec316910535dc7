"""Portfolios of a run: what their members are worth one by one and together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.kernels.operations import BLOCK
from simcore.numerics.student import students_t
from simcore.variables import INTERVAL_LEVEL

if TYPE_CHECKING:
    from simcore.analysis.headline import Run

VALUE: Final = "portfolio_npv"
OF_MEMBERS: Final = "member_npv"
AT: Final = 0.05
"""Quantile that a value at risk is read at: in one draw of twenty the value is less."""
_PARTS: Final = 16
"""Parts of the draws, each of which tells the diversification by itself."""
_LEAST: Final = 20
"""Draws below the quantile that a part needs: with fewer its quantile is drawn to the middle."""


@dataclass(frozen=True)
class Held:
    """A member of a portfolio, or all of them together.

    Attributes
    ----------
    name : str
        Empty of all together.
    mean : float
    value : tuple of float
        Quantiles of the net present value.
    positive : float
        Share of the draws in which it is above zero.
    """

    name: str
    mean: float
    value: tuple[float, ...]
    positive: float


@dataclass(frozen=True)
class PortfolioRow:
    """A portfolio of a scenario, in 1e6 of the money of the run.

    Attributes
    ----------
    scenario, portfolio : str
    members : tuple of Held
    together : Held
    at_risk : float
        Sum of the values at risk of the members: minus the P5 of each.
    at_risk_together : float
        Value at risk of the portfolio.
    interval : tuple of float
        95 % interval of the difference of the two; empty where draws were not kept, or are too few.
    """

    scenario: str
    portfolio: str
    members: tuple[Held, ...]
    together: Held
    at_risk: float
    at_risk_together: float
    interval: tuple[float, ...] = ()

    @property
    def diversification(self) -> float:
        """What holding the members together takes off the value at risk; below zero it adds."""
        return self.at_risk - self.at_risk_together

    def numbers(self) -> Iterator[float]:
        """Every amount."""
        for one in (*self.members, self.together):
            yield from (one.mean, *one.value)
        yield from (self.at_risk, self.at_risk_together)

    def over(self, scale: float) -> PortfolioRow:
        """The same in multiples of an amount."""

        def smaller(one: Held) -> Held:
            value = tuple(each / scale for each in one.value)
            return replace(one, mean=one.mean / scale, value=value)

        return replace(
            self, members=tuple(map(smaller, self.members)), together=smaller(self.together),
            at_risk=self.at_risk / scale, at_risk_together=self.at_risk_together / scale,
            interval=tuple(one / scale for one in self.interval),
        )  # fmt: skip


def portfolios_of(run: Run, probabilities: Sequence[float]) -> list[PortfolioRow]:
    """The portfolios of every scenario; none where the run does not value them and their
    members."""
    if f"{VALUE}_quantile" not in run or f"{OF_MEMBERS}_quantile" not in run:
        return []
    whole, parts = ({
        "value": run.quantiles(name, probabilities)["value"].values,
        "mean": run.cells(f"{name}_mean").values,
        "positive": run.cells(f"{name}_positive").values,
        "at_risk": -run.quantiles(name, [AT])["value"].values[..., 0],
    } for name in (VALUE, OF_MEMBERS))  # fmt: skip

    def held(name: str, numbers: dict[str, np.ndarray], place: tuple[int, ...]) -> Held:
        value = tuple(numbers["value"][place].tolist())
        return Held(name, float(numbers["mean"][place]), value, float(numbers["positive"][place]))

    rows, members = list[PortfolioRow](), run.labels("member")
    for s, scenario in enumerate(run.labels("scenario")):
        for p, portfolio in enumerate(run.labels("portfolio")):
            own = [m for m in range(len(members)) if np.isfinite(parts["mean"][s, p, m])]
            names = [str(members[m]) for m in own]
            rows.append(PortfolioRow(
                str(scenario), str(portfolio),
                tuple(held(name, parts, (s, p, m)) for name, m in zip(names, own, strict=True)),
                held("", whole, (s, p)), float(sum(parts["at_risk"][s, p, m] for m in own)),
                float(whole["at_risk"][s, p]),
                _interval(run, {"scenario": scenario, "portfolio": portfolio}, names),
            ))  # fmt: skip
    return rows


def _interval(run: Run, place: dict[str, Any], members: Sequence[str]) -> tuple[float, ...]:
    """Interval of the diversification from what parts of the draws say of it, each by itself: its
    replicates where the run has any.

    The draws of all members and of their sum are the same, so that the parts know how their errors
    go together, which the intervals of the quantiles do not.
    """
    whole = run.draws(VALUE, place)
    each = [run.draws(OF_MEMBERS, {**place, "member": name}) for name in members]
    if whole is None or any(one is None for one in each):
        return ()
    table = np.array([whole, *(-one for one in each if one is not None)], dtype=float)
    replicates = int(run.attrs.get("replicates", 1))
    parts = replicates if replicates > 1 else _PARTS
    if table.shape[1] * AT < _LEAST * parts:
        return ()
    place_of_draw = np.arange(table.shape[1])
    whose = place_of_draw // BLOCK % parts if replicates > 1 else place_of_draw % parts

    def told(draws: np.ndarray) -> float:
        # Of minus a value the P95 is minus its P5.
        quantiles = [np.quantile(draws[0], AT)]
        quantiles += [np.quantile(one, 1.0 - AT) for one in draws[1:]]
        return float(np.sum(quantiles))

    found = [told(table[:, whose == part]) for part in range(parts)]
    reach = students_t(INTERVAL_LEVEL, parts - 1) * float(np.std(found, ddof=1)) / math.sqrt(parts)
    centre = told(table)
    return centre - reach, centre + reach


def as_columns(rows: Sequence[PortfolioRow], names: Sequence[str]) -> dict[str, list[Any]]:
    """The same as columns of labels and numbers; `names` are those of the quantiles."""
    columns: dict[str, list[Any]] = {}
    for row in rows:
        for one in (*row.members, row.together):
            cells = {
                "scenario": row.scenario, "portfolio": row.portfolio, "member": one.name,
                "npv_mean": one.mean,
                **{f"npv_{name}": value for name, value in zip(names, one.value, strict=True)},
                "npv_positive": one.positive,
                "diversification": math.nan if one.name else row.diversification,
            }  # fmt: skip
            for key, value in cells.items():
                columns.setdefault(key, []).append(value)
    return columns
