"""Emissions below zero, of biomass with capture: allowed, and credited or not as the config says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import simcore
from simcore.effects import build_and_warn
from simcore.errors import ConfigError

CONFIG: dict[str, Any] = {
    "name": "small", "draws": 256, "years": {"first": 2030, "last": 2030},
    "plant": {"start": 2030, "lifetime": 1},
    "regions": ["EU"], "routes": ["bf_bof", "h2_dri_eaf"], "destinations": ["domestic"],
    "outcomes": ["carbon_price", "home_carbon_cost", "marginal_carbon_cost", "avoided_emissions"],
    "keep": ["carbon_price", "home_carbon_cost", "marginal_carbon_cost", "avoided_emissions"],
    "dtype": "float64", "scenarios": {"law": "law"},
}  # fmt: skip


def with_emissions(intensity: Any, **region: Any) -> dict[str, Any]:
    return {**CONFIG, "catalog": {
        "routes": {"h2_dri_eaf": {"emission_intensity": intensity}}, "regions": {"EU": region},
    }}  # fmt: skip


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_market_credits_the_share_that_is_said(share: float) -> None:
    config = with_emissions(-0.3, removals=share, coverage=0.9, free_allocation=0)
    result = simcore.run(config, threads=1).squeeze()
    green = result.sel(route="h2_dri_eaf")
    price = result["carbon_price"].values
    expected = price * 0.9 * share * -0.3
    assert np.allclose(green["home_carbon_cost"].values, expected, rtol=1e-12)
    assert np.allclose(green["marginal_carbon_cost"].values, expected, rtol=1e-12)


def test_what_is_avoided_does_not_depend_on_the_credit() -> None:
    runs = [simcore.run(with_emissions(-0.3, removals=share), threads=1) for share in (0.0, 1.0)]
    one, other = (run["avoided_emissions"].sel(route="h2_dri_eaf").values for run in runs)
    assert np.array_equal(one, other)
    assert (one > 0.3).all()


def test_only_what_lies_below_zero_is_cut() -> None:
    wide = {"kind": "uniform", "low": -0.4, "high": 0.4, "unit": "t/t"}
    result = simcore.run(with_emissions(wide, free_allocation=0), threads=1).squeeze()
    cost = result["home_carbon_cost"].sel(route="h2_dri_eaf").values
    assert (cost >= 0).all()
    assert 0.3 < (cost == 0).mean() < 0.7


def test_a_credit_without_anything_to_credit_is_told() -> None:
    _, found = build_and_warn(simcore.load(with_emissions(0.3, removals=0.5)))
    told = {one.where: one.remedy for one in found}
    assert told["catalog.regions.EU.removals"] == (
        "read where a route emits less than nothing, or stores CO2 of biomass"
    )
    _, found = build_and_warn(simcore.load(with_emissions(-0.3, removals=0.5)))
    assert "catalog.regions.EU.removals" not in {one.where for one in found}


def test_what_is_below_zero_cannot_be_captured() -> None:
    config = {**CONFIG, "routes": ["bf_bof", "bf_bof_ccs"], "catalog": {"routes": {
        "bf_bof": {"emission_intensity": -0.3}}}}  # fmt: skip
    with pytest.raises(ConfigError, match="emits less than nothing"):
        simcore.load(config)
