"""The kept draws of a tile, chunk by chunk into files, while others are computed.

Draws are made in their order, or nearly so; a chunk whose draws are all there is written by whoever
comes by, and its room is given to the next one. So memory does not grow with the draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from threading import Condition, Lock
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simcore.dataset.chunks import Chunk, ChunkFolder
from simcore.plan import Cell
from simcore.running.crew import StoppedError
from simcore.running.items import Item, has_years
from simcore.running.jobs import Job

Keys = Sequence[tuple[str, str]]

_WAIT: Final = 0.1
"""Seconds after which who waits for room looks whether others have stopped."""


class _Place(NamedTuple):
    """Where the draws of a kept cell are among the lines of a tile."""

    cell: Cell
    first: int
    rows: int


class Keeper:
    """Chunks of a tile that are being filled and written; from several threads.

    Attributes
    ----------
    lines : ndarray, shape (asked rows,)
        Line of each asked row in the room of a chunk; -1: not kept.
    stretch : int
        Draws of a chunk.
    done : set of int
        Numbers of chunks that are written.
    """

    def __init__(
        self, tile: Sequence[Item], folder: ChunkFolder, draws: int, stretch: int,
        told: Callable[[Chunk], None], known: Callable[[Keys], bool] | None = None, *,
        done: Iterable[int] = (), most: int | None = None,
    ) -> None:  # fmt: skip
        """Of the kept items of a tile; `told` hears of each chunk, `known` says whether some were
        written before.

        At most so many chunks are filled at a time, which needs draws that come in their order.
        """
        self.stretch, self.done = stretch, set(done)
        self._known = known
        self._folder, self._draws, self._told = folder, draws, told
        self._most = most
        self._places, self.lines, self._count = _placed(tile)
        self._dtype = np.result_type(*(_of_floats(folder, one.cell) for one in self._places))
        self._rooms: dict[int, NDArray[Any]] = {}
        self._free: list[NDArray[Any]] = []
        self._made: dict[int, int] = {}
        self._waiting: list[tuple[int, _Place]] = []
        self._left: dict[int, int] = {}
        self._changed = Condition()
        self._stopped = False

    @classmethod
    def of(
        cls, job: Job, number: int, told: Callable[[Chunk], None],
        known: Callable[[Keys], bool] | None = None, **options: Any,
    ) -> Keeper:  # fmt: skip
        """That of a tile of a job that has a folder."""
        assert job.folder is not None
        draws, stretch = job.plan.draws, job.batches.stretch
        return cls(job.tiles[number], job.folder, draws, stretch, told, known, **options)

    def find_done(self) -> bool:
        """Learn which chunks were written before; whether it is all of them."""
        if self._known is not None:
            self.done |= {one for one in self.numbers if self._known(self.keys(one))}
        return self.done >= set(self.numbers)

    def has(self, draws: Iterable[tuple[int, int]]) -> bool:
        """Whether the chunks of all draws, from the first of each range to its end, are written."""
        return all(
            self.number(draw) in self.done
            for first, end in draws
            for draw in (*range(first, end, self.stretch), end - 1)
        )

    def adopt(self, chunks: Iterable[Chunk]) -> None:
        """Count chunks that were written elsewhere, all of their cells."""
        for one in chunks:
            self._told(one)
            self.done.add(one.place[-1])

    def keys(self, number: int) -> Keys:
        """Arrays and names of the files of a chunk."""
        return [
            (one.cell.variable, self._folder.key(one.cell.variable, one.cell.index, number))
            for one in self._places
        ]

    @property
    def numbers(self) -> range:
        """Of all chunks."""
        return range(-(-self._draws // self.stretch))

    @property
    def is_even(self) -> bool:
        """Whether no chunk is begun and not yet written."""
        return not self._rooms

    def number(self, draw: int) -> int:
        """Of the chunk of a draw."""
        return draw // self.stretch

    def room(
        self, number: int, is_stopped: Callable[[], bool] = lambda: False
    ) -> NDArray[Any]:  # fmt: skip
        """Where the draws of a chunk go, shape (lines, draws); others are written while it is
        waited for, unless all is stopped."""
        while True:
            with self._changed:
                if self._stopped or is_stopped():
                    raise StoppedError
                if number in self._rooms:
                    return self._rooms[number]
                if self._most is None or len(self._rooms) < self._most:
                    room = self._free.pop() if self._free else self._new_room()
                    self._rooms[number] = room
                    return room
                if not self._waiting:
                    self._changed.wait(_WAIT)
                    continue
            self._write_one()

    def made(self, number: int, draws: int) -> None:
        """Say that so many draws of a chunk are in its room."""
        with self._changed:
            made = self._made.get(number, 0) + draws
            self._made[number] = made
            if made == self._draws_of(number):
                self._waiting += [(number, one) for one in self._places]
                self._left[number] = len(self._places)
                self._changed.notify_all()

    def put(self, first: int, lines: NDArray[np.int64], draws: NDArray[Any]) -> None:
        """Take the draws of some lines from the first draw on, which were made elsewhere."""
        end = first + draws.shape[1]
        for number in range(first // self.stretch, -(-end // self.stretch)):
            if number in self.done:
                continue
            begin = number * self.stretch
            start, stop = max(begin, first), min(begin + self.stretch, end)
            part = draws[:, start - first : stop - first]
            self.room(number)[lines, start - begin : stop - begin] = part
            self.made(number, stop - start)
            self.drain()

    def drain(self) -> None:
        """Write what waits to be written, beside others who do so."""
        while self._write_one():
            pass

    def stop(self) -> None:
        """Let nobody wait for room any more."""
        self._stopped = True

    def _draws_of(self, number: int) -> int:
        return min(self.stretch, self._draws - number * self.stretch)

    def _new_room(self) -> NDArray[Any]:
        # Rows that are nowhere defined are nowhere written.
        return np.full((self._count, min(self.stretch, self._draws)), np.nan, self._dtype)

    def _write_one(self) -> bool:
        """Write one cell of a chunk; False where none waits."""
        with self._changed:
            if not self._waiting:
                return False
            number, one = self._waiting.pop()
            room = self._rooms[number]
        draws = room[one.first : one.first + one.rows, : self._draws_of(number)]
        cell = one.cell
        chunk = self._folder.write(
            cell.variable, cell.index, number, draws if has_years(cell) else draws[0]
        )
        self._told(chunk)
        with self._changed:
            self._left[number] -= 1
            if self._left[number] == 0:
                self.done.add(number)
                self._free.append(self._rooms.pop(number))
                self._changed.notify_all()
        return True


class InChunks:
    """Deals batches to several threads in their order; begins no chunk while a pause is due."""

    def __init__(
        self, batches: Iterable[int], number: Callable[[int], int], is_due: Callable[[], bool]
    ) -> None:
        self._batches, self._number, self._is_due = list(batches), number, is_due
        self._at, self._begins, self._lock = 0, 0, Lock()

    def __iter__(self) -> InChunks:
        return self

    def __next__(self) -> int:
        with self._lock:
            at = self._at
            if at == len(self._batches):
                raise StopIteration
            one = self._batches[at]
            begins = at > self._begins and self._number(one) != self._number(self._batches[at - 1])
            if begins and self._is_due():
                raise StopIteration
            self._at = at + 1
            return one

    def go_on(self) -> None:
        """After a pause, or before the first: a chunk is begun at any rate."""
        self._begins = self._at


def _placed(tile: Sequence[Item]) -> tuple[list[_Place], NDArray[np.int64], int]:
    """Lines of each kept cell and of each asked row, and how many lines there are."""
    places, lines, at = list[_Place](), list[NDArray[np.int64]](), 0
    for item in tile:
        rows = item.request.rows
        lines.append(np.arange(at, at + rows) if item.kept else np.full(rows, -1))
        places += [_Place(cell, at, rows) for cell in item.kept]
        at += rows if item.kept else 0
    return places, np.concatenate(lines), at


def _of_floats(folder: ChunkFolder, cell: Cell) -> Any:
    """Type in which the draws of a cell are held until they are written."""
    found = folder.arrays[cell.variable].dtype
    return found if found is not None and found.kind == "f" else np.float32
