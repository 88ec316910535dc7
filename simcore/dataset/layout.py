"""What a run holds: every array declared from the registry before the first draw."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from simcore._version import __version__
from simcore.dataset.containers import Array
from simcore.variables import DIMENSIONS, OUTCOMES, QUANTILES, STATISTICS, Variable

SCHEMA_VERSION: Final = 1

INPUT: Final = Variable(
    "input", ("factor",), "", "Uncertain input",
    "Sampled value of each factor; the unit of each is in the factor_unit coordinate.",
)  # fmt: skip

_SUMMARIES: Final[dict[str, tuple[str, ...]]] = {
    "number": tuple(STATISTICS),
    "year": tuple(STATISTICS),
    "indicator": ("mean", "standard_error"),
    "conditional": ("mean", "standard_error", "defined"),
    "category": ("probability",),
    "known": ("central",),
}
_HEADINGS: Final = {
    **STATISTICS,
    "sd": "standard deviation over the draws",
    "probability": "share of the draws",
}
_SHARES: Final = ("positive", "defined", "probability")


@dataclass(frozen=True)
class Layout:
    """What a run will hold, known before the first draw.

    Attributes
    ----------
    coords : mapping of str to tuple
        Labels along each dimension in use (scenario, region, ..., year), without draw and quantile.
    outcomes : tuple of str
        Names from `variables.OUTCOMES`.
    kept : tuple of str
        Outcomes (and `inputs`) whose draws are stored.
    draws : int
        Number of draws.
    dtype : str
        Type of the kept draws, `float32` or `float64`.
    currency : str
        Output currency of every amount of money.
    price_year : int
        Year whose purchasing power those amounts have.
    attrs : mapping
        Global attributes (title, source, config, config_sha256, seed, sampler, sources, ...).
    extra_coords : mapping of str to (str, tuple)
        Further labels along a dimension, such as `factor_unit` along `factor`.
    """

    coords: Mapping[str, tuple[Any, ...]]
    outcomes: tuple[str, ...]
    kept: tuple[str, ...]
    draws: int
    dtype: str
    currency: str
    price_year: int
    attrs: Mapping[str, str | int | float] = field(default_factory=dict)
    extra_coords: Mapping[str, tuple[str, tuple[Any, ...]]] = field(default_factory=dict)

    def length(self, dim: str) -> int:
        """Number of labels along a dimension."""
        if dim == "draw":
            return self.draws
        return len(QUANTILES) if dim == "quantile" else len(self.coords[dim])


def statistics_of(layout: Layout) -> dict[str, tuple[str, ...]]:
    """Name every summary array that `Store.finish` must receive.

    Returns
    -------
    dict of str to tuple of str
        Dimensions of each array, such as `cost_premium_quantile` -> (scenario, ..., quantile).
    """
    arrays: dict[str, tuple[str, ...]] = {}
    for name in layout.outcomes:
        variable = OUTCOMES[name]
        for statistic in ("central",) if name == "waterfall" else _SUMMARIES[variable.kind]:
            arrays[f"{name}_{statistic}"] = _statistic_dims(variable, statistic)
    if layout.coords.get("factor"):
        arrays |= {f"input_{statistic}": INPUT.dims for statistic in ("mean", "sd", "central")}
    return arrays


def stored_bytes(layout: Layout) -> int:
    """Bytes of the run on disk before compression, an upper estimate."""
    total = sum(array.nbytes for array in kept_arrays(layout).values())
    for dims in statistics_of(layout).values():
        total += 8 * int(np.prod([layout.length(dim) for dim in dims], dtype=np.int64))
    numbers = 8 * layout.draws if layout.kept else 0
    return int(total * 1.02) + numbers + 2_000_000


def _statistic_dims(variable: Variable, statistic: str) -> tuple[str, ...]:
    if statistic == "probability":
        return (*variable.dims, "route")
    return (*variable.dims, "quantile") if statistic.startswith("quantile") else variable.dims


def kept_arrays(layout: Layout) -> dict[str, Array]:
    """Declare the arrays of draws."""
    arrays = {}
    for name in layout.kept:
        variable = INPUT if name == "inputs" else OUTCOMES[name]
        dtype = "int8" if variable.kind == "category" else layout.dtype
        dims = (*variable.dims, "draw")
        attrs = _describe(layout, variable)
        if variable.kind == "category":
            routes = layout.coords["route"]
            attrs["flag_values"] = np.arange(-1, len(routes), dtype=np.int8)
            attrs["flag_meanings"] = " ".join(("none", *routes))
        lead = dims.index("year") if "year" in dims else len(dims) - 1
        shape = tuple(layout.length(dim) for dim in dims)
        arrays[variable.name] = Array(
            dims, shape, np.dtype(dtype), _with_coordinates(layout, dims, attrs), lead
        )
    return arrays


def summary_array(layout: Layout, name: str, values: np.ndarray) -> tuple[str, Array, np.ndarray]:
    """Label one summary array and check its shape."""
    variable, statistic = next(
        (candidate, name[len(candidate.name) + 1 :])
        for candidate in (INPUT, *OUTCOMES.values())
        if name.startswith(f"{candidate.name}_") and name[len(candidate.name) + 1 :] in _HEADINGS
    )
    dims = _statistic_dims(variable, statistic)
    shape = tuple(layout.length(dim) for dim in dims)
    # Adding zero turns -0.0 into 0.0, so that equal numbers have equal bytes.
    values = np.asarray(values, dtype=np.float64) + 0.0
    if values.shape != shape:
        raise ValueError(f"{name}: shape {values.shape}, expected {shape} ({', '.join(dims)})")
    attrs = _describe(layout, variable)
    attrs["long_name"] = f"{variable.long_name}, {_HEADINGS[statistic]}"
    if statistic in _SHARES:
        attrs = {**attrs, "units": "1"}
        attrs.pop("currency", None)
        attrs.pop("price_year", None)
    return name, array_of(dims, values, _with_coordinates(layout, dims, attrs)), values


def array_of(dims: Sequence[str], values: np.ndarray, attrs: Mapping[str, Any]) -> Array:
    """Declaration of values that exist already."""
    dtype = values.dtype if values.dtype.kind in "biuf" else None
    return Array(tuple(dims), values.shape, dtype, attrs)


def _describe(layout: Layout, variable: Variable) -> dict[str, Any]:
    attrs: dict[str, Any] = {
        "units": variable.unit.replace("{money}", layout.currency),
        "long_name": variable.long_name,
        "description": variable.description,
    }
    if not variable.unit:
        # Readers of CF parse the text, so none is better than one that is no unit.
        del attrs["units"]
    if variable.is_money:
        attrs |= {"currency": layout.currency, "price_year": layout.price_year}
    return attrs


def _with_coordinates(
    layout: Layout, dims: tuple[str, ...], attrs: dict[str, Any]
) -> dict[str, Any]:
    """Name the auxiliary coordinates of a variable, as CF asks."""
    names = [name for name, (dim, _) in layout.extra_coords.items() if dim in dims]
    return {**attrs, "coordinates": " ".join(names)} if names else attrs


def coordinates(layout: Layout) -> dict[str, tuple[Array, np.ndarray]]:
    """Declaration and values of each coordinate."""
    labels: dict[str, tuple[str, tuple[Any, ...] | range]] = {
        dim: (dim, values) for dim, values in layout.coords.items()
    }
    if layout.kept:
        labels["draw"] = ("draw", range(layout.draws))
    labels["quantile"] = ("quantile", QUANTILES)
    labels |= dict(layout.extra_coords)
    coordinates = {}
    for name, (dim, values) in labels.items():
        entries = np.asarray(values)
        if entries.dtype.kind not in "biuf":
            entries = np.asarray([str(value) for value in values], dtype=object)
        attrs: dict[str, Any] = {"long_name": DIMENSIONS.get(name, name.replace("_", " "))}
        if name == "draw":
            attrs |= {"standard_name": "realization", "axis": "E", "units": "1"}
        elif entries.dtype.kind == "f":
            attrs["units"] = "1"
        coordinates[name] = (array_of((dim,), entries, attrs), entries)
    return coordinates


def global_attrs(layout: Layout) -> dict[str, Any]:
    """Attributes of the whole dataset, incomplete as yet."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    version = str(layout.attrs.get("simcore_version") or __version__)
    return {
        "Conventions": "CF-1.11",
        "title": "simcore run",
        "source": f"simcore {version}",
        "history": f"{now} simcore {version}: run written",
        "simcore_version": version,
        "schema_version": SCHEMA_VERSION,
        "draws": layout.draws,
        "currency": layout.currency,
        "price_year": layout.price_year,
        **layout.attrs,
        "complete": 0,
    }
