"""Claims of CSV for spreadsheets: `simcore summary --format csv`."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import synthetic_run

from simcore import cli, dataset
from simcore.analysis import summarise
from simcore.dataset import RunError
from simcore.terminal.spreadsheets import Style, spreadsheet, written


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run.zarr"
    synthetic_run.make(out).close()
    return out


def _rows(text: str, separator: str) -> list[dict[str, str]]:
    title, _, table = text.partition("\n")
    assert title.startswith("# Cost premium (cost_premium) | real EUR of 2025 | 60 draws")
    return list(csv.DictReader(io.StringIO(table), delimiter=separator))


@pytest.mark.parametrize(("options", "separator", "decimal"), [
    ([], ",", "."), (["--separator", ";"], ";", "."), (["--decimal", "comma"], ";", ","),
    (["--decimal", "comma", "--separator", "tab"], "\t", ","),
])  # fmt: skip
def test_csv_reads_back_as_the_dataset(
    saved: Path, tmp_path: Path, options: list[str], separator: str, decimal: str
) -> None:
    out = tmp_path / "table.csv"
    asked = ["summary", str(saved), "--variable", "cost_premium", "--format", "csv"]
    assert cli.main([*asked, *options, "-o", str(out)]) == 0
    raw = out.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") == (decimal == ",")
    rows = _rows(raw.decode("utf-8-sig"), separator)
    with dataset.open_run(saved) as run:
        frame = summarise(run, variable="cost_premium")
    assert len(rows) == len(frame)
    assert {(row["variable"], row["unit"], row["currency"], row["price_year"]) for row in rows} == {
        ("cost_premium", "EUR t-1", "EUR", "2025")
    }
    for name in ("mean", "p5", "p95_high", "positive"):
        texts = [row[name] for row in rows]
        assert all(len(one.replace("-", "").replace(decimal, "").lstrip("0")) <= 7 for one in texts)
        if decimal == ",":
            assert not any("." in one for one in texts)
        read = [float(one.replace(decimal, ".")) if one else np.nan for one in texts]
        np.testing.assert_allclose(read, frame[name], rtol=5e-7)
        assert any(np.isnan(read)) == frame[name].isna().any()
    assert {row["year"] for row in rows} == {str(year) for year in synthetic_run.YEARS}


def test_what_is_printed_is_what_a_file_holds(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["summary", str(saved), "--format", "csv", "--decimal", "comma"]
    assert cli.main(asked) == 0
    shown = capsys.readouterr().out
    assert cli.main([*asked, "-o", str(tmp_path / "t.csv")]) == 0
    assert (tmp_path / "t.csv").read_text("utf-8").removeprefix("\ufeff") == shown.removeprefix(
        "\ufeff"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"), (0.1 + 0.2, "0.3"), (1234567.891, "1234568"), (123456789.0, "123456800"),
        (1e-9, "0.000000001"), (-2.5, "-2.5"), (1e30, "1e+30"), (float("inf"), "inf"),
        (float("-inf"), "-inf"), (0.0, "0"),
    ],
)  # fmt: skip
def test_numbers_have_at_most_seven_digits(value: float, text: str) -> None:
    assert written(value) == text
    assert written(value, decimal="comma") == text.replace(".", ",")


def test_no_text_is_run_and_no_title_breaks_the_table() -> None:
    rows: list[list[Any]] = [["=1+1", 1.5], ["+a", float("nan")], ["-b", 2], ["@c", 0.25]]
    text = spreadsheet('=cmd, "x"\ny', ["-name", "x"], rows, Style(";", "comma"))
    lines = text.splitlines()
    assert lines[0].startswith("# '=cmd")
    assert len(lines) == 6
    assert '"' not in lines[0]
    assert [line.split(";")[0] for line in lines[1:]] == ["'-name", "'=1+1", "'+a", "'-b", "'@c"]
    assert [line.split(";")[1] for line in lines[1:]] == ["x", "1,5", "", "2", "0,25"]


@pytest.mark.parametrize("separator", [";;", ".", '"', "1", "a", "-", "\n"])
def test_a_separator_that_numbers_have_is_refused(separator: str) -> None:
    with pytest.raises(RunError, match="one character"):
        Style.of("point", separator)
    with pytest.raises(RunError, match="one character"):
        Style.of("comma", ",")


def test_options_of_csv_are_refused_elsewhere(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["summary", str(saved), "--decimal", "comma"]) == 2
    assert "add --format csv" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["excel", "xlsx"])
def test_who_asks_for_excel_is_told_what_to_type(
    saved: Path, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["summary", str(saved), "--format", word])
    assert "simcore report RUN --xlsx FILE" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("out", "remedy"),
    [("a/out.xlsx", "simcore report a/out.zarr --xlsx a/out.xlsx"),
     ("out.csv", "simcore summary out.zarr --format csv -o out.csv")],
)  # fmt: skip
def test_a_run_written_as_a_table_is_told_what_to_type(out: str, remedy: str) -> None:
    with pytest.raises(dataset.store.OutputError, match=remedy):
        dataset.check_output(Path(out), overwrite=False)
