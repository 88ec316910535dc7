"""Emissions and carbon cost at home and at the EU border, as nodes (MODEL 5)."""

from __future__ import annotations

from simcore.intake.policies import benchmark_of, default_value
from simcore.intake.usage import references, sector_regions
from simcore.model.commodities import emission_factor
from simcore.model.costs import direct_emissions, made_by, route_quantity, traded, trades
from simcore.model.graph import Graph
from simcore.model.markets import carbon_price
from simcore.model.policies import policy_value
from simcore.model.setting import Setting, remembered
from simcore.model.since import AVAILABLE, COMPARED
from simcore.variables import CELL, PLANT, outcome


def pays_cbam(setting: Setting, region: str, destination: str) -> bool:
    """Whether a tonne made in a region and sold there crosses the EU border."""
    home = setting.experiment.catalog.regions[region].market
    return destination == "eu" and home != setting.experiment.cbam.market


@remembered
def scope1(setting: Setting, region: str, route: str) -> int:
    """Emissions of the plant and of the precursors it buys, t CO2e/t."""
    own = direct_emissions(setting, region, route)
    return setting.graph.sum(own, precursor_emissions(setting, region, route))


@remembered
def precursor_emissions(setting: Setting, region: str, route: str) -> int:
    """Emissions of the precursors that a route buys, t CO2e/t."""
    each = route_quantity(setting, region, route, "precursor_intensity")
    return _of_precursor(setting, region, route, each)


def _of_precursor(setting: Setting, region: str, route: str, each: int) -> int:
    """What stands per tonne of the precursor, per tonne of the product."""
    name = made_by(setting, route).precursor
    if name is None or setting.graph.is_constant(each, 0.0):
        return each
    amount = traded(setting, region, route, "inputs", name)
    return setting.graph.product(amount, each)


@remembered
def emissions(setting: Setting, region: str, route: str) -> int:
    """Emissions on the boundary of the experiment, t CO2e/t."""
    direct = scope1(setting, region, route)
    if setting.experiment.boundary == "scope1":
        return direct
    return setting.graph.sum(direct, scope2(setting, region, route))


@remembered
def scope2(setting: Setting, region: str, route: str) -> int:
    """Emissions of what a route buys, above all of power, t CO2e/t."""
    zero, graph = setting.graph.constant(0.0), setting.graph
    names = made_by(setting, route).inputs
    pairs = [
        node
        for name, amount, _, sign in trades(setting, region, route)
        if sign > 0 and name in names
        for node in (amount, emission_factor(setting, name, region))
    ]
    return graph.node(
        "LEVELISED", capital=zero, learning=zero, other=zero, pairs=pairs,
        signs=[1.0] * (len(pairs) // 2),
    )  # fmt: skip


@remembered
def allocation(setting: Setting, share: float | str, cscf: float | str) -> int:
    """phi * CSCF."""
    return setting.graph.product(policy_value(setting, share), policy_value(setting, cscf))


@remembered
def exposure(setting: Setting, region: str, route: str) -> int:
    """Home carbon cost per EUR of carbon price: allowances to buy per tonne."""
    graph, record = setting.graph, sector_regions(setting.experiment)[region]
    share = allocation(setting, record.free_allocation, record.cscf)
    benchmark = benchmark_of(setting.experiment, region, route)
    plant = graph.node(
        "EXPOSURE",
        covered=policy_value(setting, record.coverage),
        intensity=direct_emissions(setting, region, route),
        allocation=share,
        benchmark=policy_value(setting, benchmark),
    )
    precursor = precursor_emissions(setting, region, route)
    if graph.is_constant(precursor, 0.0):
        return plant
    border = policy_value(setting, record.border)
    if graph.is_constant(border, 0.0):
        return plant
    return graph.node(
        "BORDER_EXPOSURE",
        plant=plant,
        border=border,
        precursor=precursor,
        allocation=share,
        benchmark=precursor_benchmark(setting, region, route),
    )


@remembered
def precursor_benchmark(setting: Setting, region: str, route: str) -> int:
    """Benchmark of the precursors in a tonne of product, t CO2e/t."""
    each = policy_value(setting, made_by(setting, route).precursor_benchmark)
    return _of_precursor(setting, region, route, each)


@outcome(
    over=PLANT,
    unit="{money} t-1",
    title="Home carbon cost",
    since=AVAILABLE,
    description="P*covered*(e1 - phi*CSCF*BM), sign kept: a surplus of free allowances is income.",
)
@remembered
def home_carbon_cost(setting: Setting, region: str, route: str) -> int:
    """Carbon cost in the producer's home market, EUR/t."""
    record = setting.experiment.catalog.regions[region]
    return setting.graph.product(
        carbon_price(setting, record.market), exposure(setting, region, route)
    )


@outcome(
    over=PLANT,
    unit="{money} t-1",
    title="Marginal carbon cost",
    since=AVAILABLE,
    description="P*covered*e1: the incentive at the margin, free allocation aside.",
)
@remembered
def marginal_carbon_cost(setting: Setting, region: str, route: str) -> int:
    """Carbon price times covered emissions, EUR/t."""
    record, graph = setting.experiment.catalog.regions[region], setting.graph
    covered = graph.product(
        policy_value(setting, sector_regions(setting.experiment)[region].coverage),
        direct_emissions(setting, region, route),
    )
    return graph.product(carbon_price(setting, record.market), covered)


@remembered
def cbam_terms(setting: Setting, region: str, route: str) -> tuple[int, int, int]:
    """Coverage, embedded emissions above the allowance, and what was paid at home (EUR/t).

    Of the declaration of actual emissions, of that of the default value, or of whichever costs
    less at the price of the year. A break-even price keeps the choice of the year.
    """
    graph, experiment = setting.graph, setting.experiment
    home, declared = experiment.catalog.regions[region].market, experiment.cbam.declared
    covered = _cbam_coverage(setting, home)
    if declared == "actual":
        return covered, *_actual_terms(setting, region, route)
    if declared == "default":
        return covered, *_default_terms(setting, region, route)
    terms = _actual_terms(setting, region, route), _default_terms(setting, region, route)
    price, whole = carbon_price(setting, experiment.cbam.market), graph.constant(1.0)
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


def _actual_terms(setting: Setting, region: str, route: str) -> tuple[int, int]:
    """Gap and price paid where the tonne declares its own emissions."""
    graph, experiment = setting.graph, setting.experiment
    record, rules = experiment.catalog.regions[region], experiment.cbam
    emitted = scope1(setting, region, route)
    if rules.method == "country_average":
        emitted = graph.constant(sector_regions(experiment)[region].average_intensity)
    if rules.resource_shuffling > 0 and route == references(experiment)[region]:
        emitted = graph.node(
            "SHUFFLED",
            emissions=emitted,
            share=rules.resource_shuffling,
            clean=rules.clean_intensity,
        )
    gap = _gap(setting, emitted, made_by(setting, route).cbam_benchmark)
    indirect = policy_value(setting, rules.indirect)
    if not graph.is_constant(indirect, 0.0):
        # No benchmark holds power, so none of it is free; what power paid at home is not deducted.
        bought = graph.product(indirect, scope2(setting, region, route))
        gap = graph.sum(gap, bought)
    return gap, _paid(setting, region, route, record.recognised)


def _default_terms(setting: Setting, region: str, route: str) -> tuple[int, int]:
    """Gap and price paid where the default value of the good is declared, alike for every route.

    Nothing of the tonne itself enters: neither its power nor what it was swapped for.
    """
    graph, experiment = setting.graph, setting.experiment
    record, rules = experiment.catalog.regions[region], experiment.cbam
    marked = graph.sum(graph.constant(1.0), policy_value(setting, rules.mark_up))
    value = default_value(experiment, region)
    emitted = graph.scaled(marked, value or 0.0)
    benchmark = rules.default_benchmark
    if benchmark is None:
        benchmark = made_by(setting, references(experiment)[region]).cbam_benchmark
    counts = policy_value(setting, rules.recognised_default)
    if graph.is_constant(counts, 0.0):
        return _gap(setting, emitted, benchmark), graph.constant(0.0)
    paid = _paid(setting, region, route, record.recognised)
    return _gap(setting, emitted, benchmark), graph.product(paid, counts)


def _gap(setting: Setting, emitted: int, benchmark: float | str) -> int:
    """Embedded emissions less what is free of them, t CO2e/t."""
    rules = setting.experiment.cbam
    free = allocation(setting, rules.free_allocation, rules.cscf)
    return setting.graph.node(
        "CBAM_EXPOSURE",
        emissions=emitted,
        allocation=free,
        benchmark=policy_value(setting, benchmark),
    )


def _paid(setting: Setting, region: str, route: str, recognised: float | str) -> int:
    """Price paid at home that the EU counts, EUR/t."""
    return setting.graph.node(
        "PAID",
        home=home_carbon_cost(setting, region, route),
        recognised=policy_value(setting, recognised),
    )


@remembered
def _cbam_coverage(setting: Setting, home: str) -> int:
    """Share of the tonnes of a market that CBAM covers: none once it is linked to the EU's."""
    graph, rules = setting.graph, setting.experiment.cbam
    covered = policy_value(setting, rules.coverage)
    link = setting.experiment.catalog.markets[home].link
    if link is None or link.to != rules.market:
        return covered
    joined = policy_value(setting, link.share)
    apart = graph.difference(graph.constant(1.0), joined)
    return graph.product(covered, apart)


@outcome(
    over=CELL,
    unit="{money} t-1",
    title="CBAM cost",
    since=AVAILABLE,
    description="Certificates per tonne sold into the EU, net of the price paid at home, >= 0.",
)
@remembered
def cbam_cost(setting: Setting, region: str, destination: str, route: str) -> int:
    """CBAM certificates per tonne, EUR/t; nothing inside the EU and on domestic sales."""
    if not pays_cbam(setting, region, destination):
        return setting.graph.constant(0.0)
    covered, gap, paid = cbam_terms(setting, region, route)
    return setting.graph.node(
        "CBAM",
        price=carbon_price(setting, setting.experiment.cbam.market),
        covered=covered,
        gap=gap,
        paid=paid,
    )


@outcome(
    over=CELL,
    unit="{money} t-1",
    title="Carbon cost",
    since=AVAILABLE,
    description="home_carbon_cost, plus cbam_cost on tonnes sold into the EU from outside.",
)
@remembered
def carbon_cost(setting: Setting, region: str, destination: str, route: str) -> int:
    """home + cbam, EUR/t."""
    return _plus(
        setting.graph,
        home_carbon_cost(setting, region, route),
        cbam_cost(setting, region, destination, route),
    )


def _plus(graph: Graph, node: int, other: int) -> int:
    return node if graph.is_constant(other, 0.0) else graph.sum(node, other)


@outcome(
    over=PLANT,
    unit="t t-1",
    title="Avoided emissions",
    since=COMPARED,
    description=(
        "Emission intensity of the reference route minus that of this one on the chosen boundary."
    ),
)
@remembered
def avoided_emissions(setting: Setting, region: str, route: str) -> int:
    """Emissions of the reference minus those of the route, t CO2e/t."""
    reference = references(setting.experiment)[region]
    return setting.graph.difference(
        emissions(setting, region, reference), emissions(setting, region, route)
    )
