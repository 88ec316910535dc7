"""Means of the draws beyond a quantile, and how often a threshold is exceeded (MODEL 14).

The excess over a number is a row of the graph. Its mean, and the share of the draws in which it is
above zero, are told by one more pass over the draws of the named outcomes, whose memory does not
grow with their number.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simcore.errors import ConfigError, Fault
from simcore.intake.risk import is_upper, share_beyond
from simcore.kernels.operations import BLOCK
from simcore.plan import Cell, Plan, currency_rate, extended
from simcore.running.executors import Executor
from simcore.running.finite import may_be_undefined
from simcore.running.items import Item, Need, has_years
from simcore.running.options import Options, Report, between
from simcore.running.program import Recall, Request
from simcore.running.reduction import samples
from simcore.running.rows import draws_of
from simcore.statistics import Sample, statistics_from
from simcore.variables import OUTCOMES, QUANTILES

Floats = NDArray[np.float64]

_LOOKED_AT: Final = 4 * BLOCK
"""Draws that are looked at for undefined values before a run."""
_PARTS: Final = ("quantile", "quantile_low", "quantile_high")


@dataclass(frozen=True)
class _Row:
    """Cells with the same draws, all their years."""

    cells: tuple[Cell, ...]
    years: tuple[int, ...]
    rate: float

    @property
    def node(self) -> int:
        return self.cells[0].node

    def request(self, node: int) -> Request:
        """The years of these cells, of another node."""
        one = self.cells[0]
        return Request(node, self.years, one.first_year, one.last_year)


def check_defined(plan: Plan) -> None:
    """Refuse, before a run, tails of outcomes that have no value in some of the first draws.

    Raises
    ------
    ConfigError
        Which outcomes, and in how many draws.
    """
    risk = plan.experiment.risk
    if risk is None:
        return
    free, draws = may_be_undefined(plan), min(_LOOKED_AT, plan.draws)
    faults: list[Fault] = []
    places: dict[str, tuple[str | int, ...]] = {name: ("exceed", name) for name in risk.exceed}
    places |= {name: ("of", position) for position, name in enumerate(risk.of)}
    for name, place in places.items():
        requests = [one.request(one.node) for one in _rows(plan, [name]) if free[one.node]]
        if not requests:
            continue
        undefined = np.isnan(draws_of(plan, requests, draws))
        # A year without any value is none of the outcome.
        partly = undefined.sum(axis=1)[~undefined.all(axis=1)]
        if partly.any():
            faults.append(plan.spec.fault(
                ("risk", *place), found=f"{name}: no value in {partly.max():,} of {draws:,} draws",
                expected="an outcome that has a value in every draw",
                remedy="take it out: a mean beyond a quantile needs all draws",
            ))  # fmt: skip
    if faults:
        raise ConfigError(faults)


def fill_tails(
    plan: Plan, statistics: dict[str, Floats], executor: Executor, options: Options,
    recall: Recall, report: Report,
) -> None:  # fmt: skip
    """Write tail means and shares above thresholds of the outcomes that `risk` names.

    The arrays of `statistics` are named as `cost_premium_tail`; those of the passes before are
    read. `recall` holds what these have made.
    """
    risk = plan.experiment.risk
    if risk is None:
        return
    tailed, tails = list(_rows(plan, risk.of)), risk.tails
    for place, tail in enumerate(tails):
        for name in risk.of if tail in QUANTILES else ():
            for part in _PARTS:
                known = statistics[f"{name}_{part}"][..., QUANTILES.index(tail)]
                statistics[f"{name}_tail_{part}"][..., place] = known
    others = tuple(tail for tail in tails if tail not in QUANTILES)
    if others:
        items = [Item((), one.request(one.node), Need.QUANTILES, one.rate) for one in tailed]
        made = samples(
            plan, executor, options, items=items, probabilities=others, recall=recall,
            report=between(report, 0.0, 0.5),
        )  # fmt: skip
        for one, (_, sample) in zip(tailed, made, strict=True):
            for k, tail in enumerate(others):
                ends = sample.quantile[:, k], sample.low[:, k], sample.high[:, k]
                found = {f"tail_{part}": end for part, end in zip(_PARTS, ends, strict=True)}
                _write(statistics, one, found, tails.index(tail))
    plan, _ = extended(plan)
    beyond = [(one, place, tail) for one in tailed for place, tail in enumerate(tails)]
    above = [
        (one, place, value) for name, values in risk.exceed.items()
        for one in _rows(plan, [name]) for place, value in enumerate(values)
    ]  # fmt: skip
    starts = [_quantile_of(statistics, one, place) for one, place, _ in beyond]
    items = [
        _excess(plan, one, start, upper=is_upper(tail))
        for (one, _, tail), start in zip(beyond, starts, strict=True)
    ]
    items += [_excess(plan, one, np.array([value]), upper=True) for one, _, value in above]
    report = between(report, 0.5 if others else 0.0, 1.0)
    made = samples(plan, executor, options, items=items, recall=recall, report=report)
    reduced = [one for _, one in made]
    for (one, place, tail), start, sample in zip(beyond, starts, reduced, strict=False):
        _write(statistics, one, _tail(tail, start, sample), place)
    for (one, place, _), sample in zip(above, reduced[len(beyond) :], strict=True):
        shares = statistics_from(sample, "indicator")
        found = {
            "exceedance": shares["mean"],
            "exceedance_standard_error": shares["standard_error"],
        }
        _write(statistics, one, _where_defined(sample, found), place)
    _tell_undefined([one for one, _, _ in (*beyond, *above)], reduced)


def rows_of_tails(plan: Plan) -> int:
    """Rows of one more pass over the draws, about as many as of each further one."""
    risk = plan.experiment.risk
    if risk is None:
        return 0
    tailed, above = (
        len([year for one in _rows(plan, names) for year in one.years or (0,)])
        for names in (risk.of, list(risk.exceed))
    )
    return tailed * len(risk.tails) + above


def _rows(plan: Plan, names: Sequence[str]) -> Iterator[_Row]:
    """The cells of some outcomes, those that coincide together."""
    groups: dict[tuple[int, int, int, bool, float], list[Cell]] = {}
    for cell in plan.cells:
        if cell.variable in names:
            rate = currency_rate(plan) if OUTCOMES[cell.variable].is_money else 1.0
            key = cell.node, cell.first_year, cell.last_year, has_years(cell), rate
            groups.setdefault(key, []).append(cell)
    for (*_, yearly, rate), cells in groups.items():
        yield _Row(tuple(cells), tuple(plan.years) if yearly else (), rate)


def _excess(plan: Plan, row: _Row, threshold: Floats, *, upper: bool) -> Item:
    """Item of how far a row lies beyond a number, or beyond one of each of its years."""
    graph = plan.graph
    value = row.node if row.rate == 1.0 else graph.scaled(row.node, row.rate)
    lead = np.repeat(threshold[:1], plan.years[0] - plan.start)
    by_year = np.broadcast_to(threshold, len(plan.years))
    node = graph.node(
        "EXCESS", value=value, side=1.0 if upper else -1.0,
        threshold=np.concatenate([lead, by_year]),
    )  # fmt: skip
    return Item((), row.request(node))


def _quantile_of(statistics: dict[str, Floats], row: _Row, place: int) -> Floats:
    """The quantile at which a tail of a row begins, by year."""
    cell = row.cells[0]
    found: Floats = np.atleast_1d(
        statistics[f"{cell.variable}_tail_quantile"][cell.index][..., place]
    )
    return found


def _tail(tail: float, start: Floats, sample: Sample) -> dict[str, Floats]:
    """Mean beyond a quantile, and its standard error, from the mean excess over it (MODEL 14.1)."""
    side, share = 1.0 if is_upper(tail) else -1.0, share_beyond(tail)
    found = {
        "tail": start + side * sample.mean / share,
        "tail_standard_error": sample.standard_error / share,
    }
    return _where_defined(sample, found)


def _where_defined(sample: Sample, found: dict[str, Floats]) -> dict[str, Floats]:
    """The same where each draw has a value."""
    whole = sample.count.sum(axis=0) == sample.taken.sum()
    return {name: np.where(whole, values, np.nan) for name, values in found.items()}


def _write(statistics: dict[str, Floats], row: _Row, found: dict[str, Floats], place: int) -> None:
    """Write arrays by year at a place along `tail` or `V_threshold`, wherever the cells stand."""
    for cell in row.cells:
        for name, values in found.items():
            target = statistics[f"{cell.variable}_{name}"][cell.index]
            target[..., place] = values if row.years else values[0]


def _tell_undefined(rows: Iterable[_Row], reduced: Iterable[Sample]) -> None:
    """Warn of outcomes whose tails are left out."""
    names = {
        cell.variable: None for row, sample in zip(rows, reduced, strict=True)
        for cell in row.cells
        if (sample.known & (sample.count.sum(axis=0) < sample.taken.sum())).any()
    }  # fmt: skip
    if names:
        warnings.warn(
            f"risk: {', '.join(names)}: not told where some draws have no value", stacklevel=3
        )
