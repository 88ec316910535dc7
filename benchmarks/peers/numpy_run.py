"""A run of the NumPy model: sample, walk through the cells by region, reduce.

Inputs and prices are sampled once for all draws; the cells of a region are computed in chunks of
draws that suit the cache, and reduced when all its draws are there.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from benchmarks.peers import numpy_model as model
from benchmarks.peers.numpy_inputs import Randomness, Sample, Values
from benchmarks.peers.numpy_paths import commodity_price
from benchmarks.peers.numpy_plants import Place, commodity_names, place_of, samples
from benchmarks.peers.numpy_policies import policy
from benchmarks.peers.numpy_prices import at_limit, futures, market_price, views_of
from benchmarks.peers.numpy_waterfall import parity_price, waterfall
from simcore.intake import Spec
from simcore.variables import OUTCOMES

Key = tuple[str, ...]
"""Outcome, scenario and the labels of its other dimensions except year and draw."""
Cell = tuple[Key, Key, Values]
"""A key, the first key with the same values (itself if new), and the values."""

PLANT = {
    "levelised_cost": model.levelised_cost,
    "home_carbon_cost": model.home_carbon_cost,
    "marginal_carbon_cost": model.marginal_carbon_cost,
    "avoided_emissions": model.avoided,
    "cost_premium_ex_carbon": model.cost_premium_ex_carbon,
    "abatement_cost": model.abatement_cost,
}
DESTINATION = {
    "cbam_cost": model.cbam_cost,
    "carbon_cost": model.carbon_cost,
    "total_cost": model.total_cost,
    "cost_premium": model.cost_premium,
    "break_even_price": model.break_even_price,
    "carbon_value_per_tco2": model.carbon_value_per_tco2,
    "carbon_value": model.carbon_value,
    "annualised_carbon_value": model.annualised_carbon_value,
    "support_gap": model.support_gap,
    "viability": model.viability,
    "viability_by_view": model.viability_by_view,
    "green_is_cheaper": model.green_is_cheaper,
    "crossover_year": model.crossover_year,
    "lifecycle_carbon_value": model.lifecycle_carbon_value,
    "npv_carbon_value": model.npv_carbon_value,
    "annuity_carbon_value": model.annuity_carbon_value,
}
ABSOLUTE = (
    "levelised_cost",
    "home_carbon_cost",
    "marginal_carbon_cost",
    "cbam_cost",
    "carbon_cost",
    "total_cost",
)
"""Outcomes that the reference route has too."""
WITHOUT_YEAR = (
    "crossover_year",
    "lifecycle_carbon_value",
    "npv_carbon_value",
    "annuity_carbon_value",
    "exposure_total",
)
INDICATORS = ("viability", "green_is_cheaper", "at_price_limit")


class Ready(NamedTuple):
    """Everything sampled: what a run needs before the cells."""

    samples: dict[str, Sample]
    places: dict[str, dict[str, Place]]
    """By region and scenario."""


def ready(spec: Spec, randomness: Randomness) -> Ready:
    """Sample all inputs, prices and policies."""
    found = samples(spec, randomness)
    places = {
        region: {name: place_of(sample, region) for name, sample in found.items()}
        for region in spec.experiment.regions
    }
    return Ready(found, places)


# --- cells ---------------------------------------------------------------------------------------


def shared_cells(sampled: Ready) -> Iterator[Cell]:
    """Outcomes that belong to no plant: prices, the CBAM factor, exposures."""
    seen: dict[int, Key] = {}
    memo: model.Memo = ChainMap()
    for name, sample in sampled.samples.items():
        for key, values in _shared(sample, memo):
            full = (key[0], name, *key[1:])
            yield full, seen.setdefault(id(values), full), values


def _shared(sample: Sample, memo: model.Memo) -> Iterator[tuple[Key, Values]]:
    config, asked = sample.config, sample.config["outcomes"]
    markets = sample.catalog["markets"]
    if "carbon_price" in asked:
        for name in markets:
            yield ("carbon_price", name), market_price(sample, name)
    if "carbon_price_by_view" in asked:
        for name in markets:
            labels, drawn = views_of(sample, name)
            for place, label in enumerate(labels):
                values = model.once(memo, _of_view, market_price(sample, name), drawn, place)
                yield ("carbon_price_by_view", name, label), values
    if "at_price_limit" in asked:
        for name in markets:
            held = np.atleast_2d(at_limit(sample, name))
            yield ("at_price_limit", name), model.lasting(memo, held)
    if "futures_price" in asked:
        for name in markets:
            values = futures(sample, name)
            if not np.all(np.isnan(values)):
                yield ("futures_price", name), model.lasting(memo, values)
    if "commodity_price" in asked:
        for label, commodity, region in commodity_names(sample):
            yield ("commodity_price", label), commodity_price(sample, commodity, region)
    if "hydrogen_cost" in asked and "hydrogen" in sample.catalog["prices"]:
        for region in config["regions"]:
            yield ("hydrogen_cost", region), commodity_price(sample, "hydrogen", region)
    if "cbam_factor" in asked:
        share = policy(sample, config["cbam"]["free_allocation"])
        yield ("cbam_factor",), model.once(memo, np.subtract, 1.0, share)
    for name, one in config["exposures"].items():
        values = market_price(sample, one["market"])
        years = sample.years[:, None]
        inside = _shortfall(one, years) * ((years >= one["first"]) & (years <= one["last"]))
        if "exposure_cost" in asked:
            yield ("exposure_cost", name), model.lasting(memo, values * inside)
        if "exposure_total" in asked:
            yield ("exposure_total", name), model.lasting(memo, (values * inside).sum(axis=0))


def _of_view(price: Values, drawn: Values, place: int) -> np.ndarray:
    """A price in the draws of one view, undefined in the others."""
    return np.where(drawn == place, price, np.nan)


def _shortfall(exposure: Mapping[str, Any], years: np.ndarray) -> np.ndarray:
    """Shortfall of each year: the value of the date before; the last one grows."""
    found, last = np.zeros(years.shape), max(exposure["shortfall"])
    for date, value in sorted(exposure["shortfall"].items()):
        since = np.maximum(years - max(date, exposure["first"]), 0) if date == last else 0
        found = np.where(years >= date, value * (1.0 + exposure["growth"]) ** since, found)
    return found


def region_cells(places: Mapping[str, Place], draws: slice) -> Iterator[Cell]:
    """Outcomes of all plants of a region for some of the draws."""
    memo: model.Memo = ChainMap()
    cut: dict[int, Any] = {}
    here = {name: _cut(place, draws, cut) for name, place in places.items()}
    rules = next(iter(here.values())).rules
    totals: dict[tuple[str, str], list[np.ndarray]] = {}
    compared = rules["destinations"] if "cheapest_route" in rules["outcomes"] else ()
    for route in rules["routes"]:
        own, seen = memo.new_child(), {}
        for name, place in here.items():
            for key, values in _plant_cells(own, place, route):
                full = (key[0], name, place.region, *key[1:])
                yield full, seen.setdefault(id(values), full), values
            for destination in compared:
                total = model.total_cost(own, place, route, destination)
                shown = model.defined(own, total, place.plants[route].first, len(place.years))
                totals.setdefault((name, destination), []).append(shown)
    seen = {}
    for (name, destination), costs in totals.items():
        values = model.once(memo, model.cheapest, *costs)
        full = ("cheapest_route", name, here[name].region, destination, _sector(here[name]))
        yield full, seen.setdefault(id(values), full), values


def _sector(place: Place) -> str:
    """The only sector of the run."""
    (name,) = place.rules["sectors"]
    return str(name)


def _plant_cells(memo: model.Memo, place: Place, route: str) -> Iterator[tuple[Key, Values]]:
    asked = place.rules["outcomes"]
    first = place.plants[route].first

    def shown(name: str, values: Values) -> np.ndarray:
        if not isinstance(values, np.ndarray):
            values = model.once(memo, np.atleast_1d, values)
        if name in WITHOUT_YEAR:
            return values
        return model.defined(memo, values, first, len(place.years))

    names = [name for name in asked if name in ABSOLUTE or route != place.reference]
    for name in names:
        if name in PLANT:
            yield (name, route), shown(name, PLANT[name](memo, place, route))
    for destination in place.rules["destinations"]:
        for name in names:
            if name in DESTINATION:
                values = DESTINATION[name](memo, place, route, destination)
                if values is not None:
                    yield (name, destination, route), shown(name, values)
        for good in place.rules["parity"] if "parity_price" in names else ():
            values = parity_price(memo, place, route, destination, good)
            if values is not None:
                yield ("parity_price", destination, route, good), shown("parity_price", values)
        if "waterfall" in names:
            for part, values in waterfall(memo, place, route, destination).items():
                yield ("waterfall", destination, route, part), shown("waterfall", values)


def _cut(value: Any, draws: slice, cut: dict[int, Any]) -> Any:
    """The same record with every array over draws cut to some of them."""
    if isinstance(value, np.ndarray):
        if value.shape[-1] == 1 or id(value) in cut:
            return cut.setdefault(id(value), value)
        return cut.setdefault(id(value), value[..., draws])
    if isinstance(value, tuple):
        parts = [_cut(one, draws, cut) for one in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, dict) and "catalog" not in value:
        return {key: _cut(one, draws, cut) for key, one in value.items()}
    return value


# --- reductions ----------------------------------------------------------------------------------


def summarise(values: np.ndarray, ranks_of: Callable[[int], Any]) -> dict[str, np.ndarray]:
    """Moments, and quantiles with their intervals, of rows (row, draw); NaN sorts last.

    `ranks_of` gives the ranks for a number of draws.

    One sort gives all order statistics: NumPy's vectorised sort is several times faster than
    np.quantile or np.partition.
    """
    ranks = ranks_of(values.shape[-1])
    ordered = np.sort(values, axis=-1)[:, ranks.ranks]
    lower, upper = ordered[:, ranks.lower], ordered[:, ranks.upper]
    with np.errstate(invalid="ignore"):
        between = lower + ranks.weight * (upper - lower)
    return {
        **moments(values, values.shape[-1]),
        "positive": np.count_nonzero(values > 0.0, axis=-1) / values.shape[-1],
        "quantile": np.where(ranks.weight == 0.0, lower, between),
        "quantile_low": ordered[:, ranks.low],
        "quantile_high": ordered[:, ranks.high],
    }


def summarise_by_quantile(values: np.ndarray, probabilities: Any) -> dict[str, np.ndarray]:
    """Moments and quantiles by np.quantile, without intervals."""
    with np.errstate(invalid="ignore"):
        quantile = np.quantile(values, probabilities, axis=-1)
    return {
        **moments(values, values.shape[-1]),
        "positive": np.count_nonzero(values > 0.0, axis=-1) / values.shape[-1],
        "quantile": quantile.T,
    }


def moments(values: np.ndarray, draws: int) -> dict[str, np.ndarray]:
    """Mean, its standard error and share defined of rows (row, draw); NaN is left out."""
    missing = np.isnan(values)
    if not missing.any():
        error = values.std(axis=-1, ddof=1) / np.sqrt(draws)
        return {
            "mean": values.mean(axis=-1),
            "standard_error": error,
            "defined": np.ones(len(values)),
        }
    defined = draws - np.count_nonzero(missing, axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(missing, 0.0, values).sum(axis=-1) / defined
        squares = np.where(missing, 0.0, values - mean[:, None]) ** 2
        error = np.sqrt(squares.sum(axis=-1) / (defined - 1) / defined)
    return {"mean": mean, "standard_error": error, "defined": defined / draws}


def shares(values: np.ndarray, labels: int) -> dict[str, np.ndarray]:
    """Probability (row, label) of each label, such as that each route is the cheapest."""
    return {"probability": np.stack([np.mean(values == k, axis=-1) for k in range(labels)], -1)}


def reduced(
    name: str,
    values: np.ndarray,
    summary: Callable[[np.ndarray], dict[str, np.ndarray]],
    routes: int,
) -> dict[str, np.ndarray]:
    """Statistics of an outcome's rows; of `viability_by_view` the share of draws by view."""
    if name == "cheapest_route":
        return shares(values, routes)
    if name == "viability_by_view":
        return shares(values, int(np.nanmax(values, initial=0.0)) + 1)
    if name in INDICATORS:
        return moments(values, values.shape[-1])
    if name != "carbon_price_by_view":
        return summary(values)
    inside = values[:, ~np.isnan(values[-1])]
    share = inside.shape[-1] / values.shape[-1]
    if share == 0.0:
        return {"defined": np.zeros(len(values))}
    found = summary(inside)
    return found | {key: found[key] * share for key in ("defined", "positive")}


# --- the run -------------------------------------------------------------------------------------


def results(
    spec: Spec, randomness: Randomness, *, chunk: int, every: bool = False
) -> Iterator[tuple[Key, np.ndarray]]:
    """Every distinct outcome with all its draws, (row, draw); money in the output currency.

    Parameters
    ----------
    spec : Spec
    randomness : Randomness
    chunk : int
        Draws computed at a time.
    every : bool
        Yield cells that coincide under each of their keys, not only under the first.

    Yields
    ------
    key, values
    """
    sampled, draws = ready(spec, randomness), randomness.draws
    years = len(next(iter(sampled.samples.values())).years)
    rate = exchange_rate(spec)

    def rows(key: Key, values: Values) -> np.ndarray:
        shape = (1 if key[0] in WITHOUT_YEAR else years, draws)
        whole = np.broadcast_to(values, shape)
        return whole * rate if rate != 1.0 and OUTCOMES[key[0]].is_money else whole

    for key, first, values in shared_cells(sampled):
        if every or key == first:
            yield key, rows(key, values)
    for places in sampled.places.values():
        store: dict[Key, np.ndarray] = {}
        for start in range(0, draws, chunk):
            part = slice(start, min(start + chunk, draws))
            for key, first, values in region_cells(places, part):
                if not every and key != first:
                    continue
                if chunk >= draws:
                    yield key, rows(key, values)
                    continue
                if key not in store:
                    store[key] = np.empty((1 if key[0] in WITHOUT_YEAR else years, draws))
                store[key][:, part] = values
        while store:
            key, values = store.popitem()
            yield key, rows(key, values)


def exchange_rate(spec: Spec) -> float:
    """Units of the output currency per EUR."""
    currency = spec.experiment.currency
    return 1.0 if currency == "EUR" else spec.experiment.money.exchange[currency]


def run(
    spec: Spec,
    randomness: Randomness,
    summary: Callable[[np.ndarray], dict[str, np.ndarray]],
    *,
    chunk: int,
) -> dict[Key, dict[str, np.ndarray]]:
    """Simulate and reduce: the statistics of every distinct outcome."""
    routes = len(spec.experiment.routes)
    return {
        key: reduced(key[0], values, summary, routes)
        for key, values in results(spec, randomness, chunk=chunk)
    }


def simulate(spec: Spec, randomness: Randomness, *, chunk: int) -> int:
    """Compute every distinct outcome and let it go; returns the number of values."""
    return sum(values.size for _, values, _ in _parts(spec, randomness, chunk))


def totals(spec: Spec, randomness: Randomness, *, chunk: int) -> dict[Key, np.ndarray]:
    """Sums of every distinct outcome in EUR, (row, SUMS of `tape`)."""
    found: dict[Key, np.ndarray] = {}
    for key, values, draws in _parts(spec, randomness, chunk):
        part = _sums(np.atleast_2d(values), draws)
        if key in found:
            found[key] += part
        else:
            found[key] = part
    return found


def _parts(spec: Spec, randomness: Randomness, chunk: int) -> Iterator[tuple[Key, np.ndarray, int]]:
    """Every distinct outcome as it is computed: some draws, or one value for so many."""
    sampled, draws = ready(spec, randomness), randomness.draws
    for key, first, values in shared_cells(sampled):
        if key == first:
            yield key, values, draws
    for places in sampled.places.values():
        for start in range(0, draws, chunk):
            part = slice(start, min(start + chunk, draws))
            for key, first, values in region_cells(places, part):
                if key == first:
                    yield key, values, part.stop - start


def _sums(values: np.ndarray, draws: int) -> np.ndarray:
    """Defined values, sum, sum of squares and positive values of rows (row, draw)."""
    found = np.empty((len(values), 4))
    found[:, 0] = values.shape[1]
    found[:, 1] = values.sum(axis=1)
    found[:, 2] = np.einsum("ij,ij->i", values, values)
    found[:, 3] = np.count_nonzero(values > 0.0, axis=1)
    # Most rows are defined in all draws, and then a look at the sum is all it takes to know.
    gaps = np.flatnonzero(found[:, 1] != found[:, 1])
    if gaps.size:
        some = values[gaps]
        missing = np.isnan(some)
        some[missing] = 0.0
        found[gaps, 0] = values.shape[1] - np.count_nonzero(missing, axis=1)
        found[gaps, 1] = some.sum(axis=1)
        found[gaps, 2] = np.einsum("ij,ij->i", some, some)
    # A row that is the same in all draws stands there once.
    return found if values.shape[1] == draws else found * draws
