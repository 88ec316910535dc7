"""What the equations of cost and carbon need, gathered by region and route, in NumPy.

Static terms are folded together here, once for all years: one capital charge, one fixed charge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from benchmarks.peers.numpy_inputs import Config, Randomness, Sample, Values, quantity
from benchmarks.peers.numpy_paths import (
    capital_recovery,
    commodity_price,
    emission_factor,
    entry_of,
    learning,
    unit_of,
    wacc,
)
from benchmarks.peers.numpy_policies import policy
from benchmarks.peers.numpy_prices import market_price, views_of
from benchmarks.peers.numpy_routes import commodities, holder, number, stated
from simcore.intake import Spec


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
    counts_default: Values
    """Share of the price paid at home that counts beside a default value."""
    default_benchmark: Values
    default_intensity: float
    average_intensity: float
    indirect_factor: Values
    credit_price: Values
    wacc: Values
    home_view: Values | None
    """Position of each draw's view of the home price; None of a price without views."""
    border_view: Values | None
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
    config, record = sample.config, sample.place(region)
    rules = sample.border
    buyer = config["value"]["buyer"]
    reference = record["reference"]
    routes = dict.fromkeys([*config["routes"], reference])
    goods, good = record["default_intensity"], rules["good"]
    granted = rules.get("default_benchmark", stated(sample, reference, "cbam_benchmark"))
    return Place(
        rules={**sample.config, "cbam": sample.border},
        years=range(int(sample.years[0]), int(sample.years[-1]) + 1),
        region=region,
        reference=reference,
        is_abroad=record["market"] != rules["market"],
        home_price=market_price(sample, record["market"]),
        border_price=market_price(sample, rules["market"]),
        coverage=policy(sample, record["coverage"]),
        allocation=_product(sample, record["free_allocation"], record["cscf"]),
        border=policy(sample, record["border"]),
        recognised=policy(sample, record["recognised"]),
        cbam_coverage=_cbam_coverage(sample, record["market"]),
        cbam_allocation=_product(sample, rules["free_allocation"], rules["cscf"]),
        mark_up=policy(sample, rules["mark_up"]),
        counts_default=policy(sample, rules["recognised_default"]),
        default_benchmark=policy(sample, granted),
        default_intensity=goods.get(good, goods.get("default", 0.0)),
        average_intensity=record["average_intensity"],
        indirect_factor=quantity(
            sample, sample.catalog["buyers"][buyer]["indirect_factor"], f"{buyer}.indirect_factor"
        ),
        credit_price=quantity(sample, record["credit_price"], f"{region}.credit_price", "EUR/t"),
        wacc=wacc(sample, region),
        home_view=_drawn_view(sample, record["market"]),
        border_view=_drawn_view(sample, rules["market"]),
        plants={route: plant_of(sample, region, route) for route in routes},
    )


def _drawn_view(sample: Sample, market: str) -> Values | None:
    labels, drawn = views_of(sample, market)
    return drawn if labels else None


def _cbam_coverage(sample: Sample, home: str) -> Values:
    """Share of the tonnes of a market that CBAM covers: none once it is linked to the EU's."""
    rules, link = sample.border, sample.catalog["markets"][home].get("link")
    covered = policy(sample, rules["coverage"])
    if not link or link["to"] != rules["market"]:
        return covered
    joined = policy(sample, link["share"])
    return sample.once(("covered", id(covered), id(joined)), "", lambda: covered * (1.0 - joined))


def _product(sample: Sample, share: float | str, cscf: float | str) -> Values:
    """phi*CSCF, the same array wherever both are the same."""
    one, other = policy(sample, share), policy(sample, cscf)
    return sample.once(("product", id(one), id(other)), (share, cscf), lambda: one * other)


def plant_of(sample: Sample, region: str, route: str) -> Plant:
    """Sample all that a route needs in a region."""
    place, capture = sample.place(region), _capture(sample, region, route)

    def own(key: str, unit: str = "1") -> Values:
        return number(sample, route, region, key, unit)

    used, mean = own("utilisation"), wacc(sample, region)
    factor = quantity(sample, place["capex_factor"], f"{region}.capex_factor")
    trades: dict[str, tuple[Trade, ...]] = {}
    elsewhere = []
    for side, sign in (("inputs", 1.0), ("byproducts", -1.0)):
        for commodity in commodities(sample, route, side):
            amount = _amount(sample, region, route, side, commodity, capture)
            trade = Trade(sign, amount, commodity_price(sample, commodity, region))
            trades[commodity] = (*trades.get(commodity, ()), trade)
            if side == "inputs" and sample.config["boundary"] == "scope12":
                elsewhere.append((amount, emission_factor(sample, commodity, region)))
    capital = _capital(sample, region, route) * factor / used
    learnt = learning(sample, stated(sample, route, "learning"), holder(sample, route, "learning"))
    fixed, direct = own("fixed_opex", "EUR/(t/yr)/yr"), own("emission_intensity", "t/t")
    if capture is not None:
        taken, emitted = capture
        record = sample.catalog["routes"][route]["capture"]
        equipment = own("capture.capex", "EUR/(t/yr)") * taken * factor
        added = equipment * own("capture.first_of_a_kind")
        added = added * own("capture.interest_during_construction") / used
        added = added * capital_recovery(mean + own("capture.risk_premium"), record["lifetime"])
        capital = capital * learnt
        capital = capital + added * learning(sample, record.get("learning"), f"{route}.capture")
        learnt, fixed = 1.0, fixed + equipment * own("capture.fixed_opex")
        direct = direct + taken * emitted - taken
    each, granted = own("precursor_intensity", "t/t"), stated(sample, route, "precursor_benchmark")
    granted, iron = policy(sample, granted), stated(sample, route, "precursor")
    if iron is not None:
        each, granted = each * trades[iron][0].amount, granted * trades[iron][0].amount
    benchmarks, host = place["benchmarks"], sample.catalog["routes"][route].get("host")
    found = [benchmarks[one] for one in (route, host, "default") if one in benchmarks]
    first = max((stated(sample, route, "available_from") or 0) - sample.years[0], 0)
    return Plant(
        capital=capital,
        learning=learnt,
        fixed=fixed / used,
        other=own("other_opex", "EUR/t"),
        support=own("support", "EUR/t"),
        trades=trades,
        emitted_elsewhere=tuple(elsewhere),
        direct=direct,
        precursor=each,
        benchmark=policy(sample, (*found, 0.0)[0]),
        cbam_benchmark=policy(sample, stated(sample, route, "cbam_benchmark")),
        precursor_benchmark=granted,
        first=int(first),
    )


def _capital(sample: Sample, region: str, route: str) -> Values:
    """Yearly capital of a plant without capture, EUR per tonne of capacity, before learning."""
    mode, owner = sample.config["reference_capital"], holder(sample, route, "capex")
    builder = owner if owner == route else holder(sample, route, "greenfield")
    new = sample.catalog["routes"][builder].get("greenfield")
    if mode == "sunk" and (new or owner == sample.place(region)["reference"]):
        return 0.0
    is_new = mode == "new" and new is not None
    who, stem = (builder, "greenfield.") if is_new else (route, "")
    capex = number(sample, who, region, f"{stem}capex", "EUR/(t/yr)")
    capex = capex * number(sample, route, region, "first_of_a_kind")
    capex = capex * number(sample, who, region, f"{stem}interest_during_construction")
    rate = wacc(sample, region) + number(sample, route, region, "risk_premium")
    return capex * capital_recovery(rate, stated(sample, route, "lifetime"))


def _capture(sample: Sample, region: str, route: str) -> tuple[Values, Values] | None:
    """Tonnes of CO2 captured per tonne, and what capturing one emits."""
    record = sample.catalog["routes"][route].get("capture")
    if not record:
        return None
    emitted: Values = 0.0
    for commodity in record["emission_factors"]:
        unit = unit_of(sample, commodity, region)
        burnt = number(sample, route, region, f"capture.inputs.{commodity}", f"{unit}/t")
        emitted = emitted + burnt * number(
            sample, route, region, f"capture.emission_factors.{commodity}", f"t/{unit}"
        )
    rate = number(sample, route, region, "capture.rate")
    unabated = number(sample, route, region, "emission_intensity", "t/t")
    return rate * unabated / (1.0 - rate * emitted), emitted


def _amount(
    sample: Sample,
    region: str,
    route: str,
    side: str,
    commodity: str,
    capture: tuple[Values, Values] | None,
) -> Values:
    """What a route buys or sells of a commodity, per tonne."""
    unit, key = f"{unit_of(sample, commodity, region)}/t", f"{side}.{commodity}"
    plain = stated(sample, route, key) is not None
    amount = number(sample, route, region, key, unit) if plain else 0.0
    if capture is None or side == "byproducts":
        return amount
    record = sample.catalog["routes"][route]["capture"]
    if commodity in record["inputs"]:
        each = number(sample, route, region, f"capture.inputs.{commodity}", unit)
        amount = amount + each * capture[0]
    return amount + capture[0] if commodity == record["storage"] else amount


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
