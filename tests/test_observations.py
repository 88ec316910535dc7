"""Claims of simcore.intake.packaged.observations: the packaged rows, and the rows that are refused."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from pathlib import Path

import pytest

from simcore.intake import packaged
from simcore.intake.packaged import TableError, formulas, observations
from simcore.intake.packaged.observations import COLUMNS, ROLES

SEEN = packaged.reality()
GOOD = {
    "id": "bf_bof_operation", "what": "BF-BOF operation", "region": "EU", "year": "2024",
    "low": "530", "high": "530", "unit": "EUR/t", "price_year": "2024", "source": "argus",
    "at": "1,074 less 544", "status": "seen", "quantity": "levelised_cost[EU, bf_bof, 2026]",
    "run": "", "statistic": "distribution", "role": "must", "note": "",
}  # fmt: skip


def written(tmp_path: Path, *rows: dict[str, str], header: tuple[str, ...] = COLUMNS) -> Path:
    path = tmp_path / "reality.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([row[name] for name in COLUMNS] for row in rows)
    return path


def read(tmp_path: Path, *rows: dict[str, str]) -> tuple[observations.Observation, ...]:
    return observations.read(written(tmp_path, *rows), sources={"argus"}, runs={"operation"})


def test_a_row_is_read_as_it_is_written(tmp_path: Path) -> None:
    (one,) = read(tmp_path, GOOD)
    assert (one.low, one.high, one.year, one.price_year) == (530.0, 530.0, 2024, 2024)
    assert one.formula == formulas.parse(GOOD["quantity"])
    assert one.written == "530"


@pytest.mark.parametrize(
    ("low", "high", "bounds", "text"),
    [
        ("530", "530", (503.5, 556.5), "530"),
        ("-100", "-100", (-105.0, -95.0), "-100"),
        ("0.5", "0.7", (0.5, 0.7), "0.5-0.7"),
        ("-97", "32", (-97.0, 32.0), "-97 to 32"),
        ("", "580", (-math.inf, 580.0), "<= 580"),
        ("14.9", "", (14.9, math.inf), ">= 14.9"),
    ],
)
def test_bounds_and_how_they_are_written(
    tmp_path: Path, low: str, high: str, bounds: tuple[float, float], text: str
) -> None:
    (one,) = read(tmp_path, {**GOOD, "low": low, "high": high})
    assert one.bounds == pytest.approx(bounds, rel=1e-14)
    assert one.written == text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "Two Words"}, "id 'Two Words'"),
        ({"what": ""}, "no what"),
        ({"what": "x" * 35}, "35 letters"),
        ({"region": ""}, "no region"),
        ({"year": ""}, "no year"),
        ({"year": "2024.5"}, "whole year"),
        ({"low": "", "high": ""}, "neither low nor high"),
        ({"low": "600"}, "600.0 to 530.0"),
        ({"low": "many"}, "low = 'many'"),
        ({"high": "inf"}, "finite"),
        ({"unit": ""}, "no unit"),
        ({"unit": "EUR/furlong"}, "furlong"),
        ({"unit": "EUR*USD"}, "EUR and USD"),
        ({"price_year": ""}, "price year None"),
        ({"unit": "%"}, "price year 2024"),
        ({"source": "nobody"}, "source 'nobody'"),
        ({"at": ""}, "no at"),
        ({"status": "rumour"}, "status 'rumour'"),
        ({"quantity": ""}, "no quantity"),
        ({"quantity": "levelised_cost[EU, 2026]"}, "region, route, year"),
        ({"quantity": "price[EU, 2026]"}, "the name 'price'"),
        ({"quantity": "65[EUR/t]"}, "expected a term"),
        ({"run": "elsewhere"}, "run 'elsewhere'"),
        ({"statistic": "mode"}, "statistic 'mode'"),
        ({"role": "may"}, "role 'may'"),
        ({"role": "explain"}, "no note of a row to explain"),
        ({"role": "show"}, "no note of a row to show"),
    ],
)
def test_a_faulty_row_is_refused(tmp_path: Path, change: dict[str, str], message: str) -> None:
    with pytest.raises(TableError, match=rf"reality.csv:2: .*{message}"):
        read(tmp_path, {**GOOD, **change})


def test_a_name_stands_once(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"reality\.csv:3: .*a second row 'bf_bof_operation'"):
        read(tmp_path, GOOD, GOOD)


def test_a_header_of_other_columns_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD, header=COLUMNS[::-1])
    with pytest.raises(TableError, match=r"reality\.csv:1: found columns"):
        observations.read(path, sources={"argus"}, runs={})


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ({"one": {"title": "One"}}, "one: found other keys"),
        ({"one": {"title": "", "config": {}}}, "no title"),
        ({"one": {"title": "One", "config": 3}}, "no title or config"),
        ({"one": "config"}, "other keys"),
    ],
)
def test_a_run_is_a_title_and_a_config(runs: dict[str, object], message: str) -> None:
    with pytest.raises(TableError, match=message):
        observations.check_runs("reality.yaml", runs)


def test_the_packaged_rows_are_many_and_every_role_is_there() -> None:
    assert 40 <= len(SEEN.observations) <= 100
    assert {one.role for one in SEEN.observations} == set(ROLES)
    assert {one.run for one in SEEN.observations} == {"", *SEEN.runs}


def test_a_transcription_is_never_judged() -> None:
    """What was copied from a source of the tables proves nothing about them."""
    for one in SEEN.observations:
        if "transcription" in one.note or "source of the table" in one.note:
            assert one.role == "show", one.id


def test_no_key_stands_twice_in_a_file_of_the_tables() -> None:
    """The fast reader of the tables would take the last one and say nothing."""
    for path in (Path(packaged.__file__).parents[2] / "data").rglob("*.yaml"):
        heads = re.findall(r"^([A-Za-z0-9_]+):", path.read_text("utf-8"), re.MULTILINE)
        assert len(heads) == len(set(heads)), (path.name, Counter(heads).most_common(1))


def test_every_row_is_among_the_records() -> None:
    listed = {record.name for record in packaged.records() if record.file == "reality.csv"}
    assert listed == {one.id for one in SEEN.observations}
