"""Claims of simcore.analysis and of the tables made from it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import synthetic_run

from simcore.analysis import difference, summarise
from simcore.analysis.notation import number, share
from simcore.dataset import RunError
from simcore.terminal.formats import to_csv, to_json
from simcore.terminal.headline import headline_text
from simcore.terminal.tables import WIDTH, grid, grouped, outcome_text
from simcore.terminal.traces import trace_table, trace_text


@pytest.fixture(scope="module")
def run() -> Any:
    return synthetic_run.make()


def headline_lines(frame: Any) -> str:
    return headline_text(frame.to_dict("list"), frame.attrs)


def test_one_outcome_is_read_from_the_stored_summaries(run: Any) -> None:
    frame = summarise(run, variable="carbon_price", years=[2030], scenarios=["law"])
    assert frame["market"].tolist() == ["eu_ets", "k_ets"]
    stored = run.sel(year=2030, scenario="law")
    np.testing.assert_array_equal(frame["mean"], stored.carbon_price_mean)
    np.testing.assert_array_equal(frame["p95"], stored.carbon_price_quantile.sel(quantile=0.95))
    np.testing.assert_array_equal(frame["p5_low"], stored.carbon_price_quantile_low[:, 1])
    assert {"standard_error", "positive", "defined", "central"} <= set(frame)
    assert frame.attrs["unit"] == "EUR t-1"


def test_other_quantiles_come_from_the_kept_draws(run: Any) -> None:
    frame = summarise(run, variable="carbon_price", years=[2030], quantiles=[0.33])
    draws = run.carbon_price.sel(year=2030).values.reshape(4, -1).astype(float)
    np.testing.assert_allclose(frame["p33"], np.quantile(draws, 0.33, axis=1), rtol=1e-12)
    assert (frame["p33_low"] <= frame["p33"]).all()
    assert (frame["p33"] <= frame["p33_high"]).all()


def test_undefined_draws_sort_last_in_other_quantiles(run: Any) -> None:
    frame = summarise(run, variable="crossover_year", routes=["h2_dri_eaf"], quantiles=[0.98])
    share_defined = run.crossover_year_defined.sel(route="h2_dri_eaf").values.ravel()
    assert (share_defined < 0.98).any()
    np.testing.assert_array_equal(frame["p98"].isna(), share_defined < 0.98)


def test_a_quantile_neither_stored_nor_kept_is_an_error(run: Any) -> None:
    with pytest.raises(RunError, match=r"0\.01, 0\.05"):
        summarise(run, variable="carbon_value", quantiles=[0.33])
    with pytest.raises(RunError, match="0 < quantile < 1"):
        summarise(run, variable="carbon_value", quantiles=[5])


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"variable": "cost_premum"}, "did you mean cost_premium"),
        ({"variable": "abatement_cost"}, "outcomes"),
        ({"regions": ["DE"]}, "one of EU, KR"),
        ({"routes": ["h2_dri_eef"]}, "did you mean h2_dri_eaf"),
        ({"years": [2031]}, "2031"),
        ({"scenarios": ["reform"]}, "reform_2026"),
        ({"variable": "carbon_price", "regions": ["EU"]}, "region"),
    ],
)
def test_a_name_that_does_not_exist_is_an_error(
    run: Any, choice: dict[str, Any], message: str
) -> None:
    if choice.get("variable") == "carbon_price":
        frame = summarise(run, **choice)  # The run has regions, only this outcome has none.
        assert "region" not in frame
        return
    with pytest.raises(RunError, match=message) as raised:
        summarise(run, **choice)
    assert raised.value.exit_code == 2


def test_headline_puts_cost_value_and_probability_side_by_side(run: Any) -> None:
    frame = summarise(run)
    assert frame["year"].unique().tolist() == [2026, 2030, 2040]
    assert frame["route"].unique().tolist() == ["h2_dri_eaf", "scrap_eaf"]
    assert frame.attrs["left_out"] == ["bf_bof"]
    assert list(frame.columns[-7:]) == [
        "cost_premium_ex_carbon_p5", "cost_premium_ex_carbon_p50", "cost_premium_ex_carbon_p95",
        "carbon_value_p5", "carbon_value_p50", "carbon_value_p95", "viability",
    ]  # fmt: skip
    row = frame.iloc[0]
    cell = run.sel(scenario="law", region="EU", route=row.route, year=2026)
    assert row.cost_premium_ex_carbon_p50 == cell.cost_premium_ex_carbon_quantile.sel(quantile=0.5)
    assert row.viability == cell.viability_mean.sel(destination=row.destination)
    assert frame.attrs["interval"] == pytest.approx(2.5)


def test_headline_uses_what_the_run_holds() -> None:
    for outcomes in (
        ("cost_premium",), ("carbon_value", "viability"), ("cost_premium", "green_is_cheaper"),
        ("support_gap", "cost_premium", "green_is_cheaper"),
    ):  # fmt: skip
        one = synthetic_run.make(outcomes=outcomes, kept=())
        text = headline_lines(summarise(one, regions=["EU"]))
        assert "h2_dri_eaf" in text
        assert max(map(len, text.splitlines())) <= WIDTH
    with pytest.raises(RunError, match="--variable carbon_price"):
        summarise(synthetic_run.make(outcomes=("carbon_price",), kept=()))


def test_headline_never_cuts_where_a_tonne_is_sold() -> None:
    one = synthetic_run.make(outcomes=("cost_premium_ex_carbon", "carbon_value"), kept=())
    text = headline_lines(summarise(one))
    for year in (2026, 2030, 2040):
        assert f"{year}, law, sold at home\n" in text
        assert f"{year}, law, sold into the EU\n" in text


@pytest.mark.parametrize("value", ["carbon_value", "support_gap"])
def test_a_cost_after_carbon_never_stands_beside_a_carbon_value(value: str) -> None:
    shown = {"carbon_value": "carbon pays", "support_gap": "still missing"}[value]
    holding = ("cost_premium", value, "viability", "green_is_cheaper")
    frame = summarise(synthetic_run.make(outcomes=holding, kept=()), regions=["EU"])
    assert not [one for one in frame if one.startswith(value)]
    text = headline_lines(frame)
    assert "costs more, carbon included  cheaper\n" in text
    assert f"Not shown: {shown}" in text
    assert "covered  " not in text
    whole = ("cost_premium_ex_carbon", *holding)
    text = headline_lines(summarise(synthetic_run.make(outcomes=whole, kept=()), regions=["EU"]))
    assert "Not shown: " + shown not in text
    assert f"{shown}  " in text
    assert "  covered" in text


def test_difference_is_per_draw(run: Any) -> None:
    found = difference(run, "cost_premium", "reform_2026", "law")
    assert found.dims == ("region", "destination", "route", "year", "draw")
    draws = run.cost_premium.values.astype(np.float64)
    np.testing.assert_array_equal(found, draws[1] - draws[0])
    assert "reform_2026 minus law" in found.attrs["long_name"]
    with pytest.raises(RunError, match="keep"):
        difference(run, "carbon_value", "reform_2026", "law")
    with pytest.raises(RunError, match="scenario"):
        difference(run, "cost_premium", "reform", "law")


def test_tables_fit_a_hundred_columns_and_name_unit_and_money(run: Any) -> None:
    frame = summarise(run)
    alike = {"EU": "bf_bof", "CN": "bf_bof", "UK": "slab_import", "KR": "slab_import"}
    frame.attrs["references"] = {"law": {"steel": alike}}
    assert "\nEU, against bf_bof\n" in headline_lines(frame)
    assert "\nKR, against slab_import\n" in headline_lines(frame)
    frame.attrs["references"] = {"law": {"steel": {"EU": "bf_bof"}}}
    assert "\nKR\n" in headline_lines(frame)
    text = headline_lines(summarise(run))
    assert "EUR of 2025 per t" in text.splitlines()[1]
    assert "Not shown: bf_bof" in text
    texts = [text]
    for name in ("carbon_price", "cost_premium", "crossover_year", "cheapest_route", "viability",
                 "waterfall", "commodity_price", "input"):  # fmt: skip
        texts.append(outcome_text(summarise(run, variable=name)))
    texts.append(outcome_text(summarise(
        run, variable="cost_premium", quantiles=[0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]
    )))  # fmt: skip
    for text in texts:
        assert max(map(len, text.splitlines())) <= WIDTH
    assert "[EUR/t CO2e], money of 2025" in texts[1]
    assert "[EUR/t of product], money of 2025" in texts[2]
    assert "EUR/MWh" in texts[7]


def test_a_table_shows_an_interval_whole_or_not_at_all(run: Any) -> None:
    seen = set()
    for name in ("carbon_price", "cost_premium"):
        for quantiles in ([0.5], [0.5, 0.9], None, [0.05, 0.25, 0.5, 0.9]):
            text = outcome_text(summarise(run, variable=name, quantiles=quantiles))
            assert ("_LOW" in text) == ("_HIGH" in text)
            seen.add("_LOW" in text)
    assert seen == {True, False}


def test_undefined_is_a_dash_and_a_rare_event_is_not_impossible(run: Any) -> None:
    text = outcome_text(summarise(run, variable="cost_premium", routes=["bf_bof"], years=[2030]))
    assert " -" in text
    assert "nan" not in text.lower()
    assert [share(p) for p in (0, 0.001, 0.5, 0.999, 1)] == ["0%", "<1%", "50%", ">99%", "100%"]
    assert [number(-0.2, 0), number(12345.6, 0), number(float("nan"), 1)] == ["0", "12,346", "-"]


def test_long_names_do_not_break_the_width(run: Any) -> None:
    long = run.assign_coords(
        route=["bf_bof", "r" * 64, "s" * 64], scenario=["law", "x" * 64], region=["R" * 64, "KR"]
    )
    for text in (
        headline_lines(summarise(long)), outcome_text(summarise(long, variable="cost_premium"))
    ):  # fmt: skip
        assert max(map(len, text.splitlines())) <= WIDTH


def test_no_cell_of_csv_starts_a_formula() -> None:
    names = ["=1+1", "+1", "-1", "@x", "\tx", "plain", 'say "hi", twice']
    text = to_csv(["=head", "value"], [[name, -1.5] for name in names])
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["'=head", "value"]
    # A tab is shown as its number, and was at the head of a formula all the same.
    guarded = ["'=1+1", "'+1", "'-1", "'@x", "'\\tx"]
    assert [row[0] for row in rows[1:]] == guarded + names[5:]
    assert {row[1] for row in rows[1:]} == {"-1.5"}
    assert to_csv(["a"], [[float("nan")], [None]]) == 'a\n""\n""\n'


def test_json_is_strict() -> None:
    found = json.loads(to_json({"a": float("nan"), "b": [1, {"c": float("inf")}], "p": Path("x")}))
    assert found == {"a": None, "b": [1, {"c": None}], "p": "x"}


def test_a_trace_shows_every_number_with_its_unit() -> None:
    years = range(2026, 2051)
    rows = [
        {"variable": "input", "name": "eu_ets.sigma", "unit": "1", "value": 0.33},
        {"variable": "cost_premium", "scenario": "law", "region": "EU", "destination": "domestic",
         "route": "h2_dri_eaf", "unit": "EUR t-1", "values": {y: 400.0 - y / 100 for y in years}},
        {"variable": "cheapest_route", "scenario": "law", "region": "EU", "unit": "route",
         "values": dict.fromkeys(years, "bf_bof")},
        {"variable": "crossover_year", "scenario": "law", "unit": "yr", "value": float("nan")},
    ]  # fmt: skip
    text = trace_text(rows, title="draw 3")
    assert max(map(len, text.splitlines())) <= WIDTH
    assert all(str(year) in text for year in years)
    assert "EUR t-1" in text
    header, table = trace_table(rows)
    assert len(table) == 1 + 25 + 25 + 1
    assert dict(zip(header, table[1], strict=True))["value"] == rows[1]["values"][2026]


def test_a_word_is_broken_only_where_no_column_can_give_way() -> None:
    heads = ["region", "destination", "route"]
    row = ("at home " * 3, "at home", "Hydrogen DRI, EAF, with a much longer name than others")
    groups = [(f"group {one}", [(str(one), f"{two}") for two in range(3)]) for one in range(3)]
    cells = {(str(one), f"{two}"): "12,345" for one in range(3) for two in range(3)}
    lines = grouped("t", heads, groups, {row: cells}, lambda key: key[1], cutting=True)
    assert max(map(len, lines)) <= WIDTH
    assert lines[2].split()[:3] == heads
    table = grid([*heads, "value"], [[*row, "1" * 64]], text_columns=3)
    assert max(map(len, table)) <= WIDTH
    assert table[0].split()[:3] == heads
