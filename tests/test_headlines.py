"""What a table shows, and what it says of all that it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import synthetic_run
import xarray as xr
from batteries import some
from test_effects import CONFIG

import simcore
from simcore.analysis import summarise
from simcore.cli import main
from simcore.terminal.headline import headline_text
from simcore.terminal.tables import WIDTH, outcome_text

COST, CARBON, VALUE = "cost_premium_ex_carbon", "cost_premium", "carbon_value"
BEFORE, AFTER = "costs more", "costs more, carbon included"
NINE = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]


def text_of(run: xr.Dataset, *, width: int = WIDTH, ids: bool = False, **choice: Any) -> str:
    frame = summarise(run, **choice)
    return headline_text(frame.to_dict("list"), frame.attrs, width=width, ids=ids)


@pytest.mark.parametrize("width", [80, 100])
def test_table_is_that_of_the_page(width: int) -> None:
    """Golden: three routes with names of every length, a region that is home, and no value."""
    outcomes = (COST, VALUE, "support_gap", "viability", "carbon_price")
    run = synthetic_run.make(outcomes=outcomes, kept=()).assign_coords(
        route_title=("route", ["Blast furnace", "Hydrogen DRI with a long name, EAF", "Scrap"]),
        region_title=("region", ["European Union", "Korea"]),
    )
    run.attrs["references"] = '{"law": {"EU": {"steel": "bf_bof"}, "KR": {"steel": "bf_bof"}}}'
    text = text_of(run, width=width, years=[2030], scenarios=["law"])
    golden = Path(__file__).parent / "data" / f"headline_{width}.txt"
    assert text + "\n" == golden.read_text("utf-8")
    assert max(map(len, text.splitlines())) <= width


def test_columns_of_the_gap_are_its_own_quantiles() -> None:
    """The distribution of the difference, which is not the difference of the quantiles."""
    run = synthetic_run.make(outcomes=(COST, VALUE, "support_gap"), kept=())
    row = summarise(run, scenarios=["law"]).iloc[0]
    cell = {"scenario": "law", "region": row.region, "destination": row.destination,
            "route": row.route, "year": row.year}  # fmt: skip
    assert row.support_gap_p95 == run.support_gap_quantile.sel(cell).sel(quantile=0.95)
    assert row.support_gap_p95 != row[f"{COST}_p95"] - row[f"{VALUE}_p95"]


@pytest.mark.parametrize(
    ("outcomes", "said", "unsaid"),
    [
        ((COST,), ["carbon pays (add carbon_value)", "covered (add viability)"], ["cheaper"]),
        ((COST, VALUE, "support_gap"), ["Not shown: covered (add viability), not"], ["carbon_v"]),
        ((VALUE,), ["costs more (add cost_premium_ex_carbon), still missing (add supp"], []),
        ((CARBON,), ["cheaper (add green_is_cheaper)"], ["carbon_value", "viability"]),
        ((CARBON, "viability"), ["Not shown: covered, as the cost holds carbon"], ["(add viab"]),
        ((CARBON, "green_is_cheaper"), [], ["(add"]),
        ((COST, VALUE, "support_gap", "viability"), [], ["(add", "not among"]),
        ((COST, "green_is_cheaper"), ["covered (add viability)"], ["cheaper"]),
    ],
)
def test_a_column_that_is_not_there_is_named_with_what_to_add(outcomes, said, unsaid) -> None:
    text = " ".join(text_of(synthetic_run.make(outcomes=outcomes, kept=())).split())
    for part in said:
        assert part in text
    for part in unsaid:
        assert part not in text


@pytest.mark.parametrize(
    ("outcomes", "label"),
    [((COST,), BEFORE), ((COST, CARBON), BEFORE), ((CARBON,), AFTER),
     ((CARBON, VALUE, "viability"), AFTER)],
)  # fmt: skip
def test_a_heading_means_one_outcome_whatever_else_there_is(outcomes, label) -> None:
    text = text_of(synthetic_run.make(outcomes=outcomes, kept=()))
    headings = [line.strip() for line in text.splitlines() if line.strip() in (BEFORE, AFTER)]
    assert headings and set(headings) == {label}


@pytest.mark.parametrize(
    ("quantiles", "scale"),
    some([(quantiles, scale) for quantiles in ([0.05, 0.5, 0.95], [*NINE[:4], *NINE[5:8]], NINE)
          for scale in (1.0, 1e4, 1e6)], each=4),
)  # fmt: skip
def test_no_name_of_a_route_is_cut_however_many_quantiles(quantiles, scale) -> None:
    run = synthetic_run.make().assign_coords(
        route=["bf_bof", "ng_dri_eaf", "ng_dri_eaf_ccs"], region=["EU", "KR"]
    )
    for name in list(run.data_vars):
        if run[name].attrs.get("currency"):
            run[name] = run[name] * scale
    texts = [text_of(run, quantiles=quantiles)]
    texts += [outcome_text(summarise(run, variable=name, quantiles=quantiles))
              for name in (CARBON, "carbon_price")]  # fmt: skip
    for text in texts[:2]:
        assert max(map(len, text.splitlines())) <= WIDTH
        assert "~" not in text
        for quantile in quantiles:
            assert f"P{100 * quantile:g}" in text
        assert "ng_dri_eaf_ccs" in text
    thousands = scale > 1
    assert "P50 (P5 to P95)" in texts[0] or len(quantiles) > 3
    assert all(("thousand EUR" in text) == thousands for text in texts)
    frame = summarise(run, variable=CARBON)
    largest = frame[["mean", "p5", "p95"]].abs().max().max()
    assert thousands == (largest > 99_999.5)
    assert f"{largest / (1000 if thousands else 1):,.0f}"[:3] in texts[1]


def test_a_region_that_is_home_is_told_once_and_an_empty_year_in_a_line() -> None:
    config = CONFIG | {
        "regions": ["EU", "KR"], "routes": ["bf_bof", "h2_dri_eaf"], "destinations": [
            "domestic", "eu"], "outcomes": [CARBON], "years": {"first": 2026, "last": 2030},
    }  # fmt: skip
    run = simcore.run(config)
    text = text_of(run, years=[2026, 2030])
    assert "As sold at home: European Union\n" in text
    assert text.count("\nEuropean Union, against Blast furnace, BOF\n") == 1
    assert text.count("\nKorea, against Blast furnace, BOF\n") == 2
    assert "\nKR, against bf_bof\n" in text_of(run, ids=True, years=[2030])
    empty = [line for line in text.splitlines() if line.startswith("2026")]
    told = {line.split(": ", 1)[1] for line in empty}
    assert told == {"not available: Hydrogen DRI, EAF"}
    assert not [line for line in text.splitlines() if line.startswith("2030") and "not av" in line]


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({}, "small: crude steel, EU"),
        ({"name": "mill", "regions": ["KR", "EU"]}, "mill: crude steel, KR, EU"),
        ({"title": "What steel costs"}, "What steel costs"),
    ],
)
def test_a_run_without_a_title_is_headed_with_what_it_holds(changes, title) -> None:
    assert simcore.run(CONFIG | changes, draws=2).attrs["title"] == title


def test_of_a_year_no_share_above_zero_is_told_and_the_mean_says_of_what() -> None:
    run = synthetic_run.make()
    text = outcome_text(summarise(run, variable="crossover_year"))
    assert "P(>0)" not in text
    assert "defined" in text
    assert "mean: of those that cross" in text
    whole = outcome_text(summarise(run, variable="carbon_price"))
    assert "P(>0)" in whole
    assert "mean: of those" not in whole


@pytest.mark.parametrize(
    ("asked", "named"), [([0.2], "0.2"), ([0.05, 0.2, 0.5, 0.33], "0.2, 0.33")]
)
def test_quantiles_that_are_not_stored_are_named(asked, named) -> None:
    run = synthetic_run.make(kept=())
    with pytest.raises(simcore.dataset.RunError) as caught:
        summarise(run, variable=CARBON, quantiles=asked)
    assert f"found     {named}\n" in str(caught.value)
    assert "some of 0.01, 0.05" in str(caught.value)
    assert len(summarise(run, variable=CARBON, quantiles=[0.05, 0.9])) > 0


@pytest.mark.long
@pytest.mark.parametrize(
    ("outcomes", "lacking"),
    [
        (
            (CARBON,),
            ["prices (add carbon_price", f"(add {COST}, {VALUE}", "waterfall", "add green_is"],
        ),
        (synthetic_run.OUTCOME_NAMES, []),
    ],
)
def test_pictures_that_are_not_drawn_are_named(outcomes, lacking, tmp_path, capsys) -> None:
    synthetic_run.make(tmp_path / "run.zarr", outcomes=outcomes, kept=()).close()
    assert main(["plot", str(tmp_path / "run.zarr"), "-o", str(tmp_path)]) == 0
    said = capsys.readouterr().err
    assert said.count("Not drawn") == len(lacking)
    assert all(part in said for part in lacking)
    assert "Other scenarios: reform_2026" in said


@pytest.fixture(scope="module")
def firms() -> xr.Dataset:
    """A run of decisions, portfolios and exposures, with neither a cost nor a value."""
    works = {"region": "KR", "route": "bf_bof", "output": 4, "destinations": {"eu": 0.5}}
    plant = {"region": "KR", "route": "scrap_eaf", "destination": "eu", "start": 2028,
             "lifetime": 4, "output": 1.5}  # fmt: skip
    return simcore.run({
        "name": "firms", "draws": 256, "years": {"first": 2026, "last": 2032}, "regions": ["KR"],
        "destinations": ["domestic", "eu"], "routes": ["bf_bof", "scrap_eaf"],
        "scenarios": {"law": {}}, "keep": [], "projects": {"plant": plant},
        "exposures": {"works": {"plant": works, "first": 2026, "last": 2030}},
        "portfolios": {"group": {"projects": ["plant"], "exposures": ["works"], "rate": "6 %"}},
        "decisions": {"now": ["plant"], "never": []},
        "outcomes": ["exposure_allowances", "exposure_border", "exposure_cost", "exposure_total",
                     "portfolio_npv", "member_npv", "decision_npv", "decision_regret",
                     "best_decision"],
    }, threads=1)  # fmt: skip


def only(run: xr.Dataset, *outcomes: str) -> xr.Dataset:
    """A run that has some outcomes of another."""
    return run[[name for name in run if str(name).startswith(outcomes)]].assign_attrs(run.attrs)


def test_exposures_alone_have_a_table(firms: xr.Dataset) -> None:
    """Parts and sum of a year beside each other, then the sum of all years; no year without any."""
    run = only(firms, "exposure_")
    text = text_of(run)
    assert all(name in text for name in ("Exposures", "allowances", "border", "all years"))
    assert not any(name in text for name in ("Decisions", "Portfolios"))
    frame = summarise(run, years=[2028])
    assert frame.year.tolist() == [2028, ""]
    cell = {"scenario": "law", "exposure": "works", "quantile": 0.5}
    for name in ("exposure_border", "exposure_cost"):
        assert frame.loc[0, f"{name}_p50"] == float(
            run[f"{name}_quantile"].sel({**cell, "year": 2028})
        )
    total = float(run.exposure_total_quantile.sel(cell))
    assert frame.loc[1, "exposure_cost_p50"] == total
    assert float(f"{total:.0f}") == float(text.splitlines()[-2].split()[-2].replace(",", ""))


def test_decisions_alone_have_a_table(firms: xr.Dataset) -> None:
    run = only(firms, "decision_", "best_")
    frame, text = summarise(run), text_of(run)
    assert "Decisions" in text and "best in" in text and "Exposures" not in text
    assert frame.decision.tolist() == ["now", "never"]
    assert frame.best_decision_probability.sum() == 1.0
    assert frame.decision_npv_mean.tolist() == run.decision_npv_mean.values.ravel().tolist()
    assert "regret" not in text_of(only(firms, "decision_npv", "best_"))


def test_a_portfolio_is_shown_without_its_members(firms: xr.Dataset) -> None:
    text = text_of(only(firms, "portfolio_npv"))
    assert "all together" in text and "member_npv" in text and "works" not in text
