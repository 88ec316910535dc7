"""Carbon cost at home and at the EU border, as nodes (MODEL 5)."""

from __future__ import annotations

from simcore.intake.policies import default_value, stated_for
from simcore.intake.stated import unit_of_field
from simcore.intake.usage import (
    border_rule,
    reference_of,
    references,
    rules_of,
    sector_of,
    stated_by,
)
from simcore.model.allowances import (
    allocation,
    cbam_benchmark,
    charged_emissions,
    charged_power,
    covered_power,
)
from simcore.model.costs import MadeInput, made_inputs, traded
from simcore.model.emissions import (
    carriers,
    charged_intensity,
    direct_emissions,
    embedded,
    embedded_precursors,
    indirect_emissions,
)
from simcore.model.markets import carbon_price, home_price
from simcore.model.policies import policy_value
from simcore.model.routes import made_by, with_inside
from simcore.model.scene import Scene, read, remembered
from simcore.model.since import AVAILABLE
from simcore.model.yearly import yearly_quantity
from simcore.variables import CELL, PLANT, outcome


def pays_cbam(scene: Scene, region: str, destination: str) -> bool:
    """Whether a tonne made in a region and sold there crosses the EU border."""
    home = scene.experiment.catalog.regions[region].market
    return destination == "eu" and home != scene.experiment.cbam.market


@outcome(
    over=PLANT,
    unit="{money} t-1",
    title="Home carbon cost",
    since=AVAILABLE,
    sign="Below zero free allowances bring in more than emissions cost.",
)
@remembered
def home_carbon_cost(scene: Scene, region: str, route: str) -> int:
    """P*(covered*(e1 - phi*CSCF*BM) + covered power - its allowances), sign kept: a surplus of free
    allowances is income. With what the border of the region asks of inputs made elsewhere."""
    own = own_carbon_cost(scene, region, route)
    return scene.graph.plus(own, border_cost(scene, region, route))


@remembered
def own_carbon_cost(scene: Scene, region: str, route: str) -> int:
    """The same without what is made elsewhere."""
    return scene.graph.product(home_price(scene, region), charged_emissions(scene, region, route))


@remembered
def _border_terms(scene: Scene, region: str, route: str) -> list[tuple[int, int, int]]:
    """Of each input that is made elsewhere, per tonne of product: share that the border covers,
    embedded emissions above the allowance, and what was paid at the origin and counts (EUR/t).

    None of what comes from inside the market of the region.
    """
    graph, experiment = scene.graph, scene.experiment
    regions, found = experiment.catalog.regions, list[tuple[int, int, int]]()
    for one in made_inputs(scene, region, route):
        home, there = regions[region].market, regions[one.origin].market
        rules = rules_of(experiment, region, route)
        covered = policy_value(scene, rules.border)
        inside = one.origin == region or (home is not None and home == there)
        if inside or graph.is_constant(covered, 0.0):
            continue
        gap = graph.node(
            "CHARGED_AT_BORDER",
            emissions=embedded(scene, one.origin, one.route),
            allocation=allocation(scene, rules.free_allocation, rules.cscf),
            benchmark=cbam_benchmark(scene, one.origin, one.route),
        )
        paid = _paid_there(scene, one)
        found.append((covered, graph.product(one.amount, gap), graph.product(one.amount, paid)))
    return found


def _paid_there(scene: Scene, one: MadeInput) -> int:
    """Price paid at the origin of an input that a border counts, EUR per tonne of it."""
    recognised = scene.experiment.catalog.regions[one.origin].recognised
    return _paid(scene, one.origin, one.route, recognised)


@remembered
def border_cost(scene: Scene, region: str, route: str) -> int:
    """What the border of a region asks of inputs that are made elsewhere, per tonne of product:
    border * max(0, P*(ep - phi*CSCF*BM) - paid) of each (MODEL 17)."""
    price = home_price(scene, region)
    return scene.graph.total(
        scene.graph.node("CBAM", price=price, covered=covered, gap=gap, paid=paid)
        for covered, gap, paid in _border_terms(scene, region, route)
    )


@remembered
def charged_in_all(scene: Scene, region: str, route: str) -> tuple[int, int]:
    """Home carbon cost as charged emissions (t/t) times the home price less what is deducted
    (EUR/t): inputs made elsewhere among them in the years in which the border asks for something.
    """
    graph = scene.graph
    charged, deducted = [charged_emissions(scene, region, route)], list[int]()
    price, whole = home_price(scene, region), graph.constant(1.0)
    for covered, gap, paid in _border_terms(scene, region, route):
        due = graph.node("CBAM", price=price, covered=covered, gap=gap, paid=paid)
        asked = graph.difference(whole, graph.node("NOT_POSITIVE", value=due))
        share = graph.product(covered, asked)
        charged.append(graph.product(share, gap))
        deducted.append(graph.product(share, paid))
    return graph.total(charged), graph.total(deducted)


@outcome(over=PLANT, unit="{money} t-1", title="Marginal carbon cost", since=AVAILABLE)
@remembered
def marginal_carbon_cost(scene: Scene, region: str, route: str) -> int:
    """P*(covered*e1 + covered power): the incentive at the margin, free allocation aside."""
    graph = scene.graph
    covered = graph.product(
        policy_value(scene, rules_of(scene.experiment, region, route).coverage),
        charged_intensity(scene, region, route),
    )
    power = covered_power(scene, region, route)
    of_power = graph.total(graph.product(share, emitted) for _, share, emitted in power)
    return graph.product(home_price(scene, region), graph.plus(covered, of_power))


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
    own = direct_emissions(scene, region, route)
    emitted = graph.sum(own, embedded_precursors(scene, region, route))
    if rules.method == "country_average":
        emitted = graph.constant(rules_of(experiment, region, route).average_intensity)
    if rules.resource_shuffling > 0 and route == reference_of(experiment, region, route):
        emitted = graph.node(
            "SHUFFLED",
            emissions=emitted,
            share=rules.resource_shuffling,
            clean=border_rule(experiment, sector_of(experiment, route), "clean_intensity"),
        )
    gap = _gap(scene, emitted, cbam_benchmark(scene, region, route))
    indirect = policy_value(
        scene, border_rule(experiment, sector_of(experiment, route), "indirect")
    )
    if not graph.is_constant(indirect, 0.0):
        # No benchmark holds power, so none of it is free.
        counted = graph.product(indirect, indirect_emissions(scene, region, route))
        gap = graph.sum(gap, counted)
    paid = _paid(scene, region, route, record.recognised)
    if rules.method == "own":
        gap = graph.plus(gap, scrap_emissions(scene, region, route))
        # What was paid for a precursor where it was made counts as well.
        there = [
            graph.product(one.amount, _paid_there(scene, one))
            for one in made_inputs(scene, region, route)
        ]
        paid = graph.total([paid, *there]) if there else paid
    return gap, paid


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
    metal = rules.scrap.metal_intensity
    each = graph.constant(rules.average_intensity if metal is None else metal)
    return graph.product(counted, charge, share, each)


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
    """Price paid at home that the EU counts, EUR/t: for power as far as power is embedded."""
    graph, experiment = scene.graph, scene.experiment
    paid, power = home_carbon_cost(scene, region, route), charged_power(scene, region, route)
    if not graph.is_constant(power, 0.0):
        indirect = policy_value(
            scene, border_rule(experiment, sector_of(experiment, route), "indirect")
        )
        apart = graph.difference(graph.constant(1.0), indirect)
        paid = graph.less(paid, graph.product(home_price(scene, region), apart, power))
    return graph.node("PAID", home=paid, recognised=policy_value(scene, recognised))


@remembered
def _cbam_coverage(scene: Scene, home: str | None, sector: str) -> int:
    """Share of the tonnes of a market that CBAM covers: none once it is linked to the EU's."""
    graph, rules = scene.graph, scene.experiment.cbam
    covered = policy_value(scene, border_rule(scene.experiment, sector, "coverage"))
    link = None if home is None else scene.experiment.catalog.markets[home].link
    if link is None or link.to != rules.market:
        return covered
    joined = policy_value(scene, link.share)
    apart = graph.difference(graph.constant(1.0), joined)
    return graph.product(covered, apart)


@outcome(
    over=CELL,
    unit="{money} t-1",
    title="CBAM cost",
    since=AVAILABLE,
    asked_as=("cbam",),
)
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


@remembered
def compensation_rate(scene: Scene, region: str, route: str) -> int:
    """Compensation per EUR of carbon price: share * factor of power * power that counts, t/t."""
    graph, stated = scene.graph, rules_of(scene.experiment, region, route).compensation
    if stated is None:
        return graph.constant(0.0)
    used = [
        amount for name, amount, *_ in carriers(scene, region, route) if name in stated.power
    ]  # fmt: skip
    share = policy_value(scene, stated.share)
    if not used or graph.is_constant(share, 0.0):
        return graph.constant(0.0)
    power, limit = graph.total(used), stated_for(scene.experiment, route, stated.benchmark)
    if limit is None:
        counts = graph.scaled(power, stated.efficiency)
    else:
        counts = graph.node("SMALLER", a=power, b=graph.constant(limit))
    unit = unit_of_field(type(stated), "factor")
    sector = sector_of(scene.experiment, route)
    owner = stated_by(scene.experiment, region, sector, "compensation")
    factor = yearly_quantity(scene, f"{owner}.compensation.factor", stated.factor, unit)
    return graph.product(share, factor, counts)


@outcome(
    over=PLANT,
    unit="{money} t-1",
    title="Compensation of indirect carbon costs",
    since=AVAILABLE,
    usual=False,
    asked_as=("compensation", "indirect_compensation"),
)
@remembered
def indirect_cost_compensation(scene: Scene, region: str, route: str) -> int:
    """share * P * CO2 factor of power * power that counts: what is paid back of the carbon cost
    inside the price of power. carbon_cost is net of it."""
    rate = compensation_rate(scene, region, route)
    if scene.graph.is_constant(rate, 0.0):
        return rate
    return scene.graph.product(home_price(scene, region), rate)


@outcome(over=CELL, unit="{money} t-1", title="Carbon cost", since=AVAILABLE)
@remembered
def carbon_cost(scene: Scene, region: str, destination: str, route: str) -> int:
    """home_carbon_cost, plus cbam_cost on tonnes sold into the EU from outside, less
    indirect_cost_compensation."""
    due = scene.graph.plus(
        home_carbon_cost(scene, region, route),
        cbam_cost(scene, region, destination, route),
    )
    return scene.graph.less(due, indirect_cost_compensation(scene, region, route))
