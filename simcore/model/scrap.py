"""Scrap as a carbon asset: what it saves of carbon cost, and its price, as nodes (MODEL 18).

A tonne of scrap stands for ore whose carbon is paid for. What that is worth moves its price where
its owners take some of it, and a duty on scrap that leaves lowers it at home. The carbon value
follows from carbon prices, emissions, amounts and rules alone; no price of a commodity goes into
those, so that the price of scrap can follow from it.
"""

from __future__ import annotations

from typing import Final

from simcore.intake.usage import references, scrap_sector, sector_regions
from simcore.model.carbon import home_carbon_cost
from simcore.model.commodities import shifts_price
from simcore.model.costs import traded
from simcore.model.parity import parity_price
from simcore.model.policies import policy_value
from simcore.model.scene import Scene, read, remembered
from simcore.model.since import first_compared, first_year
from simcore.variables import Needs, Since, outcome


def _first(scene: Scene, region: str, sector: str) -> int:
    """First year in which both the route of scrap and the reference of the region are there."""
    scrap = scene.experiment.catalog.sectors[sector].scrap
    if scrap is None:
        return first_year(scene, references(scene.experiment)[region, sector])
    return first_compared(scene, region, scrap.route)


REMELTED: Final = Since(lambda scene, place: _first(scene, place["region"], place["sector"]))
"""While scrap can be compared with ore."""


@outcome(
    over=("scenario", "region", "sector", "year"),
    unit="{money} t-1",
    title="Carbon value of scrap",
    since=REMELTED,
    needs=Needs(scrap=True),
    usual=False,
    per="of scrap",
)
@remembered
def scrap_carbon_value(scene: Scene, region: str, sector: str) -> int | None:
    """Carbon cost at home that a tonne of scrap saves: (home_carbon_cost of the reference - that of
    the route of scrap) / scrap per tonne of it.

    None of a sector that names no scrap.
    """
    scrap = scene.experiment.catalog.sectors[sector].scrap
    if scrap is None:
        return None
    reference = references(scene.experiment)[region, sector]
    saved = scene.graph.difference(
        home_carbon_cost(scene, region, reference), home_carbon_cost(scene, region, scrap.route)
    )
    charge = traded(scene, region, scrap.route, "inputs", scrap.commodity)
    return scene.graph.quotient(saved, charge)


@outcome(
    over=("scenario", "region", "sector", "year"),
    unit="{money} t-1",
    title="Parity price of scrap",
    since=REMELTED,
    needs=Needs(scrap=True),
    usual=False,
    per="of scrap",
)
def scrap_parity_price(scene: Scene, region: str, sector: str) -> int | None:
    """The most that a remelter can pay per tonne of scrap, all else as drawn: parity_price of scrap
    for the route of scrap, sold at home.

    None of a sector that names no scrap.
    """
    scrap = scene.experiment.catalog.sectors[sector].scrap
    if scrap is None:
        return None
    return parity_price(scene, region, "domestic", scrap.route, scrap.commodity)


@shifts_price
def scrap_price(scene: Scene, commodity: str, region: str, price: int) -> int:
    """p0*(1 - incidence*duty) + owners' share*(v_c - v_c of the first year of the run)."""
    sector = scrap_sector(scene.experiment, commodity, region)
    if sector is None:
        return price
    graph, record = scene.graph, sector_regions(scene.experiment, sector)[region].scrap
    assert record is not None
    owner = f"{region}.{sector}.scrap"
    duty = policy_value(scene, record.export_duty)
    if not graph.is_constant(duty, 0.0):
        fall = graph.product(read(scene, record, "incidence", owner), duty)
        price = graph.product(price, graph.difference(graph.constant(1.0), fall))
    share = read(scene, record, "owners_share", owner)
    if graph.is_constant(share, 0.0):
        return price
    value = scrap_carbon_value(scene, region, sector)
    assert value is not None
    if not graph.nodes[value].yearly:
        return price
    first = graph.node("LATCHED", value=value, since=int(scene.horizon[0]))
    return graph.sum(price, graph.product(share, graph.difference(value, first)))
