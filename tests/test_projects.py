"""A project in closed form: its vintage, its value, and what it leaves alone."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import simcore
from simcore.plan import build
from simcore.running import engine

START, LAST = 2030, 2036
OF_PROJECTS = [
    "project_cost", "project_gap", "project_support", "project_margin", "deal_closes",
    "project_cash", "project_npv", "project_annuity", "break_even_premium", "break_even_grant",
]  # fmt: skip
OTHERS = ["levelised_cost", "cost_premium", "carbon_price"]
WORKS: dict[str, Any] = {
    "region": "EU", "route": "h2_dri_eaf", "start": START, "lifetime": 6, "output": 2.0,
}  # fmt: skip
PROJECTS: dict[str, Any] = {
    "works": WORKS,
    "later": {"like": "works", "start": 2032},
    "own": {"like": "works", "hydrogen": "own"},
    "own_later": {"like": "works", "hydrogen": "own", "start": 2032},
    "long": {"like": "works", "lifetime": 20, "rate": 0.06, "valued_in": 2027},
    "valued_at_start": {"like": "long", "valued_in": START},
    "large": {"like": "long", "output": 5.0},
    "sunk": {"like": "works", "against": {"route": "bf_bof", "capital": "sunk"}},
    "relined": {"like": "works", "against": {
        "route": "bf_bof", "capital": "reline", "reline": 150.0}},
    "abroad": {"like": "works", "region": "KR", "destination": "eu"},
    "bought": {"like": "works", "willing": 40.0, "sold": 0.5},
    "doubtful": {"like": "works", "rate": {"kind": "uniform", "low": 0.05, "high": 0.09},
                 "sold": {"kind": "uniform", "low": 0.2, "high": 0.8}, "willing": {
                     "kind": "triangular", "low": 10, "mode": 30, "high": 90}},
    "twin": {"like": "doubtful"},
    "twin_later": {"like": "doubtful", "start": 2032},
}  # fmt: skip


def config(projects: dict[str, Any], outcomes: list[str]) -> dict[str, Any]:
    return {
        "name": "projects", "draws": 512, "years": {"first": 2028, "last": LAST},
        "regions": ["EU", "KR"], "destinations": ["domestic", "eu"],
        "routes": ["bf_bof", "h2_dri_eaf"], "outcomes": outcomes, "keep": [*outcomes, "inputs"],
        "dtype": "float64", "scenarios": {"law": "law"}, "projects": projects,
    }  # fmt: skip


@cache
def found() -> Any:
    given = config(PROJECTS, [*OTHERS, *OF_PROJECTS])
    return engine.run(build(simcore.load(given))).isel(scenario=0)


def of(name: str, project: str, year: int | None = None) -> np.ndarray:
    """Draws of an outcome of a project, of all years before the draws."""
    one = found()[name].sel(project=project)
    one = one.sel(year=year) if year is not None else one
    return one.transpose(..., "draw").values


def per_tonne(name: str, project: str, last: int = 2035) -> np.ndarray:
    return found()[name].sel(project=project, year=slice(2032, last)).transpose(..., "draw").values


def close(a: Any, b: Any, size: float = 1000.0) -> None:
    np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12 * size)


@pytest.mark.parametrize(("project", "region", "to"), [
    ("works", "EU", "domestic"), ("own", "EU", "domestic"), ("abroad", "KR", "eu"),
])  # fmt: skip
def test_in_its_first_year_it_lacks_the_cost_premium(project: str, region: str, to: str) -> None:
    """With a factor of 1, full capital and no support."""
    place = {"region": region, "route": "h2_dri_eaf", "year": START}
    premium = found()["cost_premium"].sel(**place, destination=to)
    close(of("project_margin", project, START), -premium.values)
    close(of("project_cost", project, START), found()["levelised_cost"].sel(place).values)


@pytest.mark.parametrize(("early", "late"), [("works", "later"), ("own", "own_later")])
def test_capital_is_that_of_the_start_for_all_the_life(early: str, late: str) -> None:
    """Two plants that differ in their year alone differ by the same amount in every year."""
    apart = per_tonne("project_cost", early) - per_tonne("project_cost", late)
    assert apart.shape[0] == 4
    assert np.abs(apart).max() > 0.1
    close(apart, np.broadcast_to(apart[:1], apart.shape))
    # Which the capital of each year does not.
    route = found()["levelised_cost"].sel(region="EU", route="h2_dri_eaf", year=slice(2032, 2035))
    moved = route.transpose(..., "draw").values - per_tonne("project_cost", early)
    assert np.abs(moved - moved[:1]).max() > 0.1


def test_an_electrolyser_of_its_own_learns_no_more() -> None:
    """What it costs more than bought hydrogen of each year's electrolyser grows from nothing."""
    more = found()["project_cost"].sel(project="own") - found()["project_cost"].sel(project="works")
    close(more.sel(year=START), 0.0)
    later = more.sel(year=2035).values
    assert (later > 0).mean() > 0.9


def test_projects_alike_share_all_draws() -> None:
    for name in OF_PROJECTS:
        np.testing.assert_array_equal(of(name, "doubtful"), of(name, "twin"), name)
    factors = [name for name in found()["factor"].values if name.startswith("twin")]
    assert factors == []
    # One that starts later has its own year, and the same buyers.
    sold = of("project_gap", "later", 2032) - of("project_gap", "twin_later", 2032)
    close(sold, of("project_gap", "works", START) - of("project_gap", "doubtful", START))


def test_value_is_the_sum_of_the_discounted_cash_with_the_last_year_held() -> None:
    cash, rate = found()["project_cash"].sel(project="long"), 0.06
    total = 0.0
    for year in range(START, START + 20):
        total = total + cash.sel(year=min(year, LAST)).values / (1 + rate) ** (year - 2027)
    close(of("project_npv", "long"), total, 1e5)
    crf = rate / (1 - (1 + rate) ** -20)
    annuity = total * (1 + rate) ** (START - 1 - 2027) * crf / 2.0
    close(of("project_annuity", "long"), annuity)
    close(of("break_even_premium", "long"), -annuity)
    close(of("break_even_grant", "long"), np.maximum(0.0, -total), 1e5)


def test_output_and_year_of_valuation_scale_the_value() -> None:
    close(of("project_npv", "large"), 2.5 * of("project_npv", "long"), 1e5)
    close(of("project_annuity", "large"), of("project_annuity", "long"))
    close(of("project_npv", "valued_at_start"), of("project_npv", "long") * 1.06**3, 1e5)


@pytest.mark.parametrize("other", ["sunk", "relined"])
def test_what_it_is_set_against_moves_the_gap_alike_in_all_years(other: str) -> None:
    apart = per_tonne("project_gap", other) - per_tonne("project_gap", "works")
    assert np.abs(apart).max() > 1
    close(apart, np.broadcast_to(apart[:1], apart.shape))
    np.testing.assert_array_equal(of("project_cost", other), of("project_cost", "works"))


def test_relining_costs_its_charge() -> None:
    """Over the life of the project, at the cost of capital and risk of what is relined."""
    given = config({name: PROJECTS[name] for name in ("works", "sunk", "relined")}, ["project_gap"])
    given["catalog"] = {
        "regions": {"EU": {"wacc": 0.07}},
        "routes": {"bf_bof": {"risk_premium": 0.01, "utilisation": 0.9}},
    }
    gap = engine.run(build(simcore.load(given)))["project_gap"].sel(year=START).squeeze()
    charge = 150.0 * 0.08 / (1 - 1.08**-6) / 0.9
    close(gap.sel(project="sunk") - gap.sel(project="relined"), charge)


def test_buyers_close_part_of_the_gap() -> None:
    first = slice(START, 2035)
    paid = found()["project_gap"].sel(project="works") - found()["project_gap"].sel(
        project="bought"
    )
    close(paid.sel(year=first).values, 20.0)


def test_it_has_values_while_it_produces_alone() -> None:
    cost = found()["project_cost"].sel(project="works").notnull().all("draw")
    assert cost.sel(year=slice(START, 2035)).all()
    assert not cost.sel(year=[2028, 2029, 2036]).any()


def test_it_closes_where_the_margin_is_not_below_zero() -> None:
    margin, closes = of("project_margin", "works", START), of("deal_closes", "works", START)
    np.testing.assert_array_equal(closes, margin >= 0)


def test_a_project_changes_no_number_of_a_run_without_it() -> None:
    alone = engine.run(build(simcore.load(config({}, OTHERS)))).isel(scenario=0)
    for name in OTHERS:
        np.testing.assert_array_equal(alone[name].values, found()[name].values, name)
    names = alone["factor"].values
    np.testing.assert_array_equal(
        alone["input"].sel(factor=names).values, found()["input"].sel(factor=names).values
    )
