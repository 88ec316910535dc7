"""Emissions and carbon cost at home and at the EU border, as nodes (MODEL 5)."""

from __future__ import annotations

from simcore.intake.policies import benchmark_of, benchmark_stated, default_value
from simcore.intake.usage import border_rule, reference_of, references, rules_of, sector_of
from simcore.model.commodities import emission_factor
from simcore.model.costs import (
    charged_intensity,
    direct_emissions,
    made_by,
    route_quantity,
    traded,
    trades,
    with_inside,
)
from simcore.model.graph import Graph
from simcore.model.markets import carbon_price
from simcore.model.policies import policy_value
from simcore.model.scene import Scene, read, remembered
from simcore.model.since import AVAILABLE, COMPARED
from simcore.variables import CELL, PLANT, outcome


def pays_cbam(scene: Scene, region: str, destination: str) -> bool:
    """Whether a tonne made in a region and sold there crosses the EU border."""
    home = scene.experiment.catalog.regions[region].market
    return destination == "eu" and home != scene.experiment.cbam.market


@remembered
def scope1(scene: Scene, region: str, route: str) -> int:
    """Emissions of the plant and of the precursors it buys, t CO2e/t."""
    own = direct_emissions(scene, region, route)
    return scene.graph.sum(own, precursor_emissions(scene, region, route))


@remembered
def precursor_emissions(scene: Scene, region: str, route: str) -> int:
    """Emissions of the precursors that a route buys, and what is inside, t CO2e/t."""
    each = route_quantity(scene, region, route, "precursor_intensity")
    own = _of_precursor(scene, region, route, each)
    return with_inside(
        scene, region, route, own, lambda other: precursor_emissions(scene, region, other)
    )


def _of_precursor(scene: Scene, region: str, route: str, each: int) -> int:
    """What stands per tonne of the precursor, per tonne of the product."""
    name = made_by(scene, route).precursor
    if name is None or scene.graph.is_constant(each, 0.0):
        return each
    amount = traded(scene, region, route, "inputs", name)
    return scene.graph.product(amount, each)


@remembered
def emissions(scene: Scene, region: str, route: str) -> int:
    """Emissions on the boundary of the experiment, t CO2e/t."""
    direct = scope1(scene, region, route)
    if scene.experiment.boundary == "scope1":
        return direct
    return scene.graph.sum(direct, scope2(scene, region, route))


@remembered
def scope2(scene: Scene, region: str, route: str) -> int:
    """Emissions of what a route buys, above all of power, t CO2e/t."""
    zero, graph = scene.graph.constant(0.0), scene.graph
    pairs = [
        node
        for name, amount, _, sign in trades(scene, region, route)
        if sign > 0
        for node in (amount, emission_factor(scene, name, region))
    ]
    return graph.node(
        "LEVELISED", capital=zero, learning=zero, other=zero, pairs=pairs,
        signs=[1.0] * (len(pairs) // 2),
    )  # fmt: skip


@remembered
def allocation(scene: Scene, share: float | str, cscf: float | str) -> int:
    """phi * CSCF."""
    return scene.graph.product(policy_value(scene, share), policy_value(scene, cscf))


@remembered
def charged_emissions(scene: Scene, region: str, route: str) -> int:
    """Home carbon cost per EUR of carbon price: allowances to buy per tonne."""
    graph, record = scene.graph, rules_of(scene.experiment, region, route)
    share = allocation(scene, record.free_allocation, record.cscf)
    plant = graph.node(
        "CHARGED",
        covered=policy_value(scene, record.coverage),
        intensity=charged_intensity(scene, region, route),
        allocation=share,
        benchmark=benchmark(scene, region, route),
    )
    precursor = precursor_emissions(scene, region, route)
    if graph.is_constant(precursor, 0.0):
        return plant
    border = policy_value(scene, record.border)
    if graph.is_constant(border, 0.0):
        return plant
    return graph.node(
        "CHARGED_WITH_PRECURSORS",
        plant=plant,
        border=border,
        precursor=precursor,
        allocation=share,
        benchmark=precursor_benchmark(scene, region, route),
    )


@remembered
def benchmark(scene: Scene, region: str, route: str) -> int:
    """Benchmark at home of a tonne, t CO2e/t: that of the whole where the region states one of the
    route, else its own and that of what is inside (MODEL 16.2)."""
    own = policy_value(scene, benchmark_of(scene.experiment, region, route))
    if benchmark_stated(scene.experiment, region, route) is not None:
        return own
    return with_inside(scene, region, route, own, lambda other: benchmark(scene, region, other))


@remembered
def cbam_benchmark(scene: Scene, region: str, route: str) -> int:
    """Benchmark at the border of a tonne and what is inside, t CO2e/t."""
    own = policy_value(scene, made_by(scene, route).cbam_benchmark)
    return with_inside(
        scene, region, route, own, lambda other: cbam_benchmark(scene, region, other)
    )


@remembered
def precursor_benchmark(scene: Scene, region: str, route: str) -> int:
    """Benchmark of the precursors in a tonne of product and what is inside, t CO2e/t."""
    each = policy_value(scene, made_by(scene, route).precursor_benchmark)
    own = _of_precursor(scene, region, route, each)
    return with_inside(
        scene, region, route, own, lambda other: precursor_benchmark(scene, region, other)
    )


@outcome(over=PLANT, unit="{money} t-1", title="Home carbon cost", since=AVAILABLE)
@remembered
def home_carbon_cost(scene: Scene, region: str, route: str) -> int:
    """P*covered*(e1 - phi*CSCF*BM), sign kept: a surplus of free allowances is income."""
    record = scene.experiment.catalog.regions[region]
    return scene.graph.product(
        carbon_price(scene, record.market), charged_emissions(scene, region, route)
    )


@outcome(over=PLANT, unit="{money} t-1", title="Marginal carbon cost", since=AVAILABLE)
@remembered
def marginal_carbon_cost(scene: Scene, region: str, route: str) -> int:
    """P*covered*e1: the incentive at the margin, free allocation aside."""
    record, graph = scene.experiment.catalog.regions[region], scene.graph
    covered = graph.product(
        policy_value(scene, rules_of(scene.experiment, region, route).coverage),
        charged_intensity(scene, region, route),
    )
    return graph.product(carbon_price(scene, record.market), covered)


@remembered
def cbam_terms(scene: Scene, region: str, route: str) -> tuple[int, int, int]:
    """Coverage, embedded emissions above the allowance, and what was paid at home (EUR/t).

    Of the declaration of actual emissions, of that of the default value, or of whichever costs
    less at the price of the year. A break-even price keeps the choice of the year.
    """
    graph, experiment = scene.graph, scene.experiment
    home, declared = experiment.catalog.regions[region].market, experiment.cbam.declared
    covered = _cbam_coverage(scene, home, sector_of(experiment, route))
    if declared == "actual":
        return covered, *_actual_terms(scene, region, route)
    if declared == "default":
        return covered, *_default_terms(scene, region, route)
    terms = _actual_terms(scene, region, route), _default_terms(scene, region, route)
    price, whole = carbon_price(scene, experiment.cbam.market), graph.constant(1.0)
    bills = [
        graph.node("CBAM", price=price, covered=whole, gap=gap, paid=paid) for gap, paid in terms
    ]
    is_actual = graph.node("NOT_POSITIVE", value=graph.difference(*bills))
    is_default = graph.difference(whole, is_actual)
    gap, paid = (
        graph.sum(graph.product(is_actual, actual), graph.product(is_default, default))
        for actual, default in zip(*terms, strict=True)
    )
    return covered, gap, paid


def _actual_terms(scene: Scene, region: str, route: str) -> tuple[int, int]:
    """Gap and price paid where the tonne declares its own emissions."""
    graph, experiment = scene.graph, scene.experiment
    record, rules = experiment.catalog.regions[region], experiment.cbam
    emitted = scope1(scene, region, route)
    if rules.method == "country_average":
        emitted = graph.constant(rules_of(experiment, region, route).average_intensity)
    if rules.resource_shuffling > 0 and route == reference_of(experiment, region, route):
        emitted = graph.node(
            "SHUFFLED",
            emissions=emitted,
            share=rules.resource_shuffling,
            clean=rules.clean_intensity,
        )
    gap = _gap(scene, emitted, cbam_benchmark(scene, region, route))
    indirect = policy_value(
        scene, border_rule(experiment, sector_of(experiment, route), "indirect")
    )
    if not graph.is_constant(indirect, 0.0):
        # No benchmark holds power, so none of it is free; what power paid at home is not deducted.
        bought = graph.product(indirect, scope2(scene, region, route))
        gap = graph.sum(gap, bought)
    if rules.method == "own":
        gap = _plus(graph, gap, scrap_emissions(scene, region, route))
    return gap, _paid(scene, region, route, record.recognised)


@remembered
def scrap_emissions(scene: Scene, region: str, route: str) -> int:
    """What the scrap in a tonne embeds where the border counts that of works, t CO2e/t.

    No benchmark holds it, so none of it is free; neither the plant nor its home market meet it.
    """
    return with_inside(
        scene, region, route, _own_scrap_emissions(scene, region, route),
        lambda other: scrap_emissions(scene, region, other),
    )  # fmt: skip


def _own_scrap_emissions(scene: Scene, region: str, route: str) -> int:
    graph, experiment = scene.graph, scene.experiment
    sector = sector_of(experiment, route)
    counted = policy_value(scene, border_rule(experiment, sector, "pre_consumer_scrap"))
    scrap, rules = experiment.catalog.sectors[sector].scrap, rules_of(experiment, region, route)
    own = made_by(scene, route).inputs
    if graph.is_constant(counted, 0.0) or scrap is None or rules.scrap is None:
        return graph.constant(0.0)
    if scrap.commodity not in own:
        return graph.constant(0.0)
    share = read(scene, rules.scrap, "pre_consumer_share", f"{region}.{sector}.scrap")
    charge = traded(scene, region, route, "inputs", scrap.commodity)
    return graph.product(counted, charge, share, graph.constant(rules.average_intensity))


def _default_terms(scene: Scene, region: str, route: str) -> tuple[int, int]:
    """Gap and price paid where the default value of the good is declared, alike for every route.

    Nothing of the tonne itself enters: neither its power nor what it was swapped for.
    """
    graph, experiment = scene.graph, scene.experiment
    record, rules = experiment.catalog.regions[region], experiment.cbam
    sector = sector_of(experiment, route)
    mark_up = policy_value(scene, border_rule(experiment, sector, "mark_up"))
    marked = graph.sum(graph.constant(1.0), mark_up)
    emitted = graph.scaled(marked, default_value(experiment, region, sector) or 0.0)
    meets = default_benchmark(scene, region, sector)
    counts = policy_value(scene, rules.recognised_default)
    if graph.is_constant(counts, 0.0):
        return _gap(scene, emitted, meets), graph.constant(0.0)
    paid = _paid(scene, region, route, record.recognised)
    return _gap(scene, emitted, meets), graph.product(paid, counts)


def default_benchmark(scene: Scene, region: str, sector: str) -> int:
    """Node of the benchmark that a default value meets: that of its route code, else of the
    reference."""
    stated: float | str | None = border_rule(scene.experiment, sector, "default_benchmark")
    if stated is not None:
        return policy_value(scene, stated)
    return cbam_benchmark(scene, region, references(scene.experiment)[region, sector])


def _gap(scene: Scene, emitted: int, meets: int) -> int:
    """Embedded emissions less what is free of them, t CO2e/t."""
    rules = scene.experiment.cbam
    free = allocation(scene, rules.free_allocation, rules.cscf)
    return scene.graph.node(
        "CHARGED_AT_BORDER",
        emissions=emitted,
        allocation=free,
        benchmark=meets,
    )


def _paid(scene: Scene, region: str, route: str, recognised: float | str) -> int:
    """Price paid at home that the EU counts, EUR/t."""
    return scene.graph.node(
        "PAID",
        home=home_carbon_cost(scene, region, route),
        recognised=policy_value(scene, recognised),
    )


@remembered
def _cbam_coverage(scene: Scene, home: str, sector: str) -> int:
    """Share of the tonnes of a market that CBAM covers: none once it is linked to the EU's."""
    graph, rules = scene.graph, scene.experiment.cbam
    covered = policy_value(scene, border_rule(scene.experiment, sector, "coverage"))
    link = scene.experiment.catalog.markets[home].link
    if link is None or link.to != rules.market:
        return covered
    joined = policy_value(scene, link.share)
    apart = graph.difference(graph.constant(1.0), joined)
    return graph.product(covered, apart)


@outcome(over=CELL, unit="{money} t-1", title="CBAM cost", since=AVAILABLE)
@remembered
def cbam_cost(scene: Scene, region: str, destination: str, route: str) -> int:
    """Certificates per tonne sold into the EU, net of the price paid at home, >= 0."""
    if not pays_cbam(scene, region, destination):
        return scene.graph.constant(0.0)
    covered, gap, paid = cbam_terms(scene, region, route)
    return scene.graph.node(
        "CBAM",
        price=carbon_price(scene, scene.experiment.cbam.market),
        covered=covered,
        gap=gap,
        paid=paid,
    )


@outcome(over=CELL, unit="{money} t-1", title="Carbon cost", since=AVAILABLE)
@remembered
def carbon_cost(scene: Scene, region: str, destination: str, route: str) -> int:
    """home_carbon_cost, plus cbam_cost on tonnes sold into the EU from outside."""
    return _plus(
        scene.graph,
        home_carbon_cost(scene, region, route),
        cbam_cost(scene, region, destination, route),
    )


def _plus(graph: Graph, node: int, other: int) -> int:
    return node if graph.is_constant(other, 0.0) else graph.sum(node, other)


@outcome(over=PLANT, unit="t t-1", title="Avoided emissions", since=COMPARED)
@remembered
def avoided_emissions(scene: Scene, region: str, route: str) -> int:
    """Emission intensity of the reference route minus that of this one on the chosen boundary."""
    reference = reference_of(scene.experiment, region, route)
    return scene.graph.difference(
        emissions(scene, region, reference), emissions(scene, region, route)
    )
