"""The terms of a carbon cost by name: what a carbon line of a trace is made of (MODEL 5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simcore.intake.policies import benchmark_of, default_value
from simcore.intake.usage import references, sector_regions, used_routes
from simcore.model.carbon import pays_cbam, precursor_benchmark, precursor_emissions
from simcore.model.costs import charged_intensity, direct_emissions, made_by
from simcore.model.markets import carbon_price
from simcore.model.policies import policy_value
from simcore.model.scene import Scene

_REGION = {
    "coverage": "coverage", "free_allocation": "free allocation, phi",
    "cscf": "cross-sectoral correction factor", "recognised": "home price recognised by CBAM",
    "border": "precursors pay at the border",
}  # fmt: skip
_CBAM = {
    "coverage": "CBAM coverage", "free_allocation": "free allocation of CBAM, phi_EU",
    "cscf": "correction factor of CBAM", "mark_up": "mark-up on default values",
    "indirect": "CBAM on bought power",
}  # fmt: skip


@dataclass(frozen=True)
class Term:
    """One term, its place, the node that computes it, and the years in which it is told."""

    name: str
    place: dict[str, str]
    unit: str
    node: int
    first_year: int = 0
    last_year: int = 9999


def terms(scene: Scene, region: str) -> Iterator[Term]:
    """Policy values, prices and intensities behind the carbon costs of a region."""
    experiment = scene.experiment
    record, rules = experiment.catalog.regions[region], experiment.cbam
    here = {"region": region}
    yield Term("home carbon price", here, "EUR/t", carbon_price(scene, record.market))
    rules_here = sector_regions(experiment)[region]
    for field, name in _REGION.items():
        value = getattr(record if field == "recognised" else rules_here, field)
        yield Term(name, here, "1", policy_value(scene, value))
    abroad = any(pays_cbam(scene, region, one) for one in experiment.destinations)
    if abroad:
        yield Term("CBAM carbon price", here, "EUR/t", carbon_price(scene, rules.market))
        for field, name in _CBAM.items():
            yield Term(name, here, "1", policy_value(scene, getattr(rules, field)))
        link = experiment.catalog.markets[record.market].link
        if link is not None and link.to == rules.market:
            node = policy_value(scene, link.share)
            yield Term("linked to the market of CBAM", here, "1", node)
        if rules.declared != "actual":
            yield from _declared_by_default(scene, here)
    for route in used_routes(experiment):
        made, there = made_by(scene, route), {**here, "route": route}
        benchmark = policy_value(scene, benchmark_of(experiment, region, route))
        own, counted = (one(scene, region, route) for one in (direct_emissions, charged_intensity))
        if counted != own:
            yield Term("emission intensity that counts", there, "t/t", counted)
        for name, node in (
            ("emission intensity", own),
            ("precursor intensity", precursor_emissions(scene, region, route)),
            ("benchmark", benchmark),
            ("benchmark of precursors", precursor_benchmark(scene, region, route)),
        ):
            yield Term(name, there, "t/t", node)
        if abroad:
            node = policy_value(scene, made.cbam_benchmark)
            yield Term("benchmark of CBAM", there, "t/t", node)


def _declared_by_default(scene: Scene, here: dict[str, str]) -> Iterator[Term]:
    """What a tonne with a default value declares: one value and one benchmark for all routes."""
    experiment, region = scene.experiment, here["region"]
    rules = experiment.cbam
    benchmark = rules.default_benchmark
    if benchmark is None:
        benchmark = made_by(scene, references(experiment)[region]).cbam_benchmark
    value = scene.graph.constant(default_value(experiment, region) or 0.0)
    yield Term("default value of CBAM", here, "t/t", value)
    yield Term("benchmark of default values", here, "t/t", policy_value(scene, benchmark))
    node = policy_value(scene, rules.recognised_default)
    yield Term("home price that counts with default values", here, "1", node)
