"""What firms and plants owe (MODEL 8): names, shares of their tonnes, and what has no effect."""

from __future__ import annotations

from collections.abc import Iterator

from simcore.intake.findings import Address, Finding, unknown, unknown_entry
from simcore.intake.schema import Destinations, Experiment, Exposure
from simcore.intake.selection_checks import currency_findings
from simcore.intake.usage import used_routes
from simcore.quantities import Constant
from simcore.units import UnitError, conversion

_TOLERANCE = 1e-9


def exposure_findings(experiment: Experiment) -> Iterator[Finding]:
    """Find what is wrong with the exposures of a config."""
    for name, exposure in experiment.exposures.items():
        yield from _exposure(experiment, ("exposures", name), exposure)


def _exposure(experiment: Experiment, address: Address, exposure: Exposure) -> Iterator[Finding]:
    if exposure.currency is not None:
        yield from currency_findings(experiment, (*address, "currency"), exposure.currency)
    if exposure.market is not None:
        yield from unknown_entry(
            (*address, "market"), exposure.market, experiment.catalog, "markets"
        )
    if exposure.plant is not None:
        plant, place = exposure.plant, (*address, "plant")
        if plant.region not in experiment.regions:
            yield unknown((*place, "region"), plant.region, experiment.regions, "region of the run")
        elif plant.region in experiment.catalog.regions and (
            experiment.catalog.regions[plant.region].market is None
        ):
            yield Finding(
                (*place, "region"), f"{plant.region}, which has no carbon market",
                "a region with a market, as that is where a plant buys",
                "name another region, or give market and shortfall",
            )  # fmt: skip
        if plant.route not in used_routes(experiment):
            known = used_routes(experiment)
            yield unknown((*place, "route"), plant.route, known, "route of the run")
        yield from _destinations((*place, "destinations"), plant.destinations)


def _destinations(address: Address, one: Destinations) -> Iterator[Finding]:
    """Shares of the tonnes by destination that are not all of them."""
    if one.domestic is None:
        return
    if not isinstance(one.eu, Constant):
        yield Finding(
            (*address, "domestic"), "a number beside a share that differs by draw or year",
            "the rest, which follows from eu", "leave domestic out",
        )  # fmt: skip
        return
    try:
        eu = one.eu.value * conversion(one.eu.unit or "1", "1", exchange={})
    except UnitError:
        return  # the units are checked elsewhere
    # A share that is none is a fault of its own.
    if 0.0 <= eu <= 1.0 and abs(one.domestic + eu - 1.0) > _TOLERANCE:
        yield Finding(
            address, f"shares that sum to {one.domestic + eu:g}", "shares that sum to 1",
            f"write domestic: {1.0 - eu:g}, or leave it out",
        )  # fmt: skip
