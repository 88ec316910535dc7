"""Where each outcome stands and which node computes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from simcore.model import carbon, costs, exposures, premium
from simcore.model.commodities import commodity
from simcore.model.prices import system_quantity
from simcore.model.setting import Setting
from simcore.spec.usage import (
    EXPOSURE_OUTCOMES,
    PLANT_OUTCOMES,
    price_of,
    references,
    used_places,
)
from simcore.variables import Variable

_CELL: dict[str, Callable[[Setting, str, str, str], int]] = {
    "cbam_cost": carbon.cbam_cost,
    "carbon_cost": carbon.carbon_cost,
    "cost_premium": premium.cost_premium,
    "break_even_price": premium.break_even_price,
    "premium_per_tco2": premium.premium_per_tco2,
    "premium_per_tonne": premium.premium_per_tonne,
    "annualised_premium_per_tonne": premium.annualised_premium,
    "support_gap": premium.support_gap,
    "viability": lambda s, r, d, k: premium.not_positive(s, premium.support_gap(s, r, d, k)),
    "green_is_cheaper": lambda s, r, d, k: premium.not_positive(
        s, premium.cost_premium(s, r, d, k)
    ),
    "crossover_year": premium.crossover_year,
    "lifecycle_premium": lambda s, r, d, k: premium.lifetime_sum(s, r, d, k, discounted=False),
    "npv_premium": lambda s, r, d, k: premium.lifetime_sum(s, r, d, k, discounted=True),
    "annuity_premium_per_tonne": premium.annuity_premium,
}


_PLANT: dict[str, Callable[[Setting, str, str], int]] = {
    "levelised_cost": costs.levelised_cost,
    "home_carbon_cost": carbon.home_carbon_cost,
    "marginal_carbon_cost": carbon.marginal_carbon_cost,
    "avoided_emissions": carbon.avoided,
    "cost_premium_ex_carbon": premium.cost_premium_ex_carbon,
    "abatement_cost": premium.abatement_cost,
}


def places(
    variable: Variable, setting: Setting, coords: dict[str, tuple[Any, ...]]
) -> Iterator[tuple[tuple[int, ...], int, int]]:
    """Index (after the scenario), node and first year of each cell of one scenario."""
    name, first = variable.name, setting.experiment.years.first
    regions, routes = list(enumerate(coords["region"])), list(enumerate(coords["route"]))
    destinations = list(enumerate(coords["destination"]))
    reference = references(setting.experiment)
    if name == "carbon_price":
        for m, label in enumerate(coords["market"]):
            yield (m,), carbon.market(setting, label), first
    elif name.startswith("allowance_"):
        markets = setting.experiment.catalog.markets
        for m, label in enumerate(coords["market"]):
            if markets[label].process.kind == "cap_and_bank":
                yield (m,), system_quantity(setting, label, name.removeprefix("allowance_")), first
    elif name == "commodity_price":
        for c, label in enumerate(coords["commodity"]):
            head, _, place = label.partition(".")
            if place in used_places(setting.experiment, head):
                yield (c,), commodity(setting, head, place), first
    elif name == "hydrogen_cost":
        for r, region in regions:
            if price_of(setting.experiment, "hydrogen", region) is not None:
                yield (r,), commodity(setting, "hydrogen", region), first
    elif name == "cbam_factor":
        yield (), carbon.cbam_factor(setting), first
    elif name in EXPOSURE_OUTCOMES:
        for e, label in enumerate(coords["exposure"]):
            yield (e,), getattr(exposures, name)(setting, label), first
    elif name == "cheapest_route":
        for (r, region), (d, destination) in product(regions, destinations):
            yield (r, d), premium.cheapest_route(setting, region, destination), first
    elif name in _PLANT:
        for (r, region), (k, route) in product(regions, routes):
            if variable.relative and route == reference[region]:
                continue
            from_year = (
                premium.first_compared(setting, region, route)
                if variable.relative
                else premium.first_year(setting, route)
            )
            yield (r, k), _PLANT[name](setting, region, route), from_year
    else:
        for (r, region), (d, destination), (k, route) in product(regions, destinations, routes):
            if variable.relative and route == reference[region]:
                continue
            available = premium.first_year(setting, route)
            if name in PLANT_OUTCOMES:
                available = premium.first_of_life(setting, region, route)
            elif variable.relative:
                available = premium.first_compared(setting, region, route)
            if name == "waterfall":
                parts = premium.components(setting, region, destination, route)
                for c, part in enumerate(coords["component"]):
                    node = parts.get(part, setting.graph.constant(0.0))
                    yield (r, d, k, c), node, available
            else:
                yield (r, d, k), _CELL[name](setting, region, destination, route), available
