"""What is left of a plant's capital when it closes before its time, as nodes (MODEL 11).

Each tonne bears a charge of capital in each year of use. To close early saves what it takes to run
the plant; the charges of the years that were left are owed all the same.
"""

from __future__ import annotations

from simcore.model.investments import own_equipment
from simcore.model.projects import DECIDED, plant_charge, project_of, rate_of
from simcore.model.scene import Scene, remembered
from simcore.variables import outcome


@outcome(
    over=("scenario", "project"), unit="1e6 {money}", title="Stranded value of a project",
    since=DECIDED, usual=False, asked_as=("stranded_asset", "book_value"),
    sign="Above zero capital is lost when the plant closes.",
)  # fmt: skip
@remembered
def stranded_value(scene: Scene, project: str) -> int | None:
    """Charges of capital of the years of its lifetime in which a plant that `closes` no longer
    runs, at its rate, at the end of its last year: capital * annuity(years left) /
    annuity(lifetime). None of a plant that does not close early."""
    one, graph = project_of(scene, project), scene.graph
    if one is None or one.end == one.planned_end:
        return None
    route, first = next(span for span in reversed(one.spans) if span[1] <= one.end)
    charges = [plant_charge(scene, project, one.end)]
    charges += [
        graph.product(need, built, recovery)
        for need, built, recovery in own_equipment(scene, project, route, first)
    ]
    recovery = graph.node(
        "CAPITAL_RECOVERY", wacc=rate_of(scene, project), risk=graph.constant(0.0),
        life=one.planned_end - one.end,
    )  # fmt: skip
    left = graph.quotient(graph.scaled(graph.total(charges), one.output), recovery)
    return graph.node("LATCHED", value=left, since=one.end)
