"""Emissions trading systems of a config: names that exist, tables that cover the years solved."""

from __future__ import annotations

from collections.abc import Iterator

from simcore.intake.findings import FIRST, Address, Finding, unknown, unknown_entry
from simcore.intake.paths import PricePath
from simcore.intake.policies import followed_rules, variants
from simcore.intake.priced import used_markets, used_systems
from simcore.intake.schema import Experiment
from simcore.intake.systems import Rules, System
from simcore.intake.views import parts
from simcore.processes.cap_and_bank import CapAndBank

_ROUNDED = 0.1
"""Mt by which amounts may miss a sum, as each is rounded."""


def system_findings(experiment: Experiment) -> Iterator[Finding]:
    """Find markets without a system, and systems that cannot be solved."""
    catalog = experiment.catalog
    for name in used_markets(experiment):
        if name in catalog.markets:
            for address, market in parts(("catalog", "markets", name), catalog.markets[name]):
                yield from _market(experiment, address, market)
    for name in used_systems(experiment):
        address, system = ("catalog", "systems", name), catalog.systems[name]
        yield from _variants(experiment, address, system)
        yield from _resolution(address, system)
        yield from _years(experiment, address, system)


def _market(experiment: Experiment, address: Address, market: PricePath) -> Iterator[Finding]:
    if not isinstance(market.process, CapAndBank):
        return
    place, name = (*address, "process", "system"), market.process.system
    yield from unknown_entry(place, name, experiment.catalog, "systems")
    # Tightening is left to the system: a scenario that tightens the market changes its rules too.
    for key, remedy in (("anchors", "write anchors: {}"), ("corridor", "write corridor: null")):
        if getattr(market, key):
            yield Finding(
                (*address, key), f"{key} with the process cap_and_bank",
                "a price that the system alone decides", remedy,
                also=((*address, "process", "kind"),),
            )  # fmt: skip


def _variants(experiment: Experiment, address: Address, system: System) -> Iterator[Finding]:
    if system.follows is None:
        if system.variant not in system.variants:
            yield unknown(
                (*address, "variant"), system.variant, system.variants, "variant",
                define="define it under variants",
            )  # fmt: skip
        return
    policies = experiment.catalog.policies
    if system.follows not in policies:
        yield from unknown_entry(
            (*address, "follows"), system.follows, experiment.catalog, "policies"
        )
        return
    for name in variants(policies[system.follows]):
        if name not in policies[system.follows].variants:
            continue  # a fault of the policy
        (chosen,) = followed_rules(system, [name])
        if chosen not in system.variants:
            yield Finding(
                (*address, "variants"), f"no variant {chosen}",
                f"one for each variant of the policy {system.follows}",
                f"add {chosen}: ..., write rules: {{{name}: ...}}, or drop follows",
                also=(("catalog", "policies", system.follows, "variant"),),
            )  # fmt: skip


def _resolution(address: Address, system: System) -> Iterator[Finding]:
    record = system.resolution
    if record is None:
        return
    places = {name: (*address, "resolution", "odds", name) for name in record.odds}
    for name, place in {system.variant: (*address, "variant"), **places}.items():
        if name not in system.variants:
            yield unknown(
                place, name, system.variants, "variant", define="define it under variants"
            )
    total = sum(record.odds.values())
    if abs(total - 1.0) > 1e-6:
        yield Finding(
            (*address, "resolution", "odds"), f"odds that add up to {total:g}", "a sum of 1",
            "correct one of them",
        )  # fmt: skip


def _years(experiment: Experiment, address: Address, system: System) -> Iterator[Finding]:
    start, years = system.start, experiment.years
    markets = experiment.catalog.markets
    spots = [markets[name].spot for name in used_markets(experiment) if name in markets]
    # A run that begins before prices are known is one fault, not another for each of their parts.
    is_told = any(spot is not None and spot.year > years.first for spot in spots)
    if start >= years.first and not is_told:
        yield Finding(
            (*address, "start"), f"{start}, not before the first year of the run",
            f"a year before {years.first}", "begin the run later, or start earlier", also=(FIRST,),
        )  # fmt: skip
    if system.until < years.last:
        yield Finding(
            (*address, "until"), f"{system.until}, before the last year of the run",
            f"{years.last} or later", f"write until: {years.last + 10}",
            also=(("years", "last"),),
        )  # fmt: skip
    for key, backwards in (("bank", 2), ("reserve", 1), ("prices", 3)):
        for year in range(start - backwards + 1, start + 1):
            if year not in getattr(system, key):
                yield Finding(
                    (*address, key), f"no {key} of {year}",
                    f"the known years up to {start}, where the solution starts",
                    f"add {year}: ..., or start in another year", also=((*address, "start"),),
                )  # fmt: skip
    yield from _begins(address, "baseline", system.baseline, start + 1)
    for name, rules in system.variants.items():
        yield from _rules((*address, "variants", name), rules, start + 1)


def _rules(address: Address, rules: Rules, first: int) -> Iterator[Finding]:
    yield from _begins(address, "cap", rules.cap, first)
    yield from _begins(address, "intake", rules.intake, first)
    falls = min(year for year in range(min(rules.cap), first + 200) if year not in rules.cap)
    yield from _begins(address, "reduction_factor", rules.reduction_factor, falls)
    total = sum(rules.moved.values())
    if abs(total) > _ROUNDED:
        yield Finding(
            (*address, "moved"), f"amounts that add up to {total:g} Mt", "a sum of 0",
            "take from other years what is brought forward; write removals for new allowances",
        )  # fmt: skip


def _begins(address: Address, key: str, table: dict[int, float], first: int) -> Iterator[Finding]:
    if min(table) > first:
        yield Finding(
            (*address, key), f"values from {min(table)} on", f"a value for {first} or earlier",
            f"add {first}: ...",
        )  # fmt: skip
