"""Where each outcome stands and which node computes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, Final

from simcore.intake.usage import deciding_market, price_of, references, used_places
from simcore.intake.views import system_of
from simcore.model import carbon, costs, exposures, parity, premium
from simcore.model.commodities import commodity
from simcore.model.prices import (
    at_bound,
    futures_price,
    in_view,
    label_where,
    system_quantity,
    view_nodes,
    view_row,
)
from simcore.model.setting import Setting
from simcore.variables import Variable


def _allowances(quantity: str) -> Callable[[Setting, str], int | None]:
    def node(setting: Setting, market: str) -> int | None:
        system = system_of(setting.experiment.catalog.markets[market])
        return None if system is None else system_quantity(setting, market, quantity)

    return node


def _price_by_view(setting: Setting, market: str, view: str) -> int | None:
    nodes = view_nodes(setting, market).get(view)
    return None if nodes is None else in_view(setting, carbon.market(setting, market), *nodes)


def _viability_by_view(
    setting: Setting, views: tuple[str, ...], region: str, destination: str, route: str, view: str
) -> int | None:
    market = deciding_market(setting.experiment, region, destination)
    if view not in view_nodes(setting, market):
        return None
    gap = premium.support_gap(setting, region, destination, route)
    return label_where(setting, gap, view_row(setting, market, views))


def _commodity(setting: Setting, label: str) -> int | None:
    name, _, place = label.partition(".")
    met = place in used_places(setting.experiment, name)
    return commodity(setting, name, place) if met else None


def _hydrogen(setting: Setting, region: str) -> int | None:
    known = price_of(setting.experiment, "hydrogen", region) is not None
    return commodity(setting, "hydrogen", region) if known else None


def _part(setting: Setting, region: str, destination: str, route: str, part: str) -> int:
    parts = premium.components(setting, region, destination, route)
    return parts[part] if part in parts else setting.graph.constant(0.0)


_NODES: Final[dict[str, Callable[..., int | None]]] = {
    "carbon_price": carbon.market,
    "carbon_price_by_view": _price_by_view,
    "at_price_limit": at_bound,
    "futures_price": futures_price,
    **{f"allowance_{one}": _allowances(one)
       for one in ("bank", "reserve", "emissions", "invalidated", "removed")},
    "commodity_price": _commodity,
    "hydrogen_cost": _hydrogen,
    "cbam_factor": carbon.cbam_factor,
    "levelised_cost": costs.levelised_cost,
    "home_carbon_cost": carbon.home_carbon_cost,
    "cbam_cost": carbon.cbam_cost,
    "carbon_cost": carbon.carbon_cost,
    "total_cost": premium.total_cost,
    "marginal_carbon_cost": carbon.marginal_carbon_cost,
    "avoided_emissions": carbon.avoided,
    "cost_premium": premium.cost_premium,
    "cost_premium_ex_carbon": premium.cost_premium_ex_carbon,
    "abatement_cost": premium.abatement_cost,
    "break_even_price": premium.break_even_price,
    "parity_price": parity.parity_price,
    "premium_per_tco2": premium.premium_per_tco2,
    "premium_per_tonne": premium.premium_per_tonne,
    "annualised_premium_per_tonne": premium.annualised_premium,
    "support_gap": premium.support_gap,
    "viability": lambda s, *cell: premium.not_positive(s, premium.support_gap(s, *cell)),
    "green_is_cheaper": lambda s, *cell: premium.not_positive(s, premium.cost_premium(s, *cell)),
    "crossover_year": premium.crossover_year,
    "cheapest_route": premium.cheapest_route,
    "lifecycle_premium": lambda s, *cell: premium.lifetime_sum(s, *cell, discounted=False),
    "npv_premium": lambda s, *cell: premium.lifetime_sum(s, *cell, discounted=True),
    "annuity_premium_per_tonne": premium.annuity_premium,
    "waterfall": _part,
    "exposure_cost": exposures.exposure_cost,
    "exposure_total": exposures.exposure_total,
    "exposure_cost_local": exposures.exposure_cost_local,
    "exposure_total_local": exposures.exposure_total_local,
}  # fmt: skip
"""Node of an outcome from the labels of its place, in the order of its dimensions; None where it
has no such value."""


def places(
    variable: Variable, setting: Setting, coords: dict[str, tuple[Any, ...]]
) -> Iterator[tuple[tuple[int, ...], int, int]]:
    """Index (after the scenario), node and first year of each cell of one scenario."""
    dims = [dim for dim in variable.dims if dim not in ("scenario", "year")]
    reference = references(setting.experiment)
    for index in product(*(range(len(coords[dim])) for dim in dims)):
        labels = [coords[dim][place] for dim, place in zip(dims, index, strict=True)]
        place = dict(zip(dims, labels, strict=True))
        if variable.relative and place["route"] == reference[place["region"]]:
            continue
        if variable.name == "viability_by_view":
            node = _viability_by_view(setting, coords["view"], *labels)
        else:
            node = _NODES[variable.name](setting, *labels)
        if node is not None:
            yield index, node, _first_year(variable, setting, place)


def _first_year(variable: Variable, setting: Setting, place: dict[str, Any]) -> int:
    """First year in which an outcome is defined at a place."""
    if "route" not in place:
        return setting.experiment.years.first
    region, route = place["region"], place["route"]
    if variable.life:
        return premium.first_of_life(setting, region, route)
    if variable.relative:
        return premium.first_compared(setting, region, route)
    return premium.first_year(setting, route)
