"""The board of a run with a buyer: what he pays more than what he compares with."""

from __future__ import annotations

import copy

import pytest
from test_buyer import FREIGHT, PACKAGED
from test_plots import text_of

import simcore
from simcore.analysis.reading import Reading, place_of
from simcore.analysis.sentences import answer_of, error_of
from simcore.report.content import charts_of
from simcore.report.tiles import tiles_of

INDIA = {"region": ["IN"], "route": ["h2_dri_eaf"]}


@pytest.fixture(scope="module")
def run():
    config = copy.deepcopy(PACKAGED) | {"draws": 256, "keep": []}
    return simcore.run({**config, "catalog": {"regions": {"EU": FREIGHT}}})


def test_every_number_of_the_answer_is_the_buyers(run):
    reading = Reading(run)
    place = place_of(reading, INDIA)
    assert place.against == "EU.bf_bof"
    told = [number for one in answer_of(reading, place) for number in one.numbers]
    told += [number for tile in tiles_of(reading, place)
             for number in (tile.number, *tile.detail.numbers)]  # fmt: skip
    told += [number for one in error_of(reading, place) for number in one.numbers]
    assert {one.array for one in told} >= {
        "buyer_premium_quantile", "landed_cost_quantile", "alternative_cost_quantile",
        "buyer_premium_quantile_low",
    }  # fmt: skip
    assert not any(one.array.startswith(("cost_premium", "green_is_cheaper")) for one in told)
    for one in told:
        assert one.value == float(run[one.array].sel(one.at))


def test_the_first_sentence_is_of_the_delivered_tonne(run):
    reading = Reading(run)
    place = place_of(reading, INDIA)
    first, *_, last = answer_of(reading, place)
    assert "from India, delivered with freight" in first.text
    assert "more than Blast furnace, BOF, European Union" in first.text
    cells = run.buyer_premium_quantile.sel(
        scenario="law", against="EU.bf_bof", year=place.year, quantile=0.5
    )
    assert last.numbers[0].value == float(cells.min())
    assert f"Of the {int(cells.notnull().sum())} tonnes" in last.text


def test_the_alternative_itself_has_no_premium(run):
    reading = Reading(run)
    place = place_of(reading, {"region": ["EU"], "route": ["bf_bof"]})
    assert "the buyer compares with it" in answer_of(reading, place)[0].text


def test_the_board_shows_his_options_and_nothing_beside_another_plant(run):
    charts = [one for one in charts_of(run, INDIA) if one.section == "board"]
    assert [one.name for one in charts] == ["delivered-eu-bf-bof", "cost-and-value", "years"]
    options = charts[0]
    assert "Blast furnace, BOF, European Union" in options.title
    titles = {"European Union": "EU", "India": "IN"}
    assert {row[0] for row in options.rows} == set(titles)
    assert all("cost_premium" not in one.source for one in charts)


def test_the_parts_are_shown_where_his_comparison_is_that_of_the_region(run):
    names = {one.name for one in charts_of(run, {"region": ["EU"], "route": ["h2_dri_eaf"]})}
    assert "waterfall" in names
    assert "waterfall" not in {one.name for one in charts_of(run, INDIA)}


def test_without_a_buyer_the_board_is_that_of_the_plant(run):
    plain = run.drop_vars([one for one in run if str(one).startswith("buyer_premium")])
    reading = Reading(plain)
    place = place_of(reading, INDIA)
    assert place.against == ""
    assert answer_of(reading, place)[0].numbers[0].array == "cost_premium_quantile"


def test_pictures_of_routes_are_the_buyers(run):
    text = text_of(simcore.plot(run, "routes", regions=["IN"], years=[2031]))
    assert "Costs the buyer more, delivered, than Blast furnace, BOF, European Union" in text
    cells = run.buyer_premium_quantile.sel(region="IN", year=2031, quantile=0.5).squeeze()
    assert f"of {int(cells.notnull().sum())} options" in text
    assert f"{abs(float(cells.min())):.0f} EUR/t" in text


def test_a_run_of_buyers_alone_opens_with_a_low_carbon_tonne(run):
    plants = ("cost_premium", "green_is_cheaper")
    reading = Reading(run.drop_vars([one for one in run if str(one).startswith(plants)]))
    assert place_of(reading, {"region": ["IN"]}).route == "ng_dri_eaf"
