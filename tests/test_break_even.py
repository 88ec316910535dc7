"""At which strike a project breaks even, and how a strike follows the bills of energy."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from minimal import route
from paid_plants import (
    KEPT,
    LIFE,
    OUTPUT,
    SOLD,
    START,
    TWO_WAY,
    YEARS,
    config,
    of,
    run,
)
from reference_paths import merge
from small_config import small_config

import simcore
from simcore.plan import build
from simcore.running.program import Request
from simcore.running.rows import draws_of

INDEXED = TWO_WAY | {
    "escalation": 0.01, "term": 10, "green_revenue": 0.5,
    "indexation": {"base": 2029, "shares": dict.fromkeys(
        ("hydrogen", "electricity", "natural_gas", "coking_coal"), 1.0)},
}  # fmt: skip


def with_strike(strike: Any, **changes: Any) -> dict[str, Any]:
    contract = INDEXED | {"strike": strike} | changes
    aid = {"kind": "opex", "amount": 40.0, "term": 5}
    grant = {"kind": "grant", "share": 0.2}
    return config(
        {"contract": contract, "aid": aid, "grant": grant},
        {"plant": {"instruments": ["aid", "contract", "grant"]} | SOLD},
    )


@pytest.mark.parametrize("clauses", [{}, {"other_aid": "deduct"}, {"nominal": True},
                                     {"reference": "market"}, {"cover": 0.6}])  # fmt: skip
def test_at_its_break_even_strike_a_project_is_worth_nothing(clauses: dict[str, Any]) -> None:
    none, some = (run(with_strike(strike, **clauses)) for strike in (0.0, 200.0))
    strike = of(none, "break_even_strike", "plant")
    # It depends on no strike, so that a bid may be derived from it.
    np.testing.assert_array_equal(strike, of(some, "break_even_strike", "plant"))
    value, other = (of(each, "project_npv", "plant") for each in (none, some))
    np.testing.assert_allclose(value + strike * (other - value) / 200.0, 0.0, atol=1e-6)
    for draw in (3, 77):
        bid = {"law": {("plant", "contract"): float(strike[draw])}}
        asked = with_strike({"break_even": 0.5}, **clauses)
        assert values(asked, bid)[draw] == pytest.approx(0, abs=1e-6)


def values(given: dict[str, Any], strikes: Any = None) -> np.ndarray:
    """project_npv of each draw with strikes that stand in the place of those that a run finds."""
    plan = build(simcore.load(given), strikes)
    (node,) = (cell.node for cell in plan.cells if cell.variable == "project_npv")
    return draws_of(plan, [Request(node, ())], plan.draws)[0]


def test_a_strike_that_nobody_has_found_is_zero() -> None:
    asked, none = (values(with_strike(strike)) for strike in ({"break_even": 0.5}, 0.0))
    np.testing.assert_array_equal(asked, none)


def test_the_break_even_strike_is_extra_cost_over_avoided_co2() -> None:
    """Of a contract on the carbon cost that the plant saves, whatever carbon costs."""
    found = run(config({"contract": TWO_WAY}, {"plant": {"instruments": ["contract"]}},
                       routes=["bf_bof", "h2_dri_eaf"]))  # fmt: skip
    place = {"region": "EU", "year": list(YEARS)}
    charged = found["carbon_cost"].sel(destination="domestic", **place)
    saved = charged.sel(route="bf_bof") - charged.sel(route="h2_dri_eaf")
    extra = of(found, "project_gap", "plant") + np.asarray(saved.transpose("year", "draw"))
    avoided = found["avoided_emissions"].sel(route="h2_dri_eaf", **place).transpose("year", "draw")
    weight = 1.07 ** -(np.arange(LIFE)[:, None] + 1.0)
    expected = (weight * extra).sum(0) / (weight * np.asarray(avoided)).sum(0)
    strike = of(found, "break_even_strike", "plant")
    np.testing.assert_allclose(strike, expected, rtol=1e-9)
    assert 200 < np.median(strike) < 400


def test_instruments_after_the_contract_count_as_if_it_paid_nothing() -> None:
    rest = {"kind": "opex", "covers": "gap", "other_aid": "deduct"}

    def bid(strike: float) -> Any:
        contract = TWO_WAY | {"strike": strike}
        both = {"contract": contract, "rest": rest}
        return run(config(both, {"plant": {"instruments": ["contract", "rest"]}}))

    low, high = bid(0.0), bid(300.0)
    np.testing.assert_array_equal(*(of(each, "break_even_strike", "plant") for each in (low, high)))
    paid = [of(each, "instrument_payment", "plant", "rest") for each in (low, high)]
    assert paid[0].sum() > paid[1].sum() + 1.0


# --- indexation ----------------------------------------------------------------------------------


def indexed(**changes: Any) -> Any:
    """The strike of a plant that buys 2 t of ore at a price that rises from 100 by 10 a year, and
    sells 0.5 t of slag at 20; what it replaces buys 1 t of ore."""
    path = {2026: 100.0, 2031: 150.0}
    prices = {
        "ore": {"default": {"title": "ore", "unit": "EUR/t", "process": {"kind": "scenario"},
                            "path": path}},
        "slag": {"default": {"title": "slag", "unit": "EUR/t", "process": {"kind": "scenario"},
                             "path": {2026: 20.0, 2031: 30.0}}},
    }  # fmt: skip
    contract = {"kind": "ccfd", "strike": 200.0, "term": 4, "indexation": {
        "base": 2026, "shares": {"ore": 0.5, "slag": 1.0}}}  # fmt: skip
    given = small_config(
        routes={"old": route(emission_intensity=2.0, inputs={"ore": 1.0}),
                "new": route(inputs={"ore": 2.0}, byproducts={"slag": 0.5})},
        prices=prices, years={"first": 2026, "last": 2031}, exposures={},
        outcomes=["instrument_strike", "instrument_payment", "carbon_price", "cost_premium"],
        keep=["instrument_strike", "instrument_payment", "carbon_price"], draws=256,
        projects={"plant": {"region": "AA", "route": "new", "start": 2028, "lifetime": 4,
                            "output": 1.0, "instruments": ["contract"]}},
    )  # fmt: skip
    given["catalog"]["instruments"] = {"contract": merge(contract, changes)}
    return run(given)


def test_an_indexed_strike_follows_the_bills() -> None:
    found = indexed()
    strike = (
        found["instrument_strike"].isel(project=0, instrument=0, draw=0).sel(year=range(2028, 2032))
    )
    rise = np.array([20.0, 30.0, 40.0, 50.0])
    # (2 - 1) t of ore at half of its rise, less 0.5 t of slag that earns 2 EUR/t a year more.
    moved = (0.5 * rise - 0.5 * rise / 5) / 2.0
    np.testing.assert_allclose(strike, 200.0 + moved, rtol=1e-12)
    price = found["carbon_price"].isel(market=0, draw=0).sel(year=range(2028, 2032))
    paid = found["instrument_payment"].isel(project=0, instrument=0, draw=0)
    np.testing.assert_allclose(paid.sel(year=range(2028, 2032)), 2.0 * (200 + moved - price))


def test_the_base_year_of_an_index_is_the_strike() -> None:
    found = indexed(indexation={"base": 2028})
    strike = found["instrument_strike"].isel(project=0, instrument=0, draw=0)
    assert float(strike.sel(year=2028)) == 200.0


@pytest.mark.parametrize("hydrogen", ["bought", "own"])
def test_with_all_bills_indexed_prices_of_energy_do_not_move_the_margin(hydrogen: str) -> None:
    """What is left moves by carbon, and by what is not energy."""
    shares = dict.fromkeys(("hydrogen", "electricity", "natural_gas", "coking_coal"), 1.0)
    contract = TWO_WAY | {"indexation": {"base": START, "shares": shares}}
    project = {"instruments": ["contract"], "hydrogen": hydrogen}
    given = config({"contract": contract}, {"plant": project}, outcomes=[
        "instrument_payment", "instrument_strike", "project_cost", "commodity_price",
    ], keep=["instrument_payment", "instrument_strike", "project_cost", "commodity_price"])  # fmt: skip
    dear = merge(copy.deepcopy(given), {"catalog": {"prices": {"electricity": {"EU": {
        "anchors": {2035: 200.0, 2045: 200.0}}}}}})  # fmt: skip
    cost, payment = (
        of(run(dear), name, "plant", *which) - of(run(given), name, "plant", *which)
        for name, which in (("project_cost", ()), ("instrument_payment", ("contract",)))
    )
    assert np.all(cost[6] > 10.0)
    # What power costs more in each year, above the year of the base, is what is paid more.
    np.testing.assert_allclose((cost - cost[0]) * OUTPUT, payment - payment[0], atol=1e-6)


def test_the_bill_of_hydrogen_of_its_own_is_that_of_its_power() -> None:
    """The electrolyser costs what it cost in its year, whatever new ones cost."""
    contract = TWO_WAY | {"indexation": {"base": 2029, "shares": {"hydrogen": 1.0}}}
    kept = ["instrument_strike", "commodity_price", "avoided_emissions"]
    given = config(
        {"contract": contract}, {"plant": {"instruments": ["contract"], "hydrogen": "own"}},
        outcomes=kept, keep=kept,
        catalog={"routes": {"h2_dri_eaf": {"inputs": {"hydrogen": "60 kg/t"}}},
                 "prices": {"hydrogen": {"EU": {"electricity_demand": "50 kWh/kg"}}}},
    )  # fmt: skip
    found = run(given)
    price = (
        found["commodity_price"].sel(commodity="renewable_electricity.EU").transpose("year", "draw")
    )
    rise = np.asarray(price.sel(year=list(YEARS))) - np.asarray(price.sel(year=2029))
    avoided = found["avoided_emissions"].sel(region="EU", route="h2_dri_eaf", year=list(YEARS))
    moved = 3.0 * rise / np.asarray(avoided.transpose("year", "draw"))
    np.testing.assert_allclose(
        of(found, "instrument_strike", "plant", "contract"), 250.0 + moved, rtol=1e-9
    )


def test_green_revenue_is_set_off_where_there_is_any() -> None:
    parts = {"none": 0.0, "some": 0.4}
    contracts = {name: TWO_WAY | {"green_revenue": part} for name, part in parts.items()}
    given = config(
        contracts,
        {f"{name}_plant": {"instruments": [name]} | SOLD for name in parts},
        keep=[*KEPT, "inputs"],
    )
    found = run(given)
    none, some = (of(found, "instrument_payment", f"{name}_plant", name) for name in parts)
    willing = np.asarray(found["input"].sel(factor="some_plant.willing"))
    assert (willing < 0).any()
    off = 0.4 * 0.3 * np.maximum(0, willing) * OUTPUT
    np.testing.assert_allclose(none - some, np.broadcast_to(off, none.shape), atol=1e-8)
