"""What a project spends before it produces, and to produce, as nodes (MODEL 11)."""

from __future__ import annotations

from simcore.model.costs import cost_of_vintage
from simcore.model.investments import conversion_investments, own_equipment, project_investment
from simcore.model.kinds import kind_of
from simcore.model.phases import by_phase, own_from
from simcore.model.scene import Scene, remembered
from simcore.model.support import deals_of, granted, settled


@remembered
def spending(scene: Scene, project: str) -> dict[int, int]:
    """Nodes of what is spent less grants by year after the start, 1e6 EUR (MODEL 11.13)."""
    one, graph = scene.experiment.projects[project], scene.graph
    whole = graph.scaled(project_investment(scene, project), one.output)
    found = {year: graph.scaled(whole, one.spend[year]) for year in sorted(one.spend)}
    for first, spent in conversion_investments(scene, project).items():
        year = first - 1 - one.start
        whole = graph.scaled(spent, one.output)
        found[year] = graph.sum(found[year], whole) if year in found else whole
    for deal in deals_of(scene, project):
        if kind_of(deal).once:
            year = deal.record.paid_in
            before = found.get(year, graph.constant(0.0))
            found[year] = graph.difference(before, granted(scene, project, deal.name))
    return found


@remembered
def yearly_support(scene: Scene, project: str) -> int:
    """Node of what instruments pay in a year, 1e6 EUR/yr, without what is paid once."""
    return scene.graph.total(
        settled(scene, project, deal.name)
        for deal in deals_of(scene, project) if not kind_of(deal).once
    )  # fmt: skip


@remembered
def operating_cost(scene: Scene, project: str) -> int:
    """Node of what a tonne costs without the capital of the plant and its electrolyser, and before
    carbon."""
    return by_phase(
        scene, project, lambda route, first: _operating_in_phase(scene, project, route, first)
    )


def _operating_in_phase(scene: Scene, project: str, route: str, first: int) -> int:
    one, graph = scene.experiment.projects[project], scene.graph
    cost = cost_of_vintage(
        scene, one.region, route, first, electrolyser=own_from(one, first),
        capital_charge=graph.constant(0.0), output=one.output,
    )  # fmt: skip
    for need, built, recovery in own_equipment(scene, project, route, first):
        cost = graph.difference(cost, graph.product(need, built, recovery))
    return cost
