"""What a capture plant takes, emits and stores, as nodes (MODEL 6)."""

from __future__ import annotations

from simcore.intake.stated import commodity_unit
from simcore.intake.usage import price_of
from simcore.model.routes import capture_of, field_of, made_by, route_quantity, stated_node
from simcore.model.scene import Scene, remembered


@remembered
def taken_by_capture(scene: Scene, region: str, route: str, group: str, name: str) -> int:
    """What capturing a tonne takes of a commodity, or what burning a unit of it emits."""
    capture = capture_of(scene, route)
    assert capture is not None
    entry = price_of(scene.experiment, name, region)
    assert entry is not None
    unit = commodity_unit(scene.experiment, name, entry)
    target = f"{unit}/t" if group == "inputs" else f"t/{unit}"
    key = f"capture.{group}.{name}"
    return stated_node(scene, region, route, key, getattr(capture, group)[name], target)


@remembered
def emitted_by_capture(scene: Scene, region: str, route: str) -> int:
    """Emissions of capturing a tonne of CO2, t/t."""
    capture = capture_of(scene, route)
    assert capture is not None
    return scene.graph.total(
        scene.graph.product(
            taken_by_capture(scene, region, route, "inputs", name),
            taken_by_capture(scene, region, route, "emission_factors", name),
        )
        for name in capture.emission_factors
    )


@remembered
def unabated(scene: Scene, region: str, route: str, parts: tuple[str, ...] = ()) -> int:
    """Emissions of the plant without capture, t CO2e/t: as stated, or the sum of their parts; of
    the parts that are named, where nothing is stated of the whole."""
    made = made_by(scene, route)
    if made.emission_intensity:
        return route_quantity(scene, region, route, "emission_intensity")
    return scene.graph.total(
        stated_node(scene, region, route, f"emission_parts.{name}", one, "t/t")
        for name, one in made.emission_parts.items() if name in (parts or made.emission_parts)
    )  # fmt: skip


@remembered
def captured(scene: Scene, region: str, route: str) -> int:
    """rate * reached / (1 - rate * own emissions a tonne captured), t CO2/t.

    Which is rate * (reached + own), as own is itself proportional to what is captured; reached is
    all that the plant emits, or those parts of it that the capture names, and the CO2 of biomass.
    """
    graph, capture = scene.graph, capture_of(scene, route)
    assert capture is not None
    rate = field_of(scene, region, route, capture, "rate", "capture.")
    biogenic = route_quantity(scene, region, route, "biogenic_intensity")
    reached = graph.total([biogenic, unabated(scene, region, route, tuple(capture.parts))])
    again = graph.product(rate, emitted_by_capture(scene, region, route))
    left = graph.difference(graph.constant(1.0), again)
    first = graph.product(rate, reached)
    return graph.quotient(first, left)


@remembered
def stored_biomass(scene: Scene, region: str, route: str) -> int:
    """CO2 of biomass that the capture of a route stores, t/t (MODEL 6.8)."""
    capture = capture_of(scene, route)
    if capture is None:
        return scene.graph.constant(0.0)
    biogenic = route_quantity(scene, region, route, "biogenic_intensity")
    if scene.graph.is_constant(biogenic, 0.0):
        return biogenic
    return scene.graph.product(
        field_of(scene, region, route, capture, "rate", "capture."), biogenic
    )
