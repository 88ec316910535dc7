"""The summaries of a run, made again with NumPy from the draws that it keeps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from row_reduction import expected

from simcore.variables import OUTCOMES


def faults(run: xr.Dataset, *, kept: xr.Dataset | None = None) -> Iterator[str]:
    """Statistics of a run that are not those of its float64 draws (or of those in `kept`).

    Counts and quantiles have the same bits; sums are rounded in another order.
    """
    # Not as arrays with all their labels, which take longer to make than to compare.
    given, drawn = run.variables, (run if kept is None else kept).variables
    for name, variable in OUTCOMES.items():
        if name not in drawn or name == "waterfall":
            continue
        draws = drawn[name].values
        if variable.kind == "category":
            found = {"probability": categories(draws, run.sizes[variable.among])}
        elif variable.kind == "indicator":
            found = indicators(draws)
        elif variable.kind == "known":
            yield from differing(
                f"{name} by draw", draws, np.broadcast_to(draws[..., :1], draws.shape)
            )
            found = {"central": draws[..., 0]}
        else:
            found = numbers(draws, of_defined="view" in variable.dims)
            # Draws alone do not tell what is certain, and has an interval however few they are.
            alike = (draws == draws[..., :1]).all(axis=-1)[..., None]
            for end in ("quantile_low", "quantile_high"):
                told = given[f"{name}_{end}"].values
                found[end] = np.where(alike & (told == found["quantile"]), told, found[end])
        for statistic, right in found.items():
            yield from differing(f"{name}_{statistic}", given[f"{name}_{statistic}"].values, right)
    if "input" in drawn:
        draws = drawn["input"].values
        single = np.full(len(draws), np.nan)
        spread = draws.std(axis=-1, ddof=1) if draws.shape[-1] > 1 else single
        yield from differing("input_mean", given["input_mean"].values, draws.mean(axis=-1))
        yield from differing("input_sd", given["input_sd"].values, spread)


def categories(draws: np.ndarray, labels: int) -> np.ndarray:
    return np.stack([(draws == one).mean(axis=-1) for one in range(labels)], axis=-1)


def indicators(draws: np.ndarray) -> dict[str, np.ndarray]:
    with np.errstate(all="ignore"):
        share, rest = draws.mean(axis=-1), draws.shape[-1] - 1.0
        return {"mean": share, "standard_error": np.sqrt(share * (1 - share) / rest)}


def numbers(draws: np.ndarray, *, of_defined: bool = False) -> dict[str, np.ndarray]:
    """Statistics of rows; quantiles of the defined draws alone where a row is of one view."""
    known = ~np.isnan(draws)
    count = known.sum(axis=-1)
    flat = draws.reshape(-1, draws.shape[-1])
    shape = (*draws.shape[:-1], -1)
    ranked = (
        [expected(flat)]
        if not of_defined
        else [
            expected(row[~np.isnan(row)][None] if np.isfinite(row).any() else row[None, :1])
            for row in flat
        ]
    )
    quantile, low, high = (
        np.concatenate(parts).reshape(shape) for parts in zip(*ranked, strict=True)
    )
    with np.errstate(all="ignore"):
        # About the first defined value, as a sum of large equal numbers is rounded.
        first = np.take_along_axis(draws, known.argmax(axis=-1)[..., None], axis=-1)
        mean = np.nansum(draws - first, axis=-1) / count
        square = np.nansum((draws - first - mean[..., None]) ** 2, axis=-1)
        error = np.where(count > 1, np.sqrt(square / (count - 1.0) / count), np.nan)
    return {
        "mean": np.where(count > 0, first[..., 0] + mean, np.nan),
        "standard_error": error,
        "positive": (draws > 0).mean(axis=-1),
        "defined": known.mean(axis=-1),
        "quantile": quantile,
        "quantile_low": low,
        "quantile_high": high,
    }


def differing(name: str, given: np.ndarray, right: np.ndarray) -> Iterator[str]:
    exact = name.endswith(("quantile", "_low", "_high"))
    if name.endswith(("_positive", "_defined", "_probability")):
        # Of a cell that no one computes (the reference route), nothing is known.
        given = np.nan_to_num(given)
    tolerance = {"rtol": 0.0, "atol": 0.0} if exact else {"rtol": 1e-9, "atol": 1e-13}
    same = np.isclose(given, right, equal_nan=True, **tolerance)
    for place in np.argwhere(~same)[:3]:
        at = tuple(int(k) for k in place)
        yield f"{name}{at}: {given[at]!r}, from the draws {right[at]!r}"
