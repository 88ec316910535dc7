"""What a kg of hydrogen emits, its class, and whether it may have support (MODEL 19)."""

from __future__ import annotations

from simcore.intake.entries import Electrolysis
from simcore.intake.usage import price_of
from simcore.model.commodities import contract_passes, emission_factor
from simcore.model.policies import policy_value
from simcore.model.scene import Scene, remembered
from simcore.variables import Needs, outcome

_PER_KG = 1e3
"""kg CO2e per kg of hydrogen in a t per kg."""
_HYDROGEN = Needs(commodities=("hydrogen",))


@remembered
def _intensity(scene: Scene, region: str) -> int:
    return scene.graph.scaled(emission_factor(scene, "hydrogen", region), _PER_KG)


@remembered
def _is_renewable(scene: Scene, region: str) -> int:
    """1 where hydrogen is made of power under a renewable contract that passes."""
    record = price_of(scene.experiment, "hydrogen", region)
    if not isinstance(record, Electrolysis) or record.supply != "renewable":
        return scene.graph.constant(0.0)
    return contract_passes(scene, record)


@remembered
def _is_within_limit(scene: Scene, region: str) -> int:
    """1 where a kg emits no more than the limit."""
    graph, emitted = scene.graph, _intensity(scene, region)
    over = graph.difference(emitted, policy_value(scene, scene.experiment.hydrogen.limit))
    found = graph.nodes[over]
    if found.operation is None:
        return graph.constant(float(found.numbers[0] <= 0.0))
    if graph.is_constant(emitted, 0.0):
        return graph.constant(1.0)
    return graph.node("NOT_POSITIVE", value=over)


@remembered
def qualifies(scene: Scene, region: str) -> int:
    """Share of the hydrogen of a region that may have support: 1 or 0 in a draw and year."""
    rule, graph = scene.experiment.hydrogen_rule, scene.graph
    if rule is None or price_of(scene.experiment, "hydrogen", region) is None:
        return graph.constant(1.0)
    if rule == "intensity":
        return _is_within_limit(scene, region)
    renewable = _is_renewable(scene, region)
    if rule == "rfnbo":
        return renewable
    return _either(scene, renewable, _is_within_limit(scene, region))


def _either(scene: Scene, one: int, other: int) -> int:
    """one + other - one * other."""
    graph = scene.graph
    for first, second in ((one, other), (other, one)):
        if graph.is_constant(first, 1.0) or graph.is_constant(second, 0.0):
            return first
    return graph.difference(graph.sum(one, other), graph.product(one, other))


def _without(scene: Scene, node: int) -> int:
    return scene.graph.difference(scene.graph.constant(1.0), node)


@outcome(
    over=("scenario", "region", "year"), unit="kg kg-1", title="Emissions of hydrogen",
    needs=_HYDROGEN, usual=False, per="of hydrogen",
)  # fmt: skip
def hydrogen_intensity(scene: Scene, region: str) -> int | None:
    """Emissions of a kg of the hydrogen that a region uses: of the power that makes it, or of the
    gas with what is emitted before it is burnt, or as stated of bought hydrogen.

    None where it has no price.
    """
    known = price_of(scene.experiment, "hydrogen", region) is not None
    return _intensity(scene, region) if known else None


@outcome(
    over=("scenario", "region", "grade", "year"), unit="1", title="Class of hydrogen",
    kind="indicator", needs=_HYDROGEN, usual=False,
)  # fmt: skip
def hydrogen_class(scene: Scene, region: str, grade: str) -> int | None:
    """1 where the hydrogen of a region is of the class: renewable if its contract passes
    additionality and matching, low_carbon if it emits no more than the limit, else grey.

    None where it has no price.
    """
    if price_of(scene.experiment, "hydrogen", region) is None:
        return None
    renewable = _is_renewable(scene, region)
    if grade == "renewable":
        return renewable
    either = _either(scene, renewable, _is_within_limit(scene, region))
    if grade == "grey":
        return _without(scene, either)
    return scene.graph.difference(either, renewable)


@outcome(
    over=("scenario", "region", "year"), unit="1", title="Hydrogen that may have support",
    kind="indicator", needs=_HYDROGEN, usual=False,
)  # fmt: skip
def hydrogen_qualifies(scene: Scene, region: str) -> int | None:
    """1 where the hydrogen of a region may have support under `hydrogen_rule`.

    None where it has no price.
    """
    known = price_of(scene.experiment, "hydrogen", region) is not None
    return qualifies(scene, region) if known else None
