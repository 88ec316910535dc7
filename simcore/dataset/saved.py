"""Open a saved run and fingerprint its values."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.dataset.layout import SCHEMA_VERSION
from simcore.errors import ConfigError, Fault

if TYPE_CHECKING:
    import xarray as xr

_MARKS: Final = {"simcore_version", "schema_version"}
_BLOCK_BYTES: Final = 16_000_000


class RunError(ConfigError):
    """A saved run that cannot be read, or a choice from it that does not exist."""


def open_run(path: str | os.PathLike[str]) -> xr.Dataset:
    """Open a saved run; arrays are read when they are used.

    Parameters
    ----------
    path : path
        A `.zarr` store or a `.nc` file.

    Returns
    -------
    xarray.Dataset

    Raises
    ------
    RunError
        When there is no run, or it is incomplete, or a newer simcore wrote it.
    """
    import xarray as xr

    from simcore.dataset.display import Dataset

    place = Path(path)
    if not place.exists():
        raise _no_run(place, "nothing there", "a run written by simcore run")
    attrs = _attributes(place)
    if not _MARKS.issubset(attrs):
        raise _no_run(place, "something else", "a run written by simcore run (.zarr or .nc)")
    version = int(attrs["schema_version"])
    if version > SCHEMA_VERSION:
        raise RunError(Fault(
            "schema_version", str(version), f"at most {SCHEMA_VERSION}",
            f"install simcore {attrs['simcore_version']} or later", file=str(place),
        ))  # fmt: skip
    if int(attrs.get("complete", 0)) != 1:
        raise RunError(Fault(
            "complete", "0: the run did not end", "1", "run it again", file=str(place),
        ))  # fmt: skip
    try:
        if place.is_dir():
            found = xr.open_dataset(place, engine="zarr", chunks=None, consolidated=True)
        else:
            found = xr.open_dataset(place, engine="netcdf4")
        return Dataset.of(found)
    except (OSError, ValueError, KeyError) as error:
        raise _no_run(place, f"damaged: {error}", "a readable run") from error


def digest(dataset: xr.Dataset) -> str:
    """SHA-256 over the names, dimensions, types and values of all variables.

    Independent of chunks, container, attributes and clock. Variables come in the order of their
    names, values in C order as little-endian bytes with one NaN, text as UTF-8 with its length,
    whole-numbered labels as 64 bits. Labels of which the run holds nothing but units do not count.
    Reads about 16 MB at a time.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run, in memory or opened from any container.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    total = hashlib.sha256()
    numbers = {
        dim for name, one in dataset.variables.items() if name not in dataset.dims
        and one.dtype.kind in "biuf" for dim in one.dims
    }  # fmt: skip
    for name in sorted(str(name) for name in dataset.variables):
        variable = dataset.variables[name]
        if name in dataset.dims and f"{name}_unit" in dataset.variables and name not in numbers:
            continue
        number = variable.dtype.kind in "biuf"
        kind = variable.dtype.newbyteorder("<").str if number else "text"
        if name in dataset.dims and variable.dtype.kind in "iu":
            kind = "<i8"  # a container without them has made them shorter
        head = [name, [str(dim) for dim in variable.dims], kind, list(variable.shape)]
        total.update(json.dumps(head, separators=(",", ":")).encode())
        for block in _blocks(variable.shape, variable.dtype.itemsize if number else 32):
            values = np.asarray(variable[block].values)
            total.update(_bytes(values, kind) if number else _text_bytes(values))
    return total.hexdigest()


def _bytes(values: np.ndarray, kind: str) -> bytes:
    canonical = np.array(values, dtype=kind, order="C")
    if canonical.dtype.kind == "f":
        canonical[np.isnan(canonical)] = np.nan
    return canonical.tobytes()


def _text_bytes(values: np.ndarray) -> bytes:
    entries = [str(entry).encode() for entry in values.ravel().tolist()]
    return b"".join(len(entry).to_bytes(8, "little") + entry for entry in entries)


def _blocks(shape: tuple[int, ...], itemsize: int) -> Iterator[tuple[Any, ...]]:
    """Cut an array into consecutive C-order pieces of about 16 MB."""
    axis, row = len(shape), itemsize
    while axis > 0 and row * shape[axis - 1] <= _BLOCK_BYTES:
        axis -= 1
        row *= shape[axis]
    if axis == 0:
        yield (...,)
        return
    step = max(1, _BLOCK_BYTES // max(row, 1))
    for lead in np.ndindex(*shape[: axis - 1]):
        for start in range(0, shape[axis - 1], step):
            yield (*lead, slice(start, start + step))


def is_run(path: Path) -> bool:
    """Whether simcore wrote what stands there, complete or not."""
    return _MARKS.issubset(_attributes(path))


def is_complete(path: Path) -> bool:
    """Whether what stands there says that it is a complete run."""
    attrs = _attributes(path)
    return _MARKS.issubset(attrs) and attrs.get("complete") == 1


def _attributes(path: Path) -> dict[str, Any]:
    """Global attributes of a store; empty when there is none."""
    try:
        if path.is_dir():
            return dict(json.loads((path / "zarr.json").read_text("utf-8"))["attributes"])
        import netCDF4

        with netCDF4.Dataset(str(path), "r") as file:
            return {name: file.getncattr(name) for name in file.ncattrs()}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _no_run(path: Path, found: str, expected: str) -> RunError:
    remedy = "give the OUT of a finished run; simcore run FILE makes one"
    return RunError(Fault("", found, expected, remedy, file=str(path)))
