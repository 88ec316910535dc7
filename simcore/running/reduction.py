"""Reduce the draws of a tile to statistics without ever holding them all.

A first look at some draws lays bins over each row; a pass over all draws sums and counts; a second
pass collects the values of the bins that hold a wanted rank, so that quantiles are exact. Memory
does not grow with the number of draws, except for what is kept and for a few per cent of the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.intervals import draws_by_replicate
from simcore.kernels.operations import BLOCK
from simcore.plan import Plan
from simcore.running.crew import Crew, Tell
from simcore.running.program import (
    Recall,
    Request,
    compile_program,
    drop_operation,
    restrict_outputs,
)
from simcore.running.tiles import Item, Need, bins_for, collected_values, look_at
from simcore.variables import INTERVAL_LEVEL, QUANTILES

Floats = NDArray[np.float64]
Into = tuple[NDArray[Any], Sequence[int]]

_SHARES: Final = (0.05, 0.5, 0.95)
"""Progress after the first look, the counting and the collecting."""


@dataclass(frozen=True)
class Reduced:
    """Statistics of the rows of a tile, one request after the other.

    Attributes
    ----------
    known : ndarray, shape (rows,)
        Whether the row exists in its year; else it is undefined in every draw.
    central : ndarray, shape (rows,)
        The central case.
    count, positive : ndarray, shape (replicates, rows)
        Defined draws, and draws above zero.
    taken : ndarray, shape (replicates,)
        Draws.
    mean, variance, standard_error : ndarray, shape (rows,)
        Of the defined draws; the error is that of the mean.
    quantile, low, high : ndarray, shape (rows, quantile)
        Quantiles and the ends of their intervals; NaN where not asked for.
    categories : ndarray, shape (rows, bins)
        Draws by category, where asked for.
    kept : ndarray, shape (kept rows, draws)
        Draws of the items that are kept.
    kept_at : tuple of int
        First row of each of these items.
    """

    known: NDArray[np.bool_]
    central: Floats
    count: Floats
    positive: Floats
    taken: Floats
    mean: Floats
    variance: Floats
    standard_error: Floats
    quantile: Floats
    low: Floats
    high: Floats
    categories: NDArray[np.int64]
    kept: NDArray[Any]
    kept_at: tuple[int, ...]


def reduce(
    plan: Plan,
    tile: Sequence[Item],
    pool: ThreadPoolExecutor,
    workers: int,
    tell: Tell,
    *,
    into: Into | None = None,
    recall: Recall | None = None,
) -> Reduced:
    """Simulate a tile and reduce each of its rows.

    Parameters
    ----------
    plan : Plan
    tile : sequence of Item
    pool : ThreadPoolExecutor
        At least `workers` threads.
    workers : int
    tell : callable
        Told the share of the work that is done.
    into : (ndarray, list of int), optional
        Rows for the kept draws, and the first of each kept item; without it, rows are made.
    recall : Recall, optional
        What passes before have made.
    """
    crew = Crew(pool, workers, plan.draws, _replicates(plan))
    return _Reduction(plan, tile, crew, into=into, recall=recall).run(tell)


def _replicates(plan: Plan) -> int:
    """Parts of the draws whose spread measures the error; 1 where single draws do."""
    return 1 if plan.experiment.design == "random" else plan.experiment.replicates


def moments_of(sums: Floats, pivot: Floats) -> tuple[Floats, Floats]:
    """Mean and sample variance of rows from their sums about a pivot; NaN where there is none."""
    defined, deviation, square, _ = sums.T
    with np.errstate(all="ignore"):
        mean = pivot + deviation / defined
        variance = np.maximum(square - deviation * deviation / defined, 0.0) / (defined - 1.0)
    variance[defined < 2] = np.nan
    return mean, variance


def rehearse(plan: Plan, request: Request) -> None:
    """Go through all kernels with one row and one draw, so that they are loaded or compiled."""
    row = Item((), request, Need.QUANTILES)
    with ThreadPoolExecutor(1) as pool:
        one = _Reduction(plan, [row], Crew(pool, 1, 1), draws=1)
        one.run(lambda _: None)
        one.start_anew(np.array([0]), [np.empty((1, len(QUANTILES))) for _ in range(3)])


class _Reduction:
    """The passes over one tile, and what each leaves for the next."""

    def __init__(
        self,
        plan: Plan,
        tile: Sequence[Item],
        crew: Crew,
        *,
        draws: int | None = None,
        into: Into | None = None,
        recall: Recall | None = None,
    ) -> None:
        from simcore.kernels import sinks
        from simcore.kernels.select import quantile_ranks

        self.plan, self.crew, self.draws = plan, crew, draws or plan.draws
        self.replicates = _replicates(plan)
        self.program, self.outputs = compile_program(
            plan, [item.request for item in tile], recall=recall
        )
        self.rows = self.program.emit_rows.size
        self.asked = np.flatnonzero(self.outputs >= 0)
        self.place = self.outputs[self.asked]
        self.ranks = quantile_ranks(
            self.draws, QUANTILES, INTERVAL_LEVEL, replicates=self.replicates
        )
        self.bins = bins_for(plan, len(self.outputs), crew.workers)
        counts = [item.request.rows for item in tile]
        self.need = np.empty(self.rows, np.int64)
        self.need[self.place] = np.repeat([item.need for item in tile], counts)[self.asked]
        self.numbers = np.zeros((self.rows, 4))
        self.numbers[self.place, sinks.RATE] = np.repeat([item.rate for item in tile], counts)[
            self.asked
        ]
        self.numbers[:, sinks.SCALE] = np.where(self.need == Need.MOMENTS, np.nan, 0.0)
        self.kept_at = np.full(len(self.outputs), -1)
        kept = np.flatnonzero(np.repeat([item.is_kept for item in tile], counts))
        sizes = [item.request.rows for item in tile if item.is_kept]
        begins = np.cumsum([0, *sizes])
        self.kept: NDArray[Any] | None = into[0] if into else None
        self.first_kept: Sequence[int] = into[1] if into else begins[:-1].tolist()
        # Each row of an item follows the one before it.
        self.kept_at[kept] = np.arange(len(kept)) + np.repeat(
            np.subtract(self.first_kept, begins[:-1]), sizes
        )
        self.workspace = [sinks.workspace(self.program.rows, BLOCK) for _ in range(crew.workers)]

    def run(self, tell: Tell) -> Reduced:
        central = self._keep(1, central=True)[:, 0]
        look = self._look()
        tell(_SHARES[0])
        sums, kept = self._count(look, _between(tell, _SHARES[0], _SHARES[1]))
        categories = self._categories()
        quantiles = self._quantiles(look, _between(tell, _SHARES[1], 1.0))
        whole = sums.sum(axis=0) if len(sums) > 1 else sums[0]
        mean, variance = moments_of(whole, self.numbers[:, 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.sqrt(variance / whole[:, 0])
        spread = spread_of_replicates(sums[:, :, 1], sums[:, :, 0])
        error = np.where(np.isnan(spread), error, spread)
        tell(1.0)
        quantile, low, high = (self._asked(one, np.nan) for one in quantiles)
        return Reduced(
            known=self.outputs >= 0,
            central=self._asked(central, np.nan),
            count=np.array([self._asked(one, 0.0) for one in sums[:, :, 0]]),
            positive=np.array([self._asked(one, 0.0) for one in sums[:, :, 3]]),
            taken=draws_by_replicate(self.draws, self.replicates),
            mean=self._asked(mean, np.nan),
            variance=self._asked(variance, np.nan),
            standard_error=self._asked(error, np.nan),
            quantile=quantile,
            low=low,
            high=high,
            categories=categories,
            kept=kept,
            kept_at=tuple(self.first_kept),
        )

    def _asked(self, values: NDArray[Any], default: float) -> NDArray[Any]:
        """Values by output row, in the order of the requests."""
        found = np.full((len(self.outputs), *values.shape[1:]), default, dtype=values.dtype)
        found[self.asked] = values[self.place]
        return found

    def _keep(self, draws: int, *, central: bool = False, rows: Any = None) -> Floats:
        """All values of the first draws, by output row (or of some rows)."""
        from simcore.kernels import sinks
        from simcore.kernels.simulate import run_blocks

        chosen = np.arange(self.rows) if rows is None else rows
        kept = np.empty((len(chosen), draws))
        places = np.zeros((self.rows, 5), np.int64)
        places[:, sinks.KEPT_AT] = -1
        places[chosen, sinks.KEPT_AT] = np.arange(len(chosen))

        def work(worker: int, segment: int, first: int, draws: int, every: int) -> None:
            target = sinks.sink(
                sinks.KEEP, self.rows, numbers=self.numbers, places=places, kept64=kept
            )
            room = self.workspace[worker]
            run_blocks(self.program, first, draws, every, first, central, room, target)

        if draws < self.draws:
            work(0, 0, 0, draws, 1)
        else:
            self.crew.over_draws(work, lambda _: None)
        return kept

    def _look(self) -> Floats:
        """The first draws, and bins laid over them."""
        from simcore.kernels import sinks
        from simcore.kernels.bins import lay_bins

        look = self._keep(min(look_at(self.draws), self.draws))
        self.crew.over_rows(
            lambda first, last: lay_bins(look, self.bins, self.numbers, first, last), self.rows
        )
        categories = self.need == Need.CATEGORIES
        self.numbers[categories, sinks.LOW], self.numbers[categories, sinks.SCALE] = 0.0, 1.0
        return look

    def _count(self, look: Floats, tell: Tell) -> tuple[Floats, NDArray[Any]]:
        """Sums over all draws, and the draws to keep; leaves the counts per bin in `count`."""
        from simcore.kernels import sinks
        from simcore.kernels.simulate import run_blocks

        crew, plan = self.crew, self.plan
        sums = np.zeros((len(crew.segments), self.replicates, self.rows, sinks.SUMS))
        count = np.zeros((crew.workers, self.rows, self.bins + 1), np.int32)
        places = np.zeros((self.rows, 5), np.int64)
        places[:, sinks.KEPT_AT] = -1
        places[self.place, sinks.KEPT_AT] = self.kept_at[self.asked]
        kept = self.kept
        if kept is None:
            rows = int(self.kept_at.max(initial=-1)) + 1
            kept = np.empty((rows, self.draws), plan.experiment.dtype)
        kept[self.kept_at[(self.kept_at >= 0) & (self.outputs < 0)]] = np.nan
        where = {"kept64" if kept.dtype == np.float64 else "kept32": kept}
        targets = [
            sinks.sink(
                sinks.COUNT,
                self.rows,
                numbers=self.numbers,
                places=places,
                counts=count[w],
                **where,
            )
            for w in range(crew.workers)
        ]

        def work(worker: int, segment: int, first: int, draws: int, every: int) -> None:
            replicate = first // BLOCK % self.replicates
            target = targets[worker]._replace(sums=sums[segment, replicate])
            room = self.workspace[worker]
            run_blocks(self.program, first, draws, every, first, False, room, target)

        crew.over_draws(work, tell)
        total = sums[0].copy()
        for part in sums[1:]:
            total += part
        self.count = count
        return total, kept

    def _categories(self) -> NDArray[np.int64]:
        """Draws by bin of the rows that hold categories; zero for the others."""
        most = max(len(self.plan.coords[dim]) for dim in ("route", "view"))
        found = np.zeros((self.rows, most), np.int64)
        rows = self.need == Need.CATEGORIES
        found[rows] = self.count[:, rows, :most].sum(axis=0)
        return self._asked(found, 0)

    def _quantiles(self, look: Floats, tell: Tell) -> list[Floats]:
        """Quantiles and the ends of their intervals by output row."""
        from simcore.kernels import sinks
        from simcore.kernels.bins import choose_bins
        from simcore.kernels.intervals import Tally
        from simcore.kernels.quantiles import select_ranks
        from simcore.kernels.simulate import run_blocks

        crew, rows, slots, count = self.crew, self.rows, sinks.MOST_SLOTS, self.count
        found = [np.full((rows, len(QUANTILES)), np.nan) for _ in range(3)]
        wanted = self.need == Need.QUANTILES
        if not wanted.any():
            return found
        slot, atom = np.zeros((rows, self.bins + 1), np.uint8), np.full((rows, slots), np.nan)
        below, size = (np.zeros((rows, slots), np.int64) for _ in range(2))
        rank_slot = np.full((rows, self.ranks.ranks.size), -1)
        places = np.zeros((crew.workers, rows, 5), np.int64)
        places[:, :, sinks.KEPT_AT] = -1
        crew.over_rows(
            lambda first, last: choose_bins(
                count, self.ranks, look, self.numbers, wanted, slot, atom, below, size,
                rank_slot, np.empty(slots), places, first, last,
            ),
            rows,
        )  # fmt: skip
        # Room for what is collected.
        self.count = count = np.empty((0, 0, 0), np.int32)
        complete = np.ones(rows, bool)
        replicates, quantiles = self.ranks.taken.size, len(QUANTILES)
        tally = Tally.of(replicates, crew.workers, rows, quantiles)
        # Between, below and above the slots, and in them.
        in_slots = np.zeros((crew.workers, rows if replicates else 0, 2 * quantiles + 1), np.int32)

        def part(begin: int, end: int, tell: Tell) -> None:
            """Collect and select; what was collected is let go on return."""
            needed = places[:, begin:end, sinks.ROOM]
            places[:, begin:end, sinks.START] = (np.cumsum(needed) - needed.ravel()).reshape(
                needed.shape
            )
            arena = np.empty(int(needed.sum()))
            program = drop_operation(restrict_outputs(self.program, begin, end), "CHEAPEST")
            targets = [
                sinks.sink(
                    sinks.COLLECT, rows, numbers=self.numbers, places=places[w], slot=slot,
                    atom=atom, arena=arena, counts=in_slots[w],
                )
                for w in range(crew.workers)
            ]  # fmt: skip

            def work(worker: int, segment: int, first: int, draws: int, every: int) -> None:
                room = self.workspace[worker]
                run_blocks(program, first, draws, every, 0, False, room, targets[worker])

            if replicates == 0:
                crew.over_draws(work, tell)
            for one in range(replicates):
                in_slots[:] = 0
                share = _between(tell, one / replicates, (one + 1) / replicates)
                crew.over_draws(work, share, replicate=one)
                counted = in_slots.sum(axis=0)[begin:end]
                tally.filled[one] = places[:, :, sinks.FILLED]
                tally.under[one, begin:end] = counted.cumsum(axis=1)[:, :-1:2]
                tally.inside[one, begin:end] = counted[:, 1::2]

            def select(first: int, last: int) -> None:
                select_ranks(
                    arena, places, slot, atom, below, size, rank_slot, self.numbers, self.ranks,
                    tally, wanted, *found, complete, begin + first, begin + last,
                )  # fmt: skip

            crew.over_rows(select, end - begin)

        parts = self._parts(places[:, :, sinks.ROOM].sum(axis=0))
        for number, (begin, end) in enumerate(parts):
            part(begin, end, _between(tell, number / len(parts), (number + 0.9) / len(parts)))
        self.start_anew(np.flatnonzero(~complete), found)
        return found

    def _parts(self, room: NDArray[np.int64]) -> list[tuple[int, int]]:
        """Ends of groups of rows whose collected values fit in memory together."""
        most, edges, total = collected_values(self.plan), [0], 0
        for row, more in enumerate(room.tolist()):
            if total + more > most and row > edges[-1]:
                edges.append(row)
                total = 0
            total += more
        return list(pairwise([*edges, len(room)]))

    def start_anew(self, rows: NDArray[np.int64], found: list[Floats]) -> None:
        """Quantiles of rows whose values did not fit where they were expected to."""
        from simcore.kernels.quantiles import quantiles_of_rows

        step = max(1, collected_values(self.plan) // max(self.draws, 1))
        for first in range(0, len(rows), step):
            some = rows[first : first + step]
            quantiles_of_rows(self._keep(self.draws, rows=some), self.ranks, *found, some)


def spread_of_replicates(total: Floats, count: Floats) -> Floats:
    """Standard error of a mean from the means of replicates; NaN where fewer than two have draws.

    Parameters
    ----------
    total, count : ndarray, shape (replicates, rows)
        Sum of the values and their number in each replicate.
    """
    used = count > 0
    number, whole = used.sum(axis=0), count.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.where(used, total / count - total.sum(axis=0) / whole, 0.0) * (count / whole)
        error: Floats = np.sqrt((off * off).sum(axis=0) * (number / (number - 1.0)))
    error[number < 2] = np.nan
    return error


def _between(tell: Tell, first: float, last: float) -> Tell:
    return lambda share: tell(first + (last - first) * share)
