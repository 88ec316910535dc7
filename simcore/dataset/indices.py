"""Sensitivity indices as a dataset of their own, small and without draws.

Arrays of an outcome V are `V_first`, `V_total`, `V_second`, `V_shapley` over (scale, group[,
group_2], the dimensions of V that are asked for), `V_closed` over (scale, subset, ...), each with
`V_first_low` and `V_first_high`, unit 1; `V_mean`, `V_standard_deviation` in the unit of V;
`V_defined`, the share of draws that have a value, and `V_at_limit`, the share whose carbon price
stands at a hard bound.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore._version import __version__
from simcore.dataset.checksums import DIGEST, SEAL, Recorder
from simcore.dataset.containers import NetcdfContainer
from simcore.dataset.layout import SCHEMA_VERSION, array_of
from simcore.dataset.leftovers import partial_path, remove
from simcore.dataset.moving import identity_of, put_in_place
from simcore.dataset.saved import RunError
from simcore.dataset.store import check_output
from simcore.dataset.zarr_files import ZarrContainer
from simcore.errors import Fault, OutputError, is_of_memory
from simcore.files import make_folders, sync, token

if TYPE_CHECKING:
    import xarray as xr

STUDY: Final = "sensitivity"
"""Attribute `study` of a dataset of indices."""
MEASURES: Final[dict[str, str]] = {
    "first": "First-order index", "total": "Total index", "second": "Second-order index",
    "shapley": "Shapley effect", "closed": "Closed index",
}  # fmt: skip
"""Measures by pick-freeze, and what they are called. Those of a finished run have names of their
own (`analysis.given`)."""
LEADING: Final[dict[str, tuple[str, ...]]] = {
    "second": ("scale", "group", "group_2"), "closed": ("scale", "subset"),
}  # fmt: skip
"""Dimensions before those of the outcome, where they are not (scale, group)."""
DIMENSIONS: Final[dict[str, str]] = {
    "scale": "What of the outcome varies: its value, its rank among the draws, or its sign",
    "group": "Group of uncertain inputs",
    "group_2": "The other group of two",
    "subset": "Groups that are known together",
}

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """One measure of an outcome.

    Attributes
    ----------
    dims : tuple of str
    value : ndarray
    low, high : ndarray, optional
        Ends of the 95 % interval.
    attrs : mapping
    """

    dims: tuple[str, ...]
    value: Floats
    low: Floats | None = None
    high: Floats | None = None
    attrs: Mapping[str, Any] = field(default_factory=dict)


def labelled(
    measures: Mapping[str, Measure], coords: Mapping[str, tuple[str, Sequence[Any]]],
    attrs: Mapping[str, Any],
) -> xr.Dataset:  # fmt: skip
    """A dataset of indices.

    Parameters
    ----------
    measures : mapping of str to Measure
        By name of the array, such as `cost_premium_first`.
    coords : mapping of str to (str, sequence)
        Coordinates by name, with their dimension.
    attrs : mapping
        Of the dataset, beside what all have.

    Returns
    -------
    xarray.Dataset
    """
    import xarray as xr

    from simcore.dataset.display import Dataset

    arrays: dict[str, Any] = {}
    for name, one in measures.items():
        arrays[name] = (one.dims, one.value, {"units": "1", **one.attrs})
        for end, values in (("low", one.low), ("high", one.high)):
            if values is not None:
                about = {**arrays[name][2]}
                about["long_name"] = f"{about.get('long_name', name)}, {end} end of 95 % interval"
                arrays[f"{name}_{end}"] = (one.dims, values, about)
    found = xr.Dataset(
        arrays, {name: (dim, list(labels)) for name, (dim, labels) in coords.items()}
    )
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    version = __version__
    return Dataset.of(found.assign_attrs({
        "Conventions": "CF-1.11", "title": "simcore sensitivity", "source": f"simcore {version}",
        "history": f"{now} simcore {version}: indices written", "simcore_version": version,
        "schema_version": SCHEMA_VERSION, "study": STUDY, **attrs, "complete": 1,
        # Those that no array names as its own would be taken for data.
        "coordinates": " ".join(name for name, (dim, _) in coords.items() if name != dim),
    }))  # fmt: skip


def save(found: xr.Dataset, out: Path, *, overwrite: bool = False) -> None:
    """Write a small dataset as a .zarr or .nc that appears whole or not at all.

    Raises
    ------
    OutputError
        The output exists or cannot be written.
    """
    check_output(out, overwrite=overwrite, needed=found.nbytes)
    make_folders(out.parent)
    own = token()
    partial, replaces = partial_path(out, own), identity_of(out)
    try:
        _write(found, NetcdfContainer if out.suffix == ".nc" else ZarrContainer, partial)
        sync(partial)
        put_in_place(partial, out, own, replaces=replaces)
    except (OSError, RuntimeError) as error:
        if is_of_memory(error):
            raise
        # The library of NetCDF has errors of its own.
        raise OutputError(Fault(
            str(out), getattr(error, "strerror", "") or str(error), "a name that can be written",
            "check free space and permissions, or choose another -o",
        )) from error  # fmt: skip
    finally:
        remove(partial)


def _write(found: xr.Dataset, kind: Any, partial: Path) -> None:
    attrs = {str(name): value for name, value in found.attrs.items()}
    container, sums = kind(partial), Recorder({})
    container.label({**attrs, "complete": 0})
    # Coordinates first, as the dimensions are theirs.
    for name in (*found.coords, *found.data_vars):
        variable = found.variables[name]
        values = np.asarray(variable.values)
        if values.dtype.kind not in "biuf":
            values = np.asarray([str(one) for one in values.ravel()], object).reshape(values.shape)
        about = {str(key): value for key, value in variable.attrs.items()}
        array = sums.whole(str(name), array_of([str(dim) for dim in variable.dims], values, about),
                           values)  # fmt: skip
        container.put(str(name), array, values)
    attrs[DIGEST] = sums.digest()
    container.close({**attrs, SEAL: sums.seal(attrs)})


def checked_indices(found: xr.Dataset, path: Path) -> xr.Dataset:
    """A dataset that was opened, if it is one of indices; a RunError tells of another."""
    if found.attrs.get("study") != STUDY:
        raise RunError(Fault(
            "", "no sensitivity indices", "what simcore sensitivity -o has written",
            "simcore sensitivity FILE -o sens.zarr makes one", file=str(path),
        ))  # fmt: skip
    return found
