"""Claims of the workbook of a run: its numbers are those of the twins, its formulas give them."""

from __future__ import annotations

import csv
import io
import math
import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import synthetic_run
from small_config import route, small_config

import simcore
from simcore import cli
from simcore.analysis.reading import Reading, place_of
from simcore.errors import OutputError
from simcore.report.charts import Chart, Column, labels
from simcore.report.checks import Check, letters
from simcore.report.content import charts_at
from simcore.report.excel import write_tables, write_workbook
from simcore.report.inputs import inputs_of
from simcore.report.twins import as_csv
from simcore.report.workbook import Book, opened_workbook

pytestmark = pytest.mark.long

CONFIG: dict[str, Any] = {
    "name": "book", "draws": 256, "years": {"first": 2029, "last": 2034}, "regions": ["EU", "KR"],
    "destinations": ["domestic", "eu"], "routes": ["h2_dri_eaf", "scrap_eaf"],
    "outcomes": ["cost_premium", "cost_premium_ex_carbon", "carbon_value", "support_gap", "viability",
                 "carbon_price", "cheapest_route", "waterfall", "commodity_price", "project_cash",
                 "project_npv", "instrument_payment", "instrument_npv", "deal_closes", "project_gap"],
    "keep": [], "scenarios": {"law": {"title": "=1+1"}},
    "projects": {"works": {"region": "EU", "route": "h2_dri_eaf", "start": 2030, "lifetime": 4,
                           "output": 1, "instruments": ["bid"]}},
    "catalog": {"instruments": {"bid": {"kind": "ccfd", "strike": "150 EUR/t", "term": 3}}},
}  # fmt: skip


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "book.zarr"
    simcore.run(CONFIG, out=out).close()
    return out


@pytest.fixture(scope="module")
def charts(saved: Path) -> list[Chart]:
    with simcore.open_run(saved) as run:
        reading = Reading(run)
        return charts_at(reading, place_of(reading))


@pytest.fixture(scope="module")
def file(saved: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("books") / "book.xlsx"
    assert cli.main(["report", str(saved), "--xlsx", str(out)]) == 0
    assert not saved.with_suffix(".html").exists()
    return out


@pytest.fixture(scope="module")
def values(file: Path) -> Any:
    return openpyxl.load_workbook(file, data_only=True)


@pytest.fixture(scope="module")
def formulas(file: Path) -> Any:
    return openpyxl.load_workbook(file)


def _table(sheet: Any, heads: list[str]) -> list[list[Any]]:
    """Rows under a line of headings."""
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    at = next(at for at, row in enumerate(rows) if row[: len(heads)] == heads)
    return [row[: len(heads)] for row in rows[at + 1 :] if any(one is not None for one in row)]


def _headings(columns: tuple[Column, ...]) -> list[str]:
    return [f"{one.title} [{one.unit}]" if one.unit not in ("", "share of draws") else one.title
            for one in columns]  # fmt: skip


def test_it_has_a_sheet_for_everything(values: Any, charts: list[Chart]) -> None:
    names = values.sheetnames
    assert names[:4] == ["Read me", "Answer", "Inputs", "Config"]
    assert {"Quantiles", "Decisions", "Sources", "Checks"} <= set(names)
    assert len({name.lower() for name in names}) == len(names)
    assert max(map(len, names)) <= 31
    assert len(names) == 8 + len(charts)


def test_each_chart_has_its_numbers_and_a_picture(formulas: Any, charts: list[Chart]) -> None:
    for chart in charts:
        sheet = formulas[chart.name.replace("-", " ").capitalize()[:31].rstrip()]
        rows = _table(sheet, _headings(chart.columns))
        assert len(rows) == len(chart.rows)
        for row, own in zip(rows, chart.rows, strict=True):
            for value, expected in zip(row, own, strict=True):
                if isinstance(expected, str):
                    assert (value or "") == expected
                elif math.isfinite(expected):
                    assert value == pytest.approx(expected, rel=1e-14)
                else:
                    assert value is None
        drawn = chart.kind not in ("table", "heat")
        assert bool(sheet._charts) == drawn
        assert sheet.freeze_panes is not None
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.print_title_rows
    waterfall = next(one for one in charts if one.kind == "waterfall")
    picture = formulas[waterfall.name.capitalize()]._charts[0]
    last = 1 + formulas[waterfall.name.capitalize()].max_row - 1
    reference = picture.series[0].val.numRef.f
    assert reference.endswith(f"${last}")


def test_csv_files_are_the_same_numbers(charts: list[Chart], tmp_path: Path) -> None:
    files = write_tables(charts, tmp_path / "csv")
    assert [one.name for one in files] == [
        f"{place:02}-{chart.name}.csv" for place, chart in enumerate(charts, 1)
    ]
    for one, chart in zip(files, charts, strict=True):
        text = one.read_bytes().decode("utf-8")
        assert text == as_csv(chart)
        assert len(list(csv.reader(io.StringIO(text)))) == len(chart.rows) + 1


def test_inputs_tell_where_each_number_is_from(saved: Path, values: Any) -> None:
    heads = ["What", "Name", "Unit", "Distribution", "Central", "Mean", "Standard deviation",
             "Source", "Place in it", "Status", "Group"]  # fmt: skip
    rows = {row[1]: row for row in _table(values["Inputs"], heads)}
    with simcore.open_run(saved) as run:
        assert list(rows) == run["factor"].values.tolist()
        name = "h2_dri_eaf.inputs.dr_pellet"
        one = run.sel(factor=name)
        assert rows[name][5] == pytest.approx(float(one.input_mean), rel=1e-14)
        assert rows[name][6] == pytest.approx(float(one.input_sd), rel=1e-14)
        assert rows[name][2] == str(one.factor_unit.values)
        assert rows[name][7] == str(one.factor_source.values)
        told = [row[3] for row in inputs_of(Reading(run))]
    assert re.match(r"triangular: low [0-9.]+, mode [0-9.]+, high [0-9.]+$", rows[name][3])
    assert rows[name][8]
    assert "standard normal" in told
    assert sum(one == "see Config" for one in told) < len(told) / 4


def test_shares_of_a_variance_are_per_cent(tmp_path: Path) -> None:
    unit = "share of the variance"
    columns = (*labels("label=Inputs"), Column("value", "Share", unit))
    bars = Chart("shares", "Shares", "Which?", "bars", unit, columns, (("a", 0.3), ("b", 0.7)),
                 "sensitivity")  # fmt: skip
    out = tmp_path / "shares.xlsx"
    write_workbook(synthetic_run.make(), out, more=[bars])
    sheet = openpyxl.load_workbook(out)["Shares"]
    forms = {cell.value: cell.number_format for row in sheet for cell in row}
    assert forms[0.3] == "0.0%"
    with zipfile.ZipFile(out) as parts:
        drawn = [parts.read(one).decode() for one in parts.namelist() if "charts/chart" in one]
    assert any('formatCode="0%"' in one and unit in one for one in drawn)


def test_an_input_of_one_scenario_has_the_distribution_of_that_scenario() -> None:
    cheap = {"kind": "normal", "mean": 300.0, "sd": 40.0, "unit": "EUR/t"}
    dear = {"catalog": {"routes": {"new": {"other_opex": {**cheap, "mean": 400.0}}}}}
    config = small_config(routes={"new": route(other_opex=cheap)}, outcomes=["cost_premium"],
                          exposures={}, draws=256, scenarios={"law": {}, "dear": dear})  # fmt: skip
    rows = {str(row[1]): row[3] for row in inputs_of(Reading(simcore.run(config)))}
    assert rows["new.other_opex"] == "normal: mean 300, sd 40"
    assert rows["new.other_opex (dear)"] == "normal: mean 400, sd 40"


def test_the_config_makes_the_same_run(saved: Path, values: Any) -> None:
    lines = [row[0] or "" for row in values["Config"].iter_rows(values_only=True)]
    with simcore.open_run(saved) as run:
        assert "\n".join(lines).strip() == run.attrs["config"].strip()


def test_quantiles_are_those_of_the_run(saved: Path, values: Any) -> None:
    rows = [list(row) for row in values["Quantiles"].iter_rows(values_only=True)]
    head = rows[0]
    assert head[:2] == ["Outcome", "Name"]
    assert head[-3:] == ["Value", "95 % from", "95 % to"]
    at = {name: place for place, name in enumerate(head)}
    with simcore.open_run(saved) as run:
        gap = run.support_gap_quantile.sel(scenario="law", region="KR", destination="eu",
                                           route="scrap_eaf", year=2031)  # fmt: skip
        shown = {row[at["Quantile"]]: row[at["Value"]] for row in rows
                 if row[1] == "support_gap" and row[at["Region"]] == "Korea"
                 and row[at["Destination"]] == "in the EU"
                 and row[at["Route"]] == "Scrap, EAF" and row[at["Year"]] == 2031}  # fmt: skip
        for one in (0.05, 0.25, 0.5, 0.75, 0.95):
            assert shown[f"P{100 * one:g}"] == pytest.approx(float(gap.sel(quantile=one)))
    units = {row[at["Commodity"]]: row[at["Unit"]] for row in rows[1:]
             if row[1] == "commodity_price"}  # fmt: skip
    assert "EUR/MWh" in units.values()


def test_decisions_tell_of_projects(values: Any) -> None:
    heads = ["Project", "Instrument", "Scenario", "Outcome", "Unit", "Mean", "P5", "P50", "P95"]
    rows = _table(values["Decisions"], heads)
    assert {row[3] for row in rows} >= {"Net present value of a project"}


def test_no_text_is_a_formula(formulas: Any) -> None:
    cells = [cell for sheet in formulas for row in sheet.iter_rows() for cell in row]
    assert any(cell.value == "=1+1" or "=1+1" in str(cell.value) for cell in cells)
    for cell in cells:
        if cell.data_type == "f":
            assert str(cell.value)[1:4] in ("SUM", "NPV", "IF(", "MAX", "MIN") or re.match(
                r"=([0-9]+|'.+'!\$?[A-Z]+.*|[A-Z]+[0-9]+([-+][A-Z]+[0-9]+)?)$", str(cell.value)
            ), cell.value


class _Sheets:
    """What formulas of a workbook give, worked out anew from the cells that they name."""

    def __init__(self, book: Any) -> None:
        self._book = book

    def value(self, sheet: str, address: str) -> Any:
        value = self._book[sheet][address.replace("$", "")].value
        return self.formula(sheet, value) if isinstance(value, str) and value[:1] == "=" else value

    def range(self, sheet: str, address: str) -> list[Any]:
        first, _, last = address.replace("$", "").partition(":")
        if not last:
            return [self.value(sheet, first)]
        cells = self._book[sheet][f"{first}:{last}"]
        return [self.value(sheet, cell.coordinate) for row in cells for cell in row]

    def formula(self, sheet: str, text: str) -> Any:
        names: list[list[Any]] = []

        def named(found: re.Match[str]) -> str:
            own = found["sheet"].strip("'!").replace("''", "'") if found["sheet"] else sheet
            names.append(self.range(own, found["cells"]))
            return f"_[{len(names) - 1}]"

        told = re.sub(r"(?P<sheet>'(?:[^']|'')+'!)?(?P<cells>\$?[A-Z]{1,2}\$?[0-9]+(?::\$?[A-Z]{1,2}"
                      r"\$?[0-9]+)?)", named, text[1:])  # fmt: skip
        told = re.sub(r"SUMPRODUCT\(--\((_\[\d+\])>(_\[\d+\])\)\)", r"ABOVE(\1,\2)", told)
        told = re.sub(r"(?<![A-Z(,])(_\[\d+\])(?!\[)", r"\1", told)
        return eval(told, {
            "_": _Ranges(names), "SUM": lambda one: math.fsum(filter(None, _listed(one))),
            "MAX": max, "MIN": min, "ABS": lambda one: abs(float(one)), "IF": lambda yes, one, other: one if yes else other,
            "NPV": lambda rate, flows: sum(
                flow / (1 + float(rate)) ** (year + 1) for year, flow in enumerate(_listed(flows))
            ),
            "ABOVE": lambda low, high: sum(
                (a or 0) > (b or 0) for a, b in zip(_listed(low), _listed(high), strict=True)
            ),
        })  # fmt: skip


class _Ranges(list[Any]):
    """A cell is its number, a range its list."""

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        return found[0] if len(found) == 1 else found


def _listed(one: Any) -> list[Any]:
    return one if isinstance(one, list) else [one]


def test_formulas_give_the_values_that_stand_with_them(formulas: Any, values: Any) -> None:
    sheets, seen = _Sheets(formulas), 0
    for sheet in formulas:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type != "f":
                    continue
                seen += 1
                shown = values[sheet.title][cell.coordinate].value
                found = sheets.formula(sheet.title, cell.value)
                if isinstance(shown, str):
                    assert found == shown == "ok", (cell.value, found)
                else:
                    assert found == pytest.approx(shown, abs=1e-9), cell.value
    assert seen > 40
    whats = [cell.value for cell in values["Checks"]["A"] if cell.value]
    assert any("sum to the last bar" in one for one in whats)
    assert any("one year too late" in one for one in whats)


def test_a_check_that_fails_says_so() -> None:
    assert Check("", "1", "1", (1.0, 1.0 + 1e-9)).holds
    assert not Check("", "1", "2", (1.0, 1.01)).holds


def test_the_same_run_gives_the_same_bytes(saved: Path, file: Path, tmp_path: Path) -> None:
    assert cli.main(["report", str(saved), "--xlsx", str(tmp_path / "book.xlsx")]) == 0
    assert (tmp_path / "book.xlsx").read_bytes() == file.read_bytes()


def test_a_run_without_projects_and_with_undefined_routes_has_its_workbook(tmp_path: Path) -> None:
    names = write_workbook(synthetic_run.make(), tmp_path / "a.xlsx")
    assert "Decisions" not in names
    assert "Checks" in names


def test_a_long_table_goes_on_in_another_sheet(tmp_path: Path) -> None:
    columns = (*labels("name=Name"), Column("value", "Value", "EUR/t"))
    rows = [(f"row {place}", float(place)) for place in range(25)]
    with opened_workbook(tmp_path / "a.xlsx") as workbook:
        book = Book(workbook, row_limit=10)
        book.table(book.sheet("Long"), columns, rows, name="Long")
    read = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert read.sheetnames == ["Long", "Long 2", "Long 3"]
    found = [row for sheet in read for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert found == rows
    assert all(sheet["B1"].value == "Value [EUR/t]" for sheet in read)


def test_names_of_sheets_are_those_that_excel_takes(tmp_path: Path) -> None:
    with opened_workbook(tmp_path / "a.xlsx") as workbook:
        book = Book(workbook)
        wanted = ["a/b:c", "A B C", "x" * 40, "x" * 41, "'quoted'", "", "History", "[1]"]
        names = [book.sheet(one).get_name() for one in wanted]
    assert names == ["a b c", "A B C 2", "x" * 31, "x" * 29 + " 2", "quoted", "Sheet",
                     "History of the run", "1"]  # fmt: skip


def test_columns_are_named_as_excel_names_them() -> None:
    assert [letters(one) for one in (0, 25, 26, 51, 52, 701, 702)] == [
        "A", "Z", "AA", "AZ", "BA", "ZZ", "AAA",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        (("-o", "a.xlsx"), "--xlsx a.xlsx"),
        (("-o", "a.csv"), "--csv DIR"),
        (("--xlsx", "a.xls"), "write to a.xlsx"),
    ],
)
def test_wrong_requests_are_answered(
    saved: Path, options: tuple[str, ...], remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["report", str(saved), *options]) == 2
    assert remedy in capsys.readouterr().err


def test_a_file_that_cannot_be_written_leaves_nothing(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "taken.xlsx").mkdir()
    with simcore.open_run(saved) as run, pytest.raises(OutputError, match="a folder"):
        write_workbook(run, tmp_path / "taken.xlsx")
    assert [one.name for one in tmp_path.iterdir()] == ["taken.xlsx"]
