"""The headline of a run, cost beside value, from a run just finished or one opened again.

Numbers and labels are plain arrays here: after a small run, xarray and pandas would take longer to
load than all the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from simcore.analysis.accounts import AccountRow, accounts_of
from simcore.analysis.accounts import as_columns as account_columns
from simcore.analysis.decided import DecidedRow, decided_of
from simcore.analysis.decided import as_columns as decided_columns
from simcore.analysis.delivered import AMOUNTS, SHOWN, as_columns, delivered
from simcore.analysis.exposures import OwedRow, exposures_of
from simcore.analysis.exposures import as_columns as exposure_columns
from simcore.analysis.goods import as_columns as goods_columns
from simcore.analysis.goods import budgets_of, products_of
from simcore.analysis.names import every_title
from simcore.analysis.portfolios import PortfolioRow, portfolios_of
from simcore.analysis.portfolios import as_columns as portfolio_columns
from simcore.analysis.projects import as_columns as project_columns
from simcore.analysis.projects import projects_beside
from simcore.analysis.sectors import product_told, references_of, sectors_of, with_sectors
from simcore.analysis.select import PARTS, outcomes_of, quantiles
from simcore.analysis.views import MarketPrice, deciding_markets, market_prices
from simcore.dataset import Finished, RunError
from simcore.errors import Fault
from simcore.variables import INTERVAL_LEVEL, OUTCOMES, QUANTILES

if TYPE_CHECKING:
    import xarray as xr

HEADLINE_QUANTILES: Final = (0.05, 0.5, 0.95)
SOLD: Final = {"domestic": "sold at home", "eu": "sold into the EU"}
"""Where the tonne is sold, by destination."""
_BEFORE_CARBON: Final = ("cost_premium_ex_carbon", "carbon_value", "support_gap", "viability")
_AFTER_CARBON: Final = ("cost_premium", "green_is_cheaper")
"""Columns of the headline, by whether the cost holds carbon."""
_SHARES: Final = ("viability", "green_is_cheaper")


@dataclass(frozen=True)
class Cells:
    """Numbers over named dimensions."""

    dims: tuple[str, ...]
    values: np.ndarray


class Run(Protocol):
    """What the headline asks of a run."""

    @property
    def attrs(self) -> Mapping[Any, Any]:
        """Global attributes."""

    def __contains__(self, name: object) -> bool:
        """Whether the run holds an array."""

    def __iter__(self) -> Iterator[Any]:
        """Names of its arrays."""

    def labels(self, dim: str) -> list[Any]:
        """Labels along a dimension."""

    def unit(self, name: str) -> str:
        """Unit of an array."""

    def cells(self, name: str) -> Cells:
        """Give the numbers of an array."""

    def quantiles(self, name: str, probabilities: Sequence[float]) -> dict[str, Cells]:
        """`value`, `low` and `high` of an outcome, quantiles last."""

    def draws(self, name: str, place: Mapping[str, Any]) -> np.ndarray | None:
        """Draws of an outcome at a place, by dimension; None where they were not kept."""


class FinishedRun:
    """A run just finished, cut to some of its labels.

    Parameters
    ----------
    run : Finished
    labels : mapping of str to labels
        Labels to keep by dimension; all of the others.
    """

    def __init__(self, run: Finished, labels: Mapping[str, Iterable[Any]]) -> None:
        self.attrs = run.attrs
        self._run = run
        self._places = {
            dim: [place for place, name in enumerate(run.layout.coords[dim]) if name in set(chosen)]
            for dim, chosen in labels.items()
        }

    def __contains__(self, name: object) -> bool:
        return name in self._run.summaries or name in self._run.layout.extra_coords

    def __iter__(self) -> Iterator[Any]:
        return iter(self._run.summaries)

    def labels(self, dim: str) -> list[Any]:
        layout = self._run.layout
        along, names = layout.extra_coords.get(dim) or (dim, layout.coords[dim])
        return [names[place] for place in self._places.get(along, range(len(names)))]

    def unit(self, name: str) -> str:
        return str(self._run.summaries[name][0].attrs["units"])

    def cells(self, name: str) -> Cells:
        array, values = self._run.summaries[name]
        for axis, dim in enumerate(array.dims):
            if dim in self._places:
                values = values.take(self._places[dim], axis)
        return Cells(array.dims, values)

    def quantiles(self, name: str, probabilities: Sequence[float]) -> dict[str, Cells]:
        places = [QUANTILES.index(probability) for probability in probabilities]
        found = {part: self.cells(f"{name}_{statistic}") for part, statistic in PARTS.items()}
        return {part: Cells(one.dims, one.values[..., places]) for part, one in found.items()}

    def draws(self, _: str, __: Mapping[str, Any]) -> np.ndarray | None:
        return None


class OpenedRun:
    """A run opened with xarray."""

    def __init__(self, dataset: xr.Dataset) -> None:
        self.attrs: Mapping[Any, Any] = dataset.attrs
        self._dataset = dataset

    def __contains__(self, name: object) -> bool:
        return name in self._dataset

    def __iter__(self) -> Iterator[Any]:
        return iter(self._dataset)

    def labels(self, dim: str) -> list[Any]:
        # A run cut to one label has it without its dimension.
        return list(np.atleast_1d(self._dataset[dim].values).tolist())

    def unit(self, name: str) -> str:
        return str(self._dataset[name].attrs["units"])

    def cells(self, name: str) -> Cells:
        return _cells(self._dataset[name])

    def quantiles(self, name: str, probabilities: Sequence[float]) -> dict[str, Cells]:
        found = quantiles(self._dataset, name, probabilities)
        return {str(part): _cells(array) for part, array in found.data_vars.items()}

    def draws(self, name: str, place: Mapping[str, Any]) -> np.ndarray | None:
        if name not in self._dataset:
            return None
        found: np.ndarray = self._dataset[name].sel(place).values
        return found


def _cells(array: xr.DataArray) -> Cells:
    return Cells(tuple(map(str, array.dims)), array.values)


def headline_of(
    run: Run, probabilities: Sequence[float] = HEADLINE_QUANTILES
) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """Cost, carbon value, gap and viability side by side, one row a route and year.

    Without the cost before carbon neither the value nor the gap is shown, for the cost after carbon
    holds it: `attrs["apart"]` names them. `attrs["outcomes"]` are those shown in their order,
    `attrs["titles"]` the human names of labels by dimension. `attrs["lacking"]` names what could be
    shown and is not among the outcomes, `attrs["left_out"]` the routes that are undefined in every
    row (the reference route). `attrs["interval"]` is the half-width of the widest bounded 95 %
    interval shown (NaN: none is), `attrs["open"]` names the quantiles for some of whose intervals
    there are too few draws, `attrs["enough"]` says how many independent draws have one;
    `attrs["freedom"]` are the degrees of freedom of these intervals.

    `attrs["sectors"]` are the sectors of the run; where there are several, a column `sector` tells
    whose route it is. `attrs["delivered"]` are the tables of buyers, `attrs["projects"]` that of
    projects, `attrs["decisions"]`, `attrs["portfolios"]`, `attrs["exposures"]`,
    `attrs["accounts"]`, `attrs["budgets"]` and `attrs["products"]` their rows; where there is
    neither a cost nor a value, the rows of the first of these are the columns.

    Returns
    -------
    columns : dict of str to list
        Labels, then numbers; of equal length.
    attrs : dict
        Unit, currency, price year and whatever else holds for all of them.

    Raises
    ------
    RunError
        The run holds neither a cost nor a value, nor what tonnes cost a buyer, nor a project, a
        decision, a portfolio, an exposure, an account, a budget or a product.
    """
    present = outcomes_of(run)
    wanted, apart = list(_BEFORE_CARBON), list[str]()
    if "cost_premium" in present and "cost_premium_ex_carbon" not in present:
        # It holds the cost of carbon already: what the avoided carbon is worth would count twice.
        wanted, apart = list(_AFTER_CARBON), [name for name in _BEFORE_CARBON if name in present]
    names = [name for name in wanted if name in present]
    spread, shares = (
        [name for name in names if (name in _SHARES) is is_share] for is_share in (False, True)
    )
    made = sectors_of(run)
    tables, projects = delivered(run, probabilities), projects_beside(run, probabilities)
    goods = budgets_of(run), products_of(run, probabilities)
    decisions, exposures = decided_of(run, probabilities), exposures_of(run, probabilities)
    portfolios, accounts = portfolios_of(run, probabilities), accounts_of(run)
    if not any((
        spread, tables, projects, decisions, portfolios, exposures, accounts, *goods,
    )):  # fmt: skip
        held = [one for one in present if one in OUTCOMES and OUTCOMES[one].kind != "component"]
        raise RunError(Fault(
            "outcomes", ", ".join(held) or "none", "cost_premium or carbon_value",
            "name one outcome: --variable " + (held[0] if held else "V"),
        ))  # fmt: skip
    numbers: dict[str, Cells] = {}
    widest, unbounded = math.nan, dict[float, None]()
    beside = [name for name in AMOUNTS if f"{name}_quantile" in run]
    for name in (*spread, *beside):
        found = run.quantiles(name, probabilities)
        value = found["value"]
        for place, probability in enumerate(probabilities):
            column = Cells(value.dims[:-1], value.values[..., place])
            if name not in beside:
                numbers[f"{name}_{percentile(probability)}"] = column
            low, high = (found[end].values[..., place] for end in ("low", "high"))
            is_open = np.isfinite(column.values) & (np.isinf(low) | np.isinf(high))
            if is_open.any():
                unbounded[probability] = None
            closed = np.isfinite(low) & np.isfinite(high)
            if closed.any():
                widest = float(np.fmax(widest, (high - low)[closed].max() / 2))
    for name in shares if spread else ():
        numbers[name] = run.cells(f"{name}_mean")
        numbers |= _over_views(run, name)
    called = [percentile(one) for one in probabilities]
    if not spread:
        told, left_out, wanted, names = as_columns(tables, called), list[str](), [], []
        if not tables:
            firms = _first_columns(decisions, portfolios, exposures, accounts, called)
            told = goods_columns(*goods, called) if firms is None else firms
            told = told if projects is None else project_columns(projects, called)
    else:
        columns, left_out = _without_undefined(_columns(run, numbers), list(numbers))
        told = {name: column.tolist() for name, column in columns.items()}
        if len(made) > 1 and "route" in told:
            told = with_sectors(told, made)
    held = [f"{name}_mean" for name in (*spread, *SHOWN, "project_npv")]
    unit = next((run.unit(name) for name in held if name in run), str(run.attrs["currency"]))
    attrs = {
        "currency": str(run.attrs["currency"]), "price_year": int(run.attrs["price_year"]),
        "draws": int(run.attrs["draws"]), "run": str(run.attrs.get("title", "")),
        "product": product_told(run, made), "sectors": made,
        "unit": unit, "left_out": left_out, "interval": widest,
        "open": [percentile(one) for one in unbounded],
        "enough": max(map(_enough, unbounded), default=0),
        "freedom": int(run.attrs.get("degrees_of_freedom", 0)),
        "outcomes": names, "apart": apart,
        "lacking": [name for name in wanted if name not in names],
        "titles": every_title(run),
        "prices": _prices(run),
        "delivered": tables, "projects": projects, "budgets": goods[0], "products": goods[1],
        "decisions": decisions, "portfolios": portfolios, "exposures": exposures,
        "accounts": accounts, "quantiles": called,
        "references": references_of(run.attrs),
    }  # fmt: skip
    return told, attrs


def _first_columns(
    decisions: Sequence[DecidedRow], portfolios: Sequence[PortfolioRow],
    exposures: Sequence[OwedRow], accounts: Sequence[AccountRow], called: Sequence[str],
) -> dict[str, list[Any]] | None:  # fmt: skip
    """Columns of the first of these that has any rows."""
    if decisions:
        return decided_columns(decisions, called)
    if portfolios:
        return portfolio_columns(portfolios, called)
    if exposures:
        return exposure_columns(exposures, called)
    return account_columns(accounts) if accounts else None


def _enough(probability: float) -> int:
    """Independent draws from which on a quantile has an interval: on either side lies one."""
    far = max(probability, 1.0 - probability)
    return math.ceil(math.log((1.0 - INTERVAL_LEVEL) / 2.0) / math.log(far))


def _prices(run: Run) -> list[MarketPrice]:
    """Prices of every scenario and year, the markets that decide most cells first."""
    order = list(deciding_markets(run))
    return sorted(
        market_prices(run),
        key=lambda one: order.index(one.market) if one.market in order else len(order),
    )


def _over_views(run: Run, name: str) -> dict[str, Cells]:
    """Lowest and highest probability that a single view of the price gives, `_low` and `_high`."""
    if f"{name}_by_view_mean" not in run:
        return {}
    found = run.cells(f"{name}_by_view_mean")
    axis = found.dims.index("view")
    dims = found.dims[:axis] + found.dims[axis + 1 :]
    seen = ~np.isnan(found.values)
    several = seen.sum(axis) > 1
    if "carbon_price_quantile" in run:
        # Where all prices are known, views differ by their draws only.
        price = run.quantiles("carbon_price", (0.05, 0.95))["value"].values
        moves = np.any(price[..., 0] != price[..., 1], axis=1)
        several &= moves.reshape(len(moves), *(1 for _ in dims[1:-1]), -1)
    return {
        f"{name}_{end}": Cells(
            dims, np.where(several, pick(found.values, axis, initial=-start, where=seen), np.nan)
        )
        for end, pick, start in (("low", np.min, -np.inf), ("high", np.max, np.inf))
    }


def _columns(run: Run, numbers: Mapping[str, Cells]) -> dict[str, np.ndarray]:
    """One row a cell of the widest array, in the order of the run: labels, then numbers."""
    dims = max((one.dims for one in numbers.values()), key=len)
    labels = [run.labels(dim) for dim in dims]
    shape = tuple(map(len, labels))
    columns: dict[str, np.ndarray] = {}
    for axis, dim in enumerate(dims):
        column = np.array(labels[axis], dtype=None if dim == "year" else object)
        column = column.reshape([-1 if place == axis else 1 for place in range(len(dims))])
        columns[dim] = np.broadcast_to(column, shape).ravel()
    for name, one in numbers.items():
        spread = one.values[tuple(slice(None) if dim in one.dims else None for dim in dims)]
        columns[name] = np.broadcast_to(spread, shape).ravel()
    return columns


def _without_undefined(
    columns: dict[str, np.ndarray], numbers: Sequence[str]
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Leave out the routes whose numbers are all undefined."""
    if "route" not in columns:
        return columns, []
    defined = ~np.all([np.isnan(columns[name]) for name in numbers], axis=0)
    shown = set(columns["route"][defined])
    left_out = [str(name) for name in dict.fromkeys(columns["route"]) if name not in shown]
    rows = np.array([name in shown for name in columns["route"]], dtype=bool)
    return {name: column[rows] for name, column in columns.items()}, sorted(left_out)


def telling_years(years: Sequence[int]) -> list[int]:
    """Three years: the first, then the next two decades, or the middle and the last."""
    decades = [year for year in years[1:] if year % 10 == 0][:2]
    if len(decades) < 2:
        decades = [years[len(years) // 2], years[-1]]
    return sorted({years[0], *decades})


def percentile(probability: float) -> str:
    """Column name of a quantile: 0.05 is p5, 0.5 is p50, 0.975 is p97.5."""
    return f"p{100 * probability:.10g}"
