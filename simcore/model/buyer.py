"""What a tonne costs a buyer beside what he can have in his own region, as nodes (MODEL 8).

Every other premium compares a plant with the conventional plant of its own region. A buyer has
another alternative: a route in his region. What is made elsewhere is brought to him.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from simcore.intake.asked import alternatives
from simcore.intake.entries import Import
from simcore.intake.usage import met_imports, rules_of, sector_of
from simcore.model.carbon import home_carbon_cost
from simcore.model.costs import levelised_cost
from simcore.model.emissions import emissions
from simcore.model.policies import policy_value
from simcore.model.premium import total_cost
from simcore.model.scene import Scene, read, remembered
from simcore.model.since import AVAILABLE, first_year
from simcore.variables import Since, outcome

DELIVERED: Final = ("scenario", "against", "region", "route", "year")


def _first_there(scene: Scene, place: Mapping[str, str]) -> int:
    """First year in which the buyer has what he compares with."""
    return first_year(scene, alternatives(scene.experiment)[place["against"]][1])


THERE: Final = Since(_first_there)
"""While what the buyer compares with is available."""
BESIDE: Final = Since(
    lambda scene, place: max(_first_there(scene, place), first_year(scene, place["route"]))
)
"""While the route is as well."""


@outcome(
    over=("scenario", "against", "year"),
    unit="{money} t-1",
    title="Cost of the buyer's alternative",
    since=THERE,
    usual=False,
)
@remembered
def alternative_cost(scene: Scene, against: str) -> int:
    """levelised_cost + carbon_cost at home of what the buyer compares with."""
    region, route = alternatives(scene.experiment)[against]
    return total_cost(scene, region, "domestic", route)


@outcome(over=DELIVERED, unit="{money} t-1", title="Landed cost", since=AVAILABLE, usual=False)
@remembered
def landed_cost(scene: Scene, against: str, region: str, route: str) -> int | None:
    """levelised_cost + carbon_cost + freight + duty: what a tonne costs in the region of the buyer.

    CBAM is due where that lies in the market of the border, and the tonne comes from outside it.
    None of what the buyer does not buy: of another sector than what he compares with.
    """
    buyer, other = alternatives(scene.experiment)[against]
    if sector_of(scene.experiment, route) != sector_of(scene.experiment, other):
        return None
    made = total_cost(scene, region, _sold_as(scene, buyer), route)
    brought = _import(scene, buyer, region, route)
    if brought is None:
        return made
    place, record = brought
    freight = read(scene, record, "freight", f"{buyer}.imports.{place}")
    return scene.graph.total([made, freight, *_duty(scene, against, region, route)])


def _sold_as(scene: Scene, buyer: str) -> str:
    """The destination of tonnes that this buyer takes."""
    experiment = scene.experiment
    inside = experiment.catalog.regions[buyer].market == experiment.cbam.market
    return "eu" if inside else "domestic"


def _import(scene: Scene, buyer: str, origin: str, route: str) -> tuple[str, Import] | None:
    """What bringing a tonne in costs, and where that stands; None where nothing is said."""
    place = met_imports(scene.experiment).get((buyer, sector_of(scene.experiment, route), origin))
    if place is None:
        return None
    return place, rules_of(scene.experiment, buyer, route).imports[place]


def _duty(scene: Scene, against: str, region: str, route: str) -> list[int]:
    """Duty per tonne, if there may be any; CBAM is no part of what it is due on."""
    buyer, _ = alternatives(scene.experiment)[against]
    brought, graph = _import(scene, buyer, region, route), scene.graph
    assert brought is not None
    place, record = brought
    paying = read(scene, record, "out_of_quota", f"{buyer}.imports.{place}")
    if graph.is_constant(paying, 0.0):
        return []
    rate = policy_value(scene, record.duty)
    if graph.is_constant(rate, 0.0):
        return []
    value = graph.total([
        levelised_cost(scene, region, route), home_carbon_cost(scene, region, route),
        read(scene, record, "freight", f"{buyer}.imports.{place}"),
    ])  # fmt: skip
    return [graph.product(rate, paying, value)]


@outcome(
    over=DELIVERED,
    unit="{money} t-1",
    title="Premium over the buyer's alternative",
    since=BESIDE,
    usual=False,
    asked_as=("delivered_premium", "landed_premium"),
    sign="Above zero the tonne costs the buyer more than what he has today.",
)
@remembered
def buyer_premium(scene: Scene, against: str, region: str, route: str) -> int | None:
    """landed_cost - alternative_cost: what the delivered tonne costs more than what the buyer
    compares with, carbon included.

    None of that itself, and of what the buyer does not buy.
    """
    own = landed_cost(scene, against, region, route)
    if own is None or (region, route) == alternatives(scene.experiment)[against]:
        return None
    return scene.graph.difference(own, alternative_cost(scene, against))


@outcome(
    over=DELIVERED,
    unit="{money} t-1",
    title="Asking premium",
    since=BESIDE,
    usual=False,
)
@remembered
def asking_premium(scene: Scene, against: str, region: str, route: str) -> int | None:
    """max(0, buyer_premium): nobody sells below what the buyer pays for the alternative."""
    premium, graph = buyer_premium(scene, against, region, route), scene.graph
    if premium is None:
        return None
    below = graph.node("SMALLER", a=premium, b=graph.constant(0.0))
    return graph.difference(premium, below)


@outcome(
    over=DELIVERED,
    unit="{money} t-1",
    title="Buyer's cost per t CO2e",
    since=BESIDE,
    usual=False,
    per="CO2e",
)
@remembered
def buyer_cost_per_tco2(scene: Scene, against: str, region: str, route: str) -> int | None:
    """buyer_premium / (emissions of the buyer's alternative - own), per t CO2e that he saves.

    Undefined where he saves none.
    """
    premium, graph = buyer_premium(scene, against, region, route), scene.graph
    if premium is None:
        return None
    saved = graph.difference(
        emissions(scene, *alternatives(scene.experiment)[against]), emissions(scene, region, route)
    )
    return graph.node("RATIO", value=premium, divisor=saved)
