"""Pictures of sensitivity indices: what they say is in the indices, and all of it can be read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr
from rendered import faults_of

import simcore
from simcore.analysis.shares import places_of, told_per_cent
from simcore.plots.kinds import Asked, kind_of
from simcore.report.uncertainty import sensitivity_charts
from simcore.terminal.shares import shares_text, title_of_group

pytestmark = pytest.mark.long

PICTURES = ("sensitivity", "sensitivity_years", "sensitivity_map")


@pytest.fixture(scope="module")
def study() -> xr.Dataset:
    """Hydrogen has no first year in common with gas: a panel is missing."""
    return simcore.sensitivity({
        "name": "pictures", "title": "A title of a run that is longer than most of them",
        "draws": 256, "years": "2026-2032", "regions": ["EU", "KR"], "destinations": ["eu"],
        "routes": ["ng_dri_eaf", "h2_dri_eaf", "bf_bof"], "outcomes": ["cost_premium"],
        "sensitivity": {"at": {"year": [2026, 2029, 2032]}},
    })  # fmt: skip


def drawn(found: xr.Dataset, name: str, *years: int) -> Any:
    return kind_of(name).draw(found, Asked(years=years))


@pytest.mark.parametrize("name", PICTURES)
def test_all_of_a_picture_can_be_read(study: xr.Dataset, name: str) -> None:
    figure = drawn(study, name)
    faults = faults_of(figure)
    if name == "sensitivity_map":
        # Names stand along both axes; what the numbers are is said above.
        assert "Numbers: % of the variance." in " ".join(one.get_text() for one in figure.texts)
        faults = [one for one in faults if one != "a row without a unit"]
    assert faults == []


def test_years_stand_side_by_side_and_what_is_undefined_leaves_a_gap(study: xr.Dataset) -> None:
    figure = drawn(study, "sensitivity")
    titles: dict[tuple[int, int], str] = {}
    for axes in figure.axes:
        if axes.get_visible():
            spec = axes.get_subplotspec()
            titles[spec.rowspan.start, spec.colspan.start] = axes.get_title(loc="left")
    columns = {year: {at for (_, at), text in titles.items() if str(year) in text}
               for year in (2026, 2029, 2032)}  # fmt: skip
    assert columns == {2026: {0}, 2029: {1}, 2032: {2}}
    lead = study["cost_premium_shapley"].isel(scale=0, group=0)
    assert int(lead.isnull().sum()) > 0
    shown = int(lead.notnull().sum())
    assert len(titles) == shown


def test_the_title_names_what_leads(study: xr.Dataset) -> None:
    title = " ".join(one.get_text() for one in drawn(study, "sensitivity", 2032).texts)
    lead = study["cost_premium_shapley"].isel(scale=0).sel(year=2032)
    places = lead.stack(place=[dim for dim in lead.dims if dim != "group"]).dropna("place")
    first = places["group"].values[np.argmax(places.values, axis=places.get_axis_num("group"))]
    for name, times in zip(*np.unique(first, return_counts=True), strict=True):
        called = str(study["group_title"].sel(group=name).item())
        assert called in title
        if len(set(first)) > 1:
            assert f"{called} in {times}" in title


def test_the_stack_is_of_all_years_and_fills_the_axis(study: xr.Dataset) -> None:
    figure = drawn(study, "sensitivity_years")
    for axes in figure.axes:
        if axes.get_visible():
            assert axes.get_xlim() == (2026, 2032)
            # So few years are named each, round or not.
            assert axes.get_xticks().tolist() == [2026, 2029, 2032]
            top = max(one.get_datalim(axes.transData).y1 for one in axes.collections)
            assert top == pytest.approx(100.0)


def test_pictures_tables_and_reports_tell_the_same_shares(study: xr.Dataset) -> None:
    """Estimates of Shapley effects sum to 1 but for what is below zero; what is told does."""
    one = study.sel(region="KR", route="h2_dri_eaf", year=[2032])
    one = one.assign(cost_premium_shapley=1.05 * one["cost_premium_shapley"])
    (place,) = places_of(one)
    first = place.groups[0]
    told = told_per_cent(place, "shapley")
    assert sum(told.values()) == pytest.approx(100)
    assert 100 * place.measures["shapley"][first].value - told[first] > 0.5
    figure = drawn(one, "sensitivity")
    title = " ".join(text.get_text() for text in figure.texts)
    assert f"({told[first]:.0f} %)" in title
    bars = next(axes for axes in figure.axes if axes.get_visible())
    assert f"{told[first]:.1f}" in [text.get_text() for text in bars.texts]
    row = next(line for line in shares_text(one).splitlines()
               if line.startswith(title_of_group(one, first)))  # fmt: skip
    assert f" {told[first]:.1f} " in row
    chart = sensitivity_charts(one, {})[0]
    assert [100 * float(str(row[1])) for row in chart.rows] == pytest.approx(
        [told[name] for name in place.groups][: len(chart.rows)], abs=0.1
    )
