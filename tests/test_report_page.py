"""The page of a run: true to the dataset, closed to the network, readable by everybody."""

from __future__ import annotations

import base64
import csv
import io
import math
import re
from pathlib import Path

import pytest
import synthetic_run
from report_pages import Page

from simcore.analysis.reading import Reading, place_of
from simcore.analysis.sentences import answer_of, per_cent, written
from simcore.report.bars import opacity_of
from simcore.report.content import charts_of
from simcore.report.equations import EQUATIONS, mathml
from simcore.report.page import Asked, page_of
from simcore.report.svg import COST, GAIN, INK, SERIES, SOFT
from simcore.report.twins import as_csv

ROOT = Path(__file__).parents[1]
AT = {"region": ["KR"], "route": ["scrap_eaf"]}
HOSTILE = '<script>alert(1)</script> "quoted" & \N{RIGHT-TO-LEFT OVERRIDE}back'


@pytest.fixture(scope="module")
def run():
    return synthetic_run.make()


@pytest.fixture(scope="module")
def text(run):
    return page_of(run, Asked(question="Does it pay?", at=AT))


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_each_number_told_is_the_dataset_s(run, page):
    told = page.all("data")
    assert len(told) > 10
    for one in told:
        at = dict(pair.split("=", 1) for pair in one.attrs["data-at"].split(";"))
        labels = {dim: float(label) if dim == "quantile" else int(label) if dim == "year" else label
                  for dim, label in at.items()}  # fmt: skip
        array = run[one.attrs["data-array"]]
        assert set(labels) == set(array.dims)
        value = float(array.sel(labels))
        assert float(one.attrs["value"]) == value
        share = array.attrs["units"] == "1"
        digits = len(one.text.partition(".")[2].rstrip(" %"))
        assert one.text == (per_cent(value) if share else written(value, digits))
        if not share:
            shown = float(one.text.replace(",", "").replace("\N{MINUS SIGN}", "-"))
            assert math.isclose(shown, value, rel_tol=0.02)


def test_sentences_name_the_address_of_each_number(run):
    reading = Reading(run)
    sentences = answer_of(reading, place_of(reading, AT))
    whole = " ".join(one.text for one in sentences)
    assert "KR, 2030: a tonne" in whole and "made by scrap_eaf costs" in whole
    # Every figure of a sentence is one of its numbers, a year or the name of a quantile.
    for one in sentences:
        words = "".join(part for part in one.parts if isinstance(part, str))
        assert set(re.findall(r"\d+", words)) <= {"2030", "5", "95", "2026"}, words
        assert one.numbers


def test_twins_hold_the_numbers_of_the_charts(run, page):
    charts = {one.name: one for one in charts_of(run, AT)}
    links = [one for one in page.all("a") if one.attrs["href"].startswith("data:text/csv")]
    assert {one.attrs["download"] for one in links} == {f"{name}.csv" for name in charts}
    for link in links:
        chart = charts[link.attrs["download"].removesuffix(".csv")]
        twin = base64.b64decode(link.attrs["href"].partition("base64,")[2]).decode()
        assert twin == as_csv(chart)
        head, *rows = list(csv.reader(io.StringIO(twin)))
        assert len(head) == len(chart.columns) and len(rows) == len(chart.rows)
        for cells, row in zip(rows, chart.rows, strict=True):
            for cell, value in zip(cells, row, strict=True):
                if isinstance(value, str):
                    assert cell == value
                elif math.isfinite(value):
                    assert math.isclose(float(cell), value, rel_tol=1e-6)
                else:
                    assert cell == ""


def test_a_label_is_no_formula():
    chart = charts_of(synthetic_run.make())[0]
    changed = type(chart)(**{**chart.__dict__, "rows": (("=1+1", *chart.rows[0][1:]),)})
    assert as_csv(changed).splitlines()[1].startswith("'=1+1,")


def test_nothing_is_fetched_and_nothing_runs(text, page):
    assert not page.all("script", "link", "img", "iframe", "object", "embed", "base")
    assert not re.search(r"@import|url\(|javascript:|\son\w+=", text)
    for one in page.elements:
        for name in ("src", "href", "action", "srcset", "xlink:href", "poster", "formaction"):
            value = one.attrs.get(name, "#")
            assert value.startswith(("#", "data:text/csv")), (one.tag, value)
    policy = next(one for one in page.all("meta") if one.attrs.get("http-equiv"))
    assert policy.attrs["content"].startswith("default-src 'none'")


def test_links_to_sources_tell_nobody_where_one_comes_from(run):
    config = "catalog: {routes: {x: {capex: {value: 1, source: law, at: page 3, status: seen}}}}"
    own = run.assign_attrs(config=config, sources='["law", "other", "bad"]')
    known = {"law": {"title": "The law", "url": "https://example.org/law"},
             "bad": {"title": "Bad", "url": "javascript:alert(1)"}}  # fmt: skip
    page = Page(page_of(own, Asked(at=AT), sources=known))
    outside = [one for one in page.all("a") if not one.attrs["href"].startswith(("#", "data:"))]
    assert [(one.attrs["href"], one.attrs["rel"]) for one in outside] == [
        ("https://example.org/law", "noreferrer")
    ]
    rows = " ".join(one.text for one in page.all("tr"))
    assert "catalog.routes.x.capex" in rows and "page 3" in rows and "1 seen" in rows


def test_the_same_run_gives_the_same_bytes(run, text):
    assert page_of(run, Asked(question="Does it pay?", at=AT)) == text


def test_ids_are_unique_and_what_is_named_exists(page):
    ids = [one.attrs["id"] for one in page.elements if "id" in one.attrs]
    assert len(ids) == len(set(ids)) > 20
    for one in page.elements:
        for name in ("aria-labelledby", "for"):
            assert set(one.attrs.get(name, "").split()) <= set(ids), one
        if one.tag == "a" and one.attrs["href"].startswith("#"):
            assert one.attrs["href"][1:] in ids


def test_everybody_can_read_it(page):
    assert page.all("html")[0].attrs["lang"] == "en"
    levels = [int(one.tag[1]) for one in page.elements if re.fullmatch(r"h\d", one.tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
    for one in page.all("th"):
        assert one.attrs["scope"] in ("col", "row", "colgroup")
    pictures = page.all("svg")
    assert len(pictures) > 10
    for one in pictures:
        assert one.attrs.get("role") == "img" or one.attrs.get("aria-hidden") == "true"
    titled = [one for one in pictures if one.attrs.get("role") == "img"]
    assert len(titled) == len(page.all("desc")) and all(
        one.text.strip() for one in page.all("desc")
    )
    assert all(one.text.strip() for one in page.all("figcaption", "h1", "h2", "h3", "h4", "a"))
    assert len(page.all("figure")) == len(page.all("figcaption"))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def over(colour: str, ground: str, opacity: float) -> str:
    pairs = [(int(colour[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(a * opacity + b * (1 - opacity)):02x}" for a, b in pairs)


def test_text_stands_out_from_what_it_is_on(page):
    assert math.isclose(contrast("#000000", "#ffffff"), 21.0)
    style = (ROOT / "simcore/report/templates/style.css").read_text("utf-8")
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", style))
    for name in ("ink", "soft", "cost", "value"):
        for ground in ("paper", "tint"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    assert (colours["ink"], colours["soft"]) == (INK, SOFT)
    assert {colours["cost"], colours["value"]} == {COST, GAIN} < set(SERIES)
    for colour in SERIES:
        assert contrast(colour, "#ffffff") >= 4.5
        # Letters on stacked columns.
        assert contrast(over(colour, "#ffffff", 0.92), "#ffffff") >= 4.5
    # Numbers on a map of every depth.
    for step in range(101):
        depth = step / 100
        ground = over(GAIN, "#ffffff", opacity_of(depth))
        assert contrast("#ffffff" if depth >= 0.5 else INK, ground) >= 4.5


def test_no_line_is_told_by_its_colour_alone(page):
    """Series differ in dashes or marks, and are named beside their ends or in a legend."""
    chart = next(one for one in page.all("figure") if one.attrs["id"] == "probability")
    assert "law" in chart.text and "reform_2026" in chart.text


def test_hostile_names_are_words(run):
    own = run.assign_coords(
        region=["EU", HOSTILE], route=["bf_bof", "h2_dri_eaf", "x" * 90],
        scenario=[HOSTILE + "1", HOSTILE + "2"],
    ).assign_attrs(title=HOSTILE, config=f"name: x\n# </pre></section>{HOSTILE}")  # fmt: skip
    text = page_of(own, Asked(question=HOSTILE, at={"region": [HOSTILE]}))
    page = Page(text)
    assert not page.all("script") and "<script>alert" not in text
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in text
    assert page.all("h1")[0].text.startswith('<script>alert(1)</script> "quoted" & \\u202e')
    ids = [one.attrs["id"] for one in page.elements if "id" in one.attrs]
    assert len(ids) == len(set(ids))
    # A long name is wrapped, never cut.
    joined = re.sub(r"\s", "", "".join(one.text for one in page.all("svg")))
    assert "x" * 90 in joined


def test_equations_are_marked_up():
    for one in EQUATIONS:
        page = Page(mathml(one.formula))
        assert page.all("math") and page.all("msub", "msup", "munder", "mtext")
        assert "[" not in page.all("math")[0].text and "_" not in page.all("math")[0].text
    listed = (ROOT / "docs" / "dataset.md").read_text("utf-8").splitlines()
    for one in EQUATIONS:
        row = next(line for line in listed if line.startswith(f"| `{one.outcome}` |"))
        assert row.endswith(f"| ({one.number}) |"), one.outcome
