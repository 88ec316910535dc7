"""What closes the gaps of a run, and what its products cost more: its last tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from simcore.analysis.headline import Run

RESERVE: Final = 0.95


@dataclass(frozen=True)
class BudgetRow:
    """One budget of one scenario, in 1e6 of the money of the run.

    Attributes
    ----------
    scenario, budget : str
    total, reserve, net : float
        Mean and P95 of what closes its gap in all years, and mean gap times the volume.
    years : dict of int to (float, float)
        Mean and P95 by year.
    """

    scenario: str
    budget: str
    total: float
    reserve: float
    net: float
    years: dict[int, tuple[float, float]]

    def numbers(self) -> Iterator[float]:
        """Every number."""
        yield from (self.total, self.reserve, self.net)
        for pair in self.years.values():
            yield from pair


@dataclass(frozen=True)
class ProductRow:
    """What a product costs more by one route in one region, sold where it is sold.

    Attributes
    ----------
    scenario, product, unit, region, destination, route : str
        `unit` is what one of the product is.
    year : int
    effect : tuple of float
        Quantiles, in the money of the run.
    uplift : float
        Mean share of its price.
    """

    scenario: str
    product: str
    unit: str
    region: str
    destination: str
    route: str
    year: int
    effect: tuple[float, ...]
    uplift: float


def budgets_of(run: Run) -> list[BudgetRow]:
    """The budgets of every scenario; what the run has not of them is NaN, or no year."""
    if "budget_total_mean" not in run:
        return []
    total = run.cells("budget_total_mean").values
    most = run.quantiles("budget_total", [RESERVE])["value"].values[..., 0]
    held = "budget_net_total_mean" in run
    net = run.cells("budget_net_total_mean").values if held else np.full_like(total, math.nan)
    years: Sequence[Any] = ()
    need = high = np.empty((*total.shape, 0))
    if "budget_need_mean" in run:
        years, need = run.labels("year"), run.cells("budget_need_mean").values
        high = run.quantiles("budget_need", [RESERVE])["value"].values[..., 0]
    rows = list[BudgetRow]()
    for (s, scenario), (b, budget) in product(
        enumerate(run.labels("scenario")), enumerate(run.labels("budget"))
    ):
        if math.isfinite(total[s, b]):
            by_year = zip(years, zip(need[s, b].tolist(), high[s, b].tolist(), strict=True),
                          strict=True)  # fmt: skip
            whole, reserve, mean = (float(one[s, b]) for one in (total, most, net))
            rows.append(BudgetRow(str(scenario), str(budget), whole, reserve, mean, dict(by_year)))
    return rows


def products_of(run: Run, probabilities: Sequence[float]) -> list[ProductRow]:
    """What products cost more, by scenario and year; where the EU is home, that alone."""
    if not ("price_effect_quantile" in run and "price_uplift_mean" in run):
        return []
    effects = run.quantiles("price_effect", probabilities)["value"]
    uplift, rows, told = run.cells("price_uplift_mean").values, list[ProductRow](), set[object]()
    units = dict(zip(run.labels("product"), run.labels("product_unit"), strict=True))
    labels = [list(enumerate(run.labels(dim))) for dim in effects.dims[:-1]]
    for cell in product(*labels):
        index = tuple(place for place, _ in cell)
        scenario, name, region, destination, route, year = (label for _, label in cell)
        values = tuple(effects.values[index].tolist())
        key = scenario, name, region, route, year, values
        if math.isfinite(uplift[index]) and key not in told:
            told.add(key)
            rows.append(ProductRow(
                str(scenario), str(name), str(units[name]), str(region), str(destination),
                str(route), int(year), values, float(uplift[index]),
            ))  # fmt: skip
    return rows


def as_columns(
    budgets: Sequence[BudgetRow], products: Sequence[ProductRow], names: Sequence[str]
) -> dict[str, list[Any]]:
    """The budgets, or else the products, as columns of labels and numbers; `names` are those of the
    quantiles."""
    columns: dict[str, list[Any]] = {}
    rows: list[dict[str, Any]] = [
        {"scenario": one.scenario, "budget": one.budget, "budget_total_mean": one.total,
         "budget_total_p95": one.reserve, "budget_net_total_mean": one.net}
        for one in budgets
    ]  # fmt: skip
    for one in () if budgets else products:
        effects = {f"price_effect_{name}": value
                   for name, value in zip(names, one.effect, strict=True)}  # fmt: skip
        rows.append({
            "scenario": one.scenario, "product": one.product, "region": one.region,
            "destination": one.destination, "route": one.route, "year": one.year, **effects,
            "price_uplift_mean": one.uplift,
        })  # fmt: skip
    for row in rows:
        for key, value in row.items():
            columns.setdefault(key, []).append(value)
    return columns
