"""Uncertain inputs in NumPy: random numbers, distributions, dependence (MODEL 2).

Written from the equations of the model and a resolved config. A number that is certain stays a
float; a static factor is an array (draw,); what moves is an array (year, draw), or (year, 1) where
it is certain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from scipy.special import betaincinv, ndtr, ndtri

from simcore.units import conversion, currency_of, deflate

Z90 = 1.2815515655446004
"""Standard normal quantile at 90 %."""
NORMAL_KINDS = ("normal", "lognormal", "split_lognormal")

Values = Any
"""A float or an array that broadcasts to (year, draw)."""
Config = Mapping[str, Any]


class Randomness(NamedTuple):
    """Where random numbers come from; each function returns an array (draw,)."""

    draws: int
    draw_uniform: Callable[[str], np.ndarray]
    """Uniform numbers of a static factor."""
    draw_normal: Callable[[str], np.ndarray]
    """Standard normals of a static factor."""
    draw_shock: Callable[[str, int], np.ndarray]
    """Standard normals of a price path in a calendar year."""


def generated(seed: int, draws: int) -> Randomness:
    """Random numbers of NumPy's own generator."""
    generator = np.random.default_rng(seed)
    return Randomness(
        draws,
        lambda name: generator.random(draws),
        lambda name: generator.standard_normal(draws),
        lambda name, year: generator.standard_normal(draws),
    )


def addressed(seed: int, draws: int) -> Randomness:
    """The package's random numbers, so that draw i here is draw i there."""
    from simcore.kernels.random import BLOCK, fill_uniform, normal_of_uniform, stream_key

    def uniform(name: str, step: int = 0) -> np.ndarray:
        numbers = np.empty(-(-draws // BLOCK) * BLOCK)
        fill_uniform(*stream_key(seed, name), 0, step, numbers)
        return numbers[:draws]

    def normal(name: str, step: int = 0) -> np.ndarray:
        numbers = uniform(name, step)
        normal_of_uniform(numbers, numbers)
        return numbers

    return Randomness(draws, uniform, normal, lambda name, year: normal(f"{name}.shock", year))


@dataclass
class Sample:
    """One scenario's config with the inputs sampled for it.

    `shared` is common to all scenarios: what is written alike in two of them is sampled once.
    """

    config: Config
    randomness: Randomness
    stem: str = ""
    shared: dict[Any, Any] = field(default_factory=dict)

    @property
    def catalog(self) -> Config:
        """Everything the run refers to by name."""
        return self.config["catalog"]

    @property
    def years(self) -> np.ndarray:
        """Years of the horizon."""
        years = self.config["years"]
        return np.arange(years["first"], years["last"] + 1)

    @property
    def sector(self) -> str:
        """The only sector of the run."""
        (name,) = self.config["sectors"]
        return str(name)

    @property
    def border(self) -> Config:
        """Rules of the border: those of the sector, but for what the config says of them."""
        return {**self.catalog["sectors"][self.sector]["cbam"], **self.config["cbam"]}

    def place(self, region: str) -> Config:
        """What a plant of the run's sector meets in a region."""
        sector = self.catalog["sectors"][self.sector]
        return {**self.catalog["regions"][region], **sector["regions"][region]}

    def once(self, key: tuple[Any, ...], content: Any, compute: Callable[[], Any]) -> Any:
        """Result of `compute`, worked out once for the same key and the same written content."""
        full = (self.stem, *key, repr(content))
        if full not in self.shared:
            self.shared[full] = compute()
        return self.shared[full]


# --- numbers and distributions -------------------------------------------------------------------


def multiplier(sample: Sample, written: Config, target: str) -> float:
    """Factor from the unit and price year in which a number is written to the model's unit."""
    money, unit = sample.config["money"], written.get("unit") or target
    factor = conversion(unit, target, exchange=money["exchange"])
    currency, of = currency_of(unit), written.get("price_year")
    if currency is None or of is None:
        return factor
    index = money["deflator"].get(currency)
    return factor * deflate(of, money["base_year"], index=index, inflation=money["inflation"])


def quantity(sample: Sample, written: Any, name: str, target: str = "1") -> Values:
    """A quantity in the unit `target`: a float, an array (draw,), or by year (year, draw)."""
    if not isinstance(written, Mapping):
        return float(written)
    if written["kind"] == "by_year":
        return _by_year(sample, written, name, target)
    name = written.get("factor") or name
    factor = multiplier(sample, written, target)
    if written["kind"] == "factor":
        name = written["name"]
        written = sample.config["factors"][name]
        if not isinstance(written, Mapping):
            return factor * written
        if written.get("unit") is not None:
            factor = multiplier(sample, written, target)
    if written["kind"] == "constant":
        return factor * written["value"]
    return sample.once(
        ("quantity", name, target), written, lambda: factor * sampled(sample, written, name)
    )


def _by_year(sample: Sample, written: Config, name: str, target: str) -> Values:
    """Linear between the dates of a table, which share their draws; held outside them."""
    dates, total = sorted(written["years"]), 0.0
    shared = {key: written[key] for key in ("unit", "price_year", "factor") if key in written}
    for k, date in enumerate(dates):
        entry = written["years"][date]
        entry = entry if isinstance(entry, Mapping) else {"kind": "constant", "value": entry}
        weight = np.interp(sample.years, dates, np.eye(len(dates))[k])[:, None]
        total = total + weight * quantity(sample, {**shared, **entry}, name, target)
    return total


def sampled(sample: Sample, written: Config, name: str) -> np.ndarray:
    """Values (draw,) of an uncertain quantity in the unit in which it is written."""
    if written["kind"] in NORMAL_KINDS:
        return quantile(written, np.nan, normal(sample, name))
    if name in correlation(sample, "factors").names:
        return quantile(written, ndtr(normal(sample, name)), np.nan)
    u = sample.once(
        ("uniform", name), "", lambda: sample.randomness.draw_uniform(sample.stem + name)
    )
    return quantile(written, u, np.nan)


def quantile(written: Config, u: Values, z: Values) -> np.ndarray:
    """Quantile function of a distribution at u, or at the standard normal z."""
    kind = written["kind"]
    if "quantiles" in written:
        raise NotImplementedError(f"{kind} fitted to quantiles")
    low, high = written.get("low", 0.0), written.get("high", 1.0)
    if kind == "uniform":
        return low + u * (high - low)
    if kind == "triangular":
        mode, width = written["mode"], high - low
        rising = low + np.sqrt(u * (width * (mode - low)))
        falling = high - np.sqrt((1.0 - u) * (width * (high - mode)))
        return np.where(u * width < mode - low, rising, falling)
    if kind in ("pert", "beta"):
        a, b = _shapes(written)
        return low + (high - low) * betaincinv(a, b, u)
    if kind == "truncated_normal":
        below, above = (ndtr((end - written["mean"]) / written["sd"]) for end in (low, high))
        return written["mean"] + written["sd"] * ndtri(below + u * (above - below))
    if kind == "normal":
        return written["mean"] + written["sd"] * z
    if kind == "lognormal":
        return np.exp(written["mu"] + written["sigma"] * z)
    if kind == "split_lognormal":
        below = math.log(written["p50"] / written["p10"]) / Z90
        above = math.log(written["p90"] / written["p50"]) / Z90
        return written["p50"] * np.exp(z * np.where(z > 0, above, below))
    if kind == "bernoulli":
        return (u >= 1.0 - written["probability"]).astype(float)
    if kind == "discrete":
        order = np.argsort(written["values"], kind="stable")
        values = np.asarray(written["values"], dtype=float)[order]
        steps = np.cumsum(np.asarray(written["probabilities"], dtype=float)[order])
        return values[np.searchsorted(steps[:-1] / steps[-1], u, side="right")]
    if kind == "empirical":
        values = np.sort(written["values"])
        return np.interp(u * (len(values) - 1), np.arange(len(values)), values)
    raise NotImplementedError(f"distribution {kind}")


def _shapes(written: Config) -> tuple[float, float]:
    if written["kind"] == "beta":
        return written["alpha"], written["beta"]
    share = (written["mode"] - written["low"]) / (written["high"] - written["low"])
    return 1 + written["shape"] * share, 1 + written["shape"] * (1 - share)


def regional(sample: Sample, values: Config, name: str, region: str, target: str = "1") -> Values:
    """The quantity of a region; only an entry of its own has a stream of its own."""
    own = region in values
    return quantity(
        sample, values[region if own else "default"], f"{name}.{region}" if own else name, target
    )


# --- dependence ----------------------------------------------------------------------------------


class Correlation(NamedTuple):
    """Names in order of first mention, and the Cholesky factor of their normals."""

    names: list[str]
    weights: np.ndarray


def correlation(sample: Sample, kind: str) -> Correlation:
    """Gaussian copula of the `factors` or of the `shocks`."""
    pairs = sample.config["correlations"][kind]

    def build() -> Correlation:
        names = list(dict.fromkeys(name for pair in pairs for name in pair["between"]))
        pearson = np.eye(len(names))
        for pair in pairs:
            i, j = (names.index(name) for name in pair["between"])
            pearson[i, j] = pearson[j, i] = 2.0 * math.sin(math.pi * pair["rank"] / 6.0)
        return Correlation(names, np.linalg.cholesky(pearson))

    return sample.once(("correlation", kind), "", build)


def normal(sample: Sample, name: str) -> np.ndarray:
    """Standard normals (draw,) of a static factor, mixed with those it is correlated with."""
    group = correlation(sample, "factors")

    def own(one: str) -> np.ndarray:
        return sample.once(
            ("normal", one), "", lambda: sample.randomness.draw_normal(sample.stem + one)
        )

    if name not in group.names:
        return own(name)
    row = group.weights[group.names.index(name)]
    used = np.flatnonzero(row)
    return row[used] @ np.stack([own(group.names[i]) for i in used])


def shocks(sample: Sample, name: str, years: np.ndarray) -> np.ndarray:
    """Yearly standard normals (year, draw) of a price path, correlated with other paths'."""
    return np.stack([_shock(sample, name, int(year)) for year in years])


def _shock(sample: Sample, name: str, year: int) -> np.ndarray:
    group = correlation(sample, "shocks")

    def own(one: str) -> np.ndarray:
        return sample.once(
            ("shock", one, year), "", lambda: sample.randomness.draw_shock(sample.stem + one, year)
        )

    if name not in group.names:
        return own(name)
    present = sample.once(
        ("present",), "", lambda: [one for one in group.names if one in paths_of(sample)]
    )

    def mix() -> np.ndarray:
        rows = group.weights[[group.names.index(one) for one in present]]
        used = np.flatnonzero(rows.any(axis=0))
        return rows[:, used] @ np.stack([own(group.names[i]) for i in used])

    return sample.once(("mixed", year), "", mix)[present.index(name)]


def paths_of(sample: Sample) -> set[str]:
    """Names of the price paths of the catalog."""
    prices = sample.catalog["prices"]
    return {
        *sample.catalog["markets"],
        *(f"{name}.{place}" for name, places in prices.items() for place in places),
    }
