"""What instruments pay a project: each clause against a plain loop, and what must hold of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from paid_plants import (
    KEPT,
    LAST,
    LIFE,
    OUTPUT,
    START,
    TWO_WAY,
    YEARS,
    by_clause,
    config,
    of,
    run,
)
from reference_contracts import Clauses, account
from scipy import stats
from small_config import market, small_config

import simcore
from simcore.effects import build_and_warn

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
    paid, exhausted, ended, binds = (
        of(found, outcome, f"{name}_plant", name)
        for outcome in (
            "instrument_payment",
            "instrument_exhausted",
            "instrument_ended",
            "cap_binds",
        )
    )
    clauses = PLAIN.get(name, Clauses())
    for draw in range(paid.shape[1]):
        plain = account(clauses, due[:, draw], active[:, draw], worth=worth(name))
        np.testing.assert_allclose(paid[:, draw], plain.payments, rtol=0, atol=1e-8)
        for told, at in ((exhausted, plain.exhausted_in), (ended, plain.ended_in)):
            assert told[draw] == START + at if at is not None else np.isnan(told[draw])
        assert binds[draw] == plain.is_cut
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


def test_break_even_grant_and_premium_close_the_project(found: Any) -> None:
    value = of(found, "project_npv", "plain_plant")
    np.testing.assert_allclose(
        of(found, "break_even_grant", "plain_plant"), np.maximum(0, -value), rtol=1e-12
    )
    tonnes = OUTPUT * (1.07 ** -(np.arange(LIFE) + 1.0)).sum()
    premium = of(found, "break_even_premium", "plain_plant")
    np.testing.assert_allclose(value + premium * tonnes, 0.0, atol=1e-6)


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
