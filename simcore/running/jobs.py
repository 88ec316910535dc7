"""What is asked of a part of a run and what it gives back: an address and arrays, no more.

So that a part can be done by any process, in any order, and again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simcore.dataset.chunks import Chunk, ChunkFolder
from simcore.plan import Plan
from simcore.running.batches import Batches
from simcore.running.crew import Shares
from simcore.running.items import Item, items_of
from simcore.running.options import Options
from simcore.running.tiles import replicates_of, tiles_of
from simcore.variables import INTERVAL_LEVEL, QUANTILES

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

_NOTHING: Final[Any] = np.empty(0)


class Stage(StrEnum):
    """What is done with the draws of a part."""

    COUNT = "count"
    COLLECT = "collect"
    KEEP = "keep"
    REFINE = "refine"


@dataclass(frozen=True, eq=False)
class Job:
    """All that a process must know to do any part of a run; told once.

    Attributes
    ----------
    plan : Plan
    tiles : tuple of tuples of Item
    is_cut : bool
        Whether the draws of each stage are cut into parts, or are one part.
    threads : int
        Threads that share the draws of one part.
    options : Options
    probabilities : tuple of float
        Of the quantiles.
    folder : ChunkFolder, optional
        Where kept draws are written chunk by chunk; without it, they are put in their place whole.
    """

    plan: Plan
    tiles: tuple[tuple[Item, ...], ...]
    is_cut: bool
    threads: int
    options: Options
    probabilities: tuple[float, ...] = QUANTILES
    folder: ChunkFolder | None = None

    @classmethod
    def of(
        cls, plan: Plan, is_cut: bool, threads: int, options: Options,
        items: Sequence[Item] | None = None, probabilities: tuple[float, ...] = QUANTILES,
    ) -> Job:  # fmt: skip
        """The job of running a whole plan, or some items of it."""
        chosen = items_of(plan) if items is None else items
        tiles = tiles_of(plan, chosen, counters(is_cut, threads), options)
        return cls(plan, tuple(map(tuple, tiles)), is_cut, threads, options, probabilities)

    @property
    def counters(self) -> int:
        """Counts by bin that a process holds at a time."""
        return counters(self.is_cut, self.threads)

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
        return self._ranks(self.plan.draws, 1 if self._is_among_some else self.replicates)

    def ranks_among(self, defined: int) -> Any:
        """The same of rows that are defined in so many draws; 0: all draws, defined or not.

        What is undefined sorts last. The intervals of the former are those of independent draws.
        """
        return self._ranks(defined, 1) if defined else self.ranks

    def _ranks(self, draws: int, replicates: int) -> Any:
        from simcore.kernels.ranks import quantile_ranks

        return quantile_ranks(draws, self.probabilities, INTERVAL_LEVEL, replicates=replicates)

    @property
    def _is_among_some(self) -> bool:
        return any(item.defined for tile in self.tiles for item in tile)


def counters(is_cut: bool, threads: int) -> int:
    """Counts by bin that a process holds: one a thread; what parts have counted is one, and more
    arrives. However many processes there are, so that their number changes no tile.
    """
    return 1 + threads if is_cut else threads


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


class Arena(NamedTuple):
    """Memory of the process that puts all together, where others write what they count or collect.

    Attributes
    ----------
    address : str
        See `running.mapped`.
    begins : dict of int to int
        By the first batch of a part where what is its own begins.
    """

    address: str
    begins: dict[int, int]


class Task(NamedTuple):
    """A part, and what the stages before have found out, which is the same for all of a stage.

    Attributes
    ----------
    part : Part
    numbers : ndarray, shape (rows, 4)
        RATE, PIVOT, LOW and SCALE of each row, as in `kernels.sinks`.
    lines : ndarray, shape (rows,)
        Line of each row among those kept; -1: not kept. Of count and keep.
    slot, atom, places : ndarray
        As `kernels.bins.choose_bins` leaves them. The places are those of the threads of this part
        if there is no other one, else those of all draws together.
    shares : sequence of sequences of int
        Batches of the part that each thread met while it counted; empty if there are other parts.
    rows : (int, int)
        First row whose values are collected, and the one after the last.
    known : tuple of int
        Numbers of the chunks of kept draws that are written already.
    shift : ndarray, shape (rows, intervals)
        While refining: how closely is looked, see `kernels.refine`; then `atom` and `places` are
        as `kernels.sinks.refine_row` says.
    arena : Arena, optional
        Where counts by bin, or the values that are collected, go; without it they are in the
        result.
    counters : (int, int)
        Rows and counters of each, of count.
    """

    part: Part
    numbers: Floats
    lines: NDArray[np.int64]
    slot: NDArray[np.uint8] = _NOTHING
    atom: Floats = _NOTHING
    places: Places = _NOTHING
    shares: Shares = ()
    rows: tuple[int, int] = (0, 0)
    known: tuple[int, ...] = ()
    shift: Floats = _NOTHING
    arena: Arena | None = None
    counters: tuple[int, int] = (0, 0)


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
        Values by bin; empty where they were written into the task's arena.
    values : ndarray
        What was collected, thread after thread; empty where it was written into the task's arena.
    places : ndarray, shape (threads, rows collected, 5)
        Where that lies.
    tally : Tally
        Of the rows collected, by replicate: `filled`, and as `inside` the draws between, below
        and above the slots, and in them.
    chunks : tuple of Chunk
        Kept draws that were written where the part was done.
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
    chunks: tuple[Chunk, ...] = ()


Perform = Callable[[Task], Result]
