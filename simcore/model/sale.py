"""The price of the conventional tonne, and what it leaves to pay of another, as nodes (MODEL 8).

A difference of costs takes the conventional tonne to be sold for what it costs. A price holds the
part of its carbon cost that buyers pay, and that depends on whether imports pay for theirs.
"""

from __future__ import annotations

from typing import Final

from simcore.intake.usage import references, sector_of, sector_regions, stated_by
from simcore.model.carbon import (
    home_carbon_cost,
    indirect_cost_compensation,
    marginal_carbon_cost,
)
from simcore.model.costs import levelised_cost
from simcore.model.policies import policy_value
from simcore.model.premium import total_cost
from simcore.model.scene import Scene, read, remembered
from simcore.model.since import first_compared, first_year
from simcore.variables import PLANT, Needs, Since, outcome

_NEEDS: Final = Needs(rules=("product_price", "border"))
SOLD: Final = Since(
    lambda scene, place: first_year(
        scene, references(scene.experiment)[place["region"], place["sector"]]
    )
)
"""While the reference of the region is available."""
BESIDE_PRICE: Final = Since(
    lambda scene, place: first_compared(scene, place["region"], place["route"])
)
"""While the route is as well."""


@outcome(
    over=("scenario", "region", "sector", "year"),
    unit="{money} t-1",
    title="Price of the conventional tonne",
    since=SOLD,
    needs=_NEEDS,
    usual=False,
    asked_as=("steel_price",),
)
@remembered
def product_price(scene: Scene, region: str, sector: str) -> int | None:
    """levelised_cost of the reference, net of what is paid back of the carbon in it, + margin +
    theta * its carbon cost; theta moves from theta_open to theta_border with the share of imports
    that pay for their carbon.

    None of a region that states no product_price.
    """
    graph, record = scene.graph, sector_regions(scene.experiment, sector)[region]
    if record.product_price is None:
        return None
    stated = record.product_price
    owner = f"{stated_by(scene.experiment, region, sector, 'product_price')}.product_price"
    reference = references(scene.experiment)[region, sector]
    margin, behind, without = (
        read(scene, stated, key, owner) for key in ("margin", "theta_border", "theta_open")
    )
    border = policy_value(scene, record.border)
    theta = graph.total([without, graph.product(graph.difference(behind, without), border)])
    cost = marginal_carbon_cost if stated.carbon == "marginal" else home_carbon_cost
    passed = graph.product(theta, cost(scene, region, reference))
    paid_back = indirect_cost_compensation(scene, region, reference)
    made = graph.less(levelised_cost(scene, region, reference), paid_back)
    return graph.total([margin, made, passed])


@outcome(
    over=PLANT,
    unit="{money} t-1",
    title="Gap to the price",
    since=BESIDE_PRICE,
    needs=_NEEDS,
    usual=False,
    sign="Above zero the price does not pay for the tonne.",
)
@remembered
def market_gap(scene: Scene, region: str, route: str) -> int | None:
    """levelised_cost + carbon_cost at home - product_price: what the price of the conventional
    tonne leaves to pay. Of the reference: the carbon that it cannot pass on, less its margin.

    None of a region that states no product_price.
    """
    price = product_price(scene, region, sector_of(scene.experiment, route))
    if price is None:
        return None
    return scene.graph.difference(total_cost(scene, region, "domestic", route), price)
