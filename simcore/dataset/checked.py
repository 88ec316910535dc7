"""Arrays of a saved run that are checked as they are read.

Each reading is widened to whole blocks, whose checksums are compared: a chunk that is damaged,
lost, taken from elsewhere or written by another run meanwhile is an error and never a number.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr
from xarray.backends import BackendArray, BackendEntrypoint
from xarray.core import indexing

from simcore.dataset.checksums import (
    CHECKSUMS,
    SEAL,
    Checks,
    canonical,
    crc,
    description,
    head_of,
    kind_of,
    seal,
)
from simcore.dataset.containers import blocks
from simcore.dataset.saved import RunError, attributes_of
from simcore.errors import Fault

_LOG: Final = logging.getLogger(__name__)
_ROOM: Final = 64_000_000
"""Bytes read at once."""
_CHANGED: Final = "damaged: not what was written (checksum)"
_MENDED: Final = "restore it from a copy, or run again"

Box = tuple[slice, ...]


@dataclass(frozen=True)
class Source:
    """One array of a run on disk, and what it should hold.

    Attributes
    ----------
    place : Path
        The run.
    name : str
    variable : xarray.Variable
        As the container gives it.
    checks : Checks or None
        None in a run written before checksums.
    seal : str
        That of the run when it was opened.
    """

    place: Path
    name: str
    variable: xr.Variable
    checks: Checks | None
    seal: str

    @property
    def block(self) -> tuple[int, ...]:
        """Shape of what has a checksum; of a chunk where there is none."""
        if self.checks is not None:
            return self.checks.block
        chunks = self.variable.encoding.get("preferred_chunks", {})
        return tuple(chunks.get(dim, max(1, n)) for dim, n in self.variable.sizes.items())

    def read(self, box: Box) -> np.ndarray:
        """Read whole blocks; a RunError names the first that is not as it was written."""
        self._count_texts(box)
        try:
            values = np.asarray(self.variable[box].values)
        except Exception as error:
            # Libraries have many ways to say that a file is not what it should be.
            inner = list(_within(box, self.block))
            if len(inner) > 1:
                for one in inner:
                    self.read(one)
            found = f"damaged: {' '.join(str(error).split()) or type(error).__name__}"
            raise self._error(box, found) from error
        if self.checks is not None:
            for one in _within(box, self.block):
                part = np.asarray(values[_moved(one, box)])
                found = crc(canonical(part, kind_of(self.variable.dtype)))
                if found != self.checks.values[self._number(one)]:
                    raise self._error(one, _CHANGED)
        return values

    def _place(self, box: Box) -> tuple[int, ...]:
        return tuple(one.start // step for one, step in zip(box, self.block, strict=True))

    def _number(self, box: Box) -> int:
        counts = [
            -(-length // step) for length, step in zip(self.variable.shape, self.block, strict=True)
        ]
        return int(np.ravel_multi_index(self._place(box), counts)) if counts else 0

    def _count_texts(self, box: Box) -> None:
        """Refuse what is no chunk of text: its first bytes would be taken for a length, and
        memory be filled."""
        codecs = [type(one).__name__ for one in self.variable.encoding.get("compressors") or ()]
        if kind_of(self.variable.dtype) != "text" or codecs != ["Crc32cCodec"]:
            return
        for one in _within(box, self.block):
            file = self._file(one)
            if file.is_file():
                with file.open("rb") as opened:
                    count = int.from_bytes(opened.read(4), "little")
                if count != np.prod(self.block):
                    raise self._error(one, _CHANGED)

    def _file(self, box: Box) -> Path:
        """Where a block lies: the run, or in a store the folder of the array or a chunk in it."""
        if not self.place.is_dir():
            return self.place
        folder = self.place / self.name
        if self.variable.encoding.get("chunks") != self.block or not any(folder.glob("c.*")):
            return folder
        return folder / ".".join(map(str, ("c", *self._place(box))))

    def _error(self, box: Box, found: str) -> RunError:
        file = self._file(box)
        if not file.exists():
            found = "missing"
        remedy = f"{_MENDED}; simcore verify {self.place} says what can still be used"
        if attributes_of(self.place).get(SEAL, "") != self.seal:
            found, remedy = "another run, written while this one was read", "open it again"
        return RunError(Fault(
            self.name, found, f"what the run wrote of {self.name}", remedy, file=str(file)
        ))  # fmt: skip


class _CheckedArray(BackendArray):
    """What xarray asks for values."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.shape = source.variable.shape
        self.dtype = source.variable.dtype

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.BASIC, self._read
        )

    def _read(self, key: tuple[int | slice, ...]) -> Any:
        wanted, last = [], []
        for one, length in zip(key, self.shape, strict=True):
            places = range(length)[one] if isinstance(one, slice) else range(one, one + 1)
            backwards = places.step < 0
            wanted.append(places[::-1] if backwards else places)
            last.append(slice(None, None, -1 if backwards else 1) if isinstance(one, slice) else 0)
        if self._are_blocks(wanted):
            return self._source.read(tuple(slice(one.start, one.stop) for one in wanted))[
                tuple(last)
            ]
        found = np.empty(tuple(map(len, wanted)), self.dtype)
        for cuts in itertools.product(*self._cuts(wanted)):
            box, inner, outer = zip(*cuts, strict=True)
            found[outer] = self._source.read(box)[inner]
        return found[tuple(last)]

    def _are_blocks(self, wanted: list[range]) -> bool:
        """Whether whole blocks are wanted and nothing else, so that no copy is needed."""
        return all(
            len(places) > 0
            and places.step == 1
            and places.start % step == 0
            and (places.stop % step == 0 or places.stop == length)
            for places, step, length in zip(wanted, self._source.block, self.shape, strict=True)
        )

    def _cuts(self, wanted: list[range]) -> Iterator[list[tuple[slice, slice, slice]]]:
        """What to read along each dimension, what to take of that, and where it goes."""
        block = self._source.block
        sizes = _grown(wanted, block, self.dtype.itemsize)
        for places, size, step, length in zip(wanted, sizes, block, self.shape, strict=True):
            cuts = []
            for start in range(places.start // step * step, places.stop if places else 0, size):
                stop = min(start + size, length)
                first, end = (
                    max(0, -(-(edge - places.start) // places.step)) for edge in (start, stop)
                )
                if taken := places[first:end]:
                    inner = slice(taken.start - start, taken.stop - start, taken.step)
                    cuts.append((slice(start, stop), inner, slice(first, first + len(taken))))
            yield cuts


def _grown(wanted: list[range], block: tuple[int, ...], itemsize: int) -> list[int]:
    """Shape of what is read at once: as many blocks as are wanted and have room."""
    sizes = list(block)
    room = _ROOM // max(1, itemsize * int(np.prod(block, dtype=np.int64)))
    for axis in range(len(sizes) - 1, -1, -1):
        places = wanted[axis]
        count = -(-places.stop // block[axis]) - places.start // block[axis] if places else 1
        times = max(1, min(count, room))
        sizes[axis] *= times
        room //= times
    return sizes


def _within(box: Box, block: tuple[int, ...]) -> Iterator[Box]:
    """Blocks of a box, which begins with a whole one."""
    for part in blocks(tuple(one.stop - one.start for one in box), block):
        yield tuple(
            slice(whole.start + one.start, whole.start + one.stop)
            for whole, one in zip(box, part, strict=True)
        )


def _moved(box: Box, origin: Box) -> Box:
    return tuple(
        slice(one.start - whole.start, one.stop - whole.start)
        for one, whole in zip(box, origin, strict=True)
    )


class CheckedRun(BackendEntrypoint):
    """Lets xarray open a run whose labels and attributes are checked now, its values when read."""

    def open_dataset(self, filename_or_obj: Any, *, drop_variables: Any = None) -> xr.Dataset:
        """Open a run; a RunError tells of labels and attributes that are not as written."""
        plain = plainly(filename_or_obj)
        try:
            return self._checked(plain, Path(filename_or_obj))
        except BaseException:
            plain.close()
            raise

    def _checked(self, plain: xr.Dataset, place: Path) -> xr.Dataset:
        sources, faults = sources_of(plain, place)
        if faults:
            raise RunError(faults)
        if not any(source.checks for source in sources.values()):
            _LOG.warning(
                "%s has no checksums, as it was written before them or copied in part: damage of "
                "its numbers would not be noticed", place,
            )  # fmt: skip
        checked = {}
        for name, source in sources.items():
            variable = source.variable
            attrs = {key: value for key, value in variable.attrs.items() if key != CHECKSUMS}
            values = indexing.LazilyIndexedArray(_CheckedArray(source))
            checked[name] = xr.Variable(variable.dims, values, attrs, variable.encoding)
        # Labels become indexes here, and are read.
        run = xr.Dataset(
            {name: one for name, one in checked.items() if name not in plain.coords},
            {name: one for name, one in checked.items() if name in plain.coords},
            {name: value for name, value in plain.attrs.items() if name != SEAL},
        )
        run.set_close(plain.close)
        return run


def plainly(place: str | Path) -> xr.Dataset:
    """Open a run as xarray does, but reading nothing yet."""
    options: dict[str, Any] = {"engine": "netcdf4"}
    if Path(place).is_dir():
        options = {"engine": "zarr", "chunks": None, "consolidated": True}
    return xr.open_dataset(place, cache=False, create_default_indexes=False, **options)


def sources_of(plain: xr.Dataset, place: Path) -> tuple[dict[str, Source], list[Fault]]:
    """Arrays of a run with what they should hold, and what is wrong with labels and attributes."""
    held = {str(name): variable for name, variable in plain.variables.items()}
    texts = {
        name: str(one.attrs[CHECKSUMS]) for name, one in held.items() if CHECKSUMS in one.attrs
    }
    file = str(place / "zarr.json" if place.is_dir() else place)
    written = str(plain.attrs.get(SEAL, ""))
    has_checksums = bool(texts or written)
    sources, faults = {}, []

    def damaged(where: str, what: str) -> None:
        remedy = (
            f"{_MENDED}; simcore verify {place} says what can still be used; after a change on "
            f"purpose take away the attributes {SEAL} and {CHECKSUMS}"
        )
        faults.append(Fault(where, _CHANGED, what, remedy, file=file))

    for name, variable in held.items():
        checks = None
        if has_checksums:
            try:
                checks = Checks.read(texts[name])
                about = description(head_of(name, variable), variable.attrs, checks.block)
            except (ValueError, KeyError, TypeError):
                about = ""
            if checks is None or about != checks.description:
                damaged(name, "its name, dimensions, type, shape and attributes as written")
                continue
        sources[name] = Source(place, name, variable, checks, written)
    if has_checksums and not faults and seal(plain.attrs, texts) != written:
        damaged("", "the arrays and global attributes as written")
    return sources, faults
