"""Clinker, and cement that is made of it: cases by hand, and what no draw may break (MODEL 16)."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import simcore

ROUTES = ["clinker_conventional", "clinker_ccs_oxyfuel", "clinker_ccs_amine", "cement_average",
          "cement_ccs_oxyfuel", "cement_ccs_amine", "lc3"]  # fmt: skip
REGIONS = ["EU", "UK", "KR", "JP", "CN", "IN"]
ASKED = ["levelised_cost", "home_carbon_cost", "marginal_carbon_cost", "cbam_cost", "cost_premium",
         "avoided_emissions", "carbon_price", "commodity_price", "emissions_by_kind", "waterfall"]  # fmt: skip
RATIO = {"EU": "", "UK": ".UK", "KR": ".KR", "JP": ".JP", "CN": ".CN", "IN": ".IN"}


def config(**changes: Any) -> dict[str, Any]:
    return {
        "name": "cement", "draws": 256, "dtype": "float64", "years": {"first": 2034, "last": 2035},
        "sectors": ["clinker", "cement"], "regions": REGIONS, "routes": ROUTES,
        "destinations": ["domestic", "eu"], "scenarios": {"law": "law"}, "outcomes": ASKED,
        "keep": [*ASKED, "inputs"], **changes,
    }  # fmt: skip


@cache
def run() -> Any:
    return simcore.run(config(), threads=1).squeeze("scenario")


def drawn(name: str) -> np.ndarray:
    return run().input.sel(factor=name).values


def test_a_tonne_of_clinker_emits_what_the_commission_counted():
    """S2: emissions of grey clinker over its allocation by the benchmark, 2016 and 2017."""
    emitted = 105_321_006 / (90_105_535 / 0.693)
    assert emitted == pytest.approx(0.810, abs=0.001)
    own = drawn("clinker_conventional.emission_intensity.EU")
    assert np.median(own) == pytest.approx(emitted, abs=0.02)


PLANT = {"capex": "0 EUR/(t/yr)", "lifetime": 20, "utilisation": 1}


def by_hand(scenario: Any) -> Any:
    """S9: 0.81 t a tonne of clinker, benchmark 0.666, 100 EUR/t of which 0.515 is free."""
    clinker = {"coverage": 1, "free_allocation": 0, "cscf": 1, "reference": "kiln",
               "benchmarks": {"kiln": 0.666}}  # fmt: skip
    cement = {"coverage": 1, "free_allocation": 0.515, "cscf": 1, "reference": "average",
              "benchmarks": {}}  # fmt: skip

    def holding(amount: float, emitted: float) -> dict[str, Any]:
        return {"sector": "cem", **PLANT, "emission_intensity": f"{emitted} t/t",
                "made_from": {"route": "kiln", "amount": f"{amount} t/t"}}  # fmt: skip

    return simcore.run({
        "name": "by_hand", "draws": 256, "dtype": "float64", "years": 2030, "sectors": ["cem"],
        "regions": ["home"], "routes": ["average", "blend"], "destinations": ["domestic"],
        "outcomes": ["home_carbon_cost"], "keep": ["home_carbon_cost"],
        "cbam": {"market": "flat"}, "scenarios": {"one": scenario},
        "catalog": {
            "markets": {"flat": {"unit": "EUR/t", "process": {"kind": "scenario"},
                                 "path": {2030: 100}}},
            "regions": {"home": {"currency": "EUR", "market": "flat", "wacc": 0.07,
                                 "recognised": 1}},
            "sectors": {"clk": {"regions": {"home": clinker}}, "cem": {"regions": {"home": cement}}},
            "routes": {"kiln": {"sector": "clk", **PLANT, "emission_intensity": "0.81 t/t"},
                       "average": holding(0.77, 0.0), "blend": holding(0.5, 0.06)},
        },
    }, threads=1).home_carbon_cost.squeeze().isel(draw=0)  # fmt: skip


def test_less_clinker_loses_allowances():
    """S9: cement 35.96 and LC3 29.35, a gain of 6.61 where it saves 15.87."""
    found = by_hand({})
    average, blend = (float(found.sel(route=one)) for one in ("average", "blend"))
    assert average == pytest.approx(35.96, abs=0.01)
    assert blend == pytest.approx(29.35, abs=0.01)
    assert average - blend == pytest.approx(6.61, abs=0.01)


def test_a_benchmark_of_cement_gives_the_whole_saving():
    """S9: with the same benchmark for every blend the gain is 15.87."""
    whole = 0.77 * 0.666
    found = by_hand({"catalog": {"sectors": {"cem": {"regions": {"home": {
        "benchmarks": {"average": whole, "blend": whole}}}}}}})  # fmt: skip
    average, blend = (float(found.sel(route=one)) for one in ("average", "blend"))
    assert average == pytest.approx(35.96, abs=0.01)
    assert average - blend == pytest.approx(15.87, abs=0.01)


def test_the_packaged_scenario_gives_lc3_what_the_mean_cement_gets():
    both = simcore.run(
        config(regions=["EU"], routes=["cement_average", "lc3"], sectors=["cement"],
               years={"first": 2030, "last": 2030}, destinations=["domestic"],
               outcomes=["home_carbon_cost", "marginal_carbon_cost"],
               keep=["home_carbon_cost", "marginal_carbon_cost"],
               scenarios={"law": "law", "asked": ["law", "cement_benchmark"]}),
        threads=1,
    ).squeeze()  # fmt: skip
    free = both.marginal_carbon_cost - both.home_carbon_cost
    law, asked = (free.sel(scenario=one) for one in ("law", "asked"))
    np.testing.assert_allclose(asked.sel(route="lc3"), asked.sel(route="cement_average"), rtol=1e-9)
    assert (law.sel(route="lc3") < 0.85 * law.sel(route="cement_average")).all()
    assert (asked.sel(route="lc3") > law.sel(route="lc3")).all()


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("capture", ["oxyfuel", "amine"])
def test_cement_costs_and_saves_what_the_clinker_inside_does(region, capture):
    """With the same mills, cement of captured clinker differs by its amount of clinker's differences."""
    found = run().sel(region=region)
    amount = drawn(f"cement_average.made_from.amount{RATIO[region]}")
    for name in ("levelised_cost", "marginal_carbon_cost", "home_carbon_cost"):
        values = found[name]
        cement = values.sel(route=f"cement_ccs_{capture}") - values.sel(route="cement_average")
        clinker = values.sel(route=f"clinker_ccs_{capture}") - values.sel(
            route="clinker_conventional"
        )
        np.testing.assert_allclose(cement, amount * clinker, rtol=1e-9, atol=1e-9, err_msg=name)
    saved = found.avoided_emissions
    np.testing.assert_allclose(
        saved.sel(route=f"cement_ccs_{capture}"), amount * saved.sel(route=f"clinker_ccs_{capture}"),
        rtol=1e-9,
    )  # fmt: skip


@pytest.mark.parametrize("region", REGIONS)
def test_capture_loses_no_carbon_and_earns_nothing_for_biomass(region):
    """captured + residual = unabated + own + biomass stored, in every draw."""
    found = run().sel(region=region)
    place = f"co2_transport_storage.{region}"
    price = found.commodity_price.sel(commodity=place)
    suffix = f".{region}" if region in ("EU", "UK") else ""
    biomass = drawn(f"clinker_conventional.biogenic_intensity{suffix}")
    for route in ("clinker_ccs_oxyfuel", "clinker_ccs_amine"):
        parts = found.waterfall.sel(route=route, destination="domestic")
        captured = parts.sel(component="co2_transport_storage") / price
        burnt = 0.0
        if route == "clinker_ccs_amine":
            gas = "natural_gas.default" if region in ("KR", "JP") else f"natural_gas.{region}"
            burnt = parts.sel(component="natural_gas") / found.commodity_price.sel(commodity=gas)
        own = 3.6 * 0.056 * burnt
        stored = drawn(f"{route}.capture.rate") * biomass
        saved = found.avoided_emissions.sel(route=route)
        np.testing.assert_allclose(captured, saved + own + stored, rtol=0, atol=1e-9)
        assert (stored > 0).all()


def test_credits_for_stored_biomass_lower_what_is_charged_and_nothing_else():
    asked = ["home_carbon_cost", "avoided_emissions", "levelised_cost", "carbon_price"]
    credited = {"catalog": {"sectors": {"clinker": {"regions": {"EU": {"removals": 0.5}}}}}}
    both = simcore.run(
        config(regions=["EU"], routes=["clinker_ccs_oxyfuel"], sectors=["clinker"],
               destinations=["domestic"], outcomes=asked, keep=[*asked, "inputs"],
               scenarios={"law": "law", "credited": ["law", credited]}), threads=1,
    ).squeeze()  # fmt: skip
    law, other = (both.sel(scenario=one) for one in ("law", "credited"))
    stored = (both.input.sel(factor="clinker_ccs_oxyfuel.capture.rate")
              * both.input.sel(factor="clinker_conventional.biogenic_intensity.EU"))  # fmt: skip
    lower = law.home_carbon_cost - other.home_carbon_cost
    price = law.carbon_price.squeeze()
    np.testing.assert_allclose(lower, (0.5 * price * stored).transpose("year", "draw"), rtol=1e-9)
    for name in ("avoided_emissions", "levelised_cost"):
        np.testing.assert_array_equal(law[name], other[name])


def test_power_counts_at_the_border_and_cement_meets_the_benchmark_of_its_clinker():
    """What a tonne of Indian cement pays at the border, from its own numbers."""
    found = run().sel(region="IN", destination="eu", year=2035)
    for route in ("cement_average", "lc3", "clinker_conventional"):
        kinds = found.emissions_by_kind.sel(route=route)
        embedded = kinds.sel(emission="own") + kinds.sel(emission="bought_power")
        price = found.carbon_price.sel(market="eu_ets")
        # Nothing is free in 2035 under the law.
        paid = np.maximum(0.0, found.home_carbon_cost.sel(route=route))
        most, least = price * embedded, price * embedded - paid
        cost = found.cbam_cost.sel(route=route)
        assert (cost <= most + 1e-9).all(), route
        assert (cost >= np.maximum(0.0, least) - 1e-9).all(), route
        assert (kinds.sel(emission="bought_power") > 0).all()


def test_regions_are_where_their_clinker_content_puts_them():
    """Blends and cheap coal: cement of China costs least, and cement holds less CO2 than clinker."""
    cost = run().levelised_cost.mean("draw").isel(year=0)
    cement = cost.sel(route="cement_average")
    assert str(cement.idxmin("region").values) == "CN"
    assert (cost.sel(route="clinker_conventional") < 80).all()
    assert (cost.sel(route="cement_ccs_oxyfuel") > 1.5 * cement).all()
    assert (run().avoided_emissions.sel(route="lc3").mean("draw") > 0).all()
