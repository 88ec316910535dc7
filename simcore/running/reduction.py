"""Reduce the draws of a tile to statistics without ever holding them all.

A first look at some draws lays bins over each row; a pass over all draws sums and counts; a second
pass collects the values of the bins that hold a wanted rank, so that quantiles are exact. Memory
does not grow with the number of draws, except for what is kept and for a few per cent of the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simcore.errors import Fault, WorkerError
from simcore.kernels.intervals import draws_by_replicate
from simcore.numerics.elementary import total
from simcore.plan import Plan
from simcore.running.batches import Tree
from simcore.running.compiled import Tile, by_output
from simcore.running.crew import Crew, Shares
from simcore.running.executors import Executor, on_threads
from simcore.running.items import Item, Need, rows_of
from simcore.running.jobs import Job, Part, Result, Stage, Task
from simcore.running.keeping import Keeper
from simcore.running.merging import MERGERS, asked_by
from simcore.running.options import Options, Report, between, shared, silent
from simcore.running.program import Recall, Request
from simcore.running.refining import passes_of, refine
from simcore.running.rooms import arena_of
from simcore.running.stages import Site, Work, first_draws, perform
from simcore.running.tiles import ANEW, MANY, ROOMS, batches_of_part, collected_values
from simcore.running.wanted import Wanted, wanted_bins
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
    keeper : Keeper, optional
        What writes them chunk by chunk instead.
    """

    draws: NDArray[Any]
    lines: NDArray[np.int64]
    keeper: Keeper | None = None

    def put(self, first: int, draws: NDArray[Any]) -> None:
        """Take the draws of the kept rows, one after the other, from a first draw on."""
        lines = self.lines[self.lines >= 0]
        if self.keeper is not None:
            self.keeper.put(first, lines, draws)
        else:
            self.draws[lines, first : first + draws.shape[1]] = draws


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

    def parts(self, number: int, stage: Stage, tile: Tile) -> list[Part]:
        """The draws of a stage of a tile in parts, which do not depend on who does them."""
        batches = self.job.batches
        step = batches.numbers
        if self.job.is_cut:
            step = self.job.options.part or batches_of_part(batches, tile.rows, tile.bins)
            chunk = batches.stretch // batches.size
            if self._keeps(number) and stage is Stage.COUNT:
                # Many chunks are written by who makes them; of few, parts come together here.
                step = chunk if batches.draws > MANY * batches.stretch else min(step, chunk)
        edges = [*range(0, batches.numbers, step), batches.numbers]
        return [Part(number, stage, first, last) for first, last in pairwise(edges)]

    def keeper(self, number: int) -> Keeper | None:
        """What writes the draws of a tile chunk by chunk; None where none are to be."""
        record = self.job.options.record
        if record is None or not self._keeps(number):
            return None
        most = ROOMS if self.executor.shares_memory else None
        return Keeper.of(self.job, number, record.wrote, record.known, most=most)

    def _keeps(self, number: int) -> bool:
        return self.job.folder is not None and any(item.kept for item in self.job.tiles[number])

    @cached_property
    def elsewhere(self) -> Work:
        """What other processes are told once."""
        job = replace(self.job, options=self.job.options.elsewhere)
        return Work(job, self.recall if self.executor.maps_memory else None)

    def _checkpoint(self, task: Task) -> Checkpoint | None:
        """Where it is kept how far the part of a task is."""
        record, part = self.job.options.record, task.part
        if record is None:
            return None
        of_rows = f"{part.stage}-{task.rows[0]}-{task.rows[1]}"
        return record.checkpoint(self.job, part.tile, of_rows)

    def results(
        self, tasks: Sequence[Task], tile: Tile, report: Report, kept: Kept | None = None
    ) -> Result:
        """Do the tasks of a stage, together; draws that they keep are written into `kept`."""
        checkpoint, keeper = None, None if kept is None else kept.keeper
        if kept is None or keeper is not None or (kept.lines < 0).all():
            # Draws that are kept in memory lie where a checkpoint does not reach.
            checkpoint = self._checkpoint(tasks[0])
        if not self.executor.shares_memory:
            return self._merged(tasks, report, kept, checkpoint)
        where = None if kept is None or keeper else kept.draws
        site = Site(tile, self.crew, where, report, checkpoint, keeper)
        work = partial(perform, self.job, site=site)
        (result,) = self.executor.run(work, tasks)
        return result

    def _merged(
        self, tasks: Sequence[Task], report: Report, kept: Kept | None, pause: Checkpoint | None
    ) -> Result:
        """What other processes make of tasks, put together; now and then all of it is kept."""
        batches, whole = self.job.batches, tasks[0].part._replace(last=tasks[-1].part.last)
        keeper = None if kept is None else kept.keeper
        if kept is not None:
            own = kept.lines >= 0
            lines = np.where(own, np.cumsum(own) - 1, -1)
            tasks = [task._replace(lines=lines) for task in tasks]
        merged = MERGERS[whole.stage]()
        found = pause.load() if pause else None
        if found is not None and np.array_equal(found.get("asked", ()), asked_by(tasks[0])):
            merged.load(found, tasks)
            if keeper is not None and not keeper.has(self._draws_of(merged.done)):
                merged = MERGERS[whole.stage]()
        todo = [one for one in tasks if (one.part.first, one.part.last) not in merged.done]
        arena = None
        if whole.stage is Stage.COLLECT and self.executor.maps_memory and todo:
            arena = arena_of(self.job, todo)
        if arena is not None:
            todo = [one._replace(arena=arena[1]) for one in todo]
        if len(todo) < len(tasks):
            report(1.0 - len(todo) / len(tasks), "going on")
        for result in self.executor.run(self.elsewhere, todo) if todo else ():
            if arena is not None and result.values.size == 0:
                result = result._replace(values=arena[0].values)
            if not merged.add(result):
                continue
            if kept is not None and result.kept is not None:
                kept.put(batches.begin(result.part.first), result.kept)
            if keeper is not None:
                keeper.adopt(result.chunks)
            report(len(merged.done) / len(tasks))
            is_whole = keeper is None or keeper.is_even
            if pause is not None and is_whole and pause.is_due():
                pause.save({**merged.arrays(), "asked": asked_by(tasks[0])})
        if len(merged.done) < len(tasks):
            raise WorkerError(Fault(
                "executor", f"{len(merged.done)} of {len(tasks)} parts", "each part done once",
                "report it: an executor has lost parts",
            ))  # fmt: skip
        if pause is not None and whole.stage is Stage.COUNT and todo and pause.is_worth_it():
            pause.save({**merged.arrays(), "asked": asked_by(tasks[0])})
        return merged.result(whole)

    def _draws_of(self, parts: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """First draw and end of each of some ranges of batches."""
        begin = self.job.batches.begin
        return [(begin(first), begin(last)) for first, last in parts]


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
    if not team.executor.shares_memory:
        team.executor.expect(team.elsewhere)
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

    by_row = _kept(team, number, tile, kept)
    known = () if by_row.keeper is None else tuple(sorted(by_row.keeper.done))
    tasks = [
        Task(part, numbers, by_row.lines, known=known, counters=(tile.rows, tile.bins + 1))
        for part in team.parts(number, Stage.COUNT, tile)
    ]
    counted = team.results(tasks, tile, between(report, 0.0, 0.5), by_row)
    sums = Tree.joined([(counted.nodes, counted.sums)]).total(job.replicates)
    counts, shares = counted.counts, counted.shares
    del counted  # its counts take the room of what is collected
    most = max(len(plan.coords[dim]) for dim in ("route", "view", "decision"))
    categories = np.zeros((tile.rows, most), np.int64)
    categories[in_categories] = counts[:, in_categories, :most].sum(axis=0)
    quantiles = [np.full((tile.rows, len(job.probabilities)), np.nan) for _ in range(3)]
    if (tile.need == Need.QUANTILES).any():
        wanted = wanted_bins(job, team.crew, tile, numbers, look, counts)
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


def _kept(team: Team, number: int, tile: Tile, kept: Lines | None) -> Kept:
    """Where the draws of a tile go: into chunks, into `kept`, or nowhere."""
    job, keeper = team.job, team.keeper(number)
    if keeper is not None:
        keeper.find_done()
        lines = by_output(tile.outputs, keeper.lines)
        return Kept(np.empty((0, 0)), lines, keeper)
    draws, first = (np.empty((0, job.plan.draws)), ()) if kept is None else kept
    lines = lines_from(job.tiles[number], first) if kept else np.full(len(tile.outputs), -1)
    draws[lines[(lines >= 0) & (tile.outputs < 0)]] = np.nan
    return Kept(draws, by_output(tile.outputs, lines))


def known_or_reduced(team: Team, number: int, report: Report) -> Sample:
    """What a tile without kept draws leaves, as it was recorded or as it is reduced now."""
    record = team.job.options.record
    if record is None:
        return reduce_tile(team, number, report)
    if (known := record.sample(team.job, number)) is not None:
        return known
    sample = reduce_tile(team, number, report)
    record.finish(team.job, number, sample)
    return sample


def rehearse(plan: Plan) -> None:
    """Go through the kernels with one row and one draw, so that they are loaded or compiled.

    A constant row needs no operation, as these are compiled one by one.
    """
    constant = (n for n, node in enumerate(plan.graph.nodes) if node.operation is None)
    node = next(constant, plan.cells[0].node)
    row = Item((), Request(node, (plan.years[0],)), Need.QUANTILES)
    job = Job(replace(plan, draws=1), ((row,),), False, 1, Options())
    with Crew(1) as crew:
        reduce_tile(Team(job, on_threads(1), crew), 0, silent)


def _select(
    team: Team, number: int, tile: Tile, numbers: Floats, wanted: list[Wanted],
    shares: Shares, found: list[Floats], report: Report,
) -> None:  # fmt: skip
    """Write quantiles and the ends of their intervals by output row, from what is collected."""
    from simcore.kernels import sinks
    from simcore.kernels.intervals import Tally
    from simcore.kernels.quantiles import select_ranks

    job, complete, every = team.job, np.ones(tile.rows, bool), wanted[0]
    nobody = np.full(tile.rows, -1)

    def collect_and_select(rows: tuple[int, int], report: Report) -> None:
        """What was collected is let go on return."""
        result = team.results([
            Task(part, numbers, nobody, every.slot, every.atom, every.places, shares, rows)
            for part in team.parts(number, Stage.COLLECT, tile)
        ], tile, report)  # fmt: skip
        here, inside = slice(*rows), result.tally.inside
        tally = Tally(
            result.tally.filled,
            np.ascontiguousarray(inside.cumsum(axis=2, dtype=np.int32)[:, :, :-1:2]),
            np.ascontiguousarray(inside[:, :, 1::2]),
        )

        def select(some: Wanted) -> None:
            asked = [
                one[here] for one in (some.slot, some.atom, some.below, some.size, some.rank_slot,
                                      numbers)
            ]  # fmt: skip
            made = [one[here] for one in (some.rows, *found, complete)]
            team.crew.over_rows(
                lambda first, last: select_ranks(
                    result.values, result.places, *asked, some.ranks, tally, *made, first, last
                ),
                rows[1] - rows[0],
            )

        for some in wanted:
            select(some)

    groups = groups_of_rows(
        every.places[:, :, sinks.ROOM].sum(axis=0), collected_values(job.plan, job.options)
    )
    looks = [passes_of(job, int(one.rows.sum())) for one in wanted]
    if None not in looks and sum(one or 0 for one in looks) < len(groups):
        for k, one in enumerate(wanted):
            ends = k / len(wanted), (k + 1) / len(wanted)
            refine(
                team, number, tile, numbers, one, np.flatnonzero(one.rows), found,
                between(report, *ends),
            )  # fmt: skip
        return
    for k, rows in enumerate(groups):
        collect_and_select(rows, between(report, k / len(groups), (k + 0.9) / len(groups)))
    for one in wanted:
        late = np.flatnonzero(one.rows & ~complete)
        quantiles_anew(team, number, tile, numbers, one, late, found)


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
    team: Team, number: int, tile: Tile, numbers: Floats, wanted: Wanted,
    rows: NDArray[np.int64], found: list[Floats],
) -> None:  # fmt: skip
    """Quantiles of rows whose values did not fit where they were expected to."""
    from simcore.kernels.quantiles import quantiles_of_rows

    job = team.job
    most = min(collected_values(job.plan, job.options), ANEW // 8)
    step = max(1, most // job.plan.draws)
    passes = passes_of(job, len(rows))
    # However few rows there are, none is held whole that is more than fits.
    is_long = job.plan.draws > most and len(rows) > 0
    if passes is not None and (is_long or passes < -(-len(rows) // step)):
        refine(team, number, tile, numbers, wanted, rows, found, silent)
        return
    for first in range(0, len(rows), step):
        some = rows[first : first + step]
        kept = Kept(np.empty((len(some), job.plan.draws)), np.full(tile.rows, -1))
        kept.lines[some] = np.arange(len(some))
        tasks = [Task(part, numbers, kept.lines) for part in team.parts(number, Stage.KEEP, tile)]
        team.results(tasks, tile, silent, kept)
        quantiles_of_rows(kept.draws, wanted.ranks, *found, some)


def samples(
    plan: Plan, executor: Executor, options: Options, *, items: Sequence[Item] | None = None,
    probabilities: tuple[float, ...] = QUANTILES, recall: Recall | None = None,
    report: Report = silent,
) -> Iterator[tuple[Item, Sample]]:  # fmt: skip
    """Each item, of a whole plan or the given ones, with what its draws leave; none are kept."""
    job = Job.of(plan, not executor.shares_memory, executor.threads, options, items, probabilities)
    with Crew(executor.crew) as crew:
        team = Team(job, executor, crew, recall)
        steps = shared(report, [rows_of(tile) for tile in job.tiles])
        for number, (tile, step) in enumerate(zip(job.tiles, steps, strict=True)):
            sample, at = known_or_reduced(team, number, step), 0
            for item in tile:
                yield item, sample.rows(at, at + item.request.rows)
                at += item.request.rows
