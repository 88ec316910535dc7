"""What instruments pay a project: each clause against a plain loop, and what must hold of it."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from minimal import route
from reference_contracts import Clauses, account
from reference_paths import merge
from scipy import stats
from small_config import market, small_config

import simcore
from simcore.effects import build_and_warn
from simcore.plan import build
from simcore.running import engine
from simcore.running.program import Request
from simcore.running.rows import draws_of

START, LIFE, OUTPUT, LAST = 2030, 14, 1.5, 2046
YEARS = range(START, START + LIFE)
ROUTES = {"bf_bof": "alternative", "h2_dri_eaf": "plant"}
KEPT = [
    "avoided_emissions", "carbon_cost", "carbon_price", "project_gap", "project_cost",
    "project_support", "project_margin", "project_npv", "project_annuity", "break_even_strike",
    "break_even_grant", "break_even_premium", "instrument_strike", "instrument_reference",
    "instrument_payment", "instrument_repays", "instrument_npv", "instrument_total",
    "instrument_repaid", "claw_back", "cap_binds", "instrument_exhausted", "instrument_ended",
    "public_cost_per_tco2",
]  # fmt: skip
TWO_WAY: dict[str, Any] = {"kind": "ccfd", "strike": 250.0}
PROJECT: dict[str, Any] = {
    "region": "EU", "route": "h2_dri_eaf", "start": START, "lifetime": LIFE, "output": OUTPUT,
    "rate": 0.07,
}  # fmt: skip


def config(instruments: dict[str, Any], projects: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A packaged plant; each project states what differs."""
    found = {
        "name": "instruments", "draws": 512, "years": {"first": 2028, "last": LAST},
        "regions": ["EU"], "destinations": ["domestic"], "routes": ["h2_dri_eaf"],
        "outcomes": KEPT, "keep": KEPT, "dtype": "float64", "scenarios": {"law": "law"},
        "catalog": {"instruments": instruments},
        "projects": {name: merge(copy.deepcopy(PROJECT), one) for name, one in projects.items()},
    }  # fmt: skip
    return merge(found, changes)


def run(given: dict[str, Any]) -> Any:
    return engine.run(build(simcore.load(given))).isel(scenario=0)


def by_clause(clauses: dict[str, dict[str, Any]]) -> Any:
    """A run with a project for each instrument, of its name."""
    instruments = {name: TWO_WAY | one for name, one in clauses.items()}
    return run(config(instruments, {f"{name}_plant": {"instruments": [name]} for name in clauses}))


def of(found: Any, outcome: str, project: str, instrument: str = "") -> np.ndarray:
    """Draws of an outcome, by year of life where it has years."""
    array = found[outcome].sel(project=project)
    array = array.sel(instrument=instrument) if instrument else array
    if "year" in array.dims:
        return np.asarray(array.sel(year=list(YEARS)).transpose("year", "draw"))
    return np.asarray(array)


# --- each clause ---------------------------------------------------------------------------------

CLAUSES: dict[str, dict[str, Any]] = {
    "plain": {},
    "short": {"term": 6},
    "part": {"cover": 0.4},
    "growing": {"escalation": 0.03},
    "uncertain": {"escalation": {"kind": "uniform", "low": -0.02, "high": 0.04},
                  "strike": {"kind": "normal", "mean": 220, "sd": 30}},
    "late": {"delay": {"kind": "discrete", "values": [0, 1, 3], "probabilities": [0.4, 0.3, 0.3]},
             "term": 7},
    "programme": {"first": 2032, "last": 2039},
    "one_way": {"sided": "one", "strike": 160},
    "capped": {"cap": {"total": 1200}},
    "capped_yearly": {"cap": {"yearly": 240}},
    "capped_twice": {"cap": {"total": 2000, "yearly": 300}, "strike": 280},
    "received": {"repay": "received", "strike": 130},
    "leaving": {"exit_after": 2, "strike": 120},
    "one_way_leaving": {"sided": "one", "exit_after": 1, "strike": 150},
    "nominal": {"nominal": True, "cap": {"total": 1500, "yearly": 260}, "strike": 300},
    "nominal_received": {"nominal": True, "repay": "received", "strike": 150, "exit_after": 4},
    "of_market": {"reference": "market", "strike": 110},
}  # fmt: skip
PLAIN: dict[str, Clauses] = {
    "one_way": Clauses(one_sided=True), "capped": Clauses(total=1200),
    "capped_yearly": Clauses(yearly=240), "capped_twice": Clauses(2000, 300),
    "received": Clauses(received=True), "leaving": Clauses(exit_after=2),
    "one_way_leaving": Clauses(one_sided=True, exit_after=1), "nominal": Clauses(1500, 260),
    "nominal_received": Clauses(received=True, exit_after=4),
}  # fmt: skip


def delays(found: Any, name: str) -> np.ndarray:
    """Draws of the delay of an instrument."""
    return np.asarray(found["input"].sel(factor=f"{name}.delay"))


def strike_of(found: Any, name: str) -> np.ndarray:
    """Strike by year and draw, by hand."""
    clauses, draws = CLAUSES[name], found.sizes["draw"]
    first, growth = np.full(draws, float(250)), np.zeros(draws)
    if name == "uncertain":
        first, growth = (np.asarray(found["input"].sel(factor=f"{name}.{key}"))
                         for key in ("strike", "escalation"))  # fmt: skip
    else:
        first[:], growth[:] = clauses.get("strike", 250), clauses.get("escalation", 0.0)
    since = np.arange(LIFE)[:, None]
    return first * (1 + growth) ** since * worth(name)[:, None]


def worth(name: str) -> np.ndarray:
    return 1.02 ** -np.arange(LIFE) if CLAUSES[name].get("nominal") else np.ones(LIFE)


def expected(found: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    """What is due, and whether it is a year of payment, by year of life and draw."""
    years = {"year": list(YEARS)}
    place = {"region": "EU", "route": "h2_dri_eaf"}
    avoided = np.asarray(found["avoided_emissions"].sel(**place, **years).transpose("year", ...))
    charged = found["carbon_cost"].sel(region="EU", destination="domestic", **years)
    price = np.asarray(found["carbon_price"].sel(market="eu_ets", **years).transpose("year", ...))
    saved = np.asarray(
        (charged.sel(route="bf_bof") - charged.sel(route="h2_dri_eaf")).transpose("year", ...)
    )
    reference = price if CLAUSES[name].get("reference") == "market" else saved / avoided
    due = CLAUSES[name].get("cover", 1.0) * OUTPUT * avoided * (strike_of(found, name) - reference)
    late = delays(found, name) if name == "late" else np.zeros(due.shape[1])
    since = np.arange(LIFE)[:, None] - late
    term, every = CLAUSES[name].get("term", LIFE), np.array(YEARS)[:, None]
    inside = (every >= CLAUSES[name].get("first", 0)) & (every <= CLAUSES[name].get("last", 9999))
    return due, (since >= 0) & (since < term) & inside


@pytest.fixture(scope="module")
def found() -> Any:
    """One project by clause, and both routes in the table."""
    given = config(
        {name: TWO_WAY | one for name, one in CLAUSES.items()},
        {f"{name}_plant": {"instruments": [name]} for name in CLAUSES} | {"bare": {}},
        routes=["bf_bof", "h2_dri_eaf"], keep=[*KEPT, "inputs"],
    )  # fmt: skip
    return run(given)


@pytest.mark.parametrize("name", CLAUSES)
def test_payments_are_those_of_a_plain_loop(found: Any, name: str) -> None:
    due, active = expected(found, name)
    paid = of(found, "instrument_payment", f"{name}_plant", name)
    clauses = PLAIN.get(name, Clauses())
    for draw in range(paid.shape[1]):
        plain = account(clauses, due[:, draw], active[:, draw], worth=worth(name))
        np.testing.assert_allclose(paid[:, draw], plain.payments, rtol=0, atol=1e-8)
        for outcome, at in (("instrument_exhausted", plain.exhausted_in),
                            ("instrument_ended", plain.ended_in)):  # fmt: skip
            told = of(found, outcome, f"{name}_plant", name)[draw]
            assert told == START + at if at is not None else np.isnan(told)
        assert of(found, "cap_binds", f"{name}_plant", name)[draw] == plain.is_cut
    # The case is about something: with the clause some draw is paid what it is not without.
    if name in PLAIN:
        free = np.where(active, due, 0.0)
        assert np.any(np.abs(paid - free) > 1.0)


@pytest.mark.parametrize("name", CLAUSES)
def test_sums_are_those_of_the_payments(found: Any, name: str) -> None:
    paid = of(found, "instrument_payment", f"{name}_plant", name)
    close: dict[str, Any] = {"rtol": 0, "atol": 1e-7}
    np.testing.assert_allclose(
        of(found, "instrument_total", f"{name}_plant", name), paid.sum(0), **close
    )
    repaid = np.maximum(0, -paid).sum(0)
    np.testing.assert_allclose(
        of(found, "instrument_repaid", f"{name}_plant", name), repaid, **close
    )
    np.testing.assert_array_equal(of(found, "instrument_repays", f"{name}_plant", name), paid < 0)
    claimed = of(found, "claw_back", f"{name}_plant", name)
    np.testing.assert_array_equal(claimed, of(found, "instrument_total", f"{name}_plant", name) < 0)
    since = np.arange(LIFE)[:, None] + 1.0
    value = (paid * 1.03**-since).sum(0)
    np.testing.assert_allclose(of(found, "instrument_npv", f"{name}_plant", name), value, **close)
    avoided = np.asarray(found["avoided_emissions"].sel(
        region="EU", route="h2_dri_eaf", year=list(YEARS)).transpose("year", ...))  # fmt: skip
    tonnes = (OUTPUT * avoided * 1.03**-since).sum(0)
    cost = of(found, "public_cost_per_tco2", f"{name}_plant", name)
    np.testing.assert_allclose(cost, value / tonnes, **close)
    support = of(found, "project_support", f"{name}_plant")
    np.testing.assert_allclose(support, paid / OUTPUT, rtol=1e-12, atol=1e-9)
    margin = support - of(found, "project_gap", f"{name}_plant")
    np.testing.assert_allclose(
        of(found, "project_margin", f"{name}_plant"), margin, rtol=1e-12, atol=1e-9
    )


@pytest.mark.parametrize("name", CLAUSES)
def test_a_contract_adds_its_payments_to_the_value_of_the_project(found: Any, name: str) -> None:
    paid = of(found, "instrument_payment", f"{name}_plant", name)
    value = (paid * 1.07 ** -(np.arange(LIFE)[:, None] + 1.0)).sum(0)
    added = of(found, "project_npv", f"{name}_plant") - of(found, "project_npv", "bare")
    np.testing.assert_allclose(added, value, rtol=0, atol=1e-7)
    gap = of(found, "project_gap", f"{name}_plant")
    own = (-OUTPUT * gap * 1.07 ** -(np.arange(LIFE)[:, None] + 1.0)).sum(0)
    np.testing.assert_allclose(of(found, "project_npv", f"{name}_plant"), own + value, rtol=1e-9)


def test_paid_is_never_above_the_cap_and_equals_it_where_it_is_reached(found: Any) -> None:
    for name, cap in (("capped", 1200.0), ("capped_twice", 2000.0)):
        given = np.maximum(0, of(found, "instrument_payment", f"{name}_plant", name)).sum(0)
        spent = np.isfinite(of(found, "instrument_exhausted", f"{name}_plant", name))
        assert np.all(given <= cap + 1e-9) and spent.any() and not spent.all()
        np.testing.assert_array_equal(spent, np.abs(given - cap) < 1e-9)


# --- break-even ----------------------------------------------------------------------------------

INDEXED = TWO_WAY | {
    "escalation": 0.01, "term": 10, "green_revenue": 0.5,
    "indexation": {"base": 2029, "shares": dict.fromkeys(
        ("hydrogen", "electricity", "natural_gas", "coking_coal"), 1.0)},
}  # fmt: skip
SOLD = {"sold": 0.3, "willing": {"kind": "uniform", "low": -20, "high": 100}}


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


def test_break_even_grant_and_premium_close_the_project(found: Any) -> None:
    value = of(found, "project_npv", "plain_plant")
    np.testing.assert_allclose(
        of(found, "break_even_grant", "plain_plant"), np.maximum(0, -value), rtol=1e-12
    )
    tonnes = OUTPUT * (1.07 ** -(np.arange(LIFE) + 1.0)).sum()
    premium = of(found, "break_even_premium", "plain_plant")
    np.testing.assert_allclose(value + premium * tonnes, 0.0, atol=1e-6)


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


# --- grants --------------------------------------------------------------------------------------


@pytest.mark.parametrize("paid_in", [-3, -1, 0, 2])
@pytest.mark.parametrize("of_what", ["capex", "difference"])
def test_a_grant_is_its_annuity(paid_in: int, of_what: str) -> None:
    grant = {"kind": "grant", "share": 0.3, "paid_in": paid_in, "of": of_what}
    found = run(config({"grant": grant}, {"plant": {"instruments": ["grant"]}, "bare": {}}))
    amount = of(found, "instrument_total", "plant", "grant")
    assert np.all(amount > 100.0)
    at_date = amount * 1.07 ** -(paid_in + 1.0)
    added = of(found, "project_npv", "plant") - of(found, "project_npv", "bare")
    np.testing.assert_allclose(added, at_date, rtol=1e-9)
    support = of(found, "project_support", "plant")
    assert np.ptp(support, axis=0).max() < 1e-9
    since = np.arange(LIFE)[:, None] + 1.0
    np.testing.assert_allclose((OUTPUT * support * 1.07**-since).sum(0), at_date, rtol=1e-9)
    public = of(found, "instrument_npv", "plant", "grant")
    np.testing.assert_allclose(public, amount * 1.03 ** -(paid_in + 1.0), rtol=1e-9)
    paid = found["instrument_payment"].sel(project="plant", instrument="grant")
    others = paid.sel(year=[year for year in paid.year.values if year != START + paid_in])
    assert not others.fillna(0.0).any()
    if paid_in >= -2:
        np.testing.assert_array_equal(paid.sel(year=START + paid_in), amount)


def test_a_grant_is_cut_at_its_cap() -> None:
    grants = {name: {"kind": "grant", "share": 0.3} | more
              for name, more in (("free", {}), ("capped", {"cap": {"total": 600}}))}  # fmt: skip
    found = run(config(grants, {f"{name}_plant": {"instruments": [name]} for name in grants}))
    free, capped = (of(found, "instrument_total", f"{name}_plant", name) for name in grants)
    np.testing.assert_array_equal(capped, np.minimum(free, 600.0))
    binds = of(found, "cap_binds", "capped_plant", "capped")
    np.testing.assert_array_equal(binds, free > 600.0)
    assert 0.1 < binds.mean() < 0.9


def test_a_grant_to_the_difference_leaves_out_what_the_alternative_would_cost() -> None:
    grants = {of: {"kind": "grant", "share": 0.3, "of": of} for of in ("capex", "difference")}
    against = {"route": "bf_bof", "capital": "reline", "reline": 140.0}
    found = run(config(grants, {
        "whole": {"instruments": ["capex"]},
        "reline": {"instruments": ["difference"], "against": against},
        "sunk": {"instruments": ["difference"], "against": {"route": "bf_bof", "capital": "sunk"}},
        "full": {"instruments": ["difference"]},
    }, catalog={"routes": {"bf_bof": {"utilisation": 0.8}}}))  # fmt: skip
    whole = of(found, "instrument_total", "whole", "capex")
    less = {name: whole - of(found, "instrument_total", name, "difference")
            for name in ("reline", "sunk", "full")}  # fmt: skip
    np.testing.assert_allclose(less["reline"], 0.3 * 140.0 / 0.8 * OUTPUT, rtol=1e-9)
    np.testing.assert_array_equal(less["sunk"], 0.0)
    assert np.all(less["full"] > 10.0)


def test_a_share_of_the_investment_is_that_share_of_the_capital_charge() -> None:
    """Without interest during construction a grant of all of it pays the capital of the plant."""
    catalog = {"routes": {"h2_dri_eaf": {"interest_during_construction": 1.0, "risk_premium": 0,
                                         "lifetime": LIFE}}}  # fmt: skip
    grant = {"kind": "grant", "share": 1.0}
    given = config({"grant": grant}, {"plant": {"instruments": ["grant"]}}, catalog=catalog,
                   outcomes=["project_support", "waterfall", "levelised_cost"],
                   keep=["project_support", "levelised_cost"])  # fmt: skip
    given["projects"]["plant"]["rate"] = None
    less = merge(copy.deepcopy(given), {"catalog": {"routes": {"h2_dri_eaf": {"capex": 0}}}})
    costs = [run(one)["levelised_cost"].sel(region="EU", route="h2_dri_eaf", year=START)
             for one in (given, less)]  # fmt: skip
    support = of(run(given), "project_support", "plant")[0]
    np.testing.assert_allclose(support, costs[0] - costs[1], rtol=1e-9)


# --- support of operation ------------------------------------------------------------------------


def test_support_of_the_gap_leaves_no_loss() -> None:
    aid = {"kind": "opex", "covers": "gap"}
    found = run(config({"aid": aid}, {"plant": {"instruments": ["aid"]}}))
    gap = of(found, "project_gap", "plant")
    np.testing.assert_allclose(of(found, "project_margin", "plant"), np.maximum(0, -gap), atol=1e-9)


def test_amounts_by_what_they_are_paid_for() -> None:
    aids = {
        "tonne": {"amount": {"years": {2030: 100, 2040: 0}}}, "avoided": {"per": "avoided", "amount": 50},
        "hydrogen": {"per": "hydrogen", "amount": "2 EUR/kg"},
        "electricity": {"per": "electricity", "amount": "10 EUR/MWh", "share": 0.5},
    }  # fmt: skip
    given = config(
        {name: {"kind": "opex"} | one for name, one in aids.items()},
        {f"{name}_plant": {"instruments": [name]} for name in aids},
        catalog={
            "routes": {
                "h2_dri_eaf": {"inputs": {"hydrogen": "60 kg/t", "electricity": "0.8 MWh/t"}}
            }
        },
    )
    found = run(given)
    support = {name: of(found, "project_support", f"{name}_plant") for name in aids}
    np.testing.assert_allclose(support["hydrogen"], 120.0)
    np.testing.assert_allclose(support["electricity"], 4.0)
    fading = np.maximum(0.0, 100.0 - 10.0 * np.arange(LIFE))
    np.testing.assert_allclose(
        support["tonne"], np.broadcast_to(fading[:, None], support["tonne"].shape), atol=1e-12
    )
    avoided = found["avoided_emissions"].sel(region="EU", route="h2_dri_eaf", year=list(YEARS))
    np.testing.assert_allclose(support["avoided"], 50 * avoided.transpose("year", "draw"))


def test_an_electrolyser_of_its_own_takes_part_in_support_of_power() -> None:
    aid = {"kind": "opex", "per": "electricity", "amount": "10 EUR/MWh"}
    catalog = {
        "routes": {"h2_dri_eaf": {"inputs": {"hydrogen": "60 kg/t", "electricity": "0.8 MWh/t"}}},
        "prices": {"hydrogen": {"EU": {"electricity_demand": "50 kWh/kg"}}},
    }
    found = run(
        config(
            {"aid": aid}, {"plant": {"instruments": ["aid"], "hydrogen": "own"}}, catalog=catalog
        )
    )
    np.testing.assert_allclose(of(found, "project_support", "plant"), 10 * (0.8 + 60 * 0.05))


# --- several instruments -------------------------------------------------------------------------


def test_other_aid_is_deducted() -> None:
    both = {"aid": {"kind": "opex", "amount": 60}, "contract": TWO_WAY | {"other_aid": "deduct"},
            "grant": {"kind": "grant", "share": 0.2}}  # fmt: skip
    found = run(config(both, {
        "all": {"instruments": ["aid", "contract", "grant"]}, "first": {"instruments": ["contract"]},
        "granted": {"instruments": ["grant"]},
    }))  # fmt: skip
    alone = of(found, "instrument_payment", "first", "contract")
    annuity = OUTPUT * of(found, "project_support", "granted")
    paid = of(found, "instrument_payment", "all", "contract")
    np.testing.assert_allclose(paid, alone - 60 * OUTPUT - annuity, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("order", [["aid", "contract"], ["contract", "aid"]])
def test_all_support_together_stays_within_the_gap(order: list[str]) -> None:
    both = {"aid": {"kind": "opex", "amount": 150}, "contract": TWO_WAY | {"sided": "one"}}
    found = run(config(both, {
        "plant": {"instruments": order, "cumulation": {"of": "gap", "share": 0.9}},
        "free": {"instruments": order},
    }))  # fmt: skip
    most = 0.9 * np.maximum(0, of(found, "project_gap", "plant"))
    support, free = (of(found, "project_support", name) for name in ("plant", "free"))
    np.testing.assert_allclose(support, np.minimum(free, most), atol=1e-9)
    # In their order: the first takes what it can.
    first, unlimited = (
        of(found, "instrument_payment", name, order[0]) for name in ("plant", "free")
    )
    np.testing.assert_allclose(first, np.minimum(unlimited, OUTPUT * most), atol=1e-9)
    cut = np.any(free > most + 1e-9, axis=0)
    binding = [of(found, "cap_binds", "plant", name) for name in order]
    np.testing.assert_array_equal(np.maximum(*binding), cut)


# --- conditions ----------------------------------------------------------------------------------


def test_nothing_is_paid_in_a_year_in_which_the_tonne_is_not_eligible() -> None:
    asked = {"lower": {"emission_intensity": {"years": {2033: 2.0, 2034: 0.0}}},
             "cut": {"avoided": {"years": {2036: 0.3, 2037: 1.0}}},
             "some": {"avoided": 0.6}}  # fmt: skip
    found = by_clause({name: {"eligible": one} for name, one in asked.items()} | {"plain": {}})
    plain = of(found, "instrument_payment", "plain_plant", "plain")
    for name, last in (("lower", 2033), ("cut", 2036), ("some", 2046)):
        paid = of(found, "instrument_payment", f"{name}_plant", name)
        begun = np.array(YEARS)[:, None] <= last
        np.testing.assert_array_equal(paid, np.where(begun, plain, 0.0))


def test_a_contract_that_the_firm_has_left_pays_no_more(found: Any) -> None:
    paid = of(found, "instrument_payment", "leaving_plant", "leaving")
    ended = of(found, "instrument_ended", "leaving_plant", "leaving")
    assert 0.05 < np.isfinite(ended).mean() < 0.95
    after = np.array(YEARS)[:, None] > ended
    assert np.all(paid[after] == 0.0)
    at = np.flatnonzero(np.isfinite(ended))
    for draw in at:
        year = int(ended[draw]) - START
        assert np.all(paid[year - 1 : year + 1, draw] < 0)


def test_what_a_project_has_not_has_no_value() -> None:
    contracts = {"one": TWO_WAY, "other": TWO_WAY}
    found = run(config(contracts, {"a": {"instruments": ["one"]}, "b": {"instruments": ["other"]}}))
    for name in KEPT:
        if name.startswith(("instrument", "claw", "cap", "public")):
            assert found[name].sel(project="a", instrument="other").isnull().all(), name
    outside = found["instrument_payment"].sel(project="a", instrument="one")
    assert outside.sel(year=[2028, 2029, 2044, 2045]).isnull().all()


def test_a_contract_in_a_life_beyond_the_run_adds_what_it_pays() -> None:
    """The gap of the last year is held for the years after it, no payment is."""
    term = LAST - START + 1
    aids = {"whole": {"kind": "opex", "amount": 100, "term": 12},
            "late": {"kind": "opex", "amount": 100, "term": term, "delay": 2}}  # fmt: skip
    names = {"whole_plant": ["whole"], "late_plant": ["late"], "bare": []}
    found = run(config(aids, {name: {"instruments": one, "lifetime": 25}
                              for name, one in names.items()}))  # fmt: skip
    for name, years in (("whole", range(12)), ("late", range(2, term))):
        paid = 100 * OUTPUT * (1.07 ** -(np.array(years) + 1.0)).sum()
        added = of(found, "project_npv", f"{name}_plant") - of(found, "project_npv", "bare")
        np.testing.assert_allclose(added, paid, rtol=1e-9)
        support = of(found, "project_support", f"{name}_plant")
        expected = [100.0 if at in years else 0.0 for at in range(LIFE)]
        np.testing.assert_array_equal(support[:, 0], expected)


def test_a_clause_that_a_kind_does_not_read_is_told() -> None:
    grant = {"kind": "grant", "share": 0.2, "exit_after": 3}
    contract = TWO_WAY | {"strike": {"break_even": 0.4, "in": "law"}, "market": "uk_ets"}
    given = config(
        {"grant": grant, "contract": contract}, {"plant": {"instruments": ["grant", "contract"]}}
    )
    _, told = build_and_warn(simcore.load(given))
    assert {one.where for one in told} == {
        "catalog.instruments.grant.exit_after", "catalog.instruments.contract.market",
    }  # fmt: skip


# --- options -------------------------------------------------------------------------------------

SIGMA, YEAR, STRIKE = 0.25, 2030, 90.0


def test_a_contract_on_a_market_price_is_an_option_or_a_future() -> None:
    """One-sided it is Black's put on the price of the year, two-sided what the strike is above the
    mean, in each draw of a geometric Brownian motion."""
    contract = {"kind": "ccfd", "strike": STRIKE, "reference": "market", "term": 1}
    given = small_config(
        markets={"home_ets": market({"kind": "gbm", "sigma": SIGMA}, carry=0.0, centre="mean")},
        years={"first": 2026, "last": YEAR}, draws=65_536, design="sobol", exposures={},
        outcomes=["carbon_price", "instrument_payment"], keep=[],
        projects={f"{name}_plant": {"region": "AA", "route": "new", "start": YEAR, "lifetime": 1,
                         "output": 1.0, "instruments": [name]} for name in ("put", "future")},
    )  # fmt: skip
    given["catalog"]["instruments"] = {
        "put": contract | {"sided": "one"},
        "future": contract | {"sided": "two"},
    }
    found = run(given).sel(year=YEAR)
    forward = float(found["carbon_price_mean"].sel(market="home_ets"))
    spread = SIGMA * np.sqrt(YEAR - 2025)
    low = (np.log(STRIKE / 80.0) + spread**2 / 2) / spread
    put = STRIKE * stats.norm.cdf(low) - 80.0 * stats.norm.cdf(low - spread)
    mean = found["instrument_payment_mean"].transpose("project", "instrument")
    error = found["instrument_payment_standard_error"].transpose("project", "instrument")
    assert forward == pytest.approx(80.0, rel=1e-3)
    # Two tonnes of CO2 are avoided.
    assert float(mean[0, 0]) == pytest.approx(2 * put, abs=4 * float(error[0, 0]))
    assert float(error[0, 0]) < 0.005 * put
    assert float(mean[1, 1]) == pytest.approx(2 * (STRIKE - forward), abs=1e-9)
