"""Where the arrays of a run are put: memory or a NetCDF file; `zarr_files` has the Zarr store.

Each container offers the same calls and knows nothing of what the arrays mean; `layout` decides
their names and attributes, `store` the moment they become visible.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

CHUNK_BYTES: Final = 8_000_000
ROOM: Final = 128_000_000
"""Bytes of the years of a cell that are put in order at once."""

# HDF5 is not thread-safe, not even for two different files.
_HDF5: Final = threading.Lock()


@dataclass(frozen=True)
class Array:
    """One array to be stored.

    Attributes
    ----------
    dims : tuple of str
        Names of the dimensions.
    shape : tuple of int
        Length along each dimension.
    dtype : numpy.dtype or None
        None for text.
    attrs : mapping
        Strings, numbers or flat lists of them.
    lead : int
        Number of leading dimensions that `write` fixes; a chunk never crosses them.
    stretch : int, optional
        Draws in a chunk, which then holds all years of them; without it, as many of either as
        there is room for.
    """

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any] | None
    attrs: Mapping[str, Any] = field(default_factory=dict)
    lead: int = 0
    stretch: int | None = None

    @property
    def nbytes(self) -> int:
        """Size without compression (text counted as 32 bytes an entry)."""
        return int(np.prod(self.shape, dtype=np.int64)) * self._itemsize

    @property
    def _itemsize(self) -> int:
        return self.dtype.itemsize if self.dtype is not None else 32

    @property
    def chunks(self) -> tuple[int, ...]:
        """One cell with all its years and a stretch of its draws; without one, with all its draws,
        and if too large, fewer years, then fewer draws."""
        tail = list(self.shape[self.lead :])
        if self.stretch is not None:
            return (1,) * self.lead + (*tail[:-1], min(tail[-1], self.stretch))
        room = max(1, CHUNK_BYTES // self._itemsize)
        for axis in range(len(tail) - 1, -1, -1):
            tail[axis] = max(1, min(tail[axis], room))
            room = max(1, room // tail[axis])
        return (1,) * self.lead + tuple(tail)


def blocks(shape: Sequence[int], block: Sequence[int]) -> Iterator[tuple[slice, ...]]:
    """Cut a shape into blocks, in C order."""
    for place in itertools.product(
        *(range(0, length, step) for length, step in zip(shape, block, strict=True))
    ):
        yield tuple(
            slice(start, min(start + step, length))
            for start, step, length in zip(place, block, shape, strict=True)
        )


def in_order(
    shape: Sequence[int], block: Sequence[int], dtype: np.dtype[Any],
    read: Callable[[tuple[slice, ...]], np.ndarray],
) -> Iterator[np.ndarray]:  # fmt: skip
    """Give an array back in C order, in pieces, though it is read block by block.

    Where a block holds many years and some of the draws, it is read anew for each year, or for as
    many of them as fit in memory with all their draws.
    """
    cut = [n for n, (length, step) in enumerate(zip(shape, block, strict=True)) if step < length]
    first = next((n for n, step in enumerate(block) if step > 1), len(block))
    if not cut or first >= cut[-1] or 0 in shape:
        for one in blocks(shape, block):
            yield read(one)
        return
    line = dtype.itemsize * int(np.prod(shape[first + 1 :], dtype=np.int64))
    rows, many = shape[first], max(1, ROOM // line)
    # The blocks of a single year follow each other.
    follow = many == 1 and first == len(shape) - 2
    for lead in np.ndindex(*shape[:first]):
        at = tuple(slice(place, place + 1) for place in lead)
        for begin in range(0, rows, many):
            end = min(begin + many, rows)
            room = np.empty((end - begin, *shape[first + 1 :]), dtype) if not follow else None
            for one in blocks(shape[first:], block[first:]):
                here = slice(max(begin, one[0].start), min(end, one[0].stop))
                if here.start >= here.stop:
                    continue
                inside = slice(here.start - one[0].start, here.stop - one[0].start)
                part = read((*at, *one))[(0,) * first][inside]
                if room is None:
                    yield part
                else:
                    room[(slice(here.start - begin, here.stop - begin), *one[1:])] = part
            if room is not None:
                yield room


def _type_of(array: Array) -> np.dtype:
    assert array.dtype is not None
    return array.dtype


class Container(Protocol):
    """What `dataset.Store` asks of a place to put arrays."""

    def reserve(self, arrays: Mapping[str, Array]) -> None:
        """Create arrays; each of their leading cells will be given to `write` or
        to `mark_undefined`."""

    def put(self, name: str, array: Array, values: np.ndarray) -> None:
        """Store a whole array."""

    def write(self, name: str, index: tuple[int, ...], values: np.ndarray) -> None:
        """Fill one leading cell of a reserved array; safe to call from several threads."""

    def mark_undefined(self, name: str, index: tuple[int, ...]) -> None:
        """Let one leading cell of a reserved array of floats read as NaN."""

    def label(self, attrs: Mapping[str, Any]) -> None:
        """Add or replace global attributes."""

    def flush(self) -> None:
        """Hand all that was written to the system."""

    def close(self, attrs: Mapping[str, Any] | None = None) -> None:
        """Add the last global attributes, in one step, and let go of the file."""


class FileContainer(Container, Protocol):
    """What it asks of a place on disk besides."""

    def read(self, name: str, chunk: tuple[slice, ...]) -> np.ndarray:
        """Give back a chunk of a reserved array."""

    def annotate(self, name: str, attrs: Mapping[str, Any]) -> None:
        """Add attributes to a reserved array."""


class MemoryContainer:
    """Arrays in memory, labelled at the end."""

    def __init__(self) -> None:
        self.arrays: dict[str, tuple[Array, np.ndarray]] = {}
        self.attrs: dict[str, Any] = {}
        self.rows: np.ndarray | None = None
        """Draws of all reserved arrays of floats, (rows, draws), to be made in place."""
        self._first: dict[str, int] = {}

    def reserve(self, arrays: Mapping[str, Array]) -> None:
        floats = {name: one for name, one in arrays.items() if _type_of(one).kind == "f"}
        rows = 0
        for name, one in floats.items():
            self._first[name] = rows
            rows += int(np.prod(one.shape[:-1]))
        if floats:
            one = next(iter(floats.values()))
            # Unwritten: filling all of it first would touch the memory twice.
            self.rows = np.empty((rows, one.shape[-1]), one.dtype)
        for name, one in arrays.items():
            if self.rows is None or name not in floats:
                values = np.empty(one.shape, one.dtype)
            else:
                first = self._first[name]
                values = self.rows[first : first + int(np.prod(one.shape[:-1]))].reshape(one.shape)
            self.arrays[name] = (one, values)

    def row_of(self, name: str, index: tuple[int, ...]) -> int | None:
        """First of `rows` of a leading cell; None where it has none."""
        if name not in self._first:
            return None
        array = self.arrays[name][0]
        cell = int(np.ravel_multi_index(index, array.shape[: array.lead])) if index else 0
        return self._first[name] + cell * int(np.prod(array.shape[array.lead : -1]))

    def put(self, name: str, array: Array, values: np.ndarray) -> None:
        self.arrays[name] = (array, values)

    def write(self, name: str, index: tuple[int, ...], values: np.ndarray) -> None:
        self.arrays[name][1][index] = values

    def mark_undefined(self, name: str, index: tuple[int, ...]) -> None:
        self.arrays[name][1][index] = np.nan

    def label(self, attrs: Mapping[str, Any]) -> None:
        self.attrs |= attrs

    def flush(self) -> None:
        """Nothing waits."""

    def close(self, attrs: Mapping[str, Any] | None = None) -> None:
        self.label(attrs or {})


class NetcdfContainer:
    """A NetCDF-4 file."""

    def __init__(self, path: Path) -> None:
        import netCDF4

        with _HDF5:
            self._file = netCDF4.Dataset(str(path), "w", format="NETCDF4", clobber=False)
        self._reserved: dict[str, Array] = {}

    def _create(self, name: str, array: Array) -> Any:
        for dim, length in zip(array.dims, array.shape, strict=True):
            if dim not in self._file.dimensions:
                self._file.createDimension(dim, length)
        floating = array.dtype is not None and array.dtype.kind == "f"
        # A reader without simcore sees a damaged chunk too; HDF5 cannot check text.
        checked = array.dtype is not None and array.dims != ()
        variable = self._file.createVariable(
            name,
            array.dtype if array.dtype is not None else str,
            array.dims,
            fill_value=np.nan if floating else None,
            chunksizes=array.chunks if checked else None,
            fletcher32=checked,
        )
        variable.set_auto_maskandscale(False)
        variable.setncatts(dict(array.attrs))
        return variable

    def reserve(self, arrays: Mapping[str, Array]) -> None:
        with _HDF5:
            for name, array in arrays.items():
                self._create(name, array)
        self._reserved |= arrays

    def put(self, name: str, array: Array, values: np.ndarray) -> None:
        with _HDF5:
            self._create(name, array)[...] = values

    def write(self, name: str, index: tuple[int, ...], values: np.ndarray) -> None:
        with _HDF5:
            self._file.variables[name][index] = values

    def mark_undefined(self, name: str, index: tuple[int, ...]) -> None:
        """NaN is what the file holds where nothing was written."""

    def read(self, name: str, chunk: tuple[slice, ...]) -> np.ndarray:
        with _HDF5:
            values: np.ndarray = self._file.variables[name][chunk]
        return values

    def annotate(self, name: str, attrs: Mapping[str, Any]) -> None:
        with _HDF5:
            self._file.variables[name].setncatts(dict(attrs))

    def label(self, attrs: Mapping[str, Any]) -> None:
        with _HDF5:
            self._file.setncatts(dict(attrs))

    def flush(self) -> None:
        with _HDF5:
            self._file.sync()

    def close(self, attrs: Mapping[str, Any] | None = None) -> None:
        with _HDF5:
            self._file.setncatts(dict(attrs or {}))
            self._file.close()
