"""Claims of `simcore export --iamc`: a run in the format that pyam and databases read."""

from __future__ import annotations

import csv
import math
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import synthetic_run
from rich_config import rich_config

import simcore
from simcore import cli
from simcore.dataset import RunError
from simcore.report.iamc import table, write_iamc

pytestmark = pytest.mark.long

HEAD = ["model", "scenario", "region", "variable", "unit", "year", "value"]
REFUSED = {"level", "data", "meta", "exclude", "measurand"}
"""Headings that pyam does not take."""


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "rich.zarr"
    simcore.run(rich_config(draws=32, scenarios={"law": {}}), out=out).close()
    return out


@pytest.fixture(scope="module")
def run(saved: Path) -> Any:
    with simcore.open_run(saved) as opened:
        yield opened.load()


@pytest.fixture(scope="module")
def rows(run: Any) -> list[dict[str, Any]]:
    header, found = table(run)
    assert header == HEAD
    return [dict(zip(HEAD, row, strict=True)) for row in found]


def _value(rows: list[dict[str, Any]], **where: Any) -> float:
    (found,) = [row for row in rows if all(row[key] == one for key, one in where.items())]
    return float(found["value"])


def test_no_row_is_undefined_and_none_is_there_twice(rows: list[dict[str, Any]]) -> None:
    assert all(math.isfinite(row["value"]) for row in rows)
    keys = [tuple(row[name] for name in HEAD[:-1]) for row in rows]
    assert len(keys) == len(set(keys))
    assert not any("*" in row["variable"] or "||" in row["variable"] for row in rows)
    assert not REFUSED & set(HEAD)
    assert {type(row["year"]) for row in rows} == {int}


def test_values_are_those_of_the_run(run: Any, rows: list[dict[str, Any]]) -> None:
    place = {"scenario": "law", "region": "XA", "destination": "domestic", "route": "hydrogen"}
    at = {"scenario": "law", "region": "inside", "year": 2028, "unit": "EUR_2025/t"}
    name = "Cost Premium|Steel|HYDROGEN|Domestic"
    for leaf, held in (
        ("50.0th Percentile", run.cost_premium_quantile.sel(quantile=0.5)),
        ("Mean", run.cost_premium_mean),
    ):
        shown = _value(rows, variable=f"{name}|{leaf}", **at)
        assert shown == float(held.sel(year=2028, **place))
    shown = _value(rows, **{**at, "unit": "dimensionless"},
                   variable=f"{name}|Probability of More than Zero")  # fmt: skip
    assert shown == float(run.cost_premium_positive.sel(year=2028, **place))
    price = run.carbon_price_mean.sel(scenario="law", market="border_ets", year=2028)
    assert _value(rows, variable="Price|Carbon|Mean", **at) == float(price)


def test_every_outcome_with_a_year_is_there_with_a_unit(rows: list[dict[str, Any]]) -> None:
    units = {row["variable"].split("|")[0]: row["unit"] for row in rows
             if row["variable"].endswith(("|Mean", "|Central"))}  # fmt: skip
    assert units["Firm Exposure"] == "million EUR_2025/yr"
    assert units["Firm Exposure in Local Currency"] == "million USD_2025/yr"
    assert units["Price Effect"] == "EUR_2025 per km"
    assert units["Annualised Carbon Value"] == "EUR_2025/t/yr"
    assert all(row["unit"] for row in rows)


def test_years_as_columns_hold_the_same_numbers(run: Any, rows: list[dict[str, Any]]) -> None:
    header, found = table(run, wide=True)
    years = header[5:]
    assert years == run["year"].values.tolist()
    long = {tuple(row[name] for name in HEAD[:-1]): row["value"] for row in rows}
    wide = {
        (*row[:5], year): value
        for row in found
        for year, value in zip(years, row[5:], strict=True) if value != ""
    }  # fmt: skip
    assert wide == long


def test_two_series_of_one_name_are_refused(run: Any) -> None:
    named = run.assign_coords(region_title=("region", ["same"] * run.sizes["region"]))
    with pytest.raises(RunError, match="other titles"):
        list(table(named)[1])


def test_the_command_writes_csv_and_sheets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, saved = tmp_path / "out.csv", tmp_path / "run.zarr"
    with synthetic_run.make(saved) as run:
        header, found = table(run)
        rows = [dict(zip(header, row, strict=True)) for row in found]
    assert cli.main(["export", str(saved), "--iamc", str(out)]) == 0
    assert "they have no year: crossover_year" in capsys.readouterr().out
    with out.open(encoding="utf-8", newline="") as stream:
        read = list(csv.DictReader(stream))
    assert [(row["variable"], float(row["value"])) for row in read] == [
        (row["variable"], row["value"]) for row in rows
    ]
    assert cli.main(["export", str(saved), "--iamc", str(out)]) == 2
    assert "--overwrite" in capsys.readouterr().err


def test_a_sheet_holds_the_table_and_has_the_same_bytes_again(run: Any, tmp_path: Path) -> None:
    few = run[["cost_premium_mean", "cost_premium_defined", "carbon_price_mean"]]
    few.attrs = run.attrs
    for name in ("a.xlsx", "b.xlsx"):
        write_iamc(few, tmp_path / name, wide=True)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["data"]
    header, found = table(few, wide=True)
    expected = [header, *([None if value == "" else value for value in row] for row in found)]
    read = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert len(read) == len(expected)
    for own, other in zip(read, expected, strict=True):
        assert own[:5] == other[:5]
        assert [one is None for one in own] == [one is None for one in other]
        numbers = [[one for one in row[5:] if one is not None] for row in (own, other)]
        assert numbers[0] == pytest.approx(numbers[1], rel=1e-15)


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        ((), "name one of them"),
        (("-o", "a.nc", "--iamc", "a.csv"), "name one of them"),
        (("-o", "a.nc", "--wide"), "leave it out"),
        (("-o", "a.xlsx"), "--iamc a.xlsx"),
        (("--iamc", "a.txt"), "write to a.csv"),
    ],
)
def test_wrong_requests_are_answered(
    saved: Path, options: tuple[str, ...], remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["export", str(saved), *options]) == 2
    assert remedy in capsys.readouterr().err


_READS = """
import sys
import pyam
import pandas as pd
df = pyam.IamDataFrame(sys.argv[1])
wide = pyam.IamDataFrame(pd.read_csv(sys.argv[2]))
pd.testing.assert_series_equal(df._data.sort_index(), wide._data.sort_index())
one = df.filter(variable="Cost Premium|Steel|*|Domestic|Mean", region="inside", scenario="law")
assert len(one) > 0, df.variable
total = df.filter(variable="Cost Premium by Component|Steel|HYDROGEN|Domestic|*")
parts = total.data.groupby(["scenario", "region", "year"]).value.sum()
total.aggregate("Cost Premium by Component|Steel|HYDROGEN|Domestic", components=total.variable,
                append=True)
whole = total.filter(variable="Cost Premium by Component|Steel|HYDROGEN|Domestic")
whole = whole.data.groupby(["scenario", "region", "year"]).value.sum()
pd.testing.assert_series_equal(parts, whole)
df.to_csv(sys.argv[3])
again = pyam.IamDataFrame(sys.argv[3])
assert pyam.compare(df, again).empty
print("read", len(df))
"""


@pytest.mark.slow
def test_pyam_reads_filters_aggregates_and_writes(saved: Path, tmp_path: Path) -> None:
    """In an environment of its own: its bounds on libraries are not ours."""
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    # What pyam stands on does not know newer ones.
    got = subprocess.run([python, "-m", "pip", "install", "-q", "pyam-iamc", "sqlalchemy<2.1"],
                         capture_output=True, text=True, check=False)  # fmt: skip
    if got.returncode:
        pytest.skip(f"pyam-iamc cannot be installed here: {got.stderr.strip()[-200:]}")
    with simcore.open_run(saved) as run:
        write_iamc(run, tmp_path / "long.csv")
        write_iamc(run, tmp_path / "wide.csv", wide=True)
    files = [str(tmp_path / name) for name in ("long.csv", "wide.csv", "again.csv")]
    done = subprocess.run([python, "-c", _READS, *files], capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("read ")
