"""Emissions and carbon cost at home and at the EU border, as nodes (MODEL 5)."""

from __future__ import annotations

from typing import Any, Final

from simcore.kernels.operations import Operation
from simcore.model.commodities import emission_factor
from simcore.model.costs import route_quantity, trades
from simcore.model.graph import Graph
from simcore.model.policies import policy_value
from simcore.model.prices import price
from simcore.model.setting import Setting, remembered
from simcore.spec.usage import references

DECLARED: Final = {"actual": 0.0, "default": 1.0, "cheaper": 2.0}


@remembered
def market(setting: Setting, name: str) -> int:
    """Carbon price of a market, EUR/t; what it is linked to takes over with the link."""
    record, graph = setting.experiment.catalog.markets[name], setting.graph
    own = price(setting, name, record, "EUR/t")
    if record.link is None:
        return own
    joined = policy_value(setting, record.link.share)
    apart = graph.add(Operation.DIFFERENCE, (graph.constant(1.0), joined))
    parts = (
        graph.add(Operation.PRODUCT, (apart, own)),
        graph.add(Operation.PRODUCT, (joined, market(setting, record.link.to))),
    )
    return graph.add(Operation.SUM, parts, yearly=True)


def pays_cbam(setting: Setting, region: str, destination: str) -> bool:
    """Whether a tonne made in a region and sold there crosses the EU border."""
    home = setting.experiment.catalog.regions[region].market
    return destination == "eu" and home != setting.experiment.cbam.market


@remembered
def scope1(setting: Setting, region: str, route: str) -> int:
    """Emissions of the plant and of the precursors it buys, t CO2e/t."""
    own = route_quantity(setting, region, route, "emission_intensity", "t/t")
    bought = route_quantity(setting, region, route, "precursor_intensity", "t/t")
    return setting.graph.add(Operation.SUM, (own, bought))


@remembered
def emissions(setting: Setting, region: str, route: str) -> int:
    """Emissions on the boundary of the experiment, t CO2e/t."""
    direct = scope1(setting, region, route)
    if setting.experiment.boundary == "scope1":
        return direct
    return setting.graph.add(Operation.SUM, (direct, scope2(setting, region, route)))


@remembered
def scope2(setting: Setting, region: str, route: str) -> int:
    """Emissions of what a route buys, above all of power, t CO2e/t."""
    zero, graph = setting.graph.constant(0.0), setting.graph
    names = setting.experiment.catalog.routes[route].inputs
    pairs = [
        node
        for name, amount, _, sign in trades(setting, region, route)
        if sign > 0 and name in names
        for node in (amount, emission_factor(setting, name, region))
    ]
    return graph.add(
        Operation.LEVELISED,
        (zero, zero, zero, *pairs),
        numbers=[1.0] * (len(pairs) // 2),
        yearly=True,
    )


@remembered
def avoided(setting: Setting, region: str, route: str) -> int:
    """Emissions of the reference minus those of the route, t CO2e/t."""
    reference = references(setting.experiment)[region]
    return setting.graph.add(
        Operation.DIFFERENCE,
        (emissions(setting, region, reference), emissions(setting, region, route)),
    )


@remembered
def allocation(setting: Setting, share: float | str, cscf: float | str) -> int:
    """phi * CSCF."""
    return setting.graph.add(
        Operation.PRODUCT, (policy_value(setting, share), policy_value(setting, cscf))
    )


@remembered
def exposure(setting: Setting, region: str, route: str) -> int:
    """Home carbon cost per EUR of carbon price: allowances to buy per tonne."""
    graph, record = setting.graph, setting.experiment.catalog.regions[region]
    made = setting.experiment.catalog.routes[route]
    share = allocation(setting, record.free_allocation, record.cscf)
    benchmark = record.benchmarks.get(route, record.benchmarks.get("default", 0.0))
    plant = graph.add(
        Operation.EXPOSURE,
        (
            policy_value(setting, record.coverage),
            route_quantity(setting, region, route, "emission_intensity", "t/t"),
            share,
            policy_value(setting, benchmark),
        ),
    )
    precursor = route_quantity(setting, region, route, "precursor_intensity", "t/t")
    if graph.is_constant(precursor, 0.0):
        return plant
    border = policy_value(setting, record.border)
    if graph.is_constant(border, 0.0):
        return plant
    return graph.add(
        Operation.BORDER_EXPOSURE,
        (plant, border, precursor, share, policy_value(setting, made.precursor_benchmark)),
    )


@remembered
def home_carbon_cost(setting: Setting, region: str, route: str) -> int:
    """Carbon cost in the producer's home market, EUR/t."""
    record = setting.experiment.catalog.regions[region]
    return setting.graph.add(
        Operation.PRODUCT,
        (market(setting, record.market), exposure(setting, region, route)),
    )


@remembered
def marginal_carbon_cost(setting: Setting, region: str, route: str) -> int:
    """Carbon price times covered emissions, EUR/t."""
    record, graph = setting.experiment.catalog.regions[region], setting.graph
    covered = graph.add(
        Operation.PRODUCT,
        (
            policy_value(setting, record.coverage),
            route_quantity(setting, region, route, "emission_intensity", "t/t"),
        ),
    )
    return graph.add(Operation.PRODUCT, (market(setting, record.market), covered))


@remembered
def cbam_terms(setting: Setting, region: str, route: str) -> tuple[int, int, int]:
    """Coverage, embedded emissions above the allowance, and what was paid at home (EUR/t)."""
    graph, experiment = setting.graph, setting.experiment
    record, rules = experiment.catalog.regions[region], experiment.cbam
    own = scope1(setting, region, route)
    if rules.method == "country_average":
        own = graph.constant(record.average_intensity)
    emitted = graph.add(
        Operation.EMBEDDED,
        (own, policy_value(setting, rules.mark_up)),
        numbers=(record.default_intensity, DECLARED[rules.declared]),
    )
    if rules.resource_shuffling > 0 and route == references(experiment)[region]:
        emitted = graph.add(
            Operation.SHUFFLED,
            (emitted,),
            numbers=(rules.resource_shuffling, rules.clean_intensity),
        )
    gap = graph.add(
        Operation.CBAM_EXPOSURE,
        (
            emitted,
            allocation(setting, rules.free_allocation, rules.cscf),
            policy_value(setting, experiment.catalog.routes[route].cbam_benchmark),
        ),
    )
    indirect = policy_value(setting, rules.indirect)
    if not graph.is_constant(indirect, 0.0):
        # No benchmark holds power, so none of it is free; what power paid at home is not deducted.
        bought = graph.add(Operation.PRODUCT, (indirect, scope2(setting, region, route)))
        gap = graph.add(Operation.SUM, (gap, bought))
    paid = graph.add(
        Operation.PAID,
        (home_carbon_cost(setting, region, route), policy_value(setting, record.recognised)),
    )
    return _cbam_coverage(setting, record.market), gap, paid


@remembered
def _cbam_coverage(setting: Setting, home: str) -> int:
    """Share of the tonnes of a market that CBAM covers: none once it is linked to the EU's."""
    graph, rules = setting.graph, setting.experiment.cbam
    covered = policy_value(setting, rules.coverage)
    link = setting.experiment.catalog.markets[home].link
    if link is None or link.to != rules.market:
        return covered
    joined = policy_value(setting, link.share)
    apart = graph.add(Operation.DIFFERENCE, (graph.constant(1.0), joined))
    return graph.add(Operation.PRODUCT, (covered, apart))


@remembered
def cbam_cost(setting: Setting, region: str, destination: str, route: str) -> int:
    """CBAM certificates per tonne, EUR/t; nothing inside the EU and on domestic sales."""
    if not pays_cbam(setting, region, destination):
        return setting.graph.constant(0.0)
    covered, gap, paid = cbam_terms(setting, region, route)
    return setting.graph.add(
        Operation.CBAM, (market(setting, setting.experiment.cbam.market), covered, gap, paid)
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
    return node if graph.is_constant(other, 0.0) else graph.add(Operation.SUM, (node, other))


@remembered
def cbam_factor(setting: Setting) -> int:
    """1 - free-allocation share used by CBAM."""
    share: Any = policy_value(setting, setting.experiment.cbam.free_allocation)
    return setting.graph.add(Operation.DIFFERENCE, (setting.graph.constant(1.0), share))
