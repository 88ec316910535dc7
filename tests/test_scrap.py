"""Scrap as a carbon asset: what it saves, what its owners and a duty do to its price, what it embeds."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from minimal import route
from reference_paths import merge
from small_config import small_config
from test_invalid import faults_of

import simcore
from simcore.effects import build_and_warn
from simcore.running import engine

KEPT = ["scrap_carbon_value", "scrap_parity_price", "cost_premium", "levelised_cost", "total_cost",
        "home_carbon_cost", "cbam_cost", "waterfall", "commodity_price"]  # fmt: skip
DRAWN = [one for one in KEPT if one != "waterfall"]
Y, ORE, SCRAP, P0 = 1.138, 1.9, 0.163, 300.0
FLAT = {2026: 80.0, 2027: 80.0, 2028: 80.0}
RISING = {2026: 80.0, 2027: 100.0, 2028: 150.0}


def sold(prices: dict[int, float], unit: str = "EUR/t") -> dict[str, Any]:
    return {"title": "sold", "unit": unit, "process": {"kind": "scenario"}, "path": prices}


def by_hand(prices: dict[int, float] = FLAT, **changes: Any) -> dict[str, Any]:
    """A region with a furnace for ore (old) and one for scrap (new), and a carbon price by year."""
    config = small_config(
        years={"first": 2026, "last": 2028}, outcomes=KEPT, keep=DRAWN, parity=["offcuts"],
        exposures={}, draws=512, markets={"home_ets": sold(prices)},
        prices={
            "offcuts": {"AA": sold({2026: P0})}, "power": {"AA": sold({2026: 60.0}, "EUR/MWh")},
            "ore": {"AA": sold({2026: 100.0})},
        },
        routes={
            "old": route(capex=800.0, other_opex=250.0, emission_intensity=ORE,
                         inputs={"ore": 1.5}),
            "new": route(capex=300.0, other_opex=70.0, emission_intensity=SCRAP,
                         inputs={"offcuts": Y, "power": 0.6}),
        },
    )  # fmt: skip
    config["catalog"]["sectors"] = {"steel": {"scrap": {"commodity": "offcuts", "route": "new"}}}
    return merge(config, changes)


def met(scrap: dict[str, Any], region: str = "AA") -> dict[str, Any]:
    return {"catalog": {"sectors": {"steel": {"regions": {region: {"scrap": scrap}}}}}}


def run(config: dict[str, Any]) -> Any:
    return engine.run(simcore.build(simcore.load(config))).isel(scenario=0)


def at(found: Any, name: str, **place: Any) -> Any:
    """Values by year in the first draw, or in the central case of what keeps none."""
    array = found[name] if name in found else found[f"{name}_central"]
    array = array.sel({key: one for key, one in place.items() if key in array.dims})
    return array.isel(draw=0).values if "draw" in array.dims else array.values


HERE: dict[str, Any] = {"region": "AA", "sector": "steel", "destination": "domestic",
                        "route": "new", "commodity": "offcuts.AA"}  # fmt: skip


def test_steel_of_the_reference_case() -> None:
    found = at(run(by_hand()), "scrap_carbon_value", **HERE)
    np.testing.assert_allclose(found, 122.11, atol=0.005)


def test_aluminium_of_the_reference_case() -> None:
    routes = {"old": {"emission_intensity": 1.67},
              "new": {"emission_intensity": 0.22, "inputs": {"offcuts": 1.05}}}  # fmt: skip
    found = at(run(by_hand(catalog={"routes": routes})), "scrap_carbon_value", **HERE)
    np.testing.assert_allclose(found, 110.48, atol=0.005)


def test_free_allocation_takes_from_it_what_ore_has_more_of() -> None:
    rules = {"free_allocation": 0.5, "benchmarks": {"old": 1.3, "new": 0.2}}
    found = at(run(by_hand(catalog={"regions": {"AA": rules}})), "scrap_carbon_value", **HERE)
    expected = 80 * ((ORE - 0.5 * 1.3) - (SCRAP - 0.5 * 0.2)) / Y
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_owners_take_their_share_of_what_it_gains(share: float) -> None:
    found, before = run(by_hand(RISING, **met({"owners_share": share}))), run(by_hand(RISING))
    value = at(found, "scrap_carbon_value", **HERE)
    np.testing.assert_allclose(value, [(ORE - SCRAP) * p / Y for p in RISING.values()], rtol=1e-12)
    gain = share * (value - value[0])
    np.testing.assert_allclose(at(found, "commodity_price", **HERE), P0 + gain, rtol=1e-6)
    # The route of scrap pays it in its cost, the one from ore, which takes none, nothing.
    cost, was = (at(one, "levelised_cost", **HERE) for one in (found, before))
    np.testing.assert_allclose(cost - was, Y * gain, atol=1e-9)
    ore = {**HERE, "route": "old"}
    np.testing.assert_array_equal(
        at(found, "levelised_cost", **ore), at(before, "levelised_cost", **ore)
    )
    part = at(found, "waterfall", component="offcuts", **HERE)
    np.testing.assert_allclose(part, Y * (P0 + gain), rtol=1e-6)


def test_with_all_of_it_the_route_keeps_the_advantage_of_the_first_year() -> None:
    """Whatever carbon does, the premium is that which the first year's carbon would give."""
    found = at(run(by_hand(RISING, **met({"owners_share": 1}))), "cost_premium", **HERE)
    np.testing.assert_allclose(found, found[0], atol=1e-9)
    free = at(run(by_hand(RISING)), "cost_premium", **HERE)
    lost = (ORE - SCRAP) * (np.array([*RISING.values()]) - RISING[2026])
    np.testing.assert_allclose(free, found[0] - lost, atol=1e-9)


def test_a_reference_that_charges_scrap_pays_for_it_too() -> None:
    charged = {"catalog": {"routes": {"old": {"inputs": {"offcuts": 0.125}}}}}
    found = run(merge(by_hand(RISING, **met({"owners_share": 1})), charged))
    value = at(found, "scrap_carbon_value", **HERE)
    before = at(run(by_hand(RISING, **charged)), "cost_premium", **HERE)
    expected = before + (Y - 0.125) * (value - value[0])
    np.testing.assert_allclose(at(found, "cost_premium", **HERE), expected, atol=1e-9)


def test_a_duty_lowers_the_price_at_home_by_its_incidence() -> None:
    duty = {"unit": "1", "variant": "law", "known_until": 2026,
            "variants": {"law": {"values": {2026: 0.0, 2027: 0.25}}}}  # fmt: skip
    config = by_hand(RISING, **met({"export_duty": "kept", "incidence": 0.6}))
    found = run(merge(config, {"catalog": {"policies": {"kept": duty}}}))
    expected = P0 * np.array([1.0, 1 - 0.6 * 0.25, 1 - 0.6 * 0.25])
    np.testing.assert_allclose(at(found, "commodity_price", **HERE), expected, rtol=1e-6)
    cost, was = (at(one, "levelised_cost", **HERE) for one in (found, run(by_hand(RISING))))
    np.testing.assert_allclose(cost - was, Y * (expected - P0), atol=1e-9)


def test_both_at_once() -> None:
    scrap = {"export_duty": 0.3, "incidence": 0.5, "owners_share": 0.5}
    found = run(by_hand(RISING, **met(scrap)))
    value = at(found, "scrap_carbon_value", **HERE)
    expected = P0 * 0.85 + 0.5 * (value - value[0])
    np.testing.assert_allclose(at(found, "commodity_price", **HERE), expected, rtol=1e-6)


@pytest.mark.parametrize("scrap", [
    {}, {"owners_share": 1}, {"export_duty": 0.3, "incidence": 0.9, "owners_share": 0.3},
])  # fmt: skip
def test_at_the_parity_price_the_premium_is_zero(scrap: dict[str, Any]) -> None:
    charged = {"catalog": {"routes": {"old": {"inputs": {"offcuts": 0.125}}}}}
    found = run(merge(by_hand(RISING, **met(scrap)), charged))
    most = at(found, "scrap_parity_price", **HERE)
    # It is what a remelter can pay, not what he pays.
    np.testing.assert_allclose(
        most, at(run(by_hand(RISING, **charged)), "scrap_parity_price", **HERE), rtol=1e-12
    )
    path = sold(dict(zip(RISING, map(float, most), strict=True)))
    paid = merge(by_hand(RISING, **charged), {"catalog": {"prices": {"offcuts": {"AA": path}}}})
    np.testing.assert_allclose(at(run(paid), "cost_premium", **HERE), 0.0, atol=1e-9)


def test_scrap_of_works_embeds_the_emissions_of_its_metal_at_the_border() -> None:
    counted = {"unit": "1", "variant": "law", "known_until": 2026,
               "variants": {"law": {"values": {2026: 0.0, 2028: 1.0}}}}  # fmt: skip
    config = by_hand(
        outcomes=["cbam_cost", "home_carbon_cost"], keep=["cbam_cost", "home_carbon_cost"],
        destinations=["domestic", "eu"], parity=[],
        cbam={"market": "border_ets", "pre_consumer_scrap": "counted"},
        catalog={
            "markets": {"border_ets": sold(FLAT)},
            "policies": {"counted": counted},
            "routes": {"old": {"inputs": {"offcuts": 0.125}}},
            "regions": {"AA": {"average_intensity": 2.4, "coverage": 0.0}},
        },
    )  # fmt: skip
    config = merge(config, met({"pre_consumer_share": 0.3}))
    found = run(config)
    for name, own, charge in (("new", SCRAP, Y), ("old", ORE, 0.125)):
        place = {"region": "AA", "destination": "eu", "route": name}
        more = 80 * charge * 0.3 * 2.4
        np.testing.assert_allclose(
            at(found, "cbam_cost", **place), [80 * own, 80 * own, 80 * own + more], rtol=1e-12
        )
        assert (at(found, "home_carbon_cost", **place) == 0).all()
    mean = run(merge(config, {"cbam": {"method": "country_average"}}))
    place = {"region": "AA", "destination": "eu", "route": "new"}
    np.testing.assert_allclose(at(mean, "cbam_cost", **place), 80 * 2.4, rtol=1e-12)


# ---------------------------------------------------------------- packaged

PACKAGED: dict[str, Any] = {
    "name": "scrap", "draws": 512, "years": {"first": 2026, "last": 2036},
    "regions": ["EU", "KR", "CN"], "routes": ["bf_bof", "scrap_eaf"], "dtype": "float64",
    "outcomes": ["cost_premium", "scrap_carbon_value", "cbam_cost"],
    "keep": ["cost_premium", "scrap_carbon_value", "cbam_cost"],
}  # fmt: skip


def packaged(**changes: Any) -> dict[str, Any]:
    return merge(copy.deepcopy(PACKAGED), changes)


def test_packaged_scenarios_move_the_premium_of_scrap_as_they_should() -> None:
    names = ["scrap_kept_in_europe", "scrap_owners_take_all", "pre_consumer_scrap_counts"]
    config = packaged(scenarios={"law": "law", **{one: ["law", one] for one in names}})
    found = engine.run(simcore.build(simcore.load(config))).sel(route="scrap_eaf", year=2035)
    change = (found["cost_premium"] - found["cost_premium"].sel(scenario="law")).mean("draw")
    kept, owners, counted = (change.sel(scenario=one) for one in names)
    assert -80 < float(kept.sel(region="EU", destination="domestic")) < -15
    assert (kept.sel(region=["KR", "CN"]) == 0).all()
    # Where ore pays for its carbon, its owners take the most.
    value = found["scrap_carbon_value"].sel(scenario="law", sector="steel").mean("draw")
    assert float(value.sel(region="EU")) > 5 * float(value.sel(region="KR")) > 0
    taken = owners.sel(destination="domestic")
    assert float(taken.sel(region="EU")) > float(taken.sel(region="KR")) > 0
    border = counted.sel(destination="eu")
    assert (border.sel(region=["KR", "CN"]) > 5).all()
    assert (counted.sel(destination="domestic") == 0).all()
    assert float(border.sel(region="EU")) == 0


def test_metal_has_scrap_of_its_own_in_a_run_of_both() -> None:
    names = ["scrap_kept_in_europe", "scrap_owners_take_all"]
    config = packaged(
        sectors=["steel", "aluminium"], regions=["EU", "CN"], destinations=["domestic"],
        routes=["bf_bof", "scrap_eaf", "secondary_aluminium"],
        scenarios={"law": "law", **{one: ["law", one] for one in names}},
    )  # fmt: skip
    found = engine.run(simcore.build(simcore.load(config))).sel(year=2035)
    value = found["scrap_carbon_value"].sel(scenario="law").mean("draw")
    assert float(value.sel(region="EU", sector="aluminium")) > 50
    assert float(value.sel(region="EU", sector="steel")) > 50
    premium = found["cost_premium"].sel(route="secondary_aluminium", destination="domestic")
    change = (premium - premium.sel(scenario="law")).mean("draw")
    kept, owners = (change.sel(scenario=one) for one in names)
    # 30 % of some 1,850 EUR, of which about half falls on the price at home.
    assert -450 < float(kept.sel(region="EU")) < -150
    assert float(kept.sel(region="CN")) == 0
    assert float(owners.sel(region="EU")) > float(owners.sel(region="CN")) > 0


def test_without_share_and_duty_every_bit_stays() -> None:
    plain = {"outcomes": ["cost_premium"], "keep": ["cost_premium"], "scenarios": {"law": "law"}}
    share = {"owners_share": 0, "export_duty": 0, "incidence": 0.7}
    same = merge(packaged(**plain), met(share, "EU"))
    without = merge(packaged(**plain), {"catalog": {"sectors": {"steel": {"scrap": None}}}})
    runs = [run(one)["cost_premium"].values for one in (packaged(**plain), same, without)]
    for other in runs[1:]:
        np.testing.assert_array_equal(runs[0], other)


def test_the_route_of_scrap_need_not_be_among_those_of_the_run() -> None:
    config = packaged(routes=["bf_bof", "ng_dri_eaf"], scenarios={"law": "scrap_owners_take_all"})
    found = run(config)["scrap_carbon_value"].sel(region="EU", sector="steel", year=2035)
    assert np.isfinite(found).all()
    other = run(packaged(scenarios={"law": "scrap_owners_take_all"}))["scrap_carbon_value"]
    np.testing.assert_array_equal(found, other.sel(region="EU", sector="steel", year=2035))


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "a route of no sector": ({"scrap": {"commodity": "offcuts", "route": "remelter"}},
                             "sectors.steel.scrap.route"),
    "a commodity that the route does not buy": (
        {"scrap": {"commodity": "ore", "route": "new"}},
        "sectors.steel.scrap.commodity",
    ),
    "a share above one": ({"regions": {"AA": {"scrap": {"owners_share": 1.2}}}},
                          "AA.scrap.owners_share"),
    "a duty that is no policy": ({"regions": {"AA": {"scrap": {"export_duty": "dear"}}}},
                                 "AA.scrap.export_duty"),
    "an unknown key": ({"regions": {"AA": {"scrap": {"duty": 0.2}}}}, "AA.scrap.duty"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_faults_name_the_place(name: str) -> None:
    sector, place = FAULTS[name]
    (found,) = faults_of(by_hand(catalog={"sectors": {"steel": sector}}))
    assert place in found.where


def test_two_sectors_cannot_value_the_same_scrap() -> None:
    other = {"glass": {"product": "glass", "regions": {"AA": {
        "coverage": 1, "free_allocation": 0, "cscf": 1, "benchmarks": {"default": 0},
        "reference": "float",
    }}, "scrap": {"commodity": "offcuts", "route": "float"}}}  # fmt: skip
    made = {"float": route(sector="glass", inputs={"offcuts": 1.0})}
    config = by_hand(catalog={"sectors": other, "routes": made})
    config |= {"sectors": ["steel", "glass"], "routes": ["old", "new", "float"]}
    (found,) = faults_of(config)
    assert "scrap of steel too" in found.found


def test_what_has_no_effect_is_told() -> None:
    config = packaged(scenarios={"law": "law"})
    idle = merge(config, met({"incidence": 0.7}, "EU"))
    _, warnings = build_and_warn(simcore.load(idle))
    assert [one.where.rpartition(".")[2] for one in warnings] == ["incidence"]
    assert "export_duty" in warnings[0].remedy
