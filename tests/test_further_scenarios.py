"""What is shipped as data alone: a climate club, hydrogen in blast furnaces, sale by mass balance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simcore

CONFIGS = Path(__file__).parents[1] / "configs"


def test_a_climate_club_counts_what_was_paid() -> None:
    config: dict[str, Any] = {
        "name": "club", "draws": 1024, "years": {"first": 2030, "last": 2040},
        "regions": ["EU", "KR", "CN", "IN"], "destinations": ["domestic", "eu"],
        "routes": ["bf_bof", "scrap_eaf"], "outcomes": ["cbam_cost", "home_carbon_cost"],
        "keep": ["cbam_cost", "home_carbon_cost"], "dtype": "float64",
        "scenarios": {"law": "law", "club": ["law", "climate_club"]},
    }  # fmt: skip
    run = simcore.run(config, threads=1).sel(route="bf_bof")
    border = run["cbam_cost"].sel(destination="eu")
    less = border.sel(scenario="law") - border.sel(scenario="club")
    paid = run["home_carbon_cost"].sel(scenario="law")
    assert (less >= -1e-9).all()
    # In India six draws in ten count nothing today; no member pays less than nothing.
    assert float((less.sel(region="IN") > 0).mean()) == pytest.approx(0.6, abs=0.1)
    assert float(less.sel(region="IN").mean()) > float(less.sel(region="KR").mean())
    for region in ("KR", "CN", "IN"):
        counted = less.sel(region=region)
        assert (counted <= np.maximum(paid.sel(region=region), 0) + 1e-9).all()
    assert float(abs(less.sel(region="EU")).max()) == 0
    same = run["home_carbon_cost"].sel(scenario="club") - paid
    assert float(abs(same).max()) == 0


def test_hydrogen_in_a_blast_furnace_saves_a_tenth_and_costs_its_hydrogen() -> None:
    """It stands on its host in every draw: 0.2 t is saved whatever the furnace emits."""
    config: dict[str, Any] = {
        "name": "injected", "draws": 512, "years": {"first": 2030, "last": 2035},
        "regions": ["EU", "JP", "CN"], "destinations": ["domestic"],
        "routes": ["bf_bof", "bf_bof_h2_injection"], "dtype": "float64",
        "outcomes": ["avoided_emissions", "cost_premium_ex_carbon", "hydrogen_cost",
                     "commodity_price"],
        "keep": ["avoided_emissions", "cost_premium_ex_carbon", "hydrogen_cost", "commodity_price"],
        "scenarios": {"law": "law"},
    }  # fmt: skip
    run = simcore.run(config, threads=1).isel(scenario=0).sel(route="bf_bof_h2_injection")
    np.testing.assert_allclose(run["avoided_emissions"], 0.2, atol=1e-9)
    extra, hydrogen = (
        run[one].sel(region="EU") for one in ("cost_premium_ex_carbon", "hydrogen_cost")
    )
    # What is left after 0.09 t less of coal is 18 to 27 kg of hydrogen, one number in each draw.
    coal = 0.09 * run["commodity_price"].sel(commodity="coking_coal.EU")
    used = ((extra + coal) / hydrogen).transpose("year", "draw").values
    np.testing.assert_allclose(used, used[:1].repeat(len(used), axis=0), rtol=1e-6)
    assert used.min() >= 17.9 - 1e-6
    assert used.max() <= 26.6 + 1e-6
    mean = run["cost_premium_ex_carbon"].mean(("draw", "year"))
    assert float(mean.sel(region="EU")) > float(mean.sel(region="CN")) > 0


def test_certificates_by_mass_balance_are_a_share_sold() -> None:
    """They bring the share times what buyers pay, and no more CO2 is sold than is saved."""
    path = CONFIGS / "mass_balance.yaml"
    spec = simcore.load(path, draws=512)
    sold = spec.scenarios["certificates"].projects["works"].sold.value
    run = simcore.run(path, draws=512, threads=1)
    avoided = float(run["avoided_emissions_mean"].isel(scenario=0).sel(
        region="JP", route="bf_bof_h2_injection", year=2030
    ))  # fmt: skip
    assert sold <= avoided / 2.0
    npv = run["project_npv"].sel(project="works")
    gain = npv.sel(scenario="certificates") - npv.sel(scenario="none")
    assert (gain > 0).all()
    # 0.0985 of four million tonnes for twenty years at some 35 EUR a green tonne.
    assert 50 < float(gain.median()) < 400
    assert (npv < 0).mean() > 0.95
