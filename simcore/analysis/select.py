"""Choose labels and quantiles of a run, with an error that names what there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simcore.dataset import RunError
from simcore.errors import Fault, unlisted
from simcore.statistics import split_name
from simcore.variables import INTERVAL_LEVEL, OUTCOMES, present_name

if TYPE_CHECKING:
    import xarray as xr

PARTS: Final = {"value": "quantile", "low": "quantile_low", "high": "quantile_high"}
"""Statistic that holds a quantile and each end of its interval."""


def choose(
    dataset: xr.Dataset, labels: Mapping[str, Iterable[Any] | None], *, strict: bool = True
) -> xr.Dataset:
    """Keep the named labels along the named dimensions, in the order of the run.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run.
    labels : mapping of str to labels or None
        Dimension to labels; None or nothing keeps all.
    strict : bool
        Whether a dimension that the run does not have is an error.

    Raises
    ------
    RunError
        With one fault for each label that does not exist.
    """
    faults, chosen = [], {}
    for dim, wanted in labels.items():
        names = list(wanted or ())
        if not names:
            continue
        if dim not in dataset.coords:
            if strict:
                faults.append(Fault(dim, _join(names), "no choice", f"this run has no {dim}"))
            continue
        known = dataset[dim].values.tolist()
        for name in names:
            if name not in known:
                faults.append(unlisted(dim, name, known))
        chosen[dim] = [position for position, name in enumerate(known) if name in names]
    if faults:
        raise RunError(faults)
    return dataset.isel(chosen)


def outcomes_of(arrays: Iterable[Any]) -> list[str]:
    """Names that a run summarises by those of its arrays; `input` for the factors."""
    split = (split_name(str(array)) for array in arrays)
    return list(dict.fromkeys(one[0] for one in split if one is not None))


def require_outcome(dataset: xr.Dataset, asked: str) -> str:
    """Give the present name of an outcome; a RunError when the run does not hold it."""
    known, name = outcomes_of(dataset), present_name(asked)
    if name in known:
        return name
    if name not in OUTCOMES:
        raise RunError(unlisted("variable", name, known))
    remedy = "add it to outcomes: in the config and run again"
    raise RunError(Fault("variable", name, f"one of {_join(known)}", remedy))


def quantiles(dataset: xr.Dataset, name: str, probabilities: Sequence[float]) -> xr.Dataset:
    """Quantiles of an outcome with their 95 % intervals.

    Stored quantiles are taken as they are; others need the draws.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run.
    name : str
        Outcome.
    probabilities : sequence of float
        Between 0 and 1.

    Returns
    -------
    xarray.Dataset
        `value`, `low`, `high` over the dimensions of the outcome and `quantile`.

    Raises
    ------
    RunError
        When a quantile is not stored and the draws were not kept.
    """
    import xarray as xr

    outside = [q for q in probabilities if not 0 < q < 1]
    if outside:
        raise RunError(Fault("quantiles", _join(outside), "0 < quantile < 1", "0.05 is P5"))
    stored = dataset["quantile"].values
    places = [int(np.abs(stored - q).argmin()) for q in probabilities]
    if f"{name}_quantile" in dataset and np.allclose(stored[places], probabilities, atol=1e-9):
        return xr.Dataset({
            part: dataset[f"{name}_{statistic}"].isel(quantile=places)
            for part, statistic in PARTS.items()
        })  # fmt: skip
    if name not in dataset:
        missing = [q for q in probabilities if not np.isclose(stored, q, atol=1e-9).any()]
        raise RunError(Fault(
            "quantiles", _join(missing or probabilities),
            f"of {name}, whose draws were not kept: "
            f"some of {_join(stored.tolist())}",
            f"add {name} to keep: in the config and run again",
        ))  # fmt: skip
    # Of some of the draws it is not known to which replicates they belong.
    whole = dataset.attrs.get("draws") == dataset.sizes["draw"]
    replicates = dataset.attrs.get("replicates", 1) if whole else 1
    return quantiles_of_draws(dataset[name], probabilities, replicates)


def quantiles_of_draws(
    values: xr.DataArray, probabilities: Sequence[float], replicates: int
) -> xr.Dataset:
    """Quantiles of draws, `draw` last, by the rule of the stored ones; undefined ones sort last.

    Returns
    -------
    xarray.Dataset
        `value`, `low`, `high` over the other dimensions and `quantile`.
    """
    import xarray as xr

    from simcore.kernels.quantiles import quantiles_of_rows
    from simcore.kernels.ranks import quantile_ranks

    n = values.sizes["draw"]
    plan = quantile_ranks(n, probabilities, INTERVAL_LEVEL, replicates=replicates)
    dims = values.dims[:-1]
    shape = tuple(values.sizes[dim] for dim in dims)
    found = {part: np.empty((*shape, len(probabilities))) for part in ("value", "low", "high")}
    # Cell by cell: the draws of a whole outcome may not fit in memory.
    for index in np.ndindex(*shape):
        column = values.variable[index].values.astype(np.float64)[None]
        rows = [one[index][None] for one in found.values()]
        quantiles_of_rows(column, plan, *rows, np.zeros(1, np.int64))
    coords = {dim: values.coords[dim] for dim in dims if dim in values.coords}
    return xr.Dataset(
        {part: ((*dims, "quantile"), array) for part, array in found.items()},
        coords={**coords, "quantile": list(probabilities)},
    )


def _join(names: Iterable[Any]) -> str:
    return ", ".join(str(name) for name in names)
