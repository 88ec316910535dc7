"""Checksums of a run: of every array block by block, of what describes it, of all its values.

They are taken of names, dimensions, attributes and values as a reader gets them, not of bytes on
disk: a copy by another tool, into another container, keeps them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from google_crc32c import extend

from simcore.dataset.containers import Array, blocks, in_order

if TYPE_CHECKING:
    import xarray as xr

CHECKSUMS: Final = "checksums"
"""Attribute of an array: a `Checks` as JSON."""
SEAL: Final = "checksum"
"""Global attribute: the CRC-32C over all other attributes and the checksums of all arrays."""
DIGEST: Final = "digest"
"""Global attribute: see `dataset.digest`."""

Bytes = bytes | memoryview
Read = Callable[[str, tuple[slice, ...]], np.ndarray]
"""What gives back a block of an array, (name, block)."""
_PIECE: Final = 65_536

# A container keeps these elsewhere, or writes them anew.
_OF_CONTAINER: Final = {"coordinates", "_FillValue", "zarr_format_needed"}
# How inputs and routes are sorted is no result: a digest that counted it would change with the
# words.
_ASIDE: Final = {"factor_group", "route_sector", "sector_product"}
TITLE: Final = "_title"
"""Ending of coordinates that hold human names of labels, which are no results either."""
# Tools add to them what they did.
_OF_TOOLS: Final = {"history", "NCO"}


@dataclass(frozen=True)
class Head:
    """What a number of an array means: without it the values say nothing.

    Attributes
    ----------
    name : str
    dims : tuple of str
    kind : str
        Type of the values in a digest; see `kind_of`.
    shape : tuple of int
    """

    name: str
    dims: tuple[str, ...]
    kind: str
    shape: tuple[int, ...]

    def text(self) -> bytes:
        """Write it one way."""
        return _json([self.name, list(self.dims), self.kind, list(self.shape)])


@dataclass(frozen=True)
class Checks:
    """What an array was when it was written.

    Attributes
    ----------
    description : str
        CRC-32C over `Head`, attributes and `block`.
    block : tuple of int
        Shape of a block; the last ones along a dimension are shorter.
    values : tuple of str
        CRC-32C over the values of each block, in C order.
    """

    description: str
    block: tuple[int, ...]
    values: tuple[str, ...]

    def text(self) -> str:
        """Write it as the attribute."""
        return _json({
            "description": self.description, "block": self.block, "values": self.values,
        }).decode()  # fmt: skip

    @classmethod
    def read(cls, text: str) -> Checks:
        """Undo `text`; a ValueError, KeyError or TypeError where it is damaged."""
        found = json.loads(text)
        return cls(found["description"], tuple(found["block"]), tuple(found["values"]))


def crc(data: Bytes) -> str:
    """CRC-32C in eight hexadecimal digits."""
    found, view = 0, memoryview(data)
    for start in range(0, len(view), _PIECE):
        # It takes bytes alone, and small ones need no new memory.
        found = extend(found, view[start : start + _PIECE].tobytes())
    return f"{found:08x}"


def kind_of(dtype: np.dtype[Any] | None) -> str:
    """Type of values in a digest: integers count as 64 bits, for tools copy them into others."""
    if dtype is None or dtype.kind not in "biuf":
        return "text"
    return "<i8" if dtype.kind in "iu" else dtype.newbyteorder("<").str


def head_of(name: str, array: Array | xr.Variable) -> Head:
    """Say what an array means, declared or opened."""
    return Head(name, tuple(map(str, array.dims)), kind_of(array.dtype), tuple(array.shape))


def counted(heads: Iterable[Head]) -> list[Head]:
    """Arrays that a digest is taken of, in its order: no labels of which only units are held."""
    held = {head.name: head for head in heads}
    dims = {dim for head in held.values() for dim in head.dims}
    numbers = {
        dim for head in held.values() if head.name not in dims and head.kind != "text"
        for dim in head.dims
    }  # fmt: skip
    return [
        head for name, head in sorted(held.items())
        if name not in _ASIDE and not (head.kind == "text" and name.endswith(TITLE))
        if name not in dims or name in numbers or f"{name}_unit" not in held
    ]  # fmt: skip


def canonical(values: np.ndarray, kind: str) -> Bytes:
    """Values in C order as little-endian bytes with one NaN, or as UTF-8 with its length."""
    if kind == "text":
        entries = [str(entry).encode() for entry in values.ravel().tolist()]
        return b"".join(len(entry).to_bytes(8, "little") + entry for entry in entries)
    plain = np.ascontiguousarray(values, dtype=kind)
    if plain.dtype.kind == "f":
        undefined = np.isnan(plain)
        if undefined.any():
            plain = np.where(undefined, plain.dtype.type(np.nan), plain)
    return plain.reshape(-1).view(np.uint8).data


def digest_of(arrays: Iterable[tuple[Head, Iterable[Bytes]]]) -> str:
    """SHA-256 over arrays in the order of their names; see `dataset.digest`."""
    total = hashlib.sha256()
    for head, values in arrays:
        total.update(head.text())
        for part in values:
            total.update(part)
    return total.hexdigest()


def description(head: Head, attrs: Mapping[Any, Any], block: Sequence[int]) -> str:
    """CRC-32C over what an array is called, its dimensions, type, shape, attributes and blocks."""
    return crc(head.text() + _json([_plain(attrs, {*_OF_CONTAINER, CHECKSUMS}), list(block)]))


def seal(attrs: Mapping[Any, Any], checksums: Mapping[str, str]) -> str:
    """CRC-32C over global attributes and the attribute `checksums` of each array."""
    return crc(
        _json([_plain(attrs, {*_OF_CONTAINER, *_OF_TOOLS, SEAL}), dict(sorted(checksums.items()))])
    )


class Recorder:
    """Takes the checksums of a run while it is being written."""

    def __init__(self, kept: Mapping[str, Array]) -> None:
        self._kept = kept
        self._cells: dict[str, dict[tuple[int, ...], list[str]]] = {name: {} for name in kept}
        self._whole: dict[str, tuple[Array, np.ndarray]] = {}
        self._texts: dict[str, str] = {}

    def cell(self, name: str, index: tuple[int, ...], values: np.ndarray) -> None:
        """Take those of a leading cell of a kept array; from several threads."""
        array = self._kept[name]
        self._cells[name][index] = _sums(values, array.chunks[array.lead :], kind_of(array.dtype))

    def chunk(self, name: str, place: tuple[int, ...], found: str) -> bool:
        """Take that of a chunk of a kept array that has a stretch; whether its cell is whole."""
        array = self._kept[name]
        index, count = place[: array.lead], -(-array.shape[-1] // array.chunks[-1])
        known = self._cells[name].setdefault(index, [""] * count)
        known[place[-1]] = found
        return all(known)

    def undefined(self, name: str, index: tuple[int, ...]) -> None:
        """Take those of a leading cell that reads as NaN."""
        array = self._kept[name]
        self.cell(name, index, np.full(array.shape[array.lead :], np.nan, array.dtype))

    def whole(self, name: str, array: Array, values: np.ndarray) -> Array:
        """Take those of an array that is stored at once; returns it with them."""
        self._whole[name] = (array, values)
        sums = _sums(values, array.chunks, kind_of(array.dtype))
        return replace(array, attrs={**array.attrs, **self._text(name, array, sums)})

    def kept(self, name: str) -> dict[str, str]:
        """Attribute of a kept array whose cells are all written."""
        array, cells = self._kept[name], self._cells[name]
        every = [one for index in np.ndindex(array.shape[: array.lead]) for one in cells[index]]
        return self._text(name, array, every)

    def digest(self, read: Read | None = None) -> str:
        """SHA-256 of the run, kept arrays block by block as they `read` back.

        An OSError where one is not what was written.
        """
        whole = {name: array for name, (array, _) in self._whole.items()}
        heads = [head_of(name, array) for name, array in {**self._kept, **whole}.items()]
        return digest_of((head, self._bytes(head.name, read)) for head in counted(heads))

    def seal(self, attrs: Mapping[str, Any]) -> str:
        """CRC-32C over the attributes of the run and the checksums of its arrays."""
        return seal(attrs, self._texts)

    def _bytes(self, name: str, read: Read | None) -> Iterator[Bytes]:
        if name not in self._kept or read is None:
            array, values = self._whole[name]
            yield canonical(values, kind_of(array.dtype))
            return
        array = self._kept[name]
        kind, shape = kind_of(array.dtype), array.shape
        counts = [-(-one // step) for one, step in zip(shape, array.chunks, strict=True)]
        expected = Checks.read(self._texts[name]).values

        def checked(block: tuple[slice, ...]) -> np.ndarray:
            values = read(name, block)
            at = [one.start // step for one, step in zip(block, array.chunks, strict=True)]
            if crc(canonical(values, kind)) != expected[int(np.ravel_multi_index(at, counts))]:
                raise OSError(f"{name}: the disk gives back other numbers than were written")
            return values

        assert array.dtype is not None
        for part in in_order(shape, array.chunks, array.dtype, checked):
            yield canonical(part, kind)

    def _text(self, name: str, array: Array, sums: Sequence[str]) -> dict[str, str]:
        about = description(head_of(name, array), array.attrs, array.chunks)
        self._texts[name] = Checks(about, array.chunks, tuple(sums)).text()
        return {CHECKSUMS: self._texts[name]}


def _sums(values: np.ndarray, block: Sequence[int], kind: str) -> list[str]:
    return [crc(canonical(values[part], kind)) for part in blocks(values.shape, block)]


def _plain(attrs: Mapping[Any, Any], without: set[str]) -> dict[str, Any]:
    """Attributes in the order of their names, whatever types a container gives them."""
    found = {}
    for name in sorted(map(str, attrs)):
        if name in without:
            continue
        value = attrs[name]
        if isinstance(value, np.ndarray | np.generic):
            value = value.tolist()
        if isinstance(value, list | tuple):
            # NetCDF knows no list of one entry.
            value = value[0] if len(value) == 1 else list(value)
        found[name] = value
    return found


def _json(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()
