"""Years of a config: tables that begin in time, prices that are complete, lives that fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from simcore.dated import DatedTable
from simcore.intake.asked import asked_outcomes
from simcore.intake.entries import Policy
from simcore.intake.findings import FIRST, Address, Finding, unknown
from simcore.intake.paths import Corridor, PricePath
from simcore.intake.policies import dated_table, delays, idle_policies, used_policies, variants
from simcore.intake.priced import used_paths
from simcore.intake.process_checks import unused_findings
from simcore.intake.schema import Experiment
from simcore.intake.views import has_views, parts
from simcore.processes import kind_of
from simcore.quantities import FactorReference

_LAST: Final = ("years", "last")


def date_findings(experiment: Experiment) -> Iterator[Finding]:
    """Find years that do not fit together."""
    catalog = experiment.catalog
    for address, price in used_paths(experiment):
        yield from _price(experiment, address, price)
    idle = idle_policies(experiment)
    for name in used_policies(experiment):
        if name in catalog.policies and name not in idle:
            yield from _policy(experiment, name, catalog.policies[name])
    yield from _plant(experiment)
    yield from _exposures(experiment)


# --- prices --------------------------------------------------------------------------------------


def _price(experiment: Experiment, address: Address, price: PricePath) -> Iterator[Finding]:
    first, spot, name = experiment.years.first, price.spot, ".".join(address[2:])
    for place, one in parts(address, price):
        # A view with prices by year begins where the known ones of its market end.
        begins = max(first, spot.year + 1) if spot is not None and place != address else first
        yield from _one(experiment, place, name, one, begins)
    if price.corridor is not None and has_views(price):
        yield from _corridor(experiment, (*address, "corridor"), price.corridor)


def _one(
    experiment: Experiment, address: Address, name: str, price: PricePath, begins: int
) -> Iterator[Finding]:
    first = experiment.years.first
    assert price.process is not None
    kind = kind_of(price.process)
    if kind.made_of == "path":
        if not price.path:
            yield Finding(
                (*address, "path"), "no prices", "prices by year for the process scenario",
                f"add path: {{{first}: ...}}",
            )  # fmt: skip
        else:
            yield from _scenario(address, name, price.path, begins)
    elif price.spot is None:
        if kind.made_of != "system":
            remedy = "add spot: {year: ..., value: ...}"
            yield Finding((*address, "spot"), "no spot", "the last known price", remedy)
    elif price.spot.year > first:
        yield Finding(
            (*address, "spot", "year"), f"{price.spot.year}, after the first year of the run",
            f"{first} or earlier", "begin the run later, or give an earlier spot",
            also=(FIRST,), too_early=(name, price.spot.year),
        )  # fmt: skip
    else:
        yield from _anchors(address, price, price.spot.year)
    yield from unused_findings(address, price)
    if price.corridor is not None:
        yield from _corridor(experiment, (*address, "corridor"), price.corridor)


def _scenario(
    address: Address, name: str, prices: Mapping[int, float], first: int
) -> Iterator[Finding]:
    if min(prices) > first:
        yield Finding(
            (*address, "path"), f"prices from {min(prices)} on",
            f"a price for {first}, the first year", f"add {first}: ..., or begin the run later",
            also=(FIRST,), too_early=(name, min(prices)),
        )  # fmt: skip
    for year, value in prices.items():
        if value < 0:
            yield Finding(
                (*address, "path", year), f"{value:g}", "a price >= 0", "correct the sign"
            )


def _anchors(address: Address, price: PricePath, known: int) -> Iterator[Finding]:
    assert price.process is not None
    kind = kind_of(price.process)
    if kind.drift and price.anchors:
        yield Finding(
            (*address, "anchors"), f"anchors with the process {kind.name}",
            f"no anchors: {kind.name} has a drift {kind.drift}",
            "use random_walk with anchors, or write anchors: {}",
            also=((*address, "process", "kind"),),
        )  # fmt: skip
    for year in price.anchors or ():
        if year <= known:
            yield Finding(
                (*address, "anchors", year), f"an anchor in {year}",
                f"anchors after {known}, the year of the spot", "remove it",
                also=((*address, "spot", "year"),),
            )  # fmt: skip


def _corridor(experiment: Experiment, address: Address, corridor: Corridor) -> Iterator[Finding]:
    years = range(experiment.years.first, experiment.years.last + 1)
    floors, ceilings = (
        DatedTable(dates, growth=corridor.growth).over(years)
        for dates in (corridor.floor, corridor.ceiling)
    )
    for year, floor, ceiling in zip(years, floors, ceilings, strict=True):
        if floor > ceiling:
            yield Finding(
                address, f"a floor of {floor:g} above the ceiling of {ceiling:g} in {year}",
                "floor <= ceiling in every year", "correct the two",
            )  # fmt: skip
            return


# --- policies ------------------------------------------------------------------------------------


def _policy(experiment: Experiment, name: str, policy: Policy) -> Iterator[Finding]:
    address = ("catalog", "policies", name)
    delay: Any = policy.delay
    if isinstance(delay, FactorReference):
        if delay.name not in experiment.factors:
            return  # said where quantities are checked
        delay = experiment.factors[delay.name]
    values: Any = getattr(delay, "values", None) or [getattr(delay, "value", None)]
    if delay.kind not in ("constant", "discrete") or any(
        value < 0 or value != int(value) for value in values
    ):
        yield Finding(
            (*address, "delay"), f"a delay of kind {delay.kind}"
            if values == [None] else f"a delay of {', '.join(f'{value:g}' for value in values)}",
            "whole years >= 0, constant or discrete",
            "use {kind: discrete, values: [0, 1, 2], probabilities: [...]}",
        )  # fmt: skip
        return
    for variant in dict.fromkeys(variants(policy)):
        if variant not in policy.variants:
            yield unknown(
                (*address, "variant"), variant, policy.variants, "variant",
                define="define it under variants",
            )  # fmt: skip
            continue
        first = dated_table(policy, variant).first
        asked = min(
            dated_table(policy, variant, delay).asked(experiment.years.first)
            for delay in delays(policy, experiment.factors)
        )
        if asked < first:
            yield Finding(
                (*address, "variants", variant, "values"),
                f"values from {first} on, asked for {asked}",
                "a value for every year of the run, less its delay",
                f"add {asked}: ..., or begin the run later",
                also=(
                    *(((*address, "delay"),) if max(values) else ()),
                    FIRST,
                    (*address, "variant"),
                ),
                too_early=(name, first),
            )


# --- plants and exposures ------------------------------------------------------------------------


def _plant(experiment: Experiment) -> Iterator[Finding]:
    if not any(one.life for one in asked_outcomes(experiment)):
        return
    plant, years = experiment.plant, experiment.years
    last = plant.start + plant.lifetime - 1
    if not years.first <= plant.start <= years.last:
        yield Finding(
            ("plant", "start"), f"{plant.start}", f"a year in {years.first}-{years.last}",
            "move the start into the horizon", also=(_LAST, FIRST, ("outcomes",)),
        )  # fmt: skip
    elif last > years.last and plant.beyond == "error":
        yield Finding(
            ("plant", "lifetime"), f"a life until {last}, after the horizon {years.last}",
            "a life inside the horizon, or beyond: hold",
            "lengthen years, shorten the lifetime, or set plant.beyond: hold",
            also=(("plant", "start"), _LAST, ("outcomes",)),
        )  # fmt: skip


def _exposures(experiment: Experiment) -> Iterator[Finding]:
    years = experiment.years
    for name, exposure in experiment.exposures.items():
        if exposure.first > exposure.last:
            yield Finding(
                ("exposures", name), f"first = {exposure.first} after last = {exposure.last}",
                "first <= last", "swap or correct the two",
            )  # fmt: skip
        elif exposure.first < years.first or exposure.last > years.last:
            yield Finding(
                ("exposures", name), f"{exposure.first}-{exposure.last}",
                f"years in {years.first}-{years.last}, the years of the run",
                "shorten the exposure, or lengthen years",
            )  # fmt: skip
        elif exposure.shortfall and exposure.first < min(exposure.shortfall):
            yield Finding(
                ("exposures", name, "shortfall"), f"values from {min(exposure.shortfall)} on",
                f"a value for {exposure.first}, the first year of the exposure",
                f"add {exposure.first}: ..., or begin later",
            )  # fmt: skip
