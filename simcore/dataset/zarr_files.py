"""A run as a Zarr format 3 group, its files written one by one.

The library `zarr` takes some milliseconds for each array, and a run has hundreds of small ones, so
only reading is left to it: its own metadata is what a test compares these files with.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from google_crc32c import value as crc32c

from simcore.dataset.containers import Array, blocks
from simcore.files import sync_one

_SMALL: Final = 32_768
"""Bytes below which an array is not compressed: it costs more than it saves."""
_LEVEL: Final = 1
_ALGORITHM: Final = "lz4"
_CRC_BYTES: Final = 4
"""Bytes at the end of each chunk that every reader of Zarr checks."""
_FORMAT: Final = "3: zarr-python 3 or later; older ones find no file here"


class ZarrContainer:
    """A Zarr format 3 group. A chunk belongs to one leading cell, so writers never share one."""

    def __init__(self, path: Path) -> None:
        path.mkdir()
        self._path = path
        self._attrs: dict[str, Any] = {"zarr_format_needed": _FORMAT}
        self._arrays: dict[str, tuple[Array, dict[str, Any]]] = {}
        self._describe_group()

    def reserve(self, arrays: Mapping[str, Array]) -> None:
        for name, array in arrays.items():
            metadata = metadata_of(array)
            (self._path / name).mkdir()
            _write_json(self._path / name / "zarr.json", metadata)
            self._arrays[name] = (array, metadata)

    def put(self, name: str, array: Array, values: np.ndarray) -> None:
        self.reserve({name: array})
        self._write_chunks(name, (), values)

    def write(self, name: str, index: tuple[int, ...], values: np.ndarray) -> None:
        self._write_chunks(name, index, values)

    def mark_undefined(self, name: str, index: tuple[int, ...]) -> None:
        """A chunk that is not there reads as NaN."""

    def read(self, name: str, chunk: tuple[slice, ...]) -> np.ndarray:
        array, _ = self._arrays[name]
        shape = tuple(one.stop - one.start for one in chunk)
        file = self._path / name / _key(_position(chunk, array.chunks))
        if file.exists():
            return _decoded(array, file.read_bytes())[tuple(map(slice, shape))]
        return np.full(shape, np.nan, array.dtype)

    def set_aside(self, name: str, index: tuple[int, ...], folder: Path) -> None:
        """Link the chunks of a leading cell, once they are on the disk, into a folder as well."""
        (folder / name).mkdir(parents=True, exist_ok=True)
        for key, _ in self._chunks(name, index):
            file, link = self._path / name / key, folder / name / key
            sync_one(file)
            link.unlink(missing_ok=True)
            os.link(file, link)
        sync_one(folder / name)

    def aside(self, name: str, index: tuple[int, ...], folder: Path) -> Iterator[np.ndarray]:
        """What `set_aside` has put there, chunk by chunk; an error where it is damaged."""
        array, _ = self._arrays[name]
        for key, shape in self._chunks(name, index):
            whole = _decoded(array, (folder / name / key).read_bytes())
            yield whole[(0,) * array.lead][tuple(map(slice, shape))]

    def take_back(self, name: str, index: tuple[int, ...], folder: Path) -> None:
        """Link the chunks of a leading cell from there."""
        for key, _ in self._chunks(name, index):
            os.link(folder / name / key, self._path / name / key)

    def _chunks(self, name: str, index: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Names and shapes of the chunks of a leading cell."""
        array, _ = self._arrays[name]
        tail = array.chunks[array.lead :]
        for cut in blocks(array.shape[array.lead :], tail):
            yield _key((*index, *_position(cut, tail))), tuple(one.stop - one.start for one in cut)

    def annotate(self, name: str, attrs: Mapping[str, Any]) -> None:
        _, metadata = self._arrays[name]
        metadata["attributes"] |= attrs
        _write_json(self._path / name / "zarr.json", metadata)

    def label(self, attrs: Mapping[str, Any]) -> None:
        self._attrs |= _plain(attrs)
        self._describe_group()

    def flush(self) -> None:
        """Nothing waits."""

    def close(self, attrs: Mapping[str, Any] | None = None) -> None:
        """Repeat all metadata at the top, where a reader finds it at once."""
        self._attrs |= _plain(attrs or {})
        self._describe_group({
            "consolidated_metadata": {
                # An extension of format 3, which every reader may ignore.
                "kind": "inline",
                "must_understand": False,
                "metadata": {name: metadata for name, (_, metadata) in self._arrays.items()},
            }
        })  # fmt: skip

    def _describe_group(self, more: Mapping[str, Any] | None = None) -> None:
        group = {"zarr_format": 3, "node_type": "group", "attributes": self._attrs, **(more or {})}
        _write_json(self._path / "zarr.json", group)

    def _write_chunks(self, name: str, index: tuple[int, ...], values: np.ndarray) -> None:
        array, _ = self._arrays[name]
        for position, part in _parts(values, array.chunks[len(index) :]):
            file = self._path / name / _key((*index, *position))
            encoded = _encoded(array, part)
            with file.open("wb") as opened:
                opened.write(encoded)
                opened.write(crc32c(encoded).to_bytes(_CRC_BYTES, "little"))


def _key(place: Iterable[int]) -> str:
    """Name of the file of a chunk."""
    return ".".join(map(str, ("c", *place)))


def metadata_of(array: Array) -> dict[str, Any]:
    """Describe an array as its `zarr.json` does."""
    attrs = _plain(array.attrs)
    fill: Any = ""
    if array.dtype is not None:
        fill = False if array.dtype.kind == "b" else 0
        if array.dtype.kind == "f":
            fill = "NaN"
            # The encoding that xarray expects for a fill value in Zarr format 3.
            attrs["_FillValue"] = base64.b64encode(struct.pack("<d", np.nan)).decode()
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(array.shape),
        "data_type": "string" if array.dtype is None else array.dtype.name,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(array.chunks)}},
        # A dot keeps the chunks of an array in one folder.
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}},
        "fill_value": fill,
        "codecs": _codecs(array),
        "attributes": attrs,
        "dimension_names": list(array.dims),
        "storage_transformers": [],
    }


def _codecs(array: Array) -> list[dict[str, Any]]:
    checksum: dict[str, Any] = {"name": "crc32c"}
    if array.dtype is None:
        return [{"name": "vlen-utf8", "configuration": {}}, checksum]
    codecs: list[dict[str, Any]] = [{"name": "bytes"}]
    if array.dtype.itemsize > 1:
        codecs[0]["configuration"] = {"endian": "little"}
    if _is_compressed(array):
        codecs.append({
            "name": "blosc",
            "configuration": {
                "typesize": array.dtype.itemsize, "cname": _ALGORITHM, "clevel": _LEVEL,
                "shuffle": "shuffle", "blocksize": 0,
            },
        })  # fmt: skip
    return [*codecs, checksum]


def _is_compressed(array: Array) -> bool:
    return array.dtype is not None and array.nbytes >= _SMALL


def _parts(
    values: np.ndarray, chunks: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
    """Cut values into whole chunks; those at the end are filled up."""
    for cut in blocks(values.shape, chunks):
        part = np.asarray(values[cut])
        if part.shape != chunks:
            whole = np.zeros(chunks, dtype=values.dtype)
            whole[tuple(map(slice, part.shape))] = part
            part = whole
        yield _position(cut, chunks), part


def _position(cut: tuple[slice, ...], chunks: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(one.start // step for one, step in zip(cut, chunks, strict=True))


def _encoded(array: Array, values: np.ndarray) -> bytes:
    if array.dtype is None:
        texts = [str(entry or "").encode() for entry in values.ravel().tolist()]
        lengths = (len(text).to_bytes(4, "little") for text in texts)
        pairs = itertools.chain.from_iterable(zip(lengths, texts, strict=True))
        return b"".join([len(texts).to_bytes(4, "little"), *pairs])
    plain = np.ascontiguousarray(values, dtype=array.dtype.newbyteorder("<"))
    if not _is_compressed(array):
        return plain.tobytes()
    from numcodecs import blosc

    packed: bytes = blosc.compress(plain, _ALGORITHM.encode(), _LEVEL, blosc.SHUFFLE, 0)
    return packed


def _decoded(array: Array, content: bytes) -> np.ndarray:
    """Undo `_encoded` of numbers, and what follows it in the file."""
    plain: bytes | memoryview = memoryview(content)[:-_CRC_BYTES]
    if _is_compressed(array):
        from numcodecs import blosc

        plain = blosc.decompress(plain)
    assert array.dtype is not None
    return np.frombuffer(plain, array.dtype.newbyteorder("<")).reshape(array.chunks)


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def _plain(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """Turn arrays into lists, as JSON asks."""
    return {
        name: value.tolist() if isinstance(value, np.generic | np.ndarray) else value
        for name, value in attrs.items()
    }
