"""Iron made in one region and melted in another: cost, emissions and carbon of both, by hand."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from minimal import MINIMAL, constant_path, region, route
from reference_paths import merge

import simcore
from simcore.errors import ConfigError
from simcore.running import tracing

ROOT = Path(__file__).parents[1]
TON_OF_IRON = 1.1
EAF = 0.1
"""Emissions of the furnace, t/t."""
IRON = {"direct": 0.5, "power": 0.2 * 0.4}
BENCHMARK, PRICE, TAX, FREIGHT, MARGIN = 0.3, 80.0, 10.0, 40.0, 0.05
OUTCOMES = [
    "levelised_cost", "total_cost", "home_carbon_cost", "cbam_cost", "cost_premium",
    "avoided_emissions", "break_even_price", "commodity_price", "waterfall",
]  # fmt: skip


def annuity(rate: float, years: int = 20) -> float:
    return rate / (1 - (1 + rate) ** -years)


GATE = 400 * 0.9 * annuity(0.10) + 20 + 1.4 * 100 + 0.2 * 40
"""Cost of a tonne of iron in Oman before carbon."""


def config(**changes: Any) -> dict[str, Any]:
    """Steel in the EU from its own furnace, and from iron of Oman, which has a tax on carbon."""
    base = copy.deepcopy(MINIMAL)
    made = {"kind": "made", "route": "gas_shaft", "region": "ZZ", "margin": MARGIN,
            "freight": {"EU": FREIGHT, "default": 60.0}}  # fmt: skip
    more = {
        "routes": ["furnace", "hbi_eaf"], "outcomes": OUTCOMES, "keep": [],
        "catalog": {
            "sectors": {"iron": {"regions": {}}},
            "regions": {
                "EU": {"border": 1.0, "reference": {"steel": "furnace"}},
                "ZZ": {"currency": "USD", "wacc": 0.10, "capex_factor": 0.9, "recognised": 1.0,
                       "carbon_price": TAX},
            },
            "prices": {
                "hbi": {"default": made},
                "electricity": {
                    "ZZ": constant_path("EUR/MWh", 40.0, emission_intensity={2025: 0.4})
                },
            },
            "routes": {
                "gas_shaft": route(
                    sector="iron", capex=400.0, other_opex=20.0, cbam_benchmark=BENCHMARK,
                    inputs={"iron_ore": 1.4, "electricity": 0.2},
                    emission_intensity=IRON["direct"],
                ),
                "furnace": route(other_opex=500.0, emission_intensity=2.0),
                "hbi_eaf": route(
                    capex=100.0, inputs={"hbi": TON_OF_IRON}, emission_intensity=EAF
                ),
            },
        },
    }  # fmt: skip
    return merge(merge(base, more), changes)


def abroad_of(market: str | None) -> dict[str, Any]:
    """Korea with a market or without."""
    return region("EUR", market, recognised=0.0, reference={"steel": "furnace"})


def run(**changes: Any) -> Any:
    return simcore.run(config(**changes), threads=1).sel(scenario="law", year=2026)


def of(dataset: Any, name: str, **place: str) -> float:
    labels = {"region": "EU", "destination": "domestic", "route": "hbi_eaf"} | place
    suffix = "central" if name == "waterfall" else "mean"
    found = dataset[f"{name}_{suffix}"]
    return float(found.sel({dim: one for dim, one in labels.items() if dim in found.dims}))


PAID = TAX * IRON["direct"]
DELIVERED = (GATE + PAID + FREIGHT) * (1 + MARGIN)
MELTED = 100 * annuity(0.07)
BORDER = TON_OF_IRON * (PRICE * IRON["direct"] - PAID)
"""Certificates for the iron, less the tax paid in Oman, which counts."""


def test_iron_costs_what_it_costs_there_and_its_way_and_a_margin() -> None:
    found = run()
    assert of(found, "levelised_cost") == pytest.approx(TON_OF_IRON * DELIVERED + MELTED, rel=1e-6)
    assert of(found, "commodity_price", commodity="hbi.EU") == pytest.approx(DELIVERED, rel=1e-6)
    assert of(found, "home_carbon_cost") == pytest.approx(PRICE * EAF + BORDER, rel=1e-6)
    assert of(found, "cbam_cost", destination="eu") == 0.0


def test_the_border_gives_iron_its_benchmark() -> None:
    rules = {"catalog": {"regions": {"EU": {"free_allocation": 0.5}}}}
    due = TON_OF_IRON * (PRICE * (IRON["direct"] - 0.5 * BENCHMARK) - PAID)
    assert of(run(**rules), "home_carbon_cost") == pytest.approx(PRICE * EAF + due, rel=1e-6)


@pytest.mark.parametrize(("indirect", "power"), [(0.0, 0.0), (1.0, IRON["power"])])
def test_the_border_counts_power_of_the_origin_where_it_counts_power(
    indirect: float, power: float
) -> None:
    found = run(cbam={"indirect": indirect})
    due = TON_OF_IRON * (PRICE * (IRON["direct"] + power) - PAID)
    assert of(found, "home_carbon_cost") == pytest.approx(PRICE * EAF + due, rel=1e-6)


@pytest.mark.parametrize(("boundary", "power"), [("scope1", 0.0), ("scope12", IRON["power"])])
def test_what_is_avoided_counts_power_of_the_origin_on_the_boundary(
    boundary: str, power: float
) -> None:
    found = run(boundary=boundary)
    emitted = EAF + TON_OF_IRON * (IRON["direct"] + power)
    assert of(found, "avoided_emissions") == pytest.approx(2.0 - emitted, rel=1e-6)


def test_a_carbon_price_that_is_not_recognised_is_paid_twice() -> None:
    found = run(catalog={"regions": {"ZZ": {"recognised": 0.0}}})
    due = TON_OF_IRON * PRICE * IRON["direct"]
    assert of(found, "home_carbon_cost") == pytest.approx(PRICE * EAF + due, rel=1e-6)
    assert of(found, "levelised_cost") == pytest.approx(TON_OF_IRON * DELIVERED + MELTED, rel=1e-6)


def test_a_border_gives_nothing_back() -> None:
    found = run(catalog={"regions": {"ZZ": {"carbon_price": 300.0}}})
    assert of(found, "home_carbon_cost") == pytest.approx(PRICE * EAF, rel=1e-6)


def test_a_carbon_price_may_change_by_year() -> None:
    dated = {"years": {2026: 0.0, 2028: 20.0}}
    whole = simcore.run(config(catalog={"regions": {"ZZ": {"carbon_price": dated}}}), threads=1)
    costs = [of(whole.sel(scenario="law", year=year), "levelised_cost") for year in (2026, 2027)]
    step = TON_OF_IRON * IRON["direct"] * 10.0 * (1 + MARGIN)
    assert costs[1] - costs[0] == pytest.approx(step, rel=1e-4)


def test_iron_from_inside_the_market_pays_there_and_at_no_border() -> None:
    """As Sweden or Iceland: allowances at home, with the free ones of its benchmark."""
    met = {"coverage": 1.0, "free_allocation": 0.5, "cscf": 1.0, "benchmarks": {"default": 1.3},
           "reference": "gas_shaft"}  # fmt: skip
    inside = {"regions": {"ZZ": {"market": "eu_ets", "carbon_price": 0.0}},
              "sectors": {"iron": {"regions": {"ZZ": met}}}}  # fmt: skip
    found = run(catalog=inside)
    carbon = PRICE * (IRON["direct"] - 0.5 * 1.3)  # a surplus of allowances is income there
    cost = TON_OF_IRON * (GATE + carbon + FREIGHT) * (1 + MARGIN) + MELTED
    assert of(found, "levelised_cost") == pytest.approx(cost, rel=1e-6)
    assert of(found, "home_carbon_cost") == pytest.approx(PRICE * EAF, rel=1e-6)


def test_what_is_paid_back_of_the_carbon_in_power_there_is_off_the_price() -> None:
    """Half of 0.5 t/MWh at the price there; the border knows only what was paid."""
    met = {"coverage": 1.0, "free_allocation": 0.0, "cscf": 1.0, "benchmarks": {"default": 0.0},
           "reference": "gas_shaft", "compensation": {
               "share": 0.5, "factor": 0.5, "efficiency": 1.0, "power": ["electricity"]}}  # fmt: skip
    found = run(catalog={"sectors": {"iron": {"regions": {"ZZ": met}}}})
    carbon = PAID - TAX * 0.5 * 0.5 * 0.2
    cost = TON_OF_IRON * (GATE + carbon + FREIGHT) * (1 + MARGIN) + MELTED
    assert of(found, "levelised_cost") == pytest.approx(cost, rel=1e-6)
    assert of(found, "home_carbon_cost") == pytest.approx(PRICE * EAF + BORDER, rel=1e-6)
    shown = of(found, "waterfall", component="origin_carbon")
    assert shown == pytest.approx(TON_OF_IRON * carbon, rel=1e-5)


def test_a_shaft_may_buy_of_a_shaft_elsewhere() -> None:
    """Half a tonne of iron of another shaft of the same kind, in a third place."""
    there = {"kind": "made", "route": "gas_shaft", "region": "YY", "freight": {"default": 10.0}}
    found = run(catalog={
        "regions": {"YY": {"currency": "USD", "wacc": 0.10, "carbon_price": 5.0}},
        "prices": {"pellets": {"ZZ": there, "default": constant_path("EUR/t", 100.0)},
                   "electricity": {"YY": constant_path("EUR/MWh", 40.0)}},
        "routes": {"gas_shaft": {"inputs": {"pellets": 0.5}}},
    })  # fmt: skip
    first = 400 * annuity(0.10) + 20 + 1.4 * 100 + 0.2 * 40 + 0.5 * 100 + 5 * IRON["direct"] + 10
    cost = TON_OF_IRON * (GATE + 0.5 * first + PAID + FREIGHT) * (1 + MARGIN) + MELTED
    assert of(found, "levelised_cost") == pytest.approx(cost, rel=1e-6)


def test_each_buyer_pays_his_own_freight_and_cbam_counts_iron_and_its_tax() -> None:
    abroad = {"regions": {"KR": abroad_of(None)}}
    found = run(regions=["EU", "KR"], catalog=abroad)
    near, far = (of(found, "levelised_cost", region=one) for one in ("EU", "KR"))
    assert far - near == pytest.approx(TON_OF_IRON * 20.0 * (1 + MARGIN), rel=1e-5)
    assert of(found, "home_carbon_cost", region="KR") == 0.0  # neither market nor tax
    due = PRICE * (EAF + TON_OF_IRON * IRON["direct"]) - TON_OF_IRON * PAID
    border = of(found, "cbam_cost", region="KR", destination="eu")
    assert border == pytest.approx(due, rel=1e-6)


def test_the_waterfall_shows_origin_carbon_freight_and_border() -> None:
    found = run()
    names = [str(one) for one in found.component.values]
    assert names[3 : names.index("support")] == ["origin", "origin_carbon", "freight", "border"]
    parts = {name: of(found, "waterfall", component=name) for name in names}
    whole = of(found, "cost_premium")
    assert sum(parts.values()) == pytest.approx(whole, rel=1e-6)
    gate = DELIVERED - PAID - FREIGHT
    for name, each in (("origin", gate), ("origin_carbon", PAID), ("freight", FREIGHT)):
        assert parts[name] == pytest.approx(TON_OF_IRON * each, rel=1e-5)
    assert parts["border"] == pytest.approx(BORDER, rel=1e-5)
    assert parts["home_carbon"] == pytest.approx(PRICE * (EAF - 2.0), rel=1e-6)


def test_at_the_break_even_price_both_tonnes_cost_the_same() -> None:
    dear = {"ZZ": constant_path("EUR/MWh", 1500.0, emission_intensity={2025: 0.4})}
    price = of(run(catalog={"prices": {"electricity": dear}}), "break_even_price")
    assert price > PRICE
    there = {"prices": {"electricity": dear}, "markets": {"eu_ets": {"spot": {"value": price}}}}
    assert of(run(catalog=there), "cost_premium") == pytest.approx(0.0, abs=1e-2)


def test_steel_waits_for_its_iron() -> None:
    late = simcore.run(
        config(catalog={"routes": {"gas_shaft": {"available_from": 2028}}}), threads=1
    )
    found = late.total_cost_mean.sel(
        scenario="law", region="EU", destination="domestic", route="hbi_eaf"
    )
    assert found.isnull().values.tolist() == [True, True, False]


def test_iron_of_one_plant_has_one_draw() -> None:
    """Two furnaces that buy it differ by nothing but themselves, in every draw."""
    wide = {"kind": "uniform", "low": 300.0, "high": 900.0}
    again = {"routes": {"gas_shaft": {"capex": {"default": wide}},
                        "other_eaf": route(capex=100.0, inputs={"hbi": TON_OF_IRON})}}  # fmt: skip
    whole = simcore.run(
        config(routes=["furnace", "hbi_eaf", "other_eaf"], keep=["levelised_cost"], catalog=again),
        threads=1,
    )
    drawn = whole.levelised_cost.sel(scenario="law", region="EU", year=2026)
    one, other = (drawn.sel(route=name).values for name in ("hbi_eaf", "other_eaf"))
    assert one.std() > 10 and (one == other).all()


def test_a_trace_tells_what_stands_behind_it() -> None:
    entries = tracing.trace(simcore.build(simcore.load(config())), 0, route="hbi_eaf")
    told = {one["name"]: one["values"][2026] for one in entries if one["variable"] == "term"}
    there = "hbi, made in ZZ by gas_shaft: "
    assert told[f"{there}cost there"] == pytest.approx(GATE, rel=1e-6)
    assert told[f"{there}carbon cost there"] == pytest.approx(PAID)
    assert told[f"{there}freight"] == FREIGHT
    assert told[f"{there}emissions there"] == pytest.approx(IRON["direct"])


def faults(**changes: Any) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        simcore.load(config(**changes))
    return {one.where: one.found for one in caught.value.faults}


@pytest.mark.parametrize(("rule", "lacking"), [
    ("default", "no default value of power for ZZ"), ("grid_mean", "no price of grid for ZZ"),
])  # fmt: skip
def test_power_there_counts_by_a_rule_only_where_its_number_is_there(
    rule: str, lacking: str
) -> None:
    power = constant_path("EUR/MWh", 40.0, emission_intensity={2025: 0.4}, grid="grid")
    here = constant_path("EUR/MWh", 50.0, emission_intensity={2025: 0.7})
    changes = {"cbam": {"indirect": 1.0, "power_factor": rule}, "catalog": {"prices": {
        "electricity": {"ZZ": power}, "grid": {"EU": here}}}}  # fmt: skip
    assert set(faults(**changes).values()) == {lacking}
    stated = {"prices": {"grid": {"ZZ": here}}, "regions": {"ZZ": {"default_power_factor": 0.7}}}
    found = run(**merge(changes, {"catalog": stated}))
    due = TON_OF_IRON * (PRICE * (IRON["direct"] + 0.2 * 0.7) - PAID)
    assert of(found, "home_carbon_cost") == pytest.approx(PRICE * EAF + due, rel=1e-6)


def test_what_is_made_nowhere_is_refused() -> None:
    made = {"route": "hbi_gass", "region": "ZZZ"}
    found = faults(catalog={"prices": {"hbi": {"default": made}}})
    assert {"catalog.prices.hbi.default.route", "catalog.prices.hbi.default.region"} <= set(found)
    bare = config()
    del bare["catalog"]["prices"]["hbi"]["default"]["freight"]["default"]
    bare["regions"] = ["EU", "KR"]
    bare["catalog"]["regions"]["KR"] = abroad_of("eu_ets")
    with pytest.raises(ConfigError) as caught:
        simcore.load(bare)
    assert [one.found for one in caught.value.faults] == ["no freight from ZZ to KR"]


def test_what_is_made_of_itself_is_refused() -> None:
    loop = {"routes": {"gas_shaft": {"inputs": {"hbi": 0.1}}}}
    found = faults(catalog=loop)["catalog.prices.hbi.default.route"]
    assert found == "gas_shaft in ZZ of gas_shaft in ZZ: it is made of itself"


def test_a_market_and_a_carbon_price_of_its_own_are_too_much() -> None:
    found = faults(catalog={"regions": {"EU": {"carbon_price": 20.0}}})
    assert found == {"catalog.regions.EU.carbon_price": "carbon_price beside the market eu_ets"}


def test_an_origin_lacks_no_price() -> None:
    bare = config()
    del bare["catalog"]["prices"]["electricity"]["default"]
    bare["catalog"]["prices"]["electricity"]["EU"] = constant_path("EUR/MWh", 60.0)
    del bare["catalog"]["prices"]["electricity"]["ZZ"]
    with pytest.raises(ConfigError) as caught:
        simcore.load(bare)
    assert [one.found for one in caught.value.faults] == ["no price of electricity for ZZ"]


def test_a_plant_without_a_market_has_no_exposure() -> None:
    plant = {"plant": {"region": "KR", "route": "furnace", "output": 1.0},
             "first": 2026, "last": 2028}  # fmt: skip
    abroad = {"regions": {"KR": abroad_of(None)}}
    found = faults(regions=["EU", "KR"], exposures={"works": plant}, catalog=abroad)
    assert found == {"exposures.works.plant.region": "KR, which has no carbon market"}


@pytest.fixture(scope="module")
def shipped() -> Any:
    """`configs/origin.yaml`, short."""
    changes = ["draws=256", "years=2030-2031", "scenarios=[law]", "keep=[]"]
    return simcore.run(str(ROOT / "configs" / "origin.yaml"), overrides=changes, threads=1).sel(
        scenario="law", region="EU", destination="domestic", year=2030
    )


def test_packaged_iron_of_five_places_adds_up(shipped: Any) -> None:
    for name in shipped.route.values[1:]:
        parts = shipped.waterfall_central.sel(route=name)
        shown = {str(one): float(parts.sel(component=one)) for one in parts.component.values}
        assert shown["origin"] > 250 and shown["freight"] > 15
        assert ("sweden" in str(name)) == (shown["origin_carbon"] != 0.0)
        # A shaft on hydrogen emits less than its benchmark at the border still gives.
        assert (shown["border"] > 0) == (str(name) in ("hbi_oman_gas_eaf", "hbi_us_eaf"))


def test_packaged_iron_of_gas_costs_what_the_market_knows_and_capital(shipped: Any) -> None:
    costs = {
        one: 1.13 * float(shipped.commodity_price_mean.sel(commodity=f"{one}.EU"))
        for one in ("hbi_oman_gas", "hbi_us", "hbi_oman", "hbi_australia", "hbi_sweden")
    }
    assert 340 < costs["hbi_us"] < costs["hbi_oman_gas"] < 500
    assert costs["hbi_oman_gas"] + 100 < costs["hbi_sweden"] < costs["hbi_oman"]
    assert costs["hbi_oman"] < costs["hbi_australia"] < 900


def test_packaged_metal_of_the_gulf_brings_its_captive_power_but_not_to_the_border() -> None:
    changes: dict[str, Any] = {
        "sector": "aluminium", "years": "2030-2030", "draws": 256, "regions": ["EU"], "keep": [],
        "routes": ["aluminium_import", "aluminium_gulf", "aluminium_iceland"],
        "outcomes": ["waterfall", "emissions_by_kind", "avoided_emissions"], "scenarios": ["law"],
    }  # fmt: skip
    found = simcore.run(changes, threads=1).sel(scenario="law", region="EU", year=2030)
    shown = found.waterfall_central.isel(destination=0)
    border, carbon = (shown.sel(component=one) for one in ("border", "origin_carbon"))
    assert float(border.sel(route="aluminium_gulf")) > 40
    assert float(border.sel(route="aluminium_iceland")) == 0.0
    assert float(carbon.sel(route="aluminium_gulf")) == 0.0
    assert float(carbon.sel(route="aluminium_iceland")) > 40
    # Anodes and PFC near 1.8 t, gas power near 6 t: the border sees the first alone.
    precursors = found.emissions_by_kind_mean.sel(emission="precursors", route="aluminium_gulf")
    assert 7 < float(precursors) < 9
    every = simcore.run(changes | {"cbam": {"indirect": 1.0}}, threads=1).sel(
        scenario="law", region="EU", year=2030, route="aluminium_gulf", component="border"
    )
    more = float(every.waterfall_central.isel(destination=0))
    assert more > 4 * float(border.sel(route="aluminium_gulf"))
