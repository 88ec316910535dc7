"""What tonnes cost a buyer, delivered, beside what he compares with: the second table of a run."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from simcore.analysis.headline import Run

AMOUNTS: Final = ("landed_cost", "buyer_premium")
SHOWN: Final = (*AMOUNTS, "buyer_cost_per_tco2")
_WITHOUT: Final = ("without_freight", "without_duty")


@dataclass(frozen=True)
class Delivered:
    """The tonnes that a buyer may take in one scenario and year, in the money of the run.

    Attributes
    ----------
    scenario, against : str
        `against` is what he compares with, as region.route.
    year : int
    alternative : tuple of float
        Quantiles of what that costs him; empty where the run does not hold it.
    rows : mapping of (str, str) to mapping of str to tuple of float
        Quantiles by region and route, then by outcome.
    without_freight, without_duty : tuple of str
        Regions from which nothing is said of freight, and from which no duty is paid.
    """

    scenario: str
    against: str
    year: int
    alternative: tuple[float, ...]
    rows: Mapping[tuple[str, str], Mapping[str, tuple[float, ...]]]
    without_freight: tuple[str, ...] = ()
    without_duty: tuple[str, ...] = ()

    def numbers(self) -> Iterator[float]:
        """Every number."""
        yield from self.alternative
        for row in self.rows.values():
            for quantiles in row.values():
                yield from quantiles

    def scaled(self, scale: float) -> Delivered:
        """The same in another unit, of which one is `scale` of this."""

        def divided(values: tuple[float, ...]) -> tuple[float, ...]:
            return tuple(value / scale for value in values)

        rows = {key: {name: divided(values) for name, values in row.items()}
                for key, row in self.rows.items()}  # fmt: skip
        return replace(self, rows=rows, alternative=divided(self.alternative))


def delivered(run: Run, probabilities: Sequence[float]) -> list[Delivered]:
    """Of each scenario, year and buyer's alternative; nothing where the run compares with none."""
    names = [name for name in SHOWN if f"{name}_quantile" in run]
    if not names:
        return []
    found = {name: run.quantiles(name, probabilities)["value"] for name in names}
    cost = None
    if "alternative_cost_quantile" in run:
        cost = run.quantiles("alternative_cost", probabilities)["value"].values
    first = found[names[0]]
    scenarios, buyers, regions, routes, years = (run.labels(dim) for dim in first.dims[:5])
    tables = []
    for (s, scenario), (y, year), (b, against) in product(
        enumerate(scenarios), enumerate(years), enumerate(buyers)
    ):
        rows = {}
        for (i, region), (k, route) in product(enumerate(regions), enumerate(routes)):
            row = {name: _whole(one.values[s, b, i, k, y].tolist()) for name, one in found.items()}
            known = any(math.isfinite(value) for values in row.values() for value in values)
            if known and f"{region}.{route}" != against:
                rows[region, route] = row
        without = [_without(run.attrs, key, scenario, against) for key in _WITHOUT]
        tables.append(
            Delivered(
                str(scenario), str(against), int(year),
                () if cost is None else tuple(cost[s, b, y].tolist()), rows, *without,
            )
        )  # fmt: skip
    return tables


def _whole(quantiles: list[float]) -> tuple[float, ...]:
    """Quantiles; undefined where some lie among draws without a value."""
    known = all(map(math.isfinite, quantiles))
    return tuple(quantiles if known else [math.nan] * len(quantiles))


def _without(attrs: Mapping[Any, Any], key: str, scenario: str, against: str) -> tuple[str, ...]:
    told = json.loads(attrs.get(key, "{}")).get(scenario, {})
    # Older runs, of one sector, say it by the region of the buyer.
    return tuple(told.get(against, told.get(against.partition(".")[0], ())))


def as_columns(tables: Sequence[Delivered], names: Sequence[str]) -> dict[str, list[Any]]:
    """The same as columns of labels and numbers; `names` are those of the quantiles."""
    columns: dict[str, list[Any]] = {}
    for one in tables:
        for (region, route), row in one.rows.items():
            labels = {"scenario": one.scenario, "against": one.against, "region": region,
                      "route": route, "year": one.year}  # fmt: skip
            numbers = {f"{name}_{quantile}": value for name, values in row.items()
                       for quantile, value in zip(names, values, strict=True)}  # fmt: skip
            for key, value in (labels | numbers).items():
                columns.setdefault(key, []).append(value)
    return columns
