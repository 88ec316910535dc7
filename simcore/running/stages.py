"""The parts of a run as pure functions: an address and arrays in, arrays out.

Of each tile the draws are gone through to count (and to keep what is asked for), then to collect
the values of the bins that hold a wanted rank; now and then once more to keep some rows whole. A
part is some batches of the draws of one such stage. It needs nothing but the job, so that it can
be done by any process, in any order, and again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.dataset.chunks import Chunk
from simcore.kernels.operations import BLOCK
from simcore.running.batches import Batch, Node, Tree
from simcore.running.compiled import Tile, by_output
from simcore.running.crew import Crew, Shares
from simcore.running.jobs import Job, Result, Stage, Task
from simcore.running.keeping import InChunks, Keeper
from simcore.running.mapped import mapped
from simcore.running.options import Report, between, silent
from simcore.running.program import Recall, drop_operation, restrict_outputs
from simcore.running.rooms import counts_of, with_room
from simcore.running.tiles import ROOMS

if TYPE_CHECKING:
    from simcore.running.resuming import Checkpoint

Arrays = Mapping[str, NDArray[Any]]
Floats = NDArray[np.float64]
Places = NDArray[np.int64]

Simulate = Callable[..., None]


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
    checkpoint : Checkpoint, optional
        Where it is kept now and then how far the part is.
    keeper : Keeper, optional
        What writes kept draws chunk by chunk.
    """

    tile: Tile
    crew: Crew
    kept: NDArray[Any] | None = None
    report: Report = silent
    checkpoint: Checkpoint | None = None
    keeper: Keeper | None = None


def perform(job: Job, task: Task, site: Site) -> Result:
    """Do one part of a run."""
    return _STAGES[task.part.stage](job, task, site)


class Work:
    """Does parts of a job in any process; it can be pickled, and knows the tile it met last.

    Attributes
    ----------
    job : Job
    recall : Recall, optional
        Prices that passes before have made, where other processes see them.
    """

    def __init__(self, job: Job, recall: Recall | None = None) -> None:
        self.job, self.recall = job, recall
        self._lock = Lock()
        self._last: tuple[int, Tile] | None = None

    def __reduce__(self) -> tuple[type[Work], tuple[Job, Recall | None]]:
        return Work, (self.job, self.recall)

    def __call__(self, task: Task, report: Report = silent) -> Result:
        """Do a part; `report` hears its share that is done, and may end it by an error."""
        with Crew(self.job.threads) as crew:
            site, chunks = Site(self.tile(task.part.tile), crew, report=report), list[Chunk]()
            if self._writes(task):
                most = 1 if self.job.threads == 1 else ROOMS
                options: dict[str, Any] = {"done": task.known, "most": most}
                keeper = Keeper.of(self.job, task.part.tile, chunks.append, **options)
                site = replace(site, keeper=keeper)
                task = task._replace(lines=by_output(site.tile.outputs, keeper.lines))
            return perform(self.job, task, site)._replace(chunks=tuple(chunks))

    def _writes(self, task: Task) -> bool:
        """Whether a part has whole chunks of kept draws, and their folder is here."""
        folder, batches, part = self.job.folder, self.job.batches, task.part
        if folder is None or part.stage is not Stage.COUNT or not (task.lines >= 0).any():
            return False
        ends = (batches.begin(part.first), batches.begin(part.last))
        whole = all(one % batches.stretch == 0 or one == batches.draws for one in ends)
        return whole and folder.is_here

    def tile(self, number: int) -> Tile:
        """A tile, compiled where the last one was another."""
        with self._lock:
            if self._last is None or self._last[0] != number:
                self._last = number, Tile.of(self.job, number, self.recall)
            return self._last[1]


def first_draws(tile: Tile, numbers: Floats, draws: int, *, central: bool = False) -> Floats:
    """All rows of the first draws, or of the central case, shape (rows, draws)."""
    from simcore.kernels import sinks
    from simcore.kernels.simulate import run_blocks

    kept = np.empty((tile.rows, draws))
    target = _keeper(tile, sinks.KEEP, numbers, np.arange(tile.rows), kept)
    room = sinks.workspace(tile.program.rows, BLOCK)
    run_blocks(tile.program, 0, draws, 1, 0, central, room, target)
    return kept


def count_first(tile: Tile, numbers: Floats, draws: int, counts: NDArray[np.int32]) -> None:
    """Count the first draws, by one thread, for whoever wants to know how long it takes."""
    from simcore.kernels import sinks
    from simcore.kernels.simulate import run_blocks

    nowhere = np.full(tile.rows, -1), np.empty((0, draws))
    target = _keeper(tile, sinks.COUNT, numbers, *nowhere, counts=counts)
    target = target._replace(sums=np.zeros((tile.rows, sinks.SUMS)))
    room = sinks.workspace(tile.program.rows, BLOCK)
    run_blocks(tile.program, 0, draws, 1, 0, False, room, target)


def _count(job: Job, task: Task, site: Site) -> Result:
    """Sums over the draws and counts by bin, and the draws to keep."""
    from simcore.kernels import sinks

    tile, batches = site.tile, job.batches.within(task.part.first, task.part.last)
    tree, threads = Tree(), min(job.threads, len(batches))
    shape, placed = (threads, tile.rows, tile.bins + 1), counts_of(task)
    found = site.checkpoint.load() if site.checkpoint else None
    done: Shares = ()
    # Other threads or more memory than before, or draws that are not kept any more: what they have
    # counted is of no use.
    if found is not None and found["counts"].shape == shape and _are_kept(found, batches, site):
        counts, done = found["counts"], _parted(found)
        tree = Tree.joined([(found["nodes"], found["sums"])])
    else:
        counts = np.zeros(shape, np.int32) if placed is None else placed
    keeper = site.keeper
    kept = np.empty((0, 0)) if keeper else _room_to_keep(job, task, site, job.plan.experiment.dtype)
    targets = [
        _keeper(tile, sinks.COUNT, task.numbers, task.lines, kept, counts=one) for one in counts
    ]

    def simulated(thread: int, batch: Batch, simulate: Simulate) -> None:
        sums = np.zeros((tile.rows, sinks.SUMS))
        target = targets[thread]._replace(sums=sums)
        number = keeper.number(batch.first) if keeper else -1
        if keeper is None or number in keeper.done:
            simulate(target)
        else:
            room = keeper.room(number, site.crew.is_stopped)
            where = {_place_of(room): room}
            simulate(target._replace(**where), number * keeper.stretch)
            keeper.made(number, _draws_of(batch, job))
        tree.add(Node.of(batch), sums)

    def reached(shares: Shares) -> Arrays:
        nodes, sums = tree.nodes()
        return {"nodes": nodes, "sums": sums, "counts": counts, **_joined(shares)}

    shares = _over_draws(job, task, site, simulated, done=done, reached=reached)
    # What is collected is of no use to who does not know what each thread has counted.
    if site.checkpoint is not None and site.checkpoint.is_worth_it():
        site.checkpoint.save(reached(shares))
    returned = None if keeper or kept is site.kept else kept
    if placed is not None:
        counts = counts[:0]
    elif job.is_cut:
        counts = _narrow(counts)
    return Result(task.part, shares, returned, *tree.nodes(), counts=counts)


def _narrow(counts: NDArray[np.int32]) -> NDArray[Any]:
    """What threads have counted together, shape (1, rows, bins + 1), as narrow as it fits."""
    whole = counts if len(counts) == 1 else counts.sum(axis=0, keepdims=True, dtype=np.int32)
    return whole.astype(np.uint16) if whole.max(initial=0) < 1 << 16 else whole


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
    from simcore.kernels.bins import close_up
    from simcore.kernels.intervals import Tally

    tile, (begin, end), replicates = site.tile, task.rows, job.ranks.taken.size
    if not task.shares:
        task = with_room(job, task)
    places = task.places.copy()
    needed = places[:, begin:end, sinks.ROOM]
    places[:, begin:end, sinks.START] = (np.cumsum(needed) - needed.ravel()).reshape(needed.shape)
    arena, at = None, 0
    if task.arena is not None:
        at = task.arena.begins[task.part.first]
        arena = mapped(task.arena.address, at, int(needed.sum()))
    slots = 2 * len(job.probabilities) + 1
    tally = Tally.of(replicates, len(places), end - begin, slots)
    first, found = 0, site.checkpoint.load() if site.checkpoint else None
    done: Shares = ()
    # Others may have counted what a thread is to collect.
    if found is not None and _is_of(found, task, places):
        # As they were read, for there is no room for all that was collected twice.
        values, places, counts = found["values"], found["places"], found["counts"]
        tally = Tally(found["filled"], tally.under, found["inside"])
        first, done = int(found["replicate"]), _parted(found, "done")
    else:
        values = np.empty(int(needed.sum())) if arena is None else arena
        counts = np.zeros((len(places), tile.rows if replicates else 0, slots), np.int32)
    del found
    targets = [
        sinks.sink(
            sinks.COLLECT, tile.rows, numbers=task.numbers, places=own, slot=task.slot,
            atom=task.atom, arena=values, counts=in_slots,
        )
        for own, in_slots in zip(places, counts, strict=True)
    ]  # fmt: skip
    program = drop_operation(restrict_outputs(tile.program, begin, end), "CHEAPEST")

    def reached(replicate: int, done: Shares) -> Arrays:
        return {
            "values": values, "places": places, "counts": counts, "filled": tally.filled,
            "inside": tally.inside, "replicate": np.array(replicate),
            **_joined(task.shares), **_joined(done, "done"),
        }  # fmt: skip

    for one in range(first, max(replicates, 1)):
        many = max(replicates, 1)
        report = between(site.report, one / many, (one + 1) / many)
        _over_draws(
            job, task, replace(site, report=report),
            lambda thread, _, simulate: simulate(targets[thread]), program,
            done=done, replicate=one if replicates else None, reached=partial(reached, one),
        )  # fmt: skip
        done = ()
        if replicates:
            tally.filled[one] = places[:, begin:end, sinks.FILLED]
            tally.inside[one] = counts.sum(axis=0)[begin:end]
            counts[:] = 0
    places = np.ascontiguousarray(places[:, begin:end])
    if arena is not None:
        values, places[:, :, sinks.START] = np.empty(0), places[:, :, sinks.START] + at
    elif job.is_cut:
        # Room that was left over does not travel.
        values = values[: close_up(values, places)]
    return Result(task.part, task.shares, values=values, places=places, tally=tally)


def _refine(job: Job, task: Task, site: Site) -> Result:
    """Counts of the values in the parts of intervals, shape (lines, intervals * parts)."""
    from simcore.kernels import sinks

    tile, threads = site.tile, job.threads
    lines = int(task.places[0, :, sinks.START].max()) + 1
    counts = np.zeros((threads, lines, task.atom.shape[1] * sinks.PARTS), np.int32)
    targets = [
        sinks.sink(
            sinks.REFINE, tile.rows, numbers=task.numbers, places=task.places[0], slot=task.slot,
            atom=task.atom, sums=task.shift, counts=one,
        )
        for one in counts
    ]  # fmt: skip
    program = drop_operation(restrict_outputs(tile.program, *task.rows), "CHEAPEST")
    _over_draws(job, task, site, lambda thread, _, simulate: simulate(targets[thread]), program)
    for one in counts[1:]:
        counts[0] += one
    return Result(task.part, (), counts=counts[0])


def _draws_of(batch: Batch, job: Job) -> int:
    """Draws of a batch, which lie between those of other replicates."""
    step, blocks = job.replicates * BLOCK, range(batch.draws // (job.replicates * BLOCK) + 1)
    return sum(max(0, min(BLOCK, batch.draws - k * step)) for k in blocks)


def _are_kept(found: Arrays, batches: Sequence[Batch], site: Site) -> bool:
    """Whether the draws that a checkpoint has counted are kept where that was asked for."""
    keeper = site.keeper
    if keeper is None:
        return True
    counted = [k for own in _parted(found) for k in own]
    return {keeper.number(batches[k].first) for k in counted} <= keeper.done


def _is_of(found: Arrays, task: Task, places: Places) -> bool:
    """Whether a checkpoint was made with what each thread has counted now."""
    from simcore.kernels import sinks

    of_rooms = [sinks.START, sinks.ROOM]
    return (
        _parted(found) == [list(own) for own in task.shares]
        and found["places"].shape == places.shape
        and np.array_equal(found["places"][:, :, of_rooms], places[:, :, of_rooms])
    )


def _joined(shares: Shares, name: str = "shares") -> dict[str, NDArray[Any]]:
    """Batches of each thread as arrays."""
    flat = [one for own in shares for one in own]
    return {name: np.array(flat, np.int64), f"{name}_of": np.array([len(own) for own in shares])}


def _parted(found: Arrays, name: str = "shares") -> list[list[int]]:
    """Undo `_joined`."""
    ends = np.cumsum(found[f"{name}_of"])
    return [part.tolist() for part in np.split(found[name], ends[:-1])]


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
    where = {_place_of(kept): kept}
    return sinks.sink(kind, tile.rows, numbers=numbers, places=places, **where, **arrays)


def _place_of(kept: NDArray[Any]) -> str:
    """Which array of a sink takes draws of this type."""
    return "kept64" if kept.dtype == np.float64 else "kept32"


def _over_draws(
    job: Job, task: Task, site: Site, work: Callable[[int, Batch, Simulate], None],
    program: Any = None, *, done: Shares = (), replicate: int | None = None,
    reached: Callable[[Shares], Arrays] | None = None,
) -> Shares:  # fmt: skip
    """Call work(thread, batch, what simulates its draws into a sink) for the batches of a part.

    Those that each thread has `done` are left out; given a replicate, those of others. Of what is
    `reached` by the batches done a checkpoint is made whenever that is due.

    Returns
    -------
    sequence of sequences of int
        Batches of each thread.
    """
    from simcore.kernels import sinks
    from simcore.kernels.simulate import run_blocks

    batches = job.batches.within(task.part.first, task.part.last)
    chosen = site.tile.program if program is None else program
    rooms = [sinks.workspace(chosen.rows, BLOCK) for _ in range(job.threads)]
    begin, keeper = job.batches.begin(task.part.first) if site.kept is None else 0, site.keeper

    def one(thread: int, number: int) -> None:
        batch, room = batches[number], rooms[thread]
        try:
            work(thread, batch, lambda sink, origin=begin: run_blocks(
                chosen, batch.first, batch.draws, job.replicates, batch.first - origin, False, room,
                sink,
            ))  # fmt: skip
        except BaseException:
            if keeper is not None:
                keeper.stop()
            raise

    shares = [[k for k in own if replicate in (None, batches[k].replicate)] for own in task.shares]
    threads = len(shares) or min(job.threads, len(batches))
    met = [list(own) for own in done] or [[] for _ in range(threads)]
    total = sum(map(len, shares)) if shares else len(batches)
    known = {k for own in met for k in own}
    free = iter([k for k in range(len(batches)) if k not in known])
    queues = [iter(own[len(m) :]) for own, m in zip(shares, met, strict=False)] or [free] * threads
    pause = site.checkpoint if reached is not None else None
    is_due = pause.is_due if pause else _never
    in_chunks = None
    if keeper is not None:
        # What is counted is of no use without its draws, so no pause is within a chunk.
        in_chunks = InChunks(free, lambda k: keeper.number(batches[k].first), is_due)
        queues, is_due = [in_chunks] * threads, _never
    while (before := sum(map(len, met))) < total:
        report = lambda more, before=before: site.report((before + more) / total)  # noqa: E731
        if in_chunks is not None:
            in_chunks.go_on()
        dealt = site.crew.over_batches(one, queues, report, is_due)
        if keeper is not None:
            site.crew.together(keeper.drain)
        met = [[*own, *more] for own, more in zip(met, dealt, strict=True)]
        if pause is not None and reached is not None and pause.is_due():
            pause.save(reached(met))
    return met


def _never() -> bool:
    return False


_STAGES: Final = {
    Stage.COUNT: _count, Stage.COLLECT: _collect, Stage.KEEP: _keep, Stage.REFINE: _refine,
}  # fmt: skip
