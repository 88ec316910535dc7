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
            "captive_power": {"default": CAPTIVE},
        },
        "routes": {
            "scrap_eaf": {
                "emission_intensity": 0.4,
                "inputs": {"electricity": 0.3, "captive_power": 2.0, "scrap": 1.0},
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
    dear["catalog"]["prices"]["captive_power"]["default"] = CAPTIVE | {"other_cost": 22}
    more = simcore.run(dear, threads=1).squeeze().sel(route="scrap_eaf")
    difference = more["levelised_cost"] - result["levelised_cost"]
    assert np.allclose(difference, 2.0 * 10.0)
    bought = config()
    bought["catalog"]["prices"]["captive_power"]["default"] = power(39.0, 0.9)["default"]
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
    bought["catalog"]["prices"]["captive_power"]["default"] = (
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
        "CN": {"electricity": "captive_power", "electricity_demand": 50}
    }
    result = simcore.run(given, threads=1).squeeze().sel(route="h2_dri_eaf")
    found = kinds(result)
    assert found["captive_power"] == pytest.approx(50 * 50e-3 * 0.9)
    assert found["bought_power"] == 0


def test_a_fuel_is_bought_by_energy() -> None:
    given = config()
    given["catalog"]["prices"]["captive_power"]["default"] = CAPTIVE | {"fuel": "scrap"}
    with pytest.raises(ConfigError) as error:
        simcore.load(given)
    (fault,) = error.value.faults
    assert fault.where == "catalog.prices.captive_power.default.fuel"
    assert "not a fuel bought by energy" in fault.found


def test_allowances_without_cover_say_that_they_do_nothing() -> None:
    _, found = build_and_warn(simcore.load(config(rules={"power_allowance": 0.4})))
    told = {one.where: one.remedy for one in found}
    where = next(one for one in told if one.endswith("CN.power_allowance"))
    assert told[where] == "read with power_coverage above zero"
