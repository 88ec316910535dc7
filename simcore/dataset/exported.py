"""The summaries of a run as NetCDF that CDO reads: a time axis, numbers only, three dimensions.

CDO takes a variable of time, one level and one grid, and skips text. So the years are the time,
the quantiles the levels, and all other dimensions of an array stand in one row of cells, whose
labels are whole numbers with their meanings beside them (`flag_values`, `flag_meanings`).
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore._version import __version__
from simcore.dataset.saved import is_run
from simcore.errors import Fault, OutputError
from simcore.files import refuse_taken, whole

if TYPE_CHECKING:
    import xarray as xr

_MISSING: Final = 1e20
_NOT_OF_CELLS: Final = ("year", "quantile")
_OF_A_RUN: Final = ("schema_version", "complete")
"""What makes a file a run, which an export is not."""
_LONGEST: Final = 500
"""Longest attribute that is taken along: the config has its digest, and stays in the run."""


def export(run: xr.Dataset, out: Path, *, overwrite: bool = False) -> list[str]:
    """Write the summaries of a run for CDO and NCO.

    Parameters
    ----------
    run : xarray.Dataset
        As `open_run` gives it.
    out : path
        A name in .nc.
    overwrite : bool
        Whether to replace a file that stands there.

    Returns
    -------
    list of str
        Arrays that such a file cannot hold: the draws, and text.

    Raises
    ------
    OutputError
        The name has another suffix, something stands there, be it with `overwrite` a run, or it
        cannot be written.
    """
    if out.suffix != ".nc" or out.is_dir():
        raise OutputError(Fault(
            str(out), out.suffix or "no suffix", "a name that ends in .nc", "choose another name",
        ))  # fmt: skip
    refuse_taken(out, overwrite=overwrite)
    if is_run(out):
        raise OutputError(Fault(
            str(out), "a run", "a free name, or that of an export",
            "choose another name: a run is more than its export",
        ))  # fmt: skip
    taken = [
        str(name) for name, one in run.data_vars.items()
        if one.dtype.kind in "biuf" and "draw" not in one.dims
    ]  # fmt: skip
    with (
        whole(
            out, expected="a place that can be written", remedy="choose another name", folders=True
        ) as partial,
        _in_memory(partial) as file,
    ):
        file.setncatts(_attrs(run))
        if any("year" in run[name].dims for name in taken):
            _write_time(file, run["year"].values.tolist())
        if any("quantile" in run[name].dims for name in taken):
            _write_levels(file, run["quantile"])
        cells: dict[tuple[str, ...], str] = {}
        for name in taken:
            own = tuple(str(dim) for dim in run[name].dims if dim not in _NOT_OF_CELLS)
            if own and own not in cells:
                cells[own] = f"cell_{len(cells) + 1}"
                _write_cells(file, cells[own], own, run)
            _write(file, name, run[name], own, cells.get(own, ""))
    return [str(name) for name in run.variables if name not in taken and name not in run.dims]


@contextlib.contextmanager
def _in_memory(path: Path) -> Iterator[Any]:
    """A file of NetCDF that is written at the end, in one piece: the library ends the process where
    the disk fills up under it."""
    import netCDF4

    file = netCDF4.Dataset(str(path), "w", format="NETCDF4_CLASSIC", memory=1 << 16)
    try:
        yield file
    except BaseException:
        file.close()
        raise
    path.write_bytes(file.close())


def _attrs(run: xr.Dataset) -> dict[str, Any]:
    """Attributes of the run that fit into a header, and who made the file."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    short = {
        str(name): value for name, value in run.attrs.items()
        if len(str(value)) <= _LONGEST and not str(name).startswith("zarr")
        and name not in _OF_A_RUN
    }  # fmt: skip
    history = "\n".join([*filter(None, [str(short.get("history", ""))]),
                         f"{now} simcore {__version__} export"])  # fmt: skip
    return {**short, "history": history}


def _write_time(file: Any, years: Sequence[int]) -> None:
    """Years as their middle, in days, with their first and last moments."""
    first = datetime.date(years[0], 1, 1)

    def days(year: int, month: int) -> int:
        return (datetime.date(year, month, 1) - first).days

    file.createDimension("time", None)
    file.createDimension("bounds", 2)
    time = file.createVariable("time", "f8", ("time",))
    time.setncatts({
        "standard_name": "time", "long_name": "Middle of the calendar year", "axis": "T",
        "units": f"days since {first} 00:00:00", "calendar": "proleptic_gregorian",
        "bounds": "time_bounds",
    })  # fmt: skip
    time[:] = [days(year, 7) for year in years]
    bounds = file.createVariable("time_bounds", "f8", ("time", "bounds"))
    bounds[:] = [(days(year, 1), days(year + 1, 1)) for year in years]


def _write_levels(file: Any, quantiles: xr.DataArray) -> None:
    file.createDimension("quantile", quantiles.size)
    level = file.createVariable("quantile", "f8", ("quantile",))
    level.setncatts({"long_name": "Probability of the quantile", "units": "1", "axis": "Z"})
    level[:] = quantiles.values


def _write_cells(file: Any, name: str, dims: tuple[str, ...], run: xr.Dataset) -> None:
    """A row of cells, and for each dimension that it stands for the label of each cell."""
    sizes = [run.sizes[dim] for dim in dims]
    file.createDimension(name, int(np.prod(sizes)))
    for dim, codes in zip(dims, np.indices(sizes).reshape(len(dims), -1), strict=True):
        labels = run[dim].values.tolist() if dim in run.coords else range(run.sizes[dim])
        variable = file.createVariable(f"{name}_{dim}", "i4", (name,))
        variable.setncatts({
            "long_name": f"{dim} of each cell", "flag_values": np.arange(len(labels), dtype="i4"),
            # Meanings are words, parted by blanks.
            "flag_meanings": " ".join("_".join(str(label).split()) or "_" for label in labels),
        })  # fmt: skip
        variable[:] = codes


def _write(
    file: Any, name: str, array: xr.DataArray, own: tuple[str, ...], cell: str
) -> None:  # fmt: skip
    before = [dim for dim in _NOT_OF_CELLS if dim in array.dims]
    values = np.asarray(array.transpose(*before, *own).values, dtype=np.float64)
    values = values.reshape(*(array.sizes[dim] for dim in before), *([-1] if own else []))
    dims = ["time" if dim == "year" else dim for dim in before] + [cell] * bool(own)
    variable = file.createVariable(name, "f8", dims, fill_value=_MISSING)
    variable.setncatts(_plain(array.attrs))
    if own:
        variable.setncattr("cell_labels", " ".join(f"{cell}_{dim}" for dim in own))
    variable[...] = np.where(np.isnan(values), _MISSING, values)


def _plain(attrs: Mapping[Any, Any]) -> dict[str, Any]:
    """Attributes of an array; NetCDF's classic model has no long whole numbers."""
    return {
        str(name): np.int32(value) if isinstance(value, int | np.integer) else value
        for name, value in attrs.items()
        if name not in ("coordinates", "_FillValue")
    }
