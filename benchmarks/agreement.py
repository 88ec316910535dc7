"""Whether the package and the NumPy model agree draw by draw, under the same random numbers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

import simcore
from benchmarks.peers import numpy_run
from benchmarks.peers.numpy_inputs import addressed
from benchmarks.peers.numpy_plants import samples
from benchmarks.peers.numpy_prices import views_of
from simcore.intake import Spec
from simcore.kernels.ranks import quantile_ranks
from simcore.variables import INTERVAL_LEVEL, OUTCOMES, QUANTILES

LIMIT = 1e-9
"""Largest difference allowed, relative to the scale of the terms."""
EXACT = ("indicator", "category", "year")
"""Kinds of outcome whose draws must be the same numbers."""
RATIOS = ("abatement_cost", "carbon_value_per_tco2", "break_even_price")
"""Outcomes divided by a difference, whose error grows as the divisor vanishes."""


class Agreement(NamedTuple):
    """Result of a comparison."""

    values: int
    """Draws compared, over all cells."""
    statistics: int
    """Statistics compared."""
    largest: float
    """Largest difference relative to the scale of the terms."""
    where: str
    """What differs most."""
    faults: tuple[str, ...]
    """What differs by more than the limit, or in where it is defined."""


def compare(config: Any, *, draws: int, overrides: tuple[str, ...] = ()) -> Agreement:
    """Run a config in the package and in NumPy; compare every draw and every statistic.

    Parameters
    ----------
    config : path or mapping
    draws : int
    overrides : tuple of str
        Settings `path.to.key=value`.

    Returns
    -------
    Agreement
    """
    spec = simcore.load(config, overrides=overrides, draws=draws)
    names = [one for one in spec.experiment.outcomes if OUTCOMES[one].kind != "conditional"]
    kept = f"keep=[{', '.join(names)}]"
    dataset = simcore.run(
        config, draws=draws, threads=2, overrides=(*overrides, kept, "dtype=float64", "memory=4000")
    )
    scale = _scale(dataset, numpy_run.exchange_rate(spec))
    values = statistics = 0
    largest, where, faults = 0.0, "", []
    for label, own, found, limits in _pairs(spec, dataset, draws, scale):
        if label.endswith("]"):
            statistics += own.size
        else:
            values += own.size
        if not np.array_equal(np.isnan(own), np.isnan(found)):
            count = np.sum(np.isnan(own) != np.isnan(found))
            faults.append(f"{label}: {count} values defined in one of the two only")
            continue
        worst = float(np.nanmax(np.abs(own - found) / limits, initial=0.0))
        if worst > largest:
            largest, where = worst, label
        if not worst <= LIMIT:
            faults.append(f"{label}: {worst:.2e}")
    return Agreement(values, statistics, largest, where, tuple(faults))


def _pairs(
    spec: Spec, dataset: Any, draws: int, scale: float
) -> Iterator[tuple[str, np.ndarray, np.ndarray, Any]]:
    """Label, both values and the scale of their terms: draws, then [statistics]."""
    ranks_of = cache(partial(quantile_ranks, probabilities=QUANTILES, level=INTERVAL_LEVEL))
    routes = len(spec.experiment.routes)
    drawn = None
    cells_of = _Cells(dataset)
    cells = numpy_run.results(spec, addressed(spec.experiment.seed, draws), chunk=draws, every=True)
    for key, own in cells:
        name, label = key[0], " ".join(key)
        dims = [dim for dim in OUTCOMES[name].dims if dim != "year"]
        if OUTCOMES[name].kind == "conditional":
            drawn = drawn or _Views(spec, draws)
            yield from _by_view(key, own, dataset, drawn)
            continue
        place = dict(zip(dims, key[1:], strict=True))
        found = np.atleast_2d(cells_of(name, place)).astype(float)
        if OUTCOMES[name].kind == "category":
            found = np.where(found < 0, np.nan, found)
        limits = terms(name, own, scale)
        yield label, own, found, limits
        reduced = numpy_run.reduced(
            name, own, lambda values: numpy_run.summarise(values, ranks_of), routes
        )
        widest = max(np.nanmax(limits, initial=0.0), np.nanmax(np.abs(own), initial=0.0), 1.0)
        for statistic, value in reduced.items():
            full = f"{name}_{statistic}"
            if full in dataset:
                kept = cells_of(full, place).reshape(value.shape)
                # An end that no draw supports is open; the NumPy model has the last draw there.
                is_open = np.isinf(kept)
                kept, value = np.where(is_open, np.nan, kept), np.where(is_open, np.nan, value)
                yield f"{label} [{statistic}]", value, kept, widest


class _Cells:
    """Values of a run by label: looked up once, where xarray would do so for each cell."""

    def __init__(self, dataset: Any) -> None:
        self._arrays = cache(lambda name: (dataset[name].dims, dataset[name].values))
        self._places = {
            dim: {label: place for place, label in enumerate(dataset[dim].values.tolist())}
            for dim in dataset.dims if dim in dataset.coords
        }  # fmt: skip

    def __call__(self, name: str, at: dict[str, str]) -> np.ndarray:
        dims, values = self._arrays(name)
        return np.asarray(values[tuple(
            self._places[dim][at[dim]] if dim in at else slice(None) for dim in dims
        )])  # fmt: skip


class _Views:
    """Views of each market by scenario, and how many draws each has."""

    def __init__(self, spec: Spec, draws: int) -> None:
        self._samples = samples(spec, addressed(spec.experiment.seed, draws))
        self.draws = draws

    def counts(self, scenario: str, region: str, destination: str) -> dict[str, int]:
        """Draws by label `market.view`, of the market that decides on a tonne."""
        sample = self._samples[scenario]
        abroad = destination == "eu"
        region_market = sample.catalog["regions"][region]["market"]
        labels, drawn = views_of(
            sample, sample.config["cbam"]["market"] if abroad else region_market
        )
        every = np.broadcast_to(drawn, (self.draws,))
        return {label: int(np.sum(every == place)) for place, label in enumerate(labels)}


def _by_view(
    key: tuple[str, ...], own: np.ndarray, dataset: Any, views: _Views
) -> Iterator[tuple[str, np.ndarray, np.ndarray, Any]]:
    """The statistics of `viability_by_view`, from the draws in which it holds, by view."""
    name, scenario, region, destination, route = key
    place = {"scenario": scenario, "region": region, "destination": destination, "route": route}
    defined = dataset["viability_mean"].sel(place).notnull().values
    for k, (label, count) in enumerate(views.counts(scenario, region, destination).items()):
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.sum(own == k, axis=-1) / np.float64(count)
            error = np.sqrt(mean * (1.0 - mean) / np.float64(count - 1))
        found = {
            "mean": mean,
            "standard_error": error,
            "defined": np.full(len(own), count / views.draws),
        }
        for statistic, value in found.items():
            shown = np.where(defined, value, 0.0 if statistic == "defined" else np.nan)
            kept = dataset[f"{name}_{statistic}"].sel({**place, "view": label}).values
            yield f"{' '.join(key)} {label} [{statistic}]", shown, kept, 1.0


def _scale(dataset: Any, rate: float) -> float:
    """Largest cost of a tonne in the run: premiums are differences of such numbers."""
    costs = [
        np.nanmax(np.abs(dataset[name].values))
        for name in ("levelised_cost", "carbon_cost")
        if name in dataset
    ]
    return float(sum(costs)) if costs else 1000.0 * rate


def terms(name: str, values: np.ndarray, scale: float) -> np.ndarray:
    """Scale of the terms of each value."""
    if OUTCOMES[name].kind in EXACT:
        return np.full_like(values, 1e-9)
    if not OUTCOMES[name].is_money:
        return np.ones_like(values)
    if name in ("lifecycle_carbon_value", "npv_carbon_value"):
        return np.full_like(values, 20.0 * scale)
    if name in RATIOS:
        # value = n/d with n of order `scale` and d a difference of numbers of order one: an error
        # of d moves the value by value/d = value**2/n.
        return scale + np.abs(values) * (1.0 + np.abs(values) / scale)
    return np.full_like(values, scale)
