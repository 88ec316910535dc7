"""A fund or a bond: what flows in and out, what is owed, what revenue carries."""

from __future__ import annotations

import copy
from typing import Any, get_args

import numpy as np
import pytest
from agreement import disagreements, traced
from minimal import constant_path, minimal_config
from reference_paths import merge
from rich_config import rich_config
from test_invalid import faults_of

import simcore
from simcore import plots
from simcore.analysis.headline import OpenedRun, headline_of
from simcore.effects import build_and_warn
from simcore.intake.accounts import RECORDS, Flows, kind_of
from simcore.model.flows import FLOWS
from simcore.running import engine
from simcore.terminal.headline import headline_text
from simcore.terminal.tables import WIDTH
from simcore.variables import OUTCOMES

ALL = [name for name in OUTCOMES if name.startswith("account_")]
PAID = "price_of_hydrogen"


def run(config: dict[str, Any]) -> Any:
    return engine.run(simcore.build(simcore.load(config)))


# ---------------------------------------------------------------- against the plain model

CASES: dict[str, dict[str, Any]] = {
    "a fund that ends, a level bond that is kept": {
        "fund": {"last": 2028},
        "bond": {"proceeds": "kept", "repayment": {"kind": "level", "years": 2}},
    },
    "contracts, a grant and plants": {"fund": {"outflow": {
        "contract": {"kind": "instrument", "project": "abroad", "instrument": PAID},
        "grant": {"kind": "instrument", "project": "abroad", "instrument": "later_grant"},
        "works": {"kind": "capex", "project": "works"},
        "abroad": {"kind": "capex", "project": "abroad"},
    }}},
    "a nominal fund, a real bond without interest": {
        "fund": {"nominal": True, "issue": {2027: 300}, "repayment": {"years": 30}},
        "bond": {"nominal": False, "repayment": {"kind": "level", "years": 2, "rate": 0.0}},
    },
    "another one in a scenario": {},
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_plain_model_agrees(name: str) -> None:
    changes: dict[str, Any] = {"accounts": CASES[name]}
    if not CASES[name]:
        other = {"first": 2027, "last": 2028, "rate": 0.02, "outflow": {
            "given": {"kind": "fixed", "amount": {2027: 5}}}}  # fmt: skip
        changes = {"scenarios": {"reform": {"accounts": {
            "fund": {"inflow": {"sold": {"share": 1.0}}}, "of_reform": other,
        }}}}  # fmt: skip
    plan = simcore.build(simcore.load(rich_config(outcomes=ALL, **changes)))
    for draw in (3, 300):
        found = traced(plan, draw)
        assert {key[0] for key in found} >= set(ALL)
        assert list(disagreements(plan.spec.resolved(), found, draw)) == []


def test_every_kind_of_flow_is_made_once() -> None:
    assert list(FLOWS) == [kind_of(one) for one in RECORDS]
    assert get_args(get_args(Flows)[0]) == RECORDS


# ---------------------------------------------------------------- closed forms

BOND: dict[str, Any] = {
    "first": 2026, "last": 2046, "rate": 0.03, "proceeds": "spent", "issue": {2026: 1000},
    "repayment": {"years": 20}, "inflow": {"all": {"kind": "fixed", "amount": {2026: 70}}},
}  # fmt: skip


def alone(account: dict[str, Any], price: Any = 80.0, **changes: Any) -> Any:
    """A run of a single account, in which an allowance costs the same in each year."""
    config = minimal_config(
        outcomes=[*ALL, "carbon_price"], keep=[*ALL, "carbon_price"], dtype="float64", draws=256,
        accounts={"fund": account}, years={"first": 2026, "last": 2050},
    )  # fmt: skip
    config["catalog"]["markets"]["eu_ets"] = constant_path("EUR/t", price)
    return run(merge(config, changes)).isel(scenario=0, account=0)


def one(found: Any, name: str) -> Any:
    return found[f"account_{name}"].isel(draw=0)


def test_ten_issues_of_a_hundred_billion_cost_67_billion_a_year() -> None:
    issue = dict.fromkeys(range(2026, 2036), 100_000)
    found = alone({**BOND, "issue": issue, "last": 2050})
    service = one(found, "service")
    assert service.sel(year=2026) == 0
    assert float(service.sel(year=2036)) == pytest.approx(67_215.7, abs=0.1)
    assert float(service.sel(year=2047)) == pytest.approx(67_215.7 * 0.9, abs=0.1)


def test_a_hundred_billion_on_975_million_tonnes() -> None:
    """One year's bond of 100 bn is repaid at once by 975 Mt at 102.56 EUR/t, and just so."""
    sold = {"kind": "auction", "market": "eu_ets", "volume": {2026: 975}}
    account = {"first": 2026, "last": 2026, "rate": 0.03, "issue": {2026: 100_000},
               "proceeds": "spent", "repayment": {"years": 1}, "inflow": {"sold": sold}}  # fmt: skip
    for price, solvent in ((102.57, 1.0), (102.56, 0.0)):
        found = alone(account, price)
        assert float(one(found, "inflow").sel(year=2026)) == pytest.approx(975 * price, rel=1e-12)
        assert float(one(found, "solvent")) == solvent
        assert float(one(found, "carried")) == pytest.approx(975 * price / 100_000, rel=1e-12)


def test_a_level_bond_is_repaid_by_its_annuity() -> None:
    """1,000 at 3 % over 20 years: 67.2157 a year, just carried by an inflow of that from 2027."""
    paid = {"kind": "fixed", "amount": {2026: 0, 2027: 67.21570759685909}}
    found = alone({**BOND, "inflow": {"all": paid}})
    owed = one(found, "owed")
    np.testing.assert_allclose(owed.sel(year=[2026, 2036]), [1000.0, 573.3636], rtol=1e-6)
    assert abs(float(owed.sel(year=2046))) < 1e-9
    np.testing.assert_allclose(one(found, "balance").sel(year=slice(2026, 2046)), 0.0, atol=1e-9)
    assert float(one(found, "capacity")) == pytest.approx(1000.0, rel=1e-12)
    assert float(one(found, "carried")) == pytest.approx(1.0, rel=1e-12)


def test_a_bullet_pays_interest_and_then_all() -> None:
    found = alone({**BOND, "repayment": {"kind": "bullet", "years": 5}})
    service = one(found, "service").sel(year=slice(2026, 2032))
    np.testing.assert_allclose(service, [0, 30, 30, 30, 30, 1030, 0], rtol=1e-12)
    np.testing.assert_allclose(one(found, "owed").sel(year=[2030, 2031]), [1000, 0], atol=1e-9)


def test_a_fund_is_back_when_what_it_spent_first_has_come_in() -> None:
    """-100, -50, then 60 a year at no interest: 0 in the third of these, 60 in the fourth."""
    given = {"kind": "fixed", "amount": {2026: 160, 2027: 110, 2028: 0}}
    fund = {"first": 2026, "last": 2031, "rate": 0.0, "outflow": {"given": given},
            "inflow": {"all": {"kind": "fixed", "amount": {2026: 60}}}}  # fmt: skip
    found = alone(fund)
    balance = one(found, "balance").sel(year=slice(2026, 2031))
    np.testing.assert_allclose(balance, [-100, -150, -90, -30, 30, 90])
    assert float(one(found, "payback")) == 2030
    assert float(one(found, "lowest")) == -150
    assert float(one(found, "capacity")) == pytest.approx(90)
    assert found["account_carried_mean"].isnull().all()
    coverage = found["account_coverage_mean"].sel(year=[2026, 2027, 2028])
    np.testing.assert_allclose(coverage, [60 / 160, 60 / 110, np.nan])


def test_what_falls_below_zero_again_has_not_paid_back() -> None:
    given = {"kind": "fixed", "amount": {2026: 0, 2028: 0, 2029: 500, 2030: 0}}
    found = alone({**BOND, "issue": {}, "last": 2031, "outflow": {"given": given}})
    assert np.isnan(float(one(found, "payback")))
    assert float(one(found, "solvent")) == 0.0


def test_money_of_each_year_is_worn_off() -> None:
    """At 3 % nominal and 3 % inflation a nominal account bears no interest, and its flows fall."""
    inflation, base = 0.03, 2025
    money = {"inflation": inflation, "base_year": base}
    found = alone({**BOND, "nominal": True, "last": 2040}, money=money)
    years = np.arange(2026, 2041)
    real = 1.03 ** (base - years)
    inflow = one(found, "inflow").sel(year=years)
    np.testing.assert_allclose(inflow, 70 * real, rtol=1e-12)
    service = one(found, "service").sel(year=years[1:])
    np.testing.assert_allclose(service, 67.21570759685909 * real[1:], rtol=1e-9)
    np.testing.assert_allclose(
        one(found, "balance").sel(year=years[-1]), (inflow.sum() - service.sum()), rtol=1e-9
    )
    assert float(one(found, "capacity")) == pytest.approx(float(inflow.sum()), rel=1e-12)


def test_nothing_is_freed_in_the_first_year_and_all_in_the_end() -> None:
    """Share 0.9 to 0.4, a benchmark of 1.5 and 10 Mt."""
    freed = {"kind": "freed", "region": "EU", "route": "bf_bof", "volume": {2026: 10}}
    falling = {"values": {2026: 0.9, 2028: 0.4}, "end": None}
    policy = {"unit": "1", "variant": "law", "known_until": 2030, "variants": {"law": falling}}
    found = alone(
        {"first": 2026, "last": 2029, "rate": 0.0, "inflow": {"freed": freed}},
        catalog={
            "policies": {"falling": policy},
            "regions": {"EU": {"free_allocation": "falling", "benchmarks": {"bf_bof": 1.5}}},
        },
    )
    years = [2026, 2028, 2029]
    price = found["carbon_price"].isel(draw=0, market=0).sel(year=years)
    inflow = one(found, "inflow").sel(year=years)
    np.testing.assert_allclose(inflow, price * 1.5 * 10 * np.array([0, 0.5, 0.5]))


# ---------------------------------------------------------------- in the packaged tables

PACKAGED: dict[str, Any] = {
    "name": "bond", "draws": 2048, "years": {"first": 2026, "last": 2045}, "regions": ["EU"],
    "destinations": ["domestic"], "routes": ["bf_bof", "h2_dri_eaf"], "dtype": "float64",
    "outcomes": ALL, "keep": ALL,
    "scenarios": {"law": "law"},
    "budgets": {"steel": {"region": "EU", "route": "h2_dri_eaf", "volume": {2030: 5}}},
    "accounts": {"bond": {
        "first": 2028, "last": 2045, "rate": 0.03, "issue": {2028: 60000, 2030: 120000},
        "proceeds": "spent", "repayment": {"years": 20},
        "inflow": {
            "sold": {"kind": "auction", "market": "eu_ets", "volume": {2028: 400, 2040: 0}},
            "border": {"kind": "cbam", "region": "CN", "route": "bf_bof", "volume": {2028: 5}},
        },
        "outflow": {"gap": {"kind": "gap", "budget": "steel"}},
    }},
}  # fmt: skip


def bond(**changes: Any) -> dict[str, Any]:
    return merge(copy.deepcopy(PACKAGED), changes)


@pytest.fixture(scope="module")
def issued() -> Any:
    return run(bond()).isel(scenario=0, account=0)


def test_it_is_solvent_where_it_carries_its_issue(issued: Any) -> None:
    """Served at the rate of the account: what is left at the end is what it carries beyond it."""
    worth = 60000 + 120000 / 1.03**2
    left = (issued["account_balance"] - issued["account_owed"]).sel(year=2045)
    capacity = issued["account_capacity"]
    np.testing.assert_allclose(left, (capacity - worth) * 1.03**17, rtol=1e-9, atol=1e-3)
    np.testing.assert_allclose(issued["account_carried"], capacity / worth, rtol=1e-9)
    solvent = issued["account_solvent"]
    np.testing.assert_array_equal(solvent == 1, issued["account_carried"] >= 1)
    np.testing.assert_array_equal(solvent == 1, issued["account_payback"].notnull())
    assert 0.05 < float(issued["account_solvent_mean"]) < 0.95


def test_of_95_percent_of_the_draws_the_p5_is_carried(issued: Any) -> None:
    least = float(issued["account_carried_quantile"].sel(quantile=0.05))
    sizes = {2028: 60000 * least * (1 - 1e-9), 2030: 120000 * least * (1 - 1e-9)}
    found = run(bond(accounts={"bond": {"issue": sizes}}))
    assert found["account_solvent_mean"].item() == pytest.approx(0.95, abs=1e-3)


def test_the_balance_follows_from_the_flows(issued: Any) -> None:
    balance = 0.0
    for year in range(2028, 2046):
        net = sum(
            sign * issued[f"account_{name}"].sel(year=year)
            for name, sign in (("inflow", 1), ("outflow", -1), ("service", -1))
        )
        balance = balance * 1.03 + net
        np.testing.assert_allclose(
            issued["account_balance"].sel(year=year), balance, rtol=1e-10, atol=1e-6
        )
    lowest = issued["account_balance"].min("year")
    np.testing.assert_array_equal(issued["account_lowest"], lowest)


def test_kept_proceeds_come_back_as_service(issued: Any) -> None:
    """At one rate a bond that is kept changes nothing in the end."""
    kept = run(bond(accounts={"bond": {"proceeds": "kept"}})).isel(scenario=0, account=0)
    none = bond()
    none["accounts"]["bond"] |= {"issue": {}}
    for key in ("repayment", "proceeds"):
        del none["accounts"]["bond"][key]
    bare = run(none).isel(scenario=0, account=0)
    left = (kept["account_balance"] - kept["account_owed"]).sel(year=2045)
    np.testing.assert_allclose(left, bare["account_balance"].sel(year=2045), rtol=1e-8, atol=1e-2)


def test_an_account_changes_no_number_of_another(issued: Any) -> None:
    other = {**PACKAGED["accounts"]["bond"], "issue": {2028: {
        "kind": "uniform", "low": 10000, "high": 20000}}}  # fmt: skip
    found = run(bond(accounts={"another": other})).isel(scenario=0).sel(account="bond")
    for name in ("account_balance", "account_capacity"):
        np.testing.assert_array_equal(found[name], issued[name])


# ---------------------------------------------------------------- what is refused or warned of

NEW: dict[str, Any] = {"kind": "fixed", "amount": {2028: 5}}
AT = "accounts.bond"
FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a first year before the run": ({"first": 2020}, "first", "2026-2045"),
    "a last year after the run": ({"last": 2060}, "last", "2026-2045"),
    "years the wrong way round": ({"first": 2041, "last": 2040}, "", "swap"),
    "an issue outside of its years": ({"issue": {2026: 5}}, "issue.2026", "2028-2045"),
    "an issue below zero": ({"issue": {2028: -5}}, "issue.2028", "-5"),
    "an issue without repayment": ({"repayment": None}, "", "repayment: {kind: level"),
    "a repayment of no years": ({"repayment": {"years": 0}}, "repayment.years", "1"),
    "no rate": ({"rate": None}, "rate", "number"),
    "a kind that is none": (
        {"inflow": {"sold": {"kind": "sale"}}}, "inflow.sold", "auction"),
    "a flow without a kind": ({"inflow": {"new": {"market": "eu_ets"}}}, "inflow.new", "kind"),
    "a market that is none": (
        {"inflow": {"sold": {"market": "eu_etz"}}}, "inflow.sold.market", "did you mean 'eu_ets'"),
    "a region that is none": (
        {"inflow": {"border": {"region": "CHN"}}}, "inflow.border.region", "CHN"),
    "a route that is none": (
        {"inflow": {"border": {"route": "bf"}}}, "inflow.border.route", "bf_bof"),
    "a route of another sector": (
        {"inflow": {"border": {"route": "hall_heroult_grid"}}}, "inflow.border.route",
        "makes aluminium"),
    "CBAM inside the EU": ({"inflow": {"border": {"region": "EU"}}}, "inflow.border.region",
                           "no CBAM"),
    "tonnes before their route": (
        {"inflow": {"border": {"route": "h2_dri_eaf", "volume": {2026: 1}}}, "first": 2026},
        "inflow.border.volume", "begin the volume in"),
    "a volume after the end": (
        {"inflow": {"sold": {"volume": {2046: 5}}}}, "inflow.sold.volume", "nothing until 2046"),
    "an amount after the end": (
        {"outflow": {"new": {"kind": "fixed", "amount": {2050: 5}}}}, "outflow.new.amount",
        "nothing until 2050"),
    "a product that is none": (
        {"inflow": {"new": {"kind": "surcharge", "product": "cart", "amount": 100,
                            "volume": {2028: 10}}}}, "inflow.new.product", "did you mean 'car'"),
    "a budget that is none": (
        {"outflow": {"gap": {"budget": "iron"}}}, "outflow.gap.budget", "steel"),
    "a project that is none": (
        {"outflow": {"new": {"kind": "capex", "project": "plant"}}}, "outflow.new.project",
        "project of the run"),
    "an instrument of no project": (
        {"outflow": {"new": {"kind": "instrument", "project": "plant", "instrument": "x"}}},
        "outflow.new.project", "project of the run"),
    "money of two kinds": (
        {"nominal": True, "issue": {2028: {"value": 5, "price_year": 2020}}}, "issue.2028",
        "price_year"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_is_refused(name: str) -> None:
    changes, where, said = FAULTS[name]
    found = faults_of(bond(accounts={"bond": changes}))
    place = f"{AT}.{where}".rstrip(".")
    assert [fault for fault in found if fault.where.startswith(place)], found
    assert any(said in f"{fault.found} {fault.expected} {fault.remedy}" for fault in found), found
    assert len(found) == 1, found


def test_all_faults_are_told_at_once() -> None:
    changes = {
        "last": 2060,
        "inflow": {"sold": {"market": "x"}},
        "outflow": {"gap": {"budget": "y"}},
    }
    assert len(faults_of(bond(accounts={"bond": changes}))) == 3


def test_an_account_without_anything_is_refused() -> None:
    config = bond()
    config["accounts"] = {"empty": {"first": 2028, "last": 2030, "rate": 0.02}}
    assert [one.where for one in faults_of(config)] == ["accounts.empty"]


def test_outcomes_without_accounts_are_refused() -> None:
    assert [one.where for one in faults_of(bond() | {"accounts": {}})] == ["accounts"]


WARNED: dict[str, tuple[dict[str, Any], str]] = {
    "a repayment of nothing": (
        {"accounts": {"bond": {"issue": {}}}}, f"{AT}.repayment"),
    "an account that nothing reports": (
        {"outcomes": ["budget_need"], "keep": []}, AT),
    "allowances of the whole world": (
        {"accounts": {"bond": {"inflow": {"sold": {"volume": {2028: 9000}}}}}},
        f"{AT}.inflow.sold.volume.2028"),
}  # fmt: skip


@pytest.mark.parametrize("name", WARNED)
def test_what_changes_nothing_is_said(name: str) -> None:
    changes, where = WARNED[name]
    _, warnings = build_and_warn(simcore.load(bond(**({"draws": 512} | changes))))
    assert any(one.where.startswith(where) for one in warnings), warnings


def test_an_account_that_nothing_reports_is_one_warning() -> None:
    _, found = build_and_warn(simcore.load(bond(draws=512, outcomes=["budget_need"], keep=[])))
    assert [one.where for one in found if one.where.startswith(AT)] == [AT]


def test_a_plain_config_gives_no_false_alarm() -> None:
    _, warnings = build_and_warn(simcore.load(bond(draws=512)))
    assert not [one for one in warnings if one.where != "draws"]


# ---------------------------------------------------------------- the table and the picture


def test_the_table_tells_each_account(issued: Any) -> None:
    found = run(bond())
    text = headline_text(*headline_of(OpenedRun(found)))
    assert max(map(len, text.splitlines())) <= WIDTH
    row = next(line for line in text.splitlines() if line.startswith("Law as it stands"))
    least, middle, most = issued["account_capacity_quantile"].sel(quantile=[0.05, 0.5, 0.95]).values
    share = 100 * float(issued["account_solvent_mean"])
    for part in (f"{share:.0f}%", f"{least / 1e3:,.0f}", f"{middle / 1e3:,.0f}",
                 f"{most / 1e3:,.0f}"):  # fmt: skip
        assert part in row.split(), (part, row)
    assert "Accounts in bn EUR" in text


def test_a_run_of_other_outcomes_has_no_such_table(issued: Any) -> None:
    found = run(bond(outcomes=["account_balance", "budget_total"], keep=[], draws=256))
    assert "Accounts in" not in headline_text(*headline_of(OpenedRun(found)))


def test_the_columns_are_those_of_the_table(issued: Any) -> None:
    columns, _ = headline_of(OpenedRun(run(bond(draws=256))))
    assert columns["account"] == ["bond"]
    assert list(columns)[2:4] == ["account_solvent_mean", "account_payback_p50"]


def test_the_picture_says_how_often_the_bond_is_covered() -> None:
    found = run(bond(draws=256, keep=[]))
    figure = plots.plot(found, "accounts")
    texts = [one.get_text() for one in figure.texts]
    share = f"{100 * found['account_solvent_mean'].item():.0f}%"
    assert f"in the end in {share} of" in " ".join(texts)
    assert len(figure.axes) == 1
    assert len(figure.axes[0].lines) >= 2  # what it holds, and what it owes
