"""Open a saved run and fingerprint its values."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.dataset.checksums import Bytes, canonical, counted, digest_of, head_of
from simcore.dataset.heaps import is_endless
from simcore.dataset.layout import SCHEMA_VERSION
from simcore.errors import ConfigError, Fault
from simcore.variables import ALIASES

if TYPE_CHECKING:
    import xarray as xr

_MARKS: Final = {"simcore_version", "schema_version"}
_BLOCK_BYTES: Final = 16_000_000
_KINDS: Final = {
    **dict.fromkeys((".yaml", ".yml"), "a config, which is not run yet"),
    **dict.fromkeys((".html", ".xlsx", ".csv", ".md"), "a page or table, which no command reads"),
    **dict.fromkeys((".png", ".svg", ".pdf"), "a picture"),
    ".partial": "work of a run that is not complete",
}
"""What is no run, by the end of its name."""
WRITTEN_AS: Final = "written_as"
"""Attribute of an array that is called otherwise than in the run that holds it."""


class RunError(ConfigError):
    """A saved run that cannot be read, or a choice from it that does not exist."""


def open_run(path: str | os.PathLike[str]) -> xr.Dataset:
    """Open a saved run; arrays are read, and checked, when they are used.

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
        When there is no run, or it is incomplete, or a newer simcore wrote it, or it is damaged;
        also later, where an array that is read is not what the run wrote.
    """
    import xarray as xr

    from simcore.dataset.checked import CheckedRun
    from simcore.dataset.display import Dataset

    place = finished_run(path)
    try:
        return Dataset.of(_by_present_names(xr.open_dataset(place, engine=CheckedRun)))
    except RunError:
        raise
    except Exception as error:
        # Libraries have many ways to say that a file is not what it should be.
        raise unreadable(place, error) from error


def _by_present_names(run: xr.Dataset) -> xr.Dataset:
    """Call the arrays of outcomes as they are called now, whatever the version that wrote them."""
    named = {
        name: new + str(name)[len(old) :]
        for name in [*run.variables, *(dim for dim in run.dims if dim not in run.variables)]
        for old, new in ALIASES.items()
        if name == old or str(name).startswith(f"{old}_")
    }
    if not named:
        return run
    found = run.rename(named)
    for old, new in named.items():
        if new in found.variables:
            found.variables[new].attrs[WRITTEN_AS] = str(old)
    found.set_close(run.close)
    return found


def finished_run(path: str | os.PathLike[str]) -> Path:
    """Make sure that a complete run stands there, which this version can read.

    A RunError tells of anything else.
    """
    place = Path(path)
    if not place.exists():
        raise _no_run(place, "nothing there", "a run written by simcore run")
    attrs = attributes_of(place)
    if not _MARKS.issubset(attrs):
        raise _no_run(place, _something_else(place), "a run written by simcore run (.zarr or .nc)")
    try:
        version, complete = int(attrs["schema_version"]), int(attrs.get("complete", 0))
    except (ValueError, TypeError, OverflowError) as error:
        raise unreadable(place, error) from error
    if version > SCHEMA_VERSION:
        raise RunError(Fault(
            "schema_version", str(version), f"at most {SCHEMA_VERSION}",
            f"install simcore {attrs['simcore_version']} or later", file=str(place),
        ))  # fmt: skip
    if complete != 1:
        raise RunError(Fault(
            "complete", "0: the run did not end", "1", "run it again", file=str(place),
        ))  # fmt: skip
    return place


def unreadable(place: Path, error: Exception) -> RunError:
    """Tell of a run of which nothing can be read."""
    file = str(place / "zarr.json" if place.is_dir() else place)
    found = f"damaged: {' '.join(str(error).split()) or type(error).__name__}"
    remedy = "restore it from a copy, or run again; nothing of it can be read"
    return RunError(Fault("", found, "a readable run", remedy, file=file))


def digest(dataset: xr.Dataset) -> str:
    """SHA-256 over the names, dimensions, types and values of all variables.

    Independent of chunks, container, attributes and clock. Variables come in the order of their
    names, values in C order as little-endian bytes with one NaN, text as UTF-8 with its length,
    whole numbers as 64 bits, for tools copy them into others. Labels of which the run holds nothing
    but units do not count. Reads about 16 MB at a time.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run, in memory or opened from any container.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    written = {
        str(name): str(one.attrs.get(WRITTEN_AS, name)) for name, one in dataset.variables.items()
    }
    held = {written[str(name)]: one for name, one in dataset.variables.items()}
    heads = [
        replace(head, dims=tuple(written.get(dim, dim) for dim in head.dims))
        for head in (head_of(name, one) for name, one in held.items())
    ]
    return digest_of((head, _parts(held[head.name], head.kind)) for head in counted(heads))


def _parts(variable: xr.Variable, kind: str) -> Iterator[Bytes]:
    itemsize = 32 if kind == "text" else variable.dtype.itemsize
    for block in _blocks(variable.shape, itemsize):
        yield canonical(np.asarray(variable[block].values), kind)


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
    return _MARKS.issubset(attributes_of(path))


def is_complete(path: Path) -> bool:
    """Whether what stands there says that it is a complete run."""
    attrs = attributes_of(path)
    return _MARKS.issubset(attrs) and attrs.get("complete") == 1


def attributes_of(path: Path) -> dict[str, Any]:
    """Global attributes of a store; empty when there is none."""
    try:
        if path.is_dir():
            return dict(json.loads((path / "zarr.json").read_text("utf-8"))["attributes"])
        if not path.is_file():  # a pipe or a device would be waited for
            return {}
        import netCDF4

        if is_endless(path):
            return {}
        with netCDF4.Dataset(str(path), "r") as file:
            return {name: file.getncattr(name) for name in file.ncattrs()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError):
        return {}


def _something_else(place: Path) -> str:
    """What stands where a run should, as far as its name tells."""
    kind = _KINDS.get(place.suffix.lower())
    return kind or "something else, or a run whose attributes are damaged"


def _no_run(path: Path, found: str, expected: str) -> RunError:
    remedy = "give the OUT of a finished run; simcore run FILE makes one"
    return RunError(Fault("", found, expected, remedy, file=str(path)))
