"""The parts of a run as pure functions: an address and arrays in, arrays out.

Of each tile the draws are gone through to count (and to keep what is asked for), then to collect
the values of the bins that hold a wanted rank; now and then once more to keep some rows whole. A
part is some batches of the draws of one such stage. It needs nothing but the job, so that it can
be done by any process, in any order, and again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.operations import BLOCK
from simcore.plan import Plan
from simcore.running.batches import Batch, Batches, Node, Tree
from simcore.running.crew import Crew, Shares
from simcore.running.items import Item, items_of, rows_of
from simcore.running.options import Options, Report, between, silent
from simcore.running.program import Recall, compile_program, drop_operation, restrict_outputs
from simcore.running.tiles import bins_for, replicates_of, tiles_of
from simcore.variables import INTERVAL_LEVEL, QUANTILES

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

_NOTHING: Final[Any] = np.empty(0)


class Stage(StrEnum):
    """What is done with the draws of a part."""

    COUNT = "count"
    COLLECT = "collect"
    KEEP = "keep"


@dataclass(frozen=True, eq=False)
class Job:
    """All that a process must know to do any part of a run; told once.

    Attributes
    ----------
    plan : Plan
    tiles : tuple of tuples of Item
    parts, threads : int
        Parts of the draws in each stage, and threads that share the draws of one part.
    options : Options
    probabilities : tuple of float
        Of the quantiles.
    """

    plan: Plan
    tiles: tuple[tuple[Item, ...], ...]
    parts: int
    threads: int
    options: Options
    probabilities: tuple[float, ...] = QUANTILES

    @classmethod
    def of(
        cls, plan: Plan, parts: int, threads: int, options: Options,
        items: Sequence[Item] | None = None, probabilities: tuple[float, ...] = QUANTILES,
    ) -> Job:  # fmt: skip
        """The job of running a whole plan, or some items of it."""
        chosen = items_of(plan) if items is None else items
        tiles = tiles_of(plan, chosen, parts * threads, options)
        return cls(plan, tuple(map(tuple, tiles)), parts, threads, options, probabilities)

    @property
    def replicates(self) -> int:
        """Parts of the draws whose spread measures the error."""
        return replicates_of(self.plan)

    @property
    def batches(self) -> Batches:
        """The draws in batches, whose sums are added up by themselves."""
        return Batches(self.plan.draws, self.replicates)

    @cached_property
    def ranks(self) -> Any:
        """Ranks of the quantiles and of the ends of their intervals (`QuantileRanks`)."""
        from simcore.kernels.ranks import quantile_ranks

        return quantile_ranks(
            self.plan.draws, self.probabilities, INTERVAL_LEVEL, replicates=self.replicates
        )


class Part(NamedTuple):
    """Address of a part: nothing of how or where it is done.

    Attributes
    ----------
    tile : int
    stage : Stage
    first, last : int
        Numbers of batches of the draws: the first, and the one after the last.
    """

    tile: int
    stage: Stage
    first: int
    last: int


class Task(NamedTuple):
    """A part, and what the stages before have found out.

    Attributes
    ----------
    part : Part
    numbers : ndarray, shape (rows, 4)
        RATE, PIVOT, LOW and SCALE of each row, as in `kernels.sinks`.
    lines : ndarray, shape (rows,)
        Line of each row among those kept; -1: not kept. Of count and keep.
    slot, atom, places : ndarray
        As `kernels.bins.choose_bins` leaves them, the places for the threads of this part.
    shares : sequence of sequences of int
        Batches of the part that each thread met while it counted.
    rows : (int, int)
        First row whose values are collected, and the one after the last.
    """

    part: Part
    numbers: Floats
    lines: NDArray[np.int64]
    slot: NDArray[np.uint8] = _NOTHING
    atom: Floats = _NOTHING
    places: Places = _NOTHING
    shares: Shares = ()
    rows: tuple[int, int] = (0, 0)


class Result(NamedTuple):
    """What was made of a part; arrays that its stage does not make are empty.

    Attributes
    ----------
    part : Part
    shares : sequence of sequences of int
        Batches of the part that each thread met.
    kept : ndarray, shape (kept rows, draws)
        Draws of the part; None where they were written where they belong.
    nodes, sums : ndarray, shape (nodes, 3) and (nodes, rows, 4)
        Addresses in the tree of sums, and the sums; see `running.batches`.
    counts : ndarray, shape (threads, rows, bins + 1)
        Values by bin.
    values : ndarray
        What was collected, thread after thread.
    places : ndarray, shape (threads, rows, 5)
        Where that lies.
    tally : Tally
        Of the rows collected, by replicate: `filled`, and as `inside` the draws between, below
        and above the slots, and in them.
    """

    part: Part
    shares: Shares
    kept: NDArray[Any] | None = None
    nodes: NDArray[np.int64] = _NOTHING
    sums: Floats = _NOTHING
    counts: NDArray[np.int32] = _NOTHING
    values: Floats = _NOTHING
    places: Places = _NOTHING
    tally: Any = None


Perform = Callable[[Task], Result]
Simulate = Callable[[Any], None]


def by_output(outputs: NDArray[np.int64], values: NDArray[Any]) -> NDArray[Any]:
    """Values by asked row in the order of the output rows, which fewer may be."""
    defined = outputs >= 0
    found = np.empty(defined.sum(), values.dtype)
    found[outputs[defined]] = values[defined]
    return found


@dataclass(frozen=True)
class Tile:
    """The rows of a tile as the arrays that the kernels run.

    Attributes
    ----------
    program : Program
    outputs : ndarray, shape (asked rows,)
        Output row of each row asked for; -1 where undefined.
    need : ndarray, shape (rows,)
    rate : ndarray, shape (rows,)
    drawn : ndarray, shape (rows,)
        Whether a row follows from random numbers.
    bins : int
    """

    program: Any
    outputs: NDArray[np.int64]
    need: NDArray[np.int64]
    rate: Floats
    drawn: NDArray[np.bool_]
    bins: int

    @classmethod
    def of(cls, job: Job, number: int, recall: Recall | None = None) -> Tile:
        """Compile a tile of a job."""
        tile = job.tiles[number]
        program, outputs = compile_program(job.plan, [item.request for item in tile], recall=recall)
        counts = [item.request.rows for item in tile]
        workers = min(job.parts * job.threads, job.batches.numbers * job.replicates)
        return cls(
            program,
            outputs,
            need=by_output(outputs, np.repeat([int(item.need) for item in tile], counts)),
            rate=by_output(outputs, np.repeat([item.rate for item in tile], counts)),
            drawn=by_output(
                outputs, np.repeat([job.plan.drawn[item.request.node] for item in tile], counts)
            ),
            bins=bins_for(job.plan, job.options, rows_of(tile), workers),
        )

    @property
    def rows(self) -> int:
        """Number of output rows."""
        return len(self.need)

    def asked(self, values: NDArray[Any], default: float) -> NDArray[Any]:
        """Values by output row in the order of the requests; the default where undefined."""
        found = np.full((len(self.outputs), *values.shape[1:]), default, dtype=values.dtype)
        defined = self.outputs >= 0
        found[defined] = values[self.outputs[defined]]
        return found


@dataclass(frozen=True)
class Site:
    """What a part meets where it is done.

    Attributes
    ----------
    tile : Tile
    crew : Crew
    kept : ndarray, optional
        Where kept draws belong, shape (lines, draws); without it they are returned.
    report : callable
        Told the share of the part that is done.
    """

    tile: Tile
    crew: Crew
    kept: NDArray[Any] | None = None
    report: Report = silent


def perform(job: Job, task: Task, site: Site | None = None) -> Result:
    """Do one part of a run; without a site, what the process needs is made anew."""
    if site is not None:
        return _STAGES[task.part.stage](job, task, site)
    with Crew(job.threads) as crew:
        return _STAGES[task.part.stage](job, task, Site(Tile.of(job, task.part.tile), crew))


def first_draws(tile: Tile, numbers: Floats, draws: int, *, central: bool = False) -> Floats:
    """All rows of the first draws, or of the central case, shape (rows, draws)."""
    from simcore.kernels import sinks
    from simcore.kernels.simulate import run_blocks

    kept = np.empty((tile.rows, draws))
    target = _keeper(tile, sinks.KEEP, numbers, np.arange(tile.rows), kept)
    room = sinks.workspace(tile.program.rows, BLOCK)
    run_blocks(tile.program, 0, draws, 1, 0, central, room, target)
    return kept


def _count(job: Job, task: Task, site: Site) -> Result:
    """Sums over the draws and counts by bin, and the draws to keep."""
    from simcore.kernels import sinks

    tile, batches = site.tile, job.batches.within(task.part.first, task.part.last)
    tree, threads = Tree(), min(job.threads, len(batches))
    counts = np.zeros((threads, tile.rows, tile.bins + 1), np.int32)
    kept = _room_to_keep(job, task, site, job.plan.experiment.dtype)
    targets = [
        _keeper(tile, sinks.COUNT, task.numbers, task.lines, kept, counts=one) for one in counts
    ]

    def simulated(thread: int, batch: Batch, simulate: Simulate) -> None:
        sums = np.zeros((tile.rows, sinks.SUMS))
        simulate(targets[thread]._replace(sums=sums))
        tree.add(Node.of(batch), sums)

    shares = _over_draws(job, task, site, simulated)
    returned = None if kept is site.kept else kept
    return Result(task.part, shares, returned, *tree.nodes(), counts=counts)


def _keep(job: Job, task: Task, site: Site) -> Result:
    """All values of some rows."""
    from simcore.kernels import sinks

    kept = _room_to_keep(job, task, site, "float64")
    targets = [
        _keeper(site.tile, sinks.KEEP, task.numbers, task.lines, kept) for _ in range(job.threads)
    ]
    shares = _over_draws(job, task, site, lambda thread, _, simulate: simulate(targets[thread]))
    return Result(task.part, shares, None if kept is site.kept else kept)


def _collect(job: Job, task: Task, site: Site) -> Result:
    """The values of wanted bins, and with replicates the draws of each beside them."""
    from simcore.kernels import sinks
    from simcore.kernels.intervals import Tally

    tile, (begin, end), replicates = site.tile, task.rows, job.ranks.taken.size
    places = task.places.copy()
    needed = places[:, begin:end, sinks.ROOM]
    places[:, begin:end, sinks.START] = (np.cumsum(needed) - needed.ravel()).reshape(needed.shape)
    values, slots = np.empty(int(needed.sum())), 2 * len(job.probabilities) + 1
    counts = np.zeros((len(places), tile.rows if replicates else 0, slots), np.int32)
    targets = [
        sinks.sink(
            sinks.COLLECT, tile.rows, numbers=task.numbers, places=own, slot=task.slot,
            atom=task.atom, arena=values, counts=in_slots,
        )
        for own, in_slots in zip(places, counts, strict=True)
    ]  # fmt: skip
    program = drop_operation(restrict_outputs(tile.program, begin, end), "CHEAPEST")
    tally = Tally.of(replicates, len(places), end - begin, slots)
    for one in range(replicates) if replicates else (None,):
        counts[:] = 0
        _over_draws(
            job, task, site, lambda thread, _, simulate: simulate(targets[thread]), program, one
        )
        if one is not None:
            tally.filled[one] = places[:, begin:end, sinks.FILLED]
            tally.inside[one] = counts.sum(axis=0)[begin:end]
    return Result(task.part, task.shares, values=values, places=places, tally=tally)


def _room_to_keep(job: Job, task: Task, site: Site, dtype: str) -> NDArray[Any]:
    """Where the draws of a part are kept: where they belong, or room of its own."""
    if site.kept is not None:
        return site.kept
    draws = job.batches.begin(task.part.last) - job.batches.begin(task.part.first)
    return np.empty((int(task.lines.max(initial=-1)) + 1, draws), dtype)


def _keeper(
    tile: Tile, kind: int, numbers: Floats, lines: NDArray[np.int64], kept: NDArray[Any],
    **arrays: NDArray[Any],
) -> Any:  # fmt: skip
    """Sink that writes each row to its line among those kept."""
    from simcore.kernels import sinks

    places = np.zeros((tile.rows, 5), np.int64)
    places[:, sinks.KEPT_AT] = lines
    where = {"kept64" if kept.dtype == np.float64 else "kept32": kept}
    return sinks.sink(kind, tile.rows, numbers=numbers, places=places, **where, **arrays)


def _over_draws(
    job: Job, task: Task, site: Site, work: Callable[[int, Batch, Simulate], None],
    program: Any = None, replicate: int | None = None,
) -> Shares:  # fmt: skip
    """Call work(thread, batch, what simulates its draws into a sink) for the batches of a part.

    Given a replicate, for its batches only.
    """
    from simcore.kernels import sinks
    from simcore.kernels.simulate import run_blocks

    batches = job.batches.within(task.part.first, task.part.last)
    chosen = site.tile.program if program is None else program
    rooms = [sinks.workspace(chosen.rows, BLOCK) for _ in range(job.threads)]
    begin = job.batches.begin(task.part.first) if site.kept is None else 0

    def one(thread: int, number: int) -> None:
        batch, room = batches[number], rooms[thread]
        work(thread, batch, lambda sink: run_blocks(
            chosen, batch.first, batch.draws, job.replicates, batch.first - begin, False, room, sink
        ))  # fmt: skip

    step, shares = site.report, task.shares or None
    if replicate is not None and shares is not None:
        many = job.ranks.taken.size
        step = between(site.report, replicate / many, (replicate + 1) / many)
        shares = [[k for k in own if batches[k].replicate == replicate] for own in shares]
    return site.crew.over_batches(one, len(batches), step, shares)


_STAGES: Final = {Stage.COUNT: _count, Stage.COLLECT: _collect, Stage.KEEP: _keep}
