"""Whether the package and the NumPy model agree draw by draw, under the same random numbers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import simcore
from benchmarks.peers import numpy_run
from benchmarks.peers.numpy_inputs import addressed
from simcore.spec import Spec
from simcore.variables import OUTCOMES

LIMIT = 1e-9
"""Largest difference allowed, relative to the scale of the terms."""
EXACT = ("indicator", "category", "year")
"""Kinds of outcome that must be the same number."""
DIVIDED = {"abatement_cost": 1, "premium_per_tco2": 1, "break_even_price": 2}
"""Outcomes that are ratios: their error grows with the inverse of the divisor."""


class Agreement(NamedTuple):
    """Result of a comparison."""

    values: int
    largest: float
    """Largest difference relative to the scale of the terms."""
    where: str
    """Cell with the largest difference."""
    faults: tuple[str, ...]
    """Cells that differ by more than the limit, or in what is defined."""


def compare(config: Any, *, draws: int, overrides: tuple[str, ...] = ()) -> Agreement:
    """Run a config in the package and in NumPy and compare every draw of every outcome.

    Parameters
    ----------
    config : path or mapping
    draws : int
        Draws compared.
    overrides : tuple of str
        Settings `path.to.key=value`.

    Returns
    -------
    Agreement
    """
    spec = simcore.load(config, overrides=overrides, draws=draws)
    kept = f"keep=[{', '.join(spec.experiment.outcomes)}]"
    dataset = simcore.run(config, draws=draws, threads=2,
                          overrides=(*overrides, kept, "dtype=float64", "memory=4000"))
    return _compared(spec, dataset, draws)


def _compared(spec: Spec, dataset: Any, draws: int) -> Agreement:
    randomness = addressed(spec.experiment.seed, draws)
    scale = _scale(dataset, numpy_run.exchange_rate(spec))
    count, largest, where, faults = 0, 0.0, "", []
    for key, values in numpy_run.results(spec, randomness, chunk=draws):
        name = key[0]
        dims = [dim for dim in OUTCOMES[name].dims if dim != "year"]
        found = dataset[name].sel(dict(zip(dims, key[1:], strict=True))).values
        found = np.atleast_2d(found).astype(float)
        if OUTCOMES[name].kind == "category":
            found = np.where(found < 0, np.nan, found)
        count += values.size
        label = " ".join(key)
        if not np.array_equal(np.isnan(values), np.isnan(found)):
            faults.append(f"{label}: {np.sum(np.isnan(values) != np.isnan(found))} values are "
                          "defined in one of the two only")
            continue
        with np.errstate(invalid="ignore"):
            difference = np.abs(values - found)
        if OUTCOMES[name].kind in EXACT:
            worst = float(np.nanmax(difference, initial=0.0))
        else:
            worst = float(np.nanmax(difference / _terms(name, values, scale), initial=0.0))
        if worst > largest:
            largest, where = worst, label
        if not worst <= LIMIT:
            faults.append(f"{label}: {worst:.2e}")
    return Agreement(count, largest, where, tuple(faults))


def _scale(dataset: Any, rate: float) -> float:
    """Largest cost of a tonne in the run, what premiums are differences of."""
    costs = [np.nanmax(np.abs(dataset[name].values)) for name in ("levelised_cost", "carbon_cost")
             if name in dataset]
    return float(sum(costs)) if costs else 1000.0 * rate


def _terms(name: str, values: np.ndarray, scale: float) -> np.ndarray:
    """Scale of the terms of each value."""
    if not OUTCOMES[name].is_money:
        return np.ones_like(values)
    if name in ("lifecycle_premium", "npv_premium"):
        return np.full_like(values, 20.0 * scale)
    if name in DIVIDED:
        # value = numerator/divisor: an error of the divisor, itself a difference of numbers of
        # order one, moves the value by value**2/numerator.
        return scale + np.abs(values) * (1.0 + np.abs(values) / scale)
    return np.full_like(values, scale)
