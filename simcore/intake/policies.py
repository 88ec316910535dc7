"""The policies that a run refers to, and what each of them may be in a draw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from simcore.dated import DatedTable
from simcore.intake.asked import asked_outcomes, once, read_rules
from simcore.intake.entries import Import, Policy
from simcore.intake.findings import Address
from simcore.intake.hosts import host_of, route_of
from simcore.intake.priced import read_law, used_entries, used_markets, used_systems
from simcore.intake.schema import Experiment
from simcore.intake.stated import numbers
from simcore.intake.systems import System
from simcore.intake.usage import (
    all_regions,
    all_routes,
    border_rule,
    meets_cbam,
    met_imports,
    met_sectors,
    origins,
    rules_of,
    sector_of,
    sector_regions,
    sold_sectors,
    used_sectors,
)
from simcore.quantities import FactorReference, Quantity
from simcore.quantities.annotations import Canonical

BORDER_POLICIES: Final = (
    "coverage", "indirect", "mark_up", "default_benchmark", "pre_consumer_scrap",
)  # fmt: skip
"""Fields of `cbam` that may name a policy and that a sector may say."""
CBAM_POLICIES: Final = (
    "coverage", "indirect", "free_allocation", "cscf", "mark_up", "default_benchmark",
    "recognised_default", "pre_consumer_scrap",
)  # fmt: skip
"""Fields of `cbam` that may name a policy."""


def idle_policies(experiment: Experiment) -> set[str]:
    """Names of policies that the run refers to and never asks.

    They are those of CBAM where no goods meet it, of bought precursors where no route has any, of
    routes that are not run, and the legal limits on credits where the config sets its own.
    """
    catalog, crosses = experiment.catalog, meets_cbam(experiment)
    routes = {name: catalog.routes[name] for name in all_routes(experiment)
              if name in catalog.routes}  # fmt: skip
    made = {name: catalog.routes[name] for _, name in origins(experiment)}
    stated = any(not _is_zero(one.precursor_intensity) for one in routes.values())
    has_precursors = stated or bool(made)
    needed: list[Any] = []
    if crosses:
        needed += _border(experiment, CBAM_POLICIES)
        needed += [one.cbam_benchmark for one in routes.values()]
        needed += _of_scrap(experiment)
    elif made:
        # What the border of a buyer asks of what is made elsewhere (MODEL 5).
        needed += _border(experiment, ("indirect",))
        needed += [one.cbam_benchmark for one in made.values()]
    asked = [key for one in asked_outcomes(experiment) for key in one.needs.cbam]
    needed += _border(experiment, asked)
    if has_precursors:
        needed += [one.precursor_benchmark for one in routes.values()]
    read = read_rules(experiment)
    unasked = {
        *([] if crosses or made else ["recognised"]),
        *([] if has_precursors or "border" in read else ["border"]),
        *([] if experiment.value.credit_limit == "law" else ["credit_limit"]),
    }  # fmt: skip
    for name in all_regions(experiment):
        for (*_, head, key), value in policy_values(experiment, name).items():
            if key not in unasked and (head != "benchmarks" or key in {"default", *routes}):
                needed.append(value)
    needed += [one.duty for one in _imports(experiment).values() if pays_duty(one)]
    for name in used_markets(experiment):
        link = catalog.markets[name].link if name in catalog.markets else None
        needed += [link.share] if link is not None else []
    needed += [catalog.systems[name].follows for name in used_systems(experiment)]
    needed += [getattr(experiment.hydrogen, key) for key in read_law(experiment)]
    return set(used_policies(experiment)) - {str(one) for one in needed}


def _border(experiment: Experiment, keys: Iterable[str]) -> list[Any]:
    """What the rules of the border are, for each sector of the run; of what is made elsewhere how
    far its power counts."""
    sold = sold_sectors(experiment)
    made = [sector_of(experiment, name) for _, name in origins(experiment)]
    return [
        border_rule(experiment, sector, key) if key in BORDER_POLICIES
        else getattr(experiment.cbam, key)
        for key in keys
        for sector in dict.fromkeys([*sold, *(made if key == "indirect" else [])])
    ]  # fmt: skip


def _of_scrap(experiment: Experiment) -> list[Any]:
    """Whether the border counts scrap of works, for each sector that may be inside of another."""
    return [border_rule(experiment, one, "pre_consumer_scrap") for one in used_sectors(experiment)]


def _is_zero(by_region: Mapping[str, Any]) -> bool:
    return all(getattr(one, "value", None) == 0 for one in by_region.values())


def pays_duty(record: Import) -> bool:
    """Whether any of the tonnes brought in pays a duty."""
    return record.duty != 0 and getattr(record.out_of_quota, "value", None) != 0


def _imports(experiment: Experiment) -> dict[tuple[str, str, str], Import]:
    """What buyers' regions say of bringing tonnes in, by region, sector and place of origin."""
    return {
        (buyer, sector, place): sector_regions(experiment, sector)[buyer].imports[place]
        for (buyer, sector, _), place in met_imports(experiment).items() if place is not None
    }  # fmt: skip


@once
def used_policies(experiment: Experiment) -> list[str]:
    """Names of the policies that the run refers to."""
    catalog = experiment.catalog
    values: list[Any] = _border(experiment, CBAM_POLICIES) + _of_scrap(experiment)
    for name in all_regions(experiment):
        values += policy_values(experiment, name).values()
    values += [one.duty for one in _imports(experiment).values()]
    values += [getattr(experiment.hydrogen, key) for key in read_law(experiment)]
    for address, price in used_entries(experiment):
        if address[1] == "markets" and price.link is not None:
            values.append(price.link.share)
        if getattr(price, "policy_effect", None) is not None:
            values.append(price.policy_effect.of)
    for name in all_routes(experiment):
        if name in catalog.routes:
            route = route_of(catalog, name)
            values += [route.cbam_benchmark, route.precursor_benchmark]
    values += [catalog.systems[name].follows for name in used_systems(experiment)]
    return list(dict.fromkeys(value for value in values if isinstance(value, str)))


@once
def named_policies(experiment: Experiment) -> list[tuple[str, Canonical, Address]]:
    """Policies that the run refers to, with the annotation and the address of the field."""
    catalog = experiment.catalog
    records: list[tuple[Address, Any]] = [
        (("cbam",), experiment.cbam), (("hydrogen",), experiment.hydrogen),
    ]  # fmt: skip
    for sector in used_sectors(experiment):
        if sector in catalog.sectors:
            records.append((("catalog", "sectors", sector, "cbam"), catalog.sectors[sector].cbam))
    for name in all_regions(experiment):
        if name in catalog.regions:
            records.append((("catalog", "regions", name), catalog.regions[name]))
        for sector in met_sectors(experiment, name):
            if (rules := sector_regions(experiment, sector).get(name)) is not None:
                records.append((("catalog", "sectors", sector, "regions", name), rules))
    records += [(("catalog", "routes", name), catalog.routes[name])
                for name in all_routes(experiment) if name in catalog.routes]  # fmt: skip
    return [
        (value, canonical, place)
        for address, record in records
        for place, value, canonical, _ in numbers(record, address)
        if isinstance(value, str) and canonical is not None
    ]


def policy_values(experiment: Experiment, region: str) -> dict[tuple[str, ...], Any]:
    """The policy values of a region and of the sectors in it, by their path."""
    place = ("catalog", "regions", region)
    record = experiment.catalog.regions.get(region)
    found: dict[tuple[str, ...], Any] = {}
    sold = sold_sectors(experiment)
    for sector in met_sectors(experiment, region):
        rules = ("catalog", "sectors", sector, "regions", region)
        made = sector_regions(experiment, sector).get(region)
        if made is None:
            continue
        # Of what is only inside of other products the benchmark counts, under their rules.
        fields = (
            "coverage", "free_allocation", "cscf", "border", "captive_coverage", "power_coverage",
        ) if sector in sold else ()  # fmt: skip
        found |= {(*rules, key): getattr(made, key) for key in fields}
        found |= {(*rules, "benchmarks", key): one for key, one in made.benchmarks.items()}
        if fields and made.compensation is not None:
            found[*rules, "compensation", "share"] = made.compensation.share
        if made.scrap is not None:
            found[*rules, "scrap", "export_duty"] = made.scrap.export_duty
    if record is not None:
        found |= {(*place, key): getattr(record, key) for key in ("recognised", "credit_limit")}
    return found


def benchmark_of(experiment: Experiment, region: str, route: str) -> float | str:
    """Allocation of a route in a region: its own, its host's, or the region's `default`."""
    stated = benchmark_stated(experiment, region, route)
    if stated is not None:
        return stated
    return rules_of(experiment, region, route).benchmarks.get("default", 0.0)


def stated_for(experiment: Experiment, route: str, table: Mapping[str, Any]) -> Any:
    """What a table by route states of one: its own, its host's, or `default`; None without one."""
    host = host_of(experiment.catalog, route)
    names = [route, *([host] if host else []), "default"]
    return next((table[name] for name in names if name in table), None)


def benchmark_stated(experiment: Experiment, region: str, route: str) -> float | str | None:
    """Allocation that a region states of a route by name, or of its host; None without one. Where
    the route is made from another's product, it is that of the whole."""
    found = rules_of(experiment, region, route).benchmarks
    names = (route, host_of(experiment.catalog, route))
    return next((found[name] for name in names if name in found), None)


def default_value(experiment: Experiment, region: str, sector: str) -> float | None:
    """CBAM default value of the good of a sector from a region, before mark-up; None without
    one."""
    found = sector_regions(experiment, sector)[region].default_intensity
    return found.get(border_rule(experiment, sector, "good"), found.get("default"))


def delays(policy: Policy, factors: Mapping[str, Any]) -> list[int]:
    """Possible delays of a policy, in years; policies that name one factor share its delay."""
    delay: Any = policy.delay
    if isinstance(delay, FactorReference):
        delay = factors[delay.name]
    values = getattr(delay, "values", None) or [getattr(delay, "value", 0)]
    return sorted({int(value) for value in values})


def variants(policy: Policy) -> list[str]:
    """Variants that a draw may meet."""
    return [policy.variant] if isinstance(policy.variant, str) else list(policy.variant.values)


def dated_table(policy: Policy, variant: str, delay: int = 0) -> DatedTable[Quantity]:
    """One variant of a policy, `delay` years late."""
    record = policy.variants[variant]
    table = DatedTable(record.values, record.end, -record.decline)
    return table.delayed(delay, known_until=policy.known_until)


def followed_rules(system: System, named: list[str]) -> list[str]:
    """Rules of a system under each variant of the policy that it follows."""
    return [system.rules.get(name, name) for name in named]
