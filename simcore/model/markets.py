"""What is read off a carbon market, as nodes: its price, its limits, its futures, its views."""

from __future__ import annotations

import math

import numpy as np

from simcore.intake.paths import PricePath
from simcore.intake.priced import views_from
from simcore.intake.stated import unit_of_field
from simcore.intake.views import chosen_views, system_of
from simcore.model.paths import price_factor
from simcore.model.policies import policy_value, series
from simcore.model.prices import limits, price, system_quantity, view_choice
from simcore.model.scene import Scene, remembered
from simcore.model.yearly import yearly_quantity
from simcore.processes import kind_of
from simcore.variables import MARKET, outcome


@outcome(
    over=MARKET,
    unit="{money} t-1",
    title="Carbon price",
    kept=True,
    asked_as=("co2_price", "ets_price", "eua_price", "allowance_price"),
    per="CO2e",
)
@remembered
def carbon_price(scene: Scene, market: str) -> int:
    """Price of one allowance (t CO2e) in each market; real terms.

    What a market is linked to takes over with the link.
    """
    record, graph = scene.experiment.catalog.markets[market], scene.graph
    own = _own_price(scene, market)
    if record.link is None:
        return own
    joined = policy_value(scene, record.link.share)
    apart = graph.difference(graph.constant(1.0), joined)
    other = graph.product(joined, carbon_price(scene, record.link.to))
    return graph.sum(graph.product(apart, own), other)


@remembered
def home_price(scene: Scene, region: str) -> int:
    """Node of what a tonne of CO2e costs in a region: in its market, or what it states itself."""
    record = scene.experiment.catalog.regions[region]
    if record.market is not None:
        return carbon_price(scene, record.market)
    return yearly_quantity(
        scene, f"{region}.carbon_price", record.carbon_price,
        unit_of_field(type(record), "carbon_price"),
    )  # fmt: skip


@remembered
def _own_price(scene: Scene, market: str) -> int:
    """The same as if it were linked to none."""
    return price(scene, market, scene.experiment.catalog.markets[market], "EUR/t")


@outcome(
    over=("scenario", "market", "view", "year"),
    unit="{money} t-1",
    title="Carbon price by view",
    per="CO2e",
)
def carbon_price_by_view(scene: Scene, market: str, view: str) -> int | None:
    """Carbon price in the draws of one view of the market that decides it (its own, or of the
    market that it follows); `defined` is the share of these draws. Undefined elsewhere.

    None of a view that does not decide it.
    """
    nodes = view_nodes(scene, market).get(view)
    return None if nodes is None else in_view(scene, carbon_price(scene, market), *nodes)


@outcome(over=MARKET, unit="1", title="Price at a hard bound", kind="indicator")
@remembered
def at_price_limit(scene: Scene, market: str) -> int:
    """1 where the carbon price is at its backstop, its floor or its ceiling."""
    record, graph = scene.experiment.catalog.markets[market], scene.graph
    alone = kind_of(record.process).made_of != "spot"
    if alone or (record.response is None and record.corridor is None):
        return _at_other_bound(scene, record)
    made = _own_price(scene, market)
    known = record.spot is not None and record.spot.year >= scene.horizon[0]
    bound = graph.node("AT_BOUND", price=made, **limits(scene, market, record, "EUR/t"))
    if not known or record.spot is None:
        return bound
    # A price that is known was not made by its bounds.
    later = series(scene, np.where(scene.horizon <= record.spot.year, 0.0, 1.0))
    return graph.product(bound, later)


def _at_other_bound(scene: Scene, record: PricePath) -> int:
    """The same of the market that a market without bounds is linked to, once it is."""
    if record.link is None or scene.experiment.catalog.markets[record.link.to].link is not None:
        return scene.graph.constant(0.0)
    joined = policy_value(scene, record.link.share)
    return scene.graph.product(joined, at_price_limit(scene, record.link.to))


@outcome(
    over=MARKET,
    unit="{money} t-1",
    title="Futures price",
    kind="known",
    per="CO2e",
)
def futures_price(scene: Scene, market: str) -> int | None:
    """What the futures for delivery in the year cost when the market was written down, in real
    terms: a fact to set beside carbon_price.

    NaN where none is known.
    """
    record = scene.experiment.catalog.markets[market]
    factor = price_factor(scene, record, "EUR/t")
    values = [
        record.futures[year] * factor(year) if year in record.futures else math.nan
        for year in scene.horizon.tolist()
    ]
    return None if all(map(math.isnan, values)) else series(scene, np.array(values))


@outcome(over=MARKET, unit="Mt", title="Allowances in circulation", usual=False)
def allowance_bank(scene: Scene, market: str) -> int | None:
    """Bank at the end of the year; only of markets with the process cap_and_bank, and in the draws
    whose view has it."""
    return _of_system(scene, market, "bank")


@outcome(over=MARKET, unit="Mt", title="Allowances in the stability reserve", usual=False)
def allowance_reserve(scene: Scene, market: str) -> int | None:
    """Reserve at the end of the year, after invalidation; cap_and_bank only."""
    return _of_system(scene, market, "reserve")


@outcome(over=MARKET, unit="Mt", title="Emissions under the cap", usual=False)
def allowance_emissions(scene: Scene, market: str) -> int | None:
    """Emissions of the system at its price; cap_and_bank only."""
    return _of_system(scene, market, "emissions")


@outcome(over=MARKET, unit="Mt", title="Allowances invalidated", usual=False)
def allowance_invalidated(scene: Scene, market: str) -> int | None:
    """What the reserve loses above its ceiling in the year; cap_and_bank only."""
    return _of_system(scene, market, "invalidated")


@outcome(over=MARKET, unit="Mt", title="Removals at the backstop price", usual=False)
def allowance_removed(scene: Scene, market: str) -> int | None:
    """Emissions that removals offset where allowances do not suffice; cap_and_bank only."""
    return _of_system(scene, market, "removed")


def _of_system(scene: Scene, market: str, wanted: str) -> int | None:
    """A stock or flow of the system behind a market; None without one."""
    system = system_of(scene.experiment.catalog.markets[market])
    return None if system is None else system_quantity(scene, market, wanted)


@remembered
def view_nodes(scene: Scene, market: str) -> dict[str, tuple[int, int]]:
    """By `market.view`: node of the position of each draw's view, and the position of this one.

    Those of the market whose views decide its price: its own, or of what it is relative or linked
    to; none without views.
    """
    markets = scene.experiment.catalog.markets
    name = views_from(scene.experiment, market)
    if name is None:
        return {}
    choice = view_choice(scene, name, markets[name])
    labels = chosen_views(markets[name])
    return {f"{name}.{label}": (choice, place) for place, label in enumerate(labels)}


@remembered
def view_row(scene: Scene, market: str, labels: tuple[str, ...]) -> int:
    """Node of the position among all labels `market.view` of the view that each draw has."""
    nodes = view_nodes(scene, market)
    places = [scene.graph.constant(labels.index(label)) for label in nodes]
    choice = next(iter(nodes.values()))[0]
    if len(places) == 1:
        return places[0]
    return scene.graph.node("CHOSEN", which=choice, among=places)


def label_where(scene: Scene, node: int, label: int) -> int:
    """A label in the draws in which a node is zero or below, undefined in the others."""
    return scene.graph.node("LABELLED", value=node, label=label)


def in_view(scene: Scene, node: int, choice: int, place: int) -> int:
    """A node in the draws of one view, undefined in the others."""
    return scene.graph.node("WHERE", value=node, label=choice, wanted=place)
