"""What a run holds: every array declared from the registry before the first draw."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from simcore._version import __version__
from simcore.dataset.containers import Array
from simcore.statistics import AMONG, OF_TAILS, OF_THRESHOLDS, Statistic, statistics_of_kind
from simcore.variables import DIMENSIONS, INPUT, OUTCOMES, QUANTILES, Variable, variable_of

SCHEMA_VERSION: Final = 1
_FIRST: Final = (
    "cost_premium", "cost_premium_ex_carbon", "carbon_value", "support_gap", "viability",
)  # fmt: skip
"""Outcomes whose arrays stand first, as readers show the head of a long list."""


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
    tailed, exceeded : tuple of str
        Outcomes whose tails are told, along `tail`, and whose thresholds, each along its own
        `V_threshold`.
    stretch : int or None
        Draws in a chunk of those that are kept; None, as before 2026-12: as many as there is room.
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
    tailed: tuple[str, ...] = ()
    exceeded: tuple[str, ...] = ()
    stretch: int | None = 65_536

    def length(self, dim: str) -> int:
        """Number of labels along a dimension."""
        if dim == "draw":
            return self.draws
        return len(QUANTILES) if dim == "quantile" else len(self.coords[dim])

    def dims_of(self, variable: Variable, statistic: Statistic) -> tuple[str, ...]:
        """Dimensions of a summary array."""
        named = {"threshold": threshold_of(variable.name), AMONG: variable.among}
        return (*variable.dims, *(named.get(dim, dim) for dim in statistic.dims))


def threshold_of(name: str) -> str:
    """Dimension and coordinate of the thresholds of an outcome, which are in its unit."""
    return f"{name}_threshold"


def statistics_of(layout: Layout) -> dict[str, tuple[str, ...]]:
    """Name every summary array that `Store.complete` must receive.

    Returns
    -------
    dict of str to tuple of str
        Dimensions of each array, such as `cost_premium_quantile` -> (scenario, ..., quantile).
    """
    return {
        name: layout.dims_of(variable, statistic)
        for name, (variable, statistic) in _summaries(layout).items()
    }


def _summaries(layout: Layout) -> dict[str, tuple[Variable, Statistic]]:
    """What each summary array of a run holds."""
    names = (*_ordered(layout.outcomes), *([INPUT.name] if layout.coords.get("factor") else []))
    return {
        f"{variable.name}_{statistic.name}": (variable, statistic)
        for variable in map(variable_of, names)
        for statistic in (
            *statistics_of_kind(variable.kind),
            *(OF_TAILS.values() if variable.name in layout.tailed else ()),
            *(OF_THRESHOLDS.values() if variable.name in layout.exceeded else ()),
        )
    }


def _ordered(outcomes: Sequence[str]) -> list[str]:
    """What most readers look for first, then in the order of the run."""
    first = [name for name in _FIRST if name in outcomes]
    return [*first, *(name for name in outcomes if name not in first)]


def stored_bytes(layout: Layout) -> int:
    """Bytes of the run on disk before compression, an upper estimate."""
    total = sum(array.nbytes for array in kept_arrays(layout).values())
    for dims in statistics_of(layout).values():
        total += 8 * int(np.prod([layout.length(dim) for dim in dims], dtype=np.int64))
    numbers = 8 * layout.draws if layout.kept else 0
    return int(total * 1.02) + numbers + 2_000_000


def kept_arrays(layout: Layout) -> dict[str, Array]:
    """Declare the arrays of draws."""
    arrays = {}
    for name in _ordered(layout.kept):
        variable = INPUT if name == "inputs" else OUTCOMES[name]
        dtype = "int8" if variable.kind == "category" else layout.dtype
        dims = (*variable.dims, "draw")
        attrs = _describe(layout, variable)
        if variable.kind == "category":
            labels = layout.coords[variable.among]
            attrs["flag_values"] = np.arange(-1, len(labels), dtype=np.int8)
            attrs["flag_meanings"] = " ".join(("none", *labels))
        lead = dims.index("year") if "year" in dims else len(dims) - 1
        shape = tuple(layout.length(dim) for dim in dims)
        attrs = _with_coordinates(layout, dims, attrs)
        arrays[variable.name] = Array(dims, shape, np.dtype(dtype), attrs, lead, layout.stretch)
    return arrays


def summary_arrays(
    layout: Layout, statistics: Mapping[str, np.ndarray]
) -> list[tuple[str, Array, np.ndarray]]:
    """Label the summary arrays of a run and check their shapes."""
    summaries = _summaries(layout)
    found = []
    for name, given in statistics.items():
        variable, statistic = summaries[name]
        dims = layout.dims_of(variable, statistic)
        shape = tuple(layout.length(dim) for dim in dims)
        # Adding zero turns -0.0 into 0.0, so that equal numbers have equal bytes.
        values = np.asarray(given, dtype=np.float64) + 0.0
        if values.shape != shape:
            raise ValueError(f"{name}: shape {values.shape}, expected {shape} ({', '.join(dims)})")
        attrs = _describe(layout, variable)
        told = statistic.long_name.replace("{tails}", _tails(layout))
        attrs["long_name"] = f"{variable.long_name}, {told}"
        if statistic.is_share:
            attrs = {**attrs, "units": "1"}
            for key in ("currency", "price_year", "per"):
                attrs.pop(key, None)
        array = array_of(dims, values, _with_coordinates(layout, dims, attrs))
        found.append((name, array, values))
    return found


def _tails(layout: Layout) -> str:
    """Say beyond which quantiles means are taken."""
    tails = [
        f"{'above' if tail > 0.5 else 'below'} the {100 * tail:.10g} % quantile"
        for tail in layout.coords.get("tail", ())
    ]
    return f"beyond: {', '.join(tails)}"


def array_of(dims: Sequence[str], values: np.ndarray, attrs: Mapping[str, Any]) -> Array:
    """Declaration of values that exist already."""
    dtype = values.dtype if values.dtype.kind in "biuf" else None
    return Array(tuple(dims), values.shape, dtype, attrs)


def _describe(layout: Layout, variable: Variable) -> dict[str, Any]:
    attrs: dict[str, Any] = {
        "units": variable.unit_in(layout.currency),
        "long_name": variable.long_name,
        "description": variable.description,
    }
    per = getattr(variable, "per_what", "")
    if per:
        # Units of CF know mass, and not of what.
        attrs["per"] = f"t {per}" if "kg-1" not in variable.unit else f"kg {per}"
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
    whose = {threshold_of(name): OUTCOMES[name] for name in layout.exceeded}
    for name, (dim, values) in labels.items():
        entries = np.asarray(values)
        if entries.dtype.kind not in "biuf":
            entries = np.asarray([str(value) for value in values], dtype=object)
        attrs: dict[str, Any] = {"long_name": DIMENSIONS.get(name, name.replace("_", " "))}
        if name == "draw":
            attrs |= {"standard_name": "realization", "axis": "E", "units": "1"}
        elif name in whose:
            attrs = {**_describe(layout, whose[name]),
                     "long_name": f"Threshold of {whose[name].name}"}  # fmt: skip
            attrs.pop("description")
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
        # Those that no array names as its own would be taken for data.
        "coordinates": " ".join(layout.extra_coords),
        **layout.attrs,
        "complete": 0,
    }
