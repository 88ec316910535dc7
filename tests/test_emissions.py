"""The four kinds of emissions of a tonne, and what each market asks of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import simcore
from simcore.effects import build_and_warn
from simcore.errors import ConfigError

OUTCOMES = [
    "carbon_price", "emissions_by_kind", "home_carbon_cost", "marginal_carbon_cost",
    "avoided_emissions", "levelised_cost", "commodity_price",
]  # fmt: skip
CAPTIVE = {
    "kind": "generation", "fuel": "coal", "grid": "electricity",
    "heat_rate": 9.0, "emission_factor": 0.9, "other_cost": 12,
}  # fmt: skip


def power(price: float, factor: float, **more: Any) -> dict[str, Any]:
    """Power at a price that is known, with the emissions of a MWh."""
    return {"default": {
        "unit": "EUR/MWh", "process": {"kind": "scenario"}, "path": {2030: price},
        "emission_intensity": {2030: factor}, **more,
    }}  # fmt: skip


def config(*, rules: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Two routes of the packaged steel in China, of which green takes 2 MWh of its own power."""
    catalog = {
        "prices": {
            "coal": power(10.8, 0.0),
            "electricity": {"CN": power(60.0, 0.5, grid="electricity")["default"]},
            "own_power": {"default": CAPTIVE},
        },
        "routes": {
            "scrap_eaf": {
                "emission_intensity": 0.4,
                "inputs": {"electricity": 0.3, "own_power": 2.0, "scrap": 1.0},
            },
        },
        "regions": {"CN": {
            "coverage": 0.9, "free_allocation": 0.5, "cscf": 1.0,
            "benchmarks": {"scrap_eaf": 0.3}, **(rules or {}),
        }},
    }  # fmt: skip
    return {
        "name": "kinds", "draws": 256, "years": "2030", "regions": ["CN"],
        "routes": ["bf_bof", "scrap_eaf"], "destinations": ["domestic"], "outcomes": OUTCOMES,
        "keep": OUTCOMES, "dtype": "float64", "scenarios": {"law": "law"}, "catalog": catalog,
    } | changes  # fmt: skip


def run(**given: Any) -> Any:
    """A run, of which scrap_eaf is looked at."""
    return simcore.run(config(**given), threads=1).squeeze().sel(route="scrap_eaf")


def kinds(result: Any) -> dict[str, float]:
    """Emissions of a tonne by kind, in a draw."""
    found = result["emissions_by_kind"].isel(draw=0)
    return {str(name): float(found.sel(emission=name)) for name in found["emission"].values}


def test_each_kind_in_one_place() -> None:
    assert kinds(run()) == pytest.approx(
        {"own": 0.4, "captive_power": 1.8, "bought_power": 0.15, "precursors": 0.0}
    )


def test_power_made_on_site_costs_its_fuel_and_the_rest() -> None:
    # 9 GJ of coal at 3 EUR/GJ (10.8 EUR/MWh), and 12.
    result, dear = run(), config()
    dear["catalog"]["prices"]["own_power"]["default"] = CAPTIVE | {"other_cost": 22}
    more = simcore.run(dear, threads=1).squeeze().sel(route="scrap_eaf")
    difference = more["levelised_cost"] - result["levelised_cost"]
    assert np.allclose(difference, 2.0 * 10.0)
    bought = config()
    bought["catalog"]["prices"]["own_power"]["default"] = power(39.0, 0.9)["default"]
    same = simcore.run(bought, threads=1).squeeze().sel(route="scrap_eaf")
    assert np.allclose(same["levelised_cost"], result["levelised_cost"], rtol=1e-12)


@pytest.mark.parametrize(
    ("rules", "charged", "marginal"),
    [
        # the power ETS asks for all of it, and gives 0.8 a MWh
        ({"captive_allowance": 0.8}, 0.9 * (0.4 - 0.15) + 1.8 - 1.6, 0.36 + 1.8),
        ({"captive_coverage": 0.5}, 0.9 * (0.4 - 0.15) + 0.9, 0.36 + 0.9),
        ({"captive_coverage": 0}, 0.9 * (0.4 - 0.15), 0.36),
        # as in Korea: bought power too, less 0.45 a MWh
        (
            {"captive_coverage": 0, "power_coverage": 1, "power_allowance": 0.45},
            0.9 * (0.4 - 0.15) + 0.15 - 0.135, 0.36 + 0.15,
        ),
        (
            {"captive_coverage": 0, "power_coverage": 1,
             "power_allowance": {"years": {2028: 0.6, 2032: 0.3}}},
            0.9 * (0.4 - 0.15) + 0.15 - 0.135, 0.36 + 0.15,
        ),
    ],
)  # fmt: skip
def test_what_a_market_asks_of_each_kind(rules: Any, charged: float, marginal: float) -> None:
    result = run(rules=rules)
    price = result["carbon_price"].sel(market="cn_ets") if "market" in result.dims else (
        result["carbon_price"]
    )  # fmt: skip
    assert np.allclose(result["home_carbon_cost"], price * charged, rtol=1e-12)
    assert np.allclose(result["marginal_carbon_cost"], price * marginal, rtol=1e-12)


def test_power_that_emits_nothing_has_no_allowance() -> None:
    rules = {"captive_coverage": 0, "power_coverage": 1, "power_allowance": 0.45}
    given = config(rules=rules)
    given["catalog"]["prices"]["electricity"]["CN"]["emission_intensity"] = {}
    result = simcore.run(given, threads=1).squeeze().sel(route="scrap_eaf")
    assert np.allclose(
        result["home_carbon_cost"], result["carbon_price"] * 0.9 * (0.4 - 0.15), rtol=1e-12
    )


def test_the_boundary_decides_what_is_avoided() -> None:
    narrow, wide = (run(boundary=one) for one in ("scope1", "scope12"))
    both = simcore.run(config(boundary="scope12"), threads=1).squeeze()["emissions_by_kind"]
    every = both.sum("emission")
    assert np.allclose(
        wide["avoided_emissions"], every.sel(route="bf_bof") - every.sel(route="scrap_eaf")
    )
    without = both.drop_sel(emission="bought_power").sum("emission")
    assert np.allclose(
        narrow["avoided_emissions"], without.sel(route="bf_bof") - without.sel(route="scrap_eaf")
    )


def test_captive_power_is_bought_power_where_the_coefficients_agree() -> None:
    alike = {"captive_coverage": 0.7, "captive_allowance": 0.2,
             "power_coverage": 0.7, "power_allowance": 0.2}  # fmt: skip
    captive, bought = config(rules=alike), config(rules=alike)
    bought["catalog"]["prices"]["own_power"]["default"] = (
        power(39.0, 0.9, grid="electricity")["default"]
    )  # fmt: skip
    one, other = (
        simcore.run(each, threads=1).squeeze().sel(route="scrap_eaf") for each in (captive, bought)
    )
    assert np.allclose(one["home_carbon_cost"], other["home_carbon_cost"], rtol=1e-12)
    assert kinds(other)["bought_power"] == pytest.approx(0.15 + 1.8)


def test_hydrogen_of_captive_power_is_captive_power() -> None:
    given = config(routes=["bf_bof", "h2_dri_eaf"])
    given["catalog"]["routes"] = {"h2_dri_eaf": {"inputs": {"hydrogen": 50, "electricity": 0}}}
    given["catalog"]["prices"]["hydrogen"] = {
        "CN": {"electricity": "own_power", "electricity_demand": 50, "supply": "grid"}
    }
    result = simcore.run(given, threads=1).squeeze().sel(route="h2_dri_eaf")
    found = kinds(result)
    assert found["captive_power"] == pytest.approx(50 * 50e-3 * 0.9)
    assert found["bought_power"] == 0


def test_a_fuel_is_bought_by_energy() -> None:
    given = config()
    given["catalog"]["prices"]["own_power"]["default"] = CAPTIVE | {"fuel": "scrap"}
    with pytest.raises(ConfigError) as error:
        simcore.load(given)
    (fault,) = error.value.faults
    assert fault.where == "catalog.prices.own_power.default.fuel"
    assert "not a fuel bought by energy" in fault.found


def test_allowances_without_cover_say_that_they_do_nothing() -> None:
    _, found = build_and_warn(simcore.load(config(rules={"power_allowance": 0.4})))
    told = {one.where: one.remedy for one in found}
    where = next(one for one in told if one.endswith("CN.power_allowance"))
    assert told[where] == "read with power_coverage above zero"


# --- the border of the EU ------------------------------------------------------------------------


def smelter(indirect: float, factor: str, **changes: Any) -> Any:
    """A Chinese smelter on hydro power whose tonnes go to the EU: its cost at the border."""
    given = config(
        destinations=["eu"], outcomes=["cbam_cost", "home_carbon_cost"],
        keep=["cbam_cost", "home_carbon_cost"],
        cbam={"coverage": 1, "indirect": indirect, "free_allocation": 0.515, "cscf": 1,
              "power_factor": factor},
    )  # fmt: skip
    catalog = given["catalog"]
    catalog["markets"] = {"eu_ets": 115}
    catalog["regions"]["CN"] |= {"recognised": 0}
    catalog["prices"]["hydro"] = power(40.0, 0.0, grid="electricity")
    catalog["prices"]["electricity"]["CN"]["emission_intensity"] = {2030: 0.435}
    catalog["routes"] = {"scrap_eaf": {
        "emission_intensity": 2.1, "cbam_benchmark": 1.423,
        "inputs": {"electricity": 0, "hydro": 13.5}, "precursor_intensity": 0,
    } | changes}  # fmt: skip
    return given


def at_the_border(given: Any) -> float:
    result = simcore.run(given, threads=1).squeeze().sel(route="scrap_eaf")
    return float(result["cbam_cost"].mean())


@pytest.mark.parametrize(
    ("indirect", "factor", "expected"),
    [(0, "actual", 157.22), (1, "actual", 157.22), (1, "grid_mean", 832.56)],
)
def test_what_a_clean_contract_is_worth_at_the_border(
    indirect: float, factor: str, expected: float
) -> None:
    assert at_the_border(smelter(indirect, factor)) == pytest.approx(expected, abs=0.01)


def test_the_default_value_of_power_stands_for_every_megawatt_hour() -> None:
    given = smelter(1, "default")
    with pytest.raises(ConfigError) as error:
        simcore.load(given)
    (fault,) = error.value.faults
    assert "CN.default_power_factor" in fault.remedy
    given["catalog"]["regions"]["CN"]["default_power_factor"] = 0.6
    assert at_the_border(given) == pytest.approx(157.22 + 115 * 13.5 * 0.6, abs=0.01)


def test_captive_coal_escapes_while_power_does_not_count() -> None:
    # MPP: 16.516 t of Chinese aluminium, of which 2.093 are the plant's own
    made = {
        "emission_intensity": 2.093,
        "inputs": {"electricity": 0, "own_power": 14.423 / 0.9},
    }
    given = smelter(0, "actual", **made)
    given["outcomes"] = given["keep"] = ["cbam_cost", "home_carbon_cost", "emissions_by_kind"]
    result = simcore.run(given, threads=1).squeeze().sel(route="scrap_eaf")
    assert kinds(result)["captive_power"] == pytest.approx(14.423, abs=0.001)
    free = 0.515 * 1.423
    assert float(result["cbam_cost"].mean()) == pytest.approx(115 * (2.093 - free))
    counted = at_the_border(smelter(1, "actual", **made))
    assert counted == pytest.approx(115 * (16.516 - free))
    mean = at_the_border(smelter(1, "grid_mean", **made))
    assert mean == pytest.approx(115 * (2.093 - free + 14.423 / 0.9 * 0.435))


@pytest.mark.parametrize("indirect", [0.0, 0.4, 1.0])
def test_what_power_pays_at_home_counts_as_far_as_it_is_embedded(indirect: float) -> None:
    given = smelter(
        indirect, "actual", inputs={"electricity": 0, "own_power": 10.0},
        emission_intensity=2.1,
    )  # fmt: skip
    given["catalog"]["markets"]["cn_ets"] = 10
    given["catalog"]["regions"]["CN"] |= {"recognised": 1, "captive_allowance": 0.3}
    own, of_power = 0.9 * (2.1 - 0.5 * 0.3), 9.0 - 3.0
    due = 115 * (2.1 - 0.515 * 1.423 + indirect * 9.0)
    assert at_the_border(given) == pytest.approx(due - 10 * (own + indirect * of_power))


def test_hydrogen_counts_at_the_mean_of_the_grid() -> None:
    given = smelter(1, "grid_mean", inputs={"electricity": 0, "hydrogen": 50})
    given["catalog"]["prices"]["hydrogen"] = {
        "CN": {"electricity": "hydro", "electricity_demand": 52}
    }
    expected = 157.22 + 115 * 50 * 0.052 * 0.435
    assert at_the_border(given) == pytest.approx(expected, abs=0.01)


def test_a_rule_for_power_that_does_not_count_says_so() -> None:
    _, found = build_and_warn(simcore.load(smelter(0, "grid_mean")))
    told = {one.where: one.remedy for one in found}
    assert "cbam.indirect above zero" in told["cbam.power_factor"]


# --- what is paid back ---------------------------------------------------------------------------


def paid_back(**compensation: Any) -> dict[str, Any]:
    """A European smelter at 75 EUR/t whose power holds the carbon cost of 0.5 t/MWh."""
    outcomes = ["indirect_cost_compensation", "carbon_cost", "home_carbon_cost", "total_cost",
                "levelised_cost", "cost_premium", "carbon_value", "support_gap",
                "break_even_price", "waterfall", "cost_premium_ex_carbon"]  # fmt: skip
    stated = {"share": 0.8, "factor": 0.5, "power": ["electricity"]} | compensation
    return {
        "name": "paid_back", "draws": 256, "years": "2030", "regions": ["EU"],
        "routes": ["bf_bof", "scrap_eaf"], "destinations": ["domestic"], "outcomes": outcomes,
        "keep": [one for one in outcomes if one != "waterfall"], "dtype": "float64",
        "scenarios": {"law": "law"}, "plant": {"start": 2030, "lifetime": 1},
        "catalog": {
            "markets": {"eu_ets": 75},
            "prices": {"electricity": {"EU": "60 EUR/MWh"}},
            "regions": {"EU": {"compensation": stated}},
            "routes": {"scrap_eaf": {"inputs": {"electricity": 14.5}}},
        },
    }  # fmt: skip


def of_smelter(given: Any) -> Any:
    return simcore.run(given, threads=1).squeeze().sel(route="scrap_eaf")


@pytest.mark.parametrize(
    ("stated", "power_that_counts"),
    [
        ({"benchmark": {"scrap_eaf": "13.9 MWh/t"}}, 13.9),
        ({"benchmark": {"default": 15.0}}, 14.5),
        ({"benchmark": {"bf_bof": 1.0}, "efficiency": 0.8}, 11.6),
        ({"power": ["renewable_electricity"]}, 0.0),
    ],
)  # fmt: skip
def test_what_is_paid_back(stated: dict[str, Any], power_that_counts: float) -> None:
    # 0.8 * 75 * 0.5 * 13.9 = 417.0
    result = of_smelter(paid_back(**stated))
    expected = 0.8 * 75 * 0.5 * power_that_counts
    assert np.allclose(result["indirect_cost_compensation"], expected, rtol=1e-12)
    assert np.allclose(result["carbon_cost"], result["home_carbon_cost"] - expected)


def test_compensation_is_a_line_of_its_own() -> None:
    given = paid_back(benchmark={"scrap_eaf": 13.9})
    result = simcore.run(given, threads=1).squeeze()
    parts = result["waterfall_central"].sel(route="scrap_eaf")
    assert float(parts.sel(component="compensation")) < -400
    premium = float(result["cost_premium_central"].sel(route="scrap_eaf"))
    assert float(parts.sum()) == pytest.approx(premium)
    one = result.sel(route="scrap_eaf")
    assert np.allclose(one["support_gap"], one["cost_premium"], atol=1e-9)


def test_the_break_even_price_knows_what_is_paid_back() -> None:
    """At that price of carbon, and power at the price it has, the premium is zero."""
    given = paid_back(benchmark={"scrap_eaf": 13.9})
    given["catalog"]["regions"]["EU"] |= {
        "coverage": 1, "free_allocation": 0, "benchmarks": {"bf_bof": 0, "scrap_eaf": 0},
    }  # fmt: skip
    given["catalog"]["routes"] |= {
        "bf_bof": {"emission_intensity": 2, "inputs": {"electricity": 0}},
    }  # fmt: skip
    given["catalog"]["routes"]["scrap_eaf"] |= {"emission_intensity": 0.2}
    one = of_smelter(given)
    rate = 2 - (0.2 - 0.8 * 0.5 * 13.9)
    expected = one["cost_premium_ex_carbon"] / rate
    assert np.allclose(one["break_even_price"], expected, rtol=1e-12)
    price = float(one["break_even_price"][0])
    given["catalog"]["markets"]["eu_ets"] = price
    assert float(of_smelter(given)["cost_premium"][0]) == pytest.approx(0.0, abs=1e-9)


def test_the_carbon_cost_is_linear_in_the_price() -> None:
    costs = []
    for price in (40, 80, 120):
        given = paid_back()
        given["catalog"]["markets"]["eu_ets"] = price
        costs.append(of_smelter(given)["carbon_cost"].values)
    assert np.allclose(costs[1] * 2, costs[0] + costs[2])
    assert np.allclose(costs[0] * 2, costs[1])


def test_nothing_is_paid_back_twice() -> None:
    given = paid_back()
    given["projects"] = {"smelter": {
        "region": "EU", "route": "scrap_eaf", "output": 1, "start": 2030, "lifetime": 1,
        "instruments": ["aid"],
    }}  # fmt: skip
    given["catalog"]["instruments"] = {
        "aid": {"kind": "compensation", "intensity": 0.75, "emission_factor": 0.5}
    }
    with pytest.raises(ConfigError) as error:
        simcore.load(given)
    (fault,) = error.value.faults
    assert fault.where == "projects.smelter.instruments.0"
    assert "compensation: null" in fault.remedy
    given["catalog"]["regions"]["EU"]["compensation"] = None
    simcore.load(given)


def test_what_is_paid_back_names_power_and_routes_that_are_there() -> None:
    with pytest.raises(ConfigError) as error:
        simcore.load(paid_back(power=["electricty"], benchmark={"eaf": 1.0}))
    told = {one.where.rpartition("compensation.")[2] for one in error.value.faults}
    assert told == {"power.0", "benchmark.eaf"}


def test_korea_asks_for_bought_power_and_gives_most_of_it_back() -> None:
    outcomes = ["home_carbon_cost", "emissions_by_kind", "carbon_price"]
    given = {
        "name": "korea", "draws": 256, "years": "2030", "regions": ["KR"],
        "routes": ["bf_bof", "scrap_eaf"], "destinations": ["domestic"], "outcomes": outcomes,
        "keep": outcomes, "dtype": "float64", "scenarios": {"law": "law"},
        "catalog": {"routes": {"scrap_eaf": {"emission_intensity": 0.1}}},
    }  # fmt: skip
    free = {"catalog": {**given["catalog"], "regions": {"KR": {"power_coverage": 0}}}}
    with_power, without = (
        simcore.run(one, threads=1).squeeze().sel(route="scrap_eaf")
        for one in (given, given | free)
    )
    more = with_power["home_carbon_cost"] - without["home_carbon_cost"]
    bought = with_power["emissions_by_kind"].sel(emission="bought_power")
    # 0.315 t/MWh in 2030, of which 0.267 are free
    expected = with_power["carbon_price"] * bought * (1 - 0.267 / 0.315)
    assert np.allclose(more, expected, rtol=1e-9)


def test_power_of_renewable_hydrogen_has_no_allowance() -> None:
    """It emits nothing in any draw, however much of it a kg takes."""
    costs = []
    for allowance in (0.0, 0.45):
        given = config(rules={"power_coverage": 1, "power_allowance": allowance},
                       routes=["bf_bof", "h2_dri_eaf"])  # fmt: skip
        given["catalog"]["routes"] = {"h2_dri_eaf": {"inputs": {"electricity": 0}}}
        demand = {"kind": "uniform", "low": 48, "high": 56}
        given["catalog"]["prices"]["hydrogen"] = {
            "CN": {"supply": "renewable", "electricity_demand": demand}
        }
        result = simcore.run(given, threads=1).squeeze().sel(route="h2_dri_eaf")
        costs.append(result["home_carbon_cost"])
    assert np.allclose(costs[0], costs[1], rtol=1e-12)
