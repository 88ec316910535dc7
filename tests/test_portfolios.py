"""Portfolios: members and their sum in each draw, what diversification takes off, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import simcore
from simcore import cli
from simcore.analysis.headline import OpenedRun
from simcore.analysis.portfolios import portfolios_of
from simcore.errors import ConfigError

PLANT: dict[str, Any] = {
    "region": "KR", "route": "scrap_eaf", "destination": "eu", "start": 2028, "lifetime": 4,
    "output": 1.5, "rate": 0.06, "valued_in": 2027,
}  # fmt: skip
YEARS: dict[str, Any] = {"first": 2026, "last": 2030}
WORKS: dict[str, Any] = {
    "plant": {"region": "KR", "route": "bf_bof", "output": 4.0, "destinations": {"eu": 0.1}},
    **YEARS,
}  # fmt: skip
KEPT = ["project_npv", "project_cash", "exposure_cost", "portfolio_cash", "portfolio_npv",
        "member_npv"]  # fmt: skip


def config(portfolios: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A small run of a plant, a works, and a firm short of allowances beside one that is long."""
    return {
        "name": "small", "draws": 512, "years": YEARS, "regions": ["KR"], "dtype": "float64",
        "destinations": ["domestic", "eu"], "routes": ["bf_bof", "scrap_eaf"],
        "scenarios": {"law": {}}, "outcomes": KEPT, "keep": KEPT, "projects": {"plant": PLANT},
        "exposures": {
            "works": WORKS, "short": {"market": "k_ets", "shortfall": 2.0, **YEARS},
            "long": {"market": "k_ets", "shortfall": -2.0, **YEARS},
        },
        "portfolios": portfolios, **changes,
    }  # fmt: skip


@pytest.fixture(scope="module")
def run() -> Any:
    return simcore.run(config({
        "group": {"title": "A group", "projects": ["plant"], "exposures": ["works"], "rate": "6 %",
                  "valued_in": 2027},
        "hedged": {"exposures": ["short", "long"], "rate": 0.05},
        "own_rates": {"projects": ["plant"], "exposures": ["works"], "valued_in": 2027},
        "brief": {"projects": ["ended"], "exposures": ["works"], "rate": 0.06},
    }, projects={"plant": PLANT, "ended": {**PLANT, "lifetime": 2}}), threads=1)  # fmt: skip


def test_a_project_alone_is_worth_what_it_is_worth(run: Any) -> None:
    """At its own rate and in its own year, to the bit, whether the rate is stated again or not."""
    for portfolio in ("group", "own_rates"):
        member = run.member_npv.sel(portfolio=portfolio, member="plant")
        assert (member == run.project_npv.sel(project="plant")).all()


def test_the_sum_of_members_and_of_their_cash(run: Any) -> None:
    own = run.member_npv.sel(portfolio="group", member=["plant", "works"])
    whole = run.portfolio_npv.sel(portfolio="group")
    assert whole.values == pytest.approx(own.sum("member").values, rel=1e-12)
    cost = run.exposure_cost.sel(exposure="works")
    for portfolio, project, idle in (("group", "plant", 2026), ("brief", "ended", 2030)):
        cash, found = run.project_cash.sel(project=project), run.portfolio_cash
        found = found.sel(portfolio=portfolio)
        expected = (cash.fillna(0.0) - cost).transpose(*found.dims)
        assert found.values == pytest.approx(expected.values, rel=1e-12)
        # Before the start, and after the end, the bills alone count.
        assert np.isnan(cash.sel(year=idle)).all()


def test_bills_are_discounted_to_the_year_of_valuation(run: Any) -> None:
    cost, years = run.exposure_cost.sel(exposure="short"), run.year.values
    weights = [1.05 ** -(year - 2026.0) for year in years]
    worth = -sum(weight * cost.sel(year=year) for weight, year in zip(weights, years, strict=True))
    found = run.member_npv.sel(portfolio="hedged", member="short")
    assert found.values == pytest.approx(worth.transpose(*found.dims).values, rel=1e-12)


def test_a_hedge_leaves_nothing_at_risk(run: Any) -> None:
    """One buys what the other sells: the sum is zero, and all of the value at risk is gone."""
    assert abs(run.portfolio_npv.sel(portfolio="hedged")).max() < 1e-9
    row = {one.portfolio: one for one in portfolios_of(OpenedRun(run), (0.05, 0.5, 0.95))}["hedged"]
    quantiles = [
        float(run.member_npv_quantile.sel(portfolio="hedged", member=one, quantile=0.05).squeeze())
        for one in ("short", "long")
    ]
    assert row.diversification == pytest.approx(-sum(quantiles), abs=1e-9)
    assert row.diversification > 0
    assert row.interval == ()  # 512 draws are too few for sixteen parts


def test_an_interval_of_the_draws_holds_what_more_draws_say() -> None:
    group = {"group": {"projects": ["plant"], "exposures": ["works"], "rate": 0.06}}
    names = ["portfolio_npv", "member_npv"]
    few, many = (
        simcore.run(config(group, draws=draws, outcomes=names, keep=names), threads=1)
        for draws in (6_400, 65_536)
    )
    (row,), (better,) = (portfolios_of(OpenedRun(one), (0.05,)) for one in (few, many))
    low, high = row.interval
    assert low < row.diversification < high
    assert high - low < 0.5 * row.diversification
    assert low < better.diversification < high
    assert better.interval[1] - better.interval[0] < 0.6 * (high - low)


def test_the_table_says_it_in_words(
    tmp_path: Any, capsys: pytest.CaptureFixture[str], run: Any
) -> None:
    run.to_netcdf(tmp_path / "run.nc")
    assert cli.main(["summary", str(tmp_path / "run.nc")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    for words in ("Portfolios: npv in M EUR", "A group all together", "hedged, law: value at risk",
                  "0 of all together. Diversification takes off"):  # fmt: skip
        assert words in said


@pytest.mark.parametrize(
    ("portfolio", "said"),
    [
        ({}, "neither projects nor exposures"),
        ({"projects": ["plan"]}, "unknown project 'plan'"),
        ({"exposures": ["work"]}, "unknown exposure 'work'"),
        ({"projects": ["plant", "plant"]}, "'plant' twice"),
        ({"exposures": ["works", "works"]}, "'works' twice"),
        ({"exposures": ["short"]}, "a shortfall of no region, and no rate"),
        ({"projects": ["late"]}, "late, which law does not have"),
        ({"projects": ["plant"], "valued_in": 2060}, "a year in 1976-2030"),
        ({"projects": ["plant"], "rate": {"kind": "uniform", "low": 0.05, "high": 0.08}},
         "one number"),
    ],
)  # fmt: skip
def test_what_is_refused(portfolio: dict[str, Any], said: str) -> None:
    late = {"law": {}, "later": {"projects": {"late": {**PLANT, "start": 2029}}}}
    with pytest.raises(ConfigError, match=said):
        simcore.load(config({"group": portfolio}, scenarios=late))


def test_a_project_and_an_exposure_of_one_name_are_refused() -> None:
    both = {"group": {"projects": ["plant"], "exposures": ["plant"]}}
    with pytest.raises(ConfigError, match="a project and an exposure"):
        simcore.load(config(both, exposures={"plant": WORKS}))
