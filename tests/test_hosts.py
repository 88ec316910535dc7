"""Retrofits on their host, twins that share equipment, and what is declared at the border."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import simcore
from simcore import plan
from simcore.intake import packaged
from simcore.running import engine

GAS_MWH = 3.6 * 0.056
"""t CO2 per MWh of gas that a capture burns."""
ROUTES = ["bf_bof", "bf_bof_ccs", "ng_dri_eaf", "ng_dri_eaf_ccs", "h2_dri_eaf", "scrap_eaf",
          "hbi_import_eaf"]  # fmt: skip


def config(**changes: Any) -> dict[str, Any]:
    return {
        "name": "hosts", "draws": 512, "dtype": "float64", "years": {"first": 2040, "last": 2041},
        "regions": ["EU", "CN", "IN"], "routes": ROUTES, "scenarios": {"law": {}},
        "destinations": ["domestic"],
        "outcomes": ["waterfall", "commodity_price", "avoided_emissions", "cost_premium_ex_carbon"],
        "keep": ["waterfall", "commodity_price", "avoided_emissions", "cost_premium_ex_carbon",
                 "inputs"],
        **changes,
    }  # fmt: skip


@cache
def run() -> Any:
    return simcore.run(config(), threads=1).squeeze(["scenario", "destination"])


def extra(region: str, route: str, commodity: str) -> np.ndarray:
    """Amount of a commodity by which a route differs from the blast furnace, by year and draw."""
    found = run()
    labels = [str(one) for one in found.commodity.values]
    label = f"{commodity}.{region}"
    label = label if label in labels else f"{commodity}.default"
    price = found.commodity_price.sel(commodity=label) if "commodity" in found.indexes else (
        found.commodity_price.isel(commodity=labels.index(label))
    )  # fmt: skip
    part = found.waterfall.sel(component=commodity, region=region, route=route)
    return (part / price).values


@pytest.mark.parametrize("region", ["EU", "CN", "IN"])
@pytest.mark.parametrize(
    ("route", "host"), [("bf_bof_ccs", "bf_bof"), ("ng_dri_eaf_ccs", "ng_dri_eaf")]
)
def test_capture_loses_no_carbon_in_any_draw(region, route, host):
    """captured + residual = unabated + own."""
    captured = extra(region, route, "co2_transport_storage")
    burnt = extra(region, route, "natural_gas")
    if host != "bf_bof":
        burnt = burnt - extra(region, host, "natural_gas")
    own = GAS_MWH * burnt
    saved = run().avoided_emissions.sel(region=region)
    less = saved.sel(route=route).values
    if host != "bf_bof":
        less = less - saved.sel(route=host).values
    np.testing.assert_allclose(captured, less + own, rtol=0, atol=1e-12)
    assert (captured > 0.1).all()
    assert (own > 0).all()


@pytest.mark.parametrize("region", ["EU", "CN", "IN"])
def test_a_retrofit_stands_on_its_own_furnace(region):
    """What the capture does not touch is the same tonne in every draw."""
    parts = run().waterfall.sel(region=region, route="bf_bof_ccs")
    for name in ("iron_ore", "coking_coal", "thermal_coal", "scrap", "slag", "other_opex"):
        assert (parts.sel(component=name) == 0).all()
    shaft = run().waterfall.sel(region=region, component=["dr_pellet", "lime", "other_opex"])
    assert (shaft.sel(route="ng_dri_eaf_ccs") == shaft.sel(route="ng_dri_eaf")).all()


def test_its_host_makes_the_extra_cost_of_a_retrofit_surer():
    route = packaged.catalog()["routes"]["bf_bof"]
    stated = {key: route[key] for key in ("utilisation", "other_opex", "inputs", "byproducts")}
    apart = {"sector": "steel", "host": "bf_bof", **stated,
             "capture": packaged.catalog()["routes"]["bf_bof_ccs"]["capture"]}  # fmt: skip
    both = simcore.run(
        config(
            regions=["EU"], routes=["bf_bof", "bf_bof_ccs", "apart"], draws=4096,
            years={"first": 2040, "last": 2040}, outcomes=["cost_premium_ex_carbon"],
            keep=["cost_premium_ex_carbon"],
            catalog={"routes": {"apart": apart}},
        ),
        threads=1,
    )  # fmt: skip
    spread = both.cost_premium_ex_carbon.squeeze().std("draw")
    together, alone = (float(spread.sel(route=one)) for one in ("bf_bof_ccs", "apart"))
    assert together < 0.98 * alone


def drawn(name: str) -> np.ndarray:
    return run().input.sel(factor=name).values


@pytest.mark.parametrize(
    ("route", "other", "quantity"),
    [
        ("h2_dri_eaf", "ng_dri_eaf", "capex"),
        ("h2_dri_eaf", "ng_dri_eaf", "utilisation"),
        ("h2_dri_eaf", "ng_dri_eaf", "other_opex"),
        ("h2_dri_eaf", "ng_dri_eaf", "inputs.electricity"),
        ("hbi_import_eaf", "scrap_eaf", "utilisation"),
        ("hbi_import_eaf", "scrap_eaf", "inputs.electricity"),
        ("hbi_import_eaf", "scrap_eaf", "inputs.natural_gas"),
    ],
)
def test_twins_move_together(route, other, quantity):
    """Each keeps its own distribution, and both have the same rank in every draw."""
    one, two = drawn(f"{route}.{quantity}"), drawn(f"{other}.{quantity}")
    assert (np.argsort(one, kind="stable") == np.argsort(two, kind="stable")).all()
    assert not np.allclose(one, two)


@pytest.mark.parametrize(
    ("route", "other", "quantity"),
    [
        ("h2_dri_eaf", "ng_dri_eaf", "capex.EU"),
        ("hbi_import_eaf", "scrap_eaf", "capex"),
        ("hbi_import_eaf", "scrap_eaf", "other_opex"),
    ],
)
def test_twins_with_one_distribution_are_one_input(route, other, quantity):
    names = set(map(str, run().factor.values))
    assert len({f"{route}.{quantity}", f"{other}.{quantity}"} & names) == 1


def test_a_furnace_is_part_of_a_direct_reduction_plant():
    furnace, plant = drawn("scrap_eaf.capex"), drawn("ng_dri_eaf.capex")
    ranks = [np.argsort(np.argsort(one)) for one in (furnace, plant)]
    assert 0.25 < np.corrcoef(ranks)[0, 1] < 0.55


def test_a_user_may_declare_twins():
    """By region: what the other route has there decides."""
    routes = {
        name: {
            "sector": "steel", "lifetime": 20, "utilisation": 1, "emission_intensity": 1,
            "capex": {"default": {"kind": "uniform", "low": low, "high": low + 10},
                      **({"CN": {"kind": "uniform", "low": 0, "high": 1}} if low == 1 else {})},
            **({"shares": {"first": ["capex"]}} if low > 1 else {}),
        }
        for name, low in (("first", 1), ("second", 100), ("third", 200))
    }  # fmt: skip
    found = simcore.run(
        config(
            routes=["bf_bof", *routes], catalog={"routes": routes, "regions": {
                region: {"benchmarks": {"default": 0}} for region in ("EU", "CN", "IN")
            }}, outcomes=["levelised_cost"], keep=["inputs", "levelised_cost"],
        ),
        threads=1,
    )  # fmt: skip
    inputs = {str(name): found.input.sel(factor=name).values for name in found.factor.values}
    np.testing.assert_allclose(inputs["second.capex"] - inputs["first.capex"], 99, rtol=1e-9)
    np.testing.assert_allclose(
        (inputs["second.capex.CN"] - 100) / 10, inputs["first.capex.CN"], rtol=1e-6, atol=1e-9
    )
    assert abs(np.corrcoef(inputs["second.capex"], inputs["second.capex.CN"])[0, 1]) < 0.15


# --- capital of what stands already --------------------------------------------------------------


def test_capital_of_the_reference():
    modes = ["reline", "new", "sunk"]
    found = simcore.run(
        config(
            regions=["EU", "CN"], years={"first": 2040, "last": 2040},
            scenarios={
                "reline": {}, "new": ["reference_new"], "sunk": "reference_sunk",
            },
            outcomes=["waterfall", "levelised_cost"], keep=["waterfall", "levelised_cost"],
        ),
        threads=1,
    ).squeeze(["destination", "year"])  # fmt: skip
    capital = found.waterfall.sel(component="capex")
    cost = found.levelised_cost.sel(route="bf_bof")
    for one, other in (("new", "reline"), ("reline", "sunk")):
        dearer = cost.sel(scenario=one) - cost.sel(scenario=other)
        assert (dearer > 0).all()
        for route in ("ng_dri_eaf", "ng_dri_eaf_ccs", "scrap_eaf"):
            part = capital.sel(route=route)
            less = part.sel(scenario=other) - part.sel(scenario=one)
            np.testing.assert_allclose(less, dearer, rtol=1e-9)
    # The capture stands on the same furnace, whatever that costs.
    fitted = capital.sel(route="bf_bof_ccs")
    for mode in modes[1:]:
        np.testing.assert_allclose(
            fitted.sel(scenario=mode), fitted.sel(scenario="reline"), rtol=1e-9
        )


def test_a_sunk_reference_pays_no_capital_whatever_it_is():
    """A furnace that is the reference of a region is there already, too."""
    changed = {"regions": {"EU": {"reference": {"steel": "scrap_eaf"}}}}
    found = simcore.run(
        config(
            regions=["EU", "CN"], years={"first": 2040, "last": 2040}, catalog=changed,
            scenarios={"reline": {}, "sunk": {"reference_capital": "sunk"}},
            outcomes=["levelised_cost"], keep=[],
        ),
        threads=1,
    )  # fmt: skip
    cost = found.levelised_cost_central.squeeze("year").sel(route="scrap_eaf")
    saved = cost.sel(scenario="reline") - cost.sel(scenario="sunk")
    assert saved.sel(region="EU") > 20
    assert saved.sel(region="CN") == 0


# --- an annuity, and default values --------------------------------------------------------------


def test_an_annuity_does_not_know_when_it_is_valued():
    def lives(year: int) -> Any:
        plant_ = {"start": 2030, "lifetime": 5, "output": 2.0, "valued_in": year, "beyond": "error"}
        return simcore.run(
            config(
                regions=["EU"], routes=["bf_bof", "scrap_eaf"], plant=plant_,
                years={"first": 2030, "last": 2034},
                outcomes=["annuity_carbon_value", "npv_carbon_value", "carbon_value"],
                keep=["annuity_carbon_value", "npv_carbon_value", "inputs", "carbon_value"],
            ),
            threads=1,
        ).sel(route="scrap_eaf").squeeze()  # fmt: skip

    early, late = lives(2026), lives(2029)
    np.testing.assert_allclose(early.annuity_carbon_value, late.annuity_carbon_value, rtol=1e-12)
    rate = late.input.sel(factor="EU.wacc")
    np.testing.assert_allclose(
        late.npv_carbon_value, early.npv_carbon_value * (1 + rate) ** 3, rtol=1e-12
    )
    # The mean of the premiums, each weighted by its discount factor.
    weights = (1 + rate) ** (2029 - late.year)
    level = (late.carbon_value * weights).sum("year") / weights.sum("year")
    np.testing.assert_allclose(late.annuity_carbon_value, level, rtol=1e-12)


@cache
def border() -> Any:
    declared = ("actual", "default", "cheaper")
    return simcore.run(
        config(
            regions=["KR", "IN"], years={"first": 2028, "last": 2034},
            destinations=["domestic", "eu"], value={"mode": "netted", "buyer": "general",
                                                    "double_claiming": "forbid"},
            outcomes=["cbam_cost", "carbon_value", "home_carbon_cost"],
            keep=["cbam_cost", "carbon_value", "home_carbon_cost"],
            # Low enough for Korea that it pays to declare it in some draws.
            catalog={"regions": {"KR": {"default_intensity": {"hot_rolled": 1.55}}}},
            scenarios={
                **{one: {"cbam": {"declared": one}} for one in declared},
                "paid": {"cbam": {"declared": "default"}, "catalog": {"policies": {
                    "eu_recognition_default": {"variant": "paid"}}}},
                "slab": {"cbam": {"declared": "default", "good": "semi_finished", "mark_up": 0}},
            },
        ),
        threads=1,
    )  # fmt: skip


def test_green_gets_nothing_from_a_default_value():
    found = border().sel(route=["scrap_eaf", "ng_dri_eaf"])
    bill = found.cbam_cost.sel(scenario="default", destination="eu")
    assert (bill.sel(route="scrap_eaf") == bill.sel(route="ng_dri_eaf")).all()
    value = found.carbon_value.sel(scenario="default")
    np.testing.assert_allclose(
        value.sel(destination="eu"), value.sel(destination="domestic"), atol=1e-9
    )


def test_the_price_paid_at_home_counts_with_actual_emissions_alone():
    furnace = border().sel(route="bf_bof", region="KR", destination="eu", year=2034)
    default, paid = (furnace.cbam_cost.sel(scenario=one) for one in ("default", "paid"))
    home = furnace.home_carbon_cost.sel(scenario="default")
    counted = default - paid
    assert ((counted == 0) | np.isclose(counted, np.minimum(home, default), rtol=1e-9)).all()
    assert float((counted > 0).mean()) > 0.8  # drawn: 95 % that the scheme is accepted


def test_the_cheaper_declaration_is_the_lower_bill_in_every_draw():
    bill = border().cbam_cost.sel(destination="eu")
    lower = np.minimum(bill.sel(scenario="actual"), bill.sel(scenario="default"))
    np.testing.assert_allclose(bill.sel(scenario="cheaper"), lower, rtol=1e-12, atol=1e-12)
    assert float((bill.sel(scenario="default") < bill.sel(scenario="actual")).sum()) > 0


def test_a_default_value_is_that_of_the_good():
    """Without a mark-up: 4.27 t of a slab from India less the benchmark of the blast furnace."""
    built = plan.build(simcore.load({
        **config(), "regions": ["IN"], "destinations": ["eu"], "keep": [],
        "outcomes": ["cbam_cost", "carbon_price", "cbam_factor"],
        "cbam": {"declared": "default", "good": "semi_finished", "mark_up": 0, "cscf": 1},
        "scenarios": {"law": {"catalog": {"policies": {"eu_free_allocation": {"variant": "law"}}}}},
    }))  # fmt: skip
    found = engine.run(built, threads=1)
    price = found.carbon_price_central.sel(market="eu_ets")
    cost = found.cbam_cost_central.sel(route="scrap_eaf")
    np.testing.assert_allclose(cost.squeeze(), 4.27 * price.squeeze(), rtol=1e-9)


@pytest.mark.parametrize(("code", "odds"), [("kr", 0.95), ("jp", 0.85), ("cn", 0.7), ("in", 0.4)])
def test_recognition_is_drawn(code, odds):
    chosen = packaged.catalog()["policies"][f"eu_recognition_{code}"]["variant"]
    assert dict(zip(chosen["values"], chosen["probabilities"], strict=True)) == {
        "accepted": odds, "refused": pytest.approx(1 - odds),
    }  # fmt: skip


def test_a_plant_is_exposed_in_the_currency_of_its_region():
    """The certificates of India are priced in USD, its plants reckon in INR."""
    found = simcore.run(
        config(
            regions=["IN"], outcomes=["exposure_cost", "exposure_cost_local"], keep=[],
            exposures={"mill": {"plant": {"region": "IN", "route": "bf_bof", "output": 1.0},
                                "first": 2040, "last": 2041}},
        ),
        threads=1,
    )  # fmt: skip
    rate = packaged.base()["money"]["exchange"]["INR"]
    np.testing.assert_allclose(
        found.exposure_cost_local_mean, found.exposure_cost_mean * rate, rtol=1e-6
    )
