"""Charts of a run: plain records whose numbers are those of the dataset."""

from __future__ import annotations

import math

import pytest
import synthetic_run

from simcore.analysis.reading import Reading
from simcore.dataset import RunError
from simcore.report.board import grouped
from simcore.report.content import charts_of


@pytest.fixture(scope="module")
def run():
    return synthetic_run.make()


@pytest.fixture(scope="module")
def charts(run):
    return {one.name: one for one in charts_of(run, {"region": ["KR"], "route": ["scrap_eaf"]})}


def test_names_are_unique_and_rows_are_whole(run, charts):
    assert len(charts) == len(charts_of(run))
    assert {one.kind for one in charts.values()} >= {"fan", "waterfall", "lines", "table", "heat"}
    for one in charts.values():
        assert one.title and one.question and one.unit and one.source
        assert all(len(row) == len(one.columns) for row in one.rows)


def test_the_table_of_years_is_the_dataset(run, charts):
    table = charts["years"]
    rows = [dict(zip([one.name for one in table.columns], row, strict=True)) for row in table.rows]
    assert {row["year"] for row in rows} >= {2030}
    for row in rows:
        at = {
            "scenario": row["scenario"],
            "region": "KR",
            "route": "scrap_eaf",
            "year": row["year"],
        }
        cell = run.cost_premium_ex_carbon_quantile.sel(at)
        for name, probability in (("p5", 0.05), ("p50", 0.5), ("p95", 0.95)):
            found = row[f"cost_premium_ex_carbon_{name}"]
            assert found == float(cell.sel(quantile=probability))
        covered = run.viability_mean.sel({**at, "destination": "domestic"})
        assert row["viability"] == float(covered)


def test_panels_of_a_region_are_the_dataset(run, charts):
    chart = charts["panels-kr-reform-2026-eu"]
    assert [panel for panel, _ in chart.panels()] == ["h2_dri_eaf", "scrap_eaf"]
    for panel, series, year, *quantiles in chart.rows:
        at = {"scenario": "reform_2026", "region": "KR", "route": panel, "year": year}
        name = "cost_premium_ex_carbon" if "before carbon" in series else "carbon_value"
        if name == "carbon_value":
            at["destination"] = "eu"
        known = run[f"{name}_quantile"].sel({**at, "quantile": [0.05, 0.25, 0.5, 0.75, 0.95]})
        assert quantiles == known.values.tolist()


def test_parts_of_a_waterfall_sum_to_it(run):
    parts = {"cbam": -9.0, "capex": 70.0, "support": -3.0, "home_carbon": 5.0}
    parts |= {f"input_{place}": 10.0 - place for place in range(10)}
    found = grouped(parts, Reading(run))
    assert math.isclose(sum(value for _, value in found), sum(parts.values()))
    names = [name for name, _ in found]
    assert names[0] == "Capital" and names[1] == "Input 0" and names[-1] == "Support"
    assert names.index("Other inputs") < names.index("Carbon at home")


def test_the_board_looks_where_it_is_asked(run):
    table = next(one for one in charts_of(run, {"route": ["h2_dri_eaf"], "year": ["2040"]})
                 if one.name == "waterfall")  # fmt: skip
    assert "2040" in table.title and "h2_dri_eaf" in table.place
    with pytest.raises(RunError, match="did you mean"):
        charts_of(run, {"route": ["h2_dri_eav"]})
    with pytest.raises(RunError, match="a year"):
        charts_of(run, {"year": ["soon"]})
    with pytest.raises(RunError, match="some of scenario"):
        charts_of(run, {"market": ["eu_ets"]})


def test_where_no_route_is_there_yet_none_is_the_cheapest(run):
    none = run.copy()
    none["cheapest_route_probability"] = 0.0 * run["cheapest_route_probability"]
    assert any(one.name.startswith("cheapest") for one in charts_of(run))
    assert not any(one.name.startswith("cheapest") for one in charts_of(none))
