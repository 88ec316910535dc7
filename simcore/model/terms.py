"""The terms of a carbon cost by name: what a carbon line of a trace is made of (MODEL 5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from simcore.intake.policies import default_value
from simcore.intake.schema import Experiment
from simcore.intake.usage import border_rule, crosses_border, sector_of, sector_regions, used_routes
from simcore.model.allowances import benchmark, cbam_benchmark, charged_power, precursor_benchmark
from simcore.model.carbon import compensation_rate, default_benchmark
from simcore.model.emissions import (
    captive_power_emissions,
    charged_intensity,
    direct_emissions,
    indirect_emissions,
    precursor_emissions,
)
from simcore.model.markets import carbon_price, home_price
from simcore.model.origin import origin_terms
from simcore.model.policies import policy_value
from simcore.model.scene import Scene

_REGION = {
    "coverage": "coverage", "free_allocation": "free allocation, phi",
    "cscf": "cross-sectoral correction factor",
    "border": "precursors pay at the border",
}  # fmt: skip
_RECOGNISED = "home price recognised by CBAM"
_CBAM = {
    "free_allocation": "free allocation of CBAM, phi_EU", "cscf": "correction factor of CBAM",
}  # fmt: skip
_BORDER = {
    "coverage": "CBAM coverage", "mark_up": "mark-up on default values",
    "indirect": "CBAM on power",
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
    yield Term("home carbon price", here, "EUR/t", home_price(scene, region))
    yield Term(_RECOGNISED, here, "1", policy_value(scene, record.recognised))
    for sector in experiment.sectors:
        met, there = sector_regions(experiment, sector)[region], _of(experiment, sector, here)
        for field, name in _REGION.items():
            yield Term(name, there, "1", policy_value(scene, getattr(met, field)))
    abroad = crosses_border(experiment, region)
    if abroad:
        yield Term("CBAM carbon price", here, "EUR/t", carbon_price(scene, rules.market))
        for field, name in _CBAM.items():
            yield Term(name, here, "1", policy_value(scene, getattr(rules, field)))
        for sector, (field, name) in product(experiment.sectors, _BORDER.items()):
            node = policy_value(scene, border_rule(experiment, sector, field))
            yield Term(name, _of(experiment, sector, here), "1", node)
        link = experiment.catalog.markets[record.market].link if record.market else None
        if link is not None and link.to == rules.market:
            node = policy_value(scene, link.share)
            yield Term("linked to the market of CBAM", here, "1", node)
        if rules.declared != "actual":
            for sector in experiment.sectors:
                yield from _declared_by_default(scene, here, sector)
    for route in used_routes(experiment):
        there = {**here, "route": route}
        own, counted = (one(scene, region, route) for one in (direct_emissions, charged_intensity))
        if counted != own:
            yield Term("emission intensity that counts", there, "t/t", counted)
        for name, node in (
            ("emission intensity", own),
            ("precursor intensity", precursor_emissions(scene, region, route)),
            ("benchmark", benchmark(scene, region, route)),
            ("benchmark of precursors", precursor_benchmark(scene, region, route)),
        ):
            yield Term(name, there, "t/t", node)
        yield from _of_power(scene, there, abroad=abroad)
        for name, unit, node in origin_terms(scene, region, route):
            yield Term(name, there, unit, node)
        if abroad:
            node = cbam_benchmark(scene, region, route)
            yield Term("benchmark of CBAM", there, "t/t", node)


def _of_power(scene: Scene, there: dict[str, str], *, abroad: bool) -> Iterator[Term]:
    """Emissions, allowances and compensation of the power of a tonne, where any count."""
    region, route = there["region"], there["route"]
    found = {
        "emissions of power made on site": captive_power_emissions(scene, region, route),
        "allowances to buy for power": charged_power(scene, region, route),
        "compensation per EUR of carbon price": compensation_rate(scene, region, route),
    }
    sector = sector_of(scene.experiment, route)
    counted = policy_value(scene, border_rule(scene.experiment, sector, "indirect"))
    if abroad and not scene.graph.is_constant(counted, 0.0):
        found["emissions of power at the border"] = indirect_emissions(scene, region, route)
    for name, node in found.items():
        if not scene.graph.is_constant(node, 0.0):
            yield Term(name, there, "t/t", node)


def _of(experiment: Experiment, sector: str, here: dict[str, str]) -> dict[str, str]:
    """The place of a term of a sector: it is named where the run has several."""
    return {**here, "sector": sector} if len(experiment.sectors) > 1 else here


def _declared_by_default(scene: Scene, here: dict[str, str], sector: str) -> Iterator[Term]:
    """What a tonne with a default value declares: one value and one benchmark for all routes."""
    experiment, region = scene.experiment, here["region"]
    rules = experiment.cbam
    meets = default_benchmark(scene, region, sector)
    value = scene.graph.constant(default_value(experiment, region, sector) or 0.0)
    for name, node in (
        ("default value of CBAM", value), ("benchmark of default values", meets),
    ):  # fmt: skip
        yield Term(name, _of(experiment, sector, here), "t/t", node)
    node = policy_value(scene, rules.recognised_default)
    yield Term("home price that counts with default values", here, "1", node)
