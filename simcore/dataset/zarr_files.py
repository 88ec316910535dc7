"""A run as a Zarr format 3 group, its files written one by one.

The library `zarr` takes some milliseconds for each array, and a run has hundreds of small ones, so
only reading is left to it: its own metadata is what a test compares these files with.
"""

from __future__ import annotations

import base64
import itertools
import json
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from google_crc32c import value as crc32c

from simcore.dataset.containers import Array, blocks

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
        self._reserved: list[str] = []
        self._apart: dict[str, Path] = {}
        self._attrs: dict[str, Any] = {"zarr_format_needed": _FORMAT}
        self._arrays: dict[str, tuple[Array, dict[str, Any]]] = {}
        self._describe_group()

    def reserve(self, arrays: Mapping[str, Array]) -> None:
        for name, array in arrays.items():
            self._declare(name, array)
            self._reserved.append(name)

    def set_apart(self, folder: Path) -> None:
        """Let the reserved arrays lie in a folder, which may hold chunks of them, until
        `bring_in`."""
        for name in self._reserved:
            (folder / name).mkdir(parents=True, exist_ok=True)
            (self._path / name / "zarr.json").replace(folder / name / "zarr.json")
            (self._path / name).rmdir()
            self._apart[name] = folder / name

    def _declare(self, name: str, array: Array) -> None:
        metadata = metadata_of(array)
        (self._path / name).mkdir()
        _write_json(self._path / name / "zarr.json", metadata)
        self._arrays[name] = (array, metadata)

    def _folder(self, name: str) -> Path:
        return self._apart.get(name, self._path / name)

    def bring_in(self) -> None:
        """Move the arrays that lie apart to the others."""
        for name, folder in self._apart.items():
            folder.rename(self._path / name)

    def take_out(self) -> None:
        """Undo `bring_in`, as far as it was done."""
        for name, folder in self._apart.items():
            if not folder.exists() and (self._path / name).exists():
                (self._path / name).rename(folder)

    def put(self, name: str, array: Array, values: np.ndarray) -> None:
        self._declare(name, array)
        self._write_chunks(name, (), values)

    def write(self, name: str, index: tuple[int, ...], values: np.ndarray) -> None:
        self._write_chunks(name, index, values)

    def mark_undefined(self, name: str, index: tuple[int, ...]) -> None:
        """A chunk that is not there reads as NaN."""

    def read(self, name: str, chunk: tuple[slice, ...]) -> np.ndarray:
        array, _ = self._arrays[name]
        shape = tuple(one.stop - one.start for one in chunk)
        file = self._folder(name) / key_of(_position(chunk, array.chunks))
        if file.exists():
            return _decoded(array, file.read_bytes())[tuple(map(slice, shape))]
        return np.full(shape, np.nan, array.dtype)

    def annotate(self, name: str, attrs: Mapping[str, Any]) -> None:
        _, metadata = self._arrays[name]
        metadata["attributes"] |= attrs
        _write_json(self._folder(name) / "zarr.json", metadata)

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
            write_chunk(self._folder(name) / key_of((*index, *position)), array, part)


def write_chunk(file: Path, array: Array, values: np.ndarray) -> int:
    """Write a whole chunk of an array; returns the bytes of its file."""
    encoded = _encoded(array, values)
    with file.open("wb") as opened:
        opened.write(encoded)
        return len(encoded) + opened.write(crc32c(encoded).to_bytes(_CRC_BYTES, "little"))


def read_chunk(file: Path, array: Array) -> np.ndarray:
    """Read what `write_chunk` has written; an OSError or ValueError where it is damaged."""
    content = file.read_bytes()
    if crc32c(content[:-_CRC_BYTES]).to_bytes(_CRC_BYTES, "little") != content[-_CRC_BYTES:]:
        raise ValueError(f"{file}: damaged (checksum)")
    return _decoded(array, content)


def key_of(place: Iterable[int]) -> str:
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

    # Its threads, which it has where the first one of a process calls it, put the blocks of a chunk
    # in the order in which they are done: the same draws would be other bytes.
    blosc.use_threads = False
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
