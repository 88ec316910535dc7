"""Chunks of kept draws, each written whole by whoever makes these draws, in whatever process.

A chunk appears under its name when it is whole, and what is said of it is enough to know later
whether it still is what was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from simcore.dataset.checksums import canonical, crc, kind_of
from simcore.dataset.containers import Array
from simcore.dataset.zarr_files import key_of, read_chunk, write_chunk
from simcore.errors import Fault, OutputError, is_of_memory
from simcore.files import token

MARK: Final = "here"
"""File by which another process knows that it sees the same folder."""


class Chunk(NamedTuple):
    """What is said of a chunk that was written.

    Attributes
    ----------
    array : str
    key : str
        Name of its file.
    bytes : int
        Of the file.
    crc : str
        CRC-32C over its values.
    """

    array: str
    key: str
    bytes: int
    crc: str

    @property
    def place(self) -> tuple[int, ...]:
        """Position along each dimension, in chunks."""
        return tuple(map(int, self.key.split(".")[1:]))


@dataclass(frozen=True)
class ChunkFolder:
    """Where the chunks of a run are written; it can be pickled.

    Attributes
    ----------
    path : Path
    nonce : str
        What the file `here` in it holds.
    arrays : mapping of str to Array
    """

    path: Path
    nonce: str
    arrays: Mapping[str, Array]

    @classmethod
    def made(cls, path: Path, arrays: Mapping[str, Array]) -> ChunkFolder:
        """Mark a folder that exists."""
        nonce = token()
        (path / MARK).write_text(nonce, "ascii")
        return cls(path, nonce, arrays)

    @property
    def is_here(self) -> bool:
        """Whether this process sees the same folder."""
        try:
            return (self.path / MARK).read_text("ascii") == self.nonce
        except OSError:
            return False

    def key(self, name: str, index: tuple[int, ...], number: int) -> str:
        """Name of the file of a chunk of a cell."""
        array = self.arrays[name]
        return key_of((*index, *(0,) * (len(array.shape) - array.lead - 1), number))

    def write(self, name: str, index: tuple[int, ...], number: int, draws: np.ndarray) -> Chunk:
        """Write the draws of a chunk, NaN where undefined; an OutputError where that fails.

        Parameters
        ----------
        name : str
        index : tuple of int
            Position along every dimension before `year`, or before `draw` without one.
        number : int
            Of the chunk among those of these draws.
        draws : ndarray, shape (years, draws) or (draws,)
        """
        array = self.arrays[name]
        if np.issubdtype(array.dtype, np.integer):
            draws = np.where(np.isnan(draws), -1, draws)
        values = np.asarray(draws, array.dtype)[(None,) * array.lead]
        key = self.key(name, index, number)
        found = crc(canonical(values, kind_of(array.dtype)))
        if values.shape != array.chunks:
            whole = np.zeros(array.chunks, array.dtype)
            whole[tuple(map(slice, values.shape))] = values
            values = whole
        partial = self.path / name / f"{key}.{token()}"
        try:
            size = write_chunk(partial, array, values)
            partial.replace(self.path / name / key)
        except OSError as error:
            if is_of_memory(error):
                raise MemoryError(str(error)) from error  # no other disk would help
            raise OutputError(Fault(
                str(self.path), f"{type(error).__name__}: {error}", "a place that can be written",
                "check free space and permissions, or choose another output",
            )) from error  # fmt: skip
        return Chunk(name, key, size, found)

    def holds(self, chunk: Chunk) -> bool:
        """Whether a chunk is still what was written."""
        array, file = self.arrays[chunk.array], self.path / chunk.array / chunk.key
        try:
            if file.stat().st_size != chunk.bytes:
                return False
            values = read_chunk(file, array)
        except (OSError, RuntimeError, ValueError):
            return False
        begins = [one * step for one, step in zip(chunk.place, array.chunks, strict=True)]
        within = tuple(
            slice(min(step, length - begin))
            for begin, step, length in zip(begins, array.chunks, array.shape, strict=True)
        )
        return crc(canonical(values[within], kind_of(array.dtype))) == chunk.crc

    def clear(self, but: set[tuple[str, str]]) -> None:
        """Remove all but these (array, key): chunks of which nothing is known, and halves."""
        for name in self.arrays:
            for file in (self.path / name).glob("c*"):
                if (name, file.name) not in but:
                    file.unlink()
