"""`simcore report` as a user types it, pages at the edge of what runs hold, and in a browser."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import synthetic_run
from report_pages import Page

import simcore
from simcore import cli
from simcore.report.charts import Chart, Column
from simcore.report.content import charts_of
from simcore.report.page import Asked, asked_of, page_of
from simcore.report.pictures import drawn
from simcore.report.svg import apart, range_of, step_of, wrapped, year_ticks

ROOT = Path(__file__).parents[1]
CHROMIUM = next((one for one in ("chromium", "chromium-browser", "google-chrome")
                 if shutil.which(one)), None)  # fmt: skip


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    synthetic_run.make(folder / "run.zarr").close()
    return folder


@pytest.fixture(scope="module")
def run():
    return synthetic_run.make()


# --- the command ---------------------------------------------------------------------------------


def test_a_page_is_written_as_a_user_types_it(saved, tmp_path):
    out = tmp_path / "new" / "report.html"
    done = subprocess.run(
        [sys.executable, "-m", "simcore", "report", str(saved / "run.zarr"), "-o", str(out),
         "--at", "region=KR,year=2040", "--question", "Does it pay?"],
        capture_output=True, text=True, timeout=120, check=False, cwd=ROOT,
    )  # fmt: skip
    assert (done.returncode, done.stderr, done.stdout) == (0, "", f"{out}\n")
    page = Page(out.read_text("utf-8"))
    assert page.all("h1")[0].text == "Does it pay?"
    assert any("KR, 2040: a tonne" in one.text for one in page.all("p"))
    assert [one.name for one in out.parent.iterdir()] == ["report.html"]


def test_what_is_wrong_is_said(saved, tmp_path, capsys):
    run = str(saved / "run.zarr")
    for arguments, said in (
        (["--at", "route=scrap_eav"], "did you mean scrap_eaf?"),
        (["--at", "EU"], "DIM=LABEL, such as year=2035"),
        (["--at", "market=eu_ets"], "some of scenario, sector, region"),
        (["--sensitivity", run], "sensitivity"),
        (["-o", str(tmp_path)], "a folder"),
    ):
        assert cli.main(["report", run, *arguments]) == 2, arguments
        told = capsys.readouterr()
        assert said in told.err and "Traceback" not in told.err and told.out == "", arguments
    assert not (saved / "run.html").exists()
    assert cli.main(["report", str(saved / "no.zarr")]) == 2


@pytest.mark.parametrize(("command", "name", "right"), [
    ("report", "board.pdf", "board.html"), ("report", "board.docx", "board.html"),
    ("plot", "board.jpg", "board.png"), ("plot", "board.eps", "board.png"),
])  # fmt: skip
def test_a_name_that_says_something_else_is_refused(saved, tmp_path, capsys, command, name, right):
    out = tmp_path / name
    assert cli.main([command, str(saved / "run.zarr"), "-o", str(out)]) == 2
    assert str(tmp_path / right) in capsys.readouterr().err and not out.exists()


def test_two_runs_stand_beside_each_other(saved, tmp_path):
    out = tmp_path / "two.html"
    run = str(saved / "run.zarr")
    assert cli.main(["report", run, run, "-o", str(out)]) == 0
    page = Page(out.read_text("utf-8"))
    assert any(one.attrs.get("id") == "comparison" for one in page.all("section"))
    table = next(one for one in page.all("figure") if one.attrs["id"] == "compared-cost-premium")
    # A run beside itself does not differ.
    assert table.text.count("Change: quantiles of the difference, draw by draw") == 1
    texts = [one.text for one in page.all("svg") if "compared-cost-premium" in str(one.attrs)]
    assert texts[0].count("0 (0 to 0)") == 3


def test_shares_of_a_study_stand_on_the_board(run, tmp_path):
    from simcore.dataset.indices import Measure, labelled
    from simcore.report.uncertainty import sensitivity_charts

    dims = ("scale", "group", "region", "year")
    values = np.array([[[[0.7, 0.6]], [[0.32, 0.4]], [[-0.02, 0.0]]]])
    study = labelled(
        {"cost_premium_shapley": Measure(dims, values, values - 0.05, values + 0.05)},
        {"scale": ("scale", ["rank"]), "group": ("group", ["policy", "market", "rest"]),
         "region": ("region", ["KR"]), "year": ("year", [2030, 2040]),
         "group_title": ("group", ["laws", "prices", "the rest"])},
        {"outcomes": "cost_premium", "draws": 1024, "dependent": "no",
         "groups": json.dumps({}), "digest": "abc"},
    )  # fmt: skip
    charts = sensitivity_charts(study, {"region": "KR", "year": 2040, "route": "scrap_eaf"})
    assert [(one.name, one.section, one.kind) for one in charts] == [
        ("shares", "board", "bars"), ("shares-1", "sensitivity", "bars"),
        ("shares-years", "sensitivity", "shares"),
    ]  # fmt: skip
    assert charts[0].rows[0][:2] == ("Laws", 0.6) and "the rest" in charts[0].note
    page = Page(page_of(run, Asked(at={"region": ["KR"]}), more=charts))
    ids = [one.attrs["id"] for one in page.all("figure")]
    assert "shares" in ids and "routes-here" not in ids
    # Noise below zero counts as nothing, and the shares of a year sum to one.
    last = charts[2].column("value")
    assert min(last) == 0.0 and math.isclose(sum(last), 2.0)


def test_a_study_of_outcomes_with_and_without_years_has_shares_over_the_years_of_one():
    from simcore.dataset.indices import Measure, labelled
    from simcore.report.uncertainty import sensitivity_charts

    values = np.array([[[0.7, 0.6]], [[0.3, 0.4]]]).transpose(1, 0, 2)
    study = labelled(
        {"cost_premium_shapley": Measure(("scale", "group", "year"), values, values, values),
         "crossover_year_shapley": Measure(("scale", "group"), *[values[..., 0]] * 3)},
        {"scale": ("scale", ["rank"]), "group": ("group", ["policy", "rest"]),
         "year": ("year", [2030, 2040])},
        {"outcomes": "cost_premium, crossover_year", "draws": 1024, "dependent": "no"},
    )  # fmt: skip
    *_, years = sensitivity_charts(study, {})
    assert years.name == "shares-years" and len(years.rows) == 4


def test_a_scenario_that_the_other_run_has_not_stands_beside_its_first(run):
    from simcore.analysis.reading import Reading, place_of
    from simcore.report.comparison import comparison_charts

    place = place_of(Reading(run), {"scenario": ["reform_2026"]})
    chart = comparison_charts(run, run.sel(scenario=["law"]), place)[0]
    assert "reform_2026" in chart.title and chart.note.startswith("reform_2026 beside law. ")


def test_of_many_inputs_the_largest_have_bars():
    from simcore.dataset.indices import Measure, labelled
    from simcore.report.uncertainty import sensitivity_charts

    names = [f"input {place}" for place in range(30)]
    values = np.linspace(0.3, 0.0, 30).reshape(1, 30, 1)
    study = labelled(
        {"cost_premium_total": Measure(("scale", "group", "region"), values, values - 0.01,
                                       values + 0.01)},
        {"scale": ("scale", ["rank"]), "group": ("group", names), "region": ("region", ["KR"])},
        {"outcomes": "cost_premium", "draws": 1024, "dependent": "no", "digest": "abc"},
    )  # fmt: skip
    bars, table = sensitivity_charts(study, {"region": "KR"})
    assert bars.kind == "bars" and bars.column("label") == [f"Input {one}" for one in range(8)]
    assert "The largest 8 of 30." in bars.note
    assert table.kind == "table" and len(table.rows) == 30 and table.section == "sensitivity"


def test_a_config_says_what_its_page_is_about():
    report = {"question": "Why?", "at": {"region": "EU", "year": 2030}, "years": [2030, 2045],
              "routes": ["bf_bof", "scrap_eaf"]}  # fmt: skip
    config = {"extends": "base", "name": "asked", "draws": 256, "report": report, "regions": ["EU"],
              "outcomes": ["cost_premium"], "routes": ["bf_bof", "scrap_eaf", "h2_dri_eaf"],
              "scenarios": {"law": {}}, "destinations": ["domestic"]}  # fmt: skip
    run = simcore.run(config)
    plain = simcore.run({key: value for key, value in config.items() if key != "report"})
    assert run.equals(plain)
    asked = asked_of(run)
    assert asked == Asked("Why?", "", {"region": ["EU"], "year": ["2030"]}, (2030, 2045),
                          ("bf_bof", "scrap_eaf"))  # fmt: skip
    page = Page(page_of(run))
    assert page.all("h1")[0].text == "Why?"
    figures = {one.attrs["id"]: one for one in page.all("figure")}
    assert "2045" in figures["years"].text and "2040" not in figures["years"].text
    assert not any("Hydrogen DRI" in one.text for one in figures.values())
    # The reference is named, though it has no premium of its own.
    assert any("made by Blast furnace" in one.text for one in page.all("p"))


# --- at the edge ---------------------------------------------------------------------------------


def shown(run, **asked):
    page = Page(page_of(run, Asked(**asked)))
    ids = [one.attrs["id"] for one in page.elements if "id" in one.attrs]
    assert len(ids) == len(set(ids))
    for one in page.all("svg"):
        numbers = " ".join(str(value) for value in one.attrs.values())
        assert "nan" not in numbers and "inf" not in numbers
    for one in page.all("path", "line", "rect", "circle", "text"):
        assert not re.search(r"nan|inf", " ".join(
            value for name, value in one.attrs.items() if name in ("d", "x", "y", "x1", "width")
        ))  # fmt: skip
    return page


def test_one_cell_of_one_year(run):
    page = shown(run.isel(region=[0], route=[0, 2], year=[4], scenario=[0], destination=[0]))
    assert page.all("data") and page.all("svg")


def test_too_few_draws_are_told_on_the_page(run):
    name = "cost_premium_ex_carbon_quantile_low"
    few = run.assign({name: run[name].where(run["quantile"] > 0.05, -math.inf)})
    for one, is_told in ((few, True), (run, False)):
        assert ("Too few draws: the 95 % interval of P5 has no end" in page_of(one)) == is_told


def test_a_route_without_a_value_is_left_out_and_said(run):
    own = run.copy(deep=True)
    for name in own.data_vars:
        if "route" in own[name].dims and own[name].dtype.kind == "f":
            own[name].loc[{"route": "h2_dri_eaf"}] = np.nan
    page = shown(own)
    assert not any("h2_dri_eaf" in one.text for one in page.all("figure")
                   if one.attrs["id"].startswith("panels"))  # fmt: skip
    page = shown(own, at={"route": ["h2_dri_eaf"]})
    assert any("has no premium in EU in 2030" in one.text for one in page.all("p"))


def test_all_below_zero_and_in_large_money(run):
    own = run.copy(deep=True)
    for name in own.data_vars:
        if own[name].attrs.get("units") == "EUR t-1":
            own[name] = -2000 * abs(own[name])
            own[name].attrs = {**run[name].attrs, "units": "KRW t-1"}
    page = shown(own.assign_attrs(currency="KRW"))
    assert any("has an extra cost of \N{MINUS SIGN}" in one.text for one in page.all("p"))
    assert any("thousand KRW/t" in one.text for one in page.all("svg"))


@pytest.mark.long
def test_a_century_and_many_routes(run):
    years = list(range(2026, 2127))
    wide = run.isel(year=[0] * 101).assign_coords(year=years)
    many = wide.isel(route=[1, 2, 1, 2, 1, 2, 1, 2]).assign_coords(
        route=[f"route {place}" for place in range(8)]
    )
    text = page_of(many)
    shown(many)
    assert len(text) < 3_000_000
    assert any("2126" in one.text for one in Page(text).all("svg"))


def test_without_any_outcome_that_it_knows(run):
    page = shown(run[["carbon_price_mean", "carbon_price_quantile"]].assign_attrs(run.attrs))
    assert any(one.attrs["id"] == "carbon-prices" for one in page.all("figure"))
    assert not any(one.attrs["id"] == "cost-and-value" for one in page.all("figure"))


# --- pictures ------------------------------------------------------------------------------------


def test_a_picture_is_its_numbers(run):
    """From the points of a median back to the numbers of the twin, by the ticks of the axes."""
    chart = next(one for one in charts_of(run) if one.name == "cost-and-value")
    svg = Page(drawn(chart)[0].svg)
    texts = [(one.text, float(one.attrs["x"]), float(one.attrs["y"])) for one in svg.all("text")]
    ticks = [(float(text.replace("\N{MINUS SIGN}", "-")), y) for text, _, y in texts
             if re.fullmatch("\N{MINUS SIGN}?\\d+", text) and not text.startswith("20")]  # fmt: skip
    (a, ya), (b, yb) = ticks[0], ticks[-1]
    medians = [one for one in svg.all("path") if one.attrs.get("stroke-width") == "2.4"]
    series = {}
    for name, _, _, _, p50, *_ in chart.rows:
        series.setdefault(name, []).append(p50)
    assert len(medians) == len(series) == 2
    for path, numbers in zip(medians, series.values(), strict=True):
        points = [tuple(map(float, one.split())) for one in path.attrs["d"][1:].split("L")]
        # The base line of a number lies a third of its height below its tick.
        offset = 12.5 * 0.35
        found = [a + (y + offset - ya) * (b - a) / (yb - ya) for _, y in points]
        assert np.allclose(found, numbers, atol=1.0)


def test_bars_of_a_waterfall_join(run):
    chart = Chart("w", "W", "?", "waterfall", "EUR/t",
                  (Column("part", "Part"), Column("value", "Value", "EUR/t")),
                  (("from", 100.0), ("more", 60.0), ("less", -90.0), ("to", 70.0)))  # fmt: skip
    boxes = [(float(one.attrs["x"]), float(one.attrs["width"]))
             for one in Page(drawn(chart)[0].svg).all("rect")]  # fmt: skip
    (x0, w0), (x1, w1), (x2, w2), (x3, w3) = boxes
    unit = w0 / 100
    assert math.isclose(x1, x0 + w0, abs_tol=0.2) and math.isclose(w1, 60 * unit, abs_tol=0.2)
    assert math.isclose(x2 + w2, x1 + w1, abs_tol=0.2) and math.isclose(w2, 90 * unit, abs_tol=0.2)
    assert math.isclose(x3, x0, abs_tol=0.1) and math.isclose(w3, 70 * unit, abs_tol=0.2)


def test_parts_of_axes():
    assert year_ticks(2026, 2050)[0] == 2026 and year_ticks(2026, 2050)[-1] == 2050
    assert year_ticks(2030, 2030) == [2030] and 2100 in year_ticks(2026, 2126)
    assert step_of(100, 5) == 20 and step_of(0.9, 4) == 0.25
    assert range_of([5.0, 9.0])[0] == 0 and range_of([-9.0, -5.0])[1] == 0
    assert range_of([math.nan]) == (0.0, 1.04)
    assert wrapped("a" * 50, 60, 10) == ["a" * 10] * 5
    assert " ".join(wrapped("one two three four", 60, 10)) == "one two three four"
    places = apart([10.0, 11.0, 50.0, 99.0], 12, 0, 100)
    assert places == [10.0, 22.0, 50.0, 99.0]
    assert apart([95.0, 99.0], 12, 0, 100) == [88.0, 100.0]


# --- a browser -----------------------------------------------------------------------------------


def browsed(page: Path, out: Path) -> str:
    """Print a page with no network; give what its console says."""
    done = subprocess.run(
        [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu",
         "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr",
         "--virtual-time-budget=3000", f"--user-data-dir={out.parent / 'profile'}",
         f"--print-to-pdf={out}", "--no-pdf-header-footer", page.as_uri()],
        capture_output=True, text=True, timeout=180, check=True,
    )  # fmt: skip
    return "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


@pytest.mark.long
@pytest.mark.skipif(
    CHROMIUM is None or shutil.which("pdftotext") is None,
    reason="chromium and poppler-utils are not installed",
)
def test_a_browser_without_network_or_script_prints_it(tmp_path):
    run = simcore.run(ROOT / "configs" / "quickstart.yaml", draws=256, overrides=["outcomes=[cost_premium, "
                      "cost_premium_ex_carbon, carbon_value, support_gap, viability, carbon_price, "
                      "levelised_cost, carbon_cost, cheapest_route]", "keep=[]"])  # fmt: skip
    page = tmp_path / "page.html"
    page.write_text(page_of(run, Asked(question="Does it pay?")), "utf-8")
    assert page.stat().st_size < 3_000_000
    assert browsed(page, tmp_path / "a.pdf") == ""
    # What a browser would run, were there any, it refuses: the page says so itself.
    other = tmp_path / "scripted.html"
    text = page.read_text("utf-8")
    other.write_text(text.replace("</body>", "<script>document.body.remove()</script></body>"))
    assert "Content Security Policy" in browsed(other, tmp_path / "b.pdf")
    told = subprocess.run(["pdfinfo", str(tmp_path / "a.pdf")], capture_output=True, text=True,
                          check=True).stdout  # fmt: skip
    assert re.search(r"Tagged: +yes", told)
    assert re.search(r"Page size: +59[45].* x 84[12].*", told)
    texts = []
    for name in ("a.pdf", "b.pdf"):
        done = subprocess.run(["pdftotext", "-layout", str(tmp_path / name), "-"],
                              capture_output=True, text=True, check=True)  # fmt: skip
        texts.append(done.stdout)
    assert texts[0] == texts[1]
    first = texts[0].split("\f")[0]
    # The board is one side of A4.
    for words in ("Does it pay?", "The answer", "Cost and value of a tonne", "In numbers", "seed"):
        assert words in first, words
    assert "All regions and routes" not in first
