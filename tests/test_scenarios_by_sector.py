"""Every packaged scenario in a run of every sector: it moves results, or `check` says that it does not."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pytest

import simcore
from simcore.effects import build_and_warn
from simcore.intake import packaged

NAMES: Final = sorted(packaged.scenarios())
OUTCOMES: Final = ["carbon_price", "home_carbon_cost", "cbam_cost", "cost_premium"]
ROUTES: Final = {
    "steel": ["bf_bof", "h2_dri_eaf", "scrap_eaf"],
    "aluminium": ["hall_heroult_grid", "hall_heroult_hydro", "secondary_aluminium"],
    "clinker": ["clinker_conventional", "clinker_ccs_amine"],
    "cement": ["cement_average", "lc3"],
    "ammonia": ["ammonia_smr", "ammonia_electrolytic"],
    "iron": ["hbi_gas", "hbi_hydrogen"],
}
METALS: Final = {"steel", "aluminium"}
ONLY: Final[dict[str, set[str]]] = {
    "cbam_downstream": METALS,
    # Cement and fertilisers count power by law. Kilns and mills buy it from the grid alone, so that its
    # mean is what they have anyway.
    "cbam_indirect": {*METALS, "iron"},
    "cbam_grid_mean": {*METALS, "iron", "ammonia"},
    "cement_benchmark": {"cement"},
    "clay_benchmark": {"cement"},
    "cn_hydro_smelter": {"aluminium"},
    "cn_smelter_mix": {"aluminium"},
    "compensation_extended": METALS,
    "pre_consumer_scrap_counts": METALS,
    "reference_new": {*METALS, "clinker", "cement", "ammonia"},  # no new plant is stated of iron
    "scrap_kept_in_europe": METALS,
    "scrap_owners_take_all": METALS,
    "uk_blast_furnace": {"steel"},
}
"""Sectors that a scenario is about, where it is not about all."""
UNTOLD: Final = {("cbam_grid_mean", "clinker"), ("cbam_grid_mean", "cement")}
"""The numbers are the same, and only the draws show it."""
PRICE: Final = {
    "ets_tightened", "linking_eu_uk", "prices_analysts", "prices_history", "prices_market",
    "prices_structural", "reform_2026", "law", "cbam_repealed",
}  # fmt: skip
"""Scenarios that move a carbon price."""
BORDER: Final = {
    "cbam_delayed", "cbam_downstream", "cbam_grid_mean", "cbam_indirect", "cbam_repealed",
    "climate_club", "country_average", "law", "linking_eu_uk", "pre_consumer_scrap_counts",
    "reform_2026",
}  # fmt: skip
"""Scenarios that move what is paid at the border."""


def _config(sector: str) -> dict[str, Any]:
    return {
        "name": sector, "draws": 16, "sectors": [sector], "years": {"first": 2029, "last": 2034},
        "regions": ["EU", "UK", "CN"], "routes": ROUTES[sector], "destinations": ["domestic", "eu"],
        "outcomes": OUTCOMES, "keep": OUTCOMES, "dtype": "float64",
        "scenarios": {"nothing": {}, **{name: name for name in NAMES}},
    }  # fmt: skip


_RARE = ("clinker", "ammonia", "iron")
"""Sectors whose run of every scenario is left to the slow battery: they take five seconds each."""
_LONG = ("aluminium", "cement")


@pytest.mark.long
@pytest.mark.parametrize(
    "sector",
    [
        pytest.param(
            one, marks=[pytest.mark.slow] * (one in _RARE) + [pytest.mark.long] * (one in _LONG)
        )
        for one in ROUTES
    ],
)
def test_a_scenario_moves_what_it_is_about_or_check_tells(sector: str) -> None:
    config = _config(sector)
    _, found = build_and_warn(simcore.load(config))
    told = {one.found.split()[1] for one in found if "changes nothing" in one.found}
    assert len(told) == len(found), [str(one) for one in found]
    run = simcore.run(config, threads=1)
    base = run.sel(scenario="nothing")
    moved = {
        name: {
            one
            for one in OUTCOMES
            if not np.array_equal(base[one], run[one].sel(scenario=name), equal_nan=True)
        }
        for name in NAMES
    }
    about = {name for name in NAMES if sector in ONLY.get(name, {sector})}
    assert {name for name in NAMES if moved[name]} == about
    assert told == set(NAMES) - about - {name for name, one in UNTOLD if one == sector}
    assert {name for name in about if "carbon_price" in moved[name]} == PRICE
    assert {name for name in about & BORDER if "cbam_cost" in moved[name]} == about & BORDER


@pytest.mark.parametrize("sector", ROUTES)
def test_after_its_repeal_nothing_is_paid_at_the_border(sector: str) -> None:
    config = _config(sector) | {
        "years": {"first": 2026, "last": 2031}, "outcomes": ["cbam_cost"], "keep": ["cbam_cost"],
        "scenarios": {"law": "law", "repealed": "cbam_repealed"},
    }  # fmt: skip
    paid = simcore.run(config, threads=1)["cbam_cost"].sel(destination="eu", region=["UK", "CN"])
    assert float(abs(paid.sel(scenario="law", year=2031)).max()) > 0
    assert float(abs(paid.sel(scenario="repealed", year=2031)).max()) == 0
    assert float(abs(paid.sel(scenario="repealed", year=2027)).max()) > 0
