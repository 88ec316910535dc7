"""The whole cash flow of a project, its returns and its loan, beside plain loops over the years."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from minimal import route
from reference_paths import merge
from rich_config import rich_config
from small_config import small_config
from test_invalid import faults_of

import simcore
from simcore.effects import build_and_warn
from simcore.kernels import finance
from simcore.running import engine

FIRST, LAST, DRAWS = 2026, 2035, 300
OF_YEARS = ["project_revenue", "project_free_cash", "dscr", "dscr_below"]
OF_LIFE = ["free_cash_npv", "project_irr", "irr_ambiguous", "dscr_lowest", "debt_capacity",
           "equity_irr"]  # fmt: skip
KEPT = [*OF_YEARS, *OF_LIFE, "product_price", "carbon_cost", "commodity_price", "project_cost"]
DEBT = {"share": 0.6, "rate": 0.05, "years": 5}


def config(project: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A plant whose power and capital are uncertain, in a region with a price; it lives four years
    longer than the run, and its first money is spent before it."""
    power = {"title": "power", "unit": "EUR/MWh", "spot": {"year": 2025, "value": 60.0},
             "process": {"kind": "log_ou", "sigma": 0.3, "kappa": 0.3}}  # fmt: skip
    old = route(capex=800.0, fixed_opex=20.0, other_opex=150.0, emission_intensity=2.0)
    new = route(
        capex={"kind": "uniform", "low": 700, "high": 1500}, utilisation=0.8, fixed_opex=30.0,
        first_of_a_kind=1.1, interest_during_construction=1.2, other_opex=100.0,
        inputs={"power": 3.5}, emission_intensity=0.1,
    )  # fmt: skip
    whole = small_config(
        prices={"power": {"default": power}}, routes={"old": old, "new": new}, draws=DRAWS,
        years={"first": FIRST, "last": LAST}, outcomes=KEPT, keep=[*KEPT, "inputs"], exposures={},
        projects={"works": {
            "region": "AA", "route": "new", "start": 2028, "lifetime": 12, "output": 2.0,
            "spend": {-3: 0.3, -1: 0.5, 0: 0.2}, "rate": 0.06, **(project or {})}},
    )  # fmt: skip
    whole["catalog"]["regions"]["AA"]["product_price"] = {
        "margin": 160,
        "theta_border": 1,
        "theta_open": 1,
    }
    return merge(whole, changes)


def run(*args: Any, **changes: Any) -> Any:
    return engine.run(simcore.build(simcore.load(config(*args, **changes)))).isel(scenario=0)


def of(found: Any, name: str) -> np.ndarray:
    """Draws of an outcome of the project, (draw,) or (year, draw)."""
    array = found[name].sel(project="works")
    return array.transpose(*(["year"] if "year" in array.dims else []), "draw").values


# ---------------------------------------------------------------- by hand


def npv(flows: Mapping[int, float], rate: float, year: int) -> float:
    return math.fsum(flow / (1 + rate) ** (t - year) for t, flow in flows.items())


def root(flows: Mapping[int, float]) -> float:
    """The rate by its definition, halving the rate itself."""
    start, total = min(flows), math.fsum(flows.values())
    low, high = (0.0, 10.0) if total >= 0 else (-0.5, 0.0)
    if total >= 0 and npv(flows, high, start) >= 0:
        return 10.0
    if total < 0 and npv(flows, low, start) < 0:
        return -1.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if npv(flows, middle, start) >= 0 else (low, middle)
    return low


def spent_in(found: Any, draw: int, one: Mapping[str, Any]) -> dict[int, float]:
    """Money spent by year, before grants."""
    capex = float(found["input"].sel(factor="new.capex")[draw])
    whole = 2.0 * capex * 1.1 / 0.8
    return {one["start"] + year: share * whole for year, share in one["spend"].items()}


def earned_in(found: Any, draw: int, one: Mapping[str, Any]) -> dict[int, float]:
    """Revenue less operation and carbon by year of life; the last year of the run stands for
    those after it."""
    earned = {}
    for year in range(one["start"], one["start"] + one["lifetime"]):
        at = {"year": min(year, LAST)}
        power = float(found["commodity_price"].sel(commodity="power.default", **at)[draw])
        price = float(found["product_price"].sel(sector="steel", region="AA", **at)[draw])
        carbon = float(found["carbon_cost"].sel(
            region="AA", destination="domestic", route="new", **at)[draw])  # fmt: skip
        opex = 30.0 / 0.8 + 100.0 + 3.5 * power
        green = one.get("sold", 0.0) * one.get("willing", 0.0)
        earned[year] = 2.0 * (price + green - opex - carbon)
    return earned


def by_hand(
    found: Any, draw: int, one: Mapping[str, Any], grants: Mapping[int, float] | None = None
) -> dict[str, Any]:
    """Every outcome of a draw in plain Python; 2 % inflation."""
    spent, earned, start = spent_in(found, draw, one), earned_in(found, draw, one), one["start"]
    for year, grant in (grants or {}).items():
        spent[year] = spent.get(year, 0.0) - grant
    tax, loss = {}, 0.0
    told = one.get("tax", {"rate": 0.0})
    worn = 1.02 if told.get("nominal") else 1.0
    for year, cash in earned.items():
        written_off = sum(paid / worn ** (year - then) for then, paid in spent.items())
        profit = cash - written_off / one["lifetime"] - loss / worn
        tax[year], loss = told["rate"] * max(0.0, profit), max(0.0, -profit)
    available = {year: earned[year] - tax[year] for year in earned}
    free = {
        year: available.get(year, 0.0) - spent.get(year, 0.0)
        for year in range(min(spent), max(*earned, *spent) + 1)
    }
    sums = np.cumsum(list(free.values()))
    out = {
        "project_free_cash": free, "project_irr": root(free),
        "free_cash_npv": npv(free, one["rate"], start - 1),
        "irr_ambiguous": float(np.count_nonzero(np.diff(np.sign(sums))) > 1),
    }  # fmt: skip
    if "debt" not in one:
        return out
    debt = one["debt"]
    i, n, growth = debt["rate"], debt["years"], 1.02 if debt.get("nominal") else 1.0
    drawn = {year: debt["share"] * paid for year, paid in spent.items()}
    loan = npv(drawn, (1 + i) / growth - 1, start - 1)
    service = {}
    owed = loan
    for year in range(start, start + n):
        if debt.get("repayment") == "equal_principal":
            pays, owed = loan / n + i * owed, owed - loan / n
        else:
            pays = loan * i / (1 - (1 + i) ** -n)
        service[year] = pays / growth ** (year - start + 1)
    cover = {year: available[year] / service[year] for year in service}
    equity = {year: free[year] + drawn.get(year, 0.0) - service.get(year, 0.0) for year in free}
    covenant = debt.get("covenant", 1.3)
    return out | {
        "dscr": cover, "dscr_below": {t: float(value < covenant) for t, value in cover.items()},
        "dscr_lowest": min(cover.values()), "equity_irr": root(equity),
        "debt_capacity": max(0.0, loan * min(cover.values()) / covenant),
    }  # fmt: skip


PROJECTS: dict[str, dict[str, Any]] = {
    "no tax, no debt": {},
    "green tonnes": {"sold": 0.5, "willing": 70.0},
    "tax": {"tax": {"rate": 0.25}},
    "tax in money of the year": {"tax": {"rate": 0.3, "nominal": True}},
    "losses that outlive the run": {
        "start": 2034, "tax": {"rate": 0.3, "nominal": True}, "sold": 1.0, "willing": -50.0,
    },
    "a level loan": {"debt": DEBT},
    "a nominal loan beyond the run": {
        "tax": {"rate": 0.25},
        "debt": {**DEBT, "years": 11, "nominal": True, "covenant": 1.1},
    },
    "equal principal": {
        "tax": {"rate": 0.25}, "debt": {**DEBT, "repayment": "equal_principal"},
    },
    "nominal equal principal": {
        "debt": {**DEBT, "years": 9, "repayment": "equal_principal", "nominal": True},
    },
    "all paid in the year before": {"spend": {-1: 1.0}, "debt": DEBT, "tax": {"rate": 0.2}},
}  # fmt: skip


def compare(found: Any, one: Mapping[str, Any], **more: Any) -> None:
    for draw in range(0, DRAWS, 37):
        expected = by_hand(found, draw, one, **more)
        for name, value in expected.items():
            values = of(found, name)
            if not isinstance(value, dict):
                assert values[draw] == pytest.approx(value, rel=1e-9, abs=1e-9), name
                continue
            for year in range(FIRST, LAST + 1):
                known, shown = value.get(year, math.nan), values[year - FIRST, draw]
                assert shown == pytest.approx(known, rel=1e-9, abs=1e-9, nan_ok=True), (name, year)


@pytest.mark.parametrize("name", PROJECTS)
def test_every_year_and_sum_is_that_of_a_plain_loop(name: str) -> None:
    written = config(PROJECTS[name])["projects"]["works"]
    found = run(PROJECTS[name])
    compare(found, written)
    rates = of(found, "project_irr")
    assert np.ptp(rates) > 0.01
    assert np.isfinite(rates).all()


AID: dict[str, Any] = {
    "aid": {"kind": "opex", "amount": 40.0, "term": 6},
    "grant": {"kind": "grant", "share": 0.25, "paid_in": -2},
}


def test_support_by_year_ends_with_the_run_and_a_grant_lowers_what_is_spent() -> None:
    aided = {"instruments": ["aid", "grant"], "tax": {"rate": 0.25}, "debt": DEBT}
    plain = run({"tax": {"rate": 0.25}, "debt": DEBT})
    found = run(aided, catalog={"instruments": AID})
    one = config(aided)["projects"]["works"]
    for draw in (3, 200):
        grant = 0.25 * sum(spent_in(found, draw, one).values())
        free, before = of(found, "project_free_cash")[:, draw], of(plain, "project_free_cash")
        assert free[0] == pytest.approx(grant, rel=1e-9)  # 2026: nothing else is paid or spent
        assert np.isnan(before[0, draw]) or before[0, draw] == 0.0
        assert (free[2:8] > before[2:8, draw]).all()
    lifted = run({"instruments": ["aid"]}, catalog={"instruments": AID})
    plain = run()
    gained = sum(2.0 * 40.0 / 1.06 ** (year - 2027) for year in range(2028, 2034))
    change = of(lifted, "free_cash_npv") - of(plain, "free_cash_npv")
    np.testing.assert_allclose(change, gained, rtol=1e-9)


def test_support_ends_with_the_run() -> None:
    """Prices of the last year stand for the years after it, payments do not."""
    aid = {"aid": {"kind": "opex", "amount": 40.0, "term": 8}}
    lifted = run({"instruments": ["aid"], "valued_in": 2026}, catalog={"instruments": aid})
    gained = sum(2.0 * 40.0 / 1.06 ** (year - 2026) for year in range(2028, LAST + 1))
    change = of(lifted, "free_cash_npv") - of(run({"valued_in": 2026}), "free_cash_npv")
    np.testing.assert_allclose(change, gained, rtol=1e-9)


def test_money_that_comes_before_it_is_spent_makes_a_rate_ambiguous() -> None:
    """A grant, then the plant, then what it earns: the sum so far turns twice where it pays."""
    early = {"grant": {"kind": "grant", "share": 0.5, "paid_in": -2}}
    found = run({"instruments": ["grant"], "spend": {-1: 1.0}}, catalog={"instruments": early})
    whole = config({"spend": {-1: 1.0}})["projects"]["works"]
    pays = 0
    for draw in range(0, DRAWS, 29):
        grant = 0.5 * sum(spent_in(found, draw, whole).values())
        expected = by_hand(found, draw, whole, {2026: grant})["irr_ambiguous"]
        assert of(found, "irr_ambiguous")[draw] == expected
        pays += expected
    assert 0 < pays < DRAWS / 29


def test_a_grant_after_a_short_life_is_seen_in_its_year() -> None:
    """The plant runs in 2028 and 2029; its grant comes in 2031."""
    late = {"instruments": {"late": {"kind": "grant", "share": 0.25, "paid_in": 3}}}
    found = run({"instruments": ["late"], "lifetime": 2}, catalog=late)
    free, one = of(found, "project_free_cash"), config({"lifetime": 2})["projects"]["works"]
    shown = found["project_free_cash"].sel(project="works").transpose("year", "draw")
    for draw in (0, 17, 99):
        grant = 0.25 * sum(spent_in(found, draw, one).values())
        assert shown.sel(year=2031)[draw] == pytest.approx(grant, rel=1e-9)
        by_year = {FIRST + i: value for i, value in enumerate(free[:, draw]) if value == value}
        before = {2025: -spent_in(found, draw, one)[2025]}
        worth = of(found, "free_cash_npv")[draw]
        assert worth == pytest.approx(npv(before | by_year, 0.06, 2027), rel=1e-8)
    assert np.all(shown.sel(year=2030) == 0.0)
    assert np.all(np.isnan(shown.sel(year=2032)))


def test_a_grant_is_worth_its_date_and_is_not_lent_on() -> None:
    found = run({"instruments": ["grant"], "debt": DEBT}, catalog={"instruments": AID})
    one = config({"debt": DEBT})["projects"]["works"]
    for draw in (7, 255):
        grant = 0.25 * sum(spent_in(found, draw, one).values())
        expected = by_hand(found, draw, one, {2026: grant})
        for name in OF_LIFE:
            assert of(found, name)[draw] == pytest.approx(expected[name], rel=1e-9), name


# ---------------------------------------------------------------- closed forms


def check_worth_of_margins(found: Any) -> None:
    """The free cash flow is worth what the margins of the life are."""
    price = found["product_price"].sel(sector="steel", region="AA")
    carbon = found["carbon_cost"].sel(region="AA", destination="domestic", route="new")
    margin = 2.0 * (price - of_array(found, "project_cost") - carbon)
    years = range(2028, 2036)
    expected = sum(margin.sel(year=year) / 1.07 ** (year - 2027) for year in years)
    np.testing.assert_allclose(of(found, "free_cash_npv"), expected, rtol=1e-9)


def test_a_capital_charge_over_the_life_is_worth_the_investment() -> None:
    """Without interest during construction the whole cash flow is the sum of the margins."""
    one = {"lifetime": 8, "spend": {-1: 1.0}, "rate": None}
    routes = {"new": {"interest_during_construction": 1.0, "lifetime": 8}}
    found = run(one, catalog={"routes": routes})
    check_worth_of_margins(found)


def of_array(found: Any, name: str) -> Any:
    return found[name].sel(project="works")


ELECTROLYSIS = {
    "kind": "electrolysis", "electricity": "power", "electricity_demand": 50.0,
    "capex": {"kind": "uniform", "low": 900, "high": 2000}, "fixed_opex": 0.03,
    "full_load_hours": 5000.0, "lifetime": 8, "stack_lifetime": 6.0, "stack_share": 0.4,
    "storage": 0.2, "risk_premium": 0.0, "title": "hydrogen",
    "learning": {"technology": "stack", "share": 0.7},
}  # fmt: skip


def test_an_electrolyser_of_its_own_is_invested_in_and_not_paid_for_by_the_kilogram() -> None:
    one = {"lifetime": 8, "spend": {-1: 1.0}, "rate": None, "hydrogen": "own"}
    routes = {"new": {
        "interest_during_construction": 1.0, "lifetime": 8, "inputs": {"hydrogen": 55.0}}}  # fmt: skip
    stack = {"learning_rate": 0.2, "cumulative_capacity": {2025: 1.0, 2035: 9.0}}
    found = run(one, catalog={
        "routes": routes, "prices": {"hydrogen": {"default": ELECTROLYSIS}},
        "technologies": {"stack": stack},
    })  # fmt: skip
    check_worth_of_margins(found)
    # 55 kg a tonne, 50 kWh/kg, 5000 h: 0.55 kW for each tonne a year, at the learning of 2028.
    capex = found["input"].sel(factor="new.capex").values
    stacks = found["input"].sel(factor="hydrogen.default.capex").values
    learnt = 0.3 + 0.7 * (1 - 0.2) ** math.log2(9.0 ** (3 / 10))
    spent = 2.0 * (capex * 1.1 / 0.8 + 0.55 * stacks * learnt)
    np.testing.assert_allclose(of(found, "project_free_cash")[1], -spent, rtol=1e-9)


# Every way in which capital comes about, without interest during construction: of a life and a rate.
LEVEL = {"interest_during_construction": 1.0, "lifetime": 9, "risk_premium": 0.01}
FITTED = {
    "title": "captured", "sector": "steel", "host": "blast",
    "capture": LEVEL | {
        "rate": 0.6, "inputs": {"power": "0.4 MWh/t"}, "emission_factors": {"power": "0.2 t/MWh"},
        "storage": "ore", "capex": "300 USD/(t/yr)", "fixed_opex": 0.04, "first_of_a_kind": 1.3,
        "learning": {"technology": "stack", "share": 0.5},
    },
}  # fmt: skip
PLANTS: dict[str, dict[str, Any]] = {
    "own_hydrogen": {"route": "hydrogen", "hydrogen": "own"},
    "green": {"route": "hydrogen", "sold": 0.4, "willing": 30},
    "fixed_by_share": {"route": "captured", "start": 2029},
    "exporting": {"route": "electric", "region": "XB", "destination": "eu"},
    "captured": {"route": "fitted", "start": 2028},
}  # fmt: skip


@pytest.mark.parametrize("reference_capital", ["reline", "new", "sunk"])
def test_any_capital_charge_is_worth_its_investment(reference_capital: str) -> None:
    """The sum of the margins after the charge is that of the cash flow with the investment."""
    routes = {name: dict(LEVEL) for name in ("blast", "hydrogen", "electric", "captured")}
    routes["captured"]["fixed_opex"] = {"kind": "uniform", "low": 2, "high": 4, "unit": "%/yr"}
    kept = ["free_cash_npv", "project_cost", "product_price", "carbon_cost"]
    base = {"region": "XA", "start": 2027, "lifetime": 9, "output": 0.7, "rate": 0.09}
    whole = rich_config(
        outcomes=kept, keep=kept, draws=256, against=[], reference_capital=reference_capital,
        routes=["blast", "hydrogen", "electric", "captured", "fitted"],
        catalog={
            "routes": routes | {"fitted": FITTED},
            "regions": {name: {"wacc": 0.08} for name in ("XA", "XB")},
            "prices": {"hydrogen": {"XA": {"lifetime": 9, "risk_premium": 0.01}}},
        },
    )  # fmt: skip
    whole["projects"] = {name: base | one for name, one in PLANTS.items()}
    for name in ("decisions", "choice", "portfolios"):  # which name others
        whole.pop(name, None)
    whole["scenarios"] = {"law": {}}
    found = engine.run(simcore.build(simcore.load(whole)))
    for name, one in PLANTS.items():
        plant = base | one
        price = found["product_price"].sel(sector="steel", region=plant["region"])
        carbon = found["carbon_cost"].sel(
            region=plant["region"], route=plant["route"],
            destination=plant.get("destination", "domestic"),
        )  # fmt: skip
        green = plant.get("sold", 0.0) * plant.get("willing", 0.0)
        margin = 0.7 * (price + green - found["project_cost"].sel(project=name) - carbon)
        years = range(plant["start"], plant["start"] + 9)
        expected = sum(
            margin.sel(year=min(year, 2029)) / 1.09 ** (year - plant["start"] + 1) for year in years
        )
        npv_found = found["free_cash_npv"].sel(project=name).transpose(*expected.dims)
        np.testing.assert_allclose(npv_found, expected, rtol=1e-8, err_msg=name)


def test_what_is_owned_and_what_is_lent_is_the_project() -> None:
    """At the real rate of the loan the lender neither gains nor loses."""
    debt = {**DEBT, "nominal": True}
    real = 1.05 / 1.02 - 1
    project = {"debt": debt, "rate": real}
    found = run(project)
    one = config(project)["projects"]["works"]
    for draw in (1, 100, 299):
        spent = spent_in(found, draw, one)
        drawn = {year: 0.6 * paid for year, paid in spent.items()}
        cover, free = of(found, "dscr")[:, draw], earned_in(found, draw, one)
        service = {year: free[year] / cover[year - FIRST] for year in range(2028, 2033)}
        assert npv(service, real, 2027) == pytest.approx(npv(drawn, real, 2027), rel=1e-9)


def test_a_loan_of_a_thousand() -> None:
    """1000 at 6 % over ten years: 135.868 a year; 160 cover it 1.1776 times, and carry 905.86."""
    routes = {"new": {
        "capex": 500.0, "utilisation": 1.0, "first_of_a_kind": 1.0, "fixed_opex": 0.0,
        "other_opex": 0.0, "inputs": {"power": 0.0},
        "emission_intensity": 0.0}}  # fmt: skip
    reference = {"capex": 0.0, "fixed_opex": 0.0, "other_opex": 80.0, "emission_intensity": 0.0}
    found = run(
        {"spend": {-1: 1.0}, "debt": {"share": 1.0, "rate": 0.06, "years": 10, "covenant": 1.3}},
        catalog={"routes": routes | {"old": reference},
                 "regions": {"AA": {"product_price": {"margin": 0}}}},
    )  # fmt: skip
    assert of(found, "project_free_cash")[1] == pytest.approx(-1000.0)
    np.testing.assert_allclose(of(found, "project_free_cash")[2:], 160.0)
    np.testing.assert_allclose(160.0 / of(found, "dscr")[2:], 135.868, atol=5e-4)
    np.testing.assert_allclose(of(found, "dscr_lowest"), 1.1776, atol=5e-5)
    np.testing.assert_allclose(of(found, "debt_capacity"), 905.86, atol=5e-3)
    assert (of(found, "dscr_below")[2:] == 1.0).all()
    np.testing.assert_allclose(of(found, "equity_irr"), 10.0)  # nothing is put in, something left


def test_a_loan_of_the_size_that_is_carried_just_keeps_the_covenant() -> None:
    """The capacity is a loan: lent in its place, the lowest cover is the covenant."""
    first = run({"debt": DEBT})
    spent = sum(spent_in(first, 0, config()["projects"]["works"]).values())
    lent = of(first, "debt_capacity") / of(first, "dscr_lowest") * 1.3  # the loan itself
    assert lent[0] / (0.6 * spent) == pytest.approx(1.0, abs=0.1)
    again = run({"debt": {**DEBT, "share": 0.3}})
    np.testing.assert_allclose(of(again, "dscr_lowest"), 2 * of(first, "dscr_lowest"), rtol=1e-9)
    np.testing.assert_allclose(of(again, "debt_capacity"), of(first, "debt_capacity"), rtol=1e-9)


@pytest.mark.parametrize("hurdle", [0.0, 0.03, 0.08, 0.2])
def test_a_rate_above_the_hurdle_is_a_value_above_zero_at_it(hurdle: float) -> None:
    found = run({"rate": hurdle, "tax": {"rate": 0.25}})
    clear = of(found, "irr_ambiguous") == 0.0
    assert clear.mean() > 0.5
    above = of(found, "project_irr")[clear] >= hurdle
    np.testing.assert_array_equal(above, of(found, "free_cash_npv")[clear] >= 0.0)
    assert 0 < above.mean() < 1 or hurdle == 0.2


# ---------------------------------------------------------------- the rate itself


def rows_of(draws: list[list[float]]) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a block with a draw of flows each, and where they stand."""
    rows = np.full((2 + len(draws[0]), len(draws)), np.nan)
    rows[2:] = np.transpose(draws)
    return rows, np.arange(2, len(rows))


def rates(*draws: list[float]) -> np.ndarray:
    rows, flows = rows_of([*draws])
    finance.internal_rate_row(rows, 1, flows, 2050.0, 2050)
    return rows[1]


def turns(*draws: list[float]) -> np.ndarray:
    rows, flows = rows_of([*draws])
    finance.turns_row(rows, 1, flows, 2050.0, 2050)
    return rows[1]


def test_rates_that_textbooks_print() -> None:
    assert rates([-70, 12, 15, 18, 21, 26])[0] == pytest.approx(0.08663, abs=5e-6)
    assert rates([-70, 12, 15, 18, 21])[0] == pytest.approx(-0.02124, abs=5e-6)
    assert rates([-100, 110])[0] == pytest.approx(0.1, rel=1e-14)


def test_rates_at_the_ends() -> None:
    never, half, all_of_it, tenfold, above, nothing = rates(
        [-100, 49, 0], [-100, 50, 0], [-100, 100, 0], [-100, 1100, 0], [-100, 1101, 0], [0, 0, 0]
    )
    assert never == -1.0
    assert half == pytest.approx(-0.5, rel=1e-14)
    assert all_of_it == 0.0
    assert tenfold == pytest.approx(10.0, rel=1e-13)
    assert above == 10.0
    assert nothing == 10.0


def test_flows_that_only_lose_never_come_back_and_undefined_ones_have_no_rate() -> None:
    lost, undefined, after = rates([-1, -1], [-1, math.nan], [-1, 1.05])
    assert lost == -1.0
    assert math.isnan(undefined)
    assert after == pytest.approx(0.05)


def test_before_the_last_year_nothing_is_known() -> None:
    rows, flows = rows_of([[-1.0, 2.0]])
    for row in (finance.internal_rate_row, finance.turns_row):
        rows[1] = 7.0
        row(rows, 1, flows, 2050.0, 2049)
        assert np.isnan(rows[1]).all()


def test_the_sum_so_far_turns() -> None:
    found = turns([-1, 2, 0, 0], [-1, 2, -2, 0], [-1, 2, -2, 3], [-1, 1, -1, 3], [1, 2, 3, 4])
    np.testing.assert_array_equal(found, [1, 2, 3, 1, 0])


def test_random_flows_have_the_rate_of_plain_halving() -> None:
    draws = np.random.default_rng(5).normal(size=(200, 9)).cumsum(axis=1)
    draws[:, 0] = -np.abs(draws[:, 0]) - 2.0
    found = rates(*draws.tolist())
    clear = turns(*draws.tolist()) <= 1
    assert clear.sum() > 60
    for flows, rate in zip(draws[clear], found[clear], strict=True):
        assert rate == pytest.approx(root(dict(enumerate(flows))), abs=1e-9)


# ---------------------------------------------------------------- what is asked for


def test_without_debt_nothing_is_said_of_it() -> None:
    found = run()
    for name in ("dscr", "dscr_below", "dscr_lowest", "debt_capacity", "equity_irr"):
        assert np.isnan(of(found, name)).all(), name


def test_without_a_price_there_is_no_cash_flow_and_that_is_told() -> None:
    without = config()
    del without["catalog"]["regions"]["AA"]["product_price"]
    told = [one for one in faults_of(without) if one.where.startswith("outcomes")]
    assert any("product_price" in one.expected for one in told)


def test_what_nobody_reads_is_told() -> None:
    project = {"debt": DEBT, "tax": {"rate": 0.25}, "spend": {-1: 1.0}}
    written = config(project, outcomes=["project_npv"], keep=[])
    told = {one.where: one.remedy for one in build_and_warn(simcore.load(written))[1]}
    for key in ("debt", "tax", "spend"):
        assert any(f"projects.works.{key}" in where for where in told), key
