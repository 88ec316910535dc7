"""Policy timelines as nodes: variants, delays and uncertain dated values (MODEL 4).

A delay holds what is known until the table resumes: value[t] = table(max(t - D, last known year))
for later years. Reading table(t - D) itself would undo the last known years again after they had
passed: a CBAM of 2026 delayed by two years would be in force in 2026 and not in 2027.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simcore.dated import DatedTable
from simcore.intake.entries import Policy
from simcore.intake.policies import dated_table, delays, variants
from simcore.model.scene import Scene, choice_node, quantity, read, remembered
from simcore.variables import Needs, outcome


@remembered
def policy_value(scene: Scene, value: float | str) -> int:
    """Node of a policy value: a constant, or the timeline of a named policy."""
    if isinstance(value, str):
        return _timeline(scene, value, scene.experiment.catalog.policies[value])
    return scene.graph.constant(value)


def _timeline(scene: Scene, name: str, policy: Policy) -> int:
    graph = scene.graph
    named = variants(policy)
    possible = delays(policy, scene.experiment.factors)
    uncertain: dict[int, int] = {}
    numbers: list[float] = []
    coefficients, positions = [], []
    for v, variant_name in enumerate(named):
        for delay in possible:
            table = dated_table(policy, variant_name, delay)
            numbers += [v, delay if len(possible) > 1 else 0.0]
            line, place = [], []
            for year in scene.horizon:
                factor, node = _dated(scene, name, table, variant_name, int(year))
                line.append(factor)
                if node is None:
                    place.append(-1)
                else:
                    place.append(uncertain.setdefault(node, 2 + len(uncertain)))
            coefficients.append(line)
            positions.append(place)
    known = np.array(coefficients)
    if not uncertain and np.all(known == known[0, 0]):
        return graph.constant(float(known[0, 0]))
    chosen, delayed = variant_node(scene, name), graph.constant(0.0)
    if len(possible) > 1:
        delayed = read(scene, policy, "delay", name)
    return graph.node(
        "TIMELINE", variant=chosen, delay=delayed, uncertain=uncertain,
        combinations=numbers, coefficients=map(scene.over_years, known),
        positions=map(scene.over_years, np.array(positions)),
    )  # fmt: skip


def variant_node(scene: Scene, name: str) -> int:
    """Node of the position of a policy's variant among those that a draw may meet."""
    policy = scene.experiment.catalog.policies[name]
    if isinstance(policy.variant, str):
        return scene.graph.constant(0.0)
    choice = {
        "kind": "discrete",
        "values": list(range(len(policy.variant.values))),
        "probabilities": policy.variant.probabilities,
    }
    return choice_node(scene, f"{name}.variant", choice, policy.variant, variants(policy))


def _dated(
    scene: Scene, name: str, table: DatedTable[Any], variant: str, year: int
) -> tuple[float, int | None]:
    """Coefficient of a year, and the node that multiplies it if the dated value is uncertain."""
    held = table.at(year)
    assert held is not None, "checked with the config"
    if held.factor == 0.0:
        return 0.0, None
    node = _value(scene, name, variant, held.date)
    found = scene.graph.nodes[node]
    if found.operation is None:
        return held.factor * found.numbers[0], None
    return held.factor, node


@remembered
def _value(scene: Scene, name: str, variant: str, date: int) -> int:
    """Node of a dated value."""
    policy = scene.experiment.catalog.policies[name]
    record = policy.variants[variant]
    value = record.values[date]
    # Shares, switches and benchmarks (t CO2e per t): all are pure numbers.
    written = value.unit or record.unit or policy.unit or "1"
    value = value.model_copy(update={"unit": written})
    return quantity(scene, f"{name}.{variant}.{date}", value, "1")


def series(scene: Scene, values: np.ndarray) -> int:
    """Node of a known number for each year of the horizon."""
    if np.all(values == values[0]):
        return scene.graph.constant(float(values[0]))
    zero = scene.graph.constant(0.0)
    return scene.graph.node(
        "TIMELINE", variant=zero, delay=zero, uncertain=(), combinations=(0.0, 0.0),
        coefficients=[scene.over_years(values)], positions=[-1.0],
    )  # fmt: skip


@outcome(
    over=("scenario", "year"),
    unit="1",
    title="CBAM factor",
    needs=Needs(cbam=("free_allocation",)),
)
@remembered
def cbam_factor(scene: Scene) -> int:
    """1 - free-allocation share used by CBAM (phi_EU)."""
    share = policy_value(scene, scene.experiment.cbam.free_allocation)
    return scene.graph.difference(scene.graph.constant(1.0), share)
