"""What the equations of cost and carbon need, gathered by region and route, in NumPy.

Static terms are folded together here, once for all years: one capital charge, one fixed charge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from benchmarks.peers.numpy_inputs import Config, Randomness, Sample, Values, quantity, regional
from benchmarks.peers.numpy_paths import (
    capital_recovery,
    commodity_price,
    emission_factor,
    entry_of,
    learning,
    policy,
    price,
    unit_of,
    wacc,
)
from simcore.spec import Spec


class Trade(NamedTuple):
    """What a plant buys or, with sign -1, sells per tonne."""

    sign: float
    amount: Values
    price: Values


class Plant(NamedTuple):
    """One route in a region."""

    capital: Values
    """Yearly charge per tonne before learning, EUR/t."""
    learning: Values
    fixed: Values
    """EUR/t."""
    other: Values
    support: Values
    trades: dict[str, tuple[Trade, ...]]
    """By commodity."""
    emitted_elsewhere: tuple[tuple[Values, Values], ...]
    """Amount and t CO2e per unit of each input, on the wider boundary."""
    direct: Values
    precursor: Values
    benchmark: Values
    cbam_benchmark: Values
    precursor_benchmark: Values
    first: int
    """Position in the horizon of the first year in which the route is available."""


class Place(NamedTuple):
    """One region under the rules of one scenario."""

    rules: Config
    """The scenario's config."""
    years: range
    region: str
    reference: str
    is_abroad: bool
    """Whether tonnes sold into the EU cross its border."""
    home_price: Values
    border_price: Values
    coverage: Values
    allocation: Values
    """phi*CSCF."""
    border: Values
    recognised: Values
    cbam_coverage: Values
    cbam_allocation: Values
    mark_up: Values
    default_intensity: float
    average_intensity: float
    indirect_factor: Values
    credit_price: Values
    wacc: Values
    plants: dict[str, Plant]


def samples(spec: Spec, randomness: Randomness) -> dict[str, Sample]:
    """One sample for each scenario of a Spec; they share what they have in common."""
    used = spec.resolved()["catalog"]
    found = {}
    shared: dict[Any, Any] = {}
    for name, experiment in spec.scenarios.items():
        config = experiment.model_dump(exclude_none=True)
        # The catalog of a scenario is the whole package: cut it to what the run refers to.
        config["catalog"] = {
            group: {one: entry for one, entry in entries.items() if one in used.get(group, {})}
            for group, entries in config["catalog"].items()
        }
        config["catalog"]["prices"] = {
            one: {place: entry for place, entry in places.items() if place in used["prices"][one]}
            for one, places in config["catalog"]["prices"].items()
        }
        stem = f"{name}/" if config["independent_scenarios"] else ""
        found[name] = Sample(config, randomness, stem, shared)
    return found


def place_of(sample: Sample, region: str) -> Place:
    """Sample all that a region needs."""
    config, record = sample.config, sample.catalog["regions"][region]
    rules, markets = config["cbam"], sample.catalog["markets"]
    buyer = config["value"]["buyer"]
    routes = dict.fromkeys([*config["routes"], record["reference"][config["sector"]]])
    return Place(
        rules=config,
        years=range(int(sample.years[0]), int(sample.years[-1]) + 1),
        region=region,
        reference=record["reference"][config["sector"]],
        is_abroad=record["market"] != rules["market"],
        home_price=price(sample, record["market"], markets[record["market"]], "EUR/t"),
        border_price=price(sample, rules["market"], markets[rules["market"]], "EUR/t"),
        coverage=policy(sample, record["coverage"]),
        allocation=_product(sample, record["free_allocation"], record["cscf"]),
        border=policy(sample, record["border"]),
        recognised=policy(sample, record["recognised"]),
        cbam_coverage=policy(sample, rules["coverage"]),
        cbam_allocation=_product(sample, rules["free_allocation"], rules["cscf"]),
        mark_up=policy(sample, rules["mark_up"]),
        default_intensity=record["default_intensity"],
        average_intensity=record["average_intensity"],
        indirect_factor=quantity(sample, sample.catalog["buyers"][buyer]["indirect_factor"],
                                 f"{buyer}.indirect_factor"),
        credit_price=quantity(sample, record["credit_price"], f"{region}.credit_price", "EUR/t"),
        wacc=wacc(sample, region),
        plants={route: plant_of(sample, region, route) for route in routes},
    )


def _product(sample: Sample, share: float | str, cscf: float | str) -> Values:
    """phi*CSCF, the same array wherever both are the same."""
    one, other = policy(sample, share), policy(sample, cscf)
    return sample.once(("product", id(one), id(other)), (share, cscf), lambda: one * other)


def plant_of(sample: Sample, region: str, route: str) -> Plant:
    """Sample all that a route needs in a region."""
    record, place = sample.catalog["routes"][route], sample.catalog["regions"][region]

    def own(field: str, unit: str = "1") -> Values:
        return regional(sample, record[field], f"{route}.{field}", region, unit)

    def same(field: str) -> Values:
        return quantity(sample, record[field], f"{route}.{field}")

    def folded(name: str, compute: Any) -> Values:
        return sample.once((name, region, route), (record, place), compute)

    factor = quantity(sample, place["capex_factor"], f"{region}.capex_factor")
    rate = wacc(sample, region) + same("risk_premium")
    used = own("utilisation")
    trades: dict[str, tuple[Trade, ...]] = {}
    elsewhere = []
    for side, sign in (("inputs", 1.0), ("byproducts", -1.0)):
        for commodity, amounts in record[side].items():
            unit = f"{unit_of(sample, commodity, region)}/t"
            amount = regional(sample, amounts, f"{route}.{side}.{commodity}", region, unit)
            trade = Trade(sign, amount, commodity_price(sample, commodity, region))
            trades[commodity] = (*trades.get(commodity, ()), trade)
            if side == "inputs" and sample.config["boundary"] == "scope12":
                elsewhere.append((amount, emission_factor(sample, commodity, region)))
    benchmarks = place["benchmarks"]
    first = max(record.get("available_from", 0) - sample.years[0], 0)
    return Plant(
        capital=folded("capital", lambda: (
            own("capex", "EUR/(t/yr)") * factor * same("first_of_a_kind")
            * same("interest_during_construction") * capital_recovery(rate, record["lifetime"])
            / used)),
        learning=learning(sample, record.get("learning"), route),
        fixed=folded("fixed", lambda: own("fixed_opex", "EUR/(t/yr)/yr") / used),
        other=own("other_opex", "EUR/t"),
        support=own("support", "EUR/t"),
        trades=trades,
        emitted_elsewhere=tuple(elsewhere),
        direct=own("emission_intensity", "t/t"),
        precursor=own("precursor_intensity", "t/t"),
        benchmark=policy(sample, benchmarks.get(route, benchmarks.get("default", 0.0))),
        cbam_benchmark=policy(sample, record["cbam_benchmark"]),
        precursor_benchmark=policy(sample, record["precursor_benchmark"]),
        first=int(first),
    )


def commodity_names(sample: Sample) -> Iterator[tuple[str, str, str]]:
    """Label, commodity and a region of every price path that the run uses."""
    names: dict[str, tuple[str, str]] = {}
    for commodity in sample.catalog["prices"]:
        for region in sample.config["regions"]:
            if _is_sold(sample, commodity, region):
                name, entry = entry_of(sample, commodity, region)
                if entry["kind"] == "path":
                    names.setdefault(name, (commodity, region))
    for name in sorted(names):
        yield name, *names[name]


def _is_sold(sample: Sample, commodity: str, region: str) -> bool:
    places: Mapping[str, Any] = sample.catalog["prices"][commodity]
    return region in places or "default" in places
