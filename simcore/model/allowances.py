"""Allowances that a tonne needs at home, and benchmarks of the free ones, as nodes (MODEL 5)."""

from __future__ import annotations

from collections.abc import Iterator

from simcore.intake.policies import benchmark_of, benchmark_stated
from simcore.intake.stated import unit_of_field
from simcore.intake.usage import price_of, rules_of
from simcore.model.commodities import emission_factor
from simcore.model.emissions import (
    bought_power_emissions,
    captive_power_emissions,
    charged_intensity,
    per_product,
    power_of,
    stated_precursors,
)
from simcore.model.policies import policy_value
from simcore.model.routes import made_by, with_inside
from simcore.model.scene import Scene, remembered
from simcore.model.yearly import yearly_quantity


@remembered
def allocation(scene: Scene, share: float | str, cscf: float | str) -> int:
    """phi * CSCF."""
    return scene.graph.product(policy_value(scene, share), policy_value(scene, cscf))


@remembered
def charged_emissions(scene: Scene, region: str, route: str) -> int:
    """Home carbon cost per EUR of carbon price: allowances to buy per tonne."""
    return scene.graph.plus(
        charged_directly(scene, region, route), charged_power(scene, region, route)
    )


@remembered
def charged_directly(scene: Scene, region: str, route: str) -> int:
    """Allowances to buy per tonne for what the plant itself emits, and for precursors at the border
    of the region."""
    graph, record = scene.graph, rules_of(scene.experiment, region, route)
    share = allocation(scene, record.free_allocation, record.cscf)
    plant = graph.node(
        "CHARGED",
        covered=policy_value(scene, record.coverage),
        intensity=charged_intensity(scene, region, route),
        allocation=share,
        benchmark=benchmark(scene, region, route),
    )
    precursor = stated_precursors(scene, region, route)
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
def charged_power(scene: Scene, region: str, route: str) -> int:
    """Allowances to buy per tonne for power, made on site and bought, less what is free of it."""
    graph, due = scene.graph, list[int]()
    for kind, share, emitted in covered_power(scene, region, route):
        free = _free_power(scene, region, route, kind)
        left = emitted if graph.is_constant(free, 0.0) else graph.difference(emitted, free)
        due.append(graph.product(share, left))
    return graph.total(due)


def covered_power(scene: Scene, region: str, route: str) -> Iterator[tuple[str, int, int]]:
    """Kinds of power that the home market covers: share covered and emissions of a tonne."""
    graph, record = scene.graph, rules_of(scene.experiment, region, route)
    captive = captive_power_emissions(scene, region, route)
    if not graph.is_constant(captive, 0.0):
        yield "captive", policy_value(scene, record.captive_coverage), captive
    share = policy_value(scene, record.power_coverage)
    # What is not covered is not read, so that a setting of it says that it does nothing.
    if not graph.is_constant(share, 0.0):
        yield "power", share, bought_power_emissions(scene, region, route)


def _free_power(scene: Scene, region: str, route: str, kind: str) -> int:
    """Allowances for the power of a tonne, t CO2e/t: of power made on site, or of power bought.

    Power that does not emit needs no allowance and has none, in the years in which it does not.
    """
    graph, record = scene.graph, rules_of(scene.experiment, region, route)
    used = [
        graph.product(one.amount, _emits(scene, one.bought_as, region))
        for one in power_of(scene, region, route) if one.is_captive == (kind == "captive")
    ]  # fmt: skip
    if all(graph.is_constant(one, 0.0) for one in used):
        return graph.constant(0.0)
    field = f"{kind}_allowance"
    unit, stated = unit_of_field(type(record), field), getattr(record, field)
    each = yearly_quantity(scene, f"{region}.{field}", stated, unit)
    return graph.product(graph.total(used), each)


@remembered
def _emits(scene: Scene, name: str, region: str) -> int:
    """1 where an input emits, else 0."""
    graph, emitted = scene.graph, emission_factor(scene, name, region)
    dates = getattr(price_of(scene.experiment, name, region), "emission_intensity", {})
    if graph.is_constant(emitted, 0.0) or (dates and min(dates.values()) > 0):
        return graph.constant(0.0 if graph.is_constant(emitted, 0.0) else 1.0)
    return graph.difference(graph.constant(1.0), graph.node("NOT_POSITIVE", value=emitted))


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
    own = per_product(scene, region, route, each)
    return with_inside(
        scene, region, route, own, lambda other: precursor_benchmark(scene, region, other)
    )
