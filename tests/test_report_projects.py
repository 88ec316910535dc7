"""The page of a run with projects: what they are worth, what is paid for them, and by whom."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_pages import Page

import simcore
from simcore.report.content import charts_of
from simcore.report.page import page_of

ROOT = Path(__file__).parents[1]
ENDS = [0.05, 0.5, 0.95]


@pytest.fixture(scope="module")
def run():
    return simcore.run(ROOT / "configs" / "ccfd.yaml", draws=768)


@pytest.fixture(scope="module")
def charts(run):
    return {one.name: one for one in charts_of(run)}


@pytest.fixture(scope="module")
def page(run):
    return Page(page_of(run))


def test_each_number_told_is_the_dataset_s(run, page):
    told = [one for one in page.all("data") if one.attrs["data-array"].startswith(
        ("project_", "instrument_", "break_even"))]  # fmt: skip
    assert len(told) > 10
    for one in told:
        at = dict(pair.split("=", 1) for pair in one.attrs["data-at"].split(";"))
        labels = {dim: float(label) if dim == "quantile" else label for dim, label in at.items()}
        assert float(one.attrs["value"]) == float(run[one.attrs["data-array"]].sel(labels))
    words = " ".join(one.text for one in page.all("p"))
    assert "Hydrogen direct reduction in Duisburg has a net present value of" in words
    assert "Two-way carbon contract costs the public" in words


def test_projects_alone_are_the_answer(charts, page):
    board = [one for one in charts.values() if one.section == "board"]
    assert [one.name for one in board][:2] == ["waterfall", "npv"]
    assert {"payments-first", "liability"} <= {one.name for one in board}
    labels = [one.text for one in page.all("p") if one.attrs.get("class") == "label"]
    assert labels == [
        "Net present value", "The public may owe", "Worth more than zero", "Break-even strike"
    ]  # fmt: skip
    # The bad end of a value is the low one, of a cost the high one.
    details = [one.text for one in page.all("p") if one.attrs.get("class") == "detail"]
    assert details[0].startswith("P5, the worse side") and "P95, the worse side" in details[1]


def test_charts_of_projects_are_the_dataset(run, charts):
    places = list(zip(["law", "repealed"], charts["npv"].rows, strict=True))
    for scenario, row in places:
        known = run.project_npv_quantile.sel(scenario=scenario, project="duisburg", quantile=ENDS)
        assert list(row[2:]) == known.values.tolist()
    payments = charts["payments"].panels()
    assert len(payments) == 2  # the grant is paid once, and told by the table
    for scenario, (_, panel) in zip(["law", "repealed"], payments, strict=True):
        years = panel.column("year")
        assert years == list(range(2030, 2045))
        at = {"scenario": scenario, "project": "duisburg", "instrument": "two_way", "year": years}
        known = run.instrument_payment_quantile.sel({**at, "quantile": 0.95})
        assert panel.column("p95") == known.values.tolist()
    for _, panel in charts["liability"].panels():
        amounts, shares = panel.column("x")[:9], panel.column("value")[:9]
        known = run.instrument_npv_quantile.sel(
            scenario="law", project="duisburg", instrument="two_way"
        )
        assert amounts == known.values.tolist()
        assert shares == [0.99, 0.95, 0.9, 0.75, 0.5, 0.25, 0.1, 0.05, 0.01]
    table = charts["instruments"]
    assert table.column("instrument") == ["Two-way carbon contract", "Investment grant"] * 2
    assert table.column("cap_binds")[0] == float(
        run.cap_binds_mean.sel(scenario="law", project="duisburg", instrument="two_way")
    )


def test_what_firms_owe_is_the_answer_where_nothing_else_is_asked():
    """Not how a tonne of some route is made up, of which a run holds the central case anyway."""
    steel = {"plant": {"region": "KR", "route": "bf_bof", "output": 1, "destinations": {"eu": 0.1}},
             "first": 2027, "last": 2029}  # fmt: skip
    run = simcore.run({
        "name": "owed", "draws": 256, "years": "2026-2030", "regions": ["KR"],
        "destinations": ["domestic"], "routes": ["bf_bof", "h2_dri_eaf"], "keep": [],
        "scenarios": {"law": "law", "repealed": "cbam_repealed"},
        "outcomes": ["exposure_cost", "exposure_total", "portfolio_npv"],
        "exposures": {"mill": {**steel, "title": "The mill"}, "spared": steel},
        "portfolios": {"firm": {"exposures": ["mill"], "title": "The firm"}},
    })  # fmt: skip
    charts = charts_of(run)
    board = [one.name for one in charts if one.section == "board"]
    assert board[:3] == ["portfolios", "owed-first", "owed-in-all"]
    by_name = {one.name: one for one in charts}
    title, law = by_name["owed"].panels()[0]
    assert title.startswith("The mill: ")
    assert law.column("year") == [2027, 2028, 2029]
    known = run.exposure_cost_quantile.sel(
        scenario="law", exposure="mill", quantile=0.95, year=slice(2027, 2029)
    )
    assert law.column("p95") == known.values.tolist()
    for name, outcome, at in (("owed-in-all", "exposure_total", {"exposure": "mill"}),
                              ("portfolios", "portfolio_npv", {"portfolio": "firm"})):  # fmt: skip
        known = run[f"{outcome}_quantile"].sel({**at, "scenario": "repealed", "quantile": ENDS})
        assert list(by_name[name].rows[1][2:]) == known.values.tolist()


def test_projects_of_one_title_are_told_apart():
    plant = {"title": "A plant", "region": "EU", "route": "h2_dri_eaf", "lifetime": 4, "output": 1}
    run = simcore.run({
        "name": "plants", "draws": 256, "years": "2029-2034", "regions": ["EU"],
        "destinations": ["domestic"], "routes": ["h2_dri_eaf"], "scenarios": {"law": "law"},
        "outcomes": ["project_npv"], "keep": [],
        "projects": {"one": {**plant, "start": 2030}, "two": {**plant, "start": 2031}},
    })  # fmt: skip
    npv = next(one for one in charts_of(run) if one.name == "npv")
    assert npv.column("panel") == ["A plant (one)", "A plant (two)"]
