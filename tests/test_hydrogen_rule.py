"""Hydrogen's intensity and class, and which of it may have support: hand cases through the door."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from minimal import region, route

import simcore
from simcore.effects import warnings_of
from simcore.errors import ConfigError
from simcore.intake import packaged, priced
from simcore.intake.places import place_of

YEARS = {"first": 2027, "last": 2030}


def level(value: float, unit: str = "EUR/MWh", **more: Any) -> dict[str, Any]:
    return {"default": {"kind": "path", "unit": unit, "price_year": 2025,
                        "process": {"kind": "scenario"}, "path": {2026: value}, **more}}  # fmt: skip


ELECTROLYSIS = {
    "kind": "electrolysis", "electricity": "power", "electricity_demand": 52.5, "capex": 1000,
    "fixed_opex": 0, "full_load_hours": 5000, "lifetime": 20, "stack_lifetime": 20,
    "stack_share": 0, "storage": 0,
}  # fmt: skip
REFORMING = {
    "kind": "reforming", "gas": "gas", "efficiency": 0.69, "capture": 0.9, "storage": "store",
    "upstream": "4.9 g/MJ", "capex": 1000, "fixed_opex": 0.05, "full_load_hours": 8000,
    "lifetime": 20, "other_cost": 0.1,
}  # fmt: skip


def config(hydrogen: dict[str, Any], grid: float = 0.2, **changes: Any) -> dict[str, Any]:
    """Region AA with a carbon price of 80 EUR/t; `new` takes 100 kg of hydrogen a tonne."""
    plain = {"learning": None, "available_from": None}
    routes = {
        "old": route(emission_intensity=2.0, **plain),
        "new": route(inputs={"hydrogen": "100 kg/t"}, support="50 EUR/t", **plain),
    }
    for one in routes.values():
        for key in plain:
            one.pop(key, None)
    return {
        "name": "hydrogen", "draws": 16, "years": YEARS, "regions": ["AA"],
        "destinations": ["domestic"], "routes": ["old", "new"],
        "outcomes": ["hydrogen_intensity", "hydrogen_class", "hydrogen_qualifies", "hydrogen_cost",
                     "levelised_cost", "emissions_by_kind"],
        "keep": [], "exposures": {}, "scenarios": {"law": {}}, "dtype": "float64",
        "cbam": {"market": "home_ets", "coverage": 0},
        "value": {"buyer": "any"}, "correlations": {"factors": [], "shocks": []},
        "catalog": {
            "markets": {"home_ets": {"title": "a market", "unit": "EUR/t",
                                     "spot": {"year": 2025, "value": 80.0},
                                     "process": {"kind": "fixed"}}},
            "prices": {"power": level(50, emission_intensity={2026: grid}),
                       "gas": level(30), "store": level(60, "EUR/t"),
                       "hydrogen": {"default": hydrogen}},
            "regions": {"AA": region("EUR", "home_ets") | {"reference": {"steel": "old"}}},
            "routes": routes, "buyers": {"any": {"indirect_factor": 1.0}},
        },
    } | changes  # fmt: skip


def run(hydrogen: dict[str, Any], **changes: Any) -> Any:
    return simcore.run(config(hydrogen, **changes), threads=1).sel(scenario="law", region="AA")


def central(found: Any, name: str, **at: Any) -> list[float]:
    # Of an indicator a run has the mean: the share of the draws, and nothing is drawn here.
    kind = "central" if f"{name}_central" in found else "mean"
    return found[f"{name}_{kind}"].sel(at).values.tolist()


def test_s3_the_limit_is_seventy_per_cent_below_the_comparator() -> None:
    limit = packaged.catalog()["policies"]["eu_low_carbon_hydrogen"]["variants"]["law"]["values"]
    assert list(limit.values()) == [pytest.approx(94 * 0.3 * 119.96 / 1e3, abs=0.005)]
    # The grid mean below which hydrogen of 52.5 kWh/kg passes, on either side; the EU of 2025.
    below, above = (run(ELECTROLYSIS, grid=grid) for grid in (0.0643, 0.0645))
    assert central(below, "hydrogen_qualifies") == [1.0] * 4
    assert central(above, "hydrogen_qualifies") == [0.0] * 4
    assert central(run(ELECTROLYSIS), "hydrogen_intensity") == pytest.approx([10.5] * 4)


def test_power_of_the_grid_counts_and_a_contract_does_not() -> None:
    grid = run(ELECTROLYSIS)
    renewable = run({**ELECTROLYSIS, "supply": "renewable"})
    assert central(grid, "emissions_by_kind", route="new", emission="bought_power") == (
        pytest.approx([0.1 * 52.5 * 0.2] * 4)
    )
    assert central(renewable, "emissions_by_kind", route="new", emission="bought_power") == [0] * 4
    for found, grade in ((grid, "grey"), (renewable, "renewable")):
        classes = {one: central(found, "hydrogen_class", grade=one)
                   for one in ("renewable", "low_carbon", "grey")}  # fmt: skip
        assert classes.pop(grade) == [1] * 4
        assert list(classes.values()) == [[0] * 4] * 2


def test_hydrogen_of_gas() -> None:
    """h = 0.12 (4.9 + 0.1 * 56.1)/0.69 = 1.828, and a price of its parts."""
    found = run(REFORMING)
    assert central(found, "hydrogen_intensity") == pytest.approx([0.12 * (4.9 + 5.61) / 0.69] * 4)
    assert central(found, "hydrogen_class", grade="low_carbon") == [1] * 4
    gas = 0.12 / 3.6 / 0.69
    burnt = gas * 0.20196
    recovery = 0.07 * 1.07**20 / (1.07**20 - 1)
    capital = 1000 * (recovery + 0.05) / 8000 * 120 / 3.6
    expected = capital + gas * 30 + 0.9 * burnt * 60 + 0.1 * burnt * 80 + 0.1
    assert central(found, "hydrogen_cost") == pytest.approx([expected] * 4)
    # It is a precursor: neither emitted by the plant nor power that is bought.
    kinds = {kind: central(found, "emissions_by_kind", route="new", emission=kind)
             for kind in ("own", "bought_power", "precursors")}  # fmt: skip
    assert kinds["precursors"] == pytest.approx([0.1 * 0.12 * (4.9 + 5.61) / 0.69] * 4)
    assert kinds["bought_power"] == [0] * 4


def test_hydrogen_without_capture_is_grey() -> None:
    bare = {key: one for key, one in REFORMING.items() if key not in ("capture", "storage")}
    found = run({**bare, "efficiency": 0.76})
    assert central(found, "hydrogen_intensity") == pytest.approx([0.12 * 61.0 / 0.76] * 4)
    assert central(found, "hydrogen_class", grade="grey") == [1] * 4


def test_bought_hydrogen_emits_what_it_states() -> None:
    bought = level(4, "EUR/kg", emission_intensity={2026: 0.003})["default"]
    found = run(bought)
    assert central(found, "hydrogen_intensity") == pytest.approx([3.0] * 4)
    assert central(found, "hydrogen_class", grade="low_carbon") == [1] * 4


@pytest.mark.parametrize(
    ("contract", "rule", "intensity", "qualifies"),
    [
        # Matched by the month: renewable until 2029. From 2030 the law counts the grid instead.
        ({"matching": "monthly"}, "rfnbo", [0, 0, 0, 10.5], [1, 1, 1, 0]),
        ({"matching": "monthly"}, "low_carbon", [0, 0, 0, 10.5], [1, 1, 1, 0]),
        # One test of emissions takes the contract as it is.
        ({"matching": "monthly"}, "intensity", [0, 0, 0, 0], [1, 1, 1, 1]),
        ({"additional": False}, "rfnbo", [0, 10.5, 10.5, 10.5], [1, 0, 0, 0]),
        ({"matching": "annual"}, "low_carbon", [10.5] * 4, [0] * 4),
        ({}, "rfnbo", [0] * 4, [1] * 4),
    ],
)
def test_contracts_and_rules(
    contract: dict[str, Any], rule: str, intensity: list[float], qualifies: list[float]
) -> None:
    found = run({**ELECTROLYSIS, "supply": "renewable", **contract}, hydrogen_rule=rule)
    assert central(found, "hydrogen_intensity") == pytest.approx(intensity)
    assert central(found, "hydrogen_qualifies") == qualifies
    # The 50 EUR/t of the route count where the hydrogen may have support.
    paid = 100 * found.hydrogen_cost_central - found.levelised_cost_central.sel(route="new")
    lowest = float(paid.min()) if 0 in qualifies else float(paid.min()) - 50
    np.testing.assert_allclose(paid - lowest, 50 * np.array(qualifies), atol=1e-9)


@pytest.mark.parametrize(
    ("variant", "expected"),
    [("law", [10.5] * 4), ("credited", [10.5, 10.5, 0, 0]), ("at_once", [0] * 4)],
)
def test_a_nuclear_contract_counts_the_grid_until_the_review(
    variant: str, expected: list[float]
) -> None:
    base = config({**ELECTROLYSIS, "supply": "nuclear"})
    base["catalog"]["policies"] = {"eu_nuclear_hydrogen": {"variant": variant}}
    found = simcore.run(base, threads=1).sel(scenario="law", region="AA")
    assert central(found, "hydrogen_intensity") == pytest.approx(expected)
    # Of no rule is it renewable.
    assert central(found, "hydrogen_class", grade="renewable") == [0] * 4


def test_support_of_a_route_that_buys_no_hydrogen_needs_no_class() -> None:
    """And without a rule any hydrogen may have it."""
    dirty = config(ELECTROLYSIS)
    dirty["catalog"]["routes"]["old"]["support"] = "20 EUR/t"
    costs = {}
    for rule in ("intensity", None):
        found = simcore.run({**dirty, "hydrogen_rule": rule}, threads=1).sel(scenario="law")
        costs[rule] = found.levelised_cost_central.sel(year=2027, region="AA")
    more = costs["intensity"] - costs[None]
    assert more.sel(route=["old", "new"]).values.tolist() == pytest.approx([0.0, 50.0])


def test_capture_needs_a_store() -> None:
    with pytest.raises(ConfigError, match="storage"):
        simcore.load(config({**REFORMING, "storage": None}))


def test_gas_is_priced_by_energy() -> None:
    with pytest.raises(ConfigError, match="gas, priced by energy"):
        simcore.load(config({**REFORMING, "gas": "store"}))


def test_electrolysis_buys_its_electricity() -> None:
    with pytest.raises(ConfigError, match="hydrogen, which is itself computed"):
        simcore.load(config({**ELECTROLYSIS, "electricity": "hydrogen"}))


@pytest.mark.parametrize("hydrogen", [ELECTROLYSIS, REFORMING])
def test_where_a_price_is_bought_is_searched_for_once(
    hydrogen: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the checks of prices and of power, and by what a run is made of, together."""
    asked = Counter[tuple[int, str, str]]()
    held = []

    def counted(experiment: Any, table: Any, region: str) -> str | None:
        held.append(experiment)  # so that no other has its identity
        name = next(key for key, one in experiment.catalog.prices.items() if one is table)
        asked[id(experiment), name, region] += 1
        return place_of(experiment, table, region)

    monkeypatch.setattr(priced, "place_of", counted)
    simcore.build(simcore.load(config(hydrogen)))
    assert {name for _, name, _ in asked} >= {
        "hydrogen",
        "power" if hydrogen is ELECTROLYSIS else "gas",
    }
    assert {*asked.values()} == {1}


def test_a_rule_without_effect_says_so() -> None:
    quiet = config(ELECTROLYSIS, hydrogen_rule="rfnbo", outcomes=["levelised_cost"])
    quiet["catalog"]["routes"]["new"].pop("support")
    said = [str(one) for one in warnings_of(simcore.load(quiet))]
    assert any("hydrogen_rule" in one for one in said), said


@pytest.mark.parametrize("outcome", ["support_gap", "hydrogen_qualifies"])
def test_a_rule_with_effect_is_not_warned_of(outcome: str) -> None:
    loud = config(ELECTROLYSIS, outcomes=[outcome])
    loud["scenarios"] = {"law": {}, "strict": {"hydrogen_rule": "rfnbo"}}
    assert not [one for one in warnings_of(simcore.load(loud)) if "hydrogen_rule" in str(one)]


def test_a_premium_on_hydrogen_is_paid_for_what_qualifies() -> None:
    """1 EUR/kg on 100 kg/t and 2 Mt a year, until the contract by the month fails in 2030."""
    base = config({**ELECTROLYSIS, "supply": "renewable", "matching": "monthly"},
                  hydrogen_rule="rfnbo", outcomes=["instrument_payment"])  # fmt: skip
    base["catalog"]["instruments"] = {"bonus": {"kind": "opex", "amount": "1 EUR/kg",
                                                "per": "hydrogen"}}  # fmt: skip
    base["projects"] = {"works": {"region": "AA", "route": "new", "start": 2027, "lifetime": 4,
                                  "output": 2, "instruments": ["bonus"]}}  # fmt: skip
    found = simcore.run(base, threads=1).sel(scenario="law", project="works", instrument="bonus")
    assert found.instrument_payment_central.values.tolist() == pytest.approx([200, 200, 200, 0])


def test_gas_moves_the_premium_through_hydrogen() -> None:
    """At its parity price of gas the route costs what the reference does."""
    first = config(REFORMING, parity=["gas"], outcomes=["parity_price", "cost_premium"])
    price = float(
        simcore.run(first, threads=1).parity_price_central
        .sel(scenario="law", region="AA", route="new", good="gas", year=2027).squeeze()
    )  # fmt: skip
    first["catalog"]["prices"]["gas"] = level(price)
    again = simcore.run(first, threads=1).sel(scenario="law", region="AA", route="new", year=2027)
    assert float(again.cost_premium_central.squeeze()) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("rule", "clean_grid", "gas"),
    [("rfnbo", 0.0, 0.0), ("low_carbon", 1.0, 1.0), ("intensity", 1.0, 1.0), (None, 1.0, 1.0)],
)
def test_low_carbon_hydrogen_is_not_renewable(
    rule: str | None, clean_grid: float, gas: float
) -> None:
    of_grid = run(ELECTROLYSIS, grid=0.05, hydrogen_rule=rule)
    assert central(of_grid, "hydrogen_class", grade="low_carbon") == [1] * 4
    assert central(of_grid, "hydrogen_qualifies") == [clean_grid] * 4
    assert central(run(REFORMING, hydrogen_rule=rule), "hydrogen_qualifies") == [gas] * 4
