"""Reduce the draws of a tile to statistics without ever holding them all.

A first look at some draws lays bins over each row; a pass over all draws sums and counts; a second
pass collects the values of the bins that hold a wanted rank, so that quantiles are exact. Memory
does not grow with the number of draws, except for what is kept and for a few per cent of the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.intervals import draws_by_replicate
from simcore.numerics.elementary import total
from simcore.plan import Plan
from simcore.running.batches import Tree
from simcore.running.crew import Crew, Shares
from simcore.running.executors import Executor, on_threads
from simcore.running.items import Item, Need
from simcore.running.jobs import Job, Part, Perform, Result, Stage, Task
from simcore.running.options import Options, Report, between, silent
from simcore.running.program import Recall, Request
from simcore.running.stages import Site, Tile, Work, by_output, first_draws, perform
from simcore.running.tiles import collected_values
from simcore.statistics import Sample, spread_of_replicates
from simcore.variables import QUANTILES

if TYPE_CHECKING:
    from simcore.running.resuming import Checkpoint

Floats = NDArray[np.float64]
Lines = tuple[NDArray[Any], Sequence[int]]


@dataclass(frozen=True)
class Kept:
    """Draws to keep.

    Attributes
    ----------
    draws : ndarray, shape (lines, draws)
        Written.
    lines : ndarray, shape (rows,)
        Line of each row of a tile; -1: not kept.
    """

    draws: NDArray[Any]
    lines: NDArray[np.int64]


@dataclass(frozen=True)
class Team:
    """Who does a job: the executor, the threads of this process, and what they remember.

    Attributes
    ----------
    job : Job
    executor : Executor
    crew : Crew
    recall : Recall, optional
        What passes before have made, where the memory is shared.
    """

    job: Job
    executor: Executor
    crew: Crew
    recall: Recall | None = None

    def parts(self, tile: int, stage: Stage) -> list[Part]:
        """The draws of a stage in parts of about equal size."""
        numbers = self.job.batches.numbers
        edges = np.linspace(0, numbers, min(self.job.parts, numbers) + 1).astype(int).tolist()
        return [Part(tile, stage, first, last) for first, last in pairwise(edges)]

    @cached_property
    def elsewhere(self) -> Work:
        """What other processes are told once."""
        return Work(replace(self.job, options=self.job.options.elsewhere))

    def _checkpoint(self, task: Task) -> Checkpoint | None:
        """Where it is kept how far the part of a task is."""
        record, part = self.job.options.record, task.part
        if record is None:
            return None
        of_rows = f"{part.stage}-{task.rows[0]}-{task.rows[1]}"
        return record.checkpoint(self.job, part.tile, of_rows)

    def results(
        self, tasks: Sequence[Task], tile: Tile, report: Report, kept: Kept | None = None
    ) -> list[Result]:
        """Do the tasks of a stage; draws that they keep are written into `kept`."""
        shared, batches, found = self.executor.shares_memory, self.job.batches, {}
        work: Perform = self.elsewhere
        if shared:
            site = Site(tile, self.crew, None if kept is None else kept.draws, report)
            if kept is None or (kept.lines < 0).all():
                # Draws that are kept lie where a checkpoint does not reach.
                site = replace(site, checkpoint=self._checkpoint(tasks[0]))
            work = partial(perform, self.job, site=site)
        elif kept is not None:
            own = kept.lines >= 0
            lines = np.where(own, np.cumsum(own) - 1, -1)
            tasks = [task._replace(lines=lines) for task in tasks]
        for result in self.executor.run(work, tasks):
            if kept is not None and result.kept is not None:
                first, last = batches.begin(result.part.first), batches.begin(result.part.last)
                kept.draws[kept.lines[own], first:last] = result.kept
            found[result.part] = result._replace(kept=None)
            if not shared:
                report(len(found) / len(tasks))
        return [found[task.part] for task in tasks]


@dataclass(frozen=True)
class _Wanted:
    """Bins whose values are collected, as `kernels.bins.choose_bins` finds them."""

    rows: NDArray[np.bool_]
    slot: NDArray[np.uint8]
    atom: Floats
    below: NDArray[np.int64]
    size: NDArray[np.int64]
    rank_slot: NDArray[np.int64]
    places: NDArray[np.int64]


def moments_of(sums: Floats, pivot: Floats) -> tuple[Floats, Floats]:
    """Mean and sample variance of rows from their sums about a pivot; NaN where there is none."""
    defined, deviation, square, _ = sums.T
    with np.errstate(all="ignore"):
        mean = pivot + deviation / defined
        variance = np.maximum(square - deviation * deviation / defined, 0.0) / (defined - 1.0)
    variance[defined < 2] = np.nan
    return mean, variance


def lines_from(tile: Sequence[Item], first: Sequence[int]) -> NDArray[np.int64]:
    """Line of each asked row from the first line of each kept item; -1: not kept."""
    begins = iter(first)
    return np.concatenate([
        np.arange(item.request.rows) + next(begins) if item.kept
        else np.full(item.request.rows, -1) for item in tile
    ])  # fmt: skip


def reduce_tile(team: Team, number: int, report: Report, kept: Lines | None = None) -> Sample:
    """Simulate a tile and reduce each of its rows, one request after the other.

    The draws of its kept items are written into `kept`: an array of shape (lines, draws), and the
    first line of each item.
    """
    from simcore.kernels import sinks
    from simcore.kernels.bins import lay_bins

    job, plan = team.job, team.job.plan
    tile = Tile.of(job, number, team.recall)
    numbers = np.zeros((tile.rows, 4))
    numbers[:, sinks.RATE] = tile.rate
    numbers[:, sinks.SCALE] = np.where(tile.need == Need.MOMENTS, np.nan, 0.0)
    central = first_draws(tile, numbers, 1, central=True)[:, 0]
    look = first_draws(tile, numbers, min(job.options.look, plan.draws))
    team.crew.over_rows(
        lambda first, last: lay_bins(look, tile.bins, numbers, first, last), tile.rows
    )
    in_categories = tile.need == Need.CATEGORIES
    numbers[in_categories, sinks.LOW], numbers[in_categories, sinks.SCALE] = 0.0, 1.0

    draws, first = (np.empty((0, plan.draws)), ()) if kept is None else kept
    lines = lines_from(job.tiles[number], first) if kept else np.full(len(tile.outputs), -1)
    draws[lines[(lines >= 0) & (tile.outputs < 0)]] = np.nan
    by_row = Kept(draws, by_output(tile.outputs, lines))
    tasks = [Task(part, numbers, by_row.lines) for part in team.parts(number, Stage.COUNT)]
    counted = team.results(tasks, tile, between(report, 0.0, 0.5), by_row)
    sums = Tree.joined((one.nodes, one.sums) for one in counted).total(job.replicates)
    counts = _joined([one.counts for one in counted])
    shares = [one.shares for one in counted]
    del counted  # its counts take the room of what is collected
    most = max(len(plan.coords[dim]) for dim in ("route", "view"))
    categories = np.zeros((tile.rows, most), np.int64)
    categories[in_categories] = counts[:, in_categories, :most].sum(axis=0)
    quantiles = [np.full((tile.rows, len(job.probabilities)), np.nan) for _ in range(3)]
    if (tile.need == Need.QUANTILES).any():
        wanted = _wanted(team, tile, numbers, look, counts)
        del counts
        _select(team, number, tile, numbers, wanted, shares, quantiles, between(report, 0.5, 1.0))

    whole = total(sums, axis=0)
    mean, variance = moments_of(whole, numbers[:, sinks.PIVOT])
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(variance / whole[:, 0])
    spread = spread_of_replicates(sums[:, :, 1], sums[:, :, 0])
    for end in quantiles[1:]:
        # What is certain has no error, however few the draws.
        end[~tile.drawn] = quantiles[0][~tile.drawn]
    report(1.0)
    of_rows = {
        "central": central, "mean": mean, "variance": variance,
        "standard_error": np.where(np.isnan(spread), error, spread),
        **dict(zip(("quantile", "low", "high"), quantiles, strict=True)),
    }  # fmt: skip
    return Sample(
        draws=plan.draws,
        taken=draws_by_replicate(plan.draws, job.replicates),
        known=tile.outputs >= 0,
        count=np.array([tile.asked(one, 0.0) for one in sums[:, :, 0]]),
        positive=np.array([tile.asked(one, 0.0) for one in sums[:, :, 3]]),
        categories=tile.asked(categories, 0),
        **{name: tile.asked(values, np.nan) for name, values in of_rows.items()},
    )


def known_or_reduced(team: Team, number: int) -> Sample:
    """What a tile without kept draws leaves, as it was recorded or as it is reduced now."""
    record = team.job.options.record
    if record is None:
        return reduce_tile(team, number, silent)
    if (known := record.sample(team.job, number)) is not None:
        return known
    sample = reduce_tile(team, number, silent)
    record.finish(team.job, number, sample)
    return sample


def rehearse(plan: Plan) -> None:
    """Go through the kernels with one row and one draw, so that they are loaded or compiled.

    A constant row needs no operation, as these are compiled one by one.
    """
    constant = (n for n, node in enumerate(plan.graph.nodes) if node.operation is None)
    node = next(constant, plan.cells[0].node)
    row = Item((), Request(node, (plan.years[0],)), Need.QUANTILES)
    job = Job(replace(plan, draws=1), ((row,),), 1, 1, Options())
    with Crew(1) as crew:
        reduce_tile(Team(job, on_threads(1), crew), 0, silent)


def _joined(parts: Sequence[Any]) -> NDArray[Any]:
    """Arrays of all parts, one after the other."""
    return np.concatenate(parts) if len(parts) > 1 else np.asarray(parts[0])


def _wanted(
    team: Team, tile: Tile, numbers: Floats, look: Floats, counts: NDArray[np.int32]
) -> _Wanted:
    """The bins that hold a wanted rank, and room for their values."""
    from simcore.kernels import bins, sinks

    rows, slots, ranks = tile.rows, sinks.MOST_SLOTS, team.job.ranks
    found = _Wanted(
        rows=tile.need == Need.QUANTILES,
        slot=np.zeros((rows, tile.bins + 1), np.uint8),
        atom=np.full((rows, slots), np.nan),
        below=np.zeros((rows, slots), np.int64),
        size=np.zeros((rows, slots), np.int64),
        rank_slot=np.full((rows, ranks.ranks.size), -1),
        places=np.zeros((len(counts), rows, 5), np.int64),
    )
    found.places[:, :, sinks.KEPT_AT] = -1
    team.crew.over_rows(
        lambda first, last: bins.choose_bins(
            counts, ranks, look, numbers, found.rows, found.slot, found.atom, found.below,
            found.size, found.rank_slot, np.empty(slots), found.places, first, last,
        ),
        rows,
    )  # fmt: skip
    return found


def _select(
    team: Team, number: int, tile: Tile, numbers: Floats, wanted: _Wanted,
    shares: Sequence[Shares], found: list[Floats], report: Report,
) -> None:  # fmt: skip
    """Write quantiles and the ends of their intervals by output row, from what is collected."""
    from simcore.kernels import sinks
    from simcore.kernels.intervals import Tally
    from simcore.kernels.quantiles import select_ranks

    job, complete = team.job, np.ones(tile.rows, bool)
    threads = np.cumsum([0, *map(len, shares)])
    nobody = np.full(tile.rows, -1)

    def collect_and_select(rows: tuple[int, int], report: Report) -> None:
        """What was collected is let go on return."""
        results = team.results([
            Task(part, numbers, nobody, wanted.slot, wanted.atom,
                 wanted.places[threads[k] : threads[k + 1]], shares[k], rows)
            for k, part in enumerate(team.parts(number, Stage.COLLECT))
        ], tile, report)  # fmt: skip
        values = _joined([one.values for one in results])
        places = _joined([one.places for one in results])
        begin, end = rows
        for k, start in enumerate(np.cumsum([one.values.size for one in results[:-1]]), start=1):
            places[threads[k] : threads[k + 1], begin:end, sinks.START] += start
        tally = Tally.of(job.ranks.taken.size, len(places), tile.rows, len(job.probabilities))
        tally.filled[:, :, begin:end] = np.concatenate([one.tally.filled for one in results], 1)
        counted = sum(one.tally.inside for one in results)
        tally.under[:, begin:end] = counted.cumsum(axis=2)[:, :, :-1:2]
        tally.inside[:, begin:end] = counted[:, :, 1::2]
        team.crew.over_rows(
            lambda first, last: select_ranks(
                values, places, wanted.slot, wanted.atom, wanted.below, wanted.size,
                wanted.rank_slot, numbers, job.ranks, tally, wanted.rows, *found, complete,
                begin + first, begin + last,
            ),
            end - begin,
        )  # fmt: skip

    groups = groups_of_rows(
        wanted.places[:, :, sinks.ROOM].sum(axis=0), collected_values(job.plan, job.options)
    )
    for k, rows in enumerate(groups):
        collect_and_select(rows, between(report, k / len(groups), (k + 0.9) / len(groups)))
    quantiles_anew(team, number, tile, numbers, np.flatnonzero(~complete), found)


def groups_of_rows(room: NDArray[np.int64], most: int) -> list[tuple[int, int]]:
    """Ends of groups of rows whose collected values fit in memory together."""
    edges, total = [0], 0
    for row, more in enumerate(room.tolist()):
        if total + more > most and row > edges[-1]:
            edges.append(row)
            total = 0
        total += more
    return list(pairwise([*edges, len(room)]))


def quantiles_anew(
    team: Team, number: int, tile: Tile, numbers: Floats, rows: NDArray[np.int64],
    found: list[Floats],
) -> None:  # fmt: skip
    """Quantiles of rows whose values did not fit where they were expected to."""
    from simcore.kernels.quantiles import quantiles_of_rows

    job = team.job
    step = max(1, collected_values(job.plan, job.options) // job.plan.draws)
    for first in range(0, len(rows), step):
        some = rows[first : first + step]
        kept = Kept(np.empty((len(some), job.plan.draws)), np.full(tile.rows, -1))
        kept.lines[some] = np.arange(len(some))
        tasks = [Task(part, numbers, kept.lines) for part in team.parts(number, Stage.KEEP)]
        team.results(tasks, tile, silent, kept)
        quantiles_of_rows(kept.draws, job.ranks, *found, some)


def samples(
    plan: Plan, executor: Executor, options: Options, *, items: Sequence[Item] | None = None,
    probabilities: tuple[float, ...] = QUANTILES, recall: Recall | None = None,
) -> Iterator[tuple[Item, Sample]]:  # fmt: skip
    """Each item, of a whole plan or the given ones, with what its draws leave; none are kept."""
    job = Job.of(plan, executor.parts, executor.threads, options, items, probabilities)
    with Crew(executor.crew) as crew:
        team = Team(job, executor, crew, recall)
        for number, tile in enumerate(job.tiles):
            sample, at = known_or_reduced(team, number), 0
            for item in tile:
                yield item, sample.rows(at, at + item.request.rows)
                at += item.request.rows
