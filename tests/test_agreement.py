"""The kernels against the independent reference model, to 1e-9 relative.

Fixed configs hold every feature on purpose; random ones look for what nobody thought of.
"""

from __future__ import annotations

import math
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from agreement import Scales, central_case, central_rows, disagreements, traced
from batteries import some
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_configs import configs
from reference_model import evaluate
from reference_paths import merge
from rich_config import ASKED, POWER, STORED, SYSTEM, rich_config

import simcore

QUICKSTART = Path(__file__).parents[1] / "configs" / "quickstart.yaml"
# First and last lanes of the halves of a block of 256, the block after it, and another.
DRAWS = (0, 127, 128, 255, 256, 300)

LATE: dict[str, Any] = {
    "projects": {
        "works": {"start": 2028, "instruments": ["running", "part_of_capex", "per_kilogram"]},
        "short": {"start": 2028},
    },
    "scenarios": {"reform": {"projects": {"of_the_reform": {"start": 2028}}}},
    "budgets": {
        "hydrogen_steel": {"volume": {2027: 0, 2028: 0.5}},
        "at_the_price": {"volume": {2020: 0, 2027: 0}},
    },
    "accounts": {
        "bond": {
            "inflow": {
                "freed": {"volume": {2028: 30}},
                "border": {"volume": {2028: 2}},
            }
        }
    },
}
"""Projects that wait for their routes, and budgets and accounts of which no tonne is paid before
2028."""

VARIANTS: dict[str, dict[str, Any]] = {
    "as written": {},
    "in another currency": {"currency": "USD"},
    "seed formula": {"value": {"mode": "seed"}, "boundary": "scope12"},
    "credits": {"value": {"double_claiming": "allow"}},
    "credits with a limit": {
        "value": {"double_claiming": "allow", "credit_limit": 0.1}, "boundary": "scope12",
    },
    "country average and shuffling": {
        "cbam": {"method": "country_average", "resource_shuffling": 0.3},
    },
    "credits with the limits of the law": {
        "value": {"double_claiming": "allow", "credit_limit": "law"},
        "catalog": {"regions": {"XA": {"credit_limit": 0.03}, "XB": {"credit_limit": "share"}}},
    },
    "what a plant owes": {
        "exposures": {
            region: {"plant": {"region": region, "route": "blast", "output": 2.0,
                               "destinations": {"eu": sold}},
                     "first": 2027, "last": 2029, "growth": -0.1}
            for region, sold in {
                "XA": 0.1,
                "XB": {"years": {2027: 0.1, 2029: {"kind": "uniform", "low": 0.1, "high": 0.3}}},
            }.items()
        },
    },
    "emissions below zero": {
        "destinations": ["domestic", "eu"],
        "catalog": {
            "routes": {"hydrogen": {"emission_intensity": {
                "kind": "triangular", "low": -0.6, "mode": -0.1, "high": 0.3, "unit": "t/t"}}},
            "regions": {"XA": {"removals": 0.4}},
        },
    },
    "a link and bought power at the border": {
        "cbam": {"indirect": "recognition"},
        "factors": {"late": {"kind": "discrete", "values": [0, 1], "probabilities": [0.5, 0.5]}},
        "catalog": {
            "markets": {
                name: {"link": {"to": "border_ets", "share": "joined"}}
                for name in ("home_ets", "third_ets")
            },
            "policies": {"joined": {
                "variant": "law", "delay": {"kind": "factor", "name": "late"}, "known_until": 2025,
                "variants": {"law": {"values": {2020: 0.0, 2027: 0.5, 2028: 1.0}}},
            }},
        },
    },
    "prices that follow an index": {
        "catalog": {"prices": {
            "ore": {"XA": {
                "kind": "indexed", "unit": "USD/t", "price_year": 2023, "index": "ore.default",
                "coefficient": {"kind": "triangular", "low": 0.8, "mode": 0.9, "high": 1.1},
                "premium": {"kind": "uniform", "low": 5.0, "high": 20.0},
            }},
            "power": {"XB": {
                "kind": "indexed", "unit": "EUR/MWh", "index": "power.XA",
                "premium": {"kind": "constant", "value": -2.0, "unit": "USD/GJ",
                            "price_year": 2022},
                "emission_intensity": {2025: 0.4, 2029: 0.2},
            }},
        }},
        "boundary": "scope12",
    },
    "power made on site": POWER,
    "the usual factor of power": merge(POWER, {"cbam": {"power_factor": "default"}}),
    "parts of emissions and biomass that is stored": STORED,
    "a market solved in each draw": SYSTEM,
    "default values": {"cbam": {"declared": "default", "resource_shuffling": 1.0}},
    "the cheaper value": {"cbam": {"declared": "cheaper"}},
    "independent scenarios": {"independent_scenarios": True},
    "names drawn again": {"scenarios": {
        "reform": {"redraw": ["border_ets.anchor", "border_ets.shock", "consumables", "XB.wacc",
                              "*.delay"]},
        "another": {"redraw": ["power.*", "share.*"]},
    }},
    "names drawn again of independent scenarios": {
        "independent_scenarios": True, "redraw": ["border_ets.*"],
    },
    "a reference that is not listed and comes late": {
        "routes": ["hydrogen", "electric"],
        "catalog": {"routes": {"blast": {"available_from": 2028}}}, **LATE,
    },
    "no route at first": {
        "catalog": {"routes": {
            name: {"available_from": 2028}
            for name in ("blast", "hydrogen", "electric", "captured")
        }}, **LATE,
    },
    "a plant after the last route, inside the horizon": {
        "plant": {"start": 2028, "lifetime": 2, "beyond": "error"},
    },
}  # fmt: skip


def differences(
    config: Any, *, draws: tuple[int, ...], central: Any = central_rows, overrides: Any = ()
) -> list[str]:
    """What the engine and the reference model make differently of a config, in draws and, where
    it is said how that is found, in the central case."""
    plan = simcore.build(simcore.load(config, overrides=overrides))
    resolved = plan.spec.resolved()
    found = []
    for draw in draws:
        faults = disagreements(resolved, traced(plan, draw), draw)
        found += [f"draw {draw}: {fault}" for fault in islice(faults, 5)]
    if central:
        faults = disagreements(resolved, central(plan), None, complete=False)
        found += [f"central case: {fault}" for fault in islice(faults, 5)]
    return found


def quickstart(*changes: str) -> list[str]:
    """Overrides that ask for every outcome of the quickstart, few draws, a plant and a firm."""
    return [
        *changes, "draws=320",
        f"outcomes=[{', '.join(ASKED)}]", "keep=[]",
        "plant={start: 2028, lifetime: 20, output: 1.5, valued_in: 2027, beyond: hold}",
        "against=[EU.bf_bof, KR.h2_dri_eaf]",
        "exposures.firm={market: k_ets, shortfall: 20, first: 2026, last: 2027}",
        "projects.works={region: EU, route: h2_dri_eaf, start: 2028, lifetime: 15, output: 2, "
        "sold: 0.5, willing: 40 EUR/t, rate: 6 %, instruments: [contract]}",
        "catalog.instruments.contract={kind: ccfd, strike: 150 EUR/t, term: 2}",
        "products=[car, house, ship]",
        "budgets.steel={region: EU, route: hbi_import_eaf, gap: market, volume: {2025: 3, 2028: 5}}",
        "portfolios.group={projects: [works], exposures: [firm], rate: 5 %}",
        "decisions={now: [works], never: []}",
        "accounts.fund={first: 2026, last: 2027, rate: 2 %, inflow: {sold: {kind: auction, "
        "market: eu_ets, volume: {2026: 10}}}, outflow: {gap: {kind: gap, budget: steel}}}",
    ]  # fmt: skip


def test_quickstart_agrees():
    chosen = quickstart(
        "regions=[EU, IN]", "years={first: 2026, last: 2029}",
        "routes=[bf_bof, h2_dri_eaf, hbi_import_eaf, ng_dri_eaf_ccs]",
    )  # fmt: skip
    assert differences(QUICKSTART, draws=(0, 128, 300), overrides=chosen) == []


@pytest.mark.parametrize("name", some(VARIANTS, each=2))
def test_everything_at_once_agrees(name):
    if name == "as written":
        # What a run tells of the central case is what its rows hold, wherever that is.
        assert differences(rich_config(), draws=DRAWS, central=central_case) == []
    else:
        # The lanes of a block are those of the config as written.
        assert differences(rich_config(draws=256, **VARIANTS[name]), draws=(200,)) == []


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in VARIANTS if name != "as written"])
def test_everything_at_once_agrees_in_another_draw(name):
    config = rich_config(draws=256, **VARIANTS[name])
    assert differences(config, draws=(1,), central=None) == []


def test_only_equal_numbers_are_spared_the_error_bound(monkeypatch):
    plan = simcore.build(simcore.load(QUICKSTART, overrides=[
        "regions=[EU]", "routes=[bf_bof]", "destinations=[domestic]", "years=2026-2026",
        "outcomes=[levelised_cost]", "keep=[]",
    ]))  # fmt: skip
    resolved, bounds = plan.spec.resolved(), []
    monkeypatch.setattr(Scales, "tolerance", lambda _, key: bounds.append(key) or math.inf)
    same = evaluate(resolved, 0)
    assert list(disagreements(resolved, same, 0, complete=False)) == bounds == []
    key = next(one for one in same if one[0] == "levelised_cost")
    moved = same | {key: math.nextafter(same[key], math.inf)}
    assert list(disagreements(resolved, moved, 0, complete=False)) == []
    assert bounds == [key]


def test_where_there_is_no_route_none_is_the_cheapest():
    """The stored draws are small integers, which know no undefined value."""
    config = rich_config(
        **VARIANTS["no route at first"], draws=300, outcomes=["cheapest_route"],
        keep=["cheapest_route"],
    )  # fmt: skip
    stored = simcore.run(config)["cheapest_route"]
    assert (stored.sel(year=slice(2026, 2027)) == -1).all()
    assert (stored.sel(year=slice(2028, 2029)) >= 0).all()


LOOSE = {
    "deadline": None, "database": None, "derandomize": True,
    "suppress_health_check": list(HealthCheck),
}  # fmt: skip


@pytest.mark.long
@settings(max_examples=6, **LOOSE)
@given(configs(), st.integers(0, 511))
def test_random_configs_agree(config, draw):
    assert differences(config, draws=(draw,), central=None if draw % 4 else central_case) == []


@pytest.mark.long
@settings(max_examples=18, **LOOSE)
@given(configs(), st.integers(0, 511))
def test_more_random_configs_agree(config, draw):
    assert differences(config, draws=(draw,), central=None if draw % 4 else central_case) == []


@pytest.mark.slow
def test_whole_quickstart_agrees():
    assert differences(QUICKSTART, draws=(17,), overrides=quickstart()) == []


@pytest.mark.slow
@settings(max_examples=1500, **(LOOSE | {"derandomize": False}))
@given(configs(), st.integers(0, 511))
def test_many_random_configs_agree(config, draw):
    assert differences(config, draws=(draw, 511 - draw)) == []
