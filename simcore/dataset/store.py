"""Write a run beside its place and move it there when it is complete."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.dataset.checksums import DIGEST, SEAL, Recorder
from simcore.dataset.chunks import Chunk, ChunkFolder
from simcore.dataset.containers import (
    Array,
    Container,
    FileContainer,
    MemoryContainer,
    NetcdfContainer,
)
from simcore.dataset.layout import (
    Layout,
    array_of,
    coordinates,
    global_attrs,
    kept_arrays,
    statistics_of,
    stored_bytes,
    summary_arrays,
)
from simcore.dataset.leftovers import clear_leftovers, partial_path, remove
from simcore.dataset.lock import Lock
from simcore.dataset.moving import Identity, identity_of, put_in_place
from simcore.dataset.saved import is_run, open_run
from simcore.dataset.zarr_files import ZarrContainer
from simcore.errors import Fault, OutputError, is_of_memory
from simcore.files import make_folders, sync, token

if TYPE_CHECKING:
    import xarray as xr

Extra = Mapping[str, tuple[tuple[str, ...], np.ndarray, Mapping[str, Any]]]

SUFFIXES: Final = (".zarr", ".nc")


def check_output(out: Path, *, overwrite: bool, needed: int = 0) -> None:
    """Find everything that would keep a run of so many bytes from being written, before it starts.

    An OutputError tells of a wrong suffix, an existing output (unless it is a run that may be
    replaced), another run to it that is under way, an unwritable folder and a full disk.
    """
    where, faults = str(out), []
    if out.suffix not in SUFFIXES:
        faults.append(Fault(
            where, out.suffix or "no suffix", "a name that ends in .zarr or .nc",
            _other_name(out),
        ))  # fmt: skip
    elif out.suffix == ".nc" and where.encode(errors="replace").decode() != where:
        faults.append(Fault(
            where, "bytes that are not UTF-8", "a name in UTF-8, as NetCDF files have",
            "choose another name, or one that ends in .zarr",
        ))  # fmt: skip
    else:
        faults += filter(None, (_fault_of_name(out, overwrite=overwrite), Lock(out).fault()))
    folder = out.absolute().parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        faults.append(Fault(
            where, f"{folder} is not a folder", "a folder to write into", "choose another output",
        ))  # fmt: skip
    elif not os.access(folder, os.W_OK | os.X_OK):
        faults.append(Fault(
            where, f"{folder} is not writable", "a folder that may be written",
            "choose another output, or ask for the right to write there",
        ))  # fmt: skip
    elif (free := shutil.disk_usage(folder).free) < needed:
        faults.append(Fault(
            where, f"{free / 1e6:,.0f} MB free in {folder}", f"{needed / 1e6:,.0f} MB",
            "free some space, keep fewer variables (keep:), or take fewer draws",
        ))  # fmt: skip
    if faults:
        raise OutputError(faults)


def _other_name(out: Path) -> str:
    """What to do about a suffix that no run has."""
    run = out.with_name((out.stem or "run") + ".zarr") if out.name else Path("run.zarr")
    if out.suffix.lower() in (".xlsx", ".xls"):
        return f"write to {run}, then simcore report {run} --xlsx {out.with_suffix('.xlsx')}"
    if out.suffix.lower() == ".csv":
        return f"write to {run}, then simcore summary {run} --format csv -o {out}"
    return f"write to {run}"


def _fault_of_name(out: Path, *, overwrite: bool) -> Fault | None:
    """What is wrong with what stands under the name of a run."""
    if not os.path.lexists(out):
        return None
    if not is_run(out):
        return Fault(
            str(out), "something that is not a simcore run", "a free name, or a run to replace",
            "choose another output, or move what stands there away",
        )  # fmt: skip
    if overwrite:
        return None
    return Fault(
        str(out), "a run that already exists", "a free name",
        "add --overwrite (overwrite=True) to replace it, or choose another output",
    )  # fmt: skip


@dataclass(frozen=True)
class Finished:
    """A run that is complete: its summaries at hand, all of it to be opened.

    Attributes
    ----------
    layout : Layout
    attrs : mapping
        Global attributes.
    summaries : mapping of str to (Array, values)
        What `Store.complete` was given.
    out : Path or None
        Where it lies; None for a run in memory.
    memory : MemoryContainer or None
        All arrays of a run in memory.
    """

    layout: Layout
    attrs: Mapping[str, Any]
    summaries: Mapping[str, tuple[Array, np.ndarray]]
    out: Path | None
    memory: MemoryContainer | None

    def open(self) -> xr.Dataset:
        """Open the run lazily, or label the arrays in memory."""
        if self.out is not None:
            return open_run(self.out)
        assert self.memory is not None
        return _in_memory(self.memory)


class Store:
    """A run being written: `begin` makes its place, `complete` or `abort` ends it.

    Whoever holds it before `begin` can `abort` it whenever an interrupt comes.
    """

    def __init__(self, layout: Layout, out: Path | None, *, overwrite: bool) -> None:
        self.layout = layout
        self._container: Container = MemoryContainer()
        # What a run on disk has more.
        self._file: FileContainer | None = None
        self._out, self._overwrite = out, overwrite
        self._token = token()
        self._partial = None if out is None else partial_path(out, self._token)
        self._claim = None if out is None else Lock(out)
        self._replaces: Identity | None = None
        self._arrays = kept_arrays(layout)
        self._written = {
            name: np.zeros(array.shape[: array.lead], dtype=bool)
            for name, array in self._arrays.items()
        }
        self._sums = Recorder(self._arrays)
        self._lock = threading.Lock()
        self._open = True

    def begin(self) -> None:
        """Check the place and make there what the draws are written into; see `create`."""
        try:
            if self._out is not None and self._partial is not None and self._claim is not None:
                self._make_place(self._out, self._partial, self._claim)
            self._container.label(global_attrs(self.layout))
            for name, (array, values) in coordinates(self.layout).items():
                self._put(name, array, values)
            self._container.reserve(self._arrays)
        except BaseException as error:
            self.abort()
            if isinstance(error, (OSError, RuntimeError)):
                raise _cannot_write(self._out, error) from error
            raise

    def _make_place(self, out: Path, partial: Path, claim: Lock) -> None:
        check_output(out, overwrite=self._overwrite, needed=stored_bytes(self.layout))
        make_folders(out.parent)
        claim.take()
        if claim.proves:
            clear_leftovers(out)
        # What stands there now may have been put there, or written, since it was looked at.
        if fault := _fault_of_name(out, overwrite=self._overwrite):
            raise OutputError(fault)
        self._replaces = identity_of(out)
        kind = NetcdfContainer if out.suffix == ".nc" else ZarrContainer
        self._container = self._file = kind(partial)

    @property
    def rows(self) -> np.ndarray | None:
        """Draws of a run in memory, (rows, draws), to be made in place; see `row_of`."""
        memory = self._container
        return memory.rows if isinstance(memory, MemoryContainer) else None

    def row_of(self, name: str, index: tuple[int, ...]) -> int | None:
        """First of `rows` of a leading cell; None where it must be given to `write`."""
        memory = self._container
        return memory.row_of(name, index) if isinstance(memory, MemoryContainer) else None

    def write(self, name: str, index: tuple[int, ...], values: np.ndarray) -> None:
        """Store the draws of one leading cell; safe to call from several threads.

        Parameters
        ----------
        name : str
            Outcome whose draws are kept, or `input`.
        index : tuple of int
            Position along every dimension before `year` (all dimensions when there is no year).
        values : array, shape (years, draws) or (draws,)
            NaN where undefined; a category then reads -1.
        """
        array = self._arrays[name]
        if len(index) != array.lead or values.shape != array.shape[array.lead :]:
            raise ValueError(
                f"{name}{list(index)}: shape {values.shape}, expected {array.lead} positions "
                f"and shape {array.shape[array.lead :]} ({', '.join(array.dims)})"
            )
        if np.issubdtype(array.dtype, np.integer):
            values = np.where(np.isnan(values), -1, values)
        values = np.asarray(values, dtype=array.dtype)
        try:
            self._container.write(name, index, values)
        except (OSError, RuntimeError) as error:
            raise _cannot_write(self._out, error) from error
        if self._file is not None:
            self._sums.cell(name, index, values)
        self.mark_made(name, index)

    def mark_made(self, name: str, index: tuple[int, ...]) -> None:
        """Declare that the draws of a leading cell were made in their place among `rows`."""
        with self._lock:
            self._written[name][index] = True

    def mark_undefined(self, name: str, index: tuple[int, ...]) -> None:
        """Declare that a leading cell has no value in any draw; it reads as NaN."""
        if not np.issubdtype(self._arrays[name].dtype, np.floating):
            raise ValueError(f"{name}{list(index)}: a type without NaN cannot be left undefined")
        self._container.mark_undefined(name, index)
        if self._file is not None:
            self._sums.undefined(name, index)
        self.mark_made(name, index)

    def write_apart(self, folder: Path) -> ChunkFolder | None:
        """Let the kept draws be written chunk by chunk, by whoever makes them, into a folder.

        It outlives a run that ends before it is complete. `adopt` is told of each chunk.

        Returns
        -------
        ChunkFolder or None
            None where the container cannot do that, or nothing is kept.
        """
        if not isinstance(self._container, ZarrContainer) or not self._arrays:
            return None
        try:
            self._container.set_apart(folder)
            return ChunkFolder.made(folder, self._arrays)
        except OSError as error:
            raise _cannot_write(self._out, error) from error

    def adopt(self, chunk: Chunk) -> None:
        """Count a chunk that was written apart; safe to call from several threads."""
        with self._lock:
            if self._sums.chunk(chunk.array, chunk.place, chunk.crc):
                self._written[chunk.array][chunk.place[: self._arrays[chunk.array].lead]] = True

    def complete(
        self, statistics: Mapping[str, np.ndarray], *, extra: Extra | None = None
    ) -> Finished:
        """Add the summaries, declare the run complete and move it to its place.

        `statistics` are at least the arrays of `statistics_of`, over those dimensions; `extra`
        further ones as dimensions, values and attributes. What is missing is a ValueError; where
        the disk refuses, or another run has taken the place meanwhile, that is an OutputError.
        """
        self._require_complete(statistics)
        arrays = summary_arrays(self.layout, statistics)
        for name, (dims, values, attrs) in (extra or {}).items():
            arrays.append((name, array_of(dims, np.asarray(values), attrs), np.asarray(values)))
        attrs = global_attrs(self.layout) | {"complete": 1}
        try:
            for name, array, values in arrays:
                self._put(name, array, values)
            if self._file is not None:
                attrs |= self._checksums(self._file, attrs)
            self._container.flush()
            # What says that it is complete reaches the disk after all that it speaks of.
            if self._partial is not None:
                sync(self._partial)
                self._bring_in()
                sync(self._partial, deep=False)
            self._container.close(attrs)
            if self._partial is not None:
                sync(self._partial, deep=False)
        except (OSError, RuntimeError) as error:
            raise _cannot_write(self._out, error) from error
        self._open = False
        if self._out is not None and self._partial is not None:
            put_in_place(self._partial, self._out, self._token, replaces=self._replaces)
        self._let_go()
        return Finished(
            layout=self.layout,
            attrs=attrs,
            summaries={name: (array, values) for name, array, values in arrays},
            out=self._out,
            memory=self._container if isinstance(self._container, MemoryContainer) else None,
        )

    def _put(self, name: str, array: Array, values: np.ndarray) -> None:
        if self._file is not None:
            array = self._sums.whole(name, array, values)
        self._container.put(name, array, values)

    def _checksums(self, file: FileContainer, attrs: Mapping[str, Any]) -> dict[str, str]:
        """Write those of the kept arrays; returns the global attributes, once all is written."""
        for name in self._arrays:
            file.annotate(name, self._sums.kept(name))
        digest = {DIGEST: self._sums.digest(file.read)}
        return digest | {SEAL: self._sums.seal({**attrs, **digest})}

    def _bring_in(self) -> None:
        if isinstance(self._container, ZarrContainer):
            self._container.bring_in()

    def take_out(self) -> None:
        """Let what was written apart lie there again, in a run that ends before it is complete."""
        if self._open and isinstance(self._container, ZarrContainer):
            with contextlib.suppress(OSError):
                self._container.take_out()

    def abort(self) -> None:
        """Remove everything written so far but what lies apart; what is complete stays."""
        self.take_out()
        if self._open:
            self._open = False
            # A full disk may refuse even the closing; the file goes away in any case.
            with contextlib.suppress(OSError, RuntimeError):
                self._container.close()
            if self._partial is not None:
                remove(self._partial)
        self._let_go()

    def _let_go(self) -> None:
        if self._claim is not None:
            self._claim.release()

    def _require_complete(self, statistics: Mapping[str, np.ndarray]) -> None:
        missing = [name for name in statistics_of(self.layout) if name not in statistics]
        for name, mask in self._written.items():
            if not mask.all():
                missing.append(f"{int((~mask).sum())} of {mask.size} cells of {name}")
        if missing:
            raise ValueError(f"incomplete run: {', '.join(missing)}")


def _in_memory(container: MemoryContainer) -> xr.Dataset:
    import xarray as xr

    from simcore.dataset.display import Dataset

    variables = {
        name: xr.Variable(array.dims, values, dict(array.attrs))
        for name, (array, values) in container.arrays.items()
    }
    return Dataset.of(xr.decode_cf(xr.Dataset(variables, attrs=container.attrs)))


def _cannot_write(out: Path | None, error: Exception) -> OutputError | MemoryError:
    if is_of_memory(error):
        return MemoryError(str(error))  # no other disk would help
    return OutputError(Fault(
        str(out), f"{type(error).__name__}: {error}", "a place that can be written",
        "check free space and permissions, or choose another output",
    ))  # fmt: skip
