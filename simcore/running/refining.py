"""Quantiles of rows by counting alone: a pass over all draws for each closer look.

It needs memory for the counts of each row and none for its values, however many the draws are; so
it is what is left where values do not fit, or would take more passes to collect in groups of rows.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simcore.running.compiled import Tile
from simcore.running.jobs import Job, Stage, Task
from simcore.running.options import Report, between
from simcore.running.tiles import LOOKS, looks_of, rows_looked_at
from simcore.running.wanted import Wanted

if TYPE_CHECKING:
    from simcore.running.reduction import Team


def passes_of(job: Job, rows: int) -> int | None:
    """Passes over the draws that so many rows take; None where it cannot be done."""
    return looks_of(job.plan, rows, job.counters)


def refine(
    team: Team, number: int, tile: Tile, numbers: NDArray[np.float64], wanted: Wanted,
    rows: NDArray[np.int64], found: list[NDArray[np.float64]], report: Report,
) -> None:  # fmt: skip
    """Write quantiles and the ends of their intervals of some rows of a tile.

    Parameters
    ----------
    team : Team
        Of `running.reduction`.
    number : int
        Of the tile.
    tile : Tile
    numbers : ndarray, shape (rows, 4)
    wanted : Wanted
        Bins that hold a wanted rank, and the ranks of these rows.
    rows : ndarray, shape (some rows,)
    found : list of ndarray, shape (rows, quantiles)
        Written: quantiles, low and high ends.
    report : callable
    """
    step = rows_looked_at(team.job.counters)
    for first in range(0, len(rows), step):
        ends = first / len(rows), min(1.0, (first + step) / len(rows))
        some = rows[first : first + step]
        _refine_group(team, number, tile, numbers, wanted, some, found, between(report, *ends))


def _refine_group(
    team: Team, number: int, tile: Tile, numbers: NDArray[np.float64], wanted: Wanted,
    rows: NDArray[np.int64], found: list[NDArray[np.float64]], report: Report,
) -> None:  # fmt: skip
    from simcore.kernels import refine as kernels
    from simcore.kernels import sinks
    from simcore.kernels.quantiles import quantiles_of_statistics

    many = len(rows)
    ranks = wanted.ranks.ranks
    low, shift, statistic = (
        np.zeros((many, ranks.size)),
        np.zeros((many, ranks.size)),
        np.full((many, ranks.size), np.nan),
    )
    under, of_rank = np.zeros((many, ranks.size), np.int64), np.full((many, ranks.size), -1)
    asked = [one[rows] for one in (wanted.slot, wanted.below, wanted.rank_slot, numbers)]
    team.crew.over_rows(
        lambda first, last: kernels.first_intervals(
            *asked, low, shift, under, of_rank, first, last
        ),
        many,
    )
    intervals, look = of_rank.max(axis=1) + 1, 0
    ends = int(rows.min()), int(rows.max()) + 1
    nobody = np.full(tile.rows, -1)
    while intervals.any():
        places = np.zeros((1, tile.rows, 5), np.int64)
        places[:, :, sinks.KEPT_AT] = -1
        places[0, rows, sinks.ATOMS], places[0, rows, sinks.START] = intervals, np.arange(many)
        lows, shifts = np.zeros((tile.rows, ranks.size)), np.zeros((tile.rows, ranks.size))
        lows[rows], shifts[rows] = low, shift
        result = team.results([
            Task(part, numbers, nobody, wanted.slot, lows, places, rows=ends, shift=shifts)
            for part in team.parts(number, Stage.REFINE, tile)
        ], tile, between(report, look / LOOKS, (look + 1) / LOOKS))  # fmt: skip
        look += 1
        closer = partial(
            kernels.narrow, result.counts, ranks, low, shift, under, of_rank, intervals, statistic
        )
        team.crew.over_rows(closer, many)
    quantiles_of_statistics(statistic, wanted.ranks, *found, rows)
